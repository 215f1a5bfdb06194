# Tests, tags and assertions.
#
#   test "name" { body } {expected} {tags}
#
# A test passes when its body ends without an error and, where an expectation is given, when the body's result equals
# it or matches it as a glob pattern. An error whose text begins with "assertion:" is a failed assertion; any other error
# is a failure too and is shown with its stack. The unit goes on with the next test in both cases; only an error outside
# of any test ends the unit.
#
# Every outcome is told to ::on_test as {outcome name milliseconds detail}, outcome being ok, err or skip.

namespace eval testing {
    variable tags {}           ;# tags in force here, outermost first
    variable current ""        ;# the test that runs
    variable failures 0
}

proc testing::untold {args} {}
if {![info exists ::on_test]} { set ::on_test testing::untold }

# ---- what runs and what does not

# Answers why tags forbid a test here, or "".
proc testing::denied {tags} {
    foreach tag $tags {
        if {$tag in $::denytags} { return "tag $tag is denied" }
        if {$::external && $tag in {external:skip needs:local-process}} { return "not with an external server" }
        if {$::singledb && $tag eq "singledb:skip"} { return "not with a single database" }
        if {$::cluster_mode && $tag eq "cluster:skip"} { return "not in cluster mode" }
        if {$tag eq "large-memory" && !$::large_memory} { return "needs --large-memory" }
        if {$tag eq "torc" && $::torc_version eq ""} { return "the server is not Torc" }
        if {$tag eq "redis" && $::torc_version ne ""} { return "the server is Torc" }
        if {$tag eq "later" && $::torc_version ne ""} { return "Torc has not got what it needs yet" }
        if {$tag eq "io_uring" && $::engine eq "epoll"} { return "engine is epoll" }
        if {[regexp {^since:(\d+)\.(\d+)$} $tag -> major minor]} {
            if {![server_is_at_least $major $minor]} { return "the server is older than $major.$minor" }
        }
    }
    if {[llength $::allowtags]} {
        foreach tag $::allowtags { if {$tag in $tags} { return "" } }
        return "none of the tags [join $::allowtags {, }]"
    }
    return ""
}

# Whether the server under test speaks at least this version of Redis's commands.
proc server_is_at_least {major minor} {
    if {![regexp {^(\d+)\.(\d+)} $::redis_version -> have_major have_minor]} { return 1 }
    return [expr {$have_major > $major || ($have_major == $major && $have_minor >= $minor)}]
}

# Whether a test's name is asked for.
proc testing::named_in {name patterns} {
    foreach pattern $patterns {
        if {$pattern eq $name || [string match $pattern $name]} { return 1 }
        if {[regexp {^/(.*)/$} $pattern -> expression] && [regexp -- $expression $name]} { return 1 }
    }
    return 0
}

# All tags of a list that may hold several in one word: {"auth external:skip" slow}.
proc testing::tag_words {tags} {
    set words {}
    foreach part $tags { lappend words {*}$part }
    return $words
}

proc tags {tags body} {
    set before $testing::tags
    set testing::tags [concat $before [testing::tag_words $tags]]
    set why [testing::denied_block $testing::tags]
    if {$why ne ""} {
        testing::tell skip "tags {[join $tags]}" 0 $why
        set testing::tags $before
        return
    }
    set code [catch { uplevel 1 $body } result options]
    set testing::tags $before
    return -options $options $result
}

# A whole block is left out only for what forbids; what is asked for may still stand on a single test within.
proc testing::denied_block {tags} {
    set keep $::allowtags
    set ::allowtags {}
    set why [denied $tags]
    set ::allowtags $keep
    return $why
}

proc testing::tell {outcome name milliseconds detail} {
    {*}$::on_test $outcome [short $name 300] $milliseconds [short $detail 8000]
}

proc test {name body {expected undefined} {tags {}}} {
    set all_tags [concat $testing::tags [testing::tag_words $tags]]
    if {[testing::named_in $name $::skiptests]} {
        testing::tell skip $name 0 "named by --skiptest"
        return
    }
    if {[llength $::only_tests] && ![testing::named_in $name $::only_tests]} { return }
    set why [testing::denied $all_tags]
    if {$why ne ""} {
        testing::tell skip $name 0 $why
        return
    }
    set outer $testing::current
    set testing::current $name
    set ::cur_test $name
    server::mark_logs "test: $name"
    set started [clock milliseconds]
    set before $testing::tags
    set testing::tags $all_tags
    set code [catch { uplevel 1 $body } result options]
    set testing::tags $before
    set testing::current $outer
    set took [expr {[clock milliseconds] - $started}]
    if {$code == 1} {
        incr testing::failures
        if {[string match "assertion:*" $result]} {
            set detail [string range $result 10 end]
        } else {
            set detail "exception: $result\n[testing::stack $options]"
        }
        testing::tell err $name $took $detail
        if {![string match "assertion:*" $result]} { server::recover_clients }
        return
    }
    if {$expected eq "undefined" || $expected eq $result || [string match $expected $result]} {
        testing::tell ok $name $took ""
    } else {
        incr testing::failures
        testing::tell err $name $took "expected '[testing::short $expected]' to equal or match '[testing::short $result]'"
    }
}

# The stack up to the test's own body.
proc testing::stack {options} {
    set lines {}
    foreach line [split [dict get $options -errorinfo] \n] {
        if {[string match "*(\"uplevel\" body line*" $line]} { break }
        lappend lines "    [short $line 300]"
        if {[llength $lines] > 25} { break }
    }
    return [join $lines \n]
}

