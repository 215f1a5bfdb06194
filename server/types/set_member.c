/* See set_member.h for the layout. The size of an allocation follows from the word, or from the length that
 * it begins with. */
#include "server/types/set_member.h"
#include "common/base/mem.h"
#include "common/base/panic.h"

_Static_assert(MEMBER_SCRATCH >= sizeof(uint64_t), "inline bytes are copied as a whole word");

static void *allocate(size_t size, uintptr_t alignment) {
    void *at = mem_alloc(size);
    must(((uintptr_t)at & (alignment - 1)) == 0);
    return at;
}

static void *create_inline(struct slice bytes) {
    uint64_t word = 0;
    for (size_t i = bytes.len; i-- > 0;)
        word = word << 8 | (unsigned char)bytes.ptr[i];
    return (void *)(uintptr_t)(word << 8 | bytes.len << 4 | MEMBER_CODE_INLINE);
}

static void *create_long(struct slice bytes) {
    bool far = bytes.len > MEMBER_SHORT_MAX;
    size_t head = far ? 1 + sizeof(bytes.len) : 1;
    char *at = allocate(head + bytes.len, 16);
    at[0] = far ? (char)MEMBER_LONG_MARK : (char)bytes.len;
    if (far) memcpy(at + 1, &bytes.len, sizeof(bytes.len));
    memcpy(at + head, bytes.ptr, bytes.len);
    return at;
}

void *member_create(struct slice bytes) {
    if (bytes.len > MEMBER_SIXTEEN_MAX) return create_long(bytes);
    if (bytes.len <= MEMBER_INLINE_MAX) return create_inline(bytes);
    bool eight = bytes.len <= MEMBER_EIGHT_MAX;
    char *at = eight ? allocate(MEMBER_EIGHT_MAX, 8) : allocate(MEMBER_SIXTEEN_MAX, 16);
    memcpy(at, bytes.ptr, bytes.len);
    if (eight) return at + (bytes.len - 1);
    return at + (bytes.len <= 12 ? bytes.len - 8 : bytes.len - 12 + 8);
}

/* Where its allocation begins and how large it is; 0 if it has none. */
static size_t allocation(const void *member, void **at) {
    uintptr_t word = member_word(member);
    unsigned code = word & 15, low = word & 7;
    if (low >= MEMBER_CODE_EIGHT_MIN) {
        *at = (void *)(word - low);
        return MEMBER_EIGHT_MAX;
    }
    if (code == MEMBER_CODE_INLINE) return 0;
    *at = (void *)(word - code);
    if (code) return MEMBER_SIXTEEN_MAX;
    char scratch[MEMBER_SCRATCH];
    struct slice bytes = member_bytes(member, scratch);
    return (size_t)(bytes.ptr - (const char *)*at) + bytes.len;
}

size_t member_free(void *member) {
    void *at;
    size_t size = allocation(member, &at);
    if (size) mem_free_sized(at, size);
    return 1;
}

size_t member_memory(const void *member) {
    void *at;
    size_t size = allocation(member, &at);
    return size ? mem_good_size(size) : 0;
}
