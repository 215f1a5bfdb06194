group pubsub

PSUBSCRIBE -2
  status      built
  summary     Summary of psubscribe
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of patterns to subscribe to.
  route       local
  args
    pattern+ pattern
  reply       any

PUBLISH 3
  status      built
  summary     Summary of publish
  since       2.0.0
  flags       pubsub loading stale fast
  complexity  O(N+M) where N is the number of clients subscribed to the receiving channel and M is
              the total number of subscribed patterns (by any client).
  route       local
  args
    channel string
    message string
  reply       any

PUBSUB -2
  summary     Summary of pubsub
  since       2.8.0
  complexity  Depends on subcommand.

PUBSUB CHANNELS -2
  status      built
  summary     Summary of pubsub|channels
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(N) where N is the number of active channels, and assuming constant time pattern
              matching (relatively short channels and patterns)
  route       local
  args
    pattern? pattern
  reply       any

PUBSUB HELP 2
  status      built
  summary     Summary of pubsub|help
  since       6.2.0
  flags       loading stale
  complexity  O(1)
  route       local
  reply       any

PUBSUB NUMPAT 2
  status      built
  summary     Summary of pubsub|numpat
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(1)
  route       local
  reply       any

PUBSUB NUMSUB -2
  status      built
  summary     Summary of pubsub|numsub
  since       2.8.0
  flags       pubsub loading stale
  complexity  O(N) for the NUMSUB subcommand, where N is the number of requested channels
  route       local
  args
    channel* string
  reply       any

PUBSUB SHARDCHANNELS -2
  status      built
  summary     Summary of pubsub|shardchannels
  since       7.0.0
  flags       pubsub loading stale
  complexity  O(N) where N is the number of active shard channels, and assuming constant time
              pattern matching (relatively short shard channels).
  route       local
  args
    pattern? pattern
  reply       any

PUBSUB SHARDNUMSUB -2
  status      built
  summary     Summary of pubsub|shardnumsub
  since       7.0.0
  flags       pubsub loading stale
  complexity  O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels
  route       local
  args
    shardchannel* string
  reply       any

PUNSUBSCRIBE -1
  status      built
  summary     Summary of punsubscribe
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of patterns to unsubscribe.
  route       local
  args
    pattern* pattern
  reply       any

SPUBLISH 3
  status      built
  summary     Summary of spublish
  since       7.0.0
  flags       pubsub loading stale fast
  complexity  O(N) where N is the number of clients subscribed to the receiving shard channel.
  key         not_key at 1
  route       one-slot
  args
    shardchannel string
    message string
  reply       any

SSUBSCRIBE -2
  status      built
  summary     Summary of ssubscribe
  since       7.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of shard channels to subscribe to.
  key         not_key at 1 to -1
  route       one-slot
  args
    shardchannel+ string
  reply       any

SUBSCRIBE -2
  status      built
  summary     Summary of subscribe
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of channels to subscribe to.
  route       local
  args
    channel+ string
  reply       any

SUNSUBSCRIBE -1
  status      built
  summary     Summary of sunsubscribe
  since       7.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of shard channels to unsubscribe.
  key         not_key at 1 to -1
  route       one-slot
  args
    shardchannel* string
  reply       any

UNSUBSCRIBE -1
  status      built
  summary     Summary of unsubscribe
  since       2.0.0
  flags       pubsub noscript loading stale
  complexity  O(N) where N is the number of channels to unsubscribe.
  route       local
  args
    channel* string
  reply       any
