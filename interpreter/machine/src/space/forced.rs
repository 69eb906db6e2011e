//! The operations of a space that follows a log (runtime.md 6.9): the log says what meets, the space checks that it can.

use std::collections::HashSet;
use std::sync::Arc;

use rhodium_matcher::Budget;
use rhodium_term::Origin;
use rhodium_term::state_codec::Hash;
use smallvec::SmallVec;

use super::sources::At;
use super::{ChannelId, Choice, Continuation, Datum, Fired, GuardCheck, Installed, Space};
use crate::error::Fault;
use crate::events::Comm;
use crate::value::Value;

/// The messages a COMM names: their channel, and their number if they are stored.
type Named = SmallVec<[(ChannelId, Option<u64>); 2]>;

/// What should have met.
pub(crate) enum Unfired {
    /// Messages and a receive, and which of them came last.
    Receive(Fired, Origin),
    /// A message and a system process.
    System(Installed, Value, Arc<Datum>),
}

impl Space {
    /// From now on items are found by the hashes of their events.
    pub(crate) fn index_sources(&mut self) {
        if self.sources.is_some() {
            return;
        }
        self.sources = Some(Box::default());
        (0..self.channels.end()).for_each(|id| self.index_channel(id));
        (0..self.joins.end()).for_each(|id| self.index_join(id));
    }

    /// Whether they are.
    pub(crate) fn is_indexed(&self) -> bool {
        self.sources.is_some()
    }

    /// The system process on a channel, if it takes so many data.
    pub(crate) fn installed(&mut self, name: &Value, arity: usize) -> Result<Option<Installed>, Fault> {
        let id = self.intern(name)?;
        Ok(self.channel(id).installed.filter(|installed| installed.arity == arity))
    }

