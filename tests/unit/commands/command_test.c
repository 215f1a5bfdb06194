/* The generated table, and finding names in it. */
#include "commands/command_ids.h"
#include "common/commands/command.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* How many commands are declared and not built. Lower it when you build one; it never rises. */
#define UNBUILT 49

/* What handlers are bound by: every id once, in order. */
enum handler_kind { BUILT, TODO, CONTAINER };
static const struct handler_line {
    unsigned id;
    enum handler_kind kind;
    int issue;
} handler_lines[] = {
#define COMMAND_HANDLER(id, function) {id, BUILT, 0},
#define COMMAND_UNBUILT(id, issue)    {id, TODO, issue},
#define COMMAND_CONTAINER(id)         {id, CONTAINER, 0},
#include "commands/command_handlers.inc"
};

static void mix_case(char *name, size_t len, unsigned *seed) {
    for (size_t i = 0; i < len; i++)
        if (name[i] >= 'a' && name[i] <= 'z' && (rand_r(seed) & 1)) name[i] = (char)(name[i] - 'a' + 'A');
}

/* In memory of exactly its length, so that sanitizers see a byte read too far. */
static const struct command_spec *lookup_exact(const char *name, size_t len) {
    char *copy = malloc(len ? len : 1);
    memcpy(copy, name, len);
    const struct command_spec *spec = command_lookup_full(copy, len);
    free(copy);
    return spec;
}

static void every_name_is_found_in_any_case(void **state) {
    unsigned seed = 1;
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        assert_int_equal(spec->id, id);
        assert_int_equal(spec->name_len, strlen(spec->name));
        for (int round = 0; round < 30; round++) {
            char name[64];
            memcpy(name, spec->name, spec->name_len);
            mix_case(name, spec->name_len, &seed);
            assert_ptr_equal(lookup_exact(name, spec->name_len), spec);
        }
    }
}

/* The table itself, name by name: what a lookup must agree with. */
static const struct command_spec *search(const char *name, size_t len) {
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        if (spec->name_len == len && strncasecmp(spec->name, name, len) == 0) return spec;
    }
    return NULL;
}

static void near_misses_are_not_found(void **state) {
    unsigned seed = 2;
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        for (int round = 0; round < 60; round++) {
            char name[64];
            size_t len = spec->name_len;
            memcpy(name, spec->name, len);
            size_t at = (size_t)rand_r(&seed) % len;
            switch (round % 4) {
            case 0: name[at] = (char)rand_r(&seed); break;
            case 1: name[at] ^= 0x20; break; /* another case only if it is a letter */
            case 2: name[len++] = (char)rand_r(&seed); break;
            default: len--; break;
            }
            assert_ptr_equal(lookup_exact(name, len), search(name, len));
        }
    }
    assert_null(lookup_exact("", 0));
    assert_null(lookup_exact("|", 1));
    assert_null(lookup_exact("config|", 7));
    assert_null(lookup_exact("|get", 4));
    assert_null(lookup_exact("config|get|x", 12));
    assert_null(lookup_exact("get|x", 5));
    assert_null(lookup_exact("sort\x7fro", 7));
    assert_null(command_lookup("config|get", 10));
    char long_name[4096];
    memset(long_name, 'g', sizeof(long_name));
    assert_null(lookup_exact(long_name, sizeof(long_name)));
}

static void subcommands_belong_to_their_container(void **state) {
    unsigned subs = 0;
    for (unsigned id = 0; id < command_count(); id++) {
        const struct command_spec *spec = command_by_id(id);
        assert_int_equal(spec->parent, COMMAND_NO_PARENT);
        for (unsigned i = 0; i < spec->sub_count; i++, subs++) {
            const struct command_spec *sub = command_by_id(spec->sub_first + i);
            assert_int_equal(sub->parent, spec->id);
            const char *own = sub->name + spec->name_len + 1;
            assert_int_equal(sub->name[spec->name_len], '|');
            assert_ptr_equal(command_lookup_sub(spec, own, strlen(own)), sub);
            assert_int_equal(sub->sub_count, 0);
        }
    }
    assert_int_equal(command_count() + subs, command_count_all());
    const struct command_spec *get = command_by_id(CMD_GET);
    assert_null(command_lookup_sub(get, "get", 3));
    /* GET is a subcommand of CONFIG and of SLOWLOG, and a command: three different ones. */
    assert_ptr_equal(command_lookup_sub(command_by_id(CMD_CONFIG), "GET", 3), command_by_id(CMD_CONFIG_GET));
    assert_ptr_equal(command_lookup_sub(command_by_id(CMD_SLOWLOG), "GET", 3),
                     command_by_id(CMD_SLOWLOG_GET));
}

