/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running programs: moving a value from where it is to where it shall be. There are four places
 *
 *   SLOTS    core values                     OBJECT   a C object
 *   MEMORY   a guest's linear memory         NOWHERE  only the way there counts
 *
 * and one function, `run`, of which the compiler makes a version for each pair that there is:
 *
 *   lift                SLOTS, MEMORY -> OBJECT
 *   lower               OBJECT -> SLOTS, MEMORY
 *   pass, first step    SLOTS, MEMORY -> NOWHERE       checks; handles are sent
 *   pass, second step   SLOTS -> SLOTS, MEMORY -> MEMORY
 *   what is left of a
 *   failed lowering     OBJECT -> NOWHERE
 *
 * Numbers, and what is a number in core (bool, char, flags, tags, handles), are plain bits on the
 * way. Everything is read before anything is written that depends on it, in the order of the
 * specification. The guest's realloc runs in between and may grow, that is move, its memory: places
 * in it are kept as offsets, and turned into addresses only for one access.
 *
 * The depth of recursion is that of the type: at most CM_LIMIT_TYPE_DEPTH.
 */
#include "component/abi.h"
#include "component/activation.h"

typedef enum side {
    SLOTS,
    MEMORY,
    OBJECT,
    NOWHERE,
} side;

typedef struct place {
    cm_context *cx; /* the guest's; of an OBJECT that of the guest it goes to or comes from */
    union {
        struct {
            pirn_slot *slots;
            const uint8_t *types; /* cm_core of each: what the cases of the enclosing variants have joined to */
        };
        uint32_t ptr;
        uint8_t *object;
    };
} place;

/* ---- Bits ------------------------------------------------------------------------------------------------------ */

BASE_INLINE uint64_t load_bits(const uint8_t *p, uint32_t size)
{
    switch (size) {
    case 1:
        return *p;
    case 2:
        return base_load_u16(p);
    case 4:
        return base_load_u32(p);
    default:
        return base_load_u64(p);
    }
}

BASE_INLINE void store_bits(uint8_t *p, uint32_t size, uint64_t bits)
{
    switch (size) {
    case 1:
        *p = (uint8_t)bits;
        return;
    case 2:
        base_store_u16(p, (uint16_t)bits);
        return;
    case 4:
        base_store_u32(p, (uint32_t)bits);
        return;
    default:
        base_store_u64(p, bits);
    }
}

/* A C number of that size. */
BASE_INLINE uint64_t get_number(const void *c, uint32_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)c;
    case 2:
        return *(const uint16_t *)c;
    case 4:
        return *(const uint32_t *)c;
    default:
        return *(const uint64_t *)c;
    }
}

BASE_INLINE void put_number(void *c, uint32_t size, uint64_t bits)
{
    switch (size) {
    case 1:
        *(uint8_t *)c = (uint8_t)bits;
        return;
    case 2:
        *(uint16_t *)c = (uint16_t)bits;
        return;
    case 4:
        *(uint32_t *)c = (uint32_t)bits;
        return;
    default:
        *(uint64_t *)c = bits;
    }
}

BASE_INLINE bool is_wide(uint8_t core)
{
    return core == CM_I64 || core == CM_F64;
}

/* A core value, coerced from its joined type: a value that needs 64 bits is never in a narrow one. */
BASE_INLINE uint64_t take_bits(const place *from, uint32_t index)
{
    const pirn_slot *slot = &from->slots[index];
    return is_wide(from->types[index]) ? slot->u64 : slot->u32;
}

BASE_INLINE void give_bits(const place *to, uint32_t index, uint64_t bits)
{
    pirn_slot *slot = &to->slots[index];
    slot->u64 = bits;
    if (!is_wide(to->types[index]))
        slot->u32 = (uint32_t)bits;
}

static uint32_t canonical_f32(uint32_t bits)
{
    return (bits & 0x7FFFFFFFu) > 0x7F800000u ? 0x7FC00000u : bits;
}

static uint64_t canonical_f64(uint64_t bits)
{
    return (bits & INT64_MAX) > 0x7FF0000000000000u ? 0x7FF8000000000000u : bits;
}

/* ---- Places ---------------------------------------------------------------------------------------------------- */

static uint8_t *address(const cm_context *cx, uint32_t ptr)
{
    return cx->memory->data + ptr;
}

