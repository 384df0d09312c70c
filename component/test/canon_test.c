/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls across component boundaries in the VM. The guests' core functions are written in C, as host functions of the
 * VM, which neither side of a boundary can tell from Wasm.
 */
#include "component/guest.h"
#include "component/test/abi_fixture.h"

/* Two component instances, side by side in a root. */
typedef struct side {
    cm_instance_state state;
    pirn_memory *memory;
    uint32_t next;     /* where its realloc puts the next block */
    int post_returns;  /* calls of its post-return */
    uint32_t returned; /* the core value that its post-return has got */
    int drops;         /* calls of its destructor */
    uint32_t dropped;  /* the rep that it has got */
    pirn_func *realloc, *post_return, *dtor;
} side;

/* A resource type that b defines, and a's functions to make and drop one. */
typedef struct resources {
    cm_resource_type type;
    cm_resource_type *map[1];
    cm_resource_builtin in_a, in_b;
    pirn_func *make, *drop, *rep, *drop_in_b;
} resources;

typedef struct world {
    pirn_engine *engine;
    pirn_store *store;
    pirn_call *call;
    pirn_error *error;
    cm_runtime runtime;
    cm_instance_state root;
    side a, b; /* a calls b, or the host */
    resources r;
    pirn_func *inner; /* what a core function under test calls */
    int host_calls, cancels;
    bool ready;
} world;

static pirn_func *core_func(world *w, size_t params, size_t results, pirn_host_func host, void *data)
{
    const pirn_valtype i32[17] = {PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32};
    const pirn_functype *type = pirn_functype_new(w->engine, i32, params, i32, results);
    pirn_func *func = NULL;
    assert_non_null(type);
    assert_int_equal(pirn_func_new(w->store, type, host, data, NULL, &func, w->error), PIRN_OK);
    return func;
}

static pirn_status side_realloc(pirn_frame *frame, void *data)
{
    side *s = data;
    pirn_slot *slots = pirn_frame_slots(frame);
    uint32_t align = slots[2].u32, size = slots[3].u32;
    uint32_t ptr = (s->next + align - 1) / align * align;
    s->next = ptr + size;
    uint8_t *memory = pirn_memory_data(s->memory);
    memmove(memory + ptr, memory + slots[0].u32, slots[1].u32 < size ? slots[1].u32 : size);
    slots[0].u64 = ptr;
    return PIRN_OK;
}

static pirn_status side_post_return(pirn_frame *frame, void *data)
{
    side *s = data;
    s->post_returns++;
    s->returned = pirn_frame_slots(frame)[0].u32;
    return PIRN_OK;
}

static pirn_status side_dtor(pirn_frame *frame, void *data)
{
    side *s = data;
    s->drops++;
    s->dropped = pirn_frame_slots(frame)[0].u32;
    return PIRN_OK;
}

static void side_init(world *w, side *s)
{
    *s = (side){.next = 1024};
    cm_instance_state_init(&s->state, &w->runtime, &w->root);
    pirn_memtype type = {.limits = {1, 1}, .page_size_log2 = 16};
    assert_int_equal(pirn_memory_new(w->store, &type, &s->memory, w->error), PIRN_OK);
    s->realloc = core_func(w, 4, 1, side_realloc, s);
    s->post_return = core_func(w, 1, 0, side_post_return, s);
    s->dtor = core_func(w, 1, 0, side_dtor, s);
}

static cm_options options_of(const side *s, cm_encoding encoding)
{
    return (cm_options){
        .state = (cm_instance_state *)(uintptr_t)&s->state,
        .memory = s->memory,
        .realloc = s->realloc,
        .encoding = encoding,
    };
}

static int setup(void **state)
{
    world *w = calloc(1, sizeof *w);
    w->engine = pirn_engine_new(NULL);
    w->store = pirn_store_new(w->engine, NULL);
    w->call = pirn_call_new(w->store);
    w->error = pirn_error_new(NULL);
    cm_runtime_init(&w->runtime, NULL, w->store);
    cm_runtime_open(&w->runtime, w);
    cm_instance_state_init(&w->root, &w->runtime, NULL);
    side_init(w, &w->a);
    side_init(w, &w->b);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    pirn_call_free(w->call);
    cm_instance_state_done(&w->a.state);
    cm_instance_state_done(&w->b.state);
    cm_instance_state_done(&w->root);
    cm_runtime_done(&w->runtime);
    pirn_error_free(w->error);
    pirn_store_free(w->store);
    pirn_engine_free(w->engine);
    free(w);
    return 0;
}

