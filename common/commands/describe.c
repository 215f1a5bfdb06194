/* The COMMAND family: the table, told to clients.
 *
 * Each reply mirrors a struct of command.h. INFO is an array of ten:
 *
 *     name, arity, flags, first key, last key, step, ACL categories, tips, key specs, subcommands
 *
 * with sets and maps where RESP3 has them, and DOCS a map in which only the fields stand that have a value.
 * The subcommands of a container are whole entries of their own, inside its entry.
 */
#include "common/commands/describe.h"
#include "commands/command_ids.h"
#include "common/base/glob.h"
#include "common/commands/keys.h"
#include <ctype.h>

static void field(struct resp_writer *w, const char *name, const char *value) {
    resp_bulk_cstr(w, name);
    resp_bulk_cstr(w, value);
}

static void field_int(struct resp_writer *w, const char *name, int value) {
    resp_bulk_cstr(w, name);
    resp_int(w, value);
}

/* --- COMMAND INFO --- */

static void words(struct resp_writer *w, uint64_t bits, const char *(*name)(unsigned)) {
    resp_set(w, (size_t)__builtin_popcountll(bits));
    for (; bits != 0; bits &= bits - 1)
        resp_simple(w, name((unsigned)__builtin_ctzll(bits)));
}

static void categories(struct resp_writer *w, uint32_t acl) {
    resp_set(w, (size_t)__builtin_popcount(acl));
    for (; acl != 0; acl &= acl - 1) {
        char text[32] = "@";
        strncat(text, acl_category_name((unsigned)__builtin_ctz(acl)), sizeof(text) - 2);
        resp_simple(w, text);
    }
}

static void key_begin(struct resp_writer *w, const struct command_key_spec *key) {
    static const char *const names[] = {
        [KEY_BEGIN_UNKNOWN] = "unknown", [KEY_BEGIN_INDEX] = "index", [KEY_BEGIN_KEYWORD] = "keyword"};
    resp_map(w, 2);
    field(w, "type", names[key->begin]);
    resp_bulk_cstr(w, "spec");
    switch ((enum key_begin)key->begin) {
    case KEY_BEGIN_UNKNOWN: resp_map(w, 0); break;
    case KEY_BEGIN_INDEX:
        resp_map(w, 1);
        field_int(w, "index", key->at);
        break;
    case KEY_BEGIN_KEYWORD:
        resp_map(w, 2);
        field(w, "keyword", key->keyword);
        field_int(w, "startfrom", key->at);
        break;
    }
}

static void key_find(struct resp_writer *w, const struct command_key_spec *key) {
    static const char *const names[] = {
        [KEY_FIND_UNKNOWN] = "unknown", [KEY_FIND_RANGE] = "range", [KEY_FIND_KEYNUM] = "keynum"};
    resp_map(w, 2);
    field(w, "type", names[key->find]);
    resp_bulk_cstr(w, "spec");
    switch ((enum key_find)key->find) {
    case KEY_FIND_UNKNOWN: resp_map(w, 0); break;
    case KEY_FIND_RANGE:
        resp_map(w, 3);
        field_int(w, "lastkey", key->last);
        field_int(w, "keystep", key->step);
        field_int(w, "limit", key->limit);
        break;
    case KEY_FIND_KEYNUM:
        resp_map(w, 3);
        field_int(w, "keynumidx", key->count_at);
        field_int(w, "firstkey", key->first);
        field_int(w, "keystep", key->step);
        break;
    }
}

static void key_specs(struct resp_writer *w, const struct command_spec *spec) {
    resp_set(w, spec->key_spec_count);
    for (int i = 0; i < spec->key_spec_count; i++) {
        const struct command_key_spec *key = &spec->key_specs[i];
        resp_map(w, key->note ? 4 : 3);
        if (key->note) field(w, "notes", key->note);
        resp_bulk_cstr(w, "flags");
        words(w, key->flags, key_flag_name);
        resp_bulk_cstr(w, "begin_search");
        key_begin(w, key);
        resp_bulk_cstr(w, "find_keys");
        key_find(w, key);
    }
}

