//! The functions of coreMQTT's TransportInterface_t, with its exact types over its incomplete `struct NetworkContext`. Its own
//! structs changed between its versions, so none is defined here.

use super::transport::{
    cognito_transport, cognito_transport_recv, cognito_transport_send, cognito_transport_writev, iovec,
};
use std::ffi::c_void;

/// coreMQTT's.
pub struct NetworkContext;

/// coreMQTT's: like iovec, a pointer and a length.
pub struct TransportOutVector;

/// A transport as the pNetworkContext of coreMQTT's TransportInterface_t. Nothing else may look into it.
///
/// @return The same for as long as the transport lives; NULL when transport is NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_coremqtt_context(transport: *mut cognito_transport) -> *mut NetworkContext {
    transport.cast()
}

/// TransportRecv_t: cognito_transport_recv().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_coremqtt_recv(
    context: *mut NetworkContext,
    buffer: *mut c_void,
    bytes_to_recv: usize,
) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { cognito_transport_recv(context.cast::<cognito_transport>(), buffer, bytes_to_recv) }
}

/// TransportSend_t: cognito_transport_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_coremqtt_send(
    context: *mut NetworkContext,
    buffer: *const c_void,
    bytes_to_send: usize,
) -> i32 {
    // SAFETY: the caller's promise is the same.
    unsafe { cognito_transport_send(context.cast::<cognito_transport>(), buffer, bytes_to_send) }
}

/// TransportWritev_t: cognito_transport_writev().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_coremqtt_writev(
    context: *mut NetworkContext,
    vectors: *mut TransportOutVector,
    vector_count: usize,
) -> i32 {
    // SAFETY: the caller's promise is the same, and the two structs are alike.
    unsafe {
        cognito_transport_writev(
            context.cast::<cognito_transport>(),
            vectors.cast::<iovec>().cast_const(),
            vector_count,
        )
    }
}
