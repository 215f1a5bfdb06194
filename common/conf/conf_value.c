/* Values: from words to a field and back, for every kind.
 *
 *      words ──parse──► a valid copy of the field ──swap──► the field
 *                                                  print ──► CONFIG GET, and the text that tells whether it
 * changed lines ──► CONFIG REWRITE
 *
 * A parse builds the new value aside and validates it before the old one goes, so a value is always whole. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "common/conf/conf_int.h"
#include "common/conf/conf_words.h"
#include <ctype.h>
#include <inttypes.h>

/* Options of several words may come as one: save "900 1", CONFIG SET save "900 1". */
static bool is_multi(const struct conf_option *option) {
    return option->kind == CONF_FLAGS || option->kind == CONF_WORDS || (option->flags & CONF_MULTI_ARG);
}

size_t conf_value_size(const struct conf_option *option) {
    switch (option->kind) {
    case CONF_BOOL: return sizeof(bool);
    case CONF_INT:
    case CONF_OCTAL:
    case CONF_ENUM:
    case CONF_FLAGS: return sizeof(int);
    case CONF_INT64:
    case CONF_PERCENT: return sizeof(int64_t);
    case CONF_UINT64:
    case CONF_MEMORY: return sizeof(uint64_t);
    case CONF_STRING: return sizeof(char *);
    case CONF_WORDS: return sizeof(struct conf_words);
    case CONF_CUSTOM: return option->custom->size;
    case CONF_LINE: break;
    }
    panic("option %s has no value", option->name);
}

/* --- numbers --- */

static bool parse_integer(const struct conf_option *option, struct slice word, int64_t *out,
                          struct conf_error *err) {
    if (!num_parse_int64(word.ptr, word.len, out))
        return conf_fail(err, "argument couldn't be parsed into an integer");
    if (*out < option->min || (*out > 0 && (uint64_t)*out > option->max))
        return conf_fail(err, "argument must be between %" PRId64 " and %" PRId64 " inclusive", option->min,
                         (int64_t)option->max);
    return true;
}

/* Digits and a unit: 1k is 1000, 1kb 1024, and so on. No digits at all are zero, as an empty value is in
 * Redis. */
static bool read_memory(struct slice word, uint64_t *out) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"", 1},         {"b", 1},          {"k", 1000},    {"kb", 1 << 10}, {"m", 1000 * 1000},
                 {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
    size_t digits = 0;
    uint64_t number = 0;
    for (; digits < word.len && isdigit((unsigned char)word.ptr[digits]); digits++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(word.ptr[digits] - '0'), &number))
            return false;
    if (digits == 0 && word.len > 0) return false;
    struct slice unit = {word.ptr + digits, word.len - digits};
    for (size_t i = 0; i < CONF_COUNT(units); i++)
        if (slice_is(unit, units[i].name)) return !__builtin_mul_overflow(number, units[i].bytes, out);
    return false;
}

static bool check_memory_range(const struct conf_option *option, uint64_t bytes, struct conf_error *err) {
    uint64_t min = option->min > 0 ? (uint64_t)option->min : 0;
    if (bytes >= min && bytes <= option->max) return true;
    return conf_fail(err, "argument must be between %" PRIu64 " and %" PRIu64 " inclusive", min, option->max);
}

static bool parse_percent(const struct conf_option *option, struct slice word, int64_t *out,
                          struct conf_error *err) {
    uint64_t number = 0;
    if (word.len > 0 && word.ptr[word.len - 1] == '%') {
        if (!num_parse_uint64(word.ptr, word.len - 1, &number))
            return conf_fail(err, "argument must be a memory or percent value");
        if (number > 100) return conf_fail(err, "percentage argument must be less or equal to 100");
        *out = -(int64_t)number;
        return true;
    }
    if (!read_memory(word, &number) || number > INT64_MAX)
        return conf_fail(err, "argument must be a memory or percent value");
    *out = (int64_t)number;
    return check_memory_range(option, number, err);
}

