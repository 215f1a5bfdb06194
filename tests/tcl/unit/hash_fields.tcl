# Deadlines of single fields of hashes, as Redis 7.4 has them, in both encodings. Other than there, a due field is gone
# for every command at once, HLEN and EXISTS included, and not only for who asks for it.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::no_fields {-ERR Mandatory argument FIELDS is missing or not at the right position}
set ::no_match {-ERR The `numfields` parameter must match the number of arguments}

start_server {tags {hash torc}} {
    foreach {encoding entries_max} {listpackex 512 hashtable 0} {
        r config set hash-max-listpack-entries $entries_max

        test "Deadlines are set, asked for and taken away - $encoding" {
            r del h
            r hset h a 1 b 2 c 3
            assert_replies {
                {hexpire h 100 fields 2 a nothing}        {1 -2}
                {hpexpire h 50000 NX FIELDS 2 a b}        {0 1}
                {hpexpire h 60000 XX FIELDS 2 b c}        {1 0}
                {hpexpire h 1 GT FIELDS 2 b c}            {0 0}
                {hpexpire h 200000 LT FIELDS 2 b c}       {0 1}
                {httl h FIELDS 4 a b c nothing}           {100 60 200 -2}
                {hpersist h FIELDS 3 a a nothing}         {1 -1 -2}
                {httl h FIELDS 1 a}                       -1
                {hexpireat h 33177117420 FIELDS 1 a}      1
                {hexpiretime h FIELDS 1 a}                33177117420
                {hpexpireat h 33177117420001 FIELDS 1 a}  1
                {hpexpiretime h FIELDS 1 a}               33177117420001
                {hexpiretime h FIELDS 1 a}                33177117421
                {hexpire h 0 FIELDS 1 a}                  2
                {hpexpireat h 1 FIELDS 2 a b}             {-2 2}
                {hlen h}                                  1
                {object encoding h}                       $encoding
                {hexpireat h 1 FIELDS 1 c}                2
                {exists h}                                0
            }
            assert_range [r hpttl h FIELDS 1 c] -2 -2
        }

        test "A due field is gone for every command - $encoding" {
            r debug set-active-expire 0
            r del h
            r hset h a 1 b 2 c 3 d 4
            r hpexpire h 1 FIELDS 2 a b
            wait_for_condition 100 2 { [r hlen h] == 2 } else { fail "[r hgetall h]" }
            assert_replies {
                {hget h a}               {}
                {hmget h a b c}          {{} {} 3}
                {hexists h b}            0
                {hstrlen h b}            0
                {hdel h a b}             0
                {httl h FIELDS 2 a c}    {-2 -1}
                {hsetnx h a 9}           1
                {httl h FIELDS 1 a}      -1
            }
            assert_equal {a c d} [lsort [r hkeys h]]
            assert_equal {3 4 9} [lsort [r hvals h]]
            assert_equal {3 4 9 a c d} [lsort [r hgetall h]]
            assert_equal {3 4 9 a c d} [lsort [lindex [r hscan h 0] 1]]
            assert_equal {a c d} [lsort [r hrandfield h 10]]
            r hpexpire h 1 FIELDS 3 a c d
            wait_for_condition 100 2 { [r exists h] == 0 } else { fail "[r hgetall h]" }
            assert_equal none [r type h]
            r debug set-active-expire 1
        }

        test "Their memory comes back by itself, and INFO counts - $encoding" {
            r flushall
            r config resetstat
            for {set i 0} {$i < 500} {incr i} { r hset h f$i v$i }
            r hset other a 1
            assert_match "*subexpiry=0*" [r info keyspace]
            for {set i 0} {$i < 499} {incr i} { r hpexpire h [expr {1 + $i % 20}] FIELDS 1 f$i }
            r hexpire other 100 FIELDS 1 a
            wait_for_condition 500 5 { [s expired_subkeys] == 499 } else { fail "[s expired_subkeys] came back" }
            assert_match "*keys=2,expires=0,avg_ttl=0,subexpiry=1*" [r info keyspace]
            assert_equal {f499 v499} [r hgetall h]
        }

        test "HSET takes a deadline away, increments keep it - $encoding" {
            r del h
            r hset h a 1 b 1 c 1
            r hexpire h 1000 FIELDS 3 a b c
            r hset h a 2
            r hincrby h b 4
            r hincrbyfloat h c 1.5
            assert_equal {-1 1000 1000} [r httl h FIELDS 3 a b c]
            assert_equal {2 5 2.5} [r hmget h a b c]
        }

        test "COPY, RENAME, MOVE and SWAPDB keep deadlines - $encoding" {
            r flushall
            r hset h a 1 b 2
            r hexpireat h 33177117420 FIELDS 1 a
            r copy h copied
            r rename h renamed
            r copy h2 moved
            r copy copied moved
            r select 10
            r flushdb
            r select 9
            r move moved 10
            set digest [r debug digest-value copied]
            assert_equal $digest [r debug digest-value renamed]
            r swapdb 9 10
            assert_equal {33177117420 -1} [r hexpiretime moved FIELDS 2 a b]
            assert_equal $digest [r debug digest-value moved]
            r hpersist moved FIELDS 1 a
            assert_not_equal $digest [r debug digest-value moved]
            r select 10
            assert_equal {33177117420 -1} [r hexpiretime renamed FIELDS 2 a b]
            assert_equal {33177117420 -1} [r hexpiretime copied FIELDS 2 a b]
            r select 9
            r flushall
        } {OK} {singledb:skip}

        test "A snapshot keeps deadlines, those that are near as well - $encoding" {
            r flushall
            r debug set-active-expire 0
            r hset h a 1 b 2 c 3
            for {set i 0} {$i < 700} {incr i} { r hset large f$i $i }
            r hpexpire large 20 FIELDS 1 f0
            r hexpireat large 33177117420 FIELDS 2 f1 f2
            r hexpireat h 33177117421 FIELDS 1 b
            r debug reload
            assert_equal {-1 33177117421 -1} [r hexpiretime h FIELDS 3 a b c]
            assert_equal {33177117420 33177117420 -1} [r hexpiretime large FIELDS 3 f1 f2 f3]
            wait_for_condition 100 5 { [r hexists large f0] == 0 } else { fail "f0 is still there" }
            assert_equal 699 [r hlen large]
            r debug set-active-expire 1
        }

        test "EXEC fails when a watched hash lost a field - $encoding" {
            r del h
            r debug set-active-expire 0
            r hset h a 1 b 2
            r hpexpire h 20 FIELDS 1 a
            r watch h
            wait_for_condition 100 5 { [r hexists h a] == 0 } else { fail "a is still there" }
            r multi
            r hget h b
            set reply [r exec]
            r debug set-active-expire 1
            set reply
        } {}
    }
    r config set hash-max-listpack-entries 512

    test "Errors of the field TTL commands" {
        r flushall
        r set s x
        r hset h a 1
        assert_replies {
            {hexpire s nonsense FIELDS 0 a}          $::wrong_type
            {httl s FIELDS 1 a}                      $::wrong_type
            {hpersist s FIELDS 1 a}                  $::wrong_type
            {hexpire h nonsense FIELDS 1 a}          {-ERR value is not an integer or out of range}
            {hexpire h -1 FIELDS 1 a}                {-ERR invalid expire time, must be >= 0}
            {hexpire h 99999999999 FIELDS 1 a}       {-ERR invalid expire time in 'hexpire' command}
            {hpexpireat h 70368744177664 FIELDS 1 a} {-ERR invalid expire time in 'hpexpireat' command}
            {hpexpire h 1 FIELD 1 a}                 $::no_fields
            {hpexpire h 1 NX XX FIELDS 1 a}          $::no_fields
            {hexpiretime h FIELD 1 a}                $::no_fields
            {hexpireat h 1 FIELDS 0 a}               {-ERR Parameter `numFields` should be greater than 0}
            {hpttl h FIELDS 0 a}                     {-ERR Number of fields must be a positive integer}
            {hpersist h FIELDS x a}                  {-ERR Number of fields must be a positive integer}
            {hexpire h 1 FIELDS 2 a}                 $::no_match
            {hpexpiretime h FIELDS 1 a b}            $::no_match
            {hexpire h 1 FIELDS 1}                   {-ERR wrong number of arguments for 'hexpire' command}
            {hpexpiretime nothing FIELDS 2 a b}      {-2 -2}
            {hpttl h FIELDS 1 a}                     -1
        }
    }

    test "Keyspace events of field TTLs" {
        r flushall
        r config set notify-keyspace-events Egh
        set rd [redis_deferring_client]
        psubscribe $rd {*}
        r hset h a 1 b 2
        r hexpire h 100 FIELDS 2 a b
        r hpersist h FIELDS 1 a
        r hexpire h 0 FIELDS 1 a
        r hpexpire h 1 FIELDS 1 b
        set events {}
        while {[lindex $events end] ne "del"} {
            lassign [$rd read] kind pattern channel message
            assert_equal h $message
            lappend events [regsub {^__keyevent@\d+__:} $channel ""]
        }
        $rd close
        r config set notify-keyspace-events ""
        set events
    } {hset hexpire hpersist hdel hexpire hexpired del}
}
