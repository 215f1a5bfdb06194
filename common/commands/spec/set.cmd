group set
acl   set

SADD -3
  status      built
  summary     Add members to a set
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
  reply       int >=0

SCARD 2
  status      built
  summary     Number of members in a set
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

SDIFF -2
  status      built
  summary     Members of the first set that no other set has
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of elements in all given sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       set of bulk

SDIFFSTORE -3
  status      built
  summary     Store the members of the first set that no other set has
  since       1.0.0
  flags       write denyoom
  complexity  O(N) where N is the total number of elements in all given sets.
  key         OW update at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destination key @0
    key+ key @1
  reply       int >=0

SINTER -2
  status      built
  summary     Members that all sets have
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N*M) worst case where N is the cardinality of the smallest set and M is the number
              of sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       set of bulk

SINTERCARD -3
  status      built
  summary     Number of members that all sets have, up to a limit
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
  reply       int >=0

SINTERSTORE -3
  status      built
  summary     Store the members that all sets have
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
  reply       int >=0

SISMEMBER 3
  status      built
  summary     Whether a set has a member
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
    member string
  reply       int 0..1

SMEMBERS 2
  status      built
  summary     All members of a set
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the set cardinality.
  key         RO access at 1
  route       one-slot
  args
    key key @0
  reply       set of bulk

SMISMEMBER -3
  status      built
  summary     For each of several values, whether a set has it
  since       6.2.0
  flags       readonly fast
  complexity  O(N) where N is the number of elements being checked for membership
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       array of int 0..1

SMOVE 4
  status      built
  summary     Move a member from one set to another
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
  reply       int 0..1

SPOP -2
  status      built
  summary     Take members, drawn at random, out of a set
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
  reply       bulk | null | set of bulk

SRANDMEMBER -2
  status      built
  summary     Some members of a set, drawn at random
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
  reply       bulk | null | array of bulk

SREM -3
  status      built
  summary     Remove members from a set
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of members to be removed.
  history     2.4.0 Accepts multiple `member` arguments.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       int >=0

SSCAN -3
  status      built
  summary     Walk over a set, a few members at a time
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

SUNION -2
  status      built
  summary     Members that any of the sets has
  since       1.0.0
  flags       readonly
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of elements in all given sets.
  key         RO access at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       set of bulk

SUNIONSTORE -3
  status      built
  summary     Store the members that any of the sets has
  since       1.0.0
  flags       write denyoom
  complexity  O(N) where N is the total number of elements in all given sets.
  key         OW update at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destination key @0
    key+ key @1
  reply       int >=0
