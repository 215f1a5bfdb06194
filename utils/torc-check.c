/* torc-check [--fix] [--describe] [--truncate-to-timestamp SECONDS] FILE
 *
 * Verifies, describes and repairs a snapshot (check_rdb.h), or an append-only file: FILE is a manifest, or
 * one part of it. What can be cut off is the end of the last file, and it is kept beside it. Also called
 * redis-check-aof and redis-check-rdb. */
#include "common/base/mem.h"
#include "common/io/io_file.h"
#include "server/persist/aof_files.h"
#include "server/persist/aof_rdb.h"
#include "server/persist/aof_reader.h"
#include "utils/check_rdb.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE (1 << 20)

struct check {
    struct io *io;
    struct aof_place place;
    bool fix, describe;
    long long until_s; /* --truncate-to-timestamp; 0: none */
};

/* What was found in one file. */
struct findings {
    const char *name;
    int fd;
    int64_t size, good; /* good: behind the last whole unit */
    long long lines;    /* up to `good` */
    int64_t cut_at;     /* where the first time behind the one that is asked for stands; -1: nowhere */
    struct aof_group cut_group; /* that it stands in */
    bool in_group;
    struct aof_group last;
    uint64_t groups, commands, plain_commands, times;
    int64_t first_time_s, last_time_s;
    bool rdb, sound, torn;
    uint64_t rdb_keys;
    struct aof_behind behind;
    char problem[300];
};

