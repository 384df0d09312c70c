/* SPDX-License-Identifier: Apache-2.0 */
/* Core types of components, printed from their bytes: all composite types, groups, and module types. */
#include "component/text_print.h"

enum {
    REC = 0x4E,
    SUB_FINAL = 0x4F,
    SUB = 0x50,
    MODULE = 0x50,
    ARRAY = 0x5E,
    STRUCT = 0x5F,
    FUNC = 0x60,
    REF_NULL = 0x63,
    REF = 0x64
};
enum { LIMITS_MAX = 1, LIMITS_SHARED = 2, LIMITS_64 = 4, LIMITS_PAGE_SIZE = 8 };

/* Columns: the code, the type as value type, as heap type; NULL: it is none. */
static const struct {
    uint8_t code;
    const char *value, *heap;
} words[] = {
    {0x7F, "i32", NULL},
    {0x7E, "i64", NULL},
    {0x7D, "f32", NULL},
    {0x7C, "f64", NULL},
    {0x7B, "v128", NULL},
    {0x78, "i8", NULL},
    {0x77, "i16", NULL},
    {0x74, "nullexnref", "noexn"},
    {0x73, "nullfuncref", "nofunc"},
    {0x72, "nullexternref", "noextern"},
    {0x71, "nullref", "none"},
    {0x70, "funcref", "func"},
    {0x6F, "externref", "extern"},
    {0x6E, "anyref", "any"},
    {0x6D, "eqref", "eq"},
    {0x6C, "i31ref", "i31"},
    {0x6B, "structref", "struct"},
    {0x6A, "arrayref", "array"},
    {0x69, "exnref", "exn"},
};

static void heaptype(cm_printer *p)
{
    int64_t code = vm_reader_leb_s33(&p->r);
    if (code >= 0) {
        cm_print_index(p, CM_CORE_TYPE, (uint32_t)code);
        return;
    }
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (words[i].code == (code & 0x7F) && words[i].heap != NULL) {
            cm_print(p, " %s", words[i].heap);
            return;
        }
    }
    vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown heap type");
}

void cm_print_core_valtype(cm_printer *p)
{
    uint8_t code = vm_reader_u8(&p->r);
    if (code == REF || code == REF_NULL) {
        cm_print(p, code == REF ? " (ref" : " (ref null");
        heaptype(p);
        cm_print(p, ")");
        return;
    }
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (words[i].code == code) {
            cm_print(p, " %s", words[i].value);
            return;
        }
    }
    vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown core value type 0x%02x", code);
}

/* ` (word type*)`, if there are types. */
static void value_list(cm_printer *p, const char *word)
{
    uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, word);
    if (count > 0)
        cm_print(p, " (%s", word);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
        cm_print_core_valtype(p);
    if (count > 0)
        cm_print(p, ")");
}

/* A type that may be `mut`: the flag lies behind it. Peeks there with a copy that says nothing. */
static void mutable_type(cm_printer *p)
{
    vm_reader behind = p->r;
    behind.error = NULL;
    uint8_t code = vm_reader_u8(&behind);
    if (code == REF || code == REF_NULL)
        vm_reader_leb_s33(&behind);
    bool is_mutable = vm_reader_u8(&behind) != 0;
    cm_print(p, is_mutable ? " (mut" : "");
    cm_print_core_valtype(p);
    cm_print(p, is_mutable ? ")" : "");
    vm_reader_u8(&p->r);
}

static void struct_type(cm_printer *p)
{
    uint32_t count = vm_reader_count(&p->r, 2, UINT32_MAX, "fields");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (field");
        mutable_type(p);
        cm_print(p, ")");
    }
}

static void composite_type(cm_printer *p, uint8_t code)
{
    switch (code) {
    case FUNC:
        cm_print(p, " (func");
        value_list(p, "param");
        value_list(p, "result");
        break;
    case STRUCT:
        cm_print(p, " (struct");
        struct_type(p);
        break;
    case ARRAY:
        cm_print(p, " (array");
        mutable_type(p);
        break;
    default:
        vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown core type 0x%02x", code);
    }
    cm_print(p, ")");
}

/* `type ...)`: a subtype whose code was read. It is defined before its content, which may name it. */
static void sub_type(cm_printer *p, uint8_t code)
{
    cm_print(p, "type");
    cm_print_define(p, CM_CORE_TYPE);
    bool is_sub = code == SUB || code == SUB_FINAL;
    if (is_sub) {
        cm_print(p, code == SUB ? " (sub" : " (sub final");
        uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, "supertypes");
        for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
            cm_print_read_index(p, CM_CORE_TYPE);
        code = vm_reader_u8(&p->r);
    }
    composite_type(p, code);
    cm_print(p, is_sub ? "))" : ")");
}

/* ---- Module types ---------------------------------------------------------------------------------------------- */

