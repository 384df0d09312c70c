/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How text becomes bytes: two walks over the fields of a module.
 *
 *   declare.c    the first: every definition gets its index, every identifier its meaning; then the types are
 *                written, since all else may refer to them
 *   field.c      the second: each field is appended to the content of its section
 *   segment.c      element and data segments
 *   instr.c        expressions, with an explicit stack for what is nested
 *   immediate.c    what follows a mnemonic, by its row of opcode.def
 *   type.c         types, and the uses of function types, which may make new ones at the end
 *   names.c      annotations, the name section and other custom sections
 *   parse.c      the sections one behind the other
 *   quoted.c     modules that are written as strings
 *   place.c      which line an instruction of the module came from
 *   type_space.c types that are no module's: those of components
 *
 * All parsing functions end at once when the lexer has failed, and the caller goes on without asking: see lexer.h.
 * Types are kept as they are encoded: function types are equal when their bytes are.
 */
#pragma once

#include "vm/base/map.h"
#include "vm/base/utf8.h"
#include "vm/syntax/module.h"
#include "vm/syntax/opcode.h"
#include "vm/text/parse.h"

/* The index spaces of a module (6.3.5): columns are enumerator, word. */
#define VM_TEXT_SPACES(X)            \
    X(VM_SPACE_TYPE, "type")         \
    X(VM_SPACE_FUNC, "func")         \
    X(VM_SPACE_TABLE, "table")       \
    X(VM_SPACE_MEMORY, "memory")     \
    X(VM_SPACE_GLOBAL, "global")     \
    X(VM_SPACE_TAG, "tag")           \
    X(VM_SPACE_ELEM, "elem segment") \
    X(VM_SPACE_DATA, "data segment") \
    X(VM_SPACE_LOCAL, "local")       \
    X(VM_SPACE_LABEL, "label")

typedef enum vm_text_space {
#define SPACE_ENUM(name, text) name,
    VM_TEXT_SPACES(SPACE_ENUM)
#undef SPACE_ENUM
        VM_SPACE_COUNT,
    VM_SPACE_NONE = VM_SPACE_COUNT,
} vm_text_space;

/* What an identifier stands for in each index space: index + 1, 0 for nothing. Labels: position in the stack + 1. */
typedef struct vm_text_symbol {
    pirn_str name;
    uint32_t index[VM_SPACE_COUNT];
} vm_text_symbol;

typedef struct vm_text_label {
    uint32_t symbol;   /* number + 1, 0: no identifier */
    uint32_t shadowed; /* what the symbol meant before */
} vm_text_label;

/* A type definition. */
typedef struct vm_text_type {
    bool is_func;
    uint32_t param_count;
    pirn_str signature; /* of a function type: vectors of parameters and of results, encoded */
} vm_text_type;

/* A use of a function type (6.4.15). */
typedef struct vm_text_typeuse {
    uint32_t type;
    uint32_t param_count;
    bool is_explicit; /* has `(type x)` */
    bool is_inline;   /* has parameters or results */
    uint32_t inline_params, inline_results;
} vm_text_typeuse;

/* What is known of an instruction when its mnemonic is read, for when its bytes become code. */
typedef struct vm_text_lead {
    vm_place place;
    bool has_hint; /* a branch hint */
    uint8_t hint_value;
} vm_text_lead;

/* Where the code that begins at `offset` stands in the text. */
typedef struct vm_text_mark {
    size_t offset; /* in the content of the code section while it grows, then in the module */
    vm_place place;
} vm_text_mark;

/* The head and the instructions of each function, by their offsets. */
typedef struct vm_text_marks {
    BASE_VEC(vm_text_mark) list;
    size_t end; /* of the code section */
} vm_text_marks;

/* Something open in an expression: see instr.c. */
typedef struct vm_text_frame {
    uint8_t kind;
    uint8_t state;
    vm_opcode opcode;
    size_t held;       /* where its held bytes begin */
    vm_token label;    /* of a folded if: its label is pushed behind the condition */
    vm_text_lead lead; /* of the held instruction */
} vm_text_frame;

/* A section's content while it grows. */
typedef struct vm_text_section {
    vm_writer content;
    uint32_t count;
} vm_text_section;

enum { VM_TEXT_SECTIONS = 14 };

/* The sections in the order of the file. */
typedef struct vm_text_section_row {
    const char *word;
    uint8_t id;
} vm_text_section_row;
extern const vm_text_section_row vm_text_section_rows[];
extern const size_t vm_text_section_row_count;

/* A custom section that an annotation asks for. */
enum { VM_TEXT_FIRST = 0xFE, VM_TEXT_LAST = 0xFF };
typedef struct vm_text_custom {
    uint8_t place; /* before or after this row of the table above; or FIRST, LAST */
    bool after;
    pirn_str content; /* with its name */
} vm_text_custom;

