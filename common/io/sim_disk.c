/* The simulated disk of one loop: files in memory that know what of them would survive a power cut.
 *
 *      write ─► data                          names: made by open, rename, unlink
 *          └──► changes ── sync ─► durable          └── sync_dir ─► durable_path
 *
 * `data` is what reads see; `changes` are the writes and cuts since the last sync, in order. A sync applies
 * them to `durable`, one that fails forgets them.
 *
 * A path is one name; folders are prefixes. Each file is an object apart from its names, as with inodes: an
 * open descriptor keeps an unlinked file alive. */
#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/sim_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct disk_change {
    int64_t offset; /* of a write; the new size of a cut */
    size_t len;
    char *bytes; /* owned; NULL: a cut */
};

struct file {
    char *path;         /* owned; NULL: unlinked */
    char *durable_path; /* owned; NULL: its name would not survive */
    struct buf data, durable;
    struct disk_change *changes; /* owned */
    size_t change_count;
    unsigned open_count;
    bool folder;
};

struct handle {
    struct file *file; /* NULL: free */
    int flags;
};

struct sim_disk {
    struct file **files;
    size_t file_count;
    struct handle *handles;
    int handle_count;
    struct disk_fault {
        int error; /* 0: none */
        unsigned after, count;
    } faults[SIM_DISK_CALLS];
    bool off;
};

struct sim_disk *sim_disk_create(void) {
    return mem_zalloc(sizeof(struct sim_disk));
}

static void forget_changes(struct file *f) {
    for (size_t i = 0; i < f->change_count; i++)
        mem_free(f->changes[i].bytes);
    mem_free(f->changes);
    f->changes = NULL;
    f->change_count = 0;
}

static void file_free(struct file *f) {
    forget_changes(f);
    mem_free(f->path);
    mem_free(f->durable_path);
    buf_deinit(&f->data);
    buf_deinit(&f->durable);
    mem_free_sized(f, sizeof *f);
}

void sim_disk_destroy(struct sim_disk **disk) {
    for (size_t i = 0; i < (*disk)->file_count; i++)
        file_free((*disk)->files[i]);
    mem_free((*disk)->files);
    mem_free((*disk)->handles);
    mem_free_sized(*disk, sizeof **disk);
    *disk = NULL;
}

static struct sim_disk *disk_of(struct io *io) {
    return sim_loop_of(io)->disk;
}

static struct file *find(struct sim_disk *d, const char *path) {
    for (size_t i = 0; i < d->file_count; i++) {
        if (d->files[i]->path && strcmp(d->files[i]->path, path) == 0) return d->files[i];
    }
    return NULL;
}

static struct file *file_new(struct sim_disk *d, const char *path) {
    struct file *f = mem_zalloc(sizeof *f);
    f->path = mem_strdup(path);
    d->files = mem_realloc(d->files, (d->file_count + 1) * sizeof *d->files);
    d->files[d->file_count++] = f;
    return f;
}

/* Files that nothing names and nobody has open are gone. */
static void sweep(struct sim_disk *d) {
    size_t kept = 0;
    for (size_t i = 0; i < d->file_count; i++) {
        struct file *f = d->files[i];
        if (f->path || f->durable_path || f->open_count)
            d->files[kept++] = f;
        else
            file_free(f);
    }
    d->file_count = kept;
}

/* --- faults --- */

void sim_disk_fail(struct io *io, enum sim_disk_call call, int error, unsigned after, unsigned count) {
    sim_loop_of(io)->disk->faults[call] = (struct disk_fault){count ? error : 0, after, count};
}

void sim_disk_switch(struct io *io, bool on) {
    sim_loop_of(io)->disk->off = !on;
}

/* 0, or the negative errno that this call ends with. */
static int fault(struct io *io, enum sim_disk_call call) {
    struct disk_fault *f = &disk_of(io)->faults[call];
    if (f->error == 0) return 0;
    if (f->after) {
        f->after--;
        return 0;
    }
    int error = f->error;
    if (--f->count == 0) f->error = 0;
    return -error;
}

/* --- contents --- */

static void resize(struct buf *data, size_t size) {
    if (size > data->len) {
        size_t more = size - data->len;
        buf_reserve(data, more);
        memset(data->ptr + data->len, 0, more);
    }
    data->len = size;
}

static void apply(struct buf *data, const struct disk_change *c) {
    if (c->bytes == NULL) {
        resize(data, (size_t)c->offset);
        return;
    }
    if ((size_t)c->offset + c->len > data->len) resize(data, (size_t)c->offset + c->len);
    memcpy(data->ptr + c->offset, c->bytes, c->len);
}

/* Changes what reads see, and remembers it for the next sync. */
static void change(struct file *f, int64_t offset, const void *bytes, size_t len) {
    struct disk_change c = {offset, len, NULL};
    if (bytes) {
        if (len == 0) return;
        c.bytes = mem_alloc(len);
        memcpy(c.bytes, bytes, len);
    }
    apply(&f->data, &c);
    f->changes = mem_realloc(f->changes, (f->change_count + 1) * sizeof(*f->changes));
    f->changes[f->change_count++] = c;
}

