/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function from its bytes to code: see vm/exec/translate.h. The code was validated; that is relied on.
 *
 * The cells are made in a growing array with branch targets as positions; when all are there, they are copied to the
 * module's code arena and the targets become addresses. The frame check at the start is decided only then.
 */
#include "vm/exec/translate.h"
#include "vm/binary/types.h"
#include "vm/exec/image.h"

/* ---- Instructions that are not control ------------------------------------------------------------------------------- */

vm_word *vm_emit_result(vm_translator *t, vm_ir slot_ir, char result)
{
    bool is_float = result == 'F' || result == 'D';
    vm_free_accumulator(t, is_float);
    uint32_t cell = vm_emit_here(t);
    vm_emit(t, slot_ir + 1);
    vm_push_result(t, is_float, cell, slot_ir);
    return t->status == PIRN_OK ? t->code.data + cell : t->spare;
}

static void translate_binary(vm_translator *t, const vm_family *family)
{
    vm_value y = vm_pop_deferred(t), x = vm_pop_deferred(t);
    if (vm_fuse_binary(t, family, &x, &y))
        return;
    char type = family->operand;
    bool is_exchanged =
        family->forms == 'C' && (y.kind == VM_VALUE_ACC || (x.kind == VM_VALUE_CONST && y.kind != VM_VALUE_CONST));
    if (is_exchanged) {
        vm_value swap = x;
        x = y;
        y = swap;
    }
    bool y_is_immediate = y.kind == VM_VALUE_CONST;
    bool x_is_immediate = x.kind == VM_VALUE_CONST && !y_is_immediate && family->forms == 'N';
    bool x_is_acc = x.kind == VM_VALUE_ACC, y_is_acc = y.kind == VM_VALUE_ACC;
    uint32_t form;
    if (y_is_immediate)
        form = x_is_acc ? VM_FORM_AI : VM_FORM_SI;
    else if (x_is_immediate)
        form = y_is_acc ? VM_FORM_IA : VM_FORM_IS;
    else
        form = x_is_acc ? VM_FORM_AS : y_is_acc ? VM_FORM_SA : VM_FORM_SS;
    /* Slot operands in order: the first is a, the second b. */
    uint16_t slots[2] = {0, 0};
    uint32_t count = 0;
    if (!x_is_immediate && !x_is_acc) {
        slots[count] = vm_emit_source(t, vm_value_slot(t, &x), count);
        count++;
    }
    if (!y_is_immediate && !y_is_acc) {
        slots[count] = vm_emit_source(t, vm_value_slot(t, &y), count);
        count++;
    }
    vm_word *cell = vm_emit_result(t, (vm_ir)(family->first + 2 * form), family->result);
    cell[1].a = slots[0];
    uint64_t bits = y_is_immediate ? y.bits : x.bits;
    if (!y_is_immediate && !x_is_immediate)
        cell[1].b = slots[1];
    else if (type == 'I')
        cell[1].offset = vm_u32_of_image(bits);
    else
        cell[2].u64 = bits;
}

static void translate_unary(vm_translator *t, const vm_family *family)
{
    vm_value x = vm_pop(t);
    bool is_acc = x.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &x), 0);
    vm_emit_result(t, (vm_ir)(family->first + (is_acc ? 2 : 0)), family->result)[1].a = slot;
}

/* The value stays where it is and has another type. */
static void translate_retype(vm_translator *t, bool is_float)
{
    vm_value value = vm_pop(t);
    if (value.kind == VM_VALUE_ACC && value.is_float != is_float)
        vm_value_slot(t, &value);
    value.is_float = is_float;
    vm_push(t, value);
}

static void translate_eqz(vm_translator *t, vm_compare equal)
{
    if (equal == VM_COMPARE_I32_EQ) {
        vm_condition condition = vm_condition_pop(t);
        condition.compare = (vm_compare)vm_compares[condition.compare].inverse;
        vm_condition_value(t, &condition);
        return;
    }
    vm_push(t, (vm_value){.kind = VM_VALUE_CONST, .slots = 1});
    vm_condition condition = vm_condition_of(t, equal);
    vm_condition_value(t, &condition);
}

/* One of two by a constant condition. */
static void translate_select_const(vm_translator *t, uint64_t condition)
{
    vm_value y = vm_pop(t), x = vm_pop(t);
    vm_value *chosen = vm_u32_of_image(condition) != 0 ? &x : &y;
    if (chosen->kind == VM_VALUE_TEMP && chosen->temp != x.temp)
        vm_emit_copy(t, x.temp, chosen->temp, chosen->slots);
    vm_push(t, *chosen);
}

