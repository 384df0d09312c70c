/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A component as text: its sections in the order of the file, an entry a line. Core modules are printed by the virtual
 * machine. What text cannot say, a module or component whose own name is another than its identifier, is printed as
 * bytes.
 */
#include "component/text_print.h"
#include "vm/base/map.h"
#include "vm/text/lexer.h"
#include <pirn/component.h>
#include <string.h>

enum { PREAMBLE = 8 };

static size_t size_of(vm_range bytes)
{
    return (size_t)(bytes.end - bytes.start);
}

/* ---- Names (Binary.md, "Name Section") ------------------------------------------------------------------------- */

enum { NAME_OF_COMPONENT, NAMES_OF_SORT };

/* Names that stand twice are no identifiers. */
static pirn_status find_twins(cm_printer *p, cm_print_names *names)
{
    base_map seen;
    pirn_status status = PIRN_OK;
    base_map_init(&seen, p->allocator);
    for (uint32_t i = 0; i < names->count && status == PIRN_OK; i++) {
        uint64_t first = 0;
        bool added = false;
        names->list[i].is_id = names->list[i].name.len > 0;
        status = base_map_add(&seen, names->list[i].name, i, &added);
        if (added || !base_map_get(&seen, names->list[i].name, &first))
            continue;
        names->list[i].is_id = names->list[first].is_id = false;
    }
    base_map_done(&seen);
    return status;
}

static pirn_status read_sort_names(cm_printer *p, vm_reader *r, cm_print_scope *scope)
{
    cm_sort sort = cm_text_read_sort(r);
    uint32_t count = vm_reader_count(r, 2, UINT32_MAX, "names");
    cm_print_names *names = &scope->names[sort];
    if (vm_reader_failed(r) || names->count > 0)
        return vm_reader_failed(r) ? r->status : PIRN_MALFORMED;
    names->list = base_arena_array(&p->arena, count, sizeof *names->list);
    if (names->list == NULL)
        return PIRN_NOMEM;
    for (uint32_t i = 0; i < count; i++, names->count++) {
        names->list[i].index = vm_reader_leb_u32(r);
        names->list[i].name = vm_reader_name(r);
        if (vm_reader_failed(r) || (i > 0 && names->list[i].index <= names->list[i - 1].index))
            return PIRN_MALFORMED;
    }
    return find_twins(p, names);
}

/* Behind the section's name. MALFORMED: it says nothing. */
static pirn_status read_names(cm_printer *p, vm_reader r, cm_print_scope *scope)
{
    r.error = NULL;
    while (!vm_reader_at_end(&r)) {
        uint8_t id = vm_reader_u8(&r);
        uint32_t size = vm_reader_leb_u32(&r);
        vm_reader part = vm_reader_part(&r, vm_reader_bytes(&r, size));
        pirn_status status = vm_reader_failed(&r) ? PIRN_MALFORMED : PIRN_OK;
        if (status == PIRN_OK && id == NAME_OF_COMPONENT && scope->name.len == 0)
            scope->name = vm_reader_name(&part);
        else if (status == PIRN_OK && id == NAMES_OF_SORT)
            status = read_sort_names(p, &part, scope);
        else
            status = PIRN_MALFORMED;
        if (status != PIRN_OK || vm_reader_failed(&part) || !vm_reader_at_end(&part))
            return status == PIRN_NOMEM ? status : PIRN_MALFORMED;
    }
    return PIRN_OK;
}

/* Is the section that begins behind its id and size the names? Goes behind its name. */
static bool is_name_section(vm_reader *r)
{
    pirn_str name = vm_reader_name(r);
    return !vm_reader_failed(r) && pirn_str_eq(name, PIRN_STR("component-name"));
}

/* The names of the component that p->r reads, if its last section has them. */
static void load_names(cm_printer *p, cm_print_scope *scope)
{
    vm_reader r = p->r;
    r.error = NULL;
    vm_reader_bytes(&r, PREAMBLE);
    while (!vm_reader_at_end(&r) && !vm_reader_failed(&r)) {
        uint8_t id = vm_reader_u8(&r);
        uint32_t size = vm_reader_leb_u32(&r);
        vm_reader part = vm_reader_part(&r, vm_reader_bytes(&r, size));
        if (vm_reader_failed(&r) || id != 0 || !vm_reader_at_end(&r) || !is_name_section(&part))
            continue;
        pirn_status status = read_names(p, part, scope);
        if (status == PIRN_MALFORMED)
            *scope = (cm_print_scope){.name = {"", 0}};
        else if (status != PIRN_OK)
            vm_reader_fail(&p->r, status, "out of memory");
    }
}

