/* The snapshot walk, proven with a throw-away sink: whatever commands run during a walk, the sink gets
 * everything that existed at the epoch, once, with the value it had then; and a planted missing pre-image is
 * noticed, in an entry and in every kind of node. */
#include "common/base/map.h"
#include "common/base/mem.h"
#include "server/keyspace/evict.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/keys.h"
#include "server/keyspace/reaper.h"
#include "server/keyspace/walk.h"
#include "server/types/hash.h"
#include "server/types/items.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/string.h"
#include "server/types/zset.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define DATABASES 3
#define KEYS      400 /* small ones */
#define LARGE     6   /* of each type */
#define MEMBERS   600
#define LONG      (int)(3 * STRING_WALK_PIECE + STRING_WALK_MIN) /* bytes of a string */

/* What the sink saw, or the model holds: "<db>:<key>" → value as text. */
struct copy {
    struct map values;
    size_t repeats, begun, early; /* keys twice; large values; elements before their value's turn */
    struct walk_value *turn;
    bool ended;
    const char *aborted;
};

static void copy_init(struct copy *c) {
    memset(c, 0, sizeof(*c));
    map_init(&c->values, 1);
}

static void copy_deinit(struct copy *c) {
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&c->values, &cursor, &key, &value))
        mem_free(value);
    map_deinit(&c->values);
}

/* Elements in no certain order, each certainly once. */
struct sum {
    uint64_t sum;
    size_t count;
};

static uint64_t mix(uint64_t h, const void *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        h = (h ^ ((const unsigned char *)bytes)[i]) * 1099511628211ULL;
    return (h ^ len) * 0x9e3779b97f4a7c15ULL;
}

static void add_element(struct sum *sum, struct slice name, struct slice value, double score) {
    uint64_t h = mix(1469598103934665603ULL, name.ptr, name.len);
    h = mix(h, value.ptr, value.len);
    sum->sum += mix(h, &score, sizeof(score));
    sum->count++;
}

/* Pieces in a certain order. */
static void add_ordered(struct sum *sum, const void *bytes, size_t len) {
    sum->sum = mix(sum->sum, bytes, len);
}

static bool put_listed(void *arg, struct slice element) {
    add_ordered(arg, element.ptr, element.len);
    return true;
}
static void put_pack(void *arg, const struct pack *p) {
    struct sum *sum = arg;
    pack_range(p, 0, p->count, false, put_listed, sum);
    sum->count++;
}
/* Groups come in any order. */
static void add_group(struct sum *sum, const struct stream_group *g) {
    struct sum own = {0, 0};
    struct slice name = stream_group_name(g);
    add_ordered(&own, name.ptr, name.len);
    add_ordered(&own, &g->last_id, sizeof(g->last_id));
    add_ordered(&own, &g->entries_read, sizeof(g->entries_read));
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, &g->pending, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        const struct stream_nack *nack = at.value;
        struct slice consumer = stream_consumer_name(nack->consumer);
        add_ordered(&own, &at.id, sizeof(at.id));
        add_ordered(&own, consumer.ptr, consumer.len);
        add_ordered(&own, &nack->delivered_ms, sizeof(nack->delivered_ms));
        add_ordered(&own, &nack->deliveries, sizeof(nack->deliveries));
    }
    struct name_cursor consumers;
    const struct stream_consumer *c;
    name_cursor_begin(&consumers, &g->consumers);
    while ((c = name_cursor_next(&consumers))) {
        struct slice consumer = stream_consumer_name(c);
        add_ordered(&own, consumer.ptr, consumer.len);
        add_ordered(&own, &c->seen_ms, sizeof(c->seen_ms));
    }
    sum->sum += own.sum;
    sum->count += 1000000;
}

static void put_node(struct sum *sum, struct stream_id id, struct slice listpack) {
    uint64_t h = mix(mix(id.ms, &id.seq, sizeof(id.seq)), listpack.ptr, listpack.len);
    sum->sum += h;
    sum->count++;
}

static void put_head(struct sum *sum, const struct stream_head *head) {
    sum->sum += mix(1, head, sizeof(*head));
}

