/* CRC16-XMODEM (polynomial 0x1021, not reflected) and CRC64-Jones (polynomial 0xad93d23594c935a9, reflected).
 *
 * The 64-bit one checks whole snapshots, and the 16-bit one is asked for every key where there are slots, so
 * both take eight bytes a step: table t gives the effect of a byte that has t further bytes behind it in the
 * same step, and the eight effects are combined by exclusive or.
 *
 *      crc ^ next 8 bytes:  b0   b1   b2   b3   b4   b5   b6   b7
 *                           T7   T6   T5   T4   T3   T2   T1   T0   ──xor──► crc
 *
 * The tables are computed before main, from the polynomial: 20 KiB that nobody has to proofread. */
#include "common/base/crc.h"
#include <string.h>

#define CRC16_POLY          0x1021
#define CRC64_POLY_REVERSED 0x95ac9329ac4bc9b5

static uint16_t table16[8][256];
static uint64_t table64[8][256];

__attribute__((constructor)) static void compute_tables(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        uint16_t c16 = (uint16_t)(byte << 8);
        uint64_t c64 = byte;
        for (int bit = 0; bit < 8; bit++) {
            c16 = (uint16_t)(c16 & 0x8000 ? c16 << 1 ^ CRC16_POLY : c16 << 1);
            c64 = c64 & 1 ? c64 >> 1 ^ CRC64_POLY_REVERSED : c64 >> 1;
        }
        table16[0][byte] = c16;
        table64[0][byte] = c64;
    }
    for (int t = 1; t < 8; t++)
        for (unsigned byte = 0; byte < 256; byte++) {
            uint64_t before = table64[t - 1][byte];
            table64[t][byte] = before >> 8 ^ table64[0][before & 0xff];
            uint16_t before16 = table16[t - 1][byte];
            table16[t][byte] = (uint16_t)(before16 << 8 ^ table16[0][before16 >> 8]);
        }
}

uint16_t crc16(const void *bytes, size_t len) {
    const unsigned char *at = bytes;
    uint16_t crc = 0;
    for (; len >= 8; at += 8, len -= 8)
        crc = (uint16_t)(table16[7][at[0] ^ crc >> 8] ^ table16[6][at[1] ^ (crc & 0xff)] ^ table16[5][at[2]] ^
                         table16[4][at[3]] ^ table16[3][at[4]] ^ table16[2][at[5]] ^ table16[1][at[6]] ^
                         table16[0][at[7]]);
    for (size_t i = 0; i < len; i++)
        crc = (uint16_t)(crc << 8 ^ table16[0][(crc >> 8 ^ at[i]) & 0xff]);
    return crc;
}

uint64_t crc64(uint64_t crc, const void *bytes, size_t len) {
    const unsigned char *at = bytes;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (; len >= 8; at += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        word ^= crc;
        crc = table64[7][word & 0xff] ^ table64[6][word >> 8 & 0xff] ^ table64[5][word >> 16 & 0xff] ^
              table64[4][word >> 24 & 0xff] ^ table64[3][word >> 32 & 0xff] ^ table64[2][word >> 40 & 0xff] ^
              table64[1][word >> 48 & 0xff] ^ table64[0][word >> 56];
    }
#endif
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ table64[0][(crc ^ at[i]) & 0xff];
    return crc;
}
