# The protocol as bytes: inline commands, quoting, framing errors in their exact words, limits, pipelines.

start_server {tags {protocol}} {
    test "An inline command is answered" {
        assert_equal {+PONG} [raw_lines "PING\r\n" 1]
        assert_equal {+PONG} [raw_lines "PING\n" 1]
        assert_equal {+PONG} [raw_lines "   ping   \r\n" 1]
        assert_equal {{$5} hello} [raw_lines "echo hello\r\n" 2]
    }

    test "Empty lines and empty commands are passed over" {
        assert_equal {+PONG} [raw_lines "\r\n\r\n\n  \r\nPING\r\n" 1]
        assert_equal {+PONG} [raw_lines "*0\r\n*-1\r\n*-10\r\nPING\r\n" 1]
    }

    test "Inline words are quoted as in a shell" {
        assert_equal {{$3} {a b}} [raw_lines "echo \"a b\"\r\n" 2]
        assert_equal {{$3} {a b}} [raw_lines "echo 'a b'\r\n" 2]
        assert_equal [list {$3} "a\tb"] [raw_lines "echo \"a\\tb\"\r\n" 2]
        assert_equal [list {$3} {a"b}] [raw_lines "echo \"a\\\"b\"\r\n" 2]
        assert_equal [list {$3} {a'b}] [raw_lines "echo 'a\\'b'\r\n" 2]
        assert_equal [list {$4} {a\tb}] [raw_lines "echo 'a\\tb'\r\n" 2]
        assert_equal [list {$2} "\x01\xfe"] [raw_lines "echo \"\\x01\\xfe\"\r\n" 2]
        assert_equal [list {$0} {}] [raw_lines "echo \"\"\r\n" 2]
        assert_equal [list {$5} "\a\b\t/x"] [raw_lines "echo \"\\a\\b\\t\\/x\"\r\n" 2]
    }

    test "Unbalanced quotes are an error that closes" {
        set error {-ERR Protocol error: unbalanced quotes in request}
        assert_equal [list $error EOF] [raw_lines "echo \"abc\r\n" 2]
        assert_equal [list $error EOF] [raw_lines "echo 'abc\r\n" 2]
        # a closing quote wants a space after it
        assert_equal [list $error EOF] [raw_lines "echo \"abc\"d\r\n" 2]
        assert_equal [list $error EOF] [raw_lines "echo 'abc'd\r\n" 2]
    }

    foreach {name bytes error} {
        "a count that is no number"         "*x\r\n"                             "invalid multibulk length"
        "a count beyond 2^31"               "*3000000000\r\n"                    "invalid multibulk length"
        "a count beyond 2^20 is no limit"   "*1048577\r\n*\r\n"                  "expected '\$', got '*'"
        "a count with a space"              "* 1\r\n"                            "invalid multibulk length"
        "a count with a plus"               "*+1\r\n"                            "invalid multibulk length"
        "an argument without a dollar"      "*1\r\nfoo\r\n"                      "expected '\$', got 'f'"
        "a negative length"                 "*1\r\n\$-1\r\n"                     "invalid bulk length"
        "a length that is no number"        "*1\r\n\$abc\r\n"                    "invalid bulk length"
        "a length beyond the limit"         "*1\r\n\$536870913\r\n"              "invalid bulk length"
        "an empty length"                   "*1\r\n\$\r\n"                       "invalid bulk length"
    } {
        test "Framing error: $name" {
            raw_lines $bytes 2
        } [list "-ERR Protocol error: $error" EOF]
    }

    test "An error in a pipeline leaves what came before it" {
        raw_lines "PING\r\n*1\r\n\$4\r\nPING\r\n*1\r\n!4\r\n" 4
    } {+PONG +PONG {-ERR Protocol error: expected '$', got '!'} EOF}

    test "An inline request of 64 KiB without an end is too big" {
        assert_equal [list {-ERR Protocol error: too big inline request} EOF] [raw_lines [string repeat x 70000] 2]
    }

    test "A count of 64 KiB without an end is too big" {
        assert_equal [list {-ERR Protocol error: too big mbulk count string} EOF] [raw_lines "*[string repeat 1 70000]" 2]
        assert_equal [list {-ERR Protocol error: too big bulk count string} EOF] [raw_lines "*1\r\n\$[string repeat 1 70000]" 2]
    }

    test "A command may come byte by byte" {
        set rd [redis_deferring_client]
        foreach byte [split [format_command set slow value][format_command get slow] ""] {
            $rd write $byte
            $rd flush
        }
        assert_equal {OK value} [list [$rd read] [$rd read]]
        $rd close
    } {0}

    test "A command may be cut anywhere" {
        set bytes [format_command set cut "a\r\nb"][format_command get cut]
        for {set at 1} {$at < [string length $bytes]} {incr at} {
            set rd [redis_deferring_client]
            $rd write [string range $bytes 0 $at-1]
            $rd flush
            # the first part has arrived when another client is served after it
            r ping
            $rd write [string range $bytes $at end]
            $rd flush
            assert_equal OK [$rd read]
            assert_equal "a\r\nb" [$rd read]
            $rd close
        }
    }

    test "A pipeline is answered in order, however deep" {
        set rd [redis_deferring_client]
        set bytes ""
        for {set i 0} {$i < 10000} {incr i} { append bytes [format_command echo $i] }
        $rd write $bytes
        $rd flush
        for {set i 0} {$i < 10000} {incr i} { if {[$rd read] ne $i} { fail "reply $i is out of order" } }
        $rd close
    } {0}

    test "Arguments of every size around the buffers' sizes" {
        foreach size {0 1 100 16383 16384 16385 32767 32768 32769 65535 65536 65537 131072 1048576 5000000} {
            set value [string repeat abcdefghij [expr {$size / 10}]][string range 0123456789 1 [expr {$size % 10}]]
            r set big $value
            assert_equal $size [r strlen big]
            assert {[r get big] eq $value}
        }
    }

    test "Many arguments in one command" {
        set words {}
        for {set i 0} {$i < 20000} {incr i} { lappend words k$i $i }
        r mset {*}$words
        assert_equal {0 19999} [r mget k0 k19999]
        r del {*}[dict keys $words]
    } {20000}

    test "proto-max-bulk-len limits an argument" {
        r config set proto-max-bulk-len 1mb
        assert_equal [list {-ERR Protocol error: invalid bulk length} EOF] [raw_lines "*1\r\n\$1048577\r\n" 2]
        r set k [string repeat x 1048576]
        assert_error "ERR string exceeds maximum allowed size*" { r append k x }
        r config set proto-max-bulk-len 512mb
        r strlen k
    } {1048576}

    test "Unknown commands are named with their first arguments" {
        assert_replies {
            {nosuch}                {-ERR unknown command 'nosuch', with args beginning with: }
            {NoSuch a b}            {-ERR unknown command 'NoSuch', with args beginning with: 'a' 'b' }
            {"a\r\nb" "c\nd"}       {-ERR unknown command 'a  b', with args beginning with: 'c d' }
        }
        # long names and long argument lists are cut
        catch { r [string repeat n 200] [string repeat a 200] b } error
        assert_equal "ERR unknown command '[string repeat n 128]', with args beginning with: '[string repeat a 128]' " $error
    }

    test "Wrong numbers of arguments are refused by name" {
        assert_replies {
            {get}                   {-ERR wrong number of arguments for 'get' command}
            {GET a b}               {-ERR wrong number of arguments for 'get' command}
            {set a}                 {-ERR wrong number of arguments for 'set' command}
            {config}                {-ERR wrong number of arguments for 'config' command}
            {config get}            {-ERR wrong number of arguments for 'config|get' command}
            {client getname x}      {-ERR wrong number of arguments for 'client|getname' command}
            {config nosuch}         {-ERR unknown subcommand 'nosuch'. Try CONFIG HELP.}
            {object nosuch k}       {-ERR unknown subcommand 'nosuch'. Try OBJECT HELP.}
        }
    }

    test "HTTP that reaches the port is cut off" {
        foreach bytes {"POST / HTTP/1.1\r\n" "Host: localhost\r\nSET a hacked\r\n"} {
            assert_equal EOF [raw_lines $bytes 1]
        }
        r get a
    } {}


    test "Nulls, maps, sets, doubles and booleans in both versions" {
        foreach {command two three} {
            {debug protocol null}   {{$-1}}                         {_}
            {get nothing}           {{$-1}}                         {_}
            {debug protocol map}    {*6 :0 :0 :1 :1 :2 :0}          {%3 :0 #f :1 #t :2 #f}
            {debug protocol set}    {*3 :0 :1 :2}                   {~3 :0 :1 :2}
            {debug protocol double} {{$5} 3.141}                    {,3.141}
            {debug protocol true}   {:1}                            #t
            {debug protocol false}  {:0}                            #f
            {debug protocol bignum} {{$37} 1234567999999999999999999999999999999} {(1234567999999999999999999999999999999}
        } {
            foreach {version expected} [list 2 $two 3 $three] {
                set rd [redis_deferring_client]
                $rd hello $version
                $rd read
                $rd readraw 1
                $rd {*}$command
                set lines {}
                foreach line $expected { lappend lines [$rd read] }
                $rd close
                assert_equal [list {*}$expected] $lines "$command in RESP$version"
            }
        }
    } {} {needs:debug}

    test "Attributes are left out in RESP2" {
        assert_equal "Some real reply following the attribute" [r debug protocol attrib]
        assert_equal {{$39} {Some real reply following the attribute}} [raw_lines "debug protocol attrib\r\n" 2]
    } {} {needs:debug}

    test "Null arrays differ from null strings in RESP2 alone" {
        r set watched 1
        foreach {version expected} {2 *-1 3 _} {
            set rd [redis_client]
            $rd hello $version
            $rd watch watched
            r incr watched
            $rd multi
            $rd readraw 1
            assert_equal $expected [$rd exec]
            $rd close
        }
    }
}

start_server {tags {protocol external:skip} overrides {requirepass secret}} {
    test "Before a password, counts and lengths are limited" {
        assert_equal [list {-ERR Protocol error: unauthenticated multibulk length} EOF] [raw_lines "*11\r\n" 2]
        assert_equal [list {-ERR Protocol error: unauthenticated bulk length} EOF] [raw_lines "*1\r\n\$16385\r\n" 2]
        # at the limits it is heard, and refused for the password
        assert_match {-NOAUTH*} [lindex [raw_lines "*10\r\n\$4\r\nMGET\r\n[string repeat "\$1\r\na\r\n" 9]" 1] 0]
        assert_match {-NOAUTH*} [lindex [raw_lines "*2\r\n\$3\r\nGET\r\n\$16384\r\n[string repeat a 16384]\r\n" 1] 0]
    }

    test "After the password they are not" {
        assert_equal [list +OK *11 {*}[lrepeat 11 \$-1]] \
            [raw_lines "AUTH secret\r\n*12\r\n\$4\r\nMGET\r\n[string repeat "\$1\r\na\r\n" 11]" 13]
    }
}
