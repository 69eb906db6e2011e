//! Whole builds: the result, its storage, its verification, and everything that must stop one.

mod common;

use std::num::NonZeroUsize;
use std::sync::Arc;

use common::{TWO, build_set, codes, contract, embedded, input, key, system_set, with};
use rhodium_genesis::{
    ContractFile, ContractSet, GenesisError, HEAD, START, Step, Wallet, Warning, block_hash, build, decode_block,
    encode_block, seal, standard, verify,
};
use rhodium_keys::{SecretKey, sign_secp256k1};
use rhodium_machine::Runtime;
use rhodium_registry::LONG_MAX;
use rhodium_store::{History, KeyValueStore, LmdbOptions, LmdbStore, MemoryStore, Table};

fn memory() -> Arc<dyn KeyValueStore> {
    Arc::new(MemoryStore::new())
}

#[test]
fn the_system_contracts_make_a_genesis() {
    let set = system_set();
    let mut steps = Vec::new();
    let genesis = build(&input(&set), TWO, &mut |step| match step {
        Step::Linked(deploys) => steps.push(format!("{deploys} deploys")),
        Step::Deploy { name, .. } => steps.push(name.to_owned()),
        Step::Checking => steps.push("checking".to_owned()),
    })
    .unwrap();
    assert_eq!(steps.len(), set.files().len() + 2);
    assert_eq!(steps[1], "Registry");
    for row in &genesis.rows {
        let known = rhodium_keys::system_key(&row.contract).unwrap();
        assert_eq!(row.uri, known.uri);
        assert_eq!(row.nonce, known.uri.as_ref().map(|_| LONG_MAX), "{}", row.contract);
        assert!(row.cost > 0);
    }
    assert!(genesis.warnings.iter().any(|warning| matches!(warning, Warning::NotMinted { wallets: 1, total: 1000 })));
    assert_eq!(decode_block(&genesis.bytes).unwrap(), genesis.block);
    assert_eq!(genesis.block.body.as_ref().unwrap().state.as_ref().unwrap().bonds.len(), 2);

    let report = verify(&genesis.bytes, Some(&genesis)).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!(report.post_state, genesis.post_state.to_string());
    assert_eq!(report.creator, Some(key(1).public_key().to_hex()));
}

#[test]
fn builds_on_any_number_of_threads_are_the_same_bytes() {
    let set = system_set();
    let built = |threads| build(&input(&set), NonZeroUsize::new(threads).unwrap(), &mut |_| ()).unwrap();
    let (first, second) = (built(1), built(2));
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(first.bytes, built(5).bytes);
    let stored = |genesis: &rhodium_genesis::Genesis| {
        let store = memory();
        genesis.store_in(&store).unwrap();
        Table::ALL.map(|table| store.scan(table, None, usize::MAX).unwrap())
    };
    assert_eq!(stored(&first), stored(&second));
}

#[test]
fn the_standard_state_is_that_of_the_genesis() {
    let set = system_set();
    let runtime = standard(&set, History::new(memory()), TWO).unwrap();
    assert_eq!(runtime.root(), build_set(&set).unwrap().post_state);
}

#[test]
fn block_and_state_are_stored_together_and_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let genesis = build_set(&system_set()).unwrap();
    {
        let store: Arc<dyn KeyValueStore> = Arc::new(LmdbStore::open(&path, &LmdbOptions::create("test")).unwrap());
        genesis.store_in(&store).unwrap();
    }
    let store: Arc<dyn KeyValueStore> = Arc::new(LmdbStore::open(&path, &LmdbOptions::existing("test")).unwrap());
    let history = History::new(store.clone());
    for head in [HEAD, START] {
        assert_eq!(history.head(head).unwrap(), Some(genesis.post_state));
    }
    assert_eq!(store.get(Table::Blocks, &genesis.hash).unwrap().as_ref(), Some(&genesis.bytes));
    assert!(history.has_root(genesis.pre_state).unwrap());
    Runtime::open(history, genesis.post_state).unwrap();
    assert!(matches!(genesis.store_in(&store), Err(GenesisError::NotEmpty(root)) if root == genesis.post_state));
}

const GREETER: &str = "new Greeter, ch, ack, l(`rho:registry:lookup`), i(`rho:registry:insertSigned:secp256k1`) in {\n\
    \x20 l!($$import:ListOps$$, *ch) |\n\
    \x20 for (@(_, ListOps) <- ch) {\n\
    \x20   contract Greeter(@name, ret) = { ret!(\"hello\") } |\n\
    \x20   i!($$registry:pk$$, ($$registry:nonce$$, bundle+{*Greeter}), $$registry:sig$$, *ack)\n\
    \x20 }\n}";

