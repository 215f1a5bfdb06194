#include "tests/unit/conf/conf_fixture.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include <fnmatch.h>

static const struct conf_choice colours[] = {{"red", 0}, {"green", 1}, {"lime", 1}, {NULL, 0}};
static const struct conf_choice bits[] = {{"none", 0}, {"a", 1}, {"b", 2}, {"c", 4}, {NULL, 0}};

static bool validate_number(void *owner, const void *value, struct conf_error *err) {
    return *(const int *)value != 13 || conf_fail(err, "thirteen is refused");
}

static bool apply_number(void *owner, struct conf_error *err) {
    ((struct fixture_module *)owner)->number_applies++;
    return true;
}

static bool apply_port(void *owner, struct conf_error *err) {
    struct fixture_module *m = owner;
    if (m->port == 7777) return conf_fail(err, "Unable to listen on this port.");
    m->applied_port = m->port;
    return true;
}

static bool take_line(void *owner, const struct slice *words, int count, struct conf_error *err) {
    struct fixture_module *m = owner;
    if (slice_is(words[0], "bad")) return conf_fail(err, "a bad line");
    for (int i = 0; i < count; i++)
        buf_printf(&m->lines, "%s%.*s", i ? " " : "", (int)words[i].len, words[i].ptr);
    buf_append_char(&m->lines, '\n');
    return true;
}

static void rewrite_user_lines(void *owner, struct buf *out) {
    if (((struct fixture_module *)owner)->lines.len) buf_append_str(out, "member alice on\nmember bob off\n");
}

#define M struct fixture_module
static const struct conf_option table[] = {
    CONF_OPT_BOOL("flag", M, flag, "no"),
    CONF_OPT_INT("number", M, number, -5, 100, "7", .alias = "old-number", .validate = validate_number,
                 .apply = apply_number),
    CONF_OPT_INT64("wide", M, wide, -1, INT64_MAX, "-1"),
    CONF_OPT_UINT64("unsigned-wide", M, unsigned_wide, 0, INT64_MAX, "1"),
    CONF_OPT_MEMORY("bytes", M, bytes, 1024, INT64_MAX, "1mb"),
    CONF_OPT_PERCENT("percent", M, percent, 0, INT64_MAX, "0"),
    CONF_OPT_OCTAL("mode", M, mode, 0777, "0"),
    CONF_OPT_ENUM("choice", M, choice, colours, "red"),
    CONF_OPT_FLAGS("flags", M, flags, bits, "none"),
    CONF_OPT_STRING("text", M, text, "plain"),
    CONF_OPT_STRING("secret", M, secret, NULL, .flags = CONF_SENSITIVE),
    CONF_OPT_STRING("fixed", M, fixed, NULL, .flags = CONF_IMMUTABLE),
    CONF_OPT_WORDS("words", M, words, "* -::*"),
    CONF_OPT_CUSTOM("save", M, save, &conf_save_type, "3600 1 300 100", .flags = CONF_MULTI_ARG),
    CONF_OPT_CUSTOM("client-output-buffer-limit", M, limits, &conf_output_limits_type,
                    "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", .flags = CONF_MULTI_ARG),
    CONF_OPT_CUSTOM("oom-score-adj-values", M, oom, &conf_oom_values_type, "0 200 800",
                    .flags = CONF_MULTI_ARG),
    CONF_OPT_CUSTOM("percentiles", M, percentiles, &conf_percentiles_type, "50 99 99.9",
                    .flags = CONF_MULTI_ARG),
    CONF_OPT_CUSTOM("replicaof", M, primary, &conf_primary_type, NULL, .alias = "slaveof",
                    .flags = CONF_MULTI_ARG | CONF_IMMUTABLE),
    CONF_OPT_INT("port", M, port, 0, 65535, "6379", .apply = apply_port),
    CONF_OPT_LINE("line", 1, 3, take_line),
    CONF_OPT_LINE("member", 1, 0, take_line, .line_rewrite = rewrite_user_lines),
};
static const struct conf_option kept[] = {
    {.name = "kept",
     .kind = CONF_INT,
     .flags = CONF_KEPT,
     .max = 9,
     .initial = "1",
     .no_effect = "nobody reads it",
     .so_anyway = "0"},
    {.name = "guarded", .kind = CONF_STRING, .flags = CONF_KEPT | CONF_PROTECTED, .initial = "x"},
    {.name = "quiet", .kind = CONF_BOOL, .flags = CONF_KEPT | CONF_DENY_LOADING, .initial = "no"},
    {.name = "hidden-delay", .kind = CONF_INT, .flags = CONF_KEPT | CONF_HIDDEN, .max = 100, .initial = "0"},
};

/* --- files in memory --- */

static struct fixture_file *find_file(struct fixture *f, const char *path) {
    for (size_t i = 0; i < CONF_COUNT(f->files); i++)
        if (f->files[i].path && strcmp(f->files[i].path, path) == 0) return &f->files[i];
    return NULL;
}

void fixture_write(struct fixture *f, const char *path, const char *content) {
    struct fixture_file *file = find_file(f, path);
    for (size_t i = 0; !file && i < CONF_COUNT(f->files); i++)
        if (!f->files[i].path) {
            file = &f->files[i];
            file->path = mem_strdup(path);
        }
    must(file);
    buf_clear(&file->content);
    buf_append_str(&file->content, content);
}

const char *fixture_content(struct fixture *f, const char *path) {
    struct fixture_file *file = find_file(f, path);
    return file ? buf_cstr(&file->content) : NULL;
}

