/* SPDX-License-Identifier: Apache-2.0 */
/* The runner of scripts: what is right passes, and whatever is wrong is told with its place. */
#include <pirn/conformance.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- Helpers --------------------------------------------------------------------------------------------------- */

typedef struct expectation {
    const char *script;
    uint64_t passed, failed, skipped;
    uint32_t line;      /* of the first event that is not a pass; 0: there is none */
    const char *actual; /* what it contains */
} expectation;

static pirn_wast_report *run_as(const char *path, const char *script)
{
    pirn_wast_report *report;
    pirn_error *error = pirn_error_new(NULL);
    assert_int_equal(pirn_wast_run_text(path, pirn_str_of(script), &report, error), PIRN_OK);
    pirn_error_free(error);
    assert_int_equal(pirn_wast_report_file_count(report), 1);
    return report;
}

static void check_as(const char *path, const expectation *e)
{
    pirn_wast_report *report = run_as(path, e->script);
    pirn_wast_counts counts = pirn_wast_report_counts(report);
    pirn_wast_file file = pirn_wast_report_file(report, 0);
    bool right = counts.passed == e->passed && counts.failed == e->failed && counts.skipped == e->skipped;
    if (!right && file.event_count > 0)
        print_error("%u: %s: expected %s, came %s\n", (unsigned)file.events[0].line, file.events[0].command,
                    file.events[0].expected, file.events[0].actual);
    if (!right)
        fail_msg("%d passed, %d failed, %d skipped: %s", (int)counts.passed, (int)counts.failed, (int)counts.skipped,
                 e->script);
    assert_int_equal(file.event_count > 0, e->line != 0);
    if (e->line != 0) {
        assert_int_equal(file.events[0].line, e->line);
        if (strstr(file.events[0].actual, e->actual) == NULL)
            fail_msg("%s: came %s", e->script, file.events[0].actual);
    }
    pirn_wast_report_free(report);
}

static void check_all(const expectation *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_as("test.wast", &rows[i]);
}
#define CHECK_ALL(rows) check_all(rows, sizeof(rows) / sizeof((rows)[0]))

#define FUNCTIONS                                                             \
    "(module (func (export \"i\") (param i32) (result i32) local.get 0)"      \
    " (func (export \"l\") (param i64) (result i64) local.get 0)"             \
    " (func (export \"f\") (param f32) (result f32) local.get 0)"             \
    " (func (export \"d\") (param f64) (result f64) local.get 0)"             \
    " (func (export \"x\") (param externref) (result externref) local.get 0)" \
    " (func $g (export \"g\") (result funcref) ref.func $g)"                  \
    " (func (export \"two\") (result i32 i32) i32.const 1 i32.const 2)"       \
    " (func (export \"trap\") unreachable)"                                   \
    " (func $r (export \"recurse\") call $r)"                                 \
    " (global (export \"glob\") i32 (i32.const 7)))\n"

/* ---- Results --------------------------------------------------------------------------------------------------- */

static void test_results_that_come_as_expected_pass(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const -1)) (i32.const 0xFFFF_FFFF))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"l\" (i64.const 0x8000000000000000)) (i64.const -9223372036854775808))",
         2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const 0x1p-149)) (f32.const 0x1p-149))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"d\" (f64.const -0)) (f64.const -0.0))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.extern 3)) (ref.extern 3))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.extern 0)) (ref.extern))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.null extern)) (ref.null extern))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.null extern)) (ref.null))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"g\") (ref.func))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"two\") (i32.const 1) (i32.const 2))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (get \"glob\") (i32.const 7)) (get \"glob\") (invoke \"two\")", 4, 0, 0, 0, ""},
    };
    CHECK_ALL(rows);
}