static bool has_names(const cm_print_scope *scope)
{
    bool some = scope->name.len > 0;
    for (int sort = 0; sort < CM_SORT_COUNT; sort++)
        some = some || scope->names[sort].count > 0;
    return some;
}

/* ---- Modules and components ------------------------------------------------------------------------------------ */

/* The strings of `binary`, all bytes of the section. */
static void print_binary(cm_printer *p, vm_range bytes)
{
    enum { AT_ONCE = 32 };
    cm_print(p, " binary");
    p->indent++;
    for (size_t i = 0; i < size_of(bytes) && !vm_reader_failed(&p->r); i += AT_ONCE) {
        size_t left = size_of(bytes) - i;
        cm_print_line(p);
        cm_print_string(p, (pirn_str){(const char *)bytes.start + i, left < AT_ONCE ? left : AT_ONCE}, false);
    }
    p->indent--;
}

/* The text of a module on its way: its `(module` and name give way to ours. */
typedef struct module_sink {
    cm_printer *p;
    const struct cm_print_name *name; /* that we have printed, or NULL */
    bool has_begun, does_not_fit;
    bool owes_line; /* a newline came, and nothing behind it */
} module_sink;

/* The text behind `(module` and the name, which must be the one that it has; data == NULL: it is not. */
static pirn_str behind_name(const module_sink *sink, pirn_str text)
{
    static const char begin[] = "(module";
    size_t at = sizeof begin - 1;
    if (text.len < at || memcmp(text.data, begin, at) != 0)
        return (pirn_str){NULL, 0};
    pirn_str rest = {text.data + at, text.len - at};
    bool has_name = rest.len > 1 && rest.data[0] == ' ' && rest.data[1] != '\n';
    if (!has_name)
        return sink->name == NULL ? rest : (pirn_str){NULL, 0};
    if (sink->name == NULL || !sink->name->is_id)
        return (pirn_str){NULL, 0};
    size_t len = sink->name->name.len;
    bool same = rest.len > len + 2 && rest.data[1] == '$' && memcmp(rest.data + 2, sink->name->name.data, len) == 0 &&
                !vm_is_id_char(rest.data[2 + len]);
    return same ? (pirn_str){rest.data + 2 + len, rest.len - 2 - len} : (pirn_str){NULL, 0};
}

/* Lines are indented, and the last newline is left out. */
static void print_indented(module_sink *sink, pirn_str text)
{
    while (text.len > 0 && !vm_reader_failed(&sink->p->r)) {
        const char *newline = memchr(text.data, '\n', text.len);
        size_t len = newline != NULL ? (size_t)(newline - text.data) : text.len;
        if (sink->owes_line)
            cm_print_line(sink->p);
        cm_print_text(sink->p, (pirn_str){text.data, len});
        sink->owes_line = newline != NULL;
        len += newline != NULL;
        text = (pirn_str){text.data + len, text.len - len};
    }
}

static bool take_module_text(void *data, const char *text, size_t size)
{
    module_sink *sink = data;
    pirn_str piece = {text, size};
    if (!sink->has_begun) {
        piece = behind_name(sink, piece);
        sink->has_begun = true;
        sink->does_not_fit = piece.data == NULL;
    }
    if (!sink->does_not_fit)
        print_indented(sink, piece);
    return !sink->does_not_fit && !vm_reader_failed(&sink->p->r);
}

