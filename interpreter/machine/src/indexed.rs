//! Queues that find what can match without looking at everything: items by what they begin with.
//!
//! Messages and patterns have a *key*: the first scalar of the first datum, inside lists and tuples too. Two different keys
//! never match. What has no key (a pattern that begins with a variable, a message that begins with a map) can match
//! anything. An index is built when a long queue is searched by key for the first time, and then follows the queue; the
//! order of candidates is that of the queue.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use rhodium_term::Var;

use crate::code::{BindPattern, Pattern};
use crate::queue::Queue;
use crate::space::{Continuation, Datum};
use crate::value::Value;

/// Shorter queues are searched as they are.
const SHORT: usize = 8;

/// Keys are looked for in so many nested lists and tuples.
const DEPTH: usize = 8;

/// What has a key.
pub(crate) trait Keyed {
    /// The key, if there is one.
    fn key(&self) -> Option<&Value>;
}

impl Keyed for Arc<Datum> {
    fn key(&self) -> Option<&Value> {
        message_key(&self.data)
    }
}

impl Keyed for Arc<Continuation> {
    fn key(&self) -> Option<&Value> {
        // Joins are not searched by key.
        pattern_key(self.patterns.first()?)
    }
}

/// The key of a message.
pub(crate) fn message_key(data: &[Value]) -> Option<&Value> {
    first_scalar(data.first()?, DEPTH)
}

/// The key of the messages that a pattern matches.
pub(crate) fn pattern_key(bind: &BindPattern) -> Option<&Value> {
    let mut pattern = bind.patterns().first().filter(|_| !matches!(bind.remainder, Some(Var::Bound(_))))?;
    for depth in (1..=DEPTH).rev() {
        pattern = match pattern {
            Pattern::Equal(value) => return first_scalar(value, depth),
            Pattern::List(items, _) | Pattern::Tuple(items) => items.first()?,
            _ => return None,
        };
    }
    None
}

fn first_scalar(mut value: &Value, depth: usize) -> Option<&Value> {
    for _ in 0..depth {
        value = match value {
            Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::Bytes(_) | Value::Name(..) => return Some(value),
            Value::List(list) => list.items.get(0)?,
            Value::Tuple(tuple) => tuple.items.first()?,
            // Among them lists and tuples that are too deep to be values.
            _ => return None,
        };
    }
    None
}

/// Numbers by key.
type Index = im::HashMap<Option<Value>, im::OrdSet<u64>>;

/// A queue with an index once it is of use. Cloning is O(1).
#[derive(Clone, Debug)]
pub(crate) struct Indexed<T: Clone + Keyed> {
    queue: Queue<T>,
    index: OnceLock<Index>,
}

impl<T: Clone + Keyed> Default for Indexed<T> {
    fn default() -> Self {
        Indexed { queue: Queue::Empty, index: OnceLock::new() }
    }
}

impl<T: Clone + Keyed> Indexed<T> {
    /// Adds an item; its number must not be in use.
    pub fn insert(&mut self, number: u64, item: T) {
        if let Some(index) = self.index.get_mut() {
            index.entry(item.key().cloned()).or_default().insert(number);
        }
        self.queue.insert(number, item);
    }

    /// Removes an item.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        let item = self.queue.remove(number)?;
        if self.queue.len() <= SHORT {
            self.index.take();
        } else if let Some(index) = self.index.get_mut() {
            let key = item.key().cloned();
            if let Some(numbers) = index.get_mut(&key) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    index.remove(&key);
                }
            }
        }
        Some(item)
    }

    /// Adds `by` to the numbers from `from` on, which must be the greatest in use.
    pub fn renumber(&mut self, from: u64, by: u64) {
        if let Some(index) = self.index.get_mut().filter(|_| by > 0) {
            let moved: Vec<(u64, Option<Value>)> =
                self.queue.since(from).map(|(number, item)| (number, item.key().cloned())).collect();
            // The last one first: a number may be one that another item has until it moves too.
            for (number, key) in moved.into_iter().rev() {
                let numbers = index.entry(key).or_default();
                numbers.remove(&number);
                numbers.insert(number + by);
            }
        }
        self.queue.renumber(from, by);
    }

    /// What `find` makes of the first item, oldest first, of which it makes something; only items that can match what has
    /// this key are tried. (No iterator: it would be larger than most queues.)
    pub fn search<R, E>(
        &self,
        key: Option<&Value>,
        mut find: impl FnMut(u64, &T) -> Result<Option<R>, E>,
    ) -> Result<Option<R>, E> {
        let map = match &self.queue {
            Queue::Empty => return Ok(None),
            Queue::One(number, item) => return find(*number, item),
            Queue::Many(map) => map,
        };
        let Some(key) = key.filter(|_| map.len() > SHORT) else {
            return first(map.iter().map(|(number, item)| find(*number, item)));
        };
        let index = self.index.get_or_init(|| index_of(&self.queue));
        let [with, without] = [Some(key.clone()), None].map(|key| index.get(&key).into_iter().flatten().copied());
        let items = merge(with, without).filter_map(|number| Some((number, map.get(&number)?)));
        first(items.map(|(number, item)| find(number, item)))
    }
}

