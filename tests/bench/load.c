/* A light load generator: C connections, each with P requests under way, one thread, no allocation and
 * no formatting once it runs.
 *
 *     request   text templates ──► bytes with digits to patch     (rendered once)
 *     net       sockets, io_uring or epoll                        (one system call per turn)
 *     reply     counts replies, errors, nulls                     (skips contents)
 *     stat      histogram, CPU time of the server and of itself
 *
 * A connection sends P requests, waits for P replies, sends again. With --rate it may have to wait for its
 * turn before that: whoever was answered first sends first. With --pairs the first of two connections
 * sends the first command and the second the second, in this order, and both wait for the replies of both:
 * so who blocks on something is always there before the one that brings it. After the warm-up the counters
 * are noted, not stopped: what is measured is a window of a load that keeps running. Subscribers, where there
 * are any, only read; every delivery is counted, and a run ends when all published messages arrived.
 *
 * Prints one line of JSON. Exit status 1: error replies, closed connections or missing deliveries; such a
 * run is no measurement. 2: it could not run at all.
 */
#include "load/net.h"
#include "load/reply.h"
#include "load/request.h"
#include "load/stat.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 64, DELIVERIES_AHEAD_MAX = 200000 };

struct options {
    const char *host, *name, *channel;
    const char *commands[COMMANDS_MAX];
    unsigned commands_len, connections, pipeline, subscribers, timeout_s;
    uint64_t requests, keyspace, seed, sequence;
    double seconds, warmup_s, probe_s, rate; /* rate: requests a second at most, 0: as many as go */
    enum net_engine engine;
    bool pairs, sends;
    uint16_t port;
    pid_t pid;
};

/* A publishing or requesting connection. */
struct lane {
    struct request_batch batch;
    struct reply_state reply;
    unsigned waiting; /* replies still missing from what was sent last */
    unsigned window;  /* which P slots of the batch go next */
    bool held;        /* deliveries lag too far behind: waits with its next send */
};

/* Everything counted up to one moment. */
struct mark {
    uint64_t at_ns, own_cpu_ns, completed, deliveries;
    struct reply_counts counts;
    struct stat_cpu cpu;
};

struct load {
    struct options o;
    struct net *net;
    struct lane *lanes;
    struct reply_state *subscribers;
    struct reply_counts counts, subscriber_counts;
    struct request_source source;
    struct stat_histogram latency;
    uint64_t issued, completed, begin_ns;
    unsigned *paced, paced_first, paced_len; /* connections that wait for their turn: a ring, in order */
    uint64_t delivery_bytes_each;            /* 0 until the first one was seen */
    uint64_t delivery_bytes;
    unsigned subscribed, closed, held;
    int close_error;
    bool stopping, measuring, malformed;
};

static volatile uint64_t progress; /* what the watchdog compares */

static uint64_t deliveries(const struct load *l) {
    return l->delivery_bytes_each ? l->delivery_bytes / l->delivery_bytes_each : 0;
}

static uint64_t deliveries_due(const struct load *l) {
    return l->completed * l->o.subscribers - deliveries(l);
}

static bool on_pace(const struct load *l) {
    return (double)l->issued < (double)(stat_now_ns() - l->begin_ns) / 1e9 * l->o.rate;
}

static void lane_issue(struct load *l, unsigned conn) {
    struct lane *lane = &l->lanes[conn];
    unsigned n = l->o.pipeline, first = lane->window * n;
    lane->held = false;
    if (l->stopping) return;
    if (l->o.requests && l->o.requests - l->issued < n) n = (unsigned)(l->o.requests - l->issued);
    if (n == 0) return;
    if (l->o.rate > 0 && !on_pace(l)) {
        l->paced[(l->paced_first + l->paced_len++) % l->o.connections] = conn;
        return;
    }
    if (l->o.subscribers && l->completed * l->o.subscribers > deliveries(l) + DELIVERIES_AHEAD_MAX) {
        lane->held = true;
        l->held++;
        return;
    }
    request_refresh(&lane->batch, &l->source, first, n);
    uint32_t begin = request_begin(&lane->batch, first), end = lane->batch.ends[first + n - 1];
    net_send(l->net, conn, lane->batch.bytes + begin, end - begin);
    lane->waiting = n;
    lane->window = (lane->window + 1) % (lane->batch.slots / l->o.pipeline);
    l->issued += n;
}