/* The bits of an operation's part; above `size` bytes they hold anything. */
BASE_INLINE uint64_t get(side where, const place *from, const cm_op *op, uint32_t size)
{
    if (where == SLOTS)
        return take_bits(from, op->flat);
    if (where == MEMORY)
        return load_bits(address(from->cx, from->ptr + op->memory), size);
    return get_number(from->object + op->object, size);
}

BASE_INLINE void put(side where, const place *to, const cm_op *op, uint32_t size, uint64_t bits)
{
    if (where == SLOTS)
        give_bits(to, op->flat, bits);
    else if (where == MEMORY)
        store_bits(address(to->cx, to->ptr + op->memory), size, bits);
    else if (where == OBJECT)
        put_number(to->object + op->object, size, bits);
}

/* A string, list or handle in an OBJECT. */
BASE_INLINE void *field_of(const place *object, const cm_op *op)
{
    return object->object + op->object;
}

/* Of strings and lists. */
BASE_INLINE cm_range get_range(side where, const place *from, const cm_op *op)
{
    if (where == SLOTS)
        return (cm_range){(uint32_t)take_bits(from, op->flat), (uint32_t)take_bits(from, op->flat + 1u)};
    const uint8_t *p = address(from->cx, from->ptr + op->memory);
    return (cm_range){base_load_u32(p), base_load_u32(p + 4)};
}

BASE_INLINE void put_range(side where, const place *to, const cm_op *op, cm_range range)
{
    if (where == SLOTS) {
        give_bits(to, op->flat, range.ptr);
        give_bits(to, op->flat + 1u, range.count);
        return;
    }
    uint8_t *p = address(to->cx, to->ptr + op->memory);
    base_store_u32(p, range.ptr);
    base_store_u32(p + 4, range.count);
}

/* The place of an operation's part. */
BASE_INLINE place part_of(side where, const place *whole, const cm_op *op)
{
    place part = *whole;
    if (where == SLOTS) {
        part.slots += op->flat;
        part.types += op->flat;
    } else if (where == MEMORY) {
        part.ptr += op->memory;
    } else if (where == OBJECT) {
        part.object += op->object;
    }
    return part;
}

/* ---- The versions of `run` ------------------------------------------------------------------------------------- */

typedef pirn_status mover(const cm_op *op, place from, place to);

static mover slots_to_object, memory_to_object, object_to_slots, object_to_memory, slots_to_nowhere,
    memory_to_nowhere, slots_to_slots, memory_to_memory, object_to_nowhere;

static mover *const movers[][4] = {
    [SLOTS] = {slots_to_slots, NULL, slots_to_object, slots_to_nowhere},
    [MEMORY] = {NULL, memory_to_memory, memory_to_object, memory_to_nowhere},
    [OBJECT] = {object_to_slots, object_to_memory, NULL, object_to_nowhere},
};

/* ---- Traps ----------------------------------------------------------------------------------------------------- */

static pirn_status fail_char(side where, cm_context *cx, uint32_t bits)
{
    if (where == OBJECT)
        return cm_misuse(cx, "0x%x is not a Unicode scalar value", (unsigned)bits);
    return cm_trap(cx, "invalid `char` bit pattern");
}

static pirn_status fail_case(side where, cm_context *cx, const cm_op *op, uint32_t tag)
{
    if (where == OBJECT)
        return cm_misuse(cx, "%u is not a case of a type with %u cases", (unsigned)tag, (unsigned)op->count);
    return cm_trap(cx, "invalid variant discriminant");
}

static bool is_scalar_value(uint32_t bits)
{
    return bits < 0xD800 || (bits > 0xDFFF && bits < 0x110000);
}

/* ---- Strings, handles ------------------------------------------------------------------------------------------ */

BASE_INLINE pirn_status move_string(side from_side, side to_side, const cm_op *op, const place *from, const place *to)
{
    cm_range out = {0, 0};
    if (from_side == OBJECT) {
        if (to_side == NOWHERE)
            return PIRN_OK;
        PIRN_TRY(cm_lower_string(to->cx, *(const pirn_str *)field_of(from, op), &out));
        put_range(to_side, to, op, out);
        return PIRN_OK;
    }
    cm_range range = get_range(from_side, from, op);
    if (to_side == OBJECT)
        return cm_lift_string(from->cx, range, field_of(to, op));
    if (to_side == NOWHERE)
        return cm_check_string(from->cx, range);
    PIRN_TRY(cm_pass_string(from->cx, to->cx, range, &out));
    put_range(to_side, to, op, out);
    return PIRN_OK;
}

