/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an instance costs: instantiates a component, calls its `run`, and lets it go, N times, each way that there is; then
 * makes many instances live at once. Standard output of the guest goes nowhere. Prints one JSON object.
 *
 *   instantiate COMPONENT [N [LIVE]]
 */
#include <pirn/host.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct bench {
    pirn_error *error;
    pirn_engine *engine;
    pirn_component *component;
    pirn_linker *linker;
    pirn_prepared *prepared;
    pirn_host *host;
    pirn_host_config *config;
    pirn_host_context *context;
    FILE *out; /* standard output is the guest's, and nowhere */
} bench;

static void fail(const char *what, const pirn_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error != NULL ? pirn_error_message(error) : "out of memory");
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        printf("skipped: no component at %s (./dev guests builds it)\n", path);
        exit(77);
    }
    fseek(in, 0, SEEK_END);
    *size = (size_t)ftell(in);
    rewind(in);
    uint8_t *bytes = malloc(*size);
    if (bytes == NULL || fread(bytes, 1, *size, in) != *size)
        fail(path, NULL);
    fclose(in);
    return bytes;
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* ---- One instance ------------------------------------------------------------------------------------------------------ */

static pirn_component_instance *make(const bench *b, pirn_pool_kind *kind)
{
    pirn_component_instance *instance = NULL;
    pirn_status status;
    if (kind != NULL) {
        status = pirn_component_instantiate_pooled(b->prepared, kind, b->context, &instance, b->error);
    } else {
        pirn_store *store = pirn_store_new(b->engine, NULL);
        if (store == NULL)
            fail("store", NULL);
        status = pirn_component_instantiate(b->prepared, store, b->context, &instance, b->error);
    }
    if (status != PIRN_OK)
        fail("instantiate", b->error);
    return instance;
}

static void let_go(pirn_component_instance *instance)
{
    pirn_store *store = pirn_component_instance_store(instance);
    pirn_component_instance_free(instance);
    pirn_store_free(store);
}

static void call(const bench *b, pirn_component_instance *instance)
{
    static const pirn_str names[][2] = {
        {{"wasi:cli/run@0.2.0", 18}, {"run", 3}},
        {{"", 0}, {"run", 3}},
    };
    const pirn_component_func *run = NULL;
    for (size_t i = 0; run == NULL && i < 2; i++)
        run = pirn_component_instance_func(instance, names[i][0], names[i][1]);
    pirn_task *task = pirn_task_new(instance);
    if (run == NULL || task == NULL)
        fail("run", NULL);
    pirn_status status = pirn_task_start(task, run, NULL, b->error);
    if (status != PIRN_OK)
        fail("run", status == PIRN_PENDING ? NULL : b->error);
    pirn_task_free(task);
}

typedef struct sample {
    double all, make, call, give; /* us of CPU time */
} sample;

/* Asking for the time takes longer than some of what is measured: so only the whole is measured for many at once. */
static double time_of_all(const bench *b, pirn_pool_kind *kind, bool calls, size_t batch)
{
    double start = cpu_us();
    for (size_t i = 0; i < batch; i++) {
        pirn_component_instance *instance = make(b, kind);
        if (calls)
            call(b, instance);
        let_go(instance);
    }
    return (cpu_us() - start) / (double)batch;
}

static sample time_of_parts(const bench *b, pirn_pool_kind *kind, bool calls)
{
    double start = cpu_us(), cost = cpu_us() - start;
    start = cpu_us();
    pirn_component_instance *instance = make(b, kind);
    double made = cpu_us();
    if (calls)
        call(b, instance);
    double called = cpu_us();
    let_go(instance);
    double ended = cpu_us();
    return (sample){.make = made - start - cost, .call = called - made - cost, .give = ended - called - cost};
}

static double median(const sample *samples, size_t count, size_t member)
{
    double *values = malloc(count * sizeof *values);
    if (values == NULL)
        fail("median", NULL);
    for (size_t i = 0; i < count; i++)
        memcpy(&values[i], (const char *)&samples[i] + member, sizeof *values);
    qsort(values, count, sizeof *values, compare);
    double middle = values[count / 2];
    free(values);
    return middle;
}

/* Prints medians of `count` times. */
static void measure(const bench *b, const char *name, pirn_pool_kind *kind, bool calls, size_t count)
{
    sample *samples = calloc(count, sizeof *samples);
    if (samples == NULL)
        fail(name, NULL);
    size_t batch = 1;
    for (double us = 0; us < 1000 && batch < 1000; batch *= 2)
        us = time_of_all(b, kind, calls, batch) * (double)batch;
    for (size_t i = 0; i < count; i++) {
        samples[i] = time_of_parts(b, kind, calls);
        samples[i].all = time_of_all(b, kind, calls, batch);
    }
    fprintf(b->out, "  \"%s\": {\"us\": %.2f, \"make\": %.2f, \"call\": %.2f, \"give\": %.2f},\n", name,
            median(samples, count, offsetof(sample, all)), median(samples, count, offsetof(sample, make)),
            median(samples, count, offsetof(sample, call)), median(samples, count, offsetof(sample, give)));
    free(samples);
}

