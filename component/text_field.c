/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions of a component: what each begins with, and components, instances, aliases and functions. */
#include "component/text_parse.h"

enum { INSTANTIATE = 0x00, EXPORTS = 0x01, ALIAS_EXPORT = 0x00, ALIAS_CORE_EXPORT = 0x01, ALIAS_OUTER = 0x02 };

/* ---- Components ------------------------------------------------------------------------------------------------ */

/* Behind its identifier. */
static void component_content(cm_text_parser *p, const cm_text_id *id)
{
    vm_writer *w = &p->scope->out;
    cm_text_flush(p);
    size_t section = vm_writer_begin(w, CM_SECTION_COMPONENT);
    if (vm_lexer_take(p->lexer, "binary"))
        cm_text_binary(p, w);
    else
        cm_text_component(p, id, w);
    vm_writer_end(w, section);
}

static void component(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p);
    if (!cm_text_inverted(p, CM_COMPONENT, &id, first)) {
        component_content(p, &id);
        cm_text_define(p, CM_COMPONENT, &id, first);
    }
    cm_text_expect_close(p);
}

/* ---- Instances ------------------------------------------------------------------------------------------------- */

/* Does it stand on `(instance` and no index behind it? */
static bool opens_inline_instance(cm_text_parser *p)
{
    if (!vm_lexer_opens(p->lexer, "instance"))
        return false;
    vm_lexer ahead = cm_text_look(p);
    vm_lexer_take_open(&ahead, "instance");
    return ahead.token.kind == VM_TOKEN_OPEN || ahead.token.kind == VM_TOKEN_CLOSE;
}

/* An instance made of exports, inside the instantiation that it is an argument of. */
static cm_ref inline_instance(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    vm_lexer_take_open(p->lexer, "instance");
    vm_writer_u8(&p->scratch, EXPORTS);
    cm_text_export_list(p, false);
    cm_text_expect_close(p);
    cm_text_put(p, CM_SECTION_INSTANCE, mark);
    return (cm_ref){CM_INSTANCE, cm_text_declare(p, CM_INSTANCE, NULL)};
}

/* `(with "name" ref)`* */
static void arguments(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "with"); count++) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        cm_ref ref = opens_inline_instance(p) ? inline_instance(p) : cm_text_extern_index(p, false);
        cm_text_write_sort(p, ref.sort);
        vm_writer_leb_unsigned(&p->scratch, ref.index);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

static void instance_content(cm_text_parser *p)
{
    if (vm_lexer_take_open(p->lexer, "instantiate")) {
        uint32_t source = cm_text_index(p, CM_COMPONENT, false);
        vm_writer_u8(&p->scratch, INSTANTIATE);
        vm_writer_leb_unsigned(&p->scratch, source);
        arguments(p);
        cm_text_expect_close(p);
    } else {
        vm_writer_u8(&p->scratch, EXPORTS);
        cm_text_export_list(p, false);
    }
}

static void instance(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p), mark = p->scratch.len;
    if (!cm_text_inverted(p, CM_INSTANCE, &id, first)) {
        instance_content(p);
        cm_text_put(p, CM_SECTION_INSTANCE, mark);
        cm_text_define(p, CM_INSTANCE, &id, first);
    }
    cm_text_expect_close(p);
}

/* ---- Aliases --------------------------------------------------------------------------------------------------- */

/* What an alias is of, up to where its sort may stand. */
typedef struct target {
    uint8_t code;
    uint32_t instance;
    pirn_str name;
    uint32_t depth;
    vm_token index; /* in an outer scope: of a sort that is not known yet */
} target;

