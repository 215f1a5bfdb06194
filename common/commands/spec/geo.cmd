group geo
acl   geo

GEOADD -5
  status      built
  summary     Add members with their positions
  since       3.2.0
  flags       write denyoom
  complexity  O(log(N)) for each item added, where N is the number of elements in the sorted set.
  history     6.2.0 Added the `CH`, `NX` and `XX` options.
  key         RW update at 1
  route       one-slot
  args
    key key @0
    condition? oneof since=6.2.0
      nx token NX
      xx token XX
    change? token CH since=6.2.0
    data+ block
      longitude double
      latitude double
      member string
  reply       int >=0

GEODIST -4
  status      built
  summary     Distance between two members
  since       3.2.0
  flags       readonly
  complexity  O(1)
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member1 string
    member2 string
    unit? oneof
      m token M
      km token KM
      ft token FT
      mi token MI
  reply       bulk | null

GEOHASH -2
  status      built
  summary     The positions of members as geohash strings
  since       3.2.0
  flags       readonly
  complexity  O(1) for each member requested.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member* string
  reply       array of (bulk | null)

GEOPOS -2
  status      built
  summary     The positions of members
  since       3.2.0
  flags       readonly
  complexity  O(1) for each member requested.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member* string
  reply       array of ([double, double] | null-array)

GEORADIUS -6
  status      built
  summary     Members within a circle around a position, shown or stored
  since       3.2.0
  flags       write denyoom
  complexity  O(N+log(M)) where N is the number of elements inside the bounding box of the circular
              area delimited by center and radius and M is the number of items inside the index.
  history     6.2.0 Added the `ANY` option for `COUNT`.
  history     7.0.0 Added support for uppercase unit names.
  deprecated  6.2.0 `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument
  key         RO access at 1
  key         OW update after STORE from 6
  key         OW update after STOREDIST from 6
  route       one-slot
  args
    key key @0
    longitude double
    latitude double
    radius double
    unit oneof
      m token M
      km token KM
      ft token FT
      mi token MI
    withcoord? token WITHCOORD
    withdist? token WITHDIST
    withhash? token WITHHASH
    count-block? block
      count integer COUNT
      any? token ANY since=6.2.0
    order? oneof
      asc token ASC
      desc token DESC
    store? oneof
      storekey key STORE @1 shown=key
      storedistkey key STOREDIST @2 shown=key
  reply       array of (bulk | array of any x 2..4) | int >=0

GEORADIUS_RO -6
  status      built
  summary     Members within a circle around a position
  since       3.2.10
  flags       readonly
  complexity  O(N+log(M)) where N is the number of elements inside the bounding box of the circular
              area delimited by center and radius and M is the number of items inside the index.
  history     6.2.0 Added the `ANY` option for `COUNT`.
  deprecated  6.2.0 `GEOSEARCH` with the `BYRADIUS` argument
  key         RO access at 1
  route       one-slot
  args
    key key @0
    longitude double
    latitude double
    radius double
    unit oneof
      m token M
      km token KM
      ft token FT
      mi token MI
    withcoord? token WITHCOORD
    withdist? token WITHDIST
    withhash? token WITHHASH
    count-block? block
      count integer COUNT
      any? token ANY since=6.2.0
    order? oneof
      asc token ASC
      desc token DESC
  reply       array of (bulk | array of any x 2..4)

GEORADIUSBYMEMBER -5
  status      built
  summary     Members within a circle around another one, shown or stored
  since       3.2.0
  flags       write denyoom
  complexity  O(N+log(M)) where N is the number of elements inside the bounding box of the circular
              area delimited by center and radius and M is the number of items inside the index.
  history     7.0.0 Added support for uppercase unit names.
  deprecated  6.2.0 `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments
  key         RO access at 1
  key         OW update after STORE from 5
  key         OW update after STOREDIST from 5
  route       one-slot
  args
    key key @0
    member string
    radius double
    unit oneof
      m token M
      km token KM
      ft token FT
      mi token MI
    withcoord? token WITHCOORD
    withdist? token WITHDIST
    withhash? token WITHHASH
    count-block? block
      count integer COUNT
      any? token ANY
    order? oneof
      asc token ASC
      desc token DESC
    store? oneof
      storekey key STORE @1 shown=key
      storedistkey key STOREDIST @2 shown=key
  reply       array of (bulk | array of any x 2..4) | int >=0

GEORADIUSBYMEMBER_RO -5
  status      built
  summary     Members within a circle around another one
  since       3.2.10
  flags       readonly
  complexity  O(N+log(M)) where N is the number of elements inside the bounding box of the circular
              area delimited by center and radius and M is the number of items inside the index.
  deprecated  6.2.0 `GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments
  key         RO access at 1
  route       one-slot
  args
    key key @0
    member string
    radius double
    unit oneof
      m token M
      km token KM
      ft token FT
      mi token MI
    withcoord? token WITHCOORD
    withdist? token WITHDIST
    withhash? token WITHHASH
    count-block? block
      count integer COUNT
      any? token ANY
    order? oneof
      asc token ASC
      desc token DESC
  reply       array of (bulk | array of any x 2..4)

GEOSEARCH -7
  status      built
  summary     Members within a circle or a box
  since       6.2.0
  flags       readonly
  complexity  O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area
              around the shape provided as the filter and M is the number of items inside the shape
  history     7.0.0 Added support for uppercase unit names.
  key         RO access at 1
  route       one-slot
  args
    key key @0
    from oneof
      member string FROMMEMBER
      fromlonlat block FROMLONLAT
        longitude double
        latitude double
    by oneof
      circle block
        radius double BYRADIUS
        unit oneof
          m token M
          km token KM
          ft token FT
          mi token MI
      box block
        width double BYBOX
        height double
        unit oneof
          m token M
          km token KM
          ft token FT
          mi token MI
    order? oneof
      asc token ASC
      desc token DESC
    count-block? block
      count integer COUNT
      any? token ANY
    withcoord? token WITHCOORD
    withdist? token WITHDIST
    withhash? token WITHHASH
  reply       array of (bulk | array of any x 2..4)

GEOSEARCHSTORE -8
  status      built
  summary     Store the members within a circle or a box
  since       6.2.0
  flags       write denyoom
  complexity  O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area
              around the shape provided as the filter and M is the number of items inside the shape
  history     7.0.0 Added support for uppercase unit names.
  key         OW update at 1
  key         RO access at 2
  route       one-slot
  args
    destination key @0
    source key @1
    from oneof
      member string FROMMEMBER
      fromlonlat block FROMLONLAT
        longitude double
        latitude double
    by oneof
      circle block
        radius double BYRADIUS
        unit oneof
          m token M
          km token KM
          ft token FT
          mi token MI
      box block
        width double BYBOX
        height double
        unit oneof
          m token M
          km token KM
          ft token FT
          mi token MI
    order? oneof
      asc token ASC
      desc token DESC
    count-block? block
      count integer COUNT
      any? token ANY
    storedist? token STOREDIST
  reply       int >=0
