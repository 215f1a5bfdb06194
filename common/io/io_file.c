/* Files: the blocking calls, and writes and syncs as completions.
 *
 * A completing operation is a small machine that knows how much is written: a short write goes on where it
 * stopped, and only when all is in the file does the sync begin.
 *
 *      start ──► write ──(all of it)──► sync ──► on_done          on the ring: a completion for each step
 *                 ▲  │ short            ▲                         by a helper: one job for all of them
 *                 └──┘        nothing to write
 *
 * A write alone, or a sync alone, is one step, and goes over the ring where the engine has one: measured, a
 * write of 200 bytes takes 4 µs there and back over the ring, against 5 to 50 µs through a helper that has to
 * be woken by a futex and to wake by an eventfd. A write with a sync behind it goes through a helper: on the
 * ring the sync would begin only when the loop comes round again, with 500 connections up to a millisecond
 * after the write was done. What the kernel cannot do at once (buffered writes to ext4, any sync) it hands to
 * threads of its own, so no turn waits for a disk. */
#include "common/io/io_file.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MAX 1024 /* that the kernel takes in one call */

/* --- the kernel's disk --- */

static int result(int outcome) {
    return outcome < 0 ? -errno : outcome;
}

static int real_open(struct io *io, const char *path, int flags, mode_t mode) {
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EINTR);
    return result(fd);
}

static int real_close(struct io *io, int fd) {
    return result(close(fd));
}

