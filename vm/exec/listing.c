/* SPDX-License-Identifier: Apache-2.0 */
/* The disassembler's lines, sorted by where the translator says that they come from. */
#include "vm/exec/listing.h"
#include <stdlib.h>
#include <string.h>

void vm_listing_init(vm_listing *listing, const pirn_module *module)
{
    *listing = (vm_listing){.module = module};
    base_arena_init(&listing->arena, &module->engine->allocator);
}

void vm_listing_done(vm_listing *listing)
{
    BASE_VEC_DONE(&listing->lines, &listing->module->engine->allocator);
    base_arena_done(&listing->arena);
}

static void add_line(void *data, uint32_t word, const char *text)
{
    vm_listing *listing = data;
    pirn_str copy = base_arena_copy(&listing->arena, pirn_str_of(text));
    vm_listing_line line = {.word = word, .text = copy.data};
    if (copy.data == NULL || !BASE_VEC_PUSH(&listing->lines, &listing->module->engine->allocator, line))
        listing->failed = true;
}

/* Both are in the order of words. */
static void set_offsets(vm_listing *listing, const vm_cell_place *places, size_t count)
{
    size_t place = 0;
    for (size_t i = 0; i < listing->lines.len; i++) {
        vm_listing_line *line = &listing->lines.data[i];
        while (place + 1 < count && places[place + 1].word <= line->word)
            place++;
        line->offset = count > 0 ? places[place].offset : 0;
    }
}

static int compare_lines(const void *a, const void *b)
{
    const vm_listing_line *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->word < y->word ? -1 : x->word > y->word;
}

pirn_status vm_listing_begin(vm_listing *listing, uint32_t func, pirn_error *error)
{
    const vm_word *entry;
    vm_cell_place *places;
    size_t count;
    base_arena_reset(&listing->arena);
    listing->lines.len = listing->next = 0;
    listing->failed = false;
    if (vm_translate((pirn_module *)listing->module, func, &entry) != PIRN_OK ||
        !vm_translate_places(listing->module, func, &listing->arena, &places, &count) ||
        !vm_disasm(listing->module, func, add_line, listing) || listing->failed)
        return base_nomem(error);
    set_offsets(listing, places, count);
    if (listing->lines.len > 0)
        qsort(listing->lines.data, listing->lines.len, sizeof *listing->lines.data, compare_lines);
    return PIRN_OK;
}

const char *vm_listing_next(vm_listing *listing, uint64_t offset)
{
    bool is_due = listing->next < listing->lines.len && listing->lines.data[listing->next].offset <= offset;
    return is_due ? listing->lines.data[listing->next++].text : NULL;
}
