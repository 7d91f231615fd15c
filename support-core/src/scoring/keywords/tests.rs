use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn a_rule(number: u128, keywords: &[&str]) -> KeywordRule {
    KeywordRule {
        id: DocumentId::from_uuid(Uuid::from_u128(number)),
        kind: RuleKind::Custom,
        name: format!("rule {number}"),
        keywords: keywords.iter().map(|&keyword| keyword.to_owned()).collect(),
        condition: None,
        boost_amount: 10.0,
        alert: false,
        active: true,
    }
}

/// (rule number, keyword) of all matches.
fn found(rules: &[KeywordRule], texts: &[&str]) -> Vec<(u128, usize)> {
    let matches = KeywordIndex::compile(rules).0.matches(texts);
    matches.iter().map(|m| (m.rule.uuid().as_u128(), m.keyword)).collect()
}

fn problems(rules: &[KeywordRule]) -> Vec<String> {
    KeywordIndex::compile(rules).1.iter().map(ToString::to_string).collect()
}

#[test]
fn a_keyword_matches_words_in_any_spelling() {
    for (keyword, text, expected) in [
        ("urgent", "urgent", true),
        ("urgent", "This is URGENT!", true),
        ("urgent", "Urgent, please", true),
        ("urgent", "(urgent)", true),
        ("urgent", "_urgent_", true),
        ("urgent", "insurgents", false),
        ("urgent", "urgently", false),
        ("urgent", "nonurgent", false),
        ("urgent", "urgent2", false),
        ("urgent", "insurgents are urgent", true),
        ("URGENT", "urgent", true),
        ("urgent", "éurgent", false),
        ("urgent", "urgenté", false),
        ("urgent", "« Urgent »", true),
        ("ｕｒｇｅｎｔ", "URGENT", true),
        ("Kündigung", "KUNDIGUNG", true),
        ("kundigung", "Meine Kündigung!", true),
        ("kündigung", "Vertragskündigung", false),
        ("straße", "STRASSE 7", true),
        ("rücktritt", "ru\u{308}cktritt", true),
        ("срочно", "СРОЧНО!", true),
        ("срочно", "несрочно", false),
        ("c++", "my C++ code", true),
        ("c++", "c+ code", false),
        ("24/7", "24/7!", true),
        ("24/7", "124/7", false),
        ("!!!", "help!!!now", true),
        ("can't", "CAN’T", true),
        ("e-mail", "E–Mail", true),
    ] {
        assert_eq!(!found(&[a_rule(1, &[keyword])], &[text]).is_empty(), expected, "{keyword} in {text}");
    }
}

#[test]
fn a_space_matches_any_run_of_white_space() {
    let rules = [a_rule(1, &["  as soon\tas  possible "])];
    for text in [
        "as soon as possible",
        "x as\nsoon\r\n as \u{a0}\u{3000} possible",
        "AS SOON AS POSSIBLE!",
        "\n as soon as possible",
    ] {
        assert_eq!(found(&rules, &[text]), [(1, 0)], "{text}");
    }
    for text in
        ["as soonas possible", "gas soon as  possible", "as soon as possibles", "as soon, as possible"]
    {
        assert_eq!(found(&rules, &[text]), [], "{text}");
    }
    // The run of white space before the phrase is not part of it.
    assert_eq!(found(&[a_rule(1, &["a b"])], &["xa b  \t a  b"]), [(1, 0)]);
}

#[test]
fn scripts_without_spaces_have_no_boundaries() {
    for (keyword, text) in [
        ("退款", "我要退款吗"),
        ("환불", "환불을 원해요"),
        ("ด่วน", "กรุณาด่วนมาก"),
        ("vip", "我是VIP客户"),
        ("キャンセル", "すぐｷｬﾝｾﾙしたい"),
    ] {
        assert_eq!(found(&[a_rule(1, &[keyword])], &[text]), [(1, 0)], "{keyword} in {text}");
    }
    assert_eq!(found(&[a_rule(1, &["ハス"])], &["バス"]), []);
}

#[test]
fn overlapping_keywords_are_all_found() {
    let rules = [
        a_rule(1, &["account"]),
        a_rule(2, &["close my account"]),
        a_rule(3, &["my account now"]),
        a_rule(4, &["account now"]),
        a_rule(5, &["now"]),
    ];
    let all: Vec<(u128, usize)> = (1..=5).map(|number| (number, 0)).collect();
    assert_eq!(found(&rules, &["Close my account now"]), all);
}

