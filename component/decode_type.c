/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of type definitions (Binary.md "Type Definitions"): value, function, component,
 * instance, resource, core. */
#include "component/decode.h"
#include <string.h>

enum { LIMIT_LABELS = 100000, LIMIT_PARAMS = 1000, LIMIT_DECLS = 100000 };

/* ---- Value types ------------------------------------------------------------------------------------------------- */

/* Primitives, from 0x7f down. */
static const uint8_t primitives[] = {
    PIRN_TYPE_BOOL, PIRN_TYPE_S8,  PIRN_TYPE_U8,  PIRN_TYPE_S16, PIRN_TYPE_U16,  PIRN_TYPE_S32,    PIRN_TYPE_U32,
    PIRN_TYPE_S64,  PIRN_TYPE_U64, PIRN_TYPE_F32, PIRN_TYPE_F64, PIRN_TYPE_CHAR, PIRN_TYPE_STRING,
};

static bool primitive_of(uint8_t byte, uint8_t *kind)
{
    *kind = PIRN_TYPE_ERROR_CONTEXT;
    if (byte == 0x64)
        return true;
    if (byte > 0x7F || 0x7Fu - byte >= sizeof primitives)
        return false;
    *kind = primitives[0x7F - byte];
    return true;
}

/* Value types that need a feature, by code. */
static const struct gated_row {
    uint8_t code;
    uint32_t feature;
    const char *what;
} gated[] = {
    {0x67, PIRN_COMPONENT_FIXED_LISTS, "a list of fixed length"},
    {0x66, PIRN_COMPONENT_ASYNC, "a stream type"},
    {0x65, PIRN_COMPONENT_ASYNC, "a future type"},
    {0x64, PIRN_COMPONENT_ERROR_CONTEXT, "an error context"},
    {0x63, PIRN_COMPONENT_MAP, "a map type"},
    {0x43, PIRN_COMPONENT_ASYNC, "an async function type"},
};

/* `code` is the byte at the reader's place or before it, which is `at`. */
static pirn_status check_gate(cm_decoder *d, const uint8_t *at, uint8_t code)
{
    for (size_t i = 0; i < BASE_COUNT(gated); i++)
        if (gated[i].code == code)
            return cm_decode_need(d, at, gated[i].feature, gated[i].what);
    return d->r.status;
}

static cm_value_syntax decode_value(cm_decoder *d)
{
    cm_value_syntax value = {.offset = (uint32_t)vm_reader_offset(&d->r), .index = CM_NONE, .present = true};
    uint8_t byte = vm_reader_peek(&d->r);
    if (primitive_of(byte, &value.kind) || vm_reader_failed(&d->r)) {
        check_gate(d, d->r.pos, byte);
        vm_reader_u8(&d->r);
    } else {
        int64_t index = vm_reader_leb_s33(&d->r);
        if (index < 0)
            cm_decode_bad_byte(d, byte, "component value type");
        value.index = (uint32_t)index;
    }
    return value;
}

static cm_value_syntax decode_optional_value(cm_decoder *d)
{
    return cm_decode_bool(d) ? decode_value(d) : (cm_value_syntax){.index = CM_NONE};
}

cm_value_syntax cm_decode_result(cm_decoder *d)
{
    uint8_t form = vm_reader_u8(&d->r);
    if (form == 0x00)
        return decode_value(d);
    uint8_t count = form == 0x01 ? vm_reader_u8(&d->r) : 0;
    if (form != 0x01)
        cm_decode_bad_byte(d, form, "component function results");
    else if (count != 0x00)
        cm_decode_bad_byte(d, count, "number of results");
    return (cm_value_syntax){.index = CM_NONE};
}

typedef enum label_form { LABEL_ONLY, LABEL_VALUE, LABEL_CASE, VALUE_ONLY } label_form;

static void decode_label(cm_decoder *d, label_form form, cm_label_syntax *out)
{
    out->offset = (uint32_t)vm_reader_offset(&d->r);
    if (form != VALUE_ONLY)
        out->name = vm_reader_name(&d->r);
    if (form == LABEL_VALUE || form == VALUE_ONLY)
        out->type = decode_value(d);
    if (form == LABEL_CASE) {
        out->type = decode_optional_value(d);
        uint8_t zero = vm_reader_u8(&d->r);
        if (zero != 0x00)
            cm_decode_bad_byte(d, zero, "zero byte required");
    }
}

