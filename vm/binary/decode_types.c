/* SPDX-License-Identifier: Apache-2.0 */
/* The sections that declare: types, imports, functions, tables, memories, tags, globals, exports, start
 * (spec 5.5.4 to 5.5.11). */
#include "vm/binary/decoder.h"

/*
 * What counts are checked against: the bytes that an entry has at least. (Where an entry has a byte that may be
 * malformed, those up to it, so that this is what the error says.)
 */
enum {
    MIN_TYPE = 2,    /* a group of none */
    MIN_SUBTYPE = 2, /* a structure without fields */
    MIN_FIELD = 2,
    MIN_IMPORT = 3, /* two empty names, kind */
    MIN_FUNC = 1,
    MIN_TABLE = 2,  /* type, flags */
    MIN_MEMORY = 1, /* flags */
    MIN_TAG = 2,    /* attribute, type */
    MIN_GLOBAL = 3, /* type, mutability, end */
    MIN_EXPORT = 3, /* empty name, kind, index */
};

/* ---- Types --------------------------------------------------------------------------------------------------- */

static void read_valtypes(vm_decoder *d, vm_reader *r, vm_valtype *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = vm_reader_valtype(r, d->features);
}

/* Two vectors of value types, stored in one array: the second count is known only behind the first vector. */
static void decode_functype(vm_decoder *d, vm_reader *r, vm_functype *out)
{
    vm_valtype types[VM_LIMIT_PARAMS + VM_LIMIT_RESULTS];
    uint32_t params = vm_reader_count(r, 1, VM_LIMIT_PARAMS, "parameters");
    read_valtypes(d, r, types, params);
    const uint8_t *at = r->pos;
    uint32_t results = vm_reader_count(r, 1, VM_LIMIT_RESULTS, "results");
    if (results > 1)
        vm_reader_require(r, at, d->features, PIRN_FEATURE_MULTI_VALUE, "invalid result arity: a second result");
    read_valtypes(d, r, types + params, results);
    if (vm_reader_failed(r))
        return;
    size_t count = params + results;
    vm_valtype *array = base_arena_alloc(&d->module->arena, count * sizeof *array);
    if (array == NULL) {
        vm_decode_nomem(r);
        return;
    }
    memcpy(array, types, count * sizeof *array);
    *out = (vm_functype){params, results, array, array + params};
}

static void decode_fields(vm_decoder *d, vm_reader *r, uint32_t count, vm_subtype *out)
{
    vm_field *fields = vm_decode_array(d, r, count, sizeof *fields);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        fields[i] = vm_reader_field(r, d->features);
    out->fields = fields;
    out->field_count = vm_reader_failed(r) ? 0 : count;
}

