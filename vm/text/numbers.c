/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the text format. A float's text becomes a 64-bit significand m, a flag whether anything but zeros was
 * cut off behind it, and a power of two: value = (m + something below 1 if cut) * 2^exponent. That is exact enough to
 * round once, in `pack`, as the standard wants. Hexadecimal digits are bits already. Decimal digits are kept as a
 * string of digits which is halved and doubled (vm/text/decimal.h) until it lies in [1/2, 1).
 */
#include "vm/text/numbers.h"
#include "vm/text/decimal.h"
#include <stdio.h>
#include <string.h>

/* ---- Words ----------------------------------------------------------------------------------------------------- */

static int digit_value(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < (int)base ? value : -1;
}

size_t vm_number_digits(pirn_str text, unsigned base, uint64_t max, uint64_t *value)
{
    size_t taken = 0;
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '_' && taken == i && i > 0)
            continue;
        int digit = digit_value(text.data[i], base);
        if (digit < 0)
            break;
        bool fits = *value <= max && *value <= (max - (uint64_t)digit) / base && (uint64_t)digit <= max;
        *value = fits ? *value * base + (uint64_t)digit : max + 1;
        taken = i + 1;
    }
    return taken;
}

typedef enum float_kind { FLOAT_NUMBER, FLOAT_INFINITY, FLOAT_NAN, FLOAT_PAYLOAD } float_kind;

/* A number's text taken apart. */
typedef struct parts {
    bool negative, has_sign;
    float_kind kind;
    unsigned base;
    pirn_str whole, fraction; /* digits and underscores; the payload of a nan in `whole` */
    bool is_float;            /* a point or an exponent was there, or it is inf or nan */
    int64_t exponent;         /* of 10, or of 2 */
} parts;

static bool take(pirn_str *text, const char *what)
{
    size_t len = strlen(what);
    if (text->len < len || memcmp(text->data, what, len) != 0)
        return false;
    *text = (pirn_str){text->data + len, text->len - len};
    return true;
}

static pirn_str take_digits(pirn_str *text, unsigned base)
{
    uint64_t ignored;
    pirn_str digits = {text->data, vm_number_digits(*text, base, 0, &ignored)};
    *text = (pirn_str){text->data + digits.len, text->len - digits.len};
    return digits;
}

/*
 * The exponent behind its letter. Beyond any float it is cut: a text has not so many digits that they could make up.
 */
static bool take_exponent(pirn_str *text, int64_t *exponent)
{
    static const uint64_t beyond = (uint64_t)1 << 48;
    uint64_t value;
    bool negative = take(text, "-");
    if (!negative)
        take(text, "+");
    size_t used = vm_number_digits(*text, 10, beyond, &value);
    *text = (pirn_str){text->data + used, text->len - used};
    *exponent = negative ? -(int64_t)value : (int64_t)value;
    return used > 0;
}

static bool split(pirn_str text, parts *out)
{
    *out = (parts){.kind = FLOAT_NUMBER, .base = 10};
    out->negative = take(&text, "-");
    out->has_sign = out->negative || take(&text, "+");
    if (take(&text, "inf")) {
        out->kind = FLOAT_INFINITY;
        out->is_float = true;
        return text.len == 0;
    }
    if (take(&text, "nan")) {
        out->kind = take(&text, ":0x") ? FLOAT_PAYLOAD : FLOAT_NAN;
        out->is_float = true;
        if (out->kind == FLOAT_PAYLOAD)
            out->whole = take_digits(&text, 16);
        return text.len == 0 && (out->kind == FLOAT_NAN || out->whole.len > 0);
    }
    if (take(&text, "0x"))
        out->base = 16;
    out->whole = take_digits(&text, out->base);
    if (out->whole.len == 0)
        return false;
    if (take(&text, ".")) {
        out->is_float = true;
        out->fraction = take_digits(&text, out->base);
    }
    if (text.len > 0 && (text.data[0] | 0x20) == (out->base == 16 ? 'p' : 'e')) {
        text = (pirn_str){text.data + 1, text.len - 1};
        out->is_float = true;
        if (!take_exponent(&text, &out->exponent))
            return false;
    }
    return text.len == 0;
}

vm_number_kind vm_number_classify(pirn_str text)
{
    parts number;
    if (text.len == 0 || !split(text, &number))
        return VM_NUMBER_NONE;
    return number.is_float ? VM_NUMBER_FLOAT : VM_NUMBER_INTEGER;
}

/* ---- Integers -------------------------------------------------------------------------------------------------- */

static uint64_t all_ones(unsigned bits)
{
    return UINT64_MAX >> (64 - bits);
}

