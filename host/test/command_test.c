/* SPDX-License-Identifier: Apache-2.0 */
/* Commands from their bytes to their exit code, through the component layer; the file is given as argument. */
#include <pirn/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
    void *bytes;
    size_t size;
} hello;

static void read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    hello.size = (size_t)ftell(file);
    hello.bytes = malloc(hello.size);
    rewind(file);
    assert_int_equal(fread(hello.bytes, 1, hello.size, file), hello.size);
    fclose(file);
}

static void test_a_command_runs_to_its_exit_code(void **state)
{
    (void)state;
    pirn_error *error = pirn_error_new(NULL);
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_component *component;
    pirn_prepared *prepared = NULL;
    if (pirn_component_load(engine, hello.bytes, hello.size, PIRN_BYTES_BORROW, &component, error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(error));
    pirn_linker *linker = pirn_linker_new(engine);
    assert_int_equal(pirn_host_define(linker, error), PIRN_OK);
    if (pirn_linker_prepare(linker, component, &prepared, error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(error));
    pirn_host *host = pirn_host_new(NULL);
    pirn_host_config *config = pirn_host_config_new(NULL);
    pirn_host_config_capture(config, PIRN_STDOUT, 1000);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("hello"), error), PIRN_OK);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("you"), error), PIRN_OK);
    for (int round = 0; round < 2; round++) {
        pirn_store *store = pirn_store_new(engine, NULL);
        pirn_host_context *context = pirn_host_context_new(host, config);
        int code = -1;
        if (pirn_host_run_command(host, prepared, store, context, UINT64_C(10000000000), &code, error) != PIRN_OK)
            fail_msg("%s", pirn_error_message(error));
        assert_int_equal(code, 0);
        pirn_str output = pirn_host_context_output(context, PIRN_STDOUT);
        assert_true(pirn_str_eq(output, PIRN_STR("Hello from a component, you!\n")));
        pirn_host_context_free(context);
        pirn_store_free(store);
    }
    pirn_host_config_free(config);
    pirn_host_free(host);
    pirn_prepared_free(prepared);
    pirn_linker_free(linker);
    pirn_component_free(component);
    pirn_engine_free(engine);
    pirn_error_free(error);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    read_file(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_runs_to_its_exit_code),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(hello.bytes);
    return failed;
}
