/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi_snapshot_preview1: the system interface of core modules, over the same files, streams and waits as WASI 0.2.
 *
 * Every function of preview1.def has one shape, `int host_p1_name(host_p1_call *)`. It reads its arguments and the
 * caller's memory through the call, and returns 0 or an errno value, which the guest gets under its number of
 * host/errno.def. Where it must wait it returns host_p1_wait(...), and is called again from its beginning.
 *
 * A guest's descriptors are numbers for host_p1_fds: 0, 1, 2 are its standard streams, then come the directories that
 * it was given. They belong to the context.
 */
#pragma once

#include "host/context.h"
#include "host/descriptor.h"
#include "host/poll.h"
#include "host/stream.h"

/* A failure that no system has: the descriptor does not have the right. */
#define HOST_P1_NOTCAPABLE (1 << 16)

/* What may be done with a descriptor. */
enum {
    HOST_P1_FD_DATASYNC = 1 << 0,
    HOST_P1_FD_READ = 1 << 1,
    HOST_P1_FD_SEEK = 1 << 2,
    HOST_P1_FD_FDSTAT_SET_FLAGS = 1 << 3,
    HOST_P1_FD_SYNC = 1 << 4,
    HOST_P1_FD_TELL = 1 << 5,
    HOST_P1_FD_WRITE = 1 << 6,
    HOST_P1_FD_ADVISE = 1 << 7,
    HOST_P1_FD_ALLOCATE = 1 << 8,
    HOST_P1_PATH_CREATE_DIRECTORY = 1 << 9,
    HOST_P1_PATH_CREATE_FILE = 1 << 10,
    HOST_P1_PATH_LINK_SOURCE = 1 << 11,
    HOST_P1_PATH_LINK_TARGET = 1 << 12,
    HOST_P1_PATH_OPEN = 1 << 13,
    HOST_P1_FD_READDIR = 1 << 14,
    HOST_P1_PATH_READLINK = 1 << 15,
    HOST_P1_PATH_RENAME_SOURCE = 1 << 16,
    HOST_P1_PATH_RENAME_TARGET = 1 << 17,
    HOST_P1_PATH_FILESTAT_GET = 1 << 18,
    HOST_P1_PATH_FILESTAT_SET_SIZE = 1 << 19,
    HOST_P1_PATH_FILESTAT_SET_TIMES = 1 << 20,
    HOST_P1_FD_FILESTAT_GET = 1 << 21,
    HOST_P1_FD_FILESTAT_SET_SIZE = 1 << 22,
    HOST_P1_FD_FILESTAT_SET_TIMES = 1 << 23,
    HOST_P1_PATH_SYMLINK = 1 << 24,
    HOST_P1_PATH_REMOVE_DIRECTORY = 1 << 25,
    HOST_P1_PATH_UNLINK_FILE = 1 << 26,
    HOST_P1_POLL_FD_READWRITE = 1 << 27,
};

enum {
    HOST_P1_APPEND = 1 << 0, /* fdflags */
    HOST_P1_DSYNC = 1 << 1,
    HOST_P1_NONBLOCK = 1 << 2,
    HOST_P1_RSYNC = 1 << 3,
    HOST_P1_SYNC = 1 << 4,
    HOST_P1_FDFLAGS = (1 << 5) - 1,
};

typedef enum host_p1_filetype {
    HOST_P1_UNKNOWN,
    HOST_P1_BLOCK_DEVICE,
    HOST_P1_CHARACTER_DEVICE,
    HOST_P1_DIRECTORY,
    HOST_P1_REGULAR_FILE,
    HOST_P1_SOCKET_DGRAM,
    HOST_P1_SOCKET_STREAM,
    HOST_P1_SYMBOLIC_LINK,
} host_p1_filetype;

host_p1_filetype host_p1_filetype_of(mode_t mode);
/* The number of a failure; 29 (io) for what preview 1 has no number for. */
uint32_t host_p1_errno(int failure);

/* ---- Descriptors ----------------------------------------------------------------------------------------------- */

typedef struct host_p1_listing host_p1_listing;

/* An open file, directory or stream. */
typedef struct host_p1_fd {
    host_object object;
    uint32_t rights, inheriting; /* inheriting: the most that what is opened beneath a directory may have */
    uint16_t flags;              /* fdflags */
    host_descriptor *file;       /* NULL: a standard stream */
    host_input *input;           /* of what is neither a regular file nor a directory; or NULL */
    host_output *output;
    bool is_terminal;         /* a standard stream that is one */
    uint64_t position;        /* of a regular file */
    pirn_str preopen;         /* the guest's name of a directory that it was given; else data is NULL */
    host_p1_listing *listing; /* of a directory that is being read: see preview1_readdir.c */
} host_p1_fd;

