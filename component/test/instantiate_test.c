/* SPDX-License-Identifier: Apache-2.0 */
/* What instantiation makes: core instances that share things, start functions, exports, resources. */
#include "component/test/fixture.h"

#include "vm/base/compiler.h"

#include <stdlib.h>
#include <string.h>

/* Calls a function from u32 to u32. */
static uint32_t call_u32(const fixture *f, const char *interface, const char *name, uint32_t x)
{
    pirn_task *task = pirn_task_new(f->instance);
    assert_non_null(task);
    fixture_check(f, pirn_task_start(task, fixture_func(f, interface, name), &x, f->error));
    uint32_t result = *(const uint32_t *)pirn_task_result(task);
    pirn_task_free(task);
    return result;
}

/* ---- Core instances ------------------------------------------------------------------------------ */

/*
 * As toolchains do it: "shim" exports a table and a function that calls through it, "main" is made with that function,
 * "fixup" puts main's own function, times seven, into the table.
 */
static const char shim_and_fixup[] =
    "component: "
    "core-module { module: "
    "    types { 1 signature 1 i32 1 i32 } funcs { 1 0 } tables { 1 funcref 0 1 } "
    "    exports { 2 'table' as-table 0 'call' as-func 0 } "
    "    code { 1 { 0 local.get 0 i32.const 0 call_indirect 0 0 end } } } "
    "core-module { module: "
    "    types { 1 signature 1 i32 1 i32 } imports { 1 'shim' 'call' as-func 0 } funcs { 2 0 0 } "
    "    exports { 2 'run' as-func 1 'times-seven' as-func 2 } "
    "    code { 2 { 0 local.get 0 call 0 i32.const 1 i32.add end } "
    "             { 0 local.get 0 i32.const 7 i32.mul end } } } "
    "core-module { module: "
    "    types { 1 signature 1 i32 1 i32 } imports { 2 '' 'table' as-table funcref 0 1 '' '0' as-func 0 } "
    "    elements { 1 0 i32.const 0 end 1 0 } } "
    "core-instance { 2 instantiate 0 0 instantiate 1 1 'shim' with-core-instance 0 } "
    "alias { 2 core-table of-core 0 'table' core-func of-core 1 'times-seven' } "
    "core-instance { 2 of-exports 2 'table' table* 0 '0' func* 0 instantiate 2 1 '' with-core-instance 2 } "
    "alias { 1 core-func of-core 1 'run' } "
    "type { 1 func 1 'x' u32 result u32 } "
    "canon { 1 lift 1 0 0 } "
    "export { 1 named 'run' func-sort 0 no-type } ";

static void test_core_instances_share_what_they_import(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    fixture_instantiate(&f, build(shim_and_fixup), NULL);
    assert_int_equal(call_u32(&f, "", "run", 6), 43);
    assert_int_equal(pirn_component_module_count(f.component), 3);
    for (size_t i = 0; i < 3; i++)
        assert_non_null(pirn_component_module(f.component, i));
    assert_null(pirn_component_instance_data(f.instance));
    fixture_done(&f);
}

/* ---- Start functions ------------------------------------------------------------------------------- */

/* The start function calls the host's `tick`. */
static const char starts[] =
    "component: "
    "type { 1 func 0 no-result } "
    "import { 1 named 'tick' is-func 0 } "
    "canon { 1 lower 0 0 } "
    "core-module { module: types { 1 signature 0 0 } imports { 1 'host' 'tick' as-func 0 } start { 0 } } "
    "core-instance { 2 of-exports 1 'tick' func* 0 instantiate 0 1 'host' with-core-instance 0 } ";

typedef struct ticker {
    uint32_t ticks;
    pirn_status answer;
} ticker;

static pirn_status host_tick(pirn_host_call *call, const void *args, void *result)
{
    (void)args;
    (void)result;
    ticker *t = pirn_host_call_data(call);
    t->ticks++;
    return t->answer == PIRN_TRAP ? pirn_host_call_trap(call, "no more ticks") : t->answer;
}