static pirn_status decode_labels(cm_decoder *d, label_form form, uint32_t limit, const char *what,
                                 cm_type_syntax *out)
{
    static const uint8_t min_bytes[] = {[LABEL_ONLY] = 1, [LABEL_VALUE] = 2, [LABEL_CASE] = 3, [VALUE_ONLY] = 1};
    uint32_t count = vm_reader_count(&d->r, min_bytes[form], limit, what);
    cm_label_syntax *labels = cm_decode_array(d, count, sizeof *labels);
    PIRN_TRY(d->r.status);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++)
        decode_label(d, form, &labels[i]);
    out->labels = labels;
    out->label_count = count;
    return d->r.status;
}

/* Two types with the names that they go by: of a result each may be left out, of a map not. */
static pirn_status decode_pair(cm_decoder *d, pirn_str first, pirn_str second, cm_type_syntax *out)
{
    cm_label_syntax *labels = cm_decode_array(d, 2, sizeof *labels);
    PIRN_TRY(d->r.status);
    for (int i = 0; i < 2; i++) {
        labels[i].name = i == 0 ? first : second;
        labels[i].offset = (uint32_t)vm_reader_offset(&d->r);
        labels[i].type = out->value_kind == PIRN_TYPE_MAP ? decode_value(d) : decode_optional_value(d);
    }
    out->labels = labels;
    out->label_count = 2;
    return d->r.status;
}

static pirn_status decode_handle(cm_decoder *d, cm_type_syntax *out)
{
    out->element.offset = (uint32_t)vm_reader_offset(&d->r);
    out->element.index = vm_reader_leb_u32(&d->r);
    out->element.present = true;
    return d->r.status;
}

static pirn_status decode_defined(cm_decoder *d, uint8_t code, cm_type_syntax *out)
{
    out->kind = CM_SYNTAX_VALUE;
    switch (code) {
    case 0x72:
        out->value_kind = PIRN_TYPE_RECORD;
        return decode_labels(d, LABEL_VALUE, LIMIT_LABELS, "record fields", out);
    case 0x71:
        out->value_kind = PIRN_TYPE_VARIANT;
        return decode_labels(d, LABEL_CASE, LIMIT_LABELS, "variant cases", out);
    case 0x70:
        out->value_kind = PIRN_TYPE_LIST;
        out->element = decode_value(d);
        return d->r.status;
    case 0x6F:
        out->value_kind = PIRN_TYPE_TUPLE;
        return decode_labels(d, VALUE_ONLY, LIMIT_LABELS, "tuple types", out);
    case 0x6E:
        out->value_kind = PIRN_TYPE_FLAGS;
        return decode_labels(d, LABEL_ONLY, LIMIT_LABELS, "flags", out);
    case 0x6D:
        out->value_kind = PIRN_TYPE_ENUM;
        return decode_labels(d, LABEL_ONLY, LIMIT_LABELS, "enum cases", out);
    case 0x6B:
        out->value_kind = PIRN_TYPE_OPTION;
        out->element = decode_value(d);
        return d->r.status;
    case 0x6A:
        out->value_kind = PIRN_TYPE_RESULT;
        return decode_pair(d, PIRN_STR("ok"), PIRN_STR("error"), out);
    case 0x69:
        out->value_kind = PIRN_TYPE_OWN;
        return decode_handle(d, out);
    case 0x68:
        out->value_kind = PIRN_TYPE_BORROW;
        return decode_handle(d, out);
    case 0x67:
        out->value_kind = PIRN_TYPE_FIXED_LIST;
        out->element = decode_value(d);
        out->length = vm_reader_leb_u32(&d->r);
        return d->r.status;
    case 0x66:
        out->value_kind = PIRN_TYPE_STREAM;
        out->element = decode_optional_value(d);
        return d->r.status;
    case 0x65:
        out->value_kind = PIRN_TYPE_FUTURE;
        out->element = decode_optional_value(d);
        return d->r.status;
    case 0x63:
        out->value_kind = PIRN_TYPE_MAP;
        return decode_pair(d, PIRN_STR("key"), PIRN_STR("value"), out);
    default:
        return cm_decode_bad_byte(d, code, "component defined type");
    }
}

/* ---- Functions and resources ------------------------------------------------------------------------------------- */

static pirn_status decode_func(cm_decoder *d, bool is_async, cm_type_syntax *out)
{
    out->kind = CM_SYNTAX_FUNC;
    out->is_async = is_async;
    PIRN_TRY(decode_labels(d, LABEL_VALUE, LIMIT_PARAMS, "function parameters", out));
    out->result = cm_decode_result(d);
    return d->r.status;
}

