/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that cross a component boundary (CanonicalABI.md lift_own, lift_borrow, lower_own,
 * lower_borrow), and what a handle is in C: of a resource of the host the host's own pointer, of a
 * guest's resource a pirn_resource.
 *
 * Handles that are lifted wait in the activation's transit until somebody has received them: the
 * other guest one after another, the host all at once. So a call that ends half-way loses no
 * resource of the host.
 */
#include "component/handle.h"
#include "component/activation.h"

static cm_resource_type *type_of(const cm_context *cx, const pirn_type *type)
{
    return cx->resources[type->resource];
}

/* A guest's resource as the embedder or a host function sees it. */
static pirn_resource *new_resource(cm_context *cx, const cm_resource_type *type, uintptr_t rep)
{
    cm_runtime *runtime = cx->activation->runtime;
    pirn_resource *resource = base_alloc(runtime->allocator, sizeof *resource);
    if (resource == NULL)
        return NULL;
    *resource = (pirn_resource){.runtime = runtime, .type = type, .rep = rep};
    resource->next = runtime->resources;
    resource->link = &runtime->resources;
    if (resource->next != NULL)
        resource->next->link = &resource->next;
    runtime->resources = resource;
    return resource;
}

void cm_resource_forget(pirn_resource *resource)
{
    *resource->link = resource->next;
    if (resource->next != NULL)
        resource->next->link = resource->link;
    base_free(resource->runtime->allocator, resource, sizeof *resource);
}

void cm_resource_drop_host(const cm_runtime *runtime, const cm_resource_type *type, uintptr_t rep)
{
    if (type->host != NULL && type->host->drop != NULL)
        type->host->drop(runtime->data, (void *)rep);
}

static pirn_status lend(cm_context *cx, cm_lender lender)
{
    PIRN_TRY(cm_charge(cx, sizeof(cm_lender)));
    cm_lender *own = base_arena_alloc(&cx->activation->arena, sizeof *own);
    if (own == NULL)
        return base_nomem(cx->error);
    *own = lender;
    own->next = cx->activation->lenders;
    cx->activation->lenders = own;
    return PIRN_OK;
}

/* ---- Lifting --------------------------------------------------------------------------------------------------- */

/* Room for a handle in transit; NULL when out of memory or when the call takes too much. */
static pirn_status new_transit(cm_context *cx, cm_transit **out)
{
    PIRN_TRY(cm_charge(cx, sizeof **out));
    *out = base_arena_alloc(&cx->activation->arena, sizeof **out);
    return *out == NULL ? base_nomem(cx->error) : PIRN_OK;
}

static void send(cm_activation *activation, cm_transit *transit, const cm_handle *handle)
{
    *transit = (cm_transit){NULL, handle->type, handle->rep, handle->own};
    *activation->transit_end = transit;
    activation->transit_end = &transit->next;
}

static pirn_status send_own(cm_context *cx, const pirn_type *type, uint32_t index, cm_handle *out)
{
    cm_handle_table *handles = &cx->state->handles;
    const cm_resource_type *resource = type_of(cx, type);
    cm_handle *found = NULL;
    PIRN_TRY(cm_handle_get(handles, index, resource, &found, cx->error));
    if (!found->own)
        return cm_trap(cx, "cannot lift own resource from a borrow");
    cm_transit *transit = NULL;
    PIRN_TRY(new_transit(cx, &transit));
    PIRN_TRY(cm_handle_remove(handles, index, resource, out, cx->error));
    send(cx->activation, transit, out);
    return PIRN_OK;
}

static pirn_status lend_borrow(cm_context *cx, const pirn_type *type, uint32_t index, cm_handle *out)
{
    cm_handle *handle = NULL;
    PIRN_TRY(cm_handle_get(&cx->state->handles, index, type_of(cx, type), &handle, cx->error));
    PIRN_TRY(lend(cx, (cm_lender){.table = &cx->state->handles, .index = index}));
    handle->num_lends++;
    *out = *handle;
    out->own = false;
    return PIRN_OK;
}

static pirn_status lift_own(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    cm_handle handle;
    PIRN_TRY(send_own(cx, type, index, &handle));
    *out = (void *)handle.rep;
    if (handle.type->host != NULL)
        return PIRN_OK;
    *out = new_resource(cx, handle.type, handle.rep);
    return *out == NULL ? base_nomem(cx->error) : PIRN_OK;
}

static pirn_status lift_borrow(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    cm_handle handle;
    PIRN_TRY(lend_borrow(cx, type, index, &handle));
    *out = (void *)handle.rep;
    if (handle.type->host != NULL)
        return PIRN_OK;
    PIRN_TRY(cm_charge(cx, sizeof(pirn_resource)));
    pirn_resource *borrowed = base_arena_alloc(&cx->activation->arena, sizeof *borrowed);
    if (borrowed == NULL)
        return base_nomem(cx->error);
    *borrowed = (pirn_resource){.type = handle.type, .rep = handle.rep};
    *out = borrowed;
    return PIRN_OK;
}