static void translate_select(vm_translator *t)
{
    if (vm_fuse_select(t))
        return;
    vm_value condition = vm_pop(t);
    if (condition.kind == VM_VALUE_CONST) {
        translate_select_const(t, condition.bits);
        return;
    }
    vm_value y = vm_pop(t), x = vm_pop(t);
    bool is_acc = condition.kind == VM_VALUE_ACC, is_float = x.is_float;
    if (x.slots > 1) {
        vm_translate_select_vector(t, &condition, &x, &y);
        return;
    }
    uint32_t x_slot = vm_value_slot(t, &x), y_slot = vm_value_slot(t, &y);
    uint32_t c_slot = is_acc ? 0 : vm_value_slot(t, &condition);
    uint16_t a = vm_emit_source(t, x_slot, 0), b = vm_emit_source(t, y_slot, 1);
    uint16_t c = is_acc ? 0 : vm_emit_source(t, c_slot, 2);
    vm_free_accumulator(t, is_float);
    uint32_t cell = vm_emit_here(t);
    vm_ir ir = is_acc ? (is_float ? IR_SELECT_a_f : IR_SELECT_a_a) : is_float ? IR_SELECT_s_f : IR_SELECT_s_a;
    vm_emit(t, ir)[1] = (vm_word){.a = a, .b = b, .c = c};
    vm_push_result(t, is_float, cell, is_acc ? IR_SELECT_a_s : IR_SELECT_s_s);
}

static void push_const(vm_translator *t, bool is_float, uint64_t image)
{
    vm_push(t, (vm_value){.kind = VM_VALUE_CONST, .slots = 1, .is_float = is_float, .bits = image});
}

/* ---- Variables ----------------------------------------------------------------------------------------------------------- */

static void push_local(vm_translator *t, uint32_t local)
{
    vm_value value = vm_value_of_type(t->locals[local].type);
    value.kind = VM_VALUE_LOCAL;
    value.local = local;
    vm_push(t, value);
}

static void translate_local_set(vm_translator *t, uint32_t local)
{
    vm_value value = vm_pop_deferred(t);
    vm_local_set(t, local, &value);
}

static void translate_local_tee(vm_translator *t, uint32_t local)
{
    vm_value value = vm_pop_deferred(t);
    bool is_const = value.kind == VM_VALUE_CONST;
    vm_local_set(t, local, &value);
    if (is_const)
        vm_push(t, value);
    else
        push_local(t, local);
}

static void translate_global_get(vm_translator *t, uint32_t global)
{
    vm_value value = vm_value_of_type(t->syntax->globals.data[global].type.type);
    if (value.slots > 1) {
        uint32_t temp = vm_temp_at(t, (uint32_t)t->stack.len);
        vm_word *cell = vm_emit(t, IR_GLOBAL_GET2);
        cell[1].d = vm_emit_dests(t, temp, value.slots);
        cell[1].offset = global;
        vm_emit_dests_done(t, temp, value.slots);
        vm_push(t, value);
        return;
    }
    vm_free_accumulator(t, value.is_float);
    uint32_t cell = vm_emit_here(t);
    vm_emit(t, value.is_float ? IR_GLOBAL_GET_f : IR_GLOBAL_GET_a)[1].offset = global;
    vm_push_result(t, value.is_float, cell, IR_GLOBAL_GET_s);
}

static void translate_global_set(vm_translator *t, uint32_t global)
{
    vm_value value = vm_pop_deferred(t);
    if (vm_fuse_global_set(t, global, &value))
        return;
    if (value.is_deferred)
        vm_undefer(t, &value);
    if (value.kind == VM_VALUE_ACC) {
        vm_emit(t, value.is_float ? IR_GLOBAL_SET_f : IR_GLOBAL_SET_a)[1].offset = global;
        return;
    }
    uint32_t slot = vm_value_slot(t, &value);
    uint16_t source = vm_emit_sources(t, slot, value.slots, 0);
    vm_word *cell = vm_emit(t, value.slots > 1 ? IR_GLOBAL_SET2 : IR_GLOBAL_SET_s);
    cell[1].a = source;
    cell[1].offset = global;
}

