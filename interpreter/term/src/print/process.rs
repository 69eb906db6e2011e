//! Receives, `new`, `match`, `if` and bundles as text.

use super::{BindKind, Place, Printer, Task};
use crate::head::Head;
use crate::term::Term;

/// Names of one `new` that the printed form lists.
const MAX_NAMES_PRINTED: u32 = 128;
/// Names of one `new` that source lists: more only come from damaged states.
const MAX_NAMES_SOURCE: u32 = 1 << 22;

impl<'a> Printer<'a> {
    pub(super) fn match_on(&mut self, target: &'a Term, cases: &'a [Term]) {
        let mut tasks = vec![Task::Text("match "), Task::Par(target, Place::Operand), Task::Text(" {"), Task::Open];
        for (k, case) in cases.iter().enumerate() {
            tasks.extend((k > 0).then_some(Task::Line));
            tasks.push(Task::Item(case));
        }
        tasks.extend([Task::Close, Task::Text("}")]);
        self.plan(tasks);
    }

    pub(super) fn case(&mut self, term: &'a Term, free_count: u32) {
        let [pattern, body, guard @ ..] = term.children() else { return };
        let patterns = &term.children()[..1];
        let mut tasks = vec![Task::EnterPattern(0, patterns), Task::Par(pattern, Place::Tight), Task::LeavePattern];
        tasks.push(Task::Bind(free_count, BindKind::Process));
        if let [guard, ..] = guard {
            tasks.extend([Task::Text(" where "), Task::Par(guard, Place::Operand)]);
        }
        tasks.push(Task::Text(" => "));
        self.block(&mut tasks, body);
        tasks.push(Task::Unbind(free_count));
        self.plan(tasks);
    }

    pub(super) fn conditional(&mut self, condition: &'a Term, then: &'a Term, otherwise: &'a Term) {
        let mut tasks = vec![Task::Text("if ("), Task::Par(condition, Place::Element), Task::Text(") ")];
        self.block(&mut tasks, then);
        if !(self.is_source() && otherwise.is_nil()) {
            tasks.push(Task::Text(" else "));
            self.block(&mut tasks, otherwise);
        }
        self.plan(tasks);
    }

    pub(super) fn bundle(&mut self, write: bool, read: bool, body: &'a Term) {
        let keyword = match (write, read) {
            (true, true) => "bundle ",
            (true, false) => "bundle+ ",
            (false, true) => "bundle- ",
            (false, false) => "bundle0 ",
        };
        let mut tasks = vec![Task::Text(keyword)];
        self.block(&mut tasks, body);
        self.plan(tasks);
    }

    /// `{`, the body, `}`; indented, or on the same line if it is short source.
    fn block(&self, tasks: &mut Vec<Task<'a>>, body: &'a Term) {
        if self.is_source() && body.children().len() < 2 && self.is_short(body) {
            return tasks.extend([Task::Text("{ "), Task::Par(body, Place::Whole), Task::Text(" }")]);
        }
        tasks.extend([Task::Text("{"), Task::Open, Task::Par(body, Place::Whole), Task::Close, Task::Text("}")]);
    }

    pub(super) fn receive(&mut self, term: &'a Term) {
        let Head::Receive { persistent, peek, bind_count, binds, .. } = term.head() else { return };
        let arrow = match (*persistent, *peek) {
            (true, _) => " <= ",
            (_, true) => " <<- ",
            _ => " <- ",
        };
        let (binds, rest) = term.children().split_at((*binds as usize).min(term.children().len()));
        let mut tasks = vec![self.text("for( ", "for (")];
        let mut offset: u32 = 0;
        let mut numbered = Vec::with_capacity(binds.len());
        for bind in binds {
            numbered.push((bind, offset));
            if let Head::Bind { free_count, .. } = bind.head() {
                offset = offset.saturating_add(*free_count);
            }
        }
        self.arrange(&mut numbered, |(bind, _)| bind);
        for (k, (bind, offset)) in numbered.into_iter().enumerate() {
            tasks.extend((k > 0).then(|| self.text("  & ", " & ")));
            tasks.push(Task::Source(bind, offset, arrow));
        }
        tasks.push(Task::Bind(*bind_count, BindKind::Process));
        if let Some(guard) = rest.get(1) {
            tasks.extend([Task::Text(" where "), Task::Par(guard, Place::Operand)]);
        }
        tasks.push(self.text(" ) ", ") "));
        if let Some(body) = rest.first() {
            self.block(&mut tasks, body);
        }
        tasks.push(Task::Unbind(*bind_count));
        self.plan(tasks);
    }

    /// `patterns <- source`; the variables are numbered from `offset` on.
    pub(super) fn bind(&mut self, term: &'a Term, offset: u32, arrow: &'static str) {
        if let (Head::Bind { remainder, .. }, [source, patterns @ ..]) = (term.head(), term.children()) {
            self.plan([
                Task::EnterPattern(offset, patterns),
                Task::Names(patterns),
                Task::Remainder(remainder, "...@"),
                Task::LeavePattern,
                Task::Text(arrow),
                Task::Name(source),
            ]);
        }
    }

    pub(super) fn new_names(&mut self, term: &'a Term) {
        let (Head::New { bind_count, names }, [body, ..]) = (term.head(), term.children()) else { return };
        let plain = bind_count.saturating_sub(u32::try_from(names.uris.len()).unwrap_or(u32::MAX));
        let listed = (*bind_count).min(if self.is_source() { MAX_NAMES_SOURCE } else { MAX_NAMES_PRINTED });
        let first = self.scopes.last().map_or(0, |s| s.count);
        let mut tasks = vec![Task::Text("new ")];
        for k in 0..listed {
            if k > 0 {
                tasks.push(Task::Text(", "));
            }
            tasks.push(Task::Declare(first.saturating_add(k)));
            if self.is_source()
                && let Some(uri) = k.checked_sub(plain).and_then(|k| names.uris.get(k as usize))
            {
                tasks.extend([Task::Text("(`"), Task::Raw(uri), Task::Text("`)")]);
            }
        }
        tasks.extend([Task::Text(" in "), Task::Bind(*bind_count, BindKind::Name)]);
        self.block(&mut tasks, body);
        tasks.push(Task::Unbind(*bind_count));
        self.plan(tasks);
    }
}
