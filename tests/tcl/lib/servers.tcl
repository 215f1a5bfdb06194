# Servers under test.
#
#   start_server {overrides {maxclients 10} tags {slow} args {--loglevel debug} config minimal.conf} { body }
#
# starts a server in a folder of its own, runs the body, ends the server. Bodies may nest: level 0 is the innermost
# server, -1 the one around it. Without a body it answers the server as a dict, and kill_server ends it.
#
#   srv ?level? field      host port pport pid client config config_file folder stdout stderr unixsocket
#   r ?level? word …       a command on the level's client (database 9, unless --singledb)
#   s ?level? field        a field of INFO
#
# A base configuration comes from assets/ (of our own, or of the public suite with --suite); overrides replace
# directives of it. With an external server (--host, --port) nothing is started: overrides become CONFIG SET and are
# taken back after the body.
#
# A server fails its unit when it is gone without having been told to, does not end within ten seconds, prints anything
# of a sanitizer, or leaves a crash report. A body that makes it die on purpose says so with server_may_die.

namespace eval server {
    variable next 0
}
set ::servers {}

# ---- configuration

# A config file as a dict of directive to rest of line. Of a directive given twice the last one counts.
proc server::read_config {path} {
    set config [dict create]
    set fd [open $path]
    foreach line [split [read $fd] \n] {
        set line [string trim $line]
        if {$line eq "" || [string index $line 0] eq "#"} continue
        regexp {^(\S+)\s*(.*)$} $line -> name value
        dict set config [string tolower $name] $value
    }
    close $fd
    return $config
}

proc server::write_config {path config} {
    set fd [open $path w]
    fconfigure $fd -translation binary
    dict for {name value} $config {
        if {$value eq ""} { set value {""} }
        puts $fd "$name $value"
    }
    close $fd
}

# ---- starting and ending

# Whether words that a server has written name a failure of binding its port.
proc server::port_was_taken {server} {
    foreach file {stdout stderr} {
        if {[regexp {Failed listening on port|Address already in use} [read_whole [dict get $server $file]]]} { return 1 }
    }
    return 0
}

proc server::read_whole {path} {
    if {[catch { open $path } fd]} { return "" }
    fconfigure $fd -translation binary
    set text [read $fd]
    close $fd
    return $text
}

proc server::command_words {server} {
    set words [list $::server_binary [dict get $server config_file]]
    if {$::engine ne "" && $::torc_version ne ""} { lappend words --io-engine $::engine }
    return [concat $words [dict get $server args]]
}

proc server::spawn {server} {
    process::start [command_words $server] $::start_folder [dict get $server stdout] [dict get $server stderr]
}

# Waits until the server answers anything at all on its port. Answers 0 if it ended instead.
proc server::wait_answering {server {limit_ms 30000}} {
    set until [expr {[clock milliseconds] + $limit_ms}]
    set pid [dict get $server pid]
    set pause 2
    while {[clock milliseconds] < $until} {
        if {![process::alive $pid]} { return 0 }
        if {![catch { socket [dict get $server host] [dict get $server port] } fd]} {
            fconfigure $fd -translation binary -buffering none
            set answered [expr {![catch {
                puts -nonewline $fd "PING\r\n"
                set resp::ready($fd) waiting
                fileevent $fd readable [list set resp::ready($fd) data]
                set timer [after 5000 [list set resp::ready($fd) timeout]]
                vwait resp::ready($fd)
                after cancel $timer
                gets $fd
            } line] && $line ne ""}]
            unset -nocomplain resp::ready($fd)
            catch { close $fd }
            if {$answered} {
                # on this port, could it be another one's answer?
                return [expr {[process::alive $pid] && ![port_was_taken $server]}]
            }
        }
        after $pause
        if {$pause < 20} { incr pause 2 }
    }
    return 0
}

proc server::last_words {server} {
    set text ""
    foreach file {stderr stdout} {
        set lines [split [string trimright [read_whole [dict get $server $file]]] \n]
        append text [join [lrange $lines end-15 end] "\n    "] \n
    }
    return "    [string trim $text]"
}

proc server::connect {server} {
    set client [redis [dict get $server host] [dict get $server port] 0 $::tls]
    if {!$::singledb && [catch { $client select $::dbnum } why]
        && ![regexp {^(NOAUTH|NOPERM|LOADING|MASTERDOWN)|out of range} $why]} {
        # a password, or few databases, are for the test to deal with; but this connection is of no use
        catch { $client close }
        error $why
    }
    if {$::force_resp3} { catch { $client hello 3 } }
    return $client
}

