/* SPDX-License-Identifier: Apache-2.0 */
/* Continuations: see vm/exec/continuation.h. */
#include "vm/exec/continuation.h"
#include "vm/exec/exception.h"
#include "vm/exec/image.h"

/*
 * An object of the heap. Addresses in it and in its image are those of the value stack that the frames were on. Arguments that
 * are bound lie at the end of the image, where resumption adds the others: for frames, that is where the results of the suspend
 * belong; for a function that has not begun, its first slots.
 */
typedef struct vm_continuation {
    vm_object object;
    vm_array *image;   /* NULL while there is nothing in it; the one reference that the collector finds here */
    pirn_func *func;   /* one that has not begun; else NULL, and: */
    const vm_word *pc; /* where it goes on; NULL (and no func): it has been consumed */
    pirn_instance *instance;
    pirn_slot *base;
    vm_prompt *prompts; /* the innermost of those between its frames, or NULL; the last has no outer one */
    uint32_t fp;        /* of the innermost frame, in slots from the base */
    uint32_t count;     /* slots of the image that are in use */
} vm_continuation;

static const uint32_t references[] = {offsetof(vm_continuation, image)};
static const vm_layout continuation_layout = {
    .rtt = {.kind = VM_TYPE_CONT},
    .size = sizeof(vm_continuation),
    .references = references,
    .reference_count = 1,
};

/* An array of slots: any of its words may be a reference, as on the value stack. */
static const vm_layout_field image_field = {.offset = VM_ARRAY_DATA, .size = sizeof(pirn_slot), .type = PIRN_ANYREF};
static const vm_layout image_layout = {
    .rtt = {.kind = VM_TYPE_ARRAY},
    .size = VM_ARRAY_DATA,
    .field_count = 1,
    .fields = &image_field,
    .reference_count = 1,
};

static pirn_slot *slots_of(vm_array *image)
{
    return (pirn_slot *)(void *)((uint8_t *)image + VM_ARRAY_DATA);
}

static void copy_slots(pirn_slot *to, const pirn_slot *from, size_t count)
{
    if (count > 0)
        memmove(to, from, count * sizeof *to);
}

static pirn_trap check(const vm_continuation *c)
{
    if (c == NULL)
        return PIRN_TRAP_NULL_CONTINUATION;
    return c->func == NULL && c->pc == NULL ? PIRN_TRAP_CONSUMED : VM_NO_TRAP;
}

static vm_passage trap(vm_context *context, pirn_trap reason)
{
    context->trap = reason;
    return VM_PASSAGE_TRAP;
}

/* What the continuation was; from here on it has been consumed. */
static vm_continuation consume(vm_continuation *c)
{
    vm_continuation taken = *c;
    *c = (vm_continuation){.object = c->object};
    return taken;
}

/* ---- Making, binding -------------------------------------------------------------------------------------------------- */

static vm_continuation *new_continuation(pirn_store *store)
{
    return (vm_continuation *)(void *)vm_heap_new(store, &continuation_layout, 0);
}

static vm_array *new_image(pirn_store *store, size_t slots)
{
    return slots > UINT32_MAX ? NULL : (vm_array *)(void *)vm_heap_new(store, &image_layout, (uint32_t)slots);
}

pirn_trap vm_continuation_new(pirn_store *store, pirn_func *func, void **out)
{
    if (func == NULL)
        return PIRN_TRAP_NULL_FUNCTION;
    vm_continuation *c = new_continuation(store);
    if (c == NULL)
        return PIRN_TRAP_HEAP;
    c->func = func;
    *out = c;
    return VM_NO_TRAP;
}

/* An image with what is in the continuation's, and room for all arguments of a function that has not begun. */
static vm_array *larger_image(pirn_store *store, const vm_continuation *c, uint32_t count)
{
    size_t needed = (size_t)c->count + count;
    if (c->func != NULL && needed < c->func->type->param_slots)
        needed = c->func->type->param_slots;
    vm_array *image = new_image(store, needed);
    if (image != NULL && c->image != NULL)
        copy_slots(slots_of(image), slots_of(c->image), c->count);
    return image;
}

