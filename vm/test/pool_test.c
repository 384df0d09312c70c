/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool: stores that are used again. An owner leaves marks in everything that it can reach, and the next one finds none,
 * whatever help of the system there is.
 */
#include "vm/test/fixture.h"

#include "vm/test/address_space.h"

#include "vm/exec/call.h"
#include "vm/exec/keep.h"
#include "vm/exec/pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Everything that has contents, and functions that write all of it: `fill` to each byte of memory and beyond what it began
 * with, `dig` down the stack. */
static const char source[] =
    "(module"
    "  (memory $m (export \"m\") 3 40) (memory $n (export \"n\") 1)"
    "  (table $t (export \"t\") 4 40 externref) (table $f (export \"f\") 2 funcref)"
    "  (global $g (export \"g\") (mut i64) (i64.const 5)) (global $v (export \"v\") (mut v128) (v128.const i64x2 6 "
    "7))"
    "  (global $r (export \"r\") (mut externref) (ref.null extern))"
    "  (elem (table $f) (i32.const 1) func $size) (elem $passive func $size)"
    "  (data (memory $m) (i32.const 70000) \"begins with this\")"
    "  (data (memory $m) (i32.const 120000) \"and this\") (data (memory $n) (i32.const 10) \"few\") (data $later "
    "\"later\")"
    "  (func $size (export \"size\") (result i32) (memory.size $m))"
    "  (func (export \"fill\") (param $x externref)"
    "    (drop (memory.grow $m (i32.const 7)))"
    "    (memory.fill $m (i32.const 0) (i32.const 0xA5) (i32.const 655360))"
    "    (memory.fill $n (i32.const 0) (i32.const 0xA5) (i32.const 65536))"
    "    (drop (table.grow $t (local.get $x) (i32.const 30)))"
    "    (table.fill $t (i32.const 0) (local.get $x) (i32.const 34))"
    "    (table.fill $f (i32.const 0) (ref.func $size) (i32.const 2))"
    "    (global.set $g (i64.const 0xA5A5)) (global.set $v (v128.const i64x2 0xA5 0xA5)) (global.set $r (local.get "
    "$x))"
    "    (elem.drop $passive) (data.drop $later))"
    "  (func $dig (export \"dig\") (param i64) (result i64)"
    "    (if (result i64) (i64.eqz (local.get 0)) (then (i64.const 0))"
    "      (else (i64.add (i64.const 0xA5A5A5A5) (call $dig (i64.sub (local.get 0) (i64.const 1)))))))"
    "  (func (export \"passive\") (result i32)"
    "    (memory.init $m $later (i32.const 0) (i32.const 0) (i32.const 5))"
    "    (table.init $f $passive (i32.const 0) (i32.const 0) (i32.const 1))"
    "    (i32.load8_u $m (i32.const 0))))";

typedef struct world {
    pirn_engine *engine;
    pirn_error *error;
    pirn_module *module, *other; /* NULL: not loaded */
    pirn_pool *pool;
    pirn_pool_kind *kind;
    pirn_arena *arena;
} world;

static pirn_module *load(world *w, const char *text)
{
    const uint8_t *bytes;
    size_t size;
    pirn_module *module = NULL;
    assert_int_equal(pirn_text_parse(text, strlen(text), w->arena, &bytes, &size, w->error), PIRN_OK);
    int status = pirn_module_load(w->engine, bytes, size, PIRN_BYTES_COPY, 0, &module, w->error);
    expect_outcome(w, status, PIRN_OK, NULL);
    return module;
}

static world world_new(const pirn_pool_config *config, const pirn_config *engine_config)
{
    world w = {
        .engine = pirn_engine_new(engine_config), .error = pirn_error_new(NULL), .arena = pirn_arena_new(NULL)};
    w.pool = pirn_pool_new(w.engine, config);
    assert_non_null(w.pool);
    w.kind = pirn_pool_kind_new(w.pool);
    w.module = load(&w, source);
    return w;
}

