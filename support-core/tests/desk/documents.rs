//! Configuration: versions, what is refused, and how open tickets come under a change.

use serde_json::{Value, json};
use support_core::Error;
use support_core::config::Config;
use support_core::desk::{
    DeactivateAgent, EditDocument, OpenTicket, Options, PublishJourney, PutDocument, PutTeam,
};
use support_core::id::{DocumentId, TeamId};
use support_core::people::Permission;
use support_core::store::{DocumentKind, Outcome, Record};
use support_core::testkit::block_on;
use support_core::ticket::Status;
use uuid::Uuid;

use crate::world::{HOST, World, fields, id_of, label, rule};

fn keyword(name: &str, words: &[&str], points: f64) -> Value {
    json!({"name": name, "type": "custom", "keywords": words, "boost_amount": points, "alert": true, "active": true})
}

fn targets(seconds: u64) -> Value {
    json!({"name": "Fast", "targets": {"first_response": {"seconds": seconds}}})
}

#[test]
fn every_field_that_cannot_be_accepted_is_named_and_nothing_sent_is_repeated() {
    let world = World::standard();
    let cases = [
        (DocumentKind::Settings, json!({"reopen_window_seconds": "numbat"}), "reopen_window_seconds"),
        (DocumentKind::Settings, json!({"reopen_window_seconds": -1}), "reopen_window_seconds"),
        (DocumentKind::Settings, json!({"weights": {"age_points": "numbat"}}), "weights.age_points"),
        (DocumentKind::Settings, json!({"numbat": 1}), "numbat"),
        (DocumentKind::Team, json!({}), "name"),
        (DocumentKind::Team, json!({"name": " "}), "name"),
        (DocumentKind::Team, json!({"name": "Sales", "strategy": "numbat"}), "strategy"),
        (DocumentKind::Team, json!({"name": "Sales", "mode": {"ticket": "shout"}}), "mode.ticket"),
        (DocumentKind::KeywordRule, json!({"name": "x", "type": "numbat"}), "type"),
        (DocumentKind::SlaPolicy, json!({"name": "x"}), "targets"),
    ];
    for (kind, body, field) in cases {
        let error = world.fail(&HOST, &PutDocument::new(kind, body));
        assert_eq!(fields(&error), [field], "{error}");
        let Error::Invalid(problems) = &error else { unreachable!() };
        assert!(problems.iter().all(|problem| !problem.problem.contains("numbat")), "{error}");
    }
}

#[test]
fn a_document_has_versions_and_meets_if_match() {
    let world = World::standard();
    let id = world.put(DocumentKind::Team, json!({"name": "Sales"}));
    let change = PutDocument::at(id, DocumentKind::Team, json!({"name": "Sales and more"}));
    assert_eq!(world.run(&HOST, &change).version, 2);
    assert_eq!(world.run(&HOST, &change).version, 2, "what is as it was is no version");
    let again = PutDocument::at(id, DocumentKind::Team, json!({"name": "Sales"}));
    let options = Options { if_match: Some(1), once: None };
    assert!(matches!(
        block_on(world.desk.run_with(&HOST, &again, &options)),
        Err(Error::Stale { expected: 1, found: 2, .. })
    ));
    let other = PutDocument::at(id, DocumentKind::KeywordRule, keyword("late", &["late"], 5.0));
    assert_eq!(fields(&world.fail(&HOST, &other)), ["id"]);
    let retired = PutDocument { retired: true, ..again };
    assert_eq!(world.run(&HOST, &retired).version, 3);
    let (teams, _) = block_on(world.desk.documents(&HOST, DocumentKind::Team, 10, None)).unwrap();
    assert!(teams.is_empty());
    let late = crate::world::customer_of(&world.customer("Carl"));
    let mut open = support_core::desk::OpenTicket::of(late, "Parcel", "Late.");
    open.team_id = Some(support_core::id::TeamId::from_uuid(id.uuid()));
    assert_eq!(fields(&world.fail(&HOST, &open)), ["team_id"]);
    world.sound();
}

