/* The bytes, changing them, and the estimate.
 *
 *      "HYLL" │ encoding (1) │ unused (3) │ cached count (8, little endian) │ registers
 *
 * The highest bit of the cached count says that it does not hold.
 *
 * Dense (encoding 0): 16,384 registers of six bits, the first in the lowest bits of the first byte.
 * Sparse (encoding 1): runs of equal registers, which must add up to 16,384:
 *
 *      00nnnnnn            1 to 64 zeros
 *      01nnnnnn nnnnnnnn   1 to 16,384 zeros
 *      1vvvvvnn            1 to 4 registers of value 1 to 32
 *
 * (each number is stored less one). Raising a register cuts the run that it is in, then joins runs of one
 * value, looking at five of them from the one before on. This reproduces Redis's bytes after the same
 * additions, so that data files and DUMPs are equal; where a run could be written in several ways, the one
 * here is that way and no other.
 *
 * A register counts the zeros at the end of the rest of a 64-bit hash, whose lower 14 bits choose it. The
 * estimate from the histogram of registers is Otmar Ertl's ("New cardinality estimation algorithms for
 * HyperLogLog sketches", 2017, algorithm 6), which needs no correction tables. */
#include "server/ds/hyperloglog.h"
#include <math.h>

#define INDEX_BITS 14
#define VALUE_BITS (64 - INDEX_BITS)
#define VALUE_MAX  (VALUE_BITS + 1)
#define HASH_SEED  0xadc83b19u

#define ZERO_RUN_MAX  64
#define VALUE_RUN_MAX 4
#define JOIN_LOOKS    5

/* --- header --- */

bool hll_valid(struct slice bytes) {
    if (bytes.len < HLL_HEADER_BYTES || memcmp(bytes.ptr, "HYLL", 4) != 0) return false;
    return bytes.ptr[4] == 0 ? bytes.len == HLL_DENSE_BYTES : bytes.ptr[4] == 1;
}

static void init_header(char *out, char encoding) {
    memset(out, 0, HLL_HEADER_BYTES);
    memcpy(out, "HYLL", 4);
    out[4] = encoding;
}

static uint8_t *put_zeros(uint8_t *out, unsigned length) {
    if (length > ZERO_RUN_MAX) *out++ = (uint8_t)(0x40 | (length - 1) >> 8);
    *out++ = (uint8_t)(length - 1);
    return out;
}

void hll_init_sparse(char *out) {
    init_header(out, 1);
    put_zeros((uint8_t *)out + HLL_HEADER_BYTES, HLL_REGISTERS);
}

void hll_init_dense(char *out) {
    memset(out, 0, HLL_DENSE_BYTES);
    init_header(out, 0);
    hll_forget_count(out);
}

bool hll_cached_count(const char *hll, uint64_t *count) {
    *count = 0;
    for (int i = 7; i >= 0; i--)
        *count = *count << 8 | (uint8_t)hll[8 + i];
    return !(*count >> 63);
}

void hll_cache_count(char *hll, uint64_t count) {
    for (int i = 0; i < 8; i++)
        hll[8 + i] = (char)(count >> 8 * i);
}

void hll_forget_count(char *hll) {
    hll[15] = (char)((uint8_t)hll[15] | 0x80);
}

/* --- hashing --- */

/* MurmurHash64A, by Austin Appleby, who placed it in the public domain. */
static uint64_t hash_bytes(const char *bytes, size_t len) {
    const uint64_t multiplier = 0xc6a4a7935bd1e995u;
    uint64_t hash = HASH_SEED ^ (len * multiplier);
    for (; len >= 8; bytes += 8, len -= 8) {
        uint64_t word = 0;
        for (int i = 7; i >= 0; i--)
            word = word << 8 | (uint8_t)bytes[i];
        word *= multiplier;
        word ^= word >> 47;
        hash = (hash ^ word * multiplier) * multiplier;
    }
    if (len > 0) {
        uint64_t rest = 0;
        while (len-- > 0)
            rest = rest << 8 | (uint8_t)bytes[len];
        hash = (hash ^ rest) * multiplier;
    }
    hash = (hash ^ hash >> 47) * multiplier;
    return hash ^ hash >> 47;
}

struct hll_element hll_element_of(struct slice value) {
    uint64_t hash = hash_bytes(value.ptr, value.len);
    uint64_t rest = hash >> INDEX_BITS | (uint64_t)1 << VALUE_BITS; /* never all zeros */
    return (struct hll_element){hash & (HLL_REGISTERS - 1), 1 + (unsigned)__builtin_ctzll(rest)};
}

/* --- dense --- */

