//! Event logs between the machine and the messages of a block (runtime.md 6.7).
//!
//! A message that stands alone has no number, 0; in a COMM it has the one that tells equal messages apart.

use std::sync::Arc;

use rhodium_machine::events::{Comm, Consume, Event, Produce};

use crate::schema::{self, event::Kind};

/// Why a message of a block is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {} is malformed: {problem}", position + 1)]
pub struct EventError {
    /// Its position in the log, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The log as a block has it, in the order of the machine.
#[must_use]
pub fn encode_log(log: &[Event]) -> Vec<schema::Event> {
    log.iter().map(|event| schema::Event { kind: Some(encode(event)) }).collect()
}

/// The log of a block as the machine follows it.
pub fn decode_log(log: &[schema::Event]) -> Result<Vec<Event>, EventError> {
    let event = |(position, event): (usize, &schema::Event)| {
        decode(event.kind.as_ref()).map_err(|problem| EventError { position, problem })
    };
    log.iter().enumerate().map(event).collect()
}

fn encode(event: &Event) -> Kind {
    match event {
        Event::Produce(produce) => Kind::Produce(encode_produce(produce, 0)),
        Event::Consume(consume) => Kind::Consume(encode_consume(consume)),
        Event::Comm(comm) => Kind::Comm(schema::CommEvent {
            consume: Some(encode_consume(&comm.consume)),
            produces: comm.produces.iter().map(|(produce, times)| encode_produce(produce, *times)).collect(),
            peeks: comm.peeks.iter().map(|bind| schema::Peek { channel_index: *bind as i32 }).collect(),
        }),
    }
}

fn encode_produce(produce: &Produce, times: u32) -> schema::ProduceEvent {
    schema::ProduceEvent {
        channels_hash: produce.channel_hash.to_vec(),
        hash: produce.hash.to_vec(),
        persistent: produce.persistent,
        times_repeated: times as i32,
        is_deterministic: true,
        output_value: Vec::new(),
        failed: false,
    }
}

fn encode_consume(consume: &Consume) -> schema::ConsumeEvent {
    schema::ConsumeEvent {
        channels_hashes: consume.channel_hashes.iter().map(|hash| hash.to_vec()).collect(),
        hash: consume.hash.to_vec(),
        persistent: consume.persistent,
    }
}

fn decode(kind: Option<&Kind>) -> Result<Event, &'static str> {
    match kind.ok_or("it is of no known kind")? {
        Kind::Produce(produce) => match decode_produce(produce)? {
            (produce, 0) => Ok(Event::Produce(produce)),
            _ => Err("a message outside of a COMM has a number"),
        },
        Kind::Consume(consume) => Ok(Event::Consume(Arc::new(decode_consume(consume)?))),
        Kind::Comm(comm) => {
            let consume = decode_consume(comm.consume.as_ref().ok_or("a COMM has no receive")?)?;
            let produces: Result<Vec<_>, _> = comm.produces.iter().map(decode_produce).collect();
            let peek = |peek: &schema::Peek| u32::try_from(peek.channel_index);
            let peeks: Result<Vec<u32>, _> = comm.peeks.iter().map(peek).collect();
            let peeks = peeks.map_err(|_| "the number of a bind is negative")?;
            Ok(Event::Comm(Box::new(Comm { consume: Arc::new(consume), produces: produces?, peeks })))
        }
    }
}

fn decode_produce(event: &schema::ProduceEvent) -> Result<(Produce, u32), &'static str> {
    if !event.is_deterministic || !event.output_value.is_empty() || event.failed {
        return Err("it records the answer of an external service, and none is connected");
    }
    let times = u32::try_from(event.times_repeated).map_err(|_| "the number of a message is negative")?;
    let (channel_hash, hash) = (decode_hash(&event.channels_hash)?, decode_hash(&event.hash)?);
    Ok((Produce { channel_hash, hash, persistent: event.persistent }, times))
}

fn decode_consume(event: &schema::ConsumeEvent) -> Result<Consume, &'static str> {
    let channel_hashes: Result<Vec<_>, _> = event.channels_hashes.iter().map(|hash| decode_hash(hash)).collect();
    Ok(Consume { channel_hashes: channel_hashes?, hash: decode_hash(&event.hash)?, persistent: event.persistent })
}

fn decode_hash(bytes: &[u8]) -> Result<[u8; 32], &'static str> {
    bytes.try_into().map_err(|_| "a hash does not have 32 bytes")
}
