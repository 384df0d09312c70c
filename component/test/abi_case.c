/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays cases of the Canonical ABI: reads one a line, says what came of it. Who knows what should
 * come of it is the reference in Python: see conformance/abi/differential_test.py, which writes the
 * lines.
 *
 *   ROUTE WHAT FROM TO TYPES HANDLES VALUES MEMORY SIZE REALLOCS
 *
 *   ROUTE     pass: from guest to guest; host, view: by way of a C object (which may have views)
 *   WHAT      params; result
 *   FROM, TO  8, 16, l: encodings
 *   TYPES     of the parameters, or of the result: see read_type
 *   HANDLES   of the sender's table, from index 1 on: type:rep:own,...
 *   VALUES    the sender's core values, in hexadecimal; for a result also where it shall go
 *   MEMORY    the sender's, in hexadecimal; SIZE: of the receiver's in bytes
 *   REALLOCS  what each call of the receiver's realloc does: place:copies:size (the memory grows to size), or trap
 *
 * A list without members is `-`. The answer is a word and four lists:
 *
 *   ok|trap|...  VALUES REALLOCS MEMORY HANDLES     (of the receiver; HANDLES also of the sender)
 */
#include "component/test/abi_fixture.h"

enum { MOST_REALLOCS = 512, MOST_VALUES = 32, LINE_BYTES = 1 << 22 };

typedef struct realloc_step {
    uint32_t ptr, new_size;
    bool copies, traps;
} realloc_step;

typedef struct realloc_call {
    uint32_t old, old_size, align, size;
} realloc_call;

typedef struct peer {
    cm_memory memory;
    size_t step_count, call_count;
    realloc_step steps[MOST_REALLOCS];
    realloc_call calls[MOST_REALLOCS];
    cm_instance_state state;
    cm_context cx;
} peer;

typedef struct play {
    char *route, *what;
    cm_runtime runtime;
    cm_activation *activation;
    pirn_error error;
    cm_resource_type resources[2];
    cm_resource_type *map[2];
    peer sender, receiver;
    pirn_component_functype functype;
    pirn_slot from[MOST_VALUES], to[MOST_VALUES];
    size_t from_count, to_count;
} play;

static void give_up(const char *what)
{
    fprintf(stderr, "abi_case: bad case: %s\n", what);
    exit(2);
}

/* ---- Types ----------------------------------------------------------------------------------------------------- */

static const struct {
    char letter;
    pirn_type_kind kind;
} leaves[] = {
    {'z', PIRN_TYPE_BOOL}, {'b', PIRN_TYPE_S8},   {'B', PIRN_TYPE_U8},     {'s', PIRN_TYPE_S16}, {'S', PIRN_TYPE_U16},
    {'i', PIRN_TYPE_S32},  {'I', PIRN_TYPE_U32},  {'l', PIRN_TYPE_S64},    {'L', PIRN_TYPE_U64}, {'f', PIRN_TYPE_F32},
    {'F', PIRN_TYPE_F64},  {'c', PIRN_TYPE_CHAR}, {'"', PIRN_TYPE_STRING},
};

static const pirn_type *read_type(const char **p);

/* Up to the closing bracket; `.` is no payload. */
static size_t read_types(const char **p, const pirn_type **out, size_t most)
{
    size_t count = 0;
    while (**p != ')' && **p != '\0') {
        if (count == most)
            give_up("too many members");
        out[count++] = read_type(p);
    }
    if (**p == ')')
        ++*p;
    return count;
}

static const pirn_type *read_many(const char **p, pirn_type_kind kind)
{
    enum { MOST = 300 };
    const pirn_type *members[MOST];
    size_t count = read_types(p, members, MOST);
    return make_type(kind, members, count, NULL);
}

static uint32_t read_number(const char **p)
{
    char *end;
    uint32_t number = (uint32_t)strtoul(*p, &end, 10);
    *p = *end == ';' ? end + 1 : end;
    return number;
}

