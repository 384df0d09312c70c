/* SPDX-License-Identifier: Apache-2.0 */
/* Loading any bytes as a component; what loads can be looked into. */
#include "fuzz/fuzz.h"
#include <pirn/component.h>

static void look_into(const pirn_item *item)
{
    char text[256];
    if (item->func != NULL)
        pirn_component_functype_text(item->func, text, sizeof text);
    for (size_t i = 0; i < item->member_count; i++) {
        pirn_item member = pirn_item_member(item, i);
        look_into(&member);
    }
}

static void look_at_all(const pirn_component *component, size_t size)
{
    for (size_t i = 0; i < pirn_component_import_count(component); i++) {
        pirn_item item = pirn_component_import(component, i);
        look_into(&item);
    }
    for (size_t i = 0; i < pirn_component_export_count(component); i++) {
        pirn_item item = pirn_component_export(component, i);
        look_into(&item);
    }
    for (size_t i = 0; i < pirn_component_section_count(component); i++) {
        pirn_section section = pirn_component_section(component, i);
        fuzz_check(section.offset <= size && section.size <= size - section.offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(engine != NULL && error != NULL);
    pirn_component *component;
    pirn_status status = pirn_component_load(engine, data, size, PIRN_BYTES_BORROW, &component, error);
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK)
        look_at_all(component, size);
    else
        fuzz_check(pirn_error_message(error)[0] != '\0');
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    return 0;
}
