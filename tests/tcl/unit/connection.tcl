# Connections: PING to QUIT, HELLO, AUTH, RESET, and everything of CLIENT that exists so far.

set ::not_integer {-ERR value is not an integer or out of range}
set ::syntax {-ERR syntax error}

start_server {tags {connection}} {
    test "PING, ECHO, TIME, LOLWUT" {
        assert_replies {
            {ping}              PONG
            {ping hello}        hello
            {ping ""}           {}
            {ping a b}          {-ERR wrong number of arguments for 'ping' command}
            {echo hello}        hello
            {echo ""}           {}
            {echo}              {-ERR wrong number of arguments for 'echo' command}
            {lolwut}            ~*ver.*
            {lolwut version 5}  ~*ver.*
        }
        lassign [r time] seconds microseconds
        assert_range $seconds [expr {[clock seconds] - 2}] [expr {[clock seconds] + 2}]
        assert_range $microseconds 0 999999
    }

    test "an argument on its way counts as what has come of it, and as room" {
        set rd [redis_deferring_client]
        $rd client setname sender
        $rd read
        $rd write "*3\r\n\$3\r\nset\r\n\$3\r\nbig\r\n\$1000000\r\n[string repeat x 300000]"
        $rd flush
        proc sender {field} {
            foreach line [split [r client list] "\n"] {
                if {[client_line_field $line name] eq "sender"} { return [client_line_field $line $field] }
            }
        }
        wait_for_condition 100 20 { [sender qbuf] >= 300000 } else { fail "qbuf is [sender qbuf]" }
        assert_range [sender qbuf] 300000 300100
        assert_range [sender qbuf-free] 700000 900000
        assert_range [sender tot-mem] 1000000 1300000
        $rd write "[string repeat x 700000]\r\n"
        $rd flush
        assert_equal OK [$rd read]
        assert_equal {0 0} [list [sender qbuf] [sender qbuf-free]]
        $rd close
        r del big
    } {1} {torc}

    test "QUIT answers and closes, what follows is not run" {
        set rd [redis_deferring_client]
        $rd write [format_command quit][format_command set quit run]
        $rd flush
        assert_equal OK [$rd read]
        assert_error "I/O error*" { $rd read }
        r exists quit
    } {0}

    test "HELLO" {
        set c [redis_client]
        set hello [$c hello]
        assert_equal {server version proto id mode role modules} [dict keys $hello]
        assert_equal redis [dict get $hello server]
        assert_equal 2 [dict get $hello proto]
        assert_equal [$c client id] [dict get $hello id]
        assert_equal {standalone master} [list [dict get $hello mode] [dict get $hello role]]
        assert_equal $::redis_version [dict get $hello version]
        assert_equal 3 [dict get [$c hello 3] proto]
        assert_equal 3 [dict get [$c hello] proto]
        $c hello 3 setname bob
        assert_equal bob [$c client getname]
        assert_equal 2 [dict get [$c hello 2] proto]
        assert_equal bob [$c client getname]
        assert_replies {
            {hello 1}               {-NOPROTO unsupported protocol version}
            {hello 4}               {-NOPROTO unsupported protocol version}
            {hello x}               {-ERR Protocol version is not an integer or out of range}
            {hello 3 nosuch}        {-ERR Syntax error in HELLO option 'nosuch'}
            {hello 3 setname}       {-ERR Syntax error in HELLO option 'setname'}
            {hello 3 auth x}        {-ERR Syntax error in HELLO option 'auth'}
            {hello 3 setname "a b"} {-ERR Client names cannot contain spaces, newlines or special characters.}
            {hello 3 auth nobody x} {-WRONGPASS invalid username-password pair or user is disabled.}
        } $c
        assert_equal 2 [dict get [$c hello] proto]
        $c close
    } {0}

    test "RESET" {
        set c [redis_client]
        $c hello 3
        $c client setname name
        r set k v
        $c select 5
        $c watch k
        $c multi
        assert_equal RESET [$c reset]
        set line [$c client info]
        assert_equal {{} 0 -1 2 N} [list [client_line_field $line name] [client_line_field $line db] \
            [client_line_field $line multi] [client_line_field $line resp] [client_line_field $line flags]]
        r set k w
        $c multi
        $c ping
        assert_equal PONG [$c exec]
        $c close
    } {0} {needs:reset}

    test "AUTH where no password is set" {
        assert_replies {
            {auth x}            {-ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?}
            {auth default x}    OK
            {auth nobody x}     {-WRONGPASS invalid username-password pair or user is disabled.}
            {auth a b c}        $::syntax
            {auth}              {-ERR wrong number of arguments for 'auth' command}
        }
    }

    test "CLIENT ID grows and never repeats" {
        set c [redis_client]
        set first [$c client id]
        $c close
        set c [redis_client]
        set second [$c client id]
        assert_morethan $second $first
        assert_equal $second [$c client id]
        $c close
    } {0}

    test "CLIENT SETNAME and GETNAME" {
        assert_replies {
            {client getname}            {}
            {client setname bob}        OK
            {client getname}            bob
            {client setname "a b"}      {-ERR Client names cannot contain spaces, newlines or special characters.}
            {client setname "a\nb"}     {-ERR Client names cannot contain spaces, newlines or special characters.}
            {client setname "\x01"}     {-ERR Client names cannot contain spaces, newlines or special characters.}
            {client setname "\xff"}     {-ERR Client names cannot contain spaces, newlines or special characters.}
            {client getname}            bob
            {client setname ""}         OK
            {client getname}            {}
        }
    }

    test "CLIENT SETINFO" {
        assert_replies {
            {client setinfo lib-name lib}   OK
            {client setinfo LIB-VER 1.2}    OK
            {client info}                   ~*lib-name=lib*lib-ver=1.2*
            {client setinfo lib-name "a b"} {-ERR lib-name cannot contain spaces, newlines or special characters.}
            {client setinfo lib-ver "a\nb"} {-ERR lib-ver cannot contain spaces, newlines or special characters.}
            {client setinfo nosuch x}       {-ERR Unrecognized option 'nosuch'}
            {client setinfo lib-name}       {-ERR wrong number of arguments for 'client|setinfo' command}
            {client setinfo lib-name ""}    OK
            {client info}                   "~*lib-name= *"
        }
    } {} {since:7.2}

    test "CLIENT INFO has its fields" {
        set line [r client info]
        set names {}
        foreach pair [split [string trim $line]] { lappend names [lindex [split $pair =] 0] }
        foreach name {id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp
            obl oll omem tot-mem events cmd user redir resp} {
            if {$name ni $names} { fail "there is no $name in $line" }
        }
        assert_equal [r client id] [client_line_field $line id]
        assert_equal $::dbnum [client_line_field $line db]
        assert_equal client|info [client_line_field $line cmd]
        assert_equal {default -1 2 N 0 0 -1} [list [client_line_field $line user] [client_line_field $line redir] \
            [client_line_field $line resp] [client_line_field $line flags] [client_line_field $line sub] \
            [client_line_field $line omem] [client_line_field $line multi]]
        assert_match "*:[srv port]" [client_line_field $line laddr]
    } {} {singledb:skip}

    test "CLIENT INFO of 7.2 names the library" {
        r client info
    } {*lib-name=*lib-ver=*} {since:7.2}

    test "CLIENT LIST lists, by type and by id" {
        set c [redis_client]
        $c client setname listed
        set s [redis_deferring_client]
        $s subscribe x
        $s read
        set all [split [string trim [r client list]] \n]
        assert_equal [s connected_clients] [llength $all]
        assert_match "*name=listed*" $all
        assert_equal 1 [llength [split [string trim [r client list type pubsub]] \n]]
        assert_no_match "*sub=1*" [r client list type normal]
        assert_equal "" [r client list type master]
        assert_equal "" [r client list type replica]
        set id [$c client id]
        assert_equal $id [client_line_field [r client list id $id] id]
        assert_equal 2 [llength [split [string trim [r client list id [r client id] $id 999999]] \n]]
        assert_replies {
            {client list type}          $::syntax
            {client list type nosuch}   {-ERR Unknown client type 'nosuch'}
            {client list id}            $::syntax
            {client list id x}          {-ERR Invalid client ID}
            {client list nosuch}        $::syntax
        }
        $c close
        $s close
    } {0}

    test "CLIENT KILL by id, address, type, user, and its refusals" {
        proc victim {} { set c [redis_client]; return [list $c [$c client info]] }
        foreach how {
            {id [client_line_field $line id]}
            {addr [client_line_field $line addr]}
            {addr [client_line_field $line addr] id [client_line_field $line id]}
            {id [client_line_field $line id] user default skipme yes}
        } {
            lassign [victim] c line
            assert_equal 1 [r client kill {*}[subst $how]] $how
            assert_error "I/O error*" { $c ping }
            $c close
        }
        # the old form
        lassign [victim] c line
        assert_equal OK [r client kill [client_line_field $line addr]]
        assert_error "I/O error*" { $c ping }
        $c close
        lassign [victim] c line
        assert_equal 0 [r client kill id [client_line_field $line id] addr 1.2.3.4:5]
        assert_equal 0 [r client kill id [client_line_field $line id] type pubsub]
        assert_equal PONG [$c ping]
        $c close
        assert_replies {
            {client kill 1.2.3.4:5}         {-ERR No such client}
            {client kill id 999999}         0
            {client kill addr 1.2.3.4:5}    0
            {client kill id x}              {-ERR client-id should be greater than 0}
            {client kill id 0}              {-ERR client-id should be greater than 0}
            {client kill type nosuch}       {-ERR Unknown client type 'nosuch'}
            {client kill user nosuch}       {-ERR No such user 'nosuch'}
            {client kill skipme maybe}      $::syntax
            {client kill nosuch x}          $::syntax
            {client kill id 1 addr}         $::syntax
            {client kill}                   {-ERR wrong number of arguments for 'client|kill' command}
        }
    }

    test "CLIENT KILL of oneself answers first" {
        set c [redis_client]
        assert_equal 1 [$c client kill id [$c client id] skipme no]
        assert_error "I/O error*" { $c ping }
        set c2 [redis_client]
        assert_equal 0 [$c2 client kill id [$c2 client id]]
        assert_equal PONG [$c2 ping]
        $c close
        $c2 close
    } {0}

    test "CLIENT KILL LADDR and TYPE" {
        set s [redis_deferring_client]
        $s subscribe x
        $s read
        assert_equal 1 [r client kill type pubsub]
        assert_error "I/O error*" { $s read }
        $s close
        set c [redis_client]
        set laddr [client_line_field [$c client info] laddr]
        assert_morethan_equal [r client kill laddr $laddr] 1
        assert_error "I/O error*" { $c ping }
        $c close
    } {0}

    test "CLIENT REPLY" {
        set rd [redis_deferring_client]
        $rd client reply off
        $rd ping one
        $rd client reply on
        assert_equal OK [$rd read]
        $rd client reply skip
        $rd ping two
        $rd ping three
        assert_equal three [$rd read]
        $rd client reply skip
        $rd client reply on
        assert_equal OK [$rd read]
        $rd client reply nosuch
        assert_error "ERR syntax error" { $rd read }
        $rd client reply off
        $rd nosuch
        $rd client reply skip
        $rd ping four
        $rd ping five
        $rd client reply on
        assert_equal OK [$rd read]
        $rd close
    } {0}

    test "CLIENT NO-EVICT and NO-TOUCH" {
        assert_replies {
            {client no-evict on}        OK
            {client info}               "~* flags=e *"
            {client no-evict off}       OK
            {client info}               "~* flags=N *"
            {client no-evict maybe}     $::syntax
            {client no-evict}           {-ERR wrong number of arguments for 'client|no-evict' command}
        }
    }

    test "CLIENT NO-TOUCH leaves the age of keys alone" {
        r set k v
        assert_replies {
            {client no-touch on}        OK
            {client info}               "~* flags=T *"
            {client no-touch off}       OK
            {client info}               "~* flags=N *"
            {client no-touch maybe}     $::syntax
        }
    } {} {since:7.2}

    test "CLIENT HELP and unknown subcommands" {
        assert_match "*CLIENT <subcommand>*" [r client help]
        assert_replies {
            {client}            {-ERR wrong number of arguments for 'client' command}
            {client nosuch}     {-ERR unknown subcommand 'nosuch'. Try CLIENT HELP.}
        }
    }

    test "Clients come and go, and are counted" {
        set connected [s connected_clients]
        set total [s total_connections_received]
        set clients {}
        for {set i 0} {$i < 50} {incr i} { lappend clients [redis [srv host] [srv port]] }
        foreach c $clients { $c ping }
        assert_equal [expr {$connected + 50}] [s connected_clients]
        assert_equal [expr {$total + 50}] [s total_connections_received]
        foreach c $clients { $c close }
        wait_for_condition 200 10 { [s connected_clients] == $connected } else { fail "closed clients are still counted" }
    }
}

