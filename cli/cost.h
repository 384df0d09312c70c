/* SPDX-License-Identifier: Apache-2.0 */
/* What a file costs to run: its code when all of it is translated, and its instances in a pool. */
#pragma once

#include <jansson.h>
#include <pirn/component.h>

/* Counts what is taken from the C library. */
typedef struct cli_ledger {
    uint64_t live_bytes;
} cli_ledger;

cli_ledger cli_ledger_new(void);
/* As the resize function of an allocator whose user pointer is a ledger. */
void *cli_ledger_resize(void *user, void *block, size_t old_size, size_t new_size);

/* The engine's allocator is the ledger's. A file that cannot be instantiated here has the reason in its description. */
pirn_status cli_cost_of_module(pirn_engine *engine, const pirn_module *module, const cli_ledger *ledger, json_t **out,
                               pirn_error *error);
pirn_status cli_cost_of_component(pirn_engine *engine, const pirn_component *component, const cli_ledger *ledger,
                                  json_t **out, pirn_error *error);
/* As text; nothing for NULL. */
void cli_cost_print(const json_t *cost);
