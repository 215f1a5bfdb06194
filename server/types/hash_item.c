/* See hash_item.h for the layout. Sizes follow from the header, so freeing asks the allocator nothing. */
#include "server/types/hash_item.h"
#include "common/base/mem.h"

static size_t shell_size(const struct hash_item *item) {
    return sizeof(*item) + item_field_offset(item) + item_field_len(item);
}

static size_t item_size(const struct hash_item *item) {
    return shell_size(item) + (item->flags & ITEM_FAR_VALUE ? sizeof(struct far_value *) : item->value_len);
}

static struct far_value *far_create(struct slice value) {
    struct far_value *far = mem_alloc(sizeof(*far) + value.len);
    far->len = value.len;
    memcpy(far->bytes, value.ptr, value.len);
    return far;
}

/* Writes a value that the item has room for; the flags must say already where it goes. */
static void put_value(struct hash_item *item, struct slice value) {
    if (item->flags & ITEM_FAR_VALUE) {
        struct far_value *far = far_create(value);
        item->value_len = 0;
        memcpy(item_payload(item), &far, sizeof(far));
    } else {
        item->value_len = (uint16_t)value.len;
        if (value.len) memcpy(item_payload(item), value.ptr, value.len);
    }
}

struct hash_item *item_create(struct slice field, struct slice value) {
    bool long_field = field.len > ITEM_SHORT_FIELD_MAX, far = value.len > ITEM_VALUE_MAX;
    struct hash_item *item = mem_alloc(sizeof(*item) + (long_field ? sizeof(size_t) : 0) + field.len +
                                       (far ? sizeof(struct far_value *) : value.len));
    item->flags = (uint8_t)((long_field ? ITEM_LONG_FIELD : 0) | (far ? ITEM_FAR_VALUE : 0));
    item->field_len = long_field ? 0 : (uint8_t)field.len;
    if (long_field) memcpy(item->rest, &field.len, sizeof(field.len));
    if (field.len) memcpy(item->rest + item_field_offset(item), field.ptr, field.len);
    put_value(item, value);
    return item;
}

struct hash_item *item_copy(const struct hash_item *item) {
    size_t size = item_size(item);
    struct hash_item *copy = mem_alloc(size);
    memcpy(copy, item, size);
    if (item->flags & ITEM_FAR_VALUE) put_value(copy, item_value(item));
    return copy;
}

static void far_free(struct far_value *far) {
    mem_free_sized(far, sizeof(*far) + far->len);
}

struct hash_item *item_assign(struct hash_item *item, struct slice value) {
    size_t before = item_size(item);
    bool far = value.len > ITEM_VALUE_MAX;
    if (item->flags & ITEM_FAR_VALUE) {
        struct far_value *old = item_far_value(item);
        if (far && mem_serves(sizeof(*old) + old->len, sizeof(*old) + value.len)) {
            old->len = value.len;
            memcpy(old->bytes, value.ptr, value.len);
            return item;
        }
        far_free(old);
    }
    size_t after = shell_size(item) + (far ? sizeof(struct far_value *) : value.len);
    if (!mem_serves(before, after)) item = mem_realloc(item, after);
    item->flags = (uint8_t)((item->flags & ~ITEM_FAR_VALUE) | (far ? ITEM_FAR_VALUE : 0));
    put_value(item, value);
    return item;
}

struct hash_item *item_set_deadline(struct hash_item *item, int64_t deadline_ms) {
    bool expires = deadline_ms != ENTRY_NO_DEADLINE;
    if (expires != !!(item->flags & ITEM_EXPIRES)) {
        size_t size = item_size(item), at = sizeof(*item);
        item = expires ? mem_open_gap(item, size, at, 8) : mem_close_gap(item, size, at, 8);
        item->flags ^= ITEM_EXPIRES;
    }
    if (expires) memcpy(item->rest, &deadline_ms, 8);
    return item;
}

size_t item_free(struct hash_item *item) {
    size_t allocations = 1;
    if (item->flags & ITEM_FAR_VALUE) {
        far_free(item_far_value(item));
        allocations++;
    }
    mem_free_sized(item, item_size(item));
    return allocations;
}

size_t item_memory(const struct hash_item *item) {
    size_t bytes = mem_good_size(item_size(item));
    if (item->flags & ITEM_FAR_VALUE)
        bytes += mem_good_size(sizeof(struct far_value) + item_far_value(item)->len);
    return bytes;
}