pirn_trap vm_continuation_bind(vm_context *context, pirn_slot *slots, uint32_t count)
{
    pirn_store *store = context->store;
    vm_continuation *c = slots[count].ref;
    pirn_trap reason = check(c);
    if (reason != VM_NO_TRAP)
        return reason;
    store->heap.top = slots + count + 1;
    vm_continuation *bound = new_continuation(store);
    context->accumulator = vm_image_of_ref(bound);
    bool fits = count == 0 || (c->image != NULL && c->image->length - c->count >= count);
    vm_array *image = fits || bound == NULL ? c->image : larger_image(store, c, count);
    store->heap.top = NULL;
    if (bound == NULL || (image == NULL && !fits))
        return PIRN_TRAP_HEAP;
    vm_object object = bound->object;
    *bound = consume(c);
    bound->object = object;
    bound->image = image;
    if (count > 0)
        copy_slots(slots_of(image) + bound->count, slots, count);
    bound->count += count;
    slots[0].u64 = vm_image_of_ref(bound);
    return VM_NO_TRAP;
}

/* ---- Suspending --------------------------------------------------------------------------------------------------------- */

/* The handler of a prompt for the tag: of switches, or of suspensions. */
static const vm_word *handler_in(const vm_prompt *prompt, const pirn_tag *tag, bool is_switch)
{
    uint64_t count = prompt->handlers->u64;
    const vm_word *handler = prompt->handlers + 1;
    for (; count > 0; count--, handler += VM_HANDLER_WORDS) {
        if ((handler[1].target == NULL) == is_switch && prompt->instance->tags[handler[0].far_d] == tag)
            return handler;
    }
    return NULL;
}

/* The innermost prompt with a handler for the tag. A host function in between hides it. */
static vm_prompt *find_prompt(const vm_context *context, const pirn_tag *tag, bool is_switch, const vm_word **handler)
{
    for (vm_prompt *prompt = context->prompts; prompt != NULL; prompt = prompt->outer) {
        if (context->live != NULL && (uintptr_t)context->live > (uintptr_t)prompt)
            return NULL;
        *handler = handler_in(prompt, tag, is_switch);
        if (*handler != NULL)
            return prompt;
    }
    return NULL;
}

/* The prompt's spare image, if it has room and is not much too large, else a new one. */
static vm_array *image_for(pirn_store *store, const vm_prompt *prompt, size_t needed)
{
    vm_array *spare = prompt->spare.ref;
    if (spare != NULL && spare->length >= needed && spare->length / 4 <= needed)
        return spare;
    return new_image(store, needed);
}

/*
 * Takes the frames above the prompt, up to the slot `end`, into a continuation. `room` more slots will be needed for arguments.
 * `top` is the end of the value stack in use. Nothing changes when there is no room on the heap.
 */
static vm_continuation *capture(vm_context *context, vm_prompt *prompt, const pirn_slot *end, uint32_t room,
                                pirn_slot *top)
{
    pirn_store *store = context->store;
    pirn_slot *base = (pirn_slot *)(void *)(prompt + 1);
    size_t count = (size_t)(end - base);
    store->heap.top = top;
    vm_continuation *c = new_continuation(store);
    context->accumulator = vm_image_of_ref(c);
    vm_array *image = c == NULL ? NULL : image_for(store, prompt, count + room);
    store->heap.top = NULL;
    if (image == NULL)
        return NULL;
    prompt->spare.ref = NULL;
    for (vm_prompt *inner = context->prompts; inner != prompt; inner = inner->outer) {
        if (inner->outer != prompt)
            continue;
        inner->outer = NULL;
        break;
    }
    copy_slots(slots_of(image), base, count);
    memset(slots_of(image) + count, 0, (image->length - count) * sizeof(pirn_slot));
    *c = (vm_continuation){
        .object = c->object,
        .image = image,
        .pc = context->pc,
        .instance = context->instance,
        .base = base,
        .prompts = context->prompts == prompt ? NULL : context->prompts,
        .fp = (uint32_t)(context->fp - base),
        .count = (uint32_t)count,
    };
    return c;
}

vm_passage vm_continuation_suspend(vm_context *context, const pirn_tag *tag, pirn_slot *slots)
{
    const vm_word *handler;
    uint32_t count = tag->type->param_slots;
    vm_prompt *prompt = find_prompt(context, tag, false, &handler);
    if (prompt == NULL)
        return trap(context, PIRN_TRAP_SUSPENSION);
    vm_continuation *c = capture(context, prompt, slots, tag->type->result_slots, slots + count);
    if (c == NULL)
        return trap(context, PIRN_TRAP_HEAP);
    context->pc = handler[1].target;
    context->fp = prompt->fp;
    context->instance = prompt->instance;
    context->prompts = prompt->outer;
    pirn_slot *to = context->fp + handler[0].far_a / sizeof(pirn_slot);
    copy_slots(to, slots, count); /* over the prompt, perhaps */
    to[count].u64 = vm_image_of_ref(c);
    return VM_PASSAGE_OPEN;
}

