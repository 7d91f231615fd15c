use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::automation::laws::{automation_spec, condition};
use crate::automation::{AutomationSpec, Condition};
use crate::store::{Document, DocumentKind};
use crate::testkit::SeededIds;
use proptest::prelude::*;

fn id(n: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(0xaa00 + n))
}

fn config(specs: &[AutomationSpec]) -> Config {
    let documents = (0_u128..).zip(specs).map(|(n, spec)| Document {
        id: id(n),
        kind: DocumentKind::Automation,
        version: 1,
        retired: false,
        body: serde_json::to_value(spec).unwrap(),
        created_at: Timestamp::from_seconds(0),
        updated_at: Timestamp::from_seconds(0),
    });
    Config::compile(1, &documents.collect::<Vec<_>>())
}

fn spec(json: &serde_json::Value) -> AutomationSpec {
    let mut body = json!({"name": "Rule", "trigger": {"on": ["ticket.created"]}, "actions": ["level_up"]});
    for (field, value) in json.as_object().unwrap() {
        body[field] = value.clone();
    }
    let spec: AutomationSpec = serde_json::from_value(body).unwrap();
    assert_eq!(spec.check(), Ok(()));
    spec
}

fn analysed(specs: &[serde_json::Value]) -> Vec<Finding> {
    let specs: Vec<AutomationSpec> = specs.iter().map(spec).collect();
    let found = analyse(&config(&specs), &SeededIds::new(1));
    assert!(found.complete);
    found.findings
}

fn priority(op: &str, value: &str) -> serde_json::Value {
    json!({"field": "ticket.priority", "op": op, "value": value})
}

#[test]
fn a_rule_that_can_never_match_is_dead_and_the_tests_that_exclude_each_other_are_named() {
    let found = analysed(&[json!({"condition": {"all": [
        priority("at_least", "high"),
        {"field": "ticket.tags", "op": "any_of", "value": ["vip"]},
        {"any": [priority("is", "low"), priority("is", "normal")]},
    ]}})]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, &found[0].automations), (FindingKind::Dead, &vec![id(0)]));
    assert_eq!(found[0].tests, ["condition.all[0]", "condition.all[2]"]);
}

#[test]
fn a_rule_that_asks_for_a_keyword_rule_that_nobody_knows_is_dead_and_names_it() {
    let unknown = id(77);
    let test = |op: &str| json!({"field": "ticket.keyword_rules", "op": op, "value": [unknown]});
    let found = analysed(&[json!({"condition": {"all": [priority("is", "high"), test("any_of")]}})]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Dead));
    assert_eq!(
        (&found[0].tests[..], &found[0].keyword_rules),
        (&["condition.all[1]".to_owned()][..], &[unknown].into())
    );
    // Not to match it is what every ticket does; and what is dead anyhow is not for want of a rule.
    assert!(analysed(&[json!({"condition": test("none_of")})]).is_empty());
    let low = [priority("is", "high"), priority("is", "low"), test("none_of")];
    assert_eq!(analysed(&[json!({"condition": {"all": low}})])[0].keyword_rules, [].into());
}

#[test]
fn what_no_hour_of_the_week_allows_is_dead() {
    let night = json!({"field": "time.hour", "op": "at_least", "value": 22});
    let day = json!({"field": "time.hour", "op": "at_most", "value": 8});
    assert_eq!(analysed(&[json!({"condition": {"all": [night, day]}})])[0].kind, FindingKind::Dead);
    assert!(analysed(&[json!({"condition": {"any": [night, day]}})]).is_empty());
}

#[test]
fn a_status_and_its_category_are_one_thing() {
    let found = analysed(&[json!({"condition": {"all": [
        {"field": "ticket.status", "op": "is", "value": "pending"},
        {"field": "ticket.status_category", "op": "is", "value": "open"},
    ]}})]);
    assert_eq!(found[0].kind, FindingKind::Dead);
}

#[test]
fn a_rule_that_one_before_leaves_nothing_to_is_shadowed() {
    let first = json!({"condition": priority("at_least", "high"), "actions": [{"add_tags": ["a", "b"]}]});
    let second = json!({"condition": priority("is", "urgent"), "actions": [{"add_tags": ["a"]}]});
    let found = analysed(&[first.clone(), second.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Shadowed));
    assert_eq!(found[0].automations, [id(0), id(1)]);
    assert_eq!(found[0].witness.as_ref().unwrap().fields["ticket.priority"], json!("urgent"));
    // The other way round, the second still has tickets of its own.
    assert!(analysed(&[second, first]).is_empty());
}

