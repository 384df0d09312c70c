/* SPDX-License-Identifier: Apache-2.0 */
/* The table of --profile-ops: counts, shares of all that was executed, and instructions. */
#include "cli/profile.h"
#include "cli/json.h"
#include <stdio.h>

enum { LONGEST = 3, LINES = 60, ALL = 1 << 16 };

static uint64_t total_of(const pirn_profile_entry *entries, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += entries[i].count;
    return total;
}

static void print_lines(const pirn_profile_entry *entries, size_t count, uint64_t total)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(stderr, "%14llu %5.2f%% ", (unsigned long long)entries[i].count,
                100.0 * (double)entries[i].count / (double)total);
        for (uint32_t name = 0; name < entries[i].length; name++)
            fprintf(stderr, " %s", entries[i].names[name]);
        fputc('\n', stderr);
    }
}

static json_t *json_of(const pirn_profile_entry *entries, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *names = json_array();
        for (uint32_t name = 0; name < entries[i].length; name++)
            json_array_append_new(names, json_string(entries[i].names[name]));
        json_array_append_new(list,
                              json_pack("{s:I, s:o}", "count", (json_int_t)entries[i].count, "instructions", names));
    }
    return list;
}

void cli_print_profile(pirn_store *store, bool is_json)
{
    static const char *const titles[LONGEST] = {"instructions", "pairs", "triples"};
    pirn_profile_entry *entries = malloc(ALL * sizeof *entries);
    json_t *root = json_object();
    if (entries == NULL) {
        json_decref(root);
        return;
    }
    size_t count = pirn_store_profile(store, 1, entries, ALL);
    uint64_t total = total_of(entries, count);
    json_object_set_new(root, "executed", json_integer((json_int_t)total));
    for (uint32_t length = 1; length <= LONGEST; length++) {
        count = pirn_store_profile(store, length, entries, LINES);
        if (is_json)
            json_object_set_new(root, titles[length - 1], json_of(entries, count));
        else
            fprintf(stderr, "%s%s (of %llu executed)\n", length == 1 ? "" : "\n", titles[length - 1],
                    (unsigned long long)total);
        if (!is_json)
            print_lines(entries, count, total);
    }
    if (is_json) {
        json_dumpf(root, stderr, JSON_INDENT(2));
        fputc('\n', stderr);
    }
    json_decref(root);
    free(entries);
}
