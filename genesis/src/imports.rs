//! What a contract asks of the registry and what it registers, read from its compiled term; and the order that follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhodium_grammar::ast::Span;
use rhodium_registry::system_channel;
use rhodium_term::{Head, Term, Var, binders_above_child, child_is_pattern};

use crate::error::span_of;

/// A lookup of a URI that is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The URI or shorthand.
    pub uri: Arc<str>,
    /// Where it is written.
    pub span: Option<Span>,
    /// The channel of the answer, if it is a name of the `new` at top level: its number among the plain names.
    pub reply: Option<usize>,
}

/// A call of `insertSigned`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Where.
    pub span: Option<Span>,
    /// The key; `None` in the form that registers by deployer id.
    pub key: Option<Literal<Vec<u8>>>,
    /// The nonce.
    pub nonce: Literal<i64>,
    /// The exported name: a plain name of the `new` at top level, in a write-only bundle, by its number.
    pub export: Literal<usize>,
    /// The signature; `None` in the form that registers by deployer id.
    pub signature: Option<Literal<Vec<u8>>>,
}

/// An argument that may be written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal<T> {
    /// The value; `None` if it is not a literal.
    pub value: Option<T>,
    /// Where.
    pub span: Option<Span>,
}

/// What a contract has to do with the registry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Lookups, in the order of the text.
    pub imports: Vec<Import>,
    /// Registrations, in the order of the text.
    pub registrations: Vec<Registration>,
}

/// The number of plain names of the `new` that is the whole term; `None` if the term is something else.
#[must_use]
pub fn top_level_names(term: &Term) -> Option<usize> {
    match term.single_item()?.head() {
        Head::New { bind_count, names } => Some((*bind_count as usize).saturating_sub(names.uris.len())),
        _ => None,
    }
}

/// What a variable stands for.
#[derive(Clone, Debug)]
enum Binding {
    Urn(Arc<str>),
    /// A plain name of the `new` at top level.
    Top(usize),
    Other,
}

/// Work of the traversal, which may not recurse: terms are as deep as they like.
enum Work<'a> {
    Visit(&'a Term),
    Bind(Vec<Binding>),
    Leave(usize),
}

/// Reads the uses of the registry from a term.
#[must_use]
pub fn uses(term: &Term) -> Uses {
    let mut scope: Vec<Binding> = Vec::new();
    let mut uses = Uses::default();
    let mut work = vec![Work::Visit(term)];
    let top = term.single_item();
    while let Some(next) = work.pop() {
        match next {
            Work::Bind(bindings) => scope.extend(bindings),
            Work::Leave(length) => scope.truncate(length),
            Work::Visit(term) => {
                if let Head::Send { .. } = term.head() {
                    uses.send(term, &scope);
                }
                let is_top = top.is_some_and(|top| top.same_node(term));
                for (k, child) in term.children().iter().enumerate().rev() {
                    if child_is_pattern(term.head(), k) {
                        continue;
                    }
                    let count = binders_above_child(term.head(), k) as usize;
                    if count > 0 {
                        work.push(Work::Leave(scope.len()));
                        work.push(Work::Visit(child));
                        work.push(Work::Bind(bindings(term.head(), count, is_top)));
                    } else {
                        work.push(Work::Visit(child));
                    }
                }
            }
        }
    }
    // The term is in canonical order, not in that of the text.
    uses.imports.sort_by_key(|import| (import.span.map(|span| span.start), import.uri.clone()));
    uses.registrations.sort_by_key(|registration| registration.span.map(|span| span.start));
    uses
}

/// What the binders of a node stand for, outermost first.
fn bindings(head: &Head, count: usize, is_top: bool) -> Vec<Binding> {
    let Head::New { names, .. } = head else { return vec![Binding::Other; count] };
    let plain = count.saturating_sub(names.uris.len());
    let own = (0..plain).map(|k| if is_top { Binding::Top(k) } else { Binding::Other });
    own.chain(names.uris.iter().cloned().map(Binding::Urn)).collect()
}

fn resolve<'a>(name: &Term, scope: &'a [Binding]) -> &'a Binding {
    match name.single_item().map(Term::head) {
        Some(Head::Var(Var::Bound(index))) => {
            let position = scope.len().checked_sub(1 + *index as usize);
            position.and_then(|position| scope.get(position)).unwrap_or(&Binding::Other)
        }
        _ => &Binding::Other,
    }
}

