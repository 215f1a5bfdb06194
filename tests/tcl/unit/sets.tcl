# Sets: every command, the three encodings and the limits between them, random members, scans.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::not_integer {-ERR value is not an integer or out of range}
set ::syntax {-ERR syntax error}
set ::not_positive {-ERR value is out of range, must be positive}

# A set of $n members m0, m1 … (or 0, 1 …) and those in $args.
proc fill_set {key n prefix args} {
    r del $key
    for {set i 0} {$i < $n} {incr i 100} {
        set members {}
        for {set j $i} {$j < $n && $j < $i + 100} {incr j} { lappend members $prefix$j }
        r sadd $key {*}$members
    }
    if {[llength $args]} { r sadd $key {*}$args }
}

start_server {tags {set}} {
    # everything below must hold in all encodings
    foreach {encoding filler prefix} {intset 0 {} listpack 0 m hashtable 600 m} {
        set m $prefix
        proc fresh {key args} "fill_set \$key $filler f {*}\$args"

        test "SADD, SREM, SISMEMBER, SMISMEMBER, SCARD - $encoding" {
            fresh s
            set n $filler
            assert_replies {
                {sadd s ${m}1}                  1
                {sadd s ${m}1}                  0
                {sadd s ${m}1 ${m}2 ${m}3 ${m}2}    2
                {sismember s ${m}1}             1
                {sismember s ${m}9}             0
                {sismember nothing a}           0
                {smismember s ${m}1 ${m}9 ${m}3}    {1 0 1}
                {smismember nothing a b}        {0 0}
                {scard s}                       {[expr {$n + 3}]}
                {scard nothing}                 0
                {srem s ${m}1}                  1
                {srem s ${m}1}                  0
                {srem s ${m}2 ${m}9 ${m}3 ${m}2}    2
                {srem nothing a}                0
                {scard s}                       $n
            }
        }

        test "SMEMBERS, SINTER, SUNION, SDIFF - $encoding" {
            fresh a ${m}1 ${m}2 ${m}3
            fresh b ${m}2 ${m}3 ${m}4
            set fillers {}
            for {set i 0} {$i < $filler} {incr i} { lappend fillers f$i }
            assert_equal [lsort [concat $fillers ${m}1 ${m}2 ${m}3]] [lsort [r smembers a]]
            assert_equal [lsort [concat $fillers ${m}2 ${m}3]] [lsort [r sinter a b]]
            assert_equal [lsort [concat $fillers ${m}1 ${m}2 ${m}3 ${m}4]] [lsort [r sunion a b nothing]]
            assert_equal [list ${m}1] [r sdiff a b]
            assert_equal [list ${m}4] [r sdiff b nothing a]
            assert_replies {
                {smembers nothing}      {}
                {sinter a nothing}      {}
                {sinter nothing}        {}
                {sunion nothing none}   {}
                {sdiff nothing a}       {}
                {sdiff a a}             {}
            }
        }

        test "The STORE forms - $encoding" {
            fresh a ${m}1 ${m}2 ${m}3
            fresh b ${m}2 ${m}3 ${m}4
            r set d text
            set n $filler
            assert_replies {
                {sinterstore d a b}         {[expr {$n + 2}]}
                {sdiffstore d a b}          1
                {smembers d}                ${m}1
                {sunionstore d a b}         {[expr {$n + 4}]}
                {sinterstore a a b}         {[expr {$n + 2}]}
                {sinterstore d a nothing}   0
                {exists d}                  0
                {sdiffstore d a a}          0
                {sunionstore d nothing}     0
            }
        }

        test "SINTERCARD - $encoding" {
            fresh a ${m}1 ${m}2 ${m}3
            fresh b ${m}2 ${m}3 ${m}4
            set n $filler
            assert_replies {
                {sintercard 2 a b}              {[expr {$n + 2}]}
                {sintercard 1 a limit 0}        {[expr {$n + 3}]}
                {sintercard 2 a b limit 1}      1
                {sintercard 2 a nothing}        0
                {sintercard 0 a}                {-ERR numkeys should be greater than 0}
                {sintercard x a}                {-ERR numkeys should be greater than 0}
                {sintercard 3 a b}              {-ERR Number of keys can't be greater than number of args}
                {sintercard 1 a b}              $::syntax
                {sintercard 1 a limit}          $::syntax
                {sintercard 1 a limit -1}       {-ERR LIMIT can't be negative}
                {sintercard 1 a limit x}        {-ERR LIMIT can't be negative}
            }
        }

        test "SMOVE - $encoding" {
            fresh a ${m}1 ${m}2
            r del b c
            r sadd b ${m}2
            r set text x
            assert_replies {
                {smove a b ${m}9}           0
                {smove nothing text x}      0
                {smove a text ${m}1}        $::wrong_type
                {smove text a x}            $::wrong_type
                {smove a a ${m}1}           1
                {smove a a ${m}9}           0
                {smove a b ${m}2}           1
                {scard b}                   1
                {smove a c ${m}1}           1
                {smembers c}                ${m}1
                {smove b c ${m}2}           1
                {exists b}                  0
                {scard a}                   $filler
            }
        }

        test "SRANDMEMBER and SPOP - $encoding" {
            fresh s ${m}1 ${m}2 ${m}3
            set n [expr {$filler + 3}]
            set all [lsort [r smembers s]]
            assert {[r srandmember s] in $all}
            assert_equal $all [lsort [r srandmember s 100000]]
            assert_equal 2 [llength [lsort -unique [r srandmember s 2]]]
            assert_equal 50 [llength [r srandmember s -50]]
            foreach count [list 1 [expr {$n / 2}] $n 0] {
                fresh s ${m}1 ${m}2 ${m}3
                set popped [r spop s $count]
                assert_equal $count [llength $popped]
                assert_equal $all [lsort [concat $popped [r smembers s]]]
            }
            fresh s ${m}1 ${m}2 ${m}3
            set popped {}
            for {set i 0} {$i < $n} {incr i} { lappend popped [r spop s] }
            assert_equal $all [lsort $popped]
            assert_replies {
                {exists s}                  0
                {spop s}                    {}
                {spop s 3}                  {}
                {spop s -1}                 $::not_positive
                {spop s x}                  $::not_positive
                {spop s 1 2}                $::syntax
                {srandmember s}             {}
                {srandmember s 3}           {}
                {srandmember s x}           $::not_integer
                {srandmember s 1 2}         $::syntax
            }
        }

        test "SSCAN - $encoding" {
            fresh s ${m}1 ${m}2 ${m}3
            set seen {}
            set cursor 0
            while 1 {
                lassign [r sscan s $cursor count 10] cursor members
                lappend seen {*}$members
                if {$cursor == 0} break
            }
            assert_equal [lsort [r smembers s]] [lsort -unique $seen]
            assert_equal [list ${m}1 ${m}2 ${m}3] [lsort [lindex [r sscan s 0 match ${m}\[123\] count 100000] 1]]
            assert_replies {
                {sscan nothing 0}           {0 {}}
                {sscan nothing 0 nonsense}  {0 {}}
                {sscan s x}                 {-ERR invalid cursor}
                {sscan s 0 count 0}         $::syntax
                {sscan s 0 count x}         $::not_integer
                {sscan s 0 nonsense}        $::syntax
            }
        }
    }

    test "Encodings" {
        fill_set s 512 {}
        assert_encoding intset s
        r sadd s 512
        assert_encoding hashtable s
        fill_set s 10 {}
        r sadd s 01
        assert_encoding listpack s
        fill_set s 128 {}
        r sadd s a
        assert_encoding hashtable s
    } {} {since:7.2}

    test "Encodings follow the options" {
        r config set set-max-intset-entries 3 set-max-listpack-entries 4 set-max-listpack-value 5
        r del s
        foreach {member encoding} {1 intset 2 intset 3 intset abcde listpack abcdef hashtable} {
            r sadd s $member
            assert_encoding $encoding s
        }
        r del s
        foreach {member encoding} {a listpack b listpack c listpack d listpack a listpack e hashtable} {
            r sadd s $member
            assert_encoding $encoding s
        }
        r config set set-max-intset-entries 512 set-max-listpack-entries 128 set-max-listpack-value 64
    } {OK} {since:7.2}

    test "Members of any bytes and any length" {
        r del s
        set members {}
        foreach length {0 1 5 6 7 8 9 12 13 16 17 31 32 254 255 256 1000 100000} {
            lappend members [string repeat \x00 $length]a [string repeat \xff $length]
        }
        r sadd s {*}$members
        foreach member $members { assert_equal 1 [r sismember s $member] }
        foreach member $members { assert_equal 0 [r sismember s $member\x00] }
        assert_equal [lsort -unique $members] [lsort [r smembers s]]
        assert_equal [llength [lsort -unique $members]] [r srem s {*}$members]
        assert_equal 0 [r exists s]
    }

    test "Random operations against a model" {
        r del s
        array unset model
        for {set i 0} {$i < 3000} {incr i} {
            set member [randpath {randomInt 900} {list m[randomInt 900]}]
            switch [randomInt 4] {
                0 - 1 {
                    assert_equal [expr {![info exists model($member)]}] [r sadd s $member]
                    set model($member) 1
                }
                2 {
                    assert_equal [info exists model($member)] [r srem s $member]
                    unset -nocomplain model($member)
                }
                3 {
                    if {[randomInt 20]} {
                        assert_equal [info exists model($member)] [r sismember s $member]
                    } elseif {[array size model]} {
                        set popped [r spop s [expr {1 + [randomInt 30]}]]
                        foreach one $popped { unset model($one) }
                    }
                }
            }
            assert_equal [array size model] [r scard s]
        }
        assert_equal [lsort [array names model]] [lsort [r smembers s]]
    }
}
