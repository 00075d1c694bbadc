// The header and the library from C++.

#include <cognito_connect.h>

#include <cstdio>
#include <cstring>

int main() {
    cognito_config *config = nullptr;
    cognito_status status = cognito_config_new(&config);
    bool ok = status == COGNITO_STATUS_OK &&
              cognito_config_set_trust(config, COGNITO_TRUST_SYSTEM) == COGNITO_STATUS_OK &&
              cognito_config_set_port(config, 0) == COGNITO_STATUS_INVALID_ARGUMENT &&
              std::strcmp(cognito_version(), COGNITO_VERSION_STRING) == 0;
    std::printf("cognito_connect %s from C++: %s\n", cognito_version(), cognito_last_error());
    cognito_config_free(config);
    return ok ? 0 : 1;
}
