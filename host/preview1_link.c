/* SPDX-License-Identifier: Apache-2.0 */
/* Core modules that import preview 1: their imports, and running them. */
#include "host/preview1.h"
#include "host/sigpipe.h"
#include "vm/base/error.h"
#include <stdio.h>

#define MODULE_NAME "wasi_snapshot_preview1"

/* ---- Imports --------------------------------------------------------------------------------------------------- */

static const host_p1_row *find_row(const pirn_import *import)
{
    if (import->type.kind != PIRN_EXTERN_FUNC || !pirn_str_eq(import->module, PIRN_STR(MODULE_NAME)))
        return NULL;
    for (size_t i = 0; i < HOST_P1_ROWS; i++) {
        if (pirn_str_eq(import->name, pirn_str_of(host_p1_rows[i].name)))
            return &host_p1_rows[i];
    }
    return NULL;
}

/* Appends to a text that may end early. */
static void add_text(char *text, size_t size, size_t *len, const char *separator, const pirn_import *import)
{
    int more =
        snprintf(text + *len, size - *len, "%s%s %.*s.%.*s", separator, pirn_extern_kind_name(import->type.kind),
                 PIRN_STR_ARG(import->module), PIRN_STR_ARG(import->name));
    *len = more < 0 || (size_t)more >= size - *len ? size - 1 : *len + (size_t)more;
}

/* Names all that is missing, as far as a sentence holds it. */
static pirn_status fail_missing(const pirn_module *module, pirn_error *error)
{
    char names[1024] = "";
    size_t len = 0, count = 0;
    bool has_unstable = false;
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        if (find_row(&import) != NULL)
            continue;
        if (len < sizeof names - 1)
            add_text(names, sizeof names, &len, count == 0 ? "" : ", ", &import);
        has_unstable = has_unstable || pirn_str_eq(import.module, PIRN_STR("wasi_unstable"));
        count++;
    }
    return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET,
                     "%zu %s missing: %s; modules get the functions of " MODULE_NAME "%s", count,
                     count == 1 ? "import is" : "imports are", names,
                     has_unstable ? ", not those of its draft wasi_unstable" : "");
}

static size_t types_of(const char *letters, pirn_valtype out[16])
{
    size_t count = 0;
    for (; letters[count] != '\0'; count++)
        out[count] = letters[count] == 'i' ? PIRN_I32 : PIRN_I64;
    return count;
}

static pirn_status new_func(pirn_store *store, host_p1 *guest, const host_p1_row *row, pirn_extern *out,
                            pirn_error *error)
{
    pirn_valtype params[16], results[16];
    size_t param_count = types_of(row->params, params), result_count = types_of(row->results, results);
    const pirn_functype *type =
        pirn_functype_new(pirn_store_engine(store), params, param_count, results, result_count);
    if (type == NULL)
        return base_nomem(error);
    out->kind = PIRN_EXTERN_FUNC;
    return pirn_func_new(store, type, host_p1_enter, &guest->bindings[row - host_p1_rows], NULL, &out->func, error);
}

static pirn_status resolve(const pirn_module *module, pirn_store *store, host_p1 *guest, pirn_extern *imports,
                           pirn_error *error)
{
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        const host_p1_row *row = find_row(&import);
        if (row == NULL)
            return fail_missing(module, error);
        PIRN_TRY(new_func(store, guest, row, &imports[i], error));
    }
    return PIRN_OK;
}

/* ---- Instances ------------------------------------------------------------------------------------------------- */

/* Calls what takes nothing and gives nothing, and does not wait. */
static pirn_status call_at_once(pirn_store *store, pirn_func *func, pirn_error *error)
{
    return func == NULL ? PIRN_OK : pirn_invoke(store, NULL, func, NULL, NULL, error);
}

/* The exported function of that name without parameters and results; NULL: there is none. */
static pirn_func *find_plain(const pirn_instance *instance, pirn_str name)
{
    pirn_extern found;
    if (!pirn_instance_find(instance, name, &found) || found.kind != PIRN_EXTERN_FUNC)
        return NULL;
    const pirn_functype *type = pirn_func_type(found.func);
    bool is_plain = pirn_functype_param_slots(type) == 0 && pirn_functype_result_slots(type) == 0;
    return is_plain ? found.func : NULL;
}