/// The byte of the system channel that a name stands for.
fn channel_byte(name: &Term, scope: &[Binding]) -> Option<u8> {
    match resolve(name, scope) {
        Binding::Urn(urn) => system_channel(urn).map(|channel| channel.byte),
        _ => None,
    }
}

impl Uses {
    fn send(&mut self, send: &Term, scope: &[Binding]) {
        let [channel, data @ ..] = send.children() else { return };
        match (channel_byte(channel, scope), data) {
            (Some(LOOKUP), [uri, reply]) => {
                let Some((Head::Uri(text), item)) = uri.single_item().map(|item| (item.head(), item)) else { return };
                let reply = match resolve(reply, scope) {
                    Binding::Top(k) => Some(*k),
                    _ => None,
                };
                let span = span_of(item.origin()).or(span_of(send.origin()));
                self.imports.push(Import { uri: text.clone(), span, reply });
            }
            (Some(INSERT_SIGNED), [key, pair, signature, _]) => {
                let key = Some(literal(key, send, bytes_of));
                let signature = Some(literal(signature, send, bytes_of));
                self.register(send, key, pair, signature, scope);
            }
            (Some(INSERT_SIGNED), [pair, _, _]) => self.register(send, None, pair, None, scope),
            _ => {}
        }
    }

    fn register(
        &mut self,
        send: &Term,
        key: Option<Literal<Vec<u8>>>,
        pair: &Term,
        signature: Option<Literal<Vec<u8>>>,
        scope: &[Binding],
    ) {
        let parts = pair.single_item().filter(|item| matches!(item.head(), Head::Tuple)).map(Term::children);
        let (nonce, data) = match parts {
            Some([nonce, data]) => (literal(nonce, send, int_of), literal(data, send, |data| export_of(data, scope))),
            _ => (literal(pair, send, |_| None), literal(pair, send, |_| None)),
        };
        self.registrations.push(Registration { span: span_of(send.origin()), key, nonce, export: data, signature });
    }
}

/// `rho:registry:lookup`
const LOOKUP: u8 = 14;
/// `rho:registry:insertSigned:secp256k1`
const INSERT_SIGNED: u8 = 16;

fn literal<T>(term: &Term, send: &Term, read: impl FnOnce(&Term) -> Option<T>) -> Literal<T> {
    let origin = term.single_item().and_then(|item| span_of(item.origin()));
    Literal { value: read(term), span: origin.or(span_of(send.origin())) }
}

/// A byte array, or `"…".hexToBytes()`.
fn bytes_of(term: &Term) -> Option<Vec<u8>> {
    let item = term.single_item()?;
    match (item.head(), item.children()) {
        (Head::Bytes(bytes), _) => Some(bytes.to_vec()),
        (Head::Method(name), [text]) if **name == *"hexToBytes" => match text.single_item()?.head() {
            Head::Str(digits) => hex::decode(digits.as_bytes()).ok(),
            _ => None,
        },
        _ => None,
    }
}

/// An integer, or a negated one.
fn int_of(term: &Term) -> Option<i64> {
    let item = term.single_item()?;
    match (item.head(), item.children()) {
        (Head::Int(value), _) => Some(*value),
        (Head::Neg, [operand]) => match operand.single_item()?.head() {
            Head::Int(value) => value.checked_neg(),
            _ => None,
        },
        _ => None,
    }
}

/// `bundle+{*name}` of a plain name of the `new` at top level.
fn export_of(term: &Term, scope: &[Binding]) -> Option<usize> {
    let item = term.single_item()?;
    match (item.head(), item.children()) {
        (Head::Bundle { write: true, read: false }, [body]) => match resolve(body, scope) {
            Binding::Top(k) => Some(*k),
            _ => None,
        },
        _ => None,
    }
}

/// What must come before what, by number.
pub type Dependencies = Vec<BTreeSet<usize>>;

/// An order in which everything comes behind what it depends on, as near to the given one as possible; or a circle.
pub fn order(dependencies: &Dependencies) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting: Vec<usize> = dependencies.iter().map(BTreeSet::len).collect();
    let mut dependents: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (k, needed) in dependencies.iter().enumerate() {
        for other in needed {
            dependents.entry(*other).or_default().push(k);
        }
    }
    let mut ready: BTreeSet<usize> = (0..waiting.len()).filter(|k| waiting[*k] == 0).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for dependent in dependents.get(&next).into_iter().flatten() {
            waiting[*dependent] -= 1;
            if waiting[*dependent] == 0 {
                ready.insert(*dependent);
            }
        }
    }
    if order.len() == dependencies.len() { Ok(order) } else { Err(circle(dependencies, &waiting)) }
}

