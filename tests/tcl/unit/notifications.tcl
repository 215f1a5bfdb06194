# Keyspace notifications: every class, every event of the commands that exist, and the option's own syntax.

start_server {tags {notifications}} {
    test "notify-keyspace-events keeps its meaning" {
        foreach {given kept} { "" ""  KEA AKE  K$ {$K}  KElshzxeg$td AKE  Kn Kn  gKgK gK } {
            r config set notify-keyspace-events $given
            assert_equal [lsort [split $kept ""]] [lsort [split [lindex [r config get notify-keyspace-events] 1] ""]] "given $given"
        }
        assert_error "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events')*" {
            r config set notify-keyspace-events KX
        }
    }

    set rd [redis_deferring_client]
    psubscribe $rd {*}

    # The events that commands cause, as {event key}, up to a message of our own.
    proc events_of {commands} {
        upvar 1 rd rd
        set before [lindex [r config get notify-keyspace-events] 1]
        foreach command $commands { catch { r {*}$command } }
        r publish end-of-events now
        set events {}
        while 1 {
            lassign [$rd read] kind pattern channel message
            if {$channel eq "end-of-events"} { return $events }
            if {[regexp {^__keyevent@\d+__:(.*)$} $channel -> event]} { lappend events [list $event $message] }
            if {[regexp {^__keyspace@\d+__:(.*)$} $channel -> key]} { lappend events [list @$key $message] }
        }
    }

    test "Both channels, keyspace before keyevent" {
        r config set notify-keyspace-events KEA
        r flushall
        assert_equal {{@k set} {set k}} [events_of {{set k v}}]
        r config set notify-keyspace-events KA
        assert_equal {{@k set}} [events_of {{set k v}}]
        r config set notify-keyspace-events EA
        assert_equal {{set k}} [events_of {{set k v}}]
        r config set notify-keyspace-events A
        assert_equal {} [events_of {{set k v}}]
        r config set notify-keyspace-events ""
        assert_equal {} [events_of {{set k v}}]
    }

    test "The channel names the database" {
        r config set notify-keyspace-events EA
        set other [redis_client]
        $other select 3
        $other set k v
        assert_equal {pmessage * __keyevent@3__:set k} [$rd read]
        $other flushall
        $other close
    } {0} {singledb:skip}

    r config set notify-keyspace-events EA
    foreach {name before commands expected} {
        "SET with options"      {}              {{set k v} {set k v ex 100} {set k v px 100000} {set k v nx} {set k v xx}}
                                {{set k} {set k} {expire k} {set k} {expire k} {set k}}
        "SETNX, SETEX, GETSET"  {}              {{setnx k v} {setnx k v} {setex k 100 v} {psetex k 100000 v} {getset k w}}
                                {{set k} {set k} {expire k} {set k} {expire k} {set k}}
        "GETEX and GETDEL"      {{set k v}}     {{getex k} {getex k ex 100} {getex k persist} {getex k persist} {getdel k} {getdel k}}
                                {{expire k} {persist k} {del k}}
        "GETEX that deletes"    {{set k v}}     {{getex k pxat 1}}                          {{del k}}
        "MSET and MSETNX"       {}              {{mset a 1 b 2} {msetnx a 1 c 2} {msetnx c 1 d 2}}  {{set a} {set b} {set c} {set d}}
        "APPEND, SETRANGE"      {}              {{append k v} {append k v} {setrange k 0 x} {setrange k 0 ""}}
                                {{append k} {append k} {setrange k}}
        "counters"              {}              {{incr n} {decr n} {incrby n 5} {decrby n 5} {incrbyfloat n 1.5} {incr n}}
                                {{incrby n} {incrby n} {incrby n} {incrby n} {incrbyfloat n}}
        "bits"                  {}              {{setbit k 1 1} {bitfield k set u8 0 1} {bitfield k get u8 0} {bitop not d k} {bitop and d nothing}}
                                {{setbit k} {setbit k} {set d} {del d}}
        "hash fields"           {}              {{hset h f v g w} {hset h f x} {hsetnx h f y} {hsetnx h z 1} {hmset h f 1} {hincrby h f 1} {hincrbyfloat h f 1}}
                                {{hset h} {hset h} {hset h} {hset h} {hincrby h} {hincrbyfloat h}}
        "the last field"        {{hset h f v g w}} {{hdel h f} {hdel h nothing} {hdel h g}}        {{hdel h} {hdel h} {del h}}
        "DEL and UNLINK"        {{mset a 1 b 2 c 3}} {{del a nothing} {unlink b c}}                 {{del a} {del b} {del c}}
        "EXPIRE and PERSIST"    {{set k v}}     {{expire k 100} {pexpire k 100000} {expireat k 4102444800} {persist k} {persist k} {expire nothing 1}}
                                {{expire k} {expire k} {expire k} {persist k}}
        "EXPIRE in the past"    {{set k v}}     {{expire k -1}}                             {{del k}}
        "RENAME"                {{set a 1}}     {{rename a b} {renamenx b c}}               {{rename_from a} {rename_to b} {rename_from b} {rename_to c}}
        "COPY"                  {{set a 1}}     {{copy a b} {copy a b} {copy a b replace}}  {{copy_to b} {copy_to b}}
        "MOVE"                  {{set a 1}}     {{move a 10}}                               {{move_from a} {move_to a}}
        "reads"                 {{set k v}}     {{get k} {strlen k} {exists k} {touch k} {ttl k} {type k} {getrange k 0 1} {bitcount k}}    {}
        "what fails"            {{set k v}}     {{incr k} {hset k f v} {set k v nx} {rename nothing x}}     {}
        "FLUSHALL"              {{set k v}}     {{flushdb} {flushall}}                      {}
    } {
        test "Events of $name" {
            r config set notify-keyspace-events ""
            r flushall
            foreach command $before { r {*}$command }
            r config set notify-keyspace-events EA
            events_of $commands
        } $expected
    }

    foreach {class command event} {
        $ {set k v} {set k}     h {hset h f v} {hset h}     g {del k} {del k}     g {expire k 100} {expire k}   t {set k v} {}  l {set k v} {}
    } {
        test "Class $class alone: $command" {
            r config set notify-keyspace-events ""
            r flushall
            r set k v
            r config set notify-keyspace-events E$class
            lindex [events_of [list $command {append k x} {hset h g w} {rename k k2}]] 0
        } [expr {$class in {t l} ? "" : $event}]
    }

    test "Expired keys tell it" {
        r config set notify-keyspace-events Ex
        r flushall
        r set k v px 1
        assert_match {pmessage \* __keyevent@*__:expired k} [$rd read]
        r debug set-active-expire 0
        r set k v px 1
        after 3
        r get k
        r debug set-active-expire 1
        assert_match {pmessage \* __keyevent@*__:expired k} [$rd read]
    } {} {needs:debug}

    test "Missed keys tell it, when asked for" {
        r config set notify-keyspace-events Em
        r flushall
        r set here v
        assert_equal {{keymiss nothing} {keymiss h}} [events_of {{get nothing} {get here} {hget h f} {set x y}}]
        r config set notify-keyspace-events EA
        events_of {{get nothing}}
    } {}

    test "New keys tell it, when asked for" {
        r config set notify-keyspace-events En
        r flushall
        events_of {{set a 1} {set a 2} {hset h f v} {hset h g w} {incr n} {rename a b} {copy b c}}
    } {{new a} {new h} {new n} {new b} {new c}}

    test "Evicted keys tell it" {
        r config set notify-keyspace-events Ee
        r flushall
        r set k v
        r config set maxmemory-policy allkeys-lru
        r config set maxmemory 1
        catch { r set other v }
        r config set maxmemory 0
        r config set maxmemory-policy noeviction
        assert_match {pmessage \* __keyevent@*__:evicted k} [$rd read]
    } {} {needs:config-maxmemory later}

    test "Events of a transaction come with it" {
        r config set notify-keyspace-events EA
        r flushall
        events_of {multi {set a 1} {incr a} {del a} exec}
    } {{set a} {incrby a} {del a}}
    $rd close
}
