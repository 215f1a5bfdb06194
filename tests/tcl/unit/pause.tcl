# CLIENT PAUSE and UNPAUSE: who waits, in which order they go on, what stands still meanwhile.

start_server {tags {pause}} {
    # what every test leaves behind must not hold the next one
    proc paused {body} {
        try { uplevel 1 $body } finally { r client unpause }
    }

    test "arguments" {
        assert_replies {
            {client pause}              {-ERR wrong number of arguments for 'client|pause' command}
            {client pause x}            {-ERR timeout is not an integer or out of range}
            {client pause 1.5}          {-ERR timeout is not an integer or out of range}
            {client pause -1}           {-ERR timeout is negative}
            {client pause 1 some}       {-ERR CLIENT PAUSE mode must be WRITE or ALL}
            {client pause x some}       {-ERR CLIENT PAUSE mode must be WRITE or ALL}
            {client pause 1 all x}      {-ERR unknown subcommand or wrong number of arguments for 'pause'. Try CLIENT HELP.}
            {client pause 0}            OK
            {client pause 0 ALL}        OK
            {client pause 0 wRITE}      OK
            {client unpause}            OK
            {client unpause x}          {-ERR wrong number of arguments for 'client|unpause' command}
            {ping}                      PONG
        }
    }

    test "WRITE holds what writes, and nothing else" {
        set held [redis_deferring_client]
        r set a 1
        paused {
            r client pause 100000 write
            $held incr a
            $held get a
            wait_for_blocked_clients_count 1
            assert_replies {
                {get a}     1
                {ping}      PONG
                {dbsize}    1
                {incr}      {-ERR wrong number of arguments for 'incr' command}
            }
            assert_match "*flags=b *cmd=incr *" [r client list]
        }
        assert_equal {2 2} [list [$held read] [$held read]]
        assert_equal 0 [s blocked_clients]
        $held close
    }

    test "PUBLISH waits with the writers" {
        set held [redis_deferring_client]
        paused {
            r client pause 100000 write
            $held publish nobody hello
            wait_for_blocked_clients_count 1
        }
        assert_equal 0 [$held read]
        $held close
    }

    test "ALL holds everything until its time is over" {
        set clients {}
        for {set i 0} {$i < 3} {incr i} { lappend clients [redis_deferring_client] }
        set begin [clock milliseconds]
        r client pause 100
        foreach rd $clients { $rd get a }
        foreach rd $clients { assert_equal 2 [$rd read] }
        assert_morethan_equal [expr {[clock milliseconds] - $begin}] 99
        foreach rd $clients { $rd close }
    }

    test "a transaction waits as a whole, and only if it writes" {
        set held [redis_deferring_client]
        set free [redis_client]
        $held multi
        $held incr a
        assert_equal {OK QUEUED} [list [$held read] [$held read]]
        paused {
            r client pause 100000 write
            $held exec
            wait_for_blocked_clients_count 1
            $free multi
            $free get a
            assert_equal 2 [$free exec]
        }
        assert_equal 3 [$held read]
        $held close
        $free close
    }

    test "a pause within a transaction begins behind it" {
        set held [redis_deferring_client]
        paused {
            r multi
            r set a 5
            r client pause 100000 write
            r incr a
            assert_equal {OK OK 6} [r exec]
            $held incr a
            wait_for_blocked_clients_count 1
        }
        assert_equal 7 [$held read]
        $held close
    }

    test "pipelines of many clients go on in their own order" {
        set clients {}
        paused {
            r client pause 100000 write
            for {set i 0} {$i < 5} {incr i} {
                set rd [redis_deferring_client]
                lappend clients $rd
                set text {}
                for {set n 0} {$n < 200} {incr n} { append text [format_command append s$i x][format_command strlen s$i] }
                $rd write $text
                $rd flush
                wait_for_blocked_clients_count [expr {$i + 1}]
            }
        }
        for {set n 1} {$n <= 200} {incr n} {
            foreach rd $clients { assert_equal [list $n $n] [list [$rd read] [$rd read]] }
        }
        foreach rd $clients { $rd close }
    }

    test "a held client that goes writes nothing" {
        set held [redis_deferring_client]
        paused {
            r client pause 100000 write
            $held set gone 1
            wait_for_blocked_clients_count 1
            $held close
            wait_for_blocked_clients_count 0
        }
        r exists gone
    } {0}

    test "CLIENT UNBLOCK does not free who is paused, CLIENT KILL does" {
        set held [redis_deferring_client]
        $held client id
        set id [$held read]
        paused {
            r client pause 100000 write
            $held set gone 1
            wait_for_blocked_clients_count 1
            assert_equal 0 [r client unblock $id]
            assert_equal 1 [r client kill id $id]
            wait_for_blocked_clients_count 0
        }
        assert_equal 0 [r exists gone]
        $held close
    } {0} {since:7.2}

    test "nothing expires, and what is due is absent all the same" {
        set before [s expired_keys]
        paused {
            r multi
            r set short 1 px 1
            r hset other f v
            r pexpire other 1
            r client pause 100000 write
            r exec
            wait_for_condition 100 5 { [r exists short other] == 0 } else { fail "the keys are still there" }
            assert_replies {
                {get short}         {}
                {hget other f}      {}
                {ttl short}         -2
                {type other}        none
            }
            assert_equal $before [s expired_keys]
        }
        r get short
        r hget other f
        expr {[s expired_keys] - $before}
    } {2}

    test "who waits for a key goes on waiting, and is served afterwards" {
        set waiting [redis_deferring_client]
        $waiting bzpopmin z 0
        wait_for_blocked_clients_count 1
        paused {
            r multi
            r zadd z 1 a
            r client pause 100000 write
            r exec
            assert_equal {1 1} [list [s blocked_clients] [r zcard z]]
        }
        assert_equal {z a 1} [$waiting read]
        $waiting close
    } {0} {since:7.2}

    test "the longer of two pauses stays, and so does the stricter" {
        set held [redis_deferring_client]
        paused {
            r client pause 100000 write
            r client pause 1 write
            after 5
            $held incr a
            wait_for_blocked_clients_count 1
        }
        $held read
        set begin [clock milliseconds]
        r client pause 60 all
        $held client pause 1 write
        $held get a
        $held read
        $held read
        assert_morethan_equal [expr {[clock milliseconds] - $begin}] 59
        $held close
    }
}
