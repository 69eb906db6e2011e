//! What the grammar's actions do: build nodes, and check what a context-free grammar cannot say.

use std::collections::HashSet;
use std::sync::Arc;

use crate::ast::*;
use crate::error::{MAX_ERRORS, SyntaxError, codes};
use crate::infix::Chain;
use crate::number::{self, NumberError};

/// A lexical error reached the parser, which stops; the error is found again by those who look for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LexicalError;

/// A source, and where its `?!` or `!?(…)` stands if it has one.
pub(crate) type SourceForm = (Source, Option<Span>);

/// A bind with its arrow and where that stands.
pub(crate) type JointBind = Box<(Bind, Arrow, Span)>;

/// The declarations of a `let`, and whether they are joined by `&`.
pub(crate) type LetDecls = (Vec<Box<LetDecl>>, bool);

/// Collects nodes and the errors that do not stop the parser.
pub(crate) struct Builder<'s> {
    source: &'s str,
    pub(crate) ast: Ast,
    pub(crate) errors: Vec<SyntaxError>,
    padding: u64,
    big: number::Value,
}

/// A list with room for a few more: most have two or three items.
pub(crate) fn list_of<T>(item: T) -> Vec<T> {
    const BYTES: usize = 16;
    let mut list = Vec::with_capacity((BYTES / size_of::<T>().max(1)).max(1));
    list.push(item);
    list
}

fn span(l: u32, r: u32) -> Span {
    Span { start: l, end: r }
}

