/* SPDX-License-Identifier: Apache-2.0 */
/* Globals (spec 4.2.10): one slot, two for a v128. */
#include "vm/exec/store.h"

void vm_global_init(pirn_global *global, pirn_store *store, const pirn_globaltype *type, const pirn_slot *initial)
{
    *global = (pirn_global){.type = *type, .store = store};
    memcpy(global->value, initial, pirn_valtype_slots(type->type) * sizeof *initial);
}

pirn_status pirn_global_new(pirn_store *store, const pirn_globaltype *type, const pirn_slot *initial,
                            pirn_global **out, pirn_error *error)
{
    pirn_global *global = base_alloc(&store->engine->allocator, sizeof *global);
    if (global == NULL)
        return base_nomem(error);
    vm_global_init(global, store, type, initial);
    global->next = store->globals;
    store->globals = global;
    *out = global;
    return PIRN_OK;
}

pirn_slot *pirn_global_value(pirn_global *global)
{
    return global->value;
}
