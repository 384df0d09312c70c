/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/vm.h: the WebAssembly virtual machine as an embedder sees it.
 *
 *   engine   what is shared: configuration, allocator, the registry of function types. Thread-safe.
 *   module   decoded and validated once, then read-only; shared by threads and by all its instances.
 *   store    owns instances, memories, tables, globals and functions. One thread at a time.
 *   call     one activation of Wasm code: it owns a value stack, may be *pending*, and is resumed. Belongs to a store.
 *
 * Values cross this interface as `pirn_slot`s, eight bytes each, in the order of the function type; a v128 takes two.
 * No function keeps a pointer that it was given unless its comment says so.
 */
#pragma once

#include <pirn/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Types (spec 2.3) ------------------------------------------------------------------------------------------ */

/*
 * A value type: for number, vector and abstract reference types the byte of the binary format; a reference to a
 * concrete type has further bits. Compare with ==.
 */
typedef uint32_t pirn_valtype;
#define PIRN_I32       ((pirn_valtype)0x7F)
#define PIRN_I64       ((pirn_valtype)0x7E)
#define PIRN_F32       ((pirn_valtype)0x7D)
#define PIRN_F64       ((pirn_valtype)0x7C)
#define PIRN_V128      ((pirn_valtype)0x7B)
#define PIRN_FUNCREF   ((pirn_valtype)0x70)
#define PIRN_EXTERNREF ((pirn_valtype)0x6F)
#define PIRN_ANYREF    ((pirn_valtype)0x6E)
#define PIRN_EQREF     ((pirn_valtype)0x6D)
#define PIRN_I31REF    ((pirn_valtype)0x6C)
#define PIRN_STRUCTREF ((pirn_valtype)0x6B)
#define PIRN_ARRAYREF  ((pirn_valtype)0x6A)
#define PIRN_EXNREF    ((pirn_valtype)0x69)
#define PIRN_CONTREF   ((pirn_valtype)0x68)

PIRN_API bool pirn_valtype_is_ref(pirn_valtype type);
/* Slots that a value of the type takes: 1, or 2 for v128. */
PIRN_API size_t pirn_valtype_slots(pirn_valtype type);
/* Writes the type's text ("i32", "funcref", "(ref null 3)") and returns `out`. */
PIRN_API const char *pirn_valtype_text(pirn_valtype type, char out[32]);

typedef struct pirn_engine pirn_engine;

/*
 * A function type. Equal types of one engine are the same pointer; they live as long as the engine.
 */
typedef struct pirn_functype pirn_functype;
/* NULL when out of memory. */
PIRN_API const pirn_functype *pirn_functype_new(pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                                                const pirn_valtype *results, size_t result_count);
PIRN_API size_t pirn_functype_params(const pirn_functype *type, const pirn_valtype **params);
PIRN_API size_t pirn_functype_results(const pirn_functype *type, const pirn_valtype **results);
PIRN_API size_t pirn_functype_param_slots(const pirn_functype *type);
PIRN_API size_t pirn_functype_result_slots(const pirn_functype *type);

#define PIRN_NO_MAX UINT64_MAX
typedef struct pirn_limits {
    uint64_t min, max; /* max is PIRN_NO_MAX when there is none, unless `has_top_max` below */
} pirn_limits;

typedef struct pirn_memtype {
    pirn_limits limits; /* in pages */
    bool is64, shared;
    uint8_t page_size_log2; /* 16 unless custom page sizes are used */
    bool has_top_max;       /* there is a maximum, and it is the number that PIRN_NO_MAX is */
} pirn_memtype;

typedef struct pirn_tabletype {
    pirn_limits limits; /* in elements */
    pirn_valtype element;
    bool is64;
    bool has_top_max; /* as in pirn_memtype */
} pirn_tabletype;

typedef struct pirn_globaltype {
    pirn_valtype type;
    bool is_mutable;
} pirn_globaltype;

typedef enum pirn_extern_kind {
    PIRN_EXTERN_FUNC = 0, /* numbers of the binary format */
    PIRN_EXTERN_TABLE = 1,
    PIRN_EXTERN_MEMORY = 2,
    PIRN_EXTERN_GLOBAL = 3,
    PIRN_EXTERN_TAG = 4,
} pirn_extern_kind;

typedef struct pirn_externtype {
    pirn_extern_kind kind;
    bool is_exact; /* of a function: its type is this one, not one below it (custom descriptors) */
    union {
        const pirn_functype *func; /* also for a tag */
        pirn_tabletype table;
        pirn_memtype memory;
        pirn_globaltype global;
    };
} pirn_externtype;

/* "func", "table", "memory", "global", "tag". */
PIRN_API const char *pirn_extern_kind_name(pirn_extern_kind kind);
/* Does something of type `actual` fit an import of type `expected`? (spec 3.3, external subtyping; declared types.) */
PIRN_API bool pirn_externtype_matches(const pirn_engine *engine, const pirn_externtype *actual,
                                      const pirn_externtype *expected);
/* Writes the type's text, at most `size` bytes with the NUL; returns the length it would have. */
PIRN_API size_t pirn_externtype_text(const pirn_externtype *type, char *out, size_t size);

/* ---- Engine ---------------------------------------------------------------------------------------------------- */

