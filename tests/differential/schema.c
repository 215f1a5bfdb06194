/* Reply schemas: a recursive descent over the notation, then a walk over the reply's tokens beside the tree.
 *
 *      "array of (bulk | null)"  ──►  ARRAY ── OR ─┬─ BULK        $1 x  _  $0   every element must fit one
 *                                                  └─ NULL
 *
 * A check moves a cursor through the reply's bytes; an alternative that does not fit puts it back. Nothing is
 * allocated while checking, since every reply of every test run comes through here.
 */
#include "tests/differential/schema.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/resp/resp_reply.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum kind {
    KIND_OR,
    KIND_SIMPLE,
    KIND_BULK,
    KIND_VERBATIM,
    KIND_INT,
    KIND_DOUBLE,
    KIND_BOOL,
    KIND_NULL,
    KIND_NULL_ARRAY,
    KIND_ANY,
    KIND_NOTHING,
    KIND_ARRAY,
    KIND_SET,
    KIND_MAP,
    KIND_PAIRS,
    KIND_TUPLE,
    KIND_RECORD,
    KIND_PUSH,
    KIND_RESP2,
    KIND_RESP3,
};

static const char *const kind_names[] = {
    [KIND_OR] = "one of several", [KIND_SIMPLE] = "simple",   [KIND_BULK] = "bulk",
    [KIND_VERBATIM] = "verbatim", [KIND_INT] = "int",         [KIND_DOUBLE] = "double",
    [KIND_BOOL] = "bool",         [KIND_NULL] = "null",       [KIND_NULL_ARRAY] = "null-array",
    [KIND_ANY] = "any",           [KIND_NOTHING] = "nothing", [KIND_ARRAY] = "array",
    [KIND_SET] = "set",           [KIND_MAP] = "map",         [KIND_PAIRS] = "pairs",
    [KIND_TUPLE] = "tuple",       [KIND_RECORD] = "record",   [KIND_PUSH] = "push",
    [KIND_RESP2] = "resp2",       [KIND_RESP3] = "resp3",
};

struct schema {
    enum kind kind;
    char *text;    /* simple, bulk: just this text; a field of a record: its name. Owned */
    bool optional; /* as a field of a record */
    bool open;     /* a record that allows further names */
    bool ranged;   /* min and max hold: an int's value, an array's count */
    int64_t min, max;
    struct schema *child; /* owned: first of the parts */
    struct schema *next;  /* owned: the next part of the parent */
};

/* --- reading the notation --- */

struct reader {
    const char *at;
    char word[128]; /* the token under the cursor; "" at the end */
    bool quoted;
    char *error;
    size_t error_size;
    bool failed;
};

static void reader_fail(struct reader *r, const char *what) {
    if (!r->failed) snprintf(r->error, r->error_size, "%s at \"%s%.40s\"", what, r->word, r->at);
    r->failed = true;
    r->word[0] = '\0';
}

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || (c != '\0' && strchr("_./%*+@-", c));
}

/* A word ends before "..", "->" and punctuation. */
static void reader_next(struct reader *r) {
    while (*r->at == ' ')
        r->at++;
    size_t len = 0;
    r->quoted = *r->at == '"';
    if (r->quoted) {
        for (r->at++; *r->at && *r->at != '"' && len + 1 < sizeof r->word; r->at++) {
            if (*r->at == '\\' && r->at[1]) r->at++;
            r->word[len++] = *r->at;
        }
        if (*r->at == '"') r->at++;
    } else if (strncmp(r->at, "...", 3) == 0) {
        len = 3;
    } else if (strncmp(r->at, "->", 2) == 0 || strncmp(r->at, "..", 2) == 0 || strncmp(r->at, ">=", 2) == 0 ||
               strncmp(r->at, "<=", 2) == 0) {
        len = 2;
    } else if (*r->at && strchr("|()[]{},:?", *r->at)) {
        len = 1;
    } else {
        while (is_word_char(*r->at) && strncmp(r->at, "..", 2) != 0 && strncmp(r->at, "->", 2) != 0 &&
               len + 1 < sizeof r->word)
            r->word[len++] = *r->at++;
        r->word[len] = '\0';
        if (len == 0 && *r->at) reader_fail(r, "cannot read");
        return;
    }
    if (!r->quoted) {
        memcpy(r->word, r->at, len);
        r->at += len;
    }
    r->word[len] = '\0';
}