/* Registers are visited four at a time: they fill three bytes. */
static inline void unpack4(const uint8_t *packed, uint8_t out[4]) {
    uint32_t bits = packed[0] | (uint32_t)packed[1] << 8 | (uint32_t)packed[2] << 16;
    for (unsigned i = 0; i < 4; i++)
        out[i] = bits >> 6 * i & 63;
}

static inline void pack4(uint8_t *packed, const uint8_t in[4]) {
    uint32_t bits = in[0] | (uint32_t)in[1] << 6 | (uint32_t)in[2] << 12 | (uint32_t)in[3] << 18;
    packed[0] = (uint8_t)bits;
    packed[1] = (uint8_t)(bits >> 8);
    packed[2] = (uint8_t)(bits >> 16);
}

static void dense_run(char *hll, unsigned first, unsigned length, unsigned value) {
    uint8_t *packed = (uint8_t *)hll + HLL_HEADER_BYTES;
    for (unsigned i = first; i < first + length; i++) {
        uint8_t four[4];
        unpack4(packed + i / 4 * 3, four);
        four[i % 4] = (uint8_t)value;
        pack4(packed + i / 4 * 3, four);
    }
}

bool hll_dense_raise(char *hll, struct hll_element e) {
    uint8_t *packed = (uint8_t *)hll + HLL_HEADER_BYTES + e.index / 4 * 3;
    uint8_t four[4];
    unpack4(packed, four);
    if (four[e.index % 4] >= e.value) return false;
    four[e.index % 4] = (uint8_t)e.value;
    pack4(packed, four);
    return true;
}

void hll_dense_fill(char *hll, const uint8_t *registers) {
    for (unsigned i = 0; i < HLL_REGISTERS; i += 4)
        pack4((uint8_t *)hll + HLL_HEADER_BYTES + i / 4 * 3, registers + i);
}

/* --- sparse: reading --- */

static bool run_at(struct slice hll, size_t at, struct hll_run *run, size_t *bytes) {
    if (at >= hll.len) return false;
    uint8_t first = (uint8_t)hll.ptr[at];
    *bytes = 1;
    if (first & 0x80) {
        *run = (struct hll_run){(first >> 2 & 31) + 1u, (first & 3) + 1u, false};
    } else if (!(first & 0x40)) {
        *run = (struct hll_run){0, (first & 63) + 1u, false};
    } else {
        if (at + 1 >= hll.len) return false;
        *bytes = 2;
        *run = (struct hll_run){0, ((first & 63u) << 8 | (uint8_t)hll.ptr[at + 1]) + 1u, true};
    }
    return true;
}

bool hll_sparse_run(struct slice hll, size_t *at, struct hll_run *run) {
    size_t bytes;
    if (*at < HLL_HEADER_BYTES) *at = HLL_HEADER_BYTES;
    if (!run_at(hll, *at, run, &bytes)) return false;
    *at += bytes;
    return true;
}

/* Goes over all runs, which must add up and leave no byte over. */
#define EACH_RUN(hll, at, first, run)                                                                        \
    for (first = 0, at = HLL_HEADER_BYTES;                                                                   \
         first < HLL_REGISTERS && hll_sparse_run(hll, &at, &run) && run.length <= HLL_REGISTERS - first;     \
         first += run.length)

bool hll_sparse_to_dense(struct slice hll, char *out) {
    struct hll_run run;
    size_t at;
    unsigned first;
    memset(out, 0, HLL_DENSE_BYTES);
    memcpy(out, hll.ptr, HLL_HEADER_BYTES);
    out[4] = 0;
    EACH_RUN(hll, at, first, run) if (run.value) dense_run(out, first, run.length, run.value);
    return first == HLL_REGISTERS && at == hll.len;
}

/* --- sparse: changing --- */

static uint8_t value_byte(unsigned value, unsigned length) {
    return (uint8_t)(0x80 | (value - 1) << 2 | (length - 1));
}

static uint8_t *put_run(uint8_t *out, unsigned value, unsigned length) {
    if (length == 0) return out;
    if (value == 0) return put_zeros(out, length);
    *out++ = value_byte(value, length);
    return out;
}

enum hll_result hll_sparse_raise(struct slice hll, struct hll_element e, uint64_t bytes_max,
                                 struct hll_place *place, struct hll_patch *patch) {
    if (e.value > HLL_SPARSE_VALUE_MAX) return HLL_TOO_LARGE;
    if (place->at == 0) *place = (struct hll_place){HLL_HEADER_BYTES, 0};
    struct hll_place before = *place, here = *place; /* *place stays one run behind `before`, for joins */
    struct hll_run run;
    size_t bytes;
    for (;;) {
        if (!run_at(hll, here.at, &run, &bytes)) return HLL_DAMAGED;
        if (e.index < here.first + run.length) break;
        *place = before;
        before = here;
        here.at += bytes;
        here.first += run.length;
    }
    if (run.value >= e.value) return HLL_UNCHANGED;

    uint8_t *out = patch->bytes;
    out = put_run(out, run.value, e.index - here.first);
    *out++ = value_byte(e.value, 1);
    out = put_run(out, run.value, here.first + run.length - 1 - e.index);
    patch->at = here.at;
    patch->removed = bytes;
    patch->count = (size_t)(out - patch->bytes);
    patch->join_at = before.at;
    bool grows = patch->count > bytes;
    return grows && hll.len + patch->count - bytes > bytes_max ? HLL_TOO_LARGE : HLL_CHANGED;
}

