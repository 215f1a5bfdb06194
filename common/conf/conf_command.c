/* CONFIG GET and CONFIG SET.
 *
 * SET changes all its options or none:
 *
 *   1. look up  every name known, mutable, allowed, not given twice          nothing has changed yet
 *   2. parse    each value into a copy of its field, range and validate
 *   3. swap     all copies with their fields; the old values are kept aside
 *   4. apply    once per callback (new listeners, new limits); after a failure the old values are swapped
 * back and what had been applied is applied again */
#include "common/base/glob.h"
#include "common/base/mem.h"
#include "common/conf/conf_int.h"

/* --- GET --- */

/* What was shown already: a bit for an entry's name, one for its alias. */
enum shown { SHOWN_NAME = 1, SHOWN_ALIAS = 2 };

struct get {
    struct conf *conf;
    struct resp_writer *reply;
    unsigned char *shown; /* one per entry */
    size_t pairs;
};

static void show(struct get *get, size_t entry, enum shown which, struct slice name) {
    if (get->shown[entry] & which) return;
    get->shown[entry] |= (unsigned char)which;
    get->pairs++;
    struct buf text = {0};
    conf_value_print(get->conf->entries[entry].option, conf_field(&get->conf->entries[entry]), &text);
    resp_bulk_slice(get->reply, name);
    resp_bulk(get->reply, buf_cstr(&text), text.len);
    buf_deinit(&text);
}

static void get_one(struct get *get, struct slice pattern) {
    bool is_glob = false;
    for (size_t i = 0; i < pattern.len; i++)
        is_glob = is_glob || memchr("*?[", pattern.ptr[i], 3);
    for (size_t i = 0; i < get->conf->count; i++) {
        const struct conf_option *option = get->conf->entries[i].option;
        if (option->kind == CONF_LINE || (is_glob && (option->flags & CONF_HIDDEN))) continue;
        for (int which = SHOWN_NAME; which <= SHOWN_ALIAS; which++) {
            const char *name = which == SHOWN_NAME ? option->name : option->alias;
            if (!name) continue;
            if (!is_glob && slice_is(pattern, name)) show(get, i, which, pattern);
            if (is_glob && glob_match(pattern.ptr, pattern.len, name, strlen(name), true))
                show(get, i, which, slice_of(name));
        }
    }
}

void conf_get_reply(struct conf *conf, const struct slice *patterns, int count, struct resp_writer *reply) {
    struct get get = {.conf = conf, .reply = reply, .shown = mem_zalloc(conf->count + 1)};
    struct resp_deferred header = resp_deferred(reply);
    for (int i = 0; i < count; i++)
        get_one(&get, patterns[i]);
    resp_deferred_fill(reply, header, RESP_MAP, get.pairs);
    mem_free(get.shown);
}

/* --- SET --- */

struct change {
    struct conf_entry *entry;
    struct slice name;
    void *value;     /* before the swap the new value, after it the old one */
    bool is_changed; /* the new value prints differently */
    bool is_applied;
};

struct set {
    struct conf *conf;
    struct change *changes;
    int count;
};

static void reply_failed(struct resp_writer *reply, struct slice name, const char *reason) {
    resp_errorf(reply, "ERR CONFIG SET failed (possibly related to argument '%.*s') - %s",
                name.len > 128 ? 128 : (int)name.len, name.ptr, reason);
}

/* Fills the changes' entries and names; false: replied. */
static bool look_up(struct set *set, const struct slice *pairs, struct conf_caller caller,
                    struct resp_writer *reply) {
    for (int i = 0; i < set->count; i++) {
        struct change *change = &set->changes[i];
        change->name = pairs[2 * i];
        change->entry = conf_find(set->conf, change->name);
        if (!change->entry || change->entry->option->kind == CONF_LINE) {
            resp_errorf(reply, "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'",
                        change->name.len > 128 ? 128 : (int)change->name.len, change->name.ptr);
            return false;
        }
        unsigned flags = change->entry->option->flags;
        const char *reason = NULL;
        if (flags & CONF_IMMUTABLE)
            reason = "can't set immutable config";
        else if ((flags & CONF_PROTECTED) && !caller.protected_allowed)
            reason = "can't set protected config";
        for (int j = 0; j < i && !reason; j++)
            if (change->name.len == set->changes[j].name.len &&
                strncasecmp(change->name.ptr, set->changes[j].name.ptr, change->name.len) == 0)
                reason = "duplicate parameter";
        if (reason) {
            reply_failed(reply, change->name, reason);
            return false;
        }
        if ((flags & CONF_DENY_LOADING) && caller.loading) {
            resp_error(reply, "LOADING Redis is loading the dataset in memory");
            return false;
        }
    }
    return true;
}