static bool reader_is(const struct reader *r, const char *word) {
    return !r->quoted && strcmp(r->word, word) == 0;
}

static bool reader_take(struct reader *r, const char *word) {
    if (r->failed || !reader_is(r, word)) return false;
    reader_next(r);
    return true;
}

static void reader_expect(struct reader *r, const char *word) {
    if (!reader_take(r, word)) reader_fail(r, word);
}

static int64_t reader_integer(struct reader *r) {
    int64_t value = 0;
    if (!num_parse_int64(r->word, strlen(r->word), &value)) reader_fail(r, "a number expected");
    reader_next(r);
    return value;
}

static void reader_range(struct reader *r, struct schema *node) {
    node->ranged = true;
    node->min = INT64_MIN;
    node->max = INT64_MAX;
    if (reader_take(r, ">=")) {
        node->min = reader_integer(r);
    } else if (reader_take(r, "<=")) {
        node->max = reader_integer(r);
    } else {
        node->min = node->max = reader_integer(r);
        if (reader_take(r, "..")) node->max = reader_integer(r);
    }
}

static bool begins_range(const struct reader *r) {
    int64_t ignored;
    return reader_is(r, ">=") || reader_is(r, "<=") ||
           (!r->quoted && num_parse_int64(r->word, strlen(r->word), &ignored));
}

static struct schema *node_create(enum kind kind) {
    struct schema *node = mem_zalloc(sizeof *node);
    node->kind = kind;
    return node;
}

static struct schema *read_schema(struct reader *r);

/* The parts of "[…]" and of "{…}". */
static void read_parts(struct reader *r, struct schema *node, const char *end) {
    struct schema **last = &node->child;
    while (!r->failed && !reader_take(r, end)) {
        if (node->kind == KIND_RECORD && reader_take(r, "...")) {
            node->open = true;
            reader_expect(r, end);
            return;
        }
        char *name = NULL;
        bool optional = false;
        if (node->kind == KIND_RECORD) {
            name = mem_strdup(r->word);
            reader_next(r);
            optional = reader_take(r, "?");
            reader_expect(r, ":");
        }
        struct schema *part = read_schema(r);
        if (name) { /* a field has a node of its own: a literal keeps its text */
            struct schema *field = node_create(KIND_OR);
            field->child = part;
            field->text = name;
            field->optional = optional;
            part = field;
        }
        *last = part;
        last = &part->next;
        if (!reader_take(r, ",")) {
            reader_expect(r, end);
            return;
        }
    }
}

static struct schema *read_one(struct reader *r) {
    if (reader_take(r, "(")) {
        struct schema *inner = read_schema(r);
        reader_expect(r, ")");
        return inner;
    }
    if (reader_take(r, "[")) {
        struct schema *tuple = node_create(KIND_TUPLE);
        read_parts(r, tuple, "]");
        return tuple;
    }
    if (reader_take(r, "{")) {
        struct schema *record = node_create(KIND_RECORD);
        read_parts(r, record, "}");
        return record;
    }
    for (enum kind kind = KIND_SIMPLE; kind <= KIND_RESP3; kind++) {
        if (kind == KIND_TUPLE || kind == KIND_RECORD || !reader_take(r, kind_names[kind])) continue;
        struct schema *node = node_create(kind);
        switch (kind) {
        case KIND_SIMPLE:
        case KIND_BULK:
            if (r->quoted) {
                node->text = mem_strdup(r->word);
                reader_next(r);
            }
            break;
        case KIND_INT:
            if (begins_range(r)) reader_range(r, node);
            break;
        case KIND_ARRAY:
        case KIND_SET:
            reader_expect(r, "of");
            node->child = read_one(r);
            if (reader_take(r, "x"))
                reader_range(r, node);
            else if (!r->quoted && r->word[0] == 'x' && isdigit((unsigned char)r->word[1])) {
                memmove(r->word, r->word + 1, strlen(r->word));
                reader_range(r, node);
            }
            break;
        case KIND_MAP:
        case KIND_PAIRS:
            reader_expect(r, "of");
            node->child = read_one(r);
            reader_expect(r, kind == KIND_MAP ? "->" : ",");
            node->child->next = read_one(r);
            break;
        case KIND_PUSH:
        case KIND_RESP2:
        case KIND_RESP3: node->child = read_one(r); break;
        default: break;
        }
        return node;
    }
    reader_fail(r, "unknown word");
    return node_create(KIND_ANY);
}

