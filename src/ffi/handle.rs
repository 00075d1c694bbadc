//! Handles are tokens, not pointers: a slot and the generation of its tenant. A handle that was freed, or is of another type,
//! or was never one, is an error and never luck.
//!
//! Looking one up takes no lock and no allocation, so that `cancel` may do it in a signal handler. A token is odd, which no
//! pointer to an object is. Its bits, from the lowest: 1 (always set), the kind (4), the slot (13), the generation (14 on
//! 32-bit systems, 46 on 64-bit ones). A slot whose generations are used up is retired, so no token ever comes twice; on a
//! 32-bit system that is after 134 million handles of one type.

use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::sys::ProcessLock;
use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::ops::Deref;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

const KIND_BITS: u32 = 4;
const SLOT_BITS: u32 = 13;
const SLOT_SHIFT: u32 = 1 + KIND_BITS;
const GENERATION_SHIFT: u32 = SLOT_SHIFT + SLOT_BITS;
const GENERATION_MAX: usize = usize::MAX >> GENERATION_SHIFT;
const SLOTS: usize = 1 << SLOT_BITS;
const CHUNK: usize = 64;

/// The C types that are handles.
#[derive(Clone, Copy)]
pub enum Kind {
    Config = 1,
    Provider = 2,
    Client = 3,
    Failure = 4,
    Trace = 5,
    IdentitySink = 6,
    LoginSink = 7,
    Credentials = 8,
    SignedUrl = 9,
    Transport = 10,
    Properties = 11,
}

impl Kind {
    fn c_type(self) -> &'static str {
        match self {
            Kind::Config => "cognito_config",
            Kind::Provider => "cognito_provider",
            Kind::Client => "cognito_client",
            Kind::Failure => "cognito_failure",
            Kind::Trace => "cognito_trace",
            Kind::IdentitySink => "cognito_identity_sink",
            Kind::LoginSink => "cognito_login_sink",
            Kind::Credentials => "cognito_credentials",
            Kind::SignedUrl => "cognito_signed_url",
            Kind::Transport => "cognito_transport",
            Kind::Properties => "cognito_properties",
        }
    }
}

/// All handles of one type.
pub struct Table<T> {
    kind: Kind,
    chunks: [AtomicPtr<[Slot<T>; CHUNK]>; SLOTS / CHUNK],
    unused: ProcessLock<Unused>,
}

/// Slots without a tenant. Taken in the order they were freed, so that generations are used up evenly.
struct Unused {
    freed: VecDeque<usize>,
    never_used: usize,
}

impl Unused {
    /// A fork has cut off a thread that was changing this: what was freed may be in any order, and is done without.
    fn mend(&mut self) {
        std::mem::forget(std::mem::take(&mut self.freed));
    }
}

struct Slot<T> {
    state: AtomicU64,
    tenant: UnsafeCell<Option<Arc<T>>>,
}

/// A slot's state: how many lookups are inside (low 16 bits), whether there is a tenant, and its generation.
const PINS: u64 = 0xffff;
const LIVE: u64 = 1 << 16;
const STATE_GENERATION_SHIFT: u32 = 17;

// SAFETY: a tenant is written only while LIVE is clear and no pin is held, and read only while pinned.
unsafe impl<T: Send + Sync> Sync for Slot<T> {}

