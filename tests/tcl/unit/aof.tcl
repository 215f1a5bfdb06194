# The append-only file: its folder, rewriting, what is done about torn and damaged files, WAITAOF, what INFO tells.

proc parts_of {folder} { return $folder/appendonlydir }

proc manifest_lines {folder} {
    split [string trim [server::read_whole [parts_of $folder]/appendonly.aof.manifest]] "\n"
}

# The increment that is written.
proc last_part {folder} { return [parts_of $folder]/[lindex [lindex [manifest_lines $folder] end] 1] }
proc base_part {folder} { return [parts_of $folder]/[lindex [lindex [manifest_lines $folder] 0] 1] }

proc bytes_of {path} {
    set in [open $path rb]
    set bytes [read $in]
    close $in
    return $bytes
}

proc write_bytes {path bytes} {
    set out [open $path wb]
    puts -nonewline $out $bytes
    close $out
}

proc aof_options {folder args} {
    list overrides [list dir $folder appendonly yes save "" auto-aof-rewrite-percentage 0 {*}$args]
}

proc rewrite {} {
    assert_match "Background append only file rewriting *" [r bgrewriteaof]
    wait_for_condition 600 20 {
        [s aof_rewrite_in_progress] == 0 && [s aof_rewrite_scheduled] == 0
    } else { fail "the rewrite does not end" }
}

# What a start on this folder that must fail says.
proc log_of_failed_start {folder args} {
    set words [list $::server_binary --port [port::take] --dir $folder --appendonly yes --save "" {*}$args]
    set pid [process::start $words $folder $folder/out $folder/err]
    process::wait_gone $pid 10000
    process::forget $pid
    set log [server::read_whole $folder/out]
    assert_no_match "*Ready to accept*" $log
    return $log
}

# As often as it is called, the next rewrite cannot put its base in place: a folder stands there.
proc block_rewrites {folder} { file mkdir [parts_of $folder]/temp-rewriteaof-bg-[srv pid].aof/x }
proc allow_rewrites {folder} { file delete -force [parts_of $folder]/temp-rewriteaof-bg-[srv pid].aof }

