/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The linker: a list of the interfaces that a host offers. It keeps the descriptions by address and
 * knows how to find one for an import's name; whether the types fit is component/match.c's matter.
 */
#pragma once

#include "component/version.h"
#include "vm/base/memory.h"
#include <pirn/component.h>

/* One interface that is offered, with the pointer for its functions. */
typedef struct cm_offer {
    const pirn_interfacedesc *interface;
    void *user;
} cm_offer;

struct pirn_linker {
    pirn_engine *engine;
    const pirn_allocator *allocator;
    BASE_VEC(cm_offer) offers;
    pirn_component_host_func rest; /* of what no offer has; NULL: that is missing */
    void (*rest_drop)(void *data, void *object);
    void *rest_user;
};

/* By the version rule (component/version.h); NULL when nothing fits. */
const cm_offer *cm_linker_find(const pirn_linker *linker, pirn_str name);
/* By exact name in an interface; NULL when it is not there. */
const pirn_funcdesc *cm_offer_func(const cm_offer *offer, pirn_str name);
const pirn_resourcedesc *cm_offer_resource(const cm_offer *offer, pirn_str name);

/*
 * What the linker has instead of an interface that it has not, as the second half of a sentence:
 * "the linker has a:b/c@0.3.0". Allocated in `arena`; data == NULL when out of memory.
 */
pirn_str cm_linker_instead(const pirn_linker *linker, pirn_str name, base_arena *arena);
