//! The one walk over a term's messages that both byte formats (protobuf and state codec) are written with.

use crate::head::{Category, Head, Var};
use crate::locally_free::LocallyFree;
use crate::term::Term;

/// What a byte format writes for each part of a message (runtime.md 1.2, Annex C). Fields come in their wire order.
pub(crate) trait Format {
    /// The groups of a Par in their order; `None` stands for the Par's caches.
    const PAR_ORDER: [Option<Category>; 10];

    /// Before the elements of a repeated field.
    fn count(&mut self, count: usize);
    /// Before an element of a repeated message field.
    fn element(&mut self, field: u32, len: impl FnOnce() -> u64);
    /// Before a sub-message that is present.
    fn present(&mut self, field: u32, len: impl FnOnce() -> u64);
    /// In place of an optional sub-message that is absent.
    fn absent(&mut self);
    fn flag(&mut self, field: u32, value: bool);
    fn int32(&mut self, field: u32, value: u32);
    fn sint32(&mut self, field: u32, value: u32);
    fn uint32(&mut self, field: u32, value: u32);
    fn bytes(&mut self, field: u32, value: &[u8]);
    /// An element of a repeated string or bytes field.
    fn bytes_element(&mut self, field: u32, value: &[u8]);
    fn locally_free(&mut self, field: u32, value: &LocallyFree);
    fn remainder(&mut self, field: u32, value: &Option<Var>);
    /// The key of a map entry with a value of the given length.
    fn entry(&mut self, field: u32, key: &str, value_len: u64);
    /// A oneof with a message inside, up to the fields of that message.
    fn open(&mut self, term: &Term);
    /// A oneof with a scalar inside.
    fn scalar(&mut self, head: &Head);
    /// The `v` of an EVar.
    fn variable(&mut self, var: Var);
}

