# Slots: who owns them, what is answered for those of others, and what happens when a map is replaced.
#
# One server is enough: the others of its map are addresses that nobody answers on. foo is in slot 12182, bar in 5061,
# hello in 866; all with a tag {hello} are with it.

# A map in which this server owns `mine`, and 127.0.0.1:1 owns `others`.
proc slot_map {epoch mine others} {
    return "epoch $epoch\nshard mine 127.0.0.1:[srv port] $mine\nshard other 127.0.0.1:1 $others\n"
}

# The next epoch: maps must grow newer.
proc set_map {mine others} {
    r cluster setmap [slot_map [expr {[info_field [r cluster info] cluster_current_epoch] + 1}] $mine $others]
}

proc cluster_field {name} { info_field [r cluster info] $name }

start_server {tags {cluster external:skip}} {
    test "Without slots all of it says so" {
        foreach command {asking readonly readwrite {cluster info} {cluster nodes} {cluster keyslot a} {cluster help}
                         {cluster slots} {cluster shards} {cluster myid} {cluster countkeysinslot 1}
                         {cluster meet 127.0.0.1 1} {cluster addslots 1}} {
            assert_error {ERR This instance has cluster support disabled} { r {*}$command }
        }
        assert_equal 0 [s cluster_enabled]
        assert_equal standalone [s redis_mode]
        assert_error {ERR unknown subcommand 'nonsense'. Try CLUSTER HELP.} { r cluster nonsense }
    }

    test "Without slots keys of all slots go together" {
        r mset foo 1 bar 2 hello 3
        assert_equal {1 2 3} [r mget foo bar hello]
    }
}

