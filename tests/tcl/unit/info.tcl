# INFO: sections, fields, and numbers that are true.

proc sections_of {text} {
    set names {}
    foreach line [split $text "\r\n"] { if {[regexp {^# (.*)$} $line -> name]} { lappend names $name } }
    return $names
}

start_server {tags {info}} {
    test "The sections and their order" {
        assert_equal {Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace} \
            [sections_of [r info]]
        assert_equal [sections_of [r info]] [sections_of [r info default]]
        foreach name {Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster Keyspace} {
            assert {$name in [sections_of [r info all]]}
            assert {$name in [sections_of [r info everything]]}
        }
        assert_equal {Server} [sections_of [r info server]]
        assert_equal {Server CPU} [sections_of [r info CPU Server]]
        assert_equal {Server CPU} [sections_of [r info cpu server cpu nosuch]]
        assert_equal {} [sections_of [r info nosuch]]
        assert {"Commandstats" in [sections_of [r info default commandstats]]}
    }

    foreach {section fields} {
        server {redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits monotonic_clock
            multiplexing_api atomicvar_api gcc_version process_id process_supervised run_id tcp_port server_time_usec
            uptime_in_seconds uptime_in_days hz configured_hz lru_clock executable config_file io_threads_active}
        clients {connected_clients cluster_connections maxclients client_recent_max_input_buffer
            client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table}
        memory {used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak
            used_memory_peak_human used_memory_peak_perc used_memory_overhead used_memory_startup used_memory_dataset
            used_memory_dataset_perc allocator_allocated allocator_active allocator_resident total_system_memory
            total_system_memory_human used_memory_lua used_memory_vm_eval used_memory_scripts_eval number_of_cached_scripts
            number_of_functions number_of_libraries maxmemory maxmemory_human maxmemory_policy allocator_frag_ratio
            allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio rss_overhead_bytes
            mem_fragmentation_ratio mem_fragmentation_bytes mem_not_counted_for_evict mem_replication_backlog
            mem_total_replication_buffers mem_clients_slaves mem_clients_normal mem_cluster_links mem_aof_buffer
            mem_allocator active_defrag_running lazyfree_pending_objects lazyfreed_objects}
        persistence {loading async_loading current_cow_peak current_cow_size current_cow_size_age current_fork_perc
            current_save_keys_processed current_save_keys_total rdb_changes_since_last_save rdb_bgsave_in_progress
            rdb_last_save_time rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec rdb_saves
            rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_enabled aof_rewrite_in_progress
            aof_rewrite_scheduled aof_last_rewrite_time_sec aof_current_rewrite_time_sec aof_last_bgrewrite_status
            aof_rewrites aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size
            module_fork_in_progress module_fork_last_cow_size}
        stats {total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
            total_net_output_bytes total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps
            instantaneous_output_kbps instantaneous_input_repl_kbps instantaneous_output_repl_kbps rejected_connections
            sync_full sync_partial_ok sync_partial_err expired_keys expired_stale_perc expired_time_cap_reached_count
            expire_cycle_cpu_milliseconds evicted_keys evicted_clients total_eviction_exceeded_time
            current_eviction_exceeded_time keyspace_hits keyspace_misses pubsub_channels pubsub_patterns
            pubsubshard_channels latest_fork_usec total_forks migrate_cached_sockets slave_expires_tracked_keys
            active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses
            total_active_defrag_time current_active_defrag_time tracking_total_keys tracking_total_items
            tracking_total_prefixes unexpected_error_replies total_error_replies dump_payload_sanitizations
            total_reads_processed total_writes_processed io_threaded_reads_processed io_threaded_writes_processed
            reply_buffer_shrinks reply_buffer_expands}
        replication {role connected_slaves master_failover_state master_replid master_replid2 master_repl_offset
            second_repl_offset repl_backlog_active repl_backlog_size repl_backlog_first_byte_offset repl_backlog_histlen}
        cpu {used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children used_cpu_sys_main_thread
            used_cpu_user_main_thread}
        cluster {cluster_enabled}
    } {
        test "Fields of $section" {
            set missing {}
            set text [r info $section]
            foreach field $fields { if {[string first "\n$field:" $text] < 0} { lappend missing $field } }
            set missing
        } {}
    }

    test "Fields that came with 7.2" {
        set missing {}
        set text [r info everything]
        foreach field {listener0 eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum
            instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec acl_access_denied_auth
            acl_access_denied_cmd acl_access_denied_key acl_access_denied_channel total_blocking_keys
            total_blocking_keys_on_nokey} {
            if {[string first "\n$field:" $text] < 0} { lappend missing $field }
        }
        set missing
    } {} {since:7.2}

    test "Fields of Torc" {
        set missing {}
        set text [r info everything]
        foreach field {torc_version io_engine io_engine_reason keyspace_chain_max turn_max_usec turn_max_cpu_usec
            turn_max_command turns_over_5ms} {
            if {[string first "\n$field:" $text] < 0} { lappend missing $field }
        }
        set missing
    } {} {torc}

    test "The engine is one that exists, and the one asked for" {
        set engine [s io_engine]
        assert {$engine in {io_uring epoll}}
        if {$::engine in {io_uring epoll}} { assert_equal $::engine $engine }
        string length [s io_engine_reason]
    } {[1-9]*} {torc}

    test "What identifies a server" {
        set text [r info server]
        assert_match {[0-9]*.[0-9]*.[0-9]*} [info_field $text redis_version]
        assert_equal 40 [string length [info_field $text run_id]]
        assert {[string is xdigit [info_field $text run_id]]}
        assert_equal standalone [info_field $text redis_mode]
        assert_range [info_field $text server_time_usec] {([clock seconds] - 2) * 1000000} {([clock seconds] + 2) * 1000000}
        if {!$::external} {
            assert_equal [srv pid] [info_field $text process_id]
            assert_equal [srv port] [info_field $text tcp_port]
            assert_equal [srv config_file] [info_field $text config_file]
        }
    } {}

    test "Hits and misses are counted" {
        r config resetstat
        r flushdb
        r set k v
        r hset h f v
        foreach command {{get k} {get k} {get nothing} {hget h f} {hget nothing f} {strlen k} {exists k} {exists nothing} {ttl k} {type nothing}} {
            r {*}$command
        }
        list [s keyspace_hits] [s keyspace_misses]
    } {6 4}

    test "Writes do not count as hits or misses" {
        r config resetstat
        r set a 1
        r incr a
        r append a x
        r del a nothing
        list [s keyspace_hits] [s keyspace_misses]
    } {0 0}

    test "Commands are counted, each by its own name" {
        r config resetstat
        for {set i 0} {$i < 7} {incr i} { r set k $i }
        r get k
        catch { r incr nothing extra }
        catch { r hget k f }
        assert_match "calls=7,usec=*,usec_per_call=*,rejected_calls=0,failed_calls=0" [cmdrstat set r]
        assert_match "calls=1,usec=*,usec_per_call=*,rejected_calls=0,failed_calls=0" [cmdrstat get r]
        assert_match "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0" [cmdrstat incr r]
        assert_match "calls=1,usec=*,usec_per_call=*,rejected_calls=0,failed_calls=1" [cmdrstat hget r]
        r client id
        assert_match "calls=1,*" [cmdrstat client\\|id r]
        assert_equal "" [cmdrstat nosuch r]
        assert_match "calls=1,*" [cmdrstat config\\|resetstat r]
    }

    test "Errors are counted, each by its prefix" {
        r config resetstat
        catch { r nosuch }
        catch { r set }
        r set k v
        catch { r hget k f }
        assert_equal "count=2" [errorrstat ERR r]
        assert_equal "count=1" [errorrstat WRONGTYPE r]
        assert_equal 3 [s total_error_replies]
        r config resetstat
        assert_equal "" [errorrstat ERR r]
        s total_error_replies
    } {0}

    test "A command that fails in EXEC is counted once, for itself" {
        r config resetstat
        r set s text
        r multi
        r incr s
        r get s
        catch { r exec }
        assert_equal "count=1" [errorrstat ERR r]
        assert_equal 1 [s total_error_replies]
        assert_match "calls=1,*,rejected_calls=0,failed_calls=1" [cmdrstat incr r]
        assert_match "calls=1,*,rejected_calls=0,failed_calls=0" [cmdrstat exec r]
        assert_match "calls=1,*,rejected_calls=0,failed_calls=0" [cmdrstat get r]
    }

    test "Latencies are kept by command" {
        r config resetstat
        r set k v
        assert_match "p50=*,p99=*,p99.9=*" [latencyrstat_percentiles set r]
        r config set latency-tracking no
        assert_equal "" [latencyrstat_percentiles set r]
        r config set latency-tracking yes
        r config set latency-tracking-info-percentiles "0 100"
        r set k v
        assert_match "p0=*,p100=*" [latencyrstat_percentiles set r]
        r config set latency-tracking-info-percentiles "50 99 99.9"
    } {OK}

    test "Bytes in and out are counted" {
        set before [s total_net_input_bytes]
        set before_out [s total_net_output_bytes]
        r set big [string repeat x 100000]
        r get big
        assert_morethan [s total_net_input_bytes] [expr {$before + 100000}]
        assert_morethan [s total_net_output_bytes] [expr {$before_out + 100000}]
    }

    test "Memory follows the data" {
        r flushall sync
        set empty [s used_memory]
        r set big [string repeat x 1000000]
        set full [s used_memory]
        # the client's buffers may hold it once more, and what earlier tests left may go meanwhile
        assert_range [expr {$full - $empty}] 800000 2500000
        assert_morethan_equal [s used_memory_peak] $full
        r del big
        # receive buffers that the loop has learned to need stay
        wait_for_condition 100 20 { [s used_memory] < $empty + 700000 } else { fail "the memory does not come back" }
        assert_match {*[KMG]} [s used_memory_human]
        assert_match {*%} [s used_memory_peak_perc]
    }

    test "Changes are counted" {
        r config set save ""
        set before [s rdb_changes_since_last_save]
        r set k v
        r del k nothing
        r get k
        r mset a 1 b 2
        expr {[s rdb_changes_since_last_save] - $before}
    } {4}

    test "The keyspace section has a line for each database in use" {
        r flushall
        foreach db {0 3 9} {
            r select $db
            r mset a 1 b 2
        }
        r expire a 100
        assert_match "*db0:keys=2,expires=0,avg_ttl=0*db3:keys=2,*db9:keys=2,expires=1,avg_ttl=*" [r info keyspace]
        r flushall
        r select $::dbnum
        r info keyspace
    } {# Keyspace*} {singledb:skip}

    test "CONFIG RESETSTAT resets" {
        r get nothing
        r config resetstat
        list [s keyspace_misses] [s expired_keys] [s rejected_connections] [cmdrstat get r]
    } {0 0 0 {}}

    test "INFO is verbatim text in RESP3" {
        r hello 3
        r readraw 1
        set head [r info server]
        reconnect
        string index $head 0
    } {=}

    test "Turns and chains are measured" {
        r config resetstat
        r flushall
        populate 10000
        assert_range [s keyspace_chain_max] 1 8
        assert_morethan [s turn_max_usec] 0
        assert_morethan [string length [s turn_max_command]] 0
    } {} {torc}
}
