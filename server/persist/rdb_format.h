/* The numbers of the RDB format: what begins a record, what kinds of values there are, how lengths and
 * strings are written. The reader knows all of them, the writer uses those that its version allows.
 *
 *      file     "REDIS" version (4 digits) | record … | EOF | CRC64 (8, LE; 0: not computed)
 *      record   opcode and what belongs to it, or type (1) | key | value
 *      DUMP     type (1) | value | version (2, LE) | CRC64 (8, LE)
 *
 *      length   00xxxxxx                  6 bits          string   length | bytes
 *               01xxxxxx +1               14 bits, BE              11000000 +1 | 11000001 +2 | 11000010 +4
 *               10000000 +4               32 bits, BE                 an integer of so many bytes, LE
 *               10000001 +8               64 bits, BE              11000011 | packed length | length | LZF */
#ifndef TORC_PERSIST_RDB_FORMAT_H
#define TORC_PERSIST_RDB_FORMAT_H

#define RDB_VERSION_MAX         12 /* the newest that is read */
#define RDB_VERSION_MIN_WRITTEN 10 /* Redis 7.0 and everything since reads it */
#define RDB_VERSION_SETS        11 /* sets as listpacks, times of a stream's consumers */
#define RDB_VERSION_FIELD_TTLS  12 /* hashes whose fields have deadlines */
#define RDB_VERSION_CHECKSUM    5  /* the first with a CRC64 at the end */

#define RDB_MAGIC        "REDIS"
#define RDB_MAGIC_LEN    5
#define RDB_VERSION_LEN  4
#define RDB_CHECKSUM_LEN 8
#define RDB_FOOTER_LEN   10 /* of what DUMP answers */

enum rdb_opcode {
    RDB_SLOT_INFO = 244,      /* three lengths: slot, keys, keys with a deadline */
    RDB_FUNCTION = 245,       /* a library: string */
    RDB_FUNCTION_OLD = 246,   /* of release candidates only */
    RDB_MODULE_AUX = 247,     /* module id and whatever it likes */
    RDB_IDLE = 248,           /* seconds since the next key was used: length */
    RDB_FREQ = 249,           /* how often the next key is used: byte */
    RDB_AUX = 250,            /* two strings */
    RDB_RESIZE_DB = 251,      /* two lengths: keys, keys with a deadline */
    RDB_EXPIRE_MS = 252,      /* deadline of the next key: 8, LE */
    RDB_EXPIRE_SECONDS = 253, /* the same: 4, LE */
    RDB_SELECT_DB = 254,      /* length */
    RDB_EOF = 255,
};

enum rdb_type {
    RDB_STRING = 0,
    RDB_LIST = 1,   /* count, elements */
    RDB_SET = 2,    /* count, members */
    RDB_ZSET = 3,   /* count, members with scores in digits */
    RDB_HASH = 4,   /* count, fields with values */
    RDB_ZSET_2 = 5, /* count, members with scores of 8 bytes */
    RDB_MODULE = 6,
    RDB_MODULE_2 = 7,
    /* One string that holds the whole value: */
    RDB_HASH_ZIPMAP = 9,
    RDB_LIST_ZIPLIST = 10,
    RDB_SET_INTSET = 11,
    RDB_ZSET_ZIPLIST = 12,
    RDB_HASH_ZIPLIST = 13,
    RDB_LIST_QUICKLIST = 14, /* count, ziplists */
    RDB_STREAM = 15,
    RDB_HASH_LISTPACK = 16,
    RDB_ZSET_LISTPACK = 17,
    RDB_LIST_QUICKLIST_2 = 18, /* count, each a container (1 plain, 2 packed) and a string or listpack */
    RDB_STREAM_2 = 19,         /* with first id, deleted id, entries ever added, entries read by groups */
    RDB_SET_LISTPACK = 20,
    RDB_STREAM_3 = 21,               /* with the time of a consumer's last success */
    RDB_HASH_FIELD_TTLS_OLD = 22,    /* of release candidates: deadlines as they are */
    RDB_HASH_LISTPACK_TTLS_OLD = 23, /* the same, as a listpack of triples */
    RDB_HASH_FIELD_TTLS = 24,    /* earliest deadline, count, (deadline - earliest + 1 or 0), field, value */
    RDB_HASH_LISTPACK_TTLS = 25, /* earliest deadline, listpack of field, value, deadline or 0 */
};

enum rdb_node { RDB_NODE_PLAIN = 1, RDB_NODE_PACKED = 2 }; /* of RDB_LIST_QUICKLIST_2 */

enum rdb_string_encoding { RDB_INT8 = 0, RDB_INT16 = 1, RDB_INT32 = 2, RDB_LZF = 3 };

#define RDB_LENGTH_6       0x00
#define RDB_LENGTH_14      0x40
#define RDB_LENGTH_32      0x80
#define RDB_LENGTH_64      0x81
#define RDB_LENGTH_ENCODED 0xc0

#define RDB_COMPRESS_MIN   21 /* shorter strings are not worth trying */
#define RDB_INT_DIGITS_MAX 11 /* of the longest text that an encoded integer stands for */

#endif
