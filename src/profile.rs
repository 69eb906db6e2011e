//! `rho run --profile`: where time and cost went, by contract, by line and by channel, and as a flame graph.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rhodium_machine::{Value, profile};
use rhodium_term::print::print_name_with;
use serde::Serialize;

use crate::costs::{place, place_name};
use crate::diagnostics::Source;
use crate::table;
use crate::words::Words;

/// Rows of a table that are shown as text; JSON has them all.
const MOST_ROWS: usize = 25;
/// Characters of a name of a body or a channel.
const MOST_CHARACTERS: usize = 60;

/// The time since the first call.
pub fn clock() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Where time and cost went. Each table is sorted by time.
#[derive(Debug, Default, Serialize)]
pub struct Profile {
    contracts: Vec<Row>,
    lines: Vec<Row>,
    channels: Vec<Channel>,
    /// By the bodies that ran each other, the program first.
    #[serde(skip)]
    pub stacks: Vec<Stack>,
}

/// What bodies with one name, or one line, took.
#[derive(Clone, Debug, Serialize)]
struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    file: Option<String>,
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<u64>,
    time_ns: u64,
    cost: i128,
}

/// What messages and receives on a channel, or the channels of a join, took.
#[derive(Clone, Debug, Serialize)]
struct Channel {
    channel: String,
    sends: u64,
    receives: u64,
    comms: u64,
    time_ns: u64,
    cost: i128,
}

/// What a body took, without the bodies that it ran.
#[derive(Clone, Debug)]
pub struct Stack {
    /// The bodies from the program to this one.
    pub names: Vec<String>,
    /// Its own time.
    pub time: Duration,
    /// Its own cost.
    pub cost: i128,
}

/// A file and a line in it.
type Place = (Option<usize>, Option<u32>);

impl Profile {
    /// The profile of an evaluation of the last of the sources.
    pub fn new(profile: &profile::Profile, sources: &[Source], words: &Words) -> Profile {
        let file = |place: Place| place.0.and_then(|k| sources.get(k)).map(|source| source.name.clone());
        let channels = channels_of(profile, words);
        let names: Vec<String> = profile.bodies.iter().map(|body| body_name(body, sources, words)).collect();
        let mut bodies = vec![(Duration::ZERO, 0i128); profile.bodies.len()];
        let mut lines: BTreeMap<Place, (Duration, i128)> = BTreeMap::new();
        for spent in &profile.spent {
            let body = &mut bodies[spent.body as usize];
            for sum in [body, lines.entry(place(spent.origin, sources)).or_default()] {
                *sum = (sum.0 + spent.time, sum.1.saturating_add(spent.cost));
            }
        }
        let mut contracts: BTreeMap<(&str, Place), Row> = BTreeMap::new();
        for ((body, name), (time, cost)) in profile.bodies.iter().zip(&names).zip(&bodies) {
            let place = place(body.origin, sources);
            let row = contracts.entry((name, place)).or_insert_with(|| Row {
                name: Some(name.clone()),
                file: file(place),
                line: place.1,
                runs: Some(0),
                time_ns: 0,
                cost: 0,
            });
            row.runs = row.runs.map(|runs| runs + body.runs);
            row.add(*time, *cost);
        }
        let lines = lines.into_iter().map(|(place, (time, cost))| {
            let mut row = Row { name: None, file: file(place), line: place.1, runs: None, time_ns: 0, cost: 0 };
            row.add(time, cost);
            row
        });
        let (contracts, lines) = (contracts.into_values().collect(), lines.collect());
        Profile { contracts, lines, channels, stacks: stacks(profile, &names, &bodies) }.sorted()
    }

    /// Several profiles together.
    pub fn total(all: Vec<Profile>) -> Profile {
        let mut total = Profile::default();
        for profile in all {
            total.contracts.extend(profile.contracts);
            total.lines.extend(profile.lines);
            total.stacks.extend(profile.stacks);
            for channel in profile.channels {
                match total.channels.iter_mut().find(|known| known.channel == channel.channel) {
                    Some(known) => known.add(&channel),
                    None => total.channels.push(channel),
                }
            }
        }
        total.sorted()
    }

    fn sorted(mut self) -> Profile {
        self.contracts.sort_by_key(|row| Reverse((row.time_ns, row.cost)));
        self.lines.sort_by_key(|row| Reverse((row.time_ns, row.cost)));
        self.channels.sort_by_key(|channel| Reverse((channel.time_ns, channel.cost)));
        self
    }

