/* Publish and subscribe: channels, patterns, sharded channels, keyspace notifications.
 *
 *      PUBLISH ch m ─► channel "ch" ─► its sessions: the message, encoded once
 *                  └─► each pattern that matches ─► its sessions
 *      unit ─► changed(key, event) ─► the same, as __keyspace@N__:key and __keyevent@N__:event
 *
 * Messages are appended to the sessions' writers and sent by their owners at the end of the turn. A session's
 * state here (struct pubsub_member) exists only while it has subscriptions. */
#ifndef TORC_PUBSUB_PUBSUB_H
#define TORC_PUBSUB_PUBSUB_H

#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/metrics/info.h"
#include "server/exec/exec.h"
#include "server/keyspace/session.h"
#include <stdint.h>

struct pubsub;

/* Three namespaces that know nothing of each other. */
enum pubsub_kind { PUBSUB_CHANNEL, PUBSUB_PATTERN, PUBSUB_SHARD, PUBSUB_KINDS };

/* Declares the option notify-keyspace-events (before loading). `conf` is borrowed. */
struct pubsub *pubsub_create(struct conf *conf);
/* After loading: begins to observe the keyspace. Both are borrowed; tests may pass NULL for `exec`. */
void pubsub_start(struct pubsub *ps, struct keyspace *ks, struct exec *exec);
/* No session may be subscribed any more; the conf is destroyed before. */
void pubsub_destroy(struct pubsub **ps);

/* The message goes to the subscribers of the channel and, unless it is sharded, of the patterns that match.
 * Returns how many got it. Arguments are borrowed. */
size_t pubsub_publish(struct pubsub *ps, struct slice channel, struct slice message, bool sharded);

/* Adds or removes one subscription, without a reply; false: it was (not) there. `name` is copied. */
bool pubsub_subscribe(struct pubsub *ps, struct session *s, enum pubsub_kind kind, struct slice name);
bool pubsub_unsubscribe(struct pubsub *ps, struct session *s, enum pubsub_kind kind, struct slice name);

/* Ends the subscriptions to sharded channels for which `lost` says so; who had them is told (sunsubscribe).
 * Returns how many channels that were. */
size_t pubsub_drop_sharded(struct pubsub *ps, bool (*lost)(void *owner, struct slice channel), void *owner);

/* Forgets all subscriptions without a word: on RESET, and before a session is freed. */
void pubsub_session_gone(struct pubsub *ps, struct session *s);
/* Appends the messages that came for the session while its own command was running (SESSION_PUSHES_WAIT). */
void pubsub_session_deliver(struct session *s);

size_t pubsub_session_count(const struct session *s, enum pubsub_kind kind);
/* Memory taken by the session's subscriptions. */
size_t pubsub_session_bytes(const struct session *s);
/* Channels or patterns with at least one subscriber; subscribers of one of them. */
size_t pubsub_count(const struct pubsub *ps, enum pubsub_kind kind);
size_t pubsub_subscribers(const struct pubsub *ps, enum pubsub_kind kind, struct slice name);

/* Its fields of INFO stats. */
void pubsub_register_info(struct pubsub *ps, struct info_registry *registry);

/* SUBSCRIBE … PUBSUB. Module: the pubsub. */
extern const struct command_binding pubsub_bindings[];

#endif
