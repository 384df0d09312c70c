/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types outside of modules (see parse.h): a parser of a module that never sees one. It keeps the types so that inline
 * function types find theirs, and what it writes to its type section is handed over piece by piece.
 */
#include "vm/text/parser.h"

enum { TYPES = 1 };

struct vm_text_type_space {
    vm_text_parser parser;
};

vm_text_type_space *vm_text_type_space_new(vm_lexer *lexer, const pirn_allocator *allocator, vm_text_find_type find,
                                           void *user)
{
    vm_text_type_space *space = base_alloc(allocator, sizeof *space);
    if (space == NULL)
        return NULL;
    vm_text_parser_init(&space->parser, lexer, allocator);
    space->parser.find_type = find;
    space->parser.find_user = user;
    return space;
}

void vm_text_type_space_free(vm_text_type_space *space)
{
    if (space == NULL)
        return;
    const pirn_allocator *allocator = space->parser.allocator;
    vm_text_parser_done(&space->parser);
    base_free(allocator, space, sizeof *space);
}

void vm_text_type_space_skip(vm_text_type_space *space)
{
    if (!BASE_VEC_PUSH(&space->parser.types, space->parser.allocator, (vm_text_type){0}))
        vm_text_nomem(&space->parser);
}

/* What the type section has grown by. */
static void hand_over(vm_text_parser *p, vm_writer *out)
{
    vm_writer *types = &p->sections[TYPES].content;
    vm_writer_bytes(out, types->data, types->len);
    if (types->failed)
        vm_text_nomem(p);
    types->len = 0;
}

size_t vm_text_type_space_count(const vm_text_type_space *space)
{
    return space->parser.types.len;
}

void vm_text_type_space_define(vm_text_type_space *space, vm_writer *out)
{
    vm_text_type_field(&space->parser);
    hand_over(&space->parser, out);
}

void vm_text_type_space_extern(vm_text_type_space *space, bool is_import, vm_writer *new_type, vm_writer *out)
{
    vm_text_described_import(&space->parser, is_import, 1, out);
    hand_over(&space->parser, new_type);
}
