//! Removing what no state that is kept needs.

use crate::error::StoreError;
use crate::hash::StateRoot;
use crate::history::History;
use crate::kv::{Batch, Table};
use crate::leaf::LeafKind;
use crate::walk::{Record, Visit, Walk};
use std::collections::{BTreeSet, HashSet};

/// Records looked at in one transaction.
const PAGE: usize = 16 * 1024;

/// What a collection removed, or would.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// States that are kept.
    pub kept: u64,
    /// States.
    pub roots: u64,
    /// Nodes of tries.
    pub nodes: u64,
    /// Leaf values.
    pub values: u64,
    /// Names of channels.
    pub channels: u64,
    /// The bytes of all these records.
    pub bytes: u64,
}

impl Collected {
    fn counter(&mut self, table: Table) -> Option<&mut u64> {
        match table {
            Table::Roots => Some(&mut self.roots),
            Table::Nodes => Some(&mut self.nodes),
            Table::ColdValues => Some(&mut self.values),
            Table::Channels => Some(&mut self.channels),
            _ => None,
        }
    }
}

/// How far a collection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many nodes are needed, as far as known.
    Marked(u64),
    /// So many records have been looked at.
    Swept(u64),
}

/// What is needed. Of values and channels eight bytes of the hash are remembered: where two share them, one too many is
/// kept. Of nodes all, because a node that was seen is not entered again.
struct Needed<'a> {
    roots: &'a BTreeSet<StateRoot>,
    walk: Walk<'a>,
    values: HashSet<u64>,
    channels: HashSet<u64>,
}

impl Needed<'_> {
    fn contains(&self, table: Table, key: &[u8]) -> bool {
        let Ok(hash) = <[u8; 32]>::try_from(key) else { return false };
        match table {
            Table::Roots => self.roots.contains(&StateRoot(hash)),
            Table::Nodes => self.walk.has_seen(&crate::hash::NodeHash(hash)),
            Table::ColdValues => self.values.contains(&start_of(&hash)),
            Table::Channels => self.channels.contains(&start_of(&hash)),
            _ => true,
        }
    }
}

fn start_of(hash: &[u8]) -> u64 {
    hash.iter().take(8).fold(0, |start, byte| start << 8 | u64::from(*byte))
}

impl History {
    /// Removes all states but those in `keep` and those that heads point to, and every record that only they need; with
    /// `dry_run` it only counts. States go first, so that wherever this is interrupted, each that is left is whole, and
    /// doing it again removes the rest. Refused, with nothing removed, when a state that is kept is damaged.
    ///
    /// Nobody may read other states meanwhile: see [`Access::Alone`](crate::Access::Alone).
    pub fn collect(
        &self,
        keep: &BTreeSet<StateRoot>,
        dry_run: bool,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Collected, StoreError> {
        let mut roots = keep.clone();
        roots.extend(self.heads()?.into_iter().map(|(_, root)| root));
        let needed = self.mark(&roots, progress)?;
        let mut collected = Collected { kept: roots.len() as u64, ..Collected::default() };
        let mut swept = 0;
        for table in [Table::Roots, Table::Nodes, Table::ColdValues, Table::Channels] {
            let mut last: Option<Vec<u8>> = None;
            loop {
                let page = self.store().scan(table, last.as_deref(), PAGE)?;
                let Some((end, _)) = page.last() else { break };
                last = Some(end.clone());
                swept += page.len() as u64;
                let mut batch = Batch::new();
                for (key, value) in page.iter().filter(|(key, _)| !needed.contains(table, key)) {
                    batch.delete(table, key);
                    collected.bytes += (key.len() + value.len()) as u64;
                }
                if let Some(counter) = collected.counter(table) {
                    *counter += batch.len() as u64;
                }
                if !dry_run && !batch.is_empty() {
                    self.store().commit(&batch)?;
                }
                progress(Progress::Swept(swept));
            }
        }
        Ok(collected)
    }

    fn mark<'a>(
        &'a self,
        roots: &'a BTreeSet<StateRoot>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Needed<'a>, StoreError> {
        let mut walk = Walk::new(&**self.store());
        let (mut values, mut channels, mut nodes) = (HashSet::new(), HashSet::new(), 0);
        for root in roots {
            self.open_at(*root)?;
            walk.walk(*root, &mut |visit| {
                match visit {
                    Visit::Node => {
                        nodes += 1;
                        progress(Progress::Marked(nodes));
                    }
                    Visit::Leaf(key, value) => {
                        values.insert(start_of(&value.0));
                        if LeafKind::of_key(key) == Some(LeafKind::Data) {
                            channels.insert(start_of(&key[1..]));
                        }
                    }
                    Visit::Bad(node, _, flaw) => {
                        return Err(StoreError::Damaged(format!("{} {flaw}", Record::Node(node))));
                    }
                }
                Ok(())
            })?;
        }
        Ok(Needed { roots, walk, values, channels })
    }
}