static void info(struct resp_writer *w, const struct command_spec *spec) {
    resp_array(w, 10);
    resp_bulk(w, spec->name, spec->name_len);
    resp_int(w, spec->arity);
    words(w, spec->flags & ~(uint64_t)COMMAND_FLAGS_HIDDEN, command_flag_name);
    resp_int(w, spec->first_key);
    resp_int(w, spec->last_key);
    resp_int(w, spec->key_step);
    categories(w, spec->acl);
    resp_set(w, spec->docs->tip_count);
    for (int i = 0; i < spec->docs->tip_count; i++)
        resp_bulk_cstr(w, spec->docs->tips[i]);
    key_specs(w, spec);
    if (spec->sub_count == 0) {
        resp_set(w, 0);
        return;
    }
    resp_array(w, spec->sub_count); /* subcommands are listed in an array, their absence is an empty set */
    for (unsigned i = 0; i < spec->sub_count; i++)
        info(w, command_by_id(spec->sub_first + i));
}

/* Top-level commands that can be called. */
static unsigned count_called(const struct command_names *called) {
    return command_count() - (called ? called->disabled_count : 0);
}

void describe_commands(struct resp_writer *w, const struct command_names *called) {
    resp_array(w, count_called(called));
    for (unsigned id = 0; id < command_count(); id++)
        if (command_names_has(called, command_by_id(id))) info(w, command_by_id(id));
}

void describe_count(struct resp_writer *w, const struct command_names *called) {
    resp_int(w, count_called(called));
}

void describe_info(struct resp_writer *w, const struct command_names *called, const struct slice *names,
                   int count) {
    if (count == 0) {
        describe_commands(w, called);
        return;
    }
    resp_array(w, (size_t)count);
    for (int i = 0; i < count; i++) {
        const struct command_spec *spec = command_names_lookup_full(called, names[i]);
        if (spec)
            info(w, spec);
        else
            resp_null(w);
    }
}

/* --- COMMAND DOCS --- */

static void arguments(struct resp_writer *w, const struct command_argument *list, int count);

static void argument(struct resp_writer *w, const struct command_argument *a) {
    resp_map(w, 2 + (a->display != NULL) + (a->key_spec >= 0) + (a->token != NULL) + (a->since != NULL) +
                    (a->deprecated_since != NULL) + (a->flags != 0) + (a->child_count > 0));
    field(w, "name", a->name);
    field(w, "type", argument_type_name(a->type));
    if (a->display) field(w, "display_text", a->display);
    if (a->key_spec >= 0) field_int(w, "key_spec_index", a->key_spec);
    if (a->token) field(w, "token", a->token);
    if (a->since) field(w, "since", a->since);
    if (a->deprecated_since) field(w, "deprecated_since", a->deprecated_since);
    if (a->flags) {
        resp_bulk_cstr(w, "flags");
        resp_set(w, (size_t)__builtin_popcount(a->flags));
        if (a->flags & ARGUMENT_OPTIONAL) resp_simple(w, "optional");
        if (a->flags & ARGUMENT_MULTIPLE) resp_simple(w, "multiple");
        if (a->flags & ARGUMENT_MULTIPLE_TOKEN) resp_simple(w, "multiple_token");
    }
    if (a->child_count) {
        resp_bulk_cstr(w, "arguments");
        arguments(w, a->children, a->child_count);
    }
}

static void arguments(struct resp_writer *w, const struct command_argument *list, int count) {
    resp_array(w, (size_t)count);
    for (int i = 0; i < count; i++)
        argument(w, &list[i]);
}

static void history(struct resp_writer *w, const struct command_docs *docs) {
    resp_bulk_cstr(w, "history");
    resp_set(w, docs->history_count);
    for (int i = 0; i < docs->history_count; i++) {
        resp_array(w, 2);
        resp_bulk_cstr(w, docs->history[i].since);
        resp_bulk_cstr(w, docs->history[i].change);
    }
}

