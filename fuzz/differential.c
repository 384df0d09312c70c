/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up modules (fuzz/generate.h), run in several ways: see fuzz/differential.h. */
#include "fuzz/differential.h"
#include "fuzz/fuzz.h"
#include <inttypes.h>
#include <math.h>
#include <pirn/vm.h>
#include <string.h>

/* ---- What came of it, as text ---------------------------------------------------------------------------------------------- */

typedef struct outcome {
    char *text;
    uint64_t fuel; /* that is left */
} outcome;

typedef struct observer {
    FILE *out;
    uint64_t logged; /* sum of what the module has told its host */
} observer;

/* Eight bytes at a time: memories are large, and sanitizers slow. */
static uint64_t hash(uint64_t sum, const void *bytes, size_t size)
{
    for (const uint8_t *p = bytes; size > 0;) {
        size_t step = size < sizeof sum ? size : sizeof sum;
        uint64_t word = 0;
        memcpy(&word, p, step);
        sum = (sum ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        sum ^= sum >> 29;
        p += step;
        size -= step;
    }
    return sum;
}

static pirn_status log_value(pirn_frame *frame, void *data)
{
    observer *o = data;
    pirn_slot *slots = pirn_frame_slots(frame);
    o->logged = hash(o->logged, &slots[0].u64, sizeof slots[0].u64);
    slots[0].u64 = slots[0].u64 * UINT64_C(0x9E3779B97F4A7C15) + 1;
    return PIRN_OK;
}

/* A value's text; of references only whether they are null, of NaNs only that. */
static void print_value(FILE *out, pirn_valtype type, const pirn_slot *slots)
{
    switch (type) {
    case PIRN_I32:
        fprintf(out, " i32:%" PRIu32, slots->u32);
        break;
    case PIRN_I64:
        fprintf(out, " i64:%" PRIu64, slots->u64);
        break;
    case PIRN_F32:
        fprintf(out, isnan(slots->f32) ? " f32:nan" : " f32:%a", (double)slots->f32);
        break;
    case PIRN_F64:
        fprintf(out, isnan(slots->f64) ? " f64:nan" : " f64:%a", slots->f64);
        break;
    case PIRN_V128:
        fprintf(out, " v128:%016" PRIx64 "%016" PRIx64, slots[1].u64, slots[0].u64);
        break;
    default:
        fprintf(out, slots->ref == NULL ? " null" : " ref");
        break;
    }
}

static void print_call(observer *o, pirn_call *c, pirn_str name, pirn_func *func, pirn_error *error)
{
    const pirn_valtype *results;
    size_t count = pirn_functype_results(pirn_func_type(func), &results);
    pirn_error_clear(error);
    fprintf(o->out, "%.*s() =>", (int)name.len, name.data);
    pirn_status status = pirn_call_start(c, func, NULL, error);
    if (status != PIRN_OK) {
        fprintf(o->out, " error: %s\n", pirn_error_message(error));
        return;
    }
    const pirn_slot *slot = pirn_call_results(c);
    for (size_t i = 0; i < count; i++, slot += pirn_valtype_slots(results[i - 1]))
        print_value(o->out, results[i], slot);
    fputc('\n', o->out);
}

static void print_memory(observer *o, const pirn_memory *memory)
{
    uint64_t size = pirn_memory_size(memory);
    uint64_t sum = hash(0, pirn_memory_data(memory), (size_t)size);
    fprintf(o->out, " %" PRIu64 " bytes %016" PRIx64 "\n", size, sum);
}

static void print_table(observer *o, const pirn_table *table)
{
    for (uint64_t i = 0; i < pirn_table_size(table); i++) {
        pirn_slot slot;
        fuzz_check(pirn_table_get(table, i, &slot));
        print_value(o->out, PIRN_FUNCREF, &slot);
    }
    fputc('\n', o->out);
}

static void print_state(observer *o, const pirn_instance *instance)
{
    const pirn_module *module = pirn_instance_module(instance);
    for (size_t i = 0; i < pirn_module_export_count(module); i++) {
        pirn_str name = pirn_module_export(module, i).name;
        pirn_extern object = pirn_instance_export(instance, i);
        if (object.kind == PIRN_EXTERN_FUNC)
            continue;
        fprintf(o->out, "%.*s", (int)name.len, name.data);
        if (object.kind == PIRN_EXTERN_MEMORY) {
            print_memory(o, object.memory);
        } else if (object.kind == PIRN_EXTERN_TABLE) {
            print_table(o, object.table);
        } else {
            print_value(o->out, pirn_extern_type(&object).global.type, pirn_global_value(object.global));
            fputc('\n', o->out);
        }
    }
    fprintf(o->out, "logged %016" PRIx64 "\n", o->logged);
}

/* ---- Running ---------------------------------------------------------------------------------------------------------------- */

typedef struct way {
    const char *name;
    bool fusion, is_metered, collect_always;
} way;

static const way ways[] = {
    {"with fusion", true, false, false},         {"without fusion", false, false, false},
    {"with fusion and fuel", true, true, false}, {"without fusion, with fuel", false, true, false},
    {"collecting always", true, false, true},
};

static pirn_instance *instantiate(pirn_store *store, const pirn_module *module, observer *o, pirn_error *error)
{
    pirn_extern import = {.kind = PIRN_EXTERN_FUNC};
    size_t count = pirn_module_import_count(module);
    if (count > 0) {
        const pirn_functype *type = pirn_module_import(module, 0).type.func;
        fuzz_check(pirn_func_new(store, type, log_value, o, NULL, &import.func, error) == PIRN_OK);
    }
    pirn_instance *instance = NULL;
    fuzz_check(pirn_instance_new(store, module, &import, count, &instance, error) == PIRN_OK);
    return instance;
}

static void call_all(observer *o, pirn_store *store, const pirn_instance *instance, pirn_error *error)
{
    const pirn_module *module = pirn_instance_module(instance);
    pirn_call *c = pirn_call_new(store);
    fuzz_check(c != NULL);
    for (size_t i = 0; i < pirn_module_export_count(module); i++) {
        pirn_extern object = pirn_instance_export(instance, i);
        if (object.kind == PIRN_EXTERN_FUNC)
            print_call(o, c, pirn_module_export(module, i).name, object.func, error);
    }
    pirn_call_free(c);
}

static outcome run(const vm_writer *bytes, const way *w, uint32_t features)
{
    enum { FUEL = 1 << 30 };
    outcome result = {NULL, 0};
    size_t size = 0;
    observer o = {.out = open_memstream(&result.text, &size)};
    pirn_config config = pirn_config_default();
    config.features = features;
    config.fusion = w->fusion;
    config.fuel = config.interruptible = w->is_metered;
    config.collect_always = w->collect_always;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_store *store = pirn_store_new(engine, NULL);
    pirn_module *module = NULL;
    fuzz_check(o.out != NULL && error != NULL && store != NULL);
    if (pirn_module_load(engine, bytes->data, bytes->len, PIRN_BYTES_BORROW, 0, &module, error) != PIRN_OK)
        fprintf(stderr, "at %#" PRIx64 ": %s\n", pirn_error_offset(error), pirn_error_message(error));
    fuzz_check(module != NULL);
    pirn_store_set_fuel(store, FUEL);
    const pirn_instance *instance = instantiate(store, module, &o, error);
    call_all(&o, store, instance, error);
    print_state(&o, instance);
    result.fuel = pirn_store_fuel(store);
    pirn_store_free(store);
    pirn_module_free(module);
    pirn_error_free(error);
    pirn_engine_free(engine);
    fclose(o.out);
    return result;
}

static void compare(const outcome *first, const outcome *other, const char *first_name, const char *other_name)
{
    if (strcmp(first->text, other->text) == 0)
        return;
    fprintf(stderr, "---- %s:\n%s---- %s:\n%s", first_name, first->text, other_name, other->text);
    fuzz_check(!"all ways come to the same");
}

char *differential_run(const uint8_t *bytes, size_t size, const generate_options *options)
{
    enum { WAYS = sizeof ways / sizeof *ways };
    outcome outcomes[WAYS];
    vm_writer module;
    vm_writer_init(&module, pirn_allocator_default());
    generate_module(bytes, size, options, &module);
    fuzz_check(!module.failed);
    for (size_t i = 0; i < WAYS; i++) {
        outcomes[i] = run(&module, &ways[i], options->features);
        compare(&outcomes[0], &outcomes[i], ways[0].name, ways[i].name);
    }
    fuzz_check(outcomes[2].fuel == outcomes[3].fuel);
    for (size_t i = 1; i < WAYS; i++)
        free(outcomes[i].text);
    vm_writer_done(&module);
    return outcomes[0].text;
}
