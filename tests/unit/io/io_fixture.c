#include "tests/unit/io/io_fixture.h"

struct fixture_engine fixture_engines[3] = {{IO_ENGINE_URING, false, "io_uring"},
                                            {IO_ENGINE_URING, true, "io_uring as of an old kernel"},
                                            {IO_ENGINE_EPOLL, false, "epoll"}};

struct io *fixture_io(void **state, const struct io_config *config) {
    struct io_config own = config ? *config : (struct io_config){0};
    char error[160];
    const struct fixture_engine *wanted = *state;
    own.engine = wanted->engine;
    own.old_kernel = wanted->old_kernel;
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
