group server

ACL -2
  summary     Manage users and what they may do
  since       6.0.0
  complexity  Depends on subcommand.

ACL CAT -2
  status      todo 7
  summary     The categories of commands, or the commands of one
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1) since the categories and commands are a fixed set.
  route       local
  args
    category? string
  reply       array of bulk

ACL DELUSER -3
  status      todo 7
  summary     Remove users and close their connections
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1) amortized time considering the typical user.
  route       refused
  args
    username+ string
  reply       int >=0

ACL DRYRUN -4
  status      todo 7
  summary     Whether a user might run a command
  since       7.0.0
  flags       admin noscript loading stale
  complexity  O(1).
  route       refused
  args
    username string
    command string
    arg* string
  reply       simple "OK" | bulk

ACL GENPASS -2
  status      todo 7
  summary     A password made of random digits
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  args
    bits? integer
  reply       bulk

ACL GETUSER 3
  status      todo 7
  summary     The rules of one user
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of password, command and pattern rules that the user has.
  history     6.2.0 Added Pub/Sub channel patterns.
  history     7.0.0 Added selectors and changed the format of key and channel patterns from a list
              to their rule representation.
  route       refused
  args
    username string
  reply       {flags: set of bulk, passwords: array of bulk, commands: bulk, keys: bulk, channels:
              bulk, selectors: array of {commands: bulk, keys: bulk, channels: bulk}} | null

ACL HELP 2
  status      todo 7
  summary     The subcommands of ACL
  since       6.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

ACL LIST 2
  status      todo 7
  summary     The rules of all users, as an ACL file has them
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       refused
  reply       array of bulk

ACL LOAD 2
  status      todo 7
  summary     Read the ACL file again
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       refused
  reply       simple "OK"

ACL LOG -2
  status      todo 7
  summary     The latest refusals, or forget them
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N) with N being the number of entries shown.
  history     7.2.0 Added entry ID, timestamp created, and timestamp last updated.
  route       refused
  args
    operation? oneof
      count integer
      reset token RESET
  reply       simple "OK" | array of {count: int >=1, reason: bulk, context: bulk, object: bulk,
              username: bulk, age-seconds: double, client-info: bulk, entry-id?: int,
              timestamp-created?: int, timestamp-last-updated?: int}

ACL SAVE 2
  status      todo 7
  summary     Write the ACL file
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N). Where N is the number of configured users.
  route       refused
  reply       simple "OK"

ACL SETUSER -3
  status      todo 7
  summary     Make a user or change its rules
  since       6.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N). Where N is the number of rules provided.
  history     6.2.0 Added Pub/Sub channel patterns.
  history     7.0.0 Added selectors and key based permissions.
  route       refused
  args
    username string
    rule* string
  reply       simple "OK"

ACL USERS 2
  status      todo 7
  summary     The names of all users
  since       6.0.0
  flags       admin noscript loading stale
  complexity  O(N). Where N is the number of configured users.
  route       refused
  reply       array of bulk

ACL WHOAMI 2
  status      todo 7
  summary     The user of this connection
  since       6.0.0
  flags       noscript loading stale
  complexity  O(1)
  route       local
  reply       bulk

BGREWRITEAOF 1
  status      built
  summary     Write a compact append-only file in the background
  since       1.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       all-shards:ok
  reply       simple

BGSAVE -1
  status      built
  summary     Save the data to disk in the background
  since       1.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  history     3.2.2 Added the `SCHEDULE` option.
  route       all-shards:ok
  args
    schedule? token SCHEDULE since=3.2.2
  reply       simple

COMMAND -1
  status      built
  summary     All that is declared about all commands
  since       2.8.13
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the total number of Redis commands
  route       local
  reply       array of ([bulk, int, set of simple, int, int, int, set of simple, set of bulk, set of
              any, array of any | set of any])

COMMAND COUNT 2
  status      built
  summary     Number of commands
  since       2.8.13
  flags       loading stale
  acl         connection
  complexity  O(1)
  route       local
  reply       int >=1

