/*
 * Cognito Connect for C++17: cognito_connect.h with handles that free themselves, std::string_view,
 * std::function and std::error_code. Header-only. This is the one to include; each part is about
 * one concept. Units, blocking and threads are those of the C functions, which these call, and
 * which their comments name: cognito_connect.h is the reference.
 *
 * Every function of cognito_connect.h has its place here, so that get() is for code that is in C
 * already only. What it gives stays owned by the object, and is NULL for one that was moved away or
 * never made.
 *
 * Nothing here throws but what memory and the application's own functions throw, and it compiles
 * with -fno-exceptions and -fno-rtti. An exception that leaves a callback ends the process
 * (std::terminate), because the library is entered and left through C.
 */

#ifndef COGNITO_CONNECT_HPP
#define COGNITO_CONNECT_HPP

#include <cognito_connect/client.hpp>
#include <cognito_connect/config.hpp>
#include <cognito_connect/credentials.hpp>
#include <cognito_connect/error.hpp>
#include <cognito_connect/log.hpp>
#include <cognito_connect/properties.hpp>
#include <cognito_connect/provider.hpp>
#include <cognito_connect/trace.hpp>
#include <cognito_connect/transport.hpp>

#endif
