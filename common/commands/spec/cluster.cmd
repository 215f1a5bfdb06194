group cluster

ASKING 1
  status      todo 5
  summary     Summary of asking
  since       3.0.0
  flags       fast
  acl         connection
  complexity  O(1)
  route       local
  reply       any

CLUSTER -2
  summary     Summary of cluster
  since       3.0.0
  complexity  Depends on subcommand.

CLUSTER ADDSLOTS -3
  status      todo 5
  summary     Summary of cluster|addslots
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of hash slot arguments
  route       local
  args
    slot+ integer
  reply       any

CLUSTER ADDSLOTSRANGE -4
  status      todo 5
  summary     Summary of cluster|addslotsrange
  since       7.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of the slots between the start slot and end slot
              arguments.
  route       local
  args
    range+ block
      start-slot integer
      end-slot integer
  reply       any

CLUSTER BUMPEPOCH 2
  status      todo 5
  summary     Summary of cluster|bumpepoch
  since       3.0.0
  flags       admin stale no_async_loading
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

CLUSTER COUNT-FAILURE-REPORTS 3
  status      todo 5
  summary     Summary of cluster|count-failure-reports
  since       3.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of failure reports
  route       local
  args
    node-id string
  reply       any

CLUSTER COUNTKEYSINSLOT 3
  status      todo 5
  summary     Summary of cluster|countkeysinslot
  since       3.0.0
  flags       stale
  complexity  O(1)
  route       local
  args
    slot integer
  reply       any

CLUSTER DELSLOTS -3
  status      todo 5
  summary     Summary of cluster|delslots
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of hash slot arguments
  route       local
  args
    slot+ integer
  reply       any

CLUSTER DELSLOTSRANGE -4
  status      todo 5
  summary     Summary of cluster|delslotsrange
  since       7.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of the slots between the start slot and end slot
              arguments.
  route       local
  args
    range+ block
      start-slot integer
      end-slot integer
  reply       any

CLUSTER FAILOVER -2
  status      todo 5
  summary     Summary of cluster|failover
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  args
    options? oneof
      force token FORCE
      takeover token TAKEOVER
  reply       any

CLUSTER FLUSHSLOTS 2
  status      todo 5
  summary     Summary of cluster|flushslots
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  reply       any

CLUSTER FORGET 3
  status      todo 5
  summary     Summary of cluster|forget
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  args
    node-id string
  reply       any

CLUSTER GETKEYSINSLOT 4
  status      todo 5
  summary     Summary of cluster|getkeysinslot
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of requested keys
  route       local
  args
    slot integer
    count integer
  reply       any

CLUSTER HELP 2
  status      todo 5
  summary     Summary of cluster|help
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

CLUSTER INFO 2
  status      todo 5
  summary     Summary of cluster|info
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

CLUSTER KEYSLOT 3
  status      todo 5
  summary     Summary of cluster|keyslot
  since       3.0.0
  flags       stale
  complexity  O(N) where N is the number of bytes in the key
  route       local
  args
    key string
  reply       any

CLUSTER LINKS 2
  status      todo 5
  summary     Summary of cluster|links
  since       7.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  route       local
  reply       any

CLUSTER MEET -4
  status      todo 5
  summary     Summary of cluster|meet
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  history     4.0.0 Added the optional `cluster_bus_port` argument.
  route       local
  args
    ip string
    port integer
    cluster-bus-port? integer since=4.0.0
  reply       any

CLUSTER MYID 2
  status      todo 5
  summary     Summary of cluster|myid
  since       3.0.0
  flags       stale
  complexity  O(1)
  route       local
  reply       any

CLUSTER MYSHARDID 2
  status      todo 5
  summary     Summary of cluster|myshardid
  since       7.2.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       any

CLUSTER NODES 2
  status      todo 5
  summary     Summary of cluster|nodes
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  route       local
  reply       any

CLUSTER REPLICAS 3
  status      todo 5
  summary     Summary of cluster|replicas
  since       5.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of replicas.
  route       local
  args
    node-id string
  reply       any

CLUSTER REPLICATE 3
  status      todo 5
  summary     Summary of cluster|replicate
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  args
    node-id string
  reply       any

CLUSTER RESET -2
  status      todo 5
  summary     Summary of cluster|reset
  since       3.0.0
  flags       admin noscript stale
  complexity  O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a
              side effect.
  route       local
  args
    reset-type? oneof
      hard token HARD
      soft token SOFT
  reply       any

CLUSTER SAVECONFIG 2
  status      todo 5
  summary     Summary of cluster|saveconfig
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  reply       any

CLUSTER SET-CONFIG-EPOCH 3
  status      todo 5
  summary     Summary of cluster|set-config-epoch
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  args
    config-epoch integer
  reply       any

CLUSTER SETMAP 3
  status      todo 5
  summary     Summary of cluster|setmap
  since       7.2.0
  flags       admin noscript stale
  complexity  O(N) where N is the number of slots
  route       local
  args
    map string
  reply       any

CLUSTER SETSLOT -4
  status      todo 5
  summary     Summary of cluster|setslot
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       local
  args
    slot integer
    subcommand oneof
      importing string IMPORTING shown=node-id
      migrating string MIGRATING shown=node-id
      node string NODE shown=node-id
      stable token STABLE
  reply       any

CLUSTER SHARDS 2
  status      todo 5
  summary     Summary of cluster|shards
  since       7.0.0
  flags       loading stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of cluster nodes
  route       local
  reply       any

CLUSTER SLAVES 3
  status      todo 5
  summary     Summary of cluster|slaves
  since       3.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of replicas.
  deprecated  5.0.0 `CLUSTER REPLICAS`
  route       local
  args
    node-id string
  reply       any

CLUSTER SLOT-STATS -4
  status      todo 5
  summary     Summary of cluster|slot-stats
  since       7.2.0
  flags       stale loading
  tips        nondeterministic_output
  complexity  O(N) where N is the number of slots asked for, O(N*log(N)) when they are ordered
  route       local
  args
    filter oneof
      slotsrange block SLOTSRANGE
        start-slot integer
        end-slot integer
      orderby block ORDERBY
        metric string
        limit? integer LIMIT
        order? oneof
          asc token ASC
          desc token DESC
  reply       any

CLUSTER SLOTS 2
  status      todo 5
  summary     Summary of cluster|slots
  since       3.0.0
  flags       loading stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  history     4.0.0 Added node IDs.
  history     7.0.0 Added additional networking metadata field.
  deprecated  7.0.0 `CLUSTER SHARDS`
  route       local
  reply       any

READONLY 1
  status      todo 5
  summary     Summary of readonly
  since       3.0.0
  flags       loading stale fast
  acl         connection
  complexity  O(1)
  route       local
  reply       any

READWRITE 1
  status      todo 5
  summary     Summary of readwrite
  since       3.0.0
  flags       loading stale fast
  acl         connection
  complexity  O(1)
  route       local
  reply       any
