/* SPDX-License-Identifier: Apache-2.0 */
/* From a module of a script to an instance: assembled if it is text, loaded, its imports resolved, started. */
#include "component/text_parse.h"
#include "conformance/run.h"
#include <string.h>

/* "x is not supported yet": x, in the run's arena; else "". */
static const char *unsupported(wast_run *run)
{
    static const char *const phrases[] = {" is not supported yet", " are not supported yet"};
    const char *message = pirn_error_message(run->error);
    for (size_t i = 0; i < BASE_COUNT(phrases); i++) {
        const char *at = strstr(message, phrases[i]);
        pirn_str name = {message, at != NULL ? (size_t)(at - message) : 0};
        if (at != NULL && (name = base_arena_copy(&run->arena, name)).data != NULL)
            return name.data;
    }
    return "";
}

pirn_status wast_note_absence(wast_run *run, pirn_status status)
{
    const char *feature = wast_missing_feature(run->error, run->absent_features);
    if (status != PIRN_OK && feature[0] == '\0')
        feature = unsupported(run);
    if (status == PIRN_OK || run->absence.line != 0 || feature[0] == '\0')
        return status;
    run->absence = (wast_absence){.feature = feature, .line = UINT32_MAX};
    return PIRN_USAGE;
}

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* Lines and columns of errors are to be the script's. */
static void move_place(vm_place *place, const wast_module *source)
{
    if (place->line_start == source->content.data)
        place->line_start = source->line_start;
    place->line += source->line - 1;
}

static pirn_status assemble_text(wast_run *run, const wast_module *source, vm_writer *out)
{
    vm_lexer lexer;
    vm_lexer_init(&lexer, source->content, vm_text_keeps_annotation, run->error);
    if (source->form == WAST_QUOTE && !source->is_component)
        return vm_text_parse_module(&lexer, out);
    if (source->form != WAST_QUOTE) {
        move_place(&lexer.token.gap, source);
        move_place(&lexer.token.start, source);
        move_place(&lexer.pos, source);
    }
    pirn_status status =
        (source->is_component ? cm_text_parse_fields : vm_text_parse_fields)(&lexer, source->id, out);
    return status == PIRN_OK && lexer.token.kind != VM_TOKEN_END ? vm_lexer_unexpected(&lexer, "a field") : status;
}

pirn_status wast_assemble(wast_run *run, const wast_module *source, vm_writer *out)
{
    pirn_status status = PIRN_OK;
    if (source->form == WAST_BINARY)
        vm_writer_bytes(out, source->content.data, source->content.len);
    else
        status = assemble_text(run, source, out);
    return status == PIRN_OK && out->failed ? pirn_error_set(run->error, PIRN_NOMEM, "out of memory") : status;
}

static pirn_status load_bytes(wast_run *run, const wast_module *source, const void *bytes, size_t size,
                              pirn_bytes_use use, wast_code *out)
{
    return source->is_component ? pirn_component_load(run->engine, bytes, size, use, &out->component, run->error)
                                : pirn_module_load(run->engine, bytes, size, use, 0, &out->module, run->error);
}

static pirn_status load_text(wast_run *run, const wast_module *source, wast_code *out)
{
    vm_writer writer;
    vm_writer_init(&writer, run->allocator);
    pirn_status status = wast_assemble(run, source, &writer);
    if (status == PIRN_OK)
        status = load_bytes(run, source, writer.data, writer.len, PIRN_BYTES_COPY, out);
    vm_writer_done(&writer);
    return status;
}

pirn_status wast_load(wast_run *run, const wast_module *source, wast_code *out)
{
    *out = (wast_code){NULL, NULL};
    if (!BASE_VEC_RESERVE(&run->codes, run->allocator, 1))
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    pirn_status status = source->form == WAST_BINARY ? load_bytes(run, source, source->content.data,
                                                                  source->content.len, PIRN_BYTES_BORROW, out)
                                                     : load_text(run, source, out);
    if (status == PIRN_OK)
        run->codes.data[run->codes.len++] = *out;
    return wast_note_absence(run, status);
}

/* ---- Names ----------------------------------------------------------------------------------------------------- */

static pirn_status say_absent(wast_run *run, wast_absence absence)
{
    run->absence = absence;
    return pirn_error_set(run->error, PIRN_USAGE, "the module of line %u is not there", (unsigned)absence.line);
}

