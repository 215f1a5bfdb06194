# The runner: finds the units, keeps some workers busy, prints what they tell, and counts.
#
#   flags -> probe of the server -> list of units -> workers (one process a unit) -> lines and totals -> exit status
#
# A worker that shows no sign of life is ended, and by its last words the processes that it had started. The servers of a
# worker that crashed end with it (see processes.tcl); the runner makes sure.

namespace eval runner {
    variable queue {}
    variable running 0
    variable finished 0
    variable units_total 0
    variable passed 0
    variable failed 0
    variable skipped 0
    variable failures {}
    variable job               ;# job(channel,field): unit pid pids slot seen
    array set job {}
    variable free_slots {}
    variable coverage          ;# name -> how often it was sent
    array set coverage {}
    variable refused           ;# name -> how often the answer was an error
    array set refused {}
    variable stopping 0
}

proc runner::main {words} {
    if {"--help" in $words || "-h" in $words} { puts [settings::help]; exit 0 }
    if {[catch { settings::parse $words } rest]} { puts stderr $rest; exit 2 }
    if {$::seed eq ""} { set ::seed [expr {[clock milliseconds] % 1000000}] }
    if {$::suite_folder ne ""} {
        set ::suite_mode 1
        set ::suite_folder [file normalize $::suite_folder]
        set ::asset_folder $::suite_folder/tests/assets
        set ::unit_root $::suite_folder/tests
    }
    if {[catch { units $rest } units]} { puts stderr $units; exit 2 }
    if {$::list_units} { puts [join [lmap unit $units { lindex $unit 0 }] \n]; exit 0 }
    set temporary /tmp
    if {[info exists ::env(TMPDIR)]} { set temporary $::env(TMPDIR) }
    set ::work_folder [file join $temporary torc-tcl.[pid]]
    file mkdir $::work_folder
    set status 2
    if {[catch {
        find_server
        probe
        run_all $units
        set status [report]
    } why options]} {
        puts stderr $why
        if {$::verbose} { puts stderr [dict get $options -errorinfo] }
        process::end_all
    }
    catch { exec true }
    if {!$::keep_folders} { file delete -force $::work_folder }
    exit $status
}

# ---- units

# Answers a list of {name path}. A word is a unit's name (unit/strings, strings) or a file.
proc runner::units {words} {
    set words [concat $words $::single_units]
    if {![llength $words]} {
        if {$::suite_mode} { error "--suite needs the units to run, e.g. unit/type/string" }
        set words [listed_units]
    }
    return [lmap word $words { list [regsub {\.tcl$} $word ""] [unit_path $word] }]
}

proc runner::unit_path {word} {
    foreach path [list $::unit_root/$word.tcl $::unit_root/$word $::unit_root/unit/$word.tcl [file normalize $word]] {
        if {[file isfile $path]} { return $path }
    }
    error "there is no unit $word below $::unit_root"
}