static const pirn_funcdesc tick_func = {.name = "tick", .func = host_tick};
static const pirn_interfacedesc tick_interface = {.name = "", .func_count = 1, .funcs = &tick_func};

static void test_start_functions_run_and_may_not_wait(void **state)
{
    (void)state;
    static const struct {
        pirn_status answer, status;
        const char *message;
    } rows[] = {
        {PIRN_OK, PIRN_OK, ""},
        {PIRN_PENDING, PIRN_TRAP, "cannot block a synchronous call"},
        {PIRN_TRAP, PIRN_TRAP, "no more ticks"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        ticker t = {.answer = rows[i].answer};
        fixture f;
        fixture_init(&f, NULL);
        fixture_define(&f, &tick_interface, NULL);
        fixture_prepare(&f, build(starts));
        f.store = pirn_store_new(f.engine, NULL);
        assert_int_equal(pirn_component_instantiate(f.prepared, f.store, &t, &f.instance, f.error), rows[i].status);
        assert_true(strstr(pirn_error_message(f.error), rows[i].message) != NULL);
        assert_int_equal(t.ticks, 1);
        fixture_done(&f);
    }
}

/* ---- Exports ----------------------------------------------------------------------------------------- */

/* A core function, lifted and exported under several names; and a function of the host that is passed on. */
static const char exports[] =
    "component: "
    "type { 1 func 1 'x' u32 result u32 } "
    "import { 1 named 'double' is-func 0 } "
    "core-module { module: types { 1 signature 1 i32 1 i32 } funcs { 1 0 } exports { 1 'f' as-func 0 } "
    "    code { 1 { 0 local.get 0 i32.const 1 i32.add end } } } "
    "core-instance { 1 instantiate 0 0 } "
    "alias { 1 core-func of-core 0 'f' } "
    "canon { 1 lift 0 0 0 } "
    "instance { 1 of-exports 2 named 'plus-one' func-sort 1 named 'double' func-sort 0 } "
    "export { 1 named 'test:guest/math@1.2.3' instance-sort 0 no-type } "
    "export { 1 named 'plus' func-sort 1 no-type } "
    "export { 1 named 'twice' func-sort 0 no-type } ";

static pirn_status host_double(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    *(uint32_t *)result = *(const uint32_t *)args * 2;
    return PIRN_OK;
}

static const pirn_typedesc type_u32 = {.kind = PIRN_TYPE_U32};
static const pirn_memberdesc param_x[] = {{"x", &type_u32}};
static const pirn_funcdesc double_func = {
    .name = "double", .func = host_double, .param_count = 1, .params = param_x, .result = &type_u32};
static const pirn_interfacedesc double_interface = {.name = "", .func_count = 1, .funcs = &double_func};

static void test_exports_are_found_by_interface_version_and_name(void **state)
{
    (void)state;
    static const struct {
        const char *interface, *name;
        uint32_t of_20; /* 0: not there */
    } rows[] = {
        {"test:guest/math@1.2.3", "plus-one", 21},
        {"test:guest/math@1.0.0", "double", 40},
        {"test:guest/math@1.9.0", "plus-one", 21},
        {"test:guest/math@2.0.0", "plus-one", 0},
        {"test:guest/math", "plus-one", 0},
        {"test:guest/math@1.2.3", "plus", 0},
        {"", "plus", 21},
        {"", "twice", 40},
        {"", "plus-one", 0},
    };
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &double_interface, NULL);
    fixture_instantiate(&f, build(exports), NULL);
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (rows[i].of_20 == 0)
            assert_null(
                pirn_component_instance_func(f.instance, pirn_str_of(rows[i].interface), pirn_str_of(rows[i].name)));
        else
            assert_int_equal(call_u32(&f, rows[i].interface, rows[i].name, 20), rows[i].of_20);
    }
    const pirn_component_functype *type = pirn_component_func_type(fixture_func(&f, "", "plus"));
    assert_int_equal(pirn_component_functype_args_size(type), 4);
    fixture_done(&f);
}

