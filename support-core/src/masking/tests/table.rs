//! What each detector finds and leaves, by example.

use crate::masking::{Kind, Masker, MaskingSpec, Mode, Preset, Purpose, Token};

fn preview(text: &str) -> String {
    Masker::default().mask(text, Purpose::Preview, &[]).text.into_owned()
}

pub(super) fn answer(text: &str, before: &[&str]) -> String {
    Masker::default().mask(text, Purpose::Storage, before).text.into_owned()
}

fn preview_of(text: &str, before: &str) -> String {
    Masker::default().mask(text, Purpose::Preview, &[before]).text.into_owned()
}

pub(super) fn masks(cases: &[(&str, &str)]) {
    for (text, masked) in cases {
        assert_eq!(preview(text), *masked, "{text}");
    }
}

pub(super) fn leaves(cases: &[&str]) {
    for text in cases {
        let masked = Masker::default().mask(text, Purpose::Preview, &[]);
        assert_eq!(masked.text, *text, "{:?}", masked.findings);
    }
}

// Card numbers are the test numbers that the networks and their processors publish (PayPal, Stripe, Adyen).

#[test]
fn cards_are_found_in_the_groups_that_people_write() {
    masks(&[
        ("4111111111111111", "****"),
        ("my card is 4111 1111 1111 1111, exp 12/27", "my card is ****, exp 12/27"),
        ("4111-1111-1111-1111.", "****."),
        ("4111.1111.1111.1111", "****"),
        ("4111 - 1111 - 1111 - 1111", "****"),
        ("amex 3782 822463 10005", "amex ****"),
        ("378282246310005 please", "**** please"),
        ("5555555555554444", "****"),
        ("2223003122003222", "****"),
        ("6011111111111117", "****"),
        ("30569309025904", "****"),
        ("3530111333300000", "****"),
        ("4222222222222", "****"),
        ("i typed 4222 222 222 222", "i typed ****"),
        ("then 4222222222222, valid thru 11/2027", "then ****, valid thru 11/2027"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "****"),
        ("visa4111111111111111", "visa****"),
        ("4111|1111|1111|1111", "****"),
        ("{\"card\":\"4111111111111111\"}", "{\"card\":\"****\"}"),
        ("4111111111111111/12/27", "****/12/27"),
        ("first 4111 1111 1111 1111 then 5555 5555 5555 4444", "first **** then ****"),
        ("my card number is 41111 11111 11111 1", "my card number is ****"),
        ("cc 4 4 2 9 3 2 9 4 8 3 2 8 0 1 8 4 ok", "cc **** ok"),
        ("https://pay.example/?card=4111111111111111", "https://pay.example/?card=****"),
    ]);
}

#[test]
fn numbers_that_only_look_like_cards_stay() {
    leaves(&[
        "4111 1111 1111 1112",
        "the reference is 4565 0027 3091 2935",
        "the card 4111111111111112 was refused",
        "1234567812345670",
        "order number 4111111111111111",
        "tracking id: 4111 1111 1111 1111",
        "IMEI 356938035643809",
        "490154203237518",
        "20240131104512123",
        "1706697912345",
        "4111111111111111a",
        "item4111111111111111",
        "41111111-1111-1111-1111-a11111111111",
        "4111111111111111222333",
        "EAN 4006381333931",
        "https://track.example/?id=4111111111111111",
        "22884209-1234-4321-8765-853362062348",
        "9400 6262 2631 3827 3309 47",
        "4006381333931",
    ]);
}

