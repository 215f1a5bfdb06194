/* Sessions in the queues of keys, and in a heap of deadlines.
 *
 *      blocked_state │ fields │ waits, one per key │ argv │ bytes of argv │      one allocation
 *
 * A key that nobody waits for any more leaves its database's map. A session that is tried and not served
 * keeps its waits, and so its place in every queue. While a key is being served it stays in the map, however
 * empty its queue gets: the loop over it still needs it.
 *
 * Whether a key is worth a try is asked at the moment of serving, not when it changed: the type may be
 * another by then, and several changes of one command count once. */
#include "server/keyspace/waiting.h"
#include "common/base/mem.h"
#include "server/keyspace/database.h"

#define NOT_IN_HEAP UINT32_MAX
#define HEAP_MIN    16

struct waited_key {
    struct link waits, ready;
    struct database *db;
    uint32_t when_gone_count; /* of those that wait, how many want to know that it is gone */
    uint32_t name_len;
    bool doubtful; /* ready, but when it was marked there was nothing that anybody could wait for */
    char name[];
};

static struct slice name_of(const struct waited_key *key) {
    return (struct slice){key->name, key->name_len};
}

/* --- the heap: who times out next is at 0 --- */

static void heap_put(struct waiting *w, struct blocked_state *state, uint32_t at) {
    w->timeouts[at] = state;
    state->heap_at = at;
}

/* Moves what is at `at` to where its deadline belongs. */
static void heap_settle(struct waiting *w, uint32_t at) {
    struct blocked_state *state = w->timeouts[at];
    for (; at > 0 && w->timeouts[(at - 1) / 2]->until_ms > state->until_ms; at = (at - 1) / 2)
        heap_put(w, w->timeouts[(at - 1) / 2], at);
    for (uint32_t child; (child = 2 * at + 1) < w->timeout_count; at = child) {
        if (child + 1 < w->timeout_count && w->timeouts[child + 1]->until_ms < w->timeouts[child]->until_ms)
            child++;
        if (w->timeouts[child]->until_ms >= state->until_ms) break;
        heap_put(w, w->timeouts[child], at);
    }
    heap_put(w, state, at);
}

static void heap_add(struct waiting *w, struct blocked_state *state) {
    if (w->timeout_count == w->timeout_cap) {
        w->timeout_cap = w->timeout_cap ? 2 * w->timeout_cap : HEAP_MIN;
        w->timeouts = mem_realloc(w->timeouts, w->timeout_cap * sizeof(struct blocked_state *));
    }
    heap_put(w, state, w->timeout_count++);
    heap_settle(w, state->heap_at);
}

static void heap_remove(struct waiting *w, struct blocked_state *state) {
    uint32_t at = state->heap_at;
    if (at == NOT_IN_HEAP) return;
    struct blocked_state *last = w->timeouts[--w->timeout_count];
    if (last == state) return;
    heap_put(w, last, at);
    heap_settle(w, at);
}

/* --- queues of keys --- */

static struct waited_key *key_waited_for(struct keyspace *ks, struct database *db, struct slice name) {
    struct waited_key *key = map_get(&db->waited, name);
    if (key) return key;
    key = mem_alloc(sizeof(*key) + name.len);
    list_init(&key->waits);
    list_init(&key->ready);
    key->db = db;
    key->when_gone_count = 0;
    key->doubtful = false;
    key->name_len = (uint32_t)name.len;
    memcpy(key->name, name.ptr, name.len);
    map_put(&db->waited, name, key);
    ks->waiting.key_count++;
    return key;
}

static void forget_if_unwanted(struct keyspace *ks, struct waited_key *key) {
    if (!list_empty(&key->waits) || key == ks->waiting.serving) return;
    list_remove(&key->ready);
    map_remove(&key->db->waited, name_of(key));
    ks->waiting.key_count--;
    mem_free_sized(key, sizeof(*key) + key->name_len);
}

