/* See doctor_report.h. */

#define _POSIX_C_SOURCE 200809L

#include "doctor_report.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { COLUMNS = 80, FINDING_COLUMN = 32, ROW_COLUMN = 13, BAR_COLUMNS = 57 };

struct look report_look;

/* ---- Texts that can be shown to others ---- */

/* The length of the id at a place in a text, without its region; or 0 when there is none. */
static size_t id_len(const char *text, const char *at) {
    for (size_t i = 0; i < 3; i++) {
        const char *uuid =
            report_look.hidden_ids[i] != NULL ? strchr(report_look.hidden_ids[i], ':') : NULL;
        size_t len = uuid != NULL ? strlen(++uuid) : 0;
        if (len > 8 && strncasecmp(at, uuid, len) == 0) {
            return len;
        }
    }
    bool behind_region =
        (at > text && at[-1] == ':') || (at >= text + 3 && memcmp(at - 3, "%3A", 3) == 0);
    bool is_uuid = strspn(at, "0123456789abcdefABCDEF-") >= 36 && at[8] == '-' && at[13] == '-' &&
                   at[18] == '-' && at[23] == '-';
    return behind_region && is_uuid ? 36 : 0;
}

/* The beginning of a text, with every id shortened to 8 characters. Valid until the next call. */
static const char *shown_part(const char *text, size_t text_len) {
    static char copy[8192];
    const char *ellipsis = report_look.fancy ? "\xe2\x80\xa6" : "...";
    size_t len = 0;
    for (const char *at = text; at < text + text_len && len < sizeof copy - 16;) {
        size_t hidden = report_look.show_ids ? 0 : id_len(text, at);
        if (hidden != 0) {
            len += (size_t)sprintf(copy + len, "%.8s%s", at, ellipsis);
            at += hidden;
        } else {
            copy[len++] = *at++;
        }
    }
    copy[len] = '\0';
    return copy;
}

static const char *shown(const char *text) { return shown_part(text, strlen(text)); }

/* ---- The report for people ---- */

static const struct {
    const char *title, *short_title, *json_name;
    cognito_stage stages[9]; /* ends with COGNITO_STAGE_NONE */
} connections[CONNECTION_COUNT] = {
    {"Amazon Cognito",
     "Cognito",
     "cognito",
     {COGNITO_STAGE_DNS, COGNITO_STAGE_TCP, COGNITO_STAGE_PROXY, COGNITO_STAGE_TLS,
      COGNITO_STAGE_COGNITO}},
    {"AWS IoT Core",
     "IoT Core",
     "iot_core",
     {COGNITO_STAGE_DNS, COGNITO_STAGE_TCP, COGNITO_STAGE_PROXY, COGNITO_STAGE_TLS,
      COGNITO_STAGE_SIGNING, COGNITO_STAGE_UPGRADE, COGNITO_STAGE_CONNACK,
      COGNITO_STAGE_DISCONNECT}},
};

/* Prints a shown text that begins in a column, and goes on below itself when it is long. `before`
 * stands on the first line already. */
static void print_wrapped(int column, int before, const char *text) {
    int at = column + before;
    for (const char *word = text; *word != '\0';) {
        size_t bytes = strcspn(word, " ");
        int width = 0;
        for (size_t i = 0; i < bytes; i++) {
            width += (word[i] & 0xc0) != 0x80; /* UTF-8: not the rest of a character */
        }
        if (at > column && at + 1 + width > COLUMNS) {
            printf("\n%*s", column, "");
            at = column;
        } else if (at > column) {
            at += printf(" ");
        }
        at += width;
        fwrite(word, 1, bytes, stdout);
        word += bytes + strspn(word + bytes, " ");
    }
    putchar('\n');
}

static const char *colour(cognito_status status) {
    switch (status) {
    case COGNITO_STATUS_OK:
        return report_look.fancy ? "\x1b[32m" : "";
    case COGNITO_STATUS_CANCELLED:
    case COGNITO_STATUS_IN_PROGRESS:
        return report_look.fancy ? "\x1b[33m" : "";
    default:
        return report_look.fancy ? "\x1b[31m" : "";
    }
}

static const char *plain(void) { return report_look.fancy ? "\x1b[0m" : ""; }

static double ms(int64_t us) { return (double)us / 1000; }

