/* The library as a plugin holds it: what refers to one of its functions brings all of them. */

#include <cognito_connect.h>

const char *plugin_version(void);
const char *plugin_version(void) { return cognito_version(); }
