/* The table of all commands, generated from common/commands/spec by gen.py.
 *
 * Everything here is constant data of the program: a spec pointer is valid for ever, may be compared
 * with ==, and is never freed. Top-level commands have the ids 0 .. COMMAND_TOP_COUNT-1; subcommands
 * follow, those of one container side by side.
 *
 * "commands/command_ids.h", which is generated, holds enum command_id; include it where ids are named.
 */
#ifndef TORC_COMMANDS_COMMAND_H
#define TORC_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Flags in the order in which COMMAND INFO prints them. gen.py reads this enum, as it does the next:
 * the name after the prefix, in lower case, is the word of the specs and of the reply. */
enum command_flag {
    COMMAND_WRITE = 1 << 0,
    COMMAND_READONLY = 1 << 1,
    COMMAND_DENYOOM = 1 << 2,
    COMMAND_ADMIN = 1 << 3,
    COMMAND_PUBSUB = 1 << 4,
    COMMAND_NOSCRIPT = 1 << 5,
    COMMAND_BLOCKING = 1 << 6,
    COMMAND_LOADING = 1 << 7,
    COMMAND_STALE = 1 << 8,
    COMMAND_SKIP_MONITOR = 1 << 9,
    COMMAND_SKIP_SLOWLOG = 1 << 10,
    COMMAND_ASKING = 1 << 11,
    COMMAND_FAST = 1 << 12,
    COMMAND_NO_AUTH = 1 << 13,
    COMMAND_NO_MANDATORY_KEYS = 1 << 14,
    COMMAND_NO_ASYNC_LOADING = 1 << 15,
    COMMAND_NO_MULTI = 1 << 16,
    COMMAND_MOVABLEKEYS = 1 << 17, /* derived: first_key..last_key does not tell all keys */
    COMMAND_ALLOW_BUSY = 1 << 18,
    COMMAND_MAY_REPLICATE = 1 << 19, /* no write, yet replicas may hear of it; not told to clients */
};

#define COMMAND_FLAGS_HIDDEN COMMAND_MAY_REPLICATE /* those that COMMAND does not show */

/* ACL categories, in the order in which ACL CAT and COMMAND INFO print them. */
enum acl_category {
    ACL_KEYSPACE = 1 << 0,
    ACL_READ = 1 << 1,
    ACL_WRITE = 1 << 2,
    ACL_SET = 1 << 3,
    ACL_SORTEDSET = 1 << 4,
    ACL_LIST = 1 << 5,
    ACL_HASH = 1 << 6,
    ACL_STRING = 1 << 7,
    ACL_BITMAP = 1 << 8,
    ACL_HYPERLOGLOG = 1 << 9,
    ACL_GEO = 1 << 10,
    ACL_STREAM = 1 << 11,
    ACL_PUBSUB = 1 << 12,
    ACL_ADMIN = 1 << 13,
    ACL_FAST = 1 << 14,
    ACL_SLOW = 1 << 15,
    ACL_BLOCKING = 1 << 16,
    ACL_DANGEROUS = 1 << 17,
    ACL_CONNECTION = 1 << 18,
    ACL_TRANSACTION = 1 << 19,
    ACL_SCRIPTING = 1 << 20,
};

/* What a command does with a key, in the order in which COMMAND GETKEYSANDFLAGS prints it. */
enum key_flag {
    KEY_RO = 1 << 0, /* reads it */
    KEY_RW = 1 << 1, /* reads and changes it */
    KEY_OW = 1 << 2, /* overwrites it, whatever was there */
    KEY_RM = 1 << 3, /* removes it */
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8,        /* hashed to a slot like a key, but none: a sharded channel */
    KEY_INCOMPLETE = 1 << 9,     /* the spec does not find every key */
    KEY_VARIABLE_FLAGS = 1 << 10 /* what happens to the key depends on other arguments */
};

