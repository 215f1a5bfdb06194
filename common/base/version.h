/* What this is, and which Redis it behaves as. */
#ifndef TORC_BASE_VERSION_H
#define TORC_BASE_VERSION_H

#define TORC_VERSION  "0.1.0"
#define REDIS_VERSION "7.2.6"

#endif
