/* For log.c and its tests. */
#ifndef TORC_BASE_LOG_INT_H
#define TORC_BASE_LOG_INT_H

#include "common/base/log.h"
#include <stdint.h>

#define LOG_PREFIX_BYTES_MAX 64

/* Writes all of a line that stands before its text, terminated; returns its length. */
size_t log_format_prefix(char *out, int64_t now_us, char role, enum log_level level);

#endif
