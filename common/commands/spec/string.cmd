group string
acl   string

APPEND 3
  status      built
  summary     Add bytes to the end of a string, or create it
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1). The amortized time complexity is O(1) assuming the appended value is small and
              the already present value is of any size, since the dynamic string library used by
              Redis will double the free space available on every reallocation.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    value string
  reply       int >=0

DECR 2
  status      built
  summary     Subtract one from a number
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
  reply       int

DECRBY 3
  status      built
  summary     Subtract from a number
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    decrement integer
  reply       int

GET 2
  status      built
  summary     The value of a string key
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       bulk | null

GETDEL 2
  status      built
  summary     The value of a string key, which is then removed
  since       6.2.0
  flags       write fast
  complexity  O(1)
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
  reply       bulk | null

GETEX -2
  status      built
  summary     The value of a string key, setting or clearing its time to live
  since       6.2.0
  flags       write fast
  complexity  O(1)
  key         RW access update at 1
  note        RW and UPDATE because it changes the TTL
  route       one-slot
  args
    key key @0
    expiration? oneof
      seconds integer EX
      milliseconds integer PX
      unix-time-seconds unix-time EXAT
      unix-time-milliseconds unix-time PXAT
      persist token PERSIST
  reply       bulk | null

GETRANGE 4
  status      built
  summary     The bytes of a string from one index to another
  since       2.4.0
  flags       readonly
  complexity  O(N) where N is the length of the returned string. The complexity is ultimately
              determined by the returned length, but because creating a substring from an existing
              string is very cheap, it can be considered O(1) for small strings.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start integer
    end integer
  reply       bulk

GETSET 3
  status      built
  summary     Set a string and tell what was there before
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  deprecated  6.2.0 `SET` with the `!GET` argument
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    value string
  reply       bulk | null

INCR 2
  status      built
  summary     Add one to a number
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
  reply       int

INCRBY 3
  status      built
  summary     Add to a number
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    increment integer
  reply       int

INCRBYFLOAT 3
  status      built
  summary     Add to a number with a fraction
  since       2.6.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    increment double
  reply       bulk

LCS -3
  status      built
  summary     The longest common subsequence of two strings
  since       7.0.0
  flags       readonly
  complexity  O(N*M) where N and M are the lengths of s1 and s2, respectively
  key         RO access at 1 to 1
  route       one-slot
  args
    key1 key @0
    key2 key @0
    len? token LEN
    idx? token IDX
    min-match-len? integer MINMATCHLEN
    withmatchlen? token WITHMATCHLEN
  reply       bulk | int >=0 | {matches: array of (array of ([int, int] | int) x 2..3), len: int
              >=0}

MGET -2
  status      built
  summary     The values of several string keys
  since       1.0.0
  flags       readonly fast
  tips        request_policy:multi_shard
  complexity  O(N) where N is the number of keys to retrieve.
  key         RO access at 1 to -1
  route       split:gather
  args
    key+ key @0
  reply       array of (bulk | null)

MSET -3
  status      built
  summary     Set several keys at once
  since       1.0.1
  flags       write denyoom
  tips        request_policy:multi_shard response_policy:all_succeeded
  complexity  O(N) where N is the number of keys to set.
  key         OW update at 1 to -1 step 2
  route       split:ok
  args
    data+ block
      key key @0
      value string
  reply       simple "OK"

MSETNX -3
  status      built
  summary     Set several keys, or none if one of them is there already
  since       1.0.1
  flags       write denyoom
  complexity  O(N) where N is the number of keys to set.
  key         OW insert at 1 to -1 step 2
  route       one-slot
  args
    data+ block
      key key @0
      value string
  reply       int 0..1

PSETEX 4
  status      built
  summary     Set a key with a time to live in milliseconds
  since       2.6.0
  flags       write denyoom
  complexity  O(1)
  deprecated  2.6.12 `SET` with the `PX` argument
  key         OW update at 1
  route       one-slot
  args
    key key @0
    milliseconds integer
    value string
  reply       simple "OK"

SET -3
  status      built
  summary     Set a key to a string, with conditions and a time to live if wanted
  since       1.0.0
  flags       write denyoom
  complexity  O(1)
  history     2.6.12 Added the `EX`, `PX`, `NX` and `XX` options.
  history     6.0.0 Added the `KEEPTTL` option.
  history     6.2.0 Added the `GET`, `EXAT` and `PXAT` option.
  history     7.0.0 Allowed the `NX` and `GET` options to be used together.
  key         RW access update variable_flags at 1
  note        RW and ACCESS due to the optional `GET` argument
  extract     set
  route       one-slot
  args
    key key @0
    value string
    condition? oneof since=2.6.12
      nx token NX
      xx token XX
    get? token GET since=6.2.0
    expiration? oneof
      seconds integer EX since=2.6.12
      milliseconds integer PX since=2.6.12
      unix-time-seconds unix-time EXAT since=6.2.0
      unix-time-milliseconds unix-time PXAT since=6.2.0
      keepttl token KEEPTTL since=6.0.0
  reply       simple "OK" | bulk | null

SETEX 4
  status      built
  summary     Set a key with a time to live in seconds
  since       2.0.0
  flags       write denyoom
  complexity  O(1)
  deprecated  2.6.12 `SET` with the `EX` argument
  key         OW update at 1
  route       one-slot
  args
    key key @0
    seconds integer
    value string
  reply       simple "OK"

SETNX 3
  status      built
  summary     Set a key unless it is there already
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1)
  deprecated  2.6.12 `SET` with the `NX` argument
  key         OW insert at 1
  route       one-slot
  args
    key key @0
    value string
  reply       int 0..1

SETRANGE 4
  status      built
  summary     Overwrite bytes of a string from an offset on
  since       2.2.0
  flags       write denyoom
  complexity  O(1), not counting the time taken to copy the new string in place. Usually, this
              string is very small so the amortized complexity is O(1). Otherwise, complexity is
              O(M) with M being the length of the value argument.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    offset integer
    value string
  reply       int >=0

STRLEN 2
  status      built
  summary     Number of bytes in a string
  since       2.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

SUBSTR 4
  status      built
  summary     The bytes of a string from one index to another, under its old name
  since       1.0.0
  flags       readonly
  complexity  O(N) where N is the length of the returned string. The complexity is ultimately
              determined by the returned length, but because creating a substring from an existing
              string is very cheap, it can be considered O(1) for small strings.
  deprecated  2.0.0 `GETRANGE`
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start integer
    end integer
  reply       bulk
