/* OBJECT: how a value is kept, and when it was used. Asking does not count as a use. */
#include "commands/command_ids.h"
#include "common/commands/describe.h"
#include "server/commands/families.h"
#include "server/keyspace/access.h"
#include "server/keyspace/keys.h"
#include "server/types/string.h"

#define SWITCHING                                                                                            \
    "Please note that when switching between policies at runtime LRU and LFU data will take some time to "   \
    "adjust."

/* The entry of argv[2]; NULL: null was replied. */
static const struct entry *object_of(struct call *call) {
    const struct entry *e = key_read(call, 2, KEY_NO_TOUCH | KEY_NO_STATS);
    if (e == NULL) resp_null(call->reply);
    return e;
}

static void cmd_object_encoding(struct call *call) {
    const struct entry *e = object_of(call);
    if (e) resp_bulk_cstr(call->reply, value_encoding_name(e));
}

/* Nothing is shared here: every value has one owner. Clients that ask expect that small integers are, though,
 * and Redis answers for those with a number that stands for no count. */
static void cmd_object_refcount(struct call *call) {
    const struct entry *e = object_of(call);
    if (e == NULL) return;
    const struct keyspace_conf *conf = &call->keyspace->conf;
    bool alone = conf->maxmemory && conf->maxmemory_policy & (EVICT_LRU | EVICT_LFU | EVICT_MRU);
    bool small = entry_encoding(e) == ENC_INT && (uint64_t)string_stored_int(e) < 10000;
    resp_int(call->reply, small && !alone ? INT32_MAX : 1);
}

static void cmd_object_idletime(struct call *call) {
    const struct entry *e = object_of(call);
    if (e == NULL) return;
    if (call->keyspace->conf.maxmemory_policy & EVICT_LFU)
        resp_error(call->reply, "ERR An LFU maxmemory policy is selected, idle time not tracked. " SWITCHING);
    else
        resp_int(call->reply, access_idle_ms(call->keyspace, e) / 1000);
}

static void cmd_object_freq(struct call *call) {
    const struct entry *e = object_of(call);
    if (e == NULL) return;
    if (!(call->keyspace->conf.maxmemory_policy & EVICT_LFU))
        resp_error(call->reply,
                   "ERR An LFU maxmemory policy is not selected, access frequency not tracked. " SWITCHING);
    else
        resp_int(call->reply, access_frequency(call->keyspace, e));
}

static void cmd_object_help(struct call *call) {
    describe_help(call->reply, call->argv[0], command_by_id(CMD_OBJECT));
}

const struct command_binding object_bindings[] = {
    {CMD_OBJECT_ENCODING, cmd_object_encoding}, {CMD_OBJECT_REFCOUNT, cmd_object_refcount},
    {CMD_OBJECT_IDLETIME, cmd_object_idletime}, {CMD_OBJECT_FREQ, cmd_object_freq},
    {CMD_OBJECT_HELP, cmd_object_help},         COMMAND_BINDINGS_END,
};
