/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at the machine code of the optimised build: a hot handler neither calls nor uses the native stack, else every
 * instruction that it stands for would cost a multiple. Arguments: the library, the disassembler. Exit code 77: nothing to
 * disassemble with.
 */
#include "vm/exec/ir.h"
#include <stdio.h>
#include <string.h>

enum { SKIPPED = 77 };

static const char *const hot[] = {
#define VM_EACH_MEMBER(name, shape) "op_" #name,
#define IR_COLD(name, shape)
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

static bool is_hot(const char *name, size_t len)
{
    for (size_t i = 0; i < BASE_COUNT(hot); i++)
        if (strlen(hot[i]) == len && memcmp(hot[i], name, len) == 0)
            return true;
    return false;
}

/* On x86-64 and on ARM. */
static bool uses_the_stack(const char *line)
{
    static const char *const signs[] = {"\tpush", "\tcall", "(%rsp", "\tbl\t", "[sp"};
    for (size_t i = 0; i < BASE_COUNT(signs); i++)
        if (strstr(line, signs[i]) != NULL)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    char command[4096], line[1024], name[256] = "";
    if (argc != 3)
        return SKIPPED;
    snprintf(command, sizeof command, "'%s' -d --no-show-raw-insn '%s'", argv[2], argv[1]);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL)
        return SKIPPED;
    size_t seen = 0, failures = 0;
    bool is_in_hot = false;
    while (fgets(line, sizeof line, pipe) != NULL) {
        const char *open = strchr(line, '<'), *close = strstr(line, ">:");
        if (open != NULL && close != NULL && line[0] != ' ') {
            snprintf(name, sizeof name, "%.*s", (int)(close - open - 1), open + 1);
            is_in_hot = is_hot(name, strlen(name));
            seen += is_in_hot;
        } else if (is_in_hot && uses_the_stack(line)) {
            printf("%s: %s", name, line);
            failures++;
            is_in_hot = false;
        }
    }
    if (pclose(pipe) != 0)
        return SKIPPED;
    printf("%zu of %zu hot handlers seen, %zu use the stack\n", seen, BASE_COUNT(hot), failures);
    return seen == BASE_COUNT(hot) && failures == 0 ? 0 : 1;
}
