/* The answer to INFO, put together from what modules registered.
 *
 *      registry, sorted by rank          request: "server stats"
 *      server  100 ─ write ─┐            → the wanted entries, in the registry's order,
 *      clients 200          ├─►  # Server\r\n…fields…\r\n
 *      stats   500 ─ write ─┤    \r\n                       an empty line between sections
 *      stats   510 ─ write ─┘    # Stats\r\n…fields of both writers… */
#include "common/metrics/info.h"
#include "common/base/mem.h"
#include "common/base/num.h"
#include <inttypes.h>

struct info_entry {
    const struct info_section *section; /* borrowed */
    void *module;                       /* borrowed */
};

void info_registry_init(struct info_registry *registry) {
    *registry = (struct info_registry){0};
}

void info_registry_deinit(struct info_registry *registry) {
    mem_free(registry->entries);
    *registry = (struct info_registry){0};
}

void info_register(struct info_registry *registry, const struct info_section *section, void *module) {
    if (registry->count == registry->cap) {
        registry->cap = registry->cap ? registry->cap * 2 : 32;
        registry->entries = mem_realloc(registry->entries, registry->cap * sizeof(*registry->entries));
    }
    size_t at = registry->count++;
    for (; at > 0 && registry->entries[at - 1].section->rank > section->rank; at--)
        registry->entries[at] = registry->entries[at - 1];
    registry->entries[at] = (struct info_entry){section, module};
}

static bool is_wanted(const struct info_section *section, const struct slice *names, size_t count) {
    if (count == 0) return section->when == INFO_DEFAULT;
    for (size_t i = 0; i < count; i++) {
        if (slice_is(names[i], section->name)) return true;
        if (slice_is(names[i], "default") && section->when == INFO_DEFAULT) return true;
        if (slice_is(names[i], "all") && section->when <= INFO_ALL) return true;
        if (slice_is(names[i], "everything") && section->when <= INFO_EVERYTHING) return true;
    }
    return false;
}

static bool is_first_of_section(const struct info_registry *registry, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (strcmp(registry->entries[i].section->name, registry->entries[at].section->name) == 0)
            return false;
    return true;
}

void info_write(const struct info_registry *registry, const struct slice *names, size_t count,
                struct buf *out) {
    bool any = false;
    for (size_t i = 0; i < registry->count; i++) {
        const struct info_section *section = registry->entries[i].section;
        if (!is_first_of_section(registry, i) || !is_wanted(section, names, count)) continue;
        buf_printf(out, "%s# %s\r\n", any ? "\r\n" : "", section->title);
        any = true;
        for (size_t j = i; j < registry->count; j++)
            if (strcmp(registry->entries[j].section->name, section->name) == 0)
                registry->entries[j].section->write(out, registry->entries[j].module);
    }
}

/* --- fields --- */

static void write_value(struct buf *out, const struct info_field *field, const void *base) {
    const void *at = (const char *)base + field->offset;
    switch (field->kind) {
    case INFO_U64:
    case INFO_BYTES: buf_printf(out, "%" PRIu64, *(const uint64_t *)at); return;
    case INFO_I64: buf_printf(out, "%" PRId64, *(const int64_t *)at); return;
    case INFO_U32: buf_printf(out, "%" PRIu32, *(const uint32_t *)at); return;
    case INFO_INT: buf_printf(out, "%d", *(const int *)at); return;
    case INFO_BOOL: buf_append_char(out, *(const bool *)at ? '1' : '0'); return;
    case INFO_DOUBLE: buf_printf(out, "%.2f", *(const double *)at); return;
    case INFO_STRING: {
        const char *text = *(const char *const *)at;
        if (text) buf_append_str(out, text);
        return;
    }
    case INFO_CALL: field->call(out, base); return;
    }
}

void info_write_fields(struct buf *out, const struct info_field *table, size_t count, const void *base) {
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s:", table[i].name);
        write_value(out, &table[i], base);
        buf_append_str(out, "\r\n");
        if (table[i].kind != INFO_BYTES) continue;
        char human[64];
        num_format_memory_human(human, *(const uint64_t *)((const char *)base + table[i].offset));
        buf_printf(out, "%s_human:%s\r\n", table[i].name, human);
    }
}

static size_t field_size(enum info_kind kind) {
    switch (kind) {
    case INFO_U64:
    case INFO_BYTES:
    case INFO_I64: return sizeof(uint64_t);
    case INFO_U32: return sizeof(uint32_t);
    case INFO_INT: return sizeof(int);
    case INFO_BOOL: return sizeof(bool);
    case INFO_DOUBLE: return sizeof(double);
    case INFO_STRING:
    case INFO_CALL: return 0; /* not a counter */
    }
    return 0;
}

void info_reset_fields(const struct info_field *table, size_t count, void *base) {
    for (size_t i = 0; i < count; i++)
        if (table[i].resets) memset((char *)base + table[i].offset, 0, field_size(table[i].kind));
}
