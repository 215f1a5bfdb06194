/* Keys of whole commands: what COMMAND GETKEYSANDFLAGS of Redis answers for the same words. */
#include "common/commands/keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NONE    "no keys"
#define ARITY   "arity"
#define INVALID "invalid"

/* A word of the command is "" where it shows as two quotes. Expected: key:flags of each, in order. */
static const struct key_case {
    const char *command, *expected;
} cases[] = {
    /* one fixed key */
    {"get k", "k:RO,access"},
    {"GeT k", "k:RO,access"},
    {"hset k f v", "k:RW,update"},
    {"restore k 0 x", "k:OW,update"},
    {"object encoding k", "k:RO"},
    {"memory usage k", "k:RO"},
    {"xgroup create k g $", "k:RW,insert"},
    {"pfdebug x k", "k:RW,access"},
    {"xlen k", "k:RO"},
    {"get k extra", ARITY},
    {"get", ARITY},
    /* runs of keys */
    {"mget a b c", "a:RO,access b:RO,access c:RO,access"},
    {"del a a", "a:RM,delete a:RM,delete"},
    {"mset a 1 b 2", "a:OW,update b:OW,update"},
    {"mset a 1 b", "a:OW,update b:OW,update"},
    {"blpop a b 0", "a:RW,access,delete b:RW,access,delete"},
    {"rename a b", "a:RW,access,delete b:OW,update"},
    {"lmove a b left right", "a:RW,access,delete b:RW,insert"},
    {"bitop and d a b", "d:OW,update a:RO,access b:RO,access"},
    {"lcs a b", "a:RO,access b:RO,access"},
    {"watch a b", "a:RO b:RO"},
    {"pfmerge d a", "d:RW,access,insert a:RO,access"},
    {"geosearchstore d s frommember m byradius 1 m", "d:OW,update s:RO,access"},
    /* a number of keys */
    {"zunionstore d 2 a b weights 1 2", "d:OW,update a:RO,access b:RO,access"},
    {"zunionstore d 0 a", INVALID},
    {"zunionstore d x a", INVALID},
    {"zunionstore d 3 a b", INVALID},
    {"zinter 99999999999999999999 a", INVALID},
    {"zinter 2147483647 a", INVALID},
    {"zinter -1 a", INVALID},
    {"zinter 1x a", "a:RO,access"}, /* the handler is who complains */
    {"sintercard 2 a b limit 1", "a:RO,access b:RO,access"},
    {"blmpop 0 2 a b left", "a:RW,access,delete b:RW,access,delete"},
    {"eval s 2 a b c", "a:RW,access,update b:RW,access,update"},
    {"eval s 0", ""},
    {"eval s 0 a", ""},
    {"eval s -1 a", ""},
    {"eval s x", ""},
    {"eval s 2 a", ""},
    {"fcall f 1 a b", "a:RW,access,update"},
    /* behind a keyword */
    {"xread count 1 streams a b 0 0", "a:RO,access b:RO,access"},
    {"xread streams a b 0", "a:RO,access"},
    {"xread count streams streams a b 0 0", "streams:RO,access a:RO,access"},
    {"xread streams a", ARITY},
    {"xread block streams a", INVALID},
    {"xread count 2 a b c", INVALID},
    {"xreadgroup group streams streams streams a 0", "a:RO,access"},
    {"georadius a 1 1 1 m store d", "a:RO,access d:OW,update"},
    {"georadius a 1 1 1 m store d storedist e", "a:RO,access d:OW,update e:OW,update"},
    {"georadius a 1 1 1 m store", "a:RO,access"},
    {"georadius a 1 1 1 m count store store d", "a:RO,access store:OW,update"},
    {"georadiusbymember a store 1 m storedist e", "a:RO,access e:OW,update"},
    /* extractors */
    {"sort k", "k:RO,access"},
    {"sort k by x* get y* store d", "k:RO,access d:OW,update"},
    {"sort k store", "k:RO,access"},
    {"sort k store a store b", "k:RO,access b:OW,update"},
    {"sort k by store get # limit 0 store q", "k:RO,access"},
    {"sort k limit 0", "k:RO,access"},
    {"sort_ro k by x", "k:RO,access"},
    {"migrate h 1 k 0 100", "k:RW,access,delete"},
    {"migrate h 1 \"\" 0 100 keys a b", "a:RW,access,delete b:RW,access,delete"},
    {"migrate h 1 k 0 100 keys a", INVALID},
    {"migrate h 1 k 0 100 auth keys keys a b", INVALID},
    {"migrate h 1 \"\" 0 100 auth2 keys x keys a b", "a:RW,access,delete b:RW,access,delete"},
    {"migrate h 1 \"\" 0 100 auth keys x", "\"\":RW,access,delete"},
    {"migrate h 1 \"\" 0 100 keys", "\"\":RW,access,delete"},
    {"migrate h 1 \"\" 0 100 odd keys x", "x:RW,access,delete"},
    {"migrate a", ARITY},
    {"set a b", "a:OW,update"},
    {"set a b GET px 3", "a:RW,access,update"},
    {"set a b ex get", "a:RW,access,update"},
    {"set get b", "get:OW,update"},
    {"bitfield a", "a:RO,access"},
    {"bitfield a get u8 0 overflow sat get u8 0", "a:RO,access"},
    {"bitfield a get u8 0 set u8 0 1", "a:RW,access,update"},
    {"bitfield a get u8", "a:RW,access,update"},
    {"bitfield a get u8 set", "a:RO,access"},
    {"bitfield a odd u8 0", "a:RW,access,update"},
    /* none */
    {"ping x", NONE},
    {"config get x", NONE},
    {"debug object k", NONE},
    {"publish c m", NONE},
    {"spublish c m", NONE},
    {"ssubscribe a b", NONE},
};