# options: config overrides omit tags args keep_persistence
proc server::parse_options {options} {
    set parsed [dict create config default.conf overrides {} omit {} tags {} args {} keep_persistence 0]
    foreach {name value} $options {
        if {![dict exists $parsed $name]} { error "start_server: unknown option $name" }
        dict set parsed $name $value
    }
    # {{save ""}} is meant as {save ""}
    if {[llength [dict get $parsed overrides]] == 1} {
        dict set parsed overrides [lindex [dict get $parsed overrides] 0]
    }
    return $parsed
}

proc server::create {options} {
    set folder [tmpdir server]
    set config [read_config [file join $::asset_folder [dict get $options config]]]
    # a Unix socket's path may have 107 bytes: it lies in a folder with a short name
    set socket_path [file join $::work_folder [pid].[incr server::next].sock]
    dict set config dir $folder
    dict set config unixsocket $socket_path
    dict for {name value} [dict get $options overrides] { dict set config [string tolower $name] $value }
    foreach name [dict get $options omit] { dict unset config $name }
    set chosen [dict exists [dict get $options overrides] port]
    for {set attempt 1} {1} {incr attempt} {
        if {!$chosen} { dict set config port [port::take] }
        set server [dict create host 127.0.0.1 port [dict get $config port] pport [dict get $config port] \
            config $config config_file [file join $folder redis.conf] folder $folder \
            stdout [file join $folder stdout] stderr [file join $folder stderr] unixsocket $socket_path \
            args [dict get $options args] keep_persistence [dict get $options keep_persistence] \
            may_die 0 overrides [dict get $options overrides]]
        write_config [dict get $server config_file] $config
        close [open [dict get $server stdout] a]
        close [open [dict get $server stderr] a]
        dict set server pid [spawn $server]
        if {[wait_answering $server]} { return $server }
        process::end [dict get $server pid]
        if {$chosen || $attempt >= 5 || ![port_was_taken $server]} {
            error "the server did not start: [join [command_words $server]]\n[last_words $server]"
        }
        file delete [dict get $server stdout] [dict get $server stderr]
    }
}

# What a server that has ended left behind: a list of complaints.
proc server::complaints {server} {
    set complaints {}
    foreach file {stdout stderr} {
        set text [read_whole [dict get $server $file]]
        set at -1
        foreach line [split $text \n] {
            incr at
            # what a sanitizer says about a crash that was asked for
            if {[dict get $server may_die] && [regexp {Sanitizer: ?(SEGV|DEADLYSIGNAL)|can not provide|null pointer} $line]} continue
            if {[regexp {Sanitizer|runtime error:} $line] && ![string match "### *" $line]} {
                # the stack follows the first such line
                lappend complaints "it wrote: [join [lrange [split $text \n] $at $at+30] \n]"
                break
            }
        }
        if {![dict get $server may_die] && !$::suite_mode} {
            foreach line [split $text \n] {
                if {[regexp {BUG REPORT START|ASSERTION FAILED|crashed by signal} $line]
                    && ![string match "### *" $line]} {
                    lappend complaints "it left a crash report: $line"
                    break
                }
            }
        }
    }
    return $complaints
}

proc server::end {server} {
    set pid [dict get $server pid]
    set complaints {}
    if {![process::alive $pid]} {
        if {![dict get $server may_die] && !$::suite_mode
            && ![regexp {bye bye} [read_whole [dict get $server stdout]]]} {
            lappend complaints "it was gone at the end of its block"
        }
        process::forget $pid
    } elseif {![process::end $pid]} {
        lappend complaints "it did not end within 10 s of SIGTERM"
    }
    lappend complaints {*}[complaints $server]
    if {[llength $complaints]} {
        foreach complaint $complaints {
            incr testing::failures
            testing::tell err "server on port [dict get $server port]" 0 "$complaint\n[last_words $server]"
        }
        if {$::dump_logs} { puts [read_whole [dict get $server stdout]][read_whole [dict get $server stderr]] }
    } elseif {$::dump_logs && $testing::failures > 0} {
        puts "--- log of the server on port [dict get $server port]"
        puts [read_whole [dict get $server stdout]][read_whole [dict get $server stderr]]
    }
    catch { file delete [dict get $server unixsocket] }
    if {!$::keep_folders && ![llength $complaints]} { file delete -force [dict get $server folder] }
}