#[test]
fn macros_are_linked() {
    let genesis = build_set(&with(vec![contract("Greeter", 5, GREETER)])).unwrap();
    let row = genesis.rows.last().unwrap();
    assert_eq!((row.contract.as_str(), row.nonce), ("Greeter", Some(LONG_MAX)));
    assert_eq!(row.uri.as_deref(), Some(rhodium_registry::registry_uri(key(5).public_key().as_bytes()).as_str()));
    assert!(verify(&genesis.bytes, None).unwrap().is_equal());
}

#[test]
fn what_is_imported_is_deployed_before() {
    let source = |import: &str| GREETER.replace("ListOps$$", &format!("{import}$$"));
    let set = with(vec![contract("C", 7, &source("B")), contract("B", 6, &source("A")), contract("A", 5, GREETER)]);
    let genesis = build_set(&set).unwrap();
    let names: Vec<&str> = genesis.rows.iter().rev().take(3).map(|row| row.contract.as_str()).collect();
    assert_eq!(names, ["C", "B", "A"]);
}

fn refused(set: &ContractSet) -> GenesisError {
    build_set(set).unwrap_err()
}

#[test]
fn an_import_that_nobody_registers_is_named_with_its_place() {
    let error =
        refused(&with(vec![contract("Greeter", 5, &GREETER.replace("$$import:ListOps$$", "`rho:lang:listOp`"))]));
    assert_eq!(codes(&error), [("E0641", Some((2, 6)))]);
    let text = error.to_string();
    assert!(text.contains("`Greeter` (dir/Greeter.rho:2:6)") && text.contains("`rho:lang:listOp`"), "{text}");
    assert!(error.issues()[0].hint.as_ref().unwrap().contains("`rho:lang:listOps`"));
    let missing =
        refused(&with(vec![contract("Greeter", 5, &GREETER.replace("$$import:ListOps$$", "`rho:system:pos`"))]));
    assert_eq!(missing.issues()[0].hint.as_deref(), Some("add the contract `PoS`, which registers it, to the set"));
    let unknown = refused(&with(vec![contract("Greeter", 5, &GREETER.replace("ListOps$$", "Nobody$$"))]));
    assert_eq!(codes(&unknown)[0].0, "E0644");
}

#[test]
fn imports_in_a_circle_are_named() {
    let source = |import: &str| GREETER.replace("ListOps$$", &format!("{import}$$"));
    let set = with(vec![contract("A", 5, &source("B")), contract("B", 6, &source("A"))]);
    let error = refused(&set);
    assert_eq!(codes(&error), [("E0643", Some((2, 6)))]);
    assert!(error.to_string().contains("`A` imports `B` imports `A`"), "{error}");
    assert_eq!(codes(&refused(&with(vec![contract("A", 5, &source("A"))])))[0].0, "E0643");
}

#[test]
fn a_set_without_registry_cannot_use_one() {
    let alone = ContractSet::new(vec![contract("Greeter", 5, &GREETER.replace("$$import:ListOps$$", "`rho:x`"))]);
    let found: Vec<_> = codes(&refused(&alone.unwrap())).iter().map(|(code, _)| *code).collect();
    assert_eq!(found, ["E0642", "E0641"]);
}

