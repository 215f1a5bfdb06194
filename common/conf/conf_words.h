/* Lines into words, and words into lines: the quoting of configuration files. */
#ifndef TORC_CONF_WORDS_H
#define TORC_CONF_WORDS_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include <stdbool.h>

/* The words of one line; word[i] points into `bytes`, where each is followed by a terminator that does not
 * count. */
struct conf_line {
    struct slice *word; /* owned */
    int count;
    char *bytes; /* owned */
};

/* Cuts a line at white space. "…" knows \n \r \t \b \a \xHH and \ before any other character, '…' knows \'
 * only; the closing quote must end the word. false: quotes do not close (or a NUL byte); nothing to give back
 * then. */
bool conf_line_split(struct slice text, struct conf_line *out);
void conf_line_deinit(struct conf_line *line);

/* Appends a word, in double quotes only if it would not read back without them. */
void conf_word_append(struct buf *out, struct slice word);

#endif
