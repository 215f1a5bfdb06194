/* Holds the place of the sim engine until it lands. */
#include "common/io/io_int.h"
const struct io_engine_ops io_sim_engine = {0};
