/* Between command.c and the generated command_table.c; nobody else includes it. */
#ifndef TORC_COMMANDS_COMMAND_INT_H
#define TORC_COMMANDS_COMMAND_INT_H

#include "common/commands/command.h"

/* perfect_hash.py has the same numbers; the table asserts it. */
#define COMMAND_HASH_BUCKETS 256
#define COMMAND_HASH_SLOTS   1024

/* A name as two overlapping words of upper-case bytes; beyond 16 bytes the middle is compared separately. */
struct command_hash_slot {
    uint64_t lo, hi;
    uint16_t parent;
    uint8_t len; /* 0: nobody's slot */
    uint16_t id;
};

extern const struct command_spec command_specs[];
extern const uint16_t command_hash_displace[COMMAND_HASH_BUCKETS];
extern const struct command_hash_slot command_hash_slots[COMMAND_HASH_SLOTS];

extern const char *const command_flag_names[], *const acl_category_names[], *const key_flag_names[];

#endif