static void world_free(world *w)
{
    pirn_pool_free(w->pool);
    pirn_module_free(w->module);
    pirn_module_free(w->other);
    pirn_arena_free(w->arena);
    pirn_engine_free(w->engine);
    pirn_error_free(w->error);
}

static pirn_instance *instantiate(world *w, pirn_store *store, const pirn_module *module)
{
    pirn_instance *instance = NULL;
    pirn_error_clear(w->error);
    int status = pirn_instance_new(store, module, NULL, 0, &instance, w->error);
    expect_outcome(w, status, PIRN_OK, NULL);
    return instance;
}

/* A store with an instance of the world's module, kept. */
static pirn_instance *take(world *w)
{
    pirn_store *store = NULL;
    pirn_error_clear(w->error);
    int status = pirn_pool_take(w->kind, &store, w->error);
    expect_outcome(w, status, PIRN_OK, NULL);
    pirn_instance *instance = pirn_store_kept(store);
    if (instance != NULL)
        return instance;
    instance = instantiate(w, store, w->module);
    assert_true(pirn_store_keep(store, instance, NULL));
    return instance;
}

static pirn_extern export_of(const pirn_instance *instance, const char *name)
{
    pirn_extern object = {0};
    assert_true(pirn_instance_find(instance, pirn_str_of(name), &object));
    return object;
}

static pirn_slot invoke(world *w, pirn_instance *instance, const char *name, pirn_slot argument)
{
    pirn_slot results[2] = {{.u64 = 0}};
    pirn_error_clear(w->error);
    int status = pirn_invoke(instance->store, NULL, export_of(instance, name).func, &argument, results, w->error);
    expect_outcome(w, status, PIRN_OK, NULL);
    return results[0];
}

/* ---- What the next one finds --------------------------------------------------------------------------------------------- */

static void leave_marks(world *w, pirn_instance *instance)
{
    pirn_store_set_fuel(instance->store, 1000);
    pirn_store_set_data(instance->store, w);
    invoke(w, instance, "fill", (pirn_slot){.ref = w});
    invoke(w, instance, "dig", (pirn_slot){.u64 = 2000});
    pirn_call *call = pirn_call_new(instance->store);
    pirn_slot depth = {.u64 = 3000};
    assert_int_equal(pirn_call_start(call, export_of(instance, "dig").func, &depth, w->error), PIRN_OK);
    pirn_call_free(call);
    pirn_memory *memory = NULL;
    pirn_memtype type = {.limits = {2, 2}, .page_size_log2 = 16};
    assert_int_equal(pirn_memory_new(instance->store, &type, &memory, w->error), PIRN_OK);
    memset(pirn_memory_data(memory), 0xA5, 2 << 16);
    pirn_store_interrupt(instance->store);
}

static void expect_zeroes(const uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (bytes[i] != 0)
            fail_msg("byte %zu is %d", i, bytes[i]);
    }
}

/* Also the bytes that it may grow into. */
static void expect_clean_memory(const pirn_memory *memory, const char *text, size_t at, const char *more,
                                size_t more_at)
{
    size_t len = strlen(text), more_len = strlen(more);
    expect_zeroes(memory->data, 0, at);
    assert_memory_equal(memory->data + at, text, len);
    expect_zeroes(memory->data, at + len, more_at);
    assert_memory_equal(memory->data + more_at, more, more_len);
    expect_zeroes(memory->data, more_at + more_len, memory->reservation->committed);
}

static void expect_clean_store(const pirn_store *store)
{
    for (const pirn_call *call = store->idle_calls; call != NULL; call = call->next)
        expect_zeroes((const uint8_t *)call->stack, 0, call->stack_size);
    for (const vm_reservation *r = store->reservations; r != NULL; r = r->next)
        expect_zeroes(r->base - r->front, 0, r->front + r->committed);
    assert_null(store->calls);
    assert_null(store->heap.chunks);
    assert_null(pirn_store_data(store));
    assert_int_equal(pirn_store_fuel(store), 0);
}

