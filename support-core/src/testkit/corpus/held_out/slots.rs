//! What stands in the slots of the held-out templates, and how each set writes it.

use super::{HeldOut, fifth_slots};
use crate::masking::Kind;
use crate::testkit::Dice;
use crate::testkit::corpus::numbers::{between, digits, luhn_digit, luhn_valid, number};

/// A value for a slot.
pub(super) enum Slot {
    Personal(Kind, String),
    Other(String),
}

/// Makes a value for the slot `name`.
pub(super) fn write(dice: &mut Dice, set: HeldOut, name: &str) -> Slot {
    let kind = match name {
        "card" | "card_plain" => Kind::Card,
        "iban" => Kind::Iban,
        "ssn" | "ssn_plain" | "last4" => Kind::Ssn,
        "account" | "account_short" | "account_grouped" => Kind::Account,
        "pin" | "pin6" | "cvv" | "cvv4" => Kind::Pin,
        "code" | "code_split" | "code_dash" => Kind::OneTimeCode,
        "email" => Kind::Email,
        "phone" | "phone_intl" | "phone_digits" => Kind::Phone,
        _ => return Slot::Other(other(dice, set, name)),
    };
    let value = match name {
        "card" => card(dice, set),
        "card_plain" => card_number(dice, set).0,
        "iban" => iban(dice, set),
        "ssn" => ssn(dice, if set == HeldOut::First { &["-", " "] } else { &["-", " ", "."] }),
        "ssn_plain" => ssn(dice, &[""]),
        "last4" | "pin" => between(dice, 1, 9_999).to_string().pad(4),
        "account" => {
            let length = between(dice, 8, 12);
            number(dice, length)
        }
        "account_short" => digits(dice, 7),
        "account_grouped" => fifth_slots::account(dice),
        "pin6" => digits(dice, 6),
        "cvv" => digits(dice, 3),
        "cvv4" => digits(dice, 4),
        "code" => {
            let length = match set {
                HeldOut::First => 6,
                HeldOut::Fifth => *dice.pick(&[6, 6, 6, 4, 5, 8]),
                _ => between(dice, 5, 8),
            };
            digits(dice, length)
        }
        "code_dash" => format!("{}-{}", digits(dice, 3), digits(dice, 3)),
        "code_split" => format!("{} {}", digits(dice, 3), digits(dice, 3)),
        "email" => email(dice, set),
        "phone_intl" => fifth_slots::phone_international(dice),
        "phone_digits" => fifth_slots::phone_digits(dice),
        _ => phone(dice, set),
    };
    let plain = matches!(kind, Kind::Email | Kind::Phone);
    Slot::Personal(kind, if plain { value } else { disguised(dice, set, value) })
}

trait Pad {
    fn pad(self, length: usize) -> String;
}

impl Pad for String {
    fn pad(self, length: usize) -> String {
        format!("{self:0>length$}")
    }
}

/// A number of a known range, and the lengths of its groups on a card.
fn card_number(dice: &mut Dice, set: HeldOut) -> (String, &'static [usize]) {
    const FOURS: &[usize] = &[4, 4, 4, 4];
    let ranges: &[(&str, u64, &[usize])] = match set {
        HeldOut::First => &[
            ("4", 16, FOURS),
            ("4", 16, FOURS),
            ("52", 16, FOURS),
            ("2345", 16, FOURS),
            ("37", 15, &[4, 6, 5]),
            ("6011", 16, FOURS),
        ],
        HeldOut::Second => &[
            ("4", 16, FOURS),
            ("54", 16, FOURS),
            ("55", 16, FOURS),
            ("2699", 16, FOURS),
            ("34", 15, &[4, 6, 5]),
            ("3540", 16, FOURS),
            ("36", 14, &[4, 6, 4]),
            ("6212", 16, FOURS),
            ("65", 16, FOURS),
        ],
        HeldOut::Third => &[
            ("4", 16, FOURS),
            ("4", 16, FOURS),
            ("51", 16, FOURS),
            ("2501", 16, FOURS),
            ("37", 15, &[4, 6, 5]),
            ("3589", 16, FOURS),
            ("6221", 16, FOURS),
            ("6441", 16, FOURS),
        ],
        HeldOut::Fourth => &[
            ("4", 16, FOURS),
            ("4", 16, FOURS),
            ("53", 16, FOURS),
            ("2290", 16, FOURS),
            ("34", 15, &[4, 6, 5]),
            ("3560", 16, FOURS),
            ("6011", 16, FOURS),
            ("38", 14, &[4, 6, 4]),
        ],
        HeldOut::Fifth => fifth_slots::RANGES,
    };
    let &(prefix, length, groups) = dice.pick(ranges);
    (luhn_valid(dice, prefix, length), groups)
}

