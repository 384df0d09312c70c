/* SPDX-License-Identifier: Apache-2.0 */
/* Files, packages, interfaces and worlds; the tools that all of the parser uses. */
#include "wit/parse.h"

/* Words that are names only with a '%' in front. */
static const char *const keywords[] = {
    "as",  "async",  "bool",   "borrow",  "char",   "constructor", "enum",     "export",    "f32",
    "f64", "flags",  "from",   "func",    "future", "import",      "include",  "interface", "list",
    "map", "option", "own",    "package", "record", "result",      "resource", "s16",       "s32",
    "s64", "s8",     "static", "stream",  "string", "tuple",       "type",     "u16",       "u32",
    "u64", "u8",     "use",    "variant", "with",   "world",
};

static bool word_is(pirn_str text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

bool wit_is_keyword(pirn_str text)
{
    for (size_t i = 0; i < BASE_COUNT(keywords); i++) {
        if (word_is(text, keywords[i]))
            return true;
    }
    return false;
}

pirn_status wit_parse_fail(wit_parser *p, const char *expected)
{
    const wit_token *token = &p->token;
    wit_place at = token->place;
    if (token->kind == WIT_TOKEN_END)
        return base_fail_at(p->error, PIRN_MALFORMED, at.line, at.column, "expected %s, found the end of the file",
                            expected);
    if (token->kind == WIT_TOKEN_WORD && !token->is_escaped && wit_is_keyword(token->text))
        return base_fail_at(p->error, PIRN_MALFORMED, at.line, at.column, "expected %s, found keyword `%.*s`",
                            expected, PIRN_STR_ARG(token->text));
    return base_fail_at(p->error, PIRN_MALFORMED, at.line, at.column, "expected %s, found `%.*s`", expected,
                        (int)(token->text.len < 80 ? token->text.len : 80), token->text.data);
}

pirn_status wit_parse_advance(wit_parser *p)
{
    return wit_lexer_next(&p->lexer, &p->token);
}

pirn_status wit_parse_expect(wit_parser *p, int kind, const char *expected)
{
    if (p->token.kind != kind)
        return wit_parse_fail(p, expected);
    return wit_parse_advance(p);
}

bool wit_parse_at_word(const wit_parser *p, const char *word)
{
    return p->token.kind == WIT_TOKEN_WORD && !p->token.is_escaped && word_is(p->token.text, word);
}

pirn_status wit_parse_id(wit_parser *p, const char *expected, wit_id *id)
{
    const wit_token *token = &p->token;
    if (token->kind != WIT_TOKEN_WORD)
        return wit_parse_fail(p, expected);
    if (!token->is_escaped && wit_is_keyword(token->text))
        return base_fail_at(p->error, PIRN_MALFORMED, token->place.line, token->place.column,
                            "expected %s, found keyword `%.*s`; as a name it is written `%%%.*s`", expected,
                            PIRN_STR_ARG(token->text), PIRN_STR_ARG(token->text));
    *id = (wit_id){token->text, token->place};
    return wit_parse_advance(p);
}

pirn_status wit_parse_docs(wit_parser *p, pirn_str *docs)
{
    *docs = wit_lexer_docs(&p->lexer, &p->token, p->arena);
    return docs->data == NULL ? base_nomem(p->error) : PIRN_OK;
}

pirn_status wit_parse_new_member(wit_parser *p, wit_ast_member **out)
{
    wit_ast_member *member = base_arena_zero(p->arena, sizeof *member);
    if (member == NULL)
        return base_nomem(p->error);
    *out = member;
    PIRN_TRY(wit_parse_docs(p, &member->docs));
    return wit_parse_id(p, "a name", &member->name);
}

static pirn_status new_item(wit_parser *p, wit_ast_item **out)
{
    wit_ast_item *item = base_arena_zero(p->arena, sizeof *item);
    if (item == NULL)
        return base_nomem(p->error);
    item->place = p->token.place;
    *out = item;
    return PIRN_OK;
}

/* --- gates --- */

static pirn_status parse_version(wit_parser *p, pirn_str *version)
{
    PIRN_TRY(wit_lexer_version(&p->lexer, &p->token, version));
    return wit_parse_advance(p);
}

static pirn_status gate_twice(wit_parser *p, const wit_token *name)
{
    return base_fail_at(p->error, PIRN_MALFORMED, name->place.line, name->place.column, "`@%.*s` is there twice",
                        PIRN_STR_ARG(name->text));
}

/* `(word = `, the beginning of every gate's argument. */
static pirn_status parse_gate_key(wit_parser *p, const char *word)
{
    PIRN_TRY(wit_parse_expect(p, '(', "`(`"));
    if (!wit_parse_at_word(p, word))
        return wit_parse_fail(p, word[0] == 'v' ? "`version`" : "`feature`");
    PIRN_TRY(wit_parse_advance(p));
    return p->token.kind == '=' ? wit_parse_advance(p) : wit_parse_fail(p, "`=`");
}

/* `("..")` behind `@external-id`. */
static pirn_status parse_external_id(wit_parser *p, wit_ast_item *item)
{
    wit_token name = p->token;
    if (item->external_id.data != NULL)
        return gate_twice(p, &name);
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(wit_parse_expect(p, '(', "`(`"));
    if (p->token.kind != WIT_TOKEN_STRING)
        return wit_parse_fail(p, "a string");
    PIRN_TRY(wit_lexer_check_string(&p->lexer, &p->token));
    item->external_id = p->token.text;
    PIRN_TRY(wit_parse_advance(p));
    return wit_parse_expect(p, ')', "`)`");
}

/* At the word behind '@'. */
static pirn_status parse_gate(wit_parser *p, wit_gate *gate)
{
    wit_token name = p->token;
    bool is_since = wit_parse_at_word(p, "since"), is_unstable = wit_parse_at_word(p, "unstable");
    if (!is_since && !is_unstable && !wit_parse_at_word(p, "deprecated"))
        return wit_parse_fail(p, "`since`, `unstable`, `deprecated` or `external-id`");
    pirn_str *slot = is_since ? &gate->since : is_unstable ? &gate->unstable : &gate->deprecated;
    if (slot->len > 0)
        return gate_twice(p, &name);
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_gate_key(p, is_unstable ? "feature" : "version"));
    if (is_unstable) {
        wit_id feature;
        PIRN_TRY(wit_parse_id(p, "a feature", &feature));
        *slot = feature.text;
    } else {
        PIRN_TRY(parse_version(p, slot));
    }
    return wit_parse_expect(p, ')', "`)`");
}

