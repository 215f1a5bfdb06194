/* The loop without sockets: engines, timers, wake-ups, signals, jobs, files. */
#include "common/base/mem.h"
#include "common/io/io_int.h"
#include "tests/unit/io/io_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void an_engine_is_chosen_and_says_why(void **state) {
    char error[160] = "";
    struct io *io = io_create(NULL, error);
    assert_non_null(io);
    assert_true(io_engine(io) == IO_ENGINE_URING || io_engine(io) == IO_ENGINE_EPOLL);
    assert_true(strlen(io_engine_name(io)) > 3 && strlen(io_engine_reason(io)) > 5);
    print_message("auto: %s: %s\n", io_engine_name(io), io_engine_reason(io));
    io_destroy(&io);
    assert_null(io);
    enum io_engine engine;
    assert_true(io_engine_parse("EPOLL", &engine) && engine == IO_ENGINE_EPOLL);
    assert_true(io_engine_parse("auto", &engine) && engine == IO_ENGINE_AUTO);
    assert_false(io_engine_parse("sim", &engine));
    struct io_config config = {.engine = IO_ENGINE_SIM};
    assert_null(io_create(&config, error));
    assert_string_equal(error, "the sim engine needs a world");
}

/* Where io_uring is refused, as in most containers, epoll takes over and says so. */
static void a_refused_io_uring_is_replaced(void **state) {
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
            _exit(77);
        char error[160] = "";
        struct io_config config = {.engine = IO_ENGINE_URING};
        if (io_create(&config, error) || strcmp(error, "io_uring_setup: Operation not permitted")) _exit(1);
        struct io *io = io_create(NULL, error);
        if (!io || io_engine(io) != IO_ENGINE_EPOLL) _exit(2);
        if (!strstr(io_engine_reason(io), "io_uring_setup: Operation not permitted")) _exit(3);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void an_idle_turn_takes_its_time(void **state) {
    struct io *io = fixture_io(state, NULL);
    int64_t before_us = io_now_us(io);
    io_turn(io, 0);
    /* The kernel may wake us early (it still cleans up the ring of the test before), but not time and again.
     */
    int turns = 0;
    for (; io_now_us(io) - before_us < 20000; turns++)
        assert_int_equal(io_turn(io, 20000), 0);
    assert_in_range(turns, 1, 5);
    assert_true(io_wall_us(io) > 1600000000000000ll);
    before_us = io_now_us(io);
    assert_true(io_now_refresh(io) >= before_us);
    io_destroy(&io);
}

/* --- timers --- */

struct alarm {
    struct io_timer timer;
    struct io *io;
    int fired;
};

static int64_t latest_due_us; /* of the timers that fired in this turn */

static void on_alarm(struct io_timer *timer) {
    struct alarm *a = LIST_OWNER(timer, struct alarm, timer);
    assert_true(io_now_us(a->io) >= timer->due_us);
    assert_true(timer->due_us >= latest_due_us);
    latest_due_us = timer->due_us;
    a->fired++;
}

static void timers_fire_in_order_or_not_at_all(void **state) {
    enum { COUNT = 300 };
    struct io *io = fixture_io(state, NULL);
    struct rng rng = test_rng();
    static struct alarm alarms[COUNT];
    bool expected[COUNT];
    for (int i = 0; i < COUNT; i++) {
        alarms[i] = (struct alarm){.io = io};
        io_timer_init(&alarms[i].timer, on_alarm);
        io_timer_cancel(io, &alarms[i].timer);
        expected[i] = false;
    }
    for (int step = 0; step < COUNT * 5; step++) {
        int i = (int)rng_below(&rng, COUNT);
        if (rng_below(&rng, 3)) {
            io_timer_set(io, &alarms[i].timer, io_now_us(io) + (int64_t)rng_below(&rng, 20000));
            expected[i] = true;
        } else {
            io_timer_cancel(io, &alarms[i].timer);
            expected[i] = false;
        }
        assert_int_equal(io_timer_is_set(&alarms[i].timer), expected[i]);
    }
    int wanted = 0;
    for (int i = 0; i < COUNT; i++)
        wanted += expected[i];
    latest_due_us = 0;
    for (int fired = 0; fired < wanted;) {
        io_turn(io, -1);
        fired = 0;
        for (int i = 0; i < COUNT; i++) {
            fired += alarms[i].fired;
            /* Nothing that is due is left. */
            if (io_timer_is_set(&alarms[i].timer)) assert_true(alarms[i].timer.due_us > io_now_us(io));
        }
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(alarms[i].fired, expected[i]);
    io_destroy(&io);
}

static void on_again(struct io_timer *timer) {
    struct alarm *a = LIST_OWNER(timer, struct alarm, timer);
    if (++a->fired < 5) io_timer_set(a->io, timer, io_now_us(a->io));
}

static void a_timer_may_set_itself(void **state) {
    struct io *io = fixture_io(state, NULL);
    struct alarm a = {.io = io};
    io_timer_init(&a.timer, on_again);
    io_timer_set(io, &a.timer, io_now_us(io));
    assert_int_equal(io_turn(io, -1), 1); /* once per turn, however early it is due */
    TURN_UNTIL(io, a.fired == 5);
    io_destroy(&io);
}

/* --- wake-ups --- */

struct bell {
    struct io_waker waker;
    int rung;
};

static void on_bell(struct io_waker *waker) {
    LIST_OWNER(waker, struct bell, waker)->rung++;
}

static void *ring(void *waker) {
    for (int i = 0; i < 1000; i++)
        io_waker_fire(waker);
    return NULL;
}

static void other_threads_wake_the_loop(void **state) {
    struct io *io = fixture_io(state, NULL);
    struct bell bells[3] = {0};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        io_waker_init(io, &bells[i].waker, on_bell);
        pthread_create(&threads[i], NULL, ring, &bells[i].waker);
    }
    TURN_UNTIL(io, bells[0].rung && bells[1].rung && bells[2].rung);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    while (io_turn(io, 0)) {
    }
    int before = bells[0].rung;
    assert_true(before <= 1000);
    io_waker_fire(&bells[0].waker);
    io_waker_fire(&bells[0].waker);
    TURN_UNTIL(io, bells[0].rung > before);
    io_turn(io, 0);
    assert_int_equal(bells[0].rung, before + 1); /* two firings before the turn are one call */
    io_destroy(&io);
}

/* --- signals --- */

static void on_signal(void *owner, int signo) {
    ((int *)owner)[signo]++;
}

static void signals_become_callbacks(void **state) {
    struct io *io = fixture_io(state, NULL);
    int seen[65] = {0};
    sigset_t blocked;
    io_signal_watch(io, SIGUSR1, on_signal, seen);
    io_signal_watch(io, SIGUSR2, on_signal, seen);
    kill(getpid(), SIGUSR1);
    TURN_UNTIL(io, seen[SIGUSR1] == 1);
    kill(getpid(), SIGUSR2);
    kill(getpid(), SIGUSR1);
    TURN_UNTIL(io, seen[SIGUSR1] == 2 && seen[SIGUSR2] == 1);
    io_destroy(&io);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGUSR1));
}