/* Operands and results of i64.add128 and its kind begin at the same slot. */
static void translate_wide(vm_translator *t, vm_ir ir, uint32_t operands)
{
    vm_settle(t, operands);
    for (uint32_t i = 0; i < operands; i++)
        vm_pop(t);
    uint32_t first = vm_temp_at(t, (uint32_t)t->stack.len) * (uint32_t)sizeof(pirn_slot);
    vm_emit(t, ir)[1] = (vm_word){.far_d = first, .far_a = first};
    vm_push(t, vm_value_of_type(PIRN_I64));
    vm_push(t, vm_value_of_type(PIRN_I64));
}

static bool translate_other(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_NOP:
        return true;
    case VM_OP_DROP:
        return vm_pop_deferred(t), true;
    case VM_OP_SELECT:
    case VM_OP_SELECT_T:
        return translate_select(t), true;
    case VM_OP_LOCAL_GET:
        return push_local(t, instr->index), true;
    case VM_OP_LOCAL_SET:
        return translate_local_set(t, instr->index), true;
    case VM_OP_LOCAL_TEE:
        return translate_local_tee(t, instr->index), true;
    case VM_OP_GLOBAL_GET:
        return translate_global_get(t, instr->index), true;
    case VM_OP_GLOBAL_SET:
        return translate_global_set(t, instr->index), true;
    case VM_OP_I32_CONST:
        return push_const(t, false, vm_image_of_u32((uint32_t)instr->i32)), true;
    case VM_OP_I64_CONST:
        return push_const(t, false, (uint64_t)instr->i64), true;
    case VM_OP_F32_CONST:
        return push_const(t, true, vm_image_of_u32(instr->f32_bits)), true;
    case VM_OP_F64_CONST:
        return push_const(t, true, instr->f64_bits), true;
    case VM_OP_REF_NULL:
        return push_const(t, false, 0), true;
    case VM_OP_REF_FUNC:
        return vm_translate_plain(t, IR_REF_FUNC, 0, true)[1].offset = instr->index, true;
    case VM_OP_I32_EQZ:
        return translate_eqz(t, VM_COMPARE_I32_EQ), true;
    case VM_OP_I64_EQZ:
        return translate_eqz(t, VM_COMPARE_I64_EQ), true;
    case VM_OP_I64_ADD128:
        return translate_wide(t, IR_I64_ADD128, 4), true;
    case VM_OP_I64_SUB128:
        return translate_wide(t, IR_I64_SUB128, 4), true;
    case VM_OP_I64_MUL_WIDE_S:
        return translate_wide(t, IR_I64_MUL_WIDE_S, 2), true;
    case VM_OP_I64_MUL_WIDE_U:
        return translate_wide(t, IR_I64_MUL_WIDE_U, 2), true;
    case VM_OP_I32_REINTERPRET_F32:
    case VM_OP_I64_REINTERPRET_F64:
        return translate_retype(t, false), true;
    case VM_OP_F32_REINTERPRET_I32:
    case VM_OP_F64_REINTERPRET_I64:
        return translate_retype(t, true), true;
    default:
        return false;
    }
}

static void translate_family(vm_translator *t, const vm_instr *instr)
{
    const vm_family *family = &vm_families[instr->opcode];
    switch ((vm_family_kind)family->kind) {
    case VM_FAMILY_BINARY:
        translate_binary(t, family);
        break;
    case VM_FAMILY_UNARY:
        if (instr->opcode == VM_OP_I32_WRAP_I64 && vm_slot_wraps() && t->has_fusion)
            translate_retype(t, false);
        else
            translate_unary(t, family);
        break;
    case VM_FAMILY_COMPARE: {
        vm_condition condition = vm_condition_of(t, (vm_compare)family->first);
        vm_condition_value(t, &condition);
        break;
    }
    case VM_FAMILY_LOAD:
        vm_translate_load(t, family, &instr->memarg);
        break;
    case VM_FAMILY_STORE:
        vm_translate_store(t, family, &instr->memarg);
        break;
    case VM_FAMILY_ATOMIC:
        vm_translate_atomic(t, (vm_ir)family->first, instr);
        break;
    case VM_FAMILY_VECTOR:
        vm_translate_vector(t, family, instr);
        break;
    case VM_FAMILY_NONE:
        break;
    }
}

/* ---- The function ---------------------------------------------------------------------------------------------------------- */

