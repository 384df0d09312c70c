/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/component.h: the Component Model as an embedder sees it.
 *
 *   component   decoded and validated once, then read-only; shared by threads
 *   linker      what the host offers: interfaces and functions by name
 *   prepared    a component with its imports resolved: a flat list of steps, no names left to look up. Read-only.
 *   instance    lives in a store; owns its resource tables
 *   task        one call of an exported function; may be *pending*, and is resumed
 *
 * Values in C. A component value crosses this interface as the C object that you would write for it by hand:
 *
 *   bool                  uint8_t, 0 or 1
 *   s8 ... u64, f32, f64  int8_t ... uint64_t, float, double
 *   char                  uint32_t, a Unicode scalar value
 *   string                pirn_str (UTF-8, whatever the guest uses)
 *   list<T>               struct { T *data; size_t len; }
 *   list<T, N>            T[N]
 *   map<K, V>             as list<tuple<K, V>>
 *   record, tuple         struct with the fields in order
 *   enum                  uint8_t (up to 256 cases), uint16_t, uint32_t
 *   flags                 uint8_t (up to 8 labels), uint16_t (16), uint32_t (32)
 *   variant               struct { <as enum> tag; union { the payloads } value; }; no union when no case has a payload
 *   option<T>             struct { uint8_t is_some; T value; }
 *   result<T, E>          struct { uint8_t is_err; union { T ok; E err; } value; }; no union when neither has a payload
 *   own<R>, borrow<R>     void *: of a resource of the host, the host's own pointer; of a resource of a guest, a
 *                         pirn_resource *
 *   stream<T>, future<T>, error-context   uint32_t; nothing that has them can be called yet
 *
 * with natural alignment, as every C compiler lays out such structs. The arguments of a function are a struct of its
 * parameters; the result is the result's object. pirn_layout_... tell sizes and offsets at run time.
 */
#pragma once

#include <pirn/vm.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types ------------------------------------------------------------------------------------------------------ */

/* Value types. Columns: enumerator, name in WIT. */
#define PIRN_TYPE_KINDS(X)                                                                                   \
    X(PIRN_TYPE_BOOL, "bool")                                                                                \
    X(PIRN_TYPE_S8, "s8")                                                                                    \
    X(PIRN_TYPE_U8, "u8")                                                                                    \
    X(PIRN_TYPE_S16, "s16")                                                                                  \
    X(PIRN_TYPE_U16, "u16")                                                                                  \
    X(PIRN_TYPE_S32, "s32")                                                                                  \
    X(PIRN_TYPE_U32, "u32")                                                                                  \
    X(PIRN_TYPE_S64, "s64")                                                                                  \
    X(PIRN_TYPE_U64, "u64")                                                                                  \
    X(PIRN_TYPE_F32, "f32")                                                                                  \
    X(PIRN_TYPE_F64, "f64")                                                                                  \
    X(PIRN_TYPE_CHAR, "char")                                                                                \
    X(PIRN_TYPE_STRING, "string")                                                                            \
    X(PIRN_TYPE_LIST, "list")                                                                                \
    X(PIRN_TYPE_RECORD, "record")                                                                            \
    X(PIRN_TYPE_TUPLE, "tuple")                                                                              \
    X(PIRN_TYPE_VARIANT, "variant")                                                                          \
    X(PIRN_TYPE_ENUM, "enum")                                                                                \
    X(PIRN_TYPE_OPTION, "option")                                                                            \
    X(PIRN_TYPE_RESULT, "result")                                                                            \
    X(PIRN_TYPE_FLAGS, "flags")                                                                              \
    X(PIRN_TYPE_OWN, "own")                                                                                  \
    X(PIRN_TYPE_BORROW, "borrow")                                                                            \
    X(PIRN_TYPE_MAP, "map")                                                                                  \
    X(PIRN_TYPE_FIXED_LIST, "list")                                                                          \
    X(PIRN_TYPE_STREAM, "stream")                                                                            \
    X(PIRN_TYPE_FUTURE, "future")                                                                            \
    X(PIRN_TYPE_ERROR_CONTEXT, "error-context")

typedef enum pirn_type_kind {
#define PIRN_TYPE_ENUM_ROW(name, text) name,
    PIRN_TYPE_KINDS(PIRN_TYPE_ENUM_ROW)
#undef PIRN_TYPE_ENUM_ROW
} pirn_type_kind;

PIRN_API const char *pirn_type_kind_name(pirn_type_kind kind);

