/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composing two components: the first two bytes say where in the rest the second one begins. When both are valid, what is made
 * of them is, or the error says why nothing is.
 */
#include "fuzz/fuzz.h"
#include <pirn/component.h>

static bool is_valid(pirn_engine *engine, const pirn_part *part)
{
    pirn_component *component;
    bool valid = pirn_component_load(engine, part->bytes, part->size, PIRN_BYTES_BORROW, &component, NULL) == PIRN_OK;
    if (valid)
        pirn_component_free(component);
    return valid;
}

static void compose(pirn_engine *engine, const pirn_part *parts)
{
    const pirn_link links[] = {{.importer = PIRN_ANY_PART, .exporter = 1}};
    pirn_composition composition = {.parts = parts, .part_count = 2, .links = links, .link_count = 1};
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(arena != NULL && error != NULL);
    pirn_part made = {.bytes = NULL};
    const uint8_t *bytes = NULL;
    pirn_status status = pirn_compose(engine, &composition, arena, &bytes, &made.size, error);
    made.bytes = bytes;
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK)
        fuzz_check(is_valid(engine, &made));
    else
        fuzz_check(status != PIRN_MALFORMED && pirn_error_message(error)[0] != '\0');
    pirn_error_free(error);
    pirn_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t left = size - 2, cut = ((size_t)data[0] << 8 | data[1]) % (left + 1);
    const pirn_part parts[] = {
        {PIRN_STR("main"), data + 2, cut},
        {PIRN_STR("plug"), data + 2 + cut, left - cut},
    };
    pirn_engine *engine = pirn_engine_new(NULL);
    fuzz_check(engine != NULL);
    if (is_valid(engine, &parts[0]) && is_valid(engine, &parts[1]))
        compose(engine, parts);
    pirn_engine_free(engine);
    return 0;
}