/* ---- Resources --------------------------------------------------------------------------------------- */

/*
 * $maker defines the resource `counter` (its representation is a number that `get` returns) and hands one out; $user imports
 * the type and the functions, makes one from its argument, asks it, and drops it. The destructor calls the host's `gone`.
 */
#define COUNTER_TYPE                                                                            \
    "type { 1 instance-type 7 export-decl named 'counter' is-resource "                         \
    "    type-decl own 0 type-decl func 1 'x' u32 result 1 export-decl named 'make' is-func 2 " \
    "    type-decl borrow 0 type-decl func 1 'c' 3 result u32 export-decl named 'get' is-func 4 } "

static const char resource_of_a_guest[] =
    "component: "
    "type { 1 func 1 'x' u32 no-result } "
    "import { 1 named 'gone' is-func 0 } "
    "component { component: "
    "    type { 1 func 1 'x' u32 no-result } "
    "    import { 1 named 'gone' is-func 0 } "
    "    canon { 1 lower 0 0 } "
    "    type { 1 resource dtor 0 } "
    "    canon { 2 resource.new 1 resource.rep 1 } "
    "    core-module { module: "
    "        types { 1 signature 1 i32 1 i32 } imports { 1 'host' 'new' as-func 0 } funcs { 2 0 0 } "
    "        exports { 2 'make' as-func 1 'get' as-func 2 } "
    "        code { 2 { 0 local.get 0 i32.const 2 i32.mul call 0 end } { 0 local.get 0 i32.const 1 i32.add end } } } "
    "    core-instance { 2 of-exports 1 'new' func* 1 instantiate 0 1 'host' with-core-instance 0 } "
    "    alias { 2 core-func of-core 1 'make' core-func of-core 1 'get' } "
    "    export { 1 named 'counter' type-sort 1 no-type } "
    "    type { 4 own 2 func 1 'x' u32 result 3 borrow 2 func 1 'c' 5 result u32 } "
    "    canon { 2 lift 3 0 4 lift 4 0 6 } "
    "    export { 2 named 'make' func-sort 1 no-type named 'get' func-sort 2 no-type } } "
    "component { component: " COUNTER_TYPE "    import { 1 named 'counters' is-instance 0 } "
    "    alias { 3 type-sort of 0 'counter' func-sort of 0 'make' func-sort of 0 'get' } "
    "    canon { 3 lower 0 0 lower 1 0 resource.drop 1 } "
    "    core-module { module: "
    "        types { 2 signature 1 i32 1 i32 signature 1 i32 0 } "
    "        imports { 3 '' 'make' as-func 0 '' 'get' as-func 0 '' 'drop' as-func 1 } funcs { 1 0 } "
    "        exports { 1 'use' as-func 3 } "
    "        code { 1 { 1 1 i32 local.get 0 call 0 local.tee 1 call 1 local.set 0 local.get 1 call 2 local.get 0 end "
    "} } } "
    "    core-instance { 2 of-exports 3 'make' func* 0 'get' func* 1 'drop' func* 2 "
    "                      instantiate 0 1 '' with-core-instance 0 } "
    "    alias { 1 core-func of-core 1 'use' } "
    "    type { 1 func 1 'x' u32 result u32 } "
    "    canon { 1 lift 3 0 2 } "
    "    export { 1 named 'use' func-sort 2 no-type } } "
    "instance { 2 instantiate 0 1 'gone' func-sort 0 "
    "             instantiate 1 1 'counters' instance-sort 0 } "
    "alias { 1 func-sort of 1 'use' } "
    "export { 2 named 'use' func-sort 1 no-type named 'test:guest/counters@1.0.0' instance-sort 0 no-type } ";

static pirn_status host_gone(pirn_host_call *call, const void *args, void *result)
{
    (void)result;
    *(uint32_t *)pirn_host_call_data(call) = *(const uint32_t *)args;
    return PIRN_OK;
}

