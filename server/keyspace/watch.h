/* WATCH: optimistic locking. Sessions watch keys; any change of one marks the session SESSION_DIRTY_CAS. */
#ifndef TORC_KEYSPACE_WATCH_H
#define TORC_KEYSPACE_WATCH_H

#include "server/keyspace/database.h"
#include "server/keyspace/session.h"

/* Copies the name. Watching a key twice is once. */
void watch_add(struct keyspace *ks, struct session *s, struct database *db, struct slice name);
void watch_remove_all(struct keyspace *ks, struct session *s);
void watch_key_changed(struct keyspace *ks, const struct database *db, struct slice name);
/* The same for a key that is deleted because it is due: no change for those who watched it when it was due
 * already. */
void watch_key_expired(struct keyspace *ks, const struct database *db, struct slice name);
/* The contents of `db` are about to be replaced by those of `by` (NULL: by nothing): marks who watches a key
 * of either. */
void watch_database_replaced(struct keyspace *ks, const struct database *db, const struct database *by);
/* Marks who watches a key, of any database, for which `lost` says so. */
void watch_keys_lost(struct keyspace *ks, bool (*lost)(void *owner, struct slice name), void *owner);
/* True if a key that the session watches existed when it was watched and is due by now. */
bool watch_any_due(const struct keyspace *ks, const struct session *s);
/* Sessions that watch something, and keys watched, for INFO. */
size_t watch_key_count(const struct keyspace *ks);

#endif