proc kill_server {server} {
    if {$::external} { return }
    server::end $server
}

proc start_server {options {body ""}} {
    set options [server::parse_options $options]
    set tags_before $testing::tags
    set testing::tags [concat $tags_before [testing::tag_words [dict get $options tags]]]
    set why [testing::denied_block $testing::tags]
    if {$why ne ""} {
        testing::tell skip "start_server {tags {[join [dict get $options tags]]}}" 0 $why
        set testing::tags $tags_before
        return
    }
    if {$::external} {
        set code [catch { uplevel 1 [list server::run_external $options $body] } result errors]
        set testing::tags $tags_before
        if {$code == 0} { return $result }
        return -options $errors $result
    }
    if {[catch { server::create $options } server errors]} {
        set testing::tags $tags_before
        return -options $errors $server
    }
    if {$body eq ""} {
        set testing::tags $tags_before
        dict set server client [server::connect $server]
        return $server
    }
    dict set server client [server::connect $server]
    lappend ::servers $server
    server::mark_logs "unit: $::current_unit"
    set code [catch { uplevel 1 $body } result errors]
    # restart_server may have changed it
    set server [lindex $::servers end]
    set ::servers [lrange $::servers 0 end-1]
    catch { [dict get $server client] close }
    server::end $server
    set testing::tags $tags_before
    if {$code == 0} { return }
    return -options $errors $result
}

# A server that runs already: nothing is started, the data is flushed, overrides come and go by CONFIG SET.
proc server::run_external {options body} {
    set server [dict create host $::host port $::port pport $::port pid 0 config {} config_file "" folder "" \
        stdout /dev/null stderr /dev/null unixsocket "" args {} keep_persistence 1 may_die 1 overrides {}]
    set client [connect $server]
    dict set server client $client
    dict set server pid [info_field [$client info server] process_id]
    $client flushall
    catch { $client function flush }
    if {$body eq ""} { return $server }
    set saved [dict create]
    dict for {name value} [dict get $options overrides] {
        set have [$client config get $name]
        if {[llength $have] == 2} {
            dict set saved $name [lindex $have 1]
            catch { $client config set $name $value }
        }
    }
    lappend ::servers $server
    set code [catch { uplevel 1 $body } result errors]
    set server [lindex $::servers end]
    set ::servers [lrange $::servers 0 end-1]
    set client [dict get $server client]
    dict for {name value} $saved { catch { $client config set $name $value } }
    catch { $client close }
    if {$code == 0} { return }
    return -options $errors $result
}

# restart_server level wait_ready rotate_logs ?reconnect? ?how?
#
# Ends the level's server (by SIGTERM, or by how, another signal's name) and starts it with the same config file, which
# CONFIG REWRITE may have changed meanwhile. With wait_ready, its data is loaded when this answers.
proc restart_server {level wait_ready rotate_logs {reconnect 1} {how sigterm}} {
    set at [server::index $level]
    set server [lindex $::servers $at]
    set pid [dict get $server pid]
    if {$how eq "sigterm"} {
        if {![process::end $pid]} { fail "the server did not end within 10 s of SIGTERM" }
    } else {
        process::signal $pid [string map {sig ""} $how]
        process::wait_gone $pid 10000
        process::forget $pid
    }
    foreach complaint [server::complaints $server] { fail $complaint }
    if {$rotate_logs} {
        set stamp [clock milliseconds]
        file rename [dict get $server stdout] [dict get $server stdout].$stamp
        file rename [dict get $server stderr] [dict get $server stderr].$stamp
    }
    close [open [dict get $server stdout] a]
    close [open [dict get $server stderr] a]
    set from [llength [server::log_lines [dict get $server stdout]]]
    dict set server pid [server::spawn $server]
    lset ::servers $at $server
    if {$wait_ready} {
        if {![server::wait_answering $server]} {
            fail "the server did not start again\n[server::last_words $server]"
        }
    } else {
        wait_for_condition 1000 10 {
            [regexp {Server initialized|Ready to accept} [server::log_lines [dict get $server stdout] $from]]
            || ![process::alive [dict get $server pid]]
        } else { fail "the server did not start again" }
    }
    if {$reconnect} {
        reconnect $level
        if {$wait_ready} { wait_done_loading [srv $level client] }
    }
}

# ---- reaching servers