COMMAND DOCS -2
  status      built
  summary     What commands are for and what arguments they take
  since       7.0.0
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of commands to look up
  route       local
  args
    command-name* string
  reply       map of bulk -> {summary: bulk, since: bulk, group: bulk, ...}

COMMAND GETKEYS -3
  status      built
  summary     The keys in a command
  since       2.8.13
  flags       loading stale
  acl         connection
  complexity  O(N) where N is the number of arguments to the command
  route       local
  args
    command string
    arg* string
  reply       array of bulk

COMMAND GETKEYSANDFLAGS -3
  status      built
  summary     The keys in a command, and what it does with each
  since       7.0.0
  flags       loading stale
  acl         connection
  complexity  O(N) where N is the number of arguments to the command
  route       local
  args
    command string
    arg* string
  reply       array of [bulk, set of simple]

COMMAND HELP 2
  status      built
  summary     The subcommands of COMMAND
  since       5.0.0
  flags       loading stale
  acl         connection
  complexity  O(1)
  route       local
  reply       array of simple

COMMAND INFO -2
  status      built
  summary     All that is declared about some commands
  since       2.8.13
  flags       loading stale
  acl         connection
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of commands to look up
  history     7.0.0 Allowed to be called with no argument to get info on all commands.
  route       local
  args
    command-name* string
  reply       array of ([bulk, int, set of simple, int, int, int, set of simple, set of bulk, set of
              any, array of any | set of any] | null)

COMMAND LIST -2
  status      built
  summary     The names of all commands, or those that a filter lets through
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
  reply       array of bulk

CONFIG -2
  summary     Read and change the configuration
  since       2.0.0
  complexity  Depends on subcommand.

CONFIG GET -3
  status      built
  summary     The values of the options whose names match patterns
  since       2.0.0
  flags       admin noscript loading stale
  complexity  O(N) when N is the number of configuration parameters provided
  history     7.0.0 Added the ability to pass multiple pattern parameters in one call
  route       all-shards:any
  args
    parameter+ string
  reply       map of bulk -> bulk

CONFIG HELP 2
  status      built
  summary     The subcommands of CONFIG
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

CONFIG RESETSTAT 2
  status      built
  summary     Set the counters of INFO back to zero
  since       2.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       all-shards:ok
  reply       simple "OK"

CONFIG REWRITE 2
  status      built
  summary     Write the current options to the configuration file, keeping its comments
  since       2.8.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(1)
  route       all-shards:ok
  reply       simple "OK"

CONFIG SET -4
  status      built
  summary     Change options, all of them or none
  since       2.0.0
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) when N is the number of configuration parameters provided
  history     7.0.0 Added the ability to set multiple parameters in one call.
  route       all-shards:ok
  args
    data+ block
      parameter string
      value string
  reply       simple "OK"

DBSIZE 1
  status      built
  summary     Number of keys in the database
  since       1.0.0
  flags       readonly fast
  acl         keyspace
  tips        request_policy:all_shards response_policy:agg_sum
  complexity  O(1)
  route       all-shards:sum
  reply       int >=0

DEBUG -2
  status      built
  summary     Tools for those who test the server
  since       1.0.0
  flags       admin noscript loading stale
  complexity  Depends on subcommand.
  syscmd
  route       all-shards:ok
  reply       any

FLUSHALL -1
  status      built
  summary     Remove all keys of all databases
  since       1.0.0
  flags       write
  acl         keyspace dangerous
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the total number of keys in all databases
  history     4.0.0 Added the `ASYNC` flushing mode modifier.
  history     6.2.0 Added the `SYNC` flushing mode modifier.
  route       all-shards:ok
  args
    flush-type? oneof
      async token ASYNC since=4.0.0
      sync token SYNC since=6.2.0
  reply       simple "OK"

FLUSHDB -1
  status      built
  summary     Remove all keys of the database
  since       1.0.0
  flags       write
  acl         keyspace dangerous
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of keys in the selected database
  history     4.0.0 Added the `ASYNC` flushing mode modifier.
  history     6.2.0 Added the `SYNC` flushing mode modifier.
  route       all-shards:ok
  args
    flush-type? oneof
      async token ASYNC since=4.0.0
      sync token SYNC since=6.2.0
  reply       simple "OK"

