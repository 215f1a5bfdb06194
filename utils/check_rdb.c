/* See check_rdb.h.
 *
 * The file is mapped and read as the server would, but into nothing. What is damaged within one value, while
 * lengths still tell where it ends, costs that key alone: the value is skimmed over. What is good is noted as
 * ranges, which --fix copies:
 *
 *      │ header │ good …… │ a damaged key │ good …… │ damage that hides the rest │
 *                ▼                         ▼
 *      │ header │ good …… │ good …… │ EOF │ checksum │ */
#include "utils/check_rdb.h"
#include "common/base/crc.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "server/persist/rdb_format.h"
#include "server/persist/rdb_records.h"
#include "server/types/value.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define HEADER_BYTES   (RDB_MAGIC_LEN + RDB_VERSION_LEN)
#define PROGRESS_BYTES ((size_t)64 << 20)
#define KEY_SHOWN_MAX  80

struct range {
    size_t from, to;
};

struct kind {
    uint64_t keys, bytes, largest; /* bytes as in the file */
    char largest_key[KEY_SHOWN_MAX + 1];
};

struct scan {
    const char *path;
    const uint8_t *bytes;
    size_t size;
    struct rdb_in in;
    struct rdb_records records;
    struct hash_secret secret;
    struct rdb_rules rules;
    int64_t now_ms;
    size_t record_at; /* where the record under way begins, what belongs to its key included */
    size_t value_at;
    struct range *good; /* owned; in order, not touching */
    size_t good_count, good_cap;
    struct kind kinds[VALUE_TYPES];
    uint64_t keys, expires, expired, empty, functions, damaged;
    uint64_t databases;
    bool ended, checksum_wrong;
};

static size_t offset(const struct scan *s) {
    return (size_t)(s->in.at - s->bytes);
}

/* --- what is found --- */

static bool on_database(void *owner, uint64_t index, struct rdb_in *in) {
    struct scan *s = owner;
    s->databases++;
    return index <= INT32_MAX || rdb_fail(in, "a database of impossible number");
}

static bool on_key(void *owner, const struct rdb_key *key, struct rdb_in *in) {
    struct scan *s = owner;
    struct kind *kind = &s->kinds[entry_type(key->entry)];
    size_t bytes = (size_t)(in->at - s->bytes) - s->record_at;
    s->keys++;
    s->expires += entry_expires(key->entry);
    s->expired += entry_due(key->entry, s->now_ms);
    kind->keys++;
    kind->bytes += bytes;
    if (bytes > kind->largest) {
        struct slice name = entry_key(key->entry);
        kind->largest = bytes;
        size_t len = name.len < KEY_SHOWN_MAX ? name.len : KEY_SHOWN_MAX;
        memcpy(kind->largest_key, name.ptr, len);
        kind->largest_key[len] = 0;
    }
    value_free(key->entry);
    return true;
}

static void on_empty_key(void *owner, struct slice key) {
    ((struct scan *)owner)->empty++;
}

static void on_aux(void *owner, struct slice name, struct slice value) {
    const struct scan *s = owner;
    printf("[offset %zu] AUX FIELD %.*s = '%.*s'\n", s->record_at, (int)name.len, name.ptr,
           value.len < 200 ? (int)value.len : 200, value.ptr);
}

static bool on_function(void *owner, struct slice library, struct rdb_in *in) {
    ((struct scan *)owner)->functions++;
    return true;
}

static void note_good(struct scan *s, size_t from, size_t to) {
    if (from == to) return;
    if (s->good_count && s->good[s->good_count - 1].to == from) {
        s->good[s->good_count - 1].to = to;
        return;
    }
    if (s->good_count == s->good_cap) {
        s->good_cap = s->good_cap ? 2 * s->good_cap : 16;
        s->good = mem_realloc(s->good, s->good_cap * sizeof(*s->good));
    }
    s->good[s->good_count++] = (struct range){from, to};
}

/* --- skimming over a value that cannot be read --- */

static bool skip(struct rdb_in *in, uint64_t bytes) {
    if (!rdb_need(in, bytes)) return false;
    in->at += bytes;
    return true;
}

static bool skim_string(struct rdb_in *in) {
    uint64_t len, plain;
    if (!rdb_need(in, 1)) return false;
    if ((*in->at & RDB_LENGTH_ENCODED) != RDB_LENGTH_ENCODED)
        return rdb_get_length(in, &len) && skip(in, len);
    uint8_t encoding = *in->at++ & 0x3f;
    if (encoding <= RDB_INT32) return skip(in, (uint64_t)1 << encoding);
    return encoding == RDB_LZF && rdb_get_length(in, &len) && rdb_get_length(in, &plain) && skip(in, len);
}