static void wait_for_key(struct keyspace *ks, struct blocked_state *state, struct slice name) {
    struct waited_key *key = key_waited_for(ks, state->session->db, name);
    if (!list_empty(&key->waits) && LIST_OWNER(key->waits.prev, struct wait, of_key)->state == state)
        return; /* named twice */
    struct wait *wait = &state->waits[state->wait_count++];
    wait->key = key;
    wait->state = state;
    list_append(&key->waits, &wait->of_key);
    if (state->when_gone && key->when_gone_count++ == 0) ks->waiting.when_gone_count++;
}

static void wait_no_more(struct keyspace *ks, struct wait *wait) {
    struct waited_key *key = wait->key;
    list_remove(&wait->of_key);
    if (wait->state->when_gone && --key->when_gone_count == 0) ks->waiting.when_gone_count--;
    forget_if_unwanted(ks, key);
}

/* --- beginning and ending --- */

static struct blocked_state *make_state(const struct slice *argv, int argc, int key_count) {
    size_t waits = (size_t)key_count * sizeof(struct wait), slices = (size_t)argc * sizeof(struct slice);
    size_t bytes = sizeof(struct blocked_state) + waits + slices;
    for (int i = 0; i < argc; i++)
        bytes += argv[i].len;
    struct blocked_state *state = mem_alloc(bytes);
    struct slice *copies = (struct slice *)((char *)state->waits + waits);
    char *at = (char *)(copies + argc);
    for (int i = 0; i < argc; i++) {
        if (argv[i].len) memcpy(at, argv[i].ptr, argv[i].len);
        copies[i] = (struct slice){at, argv[i].len};
        at += argv[i].len;
    }
    state->argv = copies;
    state->argc = argc;
    state->bytes = bytes;
    return state;
}

void waiting_begin(struct call *call, const struct block *block) {
    struct keyspace *ks = call->keyspace;
    struct session *s = call->session;
    must(s->blocked == NULL);
    const struct slice *argv = block->argv ? block->argv : call->argv;
    struct blocked_state *state = make_state(argv, block->argv ? block->argc : call->argc, block->key_count);
    state->session = s;
    state->spec = call->spec;
    state->type = block->type;
    state->when_gone = block->when_gone;
    state->null_array = block->null_array;
    state->timed_out = block->timed_out;
    state->owner = block->owner;
    state->silent = s->flags & SESSION_REPLY_SKIP;
    state->until_ms = block->until_ms ? block->until_ms : INT64_MAX;
    state->heap_at = NOT_IN_HEAP;
    state->wait_count = 0;
    state->cycles = 0;
    for (int i = 0; i < block->key_count; i++)
        wait_for_key(ks, state, block->keys[i]);
    if (block->until_ms) heap_add(&ks->waiting, state);
    ks->waiting.session_count++;
    s->blocked = state;
    s->flags |= SESSION_BLOCKED;
}

void waiting_end(struct keyspace *ks, struct session *s) {
    struct blocked_state *state = s->blocked;
    if (state == NULL) return;
    for (int i = 0; i < state->wait_count; i++)
        wait_no_more(ks, &state->waits[i]);
    heap_remove(&ks->waiting, state);
    ks->waiting.session_count--;
    s->blocked = NULL;
    s->flags &= ~(uint32_t)SESSION_BLOCKED;
    mem_free_sized(state, state->bytes);
}

size_t waiting_bytes(const struct session *s) {
    return s->blocked ? s->blocked->bytes : 0;
}

void waiting_init(struct waiting *w) {
    *w = (struct waiting){0};
    list_init(&w->ready);
}

void waiting_deinit(struct waiting *w) {
    must(w->key_count == 0 && w->session_count == 0);
    mem_free(w->timeouts);
}

/* --- keys that are ready --- */

static const struct entry *present(const struct keyspace *ks, const struct waited_key *key) {
    struct slice name = name_of(key);
    const struct entry *e = database_find(key->db, name, hash_slice(&ks->secret, name)).entry;
    return e && !entry_due(e, ks->now_ms) ? e : NULL;
}