/* The function's type is encoded as a heap type is, which must be an index. */
static void decode_conttype(vm_reader *r, vm_subtype *out)
{
    const uint8_t *at = r->pos;
    int64_t index = vm_reader_leb_s33(r);
    if (index < 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed continuation type");
    out->cont = (uint32_t)index;
}

static void decode_composite(vm_decoder *d, vm_reader *r, vm_subtype *out)
{
    const uint8_t *at = r->pos;
    uint8_t form = vm_reader_u8(r);
    switch (form) {
    case VM_CODE_FUNC:
        out->kind = VM_TYPE_FUNC;
        decode_functype(d, r, &out->func);
        return;
    case VM_CODE_STRUCT:
        vm_reader_require(r, at, d->features, PIRN_FEATURE_GC, "a structure type");
        out->kind = VM_TYPE_STRUCT;
        decode_fields(d, r, vm_reader_count(r, MIN_FIELD, VM_LIMIT_FIELDS, "fields"), out);
        return;
    case VM_CODE_ARRAY:
        vm_reader_require(r, at, d->features, PIRN_FEATURE_GC, "an array type");
        out->kind = VM_TYPE_ARRAY;
        decode_fields(d, r, 1, out);
        return;
    case VM_CODE_CONT:
        vm_reader_require(r, at, d->features, PIRN_FEATURE_STACK_SWITCHING, "a continuation type");
        out->kind = VM_TYPE_CONT;
        decode_conttype(r, out);
        return;
    default:
        vm_reader_fail_at(r, at, PIRN_MALFORMED,
                          form & 0x80 ? "integer representation too long" : "malformed definition type 0x%02x", form);
    }
}

/* The largest number stands for none; no type has it or the one before. */
static uint32_t read_type_index(vm_reader *r)
{
    uint32_t index = vm_reader_leb_u32(r);
    return index != VM_NO_TYPE ? index : VM_NO_TYPE - 1;
}

/* `describes` and `descriptor` before the composite type, in this order. */
static uint32_t decode_clause(vm_decoder *d, vm_reader *r, uint8_t code, const char *what)
{
    const uint8_t *at = r->pos;
    if (vm_reader_peek(r) != code)
        return VM_NO_TYPE;
    vm_reader_require(r, at, d->features, PIRN_FEATURE_CUSTOM_DESCRIPTORS, what);
    vm_reader_u8(r);
    return read_type_index(r);
}

/* Without a prefix it is final and has no supertype. The format has room for several; validation lets one pass. */
static void decode_subtype(vm_decoder *d, vm_reader *r, vm_subtype *out)
{
    const uint8_t *at = r->pos;
    uint8_t form = vm_reader_peek(r);
    out->offset = vm_reader_offset(r);
    out->is_final = form != VM_CODE_SUB;
    out->super = VM_NO_TYPE;
    if (form == VM_CODE_SUB || form == VM_CODE_SUB_FINAL) {
        vm_reader_u8(r);
        vm_reader_require(r, at, d->features, PIRN_FEATURE_GC, "a sub type");
        at = r->pos;
        uint32_t supers = vm_reader_count(r, 1, VM_LIMIT_TYPES, "supertypes");
        if (supers > 1)
            vm_reader_fail_at(r, at, PIRN_INVALID, "sub type %u has more than one supertype",
                              (unsigned)(out - d->types.data));
        if (supers == 1)
            out->super = read_type_index(r);
    }
    out->describes = decode_clause(d, r, VM_CODE_DESCRIBES, "a type that describes another");
    out->descriptor = decode_clause(d, r, VM_CODE_DESCRIPTOR, "a type with a descriptor");
    decode_composite(d, r, out);
}

/* An entry of the section: a group, or a type that is a group of its own. */
static void decode_group(vm_decoder *d, vm_reader *r)
{
    const uint8_t *at = r->pos;
    uint32_t start = (uint32_t)d->types.len, length = 1;
    if (vm_reader_peek(r) == VM_CODE_REC) {
        vm_reader_u8(r);
        vm_reader_require(r, at, d->features, PIRN_FEATURE_GC, "a recursion group");
        length = vm_reader_count(r, MIN_SUBTYPE, VM_LIMIT_TYPES, "types");
    }
    if (length > VM_LIMIT_TYPES - start)
        vm_reader_fail_at(r, at, PIRN_LIMIT, "too many types: at most %d are supported", VM_LIMIT_TYPES);
    if (!BASE_VEC_RESERVE(&d->types, d->allocator, length))
        vm_decode_nomem(r);
    for (uint32_t i = 0; i < length && !vm_reader_failed(r); i++) {
        vm_subtype *type = &d->types.data[d->types.len++];
        *type = (vm_subtype){.group_start = start, .group_length = length};
        decode_subtype(d, r, type);
    }
}

void vm_decode_types(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_TYPE, VM_LIMIT_TYPES, "types");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_group(d, r);
    *items = count;
}

/* ---- Entries of the index spaces ----------------------------------------------------------------------------- */

static void push_func(vm_decoder *d, vm_reader *r, bool is_exact)
{
    vm_func_decl func = {.is_exact = is_exact, .offset = vm_reader_offset(r)};
    func.type = vm_reader_leb_u32(r);
    if (!BASE_VEC_PUSH(&d->funcs, d->allocator, func))
        vm_decode_nomem(r);
}

/* A defined table may begin with 40 00: then its initial value is behind its type (5.5.7). */
static void push_table(vm_decoder *d, vm_reader *r, bool defined)
{
    enum { HAS_INIT = 0x40 };
    const uint8_t *at = r->pos;
    vm_table_decl table = {.offset = vm_reader_offset(r)};
    bool has_init = defined && vm_reader_peek(r) == HAS_INIT;
    if (has_init) {
        vm_reader_u8(r);
        vm_reader_require(r, at, d->features, PIRN_FEATURE_FUNCTION_REFERENCES, "a table with an initial value");
        at = r->pos;
        if (vm_reader_u8(r) != 0)
            vm_reader_fail_at(r, at, PIRN_MALFORMED, "zero byte expected");
    }
    table.type = vm_reader_tabletype(r, d->features);
    if (has_init)
        table.init = vm_reader_expr(r, d->features);
    if (!BASE_VEC_PUSH(&d->tables, d->allocator, table))
        vm_decode_nomem(r);
}

