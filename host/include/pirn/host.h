/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/host.h: what WASI components expect of the world around them, on one event loop per thread.
 *
 *   host      an event loop with what runs on it. One thread.
 *   config    what guests may use: arguments, environment, directories, standard streams. Made once, then read-only;
 *             shared by threads and by all contexts made from it. Everything is denied that is not given.
 *   context   one guest instance's side of a config: its streams, its exit code, what it holds. It is the `data` of
 *             pirn_component_instantiate(). One thread: that of its host.
 *
 * A guest that waits is suspended; nothing but its value stack remains of it, and the loop resumes it. So one thread
 * serves thousands of waiting guests.
 *
 *   pirn_linker *linker = pirn_linker_new(engine);
 *   pirn_host_define(linker, error);
 *   pirn_linker_prepare(linker, component, &prepared, error);
 *   pirn_host *host = pirn_host_new(NULL);
 *   pirn_host_config *config = pirn_host_config_new(NULL);
 *   pirn_host_config_inherit(config, PIRN_STDOUT);
 *   pirn_host_context *context = pirn_host_context_new(host, config);
 *   pirn_host_run_command(host, prepared, store, context, PIRN_NO_TIMEOUT, &exit_code, error);
 */
#pragma once

#include <pirn/component.h>
#include <pirn/wit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Config ---------------------------------------------------------------------------------------------------- */

typedef struct pirn_host_config pirn_host_config;

/* Nothing is allowed: no arguments, no environment, no directories; input is at its end, output is swallowed. NULL
 * when out of memory. `allocator` may be NULL for the C library's. */
PIRN_API pirn_host_config *pirn_host_config_new(const pirn_allocator *allocator);
/* After all contexts made from it. */
PIRN_API void pirn_host_config_free(pirn_host_config *config);

/* Appends an argument; the first is the program's name. Text is copied. USAGE: not UTF-8, or a NUL in it. NOMEM. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_config_arg(pirn_host_config *config, pirn_str arg, pirn_error *error);
/* Sets an environment variable; a later one of the same name replaces it. USAGE: no name, `=` in it, not UTF-8, a
 * NUL. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_config_env(pirn_host_config *config, pirn_str name, pirn_str value,
                                                          pirn_error *error);
/* Gives the guest this process's environment; variables that are not UTF-8 are left out. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_config_inherit_env(pirn_host_config *config, pirn_error *error);

typedef enum pirn_dir_access {
    PIRN_DIR_READ_WRITE,
    PIRN_DIR_READ_ONLY,
} pirn_dir_access;
/* Gives the guest the directory `host_path` under the name `guest_path` ("." and "/" included). IO: it cannot be
 * opened. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_config_dir(pirn_host_config *config, pirn_str host_path,
                                                          pirn_str guest_path, pirn_dir_access access,
                                                          pirn_error *error);

typedef enum pirn_stdio {
    PIRN_STDIN,
    PIRN_STDOUT,
    PIRN_STDERR,
} pirn_stdio;
/* The guest gets this process's stream. */
PIRN_API void pirn_host_config_inherit(pirn_host_config *config, pirn_stdio stream);
/* The guest reads these bytes (copied), then the end. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_config_input(pirn_host_config *config, const void *bytes, size_t size,
                                                            pirn_error *error);
/* PIRN_STDOUT, PIRN_STDERR: each context keeps what is written, for pirn_host_context_output(). A write that would
 * exceed `max_bytes` fails. */
PIRN_API void pirn_host_config_capture(pirn_host_config *config, pirn_stdio stream, size_t max_bytes);
/* Bytes of host memory that one guest's resources (streams, pollables, directories...) may take: 64 MiB unless set.
 */
PIRN_API void pirn_host_config_memory(pirn_host_config *config, size_t max_bytes);

/* ---- Host ------------------------------------------------------------------------------------------------------ */

typedef struct pirn_host pirn_host;

/*
 * NULL when out of memory, or when the system has no descriptors left for an event loop. The process must have its
 * standard streams open, be it on /dev/null: their numbers are not free for other files.
 */
PIRN_API pirn_host *pirn_host_new(const pirn_allocator *allocator);
/* After its contexts; nothing may be running in it. */
PIRN_API void pirn_host_free(pirn_host *host);

/* Offers everything of WASI 0.2 (cli, clocks, filesystem, io, random, sockets) to components. USAGE, NOMEM. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_define(pirn_linker *linker, pirn_error *error);

typedef struct pirn_host_context pirn_host_context;
/* NULL when out of memory. */
PIRN_API pirn_host_context *pirn_host_context_new(pirn_host *host, const pirn_host_config *config);
/* After the instances that it is the data of. */
PIRN_API void pirn_host_context_free(pirn_host_context *context);
/* What was captured so far; valid until the guest runs again. */
PIRN_API pirn_str pirn_host_context_output(const pirn_host_context *context, pirn_stdio stream);
/* True when the guest called wasi:cli/exit (or proc_exit): its call has then ended as TRAP, which is no failure. */
PIRN_API bool pirn_host_context_exited(const pirn_host_context *context, int *exit_code);

