#define _POSIX_C_SOURCE 200809L

#include "proc.h"

#include <dirent.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

static void proc_path(char *path, size_t size, int pid, const char *name) {
    if (pid == 0) {
        snprintf(path, size, "/proc/self/%s", name);
    } else {
        snprintf(path, size, "/proc/%d/%s", pid, name);
    }
}

long proc_status(int pid, const char *name) {
    char path[64], line[256];
    size_t name_len = strlen(name);
    long value = -1;
    proc_path(path, sizeof path, pid, "status");
    FILE *status = fopen(path, "r");
    REQUIRE(status != NULL);
    while (value < 0 && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, name_len) == 0 && line[name_len] == ':') {
            value = strtol(line + name_len + 1, NULL, 10);
        }
    }
    fclose(status);
    REQUIRE(value >= 0);
    return value;
}

void proc_forget_peak(void) {
    FILE *refs = fopen("/proc/self/clear_refs", "w");
    REQUIRE(refs != NULL && fputs("5", refs) >= 0 && fclose(refs) == 0);
}

long proc_heap_kib(void) {
#ifdef __GLIBC__
    struct mallinfo2 heap = mallinfo2();
    return (long)((heap.uordblks + heap.hblkhd) / 1024);
#else
    return 0;
#endif
}

int proc_count(int pid, const char *folder) {
    char path[64];
    proc_path(path, sizeof path, pid, folder);
    DIR *directory = NULL;
    /* A test may have one system call fail, which may be this one. */
    for (int tries = 0; directory == NULL && tries < 3; tries++) {
        directory = opendir(path);
    }
    REQUIRE(directory != NULL);
    int count = -2; /* . and .. */
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

/* Calls it for the descriptor of every TCP connection. */
static void for_each_connection(void (*call)(int fd, int *value), int *value) {
    for (int fd = 3; fd < 256; fd++) {
        int of_tcp = 0;
        socklen_t len = sizeof of_tcp;
        if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &of_tcp, &len) == 0) {
            call(fd, value);
        }
    }
}

static void set_send_buffer(int fd, int *bytes) {
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, bytes, sizeof *bytes) == 0);
}

void proc_send_buffers(int bytes) { for_each_connection(set_send_buffer, &bytes); }

static void add_unsent(int fd, int *sum) {
    int unsent = 0;
    REQUIRE(ioctl(fd, SIOCOUTQ, &unsent) == 0);
    *sum += unsent;
}

int proc_unsent(void) {
    int sum = 0;
    for_each_connection(add_unsent, &sum);
    return sum;
}

static void *nothing(void *argument) { return argument; }

int proc_own_threads(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0) {
        return -1;
    }
    /* It may be listed for a moment longer. */
    poll(NULL, 0, 50);
    return proc_count(0, "task");
}

bool proc_thread_sleeps(int thread_id) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread_id);
    FILE *stat = fopen(path, "r");
    size_t len = stat != NULL ? fread(text, 1, sizeof text - 1, stat) : 0;
    if (stat != NULL) {
        fclose(stat);
    }
    text[len] = '\0';
    const char *state = strrchr(text, ')'); /* behind its name */
    return state != NULL && state[1] == ' ' && state[2] == 'S';
}

bool proc_threads_fall_to(int count) {
    double deadline = now_ms() + allowed_ms(1000);
    while (proc_count(0, "task") > count && now_ms() < deadline) {
        poll(NULL, 0, 1);
    }
    return proc_count(0, "task") == count;
}