#[test]
fn an_order_word_hides_no_card() {
    masks(&[
        ("please pay my order with 4111111111111111", "please pay my order with ****"),
        ("I paid for my order 4111 1111 1111 1111", "I paid for my order ****"),
        ("I paid for my order 4111111111111111", "I paid for my order ****"),
        ("for my order 4111 1111 1111 1111 exp 12/27", "for my order **** exp 12/27"),
        ("for order 4111111111111111 exp 12/27", "for order **** exp 12/27"),
        ("order 4111111111111111 12/27", "order **** 12/27"),
        ("order 4111111111111111, valid thru 11/2027", "order ****, valid thru 11/2027"),
        ("order 4111111111111111 exp. date: 1227", "order **** exp. date: 1227"),
        ("order number 4111111111111111 12 / 27", "order number **** 12 / 27"),
        ("order number 4111111111111111 exp 3/27", "order number **** exp 3/27"),
        ("order number 4111111111111111 exp 2027-03", "order number **** exp 2027-03"),
        ("order 4111111111111111, cvv 123", "order ****, cvv ****"),
        ("order 4111111111111111, the security code is 123", "order ****, the security code is ****"),
        ("charge order 4111 1111 1111 1111", "charge order ****"),
        ("charge order 4111111111111111 please", "charge order **** please"),
        ("invoice 4111111111111111 unpaid", "invoice **** unpaid"),
        ("order number 4111111111111111\ncvv 123", "order number ****\ncvv ****"),
        ("order number 4111111111111111. CVV: 123", "order number ****. CVV: ****"),
        ("order number 4111111111111111 good through 12 27", "order number **** good through 12 27"),
        ("order number 4111111111111111, valid till Dec 2027", "order number ****, valid till Dec 2027"),
        ("order 4111111111111111 was charged twice", "order **** was charged twice"),
        ("my order, 4111 1111 1111 1111", "my order, ****"),
        ("my order, 4111111111111111", "my order, ****"),
        ("my order for the 4111111111111111", "my order for the ****"),
        ("order #4111 1111 1111 1111", "order #****"),
        ("order 4111-1111-1111-1111", "order ****"),
        ("order number 3782 822463 10005", "order number ****"),
        ("by credit, order 378282246310005", "by credit, order ****"),
        ("use my visa for order 5555555555554444", "use my visa for order ****"),
        ("Ich habe die Bestellung 4111111111111111 bezahlt", "Ich habe die Bestellung **** bezahlt"),
        ("Rechnung 4111111111111111 bitte abbuchen", "Rechnung **** bitte abbuchen"),
        ("he pagado el pedido 4111111111111111", "he pagado el pedido ****"),
        ("j'ai payé la commande 4111111111111111", "j'ai payé la commande ****"),
        ("member number 4111111111111111 exp 12/27", "member number **** exp 12/27"),
        (
            "paid by card, order 4111111111111111, tracking 940012345678",
            "paid by card, order ****, tracking 940012345678",
        ),
    ]);
    leaves(&[
        "order number 4111111111111111",
        "order no. 4111111111111111 has not shipped",
        "my order is 4111111111111111",
        "Order #4111111111111111",
        "order id: 4111111111111111",
        "invoice no 4111111111111111 from 12/27/2024",
        "Bestellnummer 4111111111111111",
        "I want a refund of order 4111111111111111",
        "I paid. Order number 4111111111111111 never came",
        "order number 4111111111111111, it expires soon",
        "order number 4111111111111111 3/4 arrived",
        "order number 4111111111111111 12 27 and 28",
        "order number 4111111111111111 valid for 3 / 4 items",
        "tracking id: 4111 1111 1111 1111",
        "Sendungsnummer 4111 1111 1111 1111",
        "serial number 4111-1111-1111-1111",
    ]);
    // A number that is paid with is another one than the order's.
    masks(&[
        ("order number 5500005555555559, card 4111111111111111", "order number 5500005555555559, card ****"),
        (
            "charge 4111 1111 1111 1111 for order number 5500005555555559",
            "charge **** for order number 5500005555555559",
        ),
    ]);
}

#[test]
fn an_order_word_hides_no_card_that_was_asked_for() {
    let masked = |before: &str, text: &str| {
        Masker::default().mask(text, Purpose::Storage, &[before]).text.into_owned()
    };
    let asks = "What is your card number?";
    assert_eq!(masked(asks, "It was order 4111 1111 1111 1111"), "It was order ****");
    assert_eq!(masked(asks, "order number 4111111111111111"), "order number ****");
    assert_eq!(masked(asks, "why? order 48213377 is on its way"), "why? order 48213377 is on its way");
    let other = "What is your order number?";
    assert_eq!(masked(other, "order number 4111111111111111"), "order number 4111111111111111");
}

