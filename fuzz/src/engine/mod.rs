//! The driver: coverage, mutation, the loop of one worker process, and what watches the workers.

pub mod coverage;
pub mod execute;
pub mod minimise;
pub mod mutate;
pub mod random;
pub mod stats;
pub mod supervise;
pub mod work;
pub mod worker;
