//! What stands in logs, columns and answers keeps its shape: a full value of every serialized type, as it is
//! written, and read back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test may panic"
)]

#[path = "wire/answers.rs"]
mod answers;
#[path = "wire/automation.rs"]
mod automation;
#[path = "wire/catalogue.rs"]
mod catalogue;
#[path = "wire/documents.rs"]
mod documents;
#[path = "wire/events.rs"]
mod events;
#[path = "wire/records.rs"]
mod records;
#[path = "wire/sheet.rs"]
mod sheet;
#[path = "wire/words.rs"]
mod words;

use sheet::Sheet;

#[test]
fn every_event_is_written_as_it_always_was_and_read_back() {
    insta::assert_snapshot!("events", events::sheet().text);
}

#[test]
fn records_and_their_parts_are_written_as_they_always_were_and_read_back() {
    insta::assert_snapshot!("records", records::sheet().text);
}

#[test]
fn configuration_is_written_as_it_always_was_and_read_back() {
    insta::assert_snapshot!("documents", documents::sheet().text);
}

#[test]
fn automation_is_written_as_it_always_was_and_read_back() {
    insta::assert_snapshot!("automation", automation::sheet().text);
}

#[test]
fn replies_and_explanations_are_written_as_they_always_were() {
    insta::assert_snapshot!("answers", answers::sheet().text);
}

#[test]
fn words_and_ids_are_spelled_as_they_always_were() {
    insta::assert_snapshot!("words", words::sheet().text);
}

/// A type that is serialized and shown nowhere could change its shape unseen.
#[test]
fn every_serialized_type_is_shown_with_every_variant() {
    let sheets: [Sheet; 6] = [
        events::sheet(),
        records::sheet(),
        documents::sheet(),
        automation::sheet(),
        answers::sheet(),
        words::sheet(),
    ];
    let shown = |name: &str| sheets.iter().find_map(|sheet| sheet.types.get(name).copied());
    let types = catalogue::serialized();
    assert!(types.len() > 100, "only {} types were found", types.len());
    let lacking: Vec<String> = types
        .iter()
        .filter(|(name, variants)| shown(name) != Some(**variants))
        .map(|(name, variants)| format!("{name}: {:?} of {variants}", shown(name)))
        .collect();
    assert!(lacking.is_empty(), "shown with too few variants, or nowhere: {lacking:#?}");
    let shown = sheets.iter().flat_map(|sheet| sheet.types.keys());
    let unknown: Vec<&String> = shown.filter(|name| !types.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "not found in the sources: {unknown:?}");
}