/* --- the calls --- */

static struct handle *handle_at(struct io *io, int fd) {
    struct sim_disk *d = disk_of(io);
    return !d->off && fd >= 0 && fd < d->handle_count && d->handles[fd].file ? &d->handles[fd] : NULL;
}

static int sim_open(struct io *io, const char *path, int flags, mode_t mode) {
    struct sim_disk *d = disk_of(io);
    struct file *f = find(d, path);
    if (d->off) return -EIO;
    if (!f && !(flags & O_CREAT)) return -ENOENT;
    if (f && flags & O_CREAT && flags & O_EXCL) return -EEXIST;
    if (f && f->folder && (flags & O_ACCMODE) != O_RDONLY) return -EISDIR;
    int error = f ? 0 : fault(io, SIM_DISK_OPEN);
    if (error) return error;
    if (!f) f = file_new(d, path);
    if (flags & O_TRUNC && f->data.len) change(f, 0, NULL, 0);
    int fd = 0;
    while (fd < d->handle_count && d->handles[fd].file)
        fd++;
    if (fd == d->handle_count) {
        d->handles = mem_realloc(d->handles, ((size_t)d->handle_count + 1) * sizeof *d->handles);
        d->handle_count++;
    }
    d->handles[fd] = (struct handle){f, flags};
    f->open_count++;
    return fd;
}

static int sim_close(struct io *io, int fd) {
    struct handle *h = handle_at(io, fd);
    if (!h) return -EBADF;
    h->file->open_count--;
    h->file = NULL;
    sweep(disk_of(io));
    return 0;
}

static ssize_t sim_read(struct io *io, int fd, void *out, size_t len, int64_t offset) {
    struct handle *h = handle_at(io, fd);
    if (!h) return -EBADF;
    if (offset < 0) return -EINVAL;
    size_t size = h->file->data.len;
    if ((size_t)offset >= size) return 0;
    if (len > size - (size_t)offset) len = size - (size_t)offset;
    if (len) memcpy(out, h->file->data.ptr + offset, len);
    return (ssize_t)len;
}

