/* Numbers to text and back, strict as Redis is: what does not round-trip is not a number. */
#ifndef TORC_BASE_NUM_H
#define TORC_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest text of an int64 / of num_format_double, without terminator. */
#define NUM_INT64_CHARS_MAX       20
#define NUM_DOUBLE_CHARS_MAX      32
#define NUM_LONG_DOUBLE_CHARS_MAX (5 * 1024)

/* Canonical decimal only: no spaces, no plus, no leading zeros, no "-0"; false leaves *out alone. */
bool num_parse_int64(const char *text, size_t len, int64_t *out);
bool num_parse_uint64(const char *text, size_t len, uint64_t *out);

/* What strtod accepts whole (hex, inf, infinity; not nan, no leading space, not empty). */
bool num_parse_double(const char *text, size_t len, double *out);
/* All that strtod reads up to the end or a zero byte, leading space and nothing at all (0) too, but not nan.
 * Not in range: the text has no double that is near; *out is what strtod makes of it. */
bool num_parse_strtod(const char *text, size_t len, double *out, bool *in_range);
bool num_parse_long_double(const char *text, size_t len, long double *out);

/* Sizes of configuration: 1k = 1000, 1kb = 1024, m, mb, g, gb, b; case-insensitive. */
bool num_parse_memory(const char *text, size_t len, int64_t *bytes);

/* Each returns the number of characters written; no terminator is added. */
size_t num_format_int64(char *out, int64_t value);
size_t num_format_uint64(char *out, uint64_t value);
/* Shortest text that reads back as the same double: integers plainly, "inf", "-inf", "nan", otherwise %.17g.
 */
size_t num_format_double(char *out, double value);
/* %.17Lf with trailing zeros removed, as INCRBYFLOAT stores it. `out` has NUM_LONG_DOUBLE_CHARS_MAX bytes. */
size_t num_format_long_double(char *out, long double value);
/* "1.50M" and the like, as used_memory_human prints. `out` has at least 32 bytes; terminated. */
void num_format_memory_human(char *out, uint64_t bytes);

extern const uint64_t num_powers_of_ten[20];

/* Decimal digits of v: the number of its bits says it up to one, 1233/4096 being about log10(2). */
static inline int num_uint64_digits(uint64_t v) {
    v |= 1; /* zero has one digit; no other count changes, since powers of ten are even */
    int digits = (64 - __builtin_clzll(v)) * 1233 >> 12;
    return digits + (v >= num_powers_of_ten[digits]);
}

#endif
