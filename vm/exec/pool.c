/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: who has which store, and what happens to one between two owners. See vm/exec/pool.h. */
#include "vm/exec/pool.h"
#include "vm/exec/call.h"
#include "vm/exec/keep.h"
#include "vm/exec/store.h"
#include <time.h>

/* ---- Making ---------------------------------------------------------------------------------------------------------- */

pirn_pool_config pirn_pool_config_default(void)
{
    return (pirn_pool_config){
        .stores = 1000,
        .limits = pirn_store_limits_default(),
        .keep_resident_bytes = UINT64_C(16) << 20,
    };
}

static bool make_sleep(pirn_pool *pool)
{
    if (mtx_init(&pool->sleep, mtx_plain) != thrd_success)
        return false;
    if (cnd_init(&pool->given_back) == thrd_success)
        return true;
    mtx_destroy(&pool->sleep);
    return false;
}

pirn_pool *pirn_pool_new(pirn_engine *engine, const pirn_pool_config *config)
{
    pirn_pool *pool = base_alloc_zero(&engine->allocator, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->engine = engine;
    pool->config = config != NULL ? *config : pirn_pool_config_default();
    uint64_t keep = pool->config.keep_resident_bytes;
    pool->cleaner = (vm_cleaner){
        .has_files = (pool->config.without & PIRN_POOL_SEALED_FILES) == 0,
        .page_size = vm_mapping_page_size(),
        .keep_bytes = keep < SIZE_MAX ? (size_t)keep : SIZE_MAX,
    };
    if (!make_sleep(pool)) {
        base_free(&engine->allocator, pool, sizeof *pool);
        return NULL;
    }
    if ((pool->config.without & PIRN_POOL_PAGE_SCAN) == 0)
        pool->cleaner.has_scanner = vm_page_scanner_init(&pool->cleaner.scanner);
    return pool;
}

pirn_pool_kind *pirn_pool_kind_new(pirn_pool *pool)
{
    pirn_pool_kind *kind = base_alloc_zero(&pool->engine->allocator, sizeof *kind);
    if (kind == NULL)
        return NULL;
    kind->pool = pool;
    base_lock_take(&pool->lock);
    kind->next = pool->kinds;
    pool->kinds = kind;
    base_lock_release(&pool->lock);
    return kind;
}

/* ---- Address space --------------------------------------------------------------------------------------------------- */

vm_reservation *vm_store_reserve(pirn_store *store, size_t size)
{
    for (vm_reservation **link = &store->reservations; *link != NULL; link = &(*link)->next) {
        vm_reservation *reservation = *link;
        if (reservation->size >= size && !reservation->is_lost) {
            *link = reservation->next;
            return reservation;
        }
    }
    size_t front = store->pool != NULL && store->front == NULL ? vm_store_stack_bytes(store) : 0;
    vm_reservation *reservation = vm_reservation_new(&store->engine->allocator, front, size);
    if (reservation != NULL && store->pool != NULL)
        vm_mapping_use_small_pages(reservation->base - reservation->front, reservation->front + size);
    if (reservation != NULL && front > 0)
        store->front = reservation;
    return reservation;
}

void vm_store_release(pirn_store *store, vm_reservation *reservation, uint64_t used)
{
    const pirn_pool *pool = store->pool;
    size_t budget = pool == NULL ? 0 : pool->cleaner.keep_bytes;
    if (pool == NULL) {
        vm_reservation_free(&store->engine->allocator, reservation);
        return;
    }
    reservation->is_lost = !vm_reservation_clear(reservation, &pool->cleaner, used, &budget);
    reservation->next = store->reservations;
    store->reservations = reservation;
}

const vm_pristine *vm_store_expected(const pirn_store *store, const pirn_memory *memory)
{
    bool is_known = store->has_pristines && store->kept == NULL && memory->number < store->kind->pristines.len;
    return is_known ? store->kind->pristines.data[memory->number] : NULL;
}

/* ---- Between two owners ---------------------------------------------------------------------------------------------- */

static void clean_stack(const pirn_store *store, pirn_call *call, size_t *budget)
{
    if (call->is_front && !store->front->is_front_clean)
        vm_reservation_restore(store->front, &store->pool->cleaner, 0, budget);
    else if (call->is_front)
        return;
    else if (call->reservation != NULL)
        vm_reservation_restore(call->reservation, &store->pool->cleaner, call->stack_size, budget);
    else
        memset(call->stack, 0, call->stack_size);
}

static void clean_stacks(pirn_store *store, size_t *budget)
{
    pirn_call_free(store->invoke_call);
    store->invoke_call = NULL;
    for (pirn_call *call = store->idle_calls; call != NULL; call = call->next)
        clean_stack(store, call, budget);
}

static void reset_context(pirn_store *store)
{
    vm_context *context = &store->context;
    base_arena_reset(&context->scratch);
    context->fuel = 0;
    context->accumulator = 0;
    context->float_accumulator = 0;
    context->uncaught = NULL;
    atomic_store_explicit(&context->interrupted, false, memory_order_relaxed);
    store->data = NULL;
}

/* Everything goes but reservations and stacks. */
static void empty(pirn_store *store)
{
    vm_kept_free(store);
    vm_store_free_newer(store, &(vm_store_mark){0});
    store->memories_made = 0;
    store->kind = NULL;
}

/* As the next owner shall find it. */
static void bring_back(pirn_store *store)
{
    size_t budget = store->pool->cleaner.keep_bytes;
    if (store->kept != NULL && !vm_kept_restore(store, &budget))
        vm_kept_free(store);
    if (store->kept == NULL)
        empty(store);
    clean_stacks(store, &budget);
    reset_context(store);
}

/*
 * After the lists have changed. Who waits has counted itself before it looked at them: so it has either seen the change, or
 * is counted here and asleep by the time that its mutex is free.
 */
static void wake_one(pirn_pool *pool)
{
    if (atomic_load(&pool->waiting) == 0)
        return;
    mtx_lock(&pool->sleep);
    cnd_signal(&pool->given_back);
    mtx_unlock(&pool->sleep);
}

void vm_pool_give(pirn_store *store)
{
    pirn_pool *pool = store->pool;
    bring_back(store);
    base_lock_take(&pool->lock);
    pirn_store **list = store->kind != NULL ? &store->kind->warm : &pool->idle;
    store->next_idle = *list;
    *list = store;
    pool->taken--;
    base_lock_release(&pool->lock);
    wake_one(pool);
}

/* ---- Taking ---------------------------------------------------------------------------------------------------------- */

static pirn_store *pop(pirn_store **list)
{
    pirn_store *store = *list;
    if (store != NULL)
        *list = store->next_idle;
    return store;
}

/* A warm store of the kind that has waited longest for somebody to take one, emptied while the kind is there. */
static pirn_store *empty_one_of_others(pirn_pool *pool)
{
    pirn_pool_kind *found = NULL;
    for (pirn_pool_kind *kind = pool->kinds; kind != NULL; kind = kind->next) {
        if (kind->warm != NULL && (found == NULL || kind->last_taken < found->last_taken))
            found = kind;
    }
    if (found == NULL)
        return NULL;
    pirn_store *store = pop(&found->warm);
    empty(store);
    return store;
}

/* What there is for somebody who asks. */
typedef struct finding {
    pirn_store *store;
    bool may_make; /* there is none, and the pool may have one more, which is counted already */
    bool has_pristines;
} finding;

static finding find_store(pirn_pool_kind *kind)
{
    pirn_pool *pool = kind->pool;
    base_lock_take(&pool->lock);
    finding found = {.store = pop(&kind->warm), .has_pristines = kind->has_pristines};
    if (found.store == NULL)
        found.store = pop(&pool->idle);
    found.may_make = found.store == NULL && pool->made < pool->config.stores;
    if (found.store == NULL && !found.may_make)
        found.store = empty_one_of_others(pool);
    pool->made += found.may_make;
    pool->taken += found.store != NULL || found.may_make;
    kind->last_taken = ++pool->clock;
    base_lock_release(&pool->lock);
    return found;
}

static bool is_nothing(const finding *found)
{
    return found->store == NULL && !found->may_make;
}

static struct timespec deadline_after(uint64_t wait_ns)
{
    enum { NS_PER_S = 1000000000 };
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    uint64_t ns = (uint64_t)now.tv_nsec + wait_ns % NS_PER_S;
    now.tv_sec += (time_t)(wait_ns / NS_PER_S + ns / NS_PER_S);
    now.tv_nsec = (long)(ns % NS_PER_S);
    return now;
}

/* The same, waiting as long as the pool's owner has said. */
static finding wait_for_store(pirn_pool_kind *kind)
{
    pirn_pool *pool = kind->pool;
    const struct timespec deadline = deadline_after(pool->config.wait_ns);
    int answer = thrd_success;
    mtx_lock(&pool->sleep);
    atomic_fetch_add(&pool->waiting, 1);
    finding found = find_store(kind);
    while (is_nothing(&found) && answer == thrd_success) {
        answer = cnd_timedwait(&pool->given_back, &pool->sleep, &deadline);
        found = find_store(kind);
    }
    atomic_fetch_sub(&pool->waiting, 1);
    mtx_unlock(&pool->sleep);
    return found;
}

static pirn_store *make_store(pirn_pool *pool)
{
    pirn_store *store = pirn_store_new(pool->engine, &pool->config.limits);
    if (store != NULL)
        store->pool = pool;
    return store;
}

/* Nobody makes the one that was counted already. */
static void forget_made(pirn_pool *pool)
{
    base_lock_take(&pool->lock);
    pool->made--;
    pool->taken--;
    base_lock_release(&pool->lock);
    wake_one(pool);
}

pirn_status pirn_pool_take(pirn_pool_kind *kind, pirn_store **out, pirn_error *error)
{
    pirn_pool *pool = kind->pool;
    finding found = find_store(kind);
    if (is_nothing(&found) && pool->config.wait_ns > 0)
        found = wait_for_store(kind);
    if (is_nothing(&found))
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET, "all %u stores of the pool are taken",
                         pool->config.stores);
    if (found.store == NULL)
        found.store = make_store(pool);
    if (found.store == NULL) {
        forget_made(pool);
        return base_nomem(error);
    }
    found.store->kind = kind;
    found.store->has_pristines = found.has_pristines;
    *out = found.store;
    return PIRN_OK;
}

