/* The options of the whole server: every option of Redis 7.2 is known, and the shipped redis.conf tells the
 * truth about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/conf/conf_posix.h"
#include "server/server.h"
#include <ctype.h>
#include <unistd.h>

/* What CONFIG GET * of Redis 7.0 answers in an empty folder, and what 7.2 added: name, default. Options whose
 * default depends on the machine are left out. */
static const char *const redis_defaults[][2] = {
#include "tests/unit/server/redis_defaults.inc"
};

struct fixture {
    struct server *server; /* configured, not started */
    struct conf *conf;     /* its */
    struct logger logger;
    struct buf log, message, text;
    struct resp_pool pool;
};
static struct fixture f;

static void take_log(void *owner, enum log_level level, const char *line, size_t len) {
    buf_append(&f.log, line, len);
}

static int setup(void **state) {
    memset(&f, 0, sizeof(f));
    f.logger = (struct logger){.level = LOG_LEVEL_DEBUG, .role = 'M', .sink = take_log};
    resp_pool_init(&f.pool);
    struct server_setup server_setup = {.log = &f.logger};
    f.server = server_configure(&server_setup, 0, NULL, &f.message);
    f.conf = f.server->conf;
    return 0;
}

static int teardown(void **state) {
    server_destroy(&f.server);
    buf_deinit(&f.log);
    buf_deinit(&f.message);
    buf_deinit(&f.text);
    resp_pool_deinit(&f.pool);
    return 0;
}

static const char *value(const char *name) {
    buf_clear(&f.text);
    return conf_print(f.conf, name, &f.text) ? buf_cstr(&f.text) : NULL;
}

/* The reply to CONFIG SET, NULL for OK. */
static const char *set(const char *name, const char *to) {
    struct slice pair[2] = {slice_of(name), slice_of(to)};
    struct resp_writer w;
    resp_writer_init(&w, &f.pool);
    conf_set(f.conf, pair, 2, (struct conf_caller){.protected_allowed = true}, &w);
    struct resp_chunk *chain = resp_writer_take(&w);
    buf_clear(&f.message);
    buf_append(&f.message, chain->bytes, chain->len);
    resp_chunks_return(&f.pool, chain);
    resp_writer_deinit(&w);
    return buf_cstr(&f.message)[0] == '+' ? NULL : buf_cstr(&f.message);
}

static bool load(const char *text) {
    buf_clear(&f.message);
    return conf_load_text(f.conf, &conf_posix_files, "x", slice_of(text), &f.message);
}

static void every_option_of_redis_is_known(void **state) {
    for (size_t i = 0; i < CONF_COUNT(redis_defaults); i++) {
        const char *ours = value(redis_defaults[i][0]);
        if (!ours) fail_msg("%s is not known", redis_defaults[i][0]);
        if (strcmp(ours, redis_defaults[i][1]) != 0)
            fail_msg("%s is %s, in Redis %s", redis_defaults[i][0], ours, redis_defaults[i][1]);
    }
}

static void every_value_can_be_set_to_itself(void **state) {
    for (size_t i = 0; i < CONF_COUNT(redis_defaults); i++) {
        const char *name = redis_defaults[i][0];
        struct buf before = {0};
        buf_append_str(&before, value(name));
        const char *error = set(name, buf_cstr(&before));
        if (error && !strstr(error, "can't set immutable config")) fail_msg("%s", error);
        assert_string_equal(value(name), buf_cstr(&before));
        buf_deinit(&before);
    }
}

static void check_refused(const char *name, const char *to, const char *reason) {
    const char *error = set(name, to);
    assert_non_null(error);
    if (!strstr(error, reason)) fail_msg("%s does not hold %s", error, reason);
}

