//! What stands beside a number, by example: letters and digits that touch it, what goes on behind a card, words of other
//! languages.

use super::table::{answer, leaves, masks};
use crate::masking::{Kind, Masker, Purpose};

#[test]
fn what_touches_a_card_does_not_hide_it() {
    masks(&[
        // Another number before it: the order's is not the card's.
        ("order number 100234/4111111111111111", "order number 100234/****"),
        ("order 100234,4111111111111111", "order 100234,****"),
        ("my card 12/4111111111111111", "my card 12/****"),
        ("100234-378282246310005", "100234-****"),
        ("4111111111111111-5555555555554444", "****-****"),
        ("4111111111111111/5555555555554444", "****/****"),
        ("order number 4111111111111111/5555555555554444", "order number 4111111111111111/****"),
        ("card_4111111111111111", "card_****"),
        // A blank that somebody left out.
        ("my card is 4111111111111111and exp 12/27", "my card is ****and exp 12/27"),
        ("4111 1111 1111 1111exp 12/27", "****exp 12/27"),
        ("card: 4111111111111111cvv123", "card: ****cvv****"),
        ("4111111111111111visa", "****visa"),
        ("card 4111111111111111\u{43e}\u{43a}", "card ****\u{43e}\u{43a}"),
        ("my ssn is 078-05-1120and", "my ssn is ****and"),
        ("spent it on my visa 6011-2116-3031-9959 3x", "spent it on my visa **** 3x"),
        ("my pin is 4321and I am locked out", "my pin is ****and I am locked out"),
        ("IBAN GB82WEST12345698765432and", "IBAN ****and"),
    ]);
    leaves(&[
        "order_4111111111111111",
        "0.4111111111111111",
        "device 4111111111111111af09",
        "my pin is 4321st",
        "pin 5000mah",
        "tracking 1234-5678-90123456789012",
    ]);
}

#[test]
fn a_value_behind_a_card_and_its_expiry_is_a_verification_value() {
    masks(&[
        ("4111 1111 1111 1111\n12/26\n137", "****\n12/26\n****"),
        ("4111111111111111, 04/28, 320", "****, 04/28, ****"),
        ("****; 04/2028; 3201", "****; 04/2028; ****"),
    ]);
    leaves(&["on 04/28, 320 people came", "**** 13/26 137", "**** 12/26 137 boxes"]);
}

#[test]
fn other_languages_name_numbers_too() {
    masks(&[
        ("il mio pin \u{e8} 6004, mi dice errato", "il mio pin \u{e8} ****, mi dice errato"),
        (
            "c\u{f3}digo de verificaci\u{f3}n 5007, no lo acepta",
            "c\u{f3}digo de verificaci\u{f3}n ****, no lo acepta",
        ),
        ("codice di sicurezza 320", "codice di sicurezza ****"),
        ("you have my soc sec # 249964642, why again", "you have my soc sec # ****, why again"),
        ("handynr 01713920097", "handynr ****"),
        ("erreichbar unter 612 65 32 25", "erreichbar unter ****"),
        ("bel me op 612 80 21 48", "bel me op ****"),
        ("R\u{fc}ckruf bitte an 612 19 25 98", "R\u{fc}ckruf bitte an ****"),
    ]);
    for (asked, given) in [
        ("Wie lautet Ihre Kontonummer?", "83956223089"),
        ("Wat is uw rekeningnummer?", "9887295092"),
        ("Bitte geben Sie den Code aus der SMS ein.", "401424"),
        ("Quel est votre code PIN ?", "9290"),
    ] {
        assert_eq!(answer(given, &[asked]), "****", "{asked}");
    }
    let kind = |given: &str, asked: &str| {
        Masker::default().mask(given, Purpose::Preview, &[asked]).findings[0].kind.clone()
    };
    assert_eq!(kind("9290", "Quel est votre code PIN ?"), Kind::Pin);
    let code = "We've sent a verification code to your phone. What does it say?";
    assert_eq!(kind("ok got it 34085087", code), Kind::OneTimeCode);
    assert_eq!(kind("got a text: 14906661 is your login code", ""), Kind::OneTimeCode);
    leaves(&[
        "tracking CP 052 392 396 FR hasnt moved since 12.12.",
        "tracking number 9400 1935 3690 2248 1853 60 says delivered but its not",
        "sorry typing on my phone pickup was at 38.42419, 40.69199",
    ]);
}

#[test]
fn rows_of_a_table_hide_nothing() {
    masks(&[
        ("id,ssn\n100234,078-05-1120", "id,ssn\n100234,****"),
        ("2026-11-20,078-05-1120,100", "2026-11-20,****,100"),
        ("ssn list: 078-05-1120,219-09-9999", "ssn list: ****,****"),
        ("my ssn is 100234/078-05-1120", "my ssn is 100234/****"),
        ("id,card\n1001,4111-1111-1111-1111", "id,card\n1001,****"),
        ("1,4111 1111 1111 1111", "1,****"),
        ("my card is 100234/4111-1111-1111-1111", "my card is 100234/****"),
        ("1001,4111111111111111", "1001,****"),
        ("my ssn is 078-05-1120ok", "my ssn is ****ok"),
        ("4111111111111111is my card", "****is my card"),
        ("iban: GB82WEST12345698765432BIC: X", "iban: ****BIC: X"),
        ("https://x.example/pay?cardNumber=4111111111111111", "https://x.example/pay?cardNumber=****"),
    ]);
    leaves(&[
        "Kurs: 1,4111111111111111",
        "lat 52,378282246310005",
        "10:11:12,5185825446953420",
        "{\"order_id\": 4111111111111111}",
        "\"orderId\": 4111111111111111",
        "order_number=4111111111111111",
        "trackingNumber: 4111111111111111",
        "device 4111111111111111af09",
        "on 12/25,078-05-11",
    ]);
}