static void test_other_results_fail_with_their_line(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const 1)) (i32.const 2))", 1, 1, 0, 2, "(i32.const 1)"},
        {FUNCTIONS "\n(assert_return (invoke \"l\" (i64.const 1)) (i64.const 2))", 1, 1, 0, 3, "(i64.const 1)"},
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const 0)) (f32.const -0))", 1, 1, 0, 2, "(f32.const 0"},
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const 1)) (i64.const 1))", 1, 1, 0, 2, "(i32.const 1)"},
        {FUNCTIONS "(assert_return (invoke \"two\") (i32.const 1))", 1, 1, 0, 2, "(i32.const 1) (i32.const 2)"},
        {FUNCTIONS "(assert_return (invoke \"two\"))", 1, 1, 0, 2, "(i32.const 1) (i32.const 2)"},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.extern 3)) (ref.extern 4))", 1, 1, 0, 2, "(ref.extern 3)"},
        {FUNCTIONS "(assert_return (invoke \"x\" (ref.null extern)) (ref.extern))", 1, 1, 0, 2, "(ref.null)"},
        {FUNCTIONS "(assert_return (invoke \"g\") (ref.null func))", 1, 1, 0, 2, "(ref.func)"},
        {FUNCTIONS "(assert_return (invoke \"trap\"))", 1, 1, 0, 2, "trap: unreachable"},
        {FUNCTIONS "(assert_return (get \"glob\") (i32.const 8))", 1, 1, 0, 2, "(i32.const 7)"},
    };
    CHECK_ALL(rows);
}

static void test_references_are_told_by_what_they_are(void **state)
{
    (void)state;
#define OBJECTS                                                                                     \
    "(module (type $s (struct)) (type $a (array i8))"                                               \
    " (func (export \"any\") (param externref) (result anyref) (any.convert_extern (local.get 0)))" \
    " (func (export \"id\") (param anyref) (result externref) (extern.convert_any (local.get 0)))"  \
    " (func (export \"s\") (result anyref) (struct.new $s))"                                        \
    " (func (export \"a\") (result (ref $a)) (array.new_default $a (i32.const 2)))"                 \
    " (func (export \"i\") (result eqref) (ref.i31 (i32.const 2))))\n"
    static const expectation rows[] = {
        {OBJECTS "(assert_return (invoke \"any\" (ref.extern 3)) (ref.host 3))", 2, 0, 0, 0, ""},
        {OBJECTS "(assert_return (invoke \"any\" (ref.extern 3)) (ref.host 4))", 1, 1, 0, 2, "(ref.host)"},
        {OBJECTS "(assert_return (invoke \"id\" (ref.host 3)) (ref.extern 3))", 2, 0, 0, 0, ""},
        {OBJECTS "(assert_return (invoke \"s\") (ref.struct)) (assert_return (invoke \"s\") (ref.eq))", 3, 0, 0, 0,
         ""},
        {OBJECTS "(assert_return (invoke \"s\") (ref.array))", 1, 1, 0, 2, "(ref.struct)"},
        {OBJECTS "(assert_return (invoke \"a\") (ref.array)) (assert_return (invoke \"a\") (ref))", 3, 0, 0, 0, ""},
        {OBJECTS "(assert_return (invoke \"a\") (ref.func))", 1, 1, 0, 2, "(ref.array)"},
        {OBJECTS "(assert_return (invoke \"i\") (ref.i31)) (assert_return (invoke \"i\") (ref.any))", 3, 0, 0, 0, ""},
        {OBJECTS "(assert_return (invoke \"i\") (ref.null))", 1, 1, 0, 2, "(ref.i31)"},
        {OBJECTS "(assert_return (invoke \"any\" (ref.extern 3)) (ref.eq))", 1, 1, 0, 2, "(ref.host)"},
    };
    CHECK_ALL(rows);
}

