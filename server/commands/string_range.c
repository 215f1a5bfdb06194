/* Parts of strings: APPEND, STRLEN, SETRANGE, GETRANGE and its older name SUBSTR. */
#include "commands/command_ids.h"
#include "common/base/panic.h"
#include "server/commands/families.h"
#include "server/commands/string_common.h"

char *string_open_grown(struct call *call, struct key_ref *ref, size_t len, int64_t *before) {
    if (!key_open_typed(call, 1, VALUE_STRING, ref)) return NULL;
    struct entry *e = key_entry(ref);
    size_t now = e ? string_len(e) : 0;
    *before = e ? (int64_t)now : -1;
    if (unlikely(len > now && !string_has_room(len))) {
        resp_error(call->reply, ERR_NO_ROOM);
        return NULL;
    }
    char *bytes;
    if (e)
        key_moved(ref, string_resize(e, len > now ? len : now, &bytes));
    else
        key_store(call, ref, string_create_raw(ref->name, len, ENTRY_NO_DEADLINE, &bytes));
    return bytes;
}

static void cmd_append(struct call *call) {
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STRING, &ref)) return;
    struct slice more = call->argv[2];
    struct entry *e = key_entry(&ref);
    size_t len = e ? string_len(e) : 0;
    if (e && !string_length_allowed(call, len, more.len)) return;

    if (e) {
        char *bytes;
        key_moved(&ref, string_resize(e, len + more.len, &bytes));
        if (more.len) memcpy(bytes + len, more.ptr, more.len);
    } else {
        key_store(call, &ref, string_create(ref.name, more, ENTRY_NO_DEADLINE));
    }
    key_changed(call, &ref, NOTIFY_STRING, "append");

    resp_int(call->reply, (int64_t)(len + more.len));
}

static void cmd_strlen(struct call *call) {
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;

    resp_int(call->reply, e ? (int64_t)string_len(e) : 0);
}

static void cmd_setrange(struct call *call) {
    struct slice part = call->argv[3];
    int64_t offset;
    if (!call_int64(call, 2, &offset)) return;
    if (offset < 0) {
        resp_error(call->reply, "ERR offset is out of range");
        return;
    }
    struct key_ref ref;
    if (!key_open_typed(call, 1, VALUE_STRING, &ref)) return;
    if (part.len == 0) {
        resp_int(call->reply, key_entry(&ref) ? (int64_t)string_len(key_entry(&ref)) : 0);
        return;
    }
    if (!string_length_allowed(call, (size_t)offset, part.len)) return;

    size_t end = (size_t)offset + part.len, len = end;
    char *bytes;
    if (key_entry(&ref)) {
        size_t now = string_len(key_entry(&ref));
        if (len < now) len = now;
        key_moved(&ref, string_resize(key_entry(&ref), len, &bytes));
    } else {
        key_store(call, &ref, string_create_raw(ref.name, len, ENTRY_NO_DEADLINE, &bytes));
    }
    string_before_write(key_entry(&ref), (size_t)offset, end);
    memcpy(bytes + offset, part.ptr, part.len);
    key_changed(call, &ref, NOTIFY_STRING, "setrange");

    resp_int(call->reply, (int64_t)len);
}

static void cmd_getrange(struct call *call) {
    int64_t first, last;
    if (!call_int64(call, 2, &first) || !call_int64(call, 3, &last)) return;
    const struct entry *e;
    if (!key_read_typed(call, 1, VALUE_STRING, &e)) return;

    char scratch[STRING_VIEW_CHARS];
    struct slice value = e ? string_view(e, scratch) : SLICE("");
    bool backwards = first < 0 && last < 0 && first > last; /* also where both lie before the beginning */
    if (backwards || !range_clamp(&first, &last, (int64_t)value.len))
        resp_bulk(call->reply, "", 0);
    else
        resp_bulk(call->reply, value.ptr + first, (size_t)(last - first + 1));
}

const struct command_binding string_range_bindings[] = {
    {CMD_APPEND, cmd_append},     {CMD_STRLEN, cmd_strlen},   {CMD_SETRANGE, cmd_setrange},
    {CMD_GETRANGE, cmd_getrange}, {CMD_SUBSTR, cmd_getrange}, COMMAND_BINDINGS_END,
};