proc server::index {level} {
    set at [expr {[llength $::servers] - 1 + $level}]
    if {$at < 0 || $at >= [llength $::servers]} { error "there is no server at level $level" }
    return $at
}

# Splits a leading level from arguments.
proc server::level_of {words} {
    if {[string is integer -strict [lindex $words 0]]} { return [list [lindex $words 0] [lrange $words 1 end]] }
    return [list 0 $words]
}

proc srv {args} {
    lassign [server::level_of $args] level rest
    dict get [lindex $::servers [server::index $level]] [lindex $rest 0]
}

proc server::set_field {level field value} {
    set at [index $level]
    set server [lindex $::servers $at]
    dict set server $field $value
    lset ::servers $at $server
}

proc r {args} {
    lassign [server::level_of $args] level words
    [srv $level client] {*}$words
}

proc reconnect {{level 0}} {
    set old [srv $level client]
    # where connecting fails, the old one stays
    server::set_field $level client [server::connect [lindex $::servers [server::index $level]]]
    catch { $old close }
}

# The test makes its server die on purpose.
proc server_may_die {{level 0}} { server::set_field $level may_die 1 }

proc redis_client {args} {
    set level [expr {[string is integer -strict [lindex $args 0]] ? [lindex $args 0] : 0}]
    server::connect [lindex $::servers [server::index $level]]
}

proc redis_deferring_client {args} {
    set client [redis_client {*}$args]
    $client deferred 1
    return $client
}

proc redis_client_by_addr {host port} { redis $host $port 0 $::tls }

proc redis_deferring_client_by_addr {host port} { redis $host $port 1 $::tls }

# The first address of this machine that is not a loopback one, or 127.0.0.1.
proc get_nonloopback_addr {} {
    foreach address [exec hostname -I] {
        if {![string match "127.*" $address] && ![string match "*:*" $address]} { return $address }
    }
    return 127.0.0.1
}

proc get_nonloopback_client {} { redis [get_nonloopback_addr] [srv port] 0 $::tls }

# After an exception a client may have unread replies: a new one is sure.
proc server::recover_clients {} {
    for {set level 0} {$level > -[llength $::servers]} {incr level -1} {
        if {$::external || [process::alive [srv $level pid]]} { catch { reconnect $level } }
    }
}

# ---- logs

proc server::mark_logs {text} {
    foreach server $::servers {
        if {[dict get $server stdout] eq "/dev/null"} continue
        catch {
            set fd [open [dict get $server stdout] a]
            puts $fd "### $text"
            close $fd
        }
    }
}

proc server::log_lines {path {from 0}} {
    lrange [split [string trimright [read_whole $path] \n] \n] $from end
}

proc count_log_lines {level} {
    llength [server::log_lines [srv $level stdout]]
}

# Lines of a file that match a regular expression.
proc count_message_lines {path expression} {
    set count 0
    foreach line [server::log_lines $path] {
        if {![string match "### *" $line] && [regexp -- $expression $line]} { incr count }
    }
    return $count
}

proc count_log_message {level expression} { count_message_lines [srv $level stdout] $expression }

proc log_file_matches {path pattern} { string match $pattern [server::read_whole $path] }

# The last line number that matches one of the patterns, and its line; {} if none does.
proc server::find_in_log {level patterns from} {
    set number $from
    foreach line [server::log_lines [srv $level stdout] $from] {
        incr number
        if {[string match "### *" $line]} continue
        foreach pattern $patterns { if {[string match $pattern $line]} { return [list $line $number] } }
    }
    return {}
}

proc verify_log_message {level pattern from} {
    if {![llength [server::find_in_log $level [list $pattern] $from]]} { fail "the log has no line like $pattern" }
}

proc verify_no_log_message {level pattern from} {
    if {[llength [server::find_in_log $level [list $pattern] $from]]} { fail "the log has a line like $pattern" }
}

proc wait_for_log_messages {level patterns from tries pause_ms} {
    while {$tries > 0} {
        incr tries -1
        set found [server::find_in_log $level $patterns $from]
        if {[llength $found]} { return $found }
        after $pause_ms
    }
    fail "no line like [join $patterns { or }] came into the log"
}

proc crashlog_from_file {path} {
    set lines {}
    set inside 0
    foreach line [server::log_lines $path] {
        if {[string match "*BUG REPORT START*" $line]} { set inside 1 }
        if {$inside} { lappend lines $line }
    }
    return [join $lines \n]
}
