/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A component as it stands in memory: an ordered list of definitions, each of which adds exactly one item to one index
 * space (Explainer "Component Definitions", "Index Spaces").
 *
 *   bytes --decode--> definitions --validate--> definitions with types --plan--> steps
 *
 *   definition   kind  item.sort     index  what it says
 *   0            IMPORT   instance   0      import "wasi:io/streams@0.2.0": an instance type
 *   1            ALIAS    type       0      export "output-stream" of instance 0
 *   2            MODULE   core module 0     bytes
 *   3            CORE_INSTANCE  ...  0      instantiate module 0 with ...
 *   4            CANON    core func  0      resource.drop of type 0
 *
 * `decode` fills everything but the members below the words "after validation"; `validate` fills those. After that the
 * component is read-only; all of it lives in the arena of the outermost `pirn_component`.
 *
 * Of a type decode only finds out that it is well formed, and where it begins (`offset`): validation reads it there once more
 * when it comes to it, so that there is never more of a type's syntax in memory than of the one at hand.
 *
 * The same structure, `cm_component`, is a component, and the body of a component type or of an instance type: these
 * have definitions too (only IMPORT, EXPORT, ALIAS, TYPE, CORE_TYPE), and are never instantiated. Such a body is there only
 * while it is validated; what stays is its type.
 *
 * Resource types are numbers (`cm_resource_id`), unique in the outermost component. A number is born in one of two ways:
 *
 *   (type (resource ...))   definition TYPE: its item's type is CM_TYPE_RESOURCE; `born` is empty. Each time that the
 *                           component is instantiated this makes a new runtime resource type.
 *   everything else         import, instantiate, an export with a type of its own: the definition's item is (or contains,
 *                           as a type exported by an instance in it) an abstract resource type. `born` lists each new
 *                           number with the path to where, in the actual item, its runtime resource type is found.
 *
 *   (component $outer
 *     (component $inner                                                   its ids: first_resource 0 ... end_resource 3
 *       (import "i" (instance (export "r" (type (sub resource)))))        0 is bound by the type; born: {1, path "r"}
 *       (type $t (resource (rep i32)))                                    TYPE, resource 2
 *       (export "t" (type $t)))                                           another name of 2; born: none
 *     (import "host" (instance $h (export "r" (type (sub resource)))))    3 is bound by the type; born: {4, path "r"}
 *     (instance $x (instantiate $inner (with "i" (instance $h)))))        born: {5, path "t"}
 *
 * So whoever instantiates walks the definitions in order with an environment id -> runtime resource type: at TYPE it makes
 * one, otherwise it makes the item (whose instances carry their exported types under their names), follows each path in
 * `born`, and enters what it finds. Paths are names, because an actual instance may have more exports, in another order,
 * than its type says. All ids that the types of a component's items mention without binding them lie in [first_resource,
 * end_resource) of that component: an outer alias cannot carry a resource type into a nested component. The ids of its
 * nested components and types lie in the same range and stay unused in its environment.
 */
#pragma once

#include "component/type.h"
#include "vm/binary/reader.h"

#define CM_NONE UINT32_MAX

/* Sorts: each has an index space. Columns: enumerator, text. */
#define CM_SORTS(X)                      \
    X(CM_CORE_FUNC, "core func")         \
    X(CM_CORE_TABLE, "core table")       \
    X(CM_CORE_MEMORY, "core memory")     \
    X(CM_CORE_GLOBAL, "core global")     \
    X(CM_CORE_TAG, "core tag")           \
    X(CM_CORE_TYPE, "core type")         \
    X(CM_CORE_MODULE, "core module")     \
    X(CM_CORE_INSTANCE, "core instance") \
    X(CM_FUNC, "func")                   \
    X(CM_VALUE, "value")                 \
    X(CM_TYPE, "type")                   \
    X(CM_COMPONENT, "component")         \
    X(CM_INSTANCE, "instance")

typedef enum cm_sort {
#define CM_SORT_ENUM(name, text) name,
    CM_SORTS(CM_SORT_ENUM)
#undef CM_SORT_ENUM
        CM_SORT_COUNT,
} cm_sort;

