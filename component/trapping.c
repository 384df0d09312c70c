/* SPDX-License-Identifier: Apache-2.0 */
/* What there is of the async ABI: names and signatures (Binary.md "Canonical Definitions"). */
#include "component/trapping.h"

static const cm_trapping_canon canons[] = {
    {CM_CANON_TASK_CANCEL, "task.cancel", "", "_"},
    {CM_CANON_SUBTASK_CANCEL, "subtask.cancel", "b", "i_i"},
    {CM_CANON_SUBTASK_DROP, "subtask.drop", "", "i_"},
    {CM_CANON_CONTEXT_GET, "context.get", "tn", "_i"},
    {CM_CANON_CONTEXT_SET, "context.set", "tn", "i_"},
    {CM_CANON_WAITABLE_SET_NEW, "waitable-set.new", "", "_i"},
    {CM_CANON_WAITABLE_SET_DROP, "waitable-set.drop", "", "i_"},
    {CM_CANON_WAITABLE_JOIN, "waitable.join", "", "ii_"},
    {CM_CANON_BACKPRESSURE_INC, "backpressure.inc", "", "_"},
    {CM_CANON_BACKPRESSURE_DEC, "backpressure.dec", "", "_"},
};

const cm_trapping_canon *cm_trapping_canon_find(uint8_t code)
{
    for (size_t i = 0; i < BASE_COUNT(canons); i++) {
        if ((uint8_t)canons[i].kind == code)
            return &canons[i];
    }
    return NULL;
}

static pirn_status trap(pirn_frame *frame, void *data)
{
    return pirn_frame_trap(frame, "canon %s is not supported yet", (const char *)data);
}

pirn_status cm_trapping_new_func(pirn_store *store, const pirn_functype *type, const char *text, pirn_func **out,
                                 pirn_error *error)
{
    return pirn_func_new(store, type, trap, (void *)(uintptr_t)text, NULL, out, error);
}