static target read_target(cm_text_parser *p)
{
    target t = {.code = ALIAS_OUTER};
    if (vm_lexer_take(p->lexer, "outer")) {
        t.depth = cm_text_scope_index(p);
        t.index = p->lexer->token;
        if (!cm_text_at_index(p))
            cm_text_unexpected(p, "an index or an identifier");
        vm_lexer_advance(p->lexer);
        return t;
    }
    bool is_core = vm_lexer_take(p->lexer, "core");
    if (!vm_lexer_take(p->lexer, "export"))
        cm_text_unexpected(p, is_core ? "export" : "export, core export or outer");
    t.code = is_core ? ALIAS_CORE_EXPORT : ALIAS_EXPORT;
    t.instance = cm_text_plain_index(p, is_core ? CM_CORE_INSTANCE : CM_INSTANCE);
    t.name = cm_text_string(p);
    return t;
}

static void put_alias(cm_text_parser *p, cm_sort sort, const target *t)
{
    size_t mark = p->scratch.len;
    cm_text_write_sort(p, sort);
    vm_writer_u8(&p->scratch, t->code);
    if (t->code == ALIAS_OUTER) {
        vm_writer_leb_unsigned(&p->scratch, t->depth);
        vm_writer_leb_unsigned(&p->scratch, cm_text_index_in(p, t->depth, sort, &t->index));
    } else {
        vm_writer_leb_unsigned(&p->scratch, t->instance);
        vm_writer_name(&p->scratch, t->name);
    }
    cm_text_put(p, CM_SECTION_ALIAS, mark);
}

void cm_text_alias(cm_text_parser *p)
{
    target t = read_target(p);
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        cm_text_unexpected(p, "a sort, such as (func)");
    cm_sort sort = cm_text_take_any_sort(p);
    cm_text_id id = cm_text_take_id(p);
    put_alias(p, sort, &t);
    cm_text_declare(p, sort, &id);
    cm_text_expect_close(p);
    cm_text_expect_close(p);
}

/* Does it stand on an alias that ends without a sort? The first definition of a component has one. */
static bool opens_inverted_alias(cm_text_parser *p)
{
    if (!vm_lexer_opens(p->lexer, "alias"))
        return false;
    vm_lexer ahead = cm_text_look(p);
    vm_lexer_advance(&ahead);
    while (ahead.token.kind != VM_TOKEN_OPEN && ahead.token.kind != VM_TOKEN_CLOSE &&
           ahead.token.kind != VM_TOKEN_END)
        vm_lexer_advance(&ahead);
    return ahead.token.kind == VM_TOKEN_CLOSE;
}

bool cm_text_inverted_alias(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export)
{
    if (!opens_inverted_alias(p))
        return false;
    vm_lexer_take_open(p->lexer, "alias");
    target t = read_target(p);
    cm_text_expect_close(p);
    put_alias(p, sort, &t);
    cm_text_define(p, sort, id, first_export);
    return true;
}

bool cm_text_inverted(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export)
{
    return cm_text_inverted_import(p, sort, id, first_export) || cm_text_inverted_alias(p, sort, id, first_export);
}

/* ---- Functions ------------------------------------------------------------------------------------------------- */

static void func(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p);
    if (!cm_text_inverted(p, CM_FUNC, &id, first)) {
        cm_text_inverted_lift(p, cm_text_functype_use(p));
        cm_text_define(p, CM_FUNC, &id, first);
    }
    cm_text_expect_close(p);
}

/* ---- All ------------------------------------------------------------------------------------------------------- */

void cm_text_field(cm_text_parser *p)
{
    static const struct {
        const char *word;
        void (*read)(cm_text_parser *p);
    } rows[] = {
        {"core", cm_text_core},           {"component", component},   {"instance", instance},
        {"alias", cm_text_alias},         {"type", cm_text_type},     {"canon", cm_text_canon},
        {"start", cm_text_start},         {"import", cm_text_import}, {"func", func},
        {"export", cm_text_export_field}, {"value", cm_text_value},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (vm_lexer_take(p->lexer, rows[i].word)) {
            rows[i].read(p);
            return;
        }
    }
    cm_text_unexpected(p, "a definition of a component");
}
