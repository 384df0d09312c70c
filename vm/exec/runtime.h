/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runtime structures (spec 4.2): what handlers touch. The store owns everything here; who makes what is said at each struct.
 *
 * A frame on the value stack, growing upward. Slots are 8 bytes; `fp` points at slot 0:
 *
 *      fp
 *      | p0 p1 ... r0 r1 ...|ret pc|caller fp|caller inst|real ret pc|real fp| locals ... | operand temps ... -> next call
 *      |<- max(params,      |<----------------- header ----------------->|
 *      |    results) slots->|
 *
 * The arguments of a call lie where the caller computed them, on top of its operand temps: that place is the callee's
 * slot 0, and the results come back to the same place. Results: a single one comes back in the accumulator of its kind
 * (integer and reference, or float), everything else (several results, v128) in the slots from fp[0] on.
 * `caller inst`, `real ret pc` and `real fp` are written only by calls that change the instance: these set `ret pc` to the
 * shared code that restores the caller's instance and then goes on at `real ret pc` with `real fp`, and `caller fp` to the
 * header itself, which is how that code finds it (vm_frame_link_of in vm/exec/code.h reads both kinds).
 *
 * The frame at the bottom returns to vm_code_exit, one that a host function has entered to vm_code_host; both have no
 * Wasm caller, and their `caller fp` is their own fp: so that code finds the results there.
 */
#pragma once

#include "vm/base/lock.h"
#include "vm/base/map.h"
#include "vm/base/memory.h"
#include "vm/binary/instr.h"
#include "vm/exec/heap.h"
#include "vm/exec/type.h"
#include "vm/syntax/module.h"
#include <stdatomic.h>

typedef union vm_word vm_word; /* of translated code: vm/exec/code.h */

enum {
    VM_FRAME_RETURN_PC,
    VM_FRAME_CALLER_FP,
    VM_FRAME_CALLER_INSTANCE,
    VM_FRAME_REAL_RETURN_PC,
    VM_FRAME_REAL_CALLER_FP,
    VM_FRAME_HEADER, /* slots */
    /* Slots above the limit that every frame may use without asking; functions with larger frames ask at their start. */
    VM_RED_ZONE = 512,
};

typedef struct vm_context vm_context;

/* ---- shared by threads ------------------------------------------------------------------------------------------ */

/* A function type of the engine's registry; equal types are one object, so comparing pointers compares types. */
struct pirn_functype {
    vm_rtt rtt;
    pirn_engine *engine;
    uint32_t param_count, result_count;
    uint32_t param_slots, result_slots;
    uint32_t header_at; /* max(param_slots, result_slots): where the header of a frame begins */
    const pirn_valtype *types; /* parameters, then results */
};

struct pirn_engine {
    pirn_allocator allocator;
    pirn_config config;
    base_lock lock; /* guards the registry */
    base_arena types_arena;
    BASE_VEC(const vm_rtt *) types; /* by id */
    base_map groups; /* of recursion groups: key -> id of the first type */
};

/*
 * One function's translated code. `code` of vm_code_module.entries[] is published with one release store; until
 * then the entry points at a stub whose handler translates.
 */
typedef struct vm_code {
    uint32_t func;      /* index */
    uint32_t words;     /* length of `start` */
    uint32_t frame_slots; /* slots from fp to the end of temps */
    vm_word *start;
    uint32_t landing_count;
    const struct vm_landing *landings; /* where exceptions are caught: vm/exec/exception.h */
} vm_code;

struct pirn_module {
    pirn_engine *engine;
    vm_module syntax;
    uint8_t *owned_bytes; /* PIRN_BYTES_COPY */
    size_t owned_size;
    const vm_rtt **rtts;         /* by type index: the engine's */
    const pirn_functype **types; /* the same where it is a function type, else NULL */
    base_map export_names;       /* name -> position */
    /* Translation: by defined function index (function index minus imports). */
    base_lock translate_lock;
    _Atomic(const vm_word *) *entries; /* where to jump */
    vm_word *stubs;                    /* VM_STUB_WORDS a function: see vm_stubs_init */
    vm_code **codes;                   /* guarded by the lock; for backtraces and the disassembler */
    base_arena code_arena;             /* guarded by the lock */
    vm_code **codes_by_address;        /* guarded by the lock; made by vm/exec/trace.c when it is asked */
    size_t codes_by_address_count;
};

/* ---- owned by a store ------------------------------------------------------------------------------------------- */

/* Of Wasm functions one lies in the instance for each defined function; host functions are vm_host_function. */
struct pirn_func {
    const pirn_functype *type;
    pirn_instance *instance; /* NULL: a host function */
    /* wasm: the address of the module's entry, read again at each call (it changes once, at translation) */
    _Atomic(const vm_word *) *entry;
    pirn_store *store;
    uint32_t index; /* in the instance's module */
};

typedef struct vm_host_function {
    pirn_func func;
    pirn_host_func host;
    void *data;
    void (*drop_data)(void *);
    struct vm_host_function *next; /* of the store */
} vm_host_function;

/*
 * A shared memory has one such object in each store that it is in; they point to the same vm_shared_memory
 * (vm/exec/shared.h) and their `size` is what it was when this store last looked.
 */
