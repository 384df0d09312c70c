/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing by numbers: each seed stands for a module, on every machine the same one. Prints what came of each with --emit, so that
 * builds can be compared; writes the modules into a folder for other engines, with the features these know.
 */
#include "fuzz/choice.h"
#include "fuzz/differential.h"
#include "fuzz/fuzz.h"
#include <errno.h>
#include <inttypes.h>
#include <pirn/vm.h>
#include <string.h>
#include <time.h>

enum { MAX_BYTES = 4096 };

/* What the interpreter of the WebAssembly Binary Toolkit does well: not what it calls experimental. */
#define COMMON_FEATURES                                                                     \
    (PIRN_FEATURE_MUTABLE_GLOBALS | PIRN_FEATURE_SIGN_EXTENSION | PIRN_FEATURE_SATURATING | \
     PIRN_FEATURE_MULTI_VALUE | PIRN_FEATURE_REFERENCE_TYPES | PIRN_FEATURE_BULK_MEMORY | PIRN_FEATURE_SIMD)

typedef struct request {
    uint64_t first, count, seconds;
    bool emit;
    const char *folder; /* to write modules to, or NULL */
    generate_options options;
} request;

/* The bytes of a seed: few for some, many for others. */
static size_t bytes_of(uint64_t seed, uint8_t bytes[MAX_BYTES])
{
    choices_from_seed(seed, bytes, MAX_BYTES);
    return 256u << bytes[MAX_BYTES - 1] % 5;
}

static void write_module(const request *r, uint64_t seed, const uint8_t *bytes, size_t size)
{
    char path[4096];
    vm_writer module;
    vm_writer_init(&module, pirn_allocator_default());
    generate_module(bytes, size, &r->options, &module);
    snprintf(path, sizeof path, "%s/%" PRIu64 ".wasm", r->folder, seed);
    FILE *file = fopen(path, "wb");
    if (module.failed || file == NULL || fwrite(module.data, 1, module.len, file) != module.len ||
        fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    vm_writer_done(&module);
}

static void run_seed(const request *r, uint64_t seed)
{
    uint8_t bytes[MAX_BYTES];
    size_t size = bytes_of(seed, bytes);
    fprintf(stderr, "%s%" PRIu64, seed == r->first ? "seed " : "\rseed ", seed);
    if (r->folder != NULL)
        write_module(r, seed, bytes, size);
    char *text = differential_run(bytes, size, &r->options);
    if (r->emit)
        printf("seed %" PRIu64 "\n%s", seed, text);
    free(text);
}

static bool parse_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static bool parse(request *r, int argc, char **argv)
{
    uint64_t *numbers[] = {&r->first, &r->count};
    size_t given = 0;
    *r = (request){.count = 1, .options = {pirn_features_supported(), true}};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--emit") == 0) {
            r->emit = true;
        } else if (strcmp(argv[i], "--common") == 0) {
            r->options = (generate_options){COMMON_FEATURES, false};
        } else if (strcmp(argv[i], "--standard") == 0) {
            r->options = (generate_options){pirn_config_default().features, false};
        } else if (strcmp(argv[i], "--write") == 0 && i + 1 < argc) {
            r->folder = argv[++i];
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            if (!parse_number(argv[++i], &r->seconds))
                return false;
        } else if (given >= 2 || !parse_number(argv[i], numbers[given++])) {
            return false;
        }
    }
    return given > 0;
}

int main(int argc, char **argv)
{
    request r;
    if (!parse(&r, argc, argv)) {
        fprintf(stderr,
                "usage: %s [--emit] [--common|--standard] [--write FOLDER] [--seconds N] FIRST [COUNT]\n"
                "Runs the modules of COUNT seeds, or as many as there is time for, in several ways.\n",
                argv[0]);
        return EXIT_FAILURE;
    }
    time_t end = time(NULL) + (time_t)r.seconds;
    uint64_t done = 0;
    while (r.seconds > 0 ? time(NULL) < end : done < r.count)
        run_seed(&r, r.first + done++);
    fprintf(stderr, "\n%" PRIu64 " modules came to the same in all ways\n", done);
    return EXIT_SUCCESS;
}
