//! Messages with numbers that are nobody's secret.

use super::Labelled;
use super::numbers::{between, date, digits, grouped, luhn_digit, luhn_valid, number};
use crate::testkit::Dice;

/// A name and what writes a text of its kind.
type Family = (&'static str, fn(&mut Dice) -> String);

pub(super) fn message(dice: &mut Dice, message: &mut Labelled) {
    let families: [Family; 14] = [
        ("date", dates),
        ("time", times),
        ("order", orders),
        ("order", orders),
        ("parcel", parcels),
        ("device", devices),
        ("money", money),
        ("quantity", quantities),
        ("version", versions),
        ("id", ids),
        ("near card", near_cards),
        ("reference", references),
        ("talk of secrets", talk_of_secrets),
        ("link", links),
    ];
    if dice.one_in(12) {
        answer(dice, message);
        return;
    }
    let (family, write) = dice.pick(&families);
    message.family = family;
    message.write(&write(dice));
}

fn dates(dice: &mut Dice) -> String {
    let (year, month, day) = date(dice);
    let name = *dice.pick(&["Jan", "march", "June", "Sept.", "December"]);
    match dice.below(16) {
        0 => format!("I have been a customer since {year}"),
        1 => format!("it was due on {year}-{month:02}-{day:02}, not later"),
        2 => format!("{day:02}/{month:02}/{year}"),
        3 => format!("{month}/{day}/{:02}", year % 100),
        4 => format!("on {day:02}.{month:02}.{year} I was told"),
        5 => format!("{name} {day}, {year}"),
        6 => format!("the {day}th of {name} {year}"),
        7 => format!("between {year} and {}", year + 1),
        8 => format!("season {year}/{:02}", (year + 1) % 100),
        9 => format!("backup_{year}{month:02}{day:02}.zip is missing"),
        10 => format!("born {day:02}-{month:02}-{year}"),
        11 => format!("my account was opened in {year} and I never had trouble"),
        12 => format!("from {day:02}.{month:02}. to {:02}.{month:02}.{year}", day + 2),
        13 => format!("{year}{month:02}{day:02}"),
        14 => format!("my pin expired in {year}"),
        _ => format!("{year} {month:02} {day:02}"),
    }
}

fn times(dice: &mut Dice) -> String {
    let (year, month, day) = date(dice);
    let (hour, minute, second) = (dice.below(24), dice.below(60), dice.below(60));
    match dice.below(12) {
        0 => format!("log at 17{} says timeout", digits(dice, 11)),
        1 => format!("ts=17{}", digits(dice, 8)),
        2 => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{}Z", digits(dice, 6)),
        3 => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
        4 => format!("{day:02}/{month:02}/{year} at {hour:02}:{minute:02}"),
        5 => format!("at {}:{minute:02} pm", 1 + hour % 12),
        6 => format!(
            "[{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02},{}] ERROR",
            digits(dice, 3)
        ),
        7 => format!("we waited from {hour:02}{minute:02} to {:02}{minute:02}", (hour + 2) % 24),
        8 => format!("{year}{month:02}{day:02}{hour:02}{minute:02}{second:02}"),
        9 => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+02:00"),
        10 => format!("it took {hour:02}:{minute:02}:{second:02}"),
        _ => format!("epoch 17{} is in the log", digits(dice, 8)),
    }
}

fn orders(dice: &mut Dice) -> String {
    let length = between(dice, 5, 12);
    let plain = number(dice, length);
    let year = date(dice).0;
    match dice.below(20) {
        0 => format!("order {plain}"),
        1 => format!("order number {plain}"),
        2 => format!("my order is {plain}"),
        3 => format!("Order #{plain}"),
        4 => format!("order no. {plain} has not shipped"),
        5 => format!("orders {plain} and {}", number(dice, length)),
        6 => format!("order 11{}-{}-{}", digits(dice, 1), digits(dice, 7), digits(dice, 7)),
        7 => format!("invoice INV-{year}-{}", digits(dice, 6)),
        8 => format!("invoice {plain} was paid twice"),
        9 => format!("Rechnung {plain}"),
        10 => format!("Bestellnummer {plain}"),
        11 => format!("PO 45{}", digits(dice, 8)),
        12 => plain,
        13 => format!("where is #{plain}?"),
        14 => format!("pedido {plain}"),
        15 => format!("my order code is {}", number(dice, 6)),
        16 => format!("ORD-{plain}"),
        17 => format!("order id: {}", number(dice, 16)),
        18 => format!("commande n° {plain}"),
        _ => format!("{plain} is my order number"),
    }
}

fn parcels(dice: &mut Dice) -> String {
    let twelve = number(dice, 12);
    match dice.below(13) {
        0 => format!("tracking 1Z{}{}", *dice.pick(&["999AA1", "A12E45", "W7X010"]), digits(dice, 10)),
        1 => format!("tracking number 94001{}", digits(dice, 17)),
        2 => format!("94001{}", digits(dice, 17)),
        3 => format!("JD01{}", digits(dice, 14)),
        4 => format!("FedEx {}", grouped(&twelve, &[4, 4], " ")),
        5 => format!("fedex tracking {twelve}"),
        6 => format!("DHL shipment {}", number(dice, 10)),
        7 => format!("parcel RR{}DE", digits(dice, 9)),
        8 => format!("Sendungsnummer {}", number(dice, 14)),
        9 => format!("tracking id {}", grouped(&luhn_valid(dice, "4", 16), &[4, 4, 4], " ")),
        10 => format!("consignment {}", number(dice, 16)),
        11 => format!("the label says {}", grouped(&format!("9400{}", digits(dice, 18)), &[4; 6], " ")),
        _ => format!("TBA{} still says shipped", digits(dice, 12)),
    }
}

fn devices(dice: &mut Dice) -> String {
    let imei = format!("{}{}", *dice.pick(&["35", "86", "01", "99"]), digits(dice, 12));
    let imei = format!("{imei}{}", luhn_digit(&imei));
    match dice.below(14) {
        0 => format!("IMEI {imei}"),
        1 => format!("imei: {imei}"),
        2 => format!("the phone says {imei}"),
        3 => format!("IMEI {}", grouped(&imei, &[2, 6, 6], "-")),
        4 => format!("ICCID {}", luhn_valid(dice, "8949", 19)),
        5 => format!("serial number {}", number(dice, 12)),
        6 => format!("S/N {}{}", *dice.pick(&["C02", "FVF", "SN-"]), number(dice, 9)),
        7 => format!("mac 00:1B:44:11:{}:B7", digits(dice, 2)),
        8 => "my iPhone 15 Pro and the Galaxy S23".to_owned(),
        9 => format!("model {}", number(dice, 5)),
        10 => "it only does 1080p, not 2160p".to_owned(),
        11 => format!("EAN {}", barcode(dice)),
        12 => barcode(dice),
        _ => format!("meter reading {}", number(dice, 5)),
    }
}

/// An EAN-13 of the United Kingdom, Germany or France (GS1 General Specifications, 7.9).
fn barcode(dice: &mut Dice) -> String {
    let payload = format!("{}{}", *dice.pick(&["50", "40", "42", "30", "37"]), digits(dice, 10));
    let weighed = |(place, b): (usize, u8)| u64::from(b - b'0') * if place % 2 == 0 { 1 } else { 3 };
    let sum: u64 = payload.bytes().enumerate().map(weighed).sum();
    format!("{payload}{}", (10 - sum % 10) % 10)
}

fn money(dice: &mut Dice) -> String {
    let (whole, cents) = (number(dice, 4), digits(dice, 2));
    match dice.below(18) {
        0 => format!("I was charged ${},{}.{cents}", between(dice, 1, 99), digits(dice, 3)),
        1 => format!("they took {whole} dollars"),
        2 => format!("€{whole}"),
        3 => format!("{whole},{cents} €"),
        4 => format!("USD {whole}.{cents}"),
        5 => format!("my account was charged {whole}"),
        6 => format!("transfer {}000 to my account", between(dice, 10, 999)),
        7 => format!("the balance is {whole}.{cents}"),
        8 => format!("£{}.{cents} a month", number(dice, 2)),
        9 => format!("CHF 1'{}.{cents}", digits(dice, 3)),
        10 => format!("{} 000 000 yen", number(dice, 1)),
        11 => format!("I paid {whole}.{cents} for it"),
        12 => format!("Rs. {},{},{}", number(dice, 1), digits(dice, 2), digits(dice, 3)),
        13 => format!("refund of {whole} euros"),
        14 => format!("it cost me {whole} and now {}", number(dice, 3)),
        15 => format!("my pin pad cost {whole} bucks"),
        16 => format!("the limit on my card is {}", number(dice, 5)),
        _ => format!("-{whole}.{cents} shows on my account"),
    }
}

fn quantities(dice: &mut Dice) -> String {
    let (a, b) = (number(dice, 4), number(dice, 2));
    match dice.below(18) {
        0 => format!("{a} pieces"),
        1 => format!("{b} x {b} cm"),
        2 => format!("I ordered {a} pins for the club"),
        3 => format!("{b}% of the time"),
        4 => format!("it has {} miles on it", number(dice, 5)),
        5 => format!("{a} people were in line"),
        6 => format!("{b}-{b} degrees"),
        7 => "call 911 if it burns".to_owned(),
        8 => "I was promised 24/7 support".to_owned(),
        9 => format!("size {b}/{b}"),
        10 => format!("{a} kWh instead of {a} kWh"),
        11 => format!("page {} of {}", number(dice, 3), number(dice, 3)),
        12 => format!("I have {} followers", number(dice, 6)),
        13 => format!("around {} {} {} steps", number(dice, 1), digits(dice, 3), digits(dice, 3)),
        14 => format!("3 @ 4.50 each, {a} in all"),
        15 => format!("score {b}-{b}"),
        16 => "1 2 3 4 5 testing".to_owned(),
        _ => format!("{} downloads so far", number(dice, 7)),
    }
}

fn versions(dice: &mut Dice) -> String {
    let (a, b) = (dice.below(20), dice.below(100));
    match dice.below(12) {
        0 => format!("since version {a}.{b}.{} it crashes", dice.below(10_000)),
        1 => format!("v{a}.{b}"),
        2 => format!("build {}", number(dice, 6)),
        3 => format!("192.168.{}.{}", dice.below(255), dice.below(255)),
        4 => format!("ping 10.0.{a}.{b}:8080 fails"),
        5 => format!("error code {}", number(dice, 5)),
        6 => format!("HTTP {} again", between(dice, 400, 599)),
        7 => format!("error {}", number(dice, 6)),
        8 => format!("Chrome/1{b}.0.{}.{b}", number(dice, 4)),
        9 => format!("CVE-2024-{}", number(dice, 5)),
        10 => format!("0x{:08x}", dice.below(1 << 32)),
        _ => format!("firmware {a}.{b}.{}.{}", number(dice, 3), number(dice, 4)),
    }
}

fn ids(dice: &mut Dice) -> String {
    let mut hex = |bits: u32| dice.below(1 << bits);
    let guid = format!("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", hex(32), hex(16), hex(12), hex(12), hex(48));
    match dice.below(12) {
        0 | 1 => format!("request {guid} failed"),
        2 => guid,
        3 => format!("{}-1234-4321-8765-{}", number(dice, 8), number(dice, 12)),
        4 => format!("commit {:016x}", dice.roll()),
        5 => format!("sha {:016x}{:016x}", dice.roll(), dice.roll()),
        6 => format!("session_id={}", number(dice, 18)),
        7 => format!("user {} cannot log in", number(dice, 6)),
        8 => format!("member id {}", number(dice, 9)),
        9 => format!("employee no {}", number(dice, 5)),
        10 => format!("customer number {}", number(dice, 8)),
        _ => format!("trace {}:{}", number(dice, 9), number(dice, 9)),
    }
}

/// Numbers of a card's length that are none: they fail the check digit, begin like no card, are longer or
/// are called something else.
fn near_cards(dice: &mut Dice) -> String {
    let mut payload = format!("{}{}", *dice.pick(&["4", "51", "55"]), digits(dice, 15));
    payload.truncate(15);
    let wrong = (luhn_digit(&payload) + 1 + dice.below(9)) % 10;
    let failing = format!("{payload}{wrong}");
    match dice.below(12) {
        0 => format!("it shows {failing}"),
        1 => grouped(&failing, &[4, 4, 4], " "),
        2 => format!("the reference is {}", grouped(&failing, &[4, 4, 4], "-")),
        3 => luhn_valid(dice, "12", 16),
        4 => format!("{}{}", luhn_valid(dice, "4", 16), digits(dice, 6)),
        5 => format!("terminal printed {}", luhn_valid(dice, "99", 16)),
        6 => format!("gift card balance for {}", luhn_valid(dice, "10", 16)),
        // Some shops number their orders as cards are numbered.
        7 => format!("order number {}", luhn_valid(dice, "4", 16)),
        8 => format!("where is order #{}?", luhn_valid(dice, "55", 16)),
        9 => format!("invoice no. {} from 12/05/2026 is not mine", luhn_valid(dice, "4", 16)),
        10 => format!("Bestellnummer: {}", luhn_valid(dice, "37", 15)),
        _ => format!("number {failing} does not exist they say"),
    }
}

fn references(dice: &mut Dice) -> String {
    match dice.below(22) {
        0 => format!("flight {} at gate {}", number(dice, 4), dice.below(90)),
        1 => format!("LH{} was late", number(dice, 4)),
        2 => format!("my zip code is {}", number(dice, 5)),
        3 => format!("ZIP {}-{}", digits(dice, 5), digits(dice, 4)),
        4 => format!("{} Berlin", number(dice, 5)),
        5 => format!("case number {}", digits(dice, 8)),
        6 => format!("ticket {}", number(dice, 6)),
        7 => format!("ref {}", number(dice, 9)),
        8 => format!("part number {}-{}-{}", number(dice, 3), number(dice, 2), number(dice, 4)),
        9 => format!("policy number {}", number(dice, 10)),
        10 => format!("promo code {}", number(dice, 6)),
        11 => format!("coupon code is {}", number(dice, 6)),
        12 => format!("room {}", number(dice, 4)),
        13 => format!("routing number {}", number(dice, 9)),
        14 => format!("sort code {}-{}-{}", number(dice, 2), digits(dice, 2), digits(dice, 2)),
        15 => format!("VAT DE{}", number(dice, 9)),
        16 => format!("ISBN 978-3-{}-{}-{}", digits(dice, 4), digits(dice, 4), digits(dice, 1)),
        17 => format!("meeting ID {} {} {}", number(dice, 3), digits(dice, 4), digits(dice, 4)),
        18 => format!("booking {}", number(dice, 8)),
        19 => format!("transaction {}", number(dice, 12)),
        20 => format!("confirmation number {}", number(dice, 8)),
        _ => format!("{}.{}, -{}.{}", number(dice, 2), digits(dice, 6), number(dice, 2), digits(dice, 6)),
    }
}

/// Words of secrets near numbers that are none.
fn talk_of_secrets(dice: &mut Dice) -> String {
    let year = date(dice).0;
    let some = number(dice, 2);
    match dice.below(22) {
        0 => "the code has 6 digits and never comes".to_owned(),
        1 => "I need a new 4-digit PIN".to_owned(),
        2 => "all 16 digits of my card were right".to_owned(),
        3 => format!("I asked for my pin {some} times"),
        4 => format!("my account was hacked in {year}"),
        5 => format!("the otp came after {some} minutes"),
        6 => format!("my pin arrived on {some} May {year}"),
        7 => format!("account since {year}"),
        8 => format!("my credit card expires 12/{some}"),
        9 => format!("I have 2 cards and 3 accounts since {year}"),
        10 => format!("my phone is {some} months old"),
        11 => format!("they want {} for a new card", number(dice, 3)),
        12 => format!("the code stopped working at 10:{some}"),
        13 => format!("code review of {} lines", number(dice, 4)),
        14 => format!("I opened a savings account with {} dollars", number(dice, 5)),
        15 => "text STOP to 40404 they say".to_owned(),
        16 => format!("my account shows {} points", number(dice, 5)),
        17 => format!("I called {some} times about my account, order {}", number(dice, 8)),
        18 => format!("card ending soon, order {}", number(dice, 9)),
        19 => "I entered the last 4 digits of my ssn and it failed".to_owned(),
        20 => format!("country code 0{some}, then the number"),
        _ => format!("pinned {} messages", number(dice, 4)),
    }
}

fn links(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => format!("https://shop.example/p/{}?v={}", number(dice, 10), number(dice, 4)),
        1 => format!("shop.example/orders/{}", number(dice, 9)),
        2 => "@jane can you look".to_owned(),
        3 => "find me as @shop_help on there".to_owned(),
        4 => format!("https://track.example/?id={}", luhn_valid(dice, "4", 16)),
        5 => format!("IMG_{}_{}.jpg", number(dice, 8), number(dice, 6)),
        6 => format!("Screenshot 2026-03-{:02} at 10.{}.12.png", between(dice, 1, 28), number(dice, 2)),
        _ => format!("utm_campaign={}&gclid={}", number(dice, 8), number(dice, 11)),
    }
}

