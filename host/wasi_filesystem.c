/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:filesystem: types and preopens, over host/descriptor.h. The functions' shapes come from the WIT (see the
 * generated headers); each does one thing: arguments in, the operation, its errno value or result out.
 */
#include "host/descriptor.h"
#include "host/file_read.h"
#include "host/stream.h"
#include "vm/base/utf8.h"
#include "wasi_filesystem_preopens.h"
#include "wasi_filesystem_types.h"
#include <errno.h>
#include <fcntl.h>

/* ---- Words ----------------------------------------------------------------------------------------------------- */

static wasi_filesystem_types_error_code error_code(int failure)
{
    switch (failure) {
#define ERR(number, word, preview1) \
    case number:                    \
        return WASI_FILESYSTEM_TYPES_ERROR_CODE_##word;
#include "host/errno.def"
#undef ERR
    default:
        return WASI_FILESYSTEM_TYPES_ERROR_CODE_IO;
    }
}

/* Sets the error of a `result<_, error-code>`, whichever its ok type is, when there is one. */
#define SET_ERROR(result, failure)                      \
    do {                                                \
        int failure_ = (failure);                       \
        (result)->is_err = failure_ != 0;               \
        if (failure_ != 0)                              \
            (result)->value.err = error_code(failure_); \
    } while (0)

static wasi_filesystem_types_descriptor_type type_word(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFBLK:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_BLOCK_DEVICE;
    case S_IFCHR:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_CHARACTER_DEVICE;
    case S_IFDIR:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_DIRECTORY;
    case S_IFIFO:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_FIFO;
    case S_IFLNK:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_SYMBOLIC_LINK;
    case S_IFREG:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE;
    case S_IFSOCK:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_SOCKET;
    default:
        return WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_UNKNOWN;
    }
}

/* A time before 1970 cannot be said. */
static wasi_filesystem_types_option_datetime datetime(struct timespec time)
{
    wasi_filesystem_types_option_datetime out = {.is_some = time.tv_sec >= 0};
    out.value.seconds = (uint64_t)time.tv_sec;
    out.value.nanoseconds = (uint32_t)time.tv_nsec;
    return out;
}

static wasi_filesystem_types_descriptor_stat stat_words(const struct stat *info)
{
    return (wasi_filesystem_types_descriptor_stat){
        .type = type_word(info->st_mode),
        .link_count = (uint64_t)info->st_nlink,
        .size = (uint64_t)info->st_size,
        .data_access_timestamp = datetime(info->st_atim),
        .data_modification_timestamp = datetime(info->st_mtim),
        .status_change_timestamp = datetime(info->st_ctim),
    };
}

/* False: the timestamp is none that the system has. */
static bool time_of(const wasi_filesystem_types_new_timestamp *time, struct timespec *out)
{
    *out = (struct timespec){.tv_nsec = UTIME_OMIT};
    if (time->tag == WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_NOW)
        out->tv_nsec = UTIME_NOW;
    if (time->tag != WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_TIMESTAMP)
        return true;
    out->tv_sec = (time_t)time->value.timestamp.seconds;
    out->tv_nsec = (long)time->value.timestamp.nanoseconds;
    return time->value.timestamp.seconds <= INT64_MAX && time->value.timestamp.nanoseconds < 1000000000;
}

static bool follows(wasi_filesystem_types_path_flags flags)
{
    return (flags & WASI_FILESYSTEM_TYPES_PATH_FLAGS_SYMLINK_FOLLOW) != 0;
}

/* ---- Preopens -------------------------------------------------------------------------------------------------- */

