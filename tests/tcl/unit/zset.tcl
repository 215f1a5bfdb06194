# Sorted sets: every command, both encodings and the limits between them, ranges of all kinds, algebra, draws, scans.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::syntax {-ERR syntax error}
set ::not_float {-ERR value is not a valid float}
set ::not_integer {-ERR value is not an integer or out of range}
set ::bad_range {-ERR min or max is not a float}
set ::bad_names {-ERR min or max not valid string range item}

# The members of a model (a dict of scores) as a sorted set orders them.
proc zset_order {model} {
    set pairs {}
    dict for {member score} $model { lappend pairs [list $score $member] }
    set members {}
    foreach pair [lsort -real -index 0 [lsort -index 1 $pairs]] { lappend members [lindex $pair 1] }
    return $members
}

start_server {tags {zset}} {
    # everything below must hold in both encodings
    foreach {encoding filler} {listpack 0 skiplist 300} {
        # fillers stand behind everything else
        proc fresh {key args} "
            r del \$key
            for {set i 0} {\$i < $filler} {incr i} { r zadd \$key \[expr {1000000 + \$i}\] filler\$i }
            if {\[llength \$args\]} { r zadd \$key {*}\$args }
        "

        test "ZADD, ZSCORE, ZCARD, ZREM - $encoding" {
            fresh z
            set n $filler
            assert_replies {
                {zadd z 1 a}                1
                {zadd z 2 a}                0
                {zadd z 1 a 2 b 3 c}        2
                {zadd z ch 1 a 5 b 7 d}     2
                {zscore z a}                1
                {zscore z b}                5
                {zscore z nothing}          {}
                {zscore nothing a}          {}
                {zmscore z a nothing d}     {1 {} 7}
                {zmscore nothing a b}       {{} {}}
                {zcard z}                   {[expr {$n + 4}]}
                {zcard nothing}             0
                {zadd z 1.5 ""}             1
                {zscore z ""}               1.5
                {zrem z ""}                 1
                {zrem z a a nothing}        1
                {zrem z b c d}              3
                {zrem nothing a}            0
                {zcard z}                   $n
                {zadd z -inf low inf high}  2
                {zmscore z low high}        {-inf inf}
                {zadd z 1e3 e 0x10 hex}     2
                {zmscore z e hex}           {1000 16}
            }
            if {$filler == 0} { r zrem z low high e hex; assert_equal 0 [r exists z] }
        }

        test "ZADD with conditions - $encoding" {
            fresh z 10 a 20 b
            assert_replies {
                {zadd z nx 1 a 30 c}        1
                {zadd z xx 11 a 1 nothing}  0
                {zadd z gt ch 5 a 21 b}     1
                {zadd z lt ch 5 a 50 b}     1
                {zadd z gt xx ch 6 a 1 nothing} 1
                {zmscore z a b c nothing}   {6 21 30 {}}
                {zadd z nx xx 1 a}          {-ERR XX and NX options at the same time are not compatible}
                {zadd z gt lt 1 a}          {-ERR GT, LT, and/or NX options at the same time are not compatible}
                {zadd z nx gt 1 a}          {-ERR GT, LT, and/or NX options at the same time are not compatible}
                {zadd z incr 1 a 2 b}       {-ERR INCR option supports a single increment-element pair}
                {zadd z 1 a 2}              $::syntax
                {zadd z nosuch 1 a}         $::syntax
                {zadd z 1 a x b}            $::not_float
                {zadd z 9 z1 nan b}         $::not_float
                {zscore z z1}               {}
                {zadd nothing xx 1 a}       0
                {exists nothing}            0
            }
        }

        test "ZINCRBY and ZADD INCR - $encoding" {
            fresh z 1 a inf i
            assert_replies {
                {zincrby z 1.5 a}           2.5
                {zincrby z -2.5 a}          0
                {zincrby z 3 new}           3
                {zadd z incr 1 a}           1
                {zadd z incr nx 1 a}        {}
                {zadd z incr xx 1 nothing}  {}
                {zadd z incr gt -1 a}       {}
                {zadd z incr lt -1 a}       0
                {zincrby z 1 i}             inf
                {zincrby z -inf i}          {-ERR resulting score is not a number (NaN)}
                {zscore z i}                inf
                {zincrby z x a}             $::not_float
            }
        }

        test "ZRANK and ZREVRANK - $encoding" {
            fresh z 1 a 2 b 2 c 3 d
            set last [expr {$filler + 3}]
            assert_replies {
                {zrank z a}                 0
                {zrank z c}                 2
                {zrevrank z a}              $last
                {zrevrank z d}              {[expr {$last - 3}]}
                {zrank z nothing}           {}
                {zrank nothing a}           {}
            }
        }

        test "ZRANK and ZREVRANK with scores - $encoding" {
            fresh z 1 a 2.5 b
            assert_replies {
                {zrank z b withscore}       {1 2.5}
                {zrevrank z b withscore}    {[list $filler 2.5]}
                {zrank z nothing withscore} {}
                {zrank z a withscores}      $::syntax
                {zrank z a withscore x}     {-ERR wrong number of arguments for 'zrank' command}
            }
        } {} {since:7.2}

        test "Ranges of ranks - $encoding" {
            fresh z 1 a 2 b 3 c 4 d
            assert_replies {
                {zrange z 0 1}              {a b}
                {zrange z 1 2 withscores}   {b 2 c 3}
                {zrange z 3 2}              {}
                {zrange z 100000 200000}    {}
                {zrange nothing 0 -1}       {}
                {zrange z 0 x}              $::not_integer
                {zrange z 0 1 limit 0 1}    {-ERR syntax error, LIMIT is only supported*}
                {zrange z 0 1 nosuch}       $::syntax
                {zrevrange z 0 1 rev}       $::syntax
            }
            if {$filler == 0} {
                assert_replies {
                    {zrange z 0 -1}             {a b c d}
                    {zrange z -2 -1}            {c d}
                    {zrange z -100 0}           {a}
                    {zrevrange z 0 1}           {d c}
                    {zrange z 0 1 rev withscores} {d 4 c 3}
                    {zrevrange z -1 -1}         {a}
                }
            }
        }

        test "Ranges of scores - $encoding" {
            fresh z 1 a 2 b 3 c 4 d
            assert_replies {
                {zrangebyscore z 2 3}               {b c}
                {zrangebyscore z (1 (4}             {b c}
                {zrangebyscore z -inf 2 withscores} {a 1 b 2}
                {zrangebyscore z -inf 5 limit 1 2}  {b c}
                {zrangebyscore z -inf 5 limit 3 -1} {d}
                {zrangebyscore z -inf 5 limit -1 2} {}
                {zrangebyscore z -inf 5 limit 9 2}  {}
                {zrevrangebyscore z 3 (1}           {c b}
                {zrevrangebyscore z 5 0 limit 1 2}  {c b}
                {zrange z 2 +5 byscore}             {b c d}
                {zrange z 5 2 byscore rev limit 0 1} {d}
                {zrangebyscore z 3 2}               {}
                {zrangebyscore z (2 (2}             {}
                {zrangebyscore z x 2}               $::bad_range
                {zrangebyscore z 2 (nan}            $::bad_range
                {zrangebyscore z 1 2 limit 0}       $::syntax
                {zrangebyscore z 1 2 limit 0 x}     $::not_integer
                {zrangebyscore z 1 2 byscore}       $::syntax
                {zcount z 2 3}                      2
                {zcount z (2 inf}                   {[expr {$filler + 2}]}
                {zcount z 3 2}                      0
                {zcount nothing 0 1}                0
                {zcount z 0 (}                      0
                {zcount z a 1}                      $::bad_range
            }
        }

        test "Ranges of names - $encoding" {
            r del z
            for {set i 0} {$i < $filler} {incr i} { r zadd z 0 x$i }
            r zadd z 0 a 0 b 0 ba 0 c
            assert_replies {
                {zrangebylex z - \[c}                {a b ba c}
                {zrangebylex z (a (c}               {b ba}
                {zrangebylex z \[b \[b}               {b}
                {zrangebylex z - (x limit 1 2}      {b ba}
                {zrevrangebylex z (x -}             {c ba b a}
                {zrange z (x \[b bylex rev limit 0 2} {c ba}
                {zrangebylex z + -}                 {}
                {zrangebylex z (b (b}               {}
                {zlexcount z \[b (x}                 3
                {zlexcount z - +}                   {[expr {$filler + 4}]}
                {zlexcount nothing - +}             0
                {zlexcount z a +}                   $::bad_names
                {zlexcount z - -x}                  $::bad_names
                {zrange z - + bylex withscores}     {-ERR syntax error, WITHSCORES not supported*}
                {zremrangebylex z \[b (c}            2
                {zrangebylex z - (x}                {a c}
            }
        }

        test "Removed ranges - $encoding" {
            fresh z 1 a 2 b 3 c 4 d 5 e 6 f
            assert_replies {
                {zremrangebyrank z 1 2}     2
                {zrange z 0 3}              {a d e f}
                {zremrangebyscore z (4 5}   1
                {zremrangebyscore z 7 8}    0
                {zremrangebyrank z 5 4}     0
                {zremrangebyrank nothing 0 1} 0
                {zremrangebyrank z 0 x}     $::not_integer
                {zremrangebyscore z 0 x}    $::bad_range
                {zremrangebylex z 0 x}      $::bad_names
                {zremrangebyrank z 0 -1}    {[expr {$filler + 3}]}
                {exists z}                  0
            }
        }

        test "ZRANGESTORE - $encoding" {
            fresh z 1 a 2 b 3 c
            r set taken text
            assert_replies {
                {zrangestore d z 0 1}                   2
                {zrange d 0 -1 withscores}              {a 1 b 2}
                {zrangestore d z (1 5 byscore limit 1 1} 1
                {zrange d 0 -1 withscores}              {c 3}
                {zrangestore taken z 0 0}               1
                {type taken}                            zset
                {zrangestore d z 5 4}                   0
                {exists d}                              0
                {zrangestore d nothing 0 -1}            0
                {zrangestore d z 0 1 withscores}        $::syntax
                {zrangestore z z 1 2}                   2
                {zrange z 0 -1}                         {b c}
            }
        }

        test "ZPOPMIN, ZPOPMAX, ZMPOP - $encoding" {
            fresh z 1 a 2 b 3 c
            r zadd w 1 x 2 y
            assert_replies {
                {zpopmin z}                     {a 1}
                {zpopmin z 2}                   {b 2 c 3}
                {zpopmin z 0}                   {}
                {zpopmin nothing}               {}
                {zpopmax w 5}                   {y 2 x 1}
                {exists w}                      0
                {zpopmin z -1}                  {-ERR value is out of range, must be positive}
                {zpopmin z 1 1}                 $::syntax
                {zadd w 1 x 2 y 3 z}            3
                {zmpop 2 nothing w min}         {w {{x 1}}}
                {zmpop 2 nothing w max count 5} {w {{z 3} {y 2}}}
                {zmpop 1 nothing min}           {}
                {zmpop 0 w min}                 {-ERR numkeys should be greater than 0}
                {zmpop 1 w min count 0}         {-ERR count should be greater than 0}
                {zmpop 1 w middle}              $::syntax
                {zmpop 3 w min}                 $::syntax
            }
        }

        test "ZUNION, ZINTER, ZDIFF - $encoding" {
            fresh x 1 a 2 b
            r del y s
            r zadd y 10 b 20 c
            r sadd s a c
            assert_replies {
                {zinter 2 x y withscores}           {b 12}
                {zinter 2 x s withscores}           {a 2}
                {zinter 2 x y weights 3 0.5 withscores} {b 11}
                {zinter 2 x y aggregate max withscores} {b 10}
                {zinter 2 x nothing}                {}
                {zinterstore d 2 x y aggregate min} 1
                {zrange d 0 -1 withscores}          {b 2}
                {zintercard 2 x y}                  1
                {zintercard 2 x x limit 2}          2
                {zintercard 1 nothing}              0
                {zunion 2 y s withscores}           {a 1 b 10 c 21}
                {zunion 3 y s nothing weights 1 100 7 withscores} {b 10 a 100 c 120}
                {zunionstore d 2 x y}               {[expr {$filler + 3}]}
                {zrange d 0 2 withscores}           {a 1 b 12 c 20}
                {zdiff 2 y x withscores}            {c 20}
                {zdiff 2 y y}                       {}
                {zdiff 1 nothing}                   {}
                {zdiffstore d 2 y s}                1
                {zrange d 0 -1 withscores}          {b 10}
                {zdiffstore d 2 y y}                0
                {exists d}                          0
            }
            assert_encoding [expr {$filler ? "skiplist" : "listpack"}] x
        }

        test "ZRANDMEMBER - $encoding" {
            fresh z 1 a 2 b 3 c
            set all [r zrange z 0 -1 withscores]
            assert {[dict exists $all [r zrandmember z]]}
            assert_equal "" [r zrandmember nothing]
            assert_equal {} [r zrandmember nothing 5]
            # distinct with a positive count, at most all
            foreach count {0 1 2 20 100 1000} {
                set some [r zrandmember z $count]
                assert_equal [expr {min($count, [dict size $all])}] [llength $some]
                assert_equal [llength $some] [llength [lsort -unique $some]]
                foreach member $some { assert {[dict exists $all $member]} }
            }
            # as many as asked for with a negative one
            foreach count {1 10 500} { assert_equal $count [llength [r zrandmember z -$count]] }
            foreach {member score} [concat {*}[r zrandmember z -20 withscores]] { assert_equal $score [dict get $all $member] }
            assert_replies {
                {zrandmember z x}                $::not_integer
                {zrandmember z 1 nosuch}         $::syntax
                {zrandmember z -9223372036854775808}             {-ERR value is out of range*}
                {zrandmember z -9223372036854775807 withscores}  {-ERR value is out of range*}
            }
        }

        test "ZSCAN returns everything - $encoding" {
            fresh z 1 a 2.5 b 3 c
            foreach count {1 3 10 1000} {
                set found {}
                set cursor 0
                while 1 {
                    lassign [r zscan z $cursor count $count] cursor part
                    foreach {member score} $part { dict set found $member $score }
                    if {$cursor == 0} break
                }
                assert_equal [lsort [dict keys $found]] [lsort [r zrange z 0 -1]]
                dict for {member score} $found { assert_equal $score [r zscore z $member] }
            }
        }

        test "Random operations agree with a model - $encoding" {
            fresh z
            set model {}
            foreach {member score} [r zrange z 0 -1 withscores] { dict set model $member $score }
            for {set i 0} {$i < 600} {incr i} {
                set member [randpath { randomInt 20 } { randstring 1 10 alpha } { lindex [dict keys $model] 0 }]
                set score [randpath { randomSignedInt 100 } { expr {[randomInt 1000] / 8.0} }]
                if {$score == int($score)} { set score [expr {int($score)}] }
                switch [randomInt 5] {
                    0 - 1 {
                        assert_equal [expr {![dict exists $model $member]}] [r zadd z $score $member]
                        dict set model $member $score
                    }
                    2 {
                        assert_equal [dict exists $model $member] [r zrem z $member]
                        dict unset model $member
                    }
                    3 {
                        set expected [lsearch -exact [zset_order $model] $member]
                        if {$expected < 0} { set expected "" }
                        assert_equal $expected [r zrank z $member]
                    }
                    4 {
                        set low [randomSignedInt 100]
                        set high [expr {$low + [randomInt 50]}]
                        set count 0
                        dict for {m s} $model { incr count [expr {$s >= $low && $s < $high}] }
                        assert_equal $count [r zcount z $low ($high]
                    }
                }
            }
            assert_equal [zset_order $model] [r zrange z 0 -1]
            assert_equal [lreverse [zset_order $model]] [r zrevrange z 0 -1]
            dict for {member score} $model { assert {[r zscore z $member] == $score} }
        }

        test "COPY and DEBUG DIGEST-VALUE of a sorted set - $encoding" {
            fresh z 1 a 2.5 b inf c
            r copy z twin replace
            assert_equal [r zrange z 0 -1 withscores] [r zrange twin 0 -1 withscores]
            assert_encoding $encoding twin
            assert_equal [r debug digest-value z] [r debug digest-value twin]
            r zincrby twin 1 a
            assert {[r debug digest-value z] ne [r debug digest-value twin]}
        } {} {needs:debug}
    }

    test "The limits between the encodings" {
        r config set zset-max-listpack-entries 5
        r config set zset-max-listpack-value 10
        r del z
        r zadd z 1 a 2 b 3 c 4 d 5 e
        assert_encoding listpack z
        r zadd z 9 a
        assert_encoding listpack z
        r zadd z 6 f
        assert_encoding skiplist z
        r zrem z a b c
        assert_encoding skiplist z
        r zunionstore small 1 z
        assert_encoding listpack small
        r del z
        r zadd z 1 0123456789
        assert_encoding listpack z
        r zadd z 2 0123456789a
        assert_encoding skiplist z
        r zrangestore small z 0 0
        assert_encoding listpack small
        assert_equal {zset-max-ziplist-entries 5} [r config get zset-max-ziplist-entries]
        r config set zset-max-listpack-entries 128
        r config set zset-max-listpack-value 64
    } {OK}

    test "Commands on another type are refused" {
        r set s text
        foreach command {
            {zadd s 1 a} {zincrby s 1 a} {zrem s a} {zcard s} {zscore s a} {zmscore s a} {zrank s a} {zrevrank s a}
            {zrange s 0 1} {zrevrange s 0 1} {zrangebyscore s 0 1} {zrevrangebyscore s 1 0} {zrangebylex s - +}
            {zrevrangebylex s + -} {zrangestore d s 0 1} {zcount s 0 1} {zlexcount s - +} {zremrangebyrank s 0 1}
            {zremrangebyscore s 0 1} {zremrangebylex s - +} {zpopmin s} {zpopmax s} {zmpop 1 s min} {zscan s 0}
            {zrandmember s} {zrandmember s 1} {zunion 1 s} {zinter 1 s} {zdiff 1 s} {zunionstore d 1 s}
            {zinterstore d 1 s} {zdiffstore d 1 s} {zintercard 1 s}
        } { assert_replies [list $command $::wrong_type] }
    }

    test "Algebra with wrong arguments is refused" {
        r del z
        r zadd z 1 a
        assert_replies {
            {zunion 0 z}                    {-ERR at least 1 input key is needed for 'zunion' command}
            {zdiffstore d 0 z}              {-ERR at least 1 input key is needed for 'zdiffstore' command}
            {zinter x z}                    $::not_integer
            {zinter 2 z}                    $::syntax
            {zunion 1 z weights}            $::syntax
            {zunion 1 z weights x}          {-ERR weight value is not a float}
            {zunion 1 z aggregate avg}      $::syntax
            {zunionstore d 1 z withscores}  $::syntax
            {zdiff 1 z weights 1}           $::syntax
            {zintercard 1 z limit -1}       {-ERR LIMIT can't be negative}
            {zintercard 1 z withscores}     $::syntax
        }
    }

    test "Infinities that cancel out are 0" {
        r del x y
        r zadd x inf a
        r zadd y -inf a
        assert_replies {
            {zunion 2 x y withscores}               {a 0}
            {zinter 2 x y withscores}               {a 0}
            {zunion 1 x weights 0 withscores}       {a 0}
            {zinter 2 x y aggregate min withscores} {a -inf}
        }
    }

    test "Replies in RESP3" {
        r del z
        r zadd z 1.5 a 2 b
        r hello 3
        r readraw 1
        r deferred 1
        r zrange z 0 -1 withscores
        assert_equal {*2 *2 {$1} a ,1.5 *2 {$1} b ,2} [lmap i {1 2 3 4 5 6 7 8 9} { r read }]
        r zscore z a
        assert_equal {,1.5} [r read]
        r zincrby z 1 b
        assert_equal {,3} [r read]
        r zpopmin z
        assert_equal {*2 {$1} a ,1.5} [lmap i {1 2 3 4} { r read }]
        r zpopmin z 1
        assert_equal {*1 *2 {$1} b ,3} [lmap i {1 2 3 4 5} { r read }]
        r readraw 0
        r deferred 0
        r hello 2
        set _ ""
    } {} {resp3}

    test "A leaderboard of ten thousand players" {
        r del board
        for {set i 0} {$i < 10000} {incr i 100} {
            set pairs {}
            for {set j $i} {$j < $i + 100} {incr j} { lappend pairs [expr {($j * 7919) % 10000}] player$j }
            r zadd board {*}$pairs
        }
        assert_encoding skiplist board
        for {set i 0} {$i < 200} {incr i} {
            set j [randomInt 10000]
            set score [expr {($j * 7919) % 10000}]
            assert_equal $score [r zrank board player$j]
            assert_equal [expr {9999 - $score}] [r zrevrank board player$j]
            assert_equal [list player$j] [r zrange board $score $score]
            assert_equal [list player$j $score] [r zrangebyscore board $score +inf withscores limit 0 1]
        }
        assert_equal 9999 [r zremrangebyrank board 0 -2]
        r zcard board
    } {1}
}
