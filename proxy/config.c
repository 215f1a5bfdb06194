/* A CONFIG that concerns both sides asks the shards first, in one go; when all of them agree the desk does
 * its part. So an error of a server leaves the proxy as it was. */
#include "proxy/config.h"
#include "commands/command_ids.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/version.h"
#include "common/resp/resp_reply.h"
#include "proxy/gather.h"
#include "proxy/worker.h"
#include <stdio.h>

struct job {
    struct crew_call call;
    struct request *whole;
    uint16_t id; /* of the command */
    uint8_t proto;
    struct slice *words; /* owned, with their bytes: patterns, or names and values, for the desk */
    int count;
    struct buf shards;            /* what a server said */
    struct buf reply;             /* what the desk said */
    struct proxy_settings *fresh; /* held; NULL: nothing changed */
};

static void job_free(struct job *job) {
    mem_free(job->words);
    buf_deinit(&job->shards);
    buf_deinit(&job->reply);
    proxy_settings_return(&job->fresh);
    mem_free_sized(job, sizeof(*job));
}

static struct job *job_new(const struct client *c, const struct command_spec *spec, const struct slice *words,
                           int count) {
    struct job *job = mem_zalloc(sizeof(*job));
    job->id = spec->id;
    job->proto = c->out.writer.proto;
    job->words = slices_copy(words, count);
    job->count = count;
    return job;
}

/* --- at the desk --- */

static void desk_set(struct worker *w, struct job *job, struct resp_writer *reply) {
    struct desk *desk = w->crew->desk;
    uint32_t errors = reply->error_count;
    conf_set(desk->conf, job->words, job->count, (struct conf_caller){0}, reply);
    if (reply->error_count != errors) return;
    desk->log->level = (enum log_level)desk->options->loglevel;
    job->fresh = proxy_settings_take(desk->options);
}

static bool visit(struct worker *w, struct crew_call *call) {
    struct job *job = LIST_OWNER(call, struct job, call);
    const struct desk *desk = w->crew->desk;
    if (job->id == CMD_CONFIG_RESETSTAT) metrics_reset(w);
    if (w->index == 0) {
        struct resp_writer reply;
        resp_writer_init(&reply, &w->pool);
        reply.proto = job->proto;
        if (job->id == CMD_CONFIG_RESETSTAT)
            resp_ok(&reply);
        else if (desk == NULL)
            resp_error(&reply, "ERR this proxy's configuration cannot be reached");
        else if (job->id == CMD_CONFIG_GET)
            conf_get_reply(desk->conf, job->words, job->count, &reply);
        else if (job->id == CMD_CONFIG_SET)
            desk_set(w, job, &reply);
        else
            conf_rewrite(desk->conf, desk->files, false, &reply);
        struct resp_chunk *chain = resp_writer_take(&reply);
        for (struct resp_chunk *chunk = chain; chunk; chunk = chunk->next)
            buf_append(&job->reply, chunk->bytes, chunk->len);
        resp_chunks_return(&w->pool, chain);
        resp_writer_deinit(&reply);
    }
    if (job->fresh) worker_set(w, job->fresh);
    return true;
}

/* The desk's pairs, then those of the servers whose names the proxy does not own. */
static void merge_pairs(const struct job *job, struct buf *out) {
    const struct buf *parts[] = {&job->reply, &job->shards};
    struct buf body = {0};
    uint64_t pairs = 0;
    for (unsigned i = 0; i < 2; i++) {
        const char *at = parts[i]->ptr, *end = at + parts[i]->len;
        struct resp_token head, name;
        if (parts[i]->len == 0 || !resp_token_next(&at, end, &head) || !strchr("*%", head.type)) continue;
        for (int64_t k = 0; k + 1 < head.count; k += 2) {
            const char *start = at;
            if (!resp_token_next(&at, end, &name) || !resp_value_skip(&at, end)) break;
            if (i == 1 && proxy_option_known(name.text)) continue;
            buf_append(&body, start, (size_t)(at - start));
            pairs++;
        }
    }
    buf_printf(out, job->proto == 3 ? "%%%llu\r\n" : "*%llu\r\n",
               (unsigned long long)(job->proto == 3 ? pairs : pairs * 2));
    buf_append_slice(out, buf_slice(&body));
    buf_deinit(&body);
}

