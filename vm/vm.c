/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a module: decode, validate, prepare to run. The one file that knows all three, because they do not know each
 * other.
 */
#include "vm/binary/decode.h"
#include "vm/binary/names.h"
#include "vm/exec/listing.h"
#include "vm/exec/module.h"
#include "vm/text/print.h"
#include "vm/text/print_step.h"
#include "vm/valid/explain.h"
#include "vm/valid/valid.h"

static pirn_status keep_bytes(pirn_module *module, const void **bytes, size_t size, pirn_error *error)
{
    if (size == 0)
        return PIRN_OK;
    module->owned_bytes = base_alloc(&module->engine->allocator, size);
    if (module->owned_bytes == NULL)
        return base_nomem(error);
    memcpy(module->owned_bytes, *bytes, size);
    module->owned_size = size;
    *bytes = module->owned_bytes;
    return PIRN_OK;
}

/* Bodies that are remembered as valid are not looked at again. */
static pirn_status validate(pirn_module *module, pirn_error *error)
{
    const pirn_config *config = &module->engine->config;
    const pirn_known_code *known = &config->known_code;
    vm_range bytes = module->syntax.bytes;
    size_t size = (size_t)(bytes.end - bytes.start);
    PIRN_TRY(vm_validate_module(&module->syntax, config->allocator, error));
    if (known->is_valid != NULL && known->is_valid(known->user, bytes.start, size, config->features))
        return PIRN_OK;
    PIRN_TRY(vm_validate_bodies(&module->syntax, config->allocator, &config->parallel, error));
    if (known->remember != NULL)
        known->remember(known->user, bytes.start, size, config->features);
    return PIRN_OK;
}

static pirn_status prepare(pirn_module *module, pirn_error *error)
{
    pirn_status status = validate(module, error);
    if (status == PIRN_OK) {
        status = vm_module_runtime_init(module, error);
        if (status == PIRN_OK)
            return PIRN_OK;
        vm_module_runtime_done(module);
    }
    vm_module_done(&module->syntax);
    return status;
}

static pirn_status load(pirn_module *module, const void *bytes, size_t size, pirn_bytes_use use, uint64_t base_offset,
                        pirn_error *error)
{
    const pirn_engine *engine = module->engine;
    if (use == PIRN_BYTES_COPY)
        PIRN_TRY(keep_bytes(module, &bytes, size, error));
    PIRN_TRY(
        vm_decode(&module->syntax, bytes, size, base_offset, engine->config.features, &engine->allocator, error));
    return prepare(module, error);
}

static void free_block(pirn_module *module)
{
    const pirn_allocator *allocator = &module->engine->allocator;
    base_free(allocator, module->owned_bytes, module->owned_size);
    base_free(allocator, module, sizeof *module);
}

pirn_status pirn_module_load(pirn_engine *engine, const void *bytes, size_t size, pirn_bytes_use use,
                             uint64_t base_offset, pirn_module **out, pirn_error *error)
{
    pirn_module *module = base_alloc_zero(&engine->allocator, sizeof *module);
    if (module == NULL)
        return base_nomem(error);
    module->engine = engine;
    pirn_status status = load(module, bytes, size, use, base_offset, error);
    if (status != PIRN_OK) {
        free_block(module);
        return status;
    }
    *out = module;
    return PIRN_OK;
}

pirn_status pirn_module_check_customs(const pirn_module *module, pirn_error *error)
{
    const vm_module *syntax = &module->syntax;
    for (uint32_t i = 0; i < syntax->customs.len; i++) {
        const vm_custom *custom = &syntax->customs.data[i];
        if (pirn_str_eq(custom->name, PIRN_STR("name")))
            PIRN_TRY(vm_names_check(syntax, custom->content, error));
        else if (pirn_str_eq(custom->name, PIRN_STR("metadata.code.branch_hint")))
            PIRN_TRY(vm_validate_branch_hints(syntax, custom, error));
    }
    return PIRN_OK;
}

/* ---- Text ------------------------------------------------------------------------------------------------------ */

static pirn_status begin_cells(void *data, uint32_t func, pirn_error *error)
{
    return vm_listing_begin(data, func, error);
}

