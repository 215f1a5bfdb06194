/* What must hold for HSCAN, SSCAN, ZSCAN alike, and for HRANDFIELD, SRANDMEMBER, ZRANDMEMBER. */
#ifndef TORC_VISIT_CHECKS_H
#define TORC_VISIT_CHECKS_H

#include "tests/unit/commands/command_fixture.h"

/* Cursors and options, right and wrong: `key` holds one element, whose name is a; `reply` is what a scan of
 * it answers behind the cursor. */
void check_scan_words(struct command_fixture *f, const char *scan, const char *key, const char *reply);
/* `add` is a command that adds the element member%d, whose value or score (if it has one) is the same number.
 */
void check_scan_goes_over_all(struct command_fixture *f, const char *scan, const char *key, const char *add);

/* Counts, right and wrong, of a key that holds a alone; `with` is the word that wants its value, which is 1
 * (NULL: there is none). */
void check_draw_words(struct command_fixture *f, const char *draw, const char *key, const char *with);
/* The key holds ten elements. */
void check_draw_counts(struct command_fixture *f, const char *draw, const char *key);

#endif