INFO -1
  status      built
  summary     State and counters of the server, in sections
  since       1.0.0
  flags       loading stale
  acl         dangerous
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  history     7.0.0 Added support for taking multiple section arguments.
  route       local
  args
    section* string
  reply       verbatim

LASTSAVE 1
  status      built
  summary     The Unix time in seconds of the last save that succeeded
  since       1.0.0
  flags       loading stale fast
  acl         admin dangerous
  tips        nondeterministic_output
  complexity  O(1)
  route       all-shards:min
  reply       int >=0

LATENCY -2
  summary     Look at where time was lost
  since       2.8.13
  complexity  Depends on subcommand.

LATENCY DOCTOR 2
  status      built
  summary     A report on where time was lost, in words
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       refused
  reply       verbatim

LATENCY GRAPH 3
  status      built
  summary     The latest latencies of an event, drawn with letters
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       refused
  args
    event string
  reply       verbatim

LATENCY HELP 2
  status      built
  summary     The subcommands of LATENCY
  since       2.8.13
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

LATENCY HISTOGRAM -2
  status      built
  summary     How long commands took, counted in powers of two
  since       7.0.0
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(N) where N is the number of commands with latency information being retrieved.
  route       local
  args
    command* string
  reply       map of bulk -> {calls: int >=0, histogram_usec: map of int -> int}

LATENCY HISTORY 3
  status      built
  summary     The latest latencies of an event with their times
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       all-shards:concat
  args
    event string
  reply       array of [int, int]

LATENCY LATEST 2
  status      built
  summary     The last and the highest latency of each event
  since       2.8.13
  flags       admin noscript loading stale
  tips        nondeterministic_output request_policy:all_nodes response_policy:special
  complexity  O(1)
  route       all-shards:concat
  reply       array of [bulk, int, int, int]

LATENCY RESET -2
  status      built
  summary     Forget the latencies of some or all events
  since       2.8.13
  flags       admin noscript loading stale
  tips        request_policy:all_nodes response_policy:agg_sum
  complexity  O(1)
  route       all-shards:sum
  args
    event* string
  reply       int >=0

LOLWUT -1
  status      built
  summary     A picture made of letters, and the version
  since       5.0.0
  flags       readonly fast
  route       local
  args
    version? integer VERSION
  reply       verbatim

MEMORY -2
  summary     Look at what memory is used for
  since       4.0.0
  complexity  Depends on subcommand.

MEMORY BIGKEYS -2
  status      built
  summary     The keys that use most memory, known without a scan
  since       7.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1): at most 64 keys of each type are known
  route       all-shards:concat
  args
    type? string TYPE
    count? integer COUNT
  reply       array of {key: bulk, db: int >=0, type: bulk, bytes: int >=0}

MEMORY DOCTOR 2
  status      built
  summary     A report on memory, in words
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       refused
  reply       verbatim

MEMORY HELP 2
  status      built
  summary     The subcommands of MEMORY
  since       4.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

MEMORY HOTKEYS -2
  status      built
  summary     The keys that are used most
  since       7.2.0
  flags       readonly
  tips        nondeterministic_output
  complexity  O(1): at most 128 keys are counted
  route       all-shards:concat
  args
    count? integer COUNT
  reply       array of {key: bulk, db: int >=0, type: bulk, hits: int >=0}

MEMORY MALLOC-STATS 2
  status      built
  summary     What the allocator tells of itself
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  Depends on how much memory is allocated, could be slow
  route       local
  reply       verbatim | bulk

MEMORY PURGE 2
  status      built
  summary     Give memory back to the system where the allocator can
  since       4.0.0
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  Depends on how much memory is allocated, could be slow
  route       all-shards:ok
  reply       simple "OK"

MEMORY STATS 2
  status      built
  summary     What memory is used for, in numbers
  since       4.0.0
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       local
  reply       map of bulk -> (int | double | bulk | map of bulk -> int)

