/* Whether two replies to the same command are the same, in the way that its rule asks for. */
#ifndef TORC_DIFFERENTIAL_COMPARE_H
#define TORC_DIFFERENTIAL_COMPARE_H

#include "tests/differential/rules.h"
#include "tests/differential/step.h"

struct replies {
    struct slice torc, redis;
};

/* `before` and `before_step` are what came right before in the same session, NULL if nothing did. */
bool replies_agree(const struct rule *rule, const struct step *step, struct replies now,
                   const struct step *before_step, const struct replies *before);

/* HTTL and its like, which Torc alone knows, against the HMGET that came before: fields have no deadlines
 * here. */
bool field_times_valid(const struct step *step, struct slice reply, const struct step *asked,
                       struct slice values);

/* The elements of an aggregate, or its pairs, in any order. */
bool replies_agree_unordered(struct slice a, struct slice b, bool pairs);

/* The same token by token, but for the texts of doubles: Torc writes the shortest one, as Redis does
 * since 7.2; 7.0 writes seventeen digits. */
bool replies_agree_but_doubles(struct slice torc, struct slice redis);

/* An aggregate's elements (a map's names and values) into `out`; false if it is none or there are more than
 * `max`. */
bool reply_elements(struct slice reply, struct slice *out, size_t max, size_t *count);

static inline bool reply_is_error(struct slice reply) {
    return reply.len && (reply.ptr[0] == '-' || reply.ptr[0] == '!');
}

/* For people: control characters escaped, long ones cut. */
void reply_print(struct slice reply, struct buf *out);

#endif