static void done(struct crew_call *call) {
    struct job *job = LIST_OWNER(call, struct job, call);
    if (job->id == CMD_CONFIG_GET)
        merge_pairs(job, &job->whole->reply);
    else
        buf_append_slice(&job->whole->reply, buf_slice(&job->reply));
    request_finish(call->origin, job->whole);
    job_free(job);
}

static void to_desk(struct worker *w, struct job *job) {
    job->call.visit = visit;
    job->call.done = done;
    crew_start(w, &job->call, 0,
               job->id == CMD_CONFIG_SET || job->id == CMD_CONFIG_RESETSTAT ? w->crew->count : 1);
}

/* --- both sides --- */

/* The shards have answered. Of GET one answer is enough, and none is no harm; SET wants all of them. */
static bool shards_answered(struct gather *g) {
    struct job *job = g->owner;
    job->whole = g->whole;
    for (unsigned i = 0; i < g->part_count && job->shards.len == 0; i++) {
        struct buf *reply = &g->parts[i].reply;
        bool error = reply->len == 0 || reply->ptr[0] == '-';
        if (job->id == CMD_CONFIG_GET ? error : !error) continue;
        job->shards = *reply;
        *reply = (struct buf){0};
    }
    if (job->id == CMD_CONFIG_SET && job->shards.len) {
        gather_merge(g, &g->whole->reply);
        if (g->whole->reply.len == 0 || g->whole->reply.ptr[0] != '-') {
            buf_clear(&g->whole->reply);
            buf_append_slice(&g->whole->reply, buf_slice(&job->shards));
        }
        job_free(job);
        return true;
    }
    if (g->worker->closing) {
        job_free(job);
        return true;
    }
    to_desk(g->worker, job);
    return false;
}

static void ask_both(struct client *c, const struct command_spec *spec, const struct slice *foreign,
                     int count, struct job *job) {
    struct buf text = {0};
    if (count == 0) {
        job->whole = request_defer(c, spec);
        to_desk(c->worker, job);
        return;
    }
    struct slice *words = mem_alloc(((size_t)count + 2) * sizeof(*words));
    words[0] = SLICE("CONFIG");
    words[1] = spec->id == CMD_CONFIG_GET ? SLICE("GET") : SLICE("SET");
    memcpy(words + 2, foreign, (size_t)count * sizeof(*words));
    backend_append_words(&text, words, count + 2);
    bool own = job != NULL;
    gather_all_shards(c, spec, buf_slice(&text), own ? shards_answered : NULL, job);
    mem_free(words);
    buf_deinit(&text);
}

static bool is_pattern(struct slice word) {
    for (size_t i = 0; i < word.len; i++)
        if (strchr("*?[\\", word.ptr[i])) return true;
    return false;
}

/* A pattern concerns both; a name its owner. */
static void run_get(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc) {
    struct slice *foreign = mem_alloc((size_t)argc * sizeof(*foreign));
    int count = 0;
    for (int i = 2; i < argc; i++)
        if (is_pattern(argv[i]) || !proxy_option_known(argv[i])) foreign[count++] = argv[i];
    ask_both(c, spec, foreign, count, job_new(c, spec, argv + 2, argc - 2));
    mem_free(foreign);
}

static void run_set(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc) {
    struct slice *own = mem_alloc(2 * (size_t)argc * sizeof(*own)), *foreign = own + argc;
    int own_count = 0, count = 0;
    if (argc % 2) {
        resp_error(client_reply_begin(c), "ERR wrong number of arguments for 'config|set' command");
        client_reply_end(c);
        mem_free(own);
        return;
    }
    for (int i = 2; i < argc; i += 2) {
        struct slice *to = proxy_option_known(argv[i]) ? own + own_count : foreign + count;
        to[0] = argv[i];
        to[1] = argv[i + 1];
        *(to == own + own_count ? &own_count : &count) += 2;
    }
    ask_both(c, spec, foreign, count, own_count ? job_new(c, spec, own, own_count) : NULL);
    mem_free(own);
}

/* --- servers alone --- */

/* How many words at the end say so; 0: none. */
static int shard_words(const struct command_spec *spec, const struct slice *argv, int argc) {
    if (spec->parent != CMD_CONFIG || argc < 3) return 0;
    bool set = spec->id == CMD_CONFIG_SET; /* its names and values are in pairs */
    if (slice_is(argv[argc - 1], "SHARD") && (!set || argc % 2 == 1))
        return argc == 3 && spec->arity == -3 ? 0 : 1;
    if (argc > 3 && slice_is(argv[argc - 2], "SHARD") && (!set || argc % 2 == 0)) return 2;
    return 0;
}

