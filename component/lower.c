/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lowering (CanonicalABI.md "Storing" and "Flat Lowering"): from a C object to linear memory or
 * core values.
 *
 * The guest's realloc runs in between and may grow, that is move, its memory: places in it are
 * kept as offsets, and turned into addresses only for one access.
 */
#include "component/abi.h"
#include "component/activation.h"

/* ---- Numbers to bits ------------------------------------------------------------------------------------------- */

static void store_bits(cm_context *cx, uint32_t ptr, uint32_t size, uint64_t bits)
{
    uint8_t *p = cx->memory->data + ptr;
    switch (size) {
    case 1:
        *p = (uint8_t)bits;
        return;
    case 2:
        base_store_u16(p, (uint16_t)bits);
        return;
    case 4:
        base_store_u32(p, (uint32_t)bits);
        return;
    default:
        base_store_u64(p, bits);
    }
}

/* Writes the next core value, in the type that the cases of the enclosing variants have joined. */
static void give_bits(cm_flat_cursor *out, uint64_t bits)
{
    uint8_t want = out->types[out->next];
    pirn_slot *slot = &out->slots[out->next++];
    slot->u64 = bits;
    if (want == CM_I32 || want == CM_F32)
        slot->u32 = (uint32_t)bits;
}

static uint32_t get_number(const void *c, uint8_t size)
{
    if (size == 1)
        return *(const uint8_t *)c;
    return size == 2 ? *(const uint16_t *)c : *(const uint32_t *)c;
}

static uint32_t canonical_f32(float value)
{
    return value != value ? 0x7FC00000u : base_bits_of_f32(value);
}

static uint64_t canonical_f64(double value)
{
    return value != value ? 0x7FF8000000000000u : base_bits_of_f64(value);
}

