/* Planted: a connection is released when it is closed, not when the engine has let go of it. */
#define PLANT_EARLY_FREE
#define KV_BUILD kv_early_free
#include "tests/sim/kv_server.c" /* the server again, with the bug compiled in */
