/* Text to map and back.
 *
 *      line ─► words ─► epoch | shard | replica ─► members, shards, owner[16384]
 *
 * Everything is checked here, so that whoever holds a map can trust it: names, addresses and slots are
 * unique, every member belongs to a shard, every index is in range. */
#include "common/slots/slot_map.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include <ctype.h>
#include <stdio.h>

#define WORDS_MAX 5 /* one more than any line has */

void slot_map_init(struct slot_map *m) {
    *m = (struct slot_map){0};
    memset(m->owner, 0xff, sizeof(m->owner));
}

void slot_map_deinit(struct slot_map *m) {
    mem_free(m->shards);
    mem_free(m->members);
    slot_map_init(m);
}

/* --- words --- */

static bool parse_slot(struct slice text, unsigned *slot) {
    uint64_t value;
    if (!num_parse_uint64(text.ptr, text.len, &value) || value >= SLOTS_COUNT) return false;
    *slot = (unsigned)value;
    return true;
}

bool slots_next_range(struct slice *rest, unsigned *first, unsigned *last) {
    const char *comma = rest->len ? memchr(rest->ptr, ',', rest->len) : NULL;
    size_t len = comma ? (size_t)(comma - rest->ptr) : rest->len;
    const char *dash = len ? memchr(rest->ptr, '-', len) : NULL;
    struct slice low = {rest->ptr, dash ? (size_t)(dash - rest->ptr) : len};
    struct slice high = dash ? (struct slice){dash + 1, len - low.len - 1} : low;
    if (!parse_slot(low, first) || !parse_slot(high, last) || *first > *last) return false;
    if (comma && len + 1 == rest->len) return false; /* nothing behind the comma */
    rest->ptr += len + (comma != NULL);
    rest->len -= len + (comma != NULL);
    return true;
}

/* Names stand in lines of words, and in replies that clients cut at blanks, commas and colons. */
static bool is_host_char(char c) {
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%';
}

bool slot_map_parse_address(struct slice text, char *host, uint16_t *port) {
    const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
    if (colon == NULL) return false;
    struct slice name = {text.ptr, (size_t)(colon - text.ptr)};
    uint64_t number;
    if (!num_parse_uint64(colon + 1, (size_t)(text.ptr + text.len - colon - 1), &number) || number == 0 ||
        number > UINT16_MAX)
        return false;
    if (name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']') {
        name.ptr++;
        name.len -= 2;
    } else if (name.len && memchr(name.ptr, ':', name.len)) {
        return false; /* an IPv6 address without brackets: where does it end? */
    }
    if (name.len == 0 || name.len > SLOT_MAP_HOST_MAX) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_host_char(name.ptr[i])) return false;
    memcpy(host, name.ptr, name.len);
    host[name.len] = '\0';
    *port = (uint16_t)number;
    return true;
}

/* --- lines --- */

struct reader {
    struct slot_map *map;
    struct buf *error;
    unsigned line;
};

static bool fail(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct reader *r, const char *fmt, ...) {
    va_list args;
    if (r->line) buf_printf(r->error, "line %u: ", r->line);
    va_start(args, fmt);
    buf_vprintf(r->error, fmt, args);
    va_end(args);
    return false;
}

static int shard_named(const struct slot_map *m, struct slice name) {
    for (unsigned i = 0; i < m->shard_count; i++)
        if (slice_eq(name, slice_of(m->shards[i].name))) return (int)i;
    return -1;
}

static bool is_name(struct slice name) {
    if (name.len == 0 || name.len > SLOT_MAP_NAME_MAX) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && strchr("-._", name.ptr[i]) == NULL) return false;
    return true;
}

/* What an error shows of a word. */
static int shown(struct slice word) {
    return word.len < 64 ? (int)word.len : 64;
}

static bool add_member(struct reader *r, struct slice address, unsigned shard, bool replica) {
    struct slot_map *m = r->map;
    struct slot_map_member member = {.shard = (uint16_t)shard, .replica = replica};
    if (!slot_map_parse_address(address, member.host, &member.port))
        return fail(r, "'%.*s' is not host:port", shown(address), address.ptr);
    if (m->member_count == SLOT_MAP_MEMBERS_MAX) return fail(r, "more than %d members", SLOT_MAP_MEMBERS_MAX);
    for (unsigned i = 0; i < m->member_count; i++)
        if (m->members[i].port == member.port && strcasecmp(m->members[i].host, member.host) == 0)
            return fail(r, "%s:%d is a member of shard '%s' already", member.host, member.port,
                        m->shards[m->members[i].shard].name);
    m->members = mem_realloc(m->members, (m->member_count + 1) * sizeof(*m->members));
    m->members[m->member_count++] = member;
    return true;
}

static bool take_slots(struct reader *r, uint16_t shard, struct slice slots) {
    struct slot_map *m = r->map;
    for (struct slice rest = slots; rest.len;) {
        unsigned first, last;
        if (!slots_next_range(&rest, &first, &last))
            return fail(r, "'%.*s' are not slots such as 0-5460,9000", shown(slots), slots.ptr);
        for (unsigned slot = first; slot <= last; slot++) {
            if (m->owner[slot] != SLOT_MAP_NONE)
                return fail(r, "slot %u belongs to shard '%s' already", slot, m->shards[m->owner[slot]].name);
            m->owner[slot] = shard;
        }
        m->assigned += last - first + 1;
        m->shards[shard].slots = (uint16_t)(m->shards[shard].slots + last - first + 1);
    }
    return true;
}

