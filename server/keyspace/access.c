/* The LFU counter is Morris's approximate counting with decay: a touch raises it with probability
 * 1 / ((counter - 5) * lfu-log-factor + 1), every lfu-decay-time minutes take one off. New keys start at 5,
 * so that they are not the first to go. */
#include "server/keyspace/access.h"

#define LFU_INIT        5
#define ACCESS_IDLE_MAX 0xffffff /* seconds that 24 bits can tell */

static uint32_t minutes_now(const struct keyspace *ks) {
    return (uint32_t)(ks->now_ms / 60000) & 0xffff;
}

unsigned access_frequency(const struct keyspace *ks, const struct entry *e) {
    uint32_t access = entry_access(e), counter = access & 0xff;
    uint32_t elapsed = (minutes_now(ks) - (access >> 8)) & 0xffff;
    uint32_t periods = ks->conf.lfu_decay_time ? elapsed / (uint32_t)ks->conf.lfu_decay_time : 0;
    return periods > counter ? 0 : counter - periods;
}

uint32_t access_lfu_minute(const struct keyspace *ks, const struct entry *e) {
    uint32_t elapsed = (minutes_now(ks) - (entry_access(e) >> 8)) & 0xffff;
    return (uint32_t)(ks->now_ms / 60000) - elapsed;
}

void access_touch_lfu(struct keyspace *ks, struct entry *e) {
    unsigned counter = access_frequency(ks, e);
    if (counter < 255) {
        double base = counter > LFU_INIT ? counter - LFU_INIT : 0;
        if (rng_unit(&ks->rng) * (base * ks->conf.lfu_log_factor + 1) < 1) counter++;
    }
    entry_set_access(e, minutes_now(ks) << 8 | counter);
}

void access_init_entry(struct keyspace *ks, struct entry *e) {
    bool lfu = ks->conf.maxmemory_policy & EVICT_LFU;
    entry_set_access(e, lfu ? minutes_now(ks) << 8 | LFU_INIT : ks->access_clock);
}

int64_t access_idle_ms(const struct keyspace *ks, const struct entry *e) {
    return (int64_t)((ks->access_clock - entry_access(e)) & 0xffffff) * 1000;
}

void access_set(const struct keyspace *ks, struct entry *e, int64_t idle_s, int64_t frequency) {
    if (ks->conf.maxmemory_policy & EVICT_LFU) {
        if (frequency >= 0) entry_set_access(e, minutes_now(ks) << 8 | (uint32_t)(frequency & 0xff));
    } else if (idle_s >= 0) {
        uint32_t idle = idle_s < ACCESS_IDLE_MAX ? (uint32_t)idle_s : ACCESS_IDLE_MAX;
        entry_set_access(e, (ks->access_clock - idle) & 0xffffff);
    }
}