#[test]
fn ibans_need_their_countrys_length_and_remainder() {
    // Examples of the registry that SWIFT keeps for ISO 13616.
    masks(&[
        ("DE89370400440532013000", "****"),
        ("my iban is DE89 3704 0044 0532 0130 00.", "my iban is ****."),
        ("gb29 nwbk 6016 1331 9268 19 thanks", "**** thanks"),
        ("FR14 2004 1010 0505 0001 3M02 606", "****"),
        ("NO9386011117947", "****"),
        ("MT84MALT011000012345MTLCAST001S", "****"),
        ("BE68-5390-0754-7034", "****"),
        ("DE89 3704 0044\n0532 0130 00", "****"),
    ]);
    leaves(&[
        "DE89370400440532013001",
        "DE8937040044053201300",
        "XX89370400440532013000",
        "ref ADE89370400440532013000",
    ]);
}

#[test]
fn social_security_numbers_need_an_issuable_range() {
    masks(&[
        ("123-45-6789", "****"),
        ("ssn 123 45 6789", "ssn ****"),
        ("my ssn is 123456789", "my ssn is ****"),
        ("123456789 is my social security number", "**** is my social security number"),
        ("ya ssn number is 1231", "ya ssn number is ****"),
        ("last four of my social: 9841", "last four of my social: ****"),
        ("SSN:123-45-6789", "SSN:****"),
    ]);
    leaves(&[
        "000-12-3456",
        "666-12-3456",
        "912-34-5678",
        "123-00-4567",
        "123-45-0000",
        "123456789",
        "order 123-45-6789",
        "123-45-67890",
        "1123-45-6789",
        "AB-123-45-6789",
        "ssn 000-12-3456",
        "part number 123-45-6789",
    ]);
}

#[test]
fn accounts_pins_and_codes_need_words_around_them() {
    masks(&[
        ("my account number is 12345678", "my account number is ****"),
        ("acct # 00123456789", "acct # ****"),
        ("a/c no. 4455667788", "a/c no. ****"),
        ("account 1234567890 please", "account **** please"),
        ("account number 1234-5678-90", "account number ****"),
        ("12345678 is my account number", "**** is my account number"),
        ("ssn num 7548 ac num 4567", "ssn num **** ac num ****"),
        ("my pin is 4821", "my pin is ****"),
        ("my PIN: **4821", "my PIN: ******"),
        ("account number: 0012-3456-7890", "account number: ****"),
        ("482913 is your one-time passcode.", "**** is your one-time passcode."),
        ("enter 482913 to verify", "enter **** to verify"),
        ("use code 55421 to log in", "use code **** to log in"),
        ("PIN:4821", "PIN:****"),
        ("pin-4821 ok", "pin-**** ok"),
        ("the pin of my debit card is 4821", "the pin of my debit card is ****"),
        ("the pin that i have is 4821", "the pin that i have is ****"),
        ("1234 is my pin", "**** is my pin"),
        ("PIN:\n4821", "PIN:\n****"),
        ("pin 4 8 2 1", "pin ****"),
        ("cvv 123", "cvv ****"),
        ("your verification code is 482913", "your verification code is ****"),
        ("482913 is your Acme verification code", "**** is your Acme verification code"),
        ("use 482 913 as your login code", "use **** as your login code"),
        ("G-482913 is your code", "G-**** is your code"),
        ("otp 48291", "otp ****"),
        ("one-time password: 482913", "one-time password: ****"),
        ("the code you sent me is 482913", "the code you sent me is ****"),
        ("I changed my pin to 4821", "I changed my pin to ****"),
        ("my pin's 4821", "my pin's ****"),
        ("your OTP for the transaction is 482913", "your OTP for the transaction is ****"),
        ("the code on my phone says 482913", "the code on my phone says ****"),
        ("meine Kontonummer ist 12345678", "meine Kontonummer ist ****"),
        ("mi número de cuenta es 12345678", "mi número de cuenta es ****"),
        ("votre code de vérification est 482913", "votre code de vérification est ****"),
    ]);
    leaves(&[
        "I opened my account in 2019",
        "my account was charged 4999",
        "my account balance is 500000",
        "transfer 250000 to my account",
        "account 20240131",
        "the pin costs 1500 dollars",
        "my pin arrived in 2024",
        "pin 1500 rupees",
        "promo code 482913",
        "error code: 50012",
        "zip code 90210",
        "use code 2024",
        "my AC 12000 BTU",
        "FedEx 7712 3456 7890",
        "order code is 482913",
        "4821 is my order number",
        "I paid 4821 for pins",
        "my pin. 4821 people",
    ]);
}