/// The first success or error.
fn first<R, E>(outcomes: impl Iterator<Item = Result<Option<R>, E>>) -> Result<Option<R>, E> {
    outcomes.map(Result::transpose).find_map(|outcome| outcome).transpose()
}

impl<T: Clone + Keyed> Deref for Indexed<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.queue
    }
}

fn index_of<T: Clone + Keyed>(queue: &Queue<T>) -> Index {
    let mut index = Index::default();
    for (number, item) in queue.iter() {
        index.entry(item.key().cloned()).or_default().insert(number);
    }
    index
}

/// Two ascending sequences as one.
fn merge(a: impl Iterator<Item = u64>, b: impl Iterator<Item = u64>) -> impl Iterator<Item = u64> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    std::iter::from_fn(move || match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if y < x => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    })
}

#[cfg(test)]
mod tests {
    use rhodium_matcher::Budget;
    use rhodium_normalizer::compile;
    use rhodium_random::Random;
    use rhodium_term::{Head, Origin};

    use super::*;

    const MESSAGES: &[&str] = &[
        "1",
        "2",
        "-1",
        "true",
        "\"1\"",
        "\"k\", 1",
        "\"k\", 2",
        "1, \"k\"",
        "Nil",
        "[]",
        "[1]",
        "[1, 2]",
        "[[1], 2]",
        "(1,)",
        "(1, 2)",
        "((1, 2), 3)",
        "{}",
        "{1: 2}",
        "Set(1)",
        "1.5",
        "`rho:io:stdout`",
        "@0!(1)",
        "[@0!(1)]",
        "[[[[[[[[[1]]]]]]]]]",
        "[[[[[[[[[2]]]]]]]]]",
        "1 | 2",
        "\"k\".hexToBytes()",
    ];

    const PATTERNS: &[&str] = &[
        "@1",
        "@2",
        "@x",
        "_",
        "@\"k\", @x",
        "@\"k\", @1",
        "@1, @\"k\"",
        "@x, @y",
        "...@r",
        "@1, ...@r",
        "@[1]",
        "@[1, ...r]",
        "@[x, 2]",
        "@[[x], 2]",
        "@[[1], ...r]",
        "@[...r]",
        "@[]",
        "@(1,)",
        "@(1, x)",
        "@((1, x), y)",
        "@(x, 2)",
        "@{}",
        "@{1: x}",
        "@Set(...r)",
        "@1.5",
        "@`rho:io:stdout`",
        "@{@0!(1)}",
        "@{@0!(x)}",
        "@[{@0!(1)}]",
        "@Int",
        "@{x /\\ Int}",
        "@{1 /\\ Int}",
        "@[[[[[[[[[1]]]]]]]]]",
        "@[[[[[[[[[x]]]]]]]]]",
        "@Nil",
        "@true",
    ];

    fn item(source: &str) -> rhodium_term::Term {
        let term = compile(source, &Default::default()).unwrap_or_else(|error| panic!("{source}: {error:?}"));
        term.single_item().expect("one item").clone()
    }

    fn message(data: &str) -> Arc<Datum> {
        let send = item(&format!("@0!({data})"));
        let data = send.children()[1..].iter().map(Value::from_term).collect();
        Arc::new(Datum::new(data, Box::new(Random::from_seed(&[])), false, Origin::default()))
    }