wast_definition *wast_find_definition(wast_run *run, pirn_str id)
{
    for (size_t i = run->definitions.len; i > 0; i--) {
        wast_definition *found = &run->definitions.data[i - 1];
        if (id.len > 0 && !pirn_str_eq(found->id, id))
            continue;
        if (found->code.module != NULL || found->code.component != NULL)
            return found;
        (void)say_absent(run, found->absence);
        return NULL;
    }
    pirn_error_set(run->error, PIRN_USAGE, "there is no module definition $%.*s", (int)id.len, id.data);
    return NULL;
}

wast_instance *wast_find_instance(wast_run *run, pirn_str id)
{
    for (size_t i = run->instances.len; i > 0; i--) {
        wast_instance *found = &run->instances.data[i - 1];
        if (id.len > 0 && !pirn_str_eq(found->id, id))
            continue;
        if (found->instance != NULL || found->component != NULL)
            return found;
        (void)say_absent(run, found->absence);
        return NULL;
    }
    pirn_error_set(run->error, PIRN_USAGE, "there is no module instance $%.*s", (int)id.len, id.data);
    return NULL;
}

static const wast_instance *find_registered(const wast_run *run, pirn_str name)
{
    for (size_t i = run->registered.len; i > 0; i--) {
        if (pirn_str_eq(run->registered.data[i - 1].name, name))
            return &run->registered.data[i - 1].instance;
    }
    return NULL;
}

/* ---- Instantiating --------------------------------------------------------------------------------------------- */

static pirn_status unknown_import(wast_run *run, const pirn_import *import)
{
    return pirn_error_set(run->error, PIRN_UNLINKABLE, "unknown import: \"%.*s\" \"%.*s\"", (int)import->module.len,
                          import->module.data, (int)import->name.len, import->name.data);
}

/* Of what belongs to another store, only shared memories can be had. */
static pirn_status adopt(wast_run *run, pirn_extern *object)
{
    if (object->kind != PIRN_EXTERN_MEMORY || !pirn_extern_type(object).memory.shared)
        return pirn_error_set(run->error, PIRN_UNLINKABLE, "the import belongs to another thread and is not shared");
    return pirn_memory_share(object->memory, run->store, &object->memory, run->error);
}

static pirn_status resolve(wast_run *run, const pirn_import *import, pirn_extern *out)
{
    const wast_instance *provider = find_registered(run, import->module);
    if (provider == NULL && pirn_str_eq(import->module, PIRN_STR("spectest")))
        return wast_spectest_find(run, import->name, out) ? PIRN_OK : unknown_import(run, import);
    if (provider == NULL)
        return unknown_import(run, import);
    if (provider->instance == NULL)
        return say_absent(run, provider->absence);
    if (!pirn_instance_find(provider->instance, import->name, out))
        return unknown_import(run, import);
    return provider->is_foreign ? adopt(run, out) : PIRN_OK;
}

static pirn_status resolve_all(wast_run *run, const pirn_module *module, pirn_extern *out)
{
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        PIRN_TRY(resolve(run, &import, &out[i]));
    }
    return PIRN_OK;
}

static pirn_status instantiate_module(wast_run *run, const pirn_module *module, pirn_instance **out)
{
    size_t count = pirn_module_import_count(module);
    pirn_extern *imports = base_arena_array(&run->arena, count, sizeof *imports);
    if (imports == NULL)
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    pirn_status status = resolve_all(run, module, imports);
    if (status == PIRN_OK)
        status = pirn_instance_new(run->store, module, imports, count, out, run->error);
    if (status == PIRN_OK)
        pirn_store_keep(run->store, run,
                        NULL); /* the first time, in a pool: from now on memories are copied on write */
    if (status == PIRN_OK && pirn_instance_start(*out) != NULL)
        status = pirn_call_start(run->call, pirn_instance_start(*out), NULL, run->error);
    return status;
}

pirn_status wast_instantiate(wast_run *run, const wast_code *code, wast_instance *out)
{
    pirn_status status = code->component != NULL ? wast_component_instantiate(run, code->component, &out->component)
                                                 : instantiate_module(run, code->module, &out->instance);
    return wast_note_absence(run, status);
}
