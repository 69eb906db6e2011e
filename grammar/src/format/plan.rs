//! What may happen in each gap between two tokens.

use super::tokens::Tokens;

/// Index of a [`Group`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupId(u32);

/// The gaps that break together: those behind token `first`, up to the one in front of token `last`. Groups nest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub(super) first: usize,
    pub(super) last: usize,
}

/// When a gap becomes a line break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Break {
    #[default]
    Never,
    Always,
    /// When the group does not fit on the line.
    With(GroupId),
    /// When besides what stands up to the next possible break does not fit on the line.
    Fill(GroupId),
}

/// What the tree knows about a token that its neighbours do not show.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Role {
    /// The first token of a case but the first one.
    pub(super) starts_case: bool,
    /// The opening brace of cases.
    pub(super) opens_cases: bool,
    /// The opening brace of an agent.
    pub(super) opens_agent: bool,
    /// The opening brace of a map.
    pub(super) opens_map: bool,
    /// The `=` of `=x`.
    pub(super) is_reference: bool,
    /// A brace with blanks inside.
    pub(super) is_block: bool,
}

/// The plan; gap `i` is the one in front of token `i`.
pub(super) struct Plan {
    pub(super) breaks: Vec<Break>,
    /// Whether a blank stands in the gap when it is no line break.
    pub(super) blanks: Vec<bool>,
    pub(super) groups: Vec<Group>,
    pub(super) roles: Vec<Role>,
    /// Braces that break with another group than their own (the branches of an `if`), in the order of their making.
    pub(super) shared: Vec<(usize, GroupId)>,
    /// By how much each gap is indented more than the one before.
    shifts: Vec<i32>,
}

impl Plan {
    pub(super) fn new(tokens: &Tokens) -> Self {
        Plan {
            breaks: vec![Break::Never; tokens.len() + 1],
            blanks: vec![false; tokens.len() + 1],
            groups: Vec::new(),
            roles: vec![Role::default(); tokens.len() + 1],
            shared: Vec::new(),
            shifts: vec![0; tokens.len() + 2],
        }
    }

    pub(super) fn group(&mut self, first: usize, last: usize) -> GroupId {
        self.groups.push(Group { first, last });
        GroupId(self.groups.len() as u32 - 1)
    }

    pub(super) fn group_mut(&mut self, id: GroupId) -> &mut Group {
        &mut self.groups[id.0 as usize]
    }

    /// Indents the gaps behind token `first`, up to the one in front of token `last`.
    pub(super) fn indent(&mut self, first: usize, last: usize) {
        if first < last {
            self.shifts[first + 1] += 1;
            self.shifts[last + 1] -= 1;
        }
    }

    /// The indentation of every gap, in steps.
    pub(super) fn indentation(&self) -> impl Iterator<Item = usize> {
        self.shifts.iter().scan(0i32, |level, shift| {
            *level += shift;
            Some((*level).max(0) as usize)
        })
    }
}

impl GroupId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}