/* --- jobs --- */

struct task {
    struct io_job job;
    pthread_t worker;
    void *memory;
    int done, value;
};

static pthread_t loop_thread;

static void task_work(struct io_job *job) {
    struct task *t = LIST_OWNER(job, struct task, job);
    t->worker = pthread_self();
    t->value *= 2;
    t->memory = mem_alloc(1000);
}

static void task_done(struct io_job *job) {
    struct task *t = LIST_OWNER(job, struct task, job);
    assert_true(pthread_equal(pthread_self(), loop_thread));
    t->done++;
}

static void jobs_run_elsewhere_and_end_here(void **state) {
    enum { COUNT = 500 };
    struct io *io = fixture_io(state, NULL);
    static struct task tasks[COUNT];
    loop_thread = pthread_self();
    /* The first job makes the lanes, which belong to the loop. */
    tasks[0] = (struct task){0};
    io_job_submit(io, &tasks[0].job, IO_LANE_CPU, task_work, task_done);
    TURN_UNTIL(io, tasks[0].done == 1);
    mem_free(tasks[0].memory);
    struct mem_account account = {0}, *before = mem_account_enter(&account);
    for (int i = 0; i < COUNT; i++) {
        tasks[i] = (struct task){.value = i};
        io_job_submit(io, &tasks[i].job, i % 2 ? IO_LANE_CPU : IO_LANE_DISK, task_work, task_done);
        if (i % 10 == 0) io_turn(io, 0);
    }
    TURN_UNTIL(io, io_jobs_pending(io) == 0);
    assert_int_equal(account.used, COUNT * (int64_t)mem_good_size(1000));
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(tasks[i].done, 1);
        assert_int_equal(tasks[i].value, i * 2);
        assert_false(pthread_equal(tasks[i].worker, loop_thread));
        mem_free(tasks[i].memory);
    }
    assert_int_equal(account.used, 0);
    mem_account_enter(before);
    io_destroy(&io);
}

/* --- files --- */

static void on_file(struct io_file_op *op) {
    op->kind = 0;
}

static void names(void *owner, const char *name) {
    strcat(owner, name);
    strcat(owner, " ");
}

