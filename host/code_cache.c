/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory that remembers which modules have been validated, so that a big file need not be validated each time it is run.
 *
 *      DIR/key          the secret key of all fingerprints here, made at random when the directory is first used
 *      DIR/<name>       an entry: this module is valid; <name> is made of the module's fingerprint (host/fingerprint.h), the mask of
 *                       features and the build (a hash of what decides about validity), and the content is that name's fingerprint
 *
 * An entry counts only when it is whole and was made with this key, so damage of any kind makes it a miss, and a module is
 * validated again. Who can write here can make invalid code run: the directory has to belong to the user, and nobody else
 * may write to it.
 */
#include "host/fingerprint.h"
#include "host/include/pirn/host.h"
#include "pirn_build.h"
#include "vm/base/error.h"
#include "vm/base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 2 * HOST_FINGERPRINT_SIZE + sizeof "-00000000-" + sizeof PIRN_BUILD };

struct pirn_code_cache {
    int dir;
    host_fingerprint_key key;
};

/* ---- Small files ----------------------------------------------------------------------------------------------------- */

static bool write_all(int fd, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

/* Puts a file there whole or not at all. `replace` is false for the key: the first one made stays. */
static bool put_file(int dir, const char *name, const void *bytes, size_t size, bool replace)
{
    char draft[NAME_SIZE + 32];
    snprintf(draft, sizeof draft, ".%s.%ld", name, (long)getpid());
    int fd = openat(dir, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = write_all(fd, bytes, size);
    ok = close(fd) == 0 && ok;
    if (ok)
        ok =
            replace ? renameat(dir, draft, dir, name) == 0 : linkat(dir, draft, dir, name, 0) == 0 || errno == EEXIST;
    if (!ok || !replace)
        unlinkat(dir, draft, 0);
    return ok;
}

/* Reads a file of exactly this size. */
static bool get_file(int dir, const char *name, void *bytes, size_t size)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return false;
    uint8_t more;
    size_t got = 0;
    ssize_t n = 1;
    while (got < size && (n = read(fd, (uint8_t *)bytes + got, size - got)) > 0)
        got += (size_t)n;
    bool ok = got == size && read(fd, &more, 1) == 0;
    close(fd);
    return ok;
}

/* ---- The directory --------------------------------------------------------------------------------------------------- */

static pirn_status fail(pirn_error *error, const char *path, const char *why)
{
    return base_fail(error, PIRN_IO, PIRN_NO_OFFSET, "%s: %s", path, why);
}

static pirn_status check_owner(int dir, const char *path, pirn_error *error)
{
    struct stat info;
    if (fstat(dir, &info) != 0)
        return fail(error, path, strerror(errno));
    if (info.st_uid != geteuid())
        return fail(error, path, "the directory belongs to another user, who could make invalid code run");
    if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return fail(error, path, "others may write to the directory, and could make invalid code run");
    return PIRN_OK;
}

static bool make_key(int dir)
{
    host_fingerprint_key key;
    size_t got = 0;
    while (got < sizeof key) {
        ssize_t n = getrandom((uint8_t *)&key + got, sizeof key - got, 0);
        if (n < 0 && errno != EINTR)
            return false;
        got += n > 0 ? (size_t)n : 0;
    }
    return put_file(dir, "key", &key, sizeof key, false);
}

static pirn_status open_key(pirn_code_cache *cache, const char *path, pirn_error *error)
{
    if (get_file(cache->dir, "key", &cache->key, sizeof cache->key))
        return PIRN_OK;
    struct stat info;
    if (fstatat(cache->dir, "key", &info, AT_SYMLINK_NOFOLLOW) == 0) /* there, but damaged: all entries are lost */
        unlinkat(cache->dir, "key", 0);
    if (!make_key(cache->dir) || !get_file(cache->dir, "key", &cache->key, sizeof cache->key))
        return fail(error, path, "the key of the cache can neither be read nor made");
    return PIRN_OK;
}

static pirn_status open_directory(pirn_code_cache *cache, const char *path, pirn_error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(error, path, strerror(errno));
    cache->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cache->dir < 0)
        return fail(error, path, strerror(errno));
    PIRN_TRY(check_owner(cache->dir, path, error));
    return open_key(cache, path, error);
}

pirn_status pirn_code_cache_open(const char *path, pirn_code_cache **out, pirn_error *error)
{
    pirn_code_cache *cache = base_alloc(pirn_allocator_default(), sizeof *cache);
    if (cache == NULL)
        return base_nomem(error);
    cache->dir = -1;
    pirn_status status = open_directory(cache, path, error);
    if (status == PIRN_OK)
        *out = cache;
    else
        pirn_code_cache_close(cache);
    return status;
}

void pirn_code_cache_close(pirn_code_cache *cache)
{
    if (cache == NULL)
        return;
    if (cache->dir >= 0)
        close(cache->dir);
    base_free(pirn_allocator_default(), cache, sizeof *cache);
}

/* ---- Entries --------------------------------------------------------------------------------------------------------- */

typedef struct entry {
    char name[NAME_SIZE];
    uint8_t content[HOST_FINGERPRINT_SIZE];
} entry;

static entry entry_of(const pirn_code_cache *cache, const void *bytes, size_t size, uint32_t features)
{
    entry e;
    uint8_t print[HOST_FINGERPRINT_SIZE];
    host_fingerprint(&cache->key, bytes, size, print);
    size_t at = 0;
    for (size_t i = 0; i < sizeof print; i++)
        at += (size_t)snprintf(e.name + at, sizeof e.name - at, "%02x", print[i]);
    snprintf(e.name + at, sizeof e.name - at, "-%08x-%s", (unsigned)features, PIRN_BUILD);
    host_fingerprint(&cache->key, e.name, strlen(e.name), e.content);
    return e;
}

static bool is_valid(void *user, const void *bytes, size_t size, uint32_t features)
{
    const pirn_code_cache *cache = user;
    entry e = entry_of(cache, bytes, size, features);
    uint8_t found[HOST_FINGERPRINT_SIZE];
    return get_file(cache->dir, e.name, found, sizeof found) && memcmp(found, e.content, sizeof found) == 0;
}

/* Without a place to write to, nothing is remembered; that is no failure of what is being loaded. */
static void remember(void *user, const void *bytes, size_t size, uint32_t features)
{
    const pirn_code_cache *cache = user;
    entry e = entry_of(cache, bytes, size, features);
    (void)put_file(cache->dir, e.name, e.content, sizeof e.content, true);
}

pirn_known_code pirn_code_cache_known(pirn_code_cache *cache)
{
    return (pirn_known_code){is_valid, remember, cache};
}
