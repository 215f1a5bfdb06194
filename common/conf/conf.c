/* The registry: tables of options from all modules, and the values behind them.
 *
 *      module's table          conf              module's struct
 *      ┌─────────────┐    ┌──────────────┐    ┌──────────────────┐
 *      │ name, kind, │◄───│ entry        │───►│ port, timeout, … │ what the module reads
 *      │ offset, …   │    │  was_set, …  │    └──────────────────┘
 *      └─────────────┘    └──────────────┘
 *
 * A few hundred names and commands that nobody sends often: names are searched from front to back, which
 * keeps the order of registration as the one order of everything (CONFIG GET, CONFIG REWRITE). */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/conf/conf_int.h"
#include "common/conf/conf_words.h"
#include <stdio.h>

bool conf_fail(struct conf_error *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, args);
    va_end(args);
    return false;
}

struct conf *conf_create(const char *program, struct logger *log) {
    struct conf *conf = mem_zalloc(sizeof(*conf));
    conf->program = program;
    conf->logger = log;
    return conf;
}

void conf_destroy(struct conf **conf) {
    struct conf *c = *conf;
    *conf = NULL;
    if (!c) return;
    for (size_t i = 0; i < c->count; i++) {
        struct conf_entry *entry = &c->entries[i];
        if (entry->option->kind != CONF_LINE) conf_value_clear(entry->option, conf_field(entry));
        if (entry->option->flags & CONF_KEPT) mem_free(entry->base);
        mem_free(entry->initial_text);
        mem_free(entry->included_text);
    }
    mem_free(c->entries);
    mem_free(c->file);
    mem_free(c);
}

struct conf_entry *conf_find(struct conf *conf, struct slice name) {
    for (size_t i = 0; i < conf->count; i++) {
        const struct conf_option *option = conf->entries[i].option;
        if (slice_is(name, option->name) || (option->alias && slice_is(name, option->alias)))
            return &conf->entries[i];
    }
    return NULL;
}

/* --- registering --- */

/* The field starts empty, then reads its default as a line of the file would be read. */
static void write_default(struct conf_entry *entry) {
    const struct conf_option *option = entry->option;
    void *field = conf_field(entry);
    memset(field, 0, conf_value_size(option));
    if (option->initial) {
        struct slice word = slice_of(option->initial);
        struct conf_error err;
        if (!conf_value_parse(entry, field, &word, 1, true, true, &err))
            panic("option %s refuses its own default '%s': %s", option->name, option->initial, err.text);
    }
    struct buf text = {0};
    conf_value_print(option, field, &text);
    entry->initial_text = mem_strdup(buf_cstr(&text));
    buf_deinit(&text);
}

static void add_entry(struct conf *conf, const struct conf_option *option, void *base, void *owner) {
    if (conf->count == conf->cap) {
        conf->cap = conf->cap ? conf->cap * 2 : 64;
        conf->entries = mem_realloc(conf->entries, conf->cap * sizeof(*conf->entries));
    }
    struct conf_entry *entry = &conf->entries[conf->count++];
    *entry = (struct conf_entry){.option = option, .base = base, .owner = owner};
    if (option->kind == CONF_LINE) return;
    if (option->flags & CONF_KEPT) entry->base = mem_zalloc(conf_value_size(option));
    write_default(entry);
}

void conf_register(struct conf *conf, const struct conf_option *table, size_t count, void *base,
                   void *owner) {
    for (size_t i = 0; i < count; i++) {
        if (conf_find(conf, slice_of(table[i].name)) ||
            (table[i].alias && conf_find(conf, slice_of(table[i].alias))))
            panic("option %s is declared twice", table[i].name);
        add_entry(conf, &table[i], base, owner);
    }
}

/* --- small questions --- */

const char *conf_file(const struct conf *conf) {
    return conf->file;
}

bool conf_print(struct conf *conf, const char *name, struct buf *out) {
    struct conf_entry *entry = conf_find(conf, slice_of(name));
    if (!entry || entry->option->kind == CONF_LINE) return false;
    conf_value_print(entry->option, conf_field(entry), out);
    return true;
}

