/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fd_readdir. A directory is read whole when it is read from its beginning, and kept as the guest will see it:
 *
 *      bytes   dirent "." | dirent ".." | dirent name | ...        24 bytes and the name each, little-endian
 *      starts  0          | 25          | 51          | ...
 *
 * A cookie is an index of `starts`. So it stays valid, and means the same entry, however the directory changes; what
 * a guest sees is the directory as it was at one time. Names that are not UTF-8 cannot be said, and are left out.
 */
#include "host/preview1.h"
#include "vm/base/utf8.h"
#include <errno.h>

enum { DIRENT_SIZE = 24 };

struct host_p1_listing {
    BASE_VEC(uint8_t) bytes;
    BASE_VEC(size_t) starts;
    size_t charged_bytes;
};

void host_p1_listing_free(host_context *context, host_p1_listing *listing)
{
    if (listing == NULL)
        return;
    BASE_VEC_DONE(&listing->bytes, context->host->allocator);
    BASE_VEC_DONE(&listing->starts, context->host->allocator);
    host_context_discharge(context, listing->charged_bytes);
    host_context_dealloc(context, listing, sizeof *listing);
}

/* False: as host_context_alloc. */
static bool append(host_context *context, host_p1_listing *listing, pirn_str name, mode_t type, ino_t inode)
{
    const pirn_allocator *allocator = context->host->allocator;
    size_t size = DIRENT_SIZE + name.len;
    if (!host_context_charge(context, size + sizeof(size_t)))
        return false;
    listing->charged_bytes += size + sizeof(size_t);
    if (!BASE_VEC_RESERVE(&listing->bytes, allocator, size) ||
        !BASE_VEC_PUSH(&listing->starts, allocator, listing->bytes.len))
        return false;
    uint8_t *entry = listing->bytes.data + listing->bytes.len;
    memset(entry, 0, DIRENT_SIZE);
    base_store_u64(entry, listing->starts.len);
    base_store_u64(entry + 8, inode);
    base_store_u32(entry + 16, (uint32_t)name.len);
    entry[20] = (uint8_t)host_p1_filetype_of(type);
    memcpy(entry + DIRENT_SIZE, name.data, name.len);
    listing->bytes.len += size;
    return true;
}

/* `..` is said to be the directory itself: what is above it is not the guest's business. */
static bool append_dots(host_context *context, host_p1_listing *listing, const host_descriptor *dir)
{
    struct stat info = {.st_ino = 0};
    host_descriptor_stat(dir, &info);
    return append(context, listing, PIRN_STR("."), S_IFDIR, info.st_ino) &&
           append(context, listing, PIRN_STR(".."), S_IFDIR, info.st_ino);
}

static int append_all(host_context *context, host_p1_listing *listing, const host_descriptor *dir)
{
    host_directory_entry_stream *stream;
    const char *name = "";
    mode_t type;
    ino_t inode;
    if (!append_dots(context, listing, dir))
        return ENOMEM;
    int failure = host_directory_open(context, dir, &stream);
    if (failure != 0)
        return failure;
    while (failure == 0 && (failure = host_directory_next(stream, &name, &type, &inode)) == 0 && name != NULL) {
        if (base_utf8_valid(pirn_str_of(name), NULL) && !append(context, listing, pirn_str_of(name), type, inode))
            failure = ENOMEM;
    }
    host_object_unref(&stream->object);
    return failure;
}

/* Reads the directory anew. */
static int list(host_context *context, host_p1_fd *entry)
{
    host_p1_listing_free(context, entry->listing);
    entry->listing = host_context_alloc(context, sizeof *entry->listing);
    if (entry->listing == NULL)
        return ENOMEM;
    int failure = append_all(context, entry->listing, entry->file);
    if (failure != 0) {
        host_p1_listing_free(context, entry->listing);
        entry->listing = NULL;
    }
    return failure;
}

/* fd, buffer, size, cookie, *used. A buffer that is not filled says that the end is reached. */
int host_p1_fd_readdir(host_p1_call *call)
{
    host_p1_fd *entry;
    uint32_t size = host_p1_u32(call, 2);
    uint64_t cookie = host_p1_u64(call, 3);
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), HOST_P1_FD_READDIR, &entry);
    if (failure != 0)
        return failure;
    uint8_t *buffer = host_p1_bytes(call, host_p1_u32(call, 1), size);
    uint8_t *used = host_p1_bytes(call, host_p1_u32(call, 4), 4);
    if (buffer == NULL || used == NULL)
        return EFAULT;
    if (cookie == 0 || entry->listing == NULL)
        failure = list(call->context, entry);
    if (failure != 0)
        return failure;
    const host_p1_listing *listing = entry->listing;
    size_t start = cookie < listing->starts.len ? listing->starts.data[cookie] : listing->bytes.len;
    size_t rest = listing->bytes.len - start;
    size_t count = size < rest ? size : rest;
    memmove(buffer, listing->bytes.data + start, count);
    base_store_u32(used, (uint32_t)count);
    return 0;
}