static void expect_status(world *w, pirn_status actual, pirn_status status, const char *message)
{
    assert_int_equal(actual, status);
    assert_string_equal(pirn_error_message(w->error), message);
    pirn_error_clear(w->error);
}

static void write_text(side *s, uint32_t ptr, const char *text)
{
    memcpy(pirn_memory_data(s->memory) + ptr, text, strlen(text));
}

/* As validation gives it. */
static const pirn_functype *core_type(const world *w, const pirn_component_functype *type)
{
    cm_core_functype core = cm_flatten_lower(type);
    return pirn_functype_new(w->engine, core.params, core.param_count, core.results, core.result_count);
}

static pirn_func *lower(world *w, cm_lowered *lowered)
{
    pirn_func *func = NULL;
    assert_int_equal(cm_lowered_new_func(lowered, core_type(w, lowered->program->type), &func, w->error), PIRN_OK);
    return func;
}

/* ---- Functions of the host ------------------------------------------------------------------------------------- */

typedef struct greet_args {
    pirn_str name;
    uint32_t times;
} greet_args;

static pirn_status greet(pirn_host_call *call, const void *args, void *result)
{
    world *w = pirn_host_call_data(call);
    const greet_args *a = args;
    assert_ptr_equal(pirn_host_call_user(call), &w->host_calls);
    w->host_calls++;
    size_t len = a->name.len * a->times;
    char *text = pirn_host_call_alloc(call, len);
    for (uint32_t i = 0; i < a->times; i++)
        memcpy(text + i * a->name.len, a->name.data, a->name.len);
    *(pirn_str *)result = (pirn_str){text, len};
    return PIRN_OK;
}

static void test_a_host_function_gets_and_gives_c_objects(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(LEAF(STRING), LEAF(STRING), LEAF(U32));
    cm_function host = {.type = &type, .host = greet, .user = &w->host_calls};
    cm_lowered lowered = {.callee = &host, .program = compile(&type), .options = options_of(&w->a, CM_UTF16)};
    pirn_func *func = lower(w, &lowered);
    memcpy(pirn_memory_data(w->a.memory) + 16, "h\0i\0", 4);
    const pirn_slot args[4] = {{.u32 = 16}, {.u32 = 2}, {.u32 = 3}, {.u32 = 64}};
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_OK);
    const uint8_t *memory = pirn_memory_data(w->a.memory);
    assert_int_equal(base_load_u32(memory + 64), 1024);
    assert_int_equal(base_load_u32(memory + 68), 6);
    assert_memory_equal(memory + 1024, "h\0i\0h\0i\0h\0i\0", 12);
    assert_int_equal(w->host_calls, 1);
}

static void count_cancel(void *state)
{
    world *w = state;
    w->cancels++;
}

static pirn_status wait_until_ready(pirn_host_call *call, const void *args, void *result)
{
    world *w = pirn_host_call_data(call);
    void **own = pirn_host_call_state(call);
    w->host_calls++;
    assert_ptr_equal(*own, w->host_calls == 1 ? NULL : w);
    *own = w;
    pirn_host_call_on_cancel(call, count_cancel);
    if (!w->ready)
        return PIRN_PENDING;
    *(uint32_t *)result = *(const uint32_t *)args + 1;
    return PIRN_OK;
}

static cm_function waiting_function(pirn_component_functype *type)
{
    *type = FUNCTYPE(LEAF(U32), LEAF(U32));
    return (cm_function){.type = type, .host = wait_until_ready};
}

static void test_a_host_function_that_waits_is_asked_again(void **state)
{
    world *w = *state;
    pirn_component_functype type;
    cm_function host = waiting_function(&type);
    cm_lowered lowered = {.callee = &host, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    const pirn_slot args[1] = {{.u32 = 41}};
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_PENDING);
    assert_int_equal(pirn_call_resume(w->call, w->error), PIRN_PENDING);
    w->ready = true;
    assert_int_equal(pirn_call_resume(w->call, w->error), PIRN_OK);
    assert_int_equal(pirn_call_results(w->call)[0].u32, 42);
    assert_int_equal(w->host_calls, 3);
    assert_int_equal(w->cancels, 0);
}

