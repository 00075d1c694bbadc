// The C++ header and the library from C++.

#include <cognito_connect.hpp>

#include <cstdio>

int main() {
    cognito::config config;
    cognito::client client;
    const bool ok =
        !config.trust(COGNITO_TRUST_SYSTEM) &&
        config.port(0).value() == COGNITO_STATUS_INVALID_ARGUMENT &&
        cognito::client::make(config, client).value() == COGNITO_STATUS_INVALID_CONFIG &&
        cognito::version() == COGNITO_VERSION_STRING;
    std::printf("cognito_connect %s from C++: %s\n", cognito::version().data(),
                cognito::last_error().data());
    return ok ? 0 : 1;
}
