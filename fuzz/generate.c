/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module as a whole: see fuzz/generate.h and fuzz/generator.h. First all is planned that functions may name, from a part of the
 * bytes; then the sections are written. Each function gets its part of the bytes that are left.
 */
#include "fuzz/generator.h"
#include <string.h>

static const vm_valtype i64_type = PIRN_I64;

/* ---- The plan --------------------------------------------------------------------------------------------------------------- */

/* The list for results of that letter; sizes of memories are made to i32. */
static uint32_t list_of(char letter)
{
    static const char letters[] = "ilfdv";
    const char *found = strchr(letters, letter == 'a' ? 'i' : letter);
    return (uint32_t)(letter == '\0' ? strlen(letters) : (size_t)(found - letters));
}

/* Can the instruction be made from its signature alone? Of those that wait nobody would wake them. */
static bool is_usable(const generator *g, vm_opcode op)
{
    const vm_opcode_info *info = &vm_opcodes[op];
    bool is_constant = info->immediate == VM_IMM_V128 || info->immediate >= VM_IMM_I32;
    bool waits = op == VM_OP_MEMORY_ATOMIC_WAIT32 || op == VM_OP_MEMORY_ATOMIC_WAIT64;
    if (info->is_special || is_constant || waits || !has_feature(g, info->feature))
        return false;
    return (op != VM_OP_ELEM_DROP || g->elem_count > 0) && strlen(strchr(info->signature, '_')) <= 2;
}

static void plan_instructions(generator *g)
{
    for (uint32_t op = 0; op < VM_OP_COUNT; op++) {
        if (!is_usable(g, (vm_opcode)op))
            continue;
        char result = strchr(vm_opcodes[op].signature, '_')[1];
        uint32_t list = list_of(result);
        g->by_result[list].ops[g->by_result[list].count++] = (uint16_t)op;
    }
}

static void plan_tags(generator *g)
{
    if (!has_feature(g, PIRN_FEATURE_EXCEPTIONS))
        return;
    g->tag_count = 1 + choose(&g->c, MAX_TAGS);
    for (uint32_t i = 0; i < g->tag_count; i++) {
        vm_valtype types[4];
        uint32_t count = choose(&g->c, 4);
        for (uint32_t j = 0; j < count; j++)
            types[j] = choose_type(g);
        g->tags[i].type = add_func_type(g, types, count, NULL, 0);
        g->tags[i].caught = add_func_type(g, NULL, 0, types, count);
        types[count] = PIRN_EXNREF;
        g->tags[i].caught_ref = add_func_type(g, NULL, 0, types, count + 1);
    }
}

static void plan_funcs(generator *g)
{
    uint32_t types = g->type_count; /* those of tags are as good as others */
    if (g->options->with_import) {
        g->funcs[0] = add_func_type(g, &i64_type, 1, &i64_type, 1);
        g->imported = 1;
    }
    uint32_t defined = 2 + choose(&g->c, MAX_RUNS - 1);
    for (uint32_t i = 0; i < defined; i++)
        g->funcs[g->imported + i] = g->object_count + choose(&g->c, types - g->object_count);
    g->func_count = g->imported + defined;
}

static void plan_memories(generator *g)
{
    g->memory_count = has_feature(g, PIRN_FEATURE_MULTI_MEMORY) ? 1 + choose(&g->c, MAX_MEMORIES) : 1;
    for (uint32_t i = 0; i < g->memory_count; i++) {
        pirn_memtype *type = &g->memories[i];
        *type = (pirn_memtype){.limits = {1, 3}, .page_size_log2 = 16};
        type->is64 = has_feature(g, PIRN_FEATURE_MEMORY64) && choose(&g->c, 4) == 3;
        if (has_feature(g, PIRN_FEATURE_CUSTOM_PAGE_SIZES) && choose(&g->c, 8) == 7) {
            type->limits = (pirn_limits){4096, 4099};
            type->page_size_log2 = 0;
        }
    }
}

