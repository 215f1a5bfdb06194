# What test files ask about a server, and the data that they fill it with.

# ---- INFO

# A field's value in a text of INFO, "" if it is not there.
proc info_field {text name} {
    set at [string first "\n$name:" "\n$text"]
    if {$at < 0} { return "" }
    set start [expr {$at + [string length $name] + 1}]
    set end [string first "\n" $text $start]
    if {$end < 0} { set end [string length $text] }
    return [string trimright [string range $text $start [expr {$end - 1}]] "\r"]
}

proc getInfoProperty {text name} { info_field $text $name }

# s ?level? field
proc s {args} {
    lassign [server::level_of $args] level rest
    info_field [r $level info all] [lindex $rest 0]
}

proc status {client field} { info_field [{*}$client info all] $field }

# The per-command lines of INFO. The name may be a regular expression: config\\|set.
proc stat_line {client section prefix name} {
    set text [{*}$client info $section]
    if {[regexp -line "^${prefix}_$name:(\[^\r\n]*)" $text -> value]} { return $value }
    return ""
}

proc cmdrstat {name client} { stat_line $client commandstats cmdstat $name }
proc errorrstat {name client} { stat_line $client errorstats errorstat $name }
proc latencyrstat_percentiles {name client} { stat_line $client latencystats latency_percentiles_usec $name }

# A field of CLIENT LIST or CLIENT INFO's line: client_line_field $line name
proc client_line_field {line name} {
    foreach pair [split [string trim $line]] {
        if {[string match "$name=*" $pair]} { return [string range $pair [string length $name]+1 end] }
    }
    return ""
}

proc memory_usage {key} { r memory usage $key samples 0 }

# ---- CONFIG

proc config_set {name value {options {}}} {
    if {"mayfail" in $options} { catch { r config set $name $value }; return }
    r config set $name $value
}

# Sets an option and answers what it was.
proc config_get_set {name value {options {}}} {
    set before [lindex [r config get $name] 1]
    config_set $name $value $options
    return $before
}

# ---- digests

proc debug_digest {{level 0}} { r $level debug digest }
proc debug_digest_value {key {level 0}} { r $level debug digest-value $key }

# ---- background work

proc wait_for_field {client field value {tries 600} {pause_ms 50}} {
    wait_for_condition $tries $pause_ms { [status $client $field] eq $value } else {
        fail "$field stays [status $client $field], expected $value"
    }
}

proc waitForBgsave {client} { wait_for_field $client rdb_bgsave_in_progress 0 }
proc waitForBgrewriteaof {client} { wait_for_field $client aof_rewrite_in_progress 0 }
proc wait_done_loading {client} {
    wait_for_condition 600 50 { ![catch { {*}$client ping } answer] || ![string match "*LOADING*" $answer] } else {
        fail "the data does not finish loading"
    }
}
proc wait_lazyfree_done {client} { wait_for_field $client lazyfree_pending_objects 0 }
proc wait_for_sync {client {tries 200} {pause_ms 50}} { wait_for_field $client master_link_status up $tries $pause_ms }

proc wait_replica_online {client {number 0} {tries 600} {pause_ms 50}} {
    wait_for_condition $tries $pause_ms { [string match "*state=online*" [status $client slave$number]] } else {
        fail "replica $number does not come online"
    }
}

proc wait_for_ofs_sync {first second} {
    wait_for_condition 200 50 { [status $first master_repl_offset] eq [status $second master_repl_offset] } else {
        fail "the replica does not reach its primary's offset"
    }
}

# The process that a server forked. Torc forks none.
proc get_child_pid {level} {
    set pid [srv $level pid]
    if {[catch { exec pgrep -P $pid } children]} { fail "process $pid has no child" }
    return [lindex $children 0]
}

# The file that the server appends to now: the last one that the AOF's manifest calls an increment.
proc get_last_incr_aof_path {client} {
    set folder [file join [lindex [{*}$client config get dir] 1] [lindex [{*}$client config get appenddirname] 1]]
    set last ""
    foreach line [server::log_lines [file join $folder [lindex [{*}$client config get appendfilename] 1].manifest]] {
        if {[regexp {^file (\S+) seq \d+ type i} $line -> name]} { set last [file join $folder $name] }
    }
    return $last
}

# ---- lists

proc lshuffle {list} {
    for {set i [llength $list]} {$i > 1} {} {
        set j [randomInt $i]
        incr i -1
        set t [lindex $list $i]
        lset list $i [lindex $list $j]
        lset list $j $t
    }
    return $list
}

proc lremove {list_name value} {
    upvar 1 $list_name list
    set at [lsearch -exact $list $value]
    if {$at >= 0} { set list [lreplace $list $at $at] }
}