static void flags_agree_with_each_other(void **state) {
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        assert_false((spec->flags & COMMAND_WRITE) && (spec->flags & COMMAND_READONLY));
        assert_true(!!(spec->acl & ACL_FAST) != !!(spec->acl & ACL_SLOW));
        assert_int_equal(!!(spec->flags & COMMAND_FAST), !!(spec->acl & ACL_FAST));
        if (spec->flags & COMMAND_WRITE) assert_true(spec->acl & ACL_WRITE);
        if (spec->flags & COMMAND_DENYOOM) assert_true(spec->flags & COMMAND_WRITE);
        assert_true(spec->arity != 0);
        if (command_is_container(spec)) {
            assert_null(spec->docs->reply);
            continue;
        }
        assert_non_null(spec->docs->reply);
        /* What is split by slot has keys to split by. */
        if (spec->route == ROUTE_SPLIT) assert_true(spec->first_key > 0 && spec->last_key == -1);
        if (spec->flags & COMMAND_BLOCKING) assert_int_equal(spec->route, ROUTE_PRIVATE);
        /* What works on keys goes where the keys are; what has none does not. */
        if (spec->key_spec_count == 0)
            assert_true(spec->route != ROUTE_SPLIT && (spec->route != ROUTE_ONE_SLOT || spec->route_kind));
        else
            assert_true(spec->route != ROUTE_LOCAL && spec->route != ROUTE_ALL_SHARDS);
    }
}

static void handlers_cover_every_id(void **state) {
    unsigned count = sizeof(handler_lines) / sizeof(handler_lines[0]), unbuilt = 0, by_issue[10] = {0};
    assert_int_equal(count, command_count_all());
    for (unsigned i = 0; i < count; i++) {
        const struct command_spec *spec = command_by_id(i);
        assert_int_equal(handler_lines[i].id, i);
        assert_int_equal(handler_lines[i].kind == CONTAINER, command_is_container(spec));
        if (handler_lines[i].kind == CONTAINER) continue;
        assert_int_equal(handler_lines[i].issue, spec->issue);
        assert_true(spec->issue < 10);
        unbuilt += spec->issue != 0;
        by_issue[spec->issue]++;
    }
    print_message("built %u, to do by issue:", by_issue[0]);
    for (int issue = 1; issue < 10; issue++)
        if (by_issue[issue]) print_message(" %d: %u", issue, by_issue[issue]);
    print_message("\n");
    assert_int_equal(unbuilt, UNBUILT);
}

static void words_are_those_of_the_enums(void **state) {
    assert_string_equal(command_flag_name(0), "write");
    assert_string_equal(command_flag_name((unsigned)__builtin_ctzll(COMMAND_ALLOW_BUSY)), "allow_busy");
    assert_null(command_flag_name(COMMAND_FLAG_COUNT));
    assert_string_equal(acl_category_name((unsigned)__builtin_ctz(ACL_SCRIPTING)), "scripting");
    assert_null(acl_category_name(ACL_CATEGORY_COUNT));
    assert_string_equal(key_flag_name(0), "RO");
    assert_string_equal(key_flag_name((unsigned)__builtin_ctz(KEY_VARIABLE_FLAGS)), "variable_flags");
    assert_null(key_flag_name(KEY_FLAG_COUNT));
    assert_string_equal(argument_type_name(ARGUMENT_PURE_TOKEN), "pure-token");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_in_any_case),
        cmocka_unit_test(near_misses_are_not_found),
        cmocka_unit_test(subcommands_belong_to_their_container),
        cmocka_unit_test(flags_agree_with_each_other),
        cmocka_unit_test(handlers_cover_every_id),
        cmocka_unit_test(words_are_those_of_the_enums),
    };
    return cmocka_run_group_tests_name("commands/table", tests, NULL, NULL);
}
