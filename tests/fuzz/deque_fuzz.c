/* A program of changes to a deque, beside an array: after each both hold the same elements, and a walk hands
 * out those that were there when it began.
 *
 *      the first byte chooses the limits of packs; then four bytes an operation: what | how many or which |
 * an element
 */
#include "common/base/panic.h"
#include "server/ds/deque.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COUNT_MAX   2000
#define ELEMENT_MAX 700

enum operation {
    PUSH,
    PUSH_RUN,
    INSERT,
    REPLACE,
    REMOVE,
    REMOVE_EQUAL,
    RANGE,
    FIND,
    COPY,
    WALK_BEGIN,
    WALK_STEP,
    OPERATIONS
};

struct world {
    struct deque deque;
    struct deque_rules rules;
    uint16_t model[COUNT_MAX]; /* each element by its number */
    size_t count;
    struct deque_walk walk;
    bool walking;
    uint16_t at_epoch[COUNT_MAX];
    size_t epoch_count, visited;
};

/* The element of that number: small integers, short and long texts; `room` has ELEMENT_MAX bytes. */
static struct slice element(uint16_t number, char *room) {
    static const size_t lengths[] = {0, 0, 3, 20, 70, 130, 300, ELEMENT_MAX};
    size_t len = lengths[number % 8];
    if (len == 0) return (struct slice){room, (size_t)snprintf(room, ELEMENT_MAX, "%d", (int16_t)number)};
    memset(room, 'a' + number % 23, len);
    memcpy(room, &number, sizeof(number));
    return (struct slice){room, len};
}

static void push(struct world *w, uint16_t number, bool front) {
    char room[ELEMENT_MAX];
    if (w->count == COUNT_MAX) return;
    deque_push(&w->deque, element(number, room), front, &w->rules);
    if (front) memmove(w->model + 1, w->model, w->count * sizeof(*w->model));
    w->model[front ? 0 : w->count] = number;
    w->count++;
}

static void insert(struct world *w, size_t index, uint16_t number) {
    char room[ELEMENT_MAX];
    if (w->count == COUNT_MAX) return;
    if (index > w->count) index = w->count;
    deque_insert(&w->deque, index, element(number, room), &w->rules);
    memmove(w->model + index + 1, w->model + index, (w->count - index) * sizeof(*w->model));
    w->model[index] = number;
    w->count++;
}

static void replace(struct world *w, size_t index, uint16_t number) {
    char room[ELEMENT_MAX];
    if (index >= w->count) return;
    deque_replace(&w->deque, index, element(number, room), &w->rules);
    w->model[index] = number;
}

static void remove_run(struct world *w, size_t index, size_t count) {
    if (index >= w->count) return;
    if (count > w->count - index) count = w->count - index;
    if (count == 0) return;
    deque_remove(&w->deque, index, count, &w->rules);
    memmove(w->model + index, w->model + index + count, (w->count - index - count) * sizeof(*w->model));
    w->count -= count;
}

static void remove_equal(struct world *w, uint16_t number, uint64_t limit, bool reverse) {
    char room[ELEMENT_MAX];
    uint64_t removed = deque_remove_equal(&w->deque, element(number, room), limit, reverse, &w->rules);
    uint64_t left = removed;
    must(removed <= limit);
    uint16_t kept[COUNT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        size_t at = reverse ? w->count - 1 - i : i;
        if (w->model[at] == number && left > 0)
            left--;
        else
            kept[count++] = w->model[at];
    }
    must(left == 0 && (removed == limit || count + removed == w->count));
    for (size_t i = 0; i < count; i++) {
        w->model[i] = kept[reverse ? count - 1 - i : i];
        if (removed < limit) must(w->model[i] != number);
    }
    w->count = count;
}

/* --- reading --- */

struct reading {
    const uint16_t *numbers;
    size_t at, count;
    bool reverse;
};

static bool read_next(void *arg, struct slice value) {
    struct reading *r = arg;
    char room[ELEMENT_MAX];
    must(r->at < r->count);
    must(slice_eq(value, element(r->numbers[r->reverse ? r->count - 1 - r->at : r->at], room)));
    r->at++;
    return true;
}

