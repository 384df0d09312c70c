/* SPDX-License-Identifier: Apache-2.0 */
/* From paths to a report: the logs of all scripts are counted and held against the expected failures. */
#include "conformance/baseline.h"
#include "conformance/expected.h"
#include "conformance/files.h"
#include "conformance/jobs.h"
#include "conformance/run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pirn_wast_report {
    base_arena arena; /* strings and events */
    wast_paths paths;
    wast_job *jobs;        /* one for each path; events point into their logs */
    pirn_wast_file *files; /* one for each path */
    size_t count;
    pirn_wast_counts counts;
};

typedef BASE_VEC(pirn_wast_event) event_list;

static pirn_status nomem(pirn_error *error)
{
    return pirn_error_set(error, PIRN_NOMEM, "out of memory");
}

/* ---- Expected failures ----------------------------------------------------------------------------------------- */

static const wast_expected *find_expected(const wast_expectations *all, const char *path, uint32_t line)
{
    for (size_t i = 0; i < all->rows.len; i++) {
        const wast_expected *row = &all->rows.data[i];
        if ((row->line == 0 || row->line == line) && wast_expected_is_of(row, path))
            return row;
    }
    return NULL;
}

static pirn_status excuse_failures(pirn_wast_report *report, const wast_expectations *all, const char *path,
                                   event_list *events)
{
    for (size_t i = 0; i < events->len; i++) {
        pirn_wast_event *event = &events->data[i];
        const wast_expected *row = event->outcome == PIRN_WAST_FAILED ? find_expected(all, path, event->line) : NULL;
        if (row == NULL)
            continue;
        event->outcome = PIRN_WAST_SKIPPED;
        event->actual =
            base_arena_printf(&report->arena, "expected failure: %.*s", (int)row->reason.len, row->reason.data).data;
        if (event->actual == NULL)
            return PIRN_NOMEM;
    }
    return PIRN_OK;
}

/* Is there anything but a pass that the row is about? */
static bool is_met(const wast_expected *row, const event_list *events)
{
    for (size_t i = 0; i < events->len; i++) {
        const pirn_wast_event *event = &events->data[i];
        if ((row->line == 0 || row->line == event->line) && event->outcome == PIRN_WAST_SKIPPED)
            return true;
    }
    return false;
}

static pirn_status fail_unmet(pirn_wast_report *report, const wast_expectations *all, const char *path,
                              event_list *events)
{
    for (size_t i = 0; i < all->rows.len; i++) {
        const wast_expected *row = &all->rows.data[i];
        if (!wast_expected_is_of(row, path) || is_met(row, events))
            continue;
        const char *expected =
            base_arena_printf(&report->arena, "a failure: %.*s", (int)row->reason.len, row->reason.data).data;
        pirn_wast_event event = {PIRN_WAST_FAILED, row->line, "", expected,
                                 "it passes: its line among the expected failures is to be removed"};
        if (expected == NULL || !BASE_VEC_PUSH(events, pirn_allocator_default(), event))
            return PIRN_NOMEM;
    }
    return PIRN_OK;
}

/* ---- One file -------------------------------------------------------------------------------------------------- */

/* Passes are counted, the others collected. */
static pirn_status collect(const wast_log *log, event_list *events, uint64_t *passed)
{
    wast_record record;
    for (size_t at = 0; wast_log_read(log->bytes.data, log->bytes.len, &at, &record);) {
        if (record.is_begin)
            continue;
        if (record.event.outcome == PIRN_WAST_PASSED)
            ++*passed;
        else if (!BASE_VEC_PUSH(events, pirn_allocator_default(), record.event))
            return PIRN_NOMEM;
    }
    return log->failed ? PIRN_NOMEM : PIRN_OK;
}

static int compare_lines(const void *a, const void *b)
{
    const pirn_wast_event *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->command < y->command ? -1 : x->command > y->command; /* the log's order */
}

static void count(pirn_wast_report *report, pirn_wast_file *file)
{
    for (size_t i = 0; i < file->event_count; i++) {
        file->counts.failed += file->events[i].outcome == PIRN_WAST_FAILED;
        file->counts.skipped += file->events[i].outcome == PIRN_WAST_SKIPPED;
    }
    report->counts.passed += file->counts.passed;
    report->counts.failed += file->counts.failed;
    report->counts.skipped += file->counts.skipped;
}

static pirn_status keep_events(pirn_wast_report *report, pirn_wast_file *file, const event_list *events)
{
    pirn_wast_event *kept = base_arena_array(&report->arena, events->len, sizeof *kept);
    if (kept == NULL)
        return PIRN_NOMEM;
    if (events->len > 0) {
        memcpy(kept, events->data, events->len * sizeof *kept);
        qsort(kept, events->len, sizeof *kept, compare_lines);
    }
    file->events = kept;
    file->event_count = events->len;
    count(report, file);
    return PIRN_OK;
}

