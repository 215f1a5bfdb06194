/* Histogram, rates and the INFO registry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/mem.h"
#include "common/base/rng.h"
#include "common/metrics/histogram.h"
#include "common/metrics/info.h"
#include "common/metrics/rate.h"
#include <math.h>
#include <stdio.h>

/* --- histogram --- */

static void buckets_cover_every_value_once(void **state) {
    assert_int_equal(histogram_bucket_first(0), 0);
    for (size_t b = 0; b + 1 < HISTOGRAM_BUCKETS; b++) {
        assert_int_equal(histogram_bucket(histogram_bucket_first(b)), b);
        assert_int_equal(histogram_bucket(histogram_bucket_last(b)), b);
        assert_int_equal(histogram_bucket_last(b) + 1, histogram_bucket_first(b + 1));
        double first = (double)histogram_bucket_first(b), last = (double)histogram_bucket_last(b);
        double middle = floor((first + last) / 2);
        assert_true(last - middle <= 0.02 * last && middle - first <= 0.02 * last);
    }
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket_last(HISTOGRAM_BUCKETS - 1), UINT64_MAX);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void percentiles_are_within_two_percent(void **state) {
    enum { N = 20000 };
    uint64_t *values = calloc(N, sizeof(*values));
    struct histogram h = {0}, part = {0}, merged = {0};
    struct rng rng;
    rng_seed(&rng, 3);
    for (int i = 0; i < N; i++) {
        values[i] = (uint64_t)exp(rng_unit(&rng) * 13.8); /* up to 985,000 */
        histogram_record(&h, values[i]);
        histogram_record(i % 2 ? &part : &merged, values[i]);
    }
    histogram_merge(&merged, &part);
    qsort(values, N, sizeof(*values), compare);
    for (double p = 0; p <= 100; p += 0.5) {
        size_t rank = (size_t)ceil(p / 100 * N);
        double exact = (double)values[rank ? rank - 1 : 0], ours = (double)histogram_percentile(&h, p);
        assert_true(fabs(ours - exact) <= 0.02 * exact);
        assert_int_equal(histogram_percentile(&merged, p), (uint64_t)ours);
    }
    assert_int_equal(histogram_percentile(&h, 100), values[N - 1]);
    assert_int_equal(merged.total, N);
    assert_int_equal(merged.sum_us, h.sum_us);
    for (uint64_t us = 1; us < 1 << 20; us *= 3) {
        uint64_t exact = 0;
        while (exact < N && values[exact] <= us)
            exact++;
        uint64_t low = 0, high = 0;
        while (low < N && values[low] < us - us / 25)
            low++;
        while (high < N && values[high] <= us + us / 25)
            high++;
        uint64_t ours = histogram_count_upto(&h, us);
        assert_true(ours >= low && ours <= high);
        if (us < 64) assert_int_equal(ours, exact);
    }
    histogram_deinit(&h);
    histogram_deinit(&part);
    histogram_deinit(&merged);
    free(values);
}

static void memory_comes_with_the_first_value(void **state) {
    struct mem_account *account = mem_account_current();
    int64_t before = account->used;
    struct histogram h = {0};
    assert_int_equal(histogram_percentile(&h, 50), 0);
    assert_int_equal(histogram_count_upto(&h, 50), 0);
    assert_int_equal(account->used, before);
    histogram_record(&h, 5);
    assert_true(account->used - before <= 4096);
    assert_int_equal(histogram_percentile(&h, 0), 5);
    assert_int_equal(histogram_percentile(&h, 50), 5);
    histogram_record(&h, 90000000);
    assert_int_equal(histogram_percentile(&h, 100), 90000000);
    histogram_reset(&h);
    assert_int_equal(account->used, before);
    assert_int_equal(h.total, 0);
}

/* "bound:cumulative " of all steps. */
static const char *powers(const struct histogram *h) {
    static char text[1024];
    int cursor = 0;
    uint64_t bound, cumulative;
    text[0] = '\0';
    while (histogram_next_power(h, &cursor, &bound, &cumulative))
        sprintf(text + strlen(text), "%lu:%lu ", (unsigned long)bound, (unsigned long)cumulative);
    return text;
}

static void powers_are_those_of_latency_histogram(void **state) {
    struct histogram h = {0};
    assert_string_equal(powers(&h), "");
    for (uint64_t us = 1; us <= 300000; us *= 2)
        histogram_record(&h, us);
    assert_string_equal(powers(&h),
                        "1:1 2:2 4:3 8:4 16:5 33:6 66:7 132:8 264:9 528:10 1056:11 2113:12 4227:13 8454:14 "
                        "16908:15 33816:16 67633:17 135266:18 270532:19 ");
    histogram_reset(&h);
    histogram_record(&h, 0);
    histogram_record(&h, 20);
    histogram_record(&h, 20);
    histogram_record(&h, 5000000);
    assert_string_equal(powers(&h), "1:1 33:3 1082130:4 ");
    histogram_deinit(&h);
}

/* --- rate --- */

static void rates(void **state) {
    struct rate r = {0};
    assert_int_equal(rate_per_s(&r), 0);
    int64_t now_us = 1000000;
    uint64_t value = 500;
    rate_sample(&r, now_us, value);
    assert_int_equal(rate_per_s(&r), 0); /* one sample says nothing */
    for (int i = 0; i < RATE_SAMPLES; i++)
        rate_sample(&r, now_us += 100000, value += 10);
    assert_int_equal(rate_per_s(&r), 100);
    rate_sample(&r, now_us, value + 1000); /* no time has passed */
    assert_int_equal(rate_per_s(&r), 100);
    rate_sample(&r, now_us += 100000, 0); /* the counter was reset behind its back */
    assert_int_equal(rate_per_s(&r), 93);
    rate_reset(&r);
    assert_int_equal(rate_per_s(&r), 0);
}

