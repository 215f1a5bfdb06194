/* Comparing replies. Errors always agree word for word; the rest as the rule says. */
#include "tests/differential/compare.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/resp/resp_reply.h"
#include "server/ds/stream_id.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool reply_elements(struct slice reply, struct slice *out, size_t max, size_t *count) {
    const char *at = reply.ptr, *end = reply.ptr + reply.len;
    struct resp_token head;
    *count = 0;
    if (!resp_token_next(&at, end, &head) || !strchr("*~%>", head.type) || head.null) return false;
    for (int64_t i = 0; i < head.count; i++) {
        const char *begin = at;
        if (*count == max || !resp_value_skip(&at, end)) return false;
        out[(*count)++] = (struct slice){begin, (size_t)(at - begin)};
    }
    return true;
}

static int order(const void *a, const void *b) {
    return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

bool replies_agree_unordered(struct slice a, struct slice b, bool pairs) {
    if (a.len != b.len || a.len == 0 || a.ptr[0] != b.ptr[0]) return false;
    if (slice_eq(a, b)) return true;
    size_t max = a.len / 4 + 1, count_a, count_b;
    struct slice *list = mem_alloc(2 * max * sizeof *list);
    struct slice *list_b = list + max;
    bool same = reply_elements(a, list, max, &count_a) && reply_elements(b, list_b, max, &count_b) &&
                count_a == count_b;
    if (same && pairs && count_a % 2 == 0) { /* a pair is one run of bytes */
        for (size_t i = 0; i < count_a / 2; i++) {
            list[i] = (struct slice){list[2 * i].ptr, list[2 * i].len + list[2 * i + 1].len};
            list_b[i] = (struct slice){list_b[2 * i].ptr, list_b[2 * i].len + list_b[2 * i + 1].len};
        }
        count_a /= 2;
    }
    if (same) {
        qsort(list, count_a, sizeof *list, order);
        qsort(list_b, count_a, sizeof *list_b, order);
        for (size_t i = 0; i < count_a && same; i++)
            same = slice_eq(list[i], list_b[i]);
    }
    mem_free(list);
    return same;
}

static bool reply_int(struct slice reply, int64_t *out) {
    const char *at = reply.ptr;
    struct resp_token t;
    if (!resp_token_next(&at, reply.ptr + reply.len, &t) || t.type != ':') return false;
    *out = t.count;
    return true;
}

/* Absolute times beyond this were given as such (values.c), and are exact; others follow each server's own
 * clock. */
static bool agree_time(const struct rule *rule, struct replies now) {
    int64_t a, b;
    bool ms = rule->spec->name[0] == 'p',
         absolute = strstr(rule->spec->name, "time") && !strstr(rule->spec->name, "idle");
    if (slice_eq(now.torc, now.redis)) return true;
    if (!reply_int(now.torc, &a) || !reply_int(now.redis, &b) || a < 0 || b < 0) return false;
    if (absolute && (a > (ms ? 4100000000000 : 4100000000))) return false;
    int64_t apart = a > b ? a - b : b - a;
    return apart <= (ms ? 60000 : 60);
}

static bool one_of(struct slice value, const struct slice *list, size_t count, size_t stride) {
    for (size_t i = 0; i < count; i += stride)
        if (slice_eq(value, list[i])) return true;
    return false;
}

static bool is_null(struct slice reply) {
    return slice_eq(reply, SLICE("$-1\r\n")) || slice_eq(reply, SLICE("_\r\n"));
}

/* RANDOMKEY against KEYS *. */
static bool valid_key(struct slice reply, struct slice keys) {
    size_t max = keys.len / 4 + 1, count;
    struct slice *list = mem_alloc(max * sizeof *list);
    bool valid =
        reply_elements(keys, list, max, &count) && (count ? one_of(reply, list, count, 1) : is_null(reply));
    mem_free(list);
    return valid;
}

/* What a collection holds: HGETALL and ZRANGE WITHSCORES give pairs (RESP3 wraps those of ZRANGE), SMEMBERS
 * single ones. */
struct contents {
    struct slice *list;
    size_t count, stride;
};

static bool read_contents(const struct step *asked, struct slice reply, struct slice *list, size_t max,
                          struct contents *out) {
    size_t n, two;
    *out = (struct contents){list, 0, slice_is(asked->argv[0], "smembers") ? 1 : 2};
    if (!reply_elements(reply, list, max, &n)) return false;
    bool wrapped = n && list[0].ptr[0] == '*';
    if (wrapped) {
        for (size_t i = n; i-- > 0;) /* from behind, so that each pair finds room */
            if (!reply_elements(list[i], list + 2 * i, 2, &two) || two != 2) return false;
        n *= 2;
    }
    out->count = n / out->stride;
    return true;
}

static bool held(const struct contents *all, struct slice name, const struct slice *value) {
    for (size_t i = 0; i < all->count * all->stride; i += all->stride)
        if (slice_eq(all->list[i], name))
            return !value || (all->stride == 2 && slice_eq(all->list[i + 1], *value));
    return false;
}

/* The picks of HRANDFIELD and its like: `values` of them come with their value. RESP3 wraps each such pair.
 */
static bool valid_picks(struct slice *picks, size_t n, bool values, const struct contents *all,
                        int64_t wanted) {
    size_t step = 1, two;
    struct slice pair[2];
    bool wrapped = values && n && picks[0].ptr[0] == '*';
    if (values && !wrapped) step = 2;
    if (n % step) return false;
    size_t picked = n / step;
    if (picked != (wanted < 0                    ? (all->count ? (size_t)-wanted : 0)
                   : (size_t)wanted < all->count ? (size_t)wanted
                                                 : all->count))
        return false;
    for (size_t i = 0; i < picked; i++) {
        struct slice name = picks[i * step], value = values && !wrapped ? picks[i * step + 1] : name;
        if (wrapped) {
            if (!reply_elements(name, pair, 2, &two) || two != 2) return false;
            name = pair[0];
            value = pair[1];
        }
        if (!held(all, name, values ? &value : NULL)) return false;
        if (wanted >= 0 && one_of(picks[i * step], picks, i * step, step)) return false; /* all different */
    }
    return true;
}

static bool asks_contents(const struct step *step) {
    return step->argc >= 2 && (slice_is(step->argv[0], "hgetall") || slice_is(step->argv[0], "smembers") ||
                               slice_is(step->argv[0], "zrange"));
}

static bool valid_fields(const struct step *step, struct slice reply, const struct step *asked,
                         struct slice contents) {
    size_t max = (contents.len + reply.len) / 2 + 4, n;
    struct slice *list = mem_alloc(2 * max * sizeof *list), *picks = list + max;
    struct contents all;
    bool valid = false;
    int64_t wanted;
    if (!read_contents(asked, contents, list, max, &all))
        valid = false;
    else if (step->argc == 2)
        valid = all.count ? held(&all, reply, NULL) : is_null(reply);
    else if (num_parse_int64(step->argv[2].ptr, step->argv[2].len, &wanted) &&
             reply_elements(reply, picks, max, &n))
        valid = valid_picks(picks, n, step->argc > 3, &all, wanted);
    mem_free(list);
    return valid;
}

/* Significant digits of a number's text; all of them of an integer that is written out. */
static size_t significant_digits(struct slice text) {
    size_t digits = 0, zeros = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != 'e'; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || (digits == 0 && text.ptr[i] == '0')) continue;
        zeros = text.ptr[i] == '0' ? zeros + 1 : 0;
        digits++;
    }
    return digits - zeros;
}

