/* The floor between the ok server and the full server: commands through dispatch, without sockets and without
 * parsing.
 *
 *      in_process [keys] [batch] [commands] [NAME]     defaults: 1000000 keys of 16 bytes with values of 64,
 *                                                      batches of 800 requests, 4000000 commands, all
 *
 * Prints nanoseconds per command for SET, GET, INCR and MGET of ten, over uniformly drawn keys, and for LPUSH
 * to one list and LPOP from it, for batches as a turn of 50 connections with pipelines of 16 makes them. */
#include "common/base/clock.h"
#include "common/base/mem.h"
#include "common/conf/conf.h"
#include "server/commands/families.h"
#include "server/exec/exec.h"
#include "server/exec/options.h"
#include "server/keyspace/options.h"
#include <stdio.h>
#include <stdlib.h>

#define KEY_BYTES   16
#define VALUE_BYTES 64
#define ARGS_MAX    11

struct rig {
    struct mem_account account;
    struct logger log;
    struct keyspace keyspace;
    struct exec_conf exec_conf;
    struct exec *exec;
    struct resp_pool pool;
    struct session session;
};

struct load {
    const char *name;
    unsigned keys_each; /* keys per command */
    bool with_value;
    bool one_key; /* the same for all */
};

static void render_key(char *out, uint64_t number, const char *prefix) {
    snprintf(out, KEY_BYTES + 1, "%s%0*llu", prefix, KEY_BYTES - (int)strlen(prefix),
             (unsigned long long)number);
}

static void rig_init(struct rig *r) {
    static const struct command_binding *const families[] = {string_bindings, string_number_bindings,
                                                             list_bindings, list_pop_bindings};
    memset(r, 0, sizeof(*r));
    mem_account_enter(&r->account);
    r->log = log_default;
    struct conf *conf = conf_create("bench", &r->log);
    keyspace_register_options(&r->keyspace, conf);
    exec_register_options(&r->exec_conf, conf);
    keyspace_init(&r->keyspace, &r->keyspace.conf, &r->account, NULL, clock_wall_us() / 1000, NULL);
    r->exec = exec_create(&r->keyspace, &r->exec_conf);
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        exec_bind(r->exec, families[i], NULL);
    resp_pool_init(&r->pool);
    session_init(&r->session, 1, keyspace_database(&r->keyspace, 0), &r->pool, NULL, 0);
}

static void measure(struct rig *r, const struct load *load, uint64_t keys, size_t batch, uint64_t commands) {
    struct exec_request *requests = calloc(batch, sizeof(*requests));
    struct slice *argv = calloc(batch * ARGS_MAX, sizeof(*argv));
    char *names = malloc(batch * ARGS_MAX * (KEY_BYTES + 1));
    static const char value[VALUE_BYTES + 1] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const char *prefix = load->one_key ? "list:" : strcmp(load->name, "INCR") == 0 ? "counter:" : "key:";
    uint64_t done = 0, cycles = 0;
    while (done < commands / load->keys_each) {
        for (size_t i = 0; i < batch; i++) {
            struct slice *args = &argv[i * ARGS_MAX];
            args[0] = slice_of(load->name);
            for (unsigned k = 0; k < load->keys_each; k++) {
                char *name = names + (i * ARGS_MAX + k) * (KEY_BYTES + 1);
                render_key(name, load->one_key ? 0 : rng_below(&r->keyspace.rng, keys), prefix);
                args[1 + k] = (struct slice){name, KEY_BYTES};
            }
            args[1 + load->keys_each] = (struct slice){value, VALUE_BYTES};
            requests[i] =
                (struct exec_request){&r->session, args, 1 + (int)load->keys_each + load->with_value, false};
        }
        uint64_t start = clock_cycles();
        exec_batch(r->exec, requests, batch, 0);
        cycles += clock_cycles() - start;
        done += batch;
        resp_chunks_return(&r->pool, resp_writer_take(&r->session.reply));
    }
    printf("%-5s %7.1f ns\n", load->name, (double)cycles / clock_cycles_per_us() * 1000 / (double)done);
    free(requests);
    free(argv);
    free(names);
}

int main(int argc, char **argv) {
    uint64_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t batch = argc > 2 ? strtoul(argv[2], NULL, 10) : 800;
    uint64_t commands = argc > 3 ? strtoull(argv[3], NULL, 10) : 4000000;
    const char *only = argc > 4 ? argv[4] : NULL;
    static const struct load loads[] = {{"SET", 1, true, false},   {"SET", 1, true, false},
                                        {"GET", 1, false, false},  {"INCR", 1, false, false},
                                        {"INCR", 1, false, false}, {"MGET", 10, false, false},
                                        {"LPUSH", 1, true, true},  {"LPOP", 1, false, true}};
    static struct rig r;
    rig_init(&r);
    for (uint64_t i = 0; i < keys; i++) {
        char name[KEY_BYTES + 1];
        render_key(name, i, "key:");
        struct slice set[3] = {
            SLICE("SET"),
            {name, KEY_BYTES},
            {"0123456789012345678901234567890123456789012345678901234567890123", VALUE_BYTES}};
        exec_one(r.exec, &r.session, set, 3, 0);
        resp_chunks_return(&r.pool, resp_writer_take(&r.session.reply));
    }
    printf("%.1f bytes per key\n", (double)r.account.used / (double)keys);
    for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
        if (only == NULL || strstr(loads[i].name, only)) measure(&r, &loads[i], keys, batch, commands);
    return 0;
}