static void test_nan_patterns_look_at_what_is_fixed_of_a_nan(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const -nan)) (f32.const nan:canonical))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const nan:0x600000)) (f32.const nan:arithmetic))", 2, 0, 0, 0,
         ""},
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const nan:0x600000)) (f32.const nan:canonical))", 1, 1, 0, 2,
         "nan:0x600000"},
        {FUNCTIONS "(assert_return (invoke \"f\" (f32.const nan:0x200000)) (f32.const nan:arithmetic))", 1, 1, 0, 2,
         "nan:0x200000"},
        {FUNCTIONS "(assert_return (invoke \"d\" (f64.const nan)) (f64.const nan:canonical))", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_return (invoke \"d\" (f64.const nan:0x4000000000000)) (f64.const nan:arithmetic))", 1, 1,
         0, 2, "nan:0x4000000000000"},
        {FUNCTIONS "(assert_return (invoke \"d\" (f64.const inf)) (f64.const nan:arithmetic))", 1, 1, 0, 2, "inf"},
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const 0)) (i32.const nan:canonical))", 1, 1, 0, 2,
         "nan:canonical"},
    };
    CHECK_ALL(rows);
}

static void test_either_wants_one_of_several(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const 2)) (either (i32.const 1) (i32.const 2)))", 2, 0, 0, 0,
         ""},
        {FUNCTIONS "(assert_return (invoke \"i\" (i32.const 3)) (either (i32.const 1) (i32.const 2)))", 1, 1, 0, 2,
         "(i32.const 3)"},
        {FUNCTIONS "(assert_return (invoke \"two\") (i32.const 1) (either (i32.const 1) (i32.const 2)))", 2, 0, 0, 0,
         ""},
    };
    CHECK_ALL(rows);
}

/* ---- Statuses -------------------------------------------------------------------------------------------------- */

