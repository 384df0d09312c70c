/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A keyed fingerprint of bytes, fast enough to be taken of every file that is loaded: 16 bytes in a few hundred instructions.
 *
 * It is a universal hash, of the kind that the MACs UMAC and VMAC begin with: blocks of 1 KiB are compressed by NH (sums of
 * 128-bit products of message and key words), and the results are the coefficients of a polynomial over the integers modulo
 * 2^127 - 1, evaluated at a point that is part of the key. For any two different messages of up to 2^40 bytes, at most one key in
 * 2^60 gives them the same fingerprint. Whoever does not know the key can therefore not make two that have; so the key
 * has to be random and stay secret, and fingerprints too.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { HOST_FINGERPRINT_WORDS = 128, HOST_FINGERPRINT_SIZE = 16 };

typedef struct host_fingerprint_key {
    uint64_t block[HOST_FINGERPRINT_WORDS];
    uint64_t point[2]; /* low half first */
} host_fingerprint_key;

void host_fingerprint(const host_fingerprint_key *key, const void *bytes, size_t size,
                      uint8_t out[HOST_FINGERPRINT_SIZE]);