#[test]
fn a_rule_counts_once_and_names_its_first_keyword() {
    let rules = [a_rule(2, &["alpha", "beta", "gamma"]), a_rule(1, &["gamma", "BETA", "beta"])];
    assert_eq!(found(&rules, &["gamma gamma beta", "beta gamma"]), [(2, 1), (1, 0)]);
    let matches = KeywordIndex::compile(&rules).0.matches(&["gamma gamma"]);
    assert_eq!(matches.iter().map(|m| m.points).collect::<Vec<_>>(), [10.0, 10.0]);
}

#[test]
fn a_keyword_does_not_reach_into_the_next_text() {
    assert_eq!(found(&[a_rule(1, &["credit card"])], &["my credit", "card"]), []);
}

#[test]
fn a_keyword_is_found_at_every_place_of_a_long_text() {
    let rules = [a_rule(1, &["needle in a hay"])];
    for place in 0..400 {
        let text = format!("{}, needle \n in a\t\thay {}", "x".repeat(place), "y".repeat(400 - place));
        assert_eq!(found(&rules, &[&text]), [(1, 0)], "{place}");
    }
}

#[test]
fn inactive_rules_never_match_and_no_rules_match_nothing() {
    let rule = KeywordRule { active: false, ..a_rule(1, &["urgent"]) };
    assert_eq!(found(&[rule], &["urgent"]), []);
    assert_eq!(found(&[], &["urgent", "é"]), []);
    assert_eq!(found(&[a_rule(1, &[])], &["urgent", ""]), []);
}

#[test]
fn problems_name_rule_and_field() {
    let long = "x".repeat(101);
    let rules = [
        a_rule(1, &["fine", "", " \u{ad}\u{200d} ", &long]),
        KeywordRule { boost_amount: f64::NAN, active: false, ..a_rule(2, &["fine"]) },
        KeywordRule { boost_amount: -100.5, ..a_rule(3, &[]) },
        KeywordRule { keywords: vec!["x".into(); 1_001], ..a_rule(4, &[]) },
    ];
    assert_eq!(
        problems(&rules),
        [
            "`keywords[1]` must hold something that can be seen",
            "`keywords[2]` must hold something that can be seen",
            "`keywords[3]` must have at most 100 characters",
            "`boost_amount` must be -100 to 100 points",
            "`boost_amount` must be -100 to 100 points",
            "`keywords` must be at most 1000",
        ]
    );
    let rules_named: Vec<u128> =
        KeywordIndex::compile(&rules).1.iter().map(|p| p.rule.uuid().as_u128()).collect();
    assert_eq!(rules_named, [1, 1, 1, 2, 3, 4]);

    let most =
        KeywordRule { keywords: vec!["é".repeat(100); 1_000], boost_amount: -100.0, ..a_rule(1, &[]) };
    assert_eq!(most.problems(), []);
}

/// Rules with `count` different keywords in all.
fn many(count: usize) -> Vec<KeywordRule> {
    (0..count.div_ceil(1_000))
        .map(|rule| KeywordRule {
            keywords: (rule * 1_000..count.min((rule + 1) * 1_000)).map(|n| format!("word{n:05}")).collect(),
            ..a_rule(rule as u128, &[])
        })
        .collect()
}

#[test]
fn many_rules_and_rules_beyond_the_limit() {
    assert_eq!(found(&many(10_000), &["Word00003, words0002 and word09998"]), [(0, 3), (9, 998)]);
    let mut too_many: Vec<KeywordRule> = (0..12)
        .map(|rule| KeywordRule {
            keywords: (0..1_000).map(|n| format!("{rule:02}{n:04}{}", "x".repeat(94))).collect(),
            ..a_rule(rule, &[])
        })
        .collect();
    // Those that go over are left out; one after them that still fits is not, and all others go on matching.
    too_many.push(a_rule(12, &["late"]));
    assert_eq!(
        problems(&too_many),
        ["`keywords` must be at most 1048576 bytes with those of all other rules"; 2]
    );
    let (index, problems) = KeywordIndex::compile(&too_many);
    assert_eq!(problems.iter().map(|p| p.rule).collect::<Vec<_>>(), [too_many[10].id, too_many[11].id]);
    let one_of_each: Vec<&str> = too_many.iter().map(|rule| &*rule.keywords[0]).collect();
    let matched: Vec<u128> = index.matches(&one_of_each).iter().map(|m| m.rule.uuid().as_u128()).collect();
    assert_eq!(matched, (0..10).chain([12]).collect::<Vec<_>>());
    assert_eq!(index_bytes(&too_many), 12 * 100_000 + 4);
}

