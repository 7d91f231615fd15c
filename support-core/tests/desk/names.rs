//! Names that hold a number which masking hides: where they are refused, and where they may stay.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support_core::Error;
use support_core::desk::{
    ContextInput, CreateAgent, CreateCustomer, CustomerSpec, EditDocument, EditTicket, OpenTicket,
    PutDocument, PutTeam, ReceiveMessage, ResetTicket, Sender, UpdateAgent, UpdateCustomer, UseCase,
};
use support_core::id::TeamId;
use support_core::people::{AddressKind, CustomerFieldValue};
use support_core::store::DocumentKind;
use support_core::ticket::{ExternalRef, FieldInput, Status};
use support_core::time::Clock;

use crate::world::{HOST, World, customer_of, fields, id_of, label};

/// The kinds whose actions and answers name something, each with a body that names `name` and the field in which it
/// does so.
fn naming(name: &str) -> [(DocumentKind, Value, &'static str); 4] {
    let actions = json!([{ "add_tags": [name] }]);
    let question = json!({ "id": "q", "text": "What?", "answer": { "text": {} }, "next": [{ "to": null }] });
    [
        (
            DocumentKind::Macro,
            json!({ "name": "A", "content": "Hello.", "visibility": "all", "actions": actions }),
            "actions[0].add_tags",
        ),
        (
            DocumentKind::Automation,
            json!({ "name": "A", "trigger": { "on": ["ticket.created"] }, "actions": actions }),
            "actions[0].add_tags",
        ),
        (
            DocumentKind::SlaPolicy,
            json!({ "name": "A", "targets": { "resolution": { "seconds": 60 } }, "steps": [{ "when": "at_breach", "actions": actions }] }),
            "steps[0].actions[0].add_tags",
        ),
        (
            DocumentKind::Journey,
            json!({ "name": "A", "entry_point": "main", "start": "q", "questions": [question], "ticket": [{ "tags": [name] }] }),
            "ticket[0].tags",
        ),
    ]
}

fn mask_staff_numbers(world: &World) {
    world.put(
        DocumentKind::Masking,
        json!({ "custom": [{ "name": "staff_number", "pattern": "EMP-\\d{6}" }] }),
    );
}

#[test]
fn what_a_document_named_before_masking_became_stricter_may_stay() {
    let world = World::standard();
    let bodies = naming("EMP-123456");
    let stored = bodies.map(|(kind, body, field)| (kind, world.put(kind, body.clone()), body, field));
    mask_staff_numbers(&world);
    for (kind, id, body, field) in stored {
        let mut renamed = body.clone();
        renamed["name"] = "B".into();
        if kind == DocumentKind::Automation {
            renamed["active"] = false.into();
        }
        world.run(&HOST, &PutDocument::at(id, kind, renamed));
        let merge = json!({ "name": "C" }).as_object().cloned().unwrap();
        world.run(&HOST, &EditDocument::merge(kind, id, merge));
        let (_, other, _) = naming("EMP-654321").into_iter().find(|(other, ..)| *other == kind).unwrap();
        let error = world.fail(&HOST, &PutDocument::at(id, kind, other));
        assert_eq!(fields(&error), [field], "{kind}");
        assert!(!error.to_string().contains("654321"));
        assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, body.clone()))), [field], "{kind}");
        if kind != DocumentKind::Journey {
            world.run(&HOST, &EditDocument::retire(kind, id));
            assert_eq!(fields(&world.fail(&HOST, &PutDocument::at(id, kind, body))), [field], "{kind}");
        }
    }
    world.sound();
}

