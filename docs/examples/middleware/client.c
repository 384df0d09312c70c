/* SPDX-License-Identifier: Apache-2.0 */
/* The client: a command that sends one request and prints what comes back. */
#include "docs/examples/middleware/guest.h"

IMPORT("example:middleware/handler@1.0.0", "handle")
void handle(const char *method, uint32_t method_len, const char *path, uint32_t path_len, const header *headers,
            uint32_t header_count, const char *body, uint32_t body_len, response *result);
IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") int32_t get_stdout(void);
IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(int32_t stream, const char *data, uint32_t len, void *result);
IMPORT("wasi:io/streams@0.2.12", "[resource-drop]output-stream") void drop_stream(int32_t stream);

static void print(int32_t out, text what)
{
    uint32_t result[3];
    write_and_flush(out, what.data, what.len, result);
}

/* wasi:cli/run: 0 is `ok`. */
EXPORT("wasi:cli/run@0.2.12#run") int32_t run(void)
{
    response answer;
    int32_t out = get_stdout();
    handle("GET", 3, "/greeting", 9, 0, 0, 0, 0, &answer);
    for (uint32_t i = 0; i < answer.header_count; i++) {
        print(out, answer.headers[i].name);
        print(out, TEXT(": "));
        print(out, answer.headers[i].value);
        print(out, TEXT("\n"));
    }
    print(out, TEXT("\n"));
    print(out, answer.body);
    print(out, TEXT("\n"));
    drop_stream(out);
    return answer.status != 200;
}
