//! Every construct of the grammar, shown as the tree it becomes.

use rhodium_grammar::ast::*;
use rhodium_grammar::{Parsed, codes, parse};

/// The tree of a source in prefix notation.
fn tree(source: &str) -> String {
    match parse(source) {
        Ok(parsed) => Show(&parsed).proc(parsed.root),
        Err(errors) => panic!("{source}: {errors:?}"),
    }
}

fn code(source: &str) -> &'static str {
    match parse(source) {
        Ok(parsed) => panic!("{source}: accepted as {}", Show(&parsed).proc(parsed.root)),
        Err(errors) => errors[0].code,
    }
}

/// Each source becomes the tree beside it.
fn check(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(tree(source), *expected, "{source}");
    }
}

struct Show<'p>(&'p Parsed);

impl Show<'_> {
    fn ident(&self, ident: Ident) -> String {
        self.0.ast.text(ident.symbol).to_owned()
    }

    fn name(&self, id: NameId) -> String {
        match self.0.ast.name(id) {
            Name::Wildcard => "_".to_owned(),
            Name::Var(ident) => self.ident(*ident),
            Name::Quote(proc) => format!("@{}", self.proc(*proc)),
        }
    }

    fn join(&self, head: &str, items: &[String]) -> String {
        let mut all = vec![head.to_owned()];
        all.extend(items.iter().cloned());
        format!("({})", all.join(" "))
    }

    fn procs(&self, procs: &[ProcId]) -> Vec<String> {
        procs.iter().map(|id| self.proc(*id)).collect()
    }

    fn rest(&self, rest: &Option<Remainder>) -> Option<String> {
        rest.as_ref().map(|rest| format!("...{}", rest.var.map_or("_".to_owned(), |var| self.ident(var))))
    }

    fn names(&self, list: &NameList) -> String {
        let mut all: Vec<String> = list.names.iter().map(|id| self.name(*id)).collect();
        all.extend(self.rest(&list.remainder));
        format!("[{}]", all.join(" "))
    }

    fn receipt(&self, receipt: &Receipt) -> String {
        let arrow = match receipt.arrow {
            Arrow::Linear => "<-",
            Arrow::Repeated => "<=",
            Arrow::Peek => "<<-",
        };
        let mut items = Vec::new();
        for bind in &receipt.binds {
            items.push(self.names(&bind.patterns));
            items.push(match &bind.source {
                Source::Plain(name) => self.name(*name),
                Source::ReceiveSend(name) => self.join("?!", &[self.name(*name)]),
                Source::SendReceive(name, args) => {
                    self.join("!?", &[vec![self.name(*name)], self.procs(args)].concat())
                }
            });
        }
        items.extend(receipt.guard.map(|guard| self.join("where", &[self.proc(guard)])));
        self.join(arrow, &items)
    }

    fn proc(&self, id: ProcId) -> String {
        let collection = |head: &str, items: &[ProcId], rest: &Option<Remainder>| {
            let mut shown = self.procs(items);
            shown.extend(self.rest(rest));
            self.join(head, &shown)
        };
        match self.0.ast.proc(id) {
            Proc::Nil => "Nil".to_owned(),
            Proc::Bool(value) => value.to_string(),
            Proc::Int(value) => value.to_string(),
            Proc::BigInt(value) => format!("{value}n"),
            Proc::Float(value) => format!("{value:?}f"),
            Proc::BigRat(ratio) => format!("{}/{}r", ratio.0, ratio.1),
            Proc::FixedPoint(value, scale) => format!("{value}p{scale}"),
            Proc::String(text) => format!("{text:?}"),
            Proc::Uri(text) => format!("`{text}`"),
            Proc::SimpleType(simple) => format!("{simple:?}"),
            Proc::Wildcard => "_".to_owned(),
            Proc::Var(ident) => self.ident(*ident),
            Proc::VarRef { ident, name } => format!("={}{}", if *name { "*" } else { "" }, self.ident(*ident)),
            Proc::Eval(name) => format!("*{}", self.name(*name)),
            Proc::Par(parts) => collection("|", parts, &None),
            Proc::Unary(op, operand) => self.join(&format!("{op:?}"), &[self.proc(*operand)]),
            Proc::Binary(op, left, right) => self.join(&format!("{op:?}"), &self.procs(&[*left, *right])),
            Proc::Method { target, name, args } => {
                self.join(&format!(".{}", self.ident(*name)), &[self.procs(&[*target]), self.procs(args)].concat())
            }
            Proc::Send { channel, persistent, args } => {
                let head = if *persistent { "!!" } else { "!" };
                self.join(head, &[vec![self.name(*channel)], self.procs(args)].concat())
            }
            Proc::SendSync { channel, args, continuation } => {
                let mut items = vec![self.name(*channel)];
                items.extend(self.procs(args));
                items.extend(continuation.map(|continuation| format!("; {}", self.proc(continuation))));
                self.join("!?", &items)
            }
            Proc::New { decls, body } => {
                let shown: Vec<String> = decls
                    .iter()
                    .map(|decl| match &decl.uri {
                        None => self.ident(decl.ident),
                        Some((uri, _)) => format!("{}=`{uri}`", self.ident(decl.ident)),
                    })
                    .collect();
                self.join("new", &[format!("[{}]", shown.join(" ")), self.proc(*body)])
            }
            Proc::Contract { name, params, body } => {
                self.join("contract", &[self.name(*name), self.names(params), self.proc(*body)])
            }
            Proc::For { receipts, body } => {
                let mut items: Vec<String> = receipts.iter().map(|receipt| self.receipt(receipt)).collect();
                items.push(self.proc(*body));
                self.join("for", &items)
            }
            Proc::Select(branches) => {
                let shown: Vec<String> = branches
                    .iter()
                    .map(|branch| format!("{} => {}", self.receipt(&branch.receipt), self.proc(branch.body)))
                    .collect();
                self.join("select", &shown)
            }
            Proc::Match { target, cases } => {
                let mut items = vec![self.proc(*target)];
                for case in cases {
                    let guard = case.guard.map_or(String::new(), |guard| format!(" where {}", self.proc(guard)));
                    items.push(format!("[{}{guard} => {}]", self.proc(case.pattern), self.proc(case.body)));
                }
                self.join("match", &items)
            }
            Proc::If { condition, then, otherwise } => {
                let mut items = self.procs(&[*condition, *then]);
                items.extend(otherwise.map(|otherwise| self.proc(otherwise)));
                self.join("if", &items)
            }
            Proc::Let { concurrent, decls, body } => {
                let mut items: Vec<String> = decls
                    .iter()
                    .map(|decl| {
                        format!("{}={:?}", self.names(&decl.patterns), self.procs(&decl.values)).replace('"', "")
                    })
                    .collect();
                items.push(self.proc(*body));
                self.join(if *concurrent { "let&" } else { "let" }, &items)
            }
            Proc::Bundle(kind, body) => {
                let head = match (kind.write, kind.read) {
                    (true, true) => "bundle",
                    (true, false) => "bundle+",
                    (false, true) => "bundle-",
                    (false, false) => "bundle0",
                };
                self.join(head, &[self.proc(*body)])
            }
            Proc::List(items, rest) => collection("list", items, rest),
            Proc::Tuple(items) => collection("tuple", items, &None),
            Proc::Set(items, rest) => collection("set", items, rest),
            Proc::PathMap(items, rest) => collection("path", items, rest),
            Proc::Map(entries, rest) => {
                let mut shown: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}:{}", self.proc(*key), self.proc(*value))).collect();
                shown.extend(self.rest(rest));
                self.join("map", &shown)
            }
            Proc::Conjunction(left, right) => self.join("/\\", &self.procs(&[*left, *right])),
            Proc::Disjunction(left, right) => self.join("\\/", &self.procs(&[*left, *right])),
            Proc::Negation(operand) => self.join("~", &[self.proc(*operand)]),
            Proc::Agent { name, members } => {
                let mut items = vec![self.name(*name)];
                for member in members {
                    let private = if member.private { "private " } else { "" };
                    let kind = match member.kind {
                        AgentMemberKind::Constructor => "constructor".to_owned(),
                        AgentMemberKind::Method(name) => self.ident(name),
                        AgentMemberKind::Default => "default".to_owned(),
                    };
                    items.push(format!("{private}{kind}{}={}", self.names(&member.params), self.proc(member.body)));
                }
                self.join("agent", &items)
            }
        }
    }
}

