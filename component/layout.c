/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layout of values (CanonicalABI.md "Alignment", "Element Size"): in linear memory, in linear memory with pointers of 64 bits
 * (by which validation says how large a type may be), and in C.
 *
 * The three follow the same rules (fields in order, each at its alignment; a variant is a tag and the union of its
 * payloads) and differ in what a pointer is, and in the alignment that this machine's C compiler gives to numbers. So one
 * walk computes all, with one table for the leaves.
 *
 * Sizes saturate: a type may unfold to more than any memory holds, and validation then refuses it.
 */
#include "component/type.h"
#include <stddef.h>

/* The layouts. */
enum { MEMORY, WIDE, C, LAYOUTS };

enum { TOO_LARGE = CM_LAYOUT_MOST + 1 };

/* A layout being computed; `size` is at most TOO_LARGE. */
typedef struct place {
    uint32_t size, align;
} place;

#define C_ALIGN(type)   \
    offsetof(           \
        struct {        \
            char c;     \
            type value; \
        },              \
        value)
#define C_LAYOUT(type) {sizeof(type), C_ALIGN(type)}

/* By kind; the kinds that have members, and flags, are computed. */
static const place leaves[][LAYOUTS] = {
    [PIRN_TYPE_BOOL] = {{1, 1}, {1, 1}, C_LAYOUT(uint8_t)},
    [PIRN_TYPE_S8] = {{1, 1}, {1, 1}, C_LAYOUT(int8_t)},
    [PIRN_TYPE_U8] = {{1, 1}, {1, 1}, C_LAYOUT(uint8_t)},
    [PIRN_TYPE_S16] = {{2, 2}, {2, 2}, C_LAYOUT(int16_t)},
    [PIRN_TYPE_U16] = {{2, 2}, {2, 2}, C_LAYOUT(uint16_t)},
    [PIRN_TYPE_S32] = {{4, 4}, {4, 4}, C_LAYOUT(int32_t)},
    [PIRN_TYPE_U32] = {{4, 4}, {4, 4}, C_LAYOUT(uint32_t)},
    [PIRN_TYPE_S64] = {{8, 8}, {8, 8}, C_LAYOUT(int64_t)},
    [PIRN_TYPE_U64] = {{8, 8}, {8, 8}, C_LAYOUT(uint64_t)},
    [PIRN_TYPE_F32] = {{4, 4}, {4, 4}, C_LAYOUT(float)},
    [PIRN_TYPE_F64] = {{8, 8}, {8, 8}, C_LAYOUT(double)},
    [PIRN_TYPE_CHAR] = {{4, 4}, {4, 4}, C_LAYOUT(uint32_t)},
    [PIRN_TYPE_STRING] = {{8, 4}, {16, 8}, C_LAYOUT(pirn_str)},
    [PIRN_TYPE_LIST] = {{8, 4}, {16, 8}, C_LAYOUT(cm_list)},
    [PIRN_TYPE_OWN] = {{4, 4}, {4, 4}, C_LAYOUT(void *)},
    [PIRN_TYPE_BORROW] = {{4, 4}, {4, 4}, C_LAYOUT(void *)},
    [PIRN_TYPE_MAP] = {{8, 4}, {16, 8}, C_LAYOUT(cm_list)},
    [PIRN_TYPE_STREAM] = {{4, 4}, {4, 4}, C_LAYOUT(uint32_t)},
    [PIRN_TYPE_FUTURE] = {{4, 4}, {4, 4}, C_LAYOUT(uint32_t)},
    [PIRN_TYPE_ERROR_CONTEXT] = {{4, 4}, {4, 4}, C_LAYOUT(uint32_t)},
};

static uint32_t saturated(uint64_t size)
{
    return size > TOO_LARGE ? TOO_LARGE : (uint32_t)size;
}

