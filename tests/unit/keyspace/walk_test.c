/* The snapshot hook, proven with a throw-away sink: whatever commands run during a walk, the sink gets every
 * entry that existed at the epoch, once, with the value it had then; and a planted missing pre-image is
 * noticed. */
#include "common/base/map.h"
#include "common/base/mem.h"
#include "server/keyspace/expire.h"
#include "server/keyspace/walk.h"
#include "server/types/hash.h"
#include "server/types/string.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <stdio.h>

#define DATABASES 3
#define KEYS      400

/* What the sink saw, or the model holds: "<db>:<key>" → value as text. */
struct copy {
    struct map values;
    size_t repeats;
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

static void put_field(void *arg, struct slice field, struct slice value) {
    struct buf *out = arg;
    /* fields come in no certain order: add them up so that order does not matter */
    uint64_t sum = 0;
    memcpy(&sum, out->ptr, sizeof(sum));
    struct slice parts[2] = {field, value};
    uint64_t h = 1469598103934665603ULL;
    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < parts[p].len; i++)
            h = (h ^ (unsigned char)parts[p].ptr[i]) * 1099511628211ULL;
    sum += h;
    memcpy(out->ptr, &sum, sizeof(sum));
}

static char *value_text(const struct entry *e) {
    struct buf text = {0};
    buf_append(&text, "\0\0\0\0\0\0\0\0", 8);
    char scratch[STRING_VIEW_CHARS];
    if (entry_type(e) == VALUE_STRING)
        buf_append_slice(&text, string_view(e, scratch));
    else
        hash_each(e, put_field, &text);
    uint64_t sum;
    memcpy(&sum, text.ptr, sizeof(sum));
    char *out = mem_alloc(text.len + 64);
    snprintf(out, text.len + 64, "%d/%llx/%.*s/%lld", (int)entry_type(e), (unsigned long long)sum,
             (int)(text.len - 8), text.ptr + 8, (long long)entry_deadline(e));
    buf_deinit(&text);
    return out;
}

static void copy_add(struct copy *c, int db_index, const struct entry *e) {
    struct buf name = {0};
    buf_printf(&name, "%d:", db_index);
    buf_append_slice(&name, entry_key(e));
    char *before = map_put(&c->values, buf_slice(&name), value_text(e));
    if (before) c->repeats++;
    mem_free(before);
    buf_deinit(&name);
}

static void sink_entry(void *owner, int db_index, const struct entry *e) {
    copy_add(owner, db_index, e);
}

static void sink_end(void *owner, const char *aborted) {
    struct copy *c = owner;
    c->ended = true;
    c->aborted = aborted;
}

struct all {
    struct copy *copy;
    int db_index;
};

static void copy_item(void *arg, void *item) {
    struct all *all = arg;
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

static void random_command(struct engine *e, struct rng *rng) {
    unsigned key = (unsigned)rng_below(rng, KEYS), other = (unsigned)rng_below(rng, KEYS);
    unsigned n = (unsigned)rng_below(rng, 1000000);
    switch (rng_below(rng, 16)) {
    case 0: engine_runf(e, "SELECT %d", (int)rng_below(rng, DATABASES)); break;
    case 1: engine_runf(e, "DEL k%u", key); break;
    case 2: engine_runf(e, "APPEND k%u %u", key, n); break;
    case 3: engine_runf(e, "PEXPIRE k%u %u", key, n % 3000 + 1); break;
    case 4: engine_runf(e, "RENAME k%u k%u", key, other); break;
    case 5: engine_runf(e, "COPY k%u k%u DB %d REPLACE", key, other, (int)rng_below(rng, DATABASES)); break;
    case 6: engine_runf(e, "HSET h%u f%u %u", key, n % 50, n); break;
    case 7: engine_runf(e, "HDEL h%u f%u", key, n % 50); break;
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

/* One walk under random commands; `spoil` plants the bug: a change that bypasses key_open. Returns whether
 * the sink's copy is that of the epoch. */
static bool walk_once(struct engine *e, struct rng *rng, bool spoil) {
    struct copy model, seen;
    copy_init(&model);
    copy_init(&seen);
    copy_keyspace(&model, &e->keyspace);
    struct walk_sink sink = {&seen, sink_entry, sink_end};
    assert_true(walk_begin(&e->keyspace, &sink));
    assert_false(walk_begin(&e->keyspace, &sink));
    if (spoil) {
        struct entry *victim = table_random(&keyspace_database(&e->keyspace, 0)->tables->table, rng);
        if (victim) victim->rest[entry_key_offset(victim) + entry_key_len(victim)] ^= 1;
    }
    bool more = true;
    while (more) {
        for (uint64_t n = rng_below(rng, 20); n > 0; n--)
            random_command(e, rng);
        more = walk_step(&e->keyspace, rng_below(rng, 5) + 1);
    }
    assert_true(seen.ended);
    assert_null(seen.aborted);
    bool ok = same(&model, &seen) && seen.repeats == 0;
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
    engine_init(&e);
    for (int round = 0; round < test_rounds(60); round++) {
        fill(&e, &rng, 200);
        assert_true(walk_once(&e, &rng, false));
    }
    engine_deinit(&e);
}

static void a_missing_pre_image_is_noticed(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_init(&e);
    int noticed = 0;
    for (int round = 0; round < 20; round++) {
        engine_run(&e, "FLUSHALL");
        engine_run(&e, "SELECT 0");
        fill(&e, &rng, 300);
        engine_run(&e, "SELECT 0");
        engine_run(&e, "SET k1 abcdef");
        noticed += !walk_once(&e, &rng, true);
    }
    assert_int_equal(noticed, 20);
    engine_deinit(&e);
}

static void an_aborted_walk_leaves_no_marks(void **state) {
    struct engine e;
    struct rng rng = test_rng();
    engine_init(&e);
    for (int round = 0; round < test_rounds(30); round++) {
        fill(&e, &rng, 300);
        struct copy seen;
        copy_init(&seen);
        struct walk_sink sink = {&seen, sink_entry, sink_end};
        assert_true(walk_begin(&e.keyspace, &sink));
        for (int i = 0; i < 10; i++) {
            random_command(&e, &rng);
            walk_step(&e.keyspace, 1);
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
        assert_true(walk_once(&e, &rng, false));
    }
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_see_the_epoch),
        cmocka_unit_test(a_missing_pre_image_is_noticed),
        cmocka_unit_test(an_aborted_walk_leaves_no_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