static pirn_status decode_resource(cm_decoder *d, cm_type_syntax *out)
{
    out->kind = CM_SYNTAX_RESOURCE;
    uint8_t representation = vm_reader_u8(&d->r);
    if (representation != PIRN_I32 && !vm_reader_failed(&d->r))
        return vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_INVALID, "resources can only be represented by `i32`");
    out->dtor = cm_decode_bool(d) ? vm_reader_leb_u32(&d->r) : CM_NONE;
    return d->r.status;
}

/* ---- Component and instance types -------------------------------------------------------------------------------- */

static pirn_status decode_export_decl(cm_decoder *d, cm_definition *out)
{
    cm_external_definition *external = cm_decode_array(d, 1, sizeof *external);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_EXPORT;
    out->external = external;
    external->name = cm_decode_extern_name(d, &external->attributes);
    external->desc = cm_decode_extern_desc(d);
    external->has_desc = true;
    out->item.sort = external->desc.sort;
    return d->r.status;
}

pirn_status cm_decode_decl(cm_decoder *d, cm_body_kind kind, cm_definition *out)
{
    uint8_t code = vm_reader_u8(&d->r);
    if (code == 0x03 && kind == CM_BODY_COMPONENT_TYPE) {
        PIRN_TRY(decode_export_decl(d, out)); /* an import declarator has the same form */
        out->kind = CM_DEF_IMPORT;
        return PIRN_OK;
    }
    switch (code) {
    case 0x00:
    case 0x01:
        out->kind = code == 0x00 ? CM_DEF_CORE_TYPE : CM_DEF_TYPE;
        out->item.sort = code == 0x00 ? CM_CORE_TYPE : CM_TYPE;
        return d->r.status;
    case 0x02:
        return cm_decode_alias(d, out);
    case 0x04:
        return decode_export_decl(d, out);
    default:
        return cm_decode_bad_byte(d, code, "component or instance type declaration");
    }
}

uint32_t cm_decode_decl_count(cm_decoder *d)
{
    return vm_reader_count(&d->r, 2, LIMIT_DECLS, "type declarations");
}

bool cm_decode_is_body(cm_decoder *d, cm_body_kind *kind)
{
    uint8_t code = vm_reader_peek(&d->r);
    if (code != 0x41 && code != 0x42)
        return false;
    *kind = code == 0x41 ? CM_BODY_COMPONENT_TYPE : CM_BODY_INSTANCE_TYPE;
    vm_reader_u8(&d->r);
    return true;
}

/* A declarator, and the type that it may be followed by. */
static pirn_status skim_decl(cm_decoder *d, cm_body_kind kind)
{
    cm_definition definition = {0};
    PIRN_TRY(cm_decode_decl(d, kind, &definition));
    if (definition.kind == CM_DEF_CORE_TYPE)
        return cm_decode_core_type(d, &definition);
    return definition.kind == CM_DEF_TYPE ? cm_decode_type(d, &definition) : PIRN_OK;
}

static pirn_status skim_body(cm_decoder *d, cm_body_kind kind, cm_type_syntax *out)
{
    out->kind = CM_SYNTAX_BODY;
    PIRN_TRY(cm_decode_enter(d));
    uint32_t count = cm_decode_decl_count(d);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++)
        PIRN_TRY(skim_decl(d, kind));
    d->nesting--;
    return d->r.status;
}

/* Any type but a primitive, whose first byte is `code`. */
static pirn_status decode_type(cm_decoder *d, uint8_t code, cm_type_syntax *out)
{
    PIRN_TRY(check_gate(d, d->r.pos - 1, code));
    switch (code) {
    case 0x40:
    case 0x43:
        return decode_func(d, code == 0x43, out);
    case 0x41:
        return skim_body(d, CM_BODY_COMPONENT_TYPE, out);
    case 0x42:
        return skim_body(d, CM_BODY_INSTANCE_TYPE, out);
    case 0x3F:
        return decode_resource(d, out);
    default:
        return decode_defined(d, code, out);
    }
}

/* Definitions that only name a primitive share what there is to say of it. */
static const cm_type_syntax primitive_syntax[] = {
#define PRIMITIVE(name) [name] = {.kind = CM_SYNTAX_VALUE, .value_kind = name}
    PRIMITIVE(PIRN_TYPE_BOOL),   PRIMITIVE(PIRN_TYPE_S8),
    PRIMITIVE(PIRN_TYPE_U8),     PRIMITIVE(PIRN_TYPE_S16),
    PRIMITIVE(PIRN_TYPE_U16),    PRIMITIVE(PIRN_TYPE_S32),
    PRIMITIVE(PIRN_TYPE_U32),    PRIMITIVE(PIRN_TYPE_S64),
    PRIMITIVE(PIRN_TYPE_U64),    PRIMITIVE(PIRN_TYPE_F32),
    PRIMITIVE(PIRN_TYPE_F64),    PRIMITIVE(PIRN_TYPE_CHAR),
    PRIMITIVE(PIRN_TYPE_STRING), PRIMITIVE(PIRN_TYPE_ERROR_CONTEXT),
#undef PRIMITIVE
};

