//! Memory is zeroed when it is freed: the buffers of the SDK, of JSON and of TLS, which all hold secrets at some time, are not
//! ours to wipe one by one.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, zeroing what it takes back.
struct ZeroOnFree;

#[global_allocator]
static ALLOCATOR: ZeroOnFree = ZeroOnFree;

// SAFETY: every call is passed to `System` with the layout that it was made with.
unsafe impl GlobalAlloc for ZeroOnFree {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the block has `layout.size()` bytes and is ours until the next line. explicit_bzero is not optimised away.
        unsafe { libc::explicit_bzero(pointer.cast(), layout.size()) };
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    // `realloc` keeps its default, which allocates, copies and deallocates: the system's own would leave the old copy behind.
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_freed_block_comes_back_zeroed() {
        // glibc hands the block that was freed last to the next request of its size, with its first 16 bytes used for links.
        let mut secret = vec![0x5a_u8; 4000];
        secret[17] = 0x5a;
        let address = secret.as_ptr().addr();
        drop(secret);
        let mut again = Vec::<u8>::with_capacity(4000);
        assert_eq!(again.as_ptr().addr(), address);
        let remains = again.spare_capacity_mut().iter().skip(32).filter(|byte| {
            // SAFETY: this test looks at what a freed block was left with.
            unsafe { byte.assume_init() == 0x5a }
        });
        assert_eq!(remains.count(), 0);
    }
}
