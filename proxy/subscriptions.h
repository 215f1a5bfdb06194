/* Subscriptions of a thread's clients: one subscription at the servers for all clients that want a channel.
 */
#ifndef TORC_PROXY_SUBSCRIPTIONS_H
#define TORC_PROXY_SUBSCRIPTIONS_H

#include "proxy/client.h"

struct subscriptions;

struct subscriptions *subscriptions_create(struct worker *w);
void subscriptions_destroy(struct subscriptions **s);

/* SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE and their opposites. */
void subscriptions_run(struct client *c, const struct command_spec *spec, const struct slice *argv, int argc);
/* How many of a kind the client has. */
enum subscription_kind { SUBSCRIPTION_CHANNELS, SUBSCRIPTION_PATTERNS, SUBSCRIPTION_SHARDED };
unsigned subscriptions_count(const struct client *c, enum subscription_kind kind);
/* A subscribed RESP2 client may say nothing but these commands, PING, QUIT and RESET. */
bool subscriptions_bind(const struct client *c);
/* The client goes, or says RESET. */
void subscriptions_drop(struct client *c);

/* Now and then: opens feeds that broke, and moves channels whose slot has another owner. */
void subscriptions_tend(struct subscriptions *s);
void subscriptions_remapped(struct subscriptions *s); /* the map is another one */
void subscriptions_feed_lost(struct backend *b);      /* by private.c */

#endif