/* A value type of a component; lives as long as the component. */
typedef struct pirn_type pirn_type;

PIRN_API pirn_type_kind pirn_type_kind_of(const pirn_type *type);
/* list, option: the element's type; map: the tuple of key and value; stream, future: NULL if of nothing. Otherwise NULL. */
PIRN_API const pirn_type *pirn_type_element(const pirn_type *type);
/* Of a list of fixed length, which is an array in C, its length. Otherwise 0. */
PIRN_API size_t pirn_type_length(const pirn_type *type);
/*
 * record, tuple: fields; variant, enum: cases; flags: labels; option: 2 cases (none, some); result: 2 cases (ok, error).
 * Otherwise 0. The member's type is NULL for a case or label without one; the name of a tuple's field is empty.
 */
PIRN_API size_t pirn_type_member_count(const pirn_type *type);
PIRN_API pirn_str pirn_type_member_name(const pirn_type *type, size_t index);
PIRN_API const pirn_type *pirn_type_member_type(const pirn_type *type, size_t index);
/* own, borrow: the resource's name as far as it has one. */
PIRN_API pirn_str pirn_type_resource_name(const pirn_type *type);
/* own, borrow: which resource, as pirn_item says. Otherwise 0. */
PIRN_API uint32_t pirn_type_resource(const pirn_type *type);
/* Under which name it was imported or exported last; empty when it was not. */
PIRN_API pirn_str pirn_type_name(const pirn_type *type);
/* record, variant, enum, flags: the same pointer for a type and for what another interface exports as equal to it. */
PIRN_API const void *pirn_type_origin(const pirn_type *type);
/* Writes the type as WIT text, at most `size` bytes with the NUL; returns the length it would have. */
PIRN_API size_t pirn_type_text(const pirn_type *type, char *out, size_t size);
/* The same, but types in it that were imported or exported under a name are called by that name. */
PIRN_API size_t pirn_type_definition(const pirn_type *type, char *out, size_t size);

/* Layout in C (see above): size, alignment, the offset of a record's or tuple's field, and of a payload. */
PIRN_API size_t pirn_layout_size(const pirn_type *type);
PIRN_API size_t pirn_layout_align(const pirn_type *type);
PIRN_API size_t pirn_layout_field(const pirn_type *type, size_t index);
PIRN_API size_t pirn_layout_payload(const pirn_type *type);

/* A function type of a component. */
typedef struct pirn_component_functype pirn_component_functype;
PIRN_API size_t pirn_component_functype_params(const pirn_component_functype *type);
PIRN_API pirn_str pirn_component_functype_param_name(const pirn_component_functype *type, size_t index);
PIRN_API const pirn_type *pirn_component_functype_param(const pirn_component_functype *type, size_t index);
PIRN_API const pirn_type *pirn_component_functype_result(const pirn_component_functype *type); /* NULL: none */
PIRN_API bool pirn_component_functype_is_async(const pirn_component_functype *type);
/* Of the struct of the parameters. */
PIRN_API size_t pirn_component_functype_args_size(const pirn_component_functype *type);
PIRN_API size_t pirn_component_functype_arg_offset(const pirn_component_functype *type, size_t index);
PIRN_API size_t pirn_component_functype_result_size(const pirn_component_functype *type);
PIRN_API size_t pirn_component_functype_text(const pirn_component_functype *type, char *out, size_t size);
/* Likewise with the names of types. */
PIRN_API size_t pirn_component_functype_signature(const pirn_component_functype *type, char *out, size_t size);

/*
 * Values as text (WAVE): 42, -1.5, nan, true, 'c', "text", [1, 2], (1, "two"), {x: 1, y: 2}, circle(2.5), red,
 * some(3), none, ok(1), err("why"), {read, write}. `some` and `ok` may be left out where they are clear, fields of an
 * option, too; %none is a case of that name. Handles have no text, unless the caller has names for them.
 *
 * Parsing fills the C object `out`, of pirn_layout_size() bytes; what it points to is in `arena`. MALFORMED, with line
 * and column.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_value_parse(const pirn_type *type, pirn_str text, pirn_arena *arena, void *out,
                                                      pirn_error *error);
/* The parameters of a function, "(1, \"two\")", into the struct of its arguments. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_args_parse(const pirn_component_functype *type, pirn_str text, pirn_arena *arena,
                                                     void *args, pirn_error *error);
/* Writes a value, at most `size` bytes with the NUL; returns the length it would have. */
PIRN_API size_t pirn_value_text(const pirn_type *type, const void *value, char *out, size_t size);