fn card(dice: &mut Dice, set: HeldOut) -> String {
    let (number, groups) = card_number(dice, set);
    let separator = *match set {
        HeldOut::First => dice.pick(&["", "", " ", " ", " ", "-", ".", "  ", "\u{2009}", "\n", "\u{2013}"]),
        HeldOut::Second => {
            dice.pick(&["", "", " ", " ", "-", " - ", "\u{202f}", "\t", "/", "\u{2014}", "\r\n"])
        }
        HeldOut::Third => dice.pick(&["", "", " ", " ", "-", "\u{a0}", "\u{2007}", "\u{2010}", "_", "- "]),
        HeldOut::Fourth => dice.pick(&["", "", " ", " ", "-", "-", "\u{2002}", "\u{2011}", ".", "  "]),
        HeldOut::Fifth => dice.pick(&["", "", "", " ", " ", " ", " ", "-", "-", ".", "\u{a0}", "  "]),
    };
    super::super::numbers::grouped(&number, groups, separator)
}

/// The countries of a set with the shape of their account numbers: `n` a digit, `a` a letter.
fn iban(dice: &mut Dice, set: HeldOut) -> String {
    let shapes: &[(&str, &str)] = match set {
        HeldOut::First => &[
            ("DE", "nnnnnnnnnnnnnnnnnn"),
            ("FR", "nnnnnnnnnnnnnnnnnnnnnnn"),
            ("NL", "aaaannnnnnnnnn"),
            ("GB", "aaaannnnnnnnnnnnnn"),
        ],
        HeldOut::Second => &[
            ("IT", "annnnnnnnnnnnnnnnnnnnnn"),
            ("PL", "nnnnnnnnnnnnnnnnnnnnnnnn"),
            ("CH", "nnnnnnnnnnnnnnnnn"),
            ("BE", "nnnnnnnnnnnn"),
            ("IE", "aaaannnnnnnnnnnnnn"),
        ],
        HeldOut::Third => &[
            ("ES", "nnnnnnnnnnnnnnnnnnnn"),
            ("AT", "nnnnnnnnnnnnnnnn"),
            ("SE", "nnnnnnnnnnnnnnnnnnnn"),
            ("PT", "nnnnnnnnnnnnnnnnnnnnn"),
            ("RO", "aaaannnnnnnnnnnnnnnn"),
        ],
        HeldOut::Fourth => &[
            ("FI", "nnnnnnnnnnnnnn"),
            ("LU", "nnnnnnnnnnnnnnnn"),
            ("CZ", "nnnnnnnnnnnnnnnnnnnn"),
            ("DK", "nnnnnnnnnnnnnn"),
            ("BG", "aaaannnnnnnnnnnnnn"),
        ],
        HeldOut::Fifth => fifth_slots::COUNTRIES,
    };
    let &(country, shape) = dice.pick(shapes);
    let of = |dice: &mut Dice, c: char| match c {
        'a' => char::from(b'A' + dice.below(26) as u8),
        _ => char::from(b'0' + dice.below(10) as u8),
    };
    let account: String = shape.chars().map(|c| of(dice, c)).collect();
    let checked = format!("{account}{country}00");
    let remainder = checked.chars().fold(0_u64, |sum, c| match c.to_digit(36) {
        Some(value @ 0..=9) => (sum * 10 + u64::from(value)) % 97,
        value => (sum * 100 + u64::from(value.unwrap_or(0))) % 97,
    });
    let iban = format!("{country}{:02}{account}", 98 - remainder);
    let gap = match set {
        HeldOut::First => " ",
        HeldOut::Fifth => *dice.pick(&[" ", " ", " ", "\u{a0}", "-"]),
        _ => "-",
    };
    let written = match dice.below(3) {
        0 => iban,
        _ => super::super::numbers::grouped(&iban, &[4; 8], gap),
    };
    if dice.one_in(5) { written.to_lowercase() } else { written }
}

fn ssn(dice: &mut Dice, separators: &[&str]) -> String {
    let area = match between(dice, 1, 899) {
        666 => 665,
        area => area,
    };
    let (group, serial) = (between(dice, 1, 99), between(dice, 1, 9_999));
    let gap = *dice.pick(separators);
    format!("{area:03}{gap}{group:02}{gap}{serial:04}")
}

