/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one guest may use, and what it holds. The config is shared and read-only; the context is one instance's. Every
 * resource of the host in the guest's hands begins with a host_object: counted references (a pollable keeps its
 * stream alive whichever the guest drops first) and its bytes are charged to the context, so that a hostile guest
 * cannot fill the host's memory with handles.
 */
#pragma once

#include "host/list.h"
#include "vm/base/memory.h"
#include <pirn/host.h>

typedef struct pirn_host_config host_config;
typedef struct pirn_host_context host_context;
typedef struct host_input host_input;
typedef struct host_output host_output;
typedef struct host_object host_object;

/* A directory given to guests. `fd` belongs to the config and may be used by all threads. */
typedef struct host_dir {
    pirn_str guest_path;
    int fd;
    bool is_read_only;
} host_dir;

/* As lists of strings and of tuples of two strings lie in C: handed to guests as they are. */
typedef struct host_env {
    pirn_str name, value;
} host_env;

typedef enum host_stdio_mode {
    HOST_STDIO_NULL,
    HOST_STDIO_INHERIT,
    HOST_STDIO_MEMORY, /* stdin: the config's bytes; otherwise: captured */
} host_stdio_mode;

struct pirn_host_config {
    base_arena arena; /* all text; its allocator is the config's */
    BASE_VEC(pirn_str) args;
    BASE_VEC(host_env) env;
    BASE_VEC(host_dir) dirs;
    host_stdio_mode stdio[3]; /* by pirn_stdio */
    size_t capture_bytes[3];  /* the most that is captured */
    pirn_str input;
    size_t memory_bytes; /* see pirn_host_config_memory */
};

struct pirn_host_context {
    pirn_host *host;
    const host_config *config;
    size_t memory_left; /* bytes that the guest's resources may still take */
    host_input *input;  /* the streams behind stdin, stdout, stderr; made when first asked for */
    host_output *output[3];
    host_object *preview1; /* what core modules have open: see host/preview1.h; NULL: nothing yet */
    uint32_t calls_in_turn; /* see host_call_take_turns */
    bool has_exited;
    int exit_code;
    bool is_seeded; /* what follows is set at its first use */
    uint64_t insecure_seed[2];
    uint64_t insecure_state; /* of the generator of wasi:random/insecure */
};

/* The context of a host call: pirn_host_call_data(). */
host_context *host_context_of(const pirn_host_call *call);
/* The guest ends with `code`: sets it in the context and returns what the host function must return. */
pirn_status host_context_exit(pirn_host_call *call, uint8_t code);
/* Charges bytes that are allocated elsewhere; false: the guest has used up what it may. */
bool host_context_charge(host_context *context, size_t size);
void host_context_discharge(host_context *context, size_t size);
/* Zeroed memory charged to the context; NULL: out of memory, or the guest has used up what it may. */
void *host_context_alloc(host_context *context, size_t size);
void host_context_dealloc(host_context *context, void *block, size_t size);

/* The streams that the config says, shared by all who ask: a new reference. NULL: as host_context_alloc. */
host_input *host_context_stdin(host_context *context);
host_output *host_context_stdio(host_context *context, pirn_stdio stream);
/* Is the stream this process's, and a terminal? */
bool host_context_is_terminal(const host_context *context, pirn_stdio stream);

struct host_object {
    host_context *context;
    size_t size_bytes;
    uint32_t refs;
    void (*done)(host_object *object); /* releases what it holds; NULL: nothing */
};

/* A zeroed object of `size` bytes that begins with a host_object, with one reference. NULL: as host_context_alloc. */
void *host_object_new(host_context *context, size_t size, void (*done)(host_object *object));
void host_object_ref(host_object *object);
void host_object_unref(host_object *object); /* may be NULL */
/* The guest's handle is gone: for pirn_resourcedesc. */
void host_object_drop(void *data, void *object);
/* What a host function returns when host_object_new() or the like gave NULL. */
pirn_status host_call_no_memory(pirn_host_call *call);