static void test_a_host_function_is_told_when_its_task_is_abandoned(void **state)
{
    world *w = *state;
    pirn_component_functype type;
    cm_function host = waiting_function(&type);
    cm_lowered lowered = {.callee = &host, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    const pirn_slot args[1] = {{.u32 = 41}};
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_PENDING);
    pirn_call_cancel(w->call);
    assert_int_equal(w->cancels, 1);
}

static pirn_status refuse(pirn_host_call *call, const void *args, void *result)
{
    (void)result;
    return pirn_host_call_trap(call, "%u is refused", (unsigned)*(const uint32_t *)args);
}

static void test_a_host_function_may_trap(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(LEAF(U32), LEAF(U32));
    cm_function host = {.type = &type, .host = refuse};
    cm_lowered lowered = {.callee = &host, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    const pirn_slot args[1] = {{.u32 = 7}};
    expect_status(w, pirn_call_start(w->call, lower(w, &lowered), args, w->error), PIRN_TRAP, "7 is refused");
}

/* ---- Functions of another guest -------------------------------------------------------------------------------- */

/* (string, u32) -> string: the place of a pair, which says that the text is the argument. */
static pirn_status echo_core(pirn_frame *frame, void *data)
{
    side *b = data;
    assert_false(b->state.may_enter);
    pirn_slot *slots = pirn_frame_slots(frame);
    uint8_t *memory = pirn_memory_data(b->memory);
    base_store_u32(memory + 200, slots[0].u32);
    base_store_u32(memory + 204, slots[1].u32);
    slots[0].u64 = 200;
    return PIRN_OK;
}

static void test_a_guest_calls_another_one(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(LEAF(STRING), LEAF(STRING), LEAF(U32));
    cm_function echo = {.type = &type,
                        .program = compile(&type),
                        .core = core_func(w, 3, 1, echo_core, &w->b),
                        .options = options_of(&w->b, CM_UTF16)};
    echo.options.post_return = w->b.post_return;
    cm_lowered lowered = {.callee = &echo, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    write_text(&w->a, 16, "gr\xC3\xBC\xC3\x9F");
    const pirn_slot args[4] = {{.u32 = 16}, {.u32 = 6}, {.u32 = 0}, {.u32 = 64}};
    for (int round = 0; round < 3; round++) {
        assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_OK);
        const uint8_t *memory = pirn_memory_data(w->a.memory);
        assert_int_equal(base_load_u32(memory + 68), 6);
        assert_memory_equal(memory + base_load_u32(memory + 64), "gr\xC3\xBC\xC3\x9F", 6);
        assert_int_equal(w->b.post_returns, round + 1);
        assert_int_equal(w->b.returned, 200);
        assert_true(w->b.state.may_enter);
        assert_true(w->b.state.may_leave);
    }
}

static pirn_status trap_core(pirn_frame *frame, void *data)
{
    (void)data;
    return pirn_frame_trap(frame, "the guest's own reason");
}

static void test_a_guest_that_has_trapped_cannot_be_entered_again(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(NULL, LEAF(U32));
    cm_function bad = {.type = &type,
                       .program = compile(&type),
                       .core = core_func(w, 1, 0, trap_core, w),
                       .options = options_of(&w->b, CM_UTF8)};
    cm_lowered lowered = {.callee = &bad, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    const pirn_slot args[1] = {{.u32 = 0}};
    expect_status(w, pirn_call_start(w->call, func, args, w->error), PIRN_TRAP, "the guest's own reason");
    expect_status(w, pirn_call_start(w->call, func, args, w->error), PIRN_TRAP, "cannot enter component instance");
}

static void test_instances_that_enclose_each_other_do_not_call_each_other(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(NULL, LEAF(U32));
    side *b = &w->b;
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .core = core_func(w, 1, 0, side_dtor, b),
                            .options = options_of(b, CM_UTF8)};
    cm_instance_state *callers[] = {&w->root, &b->state};
    for (size_t i = 0; i < BASE_COUNT(callers); i++) {
        cm_lowered lowered = {.callee = &function, .program = compile(&type), .options = {.state = callers[i]}};
        const pirn_slot args[1] = {{.u32 = 0}};
        expect_status(w, pirn_call_start(w->call, lower(w, &lowered), args, w->error), PIRN_TRAP,
                      "cannot enter component instance");
    }
    assert_int_equal(b->drops, 0);
}

/* Calls w->inner with one argument. */
static pirn_status inner_returned(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0] = pirn_frame_entered_results(frame)[0];
    return PIRN_OK;
}

