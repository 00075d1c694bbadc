/* A panic in each stage, task and callback of a client, a transport and a provider: whoever waits
 * is told by an error code, the handle can be freed, and the next one is as good as new. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "planted.h"
#include "proc.h"

#include <poll.h>

static bool was_internal;   /* of any call or event of the scene */
static bool loses_an_event; /* on the way to it */
static int own_threads;

static void note(cognito_status status) {
    CHECK(strcmp(cognito_status_name(status), "COGNITO_STATUS_UNKNOWN") != 0);
    was_internal |= status == COGNITO_STATUS_INTERNAL;
}

/* Goes through the proxy, by a name, to a new identity of a pool, with a login. */
static cognito_config *config_of_everything(void) {
    cognito_config *config = local_aws_config();
    local_aws_through_proxy(config);
    REQUIRE(cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
            cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_identity_store(config, load_nothing, save_nothing, NULL) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_login(config, log_in, NULL) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, 20000) == COGNITO_STATUS_OK);
    return config;
}

/* Whether there is nothing more to wait for. */
static bool is_over(const struct inbox *inbox) {
    int events = __atomic_load_n(&inbox->events, __ATOMIC_SEQ_CST);
    return inbox->messages > 0 ||
           (events > 0 && (inbox->event[events - 1].kind == COGNITO_EVENT_KIND_CONNECT_FAILED ||
                           inbox->event[events - 1].kind == COGNITO_EVENT_KIND_DISCONNECTED));
}

static void client_scene(bool is_started) {
    struct inbox inbox = {0};
    cognito_config *config = config_of_everything();
    cognito_client *client = NULL;
    cognito_status status = cognito_client_new(config, NULL, inbox_event, &inbox, &client);
    note(status);
    cognito_config_free(config);
    if (status != COGNITO_STATUS_OK) {
        return;
    }
    if (is_started) {
        note(cognito_client_start(client));
    }
    note(cognito_client_subscribe(client, "test/planted", 1, inbox_message, &inbox, 0,
                                  inbox_completion, &inbox));
    note(cognito_client_connect(client, is_started ? 0 : COGNITO_WAIT_FOREVER));
    note(cognito_client_publish(client, "test/planted", "x", 1, 1, false, NULL, 0, inbox_completion,
                                &inbox));
    double deadline = now_ms() + allowed_ms(10000);
    while (planted_panic_is_armed() && now_ms() < deadline && inbox.messages < 1) {
        status = is_started ? COGNITO_STATUS_OK : cognito_client_process(client, 10);
        note(status);
        if (status != COGNITO_STATUS_OK) {
            break;
        }
        if (is_started) {
            poll(NULL, 0, 1);
        }
    }
    /* On its thread nobody but the events can say it. */
    while (is_started && !was_internal && !is_over(&inbox) && now_ms() < deadline) {
        cognito_failure *failure = NULL;
        note(cognito_client_failure(client, &failure));
        note(cognito_failure_status(failure));
        cognito_failure_free(failure);
        poll(NULL, 0, 1);
    }
    note(cognito_client_disconnect(client, 5000));
    cognito_client_free(client);
    if (!loses_an_event) {
        inbox_check_events(&inbox);
    }
    for (int i = 0; i < inbox.events && i < INBOX_MAX; i++) {
        note(inbox.event[i].status);
    }
}
static void client(void) { client_scene(false); }
static void client_on_its_thread(void) { client_scene(true); }

static void transport(void) {
    cognito_config *config = config_of_everything();
    cognito_transport *made = NULL;
    uint8_t packet[MQTT_OVERHEAD], answer[4];
    note(cognito_transport_new(config, NULL, &made));
    cognito_config_free(config);
    note(cognito_transport_open(made, COGNITO_WAIT_FOREVER));
    int32_t sent = cognito_transport_send(made, packet, mqtt_connect(packet, "test-planted"));
    note(sent < 0 ? sent : 0);
    int32_t got = cognito_transport_recv(made, answer, sizeof answer);
    note(got < 0 ? got : 0);
    note(cognito_transport_close(made, 5000));
    cognito_transport_free(made);
}

