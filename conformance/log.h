/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What came of the commands of a script, as bytes, so that it can be sent from one process to another as it
 * happens. One record is
 *
 *   +---------+--------+----------+------------+----------+----------+----------+
 *   | outcome | line   | length   | command    | length   | expected | ...      |   numbers: uint32_t
 *   +---------+--------+----------+------------+----------+----------+----------+
 *
 * A record that a command begins comes before it, so that whoever reads knows where a process ended that says no
 * more.
 */
#pragma once

#include "vm/text/lexer.h"
#include <pirn/conformance.h>

typedef struct wast_log {
    int fd;      /* where records go when the next command begins; -1: they stay in `bytes` */
    bool failed; /* out of memory, or nobody reads */
    BASE_VEC(char) bytes;
} wast_log;

void wast_log_init(wast_log *log, int fd);
void wast_log_done(wast_log *log);
void wast_log_begin(wast_log *log, uint32_t line, pirn_str word);
void wast_log_add(wast_log *log, pirn_wast_outcome outcome, uint32_t line, const char *command, const char *expected,
                  const char *actual);
/* Appends all records of another log. */
void wast_log_append(wast_log *log, const wast_log *other);
/* Sends what is left, if there is an fd. */
void wast_log_flush(wast_log *log);

/* A record as it is read; strings point into the bytes and end with a NUL. */
typedef struct wast_record {
    bool is_begin;
    pirn_wast_event event;
} wast_record;
/* Reads the record at *at and moves there; false when there is none that is complete. */
bool wast_log_read(const char *bytes, size_t size, size_t *at, wast_record *out);
