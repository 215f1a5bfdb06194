# COMMAND: what a server says about its own commands.

start_server {tags {command}} {
    test "COMMAND COUNT is the length of COMMAND; COMMAND LIST has the subcommands too" {
        set count [r command count]
        assert_morethan $count 200
        assert_equal $count [llength [r command]]
        set names [r command list]
        assert_equal $count [llength [lsearch -all -inline -not $names *|*]]
        foreach info [r command] {
            foreach subcommand [lindex $info 9] { assert {[lindex $subcommand 0] in $names} }
        }
    }

    test "Every command has its ten parts" {
        set wrong {}
        foreach info [r command] {
            if {[llength $info] != 10} { lappend wrong $info; continue }
            lassign $info name arity flags first last step categories tips specs subcommands
            if {$name ne [string tolower $name] || ![string is integer -strict $arity] || $arity == 0} { lappend wrong $info }
            foreach category $categories { if {![string match @* $category]} { lappend wrong $info } }
        }
        set wrong
    } {}

    test "COMMAND INFO" {
        assert_equal {{get 2 {readonly fast} 1 1 1 {@read @string @fast} {} {{flags {RO access} begin_search {type index spec {index 1}} find_keys {type range spec {lastkey 0 keystep 1 limit 0}}}} {}}} \
            [r command info GET]
        set two [r command info nosuch set]
        assert_equal "" [lindex $two 0]
        assert_equal set [lindex [lindex $two 1] 0]
        assert_equal {} [lindex [lindex $two 1] 9]
        set config [lindex [r command info config] 0]
        assert {[llength [lindex $config 9]] >= 5}
        set get [lindex [r command info config|get] 0]
        assert_equal config|get [lindex $get 0]
        assert_equal [r command count] [llength [r command info]]
    }

    foreach {command arity first last step flag} {
        set -3 1 1 1 denyoom        del -2 1 -1 1 write         mget -2 1 -1 1 readonly     mset -3 1 -1 2 write
        bitop -4 2 -1 1 write       rename 3 1 2 1 write        ping -1 0 0 0 fast          hset -4 1 1 1 fast
        copy -3 1 2 1 write         exec 1 0 0 0 noscript       object -2 0 0 0 ""          publish 3 0 0 0 pubsub
        subscribe -2 0 0 0 pubsub   ssubscribe -2 1 -1 1 pubsub auth -2 0 0 0 no_auth       msetnx -3 1 -1 2 write
        shutdown -1 0 0 0 admin     getex -2 1 1 1 write        touch -2 1 -1 1 readonly    spublish 3 1 1 1 pubsub
    } {
        test "COMMAND INFO $command" {
            lassign [lindex [r command info $command] 0] name has_arity flags has_first has_last has_step
            assert_equal [list $arity $first $last $step] [list $has_arity $has_first $has_last $has_step]
            if {$flag ne ""} { assert {$flag in $flags} }
        }
    }

    test "COMMAND LIST and its filters" {
        assert_equal {get} [r command list filterby pattern get]
        assert_equal {getbit getdel getex getrange getset} [lsort [r command list filterby pattern get?*]]
        assert {"hset" in [r command list filterby aclcat hash]}
        assert {"set" ni [r command list filterby aclcat hash]}
        assert_equal {} [r command list filterby aclcat nosuch]
        assert_equal {} [r command list filterby module nosuch]
        assert {"config|get" in [r command list filterby pattern config|*]}
        assert_replies {
            {command list nosuch}                   {-ERR syntax error}
            {command list filterby}                 {-ERR syntax error}
            {command list filterby nosuch x}        {-ERR syntax error}
            {command list filterby pattern a b}     {-ERR syntax error}
        }
    }

    test "COMMAND GETKEYS" {
        assert_replies {
            {command getkeys get k}                     k
            {command getkeys mset a 1 b 2}              {a b}
            {command getkeys del a b c}                 {a b c}
            {command getkeys bitop and d a b}           {d a b}
            {command getkeys copy a b}                  {a b}
            {command getkeys object encoding k}         k
            {command getkeys lcs a b}                   {a b}
            {command getkeys eval "" 2 a b c}           {a b}
            {command getkeys zunionstore d 2 a b}       {d a b}
            {command getkeys sort k store d}            {k d}
            {command getkeys migrate h 1 "" 0 10 keys a b} {a b}
            {command getkeys memory usage k}            k
            {command getkeys xread streams a b 1 2}     {a b}
            {command getkeys ping x}                    {-ERR The command has no key arguments}
            {command getkeys nosuch k}                  {-ERR Invalid command specified}
            {command getkeys get k v}                   {-ERR Invalid number of arguments specified for command}
            {command getkeys}                           {-ERR wrong number of arguments for 'command|getkeys' command}
        }
    }

    test "COMMAND GETKEYSANDFLAGS" {
        assert_replies {
            {command getkeysandflags get k}         {{k {RO access}}}
            {command getkeysandflags set k v}       {{k {OW update}}}
            {command getkeysandflags set k v get}   {{k {RW access update}}}
            {command getkeysandflags rename a b}    {{a {RW access delete}} {b {OW update}}}
            {command getkeysandflags del a b}       {{a {RM delete}} {b {RM delete}}}
            {command getkeysandflags copy a b}      {{a {RO access}} {b {OW update}}}
            {command getkeysandflags mset a 1}      {{a {OW update}}}
        }
    }

    test "COMMAND DOCS" {
        set docs [r command docs get]
        assert_equal get [lindex $docs 0]
        set get [lindex $docs 1]
        foreach part {summary since group complexity arguments} { assert {[dict exists $get $part]} }
        assert_equal {1.0.0 string O(1)} [list [dict get $get since] [dict get $get group] [dict get $get complexity]]
        assert_equal {} [r command docs nosuch]
        set two [r command docs set config|get]
        assert_equal {set config|get} [dict keys $two]
        set config [dict get [r command docs config] config]
        assert {[dict exists [dict get $config subcommands] config|set]}
        set all [r command docs]
        assert_equal [r command count] [dict size $all]
        dict for {name doc} $all { if {![dict exists $doc summary] || ![dict exists $doc group]} { fail "$name has no docs" } }
    }

    test "Arguments of SET as COMMAND DOCS tells them" {
        set arguments [dict get [dict get [r command docs set] set] arguments]
        set names {}
        foreach argument $arguments { lappend names [dict get $argument name] }
        assert_equal {key value condition get expiration} $names
        assert_equal {key key 0} [list [dict get [lindex $arguments 0] name] [dict get [lindex $arguments 0] type] [dict get [lindex $arguments 0] key_spec_index]]
        assert_equal {optional} [dict get [lindex $arguments 2] flags]
    }

    test "COMMAND HELP and refusals" {
        assert_match "*COMMAND <subcommand>*" [r command help]
        assert_replies {
            {command nosuch}        {-ERR unknown subcommand 'nosuch'. Try COMMAND HELP.}
            {command count x}       {-ERR wrong number of arguments for 'command|count' command}
        }
    }

    test "Every command with HELP helps" {
        foreach command {acl client cluster command config debug function latency memory module object pubsub script
            slowlog xgroup xinfo} {
            if {$command in {debug module cluster}} continue
            if {![catch { r $command help } lines]} {
                assert_match "*[string toupper $command] <subcommand>*" [lindex $lines 0]
                assert {"HELP" in $lines}
            }
        }
    }

    test "Every command that is listed can be called" {
        # in whatever way it ends, the server says which command it is, and lives
        foreach name [r command list] {
            if {$name in {shutdown quit monitor subscribe psubscribe ssubscribe sync psync reset debug failover replicaof slaveof}} continue
            set rd [redis_client]
            catch { $rd {*}[split $name |] } error
            if {[string match "ERR unknown command*" $error]} { fail "$name is listed, but $error" }
            $rd close
        }
        r ping
    } {PONG}
}
