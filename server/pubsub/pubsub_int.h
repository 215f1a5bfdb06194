/* What the files of pubsub share. */
#ifndef TORC_PUBSUB_PUBSUB_INT_H
#define TORC_PUBSUB_PUBSUB_INT_H

#include "common/base/list.h"
#include "common/base/map.h"
#include "server/keyspace/unit.h"
#include "server/pubsub/pubsub.h"

/* A name with subscribers: gone with the last of them. */
struct channel {
    struct link link;          /* in pubsub.kinds[].all */
    struct link subscriptions; /* by order of subscribing */
    size_t count;
    size_t name_len;
    char name[];
};

struct subscription {
    struct link in_channel, in_member;
    struct channel *channel; /* borrowed */
    struct session *session; /* borrowed */
};

struct pubsub_member {
    struct map names[PUBSUB_KINDS];  /* name → subscription */
    struct link order[PUBSUB_KINDS]; /* subscriptions, by order of subscribing */
    size_t bytes;                    /* memory that the subscriptions take */
    struct resp_writer waiting;      /* messages that wait for the end of the session's own command */
};

struct pubsub {
    struct keyspace *keyspace;
    struct exec *exec;
    struct {
        struct map names; /* name → channel */
        struct link all;
    } kinds[PUBSUB_KINDS];
    struct buf message; /* the one being encoded; its memory is used again */
    int notify;         /* option notify-keyspace-events: enum notify_class */
    struct unit_observer observer;
};

static inline struct slice channel_name(const struct channel *ch) {
    return (struct slice){ch->name, ch->name_len};
}

/* Where the confirmation of a subscription goes: into the reply, or, where CLIENT REPLY silences that, to the
 * messages that wait for the command's end. */
struct resp_writer *pubsub_confirmations(struct pubsub *ps, struct session *s);

/* The option, and what becomes of a change (notify.c). */
void notify_register_options(struct pubsub *ps, struct conf *conf);
void notify_start(struct pubsub *ps);

#endif