/* shard <name> <host:port> [slots] */
static bool take_shard(struct reader *r, const struct slice *words, int count) {
    struct slot_map *m = r->map;
    if (count != 3 && count != 4) return fail(r, "a shard has a name, host:port, and its slots");
    if (!is_name(words[1]))
        return fail(r, "a shard's name has 1 to %d letters, digits, hyphens, dots or underscores",
                    SLOT_MAP_NAME_MAX);
    if (shard_named(m, words[1]) >= 0)
        return fail(r, "there is a shard '%.*s' already", shown(words[1]), words[1].ptr);
    if (m->shard_count == SLOT_MAP_SHARDS_MAX) return fail(r, "more than %d shards", SLOT_MAP_SHARDS_MAX);
    unsigned shard = m->shard_count;
    m->shards = mem_realloc(m->shards, (shard + 1) * sizeof(*m->shards));
    m->shards[shard] = (struct slot_map_shard){.primary = (uint16_t)m->member_count};
    memcpy(m->shards[shard].name, words[1].ptr, words[1].len);
    m->shard_count++;
    if (!add_member(r, words[2], shard, false)) return false;
    return count == 3 || take_slots(r, (uint16_t)shard, words[3]);
}

/* replica <shard> <host:port> */
static bool take_replica(struct reader *r, const struct slice *words, int count) {
    if (count != 3) return fail(r, "a replica has the name of its shard and host:port");
    int shard = shard_named(r->map, words[1]);
    if (shard < 0)
        return fail(r, "there is no shard '%.*s'; its line comes first", shown(words[1]), words[1].ptr);
    return add_member(r, words[2], (unsigned)shard, true);
}

static bool take_epoch(struct reader *r, const struct slice *words, int count) {
    if (r->map->epoch) return fail(r, "there is an epoch already");
    if (count != 2 || !num_parse_uint64(words[1].ptr, words[1].len, &r->map->epoch) || r->map->epoch == 0 ||
        r->map->epoch > INT64_MAX)
        return fail(r, "an epoch is a number from 1 on");
    return true;
}

static bool take_line(struct reader *r, struct slice line) {
    struct slice words[WORDS_MAX];
    int count = 0;
    const char *at = line.ptr, *end = line.ptr + line.len;
    while (count < WORDS_MAX) {
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
            at++;
        if (at == end || (count == 0 && *at == '#')) break;
        const char *from = at;
        while (at < end && *at != ' ' && *at != '\t' && *at != '\r')
            at++;
        words[count++] = (struct slice){from, (size_t)(at - from)};
    }
    if (count == 0) return true;
    if (slice_is(words[0], "epoch")) return take_epoch(r, words, count);
    if (slice_is(words[0], "shard")) return take_shard(r, words, count);
    if (slice_is(words[0], "replica")) return take_replica(r, words, count);
    return fail(r, "'%.*s' is neither epoch, shard nor replica", shown(words[0]), words[0].ptr);
}

static bool take_lines(struct reader *r, struct slice text) {
    while (text.len) {
        const char *newline = memchr(text.ptr, '\n', text.len);
        struct slice line = {text.ptr, newline ? (size_t)(newline - text.ptr) : text.len};
        size_t used = line.len + (newline != NULL);
        r->line++;
        if (!take_line(r, line)) return false;
        text = (struct slice){text.ptr + used, text.len - used};
    }
    r->line = 0;
    if (r->map->epoch == 0) return fail(r, "there is no line 'epoch N'");
    if (r->map->shard_count == 0) return fail(r, "there is no line 'shard name host:port slots'");
    return true;
}

bool slot_map_parse(struct slot_map *m, struct slice text, struct buf *error) {
    struct reader r = {m, error, 0};
    slot_map_deinit(m);
    if (take_lines(&r, text)) return true;
    slot_map_deinit(m);
    return false;
}

/* --- text --- */

bool slot_map_next_range(const struct slot_map *m, uint16_t shard, unsigned *from, unsigned *first,
                         unsigned *last) {
    unsigned slot = *from;
    while (slot < SLOTS_COUNT && m->owner[slot] != shard)
        slot++;
    *first = slot;
    while (slot < SLOTS_COUNT && m->owner[slot] == shard)
        slot++;
    *from = slot;
    *last = slot - 1;
    return *first < SLOTS_COUNT;
}

static void print_address(const struct slot_map_member *member, struct buf *out) {
    buf_printf(out, strchr(member->host, ':') ? "[%s]:%d" : "%s:%d", member->host, member->port);
}

static void print_slots(const struct slot_map *m, uint16_t shard, struct buf *out) {
    unsigned from = 0, first, last;
    char before = ' ';
    while (slot_map_next_range(m, shard, &from, &first, &last)) {
        buf_printf(out, first == last ? "%c%u" : "%c%u-%u", before, first, last);
        before = ',';
    }
}

void slot_map_print(const struct slot_map *m, struct buf *out) {
    buf_printf(out, "epoch %llu\n", (unsigned long long)m->epoch);
    for (unsigned i = 0; i < m->shard_count; i++) {
        buf_printf(out, "shard %s ", m->shards[i].name);
        print_address(&m->members[m->shards[i].primary], out);
        print_slots(m, (uint16_t)i, out);
        buf_append_char(out, '\n');
    }
    for (unsigned i = 0; i < m->member_count; i++) {
        if (!m->members[i].replica) continue;
        buf_printf(out, "replica %s ", m->shards[m->members[i].shard].name);
        print_address(&m->members[i], out);
        buf_append_char(out, '\n');
    }
}
