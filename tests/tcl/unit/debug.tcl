# DEBUG: what other tests lean on.

start_server {tags {debug needs:debug}} {
    test "DEBUG DIGEST is the same for the same data, whatever the order and encoding" {
        r flushall
        assert_equal [string repeat 0 40] [debug_digest]
        r mset a 1 b 2
        r hset h f v g w
        set first [debug_digest]
        assert_equal 40 [string length $first]
        r flushall
        r hset h g w f v
        r set b 2
        r set a 1
        assert_equal $first [debug_digest]
        r config set hash-max-listpack-entries 0
        r del h
        r hset h f v g w
        assert_equal $first [debug_digest]
        r config set hash-max-listpack-entries 128
        r set a 2
        assert_not_equal $first [debug_digest]
        r set a 1
        r expire a 100
        assert_not_equal $first [debug_digest]
        r persist a
        assert_equal $first [debug_digest]
    }

    test "DEBUG DIGEST knows in which database a key is" {
        r flushall
        r set a 1
        set here [debug_digest]
        r move a 3
        assert_not_equal $here [debug_digest]
        r flushall
    } {OK} {singledb:skip}

    test "DEBUG DIGEST-VALUE is of the values alone" {
        r flushall
        r mset a same b same c other
        r hset h f v
        lassign [r debug digest-value a b c h nothing] a b c h nothing
        assert_equal $a $b
        assert_not_equal $a $c
        assert_not_equal $a $h
        assert_equal [string repeat 0 40] $nothing
    }

    test "DEBUG SLEEP stops everybody" {
        set other [redis_deferring_client]
        set start [clock milliseconds]
        r debug sleep 0.1
        $other ping
        assert_equal PONG [$other read]
        $other close
        assert_morethan_equal [expr {[clock milliseconds] - $start}] 100
    }

    test "DEBUG POPULATE" {
        r flushdb
        assert_equal OK [r debug populate 1000]
        assert_equal 1000 [r dbsize]
        assert_equal value:7 [r get key:7]
        r flushdb
        r debug populate 10 pre 20
        assert_equal 20 [r strlen pre:3]
        assert_equal value:3 [string trimright [r get pre:3] \x00]
        r set pre:3 mine
        r debug populate 10 pre 20
        r get pre:3
    } {mine}

    test "DEBUG OBJECT" {
        r set k v
        assert_match "Value at:* refcount:1 encoding:embstr serializedlength:* lru:* lru_seconds_idle:*" [r debug object k]
        assert_error "ERR no such key" { r debug object nothing }
    }

    test "DEBUG PROTOCOL" {
        assert_equal "Hello World" [r debug protocol string]
        assert_equal 12345 [r debug protocol integer]
        assert_equal 3.141 [r debug protocol double]
        assert_equal "" [r debug protocol null]
        assert_equal {0 1 2} [r debug protocol array]
        assert_error "ERR Wrong protocol type name*" { r debug protocol nosuch }
    }

    test "Switches of DEBUG answer OK" {
        assert_replies {
            {debug set-active-expire 0}             OK
            {debug set-active-expire 1}             OK
            {debug pause-cron 1}                    OK
            {debug pause-cron 0}                    OK
            {debug set-disable-deny-scripts 0}      OK
            {debug replybuffer peak-reset-time 100} OK
            {debug replybuffer peak-reset-time reset} OK
            {debug replybuffer resizing 0}          OK
            {debug replybuffer resizing 1}          OK
            {debug log hello}                       OK
        }
    }

    test "DEBUG LOG writes into the log" {
        r debug log "a line of its own"
        wait_for_log_messages 0 {"*DEBUG LOG: a line of its own*"} 0 100 10
    } {*} {external:skip}

    test "DEBUG HTSTATS and HTSTATS-KEY" {
        r flushdb
        r debug populate 100
        assert_match "*Dictionary HT*" [r debug htstats $::dbnum]
        r del h
        for {set i 0} {$i < 600} {incr i} { r hset h f$i $i }
        assert_match "*" [r debug htstats-key h]
        assert_error "ERR no such key" { r debug htstats-key nothing }
        assert_replies { {debug htstats x} {-ERR value is not an integer or out of range} }
    } {} {singledb:skip}

    test "DEBUG HELP and refusals" {
        assert_match "*DEBUG <subcommand>*" [r debug help]
        assert_replies {
            {debug nosuch}          {-ERR unknown subcommand or wrong number of arguments for 'nosuch'. Try DEBUG HELP.}
            {debug sleep}           {-ERR unknown subcommand or wrong number of arguments for 'sleep'. Try DEBUG HELP.}
            {debug}                 {-ERR wrong number of arguments for 'debug' command}
        }
    }
}

start_server {tags {debug needs:debug external:skip crash}} {
    test "DEBUG SEGFAULT leaves a report" {
        server_may_die
        catch { r debug segfault }
        wait_for_condition 300 10 { ![process::alive [srv pid]] } else { fail "it still lives" }
        # where a sanitizer is first, the report is the sanitizer's
        assert {[regexp {crashed by signal|Sanitizer: SEGV} [server::read_whole [srv stdout]][server::read_whole [srv stderr]]]}
    }
}

start_server {tags {debug external:skip needs:debug}} {
    test "DEBUG PAUSE-CRON: silent clients are not looked at" {
        r debug pause-cron 1
        r config set timeout 1
        set silent [redis_client]
        $silent ping
        r debug sleep 2.2
        for {set i 0} {$i < 20} {incr i} { r ping }
        assert_equal 2 [s connected_clients]
        r debug pause-cron 0
        wait_for_condition 100 50 {[s connected_clients] == 1} else { fail "the silent client stays" }
    }
}
