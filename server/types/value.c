/* The types side by side. Inline payloads go with their entry; only what a payload points to is the type's
 * own business. */
#include "server/types/value.h"
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "server/types/hash.h"
#include "server/types/list.h"
#include "server/types/set.h"
#include "server/types/stream.h"
#include "server/types/string.h"
#include "server/types/zset.h"

static const struct value_ops *const by_type[VALUE_TYPES] = {
    [VALUE_STRING] = &string_ops, [VALUE_LIST] = &list_ops, [VALUE_ZSET] = &zset_ops,
    [VALUE_HASH] = &hash_ops,     [VALUE_SET] = &set_ops,   [VALUE_STREAM] = &stream_ops,
};

const struct value_ops *value_ops(enum value_type type) {
    must(type < VALUE_TYPES && by_type[type] != NULL);
    return by_type[type];
}

static bool has_pointer(const struct entry *e) {
    return entry_encoding(e) == ENC_HEAP || entry_encoding(e) == ENC_TREE;
}

size_t value_effort(const struct entry *e) {
    return has_pointer(e) ? value_ops(entry_type(e))->effort(e) : 1;
}

bool value_free_step(struct entry *e, size_t *budget) {
    if (has_pointer(e) && !value_ops(entry_type(e))->release(e, budget)) return false;
    if (*budget) --*budget;
    entry_free_shell(e);
    return true;
}

void value_free(struct entry *e) {
    size_t plenty = SIZE_MAX;
    bool gone = value_free_step(e, &plenty);
    must(gone);
}

size_t value_memory(const struct entry *e, size_t samples) {
    size_t beyond = has_pointer(e) ? value_ops(entry_type(e))->memory(e, samples) : 0;
    return mem_good_size(entry_size(e)) + beyond;
}

struct entry *value_copy(const struct entry *e, struct slice key, int64_t deadline_ms) {
    return value_ops(entry_type(e))->copy(e, key, deadline_ms);
}
