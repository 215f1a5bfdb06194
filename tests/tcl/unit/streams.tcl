# Streams over the wire: waiting readers, groups that go while somebody waits, digests, and what is large.

# Clients that wait, in this order.
proc waiting {args} {
    set clients {}
    foreach command $args {
        set rd [redis_deferring_client]
        set before [s blocked_clients]
        $rd {*}$command
        wait_for_blocked_clients_count [expr {$before + 1}]
        lappend clients $rd
    }
    return $clients
}

start_server {tags {stream}} {
    test "XREAD waits for what comes after the last id of its beginning" {
        r del s
        r xadd s 1-1 f old
        lassign [waiting {xread block 0 streams s $} {xread block 0 streams none s 0 1-1}] a b
        assert_error *smaller* {r xadd s 0-9 f v}
        r xadd s 2-0 f new
        assert_equal {{s {{2-0 {f new}}}}} [$a read]
        assert_equal {{s {{2-0 {f new}}}}} [$b read]
        $a close
        $b close
    }

    test "a woken reader sees all of a transaction, and nothing of what it undid" {
        r del s
        lassign [waiting {xread block 0 streams s 0}] rd
        r multi
        r xadd s 1-0 f v
        r xdel s 1-0
        r exec
        assert_equal 1 [s blocked_clients]
        r multi
        r xadd s 2-0 f a
        r xadd s 3-0 f b
        r exec
        assert_equal {{s {{2-0 {f a}} {3-0 {f b}}}}} [$rd read]
        $rd close
    }

    test "readers of one group share what comes, readers of two do not" {
        r del s
        r xgroup create s g $ mkstream
        r xgroup create s h $
        lassign [waiting {xreadgroup group g a block 0 streams s >} {xreadgroup group g b block 0 streams s >} \
            {xreadgroup group h c block 0 streams s >}] a b c
        r xadd s 1-0 f v
        assert_equal {{s {{1-0 {f v}}}}} [$a read]
        assert_equal {{s {{1-0 {f v}}}}} [$c read]
        assert_equal 1 [s blocked_clients]
        r xadd s 2-0 f w
        assert_equal {{s {{2-0 {f w}}}}} [$b read]
        assert_equal {2 1-0 2-0 {{a 1} {b 1}}} [r xpending s g]
        foreach rd [list $a $b $c] { $rd close }
    }

    test "a reader hears that its group or its stream has gone" {
        r del s
        r xgroup create s g $ mkstream
        foreach gone {{xgroup destroy s g} {del s} {set s text} {flushall}} error {NOGROUP NOGROUP WRONGTYPE NOGROUP} {
            r del s
            r xgroup create s g $ mkstream
            lassign [waiting {xreadgroup group g c block 0 streams s >}] rd
            r {*}$gone
            assert_error "*$error*" {$rd read}
            $rd close
        }
    }

    test "BLOCK means nothing for what is pending, in a transaction, or where there is something" {
        r del s
        r xgroup create s g $ mkstream
        assert_equal {{s {}}} [r xreadgroup group g c block 0 streams s 0]
        r multi
        r xread block 0 streams s 0
        r xreadgroup group g c block 0 streams s >
        assert_equal {{} {}} [r exec]
        r xadd s 1-0 f v
        assert_equal {{s {{1-0 {f v}}}}} [r xread block 0 streams s 0]
        assert_equal {} [r xread block 1 streams s 1-0]
    }

    test "nodes of any size hold the same" {
        set digest {}
        foreach {bytes entries} {4096 100 0 0 200 0 0 1 1000000 7} {
            r config set stream-node-max-bytes $bytes stream-node-max-entries $entries
            r del s
            for {set i 1} {$i <= 500} {incr i} { r xadd s $i-0 f$i $i same [expr {$i * 7919 % 1000}] }
            for {set i 1} {$i <= 500} {incr i 3} { r xdel s $i-0 }
            r xtrim s maxlen 200
            if {$digest eq {}} { set digest [r debug digest-value s] }
            assert_equal $digest [r debug digest-value s]
            assert_equal [r xrange s - +] [lreverse [r xrevrange s + -]]
            assert_equal 200 [dict get [r xinfo stream s] length]
        }
        r config set stream-node-max-bytes 4096 stream-node-max-entries 100
    }

    test "a large stream with a large group is copied, and goes" {
        set left {}
        foreach round {1 2 3} { ;# the first one leaves buffers of replies behind
            set rd [redis_deferring_client]
            for {set i 1} {$i <= 10000} {incr i} { $rd xadd big $i-0 field value:$i }
            for {set i 1} {$i <= 10000} {incr i} { $rd read }
            $rd close
            r xgroup create big g 0
            assert_equal 10000 [llength [lindex [r xreadgroup group g c streams big >] 0 1]]
            assert_equal 1 [r copy big twin]
            assert_equal [r debug digest-value big] [r debug digest-value twin]
            assert_equal [r xpending big g] [r xpending twin g]
            assert_equal 1 [r xgroup destroy big g]
            assert_equal 10000 [lindex [r xpending twin g] 0]
            r del big
            r unlink twin
            if {$round == 1} { wait_for_condition 100 20 { [s lazyfree_pending_objects] == 0 } else { fail "it stays" } }
            if {$round == 1} { set left [s used_memory] }
        }
        wait_for_condition 100 20 { [s used_memory] < $left + 200000 } else {
            fail "[expr {[s used_memory] - $left}] bytes did not come back"
        }
    }
}
