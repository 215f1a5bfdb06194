/* Keys are found by "<db number>:<name>" in one map; each has a ring of watches, one per session.
 *
 *      ks->watched ─► watched_key ─► watch ─► watch
 *                                      │        └─ session B
 *                                      └─ session A ─► its other watches
 */
#include "server/keyspace/watch.h"
#include "common/base/mem.h"

struct watched_key {
    struct link watches;
    int db_index;
    size_t map_key_len, name_at;
    char map_key[];
};

enum key_state { ABSENT, DUE, ALIVE };

struct watch {
    struct link of_key, of_session;
    struct watched_key *key;
    struct session *session;
    bool stale; /* the key was there and due already when it was watched: its going is no change */
};

static enum key_state state_of(const struct keyspace *ks, const struct database *db, struct slice name) {
    const struct entry *e = db ? database_find(db, name, hash_slice(&ks->secret, name)).entry : NULL;
    return e == NULL ? ABSENT : entry_due(e, ks->now_ms) ? DUE : ALIVE;
}

static void map_key_of(struct buf *out, int db_index, struct slice name) {
    buf_printf(out, "%d:", db_index);
    buf_append_slice(out, name);
}

void watch_add(struct keyspace *ks, struct session *s, struct database *db, struct slice name) {
    struct buf text = {0};
    map_key_of(&text, db->index, name);
    struct watched_key *key = map_get(&ks->watched, buf_slice(&text));
    if (key == NULL) {
        key = mem_alloc(sizeof(*key) + text.len);
        list_init(&key->watches);
        key->db_index = db->index;
        key->map_key_len = text.len;
        key->name_at = text.len - name.len;
        memcpy(key->map_key, text.ptr, text.len);
        map_put(&ks->watched, buf_slice(&text), key);
    }
    buf_deinit(&text);
    LIST_FOR(at, next, &key->watches) {
        if (LIST_OWNER(at, struct watch, of_key)->session == s) return;
    }
    struct watch *w = mem_alloc(sizeof(*w));
    w->key = key;
    w->session = s;
    w->stale = state_of(ks, db, name) == DUE;
    list_append(&key->watches, &w->of_key);
    list_append(&s->watches, &w->of_session);
    s->watch_bytes += sizeof(*w) + sizeof(*key) + key->map_key_len;
}

void watch_remove_all(struct keyspace *ks, struct session *s) {
    LIST_FOR(at, next, &s->watches) {
        struct watch *w = LIST_OWNER(at, struct watch, of_session);
        list_remove(&w->of_session);
        list_remove(&w->of_key);
        if (list_empty(&w->key->watches)) {
            map_remove(&ks->watched, (struct slice){w->key->map_key, w->key->map_key_len});
            mem_free(w->key);
        }
        mem_free_sized(w, sizeof(*w));
    }
    s->watch_bytes = 0;
}

static void mark_watchers(struct watched_key *key) {
    LIST_FOR(at, next, &key->watches) {
        LIST_OWNER(at, struct watch, of_key)->session->flags |= SESSION_DIRTY_CAS;
    }
}

static struct watched_key *find_watched(const struct keyspace *ks, const struct database *db,
                                        struct slice name) {
    struct buf text = {0};
    map_key_of(&text, db->index, name);
    struct watched_key *key = map_get(&ks->watched, buf_slice(&text));
    buf_deinit(&text);
    return key;
}

void watch_key_changed(struct keyspace *ks, const struct database *db, struct slice name) {
    struct watched_key *key = find_watched(ks, db, name);
    if (key) mark_watchers(key);
}

void watch_key_expired(struct keyspace *ks, const struct database *db, struct slice name) {
    struct watched_key *key = find_watched(ks, db, name);
    if (key == NULL) return;
    LIST_FOR(at, next, &key->watches) {
        struct watch *w = LIST_OWNER(at, struct watch, of_key);
        if (!w->stale) w->session->flags |= SESSION_DIRTY_CAS;
        w->stale = false;
    }
}

static struct slice name_of(const struct watched_key *key) {
    return (struct slice){key->map_key + key->name_at, key->map_key_len - key->name_at};
}

void watch_database_replaced(struct keyspace *ks, const struct database *db, const struct database *by) {
    size_t cursor = 0;
    struct slice map_key;
    void *value;
    while (map_next(&ks->watched, &cursor, &map_key, &value)) {
        struct watched_key *key = value;
        if (key->db_index != db->index) continue;
        enum key_state before = state_of(ks, db, name_of(key)), after = state_of(ks, by, name_of(key));
        LIST_FOR(at, next, &key->watches) {
            struct watch *w = LIST_OWNER(at, struct watch, of_key);
            if (before == ALIVE || after == ALIVE || (before == DUE && !w->stale))
                w->session->flags |= SESSION_DIRTY_CAS;
            else
                w->stale = after == DUE;
        }
    }
}

void watch_keys_lost(struct keyspace *ks, bool (*lost)(void *owner, struct slice name), void *owner) {
    size_t cursor = 0;
    struct slice map_key;
    void *key;
    while (map_next(&ks->watched, &cursor, &map_key, &key))
        if (lost(owner, name_of(key))) mark_watchers(key);
}

bool watch_any_due(const struct keyspace *ks, const struct session *s) {
    for (const struct link *at = s->watches.next; at != &s->watches; at = at->next) {
        const struct watch *w = LIST_OWNER(at, struct watch, of_session);
        const struct database *db = ks->databases[w->key->db_index];
        if (!w->stale && state_of(ks, db, name_of(w->key)) == DUE) return true;
    }
    return false;
}

size_t watch_key_count(const struct keyspace *ks) {
    return ks->watched.count;
}
