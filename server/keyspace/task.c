/* See task.h. */
#include "server/keyspace/task.h"
#include "server/keyspace/keyspace.h"

void task_start(struct keyspace *ks, struct task *task, struct session *s) {
    task->session = s;
    s->flags |= SESSION_BLOCKED;
    list_append(&ks->tasks, &task->link);
}

bool task_step(struct keyspace *ks) {
    if (list_empty(&ks->tasks)) return false;
    struct task *task = LIST_OWNER(ks->tasks.next, struct task, link);
    struct session *s = task->session;
    list_remove(&task->link);
    if (task->step(task, ks)) {
        s->flags &= ~(uint32_t)SESSION_BLOCKED;
        session_output_pending(s);
        if (s->ops && s->ops->resume) s->ops->resume(s);
    } else {
        list_append(&ks->tasks, &task->link);
    }
    return !list_empty(&ks->tasks);
}

void task_cancel_session(struct keyspace *ks, struct session *s) {
    LIST_FOR(at, next, &ks->tasks) {
        struct task *task = LIST_OWNER(at, struct task, link);
        if (task->session != s) continue;
        list_remove(at);
        task->cancel(task, ks);
    }
}