static bool skim_strings(struct rdb_in *in, uint64_t count) {
    while (count-- > 0)
        if (!skim_string(in)) return false;
    return true;
}

static bool skim_lengths(struct rdb_in *in, unsigned count) {
    uint64_t ignored;
    while (count-- > 0)
        if (!rdb_get_length(in, &ignored)) return false;
    return true;
}

static bool skim_digits(struct rdb_in *in) {
    uint8_t len;
    return rdb_get_byte(in, &len) && (len >= 253 || skip(in, len));
}

static bool skim_element(struct rdb_in *in, uint8_t type) {
    switch (type) {
    case RDB_HASH: return skim_strings(in, 2);
    case RDB_HASH_FIELD_TTLS: return skim_lengths(in, 1) && skim_strings(in, 2);
    case RDB_ZSET: return skim_string(in) && skim_digits(in);
    case RDB_ZSET_2: return skim_string(in) && skip(in, 8);
    case RDB_LIST_QUICKLIST_2: return skim_lengths(in, 1) && skim_string(in);
    default: return skim_string(in);
    }
}

static bool skim_consumer(struct rdb_in *in, uint8_t type) {
    uint64_t pending;
    return skim_string(in) && skip(in, type == RDB_STREAM_3 ? 16 : 8) && rdb_get_count(in, 16, &pending) &&
           skip(in, pending * 16);
}

static bool skim_group(struct rdb_in *in, uint8_t type) {
    uint64_t pending, consumers;
    if (!skim_string(in) || !skim_lengths(in, type == RDB_STREAM ? 2 : 3) || !rdb_get_count(in, 25, &pending))
        return false;
    while (pending-- > 0)
        if (!skip(in, 24) || !skim_lengths(in, 1)) return false;
    if (!rdb_get_count(in, 10, &consumers)) return false;
    while (consumers-- > 0)
        if (!skim_consumer(in, type)) return false;
    return true;
}

static bool skim_stream(struct rdb_in *in, uint8_t type) {
    uint64_t nodes, groups;
    if (!rdb_get_count(in, 18, &nodes) || !skim_strings(in, 2 * nodes)) return false;
    if (!skim_lengths(in, type == RDB_STREAM ? 3 : 8) || !rdb_get_count(in, 4, &groups)) return false;
    while (groups-- > 0)
        if (!skim_group(in, type)) return false;
    return true;
}

/* What a module wrote: each item says of which kind it is, up to the end mark. */
static bool skim_module(struct rdb_in *in) {
    enum { END, SIGNED, UNSIGNED, FLOAT, DOUBLE, STRING };
    uint64_t kind;
    if (!skim_lengths(in, 1)) return false; /* the module's id */
    for (;;) {
        if (!rdb_get_length(in, &kind)) return false;
        bool ok = kind == FLOAT                        ? skip(in, 4)
                  : kind == DOUBLE                     ? skip(in, 8)
                  : kind == STRING                     ? skim_string(in)
                  : kind == SIGNED || kind == UNSIGNED ? skim_lengths(in, 1)
                                                       : kind == END;
        if (!ok || kind == END) return ok;
    }
}

static bool skim_value(struct rdb_in *in, uint8_t type) {
    uint64_t count;
    switch (type) {
    case RDB_STREAM:
    case RDB_STREAM_2:
    case RDB_STREAM_3: return skim_stream(in, type);
    case RDB_MODULE_2: return skim_module(in);
    case RDB_HASH_LISTPACK_TTLS: return skip(in, 8) && skim_string(in);
    case RDB_LIST:
    case RDB_SET:
    case RDB_ZSET:
    case RDB_HASH:
    case RDB_ZSET_2:
    case RDB_LIST_QUICKLIST:
    case RDB_LIST_QUICKLIST_2:
    case RDB_HASH_FIELD_TTLS:
        if (type == RDB_HASH_FIELD_TTLS && !skip(in, 8)) return false;
        if (!rdb_get_count(in, 1, &count)) return false;
        while (count-- > 0)
            if (!skim_element(in, type)) return false;
        return true;
    case RDB_MODULE: return false; /* which does not tell how long it is */
    default: return type <= RDB_SET_LISTPACK && skim_string(in);
    }
}

