/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what the parser accepts is a module that the decoder can tell about. */
#include "fuzz/fuzz.h"
#include "vm/binary/decode.h"
#include "vm/text/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vm_lexer lexer;
    vm_writer out;
    vm_module module;
    pirn_error error;
    base_error_init(&error);
    vm_lexer_init(&lexer, (pirn_str){(const char *)data, size}, vm_text_keeps_annotation, &error);
    vm_writer_init(&out, pirn_allocator_default());
    if (vm_text_parse_module(&lexer, &out) == PIRN_OK) {
        pirn_status status = vm_decode(&module, out.data, out.len, 0, ~0u, pirn_allocator_default(), &error);
        if (status == PIRN_OK)
            vm_module_done(&module);
    }
    vm_writer_done(&out);
    return 0;
}
