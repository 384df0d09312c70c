/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding any bytes: with all features, then with those that the first byte chooses. */
#include "vm/binary/decode.h"
#include "fuzz/fuzz.h"

static void check_sections(const vm_module *m, size_t size)
{
    for (uint32_t i = 0; i < m->sections.len; i++) {
        const pirn_section *section = &m->sections.data[i];
        fuzz_check(section->offset <= size && section->size <= size - section->offset);
    }
}

static void check_ranges(const vm_module *m)
{
    for (uint32_t i = 0; i < m->funcs.len; i++) {
        const vm_range body = m->funcs.data[i].body;
        fuzz_check(body.start <= body.end);
        fuzz_check(body.start == body.end || (body.start >= m->bytes.start && body.end <= m->bytes.end));
    }
}

static void decode(const uint8_t *data, size_t size, uint32_t features)
{
    vm_module m;
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(error != NULL);
    pirn_status status = vm_decode(&m, data, size, 0, features, pirn_allocator_default(), error);
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK) {
        check_sections(&m, size);
        check_ranges(&m);
        vm_module_done(&m);
    } else {
        fuzz_check(pirn_error_offset(error) <= size);
        fuzz_check(pirn_error_message(error)[0] != '\0');
    }
    pirn_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(data, size, UINT32_MAX);
    if (size > 0)
        decode(data + 1, size - 1, data[0]);
    return 0;
}