static ssize_t real_read(struct io *io, int fd, void *out, size_t len, int64_t offset) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)out + done, len - done, offset + (int64_t)done);
        if (n == 0) break;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static ssize_t real_write(struct io *io, int fd, const void *bytes, size_t len, int64_t offset) {
    size_t done = 0;
    while (done < len) {
        ssize_t n = pwrite(fd, (const char *)bytes + done, len - done, offset + (int64_t)done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n == 0) return -EIO; /* nobody says that this cannot be */
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static ssize_t real_write_parts(struct io *io, int fd, const struct iovec *parts, unsigned count,
                                int64_t offset) {
    ssize_t n;
    do {
        n = pwritev(fd, parts, (int)count, offset);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int real_sync(struct io *io, int fd, bool data_only) {
    return result(data_only ? fdatasync(fd) : fsync(fd));
}
static int real_truncate(struct io *io, int fd, int64_t size) {
    return result(ftruncate(fd, size));
}

static int64_t real_size(struct io *io, int fd) {
    struct stat st;
    return fstat(fd, &st) < 0 ? -errno : st.st_size;
}

static int real_rename(struct io *io, const char *from, const char *to) {
    return result(rename(from, to));
}
static int real_unlink(struct io *io, const char *path) {
    return result(unlink(path));
}

static int real_mkdir(struct io *io, const char *path, mode_t mode) {
    struct stat st;
    if (mkdir(path, mode) == 0) return 0;
    int error = errno;
    return error == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -error;
}

static int real_sync_dir(struct io *io, const char *path) {
    int fd = real_open(io, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    int outcome = result(fsync(fd));
    close(fd);
    return outcome;
}

static bool real_exists(struct io *io, const char *path) {
    return access(path, F_OK) == 0;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int real_list(struct io *io, const char *path, void (*each)(void *owner, const char *name),
                     void *owner) {
    DIR *folder = opendir(path);
    if (!folder) return -errno;
    char **names = NULL;
    size_t count = 0, cap = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (count == cap) {
            cap = cap ? cap * 2 : 32;
            names = mem_realloc(names, cap * sizeof *names);
        }
        names[count++] = mem_strdup(entry->d_name);
    }
    closedir(folder);
    if (count) qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        each(owner, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
    return 0;
}

const struct io_disk_ops io_disk_real = {.open = real_open,
                                         .close = real_close,
                                         .read = real_read,
                                         .write = real_write,
                                         .write_parts = real_write_parts,
                                         .sync = real_sync,
                                         .truncate = real_truncate,
                                         .size = real_size,
                                         .rename = real_rename,
                                         .unlink = real_unlink,
                                         .mkdir = real_mkdir,
                                         .sync_dir = real_sync_dir,
                                         .exists = real_exists,
                                         .list = real_list};

/* --- blocking --- */

int io_disk_open(struct io *io, const char *path, int flags, mode_t mode) {
    return io->ops->disk->open(io, path, flags, mode);
}
int io_disk_close(struct io *io, int fd) {
    return io->ops->disk->close(io, fd);
}
ssize_t io_disk_read(struct io *io, int fd, void *out, size_t len, int64_t offset) {
    return io->ops->disk->read(io, fd, out, len, offset);
}
ssize_t io_disk_write(struct io *io, int fd, const void *bytes, size_t len, int64_t offset) {
    return io->ops->disk->write(io, fd, bytes, len, offset);
}
int io_disk_sync(struct io *io, int fd, bool data_only) {
    return io->ops->disk->sync(io, fd, data_only);
}
int io_disk_truncate(struct io *io, int fd, int64_t size) {
    return io->ops->disk->truncate(io, fd, size);
}
int64_t io_disk_size(struct io *io, int fd) {
    return io->ops->disk->size(io, fd);
}
int io_disk_rename(struct io *io, const char *from, const char *to) {
    return io->ops->disk->rename(io, from, to);
}
int io_disk_unlink(struct io *io, const char *path) {
    return io->ops->disk->unlink(io, path);
}
int io_disk_mkdir(struct io *io, const char *path, mode_t mode) {
    return io->ops->disk->mkdir(io, path, mode);
}
int io_disk_sync_dir(struct io *io, const char *path) {
    return io->ops->disk->sync_dir(io, path);
}
bool io_disk_exists(struct io *io, const char *path) {
    return io->ops->disk->exists(io, path);
}
int io_disk_list(struct io *io, const char *path, void (*each)(void *owner, const char *name), void *owner) {
    return io->ops->disk->list(io, path, each, owner);
}

/* --- completing --- */

void io_file_wrote(struct io_file_op *op, size_t len) {
    op->written += len;
    while (op->part_count && len >= op->parts->iov_len) {
        len -= op->parts->iov_len;
        op->parts++;
        op->part_count--;
    }
    if (len == 0) return;
    must(op->part_count);
    *op->parts = (struct iovec){(char *)op->parts->iov_base + len, op->parts->iov_len - len};
}

unsigned io_file_parts_now(const struct io_file_op *op) {
    return op->part_count < PARTS_MAX ? op->part_count : PARTS_MAX;
}

enum step { STEP_WRITE, STEP_SYNC, STEP_NONE };

static enum step step_of(const struct io_file_op *op) {
    if (op->error) return STEP_NONE;
    if (op->part_count) return STEP_WRITE;
    return op->kind == IO_FILE_WRITE || op->synced ? STEP_NONE : STEP_SYNC;
}

/* The step came to its end with `res`: bytes or 0, or a negative errno. */
static void stepped(struct io_file_op *op, enum step step, ssize_t res) {
    if (res == -EINTR) return;
    if (res < 0)
        op->error = (int)-res;
    else if (step == STEP_SYNC)
        op->synced = true;
    else if (res == 0)
        op->error = EIO;
    else
        io_file_wrote(op, (size_t)res);
}

static void over(struct io_file_op *op) {
    must(op->magic == IO_FILE_OP_MAGIC);
    op->magic = IO_DEAD_MAGIC;
    op->on_done(op);
}

/* --- by a helper --- */

static void work(struct io_job *job) {
    struct io_file_op *op = LIST_OWNER(job, struct io_file_op, job);
    const struct io_disk_ops *disk = job->io->ops->disk;
    for (enum step step; (step = step_of(op)) != STEP_NONE;)
        stepped(op, step,
                step == STEP_SYNC ? disk->sync(job->io, op->fd, true)
                                  : disk->write_parts(job->io, op->fd, op->parts, io_file_parts_now(op),
                                                      op->offset + (int64_t)op->written));
}

static void done(struct io_job *job) {
    over(LIST_OWNER(job, struct io_file_op, job));
}

/* --- on the ring --- */

static void next_step(struct io *io, struct io_file_op *op) {
    switch (step_of(op)) {
    case STEP_WRITE: io->ops->file_write(io, op); break;
    case STEP_SYNC: io->ops->file_sync(io, op); break;
    case STEP_NONE:
        io->jobs_pending--;
        io->callbacks++;
        over(op);
    }
}

void io_file_stepped(struct io_file_op *op, int res) {
    must(op->magic == IO_FILE_OP_MAGIC);
    stepped(op, step_of(op), res);
    next_step(op->job.io, op);
}

static void start(struct io *io, struct io_file_op *op, enum io_file_kind kind, int fd, struct iovec *parts,
                  unsigned part_count, int64_t offset, void (*on_done)(struct io_file_op *op)) {
    *op = (struct io_file_op){.magic = IO_FILE_OP_MAGIC,
                              .fd = fd,
                              .kind = (uint8_t)kind,
                              .parts = parts,
                              .part_count = part_count,
                              .offset = offset,
                              .on_done = on_done};
    io_file_wrote(op, 0); /* passes over parts without bytes */
    if (io->ops->file_write == NULL || kind == IO_FILE_WRITE_SYNC || step_of(op) == STEP_NONE) {
        io_job_submit(io, &op->job, IO_LANE_DISK, work, done);
        return;
    }
    op->job.io = io;
    io->jobs_pending++;
    io->stats.jobs++;
    next_step(io, op);
}

void io_file_write(struct io *io, struct io_file_op *op, int fd, struct iovec *parts, unsigned part_count,
                   int64_t offset, void (*on_done)(struct io_file_op *op)) {
    start(io, op, IO_FILE_WRITE, fd, parts, part_count, offset, on_done);
}

void io_file_sync(struct io *io, struct io_file_op *op, int fd, void (*on_done)(struct io_file_op *op)) {
    start(io, op, IO_FILE_SYNC, fd, NULL, 0, 0, on_done);
}

void io_file_write_sync(struct io *io, struct io_file_op *op, int fd, struct iovec *parts,
                        unsigned part_count, int64_t offset, void (*on_done)(struct io_file_op *op)) {
    start(io, op, IO_FILE_WRITE_SYNC, fd, parts, part_count, offset, on_done);
}
