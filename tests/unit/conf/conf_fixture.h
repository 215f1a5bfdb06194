/* What the tests of common/conf share: a module with an option of every kind, files in memory, replies as
 * text. */
#ifndef TORC_TESTS_CONF_FIXTURE_H
#define TORC_TESTS_CONF_FIXTURE_H

#include "common/conf/conf.h"
#include "common/conf/conf_types.h"

struct fixture_module {
    bool flag;
    int number;
    int64_t wide;
    uint64_t unsigned_wide;
    uint64_t bytes;
    int64_t percent;
    int mode;
    int choice;
    int flags;
    char *text;
    char *secret;
    char *fixed;
    struct conf_words words;
    struct conf_save save;
    struct conf_output_limits limits;
    struct conf_oom_values oom;
    struct conf_percentiles percentiles;
    struct conf_primary primary;
    int port;         /* apply_port refuses 7777 */
    int applied_port; /* what apply_port saw last */
    int number_applies;
    struct buf lines; /* what "line" was given, one line each */
};

struct fixture_file {
    char *path;
    struct buf content;
};

struct fixture {
    struct fixture_module module;
    struct conf *conf;
    struct logger logger;
    struct buf log;
    struct fixture_file files[8];
    struct conf_files door;
    const char *standard_input;
    const char *replace_error; /* not NULL: replacing a file fails with it */
    struct resp_pool pool;
    struct buf text; /* the latest answer of the functions below */
};

void fixture_init(struct fixture *f);
void fixture_deinit(struct fixture *f);
void fixture_write(struct fixture *f, const char *path, const char *content);
const char *fixture_content(struct fixture *f, const char *path); /* NULL: no such file */

/* Loads text as the file /torc.conf; NULL when all went well, otherwise the fatal message. */
const char *fixture_load(struct fixture *f, const char *text);
/* Loads arguments given as one NULL-ended list. */
const char *fixture_load_args(struct fixture *f, char *const argv[]);

/* Replies as the bytes of RESP2, "\r\n" shown as "|". Lists end with NULL. */
const char *fixture_get(struct fixture *f, const char *const patterns[]);
const char *fixture_set(struct fixture *f, const char *const pairs[]);
const char *fixture_set_as(struct fixture *f, const char *const pairs[], struct conf_caller caller);
const char *fixture_rewrite(struct fixture *f, bool force_all);
/* The value of one option as CONFIG GET shows it. */
const char *fixture_value(struct fixture *f, const char *name);

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ARGS(...) ((char *const[]){__VA_ARGS__, NULL})

#endif
