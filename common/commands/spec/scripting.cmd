group scripting
acl   scripting

EVAL -3
  status      todo 7
  summary     Summary of eval
  since       2.6.0
  flags       noscript stale skip_monitor no_mandatory_keys
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
  summary     Summary of eval_ro
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
  summary     Summary of evalsha
  since       2.6.0
  flags       noscript stale skip_monitor no_mandatory_keys
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
  summary     Summary of evalsha_ro
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
  summary     Summary of fcall
  since       7.0.0
  flags       noscript stale skip_monitor no_mandatory_keys
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
  summary     Summary of fcall_ro
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
  summary     Summary of function
  since       7.0.0
  acl         -
  complexity  Depends on subcommand.

FUNCTION DELETE 3
  status      todo 7
  summary     Summary of function|delete
  since       7.0.0
  flags       write noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1)
  route       local
  args
    library-name string
  reply       any

FUNCTION DUMP 2
  status      todo 7
  summary     Summary of function|dump
  since       7.0.0
  flags       noscript
  complexity  O(N) where N is the number of functions
  route       local
  reply       any

FUNCTION FLUSH -2
  status      built
  summary     Summary of function|flush
  since       7.0.0
  flags       write noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of functions deleted
  route       local
  args
    flush-type? oneof
      async token ASYNC
      sync token SYNC
  reply       any

FUNCTION HELP 2
  status      todo 7
  summary     Summary of function|help
  since       7.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

FUNCTION KILL 2
  status      todo 7
  summary     Summary of function|kill
  since       7.0.0
  flags       noscript allow_busy
  tips        request_policy:all_shards response_policy:one_succeeded
  complexity  O(1)
  route       local
  reply       any

FUNCTION LIST -2
  status      todo 7
  summary     Summary of function|list
  since       7.0.0
  flags       noscript
  tips        nondeterministic_output_order
  complexity  O(N) where N is the number of functions
  route       local
  args
    library-name-pattern? string LIBRARYNAME
    withcode? token WITHCODE
  reply       any

FUNCTION LOAD -3
  status      todo 7
  summary     Summary of function|load
  since       7.0.0
  flags       write denyoom noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(1) (considering compilation time is redundant)
  route       local
  args
    replace? token REPLACE
    function-code string
  reply       any

FUNCTION RESTORE -3
  status      todo 7
  summary     Summary of function|restore
  since       7.0.0
  flags       write denyoom noscript
  tips        request_policy:all_shards response_policy:all_succeeded
  complexity  O(N) where N is the number of functions on the payload
  route       local
  args
    serialized-value string
    policy? oneof
      flush token FLUSH
      append token APPEND
      replace token REPLACE
  reply       any

FUNCTION STATS 2
  status      todo 7
  summary     Summary of function|stats
  since       7.0.0
  flags       noscript allow_busy
  tips        nondeterministic_output request_policy:all_shards response_policy:special
  complexity  O(1)
  route       local
  reply       any

SCRIPT -2
  summary     Summary of script
  since       2.6.0
  acl         -
  complexity  Depends on subcommand.

SCRIPT DEBUG 3
  status      todo 7
  summary     Summary of script|debug
  since       3.2.0
  flags       noscript
  complexity  O(1)
  route       local
  args
    mode oneof
      yes token YES
      sync token SYNC
      no token NO
  reply       any

SCRIPT EXISTS -3
  status      todo 7
  summary     Summary of script|exists
  since       2.6.0
  flags       noscript
  tips        request_policy:all_shards response_policy:agg_logical_and
  complexity  O(N) with N being the number of scripts to check (so checking a single script is an
              O(1) operation).
  route       local
  args
    sha1+ string
  reply       any

SCRIPT FLUSH -2
  status      built
  summary     Summary of script|flush
  since       2.6.0
  flags       noscript
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) with N being the number of scripts in cache
  history     6.2.0 Added the `ASYNC` and `SYNC` flushing mode modifiers.
  route       local
  args
    flush-type? oneof since=6.2.0
      async token ASYNC
      sync token SYNC
  reply       any

SCRIPT HELP 2
  status      todo 7
  summary     Summary of script|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

SCRIPT KILL 2
  status      todo 7
  summary     Summary of script|kill
  since       2.6.0
  flags       noscript allow_busy
  tips        request_policy:all_shards response_policy:one_succeeded
  complexity  O(1)
  route       local
  reply       any

SCRIPT LOAD 3
  status      todo 7
  summary     Summary of script|load
  since       2.6.0
  flags       noscript stale
  tips        request_policy:all_nodes response_policy:all_succeeded
  complexity  O(N) with N being the length in bytes of the script body.
  route       local
  args
    script string
  reply       any
