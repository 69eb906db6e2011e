//! The sugar that is not a receive by itself: synchronous sends, `let`, agents (language.md 3.7, 2.9).

use rhodium_grammar::ast::{AgentMember, AgentMemberKind, BundleKind, LetDecl, NameId, NameList, Proc, ProcId, Span};
use rhodium_term::Term;

use crate::machine::{Machine, Work};
use crate::receive::{Bind, Body, Channel, Patterns, Receive};
use crate::scope::{Sort, Special};

impl<'a> Machine<'a> {
    /// `new r in { c!(*r, a…) | for (_ <- r) {P} }`
    pub(crate) fn send_sync(&mut self, channel: NameId, args: &[ProcId], continuation: Option<ProcId>, span: Span) {
        let reply = self.scopes.bind(None, Sort::Name, span);
        self.work.extend([Work::NewEnd { count: 1, span }, Work::Compose(2)]);
        self.plan_receive(Receive {
            binds: vec![Bind { source: Channel::Numbered(reply), reply: false, patterns: Patterns::Wildcard, span }],
            persistent: false,
            peek: false,
            guard: None,
            body: continuation.map_or(Body::Nil, |body| Body::Receipts(&[], body)),
            check: true,
            span,
        });
        self.plan_call(channel, reply, args, span);
    }

    /// `match [v…] { [p…] => rest }`
    pub(crate) fn sequential_let(&mut self, decls: &'a [LetDecl], body: ProcId, span: Span) {
        let Some((decl, rest)) = decls.split_first() else { return self.work.push(Work::Proc(body)) };
        self.work.extend([Work::MatchEnd { cases: 1, span }, Work::CaseEnd { guard: false }]);
        self.work.extend([Work::Let(rest, body, span), Work::CaseScope]);
        self.work.push(Work::ListEnd { elements: decl.patterns.names.len(), span: decl.span });
        self.plan_names(&decl.patterns.names);
        self.work.extend([Work::Remainder(&decl.patterns.remainder), Work::EnterPattern]);
        self.work.push(Work::ListEnd { elements: decl.values.len(), span: decl.span });
        self.plan(&decl.values);
        self.work.push(Work::Remainder(&None));
    }

    /// `new r… in { r!(v…) | … | for (p… <- r & …) {P} }`
    pub(crate) fn concurrent_let(&mut self, decls: &'a [LetDecl], body: ProcId, span: Span) {
        let count = decls.len() as u32;
        let first = self.scopes.bound_count();
        for decl in decls {
            self.scopes.bind(None, Sort::Name, decl.span);
        }
        self.work.extend([Work::NewEnd { count, span }, Work::Compose(decls.len() + 1)]);
        let binds = decls.iter().zip(first..).map(|(decl, number)| Bind {
            source: Channel::Numbered(number),
            reply: false,
            patterns: Patterns::List(&decl.patterns),
            span: decl.span,
        });
        self.plan_receive(Receive {
            binds: binds.collect(),
            persistent: false,
            peek: false,
            guard: None,
            body: Body::Receipts(&[], body),
            check: false,
            span,
        });
        for (decl, number) in decls.iter().rev().zip((0..first + count).rev()) {
            self.work.push(Work::SendEnd { args: decl.values.len(), persistent: false, span: decl.span });
            self.plan(&decl.values);
            self.work.push(Work::Numbered(number, decl.span));
        }
    }

    fn members(&self, agent: ProcId) -> &'a [AgentMember] {
        match self.ast.proc(agent) {
            Proc::Agent { members, .. } => members,
            _ => &[],
        }
    }

    /// `for (r, c… <= N) { … }`
    pub(crate) fn agent(&mut self, id: ProcId, name: NameId, span: Span) {
        static NO_PARAMETERS: NameList = NameList { names: Vec::new(), remainder: None };
        let constructor = self.members(id).iter().find(|m| m.kind == AgentMemberKind::Constructor);
        let params = constructor.map_or(&NO_PARAMETERS, |m| &m.params);
        self.plan_receive(Receive {
            binds: vec![Bind { source: Channel::Name(name), reply: true, patterns: Patterns::List(params), span }],
            persistent: true,
            peek: false,
            guard: None,
            body: Body::Agent(id),
            check: true,
            span,
        });
    }

    /// `new this, private in { calls of private methods | calls of the others | C | r!(bundle+{*this}) }`
    pub(crate) fn agent_body(&mut self, id: ProcId, reply: u32) {
        let span = self.ast.proc_span(id);
        let members = self.members(id);
        let this = self.scopes.bind(Some(Special::This.into()), Sort::Name, span);
        let private = self.scopes.bind(Some(Special::Private.into()), Sort::Name, span);
        let has_private = members.iter().any(|m| m.private);
        self.work.extend([Work::NewEnd { count: 2, span }, Work::Compose(3 + usize::from(has_private))]);

        let write_only = BundleKind { write: true, read: false };
        self.work.push(Work::SendEnd { args: 1, persistent: false, span });
        self.work.extend([Work::BundleEnd(write_only, span), Work::Numbered(this, span), Work::Numbered(reply, span)]);
        match members.iter().find(|m| m.kind == AgentMemberKind::Constructor) {
            Some(constructor) => self.work.push(Work::Proc(constructor.body)),
            None => self.work.push(Work::Compose(0)),
        }
        self.plan_agent_calls(id, false, this, span);
        if has_private {
            self.plan_agent_calls(id, true, private, span);
        }
    }

    /// `for (...@args <= channel) { match args { … } }`
    fn plan_agent_calls(&mut self, agent: ProcId, private: bool, channel: u32, span: Span) {
        self.plan_receive(Receive {
            binds: vec![Bind { source: Channel::Numbered(channel), reply: false, patterns: Patterns::Rest, span }],
            persistent: true,
            peek: false,
            guard: None,
            body: Body::AgentCalls { agent, private },
            check: true,
            span,
        });
    }

    /// `match args { [*return, "m", p…] => {M} … _ => {D} }`
    pub(crate) fn agent_calls(&mut self, agent: ProcId, private: bool, args: u32) {
        let span = self.ast.proc_span(agent);
        let members = || self.members(agent).iter().filter(|m| m.private == private);
        let methods: Vec<&AgentMember> = members().filter(|m| matches!(m.kind, AgentMemberKind::Method(_))).collect();
        let default = members().find(|m| m.kind == AgentMemberKind::Default);
        self.work.push(Work::MatchEnd { cases: methods.len() + usize::from(default.is_some()), span });
        if let Some(default) = default {
            self.work.extend([Work::CaseEnd { guard: false }, Work::Proc(default.body), Work::CaseScope]);
            self.work.extend([Work::Wildcard(default.span), Work::EnterPattern]);
        }
        for method in methods.into_iter().rev() {
            self.plan_agent_method(method);
        }
        self.work.push(Work::Numbered(args, span));
    }

    fn plan_agent_method(&mut self, method: &'a AgentMember) {
        let AgentMemberKind::Method(name) = method.kind else { return };
        let span = method.span;
        self.work.extend([Work::CaseEnd { guard: false }, Work::Proc(method.body), Work::CaseScope]);
        self.work.push(Work::ListEnd { elements: method.params.names.len() + 2, span });
        self.plan_names(&method.params.names);
        self.work.push(Work::Item(Term::string(self.ast.text(name.symbol))));
        self.work.push(Work::Special(Special::Return, span));
        self.work.extend([Work::Remainder(&method.params.remainder), Work::EnterPattern]);
    }
}
