/* SPDX-License-Identifier: Apache-2.0 */
/* Calls an export of any component by the text of its arguments, and tells what it imports and calls. See docs/embedding.md. */
#include <pirn/component.h>
#include <stdio.h>

/* Every import is this function: tells what is called, and answers zeroes. */
static pirn_status tell(pirn_host_call *call, const void *args, void *result)
{
    const pirn_component_functype *type = pirn_host_call_type(call);
    (void)result; /* it is zeroed */
    printf("%.*s %s", (int)pirn_host_call_interface(call).len, pirn_host_call_interface(call).data, pirn_host_call_function(call)->name);
    for (size_t i = 0; i < pirn_component_functype_params(type); i++) {
        char text[200];
        const char *at = (const char *)args + pirn_component_functype_arg_offset(type, i);
        pirn_value_text(pirn_component_functype_param(type, i), at, text, sizeof text);
        printf(" %s", text);
    }
    putchar('\n');
    return PIRN_OK;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];
    static union { uint64_t align; uint8_t bytes[4096]; } args;
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    size_t size = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;

    pirn_error *error = pirn_error_new(NULL);
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_linker *linker = pirn_linker_new(engine);
    pirn_store *store = pirn_store_new(engine, NULL);
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_component *component;
    pirn_prepared *prepared;
    pirn_component_instance *instance;
    pirn_linker_define_rest(linker, tell, NULL, NULL);
    if (pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error) != PIRN_OK ||
        pirn_linker_prepare(linker, component, &prepared, error) != PIRN_OK ||
        pirn_component_instantiate(prepared, store, NULL, &instance, error) != PIRN_OK)
        return fprintf(stderr, "%s\n", pirn_error_message(error)), 1;

    const pirn_component_func *func = pirn_component_instance_func(instance, PIRN_STR(""), pirn_str_of(argv[2]));
    const pirn_component_functype *type = func != NULL ? pirn_component_func_type(func) : NULL;
    if (type == NULL || pirn_component_functype_args_size(type) > sizeof args)
        return fprintf(stderr, "there is no such function\n"), 1;
    pirn_task *task = pirn_task_new(instance);
    if (pirn_args_parse(type, pirn_str_of(argv[3]), arena, &args, error) != PIRN_OK ||
        pirn_task_start(task, func, &args, error) != PIRN_OK)
        return fprintf(stderr, "%s\n", pirn_error_message(error)), 1;
    char text[1000] = "";
    if (pirn_component_functype_result(type) != NULL)
        pirn_value_text(pirn_component_functype_result(type), pirn_task_result(task), text, sizeof text);
    puts(text);

    pirn_task_free(task), pirn_component_instance_free(instance), pirn_store_free(store), pirn_arena_free(arena);
    pirn_prepared_free(prepared), pirn_linker_free(linker), pirn_component_free(component);
    pirn_engine_free(engine), pirn_error_free(error), fclose(file);
}
