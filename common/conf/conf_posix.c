/* The files of a configuration at boot: read whole, matched by glob(3), replaced by way of a temporary file:
 *
 *      write x.tmp ─► fsync x.tmp ─► rename to x ─► fsync the folder
 *
 * so that a crash leaves the old file or the new one. */
#include "common/conf/conf_posix.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX (64 << 20) /* no configuration is larger; /dev/zero is */

static bool fail_errno(struct conf_error *err) {
    return conf_fail(err, "%s", strerror(errno));
}

static bool read_fd(int fd, struct buf *out, struct conf_error *err) {
    for (;;) {
        buf_reserve(out, 16384);
        ssize_t n = read(fd, out->ptr + out->len, out->cap - out->len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err);
        if (n == 0) return true;
        out->len += (size_t)n;
        if (out->len > FILE_BYTES_MAX) return conf_fail(err, "the file is too large for a configuration");
    }
}

static bool posix_read(void *owner, const char *path, struct buf *out, bool *absent, struct conf_error *err) {
    if (strcmp(path, "-") == 0) return read_fd(STDIN_FILENO, out, err);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *absent = errno == ENOENT;
        return fail_errno(err);
    }
    bool ok = read_fd(fd, out, err);
    close(fd);
    return ok;
}

static bool write_fd(int fd, struct slice content, struct conf_error *err) {
    while (content.len) {
        ssize_t n = write(fd, content.ptr, content.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err);
        content = (struct slice){content.ptr + n, content.len - (size_t)n};
    }
    return fsync(fd) == 0 || fail_errno(err);
}

static bool sync_folder_of(const char *path, struct conf_error *err) {
    struct buf folder = {0};
    const char *slash = strrchr(path, '/');
    if (!slash)
        buf_append_str(&folder, ".");
    else
        buf_append(&folder, path, slash == path ? 1 : (size_t)(slash - path));
    int fd = open(buf_cstr(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    buf_deinit(&folder);
    if (fd < 0) return fail_errno(err);
    bool ok = fsync(fd) == 0 || fail_errno(err);
    close(fd);
    return ok;
}

static bool posix_replace(void *owner, const char *path, struct slice content, struct conf_error *err) {
    struct stat old;
    mode_t mode = stat(path, &old) == 0 ? old.st_mode & 0777 : 0644;
    struct buf temporary = {0};
    buf_printf(&temporary, "%s.%d.tmp", path, (int)getpid());
    int fd = open(buf_cstr(&temporary), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    bool ok = fd >= 0 || fail_errno(err);
    bool created = ok;
    ok = ok && write_fd(fd, content, err);
    ok = ok && (fchmod(fd, mode) == 0 || fail_errno(err)); /* whatever the umask is */
    if (fd >= 0) close(fd);
    ok = ok && (rename(buf_cstr(&temporary), path) == 0 || fail_errno(err));
    if (created && !ok) unlink(buf_cstr(&temporary));
    ok = ok && sync_folder_of(path, err);
    buf_deinit(&temporary);
    return ok;
}

static bool posix_glob(void *owner, const char *pattern, void (*each)(void *arg, const char *path), void *arg,
                       struct conf_error *err) {
    glob_t found = {0};
    int rc = glob(pattern, 0, NULL, &found);
    bool ok = rc == 0 || rc == GLOB_NOMATCH || conf_fail(err, "can't list the files that match %s", pattern);
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        each(arg, found.gl_pathv[i]);
    globfree(&found);
    return ok;
}

static bool posix_absolute(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    if (path[0] != '/') {
        char *folder = getcwd(NULL, 0);
        if (!folder) return fail_errno(err);
        buf_printf(out, "%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/");
        free(folder);
    }
    buf_append_str(out, path);
    return true;
}

static bool posix_folder(void *owner, const char *path, struct buf *out, struct conf_error *err) {
    char *real = realpath(path, NULL);
    struct stat found;
    if (!real) return fail_errno(err);
    bool ok = stat(real, &found) == 0 || fail_errno(err);
    if (ok && !S_ISDIR(found.st_mode)) {
        errno = ENOTDIR;
        ok = fail_errno(err);
    }
    ok = ok && (access(real, X_OK) == 0 || fail_errno(err));
    if (ok) buf_append_str(out, real);
    free(real);
    return ok;
}

const struct conf_files conf_posix_files = {.read = posix_read,
                                            .replace = posix_replace,
                                            .glob = posix_glob,
                                            .absolute = posix_absolute,
                                            .folder = posix_folder};
