/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes are decisions of the generator: whatever they are, the module is valid and comes to the same in all ways. */
#include "fuzz/differential.h"
#include "fuzz/fuzz.h"
#include <pirn/vm.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    generate_options options = {.features = pirn_features_supported(), .with_import = true};
    free(differential_run(data, size, &options));
    return 0;
}