/// A circle among those that still wait: everyone who waits does so for somebody who waits.
fn circle(dependencies: &Dependencies, waiting: &[usize]) -> Vec<usize> {
    let mut path: Vec<usize> = Vec::new();
    let mut current = waiting.iter().position(|count| *count > 0);
    while let Some(k) = current {
        if let Some(start) = path.iter().position(|seen| *seen == k) {
            return path.split_off(start);
        }
        path.push(k);
        current = dependencies[k].iter().copied().find(|other| waiting[*other] > 0);
    }
    path
}

#[cfg(test)]
mod tests {
    use rhodium_normalizer::{Options, compile};

    use super::*;

    fn read(source: &str) -> Uses {
        uses(&compile(source, &Options { source: 1, injections: &[] }).unwrap())
    }

    #[test]
    fn lookups_are_found_wherever_they_are() {
        let source = "new X, ch, l(`rho:registry:lookup`), a(`rho:io:stdout`) in {\n\
            l!(`rho:lang:either`, *ch) | a!(`rho:not:this`, *ch) |\n\
            contract X(@\"m\", ret) = { new r in { match 1 { x => { let y = x in { l!(`rho:id:abc`, *r) } } } } } |\n\
            new l in { l!(`rho:neither:this`, *ch) } | for (@u <- ch) { l!(u, *X) } }";
        let found: Vec<_> = read(source).imports.iter().map(|i| (i.uri.to_string(), i.reply)).collect();
        assert_eq!(found, [("rho:lang:either".to_owned(), Some(1)), ("rho:id:abc".to_owned(), None)]);
        let span = read(source).imports[0].span.unwrap();
        assert_eq!(&source[span.start as usize..span.end as usize], "`rho:lang:either`");
    }

    #[test]
    fn registrations_are_read_literally() {
        let source = |data: &str| {
            format!(
                "new X, Y, ack, i(`rho:registry:insertSigned:secp256k1`), d(`rho:system:deployerId`) in {{ \
                 for (_ <- ack) {{ i!(\"04ff\".hexToBytes(), {data}, \"30\".hexToBytes(), *ack) }} }}"
            )
        };
        let registration = |data: &str| read(&source(data)).registrations.remove(0);
        let first = registration("(5, bundle+{*X})");
        assert_eq!((first.nonce.value, first.export.value), (Some(5), Some(0)));
        assert_eq!(first.key.and_then(|key| key.value), Some(vec![4, 0xff]));
        assert_eq!(registration("(-5, bundle+{*Y})").nonce.value, Some(-5));
        assert_eq!(registration("(-5, bundle+{*Y})").export.value, Some(1));
        assert_eq!(registration("(1 + 1, *X)").nonce.value, None);
        assert_eq!(registration("(1 + 1, *X)").export.value, None);
        assert_eq!(registration("[1]").nonce.value, None);
        let short = "new X, i(`rho:registry:insertSigned:secp256k1`), d(`rho:system:deployerId`) in { \
                     i!((1, bundle+{*X}), *d, Nil) }";
        assert_eq!(read(short).registrations[0].key, None);
    }

    #[test]
    fn depth_does_not_matter() {
        let depth = 200_000;
        let source = format!(
            "new l(`rho:registry:lookup`) in {{ {}l!(`rho:id:x`, Nil){} }}",
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let found = read(&source.replace('[', "{").replace(']', "}"));
        assert_eq!(found.imports.len(), 1);
        assert_eq!(read(&format!("@0!({}Nil{})", "[".repeat(depth), "]".repeat(depth))), Uses::default());
    }

    fn needs(edges: &[&[usize]]) -> Dependencies {
        edges.iter().map(|needed| needed.iter().copied().collect()).collect()
    }

    #[test]
    fn the_given_order_is_kept_where_possible() {
        assert_eq!(order(&needs(&[&[], &[], &[]])), Ok(vec![0, 1, 2]));
        assert_eq!(order(&needs(&[&[2], &[], &[]])), Ok(vec![1, 2, 0]));
        assert_eq!(order(&needs(&[&[3], &[0], &[], &[]])), Ok(vec![2, 3, 0, 1]));
        assert_eq!(order(&needs(&[])), Ok(vec![]));
    }

    #[test]
    fn circles_are_named() {
        assert_eq!(order(&needs(&[&[0]])), Err(vec![0]));
        assert_eq!(order(&needs(&[&[1], &[2], &[3], &[1]])), Err(vec![1, 2, 3]));
    }
}