const char *cm_sort_name(cm_sort sort);

/* An item of the component at hand. */
typedef struct cm_ref {
    cm_sort sort;
    uint32_t index;
} cm_ref;

typedef struct cm_component cm_component;
typedef struct cm_extern cm_extern;
typedef struct cm_type_syntax cm_type_syntax;   /* a type as decoded: component/decode.h */
typedef struct cm_value_syntax cm_value_syntax; /* likewise a value type */

/* ---- Types of items ---------------------------------------------------------------------------------------------- */

/* Where a resource id was born (see above), within the item at hand: export names, outermost first; none: itself. */
typedef struct cm_birth {
    cm_resource_id id;
    uint32_t path_length;
    const pirn_str *path;
} cm_birth;

/* A list of imports or exports, in order; look names up with cm_externs_find. */
typedef struct cm_externs {
    uint32_t count;
    const cm_extern *list;
    const uint32_t *by_name; /* indices into `list`, sorted by name */
} cm_externs;

/*
 * The type of an instance. In the type of an instance *type* `born` are its bound variables: the
 * abstract resource types that it exports. In the type of an *item* `born` is empty: it speaks of
 * actual resource ids.
 */
typedef struct cm_instance_type {
    cm_externs exports;
    uint32_t born_count;
    const cm_birth *born;
    cm_extent extent;
} cm_instance_type;

/* Paths of `import_born` begin with an import's name, those of `export_born` with an export's. */
typedef struct cm_component_type {
    cm_externs imports, exports;
    uint32_t import_born_count, export_born_count;
    const cm_birth *import_born, *export_born;
    cm_extent extent;
} cm_component_type;

/* Core: what a module needs and gives, what a core instance gives. */
typedef struct cm_core_extern {
    pirn_str module, name; /* of an export `module` is empty */
    pirn_externtype type;
} cm_core_extern;

typedef struct cm_core_externs {
    uint32_t count;
    const cm_core_extern *list;
    const uint32_t *by_name; /* indices into `list`, sorted by module and name */
} cm_core_externs;

typedef struct cm_module_type {
    cm_core_externs imports, exports;
} cm_module_type;

typedef enum cm_type_kind {
    CM_TYPE_VALUE,
    CM_TYPE_FUNC,
    CM_TYPE_COMPONENT,
    CM_TYPE_INSTANCE,
    CM_TYPE_RESOURCE,
} cm_type_kind;

/* An item of sort CM_TYPE. */
typedef struct cm_type {
    cm_type_kind kind;
    uint32_t identity;    /* of a resource type: see pirn_type */
    const pirn_str *name; /* of a resource type: that it was last imported or exported under, or NULL */
    union {
        const pirn_type *value;
        const pirn_component_functype *func;
        const cm_component_type *component;
        const cm_instance_type *instance;
        cm_resource_id resource;
    };
} cm_type;

/* An item with its type; which member holds depends on the sort. */
typedef struct cm_item {
    cm_sort sort;
    bool is_module_type; /* core type: `module` holds */
    union {
        struct {
            const pirn_functype *core_func; /* core func */
            bool is_exact;                  /* its type is this one, not one below it */
        };
        const pirn_externtype *core;          /* core table, memory, global, tag; see cm_item_core */
        const pirn_functype *core_type;       /* core type that is a function type; else `module` with the next */
        const cm_module_type *module;         /* core module */
        const cm_core_externs *core_instance; /* core instance: its exports */
        const pirn_component_functype *func;  /* func */
        cm_type type;                         /* type */
        const cm_component_type *component;   /* component */
        const cm_instance_type *instance;     /* instance */
    };
} cm_item;

/* The type of a core func, table, memory, global or tag. */
static inline pirn_externtype cm_item_core(const cm_item *item)
{
    if (item->sort == CM_CORE_FUNC)
        return (pirn_externtype){.kind = PIRN_EXTERN_FUNC, .is_exact = item->is_exact, .func = item->core_func};
    return *item->core;
}

/* A named import or export of a component, or export of an instance. */
struct cm_extern {
    pirn_str name;
    cm_item item;
};

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

