# Positions: codes, distances, and searches held against a model that looks at every member.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::syntax {-ERR syntax error}
set ::not_float {-ERR value is not a valid float}
set ::bad_unit {-ERR unsupported unit provided. please use M, KM, FT, MI}

proc geo_metres {lon1 lat1 lon2 lat2} {
    set degree [expr {acos(-1) / 180}]
    set u [expr {sin(($lat2 - $lat1) * $degree / 2)}]
    set v [expr {sin(($lon2 - $lon1) * $degree / 2)}]
    expr {2 * 6372797.560856 * asin(sqrt($u * $u + cos($lat1 * $degree) * cos($lat2 * $degree) * $v * $v))}
}

start_server {tags {geo}} {
    test {GEOADD, GEOPOS, GEOHASH, GEODIST} {
        r del s
        assert_replies {
            {geoadd s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania}  2
            {geoadd s 13.361389 38.115556 Palermo}                              0
            {zscore s Palermo}                                                  3479099956230698
            {zscore s Catania}                                                  3479447370796909
            {geopos s Palermo nobody}       {{13.36138933897018433 38.11555639549629859} {}}
            {geopos s}                      {}
            {geopos nothing a b}            {{} {}}
            {geohash s Palermo nobody}      {sqc8b49rny0 {}}
            {geohash nothing a}             {{}}
            {geodist s Palermo Catania}     166274.1516
            {geodist s Palermo Catania KM}  166.2742
            {geodist s Palermo Catania ft}  545518.8700
            {geodist s Palermo Catania mi}  103.3182
            {geodist s Palermo nobody}      {}
            {geodist nothing a b}           {}
            {geodist s a b yd}              $::bad_unit
            {geodist s a b m m}             $::syntax
            {geoadd s nx ch 1 1 Palermo}    0
            {geoadd s xx ch 1 1 Palermo 1 1 nobody}  1
            {geoadd s nx xx 1 1 Palermo}    $::syntax
            {geoadd s incr 1 1 Palermo}     $::syntax
            {geoadd s 1 1 a 2}              $::syntax
            {geoadd s 1 b a}                $::not_float
            {geoadd s 181 0 a}              {-ERR invalid longitude,latitude pair 181.000000,0.000000}
            {geoadd s 180 85.05112878 a -180 -85.05112878 b}  2
            {zmscore s a b}                 {13510798882111488 0}
            {geopos s a b}                  {{180 85.0511287799999991} {-179.99999731779098511 -85.05112751263942528}}
        }
        r set str x
        foreach command {{geoadd str 1 1 a} {geopos str a} {geohash str a} {geodist str a b}
                         {geosearch str frommember a byradius 1 m} {georadius str 1 1 1 m}
                         {georadiusbymember_ro str a 1 m}} {
            assert_replies [list $command $::wrong_type]
        }
    }

    test {GEOSEARCH and GEORADIUS: words} {
        r del s d
        r geoadd s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        assert_replies {
            {geosearch s fromlonlat 15 37 byradius 200 km asc withdist}        {{Catania 56.4413} {Palermo 190.4424}}
            {geosearch s fromlonlat 15 37 bybox 400 400 km desc}               {Palermo Catania}
            {geosearch s frommember Palermo byradius 0 m}                      Palermo
            {geosearch s fromlonlat 15 37 byradius 200 km count 1 withhash}    {{Catania 3479447370796909}}
            {geosearch s fromlonlat 15 37 byradius 200 km any count 5 asc}     {Catania Palermo}
            {georadius_ro s 15 37 200 km withcoord count 1}    {{Catania {15.08726745843887329 37.50266842333162032}}}
            {georadiusbymember s Palermo 120 MI WITHDIST ASC}                  {{Palermo 0.0000} {Catania 103.3182}}
            {geosearch nothing frommember x byradius 1 m}                      {}
            {georadiusbymember nothing x y z}                                  {}
            {geosearch s frommember x byradius 1 m}       {-ERR could not decode requested zset member}
            {geosearch s frommember Palermo byradius -1 m}                     {-ERR radius cannot be negative}
            {geosearch s frommember Palermo byradius nan m}                    {-ERR need numeric radius}
            {geosearch s frommember Palermo bybox a 1 m}                       {-ERR need numeric width}
            {geosearch s frommember Palermo bybox 1 a m}                       {-ERR need numeric height}
            {geosearch s frommember Palermo bybox -1 1 m}                      {-ERR height or width cannot be negative}
            {geosearch s frommember Palermo byradius 1 yd}                     $::bad_unit
            {geosearch s frommember Palermo byradius 1 m count 0}              {-ERR COUNT must be > 0}
            {geosearch s frommember Palermo byradius 1 m any}       {-ERR the ANY argument requires COUNT argument}
            {geosearch s byradius 1 m asc asc asc}  {-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch}
            {geosearch s frommember Palermo asc asc asc}  {-ERR exactly one of BYRADIUS and BYBOX can be specified for geosearch}
            {geosearch s frommember Palermo fromlonlat 1 1 byradius 1 m}       $::syntax
            {geosearch s frommember Palermo byradius 1 m bybox 1 1 m}          $::syntax
            {geosearch s frommember Palermo byradius 1 m storedist}            $::syntax
            {georadius_ro s 15 37 200 km store d}                              $::syntax
            {georadius s 15 37 200 km store}                                   $::syntax
            {georadius s 15 37 200 km store d withdist} {-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options}
            {geosearchstore d s frommember Palermo byradius 1 m withcoord} {-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options}
            {georadius s 15 37 200 km store d}                                 2
            {zrange d 0 -1 withscores}         {Palermo 3479099956230698 Catania 3479447370796909}
            {geosearchstore d s fromlonlat 15 37 byradius 200 km storedist}    2
            {zrange d 0 -1}                                                    {Catania Palermo}
            {geosearchstore d s fromlonlat 0 0 byradius 1 km}                  0
            {exists d}                                                         0
        }
    }

    foreach {size kind} {60 listpack 1500 skiplist} {
        test "Random searches against a model - $kind" {
            r del k
            set model {}
            for {set i 0} {$i < $size} {incr i} {
                r geoadd k [expr {rand() * 360 - 180}] [expr {rand() * 120 - 60}] m$i
                lassign [lindex [r geopos k m$i] 0] lon lat
                lappend model m$i $lon $lat
            }
            assert_equal $kind [r object encoding k]
            for {set i 0} {$i < 40} {incr i} {
                set lon [expr {rand() * 360 - 180}]
                set lat [expr {rand() * 120 - 60}]
                set radius [expr {100 * 10 ** (rand() * 1.7)}]
                set box [expr {rand() < 0.5}]
                set expected {}
                foreach {member there_lon there_lat} $model {
                    if {$box} {
                        set within [expr {[geo_metres $lon $there_lat $there_lon $there_lat] <= $radius * 500 &&
                                          [geo_metres $lon $lat $lon $there_lat] <= $radius * 500}]
                    } else {
                        set within [expr {[geo_metres $lon $lat $there_lon $there_lat] <= $radius * 1000}]
                    }
                    if {$within} { lappend expected $member }
                }
                set shape [expr {$box ? "bybox $radius $radius km" : "byradius $radius km"}]
                set found [r geosearch k fromlonlat $lon $lat {*}$shape]
                assert_equal [lsort $expected] [lsort $found]
                set previous -1
                foreach pair [r geosearch k fromlonlat $lon $lat {*}$shape asc withdist] {
                    assert {[lindex $pair 1] >= $previous}
                    set previous [lindex $pair 1]
                }
                set any [r geosearch k fromlonlat $lon $lat {*}$shape count 3 any]
                assert_equal [expr {min(3, [llength $expected])}] [llength $any]
                foreach member $any { assert {$member in $expected} }
            }
        }
    }

    test {Searches at the poles and across the date line} {
        r del k
        r geoadd k 179.9 10 east -179.9 10 west 0 85 north 180 85 beyond 90 -85 south
        assert_replies {
            {geosearch k fromlonlat -179.99 10 byradius 20 km asc}   {west east}
            {geosearch k fromlonlat -179.99 10 bybox 40 1 km desc}   {east west}
            {geosearch k frommember east byradius 25 km asc}         {east west}
            {geosearch k frommember north byradius 1200 km asc}      {north beyond}
            {geosearch k frommember south byradius 30000 km count 1} south
        }
        assert_equal 5 [llength [r geosearch k fromlonlat 0 0 byradius 30000 km]]
        assert_equal 5 [llength [r geosearch k fromlonlat 0 0 bybox inf inf km]]
    } {} {torc}
}
