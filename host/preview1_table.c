/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptors of a guest of preview 1, and their rights. Rights are what the kind of thing allows; reading and
 * writing a file must be asked for when it is opened. A guest can give rights up and never get them back.
 */
#include "host/preview1.h"
#include <errno.h>

enum {
    DIRECTORY_RIGHTS = HOST_P1_FD_DATASYNC | HOST_P1_FD_FDSTAT_SET_FLAGS | HOST_P1_FD_SYNC |
                       HOST_P1_PATH_CREATE_DIRECTORY | HOST_P1_PATH_CREATE_FILE | HOST_P1_PATH_LINK_SOURCE |
                       HOST_P1_PATH_LINK_TARGET | HOST_P1_PATH_OPEN | HOST_P1_FD_READDIR | HOST_P1_PATH_READLINK |
                       HOST_P1_PATH_RENAME_SOURCE | HOST_P1_PATH_RENAME_TARGET | HOST_P1_PATH_FILESTAT_GET |
                       HOST_P1_PATH_FILESTAT_SET_SIZE | HOST_P1_PATH_FILESTAT_SET_TIMES | HOST_P1_FD_FILESTAT_GET |
                       HOST_P1_FD_FILESTAT_SET_TIMES | HOST_P1_PATH_SYMLINK | HOST_P1_PATH_REMOVE_DIRECTORY |
                       HOST_P1_PATH_UNLINK_FILE,
    FILE_RIGHTS = HOST_P1_FD_DATASYNC | HOST_P1_FD_READ | HOST_P1_FD_SEEK | HOST_P1_FD_FDSTAT_SET_FLAGS |
                  HOST_P1_FD_SYNC | HOST_P1_FD_TELL | HOST_P1_FD_WRITE | HOST_P1_FD_ADVISE | HOST_P1_FD_ALLOCATE |
                  HOST_P1_FD_FILESTAT_GET | HOST_P1_FD_FILESTAT_SET_SIZE | HOST_P1_FD_FILESTAT_SET_TIMES |
                  HOST_P1_POLL_FD_READWRITE,
    STREAM_RIGHTS = HOST_P1_FD_READ | HOST_P1_FD_WRITE | HOST_P1_FD_FDSTAT_SET_FLAGS | HOST_P1_FD_FILESTAT_GET |
                    HOST_P1_POLL_FD_READWRITE,
    PATH_RIGHTS = DIRECTORY_RIGHTS & ~FILE_RIGHTS,
    POSITION_RIGHTS = HOST_P1_FD_SEEK | HOST_P1_FD_TELL | HOST_P1_FD_ADVISE | HOST_P1_FD_ALLOCATE,
};

host_p1_filetype host_p1_filetype_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return HOST_P1_BLOCK_DEVICE;
    case S_IFCHR:
        return HOST_P1_CHARACTER_DEVICE;
    case S_IFDIR:
        return HOST_P1_DIRECTORY;
    case S_IFREG:
        return HOST_P1_REGULAR_FILE;
    case S_IFSOCK:
        return HOST_P1_SOCKET_STREAM;
    case S_IFLNK:
        return HOST_P1_SYMBOLIC_LINK;
    default:
        return HOST_P1_UNKNOWN;
    }
}

/* ---- One descriptor -------------------------------------------------------------------------------------------- */

static void release_fd(host_object *object)
{
    host_p1_fd *entry = (host_p1_fd *)object;
    host_p1_listing_free(object->context, entry->listing);
    host_object_unref((host_object *)entry->input);
    host_object_unref((host_object *)entry->output);
    host_object_unref((host_object *)entry->file);
}

static uint32_t rights_of_kind(mode_t type)
{
    return S_ISDIR(type) ? DIRECTORY_RIGHTS : S_ISREG(type) ? FILE_RIGHTS : STREAM_RIGHTS;
}

/* The streams of a pipe or device. False: as host_context_alloc. */
static bool open_streams(host_context *context, host_p1_fd *entry)
{
    const host_descriptor *file = entry->file;
    if (S_ISDIR(file->type) || S_ISREG(file->type))
        return true;
    if (file->can_read && (entry->input = host_input_new_pipe(context, file->file)) == NULL)
        return false;
    return !file->can_write || (entry->output = host_output_new_pipe(context, file->file)) != NULL;
}

host_p1_fd *host_p1_fd_new(host_context *context, host_descriptor *file, uint16_t flags, uint32_t rights,
                           uint32_t inheriting)
{
    host_p1_fd *entry = host_object_new(context, sizeof *entry, release_fd);
    if (entry == NULL) {
        host_object_unref(&file->object);
        return NULL;
    }
    entry->file = file;
    entry->flags = flags;
    entry->rights = rights & rights_of_kind(file->type);
    entry->inheriting = S_ISDIR(file->type) ? inheriting : 0;
    if (open_streams(context, entry))
        return entry;
    host_object_unref(&entry->object);
    return NULL;
}

bool host_p1_fd_is_stream(const host_p1_fd *entry)
{
    return entry->file == NULL || !(S_ISDIR(entry->file->type) || S_ISREG(entry->file->type));
}

/* ---- The table ------------------------------------------------------------------------------------------------- */

static bool grow(host_p1 *guest)
{
    host_context *context = guest->object.context;
    size_t room = guest->fd_room == 0 ? 8 : guest->fd_room * 2;
    if (room > UINT32_MAX / sizeof(host_p1_fd *))
        return false;
    host_p1_fd **fds = host_context_alloc(context, room * sizeof *fds);
    if (fds == NULL)
        return false;
    if (guest->fd_room > 0)
        memcpy(fds, guest->fds, guest->fd_room * sizeof *fds);
    host_context_dealloc(context, guest->fds, guest->fd_room * sizeof *fds);
    guest->fds = fds;
    guest->fd_room = room;
    return true;
}

