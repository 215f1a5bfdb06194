/* What lies in the slots: KEYSLOT, COUNTKEYSINSLOT, GETKEYSINSLOT, SLOT-STATS.
 *
 * Each is asked of the session's database but SLOT-STATS, which counts a slot in all of them. Slots of others
 * may be asked for as well: what is kept of them is told. */
#include "common/base/mem.h"
#include "server/cluster/cluster_int.h"
#include "server/keyspace/database.h"
#include <stdlib.h>

void cmd_cluster_keyslot(struct call *call) {
    if (cluster_is_on(call)) resp_int(call->reply, slots_of_key(call->argv[2]));
}

void cmd_cluster_countkeysinslot(struct call *call) {
    int64_t slot;
    if (!cluster_is_on(call) || !call_int64(call, 2, &slot)) return;
    if (slot < 0 || slot >= SLOTS_COUNT) {
        resp_error(call->reply, "ERR Invalid slot");
        return;
    }
    resp_int(call->reply, (int64_t)call->db->tables[slot].table.count);
}

struct listing {
    struct call *call;
    int64_t left;
};

static void list_key(void *arg, void *item) {
    struct listing *l = arg;
    if (l->left == 0 || entry_due(item, l->call->now_ms)) return;
    l->left--;
    resp_bulk_slice(l->call->reply, entry_key(item));
}

void cmd_cluster_getkeysinslot(struct call *call) {
    int64_t slot, max;
    if (!cluster_is_on(call) || !call_int64(call, 2, &slot) || !call_int64(call, 3, &max)) return;
    if (slot < 0 || slot >= SLOTS_COUNT || max < 0) {
        resp_error(call->reply, "ERR Invalid slot or number of keys");
        return;
    }
    struct resp_deferred header = resp_deferred(call->reply);
    struct listing l = {call, max};
    const struct table *t = &call->db->tables[slot].table;
    for (size_t bucket = 0; bucket < t->buckets.count && l.left; bucket++)
        table_each_in_bucket(t, bucket, list_key, &l);
    resp_deferred_fill(call->reply, header, RESP_ARRAY, (size_t)(max - l.left));
}

/* --- SLOT-STATS --- */

struct slot_stat {
    uint16_t slot;
    size_t keys;
};

static size_t keys_in(const struct keyspace *ks, unsigned slot) {
    size_t keys = 0;
    for (int i = 0; i < ks->conf.databases; i++)
        if (ks->databases[i]) keys += ks->databases[i]->tables[slot].table.count;
    return keys;
}

/* The slots of [first, last] that this server serves; `out` has room for all of them. */
static size_t gather(const struct call *call, unsigned first, unsigned last, struct slot_stat *out) {
    size_t count = 0;
    for (unsigned slot = first; slot <= last; slot++)
        if (cluster_serves(call->module, slot))
            out[count++] = (struct slot_stat){(uint16_t)slot, keys_in(call->keyspace, slot)};
    return count;
}

static void reply_stats(struct call *call, const struct slot_stat *stats, size_t count) {
    resp_array(call->reply, count);
    for (size_t i = 0; i < count; i++) {
        resp_array(call->reply, 2);
        resp_int(call->reply, stats[i].slot);
        resp_map(call->reply, 1);
        resp_bulk_cstr(call->reply, "key-count");
        resp_int(call->reply, (int64_t)stats[i].keys);
    }
}

static bool slot_argument(struct call *call, int arg, int64_t *slot) {
    return call_int64_range(call, arg, 0, SLOTS_COUNT - 1, slot, "ERR Invalid or out of range slot");
}

static void reply_range(struct call *call) {
    int64_t first, last;
    if (call->argc != 5) {
        resp_error(call->reply, ERR_SYNTAX);
        return;
    }
    if (!slot_argument(call, 3, &first) || !slot_argument(call, 4, &last)) return;
    if (first > last) {
        resp_errorf(call->reply, "ERR Start slot number %d is greater than end slot number %d", (int)first,
                    (int)last);
        return;
    }
    struct slot_stat *stats = mem_alloc((size_t)(last - first + 1) * sizeof(*stats));
    reply_stats(call, stats, gather(call, (unsigned)first, (unsigned)last, stats));
    mem_free(stats);
}

/* Equal counts in the order of their slots, either way. */
static int fewer_first(const void *a, const void *b) {
    const struct slot_stat *x = a, *y = b;
    if (x->keys != y->keys) return x->keys < y->keys ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static int more_first(const void *a, const void *b) {
    const struct slot_stat *x = a, *y = b;
    if (x->keys != y->keys) return x->keys > y->keys ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static void reply_ordered(struct call *call) {
    int64_t limit = SLOTS_COUNT;
    bool ascending = false, ordered = false, limited = false;
    for (int i = 4; i < call->argc; i++) {
        bool asc = slice_is(call->argv[i], "asc");
        if (!ordered && (asc || slice_is(call->argv[i], "desc"))) {
            ordered = true;
            ascending = asc;
        } else if (!limited && slice_is(call->argv[i], "limit") && i + 1 < call->argc) {
            limited = true;
            if (!call_int64_range(call, ++i, 1, SLOTS_COUNT, &limit,
                                  "ERR Limit has to lie in between 1 and 16384 (maximum number of slots)."))
                return;
        } else {
            resp_error(call->reply, ERR_SYNTAX);
            return;
        }
    }
    if (!slice_is(call->argv[3], "key-count")) {
        resp_error(call->reply, "ERR Unrecognized sort metric for ORDERBY.");
        return;
    }
    struct slot_stat *stats = mem_alloc(SLOTS_COUNT * sizeof(*stats));
    size_t count = gather(call, 0, SLOTS_COUNT - 1, stats);
    qsort(stats, count, sizeof(*stats), ascending ? fewer_first : more_first);
    reply_stats(call, stats, count < (size_t)limit ? count : (size_t)limit);
    mem_free(stats);
}

void cmd_cluster_slot_stats(struct call *call) {
    if (!cluster_is_on(call)) return;
    if (slice_is(call->argv[2], "slotsrange"))
        reply_range(call);
    else if (slice_is(call->argv[2], "orderby"))
        reply_ordered(call);
    else
        call_error_subcommand(call);
}
