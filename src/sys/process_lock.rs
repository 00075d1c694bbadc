//! A lock for what all threads of a process share, which a child takes over from a thread that a fork did not bring along.

use super::ProcessMark;
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// For a few instructions at a time: who waits looks again and again.
pub struct ProcessLock<T> {
    /// The process whose thread holds it; 0 when none does.
    holder: AtomicU64,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard alone, of which there is one at a time in a process.
unsafe impl<T: Send> Sync for ProcessLock<T> {}

impl<T> ProcessLock<T> {
    /// Held by nobody, for a `static`.
    pub const fn new(value: T) -> Self {
        Self { holder: AtomicU64::new(0), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody else holds it. `mend` puts in order what a thread of the parent has left halfway, if one held it when the
    /// process was forked.
    pub fn lock(&self, mend: impl FnOnce(&mut T)) -> Guard<'_, T> {
        let here = ProcessMark::current().number();
        let mut looks = 0_u32;
        let mut holder = 0;
        while let Err(other) = self.holder.compare_exchange(holder, here, Ordering::Acquire, Ordering::Relaxed) {
            if other != here {
                // Free by now, or held by a thread that is not here.
                holder = other;
                continue;
            }
            holder = 0;
            looks += 1;
            if looks < 100 {
                std::hint::spin_loop();
            } else {
                // Its thread was preempted: yielding would starve it under SCHED_FIFO.
                std::thread::sleep(Duration::from_micros(50));
            }
        }
        let mut guard = Guard { lock: self, here };
        if holder != 0 {
            mend(&mut guard);
        }
        guard
    }
}

/// Holds the lock.
pub struct Guard<'a, T> {
    lock: &'a ProcessLock<T>,
    here: u64,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this is the only guard.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this is the only guard.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // Not where it was taken over meanwhile, in a child that a signal handler of this thread has made.
        let _ = self.lock.holder.compare_exchange(self.here, 0, Ordering::Release, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_hold_it_one_at_a_time() {
        let lock = ProcessLock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| *lock.lock(|_| {}) += 1));
            }
        });
        assert_eq!(*lock.lock(|_| {}), 40_000);
    }

    /// What a child that asks for the lock ends with: the value, or a signal when it waits.
    fn value_in_a_child(lock: &ProcessLock<i32>) -> i32 {
        // SAFETY: the child takes the lock and ends.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::alarm(10);
                drop(lock.lock(|value| *value += 1));
                libc::_exit(*lock.lock(|value| *value += 100));
            }
            let mut status = -1;
            libc::waitpid(child, &raw mut status, 0);
            assert!(libc::WIFEXITED(status), "{status:x}");
            libc::WEXITSTATUS(status)
        }
    }

    #[test]
    fn a_child_takes_it_over_from_a_thread_that_it_does_not_have() {
        let lock = ProcessLock::new(5);
        assert_eq!(value_in_a_child(&lock), 5);
        let guard = lock.lock(|_| {});
        assert_eq!(value_in_a_child(&lock), 6);
        drop(guard);
        assert_eq!(*lock.lock(|_| {}), 5);
    }
}
