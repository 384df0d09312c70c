/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The imports of a component that is being made from several parts: the same interface, or another version of the same track
 * (component/version.h), is imported once, under the highest version, with all that any of the parts needs of it.
 *
 * First everything that will be needed is wanted; then an import is written when it is first asked for, those before it
 * whose resource types it mentions.
 */
#pragma once

#include "component/encode_type.h"

typedef struct cm_import {
    pirn_str name;
    cm_ref ref; /* when it is written */
    enum { CM_IMPORT_WANTED, CM_IMPORT_BEGUN, CM_IMPORT_WRITTEN } state;
    BASE_VEC(cm_contribution) contributions; /* at least one */
} cm_import;

typedef struct cm_part {
    pirn_str label; /* for messages */
    const cm_component_type *type;
    cm_idmap *used; /* addresses of those members of its imports that are needed; NULL: all are */
} cm_part;

typedef struct cm_imports {
    cm_encoder *encoder;
    cm_type_writer types;
    cm_type_scope scope; /* of the component that is made */
    BASE_VEC(cm_part) parts;
    BASE_VEC(cm_import *) list;
    bool wants_more;    /* what is wanted may need imports that were not */
    uint32_t depth;     /* of imports that are being written, each for the one before */
    base_map by_track;  /* name, of a version that is on a track only as far as the track -> import */
    cm_idmap by_extern; /* address of a part's import -> address of the import */
    cm_idmap births;    /* part and resource id -> address of the cm_birth in an import of the part */
    cm_idmap reached;   /* addresses of types that have been reached */
} cm_imports;

void cm_imports_init(cm_imports *imports, cm_encoder *encoder, base_arena *arena, pirn_error *error);
void cm_imports_done(cm_imports *imports);
/* Returns the part's number. */
uint32_t cm_imports_add_part(cm_imports *imports, cm_part part);
/* The part needs this import of its own. */
void cm_imports_want(cm_imports *imports, uint32_t part, const cm_extern *external);
/* What a part's item mentions is needed: wants the imports that its resource types come from, and these of them. */
void cm_imports_reach(cm_imports *imports, uint32_t part, const cm_item *item);
/* Writes the import unless it is written; it must have been wanted. */
cm_ref cm_imports_ref(cm_imports *imports, const cm_extern *external);
/* Writes all that are wanted and not written yet. */
void cm_imports_write_all(cm_imports *imports);

/* By the version rule; NULL when there is none. */
const cm_extern *cm_externs_select(const cm_externs *externs, pirn_str name);
