# One worker runs one unit in a process of its own and tells the runner what happens.
#
# An event is one line of standard output: a byte \x1e, then a Tcl list, its newlines written as \x1f. Whatever else a
# test prints passes through.
#
#   test outcome name milliseconds detail       started pid       ended pid       coverage sent refused       done milliseconds

namespace eval worker {}

proc worker::tell {args} {
    puts "\x1e[string map [list \n \x1f] $args]"
    flush stdout
}

# What works in the public suite's own folder finds its programs under src.
proc worker::enter_folder {} {
    if {!$::suite_mode} {
        set ::start_folder [tmpdir unit]
    } else {
        set ::start_folder [tmpdir suite]
        file mkdir $::start_folder/src $::start_folder/tests/tmp
        foreach path [glob $::suite_folder/tests/*] {
            if {[file tail $path] ne "tmp"} { file link -symbolic $::start_folder/tests/[file tail $path] $path }
        }
        foreach name {redis.conf sentinel.conf utils} {
            if {[file exists $::suite_folder/$name]} { file link -symbolic $::start_folder/$name $::suite_folder/$name }
        }
        foreach name {redis-server redis-sentinel} {
            if {$::server_binary ne ""} { file link -symbolic $::start_folder/src/$name $::server_binary }
        }
        foreach name {redis-cli redis-benchmark redis-check-aof redis-check-rdb} {
            set path [auto_execok $name]
            if {$path ne ""} { file link -symbolic $::start_folder/src/$name [lindex $path 0] }
        }
    }
    cd $::start_folder
    # what its integration tests share beyond the dialect
    if {$::suite_mode} {
        foreach name {aofmanifest benchmark} {
            if {[file exists tests/support/$name.tcl]} { uplevel #0 [list source tests/support/$name.tcl] }
        }
        # ours are the ones that count
        uplevel #0 [list source [file join $::tcl_folder lib helpers.tcl]]
    }
}

proc worker::main {packed job} {
    settings::unpack $packed
    lassign $job ::current_unit path number
    set port::base $::baseport
    set port::count $::portcount
    # a different place in the range each time, so that ports just closed rest
    set port::last [expr {$::baseport + ($number * 37) % $::portcount}]
    expr {srand($::seed + $number)}
    # a reply that does not come is told by its own test, before the unit is given up
    set resp::reply_timeout_ms [expr {min(60000, $::idle_limit_s * 500)}]
    fconfigure stdout -buffering line -encoding utf-8 -translation lf
    set ::on_process {worker::tell}
    set ::on_test {worker::tell test}
    set ::test_server [socket -server port::refuse -myaddr 127.0.0.1 0]
    set ::test_server_port [lindex [fconfigure $::test_server -sockname] 2]
    set started [clock milliseconds]
    enter_folder
    if {[catch { uplevel #0 [list source $path] } result options]} {
        incr testing::failures
        tell test err "unit $::current_unit" 0 "exception: $result\n[testing::stack $options]"
        set ::servers {}
    }
    process::end_all
    tell coverage [array get ::resp_coverage] [array get ::resp_refused]
    tell done [expr {[clock milliseconds] - $started}]
    exit [expr {$testing::failures > 0}]
}
