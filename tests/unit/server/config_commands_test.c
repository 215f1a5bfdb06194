/* The CONFIG commands: who may change what, RESETSTAT, and a rewrite through the io door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "commands/command_ids.h"
#include "common/io/io.h"
#include "server/compat_options.h"
#include "server/config_commands.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    struct logger logger;
    struct conf *conf;
    struct conf_files files;
    struct exec_conf exec_conf;
    struct compat_options compat;
    struct config_commands config;
    struct io *io;
    struct resp_pool pool;
    struct session session;
    struct buf text;
    bool loading;
    int reset_order[4], resets;
    char folder[64], path[128];
} f;

static void drop_log(void *owner, enum log_level level, const char *line, size_t len) {}

static int setup(void **state) {
    memset(&f, 0, sizeof(f));
    char error[160];
    strcpy(f.folder, "/tmp/torc-config-XXXXXX");
    if (!mkdtemp(f.folder) || !(f.io = io_create(NULL, error))) return -1;
    snprintf(f.path, sizeof(f.path), "%s/a.conf", f.folder);
    f.logger = (struct logger){.sink = drop_log};
    f.files = config_files_of(f.io);
    f.conf = conf_create("Torc", &f.logger);
    exec_register_options(&f.exec_conf, f.conf);
    compat_options_register(&f.compat, f.conf, &f.files);
    config_commands_init(&f.config, f.conf, &f.files, &f.exec_conf);
    f.config.loading = &f.loading;
    resp_pool_init(&f.pool);
    return 0;
}

static int teardown(void **state) {
    conf_destroy(&f.conf);
    io_destroy(&f.io);
    buf_deinit(&f.text);
    resp_pool_deinit(&f.pool);
    unlink(f.path);
    return rmdir(f.folder);
}

/* Runs one CONFIG command; the reply with line breaks as "|". */
static const char *run(uint16_t id, const char *const words[]) {
    struct slice argv[16];
    int argc = 0;
    for (; words[argc]; argc++)
        argv[argc] = slice_of(words[argc]);
    struct resp_writer w;
    resp_writer_init(&w, &f.pool);
    struct call call = {.argv = argv, .argc = argc, .session = &f.session, .reply = &w, .module = &f.config};
    const struct command_binding *binding = config_bindings;
    while (binding->handler && binding->id != id)
        binding++;
    assert_non_null(binding->handler);
    binding->handler(&call);
    buf_clear(&f.text);
    struct resp_chunk *chain = resp_writer_take(&w);
    for (struct resp_chunk *c = chain; c; c = c->next)
        for (uint32_t i = 0; i < c->len; i++)
            if (c->bytes[i] != '\r') buf_append_char(&f.text, c->bytes[i] == '\n' ? '|' : c->bytes[i]);
    resp_chunks_return(&f.pool, chain);
    resp_writer_deinit(&w);
    return buf_cstr(&f.text);
}
#define GET(...)  run(CMD_CONFIG_GET, (const char *const[]){"config", "get", __VA_ARGS__, NULL})
#define SET(...)  run(CMD_CONFIG_SET, (const char *const[]){"config", "set", __VA_ARGS__, NULL})
#define REWRITE() run(CMD_CONFIG_REWRITE, (const char *const[]){"config", "rewrite", NULL})

static void get_and_set(void **state) {
    assert_string_equal(GET("repl-backlog-size"), "*2|$17|repl-backlog-size|$7|1048576|");
    assert_string_equal(SET("repl-backlog-size", "2mb", "repl-timeout", "5"), "+OK|");
    assert_string_equal(GET("repl-backlog-size", "repl-timeou?"),
                        "*4|$17|repl-backlog-size|$7|2097152|$12|repl-timeout|$1|5|");
}

static void protected_options_ask_who_is_there(void **state) {
    assert_non_null(strstr(SET("dir", "/tmp"), "can't set protected config"));
    f.exec_conf.enable_protected_configs = EXEC_PROTECTED_LOCAL;
    assert_non_null(strstr(SET("dir", "/tmp"), "can't set protected config"));
    f.session.flags = SESSION_LOCAL;
    assert_string_equal(SET("dir", "/tmp"), "+OK|");
    f.session.flags = 0;
    f.exec_conf.enable_protected_configs = EXEC_PROTECTED_YES;
    assert_string_equal(SET("dir", "/tmp"), "+OK|");
    f.loading = true;
    assert_string_equal(SET("dir", "/tmp"), "-LOADING Redis is loading the dataset in memory|");
    assert_string_equal(SET("repl-timeout", "1"), "+OK|");
}

static void note_reset(void *owner) {
    f.reset_order[f.resets++] = *(int *)owner;
}

static void resetstat_reaches_all(void **state) {
    int first = 1, second = 2;
    config_on_resetstat(&f.config, note_reset, &first);
    config_on_resetstat(&f.config, note_reset, &second);
    assert_string_equal(run(CMD_CONFIG_RESETSTAT, (const char *const[]){"config", "resetstat", NULL}),
                        "+OK|");
    assert_int_equal(f.resets, 2);
    assert_int_equal(f.reset_order[0] * 10 + f.reset_order[1], 12);
}

static void help_lists_subcommands(void **state) {
    const char *reply = run(CMD_CONFIG_HELP, (const char *const[]){"config", "help", NULL});
    assert_non_null(strstr(reply, "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    assert_non_null(strstr(reply, "RESETSTAT"));
}

static void a_rewrite_goes_through_the_door(void **state) {
    assert_string_equal(REWRITE(), "-ERR The server is running without a config file|");
    struct conf_error err;
    assert_true(f.files.replace(f.files.owner, f.path, SLICE("# mine\nrepl-timeout 3\n"), &err));
    assert_int_equal(chmod(f.path, 0600), 0);
    char *argv[] = {f.path};
    struct buf message = {0};
    assert_true(conf_load(f.conf, &f.files, 1, argv, &message));
    assert_string_equal(SET("repl-timeout", "4", "repl-backlog-size", "2mb"), "+OK|");
    assert_string_equal(REWRITE(), "+OK|");
    bool absent;
    assert_true(f.files.read(f.files.owner, f.path, &message, &absent, &err));
    assert_string_equal(buf_cstr(&message),
                        "# mine\nrepl-timeout 4\n\n# Generated by CONFIG REWRITE\nrepl-backlog-size 2mb\n");
    struct stat found;
    assert_int_equal(stat(f.path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600); /* a file with a password stays private */

    /* Gone: written anew. Its folder gone: an error. */
    unlink(f.path);
    assert_string_equal(REWRITE(), "+OK|");
    unlink(f.path);
    rmdir(f.folder);
    assert_string_equal(REWRITE(), "-ERR Rewriting config file: No such file or directory|");
    assert_int_equal(mkdir(f.folder, 0700), 0);
    buf_deinit(&message);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(get_and_set),
        T(protected_options_ask_who_is_there),
        T(resetstat_reaches_all),
        T(help_lists_subcommands),
        T(a_rewrite_goes_through_the_door),
    };
    return cmocka_run_group_tests_name("CONFIG commands", tests, NULL, NULL);
}