/* Features of the language, one bit each, decided at run time. Results never depend on the machine: relaxed SIMD means
 * what the standard's deterministic profile says. Columns: bit, enumerator, name, since which standard (0:
 * none), meaning. */
#define PIRN_FEATURES(X)                                                                                             \
    X(0, PIRN_FEATURE_MUTABLE_GLOBALS, "mutable-globals", 1, "mutable globals may be imported and exported")         \
    X(1, PIRN_FEATURE_SIGN_EXTENSION, "sign-extension", 2, "i32.extend8_s and its kin")                              \
    X(2, PIRN_FEATURE_SATURATING, "nontrapping-float-to-int", 2, "i32.trunc_sat_f32_s and its kin")                  \
    X(3, PIRN_FEATURE_MULTI_VALUE, "multi-value", 2, "blocks and functions with several results")                    \
    X(4, PIRN_FEATURE_REFERENCE_TYPES, "reference-types", 2, "funcref and externref as values, several tables")      \
    X(5, PIRN_FEATURE_BULK_MEMORY, "bulk-memory", 2, "memory.copy, memory.fill, passive segments")                   \
    X(6, PIRN_FEATURE_SIMD, "simd", 2, "v128 and its instructions")                                                  \
    X(7, PIRN_FEATURE_EXTENDED_CONST, "extended-const", 3, "adding and multiplying in constant expressions")         \
    X(8, PIRN_FEATURE_RELAXED_SIMD, "relaxed-simd", 3, "relaxed vector instructions, deterministic")                 \
    X(9, PIRN_FEATURE_TAIL_CALL, "tail-call", 3, "return_call and its kin")                                          \
    X(10, PIRN_FEATURE_FUNCTION_REFERENCES, "function-references", 3, "references to functions of a type, call_ref") \
    X(11, PIRN_FEATURE_GC, "gc", 3, "structures, arrays, i31, casts, recursive types")                               \
    X(12, PIRN_FEATURE_EXCEPTIONS, "exceptions", 3, "tags, throw, try_table, exnref")                                \
    X(13, PIRN_FEATURE_LEGACY_EXCEPTIONS, "legacy-exceptions", 0, "try, catch and delegate of before the standard")  \
    X(14, PIRN_FEATURE_MULTI_MEMORY, "multi-memory", 3, "several memories in a module")                              \
    X(15, PIRN_FEATURE_MEMORY64, "memory64", 3, "memories and tables with 64-bit addresses")                         \
    X(16, PIRN_FEATURE_THREADS, "threads", 0, "shared memories and atomic instructions")                             \
    X(17, PIRN_FEATURE_WIDE_ARITHMETIC, "wide-arithmetic", 0, "i64.add128, i64.mul_wide_s and their kin")            \
    X(18, PIRN_FEATURE_CUSTOM_PAGE_SIZES, "custom-page-sizes", 0, "memories with pages of one byte")                 \
    X(19, PIRN_FEATURE_COMPACT_IMPORTS, "compact-imports", 0, "imports of one module that share its name")           \
    X(20, PIRN_FEATURE_CUSTOM_DESCRIPTORS, "custom-descriptors", 0, "structures with descriptors, exact types")      \
    X(21, PIRN_FEATURE_STACK_SWITCHING, "stack-switching", 0, "continuations: resume, suspend, switch")

enum {
#define PIRN_FEATURE_ENUM(bit, name, text, since, meaning) name = 1u << bit,
    PIRN_FEATURES(PIRN_FEATURE_ENUM)
#undef PIRN_FEATURE_ENUM
};

/*
 * Features of the Component Model, likewise; they are bits of a mask of their own. Columns: bit, enumerator, name, the release that
 * brought it ("": it is gated, and off unless asked for), can this build validate it, meaning.
 */
#define PIRN_COMPONENT_FEATURES(X)                                                                                       \
    X(0, PIRN_COMPONENT_ASYNC, "cm-async", "0.3.0", 1, "async functions, streams, futures, tasks and waitables")         \
    X(1, PIRN_COMPONENT_MAP, "cm-map", "0.3.1", 1, "map<K, V>")                                                          \
    X(2, PIRN_COMPONENT_ATTRIBUTES, "cm-implements", "0.3.1", 1, "names with `implements` and `external-id`")            \
    X(3, PIRN_COMPONENT_MORE_ASYNC, "cm-more-async-builtins", "", 1, "async cancelling, synchronous reads and writes")   \
    X(4, PIRN_COMPONENT_STACKFUL, "cm-async-stackful", "", 1, "async lifting without a callback")                        \
    X(5, PIRN_COMPONENT_THREADING, "cm-threading", "", 1, "cooperative threads")                                         \
    X(6, PIRN_COMPONENT_SHARED_THREADS, "cm-shared-threads", "", 0, "threads that run in parallel")                      \
    X(7, PIRN_COMPONENT_FIXED_LISTS, "cm-fixed-length-lists", "", 1, "list<T, N>")                                       \
    X(8, PIRN_COMPONENT_ERROR_CONTEXT, "cm-error-context", "", 1, "error-context")                                       \
    X(9, PIRN_COMPONENT_VALUES, "cm-values", "", 0, "values, and start functions of components")                         \
    X(10, PIRN_COMPONENT_NESTED_NAMES, "cm-nested-names", "", 1, "interfaces in nested namespaces and packages")         \
    X(11, PIRN_COMPONENT_CANONICAL_NAMES, "cm-canonical-names", "", 1, "interfaces of a track: `a:b/c@0.2`")             \
    X(12, PIRN_COMPONENT_MEMORY64, "cm64", "", 0, "memories with 64-bit addresses in the Canonical ABI")

