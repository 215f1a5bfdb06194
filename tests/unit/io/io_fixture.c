#include "tests/unit/io/io_fixture.h"

enum io_engine fixture_engines[2] = {IO_ENGINE_URING, IO_ENGINE_EPOLL};

struct io *fixture_io(void **state, const struct io_config *config) {
    struct io_config own = config ? *config : (struct io_config){0};
    char error[160];
    own.engine = *(enum io_engine *)*state;
    struct io *io = io_create(&own, error);
    if (!io) {
        print_message("skipped, no %s here: %s\n", own.engine == IO_ENGINE_URING ? "io_uring" : "epoll",
                      error);
        skip();
    }
    return io;
}

struct io_addr fixture_addr(const char *host, uint16_t port) {
    struct io_addr addr;
    assert_true(io_addr_parse(&addr, host, port));
    return addr;
}
