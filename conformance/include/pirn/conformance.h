/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/conformance.h: runs the official test scripts (`.wast`) and reports what came of each command.
 *
 * Each file has an engine and a store of its own, with the language features that its folder was written for
 * (conformance/baseline.c), and by default a process of its own, so that a crash or an endless loop is one failure
 * of one file. A command passes, fails, or is skipped with its reason: what needs a feature that this build does
 * not have is skipped by the feature's name and never passes.
 */
#pragma once

#include <pirn/vm.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pirn_wast_outcome {
    PIRN_WAST_PASSED,
    PIRN_WAST_FAILED,
    PIRN_WAST_SKIPPED,
    PIRN_WAST_NOTE, /* no outcome of its own: the status was right, and the message another than the script's */
} pirn_wast_outcome;

/* What came of one command. Strings are never NULL. */
typedef struct pirn_wast_event {
    pirn_wast_outcome outcome;
    uint32_t line;        /* where the command begins; 0: the file as a whole */
    const char *command;  /* assert_return (invoke "f") */
    const char *expected; /* of a failure or a note */
    const char *actual;   /* of a failure or a note; why it was skipped */
} pirn_wast_event;

typedef struct pirn_wast_counts {
    uint64_t passed, failed, skipped;
} pirn_wast_counts;

/* A script that was run. Strings and events live as long as the report; passed commands are counted only. */
typedef struct pirn_wast_file {
    const char *path;
    const char *folder;
    const char *baseline; /* the language it was run with */
    pirn_wast_counts counts;
    const pirn_wast_event *events; /* by line */
    size_t event_count;
} pirn_wast_file;

typedef struct pirn_wast_options {
    unsigned jobs;      /* files at a time, each in a process of its own; 0: one after the other in this process */
    unsigned timeout_s; /* for each file, when it has a process of its own; 0: none */
    /*
     * A file with one line for each failure that is known: `FILE:LINE reason` or `FILE reason`; `#` begins a comment.
     * Such a failure counts as skipped; a line whose command passes is a failure. May be NULL.
     */
    const char *expected_failures;
    /* Changes the configuration of a script's engine, which has the features of its folder. May be NULL. */
    void (*configure)(pirn_config *config, void *user);
    void *user;
    /*
     * Commands are not executed. Instead every valid module of the scripts is printed and the text assembled again:
     * that of a text passes when the bytes are the same, that of a binary when it prints as the same text.
     */
    bool round_trip;
    /*
     * Each script is run twice, and counts twice, in stores of a pool: first in new ones, which are kept behind the first module,
     * then in the same ones, emptied.
     */
    bool pooled;
} pirn_wast_options;

typedef struct pirn_wast_report pirn_wast_report;

/*
 * Runs files and all `*.wast` below folders, in the order of their names. OK also when commands fail: the report
 * says so. IO: a path or the file of expected failures cannot be read; USAGE: a folder without scripts, a line that
 * is not understood; NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wast_run(const pirn_wast_options *options, const char *const *paths,
                                                   size_t path_count, pirn_wast_report **out, pirn_error *error);
/* Runs a script that is in memory, in this process; its features are those of `path`. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wast_run_text(const char *path, pirn_str text, pirn_wast_report **out,
                                                        pirn_error *error);
PIRN_API void pirn_wast_report_free(pirn_wast_report *report);
PIRN_API size_t pirn_wast_report_file_count(const pirn_wast_report *report);
PIRN_API pirn_wast_file pirn_wast_report_file(const pirn_wast_report *report, size_t index);
PIRN_API pirn_wast_counts pirn_wast_report_counts(const pirn_wast_report *report);

#ifdef __cplusplus
}
#endif
