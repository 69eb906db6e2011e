//! Where cost and time of an evaluation go: charges by kind and place, and where there is a clock, also what each body and
//! each channel took.
//!
//! A *body* is the program itself or the body of a receive, as it was run by another one: bodies make a tree. One that is
//! run again below itself, as in a loop, is not told apart from itself above, so the tree is as large as the program and not
//! as long as its run.

use std::collections::HashMap;
use std::time::Duration;

use rhodium_term::Origin;

use crate::cost::Charge;
use crate::error::Fault;
use crate::value::{Label, Value};

/// The time since some moment; never runs backwards.
pub type Clock = fn() -> Duration;

/// Charges of one kind at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// The term or expression that was running; unknown for parsing.
    pub origin: Origin,
    /// The kind.
    pub kind: Charge,
    /// How many charges.
    pub count: u64,
    /// Their sum, with refunds.
    pub cost: i128,
}

/// A body that ran.
#[derive(Clone, Debug)]
pub struct Body {
    /// The body that ran it, by number; the program has none.
    pub caller: Option<u32>,
    /// The receive whose body it is; the program's is unknown.
    pub origin: Origin,
    /// The receive's channels when it ran first.
    pub channels: Vec<Value>,
    /// How often it ran.
    pub runs: u64,
}

/// What one place took in one body.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// The body's number.
    pub body: u32,
    /// The term or expression.
    pub origin: Origin,
    /// How long it ran.
    pub time: Duration,
    /// What it was charged, with refunds.
    pub cost: i128,
}

/// What messages and receives on one channel, or on the channels of a join, took. Private names that one `new` of the
/// source made count as one channel.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// The channels; of several private names the first.
    pub channels: Vec<Value>,
    /// Messages that were offered.
    pub sends: u64,
    /// Receives that were offered.
    pub receives: u64,
    /// Communications that these completed.
    pub comms: u64,
    /// How long storing and matching took.
    pub time: Duration,
    /// What was charged for it, with refunds.
    pub cost: i128,
}

/// Where the cost of an evaluation went, and with a clock its time.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// The charges, in the order of places and kinds; they add up to the cost of the evaluation.
    pub items: Vec<Item>,
    /// The bodies; the first is the program. Empty without a clock, as what follows.
    pub bodies: Vec<Body>,
    /// What was spent, in the order of bodies and places.
    pub spent: Vec<Spent>,
    /// The channels in the order in which they were met. [`MOST_CHANNELS`] are told apart, all others are the last one,
    /// which names none.
    pub traffic: Vec<Traffic>,
}

/// Channels that a profile tells apart.
pub const MOST_CHANNELS: usize = 4096;

/// Bodies that a profile tells apart, and how deep below each other; what others take is their callers'.
const MOST_BODIES: usize = 1 << 14;
const MOST_LEVELS: usize = 100;

/// What a profile is made from while an evaluation runs.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    pub left: i128,
    place: Origin,
    items: HashMap<(Origin, Charge), (u64, i128)>,
    timed: Option<Timed>,
}

/// What is kept where there is a clock.
#[derive(Clone, Debug)]
struct Timed {
    clock: Clock,
    since: Duration,
    body: u32,
    bodies: Vec<Body>,
    children: HashMap<(u32, Origin), u32>,
    spent: HashMap<(u32, Origin), (Duration, i128)>,
    channels: HashMap<Vec<Group>, usize>,
    traffic: Vec<Traffic>,
}

/// What tells channels apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Group {
    Made(Label),
    Other(Value),
}

/// What is done with a channel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    Send,
    Receive,
}

impl Ledger {
    pub fn new(initial: i64, clock: Option<Clock>) -> Ledger {
        let program = Body { caller: None, origin: Origin::default(), channels: Vec::new(), runs: 1 };
        let timed = clock.map(|clock| Timed {
            clock,
            since: clock(),
            body: 0,
            bodies: vec![program],
            children: HashMap::new(),
            spent: HashMap::new(),
            channels: HashMap::new(),
            traffic: Vec::new(),
        });
        Ledger { left: i128::from(initial), place: Origin::default(), items: HashMap::new(), timed }
    }

    pub fn charge(&mut self, amount: i64, what: Charge) -> Result<(), Fault> {
        if self.left < 0 {
            return Err(Fault::out_of_phlogistons());
        }
        self.left = self.left.saturating_sub(i128::from(amount));
        let item = self.items.entry((self.place, what)).or_default();
        *item = (item.0 + 1, item.1.saturating_add(i128::from(amount)));
        if let Some(timed) = &mut self.timed {
            let spent = timed.spent.entry((timed.body, self.place)).or_default();
            spent.1 = spent.1.saturating_add(i128::from(amount));
        }
        if self.left < 0 { Err(Fault::out_of_phlogistons()) } else { Ok(()) }
    }