static void provider(void) {
    cognito_config *config = config_of_everything();
    cognito_provider *made = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    note(cognito_provider_new(config, &made));
    cognito_config_free(config);
    note(cognito_provider_fetch(made, COGNITO_WAIT_FOREVER, &credentials));
    note(cognito_provider_sign(made, 0, COGNITO_WAIT_FOREVER, &url));
    cognito_credentials_free(credentials);
    cognito_signed_url_free(url);
    cognito_provider_free(made);
}

static const struct scene {
    const char *name;
    void (*run)(void);
} scenes[] = {{"client", client},
              {"client on its thread", client_on_its_thread},
              {"transport", transport},
              {"provider", provider}};
enum { CLIENT = 1, THREAD = 2, TRANSPORT = 4, PROVIDER = 8, ALL = 15 };

static const struct place {
    const char *name;
    int scenes;        /* that come past it */
    uint32_t passes;   /* it is tried after each number of them up to this */
    bool is_swallowed; /* another error or none: what it was for has a way of its own to fail */
} tried[] = {
    {"DNS of Cognito", ALL, 0, false},
    {"TCP of Cognito", ALL, 0, false},
    {"proxy of Cognito", ALL, 0, false},
    {"TLS of Cognito", ALL, 0, false},
    {"Cognito of Cognito", ALL, 1, false},
    {"DNS of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"TCP of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"proxy of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"TLS of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"signing of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"upgrade of IoT Core", CLIENT | THREAD | TRANSPORT, 0, false},
    {"CONNACK of IoT Core", CLIENT | THREAD, 0, false},
    {"resolver", ALL, 0, true},
    {"load", ALL, 0, false},
    {"login", ALL, 0, false},
    {"save", ALL, 0, false},
    {"dial", CLIENT | THREAD, 0, false},
    {"turn", CLIENT, 8, false},
    {"turn", THREAD, 5, false},
    {"thread", THREAD, 0, false},
    {"event", CLIENT | THREAD, 1, false},
    {"message", CLIENT | THREAD, 0, false},
    {"completion", CLIENT | THREAD, 0, false},
    {"open", TRANSPORT, 0, false},
    {"line", TRANSPORT, 1, false},
    {"log", ALL, 12, true},
};

static void try_place(const struct place *place, const struct scene *scene, uint32_t passes) {
    case_begin("%s after %u of a %s", place->name, (unsigned)passes, scene->name);
    /* The line that says it is the callback's, which this one is on the way to. */
    bool is_logged = strcmp(place->name, "log") != 0;
    int before = defects_logged();
    was_internal = false;
    loses_an_event = strcmp(place->name, "event") == 0;
    planted_panic_arm(place->name, passes);
    scene->run();
    CHECK(!planted_panic_is_armed());
    planted_panic_arm("", 0);
    CHECK(was_internal || place->is_swallowed);
    CHECK(!is_logged || defects_logged() == before + 1);
    /* The next one is as good as new. */
    cognito_config *config = config_of_everything();
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_config_free(config);
    CHECK(proc_threads_fall_to(own_threads));
    case_end();
}

void places(bool is_brief) {
    /* What the first of each keeps for the process. */
    for (int i = 0; i < 4; i++) {
        scenes[i].run();
    }
    CHECK(!was_internal);
    own_threads = proc_own_threads();
    int descriptors = proc_count(0, "fd");
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++) {
        for (int k = 0; k < 4; k++) {
            if ((tried[i].scenes & 1 << k) == 0) {
                case_not_applicable("such a scene does not come past the place");
                continue;
            }
            uint32_t last = is_brief ? 0 : tried[i].passes;
            for (uint32_t passes = 0; passes <= last; passes++) {
                try_place(&tried[i], &scenes[k], passes);
            }
        }
    }
    check_row = "descriptors";
    CHECK_INT(descriptors, proc_count(0, "fd"));
}