static pirn_status parse_gates(wit_parser *p, wit_ast_item *item)
{
    wit_gate *gate = &item->gate;
    gate->place = p->token.place;
    while (p->token.kind == '@') {
        PIRN_TRY(wit_parse_advance(p));
        if (wit_parse_at_word(p, "external-id"))
            PIRN_TRY(parse_external_id(p, item));
        else
            PIRN_TRY(parse_gate(p, gate));
    }
    if (gate->since.len > 0 && gate->unstable.len > 0)
        return base_fail_at(p->error, PIRN_MALFORMED, gate->place.line, gate->place.column,
                            "an item is either `@since` a version or `@unstable`");
    if (gate->deprecated.len > 0 && gate->since.len == 0 && gate->unstable.len == 0)
        return base_fail_at(p->error, PIRN_MALFORMED, gate->place.line, gate->place.column,
                            "`@deprecated` needs `@since` or `@unstable` beside it");
    return PIRN_OK;
}

/* Doc comments may stand before the gates, between them and the item, or both: the first ones count. */
pirn_status wit_parse_item_head(wit_parser *p, wit_ast_item **item)
{
    PIRN_TRY(new_item(p, item));
    PIRN_TRY(wit_parse_docs(p, &(*item)->docs));
    PIRN_TRY(parse_gates(p, *item));
    (*item)->place = p->token.place;
    return (*item)->docs.len == 0 ? wit_parse_docs(p, &(*item)->docs) : PIRN_OK;
}

