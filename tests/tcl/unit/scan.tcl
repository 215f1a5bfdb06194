# SCAN: what stays is returned, whatever happens meanwhile; options and refusals.

set ::syntax {-ERR syntax error}

# One whole iteration; between is evaluated after every call.
proc scan_all {options {between {}}} {
    set found {}
    set cursor 0
    set calls 0
    while 1 {
        lassign [r scan $cursor {*}$options] cursor part
        lappend found {*}$part
        if {$cursor eq "0"} { return $found }
        uplevel 1 $between
        if {[incr calls] > 100000} { fail "the iteration does not end" }
    }
}

start_server {tags {scan}} {
    test "A whole iteration returns all keys" {
        r flushdb
        assert_equal {0 {}} [r scan 0]
        populate 1000
        set all [lsort [r keys *]]
        foreach count {1 7 10 100 100000} {
            assert_equal $all [lsort -unique [scan_all [list count $count]]]
        }
        lsort -unique [scan_all {}]
    } {*key:999*}

    test "A resting keyspace returns no key twice" {
        set found [scan_all {count 50}]
        assert_equal [llength $found] [llength [lsort -unique $found]]
        llength $found
    } {1000}


    test "MATCH filters" {
        llength [lsort -unique [scan_all {match key:1?? count 5}]]
    } {100}

    test "MATCH of a whole name" {
        scan_all {match key:77}
    } {key:77}

    test "TYPE filters" {
        r flushdb
        for {set i 0} {$i < 50} {incr i} {
            r set s:$i v
            r hset h:$i f v
        }
        assert_equal 50 [llength [lsort -unique [scan_all {type hash}]]]
        assert_equal 50 [llength [lsort -unique [scan_all {type STRING count 3}]]]
        assert_equal 10 [llength [lsort -unique [scan_all {type hash match h:?}]]]
        assert_equal {} [scan_all {type stream}]
    }

    test "Wrong arguments are refused" {
        assert_replies {
            {scan x}                {-ERR invalid cursor}
            {scan 99999999999999999999} {-ERR invalid cursor}
            {scan 0 count 0}        $::syntax
            {scan 0 count -1}       $::syntax
            {scan 0 count x}        {-ERR value is not an integer or out of range}
            {scan 0 count}          $::syntax
            {scan 0 match}          $::syntax
            {scan 0 nosuch x}       $::syntax
            {scan}                  {-ERR wrong number of arguments for 'scan' command}
        }
    }

    test "What was there all the time is returned while the keyspace grows" {
        r flushdb
        populate 500 stays:
        set next 0
        set found [scan_all {count 10} {
            for {set n 0} {$n < 60 && $next < 3000} {incr n} { r set new:[incr next] v }
        }]
        set missing 0
        set seen [dict create]
        foreach key $found { dict set seen $key 1 }
        for {set i 0} {$i < 500} {incr i} { if {![dict exists $seen stays:$i]} { incr missing } }
        assert_morethan $next 1000
        set missing
    } {0}

    test "What was there all the time is returned while the keyspace shrinks" {
        r flushdb
        populate 5000 goes:
        populate 200 stays:
        set next 0
        set found [scan_all {count 20} {
            for {set n 0} {$n < 60} {incr n} { r del goes:[incr next] }
        }]
        set seen [dict create]
        foreach key $found { dict set seen $key 1 }
        set missing 0
        for {set i 0} {$i < 200} {incr i} { if {![dict exists $seen stays:$i]} { incr missing } }
        set missing
    } {0}

    test "Any cursor is borne" {
        r flushdb
        populate 100
        foreach cursor {1 2 77 1024 4294967295 9007199254740991} {
            assert_equal 2 [llength [r scan $cursor]]
        }
        r ping
    } {PONG}

    test "Cursors stay below 2^53" {
        r flushdb
        populate 3000
        set cursor 0
        set largest 0
        while 1 {
            set cursor [lindex [r scan $cursor count 7] 0]
            set largest [expr {max($largest, $cursor)}]
            if {$cursor == 0} break
        }
        expr {$largest < (1 << 53)}
    } {1}

    test "Two iterations at a time do not disturb each other" {
        r flushdb
        populate 300
        set one {}
        set two {}
        set c1 0
        set c2 0
        for {set done 0} {$done != 3} {} {
            if {!($done & 1)} { lassign [r scan $c1 count 7] c1 part; lappend one {*}$part; if {$c1 == 0} { incr done 1 } }
            if {!($done & 2)} { lassign [r scan $c2 count 13] c2 part; lappend two {*}$part; if {$c2 == 0} { incr done 2 } }
        }
        list [llength [lsort -unique $one]] [llength [lsort -unique $two]]
    } {300 300}

    test "Expired keys are not returned" {
        r flushdb
        r debug set-active-expire 0
        for {set i 0} {$i < 20} {incr i} { r set gone:$i v px 1 }
        r set here v
        after 3
        set found [scan_all {count 100}]
        r debug set-active-expire 1
        set found
    } {here} {needs:debug}

    test "HSCAN returns what stays while a hash changes" {
        r del h
        for {set i 0} {$i < 1000} {incr i} { r hset h stays:$i $i }
        set found {}
        set cursor 0
        set next 0
        while 1 {
            lassign [r hscan h $cursor count 10] cursor part
            foreach {field value} $part { dict set found $field $value }
            if {$cursor == 0} break
            for {set n 0} {$n < 30} {incr n} {
                r hset h new:[incr next] v
                r hdel h new:[expr {$next - 20}]
            }
        }
        set missing 0
        for {set i 0} {$i < 1000} {incr i} { if {![dict exists $found stays:$i]} { incr missing } }
        set missing
    } {0}
}
