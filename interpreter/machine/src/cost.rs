//! The phlogiston counter and the constants of the cost table (runtime.md 7).

use crate::error::Fault;

/// Constants of runtime.md 7.2.
#[allow(missing_docs)]
pub mod price {
    pub const VAR_EVAL: i64 = 10;
    pub const METHOD_CALL: i64 = 10;
    pub const OP_CALL: i64 = 10;
    pub const SUM: i64 = 3;
    pub const SUBTRACTION: i64 = 3;
    pub const MULTIPLICATION: i64 = 9;
    pub const DIVISION: i64 = 9;
    pub const MODULO: i64 = 9;
    pub const BOOLEAN_OP: i64 = 2;
    pub const COMPARISON: i64 = 3;
    pub const SEND_EVAL: i64 = 11;
    pub const RECEIVE_EVAL: i64 = 11;
    pub const NEW_EVAL: i64 = 10;
    pub const NEW_BINDING: i64 = 2;
    pub const MATCH_EVAL: i64 = 12;
    pub const NTH: i64 = 10;
    pub const KEYS: i64 = 10;
    pub const LENGTH: i64 = 10;
    pub const LOOKUP: i64 = 3;
    pub const ADD: i64 = 3;
    pub const REMOVE: i64 = 3;
}

/// Price of an event over `channels` channels (runtime.md 7.4).
pub fn event(channels: usize) -> i64 {
    32 + 32 * channels as i64
}

/// Price of a COMM over `channels` channels: its own event and one produce event each.
pub fn comm(channels: usize) -> i64 {
    event(channels) + channels as i64 * event(1)
}

/// What a charge is for; the profile of `rho run --cost` groups by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Charge {
    Parsing,
    Send,
    Receive,
    New,
    Match,
    Variable,
    Operator,
    Method,
    Substitution,
    Storage,
    Event,
    Comm,
}

/// The counter of one evaluation (runtime.md 7.1): it may go one step below zero, and then the deploy ends.
#[derive(Clone, Debug)]
pub struct Meter {
    initial: i64,
    /// Wider than the limit: refunds may exceed what was charged.
    left: i128,
}

impl Meter {
    /// A counter with this much phlogiston.
    pub fn new(initial: i64) -> Meter {
        Meter { initial, left: i128::from(initial) }
    }

    /// Takes `amount` (which may be negative: a refund).
    pub fn charge(&mut self, amount: i64, _what: Charge) -> Result<(), Fault> {
        if self.left < 0 {
            return Err(Fault::out_of_phlogistons());
        }
        self.left = self.left.saturating_sub(i128::from(amount));
        if self.left < 0 { Err(Fault::out_of_phlogistons()) } else { Ok(()) }
    }

    /// Takes a size-proportional amount.
    pub fn charge_size(&mut self, size: u64, what: Charge) -> Result<(), Fault> {
        self.charge(i64::try_from(size).unwrap_or(i64::MAX), what)
    }

    /// The limit.
    pub fn limit(&self) -> i64 {
        self.initial
    }

    /// What has been used so far.
    pub fn used(&self) -> i64 {
        let used = i128::from(self.initial).saturating_sub(self.left);
        i64::try_from(used).unwrap_or(if used < 0 { i64::MIN } else { i64::MAX })
    }

    /// The amount the evaluation started with.
    pub fn initial(&self) -> i64 {
        self.initial
    }
}