static void test_assertions_want_their_own_status(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {FUNCTIONS "(assert_trap (invoke \"trap\") \"unreachable\")", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_exhaustion (invoke \"recurse\") \"call stack exhausted\")", 2, 0, 0, 0, ""},
        {FUNCTIONS "(assert_trap (invoke \"recurse\") \"unreachable\")", 1, 1, 0, 2, "exhausted"},
        {FUNCTIONS "(assert_exhaustion (invoke \"trap\") \"call stack exhausted\")", 1, 1, 0, 2, "trap: unreachable"},
        {FUNCTIONS "(assert_exception (invoke \"trap\"))", 1, 1, 0, 2, "trap: unreachable"},
        {FUNCTIONS "(assert_trap (invoke \"two\") \"unreachable\")", 1, 1, 0, 2, "ok"},
        {FUNCTIONS "(assert_trap (invoke \"nowhere\") \"unreachable\")", 1, 1, 0, 2, "no export \"nowhere\""},
        {"(assert_invalid (module (func (result i32))) \"type mismatch\")", 1, 0, 0, 0, ""},
        {"(assert_invalid (module (func)) \"type mismatch\")", 0, 1, 0, 1, "ok"},
        {"(assert_malformed (module quote \"(func\") \"unexpected token\")", 1, 0, 0, 1, ""},
        {"(assert_malformed (module quote \"(func)\") \"unexpected token\")", 0, 1, 0, 1, "ok"},
        {"(assert_malformed (module binary \"\\00asm\\01\\00\\00\") \"unexpected end\")", 1, 0, 0, 0, ""},
        {"(assert_invalid (module binary \"\\00asm\\02\\00\\00\\00\") \"type mismatch\")", 0, 1, 0, 1, "malformed"},
        {"(assert_unlinkable (module (import \"a\" \"b\" (func))) \"unknown import\")", 1, 0, 0, 0, ""},
        {"(assert_unlinkable (module (import \"spectest\" \"print_i32\" (func))) \"incompatible import type\")", 1, 0,
         0, 0, ""},
        {"(assert_unlinkable (module (import \"spectest\" \"print\" (func))) \"incompatible import type\")", 0, 1, 0,
         1, "ok"},
        {"(assert_trap (module (func $f unreachable) (start $f)) \"unreachable\")", 1, 0, 0, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expectation row = rows[i];
        pirn_wast_report *report = run_as("test.wast", row.script);
        pirn_wast_counts counts = pirn_wast_report_counts(report);
        pirn_wast_file file = pirn_wast_report_file(report, 0);
        if (counts.passed != row.passed || counts.failed != row.failed)
            fail_msg("%s: %s", row.script, file.event_count > 0 ? file.events[0].actual : "passed");
        for (size_t j = 0; j < file.event_count; j++) {
            if (file.events[j].outcome != PIRN_WAST_NOTE) {
                assert_int_equal(file.events[j].line, row.line);
                assert_non_null(strstr(file.events[j].actual, row.actual));
            }
        }
        pirn_wast_report_free(report);
    }
}

static void test_another_message_is_a_note_and_no_failure(void **state)
{
    (void)state;
    pirn_wast_report *report = run_as("test.wast", FUNCTIONS "(assert_trap (invoke \"trap\") \"integer overflow\")");
    pirn_wast_file file = pirn_wast_report_file(report, 0);
    assert_int_equal(file.counts.passed, 2);
    assert_int_equal(file.event_count, 1);
    assert_int_equal(file.events[0].outcome, PIRN_WAST_NOTE);
    assert_string_equal(file.events[0].command, "assert_trap (invoke \"trap\")");
    assert_string_equal(file.events[0].expected, "trap: integer overflow");
    assert_string_equal(file.events[0].actual, "trap: unreachable");
    pirn_wast_report_free(report);
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

#define COUNTER                                                                \
    "(module definition $M (global $g (export \"g\") (mut i32) (i32.const 0))" \
    " (func (export \"next\") (result i32)"                                    \
    "  (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))\n"

static void test_modules_definitions_and_instances_have_names(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {COUNTER
         "(module instance $a $M) (module instance $b $M) (assert_return (invoke $a \"next\") (i32.const 1))"
         "(assert_return (invoke $a \"next\") (i32.const 2)) (assert_return (invoke $b \"next\") (i32.const 1))"
         "(assert_return (get $a \"g\") (i32.const 2))",
         7, 0, 0, 0, ""},
        {COUNTER "(module instance) (assert_return (invoke \"next\") (i32.const 1))", 3, 0, 0, 0, ""},
        {COUNTER "(invoke \"next\")", 1, 1, 0, 2, "no module instance"},
        {COUNTER "(module instance $a $N)", 1, 1, 0, 2, "no module definition $N"},
        {"(module definition binary \"\\00asm\\01\\00\\00\\00\") (module instance)", 2, 0, 0, 0, ""},
        {"(module $A (func (export \"f\"))) (register \"a\") (module (import \"a\" \"f\" (func)))", 3, 0, 0, 0, ""},
        {"(module $A (func (export \"f\"))) (module) (register \"a\" $A) (module (import \"a\" \"f\" (func)))", 4, 0,
         0, 0, ""},
        {"(module $A (func (export \"f\"))) (module (import \"A\" \"f\" (func)))", 1, 1, 0, 1, "unknown import"},
        {"(register \"a\")", 0, 1, 0, 1, "no module instance"},
        {"(module quote \"(func (export \\\"f\\\"))\") (invoke \"f\")", 2, 0, 0, 0, ""},
        {"(func (export \"f\") (result i32) (i32.const 5)) (memory 1)\n(assert_return (invoke \"f\") (i32.const 5))",
         2, 0, 0, 0, ""},
    };
    CHECK_ALL(rows);
}

static void test_what_depends_on_a_failed_module_fails(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {"(module (func (export \"f\")))\n(module (func (result i32)))\n(invoke \"f\")", 1, 2, 0, 2, "invalid"},
        {"(module $A (func (result i32)))\n(register \"a\" $A)\n"
         "(assert_unlinkable (module (import \"a\" \"b\" (func))) \"unknown import\")",
         0, 3, 0, 1, "invalid"},
    };
    CHECK_ALL(rows);
}

/* ---- Threads --------------------------------------------------------------------------------------------------- */

#define SHARED_MEMORY "(module $M (memory (export \"m\") 1 1 shared))\n"

