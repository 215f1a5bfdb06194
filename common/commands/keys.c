/* Keys by specs, and four extractors for what specs cannot say.
 *
 * A key spec works in two steps. The first finds where a run of keys begins: at an index, or behind a
 * keyword. The second finds where it ends: a range relative to its begin or to the end of the command, or a
 * count that stands in the command.
 *
 *     BLPOP a b 0              at 1 to -2              XREAD COUNT 2 STREAMS a b 0 0
 *           ▲─▲                                                      ▲───────▲ ▲─▲
 *     ZUNIONSTORE dst 2 a b    at 1, then at 2 count   after STREAMS: to the end, but only the
 *                 ▲   # ▲─▲    0 first 1               first half (limit 2)
 *
 * Extractors (the `extract` line of a spec):
 *   sort     STORE may stand anywhere among the options, the last one counts; BY and GET name no key here
 *   migrate  KEYS … to the end replaces the empty third argument
 *   set      with GET the old value is read, else the key is only overwritten
 *   bitfield nothing but GET and OVERFLOW only reads
 *
 * What does not fit the command's shape is KEYS_INVALID. Commands with no_mandatory_keys (EVAL, FCALL) then
 * have no keys instead: their handlers say what is wrong.
 */
#include "common/commands/keys.h"
#include "common/base/mem.h"
#include <limits.h>
#include <stdlib.h>

void key_refs_init(struct key_refs *out) {
    out->refs = out->inline_refs;
    out->count = 0;
    out->capacity = KEY_REFS_INLINE;
}

void key_refs_deinit(struct key_refs *out) {
    if (out->refs != out->inline_refs) mem_free(out->refs);
    key_refs_init(out);
}

static void add(struct key_refs *out, int pos, unsigned flags) {
    if (out->count == out->capacity) {
        size_t bytes = (size_t)out->capacity * sizeof(*out->refs);
        if (out->refs == out->inline_refs) {
            out->refs = mem_alloc(2 * bytes);
            memcpy(out->refs, out->inline_refs, bytes);
        } else {
            out->refs = mem_realloc(out->refs, 2 * bytes);
        }
        out->capacity *= 2;
    }
    out->refs[out->count++] = (struct key_position){pos, (uint16_t)flags};
}

/* The number at the head of an argument, however it goes on: the handler is who complains. false: none that
 * fits. */
static bool leading_count(struct slice s, int *count) {
    char text[16];
    size_t len = s.len < sizeof(text) - 1 ? s.len : sizeof(text) - 1;
    memcpy(text, s.ptr, len);
    text[len] = '\0';
    long long value = strtoll(text, NULL, 10);
    if (value <= 0 || value > INT_MAX / 2) return false;
    *count = (int)value;
    return true;
}

/* Where the keyword stands. It is never the last argument, nor in a backward search the first one: nothing
 * could follow it, or it would be the subcommand. 0: it is not there. */
static int find_keyword(const struct command_key_spec *spec, const struct slice *argv, int argc) {
    int step = spec->at < 0 ? -1 : 1;
    int from = spec->at < 0 ? argc + spec->at : spec->at;
    for (int i = from; step > 0 ? i < argc - 1 : i > 1; i += step)
        if (i < argc && slice_is(argv[i], spec->keyword)) return i;
    return 0;
}

/* Adds the keys of one spec. false: the command does not fit it. */
static bool add_by_spec(const struct command_key_spec *spec, const struct slice *argv, int argc,
                        struct key_refs *out) {
    int first = spec->at;
    if (spec->begin == KEY_BEGIN_KEYWORD) {
        int keyword = find_keyword(spec, argv, argc);
        if (keyword == 0) return true;
        first = keyword + 1;
    }
    int last;
    if (spec->find == KEY_FIND_RANGE) {
        if (spec->last >= 0)
            last = first + spec->last;
        else if (spec->limit <= 1)
            last = argc + spec->last;
        else
            last = first + (argc - first) / spec->limit + spec->last;
    } else {
        int count_at = first + spec->count_at, count;
        if (count_at >= argc || !leading_count(argv[count_at], &count)) return false;
        first += spec->first;
        if (count > argc) /* would not fit; and must not overflow below */
            return false;
        last = first + (count - 1) * spec->step;
    }
    if (first >= argc || last >= argc || last < first) return false;
    for (int i = first; i <= last; i += spec->step)
        add(out, i, spec->flags);
    return true;
}