/*
 * Canonical definitions. Columns: code, enumerator, text, the feature (of PIRN_COMPONENT_; 0: none), what follows the code,
 * the core function that it makes, what happens when it is instantiated or called.
 *
 * What follows, a letter each: f: the sort `func` and an index of a core func (lift) or func (lower), r: a resource type,
 * s, e: a type that is a stream, a future; o: options, v: a result list, y: a function type, t: a core number type, n: a
 * slot's number, a: a flag `async`, c: a flag `cancellable`, h: a flag `shared`, m: a core memory, k: a core function type, b: a
 * core table.
 * Signatures: parameters, `_`, results. i: i32, I: i64, t: the core number type. NULL: it follows from something else.
 */
#define CM_CANONS(X)                                                                                                \
    X(0x00, CM_CANON_LIFT, "lift", 0, "foy", NULL, CM_RUNS)                                                         \
    X(0x01, CM_CANON_LOWER, "lower", 0, "fo", NULL, CM_RUNS)                                                        \
    X(0x02, CM_CANON_RESOURCE_NEW, "resource.new", 0, "r", "i_i", CM_RUNS)                                          \
    X(0x03, CM_CANON_RESOURCE_DROP, "resource.drop", 0, "r", "i_", CM_RUNS)                                         \
    X(0x04, CM_CANON_RESOURCE_REP, "resource.rep", 0, "r", "i_i", CM_RUNS)                                          \
    X(0x05, CM_CANON_TASK_CANCEL, "task.cancel", ASYNC, "", "_", CM_TRAPS)                                          \
    X(0x06, CM_CANON_SUBTASK_CANCEL, "subtask.cancel", ASYNC, "a", "i_i", CM_TRAPS)                                 \
    X(0x09, CM_CANON_TASK_RETURN, "task.return", ASYNC, "vo", NULL, CM_REFUSES)                                     \
    X(0x0A, CM_CANON_CONTEXT_GET, "context.get", ASYNC, "tn", "_t", CM_TRAPS)                                       \
    X(0x0B, CM_CANON_CONTEXT_SET, "context.set", ASYNC, "tn", "t_", CM_TRAPS)                                       \
    X(0x0C, CM_CANON_THREAD_YIELD, "thread.yield", ASYNC, "c", "_i", CM_REFUSES)                                    \
    X(0x0D, CM_CANON_SUBTASK_DROP, "subtask.drop", ASYNC, "", "i_", CM_TRAPS)                                       \
    X(0x0E, CM_CANON_STREAM_NEW, "stream.new", ASYNC, "s", "_I", CM_REFUSES)                                        \
    X(0x0F, CM_CANON_STREAM_READ, "stream.read", ASYNC, "so", "iii_i", CM_REFUSES)                                  \
    X(0x10, CM_CANON_STREAM_WRITE, "stream.write", ASYNC, "so", "iii_i", CM_REFUSES)                                \
    X(0x11, CM_CANON_STREAM_CANCEL_READ, "stream.cancel-read", ASYNC, "sa", "i_i", CM_REFUSES)                      \
    X(0x12, CM_CANON_STREAM_CANCEL_WRITE, "stream.cancel-write", ASYNC, "sa", "i_i", CM_REFUSES)                    \
    X(0x13, CM_CANON_STREAM_DROP_READABLE, "stream.drop-readable", ASYNC, "s", "i_", CM_REFUSES)                    \
    X(0x14, CM_CANON_STREAM_DROP_WRITABLE, "stream.drop-writable", ASYNC, "s", "i_", CM_REFUSES)                    \
    X(0x15, CM_CANON_FUTURE_NEW, "future.new", ASYNC, "e", "_I", CM_REFUSES)                                        \
    X(0x16, CM_CANON_FUTURE_READ, "future.read", ASYNC, "eo", "ii_i", CM_REFUSES)                                   \
    X(0x17, CM_CANON_FUTURE_WRITE, "future.write", ASYNC, "eo", "ii_i", CM_REFUSES)                                 \
    X(0x18, CM_CANON_FUTURE_CANCEL_READ, "future.cancel-read", ASYNC, "ea", "i_i", CM_REFUSES)                      \
    X(0x19, CM_CANON_FUTURE_CANCEL_WRITE, "future.cancel-write", ASYNC, "ea", "i_i", CM_REFUSES)                    \
    X(0x1A, CM_CANON_FUTURE_DROP_READABLE, "future.drop-readable", ASYNC, "e", "i_", CM_REFUSES)                    \
    X(0x1B, CM_CANON_FUTURE_DROP_WRITABLE, "future.drop-writable", ASYNC, "e", "i_", CM_REFUSES)                    \
    X(0x1C, CM_CANON_ERROR_CONTEXT_NEW, "error-context.new", ERROR_CONTEXT, "o", "ii_i", CM_REFUSES)                \
    X(0x1D, CM_CANON_ERROR_CONTEXT_DEBUG_MESSAGE, "error-context.debug-message", ERROR_CONTEXT, "o", "ii_",         \
      CM_REFUSES)                                                                                                   \
    X(0x1E, CM_CANON_ERROR_CONTEXT_DROP, "error-context.drop", ERROR_CONTEXT, "", "i_", CM_REFUSES)                 \
    X(0x1F, CM_CANON_WAITABLE_SET_NEW, "waitable-set.new", ASYNC, "", "_i", CM_TRAPS)                               \
    X(0x20, CM_CANON_WAITABLE_SET_WAIT, "waitable-set.wait", ASYNC, "cm", "ii_i", CM_REFUSES)                       \
    X(0x21, CM_CANON_WAITABLE_SET_POLL, "waitable-set.poll", ASYNC, "cm", "ii_i", CM_REFUSES)                       \
    X(0x22, CM_CANON_WAITABLE_SET_DROP, "waitable-set.drop", ASYNC, "", "i_", CM_TRAPS)                             \
    X(0x23, CM_CANON_WAITABLE_JOIN, "waitable.join", ASYNC, "", "ii_", CM_TRAPS)                                    \
    X(0x24, CM_CANON_BACKPRESSURE_INC, "backpressure.inc", ASYNC, "", "_", CM_TRAPS)                                \
    X(0x25, CM_CANON_BACKPRESSURE_DEC, "backpressure.dec", ASYNC, "", "_", CM_TRAPS)                                \
    X(0x26, CM_CANON_THREAD_INDEX, "thread.index", THREADING, "", "_i", CM_REFUSES)                                 \
    X(0x27, CM_CANON_THREAD_NEW_INDIRECT, "thread.new-indirect", THREADING, "kb", "ii_i", CM_REFUSES)               \
    X(0x28, CM_CANON_THREAD_RESUME_LATER, "thread.resume-later", THREADING, "", "i_", CM_REFUSES)                   \
    X(0x29, CM_CANON_THREAD_SUSPEND, "thread.suspend", THREADING, "c", "_i", CM_REFUSES)                            \
    X(0x2A, CM_CANON_THREAD_SUSPEND_THEN_RESUME, "thread.suspend-then-resume", THREADING, "c", "i_i", CM_REFUSES)   \
    X(0x2B, CM_CANON_THREAD_YIELD_THEN_RESUME, "thread.yield-then-resume", THREADING, "c", "i_i", CM_REFUSES)       \
    X(0x2C, CM_CANON_THREAD_SUSPEND_THEN_PROMOTE, "thread.suspend-then-promote", THREADING, "c", "i_i", CM_REFUSES) \
    X(0x2D, CM_CANON_THREAD_YIELD_THEN_PROMOTE, "thread.yield-then-promote", THREADING, "c", "i_i", CM_REFUSES)     \
    X(0x40, CM_CANON_THREAD_SPAWN_REF, "thread.spawn-ref", SHARED_THREADS, "hk", NULL, CM_REFUSES)                  \
    X(0x41, CM_CANON_THREAD_SPAWN_INDIRECT, "thread.spawn-indirect", SHARED_THREADS, "hkb", "ii_i", CM_REFUSES)     \
    X(0x42, CM_CANON_THREAD_AVAILABLE_PARALLELISM, "thread.available-parallelism", SHARED_THREADS, "h", "_i",       \
      CM_REFUSES)