static void values_are_checked_as_in_redis(void **state) {
    check_refused("maxclients", "0", "argument must be between 1 and 4294967295 inclusive");
    check_refused("repl-timeout", "0", "argument must be between 1 and 2147483647 inclusive");
    check_refused("repl-backlog-size", "0", "argument must be between 1 and 9223372036854775807 inclusive");
    check_refused("active-defrag-cycle-min", "100", "argument must be between 1 and 99 inclusive");
    check_refused("slowlog-log-slower-than", "-2",
                  "argument must be between -1 and 9223372036854775807 inclusive");
    check_refused(
        "maxmemory-policy", "x",
        "one of the following: volatile-lru, volatile-lfu, volatile-mru, volatile-random, volatile-ttl, "
        "allkeys-lru, allkeys-lfu, allkeys-mru, allkeys-random, noeviction");
    check_refused("appendfsync", "x", "one of the following: everysec, always, no");
    check_refused("oom-score-adj", "x", "one of the following: no, yes, relative, absolute");
    check_refused("shutdown-on-sigterm", "save nosave",
                  "shutdown options SAVE and NOSAVE can't be used simultaneously");
    check_refused("notify-keyspace-events", "abc", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    check_refused("proc-title-template", "{foo}", "template format is invalid or contains unknown variables");
    check_refused("io-engine", "epoll", "the engine is chosen at the start");
    check_refused("cluster-announce-hostname", "a b",
                  "Hostnames may only contain alphanumeric characters, hyphens or dots");
    check_refused("dbfilename", "a/b", "dbfilename can't be a path, just a filename");
    check_refused("activedefrag", "yes", "Active defragmentation cannot be enabled");
    check_refused("dir", "/no/where", "No such file or directory");
    check_refused("user", "x", "Unknown option");
    assert_string_equal(value("activedefrag"), "no");
}

static void values_become_what_counts(void **state) {
    assert_null(set("hz", "1000"));
    assert_string_equal(value("hz"), "500");
    assert_null(set("hz", "-3"));
    assert_string_equal(value("hz"), "1");
    assert_null(set("repl-backlog-size", "1kb"));
    assert_string_equal(value("repl-backlog-size"), "16384");
    assert_null(set("watchdog-period", "1"));
    assert_string_equal(value("watchdog-period"), "200");
    assert_null(set("notify-keyspace-events", "KEA"));
    assert_string_equal(value("notify-keyspace-events"), "AKE");
    assert_null(set("notify-keyspace-events", "nxgmE"));
    assert_string_equal(value("notify-keyspace-events"), "gxEmn");
    assert_null(set("notify-keyspace-events", ""));
    assert_string_equal(value("notify-keyspace-events"), "");
    assert_null(set("proc-title-template", "{title} x {port}{config-file}"));
    assert_null(set("dir", "/usr/../tmp/."));
    assert_string_equal(value("dir"), "/tmp");
    assert_string_equal(f.server->compat.dir, "/tmp");
}

static void what_has_no_effect_is_said_once(void **state) {
    assert_true(load("appendonly no\nio-threads 4\nactivedefrag yes\nuser alice on\nsave \"\"\n"
                     "lazyfree-lazy-user-del yes\nslowlog-log-slower-than -1\nloadmodule /x.so a "
                     "b\nlist-max-ziplist-entries 5\ndir /tmp\n"));
    conf_log_no_effect(f.conf);
    const char *log = buf_cstr(&f.log);
    assert_non_null(
        strstr(log, "option 'io-threads' is accepted but has no effect (yet): one thread serves all data"));
    assert_non_null(strstr(log, "option 'activedefrag'"));
    assert_non_null(strstr(log, "option 'user'"));
    assert_non_null(strstr(log, "option 'loadmodule'"));
    assert_null(strstr(log, "'appendonly'")); /* set to what it is anyway */
    assert_null(strstr(log, "'save'"));       /* set to what happens anyway */
    assert_null(strstr(log, "'lazyfree-lazy-user-del'"));
    assert_null(strstr(log, "'slowlog-log-slower-than'"));
    assert_null(strstr(log, "'dir'"));
}

static void check_fatal(const char *text, const char *reason) {
    assert_false(load(text));
    if (!strstr(buf_cstr(&f.message), reason)) fail_msg("%s does not hold %s", buf_cstr(&f.message), reason);
}

static void fatal_lines(void **state) {
    check_fatal("rename-command get\n", "Bad directive or wrong number of arguments");
    check_fatal("\nrename-command nosuch x\n",
                "at line 2\n>>> 'rename-command nosuch x'\nNo such command in rename-command\nx:2");
    check_fatal("rename-command get set\n", "Target command name already exists\nx:1");
    assert_false(load("appendonyl yes\n"));
    assert_non_null(strstr(buf_cstr(&f.message), "unknown option 'appendonyl', did you mean 'appendonly'?"));
    assert_false(load("dir /no/where\n"));
    assert_non_null(strstr(buf_cstr(&f.message), "No such file or directory"));
}

/* --- the shipped file --- */

#ifndef TORC_SOURCE_ROOT
#define TORC_SOURCE_ROOT "."
#endif

static void read_shipped(struct buf *out) {
    struct conf_error err;
    bool absent;
    if (!conf_posix_files.read(NULL, TORC_SOURCE_ROOT "/redis.conf", out, &absent, &err))
        fail_msg("%s", err.text);
}

static void the_shipped_file_is_the_defaults(void **state) {
    struct buf file = {0};
    read_shipped(&file);
    buf_clear(&f.message);
    if (!conf_load_text(f.conf, &conf_posix_files, "redis.conf", buf_slice(&file), &f.message))
        fail_msg("%s", buf_cstr(&f.message));
    for (size_t i = 0; i < CONF_COUNT(redis_defaults); i++)
        assert_string_equal(value(redis_defaults[i][0]), redis_defaults[i][1]);
    conf_log_no_effect(f.conf);
    assert_string_equal(buf_cstr(&f.log), "");
    buf_deinit(&file);
}

/* Whether a line of the file begins with the name, behind "# " or not. */
static bool is_named(const char *file, const char *name) {
    size_t len = strlen(name);
    for (const char *at = file; (at = strstr(at, name)); at++) {
        bool begins = at == file || at[-1] == '\n' || (at[-1] == ' ' && at[-2] == '#' && at[-3] == '\n');
        if (begins && isspace((unsigned char)at[len])) return true;
    }
    return false;
}

static void the_shipped_file_names_every_option(void **state) {
    struct buf file = {0};
    read_shipped(&file);
    static const char *const others[] = {"user", "rename-command", "include", "io-engine", "loadmodule"};
    for (size_t i = 0; i < CONF_COUNT(others); i++)
        if (!is_named(buf_cstr(&file), others[i])) fail_msg("redis.conf does not name %s", others[i]);
    struct resp_writer w;
    resp_writer_init(&w, &f.pool);
    struct slice all = SLICE("*");
    conf_get_reply(f.conf, &all, 1, &w);
    struct resp_chunk *chain = resp_writer_take(&w);
    struct buf reply = {0};
    for (struct resp_chunk *c = chain; c; c = c->next)
        buf_append(&reply, c->bytes, c->len);
    resp_chunks_return(&f.pool, chain);
    resp_writer_deinit(&w);
    /* Names are every second bulk: "$4\r\nport\r\n$4\r\n6379\r\n". */
    int missing = 0, bulk = 0;
    for (const char *at = strchr(buf_cstr(&reply), '$'); at && *at == '$'; bulk++) {
        size_t len = strtoul(at + 1, (char **)&at, 10);
        char name[64] = {0};
        memcpy(name, at + 2, len < 63 ? len : 63);
        at += 2 + len + 2;
        if (bulk % 2 || strstr(name, "ziplist") || strstr(name, "slave") ||
            strcmp(name, "lua-time-limit") == 0)
            continue;
        if (is_named(buf_cstr(&file), name)) continue;
        print_error("redis.conf does not name %s\n", name);
        missing++;
    }
    assert_int_equal(missing, 0);
    assert_true(bulk > 2 * 190);
    buf_deinit(&reply);
    buf_deinit(&file);
}

/* --- its marks --- */

struct marks {
    bool section,
        paragraph; /* a mark is in force that covers the section, or the lines up to the next blank one */
    int covered_by_section, covered_by_paragraph;
    int wrong;
    bool silent;
};

static void end_of_reach(struct marks *marks, bool *mark, int *covered, const char *what, int line) {
    if (*mark && *covered == 0) {
        if (!marks->silent) print_error("redis.conf:%d: a mark of a %s covers no option\n", line, what);
        marks->wrong++;
    }
    *mark = false;
    *covered = 0;
}

/* The name of the option that the line sets, or shows behind "# "; false: none. Names are written in lower
 * case, and sentences begin with a capital. */
static bool option_on(struct slice line, char name[64]) {
    if (line.len > 2 && line.ptr[0] == '#' && line.ptr[1] == ' ')
        line = (struct slice){line.ptr + 2, line.len - 2};
    size_t len = 0;
    while (len < line.len && (islower((unsigned char)line.ptr[len]) || strchr("-_", line.ptr[len])) &&
           len < 63)
        len++;
    if (len == 0 || (len < line.len && line.ptr[len] != ' ')) return false;
    memcpy(name, line.ptr, len);
    name[len] = '\0';
    return value(name) || conf_no_effect(f.conf, name); /* the second knows lines such as user */
}

static void check_option(struct marks *marks, const char *name, int line) {
    const char *reason = conf_no_effect(f.conf, name);
    bool marked = marks->section || marks->paragraph;
    marks->covered_by_section += marks->section;
    marks->covered_by_paragraph += marks->paragraph;
    if (marked == (reason != NULL)) return;
    marks->wrong++;
    if (marks->silent) return;
    if (marked)
        print_error("redis.conf:%d: %s is marked and has an effect\n", line, name);
    else
        print_error("redis.conf:%d: %s has no effect (%s) and no mark\n", line, name, reason);
}

/* Counts what is wrong with the marks of a file. */
static int wrong_marks(struct slice text, bool silent) {
    struct marks marks = {.silent = silent};
    int number = 0;
    while (text.len) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct slice line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        text = (struct slice){line.ptr + line.len + (end != NULL), text.len - line.len - (end != NULL)};
        number++;
        bool has_mark = memmem(line.ptr, line.len, "[no effect", 10) != NULL;
        char name[64];
        if (line.len > 2 && memcmp(line.ptr, "##", 2) == 0) {
            end_of_reach(&marks, &marks.paragraph, &marks.covered_by_paragraph, "paragraph", number);
            end_of_reach(&marks, &marks.section, &marks.covered_by_section, "section", number);
            marks.section = has_mark;
        } else if (line.len == 0) {
            end_of_reach(&marks, &marks.paragraph, &marks.covered_by_paragraph, "paragraph", number);
        } else if (option_on(line, name)) {
            check_option(&marks, name, number);
        } else if (has_mark && memmem(line.ptr, line.len, "\"[no effect", 11) ==
                                   NULL) { /* not where they are explained */
            marks.paragraph = true;
        }
    }
    end_of_reach(&marks, &marks.paragraph, &marks.covered_by_paragraph, "paragraph", number);
    end_of_reach(&marks, &marks.section, &marks.covered_by_section, "section", number);
    return marks.wrong;
}