typedef struct vm_text_parser {
    vm_lexer *lexer;
    const pirn_allocator *allocator;
    base_arena arena;

    base_map ids; /* identifier -> symbol number */
    BASE_VEC(vm_text_symbol) symbols;
    base_map fields;                 /* type index and symbol number -> field index */
    base_map mnemonics;              /* -> opcode */
    uint32_t counts[VM_SPACE_COUNT]; /* definitions of the first walk */
    uint32_t next[VM_SPACE_COUNT];   /* of the second */
    const char *first_definition;    /* what was defined first that is no import; NULL: nothing */

    /* Names by index: identifiers, and what annotations say, which prevails. */
    BASE_VEC(vm_name) names[VM_SPACE_COUNT];
    BASE_VEC(vm_name) annotated[VM_SPACE_COUNT];

    BASE_VEC(vm_lexer) type_fields; /* where the types are */
    BASE_VEC(vm_text_type) types;
    uint32_t explicit_types;
    vm_text_find_type find_type; /* who knows the types' identifiers; NULL: the parser itself */
    void *find_user;
    base_map signatures; /* encoded function type -> type index */
    vm_writer signature; /* the one being read */

    vm_text_section sections[VM_TEXT_SECTIONS];
    bool has_start, uses_data_count;

    /* The function being read. */
    vm_writer *code;
    bool is_in_function; /* and in no constant expression */
    size_t body_start;
    vm_writer held;
    BASE_VEC(vm_text_frame) frames;
    BASE_VEC(vm_text_label) labels;
    BASE_VEC(uint32_t) local_symbols; /* to be forgotten at its end */
    uint32_t label_ordinal;
    BASE_VEC(vm_name) label_names;
    vm_text_marks *marks; /* NULL: nobody asks for them */
    size_t first_mark;    /* of the function */

    /* Custom sections. */
    pirn_str module_name;
    vm_writer local_names, all_label_names, field_names;
    uint32_t functions_with_locals, functions_with_labels, types_with_fields;
    vm_writer hints; /* of the function, then of all */
    uint32_t hint_count;
    vm_writer all_hints;
    uint32_t functions_with_hints;
    bool has_hint; /* for the instruction that comes */
    vm_place hint_place;
    uint8_t hint_value;
    BASE_VEC(vm_text_custom) customs;
} vm_text_parser;

/* ---- parse.c --------------------------------------------------------------------------------------------------- */

void vm_text_nomem(vm_text_parser *p);
void vm_text_parser_init(vm_text_parser *p, vm_lexer *lexer, const pirn_allocator *allocator);
void vm_text_parser_done(vm_text_parser *p);
/* Parses a whole text that is not quoted. */
PIRN_MUST_CHECK pirn_status vm_text_parse_unquoted(vm_lexer *lexer, vm_writer *out);
/* Begins an item of a section. */
vm_writer *vm_text_item(vm_text_parser *p, uint8_t section);

/* ---- quoted.c -------------------------------------------------------------------------------------------------- */

/*
 * If it stands on `binary` or `quote`, behind `(module $id?`: appends the bytes of the module that the strings hold, and
 * passes over them. False: it stands on anything else.
 */
bool vm_text_parse_quoted(vm_lexer *lexer, vm_writer *out);

/* ---- symbol.c -------------------------------------------------------------------------------------------------- */

/* The number of the symbol that the ID token names, made when it is new. */
uint32_t vm_text_symbol_of(vm_text_parser *p, const vm_token *token);
/* The next index of the space, named by the identifier if it stands on one, which it takes. */
uint32_t vm_text_declare(vm_text_parser *p, vm_text_space space);
/* An index: a number or an identifier of the space. */
uint32_t vm_text_index(vm_text_parser *p, vm_text_space space);
bool vm_text_at_index(const vm_text_parser *p);
/* The index if there is one, else `otherwise`. */
uint32_t vm_text_index_or(vm_text_parser *p, vm_text_space space, uint32_t otherwise);
/* A field of a type, by number or identifier. */
uint32_t vm_text_field_index(vm_text_parser *p, uint32_t type);
void vm_text_declare_field(vm_text_parser *p, uint32_t type, uint32_t field, const vm_token *id);
/* An unsigned number of at most `bits` bits. */
uint64_t vm_text_number(vm_text_parser *p, unsigned bits);
/* A string token's bytes, and a name: taken. */
pirn_str vm_text_string(vm_text_parser *p);
pirn_str vm_text_name(vm_text_parser *p);
void vm_text_skip_id(vm_text_parser *p);

/* Labels: `id` may be NULL. */
void vm_text_push_label(vm_text_parser *p, const vm_token *id);
void vm_text_pop_label(vm_text_parser *p);
/* Behind `end` and `else`: an identifier must be the innermost label's. */
void vm_text_check_label(vm_text_parser *p);
/* The locals of a function: the next one, named by the identifier if it stands on one; and forgetting them. */
void vm_text_declare_local(vm_text_parser *p);
void vm_text_forget_locals(vm_text_parser *p);

/* ---- type.c ---------------------------------------------------------------------------------------------------- */