impl<'s> Builder<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let ast = Ast::for_source(source.len());
        Builder { source, ast, errors: Vec::new(), padding: number::MAX_PADDING, big: number::big }
    }

    /// For an attempt, of which only the errors matter: big numbers, which take time, are not worked out.
    pub(crate) fn for_errors(source: &'s str) -> Self {
        Builder { big: number::no_value, ..Builder::new(source) }
    }

    /// Keeps an error, unless there are more than anybody reads.
    fn report(&mut self, error: SyntaxError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn text(&self, l: u32, r: u32) -> &'s str {
        self.source.get(l as usize..r as usize).unwrap_or_default()
    }

    pub(crate) fn proc(&mut self, proc: Proc, l: u32, r: u32) -> ProcId {
        self.ast.add_proc(proc, span(l, r))
    }

    pub(crate) fn name(&mut self, name: Name, l: u32, r: u32) -> NameId {
        self.ast.add_name(name, span(l, r))
    }

    pub(crate) fn ident(&mut self, l: u32, r: u32) -> Ident {
        Ident { symbol: self.ast.intern(self.text(l, r)), span: span(l, r) }
    }

    pub(crate) fn variable(&mut self, ident: Ident) -> ProcId {
        self.ast.add_proc(Proc::Var(ident), ident.span)
    }

    pub(crate) fn infix(&mut self, chain: Chain) -> ProcId {
        chain.build(&mut self.ast)
    }

    /// The text of a token without its first and last character.
    pub(crate) fn inner_text(&self, l: u32, r: u32) -> Arc<str> {
        Arc::from(self.text(l + 1, r.saturating_sub(1)))
    }

    pub(crate) fn string(&mut self, l: u32, r: u32) -> ProcId {
        let text = self.inner_text(l, r);
        self.proc(Proc::String(text), l, r)
    }

    pub(crate) fn uri(&mut self, l: u32, r: u32) -> ProcId {
        let text = self.inner_text(l, r);
        self.proc(Proc::Uri(text), l, r)
    }

    pub(crate) fn number(&mut self, l: u32, r: u32) -> ProcId {
        let text = self.text(l, r);
        let proc = number::decode(text, &mut self.padding, self.big).unwrap_or_else(|error| {
            self.report(number_error(error, text, span(l, r)));
            Proc::Int(0)
        });
        self.proc(proc, l, r)
    }

    /// `BigInt(…)`, whose number stands at `a..z`.
    pub(crate) fn big_int(&mut self, a: u32, z: u32, l: u32, r: u32) -> ProcId {
        let digits = self.text(a, z);
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("`BigInt(…)` takes plain digits, not `{}`", shorten(digits));
            self.report(
                SyntaxError::new(codes::BAD_NUMBER, span(a, z), shorten(digits), message)
                    .with_hint("a negative value is written `-BigInt(5)` or `-5n`"),
            );
            return self.proc(Proc::Int(0), l, r);
        }
        if digits.len() > number::MAX_DIGITS {
            self.report(number_error(NumberError::Long, digits, span(a, z)));
            return self.proc(Proc::Int(0), l, r);
        }
        self.proc(Proc::BigInt((self.big)(digits)), l, r)
    }

    pub(crate) fn tuple(&mut self, first: ProcId, mut rest: Vec<ProcId>, l: u32, r: u32) -> ProcId {
        rest.insert(0, first);
        self.proc(Proc::Tuple(rest), l, r)
    }

    pub(crate) fn method_arguments(&mut self, method: Ident, mut args: Vec<ProcId>) -> Vec<ProcId> {
        let name = self.text(method.span.start, method.span.end);
        args.insert(0, self.ast.add_proc(Proc::String(Arc::from(name)), method.span));
        args
    }

    pub(crate) fn new_names(&mut self, decls: Vec<NameDecl>, body: ProcId, l: u32, r: u32) -> ProcId {
        let mut seen = HashSet::new();
        if decls.len() > 1 {
            for decl in &decls {
                if !seen.insert(decl.ident.symbol) {
                    let name = self.text(decl.ident.span.start, decl.ident.span.end);
                    let message = format!("`{name}` is declared twice by the same `new`");
                    let error = SyntaxError::new(codes::DUPLICATE_NAME, decl.ident.span, name, message);
                    self.report(error.with_hint("give one of them another name"));
                }
            }
        }
        self.proc(Proc::New { decls, body }, l, r)
    }

    /// `v = P` is `@v <- P`.
    pub(crate) fn let_value(&mut self, ident: Ident, value: ProcId, l: u32, r: u32) -> Box<LetDecl> {
        let variable = self.variable(ident);
        let name = self.ast.add_name(Name::Quote(variable), ident.span);
        let patterns = NameList { names: vec![name], remainder: None };
        Box::new(LetDecl { patterns, values: vec![value], span: span(l, r) })
    }

    pub(crate) fn let_in(&mut self, decls: LetDecls, body: ProcId, l: u32, r: u32) -> ProcId {
        let (decls, concurrent) = decls;
        let decls = decls.into_iter().map(|decl| *decl).collect();
        self.proc(Proc::Let { concurrent, decls, body }, l, r)
    }

    pub(crate) fn bind(
        &mut self,
        patterns: NameList,
        arrow_span: Span,
        (source, form): SourceForm,
        l: u32,
        r: u32,
    ) -> JointBind {
        let arrow_text = self.text(arrow_span.start, arrow_span.end);
        let arrow = match arrow_text {
            "<=" => Arrow::Repeated,
            "<<-" => Arrow::Peek,
            _ => Arrow::Linear,
        };
        if let Some(form) = form
            && arrow != Arrow::Linear
        {
            let shown = shorten(self.text(form.start, form.end));
            let message = format!("a source with `?!`, `!?` or a method goes with `<-`, not `{arrow_text}`");
            self.report(SyntaxError::new(codes::SOURCE_ARROW, form, shown, message));
        }
        Box::new((Bind { patterns, source, span: span(l, r) }, arrow, arrow_span))
    }

    pub(crate) fn receipt(&mut self, binds: Vec<JointBind>, guard: Option<ProcId>, l: u32, r: u32) -> Receipt {
        let arrow = binds.first().map_or(Arrow::Linear, |bind| bind.1);
        if let Some(odd) = binds.iter().find(|bind| bind.1 != arrow) {
            let (first, place) = (binds[0].2, odd.2);
            let first = self.text(first.start, first.end);
            let other = self.text(place.start, place.end);
            let message = format!("binds joined by `&` must have the same arrow: `{other}` stands beside `{first}`");
            self.report(
                SyntaxError::new(codes::MIXED_ARROWS, place, other, message)
                    .with_hint("binds separated by `;` may have different arrows"),
            );
        }
        Receipt { arrow, binds: binds.into_iter().map(|bind| bind.0).collect(), guard, span: span(l, r) }
    }

    pub(crate) fn member(
        &mut self,
        kind: AgentMemberKind,
        private: bool,
        params: NameList,
        body: ProcId,
        l: u32,
        r: u32,
    ) -> Box<AgentMember> {
        Box::new(AgentMember { kind, private, params, body, span: span(l, r) })
    }

    // Boxed for the same reason as binds.
    #[allow(clippy::vec_box)]
    pub(crate) fn agent(&mut self, name: NameId, members: Vec<Box<AgentMember>>, l: u32, r: u32) -> ProcId {
        let members: Vec<AgentMember> = members.into_iter().map(|member| *member).collect();
        let head = span(l, self.ast.name_span(name).end);
        self.exactly_one(&members, head, "constructor", |m| m.kind == AgentMemberKind::Constructor);
        self.exactly_one(&members, head, "default", |m| m.kind == AgentMemberKind::Default && !m.private);
        let is_private_default = |m: &AgentMember| m.kind == AgentMemberKind::Default && m.private;
        if members.iter().any(|m| m.private) {
            self.exactly_one(&members, head, "private default", is_private_default);
        }
        self.proc(Proc::Agent { name, members }, l, r)
    }

    fn exactly_one(&mut self, members: &[AgentMember], head: Span, what: &str, is_such: impl Fn(&AgentMember) -> bool) {
        let mut such = members.iter().filter(|m| is_such(m));
        if such.next().is_none() {
            let message = format!("this agent has no `{what}`");
            let hint = format!("add `| {what}(…) {{ … }}`");
            self.report(SyntaxError::new(codes::AGENT_MEMBERS, head, format!("no `{what}`"), message).with_hint(hint));
        }
        for repeated in such {
            let message = format!("an agent has only one `{what}`");
            self.report(SyntaxError::new(codes::AGENT_MEMBERS, repeated.span, format!("another `{what}`"), message));
        }
    }
}

