/* Glob patterns of KEYS, SCAN, PSUBSCRIBE and CONFIG GET: * ? [set] [^set] [a-z] and backslash. */
#ifndef TORC_BASE_GLOB_H
#define TORC_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* Never exponential: a pattern of many stars against a long text costs at most pattern times text steps. */
bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len, bool ignore_case);

#endif
