/* The write unit: what a command, or all of an EXEC, changed.
 *
 * Handlers say what they did (key_changed, unit_journal_*); the unit tells WATCH at once, and after each
 * command hands keyspace events to their observers and the journal record to its sink. Where nobody listens,
 * only the count of changes is kept. Several records of one EXEC reach the journal between MULTI and EXEC. */
#ifndef TORC_KEYSPACE_UNIT_H
#define TORC_KEYSPACE_UNIT_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include <stdbool.h>
#include <stdint.h>

struct call;
struct database;
struct keyspace;

/* Classes of keyspace events; the letters of notify-keyspace-events. */
enum notify_class {
    NOTIFY_KEYSPACE = 1 << 0,  /* K */
    NOTIFY_KEYEVENT = 1 << 1,  /* E */
    NOTIFY_GENERIC = 1 << 2,   /* g */
    NOTIFY_STRING = 1 << 3,    /* $ */
    NOTIFY_LIST = 1 << 4,      /* l */
    NOTIFY_SET = 1 << 5,       /* s */
    NOTIFY_HASH = 1 << 6,      /* h */
    NOTIFY_ZSET = 1 << 7,      /* z */
    NOTIFY_EXPIRED = 1 << 8,   /* x */
    NOTIFY_EVICTED = 1 << 9,   /* e */
    NOTIFY_STREAM = 1 << 10,   /* t */
    NOTIFY_KEY_MISS = 1 << 11, /* m, not part of A */
    NOTIFY_LOADED = 1 << 12,
    NOTIFY_MODULE = 1 << 13, /* d */
    NOTIFY_NEW = 1 << 14,    /* n, not part of A */
    NOTIFY_ALL = NOTIFY_GENERIC | NOTIFY_STRING | NOTIFY_LIST | NOTIFY_SET | NOTIFY_HASH | NOTIFY_ZSET |
                 NOTIFY_EXPIRED | NOTIFY_EVICTED | NOTIFY_STREAM | NOTIFY_MODULE, /* A */
};

/* One change, in the order in which they happened. `key` is valid during the call-back. */
struct change {
    struct database *db;
    struct slice key;
    uint32_t class;    /* one notify_class */
    const char *event; /* "set", "del", …; NULL: changed without an event */
};

/* Called for each change once its command has run. Registered at boot; `wanted` says which classes matter now
 * (changes without an event reach only observers that want NOTIFY_ANY_CHANGE). */
#define NOTIFY_ANY_CHANGE (1u << 31)
struct unit_observer {
    void *owner;
    uint32_t wanted;
    void (*changed)(void *owner, const struct change *change);
};
#define UNIT_OBSERVERS_MAX 4

/* The one sink of the journal (AOF and replication share it). Gets each record as a command, with the
 * database it belongs to, and returns the journal position behind it. MULTI and EXEC arrive as records of
 * their own. */
struct journal_sink {
    void *owner;
    uint64_t (*append)(void *owner, int db_index, const struct slice *argv, int argc);
};

struct unit {
    uint64_t dirty; /* changes by the command under way */
    bool in_exec;   /* between unit_exec_begin and _end */
    bool exec_journaled;
    uint8_t observer_count;
    uint32_t wanted;                                     /* what all observers want together */
    struct unit_observer *observers[UNIT_OBSERVERS_MAX]; /* borrowed */
    const struct journal_sink *journal;                  /* borrowed; NULL: nobody */
    uint64_t journal_position;
    /* records of the command under way, filled only when somebody listens */
    struct buf keys; /* bytes of the keys */
    struct unit_change *changes;
    uint32_t change_count, change_cap;
    /* what replaces the command's own text in the journal: argument counts and arguments, flattened */
    struct buf records;
    uint32_t record_count;
    bool replaced; /* unit_journal_none or _replace was called */
};

void unit_observe(struct keyspace *ks, struct unit_observer *observer); /* borrowed for good */
void unit_observers_changed(struct keyspace *ks); /* after an observer changed `wanted` */
void unit_set_journal(struct keyspace *ks, const struct journal_sink *sink);

/* Called by the functions of keys.h; `key` is copied where it must live on. */
void unit_changed(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                  const char *event);
/* A further key of a change that is counted already (the second key of RENAME). */
void unit_changed_too(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                      const char *event);
/* An event without a change (keymiss). */
void unit_event(struct keyspace *ks, struct database *db, struct slice key, uint32_t class,
                const char *event);

/* The journal gets this instead of the command as it was sent (several calls: several records). */
void unit_journal(struct call *call, const struct slice *argv, int argc);
void unit_journal_words(struct call *call, int argc, ...); /* argc terminated strings */
/* The journal gets nothing of this command. */
void unit_journal_none(struct call *call);
/* A record beside the command, before it (deletion of an expired key). */
void unit_journal_before(struct keyspace *ks, struct database *db, const struct slice *argv, int argc);

/* By dispatch: around all of an EXEC, and after each command. `call` NULL: changes of the server's own
 * (expiry). */
void unit_exec_begin(struct keyspace *ks);
void unit_exec_end(struct keyspace *ks);
void unit_end(struct keyspace *ks, struct call *call);
void unit_deinit(struct keyspace *ks);

#endif
