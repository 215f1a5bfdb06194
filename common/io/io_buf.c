/* Receive buffers: a handful of large ones, filled front to back by whatever arrives for whichever stream.
 *
 *      buffer 3   [ stream A: 120 bytes | stream B: 40 | stream A: 7,000 |       free       ]
 *                   io_buf ──┘             └── io_buf                       used ─┘
 *
 * A buffer is lent to the engine (which appends to it), and held once per io_buf that users have not
 * returned. When nobody has it, it is free: the most recently used one is lent next, because its lines are in
 * the cache. The engine keeps `min` buffers lent; more memory is taken only while users hold on to theirs, up
 * to `max` buffers, and given back when they let go. */
#include "common/base/mem.h"
#include "common/base/panic.h"
#include "common/io/io_int.h"
#include <string.h>

void io_bufs_init(struct io_bufs *bufs, uint32_t bytes, uint32_t min, uint32_t max) {
    must(max <= 32768 && min <= max && min > 0);
    *bufs = (struct io_bufs){.bytes = bytes, .min = min, .max = max, .min_at_rest = min};
    bufs->slots = mem_zalloc(max * sizeof *bufs->slots);
    bufs->free = mem_alloc(max * sizeof *bufs->free);
    bufs->spare = mem_alloc(max * sizeof *bufs->spare);
    for (uint32_t id = max; id-- > 0;)
        bufs->spare[bufs->spare_count++] = (uint16_t)id;
}

void io_bufs_deinit(struct io_bufs *bufs) {
    for (uint32_t id = 0; id < bufs->max; id++)
        mem_free(bufs->slots[id].base);
    mem_free(bufs->slots);
    mem_free(bufs->free);
    mem_free(bufs->spare);
    *bufs = (struct io_bufs){0};
}

int io_bufs_lend(struct io_bufs *bufs) {
    uint32_t id;
    if (likely(bufs->free_count)) {
        id = bufs->free[--bufs->free_count];
    } else if (bufs->spare_count) {
        id = bufs->spare[--bufs->spare_count];
        bufs->slots[id].base = mem_alloc(bufs->bytes);
        bufs->count++;
    } else {
        return -1;
    }
    struct io_buf_slot *slot = &bufs->slots[id];
    must(slot->refs == 0 && !slot->lent);
    slot->used = 0;
    slot->refs = 1;
    slot->lent = true;
    bufs->lent++;
    return (int)id;
}

void io_bufs_release(struct io_bufs *bufs, uint32_t id) {
    must(id < bufs->max && bufs->slots[id].refs > 0);
    if (--bufs->slots[id].refs) return;
    if (unlikely(bufs->poison)) memset(bufs->slots[id].base, 0xdd, bufs->bytes);
    if (unlikely(bufs->free_count >= bufs->min)) {
        mem_free_sized(bufs->slots[id].base, bufs->bytes);
        bufs->slots[id].base = NULL;
        bufs->spare[bufs->spare_count++] = (uint16_t)id;
        bufs->count--;
        return;
    }
    bufs->free[bufs->free_count++] = (uint16_t)id;
}

void io_bufs_unlend(struct io_bufs *bufs, uint32_t id) {
    must(bufs->slots[id].lent);
    bufs->slots[id].lent = false;
    bufs->lent--;
    io_bufs_release(bufs, id);
}

void io_bufs_tighten(struct io_bufs *bufs, uint32_t turn) {
    if (bufs->grown_turn == turn) return;
    bufs->grown_turn = turn;
    bufs->min = bufs->min * 2 < bufs->max ? bufs->min * 2 : bufs->max;
}

void io_buf_return(struct io *io, struct io_buf buf) {
    io_bufs_release(&io->bufs, buf.id);
}

void io_buf_share(struct io *io, struct io_buf buf) {
    must(io->bufs.slots[buf.id].refs > 0);
    io->bufs.slots[buf.id].refs++;
}