enum {
#define PIRN_COMPONENT_FEATURE_ENUM(bit, name, text, since, complete, meaning) name = 1u << bit,
    PIRN_COMPONENT_FEATURES(PIRN_COMPONENT_FEATURE_ENUM)
#undef PIRN_COMPONENT_FEATURE_ENUM
};

/*
 * Threads that the embedder lends: `run` calls work(data, i) once for each i below `count`, on any threads and in any order, and
 * returns when all have returned. It may be called by several threads at a time. With `threads` above 1 the bodies of
 * big modules are validated by so many at a time, and the allocator must be safe to use by all of them.
 */
typedef void pirn_parallel_work(void *data, uint32_t index);
typedef struct pirn_parallel {
    void (*run)(void *user, uint32_t count, pirn_parallel_work *work, void *data);
    void *user;
    uint32_t threads;
} pirn_parallel;

/*
 * What the embedder remembers from before: of which modules the function bodies have been validated, with these features. `is_valid`
 * must be certain, for code that is wrongly taken to be valid may do anything; everything but bodies is checked each time.
 * `remember` is told of each module that was validated. Either may be NULL. Called by the thread that loads.
 */
typedef struct pirn_known_code {
    bool (*is_valid)(void *user, const void *bytes, size_t size, uint32_t features);
    void (*remember)(void *user, const void *bytes, size_t size, uint32_t features);
    void *user;
} pirn_known_code;

typedef struct pirn_config {
    const pirn_allocator *allocator; /* NULL: the C library's; copied, the `user` must outlive the engine */
    uint32_t features;               /* a mask of PIRN_FEATURE_ */
    uint32_t component_features;     /* a mask of PIRN_COMPONENT_ */
    bool fuel;          /* count fuel: translated code charges it (see pirn_store_set_fuel) */
    bool interruptible; /* back-edges and calls look at the flag of pirn_store_interrupt; otherwise only calls do */
    bool fusion;        /* make one cell of the interpreter from several instructions where that is faster; without it
                         * each instruction is translated by itself: the plain meaning, for tests */
    bool profile;       /* count what the interpreter executes: see pirn_store_profile; slow */
    bool collect_always; /* collect garbage at every allocation: for tests */
    pirn_parallel parallel;     /* zero: no threads */
    pirn_known_code known_code; /* zero: nothing is known */
} pirn_config;

/* Everything this build knows of the standard is on; no fuel; not interruptible; fusion; no threads lent, no code known. */
PIRN_API pirn_config pirn_config_default(void);

/* The features that are complete in this build: those of the default, and those that must be asked for. */
PIRN_API uint32_t pirn_features_supported(void);
/* Those of components that this build can validate. */
PIRN_API uint32_t pirn_component_features_supported(void);

/* `config` may be NULL for the default. NULL when out of memory. */
PIRN_API pirn_engine *pirn_engine_new(const pirn_config *config);
/* After everything made from the engine has been freed. */
PIRN_API void pirn_engine_free(pirn_engine *engine);
PIRN_API const pirn_allocator *pirn_engine_allocator(const pirn_engine *engine);
/* As they were configured. */
PIRN_API uint32_t pirn_engine_component_features(const pirn_engine *engine);

/* ---- Modules --------------------------------------------------------------------------------------------------- */

typedef struct pirn_module pirn_module;

typedef enum pirn_bytes_use {
    PIRN_BYTES_COPY,   /* the module keeps a copy */
    PIRN_BYTES_BORROW, /* the bytes stay valid and unchanged until the module is freed */
} pirn_bytes_use;

/*
 * Decodes and validates a module, whole. Function bodies are translated later, each at its first call.
 * MALFORMED, INVALID (with the byte offset, from the start of `bytes`, plus `base_offset`), LIMIT, NOMEM.
 * `base_offset` is added to the offsets of errors and backtraces: where the module lies in its file.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_load(pirn_engine *engine, const void *bytes, size_t size,
                                                      pirn_bytes_use use, uint64_t base_offset, pirn_module **out,
                                                      pirn_error *error);
/* After its instances. */
PIRN_API void pirn_module_free(pirn_module *module);
/* Of the name section; empty when it has none. */
PIRN_API pirn_str pirn_module_name(const pirn_module *module);
PIRN_API pirn_engine *pirn_module_engine(const pirn_module *module);

/* Strings and types live as long as the module. */
typedef struct pirn_import {
    pirn_str module, name;
    pirn_externtype type;
} pirn_import;
typedef struct pirn_export {
    pirn_str name;
    pirn_externtype type;
} pirn_export;

PIRN_API size_t pirn_module_import_count(const pirn_module *module);
PIRN_API pirn_import pirn_module_import(const pirn_module *module, size_t index);
PIRN_API size_t pirn_module_export_count(const pirn_module *module);
PIRN_API pirn_export pirn_module_export(const pirn_module *module, size_t index);
/* The index of the export, or SIZE_MAX. */
PIRN_API size_t pirn_module_find_export(const pirn_module *module, pirn_str name);