static ssize_t read_at(void *owner, void *out, size_t len, int64_t offset) {
    struct findings *f = owner;
    ssize_t n;
    do {
        n = pread(f->fd, out, len, offset);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* --- looking through one file --- */

static void show_progress(const struct findings *f, int64_t at, int *shown) {
    int percent = f->size ? (int)(at * 100 / f->size) : 100;
    if (f->size < 64 * PIECE || percent / 5 == *shown / 5) return;
    *shown = percent;
    fprintf(stderr, "%s: %d %%\n", f->name, percent);
}

/* False: the file could not be read, or its beginning is no RDB. */
static bool pass_rdb(struct check *c, struct findings *f, struct aof_reader *r, char *room) {
    struct aof_rdb rdb;
    int shown = 0;
    bool ok = false, over = false;
    aof_rdb_init(&rdb, (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32);
    while (!over) {
        struct slice window = {r->bytes.ptr + r->used, r->bytes.len - r->used};
        size_t used;
        enum aof_rdb_state state = aof_rdb_read(&rdb, window, (uint64_t)(f->size - r->fed), &used);
        r->used += used;
        r->at += (int64_t)used;
        f->rdb |= used > 0;
        ok = state == AOF_RDB_DONE;
        over = ok || state == AOF_RDB_BAD;
        if (state == AOF_RDB_BAD)
            snprintf(f->problem, sizeof(f->problem), "RDB preamble, at offset %lld: %s", (long long)r->at,
                     rdb.error);
        if (state != AOF_RDB_FEED) continue;
        int64_t left = f->size - r->fed;
        ssize_t n = read_at(f, room, left < PIECE ? (size_t)left : PIECE, r->fed);
        over = n <= 0;
        if (!over) aof_reader_feed(r, room, (size_t)n);
        show_progress(f, r->fed, &shown);
    }
    f->rdb_keys = rdb.keys;
    aof_rdb_deinit(&rdb);
    return ok;
}

static void note_time(struct check *c, struct findings *f, const struct aof_reader *r) {
    if (f->times++ == 0) f->first_time_s = r->time_s;
    f->last_time_s = r->time_s;
    if (c->until_s && r->time_s > c->until_s && f->cut_at < 0) {
        f->cut_at = r->item_at;
        f->in_group = r->item_at < r->group_end;
        f->cut_group = f->last;
    }
}

static void look_through(struct check *c, struct findings *f) {
    struct aof_reader r;
    char *room = mem_alloc(PIECE);
    int shown = 0;
    bool in_multi = false, over = false;
    aof_reader_init(&r, 0, f->size);
    over = !pass_rdb(c, f, &r, room);
    f->good = r.at;
    if (over && !f->problem[0])
        snprintf(f->problem, sizeof(f->problem), "it cannot be read: %s", strerror(errno));
    while (!over) {
        enum aof_item item = aof_reader_next(&r);
        switch (item) {
        case AOF_MORE: {
            int64_t left = f->size - r.fed;
            ssize_t n = read_at(f, room, left < PIECE ? (size_t)left : PIECE, r.fed);
            if (n <= 0) snprintf(f->problem, sizeof(f->problem), "it cannot be read: %s", strerror((int)-n));
            over = n <= 0;
            if (!over) aof_reader_feed(&r, room, (size_t)n);
            show_progress(f, r.fed, &shown);
            break;
        }
        case AOF_COMMAND:
            f->commands++;
            f->plain_commands += r.at > r.group_end;
            if (slice_is(r.argv[0], "MULTI")) in_multi = true;
            if (slice_is(r.argv[0], "EXEC") || slice_is(r.argv[0], "DISCARD")) in_multi = false;
            if (!in_multi) f->good = r.at;
            break;
        case AOF_GROUP:
            f->groups++;
            f->last = r.group;
            if (!in_multi) f->good = r.at;
            break;
        case AOF_TIME:
            note_time(c, f, &r);
            if (!in_multi) f->good = r.at;
            break;
        case AOF_END:
            f->sound = !in_multi;
            f->torn = in_multi;
            if (in_multi)
                snprintf(f->problem, sizeof(f->problem), "it ends within a transaction");
            else
                f->good = r.at; /* annotations at the end */
            over = true;
            break;
        case AOF_FAULT: {
            struct aof_source source = {f, read_at};
            aof_look_behind(&source, r.at, f->size, &f->behind);
            f->torn = aof_reader_is_torn(&r) && f->behind.proof < 0;
            snprintf(f->problem, sizeof(f->problem), "%s at offset %lld", r.error, (long long)r.at);
            over = true;
            break;
        }
        }
    }
    aof_reader_deinit(&r);
    mem_free_sized(room, PIECE);
}

static void count_lines(struct findings *f) {
    char room[1 << 16];
    for (int64_t at = 0; at < f->good;) {
        int64_t left = f->good - at;
        ssize_t n = read_at(f, room, left < (int64_t)sizeof(room) ? (size_t)left : sizeof(room), at);
        if (n <= 0) break;
        for (ssize_t i = 0; i < n; i++)
            f->lines += room[i] == '\n';
        at += n;
    }
    f->lines += !f->sound;
}

static void describe(const struct findings *f) {
    if (f->rdb) printf("  %llu keys in the RDB preamble\n", (unsigned long long)f->rdb_keys);
    printf("  %llu commands, %llu of them in %llu verified groups", (unsigned long long)f->commands,
           (unsigned long long)(f->commands - f->plain_commands), (unsigned long long)f->groups);
    if (f->groups)
        printf("; the last begins at offset %lld, journal position %llu, synced up to offset %lld",
               (long long)f->last.start, (unsigned long long)f->last.position, (long long)f->last.durable);
    printf("\n");
    if (f->times)
        printf("  times from %lld to %lld\n", (long long)f->first_time_s, (long long)f->last_time_s);
}

/* --- repairing --- */

static bool confirmed(void) {
    char answer[8] = "";
    printf("Continue? [y/N]: ");
    fflush(stdout);
    if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y')) return true;
    printf("Aborting...\n");
    return false;
}

static bool cut(struct check *c, struct findings *f, int64_t at) {
    char aside[400];
    snprintf(aside, sizeof(aside), "%.300s.cut-%lld", f->name, (long long)time(NULL));
    int error = aof_set_aside(&c->place, f->name, aside, at, f->size);
    if (error < 0) printf("Failed to truncate AOF %s: %s\n", f->name, strerror(-error));
    if (error == 0) printf("What was cut off is in %s\n", aside);
    return error == 0;
}

/* The part of a group that stays gets a line of its own, so that it verifies. */
static bool seal_again(struct check *c, struct findings *f, const struct aof_group *whole, int64_t line_at,
                       int64_t end) {
    size_t len = (size_t)(end - whole->start);
    char *body = mem_alloc(len + 1), line[AOF_GROUP_MAX];
    bool ok = read_at(f, body, len, whole->start) == (ssize_t)len && cut(c, f, line_at);
    if (ok && len) {
        struct aof_group g = *whole;
        g.length = (int64_t)len;
        if (g.durable > line_at) g.durable = line_at;
        aof_group_place(&g, line_at);
        size_t line_len = aof_group_line(&g, (struct slice){body, len}, line);
        ok = pwrite(f->fd, line, line_len, line_at) == (ssize_t)line_len &&
             pwrite(f->fd, body, len, g.start) == (ssize_t)len && fsync(f->fd) == 0;
    }
    mem_free_sized(body, len + 1);
    return ok;
}

static int64_t line_of(struct findings *f, const struct aof_group *g) {
    char line[AOF_GROUP_MAX];
    int64_t from = g->start > AOF_GROUP_MAX ? g->start - AOF_GROUP_MAX : 0;
    ssize_t n = read_at(f, line, (size_t)(g->start - from), from);
    for (ssize_t i = n - 1; i >= 0; i--)
        if (line[i] == '#') return from + i;
    return -1;
}

static bool cut_to_time(struct check *c, struct findings *f, bool last) {
    if (f->cut_at < 0) {
        printf("Truncate nothing in AOF %s to timestamp %lld\n", f->name, c->until_s);
        return true;
    }
    if (!last) {
        printf(
            "Failed to truncate AOF %s to timestamp %lld to offset %lld because it is not the last file.\n",
            f->name, c->until_s, (long long)f->cut_at);
        printf("If you insist, remove all files behind it from the manifest by hand, then try again.\n");
        return false;
    }
    if (f->cut_at == 0) {
        printf("AOF %s has nothing before timestamp %lld, aborting...\n", f->name, c->until_s);
        return false;
    }
    struct aof_group g = f->cut_group;
    bool ok = f->in_group ? seal_again(c, f, &g, line_of(f, &g), f->cut_at) : cut(c, f, f->cut_at);
    if (ok) printf("Successfully truncated AOF %s to timestamp %lld\n", f->name, c->until_s);
    return ok;
}

static bool repair(struct check *c, struct findings *f, bool last) {
    if (!c->fix) {
        printf("AOF %s is not valid. Use the --fix option to try fixing it.\n", f->name);
        return false;
    }
    if (!last) {
        printf("Failed to truncate AOF %s because it is not the last file\n", f->name);
        return false;
    }
    if (f->behind.first >= 0)
        printf("Sound records follow the damage from offset %lld on: cutting here loses them, too. To keep "
               "them, start the "
               "server with aof-load-damaged yes.\n",
               (long long)f->behind.first);
    printf("This will shrink the AOF %s from %lld bytes, with %lld bytes, to %lld bytes\n", f->name,
           (long long)f->size, (long long)(f->size - f->good), (long long)f->good);
    if (!confirmed() || !cut(c, f, f->good)) return false;
    printf("Successfully truncated AOF %s\n", f->name);
    return true;
}

/* --- files --- */

/* True: valid, or made valid. */
static bool check_file(struct check *c, const char *name, const char *kind, bool last) {
    struct findings f = {.name = name, .cut_at = -1, .behind = {-1, -1}};
    f.fd = aof_file_open(&c->place, name, &f.size);
    if (f.fd < 0) {
        printf("Cannot open file %s: %s, aborting...\n", name, strerror(-f.fd));
        return false;
    }
    look_through(c, &f);
    count_lines(&f);
    if (f.rdb) printf("RDB preamble is OK, proceeding with AOF tail...\n");
    if (!f.sound) printf("%s: %s\n", name, f.problem);
    printf("AOF analyzed: filename=%s, size=%lld, ok_up_to=%lld, ok_up_to_line=%lld, diff=%lld\n", name,
           (long long)f.size, (long long)f.good, f.lines, (long long)(f.size - f.good));
    if (c->describe) describe(&f);
    bool ok = f.sound;
    if (c->until_s && ok)
        ok = cut_to_time(c, &f, last);
    else if (ok)
        printf("%s%s%s is valid\n", kind, *kind ? " " : "", name);
    else
        ok = repair(c, &f, last);
    io_disk_close(c->io, f.fd);
    return ok;
}

static bool has_preamble(struct check *c, const char *name) {
    int64_t size;
    char magic[5] = "";
    int fd = aof_file_open(&c->place, name, &size);
    if (fd < 0) return false;
    bool is = io_disk_read(c->io, fd, magic, sizeof(magic), 0) == 5 && memcmp(magic, "REDIS", 5) == 0;
    io_disk_close(c->io, fd);
    return is;
}

static bool check_manifest(struct check *c, struct slice text) {
    struct aof_manifest m = {0};
    struct aof_manifest_error err;
    bool ok = aof_manifest_parse(&m, text, &err);
    if (!ok) printf("%s, at line %d: %s\n", err.reason, err.line, buf_cstr(&err.text));
    buf_deinit(&err.text);
    if (ok) printf("Start checking Multi Part AOF\n");
    if (ok && m.base.name) {
        printf("Start to check BASE AOF (%s format).\n", has_preamble(c, m.base.name) ? "RDB" : "RESP");
        ok = check_file(c, m.base.name, "BASE AOF", m.incr_count == 0);
    }
    if (ok && m.incr_count) printf("Start to check INCR files.\n");
    for (int i = 0; ok && i < m.incr_count; i++)
        ok = check_file(c, m.incrs[i].name, "INCR AOF", i == m.incr_count - 1);
    if (ok && !c->until_s) printf("All AOF files and manifest are valid\n");
    aof_manifest_deinit(&m);
    return ok;
}

/* A manifest ends in a whole line that reads as one; an append-only file begins otherwise. */
static bool is_manifest(struct slice text, const char *name) {
    size_t len = strlen(name);
    if (len > 9 && strcmp(name + len - 9, ".manifest") == 0) return true;
    return text.len > 5 && memcmp(text.ptr, "file ", 5) == 0;
}

static int run(struct check *c, const char *path) {
    char *folder_of = mem_strdup(path), *name_of = mem_strdup(path);
    const char *name = basename(name_of);
    aof_place_init(&c->place, c->io, dirname(folder_of), ".", name);
    struct buf text = {0};
    int64_t size = 0;
    int fd = aof_file_open(&c->place, name, &size);
    bool ok = fd >= 0;
    if (!ok) printf("Cannot open file %s: %s, aborting...\n", path, strerror(-fd));
    if (ok) io_disk_close(c->io, fd);
    if (ok && size == 0) printf("Empty file: %s\n", path);
    if (ok && size < 16 * PIECE) ok = aof_read_whole(&c->place, name, &text) == 0;
    if (ok && text.len && is_manifest(buf_slice(&text), name)) {
        ok = check_manifest(c, buf_slice(&text));
    } else if (ok) {
        printf("Start checking Old-Style AOF\n");
        ok = check_file(c, name, "AOF", true);
    }
    buf_deinit(&text);
    aof_place_deinit(&c->place);
    mem_free(folder_of);
    mem_free(name_of);
    return ok ? 0 : 1;
}

static int usage(const char *program) {
    printf("Usage: %s [--fix] [--describe] [--truncate-to-timestamp SECONDS] "
           "<file.manifest|file.aof|file.rdb>\n",
           program);
    return 1;
}

static bool ends_in(const char *text, const char *end) {
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* What we are called decides, then what the file is called, whatever damage made of its first bytes; then
 * those. */
static bool is_snapshot(const char *program, const char *path) {
    if (ends_in(program, "redis-check-rdb")) return true;
    if (ends_in(program, "redis-check-aof")) return false;
    return ends_in(path, ".rdb") || (!ends_in(path, ".aof") && check_rdb_is_one(path));
}

int main(int argc, char **argv) {
    struct check c = {0};
    char error[160];
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--fix") == 0)
            c.fix = true;
        else if (strcmp(argv[i], "--describe") == 0)
            c.describe = true;
        else if (strcmp(argv[i], "--truncate-to-timestamp") == 0 && i + 1 < argc)
            c.until_s = strtoll(argv[++i], NULL, 10);
        else if (argv[i][0] == '-' || path)
            return usage(argv[0]);
        else
            path = argv[i];
    }
    if (path == NULL || (c.fix && c.until_s)) return usage(argv[0]);
    if (!c.until_s && is_snapshot(argv[0], path)) {
        const struct check_rdb rdb = {.describe = c.describe, .fix = c.fix, .confirmed = confirmed};
        return check_rdb_file(&rdb, path) ? 0 : 1;
    }
    struct io_config config = {.engine = IO_ENGINE_EPOLL};
    c.io = io_create(&config, error);
    if (c.io == NULL) {
        printf("%s\n", error);
        return 1;
    }
    int status = run(&c, path);
    io_destroy(&c.io);
    return status;
}
