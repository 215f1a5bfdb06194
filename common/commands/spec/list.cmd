group list
acl   list

BLMOVE 6
  status      built
  summary     Wait for an element of one list and move it to another
  since       6.2.0
  flags       write denyoom blocking
  complexity  O(1)
  key         RW access delete at 1
  key         RW insert at 2
  route       private:blocking
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
  reply       bulk | null | null-array

BLMPOP -5
  status      built
  summary     Wait until one of several lists has elements, and take some
  since       7.0.0
  flags       write blocking
  complexity  O(N+M) where N is the number of provided keys and M is the number of elements
              returned.
  key         RW access delete at 2 count 0 first 1
  route       private:blocking
  args
    timeout double
    numkeys integer
    key+ key @0
    where oneof
      left token LEFT
      right token RIGHT
    count? integer COUNT
  reply       [bulk, array of bulk] | null-array

BLPOP -3
  status      built
  summary     Wait until one of several lists has an element, and take its first
  since       2.0.0
  flags       write blocking
  complexity  O(N) where N is the number of provided keys.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       private:blocking
  args
    key+ key @0
    timeout double
  reply       [bulk, bulk] | null-array

BRPOP -3
  status      built
  summary     Wait until one of several lists has an element, and take its last
  since       2.0.0
  flags       write blocking
  complexity  O(N) where N is the number of provided keys.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       private:blocking
  args
    key+ key @0
    timeout double
  reply       [bulk, bulk] | null-array

BRPOPLPUSH 4
  status      built
  summary     Wait for a list's last element and put it in front of another list
  since       2.2.0
  flags       write denyoom blocking
  complexity  O(1)
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  deprecated  6.2.0 `BLMOVE` with the `RIGHT` and `LEFT` arguments
  key         RW access delete at 1
  key         RW insert at 2
  route       private:blocking
  args
    source key @0
    destination key @1
    timeout double
  reply       bulk | null | null-array

LINDEX 3
  status      built
  summary     The element of a list at an index
  since       1.0.0
  flags       readonly
  complexity  O(N) where N is the number of elements to traverse to get to the element at index.
              This makes asking for the first or the last element of the list O(1).
  key         RO access at 1
  route       one-slot
  args
    key key @0
    index integer
  reply       bulk | null

LINSERT 5
  status      built
  summary     Put an element before or after another one in a list
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
  reply       int >=-1

LLEN 2
  status      built
  summary     Number of elements in a list
  since       1.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

LMOVE 5
  status      built
  summary     Move an element from an end of one list to an end of another
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
  reply       bulk | null

LMPOP -4
  status      built
  summary     Take elements from the first of several lists that has some
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
  reply       [bulk, array of bulk] | null-array

LPOP -2
  status      built
  summary     Take elements from the front of a list
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of elements returned
  history     6.2.0 Added the `count` argument.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer since=6.2.0
  reply       bulk | null | array of bulk | null-array

LPOS -3
  status      built
  summary     Where in a list an element stands
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
  reply       int >=0 | null | array of int >=0

LPUSH -3
  status      built
  summary     Put elements in front of a list
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
  reply       int >=0

LPUSHX -3
  status      built
  summary     Put elements in front of a list that is there already
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
  reply       int >=0

LRANGE 4
  status      built
  summary     The elements of a list from one index to another
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
  reply       array of bulk

LREM 4
  status      built
  summary     Remove elements of a list that equal a value
  since       1.0.0
  flags       write
  complexity  O(N+M) where N is the length of the list and M is the number of elements removed.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    count integer
    element string
  reply       int >=0

LSET 4
  status      built
  summary     Replace the element of a list at an index
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
  reply       simple "OK"

LTRIM 4
  status      built
  summary     Keep only the elements of a list from one index to another
  since       1.0.0
  flags       write
  complexity  O(N) where N is the number of elements to be removed by the operation.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    start integer
    stop integer
  reply       simple "OK"

RPOP -2
  status      built
  summary     Take elements from the end of a list
  since       1.0.0
  flags       write fast
  complexity  O(N) where N is the number of elements returned
  history     6.2.0 Added the `count` argument.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer since=6.2.0
  reply       bulk | null | array of bulk | null-array

RPOPLPUSH 3
  status      built
  summary     Move the last element of a list to the front of another
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
  reply       bulk | null

RPUSH -3
  status      built
  summary     Put elements at the end of a list
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
  reply       int >=0

RPUSHX -3
  status      built
  summary     Put elements at the end of a list that is there already
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
  reply       int >=0
