/* Bytes as an append-only file, and as its manifest. Whatever way a file is fed, the same commands come out
 * and the same fault ends it; what the first input byte damages in a sound file is either harmless or told.
 */
#include "common/base/panic.h"
#include "server/persist/aof_manifest.h"
#include "server/persist/aof_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t read_bytes(void *owner, void *out, size_t len, int64_t offset) {
    const struct slice *s = owner;
    if ((size_t)offset >= s->len) return 0;
    if (len > s->len - (size_t)offset) len = s->len - (size_t)offset;
    memcpy(out, s->ptr + offset, len);
    return (ssize_t)len;
}

/* What was read, as text. */
static void read_all(struct slice bytes, size_t piece, struct buf *out) {
    struct aof_reader r;
    struct aof_behind behind;
    struct aof_source source = {&bytes, read_bytes};
    aof_reader_init(&r, 0, (int64_t)bytes.len);
    for (;;) {
        enum aof_item item = aof_reader_next(&r);
        if (item == AOF_MORE) {
            size_t left = bytes.len - (size_t)r.fed;
            must(left > 0);
            aof_reader_feed(&r, bytes.ptr + r.fed, left < piece ? left : piece);
            continue;
        }
        buf_printf(out, "%d at %lld;", (int)item, (long long)r.item_at);
        for (int i = 0; item == AOF_COMMAND && i < r.argc; i++)
            buf_append_slice(out, r.argv[i]);
        if (item == AOF_END) must(r.at == r.size);
        if (item == AOF_FAULT) {
            buf_printf(out, "%d %d %s", (int)r.fault, aof_reader_is_torn(&r), r.error);
            must(aof_look_behind(&source, r.at, r.size, &behind) == 0);
            must(behind.proof < 0 || behind.first >= 0);
        }
        if (item == AOF_END || item == AOF_FAULT) break;
    }
    aof_reader_deinit(&r);
}

static void put_group(struct buf *out, struct slice body) {
    struct aof_group g = {.length = (int64_t)body.len, .durable = (int64_t)out->len};
    char line[AOF_GROUP_MAX];
    aof_group_place(&g, (int64_t)out->len);
    buf_append(out, line, aof_group_line(&g, body, line));
    buf_append_slice(out, body);
}

static void try_manifest(struct slice text) {
    struct aof_manifest m = {0};
    struct aof_manifest_error err;
    struct buf out = {0};
    if (aof_manifest_parse(&m, text, &err)) aof_manifest_print(&m, &out);
    buf_deinit(&out);
    buf_deinit(&err.text);
    aof_manifest_deinit(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    struct slice bytes = {(const char *)data + 1, size - 1};
    struct buf once = {0}, pieces = {0}, file = {0};
    read_all(bytes, SIZE_MAX, &once);
    read_all(bytes, 1 + data[0] % 64, &pieces);
    must(slice_eq(buf_slice(&once), buf_slice(&pieces)));
    /* The same bytes as the body of a group: verified, they may still be no commands. */
    put_group(&file, bytes);
    put_group(&file, SLICE("*1\r\n$4\r\nPING\r\n"));
    buf_clear(&once);
    buf_clear(&pieces);
    read_all(buf_slice(&file), SIZE_MAX, &once);
    read_all(buf_slice(&file), 1 + data[0] % 64, &pieces);
    must(slice_eq(buf_slice(&once), buf_slice(&pieces)));
    try_manifest(bytes);
    buf_deinit(&once);
    buf_deinit(&pieces);
    buf_deinit(&file);
    return 0;
}
