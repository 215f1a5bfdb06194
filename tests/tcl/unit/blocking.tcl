# Waiting for keys: who is served and when, timeouts, transactions, CLIENT UNBLOCK, ends of connections.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}

# Clients that wait, in this order.
proc blocked {args} {
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

start_server {tags {blocking}} {
    test "timeouts are numbers of seconds" {
        assert_replies {
            {bzpopmin z x}              {-ERR timeout is not a float or out of range}
            {bzpopmin z nan}            {-ERR timeout is not a float or out of range}
            {bzpopmin z -1}             {-ERR timeout is negative}
            {bzpopmax z -0.002}         {-ERR timeout is negative}
            {bzpopmin z 0.01}           {}
            {bzpopmax z y 0.0001}       {}
            {bzmpop x 1 z min}          {-ERR timeout is not a float or out of range}
            {bzmpop -1 1 z min}         {-ERR timeout is negative}
            {bzmpop 0.01 1 z min}       {}
            {bzmpop 0.01 2 z y max count 3} {}
            {bzmpop 0 0 z min}          {-ERR numkeys should be greater than 0}
            {bzmpop 0 2 z min}          {-ERR syntax error}
            {bzmpop 0 1 z mid}          {-ERR syntax error}
            {bzmpop 0 1 z min count 0}  {-ERR count should be greater than 0}
            {bzmpop 0 1 z min count}    {-ERR syntax error}
        }
        r set s text
        assert_replies {
            {bzpopmin s 0}              $::wrong_type
            {bzpopmin z s 0}            $::wrong_type
            {bzmpop 0 2 z s max}        $::wrong_type
        }
        assert_equal 0 [s blocked_clients]
        r del s
    } {1}

    test "timeouts end before time does" {
        assert_replies {
            {bzpopmin z inf}                    {-ERR timeout is out of range}
            {bzpopmin z 9223372036854776}       {-ERR timeout is out of range}
            {bzpopmin z 9223372036854775.807}   {-ERR timeout is out of range}
            {bzmpop 0x7FFFFFFFFFFFFF 1 z min}   {-ERR timeout is out of range}
        }
    } {} {since:7.2}

    test "what is there is taken at once" {
        r zadd z 1 a 2 b 3 c 4 d
        assert_replies {
            {bzpopmin none z 0}             {z a 1}
            {bzpopmax z none 0}             {z d 4}
            {bzmpop 0 2 none z min count 9} {z {{b 2} {c 3}}}
            {exists z}                      0
        }
    }

    test "a timeout answers null, in either protocol" {
        set rd [redis_deferring_client]
        $rd readraw 1
        $rd bzpopmin z 0.01
        assert_equal {*-1} [$rd read]
        $rd bzmpop 0.01 1 z min
        assert_equal {*-1} [$rd read]
        $rd close
    }

    test "a timeout answers null, in RESP3" {
        set c [redis_client]
        $c hello 3
        $c readraw 1
        assert_equal {_} [$c bzpopmin z 0.01]
        $c readraw 0
        $c zadd z 1 a
        assert_equal {z a 1.0} [$c bzpopmin z 0]
        $c close
    }

    test "first come, first served" {
        set clients [blocked {bzpopmin z 0} {bzpopmax y z 0} {bzmpop 0 2 z y min} {bzpopmin z 0}]
        r zadd z 1 a 2 b
        assert_equal {z a 1} [[lindex $clients 0] read]
        assert_equal {z b 2} [[lindex $clients 1] read]
        assert_equal 2 [s blocked_clients]
        r zadd z 3 c 4 d 5 e
        assert_equal {z {{c 3}}} [[lindex $clients 2] read]
        assert_equal {z d 4} [[lindex $clients 3] read]
        assert_equal 0 [s blocked_clients]
        foreach rd $clients { $rd close }
        r del z
    } {1}

    test "a transaction and a script's worth of changes serve at their end" {
        lassign [blocked {bzpopmin z 0}] rd
        r multi
        r zadd z 1 a
        r zadd z 0 b
        r exec
        assert_equal {z b 0} [$rd read]
        $rd bzpopmin z y 0
        assert_equal {z a 1} [$rd read]
        $rd bzpopmin y 0
        wait_for_blocked_client
        r multi
        r zadd y 1 a
        r del y
        r exec
        assert_equal 1 [s blocked_clients]
        r zadd y 1 a
        assert_equal {y a 1} [$rd read]
        $rd close
    }

    test "a served client does not wait within a transaction" {
        r multi
        r bzpopmin nothing 0
        r bzmpop 0 1 nothing min
        assert_equal {{} {}} [r exec]
    }

    test "keys come by RENAME, COPY, MOVE, SWAPDB and the STORE commands" {
        foreach way {
            {{zadd x 1 a} {rename x z}}
            {{zadd x 1 a} {copy x z}}
            {{select 10} {zadd z 1 a} {move z 9} {select 9}}
            {{select 10} {zadd z 1 a} {select 9} {swapdb 9 10}}
            {{zadd x 1 a} {zunionstore z 1 x}}
            {{zadd x 1 a} {zrangestore z x 0 -1}}
        } {
            lassign [blocked {bzpopmin z 0}] rd
            foreach command $way { r {*}$command }
            assert_equal {z a 1} [$rd read]
            assert_equal 0 [s blocked_clients]
            $rd close
            r flushall
        }
    } {} {singledb:skip}

    test "a key of another type serves nobody; a command runs again whole" {
        lassign [blocked {bzpopmin x z 0}] rd
        r set x text
        r set z text
        r del z
        assert_equal 1 [s blocked_clients]
        r zadd z 1 a
        if {[string match 7.0* $::redis_version]} {
            assert_equal {z a 1} [$rd read] ;# 7.0 served the key alone
        } else {
            assert_error "WRONGTYPE*" { $rd read }
        }
        $rd close
        r flushall
    } {OK}

    test "what a blocked client sent meanwhile runs afterwards, in order" {
        set rd [redis_deferring_client]
        $rd bzpopmin z 0
        $rd incr n
        $rd bzpopmin y 0
        $rd incr n
        wait_for_blocked_client
        assert_equal 0 [r exists n]
        r zadd z 1 a
        assert_equal {z a 1} [$rd read]
        assert_equal 1 [$rd read]
        wait_for_blocked_client
        r zadd y 1 a
        assert_equal {y a 1} [$rd read]
        assert_equal 2 [$rd read]
        $rd close
    }

    test "one pipeline serves another's wait, and its own commands go on in order" {
        set rd [redis_deferring_client]
        set rd2 [redis_deferring_client]
        $rd bzpopmin z 0
        $rd exists z
        wait_for_blocked_client
        $rd2 write [format_command zadd z 1 a][format_command exists z][format_command zadd z 1 b][format_command zcard z]
        $rd2 flush
        assert_equal {1 0 1 1} [list [$rd2 read] [$rd2 read] [$rd2 read] [$rd2 read]]
        assert_equal {{z a 1} 1} [list [$rd read] [$rd read]]
        $rd close
        $rd2 close
        r del z
    } {1}

    test "a client that goes is not served" {
        lassign [blocked {bzpopmin z 0} {bzpopmin z 0}] first second
        $first close
        wait_for_blocked_clients_count 1
        r zadd z 1 a
        assert_equal {z a 1} [$second read]
        $second client id
        set id [$second read]
        $second bzpopmin z 0
        wait_for_blocked_client
        assert_equal 1 [r client kill id $id]
        wait_for_blocked_clients_count 0
        r zadd z 1 a
        assert_equal 1 [r zcard z]
        $second close
        r del z
    } {1}

    test "CLIENT UNBLOCK" {
        set rd [redis_deferring_client]
        $rd client id
        set id [$rd read]
        assert_equal 0 [r client unblock $id]
        assert_equal 0 [r client unblock 99999999]
        assert_replies {
            {client unblock x}          {-ERR value is not an integer or out of range}
            {client unblock 1 x}        {-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR}
            {client unblock}            {-ERR wrong number of arguments for 'client|unblock' command}
        }
        foreach {how answer} {{} {} timeout {} TIMEOUT {} error {UNBLOCKED client unblocked via CLIENT UNBLOCK}} {
            $rd bzpopmin z 0
            wait_for_blocked_client
            assert_equal 1 [r client unblock $id {*}$how]
            catch { $rd read } told
            assert_equal $answer $told
        }
        $rd close
    }

    test "CLIENT LIST and INFO tell who waits" {
        lassign [blocked {bzpopmin z y 0} {bzpopmin y 100}] first second
        assert_match "* flags=b *cmd=bzpopmin *" [r client list]
        if {![string match 7.0* $::redis_version]} {
            assert_equal {2 0} [list [s total_blocking_keys] [s total_blocking_keys_on_nokey]]
        }
        assert_equal {2 1} [list [s blocked_clients] [s clients_in_timeout_table]]
        r zadd y 1 a 2 b
        assert_equal {y a 1} [$first read]
        assert_equal {y b 2} [$second read]
        assert_equal {0 0} [list [s blocked_clients] [s clients_in_timeout_table]]
        $first close
        $second close
    }

    test "a blocked command is counted once, when it is answered" {
        r config resetstat
        lassign [blocked {bzpopmin z 0} {bzpopmin z 0.05}] first second
        assert_equal {} [cmdrstat bzpopmin r]
        r zadd z 1 a
        $first read
        assert_match {*calls=1,*rejected_calls=0,failed_calls=0*} [cmdrstat bzpopmin r]
        $second read
        assert_match {*calls=2,*rejected_calls=0,failed_calls=0*} [cmdrstat bzpopmin r]
        $first client id
        set id [$first read]
        $first bzpopmin z 0
        wait_for_blocked_client
        r client unblock $id error
        catch { $first read }
        assert_match {*calls=3,*rejected_calls=0,failed_calls=1*} [cmdrstat bzpopmin r]
        assert_match {*count=1*} [errorrstat UNBLOCKED r]
        $first close
        $second close
    } {0} {since:7.2}

    test "CLIENT REPLY SKIP silences the command that waits" {
        set rd [redis_deferring_client]
        $rd client reply skip
        $rd bzpopmin z 0
        $rd ping
        wait_for_blocked_client
        r zadd z 1 a
        assert_equal PONG [$rd read]
        assert_equal 0 [r exists z]
        $rd close
    }

    test "many wait for the same keys, chance decides the rest" {
        set clients {}
        set served {}
        for {set i 0} {$i < 20} {incr i} {
            lappend clients [lindex [blocked [list bzpopmin z [randpath {set _ y} {set _ x}] 0]] 0]
        }
        for {set n 0} {$n < 20} {} {
            set members {}
            for {set k [randomRange 1 4]} {$k > 0 && $n < 20} {incr k -1; incr n} { lappend members $n m$n }
            r zadd z {*}$members
        }
        foreach rd $clients { lappend served [lindex [$rd read] 1]; $rd close }
        assert_equal 0 [r exists z]
        set served
    } {m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19}

    test "WAIT without replicas" {
        assert_replies {
            {wait x 1}      {-ERR value is not an integer or out of range}
            {wait 1 x}      {-ERR timeout is not an integer or out of range}
            {wait 1 -1}     {-ERR timeout is negative}
            {wait 0 0}      0
            {wait -1 0}     0
            {wait 1 10}     0
        }
        r multi
        r wait 1 0
        r wait 5 100
        assert_equal {0 0} [r exec]
        set rd [redis_deferring_client]
        $rd client id
        set id [$rd read]
        $rd wait 2 0
        wait_for_blocked_client
        assert_equal 1 [r client unblock $id]
        assert_equal 0 [$rd read]
        $rd wait 2 0
        wait_for_blocked_client
        r client unblock $id error
        assert_error "UNBLOCKED*" { $rd read }
        $rd close
    }

    test "WAITAOF without an append-only file" {
        assert_replies {
            {waitaof x 0 0}     {-ERR value is not an integer or out of range}
            {waitaof 2 0 0}     {-ERR value is out of range, value must between 0 and 1}
            {waitaof -1 0 0}    {-ERR value is out of range, value must between 0 and 1}
            {waitaof 0 -1 0}    {-ERR value is out of range, must be positive}
            {waitaof 0 x 0}     {-ERR value is out of range, must be positive}
            {waitaof 0 0 x}     {-ERR timeout is not an integer or out of range}
            {waitaof 0 0 -1}    {-ERR timeout is negative}
            {waitaof 1 0 0}     {-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.}
            {waitaof 0 0 0}     {0 0}
            {waitaof 0 1 10}    {0 0}
        }
        r multi
        r waitaof 0 1 0
        r exec
    } {{0 0}} {since:7.2}
}