#[test]
fn a_rule_behind_one_that_stops_and_always_matches_is_shadowed() {
    let found = analysed(&[json!({"stop": true}), json!({"condition": priority("is", "urgent")})]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Shadowed));
}

#[test]
fn rules_that_want_different_things_of_one_ticket_conflict_and_a_ticket_shows_it() {
    let low = json!({"condition": {"field": "ticket.tags", "op": "any_of", "value": ["a"]},
                     "actions": [{"set_priority": "low"}]});
    let high = json!({"condition": {"field": "ticket.tags", "op": "any_of", "value": ["b"]},
                      "actions": [{"set_priority": "urgent"}]});
    let found = analysed(&[low.clone(), high.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Conflicting));
    assert_eq!(found[0].witness.as_ref().unwrap().fields["ticket.tags"], json!(["a", "b"]));
    // No ticket has both categories.
    let of = |category: &str, to: &str| {
        json!({
            "condition": {"field": "ticket.category", "op": "is", "value": category},
            "actions": [{"set_priority": to}],
        })
    };
    assert!(analysed(&[of("billing", "low"), of("delivery", "high")]).is_empty());
}

#[test]
fn rules_that_wake_each_other_are_cyclic_and_a_ticket_shows_it() {
    let found = analysed(&[flip("low", "high"), flip("high", "low")]);
    let cyclic: Vec<&Finding> = found.iter().filter(|finding| finding.kind == FindingKind::Cyclic).collect();
    assert!(!cyclic.is_empty() && cyclic[0].witness.is_some(), "{found:?}");
    assert!(analysed(&[flip("low", "high"), flip("urgent", "high")]).is_empty());
}

fn cyclic(specs: &[serde_json::Value]) -> Vec<Finding> {
    analysed(specs).into_iter().filter(|finding| finding.kind == FindingKind::Cyclic).collect()
}

fn flip(from: &str, to: &str) -> serde_json::Value {
    json!({
        "trigger": {"on": ["ticket.priority_changed"]},
        "condition": priority("is", from),
        "actions": [{"set_priority": to}],
    })
}

#[test]
fn a_cycle_is_one_finding_that_names_all_of_it_and_shows_the_way_round() {
    let found = cyclic(&[flip("urgent", "low"), flip("low", "high"), flip("high", "urgent")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].automations, [id(0), id(1), id(2)]);
    let way = &found[0].witness.as_ref().unwrap().way;
    assert_eq!(way.iter().map(|turn| turn.automation).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    assert_eq!(way.iter().map(|turn| turn.by).collect::<Vec<_>>(), [Woken::Event, Woken::Rule, Woken::Rule]);
}

#[test]
fn cycles_that_share_a_rule_are_one_finding_and_others_are_others() {
    let category = |from: &str, to: &str| {
        json!({
            "trigger": {"on": ["ticket.category_changed"]},
            "condition": {"field": "ticket.category", "op": "is", "value": from},
            "actions": [{"set_category": to}],
        })
    };
    let tagged = |tag: &str, to: &str| {
        json!({
            "trigger": {"on": ["ticket.priority_changed"]},
            "condition": {"all": [priority("is", "high"), {"field": "ticket.tags", "op": "all_of", "value": [tag]}]},
            "actions": [{"set_priority": to}],
        })
    };
    let found = cyclic(&[
        flip("low", "high"),
        tagged("a", "low"),
        tagged("b", "low"),
        category("x", "y"),
        category("y", "x"),
    ]);
    let named: Vec<_> = found.iter().map(|finding| finding.automations.clone()).collect();
    assert_eq!(named, [vec![id(0), id(1), id(2)], vec![id(3), id(4)]]);
}

#[test]
fn rules_that_undo_the_router_are_cyclic() {
    let gives_away = |from: u128, to: u128| {
        let team = |n: u128| Uuid::from_u128(n);
        json!({
            "trigger": {"on": ["ticket.assigned"]},
            "condition": {"all": [
                {"field": "ticket.team_id", "op": "is", "value": team(from)},
                {"field": "ticket.assigned_to", "op": "is_set"},
            ]},
            "actions": [{"move_to_team": team(to)}],
        })
    };
    let found = cyclic(&[gives_away(1, 2), gives_away(2, 1)]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].automations, [id(0), id(1)]);
    let way = &found[0].witness.as_ref().unwrap().way;
    assert_eq!(way.iter().map(|turn| turn.by).collect::<Vec<_>>(), [Woken::Router; 2]);
    // Where it comes to rest nothing is found.
    assert!(cyclic(&[gives_away(1, 2), gives_away(2, 3)]).is_empty());
}