static uint32_t align_up(uint32_t size, uint32_t align)
{
    return saturated(((uint64_t)size + align - 1) / align * align);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static cm_layout layout_of(const pirn_type *type, int which)
{
    return which == MEMORY ? type->memory : which == WIDE ? type->wide : type->c;
}

static place place_of(const pirn_type *type, int which)
{
    cm_layout layout = layout_of(type, which);
    bool is_too_large = (which == C ? type->is_too_large_in_c : type->is_too_large) && layout.size == CM_LAYOUT_MOST;
    return (place){is_too_large ? TOO_LARGE : layout.size, layout.align};
}

static cm_layout pack(place p)
{
    return (cm_layout){.size = p.size > CM_LAYOUT_MOST ? CM_LAYOUT_MOST : p.size, .align = p.align & 15};
}

/* What was computed goes to the node. Where pointers are small nothing is larger than where they are wide. */
static void set_layouts(pirn_type *type, const place *places)
{
    type->memory = pack(places[MEMORY]);
    type->wide = pack(places[WIDE]);
    type->c = pack(places[C]);
    type->is_too_large = places[WIDE].size == TOO_LARGE;
    type->is_too_large_in_c = places[C].size == TOO_LARGE;
}

/* Appends a field to a struct that is being laid out; returns its offset. */
static uint32_t add_field(place *to, place field)
{
    uint32_t offset = align_up(to->size, field.align);
    to->size = saturated((uint64_t)offset + field.size);
    to->align = larger(to->align, field.align);
    return offset;
}

static void add_to_union(place *to, place member)
{
    to->size = larger(to->size, member.size);
    to->align = larger(to->align, member.align);
}

static place finish(place p)
{
    return (place){align_up(p.size, p.align), p.align};
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

static place number_place(uint8_t size, int which)
{
    return leaves[size == 1 ? PIRN_TYPE_U8 : size == 2 ? PIRN_TYPE_U16 : PIRN_TYPE_U32][which];
}

static void lay_out_members(cm_member *members, uint32_t count, place *places)
{
    for (int which = 0; which < LAYOUTS; which++)
        places[which] = (place){0, 1};
    for (uint32_t i = 0; i < count; i++) {
        members[i].offset = add_field(&places[MEMORY], place_of(members[i].type, MEMORY));
        add_field(&places[WIDE], place_of(members[i].type, WIDE));
        members[i].c_offset = add_field(&places[C], place_of(members[i].type, C));
    }
    for (int which = 0; which < LAYOUTS; which++)
        places[which] = finish(places[which]);
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

/* A tag and a union behind it; returns the union's offset. */
static uint8_t lay_out_cases(const pirn_type *type, int which, place *out)
{
    place cases = {0, 1};
    for (uint32_t i = 0; i < cm_case_count(type); i++) {
        const pirn_type *payload = cm_case_type(type, i);
        if (payload != NULL)
            add_to_union(&cases, place_of(payload, which));
    }
    *out = number_place(type->tag_size, which);
    uint32_t offset = add_field(out, which == C ? finish(cases) : cases);
    *out = finish(*out);
    return (uint8_t)offset;
}

static void lay_out_variant(pirn_type *type, place *places)
{
    type->tag_size = bytes_for_tag(cm_case_count(type));
    type->payload_offset = lay_out_cases(type, MEMORY, &places[MEMORY]);
    lay_out_cases(type, WIDE, &places[WIDE]);
    type->c_payload_offset = lay_out_cases(type, C, &places[C]);
}

static void lay_out_fixed_list(const pirn_type *type, place *places)
{
    for (int which = 0; which < LAYOUTS; which++) {
        place element = place_of(type->element, which);
        places[which] = (place){saturated((uint64_t)element.size * type->length), element.align};
    }
}

static void lay_out(pirn_type *type, place *places)
{
    switch (type->kind) {
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        lay_out_members((cm_member *)type->members, type->member_count, places);
        return;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        lay_out_variant(type, places);
        return;
    case PIRN_TYPE_FLAGS:
        type->tag_size = bytes_for_flags(type->member_count);
        for (int which = 0; which < LAYOUTS; which++)
            places[which] = number_place(type->tag_size, which);
        return;
    case PIRN_TYPE_FIXED_LIST:
        lay_out_fixed_list(type, places);
        return;
    default:
        for (int which = 0; which < LAYOUTS; which++)
            places[which] = leaves[type->kind][which];
    }
}

static void gather(pirn_type *type, const pirn_type *part)
{
    type->has_lists |= part->has_lists;
    type->has_pointers |= part->has_pointers;
    type->has_borrow |= part->has_borrow;
    type->has_async |= part->has_async;
    type->has_oversize |= part->has_oversize;
    if (part->depth >= type->depth)
        type->depth = part->depth == UINT8_MAX ? UINT8_MAX : (uint8_t)(part->depth + 1);
}

/* What is inside: from the kind and from the parts. */
static void describe_parts(pirn_type *type)
{
    pirn_type_kind kind = type->kind;
    type->has_lists = kind == PIRN_TYPE_STRING || kind == PIRN_TYPE_LIST || kind == PIRN_TYPE_MAP;
    type->has_pointers = type->has_lists || kind == PIRN_TYPE_OWN || kind == PIRN_TYPE_BORROW;
    type->has_borrow = kind == PIRN_TYPE_BORROW;
    type->has_async = kind == PIRN_TYPE_STREAM || kind == PIRN_TYPE_FUTURE || kind == PIRN_TYPE_ERROR_CONTEXT;
    type->has_oversize = kind == PIRN_TYPE_MAP && (type->element->is_too_large || type->element->is_too_large_in_c);
    type->depth = 1;
    if (type->element != NULL)
        gather(type, type->element);
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members != NULL && type->members[i].type != NULL)
            gather(type, type->members[i].type);
}

void cm_type_layout(pirn_type *type)
{
    place places[LAYOUTS];
    describe_parts(type);
    lay_out(type, places);
    set_layouts(type, places);
    cm_type_flatten(type);
}

void cm_functype_layout(pirn_component_functype *type)
{
    place places[LAYOUTS];
    lay_out_members((cm_member *)type->params, type->param_count, places);
    type->params_memory = pack(places[MEMORY]);
    type->params_c = pack(places[C]);
    type->is_too_large = places[WIDE].size == TOO_LARGE || places[C].size == TOO_LARGE;
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