static ssize_t sim_write(struct io *io, int fd, const void *bytes, size_t len, int64_t offset) {
    struct handle *h = handle_at(io, fd);
    if (!h || (h->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
    if (offset < 0) return -EINVAL;
    int error = fault(io, SIM_DISK_WRITE);
    if (error && len) len = (size_t)sim_draw(sim_world_of(io), (uint32_t)len - 1);
    change(h->file, offset, bytes, len);
    return error ? error : (ssize_t)len;
}

/* One part at a time: a call that takes several may be short anywhere, and the caller goes on. */
static ssize_t sim_write_parts(struct io *io, int fd, const struct iovec *parts, unsigned count,
                               int64_t offset) {
    return sim_write(io, fd, parts->iov_base, parts->iov_len, offset);
}

static int sim_sync(struct io *io, int fd, bool data_only) {
    struct handle *h = handle_at(io, fd);
    if (!h) return -EBADF;
    int error = fault(io, SIM_DISK_SYNC);
    for (size_t i = 0; i < h->file->change_count && !error; i++)
        apply(&h->file->durable, &h->file->changes[i]);
    forget_changes(h->file);
    return error;
}

static int sim_truncate(struct io *io, int fd, int64_t size) {
    struct handle *h = handle_at(io, fd);
    if (!h || (h->flags & O_ACCMODE) == O_RDONLY) return -EBADF;
    if (size < 0) return -EINVAL;
    int error = fault(io, SIM_DISK_TRUNCATE);
    if (!error) change(h->file, size, NULL, 0);
    return error;
}

static int64_t sim_size(struct io *io, int fd) {
    struct handle *h = handle_at(io, fd);
    return h ? (int64_t)h->file->data.len : -EBADF;
}

static void take_name(struct file *f) {
    mem_free(f->path);
    f->path = NULL;
}

static int sim_rename(struct io *io, const char *from, const char *to) {
    struct sim_disk *d = disk_of(io);
    struct file *f = find(d, from), *before = find(d, to);
    if (d->off) return -EIO;
    if (!f) return -ENOENT;
    if (f == before) return 0;
    int error = fault(io, SIM_DISK_RENAME);
    if (error) return error;
    if (before) take_name(before);
    take_name(f);
    f->path = mem_strdup(to);
    sweep(d);
    return 0;
}

static int sim_unlink(struct io *io, const char *path) {
    struct file *f = find(disk_of(io), path);
    if (disk_of(io)->off) return -EIO;
    if (!f) return -ENOENT;
    if (f->folder) return -EISDIR;
    take_name(f);
    sweep(disk_of(io));
    return 0;
}

static int sim_mkdir(struct io *io, const char *path, mode_t mode) {
    struct file *f = find(disk_of(io), path);
    if (disk_of(io)->off) return -EIO;
    if (f) return f->folder ? 0 : -EEXIST;
    file_new(disk_of(io), path)->folder = true;
    return 0;
}

/* The name within folder `path`, or NULL if it lies elsewhere. "." holds the names without a folder. */
static const char *name_in(const char *path, const char *file) {
    size_t len = strlen(path);
    if (strcmp(path, ".") == 0) return strchr(file, '/') ? NULL : file;
    while (len > 1 && path[len - 1] == '/')
        len--;
    if (strncmp(file, path, len) || file[len] != '/' || strchr(file + len + 1, '/')) return NULL;
    return file + len + 1;
}

static int sim_sync_dir(struct io *io, const char *path) {
    struct sim_disk *d = disk_of(io);
    int error = d->off ? -EIO : fault(io, SIM_DISK_SYNC_DIR);
    if (error) return error;
    for (size_t i = 0; i < d->file_count; i++) {
        struct file *f = d->files[i];
        if (!(f->path && name_in(path, f->path)) && !(f->durable_path && name_in(path, f->durable_path)))
            continue;
        mem_free(f->durable_path);
        f->durable_path = f->path ? mem_strdup(f->path) : NULL;
    }
    sweep(d);
    return 0;
}

static bool sim_exists(struct io *io, const char *path) {
    return find(disk_of(io), path);
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sim_list(struct io *io, const char *path, void (*each)(void *owner, const char *name),
                    void *owner) {
    struct sim_disk *d = disk_of(io);
    const char **names = mem_alloc((d->file_count + 1) * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < d->file_count; i++) {
        const char *name = d->files[i]->path ? name_in(path, d->files[i]->path) : NULL;
        if (name) names[count++] = name;
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++)
        each(owner, names[i]);
    mem_free(names);
    return 0;
}

const struct io_disk_ops io_disk_sim = {.open = sim_open,
                                        .close = sim_close,
                                        .read = sim_read,
                                        .write = sim_write,
                                        .write_parts = sim_write_parts,
                                        .sync = sim_sync,
                                        .truncate = sim_truncate,
                                        .size = sim_size,
                                        .rename = sim_rename,
                                        .unlink = sim_unlink,
                                        .mkdir = sim_mkdir,
                                        .sync_dir = sim_sync_dir,
                                        .exists = sim_exists,
                                        .list = sim_list};

/* --- power cuts --- */

#define SECTOR 512

/* Some sectors of what was written reach the disk, each by a throw of the dice. */
static void tear(struct sim_world *w, struct buf *data, const struct disk_change *c) {
    for (size_t at = 0; at < c->len;) {
        size_t end = ((size_t)c->offset + at) / SECTOR * SECTOR + SECTOR - (size_t)c->offset;
        size_t len = (end < c->len ? end : c->len) - at;
        if (sim_draw(w, 1)) apply(data, &(struct disk_change){c->offset + (int64_t)at, len, c->bytes + at});
        at += len;
    }
}

/* What the disk did by itself since the last sync, in no order. Cuts were not done, or all of what came
 * before them. */
static void apply_some(struct sim_world *w, struct file *f) {
    size_t from = 0;
    for (size_t i = 0; i < f->change_count; i++)
        if (f->changes[i].bytes == NULL && sim_draw(w, 1)) {
            for (; from <= i; from++)
                apply(&f->durable, &f->changes[from]);
        }
    bool all = sim_draw(w, 3) == 0;
    while (f->change_count > from) {
        size_t pick = from + (size_t)sim_draw(w, (uint32_t)(f->change_count - from - 1));
        struct disk_change c = f->changes[pick];
        f->changes[pick] = f->changes[--f->change_count];
        if (c.bytes && all)
            apply(&f->durable, &c);
        else if (c.bytes)
            tear(w, &f->durable, &c);
        mem_free(c.bytes);
    }
}

void sim_disk_kill(struct io *io) {
    struct sim_disk *d = disk_of(io);
    for (int i = 0; i < d->handle_count; i++) {
        if (d->handles[i].file) d->handles[i].file->open_count--;
        d->handles[i].file = NULL;
    }
    memset(d->faults, 0, sizeof(d->faults));
    sweep(d);
}

static void crash(struct io *io, bool torn) {
    struct sim_disk *d = disk_of(io);
    bool names_survive = torn && sim_draw(sim_world_of(io), 1);
    sim_disk_kill(io);
    for (size_t i = 0; i < d->file_count; i++) {
        struct file *f = d->files[i];
        if (torn) apply_some(sim_world_of(io), f);
        forget_changes(f);
        buf_clear(&f->data);
        if (f->durable.len) buf_append(&f->data, f->durable.ptr, f->durable.len);
        char *name = names_survive ? f->path : f->durable_path;
        name = name ? mem_strdup(name) : NULL;
        mem_free(f->path);
        mem_free(f->durable_path);
        f->path = name;
        f->durable_path = name ? mem_strdup(name) : NULL;
    }
    sweep(d);
}

void sim_disk_crash(struct io *io) {
    crash(io, false);
}

void sim_disk_crash_torn(struct io *io) {
    crash(io, true);
}
