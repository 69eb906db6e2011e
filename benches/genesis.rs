//! A whole genesis from the system contracts: time, and the ratios to its parts' floors measured in the same run.

mod common;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

use common::{best, comm_floor, tables_only};
use criterion::Criterion;
use rhodium_genesis::{BondRules, BuildInput, ContractSet, EmbeddedContract, Genesis, Parameters, build, parse_bonds};
use rhodium_registry::Form;
use rhodium_store::MemoryStore;

macro_rules! contract {
    ($name:literal) => {
        EmbeddedContract {
            name: $name,
            path: concat!("rholang/system/", $name, ".rho"),
            source: include_str!(concat!("../rholang/system/", $name, ".rho")),
        }
    };
}

const CONTRACTS: &[EmbeddedContract] = &[
    contract!("Registry"),
    contract!("ListOps"),
    contract!("Either"),
    contract!("NonNegativeNumber"),
    contract!("MakeMint"),
    contract!("AuthKey"),
    contract!("Stack"),
];

fn genesis(contracts: &ContractSet) -> Genesis {
    let parameters = Parameters::default();
    let bonds = parse_bonds(include_bytes!("../examples/genesis/bonds.txt"), &BondRules::default());
    let input = BuildInput {
        contracts,
        bonds: bonds.expect("the sample bonds"),
        wallets: Vec::new(),
        parameters,
        form: Form::F1r3fly,
        creator: None,
    };
    build(&input, NonZeroUsize::MIN, &mut |_| {}).expect("a genesis")
}

fn main() {
    let contracts = ContractSet::embedded(CONTRACTS).expect("the system contracts");
    if !tables_only() {
        let mut criterion = Criterion::default().sample_size(10).configure_from_args();
        criterion.bench_function("genesis", |bencher| bencher.iter(|| genesis(&contracts)));
        criterion.final_summary();
    }
    let time = best(5, || drop(black_box(genesis(&contracts)))).as_secs_f64();
    let built = genesis(&contracts);
    let store_time = best(5, || {
        built.store_in(&(Arc::new(MemoryStore::new()) as Arc<_>)).expect("an empty store");
    });
    let source: usize = CONTRACTS.iter().map(|c| c.source.len()).sum();
    let floor = comm_floor();
    println!("\ngenesis of {} contracts, {} bytes of source", CONTRACTS.len(), source);
    println!("time                    {:>9.1} ms", time * 1e3);
    println!("of the 0.25 s target    {:>9.2}", time / 0.25);
    println!("COMM floors             {:>9.0}", time / floor);
    println!("ns per byte of source   {:>9.0}", time * 1e9 / source as f64);
    println!("storing it in memory    {:>9.2} ms", store_time.as_secs_f64() * 1e3);
}