/* Goes behind the record that failed; false: nobody knows where that is. */
static bool skim(struct scan *s) {
    struct rdb_in in;
    bool in_value = s->records.in_value;
    size_t from = in_value ? s->value_at : s->record_at;
    if (!in_value && s->bytes[from] != RDB_MODULE_AUX) return false;
    if (!in_value) from++;
    rdb_in_init(&in, (struct slice){(const char *)s->bytes + from, s->size - from}, 0);
    if (!(in_value ? skim_value(&in, s->records.value.type) : skim_module(&in))) return false;
    s->in.at = in.at;
    rdb_records_skip(&s->records);
    return true;
}

/* --- looking through --- */

static void show_progress(const struct scan *s, int *shown) {
    int percent = s->size ? (int)(offset(s) * 100 / s->size) : 100;
    if (s->size < PROGRESS_BYTES || percent / 5 == *shown / 5) return;
    *shown = percent;
    fprintf(stderr, "%s: %d %%, %llu keys\n", s->path, percent, (unsigned long long)s->keys);
}

static void show_damage(const struct scan *s) {
    struct slice key = rdb_records_key(&s->records);
    printf("--- RDB ERROR DETECTED ---\n[offset %zu] %s\n", offset(s), s->in.error);
    if (s->records.in_value)
        printf("[additional info] While doing: read-object-value\n[additional info] Reading key '%.*s'\n"
               "[additional info] Reading type %d\n",
               key.len < KEY_SHOWN_MAX ? (int)key.len : KEY_SHOWN_MAX, key.ptr, s->records.value.type);
}

/* Between two records: what belongs to the next key has not begun. */
static bool between(const struct rdb_records *r) {
    return !r->in_value && r->deadline_ms == ENTRY_NO_DEADLINE && r->idle_s < 0 && r->frequency < 0;
}

static void check_checksum(struct scan *s) {
    const struct rdb_records *r = &s->records;
    if (r->version < RDB_VERSION_CHECKSUM) return;
    uint64_t crc = crc64(0, (const char *)s->bytes, offset(s) - RDB_CHECKSUM_LEN);
    if (r->checksum == 0)
        printf("[offset %zu] RDB file was saved with checksum disabled: no check performed.\n", offset(s));
    else if (r->checksum == crc)
        printf("[offset %zu] Checksum OK\n", offset(s));
    else
        s->checksum_wrong = true;
}

static void look_through(struct scan *s) {
    int shown = 0;
    for (;;) {
        bool was_in_value = s->records.in_value;
        size_t before = offset(s);
        enum rdb_status status = rdb_records_step(&s->records, &s->in, 1); /* a record, or an element */
        if (!was_in_value && s->records.in_value) s->value_at = offset(s);
        if (status == RDB_DONE) {
            s->ended = true;
            check_checksum(s);
            return;
        }
        if (status == RDB_BAD) {
            show_damage(s);
            s->damaged++;
            if (before < HEADER_BYTES || !skim(s)) return;
            printf("[info] this costs the bytes from offset %zu to %zu\n", s->record_at, offset(s));
            s->record_at = offset(s);
        } else if (between(&s->records)) {
            if (before >= HEADER_BYTES) note_good(s, s->record_at, offset(s));
            s->record_at = offset(s);
        }
        show_progress(s, &shown);
    }
}

static void describe(const struct scan *s) {
    printf("[info] RDB version %d, %llu databases, %llu function libraries\n", s->records.version,
           (unsigned long long)s->databases, (unsigned long long)s->functions);
    for (int type = 0; type < VALUE_TYPES; type++) {
        const struct kind *k = &s->kinds[type];
        if (k->keys)
            printf("[info] %-7s %llu keys in %llu bytes; the largest has %llu: '%s'\n",
                   value_ops((enum value_type)type)->name, (unsigned long long)k->keys,
                   (unsigned long long)k->bytes, (unsigned long long)k->largest, k->largest_key);
    }
}

/* --- saving what is good --- */

