//! Masking takes a time that is linear in the length of a text, whatever stands in it.
//!
//! What is counted is what the detectors read, told by the functions through which they read. A scan that begins anew
//! at each finding, or that looks back or ahead without a bound, takes more steps for each byte of a longer text; so it
//! is not only how many steps there are that matters, but that they do not grow.

use crate::masking::steps;
use crate::masking::{CustomPattern, Kind, Masker, MaskingSpec, Preset, Purpose, Validator};

/// Texts that are made of one piece, over and over: each is hostile to a detector, or was to one that was left behind.
pub(super) const HOSTILE: &[&str] = &[
    "1",
    "1 ",
    "12-",
    "12-34 56.78/",
    "@",
    "a@",
    "a.",
    "a@b.c",
    "a.b-c@d.e-f.",
    "\u{200b}",
    "1\u{200b}",
    " ",
    "\n",
    "1\n",
    "- ",
    "pin ",
    "pin 1",
    "is ",
    "my pin is ",
    "no 1 account 22 card 333 ",
    "****",
    "1****",
    "[card]",
    "[",
    "[[1]",
    "4111 ",
    "4111 1111 1111 1111 ",
    "+1",
    "(1",
    "1,078-05-1120,",
    "1,4111-1111-1111-1111:",
    "4111111111111111/",
    "4111111111111111cvv",
    "**** 12/27 123, ",
    "_1_a",
    "DE89 ",
    "DE89 3704 0044 ",
    "x",
    "x1",
    "é",
    "٤",
    "0 1 ",
    "12 a b c d ",
    "word and word ",
    "It was 1 ",
    "Here is my pin. It is ",
    "!",
    "1!",
    "pin? 4821 ",
    "1, my pin ",
    "https://x/",
    "12 Long Acre ",
    "zebra ",
    "z",
    "9.",
    "is.4821, ",
    "4111111111111111;",
    "order 4111111111111111 ",
    "order 4111111111111111, pay ",
];

/// Most steps for a byte of any of them: half as many again as were counted of the worst.
const MOST_STEPS: usize = 225;
/// Most steps of a tenant's own pattern that matches at every other byte and looks each time as far ahead as the longest
/// match may reach: half the bytes of a piece and of those behind it, and a little.
const MOST_STEPS_OF_A_PATTERN: usize = 850;

fn masker(preset: Preset, detectors: &[Kind], custom: Vec<CustomPattern>) -> Masker {
    let detectors = Some(detectors.to_vec());
    Masker::new(&MaskingSpec { preset, detectors, custom, ..MaskingSpec::default() }).unwrap()
}

/// Counts the steps for a byte of texts that are made of `piece`, at three lengths. Some hostility is in what stands at
/// the ends of a text.
fn check(piece: &str, lengths: [usize; 3], most: usize, work: impl Fn(&str)) {
    for (before, after) in [("", ""), ("my pin is ", ""), ("", "1 is my pin")] {
        let rates = lengths.map(|bytes| {
            let text = format!("{before}{}{after}", piece.repeat(bytes / piece.len()));
            // In thousandths.
            steps::of(|| work(&text)) * 1_000 / text.len()
        });
        let [short, middle, long] = rates;
        assert!(long <= most * 1_000, "{rates:?} steps for a thousand bytes of {piece:?}");
        let grows = |rate: usize| rate > short + short / 4 + 200;
        assert!(!grows(middle) && !grows(long), "{rates:?} steps for a thousand bytes of {piece:?}");
    }
}

#[test]
fn masking_takes_no_more_steps_for_a_byte_of_a_longer_text() {
    for preset in [Preset::Default, Preset::Strict] {
        let masker = masker(preset, &Kind::BUILT_IN, Vec::new());
        for piece in HOSTILE {
            check(piece, [4_000, 12_000, 36_000], MOST_STEPS, |text| {
                drop(masker.mask(text, Purpose::Preview, &["What is your PIN?"]));
                // An answer to it.
                drop(masker.mask("4821", Purpose::Preview, &["What is your PIN?", text]));
            });
        }
    }
}

#[test]
fn patterns_of_a_tenant_take_no_more_steps_for_a_byte_of_a_longer_text() {
    let pattern = r"z.*[^a-z]|zz".to_owned();
    let greedy = CustomPattern { name: "greedy".to_owned(), pattern, validator: Validator::None };
    let masker = masker(Preset::Default, &[], vec![greedy]);
    for piece in HOSTILE {
        // The last pieces have less behind them.
        check(piece, [12_000, 24_000, 48_000], MOST_STEPS_OF_A_PATTERN, |text| {
            drop(masker.mask(text, Purpose::Preview, &[]));
        });
    }
}

#[test]
fn a_stream_takes_no_more_steps_for_a_byte_of_a_longer_text() {
    let masker = masker(Preset::Default, &Kind::BUILT_IN, Vec::new());
    for piece in HOSTILE {
        // What is held grows at first.
        check(piece, [20_000, 40_000, 80_000], MOST_STEPS, |text| {
            let mut stream = masker.stream(Purpose::Preview, Vec::new());
            let mut rest = text;
            while !rest.is_empty() {
                let (head, tail) = rest.split_at(rest.floor_char_boundary(512.min(rest.len())));
                drop(stream.push(head));
                rest = tail;
            }
            drop(stream.finish());
        });
    }
}
