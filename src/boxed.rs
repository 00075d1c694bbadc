//! Futures on the heap, polled in stack frames of their own: everything runs on the caller's stack, which may be small.

use crate::error::{Failure, Stage};
use crate::status::Status;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::task::JoinHandle;

/// A future whose type is hidden and whose place is the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes a future in a stack frame that is gone before it is first polled, and keeps the optimiser from merging its frame with
/// that of its caller.
#[inline(never)]
pub fn boxed<'a, F: Future + Send + 'a>(make: impl FnOnce() -> F) -> BoxFuture<'a, F::Output> {
    Box::pin(make())
}

/// A future that the runtime polls on its own, from the bottom of the stack and not from the depth of whoever waits for it.
/// Ends when it is dropped.
pub struct Subtask<T>(JoinHandle<T>);

impl<T: Send + 'static> Subtask<T> {
    /// Starts on the current runtime.
    pub fn spawn<F: Future<Output = T> + Send + 'static>(make: impl FnOnce() -> F) -> Self {
        Self(tokio::spawn(boxed(make)))
    }
}

impl<T> Future for Subtask<T> {
    type Output = Result<T, Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(ready!(Pin::new(&mut self.0).poll(cx)).map_err(|_| {
            Failure::new(Status::Internal, Stage::None, "a part of the connection's task ended by a defect")
        }))
    }
}

impl<T> Drop for Subtask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
