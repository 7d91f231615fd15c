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
mod callers;
mod client;
mod desks;
mod due;
mod figures;
mod fill;
mod http;
mod pages;
mod reconfigure;
mod verify;

use std::path::Path;

use fill::Mix;

const USAGE: &str = "\
measure assign [tickets]           from the commit of new work to its assignment, 64 callers
measure due [tickets]              how late breaches are noticed, and so many at one instant
measure http <tickets> [seconds]   the release build of support-server under load, with so many tickets stored
measure pages <tickets> <file>     lists, a ticket and the queue; one ticket in ten waits
measure waiting <tickets> <file>   the queue where all tickets wait
measure reconfigure <tickets> <file>  open tickets under a changed calendar, policy or keyword rule
measure verify [tickets]           the proof that a database is sound
Databases are made in MEASURE_IN, else in the working directory; a file that is there is used again.";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |word: &str| word.parse::<u32>().unwrap();
    match words.as_slice() {
        ["assign"] => assign::run(10_000),
        ["assign", tickets] => assign::run(number(tickets) as usize),
        ["due"] => due::run(10_000),
        ["due", tickets] => due::run(number(tickets) as usize),
        ["http", tickets] => http::run(number(tickets), 8),
        ["http", tickets, seconds] => http::run(number(tickets), number(seconds).into()),
        ["pages", tickets, file] => pages::run(number(tickets), Mix::Mostly, Path::new(file)),
        ["reconfigure", tickets, file] => reconfigure::run(number(tickets) as usize, Path::new(file)),
        ["verify"] => verify::run(32_000),
        ["verify", tickets] => verify::run(number(tickets) as usize),
        ["waiting", tickets, file] => pages::run(number(tickets), Mix::Waiting, Path::new(file)),
        _ => println!("{USAGE}"),
    }
}
