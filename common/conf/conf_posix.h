/* Files by plain system calls, for the time before an io exists (the io engine is itself an option) and for
 * tools. A running server rewrites through the io door instead. */
#ifndef TORC_CONF_POSIX_H
#define TORC_CONF_POSIX_H

#include "common/conf/conf.h"

extern const struct conf_files conf_posix_files;

#endif