/// Work that is still to be written, last first.
enum Task<'a> {
    /// A repeated field from its beginning.
    Many(u32, &'a [Term]),
    /// The rest of a repeated field.
    Elements(u32, &'a [Term]),
    /// A sub-message that is always present.
    One(u32, &'a Term),
    /// A term's fields, without anything before them.
    Bare(&'a Term),
    /// The groups of a Par from number k on.
    Groups(&'a Term, usize),
    /// The fields of the message inside the oneof of a term.
    Inner(&'a Term),
    /// Entries of a map from its beginning, then the rest of them.
    Pairs(&'a [Term]),
    PairRest(&'a [Term]),
    /// A `new`'s injections from number k on.
    Injections(&'a Term, usize),
    /// The scalar fields of a term that follow its children, or stand among them.
    Scalars(&'a Term),
    /// The caches at the end of a `new`.
    Caches(&'a Term),
    Absent,
}

/// Writes the message of a node.
pub(crate) fn write_message<F: Format>(term: &Term, out: &mut F) {
    run(vec![Task::Bare(term)], out);
}

/// Writes the message inside the oneof of an expression, connective or unforgeable.
pub(crate) fn write_inner<F: Format>(term: &Term, out: &mut F) {
    run(vec![Task::Inner(term)], out);
}

/// Writes a repeated field of terms, its count included.
pub(crate) fn write_many<F: Format>(field: u32, terms: &[Term], out: &mut F) {
    run(vec![Task::Many(field, terms)], out);
}

fn run<F: Format>(mut tasks: Vec<Task<'_>>, out: &mut F) {
    while let Some(task) = tasks.pop() {
        match task {
            Task::Many(field, terms) => {
                out.count(terms.len());
                tasks.push(Task::Elements(field, terms));
            }
            Task::Elements(field, terms) => {
                if let Some((first, rest)) = terms.split_first() {
                    out.element(field, || first.size());
                    if !rest.is_empty() {
                        tasks.push(Task::Elements(field, rest));
                    }
                    begin(first, &mut tasks, out);
                }
            }
            Task::One(field, term) => {
                out.present(field, || term.size());
                begin(term, &mut tasks, out);
            }
            Task::Bare(term) => begin(term, &mut tasks, out),
            Task::Groups(term, k) => groups(term, k, &mut tasks, out),
            Task::Inner(term) => begin_inner(term, &mut tasks, out),
            Task::Pairs(children) => {
                out.count(children.len() / 2);
                tasks.push(Task::PairRest(children));
            }
            Task::PairRest(children) => {
                if let [key, value, rest @ ..] = children {
                    out.element(1, || pair_size(key, value));
                    tasks.extend([Task::PairRest(rest), Task::One(2, value), Task::One(1, key)]);
                }
            }
            Task::Injections(term, k) => {
                if let Head::New { names, .. } = term.head()
                    && let (Some(name), Some(value)) = (names.injections.get(k), term.children().get(k + 1))
                {
                    out.entry(4, name, value.size());
                    tasks.extend([Task::Injections(term, k + 1), Task::Bare(value)]);
                }
            }
            Task::Scalars(term) => scalars(term, out),
            Task::Caches(term) => out.locally_free(5, term.locally_free()),
            Task::Absent => out.absent(),
        }
    }
}

fn pair_size(key: &Term, value: &Term) -> u64 {
    crate::size::field_len(1, key.size()).saturating_add(crate::size::field_len(2, value.size()))
}

/// Writes a Par up to its next group that has items, and plans the rest.
fn groups<'a, F: Format>(term: &'a Term, from: usize, tasks: &mut Vec<Task<'a>>, out: &mut F) {
    for (k, group) in F::PAR_ORDER.iter().enumerate().skip(from) {
        match group.map(|category| term.items(category)) {
            None => scalars(term, out),
            Some([]) => out.count(0),
            Some(items @ [first, ..]) => {
                let field = crate::size::item_field(first.head());
                return tasks.extend([Task::Groups(term, k + 1), Task::Many(field, items)]);
            }
        }
    }
}

/// Plans a node's message: what follows is pushed, last first.
fn begin<'a, F: Format>(term: &'a Term, tasks: &mut Vec<Task<'a>>, out: &mut F) {
    let children = term.children();
    match (term.head(), children) {
        (Head::Par, _) => groups(term, 0, tasks, out),
        (Head::Send { .. }, [channel, data @ ..]) => {
            tasks.extend([Task::Scalars(term), Task::Many(2, data), Task::One(1, channel)]);
        }
        (Head::Receive { binds, .. }, _) => {
            let (binds, rest) = children.split_at(*binds as usize);
            tasks.push(rest.get(1).map_or(Task::Absent, |guard| Task::One(8, guard)));
            tasks.push(Task::Scalars(term));
            tasks.extend(rest.first().map(|body| Task::One(2, body)));
            tasks.push(Task::Many(1, binds));
        }
        (Head::Bind { .. }, [source, patterns @ ..]) => {
            tasks.extend([Task::Scalars(term), Task::One(2, source), Task::Many(1, patterns)]);
        }
        (Head::New { bind_count, .. }, [body, ..]) => {
            out.sint32(1, *bind_count);
            tasks.extend([Task::Caches(term), Task::Injections(term, 0), Task::Scalars(term), Task::One(2, body)]);
        }
        (Head::Match, [target, cases @ ..]) => {
            tasks.extend([Task::Scalars(term), Task::Many(2, cases), Task::One(1, target)]);
        }
        (Head::Case { .. }, [pattern, body, guard @ ..]) => {
            tasks.push(guard.first().map_or(Task::Absent, |guard| Task::One(4, guard)));
            tasks.extend([Task::Scalars(term), Task::One(2, body), Task::One(1, pattern)]);
        }
        (Head::If, [condition, then, otherwise]) => {
            tasks.extend([Task::Scalars(term), Task::One(3, otherwise), Task::One(2, then), Task::One(1, condition)]);
        }
        (Head::Bundle { .. }, [body]) => tasks.extend([Task::Scalars(term), Task::One(1, body)]),
        (
            head @ (Head::Bool(_)
            | Head::Int(_)
            | Head::Str(_)
            | Head::Uri(_)
            | Head::Bytes(_)
            | Head::Double(_)
            | Head::BigInt(_)
            | Head::Type(_)),
            _,
        ) => out.scalar(head),
        _ => {
            out.open(term);
            begin_inner(term, tasks, out);
        }
    }
}

/// Plans the message inside a oneof.
fn begin_inner<'a, F: Format>(term: &'a Term, tasks: &mut Vec<Task<'a>>, out: &mut F) {
    match (term.head(), term.children()) {
        (Head::Not | Head::Neg, [operand]) => tasks.push(Task::One(1, operand)),
        (Head::Binary(_) | Head::Matches, [left, right]) => {
            tasks.extend([Task::One(2, right), Task::One(1, left)]);
        }
        (Head::Var(var), _) => out.variable(*var),
        (
            Head::List { .. } | Head::Tuple | Head::Set { .. } | Head::PathMap { .. } | Head::ConnAnd | Head::ConnOr,
            elements,
        ) => tasks.extend([Task::Scalars(term), Task::Many(1, elements)]),
        (Head::Map { .. }, children) => tasks.extend([Task::Scalars(term), Task::Pairs(children)]),
        (Head::Zipper(_), [path_map]) => {
            out.present(1, || inner_len(path_map));
            tasks.extend([Task::Scalars(term), Task::Inner(path_map)]);
        }
        (Head::Method(name), [target, arguments @ ..]) => {
            out.bytes(1, name.as_bytes());
            tasks.extend([Task::Scalars(term), Task::Many(3, arguments), Task::One(2, target)]);
        }
        (Head::ConnNot, [operand]) => tasks.push(Task::Bare(operand)),
        (Head::BigRat(ratio), _) => {
            out.bytes(1, &ratio.0.to_signed_bytes_be());
            out.bytes(2, &ratio.1.to_signed_bytes_be());
        }
        (Head::FixedPoint(number), _) => {
            out.bytes(1, &number.0.to_signed_bytes_be());
            out.uint32(2, number.1);
        }
        (Head::VarRef { index, depth }, _) => {
            out.sint32(1, *index);
            out.sint32(2, *depth);
        }
        (Head::Private(id) | Head::DeployId(id) | Head::DeployerId(id), _) => out.bytes(1, id),
        _ => {}
    }
}

/// Bytes of the protobuf message inside the oneof of a term.
pub(crate) fn inner_len(term: &Term) -> u64 {
    crate::size::inner_size(term.head(), term.children(), term.locally_free(), term.connective_used())
}

/// The scalar fields that follow a node's children (for Receive and Case: up to the guard; for New: up to its values).
fn scalars<F: Format>(term: &Term, out: &mut F) {
    let locally_free = term.locally_free();
    let connective_used = term.connective_used();
    match term.head() {
        Head::Par => {
            out.locally_free(9, locally_free);
            out.flag(10, connective_used);
        }
        Head::Send { persistent } => {
            out.flag(3, *persistent);
            out.locally_free(5, locally_free);
            out.flag(6, connective_used);
        }
        Head::Receive { persistent, peek, bind_count, .. } => {
            out.flag(3, *persistent);
            out.flag(4, *peek);
            out.int32(5, *bind_count);
            out.locally_free(6, locally_free);
            out.flag(7, connective_used);
        }
        Head::Bind { free_count, remainder } => {
            out.remainder(3, remainder);
            out.int32(4, *free_count);
        }
        Head::New { names, .. } => {
            out.count(names.uris.len());
            for uri in &names.uris {
                out.bytes_element(3, uri.as_bytes());
            }
            out.count(names.injections.len());
        }
        Head::Match | Head::If => {
            out.locally_free(4, locally_free);
            out.flag(5, connective_used);
        }
        Head::Case { free_count, .. } => out.int32(3, *free_count),
        Head::Bundle { write, read } => {
            out.flag(2, *write);
            out.flag(3, *read);
        }
        Head::Tuple => {
            out.locally_free(3, locally_free);
            out.flag(4, connective_used);
        }
        Head::List { remainder } | Head::Set { remainder } | Head::PathMap { remainder } | Head::Map { remainder } => {
            out.locally_free(3, locally_free);
            out.flag(4, connective_used);
            out.remainder(5, remainder);
        }
        Head::Zipper(cursor) => {
            out.count(cursor.path.len());
            for segment in &cursor.path {
                out.bytes_element(2, segment);
            }
            out.flag(3, cursor.write);
            out.locally_free(4, locally_free);
            out.flag(5, connective_used);
        }
        Head::Method(_) => {
            out.locally_free(5, locally_free);
            out.flag(6, connective_used);
        }
        _ => {}
    }
}