#[test]
fn literals_are_verified_one_by_one() {
    let greeter = contract("Greeter", 5, GREETER);
    let (pk, sig) =
        (greeter.secret.public_key().to_hex(), rhodium_genesis::signature(&greeter, rhodium_registry::Form::F1r3fly));
    let sig = hex::encode(sig.unwrap());
    let literal = |pk: &str, nonce: &str, export: &str, sig: &str| {
        let text = GREETER
            .replace("$$registry:pk$$", &format!("\"{pk}\".hexToBytes()"))
            .replace("$$registry:nonce$$", nonce)
            .replace("bundle+{*Greeter}", export)
            .replace("$$registry:sig$$", &format!("\"{sig}\".hexToBytes()"));
        build_set(&with(vec![contract("Greeter", 5, &text)]))
    };
    let nonce = LONG_MAX.to_string();
    let good = "bundle+{*Greeter}";
    assert!(literal(&pk, &nonce, good, &sig).is_ok());
    let code = |result: Result<_, GenesisError>| codes(&result.unwrap_err())[0].0;
    let other = key(6).public_key().to_hex();
    assert_eq!(code(literal(&other, &nonce, good, &sig)), "E0627");
    assert_eq!(code(literal(&pk, "7", good, &sig)), "E0628");
    assert_eq!(code(literal(&pk, &nonce, "*Greeter", &sig)), "E0630");
    assert_eq!(code(literal(&pk, &nonce, "bundle+{*ch}", &sig)), "E0630");
    assert_eq!(code(literal(&pk, "1 + 1", good, &sig)), "E0626");
    let wrong = literal(&pk, &nonce, good, "3000").unwrap_err();
    assert!(wrong.to_string().contains(&sig), "the right value is told: {wrong}");
    let mainnet = rhodium_genesis::signature(&greeter, rhodium_registry::Form::Mainnet).unwrap();
    let other_form = literal(&pk, &nonce, good, &hex::encode(mainnet)).unwrap_err();
    assert!(other_form.to_string().contains("form mainnet"), "{other_form}");
    assert_eq!(codes(&other_form)[0].0, "E0629");
}

#[test]
fn the_shape_of_a_registering_contract_is_checked() {
    let code = |source: &str| codes(&refused(&with(vec![contract("Greeter", 5, source)])))[0].0;
    assert_eq!(code(&format!("{GREETER} | Nil | @0!(1)")), "E0621");
    assert_eq!(code("new i(`rho:registry:insertSigned:secp256k1`) in { i!(1, 2, 3, 4) }"), "E0622");
    let twice = GREETER.replacen("l!(", "i!(1, (1, 2), 3, Nil) | l!(", 1);
    assert_eq!(code(&twice), "E0625");
    let mut silent = contract("Greeter", 5, "Nil");
    silent.registers = Some(true);
    assert_eq!(codes(&refused(&with(vec![silent])))[0].0, "E0623");
    let mut loud = contract("Greeter", 5, GREETER);
    loud.registers = Some(false);
    assert_eq!(codes(&refused(&with(vec![loud])))[0].0, "E0624");
}

#[test]
fn a_contract_that_waits_for_ever_is_named() {
    let shape = GREETER.replace("@(_, ListOps)", "@(_, _, ListOps)");
    let error = refused(&with(vec![contract("Greeter", 5, &shape)]));
    assert_eq!(codes(&error), [("E0653", Some((2, 6)))]);
    assert!(error.to_string().contains("lookup of `rho:lang:listOps`"), "{error}");
    let late = "new ch, l(`rho:registry:lookup`) in { l!(`rho:lang:listOps`, *ch) | for (@[x] <- ch) { Nil } }";
    assert_eq!(codes(&refused(&with(vec![contract("Late", 5, late)])))[0].0, "E0655");
    let never = GREETER.replace("for (@(_, ListOps) <- ch)", "for (@(_, ListOps) <- ch & _ <- ack)");
    let error = refused(&with(vec![contract("Greeter", 5, &never)]));
    assert!(error.to_string().contains("still waits"), "{error}");
}

#[test]
fn a_failing_deploy_stops_the_build() {
    let error = refused(&with(vec![contract("Bad", 5, "new x in {\n  x!(1 + true)\n}")]));
    assert_eq!(codes(&error), [("E0651", Some((2, 6)))]);
    let error = refused(&with(vec![contract("Bad", 5, "new x(`rho:no:such`) in { x!(1) }")]));
    assert!(error.to_string().contains("rho:no:such"), "{error}");
    let error = refused(&with(vec![contract("Bad", 5, "new x in {\n  x!(1\n}")]));
    assert!(codes(&error)[0].0.starts_with("E01"), "{error}");
}

#[test]
fn published_keys_own_nothing() {
    let set = system_set();
    let pos = rhodium_keys::system_key("PoS").unwrap();
    let mut bonded = input(&set);
    bonded.bonds[0].validator = pos.public.as_bytes().to_vec();
    let mut rich = input(&set);
    rich.wallets[0].address = "1111gW5kkGxHg7xDg6dRkZx2f7qxTizJzaCH9VEM1oJKWRvSX9Sk5".into();
    let mut creator = input(&set);
    creator.creator = Some(pos.secret.clone());
    for input in [bonded, rich, creator] {
        let error = build(&input, TWO, &mut |_| ()).unwrap_err();
        assert!(matches!(&error, GenesisError::SystemKey { contract, .. } if contract == "PoS"), "{error}");
    }
    let mut empty = input(&set);
    empty.bonds.clear();
    assert!(matches!(build(&empty, TWO, &mut |_| ()), Err(GenesisError::Parameters(_))));
}

