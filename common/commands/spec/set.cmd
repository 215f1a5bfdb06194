group set
acl   set

SADD -3
  status      todo 3
  summary     Summary of sadd
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1) for each element added, so O(N) to add N elements when the command is called with
              multiple arguments.
  history     2.4.0 Accepts multiple `member` arguments.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       any

SCARD 2
  status      todo 3
  summary     Summary of scard
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       any

SDIFF -2
  status      todo 3
  summary     Summary of sdiff
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of elements in all given sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       any

SDIFFSTORE -3
  status      todo 3
  summary     Summary of sdiffstore
  since       1.0.0
  flags       write denyoom
  complexity  O(N) where N is the total number of elements in all given sets.
  key         OW update at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destination key @0
    key+ key @1
  reply       any

SINTER -2
  status      todo 3
  summary     Summary of sinter
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N*M) worst case where N is the cardinality of the smallest set and M is the number
              of sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       any

SINTERCARD -3
  status      todo 3
  summary     Summary of sintercard
  since       7.0.0
  flags       readonly
  complexity  O(N*M) worst case where N is the cardinality of the smallest set and M is the number
              of sets.
  key         RO access at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    limit? integer LIMIT
  reply       any

SINTERSTORE -3
  status      todo 3
  summary     Summary of sinterstore
  since       1.0.0
  flags       write denyoom
  complexity  O(N*M) worst case where N is the cardinality of the smallest set and M is the number
              of sets.
  key         RW update at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destination key @0
    key+ key @1
  reply       any

SISMEMBER 3
  status      todo 3
  summary     Summary of sismember
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    member string
  reply       any

SMEMBERS 2
  status      todo 3
  summary     Summary of smembers
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the set cardinality.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       any

SMISMEMBER -3
  status      todo 3
  summary     Summary of smismember
  since       6.2.0
  flags       readonly fast
  complexity  O(N) where N is the number of elements being checked for membership
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       any

SMOVE 4
  status      todo 3
  summary     Summary of smove
  since       1.0.0
  flags       write fast
  complexity  O(1)
  key         RW access delete at 1
  key         RW insert at 2
  route       one-slot
  args
    source key @0
    destination key @1
    member string
  reply       any

SPOP -2
  status      todo 3
  summary     Summary of spop
  since       1.0.0
  flags       write fast
  tips        nondeterministic_output
  complexity  Without the count argument O(1), otherwise O(N) where N is the value of the passed
              count.
  history     3.2.0 Added the `count` argument.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer since=3.2.0
  reply       any

SRANDMEMBER -2
  status      todo 3
  summary     Summary of srandmember
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output
  complexity  Without the count argument O(1), otherwise O(N) where N is the absolute value of the
              passed count.
  history     2.6.0 Added the optional `count` argument.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    count? integer since=2.6.0
  reply       any

SREM -3
  status      todo 3
  summary     Summary of srem
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of members to be removed.
  history     2.4.0 Accepts multiple `member` arguments.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       any

SSCAN -3
  status      todo 3
  summary     Summary of sscan
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

SUNION -2
  status      todo 3
  summary     Summary of sunion
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of elements in all given sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       any

SUNIONSTORE -3
  status      todo 3
  summary     Summary of sunionstore
  since       1.0.0
  flags       write denyoom
  complexity  O(N) where N is the total number of elements in all given sets.
  key         OW update at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destination key @0
    key+ key @1
  reply       any