proc lpop {list_name} {
    upvar 1 $list_name list
    set first [lindex $list 0]
    set list [lrange $list 1 end]
    return $first
}

# Orders {score member} pairs as a sorted set does.
proc zlistAlikeSort {a b} {
    lassign $a score_a member_a
    lassign $b score_b member_b
    if {$score_a != $score_b} { return [expr {$score_a > $score_b ? 1 : -1}] }
    return [string compare $member_a $member_b]
}

# ---- chance; --seed makes it repeat

proc randomInt {limit} { expr {int(rand() * $limit)} }
proc randomSignedInt {limit} { expr {[randomInt $limit] * ([randomInt 2] ? 1 : -1)} }
# low <= answer < high, and low where the range is empty
proc randomRange {low high} { expr {$low + [randomInt [expr {$high - $low}]]} }

# Runs one of several bodies.
proc randpath {args} { uplevel 1 [lindex $args [randomInt [llength $args]]] }

# A string of low to high characters: binary has all bytes, alpha letters, digits and some more, compr few distinct ones,
# simplealpha letters and digits alone.
proc randstring {low high {type binary}} {
    switch -- $type {
        binary { set first 0; set last 255 }
        alpha { set first 48; set last 122 }
        compr { set first 48; set last 52 }
        simplealpha {
            set from ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789
            set out ""
            for {set i [randomRange $low [expr {$high + 1}]]} {$i > 0} {incr i -1} { append out [string index $from [randomInt 62]] }
            return $out
        }
        default { error "randstring: unknown type $type" }
    }
    set out ""
    for {set i [randomRange $low [expr {$high + 1}]]} {$i > 0} {incr i -1} {
        set code [randomRange $first [expr {$last + 1}]]
        # a backslash would mean something where the text is evaluated
        if {$type eq "alpha" && $code == 92} { set code 90 }
        append out [format %c $code]
    }
    return $out
}

# A value of any shape: small and large integers, negatives, texts, bytes, few-letter texts.
proc randomValue {} {
    switch [randomInt 6] {
        0 { return [randomSignedInt 1000] }
        1 { return [randomSignedInt 2000000000] }
        2 { return [randomSignedInt 1000000000000] }
        3 { return [randstring 0 256 alpha] }
        4 { return [randstring 0 256 compr] }
        5 { return [randstring 0 256 binary] }
    }
}

proc randomKey {} {
    switch [randomInt 5] {
        0 { return [randomInt 1000] }
        1 { return [randomInt 1000000000] }
        2 { return [randomInt 1000000000000] }
        3 { return [randstring 1 256 alpha] }
        4 { return [randstring 1 256 compr] }
    }
}

# The nearest double, as the server would print a sum of few decimals.
proc roundFloat {value} { format "%.10g" $value }

# How far drawn values are from an even distribution: the sum of (seen - expected)^2 / expected.
proc chi_square_value {values} {
    set seen [dict create]
    foreach value $values { dict incr seen $value }
    set expected [expr {double([llength $values]) / [dict size $seen]}]
    set sum 0.0
    dict for {value count} $seen { set sum [expr {$sum + ($count - $expected) ** 2 / $expected}] }
    return $sum
}

# ---- data

# count keys prefix:0 … each with size bytes, pipelined. Everything is written before anything is read, a slice at a time.
proc populate {count {prefix key:} {size 3} {level 0} {expires 0}} {
    set client [redis_deferring_client $level]
    set value [string repeat A $size]
    for {set from 0} {$from < $count} {incr from 1000} {
        set to [expr {min($count, $from + 1000)}]
        for {set i $from} {$i < $to} {incr i} {
            if {$expires > 0} { $client setex $prefix$i $expires $value } else { $client set $prefix$i $value }
        }
        for {set i $from} {$i < $to} {incr i} { $client read }
    }
    $client close
}

