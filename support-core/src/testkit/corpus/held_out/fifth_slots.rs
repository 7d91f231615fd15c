//! What only the fifth set writes: telephones, accounts and cards of other countries, and other numbers that are none.

use crate::testkit::Dice;
use crate::testkit::corpus::numbers::{between, digits, grouped, luhn_digit, number};

/// Ranges of cards, lengths and groups. The numbers of one Asian scheme have nineteen digits.
pub(super) const RANGES: &[(&str, u64, &[usize])] = &[
    ("4", 16, &[4, 4, 4, 4]),
    ("4", 16, &[4, 4, 4, 4]),
    ("4", 16, &[4, 4, 4, 4]),
    ("51", 16, &[4, 4, 4, 4]),
    ("55", 16, &[4, 4, 4, 4]),
    ("2223", 16, &[4, 4, 4, 4]),
    ("37", 15, &[4, 6, 5]),
    ("6011", 16, &[4, 4, 4, 4]),
    ("36", 14, &[4, 6, 4]),
    ("3530", 16, &[4, 4, 4, 4]),
    ("6759", 16, &[4, 4, 4, 4]),
    ("6214", 19, &[4, 4, 4, 4, 3]),
];

/// Countries with the shape of their account numbers: `n` a digit, `a` a letter.
pub(super) const COUNTRIES: &[(&str, &str)] = &[
    ("DE", "nnnnnnnnnnnnnnnnnn"),
    ("FR", "nnnnnnnnnnnnnnnnnnnnnnn"),
    ("NL", "aaaannnnnnnnnn"),
    ("NO", "nnnnnnnnnnn"),
    ("HU", "nnnnnnnnnnnnnnnnnnnnnnnn"),
    ("GR", "nnnnnnnnnnnnnnnnnnnnnnn"),
    ("SK", "nnnnnnnnnnnnnnnnnnnn"),
    ("HR", "nnnnnnnnnnnnnnnnn"),
    ("LV", "aaaannnnnnnnnnnnn"),
];

/// The number of an account as letters of banks print it.
pub(super) fn account(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("{} {}", number(dice, 4), digits(dice, 4)),
        1 => format!("{} {} {}", number(dice, 3), digits(dice, 3), digits(dice, 3)),
        _ => format!("{}-{}", number(dice, 4), digits(dice, 6)),
    }
}

/// A number as people of one country write it for each other. Lines kept for fiction are used where a country has any.
pub(super) fn phone_national(dice: &mut Dice) -> String {
    let (two, pair) = (digits(dice, 2), digits(dice, 2));
    match dice.below(12) {
        0 => format!("079 {} {two} {pair}", digits(dice, 3)),
        1 => format!("06 39 98 {two} {pair}"),
        2 => format!("06.39.98.{two}.{pair}"),
        3 => format!("06-{}", number(dice, 8)),
        4 => format!("0171 39200{two}"),
        5 => format!("0171/39200{two}"),
        6 => format!("612 {} {two} {pair}", digits(dice, 2)),
        7 => format!("0491 570 {}", digits(dice, 3)),
        8 => format!("070-174 06 {two}"),
        9 => format!("(646) 555-01{two}"),
        10 => format!("646-555-01{two}"),
        _ => format!("07700 900 {}", digits(dice, 3)),
    }
}

/// A number with the code of its country.
pub(super) fn phone_international(dice: &mut Dice) -> String {
    let (two, pair) = (digits(dice, 2), digits(dice, 2));
    match dice.below(9) {
        0 => format!("+41 79 {} {two} {pair}", digits(dice, 3)),
        1 => format!("+33 6 39 98 {two} {pair}"),
        2 => format!("+49 (0)171 39200{two}"),
        3 => format!("+39 333 {}", number(dice, 7)),
        4 => format!("+91 98{} {}", digits(dice, 3), digits(dice, 5)),
        5 => format!("+48 601 {} {}", digits(dice, 3), digits(dice, 3)),
        6 => format!("+55 11 9{}-{}", digits(dice, 4), digits(dice, 4)),
        7 => format!("+31 6 {}", number(dice, 8)),
        _ => format!("+1 646-555-01{two}"),
    }
}

/// A number in one run of digits, as telephones show and people type it.
pub(super) fn phone_digits(dice: &mut Dice) -> String {
    let two = digits(dice, 2);
    match dice.below(6) {
        0 => format!("64655501{two}"),
        1 => format!("07700900{}", digits(dice, 3)),
        2 => format!("063998{}", digits(dice, 4)),
        3 => format!("017139200{two}"),
        4 => format!("+4917139200{two}"),
        _ => format!("06{}", number(dice, 8)),
    }
}

