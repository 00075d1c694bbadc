#include "answers.h"

#include <ctype.h>

/* Lines `= NAME TEXT` of the table. */
static struct { char name[32], text[1024]; } definitions[32];
static size_t defined;

static void define(const char *line) {
    REQUIRE(defined < sizeof definitions / sizeof definitions[0]);
    check_row = line;
    REQUIRE(sscanf(line, "= %31s %1023[^\n]", definitions[defined].name,
                   definitions[defined].text) == 2);
    defined++;
}

/* Bytes that grow. */
struct bytes {
    char *at;
    size_t length, size;
};

static void append(struct bytes *bytes, const char *text, size_t length) {
    if (bytes->length + length > bytes->size) {
        bytes->size = 2 * (bytes->length + length);
        bytes->at = realloc(bytes->at, bytes->size);
        REQUIRE(bytes->at != NULL);
    }
    memcpy(bytes->at + bytes->length, text, length);
    bytes->length += length;
}

static void expand(struct bytes *bytes, const char *text, size_t length);

/* {N*TEXT} is TEXT N times, and {NAME} what is defined; other braces stay. Returns its length. */
static size_t expand_braces(struct bytes *bytes, const char *text, size_t length) {
    char *behind_number;
    size_t depth = 0, end = 0;
    do {
        depth += text[end] == '{';
        depth -= text[end] == '}';
        end++;
    } while (depth > 0 && end < length);
    unsigned long times = strtoul(text + 1, &behind_number, 10);
    if (depth == 0 && isdigit((unsigned char)text[1]) && *behind_number == '*') {
        struct bytes part = {0};
        expand(&part, behind_number + 1, (size_t)(text + end - 1 - (behind_number + 1)));
        while (times-- > 0) {
            append(bytes, part.at, part.length);
        }
        free(part.at);
        return end;
    }
    for (size_t i = 0; i < defined; i++) {
        size_t name_length = strlen(definitions[i].name);
        if (end == name_length + 2 && strncmp(text + 1, definitions[i].name, name_length) == 0) {
            expand(bytes, definitions[i].text, strlen(definitions[i].text));
            return end;
        }
    }
    append(bytes, text, 1);
    return 1;
}

/* \r, \n, \t, \\ and \xHH. Returns its length. */
static size_t expand_escape(struct bytes *bytes, const char *text) {
    static const char names[] = "rnt\\", values[] = "\r\n\t\\";
    const char *name = text[1] != '\0' ? strchr(names, text[1]) : NULL;
    if (name != NULL) {
        append(bytes, values + (name - names), 1);
        return 2;
    }
    char digits[3] = "", *behind;
    REQUIRE(text[1] == 'x' && sscanf(text + 2, "%2[0-9a-fA-F]", digits) == 1 && digits[1] != '\0');
    append(bytes, &(char){(char)strtoul(digits, &behind, 16)}, 1);
    return 4;
}

static void expand(struct bytes *bytes, const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        if (text[i] == '{') {
            i += expand_braces(bytes, text + i, length - i);
        } else if (text[i] == '\\') {
            i += expand_escape(bytes, text + i);
        } else {
            append(bytes, text + i, 1);
            i++;
        }
    }
}

bool answer_read(FILE *table, struct answer *answer) {
    do {
        if (fgets(answer->line, sizeof answer->line, table) == NULL) {
            return false;
        }
        if (answer->line[0] == '=') {
            define(answer->line);
        }
    } while (strchr("#\n=", answer->line[0]) != NULL);

    const char *cells[ANSWER_CELLS];
    check_cells(answer->line, cells, ANSWER_CELLS);
    answer->name = cells[0];
    answer->options = cells[1];
    answer->status = cells[3];
    answer->stage = cells[4];
    answer->http_status = cells[5];
    answer->says = cells[6];
    struct bytes bytes = {0};
    append(&bytes, "", 0);
    expand(&bytes, cells[2], strlen(cells[2]));
    answer->bytes = bytes.at;
    answer->length = bytes.length;
    return true;
}

void answer_await(const struct answer *answer) {
    local_aws_answer(answer->options, answer->bytes, answer->length);
}