static void expect_clean_instance(world *w, pirn_instance *instance)
{
    expect_clean_memory(export_of(instance, "m").memory, "begins with this", 70000, "and this", 120000);
    expect_clean_memory(export_of(instance, "n").memory, "few", 10, "", 13);
    assert_int_equal(pirn_memory_size(export_of(instance, "m").memory), 3 << 16);
    const pirn_table *t = export_of(instance, "t").table, *f = export_of(instance, "f").table;
    pirn_slot element;
    assert_int_equal(pirn_table_size(t), 4);
    for (uint64_t i = 0; i < 4; i++)
        assert_true(pirn_table_get(t, i, &element) && element.ref == NULL);
    assert_true(pirn_table_get(f, 0, &element) && element.ref == NULL);
    assert_true(pirn_table_get(f, 1, &element) && element.ref == export_of(instance, "size").func);
    assert_int_equal(pirn_global_value(export_of(instance, "g").global)->i64, 5);
    assert_int_equal(pirn_global_value(export_of(instance, "v").global)[0].i64, 6);
    assert_int_equal(pirn_global_value(export_of(instance, "v").global)[1].i64, 7);
    assert_null(pirn_global_value(export_of(instance, "r").global)->ref);
    expect_clean_store(instance->store);
    assert_int_equal(invoke(w, instance, "size", (pirn_slot){0}).u32, 3);
    assert_int_equal(invoke(w, instance, "passive", (pirn_slot){0}).u32, 'l');
}

/* Each way in which a pool can do its work. */
static const pirn_pool_config ways[] = {
    {.stores = 1, .keep_resident_bytes = UINT64_MAX},
    {.stores = 1, .keep_resident_bytes = 50000},
    {.stores = 1, .keep_resident_bytes = 0},
    {.stores = 1, .keep_resident_bytes = UINT64_MAX, .without = PIRN_POOL_PAGE_SCAN},
    {.stores = 1, .keep_resident_bytes = 50000, .without = PIRN_POOL_PAGE_SCAN},
    {.stores = 1, .keep_resident_bytes = UINT64_MAX, .without = PIRN_POOL_SEALED_FILES},
    {.stores = 1, .keep_resident_bytes = 0, .without = PIRN_POOL_SEALED_FILES},
    {.stores = 1, .keep_resident_bytes = 50000, .without = PIRN_POOL_SEALED_FILES | PIRN_POOL_PAGE_SCAN},
};

static pirn_pool_config with_limits(pirn_pool_config config)
{
    config.limits = pirn_store_limits_default();
    return config;
}

static void test_the_next_owner_finds_nothing_of_the_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(ways); i++) {
        pirn_pool_config config = with_limits(ways[i]);
        world w = world_new(&config, NULL);
        pirn_instance *first = take(&w);
        for (int owner = 0; owner < 4; owner++) {
            pirn_instance *instance = owner == 0 ? first : take(&w);
            assert_ptr_equal(instance, first);
            expect_clean_instance(&w, instance);
            leave_marks(&w, instance);
            pirn_store_free(instance->store);
        }
        world_free(&w);
    }
}

static void test_a_store_of_another_kind_begins_empty(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(ways); i++) {
        pirn_pool_config config = with_limits(ways[i]);
        world w = world_new(&config, NULL);
        w.other = load(&w, "(module (memory (export \"m\") 1 20) (memory 1) (memory 1))");
        pirn_pool_kind *kind = pirn_pool_kind_new(w.pool);
        for (int round = 0; round < 3; round++) {
            pirn_instance *instance = take(&w);
            expect_clean_instance(&w, instance);
            leave_marks(&w, instance);
            pirn_store_free(instance->store);
            pirn_store *store = NULL;
            assert_int_equal(pirn_pool_take(kind, &store, w.error), PIRN_OK);
            assert_null(pirn_store_kept(store));
            expect_clean_store(store);
            instance = instantiate(&w, store, w.other);
            expect_clean_memory(export_of(instance, "m").memory, "", 0, "", 0);
            memset(export_of(instance, "m").memory->data, 0x5A, 1 << 16);
            pirn_store_free(store);
        }
        world_free(&w);
    }
}

