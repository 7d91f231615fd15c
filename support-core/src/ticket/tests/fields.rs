//! Fields, tags, levels and keyword rules.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::ticket::command::{Edit, OwnerStanding, Receive, Rematched};
use crate::ticket::{Command, FieldValue, KeywordHit, Priority};

use super::desk::{ANA, label, rule_id, text};
use super::scenario::{Scenario, desk};

fn opened() -> Scenario {
    let mut scenario = desk();
    scenario.open();
    scenario
}

fn tags(scenario: &Scenario) -> Vec<&str> {
    scenario.ticket().tags.iter().map(|tag| tag.as_str()).collect()
}

fn tagging(add: &[&str], remove: &[&str]) -> Edit {
    let labels = |list: &[&str]| list.iter().map(|tag| label(tag)).collect();
    Edit { add_tags: labels(add), remove_tags: labels(remove), ..Edit::default() }
}

#[test]
fn tags_are_added_and_removed_and_the_event_says_what_changed() {
    let mut scenario = opened();
    scenario.edit(tagging(&["b", "a", "a"], &["x"])).saw(&["ticket.tags_changed"]);
    assert_eq!(tags(&scenario), ["a", "b"]);
    scenario.edit(tagging(&["a", "c"], &["b"]));
    let expected = Event::TicketTagsChanged { added: vec![label("c")], removed: vec![label("b")] };
    assert_eq!(scenario.latest().next(), Some(&expected));
    assert_eq!(tags(&scenario), ["a", "c"]);
    scenario.edit(tagging(&["a"], &["z"])).saw(&[]);
    assert_eq!(scenario.ticket().version, 3);
}

#[test]
fn a_tag_that_is_added_and_removed_at_once_is_removed() {
    let mut scenario = opened();
    scenario.edit(tagging(&["a"], &["a"])).saw(&[]).edit(tagging(&["a"], &[]));
    scenario.edit(tagging(&["a"], &["a"])).saw(&["ticket.tags_changed"]);
    assert_eq!(tags(&scenario), Vec::<&str>::new());
}

