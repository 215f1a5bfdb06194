/* Loading: a file, standard input and the command line, in this order, each read line by line.
 *
 *      torc-server torc.conf --port 7000 --save 60 1 -
 *                  └───┬───┘ └─────────┬───────────┘ └┬┘
 *                   1. file      3. lines made     2. standard input
 *                      │            of words           │
 *                      └──────────► one line ◄─────────┘
 *                                      │ words
 *              include: the same again │ name → entry → value
 *
 * The first line that is wrong ends it, with Redis's fatal message and one more line that says where, and for
 * an unknown name which known one is near. Values are written as they come: after an error the conf is of no
 * use. */
#include "common/base/mem.h"
#include "common/conf/conf_int.h"
#include "common/conf/conf_words.h"
#include <ctype.h>
#include <inttypes.h>

#define INCLUDE_DEPTH_MAX 16

struct load {
    struct conf *conf;
    const struct conf_files *files; /* may be NULL */
    struct buf *message;
    int depth; /* of includes */
};

/* Where a line stands. */
struct place {
    const char *origin; /* path, or a few words */
    bool is_path;
    int64_t number;
    struct slice line; /* trimmed */
};

static bool load_text(struct load *load, const char *origin, bool is_path, int64_t first_number,
                      struct slice text);

/* --- errors --- */

/* The line as a message shows it: a password is not for the terminal or a log. */
static void append_line_shown(struct load *load, struct slice line) {
    size_t name_len = 0;
    while (name_len < line.len && !isspace((unsigned char)line.ptr[name_len]))
        name_len++;
    struct slice name = {line.ptr, name_len};
    const struct conf_entry *entry = conf_find(load->conf, name);
    if (entry && (entry->option->flags & CONF_SENSITIVE) && name_len < line.len) {
        buf_append_slice(load->message, name);
        buf_append_str(load->message, " (hidden)");
        return;
    }
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        buf_append_char(load->message, c == '\t' || (unsigned char)c >= 32 ? c : '?');
    }
}

static bool fatal(struct load *load, const struct place *place, const char *reason, const char *detail) {
    buf_printf(load->message, "\n*** FATAL CONFIG FILE ERROR (%s) ***\n", load->conf->program);
    buf_printf(load->message, "Reading the configuration file, at line %" PRId64 "\n>>> '", place->number);
    append_line_shown(load, place->line);
    buf_printf(load->message, "'\n%s\n", reason);
    if (place->is_path)
        buf_printf(load->message, "%s:%" PRId64, place->origin, place->number);
    else
        buf_append_str(load->message, place->origin);
    buf_printf(load->message, "%s%s\n", detail ? ": " : "", detail ? detail : "");
    return false;
}

#define BAD_DIRECTIVE "Bad directive or wrong number of arguments"

static bool fatal_unknown(struct load *load, const struct place *place, struct slice name) {
    struct buf detail = {0};
    buf_printf(&detail, "unknown option '%.*s'", name.len > 100 ? 100 : (int)name.len, name.ptr);
    const char *nearest = conf_nearest(load->conf, name);
    if (nearest) buf_printf(&detail, ", did you mean '%s'?", nearest);
    fatal(load, place, BAD_DIRECTIVE, buf_cstr(&detail));
    buf_deinit(&detail);
    return false;
}

/* --- include --- */

static bool load_file(struct load *load, const char *path) {
    struct buf text = {0};
    struct conf_error err = {{0}};
    bool absent = false;
    if (!load->files->read(load->files->owner, path, &text, &absent, &err)) {
        buf_printf(load->message, "Fatal error, can't open config file '%s': %s\n", path, err.text);
        buf_deinit(&text);
        return false;
    }
    bool ok = load_text(load, path, true, 1, buf_slice(&text));
    buf_deinit(&text);
    return ok;
}

struct glob_walk {
    struct load *load;
    bool ok;
};

static void load_match(void *arg, const char *path) {
    struct glob_walk *walk = arg;
    if (walk->ok) walk->ok = load_file(walk->load, path);
}

