//! Names that hold a number which masking hides: where they are refused, and where they may stay.

use serde_json::{Value, json};
use support_core::Error;
use support_core::desk::{EditDocument, EditTicket, OpenTicket, PutDocument, ResetTicket};
use support_core::store::DocumentKind;
use support_core::ticket::FieldInput;

use crate::world::{HOST, World, customer_of, fields, label};

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