/* What handles are called in text, for a session that holds resources. */
typedef struct pirn_handle_names {
    /*
     * `name` (of letters, digits and -_.#$) stands where a value of `type` (own, borrow) is expected: NULL, and the handle
     * in *out; or what is wrong with it, in one sentence that lasts until the next call.
     */
    const char *(*find)(void *user, const pirn_type *type, pirn_str name, void **out);
    /* Writes what a handle is called, at most `size` bytes with the NUL. It may be asked more than once. */
    void (*print)(void *user, const pirn_type *type, void *handle, char *out, size_t size);
    void *user;
} pirn_handle_names;

/* As the three above, with handles by their names. `names` may be NULL. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_value_parse_named(const pirn_type *type, pirn_str text,
                                                            const pirn_handle_names *names, pirn_arena *arena, void *out,
                                                            pirn_error *error);
/* The text has the parameters from number `first` on; those before it are left as they are. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_args_parse_named(const pirn_component_functype *type, size_t first, pirn_str text,
                                                           const pirn_handle_names *names, pirn_arena *arena, void *args,
                                                           pirn_error *error);
PIRN_API size_t pirn_value_text_named(const pirn_type *type, const void *value, const pirn_handle_names *names, char *out,
                                      size_t size);

/* ---- Components --------------------------------------------------------------------------------------------------- */

typedef struct pirn_component pirn_component;

/* True when the bytes begin like a component, and like a core module. */
PIRN_API bool pirn_is_component(const void *bytes, size_t size);
PIRN_API bool pirn_is_module(const void *bytes, size_t size);

/*
 * Decodes and validates a component with all that is nested in it. MALFORMED, INVALID, LIMIT, NOMEM; the error has the
 * byte offset.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_component_load(pirn_engine *engine, const void *bytes, size_t size,
                                                         pirn_bytes_use use, pirn_component **out, pirn_error *error);
/* After everything prepared from it. */
PIRN_API void pirn_component_free(pirn_component *component);

/*
 * The text of a component (UTF-8): whether it is one rather than that of a module, and its bytes, with or without
 * `(component ...)` around its definitions. Identifiers become the section component-name. The bytes live in `arena`; they are
 * not validated. MALFORMED with line and column, LIMIT, NOMEM.
 */
PIRN_API bool pirn_is_component_text(const char *text, size_t size);
PIRN_API PIRN_MUST_CHECK pirn_status pirn_component_text_parse(const char *text, size_t size, pirn_arena *arena,
                                                               const uint8_t **bytes, size_t *bytes_size, pirn_error *error);

/*
 * Prints the text of a component, given as binary, piece by piece. It need not be valid. Assembled again, the text gives the same
 * bytes, if they are as pirn_component_text_parse writes them, and otherwise a component that prints as the same text.
 * MALFORMED, LIMIT, IO (the sink answered false), NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_component_text_print(const void *bytes, size_t size, const pirn_allocator *allocator,
                                                               pirn_text_sink sink, void *sink_data, pirn_error *error);

typedef enum pirn_item_kind {
    PIRN_ITEM_MODULE,
    PIRN_ITEM_FUNC,
    PIRN_ITEM_VALUE,
    PIRN_ITEM_TYPE,
    PIRN_ITEM_COMPONENT,
    PIRN_ITEM_INSTANCE,
} pirn_item_kind;
PIRN_API const char *pirn_item_kind_name(pirn_item_kind kind);

/* An import or export. Of an instance, `members` are walked with pirn_item_member. Lives as long as the component. */
typedef struct pirn_item {
    pirn_str name;
    pirn_item_kind kind;
    const pirn_component_functype *func; /* PIRN_ITEM_FUNC */
    const pirn_type *type;               /* PIRN_ITEM_TYPE: a value type, else NULL */
    bool is_resource;                    /* PIRN_ITEM_TYPE: a resource type */
    uint32_t resource;                   /* of a resource type: which one in the component, from 1; otherwise 0 */
    size_t member_count;                 /* PIRN_ITEM_INSTANCE */
    const void *detail;                  /* for pirn_item_member */
} pirn_item;
PIRN_API size_t pirn_component_import_count(const pirn_component *component);
PIRN_API pirn_item pirn_component_import(const pirn_component *component, size_t index);
PIRN_API size_t pirn_component_export_count(const pirn_component *component);
PIRN_API pirn_item pirn_component_export(const pirn_component *component, size_t index);
PIRN_API pirn_item pirn_item_member(const pirn_item *item, size_t index);

