group sorted-set
acl   sortedset

BZMPOP -5
  status      built
  summary     Wait until one of several sorted sets has members, and take some
  since       7.0.0
  flags       write blocking
  complexity  O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of
              elements in the sorted set, and M being the number of elements popped.
  key         RW access delete at 2 count 0 first 1
  route       private:blocking
  args
    timeout double
    numkeys integer
    key+ key @0
    where oneof
      min token MIN
      max token MAX
    count? integer COUNT
  reply       [bulk, array of [bulk, double]] | null-array

BZPOPMAX -3
  status      built
  summary     Wait until one of several sorted sets has a member, and take its highest
  since       5.0.0
  flags       write blocking fast
  complexity  O(log(N)) with N being the number of elements in the sorted set.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       private:blocking
  args
    key+ key @0
    timeout double
  reply       [bulk, bulk, double] | null-array

BZPOPMIN -3
  status      built
  summary     Wait until one of several sorted sets has a member, and take its lowest
  since       5.0.0
  flags       write blocking fast
  complexity  O(log(N)) with N being the number of elements in the sorted set.
  history     6.0.0 `timeout` is interpreted as a double instead of an integer.
  key         RW access delete at 1 to -2
  route       private:blocking
  args
    key+ key @0
    timeout double
  reply       [bulk, bulk, double] | null-array

ZADD -4
  status      built
  summary     Add members with scores to a sorted set, or change their scores
  since       1.2.0
  flags       write denyoom fast
  complexity  O(log(N)) for each item added, where N is the number of elements in the sorted set.
  history     2.4.0 Accepts multiple elements.
  history     3.0.2 Added the `XX`, `NX`, `CH` and `INCR` options.
  history     6.2.0 Added the `GT` and `LT` options.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    condition? oneof since=3.0.2
      nx token NX
      xx token XX
    comparison? oneof since=6.2.0
      gt token GT
      lt token LT
    change? token CH since=3.0.2
    increment? token INCR since=3.0.2
    data+ block
      score double
      member string
  reply       int >=0 | double | null

ZCARD 2
  status      built
  summary     Number of members in a sorted set
  since       1.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

ZCOUNT 4
  status      built
  summary     Number of members with a score within a range
  since       2.0.0
  flags       readonly fast
  complexity  O(log(N)) with N being the number of elements in the sorted set.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    min double
    max double
  reply       int >=0

ZDIFF -3
  status      built
  summary     Members of the first sorted set that no other one has
  since       6.2.0
  flags       readonly
  complexity  O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets,
              N is the size of the first set, and K is the size of the result set.
  key         RO access at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    withscores? token WITHSCORES
  reply       array of bulk | pairs of bulk, double

ZDIFFSTORE -4
  status      built
  summary     Store the members of the first sorted set that no other one has
  since       6.2.0
  flags       write denyoom
  complexity  O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets,
              N is the size of the first set, and K is the size of the result set.
  key         OW update at 1
  key         RO access at 2 count 0 first 1
  route       one-slot
  args
    destination key @0
    numkeys integer
    key+ key @1
  reply       int >=0

ZINCRBY 4
  status      built
  summary     Add to the score of a member
  since       1.2.0
  flags       write denyoom fast
  complexity  O(log(N)) where N is the number of elements in the sorted set.
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    increment integer
    member string
  reply       double

ZINTER -3
  status      built
  summary     Members that all sorted sets have, their scores combined
  since       6.2.0
  flags       readonly
  complexity  O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the
              number of input sorted sets and M being the number of elements in the resulting sorted
              set.
  key         RO access at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    weight* integer WEIGHTS
    aggregate? oneof AGGREGATE
      sum token SUM
      min token MIN
      max token MAX
    withscores? token WITHSCORES
  reply       array of bulk | pairs of bulk, double

ZINTERCARD -3
  status      built
  summary     Number of members that all sorted sets have, up to a limit
  since       7.0.0
  flags       readonly
  complexity  O(N*K) worst case with N being the smallest input sorted set, K being the number of
              input sorted sets.
  key         RO access at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    limit? integer LIMIT
  reply       int >=0