#[test]
fn a_ticket_has_at_most_a_hundred_tags_and_loses_none_in_silence() {
    let names: Vec<String> = (0..100).map(|n| format!("t{n:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scenario = opened();
    scenario.edit(tagging(&names, &[]));
    scenario.edit(tagging(&["one more"], &[])).refused("tags");
    scenario.edit(tagging(&["one more"], &["of no ticket"])).refused("tags");
    scenario.edit(tagging(&["t000"], &[])).saw(&[]);
    scenario.edit(tagging(&["one more"], &["t000"])).saw(&["ticket.tags_changed"]);
    assert!(scenario.ticket().tags.contains("one more") && scenario.ticket().tags.len() == 100);
    let mut scenario = desk();
    scenario.open_as(|open| open.tags = (0..101).map(|n| label(&format!("t{n}"))).collect()).refused("tags");
}

#[test]
fn a_value_that_is_there_already_changes_nothing() {
    let mut scenario = opened();
    let (category, subject) = (Some(Some(label("billing"))), Some(text(901)));
    let edit = Edit { category, subject, priority: Some(Priority::High), ..Edit::default() };
    scenario.edit(edit.clone()).saw(&[
        "ticket.subject_changed",
        "ticket.priority_changed",
        "ticket.category_changed",
    ]);
    assert_eq!(scenario.ticket().version, 4);
    scenario.edit(edit).saw(&[]).edit(Edit::default()).saw(&[]);
    scenario.edit(Edit { category: Some(None), ..Edit::default() });
    assert_eq!((&scenario.ticket().category, scenario.ticket().version), (&None, 5));
}

#[test]
fn fields_are_set_and_cleared_and_the_event_has_both_values() {
    let fields = |list: &[(&str, Option<FieldValue>)]| Edit {
        custom_fields: list.iter().map(|(key, value)| (label(key), *value)).collect(),
        ..Edit::default()
    };
    let mut scenario = opened();
    let (number, flag) = (FieldValue::Number(1.5), FieldValue::Flag(true));
    scenario.edit(fields(&[("size", Some(number)), ("paid", Some(flag)), ("gone", None)]));
    scenario.saw(&["ticket.fields_changed"]);
    scenario.edit(fields(&[("size", Some(number)), ("paid", None)]));
    let expected = Event::TicketFieldsChanged { from: [(label("paid"), flag)].into(), to: BTreeMap::new() };
    assert_eq!(scenario.latest().next(), Some(&expected));
    assert_eq!(scenario.ticket().custom_fields, [(label("size"), number)].into());
}

#[test]
fn a_number_that_is_not_finite_is_no_field() {
    for number in [f64::NAN, f64::INFINITY] {
        let fields: BTreeMap<_, _> = [(label("size"), FieldValue::Number(number))].into();
        let custom_fields = fields.iter().map(|(key, value)| (key.clone(), Some(*value))).collect();
        opened().edit(Edit { custom_fields, ..Edit::default() }).refused("custom_fields.size");
        desk().open_as(|open| open.custom_fields = fields).refused("custom_fields.size");
    }
}

#[test]
fn effort_is_one_to_a_thousand_units() {
    for effort in [0, 1_001] {
        desk().open_as(|open| open.effort = effort).refused("effort");
    }
    let mut scenario = desk();
    scenario.open_as(|open| open.effort = 1_000);
    assert_eq!(scenario.ticket().units(), 1_000);
}

#[test]
fn the_escalation_level_rises_by_one_or_to_what_is_said() {
    let mut scenario = opened();
    scenario.escalate(None).escalate(Some(4)).escalate(None);
    assert_eq!(scenario.ticket().escalation.unwrap().level, 5);
}

#[test]
fn the_escalation_level_never_falls_and_ends_at_nine() {
    let mut scenario = opened();
    scenario.escalate(Some(0)).refused("level").escalate(Some(4)).escalate(Some(4)).refused("level");
    scenario.escalate(Some(10)).refused("level").escalate(Some(9)).escalate(None).refused("level");
    assert_eq!(scenario.ticket().escalation.unwrap().level, 9);
}

#[test]
fn escalation_is_a_level_beside_the_status() {
    let mut scenario = opened();
    scenario.assign(ANA).escalate(None).saw(&["ticket.escalated"]).status(crate::ticket::Status::Assigned);
}

#[test]
fn keyword_matches_accumulate_each_rule_once() {
    let mut scenario = opened();
    let hit = |points| KeywordHit { version: 1, points };
    scenario.set_alert(1, "outage");
    let mut matched = |rule: u128, points: f64| {
        let message = scenario.message(
            crate::people::ActorRef::customer(super::desk::CUSTOMER),
            crate::conversation::Direction::Inbound,
        );
        let keywords = [(rule_id(rule), hit(points))].into();
        let receive = Receive { message, owner: OwnerStanding::Available, keywords };
        scenario.system(&[Command::Receive(Box::new(receive))]);
        scenario.ticket().derived.keyword_points
    };
    assert_eq!(matched(1, 20.0), 20.0);
    assert_eq!(matched(2, 15.0), 35.0);
    assert_eq!(matched(1, 20.0), 35.0);
    scenario.saw(&["message.added"]);
    assert_eq!(scenario.ticket().topics, [label("outage")].into());
}

#[test]
fn a_change_of_keyword_rules_replaces_what_matched() {
    let mut scenario = opened();
    let hit = KeywordHit { version: 1, points: 20.0 };
    let matched =
        |rule| Some(Rematched { matched: [(rule_id(rule), hit)].into(), asked: [rule_id(rule)].into() });
    scenario.system(&[Command::Reconfigure { keywords: matched(1) }]).saw(&["ticket.keywords_matched"]);
    scenario.system(&[Command::Reconfigure { keywords: matched(2) }]);
    assert_eq!(scenario.ticket().keywords, [(rule_id(2), hit)].into());
    scenario.system(&[Command::Reconfigure { keywords: matched(2) }]).saw(&[]);
    assert_eq!(scenario.ticket().version, 1);
}
