/* What the commands on streams share: ids and ranges in arguments, entries and ids in replies, journal
 * records of groups. */
#ifndef TORC_COMMANDS_STREAM_COMMON_H
#define TORC_COMMANDS_STREAM_COMMON_H

#include "server/keyspace/keys.h"
#include "server/keyspace/unit.h"
#include "server/types/stream_group.h"

static inline struct stream_rules stream_rules_of(const struct call *call) {
    return (struct stream_rules){.node_bytes_max = call->keyspace->conf.stream_node_max_bytes,
                                 .node_entries_max = (uint64_t)call->keyspace->conf.stream_node_max_entries};
}

/* --- arguments; on failure each has replied the error and returns false --- */

/* Reads "ms-seq" or "ms", which stands for ms-`missing_seq`. No error is replied. */
bool stream_id_parse(struct slice text, uint64_t missing_seq, struct stream_id *id);
/* The same for argv[arg], with 0 for what is missing. */
bool stream_id_arg(struct call *call, int arg, struct stream_id *id);
/* The ends of an interval: an id, "-", "+", or an id that is itself outside, after "(". */
bool stream_start_arg(struct call *call, int arg, struct stream_id *id);
bool stream_end_arg(struct call *call, int arg, struct stream_id *id);
/* The stream of argv[arg], NULL if the key is absent; false: WRONGTYPE was replied. */
bool stream_read_arg(struct call *call, int arg, const struct stream **s);
/* Opens argv[1], which counts as a read, too, with its events and figures; false: WRONGTYPE was replied. */
bool stream_open_read(struct call *call, struct key_ref *ref);
#define ERR_STREAM_ID "ERR Invalid stream ID specified as stream command argument"
/* NOGROUP, of the commands that take key and group as argv[1] and argv[2]. */
void stream_error_no_group(struct call *call);

/* --- replies --- */

void stream_answer_id(struct resp_writer *w, struct stream_id id);
/* [id, [field, value, …]] */
void stream_answer_entry(struct resp_writer *w, const struct stream_range *r);
/* Answers the entry that a range has come to and those after it, at most `count` (0: all), as an array;
 * returns how many. */
size_t stream_answer_range(struct resp_writer *w, struct stream_range *r, uint64_t count);
/* Answers the entry of that id; false, without an answer, if it is not there. */
bool stream_answer_one(struct resp_writer *w, const struct stream *s, struct stream_id id);

/* --- groups --- */

/* A change that is no change for WATCH: events and counts, as of consumers and what is pending. */
void stream_group_changed(struct call *call, const struct key_ref *ref, const char *event);
/* The consumer of that name, made if there is none. `*created` may be NULL. */
struct stream_consumer *stream_consumer_take(struct call *call, const struct key_ref *ref,
                                             struct stream_group *g, struct slice name, bool *created);

/* --- the journal: nothing is done where nobody reads it --- */

static inline bool stream_is_journaled(const struct call *call) {
    return call->keyspace->unit.journal != NULL;
}
/* Text of an id, for records. */
struct stream_id_text {
    char text[48];
    struct slice slice;
};
void stream_id_format(struct stream_id_text *out, struct stream_id id);
/* XCLAIM that leaves the id pending as it is now. */
void stream_journal_claim(struct call *call, struct slice key, const struct stream_group *g,
                          struct stream_id id, const struct stream_nack *nack);
/* XGROUP SETID, with how far the group has read. */
void stream_journal_position(struct call *call, struct slice key, const struct stream_group *g);
void stream_journal_consumer(struct call *call, struct slice key, const struct stream_group *g,
                             const struct stream_consumer *c);

#endif