static struct schema *read_schema(struct reader *r) {
    struct schema *first = read_one(r);
    if (!reader_is(r, "|")) return first;
    struct schema *either = node_create(KIND_OR), **last = &first->next;
    either->child = first;
    while (reader_take(r, "|")) {
        *last = read_one(r);
        last = &(*last)->next;
    }
    return either;
}

struct schema *schema_create(const char *text, char *error, size_t error_size) {
    struct reader r = {.at = text, .error = error, .error_size = error_size};
    reader_next(&r);
    struct schema *schema = read_schema(&r);
    if (!r.failed && (r.word[0] || r.quoted)) reader_fail(&r, "something follows");
    if (r.failed) schema_destroy(&schema);
    return schema;
}

void schema_destroy(struct schema **schema) {
    while (*schema) {
        struct schema *node = *schema;
        *schema = node->next;
        schema_destroy(&node->child);
        mem_free(node->text);
        mem_free(node);
    }
}

/* --- checking a reply --- */

struct check {
    const char *at, *end;
    int proto;
    char *why;
    size_t why_size;
};

static bool refuse(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct check *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(c->why, c->why_size, fmt, args);
    va_end(args);
    return false;
}

static bool in_range(const struct schema *s, int64_t value) {
    return !s->ranged || (value >= s->min && value <= s->max);
}

static bool fits(const struct schema *s, struct check *c);

static bool fits_all(const struct schema *s, struct check *c, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!fits(s, c)) return false;
    return true;
}

/* The header of a map: '%' in RESP3, an array of even length in RESP2. */
static bool map_pairs(const struct resp_token *t, int proto, int64_t *pairs) {
    if (proto == 3 ? t->type != '%' : t->type != '*' || t->null || t->count % 2) return false;
    *pairs = t->count / 2;
    return true;
}

static bool fits_record(const struct schema *s, struct check *c, int64_t pairs) {
    const char *begin = c->at;
    for (const struct schema *field = s->child; field; field = field->next) {
        bool found = false;
        c->at = begin;
        for (int64_t i = 0; i < pairs; i++) {
            struct resp_token name;
            if (!resp_token_next(&c->at, c->end, &name)) return refuse(c, "a name is no text");
            if (slice_eq(name.text, slice_of(field->text))) {
                found = true;
                if (!fits(field->child, c)) return false;
            } else if (!resp_value_skip(&c->at, c->end)) {
                return refuse(c, "a value is cut off");
            }
        }
        if (!found && !field->optional) return refuse(c, "field %s is missing", field->text);
    }
    c->at = begin;
    for (int64_t i = 0; i < pairs; i++) {
        struct resp_token name = {0};
        if (!resp_token_next(&c->at, c->end, &name) || !resp_value_skip(&c->at, c->end))
            return refuse(c, "a map is cut off");
        bool known = s->open;
        for (const struct schema *field = s->child; field && !known; field = field->next)
            known = slice_eq(name.text, slice_of(field->text));
        if (!known) return refuse(c, "unknown field %.*s", (int)name.text.len, name.text.ptr);
    }
    return true;
}

static bool is_double(struct slice text) {
    double ignored;
    return num_parse_double(text.ptr, text.len, &ignored) || slice_is(text, "nan");
}

static bool fits_scalar(const struct schema *s, struct check *c, const struct resp_token *t) {
    bool text_ok = !s->text || slice_eq(t->text, slice_of(s->text));
    bool ok = false;
    switch (s->kind) {
    case KIND_SIMPLE: ok = t->type == '+' && text_ok; break;
    case KIND_BULK: ok = t->type == '$' && !t->null && text_ok; break;
    case KIND_VERBATIM: ok = t->type == (c->proto == 3 ? '=' : '$') && !t->null; break;
    case KIND_INT: ok = t->type == ':' && in_range(s, t->count); break;
    case KIND_DOUBLE: ok = t->type == (c->proto == 3 ? ',' : '$') && !t->null && is_double(t->text); break;
    case KIND_BOOL:
        ok = c->proto == 3 ? t->type == '#' : t->type == ':' && (t->count == 0 || t->count == 1);
        break;
    case KIND_NULL: ok = t->null && t->type == (c->proto == 3 ? '_' : '$'); break;
    case KIND_NULL_ARRAY: ok = t->null && t->type == (c->proto == 3 ? '_' : '*'); break;
    default: break;
    }
    if (ok) return true;
    return refuse(c, "%s%s%s expected, not %c%.*s", kind_names[s->kind], s->text ? " " : "",
                  s->text ? s->text : "", t->type, (int)(t->text.len < 60 ? t->text.len : 60), t->text.ptr);
}

