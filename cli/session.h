/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instance of a component and one statement after the other. Resources that calls bring stay in the session, by name:
 *
 *   r = counter(1)      a call whose result has a resource, which is called r from now on
 *   r.add(3)            a method; the same as counter.add(r, 3)
 *   merge(r, s)         where a parameter is own, the resource leaves the session
 *   drop r
 *
 * A resource that gets no name by `=` is called by its type and a number: counter#1. A trap, or the guest's exit, ends the
 * instance; cli_session_restart makes a new one.
 */
#pragma once

#include "cli/call.h"
#include "cli/guest.h"

/* A resource in the session. */
typedef struct cli_handle {
    char *name;
    const pirn_resource_type *type;
    pirn_str resource; /* what the type is called; of the component */
    void *object;
    bool is_given; /* to the call that is being made */
} cli_handle;

typedef struct cli_session {
    cli_guest *guest;
    pirn_component_instance *instance; /* NULL: could not be made */
    bool has_ended;
    cli_handle *handles;
    size_t handle_count, handle_room;
    uint64_t made; /* resources that were named by number */
    /* the statement at hand */
    const pirn_component_func *func;
    pirn_str new_name; /* for the next resource that comes; empty: a number */
    char reason[160];
} cli_session;

/* What a statement has come to. */
typedef struct cli_answer {
    char *text; /* to be freed; NULL: nothing to say */
} cli_answer;

PIRN_MUST_CHECK pirn_status cli_session_open(cli_session *session, cli_guest *guest, pirn_error *error);
void cli_session_close(cli_session *session);
/* Drops all resources, and makes a new instance in a new store. */
PIRN_MUST_CHECK pirn_status cli_session_restart(cli_session *session, pirn_error *error);

/* A call, with or without `NAME =` before it. USAGE: it cannot be made; otherwise how it failed. */
PIRN_MUST_CHECK pirn_status cli_session_call(cli_session *session, pirn_str statement, cli_answer *answer,
                                             pirn_error *error);
/* Ends the life of a resource. */
PIRN_MUST_CHECK pirn_status cli_session_drop(cli_session *session, pirn_str name, pirn_error *error);

/*
 * Calls `take` with everything that the word under the cursor could become: functions with their parenthesis, resources, and
 * behind `r.` the methods of r. The text given is whole, and is gone after the call.
 */
void cli_session_complete(const cli_session *session, pirn_str word, void (*take)(void *user, pirn_str candidate),
                          void *user);
