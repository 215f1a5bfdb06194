/* A keyspace with dispatch and one internal session: commands run without sockets, clock or threads.
 *
 * Time stands still unless a test moves it; randomness comes from a fixed seed. */
#ifndef TORC_TEST_ENGINE_H
#define TORC_TEST_ENGINE_H

#include "common/conf/conf.h"
#include "server/exec/exec.h"
#include "server/exec/options.h"
#include "server/keyspace/keyspace.h"

struct engine {
    struct mem_account account, *account_before;
    struct logger log;
    struct conf *conf;
    struct keyspace keyspace;
    struct exec_conf exec_conf;
    struct exec *exec;
    struct resp_pool pool;
    struct session session;
    struct buf reply; /* of the last command, as it would go over the wire */
};

void engine_init(struct engine *e);
void engine_init_slotted(struct engine *e); /* with a table for each slot */
void engine_deinit(struct engine *e);
/* Dispatch anew, for options that it reads at boot; before any command ran. */
void engine_restart_exec(struct engine *e);

/* Runs one command whose words are separated by single blanks; returns its reply (borrowed until the next).
 */
const char *engine_run(struct engine *e, const char *line);
/* The same for a formatted line. */
const char *engine_runf(struct engine *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for another session. */
const char *engine_run_as(struct engine *e, struct session *s, const char *line);
/* Moves the clock. */
void engine_advance(struct engine *e, int64_t ms);
/* used_memory, without what is only kept for reuse. */
int64_t engine_used(struct engine *e);

#endif
