/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapping a big file costs a fraction of reading it, and pages that nobody looks at (names, debug information) cost nothing. A file
 * must not be written to in place while it is mapped, as with programs; replacing it by another of its name is no problem.
 */
#include "cli/bytes.h"
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { SMALLEST_MAPPED = 1 << 18, FIRST_BUFFER = 1 << 16 };
/* A packed file can be a thousandth of what it unpacks to. */
#define MOST_UNPACKED ((size_t)1 << 31)

/* ---- Reading to the end, from a source that does not know its size --------------------------------------------------- */

/* Reads up to `size` bytes: their number, 0 at the end, -1 on failure with errno. */
typedef ssize_t read_some(void *source, uint8_t *to, size_t size);

static ssize_t read_descriptor(void *source, uint8_t *to, size_t size)
{
    ssize_t got;
    do {
        got = read(*(int *)source, to, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

static const char *read_all(cli_bytes *out, read_some *reader, void *source, size_t capacity, size_t most)
{
    out->data = malloc(capacity);
    for (;;) {
        if (out->data == NULL)
            return "out of memory";
        ssize_t got = reader(source, out->data + out->size, capacity - out->size);
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            return NULL;
        out->size += (size_t)got;
        if (out->size < capacity)
            continue;
        if (capacity >= most)
            return "the file is too large";
        uint8_t *more = realloc(out->data, capacity *= 2);
        if (more == NULL)
            free(out->data);
        out->data = more;
    }
}

/* ---- gzip ------------------------------------------------------------------------------------------------------------ */

typedef struct unpacker {
    z_stream stream;
    int fd;
    uint8_t input[FIRST_BUFFER];
    bool is_at_end; /* of a member; another may follow */
    const char *problem;
} unpacker;

static ssize_t fail_unpacking(unpacker *u, const char *problem)
{
    u->problem = problem;
    errno = EIO;
    return -1;
}

static ssize_t refill(unpacker *u)
{
    ssize_t got = read_descriptor(&u->fd, u->input, sizeof u->input);
    u->stream.next_in = u->input;
    u->stream.avail_in = got > 0 ? (uInt)got : 0;
    return got;
}

static ssize_t unpack_some(void *source, uint8_t *to, size_t size)
{
    unpacker *u = source;
    uInt room = size > FIRST_BUFFER ? FIRST_BUFFER : (uInt)size;
    u->stream.next_out = to;
    u->stream.avail_out = room;
    while (u->stream.avail_out == room) {
        ssize_t got = u->stream.avail_in == 0 ? refill(u) : 1;
        if (got < 0)
            return -1;
        if (got == 0)
            return u->is_at_end ? 0 : fail_unpacking(u, "the file is packed by gzip, and cut short");
        if (u->is_at_end && inflateReset(&u->stream) != Z_OK)
            return fail_unpacking(u, "the file is packed by gzip, and damaged");
        u->is_at_end = false;
        int result = inflate(&u->stream, Z_NO_FLUSH);
        if (result == Z_STREAM_END)
            u->is_at_end = true;
        else if (result != Z_OK && result != Z_BUF_ERROR)
            return fail_unpacking(u, result == Z_MEM_ERROR ? "out of memory"
                                                           : "the file is packed by gzip, and damaged");
    }
    return (ssize_t)(room - u->stream.avail_out);
}

static const char *unpack(cli_bytes *out, int fd)
{
    enum { GZIP = 16 + MAX_WBITS };
    unpacker u = {.fd = fd};
    if (inflateInit2(&u.stream, GZIP) != Z_OK)
        return "out of memory";
    const char *problem = read_all(out, unpack_some, &u, FIRST_BUFFER * 4, MOST_UNPACKED);
    inflateEnd(&u.stream);
    return problem != NULL && u.problem != NULL ? u.problem : problem;
}

/* ---- Files ----------------------------------------------------------------------------------------------------------- */

static bool is_packed(int fd)
{
    uint8_t magic[2];
    return pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic && magic[0] == 0x1F && magic[1] == 0x8B;
}

static bool map(cli_bytes *out, int fd, size_t size)
{
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return false;
    *out = (cli_bytes){at, size, true};
    return true;
}

static const char *read_descriptor_whole(cli_bytes *out, int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return strerror(errno);
    if (S_ISDIR(info.st_mode))
        return "this is a directory, not a WebAssembly file";
    if (S_ISREG(info.st_mode) && is_packed(fd))
        return unpack(out, fd);
    size_t size = S_ISREG(info.st_mode) ? (size_t)info.st_size : 0;
    if (size >= SMALLEST_MAPPED && map(out, fd, size))
        return NULL;
    return read_all(out, read_descriptor, &fd, size > 0 ? size + 1 : FIRST_BUFFER, SIZE_MAX / 2);
}

const char *cli_bytes_read(cli_bytes *out, const char *path)
{
    *out = (cli_bytes){0};
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *problem = read_descriptor_whole(out, fd);
    if (!is_stdin)
        close(fd);
    if (problem != NULL)
        cli_bytes_done(out);
    return problem;
}

bool cli_bytes_write(const char *verb, const char *path, const uint8_t *data, size_t size)
{
    bool is_stdout = strcmp(path, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(path, "wb");
    bool ok = out != NULL && fwrite(data, 1, size, out) == size;
    if (out != NULL && !is_stdout)
        ok = fclose(out) == 0 && ok;
    if (!ok)
        fprintf(stderr, "pirn %s: %s: %s\n", verb, path, strerror(errno));
    return ok;
}

void cli_bytes_done(cli_bytes *bytes)
{
    if (bytes->is_mapped)
        munmap(bytes->data, bytes->size);
    else
        free(bytes->data);
    *bytes = (cli_bytes){0};
}
