/* SPDX-License-Identifier: Apache-2.0 */
/* jsonscan.c - a small JSON scanner over generated text: i32.load8_u, compares, branches, and
 * a recursive-descent call structure.
 * usage: jsonscan [rounds=110]  -> prints counts of tokens and a hash. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[1 << 20];
static unsigned strings, numbers, depth_max;
static uint32_t hash;

static const char *ws(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') p++;
    return p;
}

static const char *string(const char *p)
{
    p++;
    while (*p != '"') {
        if (*p == '\\') p++;
        hash = (hash ^ (unsigned char)*p++) * 16777619u;
    }
    strings++;
    return p + 1;
}

static const char *number(const char *p)
{
    uint32_t n = 0;
    if (*p == '-') p++;
    while (*p >= '0' && *p <= '9') n = n * 10 + (uint32_t)(*p++ - '0');
    if (*p == '.') { p++; while (*p >= '0' && *p <= '9') n = n * 10 + (uint32_t)(*p++ - '0'); }
    hash ^= n;
    numbers++;
    return p;
}

__attribute__((noinline)) static const char *value(const char *p, unsigned depth)
{
    if (depth > depth_max) depth_max = depth;
    p = ws(p);
    switch (*p) {
    case '{':
        p = ws(p + 1);
        while (*p != '}') {
            p = ws(string(p));
            p = ws(value(p + 1, depth + 1));      /* skips ':' */
            if (*p == ',') p = ws(p + 1);
        }
        return p + 1;
    case '[':
        p = ws(p + 1);
        while (*p != ']') {
            p = ws(value(p, depth + 1));
            if (*p == ',') p = ws(p + 1);
        }
        return p + 1;
    case '"': return string(p);
    case 't': return p + 4;
    case 'f': return p + 5;
    case 'n': return p + 4;
    default: return number(p);
    }
}

static char *put(char *o, const char *s) { size_t n = strlen(s); memcpy(o, s, n); return o + n; }

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 110, seed = 7;
    char *o = text;
    *o++ = '[';
    for (int i = 0; o < text + sizeof text - 300; i++) {
        char num[12];
        int k = 11;
        seed = seed * 1664525 + 1013904223;
        unsigned v = seed >> 7;
        num[k] = 0;
        do { num[--k] = (char)('0' + v % 10); v /= 10; } while (v);
        if (i) o = put(o, ",\n  ");
        o = put(o, "{ \"id\": ");
        o = put(o, num + k);
        o = put(o, ", \"name\": \"item \\\"quoted\\\" number ");
        o = put(o, num + k);
        o = put(o, "\", \"tags\": [\"alpha\", \"beta\", true, null, [1, 2.5, -3]], \"ok\": false }");
    }
    *o++ = ']';
    *o = 0;
    for (unsigned r = 0; r < rounds; r++)
        value(text, 0);
    printf("jsonscan %u = %u %u %u %08x\n", rounds, strings, numbers, depth_max, hash);
    return 0;
}