static void files_are_written_at_offsets(void **state) {
    struct io *io = fixture_io(state, NULL);
    char folder[] = "/tmp/torc-io-XXXXXX", path[64], other[64], bytes[32], list[64] = "";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a", folder);
    snprintf(other, sizeof other, "%s/b", folder);
    int fd = io_disk_open(io, path, O_RDWR | O_CREAT, 0644);
    assert_true(fd >= 0);
    struct iovec parts[2] = {{"two ", 4}, {"three", 5}};
    struct io_file_op op;
    assert_int_equal(io_disk_write(io, fd, "one ", 4, 0), 4);
    io_file_write_sync(io, &op, fd, parts, 2, 4, on_file);
    TURN_UNTIL(io, op.kind == 0);
    assert_true(op.error == 0 && op.synced && op.written == 9);
    assert_int_equal(io_disk_read(io, fd, bytes, sizeof bytes, 0), 13);
    assert_memory_equal(bytes, "one two three", 13);
    assert_int_equal(io_disk_size(io, fd), 13);
    io_file_sync(io, &op, fd, on_file);
    TURN_UNTIL(io, op.kind == 0);
    assert_true(op.error == 0 && op.synced);
    assert_int_equal(io_disk_truncate(io, fd, 3), 0);
    assert_int_equal(io_disk_read(io, fd, bytes, sizeof bytes, 0), 3);
    assert_int_equal(io_disk_close(io, fd), 0);
    fd = io_disk_open(io, path, O_RDONLY, 0);
    parts[0] = (struct iovec){"x", 1};
    io_file_write(io, &op, fd, parts, 1, 0, on_file);
    TURN_UNTIL(io, op.kind == 0);
    assert_true(op.error == 9 && !op.synced && op.written == 0);
    assert_int_equal(io_disk_close(io, fd), 0);
    assert_int_equal(io_disk_rename(io, path, other), 0);
    assert_false(io_disk_exists(io, path));
    assert_int_equal(io_disk_mkdir(io, path, 0755), 0);
    assert_int_equal(io_disk_mkdir(io, path, 0755), 0);
    assert_int_equal(io_disk_mkdir(io, other, 0755), -17);
    assert_int_equal(io_disk_sync_dir(io, folder), 0);
    assert_int_equal(io_disk_list(io, folder, names, list), 0);
    assert_string_equal(list, "a b ");
    assert_int_equal(io_disk_list(io, "/no/such/folder", names, list), -2);
    assert_int_equal(io_disk_unlink(io, other), 0);
    assert_int_equal(io_disk_unlink(io, other), -2);
    rmdir(path);
    rmdir(folder);
    io_destroy(&io);
}

/* Where a short write stopped, between any two bytes and with empty parts among them, the next one goes on.
 */
static void what_is_written_is_passed_over(void **state) {
    char text[] = "abcdefghij";
    for (size_t first = 0; first <= 10; first++) {
        struct iovec parts[5] = {{text, 0}, {text, 3}, {text + 3, 0}, {text + 3, 6}, {text + 9, 1}};
        struct io_file_op op = {.parts = parts, .part_count = 5};
        io_file_wrote(&op, first);
        char left[11] = "";
        for (unsigned i = 0; i < op.part_count; i++)
            strncat(left, op.parts[i].iov_base, op.parts[i].iov_len);
        assert_string_equal(left, text + first);
        assert_int_equal(op.written, first);
        assert_true(op.part_count == 0 || op.parts->iov_len > 0);
        io_file_wrote(&op, 10 - first);
        assert_int_equal(op.part_count, 0);
        assert_int_equal(op.written, 10);
    }
}

/* More parts than one call takes, and enough bytes that no file system copies them within the turn. */
static void many_parts_are_one_write(void **state) {
    enum { PARTS = 2500, EACH = 37 };
    struct io *io = fixture_io(state, NULL);
    FILE *file = tmpfile();
    assert_non_null(file);
    static char bytes[PARTS * EACH], back[PARTS * EACH];
    static struct iovec parts[PARTS];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    for (size_t kind = 0; kind < 2; kind++) {
        struct io_file_op op;
        for (size_t i = 0; i < PARTS; i++)
            parts[i] = (struct iovec){bytes + i * EACH, EACH};
        if (kind)
            io_file_write_sync(io, &op, fileno(file), parts, PARTS, 1, on_file);
        else
            io_file_write(io, &op, fileno(file), parts, PARTS, 0, on_file);
        assert_int_equal(io_jobs_pending(io), 1);
        TURN_UNTIL(io, op.kind == 0);
        assert_int_equal(io_jobs_pending(io), 0);
        assert_true(op.error == 0 && op.written == sizeof bytes && op.synced == (kind == 1));
        assert_int_equal(io_disk_read(io, fileno(file), back, sizeof back, (int64_t)kind), sizeof back);
        assert_memory_equal(back, bytes, sizeof bytes);
    }
    fclose(file);
    io_destroy(&io);
}