static void put_stream(struct sum *sum, const struct stream *s) {
    struct id_cursor at;
    for (bool more = id_cursor_seek(&at, &s->nodes, STREAM_ID_MIN); more; more = id_cursor_next(&at)) {
        void *lp;
        memcpy(&lp, at.value, sizeof(lp));
        put_node(sum, at.id, (struct slice){lp, listpack_bytes(lp)});
    }
    const struct stream_head head = {s->length,   s->entries_added,  s->last_id,
                                     s->first_id, s->max_deleted_id, s->groups.count};
    put_head(sum, &head);
    struct name_cursor groups;
    const struct stream_group *g;
    name_cursor_begin(&groups, &s->groups);
    while ((g = name_cursor_next(&groups)))
        add_group(sum, g);
}

static void put_field(void *arg, struct slice field, struct slice value) {
    add_element(arg, field, value, 0);
}
static void put_scored(void *arg, struct slice member, double score) {
    add_element(arg, member, (struct slice){NULL, 0}, score);
}

static char *text_of(enum value_type type, const struct sum *sum, struct slice string, int64_t deadline_ms) {
    char *out = mem_alloc(string.len + 96);
    snprintf(out, string.len + 96, "%d/%llx/%zu/%.*s/%lld", (int)type, (unsigned long long)sum->sum,
             sum->count, (int)string.len, string.ptr, (long long)deadline_ms);
    return out;
}

static char *value_text(const struct entry *e) {
    struct sum sum = {0, 0};
    struct slice string = {"", 0};
    char scratch[STRING_VIEW_CHARS];
    struct set_walk walk;
    struct set_group g;
    switch (entry_type(e)) {
    case VALUE_HASH: hash_each(e, put_field, &sum); break;
    case VALUE_ZSET: zset_range(e, 0, SIZE_MAX, false, put_scored, &sum); break;
    case VALUE_SET:
        for (set_walk_begin(&walk, e); set_walk_next(&walk, &g);)
            for (size_t i = 0; i < g.count; i++)
                add_element(&sum, g.member[i], (struct slice){NULL, 0}, 0);
        break;
    case VALUE_LIST:
        if (entry_encoding(e) == ENC_TREE)
            deque_each_pack(list_deque(e), put_pack, &sum);
        else
            list_range(e, 0, SIZE_MAX, false, put_listed, &sum);
        break;
    case VALUE_STREAM: put_stream(&sum, stream_of(e)); break;
    default: string = string_view(e, scratch);
    }
    if (string.len > 1000) {
        add_ordered(&sum, string.ptr, string.len);
        string = SLICE("");
    }
    return text_of(entry_type(e), &sum, string, entry_deadline(e));
}

static void copy_put(struct copy *c, int db_index, struct slice key, char *text) {
    struct buf name = {0};
    buf_printf(&name, "%d:", db_index);
    buf_append_slice(&name, key);
    char *before = map_put(&c->values, buf_slice(&name), text);
    if (before) c->repeats++;
    mem_free(before);
    buf_deinit(&name);
}

static void copy_add(struct copy *c, int db_index, const struct entry *e) {
    copy_put(c, db_index, entry_key(e), value_text(e));
}

/* --- the sink --- */

static void sink_entry(void *owner, int db_index, const struct entry *e) {
    assert_false(value_walk_can(e));
    copy_add(owner, db_index, e);
}

static void sink_begin(void *owner, struct walk_value *v) {
    struct copy *c = owner;
    assert_null(c->turn);
    c->turn = v;
    c->begun++;
}

/* What was told of a large value. */
struct told {
    struct sum sum;
    struct buf bytes; /* of a string */
};

static void told_free(struct told *told) {
    if (told) buf_deinit(&told->bytes);
    mem_free(told);
}

static void sink_element(void *owner, struct walk_value *v, const struct value_element *element) {
    struct copy *c = owner;
    if (v->sink_data == NULL) v->sink_data = mem_zalloc(sizeof(struct told));
    struct told *told = v->sink_data;
    struct sum *sum = &told->sum;
    bool in_order = v->type == VALUE_LIST || v->type == VALUE_STRING || v->type == VALUE_STREAM;
    if (c->turn != v) c->early++;
    assert_true(!in_order || element->group || c->turn == v);
    switch (v->type) {
    case VALUE_STRING: buf_append_slice(&told->bytes, element->name); break;
    case VALUE_LIST: put_pack(sum, element->pack); break;
    case VALUE_STREAM:
        if (element->group)
            add_group(sum, element->group);
        else if (element->head)
            put_head(sum, element->head);
        else
            put_node(sum, element->id, element->name);
        break;
    default: add_element(sum, element->name, element->value, element->score);
    }
}

