/* See snapshot_file.h. */
#include "server/persist/snapshot_file.h"
#include "common/base/buf.h"
#include "common/base/crc.h"
#include "common/base/mem.h"
#include "common/io/io_file.h"
#include "server/persist/rdb_format.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* So much is written before the disk is made to keep up, or the end would wait for all of it. */
#define SYNC_EARLY_BYTES (32 << 20)

static char *path_in(const char *folder, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    char *copy = mem_strdup(buf_cstr(&path));
    buf_deinit(&path);
    return copy;
}

void snapshot_file_init(struct snapshot_file *f, struct io *io, const char *folder, const char *name) {
    char temp[64];
    snprintf(temp, sizeof(temp), "temp-%d.rdb", (int)getpid());
    *f = (struct snapshot_file){.io = io, .fd = -1};
    f->folder = mem_strdup(folder);
    f->temp = path_in(folder, temp);
    f->path = path_in(folder, name);
}

void snapshot_file_deinit(struct snapshot_file *f) {
    mem_free(f->folder);
    mem_free(f->temp);
    mem_free(f->path);
}

static bool failed(struct snapshot_file *f, const char *what, int error) {
    if (error >= 0) return false;
    snprintf(f->error, sizeof(f->error), "%s: %s", what, strerror(-error));
    return true;
}

static bool is_open(struct snapshot_file *f) {
    if (f->fd >= 0) return true;
    if (f->makes_folder) io_disk_mkdir(f->io, f->folder, 0755);
    f->fd = io_disk_open(f->io, f->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (f->fd >= 0) return true;
    snprintf(f->error, sizeof(f->error), "Failed opening the temp RDB file %s for saving: %s", f->temp,
             strerror(-f->fd));
    return false;
}

static void append_bytes(struct snapshot_file *f, struct slice bytes) {
    if (f->checksum) f->crc = crc64(f->crc, bytes.ptr, bytes.len);
    ssize_t written = io_disk_write(f->io, f->fd, bytes.ptr, bytes.len, f->written);
    if (failed(f, "Write error saving DB on disk", (int)(written < 0 ? written : 0))) return;
    f->written += (int64_t)bytes.len;
    if (!f->sync_early || f->written - f->synced < SYNC_EARLY_BYTES) return;
    failed(f, "Write error saving DB on disk", io_disk_sync(f->io, f->fd, true));
    f->synced = f->written;
}

void snapshot_file_append(struct snapshot_file *f, const struct rdb_out *out) {
    if (f->error[0] || !is_open(f)) return;
    if (out->mark_count == 0) {
        append_bytes(f, buf_slice(&out->bytes));
        return;
    }
    struct buf packed = {0};
    rdb_pack(out, &packed);
    append_bytes(f, buf_slice(&packed));
    buf_deinit(&packed);
}

void snapshot_file_commit(struct snapshot_file *f) {
    if (f->error[0] || !is_open(f)) return;
    uint64_t crc = f->checksum ? f->crc : 0;
    f->checksum = false;
    append_bytes(f, (struct slice){(const char *)&crc, sizeof(crc)});
    if (f->error[0] || failed(f, "Write error saving DB on disk", io_disk_sync(f->io, f->fd, false))) return;
    int closed = io_disk_close(f->io, f->fd);
    f->fd = -1;
    if (failed(f, "Write error saving DB on disk", closed)) return;
    if (failed(f, "Error moving temp DB file to the final destination",
               io_disk_rename(f->io, f->temp, f->path)))
        return;
    failed(f, "Error making the new name of the DB file durable", io_disk_sync_dir(f->io, f->folder));
}

void snapshot_file_discard(struct snapshot_file *f) {
    if (f->fd >= 0) io_disk_close(f->io, f->fd);
    f->fd = -1;
    io_disk_unlink(f->io, f->temp);
}
