/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/builder.h"

#include "vm/binary/writer.h"
#include "vm/syntax/opcode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Words that are bytes. Several spellings of one byte are for the reader. */
static const struct {
    const char *word;
    uint8_t len;
    uint8_t bytes[8];
} words[] = {
    {"module:", 8, {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00}},
    {"component:", 8, {0x00, 'a', 's', 'm', 0x0D, 0x00, 0x01, 0x00}},
    /* sections of a module */
    {"types", 1, {1}},
    {"imports", 1, {2}},
    {"funcs", 1, {3}},
    {"tables", 1, {4}},
    {"memories", 1, {5}},
    {"globals", 1, {6}},
    {"exports", 1, {7}},
    {"start", 1, {8}},
    {"elements", 1, {9}},
    {"code", 1, {10}},
    {"data", 1, {11}},
    /* kinds of imports and exports of a module */
    {"as-func", 1, {0x00}},
    {"as-table", 1, {0x01}},
    {"as-memory", 1, {0x02}},
    {"as-global", 1, {0x03}},
    /* core types */
    {"signature", 1, {0x60}},
    {"i32", 1, {0x7F}},
    {"i64", 1, {0x7E}},
    {"f32*", 1, {0x7D}},
    {"f64*", 1, {0x7C}},
    {"funcref", 1, {0x70}},
    {"mutable", 1, {0x01}},
    /* sections of a component */
    {"core-module", 1, {1}},
    {"core-instance", 1, {2}},
    {"core-type", 1, {3}},
    {"component", 1, {4}},
    {"instance", 1, {5}},
    {"alias", 1, {6}},
    {"type", 1, {7}},
    {"canon", 1, {8}},
    {"import", 1, {10}},
    {"export", 1, {11}},
    /* instances */
    {"instantiate", 1, {0x00}},
    {"of-exports", 1, {0x01}},
    {"with-core-instance", 1, {0x12}},
    /* sorts */
    {"core-func", 2, {0x00, 0x00}},
    {"core-table", 2, {0x00, 0x01}},
    {"core-memory", 2, {0x00, 0x02}},
    {"core-global", 2, {0x00, 0x03}},
    {"core-module-sort", 2, {0x00, 0x11}},
    {"func-sort", 1, {0x01}},
    {"type-sort", 1, {0x03}},
    {"component-sort", 1, {0x04}},
    {"instance-sort", 1, {0x05}},
    /* sorts of a core instance's exports */
    {"func*", 1, {0x00}},
    {"table*", 1, {0x01}},
    {"memory*", 1, {0x02}},
    {"global*", 1, {0x03}},
    /* targets of aliases */
    {"of", 1, {0x00}},
    {"of-core", 1, {0x01}},
    {"outer", 1, {0x02}},
    /* value types */
    {"bool", 1, {0x7F}},
    {"s8", 1, {0x7E}},
    {"u8", 1, {0x7D}},
    {"s16", 1, {0x7C}},
    {"u16", 1, {0x7B}},
    {"s32", 1, {0x7A}},
    {"u32", 1, {0x79}},
    {"s64", 1, {0x78}},
    {"u64", 1, {0x77}},
    {"f32", 1, {0x76}},
    {"f64", 1, {0x75}},
    {"char", 1, {0x74}},
    {"string", 1, {0x73}},
    {"record", 1, {0x72}},
    {"variant", 1, {0x71}},
    {"list", 1, {0x70}},
    {"tuple", 1, {0x6F}},
    {"flags", 1, {0x6E}},
    {"enum", 1, {0x6D}},
    {"option", 1, {0x6B}},
    {"result-of", 1, {0x6A}},
    {"own", 1, {0x69}},
    {"borrow", 1, {0x68}},
    /* other types */
    {"func", 1, {0x40}},
    {"result", 1, {0x00}},
    {"no-result", 2, {0x01, 0x00}},
    {"component-type", 1, {0x41}},
    {"instance-type", 1, {0x42}},
    {"resource", 2, {0x3F, 0x7F}},
    {"no-dtor", 1, {0x00}},
    {"dtor", 1, {0x01}},
    {"type-decl", 1, {0x01}},
    {"alias-decl", 1, {0x02}},
    {"import-decl", 1, {0x03}},
    {"export-decl", 1, {0x04}},
    /* what imports and exports are */
    {"named", 1, {0x00}},
    {"is-core-module", 2, {0x00, 0x11}},
    {"is-func", 1, {0x01}},
    {"is-type", 2, {0x03, 0x00}},
    {"is-resource", 2, {0x03, 0x01}},
    {"is-component", 1, {0x04}},
    {"is-instance", 1, {0x05}},
    {"no-type", 1, {0x00}},
    /* canonical definitions and their options */
    {"lift", 2, {0x00, 0x00}},
    {"lower", 2, {0x01, 0x00}},
    {"resource.new", 1, {0x02}},
    {"resource.drop", 1, {0x03}},
    {"resource.rep", 1, {0x04}},
    {"task.cancel", 1, {0x05}},
    {"context.get", 1, {0x0A}},
    {"utf8", 1, {0x00}},
    {"utf16", 1, {0x01}},
    {"memory", 1, {0x03}},
    {"realloc", 1, {0x04}},
    {"post-return", 1, {0x05}},
    /* block types */
    {"void", 1, {0x40}},
};

