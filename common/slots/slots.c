/* Key → tag → CRC16 → slot.
 *
 *      user:{1000}:name      the tag is 1000
 *      {}user, {user         no tag (empty, not closed): the whole key counts
 *      a{{b}}                the tag is {b: from the first { to the first } behind it
 */
#include "common/slots/slots.h"
#include "common/base/crc.h"
#include <string.h>

struct slice slots_tag(struct slice key) {
    if (key.len == 0) return key;
    const char *open = memchr(key.ptr, '{', key.len);
    if (open == NULL) return key;
    const char *tag = open + 1, *end = key.ptr + key.len;
    const char *close = memchr(tag, '}', (size_t)(end - tag));
    if (close == NULL || close == tag) return key;
    return (struct slice){tag, (size_t)(close - tag)};
}

uint16_t slots_of_key(struct slice key) {
    struct slice tag = slots_tag(key);
    return crc16(tag.ptr, tag.len) % SLOTS_COUNT;
}
