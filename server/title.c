/* Linux shows the bytes between the first argument and the end of the environment as a process's command
 * line. Both are copied away at the start, so the whole run can be overwritten. */
#include "server/title.h"
#include "common/base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static struct {
    char *start;
    size_t size;
    char **arguments; /* the copy */
} area;               /* one per process, as is its title */

char **title_take_arguments(int argc, char **argv) {
    if (argc < 1) return argv;
    char *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
    size_t variables = 0;
    for (; environ[variables]; variables++)
        if (environ[variables] == end) end += strlen(end) + 1;
    char **arguments = mem_alloc(((size_t)argc + 1) * sizeof(char *));
    for (int i = 0; i < argc; i++)
        arguments[i] = mem_strdup(argv[i]);
    arguments[argc] = NULL;
    char **environment = mem_alloc((variables + 1) * sizeof(char *));
    for (size_t i = 0; i < variables; i++)
        environment[i] = mem_strdup(environ[i]);
    environment[variables] = NULL;
    area.start = argv[0];
    area.size = (size_t)(end - argv[0]);
    environ = environment;
    area.arguments = arguments;
    return arguments;
}

static const char *const variables[] = {"{title}",    "{listen-addr}", "{server-mode}", "{port}",
                                        "{tls-port}", "{unixsocket}",  "{config-file}"};

static bool template_is_valid(void *owner, const void *value, struct conf_error *err) {
    const char *at = *(char *const *)value;
    while (at && *at) {
        size_t step = *at != '{' && *at != '}';
        for (size_t i = 0; i < CONF_COUNT(variables) && !step; i++)
            if (strncmp(at, variables[i], strlen(variables[i])) == 0) step = strlen(variables[i]);
        if (!step) return conf_fail(err, "template format is invalid or contains unknown variables");
        at += step;
    }
    return true;
}

static bool apply_template(void *owner, struct conf_error *err) {
    struct title_options *options = owner;
    if (options->conf) title_set(options, options->conf, options->program);
    return true;
}

static const struct conf_option options_table[] = {
    CONF_OPT_BOOL("set-proc-title", struct title_options, enabled, "yes", .flags = CONF_IMMUTABLE),
    CONF_OPT_STRING("proc-title-template", struct title_options, template,
                    "{title} {listen-addr} {server-mode}", .validate = template_is_valid,
                    .apply = apply_template),
};

void title_register_options(struct title_options *options, struct conf *conf) {
    conf_register(conf, options_table, CONF_COUNT(options_table), options, options);
}

static void put_listen_address(struct conf *conf, struct buf *out) {
    struct buf binds = {0}, port = {0}, path = {0};
    conf_print(conf, "bind", &binds);
    conf_print(conf, "port", &port);
    conf_print(conf, "unixsocket", &path);
    const char *first = buf_cstr(&binds);
    size_t len = strcspn(first, " ");
    if (strcmp(buf_cstr(&port), "0") == 0 && path.len)
        buf_append_slice(out, buf_slice(&path));
    else if (len == 0)
        buf_printf(out, "*:%s", buf_cstr(&port));
    else
        buf_printf(out, memchr(first, ':', len) ? "[%.*s]:%s" : "%.*s:%s", (int)len, first, buf_cstr(&port));
    buf_deinit(&binds);
    buf_deinit(&port);
    buf_deinit(&path);
}

/* Cluster and sentinel have a mode word; an ordinary server has none. */
static void put_mode(struct conf *conf, struct buf *out) {
    struct buf enabled = {0};
    conf_print(conf, "cluster-enabled", &enabled);
    if (strcmp(buf_cstr(&enabled), "yes") == 0) buf_append_str(out, "[cluster]");
    buf_deinit(&enabled);
}

static void put_variable(size_t which, struct conf *conf, const char *program, struct buf *out) {
    switch (which) {
    case 0: buf_append_str(out, program); break;
    case 1: put_listen_address(conf, out); break;
    case 2: put_mode(conf, out); break;
    case 3: conf_print(conf, "port", out); break;
    case 4: conf_print(conf, "tls-port", out); break;
    case 5: conf_print(conf, "unixsocket", out); break;
    case 6: buf_append_str(out, conf_file(conf) ? conf_file(conf) : ""); break;
    }
}

void title_set(struct title_options *options, struct conf *conf, const char *program) {
    options->conf = conf;
    options->program = program;
    if (!options->enabled || options->template == NULL || area.start == NULL) return;
    struct buf title = {0};
    for (const char *at = options->template; *at;) {
        size_t which = 0;
        while (which < CONF_COUNT(variables) && strncmp(at, variables[which], strlen(variables[which])) != 0)
            which++;
        if (which == CONF_COUNT(variables)) {
            buf_append_char(&title, *at++);
            continue;
        }
        put_variable(which, conf, program, &title);
        at += strlen(variables[which]);
    }
    while (title.len && title.ptr[title.len - 1] == ' ')
        title.len--;
    size_t len = title.len < area.size - 1 ? title.len : area.size - 1;
    memcpy(area.start, title.ptr, len);
    memset(area.start + len, 0, area.size - len);
    prctl(PR_SET_NAME, program);
    buf_deinit(&title);
}
