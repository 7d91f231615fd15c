//! A labelled corpus made from a seed: how much is found, and how much that is clean is altered.

use crate::masking::{Kind, Masker, Purpose};

/// Messages of the corpus. The same ones in every run.
const MESSAGES: usize = 3_000;

/// A message of the corpus: its text, the turn before it, and what is personal in it.
pub(super) struct Labelled {
    pub(super) text: String,
    pub(super) before: Option<&'static str>,
    pub(super) label: Option<(Kind, u32, u32)>,
}

/// Pseudo-random numbers (xorshift64*, Vigna 2016).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }

    /// Digits without a leading zero.
    fn number(&mut self, count: usize) -> String {
        format!("{}{}", 1 + self.below(9), self.digits(count - 1))
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }
}

fn luhn_digit(payload: &str) -> u32 {
    let sum: u32 = payload
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    (10 - sum % 10) % 10
}

fn grouped(digits: &str, lengths: &[usize], separator: &str) -> String {
    let mut rest = digits;
    let mut groups = Vec::new();
    for &length in lengths {
        let (group, tail) = rest.split_at(length.min(rest.len()));
        groups.push(group);
        rest = tail;
    }
    groups.retain(|group| !group.is_empty());
    groups.join(separator)
}

fn card(dice: &mut Dice) -> String {
    let (prefix, length): (&str, usize) = dice.pick(&[
        ("4", 16),
        ("4", 16),
        ("4539", 16),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("37", 15),
        ("34", 15),
        ("6011", 16),
        ("3530", 16),
        ("36", 14),
        ("62", 16),
    ]);
    let payload = format!("{prefix}{}", dice.digits(length - prefix.len() - 1));
    let number = format!("{payload}{}", luhn_digit(&payload));
    let lengths: &[usize] = if length == 16 { &[4, 4, 4, 4] } else { &[4, 6, 5] };
    match dice.below(8) {
        0..=2 => number,
        3 | 4 => grouped(&number, lengths, " "),
        5 => grouped(&number, lengths, "-"),
        6 => grouped(&number, lengths, "\u{200b}"),
        _ => number.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect(),
    }
}

fn iban(dice: &mut Dice) -> String {
    let (country, bank, digits): (&str, &str, usize) =
        dice.pick(&[("DE", "", 18), ("GB", "NWBK", 14), ("NL", "ABNA", 10), ("ES", "", 20)]);
    let account = format!("{bank}{}", dice.digits(digits));
    let check = (2..=98).map(|check| format!("{check:02}")).find(|check| {
        let moved = format!("{account}{country}{check}");
        moved.bytes().fold(0_u32, |sum, b| match b {
            b'0'..=b'9' => (sum * 10 + u32::from(b - b'0')) % 97,
            letter => (sum * 100 + u32::from(letter - b'A') + 10) % 97,
        }) == 1
    });
    let whole = format!("{country}{}{account}", check.unwrap());
    if dice.below(2) == 0 { whole } else { grouped(&whole, &[4; 9], " ") }
}

fn ssn(dice: &mut Dice) -> String {
    let area = loop {
        let area = dice.between(1, 899);
        if area != 666 {
            break area;
        }
    };
    format!("{area:03}-{:02}-{:04}", dice.between(1, 99), dice.between(1, 9999))
}

fn phone(dice: &mut Dice) -> String {
    let (area, exchange, line) = (dice.between(201, 989), dice.between(201, 989), dice.digits(4));
    match dice.below(6) {
        0 => format!("+1 {area} {exchange} {line}"),
        1 => format!("({area}) {exchange}-{line}"),
        2 => format!("{area}-{exchange}-{line}"),
        3 => format!("+44 20 7{} {}", dice.digits(3), dice.digits(4)),
        4 => format!("+491{}", dice.digits(10)),
        _ => format!("07{} {}", dice.digits(3), dice.digits(6)),
    }
}

const CARRIERS: &[&str] = &[
    "{}",
    "it is {}",
    "here you go: {}",
    "Hi, {} thanks!",
    "you can use {} for that.",
    "I think it's {}, right?",
];

