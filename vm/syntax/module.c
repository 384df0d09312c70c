/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about a module. */
#include "vm/syntax/module.h"

pirn_str vm_module_func_name(const vm_module *module, uint32_t func)
{
    uint32_t low = 0, high = module->func_names.len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (module->func_names.data[middle].index < func)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < module->func_names.len && module->func_names.data[low].index == func)
        return module->func_names.data[low].name;
    return (pirn_str){"", 0};
}

const vm_functype *vm_module_func_type(const vm_module *module, uint32_t func)
{
    return &module->types.data[module->funcs.data[func].type].func;
}
