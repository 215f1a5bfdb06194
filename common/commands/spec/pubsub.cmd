group pubsub

PSUBSCRIBE -2
  status      built
  summary     Receive the messages of channels whose names match patterns
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of patterns to subscribe to.
  route       private:subscription
  args
    pattern+ pattern
  reply       push [bulk "psubscribe", bulk, int >=1]

PUBLISH 3
  status      built
  summary     Send a message to a channel
  since       2.0.0
  flags       pubsub loading stale fast may_replicate
  complexity  O(N+M) where N is the number of clients subscribed to the receiving channel and M is
              the total number of subscribed patterns (by any client).
  route       one-slot:channel
  args
    channel string
    message string
  reply       int >=0

PUBSUB -2
  summary     Look at channels and their subscribers
  since       2.8.0
  complexity  Depends on subcommand.

PUBSUB CHANNELS -2
  status      built
  summary     The channels that have subscribers
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(N) where N is the number of active channels, and assuming constant time pattern
              matching (relatively short channels and patterns)
  route       all-shards:concat
  args
    pattern? pattern
  reply       array of bulk

PUBSUB HELP 2
  status      built
  summary     The subcommands of PUBSUB
  since       6.2.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       array of simple

PUBSUB NUMPAT 2
  status      built
  summary     Number of different patterns that are subscribed to
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(1)
  route       all-shards:any
  reply       int >=0

PUBSUB NUMSUB -2
  status      built
  summary     Number of subscribers of each given channel
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(N) for the NUMSUB subcommand, where N is the number of requested channels
  route       all-shards:pairs-sum
  args
    channel* string
  reply       array of (bulk | int >=0)

PUBSUB SHARDCHANNELS -2
  status      built
  summary     The sharded channels that have subscribers
  since       7.0.0
  flags       pubsub loading stale
  complexity  O(N) where N is the number of active shard channels, and assuming constant time
              pattern matching (relatively short shard channels).
  route       all-shards:concat
  args
    pattern? pattern
  reply       array of bulk

PUBSUB SHARDNUMSUB -2
  status      built
  summary     Number of subscribers of each given sharded channel
  since       7.0.0
  flags       pubsub loading stale
  complexity  O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels
  route       all-shards:pairs-sum
  args
    shardchannel* string
  reply       array of (bulk | int >=0)

PUNSUBSCRIBE -1
  status      built
  summary     Give up patterns of channels, or all of them
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of patterns to unsubscribe.
  route       private:subscription
  args
    pattern* pattern
  reply       push [bulk "punsubscribe", bulk | null, int >=0]

SPUBLISH 3
  status      built
  summary     Send a message to a sharded channel
  since       7.0.0
  flags       pubsub loading stale fast may_replicate
  complexity  O(N) where N is the number of clients subscribed to the receiving shard channel.
  key         not_key at 1
  route       one-slot:channel
  args
    shardchannel string
    message string
  reply       int >=0

SSUBSCRIBE -2
  status      built
  summary     Receive the messages of sharded channels
  since       7.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of shard channels to subscribe to.
  key         not_key at 1 to -1
  route       private:subscription
  args
    shardchannel+ string
  reply       push [bulk "ssubscribe", bulk, int >=1]

SUBSCRIBE -2
  status      built
  summary     Receive the messages of channels
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of channels to subscribe to.
  route       private:subscription
  args
    channel+ string
  reply       push [bulk "subscribe", bulk, int >=1]

SUNSUBSCRIBE -1
  status      built
  summary     Give up sharded channels, or all of them
  since       7.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of shard channels to unsubscribe.
  key         not_key at 1 to -1
  route       private:subscription
  args
    shardchannel* string
  reply       push [bulk "sunsubscribe", bulk | null, int >=0]

UNSUBSCRIBE -1
  status      built
  summary     Give up channels, or all of them
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of channels to unsubscribe.
  route       private:subscription
  args
    channel* string
  reply       push [bulk "unsubscribe", bulk | null, int >=0]
