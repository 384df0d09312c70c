/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: value stacks, host frames, suspension.
 *
 * Wasm frames are only on the value stack of their call. A host function runs on the native stack, but its frame is on the
 * value stack, too: when it waits, the native stack unwinds to the embedder, and pirn_call_resume asks the frame's `next`;
 * when it enters a function, the handlers go on with that, and vm_code_host leads back to `next`.
 *
 * A run is one stay in the handlers (or in host functions called directly by the embedder). Runs nest on the native stack
 * when a host function itself calls pirn_invoke, pirn_call_start or pirn_call_resume; what of the context belongs to the
 * outer run is saved in between.
 */
#include "vm/exec/call.h"
#include "vm/exec/exception.h"
#include "vm/exec/reservation.h"

/* A store keeps so many calls that were freed, for a stack costs more to make than to use. */
enum { IDLE_CALLS = 4 };

enum { NATIVE_DEPTH_LIMIT = 100, HOST_FRAME_SLOTS = sizeof(pirn_frame) / sizeof(pirn_slot) };

/* ---- Calls and their value stacks -------------------------------------------------------------------------------- */

size_t vm_store_stack_bytes(const pirn_store *store)
{
    uint64_t limit = store->limits.stack_bytes & ~(uint64_t)(sizeof(pirn_slot) - 1);
    return limit > SIZE_MAX / 2 ? 0 : (size_t)limit + VM_RED_ZONE * sizeof(pirn_slot);
}

/* A reservation of its own. */
static void *reserve_stack(pirn_call *call)
{
    const pirn_allocator *allocator = &call->store->engine->allocator;
    vm_reservation *reservation = vm_reservation_new(allocator, 0, call->stack_size);
    if (reservation == NULL)
        return NULL;
    if (!vm_reservation_commit(reservation, call->stack_size)) {
        vm_reservation_free(allocator, reservation);
        return NULL;
    }
    call->reservation = reservation;
    return reservation->base;
}

static void *take_front(pirn_call *call)
{
    pirn_store *store = call->store;
    if (store->front == NULL || store->is_front_taken)
        return NULL;
    call->is_front = store->is_front_taken = true;
    return store->front->base - store->front->front;
}

static bool alloc_stack(pirn_call *call)
{
    call->stack_size = vm_store_stack_bytes(call->store);
    if (call->stack_size == 0)
        return false;
    void *stack = take_front(call);
    if (stack == NULL)
        stack = reserve_stack(call);
    if (stack == NULL)
        stack = base_alloc(&call->store->engine->allocator, call->stack_size);
    call->stack = stack;
    return stack != NULL;
}

static void free_call(pirn_call *call)
{
    const pirn_allocator *allocator = &call->store->engine->allocator;
    if (call->is_front)
        call->store->is_front_taken = false;
    else if (call->reservation != NULL)
        vm_reservation_free(allocator, call->reservation);
    else
        base_free(allocator, call->stack, call->stack_size);
    base_free(allocator, call, sizeof *call);
}

void vm_calls_free_idle(pirn_store *store)
{
    while (store->idle_calls != NULL) {
        pirn_call *call = store->idle_calls;
        store->idle_calls = call->next;
        free_call(call);
    }
    store->idle_call_count = 0;
}

/* One that is used again, or a new one. */
static pirn_call *make_call(pirn_store *store)
{
    pirn_call *call = store->idle_calls;
    if (call != NULL) {
        store->idle_calls = call->next;
        store->idle_call_count--;
        return call;
    }
    call = base_alloc_zero(&store->engine->allocator, sizeof *call);
    if (call == NULL)
        return NULL;
    call->store = store;
    if (alloc_stack(call))
        return call;
    base_free(&store->engine->allocator, call, sizeof *call);
    return NULL;
}

