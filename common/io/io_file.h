/* Files: blocking calls for boot and for helper threads, and completions for the loop.
 *
 * The blocking half (io_disk_) goes to the kernel or, under the sim engine, to the world's disk in memory,
 * which knows what is written and what is synced. Every error is a negative errno. The completing half
 * (io_file_) is for the append-only file: writes at explicit offsets and syncs, on the ring or through a
 * helper thread. */
#ifndef TORC_IO_FILE_H
#define TORC_IO_FILE_H

#include "common/io/io.h"
#include "common/io/io_job.h"
#include <sys/types.h>
#include <sys/uio.h>

/* --- blocking; any thread under the real engines --- */

int io_disk_open(struct io *io, const char *path, int flags,
                 mode_t mode); /* a descriptor; flags as open(2) */
int io_disk_close(struct io *io, int fd);
/* All bytes or an error; a read is short only at the end of the file. */
ssize_t io_disk_read(struct io *io, int fd, void *out, size_t len, int64_t offset);
ssize_t io_disk_write(struct io *io, int fd, const void *bytes, size_t len, int64_t offset);
int io_disk_sync(struct io *io, int fd, bool data_only);
int io_disk_truncate(struct io *io, int fd, int64_t size);
int64_t io_disk_size(struct io *io, int fd);
int io_disk_rename(struct io *io, const char *from, const char *to);
int io_disk_unlink(struct io *io, const char *path);
int io_disk_mkdir(struct io *io, const char *path, mode_t mode); /* 0 too if it is there already */
int io_disk_sync_dir(struct io *io, const char *path);           /* makes renames and new names durable */
bool io_disk_exists(struct io *io, const char *path);
/* Calls `each` for every name in the folder but "." and ".."; order is by name. 0 or a negative errno. */
int io_disk_list(struct io *io, const char *path, void (*each)(void *owner, const char *name), void *owner);

/* --- completing, on the loop --- */

enum io_file_kind { IO_FILE_WRITE = 1, IO_FILE_SYNC, IO_FILE_WRITE_SYNC };

struct io_file_op {
    struct io_job job; /* first: the helper-thread way uses it */
    uint32_t magic;
    int fd;
    uint8_t kind; /* enum io_file_kind */
    bool synced;
    struct iovec *parts; /* borrowed until on_done; io advances them over what is written */
    unsigned part_count;
    int64_t offset;
    size_t written;                         /* bytes that reached the file, also when an error followed */
    int error;                              /* 0 or an errno */
    void (*on_done)(struct io_file_op *op); /* last use of the op */
};

/* Writes all parts at `offset` (a short write is finished before anything else happens), on_done from a later
 * turn. `op`, `parts` and the bytes are borrowed until then. Operations on one file are not ordered among
 * each other. */
void io_file_write(struct io *io, struct io_file_op *op, int fd, struct iovec *parts, unsigned part_count,
                   int64_t offset, void (*on_done)(struct io_file_op *op));
/* Makes what was written before durable: fdatasync. */
void io_file_sync(struct io *io, struct io_file_op *op, int fd, void (*on_done)(struct io_file_op *op));
/* The write, and when all of it is written the sync; `synced` tells whether it came to that. */
void io_file_write_sync(struct io *io, struct io_file_op *op, int fd, struct iovec *parts,
                        unsigned part_count, int64_t offset, void (*on_done)(struct io_file_op *op));

#endif
