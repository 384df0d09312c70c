/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting (CanonicalABI.md "Loading" and "Flat Lifting"): from linear memory or core values to a C
 * object.
 *
 * Numbers, and what is a number in core (bool, char, flags, tags, handles), come from either side
 * as plain bits and are then checked and converted in one place, lift_bits.
 */
#include "component/abi.h"
#include "component/activation.h"

/* ---- Bits to numbers ------------------------------------------------------------------------------------------- */

static uint64_t load_bits(const uint8_t *p, uint32_t size)
{
    switch (size) {
    case 1:
        return *p;
    case 2:
        return base_load_u16(p);
    case 4:
        return base_load_u32(p);
    default:
        return base_load_u64(p);
    }
}

/* The next core value, coerced from the type that the cases of the enclosing variants have joined. */
static uint64_t take_bits(cm_flat_cursor *in, bool is_64_bits)
{
    uint8_t have = in->types[in->next];
    const pirn_slot *slot = &in->slots[in->next++];
    if (have == CM_I64 || have == CM_F64)
        return is_64_bits ? slot->u64 : (uint32_t)slot->u64;
    return slot->u32;
}

static float canonical_f32(uint32_t bits)
{
    bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
    return base_f32_of_bits(is_nan ? 0x7FC00000u : bits);
}

static double canonical_f64(uint64_t bits)
{
    bool is_nan = (bits & INT64_MAX) > 0x7FF0000000000000u;
    return base_f64_of_bits(is_nan ? 0x7FF8000000000000u : bits);
}

static pirn_status lift_char(cm_context *cx, uint32_t code_point, uint32_t *c)
{
    if (code_point >= 0x110000 || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return cm_trap(cx, "invalid `char` bit pattern");
    *c = code_point;
    return PIRN_OK;
}

/* Tags of variants, and flags. */
static void put_number(void *c, uint8_t size, uint32_t value)
{
    if (size == 1)
        *(uint8_t *)c = (uint8_t)value;
    else if (size == 2)
        *(uint16_t *)c = (uint16_t)value;
    else
        *(uint32_t *)c = value;
}

static pirn_status lift_tag(cm_context *cx, const pirn_type *type, uint32_t tag, void *c)
{
    if (tag >= cm_case_count(type))
        return cm_trap(cx, "invalid variant discriminant");
    put_number(c, type->tag_size, tag);
    return PIRN_OK;
}

static void lift_flags(const pirn_type *type, uint32_t bits, void *c)
{
    uint32_t mask = type->member_count >= 32 ? UINT32_MAX : (1u << type->member_count) - 1;
    put_number(c, type->tag_size, bits & mask);
}

static pirn_status lift_bits(cm_context *cx, const pirn_type *type, uint64_t bits, void *c)
{
    switch (type->kind) {
    case PIRN_TYPE_BOOL:
        *(uint8_t *)c = (uint32_t)bits != 0;
        return PIRN_OK;
    case PIRN_TYPE_S8:
    case PIRN_TYPE_U8:
        *(uint8_t *)c = (uint8_t)bits;
        return PIRN_OK;
    case PIRN_TYPE_S16:
    case PIRN_TYPE_U16:
        *(uint16_t *)c = (uint16_t)bits;
        return PIRN_OK;
    case PIRN_TYPE_S32:
    case PIRN_TYPE_U32:
        *(uint32_t *)c = (uint32_t)bits;
        return PIRN_OK;
    case PIRN_TYPE_S64:
    case PIRN_TYPE_U64:
        *(uint64_t *)c = bits;
        return PIRN_OK;
    case PIRN_TYPE_F32:
        *(float *)c = canonical_f32((uint32_t)bits);
        return PIRN_OK;
    case PIRN_TYPE_F64:
        *(double *)c = canonical_f64(bits);
        return PIRN_OK;
    case PIRN_TYPE_CHAR:
        return lift_char(cx, (uint32_t)bits, c);
    case PIRN_TYPE_ENUM:
        return lift_tag(cx, type, (uint32_t)bits, c);
    case PIRN_TYPE_FLAGS:
        lift_flags(type, (uint32_t)bits, c);
        return PIRN_OK;
    default:
        return cm_lift_handle(cx, type, (uint32_t)bits, c);
    }
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

/* The elements may stay where they are: the C object is a view. */
static bool can_view(const cm_context *cx, const pirn_type *element, const uint8_t *p)
{
    return cx->views && cm_is_plain(element) && (uintptr_t)p % element->c.align == 0;
}

static pirn_status lift_elements(cm_context *cx, const pirn_type *element, uint32_t ptr, cm_list *out)
{
    uint8_t *c = out->data;
    for (size_t i = 0; i < out->len; i++)
        PIRN_TRY(cm_lift_memory(cx, element, ptr + (uint32_t)i * element->memory.size, c + i * element->c.size));
    return PIRN_OK;
}

static pirn_status lift_list(cm_context *cx, const pirn_type *type, uint32_t ptr, uint32_t len, cm_list *out)
{
    const pirn_type *element = type->element;
    uint64_t size = (uint64_t)len * element->memory.size;
    if (size > CM_LIMIT_LIST_BYTES)
        return cm_trap(cx, "list is too long");
    PIRN_TRY(cm_check_pointer(cx, CM_LIST_CONTENT, ptr, element->memory.align, size));
    uint8_t *p = cx->memory->data + ptr;
    *out = (cm_list){p, len};
    if (can_view(cx, element, p))
        return PIRN_OK;
    uint64_t c_size = (uint64_t)len * element->c.size;
    PIRN_TRY(cm_charge(cx, c_size));
    out->data = base_arena_alloc(&cx->activation->arena, (size_t)c_size);
    if (out->data == NULL)
        return base_nomem(cx->error);
    if (!cm_is_plain(element))
        return lift_elements(cx, element, ptr, out);
    if (size > 0)
        memcpy(out->data, p, (size_t)size);
    return PIRN_OK;
}

/* ---- From memory ----------------------------------------------------------------------------------------------- */

static pirn_status load_record(cm_context *cx, const pirn_type *type, uint32_t ptr, void *c)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const cm_member *member = &type->members[i];
        PIRN_TRY(cm_lift_memory(cx, member->type, ptr + member->offset, (uint8_t *)c + member->c_offset));
    }
    return PIRN_OK;
}