static bool prints_differently(const struct conf_option *option, const void *a, const void *b) {
    struct buf left = {0}, right = {0};
    conf_value_print(option, a, &left);
    conf_value_print(option, b, &right);
    bool differs = !slice_eq(buf_slice(&left), buf_slice(&right));
    buf_deinit(&left);
    buf_deinit(&right);
    return differs;
}

static bool parse_all(struct set *set, const struct slice *pairs, struct resp_writer *reply) {
    for (int i = 0; i < set->count; i++) {
        struct change *change = &set->changes[i];
        const struct conf_option *option = change->entry->option;
        struct conf_error err = {{0}};
        change->value = conf_value_dup(option, conf_field(change->entry));
        if (!conf_value_parse(change->entry, change->value, &pairs[2 * i + 1], 1, false, true, &err)) {
            reply_failed(reply, change->name, err.text);
            return false;
        }
        change->is_changed = prints_differently(option, change->value, conf_field(change->entry));
    }
    return true;
}

static void swap_all(struct set *set, bool back) {
    for (int i = 0; i < set->count; i++) {
        struct change *change = &set->changes[back ? set->count - 1 - i : i];
        conf_value_swap(change->entry->option, conf_field(change->entry), change->value);
    }
}

/* Whether an earlier change of this command already ran (or failed) the same callback. */
static bool applied_before(const struct set *set, int i) {
    const struct conf_entry *entry = set->changes[i].entry;
    for (int j = 0; j < i; j++) {
        const struct change *earlier = &set->changes[j];
        if (earlier->is_applied && earlier->entry->option->apply == entry->option->apply &&
            earlier->entry->owner == entry->owner)
            return true;
    }
    return false;
}

/* Returns the change whose apply failed, or NULL. */
static struct change *apply_all(struct set *set, struct conf_error *err) {
    for (int i = 0; i < set->count; i++) {
        struct change *change = &set->changes[i];
        const struct conf_option *option = change->entry->option;
        if (!option->apply || !(change->is_changed || (option->flags & CONF_ALWAYS_APPLY)) ||
            applied_before(set, i))
            continue;
        if (!option->apply(change->entry->owner, err)) return change;
        change->is_applied = true;
    }
    return NULL;
}

static void undo(struct set *set) {
    swap_all(set, true);
    struct conf_error err = {{0}};
    for (int i = 0; i < set->count; i++) {
        const struct change *change = &set->changes[i];
        if (change->is_applied && !change->entry->option->apply(change->entry->owner, &err))
            log_warning(set->conf->logger, "CONFIG SET failed and option '%s' could not be put back: %s",
                        change->entry->option->name, err.text);
    }
}

static void set_all(struct set *set, const struct slice *pairs, struct conf_caller caller,
                    struct resp_writer *reply) {
    if (!look_up(set, pairs, caller, reply) || !parse_all(set, pairs, reply)) return;
    swap_all(set, false);
    struct conf_error err = {{0}};
    struct change *failed = apply_all(set, &err);
    if (failed) {
        undo(set);
        reply_failed(reply, failed->name, err.text);
        return;
    }
    for (int i = 0; i < set->count; i++) {
        set->changes[i].entry->was_set = true;
        conf_announce(set->conf, set->changes[i].entry);
    }
    resp_ok(reply);
}

void conf_set(struct conf *conf, const struct slice *pairs, int count, struct conf_caller caller,
              struct resp_writer *reply) {
    if (count < 2 || count % 2) {
        resp_error(reply, "ERR syntax error");
        return;
    }
    struct set set = {.conf = conf, .count = count / 2};
    set.changes = mem_zalloc((size_t)set.count * sizeof(*set.changes));
    set_all(&set, pairs, caller, reply);
    for (int i = 0; i < set.count; i++)
        if (set.changes[i].value) conf_value_release(set.changes[i].entry->option, &set.changes[i].value);
    mem_free(set.changes);
}
