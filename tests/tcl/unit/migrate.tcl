# MIGRATE: keys handed over to another server, of either kind.

# What a server says that is none, or is too slow: it accepts, and answers with this.
proc fake_server {answer} {
    set ::fake_answer $answer
    set socket [socket -server fake_accept -myaddr 127.0.0.1 0]
    set ::fake_port [lindex [fconfigure $socket -sockname] 2]
    return $socket
}
proc fake_accept {channel host port} {
    fconfigure $channel -blocking 0 -translation binary -buffering none
    fileevent $channel readable [list fake_read $channel]
}
proc fake_read {channel} {
    set got [read $channel]
    if {[eof $channel]} { close $channel; return }
    if {$::fake_answer eq "close"} { close $channel; return }
    if {$::fake_answer ne ""} { puts -nonewline $channel $::fake_answer }
}
# The reply of a deferring client, while the fake server goes on.
proc read_while_faking {client} {
    set channel [$client channel]
    fileevent $channel readable {set ::fake_done 1}
    vwait ::fake_done
    fileevent $channel readable {}
    return [$client read]
}

start_server {tags {migrate external:skip torc} overrides {save ""}} {
    set target [srv 0 client]
    set host [srv 0 host]
    set port [srv 0 port]

start_server {tags {migrate external:skip torc} overrides {save ""}} {
    test "MIGRATE: its arguments" {
        assert_replies {
            {migrate 127.0.0.1 1 nosuch 0 100}            NOKEY
            {migrate 127.0.0.1 1 "" 0 100 keys a b}       NOKEY
            {migrate 127.0.0.1 1 "" 0 100 keys}           NOKEY
            {migrate 127.0.0.1 1 key 0 100 keys a}        "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"
            {migrate 127.0.0.1 1 key 0 100 nonsense}      "-ERR syntax error"
            {migrate 127.0.0.1 1 key 0 100 auth}          "-ERR syntax error"
            {migrate 127.0.0.1 1 key 0 100 auth2 a}       "-ERR syntax error"
            {migrate 127.0.0.1 1 key x 100}               "-ERR value is not an integer or out of range"
            {migrate 127.0.0.1 1 key 0 x}                 "-ERR value is not an integer or out of range"
            {migrate 127.0.0.1 1 key 0}                   "-ERR wrong number of arguments for 'migrate' command"
        }
    }

    test "MIGRATE: nobody there, or no name" {
        r set key value
        assert_error "IOERR error or timeout connecting to the client" {r migrate 127.0.0.1 1 key 0 1000}
        assert_error "IOERR error or timeout connecting to the client" {r migrate no.such.name.invalid 1 key 0 3000}
        r get key
    } {value}

    test "MIGRATE within a transaction is refused" {
        r multi
        r migrate 127.0.0.1 1 key 0 1000
        catch {r exec} reply
        assert_match "*which a transaction cannot*" $reply
        r get key
    } {value}

        test "MIGRATE moves all types with their deadlines" {
            r flushall
            r set string [string repeat "some text " 20]
            r set mortal x px 100000
            r hset hash a 1 b 2
            r sadd set a b 3
            r zadd zset 1 a 2.5 b
            r xadd stream 1-1 f v
            r xgroup create stream group 0
            for {set i 0} {$i < 3000} {incr i} { lappend words element:$i }
            r rpush list {*}$words
            set digests [r debug digest-value string hash set zset list]
            assert_equal OK [r migrate $host $port "" 3 5000 keys string mortal hash set zset stream list nosuch list]
            assert_equal 0 [r dbsize]
            $target select 3
            assert_equal $digests [$target debug digest-value string hash set zset list]
            assert_range [$target pttl mortal] 1 100000
            assert_equal group [dict get [lindex [$target xinfo groups stream] 0] name]
            assert_equal 1 [s migrate_cached_sockets]
        } {} {needs:debug}

        test "MIGRATE COPY and REPLACE; what is refused there stays here" {
            r flushall
            $target flushall
            r mset a 1 b 2 c 3
            $target select 0
            $target mset b other
            assert_error "ERR Target instance replied with error: BUSYKEY*" {
                r migrate $host $port "" 0 5000 copy keys a b c
            }
            assert_equal 3 [r dbsize]
            assert_equal {1 other 3} [$target mget a b c]
            $target flushall
            $target set b other
            assert_error "ERR Target instance replied with error: BUSYKEY*" {r migrate $host $port "" 0 5000 keys a b c}
            assert_equal b [r keys *]
            assert_equal OK [r migrate $host $port b 0 5000 replace]
            assert_equal {1 2 3} [$target mget a b c]
            r dbsize
        } {0}

        test "MIGRATE: a database or a password that is refused moves nothing" {
            r set key value
            assert_error "ERR Target instance replied with error: ERR DB index is out of range" {
                r migrate $host $port key 99 5000
            }
            assert_error "ERR Target instance replied with error: ERR AUTH*" {r migrate $host $port key 0 5000 auth secret}
            $target config set requirepass secret
            assert_error "ERR Target instance replied with error: WRONGPASS*" {r migrate $host $port key 0 5000 auth other}
            assert_equal value [r get key]
            assert_equal OK [r migrate $host $port key 0 5000 replace auth2 default secret]
            $target config set requirepass ""
            $target get key
        } {value}

        test "MIGRATE deletes with an event, and tells the journal" {
            r config set notify-keyspace-events KEA
            set listener [redis_client]
            $listener psubscribe "__key*__:*"
            r set moving x
            r migrate $host $port moving 0 5000 replace
            set events {}
            while {[lsearch $events __keyevent@*__:del] < 0} { lappend events [lindex [$listener read] 2] }
            $listener close
            r config set notify-keyspace-events ""
            r exists moving
        } {0}

        test "A key that changes while it is on its way is sent again" {
            r flushall
            $target flushall
            r set key before
            set slow [redis_deferring_client]
            # the other side is held up, so that there is time
            $target client pause 300 all
            $slow migrate $host $port key 0 5000
            wait_for_condition 100 10 { [string match *cmd=migrate* [r client list]] } else { fail "it does not migrate" }
            assert_equal before [r getset key after]
            assert_equal 1 [r dbsize]
            assert_equal OK [$slow read]
            $slow close
            assert_equal after [$target get key]
            r exists key
        } {0}

        test "A key that goes while it is on its way is gone there, too" {
            r set key before
            $target flushall
            set slow [redis_deferring_client]
            $target client pause 300 all
            $slow migrate $host $port key 0 5000
            wait_for_condition 100 10 { [string match *cmd=migrate* [r client list]] } else { fail "it does not migrate" }
            r del key
            assert_equal OK [$slow read]
            $slow close
            list [r exists key] [$target exists key]
        } {0 0}

        test "A client that leaves meanwhile does not stop it" {
            r set key value
            set slow [redis_deferring_client]
            $target client pause 300 all
            $slow migrate $host $port key 0 5000
            wait_for_condition 100 10 { [string match *cmd=migrate* [r client list]] } else { fail "it does not migrate" }
            $slow close
            wait_for_condition 500 10 { [r exists key] == 0 } else { fail "it was not moved" }
            $target get key
        } {value}

        test "A server that does not answer in time" {
            r set key value
            $target client pause 2000 all
            assert_error "IOERR error or timeout reading to target instance" {r migrate $host $port key 0 200}
            assert_equal value [r get key]
            $target client unpause
        }

    test "MIGRATE: a kept connection that the other side closed is replaced" {
        $target flushall
        r mset a 1 b 2
        r migrate $host $port a 0 5000
        assert {[s migrate_cached_sockets] > 0}
        $target client kill type normal skipme yes
        assert_equal OK [r migrate $host $port b 0 5000]
        $target dbsize
    } {2}

    test "What answers nonsense, or hangs up, is an error" {
        foreach {answer error} {
            "HTTP/1.1 400 Bad Request\r\n\r\n" "IOERR error or timeout reading*"
            close                              "IOERR error or timeout reading*"
            "-ERR no\r\n-ERR no\r\n"           "ERR Target instance replied with error: ERR no"
        } {
            set socket [fake_server $answer]
            r set key value
            set client [redis_deferring_client]
            $client migrate 127.0.0.1 $::fake_port key 0 1000
            assert_error $error {read_while_faking $client}
            $client close
            close $socket
            assert_equal value [r get key]
        }
    }
}
}
