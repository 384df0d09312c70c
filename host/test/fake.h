/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests written in C, for tests of the host: a stand-in for the component layer. A guest is a list of steps; each makes
 * host calls like lowered code does: a step that returns PENDING is called again, from its beginning, when the task is
 * resumed; one that returns OK is followed by the next; any other status ends the task.
 */
#pragma once

#include "host/loop.h"
#include "host/poll.h"
#include "host/stream.h"

typedef pirn_status (*fake_step)(pirn_host_call *call, void *guest);

struct pirn_component_func {
    const fake_step *steps;
    size_t count;
};
#define FAKE_FUNC(steps) ((pirn_component_func){(steps), BASE_COUNT(steps)})

/* A host with one context, and what became of its last task. */
typedef struct fake_world {
    pirn_allocator allocator; /* counts */
    size_t allocated_bytes;
    size_t fail_after; /* allocations from now on; SIZE_MAX: never */
    pirn_engine *engine;
    pirn_store *store;
    pirn_host *host;
    pirn_host_config *config;
    pirn_host_context *context;
    pirn_component_instance *instance;
    size_t ended;
    pirn_status status;
    char message[512];
} fake_world;

/* `set_up` changes the config before the context is made; it may be NULL. */
void fake_world_init(fake_world *world, void (*set_up)(pirn_host_config *config));
void fake_world_done(fake_world *world);
/* Runs the steps in one task until they have ended; the status is also in the world. */
pirn_status fake_run(fake_world *world, const fake_step *steps, size_t count, void *guest, uint64_t timeout_ns);
#define FAKE_RUN(world, steps, guest) fake_run((world), (steps), BASE_COUNT(steps), (guest), PIRN_NO_TIMEOUT)
/* For pirn_host_start: notes the ending in the world. */
void fake_note_ending(void *world, pirn_status status, const pirn_error *error);
/* Calls one host function outside of any task: it must not wait. */
pirn_status fake_call(fake_world *world, fake_step step, void *guest);
/* Descriptors that this process has open. */
size_t fake_open_fds(void);
