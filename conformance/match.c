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

/* What is of the hierarchy any has become so from an embedder's pointer. */
static bool is_host_reference(pirn_store *store, pirn_valtype type, pirn_slot slot, uint64_t number)
{
    if (type != PIRN_EXTERNREF && pirn_ref_kind_of(store, type, slot) == PIRN_REF_HOST &&
        !pirn_ref_externalize(store, slot, &slot))
        return false;
    return slot.ref == host_reference(number);
}

static bool reference_matches(pirn_store *store, const wast_value *pattern, pirn_valtype type, pirn_slot slot)
{
    if (pattern->ref == WAST_REF_NULL)
        return slot.ref == NULL;
    if (slot.ref == NULL)
        return false;
    if (pattern->has_number)
        return is_host_reference(store, type, slot, pattern->bits[0]);
    switch (pattern->ref) {
    case WAST_REF_EXTERN:
        return type == PIRN_EXTERNREF;
    case WAST_REF_FUNC:
        return type != PIRN_EXTERNREF;
    default:
        return true;
    }
}

/* ---- Both ------------------------------------------------------------------------------------------------------ */

bool wast_to_slots(pirn_store *store, const wast_value *value, pirn_valtype type, pirn_slot *out)
{
    if (value->kind == WAST_EITHER || !is_type(value->kind, type))
        return false;
    if (value->kind == WAST_REF) {
        bool is_null = value->ref == WAST_REF_NULL;
        out[0].ref = is_null ? NULL : host_reference(value->bits[0]);
        if (!is_null && type == PIRN_ANYREF && !pirn_ref_internalize(store, out[0], &out[0]))
            return false;
        return is_null || value->has_number;
    }
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

static size_t reference_text(pirn_valtype type, pirn_slot slot, char *out, size_t size)
{
    char name[32];
    if (slot.ref == NULL)
        return (size_t)snprintf(out, size, "(ref.null)");
    if (type == PIRN_EXTERNREF)
        return (size_t)snprintf(out, size, "(ref.extern %" PRIuPTR ")", ((uintptr_t)slot.ref >> HOST_SHIFT) - 1);
    return (size_t)snprintf(out, size, "(ref) of type %s", pirn_valtype_text(type, name));
}

size_t wast_value_text(pirn_valtype type, const pirn_slot *slots, char *out, size_t size)
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
        return reference_text(type, *slots, out, size);
    }
}
