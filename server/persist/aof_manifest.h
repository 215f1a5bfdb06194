/* The manifest of the append-only file: which files make it up, in what order. Redis 7's format.
 *
 *      file appendonly.aof.2.base.rdb seq 2 type b
 *      file appendonly.aof.1.incr.aof seq 1 type h        history: no longer needed, to be deleted
 *      file appendonly.aof.2.incr.aof seq 2 type i
 *
 * Names with blanks or unprintable bytes stand in quotes. Unknown pairs of key and value are passed over.
 * Changes are made to a copy, which takes the place of the old one once it is durable. */
#ifndef TORC_PERSIST_AOF_MANIFEST_H
#define TORC_PERSIST_AOF_MANIFEST_H

#include "common/base/buf.h"
#include <stdint.h>

struct aof_file {
    char *name; /* owned */
    int64_t seq;
};

/* Zero-initialised is empty and valid. */
struct aof_manifest {
    struct aof_file base; /* name NULL: none */
    struct aof_file *incrs, *history;
    int incr_count, history_count;
    int64_t base_seq, incr_seq; /* the last that were given out */
};

struct aof_manifest_error {
    int line;        /* from 1; 0: of the whole file */
    struct buf text; /* that line */
    const char *reason;
};

void aof_manifest_deinit(struct aof_manifest *m);
void aof_manifest_copy(struct aof_manifest *to, const struct aof_manifest *from); /* `to` is uninitialised */
/* Reads `text` into an empty manifest. False: *err tells why (its text is the caller's to deinit). */
bool aof_manifest_parse(struct aof_manifest *m, struct slice text, struct aof_manifest_error *err);
void aof_manifest_print(const struct aof_manifest *m, struct buf *out);

/* Files that come next; `prefix` is appendfilename. The name is the manifest's. A new base makes the old one
 * history. */
const char *aof_manifest_new_base(struct aof_manifest *m, const char *prefix, bool rdb);
const char *aof_manifest_new_incr(struct aof_manifest *m, const char *prefix);
/* An existing file of another name becomes the base (upgrade from a single file). */
void aof_manifest_set_base(struct aof_manifest *m, const char *name, int64_t seq);
/* All increments but the last `keep` become history. */
void aof_manifest_retire_incrs(struct aof_manifest *m, int keep);
void aof_manifest_forget_history(struct aof_manifest *m);

static inline const char *aof_manifest_last(const struct aof_manifest *m) {
    return m->incr_count ? m->incrs[m->incr_count - 1].name : m->base.name;
}

#endif
