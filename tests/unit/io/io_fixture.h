/* Loops of every engine for tests: each test runs once per engine, and one that a machine refuses is skipped
 * by name. */
#ifndef TORC_TESTS_IO_FIXTURE_H
#define TORC_TESTS_IO_FIXTURE_H

#include "common/io/io_stream.h"
#include "tests/unit/support/test.h"

/* A loop of the engine that the test's state names (struct fixture_engine *); skips the test where it does
 * not work.
 */
struct io *fixture_io(void **state, const struct io_config *config);

/* Turns the loop until the condition holds; fails after a great many turns. */
#define TURN_UNTIL(io, condition)                                                                            \
    do {                                                                                                     \
        for (int turns_ = 0; !(condition); turns_++) {                                                       \
            if (turns_ > 3000) fail_msg("never came: %s", #condition);                                       \
            io_turn(io, 10000);                                                                              \
        }                                                                                                    \
    } while (0)

struct fixture_engine {
    enum io_engine engine;
    bool old_kernel;
    const char *name;
};
extern struct fixture_engine fixture_engines[3];
#define FOR_ENGINES(test)                                                                                    \
    cmocka_unit_test_prestate(test, &fixture_engines[0]),                                                    \
        cmocka_unit_test_prestate(test, &fixture_engines[1]),                                                \
        cmocka_unit_test_prestate(test, &fixture_engines[2])

struct io_addr fixture_addr(const char *host, uint16_t port);

#endif
