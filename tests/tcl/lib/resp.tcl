# A client that speaks RESP2 and RESP3.
#
#   set rd [redis 127.0.0.1 6379 1]     a client; 1 makes it deferred: commands are sent, replies are read by hand
#   $rd set key value                   any word that is not listed below is a command
#   $rd read                            the next reply
#
# One client is one Tcl command. Its own words are
#
#   read        the next reply (in readraw mode: the next line)
#   rawread     what is left of the stream, as bytes, up to its end; or exactly N bytes
#   write       puts bytes into the outgoing buffer, flush sends them
#   channel     the Tcl channel beneath
#   deferred B  readraw B  blocking B
#   attributes  the RESP3 attributes that came with the last reply
#   close       answers 0
#
# How a reply becomes a Tcl value
#
#   simple, bulk, verbatim string    the bytes               number, big number            as the server wrote it
#   double                           a Tcl double: 3.0
#   null (RESP2 or RESP3)            ""                      boolean                       1 or 0
#   array, set, push                 a list                  map                           a list key value key value
#   error                            a Tcl error with the text; inside an array the whole array is consumed first
#
# A channel is binary: an argument is a string of bytes, and characters above \xff lose their upper half.
#
# Reading never hangs for ever: after resp::reply_timeout_ms without a byte it is an error, and the connection is closed.
# A connection that broke is opened anew by the next command, since that is what a test wants after CLIENT KILL.
#
# If ::resp_reply_hook names a command prefix, it is called for every reply that answers a command, with the argument
# list of the command and the reply as a tree of {type value}: {map {{bulk a} {number 1}}}. Replies can be held against
# the command's schema there. Type is one of
#   simple error number bulk null array map set push double boolean bignum verbatim bulkerror
#
# ::resp_coverage counts the commands sent, by name, and by name|subcommand for the commands that are containers;
# ::resp_refused those of them that a client that is not deferred got an error for.

namespace eval resp {
    variable next_id 0
    variable reply_timeout_ms 60000
    variable client            ;# client(N,field): fd host port deferred raw attributes sent
    array set client {}
    variable ready             ;# set by the event loop when a channel is readable
    array set ready {}
    variable own_words {read rawread write flush channel deferred readraw blocking attributes close}
    variable containers {acl client cluster command config debug function latency memory module object pubsub
        script slowlog xgroup xinfo}
    array set ::resp_coverage {}
    array set ::resp_refused {}
}

if {![info exists ::resp_reply_hook]} { set ::resp_reply_hook "" }

# Opens a client. tls asks for the tls package, which a plain run does not need.
proc redis {{host 127.0.0.1} {port 6379} {deferred 0} {tls 0} {tls_options {}} {raw 0}} {
    set id [incr resp::next_id]
    set resp::client($id,host) $host
    set resp::client($id,port) $port
    set resp::client($id,tls) $tls
    set resp::client($id,tls_options) $tls_options
    set resp::client($id,deferred) $deferred
    set resp::client($id,raw) $raw
    set resp::client($id,fd) ""
    set resp::client($id,attributes) {}
    set resp::client($id,sent) {}
    set resp::client($id,matched) 1
    resp::open_channel $id
    interp alias {} ::resp::client_$id {} ::resp::dispatch $id
    return ::resp::client_$id
}

# The bytes of one command; args are its words.
proc format_command {args} {
    set out "*[llength $args]\r\n"
    foreach word $args {
        append out "\$[string length $word]\r\n$word\r\n"
    }
    return $out
}

proc resp::open_channel {id} {
    variable client
    set host $client($id,host)
    if {$client($id,tls)} {
        package require tls
        set fd [::tls::socket {*}$client($id,tls_options) $host $client($id,port)]
    } elseif {[string match "/*" $host]} {
        error "Tcl has no Unix sockets: use redis_cli -s"
    } else {
        set fd [socket $host $client($id,port)]
    }
    fconfigure $fd -translation binary -buffering full -buffersize 65536
    set client($id,fd) $fd
    set client($id,sent) {}
    set client($id,matched) 1
}

proc resp::drop_channel {id} {
    variable client
    variable ready
    if {$client($id,fd) ne ""} {
        unset -nocomplain ready($client($id,fd))
        catch { fconfigure $client($id,fd) -blocking 0 }
        catch { close $client($id,fd) }
    }
    set client($id,fd) ""
    set client($id,sent) {}
}

