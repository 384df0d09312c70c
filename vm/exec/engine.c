/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: configuration, and the registry in which equal function types become one object. Types live in an arena
 * until the engine is freed; finding one is a hash over its value types. Everything here may be called by any thread.
 */
#include "vm/exec/runtime.h"
#include <string.h>

pirn_config pirn_config_default(void)
{
    return (pirn_config){.features = VM_FEATURES_DEFAULT};
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
    return engine;
}

void pirn_engine_free(pirn_engine *engine)
{
    if (engine == NULL)
        return;
    pirn_allocator allocator = engine->allocator;
    base_arena_done(&engine->types_arena);
    BASE_VEC_DONE(&engine->types, &allocator);
    base_free(&allocator, engine->types_index, engine->types_index_size * sizeof *engine->types_index);
    base_free(&allocator, engine, sizeof *engine);
}

const pirn_allocator *pirn_engine_allocator(const pirn_engine *engine)
{
    return &engine->allocator;
}

/* ---- The registry of function types ------------------------------------------------------------------------------ */

static uint64_t hash_types(uint64_t hash, const pirn_valtype *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ types[i]) * 0x100000001B3u;
    return (hash ^ count) * 0x9E3779B97F4A7C15u;
}

/* Seeded by the engine's address, so that hostile types cannot be chosen to collide. */
static size_t hash_signature(const pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                             const pirn_valtype *results, size_t result_count)
{
    uint64_t hash = hash_types((uint64_t)(uintptr_t)engine, params, param_count);
    hash = hash_types(hash, results, result_count);
    return (size_t)(hash ^ hash >> 32);
}

static size_t hash_type(const pirn_functype *type)
{
    const pirn_valtype *results = type->types + type->param_count;
    return hash_signature(type->engine, type->types, type->param_count, results, type->result_count);
}

static bool same_types(const pirn_valtype *a, const pirn_valtype *b, size_t count)
{
    return count == 0 || memcmp(a, b, count * sizeof *a) == 0;
}

/* Keeps at least half of the index free. */
static bool reserve_index(pirn_engine *engine)
{
    if ((engine->types.len + 1) * 2 <= engine->types_index_size)
        return true;
    size_t size = engine->types_index_size == 0 ? 64 : engine->types_index_size * 2;
    uint32_t *index = base_alloc_zero(&engine->allocator, size * sizeof *index);
    if (index == NULL)
        return false;
    for (size_t i = 0; i < engine->types.len; i++) {
        size_t at = hash_type(engine->types.data[i]) & (size - 1);
        while (index[at] != 0)
            at = (at + 1) & (size - 1);
        index[at] = (uint32_t)i + 1;
    }
    base_free(&engine->allocator, engine->types_index, engine->types_index_size * sizeof *index);
    engine->types_index = index;
    engine->types_index_size = size;
    return true;
}

static uint32_t count_slots(const pirn_valtype *types, size_t count)
{
    size_t slots = 0;
    for (size_t i = 0; i < count; i++)
        slots += pirn_valtype_slots(types[i]);
    return (uint32_t)slots;
}

static pirn_functype *make_type(pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                                const pirn_valtype *results, size_t result_count)
{
    pirn_functype *type = base_arena_alloc(&engine->types_arena, sizeof *type);
    pirn_valtype *types = base_arena_array(&engine->types_arena, param_count + result_count, sizeof *types);
    if (type == NULL || types == NULL)
        return NULL;
    if (param_count > 0)
        memcpy(types, params, param_count * sizeof *types);
    if (result_count > 0)
        memcpy(types + param_count, results, result_count * sizeof *types);
    uint32_t param_slots = count_slots(params, param_count);
    uint32_t result_slots = count_slots(results, result_count);
    *type = (pirn_functype){
        .engine = engine,
        .param_count = (uint32_t)param_count,
        .result_count = (uint32_t)result_count,
        .param_slots = param_slots,
        .result_slots = result_slots,
        .header_at = param_slots > result_slots ? param_slots : result_slots,
        .types = types,
    };
    return type;
}

static const pirn_functype *intern_locked(pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                                          const pirn_valtype *results, size_t result_count)
{
    if (!reserve_index(engine))
        return NULL;
    size_t mask = engine->types_index_size - 1;
    size_t at = hash_signature(engine, params, param_count, results, result_count) & mask;
    for (; engine->types_index[at] != 0; at = (at + 1) & mask) {
        const pirn_functype *type = engine->types.data[engine->types_index[at] - 1];
        if (type->param_count == param_count && type->result_count == result_count &&
            same_types(type->types, params, param_count) &&
            same_types(type->types + param_count, results, result_count))
            return type;
    }
    if (!BASE_VEC_RESERVE(&engine->types, &engine->allocator, 1))
        return NULL;
    const pirn_functype *type = make_type(engine, params, param_count, results, result_count);
    if (type == NULL)
        return NULL;
    engine->types.data[engine->types.len++] = type;
    engine->types_index[at] = (uint32_t)engine->types.len;
    return type;
}

const pirn_functype *pirn_functype_new(pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                                       const pirn_valtype *results, size_t result_count)
{
    if (param_count > VM_LIMIT_PARAMS || result_count > VM_LIMIT_RESULTS)
        return NULL;
    base_lock_take(&engine->lock);
    const pirn_functype *type = intern_locked(engine, params, param_count, results, result_count);
    base_lock_release(&engine->lock);
    return type;
}

size_t pirn_functype_params(const pirn_functype *type, const pirn_valtype **params)
{
    *params = type->types;
    return type->param_count;
}

size_t pirn_functype_results(const pirn_functype *type, const pirn_valtype **results)
{
    *results = type->types + type->param_count;
    return type->result_count;
}

size_t pirn_functype_param_slots(const pirn_functype *type)
{
    return type->param_slots;
}

size_t pirn_functype_result_slots(const pirn_functype *type)
{
    return type->result_slots;
}