static void test_threads_share_the_memories_that_they_are_given_and_nothing_else(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {SHARED_MEMORY "(thread $t (shared (module $M)) (register \"a\" $M)"
                       " (module (import \"a\" \"m\" (memory 1 1 shared))"
                       "  (func (export \"f\") (i32.atomic.store (i32.const 0) (i32.const 7))))"
                       " (invoke \"f\"))\n"
                       "(wait $t) (register \"a\" $M)"
                       "(module (import \"a\" \"m\" (memory 1 1 shared))"
                       " (func (export \"g\") (result i32) (i32.load (i32.const 0))))"
                       "(assert_return (invoke \"g\") (i32.const 7))",
         9, 0, 0, 0, ""},
        {SHARED_MEMORY "(register \"a\" $M) (thread $t (shared (module $M))\n"
                       " (module (import \"a\" \"m\" (memory 1 1 shared)))) (wait $t)",
         4, 1, 0, 3, "unknown import"},
        {SHARED_MEMORY "(thread $t\n (register \"a\" $M))", 2, 1, 0, 3, "no module instance"},
        {"(module $M (func (export \"f\")))\n(thread $t (shared (module $M)) (register \"a\" $M)\n"
         " (module (import \"a\" \"f\" (func)))\n (invoke $M \"f\"))",
         3, 2, 0, 3, "another thread"},
        {"(thread $t (module) (thread $u (module)) (wait $u)) (wait $t)", 6, 0, 0, 0, ""},
        {"(thread $t)\n(wait $u)\n(wait $t)\n(wait $t)", 2, 2, 0, 2, "no thread $u"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_as("spec/proposals/threads-full/test.wast", &rows[i]);
}

/* ---- Scripts --------------------------------------------------------------------------------------------------- */

static void test_a_command_that_is_not_understood_fails_and_the_next_one_runs(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {"(module)\n(dance (with \"me\"))\n(module)", 2, 1, 0, 2, "dance"},
        {"(module)\n(assert_return (invoke \"f\" (i32.const 1_)))\n(module)", 2, 1, 0, 2, "1_"},
        {"(module)\nnoise\n(module)", 2, 1, 0, 2, "noise"},
        {"(module)\n(module", 1, 1, 0, 2, ""},
        {"", 0, 0, 0, 0, ""},
    };
    CHECK_ALL(rows);
}

static void test_deep_nesting_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    char *script = malloc(DEPTH * 12 + 100), *at = script;
    for (size_t i = 0; i < DEPTH; i++)
        at += sprintf(at, "(thread $t ");
    expectation nested = {script, 0, 1, 0, 1, "too deeply"};
    memset(at, ')', DEPTH);
    at[DEPTH] = '\0';
    check_as("test.wast", &nested);
    at = script + sprintf(script, "(assert_return (invoke \"f\") ");
    for (size_t i = 0; i < DEPTH; i++)
        at += sprintf(at, "(either ");
    memset(at, ')', DEPTH);
    strcpy(at + DEPTH, ")");
    check_as("test.wast", &nested);
    free(script);
}

static void test_suspensions_and_exceptions_are_no_other_traps(void **state)
{
    (void)state;
    static const char module[] =
        "(module (tag $t) (func (export \"s\") (suspend $t)) (func (export \"e\") (throw $t))"
        "(func (export \"u\") unreachable))\n";
    static const struct {
        const char *command;
        size_t passed;
    } rows[] = {
        {"(assert_suspension (invoke \"s\") \"unhandled\")", 2},
        {"(assert_suspension (invoke \"e\") \"unhandled\")", 1},
        {"(assert_suspension (invoke \"u\") \"unhandled\")", 1},
        {"(assert_exception (invoke \"s\"))", 1},
        {"(assert_exception (invoke \"e\"))", 2},
        {"(assert_trap (invoke \"s\") \"unhandled\")", 1},
        {"(assert_trap (invoke \"u\") \"unreachable\")", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char script[512];
        snprintf(script, sizeof script, "%s%s", module, rows[i].command);
        expectation row = {script, rows[i].passed, 2 - rows[i].passed, 0, rows[i].passed == 2 ? 0 : 2, ""};
        check_as("spec/proposals/stack-switching/test.wast", &row);
    }
}

/* ---- Files ----------------------------------------------------------------------------------------------------- */

typedef struct folder {
    char path[64];
    char script[128], known[128];
} folder;

static void write_file(const char *path, const char *content)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(content, out);
    assert_int_equal(fclose(out), 0);
}