static bool fits_aggregate(const struct schema *s, struct check *c, const struct resp_token *t) {
    int64_t pairs;
    bool list = t->type == '*' && !t->null;
    switch (s->kind) {
    case KIND_ARRAY:
    case KIND_SET:
        if (s->kind == KIND_SET && c->proto == 3) list = t->type == '~';
        if (!list) break;
        if (!in_range(s, t->count)) return refuse(c, "%lld elements are not allowed", (long long)t->count);
        return fits_all(s->child, c, t->count);
    case KIND_MAP:
        if (!map_pairs(t, c->proto, &pairs)) break;
        for (int64_t i = 0; i < pairs; i++)
            if (!fits(s->child, c) || !fits(s->child->next, c)) return false;
        return true;
    case KIND_PAIRS:
        if (!list) break;
        if (c->proto == 2 && t->count % 2) return refuse(c, "an odd number of elements");
        for (int64_t i = 0; i < (c->proto == 2 ? t->count / 2 : t->count); i++) {
            struct resp_token pair;
            if (c->proto == 3 &&
                (!resp_token_next(&c->at, c->end, &pair) || pair.type != '*' || pair.count != 2))
                return refuse(c, "a pair expected");
            if (!fits(s->child, c) || !fits(s->child->next, c)) return false;
        }
        return true;
    case KIND_TUPLE: {
        int64_t parts = 0;
        for (const struct schema *part = s->child; part; part = part->next)
            parts++;
        if (!list || t->count != parts) break;
        for (const struct schema *part = s->child; part; part = part->next)
            if (!fits(part, c)) return false;
        return true;
    }
    case KIND_RECORD:
        if (!map_pairs(t, c->proto, &pairs)) break;
        return fits_record(s, c, pairs);
    default: break;
    }
    return refuse(c, "%s expected, not %c with %lld elements", kind_names[s->kind], t->type,
                  (long long)t->count);
}

static bool fits(const struct schema *s, struct check *c) {
    const char *begin = c->at;
    switch (s->kind) {
    case KIND_OR:
        for (const struct schema *part = s->child; part; part = part->next) {
            c->at = begin;
            if (fits(part, c)) return true;
        }
        return false;
    case KIND_ANY: return resp_value_skip(&c->at, c->end) || refuse(c, "cut off");
    case KIND_NOTHING: return refuse(c, "no reply expected");
    case KIND_RESP2:
    case KIND_RESP3:
        if (c->proto != (s->kind == KIND_RESP2 ? 2 : 3))
            return refuse(c, "only under %s", kind_names[s->kind]);
        return fits(s->child, c);
    default: break;
    }
    struct resp_token t;
    if (!resp_token_next(&c->at, c->end, &t)) return refuse(c, "cut off");
    if (s->kind == KIND_PUSH) {
        if (t.type != (c->proto == 3 ? '>' : '*')) return refuse(c, "push expected, not %c", t.type);
        t.type = '*';
        return fits_aggregate(s->child, c, &t);
    }
    return s->kind >= KIND_ARRAY ? fits_aggregate(s, c, &t) : fits_scalar(s, c, &t);
}

bool schema_fits(const struct schema *schema, struct slice reply, int proto, char *why, size_t why_size) {
    if (reply.len && (reply.ptr[0] == '-' || reply.ptr[0] == '!')) return true;
    if (slice_eq(reply, SLICE("+QUEUED\r\n"))) return true;
    struct check c = {reply.ptr, reply.ptr + reply.len, proto, why, why_size};
    if (!fits(schema, &c)) return false;
    return c.at == c.end || refuse(&c, "more than one reply");
}