#[test]
fn settings_exist_once_whatever_id_is_given() {
    let world = World::standard();
    let body = json!({"declined_seconds": 60});
    let id = DocumentId::from_uuid(Uuid::from_u128(50));
    assert_eq!(
        world.run(&HOST, &PutDocument::at(id, DocumentKind::Settings, body)).document_id,
        DocumentId::SETTINGS
    );
    world.settings(json!({"declined_seconds": 90}));
    let (found, _) = block_on(world.desk.documents(&HOST, DocumentKind::Settings, 10, None)).unwrap();
    assert_eq!((found.len(), found[0].version), (1, 2));
}

#[test]
fn each_kind_needs_its_own_right() {
    let world = World::standard();
    let (agent, boss) = (world.agent("Ann"), world.agent_in("Sue", "supervisor", &[]));
    let rule = PutDocument::new(DocumentKind::KeywordRule, keyword("late", &["late"], 5.0));
    assert!(matches!(world.fail(&agent, &rule), Error::Forbidden(Permission::RuleManage)));
    world.run(&boss, &rule);
    world.run(&boss, &PutDocument::new(DocumentKind::SlaPolicy, targets(60)));
    let team = PutDocument::new(DocumentKind::Team, json!({"name": "Mine"}));
    assert!(matches!(world.fail(&boss, &team), Error::Forbidden(Permission::TeamManage)));
    let settings = PutDocument::new(DocumentKind::Settings, json!({}));
    assert!(matches!(world.fail(&boss, &settings), Error::Forbidden(Permission::SettingsManage)));
    let carl = world.customer("Carl");
    assert!(matches!(world.fail(&carl, &rule), Error::NotFound(_)));
}

#[test]
fn a_changed_keyword_rule_reaches_open_tickets_by_ticking_and_closed_ones_stay() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let tickets: Vec<_> = (0..450).map(|_| world.opened_by(&carl)).collect();
    world.status(&HOST, tickets[0], Status::Closed);
    let id = world.put(DocumentKind::KeywordRule, keyword("late", &["late"], 5.0));
    world.tick();
    assert!(world.ticket(tickets[0]).keywords.is_empty());
    for ticket in &tickets[1..] {
        let hit = world.ticket(*ticket);
        assert!((hit.derived.keyword_points - 5.0).abs() < 1e-9);
        assert!(hit.topics.contains(&label("late")));
    }
    let seq = world.ticket(tickets[1]).stream_seq;
    world.pass(10);
    assert_eq!(world.ticket(tickets[1]).stream_seq, seq, "a finished backfill does nothing twice");
    let gone = PutDocument {
        retired: true,
        ..PutDocument::at(id, DocumentKind::KeywordRule, keyword("late", &["late"], 5.0))
    };
    world.run(&HOST, &gone);
    world.pass(10);
    assert!(world.ticket(tickets[449]).keywords.is_empty() && world.ticket(tickets[449]).topics.is_empty());
    world.sound();
}

#[test]
fn a_ticket_that_was_opened_under_the_rules_before_comes_under_the_new_ones() {
    let store = std::sync::Arc::new(crate::faulty::FaultyStore::default());
    let world = World::on(store.clone());
    let carl = world.customer("Carl");
    let desk = world.desk.clone();
    // The rule comes, and all tickets are brought under it, after this one was decided and before it is stored.
    store.before("ticket.created", move || {
        let late = PutDocument::new(DocumentKind::KeywordRule, keyword("late", &["late"], 5.0));
        block_on(desk.run(&HOST, &late)).unwrap();
        block_on(desk.tick()).unwrap();
        Vec::new()
    });
    let ticket = world.opened_by(&carl);
    assert!(world.ticket(ticket).keywords.is_empty());
    world.pass(10);
    assert_eq!(world.ticket(ticket).keywords.len(), 1);
    world.sound();
}

#[test]
fn rules_look_at_what_the_customer_says_and_a_backfill_agrees_with_the_first_look() {
    let world = World::standard();
    world.put(DocumentKind::KeywordRule, keyword("recall", &["recall"], 5.0));
    let carl = world.customer("Carl");
    let ticket = world.noted(&carl, |open| {
        open.direction = support_core::conversation::Direction::Outbound;
        open.message = "We recall it.".into();
    });
    assert!(world.ticket(ticket).keywords.is_empty());
    world.pass(10);
    assert!(world.ticket(ticket).keywords.is_empty());
    world.reply(&carl, ticket, "What is a recall?");
    assert_eq!(world.ticket(ticket).keywords.len(), 1);
    world.sound();
}

