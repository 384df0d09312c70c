// SPDX-License-Identifier: Apache-2.0
// What a Rust program does: arguments, files, collections, sorting, formatting, and, when asked, a panic.
// Written for every Rust since 1.63.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, Write};

fn statistics(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
    (mean, variance.sqrt())
}

fn files(dir: &str) -> io::Result<()> {
    let path = format!("{}/numbers.txt", dir);
    {
        let mut file = fs::File::create(&path)?;
        for i in 0..1000u64 {
            writeln!(file, "{}", (i * 7919) % 1009)?;
        }
    }
    let mut numbers = Vec::new();
    for line in io::BufReader::new(fs::File::open(&path)?).lines() {
        numbers.push(line?.parse::<f64>().unwrap());
    }
    let (mean, deviation) = statistics(&numbers);
    numbers.sort_by(|a, b| b.partial_cmp(a).unwrap());
    println!("{} numbers, mean {:.3}, deviation {:8.4}, largest {:?}", numbers.len(), mean, deviation, &numbers[..3]);
    println!("size {}", fs::metadata(&path)?.len());
    fs::rename(&path, format!("{}/renamed.txt", dir))?;
    fs::create_dir(format!("{}/sub", dir))?;
    let mut names: Vec<String> = fs::read_dir(dir)?
        .map(|entry| entry.map(|e| e.file_name().into_string().unwrap()))
        .collect::<io::Result<_>>()?;
    names.sort();
    println!("entries {:?}", names);
    fs::remove_dir(format!("{}/sub", dir))?;
    fs::remove_file(format!("{}/renamed.txt", dir))?;
    match fs::read_to_string(format!("{}/../secret", dir)) {
        Ok(_) => println!("left the directory!"),
        Err(error) => println!("outside: {:?}", error.kind() != io::ErrorKind::Interrupted),
    }
    Ok(())
}

#[inline(never)]
fn fail_on_purpose(depth: u32) -> u32 {
    if depth == 0 {
        panic!("on purpose");
    }
    fail_on_purpose(depth - 1) + 1
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    println!("args {:?}", args);
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for word in "warp weft shed warp pick weft warp".split(' ') {
        *words.entry(word).or_default() += 1;
    }
    println!("words {:?}", words);
    println!("floats {} {:e} {:.2} {:?} {}", 0.1 + 0.2, 123456.789f64, 2.0f64 / 3.0, f64::NAN, f32::MAX);
    match args.get(0).map(String::as_str) {
        Some("files") => files(&args[1]).unwrap(),
        Some("panic") => println!("{}", fail_on_purpose(3)),
        Some("exit") => std::process::exit(args[1].parse().unwrap()),
        _ => {}
    }
}