/* ---- What is kept ---------------------------------------------------------------------------------------------------------- */

static void test_what_was_written_before_keeping_is_there_for_everybody(void **state)
{
    (void)state;
    world w = world_new(NULL, NULL);
    pirn_store *store = NULL;
    assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
    pirn_instance *instance = instantiate(&w, store, w.module);
    pirn_memory *memory = export_of(instance, "m").memory;
    memory->data[100000] = 77;
    assert_true(pirn_memory_grow(memory, 1, NULL));
    pirn_global_value(export_of(instance, "g").global)->i64 = 88;
    assert_true(pirn_store_keep(store, instance, NULL));
    assert_false(pirn_store_keep(store, instance, NULL));
    for (int owner = 0; owner < 3; owner++) {
        assert_ptr_equal(pirn_store_kept(store), instance);
        assert_int_equal(memory->data[100000], 77);
        assert_int_equal(pirn_memory_size(memory), 4 << 16);
        assert_int_equal(pirn_global_value(export_of(instance, "g").global)->i64, 88);
        leave_marks(&w, instance);
        pirn_store_free(store);
        pirn_store *again = NULL;
        assert_int_equal(pirn_pool_take(w.kind, &again, w.error), PIRN_OK);
        assert_ptr_equal(again, store);
    }
    pirn_store_free(store);
    world_free(&w);
}

/* The second store is made to differ from the first: its memory must not become the first one's. */
static void test_a_store_unlike_the_first_is_not_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(ways); i++) {
        pirn_pool_config config = with_limits(ways[i]);
        config.stores = 2;
        world w = world_new(&config, NULL);
        pirn_instance *first = take(&w);
        pirn_store *store = NULL;
        assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
        pirn_instance *second = instantiate(&w, store, w.module);
        export_of(second, "m").memory->data[150000] = 1;
        assert_false(pirn_store_keep(store, second, NULL));
        assert_null(pirn_store_kept(store));
        assert_int_equal(export_of(second, "m").memory->data[150000], 1);
        pirn_store_free(store);
        pirn_instance *third = take(&w);
        expect_clean_instance(&w, third);
        pirn_store_free(third->store);
        pirn_store_free(first->store);
        world_free(&w);
    }
}

static void test_what_cannot_be_brought_back_is_not_kept(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "(module (type $s (struct (field i32))) (global (ref $s) (struct.new $s (i32.const 1))))",
        "(module (memory 1 1 shared))",
    };
    pirn_config config = pirn_config_default();
    config.features = pirn_features_supported();
    for (size_t i = 0; i < BASE_COUNT(sources); i++) {
        world w = world_new(NULL, &config);
        w.other = load(&w, sources[i]);
        pirn_store *store = NULL;
        for (int round = 0; round < 2; round++) {
            assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
            assert_null(pirn_store_kept(store));
            pirn_instance *instance = instantiate(&w, store, w.other);
            assert_false(pirn_store_keep(store, instance, NULL));
            pirn_store_free(store);
        }
        world_free(&w);
    }
    fixture f = fixture_new(NULL, NULL);
    assert_false(pirn_store_keep(f.store, &f, NULL));
    assert_null(pirn_store_kept(f.store));
    fixture_free(&f);
}

