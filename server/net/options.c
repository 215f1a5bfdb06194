/* The options of net, and what changing them does. */
#include "common/base/mem.h"
#include "common/conf/conf_words.h"
#include "server/net/net_int.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

/* --- descriptors --- */

/* The limit of descriptors that maxclients needs. */
static rlim_t needed(int64_t clients) {
    return (rlim_t)clients + NET_FDS_RESERVED;
}

/* Asks for `want`, and when that is refused for all that the hard limit gives; returns what is in force. */
static rlim_t raise_towards(rlim_t want, const struct rlimit *had, int *error) {
    struct rlimit limit = {want, want > had->rlim_max ? want : had->rlim_max};
    *error = 0;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return want;
    *error = errno;
    if (had->rlim_max <= had->rlim_cur) return had->rlim_cur;
    limit = (struct rlimit){had->rlim_max < want ? had->rlim_max : want, had->rlim_max};
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : had->rlim_cur;
}

bool net_raise_descriptor_limit(struct net *net) {
    struct rlimit limit;
    rlim_t want = needed(net->conf.maxclients);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        log_warning(
            net->log,
            "Unable to obtain the current NOFILE limit (%s), assuming 1024 and setting the max clients "
            "configuration accordingly.",
            strerror(errno));
        net->conf.maxclients = 1024 - NET_FDS_RESERVED;
        return true;
    }
    if (limit.rlim_cur >= want) return true;
    int error;
    rlim_t had = limit.rlim_cur, now = raise_towards(want, &limit, &error);
    if (now >= want) {
        log_notice(net->log,
                   "Increased maximum number of open files to %llu (it was originally set to %llu).",
                   (unsigned long long)now, (unsigned long long)had);
        return true;
    }
    if (now <= NET_FDS_RESERVED) {
        log_warning(net->log,
                    "Your current 'ulimit -n' of %llu is not enough for the server to start. Please increase "
                    "your open file limit to at least %llu. Exiting.",
                    (unsigned long long)now, (unsigned long long)want);
        return false;
    }
    log_warning(net->log, "You requested maxclients of %lld requiring at least %llu max file descriptors.",
                (long long)net->conf.maxclients, (unsigned long long)want);
    log_warning(net->log, "Server can't set maximum open files to %llu because of OS error: %s.",
                (unsigned long long)want, strerror(error));
    net->conf.maxclients = (int64_t)now - NET_FDS_RESERVED;
    log_warning(
        net->log,
        "Current maximum open files is %llu. maxclients has been reduced to %lld to compensate for low "
        "ulimit. If you need higher maxclients increase 'ulimit -n'.",
        (unsigned long long)now, (long long)net->conf.maxclients);
    return true;
}

static bool apply_maxclients(void *owner, struct conf_error *err) {
    struct net *net = owner;
    int64_t asked = net->conf.maxclients;
    if (!net->started) return true;
    if (net_raise_descriptor_limit(net) && net->conf.maxclients == asked) return true;
    return conf_fail(
        err, "The operating system is not able to handle the specified number of clients, try with %lld",
        (long long)net->conf.maxclients);
}

/* --- what changes at once --- */

static bool apply_listen(void *owner, struct conf_error *err) {
    return net_relisten(owner, err);
}

static bool few_addresses(void *owner, const void *value, struct conf_error *err) {
    const struct conf_words *words = value;
    return words->count < NET_LISTENERS_MAX || conf_fail(err, "Too many bind addresses specified.");
}

static bool parse_secret(void *value, const struct slice *words, int count, bool in_file, bool first,
                         struct conf_error *err) {
    struct net_secret *secret = value;
    mem_free(secret->bytes);
    size_t len = count ? words[0].len : 0;
    *secret = (struct net_secret){len ? mem_strndup(words[0].ptr, len) : NULL, len};
    return true;
}

static void print_secret(const void *value, struct buf *out) {
    const struct net_secret *secret = value;
    buf_append(out, secret->bytes, secret->len);
}

static void secret_lines(const void *value, const char *name, struct buf *out) {
    const struct net_secret *secret = value;
    buf_printf(out, "%s ", name);
    conf_word_append(out, (struct slice){secret->bytes, secret->len});
    buf_append_char(out, '\n');
}

static void copy_secret(void *to, const void *from) {
    const struct net_secret *secret = from;
    *(struct net_secret *)to =
        (struct net_secret){secret->bytes ? mem_strndup(secret->bytes, secret->len) : NULL, secret->len};
}

static void release_secret(void *value) {
    mem_free(((struct net_secret *)value)->bytes);
}

static const struct conf_custom secret_type = {.size = sizeof(struct net_secret),
                                               .parse = parse_secret,
                                               .print = print_secret,
                                               .lines = secret_lines,
                                               .copy = copy_secret,
                                               .release = release_secret};

/* Without a password nobody has to authenticate any more. */
static bool apply_password(void *owner, struct conf_error *err) {
    struct net *net = owner;
    if (net_password_needed(net)) return true;
    LIST_FOR(it, tmp, &net->clients) {
        LIST_OWNER(it, struct client, all)->session.flags &= ~(uint32_t)SESSION_NEEDS_AUTH;
    }
    return true;
}

#define FIELD struct net_conf

static const struct conf_option options[] = {
    CONF_OPT_INT("port", FIELD, port, 0, 65535, "6379", .apply = apply_listen),
    CONF_OPT_WORDS("bind", FIELD, bind, "* -::*", .validate = few_addresses, .apply = apply_listen,
                   .flags = CONF_MULTI_ARG),
    CONF_OPT_STRING("unixsocket", FIELD, unixsocket, NULL, .flags = CONF_IMMUTABLE),
    CONF_OPT_OCTAL("unixsocketperm", FIELD, unixsocketperm, 0777, "0", .flags = CONF_IMMUTABLE),
    CONF_OPT_INT("tcp-backlog", FIELD, tcp_backlog, 0, INT_MAX, "511", .flags = CONF_IMMUTABLE),
    CONF_OPT_INT("tcp-keepalive", FIELD, tcp_keepalive_s, 0, INT_MAX, "300"),
    CONF_OPT_INT("timeout", FIELD, timeout_s, 0, INT_MAX, "0"),
    CONF_OPT_INT64("maxclients", FIELD, maxclients, 1, UINT_MAX, "10000", .apply = apply_maxclients),
    CONF_OPT_PERCENT("maxmemory-clients", FIELD, maxmemory_clients, 0, INT64_MAX, "0",
                     .apply = net_memory_limit_changed),
    CONF_OPT_BOOL("protected-mode", FIELD, protected_mode, "yes"),
    CONF_OPT_CUSTOM("requirepass", FIELD, requirepass, &secret_type, NULL, .flags = CONF_SENSITIVE,
                    .apply = apply_password),
    CONF_OPT_CUSTOM("client-output-buffer-limit", FIELD, output_limits, &conf_output_limits_type,
                    "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", .flags = CONF_MULTI_ARG),
    CONF_OPT_MEMORY("client-query-buffer-limit", FIELD, query_limit, 1 << 20, INT64_MAX, "1gb"),
};

void net_register_options(struct net *net, struct conf *conf) {
    conf_register(conf, options, CONF_COUNT(options), &net->conf, net);
}
