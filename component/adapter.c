/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adapters work in the main module's memory, where they have no stack of their own, and import more than one program needs of
 * them. So their module is rewritten:
 *
 *   - exports that nobody asks for are left out, and bodies that cannot be reached any more become `unreachable`; imports that
 *     only those called are given functions that trap, so that the component need not import them
 *   - if it has a global "__stack_pointer" (by the name section), each export that is left first calls a new function, which
 *     the first time gets a page by realloc and points the stack pointer to its end; "allocation_state", if it is there, is
 *     0 before, 1 meanwhile and 2 after, by which adapters know whether they have a stack
 *
 * New functions and types come behind the old ones, so no index changes.
 */
#include "component/adapter.h"
#include "vm/binary/instr.h"
#include <string.h>

enum {
    SECTION_TYPE = 1,
    SECTION_IMPORT = 2,
    SECTION_FUNCTION = 3,
    SECTION_EXPORT = 7,
    SECTION_ELEMENT = 9,
    SECTION_CODE = 10,
    SECTION_COUNT = 14,
    LIMIT_FUNCS = 1000000,
    NAMES_OF_GLOBALS = 7, /* a part of the name section */
};

typedef struct adapter {
    cm_componentizer *c;
    cm_unit *unit;
    vm_range sections[SECTION_COUNT], names;
    uint32_t import_count; /* functions */
    uint32_t func_count;   /* that it defines */
    uint32_t *types;       /* of those */
    vm_range *bodies;
    bool *is_reached;              /* by function index */
    BASE_VEC(uint32_t) to_look_at; /* reached functions */
    uint32_t stack_pointer, state; /* globals, or CM_NONE */
    uint32_t realloc;              /* function, or CM_NONE */
    uint32_t type_count;
} adapter;

static vm_reader reader_over(const adapter *a, vm_range range)
{
    vm_reader r;
    vm_reader_init(&r, a->unit->bytes, a->unit->size, 0, a->c->error);
    return vm_reader_part(&r, range);
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static pirn_status read_sections(adapter *a)
{
    vm_range rest = {a->unit->bytes + 8, a->unit->bytes + a->unit->size};
    vm_reader r = reader_over(a, rest);
    while (vm_reader_left(&r) > 0) {
        uint8_t id = vm_reader_u8(&r);
        vm_range content = vm_reader_bytes(&r, vm_reader_leb_u32(&r));
        PIRN_TRY(r.status);
        if (id > 0 && id < SECTION_COUNT)
            a->sections[id] = content;
        vm_reader inside = reader_over(a, content);
        if (id == 0 && pirn_str_eq(vm_reader_name(&inside), PIRN_STR("name")))
            a->names = (vm_range){inside.pos, inside.end};
    }
    return PIRN_OK;
}

static pirn_status read_functions(adapter *a)
{
    vm_reader types = reader_over(a, a->sections[SECTION_FUNCTION]), code = reader_over(a, a->sections[SECTION_CODE]);
    a->func_count = vm_reader_count(&types, 1, LIMIT_FUNCS, "functions");
    vm_reader_leb_u32(&code);
    a->types = base_arena_array(&a->c->arena, a->func_count, sizeof *a->types);
    a->bodies = base_arena_array(&a->c->arena, a->func_count, sizeof *a->bodies);
    if (a->types == NULL || a->bodies == NULL)
        return base_nomem(a->c->error);
    for (uint32_t i = 0; i < a->func_count; i++) {
        a->types[i] = vm_reader_leb_u32(&types);
        a->bodies[i] = vm_reader_bytes(&code, vm_reader_leb_u32(&code));
    }
    PIRN_TRY(types.status);
    return code.status;
}

static void read_imports(adapter *a)
{
    const pirn_module *module = a->unit->module;
    a->realloc = CM_NONE;
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        if (import.type.kind != PIRN_EXTERN_FUNC)
            continue;
        if (pirn_str_eq(import.name, PIRN_STR("cabi_realloc")))
            a->realloc = a->import_count;
        a->import_count++;
    }
}

