/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The component binary format (Binary.md): bytes to definitions, without a look at what indices
 * mean.
 *
 * Types are decoded to `cm_type_syntax`, which still names other types by index; validation turns
 * it into the types of component/type.h. They are read twice: to find out that they are well formed, and by validation.
 * Everything else that is decoded lives in the component's arena, strings borrow from its bytes.
 */
#pragma once

#include "component/definition.h"

/* A value type: a primitive, or a type index; `present` is false for one left out. */
struct cm_value_syntax {
    uint32_t offset;
    uint32_t index; /* CM_NONE: the primitive `kind` */
    uint8_t kind;   /* pirn_type_kind */
    bool present;
};

/* A field, case, label or parameter. */
typedef struct cm_label_syntax {
    pirn_str name;
    uint32_t offset;
    cm_value_syntax type;
} cm_label_syntax;

/* A core function type. */
typedef struct cm_core_functype_syntax {
    uint32_t param_count, result_count;
    const pirn_valtype *params, *results;
    bool is_open; /* it may have types below it */
} cm_core_functype_syntax;

/* A declarator of a core module type. */
typedef enum cm_core_decl_kind {
    CM_CORE_DECL_IMPORT,
    CM_CORE_DECL_TYPE,
    CM_CORE_DECL_ALIAS,
    CM_CORE_DECL_EXPORT,
} cm_core_decl_kind;

typedef struct cm_core_decl {
    cm_core_decl_kind kind;
    uint64_t offset;
    pirn_str module, name;            /* IMPORT, EXPORT */
    pirn_externtype type;             /* IMPORT, EXPORT: of a func or tag `index` is the type */
    uint32_t index;                   /* IMPORT, EXPORT; ALIAS */
    uint32_t depth;                   /* ALIAS */
    cm_core_functype_syntax functype; /* TYPE */
} cm_core_decl;

typedef enum cm_type_syntax_kind {
    CM_SYNTAX_VALUE,
    CM_SYNTAX_FUNC,
    CM_SYNTAX_BODY, /* component and instance types: nothing of them is kept */
    CM_SYNTAX_RESOURCE,
    CM_SYNTAX_CORE_FUNC,
    CM_SYNTAX_CORE_MODULE,
} cm_type_syntax_kind;

struct cm_type_syntax {
    cm_type_syntax_kind kind;
    pirn_type_kind value_kind; /* VALUE */
    union {
        struct {
            cm_value_syntax element; /* VALUE: list, option, stream, future; own, borrow: the resource type's index */
            uint32_t label_count;    /* VALUE: fields, cases, labels, ok and error, key and value; FUNC: parameters */
            const cm_label_syntax *labels;
            cm_value_syntax result; /* FUNC */
            uint32_t length;        /* VALUE: list of fixed length */
            bool is_async;          /* FUNC */
        };
        uint32_t dtor;                     /* RESOURCE: a core func, or CM_NONE */
        cm_core_functype_syntax core_func; /* CORE_FUNC */
        struct {                           /* CORE_MODULE */
            uint32_t decl_count;
            const cm_core_decl *decls;
        };
    };
};

/* Decoding in progress. */
typedef struct cm_decoder {
    vm_reader r;
    pirn_component *component;
    base_arena *arena; /* where what is read goes */
    base_arena syntax; /* of the type at hand */
    uint32_t nesting;  /* of components and types around what is read */
} cm_decoder;

/*
 * Decodes component->bytes into component->root, and lists its sections. MALFORMED; INVALID for
 * features that are not there yet; LIMIT; NOMEM.
 */
PIRN_MUST_CHECK pirn_status cm_decode(pirn_component *component, pirn_error *error);

/* ---- between the files of the decoder ---- */

/* Makes room for all definitions of a body, whose number is known before they are decoded. LIMIT, NOMEM. */
pirn_status cm_decode_begin(cm_decoder *d, cm_component *body, size_t count);
/* Appends a definition that begins at `at`. There is room. */
void cm_decode_add(cm_decoder *d, cm_component *body, const uint8_t *at, cm_definition definition);
/* Numbers the items. */
pirn_status cm_decode_finish(cm_decoder *d, cm_component *body);

/* An array on d->arena, or NULL with the decoder failed. */
void *cm_decode_array(cm_decoder *d, size_t count, size_t size);
/* Fails MALFORMED: the byte before the next is none that `what` may begin with. */
pirn_status cm_decode_bad_byte(cm_decoder *d, uint8_t byte, const char *what);
/* Fails INVALID at `at` unless the engine has the feature of components, of which `what` is part ("a stream type"). */
pirn_status cm_decode_need(cm_decoder *d, const uint8_t *at, uint32_t feature, const char *what);
/* Fails LIMIT when one level more is too deep. */
pirn_status cm_decode_enter(cm_decoder *d);

cm_sort cm_decode_sort(cm_decoder *d, const char *what);
/* The name of an import or export with its attributes. */
pirn_str cm_decode_extern_name(cm_decoder *d, const cm_attributes **attributes);
/* A result list: `present` is false when it is empty. */
cm_value_syntax cm_decode_result(cm_decoder *d);
/* A byte that is 0 or 1. */
bool cm_decode_bool(cm_decoder *d);
cm_extern_desc cm_decode_extern_desc(cm_decoder *d);
pirn_status cm_decode_alias(cm_decoder *d, cm_definition *out);

/* One entry of the canon section. */
pirn_status cm_decode_canon(cm_decoder *d, cm_definition *out);
/* One entry of the type section, or of the core type section; the syntax is in d->arena. */
pirn_status cm_decode_type(cm_decoder *d, cm_definition *out);
pirn_status cm_decode_core_type(cm_decoder *d, cm_definition *out);

/* ---- for validation, which reads types again ---- */

/* Is a component or instance type next? If so its first byte is passed over. */
bool cm_decode_is_body(cm_decoder *d, cm_body_kind *kind);
/* How many declarators follow. */
uint32_t cm_decode_decl_count(cm_decoder *d);
/* A declarator of a body; of a type (item.sort is CM_TYPE or CM_CORE_TYPE) only that one follows. */
pirn_status cm_decode_decl(cm_decoder *d, cm_body_kind kind, cm_definition *out);