static bool load_include(struct load *load, const struct place *place, const char *path) {
    if (!load->files) return fatal(load, place, "include is not possible here", NULL);
    if (load->depth == INCLUDE_DEPTH_MAX)
        return fatal(load, place, "Too many levels of include", "does a file include itself?");
    load->depth++;
    bool ok;
    if (strpbrk(path, "*?[")) {
        struct glob_walk walk = {load, true};
        struct conf_error err = {{0}};
        ok = load->files->glob(load->files->owner, path, load_match, &walk, &err) ||
             fatal(load, place, err.text, NULL);
        ok = ok && walk.ok;
    } else {
        ok = load_file(load, path);
    }
    load->depth--;
    return ok;
}

/* --- one line --- */

/* What the load leaves is compared with by CONFIG REWRITE, which cannot change an included file. */
static void note_included(struct load *load, struct conf_entry *entry) {
    if (load->depth == 0 && !entry->included_text) return;
    struct buf text = {0};
    conf_value_print(entry->option, conf_field(entry), &text);
    mem_free(entry->included_text);
    entry->included_text = mem_strdup(buf_cstr(&text));
    buf_deinit(&text);
}

static bool load_option(struct load *load, const struct place *place, struct conf_entry *entry,
                        const struct slice *words, int count) {
    const struct conf_option *option = entry->option;
    struct conf_error err = {{0}};
    bool ok;
    if (option->kind == CONF_LINE) {
        if (count < option->args_min || (option->args_max && count > option->args_max))
            return fatal(load, place, BAD_DIRECTIVE, NULL);
        ok = option->line(entry->owner, words, count, &err);
    } else {
        ok = conf_value_parse(entry, conf_field(entry), words, count, true, !entry->in_this_load, &err);
    }
    if (!ok) return fatal(load, place, err.text, NULL);
    entry->was_set = entry->in_this_load = true;
    if (option->kind != CONF_LINE) note_included(load, entry);
    return true;
}

static bool load_words(struct load *load, const struct place *place, const struct slice *words, int count) {
    if (slice_is(words[0], "include")) {
        if (count != 2) return fatal(load, place, BAD_DIRECTIVE, NULL);
        if (memchr(words[1].ptr, '\0', words[1].len)) return fatal(load, place, "NUL byte in a path", NULL);
        return load_include(load, place,
                            words[1].ptr); /* conf_line_split ends every word with a terminator */
    }
    struct conf_entry *entry = conf_find(load->conf, words[0]);
    if (!entry && slice_is(words[0], "sentinel"))
        return fatal(load, place, "sentinel directive while not in sentinel mode", NULL);
    if (!entry) return fatal_unknown(load, place, words[0]);
    return load_option(load, place, entry, words + 1, count - 1);
}

static struct slice trim(struct slice line) {
    while (line.len && isspace((unsigned char)line.ptr[0]))
        line = (struct slice){line.ptr + 1, line.len - 1};
    while (line.len && isspace((unsigned char)line.ptr[line.len - 1]))
        line.len--;
    return line;
}

static bool load_line(struct load *load, const struct place *place) {
    if (place->line.len == 0 || place->line.ptr[0] == '#') return true;
    struct conf_line line;
    if (!conf_line_split(place->line, &line))
        return fatal(load, place, "Unbalanced quotes in configuration line",
                     memchr(place->line.ptr, '\0', place->line.len) ? "it holds a NUL byte" : NULL);
    bool ok = line.count == 0 || load_words(load, place, line.word, line.count);
    conf_line_deinit(&line);
    return ok;
}

static bool load_text(struct load *load, const char *origin, bool is_path, int64_t first_number,
                      struct slice text) {
    struct place place = {.origin = origin, .is_path = is_path, .number = first_number};
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        place.line = trim((struct slice){text.ptr, len});
        if (!load_line(load, &place)) return false;
        place.number++;
        text = (struct slice){text.ptr + len + (end != NULL), text.len - len - (end != NULL)};
    }
    return true;
}

