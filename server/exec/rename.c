/* rename-command: which names the commands of this server go by.
 *
 *      rename-command CONFIG b840fc02      only who knows the name changes the configuration
 *      rename-command FLUSHALL ""          nobody flushes
 *
 * Lines of the file are taken one after the other, so a name that one line has freed can be given by the
 * next. What is kept lies in the exec_conf; dispatch looks at it only when some line came (struct exec,
 * names). Since an append-only file and replicas hold the names of declarations, whatever is replayed from
 * there is looked up as declared. */
#include "server/exec/exec_int.h"

bool exec_rename_command(void *owner, const struct slice *words, int count, struct conf_error *err) {
    struct exec_conf *exec_conf = owner;
    const char *wrong = command_names_change(&exec_conf->names, words[0], words[1]);
    return wrong == NULL || conf_fail(err, "%s", wrong);
}

const struct command_spec *exec_lookup_renamed(const struct exec *x, struct slice name, uint32_t flags) {
    return command_names_lookup(flags & CALL_REPLAYED ? NULL : x->names, name);
}
