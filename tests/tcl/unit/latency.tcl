# LATENCY: events that took long, and the histograms of commands.

start_server {tags {latency} overrides {latency-monitor-threshold 0}} {
    test "Nothing to tell" {
        assert_equal {} [r latency latest]
        assert_equal {} [r latency history command]
        assert_equal 0 [r latency reset]
        assert_equal 0 [r latency reset command nosuch]
        assert_match "*off*latency-monitor-threshold*" [r latency doctor]
        assert_replies {
            {latency graph command} {-ERR No samples available for event 'command'}
            {latency graph} {-ERR wrong number of arguments for 'latency|graph' command}
            {latency history} {-ERR wrong number of arguments for 'latency|history' command}
            {latency help x} {-ERR wrong number of arguments for 'latency|help' command}
            {latency nosuch} {-ERR unknown subcommand 'nosuch'. Try LATENCY HELP.}
        }
        assert_match "*LATENCY <subcommand>*" [r latency help]
        r config set latency-monitor-threshold 10000
        assert_match "*Nothing*10000*" [r latency doctor]
    } {} {torc}

    test "A slow command is an event; within a second the worst counts" {
        r config set latency-monitor-threshold 20
        r latency reset
        r debug sleep 0.01
        assert_equal {} [r latency latest]
        r debug sleep 0.03
        r debug sleep 0.06
        r debug sleep 0.04
        set latest [r latency latest]
        assert_equal 1 [llength $latest]
        lassign [lindex $latest 0] event at_s last_ms max_ms
        assert_equal command $event
        assert_range $at_s {[clock seconds] - 2} {[clock seconds]}
        assert_range $max_ms 60 5000
        set history [r latency history command]
        assert_range [llength $history] 1 3
        assert_equal [lindex $history end] [list $at_s $last_ms]
        set worst 0
        foreach sample $history { set worst [expr {max($worst, [lindex $sample 1])}] }
        assert_equal $worst $max_ms
    } {} {needs:debug}

    test "Off is off" {
        r config set latency-monitor-threshold 0
        set before [r latency history command]
        r debug sleep 0.03
        assert_equal $before [r latency history command]
    } {} {needs:debug}

    test "The picture of an event" {
        set text [r latency graph command]
        assert_match "command - high * ms, low * ms (all time high * ms)\n[string repeat - 80]\n*" $text
        set rows [lrange [split $text "\n"] 2 5]
        set columns [llength [r latency history command]]
        foreach row $rows { assert_equal $columns [string length $row] }
        regexp -all -inline {[0-9]+} [lindex [split $text "\n"] 0]
        assert {[regexp {[_o#]} [join $rows ""]]}
    } {} {needs:debug}

    test "The doctor names events and what to do" {
        set text [r latency doctor]
        assert_match "*command*" $text
        r config set latency-monitor-threshold 20 slowlog-log-slower-than 1000000
        assert_match "*CONFIG SET slowlog-log-slower-than 20000*" [r latency doctor]
        r config set slowlog-log-slower-than 1000
        assert_no_match "*CONFIG SET slowlog-log-slower-than*" [r latency doctor]
    } {} {needs:debug torc}

    test "Events are forgotten by name, or all" {
        r config set latency-monitor-threshold 20
        assert_equal 0 [r latency reset nosuch]
        assert_equal 1 [r latency reset nosuch command]
        assert_equal {} [r latency latest]
        r debug sleep 0.03
        assert_equal 1 [r latency reset]
        r latency latest
    } {} {needs:debug}

    test "Histograms by command" {
        r config resetstat
        assert_equal {config|resetstat} [dict keys [r latency histogram]]
        r set a b
        r set c d
        r get a
        r client id
        r client getname
        set all [r latency histogram]
        assert_equal {client|getname client|id config|resetstat get latency|histogram set} [lsort [dict keys $all]]
        assert_equal 2 [dict get $all set calls]
        assert_equal 2 [lindex [dict get $all set histogram_usec] end]
        assert_equal {client|getname client|id} [lsort [dict keys [r latency histogram client]]]
        assert_equal {client|id} [dict keys [r latency histogram CLIENT|ID]]
        assert_equal {get set} [dict keys [r latency histogram nosuch get zadd client|nosuch set]]
        r latency histogram nosuch
    } {}

    test "A histogram's bounds double and its counts add up" {
        r config resetstat
        r debug sleep 0.0015
        r debug sleep 0.003
        r debug sleep 0.02
        set histogram [dict get [r latency histogram debug] debug]
        assert_equal 3 [dict get $histogram calls]
        set before 0
        dict for {bound count} [dict get $histogram histogram_usec] {
            assert_morethan $bound $before
            set before $bound
        }
        assert_equal 3 $count
        assert_morethan_equal $bound 16908
    } {} {needs:debug}

    test "Without tracking there are no histograms" {
        r config set latency-tracking no
        r config resetstat
        r set a b
        set shown [r latency histogram]
        r config set latency-tracking yes
        set shown
    } {}

    test "Eviction in long slices is an event" {
        r flushall
        r config set latency-monitor-threshold 1 maxmemory-eviction-tenacity 100
        r debug populate 100000 key 100
        r config set maxmemory-policy allkeys-random
        r config set maxmemory 1mb
        wait_for_condition 300 10 { [r dbsize] < 50000 } else { fail "nothing is evicted" }
        assert_match {*eviction-cycle*} [r latency latest]
        assert_match "*eviction-cycle - high*" [r latency graph eviction-cycle]
        r config set maxmemory 0 latency-monitor-threshold 0
    } {OK} {needs:debug torc}
}
