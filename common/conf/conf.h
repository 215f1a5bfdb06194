/* Configuration: typed option tables, the file and command-line parser, CONFIG GET, SET and REWRITE.
 *
 * A module declares its options in one table whose entries point (by offset) into its own config struct, and
 * registers table and struct at boot:
 *
 *      struct net_conf { int port; char *unixsocket; uint64_t query_limit; };
 *      static const struct conf_option net_options[] = {
 *          CONF_OPT_INT("port", struct net_conf, port, 0, 65535, "6379", .apply = net_apply_port),
 *          CONF_OPT_STRING("unixsocket", struct net_conf, unixsocket, NULL, .flags = CONF_IMMUTABLE),
 *          CONF_OPT_MEMORY("client-query-buffer-limit", struct net_conf, query_limit, 1 << 20, INT64_MAX,
 * "1gb"),
 *      };
 *      conf_register(conf, net_options, CONF_COUNT(net_options), &net->conf, net);
 *
 * Registering writes the defaults into the struct; loading a file and CONFIG SET overwrite them. A module
 * reads its own struct and nothing else. Strings and lists in it belong to the conf: borrowed by the module
 * until the option changes, given back by conf_destroy. */
#ifndef TORC_CONF_H
#define TORC_CONF_H

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/slice.h"
#include "common/resp/resp_writer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conf;
struct conf_option;

/* Why something was refused. */
struct conf_error {
    char text[512];
};
/* Writes the reason and returns false, so that a callback can `return conf_fail(err, …)`. */
bool conf_fail(struct conf_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What an option's field is; the C type of the field in brackets. */
enum conf_kind {
    CONF_BOOL,    /* yes | no [bool] */
    CONF_INT,     /* [int] */
    CONF_INT64,   /* [int64_t] */
    CONF_UINT64,  /* [uint64_t] */
    CONF_MEMORY,  /* size with a unit [uint64_t] */
    CONF_PERCENT, /* size with a unit, or "5%", which is kept as -5 [int64_t] */
    CONF_OCTAL,   /* file mode [int] */
    CONF_ENUM,    /* one word out of `choices` [int] */
    CONF_FLAGS,   /* several words out of `choices`, or-ed together [int] */
    CONF_STRING,  /* [char *]; empty is NULL unless CONF_KEEP_EMPTY */
    CONF_WORDS,   /* several arguments [struct conf_words] */
    CONF_CUSTOM,  /* the module parses and prints [anything] */
    CONF_LINE,    /* a directive of the file only, unknown to CONFIG GET and SET (user, rename-command) */
};

enum conf_flags {
    CONF_IMMUTABLE = 1 << 0,    /* settable in the file only */
    CONF_PROTECTED = 1 << 1,    /* CONFIG SET needs enable-protected-configs */
    CONF_SENSITIVE = 1 << 2,    /* never logged, never shown in an error */
    CONF_HIDDEN = 1 << 3,       /* shown only when asked for by its exact name */
    CONF_MULTI_ARG = 1 << 4,    /* the file may give it several arguments */
    CONF_DENY_LOADING = 1 << 5, /* CONFIG SET is refused while data is being loaded */
    CONF_KEEP_EMPTY = 1 << 6,   /* an empty string stays "" */
    CONF_ALWAYS_APPLY = 1 << 7, /* apply also when the value did not change */
    CONF_KEPT = 1 << 8, /* no module reads it: the conf itself keeps the value, `offset` is not used */
};

/* Words of an option with several arguments. */
struct conf_words {
    char **item; /* `count` terminated strings, in one allocation with the array; NULL when empty */
    int count;
};

struct conf_choice {
    const char *name; /* NULL ends the array; where two have the same value, the first is printed */
    int value;
};

/* A value that only its module understands. `value` is the field, or a copy of it that is being prepared. */
struct conf_custom {
    size_t size;  /* of the field */
    bool adds_up; /* lines of one file add to each other; an empty value forgets all before it */
    /* Changes *value, which holds the current one, to what `words` say. In a file or on the command line,
     * lines of one option add up where the module wants it (`first`: no line of the option came before). */
    bool (*parse)(void *value, const struct slice *words, int count, bool in_file, bool first,
                  struct conf_error *err);
    void (*print)(const void *value, struct buf *out);
    /* Optional. The lines for CONFIG REWRITE, each a complete "name args" ended by \n; none: "name <print>".
     */
    void (*lines)(const void *value, const char *name, struct buf *out);
    void (*copy)(void *to, const void *from); /* NULL: plain bytes */
    void (*release)(void *value);             /* NULL: owns nothing */
};

struct conf_option {
    const char *name;
    const char *alias; /* the older name, or NULL */
    enum conf_kind kind;
    unsigned flags;
    size_t offset; /* of the field in the module's config struct */
    int64_t min;
    uint64_t max;                      /* above INT64_MAX for CONF_UINT64 and CONF_MEMORY only */
    const char *initial;               /* the default, in the words of the file; NULL: empty */
    const struct conf_choice *choices; /* ENUM, FLAGS */
    const struct conf_custom *custom;
    /* Optional, after kind and range were checked. `value` points to a value of the field's type. */
    bool (*validate)(void *owner, const void *value, struct conf_error *err);
    /* Optional, after validate: makes the value the one that counts (a least size, an absolute path). */
    void (*adjust)(void *owner, void *value);
    /* Optional; CONFIG SET only, after all fields of the command changed. Options that share one apply are
     * applied once. After a failure the old values are put back and apply runs again for those that had
     * succeeded. */
    bool (*apply)(void *owner, struct conf_error *err);
    /* CONF_LINE: takes the arguments of one line. */
    bool (*line)(void *owner, const struct slice *words, int count, struct conf_error *err);
    /* CONF_LINE: writes all lines for CONFIG REWRITE; NULL leaves the lines of the file as they are. */
    void (*line_rewrite)(void *owner, struct buf *out);
    int args_min, args_max; /* CONF_LINE: number of arguments; args_max 0 is no bound */
    const char *no_effect;  /* accepted without effect: the reason in a few words; NULL: implemented */
    const char *so_anyway;  /* with no_effect: a value, as CONFIG GET prints it, that asks for what the server
                               does anyway ("" of save, while nothing is saved); NULL: only the default */
};

/* The offset of a field, refused by the compiler where its type is not the kind's. */
#define CONF_FIELD(type, member, ctype)                                                                      \
    (offsetof(type, member) +                                                                                \
     0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), ctype) ? 1 : -1]))
