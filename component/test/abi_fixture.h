/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of the Canonical ABI share: types written in a line of C, and a guest that is no more than a memory with
 * a realloc that hands out one block behind another and keeps a log.
 */
#pragma once

#include "component/abi.h"
#include "component/activation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Types ----------------------------------------------------------------------------------------------------- */

#define COUNT_ARGS(...) (sizeof((const pirn_type *[]){__VA_ARGS__}) / sizeof(pirn_type *))

/* A leaf; record, tuple, variant, result of types (NULL: no payload); list, option of one. */
#define LEAF(kind)             make_type(PIRN_TYPE_##kind, NULL, 0, NULL)
#define MANY(kind, ...)        make_type(PIRN_TYPE_##kind, (const pirn_type *[]){__VA_ARGS__}, COUNT_ARGS(__VA_ARGS__), NULL)
#define OF(kind, element_type) make_type(PIRN_TYPE_##kind, NULL, 0, element_type)
#define LABELS(kind, count)    make_type(PIRN_TYPE_##kind, NULL, count, NULL)

/* Lives until the test program ends. */
static inline base_arena *type_arena(void)
{
    static base_arena arena;
    if (arena.allocator == NULL)
        base_arena_init(&arena, pirn_allocator_default());
    return &arena;
}

static inline pirn_type *make_type(pirn_type_kind kind, const pirn_type *const *members, size_t count,
                                   const pirn_type *element)
{
    pirn_type *type = base_arena_zero(type_arena(), sizeof *type);
    cm_member *list = base_arena_array(type_arena(), count, sizeof *list);
    for (size_t i = 0; i < count && members != NULL; i++)
        list[i].type = members[i];
    type->kind = kind;
    type->members = list;
    type->member_count = (uint32_t)count;
    type->element = element;
    cm_type_layout(type);
    return type;
}

static inline pirn_type *handle_type(pirn_type_kind kind, cm_resource_id resource)
{
    pirn_type *type = make_type(kind, NULL, 0, NULL);
    type->resource = resource;
    return type;
}

#define FUNCTYPE(result_type, ...) \
    make_functype(result_type, (const pirn_type *[]){__VA_ARGS__}, COUNT_ARGS(__VA_ARGS__))

static inline pirn_component_functype make_functype(const pirn_type *result, const pirn_type *const *params,
                                                    size_t count)
{
    cm_member *list = base_arena_array(type_arena(), count, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i].type = params[i];
    pirn_component_functype type = {.param_count = (uint32_t)count, .params = list, .result = result};
    cm_functype_layout(&type);
    return type;
}

/* ---- Programs -------------------------------------------------------------------------------------------------- */

static inline cm_compiler *type_compiler(void)
{
    static cm_compiler compiler;
    if (compiler.arena == NULL)
        cm_compiler_init(&compiler, type_arena());
    return &compiler;
}

static inline const cm_function_program *compile(const pirn_component_functype *type)
{
    /* A test may make one type after another in the same place. */
    pirn_component_functype *copy = base_arena_zero(type_arena(), sizeof *copy);
    *copy = *type;
    return cm_compile_function(type_compiler(), copy);
}

/* One value, as if it was a result, in memory at `ptr` or in core values. */
static inline cm_function_program value_program(const pirn_type *type, bool in_memory)
{
    pirn_component_functype *functype = base_arena_zero(type_arena(), sizeof *functype);
    functype->result = type;
    cm_functype_layout(functype);
    return (cm_function_program){
        .type = functype, .result = cm_compile(type_compiler(), type), .result_in_memory = in_memory};
}

static inline pirn_status lift_memory(cm_context *cx, const pirn_type *type, uint32_t ptr, void *c)
{
    cm_function_program program = value_program(type, true);
    return cm_lift_result(cx, &program, &(pirn_slot){.u32 = ptr}, c);
}

static inline pirn_status lift_flat(cm_context *cx, const pirn_type *type, pirn_slot *slots, void *c)
{
    cm_function_program program = value_program(type, false);
    return cm_lift_result(cx, &program, slots, c);
}

static inline pirn_status lower_memory(cm_context *cx, const pirn_type *type, const void *c, uint32_t ptr)
{
    cm_function_program program = value_program(type, true);
    return cm_lower_result(cx, &program, c, &(pirn_slot){.u32 = ptr});
}

static inline pirn_status lower_flat(cm_context *cx, const pirn_type *type, const void *c, pirn_slot *slots)
{
    cm_function_program program = value_program(type, false);
    return cm_lower_result(cx, &program, c, slots);
}

/* ---- A guest without a VM -------------------------------------------------------------------------------------- */

enum { GUEST_MEMORY_BYTES = 1024 };

typedef struct guest {
    cm_memory memory;
    uint32_t next; /* where realloc puts the next block */
    uint32_t skew; /* added to what realloc returns */
    char log[256]; /* "old,old_size,align,new_size;" for each realloc */
    cm_runtime runtime;
    cm_instance_state state;
    cm_activation *activation;
    pirn_error error;
    cm_context cx;
} guest;

static inline pirn_status guest_realloc(cm_memory *memory, uint32_t old, uint32_t old_size, uint32_t align,
                                        uint32_t new_size, uint32_t *out)
{
    guest *g = (guest *)(void *)memory;
    size_t used = strlen(g->log);
    snprintf(g->log + used, sizeof g->log - used, "%u,%u,%u,%u;", old, old_size, align, new_size);
    *out = (g->next + align - 1) / align * align + g->skew;
    g->next = *out + new_size;
    if (old_size > 0 && g->next <= memory->size)
        memmove(memory->data + *out, memory->data + old, old_size < new_size ? old_size : new_size);
    /* It moves, as when a guest's memory grows. */
    uint8_t *moved = malloc(memory->size);
    memcpy(moved, memory->data, memory->size);
    free(memory->data);
    memory->data = moved;
    return PIRN_OK;
}

/* In place: contexts point into it. */
static inline void guest_init(guest *g, cm_encoding encoding)
{
    *g = (guest){.next = 8};
    g->memory = (cm_memory){calloc(1, GUEST_MEMORY_BYTES), GUEST_MEMORY_BYTES, guest_realloc};
    g->runtime.allocator = pirn_allocator_default();
    g->runtime.handles_left = 100;
    g->runtime.call_bytes = 1 << 20;
    cm_instance_state_init(&g->state, &g->runtime, NULL);
    g->activation = cm_activation_new(&g->runtime);
    base_error_init(&g->error);
    g->cx = (cm_context){
        .memory = &g->memory,
        .encoding = encoding,
        .state = &g->state,
        .viewed = g->memory.data,
        .viewed_size = g->memory.size,
        .activation = g->activation,
        .error = &g->error,
    };
}

static inline void guest_done(guest *g)
{
    cm_activation_free(g->activation);
    cm_instance_state_done(&g->state);
    cm_runtime_done(&g->runtime);
    free(g->memory.data);
}

static inline void guest_write(guest *g, uint32_t ptr, const void *bytes, size_t size)
{
    memcpy(g->memory.data + ptr, bytes, size);
}

static inline void guest_expect(guest *g, uint32_t ptr, const void *bytes, size_t size)
{
    assert_memory_equal(g->memory.data + ptr, bytes, size);
}

static inline void expect_failure(guest *g, pirn_status actual, pirn_status status, const char *message)
{
    assert_int_equal(actual, status);
    assert_int_equal(pirn_error_status(&g->error), status);
    assert_string_equal(pirn_error_message(&g->error), message);
    pirn_error_clear(&g->error);
}
