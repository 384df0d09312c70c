// SPDX-License-Identifier: Apache-2.0
//! words.rs - strings, as programs really use them: text is made, split, counted in a hash map and a tree, sorted,
//! replaced, formatted and parsed again. Allocation, copying, UTF-8, closures, and the standard library's code.
//! usage: words [rounds=24]  -> prints a checksum.
use std::collections::{BTreeMap, HashMap};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

const SYLLABLES: [&str; 16] = [
    "pi", "rn", "shu", "ttle", "wea", "ve", "loom", "thré", "ad", "spo", "ol", "knö", "t", "yarn", "bo", "bbin",
];

fn make_text(words: usize, random: &mut Random) -> String {
    let mut text = String::new();
    for i in 0..words {
        for _ in 0..1 + random.next() % 3 {
            text.push_str(SYLLABLES[(random.next() % 16) as usize]);
        }
        text.push(if i % 11 == 10 { '\n' } else { ' ' });
    }
    text
}

fn round(text: &str) -> u64 {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut by_length: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (word, count) in &counts {
        by_length.entry(word.chars().count()).or_default().push(format!("{}={}", word.to_uppercase(), count));
    }
    let mut sum = 0u64;
    for (length, mut entries) in by_length {
        entries.sort_by(|a, b| b.cmp(a));
        for entry in &entries {
            let (word, count) = entry.split_once('=').unwrap();
            sum = sum.wrapping_mul(31).wrapping_add(count.parse::<u64>().unwrap() * (word.len() + length) as u64);
        }
    }
    let replaced = text.replace("loom", "frame").lines().map(|line| line.trim().len() as u64).sum::<u64>();
    sum.wrapping_add(replaced)
}

fn main() {
    let rounds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(24);
    let mut random = Random(88172645463325252);
    let mut sum = 0u64;
    for _ in 0..rounds {
        let text = make_text(60000, &mut random);
        sum = sum.rotate_left(7) ^ round(&text);
    }
    println!("words {} = {:016x}", rounds, sum);
}
