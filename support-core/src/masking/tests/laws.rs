//! What holds for every text.

use proptest::prelude::*;

use crate::masking::{
    CustomPattern, Finding, Kind, Masked, Masker, MaskingSpec, Mode, Preset, Purpose, Validator,
};

/// Pieces that meet in real messages, disguises and what masks look like.
const PIECES: &[&str] = &[
    "4111 1111 1111 1111",
    "4111111111111111",
    "378282246310005",
    "5555-5555-5555-4444",
    "DE89 3704 0044 0532 0130 00",
    "123-45-6789",
    "123456789",
    "4821",
    "482913",
    "12345678",
    "1234567890",
    "415-555-2671",
    "+1 415 555 2671",
    "020 7946 0958",
    "a.b@example.com",
    "@",
    ".",
    ",",
    " ",
    " ",
    " ",
    "\n",
    "-",
    "_",
    "/",
    ":",
    "#",
    "$",
    "+",
    "(",
    ")",
    "[",
    "]",
    "*",
    "**",
    "***",
    "****",
    "****1234",
    "[card]",
    "[pin]",
    "[email]",
    "[staff]",
    "pin",
    "my pin is ",
    "ssn ",
    "account number ",
    "account ",
    "card ",
    "code is ",
    "otp ",
    "verification code",
    "is my pin",
    "is the code",
    "order ",
    "tracking number ",
    "iban ",
    "call me at ",
    "phone",
    "dollars",
    "no",
    "x",
    "G-",
    "AB12",
    "0",
    "1",
    "7",
    "12",
    "99",
    "404",
    "2024",
    "\u{200b}",
    "\u{ff14}",
    "٤",
    "é",
    "🎉",
    "你",
    "\u{0}",
    "12 Baker Street",
    "PO Box 12",
    "Apt 4",
    "DE",
    "GB",
    "staff",
    "EMP-",
];

fn texts() -> impl Strategy<Value = String> {
    let pieces = || {
        proptest::collection::vec(proptest::sample::select(PIECES), 0..14).prop_map(|pieces| pieces.concat())
    };
    prop_oneof![
        6 => pieces(),
        2 => proptest::collection::vec(proptest::sample::select(PIECES), 0..10).prop_map(|pieces| pieces.join(" ")),
        2 => "[0-9 @.*\\-\\[\\]a-e\n+()]{0,60}",
        1 => any::<String>(),
    ]
}

fn maskers() -> impl Strategy<Value = Masker> {
    let custom = vec![
        CustomPattern { name: "staff".into(), pattern: r"EMP-\d+".into(), validator: Validator::None },
        CustomPattern { name: "two".into(), pattern: r"\b[A-Z]{2}\d{2}".into(), validator: Validator::None },
        CustomPattern {
            name: "edge".into(),
            pattern: r"(?i)^\s?x|\*+$|\[card".into(),
            validator: Validator::None,
        },
    ];
    (
        proptest::sample::select(vec![Preset::Default, Preset::Strict]),
        proptest::sample::select(vec![Mode::Stars, Mode::LastFour, Mode::TypeTag]),
        any::<[bool; 3]>(),
    )
        .prop_map(move |(preset, mode, [all, store_contact, own])| {
            let spec = MaskingSpec {
                preset,
                detectors: all.then(|| Kind::BUILT_IN.to_vec()),
                mode,
                store_contact,
                custom: if own { custom.clone() } else { Vec::new() },
            };
            Masker::new(&spec).unwrap()
        })
}

fn purposes() -> impl Strategy<Value = Purpose> {
    proptest::sample::select(vec![Purpose::Storage, Purpose::Outside, Purpose::Preview])
}

const REQUESTS: &[&str] = &[
    "What is your PIN?",
    "May I have your card number and SSN?",
    "your phone number please",
    "order number?",
    "hello",
];

/// Splits a text into what its findings keep and what they hide.
fn kept(text: &str, masked: &Masked<'_>) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut kept = Vec::new();
    let mut at = 0;
    for finding in &masked.findings {
        let (start, end) = (finding.start as usize, finding.end as usize);
        assert!(at <= start && start < end && end <= characters.len(), "{:?}", masked.findings);
        kept.push(characters[at..start].iter().collect());
        at = end;
    }
    kept.push(characters[at..].iter().collect());
    kept
}

/// Tells whether a masked text is what was kept with a mask for each finding in between.
fn stands(text: &str, kept: &[String], findings: &[Finding]) -> bool {
    let Some((first, kept)) = kept.split_first() else { return false };
    let Some(rest) = text.strip_prefix(first.as_str()) else { return false };
    let Some((finding, findings)) = findings.split_first() else { return rest.is_empty() };
    if let Some(rest) = rest.strip_prefix(&format!("[{}]", finding.kind.name())) {
        return stands(rest, kept, findings);
    }
    let Some(rest) = rest.strip_prefix("****") else { return false };
    let shown = rest.get(..4).filter(|shown| shown.bytes().all(|b| b.is_ascii_digit()));
    stands(rest, kept, findings)
        || shown.and_then(|shown| rest.strip_prefix(shown)).is_some_and(|rest| stands(rest, kept, findings))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn masking_is_idempotent_and_changes_only_its_findings(
        text in texts(),
        masker in maskers(),
        purpose in purposes(),
        before in proptest::collection::vec(proptest::sample::select(REQUESTS), 0..3),
    ) {
        let masked = masker.mask(&text, purpose, &before);
        // Sorted, apart, within the text; and what is outside stands in the result, in order.
        prop_assert!(stands(&masked.text, &kept(&text, &masked), &masked.findings), "{:?}", masked);
        if masked.findings.is_empty() {
            prop_assert!(matches!(masked.text, std::borrow::Cow::Borrowed(_)));
        }
        for finding in &masked.findings {
            prop_assert!(masker.masks(&finding.kind, purpose));
        }
        let again = masker.mask(&masked.text, purpose, &before);
        prop_assert_eq!(again.findings, vec![], "{:?}", masked.text);
        prop_assert_eq!(again.text.as_ref(), masked.text.as_ref());
    }

    #[test]
    fn masking_is_total(text in any::<String>(), turn in any::<String>(), masker in maskers(), purpose in purposes()) {
        let masked = masker.mask(&text, purpose, &[&turn]);
        kept(&text, &masked);
    }
}

#[test]
fn long_and_hostile_texts_take_linear_time() {
    // A quadratic scan of any of them would not end within the test run.
    for piece in [
        "1",
        "1 ",
        "12-",
        "@",
        "a@",
        "a.",
        "\u{200b}",
        "1\u{200b}",
        " ",
        "pin ",
        "pin 1",
        "****",
        "[card]",
        "[",
        "4111 ",
        "1\n",
        "+1",
        "(1",
        "DE89 ",
        "x",
        "0 1 ",
        "12 a b c d ",
        "is ",
        "a@b.c",
        "1****",
    ] {
        let text = piece.repeat(100_000 / piece.len());
        for masker in [
            Masker::default(),
            Masker::new(&MaskingSpec {
                preset: Preset::Strict,
                detectors: Some(Kind::BUILT_IN.to_vec()),
                custom: vec![CustomPattern {
                    name: "greedy".into(),
                    pattern: r"z.*[^a-z]|zz".into(),
                    validator: Validator::None,
                }],
                ..Default::default()
            })
            .unwrap(),
        ] {
            let masked = masker.mask(&text, Purpose::Preview, &["What is your PIN?", &text]);
            kept(&text, &masked);
        }
    }
}
