//! Inputs of examples that are no text: bytes, changed blocks and deploys, values of templates.

use std::collections::BTreeMap;
use std::fs;

use rhodium_genesis::schema::{BlockMessage, Justification};
use rhodium_genesis::{DeployData, MacroValue, SignedDeploy, decode_block, encode_block, link_template, seal};
use rhodium_keys::{Algorithm, SecretKey, sign_secp256k1};

use crate::ROOT;
use crate::cli::Files;
use crate::examples::{self, Sort};

/// The codes of the errors that the example of a page leads to.
pub fn codes(code: &str, sort: Sort) -> Vec<String> {
    let right = sort == Sort::Right;
    match code {
        "E0501" => build("bonds.txt", b"04\xff 100\n", 1),
        "E0605" => build("Greeter.rho", b"Nil // \xff", 1),
        "E0606" => build("Greeter.rho", &vec![b' '; 33 << 20], 1),
        "E0652" => build("Greeter.rho", b"Nil", 2),
        "E0532" => template("Nil", "greeting", MacroValue::Text("hello".into())),
        "E0534" => template("$$greeting$$", "greeting", MacroValue::Text("a\"b".into())),
        "E0535" => template("\"$$keys$$\"", "keys", MacroValue::Keys(Vec::new())),
        "E0541" | "E0542" | "E0543" | "E0544" | "E0545" => deploy(code, right),
        "E0551" | "E0552" | "E0553" | "E0554" | "E0555" | "E0556" | "E0557" | "E0558" => block(code, right),
        "E0320" => source(format!("{}Nil", "@0!(1) | ".repeat(if right { 30_000 } else { 40_000 })).as_bytes(), ""),
        "E0904" => source(b"Nil // \xff", ""),
        "E0905" => source(&[&vec![b' '; 2 << 20][..], b"Nil"].concat(), if right { "" } else { "--max-source 1" }),
        "E0908" => unwritable(right),
        "E0802" => stored(
            &format!("rho space list --store store --channel {}", if right { "@\"x\"" } else { "@\"x\"<-@1&@y" }),
            right,
        ),
        "E0909" => stored("rho space import state --store other", right),
        "E0910" => stored("rho store verify --store store", right),
        _ => panic!("{code} has no prepared input"),
    }
}

fn samples(files: &Files) {
    for name in ["bonds.txt", "wallets.txt", "creator.sk"] {
        files.write(name, fs::read(format!("{ROOT}/examples/genesis/{name}")).unwrap());
    }
    let manifest = "[[contract]]\nname = \"Greeter\"\nfile = \"Greeter.rho\"\ntimestamp = 1700000000000\n\
        secret = \"0505050505050505050505050505050505050505050505050505050505050505\"\n";
    files.write("contracts.toml", manifest);
    files.write("Greeter.rho", "Nil");
}

const BUILD: &str = "rho genesis build --contracts . --bonds bonds.txt --wallets wallets.txt --key creator.sk";

/// Builds a genesis with one file changed, so often into one store; the last answer counts.
fn build(name: &str, content: &[u8], times: u32) -> Vec<String> {
    let files = Files::new();
    samples(&files);
    files.write(name, content);
    let line = format!("{BUILD} --store store --out block.bin");
    for _ in 1..times {
        examples::execute(&files, &line);
    }
    examples::codes(&examples::execute(&files, &line))
}

fn unwritable(right: bool) -> Vec<String> {
    let files = Files::new();
    samples(&files);
    let folder = if right { "new" } else { "bonds.txt" };
    examples::codes(&examples::execute(&files, &format!("{BUILD} --store store --out {folder}/block.bin")))
}

/// A store and an export of its state, both damaged unless the example is right, and a command.
fn stored(line: &str, right: bool) -> Vec<String> {
    let files = Files::new();
    files.write("example.rho", "@\"x\"!(\"some text\")");
    examples::execute(&files, "rho run --bare --store store example.rho");
    examples::execute(&files, "rho space export state --store store");
    if !right && !line.contains("--channel") {
        for name in ["store/data.mdb", "state"] {
            let mut bytes = fs::read(files.path(name)).unwrap();
            let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"some text")).collect();
            places.iter().for_each(|at| bytes[*at] = b'S');
            files.write(name, bytes);
        }
    }
    examples::codes(&examples::execute(&files, line))
}

fn source(content: &[u8], option: &str) -> Vec<String> {
    let files = Files::new();
    files.write("example.rho", content);
    examples::codes(&examples::execute(&files, &format!("rho run --bare example.rho {option}")))
}

fn template(text: &str, name: &str, value: MacroValue) -> Vec<String> {
    let values = BTreeMap::from([(name.to_owned(), value)]);
    let errors = link_template(text, &values).err().unwrap_or_default();
    errors.iter().map(|error| error.problem.code().to_owned()).collect()
}

fn deploy(code: &str, right: bool) -> Vec<String> {
    let price = if code == "E0545" && !right { 2 } else { 1 };
    let data = DeployData {
        term: "Nil".to_owned(),
        timestamp: 1_700_000_000_000,
        phlo_price: price,
        phlo_limit: i64::MAX,
        valid_after_block_number: 0,
        shard_id: "root".to_owned(),
        expiration_timestamp: 0,
    };
    let key = SecretKey::from_bytes(&[7; 32]).unwrap();
    let signed = data.sign(Algorithm::Secp256k1, &key);
    let mut message = signed.to_message();
    let read = match code {
        _ if right => SignedDeploy::from_message(&message),
        "E0541" => SignedDeploy::from_bytes(&signed.to_bytes()[..20]),
        "E0545" => SignedDeploy::from_message(&message),
        _ => {
            match code {
                "E0542" => message.sig_algorithm = "ed25519".to_owned(),
                "E0543" => message.deployer.clear(),
                _ => message.timestamp += 1,
            }
            SignedDeploy::from_message(&message)
        }
    };
    let charged = read.and_then(|deploy| deploy.data().charge());
    charged.err().iter().map(|error| error.code().to_owned()).collect()
}

fn block(code: &str, right: bool) -> Vec<String> {
    let files = Files::new();
    samples(&files);
    examples::execute(&files, &format!("{BUILD} --store store --out block.bin"));
    let bytes = fs::read(files.path("block.bin")).unwrap();
    let mut block: BlockMessage = decode_block(&bytes).unwrap();
    let changed = match code {
        _ if right => bytes,
        // Field 100, a number, with the value 1.
        "E0553" => [&bytes[..], &[0xa0, 0x06, 0x01]].concat(),
        "E0554" => {
            block.shard_id.push('x');
            encode_block(&block)
        }
        "E0555" => {
            let stranger = SecretKey::from_bytes(&[9; 32]).unwrap();
            block.sig = sign_secp256k1(&hash(&block), &stranger);
            encode_block(&block)
        }
        _ => {
            let deploy = block.body.as_mut().and_then(|body| body.deploys.first_mut()).unwrap();
            match code {
                "E0557" => deploy.cost.as_mut().unwrap().cost += 1,
                "E0558" => drop(deploy.deploy_log.pop().unwrap()),
                _ => block.justifications.push(Justification::default()),
            }
            seal(&mut block);
            let creator = fs::read_to_string(files.path("creator.sk")).unwrap();
            block.sig = sign_secp256k1(&hash(&block), &rhodium_keys::read_secret_hex(&creator).unwrap());
            encode_block(&block)
        }
    };
    files.write("changed.bin", changed);
    examples::codes(&examples::execute(&files, "rho genesis verify changed.bin"))
}

fn hash(block: &BlockMessage) -> [u8; 32] {
    block.block_hash.as_slice().try_into().unwrap()
}
