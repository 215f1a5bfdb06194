group hash
acl   hash

HDEL -3
  status      built
  summary     Remove fields from a hash
  since       2.0.0
  flags       write fast
  complexity  O(N) where N is the number of fields to be removed.
  history     2.4.0 Accepts multiple `field` arguments.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    field+ string
  reply       int >=0

HEXISTS 3
  status      built
  summary     Whether a hash has a field
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    field string
  reply       int 0..1

HEXPIRE -6
  status      built
  summary     Let fields of a hash vanish after so many seconds
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
  reply       array of int -2..2

HEXPIREAT -6
  status      built
  summary     Let fields of a hash vanish at a Unix time in seconds
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
  reply       array of int -2..2

HEXPIRETIME -5
  status      built
  summary     The Unix times in seconds at which fields of a hash will vanish
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
  reply       array of int >=-2

HGET 3
  status      built
  summary     The value of one field of a hash
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    field string
  reply       bulk | null

HGETALL 2
  status      built
  summary     All fields of a hash with their values
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       map of bulk -> bulk

HINCRBY 4
  status      built
  summary     Add to the number in a field of a hash
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    field string
    increment integer
  reply       int

HINCRBYFLOAT 4
  status      built
  summary     Add to the number with a fraction in a field of a hash
  since       2.6.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    field string
    increment double
  reply       bulk

HKEYS 2
  status      built
  summary     The names of all fields of a hash
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       array of bulk

HLEN 2
  status      built
  summary     Number of fields in a hash
  since       2.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

HMGET -3
  status      built
  summary     The values of several fields of a hash
  since       2.0.0
  flags       readonly fast
  complexity  O(N) where N is the number of fields being requested.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    field+ string
  reply       array of (bulk | null)

HMSET -4
  status      built
  summary     Set several fields of a hash, under its old name
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
  reply       simple "OK"

HPERSIST -5
  status      built
  summary     Take the time to live of fields of a hash away
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
  reply       array of int -2..1

HPEXPIRE -6
  status      built
  summary     Let fields of a hash vanish after so many milliseconds
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
  reply       array of int -2..2

HPEXPIREAT -6
  status      built
  summary     Let fields of a hash vanish at a Unix time in milliseconds
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
  reply       array of int -2..2

HPEXPIRETIME -5
  status      built
  summary     The Unix times in milliseconds at which fields of a hash will vanish
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
  reply       array of int >=-2

HPTTL -5
  status      built
  summary     Milliseconds that fields of a hash have left to live
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
  reply       array of int >=-2

HRANDFIELD -2
  status      built
  summary     Some fields of a hash, drawn at random
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
  reply       bulk | null | array of bulk | pairs of bulk, bulk

HSCAN -3
  status      built
  summary     Walk over a hash, a few fields at a time
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
  reply       [bulk, array of bulk]

HSET -4
  status      built
  summary     Set fields of a hash
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
  reply       int >=0

HSETNX 4
  status      built
  summary     Set a field of a hash unless it is there already
  since       2.0.0
  flags       write denyoom fast
  complexity  O(1)
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    field string
    value string
  reply       int 0..1

HSTRLEN 3
  status      built
  summary     Number of bytes in a field of a hash
  since       3.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    field string
  reply       int >=0

HTTL -5
  status      built
  summary     Seconds that fields of a hash have left to live
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
  reply       array of int >=-2

HVALS 2
  status      built
  summary     The values of all fields of a hash
  since       2.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the size of the hash.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       array of bulk
