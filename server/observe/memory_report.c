/* used_memory = startup + clients + tables (the overhead) + data. What is not known to be overhead counts as
 * data: so the share of data is an upper bound, as in Redis. */
#include "server/observe/memory_report.h"
#include "server/keyspace/database.h"

#define MIB ((uint64_t)1 << 20)

size_t memory_tables_bytes(const struct database *db) {
    size_t bytes = db->slots ? db->table_count * sizeof(*db->tables) + sizeof(*db->slots) : 0;
    for (uint32_t t = 0; t < db->table_count; t++)
        bytes += table_bytes(&db->tables[t].table);
    return bytes;
}

size_t memory_deadlines_bytes(const struct database *db) {
    size_t bytes = 0;
    for (uint32_t t = 0; t < db->table_count; t++)
        if (db->tables[t].table.deadlines) bytes += deadlines_bytes(db->tables[t].table.deadlines);
    return bytes;
}

static double ratio(uint64_t a, uint64_t b) {
    return b ? (double)a / (double)b : 1;
}

static void compare_heap(struct memory_report *r) {
    const struct mem_allocator_stats *h = &r->heap;
    r->frag_ratio = ratio(h->active, h->allocated);
    r->frag_bytes = (int64_t)(h->active - h->allocated);
    r->rss_ratio = ratio(h->resident, h->active);
    r->rss_bytes = (int64_t)(h->resident - h->active);
    r->rss_overhead_ratio = ratio(r->rss, h->resident);
    r->rss_overhead_bytes = (int64_t)(r->rss - h->resident);
    r->fragmentation = ratio(r->rss, r->used);
    r->fragmentation_bytes = (int64_t)(r->rss - r->used);
}

void memory_report(struct system *sys, struct memory_report *r) {
    const struct keyspace *ks = sys->keyspace;
    *r = (struct memory_report){.startup = sys->startup_bytes, .rss = sys->rss_bytes};
    mem_account_note_peak(ks->account);
    r->used = (uint64_t)ks->account->used;
    r->peak = (uint64_t)ks->account->peak;
    if (sys->client_bytes) sys->client_bytes(sys->client_owner, &r->clients_normal, &r->clients_replicas);
    for (int i = 0; i < ks->conf.databases; i++) {
        if (ks->databases[i] == NULL) continue;
        r->tables += memory_tables_bytes(ks->databases[i]) + memory_deadlines_bytes(ks->databases[i]);
        r->keys += database_count(ks->databases[i]);
    }
    r->overhead = r->startup + r->clients_normal + r->clients_replicas + r->tables;
    r->dataset = r->used > r->overhead ? r->used - r->overhead : 0;
    uint64_t net = r->used > r->startup ? r->used - r->startup : 1;
    r->dataset_percent = (double)r->dataset * 100 / (double)net;
    r->peak_percent = ratio(r->used, r->peak) * 100;
    mem_allocator_stats(&r->heap);
    compare_heap(r);
}

/* --- MEMORY DOCTOR --- */

struct finding {
    bool (*applies)(const struct memory_report *r, size_t clients);
    const char *text;
};

static bool peak_is_past(const struct memory_report *r, size_t clients) {
    return r->peak > r->used + r->used / 2;
}
static bool pages_are_torn(const struct memory_report *r, size_t clients) {
    return r->frag_ratio > 1.2 && r->frag_bytes > (int64_t)(10 * MIB);
}
static bool pages_are_kept(const struct memory_report *r, size_t clients) {
    return r->rss_ratio > 1.2 && r->rss_bytes > (int64_t)(10 * MIB);
}
static bool process_is_larger(const struct memory_report *r, size_t clients) {
    return r->rss_overhead_ratio > 1.2 && r->rss_overhead_bytes > (int64_t)(64 * MIB);
}
static bool process_is_swapped(const struct memory_report *r, size_t clients) {
    return r->fragmentation < 0.8 && r->used > 64 * MIB;
}
static bool clients_are_fat(const struct memory_report *r, size_t clients) {
    return clients && r->clients_normal / clients > 200 * 1024;
}

static const struct finding findings[] = {
    {peak_is_past,
     "The peak (used_memory_peak) is more than half above what is used now. Memory that was used once goes "
     "back to the system within seconds; MEMORY PURGE does it at once."},
    {pages_are_torn,
     "Many pages are only partly used (allocator_frag_ratio): values of other sizes took the places of "
     "those that went. It levels out as values of the old sizes come back; a restart packs anew."},
    {pages_are_kept,
     "The allocator holds pages that nobody uses (allocator_rss_ratio). It gives them back after ten "
     "idle seconds, MEMORY PURGE at once."},
    {process_is_larger,
     "The process is larger than its heap (rss_overhead_ratio): tables are in huge pages outside of "
     "it, and what is made present ahead of need counts before it is used."},
    {process_is_swapped,
     "Less is resident than is used: the system swaps this process out, and each touch of such a "
     "page waits for the disk. Give the machine more memory, or set maxmemory lower."},
    {clients_are_fat,
     "Clients take more than 200 kB each on average. CLIENT LIST names them (tot-mem): those who do "
     "not read their replies, or send large commands. client-output-buffer-limit and "
     "maxmemory-clients bound it."},
};

void memory_doctor(struct system *sys, struct buf *out) {
    struct memory_report r;
    memory_report(sys, &r);
    if (r.used < 5 * MIB) {
        buf_append_str(out, "There are less than 5 MiB in use: too little to tell anything from.\n");
        return;
    }
    unsigned found = 0;
    size_t clients = sys->client_count ? sys->client_count(sys->client_owner) : 0;
    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++)
        if (findings[i].applies(&r, clients)) buf_printf(out, "%u. %s\n", ++found, findings[i].text);
    if (found == 0) buf_append_str(out, "Nothing is wrong with memory.\n");
}