/* A full disk refuses all of it, a limit lets the first part through, a device that cannot sync takes all:
 * each tells how far it came. */
static void errors_tell_how_far_it_came(void **state) {
    struct io *io = fixture_io(state, NULL);
    struct io_file_op op;
    char bytes[3000] = "";
    struct iovec parts[3];
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0 && null >= 0);
    FILE *file = tmpfile();
    assert_non_null(file);
    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    for (size_t kind = 0; kind < 2; kind++) {
        void (*const begin)(struct io *, struct io_file_op *, int, struct iovec *, unsigned, int64_t,
                            void (*)(struct io_file_op *)) = kind ? io_file_write_sync : io_file_write;
        parts[0] = (struct iovec){bytes, 100};
        begin(io, &op, full, parts, 1, 0, on_file);
        TURN_UNTIL(io, op.kind == 0);
        assert_true(op.error == ENOSPC && op.written == 0 && !op.synced);

        void (*on_limit)(int) = signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){2000, before.rlim_max}), 0);
        for (int i = 0; i < 3; i++)
            parts[i] = (struct iovec){bytes, 1000};
        begin(io, &op, fileno(file), parts, 3, 500, on_file);
        TURN_UNTIL(io, op.kind == 0);
        setrlimit(RLIMIT_FSIZE, &before);
        signal(SIGXFSZ, on_limit);
        assert_true(op.error == EFBIG && op.written == 1500 && !op.synced);
        assert_int_equal(io_disk_size(io, fileno(file)), 2000);

        parts[0] = (struct iovec){bytes, 100};
        begin(io, &op, null, parts, 1, 0, on_file);
        TURN_UNTIL(io, op.kind == 0);
        assert_true(op.error == (kind ? EINVAL : 0) && op.written == 100 && !op.synced);
    }
    io_file_sync(io, &op, null, on_file);
    TURN_UNTIL(io, op.kind == 0);
    assert_true(op.error == EINVAL && !op.synced);
    io_file_write_sync(io, &op, fileno(file), NULL, 0, 0, on_file);
    TURN_UNTIL(io, op.kind == 0);
    assert_true(op.error == 0 && op.written == 0 && op.synced);
    io_file_write(io, &op, fileno(file), parts, 0, 0, on_file);
    assert_int_equal(op.kind, IO_FILE_WRITE); /* done in a later turn, also where there is nothing to do */
    TURN_UNTIL(io, op.kind == 0);
    close(full);
    close(null);
    fclose(file);
    io_destroy(&io);
}

/* The loop ends with writes under way: their memory stays until each has come back. */
static void a_loop_waits_for_its_writes(void **state) {
    enum { OPS = 20, EACH = 100000 };
    struct io *io = fixture_io(state, NULL);
    FILE *file = tmpfile();
    assert_non_null(file);
    static struct io_file_op ops[OPS];
    struct iovec parts[OPS];
    char *bytes = mem_zalloc(EACH);
    for (int i = 0; i < OPS; i++) {
        parts[i] = (struct iovec){bytes, EACH};
        io_file_write(io, &ops[i], fileno(file), &parts[i], 1, (int64_t)i * EACH, on_file);
    }
    if (io_engine(io) != IO_ENGINE_URING) /* helpers finish what they have begun; the rest is the user's */
        TURN_UNTIL(io, io_jobs_pending(io) == 0);
    int fd = fileno(file);
    io_destroy(&io);
    for (int i = 0; i < OPS; i++)
        assert_true(ops[i].kind == 0 && ops[i].error == 0 && ops[i].written == EACH);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_size, (off_t)OPS * EACH);
    mem_free(bytes);
    fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_engine_is_chosen_and_says_why),
        cmocka_unit_test(a_refused_io_uring_is_replaced),
        FOR_ENGINES(an_idle_turn_takes_its_time),
        FOR_ENGINES(timers_fire_in_order_or_not_at_all),
        FOR_ENGINES(a_timer_may_set_itself),
        FOR_ENGINES(other_threads_wake_the_loop),
        FOR_ENGINES(signals_become_callbacks),
        FOR_ENGINES(jobs_run_elsewhere_and_end_here),
        FOR_ENGINES(files_are_written_at_offsets),
        cmocka_unit_test(what_is_written_is_passed_over),
        FOR_ENGINES(many_parts_are_one_write),
        FOR_ENGINES(errors_tell_how_far_it_came),
        FOR_ENGINES(a_loop_waits_for_its_writes),
    };
    return cmocka_run_group_tests_name("io loop", tests, NULL, NULL);
}
