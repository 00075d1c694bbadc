#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <time.h>

const char *check_row = "";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int failures;

void check_failed(const char *file, int line, const char *format, ...) {
    const char *name = strrchr(file, '/');
    pthread_mutex_lock(&lock);
    fprintf(stderr, "%s:%d: ", name != NULL ? name + 1 : file, line);
    if (check_row[0] != '\0') {
        fprintf(stderr, "[%s] ", check_row);
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    failures++;
    pthread_mutex_unlock(&lock);
}

int check_failures(void) {
    pthread_mutex_lock(&lock);
    int so_far = failures;
    pthread_mutex_unlock(&lock);
    return so_far;
}

int check_result(void) {
    if (failures != 0) {
        fprintf(stderr, "%d checks failed\n", failures);
    }
    return failures != 0;
}

void check_cells(char *line, const char **cells, int columns) {
    char *cell = line;
    line[strcspn(line, "\n")] = '\0';
    check_row = line;
    for (int i = 0; i < columns; i++) {
        char *end = cell + strcspn(cell, "\t");
        REQUIRE((*end == '\0') == (i == columns - 1));
        *end = '\0';
        REQUIRE(cell[0] != '\0');
        cells[i] = strcmp(cell, "-") == 0 ? "" : cell;
        cell = end + 1;
    }
}

double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

double allowed_ms(double milliseconds) {
    const char *slowdown = getenv("COGNITO_TEST_SLOWDOWN");
    return milliseconds * (slowdown != NULL ? strtod(slowdown, NULL) : 1);
}

bool is_slowed_down(void) { return allowed_ms(1) > 1; }

bool comes_to(const int *counter, int at_least, double milliseconds) {
    double deadline = now_ms() + allowed_ms(milliseconds);
    while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < at_least && now_ms() < deadline) {
        poll(NULL, 0, 1);
    }
    return __atomic_load_n(counter, __ATOMIC_SEQ_CST) >= at_least;
}