/* A section as it lies in the file, for tools. */
typedef struct pirn_section {
    uint8_t id;
    pirn_str name; /* of a custom section, else the standard's name for the id */
    uint64_t offset;
    uint64_t size;
    uint64_t items; /* entries of a vector section, else 0 */
} pirn_section;
PIRN_API size_t pirn_module_section_count(const pirn_module *module);
PIRN_API pirn_section pirn_module_section(const pirn_module *module, size_t index);
/* The content of a custom section (the first of that name); false when there is none. */
PIRN_API bool pirn_module_custom_section(const pirn_module *module, pirn_str name, const uint8_t **data, size_t *size);

/*
 * Custom sections never make a module malformed or invalid. This says whether those that the standard describes, names and
 * branch hints, keep to their own rules: MALFORMED or INVALID where the first does not.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_check_customs(const pirn_module *module, pirn_error *error);

/* ---- Explaining validation ---------------------------------------------------------------------------------------- */

/* A block that is open: what a branch to it carries. */
typedef struct pirn_explained_label {
    const char *word; /* "func", "block", "loop", "if", ... */
    const pirn_valtype *types;
    size_t type_count;
    size_t height;       /* operands that lie below the block's */
    bool is_unreachable; /* below its operands there may be any others */
} pirn_explained_label;

/* What validation sees before it checks an instruction; valid during the visit. */
typedef struct pirn_explained_step {
    uint64_t offset;  /* of the instruction */
    const char *text; /* it, as text; a very long one is cut off */
    const pirn_valtype *operands; /* the lowest first */
    size_t operand_count;
    size_t label_count; /* blocks that are open, the function included: see pirn_explained_label_of */
    const void *state;
} pirn_explained_step;

typedef void (*pirn_explain_visit)(const pirn_explained_step *step, void *user);
/* 0 is the innermost. */
PIRN_API pirn_explained_label pirn_explained_label_of(const pirn_explained_step *step, size_t label);

/*
 * Validates one function of a module, and shows each instruction before it is checked, to the end or to the first that fails.
 * Answers like pirn_module_load, of that function; where the module around it is not valid, nothing is shown. USAGE: it
 * has no such function with a body.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_explain(pirn_engine *engine, const void *bytes, size_t size,
                                                         uint64_t base_offset, uint32_t func, pirn_explain_visit visit,
                                                         void *user, pirn_error *error);

/* The index of the function that the name section or else an export of the module, which need not be valid, calls so;
 * USAGE: there is none. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_find_function(pirn_engine *engine, const void *bytes, size_t size,
                                                               pirn_str name, uint32_t *func, pirn_error *error);

/* ---- Text ------------------------------------------------------------------------------------------------------ */

/*
 * Assembles the text of a module (spec chapter 6; UTF-8, with or without `(module ...)` around its fields) to the bytes of
 * the binary format. Identifiers become the name section. The bytes live in `arena`. They are not validated.
 * MALFORMED with line and column, NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_text_parse(const char *text, size_t size, pirn_arena *arena,
                                                     const uint8_t **bytes, size_t *bytes_size, pirn_error *error);

/*
 * Where the code of a module stands in the text that it was assembled from. Made from the text once more, when somebody
 * asks; both the map and the text must outlive the questions.
 */
typedef struct pirn_text_map pirn_text_map;
PIRN_API PIRN_MUST_CHECK pirn_status pirn_text_map_new(const char *text, size_t size, pirn_arena *arena,
                                                       const pirn_text_map **out, pirn_error *error);
/* The instruction, or the head of the function, that the byte of the module belongs to. False: no function has it. */
PIRN_API bool pirn_text_map_find(const pirn_text_map *map, uint64_t offset, uint32_t *line, uint32_t *column);

/* Takes the next piece of a text. False: it cannot, and nothing more comes. */
typedef bool (*pirn_text_sink)(void *data, const char *text, size_t size);

enum {
    PIRN_PRINT_OFFSETS = 1, /* the byte offset of every field and instruction, as a comment before it */
    PIRN_PRINT_CELLS = 2,   /* behind each instruction, as comments, the cells that the interpreter runs for it */
};

/*
 * Prints the text of a module, given as binary, piece by piece. It need not be valid. Assembled again, the text gives the same
 * bytes, if they are as pirn_text_parse writes them, and otherwise a module that prints as the same text. `flags` may be
 * PIRN_PRINT_OFFSETS; `allocator` may be NULL.
 * MALFORMED with the byte offset (what lies before it may have been printed), LIMIT, NOMEM; IO: `sink` has answered false.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_text_print(const void *bytes, size_t size, uint32_t flags,
                                                     const pirn_allocator *allocator, pirn_text_sink sink, void *data,
                                                     pirn_error *error);
/* The same of a module that was loaded; `flags` may be all of PIRN_PRINT_. For cells, every function is translated. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_print(const pirn_module *module, uint32_t flags, pirn_text_sink sink,
                                                       void *data, pirn_error *error);

/* What the code of a module comes to. */
typedef struct pirn_module_cost {
    uint64_t functions;
    uint64_t code_bytes; /* of their bodies in the file */
    uint64_t cells;      /* that the interpreter runs for them */
    uint64_t cell_bytes; /* and what these take */
} pirn_module_cost;
/* Translates every function. NOMEM. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_module_cost_of(const pirn_module *module, pirn_module_cost *out,
                                                         pirn_error *error);

/* ---- Stores ---------------------------------------------------------------------------------------------------- */