/* The two globals that matter, by their names in the name section. */
static void read_global_names(adapter *a)
{
    a->stack_pointer = a->state = CM_NONE;
    vm_reader r = reader_over(a, a->names);
    while (a->names.start != NULL && vm_reader_left(&r) > 0 && !vm_reader_failed(&r)) {
        uint8_t id = vm_reader_u8(&r);
        vm_reader part = reader_over(a, vm_reader_bytes(&r, vm_reader_leb_u32(&r)));
        uint32_t count = id == NAMES_OF_GLOBALS ? vm_reader_leb_u32(&part) : 0;
        for (; count > 0 && !vm_reader_failed(&part) && vm_reader_left(&part) > 0; count--) {
            uint32_t global = vm_reader_leb_u32(&part);
            pirn_str name = vm_reader_name(&part);
            if (pirn_str_eq(name, PIRN_STR("__stack_pointer")))
                a->stack_pointer = global;
            if (pirn_str_eq(name, PIRN_STR("allocation_state")))
                a->state = global;
        }
    }
}

/* ---- What can be reached ----------------------------------------------------------------------------------------- */

static bool is_realloc(pirn_str name)
{
    return pirn_str_eq(name, PIRN_STR("cabi_import_realloc")) || pirn_str_eq(name, PIRN_STR("cabi_export_realloc"));
}

static bool main_imports(const adapter *a, pirn_str name)
{
    const pirn_module *module = a->c->units.data[0]->module;
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        if (pirn_str_eq(import.module, a->unit->name) && pirn_str_eq(import.name, name))
            return true;
    }
    return false;
}

/* What the main module imports, and what the adapter exports for the world or for the Canonical ABI. */
static bool is_wanted(const adapter *a, pirn_str name)
{
    return is_realloc(name) || main_imports(a, name) || (name.len > 0 && memchr(name.data, '#', name.len) != NULL) ||
           (name.len > 10 && memcmp(name.data, "cabi_post_", 10) == 0);
}

static pirn_status reach(adapter *a, uint32_t func)
{
    if (func >= a->import_count + a->func_count || a->is_reached[func])
        return PIRN_OK;
    a->is_reached[func] = true;
    return BASE_VEC_PUSH(&a->to_look_at, a->c->allocator, func) ? PIRN_OK : base_nomem(a->c->error);
}

static pirn_status look_at(adapter *a, uint32_t func)
{
    if (func < a->import_count)
        return PIRN_OK;
    vm_reader r = reader_over(a, a->bodies[func - a->import_count]);
    for (uint32_t groups = vm_reader_leb_u32(&r); groups > 0 && !vm_reader_failed(&r); groups--) {
        vm_reader_leb_u32(&r);
        vm_reader_u8(
            &r); /* a type that takes more bytes is none that adapters have: then what follows is malformed */
    }
    vm_instr instr;
    while (vm_instr_read(&r, pirn_features_supported(), &instr))
        if (vm_opcodes[instr.opcode].immediate == VM_IMM_FUNC)
            PIRN_TRY(reach(a, instr.index));
    return r.status;
}

/* Every function can be reached where a table or a start function could call it. */
static pirn_status find_reached(adapter *a)
{
    uint32_t count = a->import_count + a->func_count;
    a->is_reached = base_arena_array(&a->c->arena, count, sizeof *a->is_reached);
    if (a->is_reached == NULL)
        return base_nomem(a->c->error);
    bool has_elements = a->sections[SECTION_ELEMENT].start != NULL || a->sections[8].start != NULL;
    if (has_elements) {
        memset(a->is_reached, true, count);
        return PIRN_OK;
    }
    vm_reader r = reader_over(a, a->sections[SECTION_EXPORT]);
    for (uint32_t left = vm_reader_leb_u32(&r); left > 0 && !vm_reader_failed(&r); left--) {
        pirn_str name = vm_reader_name(&r);
        uint8_t kind = vm_reader_u8(&r);
        uint32_t index = vm_reader_leb_u32(&r);
        if (kind == 0x00 && is_wanted(a, name))
            PIRN_TRY(reach(a, index));
    }
    PIRN_TRY(r.status);
    if (a->realloc != CM_NONE)
        PIRN_TRY(reach(a, a->realloc));
    for (size_t i = 0; i < a->to_look_at.len; i++)
        PIRN_TRY(look_at(a, a->to_look_at.data[i]));
    return PIRN_OK;
}