void vm_text_valtype(vm_text_parser *p, vm_writer *w);
void vm_text_reftype(vm_text_parser *p, vm_writer *w);
void vm_text_heaptype(vm_text_parser *p, vm_writer *w);
/* A reference type as whether null is in it, and its heap type written. */
bool vm_text_ref_heaptype(vm_text_parser *p, vm_writer *w);
/* Does it stand on a reference type? */
bool vm_text_at_reftype(vm_text_parser *p);
/* `names`: parameters may have identifiers, which become locals. */
vm_text_typeuse vm_text_parse_typeuse(vm_text_parser *p, bool names);
void vm_text_blocktype(vm_text_parser *p, vm_writer *w);
/* The recursion group or single type that it stands in, behind the open parenthesis. */
void vm_text_type_field(vm_text_parser *p);
/* Address type and limits (of a memory, with what may follow), written; true: 64-bit addresses. */
bool vm_text_address_type(vm_text_parser *p);
void vm_text_limits(vm_text_parser *p, vm_writer *w, bool is64);
/* `(pagesize n)`: the logarithm; -1 when it does not stand there. */
int vm_text_page_size(vm_text_parser *p);
void vm_text_tabletype(vm_text_parser *p, vm_writer *w);
void vm_text_memtype(vm_text_parser *p, vm_writer *w);
void vm_text_globaltype(vm_text_parser *p, vm_writer *w);

/* ---- declare.c ------------------------------------------------------------------------------------------------- */

/* Walks over all fields up to the closing parenthesis or the end, and writes the types. */
void vm_text_declare_fields(vm_text_parser *p);

/* ---- field.c, segment.c ---------------------------------------------------------------------------------------- */

void vm_text_parse_field(vm_text_parser *p);
/* `(kind id? type)`, written; without `ids`, `uses` things are of it. */
void vm_text_described_import(vm_text_parser *p, bool ids, uint32_t uses, vm_writer *w);
void vm_text_elem(vm_text_parser *p);
void vm_text_data(vm_text_parser *p);
/* The segment inside a table or memory definition: `(elem ...)`, `(data ...)`; returns its length. */
uint64_t vm_text_inline_elem(vm_text_parser *p, uint32_t table, bool is64, pirn_str reftype);
uint64_t vm_text_inline_data(vm_text_parser *p, uint32_t memory, bool is64);

/* ---- instr.c, immediate.c -------------------------------------------------------------------------------------- */

/* Does the instruction open a block? Is it `end` or another that continues or closes the one that is open? */
bool vm_text_is_block(vm_opcode opcode);
bool vm_text_continues_block(vm_opcode opcode);
/* Instructions up to the closing parenthesis that is not theirs, and the `end`. */
void vm_text_expr(vm_text_parser *p, vm_writer *w);
/* `(offset expr)`, `(item expr)` or one folded instruction. */
void vm_text_wrapped_expr(vm_text_parser *p, const char *keyword, vm_writer *w);
/* The opcode of the mnemonic, VM_OP_COUNT when there is none. */
vm_opcode vm_text_opcode(vm_text_parser *p, pirn_str mnemonic);
void vm_text_write_opcode(vm_writer *w, vm_opcode opcode);
/* Writes the instruction whose mnemonic was taken, with its immediates. */
void vm_text_plain_instr(vm_text_parser *p, vm_opcode opcode, vm_writer *w);
/* The catch clauses of a try_table, as a vector. */
void vm_text_catches(vm_text_parser *p, vm_writer *w);

/* ---- place.c --------------------------------------------------------------------------------------------------- */

/* What comes next in the code of a function was read at the place. */
void vm_text_mark_place(vm_text_parser *p, const vm_place *place);
/* The marks of the function move behind its size, which takes so many bytes; at last all move to where the section is. */
void vm_text_shift_marks(vm_text_marks *marks, size_t first, size_t distance);
/* Parses a whole text as vm_text_parse_module does; `marks` may be NULL. */
PIRN_MUST_CHECK pirn_status vm_text_parse_marked(vm_lexer *lexer, vm_text_marks *marks, vm_writer *out);

/* ---- names.c --------------------------------------------------------------------------------------------------- */

/* Annotations at the places where they may stand: before a field, behind a definition's identifier, before an
 * instruction. */
void vm_text_field_annotations(vm_text_parser *p);
void vm_text_name_annotation(vm_text_parser *p, vm_text_space space, uint32_t index);
void vm_text_module_name_annotation(vm_text_parser *p);
void vm_text_instr_annotations(vm_text_parser *p);
/* Where an instruction was to come: fails if a hint still waits for it. */
void vm_text_no_hint_waits(vm_text_parser *p);
/* The instruction with that lead is about to be written: its place and its branch hint, if it has one, are noted. */
void vm_text_begin_instr(vm_text_parser *p, const vm_text_lead *lead);
void vm_text_write_name_section(vm_text_parser *p, vm_writer *out);
/* The content of the section of branch hints, with its name. */
void vm_text_write_hints(vm_text_parser *p, vm_writer *out);
/* What is known of names and hints of a function goes to the sections. */
void vm_text_end_function_names(vm_text_parser *p, uint32_t func);
