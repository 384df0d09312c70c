/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: what the parser accepts has the shape of a component, and the decoder can tell about it. */
#include "component/text_parse.h"
#include "fuzz/fuzz.h"
#include <pirn/component.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vm_lexer lexer;
    vm_writer out;
    pirn_error error;
    base_error_init(&error);
    vm_lexer_init(&lexer, (pirn_str){(const char *)data, size}, vm_text_keeps_annotation, &error);
    vm_writer_init(&out, pirn_allocator_default());
    if (cm_text_parse(&lexer, &out) == PIRN_OK) {
        pirn_component *component = NULL;
        pirn_engine *engine = pirn_engine_new(NULL);
        if (pirn_component_load(engine, out.data, out.len, PIRN_BYTES_BORROW, &component, &error) == PIRN_OK)
            pirn_component_free(component);
        pirn_engine_free(engine);
    }
    vm_writer_done(&out);
    return 0;
}
