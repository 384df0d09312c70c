/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/fixture.h"

#include <stdlib.h>

void fixture_init(fixture *f, const pirn_allocator *allocator)
{
    pirn_config config = pirn_config_default();
    config.allocator = allocator;
    *f = (fixture){.engine = pirn_engine_new(&config), .error = pirn_error_new(NULL)};
    assert_non_null(f->engine);
    assert_non_null(f->error);
    f->linker = pirn_linker_new(f->engine);
    assert_non_null(f->linker);
}

void fixture_done(fixture *f)
{
    pirn_component_instance_free(f->instance);
    if (f->store != NULL)
        pirn_store_free(f->store);
    pirn_prepared_free(f->prepared);
    if (f->component != NULL)
        pirn_component_free(f->component);
    pirn_linker_free(f->linker);
    pirn_engine_free(f->engine);
    pirn_error_free(f->error);
    free(f->binary.bytes);
}

void fixture_check(const fixture *f, pirn_status status)
{
    if (status != PIRN_OK)
        fail_msg("%s at %llu: %s", pirn_status_name(status), (unsigned long long)pirn_error_offset(f->error),
                 pirn_error_message(f->error));
}

void fixture_define(fixture *f, const pirn_interfacedesc *interface, void *user)
{
    fixture_check(f, pirn_linker_define(f->linker, interface, user, f->error));
}

void fixture_load(fixture *f, binary component)
{
    f->binary = component;
    fixture_check(f, pirn_component_load(f->engine, component.bytes, component.size, PIRN_BYTES_BORROW, &f->component,
                                         f->error));
}

void fixture_prepare(fixture *f, binary component)
{
    fixture_load(f, component);
    fixture_check(f, pirn_linker_prepare(f->linker, f->component, &f->prepared, f->error));
}

void fixture_instantiate(fixture *f, binary component, void *data)
{
    fixture_prepare(f, component);
    f->store = pirn_store_new(f->engine, NULL);
    assert_non_null(f->store);
    fixture_check(f, pirn_component_instantiate(f->prepared, f->store, data, &f->instance, f->error));
}

const pirn_component_func *fixture_func(const fixture *f, const char *interface, const char *name)
{
    const pirn_component_func *func =
        pirn_component_instance_func(f->instance, pirn_str_of(interface), pirn_str_of(name));
    if (func == NULL)
        fail_msg("no function %s in \"%s\"", name, interface);
    return func;
}
