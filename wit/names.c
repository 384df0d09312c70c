/* SPDX-License-Identifier: Apache-2.0 */
/* The table of names (see names.h), the nearest name to a misspelt one, and the order of versions. */
#include "wit/names.h"
#include <stdio.h>

/* "<scope>/<name>". The longest name is that of a package: three parts and two separators. */
typedef struct name_key {
    char data[16 + 3 * WIT_MAX_NAME];
    size_t len;
} name_key;

static bool make_key(name_key *key, uint32_t scope, pirn_str name)
{
    key->len = (size_t)snprintf(key->data, sizeof key->data, "%x/", (unsigned)scope);
    if (name.len > sizeof key->data - key->len)
        return false;
    if (name.len > 0)
        memcpy(key->data + key->len, name.data, name.len);
    key->len += name.len;
    return true;
}

uint32_t wit_names_new_scope(pirn_wit *wit)
{
    return ++wit->next_scope;
}

pirn_status wit_names_add(pirn_wit *wit, uint32_t scope, pirn_str name, uint64_t value, bool *added)
{
    name_key key;
    if (!make_key(&key, scope, name))
        return PIRN_LIMIT;
    *added = false;
    if (base_map_get(&wit->names, (pirn_str){key.data, key.len}, NULL))
        return PIRN_OK;
    pirn_str copy = base_arena_copy(&wit->arena, (pirn_str){key.data, key.len});
    return copy.data == NULL ? PIRN_NOMEM : base_map_add(&wit->names, copy, value, added);
}

bool wit_names_find(const pirn_wit *wit, uint32_t scope, pirn_str name, uint64_t *value)
{
    name_key key;
    return make_key(&key, scope, name) && base_map_get(&wit->names, (pirn_str){key.data, key.len}, value);
}

/* --- paths --- */

/* In a package's or file's scope: a pointer, and in its lowest bit whether it is a world's. */
static wit_target target_of_value(uint64_t value)
{
    void *pointer = (void *)(uintptr_t)(value & ~(uint64_t)1);
    return (value & 1) != 0 ? (wit_target){.world = pointer} : (wit_target){.interface = pointer};
}

size_t wit_path_package(const wit_path *path, char out[WIT_MAX_PACKAGE])
{
    return (size_t)snprintf(out, WIT_MAX_PACKAGE, "%.*s:%.*s%s%.*s", PIRN_STR_ARG(path->space.text),
                            PIRN_STR_ARG(path->package.text), path->version.len > 0 ? "@" : "",
                            PIRN_STR_ARG(path->version));
}

static bool find_from_package(const pirn_wit *wit, const wit_path *path, uint64_t *value)
{
    char id[WIT_MAX_PACKAGE];
    const pirn_wit_package *package = pirn_wit_find_package(wit, (pirn_str){id, wit_path_package(path, id)});
    return package != NULL && wit_names_find(wit, package->scope, path->item.text, value);
}

bool wit_names_follow(const pirn_wit *wit, const wit_block *block, const wit_path *path, wit_target *target)
{
    uint64_t value;
    bool found = path->space.text.len > 0 ? find_from_package(wit, path, &value)
                                          : wit_names_find(wit, block->scope, path->item.text, &value) ||
                                                wit_names_find(wit, block->package->scope, path->item.text, &value);
    if (found)
        *target = target_of_value(value);
    return found;
}

/* --- the nearest name --- */

#define MAX_NEAR_NAME 64

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put in, left out or replaced to make one text the other. Both at most MAX_NEAR_NAME. */
static size_t distance(pirn_str a, pirn_str b)
{
    size_t row[MAX_NEAR_NAME + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = min3(row[j] + 1, row[j - 1] + 1, replaced);
        }
    }
    return row[b.len];
}

pirn_str wit_names_nearest(const pirn_wit *wit, uint32_t scope, pirn_str name)
{
    name_key prefix;
    pirn_str best = PIRN_STR("");
    /* Near is what differs by one letter, in a name of five or more by two; short names are never near. */
    size_t half = (name.len + 1) / 2, best_distance = half < 3 ? half : 3;
    if (name.len > MAX_NEAR_NAME || !make_key(&prefix, scope, PIRN_STR("")))
        return best;
    for (size_t i = 0; i < wit->names.capacity; i++) {
        pirn_str key = wit->names.entries[i].key;
        if (key.data == NULL || key.len <= prefix.len || memcmp(key.data, prefix.data, prefix.len) != 0)
            continue;
        pirn_str candidate = {key.data + prefix.len, key.len - prefix.len};
        if (candidate.len > MAX_NEAR_NAME)
            continue;
        size_t d = distance(name, candidate);
        bool is_earlier = best.len > 0 && d == best_distance &&
                          memcmp(candidate.data, best.data, min3(best.len, candidate.len, SIZE_MAX)) < 0;
        if (d < best_distance || is_earlier) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

/* --- versions --- */

static bool is_number(pirn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return true;
}

/* Cuts the part before the first of `separators` off the front; the separator goes too. */
static pirn_str cut(pirn_str *rest, const char *separators)
{
    size_t len = 0;
    while (len < rest->len && strchr(separators, rest->data[len]) == NULL)
        len++;
    pirn_str part = {rest->data, len};
    size_t skip = len < rest->len ? len + 1 : len;
    *rest = (pirn_str){rest->data + skip, rest->len - skip};
    return part;
}

/* Numbers have no leading zeros, so the longer is the greater. Numbers come before words. */
static int compare_part(pirn_str a, pirn_str b)
{
    bool a_number = is_number(a), b_number = is_number(b);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number && a.len != b.len)
        return a.len < b.len ? -1 : 1;
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int wit_version_compare(pirn_str a, pirn_str b)
{
    pirn_str a_tail = a, b_tail = b;
    a = cut(&a_tail, "+");
    b = cut(&b_tail, "+");
    a_tail = a;
    b_tail = b;
    pirn_str a_core = cut(&a_tail, "-"), b_core = cut(&b_tail, "-");
    for (int i = 0; i < 3; i++) {
        int order = compare_part(cut(&a_core, "."), cut(&b_core, "."));
        if (order != 0)
            return order;
    }
    if (a_tail.len == 0 || b_tail.len == 0) /* a prerelease comes before its release */
        return (b_tail.len > 0) - (a_tail.len > 0);
    while (a_tail.len > 0 && b_tail.len > 0) {
        int order = compare_part(cut(&a_tail, "."), cut(&b_tail, "."));
        if (order != 0)
            return order;
    }
    return (a_tail.len > 0) - (b_tail.len > 0);
}

bool wit_version_compatible(pirn_str a, pirn_str b)
{
    pirn_str a_core = cut(&a, "+"), b_core = cut(&b, "+");
    if (pirn_str_eq(a_core, b_core))
        return true;
    if (a_core.len == 0 || b_core.len == 0 || memchr(a_core.data, '-', a_core.len) != NULL ||
        memchr(b_core.data, '-', b_core.len) != NULL)
        return false;
    for (int i = 0; i < 3; i++) {
        pirn_str a_part = cut(&a_core, "."), b_part = cut(&b_core, ".");
        if (!pirn_str_eq(a_part, b_part))
            return false;
        if (!pirn_str_eq(a_part, PIRN_STR("0")))
            return true;
    }
    return true;
}
