/* Checksums that formats prescribe: CRC16-XMODEM (key slots), CRC64-Jones (RDB, DUMP). */
#ifndef TORC_BASE_CRC_H
#define TORC_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

uint16_t crc16(const void *bytes, size_t len);
uint64_t crc64(uint64_t crc, const void *bytes, size_t len);

#endif