ZINTERSTORE -4
  status      built
  summary     Store the members that all sorted sets have, their scores combined
  since       2.0.0
  flags       write denyoom
  complexity  O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the
              number of input sorted sets and M being the number of elements in the resulting sorted
              set.
  key         OW update at 1
  key         RO access at 2 count 0 first 1
  route       one-slot
  args
    destination key @0
    numkeys integer
    key+ key @1
    weight* integer WEIGHTS
    aggregate? oneof AGGREGATE
      sum token SUM
      min token MIN
      max token MAX
  reply       int >=0

ZLEXCOUNT 4
  status      built
  summary     Number of members within a range of names
  since       2.8.9
  flags       readonly fast
  complexity  O(log(N)) with N being the number of elements in the sorted set.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    min string
    max string
  reply       int >=0

ZMPOP -4
  status      built
  summary     Take the lowest or highest members of the first sorted set that has some
  since       7.0.0
  flags       write
  complexity  O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of
              elements in the sorted set, and M being the number of elements popped.
  key         RW access delete at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    where oneof
      min token MIN
      max token MAX
    count? integer COUNT
  reply       [bulk, array of [bulk, double]] | null-array

ZMSCORE -3
  status      built
  summary     The scores of several members
  since       6.2.0
  flags       readonly fast
  complexity  O(N) where N is the number of members being requested.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       array of (double | null)

ZPOPMAX -2
  status      built
  summary     Take the members with the highest scores
  since       5.0.0
  flags       write fast
  complexity  O(log(N)*M) with N being the number of elements in the sorted set, and M being the
              number of elements popped.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer
  reply       [bulk, double] | pairs of bulk, double

ZPOPMIN -2
  status      built
  summary     Take the members with the lowest scores
  since       5.0.0
  flags       write fast
  complexity  O(log(N)*M) with N being the number of elements in the sorted set, and M being the
              number of elements popped.
  key         RW access delete at 1
  route       one-slot
  args
    key key @0
    count? integer
  reply       [bulk, double] | pairs of bulk, double

ZRANDMEMBER -2
  status      built
  summary     Some members of a sorted set, drawn at random
  since       6.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(N) where N is the number of members returned
  key         RO access at 1
  route       one-slot
  args
    key key @0
    options? block
      count integer
      withscores? token WITHSCORES
  reply       bulk | null | array of bulk | pairs of bulk, double

ZRANGE -4
  status      built
  summary     Members of a sorted set within a range of ranks, scores or names
  since       1.2.0
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements returned.
  history     6.2.0 Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start string
    stop string
    sortby? oneof since=6.2.0
      byscore token BYSCORE
      bylex token BYLEX
    rev? token REV since=6.2.0
    limit? block LIMIT since=6.2.0
      offset integer
      count integer
    withscores? token WITHSCORES
  reply       array of bulk | pairs of bulk, double

ZRANGEBYLEX -4
  status      built
  summary     Members of a sorted set within a range of names
  since       2.8.9
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements being returned. If M is constant (e.g. always asking for the first 10
              elements with LIMIT), you can consider it O(log(N)).
  deprecated  6.2.0 `ZRANGE` with the `BYLEX` argument
  key         RO access at 1
  route       one-slot
  args
    key key @0
    min string
    max string
    limit? block LIMIT
      offset integer
      count integer
  reply       array of bulk

ZRANGEBYSCORE -4
  status      built
  summary     Members of a sorted set with a score within a range
  since       1.0.5
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements being returned. If M is constant (e.g. always asking for the first 10
              elements with LIMIT), you can consider it O(log(N)).
  history     2.0.0 Added the `WITHSCORES` modifier.
  deprecated  6.2.0 `ZRANGE` with the `BYSCORE` argument
  key         RO access at 1
  route       one-slot
  args
    key key @0
    min double
    max double
    withscores? token WITHSCORES since=2.0.0
    limit? block LIMIT
      offset integer
      count integer
  reply       array of bulk | pairs of bulk, double

ZRANGESTORE -5
  status      built
  summary     Store the members of a sorted set within a range
  since       6.2.0
  flags       write denyoom
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements stored into the destination key.
  key         OW update at 1
  key         RO access at 2
  route       one-slot
  args
    dst key @0
    src key @1
    min string
    max string
    sortby? oneof
      byscore token BYSCORE
      bylex token BYLEX
    rev? token REV
    limit? block LIMIT
      offset integer
      count integer
  reply       int >=0