/* --- paths --- */

static pirn_status parse_path_version(wit_parser *p, wit_path *path)
{
    if (p->token.kind != '@')
        return PIRN_OK;
    PIRN_TRY(wit_parse_advance(p));
    return parse_version(p, &path->version);
}

/* The rest of `space:package/item@version`, behind `space:`. */
static pirn_status parse_full_path(wit_parser *p, wit_path *path)
{
    PIRN_TRY(wit_parse_id(p, "the name of a package", &path->package));
    PIRN_TRY(wit_parse_expect(p, '/', "`/`"));
    PIRN_TRY(wit_parse_id(p, "the name of an interface or world", &path->item));
    return parse_path_version(p, path);
}

/* `item` or `space:package/item@version`. */
static pirn_status parse_path(wit_parser *p, wit_path *path)
{
    wit_id first;
    path->place = p->token.place;
    PIRN_TRY(wit_parse_id(p, "a name", &first));
    if (p->token.kind != ':') {
        path->item = first;
        return PIRN_OK;
    }
    path->space = first;
    PIRN_TRY(wit_parse_advance(p));
    return parse_full_path(p, path);
}

/* `space:package@version`, behind `package`. */
static pirn_status parse_package_path(wit_parser *p, wit_path *path)
{
    path->place = p->token.place;
    PIRN_TRY(wit_parse_id(p, "the namespace of a package", &path->space));
    PIRN_TRY(wit_parse_expect(p, ':', "`:`"));
    PIRN_TRY(wit_parse_id(p, "the name of a package", &path->package));
    return parse_path_version(p, path);
}

/* --- use and include --- */

/* `a`, `a as b`, separated by commas, up to and with the closing brace. */
static pirn_status parse_renames(wit_parser *p, bool needs_as, wit_ast_member **tail)
{
    PIRN_TRY(wit_parse_expect(p, '{', "`{`"));
    while (p->token.kind != '}') {
        wit_ast_member *member = NULL;
        PIRN_TRY(wit_parse_new_member(p, &member));
        if (wit_parse_at_word(p, "as")) {
            PIRN_TRY(wit_parse_advance(p));
            PIRN_TRY(wit_parse_id(p, "a name", &member->as));
        } else if (needs_as) {
            return wit_parse_fail(p, "`as`");
        } else {
            member->as = member->name;
        }
        *tail = member;
        tail = &member->next;
        if (p->token.kind != ',')
            break;
        PIRN_TRY(wit_parse_advance(p));
    }
    return wit_parse_expect(p, '}', "`,` or `}`");
}

/* `use path.{a, b as c};` */
static pirn_status parse_use(wit_parser *p, wit_ast_item *item)
{
    item->kind = WIT_AST_USE;
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_path(p, &item->path));
    PIRN_TRY(wit_parse_expect(p, '.', "`.`"));
    if (p->token.kind != '{')
        return wit_parse_fail(p, "`{`");
    PIRN_TRY(parse_renames(p, false, &item->members));
    if (item->members == NULL)
        return base_fail_at(p->error, PIRN_MALFORMED, item->place.line, item->place.column, "`use` names no type");
    return wit_parse_expect(p, ';', "`;`");
}

/* `use path;` or `use path as name;` */
static pirn_status parse_top_use(wit_parser *p, wit_ast_item *item)
{
    item->kind = WIT_AST_TOP_USE;
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_path(p, &item->path));
    item->name = item->path.item;
    if (wit_parse_at_word(p, "as")) {
        PIRN_TRY(wit_parse_advance(p));
        PIRN_TRY(wit_parse_id(p, "a name", &item->name));
    }
    return wit_parse_expect(p, ';', "`;`");
}

