/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real component, cut off and damaged in every way that there is time for: the answer is a valid component or an error
 * with its offset, never a crash, and the memory taken stays in proportion to the file. Run with the file's path; meant for
 * sanitizer builds.
 */
#include <inttypes.h>
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EVERY_PREFIX_UP_TO = 4096,
    SEEDED_PREFIXES = 2000,
    SEEDED_CHANGES = 20000,
    MEMORY_FACTOR = 64,
    MEMORY_BASE = 1 << 20,
};

/* What the engine holds, and the most it has held since the last reset. */
typedef struct meter {
    size_t now, peak;
} meter;

static void *metered_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    void *result = NULL;
    if (new_size == 0)
        free(block);
    else if ((result = realloc(block, new_size)) == NULL)
        return NULL;
    m->now += new_size - old_size;
    if (m->now > m->peak)
        m->peak = m->now;
    return result;
}

/* xorshift64*: the same sequence everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

typedef struct attack {
    pirn_engine *engine;
    meter meter;
    pirn_error *error;
    size_t valid, refused, failures;
} attack;

static void complain(attack *a, const char *what, size_t at)
{
    fprintf(stderr, "%s, at %zu: %s (%s)\n", what, at, pirn_error_message(a->error),
            pirn_status_name(pirn_error_status(a->error)));
    a->failures++;
}

/* Loads `size` bytes from a block of exactly that size, so that a read beyond them is seen. */
static void load_once(attack *a, const uint8_t *bytes, size_t size, size_t at)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    memcpy(exact, bytes, size);
    pirn_component *component = NULL;
    size_t before = a->meter.now;
    a->meter.peak = before;
    pirn_error_clear(a->error);
    pirn_status status = pirn_component_load(a->engine, exact, size, PIRN_BYTES_BORROW, &component, a->error);
    if (a->meter.peak - before > MEMORY_FACTOR * size + MEMORY_BASE)
        complain(a, "too much memory", at);
    if (status == PIRN_OK) {
        a->valid++;
        pirn_component_free(component);
    } else {
        a->refused++;
        if (status != PIRN_MALFORMED && status != PIRN_INVALID && status != PIRN_LIMIT)
            complain(a, "an unexpected status", at);
        if (pirn_error_offset(a->error) > size || pirn_error_message(a->error)[0] == '\0')
            complain(a, "an error without an offset in the file, or without a sentence", at);
    }
    free(exact);
}

static void cut_everywhere(attack *a, const uint8_t *bytes, size_t size)
{
    uint64_t seed = 1;
    for (size_t cut = 0; cut < size && cut < EVERY_PREFIX_UP_TO; cut++)
        load_once(a, bytes, cut, cut);
    for (size_t i = 0; i < SEEDED_PREFIXES; i++) {
        size_t cut = next_random(&seed) % size;
        load_once(a, bytes, cut, cut);
    }
}

static void change_everywhere(attack *a, uint8_t *bytes, size_t size)
{
    uint64_t seed = 2;
    for (size_t i = 0; i < SEEDED_CHANGES; i++) {
        /* Half of the changes hit the beginning, where the structure is. */
        size_t at = next_random(&seed) % (i % 2 == 0 || size < EVERY_PREFIX_UP_TO ? size : EVERY_PREFIX_UP_TO);
        uint8_t original = bytes[at];
        bytes[at] = (uint8_t)next_random(&seed);
        load_once(a, bytes, size, at);
        bytes[at] = original;
    }
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return NULL;
    fseek(in, 0, SEEK_END);
    *size = (size_t)ftell(in);
    rewind(in);
    uint8_t *bytes = malloc(*size);
    if (fread(bytes, 1, *size, in) != *size)
        *size = 0;
    fclose(in);
    return bytes;
}

int main(int argc, char **argv)
{
    attack a = {.engine = NULL};
    size_t size = 0;
    uint8_t *bytes = argc > 1 ? read_file(argv[1], &size) : NULL;
    if (bytes == NULL || size == 0) {
        printf("skipped: no component at %s (./dev guests builds it)\n", argc > 1 ? argv[1] : "(no path)");
        return 77;
    }
    pirn_allocator allocator = {metered_resize, &a.meter};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    a.engine = pirn_engine_new(&config);
    a.error = pirn_error_new(NULL);
    load_once(&a, bytes, size, size);
    if (a.valid != 1)
        complain(&a, "the whole file is not valid", size);
    cut_everywhere(&a, bytes, size);
    change_everywhere(&a, bytes, size);
    pirn_engine_free(a.engine);
    if (a.meter.now != 0) {
        fprintf(stderr, "%zu bytes were not given back\n", a.meter.now);
        a.failures++;
    }
    pirn_error_free(a.error);
    free(bytes);
    printf("%zu valid, %zu refused, %zu failures\n", a.valid, a.refused, a.failures);
    return a.failures == 0 && a.refused > 0 ? 0 : 1;
}
