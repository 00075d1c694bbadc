//! The one thread that this library starts on request: it does nothing but process.

use super::Client;
use super::drive::NOT_CANCELLED;
use crate::callback;
use crate::error::{Failure, Stage};
use crate::execution::Wait;
use crate::status::Status;
use crate::sys::with_signals_blocked;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// The thread, if there is one.
pub struct Background {
    thread: Mutex<Option<Thread>>,
    /// Locked by whoever waits for the end of one, so that others who want that wait with it.
    ending: Mutex<()>,
    /// Whether what is left was ended. Locked while that is being done, so that nobody returns from a free before.
    is_finished: Mutex<bool>,
}

struct Thread {
    stop: Arc<AtomicBool>,
    handle: JoinHandle<()>,
}

impl Background {
    /// There is none.
    pub fn new() -> Self {
        Self { thread: Mutex::new(None), ending: Mutex::new(()), is_finished: Mutex::new(false) }
    }

    /// Tells it to end, and has it `woken`. Waits for its end, unless this is the thread itself.
    pub fn end(&self, woken: impl FnOnce()) {
        let _ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let thread = self.take();
        woken();
        if let Some(thread) = thread.filter(|thread| thread.handle.thread().id() != std::thread::current().id()) {
            let _ = thread.handle.join();
        }
    }

    /// The same, but it ends on its own.
    pub fn let_end(&self, woken: impl FnOnce()) {
        drop(self.take());
        woken();
    }

    /// In one step, so that one that is started meanwhile is neither told to end nor waited for.
    fn take(&self) -> Option<Thread> {
        let thread = self.lock().take();
        if let Some(thread) = &thread {
            thread.stop.store(true, Ordering::SeqCst);
        }
        thread
    }

    /// Ends what is left, once, or waits for whoever does.
    pub fn finish_once(&self, finish: impl FnOnce()) {
        let mut is_finished = self.is_finished.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *is_finished, true) {
            finish();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Thread>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Starts a thread that processes until [`Client::stop`], unless there is one.
    pub fn start(self: &Arc<Self>) -> Result<(), Failure> {
        self.execution.refuse_forked()?;
        let mut thread = self.background.lock();
        if thread.as_ref().is_some_and(|thread| !thread.stop.load(Ordering::SeqCst)) {
            return Ok(());
        }
        let (client, stop) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&stop);
        let started = with_signals_blocked(|| {
            Builder::new().name("cognito_client".to_owned()).spawn(move || run(&client, &seen))
        });
        let handle = started.map_err(|error| {
            Failure::new(Status::OutOfResources, Stage::None, format!("no thread for the client: {error}"))
        })?;
        *thread = Some(Thread { stop, handle });
        Ok(())
    }

    /// Ends that thread and waits for its end, and so for a callback that it is inside. Inside a callback it ends later: that thread may
    /// be waiting for the client of this one.
    pub fn stop(&self) -> Result<(), Failure> {
        self.execution.refuse_forked()?;
        let woken = || {
            self.execution.wake();
            self.tell_all();
        };
        if callback::is_delivered() {
            self.background.let_end(woken);
        } else {
            self.background.end(woken);
        }
        Ok(())
    }
}

fn run(client: &Client, stop: &AtomicBool) {
    let work = || {
        let Ok(mut call) = client.visit() else { return };
        may_panic!("thread");
        // It ends when it is told to, or when the client is freed.
        let _ = client.drive(&mut call, Wait::Forever, NOT_CANCELLED, |_| stop.load(Ordering::SeqCst).then_some(()));
    };
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        stop.store(true, Ordering::SeqCst);
        // Nobody else may be there to tell the application.
        let _ = catch_unwind(AssertUnwindSafe(|| client.deliver_all()));
    }
}
