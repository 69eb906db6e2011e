//! The tuple space: data, waiting continuations and joins by channel (runtime.md 6).
//!
//! **Order of candidates** (runtime.md 6.5 leaves it open): oldest first. A channel's own continuations are tried
//! before its joins with other channels, joins in the order in which they came into being. At a checkpoint every
//! changed list takes the order of its encoded items, which is the order it has when it is loaded again, so that it
//! does not matter whether a state comes from memory or from the store.
//!
//! **Undo**: the first time a deploy touches a channel or join of an earlier deploy, its lists (persistent structures)
//! are saved; what the deploy itself made is simply dropped.
//!
//! **Drafts** (`draft.rs`): a space may lie on another one that does not change. What it does not have it finds there, and
//! what it changes it copies first.

mod draft;
mod forced;
mod slots;
mod sources;

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use foldhash::{HashMap, HashSet};
use rhodium_matcher::Budget;
use rhodium_random::Random;
use rhodium_term::Origin;
use rhodium_term::state_codec::{Consume, Produce};
use smallvec::{SmallVec, smallvec};

use crate::code::{BindPatterns, Body};
use crate::error::{ErrorKind, Fault};
use crate::indexed::{Indexed, message_key, pattern_key};
use crate::value::Value;
use crate::waiting::Waiting;
use draft::Below;
pub(crate) use draft::{Contracts, Effects, WriteSet};
pub(crate) use forced::Unfired;
use slots::Slots;
use sources::{At, Sources};

/// A receive on one channel that takes a message: its number, the values of its variables.
type OwnMatch = (u64, Vec<Value>);

/// One datum per bind of a join (its number; `None` for the message being offered), and the values of all variables.
type Choice = (SmallVec<[Option<u64>; 4]>, Vec<Value>);

/// The channels of a receive, in bind order.
pub type Channels = SmallVec<[Value; 1]>;

/// The data of a message, or other values of which there are few.
pub type Data = SmallVec<[Value; 2]>;

/// One datum per bind of a receive.
type Messages = SmallVec<[Arc<Datum>; 4]>;

type Ids = SmallVec<[ChannelId; 4]>;

/// A channel's number while it is live.
pub type ChannelId = u32;
type JoinId = u32;

/// Numbers from here on are of items that were stored here; smaller ones of items that came from the base.
const FIRST_STORED: u64 = 1 << 63;

/// How many empty channels are kept.
const IDLE: usize = 16;

/// A stored message.
#[derive(Debug)]
pub struct Datum {
    /// The data.
    pub data: Data,
    /// The sender's random state.
    pub random: Box<Random>,
    /// `!!`
    pub persistent: bool,
    /// The send it comes from, for error messages; a store does not keep it.
    pub origin: Origin,
    /// Sum of the sizes of the data.
    pub size: u64,
    /// Its event, once it was needed.
    pub(crate) source: OnceLock<Box<Produce>>,
}

impl Datum {
    /// A message.
    pub fn new(data: Data, random: Box<Random>, persistent: bool, origin: Origin) -> Datum {
        let size = data.iter().map(Value::size).fold(0, u64::saturating_add);
        Datum { data, random, persistent, origin, size, source: OnceLock::new() }
    }
}

/// A waiting receive.
#[derive(Debug)]
pub struct Continuation {
    /// The patterns, in bind order.
    pub patterns: BindPatterns,
    /// The code of the body.
    pub body: Arc<Body>,
    /// Values of the body's captured variables.
    pub captured: Data,
    /// The receive's random state.
    pub random: Box<Random>,
    /// `<=`
    pub persistent: bool,
    /// `<<-`
    pub peek: bool,
    /// What storing it costs (runtime.md 7.4).
    pub storage: i64,
    /// The receive in the source; a store does not keep it.
    pub origin: Origin,
    /// Its event, once it was needed.
    pub(crate) source: OnceLock<Arc<Consume>>,
    /// What its random state adds to a merge, once it was needed: a contract is merged at every call.
    pub(crate) digest: OnceLock<[u8; 32]>,
}

impl Continuation {
    /// The same receive with code and names of its own.
    fn copy(&self) -> Continuation {
        let own = |value: &Value| match value {
            Value::Name(id, label) => Value::Name(Arc::from(&**id), *label),
            other => other.clone(),
        };
        Continuation {
            patterns: self.patterns.clone(),
            body: Arc::new(self.body.copy()),
            captured: self.captured.iter().map(own).collect(),
            random: self.random.clone(),
            source: self.source.clone(),
            digest: self.digest.clone(),
            ..*self
        }
    }

    /// What its random state adds to a merge.
    pub(crate) fn merge_digest(&self) -> [u8; 32] {
        *self.digest.get_or_init(|| self.random.merge_digest())
    }

    /// The same, if it is known or will be needed again.
    pub(crate) fn known_digest(&self) -> Option<[u8; 32]> {
        if self.persistent { Some(self.merge_digest()) } else { self.digest.get().copied() }
    }
}

/// A system process on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Number of data it takes.
    pub arity: usize,
    /// Its body number.
    pub body: i64,
}

