/* Panics that are planted: only the build of tests/planted-panics/run has these two functions. */

#ifndef PLANTED_H
#define PLANTED_H

#include "border.h"

void planted_panic_arm(const char *place, uint32_t passes);
bool planted_panic_is_armed(void);

/* Counts the lines that say that a defect was caught. */
void log_defects(void);
int defects_logged(void);

/* At the entry of every function. */
void entries(void);

/* In everything that goes on inside; briefly, the first time that each place is passed. */
void places(bool is_brief);

#endif
