/* What memory is used for, added up once for INFO memory, MEMORY STATS and MEMORY DOCTOR. */
#ifndef TORC_OBSERVE_MEMORY_REPORT_H
#define TORC_OBSERVE_MEMORY_REPORT_H

#include "common/base/mem.h"
#include "server/observe/system.h"

struct memory_report {
    uint64_t used, peak, startup, rss;
    uint64_t clients_normal, clients_replicas;
    uint64_t tables;   /* of all databases */
    uint64_t overhead; /* startup, clients, tables: all that is no data */
    uint64_t dataset;
    uint64_t keys;
    double dataset_percent, peak_percent;
    struct mem_allocator_stats heap;
    /* Ratios are 1 and bytes 0 where nothing can be compared. */
    double frag_ratio, rss_ratio, rss_overhead_ratio, fragmentation;
    int64_t frag_bytes, rss_bytes, rss_overhead_bytes, fragmentation_bytes;
};

void memory_report(struct system *sys, struct memory_report *out);

/* Bytes of a database's tables, and of its index of deadlines. */
size_t memory_tables_bytes(const struct database *db);
size_t memory_deadlines_bytes(const struct database *db);

/* The report of MEMORY DOCTOR. */
void memory_doctor(struct system *sys, struct buf *out);

#endif
