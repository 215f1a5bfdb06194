group server

ACL -2
  summary     Summary of acl
  since       6.0.0
  complexity  Depends on subcommand.

ACL CAT -2
  status      todo 7
  summary     Summary of acl|cat
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1) since the categories and commands are a fixed set.
  route       local
  args
    category? string
  reply       any

ACL DELUSER -3
  status      todo 7
  summary     Summary of acl|deluser
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1) amortized time considering the typical user.
  route       local
  args
    username+ string
  reply       any

ACL DRYRUN -4
  status      todo 7
  summary     Summary of acl|dryrun
  since       7.0.0
  flags       admin noscript loading stale
  complexity  O(1).
  route       local
  args
    username string
    command string
    arg* string
  reply       any

ACL GENPASS -2
  status      todo 7
  summary     Summary of acl|genpass
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    bits? integer
  reply       any

ACL GETUSER 3
  status      todo 7
  summary     Summary of acl|getuser
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of password, command and pattern rules that the user has.
  history     6.2.0 Added Pub/Sub channel patterns.
  history     7.0.0 Added selectors and changed the format of key and channel patterns from a list
              to their rule representation.
  route       local
  args
    username string
  reply       any

ACL HELP 2
  status      todo 7
  summary     Summary of acl|help
  since       6.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

ACL LIST 2
  status      todo 7
  summary     Summary of acl|list
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       local
  reply       any

ACL LOAD 2
  status      todo 7
  summary     Summary of acl|load
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       local
  reply       any

ACL LOG -2
  status      todo 7
  summary     Summary of acl|log
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N) with N being the number of entries shown.
  history     7.2.0 Added entry ID, timestamp created, and timestamp last updated.
  route       local
  args
    operation? oneof
      count integer
      reset token RESET
  reply       any

ACL SAVE 2
  status      todo 7
  summary     Summary of acl|save
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N). Where N is the number of configured users.
  route       local
  reply       any

ACL SETUSER -3
  status      todo 7
  summary     Summary of acl|setuser
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N). Where N is the number of rules provided.
  history     6.2.0 Added Pub/Sub channel patterns.
  history     7.0.0 Added selectors and key based permissions.
  route       local
  args
    username string
    rule* string
  reply       any

ACL USERS 2
  status      todo 7
  summary     Summary of acl|users
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       local
  reply       any

ACL WHOAMI 2
  status      todo 7
  summary     Summary of acl|whoami
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       any

BGREWRITEAOF 1
  status      todo 4
  summary     Summary of bgrewriteaof
  since       1.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       local
  reply       any

BGSAVE -1
  status      todo 4
  summary     Summary of bgsave
  since       1.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  history     3.2.2 Added the `SCHEDULE` option.
  route       local
  args
    schedule? token SCHEDULE since=3.2.2
  reply       any

COMMAND -1
  status      built
  summary     Summary of command
  since       2.8.13
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of Redis commands
  route       local
  reply       any

COMMAND COUNT 2
  status      built
  summary     Summary of command|count
  since       2.8.13
  flags       loading stale
  acl         connection
  complexity  O(1)
  route       local
  reply       any

COMMAND DOCS -2
  status      built
  summary     Summary of command|docs
  since       7.0.0
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of commands to look up
  route       local
  args
    command-name* string
  reply       any

COMMAND GETKEYS -3
  status      built
  summary     Summary of command|getkeys
  since       2.8.13
  flags       loading stale
  acl         connection
  complexity  O(N) where N is the number of arguments to the command
  route       local
  args
    command string
    arg* string
  reply       any

COMMAND GETKEYSANDFLAGS -3
  status      built
  summary     Summary of command|getkeysandflags
  since       7.0.0
  flags       loading stale
  acl         connection
  complexity  O(N) where N is the number of arguments to the command
  route       local
  args
    command string
    arg* string
  reply       any

COMMAND HELP 2
  status      built
  summary     Summary of command|help
  since       5.0.0
  flags       loading stale
  acl         connection
  complexity  O(1)
  route       local
  reply       any

COMMAND INFO -2
  status      built
  summary     Summary of command|info
  since       2.8.13
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of commands to look up
  history     7.0.0 Allowed to be called with no argument to get info on all commands.
  route       local
  args
    command-name* string
  reply       any

COMMAND LIST -2
  status      built
  summary     Summary of command|list
  since       7.0.0
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of Redis commands
  route       local
  args
    filterby? oneof FILTERBY
      module-name string MODULE
      category string ACLCAT
      pattern pattern PATTERN
  reply       any

CONFIG -2
  summary     Summary of config
  since       2.0.0
  complexity  Depends on subcommand.