/* All replies to what the connection sent are there. */
static void lane_answered(struct load *l, unsigned conn) {
    if (!l->o.pairs) {
        lane_issue(l, conn);
        return;
    }
    if (l->lanes[conn ^ 1].waiting) return;
    lane_issue(l, conn & ~1u);
    lane_issue(l, conn | 1u);
}

/* Counts what a subscriber received. All deliveries have one length; the first subscriber's first one is
 * read byte by byte to learn it, from then on (and on all others) counting bytes is enough. */
static void subscriber_receive(struct load *l, unsigned i, const char *bytes, size_t n) {
    struct reply_counts *c = &l->subscriber_counts;
    if (l->subscribed < l->o.subscribers) {
        /* The confirmation; nothing is published before all have theirs. */
        int done = reply_feed(&l->subscribers[i], c, bytes, n);
        if (done < 0) l->malformed = true;
        if (done > 0) l->subscribed += (unsigned)done;
        c->bytes = 0;
        return;
    }
    l->delivery_bytes += n;
    for (size_t at = 0; i == 0 && at < n && !l->delivery_bytes_each && !l->malformed; at++) {
        int done = reply_feed(&l->subscribers[0], c, bytes + at, 1);
        if (done < 0) l->malformed = true;
        if (done > 0) l->delivery_bytes_each = c->bytes;
    }
}

static void lane_receive(struct load *l, unsigned conn, const char *bytes, size_t n) {
    struct lane *lane = &l->lanes[conn];
    int done = reply_feed(&lane->reply, &l->counts, bytes, n);
    if (done < 0 || (unsigned)done > lane->waiting) {
        l->malformed = l->stopping = true;
        return;
    }
    if (done == 0) return;
    lane->waiting -= (unsigned)done;
    l->completed += (unsigned)done;
    if (l->measuring)
        stat_add(&l->latency, net_arrived_ns(l->net) - net_sent_ns(l->net, conn), (unsigned)done);
    if (lane->waiting == 0) lane_answered(l, conn);
}

static void receive(void *context, unsigned conn, const char *bytes, size_t n, int error) {
    struct load *l = context;
    if (n == 0) {
        l->closed++;
        l->close_error = error;
        l->stopping = true;
    } else if (conn < l->o.connections) {
        lane_receive(l, conn, bytes, n);
    } else {
        subscriber_receive(l, conn - l->o.connections, bytes, n);
    }
}

static void turn(struct load *l) {
    if (l->held && deliveries_due(l) < DELIVERIES_AHEAD_MAX / 2) {
        l->held = 0;
        for (unsigned i = 0; i < l->o.connections; i++)
            if (l->lanes[i].held) lane_issue(l, i);
    }
    while (l->paced_len && (l->stopping || on_pace(l))) {
        unsigned conn = l->paced[l->paced_first];
        l->paced_first = (l->paced_first + 1) % l->o.connections;
        l->paced_len--;
        lane_issue(l, conn);
    }
    net_turn(l->net, l->paced_len > 0);
    progress = l->completed + l->subscribed + l->delivery_bytes;
}

static void mark_take(struct load *l, struct mark *m) {
    m->at_ns = stat_now_ns();
    m->own_cpu_ns = stat_own_cpu_ns();
    if (l->o.pid && !stat_cpu_read(l->o.pid, &m->cpu)) {
        fprintf(stderr, "load: cannot read the CPU time of process %d\n", (int)l->o.pid);
        exit(2);
    }
    m->completed = l->completed;
    m->deliveries = deliveries(l);
    m->counts = l->counts;
}

