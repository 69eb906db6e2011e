//! Processes that are killed at random moments, while they commit, collect, import or make a store, lose nothing that
//! they were told is committed, and never leave half a state.
//!
//! Each round starts this program again as the process to be killed. It says on its standard output what it is about to
//! do and what is done, so that it is known what must be in the store. `CRASH_ROUNDS` sets the number of rounds,
//! `CRASH_SEED` the seed.

use rhodium_store::{
    Access, History, LeafKind, LeafValue, LmdbOptions, LmdbStore, MemoryStore, StateRoot, StoreError, Table, b2b256,
    check_export,
};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Changes = Vec<(rhodium_store::HistoryKey, Option<LeafValue>)>;

/// The variable that makes this program the one to be killed: what to do, and its seed.
const ROLE: &str = "CRASH_ROLE";

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Ok(role), Some(directory)) = (std::env::var(ROLE), arguments.next()) {
        let (role, seed) = role.split_once(' ').expect("a role and a seed");
        let random = Random(seed.parse().expect("a seed"));
        match role {
            "commit" => commit_for_ever(Path::new(&directory), random),
            "collect" => collect_for_ever(Path::new(&directory)),
            "import" => import_for_ever(Path::new(&directory)),
            "read" => read_for_ever(Path::new(&directory)),
            role => panic!("no role {role}"),
        }
        return;
    }
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("CRASH_ROUNDS").unwrap_or(60);
    let mut random = Random(number("CRASH_SEED").unwrap_or(1));
    commits(rounds, &mut random);
    new_stores(rounds / 5, &mut random);
    collections(rounds / 5, &mut random);
    imports(rounds / 10, &mut random);
    readers(&mut random);
}

/// A small generator: these tests need variety, not quality.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// Changes to some of 3000 channels: a few, or most of them; some are removals.
fn changes(random: &mut Random) -> Changes {
    let count = if random.below(4) == 0 { 2000 } else { 1 + random.below(50) };
    let change = |_| {
        let key = LeafKind::Data.key(&b2b256(&random.below(3000).to_le_bytes()));
        let size = 1 + random.below(700);
        let value = LeafValue { kind: LeafKind::Data, payload: random.next().to_le_bytes().repeat(size as usize / 8) };
        (key, (random.below(5) > 0).then_some(value))
    };
    (0..count).map(change).collect()
}

fn open(directory: &Path, access: Access) -> Result<History, StoreError> {
    // A small map, which must grow.
    let options = LmdbOptions { map_size: 0, ..LmdbOptions::new(access, format!("process {}", std::process::id())) };
    Ok(History::new(Arc::new(LmdbStore::open(directory, &options)?)))
}

fn say(line: std::fmt::Arguments) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody listens");
}

fn commit_for_ever(directory: &Path, mut random: Random) {
    let history = open(directory, Access::Create).expect("the store opens");
    let mut root = history.head("head").expect("readable").unwrap_or(StateRoot::EMPTY);
    loop {
        let mut checkpoint = history.checkpoint(root, &changes(&mut random)).expect("a checkpoint");
        checkpoint.set_head("head");
        let new = checkpoint.root();
        // What belongs to a state comes with it.
        checkpoint.batch_mut().put(Table::Receipts, new.0, root.0);
        say(format_args!("begin {new}"));
        root = history.commit(checkpoint).expect("committed");
        say(format_args!("done {new}"));
    }
}

fn collect_for_ever(directory: &Path) {
    let history = open(directory, Access::Alone).expect("the store opens");
    say(format_args!("begin {}", StateRoot::EMPTY));
    history.collect(&BTreeSet::new(), false, &mut |_| {}).expect("collected");
    say(format_args!("done {}", StateRoot::EMPTY));
    std::thread::sleep(Duration::from_secs(60));
}

fn import_for_ever(directory: &Path) {
    let history = open(&directory.join("store"), Access::Create).expect("the store opens");
    let open_file = || BufReader::new(File::open(directory.join("state")).expect("a file"));
    let state = check_export(&mut open_file(), &|_, _| Ok(()), &mut |_| {}).expect("a good file");
    say(format_args!("begin {}", state.root));
    history.import(&mut open_file(), &["head"], &mut |_| {}).expect("imported");
    say(format_args!("done {}", state.root));
    std::thread::sleep(Duration::from_secs(60));
}

fn read_for_ever(directory: &Path) {
    let history = open(directory, Access::Read).expect("the store opens");
    let root = history.head("read").expect("readable").expect("a state");
    say(format_args!("begin {root}"));
    loop {
        check(&history, root);
        say(format_args!("done {root}"));
    }
}