/// A piece of personal data in a sentence: the sentence, its mark and the data.
fn positive(dice: &mut Dice) -> (&'static str, Option<&'static str>, Kind, String) {
    let plain = dice.pick(CARRIERS);
    match dice.below(11) {
        0 | 1 => {
            let carrier =
                dice.pick(&["my card number is {}", "please charge card {} today", "CC: {}", plain]);
            (carrier, None, Kind::Card, card(dice))
        }
        2 => (dice.pick(&["IBAN {}", "transfer it to {} please", plain]), None, Kind::Iban, iban(dice)),
        3 => (dice.pick(&["my SSN is {}", "social: {}", plain]), None, Kind::Ssn, ssn(dice)),
        4 => {
            let carrier = dice.pick(&[
                "my account number is {}",
                "acct {} is locked",
                "a/c no. {}",
                "account #{}",
                "{} is my account number",
            ]);
            let length = dice.between(8, 12);
            (carrier, None, Kind::Account, dice.number(length))
        }
        5 => {
            let carrier =
                dice.pick(&["my pin is {}", "PIN: {}", "{} is my pin", "the pin for my debit card is {}"]);
            (carrier, None, Kind::Pin, dice.digits(4))
        }
        6 => {
            let carrier = dice.pick(&[
                "the verification code is {}",
                "{} is your security code",
                "OTP {}",
                "the code I got by text is {}",
            ]);
            (carrier, None, Kind::OneTimeCode, dice.digits(6))
        }
        7 => {
            let email =
                format!("{}{}@{}", dice.pick(&["jane.", "bob_", "x+"]), dice.digits(2), "mail.example.com");
            (dice.pick(&["write to {}", "my e-mail: {}", plain]), None, Kind::Email, email)
        }
        8 => (dice.pick(&["call me at {}", "my number is {}", plain]), None, Kind::Phone, phone(dice)),
        9 => {
            (dice.pick(&["{}", "it's {}", "sure, {}"]), Some("What is your PIN?"), Kind::Pin, dice.digits(4))
        }
        _ => {
            let asked = "Could you give me the last four digits of your social security number?";
            (dice.pick(&["{}", "ok {} thanks"]), Some(asked), Kind::Ssn, dice.digits(4))
        }
    }
}

/// A sentence with a number that is nobody's secret.
fn hard_negative(dice: &mut Dice) -> String {
    let date = (dice.between(1990, 2031), dice.between(1, 12), dice.between(1, 28));
    let (year, month, day) = date;
    match dice.below(18) {
        0 => format!("I have been a customer since {year}"),
        1 => format!("it was due on {year}-{month:02}-{day:02}, not later"),
        2 => format!("{day:02}/{month:02}/{year} at {:02}:{:02}", dice.below(24), dice.below(60)),
        3 => {
            let length = dice.between(5, 12);
            format!(
                "{} {}",
                dice.pick(&["order", "order number", "my order is", "Order #"]),
                dice.number(length)
            )
        }
        4 => format!("invoice INV-{year}-{}", dice.digits(6)),
        5 => {
            let payload = format!("35{}", dice.digits(12));
            format!("{} {payload}{}", dice.pick(&["IMEI", "the phone says", "imei:"]), luhn_digit(&payload))
        }
        6 => format!("log at 17{} says timeout", dice.digits(11)),
        7 => {
            format!("since version {}.{}.{} it crashes", dice.below(20), dice.below(100), dice.below(10_000))
        }
        8 => format!("I was charged ${},{}.{}", dice.between(1, 99), dice.digits(3), dice.digits(2)),
        9 => format!("they took {} dollars for {} items", dice.number(4), dice.number(4)),
        10 => format!(
            "request {:08x}-{:04x}-4{:03x}-a{:03x}-{:012x} failed",
            dice.below(1 << 31),
            dice.below(1 << 16),
            dice.below(1 << 12),
            dice.below(1 << 12),
            dice.below(1 << 31)
        ),
        11 => {
            let payload = format!("4{}", dice.digits(14));
            let wrong = (luhn_digit(&payload) + 1 + u32::try_from(dice.below(9)).unwrap()) % 10;
            let number = format!("{payload}{wrong}");
            let lengths: &[usize] = if dice.below(2) == 0 { &[16] } else { &[4, 4, 4, 4] };
            format!(
                "{} {}",
                dice.pick(&["it shows", "the reference is", "card"]),
                grouped(&number, lengths, " ")
            )
        }
        12 => format!(
            "tracking {}",
            dice.pick(&["1Z999AA10123456784", "9400110200881234567890", "JD014600003828392837"])
        ),
        13 => format!(
            "it came {}T{:02}:{:02}:{:02}.{}Z",
            format_args!("{year}-{month:02}-{day:02}"),
            dice.below(24),
            dice.below(60),
            dice.below(60),
            dice.digits(6)
        ),
        14 => format!("flight {} on gate {}", dice.number(4), dice.below(90)),
        15 => format!("error code {} on 192.168.{}.{}", dice.number(5), dice.below(255), dice.below(255)),
        16 => format!("my zip code is {}", dice.number(5)),
        _ => format!("https://shop.example/p/{}?v={}", dice.number(10), dice.number(4)),
    }
}

