/* SPDX-License-Identifier: Apache-2.0 */
/* Decimals of many digits: school arithmetic, from the last digit to double and from the first to halve. */
#include "vm/text/decimal.h"
#include <string.h>

void vm_decimal_init(vm_decimal *d)
{
    d->count = 0;
    d->point = 0;
    d->cut = false;
}

static void append(vm_decimal *d, uint8_t digit)
{
    if (d->count < VM_DECIMAL_DIGITS)
        d->digits[d->count++] = digit;
    else if (digit != 0)
        d->cut = true;
}

void vm_decimal_digit(vm_decimal *d, char digit, bool is_whole)
{
    bool leading = d->count == 0 && digit == '0';
    if (is_whole != leading)
        d->point += is_whole ? 1 : -1;
    if (!leading)
        append(d, (uint8_t)(digit - '0'));
}

void vm_decimal_trim(vm_decimal *d)
{
    while (d->count > 0 && d->digits[d->count - 1] == 0)
        d->count--;
    if (d->count == 0)
        d->point = 0;
}

void vm_decimal_from(vm_decimal *d, uint64_t value)
{
    uint8_t reversed[20];
    unsigned count = 0;
    for (; value != 0; value /= 10)
        reversed[count++] = (uint8_t)(value % 10);
    vm_decimal_init(d);
    d->point = count;
    while (count > 0)
        append(d, reversed[--count]);
    vm_decimal_trim(d);
}

void vm_decimal_double(vm_decimal *d, unsigned shift)
{
    enum { ROOM = 19 }; /* 9 * 2^60 has 20 digits: so many more than 9 */
    uint8_t product[VM_DECIMAL_DIGITS + ROOM];
    uint64_t carry = 0;
    unsigned len = d->count + ROOM;
    for (unsigned i = len; i-- > 0;) {
        carry += i >= ROOM ? (uint64_t)d->digits[i - ROOM] << shift : 0;
        product[i] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    unsigned first = 0;
    while (first < len && product[first] == 0)
        first++;
    d->point += (int64_t)ROOM - (int64_t)first;
    d->count = 0;
    while (first < len)
        append(d, product[first++]);
    vm_decimal_trim(d);
}

void vm_decimal_halve(vm_decimal *d, unsigned shift)
{
    uint64_t rest = 0, mask = ((uint64_t)1 << shift) - 1;
    vm_decimal result = {.point = d->point, .cut = d->cut};
    for (unsigned i = 0; i < d->count || rest != 0; i++) {
        if (i >= VM_DECIMAL_DIGITS + VM_DECIMAL_MAX_SHIFT) {
            result.cut = true;
            break;
        }
        rest = rest * 10 + (i < d->count ? d->digits[i] : 0);
        uint8_t digit = (uint8_t)(rest >> shift);
        rest &= mask;
        if (result.count == 0 && digit == 0)
            result.point--;
        else
            append(&result, digit);
    }
    *d = result;
    vm_decimal_trim(d);
}

void vm_decimal_scale(vm_decimal *d, int exponent)
{
    for (; exponent > VM_DECIMAL_MAX_SHIFT; exponent -= VM_DECIMAL_MAX_SHIFT)
        vm_decimal_double(d, VM_DECIMAL_MAX_SHIFT);
    for (; exponent < -VM_DECIMAL_MAX_SHIFT; exponent += VM_DECIMAL_MAX_SHIFT)
        vm_decimal_halve(d, VM_DECIMAL_MAX_SHIFT);
    if (exponent > 0)
        vm_decimal_double(d, (unsigned)exponent);
    else if (exponent < 0)
        vm_decimal_halve(d, (unsigned)-exponent);
}

static unsigned at_most(int64_t shift)
{
    return shift > VM_DECIMAL_MAX_SHIFT ? VM_DECIMAL_MAX_SHIFT : (unsigned)shift;
}

/* Each step is as large as is sure not to leave [1/2, 1): from 10^(p-1) <= value < 10^p and 10 > 8. */
int64_t vm_decimal_normalize(vm_decimal *d)
{
    int64_t exponent = 0;
    while (d->point > 0) {
        unsigned shift = at_most(3 * (d->point - 1) + 1);
        vm_decimal_halve(d, shift);
        exponent += shift;
    }
    while (d->point < 0 || d->digits[0] < 5) {
        unsigned shift = d->point < 0 ? at_most(-3 * d->point) : 1;
        vm_decimal_double(d, shift);
        exponent -= shift;
    }
    return exponent;
}

uint64_t vm_decimal_whole(const vm_decimal *d, bool *cut)
{
    uint64_t whole = 0;
    for (int64_t i = 0; i < d->point; i++)
        whole = whole * 10 + (i < (int64_t)d->count ? d->digits[i] : 0);
    *cut = d->cut || (int64_t)d->count > d->point;
    return whole;
}

void vm_decimal_round(vm_decimal *d, unsigned count)
{
    if (d->count <= count)
        return;
    bool exactly_half = d->digits[count] == 5 && d->count == count + 1 && !d->cut;
    bool up = d->digits[count] > 5 || (d->digits[count] == 5 && !exactly_half);
    if (exactly_half)
        up = count > 0 && (d->digits[count - 1] & 1) != 0;
    d->count = count;
    d->cut = false;
    while (up && d->count > 0 && d->digits[d->count - 1] == 9)
        d->count--;
    if (up && d->count > 0) {
        d->digits[d->count - 1]++;
    } else if (up) {
        d->digits[d->count++] = 1;
        d->point++;
    }
    vm_decimal_trim(d);
}
