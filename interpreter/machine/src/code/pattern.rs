//! Compiled patterns: simple shapes are decided on values directly, the rest by the spatial matcher.

use std::sync::Arc;

use rhodium_matcher::{Budget, BudgetExhausted, match_message, match_process};
use rhodium_term::{Category, Children, Head, Mode, SubstituteError, Term, Var, order, substitute, varint_len};

use super::{Scope, as_stored};
use crate::run::Variables;
use crate::value::{List, Map, Value};

/// A pattern in compiled form.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// `_`
    Wildcard,
    /// Binds a level.
    Variable(u32),
    /// No binder inside: equality.
    Equal(Value),
    /// A list, perhaps with a remainder.
    List(Box<[Pattern]>, Option<Var>),
    /// A tuple.
    Tuple(Box<[Pattern]>),
    /// A map with known keys, perhaps with a remainder.
    Map(Box<[(Value, Pattern)]>, Option<Var>),
    /// Anything else: the spatial matcher decides.
    Spatial(Term),
}

/// Patterns nested deeper than this are left to the matcher, which does not recurse.
const MAX_SHAPE_DEPTH: u32 = 64;

impl Pattern {
    /// Compiles a substituted pattern.
    pub fn compile(term: &Term) -> Pattern {
        if !term.connective_used() {
            return Pattern::Equal(Value::from_term(&order::sort_term(term)));
        }
        let Some(item) = term.single_item() else { return Pattern::Spatial(term.clone()) };
        let shallow = term.depth() <= MAX_SHAPE_DEPTH;
        match item.head() {
            Head::Var(Var::Wildcard) => Pattern::Wildcard,
            Head::Var(Var::Free(level)) => Pattern::Variable(*level),
            Head::List { remainder } if shallow && !matches!(remainder, Some(Var::Bound(_))) => {
                Pattern::List(item.children().iter().map(Pattern::compile).collect(), *remainder)
            }
            Head::Tuple if shallow => Pattern::Tuple(item.children().iter().map(Pattern::compile).collect()),
            Head::Map { remainder }
                if shallow
                    && !matches!(remainder, Some(Var::Bound(_)))
                    && item.entries().all(|(key, _)| !key.connective_used()) =>
            {
                let entry =
                    |(key, value): (&Term, &Term)| (Value::from_term(&order::sort_term(key)), Pattern::compile(value));
                Pattern::Map(item.entries().map(entry).collect(), *remainder)
            }
            _ => Pattern::Spatial(term.clone()),
        }
    }

    /// Matches a value; binds levels in `out` (which has one entry per level).
    pub fn matches(&self, value: &Value, out: &mut [Value], budget: &mut Budget) -> Result<bool, BudgetExhausted> {
        Ok(match self {
            Pattern::Wildcard => true,
            Pattern::Variable(level) => {
                bind(out, *level, captured(value));
                true
            }
            Pattern::Equal(expected) => expected == value,
            Pattern::Tuple(patterns) => match value {
                Value::Tuple(tuple) => {
                    tuple.items.len() == patterns.len() && all(patterns, tuple.items.iter(), out, budget)?
                }
                Value::Term(_) => self.spatial(value, out, budget)?,
                _ => false,
            },
            Pattern::List(patterns, remainder) => match value {
                Value::List(list) => {
                    let count = patterns.len();
                    let fits = if remainder.is_some() { list.items.len() >= count } else { list.items.len() == count };
                    if !fits || !all(patterns, list.items.iter(), out, budget)? {
                        return Ok(false);
                    }
                    if let Some(Var::Free(level)) = remainder {
                        bind(out, *level, rest(list.items.iter().skip(count), budget)?);
                    }
                    true
                }
                Value::Term(_) => self.spatial(value, out, budget)?,
                _ => false,
            },
            Pattern::Map(entries, remainder) => match value {
                Value::Map(map) => {
                    let (count, size) = (entries.len(), map.entries.len());
                    if size < count || remainder.is_none() && size > count {
                        return Ok(false);
                    }
                    for (key, pattern) in entries {
                        let Some(value) = map.entries.get(key) else { return Ok(false) };
                        if !pattern.matches(value, out, budget)? {
                            return Ok(false);
                        }
                    }
                    if let Some(Var::Free(level)) = remainder {
                        let mut rest = Map::clone(map);
                        entries.iter().for_each(|(key, _)| rest.remove(key));
                        bind(out, *level, Value::from_map(rest));
                    }
                    true
                }
                Value::Term(_) => self.spatial(value, out, budget)?,
                _ => false,
            },
            Pattern::Spatial(pattern) => spatial(pattern, value, out, budget)?,
        })
    }

