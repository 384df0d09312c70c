/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core definitions of component text: modules, instances and types (Explainer, the rules with `core:`). Modules and
 * core types are read by the text parser of the virtual machine; the identifiers of types are ours.
 */
#include "component/text_parse.h"

enum {
    MODULE_TYPE = 0x50,
    SUB = 0x50,
    ALIAS_OUTER = 0x01,
    SORT_TYPE = 0x10,
    SORT_INSTANCE = 0x12,
    INSTANTIATE = 0x00,
    EXPORTS = 0x01
};

/* ---- Modules --------------------------------------------------------------------------------------------------- */

static void module_content(cm_text_parser *p, pirn_str name)
{
    vm_writer *w = &p->scope->out;
    cm_text_flush(p);
    size_t section = vm_writer_begin(w, CM_SECTION_CORE_MODULE);
    if (vm_lexer_take(p->lexer, "binary"))
        cm_text_binary(p, w);
    else if (vm_text_parse_fields(p->lexer, name, w) != PIRN_OK)
        return;
    vm_writer_end(w, section);
}

static void module(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p);
    if (!cm_text_inverted(p, CM_CORE_MODULE, &id, first)) {
        module_content(p, id.shown.data != NULL ? id.shown : id.name);
        cm_text_define(p, CM_CORE_MODULE, &id, first);
    }
    cm_text_expect_close(p);
}

/* ---- Instances ------------------------------------------------------------------------------------------------- */

/* An instance made of exports, inside the instantiation that it is an argument of: its index. */
static uint32_t inline_instance(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    vm_writer_u8(&p->scratch, EXPORTS);
    cm_text_export_list(p, true);
    cm_text_put(p, CM_SECTION_CORE_INSTANCE, mark);
    return cm_text_declare(p, CM_CORE_INSTANCE, NULL);
}

/* `(with "name" (instance ...))`* */
static void arguments(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "with"); count++) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        cm_text_expect_open(p, "instance");
        uint32_t index = cm_text_at_index(p) ? cm_text_sorted_index(p, CM_CORE_INSTANCE) : inline_instance(p);
        vm_writer_u8(&p->scratch, SORT_INSTANCE);
        vm_writer_leb_unsigned(&p->scratch, index);
        cm_text_expect_close(p);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

static void instance(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t mark = p->scratch.len;
    if (vm_lexer_take_open(p->lexer, "instantiate")) {
        uint32_t source = cm_text_index(p, CM_CORE_MODULE, true);
        vm_writer_u8(&p->scratch, INSTANTIATE);
        vm_writer_leb_unsigned(&p->scratch, source);
        arguments(p);
        cm_text_expect_close(p);
    } else {
        vm_writer_u8(&p->scratch, EXPORTS);
        cm_text_export_list(p, true);
    }
    cm_text_put(p, CM_SECTION_CORE_INSTANCE, mark);
    cm_text_declare(p, CM_CORE_INSTANCE, &id);
    cm_text_expect_close(p);
}

/* ---- Types ----------------------------------------------------------------------------------------------------- */

static uint32_t find_type(void *user, const vm_token *id)
{
    return cm_text_find(user, CM_CORE_TYPE, id);
}

/* The core types of the scope, for the parser of core text. NULL after a failure. */
static vm_text_type_space *type_space(cm_text_parser *p)
{
    cm_text_scope *scope = p->scope;
    if (scope->core_types == NULL)
        scope->core_types = vm_text_type_space_new(p->lexer, p->allocator, find_type, p);
    if (scope->core_types == NULL)
        cm_text_nomem(p);
    return vm_lexer_failed(p->lexer) ? NULL : scope->core_types;
}

/* Types that were defined otherwise than by the space count there, too. */
static vm_text_type_space *caught_up(cm_text_parser *p)
{
    vm_text_type_space *space = type_space(p);
    while (space != NULL && vm_text_type_space_count(space) < p->scope->counts[CM_CORE_TYPE] &&
           !vm_lexer_failed(p->lexer))
        vm_text_type_space_skip(space);
    return space;
}

