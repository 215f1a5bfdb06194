# Hashes: every command but field TTLs (hash_fields), both encodings and the limits between them, random fields, scans.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::not_integer {-ERR value is not an integer or out of range}
set ::syntax {-ERR syntax error}

start_server {tags {hash}} {
    # everything below must hold in both encodings
    foreach {encoding filler} {listpack 0 hashtable 200} {
        proc fresh {key args} "
            r del \$key
            for {set i 0} {\$i < $filler} {incr i} { r hset \$key filler\$i \$i }
            if {\[llength \$args\]} { r hset \$key {*}\$args }
        "
        test "HSET, HGET, HDEL, HEXISTS, HLEN, HSTRLEN - $encoding" {
            fresh h
            set n $filler
            assert_replies {
                {hset h a 1}            1
                {hset h a 2}            0
                {hset h a 3 b 4 c 5}    2
                {hget h a}              3
                {hget h nothing}        {}
                {hget nothing a}        {}
                {hexists h a}           1
                {hexists h nothing}     0
                {hexists nothing a}     0
                {hlen h}                {[expr {$n + 3}]}
                {hlen nothing}          0
                {hstrlen h a}           1
                {hstrlen h nothing}     0
                {hstrlen nothing a}     0
                {hset h a "some longer text"} 0
                {hstrlen h a}           16
                {hdel h a}              1
                {hdel h a}              0
                {hdel h b c d c}        2
                {hdel nothing a}        0
                {hlen h}                $n
                {hset h "" ""}          1
                {hget h ""}             {}
                {hexists h ""}          1
                {hstrlen h ""}          0
                {hdel h ""}             1
            }
        }

        test "HSETNX, HMSET, HMGET - $encoding" {
            fresh h
            assert_replies {
                {hsetnx h a 1}          1
                {hsetnx h a 2}          0
                {hget h a}              1
                {hmset h b 2 c 3}       OK
                {hmget h a b nothing c a}  {1 2 {} 3 1}
                {hmget nothing a b}     {{} {}}
                {hmset h a 10 a 11}     OK
                {hget h a}              11
            }
        }

        test "HGETALL, HKEYS, HVALS agree - $encoding" {
            fresh h a 1 b 2
            set all [r hgetall h]
            assert_equal [dict keys $all] [r hkeys h]
            assert_equal [dict values $all] [r hvals h]
            assert_equal [r hlen h] [dict size $all]
            assert_equal {1 2} [list [dict get $all a] [dict get $all b]]
        }

        test "HINCRBY - $encoding" {
            fresh h t text big 9223372036854775807 small -9223372036854775808 space " 1" float 1.5
            assert_replies {
                {hincrby h n 1}         1
                {hincrby h n 41}        42
                {hincrby h n -50}       -8
                {hincrby h n 0}         -8
                {hget h n}              -8
                {hincrby h t 1}         {-ERR hash value is not an integer}
                {hincrby h space 1}     {-ERR hash value is not an integer}
                {hincrby h float 1}     {-ERR hash value is not an integer}
                {hincrby h n x}         $::not_integer
                {hincrby h n 1.5}       $::not_integer
                {hincrby h n 9223372036854775808} $::not_integer
                {hincrby h big 1}       {-ERR increment or decrement would overflow}
                {hincrby h small -1}    {-ERR increment or decrement would overflow}
                {hincrby h big -1}      9223372036854775806
                {hget h small}          -9223372036854775808
            }
        }

        test "HINCRBYFLOAT - $encoding" {
            fresh h t text
            assert_replies {
                {hincrbyfloat h f 1.5}      1.5
                {hincrbyfloat h f 1.5}      3
                {hincrbyfloat h f 0.1}      3.1
                {hincrbyfloat h f -3.1}     0
                {hincrbyfloat h f 5.0e3}    5000
                {hincrbyfloat h f -5e3}      0
                {hincrbyfloat h t 1}        {-ERR hash value is not a float}
                {hincrbyfloat h f x}        {-ERR value is not a valid float}
                {hincrbyfloat h f ""}       {-ERR value is not a valid float}
                {hincrbyfloat h f inf}      {-ERR value is NaN or Infinity}
                {hincrbyfloat h f nan}      {-ERR value is not a valid float}
            }
        }

        test "HRANDFIELD - $encoding" {
            fresh h a 1 b 2 c 3
            set all [r hgetall h]
            assert {[dict exists $all [r hrandfield h]]}
            assert_equal "" [r hrandfield nothing]
            assert_equal {} [r hrandfield nothing 5]
            assert_equal {} [r hrandfield h 0]
            # distinct with a positive count, at most all
            foreach count {1 2 3 1000} {
                set some [r hrandfield h $count]
                assert_equal [expr {min($count, [dict size $all])}] [llength $some]
                assert_equal [llength $some] [llength [lsort -unique $some]]
                foreach field $some { assert {[dict exists $all $field]} }
            }
            # as many as asked for with a negative one
            foreach count {1 10 500} { assert_equal $count [llength [r hrandfield h -$count]] }
            foreach {field value} [concat {*}[r hrandfield h -20 withvalues]] { assert_equal $value [dict get $all $field] }
            set some [concat {*}[r hrandfield h 2 withvalues]]
            assert_equal 4 [llength $some]
            assert_replies {
                {hrandfield h x}                $::not_integer
                {hrandfield h 1 nosuch}         $::syntax
                {hrandfield h 1 withvalues x}   $::syntax
                {hrandfield h -9223372036854775808}             {-ERR value is out of range*}
                {hrandfield h -9223372036854775807 withvalues}  {-ERR value is out of range*}
            }
        }

        test "HRANDFIELD reaches every field - $encoding" {
            fresh h a 1 b 2 c 3
            set missing [r hgetall h]
            for {set tries 0} {[dict size $missing] && $tries < 2000} {incr tries} {
                foreach field [r hrandfield h -50] { dict unset missing $field }
            }
            dict size $missing
        } {0}

        test "HSCAN returns everything - $encoding" {
            fresh h a 1 b 2 c 3
            foreach count {1 3 10 1000} {
                set found {}
                set cursor 0
                while 1 {
                    lassign [r hscan h $cursor count $count] cursor part
                    foreach {field value} $part { dict set found $field $value }
                    if {$cursor == 0} break
                }
                assert_equal [lsort [dict keys $found]] [lsort [r hkeys h]]
                dict for {field value} $found { assert_equal $value [r hget h $field] }
            }
        }

        test "HSCAN with a pattern - $encoding" {
            fresh h aa 1 ab 2 bb 3
            set found {}
            set cursor 0
            while 1 {
                lassign [r hscan h $cursor match a* count 5] cursor part
                lappend found {*}$part
                if {$cursor == 0} break
            }
            lsort $found
        } {1 2 aa ab}

        test "A hash without fields is gone - $encoding" {
            fresh h a 1
            foreach field [r hkeys h] { r hdel h $field }
            r exists h
        } {0}

        test "Random operations agree with a model - $encoding" {
            fresh h
            set model [r hgetall h]
            for {set i 0} {$i < 500} {incr i} {
                set field [randpath { randomInt 20 } { randstring 1 10 alpha } { lindex [dict keys $model] 0 }]
                set value [randpath { randomValue } { randomSignedInt 100 }]
                switch [randomInt 4] {
                    0 - 1 { assert_equal [expr {![dict exists $model $field]}] [r hset h $field $value]; dict set model $field $value }
                    2 { assert_equal [dict exists $model $field] [r hdel h $field]; dict unset model $field }
                    3 {
                        set expected ""
                        if {[dict exists $model $field]} { set expected [dict get $model $field] }
                        assert {[r hget h $field] eq $expected}
                    }
                }
            }
            assert_equal [dict size $model] [r hlen h]
            dict for {field value} $model { assert {[r hget h $field] eq $value} }
        }
    }

    test "Commands on another type are refused" {
        r set s text
        foreach command {
            {hset s f v} {hsetnx s f v} {hmset s f v} {hget s f} {hmget s f} {hdel s f} {hexists s f} {hlen s}
            {hstrlen s f} {hgetall s} {hkeys s} {hvals s} {hincrby s f 1} {hincrbyfloat s f 1} {hrandfield s}
            {hrandfield s 1} {hscan s 0}
        } { assert_replies [list $command $::wrong_type] }
    }

    test "Wrong arguments are refused" {
        assert_replies {
            {hset h}            {-ERR wrong number of arguments for 'hset' command}
            {hset h f}          {-ERR wrong number of arguments for 'hset' command}
            {hset h f v g}      {-ERR wrong number of arguments for 'hset' command}
            {hmset h f v g}     {-ERR wrong number of arguments for 'hmset' command}
            {hmget h}           {-ERR wrong number of arguments for 'hmget' command}
            {hdel h}            {-ERR wrong number of arguments for 'hdel' command}
            {hscan h}           {-ERR wrong number of arguments for 'hscan' command}
            {hscan h x}         {-ERR invalid cursor}
            {hscan h 0 count 0} $::syntax
            {hscan h 0 count x} $::not_integer
            {hscan h 0 match}   $::syntax
            {hscan h 0 type hash} $::syntax
            {hscan nothing 0}   {0 {}}
        }
    }

    test "A refused HINCRBY creates nothing" {
        r del h
        catch { r hincrby h f x }
        catch { r hincrbyfloat h f x }
        r exists h
    } {0}

    test "HGETALL and HRANDFIELD in RESP3" {
        r del h
        r hset h a 1
        r hello 3
        r readraw 1
        r deferred 1
        r hgetall h
        assert_equal {%1 {$1} a {$1} 1} [list [r read] [r read] [r read] [r read] [r read]]
        r hrandfield h 1 withvalues
        assert_equal {*1 *2 {$1} a {$1} 1} [list [r read] [r read] [r read] [r read] [r read] [r read]]
        r hkeys h
        assert_equal {*1 {$1} a} [list [r read] [r read] [r read]]
        r readraw 0
        r deferred 0
        r hello 2
        set _ ""
    }
}