/* A leaf's letter; r(...) w(...) x(..) record, variant, result; vT oT list, option; eN; gN; enum, flags; on; bn; own, borrow. */
static const pirn_type *read_type(const char **p)
{
    char letter = *(*p)++;
    for (size_t i = 0; i < BASE_COUNT(leaves); i++) {
        if (leaves[i].letter == letter)
            return make_type(leaves[i].kind, NULL, 0, NULL);
    }
    switch (letter) {
    case '.':
        return NULL;
    case 'r':
        ++*p;
        return read_many(p, PIRN_TYPE_RECORD);
    case 'w':
        ++*p;
        return read_many(p, PIRN_TYPE_VARIANT);
    case 'x':
        ++*p;
        return read_many(p, PIRN_TYPE_RESULT);
    case 'v':
        return make_type(PIRN_TYPE_LIST, NULL, 0, read_type(p));
    case 'o':
        return make_type(PIRN_TYPE_OPTION, NULL, 0, read_type(p));
    case 'e':
        return make_type(PIRN_TYPE_ENUM, NULL, read_number(p), NULL);
    case 'g':
        return make_type(PIRN_TYPE_FLAGS, NULL, read_number(p), NULL);
    case 'h':
        return handle_type(PIRN_TYPE_OWN, read_number(p));
    case 'k':
        return handle_type(PIRN_TYPE_BORROW, read_number(p));
    default:
        give_up("type");
        return NULL;
    }
}

/* ---- The parts of a case --------------------------------------------------------------------------------------- */

/* The next member of a list, or NULL. */
static char *next_member(char **list)
{
    if (*list == NULL || strcmp(*list, "-") == 0)
        return NULL;
    char *member = *list, *comma = strchr(member, ',');
    *list = comma == NULL ? NULL : comma + 1;
    if (comma != NULL)
        *comma = '\0';
    return member;
}