ZRANK -3
  status      built
  summary     The place of a member, counted from the lowest score
  since       2.0.0
  flags       readonly fast
  complexity  O(log(N))
  history     7.2.0 Added the optional `WITHSCORE` argument.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member string
    withscore? token WITHSCORE
  reply       int >=0 | null | [int >=0, double] | null-array

ZREM -3
  status      built
  summary     Remove members from a sorted set
  since       1.2.0
  flags       write fast
  complexity  O(M*log(N)) with N being the number of elements in the sorted set and M the number of
              elements to be removed.
  history     2.4.0 Accepts multiple elements.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    member+ string
  reply       int >=0

ZREMRANGEBYLEX 4
  status      built
  summary     Remove the members within a range of names
  since       2.8.9
  flags       write
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements removed by the operation.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    min string
    max string
  reply       int >=0

ZREMRANGEBYRANK 4
  status      built
  summary     Remove the members within a range of ranks
  since       2.0.0
  flags       write
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements removed by the operation.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    start integer
    stop integer
  reply       int >=0

ZREMRANGEBYSCORE 4
  status      built
  summary     Remove the members with a score within a range
  since       1.2.0
  flags       write
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements removed by the operation.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    min double
    max double
  reply       int >=0

ZREVRANGE -4
  status      built
  summary     Members of a sorted set within a range of ranks, highest first
  since       1.2.0
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements returned.
  deprecated  6.2.0 `ZRANGE` with the `REV` argument
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start integer
    stop integer
    withscores? token WITHSCORES
  reply       array of bulk | pairs of bulk, double

ZREVRANGEBYLEX -4
  status      built
  summary     Members of a sorted set within a range of names, last first
  since       2.8.9
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements being returned. If M is constant (e.g. always asking for the first 10
              elements with LIMIT), you can consider it O(log(N)).
  deprecated  6.2.0 `ZRANGE` with the `REV` and `BYLEX` arguments
  key         RO access at 1
  route       one-slot
  args
    key key @0
    max string
    min string
    limit? block LIMIT
      offset integer
      count integer
  reply       array of bulk

ZREVRANGEBYSCORE -4
  status      built
  summary     Members of a sorted set with a score within a range, highest first
  since       2.2.0
  flags       readonly
  complexity  O(log(N)+M) with N being the number of elements in the sorted set and M the number of
              elements being returned. If M is constant (e.g. always asking for the first 10
              elements with LIMIT), you can consider it O(log(N)).
  history     2.1.6 `min` and `max` can be exclusive.
  deprecated  6.2.0 `ZRANGE` with the `REV` and `BYSCORE` arguments
  key         RO access at 1
  route       one-slot
  args
    key key @0
    max double
    min double
    withscores? token WITHSCORES
    limit? block LIMIT
      offset integer
      count integer
  reply       array of bulk | pairs of bulk, double

ZREVRANK -3
  status      built
  summary     The place of a member, counted from the highest score
  since       2.0.0
  flags       readonly fast
  complexity  O(log(N))
  history     7.2.0 Added the optional `WITHSCORE` argument.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member string
    withscore? token WITHSCORE
  reply       int >=0 | null | [int >=0, double] | null-array

ZSCAN -3
  status      built
  summary     Walk over a sorted set, a few members at a time
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

ZSCORE 3
  status      built
  summary     The score of a member
  since       1.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member string
  reply       double | null

ZUNION -3
  status      built
  summary     Members that any of the sorted sets has, their scores combined
  since       6.2.0
  flags       readonly
  complexity  O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M
              being the number of elements in the resulting sorted set.
  key         RO access at 1 count 0 first 1
  route       one-slot
  args
    numkeys integer
    key+ key @0
    weight* integer WEIGHTS
    aggregate? oneof AGGREGATE
      sum token SUM
      min token MIN
      max token MAX
    withscores? token WITHSCORES
  reply       array of bulk | pairs of bulk, double

ZUNIONSTORE -4
  status      built
  summary     Store the members that any of the sorted sets has, their scores combined
  since       2.0.0
  flags       write denyoom
  complexity  O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M
              being the number of elements in the resulting sorted set.
  key         OW update at 1
  key         RO access at 2 count 0 first 1
  route       one-slot
  args
    destination key @0
    numkeys integer
    key+ key @1
    weight* integer WEIGHTS
    aggregate? oneof AGGREGATE
      sum token SUM
      min token MIN
      max token MAX
  reply       int >=0
