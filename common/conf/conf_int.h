/* What the files of this folder share. Users include conf.h. */
#ifndef TORC_CONF_INT_H
#define TORC_CONF_INT_H

#include "common/conf/conf.h"

/* One option of one registered table. */
struct conf_entry {
    const struct conf_option *option;
    void *base;  /* `option->offset` bytes before the field; for CONF_KEPT an allocation of the conf's */
    void *owner; /* for callbacks */
    char *initial_text;  /* the default as CONFIG GET prints it */
    char *included_text; /* the value that a load left, where a line of it stood in an included file; else
                            NULL */
    bool was_set;        /* by file, command line or CONFIG SET */
    bool in_this_load;   /* a line of it came already in the load that is going on */
    bool announced;      /* the log said that it has no effect */
};

struct conf {
    const char *program;   /* borrowed */
    struct logger *logger; /* borrowed */
    struct conf_entry *entries;
    size_t count, cap;
    char *file; /* absolute path, or NULL */
};

/* The entry of a name or an alias (case does not matter), or NULL. */
struct conf_entry *conf_find(struct conf *conf, struct slice name);
/* The known name that looks most like this one, or NULL where none comes near. */
const char *conf_nearest(const struct conf *conf, struct slice name);
void conf_announce(struct conf *conf, struct conf_entry *entry);

/* --- values (conf_value.c): `value` is a field or a copy of one --- */

static inline void *conf_field(const struct conf_entry *entry) {
    return (char *)entry->base + entry->option->offset;
}
size_t conf_value_size(const struct conf_option *option);
/* Changes the valid value to what the words say; after an error it is as it was. Runs the option's validate.
 */
bool conf_value_parse(const struct conf_entry *entry, void *value, const struct slice *words, int count,
                      bool in_file, bool first, struct conf_error *err);
void conf_value_print(const struct conf_option *option, const void *value, struct buf *out);
/* A line (or several) for the file, each ended by \n. */
void conf_value_lines(const struct conf_option *option, const void *value, struct buf *out);
/* A copy that conf_value_release gives back. */
void *conf_value_dup(const struct conf_option *option, const void *value);
void conf_value_release(const struct conf_option *option, void **copy);
/* Gives back what a value owns, not its storage. */
void conf_value_clear(const struct conf_option *option, void *value);
void conf_value_swap(const struct conf_option *option, void *a, void *b);

#endif