MEMORY USAGE -3
  status      built
  summary     How many bytes a key and its value take
  since       4.0.0
  flags       readonly
  complexity  O(N) where N is the number of samples.
  key         RO at 2
  route       one-slot
  args
    key key @0
    count? integer SAMPLES
  reply       int >=0 | null

MODULE -2
  summary     Load and unload modules
  since       4.0.0
  complexity  Depends on subcommand.

MODULE HELP 2
  status      todo 7
  summary     The subcommands of MODULE
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

MODULE LIST 2
  status      todo 7
  summary     The loaded modules
  since       4.0.0
  flags       admin noscript
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of loaded modules.
  route       local
  reply       array of {name: bulk, ver: int, path?: bulk, args?: array of bulk}

MODULE LOAD -3
  status      todo 7
  summary     Load a module
  since       4.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       refused
  args
    path string
    arg* string
  reply       simple "OK"

MODULE LOADEX -3
  status      todo 7
  summary     Load a module with options and arguments
  since       7.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       refused
  args
    path string
    configs* block CONFIG each-token
      name string
      value string
    args* string ARGS
  reply       simple "OK"

MODULE UNLOAD 3
  status      todo 7
  summary     Unload a module
  since       4.0.0
  flags       admin noscript no_async_loading
  complexity  O(1)
  route       refused
  args
    name string
  reply       simple "OK"

MONITOR 1
  status      built
  summary     See every command as it runs
  since       1.0.0
  flags       admin noscript loading stale
  route       private:monitor
  reply       simple "OK"

RESTORE-ASKING -4
  status      todo 4
  summary     Create a key from what DUMP made, while its slot moves
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
  reply       simple "OK"

SAVE 1
  status      built
  summary     Save the data to disk and wait for it
  since       1.0.0
  flags       admin noscript no_async_loading no_multi
  complexity  O(N) where N is the total number of keys in all databases
  route       all-shards:ok
  reply       simple "OK"

SHUTDOWN -1
  status      built
  summary     Save if configured, and end the server
  since       1.0.0
  flags       admin noscript loading stale no_multi allow_busy
  complexity  O(N) when saving, where N is the total number of keys in all databases when saving
              data, otherwise O(1)
  history     7.0.0 Added the `NOW`, `FORCE` and `ABORT` modifiers.
  route       refused
  args
    save-selector? oneof
      nosave token NOSAVE
      save token SAVE
    now? token NOW since=7.0.0
    force? token FORCE since=7.0.0
    abort? token ABORT since=7.0.0
  reply       simple "OK" | nothing

SLOWLOG -2
  summary     Look at the commands that took long
  since       2.2.12
  complexity  Depends on subcommand.

SLOWLOG GET -2
  status      built
  summary     The latest commands that took long
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes nondeterministic_output
  complexity  O(N) where N is the number of entries returned
  history     4.0.0 Added client IP address, port and name to the reply.
  route       all-shards:concat
  args
    count? integer
  reply       array of [int >=0, int >=0, int >=0, array of bulk, bulk, bulk]

SLOWLOG HELP 2
  status      built
  summary     The subcommands of SLOWLOG
  since       6.2.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

SLOWLOG LEN 2
  status      built
  summary     Number of commands in the slow log
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes response_policy:agg_sum nondeterministic_output
  complexity  O(1)
  route       all-shards:sum
  reply       int >=0

SLOWLOG RESET 2
  status      built
  summary     Forget the commands in the slow log
  since       2.2.12
  flags       admin loading stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) where N is the number of entries in the slowlog
  route       all-shards:ok
  reply       simple "OK"

SWAPDB 3
  status      built
  summary     Exchange two databases at once
  since       4.0.0
  flags       write fast
  acl         keyspace dangerous
  complexity  O(N) where N is the count of clients watching or blocking on keys from both databases.
  route       all-shards:ok
  args
    index1 integer
    index2 integer
  reply       simple "OK"

TIME 1
  status      built
  summary     The server's clock: Unix seconds, and microseconds
  since       2.6.0
  flags       loading stale fast
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       [bulk, bulk]
