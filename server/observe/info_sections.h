/* The sections of INFO that describe the process, its memory and its data as a whole. */
#ifndef TORC_OBSERVE_INFO_SECTIONS_H
#define TORC_OBSERVE_INFO_SECTIONS_H

#include "server/observe/system.h"

/* server, memory, persistence, its part of stats, replication, cpu, keyspace. */
void info_sections_register(struct system *sys);

#endif
