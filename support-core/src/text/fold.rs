//! One spelling of the many that people type.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Folds `text` to the one spelling under which it is compared.
///
/// - Compatible forms are one (Unicode NFKD): full-width `Ａ` is `a`, the ligature `ﬁ` is `fi`, a no-break space a
///   space.
/// - Case is folded fully: `STRASSE`, `Straße` and `strasse` are one, as are `İ`, `I`, `ı` and `i`, and `Σ`, `σ`
///   and `ς`.
/// - Diacritics go: accents, the umlaut's dots (`ü` is `u`, not `ue`), Hebrew and Arabic points, Thai tones, the
///   Indic virama and nukta. So do the strokes and ligatures that Unicode counts as letters of their own: `ø` is
///   `o`, `ł` is `l`, `æ` is `ae`. Vowel signs stay, and so do the voicing marks of kana: `か` is not `が`.
/// - Characters that nobody sees go: soft hyphens, joiners, direction marks, variation selectors, fillers, tags.
/// - Typographic quotes and dashes are their ASCII siblings; every space beyond ASCII is a space.
///
/// Folding is idempotent and works character by character: the folding of two texts joined by a space is their
/// foldings joined by a space. Text of ASCII without capitals is borrowed.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(fold_unicode(text))
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Tells whether a text shows nothing: spaces, characters that nobody sees, marks without a letter, control characters.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    let mut folded = String::new();
    text.chars().all(|c| {
        folded.clear();
        fold_alone(c, &mut folded);
        folded.chars().all(|c| c.is_whitespace() || c.is_control())
    })
}

/// How much care a character needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Lower case is all.
    Ascii,
    /// Is what it folds to.
    Folded,
    /// Folds by itself: nothing that it becomes is reordered or composed with a neighbour.
    Alone,
    /// Needs Unicode's composition after folding (Hangul, kana, signs of two parts), hence its neighbours too.
    Together,
}

impl Care {
    const fn of(c: char) -> Self {
        match c {
            '\0'..='\u{7f}' => Self::Ascii,
            // What may vanish must not stand between two marks that are then reordered.
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' => Self::Together,
            // Latin, Greek, Cyrillic and Armenian letters lose every mark; punctuation and full-width forms of CJK have none.
            '\u{80}'..=LAST_LISTED | '\u{3000}'..='\u{3029}' | '\u{ff01}'..='\u{ff5e}' => Self::Alone,
            // Dashes, quotes, dots: no mark composes with them.
            '\u{2010}'..='\u{2027}' => Self::Alone,
            '\u{4e00}'..='\u{9fff}' => Self::Folded,
            // Emoji.
            '\u{1f300}'..='\u{1f64f}' | '\u{1f680}'..='\u{1f6ff}' | '\u{1f900}'..='\u{1f9ff}' => Self::Folded,
            _ => Self::Together,
        }
    }
}

/// Folds run by run, because full normalization is an order of magnitude slower than what most runs need.
fn fold_unicode(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(care) = rest.chars().next().map(Care::of) {
        let end = rest.find(|c| Care::of(c) != care).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = tail;
        match care {
            Care::Ascii | Care::Folded => folded.push_str(run),
            Care::Alone => run.chars().for_each(|c| match LISTED.get(c as usize) {
                Some(listed) => folded.push_str(listed),
                None => fold_alone(c, &mut folded),
            }),
            Care::Together => {
                let mut parts = String::with_capacity(run.len());
                run.nfkd().for_each(|c| fold_part(c, &mut parts));
                folded.extend(parts.nfc());
            }
        }
    }
    folded.make_ascii_lowercase();
    folded
}

/// The last character whose folding is kept in a list: the alphabets of Europe, in which most text is written.
const LAST_LISTED: char = '\u{58f}';

/// What each character up to [`LAST_LISTED`] folds to.
static LISTED: LazyLock<Vec<Box<str>>> = LazyLock::new(|| {
    let fold = |c| {
        let mut folded = String::new();
        fold_alone(c, &mut folded);
        folded.into_boxed_str()
    };
    ('\0'..=LAST_LISTED).map(fold).collect()
});

/// Folds a character without regard to its neighbours.
fn fold_alone(c: char, folded: &mut String) {
    decompose_compatible(c, |part| fold_part(part, folded));
}