static void the_marks_of_the_shipped_file_are_true(void **state) {
    struct buf file = {0};
    read_shipped(&file);
    assert_int_equal(wrong_marks(buf_slice(&file), false), 0);
    buf_deinit(&file);
}

/* The check itself finds what it is there for. */
static void wrong_marks_are_found(void **state) {
    assert_int_equal(wrong_marks(SLICE("# A port.\nport 1\n\n# [no effect: x]\nhz 1\n"), true), 0);
    assert_int_equal(wrong_marks(SLICE("## s [no effect: x] ##\n\nhz 1\n\n# hz 1\n## s ##\nport 1\n"), true),
                     0);
    assert_int_equal(wrong_marks(SLICE("# Missing.\nhz 1\n"), true), 1);
    assert_int_equal(wrong_marks(SLICE("# [no effect: x]\nhz 1\n\n# bind-source-addr 1\n"), true), 1);
    assert_int_equal(wrong_marks(SLICE("# [no effect: stale]\nport 1\n"), true), 1);
    assert_int_equal(wrong_marks(SLICE("## s [no effect: stale] ##\n# port 1\n"), true), 1);
    assert_int_equal(wrong_marks(SLICE("# [no effect: of nothing]\n\n## [no effect: neither] ##\n"), true),
                     2);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_option_of_redis_is_known),
        T(every_value_can_be_set_to_itself),
        T(values_are_checked_as_in_redis),
        T(values_become_what_counts),
        T(what_has_no_effect_is_said_once),
        T(fatal_lines),
        T(the_shipped_file_is_the_defaults),
        T(the_shipped_file_names_every_option),
        T(wrong_marks_are_found),
        T(the_marks_of_the_shipped_file_are_true),
    };
    return cmocka_run_group_tests_name("the options of a server", tests, NULL, NULL);
}
