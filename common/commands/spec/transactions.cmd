group transactions
acl   transaction

DISCARD 1
  status      built
  summary     Summary of discard
  since       2.0.0
  flags       noscript loading stale fast allow_busy
  complexity  O(N), when N is the number of queued commands
  route       local
  reply       any

EXEC 1
  status      built
  summary     Summary of exec
  since       1.2.0
  flags       noscript loading stale skip_slowlog
  complexity  Depends on commands in the transaction
  route       local
  reply       any

MULTI 1
  status      built
  summary     Summary of multi
  since       1.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1)
  route       local
  reply       any

UNWATCH 1
  status      built
  summary     Summary of unwatch
  since       2.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1)
  route       local
  reply       any

WATCH -2
  status      built
  summary     Summary of watch
  since       2.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1) for every key.
  key         RO at 1 to -1
  route       one-slot
  args
    key+ key @0
  reply       any
