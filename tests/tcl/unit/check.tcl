# torc-check and snapshots: what it tells of them, and what it saves of one that is damaged.

set folder [tmpdir check]
set checker [file join [file dirname $::server_binary] torc-check]

# Runs it; returns its status and what it said.
proc check {args} {
    set failed [catch {exec $::checker {*}$args 2>@1} said]
    return [list $failed $said]
}
proc file_bytes {path} {
    set file [open $path rb]
    set bytes [read $file]
    close $file
    return $bytes
}
proc write_bytes {path bytes} {
    set file [open $path wb]
    puts -nonewline $file $bytes
    close $file
}
# What the file holds, as a server that loads it says.
proc loaded_digest {folder} {
    start_server [list overrides [list dir $folder save "" hash-max-listpack-entries 128]] {
        wait_done_loading r
        set told [list [r dbsize] [debug_digest]]
    }
    return $told
}

tags {check external:skip torc needs:debug} {
    start_server [list overrides [list dir $folder save "" rdbcompression no]] {
        r set string "some text that can be found"
        r set mortal x px 100000000
        r rpush list a b c
        for {set i 0} {$i < 600} {incr i} { lappend members member:$i; lappend pairs $i field:$i }
        r sadd set {*}$members
        r hset hash {*}$pairs
        r zadd zset {*}$pairs
        r hset small f v
        r xadd stream 1-1 f v
        r xgroup create stream group 0
        r select 9
        r set victim "a victim that is found by its text"
        r select 3
        r set last key
        r save
        set digest [list [r dbsize] [debug_digest]]
    }
    set whole [file_bytes $folder/dump.rdb]

    test "A sound snapshot: what is in it" {
        lassign [check --describe $folder/dump.rdb] failed said
        assert_equal 0 $failed
        assert_match "*AUX FIELD redis-ver = '7.2*" $said
        assert_match "*Checksum OK*RDB looks OK!*" $said
        assert_match "*10 keys read*1 expires*0 already expired*" $said
        assert_match "*string 4 keys in * bytes*" [regsub -all { +} $said { }]
        assert_match "*stream 1 keys*" [regsub -all { +} $said { }]
    }

    test "It answers to Redis's names" {
        file delete $folder/redis-check-rdb $folder/redis-check-aof
        file link -symbolic $folder/redis-check-rdb $checker
        file link -symbolic $folder/redis-check-aof $checker
        assert_match "*RDB looks OK!*" [exec $folder/redis-check-rdb $folder/dump.rdb]
        assert_match "*is valid*" [exec $folder/redis-check-aof $folder/dump.rdb]
        write_bytes $folder/nonsense "this is no snapshot"
        catch {exec $folder/redis-check-rdb $folder/nonsense} said
        assert_match "*Wrong signature*Nothing in it can be saved*" $said
    }

    test "A key that is damaged costs that key alone" {
        # the listpack of `small` says a length that it has not
        set at [expr {[string first "\x05small" $whole] + 6}]
        set bytes [string replace $whole [expr {$at + 1}] [expr {$at + 1}] "\xf0"]
        write_bytes $folder/dump.rdb $bytes
        lassign [check $folder/dump.rdb] failed said
        assert_equal 1 $failed
        assert_match "*RDB ERROR DETECTED*Hash listpack integrity check failed*Reading key 'small'*" $said
        assert_match "*9 keys can be saved*--fix*" $said
        assert_equal $bytes [file_bytes $folder/dump.rdb]
        lassign [check --fix $folder/dump.rdb << n] failed said
        assert_equal 1 $failed
        assert_equal $bytes [file_bytes $folder/dump.rdb]
        lassign [check --fix $folder/dump.rdb << y] failed said
        assert_match "*Successfully fixed*" $said
        assert_match "*Checksum OK*RDB looks OK!*9 keys read*" [lindex [check $folder/dump.rdb] 1]
        assert_equal $bytes [file_bytes [glob $folder/dump.rdb.damaged-*]]
        start_server [list overrides [list dir $folder save ""]] {
            wait_done_loading r
            assert_equal 600 [r scard set]
            assert_equal {1 1} [list [r exists string] [r exists stream]]
            assert_equal 0 [r exists small]
            r select 3
            assert_equal key [r get last]
        }
        file delete {*}[glob $folder/dump.rdb.damaged-*]
    }

    test "A file that ends too early: what came before is saved" {
        foreach part {0.3 0.6 0.9} {
            write_bytes $folder/dump.rdb [string range $whole 0 [expr {int([string length $whole] * $part)}]]
            assert_match "*RDB ERROR DETECTED*" [lindex [check $folder/dump.rdb] 1]
            check --fix $folder/dump.rdb << y
            assert_match "*RDB looks OK!*" [lindex [check $folder/dump.rdb] 1]
            loaded_digest $folder
            file delete {*}[glob $folder/dump.rdb.damaged-*]
        }
    }

    test "A value that is another one: only the checksum tells" {
        set at [string first "a victim that" $whole]
        write_bytes $folder/dump.rdb [string replace $whole $at $at "A"]
        lassign [check $folder/dump.rdb] failed said
        assert_equal 1 $failed
        assert_match "*RDB CRC error*nobody can tell which*" $said
        check --fix $folder/dump.rdb << y
        assert_equal 10 [lindex [regexp -inline {(\d+) keys read} [lindex [check $folder/dump.rdb] 1]] 1]
        file delete {*}[glob $folder/dump.rdb.damaged-*]
    }

    test "Values of modules are named, and left behind" {
        # a value of module type "abcdefghi": its id, an integer, a string, the end
        set id [expr {0}]
        foreach letter [split "abcdefghi" ""] { set id [expr {$id << 6 | ([scan $letter %c] - 97 + 26)}] }
        set module "\x07\x06amodul\x81[binary format W [expr {$id << 10 | 1}]]\x02\x05\x05\x03xyz\x00"
        set at [string first "\xfe\x03" $whole]
        write_bytes $folder/dump.rdb [string range $whole 0 $at-1]$module[string range $whole $at end]
        lassign [check --fix $folder/dump.rdb << y] failed said
        assert_match "*module 'abcdefghi'*Reading key 'amodul'*Successfully fixed*" $said
        assert_match "*RDB looks OK!*10 keys read*" [lindex [check $folder/dump.rdb] 1]
        file delete {*}[glob $folder/dump.rdb.damaged-*]
    }

    test "Damage anywhere: it ends, and what it makes loads" {
        for {set i 0} {$i < 60} {incr i} {
            set at [expr {$i < 10 ? $i : [randomInt [string length $whole]]}]
            write_bytes $folder/dump.rdb [string replace $whole $at $at [format %c [randomInt 256]]]
            if {[lindex [check $folder/dump.rdb] 0] == 0} continue
            lassign [check --fix $folder/dump.rdb << y] failed said
            if {$failed} {
                assert_match "*Nothing in it can be saved*" $said
                continue
            }
            assert_match "*RDB looks OK!*" [lindex [check $folder/dump.rdb] 1]
            file delete {*}[glob $folder/dump.rdb.damaged-*]
        }
    }
}
