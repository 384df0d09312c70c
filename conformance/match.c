/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers are compared by their bits; where a pattern says nan:canonical or nan:arithmetic, by what is fixed of a
 * NaN. The embedder's own references are the numbers of the script, moved to where no other reference can be: past
 * null, and aligned.
 */
#include "conformance/match.h"
#include "vm/text/numbers.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HOST_SHIFT = 4 };

static void *host_reference(uint64_t number)
{
    return (void *)(uintptr_t)((number + 1) << HOST_SHIFT);
}

/* ---- Numbers --------------------------------------------------------------------------------------------------- */

static bool is_narrow(pirn_valtype type)
{
    return type == PIRN_I32 || type == PIRN_F32;
}

static bool is_type(wast_kind kind, pirn_valtype type)
{
    static const pirn_valtype types[] = {[WAST_I32] = PIRN_I32,
                                         [WAST_I64] = PIRN_I64,
                                         [WAST_F32] = PIRN_F32,
                                         [WAST_F64] = PIRN_F64,
                                         [WAST_V128] = PIRN_V128};
    return kind < WAST_REF ? types[kind] == type : pirn_valtype_is_ref(type);
}

/* Spec 4.3.3: a canonical NaN has only the highest bit of its payload, an arithmetic one at least that. */
static bool float_matches(wast_nan nan, size_t bytes, uint64_t expected, uint64_t actual)
{
    uint64_t quiet = bytes == 4 ? 0x7FC00000u : 0x7FF8000000000000u;
    uint64_t magnitude = actual & (bytes == 4 ? 0x7FFFFFFFu : 0x7FFFFFFFFFFFFFFFu);
    if (nan == WAST_NAN_NONE)
        return expected == actual;
    return nan == WAST_NAN_CANONICAL ? magnitude == quiet : (magnitude & quiet) == quiet;
}

static bool number_matches(const wast_value *pattern, pirn_valtype type, const pirn_slot *slots)
{
    uint64_t actual = is_narrow(type) ? slots[0].u32 : slots[0].u64;
    return float_matches(pattern->nan[0], pattern->float_bytes, pattern->bits[0], actual);
}

/* The two slots of a vector are its bytes as they lie in linear memory. */
static bool vector_matches(const wast_value *pattern, const pirn_slot *slots)
{
    const uint64_t halves[2] = {base_load_u64(&slots[0]), base_load_u64(&slots[1])};
    if (pattern->float_bytes == 0)
        return pattern->bits[0] == halves[0] && pattern->bits[1] == halves[1];
    for (size_t lane = 0; lane < 16u / pattern->float_bytes; lane++) {
        size_t bit = lane * pattern->float_bytes * 8;
        uint64_t mask = pattern->float_bytes == 4 ? 0xFFFFFFFFu : UINT64_MAX;
        uint64_t expected = pattern->bits[bit / 64] >> (bit % 64) & mask;
        uint64_t actual = halves[bit / 64] >> (bit % 64) & mask;
        if (!float_matches(pattern->nan[lane], pattern->float_bytes, expected, actual))
            return false;
    }
    return true;
}

/* ---- References ------------------------------------------------------------------------------------------------ */

/* What a reference that is not null is, as a pattern says it. */
static wast_ref classify(pirn_store *store, pirn_valtype type, pirn_slot slot)
{
    if (pirn_valtype_top(pirn_store_engine(store), type) == PIRN_EXTERNREF)
        return WAST_REF_EXTERN;
    switch (pirn_ref_kind_of(store, type, slot)) {
    case PIRN_REF_I31:
        return WAST_REF_I31;
    case PIRN_REF_STRUCT:
        return WAST_REF_STRUCT;
    case PIRN_REF_ARRAY:
        return WAST_REF_ARRAY;
    case PIRN_REF_FUNC:
        return WAST_REF_FUNC;
    case PIRN_REF_EXCEPTION:
        return WAST_REF_EXN;
    default:
        return WAST_REF_HOST;
    }
}

/* The embedder's pointer behind an anyref that was an externref. */
static bool host_matches(pirn_store *store, uint64_t number, pirn_slot slot)
{
    pirn_slot external;
    return pirn_ref_externalize(store, slot, &external) && external.ref == host_reference(number);
}