static void sink_finish(void *owner, struct walk_value *v) {
    struct copy *c = owner;
    struct told *told = v->sink_data ? v->sink_data : mem_zalloc(sizeof(struct told));
    assert_ptr_equal(c->turn, v);
    c->turn = NULL;
    if (told->bytes.len) add_ordered(&told->sum, told->bytes.ptr, told->bytes.len);
    copy_put(c, v->db_index, v->key, text_of(v->type, &told->sum, (struct slice){"", 0}, v->deadline_ms));
    if ((v->type == VALUE_STRING ? told->bytes.len : told->sum.count % 1000000) != v->count) c->repeats++;
    told_free(told);
}

static void sink_forget(void *owner, struct walk_value *v) {
    told_free(v->sink_data);
}

static struct keyspace *flushed_keyspace; /* whose FLUSHALL aborts the walk */

static void sink_flushed(void *owner) {
    walk_abort(flushed_keyspace, "the data was flushed");
}

static void sink_end(void *owner, const char *aborted) {
    struct copy *c = owner;
    c->ended = true;
    c->aborted = aborted;
}

static struct walk_sink sink_of(struct copy *c) {
    return (struct walk_sink){.owner = c,
                              .pieces = WALK_ALL,
                              .entry = sink_entry,
                              .begin = sink_begin,
                              .element = sink_element,
                              .finish = sink_finish,
                              .forget = sink_forget,
                              .end = sink_end};
}

struct all {
    struct copy *copy;
    int db_index;
};

static void copy_item(void *arg, void *item) {
    const struct all *all = arg;
    copy_add(all->copy, all->db_index, item);
}

static void copy_keyspace(struct copy *c, struct keyspace *ks) {
    for (int i = 0; i < DATABASES; i++) {
        struct all all = {c, i};
        table_each(&keyspace_database(ks, i)->tables->table, copy_item, &all);
    }
}

static bool same(const struct copy *a, const struct copy *b) {
    if (a->values.count != b->values.count) return false;
    size_t cursor = 0;
    struct slice key;
    void *value;
    while (map_next(&a->values, &cursor, &key, &value)) {
        const char *other = map_get(&b->values, key);
        if (other == NULL || strcmp(other, value) != 0) return false;
    }
    return true;
}

static void small_command(struct engine *e, struct rng *rng) {
    unsigned key = (unsigned)rng_below(rng, KEYS), other = (unsigned)rng_below(rng, KEYS);
    unsigned n = (unsigned)rng_below(rng, 1000000);
    switch (rng_below(rng, 16)) {
    case 0: engine_runf(e, "SELECT %d", (int)rng_below(rng, DATABASES)); break;
    case 1: engine_runf(e, "DEL k%u", key); break;
    case 2: engine_runf(e, "APPEND k%u %u", key, n); break;
    case 3: engine_runf(e, "PEXPIRE k%u %u", key, n % 3000 + 1); break;
    case 4: engine_runf(e, "RENAME k%u k%u", key, other); break;
    case 5: engine_runf(e, "COPY k%u k%u DB %d REPLACE", key, other, (int)rng_below(rng, DATABASES)); break;
    case 6: engine_runf(e, "HSET k:h%u f%u %u", key, n % 50, n); break;
    case 7: engine_runf(e, "HDEL k:h%u f%u", key, n % 50); break;
    case 8: engine_runf(e, "MOVE k%u %d", key, (int)rng_below(rng, DATABASES)); break;
    case 9: engine_advance(e, n % 40); break;
    case 10: expire_step(&e->keyspace, 4); break;
    case 11: engine_runf(e, "SETBIT k%u %u 1", key, n % 5000); break;
    case 12:
        engine_run(e, "MULTI");
        engine_runf(e, "SET k%u %u", key, n);
        engine_runf(e, "INCR n%u", other);
        engine_run(e, "EXEC");
        break;
    case 13:
        if (n % 10 == 0)
            engine_runf(e, "SWAPDB %d %d", (int)rng_below(rng, DATABASES), (int)rng_below(rng, DATABASES));
        break;
    default: engine_runf(e, "SET k%u %u", key, n); break;
    }
}

