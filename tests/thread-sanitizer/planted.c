/* Two threads that count, with a lock or, with any argument, without. */

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

uint64_t count_with_a_lock(void);
uint64_t count_without_a_lock(void);

static void *count(void *how) {
    uint64_t (*const *function)(void) = how;
    for (int i = 0; i < 10000; i++) {
        (*function)();
    }
    return NULL;
}

int main(int argc, char **argv) {
    uint64_t (*function)(void) = argc > 1 ? count_without_a_lock : count_with_a_lock;
    pthread_t threads[2];
    (void)argv;
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, count, &function) != 0) {
            return 2;
        }
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%d\n", (int)function());
    return 0;
}
