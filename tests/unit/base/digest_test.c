/* CRC16, CRC64 and SHA-1: published values, and any way of cutting the input gives the same. */
#include "common/base/crc.h"
#include "common/base/sha1.h"
#include "tests/unit/support/test.h"
#include <stdio.h>
#include <string.h>

static void published_checksums(void **state) {
    assert_int_equal(crc16("123456789", 9), 0x31c3);
    assert_int_equal(crc16("", 0), 0);
    assert_true(crc64(0, "123456789", 9) == 0xe9c6d914c4b8d9ca);
    assert_true(crc64(7, "", 0) == 7);
}

/* One bit at a time, from the polynomial. */
static uint64_t crc64_by_bits(uint64_t crc, const unsigned char *at, size_t len) {
    for (; len > 0; len--) {
        crc ^= *at++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x95ac9329ac4bc9b5 : crc >> 1;
    }
    return crc;
}

static void crc64_in_pieces(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(2000); i++) {
        unsigned char bytes[300];
        size_t len = rng_below(&rng, sizeof(bytes) + 1), cut = rng_below(&rng, len + 1);
        rng_fill(&rng, bytes, len);
        uint64_t whole = crc64(0, bytes, len);
        assert_true(whole == crc64_by_bits(0, bytes, len));
        assert_true(whole == crc64(crc64(0, bytes, cut), bytes + cut, len - cut));
    }
}

static void assert_sha1(struct sha1 *s, const char *expected) {
    unsigned char digest[20];
    char hex[41];
    sha1_final(s, digest);
    for (int i = 0; i < 20; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(hex, expected);
}

static void published_sha1(void **state) {
    struct sha1 s;
    sha1_init(&s);
    assert_sha1(&s, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1_init(&s);
    sha1_update(&s, "abc", 3);
    assert_sha1(&s, "a9993e364706816aba3e25717850c26c9cd0d89d");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    sha1_init(&s);
    sha1_update(&s, two_blocks, strlen(two_blocks));
    assert_sha1(&s, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    sha1_init(&s);
    for (int i = 0; i < 1000000 / 64; i++)
        sha1_update(&s, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 64);
    assert_sha1(&s, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

static void sha1_in_pieces(void **state) {
    struct rng rng = test_rng();
    for (int i = 0; i < test_rounds(2000); i++) {
        unsigned char bytes[400], whole[20], pieces[20];
        size_t len = rng_below(&rng, sizeof(bytes) + 1);
        rng_fill(&rng, bytes, len);
        struct sha1 s;
        sha1_init(&s);
        sha1_update(&s, bytes, len);
        sha1_final(&s, whole);
        sha1_init(&s);
        for (size_t at = 0; at < len;) {
            size_t part = 1 + rng_below(&rng, len - at);
            sha1_update(&s, bytes + at, part);
            at += part;
        }
        sha1_final(&s, pieces);
        assert_memory_equal(whole, pieces, 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_checksums),
        cmocka_unit_test(crc64_in_pieces),
        cmocka_unit_test(published_sha1),
        cmocka_unit_test(sha1_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
