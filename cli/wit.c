/* SPDX-License-Identifier: Apache-2.0 */
/* pirn wit: one verb with verbs of its own, which are rows of a table. */
#include "cli/wit.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/verbs.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

const cli_option cli_wit_options[] = {
    {"json", NULL, "answer as JSON (check, targets, diff)"},
    {"enable", "FEATURES", "items under @unstable with these features exist, too: a,b or all"},
    {"output", "FILE", "where print, of and encode write to (\"-\": standard output)"},
    {"package", "ID", "which package print and encode take, when there are several"},
    {"deps", NULL, "print and json: also the packages in deps/"},
    {"wit", "PATH", "targets: where the world is; without it, the folder wit"},
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

/* --- output --- */

static bool write_to(void *data, const char *text, size_t size)
{
    return fwrite(text, 1, size, data) == size;
}

/* --output, or standard output; NULL: it cannot be opened, and that was said. */
static FILE *open_output(const cli_args *args)
{
    const char *path = cli_value(args, "output");
    if (path == NULL || strcmp(path, "-") == 0)
        return stdout;
    FILE *out = fopen(path, "wb");
    if (out == NULL)
        fprintf(stderr, "pirn wit: %s: %s\n", path, strerror(errno));
    return out;
}

static int close_output(const cli_args *args, FILE *out, int code)
{
    if (out == stdout || fclose(out) == 0)
        return code;
    fprintf(stderr, "pirn wit: %s: %s\n", cli_value(args, "output"), strerror(errno));
    return CLI_FAILURE;
}

static int print_json(json_t *object)
{
    bool ok = object != NULL && json_dumpf(object, stdout, JSON_INDENT(2)) == 0;
    putchar('\n');
    json_decref(object);
    if (!ok)
        fprintf(stderr, "pirn wit: out of memory\n");
    return ok ? CLI_OK : CLI_FAILURE;
}

/* --- check, print, json, of, encode --- */

static int check(const cli_args *args, char **operands)
{
    cli_wit_set wit = {0};
    int code = cli_wit_load(&wit, args, operands[0]) ? CLI_OK : CLI_FAILURE;
    if (code == CLI_OK && cli_has(args, "json"))
        code = print_json(json_pack("{s:b, s:i}", "valid", 1, "packages", (int)pirn_wit_package_count(wit.wit)));
    for (size_t i = 0; code == CLI_OK && !cli_has(args, "json") && i < pirn_wit_package_count(wit.wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit.wit, i);
        pirn_str id = pirn_wit_package_id(package);
        size_t interfaces = pirn_wit_package_interface_count(package), worlds = pirn_wit_package_world_count(package);
        printf("%.*s: %zu interface%s, %zu world%s\n", (int)id.len, id.data, interfaces, interfaces == 1 ? "" : "s",
               worlds, worlds == 1 ? "" : "s");
    }
    cli_wit_done(&wit);
    return code;
}

/* The chosen package, or all that are no dependencies. */
static bool is_chosen(const cli_args *args, const pirn_wit_package *package)
{
    const char *id = cli_value(args, "package");
    if (id != NULL)
        return pirn_str_eq(pirn_wit_package_id(package), pirn_str_of(id));
    return cli_has(args, "deps") || !cli_wit_is_dependency(package);
}

static int no_such_package(const cli_args *args)
{
    const char *id = cli_value(args, "package");
    fprintf(stderr, "pirn wit: there is no package%s%s\n", id != NULL ? " " : "", id != NULL ? id : "");
    return CLI_FAILURE;
}

/* The first package as the text's own, the others nested in it. */
static int print_packages(const cli_args *args, const cli_wit_set *wit)
{
    pirn_status status = PIRN_OK;
    bool is_nested = false;
    FILE *out = open_output(args);
    if (out == NULL)
        return CLI_FAILURE;
    for (size_t i = 0; status == PIRN_OK && i < pirn_wit_package_count(wit->wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit->wit, i);
        if (!is_chosen(args, package))
            continue;
        fputs(is_nested ? "\n" : "", out);
        status = pirn_wit_print_package(wit->wit, package, is_nested, write_to, out, wit->error);
        is_nested = true;
    }
    int code = status == PIRN_OK ? CLI_OK : cli_wit_report(wit, status);
    if (code == CLI_OK && !is_nested)
        code = no_such_package(args);
    return close_output(args, out, code);
}

static int print(const cli_args *args, char **operands)
{
    cli_wit_set wit = {0};
    int code = cli_wit_load(&wit, args, operands[0]) ? print_packages(args, &wit) : CLI_FAILURE;
    cli_wit_done(&wit);
    return code;
}

static int of(const cli_args *args, char **operands)
{
    cli_wit_set wit = {0};
    int code = CLI_FAILURE;
    if (cli_wit_of(&wit, args, operands[0]))
        code = cli_has(args, "json") ? print_json(cli_wit_json(wit.wit, true)) : print_packages(args, &wit);
    cli_wit_done(&wit);
    return code;
}

static int to_json(const cli_args *args, char **operands)
{
    cli_wit_set wit = {0};
    int code = CLI_FAILURE;
    if (cli_wit_load(&wit, args, operands[0]))
        code = print_json(cli_wit_json(wit.wit, cli_has(args, "deps")));
    cli_wit_done(&wit);
    return code;
}

static int encode_package(const cli_args *args, const cli_wit_set *wit)
{
    const pirn_wit_package *chosen = NULL;
    for (size_t i = 0; i < pirn_wit_package_count(wit->wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit->wit, i);
        if (!is_chosen(args, package))
            continue;
        if (chosen != NULL) {
            fprintf(stderr, "pirn wit: there are several packages; say which one with --package\n");
            return CLI_USAGE;
        }
        chosen = package;
    }
    if (chosen == NULL)
        return no_such_package(args);
    FILE *out = open_output(args);
    if (out == NULL)
        return CLI_FAILURE;
    pirn_status status = pirn_wit_encode_package(wit->wit, chosen, write_to, out, wit->error);
    return close_output(args, out, status == PIRN_OK ? CLI_OK : cli_wit_report(wit, status));
}

static int encode(const cli_args *args, char **operands)
{
    cli_wit_set wit = {0};
    int code = cli_wit_load(&wit, args, operands[0]) ? encode_package(args, &wit) : CLI_FAILURE;
    cli_wit_done(&wit);
    return code;
}

/* --- targets, diff --- */

/* The differences that were found, told at once or as JSON in the end. */
typedef struct differences {
    json_t *list; /* NULL: they are printed */
    size_t count, breaking;
} differences;

static const char *const change_names[] = {
    [PIRN_WIT_ADDED] = "added", [PIRN_WIT_REMOVED] = "removed", [PIRN_WIT_CHANGED] = "changed"};

static bool tell(void *data, const pirn_wit_difference *d)
{
    differences *all = data;
    all->count++;
    all->breaking += d->breaks;
    if (all->list != NULL) {
        json_t *object = json_pack("{s:s, s:b, s:o, s:o, s:o}", "change", change_names[d->change], "breaks",
                                   d->breaks, "owner", cli_json_text(d->owner), "item", cli_json_text(d->item),
                                   "message", cli_json_text(pirn_str_of(d->message)));
        json_array_append_new(all->list, object);
        return true;
    }
    printf("%s ", d->breaks ? "!" : "+");
    cli_print_text(stdout, d->owner);
    fputs(d->item.len > 0 ? " " : "", stdout);
    cli_print_text(stdout, d->item);
    fputs(": ", stdout);
    cli_print_text(stdout, pirn_str_of(d->message));
    putchar('\n');
    return true;
}

static bool same_package(const pirn_wit_package *a, const pirn_wit_package *b)
{
    return pirn_str_eq(pirn_wit_package_space(a), pirn_wit_package_space(b)) &&
           pirn_str_eq(pirn_wit_package_name(a), pirn_wit_package_name(b));
}

/* The same version, else any. */
static const pirn_wit_package *find_package(const cli_wit_set *wit, const pirn_wit_package *like)
{
    const pirn_wit_package *found = pirn_wit_find_package(wit->wit, pirn_wit_package_id(like));
    for (size_t i = 0; found == NULL && i < pirn_wit_package_count(wit->wit); i++) {
        if (same_package(pirn_wit_package_at(wit->wit, i), like))
            found = pirn_wit_package_at(wit->wit, i);
    }
    return found;
}

static pirn_status diff_packages(const cli_wit_set *before, const cli_wit_set *after, differences *all)
{
    pirn_status status = PIRN_OK;
    for (size_t i = 0; status == PIRN_OK && i < pirn_wit_package_count(before->wit); i++) {
        const pirn_wit_package *a = pirn_wit_package_at(before->wit, i), *b = find_package(after, a);
        pirn_wit_difference gone = {PIRN_WIT_REMOVED, true, pirn_wit_package_id(a), PIRN_STR(""),
                                    "this package is gone"};
        if (b != NULL)
            status = pirn_wit_diff_packages(a, b, tell, all, after->error);
        else if (!cli_wit_is_dependency(a))
            tell(all, &gone);
    }
    for (size_t i = 0; status == PIRN_OK && i < pirn_wit_package_count(after->wit); i++) {
        const pirn_wit_package *b = pirn_wit_package_at(after->wit, i);
        pirn_wit_difference added = {PIRN_WIT_ADDED, false, pirn_wit_package_id(b), PIRN_STR(""),
                                     "this package is new"};
        if (find_package(before, b) == NULL && !cli_wit_is_dependency(b))
            tell(all, &added);
    }
    return status;
}

/* "SUBJECT is a compatible successor of OBJECT", or not. */
typedef struct verdict {
    const char *subject, *good, *bad, *object;
    const char *key; /* in JSON */
} verdict;

static int tell_verdict(const differences *all, const verdict *v)
{
    bool is_good = all->breaking == 0;
    if (all->list == NULL) {
        printf("%s %s %s\n", v->subject, is_good ? v->good : v->bad, v->object);
        return is_good ? CLI_OK : CLI_FAILURE;
    }
    int code =
        print_json(json_pack("{s:b, s:b, s:O}", v->key, is_good, "equal", all->count == 0, "differences", all->list));
    return is_good ? code : CLI_FAILURE;
}

static int diff(const cli_args *args, char **operands)
{
    cli_wit_set before = {0}, after = {0};
    differences all = {.list = cli_has(args, "json") ? json_array() : NULL};
    int code = CLI_FAILURE;
    if (cli_wit_load(&before, args, operands[0]) && cli_wit_load(&after, args, operands[1])) {
        pirn_status status = diff_packages(&before, &after, &all);
        code = status != PIRN_OK
                   ? cli_wit_report(&after, status)
                   : tell_verdict(&all,
                                  &(verdict){operands[1], all.count == 0 ? "equals" : "is a compatible successor of",
                                             "is no compatible successor of", operands[0], "compatible"});
    }
    json_decref(all.list);
    cli_wit_done(&before);
    cli_wit_done(&after);
    return code;
}

/* By id, or by name among the packages that are no dependencies; else among all. */
static const pirn_wit_world *find_world(const cli_wit_set *wit, const char *name)
{
    const pirn_wit_world *found = pirn_wit_find_world(wit->wit, pirn_str_of(name)), *other = NULL;
    for (size_t i = 0; found == NULL && i < pirn_wit_package_count(wit->wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit->wit, i);
        for (size_t j = 0; found == NULL && j < pirn_wit_package_world_count(package); j++) {
            const pirn_wit_world *world = pirn_wit_package_world(package, j);
            if (!pirn_str_eq(pirn_wit_world_name(world), pirn_str_of(name)))
                continue;
            if (cli_wit_is_dependency(package))
                other = world;
            else
                found = world;
        }
    }
    return found != NULL ? found : other;
}

static int fit(const cli_args *args, const cli_wit_set *component, const cli_wit_set *wit, const char *name)
{
    const pirn_wit_world *world = find_world(wit, name);
    if (world == NULL) {
        fprintf(stderr, "pirn wit: there is no world %s\n", name);
        return CLI_FAILURE;
    }
    differences all = {.list = cli_has(args, "json") ? json_array() : NULL};
    const pirn_wit_world *root = pirn_wit_find_world(component->wit, PIRN_STR("root:component/root"));
    pirn_status status = pirn_wit_fit_world(root, world, tell, &all, wit->error);
    int code = status != PIRN_OK
                   ? cli_wit_report(wit, status)
                   : tell_verdict(&all, &(verdict){args->operands[1], "targets", "does not target", name, "fits"});
    json_decref(all.list);
    return code;
}

static int targets(const cli_args *args, char **operands)
{
    const char *path = cli_value(args, "wit");
    cli_wit_set component = {0}, wit = {0};
    int code = CLI_FAILURE;
    if (cli_wit_of(&component, args, operands[0]) && cli_wit_load(&wit, args, path != NULL ? path : "wit"))
        code = fit(args, &component, &wit, operands[1]);
    cli_wit_done(&component);
    cli_wit_done(&wit);
    return code;
}

/* --- the verb --- */

static const struct {
    const char *name, *operands;
    size_t operand_count;
    int (*main)(const cli_args *args, char **operands);
} verbs[] = {
    {"check", "PATH", 1, check},       {"print", "PATH", 1, print},   {"json", "PATH", 1, to_json},
    {"of", "COMPONENT", 1, of},        {"encode", "PATH", 1, encode}, {"targets", "COMPONENT WORLD", 2, targets},
    {"diff", "BEFORE AFTER", 2, diff},
};

int cli_wit(const cli_args *args)
{
    enum { COUNT = sizeof verbs / sizeof verbs[0] };
    const char *word = args->operand_count > 0 ? args->operands[0] : "", *names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        names[i] = verbs[i].name;
        if (strcmp(verbs[i].name, word) != 0)
            continue;
        if (args->operand_count == verbs[i].operand_count + 1)
            return verbs[i].main(args, args->operands + 1);
        fprintf(stderr, "pirn wit: usage: pirn wit %s [OPTIONS] %s\n", verbs[i].name, verbs[i].operands);
        return CLI_USAGE;
    }
    const char *nearest = word[0] != '\0' ? cli_nearest(word, names, COUNT) : NULL;
    fprintf(stderr, "pirn wit: ");
    if (nearest != NULL)
        fprintf(stderr, "unknown verb '%s'; did you mean '%s'?\n", word, nearest);
    else
        fprintf(stderr, "say check, print, json, of, encode, targets or diff. Try 'pirn wit --help'.\n");
    return CLI_USAGE;
}