static bool parse_octal(const struct conf_option *option, struct slice word, int *out,
                        struct conf_error *err) {
    uint64_t number = 0;
    size_t i = 0;
    bool minus = word.len > 1 && word.ptr[0] == '-';
    for (i = minus; i < word.len && word.ptr[i] >= '0' && word.ptr[i] <= '7' && number <= INT32_MAX; i++)
        number = number * 8 + (uint64_t)(word.ptr[i] - '0');
    if (i < word.len && !(word.ptr[i] >= '0' && word.ptr[i] <= '7'))
        return conf_fail(err, "argument couldn't be parsed as an octal number");
    if ((minus && number > 0) || number > option->max)
        return conf_fail(err, "argument must be between %o and %o inclusive", (unsigned)option->min,
                         (unsigned)option->max);
    *out = (int)number;
    return true;
}

/* --- words --- */

static bool parse_choice(const struct conf_option *option, struct slice word, int *out,
                         struct conf_error *err) {
    for (const struct conf_choice *c = option->choices; c->name; c++)
        if (slice_is(word, c->name)) {
            *out = c->value;
            return true;
        }
    struct buf names = {0};
    for (const struct conf_choice *c = option->choices; c->name; c++)
        buf_printf(&names, "%s%s", c == option->choices ? "" : ", ", c->name);
    conf_fail(err, "argument(s) must be one of the following: %s", buf_cstr(&names));
    buf_deinit(&names);
    return false;
}

static bool parse_flags(const struct conf_option *option, const struct slice *words, int count, int *out,
                        struct conf_error *err) {
    *out = 0;
    if (count == 0) return parse_choice(option, SLICE(""), out, err);
    for (int i = 0; i < count; i++) {
        int value;
        if (!parse_choice(option, words[i], &value, err)) return false;
        *out |= value;
    }
    return true;
}

static bool parse_string(const struct conf_option *option, struct slice word, char **out,
                         struct conf_error *err) {
    if (memchr(word.ptr ? word.ptr : "", '\0', word.len))
        return conf_fail(err, "argument must not contain a NUL byte");
    bool null = word.len == 0 && !(option->flags & CONF_KEEP_EMPTY);
    *out = null ? NULL : mem_strndup(word.ptr ? word.ptr : "", word.len);
    return true;
}

static struct conf_words build_words(const struct slice *words, int count) {
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += words[i].len + 1;
    if (count == 0) return (struct conf_words){0};
    char **item = mem_alloc((size_t)count * sizeof(char *) + bytes);
    char *at = (char *)(item + count);
    for (int i = 0; i < count; i++) {
        item[i] = at;
        memcpy(at, words[i].ptr, words[i].len);
        at[words[i].len] = '\0';
        at += words[i].len + 1;
    }
    return (struct conf_words){item, count};
}

static bool parse_words(const struct slice *words, int count, struct conf_words *out,
                        struct conf_error *err) {
    for (int i = 0; i < count; i++)
        if (memchr(words[i].ptr, '\0', words[i].len))
            return conf_fail(err, "argument must not contain a NUL byte");
    *out = build_words(words, count);
    return true;
}

/* --- parsing --- */

