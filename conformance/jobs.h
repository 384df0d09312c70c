/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several scripts at a time, each in a process of its own: a crash or an endless loop is then one failure of one
 * script. A process writes its log into a pipe.
 */
#pragma once

#include "conformance/log.h"

typedef struct wast_job {
    const char *path;
    wast_log log; /* what came of it; also of a process that did not end well */
} wast_job;

/* Runs all; `options->jobs` 0: one after the other in this process. Only what keeps all from running is a failure. */
PIRN_MUST_CHECK pirn_status wast_run_jobs(wast_job *jobs, size_t count, const pirn_wast_options *options,
                                          pirn_error *error);