/* ---- Going on ------------------------------------------------------------------------------------------------------------ */

/* An address of the value stack that the frames were on, moved by `distance` bytes (modulo the size of addresses). */
static void *moved(void *address, uintptr_t distance)
{
    return (void *)((uintptr_t)address + distance);
}

static void move_links(pirn_slot *header, uintptr_t distance)
{
    header[VM_FRAME_CALLER_FP].ref = moved(header[VM_FRAME_CALLER_FP].ref, distance);
    if (header[VM_FRAME_RETURN_PC].ref == (void *)(uintptr_t)vm_code_cross)
        header[VM_FRAME_REAL_CALLER_FP].ref = moved(header[VM_FRAME_REAL_CALLER_FP].ref, distance);
}

static void move_prompt(vm_prompt *prompt, uintptr_t distance)
{
    if (prompt->outer != NULL)
        prompt->outer = moved(prompt->outer, distance);
    prompt->slots = moved(prompt->slots, distance);
    prompt->fp = moved(prompt->fp, distance);
}

/*
 * Corrects all addresses in the image for another base, from the innermost frame outward, and looks whether each frame has there the
 * room that its function asked for when it began.
 */
static pirn_trap move_frames(vm_context *context, vm_continuation *c, pirn_slot *base)
{
    uintptr_t distance = (uintptr_t)base - (uintptr_t)c->base;
    pirn_slot *image = slots_of(c->image);
    uintptr_t to_image = (uintptr_t)image - (uintptr_t)c->base;
    vm_position at = {c->pc, image + c->fp, c->instance, true};
    for (;;) {
        const vm_code *code = vm_position_code(&at);
        const pirn_slot *fp = base + (at.fp - image);
        if (code->frame_slots > (size_t)(context->stack_end - fp))
            return vm_stack_trap(context);
        pirn_slot *header = at.fp + at.instance->funcs[code->func]->type->header_at;
        at = vm_position_caller(&at, code->func);
        at.fp = moved(at.fp, to_image);
        move_links(header, distance);
        if (at.pc != vm_code_prompt)
            continue;
        if (at.fp == image)
            break;
        vm_prompt *prompt = vm_prompt_below(at.fp);
        vm_prompt_pass(&at);
        at.fp = moved(at.fp, to_image);
        move_prompt(prompt, distance);
    }
    if (c->prompts != NULL)
        c->prompts = moved(c->prompts, distance);
    return VM_NO_TRAP;
}

/* Makes the prompts between the frames those of the run. */
static void link_prompts(vm_context *context, vm_prompt *inner, vm_prompt *prompt)
{
    context->prompts = inner != NULL ? inner : prompt;
    while (inner != NULL && inner->outer != NULL)
        inner = inner->outer;
    if (inner != NULL)
        inner->outer = prompt;
}

/*
 * Puts the continuation, which has been consumed, above the prompt and lets the context go on in it. The arguments may lie where
 * the frames go, and the frames where the arguments go, but not both.
 */
static vm_passage enter(vm_context *context, vm_continuation *c, vm_prompt *prompt, const pirn_slot *arguments,
                        uint32_t count)
{
    pirn_slot *base = (pirn_slot *)(void *)(prompt + 1), *end = base + c->count;
    if (!vm_call_has_room(context, base + c->fp, c->count - c->fp + (size_t)count))
        return trap(context, vm_stack_trap(context));
    pirn_trap reason = c->func == NULL && base != c->base ? move_frames(context, c, base) : VM_NO_TRAP;
    if (reason != VM_NO_TRAP)
        return trap(context, reason);
    bool arguments_first = (uintptr_t)arguments < (uintptr_t)end;
    if (arguments_first)
        copy_slots(end, arguments, count);
    if (c->image != NULL)
        copy_slots(base, slots_of(c->image), c->count);
    if (!arguments_first)
        copy_slots(end, arguments, count);
    prompt->spare.ref = c->image;
    link_prompts(context, c->prompts, prompt);
    if (c->func != NULL)
        return vm_call_enter(context, c->func, base, vm_code_prompt) == VM_HOST_STOP ? VM_PASSAGE_STOP
                                                                                     : VM_PASSAGE_OPEN;
    context->pc = c->pc;
    context->fp = base + c->fp;
    context->instance = c->instance;
    return VM_PASSAGE_OPEN;
}

