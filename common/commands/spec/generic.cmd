group generic
acl   keyspace

COPY -3
  status      built
  summary     Duplicate the value of one key under another
  since       6.2.0
  flags       write denyoom
  complexity  O(N) worst case for collections, where N is the number of nested items. O(1) for
              string values.
  key         RO access at 1
  key         OW update at 2
  route       one-slot
  args
    source key @0
    destination key @1
    destination-db? integer DB
    replace? token REPLACE
  reply       int 0..1

DEL -2
  status      built
  summary     Remove keys, whatever they hold
  since       1.0.0
  flags       write
  tips        request_policy:multi_shard response_policy:agg_sum
  complexity  O(N) where N is the number of keys that will be removed. When a key to remove holds a
              value other than a string, the individual complexity for this key is O(M) where M is
              the number of elements in the list, set, sorted set or hash. Removing a single key
              that holds a string value is O(1).
  key         RM delete at 1 to -1
  route       split:sum
  args
    key+ key @0
  reply       int >=0

DUMP 2
  status      built
  summary     Serialize the value of a key for RESTORE
  since       2.6.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1) to access the key and additional O(N*M) to serialize it, where N is the number of
              Redis objects composing the value and M their average size. For small string values
              the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       bulk | null

EXISTS -2
  status      built
  summary     Count how many of the given keys are there
  since       1.0.0
  flags       readonly fast
  tips        request_policy:multi_shard response_policy:agg_sum
  complexity  O(N) where N is the number of keys to check.
  history     3.0.3 Accepts multiple `key` arguments.
  key         RO at 1 to -1
  route       split:sum
  args
    key+ key @0
  reply       int >=0

EXPIRE -3
  status      built
  summary     Let a key vanish after so many seconds
  since       1.0.0
  flags       write fast
  complexity  O(1)
  history     7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    seconds integer
    condition? oneof since=7.0.0
      nx token NX
      xx token XX
      gt token GT
      lt token LT
  reply       int 0..1

EXPIREAT -3
  status      built
  summary     Let a key vanish at a Unix time in seconds
  since       1.2.0
  flags       write fast
  complexity  O(1)
  history     7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    unix-time-seconds unix-time
    condition? oneof since=7.0.0
      nx token NX
      xx token XX
      gt token GT
      lt token LT
  reply       int 0..1

EXPIRETIME 2
  status      built
  summary     The Unix time in seconds at which a key will vanish
  since       7.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       int >=-2

KEYS 2
  status      built
  summary     All key names that match a pattern, in one piece
  since       1.0.0
  flags       readonly
  acl         keyspace dangerous
  tips        request_policy:all_shards nondeterministic_output_order
  complexity  O(N) with N being the number of keys in the database, under the assumption that the
              key names in the database and the given pattern have limited length.
  route       all-shards:concat
  args
    pattern pattern
  reply       array of bulk

MIGRATE -6
  status      built
  summary     Hand keys over to another server
  since       2.6.0
  flags       write
  acl         keyspace dangerous
  tips        nondeterministic_output
  complexity  This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the
              target instance. See the pages of these commands for time complexity. Also an O(N)
              data transfer between the two instances is performed.
  history     3.0.0 Added the `COPY` and `REPLACE` options.
  history     3.0.6 Added the `KEYS` option.
  history     4.0.7 Added the `AUTH` option.
  history     6.0.0 Added the `AUTH2` option.
  key         RW access delete at 3
  key         RW access delete incomplete after KEYS from -2 to -1
  extract     migrate
  route       refused
  args
    host string
    port integer
    key-selector oneof
      key key @0
      empty-string token ""
    destination-db integer
    timeout integer
    copy? token COPY since=3.0.0
    replace? token REPLACE since=3.0.0
    authentication? oneof
      auth string AUTH since=4.0.7 shown=password
      auth2 block AUTH2 since=6.0.0
        username string
        password string
    keys* key KEYS @1 since=3.0.6 shown=key
  reply       simple "OK" | simple "NOKEY"