/* Where the proxy sends a command. The kind in route_kind says how replies become one. */
enum command_route {
    ROUTE_ONE_SLOT,   /* to the owner of the slot of its keys; kind CHANNEL: of its first argument */
    ROUTE_SPLIT,      /* cut by slot, and the parts merged */
    ROUTE_ALL_SHARDS, /* to every primary, and the replies aggregated */
    ROUTE_LOCAL,      /* the proxy answers by itself */
    ROUTE_REFUSED,    /* an error that says so */
    ROUTE_PRIVATE,    /* needs a backend connection of its own */
};

enum command_route_kind {
    ROUTE_KIND_NONE,
    ROUTE_KIND_CHANNEL,      /* one-slot: the slot of argument 1, which is no key */
    ROUTE_KIND_SUM,          /* add the integers */
    ROUTE_KIND_OK,           /* the first reply when none is an error, else the first error */
    ROUTE_KIND_GATHER,       /* one array, elements put back where their keys stood */
    ROUTE_KIND_CONCAT,       /* one array, in any order */
    ROUTE_KIND_ANY,          /* one shard's reply is enough; the next one when it is null */
    ROUTE_KIND_ONE_OK,       /* asked of all: the first reply that is no error, else the first error */
    ROUTE_KIND_ALL,          /* element by element: 1 where all shards say 1 */
    ROUTE_KIND_MIN,          /* the smallest integer, element by element in arrays */
    ROUTE_KIND_CURSOR,       /* one shard after the other, slot and position in the cursor */
    ROUTE_KIND_PAIRS_SUM,    /* name, count pairs, counts added per name */
    ROUTE_KIND_BLOCKING,     /* private while it waits */
    ROUTE_KIND_BLOCK_OPTION, /* private only when the BLOCK option is there, else one-slot */
    ROUTE_KIND_TRANSACTION,  /* private from WATCH or MULTI to EXEC or DISCARD */
    ROUTE_KIND_SUBSCRIPTION, /* private: messages are pushed */
    ROUTE_KIND_MONITOR,      /* private: a feed */
};

enum argument_type {
    ARGUMENT_STRING,
    ARGUMENT_INTEGER,
    ARGUMENT_DOUBLE,
    ARGUMENT_KEY,
    ARGUMENT_PATTERN,
    ARGUMENT_UNIX_TIME,
    ARGUMENT_PURE_TOKEN,
    ARGUMENT_ONEOF,
    ARGUMENT_BLOCK,
};

enum argument_flag {
    ARGUMENT_OPTIONAL = 1 << 0,
    ARGUMENT_MULTIPLE = 1 << 1,
    ARGUMENT_MULTIPLE_TOKEN = 1 << 2, /* the token is repeated before each value */
};

struct command_argument {
    const char *name;
    const char *token;            /* NULL: none */
    const char *display;          /* NULL: for oneof and block */
    const char *since;            /* NULL: as old as the command */
    const char *deprecated_since; /* NULL: not deprecated */
    const struct command_argument *children;
    uint8_t child_count;
    uint8_t type;    /* enum argument_type */
    uint8_t flags;   /* enum argument_flag */
    int8_t key_spec; /* index into the command's key specs, -1: none */
};

enum key_begin { KEY_BEGIN_UNKNOWN, KEY_BEGIN_INDEX, KEY_BEGIN_KEYWORD };
enum key_find { KEY_FIND_UNKNOWN, KEY_FIND_RANGE, KEY_FIND_KEYNUM };

struct command_key_spec {
    const char *note;    /* NULL: none */
    const char *keyword; /* begin KEYWORD only */
    uint16_t flags;      /* enum key_flag */
    uint8_t begin;       /* enum key_begin */
    uint8_t find;        /* enum key_find */
    int16_t at;          /* begin INDEX: the index; KEYWORD: where the search starts, < 0: from the end */
    int16_t last;        /* find RANGE: last key, from the first one, < 0: from the end */
    int16_t limit;       /* find RANGE: stop after 1/limit of what remains, 0 and 1: none */
    int16_t step;        /* both */
    int16_t count_at;    /* find KEYNUM: where the count stands, from the begin */
    int16_t first;       /* find KEYNUM: the first key, from the begin */
};

