/* See rdb_build.h. That an element came twice shows in the counts: fewer were new than were added. */
#include "server/persist/rdb_build.h"
#include "common/base/panic.h"
#include "server/types/hash_deadlines.h"
#include "server/types/value.h"
#include <math.h>

struct rdb_rules rdb_rules_of(const struct keyspace *ks) {
    return (struct rdb_rules){.hash = keyspace_hash_rules(ks),
                              .list = keyspace_list_rules(ks),
                              .set = keyspace_set_rules(ks),
                              .zset = keyspace_zset_rules(ks)};
}

void rdb_build_begin(struct rdb_build *b, const struct rdb_rules *rules, enum value_type type,
                     struct slice key, uint64_t expected) {
    must(b->entry == NULL);
    b->rules = rules;
    b->type = type;
    b->key = key;
    b->expected = expected;
    b->added = 0;
    b->held = 0;
    b->dated = false;
    b->dup_of = NULL;
}

/* --- adding a group; each returns how many elements the value has more --- */

static size_t flush_hash(struct rdb_build *b) {
    struct slice pairs[2 * RDB_GROUP];
    size_t created = 0;
    for (unsigned i = 0; i < 2 * b->held; i++)
        pairs[i] = b->text[i].s;
    if (b->entry) {
        b->entry = hash_set(b->entry, pairs, b->held, &b->rules->hash, &created);
    } else {
        b->entry = hash_create(b->key, pairs, b->held, &b->rules->hash);
        created = hash_count(b->entry);
    }
    for (unsigned i = 0; b->dated && i < b->held; i++)
        b->entry = hash_set_deadline(b->entry, pairs[2 * i], b->deadline[i], &b->rules->hash);
    return created;
}

static size_t flush_list(struct rdb_build *b) {
    struct slice elements[RDB_GROUP];
    for (unsigned i = 0; i < b->held; i++)
        elements[i] = b->text[i].s;
    if (b->entry == NULL) b->entry = list_create(b->key);
    b->entry = list_push(b->entry, elements, b->held, false, &b->rules->list);
    return b->held;
}

static size_t flush_set(struct rdb_build *b) {
    struct slice members[RDB_GROUP];
    size_t added = 0;
    for (unsigned i = 0; i < b->held; i++)
        members[i] = b->text[i].s;
    if (b->entry == NULL) b->entry = set_create_for(b->key, members[0], b->expected, &b->rules->set);
    b->entry = set_add(b->entry, members, b->held, &b->rules->set, &added);
    return added;
}

static size_t flush_zset(struct rdb_build *b) {
    struct zset_pair pairs[RDB_GROUP];
    struct zset_added added;
    for (unsigned i = 0; i < b->held; i++)
        pairs[i] = (struct zset_pair){b->text[i].s, b->score[i]};
    if (b->entry == NULL) b->entry = zset_create(b->key, b->expected, 0, &b->rules->zset);
    b->entry = zset_add(b->entry, pairs, b->held, ZSET_NX, &b->rules->zset, &added);
    return added.added;
}

bool rdb_build_flush(struct rdb_build *b, struct rdb_in *in) {
    if (b->held == 0) return true;
    size_t fresh = b->type == VALUE_HASH   ? flush_hash(b)
                   : b->type == VALUE_LIST ? flush_list(b)
                   : b->type == VALUE_SET  ? flush_set(b)
                                           : flush_zset(b);
    bool all = fresh == b->held;
    b->added += fresh;
    b->held = 0;
    return all || rdb_fail(in, "%s with dup elements", b->dup_of ? b->dup_of : "a collection");
}

bool rdb_build_added(struct rdb_build *b, struct rdb_in *in) {
    if (b->type == VALUE_ZSET && isnan(b->score[b->held])) return rdb_fail(in, "a score is not a number");
    return ++b->held < RDB_GROUP || rdb_build_flush(b, in);
}

struct entry *rdb_build_finish(struct rdb_build *b, struct rdb_in *in) {
    if (!rdb_build_flush(b, in)) return NULL;
    must(b->entry && (b->type == VALUE_LIST || b->added == b->expected));
    struct entry *e = b->entry;
    b->entry = NULL;
    return e;
}

void rdb_build_drop(struct rdb_build *b) {
    if (b->entry) value_free(b->entry);
    b->entry = NULL;
    b->held = 0;
}

void rdb_build_deinit(struct rdb_build *b) {
    rdb_build_drop(b);
    for (size_t i = 0; i < sizeof(b->text) / sizeof(b->text[0]); i++)
        rdb_text_deinit(&b->text[i]);
}