fn number_error(error: NumberError, text: &str, span: Span) -> SyntaxError {
    let shown = shorten(text);
    match error {
        NumberError::Suffix => SyntaxError::new(
            codes::BAD_NUMBER,
            span,
            shown.clone(),
            format!("`{shown}` is not a number: what follows the digits is no numeric suffix"),
        )
        .with_hint("the suffixes are `n`, `r`, `i64`, `u64`, `f64` and `p2` with other widths"),
        NumberError::Width(known) => SyntaxError::new(
            codes::BAD_NUMBER,
            span,
            shown.clone(),
            format!("`{shown}` has a width that does not exist; possible are {known}"),
        ),
        NumberError::Scale => SyntaxError::new(
            codes::BAD_NUMBER,
            span,
            shown.clone(),
            format!("`{shown}` asks for too many decimal places"),
        ),
        NumberError::Long => SyntaxError::new(
            codes::INTEGER_RANGE,
            span,
            shown.clone(),
            format!("the number `{shown}` has more than {} digits", number::MAX_DIGITS),
        ),
        NumberError::Range => SyntaxError::new(
            codes::INTEGER_RANGE,
            span,
            shown.clone(),
            format!("the integer `{shown}` does not fit 64 bits"),
        )
        .with_hint("a number of any size is written with the suffix `n`"),
    }
}

/// At most 32 characters of a text.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(32) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
