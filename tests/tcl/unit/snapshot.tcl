# Snapshots: SAVE, BGSAVE, save points, loading at the start, SHUTDOWN's last one, DEBUG RELOAD.

proc fill_all_types {} {
    r set string "a text that is long enough to be compressed, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    r set number 12345
    r set mortal x px 100000000
    r rpush list a b 3
    r sadd set a b 3
    r sadd numbers 1 2 70000
    r hset hash f v g 2
    r zadd zset 1 a 2.5 b inf c
    for {set i 0} {$i < 1500} {incr i} {
        r rpush large:list element:$i
        r sadd large:set member:$i
        r hset large:hash field:$i value:$i
        r zadd large:zset [expr {$i / 7.0}] member:$i
        r xadd large:stream [expr {$i + 1}]-0 field value:$i number $i
    }
    r rpush large:list [string repeat "an element of its own " 1000]
    r set large:string [string repeat "0123456789abcdef" 100000]
    foreach group {one two} {
        r xgroup create large:stream $group 0
        r xreadgroup group $group alice count 700 streams large:stream >
        r xreadgroup group $group bob count 50 streams large:stream >
        r xack large:stream $group 5-0 6-0 750-0
    }
    if {[info_field [r info server] torc_version] ne ""} {
        r hset mortal:small f 1 g 2
        r hpexpire mortal:small 100000000 fields 1 f
        for {set i 0} {$i < 1000} {incr i} { r hset mortal:large f$i $i }
        r hpexpire mortal:large 200000000 fields 2 f1 f2
    }
    r select 5
    r set elsewhere yes
    r select 9
}

