/* Checks that print what is wrong and go on; main returns check_result(). */

#ifndef CHECK_H
#define CHECK_H

#include <cognito_connect.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which row of a table is being checked; printed with each failure. */
extern const char *check_row;

void check_failed(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int check_result(void);

/* How many checks have failed so far. */
int check_failures(void);

/* Parts a row of a table, whose cells are parted by tabs, into as many as there are columns. Cells
 * that say '-' are empty. The row is what is being checked. */
void check_cells(char *line, const char **cells, int columns);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            check_failed(__FILE__, __LINE__, "%s", #condition);                                    \
        }                                                                                          \
    } while (0)

/* For what the rest of the test stands on: ends it. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            check_failed(__FILE__, __LINE__, "%s; last error: %s", #condition,                     \
                         cognito_last_error());                                                    \
            exit(check_result());                                                                  \
        }                                                                                          \
    } while (0)

#define CHECK_STATUS(expected, actual)                                                             \
    do {                                                                                           \
        cognito_status check_status = (actual);                                                    \
        if (check_status != (expected)) {                                                          \
            check_failed(__FILE__, __LINE__, "%s is %s and not %s; last error: %s", #actual,       \
                         cognito_status_name(check_status), cognito_status_name(expected),         \
                         cognito_last_error());                                                    \
        }                                                                                          \
    } while (0)

#define CHECK_INT(expected, actual)                                                                \
    do {                                                                                           \
        long check_expected = (long)(expected), check_actual = (long)(actual);                     \
        if (check_expected != check_actual) {                                                      \
            check_failed(__FILE__, __LINE__, "%s is %ld and not %ld", #actual, check_actual,       \
                         check_expected);                                                          \
        }                                                                                          \
    } while (0)

#define CHECK_CONTAINS(part, text)                                                                 \
    do {                                                                                           \
        const char *check_text = (text);                                                           \
        if (strstr(check_text, (part)) == NULL) {                                                  \
            check_failed(__FILE__, __LINE__, "'%s' is not in '%s'", (part), check_text);           \
        }                                                                                          \
    } while (0)

/* A monotonic clock. */
double now_ms(void);

/* A time limit, wider under valgrind: times COGNITO_TEST_SLOWDOWN, which is 1 when it is not set.
 */
double allowed_ms(double milliseconds);

/* Whether it is: then memory of the process is that of the tool, too. */
bool is_slowed_down(void);

/* Waits until another thread has counted that far, for at most so long as allowed_ms() makes of it.
 */
bool comes_to(const int *counter, int at_least, double milliseconds);

#endif
