group list
acl   list

BLMOVE 6
  status      todo 3
  summary     Summary of blmove
  since       6.2.0
  flags       write denyoom blocking
  complexity  O(1)
  key         RW access delete at 1
  key         RW insert at 2
  route       one-slot
  args
    source key @0
    destination key @1
    wherefrom oneof
      left token LEFT
      right token RIGHT
    whereto oneof
      left token LEFT
      right token RIGHT
    timeout double
  reply       any

BLMPOP -5
  status      todo 3
  summary     Summary of blmpop
  since       7.0.0
  flags       write blocking
  complexity  O(N+M) where N is the number of provided keys and M is the number of elements
              returned.
  key         RW access delete at 2 count 0 first 1
  route       one-slot
  args
    timeout double
    numkeys integer
    key+ key @0
    where oneof
      left token LEFT
      right token RIGHT
    count? integer COUNT
  reply       any

BLPOP -3
  status      todo 3
  summary     Summary of blpop
  since       2.0.0
  flags       write blocking
  complexity  O(N) where N is the number of provided keys.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       one-slot
  args
    key+ key @0
    timeout double
  reply       any

BRPOP -3
  status      todo 3
  summary     Summary of brpop
  since       2.0.0
  flags       write blocking
  complexity  O(N) where N is the number of provided keys.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       one-slot
  args
    key+ key @0
    timeout double
  reply       any

BRPOPLPUSH 4
  status      todo 3
  summary     Summary of brpoplpush
  since       2.2.0
  flags       write denyoom blocking
  complexity  O(1)
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  deprecated  6.2.0 `BLMOVE` with the `RIGHT` and `LEFT` arguments
  key         RW access delete at 1
  key         RW insert at 2
  route       one-slot
  args
    source key @0
    destination key @1
    timeout double
  reply       any

LINDEX 3
  status      todo 3
  summary     Summary of lindex
  since       1.0.0
  flags       readonly
  complexity  O(N) where N is the number of elements to traverse to get to the element at index.
              This makes asking for the first or the last element of the list O(1).
  key         RO access at 1
  route       one-slot
  args
    key key @0
    index integer
  reply       any

LINSERT 5
  status      todo 3
  summary     Summary of linsert
  since       2.2.0
  flags       write denyoom
  complexity  O(N) where N is the number of elements to traverse before seeing the value pivot. This
              means that inserting somewhere on the left end on the list (head) can be considered
              O(1) and inserting somewhere on the right end (tail) is O(N).
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    where oneof
      before token BEFORE
      after token AFTER
    pivot string
    element string
  reply       any

LLEN 2
  status      todo 3
  summary     Summary of llen
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       any

LMOVE 5
  status      todo 3
  summary     Summary of lmove
  since       6.2.0
  flags       write denyoom
  complexity  O(1)
  key         RW access delete at 1
  key         RW insert at 2
  route       one-slot
  args
    source key @0
    destination key @1
    wherefrom oneof
      left token LEFT
      right token RIGHT
    whereto oneof
      left token LEFT
      right token RIGHT
  reply       any

LMPOP -4
  status      todo 3
  summary     Summary of lmpop
  since       7.0.0
  flags       write
  complexity  O(N+M) where N is the number of provided keys and M is the number of elements
              returned.
  key         RW access delete at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    where oneof
      left token LEFT
      right token RIGHT
    count? integer COUNT
  reply       any

LPOP -2
  status      todo 3
  summary     Summary of lpop
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of elements returned
  history     6.2.0 Added the `count` argument.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer since=6.2.0
  reply       any

LPOS -3
  status      todo 3
  summary     Summary of lpos
  since       6.0.6
  flags       readonly
  complexity  O(N) where N is the number of elements in the list, for the average case. When
              searching for elements near the head or the tail of the list, or when the MAXLEN
              option is provided, the command may run in constant time.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    element string
    rank? integer RANK
    num-matches? integer COUNT
    len? integer MAXLEN
  reply       any

LPUSH -3
  status      todo 3
  summary     Summary of lpush
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1) for each element added, so O(N) to add N elements when the command is called with
              multiple arguments.
  history     2.4.0 Accepts multiple `element` arguments.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    element+ string
  reply       any

LPUSHX -3
  status      todo 3
  summary     Summary of lpushx
  since       2.2.0
  flags       write denyoom fast
  complexity  O(1) for each element added, so O(N) to add N elements when the command is called with
              multiple arguments.
  history     4.0.0 Accepts multiple `element` arguments.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    element+ string
  reply       any

LRANGE 4
  status      todo 3
  summary     Summary of lrange
  since       1.0.0
  flags       readonly
  complexity  O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest
              end (HEAD or TAIL) for large lists; and N is the number of elements in the specified
              range.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start integer
    stop integer
  reply       any

LREM 4
  status      todo 3
  summary     Summary of lrem
  since       1.0.0
  flags       write
  complexity  O(N+M) where N is the length of the list and M is the number of elements removed.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    count integer
    element string
  reply       any

LSET 4
  status      todo 3
  summary     Summary of lset
  since       1.0.0
  flags       write denyoom
  complexity  O(N) where N is the length of the list. Setting either the first or the last element
              of the list is O(1).
  key         RW update at 1
  route       one-slot
  args
    key key @0
    index integer
    element string
  reply       any

LTRIM 4
  status      todo 3
  summary     Summary of ltrim
  since       1.0.0
  flags       write
  complexity  O(N) where N is the number of elements to be removed by the operation.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    start integer
    stop integer
  reply       any

RPOP -2
  status      todo 3
  summary     Summary of rpop
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of elements returned
  history     6.2.0 Added the `count` argument.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer since=6.2.0
  reply       any

RPOPLPUSH 3
  status      todo 3
  summary     Summary of rpoplpush
  since       1.2.0
  flags       write denyoom
  complexity  O(1)
  deprecated  6.2.0 `LMOVE` with the `RIGHT` and `LEFT` arguments
  key         RW access delete at 1
  key         RW insert at 2
  route       one-slot
  args
    source key @0
    destination key @1
  reply       any

RPUSH -3
  status      todo 3
  summary     Summary of rpush
  since       1.0.0
  flags       write denyoom fast
  complexity  O(1) for each element added, so O(N) to add N elements when the command is called with
              multiple arguments.
  history     2.4.0 Accepts multiple `element` arguments.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    element+ string
  reply       any

RPUSHX -3
  status      todo 3
  summary     Summary of rpushx
  since       2.2.0
  flags       write denyoom fast
  complexity  O(1) for each element added, so O(N) to add N elements when the command is called with
              multiple arguments.
  history     4.0.0 Accepts multiple `element` arguments.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    element+ string
  reply       any