MOVE 3
  status      built
  summary     Take a key to another database
  since       1.0.0
  flags       write fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    db integer
  reply       int 0..1

OBJECT -2
  summary     Look at the inside of a key's value
  since       2.2.3
  acl         -
  complexity  Depends on subcommand.

OBJECT ENCODING 3
  status      built
  summary     How the value of a key is stored
  since       2.2.3
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1)
  key         RO at 2
  route       one-slot
  args
    key key @0
  reply       bulk | null

OBJECT FREQ 3
  status      built
  summary     How often a key is used, on LFU's logarithmic scale
  since       4.0.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1)
  key         RO at 2
  route       one-slot
  args
    key key @0
  reply       int 0..255 | null

OBJECT HELP 2
  status      built
  summary     The subcommands of OBJECT
  since       6.2.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

OBJECT IDLETIME 3
  status      built
  summary     Seconds since a key was last used
  since       2.2.3
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1)
  key         RO at 2
  route       one-slot
  args
    key key @0
  reply       int >=0 | null

OBJECT REFCOUNT 3
  status      built
  summary     How many references the value of a key has
  since       2.2.3
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1)
  key         RO at 2
  route       one-slot
  args
    key key @0
  reply       int >=0 | null

PERSIST 2
  status      built
  summary     Take a key's time to live away
  since       2.2.0
  flags       write fast
  complexity  O(1)
  key         RW update at 1
  route       one-slot
  args
    key key @0
  reply       int 0..1

PEXPIRE -3
  status      built
  summary     Let a key vanish after so many milliseconds
  since       2.6.0
  flags       write fast
  complexity  O(1)
  history     7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    milliseconds integer
    condition? oneof since=7.0.0
      nx token NX
      xx token XX
      gt token GT
      lt token LT
  reply       int 0..1

PEXPIREAT -3
  status      built
  summary     Let a key vanish at a Unix time in milliseconds
  since       2.6.0
  flags       write fast
  complexity  O(1)
  history     7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    unix-time-milliseconds unix-time
    condition? oneof since=7.0.0
      nx token NX
      xx token XX
      gt token GT
      lt token LT
  reply       int 0..1

PEXPIRETIME 2
  status      built
  summary     The Unix time in milliseconds at which a key will vanish
  since       7.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       int >=-2

PTTL 2
  status      built
  summary     Milliseconds that a key has left to live
  since       2.6.0
  flags       readonly fast
  tips        nondeterministic_output
  complexity  O(1)
  history     2.8.0 Added the -2 reply.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       int >=-2

RANDOMKEY 1
  status      built
  summary     The name of some key, drawn at random
  since       1.0.0
  flags       readonly
  tips        request_policy:all_shards response_policy:special nondeterministic_output
  complexity  O(1)
  route       all-shards:any
  reply       bulk | null

RENAME 3
  status      built
  summary     Give a key another name, overwriting what was there
  since       1.0.0
  flags       write
  complexity  O(1)
  key         RW access delete at 1
  key         OW update at 2
  route       one-slot
  args
    key key @0
    newkey key @1
  reply       simple "OK"

RENAMENX 3
  status      built
  summary     Give a key another name unless that one is taken
  since       1.0.0
  flags       write fast
  complexity  O(1)
  history     3.2.0 The command no longer returns an error when source and destination names are the
              same.
  key         RW access delete at 1
  key         OW insert at 2
  route       one-slot
  args
    key key @0
    newkey key @1
  reply       int 0..1

