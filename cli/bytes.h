/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file, however they get into memory: mapped, read, or unpacked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_bytes {
    uint8_t *data; /* not to be written to */
    size_t size;
    bool is_mapped;
} cli_bytes;

/*
 * The whole of a file ("-": standard input). Regular files that are not small are mapped; what gzip has packed is unpacked as it is
 * read. NULL, or a sentence that says what went wrong, valid until the next call.
 */
const char *cli_bytes_read(cli_bytes *out, const char *path);
/* Writes a file ("-": standard output). On failure tells about it on stderr. */
bool cli_bytes_write(const char *verb, const char *path, const uint8_t *data, size_t size);
void cli_bytes_done(cli_bytes *bytes);
