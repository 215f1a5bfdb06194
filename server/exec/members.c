/* Members of large values, prefetched for a group of requests: SADD, SISMEMBER, HGET, HSET and their like.
 *
 *      entry (prefetched before) ─► its table ─► bucket of the member ─► item whose tag matches
 *
 * Two more passes over the group, each of which leaves its misses under way while it goes on. Where a command
 * names its member is found in its declaration. All of it is advice: a member that is not where the
 * declaration puts it (an option came before it) costs a useless hash and no more. */
#include "common/commands/command.h"
#include "server/exec/exec_int.h"
#include "server/keyspace/database.h"
#include "server/types/value.h"
#include <string.h>

/* The position, among the words of `arguments` when no option is given, of the first member; *words counts
 * the words before it. False: there is none, and *words counts all. */
static bool find_member(const struct command_argument *arguments, unsigned count, unsigned *words) {
    for (unsigned i = 0; i < count; i++) {
        const struct command_argument *a = &arguments[i];
        if (a->flags & ARGUMENT_OPTIONAL) continue;
        if (a->token) ++*words;
        if (a->type == ARGUMENT_BLOCK) {
            if (find_member(a->children, a->child_count, words)) return true;
            continue;
        }
        if (strcmp(a->name, "member") == 0 || strcmp(a->name, "field") == 0) return true;
        ++*words;
    }
    return false;
}

void members_init(struct exec *x) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_spec *spec = command_by_id(id);
        unsigned words = 1; /* the name */
        if (spec->first_key == 1 && find_member(spec->docs->arguments, spec->docs->argument_count, &words))
            x->member_at[id] = (uint8_t)words;
    }
}

struct wanted {
    const struct database *db;
    const struct value_ops *ops;
    const struct entry *entry;
    uint64_t hash;
};

/* The large value that a request is about, or NULL. `last` (may be NULL) is what the request before wanted:
 * often it is the same. */
static const struct entry *large_value(const struct exec_request *r, uint64_t hash,
                                       const struct wanted *last) {
    struct slice key = r->argv[1];
    if (last && last->db == r->session->db && slice_eq_short(entry_key(last->entry), key)) return last->entry;
    const struct entry *e = database_find(r->session->db, key, hash).entry;
    return e && entry_encoding(e) == ENC_TREE ? e : NULL;
}

void members_prefetch(const struct exec *x, const struct exec_request *requests,
                      const struct prepared *prepared, size_t count) {
    if (count == 1) return; /* nothing would overlap */
    struct wanted wanted[GROUP];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct exec_request *r = &requests[i];
        const struct prepared *p = &prepared[i];
        unsigned at = p->spec ? x->member_at[p->spec->id] : 0;
        if (at == 0 || (int)at >= r->argc || p->hashes.count == 0) continue;
        const struct entry *e = large_value(r, p->hashes.hash[0], n ? &wanted[n - 1] : NULL);
        if (e == NULL) continue;
        const struct value_ops *ops = value_ops(entry_type(e));
        if (ops->prefetch_bucket == NULL) continue;
        wanted[n++] = (struct wanted){r->session->db, ops, e, ops->prefetch_bucket(e, r->argv[at])};
    }
    for (size_t i = 0; i < n; i++)
        wanted[i].ops->prefetch_item(wanted[i].entry, wanted[i].hash);
}
