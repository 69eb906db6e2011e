//! What the benches share: the floor of a COMM and the shortest of several runs.
#![allow(dead_code, reason = "each bench uses its part")]

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use rhodium_keys::blake2b256;

/// The allocator of the command line.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn one_floor() {
    let block = [7u8; 128];
    let mut map: HashMap<[u8; 32], u64> = HashMap::new();
    for _ in 0..3 {
        black_box(blake2b256(black_box(&block)));
    }
    for key in [[1u8; 32], [2; 32]] {
        map.insert(black_box(key), 1);
        black_box(map.remove(&key));
    }
}

/// Seconds that a COMM costs at least: three BLAKE2b-256 of 128 bytes plus four hash-map operations.
pub fn comm_floor() -> f64 {
    const FLOORS: u32 = 5_000;
    best(5, || (0..FLOORS).for_each(|_| one_floor())).as_secs_f64() / f64::from(FLOORS)
}

/// Whether only the tables are wanted, without criterion's measurements.
pub fn tables_only() -> bool {
    std::env::args().any(|argument| argument == "--tables")
}

/// The shortest of several runs: noise only adds.
pub fn best(times: u32, mut work: impl FnMut()) -> Duration {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Kilobytes from `/proc/self/status`, where there is one.
pub fn memory(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