#[test]
fn rules_that_wait_for_each_other_are_cyclic() {
    let rest = |from: &str, to: &str, moment: &str| {
        json!({
            "trigger": {"since": {"moment": moment, "seconds": 60}},
            "condition": {"field": "ticket.status", "op": "is", "value": from},
            "actions": [{"set_status": to}],
        })
    };
    let (open, pending) =
        (rest("open", "pending", "status_changed"), rest("pending", "open", "status_changed"));
    let found = cyclic(&[open.clone(), pending]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].automations, [id(0), id(1)]);
    let witness = found[0].witness.as_ref().unwrap();
    assert_eq!(witness.on, None);
    assert_eq!(witness.way.iter().map(|turn| turn.by).collect::<Vec<_>>(), [Woken::Time; 2]);
    // What counts from the customer's word acts once.
    assert!(cyclic(&[open, rest("pending", "open", "last_customer_message")]).is_empty());
    let note = json!({
        "trigger": {"since": {"moment": "last_message", "seconds": 60}},
        "actions": [{"add_note": "Nobody writes."}],
    });
    assert!(!cyclic(&[note]).is_empty());
}

fn hour(actions: &serde_json::Value) -> serde_json::Value {
    json!({"trigger": {"since": {"moment": "created", "seconds": 3_600}}, "actions": actions})
}

#[test]
fn rules_that_wait_for_the_same_time_conflict_and_are_shadowed() {
    let tagged = |tag: &str| json!({"field": "ticket.tags", "op": "any_of", "value": [tag]});
    let (mut high, mut low) =
        (hour(&json!([{"set_priority": "high"}])), hour(&json!([{"set_priority": "low"}])));
    // As with rules about events, one that always comes to nothing is shadowed.
    assert_eq!(analysed(&[high.clone(), low.clone()])[0].kind, FindingKind::Shadowed);
    (high["condition"], low["condition"]) = (tagged("a"), tagged("b"));
    let found = analysed(&[high.clone(), low.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Conflicting));
    assert_eq!(found[0].automations, [id(0), id(1)]);
    assert_eq!(found[0].witness.as_ref().unwrap().on, None);
    let mut stops = hour(&json!(["level_up"]));
    stops["stop"] = json!(true);
    let found = analysed(&[stops, low.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Shadowed));
    let found = analysed(&[high.clone(), high.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Shadowed));
    // Other times, moments and calendars are not compared; what no ticket of that age meets is no conflict.
    let mut later = low.clone();
    later["trigger"]["since"]["seconds"] = json!(3_601);
    assert!(analysed(&[high.clone(), later]).is_empty());
    let mut other = low.clone();
    other["trigger"]["since"]["moment"] = json!("last_message");
    assert!(analysed(&[high.clone(), other.clone()]).is_empty());
    let mut same = high.clone();
    same["trigger"]["since"]["moment"] = json!("last_message");
    assert_eq!(analysed(&[same, other])[0].kind, FindingKind::Conflicting);
    let mut old = low;
    old["condition"] = json!({"field": "ticket.age_seconds", "op": "at_least", "value": 7_200});
    assert!(analysed(&[high, old]).is_empty());
}

#[test]
fn rules_about_the_same_point_of_a_timer_conflict() {
    for when in [json!("at_breach"), json!({"seconds_before": 600}), json!({"at_fraction": 0.5})] {
        let rule = |to: &str| {
            json!({
                "trigger": {"timer": {"metric": "first_response", "when": when}},
                "condition": {"field": "ticket.tags", "op": "any_of", "value": [to]},
                "actions": [{"set_priority": to}],
            })
        };
        let found = analysed(&[rule("high"), rule("low")]);
        assert_eq!((found.len(), found[0].kind), (1, FindingKind::Conflicting), "{when}");
        let mut other = rule("low");
        other["trigger"]["timer"]["metric"] = json!("resolution");
        assert!(analysed(&[rule("high"), other]).is_empty());
    }
}