bool conf_assign(struct conf *conf, const char *name, const char *value, struct conf_error *err) {
    struct conf_entry *entry = conf_find(conf, slice_of(name));
    if (!entry || entry->option->kind == CONF_LINE) return conf_fail(err, "no such option");
    struct slice word = slice_of(value);
    if (!conf_value_parse(entry, conf_field(entry), &word, 1, false, true, err)) return false;
    entry->was_set = true;
    return true;
}

void conf_string_set(char **field, const char *text) {
    char *fresh = text && *text ? mem_strdup(text) : NULL;
    mem_free(*field);
    *field = fresh;
}

bool conf_is_sensitive(struct conf *conf, struct slice name) {
    const struct conf_entry *entry = conf_find(conf, name);
    return entry && (entry->option->flags & CONF_SENSITIVE);
}

bool conf_was_set(struct conf *conf, const char *name) {
    struct conf_entry *entry = conf_find(conf, slice_of(name));
    return entry && entry->was_set;
}

/* --- options without effect --- */

const char *conf_no_effect(struct conf *conf, const char *name) {
    struct conf_entry *entry = conf_find(conf, slice_of(name));
    return entry ? entry->option->no_effect : NULL;
}

/* Whether the value asks for nothing: it is the default, which nobody misses, or what the server does anyway.
 */
static bool asks_for_nothing(const struct conf_entry *entry) {
    const struct conf_option *option = entry->option;
    if (option->kind == CONF_LINE) return false;
    struct buf text = {0};
    conf_value_print(option, conf_field(entry), &text);
    bool nothing = strcmp(buf_cstr(&text), entry->initial_text) == 0 ||
                   (option->so_anyway && strcmp(buf_cstr(&text), option->so_anyway) == 0);
    buf_deinit(&text);
    return nothing;
}

/* One line per option and life of the server. */
void conf_announce(struct conf *conf, struct conf_entry *entry) {
    const struct conf_option *option = entry->option;
    if (!option->no_effect || !entry->was_set || entry->announced || asks_for_nothing(entry)) return;
    entry->announced = true;
    log_warning(conf->logger, "option '%s' is accepted but has no effect (yet): %s", option->name,
                option->no_effect);
}

void conf_log_no_effect(struct conf *conf) {
    for (size_t i = 0; i < conf->count; i++)
        conf_announce(conf, &conf->entries[i]);
}

/* --- the nearest name --- */

#define NAME_MAX_COMPARED 63

/* The number of letters to insert, remove, replace or swap with a neighbour to make one word out of the
 * other. */
static int edit_distance(const char *a, size_t a_len, const char *b, size_t b_len) {
    int row[3][NAME_MAX_COMPARED + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = (int)j;
    for (size_t i = 1; i <= a_len; i++) {
        int *now = row[i % 3], *before = row[(i - 1) % 3], *earlier = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b_len; j++) {
            int best = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < best) best = before[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && earlier[j - 2] + 1 < best) best = earlier[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[a_len % 3][b_len];
}

const char *conf_nearest(const struct conf *conf, struct slice name) {
    if (name.len == 0 || name.len > NAME_MAX_COMPARED) return NULL;
    char lower[NAME_MAX_COMPARED];
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i] == '_' ? '-' : name.ptr[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    const char *nearest = NULL;
    int nearest_distance = name.len < 6 ? 2 : 1 + (int)name.len / 4; /* what is still called near */
    for (size_t i = 0; i < conf->count; i++) {
        const char *known[2] = {conf->entries[i].option->name, conf->entries[i].option->alias};
        for (int j = 0; j < 2; j++) {
            size_t known_len = known[j] ? strlen(known[j]) : 0;
            if (known_len == 0 || known_len > NAME_MAX_COMPARED) continue;
            int distance = edit_distance(lower, name.len, known[j], known_len);
            if (distance >= nearest_distance) continue;
            nearest_distance = distance;
            nearest = known[j];
        }
    }
    return nearest;
}