static pirn_status call_inner(pirn_frame *frame, void *data)
{
    world *w = data;
    return pirn_frame_enter(frame, w->inner, pirn_frame_slots(frame), inner_returned, w, NULL);
}

static void test_nothing_may_be_called_from_realloc_or_post_return(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(NULL, LEAF(STRING)), inner_type;
    cm_function waiting = waiting_function(&inner_type);
    cm_lowered inner = {.callee = &waiting, .program = compile(&inner_type), .options = options_of(&w->b, CM_UTF8)};
    w->inner = lower(w, &inner);
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .core = core_func(w, 2, 0, side_dtor, &w->b),
                            .options = options_of(&w->b, CM_UTF8)};
    cm_lowered lowered = {.callee = &function, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    function.options.realloc = core_func(w, 4, 1, call_inner, w);
    const pirn_slot args[2] = {{.u32 = 16}, {.u32 = 1}};
    expect_status(w, pirn_call_start(w->call, lower(w, &lowered), args, w->error), PIRN_TRAP,
                  "cannot leave component instance");
    assert_int_equal(w->host_calls, 0);
}

static void test_a_callee_may_wait(void **state)
{
    world *w = *state;
    pirn_component_functype type;
    cm_function waiting = waiting_function(&type);
    cm_lowered inner = {.callee = &waiting, .program = compile(&type), .options = options_of(&w->b, CM_UTF8)};
    w->inner = lower(w, &inner);
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .core = core_func(w, 1, 1, call_inner, w),
                            .options = options_of(&w->b, CM_UTF8)};
    cm_lowered lowered = {.callee = &function, .program = compile(&type), .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    const pirn_slot args[1] = {{.u32 = 1}};
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_PENDING);
    assert_false(w->b.state.may_enter);
    w->ready = true;
    assert_int_equal(pirn_call_resume(w->call, w->error), PIRN_OK);
    assert_int_equal(pirn_call_results(w->call)[0].u32, 2);
    assert_true(w->b.state.may_enter);

    w->ready = false;
    w->host_calls = 0;
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_PENDING);
    pirn_call_cancel(w->call);
    assert_int_equal(w->cancels, 1);
    assert_false(w->b.state.may_enter);
}

/* ---- Reallocs that do not do what they should ------------------------------------------------------------------- */

typedef struct bad_realloc {
    side *side;
    uint32_t answer;
    int calls;
} bad_realloc;

static pirn_status grow_and_move(pirn_frame *frame, void *data)
{
    bad_realloc *bad = data;
    uint64_t old_pages;
    bad->calls++;
    assert_true(pirn_memory_grow(bad->side->memory, 1, &old_pages));
    pirn_frame_slots(frame)[0].u64 = (uint32_t)old_pages << 16;
    return PIRN_OK;
}

static pirn_status answer_anything(pirn_frame *frame, void *data)
{
    bad_realloc *bad = data;
    bad->calls++;
    pirn_frame_slots(frame)[0].u64 = bad->answer;
    return PIRN_OK;
}

/* A function (list<string>) -> () of b, with that realloc, as a calls it. */
typedef struct list_call {
    pirn_component_functype type;
    cm_function function;
    cm_lowered lowered;
    pirn_func *func;
} list_call;

static void list_call_init(world *w, list_call *c, pirn_host_func realloc, void *data, cm_encoding encoding)
{
    c->type = FUNCTYPE(NULL, OF(LIST, LEAF(STRING)));
    c->function = (cm_function){.type = &c->type,
                                .program = compile(&c->type),
                                .core = core_func(w, 2, 0, side_dtor, &w->b),
                                .options = options_of(&w->b, encoding)};
    c->function.options.realloc = core_func(w, 4, 1, realloc, data);
    c->lowered =
        (cm_lowered){.callee = &c->function, .program = c->function.program, .options = options_of(&w->a, CM_UTF8)};
    c->func = lower(w, &c->lowered);
}

/* Two strings at 64 and 72. */
static const pirn_slot *write_two(world *w, const char *first, const char *second)
{
    static const pirn_slot args[2] = {{.u32 = 64}, {.u32 = 2}};
    uint8_t *memory = pirn_memory_data(w->a.memory);
    write_text(&w->a, 128, first);
    write_text(&w->a, 256, second);
    base_store_u32(memory + 64, 128);
    base_store_u32(memory + 68, (uint32_t)strlen(first));
    base_store_u32(memory + 72, 256);
    base_store_u32(memory + 76, (uint32_t)strlen(second));
    return args;
}

