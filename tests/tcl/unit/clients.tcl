# CLIENT: who is there, what they take, who has to go.

proc field_of {name field} {
    foreach line [split [string trim [r client list]] "\n"] {
        if {[client_line_field $line name] eq $name} { return [client_line_field $line $field] }
    }
    return ""
}
proc named {name} {
    set rd [redis_deferring_client]
    $rd client setname $name
    assert_equal OK [$rd read]
    return $rd
}
proc is_there {name} { expr {[field_of $name id] ne ""} }
proc wait_gone {name} {
    wait_for_condition 500 10 { ![is_there $name] } else { fail "client $name is still there" }
}
# Announces an argument of so many bytes, and sends all but its line end.
proc send_part {rd bytes} {
    $rd write "*2\r\n\$$bytes\r\n[string repeat v $bytes]"
    $rd flush
}
proc wait_for_query {name bytes} {
    wait_for_condition 500 10 { [field_of $name qbuf] == $bytes } else { fail "$name has [field_of $name qbuf] of $bytes bytes" }
}

start_server {tags {clients}} {
    test "Fields of a line, in their order" {
        set fields {}
        foreach pair [split [string trim [r client info]]] { lappend fields [lindex [split $pair =] 0] }
        set fields
    } {id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver} {since:7.2}

    test "LIST by type and by numbers" {
        set rd [named subscriber]
        $rd subscribe x
        $rd read
        set me [r client id]
        set other [field_of subscriber id]
        assert_match "*name=subscriber *flags=P *sub=1*" [r client list type pubsub]
        assert_no_match "*name=subscriber*" [r client list type normal]
        assert_equal {} [r client list type replica]
        assert_equal {} [r client list type MASTER]
        assert_equal 2 [llength [split [string trim [r client list id $me 999999 $other]] "\n"]]
        assert_equal {} [r client list id 999999]
        assert_replies {
            {client list type x} {-ERR Unknown client type 'x'}
            {client list type} {-ERR syntax error}
            {client list id} {-ERR syntax error}
            {client list id x} {-ERR Invalid client ID}
            {client list foo bar} {-ERR syntax error}
        }
        $rd close
    }

    test "KILL: filters are all to be met" {
        foreach name {a b c} { set $name [named $name] }
        $b subscribe x
        $b read
        assert_equal 0 [r client kill id [field_of a id] addr [field_of b addr]]
        assert_equal 0 [r client kill id [field_of a id] type pubsub]
        assert_equal 1 [r client kill id [field_of a id] addr [field_of a addr] laddr [field_of a laddr] type normal user default]
        wait_gone a
        assert_equal 1 [r client kill type PubSub]
        wait_gone b
        assert_equal OK [r client kill [field_of c addr]]
        wait_gone c
        foreach rd [list $a $b $c] { $rd close }
        assert_replies {
            {client kill 1.2.3.4:5} {-ERR No such client}
            {client kill id 0} {-ERR client-id should be greater than 0}
            {client kill id 7 type} {-ERR syntax error}
            {client kill user nobody} {-ERR No such user 'nobody'}
            {client kill type x} {-ERR Unknown client type 'x'}
            {client kill skipme maybe} {-ERR syntax error}
            {client kill id 999999} 0
        }
    }

    test "KILL: oneself only when asked, and not before the reply" {
        set other [named other]
        assert_morethan_equal [r client kill skipme yes] 1
        wait_gone other
        set rd [named self]
        $rd client kill type normal skipme no
        assert_morethan_equal [$rd read] 1
        assert_error "*I/O error*" {$rd read}
        $rd close
        $other close
        reconnect
        r ping
    } {PONG}

    test "What a client takes is counted" {
        set rd [named busy]
        set idle [field_of busy tot-mem]
        assert_morethan $idle 0
        foreach {kind commands undo} {
            multi   {{multi} {set k 0123456789012345678901234567890123456789}} {discard}
            watch   {{watch some key and another} {watch yet more keys}} {unwatch}
        } {
            foreach command $commands { $rd {*}$command; $rd read }
            assert_morethan [field_of busy tot-mem] $idle $kind
            $rd {*}$undo
            $rd read
            wait_for_condition 100 10 { [field_of busy tot-mem] == $idle } else { fail "$kind: [field_of busy tot-mem], before $idle" }
        }
        send_part $rd 500000
        wait_for_query busy 500000
        assert_range [field_of busy tot-mem] 500000 700000
        $rd close
    } {*} {torc}

    test "INFO adds up what CLIENT LIST tells" {
        set rd [named big]
        send_part $rd 3000000
        wait_for_query big 3000000
        set sum 0
        foreach line [split [string trim [r client list]] "\n"] { incr sum [client_line_field $line tot-mem] }
        assert_range [s mem_clients_normal] [expr {$sum - 50000}] [expr {$sum + 50000}]
        assert_equal 0 [s mem_clients_slaves]
        $rd close
    } {*} {torc}
}