#define CONF_COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define CONF_OPT_BOOL(n, type, m, dflt, ...)                                                                 \
    { .name = (n), .kind = CONF_BOOL, .offset = CONF_FIELD(type, m, bool), .initial = (dflt), __VA_ARGS__ }
#define CONF_OPT_INT(n, type, m, lo, hi, dflt, ...)                                                          \
    {                                                                                                        \
        .name = (n), .kind = CONF_INT, .offset = CONF_FIELD(type, m, int), .min = (lo), .max = (hi),         \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_INT64(n, type, m, lo, hi, dflt, ...)                                                        \
    {                                                                                                        \
        .name = (n), .kind = CONF_INT64, .offset = CONF_FIELD(type, m, int64_t), .min = (lo), .max = (hi),   \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_UINT64(n, type, m, lo, hi, dflt, ...)                                                       \
    {                                                                                                        \
        .name = (n), .kind = CONF_UINT64, .offset = CONF_FIELD(type, m, uint64_t), .min = (lo), .max = (hi), \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_MEMORY(n, type, m, lo, hi, dflt, ...)                                                       \
    {                                                                                                        \
        .name = (n), .kind = CONF_MEMORY, .offset = CONF_FIELD(type, m, uint64_t), .min = (lo), .max = (hi), \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_PERCENT(n, type, m, lo, hi, dflt, ...)                                                      \
    {                                                                                                        \
        .name = (n), .kind = CONF_PERCENT, .offset = CONF_FIELD(type, m, int64_t), .min = (lo), .max = (hi), \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_OCTAL(n, type, m, hi, dflt, ...)                                                            \
    {                                                                                                        \
        .name = (n), .kind = CONF_OCTAL, .offset = CONF_FIELD(type, m, int), .max = (hi), .initial = (dflt), \
        __VA_ARGS__                                                                                          \
    }
#define CONF_OPT_ENUM(n, type, m, list, dflt, ...)                                                           \
    {                                                                                                        \
        .name = (n), .kind = CONF_ENUM, .offset = CONF_FIELD(type, m, int), .choices = (list),               \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_FLAGS(n, type, m, list, dflt, ...)                                                          \
    {                                                                                                        \
        .name = (n), .kind = CONF_FLAGS, .offset = CONF_FIELD(type, m, int), .choices = (list),              \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_STRING(n, type, m, dflt, ...)                                                               \
    {                                                                                                        \
        .name = (n), .kind = CONF_STRING, .offset = CONF_FIELD(type, m, char *), .initial = (dflt),          \
        __VA_ARGS__                                                                                          \
    }
#define CONF_OPT_WORDS(n, type, m, dflt, ...)                                                                \
    {                                                                                                        \
        .name = (n), .kind = CONF_WORDS, .offset = CONF_FIELD(type, m, struct conf_words),                   \
        .initial = (dflt), __VA_ARGS__                                                                       \
    }
#define CONF_OPT_CUSTOM(n, type, m, how, dflt, ...)                                                          \
    {                                                                                                        \
        .name = (n), .kind = CONF_CUSTOM, .offset = offsetof(type, m), .custom = (how), .initial = (dflt),   \
        __VA_ARGS__                                                                                          \
    }
#define CONF_OPT_LINE(n, lo, hi, handler, ...)                                                               \
    { .name = (n), .kind = CONF_LINE, .args_min = (lo), .args_max = (hi), .line = (handler), __VA_ARGS__ }

/* --- life --- */

/* `program` is what a fatal message names ("Torc 0.1.0"). Both are borrowed. */
struct conf *conf_create(const char *program, struct logger *log);
void conf_destroy(struct conf **conf); /* gives back the strings and lists in the registered structs too */

/* Adds a module's options and writes their defaults to `base`. table, base and owner are borrowed and outlive
 * the conf; owner is what the callbacks get. A name that is already there, or a default that its own option
 * refuses, is a panic. */
void conf_register(struct conf *conf, const struct conf_option *table, size_t count, void *base, void *owner);

/* --- loading (conf_load.c) --- */

/* The door to files, handed in so that conf opens none itself. Errors go into err (strerror's words are
 * enough). */
struct conf_files {
    void *owner;
    /* Appends the whole file to *out; path "-" is standard input. A file that does not exist is an error,
     * too, and sets *absent. */
    bool (*read)(void *owner, const char *path, struct buf *out, bool *absent, struct conf_error *err);
    /* Replaces the file's content at once and durably (temporary file, fsync, rename, fsync of the folder).
     */
    bool (*replace)(void *owner, const char *path, struct slice content, struct conf_error *err);
    /* Calls `each` for every path that the shell pattern matches, sorted; no match is no error. */
    bool (*glob)(void *owner, const char *pattern, void (*each)(void *arg, const char *path), void *arg,
                 struct conf_error *err);
    /* Appends the absolute form of path to *out. */
    bool (*absolute)(void *owner, const char *path, struct buf *out, struct conf_error *err);
    /* The same for an existing folder that can be entered, without links in it; anything else is an error. */
    bool (*folder)(void *owner, const char *path, struct buf *out, struct conf_error *err);
};

/* Loads "[config-file] [--option value …] [-]" (argv without the program's name) as redis-server understands
 * it. false: *message (appended to) is the complete fatal text to print. */
bool conf_load(struct conf *conf, const struct conf_files *files, int argc, char *const argv[],
               struct buf *message);

/* Loads configuration text; `origin` names it in errors. files may be NULL: then `include` is refused. */
bool conf_load_text(struct conf *conf, const struct conf_files *files, const char *origin, struct slice text,
                    struct buf *message);

/* One log line for each option without effect that the user set to something that is not so anyway. Once,
 * after loading. */
void conf_log_no_effect(struct conf *conf);
/* Why an option has no effect; NULL: it has one, or there is no such option. */
const char *conf_no_effect(struct conf *conf, const char *name);

/* Absolute path of the file that was loaded, or NULL: CONFIG REWRITE's target and INFO's config_file. */
const char *conf_file(const struct conf *conf);

/* --- CONFIG (conf_command.c, conf_rewrite.c): each writes the whole reply --- */

struct conf_caller {
    bool protected_allowed; /* enable-protected-configs lets this client through */
    bool loading;
};
void conf_get_reply(struct conf *conf, const struct slice *patterns, int count, struct resp_writer *reply);
/* `pairs` holds `count` slices: name, value, name, value, … */
void conf_set(struct conf *conf, const struct slice *pairs, int count, struct conf_caller caller,
              struct resp_writer *reply);
/* force_all writes every option, also those with default values (DEBUG CONFIG-REWRITE-FORCE-ALL). */
void conf_rewrite(struct conf *conf, const struct conf_files *files, bool force_all,
                  struct resp_writer *reply);

/* --- for modules and tests --- */

/* Appends the value as CONFIG GET shows it; false: no such option. */
bool conf_print(struct conf *conf, const char *name, struct buf *out);
/* Sets one option as CONFIG SET would, immutable ones included, without apply: for boot, DEBUG and tests. */
bool conf_assign(struct conf *conf, const char *name, const char *value, struct conf_error *err);
/* Replaces a string field (copies text, NULL or "" is NULL) where a module changes its own option: REPLICAOF,
 * dir. */
void conf_string_set(char **field, const char *text);
/* The option holds a secret: its value is shown to nobody (CONF_SENSITIVE). Unknown names hold none. */
bool conf_is_sensitive(struct conf *conf, struct slice name);
bool conf_was_set(struct conf *conf, const char *name); /* by a file, the command line or CONFIG SET */

#endif
