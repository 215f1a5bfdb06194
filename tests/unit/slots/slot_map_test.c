/* The slot map against a model: random maps go to text and back; what is wrong in a text is told with its
 * line. */
#include "common/slots/slot_map.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

static bool parses(struct slot_map *m, const char *text) {
    struct buf error = {0};
    bool ok = slot_map_parse(m, slice_of(text), &error);
    assert_int_equal(ok, error.len == 0);
    buf_deinit(&error);
    return ok;
}

static void a_map_is_read(void **state) {
    struct slot_map m;
    slot_map_init(&m);
    assert_true(parses(&m, "# who has what\n\n  epoch\t7 \r\n"
                           "Shard one 10.0.0.1:6379 0-5460,9000\n"
                           "replica one h-1.example.com:1\n"
                           "shard two [fd00::3]:65535 5461-8999\n"
                           "shard none 10.0.0.1:6380"));
    assert_int_equal(m.epoch, 7);
    assert_int_equal(m.shard_count, 3);
    assert_int_equal(m.member_count, 4);
    assert_int_equal(m.assigned, 9001);
    assert_int_equal(m.shards[0].slots, 5462);
    assert_int_equal(m.shards[2].slots, 0);
    assert_string_equal(m.members[m.shards[1].primary].host, "fd00::3");
    assert_int_equal(m.members[m.shards[1].primary].port, 65535);
    assert_true(m.members[1].replica);
    assert_int_equal(m.members[1].shard, 0);
    assert_int_equal(m.owner[5460], 0);
    assert_int_equal(m.owner[5461], 1);
    assert_int_equal(m.owner[9000], 0);
    assert_int_equal(m.owner[9001], SLOT_MAP_NONE);
    struct buf text = {0};
    slot_map_print(&m, &text);
    assert_string_equal(buf_cstr(&text), "epoch 7\n"
                                         "shard one 10.0.0.1:6379 0-5460,9000\n"
                                         "shard two [fd00::3]:65535 5461-8999\n"
                                         "shard none 10.0.0.1:6380\n"
                                         "replica one h-1.example.com:1\n");
    buf_deinit(&text);
    slot_map_deinit(&m);
}

static void what_is_wrong_leaves_nothing(void **state) {
    static const char *const texts[] = {
        "",
        "epoch 1",
        "shard a h:1 1",
        "epoch 01\nshard a h:1",
        "epoch 1 2\nshard a h:1",
        "epoch 1\nshard a h:1 1-",
        "epoch 1\nshard a h:1 -",
        "epoch 1\nshard a h:1 1-2-3",
        "epoch 1\nshard a h:1 0x1",
        "epoch 1\nshard a h:1 1\nshard b h:2 0-16383",
        "epoch 1\nshard a H:1\nreplica a h:1",
        "epoch 1\nshard a []:1",
        "epoch 1\nshard a [::1:1",
        "epoch 1\nshard a h 1:1",
        "epoch 1\nshard a h:+1",
        "epoch 1\nshard a h\x01:1",
        "epoch 1\nreplica a h:1\nshard a h:2",
        "epoch 1\nshard aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa h:1",
    };
    struct slot_map m;
    slot_map_init(&m);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_true(parses(&m, "epoch 9\nshard a h:1 5"));
        assert_false(parses(&m, texts[i]));
        assert_int_equal(m.epoch, 0);
        assert_int_equal(m.shard_count, 0);
        assert_int_equal(m.assigned, 0);
        assert_int_equal(m.owner[5], SLOT_MAP_NONE);
    }
    slot_map_deinit(&m);
}

static void too_many_are_refused(void **state) {
    struct slot_map m;
    struct buf text = {0};
    slot_map_init(&m);
    buf_append_str(&text, "epoch 1\n");
    for (int i = 0; i < SLOT_MAP_SHARDS_MAX; i++)
        buf_printf(&text, "shard s%d h%d:1 %d\n", i, i, i);
    assert_true(parses(&m, buf_cstr(&text)));
    buf_append_str(&text, "shard more more:1\n");
    assert_false(parses(&m, buf_cstr(&text)));
    buf_deinit(&text);
    slot_map_deinit(&m);
}