static bool may_serve(const struct keyspace *ks, const struct waited_key *key) {
    const struct entry *e = present(ks, key);
    if (e == NULL) return key->when_gone_count > 0;
    enum value_type type = entry_type(e);
    return type == VALUE_LIST || type == VALUE_ZSET || type == VALUE_STREAM || key->when_gone_count > 0;
}

/* A key's turn counts from its first change that may serve somebody: not from that of a transaction which
 * deleted it, added another, then added it again. */
static void make_ready(struct keyspace *ks, struct waited_key *key) {
    if (list_linked(&key->ready)) {
        if (!key->doubtful) return;
        list_remove(&key->ready);
    }
    list_append(&ks->waiting.ready, &key->ready);
    key->doubtful = !may_serve(ks, key);
}

void waiting_look_up(struct keyspace *ks, struct database *db, struct slice name) {
    struct waited_key *key = map_get(&db->waited, name);
    if (key) make_ready(ks, key);
}

void waiting_database_changed(struct keyspace *ks, struct database *db) {
    size_t cursor = 0;
    struct slice name;
    void *key;
    while (map_next(&db->waited, &cursor, &name, &key))
        make_ready(ks, key);
}

void waiting_all_changed(struct keyspace *ks) {
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) waiting_database_changed(ks, ks->databases[i]);
}

static void serve_key(struct keyspace *ks, struct waited_key *key,
                      void (*attempt)(void *owner, struct blocked_state *state), void *owner) {
    const struct entry *e = present(ks, key);
    LIST_FOR(at, next, &key->waits) {
        struct blocked_state *state = LIST_OWNER(at, struct wait, of_key)->state;
        if (e == NULL && key->when_gone_count == 0) return;
        bool has_type = e && entry_type(e) == state->type;
        if (!has_type && !state->when_gone) continue;
        attempt(owner, state);
        e = present(ks, key);
    }
}

void waiting_serve(struct keyspace *ks, void (*attempt)(void *owner, struct blocked_state *state),
                   void *owner) {
    must(ks->waiting.serving == NULL);
    while (waiting_ready(ks)) {
        struct waited_key *key = LIST_OWNER(ks->waiting.ready.next, struct waited_key, ready);
        list_remove(&key->ready);
        ks->waiting.serving = key;
        serve_key(ks, key, attempt, owner);
        ks->waiting.serving = NULL;
        forget_if_unwanted(ks, key);
    }
}

/* --- all of them --- */

/* The sessions of a database, once each: by their first key. */
static size_t gather(const struct database *db, struct blocked_state **out, size_t cap) {
    size_t cursor = 0, count = 0;
    struct slice name;
    void *key;
    while (map_next(&db->waited, &cursor, &name, &key)) {
        LIST_FOR(at, next, &((struct waited_key *)key)->waits) {
            struct wait *wait = LIST_OWNER(at, struct wait, of_key);
            if (wait != wait->state->waits) continue;
            must(count < cap);
            out[count++] = wait->state;
        }
    }
    return count;
}

void waiting_visit(struct keyspace *ks, void (*visit)(void *arg, struct blocked_state *state), void *arg) {
    size_t cap = ks->waiting.session_count, count = 0;
    if (cap == 0) return;
    struct blocked_state **states = mem_alloc(cap * sizeof(struct blocked_state *));
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) count += gather(ks->databases[i], states + count, cap - count);
    for (size_t i = 0; i < count; i++)
        visit(arg, states[i]);
    mem_free(states);
}

/* --- deadlines --- */

struct blocked_state *waiting_timed_out(const struct keyspace *ks) {
    return waiting_next_ms(ks) <= ks->now_ms ? ks->waiting.timeouts[0] : NULL;
}

int64_t waiting_next_ms(const struct keyspace *ks) {
    return ks->waiting.timeout_count ? ks->waiting.timeouts[0]->until_ms : INT64_MAX;
}
