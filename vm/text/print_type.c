/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types (spec 6.4) and the sections that declare with them, read from their bytes again: what the decoder has found well
 * formed cannot fail here.
 */
#include "vm/binary/types.h"
#include "vm/text/printer.h"
#include <inttypes.h>

/* ---- Value types ----------------------------------------------------------------------------------------------- */

void vm_print_heaptype(vm_printer *p, vm_valtype type)
{
    char text[32];
    if (!vm_ref_is_concrete(type)) {
        vm_print(p, " %s", vm_heaptype_text(type, text));
        return;
    }
    vm_print(p, vm_ref_is_exact(type) ? " (exact" : "");
    vm_print_index(p, VM_NAMES_TYPE, vm_ref_index(type));
    vm_print(p, vm_ref_is_exact(type) ? ")" : "");
}

void vm_print_valtype(vm_printer *p, vm_valtype type)
{
    char text[32];
    if (!vm_ref_is_concrete(type)) {
        vm_print(p, "%s", pirn_valtype_text(type, text));
        return;
    }
    vm_print(p, vm_ref_is_nullable(type) ? "(ref null" : "(ref");
    vm_print_heaptype(p, type);
    vm_print(p, ")");
}

void vm_print_typeuse(vm_printer *p, uint32_t type)
{
    vm_print(p, " (type");
    vm_print_index(p, VM_NAMES_TYPE, type);
    vm_print(p, ")");
}

static void print_mutable(vm_printer *p, vm_valtype type, bool is_mutable)
{
    vm_print(p, is_mutable ? "(mut " : "");
    vm_print_valtype(p, type);
    vm_print(p, is_mutable ? ")" : "");
}

void vm_print_globaltype(vm_printer *p, pirn_globaltype type)
{
    print_mutable(p, type.type, type.is_mutable);
}

/* ---- Type definitions ------------------------------------------------------------------------------------------ */

/* A vector of types in parentheses; nothing when it is empty. */
static void print_values(vm_printer *p, vm_reader *r, const char *word)
{
    uint32_t count = vm_reader_leb_u32(r);
    if (count == 0)
        return;
    vm_print(p, " (%s", word);
    for (uint32_t i = 0; i < count && vm_print_ok(p, r); i++) {
        vm_print(p, " ");
        vm_print_valtype(p, vm_reader_valtype(r, p->module->features));
    }
    vm_print(p, ")");
}

static void print_field(vm_printer *p, vm_reader *r)
{
    vm_field field = vm_reader_field(r, p->module->features);
    print_mutable(p, field.type, field.is_mutable);
}

static void print_struct(vm_printer *p, vm_reader *r, uint32_t type)
{
    uint32_t count = vm_reader_leb_u32(r);
    for (uint32_t i = 0; i < count && vm_print_ok(p, r); i++) {
        vm_print(p, " (field ");
        if (p->fields != NULL && p->fields[type] != NULL)
            vm_print_id_before(p, &p->fields[type][i]);
        print_field(p, r);
        vm_print(p, ")");
    }
}

/* `describes` or `descriptor` before a composite type. */
static void print_clause(vm_printer *p, vm_reader *r, uint8_t code, const char *word)
{
    if (vm_reader_peek(r) != code)
        return;
    vm_reader_u8(r);
    vm_print(p, "(%s", word);
    vm_print_index(p, VM_NAMES_TYPE, vm_reader_leb_u32(r));
    vm_print(p, ") ");
}

static void print_composite(vm_printer *p, vm_reader *r, uint32_t type)
{
    print_clause(p, r, VM_CODE_DESCRIBES, "describes");
    print_clause(p, r, VM_CODE_DESCRIPTOR, "descriptor");
    switch (vm_reader_u8(r)) {
    case VM_CODE_FUNC:
        vm_print(p, "(func");
        print_values(p, r, "param");
        print_values(p, r, "result");
        break;
    case VM_CODE_STRUCT:
        vm_print(p, "(struct");
        print_struct(p, r, type);
        break;
    case VM_CODE_CONT:
        vm_print(p, "(cont");
        vm_print_index(p, VM_NAMES_TYPE, (uint32_t)vm_reader_leb_s33(r));
        break;
    default:
        vm_print(p, "(array ");
        print_field(p, r);
        break;
    }
    vm_print(p, ")");
}