#[test]
fn a_changed_policy_recomputes_what_has_not_ended() {
    let world = World::standard();
    let policy = world.put(DocumentKind::SlaPolicy, targets(3_600));
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let (open, answered) = (world.opened_by(&carl), world.opened_by(&carl));
    world.reply(&agent, answered, "Soon.");
    let judged = world.ticket(answered).sla.timers.clone();
    world.pass(600);
    world.run(&HOST, &PutDocument::at(policy, DocumentKind::SlaPolicy, targets(1_200)));
    world.tick();
    let timer = world.ticket(open).sla.timers[0].clone();
    assert_eq!((timer.target_seconds, timer.policy.version), (1_200, 2));
    assert_eq!(world.ticket(open).derived.next_due_at, Some(timer.started_at.plus_seconds(1_200)));
    assert_eq!(world.ticket(answered).sla.timers, judged, "met and missed stay as judged");
    // A deadline that the change itself puts in the past is breached with that cause.
    world.run(&HOST, &PutDocument::at(policy, DocumentKind::SlaPolicy, targets(60)));
    world.tick();
    let told = serde_json::to_string(&world.events(open)).unwrap();
    assert!(told.contains(r#""policy_change":true"#));
    assert_eq!(world.ticket(open).escalation, None);
    world.sound();
}

#[test]
fn what_must_not_be_stored_is_masked_in_the_texts_of_documents() {
    let world = World::standard();
    let note = json!({ "add_note": "His card is 4111 1111 1111 1111." });
    let question = json!({
        "id": "q", "text": "Is your PIN 4821?", "help": "Ours is DE89370400440532013000.",
        "answer": { "single_choice": { "options": [{ "value": "yes", "text": "Yes, my pin is 4821" }] } },
        "next": [{ "to": null }],
    });
    let documents = [
        (
            DocumentKind::Macro,
            json!({
                "name": "Pay", "content": "Card 4111 1111 1111 1111, order 77213398", "visibility": "all", "actions": [note],
            }),
        ),
        (
            DocumentKind::Automation,
            json!({
                "name": "Note", "trigger": { "on": ["ticket.created"] }, "actions": [note],
            }),
        ),
        (
            DocumentKind::SlaPolicy,
            json!({
                "name": "Fast", "targets": { "resolution": { "seconds": 60 } },
                "steps": [{ "when": "at_breach", "actions": [note] }],
            }),
        ),
        (
            DocumentKind::Journey,
            json!({
                "name": "Help", "entry_point": "main", "start": "q", "questions": [question],
                "ticket": [{ "subject": "My pin is 4821", "message": "SSN 123-45-6789: {{q}}" }],
            }),
        ),
    ];
    for (kind, body) in documents {
        let id = world.put(kind, body.clone());
        let stored = block_on(world.desk.document(&HOST, kind, id)).unwrap().unwrap().body.to_string();
        assert!(stored.contains("****"), "{stored}");
        for secret in ["4111", "4821", "DE89", "6789"] {
            assert!(!stored.contains(secret), "{kind}: {secret} in {stored}");
        }
        assert_eq!(stored.contains("77213398"), kind == DocumentKind::Macro);
        // Writing what was read, or the same again, is no change.
        let again = PutDocument::at(id, kind, body);
        assert_eq!(world.run(&HOST, &again).version, 1);
    }
}

#[test]
fn an_editor_may_let_a_change_fire_the_ladders_of_what_it_puts_in_the_past() {
    let world = World::standard();
    let body = |seconds: u64, more: serde_json::Value| {
        let mut body = json!({
            "name": "Promise",
            "targets": { "first_response": { "seconds": seconds } },
            "steps": [{ "when": "at_breach", "actions": ["level_up"] }],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let id = world.put(DocumentKind::SlaPolicy, body(3_600, json!({})));
    let carl = world.customer("Carl");
    let first = world.opened_by(&carl);
    world.pass(600);
    world.run(&HOST, &PutDocument::at(id, DocumentKind::SlaPolicy, body(60, json!({"fire_ladders": true}))));
    world.tick();
    assert_eq!(world.ticket(first).escalation.map(|escalation| escalation.level), Some(1));
    // It was said of that version; the next, of which only parts are given, passes over what it puts in the past.
    let slow = json!({ "targets": { "first_response": { "seconds": 3_600 } } });
    let fast = json!({ "targets": { "first_response": { "seconds": 60 } } });
    let merge = |fields: &serde_json::Value| {
        EditDocument::merge(DocumentKind::SlaPolicy, id, fields.as_object().unwrap().clone())
    };
    world.run(&HOST, &merge(&slow));
    let second = world.opened_by(&carl);
    world.pass(600);
    world.run(&HOST, &merge(&fast));
    world.tick();
    let timer = world.ticket(second).sla.timers[0].clone();
    assert_eq!((timer.breached_at.is_some(), world.ticket(second).escalation), (true, None));
    world.sound();
}

#[test]
fn a_document_that_names_what_is_gone_can_still_be_switched_off_renamed_and_repaired() {
    let store = std::sync::Arc::new(crate::faulty::FaultyStore::default());
    let world = World::on(store.clone());
    let (team, ann) = (world.team("Old", &json!({})), world.agent("Ann"));
    let hook =
        world.put(DocumentKind::WebhookEndpoint, json!({ "name": "Hook", "url": "https://hook.example" }));
    let actions = json!([{ "move_to_team": team }, { "assign_to": id_of(&ann) }, { "call_webhook": hook }]);
    let of_team = json!({ "all": [{ "field": "ticket.team_id", "op": "is", "value": team }] });
    let automation = json!({
        "name": "Rule", "trigger": { "on": ["ticket.created"] }, "condition": of_team, "actions": actions, "active": true,
    });
    let policy = json!({
        "name": "Policy", "targets": { "resolution": { "seconds": 60 } },
        "steps": [{ "when": "at_breach", "actions": actions }],
    });
    let macro_actions = json!([{ "move_to_team": team }, { "assign_to": id_of(&ann) }]);
    let told = json!({ "name": "Macro", "content": "x", "visibility": "team", "team_id": team, "actions": macro_actions });
    let other = json!({ "name": "Other", "overflow_team_ids": [team], "escalation_team_id": team });
    let bodies = [
        (DocumentKind::Automation, automation.clone()),
        (DocumentKind::SlaPolicy, policy),
        (DocumentKind::Macro, told),
        (DocumentKind::Team, other),
    ];
    let documents: Vec<_> = bodies.into_iter().map(|(kind, body)| (kind, world.put(kind, body))).collect();
    for (kind, id) in
        [(DocumentKind::Team, DocumentId::from_uuid(team.uuid())), (DocumentKind::WebhookEndpoint, hook)]
    {
        let refused = world.fail(&HOST, &EditDocument::retire(kind, id));
        assert_eq!(rule(&refused), format!("{kind}_in_use"));
    }
    // Agents go whatever names them; a document can be gone only where the store has lost it.
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    store.lose(support_core::store::Key::Document(DocumentId::from_uuid(team.uuid())));
    let merge = |kind, id, fields: Value| EditDocument::merge(kind, id, fields.as_object().unwrap().clone());
    for (kind, id) in &documents {
        world.run(&HOST, &merge(*kind, *id, json!({ "name": "Renamed" })));
    }
    let (kind, id) = documents[0];
    world.run(&HOST, &merge(kind, id, json!({ "active": false })));
    world.run(&HOST, &merge(kind, id, json!({ "actions": [{ "move_to_team": team }] })));
    // What is new to a version has to exist, and is named by its path.
    world.run(&HOST, &merge(kind, id, json!({ "condition": null, "actions": ["raise_priority"] })));
    let error = world.fail(&HOST, &merge(kind, id, json!({ "condition": of_team })));
    assert_eq!(fields(&error), ["condition.all[0].value"]);
    assert_eq!(
        fields(&world.fail(&HOST, &merge(kind, id, json!({ "actions": actions })))),
        ["actions[0].move_to_team"]
    );
    let hours =
        json!({ "field": "hours.open", "op": "is", "value": true, "calendar_id": Uuid::from_u128(5) });
    let error = world.fail(&HOST, &merge(kind, id, json!({ "condition": { "any": [hours] } })));
    assert_eq!(fields(&error), ["condition.any[0].calendar_id"]);
    assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, automation))), ["condition.all[0].value"]);
    world.sound();
}

#[test]
fn a_calendar_that_something_in_force_names_stays_in_force() {
    let world = World::empty();
    let hours = json!({ "name": "Office", "timezone": "UTC", "weekly": { "fri": [["09:00", "17:00"]] } });
    let open = |calendar: DocumentId| json!({ "field": "hours.open", "op": "is", "value": true, "calendar_id": calendar });
    let users: [(DocumentKind, &dyn Fn(DocumentId) -> Value); 6] = [
        (
            DocumentKind::SlaPolicy,
            &|id| json!({ "name": "U", "calendar_id": id, "targets": { "resolution": { "seconds": 60 } } }),
        ),
        (
            DocumentKind::SlaPolicy,
            &|id| json!({ "name": "U", "targets": { "resolution": { "seconds": 60, "calendar_id": id } } }),
        ),
        (DocumentKind::Team, &|id| json!({ "name": "U", "calendar_id": id })),
        (DocumentKind::Automation, &|id| {
            json!({
                "name": "U", "trigger": { "since": { "moment": "created", "seconds": 60, "calendar_id": id } }, "actions": ["raise_priority"],
            })
        }),
        (DocumentKind::Automation, &|id| {
            json!({
                "name": "U", "trigger": { "on": ["ticket.created"] }, "condition": open(id), "actions": ["raise_priority"], "active": false,
            })
        }),
        (DocumentKind::KeywordRule, &|id| {
            let mut body = keyword("U", &["late"], 5.0);
            body["condition"] = open(id);
            body
        }),
    ];
    for (kind, body) in users {
        let calendar = world.put(DocumentKind::Calendar, hours.clone());
        let user = world.put(kind, body(calendar));
        let retire = EditDocument::retire(DocumentKind::Calendar, calendar);
        let error = world.fail(&HOST, &retire);
        assert_eq!(rule(&error), "calendar_in_use");
        assert_eq!(error.to_string(), format!("the calendar is used by {kind} `U`"));
        let put =
            PutDocument { retired: true, ..PutDocument::at(calendar, DocumentKind::Calendar, hours.clone()) };
        assert_eq!(rule(&world.fail(&HOST, &put)), "calendar_in_use");
        world.run(&HOST, &EditDocument::retire(kind, user));
        world.run(&HOST, &retire);
    }
}

#[test]
fn a_team_that_something_in_force_names_stays_in_force() {
    let world = World::empty();
    let spare = world.team("Spare", &json!({}));
    let condition = |team: TeamId| json!({ "field": "ticket.team_id", "op": "is", "value": team });
    let moves = |team: TeamId| json!([{ "move_to_team": team }]);
    let on = json!({ "on": ["ticket.created"] });
    let users: [(DocumentKind, &dyn Fn(TeamId) -> Value); 8] = [
        (
            DocumentKind::Macro,
            &|id| json!({ "name": "U", "content": "x", "visibility": "team", "team_id": id }),
        ),
        (
            DocumentKind::Macro,
            &|id| json!({ "name": "U", "content": "x", "visibility": "all", "actions": moves(id) }),
        ),
        (DocumentKind::Settings, &|id| json!({ "category_teams": { "billing": id } })),
        (DocumentKind::Team, &|id| json!({ "name": "U", "overflow_team_ids": [id] })),
        (DocumentKind::Team, &|id| json!({ "name": "U", "escalation_team_id": id })),
        (
            DocumentKind::SlaPolicy,
            &|id| json!({ "name": "U", "targets": { "resolution": { "seconds": 60 } }, "conditions": { "team_ids": [id] } }),
        ),
        (
            DocumentKind::Automation,
            &|id| json!({ "name": "U", "trigger": on, "condition": condition(id), "actions": moves(spare), "active": false }),
        ),
        (DocumentKind::KeywordRule, &|id| {
            let mut body = keyword("U", &["late"], 5.0);
            body["condition"] = condition(id);
            body
        }),
    ];
    for (kind, body) in users {
        let team = world.team("Old", &json!({}));
        let user = world.put(kind, body(team));
        let id = DocumentId::from_uuid(team.uuid());
        let retire = EditDocument::retire(DocumentKind::Team, id);
        let put = PutDocument {
            retired: true,
            ..PutDocument::at(id, DocumentKind::Team, json!({ "name": "Old" }))
        };
        assert_eq!(rule(&world.fail(&HOST, &retire)), "team_in_use", "{kind}");
        assert_eq!(rule(&world.fail(&HOST, &put)), "team_in_use", "{kind}");
        match kind {
            DocumentKind::Settings => world.settings(json!({})),
            kind => drop(world.run(&HOST, &EditDocument::retire(kind, user))),
        }
        world.run(&HOST, &retire);
    }
}

#[test]
fn a_team_that_a_published_journey_names_stays_in_force_whatever_its_draft_says() {
    let world = World::empty();
    let team = world.team("Old", &json!({}));
    let journey = |fill: Value| {
        json!({
            "name": "Help", "entry_point": "main", "start": "q",
            "questions": [{ "id": "q", "text": "What is it?", "answer": { "text": {} }, "next": [{ "to": null }] }],
            "ticket": [fill],
        })
    };
    let id = world.put(DocumentKind::Journey, journey(json!({ "subject": "{{q}}", "team_id": team })));
    let retire = EditDocument::retire(DocumentKind::Team, DocumentId::from_uuid(team.uuid()));
    assert_eq!(rule(&world.fail(&HOST, &retire)), "team_in_use");
    world.run(&HOST, &PublishJourney { id });
    let draft = PutDocument::at(id, DocumentKind::Journey, journey(json!({ "subject": "{{q}}" })));
    world.run(&HOST, &draft);
    assert_eq!(rule(&world.fail(&HOST, &retire)), "team_in_use");
    world.run(&HOST, &PublishJourney { id });
    world.run(&HOST, &retire);
}

#[test]
fn a_policy_speaks_of_teams_that_are_and_a_team_escalates_to_another() {
    let world = World::empty();
    let nowhere = Uuid::from_u128(99);
    let targets = json!({ "resolution": { "seconds": 60 } });
    let policy =
        |teams: Value| json!({ "name": "P", "conditions": { "team_ids": teams }, "targets": targets });
    let team = world.team("Back", &json!({}));
    let wrong = PutDocument::new(DocumentKind::SlaPolicy, policy(json!([team, nowhere])));
    assert_eq!(fields(&world.fail(&HOST, &wrong)), ["conditions.team_ids[1]"]);
    world.put(DocumentKind::SlaPolicy, policy(json!([team, support_core::id::TeamId::DEFAULT])));
    let itself = json!({ "escalation_team_id": team }).as_object().unwrap().clone();
    let id = DocumentId::from_uuid(team.uuid());
    let edit = EditDocument::merge(DocumentKind::Team, id, itself.clone());
    assert_eq!(fields(&world.fail(&HOST, &edit)), ["escalation_team_id"]);
    let put = PutTeam { id: Some(team), fields: itself, ..PutTeam::default() };
    assert_eq!(fields(&world.fail(&HOST, &put)), ["escalation_team_id"]);
}

#[test]
fn a_calendar_is_not_named_and_taken_out_of_force_at_one_moment() {
    let hours = json!({ "name": "Office", "timezone": "UTC", "weekly": { "fri": [["09:00", "17:00"]] } });
    for policy_first in [true, false] {
        let store = std::sync::Arc::new(crate::faulty::FaultyStore::default());
        let world = World::on(store.clone());
        let calendar = world.put(DocumentKind::Calendar, hours.clone());
        let targets = json!({ "resolution": { "seconds": 60 } });
        let policy = json!({ "name": "P", "calendar_id": calendar, "targets": targets });
        let policy = PutDocument::new(DocumentKind::SlaPolicy, policy);
        let retire = EditDocument::retire(DocumentKind::Calendar, calendar);
        if policy_first {
            let rival = block_on(world.desk.prepare(&HOST, &policy)).unwrap().changes;
            store.before("config.changed", move || vec![rival]);
            assert_eq!(rule(&world.fail(&HOST, &retire)), "calendar_in_use");
        } else {
            let rival = block_on(world.desk.prepare(&HOST, &retire)).unwrap().changes;
            store.before("config.changed", move || vec![rival]);
            assert_eq!(fields(&world.fail(&HOST, &policy)), ["calendar_id"]);
        }
    }
}

/// A keyword of 3,108 bytes: what is one character when written may be eighteen folded.
fn wide_word(rule: usize, word: usize) -> String {
    format!("{rule:02}{word:04}{}", "\u{fdfa}".repeat(94))
}

/// A keyword rule of which some 337 words take the room that there is for all rules.
fn wide(rule: usize, words: usize) -> Value {
    let mut body = keyword(&format!("Wide {rule}"), &[], 5.0);
    body["keywords"] = (0..words).map(|word| wide_word(rule, word)).collect::<Vec<_>>().into();
    body
}

#[test]
fn keywords_beyond_the_room_for_all_rules_are_refused_and_switch_no_rule_off() {
    let store = std::sync::Arc::new(crate::faulty::FaultyStore::default());
    let world = World::on(store.clone());
    let kind = DocumentKind::KeywordRule;
    assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, wide(0, 340)))), ["keywords"]);
    let late = world.put(kind, keyword("late", &["late"], 5.0));
    let most = world.put(kind, wide(1, 330));
    // Somebody who comes at the same moment takes the last room, and the room is gone.
    let rival = block_on(world.desk.prepare(&HOST, &PutDocument::new(kind, wide(2, 5)))).unwrap().changes;
    store.before("config.changed", move || vec![rival]);
    for _ in 0..2 {
        assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, wide(3, 5)))), ["keywords"]);
    }
    // One that is switched off takes no room, and switching it on does.
    let mut off = wide(3, 5);
    off["active"] = false.into();
    let off = world.put(kind, off);
    let on = EditDocument::merge(kind, off, json!({ "active": true }).as_object().unwrap().clone());
    assert_eq!(fields(&world.fail(&HOST, &on)), ["keywords"]);
    assert!(world.ticket(world.opened_by(&world.customer("Carl"))).keywords.contains_key(&late));
    world.run(&HOST, &EditDocument::retire(kind, most));
    world.run(&HOST, &on);
}

