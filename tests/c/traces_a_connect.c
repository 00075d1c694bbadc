/* The trace shows each stage of both connections, when it ran and what it found, also while the
 * connect is under way and after it failed. Argument: what connects. */

#include "local_aws.h"

static cognito_trace *trace_of(void *handle) {
    cognito_trace *trace = NULL;
    REQUIRE(way->trace(handle, &trace) == COGNITO_STATUS_OK);
    return trace;
}

/* The number of the only step of this stage with this peer. */
static size_t step(const cognito_trace *trace, cognito_stage stage, const char *port) {
    size_t found = SIZE_MAX, count = 0;
    for (size_t i = 0; i < cognito_trace_count(trace); i++) {
        if (cognito_trace_stage(trace, i) == stage && strstr(cognito_trace_peer(trace, i), port)) {
            found = i;
            count++;
        }
    }
    CHECK_INT(1, count);
    return found;
}

static int64_t end_us(const cognito_trace *trace, size_t i) {
    return cognito_trace_began_us(trace, i) + cognito_trace_took_us(trace, i);
}

/* A stage that succeeded and found something; gives its number. */
static size_t passed(const cognito_trace *trace, cognito_stage stage, const char *port,
                     const char *finding) {
    check_row = cognito_stage_name(stage);
    size_t i = step(trace, stage, port);
    bool is_iot_core = strcmp(port, local_aws("IOT_PORT")) == 0;
    CHECK(strcmp(cognito_trace_service(trace, i), is_iot_core ? "IoT Core" : "Cognito") == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_trace_status(trace, i));
    CHECK_CONTAINS(finding, cognito_trace_finding(trace, i));
    CHECK(cognito_trace_began_us(trace, i) >= 0 && cognito_trace_took_us(trace, i) >= 0);
    return i;
}

static void success(void) {
    const char *iot = local_aws("IOT_PORT"), *cognito = local_aws("COGNITO_PORT");
    void *handle = local_aws_handle();
    cognito_trace *trace = trace_of(handle);
    CHECK_INT(0, cognito_trace_count(trace));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_trace_status(trace, 0));
    CHECK(cognito_trace_finding(trace, 0)[0] == '\0' && cognito_trace_peer(trace, 0)[0] == '\0');
    cognito_trace_free(trace);

    local_aws_reset();
    local_aws_fault("cognito.delay_ms=100");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    trace = trace_of(handle);
    passed(trace, COGNITO_STAGE_DNS, iot, "127.0.0.1");
    passed(trace, COGNITO_STAGE_DNS, cognito, "127.0.0.1");
    passed(trace, COGNITO_STAGE_TCP, cognito, cognito);
    size_t tcp = passed(trace, COGNITO_STAGE_TCP, iot, iot);
    size_t tls =
        passed(trace, COGNITO_STAGE_TLS, iot, "TLS 1.3, certificate issued by local-aws CA");
    size_t asked = passed(trace, COGNITO_STAGE_COGNITO, cognito, "credentials for 3");
    size_t signing = passed(trace, COGNITO_STAGE_SIGNING, iot, "us-east-1");
    size_t upgrade = passed(trace, COGNITO_STAGE_UPGRADE, iot, "101");
    size_t steps = 8 + 1; /* and TLS with Cognito */
    if (way == &the_client) {
        size_t connack = passed(trace, COGNITO_STAGE_CONNACK, iot, "no session present");
        CHECK(end_us(trace, upgrade) <= cognito_trace_began_us(trace, connack));
        steps++;
    }
    CHECK_INT(steps, cognito_trace_count(trace));
    /* IoT Core's TLS does not wait for Cognito; the rest does. */
    CHECK(cognito_trace_took_us(trace, asked) >= 100000);
    CHECK(end_us(trace, tcp) <= cognito_trace_began_us(trace, tls));
    CHECK(end_us(trace, tls) <= end_us(trace, asked));
    CHECK(end_us(trace, asked) <= cognito_trace_began_us(trace, signing));
    CHECK(end_us(trace, signing) <= cognito_trace_began_us(trace, upgrade));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    way->free(handle);
    CHECK_INT(steps, cognito_trace_count(trace)); /* it is a snapshot */
    cognito_trace_free(trace);
}

static void failures(void) {
    const char *iot = local_aws("IOT_PORT"), *cognito = local_aws("COGNITO_PORT");
    void *handle = local_aws_handle();
    local_aws_reset();
    local_aws_fault("cognito.response=throttled*1&cognito.retry_after=9&iot.tls=stall");
    check_row = "under way";
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, way->open(handle, 300));
    cognito_trace *trace = trace_of(handle);
    size_t i = step(trace, COGNITO_STAGE_TLS, iot);
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_trace_status(trace, i));
    CHECK(cognito_trace_took_us(trace, i) > 0);
    i = step(trace, COGNITO_STAGE_COGNITO, cognito);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, cognito_trace_status(trace, i));
    CHECK_CONTAINS("Rate exceeded", cognito_trace_finding(trace, i));
    cognito_trace_free(trace);
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));

    check_row = "failed";
    local_aws_reset();
    local_aws_fault("cognito.response=not-authorized&iot.tls=stall");
    CHECK_STATUS(COGNITO_STATUS_COGNITO_NOT_AUTHORIZED, way->open(handle, COGNITO_WAIT_FOREVER));
    trace = trace_of(handle);
    i = step(trace, COGNITO_STAGE_COGNITO, cognito);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_NOT_AUTHORIZED, cognito_trace_status(trace, i));
    i = step(trace, COGNITO_STAGE_TLS, iot);
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_trace_status(trace, i));
    cognito_trace_free(trace);
    way->free(handle);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    success();
    failures();
    return check_result();
}
