# Lists: every command in both encodings and with packs of one, the limits between them, SORT, and long lists against a model.

set ::wrong_type {WRONGTYPE Operation against a key holding the wrong kind of value}
set ::syntax {-ERR syntax error}
set ::not_integer {-ERR value is not an integer or out of range}

start_server {tags {list}} {
    # what must hold however the list lies
    foreach {name size depth} {"one listpack" -2 0 "nodes of one" 1 0 "nodes of two, squeezed" 2 1} {
        r config set list-max-listpack-size $size list-compress-depth $depth

        test "pushing and popping - $name" {
            r del l
            assert_replies {
                {rpush l a b c}     3
                {lpush l x y}       5
                {lpushx l 1}        6
                {rpushx l 2 3}      8
                {lrange l 0 -1}     {1 y x a b c 2 3}
                {lpushx nothing a}  0
                {rpushx nothing a}  0
                {llen l}            8
                {llen nothing}      0
                {lpop l}            1
                {rpop l}            3
                {lpop l 2}          {y x}
                {rpop l 0}          {}
                {rpop l 9}          {2 c b a}
                {exists l}          0
                {lpop l}            {}
                {lpop l -1}         {-ERR value is out of range, must be positive}
            }
        }

        test "moving - $name" {
            r del l m
            r rpush l a b c
            assert_replies {
                {lmove l m left right}   a
                {rpoplpush l m}          c
                {lmove l l left left}    b
                {lrange m 0 -1}          {c a}
                {lmove m m left right}   c
                {lrange m 0 -1}          {a c}
                {lmove l m up left}      $::syntax
                {lmove nothing m left left} {}
                {lmpop 2 nothing m left count 9} {m {a c}}
                {lmpop 2 nothing m left} {}
                {lmpop 0 m left}         {-ERR numkeys should be greater than 0}
                {lmpop 1 m left count 0} {-ERR count should be greater than 0}
            }
        }

        test "inside - $name" {
            r del l
            r rpush l a b a c a d a
            assert_replies {
                {lindex l 0}               a
                {lindex l -2}              d
                {lindex l 7}               {}
                {lpos l a rank -1}         6
                {lpos l a count 0}         {0 2 4 6}
                {lpos l a count 2 rank 2}  {2 4}
                {lpos l a count 0 maxlen 3} {0 2}
                {lrem l 2 a}               2
                {lrem l -1 a}              1
                {lrange l 0 -1}            {b c a d}
                {lset l 1 x}               OK
                {lset l 9 x}               {-ERR index out of range}
                {linsert l before x 0}     5
                {linsert l after d 9}      6
                {linsert l after nope 9}   -1
                {lrange l 0 -1}            {b 0 x a d 9}
                {ltrim l 1 -2}             OK
                {lrange l -3 9}            {x a d}
                {ltrim l 5 9}              OK
                {exists l}                 0
            }
        }

        test "against a model - $name" {
            r del l
            set model {}
            for {set i 0} {$i < 2000} {incr i} {
                set value [expr {int(rand() * 40)}]
                if {rand() < 0.3} { set value [string repeat $value [expr {int(rand() * 50)}]] }
                set at [expr {int(rand() * ([llength $model] + 1))}]
                switch [expr {int(rand() * 8)}] {
                    0 - 1 { r rpush l $value; lappend model $value }
                    2 - 3 { r lpush l $value; set model [linsert $model 0 $value] }
                    4 { r lpop l; set model [lrange $model 1 end] }
                    5 { r rpop l; set model [lrange $model 0 end-1] }
                    6 {
                        if {$at < [llength $model]} { r lset l $at $value; lset model $at $value }
                    }
                    7 {
                        set pivot [lsearch -exact $model $value]
                        r linsert l before $value new
                        if {$pivot >= 0} { set model [linsert $model $pivot new] }
                    }
                }
            }
            assert_equal $model [r lrange l 0 -1]
            assert_equal [llength $model] [r llen l]
        }
    }
    r config set list-max-listpack-size -2 list-compress-depth 0

    test "a listpack becomes a quicklist and is one again" {
        # 7.2's rules; before it there was no other form
        r config set list-max-listpack-size 3
        r rpush q a b c
        assert_equal listpack [r object encoding q]
        r rpush q d
        assert_equal quicklist [r object encoding q]
        r lpop q
        assert_equal quicklist [r object encoding q]
        r lpop q 2
        assert_equal listpack [r object encoding q]
        r config set list-max-listpack-size -2
    } {OK} {since:7.2}

    test "wrong types" {
        r set s v
        foreach command {{lpush s a} {rpop s} {llen s} {lrange s 0 -1} {lset s 0 a} {lrem s 0 a} {ltrim s 0 1}
                         {lpos s a} {linsert s before a b} {lmpop 1 s left} {sort s} {blpop s 0} {lmove s s left left}} {
            assert_error $::wrong_type [list r {*}$command]
        }
    }

    test "what is large stands alone" {
        set large [string repeat x 100000]
        r del l
        r rpush l a $large b
        assert_equal quicklist [r object encoding l]
        assert_equal $large [r lindex l 1]
        r lset l 1 c
        assert_equal {a c b} [r lrange l 0 -1]
        r linsert l after c $large
        assert_equal 1 [r lrem l -1 $large]
        assert_equal {a c b} [r lrange l 0 -1]
    }

    test "SORT" {
        r del l
        r rpush l 3 1 2
        r mset w_1 30 w_2 20 w_3 10 n_1 one
        r hset h_2 f two
        assert_replies {
            {sort l}                             {1 2 3}
            {sort l desc limit 0 2}              {3 2}
            {sort l by w_*}                      {3 2 1}
            {sort l by nosort get # get n_* get h_*->f} {3 {} {} 1 one {} 2 {} two}
            {sort_ro l by nosort desc}           {2 1 3}
            {sort l by w_* store d}              3
            {lrange d 0 -1}                      {3 2 1}
            {sort nothing store d}               0
            {exists d}                           0
            {sort_ro l store d}                  $::syntax
            {sort l limit 1}                     $::syntax
            {sort l limit x 1}                   $::not_integer
        }
        r rpush l x
        assert_error {*One or more scores can't be converted into double} {r sort l}
    }
}