/// Folds one character of a decomposed text.
///
/// Case folding is what lower case makes of upper case; `ẞ` alone needs to be lowered before.
fn fold_part(c: char, folded: &mut String) {
    let mut spell = |c| {
        let (first, second) = spelling(c);
        folded.extend(first);
        folded.extend(second);
    };
    if c.is_lowercase() || c.is_uppercase() {
        c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase).for_each(spell);
    } else {
        spell(c);
    }
}

/// Spells a lower-case character in at most two.
fn spelling(c: char) -> (Option<char>, Option<char>) {
    match c {
        '\0'..='\u{7f}' => (Some(c), None),
        'æ' => (Some('a'), Some('e')),
        'œ' => (Some('o'), Some('e')),
        'þ' => (Some('t'), Some('h')),
        'ð' | 'đ' => (Some('d'), None),
        'ø' => (Some('o'), None),
        'ł' => (Some('l'), None),
        'ħ' => (Some('h'), None),
        'ŧ' => (Some('t'), None),
        '‘' | '’' | '‛' | 'ʼ' => (Some('\''), None),
        '“' | '”' | '„' | '‟' => (Some('"'), None),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => (Some('-'), None),
        // A zero-width space parts words, in Thai and Khmer on purpose. A Braille cell without a dot is a space too.
        '\u{200b}' | '\u{2800}' => (Some(' '), None),
        c if c.is_whitespace() => (Some(' '), None),
        c if is_unseen(c) || is_diacritic(c) => (None, None),
        c => (Some(c), None),
    }
}

/// Returns whether `c` leaves no trace of its own in print.
const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' // soft hyphen
        | '\u{640}' // tatweel, which only stretches an Arabic word
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' // directions
        | '\u{200c}' | '\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{feff}' // joiners, directions, what is deprecated
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // fillers of Hangul
        | '\u{180e}' // the separator of Mongolian vowels
        | '\u{fff0}'..='\u{fffb}' // annotations
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' // what formats shorthand and music
        | '\u{e0000}'..='\u{e0fff}' // tags
    )
}