#[test]
fn what_a_ticket_was_named_before_masking_became_stricter_may_stay() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let name = || label("EMP-123456");
    let ticket = world.noted(&carl, |open| {
        open.category = Some(name());
        open.tags = vec![name()];
        open.custom_fields.insert(name(), FieldInput::Flag(true));
    });
    mask_staff_numbers(&world);
    let mut again = EditTicket {
        category: Some(Some(name())),
        tags: Some(vec![label("vip"), name()]),
        ..EditTicket::of(ticket)
    };
    again.custom_fields.insert(name(), Some(FieldInput::Flag(false)));
    world.run(&agent, &again);
    world.run(&agent, &EditTicket { add_tags: vec![name()], ..EditTicket::of(ticket) });
    let boss = world.agent_in("Sue", "supervisor", &[]);
    let copy = world.run(&boss, &ResetTicket { ticket_id: ticket }).ticket_id;
    assert!(world.ticket(copy).tags.contains(&name()));
    let other = EditTicket { add_tags: vec![label("EMP-654321")], ..EditTicket::of(ticket) };
    assert_eq!(fields(&world.fail(&agent, &other)), ["add_tags"]);
    world.sound();
}

#[test]
fn ordinary_names_are_names_under_the_strict_preset_too() {
    const ORDINARY: [&str; 4] = ["billing 2026", "2024-11-20", "ISO 27001:2013", "order-123456789012"];
    let world = World::standard();
    world.put(
        DocumentKind::Masking,
        json!({ "preset": "strict", "custom": [{ "name": "staff_number", "pattern": "EMP-\\d{6}" }] }),
    );
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.noted(&carl, |open| {
        open.category = Some(label("billing 2026"));
        open.tags = ORDINARY.map(label).to_vec();
    });
    assert_eq!(world.ticket(ticket).tags.len(), 4);
    for name in ORDINARY {
        for (kind, body, _) in naming(name) {
            world.put(kind, body);
        }
    }
    let refused = |tag: &str| -> Error {
        let mut open = OpenTicket::of(customer_of(&carl), "Lamp", "It is dark.");
        open.tags = vec![label(tag)];
        world.fail(&agent, &open)
    };
    for tag in ["4111 1111 1111 1111", "my pin is 4821", "ssn 219-09-9999", "EMP-123456"] {
        assert_eq!(fields(&refused(tag)), ["tags"], "{tag}");
    }
    world.sound();
}

const CARD: &str = "4111111111111111";

fn refuses(world: &World, wanted: &impl UseCase<Reply: std::fmt::Debug>, field: &str) {
    let error = world.fail(&HOST, wanted);
    assert_eq!(fields(&error), [field]);
    assert!(!format!("{error} {error:?}").contains("4111"), "{field}");
}

#[test]
fn a_ticket_takes_a_hidden_number_in_none_of_its_words() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let open = |change: &dyn Fn(&mut OpenTicket), field: &str| {
        let mut open = OpenTicket::of(customer_of(&carl), "Lamp", "It is dark.");
        change(&mut open);
        refuses(&world, &open, field);
    };
    let object = |kind: &str, id: &str| ContextInput::new(label(kind), id.parse().unwrap());
    let elsewhere =
        |system: &str| ExternalRef { system: label(system), id: CARD.parse().unwrap(), url: None };
    open(&|open| open.language = Some(label(CARD)), "language");
    open(&|open| open.channel = CARD.parse().unwrap(), "channel");
    open(&|open| open.context = vec![object("order", "1"), object(CARD, "1")], "context[1].kind");
    open(&|open| open.external_refs = vec![elsewhere(CARD)], "external_refs[0].system");
    let number = FieldInput::Number(4_111_111_111_111_111.0);
    open(&|open| drop(open.custom_fields.insert(label("paid"), number.clone())), "custom_fields.paid");
    let resolved =
        EditTicket { resolution_code: Some(label(CARD)), ..EditTicket::of(ticket).status(Status::Resolved) };
    refuses(&world, &resolved, "resolution_code");
    let mut edit = EditTicket::of(ticket);
    edit.custom_fields.insert(label("paid"), Some(number.clone()));
    refuses(&world, &edit, "custom_fields.paid");
    let received = ReceiveMessage {
        sender: Sender {
            external_id: None,
            name: "Carl".into(),
            kind: AddressKind::Email,
            address: "carl@customer.example".into(),
            verified: true,
        },
        channel: CARD.parse().unwrap(),
        inbox_id: None,
        subject: None,
        content: "It is dark.".into(),
        external_id: None,
        in_reply_to: None,
        conversation_id: None,
        automatic: false,
        sent_at: world.clock.now(),
    };
    refuses(&world, &received, "channel");
    // Ids are the host's own, whatever they look like.
    world.noted(&carl, |open| {
        open.order_id = Some(CARD.parse().unwrap());
        open.context = vec![object("order", CARD)];
        open.external_refs = vec![elsewhere("shop")];
    });
    let spec = CustomerSpec { external_id: Some(CARD.parse().unwrap()), ..CustomerSpec::default() };
    world.run(&HOST, &CreateCustomer { spec, ..CreateCustomer::default() });
    world.sound();
}