pirn_status wasi_filesystem_preopens_get_directories(pirn_host_call *call,
                                                     wasi_filesystem_preopens_list_tuple_descriptor_string *result)
{
    host_context *context = host_context_of(call);
    size_t count = context->config->dirs.len;
    wasi_filesystem_preopens_tuple_descriptor_string *list = pirn_host_call_alloc(call, (count + 1) * sizeof *list);
    if (list == NULL)
        return host_call_no_memory(call);
    for (size_t i = 0; i < count; i++) {
        list[i].f0 = host_descriptor_preopen(context, i);
        list[i].f1 = context->config->dirs.data[i].guest_path;
        if (list[i].f0 == NULL) {
            while (i > 0)
                host_object_unref(&list[--i].f0->object);
            return host_call_no_memory(call);
        }
    }
    result->data = list;
    result->len = count;
    return PIRN_OK;
}

/* ---- Streams --------------------------------------------------------------------------------------------------- */

pirn_status wasi_filesystem_types_descriptor_read_via_stream(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_read_via_stream_args *args,
    wasi_filesystem_types_result_input_stream_error_code *result)
{
    host_descriptor *self = args->self;
    SET_ERROR(result, S_ISDIR(self->type) ? EISDIR : self->can_read ? 0 : EBADF);
    if (result->is_err)
        return PIRN_OK;
    host_context *context = host_context_of(call);
    host_input *stream = S_ISREG(self->type)
                             ? host_input_new_file(context, self->file, args->offset, HOST_ERROR_FILESYSTEM)
                             : host_input_new_pipe(context, self->file);
    result->value.ok = stream;
    return stream == NULL ? host_call_no_memory(call) : PIRN_OK;
}

