/* SPDX-License-Identifier: Apache-2.0 */
/* Types, aliases and the types of imports and exports, printed from their bytes. */
#include "component/text_print.h"

enum { RESOURCE = 0x3F, FUNC = 0x40, COMPONENT = 0x41, INSTANCE = 0x42, FUNC_ASYNC = 0x43 };

static const char *primitive_word(uint8_t code)
{
    for (size_t i = 0; i < cm_text_primitive_count; i++) {
        if (cm_text_primitives[i].code == code)
            return cm_text_primitives[i].word;
    }
    return NULL;
}

static void bad_byte(cm_printer *p, uint8_t byte, const char *what)
{
    vm_reader_fail(&p->r, PIRN_MALFORMED, "invalid leading byte (0x%x) for %s", byte, what);
}

/* ---- Value types ----------------------------------------------------------------------------------------------- */

void cm_print_valtype(cm_printer *p)
{
    int64_t code = vm_reader_leb_s33(&p->r);
    const char *word = code < 0 ? primitive_word((uint8_t)(code & 0x7F)) : NULL;
    if (code >= 0)
        cm_print_index(p, CM_TYPE, (uint32_t)code);
    else if (word != NULL)
        cm_print(p, " %s", word);
    else
        bad_byte(p, (uint8_t)(code & 0x7F), "a value type");
}

/* False when there is none. */
static bool optional_valtype(cm_printer *p)
{
    bool is_there = vm_reader_u8(&p->r) != 0;
    if (is_there)
        cm_print_valtype(p);
    return is_there;
}

static uint32_t read_count(cm_printer *p)
{
    return vm_reader_count(&p->r, 1, UINT32_MAX, "parts of a type");
}

/* ` (word "label" type)`* */
static void labelled(cm_printer *p, const char *word)
{
    uint32_t count = read_count(p);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (%s", word);
        cm_print_read_name(p);
        cm_print_valtype(p);
        cm_print(p, ")");
    }
}

static void cases(cm_printer *p)
{
    uint32_t count = read_count(p);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (case");
        cm_print_read_name(p);
        optional_valtype(p);
        cm_print(p, ")");
        vm_reader_u8(&p->r);
    }
}

static void labels(cm_printer *p)
{
    uint32_t count = read_count(p);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
        cm_print_read_name(p);
}

static void types(cm_printer *p)
{
    uint32_t count = read_count(p);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
        cm_print_valtype(p);
}

static void result_type(cm_printer *p)
{
    optional_valtype(p);
    if (vm_reader_u8(&p->r) == 0)
        return;
    cm_print(p, " (error");
    cm_print_valtype(p);
    cm_print(p, ")");
}

/* What lies behind the code of a constructor; false when there is none of that code. */
static bool constructor(cm_printer *p, uint8_t code)
{
    switch (code) {
    case 0x72:
        cm_print(p, " (record");
        labelled(p, "field");
        break;
    case 0x71:
        cm_print(p, " (variant");
        cases(p);
        break;
    case 0x70:
    case 0x6B:
        cm_print(p, code == 0x70 ? " (list" : " (option");
        cm_print_valtype(p);
        break;
    case 0x67:
        cm_print(p, " (list");
        cm_print_valtype(p);
        cm_print(p, " %u", (unsigned)vm_reader_leb_u32(&p->r));
        break;
    case 0x6F:
        cm_print(p, " (tuple");
        types(p);
        break;
    case 0x6E:
    case 0x6D:
        cm_print(p, code == 0x6E ? " (flags" : " (enum");
        labels(p);
        break;
    case 0x6A:
        cm_print(p, " (result");
        result_type(p);
        break;
    case 0x69:
    case 0x68:
        cm_print(p, code == 0x69 ? " (own" : " (borrow");
        cm_print_read_index(p, CM_TYPE);
        break;
    case 0x66:
    case 0x65:
        cm_print(p, code == 0x66 ? " (stream" : " (future");
        optional_valtype(p);
        break;
    case 0x63:
        cm_print(p, " (map");
        cm_print_valtype(p);
        cm_print_valtype(p);
        break;
    default:
        return false;
    }
    return true;
}

/* ---- Other types ----------------------------------------------------------------------------------------------- */

void cm_print_result(cm_printer *p)
{
    if (vm_reader_u8(&p->r) == 0x00) {
        cm_print(p, " (result");
        cm_print_valtype(p);
        cm_print(p, ")");
    } else {
        vm_reader_u8(&p->r);
    }
}

static void resource_type(cm_printer *p)
{
    cm_print(p, " (resource (rep");
    cm_print_core_valtype(p);
    cm_print(p, ")");
    if (vm_reader_u8(&p->r) == 0)
        return;
    cm_print(p, " (dtor");
    cm_print_read_index(p, CM_CORE_FUNC);
    cm_print(p, ")");
}