static void limits(cm_printer *p)
{
    uint8_t flags = vm_reader_u8(&p->r);
    cm_print(p, flags & LIMITS_64 ? " i64" : "");
    cm_print(p, " %llu", (unsigned long long)vm_reader_leb_u64(&p->r));
    if (flags & LIMITS_MAX)
        cm_print(p, " %llu", (unsigned long long)vm_reader_leb_u64(&p->r));
    cm_print(p, flags & LIMITS_SHARED ? " shared" : "");
    if (flags & LIMITS_PAGE_SIZE)
        cm_print(p, " (pagesize %llu)", 1ull << (vm_reader_leb_u32(&p->r) & 63));
}

/* The element type lies before the limits, and is printed behind them. */
static void table_type(cm_printer *p)
{
    vm_reader type = p->r;
    uint8_t code = vm_reader_u8(&p->r);
    if (code == REF || code == REF_NULL)
        vm_reader_leb_s33(&p->r);
    limits(p);
    vm_reader behind = p->r;
    if (vm_reader_failed(&behind))
        return;
    p->r = type;
    cm_print_core_valtype(p);
    if (!vm_reader_failed(&p->r))
        p->r = behind;
}

/* ` (kind ...)` */
static void core_externtype(cm_printer *p)
{
    uint8_t kind = vm_reader_u8(&p->r);
    switch (kind & 0x1F) {
    case 0x00:
        cm_print(p, kind == 0x00 ? " (func (type" : " (func (exact (type");
        cm_print_read_index(p, CM_CORE_TYPE);
        cm_print(p, kind == 0x00 ? ")" : "))");
        break;
    case 0x01:
        cm_print(p, " (table");
        table_type(p);
        break;
    case 0x02:
        cm_print(p, " (memory");
        limits(p);
        break;
    case 0x03:
        cm_print(p, " (global");
        mutable_type(p);
        break;
    case 0x04:
        cm_print(p, " (tag (type");
        vm_reader_u8(&p->r);
        cm_print_read_index(p, CM_CORE_TYPE);
        cm_print(p, ")");
        break;
    default:
        vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown external kind 0x%02x", kind);
    }
    cm_print(p, ")");
}

static void core_alias(cm_printer *p)
{
    vm_reader_u8(&p->r);
    vm_reader_u8(&p->r);
    uint32_t depth = vm_reader_leb_u32(&p->r);
    cm_print(p, "(alias outer %u %u (type", (unsigned)depth, (unsigned)vm_reader_leb_u32(&p->r));
    cm_print_define(p, CM_CORE_TYPE);
    cm_print(p, "))");
}

static void core_types(cm_printer *p, const char *prefix);

static void module_declarator(cm_printer *p)
{
    uint8_t kind = vm_reader_u8(&p->r);
    cm_print_line(p);
    switch (kind) {
    case 0x00:
        cm_print(p, "(import");
        cm_print_read_name(p);
        cm_print_read_name(p);
        core_externtype(p);
        cm_print(p, ")");
        break;
    case 0x01:
        core_types(p, "");
        break;
    case 0x02:
        core_alias(p);
        break;
    case 0x03:
        cm_print(p, "(export");
        cm_print_read_name(p);
        core_externtype(p);
        cm_print(p, ")");
        break;
    default:
        vm_reader_fail(&p->r, PIRN_MALFORMED, "invalid leading byte (0x%x) for a declarator", kind);
    }
}

static void module_type(cm_printer *p)
{
    cm_print_scope scope = {.name = {"", 0}}, *outer = p->scope;
    cm_print(p, "type");
    cm_print_define(p, CM_CORE_TYPE);
    cm_print(p, " (module");
    uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, "declarators");
    p->scope = &scope;
    p->indent++;
    if (cm_print_enter(p)) {
        for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
            module_declarator(p);
    }
    p->nesting--;
    p->indent--;
    p->scope = outer;
    cm_print(p, "))");
}

/* ---- All ------------------------------------------------------------------------------------------------------- */

static void group(cm_printer *p)
{
    uint32_t count = vm_reader_count(&p->r, 2, UINT32_MAX, "types of a group");
    cm_print(p, "rec");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (");
        sub_type(p, vm_reader_u8(&p->r));
    }
    cm_print(p, ")");
}

/* A type or a group, with `prefix` before its word. A subtype that is not final has a mark before it here. */
static void core_types(cm_printer *p, const char *prefix)
{
    uint8_t code = vm_reader_u8(&p->r);
    cm_print(p, "(%s", prefix);
    if (code == 0x00)
        sub_type(p, vm_reader_u8(&p->r));
    else if (code == MODULE)
        module_type(p);
    else if (code == REC)
        group(p);
    else
        sub_type(p, code);
}

void cm_print_core_type(cm_printer *p)
{
    core_types(p, "core ");
}