/// Returns whether `c` is a mark that tells spellings apart rather than words.
///
/// Marks that stand above or below their letter have a combining class; of those without, the vowel signs are
/// alphabetic. Kana voicing and the vowel signs of Tibetan have a class and stay nevertheless.
fn is_diacritic(c: char) -> bool {
    is_combining_mark(c)
        && !matches!(c, '\u{3099}' | '\u{309a}' | '\u{f71}'..='\u{f80}')
        && (unicode_normalization::char::canonical_combining_class(c) != 0 || !c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_shows_nothing_is_blank() {
        let blank = [
            "",
            " \t\n",
            "\u{200b}",
            "\u{200b}\u{200b} ",
            "\u{feff}",
            "\u{a0}\u{3000}",
            "\u{ad}\u{34f}",
            "\u{2060}\u{2065}",
            "\u{202e}\u{206a}",
            "\u{3164}",
            "\u{115f}\u{1160}\u{ffa0}",
            "\u{17b4}\u{17b5}",
            "\u{180b}\u{180e}",
            "\u{fe0f}",
            "\u{fff0}\u{fff9}",
            "\u{1bca0}\u{1d173}",
            "\u{e0001}\u{e0067}\u{e01ef}\u{e0fff}",
            "\u{2800}",
            "\u{301}",
            "\u{1}\u{85}",
        ];
        for text in blank {
            assert!(is_blank(text), "{}", text.escape_unicode());
        }
        for text in [
            "x",
            " \u{200b}.",
            "\u{301}e",
            "0",
            "か",
            "한",
            "ำ",
            "👍\u{fe0f}",
            "🏴\u{e0067}\u{e007f}",
            "—",
            "“",
        ] {
            assert!(!is_blank(text), "{text}");
        }
    }

    #[test]
    fn spellings_of_one_word_fold_to_one() {
        for (folded, spellings) in [
            (
                "uberweisung",
                &["Überweisung", "UBERWEISUNG", "uberweisung", "U\u{308}berweisung", "über\u{ad}weisung"][..],
            ),
            ("strasse", &["Straße", "STRASSE", "STRAẞE", "ſtrasse"]),
            ("istanbul", &["İstanbul", "ISTANBUL", "ıstanbul", "istanbul"]),
            ("kc-48812", &["ＫＣ－４８８１２", "KC\u{2011}48812", "kc–48812"]),
            ("lodz", &["Łódź", "ŁÓDŹ"]),
            ("οδοσ", &["ὈΔΌΣ", "οδός", "Οδος"]),
            ("елка", &["Ёлка", "ЕЛКА"]),
            ("can't fix", &["CAN’T\u{a0}FIX", "can't\u{3000}ﬁx"]),
            ("ガ", &["ガ", "ｶﾞ", "カ\u{3099}"]),
            ("한국", &["한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"]),
            ("שלום", &["שָׁלוֹם", "שלום"]),
            ("محمد", &["مُحَمَّد", "مـحـمـد", "محمد"]),
            ("धनयवाद", &["धन्यवाद"]),
            ("call 1", &["call 1\u{fe0f}\u{20e3}"]),
            ("\u{3099}\u{f71}", &["\u{f71}\u{ad}\u{3099}", "\u{f71}\u{301}\u{3099}"]),
            ("smorrebrod aeoe", &["Smørrebrød ÆŒ"]),
        ] {
            for spelling in spellings {
                assert_eq!(fold(spelling), folded, "{spelling}");
            }
        }
    }

    #[test]
    fn different_words_stay_different() {
        for (a, b) in [("か", "が"), ("ハ", "パ"), ("कल", "कला"), ("กา", "กิ"), ("go", "goo"), ("a b", "ab")]
        {
            assert_ne!(fold(a), fold(b), "{a} {b}");
        }
    }

    #[test]
    fn folded_ascii_is_borrowed() {
        assert!(matches!(fold("already folded: 7!\n"), Cow::Borrowed(_)));
        assert!(matches!(fold("Not yet"), Cow::Owned(_)));
    }

    #[test]
    fn case_and_normal_form_of_any_character_make_no_difference() {
        // All but ideographs, most Hangul and the private and unassigned planes.
        let scripts = ('\0'..='\u{33ff}').chain('\u{a000}'..='\u{acff}').chain('\u{f900}'..='\u{1ffff}');
        for c in scripts {
            let text = c.to_string();
            let folded = fold(&text);
            assert_eq!(fold(&folded), folded, "again {c:?}");
            assert_eq!(fold(&text.to_lowercase()), folded, "lower {c:?}");
            assert_eq!(fold(&text.to_uppercase()), folded, "upper {c:?}");
            assert_eq!(fold(&text.nfc().collect::<String>()), folded, "composed {c:?}");
            assert_eq!(fold(&text.nfkd().collect::<String>()), folded, "decomposed {c:?}");
        }
    }

    /// Text in which marks, composing letters and ASCII meet.
    fn mixed() -> impl Strategy<Value = String> {
        let tricky = prop::sample::select(
            "aAéßſıİςΣᾳ\u{345}\u{301}\u{308}\u{327}\u{338}カか\u{3099}\u{309a}ｶﾞ한\u{1112}\u{1161}\u{11ab}क़\u{94d}\u{93c}ো\u{9c7}\u{9be}\u{f71}\u{f72}\u{f74}מּ\u{5bc}ـ\u{200d}\u{fe0f}中７ﬁ ’-\u{2028}"
                .chars()
                .collect::<Vec<_>>(),
        );
        prop::collection::vec(prop_oneof![3 => tricky, 1 => any::<char>()], 0..12)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in mixed()) {
            let folded = fold(&text).into_owned();
            prop_assert_eq!(fold(&folded), folded.as_str());
        }

        #[test]
        fn folding_by_runs_is_folding_the_whole(text in mixed()) {
            let mut parts = String::new();
            text.nfkd().for_each(|c| fold_part(c, &mut parts));
            let whole: String = parts.nfc().collect();
            prop_assert_eq!(fold(&text), whole);
        }

        #[test]
        fn texts_joined_by_a_space_fold_alone(a in mixed(), b in mixed()) {
            let joined = format!("{a} {b}");
            prop_assert_eq!(fold(&joined), format!("{} {}", fold(&a), fold(&b)));
        }
    }
}
