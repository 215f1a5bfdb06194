/* Planted: a receive buffer goes back while commands of the batch still point into it. */
#define PLANT_EARLY_RETURN
#define KV_BUILD kv_early_return
#include "tests/sim/kv_server.c" /* the server again, with the bug compiled in */