static cm_encoding read_encoding(const char *word)
{
    return strcmp(word, "8") == 0 ? CM_UTF8 : strcmp(word, "16") == 0 ? CM_UTF16 : CM_LATIN1_UTF16;
}

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void read_memory(peer *p, const char *hex)
{
    p->memory.size = strlen(hex) / 2;
    p->memory.data = malloc(p->memory.size + 1);
    for (size_t i = 0; i < p->memory.size; i++)
        p->memory.data[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
}

/* So that what is written can be told from what is not. */
static void fill(uint8_t *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        bytes[i] = (uint8_t)(i * 7 + 3);
}

static void grow(cm_memory *memory, size_t size)
{
    /* It moves, and nothing is left where it was. */
    uint8_t *moved = malloc(size);
    memcpy(moved, memory->data, (size_t)memory->size);
    fill(moved, (size_t)memory->size, size);
    free(memory->data);
    *memory = (cm_memory){moved, size, memory->realloc};
}

static pirn_status play_realloc(cm_memory *memory, uint32_t old, uint32_t old_size, uint32_t align, uint32_t size,
                                uint32_t *out)
{
    peer *p = (peer *)(void *)memory;
    if (p->call_count == p->step_count)
        give_up("realloc is called more often than the reference calls it");
    p->calls[p->call_count] = (realloc_call){old, old_size, align, size};
    const realloc_step *step = &p->steps[p->call_count++];
    if (step->traps)
        return PIRN_TRAP;
    grow(memory, step->new_size > memory->size ? step->new_size : (size_t)memory->size);
    uint32_t copied = old_size < size ? old_size : size;
    if (step->copies)
        memmove(memory->data + step->ptr, memory->data + old, copied);
    *out = step->ptr;
    return PIRN_OK;
}

static void read_reallocs(peer *p, char *list)
{
    for (char *member; (member = next_member(&list)) != NULL; p->step_count++) {
        if (p->step_count == MOST_REALLOCS)
            give_up("too many reallocs");
        realloc_step *step = &p->steps[p->step_count];
        unsigned ptr = 0, copies = 0, size = 0;
        step->traps = strcmp(member, "trap") == 0;
        if (!step->traps && sscanf(member, "%u:%u:%u", &ptr, &copies, &size) != 3)
            give_up("realloc");
        step->ptr = ptr;
        step->copies = copies != 0;
        step->new_size = size;
    }
}

static void read_handles(play *p, char *list)
{
    static cm_borrow_scope elsewhere;
    for (char *member; (member = next_member(&list)) != NULL;) {
        unsigned type = 0, rep = 0, own = 0;
        uint32_t index;
        if (sscanf(member, "%u:%u:%u", &type, &rep, &own) != 3)
            give_up("handle");
        cm_handle handle = {.type = p->map[type], .rep = rep, .own = own != 0, .scope = own ? NULL : &elsewhere};
        if (cm_handle_add(&p->sender.state.handles, &handle, &index, &p->error) != PIRN_OK)
            give_up("handle table");
    }
}

static void open_peer(play *p, peer *side, const char *encoding)
{
    cm_instance_state_init(&side->state, &p->runtime, NULL);
    side->cx = (cm_context){
        .memory = &side->memory,
        .encoding = read_encoding(encoding),
        .state = &side->state,
        .resources = p->map,
        .form = strcmp(p->route, "pass") == 0 ? CM_GUEST : CM_HOST,
        .views = strcmp(p->route, "view") == 0,
        .viewed = side->memory.data,
        .viewed_size = side->memory.size,
        .activation = p->activation,
        .error = &p->error,
    };
}

/* Resource type 0 is defined elsewhere, 1 by the receiver. */
static void open_play(play *p)
{
    p->runtime = (cm_runtime){.allocator = pirn_allocator_default(), .call_bytes = UINT64_MAX, .handles_left = 10000};
    p->activation = cm_activation_new(&p->runtime);
    base_error_init(&p->error);
    p->resources[1].definer = &p->receiver.state;
    p->map[0] = &p->resources[0];
    p->map[1] = &p->resources[1];
}

static void read_functype(play *p, const char *text)
{
    enum { MOST = 64 };
    const pirn_type *types[MOST];
    bool is_result = strcmp(p->what, "result") == 0;
    size_t count = read_types(&text, types, MOST);
    p->functype = make_functype(is_result ? types[0] : NULL, types, is_result ? 0 : count);
}

static void read_case(play *p, char *line)
{
    char *words[10], *rest = line;
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        words[i] = strtok_r(rest, " \n", &rest);
        if (words[i] == NULL)
            give_up("too few words");
    }
    p->route = words[0];
    p->what = words[1];
    open_play(p);
    read_functype(p, words[4]);
    read_memory(&p->sender, strcmp(words[7], "-") == 0 ? "" : words[7]);
    p->receiver.memory = (cm_memory){malloc(strtoul(words[8], NULL, 10)), strtoul(words[8], NULL, 10), play_realloc};
    fill(p->receiver.memory.data, 0, (size_t)p->receiver.memory.size);
    open_peer(p, &p->sender, words[2]);
    open_peer(p, &p->receiver, words[3]);
    read_handles(p, words[5]);
    for (char *member; (member = next_member(&words[6])) != NULL;)
        p->from[p->from_count++].u64 = strtoull(member, NULL, 16);
    read_reallocs(&p->receiver, words[9]);
}

/* ---- Playing --------------------------------------------------------------------------------------------------- */

static pirn_status pass_on(play *p, const cm_function_program *program)
{
    cm_pass pass = {&p->sender.cx, &p->receiver.cx, program, p->from, p->to};
    if (program->result == NULL) {
        PIRN_TRY(cm_pass_lift_params(&pass));
        return cm_pass_lower_params(&pass);
    }
    PIRN_TRY(cm_pass_lift_result(&pass));
    return cm_pass_lower_result(&pass);
}