static void test_a_realloc_may_grow_the_memory_that_is_being_written(void **state)
{
    world *w = *state;
    pirn_memtype type = {.limits = {1, 8}, .page_size_log2 = 16};
    assert_int_equal(pirn_memory_new(w->store, &type, &w->b.memory, w->error), PIRN_OK);
    bad_realloc growing = {.side = &w->b};
    list_call c;
    list_call_init(w, &c, grow_and_move, &growing, CM_UTF8);
    assert_int_equal(pirn_call_start(w->call, c.func, write_two(w, "one", "three"), w->error), PIRN_OK);
    assert_int_equal(growing.calls, 3);
    const uint8_t *memory = pirn_memory_data(w->b.memory);
    assert_int_equal(base_load_u32(memory + 0x10000), 0x20000);
    assert_int_equal(base_load_u32(memory + 0x1000C), 5);
    assert_memory_equal(memory + 0x20000, "one", 3);
    assert_memory_equal(memory + 0x30000, "three", 5);
}

static void test_what_a_realloc_answers_is_not_believed(void **state)
{
    world *w = *state;
    static const struct {
        uint32_t answer;
        const char *message;
    } cases[] = {
        {1, "unaligned pointer"},
        {0x10000, "list content out-of-bounds"},
        {0xFFFFFFF8, "list content out-of-bounds"},
        {0xFFF4, "list content out-of-bounds"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        bad_realloc lying = {.answer = cases[i].answer};
        list_call c;
        list_call_init(w, &c, answer_anything, &lying, CM_UTF8);
        w->b.state.may_enter = true;
        expect_status(w, pirn_call_start(w->call, c.func, write_two(w, "one", "two"), w->error), PIRN_TRAP,
                      cases[i].message);
        assert_int_equal(lying.calls, 1);
        assert_int_equal(w->b.drops, 0);
    }
}

/* One block for everything: whoever answers so sees the last that was written, and nobody else is harmed. */
static void test_a_realloc_may_hand_out_one_block_for_everything(void **state)
{
    world *w = *state;
    bad_realloc lying = {.answer = 0xFFF0};
    list_call c;
    list_call_init(w, &c, answer_anything, &lying, CM_UTF16);
    assert_int_equal(pirn_call_start(w->call, c.func, write_two(w, "one", "two"), w->error), PIRN_OK);
    assert_int_equal(w->b.drops, 1);
    const uint8_t *memory = pirn_memory_data(w->b.memory);
    assert_int_equal(base_load_u32(memory + 0xFFF8), 0xFFF0);
    assert_int_equal(base_load_u32(memory + 0xFFFC), 3);
}

static void test_a_realloc_that_traps_ends_the_call(void **state)
{
    world *w = *state;
    list_call c;
    list_call_init(w, &c, trap_core, w, CM_UTF8);
    expect_status(w, pirn_call_start(w->call, c.func, write_two(w, "one", "two"), w->error), PIRN_TRAP,
                  "the guest's own reason");
    assert_false(w->b.state.may_enter);
    assert_false(w->b.state.may_leave);
}

static void test_a_realloc_cannot_enter_its_instance_again(void **state)
{
    world *w = *state;
    list_call inner, outer;
    list_call_init(w, &inner, side_realloc, &w->b, CM_UTF8);
    inner.lowered.options.state = &w->b.state;
    w->inner = lower(w, &inner.lowered);
    list_call_init(w, &outer, call_inner, w, CM_UTF8);
    expect_status(w, pirn_call_start(w->call, outer.func, write_two(w, "one", "two"), w->error), PIRN_TRAP,
                  "cannot leave component instance");
    assert_int_equal(w->b.drops, 0);
}

static void test_everything_is_lifted_before_realloc_is_called(void **state)
{
    world *w = *state;
    bad_realloc unused = {.answer = 0};
    list_call c;
    list_call_init(w, &c, answer_anything, &unused, CM_UTF16);
    expect_status(w, pirn_call_start(w->call, c.func, write_two(w, "good", "b\xC0"), w->error), PIRN_TRAP,
                  "invalid utf-8 sequence at index 1");
    assert_int_equal(unused.calls, 0);
}

/* ---- Resources ------------------------------------------------------------------------------------------------- */

static pirn_func *builtin(world *w, cm_resource_builtin *data, cm_resource_operation operation)
{
    pirn_func *func = NULL;
    assert_int_equal(cm_resource_builtin_new_func(data, operation, &func, w->error), PIRN_OK);
    return func;
}

static resources *resources_init(world *w)
{
    resources *r = &w->r;
    r->type = (cm_resource_type){.definer = &w->b.state, .dtor = w->b.dtor};
    r->map[0] = &r->type;
    r->in_a = (cm_resource_builtin){&w->a.state, &r->type};
    r->in_b = (cm_resource_builtin){&w->b.state, &r->type};
    r->make = builtin(w, &r->in_a, CM_RESOURCE_NEW);
    r->drop = builtin(w, &r->in_a, CM_RESOURCE_DROP);
    r->rep = builtin(w, &r->in_a, CM_RESOURCE_REP);
    r->drop_in_b = builtin(w, &r->in_b, CM_RESOURCE_DROP);
    return r;
}

static uint32_t call1(world *w, pirn_func *func, uint32_t arg)
{
    const pirn_slot args[1] = {{.u32 = arg}};
    assert_int_equal(pirn_call_start(w->call, func, args, w->error), PIRN_OK);
    return pirn_call_results(w->call)[0].u32;
}

static void test_dropping_an_own_handle_runs_the_destructor_in_its_instance(void **state)
{
    world *w = *state;
    resources *r = resources_init(w);
    assert_int_equal(call1(w, r->make, 500), 1);
    assert_int_equal(call1(w, r->make, 501), 2);
    assert_int_equal(call1(w, r->rep, 2), 501);
    call1(w, r->drop, 1);
    assert_int_equal(w->b.drops, 1);
    assert_int_equal(w->b.dropped, 500);
    assert_true(w->b.state.may_enter);
    const pirn_slot args[1] = {{.u32 = 1}};
    expect_status(w, pirn_call_start(w->call, r->drop, args, w->error), PIRN_TRAP, "unknown handle index 1");
    w->b.state.may_enter = false;
    const pirn_slot again[1] = {{.u32 = 2}};
    expect_status(w, pirn_call_start(w->call, r->drop, again, w->error), PIRN_TRAP,
                  "cannot enter component instance");
}

/* A destructor that drops the handle with the number of its rep: a linked list that destroys itself. */
static pirn_status drop_next(pirn_frame *frame, void *data)
{
    world *w = data;
    w->b.drops++;
    if (pirn_frame_slots(frame)[0].u32 == 0)
        return PIRN_OK;
    return pirn_frame_enter(frame, w->inner, pirn_frame_slots(frame), inner_returned, w, NULL);
}

static void test_destructors_nest_without_native_recursion(void **state)
{
    world *w = *state;
    resources *r = resources_init(w);
    enum { LENGTH = 2000 };
    r->type.dtor = core_func(w, 1, 0, drop_next, w);
    w->inner = r->drop_in_b;
    pirn_func *make = builtin(w, &r->in_b, CM_RESOURCE_NEW);
    for (uint32_t i = 0; i < LENGTH; i++)
        call1(w, make, i);
    call1(w, r->drop_in_b, LENGTH);
    assert_int_equal(w->b.drops, LENGTH);
}

/* Drops its argument, a borrow handle, or keeps it. */
static pirn_status keep_borrow(pirn_frame *frame, void *data)
{
    (void)frame;
    (void)data;
    return PIRN_OK;
}

static void test_a_borrow_must_be_dropped_before_the_call_ends(void **state)
{
    world *w = *state;
    resources *r = resources_init(w);
    r->type.definer = &w->root;
    pirn_component_functype type = FUNCTYPE(NULL, handle_type(PIRN_TYPE_BORROW, 0));
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .resources = r->map,
                            .core = core_func(w, 1, 0, call_inner, w),
                            .options = options_of(&w->b, CM_UTF8)};
    cm_lowered lowered = {
        .callee = &function, .program = compile(&type), .resources = r->map, .options = options_of(&w->a, CM_UTF8)};
    w->inner = r->drop_in_b;
    pirn_func *func = lower(w, &lowered);
    uint32_t handle = call1(w, r->make, 500);
    call1(w, func, handle);
    assert_int_equal(w->a.state.handles.entries.data[handle].num_lends, 0);
    function.core = core_func(w, 1, 0, keep_borrow, w);
    const pirn_slot args[1] = {{.u32 = handle}};
    expect_status(w, pirn_call_start(w->call, func, args, w->error), PIRN_TRAP,
                  "borrow handles still remain at the end of the call");
    assert_int_equal(w->a.state.handles.entries.data[handle].num_lends, 0);
}

