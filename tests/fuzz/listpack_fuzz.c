/* Hostile bytes as a listpack, or as an intset: what validation lets through can be read and changed without
 * a step outside, and stays valid.
 *
 *      byte 0: kind and whether the frame (length, end) is mended | byte 1: bytes of operations n | n | the
 * thing itself
 */
#include "common/base/panic.h"
#include "server/ds/intset.h"
#include "server/ds/listpack.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KIND_INTSET = 1, MEND_FRAME = 2 };

static void read_all(const char *lp) {
    char scratch[LISTPACK_INT_CHARS];
    uint32_t forwards = 0, backwards = 0;
    for (uint32_t at = listpack_first(lp); at; at = listpack_next(lp, at)) {
        struct slice s = listpack_get(lp, at, scratch);
        for (size_t i = 0; i < s.len; i++)
            (void)*(volatile const char *)(s.ptr + i);
        must(listpack_equals(lp, at, s));
        uint32_t found = listpack_find(lp, listpack_first(lp), s, 0);
        must(found != 0 && found <= at);
        forwards++;
    }
    for (uint32_t at = listpack_last(lp); at; at = listpack_prev(lp, at))
        backwards++;
    must(forwards == backwards && forwards == listpack_count(lp));
    must(listpack_at(lp, forwards) == 0 && listpack_at(lp, -(int64_t)forwards - 1) == 0);
}

/* Each operation is two bytes: what and where; values are taken from the operations themselves. */
static void fuzz_listpack(const char *bytes, size_t len, const uint8_t *ops, size_t ops_len) {
    if (!listpack_valid(bytes, len, true)) return;
    char *lp = malloc(len);
    memcpy(lp, bytes, len);
    read_all(lp);
    for (size_t i = 0; i + 2 <= ops_len; i += 2) {
        size_t value_len = ops[i] >> 3;
        if (value_len > ops_len - i) value_len = ops_len - i;
        struct slice value = {(const char *)ops + i, value_len};
        uint32_t at = listpack_at(lp, (int8_t)ops[i + 1]), before = listpack_bytes(lp);
        switch (ops[i] & 3) {
        case 0:
            lp = realloc(lp, before + listpack_element_bytes(value));
            listpack_insert(lp, at, value);
            break;
        case 1:
            if (at == 0) continue;
            if (listpack_element_bytes(value) > listpack_size_at(lp, at))
                lp = realloc(lp, before - listpack_size_at(lp, at) + listpack_element_bytes(value));
            listpack_replace(lp, at, value);
            break;
        case 2:
            if (at) listpack_erase(lp, at);
            break;
        case 3:
            if (at) listpack_erase_n(lp, at, ops[i] >> 2);
            break;
        }
        lp = realloc(lp, listpack_bytes(lp));
        must(listpack_valid(lp, listpack_bytes(lp), true));
    }
    read_all(lp);
    free(lp);
}

static void fuzz_intset(const char *bytes, size_t len, const uint8_t *ops, size_t ops_len) {
    if (!intset_valid(bytes, len, true)) return;
    char *is = malloc(len);
    memcpy(is, bytes, len);
    for (uint32_t i = 0; i < intset_count(is); i++)
        must(intset_contains(is, intset_get(is, i)));
    for (size_t i = 0; i + 9 <= ops_len; i += 9) {
        int64_t value;
        memcpy(&value, ops + i, sizeof(value));
        value >>= ops[i + 8] & 63;
        if (ops[i + 8] & 64) {
            is = realloc(is, intset_bytes_with(is, value));
            intset_add(is, value);
            must(intset_contains(is, value));
        } else {
            intset_remove(is, value);
            must(!intset_contains(is, value));
            is = realloc(is, intset_bytes(is));
        }
        must(intset_count(is) == 0 || intset_valid(is, intset_bytes(is), true));
    }
    free(is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    uint8_t mode = data[0];
    const uint8_t *ops = data + 2;
    size_t ops_len = data[1] < size - 2 ? data[1] : size - 2;
    size_t len = size - 2 - ops_len;
    char *copy = malloc(len); /* exactly as long as it claims, for the sanitizer's sake */
    memcpy(copy, ops + ops_len, len);
    if (mode & KIND_INTSET) {
        fuzz_intset(copy, len, ops, ops_len);
    } else {
        if (mode & MEND_FRAME && len >= LISTPACK_EMPTY_BYTES) {
            uint32_t total = (uint32_t)len;
            memcpy(copy, &total, sizeof(total));
            copy[4] = copy[5] = copy[len - 1] = (char)0xff;
        }
        fuzz_listpack(copy, len, ops, ops_len);
    }
    free(copy);
    return 0;
}
