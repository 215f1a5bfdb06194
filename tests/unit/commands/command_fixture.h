/* Data commands without a server: a keyspace, dispatch and one session in the test's own process.
 *
 * What the commands tell others is written down in words: keyspace events as "class-letter event key", the
 * journal as its commands. */
#ifndef TORC_COMMAND_FIXTURE_H
#define TORC_COMMAND_FIXTURE_H

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "server/exec/exec.h"
#include "server/keyspace/keyspace.h"
#include "tests/unit/support/test.h"

struct command_fixture {
    struct mem_account account, *outer;
    struct keyspace keyspace;
    struct exec_conf exec_conf;
    struct exec *exec;
    struct session session;
    struct resp_pool pool;
    struct unit_observer observer;
    struct journal_sink journal;
    struct buf reply, events, journaled;
};

/* The conf has Redis's defaults for encodings; change fixture->keyspace.conf afterwards. */
void fixture_open(struct command_fixture *f, const struct command_binding *const *families);
/* Checks that all memory came back. */
void fixture_close(struct command_fixture *f);

/* Runs one command, given as words between single spaces ('' is an empty word), and returns its raw reply,
 * terminated, until the next run. */
const char *fixture_run(struct command_fixture *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *fixture_run_argv(struct command_fixture *f, const struct slice *argv, int argc);

/* What was told since the last question. */
const char *fixture_events(struct command_fixture *f);
const char *fixture_journal(struct command_fixture *f);
/* Changes counted since the last question. */
uint64_t fixture_dirty(struct command_fixture *f);

/* All three compared. */
void fixture_expect_told(struct command_fixture *f, const char *events, uint64_t dirty, const char *journal);
void fixture_forget_told(struct command_fixture *f);

#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\n"

/* fixture_run, compared; \r is left out on both sides: "$3\nabc\n". */
#define expect_reply(f, reply, ...) assert_string_equal(fixture_run(f, __VA_ARGS__), reply)

#endif