static const pirn_funcdesc gone_func = {.name = "gone", .func = host_gone, .param_count = 1, .params = param_x};
static const pirn_interfacedesc gone_interface = {.name = "", .func_count = 1, .funcs = &gone_func};

static void test_a_resource_of_one_guest_is_used_by_another(void **state)
{
    (void)state;
    uint32_t gone = 0;
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &gone_interface, NULL);
    fixture_instantiate(&f, build(resource_of_a_guest), &gone);
    assert_int_equal(call_u32(&f, "", "use", 21), 43);
    assert_int_equal(gone, 42);
    fixture_done(&f);
}

static void test_an_embedder_holds_a_resource_of_a_guest(void **state)
{
    (void)state;
    uint32_t gone = 0, x = 4;
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &gone_interface, NULL);
    fixture_instantiate(&f, build(resource_of_a_guest), &gone);
    pirn_task *task = pirn_task_new(f.instance);
    fixture_check(&f, pirn_task_start(task, fixture_func(&f, "test:guest/counters@1.0.0", "make"), &x, f.error));
    pirn_resource *counter = *(pirn_resource *const *)pirn_task_result(task);
    assert_non_null(counter);
    fixture_check(&f, pirn_task_start(task, fixture_func(&f, "test:guest/counters@1.0.0", "get"), &counter, f.error));
    assert_int_equal(*(const uint32_t *)pirn_task_result(task), 9);
    fixture_check(&f, pirn_resource_drop(counter, f.error));
    assert_int_equal(gone, 8);
    pirn_task_free(task);
    fixture_done(&f);
}

/* `keep` makes a thing of the host and never drops it; `use` makes one, asks it, drops it. */
static const char resource_of_the_host[] =
    "component: "
    "type { 1 instance-type 7 export-decl named 'thing' is-resource "
    "    type-decl own 0 type-decl func 1 'x' u32 result 1 export-decl named '[constructor]thing' is-func 2 "
    "    type-decl borrow 0 type-decl func 1 'self' 3 result u32 export-decl named '[method]thing.get' is-func 4 } "
    "import { 1 named 'test:host/things@0.2.0' is-instance 0 } "
    "alias { 3 type-sort of 0 'thing' func-sort of 0 '[constructor]thing' func-sort of 0 '[method]thing.get' } "
    "canon { 3 lower 0 0 lower 1 0 resource.drop 1 } "
    "core-module { module: "
    "    types { 2 signature 1 i32 1 i32 signature 1 i32 0 } "
    "    imports { 3 '' 'new' as-func 0 '' 'get' as-func 0 '' 'drop' as-func 1 } funcs { 2 0 0 } "
    "    exports { 2 'use' as-func 3 'keep' as-func 4 } "
    "    code { 2 { 1 1 i32 local.get 0 call 0 local.tee 1 call 1 local.set 0 local.get 1 call 2 local.get 0 end } "
    "             { 0 local.get 0 call 0 end } } } "
    "core-instance { 2 of-exports 3 'new' func* 0 'get' func* 1 'drop' func* 2 "
    "                  instantiate 0 1 '' with-core-instance 0 } "
    "alias { 2 core-func of-core 1 'use' core-func of-core 1 'keep' } "
    "type { 1 func 1 'x' u32 result u32 } "
    "canon { 2 lift 3 0 2 lift 4 0 2 } "
    "export { 2 named 'use' func-sort 2 no-type named 'keep' func-sort 3 no-type } ";

typedef struct thing {
    uint32_t x;
} thing;

static pirn_status new_thing(pirn_host_call *call, const void *args, void *result)
{
    thing *t = malloc(sizeof *t);
    assert_non_null(t);
    *t = (thing){*(const uint32_t *)args};
    *(thing **)result = t;
    ++*(int *)pirn_host_call_data(call);
    return PIRN_OK;
}

