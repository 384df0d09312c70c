/* SPDX-License-Identifier: Apache-2.0 */
/* host/code_cache.c and host/fingerprint.c: what is remembered, and that damage only makes it forgotten. */
#include "host/fingerprint.h"
#include <dirent.h>
#include <fcntl.h>
#include <pirn/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char content[] = "any bytes will do, for the cache does not read them";

static char folder[64];

static int set_up(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/pirn-cache-XXXXXX", base != NULL && strlen(base) < 32 ? base : "/tmp");
    return mkdtemp(folder) == NULL;
}

static void each_file(void (*visit)(const char *path))
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            visit(path);
    }
    closedir(dir);
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static int tear_down(void **state)
{
    (void)state;
    chmod(folder, 0700);
    each_file(remove_file);
    return rmdir(folder);
}

static pirn_code_cache *open_cache(void)
{
    pirn_code_cache *cache = NULL;
    assert_int_equal(pirn_code_cache_open(folder, &cache, NULL), PIRN_OK);
    return cache;
}

/* Asks, in a cache of its own as another process would. */
static bool is_known(const char *bytes, size_t size, uint32_t features)
{
    pirn_code_cache *cache = open_cache();
    pirn_known_code known = pirn_code_cache_known(cache);
    bool answer = known.is_valid(known.user, bytes, size, features);
    pirn_code_cache_close(cache);
    return answer;
}

static void remember_content(void)
{
    pirn_code_cache *cache = open_cache();
    pirn_known_code known = pirn_code_cache_known(cache);
    known.remember(known.user, content, sizeof content, 7);
    pirn_code_cache_close(cache);
}

static void what_is_remembered_is_known_by_content_and_features(void **state)
{
    (void)state;
    assert_false(is_known(content, sizeof content, 7));
    remember_content();
    assert_true(is_known(content, sizeof content, 7));
    assert_false(is_known(content, sizeof content, 6));
    assert_false(is_known(content, sizeof content - 1, 7));
    char other[sizeof content];
    memcpy(other, content, sizeof other);
    other[20] ^= 1;
    assert_false(is_known(other, sizeof other, 7));
}

static void damage_one(const char *path)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;
    assert_int_equal(pread(fd, &byte, 1, 5), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, 5), 1);
    close(fd);
}

static void damage_entry(const char *path)
{
    if (strstr(path, "/key") == NULL)
        damage_one(path);
}

static void cut_key(const char *path)
{
    if (strstr(path, "/key") != NULL)
        assert_int_equal(truncate(path, 10), 0);
}

static void cut_entry(const char *path)
{
    if (strstr(path, "/key") == NULL)
        assert_int_equal(truncate(path, 10), 0);
}

static void damage_of_any_kind_makes_it_forgotten(void **state)
{
    (void)state;
    void (*const damages[])(const char *) = {damage_one, damage_entry, cut_key, cut_entry, remove_file};
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        remember_content();
        assert_true(is_known(content, sizeof content, 7));
        each_file(damages[i]);
        assert_false(is_known(content, sizeof content, 7));
        each_file(remove_file);
    }
}

static void a_directory_that_others_may_write_to_is_refused(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0777), 0);
    pirn_error *error = pirn_error_new(NULL);
    pirn_code_cache *cache = NULL;
    assert_int_equal(pirn_code_cache_open(folder, &cache, error), PIRN_IO);
    assert_non_null(strstr(pirn_error_message(error), "others may write"));
    pirn_error_free(error);
}

static void a_file_is_no_cache(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/file", folder);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    pirn_code_cache *cache = NULL;
    assert_int_equal(pirn_code_cache_open(path, &cache, NULL), PIRN_IO);
}

/* Every bit, every length, and where it lies in memory: only the content counts. */
static void fingerprints_differ_where_content_differs(void **state)
{
    (void)state;
    enum { SIZE = 3 * 1024 + 40 };
    static uint8_t bytes[SIZE + 8], same[SIZE + 8];
    host_fingerprint_key key;
    for (size_t i = 0; i < sizeof key; i++)
        ((uint8_t *)&key)[i] = (uint8_t)(i * 167 + i / 13);
    uint8_t whole[HOST_FINGERPRINT_SIZE], other[HOST_FINGERPRINT_SIZE];
    host_fingerprint(&key, bytes, SIZE, whole);
    host_fingerprint(&key, same + 3, SIZE, other);
    assert_memory_equal(whole, other, sizeof whole);
    for (size_t i = 0; i < SIZE; i += 7) {
        bytes[i] ^= (uint8_t)(1 << i % 8);
        host_fingerprint(&key, bytes, SIZE, other);
        assert_memory_not_equal(whole, other, sizeof whole);
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t size = 0; size < SIZE; size++) { /* all zeros */
        host_fingerprint(&key, bytes, size, other);
        assert_memory_not_equal(whole, other, sizeof whole);
    }
    key.point[0] ^= 1;
    host_fingerprint(&key, bytes, SIZE, other);
    assert_memory_not_equal(whole, other, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_remembered_is_known_by_content_and_features, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_of_any_kind_makes_it_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_directory_that_others_may_write_to_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_is_no_cache, set_up, tear_down),
        cmocka_unit_test(fingerprints_differ_where_content_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