/* One pair of the DOCS map: the full name, and the map of its fields. */
static void docs(struct resp_writer *w, const struct command_spec *spec) {
    const struct command_docs *d = spec->docs;
    resp_bulk(w, spec->name, spec->name_len);
    resp_map(w, 3 + (d->complexity != NULL) + (d->flags != 0) + (d->deprecated_since != NULL) +
                    (d->replaced_by != NULL) + (d->history_count > 0) + (d->argument_count > 0) +
                    (spec->sub_count > 0));
    field(w, "summary", d->summary);
    field(w, "since", d->since);
    field(w, "group", d->group);
    if (d->complexity) field(w, "complexity", d->complexity);
    if (d->flags) {
        resp_bulk_cstr(w, "doc_flags");
        resp_set(w, (size_t)__builtin_popcount(d->flags));
        if (d->flags & COMMAND_DOC_DEPRECATED) resp_simple(w, "deprecated");
        if (d->flags & COMMAND_DOC_SYSCMD) resp_simple(w, "syscmd");
    }
    if (d->deprecated_since) field(w, "deprecated_since", d->deprecated_since);
    if (d->replaced_by) field(w, "replaced_by", d->replaced_by);
    if (d->history_count) history(w, d);
    if (d->argument_count) {
        resp_bulk_cstr(w, "arguments");
        arguments(w, d->arguments, d->argument_count);
    }
    if (spec->sub_count) {
        resp_bulk_cstr(w, "subcommands");
        resp_map(w, spec->sub_count);
        for (unsigned i = 0; i < spec->sub_count; i++)
            docs(w, command_by_id(spec->sub_first + i));
    }
}

void describe_docs(struct resp_writer *w, const struct command_names *called, const struct slice *names,
                   int count) {
    if (count == 0) {
        resp_map(w, count_called(called));
        for (unsigned id = 0; id < command_count(); id++)
            if (command_names_has(called, command_by_id(id))) docs(w, command_by_id(id));
        return;
    }
    size_t found = 0;
    for (int i = 0; i < count; i++)
        found += command_names_lookup_full(called, names[i]) != NULL;
    resp_map(w, found);
    for (int i = 0; i < count; i++) {
        const struct command_spec *spec = command_names_lookup_full(called, names[i]);
        if (spec) docs(w, spec);
    }
}

/* --- COMMAND LIST --- */

struct list_filter {
    enum { FILTER_NONE, FILTER_MODULE, FILTER_ACLCAT, FILTER_PATTERN } kind;
    struct slice pattern;
    uint32_t category;
};

static bool list_shows(const struct list_filter *filter, const struct command_names *called,
                       const struct command_spec *spec) {
    if (!command_names_has(called, spec)) return false;
    switch (filter->kind) {
    case FILTER_NONE: return true;
    case FILTER_MODULE: return false; /* nothing in the table comes from a module */
    case FILTER_ACLCAT: return (spec->acl & filter->category) != 0;
    case FILTER_PATTERN:
        return glob_match(filter->pattern.ptr, filter->pattern.len, spec->name, spec->name_len, true);
    }
    return false;
}

static bool list_filter_parse(struct list_filter *filter, const struct slice *args, int count) {
    *filter = (struct list_filter){0};
    if (count == 0) return true;
    if (count != 3 || !slice_is(args[0], "filterby")) return false;
    filter->pattern = args[2];
    if (slice_is(args[1], "module")) {
        filter->kind = FILTER_MODULE;
    } else if (slice_is(args[1], "aclcat")) {
        filter->kind = FILTER_ACLCAT;
        for (unsigned bit = 0; acl_category_name(bit); bit++)
            if (slice_is(args[2], acl_category_name(bit))) filter->category = 1u << bit;
    } else if (slice_is(args[1], "pattern")) {
        filter->kind = FILTER_PATTERN;
    } else {
        return false;
    }
    return true;
}

void describe_list(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                   int count) {
    struct list_filter filter;
    if (!list_filter_parse(&filter, args, count)) {
        resp_error(w, "ERR syntax error");
        return;
    }
    size_t shown = 0;
    for (unsigned id = 0; id < command_count_all(); id++)
        shown += list_shows(&filter, called, command_by_id(id));
    resp_array(w, shown);
    for (unsigned id = 0; id < command_count_all(); id++) {
        const struct command_spec *spec = command_by_id(id);
        if (list_shows(&filter, called, spec)) resp_bulk(w, spec->name, spec->name_len);
    }
}

/* --- COMMAND GETKEYS --- */

/* The keys of args into refs, which the caller has initialised; false: the error is written. */
static bool keys_of(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                    int count, struct key_refs *refs) {
    const struct command_spec *spec = command_names_lookup(called, args[0]);
    if (spec && spec->sub_count && count > 1) spec = command_lookup_sub(spec, args[1].ptr, args[1].len);
    if (spec == NULL) {
        resp_error(w, "ERR Invalid command specified");
        return false;
    }
    int result = command_keys(spec, args, count, refs);
    if (result < 0) resp_error(w, key_result_error(result));
    return result >= 0;
}

