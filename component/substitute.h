/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewriting of types: resource ids and named types are replaced by others, everywhere in a type. What does not change
 * is shared; what does is copied once, so that a type stays a graph of the same size.
 *
 *   instantiate   the component's imported types -> the arguments' types; its new resource types -> new ids
 *   naming        an item that is imported or exported gets new identities for the types it exports (see pirn_type)
 */
#pragma once

#include "component/validate.h"

typedef struct cm_substitution {
    cm_validator *v;
    cm_idmap ids;        /* resource id -> resource id, or CM_UNBOUND: still to be found by matching */
    cm_idmap identities; /* of resource types: identity -> identity */
    cm_idmap nodes;      /* address of a type -> address of what replaces it */
    char reason[400];    /* of a failed match: see component/subtype.h */
} cm_substitution;

#define CM_UNBOUND UINT32_MAX

void cm_substitution_init(cm_substitution *s, cm_validator *v);
void cm_substitution_done(cm_substitution *s);

/* What a resource id stands for now. */
cm_resource_id cm_substitute_resource(const cm_substitution *s, cm_resource_id id);
PIRN_MUST_CHECK pirn_status cm_substitute_item(cm_substitution *s, const cm_item *item, cm_item *out);
PIRN_MUST_CHECK pirn_status cm_substitute_component(cm_substitution *s, const cm_component_type *type,
                                                    const cm_component_type **out);
PIRN_MUST_CHECK pirn_status cm_substitute_instance(cm_substitution *s, const cm_instance_type *type,
                                                   const cm_instance_type **out);
PIRN_MUST_CHECK pirn_status cm_substitute_externs(cm_substitution *s, const cm_externs *externs, cm_externs *out);

/* Maps each of `born` to CM_UNBOUND, or to a new resource id. */
PIRN_MUST_CHECK pirn_status cm_substitution_unbind(cm_substitution *s, uint32_t count, const cm_birth *born);
PIRN_MUST_CHECK pirn_status cm_substitution_renew(cm_substitution *s, uint32_t count, const cm_birth *born);

/*
 * The item as it stands after being imported or exported as `name`: types in it have new identities; the abstract
 * resource types of an instance type have new ids.
 */
PIRN_MUST_CHECK pirn_status cm_name_item(cm_validator *v, const pirn_str *name, const cm_item *item, cm_item *out);
