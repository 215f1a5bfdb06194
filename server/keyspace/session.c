/* See session.h. */
#include "server/keyspace/session.h"
#include "common/base/panic.h"
#include "server/keyspace/database.h"

void session_init(struct session *s, uint64_t id, struct database *db, struct resp_pool *pool,
                  const struct session_ops *ops, uint32_t flags) {
    memset(s, 0, sizeof(*s));
    s->id = id;
    s->db = db;
    s->db_index = db ? db->index : 0;
    s->ops = ops;
    s->flags = flags;
    resp_writer_init(&s->reply, pool);
    list_init(&s->watches);
    list_init(&s->paused);
}

void session_deinit(struct session *s) {
    must(s->multi == NULL && s->pubsub == NULL && s->blocked == NULL && list_empty(&s->watches) &&
         !list_linked(&s->paused));
    resp_writer_deinit(&s->reply);
}