typedef enum cm_canon_kind {
#define CM_CANON_ENUM(code, name, text, feature, immediates, signature, run) name = code,
    CM_CANONS(CM_CANON_ENUM)
#undef CM_CANON_ENUM
} cm_canon_kind;

/* What there is of a built-in at run time. Toolchains define some whether or not anything calls them: these trap when called. */
typedef enum cm_canon_run {
    CM_RUNS,
    CM_TRAPS,   /* when it is called */
    CM_REFUSES, /* the component cannot be instantiated */
} cm_canon_run;

/* A row of the table. */
typedef struct cm_canon_info {
    uint8_t code;
    const char *text;
    uint32_t feature; /* PIRN_COMPONENT_, or 0 */
    const char *immediates, *signature;
    cm_canon_run run;
} cm_canon_info;

/* NULL when there is no canonical definition of that code. */
const cm_canon_info *cm_canon_info_find(uint8_t code);

/* Canonical options; indices are CM_NONE when not given. */
typedef struct cm_option_indices {
    cm_encoding encoding;
    uint32_t memory;      /* core memory */
    uint32_t realloc;     /* core func */
    uint32_t post_return; /* core func */
    uint32_t callback;    /* core func */
    bool is_async;
    bool has_encoding; /* it was given */
} cm_option_indices;