static void test_an_own_handle_cannot_be_given_away_while_it_is_lent(void **state)
{
    world *w = *state;
    resources *r = resources_init(w);
    pirn_component_functype type = FUNCTYPE(NULL, handle_type(PIRN_TYPE_BORROW, 0), handle_type(PIRN_TYPE_OWN, 0));
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .resources = r->map,
                            .core = core_func(w, 2, 0, keep_borrow, w),
                            .options = options_of(&w->b, CM_UTF8)};
    cm_lowered lowered = {
        .callee = &function, .program = compile(&type), .resources = r->map, .options = options_of(&w->a, CM_UTF8)};
    pirn_func *func = lower(w, &lowered);
    uint32_t first = call1(w, r->make, 500), second = call1(w, r->make, 501);
    const pirn_slot good[2] = {{.u32 = first}, {.u32 = second}}, bad[2] = {{.u32 = first}, {.u32 = first}};
    assert_int_equal(pirn_call_start(w->call, func, good, w->error), PIRN_OK);
    assert_int_equal(w->b.state.handles.entries.data[1].rep, 501);
    expect_status(w, pirn_call_start(w->call, func, bad, w->error), PIRN_TRAP,
                  "cannot remove owned resource while borrowed");
}

/* ---- The embedder ---------------------------------------------------------------------------------------------- */

