/* Keys, as handlers see them: read one, or open one for change.
 *
 * Reading hands out a const entry; only opening hands out one that may be changed, and it is opening that
 * saves the pre-image for a snapshot under way. A due key is absent for both, and is deleted on the way (with
 * its event and its DEL in the journal). After the change the handler says so with key_changed.
 *
 *      struct key_ref ref;
 *      if (!key_open_typed(call, 1, VALUE_HASH, &ref)) return;   // WRONGTYPE was replied
 *      ...
 *      key_changed(call, &ref, NOTIFY_HASH, "hset");
 *
 * References die when another key is inserted or deleted. */
#ifndef TORC_KEYSPACE_KEYS_H
#define TORC_KEYSPACE_KEYS_H

#include "server/keyspace/call.h"
#include "server/keyspace/database.h"

enum key_access {
    KEY_TOUCH = 0,         /* counts as a use: access time, hits and misses, keymiss event */
    KEY_NO_TOUCH = 1 << 0, /* leaves the access time alone (OBJECT, TYPE, TTL, EXISTS) */
    KEY_NO_STATS = 1 << 1, /* counts neither hit nor miss, no keymiss event */
};

struct key_ref {
    struct slice name; /* borrowed from argv or the caller */
    uint64_t hash;
    struct database *db;
    struct entry_at at;
};
static inline struct entry *key_entry(const struct key_ref *ref) {
    return ref->at.entry;
}

/* The entry of argv[arg], or NULL. Valid until any key is inserted, deleted or changed. */
const struct entry *key_read(struct call *call, int arg, unsigned access);
/* As above for a key of a certain type; false: it has another, and WRONGTYPE was replied. */
bool key_read_typed(struct call *call, int arg, enum value_type type, const struct entry **out);
/* For keys that are not arguments. */
const struct entry *key_read_name(struct call *call, struct database *db, struct slice name, unsigned access);

/* Opens argv[arg] for change. Touches it; counts neither hit nor miss. The typed form returns false, with
 * WRONGTYPE replied, for a key of another type; an absent key is fine. */
void key_open(struct call *call, int arg, struct key_ref *ref);
bool key_open_typed(struct call *call, int arg, enum value_type type, struct key_ref *ref);
void key_open_name(struct call *call, struct database *db, struct slice name, struct key_ref *ref);

/* Puts `entry` (taken; its key must be ref->name) in the place of whatever was there, freeing that. Events
 * are the caller's business, but for "new" when the key was absent. */
void key_store(struct call *call, struct key_ref *ref, struct entry *entry);
/* The entry was reshaped and may have moved: puts it back at its place. */
void key_moved(struct key_ref *ref, struct entry *entry);
/* Deletes it: large values go to the reaper. No event of its own (callers send "del" or another). */
void key_delete(struct call *call, struct key_ref *ref);
/* Takes the entry out without freeing it (RENAME). */
struct entry *key_take(struct call *call, struct key_ref *ref);

/* Gives it a deadline in ms since 1970, or ENTRY_NO_DEADLINE. Events are the caller's business. */
void key_set_deadline(struct call *call, struct key_ref *ref, int64_t deadline_ms);

/* Fields of the opened hash gained, lost or changed deadlines (or were deleted): `before` is what
 * hash_next_deadline said before that. */
void key_fields_changed(struct key_ref *ref, int64_t before);

/* The change is done: counts it, tells WATCH, queues the event (class 0, event NULL: no event). */
void key_changed(struct call *call, struct key_ref *ref, uint32_t class, const char *event);
void key_changed_name(struct call *call, struct database *db, struct slice name, uint32_t class,
                      const char *event);
/* Counts further changes of the same command (fields of an HSET) towards rdb_changes_since_last_save. */
void key_changed_more(struct call *call, uint64_t more);

/* The argv-less form of key_open: for the server's own work. */
void key_open_at(struct keyspace *ks, struct database *db, struct slice name, uint64_t hash,
                 struct key_ref *ref);

/* Empties a database for a client: tells WATCH, hands the tables to the reaper, or to a snapshot that has not
 * been there. Returns how many keys it held. */
size_t key_flush_database(struct keyspace *ks, struct database *db);
/* The same for all; a snapshot that is only for a file is aborted. */
size_t key_flush_all(struct keyspace *ks);
/* Exchanges the contents of two databases; tells WATCH. */
void key_swap_databases(struct keyspace *ks, struct database *a, struct database *b);

/* Deletes what an opened reference holds because memory is short: event "evicted", DEL or UNLINK in the
 * journal. */
void key_evict(struct keyspace *ks, struct key_ref *ref);

/* Deletes a due entry as the server does by itself: event "expired", DEL or UNLINK in the journal. */
void key_expire(struct keyspace *ks, struct database *db, struct entry_at at, uint64_t hash);

/* Deletes due fields of a hash as the server does by itself, looking at up to `effort` buckets (`exact` as
 * for hash_expire): event "hexpired", HDEL in the journal, and the key itself when the last field goes.
 * Returns whether there is more to do. at->entry is where the hash is afterwards, or NULL. */
bool key_expire_fields(struct keyspace *ks, struct database *db, struct entry_at *at, uint64_t hash,
                       bool exact, size_t effort);

#endif
