/* Reading RDB: lengths, strings, numbers out of bytes in memory, which may be the first part of more.
 *
 *      │ ……… read │ window: at … end │ beyond: so many bytes can still be had │
 *
 * What is asked for beyond the window ends in RDB_SHORT: the owner goes back to where it can begin anew
 * (rdb_in_rewind), brings at least `wanted` bytes from there on, and asks again. What is asked for beyond
 * everything is damage, as is anything that no writer makes: RDB_BAD with a reason. So a length is never
 * believed further than there are bytes, and nothing is allocated for it before. */
#ifndef TORC_PERSIST_RDB_IN_H
#define TORC_PERSIST_RDB_IN_H

#include "common/base/slice.h"
#include <stdint.h>

enum rdb_status {
    RDB_DONE,
    RDB_AGAIN, /* the budget is used up: call again */
    RDB_SHORT, /* more bytes are needed */
    RDB_BAD,   /* damaged, or refused */
    RDB_EMPTY, /* read, but it is a collection without elements, which cannot be */
};

struct rdb_in {
    const uint8_t *at, *end; /* borrowed */
    uint64_t beyond;
    enum rdb_status status; /* why the last function returned false: RDB_SHORT or RDB_BAD */
    uint64_t wanted;        /* RDB_SHORT: bytes needed from `at` on */
    char error[160];        /* RDB_BAD: why */
};

static inline void rdb_in_init(struct rdb_in *in, struct slice window, uint64_t beyond) {
    const uint8_t *at = (const uint8_t *)window.ptr;
    *in = (struct rdb_in){.at = at, .end = at + window.len, .beyond = beyond};
}
static inline size_t rdb_in_left(const struct rdb_in *in) {
    return (size_t)(in->end - in->at);
}

/* Each of these returns false with in->status set. */
bool rdb_fail(struct rdb_in *in, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool rdb_need(struct rdb_in *in, uint64_t bytes); /* true: so many are in the window */
/* After a function failed: goes back to `mark`, an earlier `at`. Returns in->status. */
enum rdb_status rdb_in_rewind(struct rdb_in *in, const uint8_t *mark);

bool rdb_get_byte(struct rdb_in *in, uint8_t *out);
bool rdb_get_u16(struct rdb_in *in, uint16_t *out); /* these little-endian */
bool rdb_get_u32(struct rdb_in *in, uint32_t *out);
bool rdb_get_u64(struct rdb_in *in, uint64_t *out);
bool rdb_get_u64_big(struct rdb_in *in, uint64_t *out);
bool rdb_get_double(struct rdb_in *in, double *out); /* 8 bytes */
bool rdb_get_digits(struct rdb_in *in, double *out); /* a score as the oldest versions wrote it */
bool rdb_get_length(struct rdb_in *in, uint64_t *out);
/* A length of things that take at least `each` bytes: no more than there can be. */
bool rdb_get_count(struct rdb_in *in, unsigned each, uint64_t *out);

/* One string that was read. Zero-initialised is empty and valid. */
struct rdb_text {
    struct slice s; /* in the window, or here */
    char *room;     /* owned: what was decompressed */
    size_t room_cap;
    char digits[24]; /* what was an integer */
};
/* Valid until the window goes or the text is used again. */
bool rdb_get_text(struct rdb_in *in, struct rdb_text *text);
void rdb_text_deinit(struct rdb_text *text);

#endif