static pirn_status note_unused(adapter *a)
{
    size_t count = pirn_module_import_count(a->unit->module);
    bool *unused = base_arena_array(&a->c->arena, count, sizeof *unused);
    if (unused == NULL)
        return base_nomem(a->c->error);
    for (size_t i = 0, func = 0; i < count; i++)
        if (pirn_module_import(a->unit->module, i).type.kind == PIRN_EXTERN_FUNC)
            unused[i] = !a->is_reached[func++];
    a->unit->unused_imports = unused;
    return PIRN_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static bool has_stack(const adapter *a)
{
    return a->stack_pointer != CM_NONE && a->realloc != CM_NONE;
}

/* The function that gets the stack comes behind those that were there, then one in front of each export. */
static uint32_t stack_function(const adapter *a)
{
    return a->import_count + a->func_count;
}

typedef struct front {
    uint32_t func, type;
} front;

typedef struct rewriting {
    vm_writer out, exports;
    BASE_VEC(front) fronts;
    uint32_t export_count;
} rewriting;

/* Exports that are wanted, functions of them by what is put in front. */
static pirn_status rewrite_exports(adapter *a, rewriting *w)
{
    vm_reader r = reader_over(a, a->sections[SECTION_EXPORT]);
    for (uint32_t left = vm_reader_leb_u32(&r); left > 0 && !vm_reader_failed(&r); left--) {
        pirn_str name = vm_reader_name(&r);
        uint8_t kind = vm_reader_u8(&r);
        uint32_t index = vm_reader_leb_u32(&r);
        if (kind == 0x00 && !is_wanted(a, name))
            continue;
        bool is_fronted = kind == 0x00 && has_stack(a) && !is_realloc(name) && index >= a->import_count &&
                          index - a->import_count < a->func_count;
        if (is_fronted) {
            front f = {index, a->types[index - a->import_count]};
            index = stack_function(a) + 1 + (uint32_t)w->fronts.len;
            if (!BASE_VEC_PUSH(&w->fronts, a->c->allocator, f))
                return base_nomem(a->c->error);
        }
        vm_writer_name(&w->exports, name);
        vm_writer_u8(&w->exports, kind);
        vm_writer_leb_unsigned(&w->exports, index);
        w->export_count++;
    }
    return r.status;
}

/* A vector: its old elements, and room for more behind. */
static void copy_vector(const adapter *a, vm_writer *out, uint8_t section, uint32_t more, uint32_t *count)
{
    vm_reader r = reader_over(a, a->sections[section]);
    *count = vm_reader_leb_u32(&r);
    vm_writer_leb_unsigned(out, *count + more);
    vm_writer_bytes(out, r.pos, vm_reader_left(&r));
}

static void write_global(vm_writer *out, uint8_t opcode, uint32_t global)
{
    vm_writer_u8(out, opcode);
    vm_writer_leb_unsigned(out, global);
}

static void write_constant(vm_writer *out, int32_t value)
{
    vm_writer_u8(out, 0x41);
    vm_writer_leb_signed(out, value);
}

/* Is the state 0 (or, without a state, the stack pointer)? Then: a page by realloc, whose end is the top of the stack. */
static void write_stack_function(const adapter *a, vm_writer *out)
{
    enum { GET = 0x23, SET = 0x24, PAGE = 65536 };
    size_t body = out->len;
    vm_writer_u8(out, 0);
    write_global(out, GET, a->state != CM_NONE ? a->state : a->stack_pointer);
    vm_writer_bytes(out, (const uint8_t[]){0x45, 0x04, 0x40}, 3); /* i32.eqz if */
    if (a->state != CM_NONE) {
        write_constant(out, 1);
        write_global(out, SET, a->state);
    }
    write_constant(out, 0);
    write_constant(out, 0);
    write_constant(out, 8);
    write_constant(out, PAGE);
    write_global(out, 0x10, a->realloc); /* call */
    write_constant(out, PAGE);
    vm_writer_u8(out, 0x6A); /* i32.add */
    write_global(out, SET, a->stack_pointer);
    if (a->state != CM_NONE) {
        write_constant(out, 2);
        write_global(out, SET, a->state);
    }
    vm_writer_bytes(out, (const uint8_t[]){0x0B, 0x0B}, 2);
    vm_writer_insert_leb(out, body, out->len - body);
}

static void write_front(const adapter *a, vm_writer *out, const front *f, size_t param_count)
{
    size_t body = out->len;
    vm_writer_u8(out, 0);
    write_global(out, 0x10, stack_function(a));
    for (size_t i = 0; i < param_count; i++)
        write_global(out, 0x20, (uint32_t)i); /* local.get */
    write_global(out, 0x10, f->func);
    vm_writer_u8(out, 0x0B);
    vm_writer_insert_leb(out, body, out->len - body);
}

/* The number of parameters of an exported function, from its name in the old module. */
static size_t params_of(const adapter *a, size_t number)
{
    const pirn_module *module = a->unit->module;
    for (size_t i = 0; i < pirn_module_export_count(module); i++) {
        pirn_export export = pirn_module_export(module, i);
        if (export.type.kind != PIRN_EXTERN_FUNC || !is_wanted(a, export.name) || is_realloc(export.name))
            continue;
        const pirn_valtype *params;
        if (number-- == 0)
            return pirn_functype_params(export.type.func, &params);
    }
    return 0;
}

static void rewrite_code(const adapter *a, rewriting *w, uint32_t more)
{
    vm_writer_leb_unsigned(&w->out, a->func_count + more);
    for (uint32_t i = 0; i < a->func_count; i++) {
        vm_range body = a->bodies[i];
        static const uint8_t unreachable[] = {0x00, 0x00, 0x0B};
        if (!a->is_reached[a->import_count + i])
            body = (vm_range){unreachable, unreachable + sizeof unreachable};
        vm_writer_leb_unsigned(&w->out, (uint64_t)(body.end - body.start));
        vm_writer_bytes(&w->out, body.start, (size_t)(body.end - body.start));
    }
    if (more == 0)
        return;
    write_stack_function(a, &w->out);
    for (size_t i = 0; i < w->fronts.len; i++)
        write_front(a, &w->out, &w->fronts.data[i], params_of(a, i));
}

static void rewrite_functions(adapter *a, rewriting *w, uint32_t more)
{
    uint32_t count;
    copy_vector(a, &w->out, SECTION_FUNCTION, more, &count);
    if (more == 0)
        return;
    vm_writer_leb_unsigned(&w->out, a->type_count);
    for (size_t i = 0; i < w->fronts.len; i++)
        vm_writer_leb_unsigned(&w->out, w->fronts.data[i].type);
}

static void rewrite_section(adapter *a, rewriting *w, uint8_t id)
{
    uint32_t more = has_stack(a) ? 1 + (uint32_t)w->fronts.len : 0;
    vm_range old = a->sections[id];
    if (old.start == NULL)
        return;
    size_t at = vm_writer_begin(&w->out, id);
    switch (id) {
    case SECTION_TYPE:
        copy_vector(a, &w->out, id, more > 0, &a->type_count);
        if (more > 0)
            vm_writer_bytes(&w->out, (const uint8_t[]){0x60, 0, 0}, 3);
        break;
    case SECTION_FUNCTION:
        rewrite_functions(a, w, more);
        break;
    case SECTION_EXPORT:
        vm_writer_leb_unsigned(&w->out, w->export_count);
        vm_writer_bytes(&w->out, w->exports.data, w->exports.len);
        break;
    case SECTION_CODE:
        rewrite_code(a, w, more);
        break;
    default:
        vm_writer_bytes(&w->out, old.start, (size_t)(old.end - old.start));
    }
    vm_writer_end(&w->out, at);
}

/* Sections in the order of the binary format: by id, but for those of tags and of the count of data segments. */
static pirn_status rewrite(adapter *a, rewriting *w)
{
    static const uint8_t order[] = {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11};
    PIRN_TRY(rewrite_exports(a, w));
    vm_writer_preamble(&w->out);
    for (size_t i = 0; i < sizeof order; i++)
        rewrite_section(a, w, order[i]);
    if (w->out.failed || w->exports.failed)
        return base_nomem(a->c->error);
    pirn_str copy = base_arena_copy(&a->c->arena, (pirn_str){(const char *)w->out.data, w->out.len});
    if (copy.data == NULL)
        return base_nomem(a->c->error);
    a->unit->bytes = (const uint8_t *)copy.data;
    a->unit->size = copy.len;
    return PIRN_OK;
}

static pirn_status reload(cm_componentizer *c, cm_unit *unit)
{
    pirn_module_free(unit->module);
    unit->module = NULL;
    return pirn_module_load(c->engine, unit->bytes, unit->size, PIRN_BYTES_BORROW, 0, &unit->module, c->error);
}

pirn_status cm_adapter_prepare(cm_componentizer *c, cm_unit *unit)
{
    adapter a = {.c = c, .unit = unit};
    rewriting w = {.export_count = 0};
    vm_writer_init(&w.out, c->allocator);
    vm_writer_init(&w.exports, c->allocator);
    PIRN_TRY(read_sections(&a));
    read_imports(&a);
    read_global_names(&a);
    pirn_status status = read_functions(&a);
    if (status == PIRN_OK)
        status = find_reached(&a);
    if (status == PIRN_OK)
        status = note_unused(&a);
    if (status == PIRN_OK)
        status = rewrite(&a, &w);
    BASE_VEC_DONE(&a.to_look_at, c->allocator);
    BASE_VEC_DONE(&w.fronts, c->allocator);
    vm_writer_done(&w.out);
    vm_writer_done(&w.exports);
    return status == PIRN_OK ? reload(c, unit) : status;
}

/* ---- Beside it --------------------------------------------------------------------------------------------------- */

static pirn_status encode_page_realloc(cm_componentizer *c, cm_unit *unit, uint32_t memory)
{
    vm_writer glue;
    if (memory == CM_NONE)
        return PIRN_OK;
    vm_writer_init(&glue, c->allocator);
    cm_glue_page_realloc(&glue);
    cm_named_refs bag = {0}, arguments = {0};
    bool done = !glue.failed &&
                BASE_VEC_PUSH(&bag, c->allocator, (cm_named_ref){PIRN_STR("memory"), {CM_CORE_MEMORY, memory}});
    uint32_t module = cm_encode_module(&c->encoder, glue.data, glue.len);
    cm_ref env = {CM_CORE_INSTANCE, cm_encode_core_exports(&c->encoder, &bag)};
    done = done && BASE_VEC_PUSH(&arguments, c->allocator, (cm_named_ref){PIRN_STR("env"), env});
    uint32_t instance = cm_encode_core_instantiate(&c->encoder, module, &arguments);
    unit->page_realloc = cm_encode_core_alias(&c->encoder, CM_CORE_FUNC, instance, PIRN_STR("cabi_realloc"));
    BASE_VEC_DONE(&bag, c->allocator);
    BASE_VEC_DONE(&arguments, c->allocator);
    vm_writer_done(&glue);
    return done ? PIRN_OK : base_nomem(c->error);
}

static pirn_status encode_unused(cm_componentizer *c, const cm_unit *unit)
{
    cm_functypes types = {0};
    cm_named_refs none = {0};
    vm_writer glue;
    bool done = true;
    for (size_t i = 0; i < c->bindings.len && done; i++)
        if (c->bindings.data[i].unit == unit && c->bindings.data[i].kind == CM_BIND_UNUSED)
            done = BASE_VEC_PUSH(&types, c->allocator, c->bindings.data[i].import.type.func);
    vm_writer_init(&glue, c->allocator);
    cm_glue_unreachable(&glue, &types);
    done = done && !glue.failed;
    if (done && types.len > 0) {
        uint32_t module = cm_encode_module(&c->encoder, glue.data, glue.len);
        uint32_t instance = cm_encode_core_instantiate(&c->encoder, module, &none);
        for (size_t i = 0, slot = 0; i < c->bindings.len; i++) {
            cm_binding *b = &c->bindings.data[i];
            if (b->unit != unit || b->kind != CM_BIND_UNUSED)
                continue;
            pirn_str name = base_arena_printf(&c->arena, "%zu", slot++);
            b->ref = (cm_ref){CM_CORE_FUNC, cm_encode_core_alias(&c->encoder, CM_CORE_FUNC, instance, name)};
        }
    }
    vm_writer_done(&glue);
    BASE_VEC_DONE(&types, c->allocator);
    return done ? PIRN_OK : base_nomem(c->error);
}

pirn_status cm_adapter_support(cm_componentizer *c, cm_unit *unit, uint32_t memory)
{
    if (pirn_module_find_export(c->units.data[0]->module, PIRN_STR("cabi_realloc")) == SIZE_MAX)
        PIRN_TRY(encode_page_realloc(c, unit, memory));
    return encode_unused(c, unit);
}
