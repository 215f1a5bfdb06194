# Bitmaps: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP against a model of strings of 0 and 1, and BITFIELD.

set ::wrong_type {-WRONGTYPE Operation against a key holding the wrong kind of value}
set ::not_integer {-ERR value is not an integer or out of range}
set ::syntax {-ERR syntax error}

# The bits of bytes as text, most significant first.
proc bits_of {bytes} { binary scan $bytes B* bits; return $bits }

start_server {tags {bitops}} {
    test "SETBIT and GETBIT" {
        r del k h n
        r hset h f v
        assert_replies {
            {getbit k 0}            0
            {setbit k 7 1}          0
            {get k}                 "\x01"
            {setbit k 7 1}          1
            {setbit k 0 1}          0
            {get k}                 "\x81"
            {setbit k 0 0}          1
            {getbit k 7}            1
            {getbit k 8}            0
            {getbit k 4294967295}   0
            {setbit k 23 0}         0
            {strlen k}              3
            {set n 123}             OK
            {setbit n 6 1}          0
            {get n}                 323
            {getbit n 0}            0
            {setbit h 0 1}          $::wrong_type
            {getbit h 0}            $::wrong_type
            {setbit k 0 2}          {-ERR bit is not an integer or out of range}
            {setbit k 0 -1}         {-ERR bit is not an integer or out of range}
            {setbit k 0 x}          {-ERR bit is not an integer or out of range}
            {setbit k -1 1}         {-ERR bit offset is not an integer or out of range}
            {setbit k x 1}          {-ERR bit offset is not an integer or out of range}
            {setbit k 4294967296 1} {-ERR bit offset is not an integer or out of range}
            {getbit k -1}           {-ERR bit offset is not an integer or out of range}
            {getbit k 4294967296}   {-ERR bit offset is not an integer or out of range}
        }
        r expire k 100
        r setbit k 1 1
        assert_range [r ttl k] 99 100
    }

    test "BITCOUNT by BYTE and by BIT" {
        r del h
        r set k foobar
        r hset h f v
        assert_replies {
            {bitcount k}                26
            {bitcount k 0 0}            4
            {bitcount k 1 1}            6
            {bitcount k 0 -1}           26
            {bitcount k -2 -1}          7
            {bitcount k 1 1 byte}       6
            {bitcount k 5 30 bit}       17
            {bitcount k 0 -1 bit}       26
            {bitcount k -7 -1 bit}      4
            {bitcount k 3 1}            0
            {bitcount k -1 -3}          0
            {bitcount k 100 200}        0
            {bitcount k -100 0}         4
            {bitcount nothing}          0
            {bitcount nothing 0 -1}     0
            {bitcount k 0}              $::syntax
            {bitcount k 0 1 nosuch}     $::syntax
            {bitcount k 0 1 bit bit}    $::syntax
            {bitcount k a 1}            $::not_integer
            {bitcount k 0 b}            $::not_integer
            {bitcount h}                $::wrong_type
            {bitcount h 0 -1}           $::wrong_type
            {bitcount}                  {-ERR wrong number of arguments for 'bitcount' command}
        }
    }

    test "BITPOS by BYTE and by BIT" {
        r del h empty
        r hset h f v
        r set k "\xff\xf0\x00"
        r set z "\x00\x00"
        r set o "\xff\xff"
        assert_replies {
            {bitpos k 0}                12
            {bitpos k 1}                0
            {bitpos k 1 1}              8
            {bitpos k 1 2}              -1
            {bitpos k 0 2}              16
            {bitpos k 1 -1}             -1
            {bitpos k 0 0 0}            -1
            {bitpos k 0 0 1}            12
            {bitpos k 1 3 10}           -1
            {bitpos k 1 2 1}            -1
            {bitpos k 0 0 -1 bit}       12
            {bitpos k 1 4 -1 bit}       4
            {bitpos k 0 13 15 bit}      13
            {bitpos k 1 12 -1 bit}      -1
            {bitpos k 0 1 1 byte}       12
            {bitpos z 1}                -1
            {bitpos z 0}                0
            {bitpos o 0}                16
            {bitpos o 0 0}              16
            {bitpos o 0 1}              16
            {bitpos o 0 0 -1}           -1
            {bitpos o 0 2}              -1
            {bitpos empty 0}            0
            {bitpos empty 1}            -1
            {bitpos empty 0 5 6}        0
            {bitpos k 2}                {-ERR The bit argument must be 1 or 0.}
            {bitpos k x}                $::not_integer
            {bitpos k 1 a}              $::not_integer
            {bitpos k 1 0 b}            $::not_integer
            {bitpos k 1 0 1 nosuch}     $::syntax
            {bitpos k 1 0 1 bit more}   $::syntax
            {bitpos h 1}                $::wrong_type
        }
    }

    test "BITCOUNT and BITPOS against a model" {
        for {set round 0} {$round < 300} {incr round} {
            set bytes [randpath { randstring 0 70 binary } { string repeat \x00 [randomInt 70] } {
                string repeat \xff [randomInt 70] } {
                string replace [string repeat \x00 70] [set at [randomInt 70]] $at [format %c [randomInt 256]] }]
            set bits [bits_of $bytes]
            r set k $bytes
            set unit [lindex {byte bit} [randomInt 2]]
            set length [expr {$unit eq "bit" ? [string length $bits] : [string length $bytes]}]
            set from [expr {[randomInt [expr {2 * $length + 4}]] - $length - 2}]
            set to [expr {[randomInt [expr {2 * $length + 4}]] - $length - 2}]
            # the range as it is meant: counted from the end when negative, cut to what is there
            set first [expr {$from < 0 ? max(0, $length + $from) : $from}]
            set last [expr {$to < 0 ? max(0, $length + $to) : min($to, $length - 1)}]
            set scale [expr {$unit eq "bit" ? 1 : 8}]
            set part ""
            if {$first <= $last && $length > 0} {
                set part [string range $bits [expr {$first * $scale}] [expr {$last * $scale + $scale - 1}]]
            }
            set ones [string length [string map {0 ""} $part]]
            # counting looks at the order of two negative ends before it cuts them, searching does not
            if {$from < 0 && $to < 0 && $from > $to} { set ones 0 }
            assert_equal $ones [r bitcount k $from $to $unit] "bitcount $from $to $unit of [string length $bytes] bytes $bits"
            foreach bit {0 1} {
                set at [string first $bit $part]
                if {$at >= 0} { incr at [expr {$first * $scale}] }
                # of an empty string, clear bits are everywhere
                if {$bytes eq ""} { set at [expr {$bit == 0 ? [r bitpos k 0 $from $to $unit] : -1}] }
                assert_equal $at [r bitpos k $bit $from $to $unit] "bitpos $bit $from $to $unit of $bits"
            }
        }
    }

    test "BITOP" {
        r del d h nothing
        r hset h f v
        r set a "\x0f\xf0\xaa"
        r set b "\xff\x0f"
        assert_replies {
            {bitop and d a b}       3
            {get d}                 "\x0f\x00\x00"
            {bitop or d a b}        3
            {get d}                 "\xff\xff\xaa"
            {bitop xor d a b}       3
            {get d}                 "\xf0\xff\xaa"
            {bitop not d a}         3
            {get d}                 "\xf0\x0f\x55"
            {bitop and d a nothing} 3
            {get d}                 "\x00\x00\x00"
            {bitop or d a}          3
            {get d}                 "\x0f\xf0\xaa"
            {bitop and a a b}       3
            {get a}                 "\x0f\x00\x00"
            {bitop or d nothing}    0
            {exists d}              0
            {bitop not d nothing}   0
            {bitop not d a b}       {-ERR BITOP NOT must be called with a single source key.}
            {bitop nosuch d a}      $::syntax
            {bitop or d a h}        $::wrong_type
            {bitop and d}           {-ERR wrong number of arguments for 'bitop' command}
            {bitop or h a}          3
            {type h}                string
        }
        r set d x ex 100
        r bitop or d a
        r ttl d
    } {-1}

    test "BITOP against a model" {
        foreach operation {and or xor} {
            for {set round 0} {$round < 30} {incr round} {
                set keys {}
                set longest 0
                set model {}
                set count [expr {1 + [randomInt 12]}]
                for {set i 0} {$i < $count} {incr i} {
                    set value [randstring 0 100 binary]
                    r set s$i $value
                    lappend keys s$i
                    binary scan $value cu* numbers
                    lappend model $numbers
                    set longest [expr {max($longest, [llength $numbers])}]
                }
                set expected {}
                for {set at 0} {$at < $longest} {incr at} {
                    set byte ""
                    foreach numbers $model {
                        set other [expr {$at < [llength $numbers] ? [lindex $numbers $at] : 0}]
                        if {$byte eq ""} { set byte $other; continue }
                        switch $operation {
                            and { set byte [expr {$byte & $other}] }
                            or { set byte [expr {$byte | $other}] }
                            xor { set byte [expr {$byte ^ $other}] }
                        }
                    }
                    lappend expected $byte
                }
                assert_equal $longest [r bitop $operation d {*}$keys]
                assert {[r get d] eq [binary format c* $expected]}
            }
        }
    }
}