static pirn_status lower_char(cm_context *cx, uint32_t code_point, uint64_t *bits)
{
    if (code_point >= 0x110000 || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return cm_misuse(cx, "0x%x is not a Unicode scalar value", (unsigned)code_point);
    *bits = code_point;
    return PIRN_OK;
}

static pirn_status lower_tag(cm_context *cx, const pirn_type *type, const void *c, uint32_t *tag)
{
    *tag = get_number(c, type->tag_size);
    if (*tag >= cm_case_count(type))
        return cm_misuse(cx, "%u is not a case of a type with %u cases", (unsigned)*tag,
                         (unsigned)cm_case_count(type));
    return PIRN_OK;
}

static pirn_status lower_enum(cm_context *cx, const pirn_type *type, const void *c, uint64_t *bits)
{
    uint32_t tag = 0;
    PIRN_TRY(lower_tag(cx, type, c, &tag));
    *bits = tag;
    return PIRN_OK;
}

static uint64_t lower_flags(const pirn_type *type, const void *c)
{
    uint32_t mask = type->member_count >= 32 ? UINT32_MAX : (1u << type->member_count) - 1;
    return get_number(c, type->tag_size) & mask;
}

static pirn_status lower_handle(cm_context *cx, const pirn_type *type, const void *c, uint64_t *bits)
{
    uint32_t index = 0;
    PIRN_TRY(cm_lower_handle(cx, type, *(void *const *)c, &index));
    *bits = index;
    return PIRN_OK;
}

/* The value's bits: a signed number is sign-extended to 32 bits, everything is zero-extended to 64. */
static pirn_status lower_bits(cm_context *cx, const pirn_type *type, const void *c, uint64_t *bits)
{
    switch (type->kind) {
    case PIRN_TYPE_BOOL:
        *bits = *(const uint8_t *)c != 0;
        return PIRN_OK;
    case PIRN_TYPE_S8:
        *bits = (uint32_t)*(const int8_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_U8:
        *bits = *(const uint8_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_S16:
        *bits = (uint32_t)*(const int16_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_U16:
        *bits = *(const uint16_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_S32:
    case PIRN_TYPE_U32:
        *bits = *(const uint32_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_S64:
    case PIRN_TYPE_U64:
        *bits = *(const uint64_t *)c;
        return PIRN_OK;
    case PIRN_TYPE_F32:
        *bits = canonical_f32(*(const float *)c);
        return PIRN_OK;
    case PIRN_TYPE_F64:
        *bits = canonical_f64(*(const double *)c);
        return PIRN_OK;
    case PIRN_TYPE_CHAR:
        return lower_char(cx, *(const uint32_t *)c, bits);
    case PIRN_TYPE_ENUM:
        return lower_enum(cx, type, c, bits);
    case PIRN_TYPE_FLAGS:
        *bits = lower_flags(type, c);
        return PIRN_OK;
    default:
        return lower_handle(cx, type, c, bits);
    }
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

static pirn_status lower_elements(cm_context *cx, const pirn_type *element, const cm_list *list, uint32_t ptr)
{
    const uint8_t *c = list->data;
    for (size_t i = 0; i < list->len; i++)
        PIRN_TRY(cm_lower_memory(cx, element, c + i * element->c.size, ptr + (uint32_t)i * element->memory.size));
    return PIRN_OK;
}

static pirn_status lower_list(cm_context *cx, const pirn_type *type, const cm_list *list, uint32_t *ptr)
{
    const pirn_type *element = type->element;
    if (list->len > CM_LIMIT_LIST_BYTES / element->memory.size)
        return cm_trap(cx, "list is too long");
    size_t size = list->len * element->memory.size;
    PIRN_TRY(cm_reallocate(cx, CM_LIST_CONTENT, 0, 0, element->memory.align, size, ptr));
    if (!cm_is_plain(element))
        return lower_elements(cx, element, list, *ptr);
    if (size > 0)
        memmove(cx->memory->data + *ptr, cm_follow_view(cx, list->data), size);
    return PIRN_OK;
}

/* Strings and lists are a pointer and a length. */
static pirn_status lower_pair(cm_context *cx, const pirn_type *type, const void *c, uint32_t *ptr, uint32_t *len)
{
    if (type->kind == PIRN_TYPE_STRING)
        return cm_lower_string(cx, *(const pirn_str *)c, ptr, len);
    const cm_list *list = c;
    *len = (uint32_t)list->len;
    return lower_list(cx, type, list, ptr);
}

/* ---- To memory ------------------------------------------------------------------------------------------------- */

static pirn_status store_pair(cm_context *cx, const pirn_type *type, const void *c, uint32_t at)
{
    uint32_t ptr = 0, len = 0;
    PIRN_TRY(lower_pair(cx, type, c, &ptr, &len));
    store_bits(cx, at, 4, ptr);
    store_bits(cx, at + 4, 4, len);
    return PIRN_OK;
}

static pirn_status store_record(cm_context *cx, const pirn_type *type, const void *c, uint32_t ptr)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const cm_member *member = &type->members[i];
        PIRN_TRY(cm_lower_memory(cx, member->type, (const uint8_t *)c + member->c_offset, ptr + member->offset));
    }
    return PIRN_OK;
}

static pirn_status store_variant(cm_context *cx, const pirn_type *type, const void *c, uint32_t ptr)
{
    uint32_t tag = 0;
    PIRN_TRY(lower_tag(cx, type, c, &tag));
    store_bits(cx, ptr, type->tag_size, tag);
    const pirn_type *payload = cm_case_type(type, tag);
    if (payload == NULL)
        return PIRN_OK;
    return cm_lower_memory(cx, payload, (const uint8_t *)c + type->c_payload_offset, ptr + type->payload_offset);
}

pirn_status cm_lower_memory(cm_context *cx, const pirn_type *type, const void *c, uint32_t ptr)
{
    switch (type->kind) {
    case PIRN_TYPE_STRING:
    case PIRN_TYPE_LIST:
        return store_pair(cx, type, c, ptr);
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return store_record(cx, type, c, ptr);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return store_variant(cx, type, c, ptr);
    default: {
        uint64_t bits = 0;
        PIRN_TRY(lower_bits(cx, type, c, &bits));
        store_bits(cx, ptr, type->memory.size, bits);
        return PIRN_OK;
    }
    }
}

/* ---- To core values -------------------------------------------------------------------------------------------- */

static pirn_status lower_flat_pair(cm_context *cx, const pirn_type *type, const void *c, cm_flat_cursor *out)
{
    uint32_t ptr = 0, len = 0;
    PIRN_TRY(lower_pair(cx, type, c, &ptr, &len));
    give_bits(out, ptr);
    give_bits(out, len);
    return PIRN_OK;
}

static pirn_status lower_flat_record(cm_context *cx, const pirn_type *type, const void *c, cm_flat_cursor *out)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        const cm_member *member = &type->members[i];
        PIRN_TRY(cm_lower_flat(cx, member->type, (const uint8_t *)c + member->c_offset, out));
    }
    return PIRN_OK;
}

static pirn_status lower_flat_variant(cm_context *cx, const pirn_type *type, const void *c, cm_flat_cursor *out)
{
    uint32_t tag = 0, end = out->next + type->flat.count;
    PIRN_TRY(lower_tag(cx, type, c, &tag));
    give_bits(out, tag);
    const pirn_type *payload = cm_case_type(type, tag);
    if (payload != NULL)
        PIRN_TRY(cm_lower_flat(cx, payload, (const uint8_t *)c + type->c_payload_offset, out));
    while (out->next < end) /* core values that this case leaves unused */
        give_bits(out, 0);
    return PIRN_OK;
}

pirn_status cm_lower_flat(cm_context *cx, const pirn_type *type, const void *c, cm_flat_cursor *out)
{
    switch (type->kind) {
    case PIRN_TYPE_STRING:
    case PIRN_TYPE_LIST:
        return lower_flat_pair(cx, type, c, out);
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return lower_flat_record(cx, type, c, out);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return lower_flat_variant(cx, type, c, out);
    default: {
        uint64_t bits = 0;
        PIRN_TRY(lower_bits(cx, type, c, &bits));
        give_bits(out, bits);
        return PIRN_OK;
    }
    }
}
