/* SPDX-License-Identifier: Apache-2.0 */
/* Tags, exceptions, and finding what catches one: see vm/exec/exception.h. */
#include "vm/exec/exception.h"
#include "vm/exec/continuation.h"

/* ---- Tags ---------------------------------------------------------------------------------------------------------- */

pirn_status pirn_tag_new(pirn_store *store, const pirn_functype *type, pirn_tag **out, pirn_error *error)
{
    if (type == NULL || type->engine != store->engine)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the tag's type is not of the store's engine");
    if (type->result_count != 0 && !(store->engine->config.features & PIRN_FEATURE_STACK_SWITCHING))
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "non-empty tag result type");
    pirn_tag *tag = base_alloc(&store->engine->allocator, sizeof *tag);
    if (tag == NULL)
        return base_nomem(error);
    *tag = (pirn_tag){.type = type, .store = store, .next = store->tags};
    store->tags = tag;
    *out = tag;
    return PIRN_OK;
}

const pirn_functype *pirn_tag_type(const pirn_tag *tag)
{
    return tag->type;
}

/* ---- Exceptions ------------------------------------------------------------------------------------------------------ */

void vm_exception_layout_init(vm_layout *layout)
{
    static const vm_layout_field value = {.size = sizeof(pirn_slot)};
    *layout = (vm_layout){
        .rtt = {.kind = VM_TYPE_EXCEPTION},
        .size = sizeof(pirn_exception),
        .fields = &value,
        .reference_count = 1, /* or none: the tag knows (vm/exec/collect.c) */
    };
}

pirn_exception *vm_exception_new(pirn_store *store, pirn_tag *tag, const pirn_slot *values)
{
    uint32_t count = tag->type->param_slots;
    pirn_exception *exception = (pirn_exception *)vm_heap_new(store, &store->heap.exception, count);
    if (exception == NULL)
        return NULL;
    exception->tag = tag;
    if (count > 0)
        memcpy(exception->values, values, count * sizeof *values);
    return exception;
}

pirn_status pirn_exception_new(pirn_store *store, pirn_tag *tag, const pirn_slot *values, pirn_exception **out,
                               pirn_error *error)
{
    if (tag->store != store)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the tag is of another store");
    pirn_slot *slots = (pirn_slot *)(uintptr_t)values;
    size_t count = tag->type->param_slots;
    vm_heap_range range = {.slots = &slots, .count = &count, .outer = store->heap.ranges};
    store->heap.ranges = &range;
    *out = vm_exception_new(store, tag, values);
    store->heap.ranges = range.outer;
    if (*out == NULL)
        return base_fail(error, PIRN_EXHAUSTED, PIRN_NO_OFFSET, "%s", base_trap_text(PIRN_TRAP_HEAP));
    return PIRN_OK;
}

pirn_tag *pirn_exception_tag(const pirn_exception *exception)
{
    return exception->tag;
}

const pirn_slot *pirn_exception_values(const pirn_exception *exception)
{
    return exception->values;
}

pirn_exception *pirn_store_exception(const pirn_store *store)
{
    return store->context.uncaught;
}

/* ---- Finding the catch ----------------------------------------------------------------------------------------------- */

/* Does the landing guard the cell at this word, or when it is a return, the call before it? */
static bool guards(const vm_landing *landing, uint32_t word, bool is_return)
{
    return is_return ? landing->start < word && word <= landing->end : landing->start <= word && word < landing->end;
}

static const vm_landing *find_landing(const vm_code *code, const vm_position *at, const pirn_tag *tag)
{
    uint32_t word = (uint32_t)(at->pc - code->start), depth_limit = UINT32_MAX;
    for (uint32_t i = 0; i < code->landing_count; i++) {
        const vm_landing *landing = &code->landings[i];
        if (landing->depth > depth_limit || !guards(landing, word, at->is_return))
            continue;
        if (landing->kind == VM_LANDING_DELEGATE)
            depth_limit = landing->depth_limit;
        else if (landing->tag == VM_LANDING_ANY_TAG || at->instance->tags[landing->tag] == tag)
            return landing;
    }
    return NULL;
}

