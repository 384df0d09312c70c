/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types to bytes. What a type is made of is written before it, since an index can only be used behind what it names; so the
 * references are collected first, and an entry is written at a stretch.
 */
#include "component/encode_type.h"
#include <stdarg.h>

enum { SOURCE_FLAG_BIT = 63 };
#define SOURCE_FLAG ((uint64_t)1 << SOURCE_FLAG_BIT)

/* ---- Failing ----------------------------------------------------------------------------------------------------- */

void cm_writer_fail(cm_type_writer *w, pirn_status status, const char *format, ...)
{
    if (w->status != PIRN_OK)
        return;
    va_list args;
    va_start(args, format);
    w->status = base_fail_v(w->error, status, PIRN_NO_OFFSET, format, args);
    va_end(args);
}

void cm_writer_check(cm_type_writer *w, bool has_memory)
{
    if (!has_memory && w->status == PIRN_OK)
        w->status = base_nomem(w->error);
}

/* ---- Scopes ------------------------------------------------------------------------------------------------------ */

void cm_type_scope_init(cm_type_scope *scope, cm_type_scope *outer, cm_encoder *encoder, cm_type_writer *w)
{
    memset(scope, 0, sizeof *scope);
    scope->outer = outer;
    scope->encoder = encoder;
    vm_writer_init(&scope->decls, w->allocator);
    cm_idmap *const maps[] = {&scope->named, &scope->resources, &scope->nodes, &scope->members,
                              &scope->resource_members};
    for (size_t i = 0; i < BASE_COUNT(maps); i++)
        cm_idmap_init(maps[i], w->allocator);
    base_map_init(&scope->exported, w->allocator);
}

void cm_type_scope_done(cm_type_scope *scope, cm_type_writer *w)
{
    cm_idmap *const maps[] = {&scope->named, &scope->resources, &scope->nodes, &scope->members,
                              &scope->resource_members};
    for (size_t i = 0; i < BASE_COUNT(maps); i++)
        cm_idmap_done(maps[i]);
    base_map_done(&scope->exported);
    vm_writer_done(&scope->decls);
    BASE_VEC_DONE(&scope->sources, w->allocator);
}

void cm_type_scope_renew(cm_type_scope *scope, cm_type_writer *w)
{
    cm_idmap *const maps[] = {&scope->named, &scope->nodes};
    for (size_t i = 0; i < BASE_COUNT(maps); i++) {
        cm_idmap_done(maps[i]);
        cm_idmap_init(maps[i], w->allocator);
    }
}

/* Begins a type: an entry of a component's section, or a declaration. */
static vm_writer *begin_type(cm_type_scope *scope, uint32_t *index)
{
    if (scope->encoder != NULL)
        return cm_encode_type(scope->encoder, index);
    *index = scope->type_count++;
    scope->decl_count++;
    vm_writer_u8(&scope->decls, CM_DECL_TYPE);
    return &scope->decls;
}

static bool is_handle(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW;
}

/* What a type is known as: its identity, or 0; a handle has that of its resource type. */
static uint32_t identity_of(const cm_type *type)
{
    if (type->kind == CM_TYPE_RESOURCE)
        return type->identity;
    return type->kind == CM_TYPE_VALUE && !is_handle(type->value) ? type->value->identity : 0;
}

static void enter(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type, uint64_t value)
{
    uint32_t identity = identity_of(type);
    if (identity != 0)
        cm_writer_check(w, cm_idmap_set(&scope->named, cm_part_key(part, identity), value));
    if (type->kind == CM_TYPE_RESOURCE)
        cm_writer_check(w, cm_idmap_set(&scope->resources, cm_part_key(part, type->resource), value));
}

void cm_type_scope_name(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type, uint32_t index)
{
    enter(w, scope, part, type, index);
}