/* Members of large values, and what happens to large values as a whole. */
static void large_command(struct engine *e, struct rng *rng) {
    static const char letters[] = "hsz";
    unsigned key = (unsigned)rng_below(rng, LARGE), other = (unsigned)rng_below(rng, LARGE);
    unsigned n = (unsigned)rng_below(rng, 1000000), m = (unsigned)rng_below(rng, MEMBERS);
    char type = letters[rng_below(rng, 3)];
    switch (rng_below(rng, 40)) {
    case 0: engine_runf(e, "DEL %c%u", type, key); break;
    case 1: engine_runf(e, "RENAME %c%u %c%u", type, key, type, other); break;
    case 2: engine_runf(e, "COPY %c%u %c%u REPLACE", type, key, type, other); break;
    case 3: engine_runf(e, "MOVE %c%u %d", type, key, (int)rng_below(rng, DATABASES)); break;
    case 4: engine_runf(e, "PEXPIRE %c%u %u", type, key, n % 200 + 1); break;
    case 5: engine_runf(e, "SPOP s%u %u", key, n % 30); break;
    case 6: engine_runf(e, "ZREMRANGEBYRANK z%u %u %u", key, n % 50, n % 50 + n % 20); break;
    case 7: engine_runf(e, "ZUNIONSTORE z%u 2 z%u s%u", key, key, other); break;
    case 8: engine_runf(e, "SUNIONSTORE s%u s%u s%u", key, key, other); break;
    case 9:
        if (n % 8 == 0) engine_runf(e, "SET %c%u gone", type, key);
        break;
    case 10:
        if (n % 8 == 0) engine_run(e, "FLUSHDB");
        break;
    case 11:
        engine_run(e, "MULTI");
        engine_runf(e, "HDEL h%u f%u", key, m);
        engine_runf(e, "ZREM z%u m%u", key, m);
        engine_run(e, "EXEC");
        break;
    case 12: engine_runf(e, "SMOVE s%u s%u m%u", key, other, m); break;
    case 13: engine_runf(e, "ZPOPMIN z%u %u", key, n % 20); break;
    case 14:
    case 15:
    case 16: engine_runf(e, "HDEL h%u f%u f%u", key, m, m + 1); break;
    case 17:
    case 18: engine_runf(e, "SREM s%u m%u m%u", key, m, m / 2); break;
    case 19:
    case 20: engine_runf(e, "ZREM z%u m%u m%u", key, m, m / 2); break;
    case 21:
    case 22: engine_runf(e, "ZINCRBY z%u %d m%u", key, (int)(n % 2000) - 1000, m); break;
    case 23: engine_runf(e, "HINCRBY h%u f%u 1", key, m); break;
    default:
        for (unsigned i = 0; i < 12; i++, m = (m + 7) % MEMBERS)
            if (type == 'h')
                engine_runf(e, "HSET h%u f%u %u", key, m, n + i);
            else if (type == 's')
                engine_runf(e, "SADD s%u m%u %u", key, m, m);
            else
                engine_runf(e, "ZADD z%u %u m%u", key, (n + i) % 5000, m);
    }
}