static void subscribe(struct load *l) {
    char *text;
    int n = asprintf(&text, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(l->o.channel), l->o.channel);
    if (n < 0) exit(2);
    for (unsigned i = 0; i < l->o.subscribers; i++)
        net_send(l->net, l->o.connections + i, text, (size_t)n);
    while (l->subscribed < l->o.subscribers && !l->closed && !l->subscriber_counts.errors)
        turn(l);
    free(text);
}

static bool finished(const struct load *l) {
    return l->closed || l->malformed || (l->stopping && l->completed == l->issued) ||
           (l->o.requests && l->completed == l->o.requests);
}

/* Time is up, and each request that was under way at once was answered some times: replies come a turn at a
 * time, and of slow commands a shorter window would hold a turn more or less. */
static bool window_over(const struct load *l, const struct mark *from, uint64_t now, uint64_t end) {
    return now >= end && (l->o.rate > 0 ||
                          l->completed - from->completed >= 4 * (uint64_t)l->o.connections * l->o.pipeline);
}

/* Runs the load; `from` and `to` frame the measured window. */
static void run(struct load *l, struct mark *from, struct mark *to) {
    uint64_t begin = stat_now_ns(), measure_at = begin + (uint64_t)(l->o.warmup_s * 1e9);
    uint64_t end = l->o.seconds > 0 ? measure_at + (uint64_t)(l->o.seconds * 1e9) : UINT64_MAX;
    bool from_marked = l->o.warmup_s <= 0, to_marked = false;
    l->measuring = from_marked;
    mark_take(l, from);
    l->begin_ns = begin;
    for (unsigned i = 0; i < l->o.connections; i++)
        lane_issue(l, i);
    while (!finished(l)) {
        turn(l);
        uint64_t now = net_arrived_ns(l->net);
        if (!from_marked && now >= measure_at) {
            l->measuring = from_marked = true;
            mark_take(l, from);
        }
        if (!l->stopping && window_over(l, from, now, end)) {
            mark_take(l, to);
            to_marked = l->stopping = true;
            l->measuring = false;
        }
    }
    /* A window that shall hold all its deliveries ends with the last of them. */
    while (l->o.subscribers && !l->closed && !l->malformed && deliveries(l) < l->completed * l->o.subscribers)
        turn(l);
    if (!to_marked) mark_take(l, to);
}

/* ---- the report ---- */

