# SLOWLOG: what is kept of a slow command, how much of it, and what never is.

# The words of the entries, newest first.
proc slow_words {} {
    set all {}
    foreach entry [r slowlog get -1] { lappend all [lindex $entry 3] }
    return $all
}

start_server {tags {slowlog} overrides {slowlog-log-slower-than 10000000}} {
    test "An empty log, and its commands" {
        assert_equal 0 [r slowlog len]
        assert_equal {} [r slowlog get]
        assert_equal OK [r slowlog reset]
        assert_replies {
            {slowlog get -2} {-ERR count should be greater than or equal to -1}
            {slowlog get x} {-ERR count should be greater than or equal to -1}
            {slowlog get 1 2} {-ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.}
            {slowlog len x} {-ERR wrong number of arguments for 'slowlog|len' command}
            {slowlog nosuch} {-ERR unknown subcommand 'nosuch'. Try SLOWLOG HELP.}
        }
        assert_match "*SLOWLOG <subcommand>*" [r slowlog help]
    }

    test "An entry: number, time, duration, words, client" {
        r client setname watcher
        r config set slowlog-log-slower-than 0
        r slowlog reset
        r set key value
        r config set slowlog-log-slower-than -1
        set entries [r slowlog get]
        assert_equal {{set key value} {slowlog reset}} [slow_words]
        lassign [lindex $entries 0] id at_s took_us words addr name
        assert_equal {set key value} $words
        assert_range $at_s {[clock seconds] - 5} {[clock seconds] + 1}
        assert_morethan_equal $took_us 0
        assert_equal watcher $name
        assert_equal $addr [client_line_field [r client info] addr]
        assert_equal [expr {$id - 1}] [lindex $entries 1 0]
    }

    test "Only what took long enough is kept" {
        r config set slowlog-log-slower-than 20000
        r slowlog reset
        r ping
        assert_equal 0 [r slowlog len]
        r debug sleep 0.03
        assert_equal {{debug sleep 0.03}} [slow_words]
        assert_morethan_equal [lindex [r slowlog get] 0 2] 20000
        r config set slowlog-log-slower-than -1
        r debug sleep 0.03
        r slowlog len
    } {1} {needs:debug}

    test "The oldest go first; GET counts" {
        r config set slowlog-max-len 5 slowlog-log-slower-than 0
        for {set i 0} {$i < 20} {incr i} { r echo $i }
        r config set slowlog-log-slower-than -1
        assert_equal 5 [r slowlog len]
        assert_equal {echo 19} [lindex [slow_words] 0]
        assert_equal {echo 15} [lindex [slow_words] end]
        foreach {count shown} {0 0 1 1 3 3 5 5 50 5 -1 5} { assert_equal $shown [llength [r slowlog get $count]] }
        r config set slowlog-max-len 128
        r slowlog reset
        r slowlog len
    } {0}

    test "No room, no entries" {
        r config set slowlog-max-len 0 slowlog-log-slower-than 0
        r ping
        r config set slowlog-log-slower-than -1
        set len [r slowlog len]
        r config set slowlog-max-len 128
        set len
    } {0}

    test "Many words and long words are cut" {
        r config set slowlog-log-slower-than 0
        r slowlog reset
        set many [list sadd set]
        for {set i 0} {$i < 30} {incr i} { lappend many $i }
        r {*}$many
        r {*}$many 30
        r {*}$many 30 31 32
        r set k [string repeat A 128]
        r set k [string repeat A 129]
        r set k [string repeat A 100000]
        r config set slowlog-log-slower-than -1
        set words [lreverse [slow_words]]
        assert_equal $many [lindex $words 1]
        assert_equal [concat [lrange $many 0 30] {{... (2 more arguments)}}] [lindex $words 2]
        assert_equal [concat [lrange $many 0 30] {{... (4 more arguments)}}] [lindex $words 3]
        assert_equal [string repeat A 128] [lindex $words 4 2]
        assert_equal "[string repeat A 128]... (1 more bytes)" [lindex $words 5 2]
        assert_equal "[string repeat A 128]... (99872 more bytes)" [lindex $words 6 2]
    }

    test "Secrets are not kept" {
        r config set slowlog-log-slower-than 0
        r slowlog reset
        r config set masterauth secret1 maxmemory 0
        catch { r auth secret3 }
        catch { r auth user secret4 }
        catch { r hello 3 auth default secret5 setname me }
        r hello 2
        catch { r acl setuser someone on >secret6 }
        catch { r migrate 127.0.0.1 1 key 0 10 auth secret7 keys auth auth }
        catch { r migrate 127.0.0.1 1 key 0 10 copy auth2 user secret8 replace }
        r config set masterauth "" slowlog-log-slower-than -1
        set words [lreverse [slow_words]]
        assert_no_match *secret* $words
        assert_equal {config set masterauth (redacted) maxmemory 0} [lindex $words 1]
        assert_equal {auth (redacted)} [lindex $words 2]
        assert_equal {auth (redacted) (redacted)} [lindex $words 3]
        assert_equal {hello 3 auth (redacted) (redacted) setname me} [lindex $words 4]
        assert_equal {acl setuser (redacted) (redacted) (redacted)} [lindex $words 6]
        assert_equal {migrate 127.0.0.1 1 key 0 10 auth (redacted) keys auth auth} [lindex $words 7]
        assert_equal {migrate 127.0.0.1 1 key 0 10 copy auth2 (redacted) (redacted) replace} [lindex $words 8]
    }

    test "A transaction is kept by its commands, a refused command not at all" {
        r config set slowlog-log-slower-than 0
        r slowlog reset
        r multi
        r set a 1
        r get a
        r exec
        catch { r nosuchcommand }
        catch { r get }
        r config set slowlog-log-slower-than -1
        lrange [lreverse [slow_words]] 1 end
    } {multi {set a 1} {get a}}

    test "Commands are kept as they were sent" {
        r del s
        r sadd s a b c
        r config set slowlog-log-slower-than 0
        r slowlog reset
        r spop s 10
        r SeT A 5
        r getset A 6
        r incrbyfloat A 1.0
        r getex A ex 100
        r config set slowlog-log-slower-than -1
        lrange [lreverse [slow_words]] 1 end
    } {{spop s 10} {SeT A 5} {getset A 6} {incrbyfloat A 1.0} {getex A ex 100}}
}