BASE_INLINE pirn_status move_handle(side from_side, side to_side, const cm_op *op, const place *from, const place *to)
{
    uint32_t index = 0;
    if (from_side == OBJECT) {
        void *object = *(void *const *)field_of(from, op);
        if (to_side == NOWHERE) {
            cm_drop_unlowered_handle(to->cx, op->type, object);
            return PIRN_OK;
        }
        PIRN_TRY(cm_lower_handle(to->cx, op->type, object, &index));
    } else if (to_side == OBJECT) {
        index = (uint32_t)get(from_side, from, op, 4);
        return cm_lift_handle(from->cx, op->type, index, field_of(to, op));
    } else if (to_side == NOWHERE) {
        return cm_send_handle(from->cx, op->type, (uint32_t)get(from_side, from, op, 4));
    } else {
        PIRN_TRY(cm_receive_handle(to->cx, &index));
    }
    put(to_side, to, op, 4, index);
    return PIRN_OK;
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

/* Where `len` elements are, or shall be. */
typedef struct elements {
    const cm_program *program;
    uint64_t len;
    place first;
} elements;

static pirn_status find_elements(cm_context *cx, cm_range range, elements *out)
{
    uint64_t size = (uint64_t)range.count * out->program->memory.size;
    if (size > CM_LIMIT_LIST_BYTES)
        return cm_trap(cx, "list is too long");
    PIRN_TRY(cm_check_pointer(cx, CM_LIST_CONTENT, range.ptr, out->program->memory.align, size));
    out->len = range.count;
    out->first.ptr = range.ptr;
    return PIRN_OK;
}

/* Room in the guest's memory. */
static pirn_status get_room(cm_context *cx, elements *out)
{
    const cm_layout *layout = &out->program->memory;
    if (out->len > CM_LIMIT_LIST_BYTES / layout->size)
        return cm_trap(cx, "list is too long");
    return cm_reallocate(cx, CM_LIST_CONTENT, 0, 0, layout->align, out->len * layout->size, &out->first.ptr);
}

/* Room for a C array, or none: the elements may stay where they are, and the list is a view. */
static pirn_status get_array(cm_context *cx, uint8_t *p, elements *out, bool *is_view)
{
    const cm_program *program = out->program;
    *is_view = cx->views && program->is_same && (uintptr_t)p % program->c.align == 0;
    out->first.object = p;
    if (*is_view)
        return PIRN_OK;
    uint64_t size = out->len * program->c.size;
    PIRN_TRY(cm_charge(cx, size));
    out->first.object = base_arena_alloc(&cx->activation->arena, (size_t)size);
    return out->first.object == NULL ? base_nomem(cx->error) : PIRN_OK;
}

BASE_INLINE pirn_status move_elements(side from_side, side to_side, const elements *from, const elements *to)
{
    place source = from->first, target = to->first;
    const cm_program *program = from->program;
    for (uint64_t i = 0; i < from->len; i++) {
        PIRN_TRY(movers[from_side][to_side](program->ops, source, target));
        if (from_side == MEMORY)
            source.ptr += program->memory.size;
        else
            source.object += program->c.size;
        if (to_side == MEMORY)
            target.ptr += program->memory.size;
        else if (to_side == OBJECT)
            target.object += program->c.size;
    }
    return PIRN_OK;
}

static void copy_bytes(void *to, const void *from, uint64_t size)
{
    if (size > 0)
        memmove(to, from, (size_t)size);
}

static pirn_status lift_list(const place *from, cm_range range, const cm_program *program, cm_list *list)
{
    cm_context *cx = from->cx;
    elements source = {.program = program, .first = *from};
    PIRN_TRY(find_elements(cx, range, &source));
    elements target = {.program = program, .len = source.len, .first = *from};
    bool is_view = false;
    PIRN_TRY(get_array(cx, address(cx, source.first.ptr), &target, &is_view));
    *list = (cm_list){target.first.object, (size_t)target.len};
    if (is_view)
        return PIRN_OK;
    if (!program->is_same)
        return move_elements(MEMORY, OBJECT, &source, &target);
    copy_bytes(list->data, address(cx, source.first.ptr), source.len * program->memory.size);
    return PIRN_OK;
}

static pirn_status lower_list(const place *to, const cm_list *list, const cm_program *program, cm_range *range)
{
    elements source = {.program = program, .len = list->len, .first = {.cx = to->cx, .object = list->data}};
    elements target = {.program = program, .len = list->len, .first = *to};
    PIRN_TRY(get_room(to->cx, &target));
    *range = (cm_range){target.first.ptr, (uint32_t)list->len};
    if (!program->is_same)
        return move_elements(OBJECT, MEMORY, &source, &target);
    copy_bytes(address(to->cx, range->ptr), cm_follow_view(to->cx, list->data), list->len * program->memory.size);
    return PIRN_OK;
}

static pirn_status check_list(const place *from, cm_range range, const cm_program *program)
{
    elements source = {.program = program, .first = *from};
    PIRN_TRY(find_elements(from->cx, range, &source));
    PIRN_TRY(cm_charge(from->cx, source.len * program->memory.size));
    return program->may_trap ? move_elements(MEMORY, NOWHERE, &source, &source) : PIRN_OK;
}

static pirn_status pass_list(const place *from, const place *to, cm_range in, const cm_program *program,
                             cm_range *out)
{
    elements source = {.program = program, .first = *from};
    PIRN_TRY(find_elements(from->cx, in, &source));
    elements target = {.program = program, .len = source.len, .first = *to};
    PIRN_TRY(get_room(to->cx, &target));
    *out = (cm_range){target.first.ptr, in.count};
    if (!program->is_solid)
        return move_elements(MEMORY, MEMORY, &source, &target);
    copy_bytes(address(to->cx, out->ptr), address(from->cx, in.ptr), source.len * program->memory.size);
    return PIRN_OK;
}

static pirn_status drop_elements(const place *from, const cm_list *list, const cm_program *program)
{
    elements source = {.program = program, .len = list->len, .first = {.cx = from->cx, .object = list->data}};
    return program->has_handle ? move_elements(OBJECT, NOWHERE, &source, &source) : PIRN_OK;
}

BASE_INLINE pirn_status move_list(side from_side, side to_side, const cm_op *op, const place *from, const place *to)
{
    cm_range out = {0, 0};
    if (from_side == OBJECT) {
        const cm_list *list = field_of(from, op);
        if (to_side == NOWHERE)
            return drop_elements(from, list, op->program);
        PIRN_TRY(lower_list(to, list, op->program, &out));
        put_range(to_side, to, op, out);
        return PIRN_OK;
    }
    cm_range range = get_range(from_side, from, op);
    if (to_side == OBJECT)
        return lift_list(from, range, op->program, field_of(to, op));
    if (to_side == NOWHERE)
        return check_list(from, range, op->program);
    PIRN_TRY(pass_list(from, to, range, op->program, &out));
    put_range(to_side, to, op, out);
    return PIRN_OK;
}

/* ---- Programs -------------------------------------------------------------------------------------------------- */

/* Moves the tag. An object that is only looked through for leftovers may have a wrong one: then no case follows. */
BASE_INLINE pirn_status move_tag(side from_side, side to_side, const cm_op *op, const place *from, const place *to,
                                 uint32_t *tag)
{
    *tag = (uint32_t)get(from_side, from, op, op->size);
    if (*tag >= op->count) {
        if (from_side != OBJECT || to_side != NOWHERE)
            return fail_case(from_side, from->cx, op, *tag);
        *tag = op->count;
    }
    put(to_side, to, op, op->size, *tag);
    return PIRN_OK;
}

#define MOVE_NUMBER(name, size, value)                   \
    case CM_OP_##name: {                                 \
        uint64_t bits = get(from_side, &from, op, size); \
        put(to_side, &to, op, size, value);              \
        break;                                           \
    }

