/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a component, gives it one host interface, and calls an export with a record and a list. See docs/embedding.md. */
#include <pirn/component.h>
#include <stdio.h>

/* The WIT types, as C: record point { x: f64, y: f64 }; the parameters of log.write and of way. */
typedef struct point { double x, y; } point;
struct write_args { uint8_t level; pirn_str text; };
struct way_args { point start; struct { const point *data; size_t len; } through; };

static pirn_status log_write(pirn_host_call *call, const void *args, void *result)
{
    const struct write_args *a = args;
    (void)call, (void)result;
    printf("log %d: %.*s\n", a->level, (int)a->text.len, a->text.data);
    return PIRN_OK;
}

/* The interface log as constant data: pirn-bindgen can write this from WIT. */
static const pirn_typedesc u8 = {.kind = PIRN_TYPE_U8}, string = {.kind = PIRN_TYPE_STRING};
static const pirn_memberdesc write_params[] = {{"level", &u8}, {"text", &string}};
static const pirn_funcdesc log_funcs[] = {{"write", log_write, 2, write_params, NULL}};
static const pirn_interfacedesc log_desc = {.name = "example:embed/log@1.0.0", .func_count = 1, .funcs = log_funcs};

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    size_t size = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;

    pirn_error *error = pirn_error_new(NULL);
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_linker *linker = pirn_linker_new(engine);
    pirn_store *store = pirn_store_new(engine, NULL);
    pirn_component *component;
    pirn_prepared *prepared;
    pirn_component_instance *instance;
    if (pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error) != PIRN_OK ||
        pirn_linker_define(linker, &log_desc, NULL, error) != PIRN_OK ||
        pirn_linker_prepare(linker, component, &prepared, error) != PIRN_OK ||
        pirn_component_instantiate(prepared, store, NULL, &instance, error) != PIRN_OK)
        return fprintf(stderr, "%s\n", pirn_error_message(error)), 1;

    const point corners[] = {{3, 4}, {3, 10}};
    const struct way_args args = {{0, 0}, {corners, 2}};
    const pirn_component_func *way = pirn_component_instance_func(instance, PIRN_STR(""), PIRN_STR("way"));
    pirn_task *task = pirn_task_new(instance);
    if (pirn_task_start(task, way, &args, error) != PIRN_OK)
        return fprintf(stderr, "%s\n", pirn_error_message(error)), 1;
    const pirn_str *result = pirn_task_result(task);
    printf("way: %.*s\n", (int)result->len, result->data);

    pirn_task_free(task), pirn_component_instance_free(instance), pirn_store_free(store);
    pirn_prepared_free(prepared), pirn_linker_free(linker), pirn_component_free(component);
    pirn_engine_free(engine), pirn_error_free(error);
}
