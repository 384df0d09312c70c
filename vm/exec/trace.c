/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backtraces: walks the frames of a run from where it stopped, innermost first. A frame does not say whose it is; the pc does:
 * it lies in the code of one function, which says where the frame's header is, which leads to the caller. The run ends at
 * vm_code_exit; vm_code_host is a host function's frame, which is not shown, and vm_code_prompt the border of a continuation.
 */
#include "vm/exec/continuation.h"
#include "vm/exec/exception.h"
#include <stdlib.h>

/* ---- Which function a pc lies in --------------------------------------------------------------------------------- */

static int compare_codes(const void *a, const void *b)
{
    const vm_code *const *left = a, *const *right = b;
    uintptr_t x = (uintptr_t)(*left)->start, y = (uintptr_t)(*right)->start;
    return x < y ? -1 : x > y;
}

/* Sorts what has been translated by now. False when out of memory. */
static bool sort_codes(pirn_module *module)
{
    const pirn_allocator *allocator = &module->engine->allocator;
    size_t total = module->syntax.funcs.len - module->syntax.imported_funcs, count = 0;
    for (size_t i = 0; i < total; i++)
        count += module->codes[i] != NULL;
    if (count == module->codes_by_address_count)
        return true;
    vm_code **sorted = base_alloc(allocator, count * sizeof *sorted);
    if (sorted == NULL)
        return false;
    size_t len = 0;
    for (size_t i = 0; i < total; i++) {
        if (module->codes[i] != NULL)
            sorted[len++] = module->codes[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_codes);
    base_free(allocator, module->codes_by_address, module->codes_by_address_count * sizeof *sorted);
    module->codes_by_address = sorted;
    module->codes_by_address_count = count;
    return true;
}

/* The last word of a function's code can be a return address, so the one behind it still belongs to it. */
static bool contains(const vm_code *code, const vm_word *pc, bool is_return)
{
    size_t at = (size_t)(pc - code->start);
    return pc >= code->start && (is_return ? at > 0 && at <= code->words : at < code->words);
}

static const vm_code *search_codes(const pirn_module *module, const vm_word *pc, bool is_return)
{
    size_t low = 0, high = module->codes_by_address_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const vm_word *start = module->codes_by_address[middle]->start;
        if (is_return ? start < pc : start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    const vm_code *code = low == 0 ? NULL : module->codes_by_address[low - 1];
    return code != NULL && contains(code, pc, is_return) ? code : NULL;
}

/* A function that has just been called may still be in its stub: there translation ran out of memory. */
static bool find_stub(const pirn_module *module, const vm_word *pc, uint32_t *func)
{
    size_t words = (size_t)(module->syntax.funcs.len - module->syntax.imported_funcs) * VM_STUB_WORDS;
    if (pc < module->stubs || pc >= module->stubs + words)
        return false;
    *func = module->syntax.imported_funcs + (uint32_t)((size_t)(pc - module->stubs) / VM_STUB_WORDS);
    return true;
}

/* Without memory to sort in. */
static const vm_code *look_through_codes(const pirn_module *module, const vm_word *pc, bool is_return)
{
    for (size_t i = 0; i < module->syntax.funcs.len - module->syntax.imported_funcs; i++) {
        if (module->codes[i] != NULL && contains(module->codes[i], pc, is_return))
            return module->codes[i];
    }
    return NULL;
}

/* The sorted codes are made when a pc is not found in those of the last time. */
const vm_code *vm_position_code(const vm_position *at)
{
    pirn_module *module = (pirn_module *)at->instance->module;
    base_lock_take(&module->translate_lock);
    const vm_code *code = search_codes(module, at->pc, at->is_return);
    if (code == NULL && sort_codes(module))
        code = search_codes(module, at->pc, at->is_return);
    else if (code == NULL)
        code = look_through_codes(module, at->pc, at->is_return);
    base_lock_release(&module->translate_lock);
    return code;
}

static bool find_func(const vm_position *at, uint32_t *func)
{
    if (find_stub(at->instance->module, at->pc, func))
        return true;
    const vm_code *code = vm_position_code(at);
    if (code != NULL)
        *func = code->func;
    return code != NULL;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Moves out of host frames and continuations; false at the end of the run. */
static bool skip_host_frames(vm_position *at)
{
    while (at->pc == vm_code_host || at->pc == vm_code_prompt) {
        if (vm_prompt_pass(at))
            continue;
        const pirn_frame *frame = vm_frame_below(at->fp);
        *at = (vm_position){frame->return_pc, frame->caller_fp, frame->caller, true};
    }
    return at->pc != vm_code_exit && at->instance->module != NULL;
}

vm_position vm_position_caller(const vm_position *at, uint32_t func)
{
    const vm_frame_link link = vm_frame_link_of(at->fp + at->instance->funcs[func]->type->header_at);
    return (vm_position){link.pc, link.fp, link.instance != NULL ? link.instance : at->instance, true};
}

static pirn_trace_frame describe_frame(const pirn_module *module, const vm_position *at, uint32_t func)
{
    uint64_t offset = vm_translate_offset_of(module, func, at->pc, at->is_return);
    return (pirn_trace_frame){
        .module = module->syntax.name,
        .function = vm_module_func_name(&module->syntax, func),
        .function_index = func,
        .offset = offset == 0 ? PIRN_NO_OFFSET : offset,
    };
}

/* Frames that have no place any more are only counted, which is much cheaper. */
static void push_frame(pirn_error *error, const pirn_module *module, const vm_position *at, uint32_t func)
{
    if (error->frame_count == BASE_TRACE_FRAMES) {
        error->frames_hidden++;
        return;
    }
    pirn_trace_frame frame = describe_frame(module, at, func);
    if (!error->has_function && error->offset == PIRN_NO_OFFSET)
        error->offset = frame.offset;
    base_error_in_function(error, func, frame.function);
    base_error_push_frame(error, &frame);
}

void vm_trace_describe(vm_context *context, pirn_status status)
{
    pirn_error *error = context->error;
    if (error == NULL)
        return;
    if (error->status == PIRN_OK)
        error->trap = context->trap;
    if (context->trap == PIRN_TRAP_EXCEPTION)
        vm_exception_describe(context, error);
    base_fail(error, status, PIRN_NO_OFFSET, "%s", base_trap_text(context->trap));
    vm_position at = {context->pc, context->fp, context->instance, context->pc_is_return};
    uint32_t func;
    while (skip_host_frames(&at) && find_func(&at, &func)) {
        push_frame(error, at.instance->module, &at, func);
        at = vm_position_caller(&at, func);
    }
}
