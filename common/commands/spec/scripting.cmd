group scripting
acl   scripting

EVAL -3
  status      todo 7
  summary     Run a Lua script
  since       2.6.0
  flags       noscript stale skip_monitor no_mandatory_keys may_replicate
  complexity  Depends on the script that is executed.
  key         RW access update at 2 count 0 first 1
  note        We cannot tell how the keys will be used so we assume the worst, RW and UPDATE
  route       one-slot
  args
    script string
    numkeys integer
    key* key @0
    arg* string
  reply       any

EVAL_RO -3
  status      todo 7
  summary     Run a Lua script that only reads
  since       7.0.0
  flags       readonly noscript stale skip_monitor no_mandatory_keys
  complexity  Depends on the script that is executed.
  key         RO access at 2 count 0 first 1
  note        We cannot tell how the keys will be used so we assume the worst, RO and ACCESS
  route       one-slot
  args
    script string
    numkeys integer
    key* key @0
    arg* string
  reply       any

EVALSHA -3
  status      todo 7
  summary     Run a loaded Lua script by its digest
  since       2.6.0
  flags       noscript stale skip_monitor no_mandatory_keys may_replicate
  complexity  Depends on the script that is executed.
  key         RW access update at 2 count 0 first 1
  route       one-slot
  args
    sha1 string
    numkeys integer
    key* key @0
    arg* string
  reply       any

EVALSHA_RO -3
  status      todo 7
  summary     Run a loaded Lua script that only reads by its digest
  since       7.0.0
  flags       readonly noscript stale skip_monitor no_mandatory_keys
  complexity  Depends on the script that is executed.
  key         RO access at 2 count 0 first 1
  route       one-slot
  args
    sha1 string
    numkeys integer
    key* key @0
    arg* string
  reply       any

FCALL -3
  status      todo 7
  summary     Call a function of a library
  since       7.0.0
  flags       noscript stale skip_monitor no_mandatory_keys may_replicate
  complexity  Depends on the function that is executed.
  key         RW access update at 2 count 0 first 1
  note        We cannot tell how the keys will be used so we assume the worst, RW and UPDATE
  route       one-slot
  args
    function string
    numkeys integer
    key* key @0
    arg* string
  reply       any

FCALL_RO -3
  status      todo 7
  summary     Call a function of a library that only reads
  since       7.0.0
  flags       readonly noscript stale skip_monitor no_mandatory_keys
  complexity  Depends on the function that is executed.
  key         RO access at 2 count 0 first 1
  note        We cannot tell how the keys will be used so we assume the worst, RO and ACCESS
  route       one-slot
  args
    function string
    numkeys integer
    key* key @0
    arg* string
  reply       any

FUNCTION -2
  summary     Manage libraries of functions
  since       7.0.0
  acl         -
  complexity  Depends on subcommand.

FUNCTION DELETE 3
  status      todo 7
  summary     Remove a library
  since       7.0.0
  flags       write noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1)
  route       all-shards:ok
  args
    library-name string
  reply       simple "OK"

FUNCTION DUMP 2
  status      todo 7
  summary     Serialize all libraries for FUNCTION RESTORE
  since       7.0.0
  flags       noscript
  complexity  O(N) where N is the number of functions
  route       all-shards:any
  reply       bulk

FUNCTION FLUSH -2
  status      built
  summary     Remove all libraries
  since       7.0.0
  flags       write noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of functions deleted
  route       all-shards:ok
  args
    flush-type? oneof
      async token ASYNC
      sync token SYNC
  reply       simple "OK"

FUNCTION HELP 2
  status      todo 7
  summary     The subcommands of FUNCTION
  since       7.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

FUNCTION KILL 2
  status      todo 7
  summary     Stop the function that runs, unless it has written
  since       7.0.0
  flags       noscript allow_busy
  tips        request_policy:all_shards response_policy:one_succeeded
  complexity  O(1)
  route       all-shards:one-ok
  reply       simple "OK"

FUNCTION LIST -2
  status      todo 7
  summary     The libraries and their functions
  since       7.0.0
  flags       noscript
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of functions
  route       all-shards:any
  args
    library-name-pattern? string LIBRARYNAME
    withcode? token WITHCODE
  reply       array of {library_name: bulk, engine: bulk, functions: array of {name: bulk,
              description: bulk | null, flags: set of (simple | bulk)}, library_code?: bulk}

FUNCTION LOAD -3
  status      todo 7
  summary     Add a library from its source
  since       7.0.0
  flags       write denyoom noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1) (considering compilation time is redundant)
  route       all-shards:ok
  args
    replace? token REPLACE
    function-code string
  reply       bulk

FUNCTION RESTORE -3
  status      todo 7
  summary     Add libraries from what FUNCTION DUMP made
  since       7.0.0
  flags       write denyoom noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of functions on the payload
  route       all-shards:ok
  args
    serialized-value string
    policy? oneof
      flush token FLUSH
      append token APPEND
      replace token REPLACE
  reply       simple "OK"

FUNCTION STATS 2
  status      todo 7
  summary     The function that runs, and the engines
  since       7.0.0
  flags       noscript allow_busy
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       all-shards:any
  reply       {running_script: null | {name: bulk, command: array of bulk, duration_ms: int >=0},
              engines: map of bulk -> {libraries_count: int >=0, functions_count: int >=0}}

SCRIPT -2
  summary     Manage loaded Lua scripts
  since       2.6.0
  acl         -
  complexity  Depends on subcommand.

SCRIPT DEBUG 3
  status      todo 7
  summary     Whether EVAL starts the Lua debugger
  since       3.2.0
  flags       noscript
  complexity  O(1)
  route       refused
  args
    mode oneof
      yes token YES
      sync token SYNC
      no token NO
  reply       simple "OK"

SCRIPT EXISTS -3
  status      todo 7
  summary     For each of several digests, whether a script of it is loaded
  since       2.6.0
  flags       noscript
  tips        request_policy:all_shards response_policy:agg_logical_and
  complexity  O(N) with N being the number of scripts to check (so checking a single script is an
              O(1) operation).
  route       all-shards:all
  args
    sha1+ string
  reply       array of int 0..1

SCRIPT FLUSH -2
  status      built
  summary     Forget all loaded scripts
  since       2.6.0
  flags       noscript
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) with N being the number of scripts in cache
  history     6.2.0 Added the `ASYNC` and `SYNC` flushing mode modifiers.
  route       all-shards:ok
  args
    flush-type? oneof since=6.2.0
      async token ASYNC
      sync token SYNC
  reply       simple "OK"

SCRIPT HELP 2
  status      todo 7
  summary     The subcommands of SCRIPT
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

SCRIPT KILL 2
  status      todo 7
  summary     Stop the script that runs, unless it has written
  since       2.6.0
  flags       noscript allow_busy
  tips        request_policy:all_shards response_policy:one_succeeded
  complexity  O(1)
  route       all-shards:one-ok
  reply       simple "OK"

SCRIPT LOAD 3
  status      todo 7
  summary     Load a Lua script without running it
  since       2.6.0
  flags       noscript stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) with N being the length in bytes of the script body.
  route       all-shards:ok
  args
    script string
  reply       bulk
