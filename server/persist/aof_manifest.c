/* See aof_manifest.h. A line is read into words by the quoting rules of the configuration file; the first
 * error ends the reading. */
#include "server/persist/aof_manifest.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include "common/conf/conf_words.h"

#define LINE_MAX 1024

static void file_free(struct aof_file *f) {
    mem_free(f->name);
    *f = (struct aof_file){0};
}

static void list_free(struct aof_file *list, int count) {
    for (int i = 0; i < count; i++)
        file_free(&list[i]);
    mem_free(list);
}

void aof_manifest_deinit(struct aof_manifest *m) {
    file_free(&m->base);
    list_free(m->incrs, m->incr_count);
    list_free(m->history, m->history_count);
    *m = (struct aof_manifest){0};
}

/* What became history last stands first. */
static void list_add_first(struct aof_file **list, int *count, struct aof_file f) {
    *list = mem_realloc(*list, (size_t)(*count + 1) * sizeof(**list));
    memmove(*list + 1, *list, (size_t)*count * sizeof(**list));
    **list = f;
    (*count)++;
}

static void list_add(struct aof_file **list, int *count, const char *name, int64_t seq) {
    *list = mem_realloc(*list, (size_t)(*count + 1) * sizeof(**list));
    (*list)[(*count)++] = (struct aof_file){mem_strdup(name), seq};
}

void aof_manifest_copy(struct aof_manifest *to, const struct aof_manifest *from) {
    *to = (struct aof_manifest){.base_seq = from->base_seq, .incr_seq = from->incr_seq};
    if (from->base.name) to->base = (struct aof_file){mem_strdup(from->base.name), from->base.seq};
    for (int i = 0; i < from->incr_count; i++)
        list_add(&to->incrs, &to->incr_count, from->incrs[i].name, from->incrs[i].seq);
    for (int i = 0; i < from->history_count; i++)
        list_add(&to->history, &to->history_count, from->history[i].name, from->history[i].seq);
}

/* --- reading --- */

#define INVALID "Invalid AOF manifest file format"

static const char *take_file(struct aof_manifest *m, const char *name, int64_t seq, char type) {
    switch (type) {
    case 'b':
        if (m->base.name) return "Found duplicate base file information";
        m->base = (struct aof_file){mem_strdup(name), seq};
        m->base_seq = seq;
        return NULL;
    case 'h': list_add(&m->history, &m->history_count, name, seq); return NULL;
    case 'i':
        if (seq <= m->incr_seq) return "Found a non-monotonic sequence number";
        list_add(&m->incrs, &m->incr_count, name, seq);
        m->incr_seq = seq;
        return NULL;
    default: return "Unknown AOF file type";
    }
}

static const char *take_words(struct aof_manifest *m, const struct conf_line *words) {
    const char *name = NULL;
    int64_t seq = 0;
    char type = 0;
    if (words->count < 6 || words->count % 2) return INVALID;
    for (int i = 0; i < words->count; i += 2) {
        struct slice key = words->word[i], value = words->word[i + 1];
        if (slice_is(key, "file")) {
            if (strchr(value.ptr, '/')) return "File can't be a path, just a filename";
            name = value.ptr;
        } else if (slice_is(key, "seq")) {
            if (!num_parse_int64(value.ptr, value.len, &seq)) return INVALID;
        } else if (slice_is(key, "type")) {
            type = value.ptr[0];
        }
    }
    if (name == NULL || *name == 0 || seq <= 0 || type == 0) return INVALID;
    return take_file(m, name, seq, type);
}

static const char *take_line(struct aof_manifest *m, struct slice line) {
    if (line.len >= LINE_MAX) return "The AOF manifest file contains too long line";
    if (line.len && line.ptr[0] == '#') return NULL;
    struct conf_line words;
    if (!conf_line_split(line, &words)) return INVALID;
    const char *reason = take_words(m, &words);
    conf_line_deinit(&words);
    return reason;
}

bool aof_manifest_parse(struct aof_manifest *m, struct slice text, struct aof_manifest_error *err) {
    *err = (struct aof_manifest_error){0};
    if (text.len == 0) {
        err->reason = "Found an empty AOF manifest";
        return false;
    }
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct slice line = {at, (size_t)((stop ? stop : end) - at)};
        if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
        err->line++;
        err->reason = take_line(m, line);
        if (err->reason) {
            buf_append(&err->text, line.ptr, line.len < LINE_MAX ? line.len : LINE_MAX);
            return false;
        }
        at = stop ? stop + 1 : end;
    }
    return true;
}

/* --- writing --- */

static void print_file(struct buf *out, const struct aof_file *f, char type) {
    buf_append_str(out, "file ");
    conf_word_append(out, slice_of(f->name));
    buf_printf(out, " seq %lld type %c\n", (long long)f->seq, type);
}

void aof_manifest_print(const struct aof_manifest *m, struct buf *out) {
    if (m->base.name) print_file(out, &m->base, 'b');
    for (int i = 0; i < m->history_count; i++)
        print_file(out, &m->history[i], 'h');
    for (int i = 0; i < m->incr_count; i++)
        print_file(out, &m->incrs[i], 'i');
}

/* --- changing --- */

static char *file_name(const char *prefix, int64_t seq, const char *kind) {
    struct buf name = {0};
    buf_printf(&name, "%s.%lld.%s", prefix, (long long)seq, kind);
    return (char *)buf_cstr(&name); /* the buffer's memory: mem_free serves */
}

static bool is_history(const struct aof_manifest *m, const char *name) {
    for (int i = 0; i < m->history_count; i++)
        if (strcmp(m->history[i].name, name) == 0) return true;
    return false;
}

/* A name that history has not got: it is going to be deleted. */
static char *new_name(const struct aof_manifest *m, const char *prefix, int64_t *seq, const char *kind) {
    char *name = file_name(prefix, ++*seq, kind);
    while (is_history(m, name)) {
        mem_free(name);
        name = file_name(prefix, ++*seq, kind);
    }
    return name;
}

const char *aof_manifest_new_base(struct aof_manifest *m, const char *prefix, bool rdb) {
    if (m->base.name) list_add_first(&m->history, &m->history_count, m->base);
    m->base.name = new_name(m, prefix, &m->base_seq, rdb ? "base.rdb" : "base.aof");
    m->base.seq = m->base_seq;
    return m->base.name;
}

const char *aof_manifest_new_incr(struct aof_manifest *m, const char *prefix) {
    char *name = new_name(m, prefix, &m->incr_seq, "incr.aof");
    list_add(&m->incrs, &m->incr_count, name, m->incr_seq);
    mem_free(name);
    return m->incrs[m->incr_count - 1].name;
}

void aof_manifest_set_base(struct aof_manifest *m, const char *name, int64_t seq) {
    char *kept = mem_strdup(name);
    file_free(&m->base);
    m->base = (struct aof_file){kept, seq};
    m->base_seq = seq;
}

void aof_manifest_retire_incrs(struct aof_manifest *m, int keep) {
    int gone = m->incr_count - keep;
    for (int i = 0; i < gone; i++)
        list_add_first(&m->history, &m->history_count, m->incrs[i]);
    if (keep) memmove(m->incrs, m->incrs + gone, (size_t)keep * sizeof(*m->incrs));
    m->incr_count = keep;
    if (keep == 0) m->incr_seq = 0; /* as after a start with such a manifest */
}

void aof_manifest_forget_history(struct aof_manifest *m) {
    list_free(m->history, m->history_count);
    m->history = NULL;
    m->history_count = 0;
}
