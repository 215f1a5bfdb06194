/* Names to specs.
 *
 *   "gEt" ──► two words, upper-cased without branches ──► mix ──┬─ top bits ─► displacement ─┐
 *                                                               └─ low bits ─────────────────┴─► slot ─► id
 *
 * The slots are placed by perfect_hash.py at build time, so one probe decides: the slot holds this name or
 * there is no such command. Names of up to 16 bytes are wholly inside the two words; the few longer ones
 * compare their middle too. Subcommands are in the same table: their container's id is part of what is
 * hashed.
 */
#include "common/commands/command.h"
#include "commands/command_ids.h"
#include "common/commands/command_int.h"
#include <string.h>
#include <strings.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "perfect_hash.py loads words little-endian");
_Static_assert(sizeof(struct command_spec) == 64, "one spec, one cache line");

#define ONES 0x0101010101010101ull

/* a-z to A-Z in all eight bytes, everything else untouched (bytes above 0x7f included). */
static inline uint64_t upper8(uint64_t w) {
    uint64_t low7 = w & ~(ONES * 0x80);
    uint64_t from_a = low7 + ONES * (0x80 - 'a');
    uint64_t past_z = low7 + ONES * (0x80 - 'z' - 1);
    uint64_t lower = (from_a ^ past_z) & ~w & ONES * 0x80;
    return w ^ lower >> 2;
}

struct name_words {
    uint64_t lo, hi;
};

/* Overlapping loads never read outside the name. */
static inline struct name_words name_words(const char *name, size_t len) {
    struct name_words words = {0, 0};
    if (len >= 8) {
        memcpy(&words.lo, name, 8);
        memcpy(&words.hi, name + len - 8, 8);
        words.hi = upper8(words.hi);
    } else if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, name, 4);
        memcpy(&tail, name + len - 4, 4);
        words.lo = head | (uint64_t)tail << 32;
    } else {
        const unsigned char *b = (const unsigned char *)name;
        words.lo = b[0] | (uint64_t)b[len / 2] << 8 | (uint64_t)b[len - 1] << 16;
    }
    words.lo = upper8(words.lo);
    return words;
}

static inline uint64_t name_mix(struct name_words words, size_t len, unsigned parent) {
    uint64_t h = words.lo ^ (parent << 5 | len) * 0x9e3779b97f4a7c15ull;
    h *= 0xff51afd7ed558ccdull;
    h ^= h >> 32;
    h = (h ^ words.hi) * 0xc4ceb9fe1a85ec53ull;
    return h ^ h >> 29;
}

#define NAME_LEN_MAX 31 /* five bits in the mix; the specs' longest name is shorter */

static inline const struct command_spec *find(const char *name, size_t len, unsigned parent) {
    if (len == 0 || len > NAME_LEN_MAX) return NULL;
    struct name_words words = name_words(name, len);
    uint64_t h = name_mix(words, len, parent);
    uint32_t slot_number = (uint32_t)h + command_hash_displace[h >> 56] * (uint32_t)(h >> 24 | 1);
    const struct command_hash_slot *slot = &command_hash_slots[slot_number % COMMAND_HASH_SLOTS];
    if (slot->lo != words.lo || slot->hi != words.hi || slot->len != len || slot->parent != parent)
        return NULL;
    const struct command_spec *spec = &command_specs[slot->id];
    if (len > 16) { /* spec->name of a subcommand begins with its container and a bar */
        const char *own = spec->name + spec->name_len - len;
        if (strncasecmp(name + 8, own + 8, len - 16) != 0) return NULL;
    }
    return spec;
}

const struct command_spec *command_lookup(const char *name, size_t len) {
    return find(name, len, COMMAND_NO_PARENT);
}

const struct command_spec *command_lookup_sub(const struct command_spec *parent, const char *name,
                                              size_t len) {
    return parent->sub_count ? find(name, len, parent->id) : NULL;
}

const struct command_spec *command_lookup_full(const char *name, size_t len) {
    const char *bar = memchr(name, '|', len);
    if (bar == NULL) return command_lookup(name, len);
    const struct command_spec *parent = command_lookup(name, (size_t)(bar - name));
    return parent ? command_lookup_sub(parent, bar + 1, len - (size_t)(bar + 1 - name)) : NULL;
}

const struct command_spec *command_by_id(unsigned id) {
    return &command_specs[id];
}

unsigned command_count(void) {
    return COMMAND_TOP_COUNT;
}

unsigned command_count_all(void) {
    return CMD_COUNT;
}

/* The words are generated from the enums of command.h. */
const char *command_flag_name(unsigned bit) {
    return bit < COMMAND_FLAG_COUNT ? command_flag_names[bit] : NULL;
}

const char *acl_category_name(unsigned bit) {
    return bit < ACL_CATEGORY_COUNT ? acl_category_names[bit] : NULL;
}

const char *key_flag_name(unsigned bit) {
    return bit < KEY_FLAG_COUNT ? key_flag_names[bit] : NULL;
}

const char *argument_type_name(unsigned type) {
    static const char *const names[] = {
        [ARGUMENT_STRING] = "string",         [ARGUMENT_INTEGER] = "integer",
        [ARGUMENT_DOUBLE] = "double",         [ARGUMENT_KEY] = "key",
        [ARGUMENT_PATTERN] = "pattern",       [ARGUMENT_UNIX_TIME] = "unix-time",
        [ARGUMENT_PURE_TOKEN] = "pure-token", [ARGUMENT_ONEOF] = "oneof",
        [ARGUMENT_BLOCK] = "block",
    };
    return names[type];
}