CONFIG GET -3
  status      built
  summary     Summary of config|get
  since       2.0.0
  flags       admin noscript loading stale
  complexity  O(N) when N is the number of configuration parameters provided
  history     7.0.0 Added the ability to pass multiple pattern parameters in one call
  route       local
  args
    parameter+ string
  reply       any

CONFIG HELP 2
  status      built
  summary     Summary of config|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

CONFIG RESETSTAT 2
  status      built
  summary     Summary of config|resetstat
  since       2.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  reply       any

CONFIG REWRITE 2
  status      built
  summary     Summary of config|rewrite
  since       2.8.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       local
  reply       any

CONFIG SET -4
  status      built
  summary     Summary of config|set
  since       2.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) when N is the number of configuration parameters provided
  history     7.0.0 Added the ability to set multiple parameters in one call.
  route       local
  args
    data+ block
      parameter string
      value string
  reply       any

DBSIZE 1
  status      built
  summary     Summary of dbsize
  since       1.0.0
  flags       readonly fast
  acl         keyspace
  tips        request_policy:all_shards response_policy:agg_sum
  complexity  O(1)
  route       local
  reply       any

DEBUG -2
  status      built
  summary     Summary of debug
  since       1.0.0
  flags       admin noscript loading stale
  complexity  Depends on subcommand.
  syscmd
  route       local
  reply       any

FLUSHALL -1
  status      built
  summary     Summary of flushall
  since       1.0.0
  flags       write
  acl         keyspace dangerous
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the total number of keys in all databases
  history     4.0.0 Added the `ASYNC` flushing mode modifier.
  history     6.2.0 Added the `SYNC` flushing mode modifier.
  route       local
  args
    flush-type? oneof
      async token ASYNC since=4.0.0
      sync token SYNC since=6.2.0
  reply       any

FLUSHDB -1
  status      built
  summary     Summary of flushdb
  since       1.0.0
  flags       write
  acl         keyspace dangerous
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of keys in the selected database
  history     4.0.0 Added the `ASYNC` flushing mode modifier.
  history     6.2.0 Added the `SYNC` flushing mode modifier.
  route       local
  args
    flush-type? oneof
      async token ASYNC since=4.0.0
      sync token SYNC since=6.2.0
  reply       any

INFO -1
  status      built
  summary     Summary of info
  since       1.0.0
  flags       loading stale
  acl         dangerous
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  history     7.0.0 Added support for taking multiple section arguments.
  route       local
  args
    section* string
  reply       any

LASTSAVE 1
  status      todo 4
  summary     Summary of lastsave
  since       1.0.0
  flags       loading stale fast
  acl         admin dangerous
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

LATENCY -2
  summary     Summary of latency
  since       2.8.13
  complexity  Depends on subcommand.

LATENCY DOCTOR 2
  status      todo 3
  summary     Summary of latency|doctor
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       local
  reply       any

LATENCY GRAPH 3
  status      todo 3
  summary     Summary of latency|graph
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       local
  args
    event string
  reply       any

LATENCY HELP 2
  status      todo 3
  summary     Summary of latency|help
  since       2.8.13
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

LATENCY HISTOGRAM -2
  status      todo 3
  summary     Summary of latency|histogram
  since       7.0.0
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(N) where N is the number of commands with latency information being retrieved.
  route       local
  args
    command* string
  reply       any

LATENCY HISTORY 3
  status      todo 3
  summary     Summary of latency|history
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       local
  args
    event string
  reply       any

LATENCY LATEST 2
  status      todo 3
  summary     Summary of latency|latest
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       local
  reply       any

LATENCY RESET -2
  status      todo 3
  summary     Summary of latency|reset
  since       2.8.13
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:agg_sum
  complexity  O(1)
  route       local
  args
    event* string
  reply       any

LOLWUT -1
  status      built
  summary     Summary of lolwut
  since       5.0.0
  flags       readonly fast
  route       local
  args
    version? integer VERSION
  reply       any

MEMORY -2
  summary     Summary of memory
  since       4.0.0
  complexity  Depends on subcommand.

MEMORY BIGKEYS -2
  status      todo 3
  summary     Summary of memory|bigkeys
  since       7.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(N) where N is the number of keys returned
  route       local
  args
    count? integer COUNT
  reply       any

MEMORY DOCTOR 2
  status      todo 3
  summary     Summary of memory|doctor
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       local
  reply       any

MEMORY HELP 2
  status      todo 3
  summary     Summary of memory|help
  since       4.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

MEMORY HOTKEYS -2
  status      todo 3
  summary     Summary of memory|hotkeys
  since       7.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(N) where N is the number of keys returned
  route       local
  args
    count? integer COUNT
  reply       any

