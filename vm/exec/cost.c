/* SPDX-License-Identifier: Apache-2.0 */
/* What a module's code and a store's memories take: the figures of `pirn inspect --cost`. */
#include "vm/exec/call.h"
#include "vm/exec/code.h"
#include "vm/exec/pool.h"

static void count_cell(void *data, uint32_t word, const char *text)
{
    (void)word;
    (void)text;
    ++*(uint64_t *)data;
}

pirn_status pirn_module_cost_of(const pirn_module *module, pirn_module_cost *out, pirn_error *error)
{
    const vm_module *syntax = &module->syntax;
    *out = (pirn_module_cost){.functions = syntax->funcs.len - syntax->imported_funcs};
    for (uint32_t i = syntax->imported_funcs; i < syntax->funcs.len; i++) {
        const vm_word *entry;
        if (vm_translate((pirn_module *)module, i, &entry) != PIRN_OK ||
            !vm_disasm(module, i, count_cell, &out->cells))
            return base_nomem(error);
        const vm_range body = syntax->funcs.data[i].body;
        out->code_bytes += (uint64_t)(body.end - body.start);
        out->cell_bytes += module->codes[i - syntax->imported_funcs]->words * sizeof(vm_word);
    }
    return PIRN_OK;
}

static void add_memory(pirn_store_cost *cost, const pirn_store *store, const pirn_memory *memory)
{
    const vm_reservation *reservation = memory->reservation;
    cost->memory_bytes += pirn_memory_size(memory);
    if (reservation == NULL || store->pool == NULL)
        return;
    cost->written_bytes += vm_reservation_written(reservation, &store->pool->cleaner, memory->size);
    if (reservation->pristine != NULL && reservation->pristine->is_sealed)
        cost->shared_bytes += reservation->pristine->end - reservation->pristine->start;
}

pirn_store_cost pirn_store_cost_of(const pirn_store *store)
{
    pirn_store_cost cost = {0};
    for (const pirn_memory *memory = store->memories; memory != NULL; memory = memory->next)
        add_memory(&cost, store, memory);
    for (const pirn_instance *instance = store->instances; instance != NULL; instance = instance->next) {
        const vm_module *syntax = &instance->module->syntax;
        for (uint32_t i = syntax->imported_memories; i < syntax->memories.len; i++)
            add_memory(&cost, store, instance->memories[i]);
    }
    return cost;
}
