/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A test script as data, one command at a time: the grammar of the reference interpreter's scripts, and its
 * extensions for threads and for components, which are written as modules are. Modules are not read here: a command
 * keeps their text, and whoever executes it assembles it, for that may be expected to fail.
 */
#pragma once

#include "vm/text/lexer.h"
#include <pirn/component.h>

/* ---- Values and patterns of values ----------------------------------------------------------------------------- */

typedef enum wast_kind {
    WAST_I32,
    WAST_I64,
    WAST_F32,
    WAST_F64,
    WAST_V128,
    WAST_REF,
    WAST_EITHER,          /* a pattern only: one of several */
    WAST_COMPONENT_VALUE, /* of a component, but for f32 and f64, which are as those above */
} wast_kind;

typedef enum wast_nan {
    WAST_NAN_NONE,       /* these bits */
    WAST_NAN_CANONICAL,  /* nan:canonical: the payload's highest bit and no other */
    WAST_NAN_ARITHMETIC, /* nan:arithmetic: the payload's highest bit, and perhaps others */
} wast_nan;

/* Columns: enumerator, the word in a script. */
#define WAST_REFS(X)                 \
    X(WAST_REF_ANY_VALUE, "ref")     \
    X(WAST_REF_NULL, "ref.null")     \
    X(WAST_REF_EXTERN, "ref.extern") \
    X(WAST_REF_HOST, "ref.host")     \
    X(WAST_REF_FUNC, "ref.func")     \
    X(WAST_REF_STRUCT, "ref.struct") \
    X(WAST_REF_ARRAY, "ref.array")   \
    X(WAST_REF_I31, "ref.i31")       \
    X(WAST_REF_EQ, "ref.eq")         \
    X(WAST_REF_ANY, "ref.any")       \
    X(WAST_REF_EXN, "ref.exn")

typedef enum wast_ref {
#define WAST_REF_ENUM(name, text) name,
    WAST_REFS(WAST_REF_ENUM)
#undef WAST_REF_ENUM
} wast_ref;

typedef struct wast_value wast_value;
struct wast_value {
    wast_kind kind;
    pirn_str text;       /* as it is written */
    uint64_t bits[2];    /* numbers; [1] is the upper half of a v128 */
    uint8_t float_bytes; /* of the floats in it: 4, 8, or 0 for none */
    wast_nan nan[4];     /* for each float in it */
    wast_ref ref;        /* references */
    bool has_number;     /* ref.extern n, ref.host n */
    wast_value *choices; /* WAST_EITHER */
    size_t choice_count;
    /* WAST_COMPONENT_VALUE */
    pirn_type_kind type;
    pirn_str label;    /* a string's and a char's text; the case of a variant or enum; a flag */
    pirn_str field;    /* its name, of a part of a record */
    wast_value *parts; /* elements, fields, flags; a payload */
    size_t part_count;
};

/* ---- Commands -------------------------------------------------------------------------------------------------- */

typedef enum wast_form {
    WAST_TEXT,   /* (module ...), or fields without it */
    WAST_BINARY, /* (module binary "...") */
    WAST_QUOTE,  /* (module quote "..."): text that may be malformed */
} wast_form;

typedef struct wast_module {
    bool is_component;
    wast_form form;
    pirn_str id;      /* empty: none */
    pirn_str content; /* text or bytes */
    uint32_t line;    /* where the content begins, when it is the script's own text; else where the command does */
    const char *line_start; /* of the line where it begins */
} wast_module;

typedef struct wast_action {
    bool is_get;
    pirn_str id; /* of the instance; empty: the last one */
    pirn_str name;
    wast_value *args;
    size_t arg_count;
} wast_action;

/* Commands that are no assertions, and the two shapes of assertions. */
typedef enum wast_command_kind {
    WAST_MODULE,     /* define and instantiate */
    WAST_DEFINITION, /* define only */
    WAST_INSTANCE,   /* instantiate a definition: `id` of `other` */
    WAST_REGISTER,   /* `other` under `name` */
    WAST_ACTION,
    WAST_ASSERT_RETURN, /* an action and its results */
    WAST_ASSERT_ACTION, /* an action that ends in a status */
    WAST_ASSERT_MODULE, /* a module that ends in a status */
    WAST_THREAD,        /* `id` with commands */
    WAST_WAIT,          /* for `id` */
} wast_command_kind;

typedef struct wast_command wast_command;
struct wast_command {
    wast_command_kind kind;
    uint32_t line;
    pirn_str word; /* the command's keyword */
    wast_module module;
    wast_action action;
    wast_value *results; /* WAST_ASSERT_RETURN */
    size_t result_count;
    pirn_status status; /* the one asserted */
    bool is_custom;     /* assert_malformed_custom, assert_invalid_custom: about custom sections */
    bool is_exception;  /* assert_exception: the trap is an exception that nobody catches */
    bool is_suspension; /* assert_suspension: the trap is a suspension that nobody handles */
    pirn_str message;   /* that the script gives with it; empty: none */
    pirn_str id, other, name;
    pirn_str *shared; /* WAST_THREAD: the instances that it sees */
    size_t shared_count;
    wast_command *body;
    size_t body_count;
};

typedef struct wast_reader {
    vm_lexer lexer;
    base_arena *arena; /* where commands live */
    pirn_error *error;
    unsigned depth; /* of threads and `either` */
} wast_reader;

/* `text`, `arena` and `error` must outlive the reader. */
void wast_reader_init(wast_reader *reader, pirn_str text, base_arena *arena, pirn_error *error);
/*
 * Reads the next command. False at the end, or when the text has no tokens any more: then the error says why. A
 * command that is not understood is passed over: *ok is false, and the error says why.
 */
bool wast_read(wast_reader *reader, wast_command *out, bool *ok);

/* For wast_read: constants of arguments and patterns of results, up to the closing parenthesis. */
bool wast_read_values(wast_reader *reader, wast_value **out, size_t *count);
/* One of them, behind the open parenthesis, on its word. */
void wast_read_value(wast_reader *reader, wast_value *out);
/* The constant of a component whose word it stands on, behind the open parenthesis: false, and nothing taken, if none. */
bool wast_read_component_value(wast_reader *reader, wast_value *out);
/* A string's bytes, taken; and an array of what a vector holds, whose memory is freed. */
pirn_str wast_read_string(wast_reader *reader);
void *wast_reader_keep(wast_reader *reader, void *data, size_t len, size_t cap, size_t element);
