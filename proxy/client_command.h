/* CLIENT: the proxy's own clients, of all threads. */
#ifndef TORC_PROXY_CLIENT_COMMAND_H
#define TORC_PROXY_CLIENT_COMMAND_H

#include "proxy/local.h"

void client_command_info(struct local_call *call);
void client_command_switch(struct local_call *call); /* NO-EVICT, NO-TOUCH */

/* These reply by themselves (local.c: DEFERS). */
void client_command_list(struct local_call *call);
void client_command_kill(struct local_call *call);
void client_command_pause(struct local_call *call); /* PAUSE, UNPAUSE */
void client_command_unblock(struct local_call *call);
void client_command_reply(struct local_call *call);

#endif
