/* One line of configuration, cut into words:
 *
 *      save 900 1           save | 900 | 1
 *      logfile ""           logfile | (empty)
 *      requirepass "a\x20b" requirepass | a b
 *      dir '/it\'s'         dir | /it's
 *
 * The words' bytes are never longer than the line, so one allocation holds all of them with their
 * terminators: a line of n characters has at most (n + 1) / 2 words. */
#include "common/conf/conf_words.h"
#include "common/base/mem.h"
#include <ctype.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads an escape that begins at text[*at] (the backslash); leaves *at behind it. */
static char read_escape(struct slice text, size_t *at) {
    size_t i = *at + 1;
    if (text.len - i >= 3 && text.ptr[i] == 'x' && hex_digit(text.ptr[i + 1]) >= 0 &&
        hex_digit(text.ptr[i + 2]) >= 0) {
        *at = i + 3;
        return (char)(hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2]));
    }
    *at = i + 1;
    switch (text.ptr[i]) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'a': return '\a';
    default: return text.ptr[i];
    }
}

/* Copies the quoted part that begins at text[*at] (its quote) to *out; false: it does not close, or something
 * follows it directly. */
static bool read_quoted(struct slice text, size_t *at, char **out) {
    char quote = text.ptr[(*at)++];
    while (*at < text.len && text.ptr[*at] != quote) {
        bool escape = text.ptr[*at] == '\\' && *at + 1 < text.len;
        if (escape && quote == '"') {
            *(*out)++ = read_escape(text, at);
        } else if (escape && text.ptr[*at + 1] == '\'') {
            *(*out)++ = '\'';
            *at += 2;
        } else {
            *(*out)++ = text.ptr[(*at)++];
        }
    }
    if (*at == text.len) return false;
    (*at)++;
    return *at == text.len || isspace((unsigned char)text.ptr[*at]);
}

static bool split(struct slice text, struct conf_line *out) {
    char *to = out->bytes;
    for (size_t at = 0;;) {
        while (at < text.len && isspace((unsigned char)text.ptr[at]))
            at++;
        if (at == text.len) return true;
        char *start = to;
        while (at < text.len && !isspace((unsigned char)text.ptr[at])) {
            if (text.ptr[at] == '"' || text.ptr[at] == '\'') {
                if (!read_quoted(text, &at, &to)) return false;
                break;
            }
            if (text.ptr[at] == '\0') return false;
            *to++ = text.ptr[at++];
        }
        out->word[out->count++] = (struct slice){start, (size_t)(to - start)};
        *to++ = '\0';
    }
}

bool conf_line_split(struct slice text, struct conf_line *out) {
    size_t words_max = text.len / 2 + 1;
    *out = (struct conf_line){.word = mem_alloc(words_max * sizeof(struct slice)),
                              .bytes = mem_alloc(text.len + 1)};
    if (split(text, out)) return true;
    conf_line_deinit(out);
    return false;
}

void conf_line_deinit(struct conf_line *line) {
    mem_free(line->word);
    mem_free(line->bytes);
    *line = (struct conf_line){0};
}

void conf_word_append(struct buf *out, struct slice word) {
    bool plain = word.len > 0 && word.ptr[0] != '#';
    for (size_t i = 0; plain && i < word.len; i++)
        plain = isgraph((unsigned char)word.ptr[i]) && !strchr("\"'\\", word.ptr[i]);
    if (plain)
        buf_append_slice(out, word);
    else
        buf_append_quoted(out, word.ptr, word.len);
}
