/* Glob matching without recursion.
 *
 * Only the latest star can ever need another try: everything before it matched already, and whatever an
 * earlier star could take instead, the latest one can take as well. So one place to return to is enough, and
 * the cost is at most pattern times text.
 *
 *      pattern   a * b ? * c d          text   a x x b y z z c c d
 *                        ▲                                   ▲
 *                        star: return here, with the text one byte further
 *
 * A set that is not closed ends with the pattern, a range may run backwards, and a backslash at the very end
 * stands for itself, as users of KEYS expect. */
#include "common/base/glob.h"

static unsigned char fold(unsigned char c, bool ignore_case) {
    return ignore_case && c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Matches c against the set that begins behind its bracket; *at moves behind the closing bracket. */
static bool match_set(const char **at, const char *end, unsigned char c, bool ignore_case) {
    const char *p = *at;
    bool negated = p < end && *p == '^', found = false;
    p += negated;
    c = fold(c, ignore_case);
    while (p < end && *p != ']') {
        if (*p == '\\' && end - p >= 2)
            p++;
        else if (end - p >= 3 && p[1] == '-') {
            unsigned char low = fold((unsigned char)p[0], ignore_case);
            unsigned char high = fold((unsigned char)p[2], ignore_case);
            found |= low <= high ? c >= low && c <= high : c >= high && c <= low;
            p += 3;
            continue;
        }
        found |= fold((unsigned char)*p++, ignore_case) == c;
    }
    *at = p < end ? p + 1 : p;
    return found != negated;
}

/* Matches c against the pattern element at *at (which is not a star) and moves behind it. */
static bool match_one(const char **at, const char *end, unsigned char c, bool ignore_case) {
    const char *p = *at;
    if (*p == '[') {
        *at = p + 1;
        return match_set(at, end, c, ignore_case);
    }
    bool escaped = *p == '\\' && end - p >= 2;
    p += escaped;
    *at = p + 1;
    return (*p == '?' && !escaped) || fold((unsigned char)*p, ignore_case) == fold(c, ignore_case);
}

/* As Redis, which follows no more stars than this: a pattern that needs more matches nothing. */
#define STARS_MAX 1000

bool glob_match(const char *pattern, size_t pattern_len, const char *text, size_t text_len,
                bool ignore_case) {
    if (text_len == 0) return pattern_len == 0; /* a quirk to keep: stars do not match the empty text */
    if (pattern_len == 1 && pattern[0] == '*') return true;
    const char *p = pattern, *p_end = pattern + pattern_len;
    const char *t = text, *t_end = text + text_len;
    const char *star = NULL,
               *star_text = NULL; /* where the pattern goes on behind the star, what it has not taken */
    unsigned stars = 0;
    while (t < t_end) {
        if (p < p_end && *p == '*') {
            if (p == pattern || p[-1] != '*') stars++;
            if (stars > STARS_MAX) return false;
            star = ++p;
            star_text = t;
        } else if (p < p_end && match_one(&p, p_end, (unsigned char)*t, ignore_case)) {
            t++;
        } else if (star) {
            p = star;
            t = ++star_text;
        } else {
            return false;
        }
        if (p == p_end && star == p_end) return true; /* a star at the end takes the rest */
    }
    while (p < p_end && *p == '*')
        p++;
    return p == p_end;
}
