/* What the sanitizers must see: with "use" a read of what was freed, with "leak" memory that is
 * lost. */

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    volatile char *bytes = malloc(8);
    if (argc < 2 || bytes == NULL) {
        return 2;
    }
    if (strcmp(argv[1], "use") == 0) {
        free((void *)bytes);
        return bytes[0];
    }
    bytes[0] = 1;
    bytes = NULL;
    return 0;
}