static pirn_status describe(pirn_wast_report *report, const char *path, pirn_wast_file *out)
{
    char text[160];
    const char *slash = strrchr(path, '/');
    pirn_str folder = slash != NULL ? (pirn_str){path, (size_t)(slash - path)} : PIRN_STR(".");
    out->path = base_arena_copy(&report->arena, pirn_str_of(path)).data;
    out->folder = base_arena_copy(&report->arena, folder).data;
    wast_baseline_text(wast_baseline_of(path), text);
    out->baseline = base_arena_copy(&report->arena, pirn_str_of(text)).data;
    return out->path != NULL && out->folder != NULL && out->baseline != NULL ? PIRN_OK : PIRN_NOMEM;
}

static pirn_status report_file(pirn_wast_report *report, const wast_expectations *expected, size_t index)
{
    pirn_wast_file *file = &report->files[index];
    event_list events = {0};
    pirn_status status = describe(report, report->jobs[index].path, file);
    if (status == PIRN_OK)
        status = collect(&report->jobs[index].log, &events, &file->counts.passed);
    if (status == PIRN_OK)
        status = excuse_failures(report, expected, file->path, &events);
    if (status == PIRN_OK)
        status = fail_unmet(report, expected, file->path, &events);
    if (status == PIRN_OK)
        status = keep_events(report, file, &events);
    BASE_VEC_DONE(&events, pirn_allocator_default());
    return status;
}

/* ---- All files ------------------------------------------------------------------------------------------------- */

static pirn_wast_report *new_report(void)
{
    pirn_wast_report *report = base_alloc_zero(pirn_allocator_default(), sizeof *report);
    if (report != NULL)
        base_arena_init(&report->arena, pirn_allocator_default());
    return report;
}

static pirn_status add_paths(pirn_wast_report *report, const char *const *paths, size_t count_given,
                             pirn_error *error)
{
    for (size_t i = 0; i < count_given; i++)
        PIRN_TRY(wast_find_files(&report->paths, paths[i], error));
    return PIRN_OK;
}

static pirn_status prepare_jobs(pirn_wast_report *report, pirn_error *error)
{
    report->jobs = base_arena_array(&report->arena, report->paths.len, sizeof *report->jobs);
    report->files = base_arena_array(&report->arena, report->paths.len, sizeof *report->files);
    if (report->jobs == NULL || report->files == NULL)
        return nomem(error);
    report->count = report->paths.len;
    for (size_t i = 0; i < report->count; i++) {
        report->jobs[i].path = report->paths.data[i];
        wast_log_init(&report->jobs[i].log, -1);
    }
    return PIRN_OK;
}

static pirn_status report_all(pirn_wast_report *report, const wast_expectations *expected, pirn_error *error)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report_file(report, expected, i) != PIRN_OK)
            return nomem(error);
    }
    return PIRN_OK;
}

static pirn_status run_all(pirn_wast_report *report, const pirn_wast_options *options, const char *const *paths,
                           size_t path_count, const wast_expectations *expected, pirn_error *error)
{
    PIRN_TRY(add_paths(report, paths, path_count, error));
    PIRN_TRY(prepare_jobs(report, error));
    PIRN_TRY(wast_run_jobs(report->jobs, report->count, options, error));
    return report_all(report, expected, error);
}

static pirn_status hand_over(pirn_wast_report *report, pirn_status status, pirn_wast_report **out)
{
    if (status == PIRN_OK)
        *out = report;
    else
        pirn_wast_report_free(report);
    return status;
}

pirn_status pirn_wast_run(const pirn_wast_options *options, const char *const *paths, size_t path_count,
                          pirn_wast_report **out, pirn_error *error)
{
    wast_expectations expected;
    pirn_wast_report *report = new_report();
    if (report == NULL)
        return nomem(error);
    pirn_status status = wast_expectations_read(&expected, options->expected_failures, error);
    if (status == PIRN_OK)
        status = run_all(report, options, paths, path_count, &expected, error);
    wast_expectations_done(&expected);
    return hand_over(report, status, out);
}

static pirn_status run_text(pirn_wast_report *report, const char *path, pirn_str text, pirn_error *error)
{
    static const wast_expectations none;
    static const pirn_wast_options defaults;
    char *copy = strdup(path);
    if (copy == NULL || !BASE_VEC_PUSH(&report->paths, pirn_allocator_default(), copy)) {
        free(copy);
        return nomem(error);
    }
    PIRN_TRY(prepare_jobs(report, error));
    PIRN_TRY(wast_run_script(path, text, &defaults, &report->jobs[0].log, error));
    return report_all(report, &none, error);
}

pirn_status pirn_wast_run_text(const char *path, pirn_str text, pirn_wast_report **out, pirn_error *error)
{
    pirn_wast_report *report = new_report();
    return report == NULL ? nomem(error) : hand_over(report, run_text(report, path, text, error), out);
}

void pirn_wast_report_free(pirn_wast_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++)
        wast_log_done(&report->jobs[i].log);
    wast_paths_done(&report->paths);
    base_arena_done(&report->arena);
    base_free(pirn_allocator_default(), report, sizeof *report);
}

size_t pirn_wast_report_file_count(const pirn_wast_report *report)
{
    return report->count;
}

pirn_wast_file pirn_wast_report_file(const pirn_wast_report *report, size_t index)
{
    return report->files[index];
}

pirn_wast_counts pirn_wast_report_counts(const pirn_wast_report *report)
{
    return report->counts;
}
