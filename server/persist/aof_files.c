/* See aof_files.h. A manifest never names a file whose bytes are not durable: files are synced first, then
 * the new manifest is written beside the old one, synced, renamed over it, and the folder is synced. */
#include "server/persist/aof_files.h"
#include "common/base/mem.h"
#include <errno.h>
#include <fcntl.h>

#define FILE_MODE   0644
#define FOLDER_MODE 0755
#define PIECE       (1 << 20)

char *aof_path(const char *folder, const char *name) {
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    return (char *)buf_cstr(&path); /* the buffer's memory, for mem_free */
}

void aof_place_init(struct aof_place *p, struct io *io, const char *root, const char *folder,
                    const char *prefix) {
    struct buf manifest = {0};
    buf_printf(&manifest, "%s.manifest", prefix);
    *p = (struct aof_place){.io = io,
                            .root = mem_strdup(root),
                            .folder = aof_path(root, folder),
                            .prefix = mem_strdup(prefix),
                            .manifest = (char *)buf_cstr(&manifest)};
}

void aof_place_deinit(struct aof_place *p) {
    mem_free(p->root);
    mem_free(p->folder);
    mem_free(p->prefix);
    mem_free(p->manifest);
    *p = (struct aof_place){0};
}

int aof_folder_make(const struct aof_place *p) {
    if (io_disk_exists(p->io, p->folder)) return 0;
    int error = io_disk_mkdir(p->io, p->folder, FOLDER_MODE);
    return error < 0 ? error : io_disk_sync_dir(p->io, p->root);
}

static int open_in(const struct aof_place *p, const char *name, int flags) {
    char *path = aof_path(p->folder, name);
    int fd = io_disk_open(p->io, path, flags, FILE_MODE);
    mem_free(path);
    return fd;
}

int aof_file_create(const struct aof_place *p, const char *name, struct slice content) {
    int fd = open_in(p, name, O_RDWR | O_CREAT | O_TRUNC);
    if (fd < 0) return fd;
    ssize_t error = content.len ? io_disk_write(p->io, fd, content.ptr, content.len, 0) : 0;
    if (error >= 0) error = io_disk_sync(p->io, fd, false);
    if (error >= 0) return fd;
    io_disk_close(p->io, fd);
    return (int)error;
}

int aof_file_open(const struct aof_place *p, const char *name, int64_t *size) {
    int fd = open_in(p, name, O_RDWR);
    if (fd < 0) return fd;
    *size = io_disk_size(p->io, fd);
    if (*size >= 0) return fd;
    io_disk_close(p->io, fd);
    return (int)*size;
}

int aof_manifest_store(const struct aof_place *p, const struct aof_manifest *m) {
    struct buf text = {0}, temp = {0};
    aof_manifest_print(m, &text);
    buf_printf(&temp, "temp-%s", p->manifest);
    int error = aof_file_create(p, buf_cstr(&temp), buf_slice(&text));
    if (error >= 0) {
        io_disk_close(p->io, error);
        char *from = aof_path(p->folder, buf_cstr(&temp)), *to = aof_path(p->folder, p->manifest);
        error = io_disk_rename(p->io, from, to);
        if (error < 0) io_disk_unlink(p->io, from);
        mem_free(from);
        mem_free(to);
    }
    if (error >= 0) error = io_disk_sync_dir(p->io, p->folder);
    buf_deinit(&text);
    buf_deinit(&temp);
    return error < 0 ? error : 0;
}

int aof_read_whole(const struct aof_place *p, const char *name, struct buf *out) {
    int64_t size;
    int fd = open_in(p, name, O_RDONLY);
    if (fd < 0) return fd;
    size = io_disk_size(p->io, fd);
    ssize_t n = size;
    if (size > 0) {
        buf_reserve(out, (size_t)size);
        n = io_disk_read(p->io, fd, out->ptr + out->len, (size_t)size, 0);
        if (n > 0) out->len += (size_t)n;
    }
    io_disk_close(p->io, fd);
    return n < 0 ? (int)n : 0;
}

void aof_history_delete(const struct aof_place *p, const struct aof_manifest *m) {
    for (int i = 0; i < m->history_count; i++) {
        char *path = aof_path(p->folder, m->history[i].name);
        io_disk_unlink(p->io, path);
        mem_free(path);
    }
}

static ssize_t copy_rest(const struct aof_place *p, int from_fd, int to_fd, int64_t from, int64_t size) {
    char *room = mem_alloc(PIECE);
    ssize_t n = 0;
    for (int64_t at = from; at < size && n >= 0; at += n) {
        n = io_disk_read(p->io, from_fd, room, size - at < PIECE ? (size_t)(size - at) : PIECE, at);
        if (n == 0) break;
        if (n > 0) n = io_disk_write(p->io, to_fd, room, (size_t)n, at - from);
    }
    mem_free_sized(room, PIECE);
    return n < 0 ? n : io_disk_sync(p->io, to_fd, false);
}

int aof_set_aside(const struct aof_place *p, const char *name, const char *aside, int64_t from,
                  int64_t size) {
    int fd = open_in(p, name, O_RDWR);
    if (fd < 0) return fd;
    int to = aof_file_create(p, aside, (struct slice){NULL, 0});
    ssize_t error = to;
    if (to >= 0) {
        error = copy_rest(p, fd, to, from, size);
        io_disk_close(p->io, to);
    }
    if (error >= 0) error = io_disk_sync_dir(p->io, p->folder);
    if (error >= 0) error = io_disk_truncate(p->io, fd, from);
    if (error >= 0) error = io_disk_sync(p->io, fd, false);
    io_disk_close(p->io, fd);
    return error < 0 ? (int)error : 0;
}
