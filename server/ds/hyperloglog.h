/* HyperLogLogs: how many different values were seen, in 16,384 registers, with a standard error of 0.81 %.
 *
 * The bytes are Redis's, kept as a string value (hyperloglog.c draws them), and may have been forged:
 * whatever is handed in has passed hll_valid, and a sparse one can still turn out to be damaged
 * (HLL_DAMAGED). The caller owns all memory. */
#ifndef TORC_DS_HYPERLOGLOG_H
#define TORC_DS_HYPERLOGLOG_H

#include "common/base/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HLL_REGISTERS        16384
#define HLL_HEADER_BYTES     16
#define HLL_DENSE_BYTES      (HLL_HEADER_BYTES + HLL_REGISTERS * 6 / 8)
#define HLL_SPARSE_EMPTY     (HLL_HEADER_BYTES + 2)
#define HLL_SPARSE_VALUE_MAX 32 /* greater ones only fit a dense one */

enum hll_result {
    HLL_UNCHANGED, /* the register is at least that */
    HLL_CHANGED,
    HLL_TOO_LARGE, /* it must become dense first */
    HLL_DAMAGED,
};

/* Whether the bytes begin as a HyperLogLog does and have a possible length. */
bool hll_valid(struct slice bytes);
static inline bool hll_is_dense(const char *hll) {
    return hll[4] == 0;
}

/* Writes HLL_SPARSE_EMPTY bytes. Its cached count is 0 and holds. */
void hll_init_sparse(char *out);
/* Writes HLL_DENSE_BYTES with all registers 0 and no cached count. */
void hll_init_dense(char *out);

/* --- the cached count --- */

bool hll_cached_count(const char *hll, uint64_t *count);
void hll_cache_count(char *hll, uint64_t count);
void hll_forget_count(char *hll);

/* --- adding --- */

struct hll_element {
    unsigned index; /* of the register */
    unsigned value; /* what the register is raised to: 1 to 51 */
};
struct hll_element hll_element_of(struct slice value);

/* Returns whether the register changed. */
bool hll_dense_raise(char *hll, struct hll_element e);

/* How a sparse one changes: the `removed` bytes from `at` on give way to `count` others. */
struct hll_patch {
    size_t at, removed, count;
    uint8_t bytes[8];
    size_t join_at; /* where runs are joined, from the one before on */
};
/* Where the search for one register went along, to go on there for a higher one. All zero: at the beginning.
 */
struct hll_place {
    size_t at;
    unsigned first;
};
/* What raising a register needs. With HLL_CHANGED *patch is to be applied. `bytes_max` limits the whole. */
enum hll_result hll_sparse_raise(struct slice hll, struct hll_element e, uint64_t bytes_max,
                                 struct hll_place *place, struct hll_patch *patch);
/* Applies it: `hll` has `len` bytes, and room for what is added. Returns the length, which joining equal runs
 * can make less than that sum. */
size_t hll_sparse_apply(char *hll, size_t len, const struct hll_patch *patch);

/* Writes the dense form of a sparse one, with the header's bytes as they are; false if it is damaged. */
bool hll_sparse_to_dense(struct slice hll, char *out);

/* --- all registers --- */

/* Raises `registers` (HLL_REGISTERS of them) to those of `hll`; false if it is damaged. */
bool hll_merge_into(struct slice hll, uint8_t *registers);
/* Sets the registers of a dense one. */
void hll_dense_fill(char *hll, const uint8_t *registers);
uint64_t hll_estimate_registers(const uint8_t *registers);
/* The same of one; false if it is damaged. */
bool hll_estimate(struct slice hll, uint64_t *count);

/* --- for PFDEBUG --- */

/* The runs of a sparse one, one after the other from *at = 0 on; false at the end. `value` is 0 for a run of
 * zeros, `wide` says that it is written in two bytes. What is cut off at the end is not shown. */
struct hll_run {
    unsigned value, length;
    bool wide;
};
bool hll_sparse_run(struct slice hll, size_t *at, struct hll_run *run);

#endif
