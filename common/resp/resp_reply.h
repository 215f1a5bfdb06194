/* Cuts and reads replies, RESP2 and RESP3: for the proxy, for replication, and for tests. */
#ifndef TORC_RESP_REPLY_H
#define TORC_RESP_REPLY_H

#include "common/base/slice.h"
#include "common/resp/resp_parser.h"
#include <stdint.h>

/* Finds the end of a reply without building it. Works on a stream of bytes: what a call consumed need not be
 * shown again, so a reply of any size and depth passes through in pieces. All zero is a valid start. */
struct resp_scan {
    uint64_t values_left;  /* values still to come; 0 between replies */
    uint64_t payload_left; /* bytes of the bulk under way, line end included */
    uint32_t line_len;
    char line[40];  /* the unfinished header line at the end of the input */
    char type;      /* first byte of the reply: '+', '-', ':', '$', '*', '%', '>', … */
    bool is_text;   /* inside a + or - line, whose length is not limited */
    char error[64]; /* after RESP_ERR */
};
/* RESP_OK: a whole reply ends at *consumed. RESP_MORE: all of `len` is consumed. */
enum resp_result resp_scan(struct resp_scan *s, const char *bytes, size_t len, size_t *consumed);

/* One value of a complete reply; an aggregate's elements follow it as tokens of their own. */
struct resp_token {
    char type;     /* as on the wire */
    bool null;     /* $-1, *-1, _ */
    int64_t count; /* elements that follow (a map's pairs count twice); the integer of ':'; 0 or 1 of '#' */
    struct slice text; /* payload of strings, errors, bulks, verbatim strings ("txt:" left out), doubles, big
                          numbers */
};
/* Reads the token at *at and moves *at behind it; false at `end` or when the bytes are not a token. */
bool resp_token_next(const char **at, const char *end, struct resp_token *out);
/* Moves *at behind the value that begins there, its elements included. */
bool resp_value_skip(const char **at, const char *end);

#endif
