/* Files: the blocking calls, and writes and syncs as completions.
 *
 * A completing operation is a small machine that knows how much is written: a short write goes on where it
 * stopped, and only when all is in the file does the sync begin. The engine may run it on its ring; otherwise
 * a helper of the disk lane runs it to the end. */
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
        done += (size_t)n;
    }
    return (ssize_t)done;
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

const struct io_disk_ops io_disk_real = {real_open,     real_close,  real_read,   real_write,  real_sync,
                                         real_truncate, real_size,   real_rename, real_unlink, real_mkdir,
                                         real_sync_dir, real_exists, real_list};

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

static void work(struct io_job *job) {
    struct io_file_op *op = LIST_OWNER(job, struct io_file_op, job);
    while (op->part_count && !op->error) {
        ssize_t n = io_disk_write(job->io, op->fd, op->parts->iov_base, op->parts->iov_len,
                                  op->offset + (int64_t)op->written);
        if (n < 0) {
            op->error = (int)-n;
        } else {
            op->written += (size_t)n;
            op->parts++;
            op->part_count--;
        }
    }
    if (op->error || op->kind == IO_FILE_WRITE) return;
    int outcome = io_disk_sync(job->io, op->fd, true);
    if (outcome < 0)
        op->error = -outcome;
    else
        op->synced = true;
}

static void done(struct io_job *job) {
    struct io_file_op *op = LIST_OWNER(job, struct io_file_op, job);
    must(op->magic == IO_FILE_OP_MAGIC);
    op->magic = IO_DEAD_MAGIC;
    op->on_done(op);
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
    if (io->ops->file_start)
        io->ops->file_start(io, op);
    else
        io_job_submit(io, &op->job, IO_LANE_DISK, work, done);
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