typedef struct pirn_store pirn_store;

/* Limits of one store; a growth beyond one fails as the standard says (-1), an instantiation with PIRN_LIMIT. */
typedef struct pirn_store_limits {
    uint64_t memory_bytes;  /* of all linear memories together */
    uint64_t table_elements; /* of all tables together */
    uint64_t stack_bytes;   /* of the value stack of one call */
    uint64_t instances;
    uint64_t handles;       /* of resources, in one instance of a component with all that are nested in it */
    uint64_t heap_bytes;    /* of structures, arrays, exceptions and continuations */
    uint64_t call_bytes;    /* of the host's memory, for the values that one call of a component's function passes */
} pirn_store_limits;

/* 4 GiB of memory, 10,000,000 table elements, 1 MiB of stack a call, 10,000 instances, 1,000,000 handles,
 * 1 GiB of structures, arrays, exceptions and continuations, 512 MiB of values a call. */
PIRN_API pirn_store_limits pirn_store_limits_default(void);

/* `limits` may be NULL for the default. NULL when out of memory. */
PIRN_API pirn_store *pirn_store_new(pirn_engine *engine, const pirn_store_limits *limits);
/* Frees everything in it; one of a pool goes back there. Its calls must have been freed. */
PIRN_API void pirn_store_free(pirn_store *store);
PIRN_API pirn_engine *pirn_store_engine(const pirn_store *store);
/* The limits that it was made with. */
PIRN_API pirn_store_limits pirn_store_limits_of(const pirn_store *store);
/* The embedder's own pointer. */
PIRN_API void pirn_store_set_data(pirn_store *store, void *data);
PIRN_API void *pirn_store_data(const pirn_store *store);

/*
 * Fuel: one unit for each Wasm instruction executed (charged by straight-line runs of instructions, at their start), of a
 * store whose engine counts it; otherwise these have no effect. A call that runs out ends EXHAUSTED.
 */
PIRN_API void pirn_store_set_fuel(pirn_store *store, uint64_t fuel);
PIRN_API uint64_t pirn_store_fuel(const pirn_store *store);
/* A sequence of instructions of the interpreter that followed one another in the code. */
typedef struct pirn_profile_entry {
    const char *names[3];
    uint32_t length;
    uint64_t count;
} pirn_profile_entry;
/*
 * What the store has executed, if its engine counts: the most frequent sequences of `length` instructions (1 to 3), the most frequent
 * first. Returns their number, at most `max`; of an engine that does not count, 0.
 */
PIRN_API size_t pirn_store_profile(pirn_store *store, uint32_t length, pirn_profile_entry *entries, size_t max);

/*
 * Asks whatever runs in the store to stop: it ends EXHAUSTED at its next call, and if the engine is interruptible at its
 * next back-edge. The request stands until it is cleared. May be called from any thread and from a signal handler.
 */
PIRN_API void pirn_store_interrupt(pirn_store *store);
PIRN_API void pirn_store_clear_interrupt(pirn_store *store);

/* ---- Pools ------------------------------------------------------------------------------------------------------- */

/*
 * A pool makes stores and uses them again: one that is given back (pirn_store_free) keeps its address space, stacks and
 * written pages, and goes to the next who asks, who finds nothing of what the last one left.
 *
 *   pirn_pool_kind *kind = pirn_pool_kind_new(pool);   one for each component or module that is run again and again
 *   pirn_pool_take(kind, &store, error);
 *   thing *t = pirn_store_kept(store);
 *   if (t == NULL) {                                   an empty store: instantiate
 *       t = ...;
 *       pirn_store_keep(store, t, drop);
 *   }
 *   ...                                                run
 *   pirn_store_free(store);                            everything is as it was when it was kept
 *
 * What an owner did after pirn_store_keep is undone: memories, tables and globals have their contents and sizes of then,
 * what was made later is freed. So the next one of the kind pays neither for instantiation nor for page faults. Memories
 * of one kind share the pages that nobody has written.
 *
 * A pool and its kinds may be used by any number of threads at once. A store belongs to the thread that has taken it until
 * it gives it back; which thread has it next is the pool's choice.
 */
typedef struct pirn_pool pirn_pool;
typedef struct pirn_pool_kind pirn_pool_kind;

/* What a pool does better with the system's help. */
enum {
    PIRN_POOL_SEALED_FILES = 1, /* contents of memories that stores share, copied on write */
    PIRN_POOL_PAGE_SCAN = 2,    /* the system says which pages were written; else all are compared */
};

typedef struct pirn_pool_config {
    uint32_t stores;          /* most that there are at a time */
    pirn_store_limits limits; /* of each; memory_bytes is the address space of each memory, up to 4 GiB */
    uint64_t keep_resident_bytes; /* written pages that a store given back may keep; those beyond go back to the system */
    uint64_t wait_ns;         /* how long pirn_pool_take waits for one when all are taken; 0: it fails at once */
    uint32_t without;         /* do without these (PIRN_POOL_...), as when the system refuses: for tests and comparisons */
} pirn_pool_config;

/* 1,000 stores with the default limits, 16 MiB kept, no waiting. */
PIRN_API pirn_pool_config pirn_pool_config_default(void);