/* Sections of the outermost component, for tools (see pirn_section); nested ones by their depth-first order. */
PIRN_API size_t pirn_component_section_count(const pirn_component *component);
PIRN_API pirn_section pirn_component_section(const pirn_component *component, size_t index);
/* The core modules in it, nested ones included, in the order of the file. */
PIRN_API size_t pirn_component_module_count(const pirn_component *component);
PIRN_API const pirn_module *pirn_component_module(const pirn_component *component, size_t index);

/* ---- Making components -------------------------------------------------------------------------------------------- */

/* A core module that stands between another one and interfaces: imports from `name` are its exports. */
typedef struct pirn_adapter {
    pirn_str name; /* "wasi_snapshot_preview1" */
    const void *bytes;
    size_t size;
} pirn_adapter;

typedef struct pirn_componentize_options {
    const void *module; /* a core module whose imports and exports have the names of the Canonical ABI */
    size_t module_size;
    const void *wit; /* a binary WIT package with its world; NULL: the module's custom sections "component-type..." have it */
    size_t wit_size;
    pirn_str world; /* which one; empty: there is only one */
    const pirn_adapter *adapters;
    size_t adapter_count;
} pirn_componentize_options;

/*
 * Makes a component of a core module. What it imports is what the module needs of its world, and the adapters for it. The bytes
 * live in `arena`, and have been validated. INVALID: something is missing or has another type than WIT says, and the error
 * tells what; MALFORMED, LIMIT, NOMEM; USAGE: two adapters of one name.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_componentize(pirn_engine *engine, const pirn_componentize_options *options,
                                                       pirn_arena *arena, const uint8_t **bytes, size_t *size,
                                                       pirn_error *error);

/* ---- Composing --------------------------------------------------------------------------------------------------- */

/* A component that becomes part of another one. */
typedef struct pirn_part {
    pirn_str name; /* for messages */
    const void *bytes;
    size_t size;
} pirn_part;

#define PIRN_ANY_PART SIZE_MAX

/*
 * Imports of one part are exports of another one; parts by their number. Names fit by the rule of linking: exact, else the
 * highest version of the same track.
 */
typedef struct pirn_link {
    size_t importer; /* PIRN_ANY_PART: imports of whichever part, that are not linked otherwise */
    pirn_str import; /* empty: all that the other one exports; there must be one, unless it is for any part */
    size_t exporter;
    pirn_str export; /* empty: the export of the import's name */
} pirn_link;

typedef struct pirn_part_export {
    size_t part;
    pirn_str name; /* empty: all that the part exports */
    pirn_str as;   /* its name outside; empty: the same */
} pirn_part_export;

typedef struct pirn_composition {
    const pirn_part *parts;
    size_t part_count;
    const pirn_link *links;
    size_t link_count;
    size_t main_part; /* instantiated in any case; its exports are exported unless there is a list of exports */
    const pirn_part_export *exports;
    size_t export_count;
} pirn_composition;

/*
 * Makes one component of several. Each part has one instance, if the main one or one that is exported needs it, and all keep their
 * memories for themselves. Imports that nothing is linked to are imported, one for all parts. The bytes live in
 * `arena`, and have been validated. UNLINKABLE: something does not fit, is missing, or parts need each other in a circle;
 * the error names it. MALFORMED, INVALID: of a part; LIMIT, NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_compose(pirn_engine *engine, const pirn_composition *composition,
                                                  pirn_arena *arena, const uint8_t **bytes, size_t *size,
                                                  pirn_error *error);

/* ---- What a host offers ------------------------------------------------------------------------------------------ */

/*
 * Types and functions of a host interface as constant data: written by the binding generator from WIT, or by hand.
 */
typedef struct pirn_typedesc pirn_typedesc;

typedef struct pirn_memberdesc {
    const char *name;          /* of a field, case, label or parameter; NULL in a tuple */
    const pirn_typedesc *type; /* NULL: none */
} pirn_memberdesc;

/* A resource type of the host. Its identity is this object's address: one for all versions of an interface. */
typedef struct pirn_resourcedesc {
    const char *name;                      /* "input-stream" */
    void (*drop)(void *data, void *object); /* the guest's last handle is gone; `data` as in pirn_host_call_data */
} pirn_resourcedesc;