#[test]
fn a_spelling_that_many_rules_share_is_counted_once() {
    let keywords: Vec<String> = (0..1_000).map(|n| format!("{n:04}{}", "x".repeat(96))).collect();
    let rules: Vec<KeywordRule> =
        (0..12).map(|rule| KeywordRule { keywords: keywords.clone(), ..a_rule(rule, &[]) }).collect();
    assert_eq!(found(&rules, &[&keywords[7]]).len(), 12);
}

#[test]
fn a_rule_is_written_with_the_names_of_the_wire() {
    let json = r#"{"id":"00000000-0000-0000-0000-000000000001","type":"time_sensitive","name":"n","keywords":["k"],"boost_amount":2.5,"active":true}"#;
    let rule: KeywordRule = serde_json::from_str(json).unwrap();
    assert_eq!(rule.kind, RuleKind::TimeSensitive);
    let written = serde_json::to_string(&rule).unwrap();
    assert_eq!(written, json.replace(r#""active""#, r#""alert":false,"active""#));
    assert!(serde_json::from_str::<KeywordRule>(&json.replace("name", "title")).is_err());
}

/// Finds keywords the slow way: every rule, every keyword, every place.
fn by_hand(rules: &[KeywordRule], texts: &[&str]) -> Vec<(u128, usize)> {
    let occurs = |keyword: &str, text: &str| {
        let keyword: Vec<char> = pattern(keyword).chars().collect();
        let mut folded: Vec<char> =
            fold(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        folded.dedup_by(|a, b| *a == ' ' && *b == ' ');
        (0..folded.len()).any(|start| {
            let end = start + keyword.len();
            folded.get(start..end) == Some(&keyword)
                && (start == 0 || parts_words(folded[start - 1], folded[start]))
                && (end == folded.len() || parts_words(folded[end - 1], folded[end]))
        })
    };
    let first = |rule: &KeywordRule| {
        rule.keywords.iter().position(|keyword| texts.iter().any(|text| occurs(keyword, text)))
    };
    let active = rules.iter().filter(|rule| rule.active);
    active.filter_map(|rule| first(rule).map(|keyword| (rule.id.uuid().as_u128(), keyword))).collect()
}

/// Few letters, so that keywords meet, overlap and repeat.
const LETTERS: &str = "[abAB é退!-]{1,6}";

fn some_rules() -> impl Strategy<Value = Vec<KeywordRule>> {
    prop::collection::vec((prop::collection::vec(LETTERS, 0..5), prop::bool::weighted(0.9)), 0..6).prop_map(
        |rules| {
            (0..)
                .zip(rules)
                .map(|(number, (mut keywords, active))| {
                    keywords.retain(|keyword| !pattern(keyword).is_empty());
                    KeywordRule { keywords, active, ..a_rule(number, &[]) }
                })
                .collect()
        },
    )
}

proptest! {
    #[test]
    fn the_machine_finds_what_a_search_by_hand_finds(
        rules in some_rules(),
        texts in prop::collection::vec("[abAB \n\u{a0}é退!-]{0,30}", 0..3),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(found(&rules, &texts), by_hand(&rules, &texts));
    }

    #[test]
    fn the_machine_finds_the_same_in_long_texts(rules in some_rules(), text in "[abc \n]{250,300}") {
        prop_assert_eq!(found(&rules, &[&text]), by_hand(&rules, &[&text]));
    }

    #[test]
    fn phrases_that_begin_with_each_others_ends_are_found(
        keywords in prop::collection::vec("a( a){0,30}( b)?", 1..5),
        text in "(a  ?){0,120}b?",
    ) {
        let keywords: Vec<&str> = keywords.iter().map(String::as_str).collect();
        let rules = [a_rule(1, &keywords)];
        prop_assert_eq!(found(&rules, &[&text]), by_hand(&rules, &[&text]));
    }

    #[test]
    fn the_order_of_rules_decides_the_order_of_matches_only(
        (rules, shuffled) in some_rules().prop_flat_map(|rules| (Just(rules.clone()), Just(rules).prop_shuffle())),
        text in "[abAB é退!-]{0,30}",
    ) {
        let mut matches = found(&rules, &[&text]);
        let mut other = found(&shuffled, &[&text]);
        let order: Vec<u128> = shuffled.iter().map(|rule| rule.id.uuid().as_u128()).collect();
        prop_assert!(other.iter().map(|(id, _)| order.iter().position(|o| o == id)).is_sorted());
        matches.sort_unstable();
        other.sort_unstable();
        prop_assert_eq!(matches, other);
    }

    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        let rules = [a_rule(1, &["a", "é", "the end", "退"])];
        prop_assert_eq!(found(&rules, &[&text]), by_hand(&rules, &[&text]));
    }
}