static void plan_tables(generator *g)
{
    bool has_more = has_feature(g, PIRN_FEATURE_REFERENCE_TYPES | PIRN_FEATURE_GC);
    g->table_count = has_more ? 1 + choose(&g->c, MAX_TABLES) : 1;
    for (uint32_t i = 0; i < g->table_count; i++) {
        vm_valtype type = i == 0 ? PIRN_FUNCREF : choose_default_type(g);
        if (!pirn_valtype_is_ref(type))
            type = PIRN_ANYREF;
        bool is64 = has_more && has_feature(g, PIRN_FEATURE_MEMORY64) && choose(&g->c, 4) == 3;
        g->tables[i] = (pirn_tabletype){.limits = {TABLE_SIZE, 2 * TABLE_SIZE}, .element = type, .is64 = is64};
    }
}

static void plan_globals(generator *g)
{
    g->globals[FUEL_GLOBAL] = (pirn_globaltype){PIRN_I32, true};
    g->global_count = 2 + choose(&g->c, MAX_GLOBALS - 1);
    for (uint32_t i = 1; i < g->global_count; i++) {
        g->globals[i].type = choose_default_type(g);
        g->globals[i].is_mutable = choose(&g->c, 4) != 3;
    }
}

static void plan_segments(generator *g)
{
    if (!has_feature(g, PIRN_FEATURE_BULK_MEMORY))
        return;
    g->data_count = 2;
    g->elem_count = 1 + choose(&g->c, MAX_SEGMENTS);
    for (uint32_t i = 0; i < g->elem_count; i++)
        g->elems[i] = g->tables[choose(&g->c, g->table_count)].element;
}

/* ---- Sections before the code (spec 5.5) ---------------------------------------------------------------------------------------- */

static void put_text(vm_writer *w, const char *text)
{
    vm_writer_name(w, (pirn_str){text, strlen(text)});
}

static void write_import(const generator *g, vm_writer *w)
{
    if (g->imported == 0)
        return;
    size_t section = vm_writer_begin(w, 2);
    vm_writer_leb_unsigned(w, 1);
    put_text(w, "env");
    put_text(w, "log");
    vm_writer_u8(w, PIRN_EXTERN_FUNC);
    vm_writer_leb_unsigned(w, g->funcs[0]);
    vm_writer_end(w, section);
}

static void write_tables(const generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 4);
    vm_writer_leb_unsigned(w, g->table_count);
    for (uint32_t i = 0; i < g->table_count; i++) {
        put_valtype(w, g->tables[i].element);
        vm_writer_u8(w, (uint8_t)(1 | (g->tables[i].is64 ? 4 : 0)));
        vm_writer_leb_unsigned(w, g->tables[i].limits.min);
        vm_writer_leb_unsigned(w, g->tables[i].limits.max);
    }
    vm_writer_end(w, section);
}

static void write_memories(const generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 5);
    vm_writer_leb_unsigned(w, g->memory_count);
    for (uint32_t i = 0; i < g->memory_count; i++) {
        const pirn_memtype *type = &g->memories[i];
        bool is_custom = type->page_size_log2 != 16;
        vm_writer_u8(w, (uint8_t)(1 | (type->is64 ? 4 : 0) | (is_custom ? 8 : 0)));
        vm_writer_leb_unsigned(w, type->limits.min);
        vm_writer_leb_unsigned(w, type->limits.max);
        if (is_custom)
            vm_writer_leb_unsigned(w, type->page_size_log2);
    }
    vm_writer_end(w, section);
}

static void write_tags(const generator *g, vm_writer *w)
{
    if (g->tag_count == 0)
        return;
    size_t section = vm_writer_begin(w, 13);
    vm_writer_leb_unsigned(w, g->tag_count);
    for (uint32_t i = 0; i < g->tag_count; i++) {
        vm_writer_u8(w, 0);
        vm_writer_leb_unsigned(w, g->tags[i].type);
    }
    vm_writer_end(w, section);
}