/// Numbers after a question that is not about secrets, or about one where the answer is something else.
fn answer(dice: &mut Dice, message: &mut Labelled) {
    message.family = "answer to something else";
    let (ask, text) = match dice.below(12) {
        0 => ("What is your order number?", number(dice, 8)),
        1 => ("How many did you order?", number(dice, 4)),
        2 => ("Which year did you buy it?", date(dice).0.to_string()),
        3 => ("What is your zip code?", number(dice, 5)),
        4 => ("What amount was charged?", format!("{}.{}", number(dice, 3), digits(dice, 2))),
        5 => ("What is your PIN?", "I want to talk to a person, I have waited 45 minutes already".to_owned()),
        6 => ("What is your PIN?", format!("I never got one, I ordered it on 12/05/{}", date(dice).0)),
        7 => ("Never share your PIN or password with anyone.", number(dice, 5)),
        8 => ("May I have your card number?", format!("why? order {} is already paid", number(dice, 8))),
        9 => ("Can you tell me the tracking number?", number(dice, 12)),
        10 => ("When can we call you?", "between 10:30 and 12:00".to_owned()),
        _ => ("What is the case number?", digits(dice, 6)),
    };
    message.before.push(ask);
    let lead = *dice.pick(&["", "", "it's ", "ok, ", "hi, "]);
    message.write(lead);
    message.write(&text);
}