#[test]
fn a_customer_and_an_agent_take_a_hidden_number_in_none_of_their_words() {
    let world = World::standard();
    let text = || CustomerFieldValue::Text(format!("card {CARD}"));
    let number = || CustomerFieldValue::Number(4_111_111_111_111_111.0);
    let field = |key: &str, value| BTreeMap::from([(label(key), value)]);
    let made = |customer: CreateCustomer, field: &str| refuses(&world, &customer, field);
    let new = || CreateCustomer::named("Dora");
    made(CreateCustomer { tier: Some(label(CARD)), ..new() }, "tier");
    made(CreateCustomer { language: Some(label(CARD)), ..new() }, "language");
    made(
        CreateCustomer { custom_fields: field(CARD, CustomerFieldValue::Flag(true)), ..new() },
        "custom_fields",
    );
    made(CreateCustomer { custom_fields: field("paid", text()), ..new() }, "custom_fields.paid");
    made(CreateCustomer { custom_fields: field("paid", number()), ..new() }, "custom_fields.paid");

    let before = CreateCustomer {
        tier: Some(label("EMP-123456")),
        language: Some(label("EMP-123456")),
        custom_fields: field("EMP-123456", CustomerFieldValue::Text("EMP-123456".into())),
        ..new()
    };
    let id = world.run(&HOST, &before).customer_id;
    mask_staff_numbers(&world);
    let update = || UpdateCustomer { id: Some(id), ..UpdateCustomer::default() };
    let set = |key: &str, value| BTreeMap::from([(label(key), Some(value))]);
    let changed = |customer: UpdateCustomer, field: &str| refuses(&world, &customer, field);
    changed(UpdateCustomer { tier: Some(Some(label(CARD))), ..update() }, "tier");
    changed(UpdateCustomer { language: Some(Some(label(CARD))), ..update() }, "language");
    changed(
        UpdateCustomer { custom_fields: set(CARD, CustomerFieldValue::Flag(true)), ..update() },
        "custom_fields",
    );
    changed(UpdateCustomer { custom_fields: set("paid", text()), ..update() }, "custom_fields.paid");
    changed(UpdateCustomer { custom_fields: set("paid", number()), ..update() }, "custom_fields.paid");
    // What stood there before may stay, and be sent with all the rest.
    let again = UpdateCustomer {
        name: Some("Dorothea".into()),
        tier: Some(before.tier.clone()),
        language: Some(before.language.clone()),
        custom_fields: set("EMP-123456", CustomerFieldValue::Text("EMP-123456".into())),
        ..update()
    };
    world.run(&HOST, &again);

    let speaks = vec![label("de"), label(CARD)];
    let agent = CreateAgent {
        name: "Agnes".into(),
        email: "agnes@example.com".into(),
        languages: speaks.clone(),
        ..CreateAgent::default()
    };
    refuses(&world, &agent, "languages");
    let id = id_of(&world.agent("Agnes"));
    let agent = UpdateAgent { id: Some(id), languages: Some(speaks), ..UpdateAgent::default() };
    refuses(&world, &agent, "languages");
    world.sound();
}