static pirn_status get_thing(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    const thing *self = *(thing *const *)args;
    *(uint32_t *)result = self->x + 1;
    return PIRN_OK;
}

static void drop_thing(void *data, void *object)
{
    free(object);
    --*(int *)data;
}

static const pirn_resourcedesc thing_resource = {"thing", drop_thing};
static const pirn_resourcedesc *const thing_resources[] = {&thing_resource};
static const pirn_typedesc own_thing = {.kind = PIRN_TYPE_OWN, .resource = &thing_resource};
static const pirn_typedesc borrow_thing = {.kind = PIRN_TYPE_BORROW, .resource = &thing_resource};
static const pirn_memberdesc param_self[] = {{"self", &borrow_thing}};
static const pirn_funcdesc thing_funcs[] = {
    {.name = "[constructor]thing", .func = new_thing, .param_count = 1, .params = param_x, .result = &own_thing},
    {.name = "[method]thing.get", .func = get_thing, .param_count = 1, .params = param_self, .result = &type_u32},
};
static const pirn_interfacedesc thing_interface = {.name = "test:host/things@0.2.4",
                                                   .func_count = BASE_COUNT(thing_funcs),
                                                   .funcs = thing_funcs,
                                                   .resource_count = 1,
                                                   .resources = thing_resources};

static void test_resources_of_the_host_are_dropped_with_the_instance(void **state)
{
    (void)state;
    int alive = 0;
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &thing_interface, NULL);
    fixture_instantiate(&f, build(resource_of_the_host), &alive);
    assert_int_equal(call_u32(&f, "", "use", 41), 42);
    assert_int_equal(alive, 0);
    call_u32(&f, "", "keep", 1);
    call_u32(&f, "", "keep", 2);
    assert_int_equal(alive, 2);
    pirn_component_instance_free(f.instance);
    f.instance = NULL;
    assert_int_equal(alive, 0);
    fixture_done(&f);
}

static void test_resources_of_the_host_are_dropped_when_a_pooled_instance_is_given_back(void **state)
{
    (void)state;
    int alive = 0;
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &thing_interface, NULL);
    fixture_prepare(&f, build(resource_of_the_host));
    pirn_pool *pool = pirn_pool_new(f.engine, NULL);
    pirn_pool_kind *kind = pirn_pool_kind_new(pool);
    for (int owner = 0; owner < 3; owner++) {
        fixture_check(&f, pirn_component_instantiate_pooled(f.prepared, kind, &alive, &f.instance, f.error));
        assert_int_equal(call_u32(&f, "", "keep", 7), 1);
        assert_int_equal(call_u32(&f, "", "use", 7), 8);
        assert_int_equal(alive, 1);
        pirn_store *store = pirn_component_instance_store(f.instance);
        pirn_component_instance_free(f.instance);
        assert_int_equal(alive, 0);
        pirn_store_free(store);
    }
    f.instance = NULL;
    pirn_pool_free(pool);
    fixture_done(&f);
}

/* ---- The async ABI ------------------------------------------------------------------------------------ */

/* `run` returns its argument; with 0 it cancels its task. */
static const char has_async_built_ins[] =
    "component: "
    "canon { 2 task.cancel context.get i32 0 } "
    "core-module { module: "
    "    types { 3 signature 1 i32 1 i32 signature 0 0 signature 0 1 i32 } "
    "    imports { 2 '' 'cancel' as-func 1 '' 'get' as-func 2 } funcs { 1 0 } exports { 1 'run' as-func 2 } "
    "    code { 1 { 0 local.get 0 i32.eqz if void call 0 end local.get 0 end } } } "
    "core-instance { 2 of-exports 2 'cancel' func* 0 'get' func* 1 instantiate 0 1 '' with-core-instance 0 } "
    "alias { 1 core-func of-core 1 'run' } "
    "type { 1 func 1 'x' u32 result u32 } "
    "canon { 1 lift 2 0 0 } "
    "export { 1 named 'run' func-sort 0 no-type } ";

