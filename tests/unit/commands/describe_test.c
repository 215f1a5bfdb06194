/* The replies of the COMMAND family, byte for byte. */
#include "commands/command_ids.h"
#include "common/commands/describe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reply {
    struct resp_pool pool;
    struct resp_writer writer;
    char *text;
};

static void begin(struct reply *r, int proto) {
    resp_pool_init(&r->pool);
    resp_writer_init(&r->writer, &r->pool);
    r->writer.proto = (uint8_t)proto;
    r->text = NULL;
}

/* All that was written, terminated; valid until end(). */
static const char *text(struct reply *r) {
    size_t len = 0, bytes = resp_writer_bytes(&r->writer);
    free(r->text);
    r->text = malloc(bytes + 1);
    struct resp_chunk *chain = resp_writer_take(&r->writer);
    for (struct resp_chunk *chunk = chain; chunk; chunk = chunk->next) {
        memcpy(r->text + len, chunk->bytes, chunk->len);
        len += chunk->len;
    }
    assert_int_equal(len, bytes);
    r->text[len] = '\0';
    resp_chunks_return(&r->pool, chain);
    return r->text;
}

static void end(struct reply *r) {
    free(r->text);
    resp_writer_deinit(&r->writer);
    resp_pool_deinit(&r->pool);
}

