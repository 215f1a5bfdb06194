# The harness itself: if it cannot tell right from wrong, nothing else here means anything.

# What a body that ought to fail an assertion says.
proc said_by {body} {
    if {![catch { uplevel 1 $body } text]} { fail "this passed: $body" }
    assert_match "assertion:*" $text
    return [string range $text 10 end]
}

start_server {tags {harness}} {
    test "A command is answered" {
        r ping
    } {PONG}

    test "An expectation may be a pattern" {
        set _ "one two three"
    } {one*three}

    test "Each assertion can fail" {
        assert_match "*'b'*equal*'a'*" [said_by { assert_equal a b }]
        assert_match "*something else*" [said_by { assert_not_equal a a }]
        assert_match "*match*" [said_by { assert_match a* b }]
        assert_match "*not to match*" [said_by { assert_no_match a* ab }]
        assert_match "*1 == 2*" [said_by { assert {1 == 2} }]
        assert_match "*less*" [said_by { assert_lessthan 2 2 }]
        assert_match "*at most*" [said_by { assert_lessthan_equal 3 2 }]
        assert_match "*more*" [said_by { assert_morethan 2 2 }]
        assert_match "*at least*" [said_by { assert_morethan_equal 1 2 }]
        assert_match "*between*" [said_by { assert_range 3 1 2 }]
        assert_match "*expected an error*" [string tolower [said_by { assert_error * { set _ fine } }]]
        assert_match "*to match*" [said_by { assert_error a* { error b } }]
        assert_match "*never*" [said_by { wait_for_condition 2 1 { 0 } else { fail "never" } }]
        r set k v
        assert_match "*encoded*" [said_by { assert_encoding hashtable k }]
        assert_match "*type*" [said_by { assert_type hash k }]
        assert_match "*answered 'v'*" [said_by { assert_replies { {get k} w } }]
        assert_match "*expected the error*" [said_by { assert_replies { {get k} {-ERR no} } }]
        assert_match "*error 'ERR*" [said_by { assert_replies { {nosuch} OK } }]
        assert_match "*log has no line*" [said_by { verify_log_message 0 "*pineapple*" 0 }]
    }

    test "An error inside an array does not lose what follows it" {
        r multi
        r set s text
        r incr s
        r ping
        assert_error "ERR value is not an integer*" { r exec }
        r ping
    } {PONG}

    test "A deferred client reads its replies by hand, in order" {
        set rd [redis_deferring_client]
        assert_equal "" [$rd set k 1]
        $rd incr k
        $rd nosuchcommand
        $rd get k
        assert_equal OK [$rd read]
        assert_equal 2 [$rd read]
        assert_error "ERR unknown command*" { $rd read }
        assert_equal 2 [$rd read]
        $rd close
    } {0}

    test "Bytes survive, whatever they are" {
        set all ""
        for {set i 0} {$i < 256} {incr i} { append all [format %c $i] }
        r set bytes $all
        assert_equal 256 [r strlen bytes]
        assert {[r get bytes] eq $all}
    }

    test "A broken connection is an error once, then it is opened anew" {
        set c [redis_client]
        r client kill id [$c client id]
        assert_error "I/O error*" { $c ping }
        assert_equal PONG [$c ping]
        $c close
    } {0}

    test "A reply that does not come is an error, not a hang" {
        set rd [redis_deferring_client]
        set resp::reply_timeout_ms 50
        assert_error "I/O error*nothing came*" { $rd read }
        set resp::reply_timeout_ms 60000
        $rd close
    } {0}


    test "Every RESP3 type is read" {
        r hello 3
        assert_equal 1234567999999999999999999999999999999 [r debug protocol bignum]
        assert_equal 3.141 [r debug protocol double]
        assert_equal "" [r debug protocol null]
        assert_equal {0 1 2} [r debug protocol array]
        assert_equal {0 1 2} [lsort [r debug protocol set]]
        assert_equal {0 0 1 1 2 0} [r debug protocol map]
        assert_equal 1 [r debug protocol true]
        assert_equal 0 [r debug protocol false]
        assert_equal "This is a verbatim\nstring" [r debug protocol verbatim]
        assert_equal "Some real reply following the attribute" [r debug protocol attrib]
        assert_equal {key-popularity {key:123 90}} [r attributes]
        r ping
        assert_error "*no such element*" { r attributes }
        r hello 2
        set _ ""
    } {} {needs:debug}

    test "The reply hook sees commands and typed replies" {
        set ::hooked {}
        proc note_reply {words tree} { lappend ::hooked [list $words $tree] }
        set ::resp_reply_hook note_reply
        r set k 5
        r get k
        r get nothing
        r incr k
        r mget k nothing
        catch { r nosuch }
        r hello 3
        r config get maxclients
        set ::resp_reply_hook ""
        r hello 2
        assert_equal {{set k 5} {simple OK}} [lindex $::hooked 0]
        assert_equal {{get k} {bulk 5}} [lindex $::hooked 1]
        assert_equal {{get nothing} {null {}}} [lindex $::hooked 2]
        assert_equal {{incr k} {number 6}} [lindex $::hooked 3]
        assert_equal {{mget k nothing} {array {{bulk 6} {null {}}}}} [lindex $::hooked 4]
        assert_match {nosuch {error {ERR unknown command*}}} [lindex $::hooked 5]
        assert_match {map {*}} [lindex [lindex $::hooked 6] 1]
        assert_equal {map {{bulk maxclients} {bulk 10000}}} [lindex [lindex $::hooked 7] 1]
    }

    test "Commands are counted for the coverage" {
        set before [expr {[info exists ::resp_coverage(config|get)] ? $::resp_coverage(config|get) : 0}]
        r CONFIG GET port
        expr {$::resp_coverage(config|get) - $before}
    } {1}

    test "Tags leave tests out" {
        assert_equal "the server is older than 99.0" [testing::denied {since:99.0}]
        assert_equal "" [testing::denied {since:6.2}]
        set before $::denytags
        lappend ::denytags pineapple
        assert_match "*pineapple*" [testing::denied {other pineapple}]
        set ran 0
        set told $::on_test
        set ::on_test testing::untold
        tags {pineapple} { set ran 1 }
        start_server {tags {pineapple}} { set ran 1 }
        test "not run" { set ran 1 } {} {pineapple}
        set ::on_test $told
        set ::denytags $before
        set ran
    } {0}

    test "A name, a pattern or an expression picks tests" {
        list [testing::named_in "abc def" {{abc def}}] [testing::named_in "abc def" {abc*}] \
            [testing::named_in "abc def" {/c.d/}] [testing::named_in "abc def" {b* /^c/}]
    } {1 1 1 0}
}

