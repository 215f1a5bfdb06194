/* See zset_input.h. An infinite score under a weight of 0 is no number. The input that is gone over says 0
 * instead; of one that is asked it stays as it is: MIN and MAX then keep what they had, a sum becomes 0. So
 * does Redis. */
#include "server/commands/zset_input.h"
#include "server/keyspace/keys.h"
#include "server/types/set.h"
#include "server/types/zset.h"
#include <math.h>

#define STRIDE 256 /* members between two questions whether more are wanted */

bool zset_inputs_read(struct call *call, int first, size_t count, struct zset_input *inputs) {
    for (size_t i = 0; i < count; i++) {
        const struct entry *e = key_read(call, first + (int)i, KEY_TOUCH);
        inputs[i] = (struct zset_input){e, 1};
        if (e == NULL || entry_type(e) == VALUE_ZSET || entry_type(e) == VALUE_SET) continue;
        resp_error(call->reply, ERR_WRONG_TYPE);
        return false;
    }
    return true;
}

size_t zset_input_count(const struct zset_input *in) {
    if (in->e == NULL) return 0;
    return entry_type(in->e) == VALUE_SET ? set_count(in->e) : zset_count(in->e);
}

static double weighted(const struct zset_input *in, double score) {
    score *= in->weight;
    return isnan(score) ? 0 : score;
}

bool zset_input_score(const struct zset_input *in, struct slice member, double *score) {
    if (in->e == NULL) return false;
    *score = 1;
    bool found = entry_type(in->e) == VALUE_SET ? set_has(in->e, member) : zset_score(in->e, member, score);
    *score *= in->weight;
    return found;
}

struct visitor {
    const struct zset_input *in;
    zset_input_visit *visit;
    void *arg;
    bool enough;
};

static void visit_pair(void *arg, struct slice member, double score) {
    struct visitor *v = arg;
    if (!v->enough) v->enough = !v->visit(v->arg, member, weighted(v->in, score));
}

static void each_of_set(struct visitor *v) {
    struct set_walk walk;
    struct set_group g;
    for (set_walk_begin(&walk, v->in->e); !v->enough && set_walk_next(&walk, &g);)
        for (size_t i = 0; i < g.count; i++)
            visit_pair(v, g.member[i], 1);
}

void zset_input_each(const struct zset_input *in, zset_input_visit *visit, void *arg) {
    struct visitor v = {in, visit, arg, false};
    size_t n = zset_input_count(in);
    if (n == 0) return;
    if (entry_type(in->e) == VALUE_SET)
        each_of_set(&v);
    else
        for (size_t start = 0; start < n && !v.enough; start += STRIDE)
            zset_range(in->e, start, STRIDE, false, visit_pair, &v);
}