static int split(char *command, struct slice *argv) {
    int argc = 0;
    for (char *save, *word = strtok_r(command, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = slice_of(word);
    return argc;
}

typedef void describe(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                      int count);

static void expect(int proto, describe *form, const char *args, const char *expected) {
    struct reply r;
    char buffer[256];
    struct slice argv[16];
    begin(&r, proto);
    strcpy(buffer, args);
    form(&r.writer, NULL, argv, split(buffer, argv));
    assert_string_equal(text(&r), expected);
    end(&r);
}

static void info_is_an_array_of_ten(void **state) {
    expect(
        2, describe_info, "GET nosuch",
        "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n"
        "*3\r\n+@read\r\n+@string\r\n+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n"
        "$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n"
        "$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n"
        "$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n$-1\r\n");
    expect(3, describe_info, "config|Help",
           "*1\r\n*10\r\n$11\r\nconfig|help\r\n:2\r\n~2\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n"
           "~1\r\n+@slow\r\n~0\r\n~0\r\n~0\r\n");
    expect(3, describe_info, "config|none get|x | config|", "*4\r\n_\r\n_\r\n_\r\n_\r\n");
}

static void docs_leave_out_what_is_not_there(void **state) {
    const char *summary = command_by_id(CMD_CONFIG_REWRITE)->docs->summary;
    char expected[512];
    snprintf(
        expected, sizeof(expected),
        "%%1\r\n$14\r\nconfig|rewrite\r\n%%4\r\n$7\r\nsummary\r\n$%zu\r\n%s\r\n$5\r\nsince\r\n$5\r\n2.8.0\r\n"
        "$5\r\ngroup\r\n$6\r\nserver\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n",
        strlen(summary), summary);
    expect(3, describe_docs, "nosuch config|rewrite", expected);
    expect(2, describe_docs, "nosuch", "*0\r\n");
    expect(3, describe_docs, "nosuch", "%0\r\n");
}

static void lists_are_filtered(void **state) {
    expect(2, describe_list, "FILTERBY pattern GET", "*1\r\n$3\r\nget\r\n");
    expect(2, describe_list, "filterby PATTERN config|re*",
           "*2\r\n$16\r\nconfig|resetstat\r\n$14\r\nconfig|rewrite\r\n");
    expect(2, describe_list, "filterby module any", "*0\r\n");
    expect(2, describe_list, "filterby aclcat none", "*0\r\n");
    expect(2, describe_list, "filterby aclcat @hash", "*0\r\n");
    expect(2, describe_list, "filterby aclcat TRANSACTION",
           "*5\r\n$7\r\ndiscard\r\n$4\r\nexec\r\n$5\r\nmulti\r\n$7\r\nunwatch\r\n$5\r\nwatch\r\n");
    const char *syntax = "-ERR syntax error\r\n";
    expect(2, describe_list, "bad", syntax);
    expect(2, describe_list, "filterby aclcat", syntax);
    expect(2, describe_list, "filterby bad x", syntax);
    expect(2, describe_list, "filterby pattern x y", syntax);
}

static void getkeys_answers_or_says_why_not(void **state) {
    expect(2, describe_getkeys, "mset a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    expect(2, describe_getkeys, "eval s 0", "*0\r\n");
    expect(2, describe_getkeys, "MEMORY usage k", "*1\r\n$1\r\nk\r\n");
    expect(2, describe_getkeys, "nosuch a", "-ERR Invalid command specified\r\n");
    expect(2, describe_getkeys, "config nosuch a", "-ERR Invalid command specified\r\n");
    expect(2, describe_getkeys, "config", "-ERR The command has no key arguments\r\n");
    expect(2, describe_getkeys, "ping", "-ERR The command has no key arguments\r\n");
    expect(2, describe_getkeys, "get", "-ERR Invalid number of arguments specified for command\r\n");
    expect(2, describe_getkeys, "zinter 2 a", "-ERR Invalid arguments specified for command\r\n");
    expect(2, describe_getkeysandflags, "lmove a b left right",
           "*2\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+delete\r\n*2\r\n$1\r\nb\r\n*2\r\n+RW\r\n+"
           "insert\r\n");
    expect(3, describe_getkeysandflags, "get k", "*1\r\n*2\r\n$1\r\nk\r\n~2\r\n+RO\r\n+access\r\n");
}

/* Reads one reply from *p on, and returns how many values it holds, itself included. Fails on what is no
 * RESP. */
static size_t walk(const char **p) {
    const char type = *(*p)++;
    char *after;
    long count = strtol(*p, &after, 10);
    const char *line_end = strstr(*p, "\r\n");
    assert_non_null(line_end);
    *p = line_end + 2;
    size_t values = 1;
    switch (type) {
    case '$':
        if (count >= 0) {
            assert_memory_equal(*p + count, "\r\n", 2);
            *p += count + 2;
        }
        break;
    case '*':
    case '~':
    case '%':
        assert_true(count >= 0);
        for (long i = 0; i < (type == '%' ? 2 * count : count); i++)
            values += walk(p);
        break;
    default: assert_true(type == '+' || type == ':');
    }
    return values;
}

static void whole_tables_are_well_formed(void **state) {
    size_t values[2][2];
    for (int proto = 2; proto <= 3; proto++) {
        struct reply r;
        begin(&r, proto);
        describe_commands(&r.writer, NULL);
        const char *p = text(&r);
        values[proto - 2][0] = walk(&p);
        assert_int_equal(*p, '\0');
        describe_docs(&r.writer, NULL, NULL, 0);
        p = text(&r);
        values[proto - 2][1] = walk(&p);
        assert_int_equal(*p, '\0');
        end(&r);
    }
    assert_int_equal(values[0][0], values[1][0]);
    assert_int_equal(values[0][1], values[1][1]);
    assert_true(values[0][0] > 10 * command_count_all());
}

static void help_shows_what_is_built(void **state) {
    struct reply r;
    begin(&r, 2);
    for (unsigned id = 0; id < command_count(); id++) {
        const struct command_spec *spec = command_by_id(id);
        if (spec->sub_count == 0) continue;
        describe_help(&r.writer, slice_of(spec->name), spec);
        const char *p = text(&r);
        walk(&p);
        assert_int_equal(*p, '\0');
    }
    describe_help(&r.writer, slice_of("Conf"), command_by_id(CMD_CONFIG));
    const char *config = text(&r);
    assert_non_null(strstr(config, "+CONF <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"));
    assert_non_null(strstr(config, "+GET parameter [parameter ...]\r\n+    "));
    assert_non_null(strstr(config, "+SET parameter value [parameter value ...]\r\n+    "));
    end(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_is_an_array_of_ten),      cmocka_unit_test(docs_leave_out_what_is_not_there),
        cmocka_unit_test(lists_are_filtered),           cmocka_unit_test(getkeys_answers_or_says_why_not),
        cmocka_unit_test(whole_tables_are_well_formed), cmocka_unit_test(help_shows_what_is_built),
    };
    return cmocka_run_group_tests_name("commands/describe", tests, NULL, NULL);
}