/* Moves out of continuations and of host frames, and counts these; false at the end of what exceptions can cross. */
static bool pass_host_frames(vm_position *at, size_t *passed)
{
    while (at->pc == vm_code_host || at->pc == vm_code_prompt) {
        if (vm_prompt_pass(at))
            continue;
        const pirn_frame *frame = vm_frame_below(at->fp);
        if (frame->stops_exceptions)
            return false;
        *at = (vm_position){frame->return_pc, frame->caller_fp, frame->caller, true};
        ++*passed;
    }
    return at->pc != vm_code_exit && at->instance->module != NULL;
}

static void land(vm_context *context, const vm_code *code, const vm_landing *landing, const vm_position *at,
                 pirn_exception *exception)
{
    pirn_slot *slots = at->fp + landing->slot;
    size_t count = exception->tag->type->param_slots;
    bool has_values = landing->tag != VM_LANDING_ANY_TAG;
    if (landing->kind == VM_LANDING_REFERENCE_VALUES)
        slots++->ref = exception;
    if (has_values && count > 0)
        memcpy(slots, exception->values, count * sizeof *slots);
    if (landing->kind == VM_LANDING_VALUES_REFERENCE)
        slots[has_values ? count : 0].ref = exception;
    context->pc = code->start + landing->target;
    context->fp = at->fp;
    context->instance = at->instance;
    context->pc_is_return = false;
}

/* Tells host functions that are passed. What they do meanwhile may collect garbage. */
static void abandon_frames(vm_context *context, size_t count, pirn_exception *exception)
{
    pirn_slot slot = {.ref = exception}, *slots = &slot;
    size_t slot_count = 1;
    vm_heap *heap = &context->store->heap;
    vm_heap_range range = {.slots = &slots, .count = &slot_count, .outer = heap->ranges};
    heap->ranges = &range;
    for (; count > 0; count--)
        vm_call_abandon_frame(context);
    heap->ranges = range.outer;
}

bool vm_exception_throw(vm_context *context, pirn_exception *exception)
{
    vm_position at = {context->pc, context->fp, context->instance, context->pc_is_return};
    size_t passed = 0;
    while (pass_host_frames(&at, &passed)) {
        const vm_code *code = vm_position_code(&at);
        if (code == NULL)
            break;
        const vm_landing *landing = find_landing(code, &at, exception->tag);
        if (landing != NULL) {
            abandon_frames(context, passed, exception);
            vm_prompts_leave(context, at.fp);
            land(context, code, landing, &at, exception);
            return true;
        }
        at = vm_position_caller(&at, code->func);
    }
    context->uncaught = exception;
    return false;
}

/* ---- When nothing does ------------------------------------------------------------------------------------------------- */

/* The name under which the module has or knows the tag. */
static pirn_str tag_name(const vm_module *syntax, uint32_t tag)
{
    for (uint32_t i = 0; i < syntax->exports.len; i++) {
        if (syntax->exports.data[i].kind == PIRN_EXTERN_TAG && syntax->exports.data[i].index == tag)
            return syntax->exports.data[i].name;
    }
    for (uint32_t i = 0; i < syntax->imports.len; i++) {
        if (syntax->imports.data[i].kind == PIRN_EXTERN_TAG && syntax->imports.data[i].index == tag)
            return syntax->imports.data[i].name;
    }
    return (pirn_str){"", 0};
}

void vm_exception_describe(const vm_context *context, pirn_error *error)
{
    const pirn_instance *instance = context->instance;
    const pirn_tag *tag = context->uncaught->tag;
    const char *text = base_trap_text(PIRN_TRAP_EXCEPTION);
    for (uint32_t i = 0; instance->module != NULL && i < instance->module->syntax.tags.len; i++) {
        if (instance->tags[i] != tag)
            continue;
        pirn_str name = tag_name(&instance->module->syntax, i);
        if (name.len > 0)
            base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "%s \"%.*s\"", text, PIRN_STR_ARG(name));
        else
            base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "%s of tag %u", text, i);
        return;
    }
    base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "%s", text);
}