start_server {tags {hash encoding} overrides {hash-max-listpack-entries 8 hash-max-listpack-value 16}} {
    test "The encoding changes with the number of fields" {
        r del h
        for {set i 1} {$i <= 8} {incr i} { r hset h f$i $i }
        assert_encoding listpack h
        r hset h f8 again
        assert_encoding listpack h
        r hset h f9 9
        assert_encoding hashtable h
        assert_equal 9 [r hlen h]
        r hdel h f1 f2 f3
        assert_encoding hashtable h
    }

    test "The encoding changes with the length of a field or value" {
        foreach {field value encoding} {
            f 0123456789abcdef listpack     f 0123456789abcdefg hashtable
            0123456789abcdef v listpack     0123456789abcdefg v hashtable
        } {
            r del h
            r hset h $field $value
            assert_encoding $encoding h
        }
    }

    test "Limits changed by CONFIG SET hold for what comes" {
        r del h
        r hset h a 1 b 2 c 3
        r config set hash-max-listpack-entries 2
        assert_encoding listpack h
        r hset h d 4
        assert_encoding hashtable h
        r config set hash-max-ziplist-entries 8
        assert_equal {hash-max-listpack-entries 8} [r config get hash-max-listpack-entries]
        r del h
        r hset h a 1 b 2 c 3
        assert_encoding listpack h
    }

    test "Fields keep their order while small" {
        r del h
        r hset h z 1 a 2 m 3
        r hset h z 4
        r hgetall h
    } {z 4 a 2 m 3}
}
