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
    "Here is my PIN. ",
    "account number? ",
    "It is ",
    "! ",
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
        CustomPattern {
            name: "spaced".into(),
            pattern: r"pin \d{2} ?x?|x x".into(),
            validator: Validator::None,
        },
    ];
    (
        proptest::sample::select(vec![Preset::Default, Preset::Strict]),
        proptest::sample::select(vec![Mode::Stars, Mode::LastFour, Mode::TypeTag, Mode::Token]),
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

/// Texts that are longer than the pieces in which own patterns are sought.
fn long_texts() -> impl Strategy<Value = String> {
    const OWN: &[&str] =
        &["MEMBER 12345678", "case no abc 77", "MEMBER 1234567", "é", "\n", "x", " ", "staff"];
    let filling = (0..1_300_usize, proptest::sample::select(vec!["x ", "word, ", "é", "x"]));
    let part = (filling, proptest::collection::vec(proptest::sample::select(OWN), 1..4))
        .prop_map(|((length, filling), own)| filling.repeat(length / filling.len()) + &own.join(" "));
    proptest::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
}

/// Patterns that hold spaces.
fn spaced() -> Vec<CustomPattern> {
    [("member", r"MEMBER \d{8}"), ("case", r"(?i)\bcase no \p{L}{3} \d\d\b")]
        .map(|(name, pattern)| CustomPattern {
            name: name.into(),
            pattern: pattern.into(),
            validator: Validator::None,
        })
        .to_vec()
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
    for (finding, span) in masked.findings.iter().zip(&masked.spans) {
        let mask = masked.text.get(span.start as usize..span.end as usize).unwrap();
        assert!(mask.starts_with("****") || mask.starts_with(&format!("[{}", finding.kind.name())), "{mask}");
    }
    assert_eq!(masked.findings.len(), masked.spans.len());
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

/// Sentences that end, or seem to, with what may not be parted.
const SENTENCES: &[&str] = &[
    "All is done. ",
    "My card is 4111 1111",
    " 1111 1111. ",
    "Call me at St. James. ",
    "What is my number? ",
    "My pin. 4821 is it! ",
    "Thanks!\n\nRegards",
    "写完了。谢谢",
    " my pin is 4821",
    "x@example.com. Hello",
    "Here is the PIN number. ",
    "It is 4821",
    "SSN please? ",
    "123456789 ",
    "Its number is 12345678. ",
];

/// Sentences that name numbers, and sentences that are little more than one.
const NAMING: &[&str] = &[
    "Here is the PIN number. ",
    "What is my account number? ",
    "You wanted my SSN please! ",
    "Got the one time passcode.\n",
    "My order is late. ",
    "Nothing else happened. ",
    "It is 4821. ",
    "It is 123456789. ",
    "Its number is 12345678! ",
    "It says 402046 thanks. ",
    "The order is 48213377. ",
    "It was cheaper elsewhere. ",
];

fn in_pieces(masker: &Masker, before: &[String], pieces: &[&str]) -> (String, Vec<Finding>) {
    let mut stream = masker.stream(Purpose::Preview, before.to_vec());
    let mut parts: Vec<Masked<'static>> = pieces.iter().map(|piece| stream.push(piece)).collect();
    parts.push(stream.finish());
    let text = parts.iter().map(|part| &*part.text).collect();
    (text, parts.into_iter().flat_map(|part| part.findings).collect())
}

#[test]
fn a_stream_holds_little_and_lets_no_number_through_its_cuts() {
    let masker = Masker::default();
    for piece in [
        "word ",
        "1 ",
        "pin 4821 and ",
        "4111 1111 1111 1111 or ",
        "字",
        "a.b@",
        "Sentences end. Others begin ",
    ] {
        let text = piece.repeat(20_000 / piece.len());
        let mut stream = masker.stream(Purpose::Preview, Vec::new());
        let (mut out, mut given) = (String::new(), 0);
        for c in text.chars() {
            given += c.len_utf8();
            let masked = stream.push(c.encode_utf8(&mut [0; 4]));
            out.push_str(&masked.text);
            assert!(!format!("{stream:?}").contains("4111"));
        }
        out.push_str(&stream.finish().text);
        assert_eq!(given, text.len());
        assert!(!out.contains("4821") && !out.contains("4111"), "{piece}");
        let whole = in_pieces(&masker, &[], &[&text]).0;
        assert!(out == whole, "{piece}");
    }
}

#[test]
fn a_stream_finds_in_the_corpus_what_the_whole_text_shows() {
    let masker = Masker::default();
    let (mut labels, mut differing) = (0, 0);
    for message in crate::testkit::corpus::corpus(11, 10_000) {
        let before: Vec<String> = message.before.iter().map(|&turn| turn.to_owned()).collect();
        let streamed = in_pieces(&masker, &before, &[&message.text]);
        let whole = masker.mask(&message.text, Purpose::Preview, &message.before);
        labels += message.labels.len();
        differing += usize::from(streamed.1 != whole.findings);
    }
    assert!(labels > 1_000 && differing * 1_000 <= labels, "{differing} of {labels}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn own_patterns_are_found_wherever_they_stand(text in long_texts()) {
        let spec = MaskingSpec { detectors: Some(Vec::new()), custom: spaced(), ..MaskingSpec::default() };
        let masker = Masker::new(&spec).unwrap();
        let masked = masker.mask(&text, Purpose::Storage, &[]);
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        for pattern in spaced() {
            let regex = regex::Regex::new(&pattern.pattern).unwrap();
            wanted.extend(regex.find_iter(&text).map(|found| (found.start(), found.end())));
        }
        wanted.sort_unstable();
        let place = |at: u32| text.char_indices().nth(at as usize).map_or(text.len(), |(place, _)| place);
        let found: Vec<(usize, usize)> =
            masked.findings.iter().map(|finding| (place(finding.start), place(finding.end))).collect();
        for one in &wanted {
            prop_assert!(found.contains(one), "{one:?} {found:?}");
        }
        // A mask is an edge: what stands right beside one may be found where only a word's end was missing.
        for (start, end) in found.iter().filter(|one| !wanted.contains(one)) {
            prop_assert!(found.iter().any(|other| other.1 == *start || other.0 == *end), "{found:?} {wanted:?}");
        }
        prop_assert_eq!(masker.mask(&masked.text, Purpose::Storage, &[]).findings, vec![]);
    }

    #[test]
    fn a_stream_lets_no_own_pattern_through_its_cuts(
        text in long_texts(),
        cuts in proptest::collection::vec(0..8_000_usize, 0..20),
    ) {
        let word = CustomPattern {
            name: "word".into(),
            pattern: r"SECRET( [a-z]{2,9}){8}".into(),
            validator: Validator::None,
        };
        let custom = [spaced(), vec![word]].concat();
        let masker = Masker::new(&MaskingSpec { custom, ..MaskingSpec::default() }).unwrap();
        let secret = "SECRET all of these are words that nobody ";
        let text = [text.as_str(), secret, &"word and ".repeat(300), secret, "may see"].concat();
        let whole = in_pieces(&masker, &[], &[&text]);
        let mut cuts: Vec<usize> = cuts.iter().map(|&cut| text.floor_char_boundary(cut.min(text.len()))).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).filter_map(|cut| text.get(cut[0]..cut[1])).collect();
        prop_assert!(!whole.0.contains("12345678") && !whole.0.contains("all of these"), "{}", whole.0);
        prop_assert_eq!(in_pieces(&masker, &[], &pieces), whole);
    }
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
    fn a_stream_masks_the_same_however_it_is_cut(
        text in prop_oneof![texts(), proptest::collection::vec(proptest::sample::select(SENTENCES), 0..9).prop_map(|some| some.concat())],
        masker in maskers(),
        before in proptest::collection::vec(proptest::sample::select(REQUESTS), 0..2),
        cuts in proptest::collection::vec(0..200_usize, 0..20),
    ) {
        let before: Vec<String> = before.iter().map(|&turn| turn.to_owned()).collect();
        let whole = in_pieces(&masker, &before, &[&text]);
        let mut cuts: Vec<usize> = cuts.iter().map(|&cut| text.floor_char_boundary(cut.min(text.len()))).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).filter_map(|cut| text.get(cut[0]..cut[1])).collect();
        prop_assert_eq!(in_pieces(&masker, &before, &pieces), whole.clone());
        let single: Vec<String> = text.chars().map(String::from).collect();
        let single: Vec<&str> = single.iter().map(String::as_str).collect();
        prop_assert_eq!(in_pieces(&masker, &before, &single), whole);
    }

    #[test]
    fn a_stream_carries_names_over_sentences_as_the_whole_text_does(
        sentences in proptest::collection::vec(proptest::sample::select(NAMING), 1..8),
    ) {
        let masker = Masker::default();
        let text = sentences.concat();
        let whole = masker.mask(&text, Purpose::Preview, &[]);
        let (streamed, findings) = in_pieces(&masker, &[], &[&text]);
        prop_assert_eq!((streamed.as_str(), findings), (&*whole.text, whole.findings));
    }

    #[test]
    fn masking_is_total(text in any::<String>(), turn in any::<String>(), masker in maskers(), purpose in purposes()) {
        let masked = masker.mask(&text, purpose, &[&turn]);
        kept(&text, &masked);
    }
}

#[test]
fn long_and_hostile_texts_change_only_in_their_findings() {
    for piece in super::linear::HOSTILE {
        let text = piece.repeat(20_000 / piece.len());
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
