/* The exceptions. What stands here is what the spec cannot know: which commands would end the test, which
 * lines of a command are safe to send, and which replies depend on the moment or on chance.
 */
#include "tests/differential/rules.h"
#include "commands/command_ids.h"
#include "common/base/panic.h"
#include <string.h>

#define FORMS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct exception {
    const char *name;
    int weight;  /* -1: as usual */
    int compare; /* enum compare_mode; -1: as the spec's tips say */
    enum generate_mode generate;
    const char *const *forms;
    const char *reason;
};

static const struct exception exceptions[] = {
    /* they depend on the moment */
    {"ttl", -1, COMPARE_TIME, GENERATE_GRAMMAR, NULL, NULL},
    {"pttl", -1, COMPARE_TIME, GENERATE_GRAMMAR, NULL, NULL},
    {"expiretime", -1, COMPARE_TIME, GENERATE_GRAMMAR, NULL, NULL},
    {"pexpiretime", -1, COMPARE_TIME, GENERATE_GRAMMAR, NULL, NULL},
    {"object|idletime", -1, COMPARE_TIME, GENERATE_SCRIPT, NULL, NULL},
    /* tips call these nondeterministic, which they are not between two servers of the same configuration */
    {"object|encoding", 20, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"object|freq", -1, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"object|refcount", -1, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    /* chance; generate.c puts the reply to check against before them */
    {"randomkey", 2, COMPARE_RANDOM_KEY, GENERATE_SCRIPT, NULL, NULL},
    {"hrandfield", 10, COMPARE_RANDOM_FIELDS, GENERATE_SCRIPT, NULL, NULL},
    {"srandmember", 10, COMPARE_RANDOM_FIELDS, GENERATE_SCRIPT, NULL, NULL},
    {"zrandmember", 10, COMPARE_RANDOM_FIELDS, GENERATE_SCRIPT, NULL, NULL},
    {"spop", 6, COMPARE_UNORDERED, GENERATE_SCRIPT, NULL, NULL},
    {"dbsize", 2, COMPARE_EXACT, GENERATE_SCRIPT, NULL, NULL},
    /* cursors are each server's own: full iterations are compared by STEP_SCAN */
    {"scan", 3, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"hscan", 3, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"sscan", 3, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"zscan", 3, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    /* ids are given, or come from the other ones: nothing is left to the clock */
    {"xadd", 40, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xtrim", 8, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xdel", 8, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xsetid", 1, COMPARE_EXACT, GENERATE_SCRIPT, NULL, NULL},
    {"xgroup|destroy", 2, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xread", 12, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xreadgroup", 30, COMPARE_EXACT, GENERATE_GRAMMAR, NULL, NULL},
    {"xclaim", 16, COMPARE_EXACT, GENERATE_SCRIPT, NULL, NULL},
    {"xautoclaim", 16, COMPARE_EXACT, GENERATE_SCRIPT, NULL, NULL},
    {"xpending", 16, COMPARE_STREAM, GENERATE_GRAMMAR, NULL, NULL},
    {"xinfo|stream", 16, COMPARE_STREAM, GENERATE_GRAMMAR, NULL, NULL},
    {"xinfo|groups", 16, COMPARE_STREAM, GENERATE_SCRIPT, NULL, NULL},
    {"xinfo|consumers", 16, COMPARE_STREAM, GENERATE_GRAMMAR, NULL, NULL},
    {"flushall", 0, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"flushdb", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"swapdb", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"bitfield", -1, -1, GENERATE_SCRIPT, NULL, NULL},
    {"keys", 3, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"lcs", 4, -1, GENERATE_GRAMMAR, NULL, NULL},

    {"multi", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"exec", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"discard", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"watch", 12, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"unwatch", 2, -1, GENERATE_GRAMMAR, NULL, NULL},

    /* subscribers are sessions of their own */
    {"subscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"psubscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"ssubscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"unsubscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"punsubscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"sunsubscribe", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"pubsub|channels", -1, COMPARE_UNORDERED, GENERATE_GRAMMAR, NULL, NULL},
    {"pubsub|shardchannels", -1, COMPARE_UNORDERED, GENERATE_GRAMMAR, NULL, NULL},

    {"geosearch", -1, COMPARE_SEARCH, GENERATE_GRAMMAR, NULL, NULL},
    {"georadius", -1, COMPARE_SEARCH, GENERATE_GRAMMAR, NULL, NULL},
    {"georadius_ro", -1, COMPARE_SEARCH, GENERATE_GRAMMAR, NULL, NULL},
    {"georadiusbymember", -1, COMPARE_SEARCH, GENERATE_GRAMMAR, NULL, NULL},
    {"georadiusbymember_ro", -1, COMPARE_SEARCH, GENERATE_GRAMMAR, NULL, NULL},

    {"sort", -1, COMPARE_SORT, GENERATE_SCRIPT, NULL, NULL},
    {"sort_ro", -1, COMPARE_SORT, GENERATE_SCRIPT, NULL, NULL},

    /* numbers of our own */
    {"memory|usage", 2, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"client|id", 1, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"client|info", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"client|list", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("client list", "client list type normal", "client list type PUBSUB", "client list type replica",
           "client list type x", "client list id 1 2 3", "client list id x", "client list id",
           "client list foo bar", "client list type master id 3"),
     NULL},
    {"client|kill", 1, -1, GENERATE_FORMS,
     FORMS("client kill id 99999999", "client kill id 0", "client kill id x", "client kill addr 1.2.3.4:5",
           "client kill laddr 1.2.3.4:5", "client kill user nobody", "client kill type master",
           "client kill type x", "client kill 1.2.3.4:5", "client kill skipme x",
           "client kill id 99999999 skipme no", "client kill addr 1.2.3.4:5 type normal", "client kill addr",
           "client kill foo bar"),
     NULL},
    /* nothing may stand still: what waits is written by hand */
    {"client|pause", 1, -1, GENERATE_FORMS,
     FORMS("client pause 0", "client pause 0 WRITE", "client pause 0 all", "client pause x",
           "client pause -1", "client pause 1 some", "client pause", "client pause 0 all x",
           "client pause 1.5"),
     NULL},
    {"wait", 1, -1, GENERATE_FORMS,
     FORMS("wait 0 0", "wait -1 0", "wait 0 5", "wait x 1", "wait 1 x", "wait 1 -1", "wait 1", "wait 1 1"),
     NULL},
    {"waitaof", 1, -1, GENERATE_FORMS,
     FORMS("waitaof 0 0 0", "waitaof 1 0 0", "waitaof 2 0 0", "waitaof 0 -1 0", "waitaof 0 0 x",
           "waitaof 0 1 1"),
     NULL},
    {"client|reply", 0, -1, GENERATE_SCRIPT, NULL, NULL},
    {"client|no-evict", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"hello", 2, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("hello", "hello 2", "hello 3", "hello 3", "hello 4", "hello 1", "hello x", "hello 3 setname a",
           "hello 2 SETNAME b", "hello 3 auth default x", "hello 3 auth default", "hello 2 auth nobody x",
           "hello 3 setname", "hello 2 foo", "hello 3 auth default x setname c"),
     NULL},
    {"auth", 1, -1, GENERATE_FORMS,
     FORMS("auth x", "auth default x", "auth nobody x", "auth default x y", "auth"), NULL},
    {"reset", 1, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"quit", 0, -1, GENERATE_NEVER, NULL, "it ends the connection; edges.c sends it"},
    {"command", 0, COMPARE_SCHEMA, GENERATE_FORMS, FORMS("command"), NULL},
    {"command|count", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"command|docs", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("command docs", "command docs get set", "command docs nosuch", "command docs config|get"), NULL},
    {"command|info", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("command info", "command info get nosuch config|get", "command info GETEX"), NULL},
    {"command|list", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("command list", "command list filterby aclcat hash", "command list filterby module json",
           "command list filterby pattern h*", "command list filterby foo x", "command list filterby"),
     NULL},
    {"command|getkeys", 3, -1, GENERATE_SCRIPT, NULL, NULL},
    {"command|getkeysandflags", 3, -1, GENERATE_SCRIPT, NULL, NULL},
    {"config|get", 1, -1, GENERATE_FORMS,
     FORMS("config get maxmemory", "config get hash-max-*", "config get hash-max-ziplist-entries",
           "config get notify-keyspace-events", "config get nosuch", "config get MAXMEMORY-POLICY maxmemory",
           "config get proto-max-bulk-len", "config get databases save", "config get slowlog*"),
     NULL},
    {"config|set", 1, -1, GENERATE_FORMS,
     FORMS("config set hash-max-listpack-entries 6", "config set hash-max-listpack-entries 512",
           "config set hash-max-listpack-value 20", "config set hash-max-ziplist-value 64",
           "config set hash-max-listpack-entries -1", "config set hash-max-listpack-entries x",
           "config set hll-sparse-max-bytes 60", "config set hll-sparse-max-bytes 3000",
           "config set nosuch 1", "config set maxmemory 0", "config set maxmemory-policy foo",
           "config set hash-max-listpack-value 64 hash-max-listpack-entries 10",
           "config set hash-max-listpack-value 10 hash-max-listpack-value 20", "config set databases 4",
           "config set notify-keyspace-events q", "config set slowlog-max-len 128", "config set hz 10",
           "config set latency-tracking maybe", "config set maxmemory"),
     NULL},
    {"config|rewrite", 0, -1, GENERATE_GRAMMAR, NULL,
     "there is no configuration file: only the refusal is compared"},
    {"config|resetstat", 0, -1, GENERATE_GRAMMAR, NULL, NULL},
    {"save", 0, -1, GENERATE_FORMS, FORMS("save x"), "it writes a file; only the refusal is compared"},
    {"bgsave", 0, -1, GENERATE_FORMS, FORMS("bgsave x", "bgsave schedule x"),
     "it writes a file, in its own time; only the refusal is compared"},
    {"migrate", 0, -1, GENERATE_FORMS, FORMS("migrate 127.0.0.1 1 key 0"),
     "it waits for another server; the Tcl tests and the exchange with Redis send it"},
    {"bgrewriteaof", 0, -1, GENERATE_NEVER, NULL, "it writes a file, in its own time; the Tcl tests send it"},
    {"httl", 2, COMPARE_FIELD_TIMES, GENERATE_SCRIPT, NULL, NULL},
    {"hpttl", 2, COMPARE_FIELD_TIMES, GENERATE_SCRIPT, NULL, NULL},
    {"hexpiretime", 2, COMPARE_FIELD_TIMES, GENERATE_SCRIPT, NULL, NULL},
    {"hpexpiretime", 2, COMPARE_FIELD_TIMES, GENERATE_SCRIPT, NULL, NULL},
    {"lastsave", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"debug", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("debug set-active-expire 1", "debug sleep 0", "debug set-active-expire 0", "debug nosuch",
           "debug object nosuchkey", "debug digest-value nosuchkey"),
     NULL},
    {"info", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("info", "info server", "info all", "info everything", "info default keyspace", "info nosuch",
           "info commandstats errorstats"),
     NULL},
    {"memory|stats", 1, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"memory|doctor", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"memory|malloc-stats", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"memory|bigkeys", 1, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("memory bigkeys", "memory bigkeys count 3", "memory bigkeys type zset count 2",
           "memory bigkeys type nosuch", "memory bigkeys count 0"),
     NULL},
    {"memory|hotkeys", 1, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("memory hotkeys", "memory hotkeys count 3", "memory hotkeys count x"), NULL},
    /* what took long, and when, is each server's own */
    {"slowlog|get", 1, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("slowlog get", "slowlog get 3", "slowlog get -1", "slowlog get 0", "slowlog get -2",
           "slowlog get x", "slowlog get 1 2"),
     NULL},
    {"slowlog|len", 1, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"latency|latest", 1, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"latency|history", 1, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("latency history command", "latency history nosuch"), NULL},
    {"latency|graph", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("latency graph nosuch", "latency graph command"),
     "no event is slow: only the refusal is compared"},
    {"latency|reset", 1, -1, GENERATE_FORMS, FORMS("latency reset nosuch", "latency reset a b"), NULL},
    {"latency|doctor", 0, COMPARE_SCHEMA, GENERATE_GRAMMAR, NULL, NULL},
    {"latency|histogram", 1, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("latency histogram get set", "latency histogram config", "latency histogram nosuch"), NULL},
    {"monitor", 0, -1, GENERATE_NEVER, NULL,
     "a feed ends the exchange of commands and replies; the Tcl tests read it"},
    {"lolwut", 0, COMPARE_SCHEMA, GENERATE_FORMS,
     FORMS("lolwut", "lolwut version 5", "lolwut version 6", "lolwut version 5 10 2 2", "lolwut version x"),
     NULL},
    {"pfdebug", 2, -1, GENERATE_SCRIPT, NULL, NULL},
    {"pfselftest", 0, -1, GENERATE_NEVER, NULL, "it takes Redis seconds; the Tcl tests send it"},
    {"shutdown", 0, -1, GENERATE_NEVER, NULL, "it ends the server; the Tcl tests send it"},
};

static struct rule rules[CMD_COUNT];

static bool has_tip(const struct command_spec *spec, const char *tip) {
    for (int i = 0; i < spec->docs->tip_count; i++)
        if (strcmp(spec->docs->tips[i], tip) == 0) return true;
    return false;
}

/* Data commands come often, the others now and then. */
static unsigned usual_weight(const struct command_spec *spec) {
    const char *group = spec->docs->group;
    if (strcmp(group, "connection") == 0 || strcmp(group, "server") == 0) return 1;
    if (strcmp(group, "pubsub") == 0 || strcmp(group, "scripting") == 0) return 2;
    if (strcmp(group, "generic") == 0) return 10;
    return 16;
}

void rules_init(void) {
    for (unsigned id = 0; id < CMD_COUNT; id++) {
        const struct command_spec *spec = command_by_id(id);
        const char *reply = spec->docs->reply;
        rules[id] = (struct rule){.spec = spec,
                                  .weight = usual_weight(spec),
                                  .pairs = reply && (strncmp(reply, "map", 3) == 0 || reply[0] == '{'),
                                  .doubles = strcmp(spec->docs->group, "sorted-set") == 0 ||
                                             strcmp(spec->docs->group, "geo") == 0,
                                  /* Redis counts the argument that a transaction holds */
                                  .outside = id == CMD_OBJECT_REFCOUNT,
                                  .blocks = (spec->flags & COMMAND_BLOCKING) != 0};
        const char *sub = strchr(spec->name, '|');
        if (sub && strcmp(sub, "|help") == 0) { /* the texts are our own */
            rules[id].compare = COMPARE_SCHEMA;
            rules[id].weight = 0;
        }
        if (strcmp(spec->docs->group, "cluster") == 0)
            rules[id].reason = "cluster support is off on both sides: only the refusal is compared";
        if (has_tip(spec, "nondeterministic_output")) rules[id].compare = COMPARE_SCHEMA;
        if (has_tip(spec, "nondeterministic_output_order") || rules[id].pairs)
            rules[id].compare = COMPARE_UNORDERED;
    }
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++) {
        const struct exception *e = &exceptions[i];
        const struct command_spec *spec = command_lookup_full(e->name, strlen(e->name));
        if (!spec) panic("rules.c: there is no command %s", e->name);
        struct rule *rule = &rules[spec->id];
        if (e->weight >= 0) rule->weight = (unsigned)e->weight;
        if (e->compare >= 0) rule->compare = (enum compare_mode)e->compare;
        rule->outside =
            rule->outside || rule->compare == COMPARE_SEARCH; /* EXEC's parts are compared in order */
        rule->generate = e->generate;
        rule->forms = e->forms;
        if (e->reason) rule->reason = e->reason;
    }
}

const struct rule *rule_of(const struct command_spec *spec) {
    return &rules[spec->id];
}
