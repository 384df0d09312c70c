/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a test script: every command is read, and its modules are assembled, decoded and validated. Nothing runs, for a
 * script may run for ever.
 */
#include "conformance/script.h"
#include "fuzz/fuzz.h"
#include "vm/text/parse.h"
#include <pirn/vm.h>

static pirn_status assemble(const wast_module *module, vm_writer *out, pirn_error *error)
{
    vm_lexer lexer;
    vm_lexer_init(&lexer, module->content, vm_text_keeps_annotation, error);
    return module->form == WAST_QUOTE ? vm_text_parse_module(&lexer, out)
                                      : vm_text_parse_fields(&lexer, module->id, out);
}

static void load(pirn_engine *engine, const uint8_t *bytes, size_t size, pirn_error *error)
{
    pirn_module *module = NULL;
    pirn_status status = pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, error);
    fuzz_check((status == PIRN_OK) == (module != NULL));
    pirn_module_free(module);
}

static void check_module(pirn_engine *engine, const wast_module *module)
{
    pirn_error *error = pirn_error_new(NULL);
    vm_writer out;
    vm_writer_init(&out, pirn_allocator_default());
    if (module->form == WAST_BINARY)
        load(engine, (const uint8_t *)module->content.data, module->content.len, error);
    else if (assemble(module, &out, error) == PIRN_OK)
        load(engine, out.data, out.len, error);
    vm_writer_done(&out);
    pirn_error_free(error);
}

static void check_command(pirn_engine *engine, const wast_command *command)
{
    if (command->module.content.data != NULL)
        check_module(engine, &command->module);
    for (size_t i = 0; i < command->body_count; i++)
        check_command(engine, &command->body[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pirn_config config = pirn_config_default();
    config.features = pirn_features_supported();
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    base_arena arena;
    wast_reader reader;
    wast_command command;
    bool ok;
    base_arena_init(&arena, pirn_allocator_default());
    wast_reader_init(&reader, (pirn_str){(const char *)data, size}, &arena, error);
    while (wast_read(&reader, &command, &ok)) {
        fuzz_check(ok || pirn_error_status(error) != PIRN_OK);
        if (ok)
            check_command(engine, &command);
        pirn_error_clear(error);
    }
    base_arena_done(&arena);
    pirn_error_free(error);
    pirn_engine_free(engine);
    return 0;
}