#[test]
fn ground_terms() {
    check(&[
        ("Nil", "Nil"),
        ("true", "true"),
        ("\"a\\n\\\"b\\r\\0\\12\"", r#""a\\n\\\"b\\r\\0\\12""#),
        ("\"a\nb\"", r#""a\nb""#),
        ("`rho:io:stdout`", "`rho:io:stdout`"),
        ("``", "``"),
        ("`a\\`", "`a\\`"),
        ("BigInt(12345678901234567890)", "12345678901234567890n"),
        ("BigInt( 5 )", "5n"),
        ("[42i8, 255u8, 7n, 3r, 2.5f64, 1.50p2, .5, 1e3]", "(list 42 255 7n 3/1r 2.5f 150p2 0.5f 1000.0f)"),
        ("[Bool, Int, BigInt, String, Uri, ByteArray]", "(list Bool Int BigInt String Uri ByteArray)"),
        ("/* a */ 1 // b", "1"),
        ("\u{FEFF}1", "1"),
        ("x' | _y | été | 'z", "(| x' _y été 'z)"),
    ]);
}

#[test]
fn minus_and_star_depend_on_what_stands_before() {
    check(&[
        ("-5", "-5"),
        ("- 5", "(Neg 5)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("a -1", "(Minus a 1)"),
        ("a-1", "(Minus a 1)"),
        ("5 - -2", "(Minus 5 -2)"),
        ("5--2", "(MinusMinus 5 2)"),
        ("[-1, -.5]", "(list -1 -0.5f)"),
        ("-5u8", "(Neg 5)"),
        ("-x.m()", "(Neg (.m x))"),
        ("-5.m()", "(.m -5)"),
        ("(1) -1", "(Minus 1 1)"),
        ("{1} -1", "(Minus 1 1)"),
        ("{} -1", "(Minus (map) 1)"),
        ("[1] -1", "(Minus (list 1) 1)"),
        ("{|1|} -1", "(Minus (path 1) 1)"),
        ("\"a\".m(1) -1", "(Minus (.m \"a\" 1) 1)"),
        ("*x * *y", "(Mult *x *y)"),
        ("new x in {5} * 3", "(new [x] (Mult 5 3))"),
        ("if (true) *x", "(if true *x)"),
        ("match x { 1 => {2} -1 => {3} }", "(match x [1 => 2] [-1 => 3])"),
        ("match x { 1 => new y in {2} -1 => Nil }", "(match x [1 => (new [y] 2)] [-1 => Nil])"),
        ("match x { 1 => if (y) {2} else {3} -1 => Nil }", "(match x [1 => (if y 2 3)] [-1 => Nil])"),
        ("match x { 1 => y!(2) -1 => Nil }", "(match x [1 => (! y 2)] [-1 => Nil])"),
        ("match x { 1 => for (<- c) {2} -1 => Nil }", "(match x [1 => (for (<- [] c) 2)] [-1 => Nil])"),
        ("match x { 1 => {2} *y => Nil }", "(match x [1 => 2] [*y => Nil])"),
        ("contract c() = {1} | -1", "(| (contract c [] 1) -1)"),
    ]);
    assert_eq!(code("--5"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn numbers_in_context() {
    check(&[
        ("[1...x]", "(list 1 ...x)"),
        ("[1.5...x]", "(list 1.5f ...x)"),
        ("1.size()", "(.size 1)"),
        ("1.5.size()", "(.size 1.5f)"),
        ("c!?(1).", "(!? c 1)"),
        ("1or 2", "(Or 1 2)"),
    ]);
    assert_eq!(code("9223372036854775808"), codes::INTEGER_RANGE);
    assert_eq!(code("5i7"), codes::BAD_NUMBER);
    assert_eq!(code("1.5f16"), codes::BAD_NUMBER);
    assert_eq!(code("5x"), codes::BAD_NUMBER);
    assert_eq!(code("BigInt(-5)"), codes::BAD_NUMBER);
    assert_eq!(code("BigInt(5n)"), codes::BAD_NUMBER);
    assert_eq!(code("1p4000000000"), codes::BAD_NUMBER);
}

#[test]
fn operators_bind_by_strength() {
    check(&[
        ("1 + 2 * 3 - 4 % 2", "(Minus (Plus 1 (Mult 2 3)) (Mod 4 2))"),
        ("1 | 2 + 3", "(| 1 (Plus 2 3))"),
        ("not a == b", "(Eq (Not a) b)"),
        ("- a * b", "(Mult (Neg a) b)"),
        ("a or b and c || d && e", "(ShortOr (Or a (And b c)) (ShortAnd d e))"),
        ("1 < 2 == true != x", "(Neq (Eq (Lt 1 2) true) x)"),
        ("a <= b >= c", "(Gte (Lte a b) c)"),
        ("a ++ b -- c %% d", "(MinusMinus (PlusPlus a b) (PercentPercent c d))"),
        ("a matches b == c", "(Matches a (Eq b c))"),
        ("a == b matches c", "(Matches (Eq a b) c)"),
        ("a matches b matches c", "(Matches a (Matches b c))"),
        ("a and b matches c", "(And a (Matches b c))"),
        ("*x.m()", "(.m *x)"),
        ("~x.m()", "(.m (~ x))"),
        ("~a /\\ b \\/ c /\\ d", "(\\/ (/\\ (~ a) b) (/\\ c d))"),
        ("(a + b).m(1, 2,).n()", "(.n (.m (Plus a b) 1 2))"),
    ]);
}

#[test]
fn sends() {
    check(&[
        ("x!()", "(! x)"),
        ("@\"c\"!!(1, *x,)", "(!! @\"c\" 1 *x)"),
        ("_!(1)", "(! _ 1)"),
        ("@{a | b}!(c!(1))", "(! @(| a b) (! c 1))"),
        ("x!?(1).", "(!? x 1)"),
        ("x!?(1); y!(2) | z!(3)", "(| (!? x 1 ; (! y 2)) (! z 3))"),
        ("x!m(1).", "(!? x \"m\" 1)"),
        ("x!m(1); Nil", "(!? x \"m\" 1 ; Nil)"),
        ("x!method(); y!?(); Nil", "(!? x \"method\" ; (!? y ; Nil))"),
    ]);
    assert_eq!(code("x!?(1)"), codes::UNEXPECTED_END);
    assert_eq!(code("@@\"x\"!(1)"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn quotes() {
    check(&[
        ("@5!()", "(! @5)"),
        ("@-5!()", "(! @-5)"),
        ("@Nil!()", "(! @Nil)"),
        ("@[0]!()", "(! @(list 0))"),
        ("@(1, 2)!()", "(! @(tuple 1 2))"),
        ("@(1 + 2)!()", "(! @(Plus 1 2))"),
        ("@*x!()", "(! @*x)"),
        ("@x /\\ Int!()", "(! @(/\\ x Int))"),
        ("*@x", "*@x"),
        ("@=x!() | @=*x!() | @= * x!()", "(| (! @=x) (! @=*x) (! @=*x))"),
        ("@`u`!() | @Set(1)!() | @{| 1 |}!()", "(| (! @`u`) (! @(set 1)) (! @(path 1)))"),
    ]);
    assert_eq!(code("@1 + 2!()"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn receives() {
    check(&[
        ("for (<- c) { Nil }", "(for (<- [] c) Nil)"),
        ("for (x, @y ...@r <- c) { Nil }", "(for (<- [x @y ...r] c) Nil)"),
        ("for (x, ...@_ <= c) { Nil }", "(for (<= [x ..._] c) Nil)"),
        ("for (x <<- @\"c\" & y <<- d) { Nil }", "(for (<<- [x] @\"c\" [y] d) Nil)"),
        ("for (x <- c?!; y <= d) { Nil }", "(for (<- [x] (?! c)) (<= [y] d) Nil)"),
        ("for (x <- c!?(1, 2) & y <- d!m(3)) { Nil }", "(for (<- [x] (!? c 1 2) [y] (!? d \"m\" 3)) Nil)"),
        (
            "for (@x <- c where x > 1; @y <- d where y) { Nil }",
            "(for (<- [@x] c (where (Gt x 1))) (<- [@y] d (where y)) Nil)",
        ),
        ("contract c(x, @y ...@z) = { x!(y) }", "(contract c [x @y ...z] (! x y))"),
        ("contract @\"c\"() = { Nil }", "(contract @\"c\" [] Nil)"),
        (
            "select { x <- a => P @y <- b & <- c => Q | R _ <- d => {S} }",
            "(select (<- [x] a) => P (<- [@y] b [] c) => (| Q R) (<- [_] d) => S)",
        ),
    ]);
    assert_eq!(code("for (x <- c & y <= d) { Nil }"), codes::MIXED_ARROWS);
    assert_eq!(code("for (x <= c?!) { Nil }"), codes::SOURCE_ARROW);
    assert_eq!(code("for (x <<- c!?()) { Nil }"), codes::SOURCE_ARROW);
    assert_eq!(code("for (x <- c) Nil"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("for () { Nil }"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("for (x <- c) {}"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("contract c(x) = Nil"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("for (x ...r <- c) { Nil }"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn new_and_bundles() {
    check(&[
        ("new x, y(`u`), z in A | B", "(| (new [x y=`u` z] A) B)"),
        ("new x in new y in x", "(new [x] (new [y] x))"),
        (
            "new agent, constructor, method, default, private in private",
            "(new [agent constructor method default private] private)",
        ),
        (
            "[bundle{x}, bundle+{x}, bundle-{x}, bundle0{x | y}]",
            "(list (bundle x) (bundle+ x) (bundle- x) (bundle0 (| x y)))",
        ),
    ]);
    assert_eq!(code("new x, x in Nil"), codes::DUPLICATE_NAME);
    assert_eq!(code("new in Nil"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("bundle + { Nil }"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn matches_and_conditions() {
    check(&[
        ("match x { 1 => A 2 => { B | C } _ => D }", "(match x [1 => A] [2 => (| B C)] [_ => D])"),
        ("match x { A | B => C | D E => F }", "(match x [(| A B) => (| C D)] [E => F])"),
        ("match x { n where n < 13 => c!(1) n => d!(2) }", "(match x [n where (Lt n 13) => (! c 1)] [n => (! d 2)])"),
        (
            "match x { (1) => 2 (1, y) => 3 [a ...b] => 4 }",
            "(match x [1 => 2] [(tuple 1 y) => 3] [(list a ...b) => 4])",
        ),
        (
            "match x { =y => 1 =*z => 2 c!(_) => 3 @1!(_) => 4 }",
            "(match x [=y => 1] [=*z => 2] [(! c _) => 3] [(! @1 _) => 4])",
        ),
        ("match x { 1 => match y { 2 => 3 } 4 => 5 }", "(match x [1 => (match y [2 => 3])] [4 => 5])"),
        ("match x { 1 => c!?(). 2 => c!?(); 3 4 => 5 }", "(match x [1 => (!? c)] [2 => (!? c ; 3)] [4 => 5])"),
        ("match a { agent => agent }", "(match a [agent => agent])"),
        ("match a { 1 => agent x => private y => Nil }", "(match a [1 => agent] [x => private] [y => Nil])"),
        ("if (a) b", "(if a b)"),
        ("if (a) if (b) c else d", "(if a (if b c d))"),
        ("if (a) if (b) c else d else e", "(if a (if b c d) e)"),
        ("if (a) new x in if (b) c else d", "(if a (new [x] (if b c d)))"),
        ("if (a) b else if (c) d else e | f", "(| (if a b (if c d e)) f)"),
        ("if (a) let x <- 1 in if (b) c else d else e", "(if a (let [x]=[1] (if b c d)) e)"),
        ("if (a) c!?(); if (b) d else e", "(if a (!? c ; (if b d e)))"),
        ("if (a | b) Nil", "(if (| a b) Nil)"),
    ]);
    assert_eq!(code("match x { }"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("if (a) b | c else d"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn lets() {
    check(&[
        ("let x <- 1 in { x }", "(let [x]=[1] x)"),
        ("let @x, @y <- 1, 2; z <- 3 in Nil", "(let [@x @y]=[1, 2] [z]=[3] Nil)"),
        ("let @h ...@t <- 1, 2 & <- in Nil", "(let& [@h ...t]=[1, 2] []=[] Nil)"),
        ("let x <- in Nil", "(let [x]=[] Nil)"),
        ("let x = 1 + 2; y = x in A | B", "(| (let [@x]=[(Plus 1 2)] [@y]=[x] A) B)"),
        ("let x = 1 & y = 2 & z <- 3 in Nil", "(let& [@x]=[1] [@y]=[2] [z]=[3] Nil)"),
        ("let x = A | B in x", "(let [@x]=[(| A B)] x)"),
        ("let x = let y = 1 in y; z = 2 in x", "(let [@x]=[(let [@y]=[1] y)] [@z]=[2] x)"),
    ]);
    assert_eq!(code("let x <- 1; y <- 2 & z <- 3 in Nil"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("let in Nil"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn collections() {
    check(&[
        ("[]", "(list)"),
        ("[1, 2,]", "(list 1 2)"),
        ("[a, b ...r]", "(list a b ...r)"),
        ("[a, ..._]", "(list a ..._)"),
        ("[...r]", "(list ...r)"),
        ("{}", "(map)"),
        ("{...r}", "(map ...r)"),
        ("{1: 2, \"a\": {b | c},}", "(map 1:2 \"a\":(| b c))"),
        ("{1: 2 ...r}", "(map 1:2 ...r)"),
        ("{a!(1): b!(2)}", "(map (! a 1):(! b 2))"),
        ("Set()", "(set)"),
        ("Set(1, x,)", "(set 1 x)"),
        ("Set(1 ...r)", "(set 1 ...r)"),
        ("{||}", "(path)"),
        ("{| a, b ...r |}", "(path a b ...r)"),
        ("(1,)", "(tuple 1)"),
        ("(1, )", "(tuple 1)"),
        ("(1, 2,)", "(tuple 1 2)"),
        ("((1))", "1"),
        ("(a | b, c)", "(tuple (| a b) c)"),
        ("{{{x}}}", "x"),
        ("{a | {b | c}}", "(| a (| b c))"),
        ("(c!(1))", "(tuple (! c 1))"),
        ("(a | b).m()", "(.m (tuple (| a b)))"),
        ("(new x in x)", "(tuple (new [x] x))"),
        ("(if (a) b)", "(tuple (if a b))"),
    ]);
    assert_eq!(code("()"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("[,]"), codes::UNEXPECTED_TOKEN);
    assert_eq!(code("{1: 2, 3}"), codes::UNEXPECTED_TOKEN);
}

#[test]
fn agents() {
    check(&[
        (
            "agent A { constructor(x) { x } | method m(@a, b) { Nil } | default() { Nil } }",
            "(agent A constructor[x]=x m[@a b]=Nil default[]=Nil)",
        ),
        (
            "agent @\"A\" { default(...@_) {1} | private default() {2} | private method method() {3} | constructor() {4} }",
            "(agent @\"A\" default[..._]=1 private default[]=2 private method[]=3 constructor[]=4)",
        ),
        ("agent agent { constructor() {1} | default() {2} }", "(agent agent constructor[]=1 default[]=2)"),
    ]);
    for source in [
        "agent A { default() { Nil } }",
        "agent A { constructor() { Nil } }",
        "agent A { constructor() {1} | constructor() {2} | default() {3} }",
        "agent A { constructor() {1} | default() {2} | default() {3} }",
        "agent A { constructor() {1} | default() {2} | private method m() {3} }",
        "agent A { constructor() {1} | default() {2} | private default() {3} | private default() {4} }",
    ] {
        assert_eq!(code(source), codes::AGENT_MEMBERS, "{source}");
    }
    let errors = parse("agent A {\n constructor() {1} | constructor() {2} }").unwrap_err();
    assert_eq!(errors.len(), 2);
    assert_eq!(errors[1].span.start, 31, "the second constructor");
}

#[test]
fn spans_cover_their_text() {
    let source = "new x in { x!(1 + 2) | {@\"é\"!(x)} }";
    let parsed = parse(source).unwrap();
    let text = |id| &source[parsed.ast.proc_span(id).range()];
    assert_eq!(text(parsed.root), source);
    let Proc::New { body, .. } = parsed.ast.proc(parsed.root) else { panic!("new") };
    assert_eq!(text(*body), "x!(1 + 2) | {@\"é\"!(x)}");
    let Proc::Par(parts) = parsed.ast.proc(*body) else { panic!("par") };
    assert_eq!(text(parts[0]), "x!(1 + 2)");
    assert_eq!(text(parts[1]), "@\"é\"!(x)");
    let Proc::Send { channel, args, .. } = parsed.ast.proc(parts[0]) else { panic!("send") };
    assert_eq!(&source[parsed.ast.name_span(*channel).range()], "x");
    assert_eq!(text(args[0]), "1 + 2");
}
