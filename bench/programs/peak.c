/*
 * Runs a program and writes the peak of its resident memory, in KiB, into a file:
 *
 *   peak FILE PROGRAM ARGUMENTS...
 *
 * What wait4() says of a child includes what the child was before it became the program: this is
 * small. Exit code: that of the program, or 127 when it could not be run.
 */

#define _DEFAULT_SOURCE

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct rusage usage;
    int status = 0;
    if (argc < 3) {
        fputs("usage: peak FILE PROGRAM ARGUMENTS...\n", stderr);
        return 2;
    }
    pid_t child = fork();
    if (child == 0) {
        execv(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        perror("peak");
        return 127;
    }
    FILE *file = fopen(argv[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 || fclose(file) != 0) {
        perror(argv[1]);
        return 127;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}
