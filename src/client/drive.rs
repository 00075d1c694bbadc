//! How the threads inside a client share its work: each does at once what can be done without waiting. Of those that wait, one
//! waits for the network on behalf of all, one delivers to the application, and the rest wait for them.

use super::deliveries::Delivery;
use super::phase::Phase;
use super::state::State;
use super::traffic::Due;
use super::{Client, finish_freed};
use crate::callback;
use crate::error::{Failure, Stage};
use crate::execution::{Call, Wait};
use crate::sys::{EventFd, Interest, wait_for};
use std::os::fd::AsFd;
use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// One call does so many turns at most without waiting, so that a peer that sends without end does not keep it.
const TURNS: u32 = 64;

/// So many deliveries are made between two looks at the network, so that acknowledgements go out meanwhile.
const DELIVERIES: u32 = 16;

/// As many deliveries are made as fit into this.
const DELIVERING: Duration = Duration::from_millis(10);

/// How often what an ended dial has left behind is looked at.
const TIDY_AGAIN: Duration = Duration::from_millis(50);

/// What is left of what an ended dial has left behind.
enum Tidied {
    Nothing,
    /// It has ended just now.
    All,
    /// Some of it goes on.
    Part,
}

/// A call that nobody cancels.
pub const NOT_CANCELLED: u64 = u64::MAX;

type Locked<'a> = MutexGuard<'a, State>;

impl Client {
    pub(super) fn lock(&self) -> Locked<'_> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works until `check` has an answer; `None` when `wait` passed first, an error when a cancel or a free did.
    pub(super) fn drive<T>(
        &self,
        call: &mut Call<'_>,
        wait: Wait,
        base: u64,
        mut check: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let deadline = match wait {
            Wait::Forever => None,
            Wait::AtMost(Duration::ZERO) => return self.advance(call, base, check),
            Wait::AtMost(wait) => Instant::now().checked_add(wait),
        };
        let mut state = self.lock();
        let answer = loop {
            state = self.deliver(state);
            if let Some(answer) = check(&mut state) {
                break Ok(Some(answer));
            }
            if self.execution.is_ended(base) {
                break Err(Failure::cancelled(Stage::None));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break Ok(None);
            }
            if state.has_leader {
                state.send_now();
                state.show();
                // What that has brought about may be for this call.
                if !self.tell_waiting(&mut state, false) && !may_deliver(&state) {
                    state = self.followers.wait(state, left);
                }
                continue;
            }
            let has_worked = state.turn();
            let has_news = self.tell_waiting(&mut state, has_worked);
            if !has_worked && !has_news && !may_deliver(&state) {
                state.has_leader = true;
                state = self.wait_for_network(call, state, left, base);
                state.has_leader = false;
            }
        };
        self.leave(state);
        answer
    }

    /// Tells the calls that wait for this thread to look again, where it `has_worked` or some of them may have what they wait for;
    /// then also the one that waits for the network. Whether there was such news.
    fn tell_waiting(&self, state: &mut State, has_worked: bool) -> bool {
        let has_news = state.take_news();
        if has_worked || has_news {
            self.followers.notify_all();
        }
        if has_news && state.has_leader {
            self.execution.wake();
        }
        has_news
    }

    /// Has the calls that wait for another thread look again: those that have looked before wait by now.
    pub(super) fn tell_all(&self) {
        drop(self.lock());
        self.followers.notify_all();
    }

    /// Leaves the rest to those that wait: one of them has to wait for the network now, and to tell the application what is left to
    /// tell.
    pub(super) fn leave(&self, mut state: Locked<'_>) {
        state.show();
        self.tell_waiting(&mut state, false);
        let leaves_deliveries = state.has_undelivered() && state.has_leader;
        drop(state);
        if !self.followers.notify_one() && leaves_deliveries {
            self.execution.wake();
        }
    }

    /// Does all that can be done without waiting.
    fn advance<T>(
        &self,
        call: &mut Call<'_>,
        base: u64,
        mut check: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let is_dialing = matches!(self.lock().phase, Phase::Dialing { .. });
        let mut has_driven = is_dialing || self.execution.has_runtime();
        if !is_dialing {
            self.tidy(call);
        }
        let mut state = self.lock();
        for _ in 0..TURNS {
            let has_dialled;
            has_driven |= matches!(state.phase, Phase::Dialing { .. });
            (state, has_dialled) = self.turn_dial(call, state);
            let has_worked = state.turn();
            let has_delivered = may_deliver(&state);
            state = self.deliver(state);
            if !has_dialled && !has_worked && !has_delivered {
                break;
            }
        }
        let answer = check(&mut state);
        if has_driven && state.has_leader {
            // The runtime may have taken the signal by which the thread that waits for the network was to learn of a new dial.
            self.execution.wake();
        }
        self.tell_waiting(&mut state, true);
        self.leave(state);
        match answer {
            None if self.execution.is_ended(base) => Err(Failure::cancelled(Stage::None)),
            answer => Ok(answer),
        }
    }

