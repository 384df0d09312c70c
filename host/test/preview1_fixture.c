/* SPDX-License-Identifier: Apache-2.0 */
#include "host/test/preview1_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *root_wanted; /* for configure() */
static pirn_dir_access access_wanted;

static void configure(pirn_host_config *config)
{
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("program"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("x"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_env(config, PIRN_STR("A"), PIRN_STR("b"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_input(config, "input", 5, NULL), PIRN_OK);
    pirn_host_config_capture(config, PIRN_STDOUT, 100);
    assert_int_equal(pirn_host_config_dir(config, pirn_str_of(root_wanted), PIRN_STR("/root"), access_wanted, NULL),
                     PIRN_OK);
}

void set_up_with(fixture *f, pirn_dir_access access)
{
    snprintf(f->root, sizeof f->root, "/tmp/pirn-test-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    root_wanted = f->root;
    access_wanted = access;
    fake_world_init(&f->world, configure);
    core_guest_init(&f->guest, &f->world);
}

void set_up(fixture *f)
{
    set_up_with(f, PIRN_DIR_READ_WRITE);
}

void tear_down(fixture *f)
{
    char command[64];
    core_guest_done(&f->guest);
    fake_world_done(&f->world);
    snprintf(command, sizeof command, "rm -r %s", f->root);
    assert_int_equal(system(command), 0);
}

uint32_t load(const fixture *f, uint32_t address)
{
    return base_load_u32(f->guest.memory + address);
}

uint64_t load64(const fixture *f, uint32_t address)
{
    return base_load_u64(f->guest.memory + address);
}

uint32_t open_path(fixture *f, const char *path, uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd)
{
    core_put(&f->guest, TEXT, path);
    uint32_t number = CORE(&f->guest, path_open, ROOT, 0, TEXT, strlen(path), oflags, rights, 0, fdflags, OUT);
    *fd = load(f, OUT);
    return number;
}

uint32_t must_open(fixture *f, const char *path, uint32_t oflags, uint64_t rights)
{
    uint32_t fd;
    assert_int_equal(open_path(f, path, oflags, rights, 0, &fd), OK);
    return fd;
}

uint32_t write_text(fixture *f, uint32_t fd, const char *text)
{
    core_put(&f->guest, DATA, text);
    core_put_vector(&f->guest, LIST, DATA, (uint32_t)strlen(text));
    return CORE(&f->guest, fd_write, fd, LIST, 1, OUT);
}

/* Reads at most `size` bytes to DATA; OUT has the count. */
uint32_t read_text(fixture *f, uint32_t fd, uint32_t size)
{
    core_put_vector(&f->guest, LIST, DATA, size);
    return CORE(&f->guest, fd_read, fd, LIST, 1, OUT);
}

void expect_text(const fixture *f, const char *text)
{
    assert_int_equal(load(f, OUT), strlen(text));
    assert_memory_equal(f->guest.memory + DATA, text, strlen(text));
}