/* The magnitude, when it is at most `max`; `max` may be anything. */
static bool magnitude(const parts *number, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < number->whole.len; i++) {
        if (number->whole.data[i] == '_')
            continue;
        uint64_t digit = (uint64_t)digit_value(number->whole.data[i], number->base);
        if (value > (UINT64_MAX - digit) / number->base)
            return false;
        value = value * number->base + digit;
    }
    *out = value;
    return value <= max;
}

bool vm_number_unsigned(pirn_str text, unsigned bits, uint64_t *out)
{
    parts number;
    return split(text, &number) && !number.is_float && !number.has_sign && magnitude(&number, all_ones(bits), out);
}

bool vm_number_integer(pirn_str text, unsigned bits, uint64_t *out)
{
    parts number;
    if (!split(text, &number) || number.is_float)
        return false;
    uint64_t most = number.negative ? (uint64_t)1 << (bits - 1) : all_ones(bits);
    if (!magnitude(&number, most, out))
        return false;
    if (number.negative)
        *out = (0 - *out) & all_ones(bits);
    return true;
}

/* ---- Floats: text to bits -------------------------------------------------------------------------------------- */

typedef struct float_format {
    unsigned fraction_bits; /* without the hidden one */
    int max_exponent; /* of the largest finite: 2^max_exponent <= it; the smallest normal is 2^(1 - max_exponent) */
} float_format;

static const float_format binary32 = {23, 127}, binary64 = {52, 1023};

static uint64_t infinity(const float_format *f)
{
    return (uint64_t)(2 * f->max_exponent + 1) << f->fraction_bits;
}

/* The bits of (m + cut) * 2^exponent, rounded to nearest, ties to even. False when that is no finite value. */
static bool pack(const float_format *f, uint64_t m, bool cut, int64_t exponent, uint64_t *bits)
{
    *bits = 0;
    if (m == 0)
        return true;
    for (; m >> 63 == 0; m <<= 1)
        exponent--;
    int64_t leading = exponent + 63, least = 1 - f->max_exponent;
    if (leading > f->max_exponent)
        return false;
    int64_t drop = 63 - (int64_t)f->fraction_bits + (leading < least ? least - leading : 0);
    if (drop > 64)
        return true;
    uint64_t kept = drop == 64 ? 0 : m >> drop, rest = drop == 64 ? m : m & all_ones((unsigned)drop);
    uint64_t half = (uint64_t)1 << (drop - 1);
    kept += rest > half || (rest == half && (cut || (kept & 1) != 0));
    /* The hidden bit of a normal number adds one to the exponent's field; so does a carry. */
    *bits = kept;
    if (leading >= least)
        *bits += (uint64_t)(leading - least) << f->fraction_bits;
    return *bits < infinity(f);
}

/* One digit of a hexadecimal significand. */
static void add_hex_digit(uint64_t digit, uint64_t *m, bool *cut, int64_t *exponent)
{
    if (*m >> 60 == 0) {
        *m = *m << 4 | digit;
    } else {
        *cut = *cut || digit != 0;
        *exponent += 4;
    }
}

static bool pack_hex(const float_format *f, const parts *number, uint64_t *bits)
{
    uint64_t m = 0;
    bool cut = false;
    int64_t exponent = number->exponent;
    for (size_t i = 0; i < number->whole.len; i++) {
        if (number->whole.data[i] != '_')
            add_hex_digit((uint64_t)digit_value(number->whole.data[i], 16), &m, &cut, &exponent);
    }
    for (size_t i = 0; i < number->fraction.len; i++) {
        if (number->fraction.data[i] == '_')
            continue;
        exponent -= 4;
        add_hex_digit((uint64_t)digit_value(number->fraction.data[i], 16), &m, &cut, &exponent);
    }
    return pack(f, m, cut, exponent, bits);
}

/* The bits of a decimal, which is lost. */
static bool pack_decimal(const float_format *f, vm_decimal *d, uint64_t *bits)
{
    enum { BEYOND = 400 }; /* powers of ten: no float is so large or so small */
    *bits = 0;
    if (d->count == 0 || d->point < -BEYOND)
        return true;
    if (d->point > BEYOND)
        return false;
    int64_t exponent = vm_decimal_normalize(d);
    vm_decimal_double(d, VM_DECIMAL_MAX_SHIFT);
    vm_decimal_double(d, 64 - VM_DECIMAL_MAX_SHIFT);
    bool cut;
    uint64_t m = vm_decimal_whole(d, &cut);
    return pack(f, m, cut, exponent - 64, bits);
}

static bool pack_number(const float_format *f, const parts *number, uint64_t *bits)
{
    if (number->base == 16)
        return pack_hex(f, number, bits);
    vm_decimal d;
    vm_decimal_init(&d);
    for (size_t i = 0; i < number->whole.len; i++) {
        if (number->whole.data[i] != '_')
            vm_decimal_digit(&d, number->whole.data[i], true);
    }
    for (size_t i = 0; i < number->fraction.len; i++) {
        if (number->fraction.data[i] != '_')
            vm_decimal_digit(&d, number->fraction.data[i], false);
    }
    vm_decimal_trim(&d);
    d.point += number->exponent;
    return pack_decimal(f, &d, bits);
}

