/* Fuzzes the configuration: the first byte says how the rest arrives.
 *
 *   f  a file: if it loads, CONFIG REWRITE of it must load again and give the same values
 *   a  a command line, arguments divided by NUL bytes
 *   s  CONFIG SET, names and values divided by NUL bytes: what it took, CONFIG GET shows, and SET takes that
 * again g  CONFIG GET patterns
 *
 * All of it with every option that there is, against files in memory. */
#include "common/base/panic.h"
#include "server/compat_options.h"

#define WORDS_MAX 32

static struct buf written; /* the file that CONFIG REWRITE replaces */

static bool fuzz_read(void *owner, const char *path, struct buf *out, bool *absent, struct conf_error *err) {
    if (strcmp(path, "/conf") != 0) return conf_fail(err, "No such file or directory");
    buf_append_slice(out, buf_slice(&written));
    return true;
}
static bool fuzz_replace(void *owner, const char *path, struct slice content, struct conf_error *err) {
    struct buf copy = {0};
    buf_append_slice(&copy, content);
    buf_deinit(&written);
    written = copy;
    return true;
}
static bool fuzz_glob(void *owner, const char *pattern, void (*each)(void *arg, const char *path), void *arg,
                      struct conf_error *err) {
    return true;
}
static bool fuzz_absolute(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    buf_append_str(out, strcmp(path, "-") == 0 ? path : "/conf");
    return true;
}
static bool fuzz_folder(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    if (path[0] == 'x') return conf_fail(err, "No such file or directory");
    buf_append_str(out, path);
    return true;
}
static const struct conf_files door = {.read = fuzz_read,
                                       .replace = fuzz_replace,
                                       .glob = fuzz_glob,
                                       .absolute = fuzz_absolute,
                                       .folder = fuzz_folder};

static void drop_log(void *owner, enum log_level level, const char *line, size_t len) {}

struct server_side {
    struct logger logger;
    struct conf *conf;
    struct compat_options compat;
    struct resp_pool pool;
};

static void side_init(struct server_side *side) {
    side->logger = (struct logger){.sink = drop_log};
    side->conf = conf_create("Torc", &side->logger);
    compat_options_register(&side->compat, side->conf, &door);
    resp_pool_init(&side->pool);
}
static void side_deinit(struct server_side *side) {
    conf_destroy(&side->conf);
    resp_pool_deinit(&side->pool);
}

static void take_reply(struct server_side *side, struct resp_writer *w, struct buf *out) {
    struct resp_chunk *chain = resp_writer_take(w);
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(out, c->bytes, c->len);
    resp_chunks_return(&side->pool, chain);
    resp_writer_deinit(w);
}

static void get_all(struct server_side *side, struct buf *out) {
    struct resp_writer w;
    resp_writer_init(&w, &side->pool);
    struct slice all = SLICE("*");
    conf_get_reply(side->conf, &all, 1, &w);
    take_reply(side, &w, out);
}

/* Pieces between NUL bytes; each points into bytes. */
static int divide(const char *bytes, size_t len, struct slice *out) {
    int count = 0;
    for (size_t at = 0; at <= len && count < WORDS_MAX; count++) {
        size_t piece = strnlen(bytes + at, len - at);
        out[count] = (struct slice){bytes + at, piece};
        at += piece + 1;
    }
    return count;
}

static void fuzz_file(const char *bytes, size_t len) {
    struct server_side first, second;
    struct buf message = {0}, before = {0}, after = {0};
    buf_clear(&written);
    buf_append(&written, bytes, len);
    char *argv[] = {"conf"};
    side_init(&first);
    if (conf_load(first.conf, &door, 1, argv, &message)) {
        get_all(&first, &before);
        struct resp_writer w;
        resp_writer_init(&w, &first.pool);
        conf_rewrite(first.conf, &door, len % 2, &w);
        must(w.error_count == 0);
        resp_writer_deinit(&w);
        side_init(&second);
        if (!conf_load(second.conf, &door, 1, argv, &message)) panic("%s", buf_cstr(&message));
        get_all(&second, &after);
        must(slice_eq(buf_slice(&before), buf_slice(&after)));
        side_deinit(&second);
    } else {
        must(message.len > 0);
    }
    side_deinit(&first);
    buf_deinit(&message);
    buf_deinit(&before);
    buf_deinit(&after);
}

static void fuzz_arguments(const struct slice *words, int count) {
    struct server_side side;
    struct buf message = {0}, text[WORDS_MAX] = {{0}};
    char *argv[WORDS_MAX + 1] = {0};
    for (int i = 0; i < count; i++) {
        buf_append_slice(&text[i], words[i]);
        argv[i] = (char *)buf_cstr(&text[i]);
    }
    buf_clear(&written);
    side_init(&side);
    bool ok = conf_load(side.conf, &door, count, argv, &message);
    must(ok || message.len > 0);
    side_deinit(&side);
    buf_deinit(&message);
    for (int i = 0; i < count; i++)
        buf_deinit(&text[i]);
}

static bool set(struct server_side *side, const struct slice *words, int count) {
    struct resp_writer w;
    resp_writer_init(&w, &side->pool);
    conf_set(side->conf, words, count, (struct conf_caller){.protected_allowed = true}, &w);
    bool ok = w.error_count == 0;
    resp_writer_deinit(&w);
    return ok;
}

static void fuzz_set(const struct slice *words, int count) {
    struct server_side side;
    struct buf before = {0}, after = {0};
    side_init(&side);
    get_all(&side, &before);
    bool ok = set(&side, words, count);
    get_all(&side, &after);
    must(ok || slice_eq(buf_slice(&before), buf_slice(&after)));
    for (int i = 0; ok && i < count; i += 2) {
        struct buf name = {0}, shown = {0}, again = {0};
        buf_append_slice(&name, words[i]);
        must(conf_print(side.conf, buf_cstr(&name), &shown));
        struct slice pair[2] = {words[i], {buf_cstr(&shown), shown.len}};
        must(set(&side, pair, 2));
        must(conf_print(side.conf, buf_cstr(&name), &again));
        must(slice_eq(buf_slice(&shown), buf_slice(&again)));
        buf_deinit(&name);
        buf_deinit(&shown);
        buf_deinit(&again);
    }
    side_deinit(&side);
    buf_deinit(&before);
    buf_deinit(&after);
}

static void fuzz_get(const struct slice *words, int count) {
    struct server_side side;
    struct buf reply = {0};
    struct resp_writer w;
    side_init(&side);
    resp_writer_init(&w, &side.pool);
    conf_get_reply(side.conf, words, count, &w);
    take_reply(&side, &w, &reply);
    must(reply.len > 0 && reply.ptr[0] == '*');
    buf_deinit(&reply);
    side_deinit(&side);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0 || size > 4096) return 0;
    const char *rest = (const char *)data + 1;
    struct slice words[WORDS_MAX];
    int count = divide(rest, size - 1, words);
    switch (data[0]) {
    case 'f': fuzz_file(rest, size - 1); break;
    case 'a': fuzz_arguments(words, count); break;
    case 's': fuzz_set(words, count); break;
    case 'g': fuzz_get(words, count); break;
    default: return -1;
    }
    return 0;
}