pirn_status cm_decode_type(cm_decoder *d, cm_definition *out)
{
    uint8_t code = vm_reader_u8(&d->r), primitive;
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_TYPE;
    out->item.sort = CM_TYPE;
    if (primitive_of(code, &primitive)) {
        PIRN_TRY(check_gate(d, d->r.pos - 1, code));
        out->syntax = &primitive_syntax[primitive];
        return PIRN_OK;
    }
    cm_type_syntax *syntax = cm_decode_array(d, 1, sizeof *syntax);
    PIRN_TRY(d->r.status);
    out->syntax = syntax;
    return decode_type(d, code, syntax);
}

/* ---- Core types -------------------------------------------------------------------------------------------------- */

static bool is_core_valtype(uint8_t byte)
{
    return (byte >= 0x7B && byte <= 0x7F) || byte == 0x70 || byte == 0x6F;
}

static pirn_valtype decode_core_valtype(cm_decoder *d)
{
    uint8_t byte = vm_reader_u8(&d->r);
    if (!is_core_valtype(byte) && !vm_reader_failed(&d->r))
        vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "invalid value type");
    return byte;
}

static const pirn_valtype *decode_core_valtypes(cm_decoder *d, uint32_t *count)
{
    *count = vm_reader_count(&d->r, 1, LIMIT_PARAMS, "function parameters or results");
    pirn_valtype *types = cm_decode_array(d, *count, sizeof *types);
    for (uint32_t i = 0; i < *count && !vm_reader_failed(&d->r); i++)
        types[i] = decode_core_valtype(d);
    return types;
}

static pirn_status core_type_not_there(cm_decoder *d)
{
    return vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_INVALID,
                             "core types of components other than function types are not supported yet");
}

/* `sub` and `sub final`, without supertypes. Since 0x50 begins a module type, `sub` has a 0x00 before it. */
static uint8_t decode_core_sub(cm_decoder *d, uint8_t code, cm_core_functype_syntax *out)
{
    if (code != 0x00 && code != 0x4F)
        return code;
    out->is_open = code == 0x00;
    if (code == 0x00 && (code = vm_reader_u8(&d->r)) != 0x50)
        cm_decode_bad_byte(d, code, "type definition");
    if (vm_reader_leb_u32(&d->r) != 0)
        core_type_not_there(d);
    return vm_reader_u8(&d->r);
}

static pirn_status decode_core_functype(cm_decoder *d, cm_core_functype_syntax *out)
{
    uint8_t code = decode_core_sub(d, vm_reader_u8(&d->r), out);
    if (code == 0x5F || code == 0x5E || code == 0x4E)
        return core_type_not_there(d);
    if (code != 0x60)
        return cm_decode_bad_byte(d, code, "type definition");
    out->params = decode_core_valtypes(d, &out->param_count);
    out->results = decode_core_valtypes(d, &out->result_count);
    return d->r.status;
}

static pirn_limits decode_limits(cm_decoder *d, uint8_t flags)
{
    bool is64 = flags & 0x04;
    pirn_limits limits = {.max = PIRN_NO_MAX};
    limits.min = is64 ? vm_reader_leb_u64(&d->r) : vm_reader_leb_u32(&d->r);
    if (flags & 0x01)
        limits.max = is64 ? vm_reader_leb_u64(&d->r) : vm_reader_leb_u32(&d->r);
    return limits;
}

static uint8_t decode_limit_flags(cm_decoder *d, uint8_t allowed)
{
    uint8_t flags = vm_reader_u8(&d->r);
    if (flags & ~allowed)
        vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "malformed limits flags");
    return flags;
}

static void decode_table(cm_decoder *d, pirn_tabletype *out)
{
    out->element = decode_core_valtype(d);
    if (!vm_reader_failed(&d->r) && !pirn_valtype_is_ref(out->element))
        vm_reader_fail(&d->r, PIRN_MALFORMED, "malformed reference type");
    uint8_t flags = decode_limit_flags(d, 0x05);
    out->is64 = flags & 0x04;
    out->limits = decode_limits(d, flags);
}