static bool pack_text(const float_format *f, pirn_str text, uint64_t *bits)
{
    parts number;
    if (!split(text, &number))
        return false;
    bool ok = true;
    uint64_t quiet = (uint64_t)1 << (f->fraction_bits - 1), payload = quiet;
    switch (number.kind) {
    case FLOAT_NUMBER:
        ok = pack_number(f, &number, bits);
        break;
    case FLOAT_INFINITY:
        *bits = infinity(f);
        break;
    case FLOAT_PAYLOAD:
        number.base = 16;
        ok = magnitude(&number, all_ones(f->fraction_bits), &payload) && payload != 0;
        *bits = infinity(f) | payload;
        break;
    case FLOAT_NAN:
        *bits = infinity(f) | quiet;
        break;
    }
    if (number.negative)
        *bits |= (infinity(f) << 1) & ~infinity(f) & ~all_ones(f->fraction_bits);
    return ok;
}

bool vm_number_f32(pirn_str text, uint32_t *bits)
{
    uint64_t wide = 0;
    bool ok = pack_text(&binary32, text, &wide);
    *bits = (uint32_t)wide;
    return ok;
}

bool vm_number_f64(pirn_str text, uint64_t *bits)
{
    return pack_text(&binary64, text, bits);
}

/* ---- Floats: bits to text -------------------------------------------------------------------------------------- */

/* 0.d1d2d3... * 10^point: as 123.45 where that is short, else as 1.2345e67. */
static size_t print_decimal(const vm_decimal *d, char *out)
{
    enum { PLAIN = 21, SMALL = -6 };
    char *p = out;
    if (d->count == 0) {
        *p++ = '0';
    } else if (d->point > PLAIN || d->point <= SMALL) {
        *p++ = (char)('0' + d->digits[0]);
        for (unsigned i = 1; i < d->count; i++) {
            if (i == 1)
                *p++ = '.';
            *p++ = (char)('0' + d->digits[i]);
        }
        p += sprintf(p, "e%+d", (int)d->point - 1);
    } else {
        if (d->point <= 0)
            *p++ = '0';
        for (int64_t i = d->point < 0 ? d->point : 0; i < (int64_t)d->count || i < d->point; i++) {
            if (i == (d->point < 0 ? d->point : 0) && d->point <= 0)
                *p++ = '.';
            else if (i == d->point)
                *p++ = '.';
            *p++ = (char)('0' + (i >= 0 && i < (int64_t)d->count ? d->digits[i] : 0));
        }
    }
    *p = '\0';
    return (size_t)(p - out);
}

/* The shortest digits that round to the same bits. */
static size_t print_shortest(const float_format *f, uint64_t bits, char *out)
{
    uint64_t fraction = bits & all_ones(f->fraction_bits);
    int exponent = (int)(bits >> f->fraction_bits);
    vm_decimal exact;
    vm_decimal_from(&exact, exponent == 0 ? fraction : fraction | (uint64_t)1 << f->fraction_bits);
    vm_decimal_scale(&exact, (exponent == 0 ? 1 : exponent) - f->max_exponent - (int)f->fraction_bits);
    for (unsigned count = 1;; count++) {
        vm_decimal shorter = exact;
        vm_decimal_round(&shorter, count);
        vm_decimal tried = shorter;
        uint64_t back;
        if (shorter.count == exact.count || (pack_decimal(f, &tried, &back) && back == bits))
            return print_decimal(&shorter, out);
    }
}

static size_t print(const float_format *f, bool negative, uint64_t bits, char *out)
{
    uint64_t payload = bits & all_ones(f->fraction_bits);
    size_t sign = negative;
    if (negative)
        *out = '-';
    if (bits < infinity(f))
        return sign + print_shortest(f, bits, out + sign);
    if (payload == 0)
        return sign + (size_t)sprintf(out + sign, "inf");
    if (payload == (uint64_t)1 << (f->fraction_bits - 1))
        return sign + (size_t)sprintf(out + sign, "nan");
    return sign + (size_t)sprintf(out + sign, "nan:0x%llx", (unsigned long long)payload);
}

size_t vm_number_f32_text(uint32_t bits, char out[VM_NUMBER_TEXT])
{
    return print(&binary32, bits >> 31 != 0, bits & all_ones(31), out);
}

size_t vm_number_f64_text(uint64_t bits, char out[VM_NUMBER_TEXT])
{
    return print(&binary64, bits >> 63 != 0, bits & all_ones(63), out);
}
