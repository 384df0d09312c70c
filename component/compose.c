/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composing: a component in which others are instantiated, one's exports being another's imports. Each part stays as it is,
 * bytes within the whole, and each of its instances has its memory for itself.
 *
 *   (component
 *     (import "wasi:.." ..)                        what no part gives
 *     (component $service ..) (component $main ..)  the parts, those that are needed by others first
 *     (instance $s (instantiate $service ..))
 *     (alias export $s "a:b/c" (instance $i))
 *     (instance $m (instantiate $main (with "a:b/c" (instance $i)) ..))
 *     (alias export $m "d:e/f" ..) (export "d:e/f" ..))
 *
 * Links are made first (names fit by the rule of linking, component/version.h), then parts are put in order, depth first from
 * those whose exports are exported. Whether types fit is for validation to say, of the whole, at the end.
 */
#include "component/imports.h"
#include <string.h>

enum { LIMIT_PARTS = 1000 };

/* What one import of a part is linked to. */
typedef struct argument {
    size_t exporter; /* PIRN_ANY_PART: nothing, it is passed on */
    const cm_extern *external;
} argument;

typedef struct part {
    pirn_component *component;
    const cm_component_type *type;
    argument *arguments; /* by import */
    enum { PART_NEW, PART_BEGUN, PART_DONE } state;
    uint32_t number;   /* among the parts of the imports */
    uint32_t instance; /* when it is made */
} part;

typedef struct composer {
    const pirn_composition *from;
    pirn_engine *engine;
    base_arena arena;
    pirn_error *error;
    cm_encoder encoder;
    cm_imports imports;
    part *parts;
    BASE_VEC(size_t) order; /* parts that are needed, each behind those that it needs */
} composer;

static pirn_str name_of(const composer *c, size_t index)
{
    return c->from->parts[index].name;
}