static pirn_status load_variant(cm_context *cx, const pirn_type *type, uint32_t ptr, void *c)
{
    uint32_t tag = (uint32_t)load_bits(cx->memory->data + ptr, type->tag_size);
    PIRN_TRY(lift_tag(cx, type, tag, c));
    const pirn_type *payload = cm_case_type(type, tag);
    if (payload == NULL)
        return PIRN_OK;
    return cm_lift_memory(cx, payload, ptr + type->payload_offset, (uint8_t *)c + type->c_payload_offset);
}

pirn_status cm_lift_memory(cm_context *cx, const pirn_type *type, uint32_t ptr, void *c)
{
    const uint8_t *p = cx->memory->data + ptr;
    switch (type->kind) {
    case PIRN_TYPE_STRING:
        return cm_lift_string(cx, base_load_u32(p), base_load_u32(p + 4), c);
    case PIRN_TYPE_LIST:
        return lift_list(cx, type, base_load_u32(p), base_load_u32(p + 4), c);
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return load_record(cx, type, ptr, c);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return load_variant(cx, type, ptr, c);
    default:
        return lift_bits(cx, type, load_bits(p, type->memory.size), c);
    }
}

/* ---- From core values ------------------------------------------------------------------------------------------ */

static pirn_status lift_flat_record(cm_context *cx, const pirn_type *type, cm_flat_cursor *in, void *c)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const cm_member *member = &type->members[i];
        PIRN_TRY(cm_lift_flat(cx, member->type, in, (uint8_t *)c + member->c_offset));
    }
    return PIRN_OK;
}

static pirn_status lift_flat_variant(cm_context *cx, const pirn_type *type, cm_flat_cursor *in, void *c)
{
    uint32_t end = in->next + type->flat.count;
    uint32_t tag = (uint32_t)take_bits(in, false);
    PIRN_TRY(lift_tag(cx, type, tag, c));
    const pirn_type *payload = cm_case_type(type, tag);
    if (payload != NULL)
        PIRN_TRY(cm_lift_flat(cx, payload, in, (uint8_t *)c + type->c_payload_offset));
    in->next = end; /* a shorter case leaves core values unused */
    return PIRN_OK;
}

pirn_status cm_lift_flat(cm_context *cx, const pirn_type *type, cm_flat_cursor *in, void *c)
{
    switch (type->kind) {
    case PIRN_TYPE_STRING:
    case PIRN_TYPE_LIST: {
        uint32_t ptr = (uint32_t)take_bits(in, false), len = (uint32_t)take_bits(in, false);
        return type->kind == PIRN_TYPE_STRING ? cm_lift_string(cx, ptr, len, c) : lift_list(cx, type, ptr, len, c);
    }
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return lift_flat_record(cx, type, in, c);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return lift_flat_variant(cx, type, in, c);
    default:
        return lift_bits(cx, type, take_bits(in, type->memory.size == 8), c);
    }
}