/* A final type without supertypes is a composite type alone; else the parenthesis stays open, and the answer is true. */
static bool print_supertypes(vm_printer *p, vm_reader *r)
{
    uint8_t form = vm_reader_peek(r);
    if (form != VM_CODE_SUB && form != VM_CODE_SUB_FINAL)
        return false;
    vm_reader_u8(r);
    uint32_t supers = vm_reader_leb_u32(r);
    if (form == VM_CODE_SUB_FINAL && supers == 0)
        return false;
    vm_print(p, form == VM_CODE_SUB ? "(sub" : "(sub final");
    for (; supers > 0 && vm_print_ok(p, r); supers--)
        vm_print_index(p, VM_NAMES_TYPE, vm_reader_leb_u32(r));
    vm_print(p, " ");
    return true;
}

static void print_subtype(vm_printer *p, vm_reader *r, uint32_t type)
{
    vm_print_line(p, r->pos);
    vm_print(p, "(type");
    vm_print_definition(p, VM_NAMES_TYPE, type);
    vm_print(p, " ");
    bool is_sub = print_supertypes(p, r);
    print_composite(p, r, type);
    vm_print(p, is_sub ? "))" : ")");
}

/* Prints a recursion group, or a type that stands alone, as one does in a group of one; returns how many types they are. */
static uint32_t print_group(vm_printer *p, vm_reader *r, uint32_t first)
{
    const uint8_t *at = r->pos;
    uint32_t count = 1;
    if (vm_reader_peek(r) == VM_CODE_REC) {
        vm_reader_u8(r);
        count = vm_reader_leb_u32(r);
    }
    if (count == 1) {
        print_subtype(p, r, first);
        return 1;
    }
    vm_print_line(p, at);
    vm_print(p, "(rec");
    p->indent++;
    for (uint32_t i = 0; i < count && vm_print_ok(p, r); i++)
        print_subtype(p, r, first + i);
    p->indent--;
    vm_print(p, ")");
    return count;
}

void vm_print_types(vm_printer *p, vm_reader *r)
{
    uint32_t type = 0;
    for (uint32_t groups = vm_reader_leb_u32(r); groups > 0 && vm_print_ok(p, r); groups--)
        type += print_group(p, r, type);
}

/* ---- Tables and memories --------------------------------------------------------------------------------------- */

enum { LIMITS_MAX = 0x01, LIMITS_SHARED = 0x02, LIMITS_I64 = 0x04, LIMITS_PAGE_SIZE = 0x08 };

/* Address type, minimum and maximum, with a space before; returns the flags. */
static uint8_t print_limits(vm_printer *p, vm_reader *r)
{
    uint8_t flags = vm_reader_u8(r);
    vm_print(p, flags & LIMITS_I64 ? " i64 %" PRIu64 : " %" PRIu64, vm_reader_leb_u64(r));
    if (flags & LIMITS_MAX)
        vm_print(p, " %" PRIu64, vm_reader_leb_u64(r));
    return flags;
}

static void print_tabletype(vm_printer *p, vm_reader *r)
{
    vm_valtype element = vm_reader_reftype(r, p->module->features);
    print_limits(p, r);
    vm_print(p, " ");
    vm_print_valtype(p, element);
}

static void print_memtype(vm_printer *p, vm_reader *r)
{
    uint8_t flags = print_limits(p, r);
    vm_print(p, flags & LIMITS_SHARED ? " shared" : "");
    if (flags & LIMITS_PAGE_SIZE)
        vm_print(p, " (pagesize %" PRIu64 ")", (uint64_t)1 << vm_reader_leb_u32(r));
}