static void write_globals(generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 6);
    vm_writer_leb_unsigned(w, g->global_count);
    for (uint32_t i = 0; i < g->global_count; i++) {
        put_valtype(w, g->globals[i].type);
        vm_writer_u8(w, g->globals[i].is_mutable);
        if (i == FUEL_GLOBAL)
            put_i32(g, 0);
        else
            make_constant(g, g->globals[i].type);
        put_op(g, VM_OP_END);
    }
    vm_writer_end(w, section);
}

static void write_export(vm_writer *w, const char *name, int number, pirn_extern_kind kind, uint32_t index)
{
    char text[32];
    snprintf(text, sizeof text, number >= 0 ? "%s%d" : "%s", name, number);
    put_text(w, text);
    vm_writer_u8(w, (uint8_t)kind);
    vm_writer_leb_unsigned(w, index);
}

/* Behind the functions that may be called are those that run them, then the one that tells of the state. */
static uint32_t run_count(const generator *g)
{
    return g->func_count - g->imported;
}

static void write_exports(const generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 7);
    vm_writer_leb_unsigned(w, run_count(g) + 1 + g->memory_count + g->table_count + g->global_count);
    for (uint32_t i = 0; i < run_count(g); i++)
        write_export(w, "run", (int)i, PIRN_EXTERN_FUNC, g->func_count + i);
    write_export(w, "state", -1, PIRN_EXTERN_FUNC, g->func_count + run_count(g));
    for (uint32_t i = 0; i < g->memory_count; i++)
        write_export(w, "memory", (int)i, PIRN_EXTERN_MEMORY, i);
    for (uint32_t i = 0; i < g->table_count; i++)
        write_export(w, "table", (int)i, PIRN_EXTERN_TABLE, i);
    for (uint32_t i = 0; i < g->global_count; i++)
        write_export(w, "global", (int)i, PIRN_EXTERN_GLOBAL, i);
    vm_writer_end(w, section);
}

/* ---- Segments -------------------------------------------------------------------------------------------------------------------- */

/* Null, or not, where there is something that is not. */
static void make_element(generator *g, vm_valtype type)
{
    bool is_func = vm_ref_is_concrete(type) && g->types[vm_ref_index(type)].kind == VM_TYPE_FUNC;
    bool has_other = vm_ref_is_concrete(type) ? !is_func : vm_ref_code(type) != VM_CODE_EXN;
    make_ref_leaf(g, vm_ref_with_null(type, !has_other || choose(&g->c, 4) == 3));
    put_op(g, VM_OP_END);
}

static void write_elements(generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 9);
    vm_writer_leb_unsigned(w, g->elem_count + 2);
    for (uint32_t i = 0; i < g->elem_count; i++) { /* passive, of expressions */
        vm_writer_u8(w, 5);
        put_valtype(w, g->elems[i]);
        vm_writer_leb_unsigned(w, TABLE_SIZE);
        for (int j = 0; j < TABLE_SIZE; j++)
            make_element(g, g->elems[i]);
    }
    vm_writer_u8(w, 0); /* active, of functions, for table 0 */
    if (g->tables[0].is64)
        put_i64(g, 0);
    else
        put_i32(g, 0);
    put_op(g, VM_OP_END);
    vm_writer_leb_unsigned(w, TABLE_SIZE - 1);
    for (int j = 0; j < TABLE_SIZE - 1; j++)
        vm_writer_leb_unsigned(w, table_entry(g, (uint32_t)j));
    vm_writer_u8(w, 3); /* declarative: code may refer to all functions */
    vm_writer_u8(w, 0);
    vm_writer_leb_unsigned(w, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++)
        vm_writer_leb_unsigned(w, i);
    vm_writer_end(w, section);
}

