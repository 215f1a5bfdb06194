# Publish and subscribe: channels, patterns, sharded channels, in both versions of the protocol.

start_server {tags {pubsub}} {
    foreach version {2 3} {
        proc subscriber {} "
            set rd \[redis_deferring_client\]
            \$rd hello $version
            \$rd read
            return \$rd
        "
        test "Messages reach their subscribers - RESP$version" {
            set one [subscriber]
            set two [subscriber]
            assert_equal {1 2} [subscribe $one {news sport}]
            assert_equal {1} [subscribe $two {news}]
            assert_equal 2 [r publish news hello]
            assert_equal 1 [r publish sport goal]
            assert_equal 0 [r publish other nobody]
            assert_equal {message news hello} [$one read]
            assert_equal {message sport goal} [$one read]
            assert_equal {message news hello} [$two read]
            assert_equal {1} [unsubscribe $one {news}]
            assert_equal 1 [r publish news again]
            assert_equal {message news again} [$two read]
            $one close
            $two close
        } {0}

        test "Patterns - RESP$version" {
            set rd [subscriber]
            assert_equal {1 2 3} [psubscribe $rd {news.* n?ws.[ab] exact}]
            assert_equal 2 [r publish news.a x]
            set both [lsort [list [$rd read] [$rd read]]]
            assert_equal {{pmessage news.* news.a x} {pmessage {n?ws.[ab]} news.a x}} [lsort $both]
            assert_equal 1 [r publish news.c x]
            assert_equal {pmessage news.* news.c x} [$rd read]
            assert_equal 0 [r publish other x]
            assert_equal 1 [r publish exact x]
            assert_equal {pmessage exact exact x} [$rd read]
            assert_equal {2} [punsubscribe $rd {news.*}]
            assert_equal 1 [r publish news.a x]
            $rd close
        } {0}

        test "A channel and a pattern are two subscriptions - RESP$version" {
            set rd [subscriber]
            assert_equal {1} [subscribe $rd {ab}]
            assert_equal {2} [psubscribe $rd {a*}]
            assert_equal 2 [r publish ab x]
            assert_equal {message ab x} [$rd read]
            assert_equal {pmessage a* ab x} [$rd read]
            assert_equal {1} [unsubscribe $rd {ab}]
            assert_equal {0} [punsubscribe $rd {a*}]
            $rd close
        } {0}

        test "Subscribing twice is once - RESP$version" {
            set rd [subscriber]
            assert_equal {1 1 2 2} [subscribe $rd {a a b a}]
            assert_equal 1 [r publish a x]
            assert_equal {message a x} [$rd read]
            assert_equal {1 1 0 0} [unsubscribe $rd {a a b nothing}]
            $rd close
        } {0}

        test "Leaving everything, one confirmation each - RESP$version" {
            set rd [subscriber]
            subscribe $rd {a b c}
            psubscribe $rd {x* y*}
            $rd unsubscribe
            set left {}
            for {set i 0} {$i < 3} {incr i} {
                set message [$rd read]
                assert_equal unsubscribe [lindex $message 0]
                lappend left [lindex $message 1]
            }
            assert_equal {a b c} [lsort $left]
            assert_equal 2 [lindex $message 2]
            $rd punsubscribe
            $rd read
            assert_equal 0 [lindex [$rd read] 2]
            # and with nothing left
            $rd unsubscribe
            assert_equal {unsubscribe {} 0} [$rd read]
            $rd punsubscribe
            assert_equal {punsubscribe {} 0} [$rd read]
            $rd sunsubscribe
            assert_equal {sunsubscribe {} 0} [$rd read]
            $rd ping
            assert_equal PONG [$rd read]
            $rd close
        } {0}

        test "Sharded channels are a world of their own - RESP$version" {
            set rd [subscriber]
            assert_equal {1 2} [ssubscribe $rd {s1 s2}]
            assert_equal {1} [subscribe $rd {s1}]
            assert_equal 1 [r spublish s1 sharded]
            assert_equal 1 [r publish s1 plain]
            assert_equal 0 [r spublish other x]
            assert_equal {smessage s1 sharded} [$rd read]
            assert_equal {message s1 plain} [$rd read]
            assert_equal {s1 s2} [lsort [r pubsub shardchannels]]
            assert_equal {s2} [r pubsub shardchannels *2]
            assert_equal {s1 1 s2 1 s3 0} [r pubsub shardnumsub s1 s2 s3]
            assert_equal {1 0} [sunsubscribe $rd {s1 s2}]
            assert_equal 0 [r spublish s1 x]
            assert_equal 1 [r publish s1 x]
            $rd close
        } {0}

        test "Empty names, binary names and messages - RESP$version" {
            set rd [subscriber]
            set name "\x00\r\n\xff"
            subscribe $rd [list "" $name]
            r publish "" ""
            assert_equal {message {} {}} [$rd read]
            r publish $name $name
            assert_equal [list message $name $name] [$rd read]
            set big [string repeat m 1000000]
            r publish "" $big
            assert_equal [list message "" $big] [$rd read]
            $rd close
        } {0}

        test "CLIENT REPLY OFF does not silence messages - RESP$version" {
            set rd [subscriber]
            $rd client reply off
            assert_equal {1} [subscribe $rd {quiet}]
            r publish quiet x
            assert_equal {message quiet x} [$rd read]
            $rd close
        } {0}
    }

    test "In RESP2 a subscriber may say little else" {
        set rd [redis_deferring_client]
        subscribe $rd {a}
        foreach command {{get k} {set k v} {publish a x} {multi} {client id} {spublish a x} {hello 3}} {
            $rd {*}$command
            set name [lindex $command 0]
            if {$name eq "client"} { set name client|id }
            assert_error "ERR Can't execute '$name': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context" { $rd read }
        }
        $rd ping
        assert_equal {pong {}} [$rd read]
        $rd ping hello
        assert_equal {pong hello} [$rd read]
        $rd reset
        assert_equal RESET [$rd read]
        $rd client id
        assert {[$rd read] > 0}
        assert_equal 0 [r publish a x]
        $rd close
    } {0} {since:7.0}

    test "In RESP3 a subscriber may say anything" {
        set rd [redis_deferring_client]
        $rd hello 3
        $rd read
        subscribe $rd {a}
        $rd set k v
        assert_equal OK [$rd read]
        $rd ping
        assert_equal PONG [$rd read]
        $rd get k
        assert_equal v [$rd read]
        $rd close
    } {0}

    test "One's own message comes after the reply of PUBLISH" {
        set rd [redis_deferring_client]
        $rd hello 3
        $rd read
        subscribe $rd {me}
        $rd publish me hello
        $rd readraw 1
        assert_equal {:1 >3 {$7} message {$2} me {$5} hello} [list [$rd read] [$rd read] [$rd read] [$rd read] [$rd read] [$rd read] [$rd read] [$rd read]]
        $rd close
    } {0} {since:7.2}

    test "Messages are pushes in RESP3 and arrays in RESP2" {
        foreach {version mark} {2 *3 3 >3} {
            set rd [redis_deferring_client]
            $rd hello $version
            $rd read
            $rd readraw 1
            $rd subscribe c
            assert_equal $mark [$rd read]
            foreach _ {1 2 3 4 5} { $rd read }
            r publish c x
            assert_equal $mark [$rd read]
            $rd close
        }
    }

    test "PUBSUB" {
        set one [redis_deferring_client]
        set two [redis_deferring_client]
        subscribe $one {alpha beta}
        subscribe $two {alpha}
        psubscribe $two {x* y*}
        psubscribe $one {x*}
        assert_equal {alpha beta} [lsort [r pubsub channels]]
        assert_equal {beta} [r pubsub channels b*]
        assert_equal {} [r pubsub channels nothing]
        assert_equal {alpha 2 beta 1 gamma 0} [r pubsub numsub alpha beta gamma]
        assert_equal {} [r pubsub numsub]
        # patterns, not subscribers of patterns
        assert_equal 2 [r pubsub numpat]
        assert_equal 2 [s pubsub_patterns]
        assert_equal 2 [s pubsub_channels]
        assert_replies {
            {pubsub}                {-ERR wrong number of arguments for 'pubsub' command}
            {pubsub nosuch}         {-ERR unknown subcommand 'nosuch'. Try PUBSUB HELP.}
            {pubsub channels a b}   {-ERR *}
            {pubsub numpat x}       {-ERR wrong number of arguments for 'pubsub|numpat' command}
            {publish a}             {-ERR wrong number of arguments for 'publish' command}
            {subscribe}             {-ERR wrong number of arguments for 'subscribe' command}
        }
        $one close
        $two close
        wait_for_condition 100 10 { [r pubsub channels] eq "" } else { fail "closed clients stay subscribed" }
        r pubsub numpat
    } {0}

    test "Messages keep their order" {
        set rd [redis_deferring_client]
        subscribe $rd {order}
        set pd [redis_deferring_client]
        for {set i 0} {$i < 2000} {incr i} { $pd publish order $i }
        for {set i 0} {$i < 2000} {incr i} { assert_equal 1 [$pd read] }
        for {set i 0} {$i < 2000} {incr i} { assert_equal [list message order $i] [$rd read] }
        $pd close
        $rd close
    } {0}

    test "A message in a transaction leaves with it" {
        set rd [redis_deferring_client]
        subscribe $rd {tx}
        r multi
        r publish tx one
        r publish tx two
        assert_equal {1 1} [r exec]
        assert_equal {{message tx one} {message tx two}} [list [$rd read] [$rd read]]
        r multi
        r publish tx never
        r discard
        r publish tx last
        assert_equal {message tx last} [$rd read]
        $rd close
    } {0}

    test "Subscribing in a transaction" {
        set rd [redis_deferring_client]
        $rd hello 3
        $rd read
        foreach command {multi {subscribe t1} {set k v} exec} { $rd {*}$command }
        set all {}
        foreach _ {1 2 3 4} { lappend all [$rd read] }
        $rd close
        set all
    } {OK QUEUED QUEUED {{subscribe t1 1} OK}}

    test "Three hundred subscribers of one channel" {
        set clients {}
        for {set i 0} {$i < 300} {incr i} {
            set rd [redis [srv host] [srv port] 1]
            $rd subscribe crowd
            lappend clients $rd
        }
        foreach rd $clients { $rd read }
        assert_equal 300 [r publish crowd hello]
        foreach rd $clients {
            assert_equal {message crowd hello} [$rd read]
            $rd close
        }
    }

    test "CLIENT LIST counts subscriptions" {
        set rd [redis_deferring_client]
        $rd hello 3
        $rd read
        subscribe $rd {a b}
        psubscribe $rd {c*}
        ssubscribe $rd {d e f}
        $rd client info
        set line [$rd read]
        $rd close
        list [client_line_field $line sub] [client_line_field $line psub] [client_line_field $line ssub] [client_line_field $line flags]
    } {2 1 3 P}
}
