/* Servers listen on a Unix socket in a folder of their own, so no port is needed and none can be taken.
 *
 * An exchange drives both connections with one poll: a server that works while the other one answers is what
 * makes a run fast, and no order of sending and receiving can block.
 */
#include "tests/differential/peer.h"
#include "common/base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TRIES 1000 /* of 10 ms */
#define SILENCE_MS  20000

static int connect_to(const struct peer *peer) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", peer->folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void run_program(const struct peer *peer) {
    char socket_path[96];
    snprintf(socket_path, sizeof socket_path, "%s/socket", peer->folder);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(peer->folder) < 0) _exit(126);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(log, 1);
    dup2(log, 2);
    execl(peer->program, peer->program, "--port", "0", "--unixsocket", socket_path, "--save", "",
          "--appendonly", "no", "--enable-debug-command", "yes", "--enable-protected-configs", "yes",
          "--proto-max-bulk-len", "1mb", "--client-output-buffer-limit", "pubsub 0 0 0", "--daemonize", "no",
          (char *)NULL);
    _exit(127);
}

bool peer_start(struct peer *peer) {
    if (!peer->folder[0]) {
        snprintf(peer->folder, sizeof peer->folder, "/tmp/torc-differential-XXXXXX");
        if (!mkdtemp(peer->folder)) {
            perror("differential: mkdtemp");
            peer->folder[0] = '\0';
            return false;
        }
    }
    fflush(NULL);
    peer->pid = fork();
    if (peer->pid == 0) run_program(peer);
    if (peer->pid < 0) {
        peer->pid = 0;
        perror("differential: fork");
        return false;
    }
    for (int i = 0; i < START_TRIES && peer_running(peer); i++) {
        int fd = connect_to(peer);
        if (fd >= 0) {
            close(fd);
            return true;
        }
        usleep(10000);
    }
    fprintf(stderr, "differential: %s does not accept connections\n", peer->program);
    peer_show_log(peer);
    return false;
}

bool peer_running(struct peer *peer) {
    int status;
    if (!peer->pid) return false;
    if (waitpid(peer->pid, &status, WNOHANG) != peer->pid) return true;
    if (WIFSIGNALED(status))
        fprintf(stderr, "differential: %s ended by signal %d\n", peer->name, WTERMSIG(status));
    else
        fprintf(stderr, "differential: %s ended with status %d\n", peer->name, WEXITSTATUS(status));
    peer->pid = 0;
    return false;
}

void peer_stop(struct peer *peer) {
    if (peer->pid) {
        kill(peer->pid, SIGTERM);
        for (int i = 0; i < 500 && waitpid(peer->pid, NULL, WNOHANG) == 0; i++) {
            if (i == 499) {
                kill(peer->pid, SIGKILL);
                waitpid(peer->pid, NULL, 0);
                break;
            }
            usleep(10000);
        }
        peer->pid = 0;
    }
    static const char *const files[] = {"log", "socket", "dump.rdb"};
    char path[96];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", peer->folder, files[i]);
        unlink(path);
    }
    if (peer->folder[0]) rmdir(peer->folder);
    peer->folder[0] = '\0';
}

void peer_show_log(const struct peer *peer) {
    char path[96], text[16384];
    snprintf(path, sizeof path, "%s/log", peer->folder);
    FILE *file = fopen(path, "r");
    if (!file) return;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fseek(file, size > (long)sizeof text ? size - (long)sizeof text : 0, SEEK_SET);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    fprintf(stderr, "--- log of %s\n%.*s\n---\n", peer->name, (int)len, text);
}

bool wire_open(struct wire *wire, const struct peer *peer) {
    wire_close(wire);
    *wire = (struct wire){.fd = connect_to(peer)};
    if (wire->fd >= 0) fcntl(wire->fd, F_SETFL, O_NONBLOCK);
    wire->closed = wire->fd < 0;
    return wire->fd >= 0;
}