void vm_print_tables(vm_printer *p, vm_reader *r)
{
    enum { HAS_INIT = 0x40 };
    uint32_t index = p->module->imported_tables;
    for (uint32_t count = vm_reader_leb_u32(r); count > 0 && vm_print_ok(p, r); count--, index++) {
        vm_print_line(p, r->pos);
        vm_print(p, "(table");
        vm_print_definition(p, VM_NAMES_TABLE, index);
        bool has_init = vm_reader_peek(r) == HAS_INIT;
        if (has_init)
            vm_reader_bytes(r, 2);
        print_tabletype(p, r);
        if (has_init)
            vm_print_expr(p, vm_reader_expr(r, p->module->features), NULL);
        vm_print(p, ")");
    }
}

void vm_print_memories(vm_printer *p, vm_reader *r)
{
    uint32_t index = p->module->imported_memories;
    for (uint32_t count = vm_reader_leb_u32(r); count > 0 && vm_print_ok(p, r); count--, index++) {
        vm_print_line(p, r->pos);
        vm_print(p, "(memory");
        vm_print_definition(p, VM_NAMES_MEMORY, index);
        print_memtype(p, r);
        vm_print(p, ")");
    }
}

/* ---- Imports --------------------------------------------------------------------------------------------------- */

/* How many imports of each kind have been printed: their indices. */
typedef struct import_counts {
    uint32_t of[PIRN_EXTERN_TAG + 1];
} import_counts;

const vm_print_kind vm_print_kinds[] = {
    [PIRN_EXTERN_FUNC] = {"func", VM_NAMES_FUNC},       [PIRN_EXTERN_TABLE] = {"table", VM_NAMES_TABLE},
    [PIRN_EXTERN_MEMORY] = {"memory", VM_NAMES_MEMORY}, [PIRN_EXTERN_GLOBAL] = {"global", VM_NAMES_GLOBAL},
    [PIRN_EXTERN_TAG] = {"tag", VM_NAMES_TAG},
};

static void print_import_type(vm_printer *p, vm_reader *r, pirn_extern_kind kind)
{
    switch (kind) {
    case PIRN_EXTERN_TABLE:
        print_tabletype(p, r);
        break;
    case PIRN_EXTERN_MEMORY:
        print_memtype(p, r);
        break;
    case PIRN_EXTERN_GLOBAL:
        vm_print(p, " ");
        vm_print_globaltype(p, vm_reader_globaltype(r, p->module->features));
        break;
    case PIRN_EXTERN_TAG:
        vm_reader_u8(r);
        vm_print_typeuse(p, vm_reader_leb_u32(r));
        break;
    default:
        vm_print_typeuse(p, vm_reader_leb_u32(r));
        break;
    }
}

/* ` (kind id type)`; without `counts` nothing is defined by it. */
static void print_described(vm_printer *p, vm_reader *r, import_counts *counts)
{
    uint8_t kind = vm_reader_u8(r);
    bool is_exact = kind == (PIRN_EXTERN_FUNC | VM_IMPORT_EXACT);
    kind = is_exact ? PIRN_EXTERN_FUNC : kind;
    if (!vm_print_ok(p, r) || kind > PIRN_EXTERN_TAG)
        return;
    vm_print(p, " (%s", vm_print_kinds[kind].word);
    if (counts != NULL)
        vm_print_definition(p, vm_print_kinds[kind].names, counts->of[kind]++);
    vm_print(p, is_exact ? " (exact" : "");
    print_import_type(p, r, (pirn_extern_kind)kind);
    vm_print(p, is_exact ? "))" : ")");
}