/* The attributes of the name of an import or export; those that are not there have no data. */
typedef struct cm_attributes {
    pirn_str implements, version_suffix, external_id;
} cm_attributes;

/* A named argument of an instantiation, or a named export of an instance made of exports. */
typedef struct cm_argument {
    pirn_str name;
    const cm_attributes *attributes; /* of an export; NULL: none */
    cm_ref ref; /* to a core instance: an argument of a core instantiation is always a core instance */
    uint64_t offset;
} cm_argument;

/* What an import is declared to be, or an export ascribed: `index` is of a core type (module) or a type. */
typedef enum cm_bound_kind {
    CM_BOUND_INDEX, /* module, func, component, instance: a type index */
    CM_BOUND_EQ,    /* type equal to the type `index` */
    CM_BOUND_SUB,   /* a fresh resource type */
} cm_bound_kind;
typedef struct cm_extern_desc {
    cm_sort sort;
    cm_bound_kind bound;
    uint32_t index;
} cm_extern_desc;

typedef enum cm_definition_kind {
    CM_DEF_CORE_MODULE,
    CM_DEF_CORE_INSTANTIATE,
    CM_DEF_CORE_EXPORTS, /* a core instance made of exports */
    CM_DEF_CORE_TYPE,
    CM_DEF_COMPONENT,
    CM_DEF_INSTANTIATE,
    CM_DEF_EXPORTS, /* an instance made of exports */
    CM_DEF_ALIAS_EXPORT,
    CM_DEF_ALIAS_CORE_EXPORT,
    CM_DEF_ALIAS_OUTER,
    CM_DEF_TYPE,
    CM_DEF_CANON,
    CM_DEF_IMPORT,
    CM_DEF_EXPORT,
} cm_definition_kind;

typedef struct cm_module_definition {
    vm_range bytes;
    const pirn_module *module; /* after validation */
} cm_module_definition;

typedef struct cm_instance_definition {
    uint32_t source; /* core module or component index; not of those made of exports */
    uint32_t argument_count;
    const cm_argument *arguments;
} cm_instance_definition;

typedef struct cm_alias_definition {
    uint32_t instance;     /* ALIAS_EXPORT: instance index; ALIAS_CORE_EXPORT: core instance index */
    uint32_t depth, index; /* ALIAS_OUTER: how many bodies to go out; the index there */
    pirn_str name;
} cm_alias_definition;

