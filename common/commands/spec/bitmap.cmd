group bitmap
acl   bitmap

BITCOUNT -2
  status      built
  summary     Count the ones in a string
  since       2.6.0
  flags       readonly
  complexity  O(N)
  history     7.0.0 Added the `BYTE|BIT` option.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    range? block
      start integer
      end integer
      unit? oneof since=7.0.0
        byte token BYTE
        bit token BIT
  reply       int >=0

BITFIELD -2
  status      built
  summary     Read, set and increment integers of any width within a string
  since       3.2.0
  flags       write denyoom
  complexity  O(1) for each subcommand specified
  key         RW access update variable_flags at 1
  note        This command allows both access and modification of the key
  extract     bitfield
  route       one-slot
  args
    key key @0
    operation* oneof
      get-block block GET
        encoding string
        offset integer
      write block
        overflow-block? oneof OVERFLOW
          wrap token WRAP
          sat token SAT
          fail token FAIL
        write-operation oneof
          set-block block SET
            encoding string
            offset integer
            value integer
          incrby-block block INCRBY
            encoding string
            offset integer
            increment integer
  reply       array of (int | null)

BITFIELD_RO -2
  status      built
  summary     Read integers of any width within a string
  since       6.0.0
  flags       readonly fast
  complexity  O(1) for each subcommand specified
  key         RO access at 1
  route       one-slot
  args
    key key @0
    get-block* block GET each-token
      encoding string
      offset integer
  reply       array of int

BITOP -4
  status      built
  summary     Combine strings bit by bit and store the result
  since       2.6.0
  flags       write denyoom
  complexity  O(N)
  key         OW update at 2
  key         RO access at 3 to -1
  route       one-slot
  args
    operation oneof
      and token AND
      or token OR
      xor token XOR
      not token NOT
    destkey key @0
    key+ key @1
  reply       int >=0

BITPOS -3
  status      built
  summary     Where the first one or zero of a string stands
  since       2.8.7
  flags       readonly
  complexity  O(N)
  history     7.0.0 Added the `BYTE|BIT` option.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    bit integer
    range? block
      start integer
      end-unit-block? block
        end integer
        unit? oneof since=7.0.0
          byte token BYTE
          bit token BIT
  reply       int >=-1

GETBIT 3
  status      built
  summary     One bit of a string
  since       2.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    offset integer
  reply       int 0..1

SETBIT 4
  status      built
  summary     Set or clear one bit of a string
  since       2.2.0
  flags       write denyoom
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    offset integer
    value integer
  reply       int 0..1
