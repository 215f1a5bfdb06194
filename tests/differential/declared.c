/* tests/differences.tsv: a line is COMMAND, REASON, ISSUE, ID, PROBE, TORC, REDIS between tabs.
 *
 * A difference between two replies to COMMAND is accepted when Torc's matches the glob TORC and the
 * reference's matches REDIS. PROBE is sent at the start of every run (commands between " ; ", the last of
 * them COMMAND): if its replies do not differ in just this way, the line is out of date and the run fails.
 */
#include "tests/differential/declared.h"
#include "common/base/glob.h"
#include "common/base/mem.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "differential: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    struct buf text = {0};
    char part[4096];
    size_t n;
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        buf_append(&text, part, n);
    fclose(file);
    char *copy = mem_strndup(buf_cstr(&text), text.len);
    buf_deinit(&text);
    return copy;
}

bool declared_load(struct declared_list *list, const char *path) {
    *list = (struct declared_list){.text = read_file(path)};
    if (!list->text) return false;
    unsigned number = 0;
    for (char *line = list->text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        number++;
        if (!*line || *line == '#' || strncmp(line, "proxy\t", 6) == 0) continue; /* tests/proxy/tcl's */
        list->items = mem_realloc(list->items, (list->count + 1) * sizeof *list->items);
        struct declared *d = &list->items[list->count++];
        *d = (struct declared){0};
        char **fields[] = {&d->command, &d->reason, &d->issue, &d->id, &d->probe, &d->torc, &d->redis};
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            *fields[i] = strsep(&line, "\t");
        bool clear = d->redis && !line && *d->command && *d->reason && *d->id && *d->probe;
        if (clear) clear = command_lookup_full(d->command, strlen(d->command)) != NULL;
        if (!clear) {
            fprintf(stderr, "%s:%u: needs a known command, reason, issue, id, probe, torc, redis\n", path,
                    number);
            return false;
        }
    }
    return true;
}

void declared_deinit(struct declared_list *list) {
    mem_free(list->items);
    mem_free(list->text);
    *list = (struct declared_list){0};
}

static bool matches(const char *pattern, struct slice reply) {
    struct buf shown = {0};
    reply_print(reply, &shown);
    const char *text = buf_cstr(&shown);
    bool match = shown.len >= 2 && glob_match(pattern, strlen(pattern), text + 1, shown.len - 2, false);
    buf_deinit(&shown);
    return match;
}

struct declared *declared_match(struct declared_list *list, const char *command, struct replies replies) {
    for (size_t i = 0; i < list->count; i++) {
        struct declared *d = &list->items[i];
        if (!list->set_listpacks && strcmp(d->id, SET_LISTPACKS) == 0) continue;
        if (strcmp(d->command, command) == 0 && matches(d->torc, replies.torc) &&
            matches(d->redis, replies.redis)) {
            d->seen++;
            return d;
        }
    }
    return NULL;
}
