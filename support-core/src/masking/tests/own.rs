//! A tenant's own patterns: what they find, and which specifications are refused.

use crate::masking::{CustomPattern, Kind, Masker, MaskingSpec, Mode, Purpose, Validator};

#[test]
fn custom_patterns_see_through_disguises_and_may_be_validated() {
    let custom = vec![
        CustomPattern { name: "employee".into(), pattern: r"EMP-\d{4,}".into(), validator: Validator::None },
        CustomPattern { name: "loyalty".into(), pattern: r"\b\d{10}\b".into(), validator: Validator::Luhn },
    ];
    let spec = MaskingSpec { custom, mode: Mode::TypeTag, ..Default::default() };
    let masker = Masker::new(&spec).unwrap();
    for (text, masked) in [
        ("I am EMP-123456, he EMP-99", "I am [employee], he EMP-99"),
        ("é loyalty 1234567897 é", "é loyalty [loyalty] é"),
        ("ü EMP-\u{ff11}\u{200b}234 ü", "ü [employee] ü"),
        ("1234567897 and 1234567898", "[loyalty] and 1234567898"),
    ] {
        let masked_text = masker.mask(text, Purpose::Storage, &[]);
        assert_eq!(masked_text.text, masked, "{text}");
    }
    let finding = &masker.mask("EMP-1234", Purpose::Storage, &[]).findings[0];
    let json = serde_json::to_string(finding).unwrap();
    assert_eq!(json, r#"{"kind":"custom:employee","start":0,"end":8,"why":"custom_pattern"}"#);
}

#[test]
fn matches_that_overlap_are_masked_as_one() {
    let pattern = |name: &str, pattern: &str| CustomPattern {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        validator: Validator::None,
    };
    let custom = vec![pattern("badge", r"[0-9]{4}-[A-Z]"), pattern("desk", r"D-[0-9]{4}")];
    let masker = Masker::new(&MaskingSpec { custom, mode: Mode::TypeTag, ..Default::default() }).unwrap();
    let masked = masker.mask("at D-1234-K, 5678-LD-9012", Purpose::Storage, &[]);
    assert_eq!(masked.text, "at [desk], [badge][desk]");
}

#[test]
fn custom_patterns_may_match_accented_letters_alone() {
    let pattern = |pattern: &str| CustomPattern {
        name: "own".to_owned(),
        pattern: pattern.to_owned(),
        validator: Validator::None,
    };
    for (own, text, masked) in [
        ("[à-ü]", "Wir fragen für Sie nach.", "Wir fragen f****r Sie nach."),
        (r"\bZoë\b|\bÉ", "Ask Zoë.", "Ask ****."),
        (r"[A-Za-zà-ü]+straße", "in der Mühlstraße 4", "in der **** 4"),
        (r"[à-ü]+\d*", "é 4111 1111 1111 1111 ü12", "**** **** ****"),
    ] {
        let masker = Masker::new(&MaskingSpec { custom: vec![pattern(own)], ..Default::default() }).unwrap();
        let once = masker.mask(text, Purpose::Storage, &[]).text.into_owned();
        assert_eq!(once, masked);
        assert_eq!(masker.mask(&once, Purpose::Storage, &[]).text, masked);
    }
}

#[test]
fn custom_patterns_may_name_classes_of_characters_as_far_as_they_stay_small() {
    let of = |pattern: &str| MaskingSpec {
        custom: vec![CustomPattern {
            name: "file".into(),
            pattern: pattern.into(),
            validator: Validator::None,
        }],
        ..MaskingSpec::default()
    };
    let masker = Masker::new(&of(r"\b\p{Lu}{2}-\p{Nd}{4}|\p{Greek}+\d")).unwrap();
    let masked = masker.mask("ÄÖ-1234, äö-1234, αβγ7, abc7", Purpose::Storage, &[]);
    assert_eq!(masked.text, "****, äö-1234, ****, abc7");
    for pattern in [r"(\p{L}{90}x){90}", r"\p{Numbat}"] {
        let error = Masker::new(&of(pattern)).unwrap_err();
        assert_eq!(error.field, "custom[0].pattern");
    }
}

#[test]
fn a_bad_specification_names_its_field() {
    let of = |name: &str, pattern: &str| {
        let pattern =
            CustomPattern { name: name.into(), pattern: pattern.into(), validator: Validator::None };
        Masker::new(&MaskingSpec { custom: vec![pattern], ..Default::default() }).unwrap_err().field
    };
    assert_eq!(of("Bad name", "a"), "custom[0].name");
    assert_eq!(of("card", "a"), "custom[0].name");
    assert_eq!(of("x", "("), "custom[0].pattern");
    assert_eq!(of("x", "a*"), "custom[0].pattern");
    assert_eq!(of("x", r"((\d{1000}){1000}){9}"), "custom[0].pattern");
    let spec =
        MaskingSpec { detectors: Some(vec![Kind::Card, Kind::Custom("x".into())]), ..Default::default() };
    assert_eq!(Masker::new(&spec).unwrap_err().field, "detectors[1]");
    let twice = CustomPattern { name: "x".into(), pattern: "a".into(), validator: Validator::None };
    let spec = MaskingSpec { custom: vec![twice.clone(), twice], ..Default::default() };
    assert_eq!(Masker::new(&spec).unwrap_err().to_string(), "custom[1].name: `x` is used twice");
    assert!(serde_json::from_str::<MaskingSpec>(r#"{"presets": "strict"}"#).is_err());
    let spec: MaskingSpec =
        serde_json::from_str(r#"{"preset":"strict","detectors":["one_time_code"],"mode":"last_four"}"#)
            .unwrap();
    assert_eq!(spec.detectors, Some(vec![Kind::OneTimeCode]));
}