static void extract_sort(const struct command_spec *spec, const struct slice *argv, int argc,
                         struct key_refs *out) {
    int destination = 0;
    for (int i = 2; i < argc; i++) {
        if (slice_is(argv[i], "limit"))
            i += 2;
        else if (slice_is(argv[i], "get") || slice_is(argv[i], "by"))
            i += 1;
        else if (slice_is(argv[i], "store") && i + 1 < argc)
            destination = i + 1;
    }
    add(out, 1, KEY_RO | KEY_ACCESS);
    if (destination) add(out, destination, KEY_OW | KEY_UPDATE);
}

static bool extract_migrate(const struct command_spec *spec, const struct slice *argv, int argc,
                            struct key_refs *out) {
    unsigned flags = spec->key_specs[0].flags;
    for (int i = 6; i < argc; i++) {
        if (slice_is(argv[i], "auth")) {
            i += 1;
        } else if (slice_is(argv[i], "auth2")) {
            i += 2;
        } else if (slice_is(argv[i], "keys") && i + 1 < argc) {
            if (argv[3].len > 0) return false;
            for (int k = i + 1; k < argc; k++)
                add(out, k, flags);
            return true;
        }
    }
    add(out, 3, flags);
    return true;
}

static void extract_set(const struct slice *argv, int argc, struct key_refs *out) {
    unsigned flags = KEY_OW | KEY_UPDATE;
    for (int i = 3; i < argc; i++)
        if (slice_is(argv[i], "get")) flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
    add(out, 1, flags);
}

static void extract_bitfield(const struct slice *argv, int argc, struct key_refs *out) {
    unsigned flags = KEY_RO | KEY_ACCESS;
    for (int i = 2; i < argc; i++) {
        int left = argc - i - 1;
        if (slice_is(argv[i], "get") && left >= 2) {
            i += 2;
        } else if (slice_is(argv[i], "overflow") && left >= 1) {
            i += 1;
        } else {
            flags = KEY_RW | KEY_ACCESS | KEY_UPDATE;
            break;
        }
    }
    add(out, 1, flags);
}

static bool extract(const struct command_spec *spec, const struct slice *argv, int argc, unsigned options,
                    struct key_refs *out) {
    switch ((enum key_extractor)spec->extractor) {
    case KEY_EXTRACTOR_SORT: extract_sort(spec, argv, argc, out); return true;
    case KEY_EXTRACTOR_MIGRATE: return extract_migrate(spec, argv, argc, out);
    case KEY_EXTRACTOR_SET: extract_set(argv, argc, out); return true;
    case KEY_EXTRACTOR_BITFIELD: extract_bitfield(argv, argc, out); return true;
    case KEY_EXTRACTOR_NONE: break;
    }
    for (int i = 0; i < spec->key_spec_count; i++) {
        const struct command_key_spec *key = &spec->key_specs[i];
        if (key->begin == KEY_BEGIN_UNKNOWN ||
            ((key->flags & KEY_NOT_KEY) && !(options & KEYS_WITH_NOT_KEYS)))
            continue;
        if (!add_by_spec(key, argv, argc, out)) return false;
    }
    return true;
}

static bool has_keys(const struct command_spec *spec, unsigned options) {
    for (int i = 0; i < spec->key_spec_count; i++)
        if (!(spec->key_specs[i].flags & KEY_NOT_KEY) || (options & KEYS_WITH_NOT_KEYS)) return true;
    return false;
}

int command_keys_options(const struct command_spec *spec, const struct slice *argv, int argc,
                         unsigned options, struct key_refs *out) {
    out->count = 0;
    if (!has_keys(spec, options)) return KEYS_NONE;
    if (!command_arity_ok(spec, argc)) return KEYS_ARITY;
    if (extract(spec, argv, argc, options, out) && out->count > 0) return KEYS_OK;
    out->count = 0;
    return spec->flags & COMMAND_NO_MANDATORY_KEYS ? KEYS_OK : KEYS_INVALID;
}

int command_keys(const struct command_spec *spec, const struct slice *argv, int argc, struct key_refs *out) {
    return command_keys_options(spec, argv, argc, 0, out);
}

const char *key_result_error(int result) {
    switch (result) {
    case KEYS_NONE: return "ERR The command has no key arguments";
    case KEYS_ARITY: return "ERR Invalid number of arguments specified for command";
    default: return "ERR Invalid arguments specified for command";
    }
}