static void write_bytes(generator *g, vm_writer *w)
{
    uint8_t bytes[SEGMENT_BYTES];
    choices_from_seed(choose_byte(&g->c), bytes, sizeof bytes);
    vm_writer_leb_unsigned(w, sizeof bytes);
    vm_writer_bytes(w, bytes, sizeof bytes);
}

static void write_data_count(const generator *g, vm_writer *w)
{
    if (g->data_count == 0)
        return;
    size_t section = vm_writer_begin(w, 12);
    vm_writer_leb_unsigned(w, g->data_count + g->memory_count);
    vm_writer_end(w, section);
}

static void write_data(generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 11);
    vm_writer_leb_unsigned(w, g->data_count + g->memory_count);
    for (uint32_t i = 0; i < g->data_count; i++) {
        vm_writer_u8(w, 1);
        write_bytes(g, w);
    }
    for (uint32_t i = 0; i < g->memory_count; i++) {
        vm_writer_u8(w, 2);
        vm_writer_leb_unsigned(w, i);
        if (g->memories[i].is64)
            put_i64(g, choose_byte(&g->c));
        else
            put_i32(g, choose_byte(&g->c));
        put_op(g, VM_OP_END);
        write_bytes(g, w);
    }
    vm_writer_end(w, section);
}

/* ---- What can be seen: numbers -------------------------------------------------------------------------------------------------- */

/* The types of what is shown of a value: integers. */
static uint32_t shown_types(vm_valtype type, vm_valtype out[2])
{
    out[0] = out[1] = type == PIRN_I64 || type == PIRN_F64 || type == PIRN_V128 ? PIRN_I64 : PIRN_I32;
    return type == PIRN_V128 ? 2 : 1;
}

/* What kind of reference is in the local. */
static void show_ref(generator *g, uint32_t local, vm_valtype type)
{
    put_op_index(g, VM_OP_LOCAL_GET, local);
    put_op(g, VM_OP_REF_IS_NULL);
    if (!is_subtype(g, type, PIRN_ANYREF))
        return;
    for (uint32_t i = 0; i < g->object_count; i++) {
        put_i32(g, 1);
        put_op(g, VM_OP_I32_SHL);
        put_op_index(g, VM_OP_LOCAL_GET, local);
        put_op(g, VM_OP_REF_TEST);
        put_heaptype(g->out, vm_ref_concrete(i, true));
        put_op(g, VM_OP_I32_OR);
    }
}

static void show_local(generator *g, uint32_t local)
{
    vm_valtype type = g->locals[local].type;
    if (pirn_valtype_is_ref(type)) {
        show_ref(g, local, type);
        return;
    }
    put_op_index(g, VM_OP_LOCAL_GET, local);
    make_canonical(g, type);
    if (type == PIRN_F32)
        put_op(g, VM_OP_I32_REINTERPRET_F32);
    if (type == PIRN_F64)
        put_op(g, VM_OP_I64_REINTERPRET_F64);
    for (uint8_t lane = 0; lane < 2 && type == PIRN_V128; lane++) {
        if (lane > 0)
            put_op_index(g, VM_OP_LOCAL_GET, local);
        put_op(g, VM_OP_I64X2_EXTRACT_LANE);
        vm_writer_u8(g->out, lane);
    }
}

static uint32_t add_run_type(generator *g, const gen_type *type)
{
    vm_valtype results[MAX_VALUES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < type->result_count; i++)
        count += shown_types(type->values[type->param_count + i], results + count);
    return add_func_type(g, NULL, 0, results, count);
}

static void plan_runs(generator *g)
{
    for (uint32_t i = 0; i < run_count(g); i++)
        g->funcs[g->func_count + i] = add_run_type(g, &g->types[g->funcs[g->imported + i]]);
    g->funcs[g->func_count + run_count(g)] = add_func_type(g, NULL, 0, &i64_type, 1);
}