/* Fills `fresh` (zeroed, or a copy of the current value for CUSTOM). */
static bool parse_kind(const struct conf_option *option, void *fresh, const struct slice *words, int count,
                       bool in_file, bool first, struct conf_error *err) {
    int64_t integer;
    switch (option->kind) {
    case CONF_BOOL:
        *(bool *)fresh = slice_is(words[0], "yes");
        return slice_is(words[0], "yes") || slice_is(words[0], "no") ||
               conf_fail(err, "argument must be 'yes' or 'no'");
    case CONF_INT:
        if (!parse_integer(option, words[0], &integer, err)) return false;
        *(int *)fresh = (int)integer;
        return true;
    case CONF_INT64: return parse_integer(option, words[0], fresh, err);
    case CONF_UINT64:
        if (!parse_integer(option, words[0], &integer, err)) return false;
        *(uint64_t *)fresh = (uint64_t)integer;
        return true;
    case CONF_MEMORY:
        if (!read_memory(words[0], fresh)) return conf_fail(err, "argument must be a memory value");
        return check_memory_range(option, *(uint64_t *)fresh, err);
    case CONF_PERCENT: return parse_percent(option, words[0], fresh, err);
    case CONF_OCTAL: return parse_octal(option, words[0], fresh, err);
    case CONF_ENUM: return parse_choice(option, words[0], fresh, err);
    case CONF_FLAGS: return parse_flags(option, words, count, fresh, err);
    case CONF_STRING: return parse_string(option, words[0], fresh, err);
    case CONF_WORDS: return parse_words(words, count, fresh, err);
    case CONF_CUSTOM: return option->custom->parse(fresh, words, count, in_file, first, err);
    case CONF_LINE: break;
    }
    panic("option %s has no value", option->name);
}

static bool parse_counted(const struct conf_entry *entry, void *value, const struct slice *words, int count,
                          bool in_file, bool first, struct conf_error *err) {
    const struct conf_option *option = entry->option;
    if (!is_multi(option) && count != 1) return conf_fail(err, "wrong number of arguments");
    void *fresh =
        option->kind == CONF_CUSTOM ? conf_value_dup(option, value) : mem_zalloc(conf_value_size(option));
    bool ok = parse_kind(option, fresh, words, count, in_file, first, err) &&
              (!option->validate || option->validate(entry->owner, fresh, err));
    if (ok && option->adjust) option->adjust(entry->owner, fresh);
    if (ok) conf_value_swap(option, value, fresh);
    conf_value_release(option, &fresh);
    return ok;
}

bool conf_value_parse(const struct conf_entry *entry, void *value, const struct slice *words, int count,
                      bool in_file, bool first, struct conf_error *err) {
    if (!is_multi(entry->option) || count != 1)
        return parse_counted(entry, value, words, count, in_file, first, err);
    struct conf_line line;
    if (!conf_line_split(words[0], &line)) return conf_fail(err, "unbalanced quotes in the argument");
    bool ok = parse_counted(entry, value, line.word, line.count, in_file, first, err);
    conf_line_deinit(&line);
    return ok;
}

/* --- printing --- */

static void print_choice(const struct conf_option *option, int value, struct buf *out) {
    for (const struct conf_choice *c = option->choices; c->name; c++)
        if (c->value == value) {
            buf_append_str(out, c->name);
            return;
        }
    buf_printf(out, "%d", value);
}

static void print_flags(const struct conf_option *option, int value, struct buf *out) {
    if (value == 0) {
        print_choice(option, 0, out);
        return;
    }
    const char *gap = "";
    for (const struct conf_choice *c = option->choices; c->name; c++)
        if (c->value && (value & c->value) == c->value) {
            buf_printf(out, "%s%s", gap, c->name);
            gap = " ";
            value &= ~c->value; /* a second name of the same bit stays unsaid */
        }
}

static void print_words(const struct conf_words *words, struct buf *out) {
    for (int i = 0; i < words->count; i++) {
        if (i) buf_append_char(out, ' ');
        conf_word_append(out, slice_of(words->item[i]));
    }
}

void conf_value_print(const struct conf_option *option, const void *value, struct buf *out) {
    switch (option->kind) {
    case CONF_BOOL: buf_append_str(out, *(const bool *)value ? "yes" : "no"); return;
    case CONF_INT: buf_printf(out, "%d", *(const int *)value); return;
    case CONF_INT64: buf_printf(out, "%" PRId64, *(const int64_t *)value); return;
    case CONF_UINT64:
    case CONF_MEMORY: buf_printf(out, "%" PRIu64, *(const uint64_t *)value); return;
    case CONF_PERCENT: {
        int64_t v = *(const int64_t *)value;
        if (v < 0)
            buf_printf(out, "%" PRId64 "%%", -v);
        else
            buf_printf(out, "%" PRId64, v);
        return;
    }
    case CONF_OCTAL: buf_printf(out, "%o", (unsigned)*(const int *)value); return;
    case CONF_ENUM: print_choice(option, *(const int *)value, out); return;
    case CONF_FLAGS: print_flags(option, *(const int *)value, out); return;
    case CONF_STRING: {
        const char *text = *(char *const *)value;
        if (text) buf_append_str(out, text);
        return;
    }
    case CONF_WORDS: print_words(value, out); return;
    case CONF_CUSTOM: option->custom->print(value, out); return;
    case CONF_LINE: break;
    }
    panic("option %s has no value", option->name);
}