typedef struct host_p1 host_p1;

/* A context's descriptors and functions, made when first asked for. NULL: as host_context_alloc. */
host_p1 *host_p1_of(host_context *context);

/* The descriptor `fd`, if it has the rights; else EBADF, or why it does not have them. */
int host_p1_fd_get(host_p1 *guest, uint32_t fd, uint32_t rights, host_p1_fd **out);
/* The same for a directory. */
int host_p1_fd_dir(host_p1 *guest, uint32_t fd, uint32_t rights, host_descriptor **out);
/* A descriptor of an open file, which is taken over even on failure. */
host_p1_fd *host_p1_fd_new(host_context *context, host_descriptor *file, uint16_t flags, uint32_t rights,
                           uint32_t inheriting);
/* Gives it the lowest free number; takes it over even on failure. */
int host_p1_fd_add(host_p1 *guest, host_p1_fd *entry, uint32_t *fd);
/* Takes it out of the table: the caller's reference. NULL: it is not open. */
host_p1_fd *host_p1_fd_remove(host_p1 *guest, uint32_t fd);
/* Moves `from` to the number `to`, which is closed. Both are open, or EBADF. */
int host_p1_fd_move(host_p1 *guest, uint32_t from, uint32_t to);
/* Is it read and written as a stream? */
bool host_p1_fd_is_stream(const host_p1_fd *entry);
void host_p1_listing_free(host_context *context, host_p1_listing *listing); /* may be NULL */

/* ---- Calls ----------------------------------------------------------------------------------------------------- */

typedef struct host_p1_call host_p1_call;

typedef struct host_p1_row {
    const char *name, *params, *results;
    int (*run)(host_p1_call *call);
} host_p1_row;

typedef struct host_p1_binding {
    host_p1 *guest;
    const host_p1_row *row;
} host_p1_binding;

struct host_p1_call {
    host_p1 *guest;
    host_context *context;
    const host_p1_binding *binding;
    pirn_frame *frame;
    const pirn_slot *args;
    uint8_t *memory; /* of the caller; NULL: it exports none */
    uint64_t memory_size;
    bool is_resumed;    /* it has waited */
    host_object *state; /* what the function keeps while it waits, released when it ends; NULL: nothing */
    uint64_t progress;  /* a number that it keeps, too */
    pirn_status status; /* set by what ends or suspends the call; its errno does not matter then */
};

enum {
#define FUNC(name, params, results) HOST_P1_ROW_##name,
#include "host/preview1.def"
#undef FUNC
    HOST_P1_ROWS,
};

struct host_p1 {
    host_object object;
    host_p1_fd **fds; /* by number; NULL: free */
    size_t fd_room;
    host_p1_binding bindings[HOST_P1_ROWS];
};

extern const host_p1_row host_p1_rows[HOST_P1_ROWS];

#define FUNC(name, params, results) int host_p1_##name(host_p1_call *call);
#include "host/preview1.def"
#undef FUNC

/* The VM's function behind all rows; `data` is the binding. */
pirn_status host_p1_enter(pirn_frame *frame, void *data);

static inline uint32_t host_p1_u32(const host_p1_call *call, size_t index)
{
    return call->args[index].u32;
}

static inline uint64_t host_p1_u64(const host_p1_call *call, size_t index)
{
    return call->args[index].u64;
}

/* The caller's memory from `address` on; NULL (for EFAULT) unless all `size` bytes lie in it. Unaligned. */
uint8_t *host_p1_bytes(const host_p1_call *call, uint32_t address, uint64_t size);
/* Arguments `index` (address) and the next (length) as UTF-8 text, or EFAULT, EILSEQ. */
int host_p1_text(const host_p1_call *call, size_t index, pirn_str *out);

/* Can the call be suspended? Not while an embedder runs it outside of a host's loop. */
bool host_p1_can_wait(const host_p1_call *call);
/* Suspends the call until one of the sources may be ready; state and progress are kept. Return its value. */
int host_p1_wait(host_p1_call *call, host_source *const *sources, size_t count);
/* Lets the loop have a turn. */
int host_p1_yield(host_p1_call *call);
/* Ends the call with a trap. Return its value. */
int host_p1_trap(host_p1_call *call, const char *sentence);

/* The two timestamps of set_times, from their arguments and fstflags. */
int host_p1_times(uint64_t atime, uint64_t mtime, uint32_t flags, struct timespec out[2]);
/* Writes a filestat: 64 bytes. */
void host_p1_store_filestat(uint8_t *out, const struct stat *info);