tags {snapshot external:skip} {
    set folder [tmpdir snapshot]

    start_server [list overrides [list dir $folder save ""]] {
        test "SAVE writes what DEBUG RELOAD reads" {
            fill_all_types
            set digest [debug_digest]
            assert_equal OK [r save]
            assert_equal 0 [s rdb_changes_since_last_save]
            assert_range [expr {[clock seconds] - [r lastsave]}] 0 100
            assert_equal OK [r debug reload]
            assert_equal $digest [debug_digest]
            r set more 1
            assert_equal OK [r debug reload nosave]
            assert_equal $digest [debug_digest]
        } {} {needs:debug}

        test "The snapshot is loaded at the start" {
            set digest [debug_digest]
            r save
            restart_server 0 true false
            wait_done_loading r
            assert_equal $digest [debug_digest]
            assert_equal 17 [s rdb_last_load_keys_loaded]
        } {} {needs:debug torc}

        test "BGSAVE holds the moment of its beginning, whatever is written meanwhile" {
            r select 9
            set digest [debug_digest]
            set stream [r xinfo stream large:stream full count 0]
            r config set rdb-key-save-delay 100000000
            assert_equal "Background saving started" [r bgsave]
            wait_for_condition 100 10 { [s current_save_keys_processed] > 0 } else { fail "no key was saved" }
            assert_error "ERR Background save already in progress" {r bgsave}
            assert_error "ERR Background save already in progress" {r save}
            assert_equal 1 [s rdb_bgsave_in_progress]
            for {set i 0} {$i < 1500} {incr i 3} {
                r hset large:hash field:$i other
                r srem large:set member:$i
                r zincrby large:zset 100 member:$i
                r hdel mortal:large f$i
                r rpush large:list more
                r lset large:list $i changed
                r linsert large:list before element:[expr {$i + 1}] between
                r xadd large:stream * more yes
                r xdel large:stream [expr {$i + 1}]-0
                r xack large:stream two [expr {$i + 1}]-0
                r setrange large:string [expr {$i * 1000}] changed
            }
            r xgroup destroy large:stream one
            r ltrim large:list 100 -100
            r setbit large:string 12345 1
            r append large:string more
            assert {[s snapshot_buffer_bytes] > 0}
            assert_match {[tv]a*} [s snapshot_phase]
            r del string hash
            r rename large:zset large:other
            r set new key
            r swapdb 5 6
            r config set rdb-key-save-delay 0
            waitForBgsave r
            assert_equal ok [s rdb_last_bgsave_status]
            r flushall
            assert_equal OK [r debug reload nosave]
            assert_equal $digest [debug_digest]
            assert_equal $stream [r xinfo stream large:stream full count 0]
            assert_equal none [s snapshot_phase]
        } {} {needs:debug torc}

        test "A value that is replaced, deleted or flushed meanwhile is in the snapshot" {
            set digest [debug_digest]
            r config set rdb-key-save-delay 100000000
            r bgsave
            wait_for_condition 100 10 { [s current_save_keys_processed] > 0 } else { fail "no key was saved" }
            r set large:string short
            r set large:list short
            r del large:stream
            r sadd large:string:other x
            r select 5
            r flushdb
            r select 9
            r config set rdb-key-save-delay 0
            waitForBgsave r
            assert_equal OK [r debug reload nosave]
            assert_equal $digest [debug_digest]
        } {} {needs:debug torc}

        test "Buffers have a limit: at twice of it the snapshot ends, and says so" {
            r set other:string [string repeat "0123456789abcdef" 100000]
            r config set rdb-key-save-delay 100000000 snapshot-buffer-max 100kb
            r bgsave
            wait_for_condition 100 10 { [s current_save_keys_processed] > 0 } else { fail "no key was saved" }
            assert_equal 102400 [s snapshot_buffer_bytes_max]
            # one of the two is not the first key
            for {set i 0} {$i < 16} {incr i} {
                r setrange large:string [expr {$i * 100000}] y
                r setrange other:string [expr {$i * 100000}] y
            }
            waitForBgsave r
            assert_equal err [s rdb_last_bgsave_status]
            assert {[s snapshot_buffer_bytes_peak] > 204800}
            assert_equal 0 [s snapshot_buffer_bytes]
            wait_for_log_messages 0 {"*its buffers took twice the memory*"} 0 10 10
            r config set rdb-key-save-delay 0 snapshot-buffer-max 10%
            r save
        } {OK} {torc}

        test "FLUSHALL ends a BGSAVE" {
            r config set rdb-key-save-delay 1000000000
            r bgsave
            r flushall
            waitForBgsave r
            r config set rdb-key-save-delay 0
            assert_equal {} [glob -nocomplain $folder/temp-*]
            s rdb_last_bgsave_status
        } {ok} {torc}

        test "With save points, FLUSHALL saves that there is nothing" {
            r set a b
            r save
            r flushdb
            r flushall
            assert_equal OK [r debug reload nosave]
            assert_equal 1 [r dbsize]
            r config set save "100000 100000"
            set saves [s rdb_saves]
            r flushall
            wait_for_condition 500 10 { [s rdb_saves] == $saves + 1 } else { fail "nothing was saved" }
            assert_equal OK [r debug reload nosave]
            assert_equal 0 [r dbsize]
            r config set save ""
        } {OK} {needs:debug torc}
    }

    test "SHUTDOWN saves where save points are, and with SAVE" {
        foreach {points words count} {"" {} 0 "" save 1 "100000 1" {} 1 "100000 1" nosave 0} {
            file delete $folder/dump.rdb
            start_server [list overrides [list dir $folder save $points]] {
                r set a b
                catch { r shutdown {*}$words }
                wait_for_condition 500 10 { ![process::alive [srv pid]] } else { fail "it still lives" }
            }
            assert_equal $count [file exists $folder/dump.rdb]
        }
    }

    test "A save point begins a BGSAVE" {
        file delete $folder/dump.rdb
        start_server [list overrides [list dir $folder save "1 5"]] {
            for {set i 0} {$i < 6} {incr i} { r set key:$i x }
            wait_for_condition 500 10 { [file exists $folder/dump.rdb] } else { fail "nothing was saved" }
            wait_for_log_messages 0 {"*5 changes in 1 seconds. Saving...*"} 0 10 10
        }
    }

    test "A folder that cannot be written: writes are refused until a snapshot succeeds" {
        start_server [list overrides [list dir $folder save "100000 100000"]] {
            wait_done_loading r
            r config set dbfilename nosuch
            file delete -force $folder/nosuch
            file mkdir $folder/nosuch
            r set a b
            r bgsave
            wait_for_condition 500 10 { [s rdb_last_bgsave_status] eq "err" } else { fail "it did not fail" }
            assert_error "MISCONF *" {r set a c}
            assert_equal b [r get a]
            r config set stop-writes-on-bgsave-error no
            assert_equal OK [r set a d]
            r config set stop-writes-on-bgsave-error yes
            assert_error "MISCONF *" {r set a c}
            file delete -force $folder/nosuch
            assert_equal OK [r save]
            assert_equal OK [r set a e]
            file delete -force $folder/nosuch
        }
    } {} {torc}

    test "A damaged file stops the start" {
        start_server [list overrides [list dir $folder save ""]] {
            wait_done_loading r
            r flushall
            for {set i 0} {$i < 100} {incr i} { r set key:$i value:$i }
            r save
        }
        set file [open $folder/dump.rdb r+]
        fconfigure $file -translation binary
        seek $file 300
        puts -nonewline $file "\x00\x00"
        close $file
        set pid [process::start [list $::server_binary --port [port::take] --dir $folder --save ""] $folder $folder/out $folder/err]
        process::wait_gone $pid 10000
        process::forget $pid
        set log [read [set in [open $folder/out]]]
        close $in
        assert_match "*Fatal error loading the DB*" $log
        assert {![string match "*Ready to accept*" $log]}
    } {} {torc}

    test "While a file is loaded, most commands are refused" {
        file delete $folder/dump.rdb
        start_server [list overrides [list dir $folder save "" key-load-delay 0]] {
            for {set i 0} {$i < 50} {incr i} { r set key:$i value:$i }
            r save
            r config set key-load-delay 50000
            set slow [redis_deferring_client]
            $slow debug reload nosave
            wait_for_condition 500 10 { [s loading] == 1 } else { fail "it does not load" }
            assert_error "LOADING *" {r get key:1}
            assert_error "LOADING *" {r set a b}
            wait_for_condition 500 10 { [s loading_total_bytes] > 0 } else { fail "its size is not told" }
            assert_equal OK [$slow read]
            $slow close
            assert_equal 0 [s loading]
            assert_equal value:1 [r get key:1]
        }
    } {} {torc}
}
