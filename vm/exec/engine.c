/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: configuration and lifetime. Its registry of types is in vm/exec/type.c. */
#include "vm/exec/runtime.h"

/* A row of PIRN_COMPONENT_FEATURES: the bit, if the release or the build has it. */
#define BIT_IF_RELEASED(bit, name, text, since, complete, meaning) | (sizeof since > 1 ? (uint32_t)name : 0)
#define BIT_IF_COMPLETE(bit, name, text, since, complete, meaning) | (complete ? (uint32_t)name : 0)

pirn_config pirn_config_default(void)
{
    return (pirn_config){
        .features = VM_FEATURES_DEFAULT,
        .component_features = 0 PIRN_COMPONENT_FEATURES(BIT_IF_RELEASED),
        .fusion = true,
    };
}

uint32_t pirn_features_supported(void)
{
    return VM_FEATURES_SUPPORTED;
}

uint32_t pirn_component_features_supported(void)
{
    return 0 PIRN_COMPONENT_FEATURES(BIT_IF_COMPLETE);
}

pirn_engine *pirn_engine_new(const pirn_config *config)
{
    pirn_config chosen = config != NULL ? *config : pirn_config_default();
    const pirn_allocator *allocator = chosen.allocator != NULL ? chosen.allocator : pirn_allocator_default();
    pirn_engine *engine = base_alloc_zero(allocator, sizeof *engine);
    if (engine == NULL)
        return NULL;
    engine->allocator = *allocator;
    engine->config = chosen;
    engine->config.allocator = &engine->allocator;
    base_arena_init(&engine->types_arena, &engine->allocator);
    base_map_init(&engine->groups, &engine->allocator);
    return engine;
}

void pirn_engine_free(pirn_engine *engine)
{
    if (engine == NULL)
        return;
    pirn_allocator allocator = engine->allocator;
    base_arena_done(&engine->types_arena);
    BASE_VEC_DONE(&engine->types, &allocator);
    base_map_done(&engine->groups);
    base_free(&allocator, engine, sizeof *engine);
}

const pirn_allocator *pirn_engine_allocator(const pirn_engine *engine)
{
    return &engine->allocator;
}

uint32_t pirn_engine_component_features(const pirn_engine *engine)
{
    return engine->config.component_features;
}
