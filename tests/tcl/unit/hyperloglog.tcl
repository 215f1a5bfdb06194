# HyperLogLogs: counting against what was added, both forms and the way from one to the other, strings that pretend.

set ::not_one {-WRONGTYPE Key is not a valid HyperLogLog string value.}
set ::damaged {-INVALIDOBJ Corrupted HLL object detected}

start_server {tags {hll}} {
    test {PFADD and PFCOUNT} {
        r del h
        assert_replies {
            {pfadd h}           1
            {pfadd h}           0
            {pfcount h}         0
            {pfadd h a b c}     1
            {pfadd h c b a}     0
            {pfcount h}         3
            {pfcount none}      0
            {pfcount h none}    3
            {object encoding h} raw
            {type h}            string
            {pfdebug encoding h} sparse
            {pfdebug decode h}  {Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603}
        }
        assert_equal "HYLL\x01\0\0\0\x03\0\0\0\0\0\0\0`\xf3\x80P\xb1\x84K\xfb\x80BZ" [r get h]
        assert_replies {
            {pfdebug todense h} 1
            {pfdebug todense h} 0
            {pfdebug encoding h} dense
            {strlen h}          12304
            {pfcount h}         3
            {pfdebug decode h}  {-ERR HLL encoding is not sparse}
            {pfdebug nosuch h}  {-ERR Unknown PFDEBUG subcommand 'nosuch'}
            {pfdebug getreg no} {-ERR The specified key does not exist}
        }
        set registers [r pfdebug getreg h]
        assert_equal 16384 [llength $registers]
        assert_equal {1 2 1} [lmap v $registers { if {$v == 0} continue; set v }]
    }

    test {The estimate is near, and the union of parts is the whole} {
        r del a b all
        for {set i 0} {$i < 20000} {incr i 100} {
            set values {}
            for {set j 0} {$j < 100} {incr j} { lappend values [expr {$i + $j}] }
            r pfadd all {*}$values
            r pfadd [expr {rand() < 0.5 ? "a" : "b"}] {*}$values
        }
        assert {abs([r pfcount all] - 20000) < 20000 * 0.033}
        assert_equal [r pfcount all] [r pfcount a b]
        r pfmerge c a none b
        assert_equal [r pfcount all] [r pfcount c]
        assert_equal [r pfdebug getreg all] [r pfdebug getreg c]
    }

    test {hll-sparse-max-bytes decides about the form} {
        set before [lindex [r config get hll-sparse-max-bytes] 1]
        r config set hll-sparse-max-bytes 30
        r del h
        r pfadd h a b c d
        assert_equal sparse [r pfdebug encoding h]
        r pfadd h e
        assert_equal dense [r pfdebug encoding h]
        assert_equal 5 [r pfcount h]
        r config set hll-sparse-max-bytes $before
    }

    test {PFCOUNT that finds no count keeps one, and that is a change} {
        r del h
        r pfadd h x
        r watch h
        r pfcount h
        r multi
        r ping
        assert_equal {} [r exec]
        r watch h
        r pfcount h
        r multi
        r ping
        assert_equal PONG [r exec]
    }

    test {Strings that pretend to be one} {
        r del h s
        r pfadd h a
        foreach value {5 HYLL "HYLL\x02\0\0\0\0\0\0\0\0\0\0\0\x7f\xff" "HYLL\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xff"} {
            r set s [subst $value]
            foreach command {{pfadd s x} {pfcount s} {pfcount h s} {pfmerge s h} {pfmerge h s} {pfdebug decode s}} {
                assert_replies [list $command $::not_one]
            }
        }
        r del s
        r sadd l x
        assert_replies {{pfadd l x} {-WRONGTYPE Operation against a key holding the wrong kind of value}}
        r set s "HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff\x00"
        assert_replies {
            {pfcount s}          $::damaged
            {pfcount h s}        $::damaged
            {pfmerge h s}        $::damaged
            {pfdebug todense s}  $::damaged
            {pfcount h}          1
        }
    }

    test {PFSELFTEST} {
        assert_replies {{pfselftest} OK}
    } {} {torc}
}