proc resp::dispatch {id word args} {
    variable client
    variable own_words
    if {![info exists client($id,fd)]} { error "this client was closed" }
    if {$word in $own_words} {
        return [own_$word $id {*}$args]
    }
    if {$client($id,fd) eq ""} { open_channel $id }
    set name [count_command $word $args]
    # what answers what is known only while every command has one answer
    if {$::resp_reply_hook ne ""} { remember $id [list $word {*}$args] }
    set lost [catch {
        puts -nonewline $client($id,fd) [format_command $word {*}$args]
        flush $client($id,fd)
    } why]
    if {$lost} {
        # the server may have said why it closed: that is worth more than "broken pipe"
        if {!$client($id,deferred) && ![catch { own_read $id } said options]} { return $said }
        if {[info exists options] && ![string match "I/O error*" $said]} { return -options $options $said }
        drop_channel $id
        error "I/O error writing to the server: $why"
    }
    if {$client($id,deferred)} { return }
    if {[catch { own_read $id } answer options]} {
        incr ::resp_refused($name)
        return -options $options $answer
    }
    return $answer
}

proc resp::count_command {word words} {
    variable containers
    set name [string tolower $word]
    if {$name in $containers && [llength $words] > 0} {
        append name | [string tolower [lindex $words 0]]
    }
    incr ::resp_coverage($name)
    return $name
}

proc resp::remember {id words} {
    variable client
    switch -nocase -- [lindex $words 0] {
        monitor - subscribe - psubscribe - ssubscribe - unsubscribe - punsubscribe - sunsubscribe - sync - psync {
            set client($id,matched) 0
        }
        client {
            if {[string equal -nocase [lindex $words 1] reply]} { set client($id,matched) 0 }
        }
    }
    lappend client($id,sent) $words
}

proc resp::own_read {id} {
    variable client
    set fd $client($id,fd)
    if {$fd eq ""} { error "I/O error reading reply: the connection is closed" }
    if {$client($id,raw)} { return [line $id $fd] }
    set client($id,attributes) {}
    if {$::resp_reply_hook eq ""} {
        set errors {}
        set value [plain $id $fd errors]
        if {[llength $errors]} { return -code error [lindex $errors 0] }
        return $value
    }
    set tree [typed $id $fd]
    if {$client($id,matched) && [lindex $tree 0] ne "push" && [llength $client($id,sent)]} {
        set words [lindex $client($id,sent) 0]
        set client($id,sent) [lrange $client($id,sent) 1 end]
        {*}$::resp_reply_hook $words $tree
    }
    set errors {}
    set value [flat $tree errors]
    if {[llength $errors]} { return -code error [lindex $errors 0] }
    return $value
}

proc resp::own_rawread {id {count -1}} {
    variable client
    set fd $client($id,fd)
    if {$fd eq ""} { error "I/O error reading reply: the connection is closed" }
    if {$count >= 0} { return [bytes $id $fd $count] }
    set all ""
    while 1 {
        wait_readable $id $fd
        if {[catch { read $fd 1 } part] || $part eq ""} { break }
        append all $part
        set more [chan pending input $fd]
        if {$more > 0} { append all [read $fd $more] }
    }
    drop_channel $id
    return $all
}

proc resp::own_write {id data} {
    variable client
    if {$client($id,fd) eq ""} { open_channel $id }
    set client($id,matched) 0
    puts -nonewline $client($id,fd) $data
}

proc resp::own_flush {id} {
    variable client
    if {$client($id,fd) eq ""} { error "I/O error: the connection is closed" }
    flush $client($id,fd)
}

proc resp::own_channel {id} {
    variable client
    set client($id,matched) 0
    return $client($id,fd)
}

proc resp::own_deferred {id value} {
    variable client
    set client($id,deferred) $value
}

proc resp::own_readraw {id value} {
    variable client
    set client($id,raw) $value
    if {$value} { set client($id,matched) 0 }
}

proc resp::own_blocking {id value} {
    variable client
    fconfigure $client($id,fd) -blocking $value
}

proc resp::own_attributes {id} {
    variable client
    if {![llength $client($id,attributes)]} {
        error "can't read \"attributes\": no such element in array"
    }
    return $client($id,attributes)
}

proc resp::own_close {id} {
    variable client
    drop_channel $id
    array unset client $id,*
    interp alias {} ::resp::client_$id {}
    # tests of the dialect know this result
    return 0
}

# ---- reading