#[test]
fn contact_data_is_found_in_many_forms() {
    masks(&[
        ("write to jane.doe+x@example.co.uk.", "write to ****."),
        ("mailto:a_b@example.com", "mailto:****"),
        ("<j@x-y.io>", "<****>"),
        ("jörg@münchen.example", "****"),
        ("+1 415 555 2671", "****"),
        ("+14155552671!", "****!"),
        ("(415) 555-2671", "****"),
        ("415-555-2671 or 415.555.2672", "**** or ****"),
        ("1-800-555-0199", "****"),
        ("+44 20 7946 0958", "****"),
        ("+44 (0)20 7946 0958", "****"),
        ("020 7946 0958", "****"),
        ("07700 900123", "****"),
        ("01 23 45 67 89", "****"),
        ("0171/1234567", "****"),
        ("0049 30 1234567", "****"),
        ("+49 1512 3456789", "****"),
        ("+91 98765 43210", "****"),
        ("call me at 4155552671", "call me at ****"),
        ("my phone number is 98765 43210", "my phone number is ****"),
        ("415-555-2671x12", "****x12"),
    ]);
    leaves(&[
        "@jane look",
        "3 @ 4.50 each",
        "a@b",
        "user@host",
        "4155552671",
        "order 415-555-2671",
        "115-555-2671",
        "+5 points, +100 more",
        "2024-01-31 10",
        "31/01/2024",
        "0.12.345.6789",
        "call me at 10:30 on 12/05/2024",
        "call 911",
        "x415-555-2671",
    ]);
}

#[test]
fn everyday_numbers_stay() {
    leaves(&[
        "order 48213377",
        "order #113-4821337-9902817",
        "invoice INV-2024-001234",
        "tracking 1Z999AA10123456784",
        "tracking number 9400110200881234567890",
        "on 2024-01-31 at 10:45:12",
        "2024-01-31T10:45:12.123456Z",
        "it was $1,299.00 or 1.299,00",
        "v1.20.3456",
        "550e8400-e29b-41d4-a716-446655440000",
        "12345678-1234-1234-1234-123456789012",
        "1999, 2024 and 2031",
        "1000 pieces, 25000 people",
        "192.168.100.200",
        "https://shop.example/item/4821337790",
        "1 000 000 and 12 345 678",
        "3 of 4",
        "Flight LH 4821",
        "case number 00482133",
        "",
        "é ü ß 你好 🎉",
    ]);
}

#[test]
fn disguises_do_not_hide_a_number() {
    masks(&[
        ("\u{ff14}\u{ff11}\u{ff11}\u{ff11} 1111 1111 1111", "****"),
        ("٤١١١١١١١١١١١١١١١", "****"),
        ("4111\u{200b}1111\u{200b}1111\u{200b}1111", "****"),
        ("4\u{ad}1\u{2060}11\u{feff}111111111111", "****"),
        ("4111 1111\n1111 1111", "****"),
        ("41111111\n11111111", "****"),
        ("4111\u{a0}1111\u{2011}1111\u{2009}1111", "****"),
        ("4️⃣1️⃣1️⃣1️⃣1111 1111 1111", "****"),
        ("卡号4111111111111111。", "卡号****。"),
        ("jane\u{ff20}example.com", "****"),
        ("123\u{2013}45\u{2013}6789", "****"),
        ("my pin is \u{ff14}\u{ff18}\u{ff12}\u{ff11}", "my pin is ****"),
        ("𝟜𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙", "****"),
        ("4111\u{0}1111\u{7f}1111\u{8}1111", "****"),
        // Marks that stand above, below or around a digit.
        ("4\u{336}111\u{fe20}1111\u{1dc4}1111\u{1ab0}1111", "****"),
        ("4111\u{483}1111\u{5b0}1111\u{64b}1111", "****"),
        // Marks of notes and of shorthand, which are not seen.
        ("4111\u{1d173}1111\u{1bca0}1111 1111", "****"),
    ]);
}

