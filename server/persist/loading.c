/* See loading.h. */
#include "server/persist/loading.h"

void loading_begin(struct loading *l, struct keyspace *ks, uint64_t total_bytes, int64_t now_us) {
    if (!l->active) l->expires_after = ks->active_expire;
    l->active = true;
    if (l->flag) *l->flag = true;
    l->began_us = now_us;
    l->total_bytes = total_bytes;
    l->loaded_bytes = l->used_mem = l->keys = 0;
    ks->active_expire = ks->expire_on_access = false;
}

void loading_end(struct loading *l, struct keyspace *ks) {
    l->active = false;
    if (l->flag) *l->flag = false;
    ks->active_expire = l->expires_after;
    ks->expire_on_access = true;
}

void loading_write_info(const struct loading *l, int64_t wall_us, int64_t now_us, struct buf *out) {
    if (!l->active) return;
    int64_t took_us = now_us - l->began_us;
    double part = l->total_bytes ? (double)l->loaded_bytes / (double)l->total_bytes : 0;
    long long eta_s = part > 0 ? (long long)((double)took_us / part * (1 - part) / 1e6) : 1;
    buf_printf(out, "loading_start_time:%lld\r\nloading_total_bytes:%llu\r\n",
               (long long)(wall_us - took_us) / 1000000, (unsigned long long)l->total_bytes);
    buf_printf(out, "loading_rdb_used_mem:%llu\r\nloading_loaded_bytes:%llu\r\nloading_loaded_keys:%llu\r\n",
               (unsigned long long)l->used_mem, (unsigned long long)l->loaded_bytes,
               (unsigned long long)l->keys);
    buf_printf(out, "loading_loaded_perc:%.2f\r\nloading_eta_seconds:%lld\r\n", part * 100, eta_s);
}