proc resp::wait_readable {id fd} {
    variable ready
    variable reply_timeout_ms
    if {[chan pending input $fd] > 0} { return }
    set ready($fd) waiting
    set timer [after $reply_timeout_ms [list set ::resp::ready($fd) timeout]]
    fileevent $fd readable [list set ::resp::ready($fd) data]
    vwait ::resp::ready($fd)
    after cancel $timer
    catch { fileevent $fd readable {} }
    set state $ready($fd)
    unset -nocomplain ready($fd)
    if {$state eq "timeout"} {
        drop_channel $id
        error "I/O error reading reply: nothing came within $reply_timeout_ms ms"
    }
}

proc resp::line {id fd} {
    wait_readable $id $fd
    if {[catch { gets $fd text } length] || $length < 0} {
        drop_channel $id
        error "I/O error reading reply"
    }
    if {[string index $text end] eq "\r"} { return [string range $text 0 end-1] }
    return $text
}

proc resp::bytes {id fd count} {
    if {[catch { read $fd $count } data] || [string length $data] != $count} {
        drop_channel $id
        error "I/O error reading reply"
    }
    return $data
}

# The usual way: straight to plain values. Errors are collected, so that what follows them is consumed.
proc resp::plain {id fd error_list} {
    variable client
    upvar 1 $error_list errors
    set head [line $id $fd]
    set rest [string range $head 1 end]
    switch -exact -- [string index $head 0] {
        "\$" - "=" - "!" {
            if {$rest < 0} { return "" }
            set value [string range [bytes $id $fd [expr {$rest + 2}]] 0 end-2]
            if {[string index $head 0] eq "="} { return [string range $value 4 end] }
            if {[string index $head 0] eq "!"} { lappend errors $value }
            return $value
        }
        "+" - ":" - "(" { return $rest }
        "," { return [as_double $rest] }
        "-" { lappend errors $rest; return $rest }
        "_" { return "" }
        "#" { return [expr {$rest eq "t"}] }
        "*" - "~" - ">" { set count $rest }
        "%" { set count [expr {2 * $rest}] }
        "|" {
            set pairs {}
            for {set i 0} {$i < 2 * $rest} {incr i} { lappend pairs [plain $id $fd errors] }
            set value [plain $id $fd errors]
            set client($id,attributes) $pairs
            return $value
        }
        default {
            drop_channel $id
            error "Bad protocol, '$head' cannot begin a reply"
        }
    }
    set values {}
    for {set i 0} {$i < $count} {incr i} { lappend values [plain $id $fd errors] }
    return $values
}

# The way with a hook: nothing of the types is lost.
proc resp::typed {id fd} {
    variable client
    set head [line $id $fd]
    set rest [string range $head 1 end]
    switch -exact -- [string index $head 0] {
        "\$" {
            if {$rest < 0} { return {null {}} }
            return [list bulk [string range [bytes $id $fd [expr {$rest + 2}]] 0 end-2]]
        }
        "!" { return [list bulkerror [string range [bytes $id $fd [expr {$rest + 2}]] 0 end-2]] }
        "=" { return [list verbatim [string range [bytes $id $fd [expr {$rest + 2}]] 4 end-2]] }
        "+" { return [list simple $rest] }
        ":" { return [list number $rest] }
        "," { return [list double $rest] }
        "(" { return [list bignum $rest] }
        "-" { return [list error $rest] }
        "_" { return {null {}} }
        "#" { return [list boolean [expr {$rest eq "t"}]] }
        "*" { set type array; set count $rest }
        "~" { set type set; set count $rest }
        ">" { set type push; set count $rest }
        "%" { set type map; set count [expr {2 * $rest}] }
        "|" {
            set pairs {}
            for {set i 0} {$i < 2 * $rest} {incr i} {
                lappend pairs [flat [typed $id $fd] ignored]
            }
            set value [typed $id $fd]
            set client($id,attributes) $pairs
            return $value
        }
        default {
            drop_channel $id
            error "Bad protocol, '$head' cannot begin a reply"
        }
    }
    if {$count < 0} { return {null {}} }
    set values {}
    for {set i 0} {$i < $count} {incr i} { lappend values [typed $id $fd] }
    return [list $type $values]
}

proc resp::flat {tree error_list} {
    upvar 1 $error_list errors
    lassign $tree type value
    switch -- $type {
        array - map - set - push {
            set values {}
            foreach element $value { lappend values [flat $element errors] }
            return $values
        }
        error - bulkerror { lappend errors $value }
        double { return [as_double $value] }
    }
    return $value
}

proc resp::as_double {text} {
    if {[catch { expr {double($text)} } value]} { return $text }
    return $value
}
