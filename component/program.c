/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling types to programs. A node's program is written to a row of its own, from offset 0 on;
 * taking it into the row of the type around it means to add the offsets that it has there. What an
 * operation skips is relative, so it need not be changed.
 */
#include "component/program.h"

/* Up to so many operations are copied rather than referred to. */
enum { COPY_OPS = 8 };

typedef struct op_row {
    const pirn_allocator *allocator;
    BASE_VEC(cm_op) ops;
} op_row;

/* Where a part lies in the whole. */
typedef struct position {
    uint32_t flat, memory, object;
} position;

void cm_compiler_init(cm_compiler *compiler, base_arena *arena)
{
    *compiler = (cm_compiler){.arena = arena};
    cm_idmap_init(&compiler->programs, arena->allocator);
}

void cm_compiler_done(cm_compiler *compiler)
{
    cm_idmap_done(&compiler->programs);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static bool put(op_row *row, cm_op op)
{
    return BASE_VEC_PUSH(&row->ops, row->allocator, op);
}

static cm_op op_at(cm_opcode code, position at)
{
    return (cm_op){.code = (uint8_t)code, .flat = (uint16_t)at.flat, .memory = at.memory, .object = at.object};
}

static bool put_copy(op_row *row, const cm_program *program, position at)
{
    for (uint32_t i = 0; i < program->op_count; i++) {
        cm_op op = program->ops[i];
        op.flat = (uint16_t)(op.flat + at.flat);
        op.memory += at.memory;
        op.object += at.object;
        if (!put(row, op))
            return false;
    }
    return true;
}

/* NULL: there was no memory for it. */
static bool put_program(op_row *row, const cm_program *program, position at)
{
    if (program == NULL)
        return false;
    if (program->op_count <= COPY_OPS)
        return put_copy(row, program, at);
    cm_op op = op_at(CM_OP_PART, at);
    op.program = program;
    return put(row, op);
}

static bool put_part(cm_compiler *compiler, op_row *row, const pirn_type *type, position at)
{
    return put_program(row, cm_compile(compiler, type), at);
}

static bool put_members(cm_compiler *compiler, op_row *row, const cm_member *members, uint32_t count)
{
    position at = {0, 0, 0};
    for (uint32_t i = 0; i < count; i++) {
        at.memory = members[i].offset;
        at.object = members[i].c_offset;
        if (!put_part(compiler, row, members[i].type, at))
            return false;
        at.flat += members[i].type->flat_count;
    }
    return true;
}

/* ---- Variants -------------------------------------------------------------------------------------------------- */

/* A case's payload, if any, and zeros for the core values that it leaves unused. */
static bool put_case(cm_compiler *compiler, op_row *row, const pirn_type *type, const pirn_type *payload)
{
    position at = {1, type->payload_offset, type->c_payload_offset};
    if (payload != NULL && !put_part(compiler, row, payload, at))
        return false;
    at.flat += payload == NULL ? 0 : payload->flat_count;
    cm_op fill = op_at(CM_OP_FILL, at);
    fill.count = type->flat_count - at.flat;
    return fill.count == 0 || put(row, fill);
}

/* While the end is not known, each JUMP to it says where the one before is; 0: there is none. */
static bool put_jump(op_row *row, uint32_t *last)
{
    cm_op jump = {.code = CM_OP_JUMP, .count = *last};
    *last = (uint32_t)row->ops.len;
    return put(row, jump);
}

static void close_jumps(op_row *row, uint32_t last)
{
    while (last != 0) {
        cm_op *jump = &row->ops.data[last];
        uint32_t before = jump->count;
        jump->count = (uint32_t)row->ops.len - last - 1;
        last = before;
    }
}

/* Cases without payload share their operations. */
static bool put_cases(cm_compiler *compiler, op_row *row, const pirn_type *type, uint32_t *cases)
{
    uint32_t count = cm_case_count(type), last_jump = 0, empty = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const pirn_type *payload = cm_case_type(type, i);
        cases[i] = payload == NULL && empty != UINT32_MAX ? empty : (uint32_t)row->ops.len - 1;
        if (cases[i] == empty)
            continue;
        if (payload == NULL)
            empty = cases[i];
        if (!put_case(compiler, row, type, payload) || !put_jump(row, &last_jump))
            return false;
    }
    cases[count] = (uint32_t)row->ops.len - 1;
    close_jumps(row, last_jump);
    return true;
}

static bool put_variant(cm_compiler *compiler, op_row *row, const pirn_type *type)
{
    uint32_t *cases = base_arena_array(compiler->arena, (size_t)cm_case_count(type) + 1, sizeof *cases);
    cm_op op = {.code = CM_OP_VARIANT, .size = type->tag_size, .count = cm_case_count(type), .cases = cases};
    return cases != NULL && put(row, op) && put_cases(compiler, row, type, cases);
}