    /// Whose charges follow; gives back the place of those before.
    pub fn enter(&mut self, place: Origin) -> Origin {
        if self.place != place {
            self.tick();
        }
        std::mem::replace(&mut self.place, place)
    }

    /// The time since the last look at the clock goes to where the evaluation is.
    fn tick(&mut self) {
        if let Some(timed) = &mut self.timed {
            let now = (timed.clock)();
            let spent = timed.spent.entry((timed.body, self.place)).or_default();
            spent.0 += now.saturating_sub(timed.since);
            timed.since = now;
        }
    }

    /// The running body.
    pub fn body(&self) -> u32 {
        self.timed.as_ref().map_or(0, |timed| timed.body)
    }

    /// A body goes on.
    pub fn enter_body(&mut self, body: u32) {
        self.tick();
        if let Some(timed) = &mut self.timed {
            timed.body = body;
        }
        self.place = Origin::default();
    }

    /// The body of a receive, which the running body runs.
    pub fn called(&mut self, receive: Origin, channels: &[Value]) -> u32 {
        let Some(timed) = &mut self.timed else { return 0 };
        let body = timed.body_of(receive, channels);
        timed.bodies[body as usize].runs += 1;
        body
    }

    /// The time and what is left, before something is done with channels.
    pub fn sample(&self) -> Option<(Duration, i128)> {
        self.timed.as_ref().map(|timed| ((timed.clock)(), self.left))
    }

    /// What was done with channels since the sample.
    pub fn offered(&mut self, channels: &[Value], offer: Offer, comms: u64, sample: (Duration, i128)) {
        let Some(timed) = &mut self.timed else { return };
        let time = (timed.clock)().saturating_sub(sample.0);
        let traffic = timed.traffic_of(channels);
        traffic.sends += u64::from(offer == Offer::Send);
        traffic.receives += u64::from(offer == Offer::Receive);
        traffic.comms += comms;
        traffic.time += time;
        traffic.cost = traffic.cost.saturating_add(sample.1.saturating_sub(self.left));
    }

    /// What came of an evaluation that costs `total`; what differs from what was used is a failure's.
    pub fn into_profile(mut self, initial: i64, total: i64) -> Profile {
        self.tick();
        let place = |origin: Origin| (origin.source, origin.start, origin.end);
        let rest = i128::from(total) - (i128::from(initial) - self.left);
        let failure = (rest != 0).then_some(((Origin::default(), Charge::Failure), (1, rest)));
        let mut items: Vec<Item> = (self.items.into_iter().chain(failure))
            .map(|((origin, kind), (count, cost))| Item { origin, kind, count, cost })
            .collect();
        items.sort_unstable_by_key(|item| (place(item.origin), item.kind));
        let Some(timed) = self.timed else { return Profile { items, ..Profile::default() } };
        let mut spent: Vec<Spent> = (timed.spent.into_iter())
            .map(|((body, origin), (time, cost))| Spent { body, origin, time, cost })
            .collect();
        spent.sort_unstable_by_key(|spent| (spent.body, place(spent.origin)));
        Profile { items, bodies: timed.bodies, spent, traffic: timed.traffic }
    }
}

impl Timed {
    fn body_of(&mut self, receive: Origin, channels: &[Value]) -> u32 {
        let mut level = 0;
        let mut above = Some(self.body);
        while let Some(body) = above {
            let known = &self.bodies[body as usize];
            if body != 0 && known.origin == receive {
                return body;
            }
            level += 1;
            above = known.caller;
        }
        if let Some(body) = self.children.get(&(self.body, receive)) {
            return *body;
        }
        if self.bodies.len() >= MOST_BODIES || level >= MOST_LEVELS {
            return self.body;
        }
        let body = self.bodies.len() as u32;
        self.bodies.push(Body { caller: Some(self.body), origin: receive, channels: channels.to_vec(), runs: 0 });
        self.children.insert((self.body, receive), body);
        body
    }

    fn traffic_of(&mut self, channels: &[Value]) -> &mut Traffic {
        let group = |channel: &Value| match channel {
            Value::Name(_, label) if *label != Label::default() => Group::Made(*label),
            _ => Group::Other(channel.clone()),
        };
        let mut key: Vec<Group> = channels.iter().map(group).collect();
        if self.traffic.len() >= MOST_CHANNELS && !self.channels.contains_key(&key) {
            key.clear();
        }
        let named = if key.is_empty() { &[] } else { channels };
        let traffic = &mut self.traffic;
        let index = *self.channels.entry(key).or_insert_with(|| {
            let (time, channels) = (Duration::ZERO, named.to_vec());
            traffic.push(Traffic { channels, sends: 0, receives: 0, comms: 0, time, cost: 0 });
            traffic.len() - 1
        });
        &mut traffic[index]
    }
}
