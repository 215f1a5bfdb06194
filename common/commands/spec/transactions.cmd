group transactions
acl   transaction

DISCARD 1
  status      built
  summary     Forget the queued commands and end the transaction
  since       2.0.0
  flags       noscript loading stale fast allow_busy
  complexity  O(N), when N is the number of queued commands
  route       private:transaction
  reply       simple "OK"

EXEC 1
  status      built
  summary     Run the queued commands as one
  since       1.2.0
  flags       noscript loading stale skip_slowlog
  complexity  Depends on commands in the transaction
  route       private:transaction
  reply       array of any | null-array

MULTI 1
  status      built
  summary     Queue the commands that follow until EXEC
  since       1.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1)
  route       private:transaction
  reply       simple "OK"

UNWATCH 1
  status      built
  summary     Forget which keys are watched
  since       2.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1)
  route       private:transaction
  reply       simple "OK"

WATCH -2
  status      built
  summary     Let the next EXEC fail if one of these keys changes before it
  since       2.2.0
  flags       noscript loading stale fast allow_busy
  complexity  O(1) for every key.
  key         RO at 1 to -1
  route       private:transaction
  args
    key+ key @0
  reply       simple "OK"
