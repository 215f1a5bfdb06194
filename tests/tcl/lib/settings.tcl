# The settings of a run: global variables, since test files of the dialect read some of them ($::external, $::tls,
# $::accurate, $::verbose, $::singledb, $::dbnum, $::denytags, $::valgrind, $::no_latency, $::baseport, $::portcount).
# The runner parses them from its flags and hands them to its workers as one dict.

namespace eval settings {
    # name of the global, its default, flag, kind of flag (value, switch, list), what --help says
    variable table {
        server_binary   ""          --server    value   "the binary to test (default $TORC_SERVER, else build/release/torc-server)"
        host            127.0.0.1   --host      value   "with --port: test a server that runs already"
        port            0           --port      value   "its port; tests tagged external:skip are left out"
        engine          ""          --engine    value   "auto, io_uring or epoll: handed to torc-server as --io-engine"
        single_units    {}          --single    list    "only this unit, e.g. unit/strings; may be repeated"
        only_tests      {}          --only      list    "only tests of this name, glob pattern or /expression/; may be repeated"
        skiptests       {}          --skiptest  list    "not the tests of this name, pattern or /expression/; may be repeated"
        tag_words       {}          --tags      list    "only tests with one of these tags; -tag: none with it"
        suite_folder    ""          --suite     value   "run the units of a public Redis suite unpacked in this folder"
        clients         2           --clients   value   "units that run side by side"
        loops           1           --loops     value   "how often everything is run"
        seed            ""          --seed      value   "of all chance (default: the clock; it is printed)"
        baseport        21000       --baseport  value   "ports are taken from here on"
        portcount       400         --portcount value   "ports for each worker"
        idle_limit_s    120         --timeout   value   "seconds without a sign of life after which a unit is ended"
        coverage_file   ""          --coverage-file value "where to write which commands were sent, and how often"
        verbose         0           --verbose   switch  "show what the tests print about themselves, and passed time"
        dump_logs       0           --dump-logs switch  "print the logs of the servers of a failed unit"
        keep_folders    0           --keep      switch  "leave the servers' folders behind"
        stop_on_failure 0           --stop      switch  "end with the first failure"
        accurate        0           --accurate  switch  "more iterations in randomised tests"
        large_memory    0           --large-memory switch "also tests that need gigabytes"
        singledb        0           --singledb  switch  "use database 0 alone"
        force_resp3     0           --resp3     switch  "the clients of start_server speak RESP3"
        no_latency      0           --no-latency switch "leave out checks of elapsed time"
        list_units      0           --list-units switch "print the units and end"
        quiet           0           --quiet     switch  "only failures and the total"
    }
    # not flags, but handed to workers
    variable derived {external redis_version torc_version denytags allowtags work_folder suite_mode asset_folder unit_root}
}

proc settings::init {} {
    variable table
    foreach {name default flag kind help} $table { set ::$name $default }
    set ::external 0
    set ::redis_version ""
    set ::torc_version ""
    set ::denytags {}
    set ::allowtags {}
    set ::work_folder ""
    set ::suite_mode 0
    set ::asset_folder [file join $::tcl_folder assets]
    set ::unit_root $::tcl_folder
    # what files of the dialect may ask for and what is fixed here
    set ::tls 0
    set ::valgrind 0
    set ::cluster_mode 0
    set ::ignoredigest 0
    set ::force_failure 0
    set ::log_req_res 0
    set ::dbnum 9
    set ::current_unit ""
    set ::cur_test ""
}

# Reads the flags; answers the words that are not flags.
proc settings::parse {words} {
    variable table
    set rest {}
    for {set i 0} {$i < [llength $words]} {incr i} {
        set word [lindex $words $i]
        set found 0
        foreach {name default flag kind help} $table {
            if {$word ne $flag} continue
            set found 1
            if {$kind eq "switch"} { set ::$name 1; break }
            incr i
            if {$i >= [llength $words]} { error "$flag needs a value" }
            if {$kind eq "list"} { lappend ::$name [lindex $words $i] } else { set ::$name [lindex $words $i] }
            break
        }
        if {!$found} {
            if {[string match "-*" $word]} { error "unknown flag $word (see --help)" }
            lappend rest $word
        }
    }
    foreach tag [testing::tag_words $::tag_words] {
        if {[string index $tag 0] eq "-"} { lappend ::denytags [string range $tag 1 end] } else { lappend ::allowtags $tag }
    }
    return $rest
}

proc settings::help {} {
    variable table
    set text "usage: run \[flags\] \[unit or file …\]\n\n"
    foreach {name default flag kind help} $table {
        append text [format "  %-22s %s\n" "$flag[expr {$kind eq "switch" ? "" : " X"}]" $help]
    }
    return $text
}

proc settings::pack {} {
    variable table
    variable derived
    set packed {}
    foreach {name default flag kind help} $table { lappend packed $name [set ::$name] }
    foreach name $derived { lappend packed $name [set ::$name] }
    return $packed
}

proc settings::unpack {packed} {
    foreach {name value} $packed { set ::$name $value }
}

settings::init
