/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports that no interface of the linker has, when the embedder serves them all by one function (pirn_linker_define_rest):
 * an offer is made that has what the import asks for. Nothing is compared, for the types are the import's own.
 */
#pragma once

#include "component/definition.h"
#include "component/linker.h"
#include "component/typedesc.h"

/*
 * For an import (a function, resource type or instance) of the outermost component. Its resource types that `bound` does not
 * have yet are entered. What instances will need is in `arena`, which is the prepared component's. NULL: out of memory.
 */
const cm_offer *cm_rest_offer(const pirn_linker *linker, const cm_definition *import, cm_host_resources *bound,
                              base_arena *arena);