pirn_pool_stats pirn_pool_stats_of(pirn_pool *pool)
{
    base_lock_take(&pool->lock);
    pirn_pool_stats stats = {.made = pool->made, .taken = pool->taken};
    for (const pirn_pool_kind *kind = pool->kinds; kind != NULL; kind = kind->next) {
        for (const pirn_store *store = kind->warm; store != NULL; store = store->next_idle)
            stats.warm++;
    }
    base_lock_release(&pool->lock);
    stats.sealed_files = pool->cleaner.has_files;
    stats.page_scan = pool->cleaner.has_scanner;
    return stats;
}

/* ---- The end --------------------------------------------------------------------------------------------------------- */

void vm_pool_free_pristines(pirn_pool_kind *kind)
{
    for (size_t i = 0; i < kind->pristines.len; i++) {
        if (kind->pristines.data[i] != NULL)
            vm_pristine_free(kind->pristines.data[i]);
    }
    BASE_VEC_DONE(&kind->pristines, &kind->pool->engine->allocator);
}

void pirn_pool_kind_free(pirn_pool_kind *kind)
{
    if (kind == NULL)
        return;
    pirn_pool *pool = kind->pool;
    base_lock_take(&pool->lock);
    pirn_pool_kind **link = &pool->kinds;
    while (*link != kind)
        link = &(*link)->next;
    *link = kind->next;
    for (pirn_store *store; (store = pop(&kind->warm)) != NULL;) {
        empty(store);
        store->next_idle = pool->idle;
        pool->idle = store;
    }
    base_lock_release(&pool->lock);
    vm_pool_free_pristines(kind);
    base_free(&pool->engine->allocator, kind, sizeof *kind);
}

void pirn_pool_free(pirn_pool *pool)
{
    if (pool == NULL)
        return;
    while (pool->kinds != NULL)
        pirn_pool_kind_free(pool->kinds);
    for (pirn_store *store; (store = pop(&pool->idle)) != NULL;) {
        store->pool = NULL;
        vm_store_destroy(store);
    }
    if (pool->cleaner.has_scanner)
        vm_page_scanner_done(&pool->cleaner.scanner);
    cnd_destroy(&pool->given_back);
    mtx_destroy(&pool->sleep);
    base_free(&pool->engine->allocator, pool, sizeof *pool);
}