static void test_the_embedder_calls_with_c_objects_and_keeps_the_result(void **state)
{
    world *w = *state;
    pirn_component_functype type = FUNCTYPE(LEAF(STRING), LEAF(STRING), LEAF(U32));
    cm_function echo = {.type = &type,
                        .program = compile(&type),
                        .core = core_func(w, 3, 1, echo_core, &w->b),
                        .options = options_of(&w->b, CM_LATIN1_UTF16)};
    echo.options.post_return = w->b.post_return;
    cm_call call;
    assert_int_equal(cm_call_init(&call, &w->runtime, NULL), PIRN_OK);
    for (int round = 0; round < 3; round++) {
        greet_args args = {PIRN_STR("caf\xC3\xA9"), 1};
        assert_int_equal(cm_call_start(&call, &echo, &args, w->error), PIRN_OK);
        memset(pirn_memory_data(w->b.memory), 0, 4096); /* the result is no view */
        assert_true(pirn_str_eq(*(const pirn_str *)cm_call_result(&call), args.name));
        assert_int_equal(w->b.post_returns, round + 1);
    }
    cm_call_done(&call);
}

static void test_an_instance_with_a_pending_task_cannot_be_entered(void **state)
{
    world *w = *state;
    pirn_component_functype type;
    cm_function waiting = waiting_function(&type);
    cm_lowered inner = {.callee = &waiting, .program = compile(&type), .options = options_of(&w->b, CM_UTF8)};
    w->inner = lower(w, &inner);
    cm_function function = {.type = &type,
                            .program = compile(&type),
                            .core = core_func(w, 1, 1, call_inner, w),
                            .options = options_of(&w->b, CM_UTF8)};
    cm_call first, second;
    assert_int_equal(cm_call_init(&first, &w->runtime, NULL), PIRN_OK);
    assert_int_equal(cm_call_init(&second, &w->runtime, NULL), PIRN_OK);
    uint32_t args = 5;
    assert_int_equal(cm_call_start(&first, &function, &args, w->error), PIRN_PENDING);
    expect_status(w, cm_call_start(&first, &function, &args, w->error), PIRN_USAGE, "the task is pending");
    expect_status(w, cm_call_start(&second, &function, &args, w->error), PIRN_TRAP,
                  "cannot enter component instance");
    expect_status(w, cm_call_resume(&second, w->error), PIRN_USAGE, "the task is not pending");
    w->ready = true;
    assert_int_equal(cm_call_resume(&first, w->error), PIRN_OK);
    assert_int_equal(*(const uint32_t *)cm_call_result(&first), 6);
    w->host_calls = 0;
    assert_int_equal(cm_call_start(&second, &function, &args, w->error), PIRN_OK);

    w->ready = false;
    w->host_calls = 0;
    assert_int_equal(cm_call_start(&second, &function, &args, w->error), PIRN_PENDING);
    cm_call_done(&second);
    assert_int_equal(w->cancels, 1);
    expect_status(w, cm_call_start(&first, &function, &args, w->error), PIRN_TRAP, "cannot enter component instance");
    cm_call_done(&first);
}

