# Clients that behave badly are contained: others do not notice, and the server loses nothing by them.

# Answers once every other client's request, sent now, is answered within limit_ms.
proc others_are_served {{limit_ms 2000}} {
    set c [redis_client]
    set start [clock milliseconds]
    for {set i 0} {$i < 20} {incr i} { assert_equal PONG [$c ping] }
    $c close
    assert_lessthan [expr {[clock milliseconds] - $start}] $limit_ms
}

start_server {tags {containment external:skip}} {
    test "One that sends a byte at a time" {
        set slow [redis_deferring_client]
        foreach byte [split [format_command set slow done] ""] {
            $slow write $byte
            $slow flush
            r ping
        }
        assert_equal OK [$slow read]
        others_are_served
        $slow close
    } {0}

    test "One that stops in the middle of a command" {
        set stuck {}
        for {set i 0} {$i < 50} {incr i} {
            set rd [redis [srv host] [srv port] 1]
            $rd write "*2\r\n\$3\r\nGET\r\n\$1000\r\nabc"
            $rd flush
            lappend stuck $rd
        }
        others_are_served
        foreach rd $stuck { $rd close }
        wait_for_condition 200 10 { [s connected_clients] == 1 } else { fail "half a command keeps its client" }
    }

    test "One that closes its sending half still gets its answers" {
        set fd [socket [srv host] [srv port]]
        fconfigure $fd -translation binary
        puts -nonewline $fd [format_command set half open][format_command get half]
        flush $fd
        chan close $fd write
        assert_equal "+OK\r\n\$4\r\nopen\r\n" [read $fd]
        close $fd
        wait_for_condition 200 10 { [s connected_clients] == 1 } else { fail "the half-closed client is kept" }
    }

    test "One that vanishes with answers on their way" {
        r set big [string repeat x 1000000]
        for {set i 0} {$i < 20} {incr i} {
            set fd [socket [srv host] [srv port]]
            fconfigure $fd -translation binary
            puts -nonewline $fd [string repeat [format_command get big] 10]
            flush $fd
            close $fd
        }
        others_are_served
        wait_for_condition 500 10 { [s connected_clients] == 1 } else { fail "clients that are gone are kept" }
    }

    test "One that floods is served in its turn, and others beside it" {
        set flood [redis_deferring_client]
        set fd [$flood channel]
        fconfigure $fd -blocking 0 -buffersize 1000000
        set bytes [string repeat [format_command set flood [string repeat x 1000]] 5000]
        puts -nonewline $fd $bytes
        flush $fd
        others_are_served
        fconfigure $fd -blocking 1
        for {set i 0} {$i < 5000} {incr i} { $flood read }
        $flood close
    } {0}

    test "One that never reads is cut off at its limit" {
        r set big [string repeat x 1000000]
        r config set client-output-buffer-limit "normal 5mb 0 0"
        set deaf [redis_deferring_client]
        $deaf client id
        set id [$deaf read]
        set fd [$deaf channel]
        fconfigure $fd -blocking 0
        for {set i 0} {$i < 40} {incr i} { catch { $deaf get big } }
        wait_for_condition 500 10 { ![string match "*id=$id *" [r client list]] } else { fail "it is still there" }
        r config set client-output-buffer-limit "normal 0 0 0"
        $deaf close
        wait_for_log_messages 0 {"*closed*output buffer limits*" "*overcoming of output buffer limits*"} 0 100 10
        others_are_served
    }

    test "The soft limit cuts off after its seconds" {
        r config set client-output-buffer-limit "pubsub 100mb 100kb 1"
        set deaf [redis_deferring_client]
        subscribe $deaf {loud}
        set message [string repeat x 100000]
        # more than what the kernel's buffers can take
        for {set i 0} {$i < 100} {incr i} { r publish loud $message }
        assert_equal 1 [lindex [r pubsub numsub loud] 1]
        wait_for_condition 500 10 { [r publish loud x] == 0 } else { fail "it is still there" }
        r config set client-output-buffer-limit "pubsub 32mb 8mb 60"
        $deaf close
    } {0}

    test "Below its limit a slow reader is waited for" {
        r set big [string repeat x 1000000]
        set slow [redis_deferring_client]
        for {set i 0} {$i < 20} {incr i} { $slow get big }
        others_are_served
        for {set i 0} {$i < 20} {incr i} { assert_equal 1000000 [string length [$slow read]] }
        $slow close
    } {0}

    test "client-query-buffer-limit cuts off what grows without an end" {
        r config set client-query-buffer-limit 1mb
        set rd [redis_deferring_client]
        catch {
            $rd write "*3\r\n\$3\r\nSET\r\n\$1\r\nk\r\n\$10000000\r\n"
            for {set i 0} {$i < 100} {incr i} {
                $rd write [string repeat x 100000]
                $rd flush
            }
        }
        assert_error "I/O error*" { $rd read }
        catch { $rd close }
        r config set client-query-buffer-limit 1gb
        others_are_served
    }

    test "Hundreds of connections that say nothing" {
        set silent {}
        for {set i 0} {$i < 400} {incr i} { lappend silent [socket [srv host] [srv port]] }
        others_are_served
        wait_for_condition 200 10 { [s connected_clients] == 401 } else { fail "only [s connected_clients] were accepted" }
        foreach fd $silent { close $fd }
        wait_for_condition 200 10 { [s connected_clients] == 1 } else { fail "closed connections are kept" }
    }

    test "Connections that open and close at once" {
        for {set i 0} {$i < 500} {incr i} { close [socket [srv host] [srv port]] }
        others_are_served
        wait_for_condition 200 10 { [s connected_clients] == 1 } else { fail "closed connections are kept" }
    }

    test "Noise" {
        for {set i 0} {$i < 100} {incr i} {
            set fd [socket [srv host] [srv port]]
            fconfigure $fd -translation binary
            puts -nonewline $fd [randpath { randstring 1 500 binary } { string cat "*" [randstring 1 100 binary] } {
                string cat "*3\r\n\$" [randstring 1 100 alpha] "\r\n" } { string cat "*2\r\n\$3\r\nGET\r\n\$" [randomInt 100] "\r\n" [randstring 0 200 binary] }]
            catch { flush $fd }
            close $fd
        }
        others_are_served
        wait_for_condition 300 10 { [s connected_clients] == 1 } else { fail "a noisy client is kept" }
        r ping
    } {PONG}

    test "Memory of clients that are gone comes back" {
        r flushall sync
        set before [s used_memory]
        set clients {}
        for {set i 0} {$i < 100} {incr i} {
            set rd [redis [srv host] [srv port] 1]
            $rd set k [string repeat x 50000]
            lappend clients $rd
        }
        foreach rd $clients { $rd read }
        foreach rd $clients { $rd close }
        r del k
        # 5 MB went through; what stays are receive buffers that the loop has learned to need
        wait_for_condition 300 20 { [s used_memory] < $before + 1500000 } else {
            fail "[expr {[s used_memory] - $before}] bytes more than before"
        }
    }
}
