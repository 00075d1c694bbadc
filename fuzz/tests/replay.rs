//! The targets without a fuzzer: each input of the corpora, and some thousand mutations of them, the same ones each time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use cognito_connect_fuzz::{TARGETS, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// How many mutations each target is given: a call of the C API may make a runtime, and a device opens connections.
fn mutations(target: &str) -> usize {
    match target {
        "device" => 100,
        "calls" => 400,
        "cognito" => 1000,
        _ => 4000,
    }
}

/// The largest mutation.
const LONGEST: usize = 4096;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 5, "{} has {} inputs", folder.display(), files.len());
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// The generator of Marsaglia, "Xorshift RNGs".
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::try_from(bound.max(1)).unwrap()).try_into().unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.below(256).try_into().unwrap()
    }
}

/// Changes, removes, repeats or inserts some bytes, or goes on with the end of another input.
fn mutate(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(input.len());
        match random.below(6) {
            0 if !input.is_empty() => input[at] = random.byte(),
            1 if !input.is_empty() => input[at] ^= 1 << random.below(8),
            2 if !input.is_empty() => drop(input.drain(at..(at + 1 + random.below(8)).min(input.len()))),
            3 => {
                let end = (at + 1 + random.below(16)).min(input.len());
                let repeated = input[at..end].to_vec();
                input.splice(at..at, repeated);
            }
            4 => {
                let other = &corpus[random.below(corpus.len())];
                input.truncate(at);
                input.extend_from_slice(&other[random.below(other.len())..]);
            }
            _ => input.insert(at, [0, 1, 0x7f, 0x80, 0xff, b'/', b':', b'\n'][random.below(8)]),
        }
    }
    input.truncate(LONGEST);
}

fn run((name, target): Target, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
        panic!("{name} fails with this input: \"{}\"", input.escape_ascii());
    }
}

fn replay(target: Target) {
    let corpus = corpus(target.0);
    corpus.iter().for_each(|input| run(target, input));
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..mutations(target.0) {
        let mut input = corpus[random.below(corpus.len())].clone();
        mutate(&mut input, &corpus, &mut random);
        run(target, &input);
    }
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(*TARGETS.iter().find(|(name, _)| *name == stringify!($name)).unwrap());
            }
        )*

        #[test]
        fn every_target_has_its_test() {
            let named = [$(stringify!($name)),*];
            assert!(TARGETS.iter().map(|(name, _)| *name).eq(named));
        }
    };
}

tests! { mqtt session cognito upgrade frames names calls device }
