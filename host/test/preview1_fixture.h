/* SPDX-License-Identifier: Apache-2.0 */
/* A guest of preview 1 with a directory of its own, for tests, and the numbers that it speaks in. */
#pragma once

#include "host/test/core_guest.h"

/* Numbers of preview 1. */
enum {
    OK = 0,
    AGAIN = 6,
    BADF = 8,
    FAULT = 21,
    ILSEQ = 25,
    INVAL = 28,
    ISDIR = 31,
    NAMETOOLONG = 37,
    NOENT = 44,
    NOTDIR = 54,
    NOTSOCK = 57,
    NOTSUP = 58,
    PERM = 63,
    PIPE_ = 64,
    ROFS = 69,
    SPIPE = 70,
    NOTCAPABLE = 76,
};

enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { READ = HOST_P1_FD_READ, WRITE = HOST_P1_FD_WRITE };
enum { ROOT = 3, END = CORE_MEMORY_BYTES, OUT = 0x1000, TEXT = 0x2000, LIST = 0x3000, DATA = 0x4000 };

typedef struct fixture {
    char root[32];
    fake_world world;
    core_guest guest;
} fixture;

/* Its directory is called /root; it has two arguments, a variable A=b, the input "input", and 100 bytes of output. */
void set_up(fixture *f);
void set_up_with(fixture *f, pirn_dir_access access);
void tear_down(fixture *f);

/* Of the guest's memory. */
uint32_t load(const fixture *f, uint32_t address);
uint64_t load64(const fixture *f, uint32_t address);
/* Opens beneath the directory; the errno. */
uint32_t open_path(fixture *f, const char *path, uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd);
uint32_t must_open(fixture *f, const char *path, uint32_t oflags, uint64_t rights);
/* Both leave the count at OUT. */
uint32_t write_text(fixture *f, uint32_t fd, const char *text);
uint32_t read_text(fixture *f, uint32_t fd, uint32_t size); /* to DATA */
/* What was read last. */
void expect_text(const fixture *f, const char *text);
