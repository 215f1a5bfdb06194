group cluster

ASKING 1
  status      built
  summary     Let the next command use a slot that is being imported
  since       3.0.0
  flags       fast
  acl         connection
  complexity  O(1)
  route       refused
  reply       simple "OK"

CLUSTER -2
  summary     Look at slots and nodes
  since       3.0.0
  complexity  Depends on subcommand.

CLUSTER ADDSLOTS -3
  status      built
  summary     Give slots to this node
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of hash slot arguments
  route       refused
  args
    slot+ integer
  reply       simple "OK"

CLUSTER ADDSLOTSRANGE -4
  status      built
  summary     Give ranges of slots to this node
  since       7.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of the slots between the start slot and end slot
              arguments.
  route       refused
  args
    range+ block
      start-slot integer
      end-slot integer
  reply       simple "OK"

CLUSTER BUMPEPOCH 2
  status      built
  summary     Raise the configuration epoch of this node
  since       3.0.0
  flags       admin stale no_async_loading
  tips        nondeterministic_output
  complexity  O(1)
  route       refused
  reply       simple

CLUSTER COUNT-FAILURE-REPORTS 3
  status      built
  summary     How many nodes say that a node is down
  since       3.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of failure reports
  route       refused
  args
    node-id string
  reply       int >=0

CLUSTER COUNTKEYSINSLOT 3
  status      built
  summary     Number of keys in a slot
  since       3.0.0
  flags       stale
  complexity  O(1)
  route       refused
  args
    slot integer
  reply       int >=0

CLUSTER DELSLOTS -3
  status      built
  summary     Take slots from this node
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of hash slot arguments
  route       refused
  args
    slot+ integer
  reply       simple "OK"

CLUSTER DELSLOTSRANGE -4
  status      built
  summary     Take ranges of slots from this node
  since       7.0.0
  flags       admin stale no_async_loading
  complexity  O(N) where N is the total number of the slots between the start slot and end slot
              arguments.
  route       refused
  args
    range+ block
      start-slot integer
      end-slot integer
  reply       simple "OK"

CLUSTER FAILOVER -2
  status      built
  summary     Make this replica the primary of its shard
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  args
    options? oneof
      force token FORCE
      takeover token TAKEOVER
  reply       simple "OK"

CLUSTER FLUSHSLOTS 2
  status      built
  summary     Take all slots from this node
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  reply       simple "OK"

CLUSTER FORGET 3
  status      built
  summary     Remove a node from the known ones
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  args
    node-id string
  reply       simple "OK"

CLUSTER GETKEYSINSLOT 4
  status      built
  summary     Names of keys in a slot
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of requested keys
  route       refused
  args
    slot integer
    count integer
  reply       array of bulk

CLUSTER HELP 2
  status      built
  summary     The subcommands of CLUSTER
  since       5.0.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

CLUSTER INFO 2
  status      built
  summary     State of the cluster
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(1)
  route       local
  reply       verbatim

CLUSTER KEYSLOT 3
  status      built
  summary     The slot of a key
  since       3.0.0
  flags       stale
  complexity  O(N) where N is the number of bytes in the key
  route       local
  args
    key string
  reply       int 0..16383

CLUSTER LINKS 2
  status      built
  summary     The connections between this node and the others
  since       7.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  route       refused
  reply       array of map of bulk -> (bulk | int)

CLUSTER MEET -4
  status      built
  summary     Make another node known
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  history     4.0.0 Added the optional `cluster_bus_port` argument.
  route       refused
  args
    ip string
    port integer
    cluster-bus-port? integer since=4.0.0
  reply       simple "OK"

CLUSTER MYID 2
  status      built
  summary     The id of this node
  since       3.0.0
  flags       stale
  complexity  O(1)
  route       refused
  reply       bulk

CLUSTER MYSHARDID 2
  status      built
  summary     The id of this node's shard
  since       7.2.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(1)
  route       refused
  reply       bulk

CLUSTER NODES 2
  status      built
  summary     All nodes, one on each line
  since       3.0.0
  flags       stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  route       refused
  reply       verbatim

CLUSTER REPLICAS 3
  status      built
  summary     The replicas of a primary
  since       5.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of replicas.
  route       refused
  args
    node-id string
  reply       array of bulk

CLUSTER REPLICATE 3
  status      built
  summary     Make this node the replica of another one
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  args
    node-id string
  reply       simple "OK"

CLUSTER RESET -2
  status      built
  summary     Make this node forget the cluster
  since       3.0.0
  flags       admin noscript stale
  complexity  O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a
              side effect.
  route       refused
  args
    reset-type? oneof
      hard token HARD
      soft token SOFT
  reply       simple "OK"

CLUSTER SAVECONFIG 2
  status      built
  summary     Write what this node knows of the cluster to disk
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  reply       simple "OK"

CLUSTER SET-CONFIG-EPOCH 3
  status      built
  summary     Set the configuration epoch of a new node
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  args
    config-epoch integer
  reply       simple "OK"

CLUSTER SETMAP 3
  status      built
  summary     Hand this server a slot map, unless it knows a newer one
  since       7.2.0
  flags       admin noscript stale no_async_loading no_multi
  complexity  O(N) where N is the number of slots
  route       refused
  args
    map string
  reply       simple "OK"

CLUSTER SETSLOT -4
  status      built
  summary     Say who owns a slot or where it moves
  since       3.0.0
  flags       admin stale no_async_loading
  complexity  O(1)
  route       refused
  args
    slot integer
    subcommand oneof
      importing string IMPORTING shown=node-id
      migrating string MIGRATING shown=node-id
      node string NODE shown=node-id
      stable token STABLE
  reply       simple "OK"

CLUSTER SHARDS 2
  status      built
  summary     The shards with their slots and nodes
  since       7.0.0
  flags       loading stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of cluster nodes
  route       refused
  reply       array of {slots: array of int 0..16383, nodes: array of map of bulk -> (bulk | int)}

CLUSTER SLAVES 3
  status      built
  summary     The replicas of a primary, under its old name
  since       3.0.0
  flags       admin stale
  tips        nondeterministic_output
  complexity  O(N) where N is the number of replicas.
  deprecated  5.0.0 `CLUSTER REPLICAS`
  route       refused
  args
    node-id string
  reply       array of bulk

CLUSTER SLOT-STATS -4
  status      built
  summary     Keys and use of slots
  since       7.2.0
  flags       stale loading
  tips        nondeterministic_output
  complexity  O(N) where N is the number of slots asked for, O(N*log(N)) when they are ordered
  route       all-shards:concat
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
  reply       array of [int 0..16383, map of bulk -> int]

CLUSTER SLOTS 2
  status      built
  summary     The slots with the nodes that serve them
  since       3.0.0
  flags       loading stale
  tips        nondeterministic_output
  complexity  O(N) where N is the total number of Cluster nodes
  history     4.0.0 Added node IDs.
  history     7.0.0 Added additional networking metadata field.
  deprecated  7.0.0 `CLUSTER SHARDS`
  route       refused
  reply       array of array of any

READONLY 1
  status      built
  summary     Let this connection read from a replica
  since       3.0.0
  flags       loading stale fast
  acl         connection
  complexity  O(1)
  route       local
  reply       simple "OK"

READWRITE 1
  status      built
  summary     Let this connection use primaries only, as from the start
  since       3.0.0
  flags       loading stale fast
  acl         connection
  complexity  O(1)
  route       local
  reply       simple "OK"
