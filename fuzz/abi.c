/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A type, a memory in which a value of it may lie or not, and a realloc that behaves or not, all out of bytes.
 *
 * Passing the value to another guest and lifting it for the host agree about whether it is one. A value that was lifted
 * is lowered into a guest that behaves, lifted there, and lowered again: to the same bytes.
 */
#include "component/abi.h"
#include "component/activation.h"
#include "fuzz/choice.h"
#include "fuzz/fuzz.h"

enum { SENDER_BYTES = 4096, MOST_BYTES = 1 << 20, MOST_DEPTH = 5, CALL_BYTES = 1 << 18, RESULT_AT = 64 };

typedef struct peer {
    cm_memory memory;
    uint32_t next;
    choices *whims; /* NULL: realloc behaves */
    cm_instance_state state;
    cm_context cx;
} peer;

typedef struct world {
    base_arena arena;
    cm_compiler compiler;
    cm_runtime runtime;
    cm_activation *activation;
    pirn_error error;
} world;

/* ---- Types ----------------------------------------------------------------------------------------------------- */

static const pirn_type *make_type(world *w, choices *c, int depth);

static void make_members(world *w, choices *c, int depth, pirn_type *type, uint32_t count)
{
    cm_member *members = base_arena_array(&w->arena, count, sizeof *members);
    fuzz_check(members != NULL);
    for (uint32_t i = 0; i < count; i++) {
        bool may_be_none = type->kind == PIRN_TYPE_VARIANT || type->kind == PIRN_TYPE_RESULT;
        members[i].type = may_be_none && choose(c, 3) == 0 ? NULL : make_type(w, c, depth - 1);
    }
    type->members = members;
    type->member_count = count;
}

static const pirn_type *make_type(world *w, choices *c, int depth)
{
    static const pirn_type_kind nested[] = {PIRN_TYPE_LIST,   PIRN_TYPE_RECORD, PIRN_TYPE_VARIANT,
                                            PIRN_TYPE_OPTION, PIRN_TYPE_RESULT, PIRN_TYPE_TUPLE};
    static const pirn_type_kind leaves[] = {PIRN_TYPE_U8,   PIRN_TYPE_STRING, PIRN_TYPE_BOOL, PIRN_TYPE_S8,
                                            PIRN_TYPE_S16,  PIRN_TYPE_U16,    PIRN_TYPE_S32,  PIRN_TYPE_U32,
                                            PIRN_TYPE_S64,  PIRN_TYPE_U64,    PIRN_TYPE_F32,  PIRN_TYPE_F64,
                                            PIRN_TYPE_CHAR, PIRN_TYPE_ENUM,   PIRN_TYPE_FLAGS};
    pirn_type *type = base_arena_zero(&w->arena, sizeof *type);
    fuzz_check(type != NULL);
    bool is_leaf = depth == 0 || choose(c, 2) == 0;
    type->kind = is_leaf ? leaves[choose(c, BASE_COUNT(leaves))] : nested[choose(c, BASE_COUNT(nested))];
    if (type->kind == PIRN_TYPE_LIST || type->kind == PIRN_TYPE_OPTION)
        type->element = make_type(w, c, depth - 1);
    else if (type->kind == PIRN_TYPE_RESULT)
        make_members(w, c, depth, type, 2);
    else if (!is_leaf)
        make_members(w, c, depth, type, 1 + choose(c, 4));
    else if (type->kind == PIRN_TYPE_ENUM)
        type->member_count = 1 + choose(c, 300);
    else if (type->kind == PIRN_TYPE_FLAGS)
        type->member_count = 1 + choose(c, 32);
    cm_type_layout(type);
    return type;
}

/* ---- Guests ---------------------------------------------------------------------------------------------------- */

/* The memory moves at each call. */
static void grow(cm_memory *memory, uint64_t size)
{
    uint8_t *moved = calloc(1, (size_t)size);
    fuzz_check(moved != NULL);
    memcpy(moved, memory->data, (size_t)memory->size);
    free(memory->data);
    memory->data = moved;
    memory->size = size;
}

static pirn_status guest_realloc(cm_memory *memory, uint32_t old, uint32_t old_size, uint32_t align, uint32_t size,
                                 uint32_t *out)
{
    peer *p = (peer *)(void *)memory;
    uint64_t ptr = ((uint64_t)p->next + align - 1) / align * align;
    if (ptr + size > MOST_BYTES || (p->whims != NULL && choose_rarely(p->whims, 16)))
        return base_fail(p->cx.error, PIRN_TRAP, PIRN_NO_OFFSET, "no room");
    grow(memory, ptr + size > memory->size ? ptr + size : memory->size);
    if (p->whims != NULL && choose_rarely(p->whims, 4)) {
        *out = (uint32_t)choose_bits(p->whims, 2);
        return PIRN_OK;
    }
    memmove(memory->data + ptr, memory->data + old, old_size < size ? old_size : size);
    p->next = (uint32_t)(ptr + size);
    *out = (uint32_t)ptr;
    return PIRN_OK;
}