/* ---- Functions ------------------------------------------------------------------------------------------------------------------- */

static void make_func_body(generator *g, uint32_t func)
{
    (void)func;
    size_t end = g->c.end;
    make_fuel_check(g, 0);
    g->c.end -= (end - g->c.at) / 4; /* the rest is for the results */
    do {
        make_effects(g);
    } while (!choices_is_empty(&g->c));
    g->c.end = end;
    make_values(g, g->type->values + g->type->param_count, g->type->result_count);
}

static void make_run_body(generator *g, uint32_t func)
{
    uint32_t callee = func - run_count(g), first = g->local_count;
    const gen_type *type = &g->types[g->funcs[callee]];
    put_i32(g, FUEL);
    put_op_index(g, VM_OP_GLOBAL_SET, FUEL_GLOBAL);
    for (uint32_t i = 0; i < type->param_count; i++)
        make_constant(g, type->values[i]);
    put_op_index(g, VM_OP_CALL, callee);
    for (uint32_t i = 0; i < type->result_count; i++) {
        vm_valtype result = type->values[type->param_count + i];
        add_local(g, pirn_valtype_is_ref(result) ? vm_ref_with_null(result, true) : result, USE_ANY);
    }
    for (uint32_t i = type->result_count; i-- > 0;)
        put_op_index(g, VM_OP_LOCAL_SET, first + i);
    for (uint32_t i = 0; i < type->result_count; i++)
        show_local(g, first + i);
}

/* sum = sum * 31 + x */
static void add_to_sum(generator *g, uint32_t sum, uint32_t x)
{
    put_op_index(g, VM_OP_LOCAL_GET, sum);
    put_i64(g, 31);
    put_op(g, VM_OP_I64_MUL);
    put_op_index(g, VM_OP_LOCAL_GET, x);
    put_op(g, VM_OP_I64_ADD);
    put_op_index(g, VM_OP_LOCAL_SET, sum);
}

static void add_memory_to_sum(generator *g, uint32_t memory, uint32_t sum, uint32_t x)
{
    bool is64 = g->memories[memory].is64;
    uint32_t address = add_local(g, is64 ? PIRN_I64 : PIRN_I32, USE_COUNTER);
    put_op(g, VM_OP_LOOP);
    vm_writer_u8(g->out, VM_CODE_EMPTY);
    put_op_index(g, VM_OP_LOCAL_GET, address);
    put_op(g, VM_OP_I64_LOAD);
    vm_writer_u8(g->out, memory == 0 ? 3 : 3 | 0x40);
    if (memory != 0)
        vm_writer_leb_unsigned(g->out, memory);
    vm_writer_u8(g->out, 0);
    put_op_index(g, VM_OP_LOCAL_SET, x);
    add_to_sum(g, sum, x);
    put_op_index(g, VM_OP_LOCAL_GET, address);
    if (is64)
        put_i64(g, 8);
    else
        put_i32(g, 8);
    put_op(g, is64 ? VM_OP_I64_ADD : VM_OP_I32_ADD);
    put_op_index(g, VM_OP_LOCAL_TEE, address);
    if (is64)
        put_i64(g, 2048);
    else
        put_i32(g, 2048);
    put_op(g, is64 ? VM_OP_I64_LT_U : VM_OP_I32_LT_U);
    put_op_index(g, VM_OP_BR_IF, 0);
    put_op(g, VM_OP_END);
}