/* ---- Loading big files ------------------------------------------------------------------------------------------- */

/* Threads for pirn_config.parallel: as many as there are processors, started when they are needed. */
PIRN_API pirn_parallel pirn_host_parallel(void);

/* A directory that remembers which modules have been validated, for pirn_config.known_code. */
typedef struct pirn_code_cache pirn_code_cache;
/*
 * Makes the directory when there is none. IO: it cannot be used, or others could write to it. It may be used by any number of
 * threads and processes at a time.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_code_cache_open(const char *path, pirn_code_cache **out, pirn_error *error);
/* After the engine that it was given to. */
PIRN_API void pirn_code_cache_close(pirn_code_cache *cache);
PIRN_API pirn_known_code pirn_code_cache_known(pirn_code_cache *cache);

/* ---- Plugins ----------------------------------------------------------------------------------------------------- */

/* A shared library whose functions are those of interfaces. It is native code, with all the rights of this process. */
typedef struct pirn_plugin pirn_plugin;
/*
 * Loads the library, and finds in it the functions of all interfaces in `wit` (resolved; not needed afterwards), by the names
 * and with the prototypes that pirn-bindgen writes; resource types are the library's own. IO: it cannot be loaded;
 * UNLINKABLE: a function is missing; USAGE: a type that C functions cannot take; NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_plugin_open(const char *path, const pirn_wit *wit, pirn_plugin **out,
                                                      pirn_error *error);
/* Offers its interfaces. USAGE, NOMEM. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_plugin_define(const pirn_plugin *plugin, pirn_linker *linker, pirn_error *error);
/* After the linker and all that was prepared with it. */
PIRN_API void pirn_plugin_close(pirn_plugin *plugin);

/* ---- Running --------------------------------------------------------------------------------------------------- */

#define PIRN_NO_TIMEOUT UINT64_MAX

/*
 * Told once, from pirn_host_run(), when what was started has ended. `error` is valid during the callback. The
 * callback may start again, and may free the task or call.
 */
typedef void (*pirn_host_done)(void *user, pirn_status status, const pirn_error *error);

/*
 * Starts a call of a component's function (see pirn_task_start) that may wait; it runs now, until it first waits.
 * After `timeout_ns` of wall-clock time it ends EXHAUSTED, be it running or waiting (running code is stopped as
 * pirn_store_interrupt() says). NOMEM, or OK: then `done` will be told how it ends. Until then pirn_task_data()
 * belongs to the host. Not from within a host function.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_start(pirn_host *host, pirn_task *task,
                                                     const pirn_component_func *func, const void *args,
                                                     uint64_t timeout_ns, pirn_host_done done, void *user,
                                                     pirn_error *error);
/* The same for a function of a core module, with pirn_call_start() and pirn_call_data(). `store` is the call's. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_start_call(pirn_host *host, pirn_call *call, pirn_func *func,
                                                          const pirn_slot *args, uint64_t timeout_ns,
                                                          pirn_host_done done, void *user, pirn_error *error);
/* Runs what was started until all of it has ended. Not from within a host function or a callback. */
PIRN_API void pirn_host_run(pirn_host *host);
/* Lets go of what was started, without a callback: free the task, or the call, after it. */
PIRN_API void pirn_host_abandon_task(pirn_host *host, pirn_task *task);
PIRN_API void pirn_host_abandon_call(pirn_host *host, pirn_call *call);

/* As pirn_component_instantiate(); what runs then ends EXHAUSTED after `timeout_ns`. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_instantiate(pirn_host *host, const pirn_prepared *prepared,
                                                           pirn_store *store, pirn_host_context *context,
                                                           uint64_t timeout_ns, pirn_component_instance **out,
                                                           pirn_error *error);
/*
 * Runs a command: instantiates in `store`, calls the export run of wasi:cli/run, and runs the loop until that has
 * ended (with whatever else was started). OK: it ended by itself, and *exit_code is what it says. UNLINKABLE: there
 * is no such export. Otherwise how it failed; `error` may have a backtrace.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_run_command(pirn_host *host, const pirn_prepared *prepared,
                                                           pirn_store *store, pirn_host_context *context,
                                                           uint64_t timeout_ns, int *exit_code, pirn_error *error);
/*
 * Instantiates a core module whose imports are wasi_snapshot_preview1's; runs its start function, and the export
 * _initialize of one that is no command (neither may wait, and both end EXHAUSTED after `timeout_ns`). UNLINKABLE names
 * what the host does not have. Owned by the store.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_instantiate_module(pirn_host *host, const pirn_module *module,
                                                                  pirn_store *store, pirn_host_context *context, uint64_t timeout_ns,
                                                                  pirn_instance **out, pirn_error *error);
/* The same for a core module that imports wasi_snapshot_preview1 and exports `_start`. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_host_run_module(pirn_host *host, const pirn_module *module,
                                                          pirn_store *store, pirn_host_context *context,
                                                          uint64_t timeout_ns, int *exit_code, pirn_error *error);

#ifdef __cplusplus
}
#endif
