/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Continuations (proposal stack-switching): cont.new, cont.bind, suspend, resume and its kin, switch.
 *
 * A continuation type stands for its function type. Where a handler receives a continuation, or cont.bind makes one, the function
 * types are compared by their parameters and results, not by the order that was declared.
 */
#include "vm/valid/validator.h"

static pirn_status find_cont(vm_validator *v, uint32_t index, const vm_functype **out)
{
    const vm_module *m = v->module;
    PIRN_TRY(vm_valid_index(v, "type", index, m->types.len));
    if (m->types.data[index].kind != VM_TYPE_CONT)
        return vm_valid_fail(v, "non-continuation type %u", index);
    *out = &m->types.data[m->types.data[index].cont].func;
    return PIRN_OK;
}

/* The function type of the continuation type that a reference is to, as `what` asks for. */
static pirn_status find_cont_of(vm_validator *v, vm_types types, const char *what, const vm_functype **out)
{
    vm_valtype last = types.count == 0 ? VM_BOTTOM : types.data[types.count - 1];
    if (last == VM_BOTTOM || !pirn_valtype_is_ref(last) || !vm_ref_is_concrete(last))
        return vm_valid_fail(v, "type mismatch: %s must end with a reference to a concrete continuation type", what);
    return find_cont(v, vm_ref_index(last), out);
}

static pirn_status pop_cont(vm_validator *v, uint32_t index)
{
    return vm_valid_pop(v, vm_ref_concrete(index, true));
}

static vm_types params_of(const vm_functype *type)
{
    return (vm_types){type->params, type->param_count};
}

static vm_types results_of(const vm_functype *type)
{
    return (vm_types){type->results, type->result_count};
}

static bool are_below(const vm_validator *v, vm_types sub, vm_types super)
{
    const vm_functype lower = {.result_count = sub.count, .results = sub.data};
    const vm_functype upper = {.result_count = super.count, .results = super.data};
    return vm_valid_is_below_functype(v->module, &lower, &upper);
}

/* Is the continuation that takes `params` and yields `results` one of the type? */
static bool is_continuation(const vm_validator *v, vm_types params, vm_types results, const vm_functype *type)
{
    const vm_functype actual = {params.count, results.count, params.data, results.data};
    return vm_valid_is_below_functype(v->module, &actual, type);
}

/* ---- Making and suspending ----------------------------------------------------------------------------------- */

pirn_status vm_valid_cont_new(vm_validator *v)
{
    const vm_functype *type = NULL;
    uint32_t index = v->instr.index;
    PIRN_TRY(find_cont(v, index, &type));
    PIRN_TRY(vm_valid_pop(v, vm_ref_concrete(v->module->types.data[index].cont, true)));
    return vm_valid_push(v, vm_ref_concrete(index, false));
}

pirn_status vm_valid_cont_bind(vm_validator *v)
{
    const vm_functype *from = NULL, *to = NULL;
    PIRN_TRY(find_cont(v, v->instr.index, &from));
    PIRN_TRY(find_cont(v, v->instr.index2, &to));
    if (to->param_count > from->param_count)
        return vm_valid_fail(v, "type mismatch: cont.bind of a continuation with %u parameters to one with %u",
                             from->param_count, to->param_count);
    uint32_t bound = from->param_count - to->param_count;
    vm_types rest = {from->params + bound, to->param_count};
    if (!is_continuation(v, rest, results_of(from), to))
        return vm_valid_fail(v, "type mismatch: what is left of type %u is not type %u", v->instr.index,
                             v->instr.index2);
    PIRN_TRY(pop_cont(v, v->instr.index));
    PIRN_TRY(vm_valid_pop_types(v, (vm_types){from->params, bound}));
    return vm_valid_push(v, vm_ref_concrete(v->instr.index2, false));
}

pirn_status vm_valid_suspend(vm_validator *v)
{
    const vm_functype *type = NULL;
    PIRN_TRY(vm_valid_tag(v, v->instr.index, &type));
    return vm_valid_apply(v, type);
}