    /// Makes a logged COMM happen that an offered message completes, if it can.
    pub(crate) fn force_produce(
        &mut self,
        name: &Value,
        datum: &Arc<Datum>,
        comm: &Comm,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Fired>, Fault> {
        let id = self.intern(name)?;
        let trigger = Some((id, datum));
        for (number, at) in self.places(&comm.consume.hash) {
            match at {
                At::Own(channel) if channel == id => {
                    let Some(continuation) = self.channel(id).lists.own.get(number).cloned() else { continue };
                    if let Some((_, bindings)) = self.named(&[id], &continuation, trigger, comm, budget, guard)? {
                        return Ok(Some(self.fire_own(id, name, number, datum.clone(), bindings)));
                    }
                }
                At::Join(join) if self.join(join).channels.contains(&id) => {
                    let channels = self.join(join).channels.clone();
                    let Some(continuation) = self.join(join).waiting.get(number).cloned() else { continue };
                    let choice = self.named(&channels, &continuation, trigger, comm, budget, guard)?;
                    if let Some((chosen, bindings)) = choice {
                        return Ok(Some(self.fire_join(join, number, id, datum.clone(), &chosen, bindings)));
                    }
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Makes a logged COMM happen that an offered receive completes, if it can.
    pub(crate) fn force_consume(
        &mut self,
        names: &[Value],
        continuation: &Arc<Continuation>,
        comm: &Comm,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Fired>, Fault> {
        let ids = self.intern_all(names)?;
        let choice = self.named(&ids, continuation, None, comm, budget, guard)?;
        Ok(choice
            .map(|(chosen, bindings)| self.fire_consume(ids, names.into(), continuation.clone(), &chosen, bindings)))
    }

    /// Stores a message without looking for a receive.
    pub(crate) fn keep_datum(&mut self, name: &Value, datum: Arc<Datum>) -> Result<(), Fault> {
        let id = self.intern(name)?;
        self.store_datum(id, datum);
        Ok(())
    }

    /// Stores a receive without looking for messages.
    pub(crate) fn keep_continuation(&mut self, names: &[Value], continuation: Arc<Continuation>) -> Result<(), Fault> {
        let ids = self.intern_all(names)?;
        self.store(ids, continuation);
        Ok(())
    }

    fn places(&self, hash: &Hash) -> SmallVec<[(u64, At); 1]> {
        self.sources.iter().flat_map(|sources| sources.of(hash)).collect()
    }

    /// Chooses for every bind one of the messages that the COMM names (runtime.md 6.9).
    fn named(
        &self,
        channels: &[ChannelId],
        continuation: &Continuation,
        trigger: Option<(ChannelId, &Arc<Datum>)>,
        comm: &Comm,
        budget: &mut Budget,
        guard: &mut GuardCheck<'_>,
    ) -> Result<Option<Choice>, Fault> {
        let Some(named) = self.stored(trigger, comm).filter(|named| named.len() == channels.len()) else {
            return Ok(None);
        };
        let candidates = |bind: usize| {
            let channel = channels[bind];
            let from = named.partition_point(|(id, _)| *id < channel);
            named[from..].iter().take_while(|(id, _)| *id == channel).map(|(_, number)| *number).collect()
        };
        self.choose(channels, continuation, trigger, &candidates, budget, guard)
    }

    /// The messages that a COMM names, by channel; `None` if one of them is not there.
    fn stored(&self, trigger: Option<(ChannelId, &Arc<Datum>)>, comm: &Comm) -> Option<Named> {
        let mut offered = trigger.and_then(|(id, datum)| Some((id, datum.source.get()?.hash)));
        let mut named = Named::new();
        let mut before: Option<(&Hash, usize)> = None;
        for (produce, _) in &comm.produces {
            if let Some((id, _)) = offered.take_if(|(_, hash)| *hash == produce.hash) {
                named.push((id, None));
                continue;
            }
            // Equal messages stand together; each is another item, or the same one if it persists.
            let skip = before.filter(|(hash, _)| **hash == produce.hash).map_or(0, |(_, count)| count);
            before = Some((&produce.hash, if produce.persistent { 0 } else { skip + 1 }));
            let items = self.sources.iter().flat_map(|sources| sources.of(&produce.hash));
            let mut numbers = items.filter_map(|(number, at)| match at {
                At::Data(id) => Some((id, Some(number))),
                At::Own(_) | At::Join(_) => None,
            });
            named.push(numbers.nth(skip)?);
        }
        named.sort_unstable();
        Some(named)
    }

    /// A message and a receive that fit, one of them stored since the mark, and what stored it: in a space at rest there
    /// are none. Receives with guards, and those that read a channel twice, are left out, as the network does not find
    /// all of their matches (runtime.md 6.3, B12).
    pub(crate) fn unfired(&self, mark: u64, steps: u64) -> Option<Unfired> {
        let mut refused = |_: &Continuation, _: &[Value], _: &mut Budget| Ok(false);
        let mut channels = self.touched.list.clone();
        channels.sort_unstable();
        let mut joins = HashSet::new();
        for id in channels {
            let Some(channel) = self.channels.get(id) else { continue };
            for (_, datum) in channel.lists.data.since(mark) {
                if let Some(process) = channel.installed.filter(|process| process.arity == datum.data.len()) {
                    return Some(Unfired::System(process, channel.name.clone(), datum.clone()));
                }
                let mut budget = Budget::new(steps);
                // Matching that takes too long finds nothing.
                let own = self.own_match(id, datum, &mut budget, &mut refused).ok().flatten();
                if let Some((number, bindings)) = own
                    && let Some(continuation) = channel.lists.own.get(number)
                {
                    let fired = self.view(&[id], continuation, &[None], Some(datum), bindings);
                    return Some(Unfired::Receive(fired, datum.origin));
                }
            }
            for (_, continuation) in channel.lists.own.since(mark) {
                if let Some(found) = self.unfired_receive(&[id], continuation, steps) {
                    return Some(found);
                }
            }
            for join in channel.lists.joins.iter().filter(|join| joins.insert(**join)).map(|join| self.join(*join)) {
                for (_, continuation) in join.waiting.iter() {
                    if let Some(found) = self.unfired_receive(&join.channels, continuation, steps) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    fn unfired_receive(&self, channels: &[ChannelId], continuation: &Arc<Continuation>, steps: u64) -> Option<Unfired> {
        let mut budget = Budget::new(steps);
        if continuation.body.guard.is_some() || super::repeats(channels) {
            return None;
        }
        let (chosen, bindings) = self.first_fit(channels, continuation, None, &mut budget).ok().flatten()?;
        let fired = self.view(channels, continuation, &chosen, None, bindings);
        Some(Unfired::Receive(fired, continuation.origin))
    }

    /// A COMM that could happen.
    fn view(
        &self,
        ids: &[ChannelId],
        continuation: &Arc<Continuation>,
        chosen: &[Option<u64>],
        trigger: Option<&Arc<Datum>>,
        bindings: Vec<Value>,
    ) -> Fired {
        let data = self.taken(ids, chosen, trigger);
        let channels = ids.iter().map(|id| self.channel(*id).name.clone()).collect();
        let offered = chosen.iter().position(Option::is_none);
        Fired { continuation: continuation.clone(), channels, data, bindings, offered }
    }
}
