# Time to live: the commands, their conditions and limits, and expiry itself, both when a key is touched and by itself.

set ::not_integer {-ERR value is not an integer or out of range}

# The line of INFO keyspace about the tests' database.
proc line_of_db {} {
    foreach line [split [r info keyspace] "\r\n"] { if {[string match "db$::dbnum:*" $line]} { return $line } }
    return ""
}

start_server {tags {expire}} {
    test "EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT and what they report" {
        r flushdb
        r set k v
        set now [lindex [r time] 0]
        set at [expr {$now + 200}]
        set at_ms [expr {$now * 1000 + 300123}]
        assert_replies {
            {ttl k}             -1
            {pttl k}            -1
            {expiretime k}      -1
            {pexpiretime k}     -1
            {ttl nothing}       -2
            {pttl nothing}      -2
            {expiretime nothing} -2
            {pexpiretime nothing} -2
            {expire k 100}      1
            {ttl k}             100
            {pexpire k 50400}   1
            {ttl k}             50
            {expireat k $at}    1
            {expiretime k}      $at
            {pexpireat k $at_ms} 1
            {pexpiretime k}     $at_ms
            {expire nothing 10} 0
            {pexpireat nothing 10} 0
            {persist k}         1
            {persist k}         0
            {persist nothing}   0
            {ttl k}             -1
        }
    }

    test "TTL rounds to the nearest second" {
        r set k v
        r pexpire k 10900
        assert_equal 11 [r ttl k]
        r pexpireat k 4102444800600
        assert_equal 4102444801 [r expiretime k]
    }

    test "A moment that is past deletes at once" {
        foreach {command when} {expire 0  expire -1  pexpire 0  pexpire -100  expireat 1  pexpireat 1  expireat 0} {
            r set k v
            assert_equal 1 [r $command k $when]
            assert_equal 0 [r exists k] "$command $when"
        }
    }

    test "NX, XX, GT and LT" {
        foreach {command base} [list expire 0 pexpire 0 expireat [lindex [r time] 0] pexpireat [expr {[lindex [r time] 0] * 1000}]] {
            set unit [expr {[string match p* $command] ? 1000 : 1}]
            set near [expr {$base + 100 * $unit}]
            set mid [expr {$base + 200 * $unit}]
            set far [expr {$base + 300 * $unit}]
            r set k v
            assert_replies {
                {$command k $mid xx}    0
                {$command k $mid gt}    0
                {ttl k}                 -1
                {$command k $mid nx}    1
                {$command k $far nx}    0
                {$command k $near gt}   0
                {$command k $far lt}    0
                {$command k $far gt}    1
                {$command k $near gt}   0
                {$command k $near lt}   1
                {$command k $mid xx gt} 1
                {$command k $near xx gt} 0
                {$command k $near xx lt} 1
                {persist k}             1
                {$command k $mid lt}    1
                {$command k $mid nx}    0
                {$command nothing $mid nx} 0
            }
            assert_range [r ttl k] 190 200
        }
    }

    test "Options that exclude each other, or are none" {
        r set k v
        foreach command {expire pexpire expireat pexpireat} {
            assert_replies {
                {$command k 100 nx xx}  {-ERR NX and XX, GT or LT options at the same time are not compatible}
                {$command k 100 nx gt}  {-ERR NX and XX, GT or LT options at the same time are not compatible}
                {$command k 100 lt nx}  {-ERR NX and XX, GT or LT options at the same time are not compatible}
                {$command k 100 gt lt}  {-ERR GT and LT options at the same time are not compatible}
                {$command k 100 ab}     {-ERR Unsupported option ab}
                {$command k 100 xx ab}  {-ERR Unsupported option ab}
                {$command k x}          $::not_integer
                {$command k 1.5}        $::not_integer
                {$command k}            {-ERR wrong number of arguments for '$command' command}
                {ttl k}                 -1
            }
        }
    }

    test "Moments out of range" {
        r set k v
        assert_replies {
            {expire k 9223372036854775807}      {-ERR invalid expire time in 'expire' command}
            {expire k 9223372036854775}         {-ERR invalid expire time in 'expire' command}
            {expire k -9223372036854775808}     {-ERR invalid expire time in 'expire' command}
            {pexpire k 9223372036854775807}     {-ERR invalid expire time in 'pexpire' command}
            {expireat k 9223372036854775807}    {-ERR invalid expire time in 'expireat' command}
            {expire k 9223372036854775808}      $::not_integer
            {ttl k}                             -1
            {pexpireat k 9223372036854775807}   1
            {pexpiretime k}                     9223372036854775807
        }
        r del k
    } {1}

    test "Writes that keep the time to live and writes that end it" {
        foreach {command keeps} {
            {append k x} 1  {setrange k 0 x} 1  {incrbyfloat n 1} 1  {incr n} 1  {setbit k 1 1} 1  {bitfield k set u8 0 1} 1
            {hset h f w} 1  {hincrby h n 1} 1  {hdel h g} 1  {getex k} 1  {rename k k} 1
            {set k x} 0  {getset k x} 0  {mset k x} 0  {set k x keepttl} 1  {bitop not k k} 0  {getex k persist} 0
        } {
            r flushdb
            r set k v
            r set n 1
            r hset h f v g w
            set key [expr {[lindex $command 0] eq "bitop" ? "k" : [lindex $command 1]}]
            r expire $key 100
            r {*}$command
            assert_equal $keeps [expr {[r ttl $key] > 0}] $command
        }
    }

    test "A key is gone exactly at its moment" {
        r set k v px 30
        set start [clock milliseconds]
        while {[r exists k]} {
            if {[clock milliseconds] - $start > 5000} { fail "it never expired" }
        }
        assert_morethan_equal [expr {[clock milliseconds] - $start + 2}] 30
    }

    foreach {name command gone} {
        get {get k} ""          exists {exists k} 0         ttl {ttl k} -2          type {type k} none
        strlen {strlen k} 0     append {append k x} 1       setnx {setnx k x} 1     del {del k} 0
        persist {persist k} 0   incr {incr k} 1             getset {getset k x} ""  "set nx" {set k x nx} OK
        "set xx" {set k x xx} ""  expire {expire k 10} 0    touch {touch k} 0       unlink {unlink k} 0
        getdel {getdel k} ""    mget {mget k} {{}}          "object encoding" {object encoding k} ""
        msetnx {msetnx k x} 1   renamenx {renamenx j k} 1   copy {copy j k} 1
    } {
        test "An expired key does not exist for $name" {
            r debug set-active-expire 0
            r flushdb
            r set j 1
            r set k 100 px 1
            after 3
            set answer [r {*}$command]
            r debug set-active-expire 1
            assert_equal $gone $answer
        } {} {needs:debug}
    }

    test "Expired keys are counted" {
        r config resetstat
        r debug set-active-expire 0
        r set a 1 px 1
        r set b 1 px 1
        after 3
        r get a
        r get b
        assert_equal 2 [s expired_keys]
        r debug set-active-expire 1
    } {OK} {needs:debug}

    test "Keys expire by themselves" {
        r flushdb
        for {set i 0} {$i < 500} {incr i} { r set k$i v px 20 }
        r set stays v
        wait_for_condition 200 20 { [r dbsize] == 1 } else { fail "[r dbsize] keys are left" }
        r keys *
    } {stays}

    test "Nothing expires while active expiry is off and nobody looks" {
        r flushdb
        r debug set-active-expire 0
        r set a 1 px 1
        after 20
        set size [r dbsize]
        r debug set-active-expire 1
        wait_for_condition 200 20 { [r dbsize] == 0 } else { fail "the key is still there" }
        set size
    } {1} {needs:debug redis}

    test "INFO keyspace counts keys with a time to live" {
        r flushdb
        r mset a 1 b 2 c 3
        assert_match "db$::dbnum:keys=3,expires=0,avg_ttl=0*" [line_of_db]
        r expire a 100
        r expire b 100
        assert_match "db$::dbnum:keys=3,expires=2,avg_ttl=*" [line_of_db]
        r persist a
        assert_match "db$::dbnum:keys=3,expires=1,*" [line_of_db]
        r del b
        assert_match "db$::dbnum:keys=2,expires=0,*" [line_of_db]
        r flushdb
        line_of_db
    } {} {singledb:skip}

    test "Expiry in every database" {
        r flushall
        foreach db {0 5 15} {
            r select $db
            r set k v px 10
        }
        wait_for_condition 200 20 { ![string match "*db*:keys*" [r info keyspace]] } else { fail "some key is left" }
        r select $::dbnum
    } {OK} {singledb:skip}

    test "A moment that is moved counts, not the one before" {
        r flushdb
        r set later v px 20
        r pexpire later 100000
        r set sooner v px 100000
        r pexpire sooner 20
        r set never v px 20
        r persist never
        wait_for_condition 200 10 { [r dbsize] == 2 } else { fail "it is still there" }
        # all three moments are past now, the first one's and the third one's are void
        after 30
        lsort [r keys *]
    } {later never}
}

start_server {tags {expire torc}} {
    test "A hundred thousand due keys are gone at once, and their memory soon" {
        r flushdb
        r config resetstat
        set before [s used_memory]
        set rd [redis_deferring_client]
        set moment [expr {[clock milliseconds] + 4000}]
        for {set from 0} {$from < 100000} {incr from 5000} {
            set bytes ""
            for {set i 0} {$i < 5000} {incr i} { append bytes [format_command set key:[expr {$from + $i}] value pxat $moment] }
            $rd write $bytes
            $rd flush
            for {set i 0} {$i < 5000} {incr i} { $rd read }
        }
        wait_for_condition 1000 5 { [clock milliseconds] > $moment } else { fail "time stands still" }
        # gone logically at once, whatever the index has got to
        foreach i {0 1 50000 99999} { assert_equal 0 [r exists key:$i] }
        wait_for_condition 40 50 { [r dbsize] == 0 } else { fail "[r dbsize] keys are left" }
        assert_equal 100000 [s expired_keys]
        $rd close
        assert_equal 0 [s turns_over_5ms]
    }
}
