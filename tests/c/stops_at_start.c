/* Preloaded: stops a program between the loader and main(), until strace is attached and continues
 * it. What strace counts and makes fail then is the program's. */

#include <signal.h>
#include <sys/prctl.h>

__attribute__((constructor)) static void stop(void) {
    /* strace is no ancestor of the program, and where Yama is on, only those may attach. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    raise(SIGSTOP);
}