static pirn_status output_via_stream(pirn_host_call *call, host_descriptor *self, uint64_t offset,
                                     wasi_filesystem_types_result_output_stream_error_code *result)
{
    SET_ERROR(result, S_ISDIR(self->type) ? EISDIR : self->can_write ? 0 : EBADF);
    if (result->is_err)
        return PIRN_OK;
    host_context *context = host_context_of(call);
    host_output *stream = S_ISREG(self->type)
                              ? host_output_new_file(context, self->file, offset, HOST_ERROR_FILESYSTEM)
                              : host_output_new_pipe(context, self->file);
    result->value.ok = stream;
    return stream == NULL ? host_call_no_memory(call) : PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_write_via_stream(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_write_via_stream_args *args,
    wasi_filesystem_types_result_output_stream_error_code *result)
{
    if (args->offset > INT64_MAX) {
        SET_ERROR(result, EINVAL);
        return PIRN_OK;
    }
    return output_via_stream(call, args->self, args->offset, result);
}

pirn_status wasi_filesystem_types_descriptor_append_via_stream(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_append_via_stream_args *args,
    wasi_filesystem_types_result_output_stream_error_code *result)
{
    return output_via_stream(call, args->self, HOST_FILE_APPEND, result);
}

/* ---- The file itself ------------------------------------------------------------------------------------------- */

pirn_status wasi_filesystem_types_descriptor_advise(pirn_host_call *call,
                                                    const struct wasi_filesystem_types_descriptor_advise_args *args,
                                                    wasi_filesystem_types_result_none_error_code *result)
{
    static const int advices[] = {
        [WASI_FILESYSTEM_TYPES_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
        [WASI_FILESYSTEM_TYPES_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [WASI_FILESYSTEM_TYPES_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
        [WASI_FILESYSTEM_TYPES_ADVICE_WILL_NEED] = POSIX_FADV_WILLNEED,
        [WASI_FILESYSTEM_TYPES_ADVICE_DONT_NEED] = POSIX_FADV_DONTNEED,
        [WASI_FILESYSTEM_TYPES_ADVICE_NO_REUSE] = POSIX_FADV_NOREUSE,
    };
    (void)call;
    SET_ERROR(result, host_descriptor_advise(args->self, args->offset, args->length, advices[args->advice]));
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_sync_data(pirn_host_call *call,
                                           const struct wasi_filesystem_types_descriptor_sync_data_args *args,
                                           wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_sync(args->self, true));
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_sync(pirn_host_call *call,
                                                  const struct wasi_filesystem_types_descriptor_sync_args *args,
                                                  wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_sync(args->self, false));
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_get_flags(pirn_host_call *call,
                                           const struct wasi_filesystem_types_descriptor_get_flags_args *args,
                                           wasi_filesystem_types_result_descriptor_flags_error_code *result)
{
    const host_descriptor *self = args->self;
    bool is_directory = S_ISDIR(self->type);
    unsigned flags = self->can_read ? WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ : 0;
    if (self->can_write)
        flags |= is_directory ? WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY
                              : WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE;
    if (self->sync == O_SYNC)
        flags |= WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_FILE_INTEGRITY_SYNC;
    else if (self->sync == O_DSYNC)
        flags |= WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_DATA_INTEGRITY_SYNC;
    (void)call;
    result->value.ok = (wasi_filesystem_types_descriptor_flags)flags;
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_get_type(pirn_host_call *call,
                                          const struct wasi_filesystem_types_descriptor_get_type_args *args,
                                          wasi_filesystem_types_result_descriptor_type_error_code *result)
{
    (void)call;
    result->value.ok = type_word(((const host_descriptor *)args->self)->type);
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_set_size(pirn_host_call *call,
                                          const struct wasi_filesystem_types_descriptor_set_size_args *args,
                                          wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_set_size(args->self, args->size));
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_set_times(pirn_host_call *call,
                                           const struct wasi_filesystem_types_descriptor_set_times_args *args,
                                           wasi_filesystem_types_result_none_error_code *result)
{
    struct timespec times[2];
    (void)call;
    bool valid =
        time_of(&args->data_access_timestamp, &times[0]) && time_of(&args->data_modification_timestamp, &times[1]);
    SET_ERROR(result, valid ? host_descriptor_set_times(args->self, times) : EINVAL);
    return PIRN_OK;
}

typedef wasi_filesystem_types_result_tuple_list_u8_bool_error_code read_result;

static pirn_status finish_read(int failure, const uint8_t *bytes, size_t got, bool is_end, read_result *result)
{
    SET_ERROR(result, failure);
    if (!result->is_err) {
        result->value.ok.f0.data = bytes;
        result->value.ok.f0.len = got;
        result->value.ok.f1 = is_end;
    }
    return PIRN_OK;
}

/* A read that is done in the thread pool: the state of the call. */
typedef struct pending_read {
    host_file_read *read;
    host_wait *wait;
} pending_read;

static void free_pending(host_context *context, pending_read *pending)
{
    host_wait_free(pending->wait);
    host_object_unref((host_object *)pending->read);
    host_context_dealloc(context, pending, sizeof *pending);
}

static void cancel_read(void *state)
{
    pending_read *pending = state;
    free_pending(pending->read->object.context, pending);
}

/* Suspends the call until the read has ended; frees it on failure. */
static pirn_status wait_for_read(pirn_host_call *call, pending_read *pending)
{
    host_context *context = host_context_of(call);
    host_job *job = host_job_of_call(call);
    host_source *source = &pending->read->source;
    bool is_expired = host_job_is_expired(job);
    pending->wait = is_expired ? NULL : host_wait_new(context, job, &source, 1);
    if (pending->wait == NULL) {
        free_pending(context, pending);
        return is_expired ? PIRN_EXHAUSTED : host_call_no_memory(call);
    }
    *pirn_host_call_state(call) = pending;
    pirn_host_call_on_cancel(call, cancel_read);
    return PIRN_PENDING;
}

static pirn_status begin_read(pirn_host_call *call, const host_descriptor *self, size_t size, uint64_t offset)
{
    host_context *context = host_context_of(call);
    pending_read *pending = host_context_alloc(context, sizeof *pending);
    if (pending == NULL)
        return host_call_no_memory(call);
    pending->read = host_file_read_new(context, self->file, size, offset);
    if (pending->read != NULL)
        return wait_for_read(call, pending);
    free_pending(context, pending);
    return host_call_no_memory(call);
}

/* The call was resumed. */
static pirn_status end_read(pirn_host_call *call, pending_read *pending, read_result *result)
{
    const uint8_t *bytes;
    size_t got;
    *pirn_host_call_state(call) = NULL;
    pirn_host_call_on_cancel(call, NULL);
    host_wait_free(pending->wait);
    pending->wait = NULL;
    if (!host_source_ready(&pending->read->source))
        return wait_for_read(call, pending);
    int failure = host_file_read_result(pending->read, &bytes, &got);
    uint8_t *copy = pirn_host_call_alloc(call, got + 1);
    if (copy != NULL)
        memcpy(copy, bytes, got);
    free_pending(host_context_of(call), pending);
    return copy != NULL ? finish_read(failure, copy, got, got == 0, result) : PIRN_NOMEM;
}

pirn_status wasi_filesystem_types_descriptor_read(pirn_host_call *call,
                                                  const struct wasi_filesystem_types_descriptor_read_args *args,
                                                  read_result *result)
{
    pending_read *pending = *pirn_host_call_state(call);
    if (pending != NULL)
        return end_read(call, pending, result);
    size_t got, size = args->length < HOST_DESCRIPTOR_CHUNK ? (size_t)args->length : HOST_DESCRIPTOR_CHUNK;
    uint8_t *bytes = pirn_host_call_alloc(call, size + 1);
    if (bytes == NULL)
        return PIRN_NOMEM;
    host_descriptor_patience patience =
        host_job_of_call(call) != NULL ? HOST_DESCRIPTOR_AT_ONCE : HOST_DESCRIPTOR_BLOCK;
    struct iovec vector = {bytes, size};
    int failure = host_descriptor_readv(args->self, &vector, size > 0, args->offset, patience, &got);
    if (failure == EAGAIN && patience == HOST_DESCRIPTOR_AT_ONCE)
        return begin_read(call, args->self, size, args->offset);
    return finish_read(failure, bytes, got, got == 0 && size > 0, result);
}

pirn_status wasi_filesystem_types_descriptor_write(pirn_host_call *call,
                                                   const struct wasi_filesystem_types_descriptor_write_args *args,
                                                   wasi_filesystem_types_result_filesize_error_code *result)
{
    size_t written;
    struct iovec vector = {(void *)(uintptr_t)args->buffer.data, args->buffer.len};
    (void)call;
    SET_ERROR(result,
              host_descriptor_writev(args->self, &vector, args->buffer.len > 0, args->offset, false, &written));
    if (!result->is_err)
        result->value.ok = written;
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_stat_func(pirn_host_call *call,
                                           const struct wasi_filesystem_types_descriptor_stat_func_args *args,
                                           wasi_filesystem_types_result_descriptor_stat_error_code *result)
{
    struct stat info;
    (void)call;
    SET_ERROR(result, host_descriptor_stat(args->self, &info));
    if (!result->is_err)
        result->value.ok = stat_words(&info);
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_is_same_object(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_is_same_object_args *args, uint8_t *result)
{
    struct stat a, b;
    (void)call;
    *result = host_descriptor_stat(args->self, &a) == 0 && host_descriptor_stat(args->other, &b) == 0 &&
              a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return PIRN_OK;
}

static void set_hash(wasi_filesystem_types_result_metadata_hash_value_error_code *result, int failure,
                     const struct stat *info)
{
    SET_ERROR(result, failure);
    if (!result->is_err)
        host_stat_hash(info, &result->value.ok.lower, &result->value.ok.upper);
}

pirn_status
wasi_filesystem_types_descriptor_metadata_hash(pirn_host_call *call,
                                               const struct wasi_filesystem_types_descriptor_metadata_hash_args *args,
                                               wasi_filesystem_types_result_metadata_hash_value_error_code *result)
{
    struct stat info;
    (void)call;
    set_hash(result, host_descriptor_stat(args->self, &info), &info);
    return PIRN_OK;
}

/* ---- What it names --------------------------------------------------------------------------------------------- */

pirn_status wasi_filesystem_types_descriptor_metadata_hash_at(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_metadata_hash_at_args *args,
    wasi_filesystem_types_result_metadata_hash_value_error_code *result)
{
    struct stat info;
    (void)call;
    set_hash(result, host_descriptor_stat_at(args->self, args->path, follows(args->path_flags), &info), &info);
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_stat_at(pirn_host_call *call,
                                                     const struct wasi_filesystem_types_descriptor_stat_at_args *args,
                                                     wasi_filesystem_types_result_descriptor_stat_error_code *result)
{
    struct stat info;
    (void)call;
    SET_ERROR(result, host_descriptor_stat_at(args->self, args->path, follows(args->path_flags), &info));
    if (!result->is_err)
        result->value.ok = stat_words(&info);
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_set_times_at(pirn_host_call *call,
                                              const struct wasi_filesystem_types_descriptor_set_times_at_args *args,
                                              wasi_filesystem_types_result_none_error_code *result)
{
    struct timespec times[2];
    (void)call;
    bool valid =
        time_of(&args->data_access_timestamp, &times[0]) && time_of(&args->data_modification_timestamp, &times[1]);
    SET_ERROR(result, valid ? host_descriptor_set_times_at(args->self, args->path, follows(args->path_flags), times)
                            : EINVAL);
    return PIRN_OK;
}

static uint32_t sync_flag(wasi_filesystem_types_descriptor_flags flags)
{
    if (flags & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_FILE_INTEGRITY_SYNC)
        return O_SYNC;
    return (flags & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_DATA_INTEGRITY_SYNC) ? O_DSYNC : 0;
}

pirn_status wasi_filesystem_types_descriptor_open_at(pirn_host_call *call,
                                                     const struct wasi_filesystem_types_descriptor_open_at_args *args,
                                                     wasi_filesystem_types_result_descriptor_error_code *result)
{
    host_open_how how = {
        .read = (args->flags & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ) != 0,
        .write = (args->flags & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE) != 0,
        .create = (args->open_flags & WASI_FILESYSTEM_TYPES_OPEN_FLAGS_CREATE) != 0,
        .exclusive = (args->open_flags & WASI_FILESYSTEM_TYPES_OPEN_FLAGS_EXCLUSIVE) != 0,
        .truncate = (args->open_flags & WASI_FILESYSTEM_TYPES_OPEN_FLAGS_TRUNCATE) != 0,
        .directory = (args->open_flags & WASI_FILESYSTEM_TYPES_OPEN_FLAGS_DIRECTORY) != 0,
        .follow = follows(args->path_flags),
        .sync = sync_flag(args->flags),
    };
    host_descriptor *self = args->self, *opened = NULL;
    bool wants_to_change = (args->flags & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY) != 0;
    SET_ERROR(result, wants_to_change && !self->may_change
                          ? EROFS
                          : host_descriptor_open_at(host_context_of(call), self, args->path, &how, &opened));
    if (!result->is_err)
        result->value.ok = opened;
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_create_directory_at(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_create_directory_at_args *args,
    wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_create_directory_at(args->self, args->path));
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_remove_directory_at(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_remove_directory_at_args *args,
    wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_remove_directory_at(args->self, args->path));
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_unlink_file_at(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_unlink_file_at_args *args,
    wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_unlink_file_at(args->self, args->path));
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_descriptor_link_at(pirn_host_call *call,
                                                     const struct wasi_filesystem_types_descriptor_link_at_args *args,
                                                     wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    /* A hard link to what a symbolic link points at: the system could not make it and stay beneath the directory. */
    SET_ERROR(result, follows(args->old_path_flags) ? EINVAL
                                                    : host_descriptor_link_at(args->self, args->old_path,
                                                                              args->new_descriptor, args->new_path));
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_rename_at(pirn_host_call *call,
                                           const struct wasi_filesystem_types_descriptor_rename_at_args *args,
                                           wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_rename_at(args->self, args->old_path, args->new_descriptor, args->new_path));
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_symlink_at(pirn_host_call *call,
                                            const struct wasi_filesystem_types_descriptor_symlink_at_args *args,
                                            wasi_filesystem_types_result_none_error_code *result)
{
    (void)call;
    SET_ERROR(result, host_descriptor_symlink_at(args->self, args->old_path, args->new_path));
    return PIRN_OK;
}

/* A copy in the call's memory; names that are not UTF-8 cannot be said. */
static pirn_status copy_name(pirn_host_call *call, const char *name, size_t len, pirn_str *out, int *failure)
{
    if (!base_utf8_valid((pirn_str){name, len}, NULL)) {
        *failure = EILSEQ;
        return PIRN_OK;
    }
    char *copy = pirn_host_call_alloc(call, len + 1);
    if (copy == NULL)
        return host_call_no_memory(call);
    memcpy(copy, name, len);
    *out = (pirn_str){copy, len};
    return PIRN_OK;
}

pirn_status
wasi_filesystem_types_descriptor_readlink_at(pirn_host_call *call,
                                             const struct wasi_filesystem_types_descriptor_readlink_at_args *args,
                                             wasi_filesystem_types_result_string_error_code *result)
{
    char target[HOST_PATH_MAX + 1];
    size_t len;
    pirn_str text = {NULL, 0};
    int failure = host_descriptor_readlink_at(args->self, args->path, target, &len);
    if (failure == 0)
        PIRN_TRY(copy_name(call, target, len, &text, &failure));
    SET_ERROR(result, failure);
    if (!result->is_err)
        result->value.ok = text;
    return PIRN_OK;
}

/* ---- Directories ----------------------------------------------------------------------------------------------- */

pirn_status wasi_filesystem_types_descriptor_read_directory(
    pirn_host_call *call, const struct wasi_filesystem_types_descriptor_read_directory_args *args,
    wasi_filesystem_types_result_directory_entry_stream_error_code *result)
{
    host_directory_entry_stream *stream = NULL;
    SET_ERROR(result, host_directory_open(host_context_of(call), args->self, &stream));
    if (!result->is_err)
        result->value.ok = stream;
    return PIRN_OK;
}

pirn_status wasi_filesystem_types_directory_entry_stream_read_directory_entry(
    pirn_host_call *call, const struct wasi_filesystem_types_directory_entry_stream_read_directory_entry_args *args,
    wasi_filesystem_types_result_option_directory_entry_error_code *result)
{
    const char *name;
    mode_t type;
    ino_t inode;
    pirn_str text = {NULL, 0};
    int failure = host_directory_next(args->self, &name, &type, &inode);
    if (failure == 0 && name != NULL)
        PIRN_TRY(copy_name(call, name, strlen(name), &text, &failure));
    SET_ERROR(result, failure);
    if (!result->is_err && name != NULL) {
        result->value.ok.is_some = 1;
        result->value.ok.value.type = type_word(type);
        result->value.ok.value.name = text;
    }
    return PIRN_OK;
}

void wasi_filesystem_types_descriptor_drop(void *host, struct host_descriptor *self)
{
    host_object_drop(host, self);
}

void wasi_filesystem_types_directory_entry_stream_drop(void *host, struct host_directory_entry_stream *self)
{
    host_object_drop(host, self);
}

/* ---- Errors of streams ----------------------------------------------------------------------------------------- */

pirn_status
wasi_filesystem_types_filesystem_error_code(pirn_host_call *call,
                                            const struct wasi_filesystem_types_filesystem_error_code_args *args,
                                            wasi_filesystem_types_option_error_code *result)
{
    const host_error *error = args->err;
    (void)call;
    result->is_some = error->domain == HOST_ERROR_FILESYSTEM;
    if (result->is_some)
        result->value = error_code(error->code);
    return PIRN_OK;
}