static void print_step(const struct visit *visit, const struct step *step) {
    bool cut_off =
        step->status == COGNITO_STATUS_CANCELLED || step->status == COGNITO_STATUS_IN_PROGRESS;
    const char *result = step->status == COGNITO_STATUS_OK ? "pass" : cut_off ? "cut off" : "FAIL";
    printf("  %-11s%s%-8s%s%7.1f ms", cognito_stage_name(step->stage), colour(step->status), result,
           plain(), ms(step->took_us));
    /* The failure itself stands at the end, in full. */
    const char *failure = visit->failure != NULL ? cognito_failure_message(visit->failure) : "";
    const char *repeated = failure[0] != '\0' ? strstr(step->finding, failure) : NULL;
    size_t len = repeated != NULL ? (size_t)(repeated - step->finding) : strlen(step->finding);
    if (repeated != NULL && len >= strlen(", ")) {
        len -= strlen(", "); /* between the findings */
    }
    int before = 0;
    if (len > 0 || (step->status != COGNITO_STATUS_OK && !cut_off)) {
        printf("  ");
    }
    if (step->status != COGNITO_STATUS_OK && !cut_off) {
        before = printf("%s%s", cognito_status_name(step->status) + strlen("COGNITO_STATUS_"),
                        repeated == NULL ? ":"
                        : len > 0        ? ", see below;"
                                         : ", see below");
    }
    print_wrapped(FINDING_COLUMN, before, shown_part(step->finding, len));
}

/* How the device's clock differs from AWS's, in words. */
static void describe_clock(int64_t ahead_ms, char *text, size_t size) {
    if (ahead_ms == COGNITO_CLOCK_OFFSET_UNKNOWN) {
        snprintf(text, size, "not compared with AWS's: Cognito has not answered");
        return;
    }
    /* A Date has no fractions: it is half a second late on average. */
    int64_t s = (ahead_ms + 500 + (ahead_ms + 500 < 0 ? -500 : 500)) / 1000;
    const char *direction = s < 0 ? "ahead" : "behind";
    s = s < 0 ? -s : s;
    bool in_days = s >= 2 * 86400;
    if (s <= 1) {
        snprintf(text, size, "this device's clock is right");
    } else {
        snprintf(text, size, "this device's clock is %lld %s %s; AWS's time was used instead",
                 (long long)(in_days ? s / 86400 : s), in_days ? "days" : "s", direction);
    }
}

static void print_row(const char *name, const char *text) {
    if (text[0] != '\0') {
        printf("  %-11s", name);
        print_wrapped(ROW_COLUMN, 0, shown(text));
    }
}

static bool is_the_proxy(const char *peer) {
    return strncmp(peer, "the proxy ", strlen("the proxy ")) == 0;
}

static void print_connection(const struct visit *visit, enum connection connection) {
    const struct step *last = NULL;
    const char *peer = "";
    bool through_proxy = false;
    for (size_t i = 0; i < visit->step_count; i++) {
        const struct step *step = &visit->steps[i];
        if (step->connection == connection) {
            through_proxy = through_proxy || is_the_proxy(step->peer);
            peer = peer[0] == '\0' || is_the_proxy(peer) ? step->peer : peer;
        }
    }
    printf("\n%s%s%s\n", connections[connection].title, peer[0] != '\0' ? ", " : "", shown(peer));
    for (size_t i = 0; i < visit->step_count; i++) {
        const struct step *step = &visit->steps[i];
        if (step->connection == connection) {
            print_step(visit, step);
            last = last == NULL || step->stage >= last->stage ? step : last;
        }
    }
    for (const cognito_stage *stage = connections[connection].stages; *stage != 0; stage++) {
        bool is_here = *stage != COGNITO_STAGE_PROXY || through_proxy;
        if (is_here && (last == NULL || *stage > last->stage)) {
            printf("  %-11snot reached\n", cognito_stage_name(*stage));
        }
    }
    if (connection == TO_COGNITO) {
        bool has_credentials = last != NULL && last->stage == COGNITO_STAGE_COGNITO &&
                               last->status == COGNITO_STATUS_OK;
        char line[256];
        snprintf(line, sizeof line, "%s%s", visit->identity,
                 has_credentials ? ", with the role for guests" : "");
        print_row("identity", visit->identity[0] != '\0' ? line : "not known yet");
        describe_clock(visit->clock_offset_ms, line, sizeof line);
        print_row("clock", line);
    }
}

/* One bar for each step, all on the same axis. */
static void print_waterfall(const struct visit *visit) {
    int64_t total_us = 1;
    for (size_t i = 0; i < visit->step_count; i++) {
        int64_t end_us = visit->steps[i].began_us + visit->steps[i].took_us;
        total_us = end_us > total_us ? end_us : total_us;
    }
    printf("\n%-22s0 ms%*.1f ms\n", "Time", BAR_COLUMNS - 7, ms(total_us));
    for (size_t i = 0; i < visit->step_count; i++) {
        const struct step *step = &visit->steps[i];
        int64_t begin = step->began_us * (BAR_COLUMNS - 1) / total_us;
        int64_t end = (step->began_us + step->took_us) * BAR_COLUMNS / total_us;
        printf("  %-8s %-11s%*s%s", connections[step->connection].short_title,
               cognito_stage_name(step->stage), (int)begin, "", colour(step->status));
        for (int64_t at = begin; at == begin || at < end; at++) {
            fputs(report_look.fancy ? "\xe2\x96\x88" : "#", stdout);
        }
        printf("%s\n", plain());
    }
}

