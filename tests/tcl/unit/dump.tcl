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
}