void cm_type_scope_source(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_externs *exports,
                          const base_map *exported, uint32_t instance)
{
    for (uint32_t i = 0; i < exports->count && w->status == PIRN_OK; i++) {
        const cm_extern *external = &exports->list[i];
        if (external->item.sort != CM_TYPE || (exported != NULL && !base_map_get(exported, external->name, NULL)))
            continue;
        cm_type_source source = {.instance = instance, .index = CM_NONE, .name = external->name};
        enter(w, scope, part, &external->item.type, SOURCE_FLAG | scope->sources.len);
        cm_writer_check(w, BASE_VEC_PUSH(&scope->sources, w->allocator, source));
    }
}

/* The index of what a map's value means: a source is aliased when it is first needed. */
static uint32_t index_of_value(cm_type_scope *scope, uint64_t value)
{
    if (!(value & SOURCE_FLAG))
        return (uint32_t)value;
    cm_type_source *source = &scope->sources.data[value & ~SOURCE_FLAG];
    if (source->index == CM_NONE)
        source->index = cm_encode_alias(scope->encoder, CM_TYPE, source->instance, source->name);
    return source->index;
}

static uint32_t alias_outer(cm_type_scope *scope, uint32_t depth, uint32_t index)
{
    vm_writer *out = &scope->decls;
    vm_writer_u8(out, CM_DECL_ALIAS);
    cm_write_sort(out, CM_TYPE);
    vm_writer_u8(out, 0x02);
    vm_writer_leb_unsigned(out, depth);
    vm_writer_leb_unsigned(out, index);
    scope->decl_count++;
    return scope->type_count++;
}

/* The key in a map of the scope, or of one around it: then an alias is made. */
static bool look_up(cm_type_writer *w, cm_type_scope *scope, size_t map_offset, uint64_t key, uint32_t *index)
{
    uint32_t depth = 0;
    for (cm_type_scope *at = scope; at != NULL; at = at->outer, depth++) {
        const cm_idmap *map = (const cm_idmap *)(const void *)((const char *)at + map_offset);
        uint64_t value = 0;
        if (!cm_idmap_get(map, key, &value))
            continue;
        *index = index_of_value(at, value);
        if (depth == 0)
            return true;
        *index = alias_outer(scope, depth, *index);
        cm_idmap *own = (cm_idmap *)(void *)((char *)scope + map_offset);
        cm_writer_check(w, cm_idmap_set(own, key, *index));
        return true;
    }
    return false;
}

#define LOOK_UP(w, scope, map, key, index) look_up(w, scope, offsetof(cm_type_scope, map), key, index)

/* ---- Value types ------------------------------------------------------------------------------------------------- */

static uint32_t export_member(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_extern *member);

/* A type that the instance type at hand exports, and whose turn comes early because something needs it. */
static bool export_early(cm_type_writer *w, cm_type_scope *scope, const cm_idmap *members, uint32_t part,
                         uint32_t number, uint32_t *index)
{
    uint64_t address = 0;
    if (!cm_idmap_get(members, cm_part_key(part, number), &address))
        return false;
    *index = export_member(w, scope, part, (const cm_extern *)(uintptr_t)address);
    return true;
}

static bool known_resource(cm_type_writer *w, cm_type_scope *scope, uint32_t part, uint32_t identity,
                           cm_resource_id id, uint32_t *index)
{
    return (identity != 0 && LOOK_UP(w, scope, named, cm_part_key(part, identity), index)) ||
           LOOK_UP(w, scope, resources, cm_part_key(part, id), index);
}

static uint32_t refer_resource(cm_type_writer *w, cm_type_scope *scope, uint32_t part, uint32_t identity,
                               cm_resource_id id)
{
    uint32_t index = 0;
    uint64_t known = 0;
    if (identity != 0 && cm_idmap_get(&scope->named, cm_part_key(part, identity), &known))
        return index_of_value(scope, known);
    if (export_early(w, scope, &scope->members, part, identity, &index) ||
        export_early(w, scope, &scope->resource_members, part, id, &index) ||
        known_resource(w, scope, part, identity, id, &index))
        return index;
    if (!w->find_resource(w->data, part, id) || !known_resource(w, scope, part, identity, id, &index))
        cm_writer_fail(w, PIRN_INVALID, "a resource type is needed that nothing here defines");
    return index;
}

