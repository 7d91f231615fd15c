//! What takes a whole desk to measure: `measure <what>`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

mod assign;
mod desks;
mod figures;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u32| words.get(at).and_then(|w| w.parse().ok()).unwrap_or(default);
    match words.first().map(String::as_str) {
        Some("assign") => assign::run(number(1, 20_000) as usize),
        _ => println!("measure assign [tickets]"),
    }
}