struct command_history {
    const char *since, *change;
};

/* Extractors for what key specs cannot tell; see keys.c. */
enum key_extractor {
    KEY_EXTRACTOR_NONE,
    KEY_EXTRACTOR_SORT,
    KEY_EXTRACTOR_MIGRATE,
    KEY_EXTRACTOR_SET,
    KEY_EXTRACTOR_BITFIELD,
};

enum command_doc_flag { COMMAND_DOC_DEPRECATED = 1 << 0, COMMAND_DOC_SYSCMD = 1 << 1 };

/* What only COMMAND DOCS, INFO and tests read. */
struct command_docs {
    const char *summary, *since, *group;
    const char *complexity;                     /* NULL: none */
    const char *deprecated_since, *replaced_by; /* NULL: not deprecated */
    const char *const *tips;
    const struct command_history *history;
    const struct command_argument *arguments;
    const char *syntax; /* what follows the name: "key value [NX | XX] …"; "": nothing does */
    const char *reply;  /* the reply schema in our notation, see README.md; NULL: a container */
    uint8_t tip_count, history_count, argument_count;
    uint8_t flags; /* enum command_doc_flag */
};

#define COMMAND_NO_PARENT 0xffff

/* Hot fields first; one cache line. */
struct command_spec {
    _Alignas(64) uint64_t flags; /* enum command_flag */
    uint32_t acl;                /* enum acl_category */
    uint16_t id;                 /* enum command_id */
    int8_t arity;                /* with the name (and subcommand); negative: at least so many */
    uint8_t name_len;
    int8_t first_key, last_key, key_step; /* as COMMAND shows them; 0 0 0: none */
    uint8_t key_spec_count;
    uint8_t route;      /* enum command_route */
    uint8_t route_kind; /* enum command_route_kind */
    uint8_t issue;      /* 0: built; else who asks for it, gets told that it is not there yet */
    uint8_t extractor;  /* enum key_extractor */
    const struct command_key_spec *key_specs;
    const char *name; /* lower case; a subcommand's is "config|get" */
    uint16_t parent;  /* id of the container, or COMMAND_NO_PARENT */
    uint16_t sub_first;
    uint8_t sub_count;
    int8_t key_single; /* see command_key_single() in keys.h */
    const struct command_docs *docs;
};

/* The top-level command of this name, in any case; NULL: there is none. Borrows name. */
const struct command_spec *command_lookup(const char *name, size_t len);

/* The subcommand of parent with this name (what follows the bar: "get"), in any case; NULL: none. */
const struct command_spec *command_lookup_sub(const struct command_spec *parent, const char *name,
                                              size_t len);

/* By a full name, "get" or "config|get", in any case; NULL: none. */
const struct command_spec *command_lookup_full(const char *name, size_t len);

/* id < CMD_COUNT. Iterate with id from 0 to command_count_all() - 1. */
const struct command_spec *command_by_id(unsigned id);

/* Number of top-level commands, as COMMAND COUNT says. */
unsigned command_count(void);

/* Number of commands and subcommands: CMD_COUNT. */
unsigned command_count_all(void);

/* Whether the command is only a name for its subcommands: it cannot run by itself. */
static inline bool command_is_container(const struct command_spec *spec) {
    return spec->sub_count > 0 && spec->arity < -1;
}

/* Whether argc (name included) fits the arity. */
static inline bool command_arity_ok(const struct command_spec *spec, int argc) {
    return spec->arity >= 0 ? argc == spec->arity : argc >= -spec->arity;
}

/* The words of flag number bit (0 ..), as replies print them; NULL past the last one. */
const char *command_flag_name(unsigned bit);
const char *acl_category_name(unsigned bit); /* without the '@' */
const char *key_flag_name(unsigned bit);
const char *argument_type_name(unsigned type);

#endif
