/* Which arguments are secret follows from the command and its words, not from whether it succeeded: a
 * password in a command that was mistyped is a password all the same. */
#include "server/observe/redact.h"
#include "commands/command_ids.h"

/* The `count` arguments behind the first `word` from `from` on; options in between take none. */
static struct redaction behind_word(const struct call *call, int from, const char *word, int count) {
    for (int i = from; i < call->argc; i++) {
        if (!slice_is(call->argv[i], word)) continue;
        int end = i + 1 + count;
        return (struct redaction){i + 1, end < call->argc ? end : call->argc, NULL};
    }
    return (struct redaction){0};
}

/* MIGRATE host port key db timeout … [AUTH p | AUTH2 u p] … [KEYS k …]: what stands behind KEYS are keys. */
static struct redaction in_migrate(const struct call *call) {
    for (int i = 6; i < call->argc && !slice_is(call->argv[i], "keys"); i++) {
        int count = slice_is(call->argv[i], "auth") ? 1 : slice_is(call->argv[i], "auth2") ? 2 : 0;
        if (count == 0) continue;
        int end = i + 1 + count;
        return (struct redaction){i + 1, end < call->argc ? end : call->argc, NULL};
    }
    return (struct redaction){0};
}

struct redaction redaction_of(struct conf *conf, const struct call *call) {
    switch (call->spec->id) {
    case CMD_AUTH: return (struct redaction){1, call->argc, NULL};
    case CMD_ACL_SETUSER: return (struct redaction){2, call->argc, NULL};
    case CMD_HELLO: return behind_word(call, 2, "auth", 2);
    case CMD_MIGRATE: return in_migrate(call);
    case CMD_CONFIG_SET: return (struct redaction){0, 0, conf};
    default: return (struct redaction){0};
    }
}

bool redaction_hides(const struct redaction *r, const struct call *call, int arg) {
    if (arg >= r->first && arg < r->end) return true;
    return r->conf && arg >= 3 && arg % 2 == 1 && conf_is_sensitive(r->conf, call->argv[arg - 1]);
}
