# The end of a server: SHUTDOWN, signals, what they leave and what they say.

proc wait_until_gone {} {
    wait_for_condition 500 10 { ![process::alive [srv pid]] } else { fail "it still lives" }
}

tags {shutdown external:skip} {
    test "SHUTDOWN ends the server without a reply" {
        start_server {} {
            assert_error "I/O error*" { r shutdown }
            wait_until_gone
            verify_log_message 0 "*User requested shutdown*" 0
            verify_log_message 0 "*ready to exit, bye bye*" 0
        }
    }

    test "SHUTDOWN NOSAVE, NOW, FORCE" {
        foreach options {nosave now force {nosave now force}} {
            start_server {} {
                assert_error "I/O error*" { r shutdown {*}$options }
                wait_until_gone
                verify_log_message 0 "*bye bye*" 0
            }
        }
    }

    test "SHUTDOWN's refusals" {
        start_server {} {
            assert_replies {
                {shutdown nosuch}       {-ERR syntax error}
                {shutdown save nosave}  {-ERR syntax error}
                {shutdown abort now}    {-ERR syntax error}
                {shutdown nosave abort} {-ERR syntax error}
                {shutdown abort}        {-ERR No shutdown in progress.}
                {ping}                  PONG
            }
        }
    }

    test "Signals that end: TERM and INT" {
        foreach signal {TERM INT} {
            start_server {} {
                exec kill -$signal [srv pid]
                wait_until_gone
                verify_log_message 0 "*Received SIG$signal scheduling shutdown*" 0
                verify_log_message 0 "*bye bye*" 0
            }
        }
    }

    test "Signals that do not: HUP and PIPE" {
        start_server {} {
            exec kill -HUP [srv pid]
            exec kill -PIPE [srv pid]
            assert_equal PONG [r ping]
        }
    }

    test "SIGSTOP and SIGCONT" {
        start_server {} {
            set rd [redis_deferring_client]
            pause_process [srv pid]
            $rd set k v
            resume_process [srv pid]
            assert_equal OK [$rd read]
            $rd close
        }
    }

    test "shutdown-on-sigterm is obeyed and kept" {
        start_server {overrides {shutdown-on-sigterm "nosave now"}} {
            assert_equal {shutdown-on-sigterm {nosave now}} [r config get shutdown-on-sigterm]
            assert_error "ERR CONFIG SET failed*" { r config set shutdown-on-sigterm nosuch }
            exec kill -TERM [srv pid]
            wait_until_gone
        }
    }

    test "Clients hear the end, whatever they are doing" {
        start_server {} {
            set subscriber [redis_deferring_client]
            subscribe $subscriber {x}
            set half [redis_deferring_client]
            $half write "*2\r\n\$3\r\nGET\r\n"
            $half flush
            catch { r shutdown nosave }
            foreach rd [list $subscriber $half] {
                assert_error "I/O error*" { $rd read }
                $rd close
            }
            wait_until_gone
        }
    }

    test "The pid file is written and removed" {
        set folder [tmpdir pidfile]
        start_server [list overrides [list pidfile $folder/server.pid]] {
            assert_equal [srv pid] [string trim [server::read_whole $folder/server.pid]]
            catch { r shutdown nosave }
            wait_until_gone
            assert_equal 0 [file exists $folder/server.pid]
        }
    }

    test "The log begins with what tools look for" {
        start_server {} {
            set log [server::read_whole [srv stdout]]
            assert_match "*[srv pid]*Server initialized*Ready to accept connections*" $log
            r ping
        }
    }

    test "A log file is written instead of standard output" {
        set folder [tmpdir logfile]
        start_server [list overrides [list logfile $folder/server.log]] {
            assert_match "*Ready to accept connections*" [server::read_whole $folder/server.log]
            assert_no_match "*Ready to accept connections*" [server::read_whole [srv stdout]]
        }
    }

    test "Log levels" {
        start_server {overrides {loglevel warning}} {
            assert_no_match "*Ready to accept*" [server::read_whole [srv stdout]]
            r config set loglevel debug
            assert_equal {loglevel debug} [r config get loglevel]
        }
    }

    test "The process title says what runs and where" {
        start_server {} {
            set title [string map {"\x00" " "} [server::read_whole /proc/[srv pid]/cmdline]]
            assert_match "*[srv port]*" $title
            r config set proc-title-template "CHANGED {title} {port}"
            set title [string map {"\x00" " "} [server::read_whole /proc/[srv pid]/cmdline]]
            assert_match "CHANGED * [srv port]*" $title
        }
    }
}
