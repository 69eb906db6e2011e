//! Numbered places for channels and joins. The number of one that was removed is given out again.

/// Items by number.
#[derive(Debug)]
pub(super) struct Slots<T> {
    /// The smallest number.
    first: u32,
    items: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots::starting(0)
    }
}

impl<T> Slots<T> {
    /// No items; numbers will begin here.
    pub fn starting(first: u32) -> Slots<T> {
        Slots { first, items: Vec::new(), free: Vec::new() }
    }

    /// The smallest number.
    pub fn first(&self) -> u32 {
        self.first
    }

    /// A number that is greater than all that were ever given out.
    pub fn end(&self) -> u32 {
        self.first + self.items.len() as u32
    }

    fn place(&self, id: u32) -> usize {
        // A number below the first is out of range also after wrapping.
        id.wrapping_sub(self.first) as usize
    }

    /// The item with this number.
    pub fn get(&self, id: u32) -> Option<&T> {
        self.items.get(self.place(id))?.as_ref()
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: u32) -> Option<&mut T> {
        let place = self.place(id);
        self.items.get_mut(place)?.as_mut()
    }

    /// Adds an item.
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(id) = self.free.pop() {
            let place = self.place(id);
            self.items[place] = Some(item);
            return id;
        }
        self.items.push(Some(item));
        self.end() - 1
    }

    /// Removes an item.
    pub fn remove(&mut self, id: u32) -> Option<T> {
        let place = self.place(id);
        let item = self.items.get_mut(place)?.take()?;
        self.free.push(id);
        Some(item)
    }

    /// The items by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (self.first..).zip(&self.items).filter_map(|(id, item)| Some((id, item.as_ref()?)))
    }

    /// The same, taken out.
    pub fn into_items(self) -> impl Iterator<Item = (u32, T)> {
        (self.first..).zip(self.items).filter_map(|(id, item)| Some((id, item?)))
    }
}