# The order is the file `units`, from basic to complex; a unit that it does not name is a mistake.
proc runner::listed_units {} {
    set fd [open $::tcl_folder/units]
    set listed {}
    foreach line [split [read $fd] \n] {
        set line [string trim [lindex [split $line "#"] 0]]
        if {$line ne ""} { lappend listed unit/$line }
    }
    close $fd
    foreach path [glob -nocomplain $::tcl_folder/unit/*.tcl] {
        set name unit/[file rootname [file tail $path]]
        if {$name ni $listed} { error "$name is not in the file units" }
    }
    return $listed
}

# ---- the server

proc runner::find_server {} {
    set ::external [expr {$::port != 0}]
    if {$::external} { return }
    if {$::server_binary eq ""} {
        set ::server_binary $::repo_folder/build/release/torc-server
        if {[info exists ::env(TORC_SERVER)]} { set ::server_binary $::env(TORC_SERVER) }
    }
    set found [auto_execok $::server_binary]
    if {$found eq ""} { error "there is no program $::server_binary: build it, or name another one with --server" }
    # not normalised to the end: a program may be called by a link's name
    set ::server_binary [file join [pwd] [lindex $found 0]]
    if {![catch { exec $::server_binary --version } text] && [string match -nocase "*torc*" $text]} {
        set ::torc_version unknown
    }
}

# One server is started for a look at its versions, so that a run against a broken one ends here, with its last words.
proc runner::probe {} {
    if {$::external} {
        if {[catch { redis $::host $::port } client]} { error "no server answers at $::host:$::port" }
    } else {
        set ::start_folder $::work_folder
        set port::base [expr {$::baseport + $::clients * $::portcount}]
        if {[catch { start_server {config minimal.conf} } server]} {
            if {$::engine eq "io_uring" && [string match -nocase "*io_uring*" $server]} {
                puts "\[skip\]: engine io_uring: this machine refuses it\n$server"
                puts "0 passed, 0 failed, 1 skipped"
                if {!$::keep_folders} { file delete -force $::work_folder }
                exit 0
            }
            error $server
        }
        set client [dict get $server client]
    }
    set info [$client info server]
    set ::redis_version [info_field $info redis_version]
    set ::torc_version [info_field $info torc_version]
    set engine [info_field $info io_engine]
    set name [expr {$::torc_version ne "" ? "Torc $::torc_version (as Redis $::redis_version), engine $engine"
        : "Redis $::redis_version"}]
    $client close
    if {!$::external} { process::end [dict get $server pid] }
    puts "server: $name[expr {$::external ? " at $::host:$::port" : " $::server_binary"}], seed $::seed"
    if {$::external} { set ::clients 1 }
}

# ---- workers

proc runner::run_all {units} {
    variable queue
    variable free_slots
    variable units_total
    set number 0
    for {set loop 0} {$loop < $::loops} {incr loop} {
        foreach unit $units { lappend queue [list {*}$unit [incr number]] }
    }
    set units_total [llength $queue]
    for {set slot 0} {$slot < $::clients} {incr slot} {
        lappend free_slots $slot
    }
    start_more
    after 1000 runner::watch
    while {$runner::running > 0} { vwait runner::running }
}

proc runner::start_more {} {
    variable queue
    variable free_slots
    variable stopping
    while {[llength $queue] && [llength $free_slots] && !$stopping} {
        set next [lindex $queue 0]
        set queue [lrange $queue 1 end]
        set slot [lindex $free_slots 0]
        set free_slots [lrange $free_slots 1 end]
        start_worker $next $slot
    }
}

proc runner::start_worker {next slot} {
    variable job
    variable running
    set packed [settings::pack]
    lappend packed baseport [expr {$::baseport + $slot * $::portcount}]
    set words [list {*}[process::prefix] [info nameofexecutable] [file join $::tcl_folder run] --worker $packed $next]
    set channel [open "|[list {*}$words < /dev/null 2>@1]" r]
    fconfigure $channel -blocking 0 -encoding utf-8 -translation lf
    set job($channel,unit) [lindex $next 0]
    set job($channel,pid) [lindex [pid $channel] 0]
    set job($channel,pids) {}
    set job($channel,slot) $slot
    set job($channel,done) 0
    set job($channel,seen) [clock seconds]
    incr running
    fileevent $channel readable [list runner::hear $channel]
}

proc runner::hear {channel} {
    variable job
    while {[gets $channel line] >= 0} {
        set job($channel,seen) [clock seconds]
        if {[string index $line 0] eq "\x1e"} {
            event $channel {*}[string map [list \x1f \n] [string range $line 1 end]]
        } else {
            puts $line
        }
    }
    if {[eof $channel]} { ended $channel "" }
}

proc runner::event {channel kind args} {
    variable job
    variable coverage
    variable refused
    switch $kind {
        test { outcome $job($channel,unit) {*}$args }
        started { lappend job($channel,pids) {*}$args }
        ended { set job($channel,pids) [lsearch -all -inline -not -exact $job($channel,pids) [lindex $args 0]] }
        coverage {
            foreach {name count} [lindex $args 0] { incr coverage($name) $count }
            foreach {name count} [lindex $args 1] { incr refused($name) $count }
        }
        done { set job($channel,done) 1; set job($channel,took) [lindex $args 0] }
    }
}

proc runner::outcome {unit outcome name took detail} {
    variable passed
    variable failed
    variable skipped
    variable failures
    variable stopping
    switch $outcome {
        ok {
            incr passed
            if {!$::quiet} { puts "\[ok\]: $name ($took ms)" }
        }
        err {
            incr failed
            lappend failures [list $unit $name]
            puts "\[err\]: $name in $unit ($took ms)\n    [string map [list \n "\n    "] $detail]"
            if {$::stop_on_failure} { set stopping 1 }
        }
        skip {
            incr skipped
            if {!$::quiet} { puts "\[skip\]: $name: $detail" }
        }
    }
}

# A worker's end: what it left is ended by process id.
proc runner::ended {channel why} {
    variable job
    variable running
    variable finished
    variable units_total
    variable free_slots
    foreach pid $job($channel,pids) {
        process::signal $pid KILL
        process::wait_gone $pid 5000
    }
    set unit $job($channel,unit)
    if {$why ne ""} {
        process::signal $job($channel,pid) KILL
        process::wait_gone $job($channel,pid) 5000
    }
    fconfigure $channel -blocking 1
    catch { close $channel }
    incr finished
    if {$job($channel,done)} {
        if {!$::quiet} {
            puts "\[$finished/$units_total done\]: $unit ([format %.1f [expr {$job($channel,took) / 1000.0}]] seconds)"
        }
    } else {
        if {$why eq ""} { set why "its worker ended before its time" }
        outcome $unit err "unit $unit" 0 $why
    }
    flush stdout
    lappend free_slots $job($channel,slot)
    array unset job $channel,*
    start_more
    # last, since it wakes the main loop
    incr running -1
}

proc runner::watch {} {
    variable job
    foreach key [array names job *,seen] {
        if {![info exists job($key)]} continue
        if {[clock seconds] - $job($key) > $::idle_limit_s} {
            ended [string range $key 0 end-5] "it gave no sign of life for $::idle_limit_s s and was ended"
        }
    }
    after 1000 runner::watch
}

# ---- the end

proc runner::report {} {
    variable passed
    variable failed
    variable skipped
    variable failures
    variable coverage
    variable refused
    if {$::coverage_file ne ""} {
        set fd [open $::coverage_file w]
        puts $fd "command\tsent\trefused"
        foreach name [lsort [array names coverage]] {
            puts $fd "$name\t$coverage($name)\t[expr {[info exists refused($name)] ? $refused($name) : 0}]"
        }
        close $fd
    }
    if {[llength $failures]} {
        puts "failed (seed $::seed):"
        foreach failure $failures { puts "  [lindex $failure 0]: [lindex $failure 1]" }
    }
    puts "$passed passed, $failed failed, $skipped skipped"
    return [expr {$failed > 0 || ($passed == 0 && $skipped == 0)}]
}
