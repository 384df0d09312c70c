/* SPDX-License-Identifier: Apache-2.0 */
/* Function bodies and the dispatch on instructions (spec 3.4, 3.5.6, and the appendix on the algorithm). */
#include "vm/binary/types.h"
#include "vm/valid/validator.h"

/* ---- Instructions -------------------------------------------------------------------------------------------- */

static inline vm_valtype letter_type(char letter, vm_valtype address)
{
    switch (letter) {
    case 'i':
        return PIRN_I32;
    case 'l':
        return PIRN_I64;
    case 'f':
        return PIRN_F32;
    case 'd':
        return PIRN_F64;
    case 'v':
        return PIRN_V128;
    default: /* 'a' */
        return address;
    }
}

/* An instruction with a signature, "ii_i": pops what stands before the line from the right, pushes what follows it.
 */
static pirn_status apply_signature(vm_validator *v, const vm_opcode_info *info)
{
    vm_valtype address = VM_BOTTOM;
    if (info->immediate != VM_IMM_NONE)
        PIRN_TRY(vm_valid_memory_immediate(v, (vm_immediate)info->immediate, &address));
    const char *line = info->signature;
    while (*line != '_')
        line++;
    for (const char *operand = line; operand != info->signature; operand--)
        PIRN_TRY(vm_valid_pop(v, letter_type(operand[-1], address)));
    for (const char *result = line + 1; *result != '\0'; result++)
        PIRN_TRY(vm_valid_push(v, letter_type(*result, address)));
    return PIRN_OK;
}

