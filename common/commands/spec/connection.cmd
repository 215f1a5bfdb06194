group connection
acl   connection

AUTH -2
  status      built
  summary     Summary of auth
  since       1.0.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(N) where N is the number of passwords defined for the user
  history     6.0.0 Added ACL style (username and password).
  route       local
  args
    username? string since=6.0.0
    password string
  reply       any

CLIENT -2
  summary     Summary of client
  since       2.4.0
  acl         -
  complexity  Depends on subcommand.

CLIENT CACHING 3
  status      todo 7
  summary     Summary of client|caching
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    mode oneof
      yes token YES
      no token NO
  reply       any

CLIENT GETNAME 2
  status      built
  summary     Summary of client|getname
  since       2.6.9
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       any

CLIENT GETREDIR 2
  status      todo 7
  summary     Summary of client|getredir
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       any

CLIENT HELP 2
  status      built
  summary     Summary of client|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

CLIENT ID 2
  status      built
  summary     Summary of client|id
  since       5.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       any

CLIENT INFO 2
  status      built
  summary     Summary of client|info
  since       6.2.0
  flags       noscript loading stale
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

CLIENT KILL -3
  status      built
  summary     Summary of client|kill
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
  reply       any

CLIENT LIST -2
  status      built
  summary     Summary of client|list
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
  reply       any

CLIENT NO-EVICT 3
  status      built
  summary     Summary of client|no-evict
  since       7.0.0
  flags       admin noscript loading stale
  complexity  O(1)
  route       local
  args
    enabled oneof
      on token ON
      off token OFF
  reply       any

CLIENT NO-TOUCH 3
  status      built
  summary     Summary of client|no-touch
  since       7.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    enabled oneof
      on token ON
      off token OFF
  reply       any

CLIENT PAUSE -3
  status      todo 3
  summary     Summary of client|pause
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
  reply       any

CLIENT REPLY 3
  status      built
  summary     Summary of client|reply
  since       3.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    action oneof
      on token ON
      off token OFF
      skip token SKIP
  reply       any

CLIENT SETINFO 4
  status      built
  summary     Summary of client|setinfo
  since       7.2.0
  flags       noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    attr oneof
      libname string LIB-NAME
      libver string LIB-VER
  reply       any

CLIENT SETNAME 3
  status      built
  summary     Summary of client|setname
  since       2.6.9
  flags       noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    connection-name string
  reply       any

CLIENT TRACKING -3
  status      todo 7
  summary     Summary of client|tracking
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
  reply       any

CLIENT TRACKINGINFO 2
  status      todo 7
  summary     Summary of client|trackinginfo
  since       6.2.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       any

CLIENT UNBLOCK -3
  status      todo 3
  summary     Summary of client|unblock
  since       5.0.0
  flags       admin noscript loading stale
  complexity  O(log N) where N is the number of client connections
  route       local
  args
    client-id integer
    unblock-type? oneof
      timeout token TIMEOUT
      error token ERROR
  reply       any

CLIENT UNPAUSE 2
  status      todo 3
  summary     Summary of client|unpause
  since       6.2.0
  flags       admin noscript loading stale
  complexity  O(N) Where N is the number of paused clients
  route       local
  reply       any

ECHO 2
  status      built
  summary     Summary of echo
  since       1.0.0
  flags       loading stale fast
  complexity  O(1)
  route       local
  args
    message string
  reply       any

HELLO -1
  status      built
  summary     Summary of hello
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
  reply       any

PING -1
  status      built
  summary     Summary of ping
  since       1.0.0
  flags       fast
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    message? string
  reply       any

QUIT -1
  status      built
  summary     Summary of quit
  since       1.0.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(1)
  deprecated  7.2.0 just closing the connection
  route       local
  reply       any

RESET 1
  status      built
  summary     Summary of reset
  since       6.2.0
  flags       noscript loading stale fast no_auth allow_busy
  complexity  O(1)
  route       local
  reply       any

SELECT 2
  status      built
  summary     Summary of select
  since       1.0.0
  flags       loading stale fast
  complexity  O(1)
  route       local
  args
    index integer
  reply       any
