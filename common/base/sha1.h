/* SHA-1 (RFC 3174), incremental: DEBUG DIGEST and script names prescribe it. */
#ifndef TORC_BASE_SHA1_H
#define TORC_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

struct sha1 {
    uint32_t state[5];
    uint64_t bytes;
    unsigned char block[64];
};

void sha1_init(struct sha1 *s);
void sha1_update(struct sha1 *s, const void *bytes, size_t len);
void sha1_final(struct sha1 *s, unsigned char digest[20]);

#endif
