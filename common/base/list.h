/* Intrusive doubly linked list: the links live in the objects, so joining and leaving allocates nothing.
 * A head is a link that points to itself when the list is empty. */
#ifndef TORC_BASE_LIST_H
#define TORC_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *prev, *next;
};

#define LIST_OWNER(link_ptr, type, member) ((type *)((char *)(link_ptr)-offsetof(type, member)))

static inline void list_init(struct link *head) {
    head->prev = head->next = head;
}
static inline bool list_empty(const struct link *head) {
    return head->next == head;
}
/* A link that is on no list points to itself, so leaving twice is harmless. */
static inline bool list_linked(const struct link *link) {
    return link->next != link;
}
static inline void list_insert_after(struct link *at, struct link *link) {
    link->prev = at;
    link->next = at->next;
    at->next->prev = link;
    at->next = link;
}
static inline void list_append(struct link *head, struct link *link) {
    list_insert_after(head->prev, link);
}
static inline void list_prepend(struct link *head, struct link *link) {
    list_insert_after(head, link);
}
static inline void list_remove(struct link *link) {
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = link->next = link;
}
/* Safe against removal of `it` inside the loop. */
#define LIST_FOR(it, tmp, head)                                                                              \
    for (struct link *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)

#endif
