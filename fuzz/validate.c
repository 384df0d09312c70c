/* SPDX-License-Identifier: Apache-2.0 */
/* Validating whatever decodes. A body on its own must be judged as it was in the whole. */
#include "fuzz/fuzz.h"
#include "vm/binary/decode.h"
#include "vm/valid/valid.h"

static void check_bodies_again(const vm_module *m, pirn_error *error)
{
    vm_validator *v = vm_validator_new(m, pirn_allocator_default(), error);
    fuzz_check(v != NULL);
    for (uint32_t i = m->funcs.len; i > m->imported_funcs; i--)
        fuzz_check(vm_validate_func(v, i - 1) == PIRN_OK);
    vm_validator_free(v);
}

static void validate(vm_module *m, size_t size, pirn_error *error)
{
    pirn_status status = vm_validate_module(m, pirn_allocator_default(), error);
    if (status == PIRN_OK)
        status = vm_validate_bodies(m, pirn_allocator_default(), NULL, error);
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK)
        check_bodies_again(m, error);
    else
        fuzz_check(pirn_error_offset(error) <= size && pirn_error_message(error)[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vm_module m;
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(error != NULL);
    if (vm_decode(&m, data, size, 0, UINT32_MAX, pirn_allocator_default(), error) == PIRN_OK) {
        validate(&m, size, error);
        vm_module_done(&m);
    }
    pirn_error_free(error);
    return 0;
}
