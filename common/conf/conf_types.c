/* Parsers and printers of the values in conf_types.h. Each parse builds the new value in place: `value` is a
 * copy that conf_value.c throws away when the parse fails, so nothing has to be undone here, only never to be
 * leaked. */
#include "common/conf/conf_types.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static bool is_nothing(const struct slice *words, int count) {
    return count == 0 || (count == 1 && words[0].len == 0);
}

/* --- save --- */

static bool parse_save(void *value, const struct slice *words, int count, bool in_file, bool first,
                       struct conf_error *err) {
    struct conf_save *save = value;
    bool nothing = is_nothing(words, count);
    if (nothing || !in_file || first) save->count = 0;
    if (nothing) return true;
    if (count % 2) return conf_fail(err, "Invalid save parameters");
    save->points = mem_realloc(save->points, (size_t)(save->count + count / 2) * sizeof(*save->points));
    for (int i = 0; i < count; i += 2) {
        struct conf_save_point point;
        if (!num_parse_int64(words[i].ptr, words[i].len, &point.seconds) ||
            !num_parse_int64(words[i + 1].ptr, words[i + 1].len, &point.changes) || point.seconds < 1 ||
            point.changes < 0 || point.changes > INT32_MAX)
            return conf_fail(err, "Invalid save parameters");
        save->points[save->count++] = point;
    }
    return true;
}

static void print_save(const void *value, struct buf *out) {
    const struct conf_save *save = value;
    for (int i = 0; i < save->count; i++)
        buf_printf(out, "%s%" PRId64 " %" PRId64, i ? " " : "", save->points[i].seconds,
                   save->points[i].changes);
}

static void copy_save(void *to, const void *from) {
    const struct conf_save *save = from;
    struct conf_save *copy = to;
    *copy = (struct conf_save){.count = save->count};
    if (save->count == 0) return;
    copy->points = mem_alloc((size_t)save->count * sizeof(*copy->points));
    memcpy(copy->points, save->points, (size_t)save->count * sizeof(*copy->points));
}

static void release_save(void *value) {
    mem_free(((struct conf_save *)value)->points);
}

const struct conf_custom conf_save_type = {.size = sizeof(struct conf_save),
                                           .adds_up = true,
                                           .parse = parse_save,
                                           .print = print_save,
                                           .copy = copy_save,
                                           .release = release_save};

/* --- client-output-buffer-limit --- */

static const char *const class_names[CONF_CLIENT_CLASSES] = {"normal", "slave", "pubsub"};

static int class_of(struct slice word) {
    if (slice_is(word, "replica")) return CONF_CLIENT_REPLICA;
    for (int i = 0; i < CONF_CLIENT_CLASSES; i++)
        if (slice_is(word, class_names[i])) return i;
    return -1;
}