bool config_is_for_shards(const struct command_spec *spec, const struct slice *argv, int argc) {
    return shard_words(spec, argv, argc) > 0;
}

static void ask_shards(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc,
                       const struct slice *name) {
    struct buf text = {0};
    if (name) {
        uint16_t shard = topology_shard_named(&c->worker->map, *name);
        if (shard == TOPOLOGY_NONE) {
            resp_errorf(client_reply_begin(c), "ERR there is no shard '%.*s'",
                        (int)(name->len < TOPOLOGY_NAME_MAX ? name->len : TOPOLOGY_NAME_MAX), name->ptr);
            client_reply_end(c);
            return;
        }
        gather_one_shard(c, spec, shard, argv, argc);
        return;
    }
    backend_append_words(&text, argv, argc);
    gather_all_shards(c, spec, buf_slice(&text), NULL, NULL);
    buf_deinit(&text);
}

void config_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc) {
    int extra = shard_words(spec, argv, argc);
    if (extra) {
        ask_shards(c, spec, argv, argc - extra, extra == 2 ? &argv[argc - 1] : NULL);
        return;
    }
    switch (spec->id) {
    case CMD_CONFIG_GET: run_get(c, spec, argv, argc); break;
    case CMD_CONFIG_SET: run_set(c, spec, argv, argc); break;
    default: ask_both(c, spec, NULL, 0, job_new(c, spec, NULL, 0)); break;
    }
}

/* --- loaded again --- */

struct reload {
    struct crew_call call;
    struct proxy_settings *fresh;
};

static bool reload_visit(struct worker *w, struct crew_call *call) {
    struct reload *reload = LIST_OWNER(call, struct reload, call);
    if (w->closing) return true;
    worker_set(w, reload->fresh);
    worker_remap(w, &reload->fresh->o.map);
    return true;
}

static void reload_done(struct crew_call *call) {
    struct reload *reload = LIST_OWNER(call, struct reload, call);
    proxy_settings_return(&reload->fresh);
    mem_free_sized(reload, sizeof(*reload));
}

/* Takes over what the file says; the map is moved. */
static void take_over(struct desk *desk, struct conf *loaded, struct proxy_options *options) {
    struct topology map = desk->options->map;
    struct conf_error err;
    struct buf was = {0}, is = {0};
    for (size_t i = 0; proxy_option_at(i); i++) {
        const struct conf_option *option = proxy_option_at(i);
        buf_clear(&was);
        buf_clear(&is);
        if (!conf_print(desk->conf, option->name, &was) || !conf_print(loaded, option->name, &is)) continue;
        if (slice_eq(buf_slice(&was), buf_slice(&is))) continue;
        if (option->flags & CONF_IMMUTABLE)
            log_warning(desk->log, "The option '%s' changes with a restart only (SIGUSR2)", option->name);
        else if (!conf_assign(desk->conf, option->name, buf_cstr(&is), &err))
            log_warning(desk->log, "The option '%s' stays as it was: %s", option->name, err.text);
        else
            log_notice(desk->log, "The option '%s' has changed", option->name);
    }
    desk->options->map = options->map;
    options->map = map;
    desk->log->level = (enum log_level)desk->options->loglevel;
    buf_deinit(&was);
    buf_deinit(&is);
}

void config_reload(struct worker *w) {
    struct desk *desk = w->crew->desk;
    struct proxy_options options = {0};
    struct buf message = {0};
    struct conf *conf = conf_create("Torc " TORC_VERSION, desk->log);
    proxy_options_register(&options, conf);
    if (!conf_load(conf, desk->files, desk->argc, desk->argv, &message)) {
        log_warning(desk->log, "The configuration was not loaded again: %s", buf_cstr(&message));
    } else if (options.map.shard_count == 0) {
        log_warning(desk->log, "The configuration was not loaded again: there is no shard in it");
    } else {
        take_over(desk, conf, &options);
        struct reload *reload = mem_zalloc(sizeof(*reload));
        reload->fresh = proxy_settings_take(desk->options);
        reload->call.visit = reload_visit;
        reload->call.done = reload_done;
        log_notice(desk->log, "The configuration was loaded again: %u shards own %u slots",
                   desk->options->map.shard_count, topology_slots_owned(&desk->options->map));
        crew_start(w, &reload->call, 0, w->crew->count);
    }
    buf_deinit(&message);
    proxy_options_deinit(&options);
    conf_destroy(&conf);
}