static void print_module(cm_printer *p, vm_range bytes)
{
    module_sink sink = {.p = p,
                        .name = cm_print_find_name(p->scope, CM_CORE_MODULE, p->scope->counts[CM_CORE_MODULE])};
    pirn_error error;
    base_error_init(&error);
    cm_print_line(p);
    cm_print(p, "(core module");
    cm_print_define(p, CM_CORE_MODULE);
    pirn_status status =
        pirn_text_print(bytes.start, size_of(bytes), 0, p->allocator, take_module_text, &sink, &error);
    if (sink.does_not_fit || (status == PIRN_MALFORMED && !sink.has_begun)) {
        print_binary(p, bytes);
        cm_print(p, ")");
    } else if (status != PIRN_OK) {
        vm_reader_fail_at(&p->r, bytes.start, status, "%s", pirn_error_message(&error));
    }
}

static void print_sections(cm_printer *p);

/* What the section of a component holds. */
static void print_component(cm_printer *p, vm_range bytes)
{
    uint32_t index = p->scope->counts[CM_COMPONENT];
    const struct cm_print_name *name = cm_print_find_name(p->scope, CM_COMPONENT, index);
    cm_print_scope scope = {.name = {"", 0}}, *outer_scope = p->scope;
    vm_reader outside = p->r;
    cm_print_line(p);
    cm_print(p, "(component");
    cm_print_define(p, CM_COMPONENT);
    p->r = vm_reader_part(&outside, bytes);
    load_names(p, &scope);
    bool same = pirn_str_eq(scope.name, name != NULL ? name->name : (pirn_str){"", 0});
    if (same && cm_print_enter(p)) {
        p->scope = &scope;
        p->indent++;
        print_sections(p);
        p->indent--;
        p->scope = outer_scope;
    }
    p->nesting -= same;
    if (!same)
        print_binary(p, bytes);
    if (!vm_reader_failed(&p->r))
        p->r = outside;
    cm_print(p, ")");
}

/* ---- Instances ------------------------------------------------------------------------------------------------- */

/* ` (export "name" (sort index))`* */
static void print_exports(cm_printer *p, bool is_core)
{
    uint32_t count = vm_reader_count(&p->r, 3, UINT32_MAX, "exports");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (export");
        if (is_core)
            cm_print_read_name(p);
        else
            cm_print_extern_name(p);
        cm_print_read_ref(p, is_core);
        cm_print(p, ")");
    }
}

static void print_instance(cm_printer *p, bool is_core)
{
    cm_print(p, is_core ? "(core instance" : "(instance");
    cm_print_define(p, is_core ? CM_CORE_INSTANCE : CM_INSTANCE);
    if (vm_reader_u8(&p->r) != 0x00) {
        print_exports(p, is_core);
        cm_print(p, ")");
        return;
    }
    cm_print(p, " (instantiate");
    cm_print_read_index(p, is_core ? CM_CORE_MODULE : CM_COMPONENT);
    uint32_t count = vm_reader_count(&p->r, 3, UINT32_MAX, "arguments");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (with");
        cm_print_read_name(p);
        cm_print_read_ref(p, is_core);
        cm_print(p, ")");
    }
    cm_print(p, "))");
}

static void print_core_instance(cm_printer *p)
{
    print_instance(p, true);
}

static void print_component_instance(cm_printer *p)
{
    print_instance(p, false);
}

/* ---- Canonical definitions ------------------------------------------------------------------------------------- */

static void print_options(cm_printer *p)
{
    uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, "options");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        uint8_t code = vm_reader_u8(&p->r);
        if (code >= cm_text_option_count) {
            vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown canonical option 0x%02x", code);
            return;
        }
        cm_print(p, cm_text_options[code].has_index ? " (%s" : " %s", cm_text_options[code].word);
        if (!cm_text_options[code].has_index)
            continue;
        cm_print_read_index(p, cm_text_option_sort(code));
        cm_print(p, ")");
    }
}

static void print_number_type(cm_printer *p)
{
    size_t at = (size_t)CM_TEXT_NUMBER_TYPE - vm_reader_u8(&p->r);
    if (at < BASE_COUNT(cm_text_number_types))
        cm_print(p, " %s", cm_text_number_types[at]);
    else
        vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown core number type");
}