BASE_INLINE pirn_status run(side from_side, side to_side, const cm_op *op, place from, place to)
{
    for (;; op++) {
        switch ((cm_opcode)op->code) {
        case CM_OP_END:
            return PIRN_OK;
            CM_NUMBER_OPS(MOVE_NUMBER)
        case CM_OP_CHAR: {
            uint32_t bits = (uint32_t)get(from_side, &from, op, 4);
            if (!is_scalar_value(bits) && (from_side != OBJECT || to_side != NOWHERE))
                return fail_char(from_side, from.cx, bits);
            put(to_side, &to, op, 4, bits);
            break;
        }
        case CM_OP_FLAGS:
            put(to_side, &to, op, op->size, get(from_side, &from, op, op->size) & op->count);
            break;
        case CM_OP_ENUM: {
            uint32_t tag = 0;
            PIRN_TRY(move_tag(from_side, to_side, op, &from, &to, &tag));
            break;
        }
        case CM_OP_VARIANT: {
            uint32_t tag = 0;
            PIRN_TRY(move_tag(from_side, to_side, op, &from, &to, &tag));
            op += op->cases[tag];
            break;
        }
        case CM_OP_JUMP:
            op += op->count;
            break;
        case CM_OP_FILL:
            for (uint32_t i = 0; to_side == SLOTS && i < op->count; i++)
                give_bits(&to, op->flat + i, 0);
            break;
        case CM_OP_STRING:
            PIRN_TRY(move_string(from_side, to_side, op, &from, &to));
            break;
        case CM_OP_LIST:
            PIRN_TRY(move_list(from_side, to_side, op, &from, &to));
            break;
        case CM_OP_HANDLE:
            PIRN_TRY(move_handle(from_side, to_side, op, &from, &to));
            break;
        case CM_OP_PART:
            PIRN_TRY(movers[from_side][to_side](op->program->ops, part_of(from_side, &from, op),
                                                part_of(to_side, &to, op)));
            break;
        }
    }
}