#[test]
fn a_bare_number_after_a_request_is_what_was_asked_for() {
    assert_eq!(answer("279", &["And the three digits on the back of your card?"]), "****");
    assert_eq!(answer("it's 44696339224", &["Which account is it?", "the number please"]), "it's ****");
    assert_eq!(answer("28660", &["We texted you a passcode. Please read it out."]), "****");
    assert_eq!(preview_of("354540336667859", "What is the IMEI of your phone?"), "354540336667859");
    assert_eq!(answer("22284", &["Your PIN please.", "never mind, what's the order number?"]), "22284");
    let cases: &[(&str, &[&str], &str)] = &[
        ("4821", &["Please enter your PIN."], "****"),
        ("it's 4821 thanks", &["What is your PIN?"], "it's **** thanks"),
        ("123456789", &["Can I have your social security number?"], "****"),
        ("sure 6347", &["Could you give me the last four digits of your SSN?"], "sure ****"),
        ("john smith 4589", &["May I have your name and SSN please?"], "john smith ****"),
        ("4111111111111112", &["What's the card number?"], "****"),
        ("2154 and 6587", &["Please provide the last four of your card"], "**** and ****"),
        ("1234 5678 90", &["What is the account number?"], "****"),
        ("020 7946 0958", &["What is the account number?"], "****"),
        ("482913", &["Enter the verification code that we sent to your phone"], "****"),
        ("4821", &["What is your PIN?", "hold on", "Sure, take your time."], "****"),
        ("4821", &[], "4821"),
        ("48213377", &["What is your order number?"], "48213377"),
        ("48213", &["What is your PIN?", "no", "Then please give me your order number"], "48213"),
        ("48213", &["Can you check my account?"], "48213"),
        ("48213", &["May I know why you close your account?"], "48213"),
        ("4111 1111 1111 1112", &["Please give me your card"], "****"),
        ("12345", &["Never share your PIN with anyone."], "12345"),
        ("order 48213 came late", &["What is your PIN?"], "order 48213 came late"),
        ("I paid $4821", &["What is your PIN?"], "I paid $4821"),
        (
            "it happened on 12/05/2024 when I was away from my home",
            &["card number?"],
            "it happened on 12/05/2024 when I was away from my home",
        ),
        ("10:30", &["What is your PIN?"], "10:30"),
        ("1234", &["Your account says what?"], "1234"),
    ];
    for (text, before, masked) in cases {
        assert_eq!(answer(text, before), *masked, "{text} after {before:?}");
    }
}

#[test]
fn a_requested_phone_number_is_contact_data() {
    let masker = Masker::default();
    let before = ["What is your phone number?"];
    assert_eq!(masker.mask("5552671 99", Purpose::Storage, &before).text, "5552671 99");
    let masked = masker.mask("4155552671", Purpose::Outside, &before);
    assert_eq!((masked.text.as_ref(), &masked.findings[0].kind), ("****", &Kind::Phone));
    let masked = masker.mask("4155552671", Purpose::Outside, &["What's the best number to reach you?"]);
    assert_eq!(masked.text, "****");
}

#[test]
fn purpose_and_class_decide_what_is_masked() {
    let text = "card 4111111111111111, mail a@b.example, call +14155552671";
    let masker = Masker::default();
    assert_eq!(
        masker.mask(text, Purpose::Storage, &[]).text,
        "card ****, mail a@b.example, call +14155552671"
    );
    assert_eq!(masker.mask(text, Purpose::Outside, &[]).text, "card ****, mail ****, call ****");
    let all = Masker::new(&MaskingSpec { store_contact: true, ..Default::default() }).unwrap();
    assert_eq!(all.mask(text, Purpose::Storage, &[]).text, "card ****, mail ****, call ****");
    let cards = MaskingSpec { detectors: Some(vec![Kind::Card]), ..Default::default() };
    let cards = Masker::new(&cards).unwrap();
    assert_eq!(
        cards.mask(text, Purpose::Outside, &[]).text,
        "card ****, mail a@b.example, call +14155552671"
    );
}

#[test]
fn modes_decide_what_stands_in_its_place() {
    let text = "card 4111 1111 1111 1234 5555555555554444, pin 4821, ssn 123-45-6789, mail a@b.example";
    let masked = |mode| {
        let masker = Masker::new(&MaskingSpec { mode, ..Default::default() }).unwrap();
        let once = masker.mask(text, Purpose::Preview, &[]).text.into_owned();
        let twice = masker.mask(&once, Purpose::Preview, &[]);
        assert_eq!((twice.text.as_ref(), twice.findings.len()), (once.as_str(), 0));
        once
    };
    assert_eq!(
        masked(Mode::LastFour),
        "card 4111 1111 1111 1234 ****4444, pin ****, ssn ****6789, mail ****"
    );
    assert_eq!(masked(Mode::TypeTag), "card 4111 1111 1111 1234 [card], pin [pin], ssn [ssn], mail [email]");
}