static void open_peer(world *w, peer *p, cm_form form, cm_encoding encoding, choices *whims)
{
    *p = (peer){.next = 2048, .whims = whims};
    p->memory = (cm_memory){calloc(1, SENDER_BYTES), SENDER_BYTES, guest_realloc};
    fuzz_check(p->memory.data != NULL);
    cm_instance_state_init(&p->state, &w->runtime, NULL);
    p->cx = (cm_context){.memory = &p->memory,
                         .encoding = encoding,
                         .state = &p->state,
                         .form = form,
                         .activation = w->activation,
                         .error = &w->error};
}

static void close_peer(peer *p)
{
    cm_instance_state_done(&p->state);
    free(p->memory.data);
}

/* Each call has an activation of its own. */
static void begin_call(world *w, peer *p)
{
    cm_activation_free(w->activation);
    w->activation = cm_activation_new(&w->runtime);
    fuzz_check(w->activation != NULL);
    p->cx.activation = w->activation;
    pirn_error_clear(&w->error);
}

static bool is_told(const world *w, pirn_status status)
{
    return status == pirn_error_status(&w->error) && (status == PIRN_OK || pirn_error_message(&w->error)[0] != '\0');
}

/* ---- What must hold -------------------------------------------------------------------------------------------- */

static pirn_status lift_by_passing(world *w, peer *sender, const cm_function_program *program, pirn_slot *from,
                                   choices *c)
{
    peer receiver;
    pirn_slot to[2] = {{.u32 = RESULT_AT}, {.u32 = RESULT_AT}};
    begin_call(w, sender);
    open_peer(w, &receiver, CM_GUEST, (cm_encoding)choose(c, 3), c);
    sender->cx.form = CM_GUEST;
    cm_pass pass = {&sender->cx, &receiver.cx, program, from, to};
    pirn_status lifted = cm_pass_lift_result(&pass);
    fuzz_check(is_told(w, lifted));
    if (lifted == PIRN_OK) {
        pirn_status lowered = cm_pass_lower_result(&pass);
        fuzz_check(is_told(w, lowered));
    }
    close_peer(&receiver);
    return lifted;
}

/* Lowers the object into `p`, if there is room, and lifts it from there again, into `back`. */
static bool round_trip(peer *p, const cm_function_program *program, const void *object, pirn_slot *slots, void *back)
{
    slots[0].u64 = RESULT_AT;
    if (cm_lower_result(&p->cx, program, object, slots) != PIRN_OK)
        return false;
    p->cx.activation->bytes = 0;
    return cm_lift_result(&p->cx, program, slots, back) == PIRN_OK;
}

static void check_round_trip(world *w, const cm_function_program *program, const void *object, cm_encoding encoding)
{
    peer first, second;
    pirn_slot slots[2][2] = {{{0}}};
    void *back = base_arena_zero(&w->arena, program->result->c.size),
         *again = base_arena_zero(&w->arena, program->result->c.size);
    fuzz_check(back != NULL && again != NULL);
    open_peer(w, &first, CM_HOST, encoding, NULL);
    open_peer(w, &second, CM_HOST, encoding, NULL);
    if (round_trip(&first, program, object, slots[0], back)) {
        w->activation->bytes = 0;
        fuzz_check(round_trip(&second, program, back, slots[1], again));
        fuzz_check(slots[0][0].u64 == slots[1][0].u64 && first.memory.size == second.memory.size);
        fuzz_check(memcmp(first.memory.data, second.memory.data, (size_t)first.memory.size) == 0);
    }
    close_peer(&first);
    close_peer(&second);
}

static void play(world *w, choices *c)
{
    pirn_component_functype functype = {.result = make_type(w, c, (int)choose(c, MOST_DEPTH + 1))};
    cm_functype_layout(&functype);
    const cm_function_program *program = cm_compile_function(&w->compiler, &functype);
    cm_encoding encoding = (cm_encoding)choose(c, 3);
    peer sender;
    open_peer(w, &sender, CM_HOST, (cm_encoding)choose(c, 3), NULL);
    pirn_slot from[1] = {{.u64 = program->result_in_memory ? choose(c, 64) * 8 : choose_bits(c, 8)}};
    for (size_t i = 0; i < SENDER_BYTES && c->end > c->at; i++)
        sender.memory.data[i] = c->bytes[c->at + i % (c->end - c->at)];
    pirn_status passed = lift_by_passing(w, &sender, program, from, c);
    begin_call(w, &sender);
    sender.cx.form = CM_HOST;
    void *object = base_arena_zero(&w->arena, program->result->c.size);
    fuzz_check(object != NULL);
    pirn_status lifted = cm_lift_result(&sender.cx, program, from, object);
    fuzz_check(is_told(w, lifted));
    /* They count differently what a call takes. */
    fuzz_check(lifted == passed || lifted == PIRN_LIMIT || passed == PIRN_LIMIT);
    if (lifted == PIRN_OK)
        check_round_trip(w, program, object, encoding);
    close_peer(&sender);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    world w = {.runtime = {.allocator = pirn_allocator_default(), .call_bytes = CALL_BYTES}};
    base_arena_init(&w.arena, w.runtime.allocator);
    cm_compiler_init(&w.compiler, &w.arena);
    base_error_init(&w.error);
    w.activation = cm_activation_new(&w.runtime);
    fuzz_check(w.activation != NULL);
    choices c = choices_of(data, size);
    play(&w, &c);
    cm_activation_free(w.activation);
    cm_runtime_done(&w.runtime);
    cm_compiler_done(&w.compiler);
    base_arena_done(&w.arena);
    return 0;
}