static void print_verdict(const struct visit *visit) {
    const cognito_failure *failure = visit->failure;
    if (failure == NULL) {
        size_t failed = 0;
        for (size_t i = 0; i < visit->step_count; i++) {
            failed += visit->steps[i].status != COGNITO_STATUS_OK;
        }
        printf("\n%sAll well: connected in %.1f ms, disconnected in %.1f ms.%s\n",
               colour(visit->status), ms(visit->connect_us),
               ms(visit->steps[visit->step_count - 1].took_us), plain());
        if (failed > 0) {
            printf("Steps that failed, and went well when they were tried again: %zu.\n", failed);
        }
        return;
    }
    if (visit->status == COGNITO_STATUS_CANCELLED) {
        printf("\n%sInterrupted: %s.%s What was under way was cut off.\n", colour(visit->status),
               cognito_status_name(visit->status), plain());
        return;
    }
    printf("\n%sFailed at stage %s: %s%s\n", colour(visit->status),
           cognito_stage_name(cognito_failure_stage(failure)), cognito_status_name(visit->status),
           plain());
    char http_status[32] = "";
    if (cognito_failure_http_status(failure) != 0) {
        snprintf(http_status, sizeof http_status, "%d", (int)cognito_failure_http_status(failure));
    }
    print_row("what", cognito_failure_message(failure));
    print_row("HTTP", http_status);
    print_row("AWS error", cognito_failure_aws_error_type(failure));
    print_row("AWS says", cognito_failure_aws_message(failure));
    print_row("request id", cognito_failure_aws_request_id(failure));
    print_row("cure", cognito_failure_hint(failure));
}

void report_heading(const struct options *options) {
    time_t now = time(NULL);
    char text[512], date[32] = "";
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL) {
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &utc);
    }
    printf("cognito_doctor %s, %s UTC by this device's clock\n", cognito_version(), date);
    snprintf(text, sizeof text, "Connecting to %s with client ID '%s'...", options->value[ENDPOINT],
             options->value[CLIENT_ID]);
    print_wrapped(0, 0, shown(text));
    fflush(stdout);
}

void report_for_people(const struct visit *visit) {
    if (visit->step_count > 0) {
        print_connection(visit, TO_COGNITO);
        print_connection(visit, TO_IOT_CORE);
        print_waterfall(visit);
    }
    print_verdict(visit);
}

/* ---- The report for programs ---- */

static void json_text(const char *name, const char *text) {
    printf(",\"%s\":\"", name);
    for (const char *at = shown(text); *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            printf("\\%c", *at);
        } else if ((unsigned char)*at < ' ') {
            printf("\\u%04x", (unsigned)*at);
        } else {
            putchar(*at);
        }
    }
    putchar('"');
}

static void json_number(const char *name, int64_t number) {
    printf(",\"%s\":%lld", name, (long long)number);
}

static void json_failure(const struct visit *visit) {
    const cognito_failure *failure = visit->failure;
    if (failure == NULL) {
        printf(",\"failure\":null");
        return;
    }
    printf(",\"failure\":{\"status\":\"%s\"", cognito_status_name(visit->status));
    json_text("stage", cognito_stage_name(cognito_failure_stage(failure)));
    json_text("message", cognito_failure_message(failure));
    json_text("hint", cognito_failure_hint(failure));
    json_text("aws_error_type", cognito_failure_aws_error_type(failure));
    json_text("aws_message", cognito_failure_aws_message(failure));
    json_text("aws_request_id", cognito_failure_aws_request_id(failure));
    json_number("http_status", cognito_failure_http_status(failure));
    json_number("reason_code", cognito_failure_reason_code(failure));
    putchar('}');
}

void report_in_json(const struct visit *visit, const struct options *options) {
    printf("{\"version\":\"%s\"", cognito_version());
    json_text("status", cognito_status_name(visit->status));
    json_text("endpoint", options->value[ENDPOINT]);
    json_text("client_id", options->value[CLIENT_ID]);
    json_text("identity", visit->identity);
    json_number("device_time_s", (int64_t)time(NULL));
    if (visit->clock_offset_ms == COGNITO_CLOCK_OFFSET_UNKNOWN) {
        printf(",\"clock_offset_ms\":null");
    } else {
        json_number("clock_offset_ms", visit->clock_offset_ms);
    }
    json_number("connect_us", visit->connect_us);
    printf(",\"steps\":[");
    for (size_t i = 0; i < visit->step_count; i++) {
        const struct step *step = &visit->steps[i];
        printf("%s{\"connection\":\"%s\"", i > 0 ? "," : "",
               connections[step->connection].json_name);
        json_text("stage", cognito_stage_name(step->stage));
        json_text("peer", step->peer);
        json_number("began_us", step->began_us);
        json_number("took_us", step->took_us);
        json_text("status", cognito_status_name(step->status));
        json_text("finding", step->finding);
        putchar('}');
    }
    putchar(']');
    json_failure(visit);
    puts("}");
}
