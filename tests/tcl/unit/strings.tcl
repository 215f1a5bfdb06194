# Strings: SET and GETEX with every option and every refusal, ranges, counters, several keys at once, LCS.

set ::not_integer {-ERR value is not an integer or out of range}
set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::syntax {-ERR syntax error}

start_server {tags {string}} {
    test "SET and GET" {
        assert_replies {
            {get k}             {}
            {set k v}           OK
            {get k}             v
            {set k ""}          OK
            {get k}             {}
            {exists k}          1
            {SET k v}           OK
            {strlen k}          1
        }
    }

    test "SET NX, XX and GET" {
        r del k
        assert_replies {
            {set k a xx}        {}
            {exists k}          0
            {set k a nx}        OK
            {set k b nx}        {}
            {get k}             a
            {set k b xx}        OK
            {set k c get}       b
            {set k d xx get}    c
            {set k e nx get}    d
            {get k}             d
            {del k}             1
            {set k a xx get}    {}
            {exists k}          0
            {set k a get}       {}
            {get k}             a
            {set k a nx xx}     $::syntax
        }
        # NX GET that sets answers that there was nothing
        r del k
        assert_replies {
            {set k a nx get}    {}
            {get k}             a
        }
    }

    test "SET GET wants a string, and leaves what is not one" {
        r del h
        r hset h f v
        assert_replies {
            {set h v get}       $::wrong_type
            {type h}            hash
            {set h v}           OK
            {type h}            string
        }
    }

    test "SET with a time to live" {
        r set k v ex 100
        assert_range [r ttl k] 99 100
        r set k v px 100500
        assert_range [r pttl k] 100000 100500
        set now [lindex [r time] 0]
        r set k v exat [expr {$now + 50}]
        assert_range [r ttl k] 48 50
        assert_equal [expr {$now + 50}] [r expiretime k]
        r set k v pxat [expr {($now + 60) * 1000 + 7}]
        assert_equal [expr {($now + 60) * 1000 + 7}] [r pexpiretime k]
        r set k w keepttl
        assert_equal [expr {($now + 60) * 1000 + 7}] [r pexpiretime k]
        r set k w
        r ttl k
    } {-1}

    test "SET with a moment that is past deletes" {
        r set k v
        r set k w pxat 1
        r exists k
    } {0}

    test "SET refuses what makes no sense" {
        foreach option {ex px exat pxat} {
            assert_replies {
                {set k v $option}           $::syntax
                {set k v $option x}         $::not_integer
                {set k v $option 1.5}       $::not_integer
                {set k v $option 0}         {-ERR invalid expire time in 'set' command}
                {set k v $option -1}        {-ERR invalid expire time in 'set' command}
                {set k v $option 10 keepttl} $::syntax
                {set k v keepttl $option 10} $::syntax
                {set k v persist}           $::syntax
            }
        }
        assert_replies {
            {set k v ex 9223372036854775807}    {-ERR invalid expire time in 'set' command}
            {set k v ex 9223372036854775}       {-ERR invalid expire time in 'set' command}
            {set k v px 9223372036854775807}    {-ERR invalid expire time in 'set' command}
            {set k v ex 92233720368547758079}   $::not_integer
            {set k v nosuch}                    $::syntax
            {set k v nx nosuch}                 $::syntax
        }
    }

    test "SETEX and PSETEX" {
        assert_replies {
            {setex k 10 v}      OK
            {get k}             v
            {psetex k 10000 w}  OK
            {get k}             w
            {setex k 0 v}       {-ERR invalid expire time in 'setex' command}
            {setex k -5 v}      {-ERR invalid expire time in 'setex' command}
            {setex k abc v}     $::not_integer
            {psetex k 0 v}      {-ERR invalid expire time in 'psetex' command}
            {psetex k 9223372036854775807 v} {-ERR invalid expire time in 'psetex' command}
            {setex k 10}        {-ERR wrong number of arguments for 'setex' command}
            {get k}             w
        }
        assert_range [r pttl k] 1 10000
    }

    test "SETNX" {
        r del k h
        r hset h f v
        assert_replies { {setnx k a} 1  {setnx k b} 0  {get k} a  {setnx h x} 0 }
    }

    test "GETEX" {
        r del k h
        r set k v
        r hset h f v
        set now [lindex [r time] 0]
        set soon [expr {$now + 100}]
        set soon_ms [expr {$now * 1000 + 70000}]
        assert_replies {
            {getex nothing}             {}
            {getex nothing ex 10}       {}
            {getex k}                   v
            {ttl k}                     -1
            {getex k ex 100}            v
            {getex k}                   v
            {getex k px 100000}         v
            {getex k exat $soon}        v
            {expiretime k}              $soon
            {getex k pxat $soon_ms}     v
            {pexpiretime k}             $soon_ms
            {getex k persist}           v
            {ttl k}                     -1
            {getex k pxat 1}            v
            {exists k}                  0
            {getex h}                   $::wrong_type
        }
        r set k v
        assert_replies {
            {getex k ex}                $::syntax
            {getex k ex 0}              {-ERR invalid expire time in 'getex' command}
            {getex k ex -1}             {-ERR invalid expire time in 'getex' command}
            {getex k ex x}              $::not_integer
            {getex k keepttl}           $::syntax
            {getex k nx}                $::syntax
            {getex k get}               $::syntax
            {getex k persist ex 10}     $::syntax
            {getex k ex 10 px 10}       $::syntax
            {ttl k}                     -1
        }
    }

    test "GETDEL and GETSET" {
        r del k h
        r hset h f v
        assert_replies {
            {getdel k}          {}
            {set k v}           OK
            {getdel k}          v
            {exists k}          0
            {getdel h}          $::wrong_type
            {getset k a}        {}
            {getset k b}        a
            {expire k 100}      1
            {getset k c}        b
            {ttl k}             -1
            {getset h x}        $::wrong_type
            {type h}            hash
        }
    }

    test "MSET, MSETNX and MGET" {
        r del a b c h
        r hset h f v
        assert_replies {
            {mset a 1 b 2 a 3}      OK
            {mget a b c h a}        {3 2 {} {} 3}
            {msetnx c 1 a 9}        0
            {exists c}              0
            {msetnx c 1 d 2 c 3}    1
            {mget c d}              {3 2}
            {mset a}                {-ERR wrong number of arguments for 'mset' command}
            {mset a 1 b}            {-ERR wrong number of arguments for 'mset' command}
            {msetnx a 1 b}          {-ERR wrong number of arguments for 'msetnx' command}
            {mget}                  {-ERR wrong number of arguments for 'mget' command}
            {mset h x}              OK
            {type h}                string
        }
        r expire a 100
        r mset a 5
        r ttl a
    } {-1}

    test "APPEND and STRLEN" {
        r del k h
        r hset h f v
        assert_replies {
            {strlen k}          0
            {append k ""}       0
            {append k abc}      3
            {append k def}      6
            {get k}             abcdef
            {set k 12}          OK
            {append k 3}        3
            {get k}             123
            {object encoding k} raw
            {append h x}        $::wrong_type
            {strlen h}          $::wrong_type
        }
        r expire k 100
        r append k 4
        assert_range [r ttl k] 99 100
    }

    test "GETRANGE and SUBSTR" {
        r set k "Hello World"
        r set n 12345
        r del h
        r hset h f v
        foreach command {getrange substr} {
            assert_replies {
                {$command k 0 4}        Hello
                {$command k 0 -1}       {Hello World}
                {$command k -5 -1}      World
                {$command k -1 -5}      {}
                {$command k 5 3}        {}
                {$command k 6 100}      World
                {$command k 100 200}    {}
                {$command k -100 4}     Hello
                {$command k -100 -100}  H
                {$command k 0 -100}     H
                {$command k -5 -100}    {}
                {$command k 1 -100}     {}
                {$command n 1 3}        234
                {$command nothing 0 -1} {}
                {$command h 0 1}        $::wrong_type
                {$command k a 1}        $::not_integer
                {$command k 0 1.5}      $::not_integer
                {$command k -9223372036854775808 9223372036854775807} {Hello World}
            }
        }
    }

    test "SETRANGE" {
        r del k h n
        r hset h f v
        assert_replies {
            {setrange k 0 ""}       0
            {exists k}              0
            {setrange k 5 ""}       0
            {exists k}              0
            {setrange k 2 ab}       4
            {get k}                 "\x00\x00ab"
            {setrange k 3 XYZ}      6
            {get k}                 "\x00\x00aXYZ"
            {setrange k 6 !}        7
            {setrange k 0 ""}       7
            {set n 123}             OK
            {setrange n 1 9}        3
            {incr n}                194
            {setrange k -1 x}       {-ERR offset is out of range}
            {setrange k x x}        $::not_integer
            {setrange k 536870911 ab}           {-ERR string exceeds maximum allowed size*}
            {setrange k 536870912 a}            {-ERR string exceeds maximum allowed size*}
            {setrange k 9223372036854775807 a}  {-ERR string exceeds maximum allowed size*}
            {setrange h 0 x}        $::wrong_type
            {strlen k}              7
        }
        r expire k 100
        r setrange k 0 z
        assert_range [r ttl k] 99 100
    }

    test "Encodings follow the value" {
        foreach {value encoding} {
            0 int  1 int  -1 int  10000 int  9223372036854775807 int  -9223372036854775808 int
            9223372036854775808 embstr  01 embstr  +1 embstr  -0 embstr  " 1" embstr  1.0 embstr  "" embstr
            12345678901234567890123456789012345678901234 embstr
            123456789012345678901234567890123456789012345 raw
        } {
            r set k $value
            assert_encoding $encoding k
            assert_equal $value [r get k]
        }
    }

    # ---- counters

    test "INCR, DECR, INCRBY, DECRBY" {
        r del n h
        r hset h f v
        assert_replies {
            {incr n}            1
            {decr n}            0
            {decr n}            -1
            {incrby n 100}      99
            {incrby n -9}       90
            {decrby n 100}      -10
            {decrby n -10}      0
            {get n}             0
            {incrby n x}        $::not_integer
            {incrby n 1.5}      $::not_integer
            {incrby n ""}       $::not_integer
            {incrby n 9223372036854775808} $::not_integer
            {incr h}            $::wrong_type
            {object encoding n} int
        }
        r expire n 100
        r incr n
        assert_range [r ttl n] 99 100
    }

    test "Counters stop at the ends of 64 bits" {
        r set n 9223372036854775807
        assert_replies {
            {incr n}            {-ERR increment or decrement would overflow}
            {incrby n 1}        {-ERR increment or decrement would overflow}
            {decr n}            9223372036854775806
            {set n -9223372036854775808} OK
            {decr n}            {-ERR increment or decrement would overflow}
            {incrby n -1}       {-ERR increment or decrement would overflow}
            {decrby n -9223372036854775808} {-ERR decrement would overflow}
            {get n}             -9223372036854775808
        }
    }

    test "What is no integer cannot be counted" {
        foreach value {"" a 1a " 1" "1 " 1.0 +1 01 -0 0x10 1e3 9223372036854775808} {
            r set n $value
            assert_replies { {incr n} $::not_integer  {decrby n 2} $::not_integer }
            assert_equal $value [r get n]
        }
    }

    test "INCRBYFLOAT" {
        r del n h
        r hset h f v
        assert_replies {
            {incrbyfloat n 1}           1
            {incrbyfloat n 0.25}        1.25
            {incrbyfloat n -1.25}       0
            {incrbyfloat n 1.5e3}       1500
            {set n 3}                   OK
            {incrbyfloat n 1.1}         4.1
            {incrbyfloat n -1.1}        3
            {object encoding n}         embstr
            {incr n}                    4
            {set n 10.50}               OK
            {incrbyfloat n 0.1}         10.6
            {set n 5.0e3}               OK
            {incrbyfloat n 2.0e2}       5200
            {set n 0}                   OK
            {incrbyfloat n 1e-17}       0.00000000000000001
            {incrbyfloat n x}           {-ERR value is not a valid float}
            {incrbyfloat n ""}          {-ERR value is not a valid float}
            {incrbyfloat n " 1"}        {-ERR value is not a valid float}
            {incrbyfloat n "1 "}        {-ERR value is not a valid float}
            {incrbyfloat n 1x}          {-ERR value is not a valid float}
            {incrbyfloat n nan}         {-ERR value is not a valid float}
            {incrbyfloat n inf}         {-ERR increment would produce NaN or Infinity}
            {incrbyfloat n -inf}        {-ERR increment would produce NaN or Infinity}
            {incrbyfloat h 1}           $::wrong_type
            {set n abc}                 OK
            {incrbyfloat n 1}           {-ERR value is not a valid float}
        }
        r set n 1
        r expire n 100
        r incrbyfloat n 0.5
        assert_range [r ttl n] 99 100
    }

    # ---- LCS

    test "LCS" {
        r mset a ohmytext b mynewtext
        r del empty h
        r hset h f v
        assert_replies {
            {lcs a b}                       mytext
            {lcs a b len}                   6
            {lcs a b idx}                   {matches {{{4 7} {5 8}} {{2 3} {0 1}}} len 6}
            {lcs a b idx minmatchlen 4}     {matches {{{4 7} {5 8}}} len 6}
            {lcs a b idx minmatchlen 4 withmatchlen}    {matches {{{4 7} {5 8} 4}} len 6}
            {lcs a b idx withmatchlen}      {matches {{{4 7} {5 8} 4} {{2 3} {0 1} 2}} len 6}
            {lcs a b idx minmatchlen -5}    {matches {{{4 7} {5 8}} {{2 3} {0 1}}} len 6}
            {lcs a empty}                   {}
            {lcs a empty len}               0
            {lcs a empty idx}               {matches {} len 0}
            {lcs empty empty}               {}
            {lcs a a len}                   8
            {lcs a b len idx}               {-ERR If you want both the length and indexes, please just use IDX.}
            {lcs a b minmatchlen}           $::syntax
            {lcs a b minmatchlen x}         $::not_integer
            {lcs a b nosuch}                $::syntax
            {lcs a h}                       {-ERR The specified keys must contain string values}
            {lcs a}                         {-ERR wrong number of arguments for 'lcs' command}
        }
    }

    test "LCS against a simple model" {
        # the longest common subsequence's length by the textbook's table
        proc lcs_length {a b} {
            set row [lrepeat [expr {[string length $b] + 1}] 0]
            foreach x [split $a ""] {
                set diagonal 0
                set next 0
                for {set j 1} {$j <= [string length $b]} {incr j} {
                    set above [lindex $row $j]
                    if {$x eq [string index $b $j-1]} { set here [expr {$diagonal + 1}] } else {
                        set here [expr {max($above, $next)}]
                    }
                    set diagonal $above
                    set next $here
                    lset row $j $here
                }
            }
            return [lindex $row end]
        }
        # whether part is a subsequence of whole
        proc subsequence {part whole} {
            set at 0
            foreach x [split $part ""] {
                set at [string first $x $whole $at]
                if {$at < 0} { return 0 }
                incr at
            }
            return 1
        }
        for {set i 0} {$i < 40} {incr i} {
            set a [randstring 0 30 compr]
            set b [randstring 0 30 compr]
            r mset a $a b $b
            set found [r lcs a b]
            assert_equal [lcs_length $a $b] [r lcs a b len] "lcs of '$a' and '$b'"
            assert_equal [string length $found] [r lcs a b len]
            assert {[subsequence $found $a] && [subsequence $found $b]}
        }
    }

    test "LCS IDX is a map in RESP3" {
        r hello 3
        r mset a abc b abc
        r readraw 1
        r deferred 1
        r lcs a b idx
        set head [r read]
        for {set i 0} {$i < 13} {incr i} { r read }
        r readraw 0
        r deferred 0
        reconnect
        set head
    } {%2}

    test "Random ranges agree with a model" {
        set model ""
        r del k
        for {set i 0} {$i < 300} {incr i} {
            switch [randomInt 3] {
                0 {
                    set part [randstring 0 20 binary]
                    append model $part
                    assert_equal [string length $model] [r append k $part]
                }
                1 {
                    set at [randomInt 200]
                    set part [randstring 1 20 binary]
                    if {$at > [string length $model]} {
                        append model [string repeat \x00 [expr {$at - [string length $model]}]]
                    }
                    set model [string replace $model $at [expr {$at + [string length $part] - 1}] $part]
                    # replacing at the very end appends nothing in Tcl
                    if {[string length $model] < $at + [string length $part]} {
                        set model [string range $model 0 $at-1]$part
                    }
                    assert_equal [string length $model] [r setrange k $at $part]
                }
                2 {
                    set from [randomInt 100]
                    set to [expr {$from + [randomInt 100]}]
                    assert {[r getrange k $from $to] eq [string range $model $from $to]}
                }
            }
        }
        assert {[r get k] eq $model}
    }
}
