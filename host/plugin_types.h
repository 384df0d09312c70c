/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces of WIT as the descriptions that a linker takes: what pirn-bindgen does while building, at run time. */
#pragma once

#include "vm/base/error.h"
#include "vm/base/memory.h"
#include <pirn/component.h>
#include <pirn/wit.h>

/* A resource type of WIT and its description. */
typedef struct host_described_resource {
    const pirn_wit_type *wit;
    const pirn_resourcedesc *desc;
} host_described_resource;

typedef struct host_described_type {
    const pirn_wit_type *wit;
    const pirn_typedesc *desc;
} host_described_type;

/* Everything made lies in the arena; names are copied, so that the WIT need not stay. */
typedef struct host_describer {
    base_arena *arena;
    BASE_VEC(host_described_resource) resources; /* entered by the caller before types that mention them */
    BASE_VEC(host_described_type) types;         /* each is described once */
    pirn_error *error;
} host_describer;

void host_describer_done(host_describer *d);
/* NULL for NULL. USAGE: a type that C functions cannot take, or a resource that was not entered; NOMEM. */
PIRN_MUST_CHECK pirn_status host_describe_type(host_describer *d, const pirn_wit_type *type,
                                               const pirn_typedesc **out);
/* All of `out` but its `func`. */
PIRN_MUST_CHECK pirn_status host_describe_function(host_describer *d, const pirn_wit_function *function,
                                                   pirn_funcdesc *out);
/* NUL-terminated; NULL when out of memory. */
const char *host_describe_name(host_describer *d, pirn_str name);
