group hash
acl   hash

HDEL -3
  status      built
  summary     Summary of hdel
  since       2.0.0
  flags       write fast
  complexity  O(N) where N is the number of fields to be removed.
  history     2.4.0 Accepts multiple `field` arguments.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    field+ string
  reply       any

HEXISTS 3
  status      built
  summary     Summary of hexists
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    field string
  reply       any

HEXPIRE -6
  status      todo 3
  summary     Summary of hexpire
  since       7.4.0
  flags       write denyoom fast
  complexity  O(N) where N is the number of specified fields
  key         RW update at 1
  route       one-slot
  args
    key key @0
    seconds integer
    condition? oneof
      nx token NX
      xx token XX
      gt token GT
      lt token LT
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HEXPIREAT -6
  status      todo 3
  summary     Summary of hexpireat
  since       7.4.0
  flags       write denyoom fast
  complexity  O(N) where N is the number of specified fields
  key         RW update at 1
  route       one-slot
  args
    key key @0
    unix-time-seconds unix-time
    condition? oneof
      nx token NX
      xx token XX
      gt token GT
      lt token LT
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HEXPIRETIME -5
  status      todo 3
  summary     Summary of hexpiretime
  since       7.4.0
  flags       readonly fast
  complexity  O(N) where N is the number of specified fields
  key         RO access at 1
  route       one-slot
  args
    key key @0
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HGET 3
  status      built
  summary     Summary of hget
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    field string
  reply       any

HGETALL 2
  status      built
  summary     Summary of hgetall
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       any

HINCRBY 4
  status      built
  summary     Summary of hincrby
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    field string
    increment integer
  reply       any

HINCRBYFLOAT 4
  status      built
  summary     Summary of hincrbyfloat
  since       2.6.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    field string
    increment double
  reply       any

HKEYS 2
  status      built
  summary     Summary of hkeys
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       any

HLEN 2
  status      built
  summary     Summary of hlen
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       any

HMGET -3
  status      built
  summary     Summary of hmget
  since       2.0.0
  flags       readonly fast
  complexity  O(N) where N is the number of fields being requested.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    field+ string
  reply       any

HMSET -4
  status      built
  summary     Summary of hmset
  since       2.0.0
  flags       write denyoom fast
  complexity  O(N) where N is the number of fields being set.
  deprecated  4.0.0 `HSET` with multiple field-value pairs
  key         RW update at 1
  route       one-slot
  args
    key key @0
    data+ block
      field string
      value string
  reply       any

HPERSIST -5
  status      todo 3
  summary     Summary of hpersist
  since       7.4.0
  flags       write fast
  complexity  O(N) where N is the number of specified fields
  key         RW update at 1
  route       one-slot
  args
    key key @0
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HPEXPIRE -6
  status      todo 3
  summary     Summary of hpexpire
  since       7.4.0
  flags       write denyoom fast
  complexity  O(N) where N is the number of specified fields
  key         RW update at 1
  route       one-slot
  args
    key key @0
    milliseconds integer
    condition? oneof
      nx token NX
      xx token XX
      gt token GT
      lt token LT
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HPEXPIREAT -6
  status      todo 3
  summary     Summary of hpexpireat
  since       7.4.0
  flags       write denyoom fast
  complexity  O(N) where N is the number of specified fields
  key         RW update at 1
  route       one-slot
  args
    key key @0
    unix-time-milliseconds unix-time
    condition? oneof
      nx token NX
      xx token XX
      gt token GT
      lt token LT
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HPEXPIRETIME -5
  status      todo 3
  summary     Summary of hpexpiretime
  since       7.4.0
  flags       readonly fast
  complexity  O(N) where N is the number of specified fields
  key         RO access at 1
  route       one-slot
  args
    key key @0
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HPTTL -5
  status      todo 3
  summary     Summary of hpttl
  since       7.4.0
  flags       readonly fast
  complexity  O(N) where N is the number of specified fields
  key         RO access at 1
  route       one-slot
  args
    key key @0
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HRANDFIELD -2
  status      built
  summary     Summary of hrandfield
  since       6.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(N) where N is the number of fields returned
  key         RO access at 1
  route       one-slot
  args
    key key @0
    options? block
      count integer
      withvalues? token WITHVALUES
  reply       any

HSCAN -3
  status      built
  summary     Summary of hscan
  since       2.8.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1) for every call. O(N) for a complete iteration, including enough command calls for
              the cursor to return back to 0. N is the number of elements inside the collection.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    cursor integer
    pattern? pattern MATCH
    count? integer COUNT
  reply       any

HSET -4
  status      built
  summary     Summary of hset
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1) for each field/value pair added, so O(N) to add N field/value pairs when the
              command is called with multiple field/value pairs.
  history     4.0.0 Accepts multiple `field` and `value` arguments.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    data+ block
      field string
      value string
  reply       any

HSETNX 4
  status      built
  summary     Summary of hsetnx
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    field string
    value string
  reply       any

HSTRLEN 3
  status      built
  summary     Summary of hstrlen
  since       3.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    field string
  reply       any

HTTL -5
  status      todo 3
  summary     Summary of httl
  since       7.4.0
  flags       readonly fast
  complexity  O(N) where N is the number of specified fields
  key         RO access at 1
  route       one-slot
  args
    key key @0
    fields block FIELDS
      numfields integer
      field+ string
  reply       any

HVALS 2
  status      built
  summary     Summary of hvals
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       any