static bool same_double(struct slice torc, struct slice redis) {
    double a, b;
    char shortest[40];
    if (!num_parse_double(torc.ptr, torc.len, &a) || !num_parse_double(redis.ptr, redis.len, &b) || a != b)
        return false;
    if (memchr(torc.ptr, '.', torc.len) == NULL && memchr(torc.ptr, 'e', torc.len) == NULL) return true;
    int precision = 1;
    do
        snprintf(shortest, sizeof shortest, "%.*g", precision, a);
    while (strtod(shortest, NULL) != a && ++precision <= 17);
    return significant_digits(torc) == significant_digits(slice_of(shortest));
}

bool replies_agree_but_doubles(struct slice torc, struct slice redis) {
    const char *at = torc.ptr, *end = torc.ptr + torc.len, *redis_at = redis.ptr,
               *redis_end = redis.ptr + redis.len;
    while (at < end && redis_at < redis_end) {
        struct resp_token a, b;
        if (!resp_token_next(&at, end, &a) || !resp_token_next(&redis_at, redis_end, &b)) return false;
        if (a.type != b.type || a.null != b.null) return false;
        bool text = a.type == '$' || a.type == ',';
        if (text ? !slice_eq(a.text, b.text) && !same_double(a.text, b.text)
                 : a.count != b.count || !slice_eq(a.text, b.text))
            return false;
    }
    return at == end && redis_at == redis_end;
}

static bool step_has(const struct step *step, const char *word) {
    for (int i = 1; i < step->argc; i++)
        if (slice_is(step->argv[i], word)) return true;
    return false;
}

/* The distances of the places found, which WITHDIST puts behind their names: of those equally far, any may
 * come first. */
