/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool (see <pirn/vm.h>): stores that are used one time after the other.
 *
 *      pool    idle: empty stores ->   taken: the embedder's   <- kind   warm: stores as kept for this kind
 *
 * A store that is given back is brought back to what was kept (vm/exec/keep.h) and is warm for its kind; if nothing was
 * kept it is emptied and idle. Even then it has its reservations and value stacks still, with their pages.
 *
 * The lock guards lists and counters only; bringing a store back is done outside of it, by the thread that gives back.
 */
#pragma once

#include "vm/exec/reservation.h"
#include "vm/exec/runtime.h"
#include <threads.h>

struct pirn_pool {
    pirn_engine *engine;
    pirn_pool_config config;
    vm_cleaner cleaner;
    base_lock lock;
    /* Those who wait for a store sleep here. */
    mtx_t sleep;
    cnd_t given_back;
    atomic_uint waiting;
    /* Guarded by the lock. */
    pirn_store *idle;
    pirn_pool_kind *kinds;
    uint64_t clock; /* counts takings */
    uint32_t made, taken;
};

struct pirn_pool_kind {
    pirn_pool *pool;
    /* Guarded by the pool's lock. */
    pirn_store *warm;
    uint64_t last_taken;               /* by the pool's clock */
    bool has_pristines;                /* then these do not change any more */
    BASE_VEC(vm_pristine *) pristines; /* of the memories of a kept store, in their order; NULL: of an empty one */
    pirn_pool_kind *next;
};

/* Gives a store back; it is a taken one. */
void vm_pool_give(pirn_store *store);
/* Under the lock, or when nobody else has the kind. */
void vm_pool_free_pristines(pirn_pool_kind *kind);
/* What a new memory of the store is expected to begin with; NULL when that is not known. */
const vm_pristine *vm_store_expected(const pirn_store *store, const pirn_memory *memory);

/* Address space for a memory, of at least `size` bytes; NULL when there is none. */
vm_reservation *vm_store_reserve(pirn_store *store, size_t size);
/* The end of a memory that had `used` bytes. */
void vm_store_release(pirn_store *store, vm_reservation *reservation, uint64_t used);