/* Puts an entry of the core type section: one that begins like a module type has a mark before it. */
static void put_core_type(cm_text_parser *p, const uint8_t *bytes, size_t size)
{
    size_t mark = p->scratch.len;
    if (size > 0 && bytes[0] == SUB)
        vm_writer_u8(&p->scratch, 0x00);
    vm_writer_bytes(&p->scratch, bytes, size);
    cm_text_put(p, CM_SECTION_CORE_TYPE, mark);
}

/* The types of a group have their identifiers before the first of them is read. */
static void declare_types(cm_text_parser *p)
{
    vm_lexer ahead = cm_text_look(p), *l = &ahead;
    bool is_group = vm_lexer_take(l, "rec");
    while (is_group ? vm_lexer_take_open(l, "type") : vm_lexer_take(l, "type")) {
        cm_text_id id = {.token = l->token};
        id.is_there = l->token.kind == VM_TOKEN_ID;
        id.name = id.is_there ? vm_lexer_id(l, &id.token, &p->arena) : id.name;
        cm_text_declare(p, CM_CORE_TYPE, &id);
        if (!is_group)
            break;
        while (l->token.kind != VM_TOKEN_CLOSE && l->token.kind != VM_TOKEN_END) {
            if (l->token.kind == VM_TOKEN_OPEN)
                vm_lexer_skip_list(l);
            else
                vm_lexer_advance(l);
        }
        vm_lexer_take_kind(l, VM_TOKEN_CLOSE);
    }
}

/* A type or a group, which may refer to itself, behind the open parenthesis. */
static void define_types(cm_text_parser *p)
{
    vm_writer types;
    vm_writer_init(&types, p->allocator);
    vm_text_type_space *space = caught_up(p);
    declare_types(p);
    if (space != NULL && !vm_lexer_failed(p->lexer)) {
        p->only_local = true;
        vm_text_type_space_define(space, &types);
        p->only_local = false;
    }
    if (types.failed)
        cm_text_nomem(p);
    put_core_type(p, types.data, types.len);
    vm_writer_done(&types);
}

/* ---- Module types ---------------------------------------------------------------------------------------------- */

/* `(kind ...)` of an import or export, written. A function type that is new becomes a type first. */
static void core_externtype(cm_text_parser *p, bool is_import)
{
    vm_writer new_type, type;
    vm_writer_init(&new_type, p->allocator);
    vm_writer_init(&type, p->allocator);
    vm_text_type_space *space = caught_up(p);
    if (space != NULL)
        vm_text_type_space_extern(space, is_import, &new_type, &type);
    if (new_type.failed || type.failed)
        cm_text_nomem(p);
    if (new_type.len > 0) {
        put_core_type(p, new_type.data, new_type.len);
        cm_text_declare(p, CM_CORE_TYPE, NULL);
    }
    vm_writer_bytes(&p->scratch, type.data, type.len);
    vm_writer_done(&new_type);
    vm_writer_done(&type);
}

/* `(alias outer scope index (type id?))` behind `alias`. */
static void core_alias(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    cm_text_expect(p, "outer");
    uint32_t depth = cm_text_scope_index(p);
    vm_token index = p->lexer->token;
    if (!cm_text_at_index(p))
        cm_text_unexpected(p, "an index or an identifier");
    vm_lexer_advance(p->lexer);
    cm_text_expect_open(p, "type");
    cm_text_id id = cm_text_take_id(p);
    vm_writer_u8(&p->scratch, SORT_TYPE);
    vm_writer_u8(&p->scratch, ALIAS_OUTER);
    vm_writer_leb_unsigned(&p->scratch, depth);
    vm_writer_leb_unsigned(&p->scratch, cm_text_index_in(p, depth, CM_CORE_TYPE, &index));
    cm_text_put(p, CM_SECTION_ALIAS, mark);
    cm_text_declare(p, CM_CORE_TYPE, &id);
    cm_text_expect_close(p);
}

