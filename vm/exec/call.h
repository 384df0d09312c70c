/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and host frames, as vm/exec/call.c makes them and vm/exec/trace.c walks them.
 *
 * A host function's frame on the value stack, and what it has entered above it:
 *
 *      slots                            (pirn_slot *)(frame + 1)
 *      | arguments, later results ...   | frame of the function entered ...
 *      |<- header_at slots ->| pirn_frame |
 *
 * The function entered returns to vm_code_host, which finds the host frame right below that function's fp.
 */
#pragma once

#include "vm/exec/run.h"

typedef enum vm_frame_request { VM_FRAME_NOTHING, VM_FRAME_WAIT, VM_FRAME_ENTER, VM_FRAME_THROW } vm_frame_request;

/* Lives on the value stack, so that it stays when the native stack is gone. */
struct pirn_frame {
    _Alignas(pirn_slot) vm_context *context;
    const pirn_functype *type;
    pirn_slot *slots;
    pirn_slot *top; /* the value stack is free from here on */
    /* Where to go on when it returns. */
    const vm_word *return_pc;
    pirn_slot *caller_fp;
    pirn_instance *caller;
    pirn_instance *from; /* whose code called: the caller but for a tail call */
    /* What the host function asked for last, until it is done. */
    vm_frame_request request;
    pirn_func *callee;         /* entered */
    pirn_exception *exception; /* thrown */
    pirn_host_func next;
    void *data;
    pirn_host_cancel cancel;
    bool stops_exceptions;
    pirn_frame *outer; /* of vm_context.live */
};

/* The host frame that has entered the function with this fp. */
static inline pirn_frame *vm_frame_below(pirn_slot *fp)
{
    return (pirn_frame *)(void *)fp - 1;
}

typedef enum vm_call_state { VM_CALL_IDLE, VM_CALL_RUNNING, VM_CALL_PENDING } vm_call_state;

struct pirn_call {
    pirn_store *store;
    void *data;
    vm_call_state state;
    const pirn_functype *type; /* of the function that was started */
    pirn_frame *live;          /* while it is pending: its host frames, innermost first */
    struct vm_prompt *prompts; /* and the borders of the continuations that it is in */
    pirn_slot *stack;
    size_t stack_size;                  /* bytes, the red zone included */
    bool is_front;                      /* the stack lies in front of a memory: pirn_store.front */
    struct vm_reservation *reservation; /* where it lies else; NULL: in a block of the allocator */
    pirn_call *next, *previous;         /* of the store */
};

/* Bytes of a value stack; 0: more than there can be. */
size_t vm_store_stack_bytes(const pirn_store *store);
/* Frees the calls that wait to be used again. */
void vm_calls_free_idle(pirn_store *store);

/* May a frame begin at fp, and are there `slots` for it? */
bool vm_call_has_room(vm_context *context, const pirn_slot *fp, size_t slots);
/*
 * Lets the context run a function whose arguments are at `fp` and which then goes on at `return_pc`, code of no module, with
 * `fp`. For a host function the instance in the context is the caller. VM_HOST_STOP: also when there is no room.
 */
vm_host_outcome vm_call_enter(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc);
/* The host frame of the innermost function entered will not come to its `next`: an exception passes. */
void vm_call_abandon_frame(vm_context *context);

/* Sets stack_limit to that of the call that runs, or to zero when an interrupt stands. Any thread's interrupt is seen. */
void vm_context_set_limit(vm_context *context);

/* Where a run is, or where a frame of it will go on. */
typedef struct vm_position {
    const vm_word *pc;
    pirn_slot *fp;
    pirn_instance *instance;
    bool is_return; /* pc is where a call returns to */
} vm_position;

/* The code that the position lies in; NULL for what is not of a module, and for stubs. */
const vm_code *vm_position_code(const vm_position *at);
/* The position in the caller of the function `func`. */
vm_position vm_position_caller(const vm_position *at, uint32_t func);

/*
 * Writes into context->error what stopped the handlers: the trap's sentence unless there is one, the function and offset
 * of the innermost Wasm frame, and the backtrace. The machine state in the context is where it stopped.
 */
void vm_trace_describe(vm_context *context, pirn_status status);