/* Random owners, written slot by slot, come back in ranges that cover the same. */
static void random_maps_come_back(void **state) {
    struct rng rng = test_rng();
    struct slot_map m, again;
    slot_map_init(&m);
    slot_map_init(&again);
    for (int round = 0; round < test_rounds(20); round++) {
        static uint16_t model[SLOTS_COUNT];
        struct buf text = {0}, printed = {0}, printed_again = {0};
        unsigned shards = 1 + (unsigned)rng_below(&rng, 20), run = 1 + (unsigned)rng_below(&rng, 500);
        uint16_t owner = SLOT_MAP_NONE;
        for (unsigned slot = 0; slot < SLOTS_COUNT; slot++) {
            if (rng_below(&rng, run) == 0) owner = (uint16_t)rng_below(&rng, shards + 1);
            model[slot] = owner == shards ? SLOT_MAP_NONE : owner;
        }
        buf_printf(&text, "epoch %d\n", round + 1);
        for (unsigned i = 0; i < shards; i++) {
            char before = ' ';
            buf_printf(&text, "shard s%u 10.0.0.%u:7000", i, i);
            for (unsigned slot = 0; slot < SLOTS_COUNT; slot++) {
                if (model[slot] != i) continue;
                buf_printf(&text, "%c%u", before, slot);
                before = ',';
            }
            buf_append_char(&text, '\n');
        }
        assert_true(parses(&m, buf_cstr(&text)));
        assert_memory_equal(m.owner, model, sizeof(model));
        slot_map_print(&m, &printed);
        assert_true(parses(&again, buf_cstr(&printed)));
        assert_memory_equal(again.owner, model, sizeof(model));
        slot_map_print(&again, &printed_again);
        assert_string_equal(buf_cstr(&printed), buf_cstr(&printed_again));
        unsigned assigned = 0, counted = 0;
        for (unsigned slot = 0; slot < SLOTS_COUNT; slot++)
            assigned += model[slot] != SLOT_MAP_NONE;
        for (unsigned i = 0; i < shards; i++) {
            unsigned from = 0, first, last;
            while (slot_map_next_range(&m, (uint16_t)i, &from, &first, &last))
                counted += last - first + 1;
        }
        assert_int_equal(m.assigned, assigned);
        assert_int_equal(counted, assigned);
        buf_deinit(&text);
        buf_deinit(&printed);
        buf_deinit(&printed_again);
    }
    slot_map_deinit(&m);
    slot_map_deinit(&again);
}

/* Any bytes: an error or a map, never more. */
static void noise_is_survived(void **state) {
    struct rng rng = test_rng();
    static const char *const pieces[] = {"epoch ", "shard ", "replica ", "a ", "h:1 ",  "[::1]:2 ", "0-10 ",
                                         "\n",     "1",      ",",        "-",  "16383", "#",        "\t"};
    struct slot_map m;
    slot_map_init(&m);
    int good = 0;
    for (int round = 0; round < test_rounds(20000); round++) {
        struct buf text = {0}, error = {0};
        if (round % 2) buf_append_str(&text, "epoch 1\nshard a h:1 ");
        for (uint64_t n = rng_below(&rng, 12); n > 0; n--)
            buf_append_str(&text, pieces[rng_below(&rng, sizeof(pieces) / sizeof(pieces[0]))]);
        good += slot_map_parse(&m, buf_slice(&text), &error);
        buf_deinit(&text);
        buf_deinit(&error);
    }
    assert_true(good > 0);
    slot_map_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_is_read),        cmocka_unit_test(what_is_wrong_leaves_nothing),
        cmocka_unit_test(too_many_are_refused), cmocka_unit_test(random_maps_come_back),
        cmocka_unit_test(noise_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