start_server {tags {clients}} {
    test "Over the limit the largest go, until it is enough" {
        r client no-evict on
        r client setname control
        foreach {name bytes} {small 100000 middle 400000 large 2000000 larger 2000000} {
            set $name [named $name]
            send_part [set $name] $bytes
            wait_for_query $name $bytes
        }
        r config resetstat
        r config set maxmemory-clients 4000000
        wait_gone large
        assert {[is_there small] && [is_there middle] && [is_there larger]}
        assert_equal 1 [s evicted_clients]
        r config set maxmemory-clients 1000000
        wait_gone larger
        assert {[is_there small] && [is_there middle]}
        r config set maxmemory-clients 300000
        wait_gone middle
        assert {[is_there small]}
        assert_equal 3 [s evicted_clients]
        verify_log_message 0 "*Evicting client: *name=large *" 0
        r config set maxmemory-clients 0
        foreach name {small middle large larger} { [set $name] close }
    } {} {needs:local-process torc}

    test "A client that grows over the limit goes: input, MULTI, WATCH, subscriptions, output" {
        r config set maxmemory-clients 1000000
        r set big [string repeat x 100000]
        foreach {name body} {
            input   { send_part $rd 1100000 }
            multi   { $rd multi; for {set i 0} {$i < 12} {incr i} { $rd set k [string repeat v 100000] } }
            watch   { for {set i 0} {$i < 20000} {incr i} { $rd watch key:$i } }
            channel { for {set i 0} {$i < 20000} {incr i} { $rd subscribe channel:$i } }
            output  { for {set i 0} {$i < 200} {incr i} { $rd get big } }
        } {
            set rd [named $name]
            catch { eval $body }
            wait_gone $name
            $rd close
        }
        assert_morethan_equal [s evicted_clients] 5
        r config set maxmemory-clients 0
    } {OK} {torc}

    test "NO-EVICT keeps, until it is taken back" {
        set rd [named kept]
        $rd client no-evict on
        $rd read
        assert_match "*e*" [field_of kept flags]
        set other [named other]
        $other multi
        $other read
        for {set i 0} {$i < 30} {incr i} { $rd set key$i [string repeat v 1000]; $rd read }
        $rd multi
        $rd read
        for {set i 0} {$i < 30} {incr i} { $rd set k [string repeat v 10000]; $rd read }
        r config set maxmemory-clients 200000
        assert {[is_there kept]}
        $rd exec
        $rd read
        $rd client no-evict off
        assert_equal OK [$rd read]
        catch { send_part $rd 300000 }
        wait_gone kept
        r config set maxmemory-clients 0
        $rd close
        $other close
    } {*} {torc}

    test "A share of maxmemory is a limit, without maxmemory none" {
        r config set maxmemory-clients 50%
        assert_equal {maxmemory-clients 50%} [r config get maxmemory-clients]
        set rd [named share]
        send_part $rd 2000000
        wait_for_query share 2000000
        r config set maxmemory 100mb
        r ping
        assert {[is_there share]}
        r config set maxmemory-clients 1%
        wait_gone share
        r config set maxmemory 0 maxmemory-clients 0
        $rd close
        catch { r config set maxmemory-clients 101% } e
        set e
    } {*maxmemory-clients*} {torc}
}
