/* SPDX-License-Identifier: Apache-2.0 */
/* pirn, the program: finds the verb and hands it its arguments. The verbs are rows of the table below. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/help.h"
#include "cli/verbs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const cli_verb cli_verbs[] = {
    {
        .name = "run",
        .operands = "FILE [ARGS]",
        .summary = "run a component or a core module",
        .details =
            "Runs a component that exports wasi:cli/run, or a core module that imports wasi_snapshot_preview1 and\n"
            "exports _start. What follows FILE belongs to the guest. The guest gets its arguments and the standard\n"
            "streams; directories, environment variables and everything else only as the options say.",
        .examples = "  pirn run hello.wasm one two\n"
                    "  pirn run --dir data::/data:ro --env LANG tool.wasm /data/input\n"
                    "  pirn run --timeout 2s --max-memory 64MiB --fuel 1G job.wasm\n"
                    "  pirn run --invoke 'area({x: 2, y: 3})' shapes.wasm\n"
                    "  pirn run --plug service.wasm middleware.wasm\n",
        .options = cli_run_options,
        .stops_at_operand = true,
        .main = cli_run,
    },
    {
        .name = "repl",
        .operands = "FILE",
        .summary = "call functions of a component, one after the other",
        .details =
            "Makes one instance of a component and calls its exported functions, with values in the WebAssembly Value\n"
            "Encoding (WAVE). Resources stay in the session by name: r = counter(1) calls r what the constructor gives,\n"
            "r.add(3) is a method call, drop r ends its life. Behind a trap, restart makes a new instance. On a terminal\n"
            "lines can be edited and completed; a script on standard input prints results only, and the exit status is 1\n"
            "when a line has failed.",
        .examples = "  pirn repl lib.wasm\n"
                    "  echo 'greet(\"you\", true)' | pirn repl lib.wasm\n",
        .options = cli_repl_options,
        .main = cli_repl,
    },
    {
        .name = "validate",
        .operands = "FILE...",
        .summary = "check that components and modules are valid",
        .details =
            "Decodes and validates each file, whole. An error has its byte offset and, in a function body, the\n"
            "function. Says nothing about a valid file. Exit status 1 when a file is not valid.\n"
            "--explain shows how validation comes to its error: each instruction with the types of the operands\n"
            "before it, the lowest first, and the labels around it, the outermost first, with what a branch to them\n"
            "carries. Among the operands | is where a block begins, and * stands for whatever code that cannot be\n"
            "reached needs.",
        .examples = "  pirn validate hello.wasm\n"
                    "  pirn validate --json *.wasm\n"
                    "  pirn validate --features 2.0,-simd old.wasm\n"
                    "  pirn validate --explain --window 20 wrong.wat\n",
        .options = cli_validate_options,
        .main = cli_validate,
    },
    {
        .name = "inspect",
        .operands = "FILE",
        .summary = "describe a component or module",
        .details =
            "Prints what the file imports and exports, its sections with their sizes, and the core modules in it. With\n"
            "--cost also what its code comes to when it is translated, and what instances of it take in a pool.",
        .examples = "  pirn inspect hello.wasm\n"
                    "  pirn inspect --cost hello.wasm\n"
                    "  pirn inspect --json hello.wasm\n",
        .options = cli_inspect_options,
        .main = cli_inspect,
    },
    {
        .name = "componentize",
        .operands = "MODULE",
        .summary = "make a component of a core module",
        .details =
            "Makes a component of a core module whose imports and exports have the names of the Canonical ABI, as C\n"
            "compiled by clang with import_module and export_name has. Its types are those of a WIT world, or of the\n"
            "section that generators of bindings leave in the module. A module for preview 1 of WASI becomes a\n"
            "component with an adapter.",
        .examples = "  pirn componentize --wit wit --world hello --output hello.wasm hello.core.wasm\n"
                    "  pirn componentize --adapt wasi_snapshot_preview1.command.wasm --output tool.wasm tool.core.wasm\n",
        .options = cli_componentize_options,
        .main = cli_componentize,
    },
    {
        .name = "compose",
        .operands = "FILE",
        .summary = "make one component of several",
        .details =
            "Links imports of components to exports of others. With --plug, imports of FILE are linked to what the plugs\n"
            "export; with --define, those of the definitions, too. Versions fit as in \"pirn run\": exactly, else the highest\n"
            "of the same track. Imports that nothing gives are imports of the whole. For the general case there is a graph:\n"
            "lines \"name = file\", \"part [import] <- part [export]\" and \"export part [name [as name]]\".",
        .examples = "  pirn compose app.wasm --plug log.wasm --plug store.wasm --output whole.wasm\n"
                    "  pirn compose app.wasm -d store.wasm -d cache.wasm --output whole.wasm\n"
                    "  pirn compose --graph app.graph --output whole.wasm\n",
        .options = cli_compose_options,
        .main = cli_compose,
    },
    {
        .name = "parse",
        .operands = "FILE",
        .summary = "assemble the text of a module or component to a binary",
        .details =
            "Reads a module or a component in the text format and writes it as a binary, with identifiers as its name\n"
            "section. The binary is not validated. The other verbs take text as well as binaries.",
        .examples = "  pirn parse fac.wat\n"
                    "  pirn parse --output - fac.wat | wasm-objdump -d -\n",
        .options = cli_parse_options,
        .main = cli_parse,
    },
    {
        .name = "print",
        .operands = "FILE",
        .summary = "disassemble a module or component to text",
        .details =
            "Prints a module or a component in the text format. Assembled again, the text gives the same. With --ir every\n"
            "instruction is followed by the cells that the interpreter runs in its place: then the module must be valid,\n"
            "and --features and -W say for which engine; --ir and --offsets are for core modules.",
        .examples = "  pirn print fac.wasm\n"
                    "  pirn print --offsets --output fac.wat fac.wasm\n"
                    "  pirn print --ir -W fusion=off fac.wat\n",
        .options = cli_print_options,
        .main = cli_print,
    },
    {
        .name = "wit",
        .operands = "check|print|json|of|encode|targets|diff ...",
        .summary = "check, print and compare WIT",
        .details =
            "  check PATH               look up every name; say what is there, or what is wrong and where\n"
            "  print PATH               print packages as one text, docs and gates kept\n"
            "  json PATH                print the resolved packages as JSON\n"
            "  of COMPONENT             print the WIT of a component, from its types\n"
            "  encode PATH              write a package as a binary\n"
            "  targets COMPONENT WORLD  does the component fit into the world? If not, what is missing or different\n"
            "  diff BEFORE AFTER        is AFTER a compatible successor of BEFORE?\n\n"
            "PATH is a .wit file, a binary package, or a folder: its files are a package, and so are those of each\n"
            "folder in it and each file in deps/. WORLD is a name (command) or an id (wasi:cli/command@0.2.12) in the\n"
            "WIT that --wit names. Exit status 1: the WIT is wrong, the component does not fit, or the successor is\n"
            "not compatible.",
        .examples = "  pirn wit check wit\n"
                    "  pirn wit print --enable clocks-timezone wit\n"
                    "  pirn wit of hello.wasm\n"
                    "  pirn wit encode --output http.wasm --package wasi:http@0.2.12 wit\n"
                    "  pirn wit targets --wit wit hello.wasm wasi:cli/command@0.2.12\n"
                    "  pirn wit diff --json wit-0.2.0 wit-0.2.12 | jq .compatible\n",
        .options = cli_wit_options,
        .main = cli_wit,
    },
    {
        .name = "wast",
        .operands = "FILE|FOLDER...",
        .summary = "run test scripts",
        .details =
            "Runs the scripts (.wast) of the test suites of WebAssembly and of the Component Model, each with the\n"
            "features of the language that its folder was written for. Tells every command that failed, with what was expected and what came, then\n"
            "counts by folder. What needs a feature that this build does not have is skipped by the feature's name.\n"
            "Exit status 1 when a command failed.",
        .examples = "  pirn wast spec/memory.wast\n"
                    "  pirn wast --jobs 2 --expected known.txt spec\n"
                    "  pirn wast --json spec | jq .failed\n",
        .options = cli_wast_options,
        .main = cli_wast,
    },
    {
        .name = "completion",
        .operands = "bash|zsh|fish|man",
        .summary = "print a shell's completion script, or the manual page",
        .details =
            "Prints the script that completes pirn's verbs and options in the shell named, or the manual page.",
        .examples = "  pirn completion bash > /etc/bash_completion.d/pirn\n"
                    "  pirn completion man | man -l -\n",
        .options = cli_complete_options,
        .main = cli_complete,
    },
};
const size_t cli_verb_count = sizeof cli_verbs / sizeof cli_verbs[0];

const cli_option cli_complete_options[] = {
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

int cli_complete(const cli_args *args)
{
    const char *what = args->operand_count == 1 ? args->operands[0] : "";
    if (strcmp(what, "man") == 0) {
        cli_manual(stdout);
        return CLI_OK;
    }
    if (cli_completion(stdout, what))
        return CLI_OK;
    fprintf(stderr, "pirn completion: say one of bash, zsh, fish, man\n");
    return CLI_USAGE;
}

static const cli_verb *find_verb(const char *name)
{
    for (size_t i = 0; i < cli_verb_count; i++) {
        if (strcmp(cli_verbs[i].name, name) == 0)
            return &cli_verbs[i];
    }
    return NULL;
}

static int run_verb(const cli_verb *verb, int argc, char **argv)
{
    cli_args args;
    int code = CLI_USAGE;
    if (cli_args_parse(&args, verb, argc, argv)) {
        if (cli_has(&args, "help")) {
            cli_help_verb(stdout, verb);
            code = CLI_OK;
        } else if (cli_features_help(&args)) {
            code = CLI_OK;
        } else {
            code = verb->main(&args);
        }
    }
    cli_args_done(&args);
    return code;
}

static int unknown_verb(const char *word)
{
    const char *names[sizeof cli_verbs / sizeof cli_verbs[0]];
    for (size_t i = 0; i < cli_verb_count; i++)
        names[i] = cli_verbs[i].name;
    const char *nearest = cli_nearest(word, names, cli_verb_count);
    fprintf(stderr, "pirn: '%s' is neither a verb nor a file", word);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\nTry 'pirn --help'.\n");
    return CLI_USAGE;
}

/* `pirn FILE` is `pirn run FILE`: an option goes to run, and a word that is no verb must look like a file. */
static bool is_for_run(const char *word)
{
    struct stat info;
    return strncmp(word, "--", 2) == 0 || strpbrk(word, "/.") != NULL || stat(word, &info) == 0;
}

/* A standard stream that is closed would be the next file to be opened, for the guest to read from or write to. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(CLI_FAILURE);
    }
}

/* What was printed must have arrived: a full disk is a failure. */
static int finish_output(int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return code;
    fprintf(stderr, "pirn: standard output: %s\n", errno != 0 ? strerror(errno) : "cannot be written");
    return code == CLI_OK ? CLI_FAILURE : code;
}

static int run_words(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "--help";
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("pirn %s\n", pirn_version());
        return CLI_OK;
    }
    if (argc > 2 && strcmp(word, "help") == 0) {
        const cli_verb *named = find_verb(argv[2]);
        if (named == NULL)
            return unknown_verb(argv[2]);
        cli_help_verb(stdout, named);
        return CLI_OK;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        cli_help(argc > 1 ? stdout : stderr);
        return argc > 1 ? CLI_OK : CLI_USAGE;
    }
    const cli_verb *verb = find_verb(word);
    if (verb != NULL)
        return run_verb(verb, argc - 2, argv + 2);
    return is_for_run(word) ? run_verb(find_verb("run"), argc - 1, argv + 1) : unknown_verb(word);
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    return finish_output(run_words(argc, argv));
}