/* One declarator, behind the open parenthesis. */
static void module_declarator(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    if (vm_lexer_take(p->lexer, "import")) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        vm_writer_name(&p->scratch, cm_text_string(p));
        core_externtype(p, true);
        cm_text_put(p, CM_SECTION_IMPORT, mark);
    } else if (vm_lexer_take(p->lexer, "export")) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        core_externtype(p, false);
        cm_text_put(p, CM_SECTION_EXPORT, mark);
    } else if (vm_lexer_take(p->lexer, "alias")) {
        core_alias(p);
    } else if (vm_token_is(&p->lexer->token, "type") || vm_token_is(&p->lexer->token, "rec")) {
        define_types(p);
        return;
    } else {
        cm_text_unexpected(p, "import, export, type, rec or alias");
    }
    cm_text_expect_close(p);
}

/* Declarators up to the closing parenthesis. */
static void module_type(cm_text_parser *p)
{
    cm_text_scope scope;
    if (!cm_text_enter(p, &scope, CM_SCOPE_MODULE_TYPE, (pirn_str){"", 0}))
        return;
    while (vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        module_declarator(p);
    cm_text_leave(p);
    vm_writer_u8(&p->scratch, MODULE_TYPE);
    vm_writer_leb_unsigned(&p->scratch, scope.items);
    vm_writer_bytes(&p->scratch, scope.out.data, scope.out.len);
    cm_text_scope_done(p, &scope);
}

uint32_t cm_text_module_type_use(cm_text_parser *p)
{
    if (cm_text_opens_type_use(p)) {
        vm_lexer_take_open(p->lexer, "type");
        uint32_t index = cm_text_sorted_index(p, CM_CORE_TYPE);
        cm_text_expect_close(p);
        return index;
    }
    size_t mark = p->scratch.len;
    module_type(p);
    cm_text_put(p, CM_SECTION_CORE_TYPE, mark);
    return cm_text_declare(p, CM_CORE_TYPE, NULL);
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

/* Does it stand on `type id? (module ...)`? */
static bool is_module_type(cm_text_parser *p)
{
    vm_lexer ahead = cm_text_look(p);
    vm_lexer_take(&ahead, "type");
    vm_lexer_take_kind(&ahead, VM_TOKEN_ID);
    return vm_lexer_opens(&ahead, "module") || vm_lexer_opens(&ahead, "alias");
}

void cm_text_core_type(cm_text_parser *p)
{
    if (!vm_token_is(&p->lexer->token, "type") && !vm_token_is(&p->lexer->token, "rec")) {
        cm_text_unexpected(p, "type or rec");
        return;
    }
    if (!vm_token_is(&p->lexer->token, "type") || !is_module_type(p)) {
        define_types(p);
        return;
    }
    vm_lexer_advance(p->lexer);
    cm_text_id id = cm_text_take_id(p);
    size_t mark = p->scratch.len;
    if (!cm_text_inverted_alias(p, CM_CORE_TYPE, &id, p->scope->exports.len)) {
        vm_lexer_take_open(p->lexer, "module");
        module_type(p);
        cm_text_expect_close(p);
        cm_text_put(p, CM_SECTION_CORE_TYPE, mark);
        cm_text_declare(p, CM_CORE_TYPE, &id);
    }
    cm_text_expect_close(p);
}

/* `(core sort id? (alias ...))`, and of functions `(canon ...)`. */
static void inverted(cm_text_parser *p)
{
    cm_sort sort = cm_text_take_sort(p, true);
    if (sort == CM_CORE_FUNC) {
        cm_text_inverted_canon(p);
        return;
    }
    cm_text_id id = cm_text_take_id(p);
    if (!cm_text_inverted_alias(p, sort, &id, p->scope->exports.len))
        cm_text_unexpected(p, "(alias");
    cm_text_expect_close(p);
}

void cm_text_core(cm_text_parser *p)
{
    if (vm_lexer_take(p->lexer, "module"))
        module(p);
    else if (vm_lexer_take(p->lexer, "instance"))
        instance(p);
    else if (vm_token_is(&p->lexer->token, "type") || vm_token_is(&p->lexer->token, "rec"))
        cm_text_core_type(p);
    else
        inverted(p);
}
