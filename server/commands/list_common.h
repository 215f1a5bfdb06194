/* What the commands on lists share: rules, replies, adding to and taking from a key. */
#ifndef TORC_COMMANDS_LIST_COMMON_H
#define TORC_COMMANDS_LIST_COMMON_H

#include "server/keyspace/keys.h"
#include "server/types/list.h"

struct list_rules list_rules_of(const struct call *call);

/* The words LEFT and RIGHT; false: the syntax error was replied. */
bool list_parse_end(struct call *call, int arg, bool *left);

/* Answers elements one by one, without a header. */
void list_answer(struct call *call, const struct entry *e, size_t index, size_t count, bool reverse);

/* Adds to an opened key, which is made if it is absent. Tells nobody. */
void list_add(struct call *call, struct key_ref *ref, const struct slice *values, size_t count, bool left);
/* Drops `count` elements of an opened list, which has at least that many, from an end: tells, and deletes
 * what is empty. */
void list_take(struct call *call, struct key_ref *ref, size_t count, bool left);
/* After elements were dropped in some other way: tells, and deletes what is empty. */
void list_dropped(struct call *call, struct key_ref *ref, size_t count, const char *event);
/* Tells that `count` elements went, and deletes what lost all of them, whether they were dropped or not. */
void list_went(struct call *call, struct key_ref *ref, size_t count, bool emptied, const char *event);

#endif