static bool parse_limits(void *value, const struct slice *words, int count, bool in_file, bool first,
                         struct conf_error *err) {
    struct conf_output_limits *limits = value;
    if (is_nothing(words, count)) return true;
    if (count % 4) return conf_fail(err, "Wrong number of arguments in buffer limit configuration.");
    for (int i = 0; i < count; i += 4) {
        int class = class_of(words[i]);
        if (class < 0) return conf_fail(err, "Invalid client class specified in buffer limit configuration.");
        int64_t hard, soft, seconds;
        if (!num_parse_memory(words[i + 1].ptr, words[i + 1].len, &hard) ||
            !num_parse_memory(words[i + 2].ptr, words[i + 2].len, &soft) ||
            !num_parse_int64(words[i + 3].ptr, words[i + 3].len, &seconds) || seconds < 0)
            return conf_fail(err,
                             "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
        limits->class[class] = (struct conf_output_limit){(uint64_t)hard, (uint64_t)soft, seconds};
    }
    return true;
}

static void print_limits(const void *value, struct buf *out) {
    const struct conf_output_limits *limits = value;
    for (int i = 0; i < CONF_CLIENT_CLASSES; i++)
        buf_printf(out, "%s%s %" PRIu64 " %" PRIu64 " %" PRId64, i ? " " : "", class_names[i],
                   limits->class[i].hard_bytes, limits->class[i].soft_bytes, limits->class[i].soft_seconds);
}

/* "64mb" for 67108864, where it is a whole number of a unit. */
static void append_size(uint64_t bytes, struct buf *out) {
    static const char *const units[] = {"", "kb", "mb", "gb"};
    int unit = 0;
    while (bytes && bytes % 1024 == 0 && unit < 3) {
        bytes /= 1024;
        unit++;
    }
    buf_printf(out, "%" PRIu64 "%s ", bytes, units[unit]);
}

static void lines_of_limits(const void *value, const char *name, struct buf *out) {
    const struct conf_output_limits *limits = value;
    for (int i = 0; i < CONF_CLIENT_CLASSES; i++) {
        buf_printf(out, "%s %s ", name, i == CONF_CLIENT_REPLICA ? "replica" : class_names[i]);
        append_size(limits->class[i].hard_bytes, out);
        append_size(limits->class[i].soft_bytes, out);
        buf_printf(out, "%" PRId64 "\n", limits->class[i].soft_seconds);
    }
}

const struct conf_custom conf_output_limits_type = {.size = sizeof(struct conf_output_limits),
                                                    .parse = parse_limits,
                                                    .print = print_limits,
                                                    .lines = lines_of_limits};

/* --- oom-score-adj-values --- */

static bool parse_oom_values(void *value, const struct slice *words, int count, bool in_file, bool first,
                             struct conf_error *err) {
    struct conf_oom_values *oom = value;
    if (count != 3) return conf_fail(err, "wrong number of arguments");
    for (int i = 0; i < 3; i++) {
        int64_t number;
        if (!num_parse_int64(words[i].ptr, words[i].len, &number) || number < -2000 || number > 2000)
            return conf_fail(err, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
        oom->value[i] = (int)number;
    }
    return true;
}

static void print_oom_values(const void *value, struct buf *out) {
    const struct conf_oom_values *oom = value;
    buf_printf(out, "%d %d %d", oom->value[0], oom->value[1], oom->value[2]);
}

const struct conf_custom conf_oom_values_type = {
    .size = sizeof(struct conf_oom_values), .parse = parse_oom_values, .print = print_oom_values};

/* --- latency-tracking-info-percentiles --- */

static bool parse_percentiles(void *value, const struct slice *words, int count, bool in_file, bool first,
                              struct conf_error *err) {
    struct conf_percentiles *p = value;
    p->count = 0;
    if (is_nothing(words, count)) return true;
    p->value = mem_realloc(p->value, (size_t)count * sizeof(*p->value));
    for (int i = 0; i < count; i++) {
        double percent;
        if (!num_parse_double(words[i].ptr, words[i].len, &percent) || isnan(percent))
            return conf_fail(err, "Invalid latency-tracking-info-percentiles parameters");
        if (percent < 0 || percent > 100)
            return conf_fail(err,
                             "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        p->value[p->count++] = percent;
    }
    return true;
}

static void print_percentiles(const void *value, struct buf *out) {
    const struct conf_percentiles *p = value;
    for (int i = 0; i < p->count; i++) {
        char text[NUM_DOUBLE_CHARS_MAX + 1];
        snprintf(text, sizeof(text), "%.15g", p->value[i]); /* 99.9, not 99.900000000000006 */
        buf_printf(out, "%s%s", i ? " " : "", text);
    }
}

static void copy_percentiles(void *to, const void *from) {
    const struct conf_percentiles *p = from;
    struct conf_percentiles *copy = to;
    *copy = (struct conf_percentiles){.count = p->count};
    if (p->count == 0) return;
    copy->value = mem_alloc((size_t)p->count * sizeof(*copy->value));
    memcpy(copy->value, p->value, (size_t)p->count * sizeof(*copy->value));
}

static void release_percentiles(void *value) {
    mem_free(((struct conf_percentiles *)value)->value);
}

const struct conf_custom conf_percentiles_type = {.size = sizeof(struct conf_percentiles),
                                                  .parse = parse_percentiles,
                                                  .print = print_percentiles,
                                                  .copy = copy_percentiles,
                                                  .release = release_percentiles};

/* --- replicaof --- */

static bool parse_primary(void *value, const struct slice *words, int count, bool in_file, bool first,
                          struct conf_error *err) {
    struct conf_primary *primary = value;
    mem_free(primary->host);
    *primary = (struct conf_primary){0};
    if (is_nothing(words, count)) return true;
    if (count != 2) return conf_fail(err, "wrong number of arguments");
    if (slice_is(words[0], "no") && slice_is(words[1], "one")) return true;
    int64_t port;
    if (!num_parse_int64(words[1].ptr, words[1].len, &port) || port < 0 || port > 65535)
        return conf_fail(err, "Invalid master port");
    if (words[0].len == 0 || memchr(words[0].ptr, '\0', words[0].len))
        return conf_fail(err, "Invalid master host");
    primary->host = mem_strndup(words[0].ptr, words[0].len);
    primary->port = (int)port;
    return true;
}

static void print_primary(const void *value, struct buf *out) {
    const struct conf_primary *primary = value;
    if (primary->host) buf_printf(out, "%s %d", primary->host, primary->port);
}

static void copy_primary(void *to, const void *from) {
    const struct conf_primary *primary = from;
    *(struct conf_primary *)to =
        (struct conf_primary){primary->host ? mem_strdup(primary->host) : NULL, primary->port};
}

static void release_primary(void *value) {
    mem_free(((struct conf_primary *)value)->host);
}

const struct conf_custom conf_primary_type = {.size = sizeof(struct conf_primary),
                                              .parse = parse_primary,
                                              .print = print_primary,
                                              .copy = copy_primary,
                                              .release = release_primary};