static void measure_pool(const bench *b, const char *name, uint32_t without, size_t count)
{
    pirn_pool_config config = pirn_pool_config_default();
    config.without = without;
    pirn_pool *pool = pirn_pool_new(b->engine, &config);
    pirn_pool_kind *kind = pool == NULL ? NULL : pirn_pool_kind_new(pool);
    if (kind == NULL)
        fail(name, NULL);
    char calls[64];
    measure(b, name, kind, false, count);
    snprintf(calls, sizeof calls, "%s, called", name);
    measure(b, calls, kind, true, count);
    pirn_pool_free(pool);
}

/* ---- Many -------------------------------------------------------------------------------------------------------------- */

/* A line of a file of /proc/self, in its own unit; 0 where there is none. */
static long process_figure(const char *file, const char *key)
{
    char line[256];
    long value = 0;
    FILE *in = fopen(file, "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key), NULL, 10);
    }
    if (in != NULL)
        fclose(in);
    return value;
}

typedef struct footprint {
    double resident, proportional, tables;
} footprint;

static footprint footprint_now(void)
{
    return (footprint){
        (double)process_figure("/proc/self/status", "VmRSS:"),
        (double)process_figure("/proc/self/smaps_rollup", "Pss:"),
        (double)process_figure("/proc/self/status", "VmPTE:"),
    };
}

/* Instances that have run and are live at once. */
static void measure_memory(const bench *b, size_t live)
{
    pirn_pool_config config = pirn_pool_config_default();
    config.stores = (uint32_t)live;
    pirn_pool *pool = pirn_pool_new(b->engine, &config);
    pirn_pool_kind *kind = pool == NULL ? NULL : pirn_pool_kind_new(pool);
    pirn_component_instance **instances = calloc(live, sizeof *instances);
    if (kind == NULL || instances == NULL)
        fail("pool", NULL);
    footprint before = footprint_now();
    for (size_t i = 0; i < live; i++) {
        instances[i] = make(b, kind);
        call(b, instances[i]);
    }
    footprint after = footprint_now();
    fprintf(b->out,
            "  \"live\": {\"instances\": %zu, \"resident_kib\": %.1f, \"proportional_kib\": %.1f, "
            "\"page_tables_kib\": %.1f},\n",
            live, (after.resident - before.resident) / (double)live,
            (after.proportional - before.proportional) / (double)live, (after.tables - before.tables) / (double)live);
    for (size_t i = 0; i < live; i++)
        let_go(instances[i]);
    free(instances);
    pirn_pool_free(pool);
}

/* ---- The program --------------------------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 200, live = argc > 3 ? strtoul(argv[3], NULL, 10) : 0,
           size;
    if (argc < 2 || count == 0) {
        fprintf(stderr, "usage: instantiate COMPONENT [N [LIVE]]\n");
        return 2;
    }
    bench b = {.error = pirn_error_new(NULL), .engine = pirn_engine_new(NULL)};
    uint8_t *bytes = read_file(argv[1], &size);
    if (pirn_component_load(b.engine, bytes, size, PIRN_BYTES_BORROW, &b.component, b.error) != PIRN_OK)
        fail(argv[1], b.error);
    b.linker = pirn_linker_new(b.engine);
    if (pirn_host_define(b.linker, b.error) != PIRN_OK ||
        pirn_linker_prepare(b.linker, b.component, &b.prepared, b.error) != PIRN_OK)
        fail("link", b.error);
    b.host = pirn_host_new(NULL);
    b.config = pirn_host_config_new(NULL);
    b.context = b.host == NULL || b.config == NULL ? NULL : pirn_host_context_new(b.host, b.config);
    if (b.context == NULL)
        fail("host", NULL);
    b.out = fdopen(dup(STDOUT_FILENO), "w");
    if (b.out == NULL || freopen("/dev/null", "w", stdout) == NULL)
        fail("/dev/null", NULL);
    fprintf(b.out, "{\n");
    measure(&b, "no pool", NULL, false, count / 10 + 1);
    measure(&b, "no pool, called", NULL, true, count / 10 + 1);
    measure_pool(&b, "pool", 0, count);
    measure_pool(&b, "pool that compares", PIRN_POOL_PAGE_SCAN, count);
    measure_pool(&b, "pool without files", PIRN_POOL_SEALED_FILES, count);
    if (live > 0)
        measure_memory(&b, live);
    fprintf(b.out, "  \"component_bytes\": %zu\n}\n", size);
    pirn_host_context_free(b.context);
    pirn_host_config_free(b.config);
    pirn_host_free(b.host);
    pirn_prepared_free(b.prepared);
    pirn_linker_free(b.linker);
    pirn_component_free(b.component);
    pirn_engine_free(b.engine);
    pirn_error_free(b.error);
    fclose(b.out);
    free(bytes);
    return 0;
}
