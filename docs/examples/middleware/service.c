/* SPDX-License-Identifier: Apache-2.0 */
/* The service: greets, and says how many headers it was sent. */
#include "docs/examples/middleware/guest.h"

static text join(text a, text b)
{
    char *joined = cabi_realloc(0, 0, 1, a.len + b.len);
    for (uint32_t i = 0; i < a.len; i++)
        joined[i] = a.data[i];
    for (uint32_t i = 0; i < b.len; i++)
        joined[a.len + i] = b.data[i];
    return (text){joined, a.len + b.len};
}

EXPORT("example:middleware/handler@1.0.0#handle")
const response *handle(const char *method, uint32_t method_len, const char *path, uint32_t path_len,
                       const header *headers, uint32_t header_count, const char *body, uint32_t body_len)
{
    static const header sent[] = {{{"content-type", 12}, {"text/plain", 10}}};
    static response answer;
    char digit = (char)('0' + header_count % 10);
    (void)headers, (void)body, (void)body_len;
    answer = (response){.status = 200, .headers = sent, .header_count = 1};
    answer.body = join(join((text){method, method_len}, TEXT(" ")), join((text){path, path_len}, TEXT(" with ")));
    answer.body = join(answer.body, join((text){&digit, 1}, TEXT(" headers")));
    return &answer;
}
