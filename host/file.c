/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file.h"
#include "host/loop.h"
#include <unistd.h>

static host_file *new_file(pirn_host *host, int fd, bool is_borrowed)
{
    host_file *file = base_alloc(host->allocator, sizeof *file);
    if (file != NULL)
        *file = (host_file){.host = host, .fd = fd, .is_borrowed = is_borrowed, .refs = 1};
    return file;
}

host_file *host_file_new(pirn_host *host, int fd)
{
    return new_file(host, fd, false);
}

host_file *host_file_borrow(pirn_host *host, int fd)
{
    return new_file(host, fd, true);
}

host_file *host_file_ref(host_file *file)
{
    file->refs++;
    return file;
}

void host_file_unref(host_file *file)
{
    if (file == NULL || --file->refs > 0)
        return;
    if (!file->is_borrowed)
        close(file->fd);
    base_free(file->host->allocator, file, sizeof *file);
}
