group hyperloglog
acl   hyperloglog

PFADD -2
  status      built
  summary     Let a HyperLogLog see values
  since       2.8.9
  flags       write denyoom fast
  complexity  O(1) to add every element.
  key         RW insert at 1
  route       one-slot
  args
    key key @0
    element* string
  reply       int 0..1

PFCOUNT -2
  status      built
  summary     About how many different values HyperLogLogs have seen
  since       2.8.9
  flags       readonly may_replicate
  complexity  O(1) with a very small average constant time when called with a single key. O(N) with
              N being the number of keys, and much bigger constant times, when called with multiple
              keys.
  key         RW access at 1 to -1
  note        RW because it may change the internal representation of the key, and propagate to
              replicas
  route       one-slot
  args
    key+ key @0
  reply       int >=0

PFDEBUG 3
  status      built
  summary     Look at the registers of a HyperLogLog
  since       2.8.9
  flags       write denyoom admin
  complexity  N/A
  syscmd
  key         RW access at 2
  route       one-slot
  args
    subcommand string
    key key @0
  reply       any

PFMERGE -2
  status      built
  summary     Join HyperLogLogs into one
  since       2.8.9
  flags       write denyoom
  complexity  O(N) to merge N HyperLogLogs, but with high constant times.
  key         RW access insert at 1
  key         RO access at 2 to -1
  route       one-slot
  args
    destkey key @0
    sourcekey* key @1
  reply       simple "OK"

PFSELFTEST 1
  status      built
  summary     Check the arithmetic of HyperLogLogs
  since       2.8.9
  flags       admin
  complexity  N/A
  syscmd
  route       all-shards:ok
  reply       simple "OK"
