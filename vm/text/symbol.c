/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers and indices (spec 6.3.5, 6.1.3). All identifiers of a module are in one map; a symbol knows what it
 * stands for in each index space. Locals and labels are forgotten at the end of their function and block.
 */
#include "vm/text/parser.h"
#include <string.h>

static const char *const space_words[] = {
#define SPACE_WORD(name, text) text,
    VM_TEXT_SPACES(SPACE_WORD)
#undef SPACE_WORD
};

/* ---- Symbols --------------------------------------------------------------------------------------------------- */

uint32_t vm_text_symbol_of(vm_text_parser *p, const vm_token *token)
{
    pirn_str name = vm_lexer_id(p->lexer, token, &p->arena);
    bool added;
    uint64_t number;
    if (vm_lexer_failed(p->lexer))
        return 0;
    if (base_map_get(&p->ids, name, &number))
        return (uint32_t)number;
    if (!BASE_VEC_PUSH(&p->symbols, p->allocator, (vm_text_symbol){.name = name}) ||
        base_map_add(&p->ids, name, p->symbols.len - 1, &added) != PIRN_OK) {
        vm_text_nomem(p);
        return 0;
    }
    return (uint32_t)p->symbols.len - 1;
}

/* The index that the ID token has in the space. */
static uint32_t resolve(vm_text_parser *p, vm_text_space space, const vm_token *token)
{
    if (space == VM_SPACE_TYPE && p->find_type != NULL)
        return p->find_type(p->find_user, token);
    pirn_str name = vm_lexer_id(p->lexer, token, &p->arena);
    uint64_t number;
    if (vm_lexer_failed(p->lexer))
        return 0;
    uint32_t index = base_map_get(&p->ids, name, &number) ? p->symbols.data[number].index[space] : 0;
    if (index == 0)
        vm_lexer_fail(p->lexer, "unknown %s %.*s", space_words[space], PIRN_STR_ARG(token->text));
    return index - (index != 0);
}

/* ---- Taking indices, numbers, strings -------------------------------------------------------------------------- */

bool vm_text_at_index(const vm_text_parser *p)
{
    return p->lexer->token.kind == VM_TOKEN_INTEGER || p->lexer->token.kind == VM_TOKEN_ID;
}

uint64_t vm_text_number(vm_text_parser *p, unsigned bits)
{
    const vm_token *token = &p->lexer->token;
    uint64_t value = 0;
    char first = token->text.len > 0 ? token->text.data[0] : '\0';
    if (token->kind != VM_TOKEN_INTEGER || first == '+' || first == '-')
        vm_lexer_unexpected(p->lexer, "a number");
    else if (!vm_number_unsigned(token->text, bits, &value))
        vm_lexer_fail(p->lexer, "i%u constant out of range: %.*s", bits, PIRN_STR_ARG(token->text));
    if (vm_lexer_failed(p->lexer))
        return 0;
    vm_lexer_advance(p->lexer);
    return value;
}

uint32_t vm_text_index(vm_text_parser *p, vm_text_space space)
{
    if (p->lexer->token.kind == VM_TOKEN_INTEGER)
        return (uint32_t)vm_text_number(p, 32);
    if (p->lexer->token.kind != VM_TOKEN_ID) {
        vm_lexer_unexpected(p->lexer, "an index or an identifier");
        return 0;
    }
    uint32_t index = resolve(p, space, &p->lexer->token);
    vm_lexer_advance(p->lexer);
    if (space == VM_SPACE_LABEL) /* counted from the innermost */
        index = (uint32_t)p->labels.len - 1 - index;
    return index;
}

uint32_t vm_text_index_or(vm_text_parser *p, vm_text_space space, uint32_t otherwise)
{
    return vm_text_at_index(p) ? vm_text_index(p, space) : otherwise;
}

pirn_str vm_text_string(vm_text_parser *p)
{
    pirn_str bytes = vm_lexer_bytes(p->lexer, &p->lexer->token, &p->arena);
    vm_lexer_advance(p->lexer);
    return bytes;
}

pirn_str vm_text_name(vm_text_parser *p)
{
    pirn_str name = vm_lexer_name(p->lexer, &p->lexer->token, &p->arena);
    vm_lexer_advance(p->lexer);
    return name;
}

