/* SPDX-License-Identifier: Apache-2.0 */
/* Components that are made, of a core module and of other components: with every allocation failing once. */
#include "component/componentize.h"
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SUM                                                                \
    "(instance (export \"item\" (type (sub resource)))"                    \
    "  (type (record (field \"a\" u32))) (export \"entry\" (type (eq 1)))" \
    "  (type (own 0)) (type (list 2))"                                     \
    "  (export \"[constructor]item\" (func (param \"v\" u32) (result 3)))" \
    "  (export \"all\" (func (param \"of\" 4) (result string))))"
#define PACKAGE(world)                                                                                   \
    "(component (type (component (type (component " world ")) (export \"t:p/w\" (component (type 0)))))" \
    "  (export \"w\" (type 0)))"

static const char world_text[] = PACKAGE("(import \"t:p/base\" " SUM ") (export \"t:p/sum\" " SUM ")");
static const char core_text[] =
    "(module"
    "  (import \"t:p/base\" \"all\" (func (param i32 i32 i32)))"
    "  (import \"t:p/base\" \"[resource-drop]item\" (func (param i32)))"
    "  (import \"[export]t:p/sum\" \"[resource-new]item\" (func (param i32) (result i32)))"
    "  (memory (export \"memory\") 1)"
    "  (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64))"
    "  (func (export \"t:p/sum#[constructor]item\") (param i32) (result i32) (i32.const 0))"
    "  (func (export \"t:p/sum#all\") (param i32 i32) (result i32) (i32.const 0))"
    "  (func (export \"cabi_post_t:p/sum#all\") (param i32))"
    "  (func (export \"t:p/sum#[dtor]item\") (param i32)))";
static const char base_text[] = "(component (import \"t:p/base\" " SUM ") (export \"t:p/base\" (instance 0)))";

typedef struct texts {
    pirn_arena *arena;
    pirn_part world, core, base;
} texts;

static pirn_part assemble(pirn_arena *arena, const char *text, bool is_module)
{
    pirn_part part = {.name = PIRN_STR("part")};
    const uint8_t *bytes = NULL;
    pirn_status status = is_module ? pirn_text_parse(text, strlen(text), arena, &bytes, &part.size, NULL)
                                   : pirn_component_text_parse(text, strlen(text), arena, &bytes, &part.size, NULL);
    assert_int_equal(status, PIRN_OK);
    part.bytes = bytes;
    return part;
}

static texts assemble_all(void)
{
    texts t = {.arena = pirn_arena_new(NULL)};
    t.world = assemble(t.arena, world_text, false);
    t.core = assemble(t.arena, core_text, true);
    t.base = assemble(t.arena, base_text, false);
    return t;
}

/* Makes the component, then links it to the other one; everything with the allocator. */
static pirn_status make(const texts *t, const pirn_allocator *allocator, pirn_error *error)
{
    pirn_config config = pirn_config_default();
    config.allocator = allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_arena *arena = pirn_arena_new(allocator);
    pirn_status status = PIRN_NOMEM;
    if (engine != NULL && arena != NULL) {
        pirn_componentize_options options = {
            .module = t->core.bytes, .module_size = t->core.size, .wit = t->world.bytes, .wit_size = t->world.size};
        const uint8_t *bytes = NULL;
        pirn_part parts[] = {{.name = PIRN_STR("made")}, t->base};
        const pirn_link link = {.importer = 0, .exporter = 1};
        status = pirn_componentize(engine, &options, arena, &bytes, &parts[0].size, error);
        parts[0].bytes = bytes;
        pirn_composition composition = {.parts = parts, .part_count = 2, .links = &link, .link_count = 1};
        size_t size;
        if (status == PIRN_OK)
            status = pirn_compose(engine, &composition, arena, &bytes, &size, error);
        assert_true(status != PIRN_OK || pirn_is_component(bytes, size));
    }
    if (arena != NULL)
        pirn_arena_free(arena);
    if (engine != NULL)
        pirn_engine_free(engine);
    return status;
}

static void test_a_module_becomes_a_component_and_that_is_linked(void **state)
{
    (void)state;
    texts t = assemble_all();
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = make(&t, NULL, error);
    if (status != PIRN_OK)
        print_error("%s\n", pirn_error_message(error));
    assert_int_equal(status, PIRN_OK);
    pirn_error_free(error);
    pirn_arena_free(t.arena);
}

typedef struct failing {
    size_t left; /* allocations that succeed */
} failing;

static void *resize_or_fail(void *user, void *block, size_t old_size, size_t new_size)
{
    failing *f = user;
    const pirn_allocator *real = pirn_allocator_default();
    if (new_size > old_size && f->left-- == 0) {
        f->left = 0;
        return NULL;
    }
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    texts t = assemble_all();
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status != PIRN_OK; n++) {
        failing f = {n};
        pirn_allocator allocator = {resize_or_fail, &f};
        status = make(&t, &allocator, NULL);
        assert_true(status == PIRN_OK || status == PIRN_NOMEM);
        assert_true(n < 5000);
    }
    pirn_arena_free(t.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_module_becomes_a_component_and_that_is_linked),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