# Many random writes over all types. options: useexpire (some keys get a short life), usetag (all keys in one slot).
proc createComplexDataset {client operations {options {}}} {
    set tag [expr {"usetag" in $options ? "{t}" : ""}]
    for {set i 0} {$i < $operations} {incr i} {
        set key [randomKey]$tag
        set other [randomKey]$tag
        set field [randomValue]
        set value [randomValue]
        set score [expr {[randomInt 5] == 0 ? [randomSignedInt 100000] : rand() * 1000 - 500}]
        if {[randomInt 20] == 0} { set score [lindex {+inf -inf} [randomInt 2]] }
        if {[randomInt 10] == 0} {
            {*}$client del $key
        } elseif {"useexpire" in $options && [randomInt 10] == 0} {
            {*}$client expire $key [randomInt 3]
        }
        switch [lindex [split [{*}$client type $key]] 0] {
            none {
                switch [randomInt 5] {
                    0 { {*}$client set $key $value }
                    1 { {*}$client rpush $key $value }
                    2 { {*}$client sadd $key $value }
                    3 { {*}$client zadd $key $score $value }
                    4 { {*}$client hset $key $field $value }
                }
            }
            string { {*}$client append $key [string range $value 0 5] }
            list {
                switch [randomInt 4] {
                    0 { {*}$client lpush $key $value }
                    1 { {*}$client rpush $key $value }
                    2 { {*}$client rpop $key }
                    3 { {*}$client lrem $key 0 $value }
                }
            }
            set {
                switch [randomInt 4] {
                    0 - 1 { {*}$client sadd $key $value }
                    2 { {*}$client srem $key $value }
                    3 { if {[{*}$client type $other] eq "set"} { {*}$client sunionstore $key $key $other } }
                }
            }
            zset {
                switch [randomInt 4] {
                    0 - 1 { {*}$client zadd $key $score $value }
                    2 { {*}$client zrem $key $value }
                    3 { if {[{*}$client type $other] eq "zset"} { {*}$client zunionstore $key 2 $key $other } }
                }
            }
            hash {
                if {[randomInt 4]} { {*}$client hset $key $field $value } else { {*}$client hdel $key $field }
            }
        }
    }
}

# The whole keyspace as text, the same for the same data: sorted keys, sorted members where a type has no order.
proc csvdump {client} {
    set out ""
    for {set db 0} {$db < 16} {incr db} {
        if {[catch { {*}$client select $db }]} { break }
        foreach key [lsort [{*}$client keys *]] {
            set type [{*}$client type $key]
            append out "$db,[quoted $key],$type"
            switch -- $type {
                string { append out ,[quoted [{*}$client get $key]] }
                list { foreach value [{*}$client lrange $key 0 -1] { append out ,[quoted $value] } }
                set { foreach value [lsort [{*}$client smembers $key]] { append out ,[quoted $value] } }
                zset { foreach value [{*}$client zrange $key 0 -1 withscores] { append out ,[quoted $value] } }
                hash {
                    foreach field [lsort [{*}$client hkeys $key]] {
                        append out ,[quoted $field],[quoted [{*}$client hget $key $field]]
                    }
                }
                stream { foreach entry [{*}$client xrange $key - +] { append out ,[quoted $entry] } }
            }
            append out \n
        }
    }
    if {!$::singledb} { {*}$client select $::dbnum }
    return $out
}

proc quoted {bytes} {
    set out "\""
    foreach c [split $bytes ""] {
        scan $c %c code
        if {$code < 32 || $code > 126 || $c in {"\"" "\\"}} { append out [format {\x%02x} $code] } else { append out $c }
    }
    return $out\"
}

# ---- pub/sub: each sends one command for all channels and answers the counts of the confirmations

proc channel_command {client word channels} {
    $client $word {*}$channels
    set counts {}
    set expected [expr {[llength $channels] ? [llength $channels] : -1}]
    # without a channel all are left, one confirmation each; the last one counts none of this kind
    while {$expected != 0} {
        set message [$client read]
        assert_equal $word [lindex $message 0]
        lappend counts [lindex $message 2]
        incr expected -1
        if {$expected < 0 && ([lindex $message 2] == 0 || [lindex $message 1] eq "")} { break }
    }
    return $counts
}

proc subscribe {client channels} { channel_command $client subscribe $channels }
proc psubscribe {client patterns} { channel_command $client psubscribe $patterns }
proc ssubscribe {client channels} { channel_command $client ssubscribe $channels }
proc unsubscribe {client {channels {}}} { channel_command $client unsubscribe $channels }
proc punsubscribe {client {patterns {}}} { channel_command $client punsubscribe $patterns }
proc sunsubscribe {client {channels {}}} { channel_command $client sunsubscribe $channels }

# ---- the stream that a replica would read

# One command in RESP from a channel, as a list.
proc read_command {fd head} {
    set words {}
    for {set i [string range $head 1 end]} {$i > 0} {incr i -1} {
        gets $fd size
        set size [string range [string trim $size] 1 end]
        lappend words [read $fd $size]
        read $fd 2
    }
    # names come in the letters that the client used
    lset words 0 [string tolower [lindex $words 0]]
    return $words
}

