/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls across the border of a component cost. The components come from calls.py: in two of them a guest calls
 * as often as it is told, another component or the functions of the host below; the third is a chain that the embedder
 * calls. Every figure is the least of the runs. Prints a JSON array, a row for each way to call.
 *
 *   calls PAIR HOST CHAIN [RUNS]
 */
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MANY = 200000, FEW = 100, SMALL = 64, LARGE = 1 << 20 };

typedef struct bench {
    pirn_error *error;
    pirn_engine *engine;
    pirn_linker *linker;
    int runs;
} bench;

typedef struct guest {
    pirn_component *component;
    pirn_prepared *prepared;
    pirn_store *store;
    pirn_component_instance *instance;
    pirn_task *task;
} guest;

static void check(const bench *b, pirn_status status, const char *what)
{
    if (status == PIRN_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, pirn_error_message(b->error));
    exit(1);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* ---- The functions of the host --------------------------------------------------------------------------------- */

static pirn_status take_scalars(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    memcpy(result, args, sizeof(uint32_t));
    return PIRN_OK;
}

static pirn_status take_nothing(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    (void)args;
    (void)result;
    return PIRN_OK;
}

static const pirn_typedesc u32 = {.kind = PIRN_TYPE_U32}, u64 = {.kind = PIRN_TYPE_U64},
                           f32 = {.kind = PIRN_TYPE_F32}, f64 = {.kind = PIRN_TYPE_F64},
                           s32 = {.kind = PIRN_TYPE_S32}, s64 = {.kind = PIRN_TYPE_S64}, u8 = {.kind = PIRN_TYPE_U8},
                           boolean = {.kind = PIRN_TYPE_BOOL}, string = {.kind = PIRN_TYPE_STRING},
                           bytes = {.kind = PIRN_TYPE_LIST, .element = &u8};
static const pirn_memberdesc eight[] = {{"a", &u32}, {"b", &u64}, {"c", &f32}, {"d", &f64},
                                        {"e", &s32}, {"f", &s64}, {"g", &u8},  {"h", &boolean}};
static const pirn_memberdesc text_param[] = {{"s", &string}}, bytes_param[] = {{"l", &bytes}};
static const pirn_funcdesc funcs[] = {
    {"scalars", take_scalars, 8, eight, &u32},
    {"text", take_nothing, 1, text_param, NULL},
    {"utf16", take_nothing, 1, text_param, NULL},
    {"bytes", take_nothing, 1, bytes_param, NULL},
};
static const pirn_interfacedesc interface = {.name = "", .func_count = 4, .funcs = funcs};

/* ---- Guests ---------------------------------------------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL || fseek(in, 0, SEEK_END) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    *size = (size_t)ftell(in);
    rewind(in);
    uint8_t *contents = malloc(*size + 1);
    if (contents == NULL || fread(contents, 1, *size, in) != *size)
        exit(1);
    fclose(in);
    return contents;
}

static guest open_guest(const bench *b, const char *path)
{
    guest g;
    size_t size = 0;
    uint8_t *contents = read_file(path, &size);
    check(b, pirn_component_load(b->engine, contents, size, PIRN_BYTES_COPY, &g.component, b->error), path);
    free(contents);
    check(b, pirn_linker_prepare(b->linker, g.component, &g.prepared, b->error), path);
    g.store = pirn_store_new(b->engine, NULL);
    check(b, pirn_component_instantiate(g.prepared, g.store, NULL, &g.instance, b->error), path);
    g.task = pirn_task_new(g.instance);
    return g;
}

static void close_guest(guest *g)
{
    pirn_task_free(g->task);
    pirn_component_instance_free(g->instance);
    pirn_store_free(g->store);
    pirn_prepared_free(g->prepared);
    pirn_component_free(g->component);
}

static double time_call(const bench *b, const guest *g, const char *name, const void *args)
{
    const pirn_component_func *func = pirn_component_instance_func(g->instance, PIRN_STR(""), pirn_str_of(name));
    if (func == NULL) {
        fprintf(stderr, "there is no function %s\n", name);
        exit(1);
    }
    double begin = now_ns();
    check(b, pirn_task_start(g->task, func, args, b->error), name);
    return now_ns() - begin;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

static void print_row(const char *call, double ns, const char *comparison)
{
    static const char *comma = "[";
    printf("%s\n{\"call\": \"%s\", \"ns\": \"%.0f\", \"compared\": \"%s\"}", comma, call, ns, comparison);
    comma = ",";
}

typedef struct loop_args {
    uint32_t times, size;
} loop_args;

/* ns of one call of those that the guest makes. */
static double least_of_loop(const bench *b, const guest *g, const char *name, loop_args args)
{
    double least = 1e18;
    for (int i = 0; i < b->runs; i++) {
        double ns = time_call(b, g, name, &args) / args.times;
        least = ns < least ? ns : least;
    }
    return least;
}

static double least_of_chain(const bench *b, const guest *g, const char *name, const void *args)
{
    double least = 1e18;
    for (int i = 0; i < b->runs; i++) {
        double begin = now_ns();
        for (int k = 0; k < FEW; k++)
            (void)time_call(b, g, name, args);
        double ns = (now_ns() - begin) / FEW;
        least = ns < least ? ns : least;
    }
    return least;
}

/* One memory to the other, as the guests have them. */
static double least_of_memcpy(const bench *b)
{
    char *from = malloc(LARGE), *to = malloc(LARGE);
    double least = 1e18;
    memset(from, 'x', LARGE);
    for (int i = 0; i < b->runs; i++) {
        double begin = now_ns();
        for (int k = 0; k < FEW; k++) {
            memcpy(to, from, LARGE);
            from[k] = to[k + 1];
        }
        double ns = (now_ns() - begin) / FEW;
        least = ns < least ? ns : least;
    }
    free(from);
    free(to);
    return least;
}

/* `row_count` of the rows; the last needs a callee that keeps text otherwise. */
static void measure_loops(const bench *b, const char *path, const char *callee, size_t row_count, double copying)
{
    static const struct {
        const char *function, *what;
        uint32_t times, size;
    } rows[] = {
        {"call-scalars", "eight scalars", MANY, 0},      {"call-text", "a text of 64 bytes", MANY, SMALL},
        {"call-bytes", "a list of 64 u8", MANY, SMALL},  {"call-text", "a text of 1 MiB", FEW, LARGE},
        {"call-bytes", "a list of 1 Mi u8", FEW, LARGE}, {"call-utf16", "a text of 1 MiB, to UTF-16", FEW, LARGE},
    };
    guest g = open_guest(b, path);
    (void)time_call(b, &g, "fill", NULL);
    for (size_t i = 0; i < row_count; i++) {
        char call[80], comparison[40] = "";
        double ns = least_of_loop(b, &g, rows[i].function, (loop_args){rows[i].times, rows[i].size});
        snprintf(call, sizeof call, "%s, %s", rows[i].what, callee);
        if (rows[i].size == LARGE)
            snprintf(comparison, sizeof comparison, "memcpy x %.2f", ns / copying);
        print_row(call, ns, comparison);
    }
    close_guest(&g);
}

static void measure_chain(const bench *b, const char *path)
{
    guest g = open_guest(b, path);
    uint32_t one = 1;
    pirn_str text = PIRN_STR("sixty-four bytes of text, sixty-four bytes of text, sixty-four b.");
    print_row("u32 to u32, through 50 components", least_of_chain(b, &g, "number", &one), "");
    print_row("a text of 64 bytes, through 50 components", least_of_chain(b, &g, "text", &text), "");
    close_guest(&g);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("usage: calls PAIR HOST CHAIN [RUNS]\n", stderr);
        return 2;
    }
    bench b = {pirn_error_new(NULL), pirn_engine_new(NULL), NULL, argc > 4 ? atoi(argv[4]) : 7};
    b.linker = pirn_linker_new(b.engine);
    check(&b, pirn_linker_define(b.linker, &interface, NULL, b.error), "linker");
    double copying = least_of_memcpy(&b);
    print_row("memcpy of 1 MiB", copying, "");
    measure_loops(&b, argv[1], "to a component", 6, copying);
    measure_loops(&b, argv[2], "to the host", 5, copying);
    measure_chain(&b, argv[3]);
    puts("]");
    pirn_linker_free(b.linker);
    pirn_engine_free(b.engine);
    pirn_error_free(b.error);
    return 0;
}