    /// The slow path for values that are kept as terms: rebuilds the pattern's term.
    fn spatial(&self, value: &Value, out: &mut [Value], budget: &mut Budget) -> Result<bool, BudgetExhausted> {
        spatial(&self.to_term(), value, out, budget)
    }

    fn to_term(&self) -> Term {
        Term::single(match self {
            Pattern::Wildcard => Term::var(Var::Wildcard, 1),
            Pattern::Variable(level) => Term::var(Var::Free(*level), 1),
            Pattern::Equal(value) => return value.to_term(),
            Pattern::List(patterns, remainder) => {
                Term::list(patterns.iter().map(Pattern::to_term).collect::<Children>(), *remainder)
            }
            Pattern::Tuple(patterns) => Term::tuple(patterns.iter().map(Pattern::to_term).collect::<Children>()),
            Pattern::Map(entries, remainder) => {
                Term::map(entries.iter().map(|(key, value)| (key.to_term(), value.to_term())).collect(), *remainder)
            }
            Pattern::Spatial(term) => return term.clone(),
        })
    }
}

/// What a variable alone captures of a process: conditionals are not matched, so they are lost (runtime.md 5.2, Δ19;
/// measured).
fn captured(value: &Value) -> Value {
    match value {
        Value::Term(par) if !par.items(Category::If).is_empty() => {
            let rest = par.children().iter().filter(|i| !matches!(i.head(), Head::If));
            Value::from_term(&Term::par(rest.cloned().collect()))
        }
        _ => value.clone(),
    }
}

fn bind(out: &mut [Value], level: u32, value: Value) {
    if let Some(slot) = out.get_mut(level as usize) {
        *slot = value;
    }
}

/// What a remainder captures.
fn rest<'a>(items: impl Iterator<Item = &'a Value>, budget: &mut Budget) -> Result<Value, BudgetExhausted> {
    let mut list = List::default();
    for item in items {
        budget.look()?;
        list.push(item.clone());
    }
    Ok(Value::from_list(list))
}