enum { DEEPEST = 32 };

typedef struct builder {
    vm_writer out;
    const binary *parts;
    const char *text, *at;
    size_t open[DEEPEST]; /* where the content of each open { begins */
    size_t depth;
    bool signed_next;
} builder;

static void refuse(const builder *b, const char *why, pirn_str token)
{
    fail_msg("the test's binary, at %zu: %s: %.*s", (size_t)(b->at - b->text), why, PIRN_STR_ARG(token));
}

/* Up to the closing quote, or to the next space; empty at the end. */
static pirn_str next_token(builder *b)
{
    const char *begin = b->at += strspn(b->at, " ");
    size_t len = strcspn(begin, " ");
    if (*begin == '\'' || *begin == '"') {
        const char *end = strchr(begin + 1, *begin);
        len = end == NULL ? strlen(begin) : (size_t)(end + 1 - begin);
    }
    b->at += len;
    return (pirn_str){begin, len};
}

static bool put_word(builder *b, pirn_str token)
{
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (pirn_str_eq(pirn_str_of(words[i].word), token)) {
            vm_writer_bytes(&b->out, words[i].bytes, words[i].len);
            return true;
        }
    }
    return false;
}

static bool put_instruction(builder *b, pirn_str token)
{
    vm_opcode op = vm_opcode_by_text(token);
    if (op == VM_OP_COUNT)
        return false;
    const vm_opcode_info *info = &vm_opcodes[op];
    if (info->prefix == 0) {
        vm_writer_u8(&b->out, (uint8_t)info->code);
    } else {
        vm_writer_u8(&b->out, info->prefix);
        vm_writer_leb_unsigned(&b->out, info->code);
    }
    b->signed_next = info->immediate == VM_IMM_I32 || info->immediate == VM_IMM_I64;
    return true;
}

static bool put_number(builder *b, pirn_str token)
{
    char *end;
    long long value = strtoll(token.data, &end, 0);
    if (end != token.data + token.len)
        return false;
    if (token.len > 1 && token.data[1] == 'x')
        vm_writer_u8(&b->out, (uint8_t)value);
    else if (b->signed_next || value < 0)
        vm_writer_leb_signed(&b->out, value);
    else
        vm_writer_leb_unsigned(&b->out, (uint64_t)value);
    b->signed_next = false;
    return true;
}

static bool put_quoted(builder *b, pirn_str token)
{
    pirn_str text = {token.data + 1, token.len - 2};
    if (token.len < 2 || (token.data[0] != '\'' && token.data[0] != '"'))
        return false;
    if (token.data[0] == '\'')
        vm_writer_name(&b->out, text);
    else
        vm_writer_bytes(&b->out, text.data, text.len);
    return true;
}

static bool put_part(builder *b, pirn_str token)
{
    if (token.data[0] != '@')
        return false;
    const binary *part = &b->parts[strtoul(token.data + 1, NULL, 10)];
    vm_writer_bytes(&b->out, part->bytes, part->size);
    return true;
}

static bool put_brace(builder *b, pirn_str token)
{
    if (pirn_str_eq(token, PIRN_STR("{"))) {
        assert_true(b->depth < DEEPEST);
        b->open[b->depth++] = b->out.len;
        return true;
    }
    if (!pirn_str_eq(token, PIRN_STR("}")))
        return false;
    if (b->depth == 0)
        refuse(b, "nothing is open", token);
    size_t begun = b->open[--b->depth];
    vm_writer_insert_leb(&b->out, begun, b->out.len - begun);
    return true;
}

binary build_with(const char *text, const binary *parts)
{
    builder b = {.parts = parts, .text = text, .at = text};
    vm_writer_init(&b.out, pirn_allocator_default());
    for (pirn_str token = next_token(&b); token.len > 0; token = next_token(&b)) {
        if (!put_brace(&b, token) && !put_quoted(&b, token) && !put_part(&b, token) && !put_number(&b, token) &&
            !put_word(&b, token) && !put_instruction(&b, token))
            refuse(&b, "unknown word", token);
    }
    if (b.depth > 0)
        refuse(&b, "a brace is open at the end of", pirn_str_of(text));
    binary built;
    built.bytes = vm_writer_take(&b.out, &built.size);
    assert_non_null(built.bytes);
    return built;
}

binary build(const char *text)
{
    return build_with(text, NULL);
}
