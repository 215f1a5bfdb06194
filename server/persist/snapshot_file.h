/* The file of a snapshot: written under another name, made durable, and only then put in the place of the old
 * one.
 *
 * Blocking: for helper threads. */
#ifndef TORC_PERSIST_SNAPSHOT_FILE_H
#define TORC_PERSIST_SNAPSHOT_FILE_H

#include "server/persist/rdb_out.h"
#include <stdbool.h>

struct io;

struct snapshot_file {
    struct io *io;              /* borrowed */
    char *folder, *temp, *path; /* owned; paths are whole */
    int fd;                     /* -1: not open yet */
    int64_t written, synced;
    uint64_t crc;
    bool checksum, sync_early, makes_folder;
    char error[256]; /* "" while all went well */
};

/* The names are copied. */
void snapshot_file_init(struct snapshot_file *f, struct io *io, const char *folder, const char *name);
void snapshot_file_deinit(struct snapshot_file *f);
/* Appends; opens the file first if need be. Nothing happens after an error. */
void snapshot_file_append(struct snapshot_file *f, const struct rdb_out *out);
/* The checksum; then file and folder are made durable, and the file is where it belongs. */
void snapshot_file_commit(struct snapshot_file *f);
/* Closes it and takes it away. */
void snapshot_file_discard(struct snapshot_file *f);

#endif