/* --- INFO --- */

struct stats {
    uint64_t hits, bytes;
    int64_t balance;
    int clients;
    uint32_t small;
    bool loading;
    double ratio;
    const char *role;
};

static void write_peak(struct buf *out, const void *base) {
    buf_printf(out, "<%d>", ((const struct stats *)base)->clients);
}

static const struct info_field fields[] = {
    INFO_FIELD("hits", INFO_U64, struct stats, hits, .resets = true),
    INFO_FIELD("memory", INFO_BYTES, struct stats, bytes),
    INFO_FIELD("balance", INFO_I64, struct stats, balance, .resets = true),
    INFO_FIELD("clients", INFO_INT, struct stats, clients),
    INFO_FIELD("small", INFO_U32, struct stats, small, .resets = true),
    INFO_FIELD("loading", INFO_BOOL, struct stats, loading),
    INFO_FIELD("ratio", INFO_DOUBLE, struct stats, ratio, .resets = true),
    INFO_FIELD("role", INFO_STRING, struct stats, role),
    {.name = "peak", .kind = INFO_CALL, .call = write_peak},
};

static void fields_are_written_and_reset(void **state) {
    struct stats s = {.hits = UINT64_MAX,
                      .bytes = 1536,
                      .balance = -3,
                      .clients = 7,
                      .small = 9,
                      .loading = true,
                      .ratio = 1.255};
    struct buf out = {0};
    info_write_fields(&out, fields, INFO_COUNT(fields), &s);
    assert_string_equal(
        buf_cstr(&out),
        "hits:18446744073709551615\r\nmemory:1536\r\nmemory_human:1.50K\r\nbalance:-3\r\nclients:7\r\n"
        "small:9\r\nloading:1\r\nratio:1.25\r\nrole:\r\npeak:<7>\r\n");
    info_reset_fields(fields, INFO_COUNT(fields), &s);
    s.role = "master";
    buf_clear(&out);
    info_write_fields(&out, fields, INFO_COUNT(fields), &s);
    assert_string_equal(buf_cstr(&out),
                        "hits:0\r\nmemory:1536\r\nmemory_human:1.50K\r\nbalance:0\r\nclients:7\r\nsmall:0\r\n"
                        "loading:1\r\nratio:0.00\r\nrole:master\r\npeak:<7>\r\n");
    buf_deinit(&out);
}

static void write_name(struct buf *out, void *module) {
    buf_printf(out, "%s:1\r\n", (const char *)module);
}
static void write_nothing(struct buf *out, void *module) {}

static const struct info_section sections[] = {
    {"keyspace", "Keyspace", INFO_DEFAULT, INFO_RANK_KEYSPACE, write_nothing},
    {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS + 5, write_name},
    {"server", "Server", INFO_DEFAULT, INFO_RANK_SERVER, write_name},
    {"commandstats", "Commandstats", INFO_ALL, INFO_RANK_COMMANDSTATS, write_name},
    {"stats", "Stats", INFO_DEFAULT, INFO_RANK_STATS, write_name},
    {"modules", "Modules", INFO_EVERYTHING, INFO_RANK_MODULES, write_nothing},
    {"debug", "Debug", INFO_BY_NAME, INFO_RANK_DEBUG, write_name},
};
static char *const names[] = {"k", "later", "s", "c", "first", "m", "d"};

static void check_info(const struct info_registry *r, const char *request, const char *expected) {
    struct slice words[8];
    size_t count = 0;
    for (const char *at = request; *at;) {
        size_t len = strcspn(at, " ");
        words[count++] = (struct slice){at, len};
        at += len + (at[len] == ' ');
    }
    struct buf out = {0};
    info_write(r, words, count, &out);
    assert_string_equal(buf_cstr(&out), expected);
    buf_deinit(&out);
}

static void info_has_the_sections_asked_for(void **state) {
    struct info_registry r;
    info_registry_init(&r);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        info_register(&r, &sections[i], names[i]);
#define SERVER   "# Server\r\ns:1\r\n"
#define STATS    "# Stats\r\nfirst:1\r\nlater:1\r\n"
#define COMMANDS "# Commandstats\r\nc:1\r\n"
#define MODULES  "# Modules\r\n"
#define KEYS     "# Keyspace\r\n"
    check_info(&r, "", SERVER "\r\n" STATS "\r\n" KEYS);
    check_info(&r, "default", SERVER "\r\n" STATS "\r\n" KEYS);
    check_info(&r, "all", SERVER "\r\n" STATS "\r\n" COMMANDS "\r\n" KEYS);
    check_info(&r, "EVERYTHING", SERVER "\r\n" STATS "\r\n" MODULES "\r\n" COMMANDS "\r\n" KEYS);
    check_info(&r, "Server", SERVER);
    check_info(&r, "stats server stats", SERVER "\r\n" STATS);
    check_info(&r, "commandstats default", SERVER "\r\n" STATS "\r\n" COMMANDS "\r\n" KEYS);
    check_info(&r, "modules", MODULES);
    check_info(&r, "debug", "# Debug\r\nd:1\r\n");
    check_info(&r, "nothing", "");
    check_info(&r, "nothing server", SERVER);
    info_registry_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_cover_every_value_once),
        cmocka_unit_test(percentiles_are_within_two_percent),
        cmocka_unit_test(memory_comes_with_the_first_value),
        cmocka_unit_test(powers_are_those_of_latency_histogram),
        cmocka_unit_test(rates),
        cmocka_unit_test(fields_are_written_and_reset),
        cmocka_unit_test(info_has_the_sections_asked_for),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
