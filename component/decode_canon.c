/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of canonical definitions and their options (Binary.md "Canonical Definitions"). */
#include "component/decode.h"
#include "component/trapping.h"

enum { LIMIT_OPTIONS = 1000 };

static const char *const encoding_names[] = {"utf8", "utf16", "latin1-utf16"};

static void set_index_option(cm_decoder *d, uint32_t *option, const char *name)
{
    if (*option != CM_NONE)
        vm_reader_fail(&d->r, PIRN_INVALID, "canonical option `%s` is specified more than once", name);
    *option = vm_reader_leb_u32(&d->r);
}

static void decode_option(cm_decoder *d, cm_option_indices *options, int *encoding)
{
    uint8_t code = vm_reader_u8(&d->r);
    switch (code) {
    case 0x00:
    case 0x01:
    case 0x02:
        if (*encoding >= 0)
            vm_reader_fail(&d->r, PIRN_INVALID, "canonical encoding option `%s` conflicts with option `%s`",
                           encoding_names[*encoding], encoding_names[code]);
        *encoding = code;
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
    case 0x07:
        cm_decode_gated(d, "async functions");
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
    *options = (cm_option_indices){.memory = CM_NONE, .realloc = CM_NONE, .post_return = CM_NONE};
    int encoding = -1;
    uint32_t count = vm_reader_count(&d->r, 1, LIMIT_OPTIONS, "canonical options");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++)
        decode_option(d, options, &encoding);
    options->encoding = encoding < 0 ? CM_UTF8 : (cm_encoding)encoding;
    return options;
}

typedef struct canon_row {
    uint8_t code;
    const char *text, *feature;
} canon_row;

static const canon_row canons[] = {
#define CANON_ROW(code, name, text, feature) {code, text, feature},
    CM_CANONS(CANON_ROW)
#undef CANON_ROW
};

static const canon_row *find_canon(uint8_t code)
{
    for (size_t i = 0; i < sizeof canons / sizeof *canons; i++)
        if (canons[i].code == code)
            return &canons[i];
    return NULL;
}

/* The 0x00 behind the codes of lift and lower: the sort of what they make. */
static void expect_func_sort(cm_decoder *d, const char *what)
{
    uint8_t sort = vm_reader_u8(&d->r);
    if (sort != 0x00)
        cm_decode_bad_byte(d, sort, what);
}

static void skip_immediates(cm_decoder *d, const char *immediates)
{
    for (const char *i = immediates; *i != '\0' && !vm_reader_failed(&d->r); i++) {
        uint8_t byte = *i == 'n' ? 0 : vm_reader_u8(&d->r);
        if (*i == 'n')
            vm_reader_leb_u32(&d->r);
        else if (*i == 't' && byte != PIRN_I32)
            cm_decode_bad_byte(d, byte, "core type of a context slot");
        else if (*i == 'b' && byte > 1)
            cm_decode_bad_byte(d, byte, "async flag");
    }
}

pirn_status cm_decode_canon(cm_decoder *d, cm_definition *out)
{
    uint8_t code = vm_reader_u8(&d->r);
    const canon_row *row = find_canon(code);
    if (row == NULL)
        return cm_decode_bad_byte(d, code, "canonical function");
    const cm_trapping_canon *trapping = cm_trapping_canon_find(code);
    if (row->feature != NULL && trapping == NULL)
        return vm_reader_fail(&d->r, PIRN_INVALID, "%s are not supported yet: canon %s", row->feature, row->text);
    cm_canon_definition *canon = cm_decode_array(d, 1, sizeof *canon);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_CANON;
    out->canon = canon;
    canon->kind = (cm_canon_kind)code;
    out->item.sort = code == CM_CANON_LIFT ? CM_FUNC : CM_CORE_FUNC;
    canon->func = canon->type = CM_NONE;
    if (code == CM_CANON_LIFT) {
        expect_func_sort(d, "canonical function lift");
        canon->func = vm_reader_leb_u32(&d->r);
        canon->options = decode_options(d);
        canon->type = vm_reader_leb_u32(&d->r);
    } else if (code == CM_CANON_LOWER) {
        expect_func_sort(d, "canonical function lower");
        canon->func = vm_reader_leb_u32(&d->r);
        canon->options = decode_options(d);
    } else if (trapping != NULL) {
        skip_immediates(d, trapping->immediates);
    } else {
        canon->type = vm_reader_leb_u32(&d->r);
    }
    return d->r.status;
}
