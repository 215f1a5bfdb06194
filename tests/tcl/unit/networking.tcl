# Listening and accepting: addresses, IPv6, Unix sockets, limits on clients, protected mode, idle clients.

set has_ipv6 [expr {![catch { socket -server port::refuse -myaddr ::1 0 } listener]}]
if {$has_ipv6} { close $listener }

start_server {tags {networking external:skip}} {
    test "Another address, and several" {
        r config set bind "127.0.0.1 127.0.0.2"
        set c [redis 127.0.0.2 [srv port]]
        assert_equal PONG [$c ping]
        $c close
        r config set bind "127.0.0.2"
        assert_error "*refused*" { redis 127.0.0.1 [srv port] }
        # a connection stays, whatever becomes of its listener
        assert_equal PONG [r ping]
        r config set bind "127.0.0.1"
        assert_error "*refused*" { redis 127.0.0.2 [srv port] }
        set c [redis 127.0.0.1 [srv port]]
        $c ping
    } {PONG}

    test "IPv6 beside IPv4" {
        if {$has_ipv6} {
            r config set bind "127.0.0.1 ::1"
            set c [redis ::1 [srv port]]
            assert_equal PONG [$c ping]
            assert_match "*\\\[::1\\\]:*" [client_line_field [$c client info] addr]
            $c close
            r config set bind "127.0.0.1"
        }
    }

    test "An address that does not exist is refused, unless it is optional" {
        assert_error "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses*" {
            r config set bind "127.0.0.1 192.0.2.1"
        }
        assert_equal {bind 127.0.0.1} [r config get bind]
        set c [redis 127.0.0.1 [srv port]]
        assert_equal PONG [$c ping]
        $c close
        assert_equal OK [r config set bind "127.0.0.1 -192.0.2.1"]
        r config set bind "127.0.0.1"
    } {OK}

    test "No address at all, and back, over the connection that is left" {
        r config set bind ""
        assert_error "*refused*" { redis 127.0.0.1 [srv port] }
        r config set bind "127.0.0.1"
        set c [redis 127.0.0.1 [srv port]]
        $c ping
    } {PONG}

    test "A Unix socket" {
        assert {[file type [srv unixsocket]] eq "socket"}
        assert_equal PONG [redis_cli -s [srv unixsocket] ping]
        redis_cli -s [srv unixsocket] set through-socket yes
        set line [redis_cli -s [srv unixsocket] client info]
        assert_equal "[srv unixsocket]:0" [client_line_field $line addr]
        assert_match "*U*" [client_line_field $line flags]
        redis_cli -s [srv unixsocket] get through-socket
    } {yes}
}

start_server {tags {networking external:skip} overrides {unixsocketperm 700 tcp-backlog 64 tcp-keepalive 60}} {
    test "The Unix socket's permissions, the backlog, keepalive" {
        assert_equal 700 [string range [file attributes [srv unixsocket] -permissions] end-2 end]
        assert_equal {tcp-backlog 64} [r config get tcp-backlog]
        assert_equal {tcp-keepalive 60} [r config get tcp-keepalive]
        assert_equal {unixsocketperm 700} [r config get unixsocketperm]
    }

    test "The Unix socket is gone after the end" {
        set path [srv unixsocket]
        catch { r shutdown nosave }
        process::wait_gone [srv pid] 5000
        file exists $path
    } {0}
}

start_server {tags {networking external:skip} overrides {maxclients 10}} {
    test "maxclients refuses, and forgives" {
        set clients {}
        for {set i 0} {$i < 9} {incr i} {
            set c [redis [srv host] [srv port]]
            assert_equal PONG [$c ping]
            lappend clients $c
        }
        assert_equal {{-ERR max number of clients reached} EOF} [raw_lines "" 2]
        assert_equal 1 [s rejected_connections]
        [lindex $clients 0] close
        wait_for_condition 100 10 { [s connected_clients] == 9 } else { fail "the closed client still counts" }
        set c [redis [srv host] [srv port]]
        assert_equal PONG [$c ping]
        $c close
        foreach c [lrange $clients 1 end] { $c close }
    }

    test "maxclients can be raised" {
        r config set maxclients 20
        wait_for_condition 100 10 { [s connected_clients] == 1 } else { fail "closed clients are still there" }
        set clients {}
        for {set i 0} {$i < 19} {incr i} {
            set c [redis [srv host] [srv port]]
            assert_equal PONG [$c ping]
            lappend clients $c
        }
        assert_equal {{-ERR max number of clients reached} EOF} [raw_lines "" 2]
        foreach c $clients { $c close }
        s maxclients
    } {20}
}

start_server {tags {networking external:skip}} {
    test "Idle clients are closed after their time, subscribers are not" {
        set idle [redis_deferring_client]
        set subscriber [redis_deferring_client]
        subscribe $subscriber {x}
        r config set timeout 1
        assert_error "I/O error*" { $idle read }
        # one's own connection has been idle as well
        reconnect
        assert_equal 1 [r publish x still-here]
        assert_equal {message x still-here} [$subscriber read]
        r config set timeout 0
        $subscriber close
        $idle close
    } {0}
}

start_server {config minimal.conf tags {networking external:skip}} {
    test "Protected mode answers others with an explanation" {
        set address [get_nonloopback_addr]
        if {$address ne "127.0.0.1"} {
            assert_equal "* -::*" [lindex [r config get bind] 1]
            set c [redis $address [srv port]]
            assert_error "DENIED *protected mode*" { $c ping }
            $c close
            r config set requirepass secret
            set c [redis $address [srv port]]
            assert_equal OK [$c auth secret]
            $c close
            r config set requirepass ""
            r config set protected-mode no
            set c [redis $address [srv port]]
            assert_equal PONG [$c ping]
            $c close
        }
    }
}

start_server {config minimal.conf tags {networking external:skip} overrides {enable-debug-command local enable-protected-configs local protected-mode no}} {
    test "What only local clients may do" {
        assert_equal OK [r config set dbfilename other.rdb]
        r debug sleep 0
        set address [get_nonloopback_addr]
        if {$address ne "127.0.0.1"} {
            set c [redis $address [srv port]]
            assert_error "ERR*protected*" { $c config set dbfilename mine.rdb }
            assert_error "ERR DEBUG command not allowed*" { $c debug sleep 0 }
            $c close
        }
    }
}