fn all<'a>(
    patterns: &[Pattern],
    values: impl Iterator<Item = &'a Value>,
    out: &mut [Value],
    budget: &mut Budget,
) -> Result<bool, BudgetExhausted> {
    for (pattern, value) in patterns.iter().zip(values) {
        if !pattern.matches(value, out, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn spatial(pattern: &Term, value: &Value, out: &mut [Value], budget: &mut Budget) -> Result<bool, BudgetExhausted> {
    // The matcher binds every level up to `out.len()`; levels this pattern does not have stay Nil, so only those it
    // has are taken over.
    let target = value.to_term_while(&mut || budget.look())?;
    budget.look()?;
    let Some(bound) = match_process(&target, pattern, out.len() as u32, budget)? else { return Ok(false) };
    for (slot, term) in out.iter_mut().zip(bound) {
        if !term.is_nil() {
            *slot = Value::from_term_while(&term, &mut || budget.look())?;
        }
    }
    Ok(true)
}

/// The substituted patterns of one bind, as the space keeps them.
#[derive(Debug)]
pub struct BindPattern {
    /// The patterns as terms, for the codec.
    pub terms: Vec<Term>,
    /// The remainder.
    pub remainder: Option<Var>,
    /// Number of variables.
    pub free_count: u32,
    /// Size of the BindPattern message (runtime.md 1.2).
    pub size: u64,
    compiled: Box<[Pattern]>,
}

impl BindPattern {
    /// From substituted patterns.
    pub fn new(terms: Vec<Term>, remainder: Option<Var>, free_count: u32) -> BindPattern {
        let field = |len: u64| 1 + varint_len(len) + len;
        let var = |v: Var| match v {
            Var::Bound(i) | Var::Free(i) => 1 + varint_len(u64::from(i) << 1),
            Var::Wildcard => 2,
        };
        let mut size: u64 = terms.iter().map(|t| field(t.size())).fold(0, u64::saturating_add);
        size = size.saturating_add(remainder.map_or(0, |v| field(var(v))));
        if free_count > 0 {
            size += 1 + varint_len(u64::from(free_count));
        }
        let compiled = terms.iter().map(Pattern::compile).collect();
        BindPattern { terms, remainder, free_count, size, compiled }
    }

    /// Number of patterns.
    pub fn arity(&self) -> usize {
        self.compiled.len()
    }

    /// The compiled patterns.
    pub fn patterns(&self) -> &[Pattern] {
        &self.compiled
    }

    /// Matches a message's data. If it fits, one value per level is added to `out` (language.md 4.7).
    pub fn matches(&self, data: &[Value], out: &mut Vec<Value>, budget: &mut Budget) -> Result<bool, BudgetExhausted> {
        let fits = if self.remainder.is_some() { data.len() >= self.arity() } else { data.len() == self.arity() };
        if !fits {
            return Ok(false);
        }
        if matches!(self.remainder, Some(Var::Bound(_))) {
            let terms: Vec<Term> = data.iter().map(Value::to_term).collect();
            let bound = match_message(&terms, &self.terms, self.remainder, self.free_count, budget)?;
            out.extend(bound.iter().flatten().map(Value::from_term));
            return Ok(bound.is_some());
        }
        let from = out.len();
        out.resize(from + self.free_count as usize, Value::Nil);
        let levels = &mut out[from..];
        let matched = all(&self.compiled, data.iter(), levels, budget)?;
        if !matched {
            out.truncate(from);
        } else if let Some(Var::Free(level)) = self.remainder {
            bind(levels, level, rest(data[self.arity()..].iter(), budget)?);
        }
        Ok(matched)
    }
}

/// The patterns of a receive, in bind order.
pub type BindPatterns = Arc<[Arc<BindPattern>]>;

/// The patterns of a bind in code: ready, or with variable references to fill in.
#[derive(Debug)]
pub enum PatternCode {
    /// Nothing to substitute.
    Static(Arc<BindPattern>),
    /// Substituted each time.
    Template {
        /// The patterns as written.
        terms: Vec<Term>,
        /// The remainder.
        remainder: Option<Var>,
        /// Number of variables.
        free_count: u32,
        /// Their context.
        scope: Scope,
    },
}

impl PatternCode {
    /// Compiles the patterns of a bind.
    pub fn compile(terms: &[Term], remainder: Option<Var>, free_count: u32, scope: &Scope) -> PatternCode {
        let terms: Vec<Term> = terms.iter().map(|term| as_stored(term, scope).into_owned()).collect();
        if terms.iter().all(Term::is_closed) {
            let terms = terms.iter().map(substituted).collect();
            return PatternCode::Static(Arc::new(BindPattern::new(terms, remainder, free_count)));
        }
        PatternCode::Template { terms, remainder, free_count, scope: scope.clone() }
    }

    /// The patterns, if there is nothing to substitute.
    pub fn ready(&self) -> Option<&Arc<BindPattern>> {
        match self {
            PatternCode::Static(pattern) => Some(pattern),
            PatternCode::Template { .. } => None,
        }
    }

    /// The substituted patterns.
    pub(crate) fn instantiate(&self, variables: &Variables<'_>) -> Result<Arc<BindPattern>, SubstituteError> {
        match self {
            PatternCode::Static(pattern) => Ok(pattern.clone()),
            PatternCode::Template { terms, remainder, free_count, scope } => {
                let lookup = |index: u32| scope.resolve(index).and_then(|slot| variables.get(slot));
                let terms: Result<_, _> = terms.iter().map(|t| substitute_pattern(t, &lookup)).collect();
                Ok(Arc::new(BindPattern::new(terms?, *remainder, *free_count)))
            }
        }
    }
}

/// A closed pattern after substitution.
fn substituted(term: &Term) -> Term {
    substitute_pattern(term, &|_| None).unwrap_or_else(|_| order::sort_term(term))
}

fn substitute_pattern(term: &Term, lookup: &dyn Fn(u32) -> Option<Value>) -> Result<Term, SubstituteError> {
    let values = |index: u32| lookup(index).map(|v| v.to_term());
    substitute(term, &values, Mode { depth: 1, shift: 0, sort: true })
}

/// The pattern of a match case, or of `matches`.
#[derive(Debug)]
pub struct CasePattern {
    term: Term,
    free_count: u32,
    scope: Scope,
    ready: Option<(Pattern, u64)>,
}

impl CasePattern {
    /// Compiles a pattern.
    pub fn compile(term: &Term, free_count: u32, scope: &Scope) -> CasePattern {
        let ready = term.is_closed().then(|| {
            let term = substituted(term);
            (Pattern::compile(&term), term.size())
        });
        CasePattern { term: term.clone(), free_count, scope: scope.clone(), ready }
    }

    /// Number of variables.
    pub fn free_count(&self) -> u32 {
        self.free_count
    }

    /// Substitutes if needed, reports the substituted size to `charge`, and matches. `Ok(Some(_))` are the bindings.
    pub(crate) fn matches<E: From<SubstituteError> + From<BudgetExhausted>>(
        &self,
        value: &Value,
        variables: &Variables<'_>,
        budget: &mut Budget,
        charge: impl FnOnce(u64) -> Result<(), E>,
    ) -> Result<Option<Vec<Value>>, E> {
        let mut out = vec![Value::Nil; self.free_count as usize];
        let matched = match &self.ready {
            Some((pattern, size)) => {
                charge(*size)?;
                pattern.matches(value, &mut out, budget)?
            }
            None => {
                let lookup = |index: u32| self.scope.resolve(index).and_then(|slot| variables.get(slot));
                let term = substitute_pattern(&self.term, &lookup)?;
                charge(term.size())?;
                Pattern::compile(&term).matches(value, &mut out, budget)?
            }
        };
        Ok(matched.then_some(out))
    }
}

#[cfg(test)]
mod tests {
    use rhodium_normalizer::{Options, compile};

    use super::*;

    const VALUES: &[&str] = &[
        "Nil",
        "1",
        "[]",
        "[1]",
        "[1, 2]",
        "[[1], 2]",
        "(1,)",
        "(1, 2)",
        "(1, [2])",
        "{}",
        "{1: 2}",
        "{\"a\": 1}",
        "{\"a\": 1, \"b\": 2}",
        "{\"a\": [1, 2], \"b\": (1, 2), \"c\": Nil}",
        "{\"a\": {\"b\": 1}}",
        "{\"a\": {\"b\": 1, \"c\": 2}, [1]: 3}",
        "{(1 | 2): @0!(1)}",
        "{\"b\": @0!(1) | @1!(2), \"a\": {Nil: Nil}}",
        "Set(1, 2)",
        "@0!(1)",
        "1 | 2",
    ];

    const PATTERNS: &[&str] = &[
        "x",
        "_",
        "1",
        "[x]",
        "[1, x]",
        "[x, 2]",
        "[x, ...r]",
        "[..._]",
        "(x,)",
        "(x, y)",
        "(x, [y])",
        "{...r}",
        "{1: x}",
        "{\"a\": x}",
        "{\"a\": _ ...r}",
        "{\"a\": x ..._}",
        "{\"b\": x, \"a\": y}",
        "{\"b\": x, \"a\": y ...r}",
        "{\"a\": [1, x], \"b\": (1, y) ...r}",
        "{\"a\": {\"b\": x} ...r}",
        "{\"a\": {\"b\": x ...s} ...r}",
        "{\"c\": Nil ...r}",
        "{(2 | 1): x}",
        "{[1]: x ...r}",
        "{\"b\": {@0!(x) | y}, \"a\": z}",
        "{x: 2}",
        "{x: y ...r}",
        "Set(x, ...r)",
        "{@0!(x)}",
        "Int",
    ];

    /// What is decided on values is what the spatial matcher finds.
    #[test]
    fn compiled_patterns_match_as_the_matcher_does() {
        let mut compiled = 0;
        for pattern in PATTERNS {
            let source = format!("match Nil {{ {pattern} => Nil }}");
            let term = compile(&source, &Options::default()).expect("a match");
            let case = &term.items(Category::Match)[0].children()[1];
            let Head::Case { free_count, .. } = *case.head() else { panic!("{source}") };
            let term = &case.children()[0];
            let pattern = Pattern::compile(term);
            compiled += usize::from(!matches!(pattern, Pattern::Spatial(_)));
            for value in VALUES {
                let value = Value::from_term(&compile(value, &Options::default()).expect("a process"));
                let mut found = [vec![Value::Nil; free_count as usize], vec![Value::Nil; free_count as usize]];
                let [quick, slow] = &mut found;
                let fits = pattern.matches(&value, quick, &mut Budget::default()).expect("few steps");
                assert_eq!(fits, spatial(term, &value, slow, &mut Budget::default()).expect("few steps"), "{source}");
                if fits {
                    assert_eq!(quick, slow, "{source} {value:?}");
                }
            }
        }
        assert_eq!(compiled, PATTERNS.len() - 5);
    }
}