static bool same_distances(struct slice torc, struct slice redis) {
    size_t max = torc.len / 4 + 1, n, n_redis, parts, parts_redis;
    struct slice *list = mem_alloc(2 * max * sizeof *list), *list_redis = list + max;
    struct slice torc_parts[4], redis_parts[4];
    bool same = reply_elements(torc, list, max, &n) && reply_elements(redis, list_redis, max, &n_redis) &&
                n == n_redis;
    for (size_t i = 0; i < n && same; i++) {
        same = reply_elements(list[i], torc_parts, 4, &parts) &&
               reply_elements(list_redis[i], redis_parts, 4, &parts_redis) && parts == parts_redis &&
               parts > 1 && slice_eq(torc_parts[1], redis_parts[1]);
    }
    mem_free(list);
    return same;
}

static bool agree_search(const struct step *step, struct replies now) {
    if (slice_eq(now.torc, now.redis)) return true;
    if (step_has(step, "any")) {
        const char *torc = now.torc.ptr, *redis = now.redis.ptr;
        struct resp_token a, b;
        return resp_token_next(&torc, torc + now.torc.len, &a) &&
               resp_token_next(&redis, redis + now.redis.len, &b) && a.type == b.type && a.count == b.count;
    }
    if (step_has(step, "count")) return same_distances(now.torc, now.redis);
    bool ordered = (step_has(step, "asc") || step_has(step, "desc")) && step_has(step, "withdist");
    return replies_agree_unordered(now.torc, now.redis, false) &&
           (!ordered || same_distances(now.torc, now.redis));
}

/* BY a pattern without a star takes the members of a set as they lie; text that BY finds may be the same for
 * several elements. */
static bool agree_sort(const struct step *step, struct replies now) {
    bool open = false;
    for (int i = 2; i + 1 < step->argc; i++)
        if (slice_is(step->argv[i], "by"))
            open = open || step_has(step, "alpha") ||
                   memchr(step->argv[i + 1].ptr, '*', step->argv[i + 1].len) == NULL;
    if (!open) return slice_eq(now.torc, now.redis);
    return step_has(step, "limit") || replies_agree_unordered(now.torc, now.redis, false);
}

/* --- streams: what XINFO and XPENDING tell --- */

static bool stream_id_of(struct slice text, struct stream_id *id) {
    const char *dash = memchr(text.ptr, '-', text.len);
    size_t len = dash ? (size_t)(dash - text.ptr) : 0;
    return dash && num_parse_uint64(text.ptr, len, &id->ms) &&
           num_parse_uint64(dash + 1, text.len - len - 1, &id->seq);
}

static struct stream_id deleted_id_of(struct slice name, struct slice text, struct stream_id else_id) {
    struct stream_id id;
    return slice_is(name, "max-deleted-entry-id") && stream_id_of(text, &id) ? id : else_id;
}

/* The greatest id that was deleted, as XINFO STREAM tells, the step before XINFO GROUPS. */
static struct stream_id find_deleted_id(struct slice reply) {
    const char *at = reply.ptr, *end = at + reply.len;
    struct resp_token token, name = {0};
    struct stream_id id = STREAM_ID_MIN;
    for (; at < end && resp_token_next(&at, end, &token); name = token)
        id = deleted_id_of(name.text, token.text, id);
    return id;
}

/* Where an entry was deleted, 7.0 counts on although it cannot know what is ahead; since 7.2.6 a group that
 * stood before it is looked at anew, and often cannot be told. */
static bool counts_differently(struct slice name, struct stream_id deleted, const struct resp_token *torc,
                               const struct resp_token *redis) {
    return (slice_is(name, "lag") || slice_is(name, "entries-read")) && (torc->null || torc->type == ':') &&
           (redis->null || redis->type == ':') && !stream_id_is_zero(deleted);
}

/* Times of the last minute may differ, and idle times: the third of four in an entry of XPENDING, or behind
 * their name. The nodes of Redis's radix tree are its own. Redis 7.0 knows nothing of a consumer's last
 * success. */
