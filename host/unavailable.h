/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that components may import although the host does not have their functions yet (UNAVAILABLE in
 * pirn_bindgen). Toolchains put such imports into components that never use them.
 */
#pragma once

#include <pirn/component.h>

/* Every function of such an interface: traps, and says which it was ("wasi:http/types", "[constructor]fields"). */
pirn_status host_unavailable(pirn_host_call *call, const char *interface, const char *function);
