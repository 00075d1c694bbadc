/* ::1 as the endpoint and [::1]:PORT as Cognito's: both certificates are for that address. Needs
 * --bind ::1. Argument: what connects. */

#include "local_aws.h"

int main(int argc, char **argv) {
    way_choose(argc, argv);
    const char *const forms[] = {"::1", "[::1]", "0:0:0:0:0:0:0:1"};
    char cognito[64];
    snprintf(cognito, sizeof cognito, "[::1]:%s", local_aws("COGNITO_PORT"));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        check_row = forms[i];
        cognito_config *config = local_aws_config();
        REQUIRE(cognito_config_set_endpoint(config, forms[i]) == COGNITO_STATUS_OK);
        REQUIRE(cognito_config_set_cognito_endpoint(config, cognito) == COGNITO_STATUS_OK);
        CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
        cognito_config_free(config);
    }
    return check_result();
}
