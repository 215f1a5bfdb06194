group stream
acl   stream

XACK -4
  status      todo 3
  summary     Summary of xack
  since       5.0.0
  flags       write fast
  complexity  O(1) for each message ID processed.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    group string
    id+ string
  reply       any

XADD -5
  status      todo 3
  summary     Summary of xadd
  since       5.0.0
  flags       write denyoom fast
  tips        nondeterministic_output
  complexity  O(1) when adding a new entry, O(N) when trimming where N being the number of entries
              evicted.
  history     6.2.0 Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.
  history     7.0.0 Added support for the `<ms>-*` explicit ID form.
  key         RW update at 1
  note        UPDATE instead of INSERT because of the optional trimming feature
  route       one-slot
  args
    key key @0
    nomkstream? token NOMKSTREAM since=6.2.0
    trim? block
      strategy oneof
        maxlen token MAXLEN
        minid token MINID since=6.2.0
      operator? oneof
        equal token =
        approximately token ~
      threshold string
      count? integer LIMIT since=6.2.0
    id-selector oneof
      auto-id token *
      id string
    data+ block
      field string
      value string
  reply       any

XAUTOCLAIM -6
  status      todo 3
  summary     Summary of xautoclaim
  since       6.2.0
  flags       write fast
  tips        nondeterministic_output
  complexity  O(1) if COUNT is small.
  history     7.0.0 Added an element to the reply array, containing deleted entries the command
              cleared from the PEL
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    group string
    consumer string
    min-idle-time string
    start string
    count? integer COUNT
    justid? token JUSTID
  reply       any

XCLAIM -6
  status      todo 3
  summary     Summary of xclaim
  since       5.0.0
  flags       write fast
  tips        nondeterministic_output
  complexity  O(log N) with N being the number of messages in the PEL of the consumer group.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    group string
    consumer string
    min-idle-time string
    id+ string
    ms? integer IDLE
    unix-time-milliseconds? unix-time TIME
    count? integer RETRYCOUNT
    force? token FORCE
    justid? token JUSTID
    lastid? string LASTID
  reply       any

XDEL -3
  status      todo 3
  summary     Summary of xdel
  since       5.0.0
  flags       write fast
  complexity  O(1) for each single item to delete in the stream, regardless of the stream size.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    id+ string
  reply       any

XGROUP -2
  summary     Summary of xgroup
  since       5.0.0
  acl         -
  complexity  Depends on subcommand.

XGROUP CREATE -5
  status      todo 3
  summary     Summary of xgroup|create
  since       5.0.0
  flags       write denyoom
  complexity  O(1)
  history     7.0.0 Added the `entries_read` named argument.
  key         RW insert at 2
  route       one-slot
  args
    key key @0
    group string
    id-selector oneof
      id string
      new-id token $
    mkstream? token MKSTREAM
    entries-read? integer ENTRIESREAD
  reply       any

XGROUP CREATECONSUMER 5
  status      todo 3
  summary     Summary of xgroup|createconsumer
  since       6.2.0
  flags       write denyoom
  complexity  O(1)
  key         RW insert at 2
  route       one-slot
  args
    key key @0
    group string
    consumer string
  reply       any

XGROUP DELCONSUMER 5
  status      todo 3
  summary     Summary of xgroup|delconsumer
  since       5.0.0
  flags       write
  complexity  O(1)
  key         RW delete at 2
  route       one-slot
  args
    key key @0
    group string
    consumer string
  reply       any

XGROUP DESTROY 4
  status      todo 3
  summary     Summary of xgroup|destroy
  since       5.0.0
  flags       write
  complexity  O(N) where N is the number of entries in the group's pending entries list (PEL).
  key         RW delete at 2
  route       one-slot
  args
    key key @0
    group string
  reply       any

XGROUP HELP 2
  status      todo 3
  summary     Summary of xgroup|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

XGROUP SETID -5
  status      todo 3
  summary     Summary of xgroup|setid
  since       5.0.0
  flags       write
  complexity  O(1)
  history     7.0.0 Added the optional `entries_read` argument.
  key         RW update at 2
  route       one-slot
  args
    key key @0
    group string
    id-selector oneof
      id string
      new-id token $
    entriesread? integer ENTRIESREAD shown=entries-read
  reply       any

XINFO -2
  summary     Summary of xinfo
  since       5.0.0
  acl         -
  complexity  Depends on subcommand.