static void make_state_body(generator *g, uint32_t func)
{
    (void)func;
    uint32_t sum = add_local(g, PIRN_I64, USE_COUNTER), x = add_local(g, PIRN_I64, USE_COUNTER);
    for (uint32_t i = 0; i < g->memory_count; i++)
        add_memory_to_sum(g, i, sum, x);
    for (uint32_t i = 0; i < g->global_count; i++) {
        vm_valtype shown[2];
        uint32_t local = add_local(g, g->globals[i].type, USE_COUNTER);
        put_op_index(g, VM_OP_GLOBAL_GET, i);
        put_op_index(g, VM_OP_LOCAL_SET, local);
        show_local(g, local);
        for (uint32_t count = shown_types(g->globals[i].type, shown); count > 0; count--) {
            if (shown[0] == PIRN_I32)
                put_op(g, VM_OP_I64_EXTEND_I32_U);
            put_op_index(g, VM_OP_LOCAL_SET, x);
            add_to_sum(g, sum, x);
        }
    }
    put_op_index(g, VM_OP_LOCAL_GET, sum);
}

static void write_func(generator *g, vm_writer *w, uint32_t func, void (*make)(generator *g, uint32_t func))
{
    vm_writer code;
    vm_writer_init(&code, w->allocator);
    g->out = &code;
    g->type = &g->types[g->funcs[func]];
    g->local_count = g->label_count = g->depth = g->loop_depth = 0;
    for (uint32_t i = 0; i < g->type->param_count; i++)
        add_local(g, g->type->values[i], USE_ANY);
    begin_label(g, g->type->values + g->type->param_count, g->type->result_count, false);
    make(g, func);
    end_label(g);
    g->out = w;
    size_t start = w->len;
    vm_writer_leb_unsigned(w, g->local_count - g->type->param_count);
    for (uint32_t i = g->type->param_count; i < g->local_count; i++) {
        vm_writer_u8(w, 1);
        put_valtype(w, g->locals[i].type);
    }
    vm_writer_bytes(w, code.data, code.len);
    w->failed |= code.failed;
    vm_writer_insert_leb(w, start, w->len - start);
    vm_writer_done(&code);
}

/* The functions take what is left of the bytes, in equal parts. */
static void write_code(generator *g, vm_writer *w, size_t size)
{
    size_t section = vm_writer_begin(w, 10);
    uint32_t runs = run_count(g);
    vm_writer_leb_unsigned(w, 2 * runs + 1);
    for (uint32_t i = 0; i < runs; i++) {
        g->c.end = g->c.at + (size - g->c.at) / (runs - i);
        write_func(g, w, g->imported + i, make_func_body);
    }
    g->c.end = size;
    for (uint32_t i = 0; i < runs; i++)
        write_func(g, w, g->func_count + i, make_run_body);
    write_func(g, w, g->func_count + runs, make_state_body);
    vm_writer_end(w, section);
}

static void write_func_section(const generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 3);
    uint32_t defined = 2 * run_count(g) + 1;
    vm_writer_leb_unsigned(w, defined);
    for (uint32_t i = 0; i < defined; i++)
        vm_writer_leb_unsigned(w, g->funcs[g->imported + i]);
    vm_writer_end(w, section);
}

static void plan(generator *g)
{
    plan_types(g);
    plan_tags(g);
    plan_funcs(g);
    plan_memories(g);
    plan_tables(g);
    plan_globals(g);
    plan_segments(g);
    plan_instructions(g);
    plan_runs(g);
}

void generate_module(const uint8_t *bytes, size_t size, const generate_options *options, vm_writer *out)
{
    enum { TAIL = 64 }; /* bytes for what comes behind the functions */
    generator *g = calloc(1, sizeof *g);
    fuzz_check(g != NULL);
    *g = (generator){.c = choices_of(bytes, size / 3), .options = options, .out = out};
    plan(g);
    vm_writer_preamble(out);
    write_types(g, out);
    write_import(g, out);
    write_func_section(g, out);
    write_tables(g, out);
    write_memories(g, out);
    write_tags(g, out);
    write_globals(g, out);
    write_exports(g, out);
    write_elements(g, out);
    write_data_count(g, out);
    write_code(g, out, g->c.at + TAIL < size ? size - TAIL : g->c.at);
    g->c.end = size;
    write_data(g, out);
    free(g);
}
