group connection
acl   connection

AUTH -2
  status      built
  summary     Tell who this connection is
  since       1.0.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(N) where N is the number of passwords defined for the user
  history     6.0.0 Added ACL style (username and password).
  route       local
  args
    username? string since=6.0.0
    password string
  reply       simple "OK"

CLIENT -2
  summary     Look at connections and steer them
  since       2.4.0
  acl         -
  complexity  Depends on subcommand.

CLIENT CACHING 3
  status      todo 7
  summary     Whether the next command's keys are tracked
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    mode oneof
      yes token YES
      no token NO
  reply       simple "OK"

CLIENT GETNAME 2
  status      built
  summary     The name of this connection
  since       2.6.9
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       bulk | null

CLIENT GETREDIR 2
  status      todo 7
  summary     Where the invalidations of this connection's tracking go
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       int >=-1

CLIENT HELP 2
  status      built
  summary     The subcommands of CLIENT
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

CLIENT ID 2
  status      built
  summary     The number of this connection
  since       5.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       int >=1

CLIENT INFO 2
  status      built
  summary     All that is known of this connection
  since       6.2.0
  flags       noscript loading stale
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       verbatim

CLIENT KILL -3
  status      built
  summary     Close connections, by address or by filters
  since       2.4.0
  flags       admin noscript loading stale
  complexity  O(N) where N is the number of client connections
  history     2.8.12 Added new filter format.
  history     2.8.12 `ID` option.
  history     3.2.0 Added `master` type in for `TYPE` option.
  history     5.0.0 Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward
              compatibility.
  history     6.2.0 `LADDR` option.
  route       local
  args
    filter oneof
      old-format string deprecated=2.8.12 shown=ip:port
      new-format+ oneof
        client-id? integer ID since=2.8.12
        client-type? oneof TYPE since=2.8.12
          normal token NORMAL
          master token MASTER since=3.2.0
          slave token SLAVE
          replica token REPLICA since=5.0.0
          pubsub token PUBSUB
        username? string USER
        addr? string ADDR shown=ip:port
        laddr? string LADDR since=6.2.0 shown=ip:port
        skipme? oneof SKIPME
          yes token YES
          no token NO
  reply       simple "OK" | int >=0

CLIENT LIST -2
  status      built
  summary     All that is known of all connections
  since       2.4.0
  flags       admin noscript loading stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of client connections
  history     2.8.12 Added unique client `id` field.
  history     5.0.0 Added optional `TYPE` filter.
  history     6.0.0 Added `user` field.
  history     6.2.0 Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID`
              filter.
  history     7.0.0 Added `resp`, `multi-mem`, `rbs` and `rbp` fields.
  history     7.0.3 Added `ssub` field.
  route       local
  args
    client-type? oneof TYPE since=5.0.0
      normal token NORMAL
      master token MASTER
      replica token REPLICA
      pubsub token PUBSUB
    client-id* integer ID since=6.2.0
  reply       verbatim

CLIENT NO-EVICT 3
  status      built
  summary     Whether this connection may be closed when clients use too much memory
  since       7.0.0
  flags       admin noscript loading stale
  complexity  O(1)
  route       local
  args
    enabled oneof
      on token ON
      off token OFF
  reply       simple "OK"

CLIENT NO-TOUCH 3
  status      built
  summary     Whether this connection's reads count as use of a key
  since       7.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    enabled oneof
      on token ON
      off token OFF
  reply       simple "OK"

CLIENT PAUSE -3
  status      built
  summary     Let clients wait for a while
  since       3.0.0
  flags       admin noscript loading stale
  complexity  O(1)
  history     6.2.0 `CLIENT PAUSE WRITE` mode added along with the `mode` option.
  route       local
  args
    timeout integer
    mode? oneof since=6.2.0
      write token WRITE
      all token ALL
  reply       simple "OK"

CLIENT REPLY 3
  status      built
  summary     Whether this connection gets replies
  since       3.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    action oneof
      on token ON
      off token OFF
      skip token SKIP
  reply       simple "OK" | nothing

CLIENT SETINFO 4
  status      built
  summary     Name the library that this connection uses
  since       7.2.0
  flags       noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    attr oneof
      libname string LIB-NAME
      libver string LIB-VER
  reply       simple "OK"

CLIENT SETNAME 3
  status      built
  summary     Name this connection
  since       2.6.9
  flags       noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    connection-name string
  reply       simple "OK"

CLIENT TRACKING -3
  status      todo 7
  summary     Whether this connection is told when keys that it read change
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1). Some options may introduce additional complexity.
  route       local
  args
    status oneof
      on token ON
      off token OFF
    client-id? integer REDIRECT
    prefix* string PREFIX each-token
    bcast? token BCAST
    optin? token OPTIN
    optout? token OPTOUT
    noloop? token NOLOOP
  reply       simple "OK"

CLIENT TRACKINGINFO 2
  status      todo 7
  summary     How this connection's tracking is set
  since       6.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       {flags: set of bulk, redirect: int >=-1, prefixes: array of bulk | set of bulk}

CLIENT UNBLOCK -3
  status      built
  summary     Wake another connection that waits in a blocking command
  since       5.0.0
  flags       admin noscript loading stale
  complexity  O(log N) where N is the number of client connections
  route       local
  args
    client-id integer
    unblock-type? oneof
      timeout token TIMEOUT
      error token ERROR
  reply       int 0..1

CLIENT UNPAUSE 2
  status      built
  summary     Let paused clients go on
  since       6.2.0
  flags       admin noscript loading stale
  complexity  O(N) Where N is the number of paused clients
  route       local
  reply       simple "OK"

ECHO 2
  status      built
  summary     Answer with the given bytes
  since       1.0.0
  flags       loading stale fast
  complexity  O(1)
  route       local
  args
    message string
  reply       bulk

HELLO -1
  status      built
  summary     Agree on a protocol version, and log in and take a name if wanted
  since       6.0.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(1)
  history     6.2.0 `protover` made optional; when called without arguments the command reports the
              current connection's context.
  route       local
  args
    arguments? block
      protover integer
      auth? block AUTH
        username string
        password string
      clientname? string SETNAME
  reply       {server: bulk, version: bulk, proto: int 2..3, id: int >=1, mode: bulk, role: bulk,
              modules: array of any}

PING -1
  status      built
  summary     Answer, to show that the server is there
  since       1.0.0
  flags       fast
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    message? string
  reply       simple | bulk | resp2 [bulk "pong", bulk]

QUIT -1
  status      built
  summary     Close this connection
  since       1.0.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(1)
  deprecated  7.2.0 just closing the connection
  route       local
  reply       simple "OK"

RESET 1
  status      built
  summary     Put this connection back to the state of a new one
  since       6.2.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(1)
  route       local
  reply       simple "RESET"

SELECT 2
  status      built
  summary     Change the database of this connection
  since       1.0.0
  flags       loading stale fast
  complexity  O(1)
  route       local
  args
    index integer
  reply       simple "OK"