# Becomes a replica by SYNC, skips the snapshot, answers the channel.
proc attach_to_replication_stream {{level 0}} {
    set fd [socket [srv $level host] [srv $level port]]
    fconfigure $fd -translation binary -buffering none
    puts -nonewline $fd "SYNC\r\n"
    # newlines keep the connection alive until the snapshot is there
    while 1 {
        if {[gets $fd head] < 0} { error "I/O error: SYNC was not answered" }
        set head [string trim $head]
        if {$head ne ""} break
    }
    if {![regexp {^\$(\d+)$} $head -> count]} { error "SYNC was answered by '$head'" }
    read $fd $count
    return $fd
}

# The next command of the stream as a list; {} if none comes within five seconds.
proc read_from_replication_stream {fd} {
    set resp::ready($fd) waiting
    if {[chan pending input $fd] == 0} {
        fileevent $fd readable [list set resp::ready($fd) data]
        set timer [after 5000 [list set resp::ready($fd) timeout]]
        vwait resp::ready($fd)
        after cancel $timer
        fileevent $fd readable {}
        set state $resp::ready($fd)
        unset resp::ready($fd)
        if {$state eq "timeout"} { return {} }
    }
    if {[gets $fd head] < 0} { return {} }
    set head [string trim $head]
    if {$head eq ""} { return [read_from_replication_stream $fd] }
    if {[string index $head 0] ne "*"} { error "the stream holds '$head'" }
    read_command $fd $head
}

proc assert_replication_stream {fd patterns} {
    set errors 0
    set seen {}
    foreach pattern $patterns {
        while 1 {
            set words [read_from_replication_stream $fd]
            if {$words ne "ping" && [lindex $words 0] ne "replconf"} break
        }
        lappend seen $words
        if {![string match $pattern $words]} { incr errors }
    }
    if {$errors} { fail "the replication stream is\n    [join $seen "\n    "]\nexpected\n    [join $patterns "\n    "]" }
}

proc close_replication_stream {fd} { close $fd }

# The commands of an append-only file without a preamble, held against patterns as above.
proc assert_aof_content {path patterns} {
    set fd [open $path]
    fconfigure $fd -translation binary
    set seen {}
    while {[gets $fd head] >= 0} {
        set head [string trim $head]
        if {[string index $head 0] eq "*"} { lappend seen [read_command $fd $head] }
    }
    close $fd
    foreach pattern $patterns words $seen {
        if {![string match $pattern $words]} {
            fail "the file holds\n    [join $seen "\n    "]\nexpected\n    [join $patterns "\n    "]"
        }
    }
}

# ---- programs beside the server

# redis-cli on a level's server; redis_cli -s PATH … and other flags may lead.
proc redis_cli {args} { exec redis-cli {*}$args }

proc rediscli_exec {level args} {
    redis_cli -h [srv $level host] -p [srv $level port] {*}$args
}

proc run_solo {name body} { uplevel 1 $body }

# ---- tables of commands and replies

# Commands with what they must answer, one pair each, on the innermost server:
#
#   assert_replies {
#       {set k v}      OK
#       {incr k}       {-ERR value is not an integer or out of range}
#       {get k}        ~v*
#   }
#
# -WORD… is an error with this text, ~ a glob pattern, anything else is meant literally. The commands are substituted by
# Tcl in the caller's scope, word by word.
proc assert_replies {pairs {client r}} {
    foreach {command expected} $pairs {
        set words [uplevel 1 [list subst $command]]
        set expected [uplevel 1 [list subst $expected]]
        set failed [catch { {*}$client {*}$words } answer]
        if {[regexp {^-[A-Z]} $expected]} {
            if {!$failed} { fail "$words answered '[testing::short $answer]', expected the error '[string range $expected 1 end]'" }
            if {$answer ne [string range $expected 1 end] && ![string match [string range $expected 1 end] $answer]} {
                fail "$words: the error is '[testing::short $answer]', expected '[string range $expected 1 end]'"
            }
        } elseif {$failed} {
            fail "$words: error '[testing::short $answer]', expected '$expected'"
        } elseif {[string index $expected 0] eq "~"} {
            if {![string match [string range $expected 1 end] $answer]} {
                fail "$words answered '[testing::short $answer]', expected something like '[string range $expected 1 end]'"
            }
        } elseif {$answer ne $expected} {
            fail "$words answered '[testing::short $answer]', expected '$expected'"
        }
    }
}

# The lines that a client gets back for bytes sent as they are; count lines are awaited.
proc raw_lines {bytes count} {
    set client [redis [srv host] [srv port] 1 $::tls]
    $client readraw 1
    $client write $bytes
    $client flush
    set lines {}
    for {set i 0} {$i < $count} {incr i} {
        if {[catch { $client read } line]} { lappend lines EOF; break }
        lappend lines $line
    }
    catch { $client close }
    return $lines
}
