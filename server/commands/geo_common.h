/* What the commands on positions share. */
#ifndef TORC_COMMANDS_GEO_COMMON_H
#define TORC_COMMANDS_GEO_COMMON_H

#include "server/ds/geo.h"
#include "server/keyspace/keys.h"

/* argv[arg] and the next one as longitude and latitude; false: the error was replied. */
bool geo_read_point(struct call *call, int arg, struct geo_point *out);
/* argv[arg] as a unit, in metres; false: the error was replied. */
bool geo_read_unit(struct call *call, int arg, double *metres);

void geo_reply_point(struct call *call, struct geo_point p);
/* With four digits behind the point, as a bulk string in both protocols. */
void geo_reply_distance(struct call *call, double distance);

#endif