/* A zeroed wire was never open. */
void wire_close(struct wire *wire) {
    if (wire->fd > 0) close(wire->fd);
    buf_deinit(&wire->in);
    mem_free(wire->ends);
    *wire = (struct wire){.fd = -1};
}

struct slice wire_reply(const struct wire *wire, size_t index) {
    size_t begin = index ? wire->ends[index - 1] : 0;
    return (struct slice){wire->in.ptr + begin, wire->ends[index] - begin};
}

static void cut_replies(struct wire *wire) {
    while (wire->scanned < wire->in.len && !wire->closed) {
        size_t consumed;
        enum resp_result result =
            resp_scan(&wire->scan, wire->in.ptr + wire->scanned, wire->in.len - wire->scanned, &consumed);
        wire->scanned += consumed;
        if (result == RESP_ERR) {
            fprintf(stderr, "differential: a reply that is none: %s\n", wire->scan.error);
            wire->closed = true;
        } else if (result == RESP_OK) {
            if (wire->count == wire->cap) {
                wire->cap = wire->cap ? wire->cap * 2 : 256;
                wire->ends = mem_realloc(wire->ends, wire->cap * sizeof *wire->ends);
            }
            wire->ends[wire->count++] = wire->scanned;
            wire->scan = (struct resp_scan){0};
        }
    }
}

static void receive(struct wire *wire) {
    for (;;) {
        buf_reserve(&wire->in, 65536);
        ssize_t n = recv(wire->fd, wire->in.ptr + wire->in.len, 65536, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            wire->closed = true;
            return;
        }
        wire->in.len += (size_t)n;
        cut_replies(wire);
        if (n < 65536) return;
    }
}

static void send_more(struct exchange *x) {
    struct wire *wire = x->wire;
    while (wire->sent < x->request.len && !wire->closed) {
        ssize_t n = send(wire->fd, x->request.ptr + wire->sent, x->request.len - wire->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) {
            wire->closed = true;
            return;
        }
        wire->sent += (size_t)n;
    }
}

void exchange_begin(struct exchange *two) {
    for (int i = 0; i < 2; i++) {
        struct wire *wire = two[i].wire;
        /* what came unasked (pushed messages) since the last exchange belongs to this one */
        size_t begin = wire->count ? wire->ends[wire->count - 1] : 0;
        size_t rest = wire->in.len - begin;
        if (rest) memmove(wire->in.ptr, wire->in.ptr + begin, rest);
        wire->in.len = rest;
        wire->scanned -= begin;
        wire->count = 0;
        wire->sent = 0;
        send_more(&two[i]);
    }
}

static bool complete(const struct exchange *x) {
    const struct wire *wire = x->wire;
    if (wire->sent < x->request.len) return false;
    if (!x->until.len) return wire->count >= x->replies;
    if (!wire->count) return false;
    struct slice last = wire_reply(wire, wire->count - 1);
    return last.len >= x->until.len &&
           memcmp(last.ptr + last.len - x->until.len, x->until.ptr, x->until.len) == 0;
}

bool exchange_finish(struct exchange *two) {
    for (;;) {
        struct pollfd fds[2];
        int waiting = 0;
        for (int i = 0; i < 2; i++) {
            struct wire *wire = two[i].wire;
            if (wire->closed || complete(&two[i])) continue;
            bool out = wire->sent < two[i].request.len;
            fds[waiting++] =
                (struct pollfd){.fd = wire->fd, .events = (short)(out ? POLLIN | POLLOUT : POLLIN)};
        }
        if (waiting == 0) break;
        int ready = poll(fds, (nfds_t)waiting, SILENCE_MS);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        for (int f = 0; f < waiting; f++)
            for (int i = 0; i < 2; i++) {
                if (two[i].wire->fd != fds[f].fd) continue;
                if (fds[f].revents & POLLOUT) send_more(&two[i]);
                if (fds[f].revents & (POLLIN | POLLHUP | POLLERR)) receive(two[i].wire);
            }
    }
    return complete(&two[0]) && complete(&two[1]);
}