struct pirn_memory {
    uint8_t *data;
    uint64_t size;      /* bytes: what handlers compare with */
    uint64_t counted;   /* bytes of it that count against the store's limit */
    struct vm_shared_memory *shared; /* NULL: it is not */
    uint64_t max_pages; /* of type and limits */
    pirn_memtype type;
    struct vm_reservation *reservation; /* where `data` lies; NULL: in a block of the allocator, which may move */
    size_t reserved;    /* bytes of it */
    uint32_t number;    /* how many the store had made before */
    pirn_store *store;
    pirn_memory *next;
};

struct pirn_table {
    void **elements; /* references: NULL is null */
    uint64_t size, capacity;
    uint64_t max;
    pirn_tabletype type; /* element in engine terms */
    pirn_store *store;
    pirn_table *next;
};

struct pirn_global {
    pirn_slot value[2];
    pirn_globaltype type;
    pirn_store *store;
    pirn_global *next;
};

struct pirn_tag {
    const pirn_functype *type; /* no results */
    pirn_store *store;
    pirn_tag *next; /* of the store */
};

/*
 * An instance: what translated code reaches through its instance register. Arrays follow the index spaces of the module.
 */
struct pirn_instance {
    vm_context *context; /* of the store */
    pirn_memory *memory0; /* NULL when there is none */
    pirn_slot **globals;  /* addresses of the values: own ones lie in this slab, imported ones elsewhere */
    pirn_table **tables;
    pirn_func **funcs;    /* every function of the index space */
    pirn_memory **memories;
    pirn_global **global_objects;
    pirn_tag **tags;
    const pirn_module *module;
    pirn_store *store;
    uint8_t *dropped_elems, *dropped_datas; /* one flag a segment */
    size_t elem_ref_count;
    void **elem_refs;      /* references of the passive element segments, one behind the other */
    uint32_t *elem_starts; /* where each segment's begin, and the end; an active or declarative one is empty */
    pirn_func *own_funcs;  /* the defined ones, in the slab like the own memories, tables and globals */
    pirn_memory *own_memories;
    pirn_table *own_tables;
    pirn_global *own_globals;
    pirn_tag *own_tags;
    base_arena arena;
    pirn_instance *next;
};

/*
 * What runs: one per store, the same address as long as the store lives. `stack_limit` is the one flag that calls (and
 * back-edges, when the engine is interruptible) compare fp with: an interrupt sets it to zero.
 */
struct vm_context {
    _Atomic(uintptr_t) stack_limit; /* fp of a callee must not be above */
    atomic_bool interrupted;
    uint64_t fuel;
    pirn_store *store;
    struct vm_profile *profile; /* NULL unless the engine counts */
    pirn_call *call;        /* the one that runs, whose value stack is in use */
    pirn_slot *stack_end;   /* of that value stack: the limit (when not interrupted) and VM_RED_ZONE */
    pirn_trap trap;         /* reason, set by the handler that traps */
    pirn_exception *uncaught; /* what ended the last call, if it was an exception */
    pirn_status status;     /* why vm_host_call or vm_host_continue answered VM_HOST_STOP */
    /*
     * Machine state: where handlers start, and as it was when they stopped (trap, wait, end). The accumulators are the
     * 64 bits of a slot: an f32 is in the lower half of the float one's bits. After a return of a host function both
     * have its single result.
     */
    const vm_word *pc;
    pirn_slot *fp;
    pirn_instance *instance;
    uint64_t accumulator;     /* integers and references */
    double float_accumulator;
    bool pc_is_return;        /* a host function stopped the handlers: pc is where its call would have returned to */
    /* Host frames and nesting: vm/exec/call.c. */
    pirn_frame *running;     /* whose host function is on the native stack, NULL while handlers run */
    pirn_frame *live;        /* those that wait or have entered a function, innermost first */
    struct vm_prompt *prompts; /* where the continuations that run begin, innermost first: vm/exec/continuation.h */
    bool synchronous;        /* inside pirn_invoke: a wait is a trap */
    uint32_t native_depth;   /* of runs within runs */
    pirn_error *error;       /* of the embedder's call */
    base_arena scratch;
};

struct pirn_store {
    pirn_engine *engine;
    pirn_store_limits limits;
    uint64_t memory_bytes_used, table_elements_used, instances_used;
    vm_context context;
    void *data;
    pirn_instance nowhere; /* the instance in force while only the embedder's code has run: it has nothing */
    vm_heap heap;
    pirn_call *calls; /* all that there are */
    pirn_call *idle_calls; /* freed, with their stacks, to be used again */
    uint32_t idle_call_count;
    pirn_call *invoke_call; /* for pirn_invoke outside of calls; made when needed */
    pirn_instance *instances;
    /* What the embedder made by itself; an instance's own objects go with the instance. */
    pirn_memory *memories;
    pirn_table *tables;
    pirn_global *globals;
    pirn_tag *tags;
    vm_host_function *funcs;
    /* Of a pool: vm/exec/pool.h. NULL elsewhere. */
    pirn_pool *pool;
    pirn_pool_kind *kind;                /* whose it is while it is taken, or warm for it */
    pirn_store *next_idle;               /* of the pool or the kind */
    struct vm_kept *kept;                /* what it goes back to: vm/exec/keep.h */
    struct vm_reservation *reservations; /* free ones */
    struct vm_reservation *front;        /* the one that has room for a value stack in front; NULL: none yet */
    bool is_front_taken;                 /* by one of its calls, idle or not */
    uint32_t memories_made;              /* since it was empty */
    bool has_pristines;                  /* the kind's are ready, and were when it was taken */
};