static void test_what_the_embedder_made_is_kept_too(void **state)
{
    (void)state;
    world w = world_new(NULL, NULL);
    pirn_store *store = NULL;
    assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
    pirn_memory *memory = NULL;
    pirn_table *table = NULL;
    pirn_global *global = NULL;
    const pirn_memtype memtype = {.limits = {1, 9}, .page_size_log2 = 16};
    const pirn_tabletype tabletype = {.limits = {3, 9000}, .element = PIRN_EXTERNREF};
    const pirn_globaltype globaltype = {PIRN_I32, true};
    const pirn_slot one = {.u64 = 1};
    assert_int_equal(pirn_memory_new(store, &memtype, &memory, w.error), PIRN_OK);
    assert_int_equal(pirn_table_new(store, &tabletype, (pirn_slot){.ref = &w}, &table, w.error), PIRN_OK);
    assert_int_equal(pirn_global_new(store, &globaltype, &one, &global, w.error), PIRN_OK);
    memset(pirn_memory_data(memory), 3, 5000);
    assert_true(pirn_store_keep(store, &w, NULL));
    for (int owner = 0; owner < 3; owner++) {
        assert_int_equal(pirn_memory_data(memory)[4999], 3);
        expect_zeroes(pirn_memory_data(memory), 5000, 1 << 16);
        assert_int_equal(pirn_table_size(table), 3);
        assert_ptr_equal(table->elements[2], &w);
        assert_int_equal(pirn_global_value(global)->u32, 1);
        memset(pirn_memory_data(memory), 0xA5, 1 << 16);
        assert_true(pirn_table_grow(table, 8000, (pirn_slot){.ref = store}, NULL));
        assert_true(pirn_table_set(table, 2, (pirn_slot){.ref = store}));
        pirn_global_value(global)->u32 = 99;
        pirn_store_free(store);
        assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
        assert_ptr_equal(pirn_store_kept(store), &w);
    }
    pirn_store_free(store);
    world_free(&w);
}

static void count_call(void *object)
{
    ++*(int *)object;
}

static void test_the_embedder_is_told_when_what_it_kept_is_no_more(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    world w = world_new(&config, NULL);
    pirn_pool_kind *other = pirn_pool_kind_new(w.pool);
    pirn_store *store = NULL;
    int dropped[2] = {0, 0};
    assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
    assert_true(pirn_store_keep(store, &dropped[0], count_call));
    pirn_store_free(store);
    assert_int_equal(dropped[0], 0);
    assert_int_equal(pirn_pool_take(other, &store, w.error), PIRN_OK);
    assert_int_equal(dropped[0], 1);
    assert_true(pirn_store_keep(store, &dropped[1], count_call));
    pirn_store_free(store);
    assert_int_equal(pirn_pool_stats_of(w.pool).warm, 1);
    pirn_pool_kind_free(other);
    assert_int_equal(dropped[1], 1);
    assert_int_equal(pirn_pool_stats_of(w.pool).warm, 0);
    world_free(&w);
}

/* ---- Who gets one ---------------------------------------------------------------------------------------------------------- */

static void test_a_full_pool_says_so(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    config.stores = 2;
    world w = world_new(&config, NULL);
    pirn_instance *a = take(&w), *b = take(&w);
    pirn_store *store = NULL;
    int status = pirn_pool_take(w.kind, &store, w.error);
    expect_outcome(&w, status, PIRN_LIMIT, "all 2 stores of the pool are taken");
    pirn_pool_stats stats = pirn_pool_stats_of(w.pool);
    assert_true(stats.made == 2 && stats.taken == 2 && stats.warm == 0);
    pirn_store_free(a->store);
    assert_ptr_equal(take(&w), a);
    pirn_store_free(b->store);
    pirn_store_free(a->store);
    stats = pirn_pool_stats_of(w.pool);
    assert_true(stats.made == 2 && stats.taken == 0 && stats.warm == 2);
    world_free(&w);
}

static void test_the_store_given_back_last_is_taken_first(void **state)
{
    (void)state;
    world w = world_new(NULL, NULL);
    pirn_instance *a = take(&w), *b = take(&w);
    pirn_store_free(b->store);
    pirn_store_free(a->store);
    assert_ptr_equal(take(&w), a);
    assert_ptr_equal(take(&w), b);
    pirn_store_free(a->store);
    pirn_store_free(b->store);
    world_free(&w);
}

static void *give_back_later(void *data)
{
    const struct timespec wait = {.tv_nsec = 20 * 1000 * 1000};
    nanosleep(&wait, NULL);
    pirn_store_free(data);
    return NULL;
}

