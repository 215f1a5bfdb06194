# The harness itself: if it cannot tell right from wrong, nothing else here means anything.

start_server {tags {harness}} {
    test "A command is answered" {
        r ping
    } {PONG}
}
