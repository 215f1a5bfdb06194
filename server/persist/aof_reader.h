/* Reads an append-only file, which may be damaged anywhere, command by command.
 *
 *      feed ─► window ─► next: AOF_COMMAND …, and in the end AOF_END or AOF_FAULT
 *
 * The commands of an annotated group come out only after the checksum of all of it was found right; those of
 * a stretch without annotations as they stand. The reader knows the size of the file beforehand, so that a
 * length is never believed further than there are bytes.
 *
 * After AOF_FAULT the owner asks what follows (aof_look_behind): only then is it known whether this is a torn
 * tail. */
#ifndef TORC_PERSIST_AOF_READER_H
#define TORC_PERSIST_AOF_READER_H

#include "server/persist/aof_format.h"

enum aof_item {
    AOF_MORE,    /* feed it */
    AOF_COMMAND, /* argv, argc */
    AOF_GROUP,   /* a verified group begins: `group` */
    AOF_TIME,    /* `time_s` */
    AOF_END,     /* all of the file was read */
    AOF_FAULT,   /* `fault` at `at`: nothing more comes */
};

enum aof_fault {
    AOF_SOUND,
    AOF_CUT,       /* the file ends within a command or a group */
    AOF_MALFORMED, /* the bytes are no command */
    AOF_CHECKSUM,  /* a group's bytes are not what was written */
};

struct aof_reader {
    int64_t size;       /* of the file */
    int64_t at;         /* offset of what comes next; of the item that cannot be read, after a fault */
    int64_t item_at;    /* offset of the item that was returned last */
    struct buf bytes;   /* window: what was fed, from `base` on */
    size_t used;        /* of the window */
    int64_t fed;        /* offset behind the window */
    struct slice *argv; /* owned; slices into the window, until the next call */
    int argc, argv_cap;
    struct aof_group group; /* the latest */
    int64_t group_end;      /* its end: what lies before it is verified; 0: none yet */
    int64_t ours_end;       /* the same, with the times that stand right behind it */
    int64_t time_s;
    enum aof_fault fault;
    bool damaged_line; /* the fault is in a line that begins as those of groups and times do, or in zeros */
    uint64_t groups, commands;
    char error[160];
};

/* Begins at offset `from` of a file of `size` bytes. */
void aof_reader_init(struct aof_reader *r, int64_t from, int64_t size);
void aof_reader_deinit(struct aof_reader *r);
/* The bytes that lie at r->fed; copied. */
void aof_reader_feed(struct aof_reader *r, const void *bytes, size_t len);
enum aof_item aof_reader_next(struct aof_reader *r);

/* After a fault at r->at with no proof of damage behind it: is it what a crash or a power cut leaves at the
 * end of a file, rather than damage? So it is where the file just ends, right behind a verified group, and
 * where the bytes are zeros or a broken annotation. Else somebody has written what is no command. */
bool aof_reader_is_torn(const struct aof_reader *r);

/* Looks behind a fault for groups that verify. What is written and not synced reaches the disk in any order,
 * so a power cut may leave a group whole whose predecessor is torn; damage is only what was synced before. */
struct aof_source {
    void *owner;
    ssize_t (*read)(void *owner, void *out, size_t len, int64_t offset); /* as pread; a negative errno */
};
struct aof_behind {
    int64_t first; /* offset of the first line that verifies; -1: none */
    int64_t proof; /* of the first that says that the bytes at the fault were synced once; -1: none */
};
/* 0 or a negative errno. */
int aof_look_behind(const struct aof_source *source, int64_t fault_at, int64_t size, struct aof_behind *out);

#endif