static void push_memory(vm_decoder *d, vm_reader *r)
{
    vm_memory_decl memory = {.offset = vm_reader_offset(r)};
    memory.type = vm_reader_memtype(r, d->features);
    if (!BASE_VEC_PUSH(&d->memories, d->allocator, memory))
        vm_decode_nomem(r);
}

/* The attribute says that the tag is an exception's: there are no others. */
static void push_tag(vm_decoder *d, vm_reader *r)
{
    vm_tag_decl tag = {.offset = vm_reader_offset(r)};
    const uint8_t *at = r->pos;
    if (vm_reader_u8(r) != 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed tag attribute");
    tag.type = vm_reader_leb_u32(r);
    if (!BASE_VEC_PUSH(&d->tags, d->allocator, tag))
        vm_decode_nomem(r);
}

static void push_global(vm_decoder *d, vm_reader *r, bool defined)
{
    vm_global_decl global = {.offset = vm_reader_offset(r)};
    global.type = vm_reader_globaltype(r, d->features);
    if (defined)
        global.init = vm_reader_expr(r, d->features);
    if (!BASE_VEC_PUSH(&d->globals, d->allocator, global))
        vm_decode_nomem(r);
}

/* ---- Imports and exports ------------------------------------------------------------------------------------- */

/* Describes an import and adds it to its index space; yields its index there. */
static uint32_t decode_import_type(vm_decoder *d, vm_reader *r, const uint8_t *kind_at, uint8_t kind, bool is_exact)
{
    vm_module *m = d->module;
    switch (kind) {
    case PIRN_EXTERN_FUNC:
        push_func(d, r, is_exact);
        return m->imported_funcs++;
    case PIRN_EXTERN_TABLE:
        push_table(d, r, false);
        return m->imported_tables++;
    case PIRN_EXTERN_MEMORY:
        push_memory(d, r);
        return m->imported_memories++;
    case PIRN_EXTERN_GLOBAL:
        push_global(d, r, false);
        return m->imported_globals++;
    case PIRN_EXTERN_TAG:
        vm_reader_require(r, kind_at, d->features, PIRN_FEATURE_EXCEPTIONS, "an imported tag");
        push_tag(d, r);
        return m->imported_tags++;
    default:
        vm_reader_fail_at(r, kind_at, PIRN_MALFORMED, "malformed import kind 0x%02x", kind);
        return 0;
    }
}

/* Kind and type; leaves the import's place in `out`. A function's kind has a form of its own when its type is exact. */
static void decode_import_place(vm_decoder *d, vm_reader *r, vm_import *out)
{
    const uint8_t *kind_at = r->pos;
    uint8_t kind = vm_reader_u8(r);
    bool is_exact = kind == (PIRN_EXTERN_FUNC | VM_IMPORT_EXACT);
    if (is_exact)
        vm_reader_require(r, kind_at, d->features, PIRN_FEATURE_CUSTOM_DESCRIPTORS, "an exact import");
    if (vm_reader_failed(r))
        return;
    out->kind = is_exact ? PIRN_EXTERN_FUNC : (pirn_extern_kind)kind;
    out->index = decode_import_type(d, r, kind_at, (uint8_t)out->kind, is_exact);
}

static void push_import(vm_decoder *d, vm_reader *r, const vm_import *import)
{
    if (d->imports.len == VM_LIMIT_IMPORTS)
        vm_reader_fail(r, PIRN_LIMIT, "too many imports: at most %d are supported", VM_LIMIT_IMPORTS);
    if (!vm_reader_failed(r) && !BASE_VEC_PUSH(&d->imports, d->allocator, *import))
        vm_decode_nomem(r);
}

/*
 * Compact imports: the empty name and one of these bytes in the place of a kind introduce several imports from the one
 * module, each of its own type, or all of the type that comes first.
 *
 *      module  00 7F  { name  type }*          module  00 7E  type  { name }*
 */
enum { COMPACT_TYPES = 0x7F, COMPACT_NAMES = 0x7E, MIN_COMPACT_TYPES = 2, MIN_COMPACT_NAMES = 1 };

static void decode_compact_types(vm_decoder *d, vm_reader *r, vm_import import)
{
    uint32_t count = vm_reader_count(r, MIN_COMPACT_TYPES, VM_LIMIT_IMPORTS, "imports");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++) {
        import.offset = vm_reader_offset(r);
        import.name = vm_reader_name(r);
        decode_import_place(d, r, &import);
        push_import(d, r, &import);
    }
}

