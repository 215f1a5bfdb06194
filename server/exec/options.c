/* The options that dispatch reads. */
#include "server/exec/options.h"
#include "server/exec/exec_int.h"

static const struct conf_choice protections[] = {
    {"no", EXEC_PROTECTED_NO}, {"yes", EXEC_PROTECTED_YES}, {"local", EXEC_PROTECTED_LOCAL}, {NULL, 0}};

#define FIELD struct exec_conf

static const struct conf_option options[] = {
    CONF_OPT_BOOL("latency-tracking", FIELD, latency_tracking, "yes"),
    CONF_OPT_CUSTOM("latency-tracking-info-percentiles", FIELD, percentiles, &conf_percentiles_type,
                    "50 99 99.9", .flags = CONF_MULTI_ARG),
    CONF_OPT_ENUM("enable-debug-command", FIELD, enable_debug_command, protections, "no",
                  .flags = CONF_IMMUTABLE),
    CONF_OPT_ENUM("enable-module-command", FIELD, enable_module_command, protections, "no",
                  .flags = CONF_IMMUTABLE),
    CONF_OPT_ENUM("enable-protected-configs", FIELD, enable_protected_configs, protections, "no",
                  .flags = CONF_IMMUTABLE),
    CONF_OPT_LINE("rename-command", 2, 2, exec_rename_command),
};

void exec_register_options(struct exec_conf *exec_conf, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), exec_conf, exec_conf);
}

void exec_conf_deinit(struct exec_conf *exec_conf) {
    command_names_deinit(&exec_conf->names);
}

bool exec_protected_allows(int protection, const struct session *s) {
    return protection == EXEC_PROTECTED_YES ||
           (protection == EXEC_PROTECTED_LOCAL && (s->flags & SESSION_LOCAL));
}