static int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    strcpy(f->path, "/tmp/pirn-wast-XXXXXX");
    if (mkdtemp(f->path) == NULL)
        return -1;
    snprintf(f->script, sizeof f->script, "%s/a.wast", f->path);
    snprintf(f->known, sizeof f->known, "%s/known.txt", f->path);
    write_file(f->script,
               FUNCTIONS "(assert_return (invoke \"two\"))\n(assert_return (invoke \"trap\"))\n(module)\n");
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    folder *f = *state;
    unlink(f->script);
    unlink(f->known);
    rmdir(f->path);
    free(f);
    return 0;
}

static pirn_wast_counts run_with(const folder *f, const pirn_wast_options *options)
{
    pirn_wast_report *report;
    pirn_error *error = pirn_error_new(NULL);
    const char *path = f->path;
    assert_int_equal(pirn_wast_run(options, &path, 1, &report, error), PIRN_OK);
    pirn_wast_counts counts = pirn_wast_report_counts(report);
    pirn_wast_report_free(report);
    pirn_error_free(error);
    return counts;
}

static pirn_wast_counts run_folder(const folder *f, unsigned jobs, const char *known)
{
    if (known != NULL)
        write_file(f->known, known);
    pirn_wast_options options = {.jobs = jobs, .timeout_s = 60, .expected_failures = known != NULL ? f->known : NULL};
    return run_with(f, &options);
}

static void test_processes_report_what_one_process_reports(void **state)
{
    for (unsigned jobs = 0; jobs < 3; jobs++) {
        pirn_wast_counts counts = run_folder(*state, jobs, NULL);
        assert_int_equal(counts.passed, 2);
        assert_int_equal(counts.failed, 2);
        assert_int_equal(counts.skipped, 0);
    }
}