/* `include path;` or `include path with { a as b };` */
static pirn_status parse_include(wit_parser *p, wit_ast_item *item)
{
    item->kind = WIT_AST_INCLUDE;
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_path(p, &item->path));
    if (!wit_parse_at_word(p, "with"))
        return wit_parse_expect(p, ';', "`with` or `;`");
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_renames(p, true, &item->members));
    return p->token.kind == ';' ? wit_parse_advance(p) : PIRN_OK;
}

/* --- interfaces and worlds --- */

static pirn_status parse_interface_item(wit_parser *p, wit_ast_item **out)
{
    PIRN_TRY(wit_parse_item_head(p, out));
    wit_ast_item *item = *out;
    if (wit_parse_at_word(p, "use"))
        return parse_use(p, item);
    bool done;
    PIRN_TRY(wit_parse_typedef(p, item, &done));
    if (done)
        return PIRN_OK;
    PIRN_TRY(wit_parse_id(p, "a type, a function, `use` or `}`", &item->name));
    PIRN_TRY(wit_parse_expect(p, ':', "`:`"));
    PIRN_TRY(wit_parse_signature(p, item));
    return wit_parse_expect(p, ';', "`;`");
}

static pirn_status parse_interface_body(wit_parser *p, wit_ast_item *interface)
{
    PIRN_TRY(wit_parse_expect(p, '{', "`{`"));
    wit_ast_item **tail = &interface->children;
    while (p->token.kind != '}') {
        PIRN_TRY(parse_interface_item(p, tail));
        tail = &(*tail)->next;
    }
    return wit_parse_advance(p);
}

/* What stands behind `import name:`: a function or an interface of its own. */
static pirn_status parse_inline_item(wit_parser *p, wit_ast_item *item)
{
    PIRN_TRY(new_item(p, &item->children));
    wit_ast_item *child = item->children;
    child->name = item->name;
    child->docs = item->docs;
    child->gate = item->gate;
    child->external_id = item->external_id;
    if (wit_parse_at_word(p, "interface")) {
        child->kind = WIT_AST_INTERFACE;
        PIRN_TRY(wit_parse_advance(p));
        return parse_interface_body(p, child);
    }
    PIRN_TRY(wit_parse_signature(p, child));
    return wit_parse_expect(p, ';', "`;`");
}

/*
 * `import path;`, `import name: func..;`, `import name: interface {..}`, `import name: path;`.
 * `a:b` without a space is the start of a path.
 */
static pirn_status parse_import_or_export(wit_parser *p, wit_ast_kind kind, wit_ast_item *item)
{
    item->kind = kind;
    PIRN_TRY(wit_parse_advance(p));
    item->path.place = p->token.place;
    wit_id first;
    PIRN_TRY(wit_parse_id(p, "a name", &first));
    if (p->token.kind != ':') {
        item->path.item = first;
        return wit_parse_expect(p, ';', "`:` or `;`");
    }
    PIRN_TRY(wit_parse_advance(p));
    bool is_inline =
        wit_parse_at_word(p, "func") || wit_parse_at_word(p, "async") || wit_parse_at_word(p, "interface");
    if (is_inline || p->token.is_spaced)
        item->name = first;
    if (is_inline)
        return parse_inline_item(p, item);
    if (p->token.is_spaced) {
        PIRN_TRY(parse_path(p, &item->path));
    } else {
        item->path.space = first;
        PIRN_TRY(parse_full_path(p, &item->path));
    }
    return wit_parse_expect(p, ';', "`;`");
}