static bool write_all(int fd, const void *bytes, size_t len, uint64_t *crc) {
    const char *at = bytes;
    *crc = crc64(*crc, at, len);
    while (len > 0) {
        ssize_t n = write(fd, at, len < PROGRESS_BYTES ? len : PROGRESS_BYTES);
        if (n < 0 && errno != EINTR) return false;
        if (n < 0) continue;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_good(const struct scan *s, const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    uint64_t crc = 0, ignored = 0;
    char header[32];
    int version = s->records.version < RDB_VERSION_CHECKSUM ? RDB_VERSION_CHECKSUM : s->records.version;
    snprintf(header, sizeof(header), RDB_MAGIC "%04d", version);
    bool ok = write_all(fd, header, HEADER_BYTES, &crc);
    for (size_t i = 0; ok && i < s->good_count; i++)
        ok = write_all(fd, s->bytes + s->good[i].from, s->good[i].to - s->good[i].from, &crc);
    uint8_t end = RDB_EOF;
    ok = ok && write_all(fd, &end, 1, &crc);
    uint64_t sum = crc;
    ok = ok && write_all(fd, &sum, sizeof(sum), &ignored) && fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

static bool repair(const struct check_rdb *c, const struct scan *s) {
    char fixed[4200], aside[4200];
    size_t kept = 0;
    for (size_t i = 0; i < s->good_count; i++)
        kept += s->good[i].to - s->good[i].from;
    if (s->records.version == 0) {
        printf("Nothing in it can be saved.\n");
        return false;
    }
    printf("%llu keys can be saved, in %zu of %zu bytes.\n", (unsigned long long)s->keys, kept, s->size);
    if (s->checksum_wrong)
        printf("The checksum is wrong, though all can be read: some value is not what was saved, and nobody "
               "can tell which.\n");
    if (!c->fix) {
        printf("Use the --fix option to make a file of them.\n");
        return false;
    }
    if (!c->confirmed()) return false;
    snprintf(fixed, sizeof(fixed), "%.4000s.fixed-%lld", s->path, (long long)time(NULL));
    snprintf(aside, sizeof(aside), "%.4000s.damaged-%lld", s->path, (long long)time(NULL));
    if (!write_good(s, fixed) || rename(s->path, aside) < 0 || rename(fixed, s->path) < 0) {
        printf("%s cannot be written: %s\n", fixed, strerror(errno));
        return false;
    }
    printf("Successfully fixed %s; what it was is in %s\n", s->path, aside);
    return true;
}

/* --- the file --- */

bool check_rdb_is_one(const char *path) {
    char magic[RDB_MAGIC_LEN] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool is = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
              memcmp(magic, RDB_MAGIC, sizeof(magic)) == 0;
    close(fd);
    return is;
}

static bool map(struct scan *s) {
    struct stat st;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        printf("Cannot open file %s: %s\n", s->path, strerror(errno));
        if (fd >= 0) close(fd);
        return false;
    }
    s->size = (size_t)st.st_size;
    void *bytes = s->size ? mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    close(fd);
    if (s->size == 0 || bytes == MAP_FAILED) {
        printf(s->size ? "%s cannot be read\n" : "%s is empty\n", s->path);
        return false;
    }
    s->bytes = bytes;
    rdb_in_init(&s->in, (struct slice){bytes, s->size}, 0);
    return true;
}

static bool judge(const struct check_rdb *c, struct scan *s) {
    bool whole = s->ended && offset(s) == s->size;
    if (s->ended && !whole)
        printf("--- RDB ERROR DETECTED ---\n[offset %zu] the file goes on behind its end\n", offset(s));
    if (s->checksum_wrong) printf("--- RDB ERROR DETECTED ---\n[offset %zu] RDB CRC error\n", offset(s));
    bool sound = whole && !s->damaged && !s->checksum_wrong;
    if (sound) printf("[offset %zu] \\o/ RDB looks OK! \\o/\n", offset(s));
    printf("[info] %llu keys read\n[info] %llu expires\n[info] %llu already expired\n",
           (unsigned long long)s->keys, (unsigned long long)s->expires, (unsigned long long)s->expired);
    if (s->empty) printf("[info] %llu empty keys, which are left out\n", (unsigned long long)s->empty);
    if (c->describe) describe(s);
    return sound || repair(c, s);
}

bool check_rdb_file(const struct check_rdb *c, const char *path) {
    static struct scan scan;
    struct scan *s = &scan;
    const struct rdb_sink sink = {s, on_database, on_key, on_empty_key, on_aux, on_function};
    *s = (struct scan){.path = path, .now_ms = (int64_t)time(NULL) * 1000, .record_at = HEADER_BYTES};
    s->rules = (struct rdb_rules){.hash = {&s->secret, 128, 64, s->now_ms},
                                  .set = {&s->secret, 512, 128, 64},
                                  .zset = {&s->secret, 128, 64},
                                  .list = list_rules(-2, 0, 0)};
    struct rng rng;
    rng_seed(&rng, (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32);
    hash_secret_draw(&s->secret, &rng);
    if (!map(s)) return false;
    printf("[offset 0] Checking RDB file %s\n", path);
    rdb_records_init(&s->records, &s->rules, &sink);
    look_through(s);
    bool ok = judge(c, s);
    rdb_records_deinit(&s->records);
    mem_free(s->good);
    munmap((void *)(uintptr_t)s->bytes, s->size);
    return ok;
}