static void test_expected_failures_are_skipped_and_unexpected_passes_fail(void **state)
{
    static const struct {
        const char *known;
        uint64_t passed, failed, skipped;
    } rows[] = {
        {"# none\n", 2, 2, 0},
        {"a.wast:2 known\na.wast:3 known, too\n", 2, 0, 2},
        {"a.wast:2 known\n", 2, 1, 1},
        {"a.wast everything\n", 2, 0, 2},
        {"a.wast:4 this one passes\na.wast the others\n", 2, 1, 2},
        {"other.wast:2 not run\n", 2, 2, 0},
        {"ba.wast:2 another file\n", 2, 2, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        pirn_wast_counts counts = run_folder(*state, 0, rows[i].known);
        assert_int_equal(counts.passed, rows[i].passed);
        assert_int_equal(counts.failed, rows[i].failed);
        assert_int_equal(counts.skipped, rows[i].skipped);
    }
}

/* Nothing is executed: neither what would fail, nor the modules that are not valid. */
static void test_a_round_trip_is_of_valid_modules_alone(void **state)
{
    const folder *f = *state;
    write_file(f->script, "(module $m (func $f (export \"f\") (result i32) (i32.const 1)))\n"
                          "(assert_return (invoke \"f\") (i32.const 2))\n"
                          "(assert_invalid (module (func (result i32))) \"type mismatch\")\n"
                          "(assert_malformed (module quote \"(func\") \"unexpected token\")\n"
                          "(module binary \"\\00asm\\01\\00\\00\\00\" \"\\00\\81\\80\\00\\00\")\n"
                          "(assert_unlinkable (module (import \"no\" \"no\" (func))) \"unknown import\")\n"
                          "(thread $t (module definition (memory 1)))\n(wait $t)\n");
    for (unsigned jobs = 0; jobs < 2; jobs++) {
        pirn_wast_counts counts = run_with(f, &(pirn_wast_options){.jobs = jobs, .round_trip = true});
        assert_int_equal(counts.passed, 4);
        assert_int_equal(counts.failed + counts.skipped, 0);
    }
}

static void test_paths_that_cannot_be_run_are_refused(void **state)
{
    folder *f = *state;
    pirn_wast_report *report;
    pirn_error *error = pirn_error_new(NULL);
    pirn_wast_options options = {.jobs = 0};
    const char *path = "/nowhere/at/all.wast";
    assert_int_equal(pirn_wast_run(&options, &path, 1, &report, error), PIRN_IO);
    assert_non_null(strstr(pirn_error_message(error), path));
    pirn_error_clear(error);
    unlink(f->script);
    path = f->path;
    assert_int_equal(pirn_wast_run(&options, &path, 1, &report, error), PIRN_USAGE);
    pirn_error_clear(error);
    write_file(f->known, "a.wast:3\n");
    options.expected_failures = f->known;
    assert_int_equal(pirn_wast_run(&options, &path, 1, &report, error), PIRN_USAGE);
    assert_non_null(strstr(pirn_error_message(error), "needs its reason"));
    pirn_error_free(error);
}

#define COMPONENT                                                                                               \
    "(component definition $C"                                                                                  \
    "  (core module $m"                                                                                         \
    "    (func (export \"id\") (param i32) (result i32) (local.get 0))"                                         \
    "    (func (export \"f\") (param f32) (result f32) (local.get 0))"                                          \
    "    (func (export \"pair\") (param i32 i32) (result i32) (local.get 1))"                                   \
    "    (func (export \"trap\") (unreachable)))"                                                               \
    "  (core instance $i (instantiate $m))"                                                                     \
    "  (func (export \"s8\") (param \"x\" s8) (result s8) (canon lift (core func $i \"id\")))"                  \
    "  (func (export \"char\") (param \"x\" char) (result char) (canon lift (core func $i \"id\")))"            \
    "  (func (export \"float\") (param \"x\" f32) (result f32) (canon lift (core func $i \"f\")))"              \
    "  (type $e (enum \"a\" \"b\")) (export $e2 \"e\" (type $e))"                                               \
    "  (type $f (flags \"r\" \"w\")) (export $f2 \"fl\" (type $f))"                                             \
    "  (type $r (record (field \"x\" u8) (field \"y\" bool))) (export $r2 \"r\" (type $r))"                     \
    "  (func (export \"enum\") (param \"x\" $e2) (result $e2) (canon lift (core func $i \"id\")))"              \
    "  (func (export \"flags\") (param \"x\" $f2) (result $f2) (canon lift (core func $i \"id\")))"             \
    "  (func (export \"option\") (param \"x\" (option u8)) (result bool) (canon lift (core func $i \"pair\")))" \
    "  (func (export \"y\") (param \"x\" $r2) (result bool) (canon lift (core func $i \"pair\")))"              \
    "  (func (export \"trap\") (canon lift (core func $i \"trap\"))))"                                          \
    "(component instance $i $C)"

static void test_components_are_instantiated_and_called(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {COMPONENT "(assert_return (invoke \"s8\" (s8.const -1)) (s8.const -1))", 3, 0, 0, 0, NULL},
        {COMPONENT "(assert_return (invoke $i \"char\" (char.const \"\\u{263a}\")) (char.const \"\\u{263a}\"))", 3, 0,
         0, 0, NULL},
        {COMPONENT "(assert_return (invoke \"float\" (f32.const nan:0x200000)) (f32.const nan:canonical))", 3, 0, 0,
         0, NULL},
        {COMPONENT "(assert_return (invoke \"enum\" (enum.const \"b\")) (enum.const \"b\"))", 3, 0, 0, 0, NULL},
        {COMPONENT "(assert_return (invoke \"flags\" (flags.const \"w\")) (flags.const \"w\"))", 3, 0, 0, 0, NULL},
        {COMPONENT "(assert_return (invoke \"option\" (option.some (u8.const 1))) (bool.const true))", 3, 0, 0, 0,
         NULL},
        {COMPONENT "(assert_return (invoke \"option\" (option.none)) (bool.const false))", 3, 0, 0, 0, NULL},
        {COMPONENT
         "(assert_return (invoke \"y\" (record.const (field \"x\" (u8.const 0)) (field \"y\" bool.const true)))"
         "(bool.const true))",
         3, 0, 0, 0, NULL},
        {COMPONENT "(assert_trap (invoke \"trap\") \"unreachable\")"
                   "(assert_trap (invoke \"trap\") \"cannot enter component instance\")"
                   "(component instance $j $C) (assert_return (invoke $j \"s8\" (s8.const 1)) (s8.const 1))",
         6, 0, 0, 0, NULL},
        {"(assert_invalid (component (type (tuple))) \"\")", 1, 0, 0, 0, NULL},
        {"(assert_malformed (component quote \"(type (tuple)\") \"\")", 1, 0, 0, 0, NULL},
        {"(assert_malformed (component binary \"\\00asm\") \"\")", 1, 0, 0, 0, NULL},
        {"(assert_unlinkable (component (import \"a\" (func))) \"\")", 1, 0, 0, 0, NULL},
        {"(assert_trap (component (core module $m (func $f (unreachable)) (start $f))"
         "(core instance (instantiate $m))) \"unreachable\")",
         1, 0, 0, 0, NULL},
    };
    CHECK_ALL(rows);
}