void vm_text_skip_id(vm_text_parser *p)
{
    vm_lexer_take_kind(p->lexer, VM_TOKEN_ID);
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

static void name_index(vm_text_parser *p, vm_text_space space, uint32_t index, pirn_str name)
{
    if (!BASE_VEC_PUSH(&p->names[space], p->allocator, (vm_name){index, name}))
        vm_text_nomem(p);
}

/* Gives the symbol its meaning; false, and a failure, when it has one. */
static bool define(vm_text_parser *p, vm_text_space space, uint32_t symbol, uint32_t index)
{
    if (vm_lexer_failed(p->lexer))
        return false;
    uint32_t *meaning = &p->symbols.data[symbol].index[space];
    if (*meaning != 0) {
        vm_lexer_fail(p->lexer, "duplicate %s %.*s", space_words[space], PIRN_STR_ARG(p->lexer->token.text));
        return false;
    }
    *meaning = index + 1;
    return true;
}

uint32_t vm_text_declare(vm_text_parser *p, vm_text_space space)
{
    uint32_t index = p->counts[space]++;
    if (p->lexer->token.kind != VM_TOKEN_ID)
        return index;
    uint32_t symbol = vm_text_symbol_of(p, &p->lexer->token);
    if (define(p, space, symbol, index))
        name_index(p, space, index, p->symbols.data[symbol].name);
    vm_lexer_advance(p->lexer);
    return index;
}

void vm_text_declare_local(vm_text_parser *p)
{
    uint32_t index = p->next[VM_SPACE_LOCAL]++;
    if (p->lexer->token.kind != VM_TOKEN_ID)
        return;
    uint32_t symbol = vm_text_symbol_of(p, &p->lexer->token);
    if (define(p, VM_SPACE_LOCAL, symbol, index)) {
        name_index(p, VM_SPACE_LOCAL, index, p->symbols.data[symbol].name);
        if (!BASE_VEC_PUSH(&p->local_symbols, p->allocator, symbol))
            vm_text_nomem(p);
    }
    vm_lexer_advance(p->lexer);
}

void vm_text_forget_locals(vm_text_parser *p)
{
    for (size_t i = 0; i < p->local_symbols.len; i++)
        p->symbols.data[p->local_symbols.data[i]].index[VM_SPACE_LOCAL] = 0;
    p->local_symbols.len = 0;
    p->names[VM_SPACE_LOCAL].len = 0;
    p->next[VM_SPACE_LOCAL] = 0;
}

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

/* The key of a field in p->fields. */
typedef struct field_key {
    uint32_t type, symbol;
} field_key;

void vm_text_declare_field(vm_text_parser *p, uint32_t type, uint32_t field, const vm_token *id)
{
    uint32_t symbol = vm_text_symbol_of(p, id);
    field_key *key = base_arena_alloc(&p->arena, sizeof *key);
    bool added = false;
    if (vm_lexer_failed(p->lexer))
        return;
    if (key == NULL) {
        vm_text_nomem(p);
        return;
    }
    *key = (field_key){type, symbol};
    if (base_map_add(&p->fields, (pirn_str){(const char *)key, sizeof *key}, field, &added) != PIRN_OK)
        vm_text_nomem(p);
    else if (!added)
        vm_lexer_fail_at(p->lexer, &id->start, PIRN_MALFORMED, "duplicate field %.*s", PIRN_STR_ARG(id->text));
}

uint32_t vm_text_field_index(vm_text_parser *p, uint32_t type)
{
    vm_token token = p->lexer->token;
    if (token.kind != VM_TOKEN_ID)
        return (uint32_t)vm_text_number(p, 32);
    uint64_t field = 0;
    field_key key = {type, vm_text_symbol_of(p, &token)};
    if (!base_map_get(&p->fields, (pirn_str){(const char *)&key, sizeof key}, &field))
        vm_lexer_fail(p->lexer, "unknown field %.*s", PIRN_STR_ARG(token.text));
    vm_lexer_advance(p->lexer);
    return (uint32_t)field;
}

/* ---- Labels ---------------------------------------------------------------------------------------------------- */

void vm_text_push_label(vm_text_parser *p, const vm_token *id)
{
    vm_text_label label = {0, 0};
    if (id != NULL) {
        uint32_t symbol = vm_text_symbol_of(p, id);
        if (vm_lexer_failed(p->lexer))
            return;
        uint32_t *meaning = &p->symbols.data[symbol].index[VM_SPACE_LABEL];
        label = (vm_text_label){symbol + 1, *meaning};
        *meaning = (uint32_t)p->labels.len + 1;
        if (!BASE_VEC_PUSH(&p->label_names, p->allocator, (vm_name){p->label_ordinal, p->symbols.data[symbol].name}))
            vm_text_nomem(p);
    }
    p->label_ordinal++;
    if (!BASE_VEC_PUSH(&p->labels, p->allocator, label))
        vm_text_nomem(p);
}

void vm_text_pop_label(vm_text_parser *p)
{
    if (p->labels.len == 0)
        return;
    vm_text_label label = p->labels.data[--p->labels.len];
    if (label.symbol != 0)
        p->symbols.data[label.symbol - 1].index[VM_SPACE_LABEL] = label.shadowed;
}

void vm_text_check_label(vm_text_parser *p)
{
    if (p->lexer->token.kind != VM_TOKEN_ID || p->labels.len == 0)
        return;
    uint32_t symbol = vm_text_symbol_of(p, &p->lexer->token);
    if (p->labels.data[p->labels.len - 1].symbol != symbol + 1)
        vm_lexer_fail(p->lexer, "mismatching label %.*s", PIRN_STR_ARG(p->lexer->token.text));
    vm_lexer_advance(p->lexer);
}
