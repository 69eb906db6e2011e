//! Is everything that states refer to there, and is it what its hash says?

use crate::error::StoreError;
use crate::hash::{StateRoot, ValueHash};
use crate::history::History;
use crate::kv::Table;
use crate::leaf::{HistoryKey, LeafCheck, LeafKind, LeafValue, payload_hash};
use crate::walk::{Flaw, Record, Visit, Walk};

/// So much damage is listed; the rest is counted.
const MAX_LISTED: usize = 100;

/// A record that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The first state in which it was met.
    pub root: StateRoot,
    /// The record.
    pub record: Record,
    /// The bytes of the key that lead to it: all of them to a value.
    pub key: Vec<u8>,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What a check has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// States.
    pub roots: u64,
    /// Different nodes of their tries.
    pub nodes: u64,
    /// Leaves of these nodes.
    pub leaves: u64,
    /// The damage, at most 100 records of it.
    pub damages: Vec<Damage>,
    /// How many more records are damaged.
    pub unlisted: u64,
}

impl Verification {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.damages.is_empty()
    }

    fn add(&mut self, damage: Damage) {
        // Several nodes may need the same value.
        if self.damages.iter().any(|listed| listed.record == damage.record) {
            return;
        }
        if self.damages.len() < MAX_LISTED {
            self.damages.push(damage);
        } else {
            self.unlisted += 1;
        }
    }
}

impl History {
    /// Checks all records that states refer to, shared ones once. `check` knows what a leaf's payload must look like;
    /// `progress` is told what has been seen after every record.
    pub fn verify(
        &self,
        roots: &[StateRoot],
        check: LeafCheck<'_>,
        progress: &mut dyn FnMut(&Verification),
    ) -> Result<Verification, StoreError> {
        let mut seen = Verification::default();
        let mut walk = Walk::new(&**self.store());
        for root in roots {
            self.open_at(*root)?;
            walk.walk(*root, &mut |visit| {
                let bad = match visit {
                    Visit::Node => {
                        seen.nodes += 1;
                        None
                    }
                    Visit::Leaf(key, value) => {
                        seen.leaves += 1;
                        let flaw = self.check_value(key, value, check)?;
                        flaw.map(|flaw| (Record::Value(value), key.to_vec(), flaw))
                    }
                    Visit::Bad(node, key, flaw) => Some((Record::Node(node), key.to_vec(), flaw)),
                };
                if let Some((record, key, flaw)) = bad {
                    seen.add(Damage { root: *root, record, key, flaw });
                }
                progress(&seen);
                Ok(())
            })?;
            seen.roots += 1;
        }
        Ok(seen)
    }

    fn check_value(&self, key: &HistoryKey, hash: ValueHash, check: LeafCheck<'_>) -> Result<Option<Flaw>, StoreError> {
        let Some(bytes) = self.store().get(Table::ColdValues, hash.as_bytes())? else { return Ok(Some(Flaw::Missing)) };
        let Some((_, payload)) = LeafValue::parse(&bytes) else {
            return Ok(Some(Flaw::Malformed("its tag is unknown".to_owned())));
        };
        if payload_hash(payload) != hash {
            return Ok(Some(Flaw::WrongHash));
        }
        let Some(kind) = LeafKind::of_key(key) else {
            return Ok(Some(Flaw::Malformed("its key is of no known kind".to_owned())));
        };
        Ok(check(kind, payload).err().map(Flaw::Malformed))
    }
}