/* Joins neighbours of one value, where they fit one run. Returns the length. */
static size_t join_runs(uint8_t *hll, size_t len, size_t at) {
    for (int looks = JOIN_LOOKS; looks > 0 && at < len; looks--) {
        struct hll_run run, next;
        size_t bytes, next_bytes;
        if (!run_at((struct slice){(char *)hll, len}, at, &run, &bytes)) break;
        if (run.value && run_at((struct slice){(char *)hll, len}, at + 1, &next, &next_bytes) &&
            next.value == run.value && run.length + next.length <= VALUE_RUN_MAX) {
            hll[at] = value_byte(run.value, run.length + next.length);
            memmove(hll + at + 1, hll + at + 2, len - at - 2);
            len--;
        } else {
            at += bytes;
        }
    }
    return len;
}

size_t hll_sparse_apply(char *hll, size_t len, const struct hll_patch *patch) {
    size_t behind = patch->at + patch->removed;
    memmove(hll + patch->at + patch->count, hll + behind, len - behind);
    memcpy(hll + patch->at, patch->bytes, patch->count);
    return join_runs((uint8_t *)hll, len + patch->count - patch->removed, patch->join_at);
}

/* --- all registers --- */

bool hll_merge_into(struct slice hll, uint8_t *registers) {
    if (hll_is_dense(hll.ptr)) {
        for (unsigned i = 0; i < HLL_REGISTERS; i += 4) {
            uint8_t four[4];
            unpack4((const uint8_t *)hll.ptr + HLL_HEADER_BYTES + i / 4 * 3, four);
            for (unsigned j = 0; j < 4; j++)
                if (four[j] > registers[i + j]) registers[i + j] = four[j];
        }
        return true;
    }
    struct hll_run run;
    size_t at;
    unsigned first;
    EACH_RUN(hll, at, first, run) {
        for (unsigned i = first; run.value && i < first + run.length; i++)
            if (run.value > registers[i]) registers[i] = (uint8_t)run.value;
    }
    return first == HLL_REGISTERS && at == hll.len;
}

/* Sums a series until it changes no more. */
static double sigma(double x) {
    if (x == 1) return INFINITY;
    double sum = x, before, power = 1;
    do {
        x *= x;
        before = sum;
        sum += x * power;
        power += power;
    } while (sum != before);
    return sum;
}

static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double sum = 1 - x, before, power = 1;
    do {
        x = sqrt(x);
        before = sum;
        power *= 0.5;
        sum -= (1 - x) * (1 - x) * power;
    } while (sum != before);
    return sum / 3;
}

/* `count_of` says how many registers have each value. Values beyond VALUE_MAX are forged, and left out. */
static uint64_t estimate(const unsigned count_of[64]) {
    const double m = HLL_REGISTERS, alpha = 0.5 / M_LN2;
    double z = m * tau((m - count_of[VALUE_MAX]) / m);
    for (int value = VALUE_BITS; value >= 1; value--)
        z = 0.5 * (z + count_of[value]);
    z += m * sigma(count_of[0] / m);
    return (uint64_t)llround(alpha * m * m / z);
}

uint64_t hll_estimate_registers(const uint8_t *registers) {
    unsigned count_of[4][64] = {0};
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        count_of[i % 4][registers[i] & 63]++; /* four counters: no waiting for the one before */
    for (unsigned value = 0; value < 64; value++)
        for (unsigned j = 1; j < 4; j++)
            count_of[0][value] += count_of[j][value];
    return estimate(count_of[0]);
}

bool hll_estimate(struct slice hll, uint64_t *count) {
    if (hll_is_dense(hll.ptr)) {
        uint8_t registers[HLL_REGISTERS] = {0};
        hll_merge_into(hll, registers);
        *count = hll_estimate_registers(registers);
        return true;
    }
    unsigned count_of[64] = {0}, first;
    struct hll_run run;
    size_t at;
    EACH_RUN(hll, at, first, run) count_of[run.value] += run.length;
    if (first != HLL_REGISTERS || at != hll.len) return false;
    *count = estimate(count_of);
    return true;
}
