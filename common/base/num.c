/* Numbers to text and back.
 *
 * Integers are written four digits at a time from the right, into their final place, since their length is
 * computed first. Doubles: most that clients store have few digits, and for those m / 10^k with an exact m
 * and an exact 10^k is correctly rounded by the processor, in both directions; only the rest goes through
 * libc.
 *
 * The look of a double: shortest digits that read back as the same value; plain where that is short,
 * otherwise with an exponent that has no leading zeros ("1e+21", "1.5e-9"). */
#include "common/base/num.h"
#include "common/base/mem.h"
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* --- integers from text --- */

bool num_parse_uint64(const char *text, size_t len, uint64_t *out) {
    if (len == 0 || len > 20) return false;
    if (text[0] == '0' && len > 1) return false;
    size_t safe = len < 19 ? len : 19; /* nineteen digits cannot overflow */
    uint64_t value = 0;
    for (size_t i = 0; i < safe; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    if (len == 20) {
        unsigned digit = (unsigned char)text[19] - (unsigned)'0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool num_parse_int64(const char *text, size_t len, int64_t *out) {
    if (len == 0) return false;
    bool negative = text[0] == '-';
    uint64_t magnitude;
    if (!num_parse_uint64(text + negative, len - negative, &magnitude)) return false;
    if (negative) {
        if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1) return false;
        *out = (int64_t)(0 - magnitude);
    } else {
        if (magnitude > INT64_MAX) return false;
        *out = (int64_t)magnitude;
    }
    return true;
}

/* --- floating point from text --- */

/* [-]digits[.digits] of at most fifteen digits: both halves of the fraction are exact. */
static bool parse_short_decimal(const char *text, size_t len, double *out) {
    const char *at = text, *end = text + len;
    bool negative = at < end && *at == '-';
    at += negative;
    if (len > 17 || at == end || *at == '.') return false;
    uint64_t mantissa = 0;
    unsigned digits = 0, behind_point = 0;
    bool point = false;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9 || ++digits > 15) return false;
        mantissa = mantissa * 10 + digit;
        behind_point += point;
    }
    double value = (double)mantissa / powers_of_ten[behind_point];
    *out = negative ? -value : value;
    return true;
}