    /// Gives a dial its turn on the runtime. Whether it has ended by that.
    fn turn_dial<'a>(&'a self, call: &mut Call<'_>, mut state: Locked<'a>) -> (Locked<'a>, bool) {
        if !self.spawn_dial(call, &mut state) {
            return (state, false);
        }
        // Outside of the lock, because the dial calls the application for logins and the identity.
        drop(state);
        call.turn();
        let state = self.lock();
        let is_over = matches!(&state.phase, Phase::Dialing { dialing, .. } if dialing.is_over());
        (state, is_over)
    }

    /// Makes sure that the dial under way has a task. Whether there is one.
    fn spawn_dial(&self, call: &mut Call<'_>, state: &mut Locked<'_>) -> bool {
        let State { phase: Phase::Dialing { dialing, is_spawned }, dial, .. } = &mut **state else { return false };
        match call.need_runtime() {
            Ok(()) if *is_spawned => {}
            Ok(()) => {
                *is_spawned = true;
                dialing.spawn(call, dial);
            }
            Err(failure) => dialing.end(Err(failure)),
        }
        true
    }

    /// Lets what an ended dial has left behind, such as the other of its two connections, go on.
    fn tidy(&self, call: &mut Call<'_>) -> Tidied {
        if !self.execution.has_runtime() || call.need_runtime().is_err() {
            return Tidied::Nothing;
        }
        call.leave_runtime();
        if self.execution.has_runtime() { Tidied::Part } else { Tidied::All }
    }

    /// Waits until something may have changed.
    fn wait_for_network<'a>(
        &'a self,
        call: &mut Call<'_>,
        mut state: Locked<'a>,
        left: Option<Duration>,
        base: u64,
    ) -> Locked<'a> {
        if self.spawn_dial(call, &mut state) {
            let Phase::Dialing { dialing, .. } = &state.phase else { return state };
            let dialing = dialing.clone();
            state.show();
            drop(state);
            // A cancel is found by whoever it is for.
            let _ = call.until_woken(left.map_or(Wait::Forever, Wait::AtMost), base, || dialing.is_over());
            let state = self.lock();
            self.followers.notify_all();
            return state;
        }
        let due = state.show().map(Due::left);
        let network = state.descriptors.network();
        drop(state);
        let tidied = match self.tidy(call) {
            Tidied::Nothing => None,
            // The runtime may have taken a signal that was for this thread: look again.
            Tidied::All => return self.lock(),
            Tidied::Part => Some(TIDY_AGAIN),
        };
        let event = self.execution.event();
        let at_most = [left, due, tidied].into_iter().flatten().min();
        wait_for(
            [Some((network.as_fd(), Interest::Read)), event.map(|event| (event.as_fd(), Interest::Read))],
            at_most,
        );
        let state = self.lock();
        // A cancel is for those that wait for this thread, even where it is not for this thread.
        if event.is_some_and(EventFd::clear) {
            self.followers.notify_all();
        }
        state
    }

    /// Tells the application what has happened, unless another thread does, or this one is inside a callback.
    fn deliver<'a>(&'a self, mut state: Locked<'a>) -> Locked<'a> {
        if !may_deliver(&state) {
            return state;
        }
        state.deliveries.is_delivering = true;
        self.followers.notify_one();
        let began = Instant::now();
        for _ in 0..DELIVERIES {
            let Some(delivery) = state.deliveries.pop() else { break };
            let to_acknowledge = match &delivery {
                Delivery::Message { message, connection, .. } => Some((*connection, message.packet_id)),
                Delivery::Event(_) | Delivery::Completion(..) => None,
            };
            drop(state);
            callback::deliver(|| delivery.run(self.on_event.as_ref()));
            finish_freed();
            state = self.lock();
            if let Some((connection, packet_id)) = to_acknowledge {
                state.session.delivered(connection, packet_id);
            }
            if began.elapsed() >= DELIVERING || self.execution.is_closing() {
                break;
            }
        }
        state.deliveries.is_delivering = false;
        state.send_now();
        state.show();
        self.tell_waiting(&mut state, true);
        state
    }

    /// Tells what is left to tell, after the last call.
    pub(super) fn deliver_all(&self) {
        loop {
            let delivery = self.lock().deliveries.pop();
            let Some(delivery) = delivery else { return };
            callback::deliver(|| delivery.run(self.on_event.as_ref()));
        }
    }
}

/// Whether there is something to tell, and this thread may.
fn may_deliver(state: &State) -> bool {
    state.has_undelivered() && !callback::is_delivered()
}
