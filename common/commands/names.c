/* The table of commands is constant and shared; what one server calls them lies over it:
 *
 *      name ─► renamed (map, lower case) ─► found
 *                  └─ not there ─► command_lookup ─► moved? not found : found
 */
#include "common/commands/names.h"
#include <string.h>

static struct slice lower(struct slice name, char out[COMMAND_RENAMED_LEN_MAX]) {
    for (size_t i = 0; i < name.len; i++)
        out[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] + 32) : name.ptr[i];
    return (struct slice){out, name.len};
}

void command_names_deinit(struct command_names *names) {
    map_deinit(&names->renamed);
}

const struct command_spec *command_names_lookup(const struct command_names *names, struct slice name) {
    const struct command_spec *spec = command_lookup(name.ptr, name.len);
    if (names == NULL) return spec;
    char room[COMMAND_RENAMED_LEN_MAX];
    const struct command_spec *renamed =
        name.len <= sizeof(room) ? map_get(&names->renamed, lower(name, room)) : NULL;
    if (renamed) return renamed;
    return spec && !names->moved[spec->id] ? spec : NULL;
}

const struct command_spec *command_names_lookup_full(const struct command_names *names, struct slice name) {
    const char *bar = name.len ? memchr(name.ptr, '|', name.len) : NULL;
    const struct command_spec *whole = command_names_lookup(names, name); /* a new name may hold a bar */
    if (whole || bar == NULL) return whole;
    size_t len = (size_t)(bar - name.ptr);
    const struct command_spec *parent = command_names_lookup(names, (struct slice){name.ptr, len});
    return parent ? command_lookup_sub(parent, bar + 1, name.len - len - 1) : NULL;
}

/* Takes the command's present name away. */
static void take_name(struct command_names *names, const struct command_spec *spec, struct slice name) {
    char room[COMMAND_RENAMED_LEN_MAX];
    if (name.len <= sizeof(room) && map_remove(&names->renamed, lower(name, room))) return;
    names->moved[spec->id] = true;
}

static void disable(struct command_names *names, const struct command_spec *spec) {
    names->disabled[spec->id] = true;
    names->disabled_count++;
    for (unsigned i = 0; i < spec->sub_count; i++)
        names->disabled[spec->sub_first + i] = true;
    names->disabled_subcount += spec->sub_count;
}

const char *command_names_change(struct command_names *names, struct slice name, struct slice to) {
    const struct command_spec *spec = command_names_lookup(names, name);
    if (spec == NULL) return "No such command in rename-command";
    if (to.len > COMMAND_RENAMED_LEN_MAX) return "Target command name is too long";
    take_name(names, spec, name);
    if (to.len == 0) {
        disable(names, spec);
        return NULL;
    }
    if (command_names_lookup(names, to)) return "Target command name already exists";
    char room[COMMAND_RENAMED_LEN_MAX];
    map_put(&names->renamed, lower(to, room), (void *)spec);
    return NULL;
}