/* Only says where a part of a block ends. */
static bool is_mark(vm_opcode opcode)
{
    switch (opcode) {
    case VM_OP_END:
    case VM_OP_ELSE:
    case VM_OP_CATCH:
    case VM_OP_CATCH_ALL:
    case VM_OP_DELEGATE:
        return true;
    default:
        return false;
    }
}

/*
 * Charges the instruction to the FUEL cell of its straight-line run. A run ends where a label may be or a branch is; marks cost
 * nothing.
 */
static void charge_fuel(vm_translator *t, vm_opcode opcode)
{
    if (!is_mark(opcode)) {
        if (t->fuel_cell == VM_NONE) {
            t->fuel_cell = vm_emit_here(t);
            vm_emit(t, IR_FUEL);
        }
        if (t->status == PIRN_OK)
            t->code.data[t->fuel_cell + 1].offset++;
    }
}

static void end_fuel_run(vm_translator *t, vm_opcode opcode)
{
    if (opcode == VM_OP_LOOP || opcode == VM_OP_IF || opcode == VM_OP_BR_IF || opcode == VM_OP_BR_ON_NULL ||
        opcode == VM_OP_BR_ON_NON_NULL || opcode == VM_OP_BR_ON_CAST || opcode == VM_OP_BR_ON_CAST_FAIL ||
        opcode == VM_OP_BR_ON_CAST_DESC_EQ || opcode == VM_OP_BR_ON_CAST_DESC_EQ_FAIL || is_mark(opcode) ||
        t->is_unreachable)
        t->fuel_cell = VM_NONE;
}

/* In unreachable code only the nesting of blocks counts. True when the instruction is reached or ends this code. */
static bool is_wanted(vm_translator *t, vm_opcode opcode)
{
    if (!t->is_unreachable)
        return true;
    bool is_block = opcode == VM_OP_BLOCK || opcode == VM_OP_LOOP || opcode == VM_OP_IF || opcode == VM_OP_TRY ||
                    opcode == VM_OP_TRY_TABLE;
    if (t->skipped_blocks == 0 && is_mark(opcode))
        return true;
    t->skipped_blocks += is_block;
    t->skipped_blocks -= opcode == VM_OP_END || opcode == VM_OP_DELEGATE;
    return false;
}

/* Without fusion: the result of an instruction is in its temp, and nobody looks at the cell that it became. */
static void stand_alone(vm_translator *t)
{
    vm_settle(t, 1);
    vm_emit_label(t);
}

static void translate_body(vm_translator *t)
{
    bool has_fuel = t->module->engine->config.fuel;
    vm_instr instr;
    while (t->labels.len != 0 && t->status == PIRN_OK && vm_instr_read(&t->reader, t->syntax->features, &instr)) {
        if (!is_wanted(t, instr.opcode))
            continue;
        t->offset = vm_module_offset(t->syntax, instr.start);
        t->in_flight[VM_INTEGER] = t->in_flight[VM_FLOAT] = false;
        if (has_fuel)
            charge_fuel(t, instr.opcode);
        if (!vm_translate_control(t, &instr) && !vm_translate_memory(t, &instr) && !translate_other(t, &instr))
            translate_family(t, &instr);
        if (!t->has_fusion)
            stand_alone(t);
        if (has_fuel)
            end_fuel_run(t, instr.opcode);
    }
}

/* Validation has looked at the features. */
static vm_valtype read_type(vm_reader *reader)
{
    return vm_reader_valtype(reader, UINT32_MAX);
}

static void add_local(vm_translator *t, vm_valtype type, uint32_t *slot)
{
    t->locals[t->local_count++] = (vm_local){.slot = *slot, .top = VM_NONE, .type = type};
    *slot += (uint32_t)pirn_valtype_slots(type);
}

static uint32_t count_locals(vm_reader reader)
{
    uint32_t count = 0;
    for (uint32_t groups = vm_reader_leb_u32(&reader); groups > 0; groups--) {
        count += vm_reader_leb_u32(&reader);
        read_type(&reader);
    }
    return count;
}

/* Lays out the frame: parameters, header, scratch slots if there are any, locals; temps follow. */
static void lay_out(vm_translator *t)
{
    uint32_t slot = 0;
    for (uint32_t i = 0; i < t->type->param_count; i++)
        add_local(t, t->type->types[i], &slot);
    slot = t->type->header_at + VM_FRAME_HEADER;
    t->scratch = slot;
    if (t->has_scratch)
        slot += VM_SCRATCH_SLOTS;
    for (uint32_t groups = vm_reader_leb_u32(&t->reader); groups > 0; groups--) {
        uint32_t count = vm_reader_leb_u32(&t->reader);
        vm_valtype type = read_type(&t->reader);
        for (uint32_t i = 0; i < count; i++)
            add_local(t, type, &slot);
    }
    t->temps = t->frame_slots = slot;
}

