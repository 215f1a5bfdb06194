/* Every command that comes while the limit is passed first evicts some keys, as the policy allows; what needs
 * memory is refused when there is nothing to evict. One command evicts a bounded number, so that no turn
 * grows long: tenacity 0 allows a dozen, 100 as many as it takes. When those were not enough, the command
 * runs all the same, and eviction goes on with the next one and between commands.
 *
 * Replies of the turn under way do not count yet: they are about to leave, and who does not read them is
 * found in the next turn, as a client that is evicted before any key is. */
#include "server/exec/memory_gate.h"
#include "common/base/clock.h"
#include "common/metrics/latency.h"
#include "server/keyspace/evict.h"

#define KEYS_PER_TENACITY                                                                                    \
    8 /* so that tenacity 10 stays below half a millisecond, which is what Redis takes */

static bool limited(void *owner) {
    return ((const struct keyspace *)owner)->conf.maxmemory != 0;
}

static size_t keys_max(const struct keyspace *ks) {
    int tenacity = ks->conf.maxmemory_eviction_tenacity;
    return tenacity == 100 ? SIZE_MAX : ((size_t)tenacity + 1) * KEYS_PER_TENACITY;
}

static const char *check(void *owner, const struct call *call) {
    struct keyspace *ks = owner;
    size_t leaving_bytes = call->reply->pool->fresh_bytes;
    if (evict_excess(ks) <= leaving_bytes || ks->paused) return NULL;
    uint64_t start = latency_wanted(ks->latency) ? clock_cycles() : 0;
    enum evict_result result = evict_make_room(ks, leaving_bytes, keys_max(ks));
    unit_end(ks, NULL);
    if (start)
        latency_note(ks->latency, "eviction-cycle",
                     (int64_t)((double)(clock_cycles() - start) / clock_cycles_per_us()));
    if (result != EVICT_ROOM) evict_ask(ks);
    if (result != EVICT_FAILED || !(call->command_flags & COMMAND_DENYOOM)) return NULL;
    return "OOM command not allowed when used memory > 'maxmemory'.";
}

void memory_gate_register(struct exec *x, struct exec_gate *gate, struct keyspace *ks) {
    *gate = (struct exec_gate){.name = "maxmemory", .owner = ks, .active = limited, .check = check};
    exec_add_gate(x, gate);
}
