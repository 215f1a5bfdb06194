/* The largest keys of each type, known at any time without a scan.
 *
 * Every change of a key passes big_keys_changed. What is small ends there, after one test; a large string is
 * measured at once, a large collection when it has grown or shrunk by an eighth or so since it was measured,
 * and now and then anyway (its elements may have grown). Who asks gets fresh figures: the keys are looked up
 * and measured again. */
#ifndef TORC_KEYSPACE_BIG_KEYS_H
#define TORC_KEYSPACE_BIG_KEYS_H

#include "server/keyspace/database.h"

#define BIG_KEYS_PER_TYPE 64
#define BIG_KEY_BYTES_MIN 1024 /* less is never big */
#define BIG_KEY_NAME_MAX  4096 /* longer names are not kept */
#define BIG_KEYS_FILTER   1024
#define BIG_KEYS_MEASURED 1024

struct big_key {
    uint64_t hash;
    size_t bytes; /* when it was measured last */
    int db_index;
    uint32_t name_len;
    char *name; /* owned */
};

struct big_keys {
    uint8_t filter[BIG_KEYS_FILTER]; /* how many known keys have these hash bits, at most 255 */
    struct big_keys_top {
        struct big_key keys[BIG_KEYS_PER_TYPE];
        unsigned count;
        size_t floor; /* bytes of the least of them, once there are BIG_KEYS_PER_TYPE; else 0 */
    } top[VALUE_TYPES];
    /* What was measured of collections lately: some bits of the hash; type, and a logarithm of the effort
     * then. */
    struct big_key_measured {
        uint16_t tag, grade;
    } measured[BIG_KEYS_MEASURED];
    unsigned turns; /* counts changes that were not measured, to measure one now and then */
};

struct big_keys *big_keys_create(void);
void big_keys_destroy(struct big_keys **big);

static inline bool big_keys_may_know(const struct big_keys *big, uint64_t hash) {
    return big->filter[hash >> 54] != 0;
}

/* The key has this entry now (NULL: none). Names are borrowed. */
void big_keys_look(struct keyspace *ks, int db_index, struct slice name, uint64_t hash,
                   const struct entry *e);
static inline void big_keys_changed(struct keyspace *ks, int db_index, struct slice name, uint64_t hash,
                                    const struct entry *e) {
    bool small = e == NULL || entry_encoding(e) == ENC_BYTES || entry_encoding(e) == ENC_INT;
    if (__builtin_expect(!small || big_keys_may_know(ks->big_keys, hash), 0))
        big_keys_look(ks, db_index, name, hash, e);
}
/* Whole databases were emptied, or exchanged their contents. */
void big_keys_flushed(struct big_keys *big, int db_index);
void big_keys_swapped(struct big_keys *big, int a, int b);

/* One of the keys as it is now. */
struct big_key_found {
    struct slice name; /* borrowed until the next change of any key */
    int db_index;
    enum value_type type;
    size_t bytes;
};
/* Fills `out` with the largest keys, the largest first; `type` VALUE_TYPES: of all types. At most `max`,
 * which BIG_KEYS_PER_TYPE * VALUE_TYPES is enough for. */
size_t big_keys_list(struct keyspace *ks, enum value_type type, struct big_key_found *out, size_t max);

#endif
