group bitmap
acl   bitmap

BITCOUNT -2
  status      built
  summary     Summary of bitcount
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
  reply       any

BITFIELD -2
  status      built
  summary     Summary of bitfield
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
  reply       any

BITFIELD_RO -2
  status      built
  summary     Summary of bitfield_ro
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
  reply       any

BITOP -4
  status      built
  summary     Summary of bitop
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
  reply       any

BITPOS -3
  status      built
  summary     Summary of bitpos
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
  reply       any

GETBIT 3
  status      built
  summary     Summary of getbit
  since       2.2.0
  flags       readonly fast
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    offset integer
  reply       any

SETBIT 4
  status      built
  summary     Summary of setbit
  since       2.2.0
  flags       write denyoom
  complexity  O(1)
  key         RW access update at 1
  route       one-slot
  args
    key key @0
    offset integer
    value integer
  reply       any
