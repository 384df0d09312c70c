/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a value (WAVE). The first byte says of which type, the rest is the text. What is accepted is printed, and what is
 * printed is the text of the same value.
 */
#include "component/type.h"
#include "fuzz/fuzz.h"

enum { TYPE_COUNT = 19, ROOM = 4096 };

static cm_member fields[] = {{.name = PIRN_STR("x")}, {.name = PIRN_STR("none")}, {.name = PIRN_STR("maybe")}};
static cm_member cases[] = {{.name = PIRN_STR("dot")}, {.name = PIRN_STR("ok")}, {.name = PIRN_STR("many")}};
static cm_member labels[] = {{.name = PIRN_STR("a")}, {.name = PIRN_STR("true")}, {.name = PIRN_STR("c-d")}};
static cm_member outcomes[2];

/* In an order in which each is made of those before it. */
static pirn_type types[TYPE_COUNT] = {
    {.kind = PIRN_TYPE_BOOL},
    {.kind = PIRN_TYPE_S8},
    {.kind = PIRN_TYPE_U16},
    {.kind = PIRN_TYPE_S64},
    {.kind = PIRN_TYPE_U64},
    {.kind = PIRN_TYPE_F32},
    {.kind = PIRN_TYPE_F64},
    {.kind = PIRN_TYPE_CHAR},
    {.kind = PIRN_TYPE_STRING},
    {.kind = PIRN_TYPE_ENUM, .member_count = 3, .members = labels},
    {.kind = PIRN_TYPE_FLAGS, .member_count = 3, .members = labels},
    {.kind = PIRN_TYPE_OPTION, .element = &types[9]},
    {.kind = PIRN_TYPE_OPTION, .element = &types[11]},
    {.kind = PIRN_TYPE_LIST, .element = &types[8]},
    {.kind = PIRN_TYPE_RECORD, .member_count = 3, .members = fields},
    {.kind = PIRN_TYPE_VARIANT, .member_count = 3, .members = cases},
    {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = outcomes},
    {.kind = PIRN_TYPE_TUPLE, .member_count = 3, .members = fields},
    {.kind = PIRN_TYPE_LIST, .element = &types[16]},
};

static void make_types(void)
{
    fields[0].type = &types[6];
    fields[1].type = &types[8];
    fields[2].type = &types[12];
    cases[1].type = &types[14];
    cases[2].type = &types[13];
    outcomes[0].type = &types[15];
    outcomes[1].type = &types[10];
    for (size_t i = 0; i < TYPE_COUNT; i++)
        cm_type_layout(&types[i]);
}

/* The text of a value is that of the value which it is read as. */
static void check_printed(const pirn_type *type, const void *value, pirn_arena *arena)
{
    uint64_t again[ROOM / 8];
    size_t len = pirn_value_text(type, value, NULL, 0);
    char *first = pirn_arena_alloc(arena, len + 1), *second = pirn_arena_alloc(arena, len + 1);
    fuzz_check(first != NULL && second != NULL);
    fuzz_check(pirn_value_text(type, value, first, len + 1) == len);
    fuzz_check(pirn_value_parse(type, (pirn_str){first, len}, arena, again, NULL) == PIRN_OK);
    fuzz_check(pirn_value_text(type, again, second, len + 1) == len);
    fuzz_check(pirn_str_eq((pirn_str){first, len}, (pirn_str){second, len}));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t value[ROOM / 8];
    if (size == 0)
        return 0;
    make_types();
    const pirn_type *type = &types[data[0] % TYPE_COUNT];
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(arena != NULL && error != NULL && type->c.size <= sizeof value);
    pirn_str text = {(const char *)data + 1, size - 1};
    pirn_status status = pirn_value_parse(type, text, arena, value, error);
    fuzz_check(status == PIRN_OK || (status == PIRN_MALFORMED && pirn_error_line(error) > 0));
    if (status == PIRN_OK)
        check_printed(type, value, arena);
    pirn_error_free(error);
    pirn_arena_free(arena);
    return 0;
}