int host_p1_fd_add(host_p1 *guest, host_p1_fd *entry, uint32_t *fd)
{
    size_t i = 0;
    while (i < guest->fd_room && guest->fds[i] != NULL)
        i++;
    if (i == guest->fd_room && !grow(guest)) {
        host_object_unref(&entry->object);
        return ENOMEM;
    }
    guest->fds[i] = entry;
    *fd = (uint32_t)i;
    return 0;
}

host_p1_fd *host_p1_fd_remove(host_p1 *guest, uint32_t fd)
{
    if (fd >= guest->fd_room)
        return NULL;
    host_p1_fd *entry = guest->fds[fd];
    guest->fds[fd] = NULL;
    return entry;
}

int host_p1_fd_move(host_p1 *guest, uint32_t from, uint32_t to)
{
    if (from >= guest->fd_room || to >= guest->fd_room || guest->fds[from] == NULL || guest->fds[to] == NULL)
        return EBADF;
    if (from == to)
        return 0;
    host_object_unref(&guest->fds[to]->object);
    guest->fds[to] = guest->fds[from];
    guest->fds[from] = NULL;
    return 0;
}

/* What a system says of a descriptor that cannot do what is asked; where it could, the guest gave the right up. */
static int why_not(const host_p1_fd *entry, uint32_t missing)
{
    bool is_directory = entry->file != NULL && S_ISDIR(entry->file->type);
    if ((missing & PATH_RIGHTS) != 0 && !is_directory)
        return ENOTDIR;
    if ((missing & (FILE_RIGHTS & ~DIRECTORY_RIGHTS)) != 0 && is_directory)
        return EISDIR;
    if ((missing & POSITION_RIGHTS) != 0 && host_p1_fd_is_stream(entry))
        return ESPIPE;
    if ((missing & (HOST_P1_FD_READ | HOST_P1_FD_WRITE)) != 0)
        return EBADF;
    return host_p1_fd_is_stream(entry) ? EINVAL : HOST_P1_NOTCAPABLE;
}

int host_p1_fd_get(host_p1 *guest, uint32_t fd, uint32_t rights, host_p1_fd **out)
{
    if (fd >= guest->fd_room || guest->fds[fd] == NULL)
        return EBADF;
    *out = guest->fds[fd];
    uint32_t missing = rights & ~(*out)->rights;
    return missing == 0 ? 0 : why_not(*out, missing);
}

int host_p1_fd_dir(host_p1 *guest, uint32_t fd, uint32_t rights, host_descriptor **out)
{
    host_p1_fd *entry;
    int failure = host_p1_fd_get(guest, fd, rights, &entry);
    if (failure == 0)
        *out = entry->file;
    return failure;
}

/* ---- A guest's first descriptors ------------------------------------------------------------------------------- */

static bool add_standard_stream(host_p1 *guest, pirn_stdio stream)
{
    host_context *context = guest->object.context;
    host_p1_fd *entry = host_object_new(context, sizeof *entry, release_fd);
    uint32_t fd;
    if (entry == NULL)
        return false;
    bool is_input = stream == PIRN_STDIN;
    if (is_input)
        entry->input = host_context_stdin(context);
    else
        entry->output = host_context_stdio(context, stream);
    entry->is_terminal = host_context_is_terminal(context, stream);
    entry->rights = STREAM_RIGHTS & (is_input ? ~HOST_P1_FD_WRITE : ~HOST_P1_FD_READ);
    if (entry->input != NULL || entry->output != NULL)
        return host_p1_fd_add(guest, entry, &fd) == 0;
    host_object_unref(&entry->object);
    return false;
}

static bool add_directory(host_p1 *guest, size_t index)
{
    host_context *context = guest->object.context;
    host_descriptor *file = host_descriptor_preopen(context, index);
    uint32_t fd;
    host_p1_fd *entry =
        file != NULL ? host_p1_fd_new(context, file, 0, DIRECTORY_RIGHTS, DIRECTORY_RIGHTS | FILE_RIGHTS) : NULL;
    if (entry == NULL)
        return false;
    entry->preopen = context->config->dirs.data[index].guest_path;
    return host_p1_fd_add(guest, entry, &fd) == 0;
}

static void release_guest(host_object *object)
{
    host_p1 *guest = (host_p1 *)object;
    for (size_t i = 0; i < guest->fd_room; i++) {
        if (guest->fds[i] != NULL)
            host_object_unref(&guest->fds[i]->object);
    }
    host_context_dealloc(object->context, guest->fds, guest->fd_room * sizeof *guest->fds);
}

static bool fill(host_p1 *guest)
{
    for (size_t i = 0; i < HOST_P1_ROWS; i++)
        guest->bindings[i] = (host_p1_binding){guest, &host_p1_rows[i]};
    for (int stream = PIRN_STDIN; stream <= PIRN_STDERR; stream++) {
        if (!add_standard_stream(guest, (pirn_stdio)stream))
            return false;
    }
    for (size_t i = 0; i < guest->object.context->config->dirs.len; i++) {
        if (!add_directory(guest, i))
            return false;
    }
    return true;
}

host_p1 *host_p1_of(host_context *context)
{
    if (context->preview1 != NULL)
        return (host_p1 *)context->preview1;
    host_p1 *guest = host_object_new(context, sizeof *guest, release_guest);
    if (guest == NULL)
        return NULL;
    if (!fill(guest)) {
        host_object_unref(&guest->object);
        return NULL;
    }
    context->preview1 = &guest->object;
    return guest;
}