XINFO CONSUMERS 4
  status      todo 3
  summary     Summary of xinfo|consumers
  since       5.0.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1)
  history     7.2.0 Added the `inactive` field.
  key         RO access at 2
  route       one-slot
  args
    key key @0
    group string
  reply       any

XINFO GROUPS 3
  status      todo 3
  summary     Summary of xinfo|groups
  since       5.0.0
  flags       readonly
  complexity  O(1)
  history     7.0.0 Added the `entries-read` and `lag` fields
  key         RO access at 2
  route       one-slot
  args
    key key @0
  reply       any

XINFO HELP 2
  status      todo 3
  summary     Summary of xinfo|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

XINFO STREAM -3
  status      todo 3
  summary     Summary of xinfo|stream
  since       5.0.0
  flags       readonly
  complexity  O(1)
  history     6.0.0 Added the `FULL` modifier.
  history     7.0.0 Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`,
              `entries-read` and `lag` fields
  history     7.2.0 Added the `active-time` field, and changed the meaning of `seen-time`.
  key         RO access at 2
  route       one-slot
  args
    key key @0
    full-block? block
      full token FULL
      count? integer COUNT
  reply       any

XLEN 2
  status      todo 3
  summary     Summary of xlen
  since       5.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       any

XPENDING -3
  status      todo 3
  summary     Summary of xpending
  since       5.0.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(N) with N being the number of elements returned, so asking for a small fixed number
              of entries per call is O(1). O(M), where M is the total number of entries scanned when
              used with the IDLE filter. When the command returns just the summary and the list of
              consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for
              iterating every consumer.
  history     6.2.0 Added the `IDLE` option and exclusive range intervals.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    group string
    filters? block
      min-idle-time? integer IDLE since=6.2.0
      start string
      end string
      count integer
      consumer? string
  reply       any

XRANGE -4
  status      todo 3
  summary     Summary of xrange
  since       5.0.0
  flags       readonly
  complexity  O(N) with N being the number of elements being returned. If N is constant (e.g. always
              asking for the first 10 elements with COUNT), you can consider it O(1).
  history     6.2.0 Added exclusive ranges.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    start string
    end string
    count? integer COUNT
  reply       any

XREAD -4
  status      todo 3
  summary     Summary of xread
  since       5.0.0
  flags       readonly blocking
  key         RO access after STREAMS from 1 to -1 limit 2
  route       one-slot
  args
    count? integer COUNT
    milliseconds? integer BLOCK
    streams block STREAMS
      key+ key @0
      id+ string
  reply       any

XREADGROUP -7
  status      todo 3
  summary     Summary of xreadgroup
  since       5.0.0
  flags       write blocking
  complexity  For each stream mentioned: O(M) with M being the number of elements returned. If M is
              constant (e.g. always asking for the first 10 elements with COUNT), you can consider
              it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in
              order to serve the N clients blocked on the stream getting new data.
  key         RO access after STREAMS from 4 to -1 limit 2
  route       one-slot
  args
    group-block block GROUP
      group string
      consumer string
    count? integer COUNT
    milliseconds? integer BLOCK
    noack? token NOACK
    streams block STREAMS
      key+ key @0
      id+ string
  reply       any

XREVRANGE -4
  status      todo 3
  summary     Summary of xrevrange
  since       5.0.0
  flags       readonly
  complexity  O(N) with N being the number of elements returned. If N is constant (e.g. always
              asking for the first 10 elements with COUNT), you can consider it O(1).
  history     6.2.0 Added exclusive ranges.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    end string
    start string
    count? integer COUNT
  reply       any

XSETID -3
  status      todo 3
  summary     Summary of xsetid
  since       5.0.0
  flags       write denyoom fast
  complexity  O(1)
  history     7.0.0 Added the `entries_added` and `max_deleted_entry_id` arguments.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    last-id string
    entries-added? integer ENTRIESADDED since=7.0.0
    max-deleted-id? string MAXDELETEDID since=7.0.0
  reply       any

XTRIM -4
  status      todo 3
  summary     Summary of xtrim
  since       5.0.0
  flags       write
  tips        nondeterministic_output
  complexity  O(N), with N being the number of evicted entries. Constant times are very small
              however, since entries are organized in macro nodes containing multiple entries that
              can be released with a single deallocation.
  history     6.2.0 Added the `MINID` trimming strategy and the `LIMIT` option.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    trim block
      strategy oneof
        maxlen token MAXLEN
        minid token MINID since=6.2.0
      operator? oneof
        equal token =
        approximately token ~
      threshold string
      count? integer LIMIT since=6.2.0
  reply       any
