/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A doubly linked list whose links lie in its members. The list's head is a link too; an empty list, and a link that
 * is in no list, point at themselves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct host_link {
    struct host_link *next, *prev;
} host_link;

static inline void host_link_init(host_link *link)
{
    link->next = link->prev = link;
}

static inline bool host_link_is_alone(const host_link *link)
{
    return link->next == link;
}

static inline void host_link_append(host_link *list, host_link *link)
{
    link->prev = list->prev;
    link->next = list;
    list->prev->next = link;
    list->prev = link;
}

/* A link that is in no list stays so. */
static inline void host_link_remove(host_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    host_link_init(link);
}

/* Moves all members of `from` to the end of the empty list `to`. */
static inline void host_link_take(host_link *to, host_link *from)
{
    host_link_init(to);
    if (host_link_is_alone(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    host_link_init(from);
}

/* The object that a link lies in. */
#define HOST_OBJECT_OF(link, type, member) ((type *)(void *)((char *)(link) - offsetof(type, member)))
