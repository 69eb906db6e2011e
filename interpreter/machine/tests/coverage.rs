//! Which test reads which kind of the specification's vectors: a kind that no test reads fails here.

mod common;

use toml::Table;

/// Kind, the file of tests, the test.
type Reader = (&'static str, &'static str, &'static str);

const MACHINE: &str = "interpreter/machine/tests/runtime_vectors.rs";
const EVENTS: &str = "interpreter/machine/tests/event_logs.rs";
const RANDOM: &str = "interpreter/random/tests/vectors.rs";
const REGISTRY: &str = "registry/tests/vectors.rs";
const KEYS: &str = "keys/tests/vectors.rs";
const GENESIS: &str = "genesis/tests/vectors.rs";

const RUNTIME_VECTORS: &[Reader] = &[
    ("rng", RANDOM, "rng_rows"),
    ("rng_merge", RANDOM, "rng_merge_rows"),
    ("deploy_names", RANDOM, "deploy_names_rows"),
    ("deploy_names", REGISTRY, "deploy_names"),
    ("block_seed", RANDOM, "block_seed_rows"),
    ("block_seed", REGISTRY, "block_seeds"),
    ("term_hash", MACHINE, "terms_and_events"),
    ("produce_hash", MACHINE, "terms_and_events"),
    ("produce_hash", EVENTS, "events_have_the_hashes_of_the_vectors"),
    ("consume_hash", MACHINE, "terms_and_events"),
    ("consume_hash", EVENTS, "events_have_the_hashes_of_the_vectors"),
    ("radix", "interpreter/store/src/trie.rs", "radix_vectors"),
    ("radix_node", "interpreter/store/src/node.rs", "codec_vector"),
    ("program", MACHINE, "programs"),
    ("ext_program", MACHINE, "programs"),
    ("reference_cost", MACHINE, "costs_errors_and_roots"),
    ("state_root", MACHINE, "costs_errors_and_roots"),
    ("error", MACHINE, "costs_errors_and_roots"),
    ("out_of_phlo", MACHINE, "costs_errors_and_roots"),
    ("order", MACHINE, "canonical_order"),
    ("order_bytes", MACHINE, "canonical_order"),
    ("order_strings", MACHINE, "canonical_order"),
    ("build_uri", REGISTRY, "registry_uris"),
    ("address", KEYS, "address"),
    ("address_check", KEYS, "address_validate"),
];

const REGISTRY_VECTORS: &[Reader] = &[
    ("key", KEYS, "key"),
    ("address", KEYS, "address"),
    ("address_eth", KEYS, "address_eth"),
    ("address_unforgeable", KEYS, "address_unforgeable"),
    ("address_validate", KEYS, "address_validate"),
    ("signature", KEYS, "signature"),
    ("zbase32", REGISTRY, "zbase32"),
    ("crc14", REGISTRY, "crc_14"),
    ("registry_uri", REGISTRY, "registry_uris"),
    ("registry_uri_check", REGISTRY, "registry_uri_check"),
    ("tree_hash_map_path", REGISTRY, "tree_hash_map_path"),
    ("name_rng", RANDOM, "name_rng_rows"),
    ("block_seed", RANDOM, "block_seed_rows"),
    ("genesis_names_final", REGISTRY, "genesis_names_final"),
    ("mergeable_tag", REGISTRY, "mergeable_tag"),
    ("registration", REGISTRY, "registration"),
    ("registration_2018", REGISTRY, "registration_2018"),
    ("semver_select", REGISTRY, "semver_select"),
    ("versioned_urn", REGISTRY, "versioned_urn"),
    ("to_byte_array", "interpreter/machine/tests/registry_vectors.rs", "to_byte_array"),
    ("bonds_file", GENESIS, "bonds_files"),
    ("wallets_file", GENESIS, "wallets_files"),
    ("template", GENESIS, "templates"),
    ("deploy", GENESIS, "deploys"),
    ("block_hash", GENESIS, "flat_block_hashes"),
    ("block_hash_nested", GENESIS, "nested_block_hashes"),
];

/// The text of a test, from its name to the next test.
fn test_text(file: &str, test: &str) -> String {
    let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let head = format!("#[test]\nfn {test}(");
    // Unit tests are indented.
    let text = text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let start = text.find(&head).unwrap_or_else(|| panic!("{file} has no test {test}"));
    let rest = &text[start + head.len()..];
    rest.split("#[test]").next().unwrap_or(rest).to_owned()
}

#[test]
fn every_kind_of_vector_is_read() {
    for (name, readers) in [("runtime-vectors.toml", RUNTIME_VECTORS), ("registry-vectors.toml", REGISTRY_VECTORS)] {
        let file: Table = common::data(name).parse().expect("the vectors");
        println!("{name}");
        for (kind, rows) in file.iter().filter_map(|(kind, value)| Some((kind, value.as_array()?))) {
            let tests: Vec<String> = readers
                .iter()
                .filter(|(of, ..)| of == kind)
                .map(|(_, file, test)| {
                    let text = test_text(file, test);
                    let read = text.contains(&format!("\"{kind}\"")) || text.contains(&format!("file.{kind}"));
                    assert!(read, "{file}: {test} does not read {kind}");
                    format!("{file}: {test}")
                })
                .collect();
            assert!(!tests.is_empty(), "no test reads the kind {kind} of {name}");
            println!("{:>5} {kind:<20} {}", rows.len(), tests.join(", "));
        }
        let unknown = readers.iter().find(|(kind, ..)| !file.contains_key(*kind));
        assert_eq!(unknown, None, "{name} has no such kind");
    }
}
