/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from a component's text (builder.h) to a running instance, with everything that has to be
 * freed again. Steps that are expected to succeed fail the test when they do not.
 */
#pragma once

#include "component/test/builder.h"
#include <pirn/component.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct fixture {
    pirn_engine *engine;
    pirn_error *error;
    pirn_linker *linker;
    binary binary;
    pirn_component *component;
    pirn_prepared *prepared;
    pirn_store *store;
    pirn_component_instance *instance;
} fixture;

/* Engine, error and linker; `allocator` may be NULL. */
void fixture_init(fixture *f, const pirn_allocator *allocator);
/* Frees everything that is there. */
void fixture_done(fixture *f);
void fixture_define(fixture *f, const pirn_interfacedesc *interface, void *user);
/* Each of these does what comes before it too. The binary is taken over. */
void fixture_load(fixture *f, binary component);
void fixture_prepare(fixture *f, binary component);
void fixture_instantiate(fixture *f, binary component, void *data);
/* The function, which must be there. */
const pirn_component_func *fixture_func(const fixture *f, const char *interface, const char *name);
/* Fails the test with the error unless the status is PIRN_OK. */
void fixture_check(const fixture *f, pirn_status status);
