# MEMORY: what is used for what, and which keys stand out.

proc stat {name} { dict get [r memory stats] $name }
proc names_of {found} {
    set names {}
    foreach key $found { lappend names [dict get $key key] }
    return $names
}

start_server {tags {memory}} {
    test "Fields of STATS" {
        r flushall
        r set a b
        set missing {}
        set stats [r memory stats]
        foreach field {peak.allocated total.allocated startup.allocated replication.backlog clients.slaves clients.normal
            cluster.links aof.buffer lua.caches functions.caches db.9 overhead.total keys.count keys.bytes-per-key
            dataset.bytes dataset.percentage peak.percentage allocator.allocated allocator.active allocator.resident
            allocator-fragmentation.ratio allocator-fragmentation.bytes allocator-rss.ratio allocator-rss.bytes
            rss-overhead.ratio rss-overhead.bytes fragmentation fragmentation.bytes} {
            if {![dict exists $stats $field]} { lappend missing $field }
        }
        assert_equal {} $missing
        dict keys [dict get $stats db.9]
    } {overhead.hashtable.main overhead.hashtable.expires overhead.hashtable.slot-to-keys}

    test "Numbers of STATS agree with each other and with INFO" {
        r flushall
        r debug populate 1000 key 100
        r set volatile x ex 1000
        assert_equal 1001 [stat keys.count]
        set stats [r memory stats]
        assert_equal [dict get $stats total.allocated] [expr {[dict get $stats overhead.total] + [dict get $stats dataset.bytes]}]
        assert_morethan_equal [dict get $stats peak.allocated] [dict get $stats total.allocated]
        assert_range [dict get $stats keys.bytes-per-key] 100 2000
        assert_morethan [dict get $stats db.9 overhead.hashtable.main] 0
        assert_morethan [dict get $stats db.9 overhead.hashtable.expires] 0
        assert_range [s used_memory] [expr {[stat total.allocated] - 100000}] [expr {[stat total.allocated] + 100000}]
        assert_equal [s used_memory_startup] [stat startup.allocated]
        r flushall
        assert_equal 0 [stat keys.count]
        dict exists [r memory stats] db.9
    } {0} {needs:debug}

    test "What clients take is overhead" {
        set rd [redis_deferring_client]
        set before [stat clients.normal]
        $rd write "*2\r\n\$4000000\r\n[string repeat v 4000000]"
        $rd flush
        wait_for_condition 500 10 { [stat clients.normal] >= $before + 4000000 } else { fail "clients take [stat clients.normal]" }
        assert_morethan [stat overhead.total] 4000000
        $rd close
        wait_for_condition 500 10 { [stat clients.normal] < $before + 100000 } else { fail "clients take [stat clients.normal]" }
    }

    test "Texts" {
        assert {[string length [r memory doctor]] > 0}
        if {[string match jemalloc* [s mem_allocator]]} { assert_match "*jemalloc*" [r memory malloc-stats] }
        assert_equal OK [r memory purge]
        assert_match "*MEMORY <subcommand>*" [r memory help]
    }

    test "USAGE of every type, exact and sampled" {
        r flushall
        r set string [string repeat x 1000]
        r set number 12345
        for {set i 0} {$i < 1000} {incr i} {
            r sadd set member:$i
            r hset hash field:$i value:$i
            r zadd zset $i member:$i
        }
        foreach key {string set hash zset} {
            set exact [r memory usage $key samples 0]
            assert_morethan $exact 1000 $key
            assert_range [r memory usage $key] [expr {$exact / 2}] [expr {$exact * 2}]
        }
        assert_lessthan [r memory usage number] 200
        assert_replies {
            {memory usage nothing} {}
            {memory usage} {-ERR wrong number of arguments for 'memory|usage' command}
            {memory usage string samples -1} {-ERR syntax error}
            {memory usage string samples} {-ERR syntax error}
            {memory usage string foo 1} {-ERR syntax error}
            {memory usage string samples x} {-ERR value is not an integer or out of range}
        }
    }

    test "BIGKEYS names the largest keys" {
        r flushall
        r debug populate 5000 small 20
        for {set i 1} {$i <= 100} {incr i} { r setrange big:$i [expr {$i * 2000}] x }
        # sizes come in classes: the largest may be any of those that share one
        foreach name [names_of [r memory bigkeys count 3]] { assert_morethan [string range $name 4 end] 80 }
        foreach key [r memory bigkeys count 1000] {
            assert_equal 9 [dict get $key db]
            assert_equal string [dict get $key type]
            set usage [r memory usage [dict get $key key]]
            assert_range [dict get $key bytes] [expr {$usage - 200}] [expr {$usage + 200}]
        }
        assert_equal 10 [llength [r memory bigkeys]]
        assert_replies {
            {memory bigkeys count 0} {-ERR COUNT should be greater than 0}
            {memory bigkeys count x} {-ERR COUNT should be greater than 0}
            {memory bigkeys count} {-ERR syntax error}
            {memory bigkeys type nosuch} {-ERR unknown type name 'nosuch'}
            {memory hotkeys type string} {-ERR syntax error}
        }
    } {} {torc needs:debug}

    test "BIGKEYS follows growth, shrinking, new names, other types, databases" {
        r flushall
        r setrange a 100000 x
        r setrange b 200000 x
        for {set i 0} {$i < 20000} {incr i 100} {
            set words {}
            for {set j 0} {$j < 100} {incr j} { lappend words member:[expr {$i + $j}] }
            r sadd set {*}$words
        }
        assert_equal {set b a} [names_of [r memory bigkeys]]
        assert_equal {b a} [names_of [r memory bigkeys type string]]
        assert_equal {set} [names_of [r memory bigkeys type SET]]
        assert_range [dict get [lindex [r memory bigkeys] 0] bytes] [expr {[r memory usage set] * 8 / 10}] [expr {[r memory usage set] * 12 / 10}]
        r rename b c
        assert_equal {set c a} [names_of [r memory bigkeys]]
        r set c small
        assert_equal {set a} [names_of [r memory bigkeys]]
        r copy a copied
        r pexpire copied 1
        wait_for_condition 100 10 { [names_of [r memory bigkeys type string]] eq {a} } else { fail "[r memory bigkeys]" }
        r select 5
        r setrange elsewhere 5000000 x
        r select 9
        assert_equal {elsewhere set a} [names_of [r memory bigkeys]]
        r swapdb 5 9
        assert_equal 9 [dict get [lindex [r memory bigkeys] 0] db]
        r flushdb
        assert_equal {set a} [names_of [r memory bigkeys]]
        r flushall
        r memory bigkeys
    } {} {torc}

    test "HOTKEYS names what is used most, and nothing where all are used alike" {
        r config resetstat
        r debug populate 20000 key 10
        set rd [redis_deferring_client]
        for {set i 0} {$i < 20000} {incr i} { $rd get key:$i }
        for {set i 0} {$i < 20000} {incr i} { $rd read }
        set chance [r memory hotkeys count 100]
        foreach key $chance { assert_lessthan [dict get $key hits] 2000 }
        for {set i 0} {$i < 20000} {incr i} { $rd get hot; $rd get key:$i }
        for {set i 0} {$i < 5000} {incr i} { $rd incr warm }
        for {set i 0} {$i < 45000} {incr i} { $rd read }
        $rd close
        set found [r memory hotkeys count 2]
        assert_equal {hot warm} [names_of $found]
        assert_range [dict get [lindex $found 0] hits] 14000 26000
        assert_range [dict get [lindex $found 1] hits] 2500 9000
        assert_equal {none string} [list [dict get [lindex $found 0] type] [dict get [lindex $found 1] type]]
        r config resetstat
        r memory hotkeys
    } {} {torc needs:debug}
}
