/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branch hints: a custom section, metadata.code.branch_hint, that says which way conditional branches usually go.
 *
 *      vector of { function index, vector of { offset, 01, 00 unlikely or 01 likely } }
 *
 * Indices and offsets increase; an offset counts from the start of the function's locals to an `if` or a `br_if`.
 */
#include "vm/binary/types.h"
#include "vm/valid/valid.h"
#include "vm/valid/validator.h"

#define ANNOTATION "@metadata.code.branch_hint annotation"

enum { MIN_FUNC_HINTS = 2, MIN_HINT = 3, HINT_BYTES = 1 };

typedef struct hint_checker {
    const vm_module *module;
    vm_reader r;    /* over the section */
    vm_reader code; /* over the function that the hints are of */
} hint_checker;

static pirn_status fail(hint_checker *c, const uint8_t *at, pirn_status status, const char *what)
{
    return vm_reader_fail_at(&c->r, at, status, ANNOTATION ": %s", what);
}

/* A number that must be greater than the last one, which is none at first. */
static pirn_status read_ascending(hint_checker *c, int64_t *last)
{
    const uint8_t *at = c->r.pos;
    uint32_t number = vm_reader_leb_u32(&c->r);
    PIRN_TRY(c->r.status);
    if (number <= *last)
        return fail(c, at, PIRN_MALFORMED, "not in order");
    *last = number;
    return PIRN_OK;
}

/* Reads code up to `target`: is there an instruction that takes a condition? */
static bool is_branch(hint_checker *c, const uint8_t *target)
{
    vm_instr instr;
    while (c->code.pos <= target && vm_instr_read(&c->code, c->module->features, &instr)) {
        if (instr.start == target)
            return instr.opcode == VM_OP_IF || instr.opcode == VM_OP_BR_IF;
    }
    return false;
}

static pirn_status check_hint(hint_checker *c, const vm_range *body, int64_t *offset)
{
    const uint8_t *at = c->r.pos;
    PIRN_TRY(read_ascending(c, offset));
    if (*offset >= body->end - body->start || !is_branch(c, body->start + *offset))
        return fail(c, at, PIRN_INVALID, "invalid target");
    at = c->r.pos;
    uint32_t size = vm_reader_leb_u32(&c->r);
    uint8_t value = vm_reader_u8(&c->r);
    PIRN_TRY(c->r.status);
    return size == HINT_BYTES && value <= 1 ? PIRN_OK : fail(c, at, PIRN_MALFORMED, "invalid value");
}

static pirn_status check_func(hint_checker *c, int64_t *func)
{
    const uint8_t *at = c->r.pos;
    PIRN_TRY(read_ascending(c, func));
    if (*func < c->module->imported_funcs || *func >= c->module->funcs.len)
        return fail(c, at, PIRN_INVALID, "unknown function");
    const vm_range *body = &c->module->funcs.data[*func].body;
    vm_reader_init(&c->code, body->start, (size_t)(body->end - body->start), 0, NULL);
    vm_reader_skip_locals(&c->code, c->module->features);
    int64_t offset = -1;
    uint32_t count = vm_reader_count(&c->r, MIN_HINT, VM_LIMIT_BODY_BYTES, "branch hints");
    PIRN_TRY(c->r.status);
    for (uint32_t i = 0; i < count; i++)
        PIRN_TRY(check_hint(c, body, &offset));
    return PIRN_OK;
}

pirn_status vm_validate_branch_hints(const vm_module *module, const vm_custom *custom, pirn_error *error)
{
    enum { SECTION_CODE = 10, SECTION_DATA = 11 };
    hint_checker c = {.module = module};
    vm_reader_init(&c.r, module->bytes.start, (size_t)(module->bytes.end - module->bytes.start), module->base_offset,
                   error);
    c.r = vm_reader_part(&c.r, custom->content);
    if (custom->after_section == SECTION_CODE || custom->after_section == SECTION_DATA)
        return fail(&c, c.r.pos, PIRN_MALFORMED, "the section comes after the code");
    int64_t func = -1;
    uint32_t count = vm_reader_count(&c.r, MIN_FUNC_HINTS, VM_LIMIT_FUNCTIONS, "functions");
    PIRN_TRY(c.r.status);
    for (uint32_t i = 0; i < count; i++)
        PIRN_TRY(check_func(&c, &func));
    return vm_reader_at_end(&c.r) ? PIRN_OK : fail(&c, c.r.pos, PIRN_MALFORMED, "section size mismatch");
}