struct pirn_typedesc {
    pirn_type_kind kind;
    uint32_t member_count; /* record, tuple, variant, enum, flags; result: 2 (ok, error); list of fixed length: that */
    const pirn_memberdesc *members;
    const pirn_typedesc *element;      /* list, option; map: the tuple of key and value */
    const pirn_resourcedesc *resource; /* own, borrow */
};

typedef struct pirn_host_call pirn_host_call;

/*
 * A host function. `args` is the struct of its parameters, `result` the zeroed object for its result.
 *   PIRN_OK        *result is set; what it points to lives at least until the function returns to the guest
 *                  (pirn_host_call_alloc gives such memory)
 *   PIRN_PENDING   it waits: the task is pending. When the task is resumed the function is called again with the same
 *                  arguments; *pirn_host_call_state() has kept its value.
 *   otherwise      the value of pirn_host_call_trap(), or a failure status
 * Strings and lists of u8 in `args` may be views of the guest's memory, valid until the function returns;
 * *result may point to them, too.
 * An own<R> argument now belongs to the host; an own<R> result passes to the guest.
 */
typedef pirn_status (*pirn_component_host_func)(pirn_host_call *call, const void *args, void *result);

typedef struct pirn_funcdesc {
    const char *name; /* as in the component: "now", "[method]input-stream.read", "[constructor]fields", "[static]..." */
    pirn_component_host_func func;
    uint32_t param_count;
    const pirn_memberdesc *params;
    const pirn_typedesc *result; /* NULL: none */
} pirn_funcdesc;

typedef struct pirn_interfacedesc {
    const char *name; /* "wasi:io/streams@0.2.12", or an instance's plain name; "": of functions imported directly */
    uint32_t func_count;
    const pirn_funcdesc *funcs;
    uint32_t type_count; /* named types that the interface exports, those it uses from others included */
    const pirn_memberdesc *types;
    uint32_t resource_count; /* resource types that the interface exports, those it uses from others included */
    const pirn_resourcedesc *const *resources;
} pirn_interfacedesc;

/* The data that the instance was made with: see pirn_component_instantiate. */
PIRN_API void *pirn_host_call_data(const pirn_host_call *call);
/* The `user` pointer of the definition in the linker. */
PIRN_API void *pirn_host_call_user(const pirn_host_call *call);
/* What is called: the function's row, the interface as the linker has it, and the type as the guest imports it. */
PIRN_API const pirn_funcdesc *pirn_host_call_function(const pirn_host_call *call);
PIRN_API pirn_str pirn_host_call_interface(const pirn_host_call *call);
PIRN_API const pirn_component_functype *pirn_host_call_type(const pirn_host_call *call);
/* Memory until the function has returned to the guest; NULL when out of memory, or when the call takes more than the store's
 * limit `call_bytes` (the error says so). */
PIRN_API void *pirn_host_call_alloc(pirn_host_call *call, size_t size);
/* A pointer of the function's own, NULL at first, kept while it is pending. */
PIRN_API void **pirn_host_call_state(pirn_host_call *call);
/* If the task is abandoned while the function is pending, `cancel(state)` is called with that pointer's value. */
PIRN_API void pirn_host_call_on_cancel(pirn_host_call *call, void (*cancel)(void *state));
typedef struct pirn_task pirn_task;
/* The task that this call is part of: what to resume when the host function can go on. */
PIRN_API pirn_task *pirn_host_call_task(const pirn_host_call *call);
/* Ends the task with TRAP and a formatted sentence; return its value. */
PIRN_API pirn_status pirn_host_call_trap(pirn_host_call *call, const char *format, ...) PIRN_PRINTF(2, 3);

typedef struct pirn_linker pirn_linker;
/* NULL when out of memory. */
PIRN_API pirn_linker *pirn_linker_new(pirn_engine *engine);
PIRN_API void pirn_linker_free(pirn_linker *linker);
/*
 * Offers an interface. The description must outlive the linker and what is prepared with it. USAGE when the same name is
 * defined already, NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_linker_define(pirn_linker *linker, const pirn_interfacedesc *interface, void *user,
                                                        pirn_error *error);

/*
 * Offers whatever else a component imports, with the types that it imports it with: every function is `func`, which learns
 * by pirn_host_call_... what is called, and finds its arguments by pirn_layout_... ; every resource type has `drop`, which may
 * be NULL. For hosts that learn only at run time what they are to be: proxies, recorders, test doubles. NULL for `func`
 * ends it.
 */
