/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of translated code. Handlers are known only by their addresses, so these are sorted first; the shape of a cell
 * (vm/exec/ir.def) says what its words are. Lines: "  12 i32_add_si_s s2 s0 7"; branch targets are numbers of words.
 */
#include "vm/exec/ir.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct line_writer {
    char text[512];
    size_t len;
} line_writer;

static void put(line_writer *w, const char *format, ...) PIRN_PRINTF(2, 3);

static void put(line_writer *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(w->text + w->len, sizeof w->text - w->len, format, args);
    va_end(args);
    if (len > 0)
        w->len = w->len + (size_t)len < sizeof w->text ? w->len + (size_t)len : sizeof w->text - 1;
}

static int compare_handlers(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)vm_ir_handlers[*(const uint16_t *)a];
    uintptr_t right = (uintptr_t)vm_ir_handlers[*(const uint16_t *)b];
    return (left > right) - (left < right);
}

static vm_ir find_ir(const uint16_t *sorted, const vm_word *cell)
{
    size_t low = 0, high = IR_COUNT - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uintptr_t)vm_ir_handlers[sorted[middle]] < (uintptr_t)cell->handler)
            low = middle + 1;
        else
            high = middle;
    }
    return (vm_ir)sorted[low];
}

static void put_slot(line_writer *w, uint32_t offset)
{
    put(w, " s%u", (unsigned)(offset / sizeof(pirn_slot)));
}

static void put_target(line_writer *w, const vm_code *code, const vm_word *word)
{
    put(w, " ->%td", word->target - code->start);
}

/* Handlers of a resume from the word `at` on; returns the word behind them. */
static uint32_t put_handlers(line_writer *w, const vm_code *code, const vm_word *cell, uint32_t at)
{
    uint64_t count = cell[at++].u64;
    for (; count > 0; count--, at += 2) {
        put(w, " tag %u", (unsigned)cell[at].far_d);
        if (cell[at + 1].target == NULL)
            put(w, " switch");
        else
            put_slot(w, cell[at].far_a), put_target(w, code, &cell[at + 1]);
    }
    return at;
}

/* Writes the operands; returns the words of the cell. */
static uint32_t put_operands(line_writer *w, const vm_code *code, const vm_word *cell, const char *shape)
{
    uint32_t words = 2;
    for (const char *s = shape; *s != '\0'; s++) {
        switch (*s) {
        case 'd':
            put_slot(w, cell[1].d);
            break;
        case 'a':
            put_slot(w, cell[1].a);
            break;
        case 'b':
            put_slot(w, cell[1].b);
            break;
        case 'c':
            put_slot(w, cell[1].c);
            break;
        case 'm':
            put(w, " memory %u", (unsigned)cell[1].b);
            break;
        case 'l':
            put(w, " %u", cell[1].c);
            break;
        case 'w':
            put_slot(w, cell[1].far_d);
            put_slot(w, cell[1].far_a);
            break;
        case '+':
            put(w, " frame"), put_slot(w, cell[1].offset);
            break;
        case '#':
            put(w, " %d", (int)cell[1].imm);
            break;
        case 'Q':
            put(w, " 0x%llx", (unsigned long long)cell[words++].u64);
            break;
        case 'k':
            put(w, " %d", (int)cell[words++].imm);
            break;
        case 'i':
            put_slot(w, cell[words].a);
            put(w, " %d", (int)cell[words++].imm);
            break;
        case 'p':
            put_slot(w, cell[words].a);
            put_slot(w, cell[words++].b);
            break;
        case 'f':
            put_slot(w, cell[words].d);
            put(w, " frame");
            put_slot(w, cell[words++].offset);
            break;
        case 'q':
            put_slot(w, cell[words].d);
            put(w, " %d", (int)cell[words++].imm);
            break;
        case 'g':
            put_slot(w, cell[words].d);
            put_slot(w, cell[words].a);
            put(w, " %d", (int)cell[words++].imm);
            break;
        case 'j':
            put_slot(w, cell[words++].b);
            break;
        case 'T':
            put_target(w, code, &cell[words++]);
            break;
        case 'E':
            words++;
            break;
        case 'V':
            for (uint32_t i = 0; i <= cell[1].offset; i++)
                put_target(w, code, &cell[words++]);
            break;
        case 'H':
            words = put_handlers(w, code, cell, words);
            break;
        default:
            break;
        }
    }
    return words;
}

static uint32_t put_cell(line_writer *w, const vm_code *code, const vm_word *cell, const uint16_t *sorted)
{
    vm_ir ir = find_ir(sorted, cell);
    put(w, "%5td ", cell - code->start);
    /* Operations are written small; the forms behind them are. */
    for (const char *s = vm_ir_name(ir); *s != '\0'; s++)
        put(w, "%c", tolower((unsigned char)*s));
    return put_operands(w, code, cell, vm_ir_table[ir].shape);
}

bool vm_disasm(const pirn_module *module, uint32_t func, vm_disasm_line line, void *data)
{
    if (module->engine->config.profile || func < module->syntax.imported_funcs || func >= module->syntax.funcs.len)
        return false;
    const vm_code *code = module->codes[func - module->syntax.imported_funcs];
    const pirn_allocator *allocator = &module->engine->allocator;
    uint16_t *sorted = base_alloc(allocator, IR_COUNT * sizeof *sorted);
    if (code == NULL || sorted == NULL) {
        base_free(allocator, sorted, IR_COUNT * sizeof *sorted);
        return false;
    }
    for (uint16_t i = 0; i < IR_COUNT; i++)
        sorted[i] = i;
    qsort(sorted, IR_COUNT, sizeof *sorted, compare_handlers);
    for (const vm_word *cell = code->start; cell < code->start + code->words;) {
        line_writer w = {.len = 0};
        uint32_t word = (uint32_t)(cell - code->start);
        cell += put_cell(&w, code, cell, sorted);
        line(data, word, w.text);
    }
    base_free(allocator, sorted, IR_COUNT * sizeof *sorted);
    return true;
}