/* `config` may be NULL for the default. NULL when out of memory. The engine outlives the pool. */
PIRN_API pirn_pool *pirn_pool_new(pirn_engine *engine, const pirn_pool_config *config);
/* Frees its kinds and stores, which must have been given back. */
PIRN_API void pirn_pool_free(pirn_pool *pool);

/* NULL when out of memory. */
PIRN_API pirn_pool_kind *pirn_pool_kind_new(pirn_pool *pool);
/* Empties the stores that are warm for it; none may be taken. What they were made of must still be there. */
PIRN_API void pirn_pool_kind_free(pirn_pool_kind *kind);

/*
 * Takes a store: one as it was kept for the kind, else an empty one, for which, when there are enough already, one that is
 * warm for another kind is emptied. LIMIT: all are taken. NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_pool_take(pirn_pool_kind *kind, pirn_store **out, pirn_error *error);
/*
 * What is in the store now is what stores of this kind begin with, and `object` is how its owners find it; `drop` (may be
 * NULL) is called when it is no more, before the objects in it are freed. A store is kept once. Between taking and
 * keeping, the same must be done for every store of the kind.
 * False: it is not of a pool, or something runs in it, or it has what cannot be brought back (structures, arrays,
 * exceptions, shared memories, a memory without address space, contents unlike those of the first one kept); then it
 * is emptied when it is given back.
 */
PIRN_API bool pirn_store_keep(pirn_store *store, void *object, void (*drop)(void *object));
/* What it was kept with; NULL: it was not. */
PIRN_API void *pirn_store_kept(const pirn_store *store);

typedef struct pirn_pool_stats {
    uint32_t made, taken, warm;     /* stores */
    bool sealed_files, page_scan;   /* which help of the system it has */
} pirn_pool_stats;
PIRN_API pirn_pool_stats pirn_pool_stats_of(pirn_pool *pool);

/* What the memories of a store take, and the value stack that lies with them. */
typedef struct pirn_store_cost {
    uint64_t memory_bytes;  /* their sizes */
    uint64_t shared_bytes;  /* what they begin with, once for all stores of the kind */
    uint64_t written_bytes; /* pages that are the store's own; of a pool, where the system tells */
} pirn_store_cost;
PIRN_API pirn_store_cost pirn_store_cost_of(const pirn_store *store);

/* ---- Runtime objects: owned by their store ----------------------------------------------------------------------- */

typedef struct pirn_func pirn_func;
typedef struct pirn_table pirn_table;
typedef struct pirn_memory pirn_memory;
typedef struct pirn_global pirn_global;
typedef struct pirn_tag pirn_tag;
typedef struct pirn_exception pirn_exception;
typedef struct pirn_instance pirn_instance;

/* One value, or half a v128, whose two slots hold its 16 bytes as they would lie in linear memory. A reference is a
 * pointer: NULL is null; a funcref is a pirn_func *; an externref is the embedder's own pointer; an exnref is a
 * pirn_exception *. Bits above a 32-bit value may hold anything. */
typedef union pirn_slot {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    void *ref;
} pirn_slot;

/*
 * References to structures, arrays and exceptions. An object lives as long as it can be reached from an instance, a table, a global, the
 * arguments, frames or last results of a call, or from a root; objects do not move. So a host function that keeps a reference
 * beyond its return, or between two of its own calls into Wasm, makes a root of it.
 */
typedef struct pirn_root pirn_root;
/* NULL when out of memory. Any reference may be a root. */
PIRN_API pirn_root *pirn_ref_root(pirn_store *store, pirn_slot reference);
PIRN_API pirn_slot pirn_root_value(const pirn_root *root);
/* NULL is allowed. What is left when the store is freed goes with it. */
PIRN_API void pirn_ref_unroot(pirn_root *root);

/*
 * The type at the top of a reference type's hierarchy: PIRN_ANYREF, PIRN_EXTERNREF, PIRN_FUNCREF or PIRN_EXNREF; for a type that is
 * not one of references, the type itself.
 */
PIRN_API pirn_valtype pirn_valtype_top(const pirn_engine *engine, pirn_valtype type);

/* What a reference is. */
typedef enum pirn_ref_kind {
    PIRN_REF_NULL,
    PIRN_REF_I31,
    PIRN_REF_STRUCT,
    PIRN_REF_ARRAY,
    PIRN_REF_HOST, /* the embedder's pointer: an externref, also one that has become an anyref */
    PIRN_REF_FUNC,
    PIRN_REF_EXCEPTION,
    PIRN_REF_CONTINUATION,
} pirn_ref_kind;
/* `type` is its static type, any reference type. */
PIRN_API pirn_ref_kind pirn_ref_kind_of(pirn_store *store, pirn_valtype type, pirn_slot reference);
/*
 * Between externref and anyref, as any.convert_extern and extern.convert_any do it: so an embedder's pointer becomes an
 * anyref and comes back. An externref may be any pointer but one to an object of the store's heap. False when out of memory.
 */
PIRN_API PIRN_MUST_CHECK bool pirn_ref_internalize(pirn_store *store, pirn_slot external, pirn_slot *internal);
PIRN_API PIRN_MUST_CHECK bool pirn_ref_externalize(pirn_store *store, pirn_slot internal, pirn_slot *external);
/* An i31: made of the lower 31 bits, and read with its sign. */
PIRN_API pirn_slot pirn_i31_new(int32_t value);
PIRN_API int32_t pirn_i31_value(pirn_slot reference);