PIRN_API void pirn_linker_define_rest(pirn_linker *linker, pirn_component_host_func func,
                                      void (*drop)(void *data, void *object), void *user);

/*
 * Resolves the component's imports: the exact name first, else the same compatible track (`@1`, `@0.2`; prereleases
 * only exactly), the highest version wins; then types are compared (subtyping). UNLINKABLE names every missing or
 * ill-fitting import with its full name and what the linker has instead.
 */
typedef struct pirn_prepared pirn_prepared;
PIRN_API PIRN_MUST_CHECK pirn_status pirn_linker_prepare(const pirn_linker *linker, const pirn_component *component,
                                                         pirn_prepared **out, pirn_error *error);
/* After its instances. */
PIRN_API void pirn_prepared_free(pirn_prepared *prepared);

/* ---- Instances and tasks ------------------------------------------------------------------------------------------ */

typedef struct pirn_component_instance pirn_component_instance;

/*
 * Instantiates in `store`; `data` is what host functions get from pirn_host_call_data. Core start functions run here and
 * may not wait. TRAP, EXHAUSTED, LIMIT, NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_component_instantiate(const pirn_prepared *prepared, pirn_store *store, void *data,
                                                                pirn_component_instance **out, pirn_error *error);
/*
 * The same in a store of a pool, which is that of the instance: pirn_component_instance_store. To give it back, free the
 * instance, then the store. `kind` is used with this component only, and freed before it. As pirn_pool_take.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_component_instantiate_pooled(const pirn_prepared *prepared, pirn_pool_kind *kind,
                                                                       void *data, pirn_component_instance **out,
                                                                       pirn_error *error);
/* Drops the host resources that are left in its tables (their `drop` is called); guests' destructors do not run.
 * Its tasks must have been freed. Before its store. */
PIRN_API void pirn_component_instance_free(pirn_component_instance *instance);
PIRN_API void *pirn_component_instance_data(const pirn_component_instance *instance);
PIRN_API pirn_store *pirn_component_instance_store(const pirn_component_instance *instance);

/* An exported function of an instance; lives as long as the instance. */
typedef struct pirn_component_func pirn_component_func;
/*
 * Finds `name` in the exported instance `interface` ("wasi:cli/run@0.2.12", by the version rule of the linker; empty for
 * functions exported directly). NULL when there is none.
 */
PIRN_API const pirn_component_func *pirn_component_instance_func(const pirn_component_instance *instance, pirn_str interface,
                                                                 pirn_str name);
PIRN_API const pirn_component_functype *pirn_component_func_type(const pirn_component_func *func);

/* A task, for one call after another. NULL when out of memory. */
PIRN_API pirn_task *pirn_task_new(pirn_component_instance *instance);
/* Abandons what is pending in it (the instance then cannot be entered again). */
PIRN_API void pirn_task_free(pirn_task *task);
/*
 * Calls `func` with the struct of arguments `args`. OK: pirn_task_result() has the result. PENDING: resume it when the host
 * functions that wait can go on. TRAP and others: the call ended, and the instance cannot be entered again.
 * own<R> arguments pass to the guest.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_task_start(pirn_task *task, const pirn_component_func *func, const void *args,
                                                     pirn_error *error);
PIRN_API PIRN_MUST_CHECK pirn_status pirn_task_resume(pirn_task *task, pirn_error *error);
/* The result's object (see pirn_component_func_type); valid until the task is started again or freed. */
PIRN_API const void *pirn_task_result(const pirn_task *task);
PIRN_API pirn_component_instance *pirn_task_instance(const pirn_task *task);
PIRN_API void pirn_task_set_data(pirn_task *task, void *data);
PIRN_API void *pirn_task_data(const pirn_task *task);

/*
 * A resource type as it is at run time: of one instance, the same pointer means the same type. That of an own<R> or
 * borrow<R> in the type of an exported function; lives as long as the instance.
 */
typedef struct pirn_resource_type pirn_resource_type;
PIRN_API const pirn_resource_type *pirn_component_func_resource(const pirn_component_func *func, const pirn_type *type);
/* Of a resource of the host what it was described by, NULL of a guest's. */
PIRN_API const pirn_resourcedesc *pirn_resource_type_host(const pirn_resource_type *type);

/* A resource of a guest in the embedder's hands (own<R>). */
typedef struct pirn_resource pirn_resource;
/* Gives it back to its guest's destructor, which runs now and may not wait. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_resource_drop(pirn_resource *resource, pirn_error *error);

#ifdef __cplusplus
}
#endif