pirn_call *pirn_call_new(pirn_store *store)
{
    pirn_call *call = make_call(store);
    if (call == NULL)
        return NULL;
    if (call->is_front)
        store->front->is_front_clean = false;
    call->data = NULL;
    call->previous = NULL;
    call->next = store->calls;
    if (store->calls != NULL)
        store->calls->previous = call;
    store->calls = call;
    return call;
}

static void unlink_call(pirn_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        call->store->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
}

void pirn_call_free(pirn_call *call)
{
    if (call == NULL)
        return;
    pirn_call_cancel(call);
    unlink_call(call);
    pirn_store *store = call->store;
    if (store->idle_call_count == IDLE_CALLS) {
        free_call(call);
        return;
    }
    call->next = store->idle_calls;
    store->idle_calls = call;
    store->idle_call_count++;
}

static pirn_slot *stack_end(const pirn_call *call)
{
    return call->stack + call->stack_size / sizeof(pirn_slot);
}

bool pirn_call_is_pending(const pirn_call *call)
{
    return call->state == VM_CALL_PENDING;
}

const pirn_slot *pirn_call_results(const pirn_call *call)
{
    return call->stack;
}

pirn_store *pirn_call_store(const pirn_call *call)
{
    return call->store;
}

void pirn_call_set_data(pirn_call *call, void *data)
{
    call->data = data;
}

void *pirn_call_data(const pirn_call *call)
{
    return call->data;
}

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

/*
 * An interrupt sets the flag, then the limit to zero. Whoever sets the limit looks at the flag afterwards; so, in whatever
 * order the two meet, the limit is zero in the end.
 */
void vm_context_set_limit(vm_context *context)
{
    if (context->call == NULL)
        return;
    atomic_store(&context->stack_limit, (uintptr_t)(context->stack_end - VM_RED_ZONE));
    if (atomic_load(&context->interrupted))
        atomic_store(&context->stack_limit, 0);
}

pirn_trap vm_stack_trap(vm_context *context)
{
    return atomic_load(&context->interrupted) ? PIRN_TRAP_INTERRUPTED : PIRN_TRAP_CALL_STACK;
}

bool vm_call_has_room(vm_context *context, const pirn_slot *fp, size_t slots)
{
    return (uintptr_t)fp <= atomic_load_explicit(&context->stack_limit, memory_order_relaxed) &&
           slots <= (size_t)(context->stack_end - fp);
}

/* ---- Outcomes ---------------------------------------------------------------------------------------------------- */

static vm_host_outcome stop(vm_context *context, pirn_status status)
{
    context->status = status;
    context->pc_is_return = true;
    return VM_HOST_STOP;
}

static vm_host_outcome stop_with_trap(vm_context *context, pirn_trap trap)
{
    context->trap = trap;
    return stop(context, base_trap_status(trap));
}

static void go_to_caller(vm_context *context, const pirn_frame *frame)
{
    context->pc = frame->return_pc;
    context->fp = frame->caller_fp;
    context->instance = frame->caller;
}

/* Tells a frame that it will not come to its `next`. The value stack below frame->top stays as it is meanwhile. */
static void cancel_frame(vm_context *context, pirn_frame *frame)
{
    pirn_host_cancel cancel = frame->cancel;
    if (cancel == NULL)
        return;
    frame->cancel = NULL;
    pirn_frame *running = context->running;
    context->running = frame;
    cancel(frame->data);
    context->running = running;
}

void vm_call_abandon_frame(vm_context *context)
{
    pirn_frame *frame = context->live;
    context->live = frame->outer;
    cancel_frame(context, frame);
}

static void cancel_live_frames(vm_context *context)
{
    while (context->live != NULL)
        vm_call_abandon_frame(context);
}

/* ---- Host frames ------------------------------------------------------------------------------------------------- */