start_server {tags {connection auth external:skip} overrides {requirepass secret}} {
    test "Without the password little is allowed" {
        set c [redis [srv host] [srv port]]
        assert_replies {
            {get k}             {-NOAUTH Authentication required.}
            {ping}              {-NOAUTH Authentication required.}
            {nosuch}            {-ERR unknown command 'nosuch'*}
            {get}               {-ERR wrong number of arguments for 'get' command}
            {hello 3}           {-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO*AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time}
            {auth wrong}        {-WRONGPASS invalid username-password pair or user is disabled.}
            {auth nobody secret} {-WRONGPASS invalid username-password pair or user is disabled.}
            {hello 3 auth default wrong} {-WRONGPASS invalid username-password pair or user is disabled.}
            {reset}             RESET
            {auth secret}       OK
            {ping}              PONG
            {auth default secret} OK
            {reset}             RESET
            {ping}              {-NOAUTH Authentication required.}
            {hello 2 auth default secret setname me} ~*proto*
            {client getname}    me
            {quit}              OK
        } $c
        $c close
    } {0}

    test "The password changes at once for newcomers only" {
        set c [redis [srv host] [srv port]]
        $c auth secret
        assert_equal {requirepass secret} [$c config get requirepass]
        $c config set requirepass other
        assert_equal PONG [$c ping]
        assert_error "WRONGPASS*" { $c auth secret }
        assert_equal OK [$c auth other]
        $c config set requirepass ""
        set d [redis [srv host] [srv port]]
        assert_equal PONG [$d ping]
        $c close
        $d close
    } {0}

    test "A password may hold any byte" {
        set c [redis [srv host] [srv port]]
        # nothing protects it now, see above
        assert_equal OK [$c config set requirepass "a\x00b \r\n\xff"]
        assert_error "WRONGPASS*" { $c auth a }
        assert_equal OK [$c auth "a\x00b \r\n\xff"]
        $c config set requirepass ""
        $c close
    } {0}
}
