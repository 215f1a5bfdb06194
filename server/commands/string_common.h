/* What the commands on strings and bitmaps share. */
#ifndef TORC_COMMANDS_STRING_COMMON_H
#define TORC_COMMANDS_STRING_COMMON_H

#include "server/keyspace/keys.h"
#include "server/types/string.h"

#define ERR_NO_ROOM "ERR not enough memory for a string of that length"

/* The value as a bulk string. */
static inline void string_reply(struct call *call, const struct entry *e) {
    if (__builtin_expect(entry_encoding(e) == ENC_BYTES, 1))
        resp_bulk(call->reply, entry_payload(e), e->size);
    else if (entry_encoding(e) == ENC_INT)
        resp_bulk_int(call->reply, string_stored_int(e));
    else
        resp_bulk(call->reply, string_heap(e)->bytes, string_heap(e)->len);
}

/* False: a string of `len` and `more` bytes is too long, and the error was replied. What a journal says was
 * allowed once. */
static inline bool string_length_allowed(struct call *call, size_t len, size_t more) {
    size_t total;
    bool overflow = __builtin_add_overflow(len, more, &total);
    if (overflow || (total > call->keyspace->conf.proto_max_bulk_len && !(call->flags & CALL_REPLAYED))) {
        resp_error(call->reply, ERR_TOO_LONG);
        return false;
    }
    if (__builtin_expect(string_has_room(total), 1)) return true;
    resp_error(call->reply, ERR_NO_ROOM);
    return false;
}

/* Turns a client's first and last index (negative: from the end) into positions within `len`; false: nothing
 * is between them. */
static inline bool range_clamp(int64_t *first, int64_t *last, int64_t len) {
    if (*first < 0) *first += len;
    if (*last < 0) *last += len;
    if (*first < 0) *first = 0;
    if (*last < 0) *last = 0;
    if (*last >= len) *last = len - 1;
    return *first <= *last;
}

/* Opens argv[1] and makes it a raw string of at least `len` bytes, creating it where it is absent. NULL: it
 * has another type or no room, which was replied. *before is its old length, -1 if it was absent. */
char *string_open_grown(struct call *call, struct key_ref *ref, size_t len, int64_t *before);

#endif
