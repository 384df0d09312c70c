/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of canonical definitions and their options (Binary.md "Canonical Definitions"). What follows a code is in the table of
 * component/definition.h: a letter for each part.
 */
#include "component/decode.h"

enum { LIMIT_OPTIONS = 1000 };

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static const char *const encoding_names[] = {"utf8", "utf16", "latin1-utf16"};

static void set_index_option(cm_decoder *d, uint32_t *option, const char *name)
{
    if (*option != CM_NONE)
        vm_reader_fail(&d->r, PIRN_INVALID, "canonical option `%s` is specified more than once", name);
    *option = vm_reader_leb_u32(&d->r);
}

static void set_encoding(cm_decoder *d, cm_option_indices *options, uint8_t code)
{
    if (options->has_encoding)
        vm_reader_fail(&d->r, PIRN_INVALID, "canonical encoding option `%s` conflicts with option `%s`",
                       encoding_names[options->encoding], encoding_names[code]);
    options->encoding = (cm_encoding)code;
    options->has_encoding = true;
}

static void set_async(cm_decoder *d, cm_option_indices *options)
{
    if (options->is_async)
        vm_reader_fail(&d->r, PIRN_INVALID, "canonical option `async` is specified more than once");
    options->is_async = true;
}

static void decode_option(cm_decoder *d, cm_option_indices *options)
{
    const uint8_t *at = d->r.pos;
    uint8_t code = vm_reader_u8(&d->r);
    if (code == 0x06 || code == 0x07)
        cm_decode_need(d, at, PIRN_COMPONENT_ASYNC, "an option of async functions");
    switch (code) {
    case 0x00:
    case 0x01:
    case 0x02:
        set_encoding(d, options, code);
        break;
    case 0x03:
        set_index_option(d, &options->memory, "memory");
        break;
    case 0x04:
        set_index_option(d, &options->realloc, "realloc");
        break;
    case 0x05:
        set_index_option(d, &options->post_return, "post-return");
        break;
    case 0x06:
        set_async(d, options);
        break;
    case 0x07:
        set_index_option(d, &options->callback, "callback");
        break;
    default:
        cm_decode_bad_byte(d, code, "canonical option");
    }
}

static const cm_option_indices *decode_options(cm_decoder *d)
{
    cm_option_indices *options = cm_decode_array(d, 1, sizeof *options);
    if (options == NULL)
        return NULL;
    *options =
        (cm_option_indices){.memory = CM_NONE, .realloc = CM_NONE, .post_return = CM_NONE, .callback = CM_NONE};
    uint32_t count = vm_reader_count(&d->r, 1, LIMIT_OPTIONS, "canonical options");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++)
        decode_option(d, options);
    return options;
}

/* The table's words for features. */
enum {
    ASYNC = PIRN_COMPONENT_ASYNC,
    ERROR_CONTEXT = PIRN_COMPONENT_ERROR_CONTEXT,
    THREADING = PIRN_COMPONENT_THREADING,
    SHARED_THREADS = PIRN_COMPONENT_SHARED_THREADS,
};

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

const cm_canon_info *cm_canon_info_find(uint8_t code)
{
    static const cm_canon_info rows[] = {
#define CANON_ROW(code, name, text, feature, immediates, signature, run) \
    {code, text, feature, immediates, signature, run},
        CM_CANONS(CANON_ROW)
#undef CANON_ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

/* The 0x00 behind the codes of lift and lower: the sort of what they make; and what they are made of. */
static void decode_func(cm_decoder *d, const cm_canon_info *info, cm_canon_definition *canon)
{
    uint8_t sort = vm_reader_u8(&d->r);
    if (sort != 0x00)
        cm_decode_bad_byte(d, sort,
                           info->code == CM_CANON_LIFT ? "canonical function lift" : "canonical function lower");
    canon->func = vm_reader_leb_u32(&d->r);
}

static void decode_result_list(cm_decoder *d, cm_canon_definition *canon)
{
    cm_value_syntax *result = cm_decode_array(d, 1, sizeof *result);
    if (result != NULL)
        *result = cm_decode_result(d);
    canon->result = result;
}

static void decode_slot_type(cm_decoder *d, cm_canon_definition *canon)
{
    const uint8_t *at = d->r.pos;
    uint8_t byte = vm_reader_u8(&d->r);
    canon->slot = byte == 0x7F ? PIRN_I32 : PIRN_I64;
    if (byte == 0x7E)
        cm_decode_need(d, at, PIRN_COMPONENT_MEMORY64, "a context slot of type i64");
    else if (byte != 0x7F)
        cm_decode_bad_byte(d, byte, "core type of a context slot");
}

static void decode_flag(cm_decoder *d, char letter, cm_canon_definition *canon)
{
    const uint8_t *at = d->r.pos;
    canon->flag = cm_decode_bool(d);
    if (canon->flag && letter == 'a')
        cm_decode_need(d, at, PIRN_COMPONENT_MORE_ASYNC, "an async built-in that cancels");
}

static void decode_part(cm_decoder *d, char letter, const cm_canon_info *info, cm_canon_definition *canon)
{
    switch (letter) {
    case 'f':
        decode_func(d, info, canon);
        break;
    case 'o':
        canon->options = decode_options(d);
        break;
    case 'v':
        decode_result_list(d, canon);
        break;
    case 't':
        decode_slot_type(d, canon);
        break;
    case 'n':
        canon->number = vm_reader_leb_u32(&d->r);
        break;
    case 'm':
        canon->memory = vm_reader_leb_u32(&d->r);
        break;
    case 'b':
        canon->table = vm_reader_leb_u32(&d->r);
        break;
    case 'a':
    case 'c':
    case 'h':
        decode_flag(d, letter, canon);
        break;
    default: /* r, s, e, y, k */
        canon->type = vm_reader_leb_u32(&d->r);
    }
}

pirn_status cm_decode_canon(cm_decoder *d, cm_definition *out)
{
    const uint8_t *at = d->r.pos;
    uint8_t code = vm_reader_u8(&d->r);
    const cm_canon_info *info = cm_canon_info_find(code);
    if (info == NULL)
        return cm_decode_bad_byte(d, code, "canonical function");
    PIRN_TRY(cm_decode_need(d, at, info->feature, info->text));
    cm_canon_definition *canon = cm_decode_array(d, 1, sizeof *canon);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_CANON;
    out->canon = canon;
    out->item.sort = code == CM_CANON_LIFT ? CM_FUNC : CM_CORE_FUNC;
    canon->kind = (cm_canon_kind)code;
    canon->func = canon->type = CM_NONE;
    for (const char *letter = info->immediates; *letter != '\0' && !vm_reader_failed(&d->r); letter++)
        decode_part(d, *letter, info, canon);
    return d->r.status;
}
