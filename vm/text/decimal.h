/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A non-negative decimal fraction of many digits that can be doubled and halved exactly: what is needed to convert
 * between decimal and binary floats. 800 digits are more than any point halfway between two floats has (767 for 64
 * bits); digits beyond only count as "not zero".
 *
 *   value = 0.d0 d1 d2 ... * 10^point      d0 and the last digit are not 0
 */
#pragma once

#include <pirn/base.h>

enum { VM_DECIMAL_DIGITS = 800, VM_DECIMAL_MAX_SHIFT = 60 };

typedef struct vm_decimal {
    uint8_t digits[VM_DECIMAL_DIGITS]; /* 0 to 9 */
    unsigned count;                    /* 0: the value is zero */
    int64_t point;
    bool cut; /* digits that are not zero follow the last one */
} vm_decimal;

void vm_decimal_init(vm_decimal *d);
void vm_decimal_from(vm_decimal *d, uint64_t value);
/* Appends a digit ('0' to '9') of the whole part or of the fraction; trim when all are there. */
void vm_decimal_digit(vm_decimal *d, char digit, bool is_whole);
void vm_decimal_trim(vm_decimal *d);
/* Times, and divided by, 2^shift; shift is at most VM_DECIMAL_MAX_SHIFT. */
void vm_decimal_double(vm_decimal *d, unsigned shift);
void vm_decimal_halve(vm_decimal *d, unsigned shift);
/* Times 2^exponent. */
void vm_decimal_scale(vm_decimal *d, int exponent);
/* Brings a value that is not zero into [1/2, 1) and returns the e with old value = new value * 2^e. */
int64_t vm_decimal_normalize(vm_decimal *d);
/* The whole part of a value below 2^64; *cut tells whether it has a fraction. */
uint64_t vm_decimal_whole(const vm_decimal *d, bool *cut);
/* Rounds to at most `count` digits, the nearest, ties to even. */
void vm_decimal_round(vm_decimal *d, unsigned count);
