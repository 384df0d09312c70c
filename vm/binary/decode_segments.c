/* SPDX-License-Identifier: Apache-2.0 */
/* The sections with contents: elements, code, data (spec 5.5.12 to 5.5.15). */
#include "vm/binary/decoder.h"

enum {
    MIN_ELEM = 3, /* flags, kind or type, empty vector */
    MIN_CODE = 1, /* size */
    MIN_DATA = 2, /* flags, empty vector */
    MIN_EXPR = 2, /* instruction, end */
};

/* ---- Elements ------------------------------------------------------------------------------------------------ */

/*
 * The first number of an element segment is three bits:
 *
 *   bit 0   not active: passive, or declarative when bit 1 is set too
 *   bit 1   active: a table index follows (else table 0, and the type is funcref, unsaid)
 *   bit 2   items are expressions and the type is a reference type; else function indices and an
 * element kind
 */
enum {
    ELEM_NOT_ACTIVE = 1,
    ELEM_TABLE = 2,
    ELEM_DECLARATIVE = 2,
    ELEM_EXPRS = 4,
    ELEM_TYPE_SAID = ELEM_NOT_ACTIVE | ELEM_TABLE,
    ELEM_FLAGS = 7,
};

static vm_segment_mode elem_mode(uint32_t flags)
{
    if (!(flags & ELEM_NOT_ACTIVE))
        return VM_SEGMENT_ACTIVE;
    return flags & ELEM_DECLARATIVE ? VM_SEGMENT_DECLARATIVE : VM_SEGMENT_PASSIVE;
}

static vm_valtype decode_elem_type(vm_decoder *d, vm_reader *r, uint32_t flags)
{
    /* Functions named by index are never null; but for them, references that are never null are a later feature. */
    bool is_nullable = !(d->features & PIRN_FEATURE_FUNCTION_REFERENCES) || (flags & ELEM_EXPRS);
    vm_valtype type = vm_ref_abstract(VM_CODE_FUNCREF, is_nullable);
    if (!(flags & ELEM_TYPE_SAID))
        return type;
    if (flags & ELEM_EXPRS)
        return vm_reader_reftype(r, d->features);
    const uint8_t *at = r->pos;
    uint8_t kind = vm_reader_u8(r);
    if (kind != 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed element kind 0x%02x", kind);
    return type;
}

static void decode_elem_items(vm_decoder *d, vm_reader *r, vm_elem *out)
{
    out->count = vm_reader_count(r, out->is_exprs ? MIN_EXPR : 1, VM_LIMIT_SEGMENTS, "elements");
    out->items.start = r->pos;
    for (uint32_t i = 0; i < out->count && !vm_reader_failed(r); i++) {
        if (out->is_exprs)
            vm_reader_expr(r, d->features);
        else
            vm_reader_leb_u32(r);
    }
    out->items.end = r->pos;
}

static void decode_elem(vm_decoder *d, vm_reader *r, vm_elem *out)
{
    const uint8_t *at = r->pos;
    out->offset = vm_reader_offset(r);
    uint32_t flags = vm_reader_leb_u32(r);
    if (flags > ELEM_FLAGS)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed elements segment kind %u", flags);
    if (flags != 0)
        vm_reader_require(r, at, d->features, PIRN_FEATURE_BULK_MEMORY, "an element segment of this kind");
    out->mode = elem_mode(flags);
    out->is_exprs = flags & ELEM_EXPRS;
    if (out->mode == VM_SEGMENT_ACTIVE) {
        out->table = flags & ELEM_TABLE ? vm_reader_leb_u32(r) : 0;
        out->at = vm_reader_expr(r, d->features);
    }
    out->type = decode_elem_type(d, r, flags);
    decode_elem_items(d, r, out);
}

void vm_decode_elems(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    uint32_t count = vm_reader_count(r, MIN_ELEM, VM_LIMIT_SEGMENTS, "element segments");
    m->elems.data = vm_decode_array(d, r, count, sizeof *m->elems.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_elem(d, r, &m->elems.data[i]);
    m->elems.len = count;
    *items = count;
}

/* ---- Code ---------------------------------------------------------------------------------------------------- */

static vm_range decode_body(vm_reader *r)
{
    const uint8_t *at = r->pos;
    uint32_t size = vm_reader_leb_u32(r);
    if (size > vm_reader_left(r))
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "length out of bounds");
    if (size > VM_LIMIT_BODY_BYTES)
        vm_reader_fail_at(r, at, PIRN_LIMIT, "function body too long: %u bytes, at most %d are supported", size,
                          VM_LIMIT_BODY_BYTES);
    return vm_reader_bytes(r, size);
}

/* Bodies beyond the declared functions are read over: the lengths are compared at the end of the module. */
void vm_decode_code(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    d->code_count_at = r->pos;
    d->code_count = vm_reader_count(r, MIN_CODE, VM_LIMIT_FUNCTIONS, "function bodies");
    size_t func = d->module->imported_funcs;
    for (uint32_t i = 0; i < d->code_count && !vm_reader_failed(r); i++, func++) {
        vm_range body = decode_body(r);
        if (func < d->funcs.len)
            d->funcs.data[func].body = body;
    }
    *items = d->code_count;
}

/* ---- Data ---------------------------------------------------------------------------------------------------- */

void vm_decode_data_count(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    d->module->has_data_count = true;
    d->module->data_count = vm_reader_leb_u32(r);
    *items = 0;
}

/* The first number: 0 active in memory 0, 1 passive, 2 active with a memory index. */
static void decode_data(vm_decoder *d, vm_reader *r, vm_data *out)
{
    const uint8_t *at = r->pos;
    out->offset = vm_reader_offset(r);
    uint32_t kind = vm_reader_leb_u32(r);
    if (kind > 2)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed data segment kind %u", kind);
    if (kind != 0)
        vm_reader_require(r, at, d->features, PIRN_FEATURE_BULK_MEMORY, "a data segment of this kind");
    out->mode = kind == 1 ? VM_SEGMENT_PASSIVE : VM_SEGMENT_ACTIVE;
    if (out->mode == VM_SEGMENT_ACTIVE) {
        out->memory = kind == 2 ? vm_reader_leb_u32(r) : 0;
        out->at = vm_reader_expr(r, d->features);
    }
    uint32_t size = vm_reader_leb_u32(r);
    out->bytes = vm_reader_bytes(r, size);
}

void vm_decode_datas(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    const uint8_t *at = r->pos;
    uint32_t count = vm_reader_count(r, MIN_DATA, VM_LIMIT_SEGMENTS, "data segments");
    if (m->has_data_count && count != m->data_count)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "data count and data section have inconsistent lengths");
    m->datas.data = vm_decode_array(d, r, count, sizeof *m->datas.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_data(d, r, &m->datas.data[i]);
    m->datas.len = count;
    *items = count;
}