/* Lists, streams and long strings: what is copied before it changes. */
static void ordered_command(struct engine *e, struct rng *rng) {
    static const char letters[] = "lxt";
    unsigned key = (unsigned)rng_below(rng, LARGE), other = (unsigned)rng_below(rng, LARGE);
    unsigned n = (unsigned)rng_below(rng, 1000000), m = (unsigned)rng_below(rng, MEMBERS);
    char type = letters[rng_below(rng, 3)];
    switch (rng_below(rng, 44)) {
    case 0: engine_runf(e, "DEL %c%u", type, key); break;
    case 1: engine_runf(e, "RENAME %c%u %c%u", type, key, type, other); break;
    case 2: engine_runf(e, "COPY %c%u %c%u REPLACE", type, key, type, other); break;
    case 3: engine_runf(e, "PEXPIRE %c%u %u", type, key, n % 200 + 1); break;
    case 4:
        if (n % 8 == 0) engine_runf(e, "SET %c%u gone", type, key);
        break;
    case 5: engine_runf(e, "LTRIM l%u %u %d", key, n % 10, -(int)(n % 7) - 1); break;
    case 6: engine_runf(e, "LREM l%u %d e%u", key, (int)(n % 7) - 3, m % 30); break;
    case 7: engine_runf(e, "LPOP l%u %u", key, n % 40); break;
    case 8: engine_runf(e, "RPOP l%u %u", key, n % 40); break;
    case 9:
    case 10: engine_runf(e, "LSET l%u %d new%u", key, (int)(n % 300) - 150, n); break;
    case 11:
    case 12:
        engine_runf(e, "LINSERT l%u %s e%u between%u", key, n & 1 ? "BEFORE" : "AFTER", m % 30, n);
        break;
    case 13:
        engine_runf(e, "LMOVE l%u l%u %s %s", key, other, n & 1 ? "LEFT" : "RIGHT", n & 2 ? "LEFT" : "RIGHT");
        break;
    case 14: engine_runf(e, "SORT l%u BY nosort STORE l%u", key, other); break;
    case 15: engine_runf(e, "XTRIM x%u MAXLEN %s %u", key, n & 1 ? "~" : "=", n % 400); break;
    case 16:
    case 17: engine_runf(e, "XDEL x%u %u-0 %u-0", key, m, m + n % 9); break;
    case 18: engine_runf(e, "XGROUP CREATE x%u g%u %u-0", key, n % 3, m / 4); break;
    case 19: engine_runf(e, "XGROUP DESTROY x%u g%u", key, n % 3); break;
    case 20:
    case 21:
        engine_runf(e, "XREADGROUP GROUP g%u c%u COUNT %u STREAMS x%u >", n % 3, n % 5, n % 20, key);
        break;
    case 22: engine_runf(e, "XACK x%u g%u %u-0 %u-0", key, n % 3, m, m + 1); break;
    case 23: engine_runf(e, "XCLAIM x%u g%u c%u 0 %u-0 %u-0", key, n % 3, n % 5, m, m + 1); break;
    case 24: engine_runf(e, "XAUTOCLAIM x%u g%u c%u 0 0 COUNT %u", key, n % 3, n % 5, n % 9 + 1); break;
    case 25: engine_runf(e, "XGROUP DELCONSUMER x%u g%u c%u", key, n % 3, n % 5); break;
    case 26: engine_runf(e, "XGROUP SETID x%u g%u %u", key, n % 3, m / 4); break;
    case 27: engine_runf(e, "XSETID x%u 100000-%u", key, n); break;
    case 28:
        if (n % 4 == 0) engine_runf(e, "SETRANGE t%u %d %u", key, LONG, n);
        break;
    case 29: engine_runf(e, "APPEND t%u more%u", key, n); break;
    case 30: engine_runf(e, "SETBIT t%u %u 1", key, n % (8 * (unsigned)LONG)); break;
    case 31: engine_runf(e, "SETRANGE t%u %u word%u", key, n % (unsigned)LONG, n); break;
    case 32:
        engine_runf(e, "BITFIELD t%u SET u63 %u %u INCRBY i20 %u 77", key, n % (unsigned)LONG, n, n / 3);
        break;
    case 33: engine_runf(e, "BITOP NOT t%u t%u", key, other); break;
    default:
        for (unsigned i = 0; i < 12; i++, m = (m + 7) % MEMBERS)
            if (type == 'x')
                engine_runf(e, "XADD x%u * f%u %u g h", key, m % 5, n + i);
            else
                engine_runf(e, "%s l%u e%u %u", n & 1 ? "RPUSH" : "LPUSH", key, m % 30, n + i);
    }
}

static void random_command(struct engine *e, struct rng *rng) {
    reaper_step(e->keyspace.reaper, 100);
    switch (rng_below(rng, 4)) {
    case 0: small_command(e, rng); break;
    case 1: large_command(e, rng); break;
    default: ordered_command(e, rng);
    }
}

static void engine_open(struct engine *e) {
    engine_init(e);
    e->keyspace.conf.hash_max_listpack_entries = 16;
    e->keyspace.conf.set_max_listpack_entries = 16;
    e->keyspace.conf.set_max_intset_entries = 16;
    e->keyspace.conf.zset_max_listpack_entries = 16;
    e->keyspace.conf.list_max_listpack_size = 8;
    e->keyspace.conf.stream_node_max_entries = 10;
}

static bool spoil_word(void *arg, struct slice word) {
    if (word.len < 2) return true;
    ((char *)(uintptr_t)word.ptr)[0] ^= 1;
    return false;
}

static unsigned spoiled_before;

