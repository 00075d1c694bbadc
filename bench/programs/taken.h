/* What this process has taken of the machine, as lines of JSON on stdout. */

#ifndef TAKEN_H
#define TAKEN_H

/* Begins to count. */
void taken_begin(void);

/* Prints one line: the phase, so many clients, and what all has come to since taken_begin(). Memory
 * and descriptors are what is in use now. */
void taken_print(const char *phase, long clients, long wake_ups);

#endif
