/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the text format (spec 6.3.1, 6.3.2), exact in both directions and independent of the C library and of
 * the locale: every text rounds to the nearest value (ties to even), and every value is written so that it reads
 * back.
 */
#pragma once

#include <pirn/base.h>

typedef enum vm_number_kind { VM_NUMBER_NONE, VM_NUMBER_INTEGER, VM_NUMBER_FLOAT } vm_number_kind;

/* What a word is: an integer is also a float where one is wanted. Here nan:canonical is no number. */
vm_number_kind vm_number_classify(pirn_str text);

/* Those below answer false for what is no such number or out of range; the text is a word. */

/* uN: without a sign, below 2^bits. */
bool vm_number_unsigned(pirn_str text, unsigned bits, uint64_t *out);
/* iN: from -2^(bits-1) to 2^bits - 1, as two's complement of `bits` bits. */
bool vm_number_integer(pirn_str text, unsigned bits, uint64_t *out);
/* fN, as bits. */
bool vm_number_f32(pirn_str text, uint32_t *bits);
bool vm_number_f64(pirn_str text, uint64_t *bits);

/*
 * Reads digits of the base (10 or 16) at the start of the text, with underscores between them. Returns how many
 * characters were taken, 0 when there is none; a value above `max` yields max + 1 (max below 2^64 - 1).
 */
size_t vm_number_digits(pirn_str text, unsigned base, uint64_t max, uint64_t *value);

/* The shortest decimal that reads back as the bits, "inf", "-nan:0x200000", with a NUL; returns its length. */
enum { VM_NUMBER_TEXT = 40 };
size_t vm_number_f32_text(uint32_t bits, char out[VM_NUMBER_TEXT]);
size_t vm_number_f64_text(uint64_t bits, char out[VM_NUMBER_TEXT]);
