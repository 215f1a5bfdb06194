# DUMP and RESTORE: values there and back, options, refusals.

start_server {tags {dump}} {
    test "DUMP and RESTORE keep a value of every kind" {
        r set string "a text that is long enough to be compressed, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        r set number -12345
        r hset hash f1 v1 f2 2
        r sadd numbers 1 2 70000
        r sadd set a b 3
        r zadd zset 1 a 2.5 b inf c
        for {set i 0} {$i < 600} {incr i} {
            r hset large:hash field:$i value:$i
            r sadd large:set member:$i
            r zadd large:zset [expr {$i / 3.0}] member:$i
        }
        foreach key {string number hash numbers set zset large:hash large:set large:zset} {
            assert_equal OK [r restore copy 0 [r dump $key] replace]
            assert_equal [debug_digest_value $key] [debug_digest_value copy]
            assert_equal [r type $key] [r type copy]
        }
    } {} {needs:debug}

    test "DUMP of what is not there" {
        r dump nosuch
    } {}

    test "RESTORE's times: from now, absolute, past" {
        set payload [r dump number]
        r restore timed 5000000 $payload
        assert_range [r pttl timed] 4000000 5000000
        set far [expr {[clock milliseconds] + 9000000}]
        r restore timed $far $payload absttl replace
        assert_equal $far [r pexpiretime timed]
        assert_equal OK [r restore timed 1 $payload ABSTTL REPLACE]
        assert_equal 0 [r exists timed]
    }

    test "RESTORE's errors" {
        set payload [r dump number]
        assert_error "BUSYKEY Target key name already exists." {r restore number 0 $payload}
        assert_error "ERR Invalid TTL value, must be >= 0" {r restore new -1 $payload}
        assert_error "ERR value is not an integer or out of range" {r restore new x $payload}
        assert_error "ERR Invalid IDLETIME value, must be >= 0" {r restore new 0 $payload idletime -1}
        assert_error "ERR Invalid FREQ value, must be >= 0 and <= 255" {r restore new 0 $payload freq 256}
        assert_error "ERR syntax error" {r restore new 0 $payload freq 1 idletime 1}
        assert_error "ERR syntax error" {r restore new 0 $payload nosuch}
        assert_error "ERR DUMP payload version or checksum are wrong" {r restore new 0 "x$payload"}
        assert_error "ERR DUMP payload version or checksum are wrong" {r restore new 0 ""}
        assert_equal 0 [r exists new]
    }

    test "A payload whose checksum nobody looks at is still no value" {
        r debug set-skip-checksum-validation 1
        foreach payload [list "\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xff" "\x02\x02\x01a\x01a" "\x10\x07\x07\x00\x00\x00\x00\x00\xff"] {
            assert_error "ERR Bad data format" {r restore new 0 "$payload\x0a\x00--------"}
        }
        r debug set-skip-checksum-validation 0
        r exists new
    } {0} {needs:debug}

    test "rdb-version says what is written at least" {
        r del small
        r sadd small a b
        binary scan [string index [r dump small] 0] c plain
        r config set rdb-version 11
        binary scan [string index [r dump small] 0] c packed
        r config set rdb-version 10
        list $plain $packed
    } {2 20} {torc}

    test "A stream comes back with its groups, consumers and what is pending" {
        r del s copy
        for {set i 1} {$i <= 500} {incr i} { r xadd s $i-1 field $i other [string repeat x [expr {$i % 40}]] }
        r xdel s 1-1 250-1 500-1
        r xgroup create s first 0
        r xgroup create s last {$}
        r xreadgroup group first one count 100 streams s >
        r xreadgroup group first two count 50 streams s >
        r xack s first 10-1 120-1
        r xgroup createconsumer s first idle
        r restore copy 0 [r dump s]
        assert_equal [r debug digest-value s] [r debug digest-value copy]
        assert_equal [r xrange s - +] [r xrange copy - +]
        assert_equal [r xpending s first] [r xpending copy first]
        # each is an id, a consumer, how long it has been idle by now, and how often it was delivered
        set told {}
        foreach key {s copy} {
            lappend told [lmap pending [r xpending $key first - + 10 two] { lreplace $pending 2 2 }]
        }
        assert_equal {*}$told
        assert_equal [r xinfo groups s] [r xinfo groups copy]
        foreach field {length last-generated-id max-deleted-entry-id entries-added groups recorded-first-entry-id} {
            assert_equal [dict get [r xinfo stream s] $field] [dict get [r xinfo stream copy] $field]
        }
        r xadd copy * a b
        r xlen copy
    } {498} {needs:debug}

    test "An empty stream keeps its last id" {
        r del s copy
        r xadd s 7-7 a b
        r xdel s 7-7
        r restore copy 0 [r dump s]
        assert_error "ERR The ID specified in XADD is equal or smaller*" {r xadd copy 7-7 a b}
        list [r xlen copy] [dict get [r xinfo stream copy] max-deleted-entry-id]
    } {0 7-7}
}
