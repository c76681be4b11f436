//! Memory for samples, used again for the next photo of the same thread.
//!
//! Fresh memory costs a fault for every page of it, a fifth of the time that a PNG takes. What is given back is erased
//! first, so a photo finds zeros and never a byte of the one before.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// Bytes that a thread keeps at most, those in use counted; what a larger photo takes beyond that goes back to the system.
const MOST: usize = 32 << 20;

/// Smaller ones are not worth keeping, in bytes.
const LEAST: usize = 64 << 10;

thread_local! {
    static SHELF: RefCell<Shelf> = const { RefCell::new(Shelf { spare: Vec::new(), kept: 0, used: 0 }) };
}

/// Bytes, all zero at first; erased when dropped, and kept for the next buffer of the thread.
pub(super) struct Buffer {
    /// Zero from `length` on.
    data: Vec<u8>,
    length: usize,
}

impl Buffer {
    /// That many zeros.
    pub(super) fn zeroed(length: usize) -> Self {
        let data = shelf(|shelf| Some(shelf.take(length))).unwrap_or_else(|| vec![0; length]);
        Self { data, length }
    }

    /// Leaves and erases what lies behind `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        if let Some(cut) = self.data.get_mut(length..self.length) {
            cut.zeroize();
            self.length = length;
        }
    }
}

impl From<Vec<u8>> for Buffer {
    /// What somebody else has decoded into.
    fn from(mut data: Vec<u8>) -> Self {
        let length = data.len();
        // No byte that was written there once is left behind it.
        data.resize(data.capacity(), 0);
        shelf(|shelf| shelf.used += data.len());
        Self { data, length }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.data.get(..self.length).unwrap_or_default()
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.data.get_mut(..self.length).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut data = std::mem::take(&mut self.data);
        if let Some(written) = data.get_mut(..self.length) {
            written.zeroize();
        }
        shelf(|shelf| shelf.give_back(data));
    }
}

/// Gives what this thread keeps back to the system.
pub(super) fn let_go() {
    shelf(|shelf| shelf.shrink(0));
}

/// Whether this thread keeps anything.
pub(super) fn keeps() -> bool {
    shelf(|shelf| shelf.kept > 0)
}

/// A thread that ends keeps nothing any more.
fn shelf<T: Default>(act: impl FnOnce(&mut Shelf) -> T) -> T {
    SHELF.try_with(|shelf| act(&mut shelf.borrow_mut())).unwrap_or_default()
}

/// What a thread keeps: all of it zero.
struct Shelf {
    spare: Vec<Vec<u8>>,
    /// Bytes of `spare`.
    kept: usize,
    /// Bytes of buffers that are in use.
    used: usize,
}

impl Shelf {
    /// The smallest that is not half as large again, else a new one, for which others make room.
    fn take(&mut self, length: usize) -> Vec<u8> {
        let sizes = self.spare.iter().map(Vec::len).enumerate();
        let fitting = sizes.filter(|(_, size)| (length..=length + length / 2).contains(size));
        let data = if let Some((index, size)) = fitting.min_by_key(|(_, size)| *size) {
            self.kept -= size;
            self.spare.swap_remove(index)
        } else {
            self.shrink(MOST.saturating_sub(self.used + length));
            vec![0; length]
        };
        self.used += data.len();
        data
    }

    fn give_back(&mut self, data: Vec<u8>) {
        self.used = self.used.saturating_sub(data.len());
        if data.len() >= LEAST && self.used + self.kept + data.len() <= MOST {
            self.kept += data.len();
            self.spare.push(data);
        }
    }

    /// Lets those kept longest go until no more than that many bytes are kept.
    fn shrink(&mut self, most: usize) {
        let mut left = self.kept;
        let count = self
            .spare
            .iter()
            .take_while(|spare| {
                left > most && {
                    left -= spare.len();
                    true
                }
            })
            .count();
        self.spare.drain(..count);
        self.kept = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each test has a thread of its own.
    fn kept() -> (usize, usize) {
        SHELF.with(|shelf| (shelf.borrow().kept, shelf.borrow().used))
    }

    #[test]
    fn memory_is_used_again_and_holds_nothing_of_what_was_in_it() {
        let mut first = Buffer::zeroed(1 << 20);
        first.fill(7);
        let place = first.as_ptr();
        drop(first);
        assert_eq!(kept(), (1 << 20, 0));
        let mut second = Buffer::zeroed(900_000);
        assert_eq!((second.as_ptr(), second.len()), (place, 900_000));
        assert!(second.data.iter().all(|byte| *byte == 0));
        second.fill(8);
        second.truncate(10);
        assert_eq!(second[..], [8; 10]);
        drop(second);
        assert!(Buffer::zeroed(1 << 20).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn what_a_decoder_has_made_is_erased_and_kept_too() {
        let mut decoded = Vec::with_capacity(100_000);
        decoded.resize(90_000, 7_u8);
        decoded.truncate(80_000);
        drop(Buffer::from(decoded));
        assert_eq!(kept(), (100_000, 0));
        assert!(Buffer::zeroed(100_000).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn no_more_is_kept_than_the_bound_and_nothing_once_let_go() {
        drop((0..10).map(|_| Buffer::zeroed(5 << 20)).collect::<Vec<_>>());
        assert_eq!(kept(), (30 << 20, 0));
        // Too large for what is there: it makes room first.
        let other = Buffer::zeroed(20 << 20);
        assert_eq!(kept(), (10 << 20, 20 << 20));
        drop(other);
        assert_eq!(kept(), (30 << 20, 0));
        let largest = Buffer::zeroed(MOST + 1);
        assert_eq!(kept(), (0, MOST + 1));
        drop(largest);
        assert_eq!(kept(), (0, 0));
        drop(Buffer::zeroed(LEAST));
        drop(Buffer::zeroed(LEAST - 1));
        assert!(keeps());
        let_go();
        assert!(!keeps());
    }
}