# Long texts are cut, and what cannot be printed is escaped.
proc testing::short {text {limit 700}} {
    if {[string length $text] > $limit} {
        set text "[string range $text 0 [expr {$limit - 1}]]… ([string length $text] characters)"
    }
    set out ""
    foreach c [split $text ""] {
        scan $c %c code
        if {$code < 32 && $c ni {"\n" "\t"} || ($code > 126 && $code < 160)} {
            append out [format {\x%02x} $code]
        } else {
            append out $c
        }
    }
    return $out
}

# ---- assertions

proc fail {message} { error "assertion:$message" }

proc assertion_failed {text detail} {
    if {$detail ne ""} { append text " ($detail)" }
    # where: the first caller that is not an assertion itself
    for {set level [expr {[info frame] - 1}]} {$level > 0} {incr level -1} {
        set frame [info frame $level]
        if {[dict exists $frame proc] && [regexp {^::(assert|fail|wait_for)} [dict get $frame proc]]} { continue }
        if {![dict exists $frame cmd]} continue
        set place ""
        if {[dict exists $frame file]} { append place "[file tail [dict get $frame file]]:[dict get $frame line] " }
        append text "\n    at $place[testing::short [string trim [lindex [split [dict get $frame cmd] \n] 0]] 200]"
        break
    }
    error "assertion:$text"
}

proc assert {condition} {
    if {![uplevel 1 [list expr $condition]]} {
        set shown "Expected condition '$condition' to be true"
        catch { append shown " ([uplevel 1 [list subst -nocommands $condition]])" }
        assertion_failed $shown ""
    }
}

proc assert_equal {expected value {detail ""}} {
    if {$expected ne $value} {
        assertion_failed "Expected '[testing::short $value]' to be equal to '[testing::short $expected]'" $detail
    }
}

proc assert_not_equal {value unexpected {detail ""}} {
    if {$value eq $unexpected} { assertion_failed "Expected '[testing::short $value]' to be something else" $detail }
}

proc assert_match {pattern value {detail ""}} {
    if {![string match $pattern $value]} {
        assertion_failed "Expected '[testing::short $value]' to match '[testing::short $pattern]'" $detail
    }
}

proc assert_no_match {pattern value {detail ""}} {
    if {[string match $pattern $value]} {
        assertion_failed "Expected '[testing::short $value]' not to match '[testing::short $pattern]'" $detail
    }
}

proc assert_lessthan {value limit {detail ""}} {
    if {!($value < $limit)} { assertion_failed "Expected '$value' to be less than '$limit'" $detail }
}

proc assert_lessthan_equal {value limit {detail ""}} {
    if {!($value <= $limit)} { assertion_failed "Expected '$value' to be at most '$limit'" $detail }
}

proc assert_morethan {value limit {detail ""}} {
    if {!($value > $limit)} { assertion_failed "Expected '$value' to be more than '$limit'" $detail }
}

proc assert_morethan_equal {value limit {detail ""}} {
    if {!($value >= $limit)} { assertion_failed "Expected '$value' to be at least '$limit'" $detail }
}

# The bounds may be expressions.
proc assert_range {value low high {detail ""}} {
    if {!([expr $low] <= $value && $value <= [expr $high])} {
        assertion_failed "Expected '$value' to be between '$low' and '$high'" $detail
    }
}

proc assert_error {pattern body {detail ""}} {
    if {![catch { uplevel 1 $body } result]} {
        assertion_failed "Expected an error matching '$pattern', but it answered '[testing::short $result]'" $detail
    }
    if {![string match $pattern $result]} {
        assertion_failed "Expected the error '[testing::short $result]' to match '[testing::short $pattern]'" $detail
    }
}

proc assert_failed {message detail} { assertion_failed $message $detail }

proc assert_type {type key} { assert_equal $type [r type $key] "type of $key" }

proc assert_encoding {encoding key} {
    set have [r object encoding $key]
    if {![string match $encoding $have]} { assertion_failed "Expected $key to be encoded as $encoding, it is $have" "" }
}

# Refcounts are Redis's own business; a server that answers 1 for everything, or nothing useful, has its own memory model.
proc assert_refcount {count key} {
    if {[lsearch $testing::tags needs:debug] >= 0 && "needs:debug" in $::denytags} { return }
    assert_equal $count [r object refcount $key] "refcount of $key"
}

proc assert_refcount_morethan {key count} { assert_morethan [r object refcount $key] $count "refcount of $key" }

# ---- waiting for a state

#   wait_for_condition 50 100 { [s role] eq "slave" } else { fail "…" }
#
# The word before the last body is there for the reader.
proc wait_for_condition {tries pause_ms condition else_word otherwise} {
    while {$tries > 0} {
        incr tries -1
        set failed [catch { uplevel 1 [list expr $condition] } answer options]
        if {$failed} { return -options $options $answer }
        if {$answer} { return }
        if {$tries > 0} { after $pause_ms }
    }
    uplevel 1 $otherwise
}

proc wait_for_blocked_client {{level 0}} {
    wait_for_condition 500 10 { [s $level blocked_clients] ne 0 } else { fail "no client was blocked" }
}

proc wait_for_blocked_clients_count {count {tries 500} {pause_ms 10} {level 0}} {
    wait_for_condition $tries $pause_ms { [s $level blocked_clients] == $count } else {
        fail "waited for $count blocked clients, there are [s $level blocked_clients]"
    }
}
