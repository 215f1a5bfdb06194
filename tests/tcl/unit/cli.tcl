# The modes of redis-cli that look at a server: each runs for a bounded time against real data.

proc cli {args} {
    set command [list timeout 20 redis-cli -h 127.0.0.1 -p [srv port] {*}$args]
    if {[catch { exec {*}$command 2>@1 } text options]} {
        # redis-cli ends with a status of its own where it is interrupted
        if {[lindex [dict get $options -errorcode] 0] ni {NONE CHILDSTATUS}} { error $text }
    }
    return $text
}

# Runs a mode that never ends by itself, and reads until a line matches.
proc cli_until {pattern args} {
    set pipe [open [list |timeout 20 redis-cli -h 127.0.0.1 -p [srv port] {*}$args 2>@1] r]
    fconfigure $pipe -buffering none -translation binary
    set text ""
    while {![string match $pattern $text]} {
        set piece [read $pipe 1]
        if {$piece eq ""} break
        append text $piece
    }
    catch { exec kill [lindex [pid $pipe] 0] }
    catch { close $pipe }
    return $text
}

start_server {tags {cli needs:local-process}} {
    r select 0
    r debug populate 500 key 20
    r set largest [string repeat x 5000]
    for {set i 0} {$i < 300} {incr i} {
        r sadd set member:$i
        r hset hash field:$i value
        r zadd zset $i member:$i
    }

    test "redis-cli --bigkeys" {
        set text [string map {\" "" ' ""} [cli --bigkeys]]
        assert_match {*Biggest string found largest has 5000 bytes*} $text
        assert_match {*Sampled 504 keys in the keyspace*} $text
        foreach {type name count} {set set 300 hash hash 300 zset zset 300} {
            assert_match "*Biggest*$type found $name has $count*" $text
        }
    }

    test "redis-cli --memkeys" {
        set text [cli --memkeys]
        assert_match {*Sampled 504 keys in the keyspace*} $text
        assert_match {*Biggest*zset found*zset*bytes*} $text
        assert_match {*Sampled 504 keys*} [cli --memkeys --memkeys-samples 3]
    }

    test "redis-cli --hotkeys" {
        assert_match {*LFU*} [cli --hotkeys]
        r config set maxmemory-policy allkeys-lfu
        for {set i 0} {$i < 3000} {incr i} { r get largest }
        set text [cli --hotkeys]
        r config set maxmemory-policy noeviction
        assert_match {*hot key found with counter:*keyname:*largest*} $text
    }

    test "redis-cli --stat" {
        assert_match {*504*} [cli_until {*504 *} --stat -i 0.1]
    }

    test "redis-cli --latency, --latency-history, --latency-dist" {
        # neither a terminal nor a pipe that closes: one line of figures, and the end
        assert_match {[0-9]* [0-9]* [0-9.]* [0-9]*} [cli --latency -i 1 --raw]
        set line {*[0-9] [0-9]* [0-9.]* [0-9]*}
        assert_match $line [cli_until $line --latency-history -i 1]
        assert_match {*---*} [cli_until {*---*} --latency-dist -i 1]
    }
}