static pirn_status fail(composer *c, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);
static pirn_status fail(composer *c, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(c->error, status, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return status;
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static pirn_status load_part(composer *c, size_t index)
{
    const pirn_part *from = &c->from->parts[index];
    part *p = &c->parts[index];
    if (!pirn_is_component(from->bytes, from->size))
        return fail(c, PIRN_INVALID, "\"%.*s\" is not a component", PIRN_STR_ARG(from->name));
    PIRN_TRY(pirn_component_load(c->engine, from->bytes, from->size, PIRN_BYTES_BORROW, &p->component, c->error));
    p->type = &p->component->root->type;
    p->number = cm_imports_add_part(&c->imports, (cm_part){.label = from->name, .type = p->type});
    p->arguments = base_arena_array(&c->arena, p->type->imports.count, sizeof *p->arguments);
    if (p->arguments == NULL)
        return base_nomem(c->error);
    for (uint32_t i = 0; i < p->type->imports.count; i++)
        p->arguments[i].exporter = PIRN_ANY_PART;
    return c->imports.types.status;
}

static pirn_status load_parts(composer *c)
{
    size_t count = c->from->part_count;
    if (count > LIMIT_PARTS)
        return fail(c, PIRN_LIMIT, "there are more than %d parts", LIMIT_PARTS);
    c->parts = base_arena_array(&c->arena, count, sizeof *c->parts);
    if (c->parts == NULL)
        return base_nomem(c->error);
    for (size_t i = 0; i < count; i++)
        PIRN_TRY(load_part(c, i));
    return PIRN_OK;
}

/* ---- Linking ----------------------------------------------------------------------------------------------------- */

static bool is_free(const part *p, uint32_t import)
{
    return p->arguments[import].exporter == PIRN_ANY_PART;
}

/* Every import of the one that the other exports, and that is not linked yet. */
static pirn_status link_all(composer *c, const pirn_link *link)
{
    part *importer = &c->parts[link->importer];
    const cm_externs *exports = &c->parts[link->exporter].type->exports;
    bool fits = false;
    for (uint32_t i = 0; i < importer->type->imports.count; i++) {
        const cm_extern *found = cm_externs_select(exports, importer->type->imports.list[i].name);
        if (found == NULL)
            continue;
        fits = true;
        if (is_free(importer, i))
            importer->arguments[i] = (argument){link->exporter, found};
    }
    return fits ? PIRN_OK
                : fail(c, PIRN_UNLINKABLE, "\"%.*s\" exports nothing that \"%.*s\" imports",
                       PIRN_STR_ARG(name_of(c, link->exporter)), PIRN_STR_ARG(name_of(c, link->importer)));
}

static pirn_status link_one(composer *c, const pirn_link *link)
{
    part *importer = &c->parts[link->importer];
    pirn_str wanted = link->export.len > 0 ? link->export : link->import;
    const cm_extern *import = cm_externs_select(&importer->type->imports, link->import);
    const cm_extern *export = cm_externs_select(&c->parts[link->exporter].type->exports, wanted);
    if (import == NULL)
        return fail(c, PIRN_UNLINKABLE, "\"%.*s\" does not import \"%.*s\"", PIRN_STR_ARG(name_of(c, link->importer)),
                    PIRN_STR_ARG(link->import));
    if (export == NULL)
        return fail(c, PIRN_UNLINKABLE, "\"%.*s\" does not export \"%.*s\"", PIRN_STR_ARG(name_of(c, link->exporter)),
                    PIRN_STR_ARG(wanted));
    uint32_t index = (uint32_t)(import - importer->type->imports.list);
    if (!is_free(importer, index))
        return fail(c, PIRN_UNLINKABLE, "the import \"%.*s\" of \"%.*s\" is linked twice", PIRN_STR_ARG(import->name),
                    PIRN_STR_ARG(name_of(c, link->importer)));
    importer->arguments[index] = (argument){link->exporter, export};
    return PIRN_OK;
}

/* Links for any part come last: they fill what is left, when it is known which parts are needed. */
static pirn_status link_parts(composer *c)
{
    for (size_t i = 0; i < c->from->link_count; i++) {
        const pirn_link *link = &c->from->links[i];
        if (link->importer != PIRN_ANY_PART)
            PIRN_TRY(link->import.len > 0 ? link_one(c, link) : link_all(c, link));
    }
    return PIRN_OK;
}

static void link_any(composer *c, size_t index)
{
    part *p = &c->parts[index];
    for (size_t i = 0; i < c->from->link_count; i++) {
        const pirn_link *link = &c->from->links[i];
        if (link->importer != PIRN_ANY_PART || link->exporter == index)
            continue;
        for (uint32_t j = 0; j < p->type->imports.count; j++) {
            const cm_extern *found =
                cm_externs_select(&c->parts[link->exporter].type->exports, p->type->imports.list[j].name);
            if (found != NULL && is_free(p, j))
                p->arguments[j] = (argument){link->exporter, found};
        }
    }
}

/* ---- Order ------------------------------------------------------------------------------------------------------- */

static pirn_status visit(composer *c, size_t index, size_t needed_by)
{
    part *p = &c->parts[index];
    if (p->state == PART_BEGUN)
        return fail(c, PIRN_UNLINKABLE, "\"%.*s\" and \"%.*s\" need each other", PIRN_STR_ARG(name_of(c, index)),
                    PIRN_STR_ARG(name_of(c, needed_by)));
    if (p->state == PART_DONE)
        return PIRN_OK;
    p->state = PART_BEGUN;
    link_any(c, index);
    for (uint32_t i = 0; i < p->type->imports.count; i++) {
        if (is_free(p, i))
            cm_imports_want(&c->imports, p->number, &p->type->imports.list[i]);
        else
            PIRN_TRY(visit(c, p->arguments[i].exporter, index));
    }
    p->state = PART_DONE;
    if (!BASE_VEC_PUSH(&c->order, c->arena.allocator, index))
        return base_nomem(c->error);
    return c->imports.types.status;
}

static pirn_status order_parts(composer *c)
{
    PIRN_TRY(visit(c, c->from->main_part, c->from->main_part));
    for (size_t i = 0; i < c->from->export_count; i++)
        PIRN_TRY(visit(c, c->from->exports[i].part, c->from->exports[i].part));
    return PIRN_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

/* An export of an instance that is made; later imports of the part may speak of the types in it. */
static cm_ref alias_argument(composer *c, const part *p, uint32_t import)
{
    const argument *from = &p->arguments[import];
    const cm_extern *wanted = &p->type->imports.list[import];
    cm_sort sort = from->external->item.sort;
    cm_ref ref = {sort, cm_encode_alias(&c->encoder, sort, c->parts[from->exporter].instance, from->external->name)};
    if (sort == CM_INSTANCE && wanted->item.sort == CM_INSTANCE)
        cm_type_scope_source(&c->imports.types, &c->imports.scope, p->number, &wanted->item.instance->exports, NULL,
                             ref.index);
    if (sort == CM_TYPE && wanted->item.sort == CM_TYPE)
        cm_type_scope_name(&c->imports.types, &c->imports.scope, p->number, &wanted->item.type, ref.index);
    return ref;
}

static pirn_status instantiate(composer *c, size_t index)
{
    part *p = &c->parts[index];
    cm_named_refs arguments = {0};
    bool done = true;
    for (int is_imported = 0; is_imported < 2; is_imported++) {
        for (uint32_t i = 0; i < p->type->imports.count && done; i++) {
            if (is_free(p, i) != is_imported)
                continue;
            const cm_extern *import = &p->type->imports.list[i];
            cm_ref ref = is_imported ? cm_imports_ref(&c->imports, import) : alias_argument(c, p, i);
            done = BASE_VEC_PUSH(&arguments, c->arena.allocator, (cm_named_ref){import->name, ref});
        }
    }
    uint32_t component = cm_encode_component(&c->encoder, c->from->parts[index].bytes, c->from->parts[index].size);
    p->instance = cm_encode_instantiate(&c->encoder, component, &arguments);
    BASE_VEC_DONE(&arguments, c->arena.allocator);
    return done ? c->imports.types.status : base_nomem(c->error);
}

static void export_item(composer *c, size_t index, const cm_extern *external, pirn_str as)
{
    cm_sort sort = external->item.sort;
    cm_ref ref = {sort, cm_encode_alias(&c->encoder, sort, c->parts[index].instance, external->name)};
    cm_encode_export(&c->encoder, as, ref, NULL);
}

static pirn_status encode_exports(composer *c)
{
    const cm_externs *all = &c->parts[c->from->main_part].type->exports;
    for (uint32_t i = 0; i < all->count && c->from->export_count == 0; i++)
        export_item(c, c->from->main_part, &all->list[i], all->list[i].name);
    for (size_t i = 0; i < c->from->export_count; i++) {
        const pirn_part_export *export = &c->from->exports[i];
        const cm_externs *exports = &c->parts[export->part].type->exports;
        const cm_extern *found = cm_externs_select(exports, export->name);
        for (uint32_t j = 0; j < exports->count && export->name.len == 0; j++)
            export_item(c, export->part, &exports->list[j], exports->list[j].name);
        if (found != NULL)
            export_item(c, export->part, found, export->as.len > 0 ? export->as : found->name);
        else if (export->name.len > 0)
            return fail(c, PIRN_UNLINKABLE, "\"%.*s\" does not export \"%.*s\"",
                        PIRN_STR_ARG(name_of(c, export->part)), PIRN_STR_ARG(export->name));
    }
    return PIRN_OK;
}

static pirn_status build(composer *c)
{
    for (size_t i = 0; i < c->order.len; i++)
        PIRN_TRY(instantiate(c, c->order.data[i]));
    return encode_exports(c);
}

/* What does not fit shows when the whole is validated. */
static pirn_status finish(composer *c, pirn_arena *arena, const uint8_t **bytes, size_t *size)
{
    pirn_error error;
    base_error_init(&error);
    pirn_status status = cm_encoder_finish(&c->encoder, c->engine, &arena->base, bytes, size, &error);
    if (status == PIRN_INVALID)
        return fail(c, PIRN_UNLINKABLE, "the parts do not fit together: %s", pirn_error_message(&error));
    base_error_copy(c->error, &error);
    return status;
}

pirn_status pirn_compose(pirn_engine *engine, const pirn_composition *composition, pirn_arena *arena,
                         const uint8_t **bytes, size_t *size, pirn_error *error)
{
    const pirn_allocator *allocator = pirn_engine_allocator(engine);
    composer c = {.from = composition, .engine = engine, .error = error};
    base_arena_init(&c.arena, allocator);
    cm_encoder_init(&c.encoder, allocator);
    cm_imports_init(&c.imports, &c.encoder, &c.arena, error);
    pirn_status status = load_parts(&c);
    if (status == PIRN_OK)
        status = link_parts(&c);
    if (status == PIRN_OK)
        status = order_parts(&c);
    if (status == PIRN_OK)
        status = build(&c);
    if (status == PIRN_OK)
        status = finish(&c, arena, bytes, size);
    for (size_t i = 0; c.parts != NULL && i < composition->part_count; i++)
        pirn_component_free(c.parts[i].component);
    BASE_VEC_DONE(&c.order, allocator);
    cm_imports_done(&c.imports);
    cm_encoder_done(&c.encoder);
    base_arena_done(&c.arena);
    return status;
}
