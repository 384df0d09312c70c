/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core module with every function of preview 1 at hand: it imports them all, exports for each a function of the
 * same name that only calls it, and exports a memory of two pages. Each call runs in the host's loop, as a guest's
 * would.
 */
#pragma once

#include "host/preview1.h"
#include "host/test/fake.h"

enum { CORE_MEMORY_BYTES = 2 * 65536 };

typedef struct core_guest {
    fake_world *world;
    pirn_module *module;
    pirn_instance *instance;
    uint8_t *memory;
    bool is_lenient; /* calls may fail: for tests of failing allocations */
} core_guest;

void core_guest_init(core_guest *guest, fake_world *world);
void core_guest_done(core_guest *guest);
/* Calls the row's function; *number is its errno. `args` has one slot for each parameter. */
pirn_status core_call(core_guest *guest, size_t row, const pirn_slot *args, uint32_t *number);
/* The same for a call that must end well: the errno; UINT32_MAX for a failure where that may be. */
uint32_t core_errno(core_guest *guest, size_t row, const uint64_t *args, size_t count);
#define CORE(guest, name, ...)                                               \
    core_errno((guest), HOST_P1_ROW_##name, (const uint64_t[]){__VA_ARGS__}, \
               sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
/* Puts text into the guest's memory, and a list of one vector. */
void core_put(core_guest *guest, uint32_t address, const char *text);
void core_put_vector(core_guest *guest, uint32_t address, uint32_t bytes, uint32_t size);