start_server {tags {bitfield}} {
    test "BITFIELD GET, SET and INCRBY" {
        r del k
        assert_replies {
            {bitfield k}                            {}
            {exists k}                              0
            {bitfield k get u8 0}                   0
            {exists k}                              0
            {bitfield k set u8 0 255}               0
            {bitfield k get u8 0 get i8 0 get u4 4} {255 -1 15}
            {bitfield k set i8 0 -100 get i8 0}     {-1 -100}
            {bitfield k incrby i8 0 50 get i8 0}    {-50 -50}
            {bitfield k set u8 #1 65}               0
            {get k}                                 "\xceA"
            {bitfield k get u8 #1}                  65
            {bitfield k get u16 0}                  52801
            {bitfield k set u5 3 7 get u5 3}        {14 7}
            {bitfield k get i64 100000}             0
            {strlen k}                              2
            {bitfield k set u1 100 1}               0
            {strlen k}                              13
        }
    }

    test "BITFIELD overflow: WRAP, SAT, FAIL" {
        foreach {type start by wrap sat} {
            u2 3 1 0 3      u2 0 -1 3 0     i2 1 1 -2 1     i2 -2 -1 1 -2
            u8 250 10 4 255 u8 5 -10 251 0  i8 120 10 -126 127  i8 -120 -10 126 -128
            u63 9223372036854775807 1 0 9223372036854775807
            i64 9223372036854775807 1 -9223372036854775808 9223372036854775807
            i64 -9223372036854775808 -1 9223372036854775807 -9223372036854775808
            i64 9223372036854775807 9223372036854775807 -2 9223372036854775807
        } {
            r del k
            r bitfield k set $type 0 $start
            assert_equal [list {}] [r bitfield k overflow fail incrby $type 0 $by] "$type $start fails"
            assert_equal $start [r bitfield k get $type 0]
            assert_equal $sat [r bitfield k overflow sat incrby $type 0 $by] "$type $start saturates"
            r bitfield k set $type 0 $start
            assert_equal $wrap [r bitfield k overflow wrap incrby $type 0 $by] "$type $start wraps"
            r bitfield k set $type 0 $start
            assert_equal $wrap [r bitfield k incrby $type 0 $by] "$type $start wraps by default"
        }
    }

    test "BITFIELD overflow rules hold for SET too, and from their place on" {
        r del k
        assert_replies {
            {bitfield k set u4 0 20 get u4 0}                       {0 4}
            {bitfield k overflow sat set u4 0 20 get u4 0}          {4 15}
            {bitfield k overflow fail set u4 0 20 get u4 0}         {{} 15}
            {bitfield k overflow sat set i4 0 -100 get i4 0}        {-1 -8}
            {bitfield k set u2 0 3 incrby u2 0 1 overflow sat set u2 0 3 incrby u2 0 1 overflow fail incrby u2 0 1 overflow wrap incrby u2 0 2} {2 0 0 3 {} 1}
        }
    }

    test "BITFIELD against a model of 64-bit arithmetic" {
        r del k
        for {set round 0} {$round < 300} {incr round} {
            set signed [randomInt 2]
            set width [expr {1 + [randomInt [expr {$signed ? 64 : 63}]]}]
            set type [lindex {u i} $signed]$width
            set low [expr {$signed ? -(1 << ($width - 1)) : 0}]
            set high [expr {$signed ? (1 << ($width - 1)) - 1 : (1 << $width) - 1}]
            set offset [randomInt 200]
            set start [expr {$low + entier(rand() * ($high - $low + 1))}]
            set start [expr {min($start, $high)}]
            set by [expr {[randomInt 2000000000] * [lindex {1 -1} [randomInt 2]] * (1 + [randomInt 1000000000])}]
            r bitfield k set $type $offset $start
            assert_equal $start [r bitfield k get $type $offset] "$type at $offset"
            set sum [expr {$start + $by}]
            set wrapped [expr {(($sum - $low) % ($high - $low + 1)) + $low}]
            assert_equal $wrapped [r bitfield k incrby $type $offset $by] "$type $start + $by"
        }
    }

    test "BITFIELD refuses what makes no sense" {
        set type_error {-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.}
        set offset_error {-ERR bit offset is not an integer or out of range}
        r del k h
        r hset h f v
        foreach type {u64 i65 u0 i0 x8 8 u i -1 u-1 u8x} {
            assert_replies { {bitfield k get $type 0} $type_error }
        }
        assert_replies {
            {bitfield k get u8 -1}          $offset_error
            {bitfield k get u8 x}           $offset_error
            {bitfield k get u8 #-1}         $offset_error
            {bitfield k get u8 #x}          $offset_error
            {bitfield k get u8 4294967296}  $offset_error
            {bitfield k set u8 0 x}         $::not_integer
            {bitfield k incrby u8 0 1.5}    $::not_integer
            {bitfield k get u8}             $::syntax
            {bitfield k set u8 0}           $::syntax
            {bitfield k nosuch u8 0}        $::syntax
            {bitfield k overflow}           $::syntax
            {bitfield k overflow nosuch}    {-ERR Invalid OVERFLOW type specified}
            {bitfield h get u8 0}           $::wrong_type
            {bitfield h set u8 0 1}         $::wrong_type
            {exists k}                      0
            {bitfield k set u8 0 1 get u65 0} $type_error
            {exists k}                      0
        }
    }

    test "BITFIELD_RO reads only" {
        r set k "\xff\x01"
        assert_replies {
            {bitfield_ro k}                     {}
            {bitfield_ro k get u8 0 get u8 #1}  {255 1}
            {bitfield_ro nothing get u8 0}      0
            {bitfield_ro k set u8 0 1}          {-ERR BITFIELD_RO only supports the GET subcommand}
            {bitfield_ro k get u8 0 incrby u8 0 1}  {-ERR BITFIELD_RO only supports the GET subcommand}
            {bitfield_ro k overflow sat get u8 0}   255
        }
    }
}
