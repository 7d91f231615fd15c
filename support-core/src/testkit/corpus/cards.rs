//! Messages with the numbers of payment cards.

use super::Labelled;
use super::numbers::{digits, disguised, grouped, luhn_valid};
use crate::masking::Kind;
use crate::testkit::Dice;

pub(super) fn card(dice: &mut Dice) -> String {
    let issuers: &[(&str, u64, &[usize])] = &[
        ("4", 16, &[4, 4, 4, 4]),
        ("4", 16, &[4, 4, 4, 4]),
        ("4539", 16, &[4, 4, 4, 4]),
        ("4", 13, &[4, 3, 3, 3]),
        ("51", 16, &[4, 4, 4, 4]),
        ("54", 16, &[4, 4, 4, 4]),
        ("2221", 16, &[4, 4, 4, 4]),
        ("2720", 16, &[4, 4, 4, 4]),
        ("37", 15, &[4, 6, 5]),
        ("34", 15, &[4, 6, 5]),
        ("6011", 16, &[4, 4, 4, 4]),
        ("65", 16, &[4, 4, 4, 4]),
        ("3530", 16, &[4, 4, 4, 4]),
        ("36", 14, &[4, 6, 4]),
        ("62", 16, &[4, 4, 4, 4]),
        ("62", 19, &[6, 13]),
        ("6759", 16, &[4, 4, 4, 4]),
        ("6762", 19, &[4, 4, 4, 4, 3]),
    ];
    let (prefix, length, groups) = *dice.pick(issuers);
    let number = luhn_valid(dice, prefix, length);
    let lengths: &[usize] = if dice.one_in(12) && length == 16 { &[8, 8] } else { groups };
    let number = match dice.below(16) {
        0..=5 => number,
        6..=9 => grouped(&number, lengths, " "),
        10 | 11 => grouped(&number, lengths, "-"),
        12 if length == 16 => grouped(&number, lengths, dice.pick::<&str>(&["  ", " - ", ".", "/", "_"])),
        13 if length == 16 => grouped(&number, &[8], "\n"),
        14 => grouped(&number, &[1; 19], " "),
        15 if length == 16 => grouped(&number, &[4, 4], "\n").replacen('\n', " ", 1),
        _ => number,
    };
    disguised(dice, &number)
}

/// Cards that stand behind the word for what was paid with them.
const FOR_AN_ORDER: [&str; 18] = [
    "please pay my order with {}",
    "I paid for my order {}",
    "for my order {} exp 12/27",
    "charge order {} please",
    "my invoice {} 09/28 thanks",
    "you charged my order {} twice",
    "the order was placed with {}",
    "order and pay with {}",
    "invoice unpaid, take {}",
    "for the order, {} valid thru 11/2027",
    "pay order by card: {}",
    "I used my visa for the order {} last week",
    "booking paid with {} in May",
    "Bestellung bezahlt mit {}",
    "Rechnung {} bitte von der Karte abbuchen",
    "he pagado el pedido con {}",
    "commande payée avec {}",
    "order number 48213377, card {}",
];

pub(super) fn card_message(dice: &mut Dice, message: &mut Labelled) {
    let number = card(dice);
    if dice.one_in(6) {
        message.carry(
            dice.pick::<&str>(&["card {} exp 04/28", "{}, valid thru 11/2027", "Visa {} 09/29"]),
            Kind::Card,
            &number,
        );
        message.write(dice.pick::<&str>(&[" cvv ", ", CVC: ", " cvv2 is ", " and the security code is "]));
        message.label(Kind::Pin, &digits(dice, 3));
        return;
    }
    if dice.one_in(8) {
        message.carry(dice.pick::<&str>(&FOR_AN_ORDER), Kind::Card, &number);
        return;
    }
    let carrier = dice.pick(&[
        "{}",
        "my card number is {}",
        "card number: {}",
        "Card no. {}",
        "please charge card {} today",
        "CC: {}",
        "cc# {}",
        "my visa {} was declined twice",
        "MasterCard {} expired last month",
        "here is the card: {}",
        "the number on the front is {}",
        "i typed {} and it says invalid",
        "you can use {} for that.",
        "It's {}, right?",
        "{\"card_number\": \"{}\", \"name\": \"J. Doe\"}",
        "pan={}&submit=pay",
        "Kartennummer: {}",
        "Mi tarjeta es {}, gracias",
        "charged {} on May third, please refund",
        "amex({})",
        "Card number {}\nName Jane Doe",
        "my debit card {} got stolen",
    ]);
    // The carrier of a form has braces of its own.
    match carrier.rsplit_once("{}") {
        Some((head, tail)) => {
            message.write(head);
            message.label(Kind::Card, &number);
            message.write(tail);
        }
        None => message.label(Kind::Card, &number),
    }
}
