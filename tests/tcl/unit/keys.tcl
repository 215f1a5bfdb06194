# Commands on keys of any type, and on whole databases.

set ::not_integer {-ERR value is not an integer or out of range}
set ::syntax {-ERR syntax error}

start_server {tags {keyspace}} {
    test "DEL, UNLINK, EXISTS, TOUCH, TYPE" {
        r flushdb
        r mset a 1 b 2 c 3
        r hset h f v
        assert_replies {
            {exists a}              1
            {exists a a nothing b}  3
            {touch a b nothing}     2
            {type a}                string
            {type h}                hash
            {type nothing}          none
            {del a}                 1
            {del a}                 0
            {unlink b nothing c c}  2
            {del h}                 1
            {dbsize}                0
            {del}                   {-ERR wrong number of arguments for 'del' command}
            {exists}                {-ERR wrong number of arguments for 'exists' command}
        }
    }

    test "RENAME and RENAMENX" {
        r flushdb
        r set a 1 ex 100
        r set b 2
        assert_replies {
            {rename nothing x}      {-ERR no such key}
            {renamenx nothing x}    {-ERR no such key}
            {rename nothing nothing} {-ERR no such key}
            {renamenx a b}          0
            {get b}                 2
            {rename a b}            OK
            {exists a}              0
            {get b}                 1
            {renamenx b c}          1
            {rename c c}            OK
            {renamenx c c}          0
            {get c}                 1
        }
        # the time to live travels with the key, and the target's own goes
        assert_range [r ttl c] 98 100
        r set d 4
        r rename d c
        r ttl c
    } {-1}

    test "COPY" {
        r flushdb
        r set a 1 ex 100
        r hset h f v g w
        assert_replies {
            {copy a b}              1
            {get b}                 1
            {copy nothing x}        0
            {copy h b}              0
            {copy h b replace}      1
            {hgetall b}             {f v g w}
            {copy h h}              {-ERR source and destination objects are the same}
            {copy h h db 9}         {-ERR source and destination objects are the same}
            {copy h x db 99}        {-ERR DB index is out of range}
            {copy h x db a}         $::not_integer
            {copy h x db}           $::syntax
            {copy h x nosuch}       $::syntax
            {copy a a2}             1
            {hset b f changed}      0
            {hget h f}              v
        }
        assert_range [r ttl a2] 98 100
    }

    test "COPY and MOVE between databases" {
        r flushall
        r set a 1 ex 100
        assert_replies {
            {copy a a db 10}        1
            {move a 10}             0
            {del a}                 1
            {move a 10}             0
            {select 10}             OK
            {get a}                 1
            {move a 9}              1
            {exists a}              0
            {move a 10}             {-ERR source and destination objects are the same}
            {move a 99}             {-ERR DB index is out of range}
            {move a x}              $::not_integer
            {select 9}              OK
            {get a}                 1
        }
        assert_range [r ttl a] 98 100
    } {} {singledb:skip}

    test "SELECT and SWAPDB" {
        r flushall
        r set where nine
        assert_replies {
            {select 10}             OK
            {get where}             {}
            {set where ten}         OK
            {swapdb 9 10}           OK
            {get where}             nine
            {select 9}              OK
            {get where}             ten
            {swapdb 9 9}            OK
            {get where}             ten
            {select 16}             {-ERR DB index is out of range}
            {select -1}             {-ERR DB index is out of range}
            {select x}              $::not_integer
            {swapdb 0 99}           {-ERR DB index is out of range}
            {swapdb x 1}            {-ERR invalid first DB index}
            {swapdb 1 x}            {-ERR invalid second DB index}
        }
    } {} {singledb:skip}

    test "DBSIZE, FLUSHDB, FLUSHALL" {
        r flushall
        r mset a 1 b 2
        r select 10
        r set c 3
        assert_replies {
            {dbsize}                1
            {flushdb}               OK
            {dbsize}                0
            {set c 3}               OK
            {flushdb async}         OK
            {dbsize}                0
            {select 9}              OK
            {dbsize}                2
            {flushdb sync}          OK
            {dbsize}                0
            {mset a 1 b 2}          OK
            {flushall async}        OK
            {dbsize}                0
            {flushall sync}         OK
            {flushall nosuch}       $::syntax
            {flushdb nosuch}        $::syntax
            {flushdb async sync}    $::syntax
        }
    } {} {singledb:skip}

    test "KEYS and its patterns" {
        r flushdb
        r mset hello 1 hallo 2 hxllo 3 hllo 4 heeello 5 {h*llo} 6 {a[b} 7 "" 8
        foreach {pattern expected} {
            *           {{} {a[b} hallo heeello hello {h*llo} hllo hxllo}
            h?llo       {hallo hello {h*llo} hxllo}
            h*llo       {hallo heeello hello {h*llo} hllo hxllo}
            {h[ae]llo}  {hallo hello}
            {h[^e]llo}  {hallo {h*llo} hxllo}
            {h[a-e]llo} {hallo hello}
            {h[e-a]llo} {hallo hello}
            {h\*llo}    {{h*llo}}
            {a\[b}      {{a[b}}
            hello       {hello}
            nothing     {}
            H*          {}
            {}          {{}}
        } {
            assert_equal [lsort $expected] [lsort [r keys $pattern]] "keys $pattern"
        }
    }

    test "A pattern made to take for ever does not" {
        r flushdb
        r set [string repeat a 60] v
        r set [string repeat ab 20000] v
        assert_equal {} [r keys "[string repeat a* 30]c"]
        assert_equal {} [r keys "[string repeat a*b* 2000]c"]
        r ping
    } {PONG}

    test "KEYS does not see what has expired" {
        r flushdb
        r debug set-active-expire 0
        r mset a 1 b 2
        r pexpire a 1
        wait_for_condition 100 5 { [r keys *] eq "b" } else { fail "an expired key is listed" }
        r debug set-active-expire 1
    } {OK} {needs:debug}

    test "RANDOMKEY" {
        r flushdb
        assert_equal "" [r randomkey]
        r mset a 1 b 2 c 3
        set missing {a 1 b 1 c 1}
        for {set i 0} {[dict size $missing] && $i < 1000} {incr i} { dict unset missing [r randomkey] }
        dict size $missing
    } {0}

    test "OBJECT" {
        r flushdb
        r set s text
        assert_replies {
            {object encoding s}         embstr
            {object refcount s}         1
            {object encoding nothing}   {}
            {object refcount nothing}   {}
            {object idletime nothing}   {}
            {object freq nothing}       {}
            {object freq s}             {-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.}
            {object encoding}           {-ERR wrong number of arguments for 'object|encoding' command}
            {object nosuch s}           {-ERR unknown subcommand 'nosuch'. Try OBJECT HELP.}
            {object help}               {~\{OBJECT <subcommand>*}
        }
        assert_range [r object idletime s] 0 2
    }

    test "OBJECT FREQ with an LFU policy" {
        r config set maxmemory-policy allkeys-lfu
        r set s text
        assert_range [r object freq s] 0 255
        assert_match {ERR An LFU maxmemory policy is selected*} [catch { r object idletime s } error; set error]
        r config set maxmemory-policy noeviction
    } {OK} {needs:config-maxmemory}

    test "Keys of every byte and many lengths" {
        r flushdb
        foreach key [list "" "\x00" "\r\n" "\xff\xfe" [string repeat k 16] [string repeat k 255] [string repeat k 65537]] {
            assert_equal OK [r set $key v]
            assert_equal v [r get $key]
            assert_equal 1 [r del $key]
        }
        r dbsize
    } {0}

    test "Random operations on keys agree with a model" {
        r flushdb
        set model [dict create]
        for {set i 0} {$i < 2000} {incr i} {
            set a k[randomInt 100]
            set b k[randomInt 100]
            set value [randomInt 1000000]
            set there [dict exists $model $a]
            switch [randomInt 7] {
                0 - 1 { r set $a $value; dict set model $a $value }
                2 { assert_equal $there [r del $a]; dict unset model $a }
                3 { assert_equal $there [r unlink $a]; dict unset model $a }
                4 {
                    if {$there && $a ne $b} {
                        r rename $a $b
                        dict set model $b [dict get $model $a]
                        dict unset model $a
                    }
                }
                5 {
                    if {$a ne $b} {
                        set copied [expr {$there && ![dict exists $model $b]}]
                        assert_equal $copied [r copy $a $b]
                        if {$copied} { dict set model $b [dict get $model $a] }
                    }
                }
                6 { assert_equal [expr {$there ? [dict get $model $a] : ""}] [r get $a] }
            }
        }
        assert_equal [dict size $model] [r dbsize]
        assert_equal [lsort [dict keys $model]] [lsort [r keys *]]
        dict for {key value} $model { assert_equal $value [r get $key] }
    }

    test "Many keys come and go" {
        r flushdb
        populate 20000 grow: 10
        assert_equal 20000 [r dbsize]
        assert_equal [string repeat A 10] [r get grow:19999]
        set rd [redis_deferring_client]
        for {set i 0} {$i < 20000} {incr i 2} { $rd del grow:$i }
        for {set i 0} {$i < 20000} {incr i 2} { assert_equal 1 [$rd read] }
        assert_equal 10000 [r dbsize]
        for {set i 0} {$i < 200} {incr i} { assert_equal [expr {$i % 2}] [r exists grow:$i] }
        $rd close
        r flushdb
        r dbsize
    } {0}
}

start_server {tags {keyspace external:skip} overrides {databases 1}} {
    test "One database only" {
        r select 0
        assert_replies {
            {select 1}      {-ERR DB index is out of range}
            {move a 1}      {-ERR DB index is out of range}
            {swapdb 0 1}    {-ERR DB index is out of range}
        }
    }
}

start_server {tags {keyspace external:skip} overrides {rename-command {flushall ""}}} {
    test "A command renamed to nothing is unknown" {
        assert_replies {
            {flushall}      {-ERR unknown command 'flushall', with args beginning with: }
            {command info flushall} ~*
        }
    }
}
