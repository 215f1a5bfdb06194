group server

FAILOVER -1
  status      todo 6
  summary     Hand the role of primary over to a replica
  since       6.2.0
  flags       admin noscript stale
  complexity  O(1)
  route       refused
  args
    target? block TO
      host string
      port integer
      force? token FORCE
    abort? token ABORT
    milliseconds? integer TIMEOUT
  reply       simple "OK"

PSYNC -3
  status      todo 6
  summary     Follow a primary from an offset on, as replicas do
  since       2.8.0
  flags       admin noscript no_async_loading no_multi
  route       refused
  args
    replicationid string
    offset integer
  reply       any

REPLCONF -1
  status      todo 6
  summary     What a replica and its primary tell each other
  since       3.0.0
  flags       admin noscript loading stale allow_busy
  complexity  O(1)
  syscmd
  route       refused
  reply       simple "OK" | array of bulk | nothing

REPLICAOF 3
  status      todo 6
  summary     Follow a primary, or none
  since       5.0.0
  flags       admin noscript stale no_async_loading
  complexity  O(1)
  route       refused
  args
    args oneof
      host-port block
        host string
        port integer
      no-one block
        no token NO
        one token ONE
  reply       simple

ROLE 1
  status      todo 6
  summary     Whether this is a primary or a replica, and of whom
  since       2.8.12
  flags       noscript loading stale fast
  acl         admin dangerous
  complexity  O(1)
  route       local
  reply       [bulk "master", int >=0, array of [bulk, bulk, bulk]] | [bulk "slave", bulk, int,
              bulk, int]

SLAVEOF 3
  status      todo 6
  summary     Follow a primary, or none, under its old name
  since       1.0.0
  flags       admin noscript stale no_async_loading
  complexity  O(1)
  deprecated  5.0.0 `REPLICAOF`
  route       refused
  args
    args oneof
      host-port block
        host string
        port integer
      no-one block
        no token NO
        one token ONE
  reply       simple

SYNC 1
  status      todo 6
  summary     Follow a primary, as old replicas do
  since       1.0.0
  flags       admin noscript no_async_loading no_multi
  route       refused
  reply       any

WAIT 3
  status      built
  summary     Wait until so many replicas have this connection's writes
  since       3.0.0
  group       generic
  acl         connection
  tips        request_policy:all_shards response_policy:agg_min
  complexity  O(1)
  route       all-shards:min
  args
    numreplicas integer
    timeout integer
  reply       int >=0

WAITAOF 4
  status      built
  summary     Wait until this connection's writes are on disk, here and on replicas
  since       7.2.0
  group       generic
  flags       noscript
  acl         connection
  tips        request_policy:all_shards response_policy:agg_min
  complexity  O(1)
  route       all-shards:min
  args
    numlocal integer
    numreplicas integer
    timeout integer
  reply       [int 0..1, int >=0]