/* A type in another: an index, or of a primitive its code as a negative number. */
static int64_t refer_value(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const pirn_type *type);

static bool is_primitive(const pirn_type *type)
{
    return cm_kind_is_primitive(type->kind);
}

static int64_t primitive_code(const pirn_type *type)
{
    enum { ERROR_CONTEXT = 0x64 - 0x80 };
    return type->kind == PIRN_TYPE_ERROR_CONTEXT ? ERROR_CONTEXT : -1 - (int64_t)type->kind;
}

static void write_optional(vm_writer *out, const pirn_type *type, int64_t ref)
{
    vm_writer_u8(out, type != NULL);
    if (type != NULL)
        vm_writer_leb_signed(out, ref);
}

/* How the members of a type with labels are written, by kind. */
static const struct {
    uint8_t code;
    bool has_name, has_type, has_case;
} label_forms[] = {
    [PIRN_TYPE_RECORD] = {0x72, true, true, false}, [PIRN_TYPE_VARIANT] = {0x71, true, false, true},
    [PIRN_TYPE_TUPLE] = {0x6F, false, true, false}, [PIRN_TYPE_FLAGS] = {0x6E, true, false, false},
    [PIRN_TYPE_ENUM] = {0x6D, true, false, false},
};

static void write_labels(vm_writer *out, const pirn_type *type, const int64_t *refs)
{
    vm_writer_u8(out, label_forms[type->kind].code);
    vm_writer_leb_unsigned(out, type->member_count);
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (label_forms[type->kind].has_name)
            vm_writer_name(out, type->members[i].name);
        if (label_forms[type->kind].has_type)
            vm_writer_leb_signed(out, refs[i]);
        if (label_forms[type->kind].has_case) {
            write_optional(out, type->members[i].type, refs[i]);
            vm_writer_u8(out, 0x00);
        }
    }
}

static void write_defined(vm_writer *out, const pirn_type *type, const int64_t *refs, int64_t element)
{
    switch (type->kind) {
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        vm_writer_u8(out, type->kind == PIRN_TYPE_OWN ? CM_CODE_OWN : CM_CODE_BORROW);
        vm_writer_leb_unsigned(out, (uint64_t)element);
        break;
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
        vm_writer_u8(out, type->kind == PIRN_TYPE_LIST ? 0x70 : 0x6B);
        vm_writer_leb_signed(out, element);
        break;
    case PIRN_TYPE_FIXED_LIST:
        vm_writer_u8(out, 0x67);
        vm_writer_leb_signed(out, element);
        vm_writer_leb_unsigned(out, type->length);
        break;
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
        vm_writer_u8(out, type->kind == PIRN_TYPE_STREAM ? 0x66 : 0x65);
        write_optional(out, type->element, element);
        break;
    case PIRN_TYPE_MAP:
        vm_writer_u8(out, 0x63);
        vm_writer_leb_signed(out, refs[0]);
        vm_writer_leb_signed(out, refs[1]);
        break;
    case PIRN_TYPE_RESULT:
        vm_writer_u8(out, 0x6A);
        write_optional(out, type->members[0].type, refs[0]);
        write_optional(out, type->members[1].type, refs[1]);
        break;
    default:
        if (is_primitive(type))
            vm_writer_leb_signed(out, primitive_code(type));
        else
            write_labels(out, type, refs);
    }
}

static int64_t *refer_members(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_member *members,
                              uint32_t count)
{
    int64_t *refs = base_arena_array(w->arena, count, sizeof *refs);
    cm_writer_check(w, refs != NULL);
    for (uint32_t i = 0; i < count && w->status == PIRN_OK; i++)
        if (members[i].type != NULL)
            refs[i] = refer_value(w, scope, part, members[i].type);
    return refs;
}