static bool agree_stream(struct replies now, const struct replies *before) {
    static const struct slice own[] = {SLICE("active-time"), SLICE("inactive")};
    static const struct slice loose[] = {SLICE("idle"), SLICE("seen-time"), SLICE("radix-tree-nodes")};
    const char *at = now.torc.ptr, *end = at + now.torc.len;
    const char *redis_at = now.redis.ptr, *redis_end = redis_at + now.redis.len;
    struct stream_id deleted = before ? find_deleted_id(before->torc) : STREAM_ID_MIN;
    struct slice name = {0};
    int64_t of_four = 0; /* tokens left of an array of four */
    while (at < end && redis_at < redis_end) {
        struct resp_token a, b;
        if (!resp_token_next(&at, end, &a)) return false;
        if (a.type == '$' && one_of(a.text, own, 2, 1)) {
            if (!resp_value_skip(&at, end)) return false;
            continue;
        }
        if (!resp_token_next(&redis_at, redis_end, &b)) return false;
        if (counts_differently(name, deleted, &a, &b)) {
            name = a.text;
            continue;
        }
        if (a.type != b.type || a.null != b.null) return false;
        bool aggregate = a.type == '*' || a.type == '%', integer = a.type == ':';
        int64_t more = a.count - b.count;
        if (aggregate && more && more != 2) return false; /* a map counts names and values */
        if (integer && more && !one_of(name, loose, 3, 1) && of_four != 2 &&
            (llabs(more) > 60000 || b.count < 1000000000000))
            return false;
        if (!aggregate && !integer && !slice_eq(a.text, b.text)) return false;
        of_four = aggregate ? (a.count == 4 ? 4 : 0) : of_four - 1;
        deleted = deleted_id_of(name, a.text, deleted);
        name = a.type == '$' ? a.text : SLICE("");
    }
    while (at < end) { /* fields of its own may be the last */
        struct resp_token a;
        if (!resp_token_next(&at, end, &a) || a.type != '$' || !one_of(a.text, own, 2, 1)) return false;
        if (!resp_value_skip(&at, end)) return false;
    }
    return redis_at == redis_end;
}

/* HTTL and its like, of Torc alone: no field here has a deadline, so -1 for what HMGET found, -2 for the
 * rest.
 */
bool field_times_valid(const struct step *step, struct slice reply, const struct step *asked,
                       struct slice values) {
    size_t max = (values.len + reply.len) / 2 + 4, n, fields;
    if (reply_is_error(reply) || reply_is_error(values)) return true;
    struct slice *list = mem_alloc(2 * max * sizeof *list), *times = list + max;
    bool valid = reply_elements(values, list, max, &fields) && reply_elements(reply, times, max, &n) &&
                 n == fields && (int)n == step->argc - 4 && (int)n == asked->argc - 2;
    for (size_t i = 0; i < n && valid; i++)
        valid = slice_eq(times[i], is_null(list[i]) ? SLICE(":-2\r\n") : SLICE(":-1\r\n"));
    mem_free(list);
    return valid;
}

/* The step before asked for a TYPE, which was a string (of OBJECT IDLETIME). */
static bool is_string_type(const struct step *before_step, const struct replies *before) {
    return before && slice_is(before_step->argv[0], "type") && slice_eq(before->torc, SLICE("+string\r\n"));
}

bool replies_agree(const struct rule *rule, const struct step *step, struct replies now,
                   const struct step *before_step, const struct replies *before) {
    if (reply_is_error(now.torc) || reply_is_error(now.redis)) return slice_eq(now.torc, now.redis);
    if (rule->doubles && replies_agree_but_doubles(now.torc, now.redis)) return true;
    switch (rule->compare) {
    case COMPARE_EXACT: return slice_eq(now.torc, now.redis);
    case COMPARE_UNORDERED: return replies_agree_unordered(now.torc, now.redis, rule->pairs);
    case COMPARE_TIME: return is_string_type(before_step, before) || agree_time(rule, now);
    case COMPARE_RANDOM_KEY:
        if (!before || before_step->argc != 2 || !slice_is(before_step->argv[0], "keys")) return true;
        return valid_key(now.torc, before->torc) && valid_key(now.redis, before->redis);
    case COMPARE_RANDOM_FIELDS:
        if (!before || !asks_contents(before_step) || step->argc < 2 ||
            !slice_eq(before_step->argv[1], step->argv[1]) || reply_is_error(before->torc))
            return true;
        return valid_fields(step, now.torc, before_step, before->torc) &&
               valid_fields(step, now.redis, before_step, before->redis);
    case COMPARE_SEARCH: return agree_search(step, now);
    case COMPARE_SORT: return agree_sort(step, now);
    case COMPARE_STREAM:
        return agree_stream(now, before_step && slice_is(before_step->argv[0], "xinfo") ? before : NULL);
    case COMPARE_FIELD_TIMES: /* the reference knows none of them: duel.c asks field_times_valid */
    case COMPARE_SCHEMA: return true;
    }
    return false;
}

void reply_print(struct slice reply, struct buf *out) {
    size_t shown = reply.len < 1500 ? reply.len : 1500;
    buf_append_quoted(out, reply.ptr, shown);
    if (shown < reply.len) buf_printf(out, "… (%zu bytes)", reply.len);
}