/* The shortest text with a unit: 64mb rather than 67108864. */
static void print_memory(uint64_t bytes, struct buf *out) {
    static const char *const units[] = {"", "kb", "mb", "gb"};
    int unit = 0;
    while (bytes && bytes % 1024 == 0 && unit < 3) {
        bytes /= 1024;
        unit++;
    }
    buf_printf(out, "%" PRIu64 "%s", bytes, units[unit]);
}

void conf_value_lines(const struct conf_option *option, const void *value, struct buf *out) {
    if (option->kind == CONF_CUSTOM && option->custom->lines) {
        option->custom->lines(value, option->name, out);
        return;
    }
    buf_printf(out, "%s ", option->name);
    if (option->kind == CONF_MEMORY) {
        print_memory(*(const uint64_t *)value, out);
    } else if (option->kind == CONF_PERCENT && *(const int64_t *)value >= 0) {
        print_memory((uint64_t) * (const int64_t *)value, out);
    } else {
        struct buf text = {0};
        conf_value_print(option, value, &text);
        /* Words that need quotes are given as one argument, which reading cuts again: plainly, a lone quoted
         * word would be taken for such an argument. */
        bool is_text = option->kind == CONF_STRING || option->kind == CONF_CUSTOM || is_multi(option);
        bool plain_words = is_multi(option) && text.len && !memchr(text.ptr, '"', text.len);
        bool quote = is_text && !plain_words;
        if (quote)
            buf_append_quoted(out, buf_cstr(&text), text.len);
        else
            buf_append_slice(out, buf_slice(&text));
        buf_deinit(&text);
    }
    buf_append_char(out, '\n');
}

/* --- copies --- */

void *conf_value_dup(const struct conf_option *option, const void *value) {
    void *copy = mem_zalloc(conf_value_size(option));
    if (option->kind == CONF_STRING) {
        const char *text = *(char *const *)value;
        *(char **)copy = text ? mem_strdup(text) : NULL;
    } else if (option->kind == CONF_WORDS) {
        const struct conf_words *words = value;
        struct slice *slices = mem_alloc((size_t)(words->count + 1) * sizeof(*slices));
        for (int i = 0; i < words->count; i++)
            slices[i] = slice_of(words->item[i]);
        *(struct conf_words *)copy = build_words(slices, words->count);
        mem_free(slices);
    } else if (option->kind == CONF_CUSTOM && option->custom->copy) {
        option->custom->copy(copy, value);
    } else {
        memcpy(copy, value, conf_value_size(option));
    }
    return copy;
}

void conf_value_clear(const struct conf_option *option, void *value) {
    if (option->kind == CONF_STRING)
        mem_free(*(char **)value);
    else if (option->kind == CONF_WORDS)
        mem_free(((struct conf_words *)value)->item);
    else if (option->kind == CONF_CUSTOM && option->custom->release)
        option->custom->release(value);
    memset(value, 0, conf_value_size(option));
}

void conf_value_release(const struct conf_option *option, void **copy) {
    conf_value_clear(option, *copy);
    mem_free(*copy);
    *copy = NULL;
}

void conf_value_swap(const struct conf_option *option, void *a, void *b) {
    char *left = a, *right = b;
    for (size_t i = 0; i < conf_value_size(option); i++) {
        char byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}