/// Changes one bit of one place of an event.
fn flip(event: &mut rhodium_genesis::schema::Event) {
    use rhodium_genesis::schema::event::Kind;
    match event.kind.as_mut().unwrap() {
        Kind::Produce(produce) => produce.hash[9] ^= 1,
        Kind::Consume(consume) => consume.channels_hashes[0][31] ^= 128,
        Kind::Comm(comm) => comm.produces[0].times_repeated += 1,
    }
}

#[test]
fn a_changed_block_is_found_out() {
    let genesis = build_set(&system_set()).unwrap();
    let fields = |change: &dyn Fn(&mut rhodium_genesis::schema::BlockMessage)| {
        let mut block = genesis.block.clone();
        change(&mut block);
        (block.sender, block.sig, block.sig_algorithm) = Default::default();
        seal(&mut block);
        let report = verify(&encode_block(&block), None).unwrap();
        report.differences.into_iter().map(|d| (d.deploy.unwrap_or_default(), d.field)).collect::<Vec<_>>()
    };
    let pair = |deploy: &str, field: &str| (deploy.to_owned(), field.to_owned());
    assert_eq!(fields(&|_| ()), []);
    let cost = fields(&|block| block.body.as_mut().unwrap().deploys[1].cost.as_mut().unwrap().cost += 1);
    assert_eq!(cost, [pair("1 (ListOps)", "cost")]);
    let post = |block: &mut rhodium_genesis::schema::BlockMessage| {
        block.body.as_mut().unwrap().state.as_mut().unwrap().post_state_hash[0] ^= 1;
    };
    assert_eq!(fields(&post), [pair("", "postStateHash")]);
    let gone = fields(&|block| drop(block.body.as_mut().unwrap().deploys.pop()));
    assert_eq!(gone, [pair("", "postStateHash")]);
    let text = fields(&|block| block.body.as_mut().unwrap().deploys[0].deploy.as_mut().unwrap().term.push(' '));
    assert_eq!(text[0], pair("0 (Registry)", "signature"));
    let errored = fields(&|block| block.body.as_mut().unwrap().deploys[2].errored = true);
    assert_eq!(errored, [pair("2 (Either)", "errored")]);
    let event = |change: &dyn Fn(&mut Vec<rhodium_genesis::schema::Event>)| {
        fields(&|block| change(&mut block.body.as_mut().unwrap().deploys[1].deploy_log))
    };
    let count = genesis.block.body.as_ref().unwrap().deploys[1].deploy_log.len();
    assert!(count > 10);
    for k in (0..count).step_by(count / 4) {
        for changed in
            [event(&|log| drop(log.remove(k))), event(&|log| log.push(log[k].clone())), event(&|log| flip(&mut log[k]))]
        {
            let [(deploy, field)] = &changed[..] else { panic!("event {k}: {changed:?}") };
            assert!(deploy == "1 (ListOps)" && field.contains("log"), "{changed:?}");
        }
    }
    // The order says nothing.
    let mut reversed = genesis.block.clone();
    reversed.body.as_mut().unwrap().deploys.iter_mut().for_each(|deploy| deploy.deploy_log.reverse());
    (reversed.sender, reversed.sig, reversed.sig_algorithm) = Default::default();
    reversed.block_hash = block_hash(&reversed).to_vec();
    assert!(verify(&encode_block(&reversed), None).unwrap().is_equal());
    let stake = fields(&|block| block.body.as_mut().unwrap().state.as_mut().unwrap().bonds[0].stake = 0);
    assert_eq!(stake, [pair("", "stake")]);
}

#[test]
fn local_inputs_are_compared() {
    let set = system_set();
    let genesis = build_set(&set).unwrap();
    let more = with(vec![contract("More", 5, "Nil")]);
    let mut other = input(&more);
    other.bonds[0].stake = 7;
    other.parameters.deploy_timestamp = 5;
    let local = build(&other, TWO, &mut |_| ()).unwrap();
    let report = verify(&genesis.bytes, Some(&local)).unwrap();
    let fields: Vec<&str> = report.differences.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!(fields[0], "local: timestamp");
    assert!(fields[1].starts_with("local: bond of 04"));
    assert_eq!(fields[2], "local: number of deploys");
}

