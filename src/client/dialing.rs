//! A dial under way: its task, which runs while some thread waits on the runtime, and what comes of it.

use crate::boxed::boxed;
use crate::dial::{Attempt, Dial};
use crate::error::{Failure, Stage};
use crate::execution::Call;
use crate::status::Status;
use crate::transport::{ByteStream, Progress};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::watch;

/// An open WebSocket that has left its runtime.
pub struct Dialled {
    /// The stream.
    pub stream: ByteStream,
    /// Of the leg to IoT Core, in which CONNECT and CONNACK follow.
    pub progress: Arc<Progress>,
    /// Of the whole connect.
    pub deadline: Instant,
}

type Outcome = Result<Dialled, Failure>;

/// One dial.
#[derive(Clone)]
pub struct Dialing {
    attempt: Arc<Attempt>,
    outcome: Arc<Mutex<Option<Outcome>>>,
    wake: watch::Sender<()>,
}

impl Dialing {
    /// Not begun. `wake` is told of its end.
    pub fn new(attempt: Arc<Attempt>, wake: watch::Sender<()>) -> Self {
        Self { attempt, outcome: Arc::default(), wake }
    }

    /// Starts the task.
    pub fn spawn(&self, call: &Call<'_>, dial: &Arc<Dial>) {
        let (dial, dialing) = (Arc::clone(dial), self.clone());
        call.spawn(boxed(|| run(dial, dialing)));
    }

    /// Orders it to end.
    pub fn abort(&self) {
        self.attempt.abort();
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What has come of it, once.
    pub fn take(&self) -> Option<Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Ends it in this way, unless it has ended.
    pub fn end(&self, outcome: Outcome) {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(outcome);
        self.wake.send_replace(());
    }
}

/// The task.
async fn run(dial: Arc<Dial>, dialing: Dialing) {
    /// Reports the end of a task that panicked, too.
    struct Over(Dialing);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.end(Err(Failure::new(Status::Internal, Stage::None, "the connection's task ended by a defect")));
        }
    }
    let over = Over(dialing);
    may_panic!("dial");
    let deadline = Instant::now() + dial.timeout();
    let opened = dial.run(&over.0.attempt, move |upgraded, progress| {
        boxed(move || async move {
            let stream = ByteStream::new(upgraded)?;
            Ok(Dialled { stream, progress, deadline })
        })
    });
    let outcome = boxed(|| opened).await;
    over.0.end(outcome);
}
