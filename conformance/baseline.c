/* SPDX-License-Identifier: Apache-2.0 */
/* The table of baselines: one row for a folder or a file, the special before the general. */
#include "conformance/baseline.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const wast_baseline baselines[] = {
    {"legacy/", 3, "legacy-exceptions", "", "try and catch as they were before try_table"},
    {"proposals/threads/imports.wast", 2, "threads", "reference-types", "a second table is an error"},
    {"proposals/threads/", 2, "threads", "", "written before 3.0: a second memory is an error"},
    {"proposals/threads-full/", 2, "threads", "", "written before 3.0"},
    {"proposals/custom-page-sizes/", 3, "custom-page-sizes", "", "flags of memory types have one more bit"},
    {"proposals/wide-arithmetic/", 3, "wide-arithmetic", "", "the standard and its own instructions"},
    {"proposals/compact-import-section/", 3, "compact-imports", "", "imports have two more forms"},
    {"proposals/custom-descriptors/", 3, "custom-descriptors", "", "the standard with exact types and descriptors"},
    {"proposals/stack-switching/", 3, "stack-switching", "", "the standard with continuations"},
    {"validation/instantiation.wast", 3, "threads", "", "components whose modules share memories"},
    {"", 3, "", "", "the standard"},
};

/* Columns: name, bit, since. */
static const struct feature {
    const char *name;
    uint32_t bit;
    int since;
} features[] = {
#define FEATURE_ROW(bit, enumerator, text, since, meaning) {text, enumerator, since},
    PIRN_FEATURES(FEATURE_ROW)
#undef FEATURE_ROW
};
enum { FEATURE_COUNT = sizeof features / sizeof features[0] };

static bool lies_in(const char *path, const char *where)
{
    size_t where_len = strlen(where);
    if (where_len == 0)
        return true;
    const char *slash = strrchr(path, '/');
    size_t path_len = where[where_len - 1] != '/' ? strlen(path) : slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (path_len < where_len || memcmp(path + path_len - where_len, where, where_len) != 0)
        return false;
    return path_len == where_len || path[path_len - where_len - 1] == '/';
}

const wast_baseline *wast_baseline_of(const char *path)
{
    const wast_baseline *row = baselines;
    char *full = realpath(path, NULL); /* the folders that the path begins in count, too */
    while (!lies_in(full != NULL ? full : path, row->where))
        row++;
    free(full);
    return row;
}

static const struct feature *find_feature(pirn_str name)
{
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (pirn_str_eq(name, pirn_str_of(features[i].name)))
            return &features[i];
    }
    return NULL;
}

/* The next word of a list; false at its end. */
static bool next_word(const char **list, pirn_str *word)
{
    *list += strspn(*list, " ");
    *word = (pirn_str){*list, strcspn(*list, " ")};
    *list += word->len;
    return word->len > 0;
}

static uint32_t mask_of(const char *list)
{
    uint32_t mask = 0;
    pirn_str word;
    while (next_word(&list, &word)) {
        const struct feature *feature = find_feature(word);
        mask |= feature != NULL ? feature->bit : 0;
    }
    return mask;
}

static uint32_t wanted_features(const wast_baseline *baseline)
{
    uint32_t mask = mask_of(baseline->with);
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (features[i].since >= 1 && features[i].since <= baseline->standard)
            mask |= features[i].bit;
    }
    return mask & ~mask_of(baseline->without);
}

uint32_t wast_baseline_features(const wast_baseline *baseline)
{
    return wanted_features(baseline) & pirn_features_supported();
}

uint32_t wast_baseline_absent(const wast_baseline *baseline)
{
    return wanted_features(baseline) & ~pirn_features_supported();
}

pirn_str wast_baseline_missing(const wast_baseline *baseline)
{
    const char *list = baseline->with;
    pirn_str word;
    while (next_word(&list, &word)) {
        const struct feature *feature = find_feature(word);
        if (feature == NULL || !(feature->bit & pirn_features_supported()))
            return word;
    }
    return (pirn_str){"", 0};
}

const char *wast_baseline_text(const wast_baseline *baseline, char out[160])
{
    snprintf(out, 160, "%u.0%s%s%s%s", (unsigned)baseline->standard, baseline->with[0] != '\0' ? " with " : "",
             baseline->with, baseline->without[0] != '\0' ? " without " : "", baseline->without);
    return out;
}

const char *wast_missing_feature(const pirn_error *error, uint32_t absent)
{
    static const char before[] = "the feature ", behind[] = ", which is off";
    const char *begin = strstr(pirn_error_message(error), before);
    const char *end = begin != NULL ? strstr(begin, behind) : NULL;
    if (end == NULL)
        return "";
    begin += strlen(before);
    const struct feature *feature = find_feature((pirn_str){begin, (size_t)(end - begin)});
    return feature != NULL && (feature->bit & absent) ? feature->name : "";
}
