/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs one command as a process of its own and says on file descriptor 3 what it took: seconds of CPU time, seconds from fork
 * to exit, the most memory that was resident (KiB), and how it ended (the exit code, or 128 + the signal).
 *
 *      measure CORE COMMAND [ARGS]         CORE: the CPU to be pinned to, or -
 *
 * A small program does this, not the script that asks, because a process begins its life with the memory of the one that it
 * was forked from, and that would be counted.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static int pin(const char *core)
{
    if (strcmp(core, "-") == 0)
        return 0;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)strtoul(core, NULL, 10), &set);
    return sched_setaffinity(0, sizeof set, &set);
}

int main(int argc, char **argv)
{
    if (argc < 3 || pin(argv[1]) != 0) {
        fprintf(stderr, "usage: measure CORE COMMAND [ARGS]\n");
        return 2;
    }
    double started = seconds_now();
    pid_t child = fork();
    if (child == 0) {
        close(3);
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("measure");
        return 1;
    }
    double wall = seconds_now() - started;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    dprintf(3, "%.6f %.6f %ld %d\n", seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), wall, usage.ru_maxrss,
            code);
    return 0;
}
