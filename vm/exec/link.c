/* SPDX-License-Identifier: Apache-2.0 */
/* Linking (spec 4.7.2, steps 3 to 5): do these objects fit the imports of the module? */
#include "vm/exec/module.h"
#include "vm/exec/store.h"
#include <stdio.h>

enum { TYPE_TEXT = 200 };

/* `actual` is NULL when nothing was given. */
static pirn_status fail_import(const vm_import *import, const pirn_externtype *expected,
                               const pirn_externtype *actual, pirn_error *error)
{
    char expected_text[TYPE_TEXT], actual_text[TYPE_TEXT] = "nothing";
    pirn_externtype_text(expected, expected_text, sizeof expected_text);
    if (actual != NULL)
        pirn_externtype_text(actual, actual_text, sizeof actual_text);
    return base_fail(error, PIRN_UNLINKABLE, import->offset, "%s \"%.*s\" \"%.*s\": expected %s%s, got %s",
                     actual == NULL ? "unknown import" : "incompatible import type", PIRN_STR_ARG(import->module),
                     PIRN_STR_ARG(import->name), expected->is_exact ? "exactly " : "", expected_text, actual_text);
}

static pirn_status check_import(const pirn_store *store, const pirn_module *module, uint32_t index,
                                const pirn_extern *object, pirn_error *error)
{
    const vm_import *import = &module->syntax.imports.data[index];
    pirn_externtype expected = vm_module_extern_type(module, import->kind, import->index);
    const pirn_store *owner = object == NULL ? NULL : vm_extern_store(object);
    if (owner == NULL)
        return fail_import(import, &expected, NULL, error);
    if (owner != store)
        return base_fail(error, PIRN_USAGE, import->offset, "import \"%.*s\" \"%.*s\" is an object of another store",
                         PIRN_STR_ARG(import->module), PIRN_STR_ARG(import->name));
    pirn_externtype actual = pirn_extern_type(object);
    if (pirn_externtype_matches(store->engine, &actual, &expected))
        return PIRN_OK;
    return fail_import(import, &expected, &actual, error);
}

pirn_status vm_link_check(pirn_store *store, const pirn_module *module, const pirn_extern *imports,
                          size_t import_count, pirn_error *error)
{
    uint32_t needed = module->syntax.imports.len;
    if (module->engine != store->engine)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the module is not of the store's engine");
    for (uint32_t i = 0; i < needed; i++)
        PIRN_TRY(check_import(store, module, i, i < import_count ? &imports[i] : NULL, error));
    if (import_count > needed)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "%zu imports were given to a module that has %u",
                         import_count, needed);
    return PIRN_OK;
}
