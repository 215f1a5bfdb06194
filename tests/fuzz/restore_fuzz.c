/* What RESTORE takes: a payload, its footer included. Its checksum is not looked at, since whoever makes one
 * can make that, too. A value that is taken can be walked over in steps, copied, measured and dumped again.
 *
 *      bytes: as DUMP answers them */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/observe/digest.h"
#include "server/persist/dump.h"
#include "server/persist/rdb_format.h"
#include "server/types/value.h"
#include "server/types/value_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hash_secret secret;

/* Low limits, so that short inputs meet all forms. */
static struct rdb_rules rules = {
    .hash = {&secret, 6, 20, 1700000000000}, .set = {&secret, 8, 6, 20}, .zset = {&secret, 6, 20}};

static size_t told;

static void tell(struct value_walk *walk, const struct value_element *element) {
    if (!element->head && !element->group) told += walk->type == VALUE_STRING ? element->name.len : 1;
}

/* As a snapshot does. */
static void walk_over(const struct entry *e) {
    struct value_walk walk;
    size_t budget;
    if (!value_walk_can(e)) return;
    value_walk_begin(&walk, e, tell);
    told = 0;
    do {
        budget = 3;
    } while (value_walk_step(&walk, &budget));
    must(told == value_walk_count(&walk));
    must(value_walk_end(&walk) == NULL);
}

static void must_be_like(const struct entry *a, const struct entry *b) {
    unsigned char left[DIGEST_BYTES], right[DIGEST_BYTES];
    digest_value(a, left);
    digest_value(b, right);
    must(memcmp(left, right, DIGEST_BYTES) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    rules.list = list_rules(6, 1, 40);
    struct mem_account account = {0}, *outer = mem_account_enter(&account);
    struct entry *e, *again;
    char reason[DUMP_REASON_CHARS];
    struct slice payload = {(const char *)data, size};
    if (dump_read(payload, SLICE("key"), &rules, true, &e, reason) == DUMP_OK) {
        walk_over(e);
        struct entry *copy = value_copy(e, SLICE("copy"), ENTRY_NO_DEADLINE);
        must_be_like(e, copy);
        must(value_memory(e, 0) > 0);
        value_free(copy);
        struct buf dumped = {0};
        dump_write(e, RDB_VERSION_MAX, true, &dumped);
        must(dump_read(buf_slice(&dumped), SLICE("key"), &rules, false, &again, NULL) == DUMP_OK);
        must(entry_type(e) == entry_type(again));
        buf_deinit(&dumped);
        value_free(again);
        value_free(e);
    }
    must(account.used == 0);
    mem_account_enter(outer);
    return 0;
}