#define MOVER(name, from_side, to_side)                            \
    static pirn_status name(const cm_op *op, place from, place to) \
    {                                                              \
        return run(from_side, to_side, op, from, to);              \
    }

MOVER(slots_to_object, SLOTS, OBJECT)
MOVER(memory_to_object, MEMORY, OBJECT)
MOVER(object_to_slots, OBJECT, SLOTS)
MOVER(object_to_memory, OBJECT, MEMORY)
MOVER(slots_to_nowhere, SLOTS, NOWHERE)
MOVER(memory_to_nowhere, MEMORY, NOWHERE)
MOVER(slots_to_slots, SLOTS, SLOTS)
MOVER(memory_to_memory, MEMORY, MEMORY)
MOVER(object_to_nowhere, OBJECT, NOWHERE)

/* ---- Whole functions ------------------------------------------------------------------------------------------- */

static place in_slots(cm_context *cx, pirn_slot *slots, const uint8_t *types)
{
    return (place){.cx = cx, .slots = slots, .types = types};
}

static place in_memory(cm_context *cx, uint32_t ptr)
{
    return (place){.cx = cx, .ptr = ptr};
}

static place in_object(cm_context *cx, const void *object)
{
    return (place){.cx = cx, .object = (uint8_t *)(uintptr_t)object};
}

/* The parameters, or the result, as a whole. */
static pirn_status check_whole(cm_context *cx, const cm_program *program, uint32_t ptr)
{
    return cm_check_pointer(cx, CM_VALUE_CONTENT, ptr, program->memory.align, program->memory.size);
}

static pirn_status get_params_room(cm_context *cx, const cm_function_program *program, pirn_slot *slots)
{
    uint32_t ptr = 0;
    const cm_layout *layout = &program->params.memory;
    PIRN_TRY(cm_reallocate(cx, CM_VALUE_CONTENT, 0, 0, layout->align, layout->size, &ptr));
    slots[0].u64 = ptr;
    return PIRN_OK;
}

pirn_status cm_lift_params(cm_context *cx, const cm_function_program *program, pirn_slot *slots, void *args)
{
    const cm_program *params = &program->params;
    if (!program->params_in_memory)
        return slots_to_object(params->ops, in_slots(cx, slots, program->type->flat_params.types),
                               in_object(cx, args));
    PIRN_TRY(check_whole(cx, params, slots[0].u32));
    return memory_to_object(params->ops, in_memory(cx, slots[0].u32), in_object(cx, args));
}

pirn_status cm_lower_params(cm_context *cx, const cm_function_program *program, const void *args, pirn_slot *slots)
{
    const cm_program *params = &program->params;
    if (!program->params_in_memory)
        return object_to_slots(params->ops, in_object(cx, args),
                               in_slots(cx, slots, program->type->flat_params.types));
    PIRN_TRY(get_params_room(cx, program, slots));
    return object_to_memory(params->ops, in_object(cx, args), in_memory(cx, slots[0].u32));
}