start_server {tags {harness external:skip}} {
    test "Servers nest, level 0 is the innermost" {
        r set place outside
        start_server {overrides {maxclients 77}} {
            r set place inside
            assert_equal {inside outside} [list [r get place] [r -1 get place]]
            assert_equal {maxclients 77} [r config get maxclients]
            assert_not_equal [srv port] [srv -1 port]
        }
        r get place
    } {outside}

    test "A server restarts from its own file" {
        r config set maxmemory 12345678
        r config rewrite
        set pid [srv pid]
        restart_server 0 true false
        assert_not_equal $pid [srv pid]
        r config get maxmemory
    } {maxmemory 12345678}

    test "A server that dies is noticed" {
        set told $::on_test
        set ::complained {}
        proc note_outcome {outcome name took detail} { lappend ::complained $outcome $detail }
        set failures $testing::failures
        set ::on_test note_outcome
        start_server {} { exec kill -9 [srv pid]; process::wait_gone [srv pid] 5000 }
        set ::on_test $told
        set testing::failures $failures
        assert_equal err [lindex $::complained 0]
        assert_match "it was gone*" [lindex $::complained 1]
    }

    test "What a sanitizer prints is noticed" {
        set fd [open [srv stderr] a]
        puts $fd "server.c:1:2: runtime error: planted by this test"
        close $fd
        set complaints [server::complaints [lindex $::servers end]]
        file delete [srv stderr]
        close [open [srv stderr] a]
        set complaints
    } {*runtime error*}

    test "An error in a body ends the server and goes up" {
        set pid 0
        assert_error "on purpose" { start_server {} { set pid [srv pid]; error "on purpose" } }
        process::alive $pid
    } {0}

    test "A process that ignores SIGTERM is ended all the same" {
        set folder [tmpdir stubborn]
        set pid [process::start {sh -c {trap "" TERM; echo up; while :; do sleep 0.05; done}} $folder $folder/out $folder/err]
        wait_for_condition 100 10 { [file size $folder/out] > 0 } else { fail "it did not start" }
        assert_equal 0 [process::end $pid 100]
        process::alive $pid
    } {0}

    test "A taken port is not given out" {
        set listener [socket -server port::refuse -myaddr 127.0.0.1 0]
        set number [lindex [fconfigure $listener -sockname] 2]
        assert_equal 0 [port::is_free $number]
        close $listener
        port::is_free $number
    } {1}

    test "The stream of a replica can be read" {
        set stream [attach_to_replication_stream]
        r set a 1
        r incr a
        assert_replication_stream $stream {{select *} {set a 1} {incr a}}
        close_replication_stream $stream
    } {} {redis}
}
