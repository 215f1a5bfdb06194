/* SHA-1 after RFC 3174: eighty rounds over each 64-byte block; whole blocks are hashed where they lie, only a
 * tail is copied into the state. */
#include "common/base/sha1.h"
#include <string.h>

static uint32_t rotate_left(uint32_t x, int bits) {
    return x << bits | x >> (32 - bits);
}

static uint32_t read_be32(const unsigned char *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void write_be32(unsigned char *at, uint32_t x) {
    at[0] = (unsigned char)(x >> 24);
    at[1] = (unsigned char)(x >> 16);
    at[2] = (unsigned char)(x >> 8);
    at[3] = (unsigned char)x;
}

static void hash_block(uint32_t state[5], const unsigned char *block) {
    uint32_t w[80];
    for (int t = 0; t < 16; t++)
        w[t] = read_be32(block + 4 * t);
    for (int t = 16; t < 80; t++)
        w[t] = rotate_left(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        uint32_t f, k;
        if (t < 20) {
            f = (b & c) | (~b & d);
            k = 0x5a827999;
        } else if (t < 40) {
            f = b ^ c ^ d;
            k = 0x6ed9eba1;
        } else if (t < 60) {
            f = (b & c) | (b & d) | (c & d);
            k = 0x8f1bbcdc;
        } else {
            f = b ^ c ^ d;
            k = 0xca62c1d6;
        }
        uint32_t next = rotate_left(a, 5) + f + e + w[t] + k;
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void sha1_init(struct sha1 *s) {
    *s = (struct sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

void sha1_update(struct sha1 *s, const void *bytes, size_t len) {
    const unsigned char *at = bytes;
    size_t held = s->bytes % sizeof(s->block);
    s->bytes += len;
    if (held) {
        size_t part = sizeof(s->block) - held < len ? sizeof(s->block) - held : len;
        memcpy(s->block + held, at, part);
        if (held + part < sizeof(s->block)) return;
        hash_block(s->state, s->block);
        at += part;
        len -= part;
    }
    for (; len >= sizeof(s->block); at += sizeof(s->block), len -= sizeof(s->block))
        hash_block(s->state, at);
    if (len) memcpy(s->block, at, len);
}

void sha1_final(struct sha1 *s, unsigned char digest[20]) {
    static const unsigned char padding[64] = {0x80};
    uint64_t bits = s->bytes * 8;
    unsigned char length[8];
    write_be32(length, (uint32_t)(bits >> 32));
    write_be32(length + 4, (uint32_t)bits);
    /* One mark, then zeros until eight bytes are left of a block. */
    sha1_update(s, padding, 1 + (119 - s->bytes % 64) % 64);
    sha1_update(s, length, sizeof(length));
    for (int i = 0; i < 5; i++)
        write_be32(digest + 4 * i, s->state[i]);
}