tags {aof external:skip torc} {
    test "A fresh folder: base, increment, manifest" {
        foreach {preamble base} {yes rdb no aof} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-use-rdb-preamble $preamble] {
                assert_equal [manifest_lines $folder] [list \
                    "file appendonly.aof.1.base.$base seq 1 type b" \
                    "file appendonly.aof.1.incr.aof seq 1 type i"]
                r set a b
                assert_match "*#TORC:*set*a*b*" [string tolower [bytes_of [last_part $folder]] 6]
            }
        }
    } {} {}

    test "A rewrite: the same data, in a new base; commands go on meanwhile" {
        foreach {preamble magic} {yes "REDIS0010*" no "#TORC:*"} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-use-rdb-preamble $preamble] {
                createComplexDataset r 300 useexpire
                for {set i 0} {$i < 3000} {incr i} {
                    r rpush list $i
                    r hset hash $i $i
                    r sadd set member:$i
                    r zadd zset $i m:$i
                }
                r xadd stream 1-1 a b
                r xgroup create stream g 0
                r select 3
                r set other database
                r pexpire other 100000000
                r select 9
                r config set rdb-key-save-delay 20000
                assert_equal "Background append only file rewriting started" [r bgrewriteaof]
                assert_error "ERR Background append only file rewriting already in progress" {r bgrewriteaof}
                wait_for_condition 500 10 { [s aof_rewrite_in_progress] == 1 } else { fail "it did not begin" }
                for {set i 0} {$i < 3000} {incr i 7} {
                    r lset list $i x
                    r hdel hash $i
                    r srem set member:$i
                    r zincrby zset 3 m:$i
                }
                r flushdb
                r set after flushdb
                r select 3
                r append other more
                r select 9
                r config set rdb-key-save-delay 0
                waitForBgrewriteaof r
                assert_equal ok [s aof_last_bgrewrite_status]
                assert_match $magic [string range [bytes_of [base_part $folder]] 0 20]
                assert_equal 2 [llength [manifest_lines $folder]]
                assert_equal 3 [llength [glob [parts_of $folder]/*]]
                set digest [debug_digest]
                r debug loadaof
                assert_equal $digest [debug_digest]
                restart_server 0 true false
                wait_done_loading r
                assert_equal $digest [debug_digest]
                assert_range [r select 3; r pttl other] 90000000 100000000
            }
        }
    } {} {needs:debug}

    test "A base holds keys that are due, as increments knew them" {
        set folder [tmpdir aof]
        start_server [aof_options $folder] {
            r debug set-active-expire 0
            r set key value px 1000
            rewrite
            r append key more
            r persist key
            after 1100
            restart_server 0 true false
            wait_done_loading r
            assert_equal valuemore [r get key]
        }
    } {} {needs:debug}

    test "Rewrites and snapshots wait for each other" {
        set folder [tmpdir aof]
        start_server [aof_options $folder rdb-key-save-delay 1000000] {
            populate 10
            r bgsave
            assert_equal "Background append only file rewriting scheduled" [r bgrewriteaof]
            assert_equal {1 0 1} [list [s rdb_bgsave_in_progress] [s aof_rewrite_in_progress] [s aof_rewrite_scheduled]]
            r config set rdb-key-save-delay 0
            waitForBgsave r
            wait_for_condition 500 10 { [s aof_rewrites] == 1 } else { fail "no rewrite followed" }
            r config set rdb-key-save-delay 1000000
            r bgrewriteaof
            wait_for_condition 500 10 { [s aof_rewrite_in_progress] == 1 } else { fail "it did not begin" }
            assert_error "ERR Another child process is active (AOF?)*" {r bgsave}
            assert_equal "Background saving scheduled" [r bgsave schedule]
            assert_error "ERR Background save already in progress" {r bgsave schedule}
            set saves [s rdb_saves]
            r config set rdb-key-save-delay 0
            wait_for_condition 500 10 { [s rdb_saves] == $saves + 1 } else { fail "nothing was saved" }
            wait_for_condition 500 10 { [s aof_rewrites] == 2 } else { fail "the rewrite did not end" }
        }
    }

    test "FLUSHALL does not end a rewrite" {
        foreach preamble {yes no} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-use-rdb-preamble $preamble] {
                populate 200
                r config set rdb-key-save-delay 1000
                r bgrewriteaof
                r flushall
                r set a b
                r config set rdb-key-save-delay 0
                waitForBgrewriteaof r
                assert_equal ok [s aof_last_bgrewrite_status]
                assert_equal 1 [s aof_rewrites]
                restart_server 0 true false
                wait_done_loading r
                assert_equal {1 b} [list [r dbsize] [r get a]]
            }
        }
    }

    test "Rewrites begin by themselves: auto-aof-rewrite-percentage and -min-size" {
        set folder [tmpdir aof]
        start_server [aof_options $folder auto-aof-rewrite-min-size 64kb] {
            for {set i 0} {$i < 100} {incr i} { r set key [string repeat x 1024] }
            assert {[s aof_current_size] > 65536}
            assert_equal 0 [s aof_rewrites]
            r config set auto-aof-rewrite-percentage 100
            wait_for_condition 500 10 { [s aof_rewrites] == 1 } else { fail "none began" }
            assert {[s aof_base_size] < 65536}
            for {set i 0} {$i < 100} {incr i} { r set key [string repeat x 1024] }
            wait_for_condition 500 10 { [s aof_rewrites] == 2 } else { fail "no second one began" }
            r config set auto-aof-rewrite-min-size 1gb
            for {set i 0} {$i < 100} {incr i} { r set key [string repeat x 1024] }
            assert_equal 2 [s aof_rewrites]
            verify_log_message 0 "*Starting automatic rewriting of AOF on *% growth*" 0
        }
    }

    test "A rewrite that fails costs nothing; automatic ones are limited then" {
        set folder [tmpdir aof]
        start_server [aof_options $folder] {
            r set a 1
            block_rewrites $folder
            for {set i 1} {$i <= 3} {incr i} {
                rewrite
                assert_equal err [s aof_last_bgrewrite_status]
                assert_equal $i [s aof_rewrites_consecutive_failures]
                r incr a
            }
            assert_equal 5 [llength [manifest_lines $folder]]
            r config set auto-aof-rewrite-min-size 1kb auto-aof-rewrite-percentage 1
            r set x [string repeat x 2048]
            wait_for_log_messages 0 {"*triggered the limit, will retry in 1 minutes*"} 0 500 10
            assert_equal {0 3} [list [s aof_rewrite_in_progress] [s aof_rewrites_consecutive_failures]]
            r config set auto-aof-rewrite-percentage 0
            set digest [debug_digest]
            r debug loadaof
            assert_equal $digest [debug_digest]
            allow_rewrites $folder
            rewrite
            assert_equal {ok 0} [list [s aof_last_bgrewrite_status] [s aof_rewrites_consecutive_failures]]
            assert_equal 2 [llength [manifest_lines $folder]]
            r debug loadaof
            assert_equal $digest [debug_digest]
        }
    } {} {needs:debug}

    test "appendonly is turned on and off while the server runs" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendonly no] {
            assert_equal {0} [list [s aof_enabled]]
            populate 1000
            r config set rdb-key-save-delay 1000
            r config set appendonly yes
            assert_equal 1 [s aof_enabled]
            assert_equal 1 [s aof_rewrite_in_progress]
            r set during rewrite
            r del key:1
            r config set rdb-key-save-delay 0
            waitForBgrewriteaof r
            assert_equal 2 [llength [manifest_lines $folder]]
            r set after rewrite
            set digest [debug_digest]
            r debug loadaof
            assert_equal $digest [debug_digest]
            r config set appendonly no
            wait_for_condition 500 10 { [s aof_enabled] == 0 } else { fail "it is still on" }
            r set lost yes
            r debug loadaof
            assert_equal $digest [debug_digest]
            r config set appendonly yes
            waitForBgrewriteaof r
            r set kept yes
            r config rewrite
            restart_server 0 true false
            wait_done_loading r
            assert_equal {yes {}} [list [r get kept] [r get lost]]
            assert_equal OK [r config set appendonly no]
            wait_for_condition 500 10 { [s aof_enabled] == 0 } else { fail "it is still on" }
            rewrite
            assert_equal 1 [llength [manifest_lines $folder]]
            assert_equal 2 [llength [glob [parts_of $folder]/*]]
        }
    } {} {needs:debug}

    test "aof-disable-auto-gc keeps history, and turning it off deletes it" {
        set folder [tmpdir aof]
        start_server [aof_options $folder aof-disable-auto-gc yes] {
            r set a b
            rewrite
            rewrite
            assert_equal 6 [llength [manifest_lines $folder]]
            assert_equal 7 [llength [glob [parts_of $folder]/*]]
            r config set aof-disable-auto-gc no
            wait_for_condition 500 10 { [llength [manifest_lines $folder]] == 2 } else { fail "it is still there" }
            assert_equal 3 [llength [glob [parts_of $folder]/*]]
        }
    }

    test "A torn tail is set aside, to the byte, and told" {
        foreach cut {1 7 30} {
            set folder [tmpdir aof]
            start_server [aof_options $folder appendfsync always] {
                r set a 1
                r set b 2
                set whole [file size [last_part $folder]]
                r set c 3
                set size [file size [last_part $folder]]
                catch {exec kill -9 [srv pid]}
                server_may_die
            }
            set path [last_part $folder]
            write_bytes $path [string range [bytes_of $path] 0 end-$cut]
            assert_match "*Unexpected end of file*aof-load-truncated*" [log_of_failed_start $folder --aof-load-truncated no]
            start_server [aof_options $folder] {
                wait_done_loading r
                assert_equal {1 2 {}} [r mget a b c]
                assert_equal [expr {$size - $cut - $whole}] [s aof_tail_dropped_bytes]
                assert_equal $whole [expr {[file size $path]}]
                assert_equal [expr {$size - $cut - $whole}] [file size [glob $path.torn-*]]
                verify_log_message 0 "*loaded anyway because aof-load-truncated is enabled*command 3 at offset $whole*" 0
                r set d 4
                restart_server 0 true false
                wait_done_loading r
                assert_equal {1 2 {} 4} [r mget a b c d]
                assert_equal 0 [s aof_tail_dropped_bytes]
            }
        }
    }

    test "Damage in the middle refuses to start, unless aof-load-damaged says otherwise" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendfsync always] {
            foreach key {a b c d e f} { r set $key [string repeat $key 50] }
        }
        set path [last_part $folder]
        set bytes [bytes_of $path]
        set at [string first [string repeat c 50] $bytes]
        write_bytes $path [string replace $bytes $at $at x]
        assert_match "*Bad file format*not a torn tail*torc-check*aof-load-damaged*" [log_of_failed_start $folder]
        start_server [aof_options $folder aof-load-damaged yes] {
            wait_done_loading r
            assert_equal "aaaaa bbbbb {} ddddd" [lmap v [r mget a b c d] {string range $v 0 4}]
            assert {[s aof_damaged_bytes] > 50}
            wait_for_condition 500 10 { [s aof_rewrites] == 1 } else { fail "no sound files are made" }
        }
        start_server [aof_options $folder] {
            wait_done_loading r
            assert_equal 5 [r dbsize]
        }
    }

    test "A damaged base of either form refuses to start" {
        foreach preamble {yes no} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-use-rdb-preamble $preamble rdbcompression no] {
                populate 1000
                rewrite
                r set more 1
            }
            set path [base_part $folder]
            set bytes [bytes_of $path]
            set at [expr {[string length $bytes] / 2}]
            write_bytes $path [string range $bytes 0 $at]
            assert_match "*torc-check*" [log_of_failed_start $folder]
            # so much that it meets more than the inside of a value
            write_bytes $path [string replace $bytes $at $at+199 [string repeat "\xff" 200]]
            assert_match "*torc-check*" [log_of_failed_start $folder]
            start_server [aof_options $folder aof-load-damaged yes] {
                wait_done_loading r
                assert_equal 1 [r get more]
                if {$preamble eq "yes"} { assert_range [r dbsize] 300 700 }
                assert {[s aof_damaged_bytes] > 1000}
            }
        }
    }

    test "Manifests that are refused" {
        set folder [tmpdir aof]
        start_server [aof_options $folder] { r set a b }
        set path [parts_of $folder]/appendonly.aof.manifest
        set good [bytes_of $path]
        set base "file appendonly.aof.1.base.rdb seq 1 type b\n"
        set incr "file appendonly.aof.1.incr.aof seq 1 type i\n"
        foreach {text reason} [list \
            "" "*Found an empty AOF manifest*" \
            "file x seq 1 type z\n" "*Unknown AOF file type*" \
            "${base}file x seq 2 type b\n" "*Found duplicate base file information*" \
            "${base}file x seq 2 type i\nfile y seq 1 type i\n" "*Found a non-monotonic sequence number*" \
            "file a/b seq 1 type b\n" "*File can't be a path, just a filename*" \
            "file x seq\n" "*Invalid AOF manifest file format*" \
            "nonsense\n" "*at line 1: >>> 'nonsense'*Invalid AOF manifest file format*" \
            "file [string repeat x 1100] seq 1 type b\n" "*too long line*" \
            "${base}file nosuch seq 7 type i\n" "*nosuch*No such file or directory*" \
        ] {
            write_bytes $path $text
            assert_match $reason [log_of_failed_start $folder]
        }
        write_bytes $path "# a comment\n${base}${incr}"
        start_server [aof_options $folder] {
            wait_done_loading r
            assert_equal b [r get a]
        }
        write_bytes $path [string map {"type i" "type i more yes"} $good]
        start_server [aof_options $folder] {
            wait_done_loading r
            assert_equal b [r get a]
        }
    }

    test "Times in the file, and back to one of them" {
        foreach preamble {yes no} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-timestamp-enabled yes aof-use-rdb-preamble $preamble] {
                r set a 1
                assert_match "#TS:*" [bytes_of [last_part $folder]]
                rewrite
                if {$preamble eq "no"} { assert_match "#TS:*" [bytes_of [base_part $folder]] }
                r set a 2
                set then [clock seconds]
                wait_for_condition 300 20 { [clock seconds] > $then + 1 } else { fail "time stands still" }
                r set a 3
                r set b 3
            }
            set check [file dirname $::server_binary]/torc-check
            set told [exec $check --truncate-to-timestamp $then [parts_of $folder]/appendonly.aof.manifest]
            assert_match "*Successfully truncated AOF*to timestamp $then*" $told
            start_server [aof_options $folder] {
                wait_done_loading r
                assert_equal {2 {}} [r mget a b]
                assert_equal 0 [s aof_tail_dropped_bytes]
            }
        }
    }

    test "no-appendfsync-on-rewrite: no syncs while a rewrite is under way" {
        foreach {without synced} {no 1 yes 0} {
            set folder [tmpdir aof]
            start_server [aof_options $folder appendfsync always no-appendfsync-on-rewrite $without] {
                populate 10
                r config set rdb-key-save-delay 100000000
                r bgrewriteaof
                wait_for_condition 500 10 {
                    [s aof_rewrite_in_progress] == 1 && [llength [manifest_lines $folder]] == 3
                } else { fail "it did not begin" }
                r set before b
                set syncs [s aof_syncs]
                for {set i 0} {$i < 10} {incr i} { r set a $i }
                assert_equal $synced [expr {[s aof_syncs] > $syncs}]
                assert_equal $synced [lindex [r waitaof 1 0 50] 0]
                r config set rdb-key-save-delay 0
                waitForBgrewriteaof r
                assert_equal {1 0} [r waitaof 1 0 0]
            }
        }
    }

    test "aof-rewrite-incremental-fsync: the base is the same" {
        set folder [tmpdir aof]
        start_server [aof_options $folder rdbcompression no] {
            r debug populate 100 big 700000
            set digest [debug_digest]
            foreach preamble {yes no} {
                foreach early {yes no} {
                    r config set aof-rewrite-incremental-fsync $early aof-use-rdb-preamble $preamble
                    rewrite
                    assert_equal ok [s aof_last_bgrewrite_status]
                    assert {[s aof_base_size] > 70000000}
                    r debug loadaof
                    assert_equal $digest [debug_digest]
                }
            }
        }
    } {} {needs:debug}

    test "While the disk is slow: replies wait, other reads do not; too much that waits refuses writes" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendfsync everysec client-query-buffer-limit 1gb] {
            r set other x
            set writer [redis_deferring_client]
            set reader [redis_deferring_client]
            r debug aof-flush-sleep 60000000
            $writer set key [string repeat v 30000000]
            wait_for_condition 500 10 { [s aof_buffer_length] > 30000000 } else { fail "it did not come" }
            $reader strlen key
            assert_equal x [r get other]
            $writer set more [string repeat v 40000000]
            wait_for_condition 500 10 { [s aof_buffer_length] > 64 * 1024 * 1024 } else { fail "it did not come" }
            assert_error "MISCONF The AOF file cannot be written as fast as changes come*" {r set a b}
            assert_equal x [r get other]
            r debug aof-flush-sleep 0
            assert_equal {OK OK} [list [$writer read] [$writer read]]
            assert_equal 30000000 [$reader read]
            wait_for_condition 500 10 { [s aof_buffer_length] == 0 } else { fail "it still waits" }
            assert_equal OK [r set a b]
            $writer close
            $reader close
        }
    } {} {needs:debug}

    test "WAITAOF waits until this session's last write is synced" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendfsync no] {
            assert_equal {1 0} [r waitaof 1 0 0]
            r set a b
            assert_equal {0 0} [r waitaof 1 0 50]
            assert_equal {0 0} [r waitaof 0 0 0]
            r multi
            r set a c
            r waitaof 1 0 0
            assert_equal {OK {0 0}} [r exec]
            set other [redis_client]
            assert_equal {1 0} [$other waitaof 1 0 0]
            $other close
            set waiting [redis_deferring_client]
            $waiting set a d
            $waiting read
            $waiting waitaof 1 0 0
            wait_for_blocked_client
            $waiting ping
            r config set appendfsync everysec
            assert_equal {1 0} [$waiting read]
            assert_equal PONG [$waiting read]
            $waiting set a e
            $waiting read
            $waiting waitaof 1 0 0
            assert_equal {1 0} [$waiting read]
            assert_equal {1 0} [r waitaof 1 0 0]
            r config set appendfsync always
            r set a f
            assert_equal {1 0} [r waitaof 1 0 0]
            assert_equal {1 0} [r waitaof 0 1 30]
            assert_equal {1 0} [r waitaof 1 1 30]
            r config set appendfsync no
            $waiting set a g
            $waiting read
            $waiting client id
            set id [$waiting read]
            $waiting waitaof 1 0 0
            wait_for_blocked_client
            assert_equal 1 [r client unblock $id]
            assert_equal {0 0} [$waiting read]
            $waiting waitaof 1 0 0
            wait_for_blocked_client
            r config set appendonly no
            assert_error "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled." {$waiting read}
            assert_error "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled." {r waitaof 1 0 0}
            assert_equal {0 0} [r waitaof 0 0 0]
            $waiting close
        }
    }

    test "WAITAOF while the first base is being written, and sessions that go away waiting" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendonly no rdb-key-save-delay 100000000] {
            populate 10
            r config set appendonly yes
            set gone [redis_deferring_client]
            $gone set c d
            $gone read
            $gone waitaof 1 0 0
            wait_for_blocked_client
            set waiting [redis_deferring_client]
            $waiting set e f
            $waiting read
            $waiting waitaof 1 0 0
            wait_for_blocked_clients_count 2
            $gone close
            wait_for_blocked_clients_count 1
            assert_equal {0 0} [r waitaof 1 0 20]
            r config set rdb-key-save-delay 0
            assert_equal {1 0} [$waiting read]
            $waiting close
        }
    }

    test "SHUTDOWN does not leave before the first base is written, unless forced" {
        set folder [tmpdir aof]
        start_server [aof_options $folder appendonly no rdb-key-save-delay 100000000] {
            populate 10
            r config set appendonly yes
            wait_for_condition 500 10 { [s aof_rewrite_in_progress] == 1 } else { fail "it did not begin" }
            assert_error "ERR Errors trying to SHUTDOWN. Check logs." {r shutdown}
            verify_log_message 0 "*Writing initial AOF, can't exit*" 0
            assert_error "I/O error*" {r shutdown force}
            wait_for_condition 500 10 { ![process::alive [srv pid]] } else { fail "it still lives" }
        }
    }

    test "SHUTDOWN ends a rewrite, keeps everything, and saves where save points are" {
        set folder [tmpdir aof]
        start_server [list overrides [list dir $folder appendonly yes save "100000 1" auto-aof-rewrite-percentage 0]] {
            r set a b
            rewrite
            r set a c
            r config set rdb-key-save-delay 100000
            populate 10
            r bgrewriteaof
            wait_for_condition 500 10 { [s aof_rewrite_in_progress] == 1 } else { fail "it did not begin" }
            r set a d
            r config set rdb-key-save-delay 0
            assert_error "I/O error*" {r shutdown}
            wait_for_condition 500 10 { ![process::alive [srv pid]] } else { fail "it still lives" }
        }
        assert {[file exists $folder/dump.rdb]}
        assert_equal {} [glob -nocomplain [parts_of $folder]/temp-*]
        start_server [aof_options $folder] {
            wait_done_loading r
            assert_equal {d 11} [list [r get a] [r dbsize]]
        }
    }

    test "While the file is loaded: progress, and LOADING" {
        foreach preamble {yes no} {
            set folder [tmpdir aof]
            start_server [aof_options $folder aof-use-rdb-preamble $preamble rdbcompression no] {
                r debug populate 200000 key 100
                rewrite
                r set more 1
                set loader [redis_deferring_client]
                if {$preamble eq "yes"} { r config set key-load-delay 100 }
                $loader debug loadaof
                wait_for_condition 500 2 { [s loading] == 1 && [s loading_loaded_bytes] > 0 } else { fail "it does not load" }
                assert_error "LOADING *" {r get more}
                assert {[s loading_total_bytes] > 20000000}
                if {$preamble eq "yes"} { assert {[s loading_rdb_used_mem] > 20000000} }
                r config set key-load-delay 0
                assert_equal OK [$loader read]
                $loader close
                assert_equal {200001 1} [list [r dbsize] [r get more]]
            }
        }
    } {} {needs:debug}

    test "INFO tells what Redis tells of the file" {
        set folder [tmpdir aof]
        start_server [aof_options $folder] {
            foreach field {
                aof_enabled aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec
                aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites aof_rewrites_consecutive_failures
                aof_last_write_status aof_last_cow_size module_fork_in_progress module_fork_last_cow_size
                aof_current_size aof_base_size aof_pending_rewrite aof_buffer_length aof_pending_bio_fsync
                aof_delayed_fsync aof_tail_dropped_bytes
            } {
                assert {[s $field] ne ""}
            }
            set size [s aof_current_size]
            r set a b
            assert_equal [file size [last_part $folder]] [expr {[s aof_current_size] - [s aof_base_size]}]
            assert {[s aof_current_size] > $size}
            r config set appendonly no
            wait_for_condition 500 10 { [s aof_enabled] == 0 } else { fail "it is still on" }
            assert_equal {} [s aof_current_size]
        }
    }
}
