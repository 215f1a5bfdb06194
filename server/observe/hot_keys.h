/* The keys that are used most, known at any time without a scan: a sample of the commands, counted in a small
 * sketch that forgets half of it every minute. */
#ifndef TORC_OBSERVE_HOT_KEYS_H
#define TORC_OBSERVE_HOT_KEYS_H

#include "server/exec/exec.h"

#define HOT_KEYS_MAX     128  /* keys that are counted */
#define HOT_KEY_NAME_MAX 4096 /* longer names are not counted */
#define HOT_KEYS_EVERY   128  /* commands, of which one is looked at */

struct hot_key {
    uint64_t hash;
    uint64_t uses, inherited; /* `inherited` of `uses` were of others that had the place before */
    int db_index;
    uint32_t name_len;
    char *name; /* owned */
};

struct hot_keys {
    struct hot_key keys[HOT_KEYS_MAX];
    unsigned count;
    int64_t halved_ms; /* when the counts were halved last */
    struct exec_sampler sampler;
};

/* Begins to sample. */
void hot_keys_start(struct hot_keys *hot, struct exec *x);
void hot_keys_deinit(struct hot_keys *hot);
void hot_keys_reset(void *hot); /* CONFIG RESETSTAT */

/* One use that stands for `weight`; name is copied. */
void hot_keys_use(struct hot_keys *hot, int db_index, struct slice name, uint64_t hash, uint64_t weight,
                  int64_t now_ms);

struct hot_key_found {
    struct slice name; /* borrowed until the next command */
    int db_index;
    uint64_t uses; /* at least so many, estimated, most of them in the last two minutes */
};
/* Fills `out` with the keys used most, the first first; at most `max`. */
size_t hot_keys_list(struct hot_keys *hot, int64_t now_ms, struct hot_key_found *out, size_t max);

#endif
