/* The bridge's options, and where it listens: loopback only unless told otherwise, and never in the
 * place of something that is not a socket left behind. Arguments: the bridge, and a folder. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *program;
static char path[200], option[256]; /* of a Unix socket */

static void is_wrong(const char *wrong, const char *what) {
    check_row = wrong;
    CHECK_INT(2, run_program(program, OPTIONS(CONNECT, wrong), 0, NULL));
    CHECK(program_output[0] == '\0');
    CHECK_CONTAINS("usage: cognito_bridge", program_errors);
    CHECK_CONTAINS(what, program_errors);
}

static void listens(const char *const *options, const char *beginning) {
    check_row = options[0];
    struct bridge_process bridge = bridge_begin(program, options);
    CHECK(strncmp(bridge.address, beginning, strlen(beginning)) == 0);
    CHECK(bridge.address[strlen(beginning)] != '0');
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    CHECK_NO_ERRORS(&bridge);
}

static void cannot_listen(const char *why) {
    CHECK_INT(1, run_program(program, OPTIONS(CONNECT, option), 0, NULL));
    CHECK(program_output[0] == '\0');
    CHECK_CONTAINS(option + strlen("--listen="), program_errors);
    CHECK_CONTAINS(why, program_errors);
}

static bool is_socket(void) {
    struct stat file;
    return lstat(path, &file) == 0 && S_ISSOCK(file.st_mode);
}

static void serves_by_unix_socket(void) {
    struct bridge_process bridge = bridge_begin(program, OPTIONS(option));
    struct stat file;
    CHECK(lstat(path, &file) == 0 && (file.st_mode & 0777) == 0600);
    int peer = peer_session(&bridge, "test-unix", NULL);
    check_row = "a socket in use";
    cannot_listen(strerror(EADDRINUSE));
    CHECK(is_socket());
    peer_disconnect(peer);
    CHECK_INT(PEER_END, peer_read(peer));
    close(peer);
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    CHECK(access(path, F_OK) != 0);
}

static void takes_over_a_stale_socket(void) {
    check_row = "a stale socket";
    struct bridge_process killed = bridge_begin(program, OPTIONS(option));
    bridge_kill(&killed);
    CHECK_NO_ERRORS(&killed);
    REQUIRE(is_socket());
    serves_by_unix_socket();
}

static void leaves_other_files_alone(void) {
    check_row = "a file";
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    REQUIRE(file >= 0 && write(file, "precious", 8) == 8 && close(file) == 0);
    cannot_listen("File exists");
    struct stat after;
    CHECK(lstat(path, &after) == 0 && after.st_size == 8);
    REQUIRE(unlink(path) == 0);

    check_row = "the file of another program that came later";
    struct bridge_process bridge = bridge_begin(program, OPTIONS(option));
    REQUIRE(unlink(path) == 0);
    struct bridge_process later = bridge_begin(program, OPTIONS(option));
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    CHECK(is_socket());
    CHECK_INT(0, bridge_end(&later, SIGTERM));
    CHECK(!is_socket());
}

static void port_in_use(void) {
    check_row = "a port in use";
    struct bridge_process bridge = bridge_begin(program, OPTIONS("--listen=127.0.0.1:0"));
    snprintf(option, sizeof option, "--listen=%s", bridge.address);
    cannot_listen(strerror(EADDRINUSE));
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    program = argv[1];
    snprintf(path, sizeof path, "%s/bridge_listens.%d", argv[2], (int)getpid());
    snprintf(option, sizeof option, "--listen=unix:%s", path);

    CHECK_INT(0, run_program(program, OPTIONS("--help"), 0, NULL));
    CHECK_CONTAINS("--allow_remote", program_output);
    is_wrong("--listen=0.0.0.0:1883", "whoever reaches the bridge acts with the identity");
    is_wrong("--listen=[::]:1883", "--allow_remote");
    is_wrong("--listen=192.0.2.1:1883", "--allow_remote");
    is_wrong("--listen=[::ffff:0.0.0.0]:1883", "--allow_remote");
    is_wrong("--listen=1883", "ADDRESS:PORT");
    is_wrong("--listen=:1883", "ADDRESS:PORT");
    is_wrong("--listen=localhost:1883", "in numbers");
    is_wrong("--listen=::1:1883", "[::1]:1883");
    is_wrong("--listen=127.0.0.1:65536", "ADDRESS:PORT");
    is_wrong("--listen=127.0.0.1:x", "ADDRESS:PORT");
    is_wrong("--listen=unix:", "path");
    is_wrong("--max_clients=0", "--max_clients takes a number from 1 to 1000");
    is_wrong("--linger_s=soon", "--linger_s takes a number from 1 to 3600");
    is_wrong("--allow_remote=yes", "takes no value");
    is_wrong("--no_such_option", "--no_such_option");

    listens(OPTIONS("--listen=127.0.0.1:0"), "127.0.0.1:");
    listens(OPTIONS("--listen=[::1]:0"), "[::1]:");
    listens(OPTIONS("--listen=0.0.0.0:0", "--allow_remote"), "0.0.0.0:");
    serves_by_unix_socket();
    takes_over_a_stale_socket();
    leaves_other_files_alone();
    port_in_use();
    return check_result();
}