static void test_wrong_values_of_components_are_told(void **state)
{
    (void)state;
    static const expectation rows[] = {
        {COMPONENT "(assert_return (invoke \"s8\" (s8.const 1)) (s8.const 2))", 2, 1, 0, 1, "1"},
        {COMPONENT "(assert_return (invoke \"s8\" (s8.const 1)) (u8.const 1))", 2, 1, 0, 1, "1"},
        {COMPONENT "(assert_return (invoke \"s8\" (s8.const 1)))", 2, 1, 0, 1, "1"},
        {COMPONENT "(invoke \"s8\" (u8.const 1))", 2, 1, 0, 1, "parameter 0 is of type s8"},
        {COMPONENT "(invoke \"s8\" (s8.const 300))", 2, 1, 0, 1, "expected a number that fits"},
        {COMPONENT "(invoke \"s8\")", 2, 1, 0, 1, "the function has 1 parameters"},
        {COMPONENT "(invoke \"enum\" (enum.const \"c\"))", 2, 1, 0, 1, "parameter 0 is of type"},
        {COMPONENT "(invoke \"char\" (char.const \"ab\"))", 2, 1, 0, 1, "parameter 0 is of type char"},
        {COMPONENT "(invoke \"none\")", 2, 1, 0, 1, "there is no export \"none\" that is a func"},
        {COMPONENT "(get \"s8\")", 2, 1, 0, 1, "a component has no globals"},
        {"(component (type u9))", 0, 1, 0, 1, "unexpected token u9, expected a type (at 1:18)"},
    };
    CHECK_ALL(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_components_are_instantiated_and_called),
        cmocka_unit_test(test_wrong_values_of_components_are_told),
        cmocka_unit_test(test_results_that_come_as_expected_pass),
        cmocka_unit_test(test_other_results_fail_with_their_line),
        cmocka_unit_test(test_references_are_told_by_what_they_are),
        cmocka_unit_test(test_nan_patterns_look_at_what_is_fixed_of_a_nan),
        cmocka_unit_test(test_either_wants_one_of_several),
        cmocka_unit_test(test_assertions_want_their_own_status),
        cmocka_unit_test(test_another_message_is_a_note_and_no_failure),
        cmocka_unit_test(test_modules_definitions_and_instances_have_names),
        cmocka_unit_test(test_what_depends_on_a_failed_module_fails),
        cmocka_unit_test(test_threads_share_the_memories_that_they_are_given_and_nothing_else),
        cmocka_unit_test(test_a_command_that_is_not_understood_fails_and_the_next_one_runs),
        cmocka_unit_test(test_deep_nesting_is_refused),
        cmocka_unit_test(test_suspensions_and_exceptions_are_no_other_traps),
        cmocka_unit_test_setup_teardown(test_processes_report_what_one_process_reports, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_expected_failures_are_skipped_and_unexpected_passes_fail, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_a_round_trip_is_of_valid_modules_alone, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_paths_that_cannot_be_run_are_refused, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
