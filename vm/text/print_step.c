/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of one function as text, one after the other, with the printer that prints whole modules. */
#include "vm/text/print_step.h"
#include "vm/text/parser.h"
#include "vm/text/printer.h"

struct vm_print_step {
    vm_printer printer;
    vm_print_options options;
    size_t len;
    char text[256];
};

/* Takes what there is room for. */
static bool take_text(void *data, const char *text, size_t size)
{
    static const char dots[] = "...";
    vm_print_step *s = data;
    size_t room = sizeof s->text - 1 - s->len, taken = size < room ? size : room;
    memcpy(s->text + s->len, text, taken);
    s->len += taken;
    if (taken < size)
        memcpy(s->text + sizeof s->text - sizeof dots, dots, sizeof dots - 1);
    s->text[s->len] = '\0';
    return true;
}

vm_print_step *vm_print_step_new(const vm_module *module, uint32_t func, const pirn_allocator *allocator)
{
    vm_print_step *s = base_alloc_zero(allocator, sizeof *s);
    if (s == NULL)
        return NULL;
    vm_printer *p = &s->printer;
    *p = (vm_printer){.module = module, .options = &s->options, .allocator = allocator, .sink = take_text};
    p->sink_data = s;
    vm_reader_init(&p->whole, module->bytes.start, (size_t)(module->bytes.end - module->bytes.start),
                   module->base_offset, NULL);
    base_arena_init(&p->arena, allocator);
    base_arena_init(&p->func_arena, allocator);
    vm_print_find_customs(p);
    vm_print_load_names(p);
    vm_print_load_locals(p, func, VM_LIMIT_PARAMS + VM_LIMIT_LOCALS);
    vm_print_push_label(p, false);
    return s;
}

void vm_print_step_free(vm_print_step *s)
{
    if (s == NULL)
        return;
    const pirn_allocator *allocator = s->printer.allocator;
    BASE_VEC_DONE(&s->printer.labels, allocator);
    base_arena_done(&s->printer.func_arena);
    base_arena_done(&s->printer.arena);
    base_free(allocator, s, sizeof *s);
}

const char *vm_print_step_text(vm_print_step *s, const vm_instr *instr)
{
    vm_printer *p = &s->printer;
    s->len = 0;
    s->text[0] = '\0';
    if (instr->opcode == VM_OP_END || instr->opcode == VM_OP_DELEGATE)
        vm_print_pop_label(p);
    if (vm_text_is_block(instr->opcode))
        vm_print_push_label(p, true);
    vm_print_instr(p, instr);
    vm_print_flush(p);
    return s->text;
}