static int split(const char *command, char *buffer, struct slice *argv) {
    int argc = 0;
    strcpy(buffer, command);
    for (char *save, *word = strtok_r(buffer, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = strcmp(word, "\"\"") == 0 ? SLICE("") : slice_of(word);
    return argc;
}

static const struct command_spec *resolve(const struct slice *argv, int argc) {
    const struct command_spec *spec = command_lookup(argv[0].ptr, argv[0].len);
    assert_non_null(spec);
    if (spec->sub_count && argc > 1) spec = command_lookup_sub(spec, argv[1].ptr, argv[1].len);
    assert_non_null(spec);
    return spec;
}

static void show(int result, const struct slice *argv, const struct key_refs *refs, char *out, size_t size) {
    if (result < 0) {
        snprintf(out, size, "%s", result == KEYS_NONE ? NONE : result == KEYS_ARITY ? ARITY : INVALID);
        assert_int_equal(refs->count, 0);
        return;
    }
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < refs->count; i++) {
        struct slice key = argv[refs->refs[i].pos];
        len += (size_t)snprintf(out + len, size - len, "%s%.*s:", i ? " " : "", (int)(key.len ? key.len : 2),
                                key.len ? key.ptr : "\"\"");
        const char *comma = "";
        for (unsigned bit = 0; key_flag_name(bit); bit++) {
            if (refs->refs[i].flags & 1u << bit) {
                len += (size_t)snprintf(out + len, size - len, "%s%s", comma, key_flag_name(bit));
                comma = ",";
            }
        }
    }
}

static void keys_and_flags_are_those_of_redis(void **state) {
    struct key_refs refs;
    key_refs_init(&refs);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buffer[256], shown[512];
        struct slice argv[32];
        int argc = split(cases[i].command, buffer, argv);
        const struct command_spec *spec = resolve(argv, argc);
        show(command_keys(spec, argv, argc, &refs), argv, &refs, shown, sizeof(shown));
        if (strcmp(shown, cases[i].expected) != 0)
            fail_msg("%s: %s, expected %s", cases[i].command, shown, cases[i].expected);
        /* The shortcut says the same as the whole way. */
        if (command_key_single(spec) && refs.count)
            assert_true(refs.count == 1 && refs.refs[0].pos == command_key_single(spec));
    }
    key_refs_deinit(&refs);
}

static void channels_count_for_routing_only(void **state) {
    struct key_refs refs;
    key_refs_init(&refs);
    struct slice argv[] = {SLICE("ssubscribe"), SLICE("a"), SLICE("b")};
    const struct command_spec *spec = resolve(argv, 3);
    assert_int_equal(command_keys(spec, argv, 3, &refs), KEYS_NONE);
    assert_int_equal(command_keys_options(spec, argv, 3, KEYS_WITH_NOT_KEYS, &refs), KEYS_OK);
    assert_int_equal(refs.count, 2);
    assert_int_equal(refs.refs[1].pos, 2);
    assert_int_equal(refs.refs[1].flags, KEY_NOT_KEY);
    assert_int_equal(command_key_single(command_lookup("spublish", 8)), 0);
    key_refs_deinit(&refs);
}

static void many_keys_grow_the_room(void **state) {
    enum { COUNT = 5000 };
    struct slice *argv = calloc(COUNT + 1, sizeof(*argv));
    argv[0] = SLICE("del");
    for (int i = 1; i <= COUNT; i++)
        argv[i] = SLICE("k");
    struct key_refs refs;
    key_refs_init(&refs);
    const struct command_spec *spec = resolve(argv, COUNT + 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(command_keys(spec, argv, COUNT + 1, &refs), KEYS_OK);
        assert_int_equal(refs.count, COUNT);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(refs.refs[i].pos, i + 1);
    }
    key_refs_deinit(&refs);
    free(argv);
}

/* Whatever the words, every position is an argument, and no key comes from a command that does not fit. */
static void random_words_stay_in_bounds(void **state) {
    static const char *const words[] = {"1",     "2",    "0",     "-5",       "65536", "streams",
                                        "store", "keys", "by",    "limit",    "auth",  "get",
                                        "k",     "",     "group", "storedist"};
    unsigned seed = 3;
    struct key_refs refs;
    key_refs_init(&refs);
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        for (int round = 0; round < 300; round++) {
            struct slice argv[12];
            int argc = 1 + rand_r(&seed) % 12;
            for (int i = 0; i < argc; i++)
                argv[i] = slice_of(words[(unsigned)rand_r(&seed) % (sizeof(words) / sizeof(words[0]))]);
            int result = command_keys_options(spec, argv, argc, (unsigned)rand_r(&seed) & 1, &refs);
            if (!command_arity_ok(spec, argc)) assert_true(result == KEYS_ARITY || result == KEYS_NONE);
            if (result < 0) assert_int_equal(refs.count, 0);
            for (int i = 0; i < refs.count; i++)
                assert_true(refs.refs[i].pos > 0 && refs.refs[i].pos < argc);
        }
    }
    key_refs_deinit(&refs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_flags_are_those_of_redis),
        cmocka_unit_test(channels_count_for_routing_only),
        cmocka_unit_test(many_keys_grow_the_room),
        cmocka_unit_test(random_words_stay_in_bounds),
    };
    return cmocka_run_group_tests_name("commands/keys", tests, NULL, NULL);
}
