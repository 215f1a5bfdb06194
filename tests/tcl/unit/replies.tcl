# The types of replies, in both versions of the protocol: what a client library builds its own types from.

# The types of a reply as a tree without values: {array bulk null}, {map bulk number}; elements of equal type are one.
proc shape {tree} {
    lassign $tree type value
    if {$type ni {array map set push}} { return $type }
    set inner {}
    foreach element $value {
        set one [shape $element]
        if {$one ni $inner} { lappend inner $one }
    }
    return [list $type {*}$inner]
}

start_server {tags {replies}} {
    r flushdb
    r mset s text n 1
    r hset h f v g w
    r set soon v ex 100
    r sadd members a b 1

    # command, its type in RESP2, in RESP3
    set table {
        {ping}                          simple          simple
        {ping x}                        bulk            bulk
        {echo x}                        bulk            bulk
        {get s}                         bulk            bulk
        {get nothing}                   null            null
        {set x y}                       simple          simple
        {set x y nx}                    null            null
        {set x y get}                   bulk            bulk
        {getex nothing}                 null            null
        {getdel nothing}                null            null
        {getset nothing2 v}             null            null
        {mget s nothing h}              {array bulk null}   {array bulk null}
        {mset a 1}                      simple          simple
        {msetnx a 1}                    number          number
        {incr n}                        number          number
        {incrbyfloat n 1}               bulk            bulk
        {append s x}                    number          number
        {strlen nothing}                number          number
        {getrange nothing 0 1}          bulk            bulk
        {setrange s 0 x}                number          number
        {lcs s s}                       bulk            bulk
        {lcs s s len}                   number          number
        {lcs s s idx}                   {array bulk {array {array {array number}}} number}  {map bulk {array {array {array number}}} number}
        {getbit s 0}                    number          number
        {bitcount s}                    number          number
        {bitop not d s}                 number          number
        {bitfield s get u8 0 overflow fail incrby u1 0 5}   {array number null} {array number null}
        {bitfield_ro s get u8 0}        {array number}  {array number}
        {hget h f}                      bulk            bulk
        {hget h nothing}                null            null
        {hset h f v}                    number          number
        {hmset h f v}                   simple          simple
        {hmget h f nothing}             {array bulk null}   {array bulk null}
        {hgetall h}                     {array bulk}    {map bulk}
        {hgetall nothing}               array           map
        {hkeys h}                       {array bulk}    {array bulk}
        {hvals h}                       {array bulk}    {array bulk}
        {sadd members a b 1}            number          number
        {sismember members a}           number          number
        {smismember members a x}        {array number}  {array number}
        {smembers members}              {array bulk}    {set bulk}
        {smembers nothing}              array           set
        {sinter members members}        {array bulk}    {set bulk}
        {sinter members nothing}        array           set
        {sunion members}                {array bulk}    {set bulk}
        {sunion nothing}                array           set
        {sdiff members nothing}         {array bulk}    {set bulk}
        {sdiff members members}         array           set
        {sintercard 1 members}          number          number
        {srandmember members}           bulk            bulk
        {srandmember members 2}         {array bulk}    {array bulk}
        {srandmember nothing 2}         array           array
        {srandmember nothing}           null            null
        {spop nothing}                  null            null
        {spop nothing 1}                array           set
        {spop members 1}                {array bulk}    {set bulk}
        {spop members}                  bulk            bulk
        {sscan members 0}               {array bulk {array bulk}}   {array bulk {array bulk}}
        {hrandfield h}                  bulk            bulk
        {hrandfield nothing}            null            null
        {hrandfield h 2}                {array bulk}    {array bulk}
        {hrandfield nothing 2}          array           array
        {hrandfield h 2 withvalues}     {array bulk}    {array {array bulk}}
        {hincrby h n 1}                 number          number
        {hincrbyfloat h n 1}            bulk            bulk
        {hscan h 0}                     {array bulk {array bulk}}   {array bulk {array bulk}}
        {hstrlen h f}                   number          number
        {scan 0 count 100}              {array bulk {array bulk}}   {array bulk {array bulk}}
        {keys *}                        {array bulk}    {array bulk}
        {randomkey}                     bulk            bulk
        {type s}                        simple          simple
        {exists s}                      number          number
        {expire s 100}                  number          number
        {ttl s}                         number          number
        {persist s}                     number          number
        {rename s s}                    simple          simple
        {renamenx s s}                  number          number
        {copy s s2}                     number          number
        {touch s}                       number          number
        {dbsize}                        number          number
        {object encoding s}             bulk            bulk
        {object encoding nothing}       null            null
        {object refcount s}             number          number
        {object help}                   {array simple}  {array simple}
        {time}                          {array bulk}    {array bulk}
        {lolwut}                        bulk            verbatim
        {info server}                   bulk            verbatim
        {client list}                   bulk            verbatim
        {client info}                   bulk            verbatim
        {client id}                     number          number
        {client getname}                null            null
        {client setname x}              simple          simple
        {client kill id 99999}          number          number
        {config get maxclients}         {array bulk}    {map bulk}
        {config get nosuch}             array           map
        {config resetstat}              simple          simple
        {command count}                 number          number
        {command list filterby pattern get}     {array bulk}    {array bulk}
        {command getkeys get k}         {array bulk}    {array bulk}
        {command getkeysandflags get k} {array {array bulk {array simple}}} {array {array bulk {set simple}}}
        {command info get}              array           set
        {command info nosuch}           {array null}    {array null}
        {pubsub channels}               array           array
        {pubsub numsub x}               {array bulk number} {array bulk number}
        {pubsub numpat}                 number          number
        {publish x y}                   number          number
        {watch s}                       simple          simple
        {unwatch}                       simple          simple
        {nosuch}                        error           error
        {hget s f}                      error           error
        {debug digest}                  simple          simple
        {debug digest-value s}          {array simple}  {array simple}
    }
    foreach version {2 3} {
        test "Types of replies in RESP$version" {
            set c [redis_client]
            $c hello $version
            proc keep_shape {words tree} { set ::last_shape [shape $tree] }
            set wrong {}
            foreach {command two three} $table {
                set ::resp_reply_hook keep_shape
                catch { $c {*}$command }
                set ::resp_reply_hook ""
                set expected [expr {$version == 2 ? $two : $three}]
                if {[lindex $command 0] eq "command" && [lindex $command 1] eq "info" && [lindex $command 2] eq "get"} {
                    # its specs nest deeply: the flags are what differs
                    set ::last_shape [lindex [lindex [lindex $::last_shape 1] 3] 0]
                }
                if {$::last_shape ne $expected} { lappend wrong "$command: $::last_shape, expected $expected" }
            }
            $c close
            r del x nothing2 s2 d
            r mset s text n 1
            join $wrong \n
        } {} {needs:debug}
    }

    foreach version {2 3} {
        test "Types of pub/sub confirmations and messages in RESP$version" {
            set shapes {}
            set rd [redis_deferring_client]
            $rd hello $version
            $rd read
            foreach words {{subscribe c} {psubscribe p*} {ssubscribe s} {unsubscribe c} {punsubscribe} {sunsubscribe} {unsubscribe}} {
                $rd {*}$words
                lappend shapes [shape [resp::typed [regsub {.*_} $rd ""] [$rd channel]]]
            }
            $rd close
            set kind [expr {$version == 2 ? "array" : "push"}]
            assert_equal [list {*}[lrepeat 6 [list $kind bulk number]] [list $kind bulk null number]] $shapes
        }
    }

    test "EXEC's array holds each command's own type, in both versions" {
        foreach {version expected} {
            2 {array simple bulk number null {array bulk} error}
            3 {array simple bulk number null {map bulk} error}
        } {
            set c [redis_client]
            $c hello $version
            foreach command {multi {set s v} {get s} {incr n} {get nothing} {hgetall h} {incr s}} { $c {*}$command }
            proc keep_shape {words tree} { set ::last_shape [shape $tree] }
            set ::resp_reply_hook keep_shape
            catch { $c exec }
            set ::resp_reply_hook ""
            assert_equal $expected $::last_shape
            $c close
        }
    }
}