static pirn_status instantiate(const pirn_module *module, pirn_store *store, host_context *context,
                               pirn_instance **out, pirn_error *error)
{
    base_arena arena;
    base_arena_init(&arena, context->host->allocator);
    size_t count = pirn_module_import_count(module);
    host_p1 *guest = host_p1_of(context);
    pirn_extern *imports = base_arena_array(&arena, count, sizeof *imports);
    pirn_status status = guest != NULL && imports != NULL ? PIRN_OK : base_nomem(error);
    if (status == PIRN_OK)
        status = resolve(module, store, guest, imports, error);
    if (status == PIRN_OK)
        status = pirn_instance_new(store, module, imports, count, out, error);
    base_arena_done(&arena);
    return status;
}

static bool is_command(const pirn_module *module)
{
    return pirn_module_find_export(module, PIRN_STR("_start")) != SIZE_MAX;
}

/* With everything that comes before a command's `_start`, or before the first call into a reactor. */
static pirn_status prepare(const pirn_module *module, pirn_store *store, host_context *context, pirn_instance **out,
                           pirn_error *error)
{
    PIRN_TRY(instantiate(module, store, context, out, error));
    PIRN_TRY(call_at_once(store, pirn_instance_start(*out), error));
    pirn_func *initialize = is_command(module) ? NULL : find_plain(*out, PIRN_STR("_initialize"));
    return call_at_once(store, initialize, error);
}

static pirn_status prepare_within(pirn_host *host, const pirn_module *module, pirn_store *store,
                                  host_context *context, uint64_t deadline_ns, pirn_instance **out, pirn_error *error)
{
    host_watch watch = {0};
    if (!host_watchdog_add(&host->watchdog, &watch, store, deadline_ns))
        return base_nomem(error);
    host_sigpipe guard = host_sigpipe_block();
    pirn_status status = prepare(module, store, context, out, error);
    host_sigpipe_unblock(&guard);
    host_watchdog_remove(&host->watchdog, &watch);
    return status;
}

pirn_status pirn_host_instantiate_module(pirn_host *host, const pirn_module *module, pirn_store *store,
                                         host_context *context, uint64_t timeout_ns, pirn_instance **out,
                                         pirn_error *error)
{
    return prepare_within(host, module, store, context, host_deadline(timeout_ns), out, error);
}

/* ---- Commands -------------------------------------------------------------------------------------------------- */

typedef struct ending {
    pirn_status status;
    pirn_error *error; /* the embedder's; may be NULL */
} ending;

static void note_ending(void *user, pirn_status status, const pirn_error *error)
{
    ending *end = user;
    end->status = status;
    if (status != PIRN_OK)
        pirn_error_copy(end->error, error);
}

static pirn_status call_start(pirn_host *host, const pirn_instance *instance, pirn_store *store, uint64_t deadline_ns,
                              pirn_error *error)
{
    pirn_func *start = find_plain(instance, PIRN_STR("_start"));
    if (start == NULL)
        return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET,
                         "the export _start is not a function without parameters and results");
    pirn_call *call = pirn_call_new(store);
    if (call == NULL)
        return base_nomem(error);
    ending end = {.error = error};
    uint64_t now = host_now();
    uint64_t timeout_ns = deadline_ns == UINT64_MAX ? PIRN_NO_TIMEOUT : deadline_ns > now ? deadline_ns - now : 0;
    pirn_status status = pirn_host_start_call(host, call, start, NULL, timeout_ns, note_ending, &end, error);
    if (status == PIRN_OK) {
        pirn_host_run(host);
        status = end.status;
    }
    pirn_call_free(call);
    return status;
}

pirn_status pirn_host_run_module(pirn_host *host, const pirn_module *module, pirn_store *store, host_context *context,
                                 uint64_t timeout_ns, int *exit_code, pirn_error *error)
{
    uint64_t deadline_ns = timeout_ns == PIRN_NO_TIMEOUT ? UINT64_MAX : host_saturating_add(host_now(), timeout_ns);
    pirn_instance *instance;
    if (!is_command(module))
        return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET,
                         "the module does not export a function _start: it is not a command");
    pirn_status status = prepare_within(host, module, store, context, deadline_ns, &instance, error);
    if (status == PIRN_OK)
        status = call_start(host, instance, store, deadline_ns, error);
    if (status == PIRN_OK)
        *exit_code = 0;
    if (!pirn_host_context_exited(context, exit_code))
        return status;
    if (error != NULL)
        pirn_error_clear(error);
    return PIRN_OK;
}