/* Makes the frame of `func`, whose arguments are at `fp`; context->fp and instance are the caller's. NULL: no room. */
static pirn_frame *push_host_frame(vm_context *context, const pirn_func *func, pirn_slot *fp,
                                   const vm_word *return_pc)
{
    if (!vm_call_has_room(context, fp, func->type->header_at + (size_t)HOST_FRAME_SLOTS))
        return NULL;
    pirn_frame *frame = (pirn_frame *)(void *)(fp + func->type->header_at);
    *frame = (pirn_frame){
        .context = context,
        .type = func->type,
        .slots = fp,
        .top = (pirn_slot *)(void *)(frame + 1),
        .return_pc = return_pc,
        .caller_fp = context->fp,
        .caller = context->instance,
        .from = context->instance,
    };
    return frame;
}

static void set_live(vm_context *context, pirn_frame *frame)
{
    frame->outer = context->live;
    context->live = frame;
}

/* Lets the context run a Wasm function whose arguments are at `fp` and whose frame ends at `return_pc`. */
static vm_host_outcome enter_wasm(vm_context *context, const pirn_func *func, pirn_slot *fp, const vm_word *return_pc)
{
    pirn_slot *header = fp + func->type->header_at;
    if (!vm_call_has_room(context, fp, func->type->header_at + (size_t)VM_FRAME_HEADER))
        return stop_with_trap(context, vm_stack_trap(context));
    header[VM_FRAME_RETURN_PC].ref = (void *)(uintptr_t)return_pc;
    header[VM_FRAME_CALLER_FP].ref = fp;
    context->pc = vm_entry_load(func->entry);
    context->fp = fp;
    context->instance = func->instance;
    return VM_HOST_ENTER;
}

vm_host_outcome vm_call_enter(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc)
{
    context->pc = return_pc;
    context->fp = fp;
    if (func->instance == NULL)
        return vm_host_call(context, func, fp, return_pc);
    return enter_wasm(context, func, fp, return_pc);
}

static vm_host_outcome finish_frame(vm_context *context, pirn_frame *frame)
{
    cancel_frame(context, frame);
    vm_result_from_slots(context, frame->type, frame->slots);
    go_to_caller(context, frame);
    return VM_HOST_RETURN;
}

static vm_host_outcome fail_frame(vm_context *context, pirn_frame *frame, pirn_status status, pirn_trap trap)
{
    cancel_frame(context, frame);
    go_to_caller(context, frame);
    context->trap = trap;
    return stop(context, status);
}

/* The exception begins where the frame was called. */
static vm_host_outcome throw_from_frame(vm_context *context, pirn_frame *frame)
{
    cancel_frame(context, frame);
    go_to_caller(context, frame);
    context->pc_is_return = true;
    return vm_exception_throw(context, frame->exception) ? VM_HOST_ENTER
                                                         : stop_with_trap(context, PIRN_TRAP_EXCEPTION);
}

/* A failure that a host function has dealt with is not the call's. */
static pirn_status call_host(vm_context *context, pirn_frame *frame, pirn_host_func host, void *data)
{
    bool error_was_clear = context->error == NULL || pirn_error_status(context->error) == PIRN_OK;
    frame->request = VM_FRAME_NOTHING;
    context->running = frame;
    pirn_status status = host(frame, data);
    context->running = NULL;
    if (context->error != NULL && error_was_clear && (status == PIRN_OK || status == PIRN_PENDING))
        pirn_error_clear(context->error);
    return status;
}

/*
 * Calls `host` for a frame and does what it asks for. A host function entered by a host function is called here, too, so
 * that chains of them do not nest.
 */