static void json_text(const char *s) {
    putchar('"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 32 || c > 126)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void json_latency(const struct stat_histogram *h) {
    printf("\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f",
           (double)stat_quantile_ns(h, 0.5) / 1e3, (double)stat_quantile_ns(h, 0.99) / 1e3,
           (double)stat_quantile_ns(h, 0.999) / 1e3, (double)h->max_ns / 1e3);
}

static double per(uint64_t amount, uint64_t n) {
    return n ? (double)amount / (double)n : 0;
}

static void report(const struct load *l, const struct mark *from, const struct mark *to,
                   const char *problem) {
    uint64_t n = to->completed - from->completed, arrived = to->deliveries - from->deliveries;
    uint64_t cpu = to->cpu.process_ns - from->cpu.process_ns;
    uint64_t own = to->own_cpu_ns - from->own_cpu_ns;
    double s = (double)(to->at_ns - from->at_ns) / 1e9;
    printf("{\"name\":");
    json_text(l->o.name ? l->o.name : l->o.commands[0]);
    printf(",\"connections\":%u,\"pipeline\":%u,\"load_engine\":\"%s\",\"seconds\":%.3f,\"requests\":%" PRIu64
           ",\"requests_per_second\":%.0f,",
           l->o.connections, l->o.pipeline, net_engine_name(l->net), s, n, s > 0 ? (double)n / s : 0);
    json_latency(&l->latency);
    printf(",\"load_cpu_ns_per_request\":%.1f", per(own, n));
    if (l->o.pid)
        printf(",\"server_cpu_ns\":%" PRIu64
               ",\"server_cpu_ns_per_request\":%.1f,\"server_main_ns_per_request\":%.1f,"
               "\"server_threads_ns\":%" PRIu64 ",\"server_threads\":%u,\"server_busy\":%.3f",
               cpu, per(cpu, n), per(to->cpu.main_ns - from->cpu.main_ns, n),
               to->cpu.threads_ns - from->cpu.threads_ns, to->cpu.threads_running,
               s > 0 ? (double)cpu / s / 1e9 : 0);
    if (l->o.subscribers)
        printf(",\"subscribers\":%u,\"deliveries\":%" PRIu64 ",\"deliveries_per_second\":%.0f,"
               "\"server_cpu_ns_per_delivery\":%.1f,\"load_cpu_ns_per_delivery\":%.1f",
               l->o.subscribers, arrived, s > 0 ? (double)arrived / s : 0, per(cpu, arrived),
               per(own, arrived));
    printf(",\"bytes_received\":%" PRIu64 ",\"nulls\":%" PRIu64 ",\"types\":{",
           to->counts.bytes - from->counts.bytes, l->counts.nulls);
    const char *comma = "";
    for (unsigned i = 0; i < 128; i++) {
        if (!l->counts.by_type[i]) continue;
        printf("%s\"%c\":%" PRIu64, comma, (char)i, l->counts.by_type[i]);
        comma = ",";
    }
    printf("},\"errors\":%" PRIu64, l->counts.errors + l->subscriber_counts.errors);
    if (problem) {
        printf(",\"problem\":");
        json_text(problem);
    }
    printf("}\n");
}

/* What makes this run no measurement, or NULL. */
static const char *problem_of(const struct load *l) {
    static char text[256];
    const struct reply_counts *c = l->subscriber_counts.errors ? &l->subscriber_counts : &l->counts;
    if (c->errors)
        snprintf(text, sizeof text, "%" PRIu64 " error replies, the first: %s", c->errors, c->first_error);
    else if (l->malformed)
        snprintf(text, sizeof text, "a reply that is no RESP, or that nobody asked for");
    else if (l->closed)
        snprintf(text, sizeof text, "connection closed: %s",
                 l->close_error ? strerror(l->close_error) : "by the server");
    else if (l->o.subscribers && deliveries(l) * l->delivery_bytes_each != l->delivery_bytes)
        snprintf(text, sizeof text, "deliveries of different lengths");
    else if (l->o.subscribers && deliveries(l) != l->completed * l->o.subscribers)
        snprintf(text, sizeof text, "%" PRIu64 " deliveries instead of %" PRIu64, deliveries(l),
                 l->completed * l->o.subscribers);
    else if (l->completed == 0)
        snprintf(text, sizeof text, "no reply at all");
    else
        return NULL;
    return text;
}

/* ---- start ---- */

static void watchdog(int signal_number) {
    static uint64_t last = UINT64_MAX;
    static const char text[] = "load: no progress, giving up\n";
    (void)signal_number;
    if (progress == last) {
        ssize_t n = write(2, text, sizeof text - 1);
        _exit(n < 0 ? 3 : 1);
    }
    last = progress;
}

static void watchdog_start(unsigned timeout_s) {
    struct sigaction a = {.sa_handler = watchdog};
    struct itimerval t = {.it_interval.tv_sec = timeout_s, .it_value.tv_sec = timeout_s};
    sigaction(SIGALRM, &a, NULL);
    setitimer(ITIMER_REAL, &t, NULL);
}

static void usage(FILE *out) {
    fputs("usage: load --port N --command 'SET key:__rand__ __data:64__' [option value ...]\n"
          "  --command LINE      may be repeated: requests take turns. Placeholders: __rand__ (12 digits "
          "below\n"
          "                      the keyspace), __seq__ (counting), __again__ (the last number of\n"
          "                      the same connection),\n"
          "                      __between:A:B__, __data:BYTES__\n"
          "  --host H --port N   the server (127.0.0.1)\n"
          "  --pid N             the server's process: its CPU time is reported\n"
          "  --connections N     (50)      --pipeline N   requests under way on each (1)\n"
          "  --requests N        at most; --seconds S  at most; --warmup S  before it counts\n"
          "  --rate N            requests a second at most, of all connections together\n"
          "  --keyspace N        (1000000) --sequence N   where __seq__ begins (0)   --seed N\n"
          "  --sends 1           commands take turns by what is sent at once, not by request\n"
          "  --pairs 1           every second connection sends the second command, once the first was sent\n"
          "  --subscribers N     connections that read --channel NAME (bench)\n"
          "  --engine E          auto, io_uring or epoll    --name TEXT  for the report\n"
          "  --timeout S         give up after so long without progress (30)\n"
          "  --idle-probe S      instead of a load: how late this machine wakes a 1 kHz timer\n",
          out);
}

static double number_arg(const char *name, const char *text, double low, double high) {
    char *end;
    double v = strtod(text, &end);
    if (*end || end == text || !(v >= low && v <= high)) {
        fprintf(stderr, "load: --%s wants a number from %.0f to %.0f, not '%s'\n", name, low, high, text);
        exit(2);
    }
    return v;
}

static enum net_engine engine_arg(const char *text) {
    if (!strcmp(text, "auto")) return NET_AUTO;
    if (!strcmp(text, "io_uring")) return NET_URING;
    if (!strcmp(text, "epoll")) return NET_EPOLL;
    fprintf(stderr, "load: unknown engine '%s'\n", text);
    exit(2);
}

static void options_parse(struct options *o, int argc, char **argv) {
    static const struct option known[] = {
        {"command", 1, 0, 'c'},
        {"host", 1, 0, 'H'},
        {"port", 1, 0, 'p'},
        {"pid", 1, 0, 'P'},
        {"connections", 1, 0, 'n'},
        {"pipeline", 1, 0, 'd'},
        {"requests", 1, 0, 'r'},
        {"seconds", 1, 0, 's'},
        {"warmup", 1, 0, 'w'},
        {"keyspace", 1, 0, 'k'},
        {"sequence", 1, 0, 'q'},
        {"seed", 1, 0, 'S'},
        {"subscribers", 1, 0, 'u'},
        {"channel", 1, 0, 'C'},
        {"engine", 1, 0, 'e'},
        {"name", 1, 0, 'N'},
        {"timeout", 1, 0, 't'},
        {"idle-probe", 1, 0, 'i'},
        {"pairs", 1, 0, 'b'},
        {"rate", 1, 0, 'R'},
        {"sends", 1, 0, 'o'},
        {"help", 0, 0, 'h'},
        {0},
    };
    *o = (struct options){.host = "127.0.0.1",
                          .channel = "bench",
                          .connections = 50,
                          .pipeline = 1,
                          .keyspace = 1000000,
                          .seed = 1,
                          .timeout_s = 30};
    for (int c, i = 0; (c = getopt_long(argc, argv, "", known, &i)) != -1;) {
        const char *name = c == '?' ? "" : known[i].name;
        switch (c) {
        case 'c':
            if (o->commands_len == COMMANDS_MAX) exit(2);
            o->commands[o->commands_len++] = optarg;
            break;
        case 'H': o->host = optarg; break;
        case 'p': o->port = (uint16_t)number_arg(name, optarg, 1, 65535); break;
        case 'P': o->pid = (pid_t)number_arg(name, optarg, 1, 1 << 30); break;
        case 'n': o->connections = (unsigned)number_arg(name, optarg, 1, 30000); break;
        case 'd': o->pipeline = (unsigned)number_arg(name, optarg, 1, 100000); break;
        case 'r': o->requests = (uint64_t)number_arg(name, optarg, 1, 1e15); break;
        case 's': o->seconds = number_arg(name, optarg, 0.001, 1e6); break;
        case 'w': o->warmup_s = number_arg(name, optarg, 0, 1e6); break;
        case 'k': o->keyspace = (uint64_t)number_arg(name, optarg, 1, 1e12); break;
        case 'q': o->sequence = (uint64_t)number_arg(name, optarg, 0, 1e12); break;
        case 'S': o->seed = (uint64_t)number_arg(name, optarg, 1, 1e15); break;
        case 'u': o->subscribers = (unsigned)number_arg(name, optarg, 0, 30000); break;
        case 'C': o->channel = optarg; break;
        case 'e': o->engine = engine_arg(optarg); break;
        case 'N': o->name = optarg; break;
        case 'b': o->pairs = number_arg(name, optarg, 0, 1) > 0; break;
        case 'R': o->rate = number_arg(name, optarg, 1, 1e9); break;
        case 'o': o->sends = number_arg(name, optarg, 0, 1) > 0; break;
        case 't': o->timeout_s = (unsigned)number_arg(name, optarg, 1, 1e6); break;
        case 'i': o->probe_s = number_arg(name, optarg, 0.01, 600); break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (o->probe_s > 0) return;
    if (o->pairs && (o->connections % 2 || o->commands_len != 2)) {
        fprintf(stderr, "load: --pairs wants two commands and an even number of connections\n");
        exit(2);
    }
    if (optind != argc || !o->port || !o->commands_len || (!o->requests && o->seconds <= 0)) {
        usage(stderr);
        exit(2);
    }
}

static int probe_main(double seconds) {
    static struct stat_histogram h;
    stat_idle_probe(seconds, &h);
    printf("{\"name\":\"idle probe\",\"wakeups\":%" PRIu64 ",", h.count);
    json_latency(&h);
    printf("}\n");
    return 0;
}

int main(int argc, char **argv) {
    static struct load l;
    static struct mark from, to;
    options_parse(&l.o, argc, argv);
    if (l.o.probe_s > 0) return probe_main(l.o.probe_s);

    unsigned sockets = l.o.connections + l.o.subscribers;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    l.source = (struct request_source){.random_state = l.o.seed * 0x9e3779b97f4a7c15u | 1,
                                       .keyspace = l.o.keyspace,
                                       .sequence = l.o.sequence};
    l.lanes = calloc(l.o.connections, sizeof *l.lanes);
    l.subscribers = calloc(l.o.subscribers + 1, sizeof *l.subscribers);
    l.paced = calloc(l.o.connections, sizeof *l.paced);
    if (!l.lanes || !l.subscribers || !l.paced) return 2;
    for (unsigned i = 0; i < l.o.connections; i++)
        if (l.o.pairs)
            request_batch_init(&l.lanes[i].batch, &l.o.commands[i % 2], 1, l.o.pipeline, 1);
        else
            request_batch_init(&l.lanes[i].batch, l.o.commands, l.o.commands_len,
                               l.o.commands_len * l.o.pipeline, l.o.sends ? l.o.pipeline : 1);

    watchdog_start(l.o.timeout_s);
    struct net_options net = {.host = l.o.host,
                              .port = l.o.port,
                              .connections = sockets,
                              .engine = l.o.engine,
                              .reply_bytes = (size_t)l.o.pipeline * 64,
                              .receive = receive,
                              .context = &l};
    net_open(&l.net, &net);
    if (l.o.subscribers) subscribe(&l);
    if (!l.subscriber_counts.errors) run(&l, &from, &to);
    const char *problem = problem_of(&l);
    report(&l, &from, &to, problem);
    net_close(&l.net);
    for (unsigned i = 0; i < l.o.connections; i++)
        request_batch_deinit(&l.lanes[i].batch);
    free(l.lanes);
    free(l.subscribers);
    free(l.paced);
    return problem ? 1 : 0;
}