fn email(dice: &mut Dice, set: HeldOut) -> String {
    let (names, hosts): (&[&str], &[&str]) = match set {
        HeldOut::First => (
            &["noor.aziz", "b.lindqvist", "the_real_tom", "office+returns", "k8"],
            &["mailbox.example", "post.example.org", "company.co.uk", "uni-nord.example"],
        ),
        HeldOut::Second => (
            &["maria-jose", "x.y.z", "accounts.payable", "jürgen", "o'hara", "mr.smith1979"],
            &["inbox.example.net", "bücher.example", "shop24.example", "mail.dept.gov.au"],
        ),
        HeldOut::Third => (
            &["olga_77", "info", "p.o.box", "d-r", "zoë", "a+b"],
            &["web.example", "sub.domain.example.com", "x1.example.io", "firma.example.de"],
        ),
        HeldOut::Fourth => (
            &["peter.h", "sales-team", "ana_maria", "łukasz", "j.r.r", "me+shop"],
            &["letters.example", "mx.example.co", "my-shop.example.net", "agence.example.fr"],
        ),
        HeldOut::Fifth => (
            &[
                "hanna.k",
                "kundenservice",
                "marco_r",
                "lea.m.1992",
                "R.SANTOS",
                "sofie+returns",
                "n.de.wit",
                "x2000",
            ],
            &[
                "freemail.example",
                "mail.example.it",
                "student.uni.example.nl",
                "WEB.EXAMPLE.COM",
                "t-net.example",
            ],
        ),
    };
    format!("{}@{}", dice.pick(names), dice.pick(hosts))
}

fn phone(dice: &mut Dice, set: HeldOut) -> String {
    let line = format!("01{}", digits(dice, 2));
    let area = *dice.pick(&["212", "415", "305", "617"]);
    match (set, dice.below(5)) {
        (HeldOut::First, 0) => format!("+1 {area} 555 {line}"),
        (HeldOut::First, 1) => format!("({area}) 555-{line}"),
        (HeldOut::First, 2) => format!("+44 7700 900{}", digits(dice, 3)),
        (HeldOut::First, 3) => format!("07700 900{}", digits(dice, 3)),
        (HeldOut::First, _) => format!("+49 30 23125{}", digits(dice, 3)),
        (HeldOut::Second, 0) => format!("{area}.555.{line}"),
        (HeldOut::Second, 1) => format!("+61 491 570 {}", digits(dice, 3)),
        (HeldOut::Second, 2) => format!("0049 171 39200{}", digits(dice, 2)),
        (HeldOut::Second, 3) => format!("1-{area}-555-{line}"),
        (HeldOut::Second, _) => format!("+33 (0)1 99 00 {} {}", digits(dice, 2), digits(dice, 2)),
        (HeldOut::Third, 0) => format!("{area}-555-{line}"),
        (HeldOut::Third, 1) => format!("+1 ({area}) 555-{line}"),
        (HeldOut::Third, 2) => format!("+34 600 00 {} {}", digits(dice, 2), digits(dice, 2)),
        (HeldOut::Third, 3) => format!("0044 7700 900{}", digits(dice, 3)),
        (HeldOut::Third, _) => format!("020 7946 0{}", digits(dice, 3)),
        (HeldOut::Fourth, 0) => format!("{area} 555 {line}"),
        (HeldOut::Fourth, 1) => format!("+1-{area}-555-{line}"),
        (HeldOut::Fourth, 2) => format!("+44 20 7946 0{}", digits(dice, 3)),
        (HeldOut::Fourth, 3) => format!("0161 496 0{}", digits(dice, 3)),
        (HeldOut::Fourth, _) => format!("+353 20 910 {}", digits(dice, 4)),
        (HeldOut::Fifth, 0..=2) => fifth_slots::phone_national(dice),
        (HeldOut::Fifth, _) => fifth_slots::phone_international(dice),
    }
}