#[test]
fn of_keywords_that_are_too_many_all_the_same_only_those_that_go_over_are_left_out() {
    let world = World::standard();
    let kind = DocumentKind::KeywordRule;
    let mut rules = vec![world.put(kind, wide(0, 330))];
    // An older release has saved more than there is room for.
    for rule in [1, 2] {
        let mut off = wide(rule, 10);
        off["active"] = false.into();
        let mut changes = block_on(world.desk.prepare(&HOST, &PutDocument::new(kind, off))).unwrap().changes;
        for write in &mut changes.writes {
            if let Record::Document(document) = &mut write.record {
                document.body["active"] = true.into();
                rules.push(document.id);
            }
        }
        if rule == 2 {
            rules.insert(2, world.put(kind, wide(3, 0)));
        }
        assert_eq!(block_on(world.desk.store().commit(&[changes])).unwrap(), [Outcome::Committed]);
        if rule == 1 {
            assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, wide(4, 1)))), ["keywords"]);
        }
    }
    let merge = |id, fields: Value| EditDocument::merge(kind, id, fields.as_object().unwrap().clone());
    let (documents, _) = block_on(world.desk.documents(&HOST, kind, 100, None)).unwrap();
    let unreadable: Vec<DocumentId> =
        Config::compile(1, &documents).unreadable().iter().map(|version| version.id).collect();
    assert_eq!(unreadable, [rules[1], rules[3]]);
    // The others match, and of those that go over one may be renamed and made smaller.
    let carl = world.customer("Carl");
    let words: Vec<String> = (0..3).map(|rule| wide_word(rule, 1)).collect();
    let ticket = world.run(&carl, &OpenTicket::mine("Words", words.join(" "))).ticket_id;
    assert_eq!(world.ticket(ticket).keywords.keys().collect::<Vec<_>>(), [&rules[0]]);
    world.run(&HOST, &merge(rules[1], json!({ "name": "Renamed" })));
    world.run(&HOST, &merge(rules[1], json!({ "keywords": wide(1, 9)["keywords"] })));
    assert_eq!(
        fields(&world.fail(&HOST, &merge(rules[1], json!({ "keywords": wide(1, 10)["keywords"] })))),
        ["keywords"]
    );
}
