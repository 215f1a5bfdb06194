/* The small form: member, score, member, score … in one listpack, in order.
 *
 * A score is stored as the shortest text that reads back as the same number, which for whole numbers is an
 * integer of the listpack. All searches go over the pairs: there are a hundred or so. */
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/base/panic.h"
#include "server/ds/listpack.h"
#include "server/types/zset_int.h"

static struct slice score_text(char *digits, double score) {
    return (struct slice){digits, num_format_double(digits, score + 0.0)}; /* as in Redis, -0 becomes 0 */
}

static double score_at(const void *lp, uint32_t at) {
    int64_t whole;
    if (listpack_get_int(lp, at, &whole)) return (double)whole;
    char digits[LISTPACK_INT_CHARS];
    struct slice text = listpack_get(lp, at, digits);
    double score = 0;
    must(num_parse_double(text.ptr, text.len, &score));
    return score;
}

/* --- searching --- */

uint32_t zset_small_find(const void *lp, struct slice member) {
    return listpack_find(lp, listpack_first(lp), member, 1);
}

double zset_small_score(const void *lp, uint32_t member_at) {
    return score_at(lp, listpack_next(lp, member_at));
}

size_t zset_small_rank(const void *lp, uint32_t member_at) {
    size_t rank = 0;
    for (uint32_t at = listpack_first(lp); at != member_at; at = listpack_next(lp, listpack_next(lp, at)))
        rank++;
    return rank;
}

size_t zset_small_count_below(const void *lp, double score, bool including) {
    size_t count = 0;
    for (uint32_t at = listpack_first(lp); at; count++) {
        uint32_t score_place = listpack_next(lp, at);
        double here = score_at(lp, score_place);
        if (including ? here > score : here >= score) break;
        at = listpack_next(lp, score_place);
    }
    return count;
}

static int cmp_member(const void *lp, uint32_t at, struct slice member) {
    char digits[LISTPACK_INT_CHARS];
    return slice_cmp(listpack_get(lp, at, digits), member);
}

size_t zset_small_count_before(const void *lp, struct slice member, bool including) {
    size_t count = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, listpack_next(lp, at)), count++) {
        int order = cmp_member(lp, at, member);
        if (including ? order > 0 : order >= 0) break;
    }
    return count;
}

/* The first pair that a new one goes before; 0: none. */
static uint32_t place_for(const void *lp, struct slice member, double score) {
    uint32_t at = listpack_first(lp);
    while (at) {
        uint32_t score_place = listpack_next(lp, at);
        double here = score_at(lp, score_place);
        if (here > score || (here == score && cmp_member(lp, at, member) > 0)) break;
        at = listpack_next(lp, score_place);
    }
    return at;
}

/* --- visiting --- */

void zset_small_range(const void *lp, size_t start, size_t count, bool reverse, zset_visit *visit,
                      void *arg) {
    size_t n = listpack_count(lp) / 2;
    if (start >= n || count == 0) return;
    if (count > n - start) count = n - start;
    uint32_t at = listpack_at(lp, 2 * (int64_t)(reverse ? n - 1 - start : start));
    for (;;) {
        char digits[LISTPACK_INT_CHARS];
        uint32_t score_place = listpack_next(lp, at);
        visit(arg, listpack_get(lp, at, digits), score_at(lp, score_place));
        if (--count == 0) return;
        at = reverse ? listpack_prev(lp, listpack_prev(lp, at)) : listpack_next(lp, score_place);
    }
}

/* One pass for all spans as long as they ascend. */
void zset_small_spans(const void *lp, const struct zset_span *spans, size_t count, zset_span_visit *visit,
                      void *arg) {
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || spans[i].min < spans[i - 1].max) at = listpack_first(lp);
        while (at) {
            char digits[LISTPACK_INT_CHARS];
            uint32_t score_place = listpack_next(lp, at);
            double score = score_at(lp, score_place);
            if (score >= spans[i].max) break;
            if (score >= spans[i].min && !visit(arg, listpack_get(lp, at, digits), score, i)) return;
            at = listpack_next(lp, score_place);
        }
    }
}

/* --- changing --- */

size_t zset_small_pair_bytes(struct slice member, double score) {
    char digits[NUM_DOUBLE_CHARS_MAX];
    return listpack_element_bytes(member) + listpack_element_bytes(score_text(digits, score));
}

bool zset_small_has_room(const struct entry *e, size_t member_len, const struct zset_rules *rules) {
    const void *lp = entry_payload(e);
    return listpack_count(lp) / 2 < rules->listpack_entries_max && member_len <= rules->listpack_value_max &&
           listpack_bytes(lp) + member_len <= ZSET_LISTPACK_BYTES_MAX;
}

void zset_small_append(void *lp, struct slice member, double score) {
    char digits[NUM_DOUBLE_CHARS_MAX];
    listpack_append(lp, member);
    listpack_append(lp, score_text(digits, score));
}

struct entry *zset_small_insert(struct entry *e, struct slice member, double score) {
    size_t bytes = listpack_bytes(entry_payload(e)) + zset_small_pair_bytes(member, score);
    e = entry_reshape(e, ENC_LISTPACK, bytes);
    void *lp = entry_payload(e);
    uint32_t place = place_for(lp, member, score);
    if (place == 0) {
        zset_small_append(lp, member, score);
        return e;
    }
    char digits[NUM_DOUBLE_CHARS_MAX];
    uint32_t at = listpack_insert(lp, place, member);
    listpack_insert(lp, listpack_next(lp, at), score_text(digits, score));
    return e;
}

struct entry *zset_small_rescore(struct entry *e, uint32_t member_at, double score) {
    void *lp = entry_payload(e);
    size_t before = listpack_bytes(lp);
    char digits[LISTPACK_INT_CHARS];
    struct slice member = listpack_get(lp, member_at, digits);
    struct slice copy = {mem_alloc(member.len), member.len};
    if (member.len) memcpy((char *)copy.ptr, member.ptr, member.len);
    listpack_erase_n(lp, member_at, 2);
    e = entry_shrunk(e, before);
    e = zset_small_insert(e, copy, score);
    mem_free((char *)copy.ptr);
    return e;
}
