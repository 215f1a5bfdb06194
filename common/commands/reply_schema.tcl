# Holds replies against the schemas of the command specs, for test clients in Tcl.
#
#   reply_schema::load                      reads all schemas, through gen.py
#   reply_schema::misfit WORDS TREE         "" or why the reply does not fit the command: WORDS are its words, TREE is
#                                           the reply as {type value}, aggregates hold trees, a map flat ones
#
# Types: simple error number bulk null array map set push double boolean bignum verbatim bulkerror. A tree does not tell
# its protocol, so what RESP2 shows in another type fits in either. reply_schema.py has the notation.

namespace eval reply_schema {
    variable schemas            ;# full name -> schema as a list: its kind, then its parts
    array set schemas {}
    variable containers         ;# name -> 1 for commands with subcommands
    array set containers {}
    variable generator [file join [file dirname [file normalize [info script]]] gen.py]
}

proc reply_schema::load {} {
    variable schemas
    variable containers
    variable generator
    foreach {name has_subs schema} [exec python3 $generator --tcl] {
        if {$has_subs} { set containers($name) 1 }
        if {$schema ne ""} { set schemas($name) $schema }
    }
}

proc reply_schema::misfit {words tree} {
    variable schemas
    variable containers
    set name [string tolower [lindex $words 0]]
    if {[info exists containers($name)] && [llength $words] > 1} {
        set sub "$name|[string tolower [lindex $words 1]]"
        if {[info exists schemas($sub)]} { set name $sub }
    }
    if {![info exists schemas($name)]} { return "" }
    lassign $tree type value
    if {$type in {error bulkerror} || ($type eq "simple" && $value eq "QUEUED")} { return "" }
    check $schemas($name) $type $value
}

# "" or why a value of this type does not fit.
proc reply_schema::check {schema type value} {
    set kind [lindex $schema 0]
    set wrong "$kind expected, not $type [string range $value 0 80]"
    switch $kind {
        any { return "" }
        resp2 - resp3 { return [check [lindex $schema 1] $type $value] }
        or {
            foreach option [lindex $schema 1] {
                if {[check $option $type $value] eq ""} { return "" }
            }
            return "none of its alternatives fits $type [string range $value 0 80]"
        }
        simple - bulk {
            if {$type ne $kind} { return $wrong }
            if {[llength $schema] > 1 && $value ne [lindex $schema 1]} { return $wrong }
            return ""
        }
        verbatim { return [expr {$type in {verbatim bulk} ? "" : $wrong}] }
        int {
            if {$type ne "number"} { return $wrong }
            return [within [lrange $schema 1 2] $value]
        }
        double {
            set number [expr {[string is double -strict $value] || $value in {inf -inf nan}}]
            return [expr {$type in {double bulk} && $number ? "" : $wrong}]
        }
        bool { return [expr {$type in {boolean number} ? "" : $wrong}] }
        null - null-array { return [expr {$type eq "null" ? "" : $wrong}] }
        nothing { return $wrong }
        push {
            if {$type ni {push array}} { return $wrong }
            return [check [lindex $schema 1] array $value]
        }
        set - array {
            if {$type ne $kind && $type ne "array"} { return $wrong }
            foreach item $value {
                set why [check [lindex $schema 1] {*}$item]
                if {$why ne ""} { return $why }
            }
            return [within [lrange $schema 2 3] [llength $value]]
        }
        tuple { return [check_tuple [lindex $schema 1] $type $value $wrong] }
        pairs { return [check_pairs [lrange $schema 1 2] $type $value $wrong] }
        map - record {
            if {$type ne "map" && ($type ne "array" || [llength $value] % 2)} { return $wrong }
            if {$kind eq "record"} { return [check_record [lindex $schema 1] [lindex $schema 2] $value] }
            foreach {key item} $value {
                set why [check [lindex $schema 1] {*}$key]
                if {$why eq ""} { set why [check [lindex $schema 2] {*}$item] }
                if {$why ne ""} { return $why }
            }
            return ""
        }
    }
    error "unknown schema $schema"
}

# limits: {} or {least most}, either of them "" for none.
proc reply_schema::within {limits number} {
    if {$limits eq ""} { return "" }
    lassign $limits least most
    if {($least ne "" && $number < $least) || ($most ne "" && $number > $most)} {
        return "$number is not within {$limits}"
    }
    return ""
}

proc reply_schema::check_tuple {schemas type value wrong} {
    if {$type ne "array" || [llength $value] != [llength $schemas]} { return $wrong }
    foreach schema $schemas item $value {
        set why [check $schema {*}$item]
        if {$why ne ""} { return $why }
    }
    return ""
}

# RESP3: a list of pairs; RESP2: their parts in a row.
proc reply_schema::check_pairs {schemas type value wrong} {
    if {$type ne "array"} { return $wrong }
    set nested [expr {[llength $value] > 0}]
    foreach item $value {
        if {[lindex $item 0] ne "array"} { set nested 0 }
    }
    if {!$nested && [llength $value] % 2} { return $wrong }
    set at 0
    foreach item $value {
        if {$nested} {
            set why [check_tuple $schemas {*}$item $wrong]
        } else {
            set why [check [lindex $schemas [expr {$at % 2}]] {*}$item]
        }
        if {$why ne ""} { return $why }
        incr at
    }
    return ""
}

# fields: a list of {name optional schema}; open: whether there may be others.
proc reply_schema::check_record {fields open value} {
    set seen [dict create]
    foreach {key item} $value { dict set seen [lindex $key 1] $item }
    foreach field $fields {
        lassign $field name optional schema
        if {![dict exists $seen $name]} {
            if {!$optional} { return "field $name is missing" }
            continue
        }
        set why [check $schema {*}[dict get $seen $name]]
        if {$why ne ""} { return "$name: $why" }
        dict unset seen $name
    }
    if {!$open && [dict size $seen]} { return "unknown fields [dict keys $seen]" }
    return ""
}
