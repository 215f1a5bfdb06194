/* Hostile bytes as a HyperLogLog: whatever they are, no step goes outside them, and what is found sound stays
 * so and agrees with plain registers.
 *
 *      byte 0: dense or sparse | byte 1: elements n | four bytes each | what stands behind the header
 */
#include "common/base/panic.h"
#include "server/ds/hyperloglog.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ELEMENT_BYTES 4

/* Exactly `len` bytes, so that a step outside is seen. */
struct room {
    char *bytes;
    size_t len;
};

static void resize(struct room *r, size_t len) {
    r->bytes = realloc(r->bytes, len);
    must(r->bytes != NULL);
    r->len = len;
}

static struct slice all_of(const struct room *r) {
    return (struct slice){r->bytes, r->len};
}

static void make_dense(struct room *r, bool sound) {
    char *dense = malloc(HLL_DENSE_BYTES);
    must(hll_sparse_to_dense(all_of(r), dense) == sound);
    if (sound) {
        resize(r, HLL_DENSE_BYTES);
        memcpy(r->bytes, dense, HLL_DENSE_BYTES);
    }
    free(dense);
}

/* Raises one register; false: it cannot be. */
static bool raise_register(struct room *r, struct hll_element e, bool sound) {
    if (hll_is_dense(r->bytes)) {
        hll_dense_raise(r->bytes, e);
        return true;
    }
    struct hll_place place = {0};
    struct hll_patch patch;
    switch (hll_sparse_raise(all_of(r), e, 3000, &place, &patch)) {
    case HLL_UNCHANGED: return true;
    case HLL_DAMAGED: must(!sound); return false;
    case HLL_TOO_LARGE:
        make_dense(r, sound);
        if (!hll_is_dense(r->bytes)) return false;
        hll_dense_raise(r->bytes, e);
        return true;
    case HLL_CHANGED: break;
    }
    size_t len = r->len, after = len + patch.count - patch.removed;
    if (after > len) resize(r, after);
    after = hll_sparse_apply(r->bytes, len, &patch);
    must(after <= r->len);
    resize(r, after);
    return true;
}

static void read_all(const struct room *r) {
    struct hll_run run;
    size_t at = 0;
    while (!hll_is_dense(r->bytes) && hll_sparse_run(all_of(r), &at, &run))
        must(run.length >= 1 && run.value <= HLL_SPARSE_VALUE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size < 2 + (size_t)data[1] * ELEMENT_BYTES) return 0;
    const uint8_t *elements = data + 2, *body = elements + (size_t)data[1] * ELEMENT_BYTES;
    size_t body_len = size - (size_t)(body - data);
    struct room r = {0};
    if (data[0] & 1) {
        resize(&r, HLL_DENSE_BYTES);
        hll_init_dense(r.bytes);
        if (body_len > HLL_DENSE_BYTES - HLL_HEADER_BYTES) body_len = HLL_DENSE_BYTES - HLL_HEADER_BYTES;
    } else {
        char empty[HLL_SPARSE_EMPTY];
        hll_init_sparse(empty);
        resize(&r, HLL_HEADER_BYTES + body_len);
        memcpy(r.bytes, empty, HLL_HEADER_BYTES);
    }
    if (body_len) memcpy(r.bytes + HLL_HEADER_BYTES, body, body_len);
    must(hll_valid(all_of(&r)));

    static uint8_t model[HLL_REGISTERS], registers[HLL_REGISTERS];
    memset(model, 0, sizeof(model));
    uint64_t count;
    bool sound = hll_merge_into(all_of(&r), model);
    must(hll_estimate(all_of(&r), &count) == sound);
    read_all(&r);
    for (unsigned i = 0; i < data[1]; i++) {
        const uint8_t *at = elements + (size_t)i * ELEMENT_BYTES;
        struct hll_element e = {(at[0] | (unsigned)at[1] << 8) % HLL_REGISTERS, 1 + at[2] % 51};
        if (at[3] & 1) e = hll_element_of((struct slice){(const char *)at, ELEMENT_BYTES});
        if (!raise_register(&r, e, sound)) break;
        if (e.value > model[e.index]) model[e.index] = (uint8_t)e.value;
    }
    if (sound) {
        memset(registers, 0, sizeof(registers));
        must(hll_merge_into(all_of(&r), registers));
        must(memcmp(registers, model, sizeof(model)) == 0);
        must(hll_estimate(all_of(&r), &count) && count == hll_estimate_registers(model));
        if (!hll_is_dense(r.bytes)) make_dense(&r, true);
        hll_dense_fill(r.bytes, model);
        hll_cache_count(r.bytes, count);
    }
    free(r.bytes);
    return 0;
}
