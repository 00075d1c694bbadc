/* What the kernel says of a process in /proc. A process of 0 is this one. */

#ifndef PROC_H
#define PROC_H

#include "check.h"

/* A number from /proc/PID/status, such as VmRSS in KiB. */
long proc_status(int pid, const char *name);

/* From here on VmHWM of this process is the most memory since now. */
void proc_forget_peak(void);

/* The heap that this process has in use, in KiB; 0 with a C library that does not say it. */
long proc_heap_kib(void);

/* How many entries /proc/PID/FOLDER has: descriptors in "fd", threads in "task". Reading it takes
 * a descriptor, which counts when it is this process's. */
int proc_count(int pid, const char *folder);

/* How many threads this program has on its own account: one, and what comes with the first that is
 * started: a sanitizer's, an emulator's. */
int proc_own_threads(void);

/* Whether a thread of this program sleeps in a call of the kernel. */
bool proc_thread_sleeps(int thread_id);

/* Gives every TCP connection of this process a send buffer of about so many bytes, which does not
 * grow. */
void proc_send_buffers(int bytes);

/* How many bytes the peers of its TCP connections have not taken. */
int proc_unsent(void);

/* Waits until it has no more threads than that: one that has ended may be listed for a moment. */
bool proc_threads_fall_to(int count);

#endif