static bool memory_read(void *owner, const char *path, struct buf *out, bool *absent,
                        struct conf_error *err) {
    struct fixture *f = owner;
    if (strcmp(path, "-") == 0) {
        buf_append_str(out, f->standard_input ? f->standard_input : "");
        return true;
    }
    struct fixture_file *file = find_file(f, path);
    *absent = !file;
    if (!file) return conf_fail(err, "No such file or directory");
    buf_append_slice(out, buf_slice(&file->content));
    return true;
}

static bool memory_replace(void *owner, const char *path, struct slice content, struct conf_error *err) {
    struct fixture *f = owner;
    if (f->replace_error) return conf_fail(err, "%s", f->replace_error);
    struct buf text = {0};
    buf_append_slice(&text, content);
    fixture_write(f, path, buf_cstr(&text));
    buf_deinit(&text);
    return true;
}

static bool memory_glob(void *owner, const char *pattern, void (*each)(void *arg, const char *path),
                        void *arg, struct conf_error *err) {
    struct fixture *f = owner;
    for (size_t i = 0; i < CONF_COUNT(f->files); i++)
        if (f->files[i].path && fnmatch(pattern, f->files[i].path, 0) == 0) each(arg, f->files[i].path);
    return true;
}

static bool memory_absolute(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    buf_printf(out, "%s%s", path[0] == '/' ? "" : "/", path);
    return true;
}

static bool memory_folder(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    if (strcmp(path, "/nowhere") == 0) return conf_fail(err, "No such file or directory");
    return memory_absolute(owner, path, out, err);
}

static void take_log(void *owner, enum log_level level, const char *line, size_t len) {
    buf_append(&((struct fixture *)owner)->log, line, len);
}

/* --- life --- */

void fixture_init(struct fixture *f) {
    memset(f, 0, sizeof(*f));
    f->logger = (struct logger){.level = LOG_LEVEL_DEBUG, .role = 'M', .sink = take_log, .sink_owner = f};
    f->door = (struct conf_files){.owner = f,
                                  .read = memory_read,
                                  .replace = memory_replace,
                                  .glob = memory_glob,
                                  .absolute = memory_absolute,
                                  .folder = memory_folder};
    resp_pool_init(&f->pool);
    f->conf = conf_create("Torc 0.1.0", &f->logger);
    conf_register(f->conf, table, CONF_COUNT(table), &f->module, &f->module);
    conf_register(f->conf, kept, CONF_COUNT(kept), NULL, NULL);
}

void fixture_deinit(struct fixture *f) {
    conf_destroy(&f->conf);
    for (size_t i = 0; i < CONF_COUNT(f->files); i++) {
        mem_free(f->files[i].path);
        buf_deinit(&f->files[i].content);
    }
    buf_deinit(&f->module.lines);
    buf_deinit(&f->log);
    buf_deinit(&f->text);
    resp_pool_deinit(&f->pool);
}

/* --- doing --- */

const char *fixture_load_args(struct fixture *f, char *const argv[]) {
    int argc = 0;
    while (argv[argc])
        argc++;
    buf_clear(&f->text);
    return conf_load(f->conf, &f->door, argc, argv, &f->text) ? NULL : buf_cstr(&f->text);
}

const char *fixture_load(struct fixture *f, const char *text) {
    fixture_write(f, "/torc.conf", text);
    return fixture_load_args(f, ARGS("/torc.conf"));
}

static int slices_of(const char *const list[], struct slice *out) {
    int count = 0;
    for (; list[count]; count++)
        out[count] = slice_of(list[count]);
    return count;
}

static const char *reply_text(struct fixture *f, struct resp_writer *w) {
    buf_clear(&f->text);
    struct resp_chunk *chain = resp_writer_take(w);
    for (struct resp_chunk *c = chain; c; c = c->next)
        for (uint32_t i = 0; i < c->len; i++)
            if (c->bytes[i] != '\r') buf_append_char(&f->text, c->bytes[i] == '\n' ? '|' : c->bytes[i]);
    resp_chunks_return(&f->pool, chain);
    resp_writer_deinit(w);
    return buf_cstr(&f->text);
}

const char *fixture_get(struct fixture *f, const char *const patterns[]) {
    struct slice slices[64];
    int count = slices_of(patterns, slices);
    struct resp_writer w;
    resp_writer_init(&w, &f->pool);
    conf_get_reply(f->conf, slices, count, &w);
    return reply_text(f, &w);
}

const char *fixture_set_as(struct fixture *f, const char *const pairs[], struct conf_caller caller) {
    struct slice slices[64];
    int count = slices_of(pairs, slices);
    struct resp_writer w;
    resp_writer_init(&w, &f->pool);
    conf_set(f->conf, slices, count, caller, &w);
    return reply_text(f, &w);
}

const char *fixture_set(struct fixture *f, const char *const pairs[]) {
    return fixture_set_as(f, pairs, (struct conf_caller){0});
}

const char *fixture_rewrite(struct fixture *f, bool force_all) {
    struct resp_writer w;
    resp_writer_init(&w, &f->pool);
    conf_rewrite(f->conf, &f->door, force_all, &w);
    return reply_text(f, &w);
}

const char *fixture_value(struct fixture *f, const char *name) {
    buf_clear(&f->text);
    return conf_print(f->conf, name, &f->text) ? buf_cstr(&f->text) : NULL;
}