#[test]
fn a_rule_that_several_before_it_stop_between_them_is_shadowed() {
    let tagged = |tag: &str| json!({"field": "ticket.tags", "op": "any_of", "value": [tag]});
    let stop = |tag: &str| json!({"condition": tagged(tag), "stop": true});
    let behind = json!({"condition": {"any": [tagged("a"), tagged("b")]}, "actions": [{"add_tags": ["x"]}]});
    let found = analysed(&[stop("a"), stop("c"), stop("b"), behind.clone()]);
    assert_eq!((found.len(), found[0].kind), (1, FindingKind::Shadowed));
    assert_eq!(found[0].automations, [id(0), id(2), id(3)]);
    assert!(found[0].witness.is_some());
    assert!(analysed(&[stop("a"), stop("c"), behind.clone()]).is_empty());
    // Each of its events must be stopped.
    let mut both = behind;
    both["trigger"] = json!({"on": ["ticket.created", "message.added"]});
    assert!(analysed(&[stop("a"), stop("b"), both]).is_empty());
}

#[test]
fn a_sound_set_of_rules_has_no_findings() {
    let of = |n: u32| {
        json!({
            "condition": {"field": "ticket.category", "op": "is", "value": format!("c{n}")},
            "actions": [{"add_tags": [format!("t{n}")]}],
        })
    };
    assert!(analysed(&(0..30).map(of).collect::<Vec<_>>()).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    /// Dead means dead: no ticket out of many makes the condition hold. Not dead means that a ticket was found on
    /// which it was evaluated.
    #[test]
    fn a_search_that_ends_tells_the_truth(condition in condition(), seeds in prop::collection::vec(condition(), 4)) {
        let config = Config::default();
        let node = condition.compile();
        let mut budget = 200_000;
        match search(&[(&node, true)], &config, 3, &mut budget) {
            Found::Worlds(worlds) => {
                for world in worlds {
                    prop_assert!(node.holds(&world.snapshot(&config)));
                }
            }
            Found::None => {
                // Tickets that other conditions single out are as good as any.
                for other in seeds.iter().map(Condition::compile) {
                    if let Found::Worlds(worlds) = search(&[(&other, true)], &config, 8, &mut budget) {
                        prop_assert!(worlds.iter().all(|world| !node.holds(&world.snapshot(&config))));
                    }
                }
            }
            Found::Unknown => {}
        }
    }

    /// A witness shows what it is said to show: everything was evaluated again.
    #[test]
    fn every_witness_is_one(specs in prop::collection::vec(automation_spec(), 2..6)) {
        let config = config(&specs);
        let found = analyse(&config, &SeededIds::new(1));
        for finding in &found.findings {
            prop_assert_eq!(finding.witness.is_none(), finding.kind == FindingKind::Dead);
            prop_assert!(!finding.automations.is_empty());
        }
        // The findings do not depend on the order in which the documents were read.
        let mut other = Config::default();
        other = other.with_automations(Automations::of(config.automations().rules().to_vec()));
        prop_assert_eq!(analyse(&other, &SeededIds::new(1)), found);
    }
}

#[test]
fn what_conditions_say_of_orders_and_other_objects_is_found_and_what_excludes_itself_is_dead() {
    let test =
        |field: &str, op: &str, value: serde_json::Value| json!({"field": field, "op": op, "value": value});
    let empty = |field: &str| json!({"field": field, "op": "is_empty"});
    let kinds = |op: &str| test("ticket.context_kinds", op, json!(["subscription"]));
    let ids = |op: &str| test("ticket.context_ids", op, json!(["S-1"]));
    let order = test("ticket.order_id", "is", json!("KC-7"));
    let never = [
        vec![order.clone(), test("ticket.has_order", "is", json!(false))],
        vec![order.clone(), test("ticket.order_id", "none_of", json!(["KC-7"]))],
        vec![kinds("any_of"), kinds("none_of")],
        vec![kinds("any_of"), empty("ticket.context_ids")],
        vec![ids("all_of"), empty("ticket.context_kinds")],
    ];
    let sometimes = [
        vec![order.clone(), test("ticket.has_order", "is", json!(true))],
        vec![test("ticket.order_id", "is_not", json!("KC-7")), test("ticket.has_order", "is", json!(true))],
        vec![kinds("any_of"), ids("any_of")],
        vec![kinds("any_of"), ids("none_of")],
        vec![kinds("none_of"), ids("any_of")],
        vec![empty("ticket.context_ids"), empty("ticket.context_kinds"), empty("ticket.order_id")],
    ];
    for (tests, dead) in never.map(|t| (t, true)).into_iter().chain(sometimes.map(|t| (t, false))) {
        let found = analysed(&[json!({"condition": {"all": tests}})]);
        assert_eq!(found.iter().any(|finding| finding.kind == FindingKind::Dead), dead, "{found:?}");
    }
}