static void declarator(cm_printer *p)
{
    uint8_t kind = vm_reader_u8(&p->r);
    cm_print_line(p);
    switch (kind) {
    case 0x00:
        cm_print_core_type(p);
        break;
    case 0x01:
        cm_print_type(p);
        break;
    case 0x02:
        cm_print_alias(p);
        break;
    case 0x03:
    case 0x04:
        cm_print(p, kind == 0x03 ? "(import" : "(export");
        cm_print_extern_name(p);
        cm_print_externtype(p, true);
        cm_print(p, ")");
        break;
    default:
        bad_byte(p, kind, "a declarator");
    }
}

static void body_type(cm_printer *p, const char *word)
{
    cm_print_scope scope = {.name = {"", 0}}, *outer = p->scope;
    uint32_t count = read_count(p);
    cm_print(p, " (%s", word);
    p->scope = &scope;
    p->indent++;
    if (cm_print_enter(p)) {
        for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++)
            declarator(p);
    }
    p->nesting--;
    p->indent--;
    p->scope = outer;
}

void cm_print_type(cm_printer *p)
{
    uint8_t code = vm_reader_u8(&p->r);
    const char *word = primitive_word(code);
    cm_print(p, "(type");
    cm_print_define(p, CM_TYPE);
    if (word != NULL) {
        cm_print(p, " %s)", word);
        return;
    }
    if (code == FUNC || code == FUNC_ASYNC) {
        cm_print(p, code == FUNC ? " (func" : " (func async");
        labelled(p, "param");
        cm_print_result(p);
    } else if (code == COMPONENT || code == INSTANCE) {
        body_type(p, code == COMPONENT ? "component" : "instance");
    } else if (code == RESOURCE) {
        resource_type(p);
    } else if (!constructor(p, code)) {
        bad_byte(p, code, "a type");
    }
    cm_print(p, "))");
}

/* ---- Imports, exports, aliases --------------------------------------------------------------------------------- */

void cm_print_extern_name(cm_printer *p)
{
    uint8_t form = vm_reader_u8(&p->r);
    cm_print_read_name(p);
    uint32_t count = form == 0x02 ? read_count(p) : 0;
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        uint8_t kind = vm_reader_u8(&p->r);
        if (kind >= BASE_COUNT(cm_text_attributes)) {
            bad_byte(p, kind, "an attribute");
            return;
        }
        cm_print(p, " (%s", cm_text_attributes[kind]);
        cm_print_read_name(p);
        cm_print(p, ")");
    }
}

static void type_bound(cm_printer *p)
{
    if (vm_reader_u8(&p->r) != 0x00) {
        cm_print(p, " (sub resource)");
        return;
    }
    cm_print(p, " (eq");
    cm_print_read_index(p, CM_TYPE);
    cm_print(p, ")");
}

static void value_bound(cm_printer *p)
{
    if (vm_reader_u8(&p->r) != 0x00) {
        cm_print_valtype(p);
        return;
    }
    cm_print(p, " (eq");
    cm_print_read_index(p, CM_VALUE);
    cm_print(p, ")");
}

void cm_print_externtype(cm_printer *p, bool is_definition)
{
    cm_sort sort = cm_text_read_sort(&p->r);
    cm_print(p, " (%s", cm_sort_name(sort));
    if (is_definition)
        cm_print_define(p, sort);
    if (sort == CM_TYPE) {
        type_bound(p);
    } else if (sort == CM_VALUE) {
        value_bound(p);
    } else {
        cm_print(p, " (type");
        cm_print_read_index(p, sort == CM_CORE_MODULE ? CM_CORE_TYPE : CM_TYPE);
        cm_print(p, ")");
    }
    cm_print(p, ")");
}

void cm_print_alias(cm_printer *p)
{
    cm_sort sort = cm_text_read_sort(&p->r);
    uint8_t target = vm_reader_u8(&p->r);
    if (target > 0x02)
        bad_byte(p, target, "an alias");
    cm_print(p, target == 0x00 ? "(alias export" : target == 0x01 ? "(alias core export" : "(alias outer");
    if (target == 0x02) {
        uint32_t depth = vm_reader_leb_u32(&p->r);
        cm_print(p, " %u %u", (unsigned)depth, (unsigned)vm_reader_leb_u32(&p->r));
    } else {
        cm_print_read_index(p, target == 0x00 ? CM_INSTANCE : CM_CORE_INSTANCE);
        cm_print_read_name(p);
    }
    cm_print(p, " (%s", cm_sort_name(sort));
    cm_print_define(p, sort);
    cm_print(p, "))");
}
