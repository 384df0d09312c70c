/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of values (CanonicalABI.md "Alignment", "Element Size"), in linear memory and in C.
 *
 * The two follow the same rules (fields in order, each at its alignment; a variant is a tag and the
 * union of its payloads) and differ in what a pointer is: 4 bytes in linear memory, a C pointer in
 * C; and in the alignment that this machine's C compiler gives to numbers. So one walk computes
 * both, with one table for the leaves.
 *
 * Sizes saturate at CM_SIZE_MAX: a type may unfold to more than any memory holds, and validation
 * then refuses it.
 */
#include "component/type.h"
#include <stddef.h>

enum { CM_SIZE_MAX = INT32_MAX };

#define C_ALIGN(type)   \
    offsetof(           \
        struct {        \
            char c;     \
            type value; \
        },              \
        value)
#define C_LAYOUT(type) {sizeof(type), C_ALIGN(type)}

typedef struct leaf_layout {
    cm_layout memory, c;
} leaf_layout;

/* By kind; the kinds that have members, and flags, are computed. */
static const leaf_layout leaves[] = {
    [PIRN_TYPE_BOOL] = {{1, 1}, C_LAYOUT(uint8_t)},    [PIRN_TYPE_S8] = {{1, 1}, C_LAYOUT(int8_t)},
    [PIRN_TYPE_U8] = {{1, 1}, C_LAYOUT(uint8_t)},      [PIRN_TYPE_S16] = {{2, 2}, C_LAYOUT(int16_t)},
    [PIRN_TYPE_U16] = {{2, 2}, C_LAYOUT(uint16_t)},    [PIRN_TYPE_S32] = {{4, 4}, C_LAYOUT(int32_t)},
    [PIRN_TYPE_U32] = {{4, 4}, C_LAYOUT(uint32_t)},    [PIRN_TYPE_S64] = {{8, 8}, C_LAYOUT(int64_t)},
    [PIRN_TYPE_U64] = {{8, 8}, C_LAYOUT(uint64_t)},    [PIRN_TYPE_F32] = {{4, 4}, C_LAYOUT(float)},
    [PIRN_TYPE_F64] = {{8, 8}, C_LAYOUT(double)},      [PIRN_TYPE_CHAR] = {{4, 4}, C_LAYOUT(uint32_t)},
    [PIRN_TYPE_STRING] = {{8, 4}, C_LAYOUT(pirn_str)}, [PIRN_TYPE_LIST] = {{8, 4}, C_LAYOUT(cm_list)},
    [PIRN_TYPE_OWN] = {{4, 4}, C_LAYOUT(void *)},      [PIRN_TYPE_BORROW] = {{4, 4}, C_LAYOUT(void *)},
};

static uint32_t align_up(uint32_t size, uint32_t align)
{
    uint64_t aligned = ((uint64_t)size + align - 1) / align * align;
    return aligned > CM_SIZE_MAX ? CM_SIZE_MAX : (uint32_t)aligned;
}

