# Work that would take long is done in slices: others are served meanwhile, and no turn of the loop takes 5 ms.

# Turns are judged by CPU time in builds that are meant to be fast; sanitizers have an allocator of their own.
proc assert_short_turns {} {
    if {[string match "jemalloc*" [s mem_allocator]] && !$::no_latency} {
        assert_lessthan [s turn_max_cpu_usec] 5000 "turn_max_command is [s turn_max_command]"
    }
}

# A hash of count fields, filled by pipelines.
proc fill_hash {key count} {
    set rd [redis_deferring_client]
    for {set from 0} {$from < $count} {incr from 1000} {
        set words {}
        for {set i $from} {$i < $from + 1000} {incr i} { lappend words field:$i value:$i }
        $rd hset $key {*}$words
        $rd read
    }
    $rd close
}

# How often another client is served until the deferred client has its reply.
proc served_until_answered {rd} {
    set fd [$rd channel]
    set ::answered 0
    # seen while the other client's reads run the event loop
    fileevent $fd readable [list served_note $fd]
    set until [expr {[clock milliseconds] + 20000}]
    for {set served 0} {!$::answered} {incr served} {
        r ping
        if {[clock milliseconds] > $until} { fail "no reply after $served others" }
    }
    return $served
}

proc served_note {fd} {
    set ::answered 1
    fileevent $fd readable {}
}

start_server {tags {slices torc}} {
    foreach command {{del big} {unlink big} {set big small} {rename other big} {copy other big replace} {flushdb} {expire big -1}} {
        test "A hash of 200,000 fields goes by $command" {
            r flushall
            fill_hash big 200000
            assert_equal 200000 [r hlen big]
            r set other v
            set full [s used_memory]
            r config resetstat
            r {*}$command
            if {[lindex $command 0] in {del unlink flushdb expire}} { assert_equal 0 [r exists big] } else {
                assert_equal string [r type big]
            }
            wait_for_condition 500 10 { [s used_memory] < $full / 4 } else { fail "the memory does not come back: [s used_memory] of $full" }
            assert_short_turns
        }
    }

    test "200,000 fields of a hash expire together" {
        r flushall
        r debug set-active-expire 0
        fill_hash big 200000
        set full [s used_memory]
        r config resetstat
        set rd [redis_deferring_client]
        for {set from 0} {$from < 200000} {incr from 1000} {
            set fields {}
            for {set i $from} {$i < $from + 1000} {incr i} { lappend fields field:$i }
            $rd hpexpire big 1 FIELDS 1000 {*}$fields
            $rd read
        }
        $rd close
        assert_equal {} [r hget big field:77]
        assert_equal {} [lindex [r hscan big 0 count 100] 1]
        r debug set-active-expire 1
        wait_for_condition 500 10 { [r exists big] == 0 } else { fail "[r hlen big] fields are still there" }
        assert_lessthan [s used_memory] [expr {$full / 4}]
        assert_equal 200000 [s expired_subkeys]
        assert_short_turns
    }

    test "A hash of 200,000 fields expires" {
        r flushall
        fill_hash big 200000
        set full [s used_memory]
        r config resetstat
        r pexpire big 1
        wait_for_condition 500 10 { [s used_memory] < $full / 4 } else { fail "the memory does not come back" }
        assert_short_turns
    }

    test "A large keyspace is flushed, and is empty at once" {
        foreach command {{flushall sync} {flushall async} {flushdb sync} {flushdb async}} {
            r flushall
            r debug populate 200000
            set full [s used_memory]
            r config resetstat
            r {*}$command
            assert_equal 0 [r dbsize]
            r set new v
            assert_equal {new} [r keys *]
            wait_for_condition 500 10 { [s used_memory] < $full / 4 } else { fail "the memory does not come back" }
            assert_short_turns
        }
    } {} {needs:debug}

    test "KEYS over a large keyspace lets others through" {
        r flushall
        r debug populate 300000
        r config resetstat
        set rd [redis_deferring_client]
        $rd keys key:12345*
        set served [served_until_answered $rd]
        assert_equal 11 [llength [$rd read]]
        $rd keys *
        assert_equal 300000 [llength [lsort -unique [$rd read]]]
        $rd close
        assert_short_turns
    } {} {needs:debug}

    test "KEYS returns what stays while keys come and go" {
        r flushall
        r debug populate 100000 stays:
        set rd [redis_deferring_client]
        $rd keys stays:*
        for {set i 0} {$i < 200} {incr i} { r set new:$i v; r del new:[expr {$i - 5}] }
        set found [$rd read]
        assert_equal [llength $found] [llength [lsort -unique $found]]
        $rd close
        llength $found
    } {100000} {needs:debug}

    test "The keyspace grows and shrinks in steps" {
        r flushall
        r config resetstat
        populate 150000 grow: 20
        for {set i 0} {$i < 150000} {incr i 1499} { assert_equal 1 [r exists grow:$i] }
        assert_equal 150000 [r dbsize]
        assert_range [s keyspace_chain_max] 1 8
        assert_short_turns
        r flushall
    } {OK}
}

tags {slices torc external:skip} {
    foreach engine {io_uring epoll} {
        test "The engine can be chosen: $engine" {
            if {$::engine in [list "" auto $engine]} {
                set port [port::take]
                set folder [tmpdir engine]
                set words [list $::server_binary --port $port --bind 127.0.0.1 --save "" --io-engine $engine]
                set pid [process::start $words $folder $folder/out $folder/err]
                wait_for_condition 500 10 { ![catch { redis 127.0.0.1 $port } c] || ![process::alive $pid] } else { fail "it did not start" }
                # a machine may refuse io_uring: then the log says so
                if {[process::alive $pid]} {
                    assert_equal $engine [info_field [$c info server] io_engine]
                    $c close
                } else {
                    assert_equal io_uring $engine
                    assert_match "*io_uring*" [server::read_whole $folder/out][server::read_whole $folder/err]
                }
                process::end $pid
            }
        }
    }

    test "An engine that does not exist is refused" {
        catch { exec timeout 10 $::server_binary --io-engine steam 2>@1 } said
        set said
    } {*argument(s) must be one of the following*}

    test "An option without effect is accepted, and the log says so once" {
        start_server {overrides {io-threads 2}} {
            assert_equal 1 [count_log_message 0 "option 'io-threads' is accepted but has no effect"]
            assert_equal {io-threads 2} [r config get io-threads]
        }
    }
}
