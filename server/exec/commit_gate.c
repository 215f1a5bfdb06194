/* See commit_gate.h. */
#include "server/exec/commit_gate.h"
#include "common/base/mem.h"
#include "server/keyspace/session.h"

static struct commit_gate_cell *cell_of(const struct commit_gate *gate, uint64_t hash) {
    return &gate->cells[hash % COMMIT_GATE_CELLS];
}

static uint32_t tag_of(uint64_t hash) {
    return (uint32_t)(hash >> 32);
}

void commit_gate_init(struct commit_gate *gate) {
    *gate = (struct commit_gate){0};
}

void commit_gate_deinit(struct commit_gate *gate) {
    if (gate->cells) mem_free_sized(gate->cells, COMMIT_GATE_CELLS * sizeof(*gate->cells));
    gate->cells = NULL;
}

void commit_gate_promise(struct commit_gate *gate, bool promised) {
    if (promised == gate->promised) return;
    gate->promised = promised;
    if (promised) {
        gate->cells = mem_zalloc(COMMIT_GATE_CELLS * sizeof(*gate->cells));
        return;
    }
    commit_gate_deinit(gate);
    gate->suspended = false;
    commit_gate_advance(gate, gate->last);
}

void commit_gate_wrote(struct commit_gate *gate, uint64_t hash, uint64_t position) {
    struct commit_gate_cell *cell = cell_of(gate, hash);
    uint64_t *place = &cell->shared;
    gate->last = position;
    for (int i = 0; i < 4; i++) {
        if (cell->positions[i] <= gate->safe) {
            place = &cell->positions[i];
        } else if (cell->tags[i] == tag_of(hash)) {
            cell->positions[i] = position;
            return;
        }
    }
    *place = position;
    if (place != &cell->shared) cell->tags[place - cell->positions] = tag_of(hash);
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
    const struct commit_gate_cell *cell = cell_of(gate, hash);
    wait_for(gate, s, cell->shared);
    for (int i = 0; i < 4; i++)
        if (cell->tags[i] == tag_of(hash)) wait_for(gate, s, cell->positions[i]);
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