#[test]
fn a_document_takes_a_hidden_number_neither_as_its_name_nor_as_a_key() {
    let world = World::standard();
    for (kind, mut body, _) in naming("vip") {
        body["name"] = CARD.into();
        refuses(&world, &PutDocument::new(kind, body), "name");
    }
    let team = TeamId::DEFAULT.to_string();
    let documents = [
        (
            DocumentKind::KeywordRule,
            json!({ "name": CARD, "keywords": ["broken"], "points": 5.0, "alert": true }),
            "name",
        ),
        (DocumentKind::Team, json!({ "name": CARD }), "name"),
        (DocumentKind::Settings, json!({ "category_teams": { CARD: team } }), "category_teams"),
        (
            DocumentKind::Settings,
            json!({ "unanswered_return_seconds": { CARD: 60 } }),
            "unanswered_return_seconds",
        ),
        (DocumentKind::Settings, json!({ "away_after_missed": { CARD: 2 } }), "away_after_missed"),
        (
            DocumentKind::Settings,
            json!({ "weights": { "tier_points": { CARD: 5.0 } } }),
            "weights.tier_points",
        ),
    ];
    for (kind, body, field) in documents {
        refuses(&world, &PutDocument::new(kind, body), field);
    }
    let named = |name: &str| json!({ "name": name }).as_object().cloned().unwrap();
    refuses(&world, &PutTeam { fields: named(CARD), ..PutTeam::default() }, "name");
    let team = world.team("EMP-123456", &json!({}));
    let settings = |category: &str| json!({ "category_teams": { "EMP-123456": TeamId::DEFAULT.to_string(), category: TeamId::DEFAULT.to_string() } });
    world.settings(settings("lamps"));
    mask_staff_numbers(&world);
    let mut more = named("EMP-123456");
    more.insert("sticky".into(), false.into());
    world.run(&HOST, &PutTeam { id: Some(team), fields: more, ..PutTeam::default() });
    refuses(&world, &PutTeam { id: Some(team), fields: named("EMP-654321"), ..PutTeam::default() }, "name");
    world.settings(settings("chairs"));
    world.sound();
}

#[test]
fn actions_set_no_field_to_a_hidden_number() {
    let world = World::standard();
    let to = |value: Value| json!([{ "set_field": { "key": "paid", "value": value } }]);
    for value in
        [json!(4_111_111_111_111_111_u64), json!(4_111_111_111_111_111.0), json!(4.111_111_111_111_111e15)]
    {
        for (kind, mut body, field) in naming("vip") {
            let at = match kind {
                DocumentKind::SlaPolicy => "steps[0].actions[0].set_field.value",
                DocumentKind::Journey => continue,
                _ => "actions[0].set_field.value",
            };
            let actions =
                body.pointer_mut(if field.starts_with("steps") { "/steps/0/actions" } else { "/actions" });
            *actions.unwrap() = to(value.clone());
            refuses(&world, &PutDocument::new(kind, body), at);
        }
    }
    for (kind, mut body, field) in naming("vip") {
        let pointer = if field.starts_with("steps") { "/steps/0/actions" } else { "/actions" };
        let Some(actions) = body.pointer_mut(pointer) else { continue };
        *actions = to(json!(1_234.5));
        world.put(kind, body);
    }
    // What stood there before may stay.
    let number = |name: &str| json!({ "name": name, "trigger": { "on": ["ticket.created"] }, "actions": to(json!(47_114_711_471_147_i64)) });
    let id = world.put(DocumentKind::Automation, number("A"));
    world.put(DocumentKind::Masking, json!({ "custom": [{ "name": "member", "pattern": "4711\\d{10}" }] }));
    world.run(&HOST, &PutDocument::at(id, DocumentKind::Automation, number("B")));
    let new = PutDocument::new(DocumentKind::Automation, number("C"));
    assert_eq!(fields(&world.fail(&HOST, &new)), ["actions[0].set_field.value"]);
    world.sound();
}