pirn_status cm_lift_result(cm_context *cx, const cm_function_program *program, pirn_slot *slots, void *object)
{
    const cm_program *result = program->result;
    if (result == NULL)
        return PIRN_OK;
    if (!program->result_in_memory)
        return slots_to_object(result->ops, in_slots(cx, slots, program->type->flat_result.types),
                               in_object(cx, object));
    PIRN_TRY(check_whole(cx, result, slots[0].u32));
    return memory_to_object(result->ops, in_memory(cx, slots[0].u32), in_object(cx, object));
}

pirn_status cm_lower_result(cm_context *cx, const cm_function_program *program, const void *object, pirn_slot *slots)
{
    const cm_program *result = program->result;
    if (result == NULL)
        return PIRN_OK;
    if (!program->result_in_memory)
        return object_to_slots(result->ops, in_object(cx, object),
                               in_slots(cx, slots, program->type->flat_result.types));
    uint32_t ptr = slots[program->result_slot].u32;
    PIRN_TRY(check_whole(cx, result, ptr));
    return object_to_memory(result->ops, in_object(cx, object), in_memory(cx, ptr));
}

/* ---- From guest to guest --------------------------------------------------------------------------------------- */

static pirn_status pass_slots(const cm_pass *pass, const cm_program *program, const uint8_t *types)
{
    return slots_to_slots(program->ops, in_slots(pass->sender, pass->from, types),
                          in_slots(pass->receiver, pass->to, types));
}

static pirn_status lift_slots(const cm_pass *pass, const cm_program *program, const uint8_t *types)
{
    if (program->is_scalar)
        return pass_slots(pass, program, types);
    return slots_to_nowhere(program->ops, in_slots(pass->sender, pass->from, types), (place){0});
}

static pirn_status lower_slots(const cm_pass *pass, const cm_program *program, const uint8_t *types)
{
    return program->is_scalar ? PIRN_OK : pass_slots(pass, program, types);
}

static pirn_status lift_memory(const cm_pass *pass, const cm_program *program)
{
    uint32_t ptr = pass->from[0].u32;
    PIRN_TRY(check_whole(pass->sender, program, ptr));
    return program->may_trap ? memory_to_nowhere(program->ops, in_memory(pass->sender, ptr), (place){0}) : PIRN_OK;
}

static pirn_status lower_memory(const cm_pass *pass, const cm_program *program, uint32_t ptr)
{
    return memory_to_memory(program->ops, in_memory(pass->sender, pass->from[0].u32), in_memory(pass->receiver, ptr));
}

pirn_status cm_pass_lift_params(const cm_pass *pass)
{
    const cm_function_program *program = pass->program;
    if (program->params_in_memory)
        return lift_memory(pass, &program->params);
    return lift_slots(pass, &program->params, program->type->flat_params.types);
}

pirn_status cm_pass_lower_params(const cm_pass *pass)
{
    const cm_function_program *program = pass->program;
    if (!program->params_in_memory)
        return lower_slots(pass, &program->params, program->type->flat_params.types);
    PIRN_TRY(get_params_room(pass->receiver, program, pass->to));
    return lower_memory(pass, &program->params, pass->to[0].u32);
}

pirn_status cm_pass_lift_result(const cm_pass *pass)
{
    const cm_function_program *program = pass->program;
    if (program->result == NULL)
        return PIRN_OK;
    if (program->result_in_memory)
        return lift_memory(pass, program->result);
    return lift_slots(pass, program->result, program->type->flat_result.types);
}

pirn_status cm_pass_lower_result(const cm_pass *pass)
{
    const cm_function_program *program = pass->program;
    if (program->result == NULL)
        return PIRN_OK;
    if (!program->result_in_memory)
        return lower_slots(pass, program->result, program->type->flat_result.types);
    uint32_t ptr = pass->to[program->result_slot].u32;
    PIRN_TRY(check_whole(pass->receiver, program->result, ptr));
    return lower_memory(pass, program->result, ptr);
}

/* ---- What a failed lowering leaves ----------------------------------------------------------------------------- */

void cm_drop_unlowered_params(cm_context *cx, const cm_function_program *program, const void *args)
{
    if (program->params.has_handle)
        (void)object_to_nowhere(program->params.ops, in_object(cx, args), in_object(cx, NULL));
}

void cm_drop_unlowered_result(cm_context *cx, const cm_function_program *program, const void *object)
{
    if (program->result != NULL && program->result->has_handle)
        (void)object_to_nowhere(program->result->ops, in_object(cx, object), in_object(cx, NULL));
}
