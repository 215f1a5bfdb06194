/* Planted: commands run while an earlier one of their connection waits for its helper job. */
#define PLANT_OVERTAKING_JOBS
#define KV_BUILD kv_overtaking_jobs
#include "tests/sim/kv_server.c" /* the server again, with the bug compiled in */