static vm_host_outcome run_host(vm_context *context, pirn_frame *frame, pirn_host_func host, void *data)
{
    for (;;) {
        pirn_status status = call_host(context, frame, host, data);
        if (status == PIRN_OK)
            return finish_frame(context, frame);
        if (status != PIRN_PENDING || frame->request == VM_FRAME_NOTHING)
            return fail_frame(context, frame, status == PIRN_PENDING ? PIRN_USAGE : status, PIRN_TRAP_HOST);
        if (frame->request == VM_FRAME_THROW)
            return throw_from_frame(context, frame);
        if (frame->request == VM_FRAME_WAIT) {
            if (context->synchronous)
                return fail_frame(context, frame, PIRN_TRAP, PIRN_TRAP_BLOCKED);
            set_live(context, frame);
            return stop(context, PIRN_PENDING);
        }
        set_live(context, frame);
        pirn_slot *fp = (pirn_slot *)(void *)(frame + 1);
        context->pc = vm_code_host;
        context->fp = fp;
        context->instance = &context->store->nowhere;
        if (frame->callee->instance != NULL)
            return enter_wasm(context, frame->callee, fp, vm_code_host);
        const vm_host_function *function = (const vm_host_function *)frame->callee;
        frame = push_host_frame(context, frame->callee, fp, vm_code_host);
        if (frame == NULL)
            return stop_with_trap(context, vm_stack_trap(context));
        host = function->host;
        data = function->data;
    }
}

vm_host_outcome vm_host_call(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc)
{
    return vm_host_tail_call(context, func, fp, return_pc, context->instance);
}

vm_host_outcome vm_host_tail_call(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc,
                                  pirn_instance *from)
{
    const vm_host_function *function = (const vm_host_function *)func;
    pirn_frame *frame = push_host_frame(context, func, fp, return_pc);
    context->pc = return_pc;
    if (frame == NULL)
        return stop_with_trap(context, vm_stack_trap(context));
    frame->from = from;
    return run_host(context, frame, function->host, function->data);
}

/* The frame's `next` takes over: from here on `cancel` is no longer told, unless it asks for something again. */
static vm_host_outcome run_next(vm_context *context, pirn_frame *frame)
{
    context->live = frame->outer;
    frame->cancel = NULL;
    return run_host(context, frame, frame->next, frame->data);
}

vm_host_outcome vm_host_continue(vm_context *context, pirn_slot *fp)
{
    pirn_frame *frame = vm_frame_below(fp);
    const pirn_functype *type = frame->callee->type;
    vm_result_to_slots(context, type, fp);
    frame->top = fp + type->result_slots;
    return run_next(context, frame);
}

/* ---- Runs -------------------------------------------------------------------------------------------------------- */

/* What of the context belongs to one run, saved while another one is nested in it. */
typedef struct run_state {
    pirn_call *call;
    pirn_slot *stack_end;
    pirn_frame *running, *live;
    struct vm_prompt *prompts;
    pirn_error *error;
    bool synchronous;
} run_state;

static run_state begin_run(vm_context *context, pirn_call *call, bool synchronous, pirn_error *error)
{
    run_state outer = {
        .call = context->call,
        .stack_end = context->stack_end,
        .running = context->running,
        .live = context->live,
        .prompts = context->prompts,
        .error = context->error,
        .synchronous = context->synchronous,
    };
    context->call = call;
    context->stack_end = stack_end(call);
    context->running = NULL;
    context->live = NULL;
    context->prompts = NULL;
    context->error = error;
    context->synchronous = synchronous;
    context->uncaught = NULL;
    context->instance = &context->store->nowhere;
    context->native_depth++;
    vm_context_set_limit(context);
    return outer;
}

static void end_run(vm_context *context, const run_state *outer)
{
    context->call = outer->call;
    context->stack_end = outer->stack_end;
    context->running = outer->running;
    context->live = outer->live;
    context->prompts = outer->prompts;
    context->error = outer->error;
    context->synchronous = outer->synchronous;
    context->native_depth--;
    vm_context_set_limit(context);
}

static pirn_status check_run(const vm_context *context, const pirn_func *func, pirn_error *error)
{
    if (func != NULL && func->store != context->store)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the function is of another store");
    if (context->native_depth >= NATIVE_DEPTH_LIMIT)
        return base_fail(error, PIRN_EXHAUSTED, PIRN_NO_OFFSET, "%s", base_trap_text(PIRN_TRAP_CALL_STACK));
    return PIRN_OK;
}