/* ---- Resuming ------------------------------------------------------------------------------------------------ */

static pirn_status check_on_switch(vm_validator *v, const vm_functype *tag)
{
    if (tag->param_count != 0)
        return vm_valid_fail(v, "type mismatch in switch tag: it has parameters");
    return PIRN_OK;
}

/* The label takes the tag's parameters, and the continuation from the tag's results to those of the one resumed. */
static pirn_status check_on_label(vm_validator *v, const vm_functype *tag, uint32_t label_index, vm_types results)
{
    vm_types label;
    const vm_functype *type = NULL;
    PIRN_TRY(vm_valid_label(v, label_index, &label));
    PIRN_TRY(find_cont_of(v, label, "the label of a handler", &type));
    if (!is_continuation(v, results_of(tag), results, type))
        return vm_valid_fail(v, "type mismatch: the continuation does not fit the label of its handler");
    label.count--;
    if (!are_below(v, params_of(tag), label))
        return vm_valid_fail(v, "type mismatch: the tag's values do not fit the label of its handler");
    return PIRN_OK;
}

static pirn_status check_handlers(vm_validator *v, vm_types results)
{
    vm_reader handlers = vm_reader_part(&v->reader, v->instr.resume.handlers);
    for (uint32_t i = 0; i < v->instr.resume.count; i++) {
        vm_on on = vm_reader_on(&handlers);
        const vm_functype *tag = NULL;
        PIRN_TRY(vm_valid_tag(v, on.tag, &tag));
        PIRN_TRY(on.kind == VM_ON_SWITCH ? check_on_switch(v, tag) : check_on_label(v, tag, on.label, results));
    }
    return PIRN_OK;
}

/* What all resumptions have in common: yields the continuation's function type, and takes the reference off. */
static pirn_status begin_resume(vm_validator *v, const vm_functype **type)
{
    uint32_t index = v->instr.resume.type;
    PIRN_TRY(find_cont(v, index, type));
    PIRN_TRY(check_handlers(v, results_of(*type)));
    return pop_cont(v, index);
}

pirn_status vm_valid_resume(vm_validator *v)
{
    const vm_functype *type = NULL;
    PIRN_TRY(begin_resume(v, &type));
    return vm_valid_apply(v, type);
}

pirn_status vm_valid_resume_throw(vm_validator *v)
{
    const vm_functype *type = NULL;
    vm_types values;
    PIRN_TRY(begin_resume(v, &type));
    PIRN_TRY(vm_valid_exception(v, v->instr.resume.tag, &values));
    PIRN_TRY(vm_valid_pop_types(v, values));
    return vm_valid_push_types(v, results_of(type));
}

pirn_status vm_valid_resume_throw_ref(vm_validator *v)
{
    const vm_functype *type = NULL;
    PIRN_TRY(begin_resume(v, &type));
    PIRN_TRY(vm_valid_pop(v, PIRN_EXNREF));
    return vm_valid_push_types(v, results_of(type));
}

/* ---- Switching ----------------------------------------------------------------------------------------------- */

/* The continuation switched to takes, as its last argument, the one that is left; both yield what the tag says. */
pirn_status vm_valid_switch(vm_validator *v)
{
    const vm_functype *to = NULL, *left = NULL, *tag = NULL;
    PIRN_TRY(find_cont(v, v->instr.index, &to));
    PIRN_TRY(find_cont_of(v, params_of(to), "the parameters of a continuation switched to", &left));
    PIRN_TRY(vm_valid_tag(v, v->instr.index2, &tag));
    PIRN_TRY(check_on_switch(v, tag));
    if (!are_below(v, results_of(to), results_of(tag)) || !are_below(v, results_of(tag), results_of(left)))
        return vm_valid_fail(v, "type mismatch: the continuations do not yield the results of the switch tag");
    PIRN_TRY(pop_cont(v, v->instr.index));
    PIRN_TRY(vm_valid_pop_types(v, (vm_types){to->params, to->param_count - 1}));
    return vm_valid_push_types(v, params_of(left));
}
