group server

FAILOVER -1
  status      todo 6
  summary     Summary of failover
  since       6.2.0
  flags       admin noscript stale
  complexity  O(1)
  route       local
  args
    target? block TO
      host string
      port integer
      force? token FORCE
    abort? token ABORT
    milliseconds? integer TIMEOUT
  reply       any

PSYNC -3
  status      todo 6
  summary     Summary of psync
  since       2.8.0
  flags       admin noscript no_async_loading no_multi
  route       local
  args
    replicationid string
    offset integer
  reply       any

REPLCONF -1
  status      todo 6
  summary     Summary of replconf
  since       3.0.0
  flags       admin noscript loading stale allow_busy
  complexity  O(1)
  syscmd
  route       local
  reply       any

REPLICAOF 3
  status      todo 6
  summary     Summary of replicaof
  since       5.0.0
  flags       admin noscript stale no_async_loading
  complexity  O(1)
  route       local
  args
    args oneof
      host-port block
        host string
        port integer
      no-one block
        no token NO
        one token ONE
  reply       any

ROLE 1
  status      todo 6
  summary     Summary of role
  since       2.8.12
  flags       noscript loading stale fast
  acl         admin dangerous
  complexity  O(1)
  route       local
  reply       any

SLAVEOF 3
  status      todo 6
  summary     Summary of slaveof
  since       1.0.0
  flags       admin noscript stale no_async_loading
  complexity  O(1)
  deprecated  5.0.0 `REPLICAOF`
  route       local
  args
    args oneof
      host-port block
        host string
        port integer
      no-one block
        no token NO
        one token ONE
  reply       any

SYNC 1
  status      todo 6
  summary     Summary of sync
  since       1.0.0
  flags       admin noscript no_async_loading no_multi
  route       local
  reply       any

WAIT 3
  status      todo 6
  summary     Summary of wait
  since       3.0.0
  group       generic
  acl         connection
  tips        request_policy:all_shards response_policy:agg_min
  complexity  O(1)
  route       local
  args
    numreplicas integer
    timeout integer
  reply       any

WAITAOF 4
  status      todo 4
  summary     Summary of waitaof
  since       7.2.0
  group       generic
  flags       noscript
  acl         connection
  tips        request_policy:all_shards response_policy:agg_min
  complexity  O(1)
  route       local
  args
    numlocal integer
    numreplicas integer
    timeout integer
  reply       any
