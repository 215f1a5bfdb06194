/* The data commands, family by family: what boot hands to dispatch. */
#ifndef TORC_COMMANDS_FAMILIES_H
#define TORC_COMMANDS_FAMILIES_H

#include "server/keyspace/call.h"

extern const struct command_binding generic_bindings[];
extern const struct command_binding expire_bindings[];
extern const struct command_binding object_bindings[];
extern const struct command_binding scan_bindings[];
extern const struct command_binding sort_bindings[];

extern const struct command_binding string_bindings[];
extern const struct command_binding string_range_bindings[];
extern const struct command_binding string_number_bindings[];
extern const struct command_binding lcs_bindings[];
extern const struct command_binding bitmap_bindings[];
extern const struct command_binding bitfield_bindings[];

extern const struct command_binding hash_bindings[];
extern const struct command_binding hash_visit_bindings[];
extern const struct command_binding hash_expire_bindings[];

extern const struct command_binding list_bindings[];
extern const struct command_binding list_pop_bindings[];
extern const struct command_binding list_edit_bindings[];

extern const struct command_binding set_bindings[];
extern const struct command_binding set_visit_bindings[];
extern const struct command_binding set_algebra_bindings[];

extern const struct command_binding zset_bindings[];
extern const struct command_binding zset_range_bindings[];
extern const struct command_binding zset_algebra_bindings[];
extern const struct command_binding zset_pop_bindings[];
extern const struct command_binding zset_visit_bindings[];

extern const struct command_binding geo_bindings[];
extern const struct command_binding geo_search_bindings[];

extern const struct command_binding hyperloglog_bindings[];

extern const struct command_binding stream_bindings[];
extern const struct command_binding stream_range_bindings[];
extern const struct command_binding stream_read_bindings[];
extern const struct command_binding stream_group_bindings[];
extern const struct command_binding stream_pending_bindings[];
extern const struct command_binding stream_info_bindings[];

/* All of them, for an array: who binds commands leaves none out. */
#define COMMAND_FAMILIES                                                                                     \
    generic_bindings, expire_bindings, object_bindings, scan_bindings, sort_bindings, string_bindings,       \
        string_range_bindings, string_number_bindings, lcs_bindings, bitmap_bindings, bitfield_bindings,     \
        hash_bindings, hash_visit_bindings, hash_expire_bindings, set_bindings, set_visit_bindings,          \
        set_algebra_bindings, zset_bindings, zset_range_bindings, zset_algebra_bindings, zset_pop_bindings,  \
        zset_visit_bindings, geo_bindings, geo_search_bindings, hyperloglog_bindings, list_bindings,         \
        list_edit_bindings, list_pop_bindings, stream_bindings, stream_range_bindings, stream_read_bindings, \
        stream_group_bindings, stream_pending_bindings, stream_info_bindings

#endif