/* Puts `func` with its arguments at the bottom of a run. */
static vm_host_outcome enter_first(vm_context *context, pirn_func *func, const pirn_slot *args, pirn_slot *fp)
{
    context->pc = vm_code_exit;
    context->fp = fp;
    if (!vm_call_has_room(context, fp, func->type->header_at))
        return stop_with_trap(context, vm_stack_trap(context));
    if (func->type->param_slots > 0)
        memmove(fp, args, func->type->param_slots * sizeof *fp);
    return vm_call_enter(context, func, fp, vm_code_exit);
}

/* Goes on until the run ends or waits. The bottom function has type `type`, its results come to `fp`. */
static pirn_status drive(vm_context *context, vm_host_outcome outcome, const pirn_functype *type, pirn_slot *fp)
{
    context->pc_is_return = outcome == VM_HOST_STOP;
    pirn_status status = outcome == VM_HOST_STOP ? context->status : vm_run(context);
    if (status == PIRN_OK) {
        vm_result_to_slots(context, type, fp);
    } else if (status != PIRN_PENDING) {
        vm_trace_describe(context, status);
        cancel_live_frames(context);
    }
    return status;
}

/* ---- The embedder's calls ---------------------------------------------------------------------------------------- */

static pirn_status conclude(vm_context *context, pirn_call *call, pirn_status status, const run_state *outer)
{
    call->live = context->live;
    call->prompts = context->prompts;
    call->state = status == PIRN_PENDING ? VM_CALL_PENDING : VM_CALL_IDLE;
    end_run(context, outer);
    return status;
}

pirn_status pirn_call_start(pirn_call *call, pirn_func *func, const pirn_slot *args, pirn_error *error)
{
    vm_context *context = &call->store->context;
    if (call->state != VM_CALL_IDLE)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the call is %s already",
                         call->state == VM_CALL_PENDING ? "pending" : "running");
    PIRN_TRY(check_run(context, func, error));
    run_state outer = begin_run(context, call, false, error);
    call->state = VM_CALL_RUNNING;
    call->type = func->type;
    vm_host_outcome outcome = enter_first(context, func, args, call->stack);
    return conclude(context, call, drive(context, outcome, call->type, call->stack), &outer);
}

/* An interrupt stops a waiting call before its host function is asked. */
static vm_host_outcome ask_again(vm_context *context, pirn_call *call)
{
    pirn_frame *frame = call->live;
    context->live = frame;
    context->prompts = call->prompts;
    if (!atomic_load(&context->interrupted))
        return run_next(context, frame);
    go_to_caller(context, frame);
    return stop_with_trap(context, PIRN_TRAP_INTERRUPTED);
}

pirn_status pirn_call_resume(pirn_call *call, pirn_error *error)
{
    vm_context *context = &call->store->context;
    if (call->state != VM_CALL_PENDING)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the call is not pending");
    PIRN_TRY(check_run(context, NULL, error));
    run_state outer = begin_run(context, call, false, error);
    call->state = VM_CALL_RUNNING;
    vm_host_outcome outcome = ask_again(context, call);
    return conclude(context, call, drive(context, outcome, call->type, call->stack), &outer);
}

void pirn_call_cancel(pirn_call *call)
{
    vm_context *context = &call->store->context;
    if (call->state != VM_CALL_PENDING)
        return;
    run_state outer = begin_run(context, call, true, NULL);
    call->state = VM_CALL_RUNNING;
    context->live = call->live;
    cancel_live_frames(context);
    conclude(context, call, PIRN_OK, &outer);
}

/* The call on whose stack an invocation runs when no call is in progress. */
static pirn_call *own_call(pirn_store *store)
{
    if (store->invoke_call == NULL)
        store->invoke_call = pirn_call_new(store);
    return store->invoke_call;
}