    fn pattern(source: &str) -> BindPattern {
        let receive = item(&format!("for ({source} <- @0) {{ Nil }}"));
        let bind = &receive.children()[0];
        let Head::Bind { free_count, remainder } = bind.head() else { panic!("{source}") };
        BindPattern::new(bind.children()[1..].to_vec(), *remainder, *free_count)
    }

    /// Every message many times, so that there is an index.
    fn messages() -> Indexed<Arc<Datum>> {
        let mut queue = Indexed::default();
        for number in 0..MESSAGES.len() * 3 {
            queue.insert(number as u64, message(MESSAGES[number * 7 % MESSAGES.len()]));
        }
        queue
    }

    fn fitting<'a>(pattern: &BindPattern, items: impl Iterator<Item = (u64, &'a Arc<Datum>)>) -> Vec<u64> {
        let fits =
            |datum: &Datum| pattern.matches(&datum.data, &mut Vec::new(), &mut Budget::new(1_000_000)).expect("easy");
        items.filter(|(_, datum)| fits(datum)).map(|(number, _)| number).collect()
    }

    /// All that are tried, in their order.
    fn candidates<'a>(queue: &'a Indexed<Arc<Datum>>, key: Option<&Value>) -> Vec<(u64, &'a Arc<Datum>)> {
        let mut tried = Vec::new();
        let none: Result<Option<()>, ()> = queue.search(key, |number, _| {
            tried.push(number);
            Ok(None)
        });
        assert_eq!(none, Ok(None));
        tried.into_iter().map(|number| (number, queue.get(number).expect("a message"))).collect()
    }

    #[test]
    fn candidates_are_all_that_match_in_their_order() {
        let mut queue = messages();
        let mut saved = 0;
        for round in 0..3 {
            for source in PATTERNS {
                let pattern = pattern(source);
                let key = pattern_key(&pattern);
                let matching = fitting(&pattern, candidates(&queue, key).into_iter());
                assert_eq!(matching, fitting(&pattern, queue.iter()), "{source}, {round}");
                saved += queue.len() - candidates(&queue, key).len();
            }
            // The index follows what is added and removed.
            for number in (round..queue.len() as u64).step_by(3) {
                queue.remove(number);
            }
            queue.insert(1000 + round, message("\"k\", 1"));
        }
        assert!(saved > 500, "the index leaves {saved} out");
    }

    #[test]
    fn short_queues_have_no_index() {
        let mut queue = messages();
        assert!(candidates(&queue, Some(&Value::Int(1))).len() < queue.len());
        assert!(queue.index.get().is_some());
        let copy = queue.clone();
        for number in 0..queue.len() as u64 - 2 {
            queue.remove(number);
        }
        assert!(queue.index.get().is_none());
        assert_eq!(candidates(&queue, Some(&Value::Int(1))).len(), queue.len());
        assert!(copy.index.get().is_some());
    }

    #[test]
    fn an_index_follows_items_that_get_other_numbers() {
        let message = |k: i64| {
            let random = Random::from_seed(&[]);
            Arc::new(Datum::new(vec![Value::Int(k % 2)].into(), Box::new(random), false, Origin::default()))
        };
        let found = |queue: &Indexed<Arc<Datum>>, key: &Value| {
            let mut numbers = Vec::new();
            let Ok(None) = queue.search(Some(key), |number, _| {
                numbers.push(number);
                Ok::<Option<()>, std::convert::Infallible>(None)
            }) else {
                panic!("nothing was chosen")
            };
            numbers
        };
        let mut queue = Indexed::default();
        (0..20).for_each(|k| queue.insert(k, message(k as i64 / 2)));
        assert_eq!(found(&queue, &Value::Int(0)), [0, 1, 4, 5, 8, 9, 12, 13, 16, 17]);
        queue.renumber(9, 1);
        assert_eq!(found(&queue, &Value::Int(0)), [0, 1, 4, 5, 8, 10, 13, 14, 17, 18]);
        assert_eq!(found(&queue, &Value::Int(1)), [2, 3, 6, 7, 11, 12, 15, 16, 19, 20]);
        assert_eq!(queue.iter().map(|(number, _)| number).max(), Some(20));
    }
}
