/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants of actions and patterns of results. A number becomes its bits; a vector becomes 16 bytes in the order
 * of linear memory, so that lanes of every shape are compared the same way. `either` is a value with choices.
 */
#include "conformance/script.h"
#include "vm/text/numbers.h"
#include <string.h>

enum { MAX_DEPTH = 32 };

/* Columns: shape, lanes, bits of a lane, whether they are floats. */
static const struct shape {
    const char *text;
    uint8_t lanes, bits;
    bool is_float;
} shapes[] = {
    {"i8x16", 16, 8, false}, {"i16x8", 8, 16, false}, {"i32x4", 4, 32, false},
    {"i64x2", 2, 64, false}, {"f32x4", 4, 32, true},  {"f64x2", 2, 64, true},
};

static const struct scalar {
    const char *text;
    wast_kind kind;
    uint8_t bits;
    bool is_float;
} scalars[] = {
    {"i32.const", WAST_I32, 32, false},
    {"i64.const", WAST_I64, 64, false},
    {"f32.const", WAST_F32, 32, true},
    {"f64.const", WAST_F64, 64, true},
};

static const struct reference {
    const char *text;
    wast_ref ref;
} references[] = {
#define WAST_REF_ROW(name, text) {text, name},
    WAST_REFS(WAST_REF_ROW)
#undef WAST_REF_ROW
};

static bool parse_float(pirn_str word, unsigned bits, uint64_t *out)
{
    uint32_t narrow;
    if (bits == 64)
        return vm_number_f64(word, out);
    if (!vm_number_f32(word, &narrow))
        return false;
    *out = narrow;
    return true;
}

/* One number, or nan:canonical and nan:arithmetic where a float stands. */
static uint64_t read_number(wast_reader *r, unsigned bits, bool is_float, wast_nan *nan)
{
    uint64_t value = 0;
    const vm_token *token = &r->lexer.token;
    if (is_float && vm_token_is(token, "nan:canonical"))
        *nan = WAST_NAN_CANONICAL;
    else if (is_float && vm_token_is(token, "nan:arithmetic"))
        *nan = WAST_NAN_ARITHMETIC;
    else if (!(is_float ? parse_float(token->text, bits, &value) : vm_number_integer(token->text, bits, &value)))
        vm_lexer_unexpected(&r->lexer, "a number that fits");
    vm_lexer_advance(&r->lexer);
    return value;
}

static void read_scalar(wast_reader *r, const struct scalar *scalar, wast_value *out)
{
    out->kind = scalar->kind;
    out->float_bytes = scalar->is_float ? scalar->bits / 8 : 0;
    out->bits[0] = read_number(r, scalar->bits, scalar->is_float, &out->nan[0]);
}

static void read_lanes(wast_reader *r, const struct shape *shape, wast_value *out)
{
    out->float_bytes = shape->is_float ? shape->bits / 8 : 0;
    for (size_t lane = 0; lane < shape->lanes && !vm_lexer_failed(&r->lexer); lane++) {
        wast_nan nan = WAST_NAN_NONE;
        size_t bit = lane * shape->bits;
        uint64_t value = read_number(r, shape->bits, shape->is_float, &nan);
        out->bits[bit / 64] |= value << (bit % 64);
        if (shape->is_float)
            out->nan[lane] = nan;
    }
}

static void read_vector(wast_reader *r, wast_value *out)
{
    out->kind = WAST_V128;
    for (size_t i = 0; i < BASE_COUNT(shapes); i++) {
        if (vm_lexer_take(&r->lexer, shapes[i].text)) {
            read_lanes(r, &shapes[i], out);
            return;
        }
    }
    vm_lexer_unexpected(&r->lexer, "a shape of lanes");
}

/* ref.null has a heap type that does not matter here; ref.extern, ref.host and ref.func have a number or none. */
static void read_reference(wast_reader *r, wast_ref ref, wast_value *out)
{
    vm_token_kind kind = r->lexer.token.kind;
    out->kind = WAST_REF;
    out->ref = ref;
    if (ref == WAST_REF_NULL) {
        if (kind == VM_TOKEN_OPEN)
            vm_lexer_skip_list(&r->lexer);
        else if (kind != VM_TOKEN_CLOSE)
            vm_lexer_advance(&r->lexer);
    } else if (kind == VM_TOKEN_INTEGER) {
        wast_nan none;
        out->has_number = ref == WAST_REF_EXTERN || ref == WAST_REF_HOST;
        out->bits[0] = read_number(r, 32, false, &none);
    } else if (kind == VM_TOKEN_ID) {
        vm_lexer_advance(&r->lexer);
    }
}

static void read_either(wast_reader *r, wast_value *out)
{
    out->kind = WAST_EITHER;
    if (r->depth == MAX_DEPTH)
        vm_lexer_fail(&r->lexer, "patterns are nested too deeply");
    r->depth++;
    wast_read_values(r, &out->choices, &out->choice_count);
    r->depth--;
}

void wast_read_value(wast_reader *r, wast_value *out)
{
    vm_lexer *lexer = &r->lexer;
    if (vm_lexer_take(lexer, "either")) {
        read_either(r, out);
        return;
    }
    if (vm_lexer_take(lexer, "v128.const")) {
        read_vector(r, out);
        return;
    }
    for (size_t i = 0; i < BASE_COUNT(scalars); i++) {
        if (vm_lexer_take(lexer, scalars[i].text)) {
            read_scalar(r, &scalars[i], out);
            return;
        }
    }
    for (size_t i = 0; i < BASE_COUNT(references); i++) {
        if (vm_lexer_take(lexer, references[i].text)) {
            read_reference(r, references[i].ref, out);
            return;
        }
    }
    if (!wast_read_component_value(r, out))
        vm_lexer_unexpected(lexer, "a constant");
}

bool wast_read_values(wast_reader *r, wast_value **out, size_t *count)
{
    BASE_VEC(wast_value) values = {0};
    const pirn_allocator *allocator = r->arena->allocator;
    while (r->lexer.token.kind == VM_TOKEN_OPEN && !vm_lexer_failed(&r->lexer)) {
        wast_value value = {0};
        const char *begin = r->lexer.token.start.at;
        vm_lexer_expect_open(&r->lexer);
        wast_read_value(r, &value);
        value.text = (pirn_str){begin, (size_t)(r->lexer.token.start.at - begin) + r->lexer.token.text.len};
        vm_lexer_expect_close(&r->lexer);
        if (!BASE_VEC_PUSH(&values, allocator, value))
            vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    }
    *count = values.len;
    *out = wast_reader_keep(r, values.data, values.len, values.cap, sizeof *values.data);
    return !vm_lexer_failed(&r->lexer);
}
