# MONITOR: every command as it runs, in one line.

proc watching {} {
    set rd [redis_deferring_client]
    $rd monitor
    assert_equal OK [$rd read]
    return $rd
}

# What the line shows behind the sender.
proc shown {rd} {
    set line [$rd read]
    if {![regexp {^[0-9]+\.[0-9]{6} \[[0-9]+ [^\]]+\] (.*)$} $line -> words]} { fail "not a line of MONITOR: $line" }
    return $words
}

start_server {tags {monitor}} {
    test "A line has time, database, address and quoted words" {
        set rd [watching]
        r select 9
        r set key "a\"b\\c\r\n\t\a\b\x00\xff"
        set addr [client_line_field [r client info] addr]
        shown $rd
        set line [$rd read]
        $rd close
        assert {[regexp {^([0-9]+)\.[0-9]{6} \[9 ([^\]]+)\] (.*)$} $line -> at_s sender words]}
        assert_range $at_s {[clock seconds] - 2} {[clock seconds] + 1}
        assert_equal $addr $sender
        set words
    } {"set" "key" "a\"b\\c\r\n\t\a\b\x00\xff"}

    test "What runs is shown, what is refused or for administrators is not" {
        set rd [watching]
        r config get port
        catch { r nosuch }
        catch { r get }
        r slowlog len
        r latency latest
        r PING
        r client id
        r client list
        r echo last
        set words {}
        while {[lindex $words end] ne {"echo" "last"}} { lappend words [shown $rd] }
        $rd close
        set words
    } {{"PING"} {"client" "id"} {"echo" "last"}}

    test "Secrets are hidden" {
        set rd [watching]
        catch { r auth one }
        catch { r auth two three }
        catch { r hello 2 auth four five setname six }
        assert_equal {"auth" "(redacted)"} [shown $rd]
        assert_equal {"auth" "(redacted)" "(redacted)"} [shown $rd]
        assert_equal {"hello" "2" "auth" "(redacted)" "(redacted)" "setname" "six"} [shown $rd]
        $rd close
    }

    test "A transaction shows its commands and then EXEC" {
        set rd [watching]
        r multi
        r set a 1
        r config get port
        r get a
        r exec
        r multi
        catch { r nosuch }
        catch { r exec }
        r multi
        r discard
        set words {}
        for {set i 0} {$i < 8} {incr i} { lappend words [shown $rd] }
        $rd close
        set words
    } {{"multi"} {"set" "a" "1"} {"get" "a"} {"exec"} {"multi"} {"exec"} {"multi"} {"discard"}}

    test "A watcher may do what touches no key, and sees itself" {
        set rd [watching]
        $rd ping
        assert_equal PONG [$rd read]
        assert_equal {"ping"} [shown $rd]
        $rd get a
        assert_error "ERR Replica can't interact with the keyspace" {$rd read}
        $rd set a 2
        assert_error "ERR Replica can't interact with the keyspace" {$rd read}
        $rd monitor
        $rd client info
        assert_match "*flags=O *cmd=client|info*" [$rd read]
        $rd close
    }

    test "A watcher's own transaction stays in one piece" {
        set rd [watching]
        $rd multi
        assert_equal OK [$rd read]
        assert_equal {"multi"} [shown $rd]
        $rd ping
        $rd echo x
        $rd exec
        assert_equal QUEUED [$rd read]
        assert_equal QUEUED [$rd read]
        assert_equal {PONG x} [$rd read]
        assert_equal {"ping"} [shown $rd]
        assert_equal {"echo" "x"} [shown $rd]
        assert_equal {"exec"} [shown $rd]
        $rd close
    } {*} {torc}

    test "RESET ends watching" {
        set rd [watching]
        $rd reset
        assert_equal RESET [$rd read]
        r set a 3
        $rd exists a
        assert_match {[01]} [$rd read]
        $rd monitor
        assert_equal OK [$rd read]
        r echo again
        assert_equal {"echo" "again"} [shown $rd]
        $rd close
    }

    test "Not within a transaction" {
        r multi
        r monitor
        catch { r exec } e
        set e
    } {*MONITOR isn't allowed for DENY BLOCKING client*}

    test "A killed watcher leaves others alone" {
        set first [watching]
        set second [watching]
        assert_equal {"select" "9"} [shown $first]
        $first client id
        set id [$first read]
        assert_equal {"client" "id"} [shown $first]
        assert_equal {"client" "id"} [shown $second]
        assert_equal 1 [r client kill id $id]
        r echo one
        assert_equal {"echo" "one"} [shown $second]
        assert_error "*I/O error*" {$first read}
        $second close
        $first close
        r echo two
    } {two}

    test "A watcher that does not read is closed at its output limit" {
        r config set client-output-buffer-limit "normal 1mb 0 0"
        set rd [watching]
        set value [string repeat x 100000]
        wait_for_condition 2000 1 { [r set k $value] eq {OK} && ![string match "*flags=O*" [r client list]] } else {
            fail "the watcher is still there"
        }
        r config set client-output-buffer-limit "normal 0 0 0"
        $rd close
        if {[server_is_at_least 7 2]} { assert_morethan [s client_output_buffer_limit_disconnections] 0 }
    }
}

start_server {tags {monitor}} {
    test "A command that waits is shown once, when it begins to wait" {
        set rd [watching]
        set waiting [redis_deferring_client]
        assert_equal {"select" "9"} [shown $rd]
        $waiting bzpopmin zset 0
        assert_equal {"bzpopmin" "zset" "0"} [shown $rd]
        r zadd zset 1 a
        assert_equal {"zadd" "zset" "1" "a"} [shown $rd]
        assert_equal {zset a 1} [$waiting read]
        r echo end
        assert_equal {"echo" "end"} [shown $rd]
        $waiting close
        $rd close
    } {*}
}