static pirn_status by_way_of_an_object(play *p, const cm_function_program *program)
{
    if (!cm_activation_make_objects(p->activation, program->type))
        return PIRN_NOMEM;
    if (program->result == NULL) {
        PIRN_TRY(cm_lift_params(&p->sender.cx, program, p->from, p->activation->args));
        return cm_lower_params(&p->receiver.cx, program, p->activation->args, p->to);
    }
    PIRN_TRY(cm_lift_result(&p->sender.cx, program, p->from, p->activation->result));
    return cm_lower_result(&p->receiver.cx, program, p->activation->result, p->to);
}

static pirn_status run(play *p)
{
    const cm_function_program *program = compile(&p->functype);
    if (program->result != NULL && program->result_in_memory)
        p->to[0].u64 = p->from[1].u64; /* where it shall go */
    else if (program->result != NULL)
        p->to_count = 1;
    else
        p->to_count = program->params_in_memory ? 1 : p->functype.flat_params.count;
    return strcmp(p->route, "pass") == 0 ? pass_on(p, program) : by_way_of_an_object(p, program);
}

/* ---- The answer ------------------------------------------------------------------------------------------------ */

static void print_reallocs(const peer *side)
{
    for (size_t i = 0; i < side->call_count; i++) {
        const realloc_call *c = &side->calls[i];
        printf("%s%u:%u:%u:%u", i == 0 ? "" : ",", c->old, c->old_size, c->align, c->size);
    }
    printf(side->call_count == 0 ? "- " : " ");
}

static void print_memory(const cm_memory *memory)
{
    for (size_t i = 0; i < memory->size; i++) {
        putchar_unlocked("0123456789abcdef"[memory->data[i] >> 4]);
        putchar_unlocked("0123456789abcdef"[memory->data[i] & 15]);
    }
    putchar(' ');
}

static void print_handles(const play *p, const cm_handle_table *table, char end)
{
    const char *comma = "";
    for (size_t i = 1; i < table->entries.len; i++) {
        const cm_handle *h = &table->entries.data[i];
        if (h->type == NULL)
            continue;
        printf("%s%zu:%d:%u:%d:%u", comma, i, h->type == p->map[1], (unsigned)h->rep, h->own, h->num_lends);
        comma = ",";
    }
    printf("%s%c", *comma == '\0' ? "-" : "", end);
}

static void print_answer(const play *p, pirn_status status)
{
    printf("%s ", pirn_status_name(status));
    for (size_t i = 0; status == PIRN_OK && i < p->to_count; i++)
        printf("%s%llx", i == 0 ? "" : ",", (unsigned long long)p->to[i].u64);
    printf(status != PIRN_OK || p->to_count == 0 ? "- " : " ");
    print_reallocs(&p->receiver);
    if (status == PIRN_OK) {
        print_memory(&p->receiver.memory);
        print_handles(p, &p->sender.state.handles, ' ');
        print_handles(p, &p->receiver.state.handles, ' ');
    }
    putchar('\n');
}

static void close_play(play *p)
{
    cm_activation_free(p->activation);
    cm_instance_state_done(&p->sender.state);
    cm_instance_state_done(&p->receiver.state);
    cm_runtime_done(&p->runtime);
    free(p->sender.memory.data);
    free(p->receiver.memory.data);
    cm_compiler_done(type_compiler());
    *type_compiler() = (cm_compiler){0};
    base_arena_reset(type_arena());
}

int main(void)
{
    char *line = malloc(LINE_BYTES);
    play *p = malloc(sizeof *p);
    while (line != NULL && p != NULL && fgets(line, LINE_BYTES, stdin) != NULL) {
        memset(p, 0, sizeof *p);
        read_case(p, line);
        print_answer(p, run(p));
        close_play(p);
    }
    free(p);
    free(line);
    base_arena_done(type_arena());
    return 0;
}
