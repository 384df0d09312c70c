/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to binary to text to binary. What the parser accepts can be printed, unless a body has more locals than there may
 * be, and the text that was printed means the same bytes. Custom sections that the text writes byte by byte may be names
 * and hints that are encoded in another way than the parser does it: then the bytes stay the same from the second time on.
 * Input that begins like a binary is printed as one; when it is valid, its text is assembled and printed again.
 */
#include "fuzz/fuzz.h"
#include "vm/binary/writer.h"
#include "vm/text/parse.h"
#include <pirn/vm.h>
#include <string.h>

static bool append(void *data, const char *text, size_t size)
{
    vm_writer *w = data;
    vm_writer_bytes(w, text, size);
    return !w->failed;
}

static bool parse(const void *text, size_t size, vm_writer *out)
{
    vm_lexer lexer;
    vm_lexer_init(&lexer, (pirn_str){text, size}, vm_text_keeps_annotation, NULL);
    return vm_text_parse_module(&lexer, out) == PIRN_OK;
}

static bool print(const void *bytes, size_t size, vm_writer *out)
{
    return pirn_text_print(bytes, size, 0, NULL, append, out, NULL) == PIRN_OK;
}

static bool same(const vm_writer *a, const vm_writer *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_valid(const void *bytes, size_t size)
{
    pirn_config config = pirn_config_default();
    config.features = pirn_features_supported();
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_module *module;
    pirn_status status = pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, NULL);
    if (status == PIRN_OK)
        pirn_module_free(module);
    pirn_engine_free(engine);
    return status == PIRN_OK;
}

static bool has(const uint8_t *data, size_t size, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= size; i++) {
        if (memcmp(data + i, word, len) == 0)
            return true;
    }
    return false;
}

/* What is made one from the other. */
enum { BYTES, TEXT, BYTES_2, TEXT_2, BYTES_3, STAGES };

static void try_text(const uint8_t *data, size_t size, vm_writer w[STAGES])
{
    if (!parse(data, size, &w[BYTES]) || !print(w[BYTES].data, w[BYTES].len, &w[TEXT]))
        return;
    fuzz_check(parse(w[TEXT].data, w[TEXT].len, &w[BYTES_2]));
    if (!has(data, size, "@custom")) {
        fuzz_check(same(&w[BYTES], &w[BYTES_2]));
        return;
    }
    fuzz_check(print(w[BYTES_2].data, w[BYTES_2].len, &w[TEXT_2]));
    fuzz_check(parse(w[TEXT_2].data, w[TEXT_2].len, &w[BYTES_3]));
    fuzz_check(same(&w[BYTES_2], &w[BYTES_3]));
}

static void try_binary(const uint8_t *data, size_t size, vm_writer w[STAGES])
{
    bool printed = print(data, size, &w[TEXT]);
    if (!is_valid(data, size))
        return;
    fuzz_check(printed);
    fuzz_check(parse(w[TEXT].data, w[TEXT].len, &w[BYTES_2]));
    fuzz_check(is_valid(w[BYTES_2].data, w[BYTES_2].len));
    fuzz_check(print(w[BYTES_2].data, w[BYTES_2].len, &w[TEXT_2]));
    fuzz_check(same(&w[TEXT], &w[TEXT_2]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vm_writer w[STAGES];
    for (size_t i = 0; i < STAGES; i++)
        vm_writer_init(&w[i], pirn_allocator_default());
    if (size >= 4 && memcmp(data, "\0asm", 4) == 0)
        try_binary(data, size, w);
    else
        try_text(data, size, w);
    for (size_t i = 0; i < STAGES; i++)
        vm_writer_done(&w[i]);
    return 0;
}