#[test]
fn a_damaged_block_is_refused() {
    let genesis = build_set(&system_set()).unwrap();
    let length = genesis.bytes.len();
    for cut in [0, 1, length / 2, length - 1] {
        assert!(verify(&genesis.bytes[..cut], None).is_err(), "cut to {cut}");
    }
    for bit in (0..8 * length).step_by(8 * length / 200) {
        let mut damaged = genesis.bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&damaged, None).is_err(), "bit {bit}");
    }
}

/// As much of the vault contract as the batches need, and a way to count what they made.
const VAULTS: &str = "new SystemVault, initVault, initContinue, vaultsCh, ack, \
    lookup(`rho:registry:lookup`), out(`rho:io:stdout`), insertSigned(`rho:registry:insertSigned:secp256k1`) in {\n\
    lookup!(`rho:lang:treeHashMap`, *vaultsCh) | for (TreeHashMap <- vaultsCh) { new mapCh in {\n\
    TreeHashMap!(\"init\", 2, *mapCh) | for (@map <- mapCh) {\n\
    initContinue!(Nil) |\n\
    contract SystemVault(@\"init\", ret) = { for (_ <- initContinue) { ret!(*TreeHashMap, map, *initVault, *initContinue) } } |\n\
    contract initVault(@vault, @address, @balance) = { out!((address, balance)) } |\n\
    insertSigned!($$registry:pk$$, ($$registry:nonce$$, bundle+{*SystemVault}), $$registry:sig$$, *ack) } } } }";

#[test]
fn wallets_are_minted_in_batches() {
    let key = rhodium_keys::system_key("SystemVault").unwrap();
    let vaults =
        ContractFile { secret: key.secret.clone(), timestamp: key.timestamp, ..contract("SystemVault", 5, VAULTS) };
    let set = with(vec![vaults]);
    let address = |k: u8| rhodium_keys::address_from_public_key(common::key(k).public_key().as_bytes()).unwrap().text;
    let mut rich = input(&set);
    rich.wallets = (1..=250).map(|k| Wallet { address: address(k), balance: i64::from(k) }).collect();
    let genesis = build(&rich, TWO, &mut |_| ()).unwrap();
    assert!(!genesis.warnings.iter().any(|warning| matches!(warning, Warning::NotMinted { .. })));
    let batches: Vec<_> = genesis.rows.iter().filter(|row| row.contract.starts_with("VaultBatch")).collect();
    assert_eq!(batches.iter().map(|row| row.output.len()).collect::<Vec<_>>(), [100, 100, 50]);
    assert_eq!(batches[2].timestamp, 1565818101794);
    assert!(batches[0].output.contains(&format!("(\"{}\", 7)", address(7))), "{}", batches[0].output[0]);
    assert!(verify(&genesis.bytes, Some(&genesis)).unwrap().is_equal());

    let mut poor = input(&set);
    poor.wallets.clear();
    let rows = build(&poor, TWO, &mut |_| ()).unwrap().rows;
    assert_eq!(rows.last().unwrap().contract, "VaultBatch0", "the empty batch that closes `init`");
}

#[test]
fn depth_is_no_obstacle() {
    let depth = 100_000;
    let source = format!("@0!({}Nil{})", "[".repeat(depth), "]".repeat(depth));
    let genesis = build_set(&with(vec![contract("Deep", 5, &source)])).unwrap();
    assert!(verify(&genesis.bytes, None).unwrap().is_equal());
}

#[test]
fn an_unsigned_genesis_is_the_networks() {
    let set = system_set();
    let mut unsigned = input(&set);
    unsigned.creator = None;
    let genesis = build(&unsigned, TWO, &mut |_| ()).unwrap();
    assert!(genesis.warnings.contains(&Warning::Unsigned));
    assert!(genesis.block.sig.is_empty() && verify(&genesis.bytes, None).unwrap().creator.is_none());
}

#[test]
fn the_signature_is_the_creators() {
    let genesis = build_set(&system_set()).unwrap();
    assert_eq!(genesis.block.sig, sign_secp256k1(&genesis.hash, &key(1)));
    let mut forged = genesis.block.clone();
    forged.sig = sign_secp256k1(&genesis.hash, &SecretKey::from_bytes(&[7; 32]).unwrap());
    assert!(verify(&encode_block(&forged), None).is_err());
}

#[test]
fn all_written_contracts_have_a_key() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../rholang/system");
    let written = std::fs::read_dir(directory).unwrap().count();
    assert_eq!(written, embedded().len(), "a file of rholang/system has no row in the key table");
}
