/* The id of a stream's entry: milliseconds and a number within them, ordered by both. */
#ifndef TORC_DS_STREAM_ID_H
#define TORC_DS_STREAM_ID_H

#include <stdbool.h>
#include <stdint.h>

struct stream_id {
    uint64_t ms, seq;
};

#define STREAM_ID_MIN ((struct stream_id){0, 0})
#define STREAM_ID_MAX ((struct stream_id){UINT64_MAX, UINT64_MAX})

static inline unsigned __int128 stream_id_order(struct stream_id id) {
    return (unsigned __int128)id.ms << 64 | id.seq;
}
static inline bool stream_id_less(struct stream_id a, struct stream_id b) {
    return stream_id_order(a) < stream_id_order(b);
}
static inline bool stream_id_eq(struct stream_id a, struct stream_id b) {
    return a.ms == b.ms && a.seq == b.seq;
}
static inline bool stream_id_is_zero(struct stream_id id) {
    return (id.ms | id.seq) == 0;
}

/* The id after (before) `*id`; false, and `*id` stays, if it is the greatest (smallest). */
static inline bool stream_id_step_up(struct stream_id *id) {
    if (stream_id_eq(*id, STREAM_ID_MAX)) return false;
    if (++id->seq == 0) id->ms++;
    return true;
}
static inline bool stream_id_step_down(struct stream_id *id) {
    if (stream_id_is_zero(*id)) return false;
    if (id->seq-- == 0) id->ms--;
    return true;
}

#endif