const TALK: &[&str] = &[
    "Hello, I need some help with my card please.",
    "It has not arrived yet and I am worried.",
    "Thank you so much!",
    "Can you check my account?",
    "I tried to log in and it said my pin was wrong.",
    "What should I do now?",
    "The parcel was left at the neighbour's door.",
    "Please cancel my subscription, I don't use it any more.",
    "I would like a refund for the last payment.",
    "Ça ne marche pas du tout, désolé.",
    "Great service as always 🎉",
];

pub(super) fn corpus(seed: u64, messages: usize, positives: usize, negatives: usize) -> Vec<Labelled> {
    let mut dice = Dice::new(seed);
    (0..messages)
        .map(|_| {
            let roll = dice.below(100);
            let talk = |dice: &mut Dice| {
                (0..dice.between(1, 5)).map(|_| dice.pick(TALK)).collect::<Vec<_>>().join(" ")
            };
            if roll < positives {
                let (carrier, before, kind, data) = positive(&mut dice);
                let (head, tail) = carrier.split_once("{}").unwrap();
                // An answer to a request stands alone; other data may have talk around it.
                let lead = if before.is_none() && dice.below(2) == 0 {
                    talk(&mut dice) + " "
                } else {
                    String::new()
                };
                let start = u32::try_from(lead.chars().count() + head.chars().count()).unwrap();
                let end = start + u32::try_from(data.chars().count()).unwrap();
                Labelled {
                    text: format!("{lead}{head}{data}{tail}"),
                    before,
                    label: Some((kind, start, end)),
                }
            } else if roll < positives + negatives {
                let text = match dice.below(3) {
                    0 => hard_negative(&mut dice),
                    1 => format!("{} {}", talk(&mut dice), hard_negative(&mut dice)),
                    _ => format!("{}. {}", hard_negative(&mut dice), talk(&mut dice)),
                };
                Labelled { text, before: None, label: None }
            } else {
                Labelled { text: talk(&mut dice), before: None, label: None }
            }
        })
        .collect()
}

#[test]
fn the_corpus_is_masked_and_clean_messages_stay() {
    let masker = Masker::default();
    let (mut hit, mut missed, mut extra, mut clean, mut altered) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for message in corpus(0x5EED, MESSAGES, 30, 40) {
        let before: Vec<&str> = message.before.into_iter().collect();
        let masked = masker.mask(&message.text, Purpose::Preview, &before);
        let found: Vec<_> = masked
            .findings
            .iter()
            .map(|finding| (finding.kind.clone(), finding.start, finding.end))
            .collect();
        let right = message.label.as_ref().is_some_and(|label| found.contains(label));
        hit += u32::from(right);
        missed += u32::from(message.label.is_some() && !right);
        extra += u32::try_from(found.len()).unwrap() - u32::from(right);
        if message.label.is_none() {
            clean += 1;
            altered += u32::from(!found.is_empty());
        }
        if found != message.label.clone().into_iter().collect::<Vec<_>>() {
            eprintln!("expected {:?}, found {:?} in {}", message.label, masked.findings, message.text);
        }
    }
    let f1 = f64::from(2 * hit) / f64::from(2 * hit + missed + extra);
    eprintln!(
        "F1 {f1:.4}; {hit} found, {missed} missed, {extra} extra; {altered} of {clean} clean messages altered"
    );
    assert!(f1 >= 0.99, "F1 {f1}");
    assert!(altered * 1000 <= clean, "{altered} of {clean}");
}