/* Puts a prompt for the frame in the context at `at`; NULL: no room. */
static vm_prompt *push_prompt(vm_context *context, const pirn_functype *type, const vm_word *handlers, pirn_slot *at,
                              pirn_slot *slots)
{
    if (!vm_call_has_room(context, at, sizeof(vm_prompt) / sizeof(pirn_slot)))
        return NULL;
    vm_prompt *prompt = (vm_prompt *)(void *)at;
    *prompt = (vm_prompt){
        .outer = context->prompts,
        .handlers = handlers,
        .type = type,
        .slots = slots,
        .fp = context->fp,
        .instance = context->instance,
    };
    return prompt;
}

vm_passage vm_continuation_resume(vm_context *context, const pirn_functype *type, const vm_word *handlers,
                                  pirn_slot *slots)
{
    uint32_t count = type->param_slots;
    vm_continuation *c = slots[count].ref;
    pirn_trap reason = check(c);
    if (reason != VM_NO_TRAP)
        return trap(context, reason);
    vm_prompt *prompt = push_prompt(context, type, handlers, slots + count + 1, slots);
    if (prompt == NULL)
        return trap(context, vm_stack_trap(context));
    vm_continuation taken = consume(c);
    return enter(context, &taken, prompt, slots, count);
}

/* The argument of resume_throw_ref, or the exception that resume_throw makes of its arguments. */
static pirn_exception *find_exception(vm_context *context, pirn_tag *tag, pirn_slot *slots)
{
    context->trap = tag != NULL ? PIRN_TRAP_HEAP : PIRN_TRAP_NULL_EXCEPTION;
    if (tag == NULL)
        return slots->ref;
    pirn_store *store = context->store;
    store->heap.top = slots + tag->type->param_slots + 1;
    pirn_exception *exception = vm_exception_new(store, tag, slots);
    store->heap.top = NULL;
    return exception;
}

/* A function that has not begun has nothing that could catch: the exception is thrown where it is resumed. */
static vm_passage throw_in(vm_context *context, vm_continuation *c, vm_prompt *prompt, pirn_exception *exception,
                           const vm_word *pc)
{
    context->pc_is_return = c->func == NULL;
    if (c->func != NULL)
        context->pc = pc;
    else if (enter(context, c, prompt, NULL, 0) == VM_PASSAGE_TRAP)
        return VM_PASSAGE_TRAP;
    if (!vm_exception_throw(context, exception)) {
        context->trap = PIRN_TRAP_EXCEPTION;
        context->status = PIRN_TRAP;
        return VM_PASSAGE_STOP;
    }
    return VM_PASSAGE_OPEN;
}

vm_passage vm_continuation_throw(vm_context *context, const pirn_functype *type, const vm_word *handlers,
                                 pirn_tag *tag, pirn_slot *slots, const vm_word *pc)
{
    uint32_t count = tag != NULL ? tag->type->param_slots : 1;
    vm_continuation *c = slots[count].ref;
    pirn_trap reason = check(c);
    if (reason != VM_NO_TRAP)
        return trap(context, reason);
    pirn_exception *exception = find_exception(context, tag, slots);
    if (exception == NULL)
        return VM_PASSAGE_TRAP;
    vm_prompt *prompt = push_prompt(context, type, handlers, slots + count + 1, slots);
    if (prompt == NULL)
        return trap(context, vm_stack_trap(context));
    vm_continuation taken = consume(c);
    return throw_in(context, &taken, prompt, exception, pc);
}

vm_passage vm_continuation_switch(vm_context *context, const pirn_tag *tag, const pirn_functype *type,
                                  pirn_slot *slots)
{
    const vm_word *handler;
    uint32_t last = type->param_slots - 1;
    vm_continuation *to = slots[last].ref;
    pirn_trap reason = check(to);
    if (reason != VM_NO_TRAP)
        return trap(context, reason);
    vm_prompt *prompt = find_prompt(context, tag, true, &handler);
    if (prompt == NULL)
        return trap(context, PIRN_TRAP_SUSPENSION);
    vm_continuation *left = capture(context, prompt, slots, 0, slots + last + 1);
    if (left == NULL)
        return trap(context, PIRN_TRAP_HEAP);
    slots[last].u64 = vm_image_of_ref(left);
    vm_continuation taken = consume(to);
    return enter(context, &taken, prompt, slots, last + 1);
}

void vm_continuation_return(vm_context *context, pirn_slot *base)
{
    const vm_prompt prompt = *vm_prompt_below(base);
    context->prompts = prompt.outer;
    context->pc = vm_handlers_end(prompt.handlers);
    context->fp = prompt.fp;
    context->instance = prompt.instance;
    if (prompt.type->result_count != 1 || prompt.type->result_slots != 1)
        copy_slots(prompt.slots, base, prompt.type->result_slots);
}