RESTORE -4
  status      built
  summary     Create a key from what DUMP made
  since       2.6.0
  flags       write denyoom
  acl         keyspace dangerous
  complexity  O(1) to create the new key and additional O(N*M) to reconstruct the serialized value,
              where N is the number of Redis objects composing the value and M their average size.
              For small string values the time complexity is thus O(1)+O(1*M) where M is small, so
              simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because
              inserting values into sorted sets is O(log(N)).
  history     3.0.0 Added the `REPLACE` modifier.
  history     5.0.0 Added the `ABSTTL` modifier.
  history     5.0.0 Added the `IDLETIME` and `FREQ` options.
  key         OW update at 1
  route       one-slot
  args
    key key @0
    ttl integer
    serialized-value string
    replace? token REPLACE since=3.0.0
    absttl? token ABSTTL since=5.0.0
    seconds? integer IDLETIME since=5.0.0
    frequency? integer FREQ since=5.0.0
  reply       simple "OK"

SCAN -2
  status      built
  summary     Walk over the key names, a few at a time
  since       2.8.0
  flags       readonly
  tips        nondeterministic_output request_policy:special response_policy:special
  complexity  O(1) for every call. O(N) for a complete iteration, including enough command calls for
              the cursor to return back to 0. N is the number of elements inside the collection.
  history     6.0.0 Added the `TYPE` subcommand.
  route       all-shards:cursor
  args
    cursor integer
    pattern? pattern MATCH
    count? integer COUNT
    type? string TYPE since=6.0.0
  reply       [bulk, array of bulk]

SORT -2
  status      built
  summary     Order the elements of a list, set or sorted set, and show or store them
  since       1.0.0
  flags       write denyoom
  acl         set sortedset list dangerous
  complexity  O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the
              number of returned elements. When the elements are not sorted, complexity is O(N).
  key         RO access at 1
  key         RO access unknown
  note        For the optional BY/GET keyword. It is marked 'unknown' because the key names derive
              from the content of the key we sort
  key         OW update unknown
  note        For the optional STORE keyword. It is marked 'unknown' because the keyword can appear
              anywhere in the argument array
  extract     sort
  route       one-slot
  args
    key key @0
    by-pattern? pattern BY @1 shown=pattern
    limit? block LIMIT
      offset integer
      count integer
    get-pattern* pattern GET @1 each-token shown=pattern
    order? oneof
      asc token ASC
      desc token DESC
    sorting? token ALPHA
    destination? key STORE @2
  reply       array of (bulk | null) | int >=0

SORT_RO -2
  status      built
  summary     Order the elements of a list, set or sorted set
  since       7.0.0
  flags       readonly
  acl         set sortedset list dangerous
  complexity  O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the
              number of returned elements. When the elements are not sorted, complexity is O(N).
  key         RO access at 1
  key         RO access unknown
  note        For the optional BY/GET keyword. It is marked 'unknown' because the key names derive
              from the content of the key we sort
  route       one-slot
  args
    key key @0
    by-pattern? pattern BY @1 shown=pattern
    limit? block LIMIT
      offset integer
      count integer
    get-pattern* pattern GET @1 each-token shown=pattern
    order? oneof
      asc token ASC
      desc token DESC
    sorting? token ALPHA
  reply       array of (bulk | null)

TOUCH -2
  status      built
  summary     Count as used the given keys, and count how many there are
  since       3.2.1
  flags       readonly fast
  tips        request_policy:multi_shard response_policy:agg_sum
  complexity  O(N) where N is the number of keys that will be touched.
  key         RO at 1 to -1
  route       split:sum
  args
    key+ key @0
  reply       int >=0

TTL 2
  status      built
  summary     Seconds that a key has left to live
  since       1.0.0
  flags       readonly fast
  tips        nondeterministic_output
  complexity  O(1)
  history     2.8.0 Added the -2 reply.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       int >=-2

TYPE 2
  status      built
  summary     What kind of value a key holds
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       simple

UNLINK -2
  status      built
  summary     Remove keys at once and free their memory in the background
  since       4.0.0
  flags       write fast
  tips        request_policy:multi_shard response_policy:agg_sum
  complexity  O(1) for each key removed regardless of its size. Then the command does O(N) work in a
              different thread in order to reclaim memory, where N is the number of allocations the
              deleted objects where composed of.
  key         RM delete at 1 to -1
  route       split:sum
  args
    key+ key @0
  reply       int >=0