/* ---- Lists of fixed length ------------------------------------------------------------------------------------- */

static bool finish(cm_compiler *compiler, const op_row *row, cm_program *program);
static bool put_run(cm_compiler *compiler, op_row *row, const pirn_type *element, uint32_t count);

/* So many elements one behind the other. */
static const cm_program *compile_run(cm_compiler *compiler, const pirn_type *element, uint32_t count)
{
    op_row row = {.allocator = compiler->arena->allocator};
    cm_program *program = base_arena_zero(compiler->arena, sizeof *program);
    if (program == NULL)
        return NULL;
    program->memory = (cm_layout){.size = element->memory.size * count, .align = element->memory.align};
    program->c = (cm_layout){.size = element->c.size * count, .align = element->c.align};
    bool is_done = put_run(compiler, &row, element, count) && finish(compiler, &row, program);
    BASE_VEC_DONE(&row.ops, row.allocator);
    return is_done ? program : NULL;
}

static position position_of(const pirn_type *element, uint32_t index)
{
    return (position){element->flat_count * index, element->memory.size * index, element->c.size * index};
}

/* Two halves with one program, so that a long list has short ones; and the last of an odd number. */
static bool put_run(cm_compiler *compiler, op_row *row, const pirn_type *element, uint32_t count)
{
    uint32_t half = count / 2;
    const cm_program *program = half == 0 ? NULL : compile_run(compiler, element, half);
    for (uint32_t i = 0; half > 0 && i < 2; i++)
        if (!put_program(row, program, position_of(element, i * half)))
            return false;
    return count % 2 == 0 || put_part(compiler, row, element, position_of(element, count - 1));
}

/* ---- Nodes ----------------------------------------------------------------------------------------------------- */

static bool put_list(cm_compiler *compiler, op_row *row, const pirn_type *type)
{
    cm_op op = {.code = CM_OP_LIST, .program = cm_compile(compiler, type->element)};
    return op.program != NULL && put(row, op);
}

static cm_op leaf_op(const pirn_type *type)
{
    static const uint8_t codes[] = {
        [PIRN_TYPE_BOOL] = CM_OP_BOOL,     [PIRN_TYPE_S8] = CM_OP_S8,
        [PIRN_TYPE_U8] = CM_OP_U8,         [PIRN_TYPE_S16] = CM_OP_S16,
        [PIRN_TYPE_U16] = CM_OP_U16,       [PIRN_TYPE_S32] = CM_OP_I32,
        [PIRN_TYPE_U32] = CM_OP_I32,       [PIRN_TYPE_S64] = CM_OP_I64,
        [PIRN_TYPE_U64] = CM_OP_I64,       [PIRN_TYPE_F32] = CM_OP_F32,
        [PIRN_TYPE_F64] = CM_OP_F64,       [PIRN_TYPE_CHAR] = CM_OP_CHAR,
        [PIRN_TYPE_STRING] = CM_OP_STRING, [PIRN_TYPE_ENUM] = CM_OP_ENUM,
        [PIRN_TYPE_FLAGS] = CM_OP_FLAGS,   [PIRN_TYPE_OWN] = CM_OP_HANDLE,
        [PIRN_TYPE_BORROW] = CM_OP_HANDLE, [PIRN_TYPE_STREAM] = CM_OP_I32,
        [PIRN_TYPE_FUTURE] = CM_OP_I32,    [PIRN_TYPE_ERROR_CONTEXT] = CM_OP_I32,
    };
    cm_op op = {.code = codes[type->kind], .size = type->tag_size, .count = type->member_count};
    if (op.code == CM_OP_HANDLE)
        op.type = type;
    if (op.code == CM_OP_FLAGS)
        op.count = type->member_count >= 32 ? UINT32_MAX : (1u << type->member_count) - 1;
    return op;
}

static bool put_node(cm_compiler *compiler, op_row *row, const pirn_type *type)
{
    switch (type->kind) {
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return put_members(compiler, row, type->members, type->member_count);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return put_variant(compiler, row, type);
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_MAP:
        return put_list(compiler, row, type);
    case PIRN_TYPE_FIXED_LIST:
        return put_run(compiler, row, type->element, type->length);
    default:
        return put(row, leaf_op(type));
    }
}

/* ---- What is known of a program beforehand --------------------------------------------------------------------- */

/* Bytes in memory of a part that is solid; 0: it is not. */
static uint32_t solid_bytes(const cm_op *op)
{
    switch (op->code) {
    case CM_OP_U8:
    case CM_OP_S8:
        return 1;
    case CM_OP_U16:
    case CM_OP_S16:
        return 2;
    case CM_OP_I32:
        return 4;
    case CM_OP_I64:
        return 8;
    case CM_OP_PART:
        return op->program->is_solid ? op->program->memory.size : 0;
    default:
        return 0;
    }
}

