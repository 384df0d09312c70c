/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the running machine begin with: an engine, a store, an error, and host functions that count. */
#pragma once

#include "vm/test/modules.h"
#include "vm/test/wasm.h"

typedef struct fixture {
    pirn_engine *engine;
    pirn_store *store;
    pirn_error *error;
    pirn_module *module; /* freed if set */
} fixture;

static inline fixture fixture_new(const pirn_config *config, const pirn_store_limits *limits)
{
    fixture f = {.engine = pirn_engine_new(config)};
    assert_non_null(f.engine);
    f.store = pirn_store_new(f.engine, limits);
    f.error = pirn_error_new(NULL);
    assert_non_null(f.store);
    assert_non_null(f.error);
    return f;
}

static inline void fixture_free(fixture *f)
{
    pirn_store_free(f->store);
    pirn_module_free(f->module);
    pirn_engine_free(f->engine);
    pirn_error_free(f->error);
}

/* Loads what was built and instantiates it with these functions as imports. */
static inline pirn_instance *fixture_run(fixture *f, wasm *w, pirn_func *const *imports, size_t count)
{
    pirn_extern objects[8] = {0};
    assert_true(count <= BASE_COUNT(objects));
    for (size_t i = 0; i < count; i++)
        objects[i] = (pirn_extern){.kind = PIRN_EXTERN_FUNC, .func = imports[i]};
    f->module = wasm_load(w, f->engine);
    return wasm_instance(f->store, f->module, objects, count);
}

/* The same with objects as imports, of a module's text. */
static inline pirn_instance *fixture_run_text(fixture *f, const char *text, const pirn_extern *imports, size_t count)
{
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes;
    size_t size;
    pirn_status status = pirn_text_parse(text, strlen(text), arena, &bytes, &size, f->error);
    if (status == PIRN_OK)
        status = pirn_module_load(f->engine, bytes, size, PIRN_BYTES_COPY, 0, &f->module, f->error);
    pirn_arena_free(arena);
    if (status != PIRN_OK)
        fail_msg("%s", pirn_error_message(f->error));
    return wasm_instance(f->store, f->module, imports, count);
}

static inline const pirn_functype *fixture_type(fixture *f, const char *letters)
{
    static const char known[] = "ilfdrexv";
    static const pirn_valtype types[] = {PIRN_I32,     PIRN_I64,       PIRN_F32,    PIRN_F64,
                                         PIRN_FUNCREF, PIRN_EXTERNREF, PIRN_EXNREF, PIRN_V128};
    pirn_valtype params[8], results[8];
    size_t param_count = 0, result_count = 0;
    for (; *letters != ':'; letters++)
        params[param_count++] = types[strchr(known, *letters) - known];
    for (letters++; *letters != '\0'; letters++)
        results[result_count++] = types[strchr(known, *letters) - known];
    return pirn_functype_new(f->engine, params, param_count, results, result_count);
}

static inline pirn_func *fixture_host(fixture *f, const char *letters, pirn_host_func host, void *data)
{
    pirn_func *func = NULL;
    assert_int_equal(pirn_func_new(f->store, fixture_type(f, letters), host, data, NULL, &func, f->error), PIRN_OK);
    return func;
}

/* Starts a call and expects this status; an error's message is expected too, unless NULL. */
#define expect_start(f, call, func, args, status_, message_)            \
    do {                                                                \
        pirn_error_clear((f)->error);                                   \
        int got_ = pirn_call_start((call), (func), (args), (f)->error); \
        expect_outcome((f), got_, (status_), (message_));               \
    } while (0)
#define expect_resume(f, call, status_, message_)         \
    do {                                                  \
        pirn_error_clear((f)->error);                     \
        int got_ = pirn_call_resume((call), (f)->error);  \
        expect_outcome((f), got_, (status_), (message_)); \
    } while (0)
#define expect_outcome(f, got, status_, message_)                                                     \
    do {                                                                                              \
        const char *expected_ = (message_);                                                           \
        if ((int)(got) != (int)(status_))                                                             \
            fail_msg("%s: %s", pirn_status_name((pirn_status)(got)), pirn_error_message((f)->error)); \
        assert_string_equal(pirn_error_message((f)->error), expected_ == NULL ? "" : expected_);      \
    } while (0)
