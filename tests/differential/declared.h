/* The declared differences from the reference, read from tests/differences.tsv. */
#ifndef TORC_DIFFERENTIAL_DECLARED_H
#define TORC_DIFFERENTIAL_DECLARED_H

#include "tests/differential/compare.h"

/* One line of the file. Patterns are globs over the reply as it is printed, without the quotes. */
struct declared {
    char *command, *reason, *issue, *id, *probe, *torc, *redis; /* owned by the list */
    unsigned long seen;
};
struct declared_list {
    struct declared *items; /* owned */
    size_t count;
    char *text;         /* owned: what the items point into */
    bool set_listpacks; /* small sets are listpacks now, in Torc alone: the line SET_LISTPACKS holds */
};

#define SET_LISTPACKS "set-listpacks"

/* False, with a message on stderr, when a line makes no sense. */
bool declared_load(struct declared_list *list, const char *path);
void declared_deinit(struct declared_list *list);
/* The line that covers this difference; NULL: none does. `command` is the spec's full name. */
struct declared *declared_match(struct declared_list *list, const char *command, struct replies replies);

#endif