pirn_status pirn_invoke(pirn_store *store, pirn_frame *frame, pirn_func *func, const pirn_slot *args,
                        pirn_slot *results, pirn_error *error)
{
    vm_context *context = &store->context;
    if (frame != NULL && frame != context->running)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the frame is not that of the host function that runs");
    PIRN_TRY(check_run(context, func, error));
    pirn_call *call = context->call != NULL ? context->call : own_call(store);
    if (call == NULL)
        return base_nomem(error);
    pirn_slot *fp = context->running != NULL ? context->running->top : call->stack;
    run_state outer = begin_run(context, call, true, error);
    vm_host_outcome outcome = enter_first(context, func, args, fp);
    pirn_status status = drive(context, outcome, func->type, fp);
    end_run(context, &outer);
    if (status == PIRN_OK && func->type->result_slots > 0)
        memcpy(results, fp, func->type->result_slots * sizeof *results);
    return status;
}

/* ---- What host functions may ask of their frame ------------------------------------------------------------------- */

pirn_slot *pirn_frame_slots(pirn_frame *frame)
{
    return frame->slots;
}

pirn_call *pirn_frame_call(pirn_frame *frame)
{
    pirn_call *call = frame->context->call;
    return call == frame->context->store->invoke_call ? NULL : call;
}

pirn_store *pirn_frame_store(pirn_frame *frame)
{
    return frame->context->store;
}

pirn_instance *pirn_frame_caller(pirn_frame *frame)
{
    return frame->from == &frame->context->store->nowhere ? NULL : frame->from;
}

pirn_error *pirn_frame_error(pirn_frame *frame)
{
    return frame->context->error;
}

static pirn_status ask(pirn_frame *frame, vm_frame_request request, pirn_host_func next, void *data,
                       pirn_host_cancel cancel)
{
    frame->request = request;
    frame->next = next;
    frame->data = data;
    frame->cancel = cancel;
    return PIRN_PENDING;
}

pirn_status pirn_frame_wait(pirn_frame *frame, pirn_host_func next, void *data, pirn_host_cancel cancel)
{
    return ask(frame, VM_FRAME_WAIT, next, data, cancel);
}

pirn_status pirn_frame_enter(pirn_frame *frame, pirn_func *func, const pirn_slot *args, pirn_host_func next,
                             void *data, pirn_host_cancel cancel)
{
    vm_context *context = frame->context;
    pirn_slot *fp = (pirn_slot *)(void *)(frame + 1);
    pirn_status status = ask(frame, VM_FRAME_ENTER, next, data, cancel);
    if (func->store != context->store)
        return base_fail(context->error, PIRN_USAGE, PIRN_NO_OFFSET, "the function is of another store");
    if (func->type->header_at > (size_t)(context->stack_end - fp))
        return base_fail(context->error, PIRN_EXHAUSTED, PIRN_NO_OFFSET, "%s", base_trap_text(PIRN_TRAP_CALL_STACK));
    if (func->type->param_slots > 0)
        memmove(fp, args, func->type->param_slots * sizeof *fp);
    frame->callee = func;
    frame->top = fp + func->type->param_slots;
    return status;
}

const pirn_slot *pirn_frame_entered_results(pirn_frame *frame)
{
    return (const pirn_slot *)(const void *)(frame + 1);
}

void pirn_frame_stop_exceptions(pirn_frame *frame)
{
    frame->stops_exceptions = true;
}

pirn_status pirn_frame_throw_ref(pirn_frame *frame, pirn_exception *exception)
{
    frame->request = VM_FRAME_THROW;
    frame->exception = exception;
    return PIRN_PENDING;
}

pirn_status pirn_frame_throw(pirn_frame *frame, pirn_tag *tag, const pirn_slot *values)
{
    pirn_exception *exception;
    PIRN_TRY(pirn_exception_new(frame->context->store, tag, values, &exception, frame->context->error));
    return pirn_frame_throw_ref(frame, exception);
}

pirn_status pirn_frame_trap(pirn_frame *frame, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status status = base_fail_v(frame->context->error, PIRN_TRAP, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return status;
}