static void test_a_function_of_the_host_that_is_exported_is_called_directly(void **state)
{
    world *w = *state;
    pirn_component_functype type;
    cm_function waiting = waiting_function(&type);
    cm_call call;
    assert_int_equal(cm_call_init(&call, &w->runtime, NULL), PIRN_OK);
    uint32_t args = 5;
    assert_int_equal(cm_call_start(&call, &waiting, &args, w->error), PIRN_PENDING);
    w->ready = true;
    assert_int_equal(cm_call_resume(&call, w->error), PIRN_OK);
    assert_int_equal(*(const uint32_t *)cm_call_result(&call), 6);
    w->ready = false;
    w->host_calls = 0;
    assert_int_equal(cm_call_start(&call, &waiting, &args, w->error), PIRN_PENDING);
    cm_call_done(&call);
    assert_int_equal(w->cancels, 1);
}

/* u32 -> own: makes a handle of its argument. */
static void test_the_embedder_drops_a_guests_resource(void **state)
{
    world *w = *state;
    resources *r = resources_init(w);
    w->inner = builtin(w, &r->in_b, CM_RESOURCE_NEW);
    pirn_component_functype type = FUNCTYPE(handle_type(PIRN_TYPE_OWN, 0), LEAF(U32));
    cm_function make = {.type = &type,
                        .program = compile(&type),
                        .resources = r->map,
                        .core = core_func(w, 1, 1, call_inner, w),
                        .options = options_of(&w->b, CM_UTF8)};
    cm_call call;
    assert_int_equal(cm_call_init(&call, &w->runtime, NULL), PIRN_OK);
    uint32_t args = 321;
    assert_int_equal(cm_call_start(&call, &make, &args, w->error), PIRN_OK);
    pirn_resource *resource = *(void *const *)cm_call_result(&call);
    assert_int_equal(w->b.drops, 0);
    w->b.state.may_enter = false;
    expect_status(w, pirn_resource_drop(resource, w->error), PIRN_TRAP, "cannot enter component instance");
    w->b.state.may_enter = true;
    assert_int_equal(pirn_resource_drop(resource, w->error), PIRN_OK);
    assert_int_equal(w->b.drops, 1);
    assert_int_equal(w->b.dropped, 321);
    cm_call_done(&call);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_host_function_gets_and_gives_c_objects),
        TEST(test_a_host_function_that_waits_is_asked_again),
        TEST(test_a_host_function_is_told_when_its_task_is_abandoned),
        TEST(test_a_host_function_may_trap),
        TEST(test_a_guest_calls_another_one),
        TEST(test_a_guest_that_has_trapped_cannot_be_entered_again),
        TEST(test_instances_that_enclose_each_other_do_not_call_each_other),
        TEST(test_nothing_may_be_called_from_realloc_or_post_return),
        TEST(test_a_callee_may_wait),
        TEST(test_a_realloc_may_grow_the_memory_that_is_being_written),
        TEST(test_what_a_realloc_answers_is_not_believed),
        TEST(test_a_realloc_may_hand_out_one_block_for_everything),
        TEST(test_a_realloc_that_traps_ends_the_call),
        TEST(test_a_realloc_cannot_enter_its_instance_again),
        TEST(test_everything_is_lifted_before_realloc_is_called),
        TEST(test_dropping_an_own_handle_runs_the_destructor_in_its_instance),
        TEST(test_destructors_nest_without_native_recursion),
        TEST(test_a_borrow_must_be_dropped_before_the_call_ends),
        TEST(test_an_own_handle_cannot_be_given_away_while_it_is_lent),
        TEST(test_the_embedder_calls_with_c_objects_and_keeps_the_result),
        TEST(test_an_instance_with_a_pending_task_cannot_be_entered),
        TEST(test_a_function_of_the_host_that_is_exported_is_called_directly),
        TEST(test_the_embedder_drops_a_guests_resource),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
