//! Messages with personal data in them.

use super::Labelled;
use super::cards::{card, card_message};
use super::numbers::{between, digits, disguised, grouped, luhn_digit, luhn_valid, number};
use crate::masking::Kind;
use crate::testkit::Dice;

/// A name and what writes a message of its kind.
type Family = (&'static str, fn(&mut Dice, &mut Labelled));

pub(super) fn message(dice: &mut Dice, message: &mut Labelled) {
    let families: [Family; 14] = [
        ("card", card_message),
        ("card", card_message),
        ("iban", iban_message),
        ("ssn", ssn_message),
        ("account", account_message),
        ("account", account_message),
        ("pin", pin_message),
        ("code", code_message),
        ("code", code_message),
        ("email", email_message),
        ("phone", phone_message),
        ("phone", phone_message),
        ("answer", answer),
        ("several", several),
    ];
    let (family, write) = dice.pick(&families);
    message.family = family;
    write(dice, message);
}

pub(super) fn iban(dice: &mut Dice) -> String {
    let countries: &[(&str, &str, u64, &str)] = &[
        ("DE", "", 18, ""),
        ("DE", "", 18, ""),
        ("GB", "NWBK", 14, ""),
        ("NL", "ABNA", 10, ""),
        ("ES", "", 20, ""),
        ("FR", "", 20, "M02"),
        ("AT", "", 16, ""),
        ("CH", "", 17, ""),
        ("NO", "", 11, ""),
        ("BE", "", 12, ""),
        ("IE", "AIBK", 14, ""),
        ("PL", "", 24, ""),
        ("IT", "X", 22, ""),
    ];
    let &(country, bank, count, end) = dice.pick(countries);
    let account = format!("{bank}{}{end}", digits(dice, count));
    let remainder = |check: u64| {
        format!("{account}{country}{check:02}").bytes().fold(0_u64, |sum, b| match b {
            b'0'..=b'9' => (sum * 10 + u64::from(b - b'0')) % 97,
            letter => (sum * 100 + u64::from(letter - b'A') + 10) % 97,
        })
    };
    let check = (2..=98).find(|&check| remainder(check) == 1).unwrap();
    let whole = format!("{country}{check:02}{account}");
    let written = match dice.below(10) {
        0..=3 => whole,
        4..=6 => grouped(&whole, &[4; 9], " "),
        7 => grouped(&whole, &[4; 9], "-"),
        8 => grouped(&whole, &[12], "\n"),
        _ => grouped(&whole, &[4; 9], " ").to_lowercase(),
    };
    disguised(dice, &written)
}

fn iban_message(dice: &mut Dice, message: &mut Labelled) {
    let carrier = dice.pick(&[
        "{}",
        "IBAN {}",
        "my iban is {}",
        "IBAN: {}, BIC COBADEFFXXX",
        "transfer it to {} please",
        "send the refund to {} instead",
        "Kontoverbindung {} bei der Sparkasse",
        "(IBAN {})",
        "account {} was charged twice",
        "iban={}",
        "Meine IBAN lautet {}.",
        "le RIB: {}",
    ]);
    message.carry(carrier, Kind::Iban, &iban(dice));
}

fn issuable(dice: &mut Dice) -> String {
    let area = loop {
        let area = between(dice, 1, 899);
        if area != 666 {
            break area;
        }
    };
    format!("{area:03}{:02}{:04}", between(dice, 1, 99), between(dice, 1, 9999))
}

fn ssn_message(dice: &mut Dice, message: &mut Labelled) {
    let number = issuable(dice);
    if dice.one_in(4) {
        // Without separators only words tell.
        let carrier = dice.pick(&[
            "my ssn is {}",
            "SSN {}",
            "social security number {}",
            "{} is my social",
            "Social: {}",
            "ss# {}",
            "my social security no is {}",
            "SSN={}",
        ]);
        let written = if dice.one_in(5) { grouped(&number, &[3, 2], " ") } else { number };
        message.carry(carrier, Kind::Ssn, &disguised(dice, &written));
        return;
    }
    if dice.one_in(8) {
        let carrier =
            dice.pick(&["last four of my ssn: {}", "the last 4 of my social are {}", "ssn ends in {}"]);
        message.carry(carrier, Kind::Ssn, &digits(dice, 4));
        return;
    }
    let carrier = dice.pick(&[
        "{}",
        "my SSN is {}",
        "social: {}",
        "SSN: {}",
        "my social is {} and I was born in Ohio",
        "I filed under {} last year",
        "you have me as {} which is correct",
        "tax form with {} on it",
        "soc sec {}",
    ]);
    let separator = *dice.pick(&["-", "-", "-", "-", " ", ".", "\u{2013}", " - "]);
    message.carry(carrier, Kind::Ssn, &disguised(dice, &grouped(&number, &[3, 2], separator)));
}

fn account_message(dice: &mut Dice, message: &mut Labelled) {
    let carrier = dice.pick(&[
        "my account number is {}",
        "Account number: {}",
        "acct {} is locked",
        "a/c no. {}",
        "account #{}",
        "{} is my account number",
        "Account no {} at your branch in Leeds",
        "acc number {}",
        "checking account {} please",
        "I have a savings account {} with you",
        "routing 021000021 account {}",
        "sort code 20-00-00, account {}",
        "acct# {}",
        "ACCOUNT {}",
        "my bank account {} was debited",
        "Kontonummer {}",
        "meine Kontonummer ist {}",
        "mi número de cuenta es {}",
        "numéro de compte : {}",
        "account num={}",
        "the account number on my statement is {}",
        "number of my account: {}",
        "Acc. No.: {}",
        "please close account {} and send the rest to my wife",
        "a/c {}",
    ]);
    let length = between(dice, 7, 14);
    let written = if dice.one_in(10) {
        let number = digits(dice, 12);
        grouped(&number, &[4, 4], dice.pick::<&str>(&[" ", "-"]))
    } else {
        number(dice, length)
    };
    message.carry(carrier, Kind::Account, &disguised(dice, &written));
}

fn pin_message(dice: &mut Dice, message: &mut Labelled) {
    if dice.one_in(5) {
        let carrier = dice.pick(&[
            "cvv {}",
            "CVC: {}",
            "the cvv on the back is {}",
            "CVV2 {}",
            "security code on my card is {}",
            "{} is the cvv",
            "cvv={}",
        ]);
        message.carry(carrier, Kind::Pin, &digits(dice, 3));
        return;
    }
    let carrier = dice.pick(&[
        "my pin is {}",
        "PIN: {}",
        "{} is my pin",
        "the pin for my debit card is {}",
        "pin {} doesn't work",
        "I changed my pin to {} yesterday",
        "ATM pin {}",
        "pin number is {}",
        "PIN={}",
        "my card (pin {}) is not accepted",
        "the machine says pin {} is wrong",
        "my pin's {}",
        "Pin code: {}",
        "the PIN I set was {}",
        "Meine PIN ist {}",
        "mi pin es {}",
        "mon code pin est {}",
        "pin no {}",
        "pin#{}",
        "PIN:\n{}",
        "entered pin {} three times",
        "telephone banking pin {}",
        "new pin {} old pin forgotten",
        "i think my pin was {} or something",
        "pin - {}",
        "card and pin: {}",
        "pin -> {}",
    ]);
    let count = *dice.pick(&[4, 4, 4, 4, 5, 6]);
    let number = digits(dice, count);
    let written = if dice.one_in(12) { grouped(&number, &[1; 6], " ") } else { number };
    message.carry(carrier, Kind::Pin, &disguised(dice, &written));
}

fn code_message(dice: &mut Dice, message: &mut Labelled) {
    let carrier = dice.pick(&[
        "the verification code is {}",
        "{} is your security code",
        "{} is your verification code.",
        "OTP {}",
        "otp: {}",
        "my otp is {} but it fails",
        "the code I got by text is {}",
        "the code you sent me is {}",
        "Your one-time passcode is {}. Do not share it.",
        "enter {} to log in",
        "use {} to verify your phone",
        "Your login code: {}",
        "2FA code {}",
        "sms code {} expired",
        "I received code {} just now",
        "authentication code {}",
        "code is {}",
        "code: {}",
        "confirmation code from the app: {}",
        "your Acme code is {}",
        "It texted me {} as the code",
        "passcode {}",
        "one time password {}",
        "Your OTP for the transaction is {}",
        "security code {}",
        "{} is the code it gave me",
        "the six digit code is {}",
        "Ihr Bestätigungscode lautet {}",
        "su código de verificación es {}",
        "votre code de vérification est {}",
        "use verification code {} for the sign-in",
        "The code on my phone says {}",
    ]);
    let number = digits(dice, 6);
    let written =
        if dice.one_in(10) { grouped(&number, &[3], dice.pick::<&str>(&[" ", "-"])) } else { number };
    message.carry(carrier, Kind::OneTimeCode, &disguised(dice, &written));
}

fn email(dice: &mut Dice) -> String {
    let name = *dice.pick(&[
        "jane",
        "bob_smith",
        "m.o'neil",
        "J.DOE",
        "x",
        "anna-lena",
        "info",
        "jörg",
        "user.name",
    ]);
    let tag = match dice.below(4) {
        0 => digits(dice, 2),
        1 => format!("+{}", number(dice, 1)),
        2 => ".test".to_owned(),
        _ => String::new(),
    };
    let domain = *dice.pick(&[
        "example.com",
        "mail.example.co.uk",
        "x-y.io",
        "EXAMPLE.ORG",
        "münchen.example",
        "gmail.com",
        "students.uni-example.edu",
        "firma.museum",
    ]);
    let sign = if dice.one_in(20) { "\u{ff20}" } else { "@" };
    format!("{name}{tag}{sign}{domain}")
}

fn email_message(dice: &mut Dice, message: &mut Labelled) {
    let carrier = dice.pick(&[
        "{}",
        "write to {}",
        "my e-mail: {}",
        "email={}",
        "<{}>",
        "mailto:{}",
        "it's {}.",
        "Jane Doe <{}> wrote:",
        "please use {}, not the old one",
        "\"{}\"",
        "({})",
        "I am registered as {}!",
        "From: {}\nSubject: refund",
        "{};",
        "contact:{}",
        "is it {}?",
    ]);
    let address = email(dice);
    message.carry(carrier, Kind::Email, &address);
}

/// A telephone number that shows what it is.
fn phone(dice: &mut Dice) -> String {
    let (area, exchange) = (between(dice, 201, 989), between(dice, 201, 989));
    let line = digits(dice, 4);
    let three = digits(dice, 3);
    let six = digits(dice, 6);
    let written = match dice.below(26) {
        0 | 1 => format!("({area}) {exchange}-{line}"),
        2 | 3 => format!("{area}-{exchange}-{line}"),
        4 => format!("{area}.{exchange}.{line}"),
        5 => format!("{area} {exchange} {line}"),
        6 => format!("+1 ({area}) {exchange}-{line}"),
        7 => format!("+1-{area}-{exchange}-{line}"),
        8 => format!("+1{area}{exchange}{line}"),
        9 => format!("1-{area}-{exchange}-{line}"),
        10 => format!("+44 20 7{three} {line}"),
        11 => format!("+44 (0)20 7{three} {line}"),
        12 => format!("020 7{three} {line}"),
        13 => format!("07{three} {six}"),
        14 => format!("+447{three}{six}"),
        15 => format!("+49 171 {}", digits(dice, 7)),
        16 => format!("0171/{}", number(dice, 7)),
        17 => {
            format!("+33 6 {} {} {} {}", digits(dice, 2), digits(dice, 2), digits(dice, 2), digits(dice, 2))
        }
        18 => format!("06 {} {} {} {}", digits(dice, 2), digits(dice, 2), digits(dice, 2), digits(dice, 2)),
        19 => format!("06.{}.{}.{}.{}", digits(dice, 2), digits(dice, 2), digits(dice, 2), digits(dice, 2)),
        20 => format!("+91 9{line} {}", digits(dice, 5)),
        21 => format!("+34 612 {three} {exchange}"),
        22 => format!("04{} {three} {exchange}", digits(dice, 2)),
        23 => format!("+61 4{} {three} {exchange}", digits(dice, 2)),
        24 => format!("+55 11 9{line}-{}", digits(dice, 4)),
        _ => format!("+49 30 {} {}", digits(dice, 3), digits(dice, 4)),
    };
    disguised(dice, &written)
}

fn phone_message(dice: &mut Dice, message: &mut Labelled) {
    if dice.one_in(4) {
        let carrier = dice.pick(&[
            "call me at {}",
            "my cell is {}",
            "Phone: {}",
            "tel {}",
            "you can reach me on {} after five",
            "text me at {}",
            "mobile no. {}",
            "my phone number is {}",
            "whatsapp {}",
            "Telefon {}",
            "mi teléfono es {}",
            "{} is my phone number",
        ]);
        let length = *dice.pick(&[10, 10, 11]);
        let number = number(dice, length);
        let written = if length == 10 && dice.one_in(3) { grouped(&number, &[5], " ") } else { number };
        message.carry(carrier, Kind::Phone, &disguised(dice, &written));
        return;
    }
    let carrier = dice.pick(&[
        "{}",
        "call me at {}",
        "call {} please",
        "my number is {}",
        "ring {} in the morning",
        "Phone: {}",
        "Tel.: {}",
        "I was called by {} yesterday",
        "{} (mobile)",
        "or {}.",
        "is {} still your hotline?",
        "m: {}",
        "reach me on {}",
        "fax {}",
    ]);
    message.carry(carrier, Kind::Phone, &phone(dice));
}

const FOR_PIN: &[&str] =
    &["What is your PIN?", "Please enter your PIN.", "I need your 4-digit pin to go on", "pin pls"];
const FOR_CODE: &[&str] = &[
    "Enter the verification code that we sent to your phone",
    "Please enter the 6-digit code we texted you.",
    "What is the one-time code?",
    "can you read me the code from the SMS?",
];
const FOR_SSN: &[&str] = &[
    "Can I have your social security number?",
    "Could you give me the last four digits of your SSN?",
    "May I have your SSN please",
    "To verify you, please provide your full social security number.",
];
const FOR_CARD: &[&str] = &[
    "What's the card number?",
    "Please give me the number on your card.",
    "May I have your card number please?",
];
const FOR_CARD_END: &[&str] =
    &["Please provide the last four digits of your card", "what are the last 4 digits of the card you used?"];
const FOR_ACCOUNT: &[&str] = &[
    "What is the account number?",
    "Please share your account number so I can check.",
    "Can you confirm your bank account number for me?",
];
const FOR_PHONE: &[&str] = &[
    "What is your phone number?",
    "Could you share a contact number?",
    "What's the best number to reach you?",
];

/// An answer to what an agent asked for: little more than the number.
fn answer(dice: &mut Dice, message: &mut Labelled) {
    let (asks, kind, number) = match dice.below(8) {
        0 | 1 => (FOR_PIN, Kind::Pin, digits(dice, 4)),
        2 => (FOR_CODE, Kind::OneTimeCode, digits(dice, 6)),
        3 => {
            let number = issuable(dice);
            let ask = dice.below(4);
            match ask {
                1 => (&FOR_SSN[1..2], Kind::Ssn, number.split_at(5).1.to_owned()),
                ask if dice.one_in(2) => (&FOR_SSN[ask as usize..][..1], Kind::Ssn, number),
                ask => (&FOR_SSN[ask as usize..][..1], Kind::Ssn, grouped(&number, &[3, 2], "-")),
            }
        }
        4 if dice.one_in(2) => {
            // Mistyped: the last digit is wrong.
            let payload = format!("4{}", digits(dice, 14));
            let wrong = (luhn_digit(&payload) + 1 + dice.below(9)) % 10;
            (FOR_CARD, Kind::Card, format!("{payload}{wrong}"))
        }
        4 => (FOR_CARD, Kind::Card, luhn_valid(dice, "51", 16)),
        5 => (FOR_CARD_END, Kind::Card, digits(dice, 4)),
        6 => {
            let length = between(dice, 7, 12);
            (FOR_ACCOUNT, Kind::Account, number(dice, length))
        }
        _ => (FOR_PHONE, Kind::Phone, number(dice, 10)),
    };
    message.before.push(*dice.pick(asks));
    if dice.one_in(4) {
        message.before.push(*dice.pick(&["Take your time.", "hold on", "I am still here.", "ok one moment"]));
    }
    let carrier = dice.pick(&[
        "{}",
        "{}",
        "{}",
        "it's {}",
        "sure, {}",
        "{}.",
        "ok {} thanks",
        "yes its {}",
        "Here you go: {}",
        "that is {}",
        "john smith {}",
        "{} I think",
        "hi, {}",
        "um {}?",
    ]);
    message.carry(carrier, kind, &disguised(dice, &number));
}

/// More than one thing in a message, as in signatures and forms.
fn several(dice: &mut Dice, message: &mut Labelled) {
    match dice.below(5) {
        0 => {
            message.carry("Jane Doe\n{}\n", Kind::Email, &email(dice));
            message.carry("Tel. {}", Kind::Phone, &phone(dice));
        }
        1 => {
            message.carry("card {}", Kind::Card, &card(dice));
            message.carry(", pin {}", Kind::Pin, &digits(dice, 4));
            message.carry(", and call me on {}", Kind::Phone, &phone(dice));
        }
        2 => {
            message.carry("ssn {}", Kind::Ssn, &grouped(&issuable(dice), &[3, 2], "-"));
            message.carry(" account number {}", Kind::Account, &number(dice, 9));
        }
        3 => {
            message.carry("order 48213377 was paid with {}", Kind::Card, &card(dice));
            message.write(" on 2026-01-14 for $129.99");
        }
        _ => {
            message.carry("move it from account {}", Kind::Account, &number(dice, 10));
            message.carry(" to IBAN {}", Kind::Iban, &iban(dice));
        }
    }
}
