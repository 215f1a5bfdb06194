/* Connections: listeners, clients, their input and output, and the commands about them.
 *
 *      io_turn ─► bytes of this turn, by client
 *      net_run ─► cut into commands, run as batches over all clients
 *      net_flush ─► one send per client that has something to say
 *
 * The loop of boot calls these three, in this order; whatever writes to sessions in between (expiry, tasks)
 * goes out with net_flush. */
#ifndef TORC_NET_NET_H
#define TORC_NET_NET_H

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/io/io.h"
#include "common/metrics/info.h"
#include "server/exec/exec.h"
#include "server/pubsub/pubsub.h"

struct net;

/* All borrowed, and outlive the net. */
struct net_parts {
    struct io *io;
    struct exec *exec;
    struct keyspace *keyspace;
    struct pubsub *pubsub;
    struct resp_pool *resp_pool;
    const char *redis_version;        /* what HELLO answers */
    const char *(*role)(void *owner); /* "master" or "replica", for HELLO; NULL: always master */
    void *role_owner;
    const bool *cron_paused; /* while it is true, clients are not looked at once a second; NULL: never */
};

/* Declares the options (before loading). Both are borrowed. */
struct net *net_create(struct conf *conf, struct logger *log);
/* After loading: raises the limit of descriptors to what maxclients needs. False: it is hopeless, and logged.
 */
bool net_start(struct net *net, const struct net_parts *parts);
/* Opens the listeners of port, bind and unixsocket. False: one failed, or there is none; the log says why. */
bool net_listen(struct net *net);
/* Closes listeners and clients; goes on over several turns. True when all are gone. Unix socket files are
 * removed. */
bool net_close(struct net *net);
void net_destroy(
    struct net **net); /* after net_close is done, or never started; the conf is destroyed before */

/* Runs what arrived, at most about `budget_us` (0: all of it), and sends the replies. */
void net_run(struct net *net, int64_t budget_us);
/* Sends what sessions have to say; closes those that are to be closed. */
void net_flush(struct net *net);
/* Input remains that net_run did not get to: the loop must not sleep. */
bool net_has_work(const struct net *net);

/* Sections clients and stats (its part) of INFO, and CONFIG RESETSTAT of these. */
void net_register_info(struct net *net, struct info_registry *registry);
void net_reset_stats(struct net *net);

int net_port(const struct net *net); /* the option, 0: no TCP */
size_t net_client_count(const struct net *net);

/* --- what others say about the client behind a session (slowlog, monitor, crash report) --- */

/* False when there is no client of a net behind it. */
bool net_session_is_client(const struct session *s);
/* "127.0.0.1:50000" and the name, "" if it has none; for client sessions only. `out` has IO_ADDR_TEXT_MAX
 * bytes. */
char *net_session_addr(const struct session *s, char *out);
const char *net_session_name(const struct session *s);
/* The client's line as CLIENT LIST shows it, without line end. */
void net_session_describe(const struct session *s, struct buf *out);
/* Memory that clients take, for INFO memory (mem_clients_normal); looks at each of them. And that of
 * replicas, as it was when that was last asked. */
size_t net_clients_bytes(struct net *net);
size_t net_replicas_bytes(const struct net *net);

/* AUTH HELLO RESET QUIT PING ECHO SELECT CLIENT. Module: the net. */
extern const struct command_binding net_bindings[];

#endif
