//! Receives (language.md 3.5): `for`, contracts, and what the sugar turns into receives.

use std::collections::HashSet;

use rhodium_grammar::ast::{Arrow, NameId, NameList, ProcId, Receipt, Source, Span};
use rhodium_term::{Term, Var, order};

use crate::machine::{BindRest, Machine, Step, Work};
use crate::scope::{FreeMap, Sort};

/// A receive to be read.
pub(crate) struct Receive<'a> {
    pub binds: Vec<Bind<'a>>,
    pub persistent: bool,
    pub peek: bool,
    pub guard: Option<ProcId>,
    pub body: Body<'a>,
    /// Whether `\/` and `~` are refused in the patterns.
    pub check: bool,
    pub span: Span,
}

/// One bind to be read.
pub(crate) struct Bind<'a> {
    pub source: Channel,
    /// Whether a fresh name stands before the patterns.
    pub reply: bool,
    pub patterns: Patterns<'a>,
    pub span: Span,
}

/// Where a bind reads from.
#[derive(Clone, Copy)]
pub(crate) enum Channel {
    Name(NameId),
    /// The variable with that number in the innermost bound map.
    Numbered(u32),
}

/// What a bind reads.
#[derive(Clone, Copy)]
pub(crate) enum Patterns<'a> {
    List(&'a NameList),
    /// `_`
    Wildcard,
    /// `...@fresh`
    Rest,
}

/// What a receive continues with.
#[derive(Clone, Copy)]
pub(crate) enum Body<'a> {
    /// The receipts that are left, then the process.
    Receipts(&'a [Receipt], ProcId),
    Nil,
    Agent(ProcId),
    AgentCalls {
        agent: ProcId,
        private: bool,
    },
}

impl Bind<'_> {
    fn pattern_count(&self) -> usize {
        let listed = match self.patterns {
            Patterns::List(list) => list.names.len(),
            Patterns::Wildcard => 1,
            Patterns::Rest => 0,
        };
        listed + usize::from(self.reply)
    }
}

/// A bind that is read, before sorting.
struct ReadBind {
    term: Term,
    binders: FreeMap,
    /// Place among the binds as written.
    place: usize,
}

impl<'a> Machine<'a> {
    pub(crate) fn contract(&mut self, name: NameId, params: &'a NameList, body: ProcId, span: Span) {
        let bind = Bind { source: Channel::Name(name), reply: false, patterns: Patterns::List(params), span };
        self.plan_receive(Receive {
            binds: vec![bind],
            persistent: true,
            peek: false,
            guard: None,
            body: Body::Receipts(&[], body),
            check: true,
            span,
        });
    }

    /// Receipts nest: the first one's body is the rest.
    pub(crate) fn receipts(&mut self, receipts: &'a [Receipt], body: ProcId) {
        let Some((receipt, rest)) = receipts.split_first() else { return self.work.push(Work::Proc(body)) };
        let calls = receipt.binds.iter().filter(|b| matches!(b.source, Source::SendReceive(..))).count() as u32;
        let first = self.scopes.bound_count();
        if calls > 0 {
            for _ in 0..calls {
                self.scopes.bind(None, Sort::Name, receipt.span);
            }
            self.work.push(Work::NewEnd { count: calls, span: receipt.span });
            self.work.push(Work::Compose(calls as usize + 1));
        }
        let mut reply = first;
        let binds = receipt
            .binds
            .iter()
            .map(|bind| {
                let source = match &bind.source {
                    Source::Plain(name) | Source::ReceiveSend(name) => Channel::Name(*name),
                    Source::SendReceive(..) => {
                        reply += 1;
                        Channel::Numbered(reply - 1)
                    }
                };
                let acknowledge = matches!(bind.source, Source::ReceiveSend(_));
                Bind { source, reply: acknowledge, patterns: Patterns::List(&bind.patterns), span: bind.span }
            })
            .collect();
        self.plan_receive(Receive {
            binds,
            persistent: receipt.arrow == Arrow::Repeated,
            peek: receipt.arrow == Arrow::Peek,
            guard: receipt.guard,
            body: Body::Receipts(rest, body),
            check: true,
            span: receipt.span,
        });
        let mut reply = first + calls;
        for bind in receipt.binds.iter().rev() {
            if let Source::SendReceive(channel, args) = &bind.source {
                reply -= 1;
                self.plan_call(*channel, reply, args, bind.span);
            }
        }
    }

    /// Plans `channel!(*reply, args…)`.
    pub(crate) fn plan_call(&mut self, channel: NameId, reply: u32, args: &[ProcId], span: Span) {
        self.work.push(Work::SendEnd { args: args.len() + 1, persistent: false, span });
        self.plan(args);
        self.work.extend([Work::Numbered(reply, span), Work::Name(channel)]);
    }

    /// Plans a receive: all sources in the outer scope, then the patterns bind by bind, then the rest.
    pub(crate) fn plan_receive(&mut self, mut receive: Receive<'a>) {
        // Inside a pattern the check is not made (language.md 3.5).
        receive.check &= self.scopes.pattern_depth() == 0;
        let (start, check) = (self.work.len(), receive.check);
        for bind in &receive.binds {
            self.work.push(match bind.source {
                Channel::Name(name) => Work::Name(name),
                Channel::Numbered(number) => Work::Numbered(number, bind.span),
            });
        }
        for bind in &receive.binds {
            self.work.push(Work::EnterPattern);
            if bind.reply {
                self.work.push(Work::FreshBinder(bind.span));
            }
            let rest = match bind.patterns {
                Patterns::List(list) => {
                    self.work.extend(list.names.iter().map(|n| Work::Name(*n)));
                    BindRest::Written(&list.remainder)
                }
                Patterns::Wildcard => {
                    self.work.push(Work::Wildcard(bind.span));
                    BindRest::Written(&None)
                }
                Patterns::Rest => BindRest::Fresh(bind.span),
            };
            self.work.push(Work::BindEnd(rest, check));
        }
        self.work.push(Work::ReceiveScope(Box::new(receive)));
        self.work[start..].reverse();
    }