pirn_status cm_lift_handle(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    return type->kind == PIRN_TYPE_OWN ? lift_own(cx, type, index, out) : lift_borrow(cx, type, index, out);
}

pirn_status cm_send_handle(cm_context *cx, const pirn_type *type, uint32_t index)
{
    cm_handle handle;
    if (type->kind == PIRN_TYPE_OWN)
        return send_own(cx, type, index, &handle);
    PIRN_TRY(lend_borrow(cx, type, index, &handle));
    cm_transit *transit = NULL;
    PIRN_TRY(new_transit(cx, &transit));
    send(cx->activation, transit, &handle);
    return PIRN_OK;
}

/* ---- Lowering -------------------------------------------------------------------------------------------------- */

/* Is this an object of the embedder's that stands for a resource of that type? */
static pirn_status check_resource(cm_context *cx, const cm_resource_type *type, const pirn_resource *resource)
{
    if (resource == NULL)
        return cm_misuse(cx, "a resource handle is NULL");
    if (resource->type != type)
        return cm_misuse(cx, "a resource is not of the type that the function takes");
    return PIRN_OK;
}

static pirn_status take_resource(cm_context *cx, const cm_resource_type *type, pirn_resource *resource,
                                 uintptr_t *rep)
{
    PIRN_TRY(check_resource(cx, type, resource));
    if (resource->runtime == NULL)
        return cm_misuse(cx, "a borrowed resource cannot be given away");
    if (resource->num_lends != 0)
        return cm_misuse(cx, "cannot remove owned resource while borrowed");
    *rep = resource->rep;
    return PIRN_OK;
}

static pirn_status add_own(cm_context *cx, const cm_resource_type *type, uintptr_t rep, uint32_t *index)
{
    cm_handle handle = {.type = type, .rep = rep, .own = true};
    return cm_handle_add(&cx->state->handles, &handle, index, cx->error);
}

/* The instance that defines the resource gets its rep. */
static pirn_status add_borrow(cm_context *cx, const cm_resource_type *type, uintptr_t rep, uint32_t *index)
{
    if (type->definer == cx->state) {
        *index = (uint32_t)rep;
        return PIRN_OK;
    }
    cm_handle handle = {.type = type, .rep = rep, .scope = &cx->activation->scope};
    PIRN_TRY(cm_handle_add(&cx->state->handles, &handle, index, cx->error));
    cx->activation->scope.num_borrows++;
    return PIRN_OK;
}

static pirn_status lower_own(cm_context *cx, const pirn_type *type, void *object, uint32_t *index)
{
    const cm_resource_type *resource = type_of(cx, type);
    uintptr_t rep = (uintptr_t)object;
    if (resource->host == NULL)
        PIRN_TRY(take_resource(cx, resource, object, &rep));
    PIRN_TRY(add_own(cx, resource, rep, index));
    if (resource->host == NULL)
        cm_resource_forget(object);
    cx->activation->owns_lowered++;
    return PIRN_OK;
}

static pirn_status borrow_resource(cm_context *cx, const cm_resource_type *type, pirn_resource *resource,
                                   uintptr_t *rep)
{
    PIRN_TRY(check_resource(cx, type, resource));
    PIRN_TRY(lend(cx, (cm_lender){.resource = resource}));
    resource->num_lends++;
    *rep = resource->rep;
    return PIRN_OK;
}

static pirn_status lower_borrow(cm_context *cx, const pirn_type *type, void *object, uint32_t *index)
{
    const cm_resource_type *resource = type_of(cx, type);
    uintptr_t rep = (uintptr_t)object;
    if (resource->host == NULL)
        PIRN_TRY(borrow_resource(cx, resource, object, &rep));
    return add_borrow(cx, resource, rep, index);
}

pirn_status cm_lower_handle(cm_context *cx, const pirn_type *type, void *object, uint32_t *index)
{
    return type->kind == PIRN_TYPE_OWN ? lower_own(cx, type, object, index) : lower_borrow(cx, type, object, index);
}

pirn_status cm_receive_handle(cm_context *cx, uint32_t *index)
{
    cm_activation *activation = cx->activation;
    const cm_transit *first = activation->transit;
    if (first->own)
        PIRN_TRY(add_own(cx, first->type, first->rep, index));
    else
        PIRN_TRY(add_borrow(cx, first->type, first->rep, index));
    activation->transit = first->next;
    if (activation->transit == NULL)
        activation->transit_end = &activation->transit;
    return PIRN_OK;
}

void cm_drop_unlowered_handle(cm_context *cx, const pirn_type *type, void *object)
{
    if (type->kind != PIRN_TYPE_OWN)
        return;
    if (cx->activation->owns_lowered > 0)
        cx->activation->owns_lowered--; /* in the order of lowering, this one was received */
    else
        cm_resource_drop_host(cx->activation->runtime, type_of(cx, type), (uintptr_t)object);
}
