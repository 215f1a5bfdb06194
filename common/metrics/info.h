/* INFO: sections that modules register, and fields declared in a table.
 *
 * Each module registers its sections at boot. One section ("Stats") may have several writers, from several
 * modules: they run in the order of their rank under one header. */
#ifndef TORC_METRICS_INFO_H
#define TORC_METRICS_INFO_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When a section is part of the answer besides being asked for by name. */
enum info_when {
    INFO_DEFAULT,    /* INFO, default, all, everything */
    INFO_ALL,        /* all, everything */
    INFO_EVERYTHING, /* everything */
    INFO_BY_NAME,    /* only by its name */
};

/* The order of sections in an answer. Leave gaps: a rank only needs to sort. */
enum info_rank {
    INFO_RANK_SERVER = 100,
    INFO_RANK_CLIENTS = 200,
    INFO_RANK_MEMORY = 300,
    INFO_RANK_PERSISTENCE = 400,
    INFO_RANK_STATS = 500,
    INFO_RANK_REPLICATION = 600,
    INFO_RANK_CPU = 700,
    INFO_RANK_MODULES = 800,
    INFO_RANK_COMMANDSTATS = 900,
    INFO_RANK_ERRORSTATS = 1000,
    INFO_RANK_LATENCYSTATS = 1100,
    INFO_RANK_CLUSTER = 1200,
    INFO_RANK_KEYSPACE = 1300,
    INFO_RANK_DEBUG = 1400,
};

struct info_section {
    const char *name;  /* as asked for, lower case: "stats" */
    const char *title; /* as printed: "Stats" */
    enum info_when when;
    int rank; /* of the section, and of this writer among those of the section */
    void (*write)(struct buf *out, void *module); /* appends "field:value\r\n" lines, no header */
};

struct info_registry {
    struct info_entry *entries; /* owned, sorted by rank */
    size_t count, cap;
};
void info_registry_init(struct info_registry *registry);
void info_registry_deinit(struct info_registry *registry);
/* section and module are borrowed and outlive the registry. */
void info_register(struct info_registry *registry, const struct info_section *section, void *module);

/* Appends the answer to INFO with these arguments (none: default). Unknown names add nothing. */
void info_write(const struct info_registry *registry, const struct slice *names, size_t count,
                struct buf *out);

/* --- fields from a table: counters and gauges of a module, declared once --- */

enum info_kind {
    INFO_U64,    /* [uint64_t] */
    INFO_I64,    /* [int64_t] */
    INFO_U32,    /* [uint32_t] */
    INFO_INT,    /* [int] */
    INFO_BOOL,   /* 0 or 1 [bool] */
    INFO_DOUBLE, /* two decimals [double] */
    INFO_STRING, /* [const char *], NULL is empty */
    INFO_BYTES,  /* a number, and a second line <name>_human [uint64_t] */
    INFO_CALL,   /* `call` appends the value */
};
struct info_field {
    const char *name;
    enum info_kind kind;
    bool resets; /* CONFIG RESETSTAT makes it zero */
    size_t offset;
    void (*call)(struct buf *out, const void *base);
};
#define INFO_FIELD(n, k, type, member, ...)                                                                  \
    { .name = (n), .kind = (k), .offset = offsetof(type, member), __VA_ARGS__ }
#define INFO_COUNT(table) (sizeof(table) / sizeof((table)[0]))

void info_write_fields(struct buf *out, const struct info_field *table, size_t count, const void *base);
void info_reset_fields(const struct info_field *table, size_t count, void *base);

#endif
