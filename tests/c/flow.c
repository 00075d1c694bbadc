#include "flow.h"

void flow_begin(struct flow *flow, uint64_t seed, size_t largest) {
    REQUIRE(largest <= FLOW_LARGEST);
    flow->seed = seed;
    flow->largest = largest;
    flow->len = flow->at = 0;
    flow->total = 0;
}

/* Small packets are as many as large ones. */
static void next_packet(struct flow *flow) {
    static const char topic[] = "flow";
    uint32_t limit = (uint32_t)flow->largest + 1;
    for (uint32_t halves = random_below(&flow->seed, 18); halves > 0 && limit > 1; halves--) {
        limit = limit / 2 + 1;
    }
    size_t payload_len = random_below(&flow->seed, limit);
    flow->len = mqtt_publish(flow->packet, topic, NULL, payload_len);
    flow->at = 0;
    uint8_t *payload = flow->packet + flow->len - payload_len;
    uint64_t word = flow->seed;
    for (size_t at = 0; at < payload_len; at += sizeof word) {
        word = word * 6364136223846793005u + 1442695040888963407u;
        memcpy(payload + at, &word, sizeof word); /* there is room behind the packet */
    }
}

/* Goes on by up to so many bytes of one packet; where they are. */
static const uint8_t *next_part(struct flow *flow, size_t most, size_t *len) {
    if (flow->at == flow->len) {
        next_packet(flow);
    }
    const uint8_t *part = flow->packet + flow->at;
    *len = flow->len - flow->at < most ? flow->len - flow->at : most;
    flow->at += *len;
    flow->total += *len;
    return part;
}

void flow_make(struct flow *flow, void *bytes, size_t len) {
    for (size_t done = 0, part_len; done < len; done += part_len) {
        const uint8_t *part = next_part(flow, len - done, &part_len);
        memcpy((uint8_t *)bytes + done, part, part_len);
    }
}

bool flow_check(struct flow *flow, const void *bytes, size_t len) {
    bool equal = true;
    for (size_t done = 0, part_len; done < len; done += part_len) {
        const uint8_t *part = next_part(flow, len - done, &part_len);
        equal = equal && memcmp((const uint8_t *)bytes + done, part, part_len) == 0;
    }
    return equal;
}

size_t flow_left(const struct flow *flow) { return flow->len - flow->at; }