    /// The profile as three tables.
    pub fn text(&self) -> Vec<String> {
        let all: u64 = self.lines.iter().map(|row| row.time_ns).sum();
        let share = |time: u64| format!("{:.1} %", time as f64 * 100.0 / all.max(1) as f64);
        let mut text = Vec::new();
        let row = |row: &Row| {
            let (time, runs) = (milliseconds(row.time_ns), row.runs.unwrap_or_default().to_string());
            let name = row.name.clone().unwrap_or_default();
            [share(row.time_ns), time, row.cost.to_string(), runs, name, row.place()]
        };
        let heading = ["time", "ms", "cost", "runs", "contract", "place"];
        section(&mut text, heading, [true, true, true, true, false, false], &self.contracts, row);
        let row = |row: &Row| [share(row.time_ns), milliseconds(row.time_ns), row.cost.to_string(), row.place()];
        section(&mut text, ["time", "ms", "cost", "line"], [true, true, true, false], &self.lines, row);
        let row = |row: &Channel| {
            let [sends, receives, comms] = [row.sends, row.receives, row.comms].map(|count| count.to_string());
            let (time, cost) = (milliseconds(row.time_ns), row.cost.to_string());
            [share(row.time_ns), time, cost, sends, receives, comms, row.channel.clone()]
        };
        let heading = ["time", "ms", "cost", "sends", "receives", "comms", "channel"];
        section(&mut text, heading, [true, true, true, true, true, true, false], &self.channels, row);
        text
    }
}

impl Row {
    fn add(&mut self, time: Duration, cost: i128) {
        self.time_ns = self.time_ns.saturating_add(nanoseconds(time));
        self.cost = self.cost.saturating_add(cost);
    }

    fn place(&self) -> String {
        place_name(self.file.as_deref(), self.line)
    }
}

impl Channel {
    fn add(&mut self, other: &Channel) {
        self.sends += other.sends;
        self.receives += other.receives;
        self.comms += other.comms;
        self.time_ns = self.time_ns.saturating_add(other.time_ns);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

fn section<T, const N: usize>(
    text: &mut Vec<String>,
    heading: [&str; N],
    right: [bool; N],
    rows: &[T],
    row: impl Fn(&T) -> [String; N],
) {
    if !text.is_empty() {
        text.push(String::new());
    }
    let shown: Vec<[String; N]> = rows.iter().take(MOST_ROWS).map(row).collect();
    text.extend(table::lines(heading, right, &shown));
    if rows.len() > MOST_ROWS {
        text.push(format!("and {} more", rows.len() - MOST_ROWS));
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn milliseconds(time_ns: u64) -> String {
    format!("{:.2}", time_ns as f64 / 1e6)
}

fn channels_of(profile: &profile::Profile, words: &Words) -> Vec<Channel> {
    let rows = profile.traffic.iter().map(|traffic| Channel {
        channel: channel_names(&traffic.channels, words).unwrap_or_else(|| "other channels".to_owned()),
        sends: traffic.sends,
        receives: traffic.receives,
        comms: traffic.comms,
        time_ns: nanoseconds(traffic.time),
        cost: traffic.cost,
    });
    rows.collect()
}

/// Channels as they are shown, without the ids of private names: a row stands for all that one `new` made.
fn channel_names(channels: &[Value], words: &Words) -> Option<String> {
    let shown = channels.iter().map(|channel| {
        let term = channel.to_term();
        let word = term.single_item().and_then(|item| words.of(item));
        match word {
            Some(word) => word.to_owned(),
            None => shortened(&print_name_with(&term, &words.names([&term]))),
        }
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() { None } else { Some(shown.join(" & ")) }
}

/// What a body is called: as its receive begins in the source.
fn body_name(body: &profile::Body, sources: &[Source], words: &Words) -> String {
    let (file, _) = place(body.origin, sources);
    let source = file.and_then(|file| sources.get(file));
    if body.caller.is_none() {
        return source.map_or_else(String::new, |source| source.name.clone());
    }
    let range = body.origin.start as usize..body.origin.end as usize;
    match source.and_then(|source| source.text.get(range)) {
        Some(text) => {
            let head = text.split(['{', '\n']).next().unwrap_or(text).trim_end_matches(['=', ' ']);
            // The place of a `for` is that of its binds.
            let is_bind = head.contains("<-") || head.contains("<=");
            shortened(&if is_bind { format!("for ({head})") } else { head.to_owned() })
        }
        None => match channel_names(&body.channels, words) {
            Some(channels) => format!("receive on {channels}"),
            None => "receive".to_owned(),
        },
    }
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Callers have smaller numbers than what they run.
fn stacks(profile: &profile::Profile, names: &[String], own: &[(Duration, i128)]) -> Vec<Stack> {
    let mut stacks: Vec<Stack> = Vec::with_capacity(own.len());
    for ((body, name), (time, cost)) in profile.bodies.iter().zip(names).zip(own) {
        let mut path = body.caller.map_or_else(Vec::new, |caller| stacks[caller as usize].names.clone());
        path.push(name.clone());
        stacks.push(Stack { names: path, time: *time, cost: *cost });
    }
    stacks
}