static bool reference_matches(pirn_store *store, const wast_value *pattern, pirn_valtype type, pirn_slot slot)
{
    if (pattern->ref == WAST_REF_NULL)
        return slot.ref == NULL;
    if (slot.ref == NULL)
        return false;
    wast_ref actual = classify(store, type, slot);
    bool is_eq = actual == WAST_REF_I31 || actual == WAST_REF_STRUCT || actual == WAST_REF_ARRAY;
    switch (pattern->ref) {
    case WAST_REF_ANY_VALUE:
        return true;
    case WAST_REF_ANY:
        return is_eq || actual == WAST_REF_HOST;
    case WAST_REF_EQ:
        return is_eq;
    case WAST_REF_HOST:
        return actual == WAST_REF_HOST && host_matches(store, pattern->bits[0], slot);
    case WAST_REF_EXTERN:
        return actual == WAST_REF_EXTERN && (!pattern->has_number || slot.ref == host_reference(pattern->bits[0]));
    default:
        return actual == pattern->ref;
    }
}

static bool reference_to_slot(pirn_store *store, const wast_value *value, pirn_valtype type, pirn_slot *out)
{
    pirn_slot external = {.ref = host_reference(value->bits[0])};
    *out = value->ref == WAST_REF_NULL ? (pirn_slot){.ref = NULL} : external;
    if (value->ref == WAST_REF_NULL)
        return true;
    pirn_valtype top = pirn_valtype_top(pirn_store_engine(store), type);
    if (value->ref == WAST_REF_HOST)
        return value->has_number && top == PIRN_ANYREF && pirn_ref_internalize(store, external, out);
    return value->ref == WAST_REF_EXTERN && value->has_number && top == PIRN_EXTERNREF;
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

bool wast_to_slots(pirn_store *store, const wast_value *value, pirn_valtype type, pirn_slot *out)
{
    if (value->kind == WAST_EITHER || !is_type(value->kind, type))
        return false;
    if (value->kind == WAST_REF)
        return reference_to_slot(store, value, type, out);
    out[0].u64 = value->bits[0];
    for (size_t half = 0; half < 2 && value->kind == WAST_V128; half++)
        base_store_u64(&out[half], value->bits[half]);
    return true;
}

bool wast_matches(pirn_store *store, const wast_value *pattern, pirn_valtype type, const pirn_slot *slots)
{
    if (pattern->kind == WAST_EITHER) {
        for (size_t i = 0; i < pattern->choice_count; i++) {
            if (wast_matches(store, &pattern->choices[i], type, slots))
                return true;
        }
        return false;
    }
    if (!is_type(pattern->kind, type))
        return false;
    if (pattern->kind == WAST_REF)
        return reference_matches(store, pattern, type, slots[0]);
    return pattern->kind == WAST_V128 ? vector_matches(pattern, slots) : number_matches(pattern, type, slots);
}

static size_t reference_text(pirn_store *store, pirn_valtype type, pirn_slot slot, char *out, size_t size)
{
    static const char *const words[] = {
#define WAST_REF_WORD(name, text) [name] = text,
        WAST_REFS(WAST_REF_WORD)
#undef WAST_REF_WORD
    };
    if (slot.ref == NULL)
        return (size_t)snprintf(out, size, "(ref.null)");
    wast_ref kind = classify(store, type, slot);
    if (kind == WAST_REF_EXTERN)
        return (size_t)snprintf(out, size, "(ref.extern %" PRIuPTR ")", ((uintptr_t)slot.ref >> HOST_SHIFT) - 1);
    return (size_t)snprintf(out, size, "(%s)", words[kind]);
}

size_t wast_value_text(pirn_store *store, pirn_valtype type, const pirn_slot *slots, char *out, size_t size)
{
    char number[VM_NUMBER_TEXT];
    switch (type) {
    case PIRN_I32:
        return (size_t)snprintf(out, size, "(i32.const %" PRId32 ")", slots->i32);
    case PIRN_I64:
        return (size_t)snprintf(out, size, "(i64.const %" PRId64 ")", slots->i64);
    case PIRN_F32:
        vm_number_f32_text(slots->u32, number);
        return (size_t)snprintf(out, size, "(f32.const %s)", number);
    case PIRN_F64:
        vm_number_f64_text(slots->u64, number);
        return (size_t)snprintf(out, size, "(f64.const %s)", number);
    case PIRN_V128:
        return (size_t)snprintf(out, size, "(v128.const i64x2 0x%016" PRIx64 " 0x%016" PRIx64 ")",
                                base_load_u64(&slots[0]), base_load_u64(&slots[1]));
    default:
        return reference_text(store, type, *slots, out, size);
    }
}
