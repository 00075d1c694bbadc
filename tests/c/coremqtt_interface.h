/* The types of coreMQTT's transport_interface.h, as far as the adapters are concerned: what it
 * declares has to fit them without a cast. */

#ifndef COREMQTT_INTERFACE_H
#define COREMQTT_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

struct NetworkContext; /* incomplete there too */
struct TransportOutVector {
    const void *iov_base;
    size_t iov_len;
};
typedef struct {
    int32_t (*recv)(struct NetworkContext *, void *, size_t);
    int32_t (*send)(struct NetworkContext *, const void *, size_t);
    int32_t (*writev)(struct NetworkContext *, struct TransportOutVector *, size_t);
    struct NetworkContext *context;
} transport_interface;

#define COREMQTT_INTERFACE(transport)                                                              \
    ((transport_interface){cognito_coremqtt_recv, cognito_coremqtt_send, cognito_coremqtt_writev,  \
                           cognito_coremqtt_context(transport)})

#endif
