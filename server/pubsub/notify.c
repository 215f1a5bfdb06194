/* Keyspace notifications: changes become messages.
 *
 *      SET foo bar in database 0, notify-keyspace-events "KEA":
 *          __keyspace@0__:foo  ◄─ "set"
 *          __keyevent@0__:set  ◄─ "foo"
 *
 * The unit hands changes over once their command has run, so nobody hears of a change that cannot be seen
 * yet. While the option is empty the unit records nothing for us. */
#include "common/base/buf.h"
#include "server/keyspace/database.h"
#include "server/pubsub/pubsub_int.h"

/* --- the option: letters --- */

static const struct event_letter {
    char letter;
    int class;
} letters[] = {
    /* in the order in which CONFIG GET shows them */
    {'g', NOTIFY_GENERIC},  {'$', NOTIFY_STRING}, {'l', NOTIFY_LIST},     {'s', NOTIFY_SET},
    {'h', NOTIFY_HASH},     {'z', NOTIFY_ZSET},   {'x', NOTIFY_EXPIRED},  {'e', NOTIFY_EVICTED},
    {'t', NOTIFY_STREAM},   {'d', NOTIFY_MODULE}, {'K', NOTIFY_KEYSPACE}, {'E', NOTIFY_KEYEVENT},
    {'m', NOTIFY_KEY_MISS}, {'n', NOTIFY_NEW},
};

static bool parse_events(void *value, const struct slice *words, int count, bool in_file, bool first,
                         struct conf_error *err) {
    int events = 0;
    for (size_t i = 0; count && i < words[0].len; i++) {
        int class = words[0].ptr[i] == 'A' ? NOTIFY_ALL : 0;
        for (size_t k = 0; k < CONF_COUNT(letters); k++)
            if (letters[k].letter == words[0].ptr[i]) class = letters[k].class;
        if (class == 0) return conf_fail(err, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        events |= class;
    }
    *(int *)value = events;
    return true;
}

static void print_events(const void *value, struct buf *out) {
    int events = *(const int *)value;
    bool all = (events & NOTIFY_ALL) == NOTIFY_ALL;
    if (all) buf_append_char(out, 'A');
    for (size_t k = 0; k < CONF_COUNT(letters); k++)
        if ((events & letters[k].class) && !(all && (letters[k].class & NOTIFY_ALL)))
            buf_append_char(out, letters[k].letter);
}

static const struct conf_custom events_type = {
    .size = sizeof(int), .parse = parse_events, .print = print_events};

static bool apply_events(void *owner, struct conf_error *err) {
    struct pubsub *ps = owner;
    int where = ps->notify & (NOTIFY_KEYSPACE | NOTIFY_KEYEVENT);
    ps->observer.wanted = where ? (uint32_t)(ps->notify & ~where) : 0;
    if (ps->keyspace) unit_observers_changed(ps->keyspace);
    return true;
}

static const struct conf_option options[] = {
    CONF_OPT_CUSTOM("notify-keyspace-events", struct pubsub, notify, &events_type, "", .apply = apply_events),
};

void notify_register_options(struct pubsub *ps, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), ps, ps);
}

/* --- the messages --- */

static void changed(void *owner, const struct change *change) {
    struct pubsub *ps = owner;
    if (change->event == NULL) return;
    if (pubsub_count(ps, PUBSUB_CHANNEL) + pubsub_count(ps, PUBSUB_PATTERN) == 0) return;
    struct buf channel = {0};
    if (ps->notify & NOTIFY_KEYSPACE) {
        buf_printf(&channel, "__keyspace@%d__:", change->db->index);
        buf_append_slice(&channel, change->key);
        pubsub_publish(ps, buf_slice(&channel), slice_of(change->event), false);
    }
    if (ps->notify & NOTIFY_KEYEVENT) {
        buf_clear(&channel);
        buf_printf(&channel, "__keyevent@%d__:%s", change->db->index, change->event);
        pubsub_publish(ps, buf_slice(&channel), change->key, false);
    }
    buf_deinit(&channel);
}

void notify_start(struct pubsub *ps) {
    ps->observer.owner = ps;
    ps->observer.changed = changed;
    struct conf_error ignored;
    apply_events(ps, &ignored);
    unit_observe(ps->keyspace, &ps->observer);
}
