/* SPDX-License-Identifier: Apache-2.0 */
/* pirn wast: run test scripts, tell each failure, and count by folder. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/verbs.h"
#include <inttypes.h>
#include <jansson.h>
#include <pirn/conformance.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const cli_option cli_wast_options[] = {
    {"jobs", "N",
     "run N scripts at a time, each in a process of its own; 0: all in this one (default: one for each processor)"},
    {"timeout", "DURATION", "stop a script that takes longer (default 5m)"},
    {"expected", "FILE", "failures that are known, one a line: FILE[:LINE] and the reason"},
    {"pool", NULL, "run each script twice, in stores of a pool that are used again"},
    {"round-trip", NULL, "do not run the scripts, but print each valid module, assemble the text again, and compare"},
    {"messages", NULL, "also tell where the status is right and the message does not begin with the script's"},
    {"skipped", NULL, "also tell each command that was skipped"},
    {"json", NULL, "print one JSON object"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

/* ---- Counts by a word: by folder, by reason -------------------------------------------------------------------- */

typedef struct tally {
    const char *name;
    const char *detail;
    uint64_t files;
    pirn_wast_counts counts;
} tally;

typedef struct tally_list {
    tally *rows;
    size_t len, room;
} tally_list;

/* The row of that name, which is made if need be. Out of memory ends the program: there is nothing left to report. */
static tally *find_tally(tally_list *list, const char *name)
{
    for (size_t i = 0; i < list->len; i++) {
        if (strcmp(list->rows[i].name, name) == 0)
            return &list->rows[i];
    }
    if (list->len == list->room) {
        list->room = list->room * 2 + 16;
        tally *more = realloc(list->rows, list->room * sizeof *more);
        if (more == NULL) {
            fprintf(stderr, "pirn wast: out of memory\n");
            exit(CLI_FAILURE);
        }
        list->rows = more;
    }
    list->rows[list->len] = (tally){.name = name, .detail = ""};
    return &list->rows[list->len++];
}

static tally_list by_folder(const pirn_wast_report *report)
{
    tally_list list = {NULL, 0, 0};
    for (size_t i = 0; i < pirn_wast_report_file_count(report); i++) {
        pirn_wast_file file = pirn_wast_report_file(report, i);
        tally *row = find_tally(&list, file.folder);
        row->detail = file.baseline;
        row->files++;
        row->counts.passed += file.counts.passed;
        row->counts.failed += file.counts.failed;
        row->counts.skipped += file.counts.skipped;
    }
    return list;
}

static tally_list by_reason(const pirn_wast_report *report)
{
    tally_list list = {NULL, 0, 0};
    for (size_t i = 0; i < pirn_wast_report_file_count(report); i++) {
        pirn_wast_file file = pirn_wast_report_file(report, i);
        for (size_t j = 0; j < file.event_count; j++) {
            if (file.events[j].outcome == PIRN_WAST_SKIPPED)
                find_tally(&list, file.events[j].actual)->counts.skipped++;
        }
    }
    return list;
}

/* ---- As text --------------------------------------------------------------------------------------------------- */

static void print_event(const char *path, const pirn_wast_event *event)
{
    static const char *const words[] = {[PIRN_WAST_PASSED] = "passed",
                                        [PIRN_WAST_FAILED] = "failed",
                                        [PIRN_WAST_SKIPPED] = "skipped",
                                        [PIRN_WAST_NOTE] = "note"};
    printf("%s:%" PRIu32 ": %s: %s\n", path, event->line, words[event->outcome], event->command);
    if (event->outcome == PIRN_WAST_SKIPPED)
        printf("  because  %s\n", event->actual);
    else
        printf("  expected %s\n  came     %s\n", event->expected, event->actual);
}

static void print_events(const pirn_wast_report *report, const cli_args *args)
{
    const bool shows[] = {[PIRN_WAST_PASSED] = false,
                          [PIRN_WAST_FAILED] = true,
                          [PIRN_WAST_SKIPPED] = cli_has(args, "skipped"),
                          [PIRN_WAST_NOTE] = cli_has(args, "messages")};
    for (size_t i = 0; i < pirn_wast_report_file_count(report); i++) {
        pirn_wast_file file = pirn_wast_report_file(report, i);
        for (size_t j = 0; j < file.event_count; j++) {
            if (shows[file.events[j].outcome])
                print_event(file.path, &file.events[j]);
        }
    }
}

static void print_folders(tally_list folders)
{
    int width = 6;
    for (size_t i = 0; i < folders.len; i++)
        width = (int)strlen(folders.rows[i].name) > width ? (int)strlen(folders.rows[i].name) : width;
    printf("%-*s  files  passed  failed  skipped  run as\n", width, "folder");
    for (size_t i = 0; i < folders.len; i++) {
        const tally *row = &folders.rows[i];
        printf("%-*s  %5" PRIu64 "  %6" PRIu64 "  %6" PRIu64 "  %7" PRIu64 "  %s\n", width, row->name, row->files,
               row->counts.passed, row->counts.failed, row->counts.skipped, row->detail);
    }
}

static void print_text(const pirn_wast_report *report, const cli_args *args)
{
    tally_list folders = by_folder(report), reasons = by_reason(report);
    pirn_wast_counts all = pirn_wast_report_counts(report);
    print_events(report, args);
    print_folders(folders);
    for (size_t i = 0; i < reasons.len; i++)
        printf("skipped %" PRIu64 ": %s\n", reasons.rows[i].counts.skipped, reasons.rows[i].name);
    printf("%" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n", all.passed, all.failed, all.skipped);
    free(folders.rows);
    free(reasons.rows);
}

/* ---- As JSON --------------------------------------------------------------------------------------------------- */

/* Names in scripts need not be UTF-8. */
static json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    return string != NULL ? string : json_string("(not UTF-8)");
}

