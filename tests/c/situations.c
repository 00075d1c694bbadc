#include "situations.h"

bool situation_read(FILE *table, struct situation *situation) {
    do {
        if (fgets(situation->line, sizeof situation->line, table) == NULL) {
            return false;
        }
    } while (situation->line[0] == '#' || situation->line[0] == '\n');

    const char *cells[SITUATION_CELLS];
    check_cells(situation->line, cells, SITUATION_CELLS);
    situation->name = cells[0];
    situation->faults = cells[1];
    situation->settings = cells[2];
    situation->status = cells[3];
    situation->stage = cells[4];
    situation->http_status = cells[5];
    situation->reason_code = cells[6];
    situation->aws_error_type = cells[7];
    situation->aws_message = cells[8];
    situation->hint = cells[9];
    situation->says = cells[10];
    return true;
}

const char *situation_expand(const char *text, const struct setup *setup, const char *identity) {
    static char expanded[4096];
    char iot[128], proxy[128];
    snprintf(iot, sizeof iot, "%s:%s", local_aws("HOST"), local_aws("IOT_PORT"));
    snprintf(proxy, sizeof proxy, "%s:%s", local_aws("HOST"), local_aws("PROXY_PORT"));
    const char *login_identity = strstr(text, "{login_identity}") ? situation_login_identity() : "";
    const struct {
        const char *name, *value;
    } placeholders[] = {
        {"{identity}", local_aws("IDENTITY")},
        {"{identity_pool}", local_aws("IDENTITY_POOL")},
        {"{given_identity}", identity},
        {"{login_identity}", login_identity},
        {"{client_id}", setup->client_id},
        {"{iot}", iot},
        {"{cognito}", local_aws("COGNITO_ENDPOINT")},
        {"{proxy}", proxy},
    };
    size_t length = 0;
    while (*text != '\0' && length + 1 < sizeof expanded) {
        const char *value = NULL;
        for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
            size_t name_length = strlen(placeholders[i].name);
            if (strncmp(text, placeholders[i].name, name_length) == 0) {
                value = placeholders[i].value;
                text += name_length;
                break;
            }
        }
        if (value == NULL) {
            expanded[length++] = *text++;
            continue;
        }
        REQUIRE(length + strlen(value) < sizeof expanded);
        memcpy(expanded + length, value, strlen(value));
        length += strlen(value);
    }
    expanded[length] = '\0';
    return expanded;
}

bool situation_matches(const char *expected, const char *text) {
    while (*expected != '\0') {
        bool number = strncmp(expected, "{number}", 8) == 0;
        bool time = strncmp(expected, "{time}", 6) == 0;
        if (number || time) {
            size_t length = strspn(text, number ? "0123456789" : "0123456789TZ");
            if (length == 0) {
                return false;
            }
            text += length;
            expected += number ? 8 : 6;
        } else if (*expected++ != *text++) {
            return false;
        }
    }
    return *text == '\0';
}