#[test]
fn a_journey_takes_a_hidden_number_in_none_of_its_words() {
    let world = World::standard();
    let journey = || {
        json!({
            "name": "A", "entry_point": "main", "start": "what",
            "questions": [
                { "id": "what", "text": "What?", "next": [{ "to": "which" }],
                  "answer": { "single_choice": { "options": [{ "value": "a", "text": "A" }, { "value": "b", "text": "B" }] } } },
                { "id": "which", "text": "Which?", "next": [{ "to": null }],
                  "answer": { "multiple_choice": { "options": [{ "value": "c", "text": "C" }] } } },
            ],
            "ticket": [{ "custom_fields": { "paid": { "number": 12.5 } } }],
        })
    };
    let cases = [
        ("/entry_point", json!(CARD), "entry_point"),
        ("/start", json!(CARD), "start"),
        ("/questions/1/id", json!(CARD), "questions[1].id"),
        ("/questions/0/next/0/to", json!(CARD), "questions[0].next[0].to"),
        (
            "/questions/0/answer/single_choice/options/1/value",
            json!(CARD),
            "questions[0].answer.single_choice.options[1].value",
        ),
        (
            "/questions/1/answer/multiple_choice/options/0/value",
            json!(CARD),
            "questions[1].answer.multiple_choice.options[0].value",
        ),
        (
            "/ticket/0/custom_fields/paid/number",
            json!(4_111_111_111_111_111.0),
            "ticket[0].custom_fields.paid.number",
        ),
    ];
    for (pointer, name, field) in cases {
        let mut body = journey();
        *body.pointer_mut(pointer).unwrap() = name;
        refuses(&world, &PutDocument::new(DocumentKind::Journey, body), field);
    }
    let id = world.put(DocumentKind::Journey, journey());
    let merge = json!({ "entry_point": CARD }).as_object().cloned().unwrap();
    refuses(&world, &EditDocument::merge(DocumentKind::Journey, id, merge), "entry_point");
    world.sound();
}

#[test]
fn a_name_that_shows_nothing_is_refused() {
    for unseen in ["\u{200b}", "\u{2800}", "\u{e0041}"] {
        let world = World::standard();
        let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
        let name = || label(unseen);
        let customer = customer_of(&carl);
        let ticket_id = world.noted(&carl, |open| open.tags = vec![label("seen")]);
        let edit = EditTicket::of(ticket_id);
        let skills = || Some(vec![(name(), 1)]);
        let refused = [
            (EditTicket { category: Some(Some(name())), ..edit.clone() }, "category"),
            (EditTicket { add_tags: vec![name()], ..edit.clone() }, "add_tags"),
            (EditTicket { language: Some(Some(name())), ..edit.clone() }, "language"),
            (EditTicket { skills: skills(), ..edit.clone() }, "skills"),
        ];
        for (edit, field) in refused {
            assert_eq!(fields(&world.fail(&agent, &edit)), [field]);
        }
        let value = Some(FieldInput::Text("1".into()));
        let keyed = EditTicket { custom_fields: [(name(), value)].into(), ..edit };
        assert_eq!(fields(&world.fail(&agent, &keyed)), ["custom_fields"]);
        for (kind, body, field) in naming(unseen) {
            assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(kind, body))), [field], "{kind}");
        }
        let rule = json!({ "name": unseen, "type": "vip", "keywords": ["vip"], "boost_amount": 5 });
        assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(DocumentKind::KeywordRule, rule))), ["name"]);
        assert_eq!(fields(&world.fail(&HOST, &CreateCustomer::named(unseen))), ["customer.name"]);
        let rename = |name: &str| UpdateCustomer {
            id: Some(customer),
            name: Some(name.into()),
            ..UpdateCustomer::default()
        };
        assert_eq!(fields(&world.fail(&HOST, &rename(unseen))), ["customer.name"]);
        world.run(&HOST, &rename(" "));
        let text = |text: &str| UpdateCustomer {
            id: Some(customer),
            custom_fields: [(label("note"), Some(CustomerFieldValue::Text(text.into())))].into(),
            ..UpdateCustomer::default()
        };
        world.run(&HOST, &text(""));
        world.sound();
    }
}