start_server {overrides {cluster-enabled yes save ""} tags {cluster torc external:skip}} {
    test "A server without a map serves no slot" {
        assert_equal 1 [s cluster_enabled]
        assert_equal cluster [s redis_mode]
        assert_error {CLUSTERDOWN Hash slot not served} { r get foo }
        assert_error {CLUSTERDOWN Hash slot not served} { r mget foo bar }
        assert_error {CLUSTERDOWN Hash slot not served} { r spublish foo x }
        assert_equal PONG [r ping]
        assert_equal 0 [r dbsize]
        assert_equal fail [cluster_field cluster_state]
        assert_equal 0 [cluster_field cluster_slots_assigned]
        assert_equal 1 [cluster_field cluster_known_nodes]
        assert_equal {} [r cluster slots]
        assert_match "[r cluster myid] :[srv port]@0 myself,master - 0 0 0 connected\n" [r cluster nodes]
        assert_equal [r cluster myid] [r cluster myshardid]
        assert_equal 1 [llength [r cluster shards]]
        assert_equal {} [dict get [lindex [r cluster shards] 0] slots]
    }

    test "Maps that are wrong are refused by line" {
        set own 127.0.0.1:[srv port]
        foreach {text why} [list \
            ""                                              "there is no line 'epoch N'" \
            "shard a $own 0-16383"                          "there is no line 'epoch N'" \
            "epoch 1"                                       "there is no line 'shard name host:port slots'" \
            "epoch 0"                                       "line 1: an epoch is a number from 1 on" \
            "epoch -1"                                      "line 1: an epoch is a number from 1 on" \
            "epoch x"                                       "line 1: an epoch is a number from 1 on" \
            "epoch 9223372036854775808"                     "line 1: an epoch is a number from 1 on" \
            "epoch 1\nepoch 2"                              "line 2: there is an epoch already" \
            "epoch 1\nshard a"                              "line 2: a shard has a name, host:port, and its slots" \
            "epoch 1\nshard a $own 1 2"                     "line 2: a shard has a name, host:port, and its slots" \
            "epoch 1\nshard a/b $own 1"                     "line 2: a shard's name has 1 to 63 letters*" \
            "epoch 1\n\n# x\nshard a $own 1\nshard a $own" "line 5: there is a shard 'a' already" \
            "epoch 1\nshard a $own 1\nshard b $own"         "line 3: $own is a member of shard 'a' already" \
            "epoch 1\nshard a $own 1\nshard b h:1 1"        "line 3: slot 1 belongs to shard 'a' already" \
            "epoch 1\nshard a $own 16384"                   "line 2: '16384' are not slots such as 0-5460,9000" \
            "epoch 1\nshard a $own 5-4"                     "line 2: '5-4' are not slots such as 0-5460,9000" \
            "epoch 1\nshard a $own 1,,2"                    "line 2: '1,,2' are not slots such as 0-5460,9000" \
            "epoch 1\nshard a $own 1,"                      "line 2: '1,' are not slots such as 0-5460,9000" \
            "epoch 1\nshard a $own -3"                      "line 2: '-3' are not slots such as 0-5460,9000" \
            "epoch 1\nshard a nowhere 1"                    "line 2: 'nowhere' is not host:port" \
            "epoch 1\nshard a :1 1"                         "line 2: ':1' is not host:port" \
            "epoch 1\nshard a h:0 1"                        "line 2: 'h:0' is not host:port" \
            "epoch 1\nshard a h:65536 1"                    "line 2: 'h:65536' is not host:port" \
            "epoch 1\nshard a ::1:7 1"                      "line 2: '::1:7' is not host:port" \
            "epoch 1\nshard a h,i:7 1"                      "line 2: 'h,i:7' is not host:port" \
            "epoch 1\nreplica a $own"                       "line 2: there is no shard 'a'; its line comes first" \
            "epoch 1\nnonsense"                             "line 2: 'nonsense' is neither epoch, shard nor replica" \
            "epoch 1\nshard a 127.0.0.1:[srv port]\nshard b localhost:[srv port]" \
                "127.0.0.1:[srv port] and localhost:[srv port] may both be this server: cluster-announce-ip*"] {
            assert_error "ERR Invalid slot map: $why" { r cluster setmap $text }
        }
        assert_equal 0 [cluster_field cluster_current_epoch]
        assert_error "ERR wrong number of arguments for 'cluster|setmap' command" { r cluster setmap }
    }

    test "A map that leaves holes" {
        assert_equal OK [r cluster setmap [slot_map 1 0-8000 8001-16000]]
        assert_equal fail [cluster_field cluster_state]
        assert_equal 16001 [cluster_field cluster_slots_assigned]
        assert_error {CLUSTERDOWN The cluster is down} { r get hello }
        assert_error {CLUSTERDOWN The cluster is down} { r get foo }
        assert_error {CLUSTERDOWN Hash slot not served} { r get k24 }
        r config set cluster-allow-reads-when-down yes
        assert_equal {} [r get hello]
        assert_error {CLUSTERDOWN The cluster is down and only accepts read commands} { r set hello 1 }
        assert_equal 0 [r spublish hello x]
        r config set cluster-allow-pubsubshard-when-down no
        assert_error {CLUSTERDOWN The cluster is down} { r spublish hello x }
        r config set cluster-require-full-coverage no
        assert_equal ok [cluster_field cluster_state]
        assert_equal OK [r set hello 1]
        assert_equal 1 [r del hello]
        r config set cluster-require-full-coverage yes cluster-allow-reads-when-down no \
            cluster-allow-pubsubshard-when-down yes
    }

    test "Keys of others are MOVED, keys of several slots refused" {
        set_map 0-8000 8001-16383
        assert_equal ok [cluster_field cluster_state]
        assert_replies {
            {set hello 1}                   OK
            {get hello}                     1
            {mset {{hello}a} 1 {{hello}b} 2} OK
            {mget {{hello}a} {{hello}b}}    {1 2}
        }
        foreach {command error} {
            {get foo}                       {MOVED 12182 127.0.0.1:1}
            {set foo 1}                     {MOVED 12182 127.0.0.1:1}
            {mget foo bar}                  {CROSSSLOT Keys in request don't hash to the same slot}
            {mget hello foo}                {CROSSSLOT Keys in request don't hash to the same slot}
            {mget hello bar}                {CROSSSLOT Keys in request don't hash to the same slot}
            {copy hello bar}                {CROSSSLOT Keys in request don't hash to the same slot}
            {sort hello store bar}          {CROSSSLOT Keys in request don't hash to the same slot}
            {zunionstore hello 2 {{hello}a} bar} {CROSSSLOT Keys in request don't hash to the same slot}
            {xread streams hello bar 0 0}   {CROSSSLOT Keys in request don't hash to the same slot}
            {xread streams foo 0}           {MOVED 12182 127.0.0.1:1}
            {object encoding foo}           {MOVED 12182 127.0.0.1:1}
            {memory usage foo}              {MOVED 12182 127.0.0.1:1}
            {blpop foo 0}                   {MOVED 12182 127.0.0.1:1}
            {spublish foo x}                {MOVED 12182 127.0.0.1:1}
            {watch foo}                     {MOVED 12182 127.0.0.1:1}
            {set foo}                       {ERR wrong number of arguments for 'set' command}
            {zunionstore hello x bar}       {ERR value is not an integer or out of range}
        } {
            assert_error $error { r {*}$command }
        }
        assert_equal 3 [r del hello "{hello}a" "{hello}b"]
        assert_match {*count=*} [errorrstat MOVED r]
    }

    test "SORT takes patterns within the key's slot" {
        r rpush hello 1 2 3
        foreach option {by get} {
            set shown [string toupper $option]
            foreach pattern {w* w_*->f foo{*}} {
                assert_error "ERR $shown option of SORT denied in cluster mode*" { r sort hello $option $pattern }
            }
        }
        r mset "w{hello}1" 3 "w{hello}2" 2 "w{hello}3" 1
        assert_equal {3 2 1} [r sort hello by "w{hello}*"]
        assert_equal {3 2 1} [r sort_ro hello get "w{hello}*" by nosort]
        assert_equal {1 2 3} [r sort hello get #]
        r flushall
    }

    test "Databases work as without slots" {
        r set hello nine
        r select 3
        assert_equal {} [r get hello]
        r set hello three
        assert_equal 1 [r dbsize]
        assert_equal 1 [r cluster countkeysinslot 866]
        assert_equal 1 [r copy hello "{hello}" db 4]
        assert_equal {866 {key-count 3}} [lindex [r cluster slot-stats slotsrange 866 866] 0]
        r swapdb 3 9
        assert_equal nine [r get hello]
        r swapdb 3 9
        r select 9
        assert_equal nine [r get hello]
        r flushall
        assert_equal {866 {key-count 0}} [lindex [r cluster slot-stats slotsrange 866 866] 0]
    }

    test "Transactions lie in one slot" {
        r multi
        assert_equal QUEUED [r set hello 1]
        assert_error {MOVED 12182 *} { r set foo 1 }
        assert_error {EXECABORT Transaction discarded because of previous errors.} { r exec }
        r multi
        r set hello 1
        r set bar 1
        assert_error {CROSSSLOT Keys in request don't hash to the same slot} { r exec }
        assert_equal PONG [r ping]
        assert_error {ERR EXEC without MULTI} { r exec }
        r multi
        r set hello 1
        r get "{hello}"
        r ping
        assert_equal {OK {} PONG} [r exec]
        r multi
        assert_error {ERR Command not allowed inside a transaction} { r cluster setmap x }
        assert_error {EXECABORT*} { r exec }
        r del hello
    }

    test "A transaction whose slot went away meanwhile is MOVED" {
        r multi
        r set hello 1
        set c [redis_client]
        $c cluster setmap [slot_map [expr {[info_field [$c cluster info] cluster_current_epoch] + 1}] 1000-8000 0-999,8001-16383]
        assert_error {MOVED 866 127.0.0.1:1} { r exec }
        assert_error {ERR EXEC without MULTI} { r exec }
        $c close
        set_map 0-8000 8001-16383
        assert_equal {} [r get hello]
    }

    test "Who watched a key of a slot that went away fails at EXEC" {
        r watch hello
        set_map 1000-8000 0-999,8001-16383
        r multi
        r set bar 1
        assert_equal {} [r exec]
        assert_equal {} [r get bar]
        set_map 0-8000 8001-16383
        r watch hello
        set_map 0-7999 8000-16383
        r multi
        r set bar 1
        assert_equal {OK} [r exec]
        r del bar
        set_map 0-8000 8001-16383
    }

    test "Who waits for keys of a slot that went away is told where it went" {
        set first [redis_deferring_client]
        set second [redis_deferring_client]
        set third [redis_deferring_client]
        $first blpop hello "{hello}2" 0
        $second xread block 0 streams "{hello}s" $
        $third bzpopmin bar 0
        wait_for_blocked_clients_count 3
        set_map 1000-8000 0-999,8001-16383
        assert_error {MOVED 866 127.0.0.1:1} { $first read }
        assert_error {MOVED 866 127.0.0.1:1} { $second read }
        wait_for_blocked_clients_count 1
        $first ping
        assert_equal PONG [$first read]
        r cluster setmap [slot_map [expr {[cluster_field cluster_current_epoch] + 1}] 0-5060,5062-8000 8001-16383]
        assert_error {CLUSTERDOWN Hash slot not served} { $third read }
        wait_for_blocked_clients_count 0
        set_map 0-8000 8001-16383
        foreach c [list $first $second $third] { $c close }
    }

    test "Sharded channels live with their slot" {
        set rd [redis_deferring_client]
        set mixed [redis_deferring_client]
        assert_equal {1 2} [ssubscribe $rd {hello {{hello}2}}]
        assert_equal 1 [r spublish hello one]
        assert_equal {smessage hello one} [$rd read]
        $rd ssubscribe foo
        assert_error {MOVED 12182 127.0.0.1:1} { $rd read }
        $rd ssubscribe hello bar
        assert_error {CROSSSLOT*} { $rd read }
        $rd sunsubscribe foo
        assert_error {MOVED 12182 127.0.0.1:1} { $rd read }
        ssubscribe $mixed {bar}
        ssubscribe $mixed {hello}
        set_map 1000-8000 0-999,8001-16383
        assert_equal {sunsubscribe hello 1} [$rd read]
        assert_equal "sunsubscribe {{hello}2} 0" [$rd read]
        assert_equal {sunsubscribe hello 1} [$mixed read]
        $rd ping
        assert_equal PONG [$rd read]
        assert_equal 1 [r spublish bar two]
        assert_equal {smessage bar two} [$mixed read]
        assert_equal bar [r pubsub shardchannels]
        assert_error {MOVED 866 *} { r spublish hello three }
        set_map 0-8000 8001-16383
        assert_equal 0 [r spublish hello three]
        $rd close
        $mixed close
    }

    test "The one that sends the map is told of its own channels behind the reply" {
        set rd [redis_deferring_client]
        $rd hello 3
        $rd read
        $rd ssubscribe hello
        assert_equal {ssubscribe hello 1} [$rd read]
        $rd cluster setmap [slot_map [expr {[cluster_field cluster_current_epoch] + 1}] 1000-8000 0-999,8001-16383]
        assert_equal OK [$rd read]
        assert_equal {sunsubscribe hello 0} [$rd read]
        $rd close
        set_map 0-8000 8001-16383
    }

    test "Keys of slots that went away are kept and not shown" {
        r flushall
        r mset "{hello}1" a "{hello}2" b
        r set bar c
        r pexpire "{hello}2" 100000000
        assert_equal 3 [r dbsize]
        set digest [debug_digest]
        set_map 1000-8000 0-999,8001-16383
        assert_equal 2 [cluster_field cluster_kept_keys]
        assert_equal 1 [r dbsize]
        assert_equal bar [r keys *]
        assert_equal {0 bar} [r scan 0 count 1000]
        for {set i 0} {$i < 50} {incr i} { assert_equal bar [r randomkey] }
        assert_equal 2 [r cluster countkeysinslot 866]
        assert_equal [list "{hello}1" "{hello}2"] [lsort [r cluster getkeysinslot 866 10]]
        assert_equal {} [r cluster slot-stats slotsrange 0 999]
        set_map 0-8000 8001-16383
        assert_equal 0 [cluster_field cluster_kept_keys]
        assert_equal 3 [r dbsize]
        assert_equal {a b} [r mget "{hello}1" "{hello}2"]
        assert_equal $digest [debug_digest]
        set_map 1000-8000 0-999,8001-16383
        r flushall
        assert_equal 0 [r cluster countkeysinslot 866]
        set_map 0-8000 8001-16383
        assert_equal {} [r get "{hello}1"]
    } {} {needs:debug}

    test "What is kept expires all the same" {
        r psetex hello 100 x
        set_map 1000-8000 0-999,8001-16383
        wait_for_condition 100 20 { [r cluster countkeysinslot 866] == 0 } else { fail "a kept key does not expire" }
        set_map 0-8000 8001-16383
    }

    test "Older maps are refused, the same one is fine" {
        set epoch [cluster_field cluster_current_epoch]
        assert_equal OK [r cluster setmap [slot_map $epoch 0-8000 8001-16383]]
        assert_equal OK [r cluster setmap "# the same\nSHARD  mine 127.0.0.1:[srv port] 0-100,101-8000\nepoch $epoch\nshard other 127.0.0.1:1 8001-16383"]
        assert_error "ERR This server has another slot map of the same epoch $epoch" {
            r cluster setmap [slot_map $epoch 0-8001 8002-16383]
        }
        assert_error "ERR The epoch [expr {$epoch - 1}] of the slot map is older than $epoch, which this server has" {
            r cluster setmap [slot_map [expr {$epoch - 1}] 0-8001 8002-16383]
        }
        assert_equal $epoch [cluster_field cluster_my_epoch]
    }

    test "CLUSTER SLOTS, SHARDS and NODES show the map" {
        set port [srv port]
        set epoch [expr {[cluster_field cluster_current_epoch] + 1}]
        r cluster setmap "epoch $epoch
            shard mine 127.0.0.1:$port 0-99,200
            replica mine 127.0.0.1:2
            shard other \[::1\]:3 100-199,201-16382
            shard third third.example.com:4 16383
            shard none 127.0.0.1:5
            replica other 127.0.0.1:6"
        assert_equal ok [cluster_field cluster_state]
        assert_equal 6 [cluster_field cluster_known_nodes]
        assert_equal 3 [cluster_field cluster_size]
        assert_equal 101 [cluster_field cluster_my_slots]
        set me [r cluster myid]
        set lines [split [string trim [r cluster nodes]] \n]
        assert_equal 6 [llength $lines]
        assert_equal "$me 127.0.0.1:$port@0 myself,master - 0 0 $epoch connected 0-99 200" [lindex $lines 0]
        assert_match "* 127.0.0.1:2@0 slave $me 0 0 $epoch connected" [lindex $lines 1]
        assert_match "* ::1:3@0 master - 0 0 $epoch connected 100-199 201-16382" [lindex $lines 2]
        assert_match "* third.example.com:4@0 master - 0 0 $epoch connected 16383" [lindex $lines 3]
        assert_match "* 127.0.0.1:5@0 master - 0 0 $epoch connected" [lindex $lines 4]
        set ids [lmap line $lines { lindex $line 0 }]
        foreach id $ids { assert {[regexp {^[0-9a-f]{40}$} $id]} }
        assert_equal 6 [llength [lsort -unique $ids]]
        lassign $ids mine replica other third none other_replica
        assert_equal [list \
            [list 0 99 [list 127.0.0.1 $port $mine {}] [list 127.0.0.1 2 $replica {}]] \
            [list 100 199 [list ::1 3 $other {}] [list 127.0.0.1 6 $other_replica {}]] \
            [list 200 200 [list 127.0.0.1 $port $mine {}] [list 127.0.0.1 2 $replica {}]] \
            [list 201 16382 [list ::1 3 $other {}] [list 127.0.0.1 6 $other_replica {}]] \
            [list 16383 16383 [list third.example.com 4 $third {}]]] [r cluster slots]
        set shards [r cluster shards]
        assert_equal 4 [llength $shards]
        assert_equal {0 99 200 200} [dict get [lindex $shards 0] slots]
        set nodes [dict get [lindex $shards 0] nodes]
        assert_equal [list id $mine port $port ip 127.0.0.1 endpoint 127.0.0.1 role master replication-offset 0 health online] \
            [lindex $nodes 0]
        assert_equal [list id $replica port 2 ip 127.0.0.1 endpoint 127.0.0.1 role replica replication-offset 0 health online] \
            [lindex $nodes 1]
        assert_equal [list id $third port 4 ip {} endpoint third.example.com hostname third.example.com role master \
            replication-offset 0 health online] [lindex [dict get [lindex $shards 2] nodes] 0]
        assert_error {MOVED 12182 ::1:3} { r get foo }
        assert_equal [list [lindex $lines 1]] [r cluster replicas $me]
        assert_equal [list [lindex $lines 5]] [r cluster slaves $other]
        assert_equal {} [r cluster replicas $third]
        assert_error {ERR The specified node is not a master} { r cluster replicas $replica }
        assert_error {ERR Unknown node nobody} { r cluster replicas nobody }
        assert_equal 0 [r cluster count-failure-reports $third]
        assert_error {ERR Unknown node nobody} { r cluster count-failure-reports nobody }
        assert_equal {} [r cluster links]
        assert_not_equal $me [r cluster myshardid]
        set_map 0-8000 8001-16383
        assert_equal $me [r cluster myid]
    }

    test "KEYSLOT, COUNTKEYSINSLOT and GETKEYSINSLOT" {
        r flushall
        foreach {key slot} {foo 12182 bar 5061 hello 866 {{hello}x} 866 {} 0 {{}x} 10595 123456789 12739} {
            assert_equal $slot [r cluster keyslot $key]
        }
        for {set i 0} {$i < 500} {incr i} { r set "{hello}$i" $i }
        assert_equal 500 [r cluster countkeysinslot 866]
        assert_equal 0 [r cluster countkeysinslot 867]
        assert_equal 500 [llength [lsort -unique [r cluster getkeysinslot 866 1000]]]
        assert_equal 7 [llength [lsort -unique [r cluster getkeysinslot 866 7]]]
        assert_equal {} [r cluster getkeysinslot 866 0]
        foreach {command error} {
            {countkeysinslot 16384}     {ERR Invalid slot}
            {countkeysinslot -1}        {ERR Invalid slot}
            {countkeysinslot x}         {ERR value is not an integer or out of range}
            {getkeysinslot 16384 1}     {ERR Invalid slot or number of keys}
            {getkeysinslot 1 -1}        {ERR Invalid slot or number of keys}
            {getkeysinslot 1 x}         {ERR value is not an integer or out of range}
        } {
            assert_error $error { r cluster {*}$command }
        }
    }

    test "SLOT-STATS" {
        r set bar 1
        assert_equal {{866 {key-count 500}} {867 {key-count 0}}} [r cluster slot-stats slotsrange 866 867]
        assert_equal {{866 {key-count 500}} {5061 {key-count 1}} {0 {key-count 0}}} \
            [r cluster slot-stats orderby key-count limit 3]
        assert_equal {{866 {key-count 500}}} [r cluster slot-stats orderby key-count desc limit 1]
        assert_equal {{0 {key-count 0}} {1 {key-count 0}}} [r cluster slot-stats orderby key-count limit 2 asc]
        assert_equal 8001 [llength [r cluster slot-stats orderby key-count]]
        assert_equal 1 [llength [r cluster slot-stats slotsrange 8000 9000]]
        foreach {command error} {
            {slotsrange 5 4}                    {ERR Start slot number 5 is greater than end slot number 4}
            {slotsrange 0 16384}                {ERR Invalid or out of range slot}
            {slotsrange -1 0}                   {ERR Invalid or out of range slot}
            {slotsrange x 0}                    {ERR Invalid or out of range slot}
            {slotsrange 0 1 2}                  {ERR syntax error}
            {orderby nonsense}                  {ERR Unrecognized sort metric for ORDERBY.}
            {orderby key-count limit 0}         {ERR Limit has to lie in between 1 and 16384*}
            {orderby key-count limit 16385}     {ERR Limit has to lie in between 1 and 16384*}
            {orderby key-count limit}           {ERR syntax error}
            {orderby key-count asc desc}        {ERR syntax error}
            {nonsense x}                        {ERR unknown subcommand or wrong number of arguments for 'slot-stats'*}
        } {
            assert_error $error { r cluster slot-stats {*}$command }
        }
        r flushall
    }

    test "What edits a cluster that gossips is refused" {
        foreach command {{meet 127.0.0.1 7000} {addslots 1} {addslotsrange 1 2} {delslots 1} {delslotsrange 1 2}
                         {flushslots} {setslot 1 stable} {failover} {forget x} {replicate x} {reset hard}
                         {set-config-epoch 3} {bumpepoch}} {
            assert_error "ERR CLUSTER [lindex $command 0] is for nodes that gossip: here the slot map comes from CLUSTER SETMAP" {
                r cluster {*}$command
            }
        }
        assert_equal OK [r cluster saveconfig]
        assert_equal OK [r asking]
        assert_equal OK [r readonly]
        assert_equal r [client_line_field [r client info] flags]
        assert_equal OK [r readwrite]
        assert_equal N [client_line_field [r client info] flags]
        assert_match {*SETMAP*} [r cluster help]
    }

    test "A replica answers reads after READONLY" {
        set epoch [cluster_field cluster_current_epoch]
        r set hello world
        r cluster setmap "epoch [incr epoch]\nshard mine 127.0.0.1:1 0-8000\nshard other 127.0.0.1:2 8001-16383\nreplica mine 127.0.0.1:[srv port]"
        assert_match {*myself,slave*} [r cluster nodes]
        assert_error {MOVED 866 127.0.0.1:1} { r get hello }
        r readonly
        assert_equal world [r get hello]
        assert_equal 1 [r dbsize]
        assert_error {MOVED 866 127.0.0.1:1} { r set hello 1 }
        assert_error {MOVED 12182 127.0.0.1:2} { r get foo }
        r multi
        r get hello
        assert_equal {world} [r exec]
        r multi
        r get hello
        assert_error {MOVED 866 127.0.0.1:1} { r set hello 1 }
        assert_error {EXECABORT*} { r exec }
        r readwrite
        assert_error {MOVED 866 127.0.0.1:1} { r get hello }
        r cluster setmap [slot_map [incr epoch] 0-8000 8001-16383]
        r del hello
    }

    test "Who this server is can be announced" {
        set epoch [cluster_field cluster_current_epoch]
        r config set cluster-announce-ip 192.0.2.7
        assert_equal 0 [cluster_field cluster_my_slots]
        assert_match "* 192.0.2.7:[srv port]@0 myself,master - 0 0 0 connected*" [r cluster nodes]
        assert_error "MOVED 866 127.0.0.1:[srv port]" { r get hello }
        r cluster setmap "epoch [incr epoch]\nshard mine 192.0.2.7:[srv port] 0-16382\nshard two 127.0.0.1:[srv port] 16383"
        assert_equal 16383 [cluster_field cluster_my_slots]
        r config set cluster-announce-ip "" cluster-announce-hostname Mine.example.com cluster-announce-port 77
        assert_equal 0 [cluster_field cluster_my_slots]
        r cluster setmap "epoch [incr epoch]\nshard mine mine.example.com:77 0-16382\nshard two 127.0.0.1:[srv port] 16383"
        assert_equal 16383 [cluster_field cluster_my_slots]
        r config set cluster-announce-hostname "" cluster-announce-port 0
        assert_equal 1 [cluster_field cluster_my_slots]
        set_map 0-8000 8001-16383
        assert_error {*Hostnames may only contain*} { r config set cluster-announce-hostname "a b" }
    }

    test "The map, and what is in the slots, outlive a restart" {
        r set hello 1
        r set bar 2
        r select 3
        r set hello 3
        r select 9
        set_map 1000-8000 0-999,8001-16383
        set nodes [r cluster nodes]
        set digest [debug_digest]
        assert_equal OK [r save]
        r config set appendonly yes
        waitForBgrewriteaof r
        r set bar 4
        set digest [debug_digest]
        assert_equal OK [r debug reload]
        assert_equal $digest [debug_digest]
        r config set appendonly yes
        r config rewrite
        restart_server 0 true false
        wait_done_loading r
        assert_equal $nodes [r cluster nodes]
        assert_equal $digest [debug_digest]
        assert_equal 4 [r get bar]
        assert_equal 2 [cluster_field cluster_kept_keys]
        assert_error {MOVED 866 127.0.0.1:1} { r get hello }
        set_map 0-16383 ""
        assert_equal 1 [r get hello]
        r config set appendonly no
        r flushall
    } {OK} {needs:debug}

    test "Many keys in many slots expire, are scanned, and go" {
        for {set i 0} {$i < 5000} {incr i} {
            r set key:$i $i
            if {$i % 2} { r pexpireat key:$i [expr {[clock milliseconds] + 300}] }
        }
        wait_for_condition 200 20 { [r dbsize] == 2500 } else { fail "[r dbsize] keys are left of 2500" }
        assert_equal 0 [regexp {expires=[1-9]} [r info keyspace]]
        set seen {}
        set cursor 0
        while 1 {
            lassign [r scan $cursor count 100] cursor keys
            lappend seen {*}$keys
            if {$cursor == 0} break
        }
        assert_equal 2500 [llength [lsort -unique $seen]]
        assert_equal 2500 [llength [r keys *]]
        set drawn {}
        for {set i 0} {$i < 200} {incr i} { lappend drawn [r randomkey] }
        assert_morethan [llength [lsort -unique $drawn]] 100
        r flushall
        assert_equal 0 [r dbsize]
    }

    test "Eviction draws from all slots" {
        r config set maxmemory-policy allkeys-lru
        for {set i 0} {$i < 2000} {incr i} { r set key:$i [string repeat x 1000] }
        set limit [expr {[s used_memory] - 500000}]
        r config set maxmemory $limit
        for {set i 0} {$i < 200} {incr i} { r set more:$i [string repeat x 1000] }
        # what INFO needs for itself is on top
        wait_for_condition 200 20 { [s used_memory] <= $limit + 100000 } else { fail "nothing is evicted" }
        assert_morethan [s evicted_keys] 300
        r config set maxmemory 0
        r flushall
    }
}

start_server {overrides {cluster-enabled yes save "" cluster-map somewhere.map} tags {cluster torc external:skip}} {
    test "A map that cannot be written is not taken" {
        file mkdir [file join [srv folder] somewhere.map.rewrite.tmp]
        assert_error {ERR The slot map could not be written to */somewhere.map: *} {
            r cluster setmap [slot_map 1 0-8000 8001-16383]
        }
        assert_equal 0 [cluster_field cluster_current_epoch]
        file delete [file join [srv folder] somewhere.map.rewrite.tmp]
        assert_equal OK [r cluster setmap [slot_map 1 0-8000 8001-16383]]
        assert_equal 1 [file exists [file join [srv folder] somewhere.map]]
    }
}