typedef struct pirn_extern {
    pirn_extern_kind kind;
    union {
        pirn_func *func;
        pirn_table *table;
        pirn_memory *memory;
        pirn_global *global;
        pirn_tag *tag;
    };
} pirn_extern;

/* The type of the object as it is now (limits: current size as minimum). */
PIRN_API pirn_externtype pirn_extern_type(const pirn_extern *object);

PIRN_API const pirn_functype *pirn_func_type(const pirn_func *func);

PIRN_API PIRN_MUST_CHECK pirn_status pirn_memory_new(pirn_store *store, const pirn_memtype *type, pirn_memory **out,
                                                     pirn_error *error);
/* The bytes; the pointer is valid until the memory grows. */
PIRN_API uint8_t *pirn_memory_data(const pirn_memory *memory);
PIRN_API uint64_t pirn_memory_size(const pirn_memory *memory); /* bytes */
/* Grows by `pages`; false when a limit or the system refuses. *old_pages may be NULL. */
PIRN_API bool pirn_memory_grow(pirn_memory *memory, uint64_t pages, uint64_t *old_pages);

/*
 * Puts a shared memory (pirn_memtype) into another store of the same engine, where it is an object of its own with the
 * same bytes; these live as long as one of the stores. The stores may run in different threads; `memory` is only read,
 * so this may be called while its store runs. memory.atomic.wait blocks the thread, up to its timeout or an interrupt of
 * the store. A shared memory counts against the limit of the store that made it, and what it grows against that of the
 * store that grows it. USAGE: not shared, or of another engine.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_memory_share(const pirn_memory *memory, pirn_store *store, pirn_memory **out,
                                                       pirn_error *error);

PIRN_API PIRN_MUST_CHECK pirn_status pirn_table_new(pirn_store *store, const pirn_tabletype *type, pirn_slot initial,
                                                    pirn_table **out, pirn_error *error);
PIRN_API uint64_t pirn_table_size(const pirn_table *table);
PIRN_API bool pirn_table_get(const pirn_table *table, uint64_t index, pirn_slot *out); /* false: out of bounds */
PIRN_API bool pirn_table_set(pirn_table *table, uint64_t index, pirn_slot value);
PIRN_API bool pirn_table_grow(pirn_table *table, uint64_t elements, pirn_slot initial, uint64_t *old_size);

PIRN_API PIRN_MUST_CHECK pirn_status pirn_global_new(pirn_store *store, const pirn_globaltype *type,
                                                     const pirn_slot *initial, pirn_global **out, pirn_error *error);
/* The value: one slot, two for v128. Write only to mutable ones. */
PIRN_API pirn_slot *pirn_global_value(pirn_global *global);

/* The parameters of a tag's type are what an exception carries, or what goes out when a continuation suspends with it; results
 * are what the continuation then goes on with. They need the feature stack-switching. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_tag_new(pirn_store *store, const pirn_functype *type, pirn_tag **out,
                                                  pirn_error *error);
PIRN_API const pirn_functype *pirn_tag_type(const pirn_tag *tag);

/*
 * Exceptions are objects like structures: see pirn_root for how long one lives. `values` are as many slots as the parameters of the
 * tag's type take. EXHAUSTED: the heap is full. USAGE: the tag is of another store.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_exception_new(pirn_store *store, pirn_tag *tag, const pirn_slot *values,
                                                        pirn_exception **out, pirn_error *error);
PIRN_API pirn_tag *pirn_exception_tag(const pirn_exception *exception);
/* As many slots as the parameters of the tag's type take. */
PIRN_API const pirn_slot *pirn_exception_values(const pirn_exception *exception);
/*
 * The exception that ended the last call in this store because nothing caught it (the call answered TRAP), until the next
 * call begins; else NULL.
 */
PIRN_API pirn_exception *pirn_store_exception(const pirn_store *store);

/*
 * Instantiates (spec 4.7.2): `imports` in the order of the module's imports, each checked against its type; runs
 * constant expressions and active segments, but not the start function: see pirn_instance_start.
 * UNLINKABLE, TRAP (a segment does not fit; what was written stays), EXHAUSTED (its constant expressions find no room on
 * the heap), LIMIT, NOMEM. Owned by the store.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_instance_new(pirn_store *store, const pirn_module *module,
                                                       const pirn_extern *imports, size_t import_count,
                                                       pirn_instance **out, pirn_error *error);
/* The start function that is still to be called (once, by the embedder, through a call), or NULL. */
PIRN_API pirn_func *pirn_instance_start(const pirn_instance *instance);
PIRN_API const pirn_module *pirn_instance_module(const pirn_instance *instance);
PIRN_API pirn_extern pirn_instance_export(const pirn_instance *instance, size_t index);
PIRN_API bool pirn_instance_find(const pirn_instance *instance, pirn_str name, pirn_extern *out);

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

typedef struct pirn_call pirn_call;

/* A call with its own value stack, usable for one function after another. NULL when out of memory. */
PIRN_API pirn_call *pirn_call_new(pirn_store *store);
/* Abandons what is still pending in it. Not while it runs. */
PIRN_API void pirn_call_free(pirn_call *call);