/* A terminated copy for strtod: in `room` where it fits, else allocated. NULL when memory is short. */
static char *terminated(char *room, size_t room_bytes, const char *text, size_t len) {
    char *copy = len < room_bytes ? room : mem_try_alloc(len + 1);
    if (copy == NULL) return NULL;
    if (len) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

bool num_parse_double(const char *text, size_t len, double *out) {
    if (len == 0 || isspace((unsigned char)text[0])) return false;
    if (parse_short_decimal(text, len, out)) return true;
    char room[256], *end;
    char *copy = terminated(room, sizeof(room), text, len);
    if (copy == NULL) return false;
    int saved_errno = errno;
    errno = 0;
    double value = strtod(copy, &end);
    /* Out of range only when nothing of it is left: a subnormal result sets ERANGE too, but is a number. */
    bool lost = errno == ERANGE && (isinf(value) || value == 0);
    errno = saved_errno;
    bool whole = end == copy + len;
    if (copy != room) mem_free(copy);
    if (!whole || lost || isnan(value)) return false;
    *out = value;
    return true;
}

bool num_parse_strtod(const char *text, size_t len, double *out, bool *in_range) {
    char room[256], *end;
    char *copy = terminated(room, sizeof(room), text, len);
    if (copy == NULL) return false;
    int saved_errno = errno;
    errno = 0;
    *out = strtod(copy, &end);
    *in_range = errno != ERANGE;
    errno = saved_errno;
    bool whole = *end == 0;
    if (copy != room) mem_free(copy);
    return whole && !isnan(*out);
}

bool num_parse_long_double(const char *text, size_t len, long double *out) {
    if (len == 0 || len >= NUM_LONG_DOUBLE_CHARS_MAX || isspace((unsigned char)text[0])) return false;
    char copy[NUM_LONG_DOUBLE_CHARS_MAX], *end;
    memcpy(copy, text, len);
    copy[len] = '\0';
    int saved_errno = errno;
    errno = 0;
    long double value = strtold(copy, &end);
    bool lost = errno == ERANGE && (isinf(value) || value == 0);
    errno = saved_errno;
    if (end != copy + len || lost || isnan(value)) return false;
    *out = value;
    return true;
}

bool num_parse_memory(const char *text, size_t len, int64_t *bytes) {
    static const struct {
        const char *name;
        int64_t bytes;
    } units[] = {{"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
                 {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
    size_t digits = 0;
    int64_t number = 0;
    for (; digits < len && isdigit((unsigned char)text[digits]); digits++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, text[digits] - '0', &number))
            return false;
    if (digits == 0) return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t unit_len = strlen(units[i].name);
        if (unit_len != len - digits || strncasecmp(text + digits, units[i].name, unit_len) != 0) continue;
        int64_t product;
        if (__builtin_mul_overflow(number, units[i].bytes, &product)) return false;
        *bytes = product;
        return true;
    }
    return false;
}

/* --- integers to text --- */

const uint64_t num_powers_of_ten[20] = {1,
                                        10,
                                        100,
                                        1000,
                                        10000,
                                        100000,
                                        1000000,
                                        10000000,
                                        100000000,
                                        1000000000,
                                        10000000000,
                                        100000000000,
                                        1000000000000,
                                        10000000000000,
                                        100000000000000,
                                        1000000000000000,
                                        10000000000000000,
                                        100000000000000000,
                                        1000000000000000000,
                                        10000000000000000000u};

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static void put_pair(char *at, uint64_t pair) {
    memcpy(at, digit_pairs + pair * 2, 2);
}

size_t num_format_uint64(char *out, uint64_t value) {
    size_t len = (size_t)num_uint64_digits(value);
    char *at = out + len;
    while (value >= 10000) {
        uint64_t four = value % 10000;
        value /= 10000;
        put_pair(at -= 2, four % 100);
        put_pair(at -= 2, four / 100);
    }
    if (value >= 100) {
        put_pair(at -= 2, value % 100);
        value /= 100;
    }
    if (value >= 10)
        put_pair(at - 2, value);
    else
        at[-1] = (char)('0' + value);
    return len;
}

size_t num_format_int64(char *out, int64_t value) {
    if (value >= 0) return num_format_uint64(out, (uint64_t)value);
    *out = '-';
    return 1 + num_format_uint64(out + 1, 0 - (uint64_t)value);
}

/* --- floating point to text --- */

/* A decimal number: digits (no zero at either end) times ten to the power `scale`. */
struct decimal {
    char digits[24];
    int count, scale;
};

static void decimal_trim(struct decimal *d) {
    while (d->count > 1 && d->digits[d->count - 1] == '0') {
        d->count--;
        d->scale++;
    }
}

/* Values that are m / 10^k with m below 10^15: the smallest k gives the shortest text. */
static bool decimal_from_short(struct decimal *d, double magnitude) {
    if (magnitude < 1e-7 || magnitude >= 1e15) return false;
    for (int k = 1; k <= 22; k++) {
        double scaled = magnitude * powers_of_ten[k];
        if (scaled >= 1e15) return false;
        double mantissa = nearbyint(scaled);
        if (mantissa / powers_of_ten[k] != magnitude) continue;
        d->count = (int)num_format_uint64(d->digits, (uint64_t)mantissa);
        d->scale = -k;
        return true;
    }
    return false;
}

/* Fifteen digits always survive text, seventeen always suffice; subnormals have fewer, so fewer may do. */
static void decimal_from_libc(struct decimal *d, double magnitude) {
    char text[40];
    int precision = magnitude < DBL_MIN ? 1 : 15;
    do
        snprintf(text, sizeof(text), "%.*e", precision - 1, magnitude);
    while (precision++ < 17 && strtod(text, NULL) != magnitude);
    d->count = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at != '.') d->digits[d->count++] = *at;
    d->scale = atoi(at + 1) - (d->count - 1);
}

static char *put_digits(char *at, const char *digits, int count) {
    memcpy(at, digits, (size_t)count);
    return at + count;
}

static char *put_zeros(char *at, int count) {
    memset(at, '0', (size_t)count);
    return at + count;
}

/* Up to seven zeros are appended and up to six digits follow the point; beyond that the point may still stand
 * near the first digit, and everything else gets an exponent. */
static size_t decimal_format(const struct decimal *d, char *out) {
    int point = d->count + d->scale; /* digits before the point */
    int exponent = point - 1;        /* of the first digit */
    char *at = out;
    if (d->scale >= 0 && d->scale < 8) {
        at = put_digits(at, d->digits, d->count);
        at = put_zeros(at, d->scale);
    } else if (d->scale < 0 && (d->scale > -7 || (exponent > -4 && exponent < 4))) {
        int whole = point > 0 ? point : 0;
        if (whole)
            at = put_digits(at, d->digits, whole);
        else
            *at++ = '0';
        *at++ = '.';
        if (point < 0) at = put_zeros(at, -point);
        at = put_digits(at, d->digits + whole, d->count - whole);
    } else {
        *at++ = d->digits[0];
        if (d->count > 1) *at++ = '.';
        at = put_digits(at, d->digits + 1, d->count - 1);
        *at++ = 'e';
        *at++ = exponent < 0 ? '-' : '+';
        at += num_format_uint64(at, (uint64_t)abs(exponent));
    }
    return (size_t)(at - out);
}

static size_t put_word(char *out, const char *word) {
    size_t len = strlen(word);
    memcpy(out, word, len);
    return len;
}

size_t num_format_double(char *out, double value) {
    if (isnan(value)) return put_word(out, "nan");
    if (isinf(value)) return put_word(out, value > 0 ? "inf" : "-inf");
    if (value == 0) return put_word(out, signbit(value) ? "-0" : "0");
    /* Whole numbers that an int64 holds with room to spare are written as such, however many zeros that
     * takes. */
    if (fabs(value) <= 0x1p62 && value == (double)(int64_t)value)
        return num_format_int64(out, (int64_t)value);

    struct decimal d = {.count = 0};
    size_t sign = value < 0;
    if (sign) *out = '-';
    if (!decimal_from_short(&d, fabs(value))) decimal_from_libc(&d, fabs(value));
    decimal_trim(&d);
    return sign + decimal_format(&d, out + sign);
}

size_t num_format_long_double(char *out, long double value) {
    if (isnan(value)) return put_word(out, "nan");
    if (isinf(value)) return put_word(out, value > 0 ? "inf" : "-inf");
    size_t len = (size_t)snprintf(out, NUM_LONG_DOUBLE_CHARS_MAX, "%.17Lf", value);
    while (out[len - 1] == '0')
        len--;
    if (out[len - 1] == '.') len--;
    return len == 2 && memcmp(out, "-0", 2) == 0 ? put_word(out, "0") : len;
}

void num_format_memory_human(char *out, uint64_t bytes) {
    static const char units[] = "KMGTP";
    if (bytes < 1024) {
        snprintf(out, 32, "%lluB", (unsigned long long)bytes);
        return;
    }
    double amount = (double)bytes / 1024;
    int unit = 0;
    while (unit < 4 && bytes >> (10 * (unit + 2))) {
        amount /= 1024;
        unit++;
    }
    snprintf(out, 32, "%.2f%c", amount, units[unit]);
}