static const char *next_cell(void *data, uint64_t offset)
{
    return vm_listing_next(data, offset);
}

pirn_status pirn_module_print(const pirn_module *module, uint32_t flags, pirn_text_sink sink, void *data,
                              pirn_error *error)
{
    vm_listing listing;
    vm_listing_init(&listing, module);
    vm_print_notes cells = {.data = &listing, .begin = begin_cells, .next = next_cell};
    vm_print_options options = {
        .offsets = flags & PIRN_PRINT_OFFSETS,
        .notes = flags & PIRN_PRINT_CELLS ? &cells : NULL,
    };
    pirn_status status = vm_text_print(&module->syntax, &options, &module->engine->allocator, sink, data, error);
    vm_listing_done(&listing);
    return status;
}

/* ---- Explaining ------------------------------------------------------------------------------------------------ */

/* An observer of validation who tells the embedder. */
typedef struct explanation {
    vm_print_step *text;
    pirn_explain_visit visit;
    void *user;
} explanation;

static void explain_instr(void *data, const vm_validator *v)
{
    const explanation *e = data;
    pirn_explained_step step = {.state = v, .label_count = vm_explain_label_count(v)};
    const vm_instr *instr = vm_explain_instr(v);
    step.operands = vm_explain_operands(v, &step.operand_count);
    step.offset = vm_explain_offset(v);
    step.text = vm_print_step_text(e->text, instr);
    e->visit(&step, e->user);
}

pirn_explained_label pirn_explained_label_of(const pirn_explained_step *step, size_t label)
{
    return vm_explain_label(step->state, label);
}

static pirn_status explain_func(const vm_module *module, const pirn_allocator *allocator, uint32_t func,
                                explanation *e, pirn_error *error)
{
    if (func < module->imported_funcs || func >= module->funcs.len)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "there is no function %u with a body", func);
    e->text = vm_print_step_new(module, func, allocator);
    vm_validator *v = vm_validator_new(module, allocator, error);
    pirn_status status =
        e->text == NULL || v == NULL ? base_nomem(error) : vm_validate_func_observed(v, func, explain_instr, e);
    vm_validator_free(v);
    vm_print_step_free(e->text);
    return status;
}

pirn_status pirn_module_explain(pirn_engine *engine, const void *bytes, size_t size, uint64_t base_offset,
                                uint32_t func, pirn_explain_visit visit, void *user, pirn_error *error)
{
    const pirn_allocator *allocator = &engine->allocator;
    vm_module module;
    explanation e = {.visit = visit, .user = user};
    PIRN_TRY(vm_decode(&module, bytes, size, base_offset, engine->config.features, allocator, error));
    pirn_status status = vm_validate_module(&module, allocator, error);
    if (status == PIRN_OK)
        status = explain_func(&module, allocator, func, &e, error);
    vm_module_done(&module);
    return status;
}

static bool find_function(const vm_module *module, pirn_str name, uint32_t *func)
{
    for (uint32_t i = 0; i < module->func_names.len; i++) {
        *func = module->func_names.data[i].index;
        if (pirn_str_eq(module->func_names.data[i].name, name))
            return true;
    }
    for (uint32_t i = 0; i < module->exports.len; i++) {
        *func = module->exports.data[i].index;
        if (module->exports.data[i].kind == PIRN_EXTERN_FUNC && pirn_str_eq(module->exports.data[i].name, name))
            return true;
    }
    return false;
}

pirn_status pirn_module_find_function(pirn_engine *engine, const void *bytes, size_t size, pirn_str name,
                                      uint32_t *func, pirn_error *error)
{
    vm_module module;
    PIRN_TRY(vm_decode(&module, bytes, size, 0, engine->config.features, &engine->allocator, error));
    bool found = find_function(&module, name, func);
    vm_module_done(&module);
    return found ? PIRN_OK
                 : base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "there is no function \"%.*s\"", PIRN_STR_ARG(name));
}

void pirn_module_free(pirn_module *module)
{
    if (module == NULL)
        return;
    vm_module_runtime_done(module);
    vm_module_done(&module->syntax);
    free_block(module);
}
