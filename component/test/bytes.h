/* SPDX-License-Identifier: Apache-2.0 */
/* Small components as bytes: a list of sections, whose sizes are put in place here. */
#pragma once

#include "vm/base/compiler.h"
#include "vm/base/memory.h"
#include "vm/binary/writer.h"
#include <pirn/component.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct test_section {
    uint8_t id;
    const char *content;
    size_t size;
} test_section;

#define SECTION(id, content) {id, content, sizeof(content) - 1}
#define PREAMBLE             "\0asm\x0D\0\1\0"
enum { TEST_SECTIONS = 10 };

/* One component and what becomes of it. */
typedef struct test_case {
    const char *what;
    test_section sections[TEST_SECTIONS];
    pirn_status status;
    uint64_t offset; /* PIRN_NO_OFFSET: not compared */
    const char *message;
} test_case;

/* The same with a mask of the features of components that are on; 0: the default. */
typedef struct test_feature_case {
    const char *what;
    test_section sections[TEST_SECTIONS];
    pirn_status status;
    uint64_t offset;
    const char *message;
    uint32_t features;
} test_feature_case;

static inline uint8_t *test_bytes(const test_section *sections, size_t *size)
{
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    for (size_t i = 0; i < TEST_SECTIONS && sections[i].content != NULL; i++) {
        size_t begun = vm_writer_begin(&w, sections[i].id);
        vm_writer_bytes(&w, sections[i].content, sections[i].size);
        vm_writer_end(&w, begun);
    }
    uint8_t *bytes = vm_writer_take(&w, size);
    assert_non_null(bytes);
    return bytes;
}

static inline void test_run_feature_case(const test_feature_case *c)
{
    size_t size;
    uint8_t *bytes = test_bytes(c->sections, &size);
    pirn_config config = pirn_config_default();
    config.component_features = c->features != 0 ? c->features : config.component_features;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component = NULL;
    pirn_status status = pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error);
    bool same_message = strcmp(pirn_error_message(error), c->message) == 0;
    bool same_offset = c->offset == PIRN_NO_OFFSET || pirn_error_offset(error) == c->offset;
    if (status != c->status || !same_message || !same_offset)
        print_error("%s: %s at %llu: %s\n", c->what, pirn_status_name(status),
                    (unsigned long long)pirn_error_offset(error), pirn_error_message(error));
    assert_int_equal(status, c->status);
    assert_true(same_message);
    assert_true(same_offset);
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    base_free(pirn_allocator_default(), bytes, size);
}

static inline void test_run_case(const test_case *c)
{
    test_feature_case plain = {.what = c->what, .status = c->status, .offset = c->offset, .message = c->message};
    memcpy(plain.sections, c->sections, sizeof plain.sections);
    test_run_feature_case(&plain);
}