typedef struct cm_canon_definition {
    cm_canon_kind kind : 8;
    bool flag : 1;     /* async, cancellable or shared */
    pirn_valtype slot; /* context.*: the type of a slot */
    union {
        uint32_t func;   /* lift: core func; lower: func */
        uint32_t memory; /* waitable-set.*: core memory */
        uint32_t table;  /* thread.*: core table */
        uint32_t number; /* context.*: of the slot */
    };
    uint32_t type; /* lift: of the function; resource.*, stream.*, future.*: that type; thread.*: core type */
    cm_resource_id resource;          /* after validation: resource.* */
    const cm_option_indices *options; /* those that have options */
    union {
        const cm_value_syntax *result;           /* task.return, until validation */
        const pirn_component_functype *functype; /* after validation: lift, lower */
        const pirn_type *value;                  /* after validation: stream.*, future.*; task.return, or NULL */
    };
} cm_canon_definition;

typedef struct cm_external_definition {
    pirn_str name;
    const cm_attributes *attributes; /* NULL: none */
    cm_extern_desc desc;             /* has_desc: always of an import */
    cm_ref ref;                      /* EXPORT: what is exported; not in a type's body */
    bool has_desc;
} cm_external_definition;

/* The resource ids that a definition gives birth to (see the top). */
typedef struct cm_births {
    uint32_t count;
    const cm_birth *list;
} cm_births;

/*
 * A file can have one definition in each of its bytes, so a definition is small: what only some of them have lies beside it.
 */
typedef struct cm_definition {
    uint32_t kind : 8;   /* cm_definition_kind */
    uint32_t index : 24; /* of the item that it adds, in the space of item.sort */
    uint32_t offset;     /* in the file */
    union {
        cm_module_definition *module;           /* CORE_MODULE */
        const cm_instance_definition *instance; /* CORE_INSTANTIATE, INSTANTIATE, CORE_EXPORTS, EXPORTS */
        const cm_type_syntax *syntax;           /* TYPE, CORE_TYPE, while it is validated */
        uint32_t dtor;                          /* TYPE of a resource, after validation: a core func, or CM_NONE */
        cm_component *component;
        const cm_alias_definition *alias; /* ALIAS_EXPORT, ALIAS_CORE_EXPORT, ALIAS_OUTER */
        cm_canon_definition *canon;
        const cm_external_definition *external; /* IMPORT, EXPORT */
    };
    cm_item item;          /* item.sort by decode; its type after validation */
    const cm_births *born; /* after validation; NULL: none */
} cm_definition;

enum { CM_LIMIT_DEFINITIONS = 1000000 }; /* of one body; less than `index` can count */

typedef enum cm_body_kind { CM_BODY_COMPONENT, CM_BODY_COMPONENT_TYPE, CM_BODY_INSTANCE_TYPE } cm_body_kind;

struct cm_component {
    cm_body_kind kind;
    cm_component *parent; /* NULL: the outermost */
    uint64_t offset;      /* of its first byte in the file */
    cm_definition *definitions;
    uint32_t definition_count;
    uint32_t space_counts[CM_SORT_COUNT];  /* items in each index space */
    const uint32_t *spaces[CM_SORT_COUNT]; /* index -> the number of its definition */
    pirn_str name;                         /* of the name section, or empty */
    /* after validation */
    cm_component_type type;                      /* of a component and of a component type's body */
    cm_instance_type instance_type;              /* of an instance type's body */
    cm_resource_id first_resource, end_resource; /* ids of it and of all in it */
};

/* The definition of an item: of `ref`, which must be in bounds. */
static inline const cm_definition *cm_component_find(const cm_component *component, cm_ref ref)
{
    return &component->definitions[component->spaces[ref.sort][ref.index]];
}

struct pirn_component {
    pirn_engine *engine;
    const pirn_allocator *allocator;
    base_arena arena;
    const uint8_t *bytes; /* a copy, or borrowed */
    size_t size;
    bool owns_bytes;
    cm_component *root;
    uint32_t resource_count; /* ids are below this */
    BASE_VEC(pirn_section) sections;
    BASE_VEC(pirn_module *) modules; /* in the order of the file */
};

/* The import or export of that name; NULL when there is none. */
const cm_extern *cm_externs_find(const cm_externs *externs, pirn_str name);
const cm_core_extern *cm_core_externs_find(const cm_core_externs *externs, pirn_str module, pirn_str name);
