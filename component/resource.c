/* SPDX-License-Identifier: Apache-2.0 */
/* The handle table: a vector whose free entries form a list through their rep. */
#include "component/resource.h"

void cm_handle_table_init(cm_handle_table *table, const pirn_allocator *allocator, uint64_t *entries_left)
{
    *table = (cm_handle_table){.allocator = allocator, .entries_left = entries_left};
}

void cm_handle_table_done(cm_handle_table *table)
{
    BASE_VEC_DONE(&table->entries, table->allocator);
}

static pirn_status append_entry(cm_handle_table *table, uint32_t *index, pirn_error *error)
{
    if (table->entries.len > CM_LIMIT_HANDLES)
        return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "resource table has no free keys");
    if (*table->entries_left == 0)
        return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET,
                         "the instance holds as many resource handles as its store's limits allow");
    if (table->entries.len == 0 && !BASE_VEC_PUSH(&table->entries, table->allocator, (cm_handle){0}))
        return base_nomem(error);
    if (!BASE_VEC_PUSH(&table->entries, table->allocator, (cm_handle){0}))
        return base_nomem(error);
    --*table->entries_left;
    *index = (uint32_t)(table->entries.len - 1);
    return PIRN_OK;
}

pirn_status cm_handle_add(cm_handle_table *table, const cm_handle *handle, uint32_t *index, pirn_error *error)
{
    if (table->free != 0) {
        *index = table->free;
        table->free = (uint32_t)table->entries.data[*index].rep;
    } else {
        PIRN_TRY(append_entry(table, index, error));
    }
    table->entries.data[*index] = *handle;
    return PIRN_OK;
}

static const char *definer_of(const cm_resource_type *type)
{
    return type->host != NULL ? "host" : "guest";
}

static pirn_status fail_with_wrong_type(uint32_t index, const cm_resource_type *expected,
                                        const cm_resource_type *found, pirn_error *error)
{
    bool is_same_side = (expected->host != NULL) == (found->host != NULL);
    return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET,
                     "handle index %u used with the wrong type, expected %s-defined resource but "
                     "found a %s%s-defined resource",
                     (unsigned)index, definer_of(expected), is_same_side ? "different " : "", definer_of(found));
}

pirn_status cm_handle_get(const cm_handle_table *table, uint32_t index, const cm_resource_type *type, cm_handle **out,
                          pirn_error *error)
{
    if (index >= table->entries.len || table->entries.data[index].type == NULL)
        return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "unknown handle index %u", (unsigned)index);
    cm_handle *handle = &table->entries.data[index];
    if (handle->type != type)
        return fail_with_wrong_type(index, type, handle->type, error);
    *out = handle;
    return PIRN_OK;
}

pirn_status cm_handle_remove(cm_handle_table *table, uint32_t index, const cm_resource_type *type, cm_handle *out,
                             pirn_error *error)
{
    cm_handle *handle = NULL;
    PIRN_TRY(cm_handle_get(table, index, type, &handle, error));
    if (handle->num_lends != 0)
        return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "cannot remove %s resource while borrowed",
                         handle->own ? "owned" : "borrowed");
    *out = *handle;
    *handle = (cm_handle){.rep = table->free};
    table->free = index;
    return PIRN_OK;
}