static bool is_solid(const cm_program *program)
{
    uint64_t size = 0;
    for (uint32_t i = 0; i < program->op_count; i++) {
        uint32_t bytes = solid_bytes(&program->ops[i]);
        if (bytes == 0)
            return false;
        size += bytes;
    }
    return size == program->memory.size;
}

static bool is_little_endian(void)
{
    const uint16_t probe = 1;
    return *(const uint8_t *)&probe == 1;
}

static bool op_may_trap(const cm_op *op)
{
    if (op->code == CM_OP_PART)
        return op->program->may_trap;
    return op->code >= CM_OP_CHAR && op->code != CM_OP_FLAGS && op->code != CM_OP_JUMP && op->code != CM_OP_FILL;
}

static bool op_is_scalar(const cm_op *op)
{
    if (op->code == CM_OP_PART)
        return op->program->is_scalar;
    return op->code != CM_OP_STRING && op->code != CM_OP_LIST && op->code != CM_OP_HANDLE;
}

static bool op_has_handle(const cm_op *op)
{
    if (op->code == CM_OP_PART || op->code == CM_OP_LIST)
        return op->program->has_handle;
    return op->code == CM_OP_HANDLE;
}

/* Moves the row to the arena and closes it. */
static bool finish(cm_compiler *compiler, const op_row *row, cm_program *program)
{
    cm_op *ops = base_arena_array(compiler->arena, row->ops.len + 1, sizeof *ops);
    if (ops == NULL)
        return false;
    if (row->ops.len > 0)
        memcpy(ops, row->ops.data, row->ops.len * sizeof *ops);
    program->ops = ops;
    program->op_count = (uint32_t)row->ops.len;
    program->is_solid = is_solid(program);
    program->is_same =
        program->is_solid && program->op_count == 1 && (program->memory.size == 1 || is_little_endian());
    program->is_scalar = true;
    for (uint32_t i = 0; i < program->op_count; i++) {
        program->is_scalar &= op_is_scalar(&ops[i]);
        program->may_trap |= op_may_trap(&ops[i]);
        program->has_handle |= op_has_handle(&ops[i]);
    }
    return true;
}

static cm_program *compile_node(cm_compiler *compiler, const pirn_type *type)
{
    op_row row = {.allocator = compiler->arena->allocator};
    cm_program *program = base_arena_zero(compiler->arena, sizeof *program);
    if (program == NULL)
        return NULL;
    program->memory = type->memory;
    program->c = type->c;
    bool is_done = put_node(compiler, &row, type) && finish(compiler, &row, program);
    BASE_VEC_DONE(&row.ops, row.allocator);
    return is_done ? program : NULL;
}

const cm_program *cm_compile(cm_compiler *compiler, const pirn_type *type)
{
    uint64_t found = 0;
    if (cm_idmap_get(&compiler->programs, (uintptr_t)type, &found))
        return (const cm_program *)(uintptr_t)found;
    const cm_program *program = compile_node(compiler, type);
    if (program == NULL || !cm_idmap_set(&compiler->programs, (uintptr_t)type, (uintptr_t)program))
        return NULL;
    return program;
}

/* ---- Functions ------------------------------------------------------------------------------------------------- */

static bool compile_params(cm_compiler *compiler, const pirn_component_functype *type, cm_program *params)
{
    op_row row = {.allocator = compiler->arena->allocator};
    params->memory = type->params_memory;
    params->c = type->params_c;
    bool is_done = put_members(compiler, &row, type->params, type->param_count) && finish(compiler, &row, params);
    BASE_VEC_DONE(&row.ops, row.allocator);
    return is_done;
}

static cm_function_program *compile_function(cm_compiler *compiler, const pirn_component_functype *type)
{
    cm_function_program *program = base_arena_zero(compiler->arena, sizeof *program);
    if (program == NULL || !compile_params(compiler, type, &program->params))
        return NULL;
    program->type = type;
    program->params_in_memory = cm_params_in_memory(type);
    program->result_in_memory = cm_result_in_memory(type);
    program->result_slot = program->params_in_memory ? 1 : type->flat_params.count;
    if (type->result != NULL)
        program->result = cm_compile(compiler, type->result);
    return type->result != NULL && program->result == NULL ? NULL : program;
}

const cm_function_program *cm_compile_function(cm_compiler *compiler, const pirn_component_functype *type)
{
    uint64_t found = 0;
    if (cm_idmap_get(&compiler->programs, (uintptr_t)type, &found))
        return (const cm_function_program *)(uintptr_t)found;
    const cm_function_program *program = compile_function(compiler, type);
    if (program == NULL || !cm_idmap_set(&compiler->programs, (uintptr_t)type, (uintptr_t)program))
        return NULL;
    return program;
}