static void print_operand(cm_printer *p, char letter)
{
    switch (letter) {
    case 'f':
        vm_reader_u8(&p->r);
        cm_print(p, " (func");
        cm_print_read_index(p, CM_FUNC);
        cm_print(p, ")");
        break;
    case 'r':
        cm_print_read_index(p, CM_TYPE);
        break;
    case 'k':
        cm_print_read_index(p, CM_CORE_TYPE);
        break;
    case 'b':
        cm_print_read_index(p, CM_CORE_TABLE);
        break;
    case 'm':
        cm_print(p, " (memory");
        cm_print_read_index(p, CM_CORE_MEMORY);
        cm_print(p, ")");
        break;
    case 'o':
        print_options(p);
        break;
    case 'v':
        cm_print_result(p);
        break;
    case 't':
        print_number_type(p);
        break;
    case 'n':
        cm_print(p, " %u", (unsigned)vm_reader_leb_u32(&p->r));
        break;
    default:
        if (vm_reader_u8(&p->r) != 0)
            cm_print(p, " %s", cm_text_canon_flag(letter));
    }
}

static void print_lift(cm_printer *p)
{
    vm_reader_u8(&p->r);
    cm_print(p, " (core func");
    cm_print_read_index(p, CM_CORE_FUNC);
    cm_print(p, ")");
    print_options(p);
    cm_print(p, " (func");
    cm_print_define(p, CM_FUNC);
    cm_print(p, " (type");
    cm_print_read_index(p, CM_TYPE);
    cm_print(p, ")))");
}

static void print_canon(cm_printer *p)
{
    uint8_t code = vm_reader_u8(&p->r);
    const char *word = cm_text_canon_word((cm_canon_kind)code);
    if (word == NULL) {
        vm_reader_fail(&p->r, PIRN_MALFORMED, "unknown canonical definition 0x%02x", code);
        return;
    }
    cm_print(p, "(canon %s", word);
    if (code == CM_CANON_LIFT) {
        print_lift(p);
        return;
    }
    for (const char *letter = cm_text_canon_operands((cm_canon_kind)code); *letter != '\0'; letter++)
        print_operand(p, *letter);
    cm_print(p, " (core func");
    cm_print_define(p, CM_CORE_FUNC);
    cm_print(p, "))");
}

/* ---- Imports, exports, values, start --------------------------------------------------------------------------- */

static void print_import(cm_printer *p)
{
    cm_print(p, "(import");
    cm_print_extern_name(p);
    cm_print_externtype(p, true);
    cm_print(p, ")");
}

/* The identifier stands first; of which sort it is, is read behind the name. */
static void print_export(cm_printer *p)
{
    vm_reader name = p->r;
    vm_reader ahead = name;
    ahead.error = NULL;
    bool has_attributes = vm_reader_u8(&ahead) == 0x02;
    vm_reader_name(&ahead);
    uint32_t count = has_attributes ? vm_reader_leb_u32(&ahead) : 0;
    for (uint32_t i = 0; i < count && !vm_reader_failed(&ahead); i++) {
        vm_reader_u8(&ahead);
        vm_reader_name(&ahead);
    }
    cm_sort sort = cm_text_read_sort(&ahead);
    cm_print(p, "(export");
    cm_print_define(p, sort);
    cm_print_extern_name(p);
    cm_print_read_ref(p, false);
    if (vm_reader_u8(&p->r) != 0x00)
        cm_print_externtype(p, false);
    cm_print(p, ")");
}

static void print_value(cm_printer *p)
{
    cm_print(p, "(value");
    cm_print_define(p, CM_VALUE);
    cm_print_valtype(p);
    vm_range bytes = vm_reader_bytes(&p->r, vm_reader_leb_u32(&p->r));
    cm_print(p, " (binary ");
    cm_print_string(p, (pirn_str){(const char *)bytes.start, size_of(bytes)}, false);
    cm_print(p, "))");
}

static void print_start(cm_printer *p)
{
    cm_print_line(p);
    cm_print(p, "(start");
    cm_print_read_index(p, CM_FUNC);
    uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, "arguments");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (value");
        cm_print_read_index(p, CM_VALUE);
        cm_print(p, ")");
    }
    uint32_t results = vm_reader_leb_u32(&p->r);
    for (uint32_t i = 0; i < results && !vm_reader_failed(&p->r); i++) {
        cm_print(p, " (result (value");
        cm_print_define(p, CM_VALUE);
        cm_print(p, "))");
    }
    cm_print(p, ")");
}