static void test_async_built_ins_trap_when_they_are_called(void **state)
{
    (void)state;
    uint32_t zero = 0;
    fixture f;
    fixture_init(&f, NULL);
    fixture_instantiate(&f, build(has_async_built_ins), NULL);
    assert_int_equal(call_u32(&f, "", "run", 5), 5);
    pirn_task *task = pirn_task_new(f.instance);
    assert_int_equal(pirn_task_start(task, fixture_func(&f, "", "run"), &zero, f.error), PIRN_TRAP);
    assert_string_equal(pirn_error_message(f.error), "canon task.cancel is not supported yet");
    pirn_task_free(task);
    fixture_done(&f);
}

/* ---- Allocations that fail ----------------------------------------------------------------------------- */

typedef struct failing {
    size_t countdown; /* allocations that still work */
    size_t live_bytes;
} failing;

static void *resize_or_fail(void *user, void *block, size_t old_size, size_t new_size)
{
    failing *f = user;
    if (new_size > 0 && f->countdown == 0)
        return NULL;
    f->countdown -= new_size > 0;
    void *moved = NULL;
    if (new_size == 0)
        free(block);
    else
        moved = realloc(block, new_size);
    f->live_bytes += new_size - old_size;
    return moved;
}

/* From load to call; what has been made is freed whether or not it goes well. */
static pirn_status load_and_call(pirn_engine *engine, const binary *b, void *data)
{
    pirn_component *component = NULL;
    pirn_prepared *prepared = NULL;
    pirn_component_instance *instance = NULL;
    pirn_task *task = NULL;
    uint32_t x = 5;
    pirn_linker *linker = pirn_linker_new(engine);
    pirn_store *store = pirn_store_new(engine, NULL);
    pirn_status status = linker == NULL || store == NULL ? PIRN_NOMEM : PIRN_OK;
    if (status == PIRN_OK)
        status = pirn_linker_define(linker, &thing_interface, NULL, NULL);
    if (status == PIRN_OK)
        status = pirn_linker_define(linker, &gone_interface, NULL, NULL);
    if (status == PIRN_OK)
        status = pirn_component_load(engine, b->bytes, b->size, PIRN_BYTES_BORROW, &component, NULL);
    if (status == PIRN_OK)
        status = pirn_linker_prepare(linker, component, &prepared, NULL);
    if (status == PIRN_OK)
        status = pirn_component_instantiate(prepared, store, data, &instance, NULL);
    if (status == PIRN_OK)
        status = (task = pirn_task_new(instance)) == NULL ? PIRN_NOMEM : PIRN_OK;
    if (status == PIRN_OK)
        status =
            pirn_task_start(task, pirn_component_instance_func(instance, PIRN_STR(""), PIRN_STR("use")), &x, NULL);
    pirn_task_free(task);
    pirn_component_instance_free(instance);
    if (store != NULL)
        pirn_store_free(store);
    pirn_prepared_free(prepared);
    if (component != NULL)
        pirn_component_free(component);
    pirn_linker_free(linker);
    return status;
}

/* The n-th allocation fails, for every n, until none is left that could. */
static void fail_each_allocation(const char *component, pirn_status expected)
{
    binary b = build(component);
    pirn_status status = PIRN_NOMEM;
    for (size_t works = 0; status == PIRN_NOMEM; works++) {
        uint32_t data = 0;
        failing f = {.countdown = works};
        pirn_allocator allocator = {resize_or_fail, &f};
        pirn_config config = pirn_config_default();
        config.allocator = &allocator;
        pirn_engine *engine = pirn_engine_new(&config);
        if (engine != NULL) {
            status = load_and_call(engine, &b, &data);
            pirn_engine_free(engine);
        }
        assert_int_equal(f.live_bytes, 0);
        if (component == resource_of_the_host)
            assert_int_equal(data, 0); /* things alive */
    }
    assert_int_equal(status, expected);
    free(b.bytes);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    fail_each_allocation(resource_of_the_host, PIRN_OK);
    fail_each_allocation(resource_of_a_guest, PIRN_OK);
    fail_each_allocation(exports, PIRN_UNLINKABLE);
}

