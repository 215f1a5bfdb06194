/* The look of a log line, where it goes, and what a panic does. */
#include "common/base/clock.h"
#include "common/base/log_int.h"
#include "common/base/panic.h"
#include "tests/unit/support/test.h"
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct lines {
    char text[4096];
    size_t len;
    int count;
};

static void gather(void *owner, enum log_level level, const char *line, size_t len) {
    struct lines *lines = owner;
    assert_in_range(len, 1, sizeof(lines->text) - 1 - lines->len);
    memcpy(lines->text + lines->len, line, len);
    lines->len += len;
    lines->text[lines->len] = '\0';
    lines->count++;
}

static void assert_matches(const char *text, const char *pattern) {
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    int result = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    if (result != 0) fail_msg("'%s' does not look like %s", text, pattern);
}

static void a_line_has_its_parts(void **state) {
    struct lines lines = {0};
    struct logger log = {.level = LOG_LEVEL_DEBUG, .role = 'S', .sink = gather, .sink_owner = &lines};
    static const char signs[] = ".-*#";
    for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_WARNING; level++) {
        char pattern[128];
        lines.len = 0;
        log_at(&log, (enum log_level)level, "hello %d", 42);
        snprintf(
            pattern, sizeof(pattern),
            "^%d:S [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} [%c] hello 42\n$",
            (int)getpid(), signs[level]);
        assert_matches(lines.text, pattern);
    }
}

static void levels_filter(void **state) {
    struct lines lines = {0};
    struct logger log = {.level = LOG_LEVEL_WARNING, .sink = gather, .sink_owner = &lines};
    log_debug(&log, "no");
    log_verbose(&log, "no");
    log_notice(&log, "no");
    log_raw(&log, LOG_LEVEL_NOTICE, "no", 2);
    assert_int_equal(lines.count, 0);
    log_warning(&log, "yes");
    log_raw(&log, LOG_LEVEL_WARNING, "raw", 3);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.text + lines.len - 3, "raw");
    log.level = LOG_LEVEL_NOTHING;
    log_warning(&log, "no");
    log_raw(&log, LOG_LEVEL_WARNING, "no", 2);
    assert_int_equal(lines.count, 2);
}

static void long_texts_are_cut(void **state) {
    struct lines lines = {0};
    struct logger log = {.sink = gather, .sink_owner = &lines};
    char text[3000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_warning(&log, "%s", text);
    assert_in_range(lines.len, 1024, 1100);
    assert_int_equal(lines.text[lines.len - 1], '\n');
}

/* In a thread of its own, since the offset of the zone is remembered by thread. */
static void *times_of_a_zone(void *rng_ptr) {
    struct rng *rng = rng_ptr;
    char expected[64], date[40], actual[LOG_PREFIX_BYTES_MAX];
    for (int i = 0; i < 5000; i++) {
        int64_t now_us = (int64_t)rng_below(rng, 7000000000000000);
        if (i % 3 == 1) now_us = (int64_t)rng_below(rng, 200000000000);
        if (i % 3 == 2) now_us = (int64_t)1790000000000000 + (int64_t)rng_below(rng, 10000000);
        time_t now_s = (time_t)(now_us / 1000000);
        struct tm local;
        localtime_r(&now_s, &local);
        strftime(date, sizeof(date), "%d %b %Y %H:%M:%S", &local);
        snprintf(expected, sizeof(expected), "%d:M %s.%03d * ", (int)getpid(), date,
                 (int)(now_us / 1000 % 1000));
        log_format_prefix(actual, now_us, 'M', LOG_LEVEL_NOTICE);
        if (strcmp(expected, actual) != 0) {
            printf("%s is not %s\n", actual, expected);
            return "differs";
        }
    }
    return NULL;
}

static void times_are_local_in_every_zone(void **state) {
    static const char *zones[] = {"UTC", "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3",
                                  "<+0545>-5:45", "<-0930>9:30"};
    struct rng rng = test_rng();
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        pthread_t thread;
        void *problem;
        setenv("TZ", zones[i], 1);
        tzset();
        assert_int_equal(pthread_create(&thread, NULL, times_of_a_zone, &rng), 0);
        pthread_join(thread, &problem);
        assert_null(problem);
    }
    unsetenv("TZ");
    tzset();
}

static size_t read_file(const char *path, char *out, size_t room) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(out, 1, room - 1, file);
    out[len] = '\0';
    fclose(file);
    return len;
}

static void a_file_can_be_rotated(void **state) {
    char folder[] = "/tmp/torc-log-test-XXXXXX", path[64], rotated[64], text[1024];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    snprintf(rotated, sizeof(rotated), "%s/log.1", folder);
    struct logger log = {.path = path};
    log_notice(&log, "first");
    log_notice(&log, "second");
    assert_int_equal(rename(path, rotated), 0);
    log_notice(&log, "third");
    read_file(rotated, text, sizeof(text));
    assert_matches(text, "first\n.*second\n$");
    read_file(path, text, sizeof(text));
    assert_matches(text, "^[^\n]*third\n$");
    unlink(path);
    unlink(rotated);
    rmdir(folder);
    log_notice(&log, "the folder is gone, and nobody minds");
}

static int told_fd;
static void tell(const char *message) {
    if (write(told_fd, message, strlen(message)) < 0) _exit(3);
    panic("in the hook"); /* must not come here again */
}

static void a_panic_tells_and_aborts(void **state) {
    int pipe_fds[2], status;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* not cmocka's */
        told_fd = pipe_fds[1];
        log_default.level = LOG_LEVEL_NOTHING;
        panic_set_hook(tell);
        must(1 + 1 == 3);
        _exit(0);
    }
    close(pipe_fds[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    char message[256] = {0};
    assert_true(read(pipe_fds[0], message, sizeof(message) - 1) > 0);
    close(pipe_fds[0]);
    assert_matches(message, "^[^ ]*log_test\\.c:[0-9]+: assertion failed: 1 \\+ 1 == 3$");
}

static void clocks_go_on(void **state) {
    int64_t mono = clock_monotonic_us(), cpu = clock_thread_cpu_us(), wall = clock_wall_us();
    uint64_t cycles = clock_cycles();
    double rate = clock_cycles_per_us();
    assert_true(rate > 1);
    assert_true(rate == clock_cycles_per_us());
    assert_true(clock_monotonic_us() > mono);
    assert_true(clock_thread_cpu_us() > cpu);
    assert_true(clock_cycles() > cycles);
    assert_true(wall / 1000000 - time(NULL) <= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_go_on),
        cmocka_unit_test(a_line_has_its_parts),
        cmocka_unit_test(levels_filter),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(times_are_local_in_every_zone),
        cmocka_unit_test(a_file_can_be_rotated),
        cmocka_unit_test(a_panic_tells_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
