/* What a crash report shows of the command under way. */
#include "commands/command_ids.h"
#include "server/observe/crash.h"
#include "tests/unit/support/engine.h"
#include "tests/unit/support/test.h"
#include <string.h>

#define WORDS_MAX 40

/* The words of `line` as a report would show them; *text is the caller's. */
static void describe(struct conf *conf, unsigned id, const char *line, struct buf *text) {
    struct slice argv[WORDS_MAX];
    struct call call = {.spec = command_by_id(id), .argv = argv};
    for (const char *at = line; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        argv[call.argc++] = (struct slice){at, len};
        at += len;
    }
    buf_clear(text);
    crash_describe_words(conf, &call, text);
}

static void words_are_shown_and_cut(void **state) {
    struct engine e;
    struct buf text = {0}, line = {0};
    engine_init(&e);
    describe(e.conf, CMD_SET, "set key value", &text);
    assert_string_equal(buf_cstr(&text), "argc: '3'\nargv[0]: 'set'\nargv[1]: 'key'\nargv[2]: 'value'\n");
    buf_append_str(&line, "set key ");
    for (int i = 0; i < 1000; i++)
        buf_append_char(&line, 'v');
    for (int i = 0; i < 35; i++)
        buf_append_str(&line, " x");
    describe(e.conf, CMD_SET, buf_cstr(&line), &text);
    assert_null(strstr(buf_cstr(&text), "argv[32]"));
    assert_in_range(text.len, 128, 128 + 32 * 20);
    buf_deinit(&line);
    buf_deinit(&text);
    engine_deinit(&e);
}

static void secrets_are_hidden(void **state) {
    static const struct conf_option options[] = {{.name = "test-password",
                                                  .kind = CONF_STRING,
                                                  .flags = CONF_KEPT | CONF_SENSITIVE,
                                                  .no_effect = "test"}};
    static const struct {
        unsigned id;
        const char *line;
    } with_secret[] = {
        {CMD_AUTH, "auth geheim"},
        {CMD_AUTH, "auth default geheim"},
        {CMD_HELLO, "hello 3 auth default geheim"},
        {CMD_ACL_SETUSER, "acl setuser alice >geheim on"},
        {CMD_MIGRATE, "migrate host 6379 key 0 100 auth geheim"},
        {CMD_CONFIG_SET, "config set maxmemory 1 test-password geheim"},
    };
    struct engine e;
    struct buf text = {0};
    engine_init(&e);
    conf_register(e.conf, options, CONF_COUNT(options), NULL, NULL);
    for (size_t i = 0; i < sizeof(with_secret) / sizeof(with_secret[0]); i++) {
        describe(e.conf, with_secret[i].id, with_secret[i].line, &text);
        assert_null(strstr(buf_cstr(&text), "geheim"));
        assert_non_null(strstr(buf_cstr(&text), "'(redacted)'"));
    }
    assert_non_null(strstr(buf_cstr(&text), "'maxmemory'"));
    buf_deinit(&text);
    engine_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_shown_and_cut),
        cmocka_unit_test(secrets_are_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