static uint32_t min_u32(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

/* Zero in `count` slots, from `slot` on. */
static void emit_zeroes(vm_translator *t, uint32_t slot, uint32_t count)
{
    static const uint16_t zeroes[] = {IR_ZERO_1, IR_ZERO_2, IR_ZERO_3, IR_ZERO_4};
    enum { AT_ONCE = 8, UNROLLED = 2 * AT_ONCE };
    while (count != 0) {
        bool is_whole = count > UNROLLED || !vm_is_near(slot + UNROLLED);
        uint32_t part = is_whole ? count : count >= AT_ONCE ? AT_ONCE : min_u32(count, BASE_COUNT(zeroes));
        vm_word *cell = vm_emit(t, is_whole ? IR_ZERO_N : part == AT_ONCE ? IR_ZERO_8 : (vm_ir)zeroes[part - 1]);
        cell[1].d = (uint16_t)(slot * sizeof(pirn_slot));
        if (is_whole)
            cell[1].offset = count;
        slot += part;
        count -= part;
    }
}

/* Those that are read before they are set are zeroed, and what is between them; references too, for the collector's sake. */
static void zero_locals(vm_translator *t)
{
    uint32_t first = VM_NONE, end = 0;
    for (uint32_t i = t->type->param_count; i < t->local_count; i++) {
        const vm_local *local = &t->locals[i];
        if (!local->is_zeroed && !pirn_valtype_is_ref(local->type) && t->has_fusion)
            continue;
        first = min_u32(first, local->slot);
        end = local->slot + (uint32_t)pirn_valtype_slots(local->type);
    }
    if (end != 0 && !vm_is_near(first))
        first = t->locals[t->type->param_count].slot;
    emit_zeroes(t, first, end - (end != 0 ? first : 0));
}

/* The cells before the body: a frame check (taken away in the end when it is not needed), zero in the locals. */
static void emit_entry(vm_translator *t)
{
    vm_emit(t, IR_CHECK_FRAME);
    if (t->local_count > t->type->param_count && t->has_fusion)
        vm_scan_locals(t);
    zero_locals(t);
}

/* Words that are left out at the start. */
static uint32_t words_before(const vm_translator *t)
{
    return t->frame_slots > VM_RED_ZONE ? 0 : vm_ir_words(IR_CHECK_FRAME);
}

/* The landings, with words as they are counted in the published code. */
static bool publish_landings(const vm_translator *t, base_arena *arena, vm_code *code)
{
    uint32_t before = words_before(t);
    vm_landing *landings = base_arena_array(arena, t->landings.len, sizeof *landings);
    if (landings == NULL)
        return false;
    for (size_t i = 0; i < t->landings.len; i++) {
        landings[i] = t->landings.data[i];
        landings[i].start -= before;
        landings[i].end -= before;
        if (landings[i].kind != VM_LANDING_DELEGATE)
            landings[i].target -= before;
    }
    code->landings = landings;
    code->landing_count = (uint32_t)t->landings.len;
    return true;
}

static vm_code *publish(vm_translator *t, uint32_t func)
{
    uint32_t before = words_before(t), words = (uint32_t)t->code.len - before;
    base_arena *arena = &t->module->code_arena;
    vm_code *code = base_arena_alloc(arena, sizeof *code);
    vm_word *start = base_arena_array(arena, words, sizeof *start);
    if (code == NULL || start == NULL)
        return NULL;
    t->code.data[2].u64 = t->frame_slots;
    memcpy(start, t->code.data + before, words * sizeof *start);
    for (size_t i = 0; i < t->relocations.len; i++) {
        vm_word *word = &start[t->relocations.data[i] - before];
        word->target = start + (word->u64 - before);
    }
    *code = (vm_code){.func = func, .words = words, .frame_slots = t->frame_slots, .start = start};
    return publish_landings(t, arena, code) ? code : NULL;
}

static void translator_init(vm_translator *t, pirn_module *module, uint32_t func, bool has_scratch)
{
    const vm_func_decl *decl = &module->syntax.funcs.data[func];
    *t = (vm_translator){
        .module = module,
        .syntax = &module->syntax,
        .type = module->types[decl->type],
        .allocator = &module->engine->allocator,
        .has_scratch = has_scratch,
        .has_fusion = module->engine->config.fusion,
        .owner = {VM_NONE, VM_NONE},
        .fuel_cell = VM_NONE,
        .last = {.cell = VM_NONE},
    };
    vm_reader_init(&t->reader, decl->body.start, (size_t)(decl->body.end - decl->body.start), 0, NULL);
}

static void translate_all(vm_translator *t)
{
    uint32_t count = t->type->param_count + count_locals(t->reader);
    if (count != 0)
        t->locals = base_alloc(t->allocator, count * sizeof(vm_local));
    if (count != 0 && t->locals == NULL) {
        t->status = PIRN_NOMEM;
        return;
    }
    lay_out(t);
    emit_entry(t);
    vm_label_push(t, VM_LABEL_FUNC, &(vm_blocktype){.index = -1, .value = VM_BOTTOM});
    translate_body(t);
}

static void translator_done(vm_translator *t)
{
    uint32_t count = t->type->param_count;
    vm_reader_init(&t->reader, t->reader.start, (size_t)(t->reader.end - t->reader.start), 0, NULL);
    count += count_locals(t->reader);
    base_free(t->allocator, t->locals, count * sizeof(vm_local));
    BASE_VEC_DONE(&t->code, t->allocator);
    BASE_VEC_DONE(&t->relocations, t->allocator);
    BASE_VEC_DONE(&t->landings, t->allocator);
    BASE_VEC_DONE(&t->stack, t->allocator);
    BASE_VEC_DONE(&t->labels, t->allocator);
    BASE_VEC_DONE(&t->places, t->allocator);
}

/* Translates into `t`, with scratch slots if it turns out that they are needed. */
static void translate_whole(vm_translator *t, pirn_module *module, uint32_t func, bool is_recording)
{
    translator_init(t, module, func, false);
    t->is_recording = is_recording;
    translate_all(t);
    if (t->status != PIRN_LIMIT)
        return;
    translator_done(t);
    translator_init(t, module, func, true);
    t->is_recording = is_recording;
    translate_all(t);
}

static vm_code *translate_function(pirn_module *module, uint32_t func)
{
    vm_translator t;
    translate_whole(&t, module, func, false);
    vm_code *code = t.status == PIRN_OK ? publish(&t, func) : NULL;
    translator_done(&t);
    return code;
}

pirn_status vm_translate(pirn_module *module, uint32_t func, const vm_word **entry)
{
    uint32_t defined = func - module->syntax.imported_funcs;
    base_lock_take(&module->translate_lock);
    vm_code *code = module->codes[defined];
    if (code == NULL)
        code = translate_function(module, func);
    if (code != NULL) {
        module->codes[defined] = code;
        atomic_store_explicit(&module->entries[defined], code->start, memory_order_release);
        *entry = code->start;
    }
    base_lock_release(&module->translate_lock);
    return code != NULL ? PIRN_OK : PIRN_NOMEM;
}

uint64_t vm_translate_offset_of(const pirn_module *module, uint32_t func, const vm_word *pc, bool is_return)
{
    const vm_code *code = module->codes[func - module->syntax.imported_funcs];
    if (code == NULL || pc < code->start || pc > code->start + code->words)
        return 0;
    vm_translator t;
    translate_whole(&t, (pirn_module *)module, func, true);
    uint64_t offset = 0;
    uint32_t word = (uint32_t)(pc - code->start) + words_before(&t);
    for (size_t i = 0; i < t.places.len && t.places.data[i].word + is_return <= word; i++)
        offset = t.places.data[i].offset;
    if (t.status != PIRN_OK)
        offset = 0;
    translator_done(&t);
    return offset;
}

bool vm_translate_places(const pirn_module *module, uint32_t func, base_arena *arena, vm_cell_place **places,
                         size_t *count)
{
    vm_translator t;
    translate_whole(&t, (pirn_module *)module, func, true);
    uint32_t before = words_before(&t);
    *places = base_arena_array(arena, t.places.len, sizeof **places);
    *count = 0;
    bool ok = t.status == PIRN_OK && *places != NULL;
    for (size_t i = 0; ok && i < t.places.len; i++) {
        if (t.places.data[i].word >= before)
            (*places)[(*count)++] = (vm_cell_place){t.places.data[i].word - before, t.places.data[i].offset};
    }
    translator_done(&t);
    return ok;
}
