/* SPDX-License-Identifier: Apache-2.0 */
/* A script from its first command to its last. */
#include "conformance/run.h"
#include <stdio.h>

static pirn_store *new_store(wast_run *run)
{
    pirn_store *store = NULL;
    if (run->pool == NULL)
        return pirn_store_new(run->engine, NULL);
    run->kind = pirn_pool_kind_new(run->pool);
    return run->kind != NULL && pirn_pool_take(run->kind, &store, NULL) == PIRN_OK ? store : NULL;
}

pirn_status wast_run_init(wast_run *run, pirn_engine *engine, pirn_pool *pool, wast_log *log)
{
    *run = (wast_run){.engine = engine, .pool = pool, .log = log, .allocator = pirn_engine_allocator(engine)};
    base_arena_init(&run->arena, run->allocator);
    run->error = pirn_error_new(run->allocator);
    run->store = new_store(run);
    run->call = run->store != NULL ? pirn_call_new(run->store) : NULL;
    if (run->call != NULL && run->error != NULL)
        return PIRN_OK;
    wast_run_done(run);
    return PIRN_NOMEM;
}

void wast_run_done(wast_run *run)
{
    for (size_t i = 0; i < run->instances.len; i++)
        pirn_component_instance_free(run->instances.data[i].component);
    pirn_call_free(run->call);
    pirn_store_free(run->store);
    pirn_pool_kind_free(run->kind);
    for (size_t i = 0; i < run->prepared.len; i++)
        pirn_prepared_free(run->prepared.data[i]);
    for (size_t i = 0; i < run->codes.len; i++) {
        pirn_module_free(run->codes.data[i].module);
        pirn_component_free(run->codes.data[i].component);
    }
    pirn_linker_free(run->linker);
    BASE_VEC_DONE(&run->prepared, run->allocator);
    BASE_VEC_DONE(&run->codes, run->allocator);
    BASE_VEC_DONE(&run->definitions, run->allocator);
    BASE_VEC_DONE(&run->instances, run->allocator);
    BASE_VEC_DONE(&run->registered, run->allocator);
    pirn_error_free(run->error);
    base_arena_done(&run->arena);
}

/* Commands of a script that as a whole needs what this build has not. */
static void skip_command(wast_run *run, const wast_command *command, const char *reason)
{
    wast_log_add(run->log, PIRN_WAST_SKIPPED, command->line, "", "", reason);
    for (size_t i = 0; i < command->body_count; i++)
        skip_command(run, &command->body[i], reason);
}

static void fail_reading(wast_run *run, uint32_t line, pirn_str what)
{
    char word[64], actual[512];
    snprintf(word, sizeof word, "%.*s", PIRN_STR_ARG(what));
    snprintf(actual, sizeof actual, "%s (at %u:%u)", pirn_error_message(run->error),
             (unsigned)pirn_error_line(run->error), (unsigned)pirn_error_column(run->error));
    wast_log_add(run->log, PIRN_WAST_FAILED, line, word, "a command", actual);
}

static void run_commands(wast_run *run, pirn_str text, bool round_trip, const char *missing)
{
    void (*const execute)(wast_run *, const wast_command *) = round_trip ? wast_round_trip : wast_execute;
    wast_reader reader;
    wast_command command;
    bool ok;
    pirn_error_clear(run->error);
    wast_reader_init(&reader, text, &run->arena, run->error);
    while (wast_read(&reader, &command, &ok)) {
        if (!ok)
            fail_reading(run, command.line, command.word);
        else if (missing[0] != '\0')
            skip_command(run, &command, missing);
        else
            execute(run, &command);
        pirn_error_clear(run->error);
    }
    if (pirn_error_status(run->error) != PIRN_OK) /* the text as a whole */
        fail_reading(run, pirn_error_line(run->error), PIRN_STR("the rest of the script"));
    wast_threads_done(run);
}

typedef struct script {
    pirn_str text;
    const wast_baseline *baseline;
    const pirn_wast_options *options;
    wast_log *log;
} script;

static pirn_status run_once(const script *s, pirn_engine *engine, pirn_pool *pool)
{
    char missing[64];
    pirn_str name = wast_baseline_missing(s->baseline);
    snprintf(missing, sizeof missing, "%.*s", (int)name.len, name.data);
    wast_run run;
    PIRN_TRY(wast_run_init(&run, engine, pool, s->log));
    run.absent_features = wast_baseline_absent(s->baseline);
    run_commands(&run, s->text, s->options->round_trip, missing);
    wast_run_done(&run);
    return PIRN_OK;
}

static pirn_status run_pooled(const script *s, pirn_engine *engine)
{
    pirn_pool *pool = pirn_pool_new(engine, NULL);
    pirn_status status = pool == NULL ? PIRN_NOMEM : run_once(s, engine, pool);
    if (status == PIRN_OK)
        status = run_once(s, engine, pool);
    pirn_pool_free(pool);
    return status;
}

pirn_status wast_run_script(const char *path, pirn_str text, const pirn_wast_options *options, wast_log *log,
                            pirn_error *error)
{
    script s = {text, wast_baseline_of(path), options, log};
    pirn_config config = pirn_config_default();
    config.features = wast_baseline_features(s.baseline);
    /* Scripts of components use gated features beside released ones, but for names that the released grammar refuses. */
    config.component_features = pirn_component_features_supported() & ~(uint32_t)PIRN_COMPONENT_NESTED_NAMES;
    if (options->configure != NULL)
        options->configure(&config, options->user);
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_status status = PIRN_NOMEM;
    if (engine != NULL)
        status = options->pooled ? run_pooled(&s, engine) : run_once(&s, engine, NULL);
    pirn_engine_free(engine);
    if (status != PIRN_OK || log->failed)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    return PIRN_OK;
}