static void test_taking_waits_for_another_thread(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    config.wait_ns = UINT64_C(60) * 1000 * 1000 * 1000;
    world w = world_new(&config, NULL);
    pirn_instance *first = take(&w);
    leave_marks(&w, first);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, give_back_later, first->store), 0);
    assert_ptr_equal(take(&w), first);
    expect_clean_instance(&w, first);
    pthread_join(thread, NULL);
    pirn_store_free(first->store);
    world_free(&w);
}

static void test_taking_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    config.wait_ns = 5 * 1000 * 1000;
    world w = world_new(&config, NULL);
    pirn_instance *first = take(&w);
    pirn_store *store = NULL;
    int status = pirn_pool_take(w.kind, &store, w.error);
    expect_outcome(&w, status, PIRN_LIMIT, "all 1 stores of the pool are taken");
    pirn_store_free(first->store);
    world_free(&w);
}

static void *run_many(void *data)
{
    world w = *(world *)data;
    w.error = pirn_error_new(NULL);
    for (int i = 0; i < 50; i++) {
        pirn_instance *instance = take(&w);
        expect_clean_instance(&w, instance);
        invoke(&w, instance, "fill", (pirn_slot){.ref = &w});
        pirn_store_free(instance->store);
    }
    pirn_error_free(w.error);
    return NULL;
}

static void test_threads_share_a_pool(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    config.stores = 3;
    world w = world_new(&config, NULL);
    pthread_t threads[3];
    for (size_t i = 0; i < BASE_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_many, &w), 0);
    for (size_t i = 0; i < BASE_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(pirn_pool_stats_of(w.pool).taken, 0);
    world_free(&w);
}

/* ---- When the system refuses ----------------------------------------------------------------------------------------------- */

static void test_a_module_that_asks_for_more_than_a_store_holds_is_refused(void **state)
{
    (void)state;
    pirn_pool_config config = with_limits(ways[0]);
    config.limits.memory_bytes = 3 << 16;
    config.limits.table_elements = 5;
    world w = world_new(&config, NULL);
    pirn_store *store = NULL;
    pirn_instance *instance = NULL;
    for (int round = 0; round < 2; round++) {
        pirn_error_clear(w.error);
        assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
        int status = pirn_instance_new(store, w.module, NULL, 0, &instance, w.error);
        expect_outcome(&w, status, PIRN_LIMIT, "a table of 2 elements is above the limit of 5 for all tables");
        pirn_store_free(store);
    }
    world_free(&w);
}

