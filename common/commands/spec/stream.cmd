group stream
acl   stream

XACK -4
  status      built
  summary     Tell a group that entries were processed
  since       5.0.0
  flags       write fast
  complexity  O(1) for each message ID processed.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    group string
    id+ string
  reply       int >=0

XADD -5
  status      built
  summary     Append an entry to a stream
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
  reply       bulk | null

XAUTOCLAIM -6
  status      built
  summary     Take over entries that others have left pending for long
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
  reply       [bulk, array of ([bulk, array of bulk] | bulk), array of bulk]

XCLAIM -6
  status      built
  summary     Take over given entries that are pending with others
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
  reply       array of ([bulk, array of bulk] | bulk)

XDEL -3
  status      built
  summary     Remove entries from a stream
  since       5.0.0
  flags       write fast
  complexity  O(1) for each single item to delete in the stream, regardless of the stream size.
  key         RW delete at 1
  route       one-slot
  args
    key key @0
    id+ string
  reply       int >=0

XGROUP -2
  summary     Make, change and remove consumer groups
  since       5.0.0
  acl         -
  complexity  Depends on subcommand.

XGROUP CREATE -5
  status      built
  summary     Make a consumer group
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
  reply       simple "OK"

XGROUP CREATECONSUMER 5
  status      built
  summary     Make a consumer in a group
  since       6.2.0
  flags       write denyoom
  complexity  O(1)
  key         RW insert at 2
  route       one-slot
  args
    key key @0
    group string
    consumer string
  reply       int 0..1

XGROUP DELCONSUMER 5
  status      built
  summary     Remove a consumer and forget what was pending with it
  since       5.0.0
  flags       write
  complexity  O(1)
  key         RW delete at 2
  route       one-slot
  args
    key key @0
    group string
    consumer string
  reply       int >=0

XGROUP DESTROY 4
  status      built
  summary     Remove a consumer group
  since       5.0.0
  flags       write
  complexity  O(N) where N is the number of entries in the group's pending entries list (PEL).
  key         RW delete at 2
  route       one-slot
  args
    key key @0
    group string
  reply       int 0..1

XGROUP HELP 2
  status      built
  summary     The subcommands of XGROUP
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

XGROUP SETID -5
  status      built
  summary     Set the entry after which a group goes on to read
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
  reply       simple "OK"

XINFO -2
  summary     Look at streams, groups and consumers
  since       5.0.0
  acl         -
  complexity  Depends on subcommand.

XINFO CONSUMERS 4
  status      built
  summary     The consumers of a group
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
  reply       array of {name: bulk, pending: int >=0, idle: int >=0, inactive?: int >=-1}

XINFO GROUPS 3
  status      built
  summary     The groups of a stream
  since       5.0.0
  flags       readonly
  complexity  O(1)
  history     7.0.0 Added the `entries-read` and `lag` fields
  key         RO access at 2
  route       one-slot
  args
    key key @0
  reply       array of {name: bulk, consumers: int >=0, pending: int >=0, last-delivered-id: bulk,
              entries-read: int | null, lag: int | null}

XINFO HELP 2
  status      built
  summary     The subcommands of XINFO
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

XINFO STREAM -3
  status      built
  summary     State of a stream, with its entries and groups if wanted
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
  reply       {length: int >=0, radix-tree-keys: int >=0, radix-tree-nodes: int >=0,
              last-generated-id: bulk, max-deleted-entry-id: bulk, entries-added: int >=0,
              recorded-first-entry-id: bulk, groups: int >=0 | array of {name: bulk,
              last-delivered-id: bulk, entries-read: int | null, lag: int | null, pel-count:
              int >=0, pending: array of [bulk, bulk, int, int], consumers: array of {name: bulk,
              seen-time: int, active-time?: int, pel-count: int >=0, pending: array of [bulk, int,
              int]}}, first-entry?: [bulk, array of bulk] | null, last-entry?: [bulk, array of bulk]
              | null, entries?: array of [bulk, array of bulk]}

XLEN 2
  status      built
  summary     Number of entries in a stream
  since       5.0.0
  flags       readonly fast
  complexity  O(1)
  key         RO at 1
  route       one-slot
  args
    key key @0
  reply       int >=0

XPENDING -3
  status      built
  summary     What was delivered to a group and not acknowledged yet
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
  reply       [int >=0, bulk | null, bulk | null, array of [bulk, bulk] | null-array] | array of
              [bulk, bulk, int >=0, int >=0]

XRANGE -4
  status      built
  summary     Entries of a stream from one id to another
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
  reply       array of [bulk, array of bulk] | null-array

XREAD -4
  status      built
  summary     Entries of streams after given ids, waiting for them if wanted
  since       5.0.0
  flags       readonly blocking
  key         RO access after STREAMS from 1 to -1 limit 2
  route       private:block-option
  args
    count? integer COUNT
    milliseconds? integer BLOCK
    streams block STREAMS
      key+ key @0
      id+ string
  reply       resp2 array of [bulk, array of [bulk, array of bulk]] | resp3 map of bulk -> array of
              [bulk, array of bulk] | null-array

XREADGROUP -7
  status      built
  summary     Entries of streams as one consumer of a group, waiting for them if wanted
  since       5.0.0
  flags       write blocking
  complexity  For each stream mentioned: O(M) with M being the number of elements returned. If M is
              constant (e.g. always asking for the first 10 elements with COUNT), you can consider
              it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in
              order to serve the N clients blocked on the stream getting new data.
  key         RO access after STREAMS from 4 to -1 limit 2
  route       private:block-option
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
  reply       resp2 array of [bulk, array of [bulk, array of bulk | null-array]] | resp3 map of bulk
              -> array of [bulk, array of bulk | null-array] | null-array

XREVRANGE -4
  status      built
  summary     Entries of a stream from one id back to another
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
  reply       array of [bulk, array of bulk] | null-array

XSETID -3
  status      built
  summary     Set the last id of a stream, for replication
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
  reply       simple "OK"

XTRIM -4
  status      built
  summary     Cut old entries off a stream
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
  reply       int >=0