impl<T: Send + Sync + 'static> Table<T> {
    /// An empty table, for a `static`.
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            chunks: [const { AtomicPtr::new(null_mut()) }; SLOTS / CHUNK],
            unused: ProcessLock::new(Unused { freed: VecDeque::new(), never_used: 0 }),
        }
    }

    /// Gives a value a token.
    pub fn insert(&self, value: Arc<T>) -> Result<usize, Failure> {
        let mut unused = self.unused.lock(Unused::mend);
        let index = match unused.freed.pop_front() {
            Some(index) => index,
            None if unused.never_used < SLOTS => {
                unused.never_used += 1;
                unused.never_used - 1
            }
            None => {
                return Err(Failure::new(
                    Status::OutOfResources,
                    Stage::None,
                    format!("there are {SLOTS} handles of type {} already", self.kind.c_type()),
                ));
            }
        };
        let slot = self.slot_or_new(index);
        let generation = slot.state.load(Ordering::Relaxed) >> STATE_GENERATION_SHIFT;
        // SAFETY: the slot came from `unused` under its lock, so it has no tenant and nobody else writes it.
        unsafe { *slot.tenant.get() = Some(value) };
        slot.state.store(generation << STATE_GENERATION_SHIFT | LIVE, Ordering::Release);
        let generation = usize::try_from(generation).unwrap_or(GENERATION_MAX);
        Ok(generation << GENERATION_SHIFT | index << SLOT_SHIFT | (self.kind as usize) << 1 | 1)
    }

    /// The value of a token, kept alive beyond a concurrent free.
    pub fn get<P>(&self, handle: *const P) -> Result<Arc<T>, Failure> {
        self.pin(handle).map(|pin| Arc::clone(&pin)).ok_or_else(|| self.unknown(handle))
    }

    /// Looks a token up without lock or allocation: safe in a signal handler.
    pub fn pin<P>(&self, handle: *const P) -> Option<Pin<'_, T>> {
        let (slot, generation) = self.decode(handle.addr())?;
        let mut state = slot.state.load(Ordering::Acquire);
        loop {
            let current = state & LIVE != 0 && state >> STATE_GENERATION_SHIFT == generation;
            if !current || state & PINS == PINS {
                return None;
            }
            match slot.state.compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // SAFETY: pinned and live, so the tenant is there and is not written until the pin is dropped.
        let tenant = unsafe { (*slot.tenant.get()).as_ref() };
        match tenant {
            Some(tenant) => Some(Pin { tenant, state: &slot.state }),
            None => {
                slot.state.fetch_sub(1, Ordering::Release);
                None
            }
        }
    }

    /// Takes a value out; of two concurrent calls only one gets it. NULL is `Ok(None)`.
    pub fn remove<P>(&self, handle: *const P) -> Result<Option<Arc<T>>, Failure> {
        if handle.is_null() {
            return Ok(None);
        }
        let (slot, generation) = self.decode(handle.addr()).ok_or_else(|| self.unknown(handle))?;
        let mut state = slot.state.load(Ordering::Acquire);
        loop {
            if state & LIVE == 0 || state >> STATE_GENERATION_SHIFT != generation {
                return Err(self.unknown(handle));
            }
            match slot.state.compare_exchange_weak(state, state & !LIVE, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // A pin lasts a few instructions, unless its thread was preempted: yielding would starve it under SCHED_FIFO.
        let mut spins = 0_u32;
        while slot.state.load(Ordering::Acquire) & PINS != 0 {
            spins += 1;
            if spins > 20_000 {
                // After a second: the pin belongs to a thread that a fork() did not bring along. The value is left behind.
                return Ok(None);
            }
            if spins < 100 {
                std::hint::spin_loop();
            } else {
                std::thread::sleep(Duration::from_micros(50));
            }
        }
        // SAFETY: not live and not pinned, and only the winner of the exchange above comes here.
        let tenant = unsafe { (*slot.tenant.get()).take() };
        slot.state.store((generation + 1) << STATE_GENERATION_SHIFT, Ordering::Release);
        if usize::try_from(generation).is_ok_and(|generation| generation < GENERATION_MAX) {
            let index = (handle.addr() >> SLOT_SHIFT) & (SLOTS - 1);
            self.unused.lock(Unused::mend).freed.push_back(index);
        }
        Ok(tenant)
    }

    fn decode(&self, token: usize) -> Option<(&Slot<T>, u64)> {
        let kind = (token >> 1) & ((1 << KIND_BITS) - 1);
        if token & 1 == 0 || kind != self.kind as usize {
            return None;
        }
        let slot = self.slot((token >> SLOT_SHIFT) & (SLOTS - 1))?;
        Some((slot, u64::try_from(token >> GENERATION_SHIFT).ok()?))
    }

    fn slot(&self, index: usize) -> Option<&Slot<T>> {
        let chunk = self.chunks.get(index / CHUNK)?.load(Ordering::Acquire);
        // SAFETY: a chunk, once stored, is never freed or moved.
        unsafe { chunk.as_ref() }?.get(index % CHUNK)
    }

    /// The slot, in a chunk that is made when its first slot is used. Called under the lock of `unused` only.
    fn slot_or_new(&self, index: usize) -> &Slot<T> {
        if let Some(slot) = self.slot(index) {
            return slot;
        }
        let fresh: [Slot<T>; CHUNK] =
            std::array::from_fn(|_| Slot { state: AtomicU64::new(0), tenant: UnsafeCell::new(None) });
        let chunk: &'static [Slot<T>; CHUNK] = Box::leak(Box::new(fresh));
        if let Some(place) = self.chunks.get(index / CHUNK) {
            place.store(std::ptr::from_ref(chunk).cast_mut(), Ordering::Release);
        }
        #[allow(clippy::indexing_slicing, reason = "the remainder of a division by the array's length")]
        &chunk[index % CHUNK]
    }

    fn unknown<P>(&self, handle: *const P) -> Failure {
        let what = if handle.is_null() { "is NULL" } else { "was freed, or is not one" };
        Failure::new(Status::InvalidHandle, Stage::None, format!("the {} {what}", self.kind.c_type()))
    }
}

/// A value that is being looked at. Held for a few instructions only.
pub struct Pin<'a, T> {
    tenant: &'a Arc<T>,
    state: &'a AtomicU64,
}

