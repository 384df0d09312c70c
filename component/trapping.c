/* SPDX-License-Identifier: Apache-2.0 */
#include "component/trapping.h"

static pirn_status trap(pirn_frame *frame, void *data)
{
    return pirn_frame_trap(frame, "canon %s is not supported yet", (const char *)data);
}

pirn_status cm_trapping_new_func(pirn_store *store, const pirn_functype *type, const char *text, pirn_func **out,
                                 pirn_error *error)
{
    return pirn_func_new(store, type, trap, (void *)(uintptr_t)text, NULL, out, error);
}
