//! The phlogiston counter and the constants of the cost table (runtime.md 7).

use std::time::Duration;

use rhodium_matcher::{BudgetExhausted, Interrupt};
use rhodium_term::Origin;

use crate::error::Fault;
use crate::profile::{Clock, Ledger, Offer, Profile};
use crate::value::Value;

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
    /// What a failed evaluation pays beyond what it used, or less than that (runtime.md 4.9).
    Failure,
}

impl Charge {
    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Charge::Parsing => "parsing",
            Charge::Send => "send",
            Charge::Receive => "receive",
            Charge::New => "new",
            Charge::Match => "match and if",
            Charge::Variable => "variable",
            Charge::Operator => "operator",
            Charge::Method => "method",
            Charge::Substitution => "substitution",
            Charge::Storage => "storage",
            Charge::Event => "event",
            Charge::Comm => "communication",
            Charge::Failure => "failure",
        }
    }
}

/// The counter of one evaluation (runtime.md 7.1): it may go one step below zero, and then the deploy ends.
#[derive(Clone, Debug)]
pub struct Meter {
    initial: i64,
    /// Wider than the limit: refunds may exceed what was charged. Below zero where there is a ledger, which then has the
    /// count: so the check that every charge makes anyway tells whether it is to be itemised.
    left: i128,
    ledger: Option<Box<Ledger>>,
    interrupt: Option<Interrupt>,
}

impl Meter {
    /// A counter with this much phlogiston.
    pub fn new(initial: i64) -> Meter {
        Meter { initial, left: i128::from(initial), ledger: None, interrupt: None }
    }

    /// A counter that keeps what was charged for what, and with a clock also what took how long.
    pub fn itemised(initial: i64, clock: Option<Clock>) -> Meter {
        Meter { left: -1, ledger: Some(Box::new(Ledger::new(initial, clock))), ..Meter::new(initial) }
    }

    /// The same, for work that an interrupt ends.
    pub(crate) fn watching(self, interrupt: Interrupt) -> Meter {
        Meter { interrupt: Some(interrupt), ..self }
    }

    /// Looks whether the work is to end. Whatever takes long does it at least once in a few milliseconds.
    pub(crate) fn look(&self) -> Result<(), Fault> {
        match self.interrupt.as_ref().and_then(Interrupt::raised) {
            None => Ok(()),
            Some(_) => Err(BudgetExhausted.into()),
        }
    }

    /// Does something with each item, and looks.
    pub(crate) fn each<T>(&self, items: impl IntoIterator<Item = T>, mut work: impl FnMut(T)) -> Result<(), Fault> {
        items.into_iter().try_for_each(|item| {
            work(item);
            self.look()
        })
    }

    /// Takes `amount` (which may be negative: a refund).
    pub fn charge(&mut self, amount: i64, what: Charge) -> Result<(), Fault> {
        if self.left < 0 {
            return self.charge_item(amount, what);
        }
        self.left = self.left.saturating_sub(i128::from(amount));
        if self.left < 0 { Err(Fault::out_of_phlogistons()) } else { Ok(()) }
    }

    #[cold]
    fn charge_item(&mut self, amount: i64, what: Charge) -> Result<(), Fault> {
        self.ledger.as_mut().map_or_else(|| Err(Fault::out_of_phlogistons()), |ledger| ledger.charge(amount, what))
    }

    /// Tells whose charges follow, where they are itemised; the place of those before is given back.
    pub(crate) fn enter(&mut self, place: impl FnOnce() -> Origin) -> Origin {
        match &mut self.ledger {
            None => Origin::default(),
            Some(ledger) => ledger.enter(place()),
        }
    }

    /// The body that is running, for the profile.
    pub(crate) fn body(&self) -> u32 {
        self.ledger.as_ref().map_or(0, |ledger| ledger.body())
    }

    /// A body goes on.
    pub(crate) fn enter_body(&mut self, body: u32) {
        if let Some(ledger) = &mut self.ledger {
            ledger.enter_body(body);
        }
    }

    /// The body of a receive, which the running body makes run.
    pub(crate) fn called(&mut self, receive: Origin, channels: &[Value]) -> u32 {
        self.ledger.as_mut().map_or(0, |ledger| ledger.called(receive, channels))
    }

    /// The time and what is left, before something is offered on channels, where that is kept.
    pub(crate) fn sample(&self) -> Option<(Duration, i128)> {
        self.ledger.as_ref()?.sample()
    }

    /// What was offered on channels since the sample.
    pub(crate) fn offered(&mut self, channels: &[Value], offer: Offer, comms: u64, sample: (Duration, i128)) {
        if let Some(ledger) = &mut self.ledger {
            ledger.offered(channels, offer, comms, sample);
        }
    }

    /// What was kept of an evaluation that costs `total`, if it was itemised.
    pub(crate) fn into_profile(self, total: i64) -> Profile {
        self.ledger.map_or_else(Profile::default, |ledger| ledger.into_profile(self.initial, total))
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
        let left = self.ledger.as_ref().map_or(self.left, |ledger| ledger.left);
        clamped(i128::from(self.initial).saturating_sub(left))
    }

    /// The amount the evaluation started with.
    pub fn initial(&self) -> i64 {
        self.initial
    }
}

fn clamped(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(if amount < 0 { i64::MIN } else { i64::MAX })
}
