/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as Wasm names and component strings need it: checked, surrogates and overlong forms refused. */
#pragma once

#include <pirn/base.h>

/* True when all of `text` is well-formed UTF-8; otherwise *bad (may be NULL) is the offset of the first bad sequence. */
bool base_utf8_valid(pirn_str text, size_t *bad);
/* Where, from `pos` on, the first byte is that is not ASCII; the length when there is none. */
size_t base_utf8_ascii_end(pirn_str text, size_t pos);
/* Reads one code point at *pos and moves past it; false (and *pos unmoved) when malformed or at the end. */
bool base_utf8_next(pirn_str text, size_t *pos, uint32_t *code_point);
/* Writes a code point (a Unicode scalar value) as 1 to 4 bytes; returns how many. */
size_t base_utf8_put(uint32_t code_point, char out[4]);