    /// Reads the remainder of a bind, after its patterns, and leaves them.
    pub(crate) fn bind_end(&mut self, rest: BindRest<'a>, check: bool) -> Step {
        let read = match rest {
            BindRest::Written(remainder) => self.remainder(remainder),
            BindRest::Fresh(span) => {
                let var = self.scopes.fresh_binder(Sort::Proc, span);
                self.remainders.push(Some(var));
                Ok(())
            }
        };
        let binders = self.scopes.leave_pattern();
        let checked = if check { self.report.receive_pattern(&binders) } else { Ok(()) };
        self.read.push(binders);
        read.and(checked)
    }

    pub(crate) fn receive_scope(&mut self, receive: Receive<'a>) -> Step {
        let mut read = self.read_binds(&receive);
        read.sort_by(|a, b| order::compare(&a.term, &b.term));
        let checked = self.check_sources(&receive, &read);
        let (fresh, absorbed) = self.absorb_binds(&read);
        let Receive { binds, persistent, peek, guard, body, span, .. } = receive;
        self.work.push(Work::ReceiveEnd { binds: read.len(), persistent, peek, guard: guard.is_some(), span });
        self.binds.extend(read.into_iter().map(|b| b.term));
        let first = fresh.first().map_or(0, |(_, number)| *number);
        match body {
            Body::Nil => self.work.push(Work::Compose(0)),
            Body::Agent(id) => self.work.push(Work::AgentBody(id, first)),
            Body::AgentCalls { agent, private } => self.work.push(Work::AgentCalls { agent, private, args: first }),
            Body::Receipts(rest, body) => {
                if !fresh.is_empty() {
                    self.work.push(Work::Compose(fresh.len() + 1));
                }
                self.work.push(Work::Receipts(rest, body));
                for (place, number) in fresh.into_iter().rev() {
                    let span = binds[place].span;
                    self.work.push(Work::SendEnd { args: 0, persistent: false, span });
                    self.work.push(Work::Numbered(number, span));
                }
            }
        }
        self.work.extend(guard.map(Work::Proc));
        checked.and(absorbed)
    }

    /// Takes the sources, patterns, remainders and binders of a receive from the stacks.
    fn read_binds(&mut self, receive: &Receive<'a>) -> Vec<ReadBind> {
        let count = receive.binds.len();
        let patterns: usize = receive.binds.iter().map(Bind::pattern_count).sum();
        let mut patterns = self.pop_many(patterns).into_iter();
        let sources = self.pop_many(count);
        let binders = self.read.split_off(self.read.len().saturating_sub(count));
        let remainders: Vec<Option<Var>> = self.remainders.split_off(self.remainders.len().saturating_sub(count));
        let parts = receive.binds.iter().zip(sources).zip(binders).zip(remainders).enumerate();
        parts
            .map(|(place, (((bind, source), binders), remainder))| {
                let patterns = patterns.by_ref().take(bind.pattern_count());
                let term = Term::bind(source, patterns, remainder, binders.vars.len() as u32);
                ReadBind { term, binders, place }
            })
            .collect()
    }

    fn check_sources(&self, receive: &Receive<'a>, binds: &[ReadBind]) -> Step {
        if binds.len() < 2 {
            return Ok(());
        }
        let mut seen = HashSet::with_capacity(binds.len());
        let repeated = binds.iter().find(|bind| !seen.insert(&bind.term.children()[0]));
        match repeated {
            None => Ok(()),
            Some(bind) => {
                let source = &bind.term.children()[0];
                let same = binds.iter().filter(|b| b.term.children()[0] == *source).map(|b| b.place);
                let mut spans: Vec<Span> = same.map(|place| receive.binds[place].span).collect();
                spans.sort();
                Err(self.report.same_channels(&spans, receive.span))
            }
        }
    }

    /// Brings the binders into scope in sorted order; gives the places of the binds and the numbers of
    /// the fresh ones, in the order of the source.
    fn absorb_binds(&mut self, binds: &[ReadBind]) -> (Vec<(usize, u32)>, Step) {
        let since = self.scopes.bound_count();
        let mut fresh = Vec::new();
        let mut absorbed = Ok(());
        for bind in binds {
            for var in &bind.binders.vars {
                if let Some(slot) = var.slot
                    && let Some(earlier) = self.scopes.bound_since(slot, since)
                {
                    let (first, second) = (earlier.min(var.span), earlier.max(var.span));
                    let error = || self.report.joint_reuse(self.scopes.text(slot), second, first);
                    absorbed = absorbed.and_then(|()| Err(error()));
                }
                let number = self.scopes.bind(var.slot, var.sort, var.span);
                if var.slot.is_none() {
                    fresh.push((bind.place, number));
                }
            }
        }
        self.sizes.push(self.scopes.bound_count() - since);
        fresh.sort_unstable();
        (fresh, absorbed)
    }

    pub(crate) fn receive_end(&mut self, binds: usize, persistent: bool, peek: bool, guard: bool, span: Span) {
        let body = self.pop();
        let guard = guard.then(|| self.pop());
        let binds = self.binds.split_off(self.binds.len().saturating_sub(binds));
        let size = self.sizes.pop().unwrap_or(0);
        self.scopes.unbind(size);
        self.push(Term::receive(binds, body, persistent, peek, guard), span);
    }
}