static void range(const struct deque *d, const uint16_t *model, size_t model_count, size_t index,
                  size_t count) {
    if (index >= model_count) return;
    if (count > model_count - index) count = model_count - index;
    struct reading up = {model + index, 0, count, false}, down = {model + index, 0, count, true};
    deque_range(d, index, count, false, read_next, &up);
    must(up.at == count);
    deque_range(d, index + count - 1, count, true, read_next, &down);
    must(down.at == count || count == 0);
}

struct finding {
    const struct world *w;
    uint16_t number;
    size_t next; /* where the model is looked at next */
};

static bool found(void *arg, uint64_t index) {
    struct finding *f = arg;
    while (f->next < f->w->count && f->w->model[f->next] != f->number)
        f->next++;
    must(index == f->next++);
    return true;
}

static void find(const struct world *w, uint16_t number) {
    char room[ELEMENT_MAX];
    struct finding f = {w, number, 0};
    deque_find(&w->deque, element(number, room), 0, w->count, false, found, &f);
    for (; f.next < w->count; f.next++)
        must(w->model[f.next] != number);
}

static void copy(const struct world *w) {
    struct deque other;
    size_t budget = SIZE_MAX;
    deque_init_copy(&other, &w->deque);
    range(&other, w->model, w->count, 0, w->count);
    must(deque_deinit_step(&other, &budget));
}

/* --- walks --- */

static bool walk_element(void *arg, struct slice value) {
    struct world *w = arg;
    char room[ELEMENT_MAX];
    must(w->visited < w->epoch_count);
    must(slice_eq(value, element(w->at_epoch[w->visited++], room)));
    return true;
}

static void walk_pack(void *arg, const struct pack *p) {
    pack_range(p, 0, p->count, false, walk_element, arg);
}

static void walk_begin(struct world *w) {
    if (w->walking) return;
    w->walking = true;
    memcpy(w->at_epoch, w->model, w->count * sizeof(*w->model));
    w->epoch_count = w->count;
    w->visited = 0;
    deque_walk_begin(&w->deque, &w->walk);
}

static void walk_step(struct world *w) {
    if (!w->walking || deque_walk_step(&w->deque, walk_pack, w)) return;
    must(w->visited == w->epoch_count);
    deque_walk_end(&w->deque);
    w->walking = false;
}

/* --- the program --- */

static void run(struct world *w, const uint8_t *op) {
    uint16_t number = (uint16_t)(op[2] | op[3] << 8);
    size_t index = op[1] * (w->count + 1) / 256;
    bool high = op[0] & 0x80;
    switch ((enum operation)((op[0] & 0x7f) % OPERATIONS)) {
    case PUSH: push(w, number, high); break;
    case PUSH_RUN:
        for (unsigned i = 0; i < op[1]; i++)
            push(w, (uint16_t)(number + i), high);
        break;
    case INSERT: insert(w, index, number); break;
    case REPLACE: replace(w, index, number); break;
    case REMOVE: remove_run(w, index, op[2]); break;
    case REMOVE_EQUAL: remove_equal(w, number, op[1] % 16 ? op[1] % 16 : UINT64_MAX, high); break;
    case RANGE: range(&w->deque, w->model, w->count, index, op[2]); break;
    case FIND: find(w, number); break;
    case COPY: copy(w); break;
    case WALK_BEGIN: walk_begin(w); break;
    case WALK_STEP: walk_step(w); break;
    case OPERATIONS: break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t bytes[] = {64, 256, 1024, 8192}, counts[] = {2, 16, 128, 1000};
    static struct world w;
    if (size < 1) return 0;
    w.count = 0;
    w.walking = false;
    w.rules = (struct deque_rules){
        .limits = {bytes[data[0] & 3], counts[data[0] >> 2 & 3], data[0] & 64 ? 128 : 8192},
        .open_ends = data[0] >> 4 & 3};
    deque_init(&w.deque);
    for (size_t at = 1; at + 4 <= size; at += 4) {
        run(&w, data + at);
        must(deque_count(&w.deque) == w.count);
        if (at % 64 == 1) deque_verify(&w.deque);
    }
    while (w.walking)
        walk_step(&w);
    deque_verify(&w.deque);
    range(&w.deque, w.model, w.count, 0, w.count);
    size_t budget = 5;
    while (!deque_deinit_step(&w.deque, &budget))
        budget = 5;
    return 0;
}