/// What a killed process had said.
#[derive(Default)]
struct Said {
    begun: Option<StateRoot>,
    done: Option<StateRoot>,
    commits: u64,
}

impl Said {
    /// The process was told of no end of what it had begun.
    fn in_flight(&self) -> bool {
        self.begun.is_some() && self.begun != self.done
    }
}

/// Starts a process, kills it after a time, and reads what it said. The time counts from its first line, or from its
/// start.
fn kill(role: &str, directory: &Path, random: &mut Random, after: Duration, from_first_line: bool) -> Said {
    let mut child: Child = Command::new(std::env::current_exe().expect("this program"))
        .arg(directory)
        .env(ROLE, format!("{role} {}", random.next()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut said = Said::default();
    let mut hear = |line: &str| match line.split_once(' ') {
        Some(("begin", root)) => said.begun = root.parse().ok(),
        Some(("done", root)) => {
            said.done = root.parse().ok();
            said.commits += 1;
        }
        _ => panic!("it says {line}"),
    };
    if from_first_line && let Some(line) = lines.next() {
        hear(&line.expect("a line"));
    }
    std::thread::sleep(after);
    assert!(child.try_wait().expect("it can be asked").is_none(), "{role} ended by itself");
    child.kill().expect("it runs until it is killed");
    child.wait().expect("it ends");
    // A line that was cut by the kill says nothing.
    lines.map_while(Result::ok).filter(|line| line.len() > 64).for_each(|line| hear(&line));
    said
}

/// The state must be whole, and what was written with it there.
fn check(history: &History, root: StateRoot) {
    let seen = history.verify(&[root], &|_, _| Ok(()), &mut |_| {}).expect("readable");
    assert!(seen.is_whole(), "{root}: {:?}", seen.damages);
}

fn report(what: &str, rounds: u64, in_flight: u64, more: &str, start: Instant) {
    println!("{what}: {rounds} kills, {in_flight} of them in the middle{more}, no failure, {:.1?}", start.elapsed());
}

/// One store that is written, killed and opened again and again.
fn commits(rounds: u64, random: &mut Random) {
    let (start, directory) = (Instant::now(), tempfile::tempdir().expect("a directory"));
    let path = directory.path().join("store");
    let mut last = StateRoot::EMPTY;
    let (mut in_flight, mut survived, mut commits) = (0, 0, 0);
    for _ in 0..rounds {
        let after = Duration::from_micros(random.below(40_000));
        let said = kill("commit", &path, random, after, true);
        last = said.done.unwrap_or(last);
        let history = open(&path, Access::Create).expect("the store opens again");
        let head = history.head("head").expect("readable").unwrap_or(StateRoot::EMPTY);
        assert!(head == last || Some(head) == said.begun, "found {head}, told {last}, in flight {:?}", said.begun);
        (in_flight, commits) = (in_flight + u64::from(said.in_flight()), commits + said.commits);
        survived += u64::from(head != last);
        check(&history, head);
        if head != StateRoot::EMPTY {
            assert!(history.store().contains(Table::Receipts, &head.0).expect("readable"));
        }
        last = head;
    }
    let history = open(&path, Access::Create).expect("the store opens again");
    let roots = history.roots().expect("readable");
    let seen = history.verify(&roots, &|_, _| Ok(()), &mut |_| {}).expect("readable");
    assert!(seen.is_whole(), "{:?}", seen.damages);
    let more = format!(
        " of a commit ({survived} of these commits are there), {commits} commits told, {} states whole",
        roots.len()
    );
    report("commits", rounds, in_flight, &more, start);
}

/// Stores that are killed while they are made.
fn new_stores(rounds: u64, random: &mut Random) {
    let start = Instant::now();
    let mut unfinished = 0;
    for _ in 0..rounds {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("store");
        let after = Duration::from_micros(random.below(80_000));
        let said = kill("commit", &path, random, after, false);
        unfinished += u64::from(!path.join("FORMAT").exists());
        let history = open(&path, Access::Create).expect("it is taken up again");
        let head = history.head("head").expect("readable");
        assert!(head == said.done || head == said.begun, "found {head:?}, told {:?}", said.done);
        check(&history, head.unwrap_or(StateRoot::EMPTY));
    }
    report("new stores", rounds, unfinished, " of making it", start);
}

/// A store with many states of which one is kept.
fn collections(rounds: u64, random: &mut Random) {
    let (start, directory) = (Instant::now(), tempfile::tempdir().expect("a directory"));
    let [whole, path] = ["whole", "store"].map(|name| directory.path().join(name));
    let history = open(&whole, Access::Create).expect("a new store");
    let mut root = StateRoot::EMPTY;
    for _ in 0..8 {
        root = history.apply(root, &changes(random)).expect("committed");
    }
    history.set_head("head", root).expect("committed");
    let roots = history.roots().expect("readable");
    drop(history);
    std::fs::create_dir(&path).expect("a directory");
    let mut in_flight = 0;
    for _ in 0..rounds {
        for file in ["FORMAT", "LOCK", "data.mdb"] {
            std::fs::copy(whole.join(file), path.join(file)).expect("copied");
        }
        let after = Duration::from_micros(random.below(12_000));
        in_flight += u64::from(kill("collect", &path, random, after, true).in_flight());
        let history = open(&path, Access::Alone).expect("the store opens again");
        assert_eq!(history.head("head").expect("readable"), Some(root));
        // Whatever states are left are whole.
        let left = history.roots().expect("readable");
        assert!(left.contains(&root) && left.iter().all(|root| roots.contains(root)));
        left.iter().for_each(|root| check(&history, *root));
        // What is left to do is done the next time, and then there is what a store has in which nothing else ever was.
        history.collect(&BTreeSet::new(), false, &mut |_| {}).expect("collected");
        assert_eq!(history.roots().expect("readable"), [root]);
        let snapshot = history.open_at(root).expect("there");
        let leaves =
            snapshot.leaves().map(|leaf| leaf.and_then(|(key, hash)| Ok((key, Some(snapshot.value(&key, hash)?)))));
        let fresh = History::new(Arc::new(MemoryStore::new()));
        fresh.apply(StateRoot::EMPTY, &leaves.collect::<Result<Changes, _>>().expect("whole")).expect("committed");
        for table in [Table::Nodes, Table::ColdValues] {
            let count = |history: &History| history.store().count(table).expect("readable");
            assert_eq!(count(&history), count(&fresh), "{table}");
        }
    }
    report("collections", rounds, in_flight, " of a collection", start);
}

/// States that are read from a file into a store with another one.
fn imports(rounds: u64, random: &mut Random) {
    let start = Instant::now();
    let memory = History::new(Arc::new(MemoryStore::new()));
    let many: Changes = (0..30_000u64)
        .map(|number| {
            let value = LeafValue { kind: LeafKind::Data, payload: number.to_le_bytes().repeat(100) };
            (LeafKind::Data.key(&b2b256(&number.to_le_bytes())), Some(value))
        })
        .collect();
    let root = memory.apply(StateRoot::EMPTY, &many).expect("committed");
    let directory = tempfile::tempdir().expect("a directory");
    let mut file = BufWriter::new(File::create(directory.path().join("state")).expect("a file"));
    memory.open_at(root).expect("there").export(&mut file, &mut |_| {}).expect("written");
    drop(file);
    let path = directory.path().join("store");
    let mut in_flight = 0;
    for _ in 0..rounds {
        if path.exists() {
            std::fs::remove_dir_all(&path).expect("removed");
        }
        let history = open(&path, Access::Create).expect("a new store");
        let before = history.apply(StateRoot::EMPTY, &changes(random)).expect("committed");
        history.set_head("head", before).expect("committed");
        drop(history);
        let after = Duration::from_micros(random.below(250_000));
        let said = kill("import", directory.path(), random, after, true);
        in_flight += u64::from(said.in_flight());
        let history = open(&path, Access::Create).expect("the store opens again");
        let head = history.head("head").expect("readable").expect("a state");
        assert!(head == root || (head == before && said.done.is_none()), "found {head}");
        check(&history, head);
        check(&history, before);
    }
    report("imports", rounds, in_flight, " of an import", start);
}

/// A state is read by one process while another one writes so much that the map grows several times.
fn readers(random: &mut Random) {
    let (start, directory) = (Instant::now(), tempfile::tempdir().expect("a directory"));
    let path = directory.path().join("store");
    let history = open(&path, Access::Create).expect("a new store");
    let first = history.apply(StateRoot::EMPTY, &changes(random)).expect("committed");
    history.set_head("read", first).expect("committed");
    let mut written = 0;
    let said = std::thread::scope(|scope| {
        let reader = scope.spawn(|| kill("read", &path, &mut Random(1), Duration::from_millis(1500), true));
        let mut root = first;
        while !reader.is_finished() && written < 60 {
            root = history.apply(root, &changes(random)).expect("committed");
            written += 1;
        }
        reader.join().expect("it read")
    });
    assert!(said.commits > 1, "read {} times", said.commits);
    let (size, smallest) = (std::fs::metadata(path.join("data.mdb")).expect("a file").len(), 1 << 20);
    assert!(size > 2 * smallest, "the map did not grow: {size}");
    println!("readers: a state read {} times while {written} were written, {:.1?}", said.commits, start.elapsed());
}
