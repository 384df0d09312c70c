/* SPDX-License-Identifier: Apache-2.0 */
/* vm/valid/bodies.c: several threads find what one finds, and the first error is the first of the module. */
#include "vm/base/error.h"
#include "vm/base/memory.h"
#include "vm/test/modules.h"
#include "vm/test/wasm.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <cmocka.h>

enum { THREADS = 4, FUNCS = 400, BODY = 8192 };

typedef struct lent {
    pirn_parallel_work *work;
    void *data;
    atomic_uint next, calls;
} lent;

static void *take(void *arg)
{
    lent *l = arg;
    l->work(l->data, atomic_fetch_add(&l->next, 1));
    return NULL;
}

static void run(void *user, uint32_t count, pirn_parallel_work *work, void *data)
{
    lent l = {.work = work, .data = data};
    pthread_t threads[THREADS];
    assert_true(count > 1 && count <= THREADS);
    atomic_fetch_add((atomic_uint *)user, 1);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take, &l), 0);
    for (uint32_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* Bodies of about BODY bytes; those in `bad` end with a value too many. */
static uint8_t *module_with(const uint32_t *bad, size_t bad_count, size_t *size)
{
    wasm w;
    wasm_init(&w);
    uint8_t *body = malloc(BODY);
    assert_non_null(body);
    for (uint32_t i = 0; i < FUNCS; i++) {
        bool is_bad = false;
        for (size_t k = 0; k < bad_count; k++)
            is_bad = is_bad || bad[k] == i;
        size_t len = 0;
        while (len + 8 < BODY) {
            body[len++] = LOCAL_GET, body[len++] = 0;
            body[len++] = DROP;
        }
        if (is_bad)
            body[len++] = LOCAL_GET, body[len++] = 0;
        body[len++] = END;
        wasm_func(&w, "i:", "", body, len);
    }
    free(body);
    return wasm_finish(&w, size);
}

static pirn_status load(const uint8_t *bytes, size_t size, bool shared, atomic_uint *calls, pirn_error *error)
{
    pirn_config config = pirn_config_default();
    if (shared)
        config.parallel = (pirn_parallel){run, calls, THREADS};
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_module *module = NULL;
    pirn_status status = pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, error);
    pirn_module_free(module);
    pirn_engine_free(engine);
    return status;
}

static void valid_modules_are_valid_with_any_number_of_threads(void **state)
{
    (void)state;
    size_t size;
    atomic_uint calls = 0;
    uint8_t *bytes = module_with(NULL, 0, &size);
    pirn_error *error = pirn_error_new(NULL);
    assert_int_equal(load(bytes, size, false, &calls, error), PIRN_OK);
    assert_int_equal(calls, 0);
    assert_int_equal(load(bytes, size, true, &calls, error), PIRN_OK);
    assert_int_equal(calls, 1);
    pirn_error_free(error);
    free(bytes);
}

static void the_error_is_that_of_the_first_function_that_fails(void **state)
{
    (void)state;
    static const uint32_t bad[][3] = {{0, 1, 2}, {399, 399, 399}, {17, 200, 390}, {250, 40, 41}};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        size_t size;
        atomic_uint calls = 0;
        uint8_t *bytes = module_with(bad[i], 3, &size);
        pirn_error *one = pirn_error_new(NULL), *many = pirn_error_new(NULL);
        assert_int_equal(load(bytes, size, false, &calls, one), PIRN_INVALID);
        assert_int_equal(load(bytes, size, true, &calls, many), PIRN_INVALID);
        assert_int_equal(calls, 1);
        assert_int_equal(pirn_error_offset(one), pirn_error_offset(many));
        assert_string_equal(pirn_error_message(one), pirn_error_message(many));
        uint32_t first = 0, also = 1;
        pirn_str name;
        assert_true(pirn_error_function(one, &first, &name) && pirn_error_function(many, &also, &name));
        assert_int_equal(first, also);
        pirn_error_free(one);
        pirn_error_free(many);
        free(bytes);
    }
}

typedef struct memory_of_one {
    const void *bytes;
    uint32_t features;
    int asked, told;
} memory_of_one;

static bool is_valid(void *user, const void *bytes, size_t size, uint32_t features)
{
    memory_of_one *m = user;
    (void)size;
    m->asked++;
    return m->bytes == bytes && m->features == features;
}

static void remember(void *user, const void *bytes, size_t size, uint32_t features)
{
    memory_of_one *m = user;
    (void)size;
    *m = (memory_of_one){bytes, features, m->asked, m->told + 1};
}

static void known_code_is_asked_for_and_told_of_once(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = module_with(NULL, 0, &size);
    memory_of_one known = {0};
    pirn_config config = pirn_config_default();
    config.known_code = (pirn_known_code){is_valid, remember, &known};
    pirn_engine *engine = pirn_engine_new(&config);
    for (int i = 0; i < 3; i++) {
        pirn_module *module = NULL;
        assert_int_equal(pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, NULL), PIRN_OK);
        pirn_module_free(module);
    }
    assert_int_equal(known.asked, 3);
    assert_int_equal(known.told, 1);
    pirn_engine_free(engine);
    free(bytes);
}

static void invalid_code_is_never_remembered(void **state)
{
    (void)state;
    size_t size;
    static const uint32_t bad[] = {3};
    uint8_t *bytes = module_with(bad, 1, &size);
    memory_of_one known = {0};
    pirn_config config = pirn_config_default();
    config.known_code = (pirn_known_code){is_valid, remember, &known};
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_module *module = NULL;
    assert_int_equal(pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, NULL), PIRN_INVALID);
    assert_int_equal(known.told, 0);
    pirn_engine_free(engine);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_modules_are_valid_with_any_number_of_threads),
        cmocka_unit_test(the_error_is_that_of_the_first_function_that_fails),
        cmocka_unit_test(known_code_is_asked_for_and_told_of_once),
        cmocka_unit_test(invalid_code_is_never_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
