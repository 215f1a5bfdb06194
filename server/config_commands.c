/* CONFIG, thin over common/conf: who may change what is decided here, everything else there.
 *
 * A rewrite goes through the blocking half of the io door: one small file, its fsync and a rename, at an
 * operator's word. */
#include "server/config_commands.h"
#include "commands/command_ids.h"
#include "common/base/panic.h"
#include "common/commands/command.h"
#include "common/commands/describe.h"
#include "common/conf/conf_posix.h"
#include "common/io/io_file.h"
#include "server/exec/options.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

void config_commands_init(struct config_commands *config, struct conf *conf, const struct conf_files *files,
                          const struct exec_conf *options) {
    *config = (struct config_commands){.conf = conf, .files = files, .options = options};
}

void config_on_resetstat(struct config_commands *config, void (*reset)(void *owner), void *owner) {
    must(config->reset_count < CONFIG_RESETS_MAX);
    config->resets[config->reset_count].reset = reset;
    config->resets[config->reset_count].owner = owner;
    config->reset_count++;
}

static void cmd_config_get(struct call *call) {
    struct config_commands *config = call->module;
    conf_get_reply(config->conf, call->argv + 2, call->argc - 2, call->reply);
}

static void cmd_config_set(struct call *call) {
    struct config_commands *config = call->module;
    struct conf_caller caller = {
        .protected_allowed = exec_protected_allows(config->options->enable_protected_configs, call->session),
        .loading = config->loading && *config->loading,
    };
    conf_set(config->conf, call->argv + 2, call->argc - 2, caller, call->reply);
}

static void cmd_config_rewrite(struct call *call) {
    struct config_commands *config = call->module;
    conf_rewrite(config->conf, config->files, false, call->reply);
}

static void cmd_config_resetstat(struct call *call) {
    struct config_commands *config = call->module;
    for (int i = 0; i < config->reset_count; i++)
        config->resets[i].reset(config->resets[i].owner);
    resp_ok(call->reply);
}

static void cmd_config_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_CONFIG));
}

const struct command_binding config_bindings[] = {
    {CMD_CONFIG_GET, cmd_config_get},         {CMD_CONFIG_SET, cmd_config_set},
    {CMD_CONFIG_REWRITE, cmd_config_rewrite}, {CMD_CONFIG_RESETSTAT, cmd_config_resetstat},
    {CMD_CONFIG_HELP, cmd_config_help},       COMMAND_BINDINGS_END,
};

/* --- files through the io door --- */

static bool fail_code(struct conf_error *err, int64_t code) {
    return conf_fail(err, "%s", strerror((int)-code));
}

static bool io_read(void *owner, const char *path, struct buf *out, bool *absent, struct conf_error *err) {
    struct io *io = owner;
    int fd = io_disk_open(io, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        *absent = fd == -ENOENT;
        return fail_code(err, fd);
    }
    int64_t size = io_disk_size(io, fd);
    ssize_t got = size;
    if (size >= 0) {
        buf_reserve(out, (size_t)size);
        got = io_disk_read(io, fd, out->ptr + out->len, (size_t)size, 0);
        if (got > 0) out->len += (size_t)got;
    }
    io_disk_close(io, fd);
    return got >= 0 || fail_code(err, got);
}

/* A configuration may hold passwords: nobody shall read the new file who could not read the old one. */
static mode_t mode_of(const char *path) {
    struct stat found;
    return stat(path, &found) == 0 ? found.st_mode & 0777 : 0644;
}

/* Writes and syncs a new file; a negative errno if it cannot be. */
static int64_t write_new(struct io *io, const char *path, mode_t mode, struct slice content) {
    int fd = io_disk_open(io, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) return fd;
    int64_t code = io_disk_write(io, fd, content.ptr, content.len, 0);
    if (code >= 0) code = io_disk_sync(io, fd, false);
    io_disk_close(io, fd);
    return code;
}

static void folder_of(const char *path, struct buf *out) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        buf_append_str(out, ".");
    else
        buf_append(out, path, slash == path ? 1 : (size_t)(slash - path));
}

static bool io_replace(void *owner, const char *path, struct slice content, struct conf_error *err) {
    struct io *io = owner;
    struct buf temporary = {0}, folder = {0};
    buf_printf(&temporary, "%s.rewrite.tmp", path);
    folder_of(path, &folder);
    int64_t code = write_new(io, buf_cstr(&temporary), mode_of(path), content);
    if (code >= 0) code = io_disk_rename(io, buf_cstr(&temporary), path);
    if (code < 0) io_disk_unlink(io, buf_cstr(&temporary));
    if (code >= 0) code = io_disk_sync_dir(io, buf_cstr(&folder));
    buf_deinit(&temporary);
    buf_deinit(&folder);
    return code >= 0 || fail_code(err, code);
}

struct conf_files config_files_of(struct io *io) {
    struct conf_files files = conf_posix_files; /* patterns and paths, which only loading at boot asks for */
    files.owner = io;
    files.read = io_read;
    files.replace = io_replace;
    return files;
}