/* In a node that the walk has still to come to; of streams, a group by turns. */
static void spoil_in_place(struct value_walk *walk) {
    if (walk->type == VALUE_STRING) {
        walk->string.heap->bytes[walk->string.len / 2] ^= 1;
    } else if (walk->type == VALUE_LIST) {
        pack_range(walk->packs.packs[walk->packs.count / 2], 0, 1, false, spoil_word, NULL);
    } else if (spoiled_before++ % 2) {
        walk->nodes.groups[0]->last_id.ms++;
    } else {
        const void *lp = walk->nodes.nodes[walk->nodes.count / 2].listpack;
        char digits[LISTPACK_INT_CHARS];
        for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
            struct slice word = listpack_get(lp, at, digits);
            if (word.ptr != digits && !spoil_word(NULL, word)) return; /* no number, which is a copy */
        }
        fail();
    }
}

/* Changes something without asking anybody: the bug that the test must notice. */
static void spoil(struct engine *e, const char *what) {
    struct slice name = slice_of(what);
    struct database *db = keyspace_database(&e->keyspace, 0);
    struct entry *entry = database_find(db, name, hash_slice(&e->keyspace.secret, name)).entry;
    assert_non_null(entry);
    if (what[0] == 'k') {
        entry_payload(entry)[0] ^= 1;
        return;
    }
    assert_true(value_walk_can(entry));
    struct value_walk *walk = value_walk_of(entry);
    assert_non_null(walk);
    if (!walk->items) {
        spoil_in_place(walk);
        return;
    }
    /* as if nobody asked: the body knows of no walk while it is changed */
    struct rank_walk *leaves = walk->ranks ? walk->ranks->walk : NULL;
    walk->items->walk = NULL;
    if (walk->ranks) walk->ranks->walk = NULL;
    if (what[0] == 'h') engine_runf(e, "HSET %s f1 spoiled", what);
    if (what[0] == 's') engine_runf(e, "SREM %s m1", what);
    if (what[0] == 'z') engine_runf(e, "ZINCRBY %s 0.5 m1", what);
    walk->items->walk = walk;
    if (walk->ranks) walk->ranks->walk = leaves;
}

static unsigned early, begun; /* over all walks */

/* One walk under random commands; returns whether the sink's copy is that of the epoch. */
static bool walk_once(struct engine *e, struct rng *rng, const char *spoiled) {
    struct copy model, seen;
    copy_init(&model);
    copy_init(&seen);
    copy_keyspace(&model, &e->keyspace);
    struct walk_sink sink = sink_of(&seen);
    assert_true(walk_begin(&e->keyspace, &sink));
    assert_false(walk_begin(&e->keyspace, &sink));
    static const char *const opening[128] = {
        ['h'] = "HDEL %s nosuch",   ['s'] = "SREM %s nosuch",    ['z'] = "ZREM %s nosuch",
        ['l'] = "LREM %s 0 nosuch", ['x'] = "XDEL %s 7777777-0", ['t'] = "APPEND %s more"};
    if (spoiled && spoiled[0] != 'k') engine_runf(e, opening[(int)spoiled[0]], spoiled);
    if (spoiled) spoil(e, spoiled);
    bool more = true;
    while (more) {
        for (uint64_t n = rng_below(rng, 20); n > 0; n--)
            random_command(e, rng);
        more = walk_step(&e->keyspace, rng_below(rng, 5) + 1);
    }
    assert_true(seen.ended);
    assert_null(seen.aborted);
    bool ok = same(&model, &seen) && seen.repeats == 0;
    early += (unsigned)seen.early;
    begun += (unsigned)seen.begun;
    copy_deinit(&model);
    copy_deinit(&seen);
    return ok;
}

static void fill(struct engine *e, struct rng *rng, int commands) {
    for (int i = 0; i < commands; i++)
        random_command(e, rng);
}

static void walks_see_the_epoch(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_open(&e);
    early = begun = 0;
    for (int round = 0; round < test_rounds(100); round++) {
        fill(&e, &rng, 300);
        assert_true(walk_once(&e, &rng, NULL));
    }
    assert_true(begun > 100 && early > 100); /* else it proves nothing */
    engine_deinit(&e);
}

