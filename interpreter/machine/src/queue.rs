//! A list of items in the order of their sequence numbers, cheap when short and cheap to snapshot.

/// Items by sequence number. Cloning is O(1).
#[derive(Clone, Debug, Default)]
pub enum Queue<T: Clone> {
    /// No item.
    #[default]
    Empty,
    /// One item, the common case.
    One(u64, T),
    /// More.
    Many(im::OrdMap<u64, T>),
}

impl<T: Clone> Queue<T> {
    /// Adds an item; its number must not be in use.
    pub fn insert(&mut self, number: u64, item: T) {
        match self {
            Queue::Empty => *self = Queue::One(number, item),
            Queue::One(..) => {
                if let Queue::One(first, old) = std::mem::take(self) {
                    *self = Queue::Many([(first, old), (number, item)].into_iter().collect());
                }
            }
            Queue::Many(map) => {
                map.insert(number, item);
            }
        }
    }

    /// Removes an item.
    pub fn remove(&mut self, number: u64) -> Option<T> {
        match self {
            Queue::One(n, _) if *n == number => match std::mem::take(self) {
                Queue::One(_, item) => Some(item),
                _ => None,
            },
            Queue::Many(map) => {
                let item = map.remove(&number);
                if map.is_empty() {
                    *self = Queue::Empty;
                }
                item
            }
            _ => None,
        }
    }

    /// Adds `by` to the numbers from `from` on, which must be the greatest in use.
    pub fn renumber(&mut self, from: u64, by: u64) {
        match self {
            Queue::One(number, _) if *number >= from => *number += by,
            Queue::Many(map) if by > 0 => {
                let moved: Vec<(u64, T)> = map.range(from..).map(|(number, item)| (*number, item.clone())).collect();
                moved.iter().for_each(|(number, _)| drop(map.remove(number)));
                map.extend(moved.into_iter().map(|(number, item)| (number + by, item)));
            }
            _ => {}
        }
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        matches!(self, Queue::Empty)
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        match self {
            Queue::Empty => 0,
            Queue::One(..) => 1,
            Queue::Many(map) => map.len(),
        }
    }

    /// The item with this number.
    pub fn get(&self, number: u64) -> Option<&T> {
        match self {
            Queue::One(n, item) if *n == number => Some(item),
            Queue::Many(map) => map.get(&number),
            _ => None,
        }
    }

    /// The items with this number or a greater one, oldest first.
    pub fn since(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        let (one, many) = match self {
            Queue::Empty => (None, None),
            Queue::One(n, item) => (Some((*n, item)).filter(|(n, _)| *n >= number), None),
            Queue::Many(map) => (None, Some(map.range(number..).map(|(n, item)| (*n, item)))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    /// The items, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        let (one, many) = match self {
            Queue::Empty => (None, None),
            Queue::One(n, item) => (Some((*n, item)), None),
            Queue::Many(map) => (None, Some(map.iter().map(|(n, item)| (*n, item)))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}
