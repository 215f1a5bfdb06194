/* How each command is generated and how its replies are compared: from the spec, and from one table of
 * exceptions. */
#ifndef TORC_DIFFERENTIAL_RULES_H
#define TORC_DIFFERENTIAL_RULES_H

#include "common/commands/command.h"
#include <stdbool.h>

enum compare_mode {
    COMPARE_EXACT,         /* byte for byte */
    COMPARE_UNORDERED,     /* elements, or a map's pairs, in any order */
    COMPARE_TIME,          /* integers; those that depend on the moment of the call may differ by a minute */
    COMPARE_RANDOM_KEY,    /* each side's reply is in its KEYS *, the step before */
    COMPARE_RANDOM_FIELDS, /* each side's reply comes from what its HGETALL, SMEMBERS or ZRANGE gave, the step
                              before */
    COMPARE_SEARCH, /* in any order, but by distance if asked for; with COUNT the distances, with ANY as many
                     */
    COMPARE_SORT,   /* in any order where BY leaves it open; with LIMIT, by the schema alone then */
    COMPARE_STREAM, /* token by token, but for idle times, times of now, and what 7.2 adds about consumers */
    COMPARE_FIELD_TIMES, /* of Torc alone: of the fields that HMGET found, the step before, none expires */
    COMPARE_SCHEMA,      /* both errors, word for word, or both none: then only the schema is checked */
};

enum generate_mode {
    GENERATE_GRAMMAR, /* from its arguments in the spec */
    GENERATE_FORMS,   /* one of the lines of `forms` */
    GENERATE_SCRIPT,  /* by code of its own in generate.c */
    GENERATE_NEVER,   /* not here, for the reason given */
};

struct rule {
    const struct command_spec *spec;
    enum compare_mode compare;
    enum generate_mode generate;
    unsigned weight; /* how often, among all; 0: only when a round makes sure that each command came */
    const char *const *forms; /* ended by NULL */
    const char *reason;       /* why it need not be called with success; NULL: it must */
    bool pairs;               /* COMPARE_UNORDERED: elements of the RESP2 reply belong together by two */
    bool doubles;             /* scores: equal as numbers is enough, and Torc's text the shortest */
    bool outside;             /* of transactions only */
    bool blocks;              /* may wait: sent inside MULTI only */
};

void rules_init(void); /* fills the table from specs and exceptions */
const struct rule *rule_of(const struct command_spec *spec);

#endif