MEMORY MALLOC-STATS 2
  status      todo 3
  summary     Summary of memory|malloc-stats
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  Depends on how much memory is allocated, could be slow
  route       local
  reply       any

MEMORY PURGE 2
  status      todo 3
  summary     Summary of memory|purge
  since       4.0.0
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  Depends on how much memory is allocated, could be slow
  route       local
  reply       any

MEMORY STATS 2
  status      todo 3
  summary     Summary of memory|stats
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       local
  reply       any

MEMORY USAGE -3
  status      todo 3
  summary     Summary of memory|usage
  since       4.0.0
  flags       readonly
  complexity  O(N) where N is the number of samples.
  key         RO at 2
  route       one-slot
  args
    key key @0
    count? integer SAMPLES
  reply       any

MODULE -2
  summary     Summary of module
  since       4.0.0
  complexity  Depends on subcommand.

MODULE HELP 2
  status      todo 7
  summary     Summary of module|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

MODULE LIST 2
  status      todo 7
  summary     Summary of module|list
  since       4.0.0
  flags       admin noscript
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of loaded modules.
  route       local
  reply       any

MODULE LOAD -3
  status      todo 7
  summary     Summary of module|load
  since       4.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       local
  args
    path string
    arg* string
  reply       any

MODULE LOADEX -3
  status      todo 7
  summary     Summary of module|loadex
  since       7.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       local
  args
    path string
    configs* block CONFIG each-token
      name string
      value string
    args* string ARGS
  reply       any

MODULE UNLOAD 3
  status      todo 7
  summary     Summary of module|unload
  since       4.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       local
  args
    name string
  reply       any

MONITOR 1
  status      todo 3
  summary     Summary of monitor
  since       1.0.0
  flags       admin noscript loading stale
  route       local
  reply       any

RESTORE-ASKING -4
  status      todo 4
  summary     Summary of restore-asking
  since       3.0.0
  flags       write denyoom asking
  acl         keyspace dangerous
  complexity  O(1) to create the new key and additional O(N*M) to reconstruct the serialized value,
              where N is the number of Redis objects composing the value and M their average size.
              For small string values the time complexity is thus O(1)+O(1*M) where M is small, so
              simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because
              inserting values into sorted sets is O(log(N)).
  history     3.0.0 Added the `REPLACE` modifier.
  history     5.0.0 Added the `ABSTTL` modifier.
  history     5.0.0 Added the `IDLETIME` and `FREQ` options.
  syscmd
  key         OW update at 1
  route       one-slot
  args
    key key @0
    ttl integer
    serialized-value string
    replace? token REPLACE since=3.0.0
    absttl? token ABSTTL since=5.0.0
    seconds? integer IDLETIME since=5.0.0
    frequency? integer FREQ since=5.0.0
  reply       any

SAVE 1
  status      todo 4
  summary     Summary of save
  since       1.0.0
  flags       admin noscript no_async_loading no_multi
  complexity  O(N) where N is the total number of keys in all databases
  route       local
  reply       any

SHUTDOWN -1
  status      built
  summary     Summary of shutdown
  since       1.0.0
  flags       admin noscript loading stale no_multi allow_busy
  complexity  O(N) when saving, where N is the total number of keys in all databases when saving
              data, otherwise O(1)
  history     7.0.0 Added the `NOW`, `FORCE` and `ABORT` modifiers.
  route       local
  args
    save-selector? oneof
      nosave token NOSAVE
      save token SAVE
    now? token NOW since=7.0.0
    force? token FORCE since=7.0.0
    abort? token ABORT since=7.0.0
  reply       any

SLOWLOG -2
  summary     Summary of slowlog
  since       2.2.12
  complexity  Depends on subcommand.

SLOWLOG GET -2
  status      todo 3
  summary     Summary of slowlog|get
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes nondeterministic_output
  complexity  O(N) where N is the number of entries returned
  history     4.0.0 Added client IP address, port and name to the reply.
  route       local
  args
    count? integer
  reply       any

SLOWLOG HELP 2
  status      todo 3
  summary     Summary of slowlog|help
  since       6.2.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

SLOWLOG LEN 2
  status      todo 3
  summary     Summary of slowlog|len
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes response_policy:agg_sum nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

SLOWLOG RESET 2
  status      todo 3
  summary     Summary of slowlog|reset
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) where N is the number of entries in the slowlog
  route       local
  reply       any

SWAPDB 3
  status      built
  summary     Summary of swapdb
  since       4.0.0
  flags       write fast
  acl         keyspace dangerous
  complexity  O(N) where N is the count of clients watching or blocking on keys from both databases.
  route       local
  args
    index1 integer
    index2 integer
  reply       any

TIME 1
  status      built
  summary     Summary of time
  since       2.6.0
  flags       loading stale fast
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any
