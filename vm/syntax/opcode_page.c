/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes docs/opcodes.md: every row of opcode.def, by its code. `opcode_page` prints the page; `opcode_page FILE` says whether
 * the file is that page.
 */
#include "vm/syntax/opcode.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the immediates of each kind are read, in words; `row` is what opcode.def calls it. */
static const struct immediate_words {
    const char *row, *words;
} immediates[] = {
    {"NONE", ""},
    {"BLOCK", "block type"},
    {"LABEL", "label"},
    {"LABELS", "vector of labels, label"},
    {"FUNC", "function"},
    {"TYPE_TABLE", "type, table"},
    {"LOCAL", "local"},
    {"GLOBAL", "global"},
    {"TABLE", "table"},
    {"TABLE2", "table to, table from"},
    {"ELEM", "element segment"},
    {"ELEM_TABLE", "element segment, table"},
    {"DATA", "data segment"},
    {"DATA_MEMORY", "data segment, memory"},
    {"MEMORY", "memory"},
    {"MEMORY2", "memory to, memory from"},
    {"MEM1", "memarg (1 byte)"},
    {"MEM2", "memarg (2 bytes)"},
    {"MEM4", "memarg (4 bytes)"},
    {"MEM8", "memarg (8 bytes)"},
    {"MEM16", "memarg (16 bytes)"},
    {"MEM1_LANE", "memarg (1 byte), lane"},
    {"MEM2_LANE", "memarg (2 bytes), lane"},
    {"MEM4_LANE", "memarg (4 bytes), lane"},
    {"MEM8_LANE", "memarg (8 bytes), lane"},
    {"LANE2", "lane of 2"},
    {"LANE4", "lane of 4"},
    {"LANE8", "lane of 8"},
    {"LANE16", "lane of 16"},
    {"SHUFFLE", "16 lanes of 32"},
    {"V128", "16 bytes"},
    {"TAG", "tag"},
    {"TRY_TABLE", "block type, vector of catch clauses"},
    {"TYPE", "type"},
    {"TYPE2", "two types"},
    {"TYPE_FIELD", "type, field"},
    {"TYPE_COUNT", "type, number of elements"},
    {"TYPE_DATA", "type, data segment"},
    {"TYPE_ELEM", "type, element segment"},
    {"TYPE_TAG", "type, tag"},
    {"TYPE_HANDLERS", "type, vector of handlers"},
    {"TYPE_TAG_HANDLERS", "type, tag, vector of handlers"},
    {"CAST", "flags, label, heap type from, heap type to"},
    {"FENCE", "zero byte"},
    {"HEAPTYPE", "heap type"},
    {"VALTYPES", "vector of value types"},
    {"I32", "i32"},
    {"I64", "i64"},
    {"F32", "f32"},
    {"F64", "f64"},
};

/* What the table of instructions does not keep of its rows. */
static const char *const immediate_rows[] = {
#define OP(name, prefix, code, text, immediate, type, feature) #immediate,
#include "vm/syntax/opcode.def"
#undef OP
};

/* The words, or the row's own word when it is one of a later day. */
static const char *immediate_of(vm_opcode opcode)
{
    for (size_t i = 0; i < BASE_COUNT(immediates); i++) {
        if (strcmp(immediates[i].row, immediate_rows[opcode]) == 0)
            return immediates[i].words;
    }
    return immediate_rows[opcode];
}

static const char *letter_type(char letter)
{
    static const char letters[] = "ilfdva";
    static const char *const types[] = {"i32", "i64", "f32", "f64", "v128", "addr"};
    const char *found = strchr(letters, letter);
    return found != NULL ? types[found - letters] : "?";
}

static void print_type(FILE *out, const vm_opcode_info *info)
{
    if (info->is_special) {
        fputs("by context", out);
        return;
    }
    fputs("`[", out);
    const char *space = "";
    for (const char *p = info->signature; *p != '\0'; p++) {
        fprintf(out, "%s%s", *p == '_' ? "" : space, *p == '_' ? "] -> [" : letter_type(*p));
        space = *p == '_' ? "" : " ";
    }
    fputs("]`", out);
}

static void print_features(FILE *out, uint32_t features)
{
    const char *comma = "";
    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        if (features & bit)
            fprintf(out, "%s%s", comma, vm_feature_name(bit));
        comma = features & bit ? ", " : comma;
    }
}

static void print_row(FILE *out, vm_opcode opcode)
{
    const vm_opcode_info *info = &vm_opcodes[opcode];
    if (info->prefix == 0)
        fprintf(out, "| `%02X` ", (unsigned)info->code);
    else
        fprintf(out, "| `%02X` %u ", info->prefix, (unsigned)info->code);
    fprintf(out, "| `%s` | %s | ", info->text, immediate_of(opcode));
    print_type(out, info);
    fputs(" | ", out);
    print_features(out, info->feature);
    fputs(" |\n", out);
}

static void print_table(FILE *out, uint8_t prefix, const char *title)
{
    fprintf(out, "\n## %s\n\n| code | instruction | immediates | type | feature |\n|---|---|---|---|---|\n", title);
    for (uint32_t code = 0; code < VM_CODE_COUNT; code++) {
        vm_opcode opcode = vm_opcode_find(prefix, code);
        if (opcode != VM_OP_COUNT)
            print_row(out, opcode);
    }
}

static void print_page(FILE *out)
{
    fprintf(
        out,
        "# Instructions\n\n"
        "Made from `vm/syntax/opcode.def` by `./dev docs`; a test holds it against the table.\n\n"
        "%d instructions, by their codes: a byte in hexadecimal, or a prefix and the number behind it, in LEB128.\n"
        "*addr* is the address type of the memory that is named, i32 or i64. What is *by context* is in `vm/valid`.\n"
        "Where an instruction has no feature it is of the first standard.\n",
        (int)VM_OP_COUNT);
    print_table(out, 0, "One byte");
    print_table(out, 0xFB, "FB: structures, arrays, references");
    print_table(out, 0xFC, "FC: conversions, bulk memory, tables, wide arithmetic");
    print_table(out, 0xFD, "FD: vectors");
    print_table(out, 0xFE, "FE: atomic memory");
}

static bool is_same(FILE *page, FILE *file)
{
    int a, b;
    do {
        a = getc(page);
        b = getc(file);
    } while (a == b && a != EOF);
    return a == b;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_page(stdout);
        return EXIT_SUCCESS;
    }
    FILE *page = tmpfile(), *file = fopen(argv[1], "rb");
    bool same = false;
    if (page != NULL && file != NULL) {
        print_page(page);
        rewind(page);
        same = is_same(page, file);
    }
    if (!same)
        fprintf(stderr, "%s is not the page that is made from opcode.def: run ./dev docs\n", argv[1]);
    if (page != NULL)
        fclose(page);
    if (file != NULL)
        fclose(file);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
