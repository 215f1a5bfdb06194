# Processes, ports and folders of a run. Everything taken here is given back here, by process id or by name.
#
# Every process is started beneath `setpriv --pdeathsig KILL` where that exists, so that it ends when its starter does,
# however that ends; setpriv becomes the process it starts, so that the id is the server's own. Starts and ends are also
# told to ::on_process, by which the runner knows what a worker that hangs has left.

namespace eval process {
    variable live {}
    variable prefix unknown
}

proc process::untold {args} {}
if {![info exists ::on_process]} { set ::on_process process::untold }

proc process::prefix {} {
    variable prefix
    if {$prefix eq "unknown"} {
        set prefix {}
        if {![catch { exec setpriv --pdeathsig KILL true }]} { set prefix {setpriv --pdeathsig KILL} }
    }
    return $prefix
}

# Starts words as a process in folder, its output appended to two files. Answers its id.
proc process::start {words folder stdout_path stderr_path} {
    variable live
    set prefix [prefix]
    set here [pwd]
    cd $folder
    set failed [catch { exec {*}$prefix {*}$words < /dev/null >> $stdout_path 2>> $stderr_path & } pid]
    cd $here
    if {$failed} { error "cannot start [lindex $words 0]: $pid" }
    lappend live $pid
    {*}$::on_process started $pid
    return $pid
}

# A zombie counts as gone: it waits only for Tcl to collect it, which happens at the next exec.
proc process::alive {pid} {
    if {[catch { open /proc/$pid/stat } fd]} { return 0 }
    set failed [catch { read $fd } text]
    close $fd
    if {$failed} { return 0 }
    # the name stands in brackets and may hold anything
    set state [lindex [string range $text [string last ")" $text]+1 end] 0]
    return [expr {$state ni {Z X x}}]
}

proc process::signal {pid name} {
    return [expr {![catch { exec kill -$name $pid 2> /dev/null }]}]
}

proc process::wait_gone {pid limit_ms} {
    set until [expr {[clock milliseconds] + $limit_ms}]
    set pause 1
    while {[alive $pid]} {
        if {[clock milliseconds] > $until} { return 0 }
        after $pause
        if {$pause < 10} { incr pause }
    }
    return 1
}

# Ends a process: asked first, made to after limit_ms. Answers whether asking was enough.
proc process::end {pid {limit_ms 10000}} {
    variable live
    set polite 1
    if {[alive $pid]} {
        signal $pid CONT
        signal $pid TERM
        if {![wait_gone $pid $limit_ms]} {
            set polite 0
            signal $pid KILL
            wait_gone $pid 5000
        }
    }
    forget $pid
    return $polite
}

proc process::forget {pid} {
    variable live
    set at [lsearch -exact $live $pid]
    if {$at >= 0} {
        set live [lreplace $live $at $at]
        {*}$::on_process ended $pid
    }
}

proc process::end_all {} {
    variable live
    foreach pid $live {
        signal $pid KILL
        wait_gone $pid 5000
        forget $pid
    }
    # Tcl collects its ended children when it starts another one
    catch { exec true }
}

# ---- the words of the dialect

proc is_alive {server} {
    if {[string is integer -strict $server]} { return [process::alive $server] }
    return [process::alive [dict get $server pid]]
}

proc process_is_alive {pid} { process::alive $pid }

# SIGSTOP works between two instructions, but not at once: wait until the kernel says that it has stopped.
proc pause_process {pid} {
    exec kill -STOP $pid
    wait_for_condition 200 10 {
        [string match T* [lindex [exec ps -o state= -p $pid] 0]]
    } else {
        fail "process $pid did not stop"
    }
}

proc resume_process {pid} { exec kill -CONT $pid }

# ---- ports

namespace eval port {
    variable base 21000
    variable count 400
    variable last 0
}

proc port::is_free {number} {
    if {[catch { socket -server port::refuse -myaddr 127.0.0.1 $number } listener]} { return 0 }
    close $listener
    return 1
}

proc port::refuse {channel args} { close $channel }

# A port that can be bound now, and its companion 10,000 above (the cluster bus). One worker walks through its own range,
# so that two workers never meet, and a port just given back is not taken again at once.
proc port::take {{base ""} {count ""}} {
    variable last
    if {$base eq ""} { set base $port::base }
    if {$count eq ""} { set count $port::count }
    if {$last < $base || $last >= $base + $count} { set last [expr {$base - 1}] }
    for {set i 0} {$i < $count} {incr i} {
        incr last
        if {$last >= $base + $count} { set last $base }
        if {[is_free $last] && ($last + 10000 > 65535 || [is_free [expr {$last + 10000}]])} { return $last }
    }
    error "no free port between $base and [expr {$base + $count - 1}]"
}

proc find_available_port {base count} { port::take $base $count }

# ---- folders

namespace eval folder {
    variable next 0
}

# A folder of this worker's own, below ::work_folder, which the runner removes.
proc tmpdir {name} {
    set path [file join $::work_folder $name.[pid].[incr folder::next]]
    file mkdir $path
    return $path
}

proc tmpfile {name} {
    file join $::work_folder $name.[pid].[incr folder::next]
}