/* Passes over what print_described prints; returns the kind. */
static pirn_extern_kind skip_described(const vm_printer *p, vm_reader *r)
{
    pirn_extern_kind kind = (pirn_extern_kind)(vm_reader_u8(r) & ~VM_IMPORT_EXACT);
    if (kind == PIRN_EXTERN_TABLE)
        (void)vm_reader_tabletype(r, p->module->features);
    else if (kind == PIRN_EXTERN_MEMORY)
        (void)vm_reader_memtype(r, p->module->features);
    else if (kind == PIRN_EXTERN_GLOBAL)
        (void)vm_reader_globaltype(r, p->module->features);
    else
        vm_reader_bytes(r, kind == PIRN_EXTERN_TAG), vm_reader_leb_u32(r);
    return kind;
}

static void print_item_name(vm_printer *p, vm_reader *r)
{
    vm_print(p, " (item ");
    vm_print_name_string(p, vm_reader_name(r));
}

/*
 * Imports of one module, each with its type: `r` stands on the first name; those of a shared type have it at `*type`.
 */
static void print_typed_items(vm_printer *p, vm_reader *r, uint32_t count, const vm_reader *type,
                              import_counts *counts)
{
    for (uint32_t i = 0; i < count && vm_print_ok(p, r); i++) {
        print_item_name(p, r);
        vm_reader again = type != NULL ? *type : *r;
        print_described(p, &again, counts);
        if (type == NULL)
            *r = again;
        vm_print(p, ")");
    }
}

static bool any_has_name(const vm_printer *p, vm_name_kind kind, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (vm_print_has_name(p, kind, first + i))
            return true;
    }
    return false;
}

/* Imports of one module and one type. This form has no place for identifiers: with names, each has its type again. */
static void print_shared_items(vm_printer *p, vm_reader *r, import_counts *counts)
{
    vm_reader type = *r;
    pirn_extern_kind kind = skip_described(p, r);
    uint32_t count = vm_reader_leb_u32(r);
    if (any_has_name(p, vm_print_kinds[kind].names, counts->of[kind], count)) {
        print_typed_items(p, r, count, &type, counts);
        return;
    }
    for (uint32_t i = 0; i < count && vm_print_ok(p, r); i++) {
        print_item_name(p, r);
        vm_print(p, ")");
    }
    print_described(p, &type, NULL);
    counts->of[kind] += count;
}

/* How many imports the group has, which begins with a marker in the place of a kind. */
static uint32_t count_group(const vm_printer *p, vm_reader r, uint8_t marker, uint8_t shared)
{
    vm_reader_u8(&r);
    if (marker == shared)
        skip_described(p, &r);
    return vm_reader_leb_u32(&r);
}

/* A group of no imports has no text: it is passed over. */
static void print_import(vm_printer *p, vm_reader *r, import_counts *counts)
{
    enum { COMPACT_TYPES = 0x7F, COMPACT_NAMES = 0x7E };
    const uint8_t *at = r->pos;
    pirn_str module = vm_reader_name(r), name = vm_reader_name(r);
    uint8_t marker = vm_reader_peek(r);
    bool is_group = marker == COMPACT_TYPES || marker == COMPACT_NAMES;
    bool is_empty = is_group && count_group(p, *r, marker, COMPACT_NAMES) == 0;
    if (is_empty) {
        vm_reader_u8(r);
        if (marker == COMPACT_NAMES)
            skip_described(p, r);
        vm_reader_leb_u32(r);
        return;
    }
    vm_print_line(p, at);
    vm_print(p, "(import ");
    vm_print_name_string(p, module);
    if (is_group)
        vm_reader_u8(r);
    if (marker == COMPACT_TYPES) {
        uint32_t count = vm_reader_leb_u32(r);
        print_typed_items(p, r, count, NULL, counts);
    } else if (marker == COMPACT_NAMES) {
        print_shared_items(p, r, counts);
    } else {
        vm_print(p, " ");
        vm_print_name_string(p, name);
        print_described(p, r, counts);
    }
    vm_print(p, ")");
}

void vm_print_imports(vm_printer *p, vm_reader *r)
{
    import_counts counts = {{0}};
    for (uint32_t count = vm_reader_leb_u32(r); count > 0 && vm_print_ok(p, r); count--)
        print_import(p, r, &counts);
}
