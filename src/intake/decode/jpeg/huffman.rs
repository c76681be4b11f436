//! Huffman codes, most of them with the number behind them in one look (ITU-T T.81, annexes C and F).

use super::super::super::reader::Reader;
use super::bits::{Bits, extended};

/// Bits that are looked up at once.
const LOOK: u32 = 10;

/// One code, found: how far to skip, zeros before, size of the number behind it, and the number if it was in sight.
#[derive(Clone, Copy, Default)]
struct Entry {
    number: i16,
    symbol: u8,
    bits: u8,
}

/// A code of up to 16 bits for each of up to 256 symbols.
pub(super) struct Huffman {
    look: Box<[Entry; 1 << LOOK]>,
    /// For each length, above which 16 bits its codes end, and what their first one stands for.
    ends: [u32; 17],
    firsts: [i32; 17],
    symbols: Vec<u8>,
}

/// What a coefficient's code says.
pub(super) struct Coefficient {
    pub(super) zeros: u8,
    /// Size of the number in bits; with none the symbol has a meaning of its own.
    pub(super) size: u8,
    pub(super) number: i32,
}

impl Huffman {
    /// Reads one table behind its class and number (T.81, B.2.4.2); `None` for one that is no code.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let counts: [u8; 16] = reader.array()?;
        let symbols = reader.take(counts.iter().map(|count| usize::from(*count)).sum())?;
        if symbols.len() > 256 {
            return None;
        }
        let mut table = Self {
            look: Box::new([Entry::default(); 1 << LOOK]),
            ends: [0; 17],
            firsts: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_u16);
        for (bits, count) in (1_u8..).zip(counts) {
            table.firsts[usize::from(bits)] = i32::from(index) - i32::try_from(code).ok()?;
            for _ in 0..count {
                let symbol = *symbols.get(usize::from(index))?;
                if code >> bits != 0 {
                    return None;
                }
                table.show(code, bits, symbol);
                code += 1;
                index += 1;
            }
            table.ends[usize::from(bits)] = code << (16 - bits);
            code <<= 1;
        }
        Some(table)
    }

    /// Writes a code into every place of the table that begins with it.
    fn show(&mut self, code: u32, bits: u8, symbol: u8) {
        let Some(free) = LOOK.checked_sub(bits.into()) else {
            return;
        };
        let size = u32::from(symbol & 0x0F);
        for rest in 0..1_u32 << free {
            let mut entry = Entry { number: 0, symbol, bits };
            if size > 0 && size <= free {
                let value = i32::try_from(rest >> (free - size)).unwrap_or(0);
                entry.number = i16::try_from(extended(value, size)).unwrap_or(0);
                entry.bits += symbol & 0x0F;
            }
            if let Some(place) = self.look.get_mut((code << free | rest) as usize) {
                *place = entry;
            }
        }
    }

    /// The next code and its number; `None` where there is no such code.
    #[expect(clippy::inline_always, reason = "half of the time of a decode is spent here")]
    #[inline(always)]
    pub(super) fn next(&self, bits: &mut Bits<'_>) -> Option<Coefficient> {
        bits.fill();
        let index = bits.window() >> (64 - LOOK);
        let mut entry = self.look[(index & ((1 << LOOK) - 1)) as usize];
        if entry.bits == 0 {
            entry = self.long(bits.window())?;
        }
        bits.skip(entry.bits.into());
        let (zeros, size) = (entry.symbol >> 4, entry.symbol & 0x0F);
        let number = if entry.number == 0 && size != 0 { bits.number(size.into()) } else { entry.number.into() };
        Some(Coefficient { zeros, size, number })
    }

    #[cold]
    #[inline(never)]
    fn long(&self, window: u64) -> Option<Entry> {
        let next = u32::try_from(window >> 48).ok()?;
        let length = (LOOK as usize + 1..=16).find(|length| self.ends.get(*length).is_some_and(|end| next < *end))?;
        let code = i32::try_from(next >> (16 - length)).ok()?;
        let index = usize::try_from(code + self.firsts.get(length)?).ok()?;
        Some(Entry { number: 0, symbol: *self.symbols.get(index)?, bits: u8::try_from(length).ok()? })
    }
}
