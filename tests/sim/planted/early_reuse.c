/* Planted: reply chunks go back to the pool when the send begins, not when it is over. */
#define PLANT_EARLY_REUSE
#define KV_BUILD kv_early_reuse
#include "tests/sim/kv_server.c" /* the server again, with the bug compiled in */