/* ---- Bad input ------------------------------------------------------------------------------------------- */

static bool is_u32_to_u32(const pirn_component_functype *type)
{
    char text[32];
    pirn_component_functype_text(type, text, sizeof text);
    return strcmp(text, "func(x: u32) -> u32") == 0;
}

/* As far as it goes: a changed component may be malformed, invalid, unlinkable, trap, or do something else. */
static void run_changed(pirn_engine *engine, const pirn_linker *linker, const binary *b, void *data)
{
    pirn_component *component = NULL;
    pirn_prepared *prepared = NULL;
    pirn_component_instance *instance = NULL;
    uint32_t x = 5;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = limits.stack_bytes = 1 << 20;
    limits.table_elements = 1000;
    pirn_store *store = pirn_store_new(engine, &limits);
    assert_non_null(store);
    pirn_store_set_fuel(store, 10000);
    pirn_status status = pirn_component_load(engine, b->bytes, b->size, PIRN_BYTES_BORROW, &component, NULL);
    if (status == PIRN_OK)
        status = pirn_linker_prepare(linker, component, &prepared, NULL);
    if (status == PIRN_OK)
        status = pirn_component_instantiate(prepared, store, data, &instance, NULL);
    const pirn_component_func *use =
        status == PIRN_OK ? pirn_component_instance_func(instance, PIRN_STR(""), PIRN_STR("use")) : NULL;
    pirn_task *task = use != NULL ? pirn_task_new(instance) : NULL;
    if (task != NULL && is_u32_to_u32(pirn_component_func_type(use)))
        status = pirn_task_start(task, use, &x, NULL);
    pirn_task_free(task);
    pirn_component_instance_free(instance);
    pirn_store_free(store);
    pirn_prepared_free(prepared);
    if (component != NULL)
        pirn_component_free(component);
}

static void test_changed_bytes_do_no_harm(void **state)
{
    (void)state;
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x03, 0x05, 0x41, 0x7F, 0x80, 0xFF};
    pirn_config config = pirn_config_default();
    config.fuel = true;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_linker *linker = pirn_linker_new(engine);
    assert_int_equal(pirn_linker_define(linker, &thing_interface, NULL, NULL), PIRN_OK);
    assert_int_equal(pirn_linker_define(linker, &gone_interface, NULL, NULL), PIRN_OK);
    binary binaries[] = {build(resource_of_the_host), build(resource_of_a_guest)};
    for (size_t i = 0; i < BASE_COUNT(binaries); i++) {
        for (size_t at = 8; at < binaries[i].size; at++) {
            uint8_t byte = binaries[i].bytes[at];
            for (size_t v = 0; v < BASE_COUNT(values); v++) {
                binaries[i].bytes[at] = values[v];
                int alive = 0;
                uint32_t gone = 0;
                run_changed(engine, linker, &binaries[i], i == 0 ? (void *)&alive : &gone);
                assert_int_equal(alive, 0);
            }
            binaries[i].bytes[at] = byte;
        }
        free(binaries[i].bytes);
    }
    pirn_linker_free(linker);
    pirn_engine_free(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_core_instances_share_what_they_import),
        cmocka_unit_test(test_start_functions_run_and_may_not_wait),
        cmocka_unit_test(test_exports_are_found_by_interface_version_and_name),
        cmocka_unit_test(test_a_resource_of_one_guest_is_used_by_another),
        cmocka_unit_test(test_an_embedder_holds_a_resource_of_a_guest),
        cmocka_unit_test(test_resources_of_the_host_are_dropped_with_the_instance),
        cmocka_unit_test(test_resources_of_the_host_are_dropped_when_a_pooled_instance_is_given_back),
        cmocka_unit_test(test_async_built_ins_trap_when_they_are_called),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_changed_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