static json_t *events_json(const pirn_wast_file *file, pirn_wast_outcome outcome)
{
    json_t *array = json_array();
    for (size_t i = 0; i < file->event_count; i++) {
        const pirn_wast_event *event = &file->events[i];
        if (event->outcome != outcome)
            continue;
        json_t *object = json_object();
        json_object_set_new(object, "line", json_integer(event->line));
        json_object_set_new(object, "command", text_json(event->command));
        if (outcome != PIRN_WAST_SKIPPED)
            json_object_set_new(object, "expected", text_json(event->expected));
        json_object_set_new(object, outcome == PIRN_WAST_SKIPPED ? "reason" : "actual", text_json(event->actual));
        json_array_append_new(array, object);
    }
    return array;
}

static void set_counts(json_t *object, pirn_wast_counts counts)
{
    json_object_set_new(object, "passed", json_integer((json_int_t)counts.passed));
    json_object_set_new(object, "failed", json_integer((json_int_t)counts.failed));
    json_object_set_new(object, "skipped", json_integer((json_int_t)counts.skipped));
}

static json_t *file_json(const pirn_wast_file *file, const cli_args *args)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s}", "file", file->path, "folder", file->folder, "run_as", file->baseline);
    set_counts(object, file->counts);
    json_object_set_new(object, "failures", events_json(file, PIRN_WAST_FAILED));
    if (cli_has(args, "skipped"))
        json_object_set_new(object, "skips", events_json(file, PIRN_WAST_SKIPPED));
    if (cli_has(args, "messages"))
        json_object_set_new(object, "messages", events_json(file, PIRN_WAST_NOTE));
    return object;
}

static void print_json(const pirn_wast_report *report, const cli_args *args)
{
    json_t *object = json_object(), *files = json_array(), *skipped_for = json_object();
    tally_list reasons = by_reason(report);
    for (size_t i = 0; i < reasons.len; i++)
        json_object_set_new(skipped_for, reasons.rows[i].name,
                            json_integer((json_int_t)reasons.rows[i].counts.skipped));
    for (size_t i = 0; i < pirn_wast_report_file_count(report); i++) {
        pirn_wast_file file = pirn_wast_report_file(report, i);
        json_array_append_new(files, file_json(&file, args));
    }
    set_counts(object, pirn_wast_report_counts(report));
    json_object_set_new(object, "skipped_for", skipped_for);
    json_object_set_new(object, "files", files);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
    free(reasons.rows);
}

/* ---- The verb -------------------------------------------------------------------------------------------------- */

/* Every engine gets what the options say, on top of what its folder says. They have been applied once without a complaint. */
static void configure(pirn_config *config, void *user)
{
    (void)cli_features_apply(user, config);
}

static bool read_options(const cli_args *args, pirn_wast_options *out)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = processors > 0 ? (uint64_t)processors : 1, timeout_ns = 300 * UINT64_C(1000000000);
    const char *jobs_text = cli_value(args, "jobs"), *timeout_text = cli_value(args, "timeout");
    if (jobs_text != NULL && (!cli_parse_count(jobs_text, &jobs) || jobs > 1024)) {
        fprintf(stderr, "pirn wast: --jobs wants a number up to 1024, not '%s'\n", jobs_text);
        return false;
    }
    if (timeout_text != NULL && !cli_parse_duration(timeout_text, &timeout_ns)) {
        fprintf(stderr, "pirn wast: --timeout wants a duration like 90s or 5m, not '%s'\n", timeout_text);
        return false;
    }
    uint64_t timeout_s = (timeout_ns + 999999999) / 1000000000;
    *out = (pirn_wast_options){.jobs = (unsigned)jobs,
                               .timeout_s = timeout_s > UINT32_MAX ? UINT32_MAX : (unsigned)timeout_s,
                               .expected_failures = cli_value(args, "expected"),
                               .configure = configure,
                               .user = (void *)args,
                               .round_trip = cli_has(args, "round-trip"),
                               .pooled = cli_has(args, "pool")};
    pirn_config config = pirn_config_default();
    return cli_features_apply(args, &config);
}

static int run(const cli_args *args, const pirn_wast_options *options, pirn_error *error)
{
    pirn_wast_report *report;
    pirn_status status =
        pirn_wast_run(options, (const char *const *)args->operands, args->operand_count, &report, error);
    if (status != PIRN_OK) {
        fprintf(stderr, "pirn wast: %s\n", error != NULL ? pirn_error_message(error) : pirn_status_name(status));
        return status == PIRN_USAGE ? CLI_USAGE : CLI_FAILURE;
    }
    if (cli_has(args, "json"))
        print_json(report, args);
    else
        print_text(report, args);
    bool failed = pirn_wast_report_counts(report).failed > 0;
    pirn_wast_report_free(report);
    return failed ? CLI_FAILURE : CLI_OK;
}

int cli_wast(const cli_args *args)
{
    pirn_wast_options options;
    if (args->operand_count == 0) {
        fprintf(stderr, "pirn wast: which scripts? Try 'pirn wast --help'.\n");
        return CLI_USAGE;
    }
    if (!read_options(args, &options))
        return CLI_USAGE;
    pirn_error *error = pirn_error_new(NULL);
    int code = run(args, &options, error);
    pirn_error_free(error);
    return code;
}
