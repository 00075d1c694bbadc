//! Which process this is, without asking the system each time: a page that fork(2) hands to the child filled with zeros.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// What tells a process from its parents and children.
#[derive(Clone, Copy, PartialEq)]
pub struct ProcessMark(u64);

impl ProcessMark {
    /// That of this process.
    pub fn current() -> Self {
        static PAGE: OnceLock<Option<&AtomicU64>> = OnceLock::new();
        Self(match PAGE.get_or_init(wiped_on_fork) {
            Some(page) => number(page),
            // Before Linux 4.14.
            None => std::process::id().into(),
        })
    }

    /// As a number, which is not 0.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

/// The number on the page; a new one where a fork has wiped it.
fn number(page: &AtomicU64) -> u64 {
    /// Not on the page: a child goes on counting where its parent was.
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = page.load(Ordering::Relaxed);
    if number != 0 {
        return number;
    }
    let fresh = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    match page.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => fresh,
        Err(of_another_thread) => of_another_thread,
    }
}

/// A page of zeros, which is one again in every child; `None` where the system does not offer that.
fn wiped_on_fork() -> Option<&'static AtomicU64> {
    const UNKNOWN_ADVICE: libc::c_int = -1;
    // SAFETY: no pointers.
    let length = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping, at an address of the system's choice.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), length, protection, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return None;
    }
    // An emulator that takes every advice, and does not follow it, takes this one too.
    // SAFETY: all of the mapping just made, and nothing else.
    let takes_all = unsafe { libc::madvise(page, length, UNKNOWN_ADVICE) } == 0;
    // SAFETY: as above.
    if takes_all || unsafe { libc::madvise(page, length, libc::MADV_WIPEONFORK) } != 0 {
        // SAFETY: as above; nobody has seen it.
        unsafe { libc::munmap(page, length) };
        return None;
    }
    // SAFETY: page-aligned, zero, which is a valid AtomicU64, and never unmapped.
    Some(unsafe { &*page.cast::<AtomicU64>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_has_a_mark_of_its_own_and_so_has_its_child() {
        let here = ProcessMark::current();
        assert!(here == ProcessMark::current());
        // SAFETY: the children only read and write memory that is there, and end.
        let all_differ = unsafe {
            match libc::fork() {
                0 => {
                    let child = ProcessMark::current();
                    match libc::fork() {
                        0 => {
                            let grandchild = ProcessMark::current();
                            let differs = grandchild != child && grandchild != here && child != here;
                            libc::_exit(i32::from(!differs));
                        }
                        grandchild => libc::_exit(exit_code(grandchild)),
                    }
                }
                child => exit_code(child) == 0,
            }
        };
        assert!(all_differ);
        assert!(here == ProcessMark::current());
    }

    fn exit_code(process: libc::pid_t) -> i32 {
        let mut status = 0;
        // SAFETY: `status` is valid for writing.
        unsafe { libc::waitpid(process, &raw mut status, 0) };
        status
    }
}