pirn_status vm_valid_instr(vm_validator *v)
{
    switch (v->instr.opcode) {
    case VM_OP_UNREACHABLE:
        return vm_valid_unreachable(v);
    case VM_OP_BLOCK:
    case VM_OP_LOOP:
        return vm_valid_block(v);
    case VM_OP_IF:
        return vm_valid_if(v);
    case VM_OP_ELSE:
        return vm_valid_else(v);
    case VM_OP_END:
        return vm_valid_end(v);
    case VM_OP_BR:
        return vm_valid_br(v);
    case VM_OP_BR_IF:
        return vm_valid_br_if(v);
    case VM_OP_BR_TABLE:
        return vm_valid_br_table(v);
    case VM_OP_RETURN:
        return vm_valid_return(v);
    case VM_OP_CALL:
        return vm_valid_call(v);
    case VM_OP_CALL_INDIRECT:
        return vm_valid_call_indirect(v);
    case VM_OP_RETURN_CALL:
        return vm_valid_return_call(v);
    case VM_OP_RETURN_CALL_INDIRECT:
        return vm_valid_return_call_indirect(v);
    case VM_OP_THROW:
        return vm_valid_throw(v);
    case VM_OP_THROW_REF:
        return vm_valid_throw_ref(v);
    case VM_OP_TRY_TABLE:
        return vm_valid_try_table(v);
    case VM_OP_TRY:
        return vm_valid_try(v);
    case VM_OP_CATCH:
        return vm_valid_catch(v);
    case VM_OP_CATCH_ALL:
        return vm_valid_catch_all(v);
    case VM_OP_RETHROW:
        return vm_valid_rethrow(v);
    case VM_OP_DELEGATE:
        return vm_valid_delegate(v);
    case VM_OP_CONT_NEW:
        return vm_valid_cont_new(v);
    case VM_OP_CONT_BIND:
        return vm_valid_cont_bind(v);
    case VM_OP_SUSPEND:
        return vm_valid_suspend(v);
    case VM_OP_RESUME:
        return vm_valid_resume(v);
    case VM_OP_RESUME_THROW:
        return vm_valid_resume_throw(v);
    case VM_OP_RESUME_THROW_REF:
        return vm_valid_resume_throw_ref(v);
    case VM_OP_SWITCH:
        return vm_valid_switch(v);
    case VM_OP_DROP:
        return vm_valid_drop(v);
    case VM_OP_SELECT:
        return vm_valid_select(v);
    case VM_OP_SELECT_T:
        return vm_valid_select_t(v);
    case VM_OP_LOCAL_GET:
        return vm_valid_local_get(v);
    case VM_OP_LOCAL_SET:
        return vm_valid_local_set(v);
    case VM_OP_LOCAL_TEE:
        return vm_valid_local_tee(v);
    case VM_OP_GLOBAL_GET:
        return vm_valid_global_get(v);
    case VM_OP_GLOBAL_SET:
        return vm_valid_global_set(v);
    case VM_OP_TABLE_GET:
        return vm_valid_table_get(v);
    case VM_OP_TABLE_SET:
        return vm_valid_table_set(v);
    case VM_OP_TABLE_INIT:
        return vm_valid_table_init(v);
    case VM_OP_TABLE_COPY:
        return vm_valid_table_copy(v);
    case VM_OP_TABLE_GROW:
        return vm_valid_table_grow(v);
    case VM_OP_TABLE_SIZE:
        return vm_valid_table_size(v);
    case VM_OP_TABLE_FILL:
        return vm_valid_table_fill(v);
    case VM_OP_REF_NULL:
        return vm_valid_ref_null(v);
    case VM_OP_REF_IS_NULL:
        return vm_valid_ref_is_null(v);
    case VM_OP_REF_FUNC:
        return vm_valid_ref_func(v);
    case VM_OP_CALL_REF:
        return vm_valid_call_ref(v);
    case VM_OP_RETURN_CALL_REF:
        return vm_valid_return_call_ref(v);
    case VM_OP_REF_AS_NON_NULL:
        return vm_valid_ref_as_non_null(v);
    case VM_OP_BR_ON_NULL:
        return vm_valid_br_on_null(v);
    case VM_OP_BR_ON_NON_NULL:
        return vm_valid_br_on_non_null(v);
    case VM_OP_MEMORY_COPY:
        return vm_valid_memory_copy(v);
    case VM_OP_STRUCT_NEW:
    case VM_OP_STRUCT_NEW_DEFAULT:
    case VM_OP_STRUCT_GET:
    case VM_OP_STRUCT_GET_S:
    case VM_OP_STRUCT_GET_U:
    case VM_OP_STRUCT_SET:
    case VM_OP_ARRAY_NEW:
    case VM_OP_ARRAY_NEW_DEFAULT:
    case VM_OP_ARRAY_NEW_FIXED:
    case VM_OP_ARRAY_NEW_DATA:
    case VM_OP_ARRAY_NEW_ELEM:
    case VM_OP_ARRAY_GET:
    case VM_OP_ARRAY_GET_S:
    case VM_OP_ARRAY_GET_U:
    case VM_OP_ARRAY_SET:
    case VM_OP_ARRAY_LEN:
    case VM_OP_ARRAY_FILL:
    case VM_OP_ARRAY_COPY:
    case VM_OP_ARRAY_INIT_DATA:
    case VM_OP_ARRAY_INIT_ELEM:
    case VM_OP_REF_EQ:
    case VM_OP_REF_TEST:
    case VM_OP_REF_TEST_NULL:
    case VM_OP_REF_CAST:
    case VM_OP_REF_CAST_NULL:
    case VM_OP_BR_ON_CAST:
    case VM_OP_BR_ON_CAST_FAIL:
    case VM_OP_ANY_CONVERT_EXTERN:
    case VM_OP_EXTERN_CONVERT_ANY:
    case VM_OP_REF_I31:
    case VM_OP_I31_GET_S:
    case VM_OP_I31_GET_U:
        return vm_valid_gc(v);
    case VM_OP_STRUCT_NEW_DESC:
    case VM_OP_STRUCT_NEW_DEFAULT_DESC:
    case VM_OP_REF_GET_DESC:
    case VM_OP_REF_CAST_DESC_EQ:
    case VM_OP_REF_CAST_DESC_EQ_NULL:
    case VM_OP_BR_ON_CAST_DESC_EQ:
    case VM_OP_BR_ON_CAST_DESC_EQ_FAIL:
        return vm_valid_descriptor(v);
    default:
        return apply_signature(v, &vm_opcodes[v->instr.opcode]);
    }
}

/* ---- Locals -------------------------------------------------------------------------------------------------- */

/* The types of the first locals, parameters included, in an array of their own. */
static void flatten_locals(vm_validator *v)
{
    uint32_t i = 0;
    for (; i < v->params.count && i < VM_FLAT_LOCALS; i++)
        v->flat_locals[i] = v->params.data[i];
    for (size_t run = 0; run < v->runs.len; run++) {
        for (; i < v->runs.data[run].end && i < VM_FLAT_LOCALS; i++)
            v->flat_locals[i] = v->runs.data[run].type;
    }
}