static void walks_under_eviction(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_open(&e);
    e.keyspace.conf.maxmemory_policy = EVICT_ALLKEYS_RANDOM;
    for (int round = 0; round < test_rounds(30); round++) {
        e.keyspace.conf.maxmemory = 0;
        fill(&e, &rng, 400);
        e.keyspace.conf.maxmemory = (uint64_t)e.keyspace.account->used;
        struct copy model, seen;
        copy_init(&model);
        copy_init(&seen);
        copy_keyspace(&model, &e.keyspace);
        struct walk_sink sink = sink_of(&seen);
        assert_true(walk_begin(&e.keyspace, &sink));
        uint64_t evicted = e.keyspace.stats.evicted_keys;
        do {
            random_command(&e, &rng);
            e.keyspace.conf.maxmemory -= e.keyspace.conf.maxmemory / 200;
            evict_make_room(&e.keyspace, 0, 3);
        } while (walk_step(&e.keyspace, 2));
        assert_true(e.keyspace.stats.evicted_keys > evicted);
        assert_true(same(&model, &seen) && seen.repeats == 0);
        copy_deinit(&model);
        copy_deinit(&seen);
    }
    engine_deinit(&e);
}

/* Each large key of database 0 has the member that is spoiled. */
static void a_missing_pre_image_is_noticed(void **state) {
    static const char *const keys[] = {"k1", "h1", "s1", "z1", "l1", "x1", "t1"};
    struct engine e;
    struct rng rng = test_rng();
    engine_open(&e);
    for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
        int noticed = 0;
        for (int round = 0; round < 10; round++) {
            engine_run(&e, "FLUSHALL");
            fill(&e, &rng, 300);
            engine_run(&e, "SELECT 0");
            engine_run(&e, "DEL k1 h1 s1 z1 l1 x1 t1");
            engine_run(&e, "SET k1 abcdef");
            for (int m = 0; m < 200; m++) {
                engine_runf(&e, "HSET h1 f%d v", m);
                engine_runf(&e, "SADD s1 m%d", m);
                engine_runf(&e, "ZADD z1 %d m%d", m, m);
                engine_runf(&e, "RPUSH l1 element%d", m);
                engine_runf(&e, "XADD x1 %d-0 field value%d", m + 1, m);
            }
            engine_runf(&e, "SETRANGE t1 %d x", LONG);
            engine_run(&e, "XGROUP CREATE x1 g0 0");
            noticed += !walk_once(&e, &rng, keys[k]);
        }
        assert_int_equal(noticed, 10);
    }
    engine_deinit(&e);
}

static void an_aborted_walk_leaves_no_marks(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_open(&e);
    flushed_keyspace = &e.keyspace;
    for (int round = 0; round < test_rounds(40); round++) {
        fill(&e, &rng, 300);
        struct copy seen;
        copy_init(&seen);
        struct walk_sink sink = sink_of(&seen);
        sink.flushed = sink_flushed;
        assert_true(walk_begin(&e.keyspace, &sink));
        for (int i = 0; i < 10; i++) {
            random_command(&e, &rng);
            walk_step(&e.keyspace, 1 + (unsigned)round % 40);
        }
        if (round % 2)
            engine_run(&e, "FLUSHALL");
        else
            walk_abort(&e.keyspace, "tested");
        if (e.keyspace.walk) assert_string_equal(seen.aborted, round % 2 ? "the data was flushed" : "tested");
        while (walk_step(&e.keyspace, 3))
            random_command(&e, &rng);
        copy_deinit(&seen);
        fill(&e, &rng, 50);
        assert_true(walk_once(&e, &rng, NULL));
    }
    engine_deinit(&e);
}

static void a_walk_ends_with_the_keyspace(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_open(&e);
    struct copy seen;
    copy_init(&seen);
    fill(&e, &rng, 1000);
    struct walk_sink sink = sink_of(&seen);
    assert_true(walk_begin(&e.keyspace, &sink));
    for (int i = 0; i < 40; i++) {
        random_command(&e, &rng);
        walk_step(&e.keyspace, 2);
    }
    walk_destroy(&e.keyspace);
    assert_true(seen.ended);
    copy_deinit(&seen);
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_see_the_epoch),
        cmocka_unit_test(walks_under_eviction),
        cmocka_unit_test(a_missing_pre_image_is_noticed),
        cmocka_unit_test(an_aborted_walk_leaves_no_marks),
        cmocka_unit_test(a_walk_ends_with_the_keyspace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
