//! Four calls of the compression function at once, for processors with AVX2: each has its lane in vectors of four words.
//! (One call alone, with the rows of its state in vectors, is not faster than without them.)

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_extract_epi64, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi64x,
    _mm256_setr_epi8, _mm256_shuffle_epi8, _mm256_shuffle_epi32, _mm256_srli_epi64, _mm256_xor_si256,
};

use crate::blake::{Block, Chain, IV, Purpose, SCHEDULE, rounds};

#[inline]
#[target_feature(enable = "avx2")]
fn row(words: [u64; 4]) -> __m256i {
    let [a, b, c, d] = words.map(u64::cast_signed);
    _mm256_set_epi64x(d, c, b, a)
}

#[inline]
#[target_feature(enable = "avx2")]
fn words(row: __m256i) -> [u64; 4] {
    [
        _mm256_extract_epi64::<0>(row),
        _mm256_extract_epi64::<1>(row),
        _mm256_extract_epi64::<2>(row),
        _mm256_extract_epi64::<3>(row),
    ]
    .map(i64::cast_unsigned)
}

/// The mixing function G in every lane: state words a, b, c, d and message words x, y.
#[inline]
#[target_feature(enable = "avx2")]
fn mix(v: [__m256i; 4], x: __m256i, y: __m256i) -> [__m256i; 4] {
    let by_24 = _mm256_setr_epi8(
        3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10,
    );
    let by_16 = _mm256_setr_epi8(
        2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9,
    );
    let [mut a, mut b, mut c, mut d] = v;
    a = _mm256_add_epi64(_mm256_add_epi64(a, x), b);
    d = _mm256_shuffle_epi32::<0b10_11_00_01>(_mm256_xor_si256(d, a));
    c = _mm256_add_epi64(c, d);
    b = _mm256_shuffle_epi8(_mm256_xor_si256(b, c), by_24);
    a = _mm256_add_epi64(_mm256_add_epi64(a, y), b);
    d = _mm256_shuffle_epi8(_mm256_xor_si256(d, a), by_16);
    c = _mm256_add_epi64(c, d);
    b = _mm256_xor_si256(b, c);
    // To the right by 63 is to the left by one.
    b = _mm256_or_si256(_mm256_srli_epi64::<63>(b), _mm256_add_epi64(b, b));
    [a, b, c, d]
}

/// [`crate::blake::close_four`] of all four.
#[target_feature(enable = "avx2")]
#[allow(unused_assignments, reason = "of half the words in the last round")]
pub(crate) fn close_four(jobs: &[(&Chain, Block, u128); 4]) -> [[u64; 4]; 4] {
    let all = |word: u64| _mm256_set1_epi64x(word.cast_signed());
    let [h, m] = [jobs.each_ref().map(|job| job.0.as_slice()), jobs.each_ref().map(|job| job.1.as_slice())];
    let t = jobs.each_ref().map(|job| job.2);
    let chain = |k: usize| row(h.map(|h| h[k]));
    let start: [__m256i; 8] = std::array::from_fn(chain);
    let block: [__m256i; 16] = std::array::from_fn(|k| row([m[0][k], m[1][k], m[2][k], m[3][k]]));
    let (f0, f1) = Purpose::CloseChild.flags();
    let [a0, a1, a2, a3, b0, b1, b2, b3] = start;
    let (mut a, mut b) = ([a0, a1, a2, a3], [b0, b1, b2, b3]);
    let mut c = [IV[0], IV[1], IV[2], IV[3]].map(all);
    let counters = [row(t.map(|t| IV[4] ^ t as u64)), row(t.map(|t| IV[5] ^ (t >> 64) as u64))];
    let mut d = [counters[0], counters[1], all(IV[6] ^ f0), all(IV[7] ^ f1)];
    macro_rules! round {
        ($round:literal) => {
            let s = &SCHEDULE[$round];
            [a[0], b[0], c[0], d[0]] = mix([a[0], b[0], c[0], d[0]], block[s[0]], block[s[1]]);
            [a[1], b[1], c[1], d[1]] = mix([a[1], b[1], c[1], d[1]], block[s[2]], block[s[3]]);
            [a[2], b[2], c[2], d[2]] = mix([a[2], b[2], c[2], d[2]], block[s[4]], block[s[5]]);
            [a[3], b[3], c[3], d[3]] = mix([a[3], b[3], c[3], d[3]], block[s[6]], block[s[7]]);
            [a[0], b[1], c[2], d[3]] = mix([a[0], b[1], c[2], d[3]], block[s[8]], block[s[9]]);
            [a[1], b[2], c[3], d[0]] = mix([a[1], b[2], c[3], d[0]], block[s[10]], block[s[11]]);
            [a[2], b[3], c[0], d[1]] = mix([a[2], b[3], c[0], d[1]], block[s[12]], block[s[13]]);
            [a[3], b[0], c[1], d[2]] = mix([a[3], b[0], c[1], d[2]], block[s[14]], block[s[15]]);
        };
    }
    rounds!(round);
    let rows: [[u64; 4]; 4] = std::array::from_fn(|k| words(_mm256_xor_si256(start[k], _mm256_xor_si256(a[k], c[k]))));
    std::array::from_fn(|lane| rows.map(|row| row[lane]))
}
