/* See commit_gate.h. */
#include "server/exec/commit_gate.h"
#include "common/base/mem.h"
#include "server/keyspace/session.h"

static uint64_t *cell(struct commit_gate *gate, uint64_t hash) {
    return &gate->last_by_hash[hash % COMMIT_GATE_CELLS];
}

void commit_gate_init(struct commit_gate *gate) {
    *gate = (struct commit_gate){0};
}

void commit_gate_deinit(struct commit_gate *gate) {
    mem_free(gate->last_by_hash);
    gate->last_by_hash = NULL;
}

void commit_gate_promise(struct commit_gate *gate, bool promised) {
    if (promised == gate->promised) return;
    gate->promised = promised;
    if (promised) {
        gate->last_by_hash = mem_zalloc(COMMIT_GATE_CELLS * sizeof(*gate->last_by_hash));
        return;
    }
    commit_gate_deinit(gate);
    gate->suspended = false;
    commit_gate_advance(gate, gate->last);
}

void commit_gate_wrote(struct commit_gate *gate, uint64_t hash, uint64_t position) {
    *cell(gate, hash) = position;
    gate->last = position;
}

void commit_gate_suspend(struct commit_gate *gate, const char *error) {
    gate->suspended = true;
    if (gate->failed) gate->failed(gate->owner, error);
}

void commit_gate_resume(struct commit_gate *gate) {
    gate->suspended = false;
}

static void wait_for(struct commit_gate *gate, struct session *s, uint64_t position) {
    if (position > gate->safe && position > s->gate_position) s->gate_position = position;
}

void commit_gate_saw(struct commit_gate *gate, struct session *s, uint64_t hash) {
    wait_for(gate, s, *cell(gate, hash));
}

void commit_gate_saw_all(struct commit_gate *gate, struct session *s) {
    wait_for(gate, s, gate->last);
}

void commit_gate_advance(struct commit_gate *gate, uint64_t position) {
    if (position <= gate->safe) return;
    gate->safe = position;
    if (gate->opened) gate->opened(gate->owner);
}

bool commit_gate_open(const struct commit_gate *gate, const struct session *s) {
    return gate->suspended || s->gate_position <= gate->safe;
}
