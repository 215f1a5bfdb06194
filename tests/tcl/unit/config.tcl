# CONFIG: reading, setting one or several, refusing, rewriting the file, counting anew.

start_server {tags {config external:skip}} {
    test "CONFIG GET by name and by pattern" {
        assert_equal {maxclients 10000} [r config get maxclients]
        assert_equal {MAXCLIENTS 10000} [r config get MAXCLIENTS]
        assert_equal {} [r config get nosuch]
        assert_equal {hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries hash-max-ziplist-value} \
            [lsort [dict keys [r config get hash-max*]]]
        assert_morethan [dict size [r config get *]] 150
        set several [r config get maxclients max* timeout nosuch]
        assert_equal [llength [dict keys $several]] [expr {[llength $several] / 2}]
        assert {[dict exists $several timeout] && [dict exists $several maxmemory]}
        assert_error "ERR wrong number of arguments for 'config|get' command" { r config get }
    }

    test "CONFIG GET is a map in RESP3" {
        r hello 3
        r readraw 1
        set head [r config get maxclients]
        reconnect
        set head
    } {%1}

    test "Old names are the same options" {
        foreach {old new value} {
            hash-max-ziplist-entries hash-max-listpack-entries 77   list-max-ziplist-size list-max-listpack-size -3
            zset-max-ziplist-value zset-max-listpack-value 33       lua-time-limit busy-reply-threshold 1234
            slave-priority replica-priority 50                      repl-ping-slave-period repl-ping-replica-period 7
            slave-read-only replica-read-only no                    min-slaves-to-write min-replicas-to-write 1
        } {
            set before [lindex [r config get $new] 1]
            r config set $old $value
            assert_equal [list $new $value] [r config get $new]
            assert_equal [list $old $value] [r config get $old]
            r config set $new $before
        }
    }

    foreach {option given kept} {
        maxmemory 100mb 104857600       maxmemory 1g 1000000000 maxmemory 1gb 1073741824    maxmemory 5k 5000
        maxmemory 5kb 5120              maxmemory 10b 10        maxmemory 10B 10            maxmemory 3MB 3145728
        timeout 10 10                   hz 50 50                appendfsync always always   appendfsync No no
        maxmemory-policy ALLKEYS-LRU allkeys-lru                client-query-buffer-limit 2mb 2097152
        proto-max-bulk-len 1gb 1073741824                       loglevel Notice notice
        activerehashing NO no           lazyfree-lazy-expire yes yes
        save "900 1 300 10" "900 1 300 10"                      save "" ""
        latency-tracking-info-percentiles "1 50.5 99.999" "1 50.5 99.999"
        client-output-buffer-limit "normal 1mb 512kb 10" "normal 1048576 524288 10 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
        maxmemory-clients 5% 5%         maxmemory-clients 1mb 1048576   repl-backlog-size 2mb 2097152
        shutdown-on-sigterm "nosave now" "nosave now"
    } {
        test "CONFIG SET $option '$given'" {
            set before [lindex [r config get $option] 1]
            assert_equal OK [r config set $option $given]
            set now [lindex [r config get $option] 1]
            r config set $option $before
            set now
        } $kept
    }

    set ::prefix "ERR CONFIG SET failed (possibly related to argument"
    foreach {option value why} {
        timeout x                   "argument couldn't be parsed into an integer"
        timeout -1                  "argument must be between 0 and 2147483647 inclusive"
        timeout ""                  "argument couldn't be parsed into an integer"
        maxmemory 10x               "argument must be a memory value"
        maxmemory x                 "argument must be a memory value"
        activerehashing maybe       "argument must be 'yes' or 'no'"
        appendfsync sometimes       "argument(s) must be one of the following: *"
        loglevel loud               "argument(s) must be one of the following: *"
        maxmemory-policy nosuch     "argument(s) must be one of the following: *"
        maxmemory-samples 0         "argument must be between 1 and * inclusive"
        maxmemory-clients 200%      "percentage argument must be less or equal to 100"
        save "1"                    "Invalid save parameters"
        save "x 1"                  "Invalid save parameters"
        client-output-buffer-limit "nosuch 1 1 1"   "Invalid client class specified in buffer limit configuration."
        client-output-buffer-limit "normal 1"       "Wrong number of arguments in buffer limit configuration."
        notify-keyspace-events QQ   "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
        port 70000                  "argument must be between 0 and 65535 inclusive"
        latency-tracking-info-percentiles 101   "latency-tracking-info-percentiles parameters should sit between \\[0.0,100.0\\]"
        maxclients 0                "argument must be between 1 and 4294967295 inclusive"
    } {
        test "CONFIG SET $option '$value' is refused" {
            set before [r config get $option]
            catch { r config set $option $value } error
            assert_equal $before [r config get $option]
            set error
        } "$::prefix '$option') - $why"
    }

    test "What cannot be set, and what there is not" {
        foreach option {daemonize databases logfile unixsocket tcp-backlog} {
            catch { r config set $option x } error
            assert_match "$::prefix '$option') - can't set immutable config" $error
        }
        assert_replies {
            {config set nosuch 1}               {-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'}
            {config set timeout}                {-ERR wrong number of arguments for 'config|set' command}
            {config set timeout 1 hz}           {-ERR syntax error}
            {config set timeout 1 timeout 2}    {-ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter}
            {config nosuch}                     {-ERR unknown subcommand 'nosuch'. Try CONFIG HELP.}
        }
        assert_match "*CONFIG <subcommand>*" [r config help]
    }

    test "Several are set together or not at all" {
        r config set timeout 0 maxmemory 0 hz 10
        assert_equal OK [r config set timeout 5 maxmemory 5mb hz 20]
        assert_equal {5 5242880 20} [list [lindex [r config get timeout] 1] [lindex [r config get maxmemory] 1] [lindex [r config get hz] 1]]
        assert_error "$::prefix 'maxmemory-policy')*" { r config set timeout 6 maxmemory 6mb maxmemory-policy nosuch hz 30 }
        assert_error "ERR Unknown option*" { r config set timeout 7 nosuch 1 }
        assert_equal {5 5242880 20} [list [lindex [r config get timeout] 1] [lindex [r config get maxmemory] 1] [lindex [r config get hz] 1]]
        r config set timeout 0 maxmemory 0 hz 10
    } {OK}

    test "What cannot be applied takes everything back" {
        set listener [socket -server port::refuse -myaddr 127.0.0.1 0]
        set taken [lindex [fconfigure $listener -sockname] 2]
        set port [srv port]
        assert_error "$::prefix 'port') - Unable to listen on this port*" { r config set timeout 9 port $taken maxmemory 9mb }
        close $listener
        assert_equal [list timeout 0] [r config get timeout]
        assert_equal [list port $port] [r config get port]
        assert_equal [list maxmemory 0] [r config get maxmemory]
        set c [redis 127.0.0.1 $port]
        assert_equal PONG [$c ping]
        $c close
    } {0}

    test "A port can be changed" {
        set old [srv port]
        set new [port::take]
        assert_equal OK [r config set port $new]
        assert_equal PONG [r ping]
        set c [redis 127.0.0.1 $new]
        assert_equal PONG [$c ping]
        assert_error "*refused*" { redis 127.0.0.1 $old }
        $c config set port $old
        $c close
        set c [redis 127.0.0.1 $old]
        assert_equal PONG [$c ping]
        $c close
    } {0}

    test "Setting everything to what it is changes nothing" {
        set before [r config get *]
        dict for {name value} $before { catch { r config set $name $value } }
        set after [r config get *]
        foreach name [dict keys $before] {
            assert_equal [dict get $before $name] [dict get $after $name] $name
        }
    }

    test "Protected options are protected" {
        start_server {overrides {enable-protected-configs no enable-debug-command no}} {
            assert_error "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config" { r config set dir /tmp }
            assert_error "ERR DEBUG command not allowed*" { r debug sleep 0 }
        }
    }
}

start_server {tags {config external:skip}} {
    test "CONFIG REWRITE keeps comments and order, changes what changed, adds what is new" {
        set path [srv config_file]
        set fd [open $path]
        set text [read $fd]
        close $fd
        set fd [open $path w]
        puts $fd "# a comment at the top\n$text\n\n# about memory\nmaxmemory 1mb\n\n# a comment at the end"
        close $fd
        restart_server 0 true false
        r config set maxmemory 2mb
        r config set hash-max-listpack-entries 99
        r config set requirepass "with \"quotes\" and spaces"
        r config rewrite
        set fd [open $path]
        set text [read $fd]
        close $fd
        assert_match "# a comment at the top*# about memory\nmaxmemory 2mb*# a comment at the end*" $text
        assert_match "*\nhash-max-listpack-entries 99\n*" $text
        # what has its default and stood nowhere stays out
        assert_no_match "*\nset-max-intset-entries*" $text
        restart_server 0 true false
        r auth "with \"quotes\" and spaces"
        assert_equal {maxmemory 2097152} [r config get maxmemory]
        assert_equal {hash-max-listpack-entries 99} [r config get hash-max-listpack-entries]
        r config set requirepass ""
        r config rewrite
        restart_server 0 true false
        r ping
    } {PONG}

    test "CONFIG REWRITE twice is once" {
        r config rewrite
        set first [server::read_whole [srv config_file]]
        r config rewrite
        assert_equal $first [server::read_whole [srv config_file]]
    }

    test "CONFIG REWRITE writes save and buffer limits so that they are read back" {
        r config set save "3600 1 60 1000" client-output-buffer-limit "pubsub 64mb 16mb 90" notify-keyspace-events KEA
        r config rewrite
        restart_server 0 true false
        assert_equal {save {3600 1 60 1000}} [r config get save]
        assert_match "*pubsub 67108864 16777216 90*" [r config get client-output-buffer-limit]
        assert_equal {notify-keyspace-events AKE} [r config get notify-keyspace-events]
        r config set save ""
        r config rewrite
        restart_server 0 true false
        r config get save
    } {save {}}

    test "CONFIG REWRITE of everything is read back" {
        set before [r config get *]
        assert_equal OK [r debug config-rewrite-force-all]
        restart_server 0 true false
        set after [r config get *]
        foreach name [dict keys $before] { assert_equal [dict get $before $name] [dict get $after $name] $name }
    } {} {needs:debug}
}

# A server by hand: its words, its input and what it prints up to its end.
proc server_says {words {input ""}} {
    # where it should have refused and starts, it shall not get in anybody's way
    catch { exec timeout 5 $::server_binary {*}$words << $input 2>@1 } output
    return $output
}

# A config file of these lines, in a folder of its own.
proc config_of {lines} {
    set path [file join [tmpdir conf] test.conf]
    set fd [open $path w]
    puts $fd $lines
    close $fd
    return $path
}

tags {config flags external:skip} {
    test "A server started without a file cannot rewrite one" {
        set port [port::take]
        set folder [tmpdir nofile]
        set pid [process::start [list $::server_binary --port $port --save "" --bind 127.0.0.1] $folder $folder/out $folder/err]
        wait_for_condition 300 10 { ![catch { redis 127.0.0.1 $port } c] } else { fail "it did not start" }
        assert_error "ERR The server is running without a config file" { $c config rewrite }
        assert_equal "" [info_field [$c info server] config_file]
        $c close
        process::end $pid
    } {1}

    test "Flags: several values, one word, overriding the file" {
        start_server {args {--maxmemory 5mb --save 900 1 --save 300 10 "--loglevel notice" --hz 77}} {
            assert_equal {maxmemory 5242880} [r config get maxmemory]
            assert_equal {save {900 1 300 10}} [r config get save]
            assert_equal {loglevel notice} [r config get loglevel]
            assert_equal {hz 77} [r config get hz]
        }
    }

    test "A file may come from standard input" {
        set port [port::take]
        set folder [tmpdir stdin]
        set pid [process::start [list sh -c "printf 'port $port\\nbind 127.0.0.1\\nsave \"\"\\nhz 33\\n' | exec $::server_binary -"] $folder $folder/out $folder/err]
        wait_for_condition 300 10 { ![catch { redis 127.0.0.1 $port } c] } else { fail "it did not start" }
        assert_equal {hz 33} [$c config get hz]
        catch { $c shutdown nosave }
        $c close
        process::wait_gone $pid 5000
        process::end $pid
    } {1}

    test "include, quotes, units and comments in a file" {
        set inner [config_of "hz 44\nmaxmemory 3mb"]
        start_server [list overrides [list include $inner proc-title-template {"{title} a b"}]] {
            assert_equal {hz 44} [r config get hz]
            assert_equal {proc-title-template {{title} a b}} [r config get proc-title-template]
        }
    }

    test "include takes patterns" {
        set folder [tmpdir includes]
        foreach {name line} {a.conf "hz 55" b.conf "timeout 66"} {
            set fd [open $folder/$name w]
            puts $fd $line
            close $fd
        }
        start_server [list overrides [list include $folder/*.conf]] {
            assert_equal {hz 55 timeout 66} [list {*}[r config get hz] {*}[r config get timeout]]
        }
    }

    foreach {line why} {
        "nosuchoption 1"        "*FATAL CONFIG FILE ERROR*line 2*>>> 'nosuchoption 1'*Bad directive or wrong number of arguments*"
        "port"                  "*line 2*>>> 'port'*wrong number of arguments*"
        "port x"                "*line 2*>>> 'port x'*argument couldn't be parsed into an integer*"
        "port 1 2"              "*line 2*>>> 'port 1 2'*wrong number of arguments*"
        "hz \"10"               "*line 2*Unbalanced quotes in configuration line*"
        "maxmemory-policy x"    "*line 2*argument(s) must be one of the following*"
        "appendonly maybe"      "*line 2*argument must be 'yes' or 'no'*"
        "include /nosuch/file"  "*can't open config file '/nosuch/file'*"
    } {
        test "A file with '$line' is refused" {
            string map {\r ""} [server_says [list [config_of "# first\n$line\nport 0"]]]
        } $why
    }

    foreach {line why} {
        "rename-command nosuch x"   "*line 2*No such command in rename-command*"
        "rename-command get set"    "*line 2*Target command name already exists*"
        "rename-command get"        "*line 2*Bad directive or wrong number of arguments*"
    } {
        test "A file with '$line' is refused" {
            server_says [list [config_of "# first\n$line\nport 0"]]
        } $why
    }

    test "An unknown option names file, line and the nearest option" {
        set path [config_of "# first\n\nmaxmemmory 1mb"]
        set said [server_says [list $path]]
        assert_match "*$path*" $said
        assert_match "*line 3*" $said
        assert_match "*maxmemory*" [string map {maxmemmory ""} $said]
    } {} {torc}

    test "Bad flags are refused" {
        assert_match "*Bad directive or wrong number of arguments*" [server_says {--nosuch}]
        assert_match "*'port'*wrong number of arguments*" [server_says {--port}]
        assert_match "*'port \"1\" \"2\"'*wrong number of arguments*" [server_says {--port 1 2}]
        assert_match "*argument couldn't be parsed into an integer*" [server_says {--port --bla}]
        assert_match "*can't open config file '/nosuch/file.conf'*" [server_says {/nosuch/file.conf}]
    }

    test "--version and --help" {
        assert_match "*v=[string index $::redis_version 0]*" [server_says --version]
        assert_equal [server_says --version] [server_says -v]
        assert_match "*Usage*" [server_says --help]
        assert_equal [server_says --help] [server_says -h]
        assert_equal 0 [catch { exec $::server_binary --version }]
    } {} {redis}

    test "--version and --help of Torc" {
        assert_match "*torc*" [string tolower [server_says --version]]
        assert_match "*usage*" [string tolower [server_says --help]]
        assert_equal 0 [catch { exec $::server_binary --version }]
    } {} {torc}

    test "A port in use ends the start" {
        set listener [socket -server port::refuse -myaddr 127.0.0.1 0]
        set taken [lindex [fconfigure $listener -sockname] 2]
        set said [server_says [list --port $taken --bind 127.0.0.1 --save ""]]
        close $listener
        assert_match "*Failed listening on port $taken*" $said
    }
}

start_server {tags {config external:skip} overrides {rename-command {Get fetch} save {}}} {
    test "A renamed command has its new name alone" {
        assert_replies {
            {set k v}               OK
            {FETCH k}               v
            {get k}                 {-ERR unknown command 'get', with args beginning with: 'k' }
            {fetch}                 {-ERR wrong number of arguments for 'get' command}
            {command getkeys fetch k} k
            {command getkeys get k} {-ERR Invalid command specified}
        }
        assert_equal get [lindex [r command info fetch] 0 0]
        assert_equal {{}} [r command info get]
        assert_equal get [lindex [r command docs fetch] 0]
        assert_equal get [r command list filterby pattern get]
    }

    test "A renamed command in a transaction" {
        r multi
        assert_equal QUEUED [r fetch k]
        assert_error "ERR unknown command*" { r get k }
        assert_error "EXECABORT*" { r exec }
    }

    test "CONFIG REWRITE keeps the new name" {
        assert_equal OK [r config rewrite]
        restart_server 0 true false
        assert_error "ERR unknown command*" { r get k }
        r fetch k
    } {}
}

start_server {tags {config external:skip} overrides {rename-command {config Foo}}} {
    test "The subcommands of a renamed command" {
        assert_equal {port} [lindex [r foo get port] 0]
        assert_equal OK [r foo set timeout 1]
        assert_error "ERR unknown command 'config'*" { r config get port }
        assert_equal config|get [lindex [r command info foo|get] 0 0]
        assert_equal {{}} [r command info config|get]
        assert_error "ERR unknown subcommand 'nosuch'. Try FOO HELP." { r foo nosuch }
        assert_match "FOO <subcommand>*" [lindex [r foo help] 0]
    }
}

# What the kernel thinks of a server.
proc oom_score {} {
    set fd [open /proc/[srv 0 pid]/oom_score_adj]
    set score [gets $fd]
    close $fd
    return $score
}

start_server {tags {config external:skip}} {
    test "oom-score-adj: relative, absolute, and back" {
        set before [oom_score]
        r config set oom-score-adj-values "50 60 70"
        assert_equal $before [oom_score]
        r config set oom-score-adj relative
        assert_equal [expr {min($before + 50, 1000)}] [oom_score]
        r config set oom-score-adj absolute oom-score-adj-values "[expr {max($before, 900)}] 950 1000"
        assert_equal [expr {max($before, 900)}] [oom_score]
        r config set oom-score-adj yes oom-score-adj-values "2000 2000 2000"
        assert_equal 1000 [oom_score]
        r config set oom-score-adj no
        assert_equal $before [oom_score]
        assert_error "*must be between -2000 and 2000*" { r config set oom-score-adj-values "0 0 2001" }
    }
}

start_server {tags {config external:skip} overrides {oom-score-adj yes oom-score-adj-values {7 8 9}}} {
    test "oom-score-adj at the start" {
        set fd [open /proc/self/oom_score_adj]
        set ours [gets $fd]
        close $fd
        assert_equal [expr {min($ours + 7, 1000)}] [oom_score]
    }
}

start_server {tags {config external:skip torc}} {
    test "Every value can be set to what it is, the engine too" {
        set engine [lindex [r config get io-engine] 1]
        assert_equal OK [r config set io-engine $engine]
        set other [expr {$engine eq "epoll" ? "io_uring" : "epoll"}]
        assert_error "*the engine is chosen at the start" { r config set io-engine $other }
        assert_equal $engine [lindex [r config get io-engine] 1]
    }

    test "An option set to what happens anyway is not worth a line in the log" {
        foreach {option value} {lazyfree-lazy-user-del yes acllog-max-len 0} {
            r config set $option $value
            assert_equal 0 [count_log_message 0 "option '$option' is accepted but has no effect"]
        }
        r config set dynamic-hz no
        assert_equal 1 [count_log_message 0 "option 'dynamic-hz' is accepted but has no effect"]
    }
}