/* A type that is followed by no name was read for nothing: takes its entry of the index space back. */
static void drop_import_place(vm_decoder *d, pirn_extern_kind kind)
{
    vm_module *m = d->module;
    switch (kind) {
    case PIRN_EXTERN_FUNC:
        m->imported_funcs--, d->funcs.len--;
        break;
    case PIRN_EXTERN_TABLE:
        m->imported_tables--, d->tables.len--;
        break;
    case PIRN_EXTERN_MEMORY:
        m->imported_memories--, d->memories.len--;
        break;
    case PIRN_EXTERN_GLOBAL:
        m->imported_globals--, d->globals.len--;
        break;
    case PIRN_EXTERN_TAG:
        m->imported_tags--, d->tags.len--;
        break;
    }
}

/* The type is read again for each name. */
static void decode_compact_names(vm_decoder *d, vm_reader *r, vm_import import)
{
    vm_range type = {.start = r->pos};
    decode_import_place(d, r, &import);
    type.end = r->pos;
    uint32_t count = vm_reader_count(r, MIN_COMPACT_NAMES, VM_LIMIT_IMPORTS, "imports");
    if (vm_reader_failed(r))
        return;
    if (count == 0)
        drop_import_place(d, import.kind);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++) {
        if (i > 0) {
            vm_reader again = vm_reader_part(r, type);
            decode_import_place(d, &again, &import);
            if (vm_reader_failed(&again))
                vm_decode_nomem(r);
        }
        import.offset = vm_reader_offset(r);
        import.name = vm_reader_name(r);
        push_import(d, r, &import);
    }
}

static void decode_import(vm_decoder *d, vm_reader *r)
{
    vm_import import = {.offset = vm_reader_offset(r)};
    import.module = vm_reader_name(r);
    import.name = vm_reader_name(r);
    bool may_be_compact = import.name.len == 0 && d->features & PIRN_FEATURE_COMPACT_IMPORTS;
    uint8_t kind = vm_reader_peek(r);
    if (may_be_compact && kind == COMPACT_TYPES) {
        vm_reader_u8(r);
        decode_compact_types(d, r, import);
    } else if (may_be_compact && kind == COMPACT_NAMES) {
        vm_reader_u8(r);
        decode_compact_names(d, r, import);
    } else {
        decode_import_place(d, r, &import);
        push_import(d, r, &import);
    }
}

void vm_decode_imports(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_IMPORT, VM_LIMIT_IMPORTS, "imports");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_import(d, r);
    *items = count;
}

static void decode_export(vm_reader *r, vm_export *out)
{
    out->offset = vm_reader_offset(r);
    out->name = vm_reader_name(r);
    const uint8_t *at = r->pos;
    uint8_t kind = vm_reader_u8(r);
    if (kind > PIRN_EXTERN_TAG)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed export kind 0x%02x", kind);
    out->kind = (pirn_extern_kind)kind;
    out->index = vm_reader_leb_u32(r);
}

void vm_decode_exports(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    uint32_t count = vm_reader_count(r, MIN_EXPORT, VM_LIMIT_EXPORTS, "exports");
    m->exports.data = vm_decode_array(d, r, count, sizeof *m->exports.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_export(r, &m->exports.data[i]);
    m->exports.len = count;
    *items = count;
}

/* ---- Functions, tables, memories, globals, tags, start ------------------------------------------------------------- */

void vm_decode_funcs(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_FUNC, VM_LIMIT_FUNCTIONS, "functions");
    if (!BASE_VEC_RESERVE(&d->funcs, d->allocator, count))
        vm_decode_nomem(r);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_func(d, r, true);
    *items = count;
}

void vm_decode_tables(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_TABLE, VM_LIMIT_TABLES, "tables");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_table(d, r, true);
    *items = count;
}

void vm_decode_memories(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_MEMORY, VM_LIMIT_MEMORIES, "memories");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_memory(d, r);
    *items = count;
}

void vm_decode_globals(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_GLOBAL, VM_LIMIT_GLOBALS, "globals");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_global(d, r, true);
    *items = count;
}

void vm_decode_tags(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_TAG, VM_LIMIT_TAGS, "tags");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_tag(d, r);
    *items = count;
}

void vm_decode_start(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    d->module->has_start = true;
    d->module->start_offset = vm_reader_offset(r);
    d->module->start = vm_reader_leb_u32(r);
    *items = 0;
}