static uint32_t define_value(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const pirn_type *type)
{
    int64_t element = 0;
    uint32_t index = 0;
    const pirn_type *parts = type->kind == PIRN_TYPE_MAP ? type->element : type; /* a map's are those of its pairs */
    if (is_handle(type))
        element = refer_resource(w, scope, part, type->identity, type->resource);
    else if (type->element != NULL && parts == type)
        element = refer_value(w, scope, part, type->element);
    int64_t *refs = refer_members(w, scope, part, parts->members, parts->member_count);
    if (w->status == PIRN_OK)
        write_defined(begin_type(scope, &index), type, refs, element);
    return index;
}

static int64_t refer_value(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const pirn_type *type)
{
    uint32_t index = 0;
    uint64_t known = 0;
    if (is_primitive(type))
        return primitive_code(type);
    bool has_name = type->identity != 0 && !is_handle(type);
    if (has_name && LOOK_UP(w, scope, named, cm_part_key(part, type->identity), &index))
        return index;
    if (has_name && export_early(w, scope, &scope->members, part, type->identity, &index))
        return index;
    if (cm_idmap_get(&scope->nodes, (uintptr_t)type, &known))
        return (int64_t)known;
    if (w->status != PIRN_OK)
        return 0;
    index = define_value(w, scope, part, type);
    cm_writer_check(w, cm_idmap_set(&scope->nodes, (uintptr_t)type, index));
    return index;
}

/* ---- Types ------------------------------------------------------------------------------------------------------- */

uint32_t cm_write_functype(cm_type_writer *w, cm_type_scope *scope, uint32_t part,
                           const pirn_component_functype *type)
{
    uint32_t index = 0;
    int64_t *params = refer_members(w, scope, part, type->params, type->param_count);
    int64_t result = 0;
    if (w->status == PIRN_OK && type->result != NULL)
        result = refer_value(w, scope, part, type->result);
    if (w->status != PIRN_OK)
        return 0;
    vm_writer *out = begin_type(scope, &index);
    vm_writer_u8(out, type->is_async ? CM_CODE_ASYNC_FUNC : CM_CODE_FUNC);
    vm_writer_leb_unsigned(out, type->param_count);
    for (uint32_t i = 0; i < type->param_count; i++) {
        vm_writer_name(out, type->params[i].name);
        vm_writer_leb_signed(out, params[i]);
    }
    vm_writer_u8(out, type->result == NULL);
    if (type->result == NULL)
        vm_writer_u8(out, 0x00);
    else
        vm_writer_leb_signed(out, result);
    return index;
}

uint32_t cm_write_type(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type)
{
    switch (type->kind) {
    case CM_TYPE_VALUE:
        return define_value(w, scope, part, type->value);
    case CM_TYPE_FUNC:
        return cm_write_functype(w, scope, part, type->func);
    case CM_TYPE_RESOURCE:
        return refer_resource(w, scope, part, type->identity, type->resource);
    default:
        cm_writer_fail(w, PIRN_INVALID, "types of components and instances cannot be imported or exported here");
        return 0;
    }
}

uint32_t cm_refer_type(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type)
{
    if (type->kind != CM_TYPE_VALUE || is_primitive(type->value))
        return cm_write_type(w, scope, part, type);
    return (uint32_t)refer_value(w, scope, part, type->value);
}

/* ---- Instance types ---------------------------------------------------------------------------------------------- */

void cm_instance_type_begin(cm_type_writer *w, cm_type_scope *scope, cm_type_scope *outer)
{
    cm_type_scope_init(scope, outer, NULL, w);
}

/* A resource type in an instance type is another's that is known outside, or new. */
static cm_extern_desc describe_resource(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type)
{
    cm_extern_desc desc = {.sort = CM_TYPE, .bound = CM_BOUND_SUB};
    bool is_known = LOOK_UP(w, scope, resources, cm_part_key(part, type->resource), &desc.index) ||
                    (w->find_resource(w->data, part, type->resource) &&
                     LOOK_UP(w, scope, resources, cm_part_key(part, type->resource), &desc.index));
    if (is_known)
        desc.bound = CM_BOUND_EQ;
    return desc;
}

