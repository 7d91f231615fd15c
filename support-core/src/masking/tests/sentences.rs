//! Names that stand in another sentence or turn than their number, or behind it.

use crate::masking::{Masker, Purpose};

use super::table::{leaves, masks};

#[test]
fn a_sentence_names_the_number_of_the_next_one() {
    masks(&[
        ("Here is the PIN number. It is 4321", "Here is the PIN number. It is ****"),
        ("you asked me for the pin. 4321", "you asked me for the pin. ****"),
        ("I forgot my PIN! It was 4321 I believe", "I forgot my PIN! It was **** I believe"),
        ("PIN please?\n4321", "PIN please?\n****"),
        ("Is this still my pin? 4321, 1234", "Is this still my pin? ****, 1234"),
        ("What is my account number? it's 12345678", "What is my account number? it's ****"),
        (
            "The account is with my bank. Its number is 12345678.",
            "The account is with my bank. Its number is ****.",
        ),
        ("SSN please. 123 45 6789", "SSN please. ****"),
        ("You need my SSN? It's 123456789", "You need my SSN? It's ****"),
        ("I was asked for my social. 123456789", "I was asked for my social. ****"),
        ("Got the one time passcode. It says 402046", "Got the one time passcode. It says ****"),
        (
            "Here's the verification code: 4 digits. It is 4020",
            "Here's the verification code: 4 digits. It is 4020",
        ),
        ("my credit card. the number is 4111-1111-1111-1111", "my credit card. the number is ****"),
        ("the three digits on the back are 279", "the three digits on the back are ****"),
        ("change my pin from 4821 to 3624 asap", "change my pin from **** to **** asap"),
        (
            "The account you debited, number 66116426, is not mine",
            "The account you debited, number ****, is not mine",
        ),
        ("amex 378282246310005 sec code 213", "amex **** sec code ****"),
        ("the pin code of my card, 8442, stopped working", "the pin code of my card, ****, stopped working"),
        ("Here is the ＰＩＮ number。 It is ４３２１", "Here is the ＰＩＮ number。 It is ****"),
    ]);
}

#[test]
fn a_sentence_names_nothing_that_the_next_one_says_otherwise() {
    leaves(&[
        "I lost my PIN. My order is 48213",
        "I never got the pin. Order 48213 was for the card reader",
        "My account is locked. Order 48213377 is waiting",
        "My account is locked. 48213377",
        "What is wrong with my account? 48213377",
        "Did you get my account number? The invoice is 48213377",
        "When did I set my PIN? It was 2019.",
        "I lost my pin. It was 2019.",
        "I forgot my pin. 2019 was a bad year",
        "Here is my PIN. 4821 people know it",
        "Here is my PIN. 4821 dollars are gone",
        "Here is my PIN. 4821 in total",
        "What's the order number of my account? 48213377",
        "How do I change my PIN? 4821",
        "Here is my card number. 4111 1111 1111 1112",
        "Do you need my account number for that? 3012237357199",
        "Why do you ask for my social security number at all? 14-14",
        "the model number on the back is 279",
        "part 4020831543610 fits the 1975 version",
        "You asked for the pin of order 7. 4821",
        "I paid from my account number. 48213377",
        "The PIN pad is broken. 4821",
    ]);
}

#[test]
fn a_turn_announces_the_number_of_the_next_one() {
    let masker = Masker::default();
    let masked = |before: &[&str], text: &str| masker.mask(text, Purpose::Storage, before).text.into_owned();
    for (announced, number) in [
        ("here is my pin:", "4821"),
        ("I'll send you my card pin now", "4821"),
        ("ok my pin is", "4821"),
        ("my PIN", "4821"),
        ("pin coming up", "4821"),
        ("sending you my social security number", "123456789"),
        ("this is the code from the sms:", "482913"),
        ("My account number =", "48213377"),
        ("hier ist meine PIN:", "4821"),
        ("voici mon pin", "4821"),
    ] {
        assert_eq!(masked(&[announced], number), "****", "{announced}");
        // The agent's word between the two asks for nothing else.
        assert_eq!(masked(&[announced, "Sure, take your time."], number), "****", "{announced}");
        assert_eq!(masked(&[announced, "Please never share that here."], number), "****", "{announced}");
        // What ends a request ends an announcement: another request, and distance.
        assert_eq!(masked(&[announced, "Which order number is it?"], number), number, "{announced}");
        assert_eq!(masked(&[announced, "a", "b", "c", "d"], number), number, "{announced}");
        for cut in 1..number.len() {
            let mut stream = masker.stream(Purpose::Storage, vec![announced.to_owned()]);
            let (head, tail) = number.split_at(cut);
            let out = format!("{}{}{}", stream.push(head).text, stream.push(tail).text, stream.finish().text);
            assert_eq!(out, "****", "{announced} {head}|{tail}");
        }
    }
    for (said, number) in [
        ("here is my card", "4821"),
        ("my pin is ****", "4821"),
        ("I never share my pin:", "4821"),
        ("Sending back the card, my account is closed", "4821"),
        ("Here is my order number:", "48213377"),
        ("My pin never came.", "4821"),
        ("the pin does not work", "4821"),
    ] {
        assert_eq!(masked(&[said], number), number, "{said}");
    }
    let asks = "Why do I need it at all to order 4821 of them?";
    assert_eq!(masked(&["here is my pin:"], asks), asks);
}

#[test]
fn phrases_name_a_number_in_brackets_after_a_verb_and_behind_a_comma() {
    masks(&[
        ("verification number on the back is 077", "verification number on the back is ****"),
        ("on the back it says 857 as verification value", "on the back it says **** as verification value"),
        ("Prüfziffer: 857", "Prüfziffer: ****"),
        ("wrong pin?? i typed 8540", "wrong pin?? i typed ****"),
        ("My PIN is refused. I have entered 8540.", "My PIN is refused. I have entered ****."),
        ("i got code 20342 but the page says invalid", "i got code **** but the page says invalid"),
        ("I received the code 2034.", "I received the code ****."),
        ("The PIN you sent me (4821) does not work", "The PIN you sent me (****) does not work"),
        ("ends with 7519, my ssn I mean", "ends with ****, my ssn I mean"),
        ("it was 4821, my pin.", "it was ****, my pin."),
        ("my authenticator shows 20342", "my authenticator shows ****"),
        ("your code 20342 does not work", "your code **** does not work"),
    ]);
    leaves(&[
        "I need a new pin. last four of the card are 5367",
        "scan shows 4031436817440",
        "I am abroad and cannot call. at 43.03016, 55.43124",
        "in 2019, my pin stopped working",
        "I tried 4821 of them, my pin is fine",
        "I lost my pin. I tried 20 times",
        "I got code, zip 20342",
        "call me on 12042026 at 9:30",
        "I requested a new pin on 12042026",
        "Is my social security number safe with you? 4821 of 4822 parcels arrived",
        "scanner shows 4031436817440",
        "the social security number on the letter of 2019",
    ]);
}
