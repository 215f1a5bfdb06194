/* Longest common subsequence by rows of bits.
 *
 * Let L(i, j) be the length for the first i bytes of a and the first j bytes of b. Within row i it grows by 0
 * or 1 from one j to the next, so a row is a string of bits; a bit is 0 where it grows. The next row follows
 * from it with an addition over the whole row (Crochemore, Iliopoulos, Pinzon and Reid 2001; Hyyrö 2004),
 * where M has a 1 wherever b holds the byte of a at hand:
 *
 *      U  = V & M                  growth that this byte could move
 *      V' = (V + U) | (V & ~M)     the carry takes it to the first place where it is new
 *
 * So a step handles 64 cells, and the rows of the way back take a 32nd of a table of integers.
 *
 * The way back starts at the end of both strings. Where the bytes are the same, both belong to the
 * subsequence. Otherwise one of the strings is shortened: a, if its row says that b's byte was needed, else
 * b. (Where either would do, this takes b, as Redis does.) */
#include "server/ds/lcs.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

#define NO_MASK   (-1)
#define BYTES_ALL 256

/* For every byte of a that b holds: where. */
struct masks {
    int16_t index[BYTES_ALL]; /* NO_MASK: not in both */
    uint64_t *bits;           /* a row for each index */
};

static uint64_t *try_words(size_t rows, size_t words) {
    size_t bytes;
    if (__builtin_mul_overflow(rows, words, &bytes) ||
        __builtin_mul_overflow(bytes, sizeof(uint64_t), &bytes))
        return NULL;
    return mem_try_alloc(bytes);
}

static bool masks_init(struct masks *masks, struct slice a, struct slice b, size_t words) {
    bool in_a[BYTES_ALL] = {false};
    for (size_t i = 0; i < a.len; i++)
        in_a[(uint8_t)a.ptr[i]] = true;
    memset(masks->index, 0xff, sizeof(masks->index));
    int16_t count = 0;
    for (size_t j = 0; j < b.len; j++) {
        uint8_t byte = (uint8_t)b.ptr[j];
        if (in_a[byte] && masks->index[byte] == NO_MASK) masks->index[byte] = count++;
    }
    masks->bits = try_words((size_t)count + 1, words);
    if (masks->bits == NULL) return false;
    memset(masks->bits, 0, (size_t)count * words * sizeof(uint64_t));
    for (size_t j = 0; j < b.len; j++) {
        int16_t index = masks->index[(uint8_t)b.ptr[j]];
        if (index != NO_MASK) masks->bits[(size_t)index * words + j / 64] |= (uint64_t)1 << (j % 64);
    }
    return true;
}

static void row_step(const uint64_t *restrict row, uint64_t *restrict next, const uint64_t *restrict mask,
                     size_t words) {
    unsigned carry = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t v = row[w], u = v & mask[w], sum;
        unsigned out = __builtin_add_overflow(v, u, &sum);
        out |= __builtin_add_overflow(sum, (uint64_t)carry, &sum);
        carry = out;
        next[w] = sum | (v & ~mask[w]);
    }
}

/* All rows, or where `rows` has room for two only, these by turns. Returns the last one. */
static const uint64_t *fill_rows(struct slice a, uint64_t *rows, size_t words, const struct masks *masks,
                                 bool all) {
    memset(rows, 0xff, words * sizeof(uint64_t));
    uint64_t *row = rows;
    for (size_t i = 0; i < a.len; i++) {
        uint64_t *next = all || row == rows ? row + words : rows;
        int16_t index = masks->index[(uint8_t)a.ptr[i]];
        if (index == NO_MASK)
            memcpy(next, row, words * sizeof(uint64_t));
        else
            row_step(row, next, masks->bits + (size_t)index * words, words);
        row = next;
    }
    return row;
}

bool lcs_init(struct lcs *lcs, struct slice a, struct slice b, bool runs) {
    *lcs = (struct lcs){.a = a, .b = b, .words = (b.len + 63) / 64, .a_at = a.len, .b_at = b.len};
    if (a.len == 0 || b.len == 0) return true;
    struct masks masks;
    if (!masks_init(&masks, a, b, lcs->words)) return false;
    uint64_t *rows = try_words(runs ? a.len + 1 : 2, lcs->words);
    if (rows) {
        const uint64_t *last = fill_rows(a, rows, lcs->words, &masks, runs);
        for (size_t w = 0; w < lcs->words; w++) /* bits beyond b stay 1 */
            lcs->len += (size_t)__builtin_popcountll(~last[w]);
        if (runs)
            lcs->rows = rows;
        else
            mem_free(rows);
    }
    mem_free(masks.bits);
    return rows != NULL;
}

void lcs_deinit(struct lcs *lcs) {
    mem_free(lcs->rows);
    lcs->rows = NULL;
}

bool lcs_next(struct lcs *lcs, struct lcs_run *run) {
    size_t i = lcs->a_at, j = lcs->b_at;
    const char *a = lcs->a.ptr, *b = lcs->b.ptr;
    must(lcs->rows != NULL || i == 0 || j == 0);
    while (i && j && a[i - 1] != b[j - 1]) {
        bool grows = !(lcs->rows[i * lcs->words + (j - 1) / 64] >> ((j - 1) % 64) & 1);
        if (grows)
            i--;
        else
            j--;
    }
    size_t end = i;
    while (i && j && a[i - 1] == b[j - 1]) {
        i--;
        j--;
    }
    lcs->a_at = i;
    lcs->b_at = j;
    *run = (struct lcs_run){i, j, end - i};
    return run->len > 0;
}