static uint32_t write_nested_instance(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_extern *member)
{
    cm_type_scope inner;
    cm_contribution whole = {.part = part, .external = member};
    cm_instance_type_begin(w, &inner, scope);
    cm_instance_type_add(w, &inner, &whole);
    uint32_t index = cm_instance_type_end(w, &inner);
    cm_type_scope_done(&inner, w);
    return index;
}

static cm_extern_desc describe_member(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_extern *member)
{
    const cm_item *item = &member->item;
    cm_extern_desc desc = {.sort = item->sort, .bound = CM_BOUND_INDEX};
    if (item->sort == CM_FUNC) {
        desc.index = cm_write_functype(w, scope, part, item->func);
    } else if (item->sort == CM_INSTANCE) {
        desc.index = write_nested_instance(w, scope, part, member);
    } else if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE) {
        desc = describe_resource(w, scope, part, &item->type);
    } else if (item->sort == CM_TYPE) {
        desc.index = cm_write_type(w, scope, part, &item->type);
        desc.bound = CM_BOUND_EQ;
    } else {
        cm_writer_fail(w, PIRN_INVALID, "\"%.*s\" is a %s, which cannot be imported or exported here",
                       PIRN_STR_ARG(member->name), cm_sort_name(item->sort));
    }
    return desc;
}

/* Exports a member unless it is exported already (another part has it, too); returns its index if it is a type. */
static uint32_t export_member(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_extern *member)
{
    uint64_t known = 0;
    bool added = false, is_type = member->item.sort == CM_TYPE;
    if (base_map_get(&scope->exported, member->name, &known)) {
        if (is_type)
            cm_type_scope_name(w, scope, part, &member->item.type, (uint32_t)known);
        return (uint32_t)known;
    }
    cm_extern_desc desc = describe_member(w, scope, part, member);
    if (w->status != PIRN_OK)
        return 0;
    vm_writer_u8(&scope->decls, CM_DECL_EXPORT);
    cm_write_extern_name(&scope->decls, member->name);
    cm_write_desc(&scope->decls, desc);
    scope->decl_count++;
    uint32_t index = is_type ? scope->type_count++ : 0;
    cm_writer_check(w, base_map_add(&scope->exported, member->name, index, &added) == PIRN_OK);
    if (is_type)
        cm_type_scope_name(w, scope, part, &member->item.type, index);
    return index;
}

static void enter_members(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_externs *exports)
{
    for (uint32_t i = 0; i < exports->count; i++) {
        const cm_extern *member = &exports->list[i];
        if (member->item.sort != CM_TYPE)
            continue;
        const cm_type *type = &member->item.type;
        if (identity_of(type) != 0)
            cm_writer_check(w,
                            cm_idmap_set(&scope->members, cm_part_key(part, identity_of(type)), (uintptr_t)member));
        if (type->kind == CM_TYPE_RESOURCE)
            cm_writer_check(
                w, cm_idmap_set(&scope->resource_members, cm_part_key(part, type->resource), (uintptr_t)member));
    }
}

void cm_instance_type_add(cm_type_writer *w, cm_type_scope *scope, const cm_contribution *contribution)
{
    const cm_externs *exports = &contribution->external->item.instance->exports;
    enter_members(w, scope, contribution->part, exports);
    for (uint32_t i = 0; i < exports->count && w->status == PIRN_OK; i++) {
        const cm_extern *member = &exports->list[i];
        if (contribution->used == NULL || cm_idmap_get(contribution->used, (uintptr_t)member, NULL))
            export_member(w, scope, contribution->part, member);
    }
}

uint32_t cm_instance_type_end(cm_type_writer *w, cm_type_scope *scope)
{
    uint32_t index = 0;
    cm_writer_check(w, !scope->decls.failed);
    if (w->status != PIRN_OK)
        return 0;
    vm_writer *out = begin_type(scope->outer, &index);
    vm_writer_u8(out, CM_CODE_INSTANCE_TYPE);
    vm_writer_leb_unsigned(out, scope->decl_count);
    vm_writer_bytes(out, scope->decls.data, scope->decls.len);
    return index;
}