/// Decides whether a guard holds for the bindings; its evaluation takes steps from the budget.
pub type GuardCheck<'a> = dyn FnMut(&Continuation, &[Value], &mut Budget) -> Result<bool, Fault> + 'a;

/// A COMM that has happened: data and continuation are removed already where they do not persist.
#[derive(Debug)]
pub struct Fired {
    /// The receive.
    pub continuation: Arc<Continuation>,
    /// Its channels, in bind order.
    pub channels: Channels,
    /// One datum per bind.
    pub data: Messages,
    /// Values of the variables of all binds.
    pub bindings: Vec<Value>,
    /// The bind whose message was offered; `None` if the receive was.
    pub offered: Option<usize>,
}

impl Fired {
    /// The random state of what was offered.
    pub fn trigger(&self) -> &Random {
        match self.offered.and_then(|bind| self.data.get(bind)) {
            Some(datum) => &datum.random,
            None => &self.continuation.random,
        }
    }
}

/// What a produce led to.
#[derive(Debug)]
pub enum Produced {
    /// Nothing fits: the message is stored.
    Stored,
    /// A receive fires.
    Fired(Fired),
    /// A system process takes it.
    System(Installed, Arc<Datum>),
}

#[derive(Clone, Debug)]
struct Channel {
    name: Value,
    lists: Lists,
    installed: Option<Installed>,
    /// Deploy that made it (0 = before the first).
    created: u64,
    /// Deploy that saved its lists last.
    saved: u64,
    in_base: bool,
    /// Its lists changed since the last checkpoint.
    dirty: bool,
    /// It is one of the channels that were emptied last.
    idle: bool,
}

impl Channel {
    /// Whether nothing remembers it.
    fn is_free(&self) -> bool {
        self.lists.is_empty() && self.installed.is_none() && !self.in_base
    }
}

/// What undo has to bring back.
#[derive(Clone, Debug, Default)]
struct Lists {
    data: Indexed<Arc<Datum>>,
    own: Waiting,
    joins: Vec<JoinId>,
}

impl Lists {
    fn is_empty(&self) -> bool {
        self.data.is_empty() && self.own.is_empty() && self.joins.is_empty()
    }
}

#[derive(Clone, Debug)]
struct Join {
    channels: Box<[ChannelId]>,
    waiting: Waiting,
    created: u64,
    saved: u64,
    in_base: bool,
}

/// A channel's lists as the store has them, in encoded order.
#[derive(Debug, Default)]
pub struct LoadedChannel {
    /// Messages.
    pub data: Vec<Datum>,
    /// Receives that wait on this channel alone.
    pub own: Vec<Continuation>,
    /// Joins with other channels: channels in bind order.
    pub joins: Vec<Vec<Value>>,
}

/// Where the space finds what it does not have in memory.
pub trait Base: Send + Sync {
    /// The lists of a channel, `None` if the store has nothing under its name.
    fn channel(&self, name: &Value) -> Result<Option<LoadedChannel>, Fault>;
    /// The receives waiting on a join. `shared`: there is a join over the same channels in another order.
    fn join(&self, channels: &[Value], shared: bool) -> Result<Vec<Continuation>, Fault>;
}

/// Numbers met in a deploy, each once.
#[derive(Default)]
struct Touched {
    /// The smallest possible number.
    first: u32,
    list: Vec<u32>,
    listed: Vec<bool>,
}

impl Touched {
    fn push(&mut self, id: u32) {
        let id_index = (id - self.first) as usize;
        if self.listed.len() <= id_index {
            self.listed.resize(id_index + 1, false);
        }
        if !self.listed[id_index] {
            self.listed[id_index] = true;
            self.list.push(id);
        }
    }

    fn take(&mut self) -> Vec<u32> {
        for id in &self.list {
            self.listed[(*id - self.first) as usize] = false;
        }
        std::mem::take(&mut self.list)
    }
}

/// The space.
#[derive(Default)]
pub struct Space {
    channels: Slots<Channel>,
    index: HashMap<Value, ChannelId>,
    joins: Slots<Join>,
    join_index: HashMap<Box<[ChannelId]>, JoinId>,
    base: Option<Box<dyn Base>>,
    next_number: u64,
    next_loaded: u64,
    deploy: u64,
    touched: Touched,
    touched_joins: Touched,
    /// The lists of channels, and whether they had changed already.
    saved: HashMap<ChannelId, (Lists, bool)>,
    saved_joins: HashMap<JoinId, Waiting>,
    dirty: Touched,
    /// Channels that were emptied last, to be freed if they still are when others follow: many are used again at once.
    idle: VecDeque<ChannelId>,
    dirty_joins: HashSet<JoinId>,
    /// Kept only while logs are followed.
    sources: Option<Box<Sources>>,
    /// The space that a draft lies on.
    below: Option<Box<Below>>,
}

/// A list that changed since the last checkpoint, for encoding.
#[derive(Debug)]
pub struct ChannelState<'a> {
    /// The channel.
    pub name: &'a Value,
    /// Messages, oldest first, with their sequence numbers.
    pub data: Vec<(u64, &'a Arc<Datum>)>,
    /// Receives on this channel alone.
    pub own: Vec<(u64, &'a Arc<Continuation>)>,
    /// The channels of the joins with others.
    pub joins: Vec<Vec<&'a Value>>,
}

/// A join that changed since the last checkpoint.
#[derive(Debug)]
pub struct JoinState<'a> {
    /// The channels in bind order.
    pub channels: Vec<&'a Value>,
    /// Receives, oldest first, with their sequence numbers.
    pub waiting: Vec<(u64, &'a Arc<Continuation>)>,
    /// There is a join over the same channels in another order.
    pub shared: bool,
}

impl Space {
    /// An empty space over what `base` has.
    pub fn new(base: Option<Box<dyn Base>>) -> Space {
        Space { base, deploy: 1, ..Space::default() }
    }

    /// Puts a system process on a channel.
    pub fn install(&mut self, name: Value, installed: Installed) -> Result<(), Fault> {
        let id = self.intern(&name)?;
        self.channel_mut(id).installed = Some(installed);
        Ok(())
    }

    /// The number that the next stored item gets: what is stored later has this number or a greater one, what is only
    /// loaded later a smaller one.
    pub fn mark(&self) -> u64 {
        FIRST_STORED + self.next_number
    }

    fn channel(&self, id: ChannelId) -> &Channel {
        match self.channels.get(id) {
            Some(channel) => channel,
            None => draft::of(&self.below).channel(id),
        }
    }

    fn channel_mut(&mut self, id: ChannelId) -> &mut Channel {
        match self.channels.get_mut(id) {
            Some(channel) => channel,
            None => draft::of_mut(&mut self.below).channel_mut(id, self.deploy),
        }
    }

    fn join(&self, id: JoinId) -> &Join {
        match self.joins.get(id) {
            Some(join) => join,
            None => draft::of(&self.below).join(id),
        }
    }

    fn join_mut(&mut self, id: JoinId) -> &mut Join {
        match self.joins.get_mut(id) {
            Some(join) => join,
            None => draft::of_mut(&mut self.below).join_mut(id, self.deploy),
        }
    }

    fn find_join(&self, channels: &[ChannelId]) -> Option<JoinId> {
        let own = self.join_index.get(channels).copied();
        own.or_else(|| self.below.as_ref()?.find_join(channels))
    }

    fn number(&mut self) -> u64 {
        self.next_number += 1;
        FIRST_STORED + self.next_number - 1
    }

    fn loaded_number(&mut self) -> u64 {
        self.next_loaded += 1;
        self.next_loaded - 1
    }

    /// The channel of a name; loaded from the base when it is met first, with the channels it shares joins with.
    fn intern(&mut self, name: &Value) -> Result<ChannelId, Fault> {
        if let Some(id) = self.index.get(name).copied() {
            self.rename(id, name);
            return Ok(id);
        }
        let mut pending = Vec::new();
        let id = self.load(name, &mut pending)?;
        while let Some((id, joins)) = pending.pop() {
            self.load_joins(id, &joins, &mut pending)?;
        }
        Ok(id)
    }

    /// An empty channel that is only kept for a while is as good as gone: it has the name under which it is used next.
    /// Equal names may differ in what they cost, as terms that were stored have lost their `locallyFree` sets.
    fn rename(&mut self, id: ChannelId, name: &Value) {
        if !name.is_scalar()
            && let Some(channel) = self.channels.get_mut(id)
            && channel.idle
            && channel.is_free()
        {
            channel.name = name.clone();
        }
    }

    /// Makes a channel known. Joins it has in the base become `pending`.
    fn load(&mut self, name: &Value, pending: &mut Vec<(ChannelId, Vec<Vec<Value>>)>) -> Result<ChannelId, Fault> {
        if let Some(id) = self.index.get(name) {
            return Ok(*id);
        }
        if let Some(below) = &mut self.below
            && let Some(id) = below.read(name)
        {
            self.index.insert(name.clone(), id);
            return Ok(id);
        }
        let loaded = match self.base() {
            Some(base) => base.channel(name)?,
            None => None,
        };
        let in_base = loaded.is_some();
        let created = if in_base { 0 } else { self.deploy };
        let loaded = loaded.unwrap_or_default();
        let mut lists = Lists::default();
        for datum in loaded.data {
            lists.data.insert(self.loaded_number(), Arc::new(datum));
        }
        for continuation in loaded.own {
            lists.own.insert(self.loaded_number(), Arc::new(continuation));
        }
        let (key, name) = (name.clone(), name.clone());
        let channel = Channel { name, lists, installed: None, created, saved: 0, in_base, dirty: false, idle: false };
        let id = self.channels.insert(channel);
        self.index.insert(key, id);
        self.index_channel(id);
        if !in_base {
            self.touched.push(id);
        }
        if !loaded.joins.is_empty() {
            pending.push((id, loaded.joins));
        }
        Ok(id)
    }

    fn load_joins(
        &mut self,
        id: ChannelId,
        joins: &[Vec<Value>],
        pending: &mut Vec<(ChannelId, Vec<Vec<Value>>)>,
    ) -> Result<(), Fault> {
        let sorted = |names: &Vec<Value>| {
            let mut names = names.clone();
            names.sort();
            names
        };
        let mut orders: HashMap<Vec<Value>, u32> = HashMap::default();
        for names in joins {
            *orders.entry(sorted(names)).or_default() += 1;
        }
        for names in joins {
            let ids: Result<Vec<ChannelId>, Fault> = names.iter().map(|name| self.load(name, pending)).collect();
            let ids = ids?.into_boxed_slice();
            let join = match self.find_join(&ids) {
                Some(join) => join,
                None => {
                    let shared = orders.get(&sorted(names)).is_some_and(|count| *count > 1);
                    let waiting = match self.base() {
                        Some(base) => base.join(names, shared)?,
                        None => Vec::new(),
                    };
                    let mut queue = Waiting::default();
                    for continuation in waiting {
                        queue.insert(self.loaded_number(), Arc::new(continuation));
                    }
                    let join = Join { channels: ids.clone(), waiting: queue, created: 0, saved: 0, in_base: true };
                    let join = self.joins.insert(join);
                    self.join_index.insert(ids, join);
                    self.index_join(join);
                    join
                }
            };
            let joins = &mut self.channel_mut(id).lists.joins;
            if !joins.contains(&join) {
                joins.push(join);
            }
        }
        Ok(())
    }

    /// The index, if there is one, learns what lies on a channel that was loaded.
    fn index_channel(&mut self, id: ChannelId) {
        let (Some(sources), Some(channel)) = (&mut self.sources, self.channels.get(id)) else { return };
        for (number, datum) in channel.lists.data.iter() {
            sources.load(datum.source(&channel.name).hash, number, At::Data(id));
        }
        for (number, continuation) in channel.lists.own.iter() {
            let hash = continuation.source(std::slice::from_ref(&channel.name)).hash;
            sources.load(hash, number, At::Own(id));
        }
    }

    /// The same for a join.
    fn index_join(&mut self, id: JoinId) {
        let (Some(sources), Some(join)) = (&mut self.sources, self.joins.get(id)) else { return };
        let channels = join.channels.iter().filter_map(|channel| self.channels.get(*channel));
        let names: Vec<Value> = channels.map(|channel| channel.name.clone()).collect();
        for (number, continuation) in join.waiting.iter() {
            sources.load(continuation.source(&names).hash, number, At::Join(id));
        }
    }

    /// Saves a channel's lists before the running deploy changes them for the first time.
    fn touch(&mut self, id: ChannelId) {
        let deploy = self.deploy;
        let channel = self.channel_mut(id);
        let dirty = std::mem::replace(&mut channel.dirty, true);
        if channel.created != deploy && channel.saved != deploy {
            channel.saved = deploy;
            let lists = channel.lists.clone();
            self.saved.insert(id, (lists, dirty));
            self.touched.push(id);
        }
        // What a draft changed is listed when it is applied.
        if !dirty && self.below.is_none() {
            self.dirty.push(id);
        }
    }

    fn touch_join(&mut self, id: JoinId) {
        self.dirty_joins.insert(id);
        let deploy = self.deploy;
        let join = self.join_mut(id);
        if join.created != deploy && join.saved != deploy {
            join.saved = deploy;
            let waiting = join.waiting.clone();
            self.saved_joins.insert(id, waiting);
            self.touched_joins.push(id);
        }
    }

    /// A channel may hold nothing any more. One that the running deploy made is freed soon, as a deploy may make very many.
    fn release(&mut self, id: ChannelId) {
        let deploy = self.deploy;
        let Some(channel) = self.channels.get_mut(id) else { return };
        if channel.created != deploy || channel.idle || !channel.is_free() {
            return;
        }
        channel.idle = true;
        self.idle.push_back(id);
        if self.idle.len() > IDLE
            && let Some(oldest) = self.idle.pop_front()
        {
            self.channels.get_mut(oldest).into_iter().for_each(|channel| channel.idle = false);
            self.free_channel(oldest);
        }
    }

    fn free_channel(&mut self, id: ChannelId) {
        if let Some(channel) = self.channels.get(id)
            && channel.is_free()
        {
            self.index.remove(&channel.name);
            self.channels.remove(id);
        }
    }

    fn free_join(&mut self, id: JoinId) {
        let Some(join) = self.joins.get(id) else { return };
        if !join.waiting.is_empty() || join.in_base {
            return;
        }
        self.join_index.remove(&join.channels);
        self.joins.remove(id);
        self.dirty_joins.remove(&id);
    }

    /// Offers a message (runtime.md 6.4).
    pub fn produce(
        &mut self,
        name: &Value,
        datum: Arc<Datum>,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Produced, Fault> {
        let id = self.intern(name)?;
        if let Some(installed) = self.channel(id).installed
            && installed.arity == datum.data.len()
        {
            return Ok(Produced::System(installed, datum));
        }
        if let Some((number, bindings)) = self.own_match(id, &datum, budget, guard)? {
            return Ok(Produced::Fired(self.fire_own(id, name, number, datum, bindings)));
        }
        for position in 0..self.channel(id).lists.joins.len() {
            let join = self.channel(id).lists.joins[position];
            self.read_join(join);
            if let Some((number, (chosen, bindings))) = self.join_match(join, id, &datum, budget, guard)? {
                return Ok(Produced::Fired(self.fire_join(join, number, id, datum, &chosen, bindings)));
            }
        }
        self.store_datum(id, datum);
        Ok(Produced::Stored)
    }

    fn store_datum(&mut self, id: ChannelId, datum: Arc<Datum>) {
        self.touch(id);
        let number = self.number();
        if self.sources.is_some() {
            let hash = datum.source(&self.channel(id).name).hash;
            self.sources.iter_mut().for_each(|sources| sources.add(hash, number, At::Data(id)));
        }
        self.channel_mut(id).lists.data.insert(number, datum);
    }

    /// The first receive on this channel alone that takes the message.
    fn own_match(
        &self,
        id: ChannelId,
        datum: &Datum,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<OwnMatch>, Fault> {
        let mut bindings = Vec::new();
        self.channel(id).lists.own.search(message_key(&datum.data), |number, continuation| {
            bindings.clear();
            let fits = continuation.patterns[0].matches(&datum.data, &mut bindings, budget).map_err(too_hard)?
                && (continuation.body.guard.is_none() || guard(continuation, &bindings, budget)?);
            Ok(fits.then(|| (number, std::mem::take(&mut bindings))))
        })
    }

    fn fire_own(&mut self, id: ChannelId, name: &Value, number: u64, datum: Arc<Datum>, bindings: Vec<Value>) -> Fired {
        // Equal names may differ in what they cost, unless they are scalars; of those only labels may differ.
        let name = if name.is_scalar() { name.clone() } else { self.channel(id).name.clone() };
        let continuation = match self.contract(At::Own(id), number) {
            Some(continuation) => continuation,
            None => self.take_own(id, number),
        };
        Fired { continuation, channels: smallvec![name], data: smallvec![datum], bindings, offered: Some(0) }
    }

    /// The receive with this number, if it persists.
    fn contract(&mut self, at: At, number: u64) -> Option<Arc<Continuation>> {
        let below = match at {
            At::Own(id) => id < self.channels.first(),
            At::Join(id) => id < self.joins.first(),
            At::Data(_) => return None,
        };
        if below && let Some(contract) = draft::of_mut(&mut self.below).contract(at, number) {
            return Some(contract);
        }
        self.waiting(at)?.get(number).filter(|continuation| continuation.persistent).cloned()
    }

    /// The receives at a place.
    fn waiting(&self, at: At) -> Option<&Waiting> {
        match at {
            At::Own(id) => Some(&self.channel(id).lists.own),
            At::Join(id) => Some(&self.join(id).waiting),
            At::Data(_) => None,
        }
    }

    fn take_own(&mut self, id: ChannelId, number: u64) -> Arc<Continuation> {
        self.touch(id);
        let found = self.channel_mut(id).lists.own.remove(number);
        let continuation = found.expect("the receive just matched");
        self.forget(&continuation, number);
        self.release(id);
        continuation
    }

    /// The first receive of a join that the message, with stored ones, satisfies. The choice per bind is the stored
    /// datum's number, or `None` for the new message.
    fn join_match(
        &self,
        join: JoinId,
        id: ChannelId,
        datum: &Arc<Datum>,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<(u64, Choice)>, Fault> {
        let join = self.join(join);
        for (number, continuation) in join.waiting.iter() {
            let trigger = Some((id, datum));
            if let Some((chosen, bindings)) = self.search(&join.channels, continuation, trigger, budget, guard)? {
                return Ok(Some((number, (chosen, bindings))));
            }
        }
        Ok(None)
    }

    /// Chooses a datum for every bind (runtime.md 6.3): the first that fits; other choices are tried only if a guard
    /// refuses, or if two binds read the same channel.
    fn search(
        &self,
        channels: &[ChannelId],
        continuation: &Continuation,
        trigger: Option<(ChannelId, &Arc<Datum>)>,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Choice>, Fault> {
        if continuation.body.guard.is_none() && !repeats(channels) {
            return self.first_fit(channels, continuation, trigger, budget);
        }
        let candidates = |bind: usize| -> Vec<Option<u64>> {
            let key = pattern_key(&continuation.patterns[bind]);
            let mut list: Vec<Option<u64>> = Vec::new();
            let Ok(None) = self.channel(channels[bind]).lists.data.search(key, |number, _| {
                list.push(Some(number));
                Ok::<Option<Infallible>, Infallible>(None)
            });
            if trigger.is_some_and(|(id, _)| id == channels[bind]) {
                list.insert(0, None);
            }
            list
        };
        self.choose(channels, continuation, trigger, &candidates, budget, guard)
    }

    /// Chooses one of the candidates for every bind, what is offered among them; where a guard refuses or a later bind finds
    /// none, others are tried.
    fn choose(
        &self,
        channels: &[ChannelId],
        continuation: &Continuation,
        trigger: Option<(ChannelId, &Arc<Datum>)>,
        candidates: &dyn Fn(usize) -> Vec<Option<u64>>,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Choice>, Fault> {
        let guarded = continuation.body.guard.is_some();
        // Per bind: the candidates and which is tried next.
        let mut chosen: Vec<(Option<u64>, Vec<Value>)> = Vec::new();
        let mut next: Vec<usize> = vec![0];
        let mut lists = vec![candidates(0)];
        loop {
            let bind = chosen.len();
            if bind == channels.len() {
                let bindings: Vec<Value> = chosen.iter().flat_map(|(_, b)| b.iter().cloned()).collect();
                let complete = trigger.is_none() || chosen.iter().any(|(candidate, _)| candidate.is_none());
                if complete && (!guarded || guard(continuation, &bindings, budget)?) {
                    return Ok(Some((chosen.into_iter().map(|(c, _)| c).collect(), bindings)));
                }
                chosen.pop();
                continue;
            }
            let mut found = None;
            while let Some(candidate) = lists[bind].get(next[bind]).copied() {
                next[bind] += 1;
                budget.steps = budget.steps.checked_sub(1).ok_or_else(|| too_hard(()))?;
                let stored = candidate.and_then(|n| self.datum(channels[bind], n));
                let datum = match (&candidate, trigger) {
                    (None, Some((_, datum))) => datum,
                    _ => match &stored {
                        Some(datum) => datum,
                        None => continue,
                    },
                };
                let taken = !datum.persistent
                    && chosen.iter().zip(channels).any(|((c, _), ch)| *ch == channels[bind] && *c == candidate);
                if taken {
                    continue;
                }
                let mut bindings = Vec::new();
                if continuation.patterns[bind].matches(&datum.data, &mut bindings, budget).map_err(too_hard)? {
                    found = Some((candidate, bindings));
                    break;
                }
            }
            match found {
                Some(choice) => {
                    chosen.push(choice);
                    if chosen.len() < channels.len() {
                        next.truncate(chosen.len());
                        lists.truncate(chosen.len());
                        next.push(0);
                        lists.push(candidates(chosen.len()));
                    }
                }
                None if bind > 0 => {
                    chosen.pop();
                }
                None => return Ok(None),
            }
        }
    }

    /// [`Space::search`] where no choice depends on another.
    fn first_fit(
        &self,
        channels: &[ChannelId],
        continuation: &Continuation,
        trigger: Option<(ChannelId, &Arc<Datum>)>,
        budget: &mut Budget,
    ) -> Result<Option<Choice>, Fault> {
        let mut chosen = SmallVec::with_capacity(channels.len());
        let mut bindings = Vec::new();
        for (id, pattern) in channels.iter().zip(&*continuation.patterns) {
            let mut fits = |number: Option<u64>, datum: &Datum| {
                let fits = pattern.matches(&datum.data, &mut bindings, budget).map_err(too_hard)?;
                Ok::<_, Fault>(fits.then_some(number))
            };
            // What is offered takes part: without it the receive would not be waiting.
            let found = match trigger.filter(|(channel, _)| channel == id) {
                Some((_, datum)) => fits(None, datum)?,
                None => {
                    let data = &self.channel(*id).lists.data;
                    data.search(pattern_key(pattern), |number, datum| fits(Some(number), datum))?
                }
            };
            let Some(number) = found else { return Ok(None) };
            chosen.push(number);
        }
        Ok(Some((chosen, bindings)))
    }

    fn datum(&self, id: ChannelId, number: u64) -> Option<Arc<Datum>> {
        self.channel(id).lists.data.get(number).cloned()
    }

    fn fire_join(
        &mut self,
        join: JoinId,
        number: u64,
        trigger_channel: ChannelId,
        trigger: Arc<Datum>,
        chosen: &[Option<u64>],
        bindings: Vec<Value>,
    ) -> Fired {
        let ids = self.join(join).channels.clone();
        let contract = self.contract(At::Join(join), number);
        let data = self.take(&ids, chosen, Some(&trigger));
        let offered = chosen.iter().position(Option::is_none);
        let channels = ids.iter().map(|id| self.channel(*id).name.clone()).collect();
        let continuation = contract.unwrap_or_else(|| self.take_joined(join, number));
        let mut ids = Ids::from_slice(&ids);
        ids.push(trigger_channel);
        self.release_all(ids);
        Fired { continuation, channels, data, bindings, offered }
    }

    fn take_joined(&mut self, join: JoinId, number: u64) -> Arc<Continuation> {
        self.touch_join(join);
        let found = self.join_mut(join).waiting.remove(number);
        let continuation = found.expect("the receive just matched");
        self.forget(&continuation, number);
        self.leave_join(join);
        continuation
    }

    /// The index forgets a receive.
    fn forget(&mut self, continuation: &Continuation, number: u64) {
        if let (Some(sources), Some(source)) = (&mut self.sources, continuation.source.get()) {
            sources.remove(&source.hash, number);
        }
    }

    /// The chosen data.
    fn taken(&self, ids: &[ChannelId], chosen: &[Option<u64>], trigger: Option<&Arc<Datum>>) -> Messages {
        let datum = |(id, choice): (&ChannelId, &Option<u64>)| match choice {
            None => trigger.cloned(),
            Some(number) => self.datum(*id, *number),
        };
        ids.iter().zip(chosen).filter_map(datum).collect()
    }

    /// Removes the chosen data where they do not persist.
    fn take(&mut self, ids: &[ChannelId], chosen: &[Option<u64>], trigger: Option<&Arc<Datum>>) -> Messages {
        let datum = |(id, choice): (&ChannelId, &Option<u64>)| match choice {
            None => trigger.cloned(),
            Some(number) => self.take_datum(*id, *number),
        };
        ids.iter().zip(chosen).filter_map(datum).collect()
    }

    fn take_datum(&mut self, id: ChannelId, number: u64) -> Option<Arc<Datum>> {
        let datum = self.channel(id).lists.data.get(number)?;
        if datum.persistent {
            return Some(datum.clone());
        }
        self.touch(id);
        let datum = self.channel_mut(id).lists.data.remove(number)?;
        if let (Some(sources), Some(source)) = (&mut self.sources, datum.source.get()) {
            sources.remove(&source.hash, number);
        }
        Some(datum)
    }

    fn release_all(&mut self, mut ids: Ids) {
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().for_each(|id| self.release(id));
    }

    /// Forgets a join on which nothing waits any more.
    fn leave_join(&mut self, join: JoinId) {
        if !self.join(join).waiting.is_empty() {
            return;
        }
        let ids = self.join(join).channels.clone();
        for id in ids.iter() {
            self.touch(*id);
            self.channel_mut(*id).lists.joins.retain(|j| *j != join);
        }
        if self.join(join).created == self.deploy {
            self.free_join(join);
        }
    }

    /// Offers a receive (runtime.md 6.3). `Ok(None)`: it waits.
    pub fn consume(
        &mut self,
        names: Channels,
        continuation: Arc<Continuation>,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Fired>, Fault> {
        let ids = self.intern_all(&names)?;
        if let Some((chosen, bindings)) = self.search(&ids, &continuation, None, budget, guard)? {
            return Ok(Some(self.fire_consume(ids, names, continuation, &chosen, bindings)));
        }
        self.store(ids, continuation);
        Ok(None)
    }

    fn intern_all(&mut self, names: &[Value]) -> Result<Ids, Fault> {
        names.iter().map(|name| self.intern(name)).collect()
    }

    fn fire_consume(
        &mut self,
        ids: Ids,
        channels: Channels,
        continuation: Arc<Continuation>,
        chosen: &[Option<u64>],
        bindings: Vec<Value>,
    ) -> Fired {
        let data = self.take(&ids, chosen, None);
        self.release_all(ids);
        Fired { continuation, channels, data, bindings, offered: None }
    }

    fn store(&mut self, ids: Ids, continuation: Arc<Continuation>) {
        if let [id] = ids[..] {
            if self.channel(id).lists.own.contains(&continuation) {
                return;
            }
            self.touch(id);
            let number = self.number();
            self.remember(&continuation, number, At::Own(id));
            self.channel_mut(id).lists.own.insert(number, continuation);
            return;
        }
        let ids: Box<[ChannelId]> = ids[..].into();
        let join = match self.find_join(&ids) {
            Some(join) => join,
            None => {
                let created = self.deploy;
                let join =
                    Join { channels: ids.clone(), waiting: Waiting::default(), created, saved: 0, in_base: false };
                let join = self.joins.insert(join);
                self.join_index.insert(ids.clone(), join);
                self.touched_joins.push(join);
                join
            }
        };
        if self.join(join).waiting.contains(&continuation) {
            return;
        }
        for id in ids.iter() {
            if !self.channel(*id).lists.joins.contains(&join) {
                self.touch(*id);
                self.channel_mut(*id).lists.joins.push(join);
            }
        }
        self.touch_join(join);
        let number = self.number();
        self.remember(&continuation, number, At::Join(join));
        self.join_mut(join).waiting.insert(number, continuation);
    }

    /// The index learns of a receive, whose event is known where there is an index.
    fn remember(&mut self, continuation: &Continuation, number: u64, at: At) {
        if let (Some(sources), Some(source)) = (&mut self.sources, continuation.source.get()) {
            sources.add(source.hash, number, at);
        }
    }

    /// Keeps what the running deploy did.
    pub fn commit(&mut self) {
        self.saved.clear();
        self.saved_joins.clear();
        self.sources.iter_mut().for_each(|sources| sources.commit());
        self.sweep();
    }

    /// Undoes what the running deploy did.
    pub fn revert(&mut self) {
        self.sources.iter_mut().for_each(|sources| sources.revert());
        let deploy = self.deploy;
        for id in self.touched_joins.list.clone() {
            let saved = self.saved_joins.remove(&id);
            // A number that was freed may have gone to a join that was only loaded.
            if let Some(join) = self.joins.get_mut(id)
                && (saved.is_some() || join.created == deploy)
            {
                join.waiting = saved.unwrap_or_default();
            }
        }
        for id in self.touched.list.clone() {
            let saved = self.saved.remove(&id);
            if let Some(channel) = self.channels.get_mut(id)
                && (saved.is_some() || channel.created == deploy)
            {
                (channel.lists, channel.dirty) = saved.unwrap_or_default();
            }
        }
        self.sweep();
    }

    /// Ends a deploy: frees what is empty.
    fn sweep(&mut self) {
        self.idle.clear();
        for id in self.touched.take() {
            self.channels.get_mut(id).into_iter().for_each(|channel| channel.idle = false);
            self.free_channel(id);
        }
        for id in self.touched_joins.take() {
            self.free_join(id);
        }
        self.saved.clear();
        self.saved_joins.clear();
        self.deploy += 1;
    }

    fn state<'a>(&'a self, channel: &'a Channel) -> ChannelState<'a> {
        ChannelState {
            name: &channel.name,
            data: channel.lists.data.iter().collect(),
            own: channel.lists.own.iter().collect(),
            joins: channel.lists.joins.iter().map(|join| self.names(self.join(*join))).collect(),
        }
    }

    fn names(&self, join: &Join) -> Vec<&Value> {
        join.channels.iter().map(|id| &self.channel(*id).name).collect()
    }

    /// Channels that changed since the last checkpoint, in the canonical order of their names.
    pub fn changed_channels(&self) -> Vec<ChannelState<'_>> {
        let states = self.dirty.list.iter().filter_map(|id| self.channels.get(*id)).filter(|channel| channel.dirty);
        let sorted: BTreeMap<&Value, &Channel> = states.map(|channel| (&channel.name, channel)).collect();
        sorted.into_values().map(|channel| self.state(channel)).collect()
    }

    /// Joins of several channels that changed since the last checkpoint, with those over the same channels in another
    /// order: the history has one key for them.
    pub fn changed_joins(&self) -> Vec<JoinState<'_>> {
        let sorted = |join: &Join| {
            let mut ids = join.channels.clone();
            ids.sort_unstable();
            ids
        };
        let dirty = self.dirty_joins.iter().filter_map(|id| self.joins.get(*id));
        let keys: HashSet<Box<[ChannelId]>> = dirty.map(sorted).collect();
        let mut orders: HashMap<Box<[ChannelId]>, u32> = HashMap::default();
        let mut changed = Vec::new();
        for (_, join) in self.joins.iter() {
            let key = sorted(join);
            if keys.contains(&key) {
                *orders.entry(key.clone()).or_default() += u32::from(!join.waiting.is_empty());
                changed.push((key, join));
            }
        }
        let mut states: Vec<JoinState<'_>> = changed
            .into_iter()
            .map(|(key, join)| JoinState {
                channels: self.names(join),
                waiting: join.waiting.iter().collect(),
                shared: orders.get(&key).is_some_and(|count| *count > 1),
            })
            .collect();
        states.sort_by(|a, b| a.channels.cmp(&b.channels));
        states
    }

    /// The messages on a channel, oldest first.
    pub fn data(&mut self, name: &Value) -> Result<Vec<Arc<Datum>>, Fault> {
        let id = self.intern(name)?;
        Ok(self.channel(id).lists.data.iter().map(|(_, datum)| datum.clone()).collect())
    }

    /// After a checkpoint: everything is in `base` now, and what is in memory is forgotten.
    pub fn rebase(&mut self, base: Option<Box<dyn Base>>) -> Result<(), Fault> {
        let installed: Vec<(Value, Installed)> =
            self.channels.iter().filter_map(|(_, c)| c.installed.map(|i| (c.name.clone(), i))).collect();
        let (deploy, next_number) = (self.deploy, self.next_number);
        *self = Space { base, deploy, next_number, ..Space::default() };
        let mut installed = installed;
        installed.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, process) in installed {
            self.install(name, process)?;
        }
        Ok(())
    }
}

/// Whether a channel stands in a join twice.
fn repeats(channels: &[ChannelId]) -> bool {
    (1..channels.len()).any(|i| channels[..i].contains(&channels[i]))
}

fn too_hard<E>(_: E) -> Fault {
    Fault::new(ErrorKind::Limit, "Matching takes more steps than allowed.")
}

#[cfg(test)]
mod tests {
    use rhodium_term::{Term, Var};

    use super::*;
    use crate::test_values::{message, receive};

    /// A state from elsewhere may have a join that could fire. It does with the next message that fits, not with another.
    #[test]
    fn what_is_offered_takes_part() {
        for names in [[Value::Int(0), Value::Int(1)], [Value::Int(0), Value::Int(0)]] {
            let mut space = Space::new(None);
            // `for (@1 <- @0 & _ <- @1) { Nil }`, or with `@0` in place of the `@1`.
            let join = receive(&[Term::int(1), Term::var(Var::Wildcard, 1)], Data::new(), false);
            space.keep_continuation(&names, join).unwrap();
            space.keep_datum(&names[0], message(1, true)).unwrap();
            let repeats = names[0] == names[1];
            if !repeats {
                space.keep_datum(&names[1], message(5, false)).unwrap();
            }
            let mut offer =
                |name, datum| space.produce(name, datum, &mut Budget::default(), &mut |_, _, _| Ok(true)).unwrap();
            let outcome = offer(&names[0], message(2, true));
            if repeats {
                // It fits the second bind.
                assert!(matches!(outcome, Produced::Fired(Fired { offered: Some(1), .. })));
                continue;
            }
            assert!(matches!(outcome, Produced::Stored));
            let outcome = offer(&names[0], message(1, false));
            assert!(matches!(outcome, Produced::Fired(Fired { offered: Some(0), .. })));
            assert_eq!(space.data(&names[0]).unwrap().len(), 2);
        }
    }
}