static void decode_memory(cm_decoder *d, pirn_memtype *out)
{
    uint8_t flags = decode_limit_flags(d, 0x07);
    out->is64 = flags & 0x04;
    out->shared = flags & 0x02;
    out->page_size_log2 = 16;
    out->limits = decode_limits(d, flags);
}

static void decode_global(cm_decoder *d, pirn_globaltype *out)
{
    out->type = decode_core_valtype(d);
    uint8_t is_mutable = vm_reader_u8(&d->r);
    if (is_mutable > 0x01)
        vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "malformed mutability");
    out->is_mutable = is_mutable == 0x01;
}

static void decode_core_externtype(cm_decoder *d, cm_core_decl *out)
{
    uint8_t kind = vm_reader_u8(&d->r);
    out->type.kind = (pirn_extern_kind)(kind <= PIRN_EXTERN_TAG ? kind : 0);
    switch (kind) {
    case PIRN_EXTERN_TABLE:
        decode_table(d, &out->type.table);
        break;
    case PIRN_EXTERN_MEMORY:
        decode_memory(d, &out->type.memory);
        break;
    case PIRN_EXTERN_GLOBAL:
        decode_global(d, &out->type.global);
        break;
    case PIRN_EXTERN_TAG:
        if (vm_reader_u8(&d->r) != 0x00)
            vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "malformed tag attribute");
        out->index = vm_reader_leb_u32(&d->r);
        break;
    case PIRN_EXTERN_FUNC:
        out->index = vm_reader_leb_u32(&d->r);
        break;
    default:
        cm_decode_bad_byte(d, kind, "external kind");
    }
}

static void decode_core_alias(cm_decoder *d, cm_core_decl *out)
{
    uint8_t sort = vm_reader_u8(&d->r);
    if (sort != 0x10)
        cm_decode_bad_byte(d, sort, "outer alias kind");
    uint8_t target = vm_reader_u8(&d->r);
    if (target != 0x01)
        cm_decode_bad_byte(d, target, "outer alias target");
    out->depth = vm_reader_leb_u32(&d->r);
    out->index = vm_reader_leb_u32(&d->r);
}

static pirn_status decode_core_decl(cm_decoder *d, cm_core_decl *out)
{
    out->offset = vm_reader_offset(&d->r);
    uint8_t code = vm_reader_u8(&d->r);
    if (code > CM_CORE_DECL_EXPORT)
        return cm_decode_bad_byte(d, code, "type definition");
    out->kind = (cm_core_decl_kind)code;
    switch (out->kind) {
    case CM_CORE_DECL_IMPORT:
        out->module = vm_reader_name(&d->r);
        out->name = vm_reader_name(&d->r);
        decode_core_externtype(d, out);
        break;
    case CM_CORE_DECL_TYPE:
        if (vm_reader_peek(&d->r) == 0x50)
            return vm_reader_fail(&d->r, PIRN_INVALID,
                                  "invalid leading byte (0x50) for a type in a core module type");
        return decode_core_functype(d, &out->functype);
    case CM_CORE_DECL_ALIAS:
        decode_core_alias(d, out);
        break;
    case CM_CORE_DECL_EXPORT:
        out->name = vm_reader_name(&d->r);
        decode_core_externtype(d, out);
        break;
    }
    return d->r.status;
}

static pirn_status decode_module_type(cm_decoder *d, cm_type_syntax *out)
{
    out->kind = CM_SYNTAX_CORE_MODULE;
    vm_reader_u8(&d->r);
    uint32_t count = vm_reader_count(&d->r, 3, LIMIT_DECLS, "module type declarations");
    cm_core_decl *decls = cm_decode_array(d, count, sizeof *decls);
    PIRN_TRY(d->r.status);
    for (uint32_t i = 0; i < count; i++)
        PIRN_TRY(decode_core_decl(d, &decls[i]));
    out->decls = decls;
    out->decl_count = count;
    return PIRN_OK;
}

pirn_status cm_decode_core_type(cm_decoder *d, cm_definition *out)
{
    cm_type_syntax *syntax = cm_decode_array(d, 1, sizeof *syntax);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_CORE_TYPE;
    out->item.sort = CM_CORE_TYPE;
    out->syntax = syntax;
    uint8_t code = vm_reader_peek(&d->r);
    PIRN_TRY(d->r.status);
    if (code == 0x50)
        return decode_module_type(d, syntax);
    syntax->kind = CM_SYNTAX_CORE_FUNC;
    return decode_core_functype(d, &syntax->core_func);
}