/*
 * Calls `func`. `args` has pirn_functype_param_slots() slots. OK: pirn_call_results() has the results. PENDING: a
 * host function waits; pirn_call_resume() continues it. TRAP, EXHAUSTED, NOMEM, LIMIT: it ended; the error says where.
 * USAGE when the call is pending or running already.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_call_start(pirn_call *call, pirn_func *func, const pirn_slot *args,
                                                     pirn_error *error);
/* Continues a pending call: the host function that waits is asked again. Answers like pirn_call_start. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_call_resume(pirn_call *call, pirn_error *error);
/* The results of the last OK; valid until the call is started again or freed. */
PIRN_API const pirn_slot *pirn_call_results(const pirn_call *call);
PIRN_API bool pirn_call_is_pending(const pirn_call *call);
/* Abandons a pending call: every waiting host frame gets its `cancel` callback. */
PIRN_API void pirn_call_cancel(pirn_call *call);
PIRN_API pirn_store *pirn_call_store(const pirn_call *call);
PIRN_API void pirn_call_set_data(pirn_call *call, void *data);
PIRN_API void *pirn_call_data(const pirn_call *call);

/*
 * Calls a function that must not wait, e.g. a guest's realloc, also from within a host function: then it runs on the stack
 * of the call in progress (`frame` says which; NULL outside host functions). A wait in it is a trap ("cannot block ...").
 */
typedef struct pirn_frame pirn_frame;
PIRN_API PIRN_MUST_CHECK pirn_status pirn_invoke(pirn_store *store, pirn_frame *frame, pirn_func *func,
                                                 const pirn_slot *args, pirn_slot *results, pirn_error *error);

/* ---- Host functions ---------------------------------------------------------------------------------------------- */

/*
 * A host function reads its arguments from, and writes its results to, pirn_frame_slots(frame), and returns
 *   PIRN_OK                          the results are there
 *   the value of pirn_frame_wait()   it waits: the call is pending; when resumed, `next` is called
 *   the value of pirn_frame_enter()  it has another function called first; `next` is called with its results
 *   the value of pirn_frame_throw()  it throws an exception
 *   the value of pirn_frame_trap()   the call ends
 * No Wasm frame is on the native stack while it runs, and none of its own remains when it waits.
 */
typedef pirn_status (*pirn_host_func)(pirn_frame *frame, void *data);
/* Told when a call with this frame in it is abandoned or traps, so that what `data` holds can be released. */
typedef void (*pirn_host_cancel)(void *data);

/* `data` is passed to each call; `drop_data` (may be NULL) is called when the store is freed. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_func_new(pirn_store *store, const pirn_functype *type, pirn_host_func host,
                                                   void *data, void (*drop_data)(void *), pirn_func **out,
                                                   pirn_error *error);

/* Arguments, then, at the same place, results. Valid until the host function returns; after a wait or an enter the
 * arguments are still there. */
PIRN_API pirn_slot *pirn_frame_slots(pirn_frame *frame);
PIRN_API pirn_call *pirn_frame_call(pirn_frame *frame); /* NULL inside pirn_invoke outside any call */
PIRN_API pirn_store *pirn_frame_store(pirn_frame *frame);
/* The instance whose code called; NULL when the embedder did. */
PIRN_API pirn_instance *pirn_frame_caller(pirn_frame *frame);
/* Where a failing function called on behalf of this frame may write; what is in it when the host function fails with a
 * plain failure status is the call's error. */
PIRN_API pirn_error *pirn_frame_error(pirn_frame *frame);

/*
 * Return these from a host function. From now on `next(frame, data)` stands for the host function in this frame, and
 * `cancel(data)` (may be NULL) is told if the frame ends otherwise than by a return of `next` that ends it.
 */
PIRN_API pirn_status pirn_frame_wait(pirn_frame *frame, pirn_host_func next, void *data, pirn_host_cancel cancel);
/* Has `func` called with `args` on this call's stack (no native recursion); then `next` finds its results in
 * pirn_frame_entered_results(). The callee may itself wait. */
PIRN_API pirn_status pirn_frame_enter(pirn_frame *frame, pirn_func *func, const pirn_slot *args, pirn_host_func next,
                                      void *data, pirn_host_cancel cancel);
PIRN_API const pirn_slot *pirn_frame_entered_results(pirn_frame *frame);
/*
 * An exception of what the frame has entered passes through it, and `cancel` is told; after this it does not: then it is
 * uncaught, and the call ends.
 */
PIRN_API void pirn_frame_stop_exceptions(pirn_frame *frame);
/*
 * Return these from a host function: it throws, as the instructions of these names do; the frame's caller, or what called that, may
 * catch. When nothing does the call ends with TRAP, and pirn_store_exception() has the exception. An exception that has ended
 * pirn_invoke can so be passed on. When a new one finds no room on the heap, the call ends EXHAUSTED.
 */
PIRN_API pirn_status pirn_frame_throw(pirn_frame *frame, pirn_tag *tag, const pirn_slot *values);
PIRN_API pirn_status pirn_frame_throw_ref(pirn_frame *frame, pirn_exception *exception);
/* Ends the call with TRAP and a formatted sentence. */
PIRN_API pirn_status pirn_frame_trap(pirn_frame *frame, const char *format, ...) PIRN_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif
