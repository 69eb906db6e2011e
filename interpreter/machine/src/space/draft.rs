//! Drafts: a deploy runs on top of a space that does not change, so that several can run at once; what it did is applied
//! later, if the space is then still what the deploy saw.
//!
//! A draft has the numbers of the space below, and gives out those behind them. Channels and joins of that space are read
//! there and copied before they are changed, which takes no time that depends on their size (their lists are persistent).
//!
//! **Contracts** of that space are copied where a thread calls them again and again: most of the counts of references that a
//! call changes, those of code and private names, then are the thread's own. Otherwise the threads would wait for each
//! other's memory at every call. Strings and collections of a contract stay shared, and its guard is.
//!
//! **Reads** are all names that the deploy uses, also those that nobody knows, as somebody may put something there, and
//! the channels of the joins that it tries. **Writes** are the channels whose lists it changes, and all channels of the
//! joins it changes. A draft whose reads nobody wrote since finds in the space what it found below, number for number.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use super::{At, Base, Channel, ChannelId, Continuation, FIRST_STORED, Join, JoinId, Slots, Space, Touched};
use crate::value::Value;

/// A draft that reads more names than this counts as one that reads everything.
const MOST_READS: usize = 1 << 20;

/// Names are told apart by hash. Two with the same hash make a deploy run once more, and nothing else.
fn key(name: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The names that were read, some perhaps twice.
#[derive(Debug)]
enum ReadSet {
    Names(Vec<u64>),
    Everything,
}

impl ReadSet {
    fn add(&mut self, name: &Value) {
        let ReadSet::Names(names) = self else { return };
        if names.len() == MOST_READS {
            names.sort_unstable();
            names.dedup();
            // Otherwise sorting would soon be everything that is done.
            if names.len() > MOST_READS / 2 {
                *self = ReadSet::Everything;
                return;
            }
        }
        names.push(key(name));
    }
}

/// The names that were written by some deploys.
#[derive(Debug, Default)]
pub(crate) struct WriteSet(HashSet<u64>);

impl WriteSet {
    /// Adds what another deploy wrote.
    pub fn extend(&mut self, writes: Vec<u64>) {
        self.0.extend(writes);
    }

    fn meets(&self, reads: &ReadSet) -> bool {
        match reads {
            _ if self.0.is_empty() => false,
            ReadSet::Everything => true,
            ReadSet::Names(names) => names.iter().any(|name| self.0.contains(name)),
        }
    }
}

/// The contracts of one space that drafts on one thread have called, and copies of those that were called twice. A contract
/// stays where it is, with its number.
pub(crate) type Contracts = HashMap<(At, u64), Option<Arc<Continuation>>>;

/// What a draft knows of the space that it lies on.
pub(super) struct Below {
    space: Arc<Space>,
    /// What was copied to be changed.
    channels: BTreeMap<ChannelId, Channel>,
    joins: BTreeMap<JoinId, Join>,
    reads: ReadSet,
    tried: HashSet<JoinId>,
    contracts: Contracts,
}

/// Numbers that a space does not have are those of the space below it.
pub(super) fn of(below: &Option<Box<Below>>) -> &Below {
    below.as_deref().expect("a live channel or join")
}

/// The same, to be changed.
pub(super) fn of_mut(below: &mut Option<Box<Below>>) -> &mut Below {
    below.as_deref_mut().expect("a live channel or join")
}

impl Below {
    /// The channel of a name that is used, if there is one.
    pub fn read(&mut self, name: &Value) -> Option<ChannelId> {
        self.reads.add(name);
        self.space.index.get(name).copied()
    }

    #[cold]
    pub fn channel(&self, id: ChannelId) -> &Channel {
        self.channels.get(&id).unwrap_or_else(|| self.space.channel(id))
    }

    /// The copy counts as saved: it need not be brought back.
    #[cold]
    pub fn channel_mut(&mut self, id: ChannelId, deploy: u64) -> &mut Channel {
        let copy = || Channel { saved: deploy, ..self.space.channel(id).clone() };
        self.channels.entry(id).or_insert_with(copy)
    }

    #[cold]
    pub fn join(&self, id: JoinId) -> &Join {
        self.joins.get(&id).unwrap_or_else(|| self.space.join(id))
    }

    #[cold]
    pub fn join_mut(&mut self, id: JoinId, deploy: u64) -> &mut Join {
        let copy = || Join { saved: deploy, ..self.space.join(id).clone() };
        self.joins.entry(id).or_insert_with(copy)
    }

    pub fn find_join(&self, channels: &[ChannelId]) -> Option<JoinId> {
        self.space.join_index.get(channels).copied()
    }

    /// The contract of the space below that has this number, if it is one.
    pub fn contract(&mut self, at: At, number: u64) -> Option<Arc<Continuation>> {
        if let Some(Some(copy)) = self.contracts.get(&(at, number)) {
            return Some(copy.clone());
        }
        let shared = self.space.waiting(at)?.get(number).filter(|continuation| continuation.persistent)?;
        let again = self.contracts.contains_key(&(at, number));
        let copy = again.then(|| Arc::new(shared.copy()));
        self.contracts.insert((at, number), copy.clone());
        Some(copy.unwrap_or_else(|| shared.clone()))
    }

    #[cold]
    fn read_join(&mut self, id: JoinId) {
        if self.tried.insert(id) {
            let channels = &self.space.join(id).channels;
            channels.iter().for_each(|id| self.reads.add(&self.space.channel(*id).name));
        }
    }
}

/// What a draft did.
pub(crate) struct Effects {
    reads: ReadSet,
    writes: Vec<u64>,
    /// The number of the first item that it stored, and how many numbers it gave out.
    first_number: u64,
    numbers: u64,
    next_loaded: u64,
    /// What it changed of the space below; nothing if it failed.
    changed: BTreeMap<ChannelId, Channel>,
    changed_joins: BTreeMap<JoinId, Join>,
    /// What it made or loaded, and is not empty.
    made: Slots<Channel>,
    made_joins: Slots<Join>,
    /// What a checkpoint has to look at; a deploy that failed leaves that too.
    dirty_joins: HashSet<JoinId>,
}

impl Effects {
    /// Whether it would have read something that was written meanwhile.
    pub fn conflicts(&self, writes: &WriteSet) -> bool {
        writes.meets(&self.reads)
    }

    /// What it wrote.
    pub fn take_writes(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.writes)
    }
}

impl Space {
    /// An empty draft.
    pub(crate) fn draft(space: Arc<Space>, contracts: Contracts) -> Space {
        let (channels, joins) = (Slots::starting(space.channels.end()), Slots::starting(space.joins.end()));
        Space {
            touched: Touched { first: channels.first(), ..Touched::default() },
            touched_joins: Touched { first: joins.first(), ..Touched::default() },
            channels,
            joins,
            next_number: space.next_number,
            next_loaded: space.next_loaded,
            deploy: space.deploy,
            below: Some(Box::new(Below {
                space,
                channels: BTreeMap::new(),
                joins: BTreeMap::new(),
                reads: ReadSet::Names(Vec::new()),
                tried: HashSet::default(),
                contracts,
            })),
            ..Space::default()
        }
    }

    pub(super) fn base(&self) -> Option<&dyn Base> {
        match &self.below {
            Some(below) => below.space.base(),
            None => self.base.as_deref(),
        }
    }

    /// A message is going to be tried with the receives of a join.
    pub(super) fn read_join(&mut self, id: JoinId) {
        if id < self.joins.first() {
            of_mut(&mut self.below).read_join(id);
        }
    }

    /// The contracts that this draft and earlier ones have called.
    pub(crate) fn take_contracts(&mut self) -> Contracts {
        self.below.as_mut().map(|below| std::mem::take(&mut below.contracts)).unwrap_or_default()
    }

    /// What the running deploy has written so far.
    pub(crate) fn writes(&self) -> Vec<u64> {
        let deploy = self.deploy;
        let below = self.below.as_deref();
        let channels = self.touched.list.iter().filter_map(|id| self.channels.get(*id));
        let channels = channels.chain(below.iter().flat_map(|below| below.channels.values()));
        let written = channels.filter(|c| c.saved == deploy || c.created == deploy && !c.lists.is_empty());
        let mut writes: Vec<u64> = written.map(|channel| key(&channel.name)).collect();
        let joins = self.touched_joins.list.iter().filter_map(|id| self.joins.get(*id));
        let joins = joins.chain(below.iter().flat_map(|below| below.joins.values()));
        let written = joins.filter(|j| j.saved == deploy || j.created == deploy && !j.waiting.is_empty());
        writes.extend(written.flat_map(|join| join.channels.iter()).map(|id| key(&self.channel(*id).name)));
        writes
    }

    /// Ends a draft. One that failed has changed nothing, but it has read, given out numbers, and so on.
    pub(crate) fn finish(mut self, succeeded: bool) -> Option<Effects> {
        let writes = if succeeded { self.writes() } else { Vec::new() };
        let mut below = self.below.take()?;
        if succeeded {
            self.commit();
        } else {
            self.revert();
            below.channels.clear();
            below.joins.clear();
        }
        let first_number = below.space.next_number;
        Some(Effects {
            reads: below.reads,
            writes,
            first_number,
            numbers: self.next_number - first_number,
            next_loaded: self.next_loaded,
            changed: below.channels,
            changed_joins: below.joins,
            made: self.channels,
            made_joins: self.joins,
            dirty_joins: self.dirty_joins,
        })
    }

    /// Does what a draft did on a space in which nothing that it read was written since. In the end the space is what it
    /// would be if the deploy had run here.
    pub(crate) fn apply(&mut self, effects: Effects) {
        let by = self.next_number - effects.first_number;
        let from = FIRST_STORED + effects.first_number;
        let mut moved = Moved { channels: HashMap::default(), joins: HashMap::default() };
        let mut changed: Vec<ChannelId> = effects.changed.keys().copied().collect();
        for (id, channel) in effects.changed {
            *self.channel_mut(id) = channel;
            self.touched.push(id);
        }
        for (id, channel) in effects.made.into_items() {
            let here = self.admit(channel);
            moved.channels.insert(id, here);
            changed.push(here);
        }
        for (id, mut join) in effects.changed_joins {
            join.waiting.renumber(from, by);
            *self.join_mut(id) = join;
            self.touched_joins.push(id);
        }
        for (id, mut join) in effects.made_joins.into_items() {
            join.channels = join.channels.iter().map(|id| moved.channel(*id)).collect();
            join.waiting.renumber(from, by);
            moved.joins.insert(id, self.admit_join(join));
        }
        for id in changed {
            let channel = self.channel_mut(id);
            let (lists, dirty) = (&mut channel.lists, channel.dirty);
            lists.data.renumber(from, by);
            lists.own.renumber(from, by);
            lists.joins.iter_mut().for_each(|id| *id = moved.join(*id));
            if dirty {
                self.dirty.push(id);
            }
        }
        self.dirty_joins.extend(effects.dirty_joins.into_iter().map(|id| moved.join(id)));
        self.next_number += effects.numbers;
        self.next_loaded = self.next_loaded.max(effects.next_loaded);
        self.commit();
    }

    /// Takes in a channel. If it is known here it was loaded here too, meanwhile, and nobody has changed it.
    fn admit(&mut self, channel: Channel) -> ChannelId {
        if let Some(id) = self.index.get(&channel.name).copied() {
            *self.channel_mut(id) = channel;
            return id;
        }
        let name = channel.name.clone();
        let id = self.channels.insert(channel);
        self.index.insert(name, id);
        id
    }

    /// The same for a join.
    fn admit_join(&mut self, join: Join) -> JoinId {
        if let Some(id) = self.find_join(&join.channels) {
            *self.join_mut(id) = join;
            return id;
        }
        let channels = join.channels.clone();
        let id = self.joins.insert(join);
        self.join_index.insert(channels, id);
        id
    }
}

/// The numbers of what a draft made, in the space that took it in. Others stay what they are.
struct Moved {
    channels: HashMap<ChannelId, ChannelId>,
    joins: HashMap<JoinId, JoinId>,
}

impl Moved {
    fn channel(&self, id: ChannelId) -> ChannelId {
        self.channels.get(&id).copied().unwrap_or(id)
    }

    fn join(&self, id: JoinId) -> JoinId {
        self.joins.get(&id).copied().unwrap_or(id)
    }
}

#[cfg(test)]
mod tests {
    use rhodium_matcher::Budget;
    use rhodium_term::{Term, Var};
    use smallvec::smallvec;

    use super::*;
    use crate::space::Produced;
    use crate::test_values::{message, receive};

    #[test]
    fn a_contract_that_is_called_again_is_copied_once_for_all_drafts() {
        let channel = Value::Int(1);
        let contract = receive(&[Term::var(Var::Wildcard, 1)], smallvec![Value::name([7; 32])], true);
        let mut space = Space::new(None);
        space.keep_continuation(std::slice::from_ref(&channel), contract.clone()).unwrap();
        space.commit();
        let (space, mut contracts) = (Arc::new(space), Contracts::default());
        let mut called = Vec::new();
        for _ in 0..2 {
            let mut draft = Space::draft(space.clone(), std::mem::take(&mut contracts));
            for k in 0..2 {
                let produced = draft
                    .produce(&channel, message(k, false), &mut Budget::default(), &mut |_, _, _| Ok(true))
                    .unwrap();
                let Produced::Fired(fired) = produced else { panic!("{produced:?}") };
                assert_eq!(fired.continuation.captured, contract.captured);
                called.push(fired.continuation);
            }
            contracts = draft.take_contracts();
            assert!(draft.finish(true).unwrap().writes.is_empty());
        }
        assert!(Arc::ptr_eq(&called[0], &contract));
        assert!(!Arc::ptr_eq(&called[1], &contract) && !Arc::ptr_eq(&called[1].body, &contract.body));
        assert!(Arc::ptr_eq(&called[1], &called[2]) && Arc::ptr_eq(&called[1], &called[3]));
    }

    #[test]
    fn very_many_reads_are_all_names() {
        let mut writes = WriteSet::default();
        let mut reads = ReadSet::Names(Vec::new());
        (0..MOST_READS * 2).for_each(|k| reads.add(&Value::Int(k as i64 % 100)));
        assert!(matches!(reads, ReadSet::Names(_)));
        assert!(!writes.meets(&reads));
        writes.extend(vec![key(&Value::Int(100))]);
        assert!(!writes.meets(&reads));
        (0..=MOST_READS).for_each(|k| reads.add(&Value::Int(k as i64)));
        assert!(writes.meets(&reads));
        reads.add(&Value::Int(1));
        assert!(matches!(reads, ReadSet::Everything));
        assert!(!WriteSet::default().meets(&reads));
    }
}