void describe_getkeys(struct resp_writer *w, const struct command_names *called, const struct slice *args,
                      int count) {
    struct key_refs refs;
    key_refs_init(&refs);
    if (keys_of(w, called, args, count, &refs)) {
        resp_array(w, (size_t)refs.count);
        for (int i = 0; i < refs.count; i++)
            resp_bulk_slice(w, args[refs.refs[i].pos]);
    }
    key_refs_deinit(&refs);
}

void describe_getkeysandflags(struct resp_writer *w, const struct command_names *called,
                              const struct slice *args, int count) {
    struct key_refs refs;
    key_refs_init(&refs);
    if (keys_of(w, called, args, count, &refs)) {
        resp_array(w, (size_t)refs.count);
        for (int i = 0; i < refs.count; i++) {
            resp_array(w, 2);
            resp_bulk_slice(w, args[refs.refs[i].pos]);
            words(w, refs.refs[i].flags, key_flag_name);
        }
    }
    key_refs_deinit(&refs);
}

/* --- names that there are not --- */

#define SHOWN_MAX 128

/* At most `room` bytes, and none behind a zero byte: errors are told as C strings are. */
static void append_shown(struct buf *text, struct slice arg, size_t room) {
    buf_append(text, arg.ptr, strnlen(arg.ptr, arg.len < room ? arg.len : room));
}

void describe_unknown(struct buf *text, const struct slice *argv, int argc) {
    buf_append_str(text, "ERR unknown command '");
    append_shown(text, argv[0], SHOWN_MAX);
    buf_append_str(text, "', with args beginning with: ");
    size_t first = text->len;
    for (int i = 1; i < argc && text->len - first < SHOWN_MAX; i++) {
        size_t room = SHOWN_MAX - (text->len - first);
        buf_append_char(text, '\'');
        append_shown(text, argv[i], room);
        buf_append_str(text, "' ");
    }
}

void describe_unknown_sub(struct buf *text, const struct slice *argv) {
    buf_append_str(text, "ERR unknown subcommand '");
    append_shown(text, argv[1], SHOWN_MAX);
    buf_append_str(text, "'. Try ");
    for (size_t i = 0; i < argv[0].len; i++)
        buf_append_char(text, (char)toupper((unsigned char)argv[0].ptr[i]));
    buf_append_str(text, " HELP.");
}

/* --- HELP --- */

static const char *upper(struct slice name, char *out, size_t size) {
    size_t i = 0;
    for (; i < name.len && name.ptr[i] && i + 1 < size; i++)
        out[i] = name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 'a' + 'A') : name.ptr[i];
    out[i] = '\0';
    return out;
}

static void help_line(struct resp_writer *w, const char *before, const char *between, const char *after) {
    char line[512];
    size_t len = 0;
    const char *parts[] = {before, between, after};
    for (int i = 0; i < 3; i++)
        for (const char *p = parts[i]; *p && len + 1 < sizeof(line); p++)
            line[len++] = *p;
    line[len] = '\0';
    resp_simple(w, line);
}

void describe_help(struct resp_writer *w, struct slice called, const struct command_spec *container) {
    char name[COMMAND_RENAMED_LEN_MAX + 1];
    bool runs_alone = !command_is_container(container);
    struct resp_deferred header = resp_deferred(w);
    help_line(w, upper(called, name, sizeof(name)), " <subcommand> [<arg> [value] [opt] ...]. ",
              "Subcommands are:");
    size_t lines = 1;
    if (runs_alone) {
        resp_simple(w, "(no subcommand)");
        help_line(w, "    ", container->docs->summary, ".");
        lines += 2;
    }
    for (unsigned i = 0; i < container->sub_count; i++) {
        const struct command_spec *sub = command_by_id(container->sub_first + i);
        if (sub->issue != 0) continue;
        const char *syntax = sub->docs->syntax;
        help_line(w, upper(slice_of(sub->name + container->name_len + 1), name, sizeof(name)),
                  *syntax ? " " : "", syntax);
        help_line(w, "    ", sub->docs->summary, ".");
        lines += 2;
    }
    resp_deferred_fill(w, header, RESP_ARRAY, lines);
}
