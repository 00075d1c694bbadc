/* What is unusual and nevertheless right: it connects. Argument: what connects. Situations that are
 * not are in tests/situations.tsv. */

#include "local_aws.h"

static const char *const unusual[] = {
    "cognito.response=chunked",
    "cognito.response=close-delimited",
    "cognito.response=continue-100",
    "cognito.response=drip:0",
    "cognito.response=other-identity",
    "cognito.no_date=1",
    "cognito.clock_offset_s=30000000&iot.clock_offset_s=30000000",
    "iot.clock_offset_s=-900", /* corrected by the Date of the refusal */
    "iot.clock_offset_s=900",
    "iot.upgrade=with-first-frame",
    "iot.connack=session-present",
    "iot.connack=extra-ping",
    "iot.frames=bytes:1",
    "iot.frames=fragments:1",
    "iot.frames=tls-bytes:1",
};

int main(int argc, char **argv) {
    way_choose(argc, argv);
    for (size_t i = 0; i < sizeof unusual / sizeof unusual[0]; i++) {
        cognito_config *config = local_aws_config();
        check_row = unusual[i];
        local_aws_reset();
        local_aws_fault(unusual[i]);
        /* Else no session can be present. */
        REQUIRE(cognito_config_set_clean_session(config, false) == COGNITO_STATUS_OK);
        CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
        cognito_config_free(config);
    }
    return check_result();
}