/* One run of the declaration; `total` counts the locals so far. */
static pirn_status read_local_run(vm_validator *v, uint64_t *total)
{
    vm_reader *r = &v->reader;
    const uint8_t *at = r->pos;
    uint32_t count = vm_reader_leb_u32(r);
    vm_valtype type = vm_reader_valtype(r, v->module->features);
    *total += count;
    if (*total > UINT32_MAX)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "too many locals");
    PIRN_TRY(r->status);
    v->instr.start = at;
    PIRN_TRY(vm_valid_type(v, type));
    if (count != 0 && *total <= VM_LIMIT_LOCALS &&
        !BASE_VEC_PUSH(&v->runs, v->allocator, (vm_local_run){v->params.count + (uint32_t)*total, type}))
        return base_nomem(v->error);
    return PIRN_OK;
}

static pirn_status read_locals(vm_validator *v)
{
    enum { MIN_RUN = 2 }; /* count, type */
    vm_reader *r = &v->reader;
    const uint8_t *at = r->pos;
    uint64_t total = 0;
    uint32_t count = vm_reader_count(r, MIN_RUN, UINT32_MAX, "runs of locals");
    PIRN_TRY(r->status);
    v->runs.len = 0;
    for (uint32_t i = 0; i < count; i++)
        PIRN_TRY(read_local_run(v, &total));
    if (total > VM_LIMIT_LOCALS)
        return vm_reader_fail_at(r, at, PIRN_LIMIT, "too many locals: %llu, at most %d are supported",
                                 (unsigned long long)total, VM_LIMIT_LOCALS);
    v->local_count = v->params.count + (uint32_t)total;
    flatten_locals(v);
    return PIRN_OK;
}

/* ---- Bodies -------------------------------------------------------------------------------------------------- */

/*
 * The body's bytes end before its `end`. The words are those of a decoder that reads on: what it finds next is the
 * end of the file, an `end` in the wrong place, or something else.
 */
static pirn_status fail_without_end(vm_validator *v)
{
    const uint8_t *next = v->reader.end;
    if (next == v->module->bytes.end)
        vm_reader_u8(&v->reader);
    else if (*next == vm_opcodes[VM_OP_END].code)
        vm_reader_fail(&v->reader, PIRN_MALFORMED,
                       "section size mismatch: the end of the function lies outside of it");
    else
        vm_reader_fail(&v->reader, PIRN_MALFORMED, "END opcode expected");
    return v->reader.status;
}

pirn_status vm_valid_read_instr(vm_validator *v)
{
    if (BASE_UNLIKELY(!vm_instr_read(&v->reader, v->module->features, &v->instr)))
        return vm_reader_failed(&v->reader) ? v->reader.status : fail_without_end(v);
    return PIRN_OK;
}

pirn_status vm_valid_end_body(vm_validator *v)
{
    if (!vm_reader_at_end(&v->reader))
        return vm_reader_fail(&v->reader, PIRN_MALFORMED,
                              "section size mismatch: bytes after the end of the function");
    return PIRN_OK;
}

/* The function's frame yields what the function does, and takes nothing: its parameters are locals. Thus its type
 * index serves as block type; parameters of a block are looked at for a loop, at an else or an if only. */
pirn_status vm_valid_begin_body(vm_validator *v, uint32_t func)
{
    const vm_func_decl *decl = &v->module->funcs.data[func];
    const vm_functype *type = vm_module_func_type(v->module, func);
    v->reader = vm_valid_reader(v, decl->body);
    v->instr.start = decl->body.start;
    v->is_constant = false;
    v->params = (vm_types){type->params, type->param_count};
    PIRN_TRY(read_locals(v));
    v->operands.len = v->control.len = 0;
    vm_valid_unset_locals(v, 0);
    return vm_valid_push_frame(v, VM_OP_BLOCK, (vm_blocktype){.index = decl->type});
}

static pirn_status validate_body(vm_validator *v, uint32_t func)
{
    PIRN_TRY(vm_valid_begin_body(v, func));
    while (v->control.len > 0) {
        PIRN_TRY(vm_valid_read_instr(v));
        PIRN_TRY(vm_valid_instr(v));
    }
    return vm_valid_end_body(v);
}

pirn_status vm_validate_func(vm_validator *v, uint32_t func)
{
    pirn_status status = validate_body(v, func);
    if (status != PIRN_OK)
        base_error_in_function(v->error, func, vm_module_func_name(v->module, func));
    return status;
}
