/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles that cross a component boundary (CanonicalABI.md lift_own, lift_borrow, lower_own,
 * lower_borrow), and what a handle is in C: of a resource of the host the host's own pointer, of a
 * guest's resource a pirn_resource; between guests (CM_GUEST) the bare rep.
 *
 * Every own handle in transit is remembered until somebody has received it, so that a call that
 * ends half-way loses no resource of the host.
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

static void remember_transit(cm_activation *activation, cm_transit *transit, const cm_handle *handle)
{
    *transit = (cm_transit){NULL, handle->type, handle->rep};
    *activation->transit_end = transit;
    activation->transit_end = &transit->next;
}

static pirn_status lift_own(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    cm_handle_table *handles = &cx->state->handles;
    const cm_resource_type *resource = type_of(cx, type);
    cm_handle *found = NULL, handle;
    PIRN_TRY(cm_handle_get(handles, index, resource, &found, cx->error));
    if (!found->own)
        return cm_trap(cx, "cannot lift own resource from a borrow");
    PIRN_TRY(cm_charge(cx, sizeof(cm_transit)));
    cm_transit *transit = base_arena_alloc(&cx->activation->arena, sizeof *transit);
    if (transit == NULL)
        return base_nomem(cx->error);
    PIRN_TRY(cm_handle_remove(handles, index, resource, &handle, cx->error));
    remember_transit(cx->activation, transit, &handle);
    *out = (void *)handle.rep;
    if (cx->form == CM_GUEST || resource->host != NULL)
        return PIRN_OK;
    *out = new_resource(cx, resource, handle.rep);
    return *out == NULL ? base_nomem(cx->error) : PIRN_OK;
}

static pirn_status lift_borrow(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    const cm_resource_type *resource = type_of(cx, type);
    cm_handle *handle = NULL;
    PIRN_TRY(cm_handle_get(&cx->state->handles, index, resource, &handle, cx->error));
    PIRN_TRY(lend(cx, (cm_lender){.table = &cx->state->handles, .index = index}));
    handle->num_lends++;
    *out = (void *)handle->rep;
    if (cx->form == CM_GUEST || resource->host != NULL)
        return PIRN_OK;
    PIRN_TRY(cm_charge(cx, sizeof(pirn_resource)));
    pirn_resource *borrowed = base_arena_alloc(&cx->activation->arena, sizeof *borrowed);
    if (borrowed == NULL)
        return base_nomem(cx->error);
    *borrowed = (pirn_resource){.type = resource, .rep = handle->rep};
    *out = borrowed;
    return PIRN_OK;
}

pirn_status cm_lift_handle(cm_context *cx, const pirn_type *type, uint32_t index, void **out)
{
    return type->kind == PIRN_TYPE_OWN ? lift_own(cx, type, index, out) : lift_borrow(cx, type, index, out);
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

/* The first resource in transit has arrived. */
static void receive_transit(cm_activation *activation)
{
    activation->transit = activation->transit->next;
    if (activation->transit == NULL)
        activation->transit_end = &activation->transit;
}

static pirn_status lower_own(cm_context *cx, const pirn_type *type, void *object, uint32_t *index)
{
    const cm_resource_type *resource = type_of(cx, type);
    bool is_object = cx->form == CM_HOST && resource->host == NULL;
    uintptr_t rep = (uintptr_t)object;
    if (is_object)
        PIRN_TRY(take_resource(cx, resource, object, &rep));
    cm_handle handle = {.type = resource, .rep = rep, .own = true};
    PIRN_TRY(cm_handle_add(&cx->state->handles, &handle, index, cx->error));
    if (is_object)
        cm_resource_forget(object);
    if (cx->form == CM_GUEST)
        receive_transit(cx->activation);
    else
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
    if (cx->form == CM_HOST && resource->host == NULL)
        PIRN_TRY(borrow_resource(cx, resource, object, &rep));
    if (resource->definer == cx->state) {
        *index = (uint32_t)rep;
        return PIRN_OK;
    }
    cm_handle handle = {.type = resource, .rep = rep, .scope = &cx->activation->scope};
    PIRN_TRY(cm_handle_add(&cx->state->handles, &handle, index, cx->error));
    cx->activation->scope.num_borrows++;
    return PIRN_OK;
}

pirn_status cm_lower_handle(cm_context *cx, const pirn_type *type, void *object, uint32_t *index)
{
    return type->kind == PIRN_TYPE_OWN ? lower_own(cx, type, object, index) : lower_borrow(cx, type, object, index);
}

/* ---- Resources that a failed lowering leaves behind ------------------------------------------------------------ */

typedef struct leftover_walk {
    const cm_context *cx;
    uint32_t skip; /* own handles, in the order of lowering, that have been received */
} leftover_walk;

static void drop_leftovers(leftover_walk *walk, const pirn_type *type, const void *c);

static void drop_leftover_own(leftover_walk *walk, const pirn_type *type, void *object)
{
    if (walk->skip > 0)
        walk->skip--;
    else
        cm_resource_drop_host(walk->cx->activation->runtime, type_of(walk->cx, type), (uintptr_t)object);
}

static void drop_leftover_elements(leftover_walk *walk, const pirn_type *type, const cm_list *list)
{
    const uint8_t *c = list->data;
    for (size_t i = 0; type->element->has_pointers && i < list->len; i++)
        drop_leftovers(walk, type->element, c + i * type->element->c.size);
}

static uint32_t tag_of(const pirn_type *type, const void *c)
{
    if (type->tag_size == 1)
        return *(const uint8_t *)c;
    return type->tag_size == 2 ? *(const uint16_t *)c : *(const uint32_t *)c;
}

static void drop_leftovers(leftover_walk *walk, const pirn_type *type, const void *c)
{
    if (!type->has_pointers)
        return;
    const uint8_t *bytes = c;
    switch (type->kind) {
    case PIRN_TYPE_OWN:
        drop_leftover_own(walk, type, *(void *const *)c);
        return;
    case PIRN_TYPE_LIST:
        drop_leftover_elements(walk, type, c);
        return;
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        for (uint32_t i = 0; i < type->member_count; i++)
            drop_leftovers(walk, type->members[i].type, bytes + type->members[i].c_offset);
        return;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT: {
        uint32_t tag = tag_of(type, c);
        const pirn_type *payload = tag < cm_case_count(type) ? cm_case_type(type, tag) : NULL;
        if (payload != NULL)
            drop_leftovers(walk, payload, bytes + type->c_payload_offset);
        return;
    }
    default:
        return;
    }
}

void cm_drop_unlowered_params(const cm_context *cx, const pirn_component_functype *type, const void *args)
{
    leftover_walk walk = {cx, cx->activation->owns_lowered};
    for (uint32_t i = 0; i < type->param_count; i++)
        drop_leftovers(&walk, type->params[i].type, (const uint8_t *)args + type->params[i].c_offset);
}

void cm_drop_unlowered_result(const cm_context *cx, const pirn_component_functype *type, const void *result)
{
    leftover_walk walk = {cx, cx->activation->owns_lowered};
    if (type->result != NULL)
        drop_leftovers(&walk, type->result, result);
}
