//! The size and the meaning of samples that an HEVC sequence parameter set declares (ITU-T H.265, 7.3.2.2).
//!
//! The decoder allocates by this size, whatever the container says and whatever is cropped away.

/// `nal_unit_type` of a sequence parameter set (table 7-1).
const SPS: u8 = 33;
/// `chroma_format_idc` 4:4:4: one more bit follows.
const FULL_CHROMA: u64 = 3;

/// What is of use in a sequence parameter set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Sps {
    /// Width and height in luma samples, before cropping.
    pub(in super::super) luma: (u64, u64),
    pub(in super::super) signal: Option<Signal>,
}

/// How samples stand for colours, where the bitstream says so (E.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Signal {
    pub(in super::super) full_range: bool,
    /// `matrix_coeffs`; 2 is unspecified.
    pub(in super::super) matrix: u16,
}

/// `None` for any other parameter set.
pub(in super::super) fn parse(nal: &[u8]) -> Option<Sps> {
    let (header, payload) = nal.split_first_chunk::<2>()?;
    if (header[0] >> 1) & 0x3F != SPS {
        return None;
    }
    let payload = unescaped(payload);
    let mut bits = Bits { bytes: &payload, position: 0 };
    bits.skip(4)?;
    let layers = bits.take(3)?;
    bits.skip(1)?;
    profile_tier_level(&mut bits, layers)?;
    bits.exp_golomb()?;
    if bits.exp_golomb()? == FULL_CHROMA {
        bits.skip(1)?;
    }
    let luma = (bits.exp_golomb()?, bits.exp_golomb()?);
    Some(Sps { luma, signal: signal(&mut bits, layers) })
}

/// On from the size to the usability information; `None` also where a tool of moving pictures is in between.
fn signal(bits: &mut Bits<'_>, layers: u64) -> Option<Signal> {
    if bits.flag()? {
        bits.exp_golombs(4)?;
    }
    bits.exp_golombs(3)?;
    let described = if bits.flag()? { layers + 1 } else { 1 };
    bits.exp_golombs(3 * described + 6)?;
    if bits.flag()? && bits.flag()? {
        return None;
    }
    bits.skip(2)?;
    if bits.flag()? {
        bits.skip(8)?;
        bits.exp_golombs(2)?;
        bits.skip(1)?;
    }
    let moving = bits.exp_golomb()? != 0 || bits.flag()?;
    bits.skip(2)?;
    if moving || !bits.flag()? { None } else { usability(bits) }
}

/// The beginning of E.2.1.
fn usability(bits: &mut Bits<'_>) -> Option<Signal> {
    const OWN_ASPECT: u64 = 255;
    if bits.flag()? && bits.take(8)? == OWN_ASPECT {
        bits.skip(32)?;
    }
    if bits.flag()? {
        bits.skip(1)?;
    }
    if !bits.flag()? {
        return None;
    }
    bits.skip(3)?;
    let full_range = bits.flag()?;
    let matrix = if bits.flag()? {
        bits.skip(16)?;
        u16::try_from(bits.take(8)?).ok()?
    } else {
        2
    };
    Some(Signal { full_range, matrix })
}

/// Skips 7.3.3; `layers` is `sps_max_sub_layers_minus1`.
fn profile_tier_level(bits: &mut Bits<'_>, layers: u64) -> Option<()> {
    bits.skip(88 + 8)?;
    let present = (0..layers).map(|_| Some((bits.take(1)?, bits.take(1)?))).collect::<Option<Vec<_>>>()?;
    if layers > 0 {
        bits.skip(2 * (8 - usize::try_from(layers).ok()?))?;
    }
    for (profile, level) in present {
        bits.skip(usize::try_from(88 * profile + 8 * level).ok()?)?;
    }
    Some(())
}

/// Without emulation prevention (7.4.2): `00 00 03` stands for `00 00`. Only the beginning is needed.
fn unescaped(payload: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = Vec::with_capacity(payload.len().min(256));
    let mut zeros = 0;
    for byte in payload.iter().copied().take(256) {
        if byte == 3 && zeros >= 2 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        plain.push(byte);
    }
    plain
}

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    fn exp_golombs(&mut self, count: u64) -> Option<()> {
        (0..count).try_for_each(|_| self.exp_golomb().map(|_| ()))
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.position += count;
        (self.position <= self.bytes.len() * 8).then_some(())
    }

    fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.position % 8) & 1);
            self.position += 1;
        }
        Some(value)
    }

    /// `ue(v)` of 9.2.
    fn exp_golomb(&mut self) -> Option<u64> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 32 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sequence_parameter_set_has_a_size() {
        assert_eq!(parse(&[]), None);
        assert_eq!(parse(&[32 << 1, 1, 0, 0]), None);
        assert_eq!(parse(&[33 << 1, 1, 0xFF]), None);
    }

    #[test]
    fn escape_bytes_are_taken_out() {
        assert_eq!(unescaped(&[1, 0, 0, 3, 1, 0, 0, 3, 0, 3]), [1, 0, 0, 1, 0, 0, 0, 3]);
    }
}