static pirn_status parse_world_item(wit_parser *p, wit_ast_item **out)
{
    PIRN_TRY(wit_parse_item_head(p, out));
    if (wit_parse_at_word(p, "import"))
        return parse_import_or_export(p, WIT_AST_IMPORT, *out);
    if (wit_parse_at_word(p, "export"))
        return parse_import_or_export(p, WIT_AST_EXPORT, *out);
    if (wit_parse_at_word(p, "include"))
        return parse_include(p, *out);
    if (wit_parse_at_word(p, "use"))
        return parse_use(p, *out);
    bool done;
    PIRN_TRY(wit_parse_typedef(p, *out, &done));
    return done ? PIRN_OK : wit_parse_fail(p, "`import`, `export`, `include`, `use`, a type or `}`");
}

static pirn_status parse_world_body(wit_parser *p, wit_ast_item *world)
{
    PIRN_TRY(wit_parse_expect(p, '{', "`{`"));
    wit_ast_item **tail = &world->children;
    while (p->token.kind != '}') {
        PIRN_TRY(parse_world_item(p, tail));
        tail = &(*tail)->next;
    }
    return wit_parse_advance(p);
}

/* --- files --- */

/* What a file and a nested package consist of. At the keyword, behind the gates. */
static pirn_status parse_top_item(wit_parser *p, const char *expected, wit_ast_item *item)
{
    if (wit_parse_at_word(p, "use"))
        return parse_top_use(p, item);
    bool is_interface = wit_parse_at_word(p, "interface");
    if (!is_interface && !wit_parse_at_word(p, "world"))
        return wit_parse_fail(p, expected);
    item->kind = is_interface ? WIT_AST_INTERFACE : WIT_AST_WORLD;
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(wit_parse_id(p, "a name", &item->name));
    return is_interface ? parse_interface_body(p, item) : parse_world_body(p, item);
}

/* `package a:b { .. }`, from the brace. */
static pirn_status parse_nested_package(wit_parser *p, wit_ast_item *package)
{
    package->kind = WIT_AST_PACKAGE;
    PIRN_TRY(wit_parse_expect(p, '{', "`{`"));
    wit_ast_item **tail = &package->children;
    while (p->token.kind != '}') {
        PIRN_TRY(wit_parse_item_head(p, tail));
        PIRN_TRY(parse_top_item(p, "`interface`, `world`, `use` or `}`", *tail));
        tail = &(*tail)->next;
    }
    return wit_parse_advance(p);
}

/* The first `package a:b;` of a file names the file's package; `package a:b {` is an item. */
static pirn_status parse_package(wit_parser *p, wit_file *file, wit_ast_item *item, bool is_first, bool *is_item)
{
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_package_path(p, &item->path));
    *is_item = p->token.kind == '{';
    if (*is_item)
        return parse_nested_package(p, item);
    if (!is_first)
        return p->token.kind == ';' ? base_fail_at(p->error, PIRN_MALFORMED, item->place.line, item->place.column,
                                                   "the package is named at the beginning of the file")
                                    : wit_parse_fail(p, "`{`");
    file->has_package = true;
    file->package = item->path;
    file->package_docs = item->docs;
    return wit_parse_expect(p, ';', "`;` or `{`");
}

pirn_status wit_parse_file(wit_file *file, base_arena *arena, pirn_error *error)
{
    wit_parser parser = {.arena = arena, .error = error}, *p = &parser;
    PIRN_TRY(wit_lexer_init(&p->lexer, file->text, file->index, error));
    PIRN_TRY(wit_parse_advance(p));
    wit_ast_item **tail = &file->items;
    for (bool is_first = true; p->token.kind != WIT_TOKEN_END; is_first = false) {
        wit_ast_item *item = NULL;
        bool is_item = true;
        PIRN_TRY(wit_parse_item_head(p, &item));
        if (wit_parse_at_word(p, "package"))
            PIRN_TRY(parse_package(p, file, item, is_first, &is_item));
        else
            PIRN_TRY(parse_top_item(p, "`package`, `interface`, `world` or `use`", item));
        if (!is_item)
            continue;
        *tail = item;
        tail = &item->next;
    }
    return PIRN_OK;
}