#[test]
fn tokens_stand_for_what_was_masked_and_mask_it_for_good() {
    let masker = Masker::new(&MaskingSpec { mode: Mode::Token, ..Default::default() }).unwrap();
    let text = "é card 4111 1111 1111 1111, mail a@b.example, pin ４８２１";
    let mut drawn = 0;
    let mut mint = |_: &_, _: &str| {
        drawn += 1;
        Token::from_uuid(uuid::Uuid::from_u128(0x1234_5678_9012_3456 << 32 | drawn))
    };
    let (masked, sealed) = masker.mask_sealing(text, Purpose::Preview, &[], &mut mint);
    let values: Vec<&str> = sealed.iter().map(|sealed| sealed.value.reveal()).collect();
    assert_eq!(values, ["4111 1111 1111 1111", "a@b.example", "４８２１"]);
    assert_eq!(sealed.iter().map(|sealed| sealed.finding.clone()).collect::<Vec<_>>(), masked.findings);
    let mut back = masked.text.to_string();
    for sealed in &sealed {
        let tag = format!("[{}:{}]", sealed.finding.kind.name(), sealed.token);
        assert_eq!(sealed.token.to_string().parse(), Ok(sealed.token));
        back = back.replace(&tag, sealed.value.reveal());
    }
    assert_eq!(back, text);
    let again = Masker::default().mask(&masked.text, Purpose::Preview, &[]);
    assert_eq!((again.text.as_ref(), again.findings.len()), (&*masked.text, 0));
    // Without anybody to keep the values there is nothing to turn back.
    assert_eq!(masker.mask("pin 4821", Purpose::Storage, &[]).text, "pin [pin]");
    assert!(!format!("{sealed:?}").contains("4111"));
}

#[test]
fn strict_is_the_raw_patterns() {
    let masker = Masker::new(&MaskingSpec { preset: Preset::Strict, ..Default::default() }).unwrap();
    for (text, masked) in [
        ("order 123456 of 2024", "order **** of ****"),
        ("1234567", "1234567"),
        ("1234567890", "****"),
        ("123456789012345678901", "123456789012345678901"),
        ("1234 5678 9012 3456", "****"),
        ("1234-5678 90123456", "****"),
        ("1234  5678  9012  3456", "****  ****  ****  ****"),
        ("1234 5678 9012 3456 7890", "**** ****"),
        ("123-45-6789", "****"),
        ("000-45-6789", "000-45-****"),
        ("a1234 1234b _1234", "a1234 1234b _1234"),
        ("mail a@b.example", "mail ****"),
    ] {
        assert_eq!(masker.mask(text, Purpose::Preview, &[]).text, masked, "{text}");
    }
    let kinds = |text| -> Vec<Kind> {
        masker.mask(text, Purpose::Storage, &[]).findings.into_iter().map(|finding| finding.kind).collect()
    };
    assert_eq!(kinds("1234567890123456 1234567890 1234"), [Kind::Card, Kind::Account, Kind::Pin]);
}

#[test]
fn addresses_are_found_when_asked_for() {
    let spec = MaskingSpec { detectors: Some(vec![Kind::Address]), ..Default::default() };
    let masker = Masker::new(&spec).unwrap();
    for (text, masked) in [
        ("I live at 221B Baker Street.", "I live at ****."),
        ("ship to 1600 Pennsylvania Ave, Washington, DC 20500 please", "ship to **** please"),
        ("12 Long Acre Road, Apt 4B, Springfield, IL 62704-1234", "****"),
        ("350 5th Avenue", "****"),
        ("PO Box 1234", "****"),
        ("7 Maple Dr", "****"),
        ("12 hours down the road", "12 hours down the road"),
        ("3 way call", "3 way call"),
        ("2 people in the street", "2 people in the street"),
        ("order 12 from Main Street", "order 12 from Main Street"),
    ] {
        assert_eq!(masker.mask(text, Purpose::Outside, &[]).text, masked, "{text}");
    }
}

#[test]
fn findings_count_characters() {
    let masked = Masker::default().mask("né 🎉 4111\u{200b}111111111111 ü", Purpose::Storage, &[]);
    assert_eq!(masked.text, "né 🎉 **** ü");
    assert_eq!((masked.findings[0].start, masked.findings[0].end), (5, 22));
}