/* A file that is too large for the process would end it. */
static void test_where_files_may_not_be_large_contents_are_copied(void **state)
{
    (void)state;
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    few = (struct rlimit){.rlim_cur = 8192, .rlim_max = before.rlim_max};
    world w = world_new(NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    pirn_instance *first = take(&w);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(export_of(first, "m").memory->reservation->pristine->is_sealed);
    leave_marks(&w, first);
    pirn_store_free(first->store);
    assert_ptr_equal(take(&w), first);
    expect_clean_instance(&w, first);
    pirn_store_free(first->store);
    world_free(&w);
}

static void test_a_store_tells_what_its_memories_take(void **state)
{
    (void)state;
    world w = world_new(NULL, NULL);
    pirn_instance *instance = take(&w);
    pirn_pool_stats stats = pirn_pool_stats_of(w.pool);
    size_t page = vm_mapping_page_size(), own = pirn_store_cost_of(instance->store).written_bytes;
    export_of(instance, "m").memory->data[0] = 1;
    export_of(instance, "m").memory->data[5 * page] = 1;
    pirn_store_cost cost = pirn_store_cost_of(instance->store);
    assert_int_equal(cost.memory_bytes, 4 << 16);
    assert_int_equal(cost.written_bytes - own, stats.page_scan ? 2 * page : 0);
    assert_true(!stats.sealed_files || cost.shared_bytes >= 50000);
    pirn_store_free(instance->store);
    pirn_module_cost code;
    assert_int_equal(pirn_module_cost_of(w.module, &code, w.error), PIRN_OK);
    assert_int_equal(code.functions, 4);
    assert_true(code.cells >= 4 && code.cell_bytes >= code.cells * sizeof(void *) && code.code_bytes > 50);
    world_free(&w);
}

/* The page scanner of a process says nothing about the processes that it forks. */
static void test_after_a_fork_pages_are_still_found(void **state)
{
    (void)state;
    world w = world_new(NULL, NULL);
    pirn_instance *instance = take(&w);
    pid_t child = fork();
    if (child == 0) {
        uint8_t *bytes = export_of(instance, "m").memory->data;
        bytes[200] = bytes[190000] = 1;
        pirn_store_free(instance->store);
        _exit(bytes[200] == 0 && bytes[190000] == 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    pirn_store_free(instance->store);
    world_free(&w);
}

/* No memory gets its range: it works without, and nothing is kept. */
static void test_without_address_space_the_pool_still_works(void **state)
{
    (void)state;
    static address_space all;
    world w = world_new(NULL, NULL);
    take_address_space(&all);
    bool was_kept = false, was_clean = true;
    for (int round = 0; round < 2; round++) {
        pirn_store *store = NULL;
        assert_int_equal(pirn_pool_take(w.kind, &store, w.error), PIRN_OK);
        pirn_instance *instance = instantiate(&w, store, w.module);
        was_kept |= pirn_store_keep(store, instance, NULL);
        was_clean &= export_of(instance, "m").memory->data[100] == 0;
        invoke(&w, instance, "fill", (pirn_slot){.ref = &w});
        pirn_store_free(store);
    }
    give_address_space(&all);
    assert_false(was_kept);
    assert_true(was_clean);
    world_free(&w);
}

/* Everything up to a second owner, with an allocator that fails at the n-th request; true when it never did. */
static bool run_with_failure(size_t requests)
{
    test_memory memory;
    test_memory_init(&memory, SIZE_MAX);
    pirn_config config = pirn_config_default();
    config.allocator = &memory.allocator;
    world w = world_new(NULL, &config);
    memory.requests_left = requests;
    bool done = true;
    for (int owner = 0; owner < 3; owner++) {
        pirn_store *store = NULL;
        pirn_instance *instance;
        if (pirn_pool_take(w.kind, &store, NULL) != PIRN_OK) {
            done = false;
            continue;
        }
        instance = pirn_store_kept(store);
        if (instance == NULL) {
            done &= pirn_instance_new(store, w.module, NULL, 0, &instance, NULL) == PIRN_OK;
            done &= pirn_store_keep(store, instance, NULL);
        }
        pirn_store_free(store);
    }
    done &= memory.requests_left > 0;
    memory.requests_left = SIZE_MAX;
    world_free(&w);
    assert_int_equal(memory.live_bytes, 0);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    size_t requests = 0;
    while (!run_with_failure(requests))
        requests++;
    assert_true(requests > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_next_owner_finds_nothing_of_the_last),
        cmocka_unit_test(test_a_store_of_another_kind_begins_empty),
        cmocka_unit_test(test_what_was_written_before_keeping_is_there_for_everybody),
        cmocka_unit_test(test_a_store_unlike_the_first_is_not_kept),
        cmocka_unit_test(test_what_cannot_be_brought_back_is_not_kept),
        cmocka_unit_test(test_what_the_embedder_made_is_kept_too),
        cmocka_unit_test(test_the_embedder_is_told_when_what_it_kept_is_no_more),
        cmocka_unit_test(test_a_full_pool_says_so),
        cmocka_unit_test(test_the_store_given_back_last_is_taken_first),
        cmocka_unit_test(test_taking_waits_for_another_thread),
        cmocka_unit_test(test_taking_waits_no_longer_than_it_may),
        cmocka_unit_test(test_threads_share_a_pool),
        cmocka_unit_test(test_a_module_that_asks_for_more_than_a_store_holds_is_refused),
        cmocka_unit_test(test_where_files_may_not_be_large_contents_are_copied),
        cmocka_unit_test(test_a_store_tells_what_its_memories_take),
        cmocka_unit_test(test_after_a_fork_pages_are_still_found),
        cmocka_unit_test(test_without_address_space_the_pool_still_works),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
