# MULTI, EXEC, DISCARD and WATCH.

start_server {tags {multi}} {
    test "A transaction runs as a whole" {
        r flushdb
        assert_replies {
            {multi}         OK
            {set a 1}       QUEUED
            {incr a}        QUEUED
            {get a}         QUEUED
            {exec}          {OK 2 2}
            {multi}         OK
            {exec}          {}
            {get a}         2
        }
    }

    test "DISCARD forgets it" {
        assert_replies {
            {multi}         OK
            {set a 5}       QUEUED
            {discard}       OK
            {get a}         2
            {exec}          {-ERR EXEC without MULTI}
            {discard}       {-ERR DISCARD without MULTI}
        }
    }

    test "What is not allowed inside" {
        assert_replies {
            {multi}         OK
            {multi}         {-ERR MULTI calls can not be nested}
            {set a 1}       QUEUED
            {exec}          OK
            {multi}         OK
            {watch a}       {-ERR WATCH inside MULTI is not allowed}
            {exec}          {}
        }
    }

    test "A command refused while queueing aborts" {
        r set a 1
        foreach bad {{nosuch} {set a} {get} {config nosuch} {client getname x}} {
            r multi
            r incr a
            assert_error "ERR*" { r {*}$bad }
            assert_error "EXECABORT Transaction discarded because of previous errors." { r exec }
            assert_error "ERR EXEC without MULTI" { r exec }
        }
        r get a
    } {1}

    test "A command that fails while running does not stop the others" {
        r del s n
        set rd [redis_deferring_client]
        foreach command {multi {set s text} {incr s} {hget s f} {incr n} exec} { $rd {*}$command }
        for {set i 0} {$i < 5} {incr i} { $rd read }
        $rd readraw 1
        set lines {}
        for {set i 0} {$i < 5} {incr i} { lappend lines [$rd read] }
        $rd close
        assert_match "\\*4 +OK {-ERR value is not an integer or out of range} {-WRONGTYPE *} :1" $lines
    }

    test "Nobody comes between" {
        r del n
        set others {}
        for {set i 0} {$i < 4} {incr i} { lappend others [redis_deferring_client] }
        for {set round 0} {$round < 50} {incr round} {
            foreach rd $others {
                $rd multi
                foreach _ {1 2 3} { $rd incr n }
                $rd exec
            }
        }
        foreach rd $others {
            for {set round 0} {$round < 50} {incr round} {
                foreach expected {OK QUEUED QUEUED QUEUED} { assert_equal $expected [$rd read] }
                lassign [$rd read] a b c
                assert_equal [list [expr {$a + 1}] [expr {$a + 2}]] [list $b $c]
            }
            $rd close
        }
        r get n
    } {600}

    test "A transaction sees its own writes and databases" {
        r flushall
        assert_replies {
            {multi}         OK
            {set k nine}    QUEUED
            {select 10}     QUEUED
            {set k ten}     QUEUED
            {get k}         QUEUED
            {exec}          {OK OK OK ten}
            {get k}         ten
            {select $::dbnum} OK
            {get k}         nine
        }
    } {} {singledb:skip}

    # ---- WATCH

    test "WATCH lets through what nobody touched" {
        r set a 1
        assert_replies {
            {watch a nothing}   OK
            {multi}             OK
            {incr a}            QUEUED
            {exec}              2
        }
    }

    # how: what happens between WATCH and EXEC, by another client
    foreach {name before how aborts} {
        "is set"                        {set x 1}           {set x 2}               1
        "is set to the same value"      {set x 1}           {set x 1}               1
        "is created"                    {ping}              {set x 1}               1
        "is deleted"                    {set x 1}           {del x}                 1
        "is unlinked"                   {set x 1}           {unlink x}              1
        "does not exist and is deleted" {ping}              {del x}                 0
        "is read"                       {set x 1}           {get x}                 0
        "is touched"                    {set x 1}           {touch x}               0
        "is counted"                    {set x 1}           {incr x}                1
        "is appended to"                {set x 1}           {append x y}            1
        "gets a time to live"           {set x 1}           {expire x 100}          1
        "loses its time to live"        {setex x 100 1}     {persist x}             1
        "is renamed"                    {set x 1}           {rename x y}            1
        "is renamed over"               {mset x 1 z 2}      {rename z x}            1
        "is copied"                     {set x 1}           {copy x y}              0
        "is copied over"                {mset x 1 z 2}      {copy z x replace}      1
        "gets a field"                  {hset x f v}        {hset x g w}            1
        "loses no field"                {hset x f v}        {hdel x g}              0
        "is moved away"                 {set x 1}           {move x 10}             1
        "goes with FLUSHDB"             {set x 1}           {flushdb}               1
        "goes with FLUSHALL"            {set x 1}           {flushall}              1
        "is not there for FLUSHDB"      {ping}              {flushdb}               0
        "goes with SWAPDB"              {set x 1}           {swapdb 9 10}           1
        "sees an unrelated write"       {set x 1}           {set y 1}               0
        "sees a failed write"           {set x text}        {incr x}                0
        "sees SET NX that does nothing" {set x 1}           {set x 2 nx}            0
        "gets its bits counted"         {set x 1}           {bitcount x}            0
        "gets a bit set"                {set x 1}           {setbit x 1 1}          1
        "is target of BITOP"            {set x 1}           {bitop not x x}         1
        "is set in a transaction"       {set x 1}           {multi;set x 2;exec}    1
        "is set in a discarded one"     {set x 1}           {multi;set x 2;discard} 0
    } {
        test "WATCH: the key $name" {
            r flushall
            r {*}$before
            set other [redis_client]
            r watch x
            foreach command [split $how ";"] { catch { $other {*}$command } }
            $other close
            r multi
            r ping
            assert_equal [expr {$aborts ? "" : "PONG"}] [r exec]
            r flushall
        } {OK} {singledb:skip}
    }

    test "A write of one's own counts too" {
        r set x 1
        r watch x
        r set x 2
        r multi
        r ping
        r exec
    } {}

    test "UNWATCH, EXEC and DISCARD forget what was watched" {
        foreach forget {unwatch {multi;exec} {multi;discard} reset} {
            r set x 1
            r watch x
            foreach command [split $forget ";"] { r $command }
            if {$forget eq "reset"} { r select $::dbnum }
            r set x 2
            r multi
            r ping
            assert_equal PONG [r exec] $forget
        }
    }

    test "After an EXEC that failed nothing is watched" {
        r set x 1
        r watch x
        r set x 2
        r multi
        r exec
        r set x 3
        r multi
        r ping
        r exec
    } {PONG}

    test "WATCH is by database" {
        r flushall
        r watch x
        set other [redis_client]
        $other select 10
        $other set x 1
        $other close
        r multi
        r ping
        r exec
    } {PONG} {singledb:skip}

    test "A watched key that expires aborts" {
        r debug set-active-expire 0
        r set x 1 px 5
        r watch x
        after 10
        r multi
        r ping
        set answer [r exec]
        r debug set-active-expire 1
        set answer
    } {} {needs:debug}

    test "A watched key that had expired before does not abort" {
        r debug set-active-expire 0
        r set x 1 px 1
        after 5
        r watch x
        r multi
        r ping
        set answer [r exec]
        r debug set-active-expire 1
        set answer
    } {PONG} {needs:debug}

    test "A watched key that had expired before, deleted by somebody's look, does not abort" {
        r debug set-active-expire 0
        r set x 1 px 1
        after 5
        r watch x
        set other [redis_client]
        $other get x
        $other close
        r multi
        r ping
        set answer [r exec]
        r debug set-active-expire 1
        set answer
    } {PONG} {needs:debug}

    test "A watched key expires while nobody looks" {
        r set x 1 px 5
        r watch x
        wait_for_condition 200 10 { [r dbsize] == 0 || ![r exists x] } else { fail "it did not expire" }
        r multi
        r ping
        r exec
    } {}

    test "A connection that ends leaves nothing half done" {
        r set x 1
        set rd [redis_client]
        $rd multi
        $rd incr x
        $rd close
        r get x
    } {1}

    test "SWAPDB with keys that had expired before touches nothing" {
        foreach {here there} {0 1  1 0  1 1} {
            r flushall
            r debug set-active-expire 0
            foreach {db wanted} [list 10 $there 9 $here] {
                r select $db
                if {$wanted} { r set x v px 1 }
            }
            after 3
            r watch x
            r swapdb 9 10
            r multi
            r ping
            set answer [r exec]
            r debug set-active-expire 1
            assert_equal PONG $answer "an expired key here: $here, there: $there"
        }
        # but a key that lives comes in
        r flushall
        r select 10
        r set x v
        r select 9
        r watch x
        r swapdb 9 10
        r multi
        r ping
        assert_equal "" [r exec]
        r flushall
    } {OK} {singledb:skip needs:debug}

    test "QUIT and RESET inside" {
        r set x 1
        set c [redis_client]
        $c multi
        $c incr x
        assert_equal OK [$c quit]
        assert_error "I/O error*" { $c ping }
        $c close
        set c [redis_client]
        $c multi
        $c incr x
        assert_equal RESET [$c reset]
        assert_error "ERR EXEC without MULTI" { $c exec }
        $c close
        r get x
    } {1} {needs:reset}

    test "A connection that is killed with a queue and watched keys" {
        set c [redis_client]
        $c watch x
        $c multi
        $c incr x
        r client kill id [client_line_field [lindex [split [r client list] \n] end-1] id]
        r set x 5
        catch { $c close }
        r get x
    } {5}

    test "A long queue" {
        r del n
        r multi
        for {set i 0} {$i < 5000} {incr i} { r incr n }
        lindex [r exec] end
    } {5000}

    test "Queued arguments are the queue's own" {
        r multi
        for {set i 0} {$i < 20} {incr i} { r set big$i [string repeat $i 20000] }
        r exec
        for {set i 0} {$i < 20} {incr i} { assert {[r get big$i] eq [string repeat $i 20000]} }
    }

    test "CLIENT LIST shows the length of the queue and what is watched" {
        r multi
        r ping
        r ping
        set other [redis_client]
        set line [lindex [split [$other client list id [$other client id]] \n] 0]
        assert_equal -1 [client_line_field $line multi]
        set multis {}
        foreach line [split [string trim [$other client list]] \n] { lappend multis [client_line_field $line multi] }
        $other close
        r discard
        assert {"2" in $multis}
    }

    test "A transaction with errors is counted" {
        r config resetstat
        r multi
        catch { r nosuch }
        catch { r exec }
        assert_match "count=1" [errorrstat ERR r]
        assert_match "count=1" [errorrstat EXECABORT r]
    }
}