/// What is not personal.
pub(super) fn other(dice: &mut Dice, name: &str) -> String {
    const MONTHS: &[&str] =
        &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (day, month, year) = (between(dice, 1, 28), between(dice, 1, 12), between(dice, 2021, 2026));
    let (hour, minute) = (between(dice, 0, 23), between(dice, 0, 59));
    let gap = *dice.pick(&["", " "]);
    match name {
        "day" => match dice.below(7) {
            0 => format!("{day:02}.{month:02}.{year}"),
            1 => format!("{day}.{month}.{}", year % 100),
            2 => format!("{month}/{day}/{}", year % 100),
            3 => format!("{year}-{month:02}-{day:02}"),
            4 => format!("{day:02}-{month:02}-{year}"),
            5 => format!("{} {day}, {year}", dice.pick(MONTHS)),
            _ => format!("{day} {} {year}", dice.pick(MONTHS)),
        },
        "day_short" => match dice.below(3) {
            0 => format!("{month}/{day}"),
            1 => format!("{day:02}.{month:02}."),
            _ => format!("{} {day}", dice.pick(MONTHS)),
        },
        "clock" => match dice.below(5) {
            0 => format!("{hour:02}:{minute:02}"),
            1 => format!("{}:{minute:02}pm", 1 + hour % 12),
            2 => format!("{hour}h{minute:02}"),
            3 => format!("{hour}.{minute:02}"),
            _ => format!("{} am", 1 + hour % 12),
        },
        "stamp_log" => format!(
            "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02},{}",
            between(dice, 0, 59),
            digits(dice, 3)
        ),
        "order_dashed" => format!("{}-{}-{}", number(dice, 3), digits(dice, 7), digits(dice, 7)),
        "order_long" => format!("ORD-{year}-{}", digits(dice, 7)),
        "case" => format!("00{}", digits(dice, 6)),
        "reference" => format!("{}{}", letters(dice, 3), digits(dice, 10)),
        "post" => match dice.below(5) {
            0 => format!("00340434{}", digits(dice, 12)),
            1 => format!("JD0146{}", digits(dice, 12)),
            2 => format!("RR{}DE", digits(dice, 9)),
            3 => format!("3S{}{}", letters(dice, 4), digits(dice, 9)),
            _ => format!("CP {} {} {} FR", digits(dice, 3), digits(dice, 3), digits(dice, 3)),
        },
        "usps" => {
            let number = format!("94001{}", digits(dice, 17));
            grouped(&number, &[4; 5], gap)
        }
        "fedex" => grouped(&number(dice, 12), &[4; 3], gap),
        "dpd" => format!("0{}", digits(dice, 13)),
        "imei_dashed" => {
            let payload = format!("35{}", digits(dice, 12));
            grouped(
                &format!("{payload}{}", luhn_digit(&payload)),
                &[2, 6, 6, 1],
                if gap.is_empty() { "-" } else { gap },
            )
        }
        "serial" => format!("{}{}{}", letters(dice, 2), digits(dice, 5), letters(dice, 3)),
        "mac" => grouped(&hexadecimal(dice, 12), &[2; 6], ":"),
        "vin" => format!("WVWZZZ1{}ZW{}", letters(dice, 1), digits(dice, 6)),
        "isbn" => format!("978-3-{}-{}-{}", digits(dice, 3), digits(dice, 5), digits(dice, 1)),
        "money" => match (between(dice, 3, 2_999), between(dice, 0, 99), dice.below(7)) {
            (whole, cents, 0) => format!("€{whole}.{cents:02}"),
            (whole, cents, 1) => format!("{whole},{cents:02} €"),
            (whole, cents, 2) => format!("${},{:03}.{cents:02}", 1 + whole / 1_000, whole % 1_000),
            (whole, cents, 3) => format!("{whole}.{cents:02} EUR"),
            (whole, _, 4) => format!("{whole} euros"),
            (whole, _, 5) => format!("CHF {whole}.-"),
            (whole, cents, _) => format!("£{whole}.{cents:02}"),
        },
        "big" => {
            let mark = *dice.pick(&[",", ".", " "]);
            format!("{}{mark}{}{mark}{}", between(dice, 1, 99), digits(dice, 3), digits(dice, 3))
        }
        "meter" => match dice.below(3) {
            0 => format!("0{}", digits(dice, 5)),
            1 => format!("{},{}", number(dice, 5), digits(dice, 1)),
            _ => number(dice, 5),
        },
        "pnr" => format!("{}{}{}", letters(dice, 1), between(dice, 2, 9), letters(dice, 4)),
        "eticket" => format!("220-{}", number(dice, 10)),
        name => unreachable!("no slot of the name {name}"),
    }
}

fn letters(dice: &mut Dice, count: u64) -> String {
    (0..count).map(|_| char::from(b'A' + dice.below(26) as u8)).collect()
}

fn hexadecimal(dice: &mut Dice, count: u64) -> String {
    (0..count).filter_map(|_| char::from_digit(dice.below(16) as u32, 16)).collect()
}