/* ---- Sections -------------------------------------------------------------------------------------------------- */

enum { CUSTOM, CORE_MODULE, COMPONENT = 4, START = 9 };

/* By id: what prints one entry; NULL: the section has no entries. */
static void (*const print_entry[])(cm_printer *p) = {
    NULL,
    NULL,
    print_core_instance,
    cm_print_core_type,
    NULL,
    print_component_instance,
    cm_print_alias,
    cm_print_type,
    print_canon,
    NULL,
    print_import,
    print_export,
    print_value,
};

/* The names are where the identifiers are; what comes last and says nothing stays a custom section. */
static void print_custom(cm_printer *p, bool is_last)
{
    vm_reader ahead = p->r;
    ahead.error = NULL;
    if (is_last && is_name_section(&ahead) && has_names(p->scope)) {
        p->r.pos = p->r.end;
        return;
    }
    cm_print_line(p);
    cm_print(p, "(@custom");
    cm_print_read_name(p);
    cm_print(p, " ");
    cm_print_string(p, (pirn_str){(const char *)p->r.pos, vm_reader_left(&p->r)}, false);
    cm_print(p, ")");
    p->r.pos = p->r.end;
}

static void print_entries(cm_printer *p, uint8_t id)
{
    uint32_t count = vm_reader_count(&p->r, 1, UINT32_MAX, "entries");
    for (uint32_t i = 0; i < count && !vm_reader_failed(&p->r); i++) {
        cm_print_line(p);
        print_entry[id](p);
    }
    if (!vm_reader_at_end(&p->r))
        vm_reader_fail(&p->r, PIRN_MALFORMED, "section size mismatch: unexpected data at the end of the section");
}

static void print_section(cm_printer *p)
{
    uint8_t id = vm_reader_u8(&p->r);
    uint32_t size = vm_reader_leb_u32(&p->r);
    vm_range bytes = vm_reader_bytes(&p->r, size);
    if (vm_reader_failed(&p->r))
        return;
    vm_reader outside = p->r;
    p->r = vm_reader_part(&outside, bytes);
    if (id >= BASE_COUNT(print_entry))
        vm_reader_fail(&p->r, PIRN_MALFORMED, "malformed section id: %u", id);
    else if (id == CUSTOM)
        print_custom(p, vm_reader_at_end(&outside));
    else if (id == CORE_MODULE)
        print_module(p, bytes);
    else if (id == COMPONENT)
        print_component(p, bytes);
    else if (id == START)
        print_start(p);
    else
        print_entries(p, id);
    if (!vm_reader_failed(&p->r))
        p->r = outside;
}

/* Of the component that p->r reads. */
static void print_sections(cm_printer *p)
{
    static const uint8_t preamble[PREAMBLE] = {0x00, 'a', 's', 'm', 0x0D, 0x00, 0x01, 0x00};
    vm_range bytes = vm_reader_bytes(&p->r, PREAMBLE);
    if (!vm_reader_failed(&p->r) && memcmp(bytes.start, preamble, PREAMBLE) != 0)
        vm_reader_fail_at(&p->r, bytes.start, PIRN_MALFORMED, "this is no component");
    while (!vm_reader_at_end(&p->r) && !vm_reader_failed(&p->r))
        print_section(p);
}

pirn_status pirn_component_text_print(const void *bytes, size_t size, const pirn_allocator *allocator,
                                      pirn_text_sink sink, void *sink_data, pirn_error *error)
{
    cm_print_scope scope = {.name = {"", 0}};
    cm_printer p = {.allocator = allocator != NULL ? allocator : pirn_allocator_default(),
                    .sink = sink,
                    .sink_data = sink_data,
                    .indent = 1,
                    .scope = &scope};
    vm_reader_init(&p.r, bytes, size, 0, error);
    base_arena_init(&p.arena, p.allocator);
    load_names(&p, &scope);
    cm_print(&p, "(component");
    if (scope.name.len > 0) {
        cm_print(&p, " ");
        cm_print_id(&p, scope.name);
    }
    print_sections(&p);
    cm_print(&p, ")\n");
    base_arena_done(&p.arena);
    return p.r.status;
}