impl<T> Deref for Pin<'_, T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        self.tenant
    }
}

impl<T> Drop for Pin<'_, T> {
    fn drop(&mut self) {
        self.state.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(token: usize) -> *const () {
        std::ptr::without_provenance(token)
    }

    #[test]
    fn a_freed_handle_stays_invalid_when_its_slot_is_used_again() {
        let table = Table::new(Kind::Config);
        let first = table.insert(Arc::new(1)).unwrap();
        assert_eq!(table.remove(handle(first)).unwrap().as_deref(), Some(&1));
        let second = table.insert(Arc::new(2)).unwrap();
        assert_ne!(first, second);
        assert_eq!(table.get(handle(first)).unwrap_err().status, Status::InvalidHandle);
        assert!(table.remove(handle(first)).is_err());
        assert_eq!(*table.get(handle(second)).unwrap(), 2);
    }

    #[test]
    fn tokens_are_odd_and_of_their_kind() {
        let configs = Table::new(Kind::Config);
        let clients = Table::<u8>::new(Kind::Client);
        let token = configs.insert(Arc::new(1)).unwrap();
        clients.insert(Arc::new(1)).unwrap();
        assert_eq!(token & 1, 1);
        assert!(clients.get(handle(token)).unwrap_err().text().contains("cognito_client"));
        assert!(configs.get(handle(token & !1)).is_err());
        assert!(configs.get(handle(0)).unwrap_err().text().contains("NULL"));
        assert!(configs.remove(handle(0)).unwrap().is_none());
    }

    #[test]
    fn concurrent_lookups_and_frees_never_see_a_freed_value() {
        let table = Table::new(Kind::Client);
        for round in 0..200 {
            let token = table.insert(Arc::new(round)).unwrap();
            let freed = std::thread::scope(|scope| {
                let lookups: Vec<_> = (0..3)
                    .map(|_| {
                        scope.spawn(|| {
                            while let Ok(value) = table.get(handle(token)) {
                                assert_eq!(*value, round);
                            }
                        })
                    })
                    .collect();
                let frees: Vec<_> = (0..2).map(|_| scope.spawn(|| table.remove(handle(token)).is_ok())).collect();
                let freed = frees.into_iter().filter_map(|thread| thread.join().ok()).filter(|won| *won).count();
                lookups.into_iter().for_each(|thread| thread.join().unwrap());
                freed
            });
            assert_eq!(freed, 1);
        }
    }

    #[test]
    fn the_table_is_bounded_and_says_so() {
        let table = Table::new(Kind::Failure);
        for _ in 0..SLOTS {
            table.insert(Arc::new(())).unwrap();
        }
        assert_eq!(table.insert(Arc::new(())).unwrap_err().status, Status::OutOfResources);
    }
}