static uint32_t add_sizes(uint32_t a, uint32_t b)
{
    uint64_t sum = (uint64_t)a + b;
    return sum > CM_SIZE_MAX ? CM_SIZE_MAX : (uint32_t)sum;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Appends a field to a struct that is being laid out; returns its offset. */
static uint32_t add_field(cm_layout *layout, cm_layout field)
{
    uint32_t offset = align_up(layout->size, field.align);
    layout->size = add_sizes(offset, field.size);
    layout->align = larger(layout->align, field.align);
    return offset;
}

static void add_to_union(cm_layout *layout, cm_layout member)
{
    layout->size = larger(layout->size, member.size);
    layout->align = larger(layout->align, member.align);
}

static cm_layout finish(cm_layout layout)
{
    return (cm_layout){align_up(layout.size, layout.align), layout.align};
}

/* Bytes for the discriminant of `cases`: "discriminant_type". */
static uint8_t bytes_for_tag(uint32_t cases)
{
    return cases <= 1u << 8 ? 1 : cases <= 1u << 16 ? 2 : 4;
}

static uint8_t bytes_for_flags(uint32_t labels)
{
    return labels <= 8 ? 1 : labels <= 16 ? 2 : 4;
}

static cm_layout number_in_c(uint8_t size)
{
    return leaves[size == 1 ? PIRN_TYPE_U8 : size == 2 ? PIRN_TYPE_U16 : PIRN_TYPE_U32].c;
}

static void lay_out_members(cm_member *members, uint32_t count, cm_layout *memory, cm_layout *c)
{
    *memory = *c = (cm_layout){0, 1};
    for (uint32_t i = 0; i < count; i++) {
        members[i].offset = add_field(memory, members[i].type->memory);
        members[i].c_offset = add_field(c, members[i].type->c);
    }
    *memory = finish(*memory);
    *c = finish(*c);
}

uint32_t cm_case_count(const pirn_type *type)
{
    bool is_fixed = type->kind == PIRN_TYPE_OPTION || type->kind == PIRN_TYPE_RESULT;
    return is_fixed ? 2 : type->member_count;
}

const pirn_type *cm_case_type(const pirn_type *type, uint32_t index)
{
    if (type->kind == PIRN_TYPE_OPTION)
        return index == 0 ? NULL : type->element;
    return type->kind == PIRN_TYPE_ENUM ? NULL : type->members[index].type;
}

static void lay_out_variant(pirn_type *type)
{
    uint32_t count = cm_case_count(type);
    type->tag_size = bytes_for_tag(count);
    cm_layout memory_union = {0, 1}, c_union = {0, 1};
    for (uint32_t i = 0; i < count; i++) {
        const pirn_type *payload = cm_case_type(type, i);
        if (payload == NULL)
            continue;
        add_to_union(&memory_union, payload->memory);
        add_to_union(&c_union, payload->c);
    }
    type->memory = (cm_layout){type->tag_size, type->tag_size};
    type->c = number_in_c(type->tag_size);
    type->payload_offset = add_field(&type->memory, memory_union);
    type->c_payload_offset = add_field(&type->c, finish(c_union));
    type->memory = finish(type->memory);
    type->c = finish(type->c);
}

static void gather(pirn_type *type, const pirn_type *part)
{
    type->has_pointers |= part->has_pointers;
    type->has_borrow |= part->has_borrow;
    type->depth = larger(type->depth, part->depth + 1);
}

/* has_pointers, has_borrow and depth: from the parts. */
static void describe_parts(pirn_type *type)
{
    bool is_handle = type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW;
    bool is_pointer = type->kind == PIRN_TYPE_STRING || type->kind == PIRN_TYPE_LIST;
    type->has_pointers = is_handle || is_pointer;
    type->has_borrow = type->kind == PIRN_TYPE_BORROW;
    type->depth = 1;
    if (type->element != NULL)
        gather(type, type->element);
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members != NULL && type->members[i].type != NULL)
            gather(type, type->members[i].type);
}

void cm_type_layout(pirn_type *type)
{
    describe_parts(type);
    switch (type->kind) {
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        lay_out_members((cm_member *)type->members, type->member_count, &type->memory, &type->c);
        break;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        lay_out_variant(type);
        break;
    case PIRN_TYPE_FLAGS:
        type->tag_size = bytes_for_flags(type->member_count);
        type->memory = (cm_layout){type->tag_size, type->tag_size};
        type->c = number_in_c(type->tag_size);
        break;
    default:
        type->memory = leaves[type->kind].memory;
        type->c = leaves[type->kind].c;
    }
    cm_type_flatten(type);
}

void cm_functype_layout(pirn_component_functype *type)
{
    lay_out_members((cm_member *)type->params, type->param_count, &type->params_memory, &type->params_c);
    cm_functype_flatten(type);
}

size_t pirn_layout_size(const pirn_type *type)
{
    return type->c.size;
}

size_t pirn_layout_align(const pirn_type *type)
{
    return type->c.align;
}

size_t pirn_layout_field(const pirn_type *type, size_t index)
{
    return type->members[index].c_offset;
}

size_t pirn_layout_payload(const pirn_type *type)
{
    return type->c_payload_offset;
}

size_t pirn_component_functype_args_size(const pirn_component_functype *type)
{
    return type->params_c.size;
}

size_t pirn_component_functype_arg_offset(const pirn_component_functype *type, size_t index)
{
    return type->params[index].c_offset;
}

size_t pirn_component_functype_result_size(const pirn_component_functype *type)
{
    return type->result == NULL ? 0 : type->result->c.size;
}