static void begin(struct conf *conf) {
    for (size_t i = 0; i < conf->count; i++)
        conf->entries[i].in_this_load = false;
}

bool conf_load_text(struct conf *conf, const struct conf_files *files, const char *origin, struct slice text,
                    struct buf *message) {
    struct load load = {.conf = conf, .files = files, .message = message};
    begin(conf);
    return load_text(&load, origin, true, 1, text);
}

/* --- the command line --- */

static bool is_option(const char *arg) {
    return arg[0] == '-' && arg[1] == '-';
}

/* Turns the arguments into lines of configuration. An option begins with "--"; the word after it is its value
 * whatever it looks like, more words belong to it until the next "--". An option that brings its value in the
 * same argument ("--port 7000") takes none unless they are plain words. "--save" may stand alone: it means
 * "". */
static bool build_lines(int argc, char *const argv[], struct buf *lines, struct buf *message) {
    bool value_expected = false;
    for (int i = 0; i < argc; i++) {
        const char *arg = argv[i];
        if (!is_option(arg) || value_expected) {
            if (lines->len && lines->ptr[lines->len - 1] != '\n') buf_append_char(lines, ' ');
            buf_append_quoted(lines, arg, strlen(arg));
            value_expected = false;
            continue;
        }
        struct slice text = trim(slice_of(arg + 2));
        if (slice_is(text, "sentinel")) {
            buf_append_str(message,
                           "Sentinels are a program of their own: start torc-sentinel instead of using "
                           "--sentinel.\n");
            return false;
        }
        if (lines->len) buf_append_char(lines, '\n');
        buf_append_slice(lines, text);
        bool alone = i + 1 == argc || is_option(argv[i + 1]);
        if (slice_is(text, "save") && alone)
            buf_append_str(lines, " \"\"");
        else
            value_expected = text.len && !strpbrk(arg + 2, " \t");
    }
    return true;
}

static bool load_arguments(struct load *load, int argc, char *const argv[]) {
    struct buf lines = {0};
    bool ok = build_lines(argc, argv, &lines, load->message) &&
              load_text(load, "on the command line", false, 2, buf_slice(&lines));
    buf_deinit(&lines);
    return ok;
}

static bool load_stdin(struct load *load) {
    struct buf text = {0};
    struct conf_error err = {{0}};
    bool absent = false;
    bool ok = load->files->read(load->files->owner, "-", &text, &absent, &err);
    if (!ok)
        buf_printf(load->message, "Fatal error, can't read the configuration from stdin: %s\n", err.text);
    ok = ok && load_text(load, "standard input", true, 1, buf_slice(&text));
    buf_deinit(&text);
    return ok;
}

static bool load_main_file(struct load *load, const char *path) {
    struct buf absolute = {0};
    struct conf_error err = {{0}};
    bool ok = load->files->absolute(load->files->owner, path, &absolute, &err);
    if (ok) {
        mem_free(load->conf->file);
        load->conf->file = mem_strdup(buf_cstr(&absolute));
        ok = load_file(load, load->conf->file);
    } else {
        buf_printf(load->message, "Fatal error, can't open config file '%s': %s\n", path, err.text);
    }
    buf_deinit(&absolute);
    return ok;
}

bool conf_load(struct conf *conf, const struct conf_files *files, int argc, char *const argv[],
               struct buf *message) {
    struct load load = {.conf = conf, .files = files, .message = message};
    begin(conf);
    if (argc > 0 && argv[0][0] != '-') {
        if (!load_main_file(&load, argv[0])) return false;
        argc--;
        argv++;
    }
    /* "-" is standard input as the first or the last argument; in between it is a value. */
    bool from_stdin = false;
    if (argc > 0 && strcmp(argv[0], "-") == 0) {
        from_stdin = true;
        argc--;
        argv++;
    } else if (argc > 0 && strcmp(argv[argc - 1], "-") == 0) {
        from_stdin = true;
        argc--;
    }
    return (!from_stdin || load_stdin(&load)) && load_arguments(&load, argc, argv);
}
