/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many guests that wait, one thread: starts N instances of a guest that sleeps 100 ms, runs them all on one event loop, and
 * prints how long it took, the memory that it took, and how many threads there were.
 *
 *   sleepers COMPONENT [N]
 */
#include <pirn/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct sleeper {
    pirn_store *store;
    pirn_host_context *context;
    pirn_component_instance *instance;
    pirn_task *task;
    pirn_status status;
    bool has_ended;
} sleeper;

static void note_end(void *user, pirn_status status, const pirn_error *error)
{
    sleeper *s = user;
    s->status = status;
    s->has_ended = true;
    if (status != PIRN_OK)
        fprintf(stderr, "%s\n", pirn_error_message(error));
}

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A line of /proc/self/status, in its own unit; 0 where there is none. */
static long process_status(const char *key)
{
    char line[256];
    long value = 0;
    FILE *in = fopen("/proc/self/status", "r");
    while (in != NULL && fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key) + 1, NULL, 10);
    }
    if (in != NULL)
        fclose(in);
    return value;
}

static void fail(const char *what, const pirn_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error != NULL ? pirn_error_message(error) : "out of memory");
    exit(1);
}

static pirn_component *load(pirn_engine *engine, const char *path, pirn_error *error)
{
    static uint8_t bytes[4 << 20];
    pirn_component *component;
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        printf("skipped: no component at %s (./dev guests builds it)\n", path);
        exit(77);
    }
    size_t size = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    if (pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error) != PIRN_OK)
        fail(path, error);
    return component;
}

static void start(sleeper *s, pirn_engine *engine, pirn_host *host, const pirn_host_config *config,
                  const pirn_prepared *prepared, pirn_error *error)
{
    s->store = pirn_store_new(engine, NULL);
    s->context = pirn_host_context_new(host, config);
    if (s->store == NULL || s->context == NULL)
        fail("start", NULL);
    if (pirn_component_instantiate(prepared, s->store, s->context, &s->instance, error) != PIRN_OK)
        fail("instantiate", error);
    s->task = pirn_task_new(s->instance);
    const pirn_component_func *run =
        pirn_component_instance_func(s->instance, PIRN_STR("wasi:cli/run@0.2.0"), PIRN_STR("run"));
    if (s->task == NULL || run == NULL)
        fail("run", NULL);
    if (pirn_host_start(host, s->task, run, NULL, PIRN_NO_TIMEOUT, note_end, s, error) != PIRN_OK)
        fail("start", error);
}

static size_t stop(sleeper *s)
{
    pirn_task_free(s->task);
    pirn_component_instance_free(s->instance);
    pirn_store_free(s->store);
    pirn_host_context_free(s->context);
    return s->has_ended && s->status == PIRN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000, failed = 0;
    if (argc < 2 || count == 0) {
        fprintf(stderr, "usage: sleepers COMPONENT [N]\n");
        return 2;
    }
    pirn_error *error = pirn_error_new(NULL);
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_component *component = load(engine, argv[1], error);
    pirn_linker *linker = pirn_linker_new(engine);
    pirn_prepared *prepared;
    if (pirn_host_define(linker, error) != PIRN_OK || pirn_linker_prepare(linker, component, &prepared, error) != PIRN_OK)
        fail("link", error);
    pirn_host *host = pirn_host_new(NULL);
    pirn_host_config *config = pirn_host_config_new(NULL);
    sleeper *sleepers = calloc(count, sizeof *sleepers);

    long resident_before = process_status("VmRSS");
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < count; i++)
        start(&sleepers[i], engine, host, config, prepared, error);
    double started = seconds(CLOCK_MONOTONIC) - wall;
    long resident = process_status("VmRSS") - resident_before, threads = process_status("Threads");
    pirn_host_run(host);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    for (size_t i = 0; i < count; i++)
        failed += stop(&sleepers[i]);

    printf("sleepers %zu  failed %zu  started in %.3f s  all done in %.3f s  cpu %.3f s  resident %.1f KiB each  threads %ld\n",
           count, failed, started, wall, cpu, (double)resident / (double)count, threads);
    free(sleepers);
    pirn_host_config_free(config);
    pirn_host_free(host);
    pirn_prepared_free(prepared);
    pirn_linker_free(linker);
    pirn_component_free(component);
    pirn_engine_free(engine);
    pirn_error_free(error);
    return failed == 0 ? 0 : 1;
}