/// One number in eight is written in another script, or with characters inside that nobody sees.
fn disguised(dice: &mut Dice, set: HeldOut, number: String) -> String {
    if !dice.one_in(8) {
        return number;
    }
    let (zeros, unseen): (&[u32], &str) = match set {
        HeldOut::First => (&[0xFF10, 0x09E6, 0x06F0], "\u{200c}"),
        HeldOut::Second => (&[0x1D7CE, 0x0E50, 0x1D7F6], "\u{200d}"),
        HeldOut::Third => (&[0x0660, 0x0966, 0x1D7D8], "\u{2060}"),
        HeldOut::Fourth => (&[0xFF10, 0x0CE6, 0x1D7E2], "\u{feff}"),
        HeldOut::Fifth => (&[0xFF10, 0x0660, 0x06F0], "\u{200b}"),
    };
    if dice.one_in(3) {
        let mut hidden = String::new();
        for (at, c) in number.chars().enumerate() {
            if at == 2 || at == 3 {
                hidden.push_str(unseen);
            }
            hidden.push(c);
        }
        return hidden;
    }
    let zero = *dice.pick(zeros);
    number.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(zero + d)).unwrap_or(c)).collect()
}

/// What is not personal.
fn other(dice: &mut Dice, set: HeldOut, name: &str) -> String {
    let first = set == HeldOut::First;
    match name {
        "year" => between(dice, 1961, 2034).to_string(),
        "date" => {
            let (day, month, year) = (between(dice, 1, 28), between(dice, 1, 12), between(dice, 1999, 2029));
            match (first, dice.below(3)) {
                (true, 0) => format!("{day:02}/{month:02}/{year}"),
                (true, 1) => format!("{year}-{month:02}-{day:02}"),
                (true, _) => format!("{day}.{month}.{year}"),
                (false, 0) => format!("{day:02}{month:02}{year}"),
                (false, 1) => format!("{year}/{month:02}/{day:02}"),
                (false, _) => format!("{day:02} {month:02} {year}"),
            }
        }
        "stamp" => {
            let (day, hour, minute) = (between(dice, 1, 28), between(dice, 0, 23), between(dice, 0, 59));
            if first {
                format!("2026-03-{day:02}T{hour:02}:{minute:02}:07Z")
            } else {
                format!("202604{day:02}{hour:02}{minute:02}41")
            }
        }
        "epoch" => format!("17{}", digits(dice, if first { 8 } else { 11 })),
        "time" => format!("{}:{:02}", between(dice, 1, 23), between(dice, 0, 59)),
        "order" => {
            let length = between(dice, 5, 11);
            number(dice, length)
        }
        "invoice" => format!("{}-{}", between(dice, 2019, 2027), digits(dice, 5)),
        "tracking" => {
            let length = if first { 12 } else { 20 };
            number(dice, length)
        }
        "parcel" => format!("1Z{}A{}", digits(dice, 3), digits(dice, 12)),
        "imei" => {
            let payload = format!("35{}", digits(dice, 12));
            format!("{payload}{}", luhn_digit(&payload))
        }
        "ean" => format!("40{}", digits(dice, 11)),
        "version" => format!("{}.{}.{}", between(dice, 1, 30), between(dice, 0, 99), between(dice, 0, 9_999)),
        "build" => digits(dice, 5),
        "ip" => format!("192.168.{}.{}", between(dice, 0, 255), between(dice, 0, 255)),
        "price" => match (first, between(dice, 1_000, 9_999_999)) {
            (true, cents) => format!("{}.{:02}", cents / 100, cents % 100),
            (false, cents) => format!("{} {:03},{:02}", cents / 100_000, cents / 100 % 1_000, cents % 100),
        },
        "amount" => between(dice, 1_000, 99_999).to_string(),
        "quantity" => between(dice, 2, 9_999).to_string(),
        "zip" => digits(dice, 5),
        "guid" => {
            let hex: String = (0..32).filter_map(|_| char::from_digit(dice.below(16) as u32, 16)).collect();
            super::super::numbers::grouped(&hex, &[8, 4, 4, 4, 12], "-")
        }
        "hash" => (0..16).filter_map(|_| char::from_digit(dice.below(16) as u32, 16)).collect(),
        "luhnless" => {
            let payload = format!("4{}", digits(dice, 14));
            let wrong = (luhn_digit(&payload) + 1 + dice.below(9)) % 10;
            format!("{payload}{wrong}")
        }
        "ending" => digits(dice, 4),
        "coordinates" => format!(
            "{}.{}, {}.{}",
            between(dice, 10, 80),
            digits(dice, 5),
            between(dice, 1, 99),
            digits(dice, 5)
        ),
        "flight" => format!("{}{}", dice.pick(&["LH", "BA", "UA", "QF"]), between(dice, 100, 4_999)),
        name => fifth_slots::other(dice, name),
    }
}
