/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a byte of a module back to the text it was assembled from: a mark for each instruction, in the order of the bytes.
 * Marks are made only when somebody asks, by assembling the text once more.
 */
#include "vm/text/parser.h"

enum { CODE = 10 };

void vm_text_mark_place(vm_text_parser *p, const vm_place *place)
{
    if (p->marks == NULL || p->code != &p->sections[CODE].content)
        return;
    if (!BASE_VEC_PUSH(&p->marks->list, p->allocator, (vm_text_mark){p->code->len, *place}))
        vm_text_nomem(p);
}

void vm_text_shift_marks(vm_text_marks *marks, size_t first, size_t distance)
{
    for (size_t i = first; i < marks->list.len; i++)
        marks->list.data[i].offset += distance;
}

struct pirn_text_map {
    const vm_text_mark *marks;
    size_t count, end;
};

static pirn_status keep_marks(const vm_text_marks *marks, pirn_arena *arena, const pirn_text_map **out,
                              pirn_error *error)
{
    size_t size = marks->list.len * sizeof *marks->list.data;
    pirn_text_map *map = base_arena_alloc(&arena->base, sizeof *map);
    vm_text_mark *copy = base_arena_alloc(&arena->base, size + 1);
    if (map == NULL || copy == NULL)
        return base_nomem(error);
    if (size > 0)
        memcpy(copy, marks->list.data, size);
    *map = (pirn_text_map){copy, marks->list.len, marks->end};
    *out = map;
    return PIRN_OK;
}

pirn_status pirn_text_map_new(const char *text, size_t size, pirn_arena *arena, const pirn_text_map **out,
                              pirn_error *error)
{
    const pirn_allocator *allocator = arena->base.allocator;
    vm_text_marks marks = {.end = 0};
    vm_lexer lexer;
    vm_writer module;
    vm_lexer_init(&lexer, (pirn_str){text, size}, vm_text_keeps_annotation, error);
    vm_writer_init(&module, allocator);
    pirn_status status = vm_text_parse_marked(&lexer, &marks, &module);
    if (status == PIRN_OK)
        status = keep_marks(&marks, arena, out, error);
    vm_writer_done(&module);
    BASE_VEC_DONE(&marks.list, allocator);
    return status;
}

bool pirn_text_map_find(const pirn_text_map *map, uint64_t offset, uint32_t *line, uint32_t *column)
{
    size_t low = 0, high = map->count; /* the marks before `low` are at or before the offset */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->marks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || offset >= map->end)
        return false;
    const vm_place *place = &map->marks[low - 1].place;
    *line = place->line;
    *column = vm_place_column(place);
    return true;
}
