//! The BLAKE2b compression function, with the finalisation flags and tree parameters that hash crates hide.

/// The BLAKE2b chain value.
pub(crate) type Chain = [u64; 8];

/// One message block as little-endian words.
pub(crate) type Block = [u64; 16];

/// What a compression is for; selects the two finalisation flags (runtime.md 3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// More blocks follow: no flag.
    Absorb,
    /// Output of the root: last block and last node.
    PeekRoot,
    /// Digest of an inner node: last block only.
    CloseChild,
}

impl Purpose {
    /// The two finalisation flags.
    pub fn flags(self) -> (u64, u64) {
        match self {
            Purpose::Absorb => (0, 0),
            Purpose::PeekRoot => (u64::MAX, u64::MAX),
            Purpose::CloseChild => (u64::MAX, 0),
        }
    }
}

/// The BLAKE2b initialisation vector.
pub(crate) const IV: Chain = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// Which message words the rounds take, in order.
pub(crate) const SCHEDULE: [[usize; 16]; 12] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
];

/// Calls a macro for every round: with the number as a literal the schedule is a constant.
macro_rules! rounds {
    ($round:ident) => {
        $round!(0);
        $round!(1);
        $round!(2);
        $round!(3);
        $round!(4);
        $round!(5);
        $round!(6);
        $round!(7);
        $round!(8);
        $round!(9);
        $round!(10);
        $round!(11);
    };
}

#[cfg(target_arch = "x86_64")]
pub(crate) use rounds;

/// The fresh chain value of a node with `fan_out` children: digest length 64, no key, depth 255, inner length 32.
pub(crate) const fn fresh_chain(fan_out: u8) -> Chain {
    let mut h = IV;
    h[0] ^= 0x0000_0000_FF00_0040 | ((fan_out as u64) << 16);
    h[2] ^= 0x2000;
    h
}

/// The mixing function G on four named words, with two message words.
macro_rules! mix {
    ($a:ident, $b:ident, $c:ident, $d:ident, $x:expr, $y:expr) => {
        $a = $a.wrapping_add($b).wrapping_add($x);
        $d = ($d ^ $a).rotate_right(32);
        $c = $c.wrapping_add($d);
        $b = ($b ^ $c).rotate_right(24);
        $a = $a.wrapping_add($b).wrapping_add($y);
        $d = ($d ^ $a).rotate_right(16);
        $c = $c.wrapping_add($d);
        $b = ($b ^ $c).rotate_right(63);
    };
}

/// The first halves of [`compress`] for [`Purpose::CloseChild`], of the first `count` of four chain values and blocks at
/// byte counters.
pub(crate) fn close_four(jobs: &[(&Chain, Block, u128); 4], count: usize, mut done: impl FnMut([u64; 4])) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[allow(unsafe_code, reason = "calls of functions for some processors only are unsafe")]
        // SAFETY: the processor has what the function needs.
        let closed = unsafe { crate::wide::close_four(jobs) };
        return closed.into_iter().take(count).for_each(done);
    }
    for (h, m, t) in jobs.iter().take(count) {
        let [a, b, c, d, ..] = compress(h, m, *t, Purpose::CloseChild);
        done([a, b, c, d]);
    }
}

/// One call of the compression function F at byte counter `t`. All state lives in sixteen named locals, and the schedule is
/// a constant, so that the compiler needs neither bounds checks nor an indexed state.
pub(crate) fn compress(h: &Chain, m: &Block, t: u128, purpose: Purpose) -> Chain {
    let (f0, f1) = purpose.flags();
    let [mut a0, mut a1, mut a2, mut a3, mut b0, mut b1, mut b2, mut b3] = *h;
    let [mut c0, mut c1, mut c2, mut c3, mut d0, mut d1, mut d2, mut d3] = IV;
    d0 ^= t as u64;
    d1 ^= (t >> 64) as u64;
    d2 ^= f0;
    d3 ^= f1;

    macro_rules! round {
        ($round:literal) => {
            let s = &SCHEDULE[$round];
            mix!(a0, b0, c0, d0, m[s[0]], m[s[1]]);
            mix!(a1, b1, c1, d1, m[s[2]], m[s[3]]);
            mix!(a2, b2, c2, d2, m[s[4]], m[s[5]]);
            mix!(a3, b3, c3, d3, m[s[6]], m[s[7]]);
            mix!(a0, b1, c2, d3, m[s[8]], m[s[9]]);
            mix!(a1, b2, c3, d0, m[s[10]], m[s[11]]);
            mix!(a2, b3, c0, d1, m[s[12]], m[s[13]]);
            mix!(a3, b0, c1, d2, m[s[14]], m[s[15]]);
        };
    }
    rounds!(round);

    [
        h[0] ^ a0 ^ c0,
        h[1] ^ a1 ^ c1,
        h[2] ^ a2 ^ c2,
        h[3] ^ a3 ^ c3,
        h[4] ^ b0 ^ d0,
        h[5] ^ b1 ^ d1,
        h[6] ^ b2 ^ d2,
        h[7] ^ b3 ^ d3,
    ]
}

/// Little-endian words of up to 128 bytes, zero padded.
pub(crate) fn block_from_bytes(bytes: &[u8]) -> Block {
    let mut block = [0; 16];
    for (word, chunk) in block.iter_mut().zip(bytes.chunks(8)) {
        let mut buffer = [0; 8];
        buffer[..chunk.len()].copy_from_slice(chunk);
        *word = u64::from_le_bytes(buffer);
    }
    block
}

/// The first half of a chain value as bytes.
pub(crate) fn low_half(h: &Chain) -> [u8; 32] {
    half([h[0], h[1], h[2], h[3]])
}

/// The second half of a chain value as bytes.
pub(crate) fn high_half(h: &Chain) -> [u8; 32] {
    half([h[4], h[5], h[6], h[7]])
}

fn half(words: [u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (slot, word) in bytes.chunks_exact_mut(8).zip(words) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test value of RFC 7693 appendix A: BLAKE2b-512 of "abc" in sequential mode.
    #[test]
    fn compresses_like_the_rfc() {
        let mut h = IV;
        h[0] ^= 0x0101_0040;
        let out = compress(&h, &block_from_bytes(b"abc"), 3, Purpose::CloseChild);
        let hex = |bytes: [u8; 32]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(low_half(&out)), "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1");
        assert_eq!(hex(high_half(&out)), "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    }

    #[test]
    fn closes_several_as_it_closes_one() {
        let mut state = 1u64;
        let mut word = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        };
        for _ in 0..200 {
            let inputs: [(Chain, Block, u128); 4] = std::array::from_fn(|_| {
                let counter = u128::from(word()) << 64 | u128::from(word());
                (std::array::from_fn(|_| word()), std::array::from_fn(|_| word()), counter)
            });
            let jobs = inputs.each_ref().map(|(h, m, t)| (h, *m, *t));
            for count in 0..=4 {
                let mut closed = Vec::new();
                close_four(&jobs, count, |half| closed.push(half));
                let expected = inputs[..count].iter().map(|(h, m, t)| {
                    let [a, b, c, d, ..] = compress(h, m, *t, Purpose::CloseChild);
                    [a, b, c, d]
                });
                assert_eq!(closed, expected.collect::<Vec<_>>());
            }
        }
    }
}
