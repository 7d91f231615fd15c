//! Changing a ticket: all of it or nothing.

use serde_json::json;
use support_core::Error;
use support_core::desk::{
    AddParticipant, CreateCustomer, EditTicket, Escalate, FieldInput, Handle, OpenTicket, Options,
    PutDocument, ResetTicket, RestoreTicket, SetAsideTicket, Snooze,
};
use support_core::event::Event;
use support_core::id::{AgentId, CustomerId, TeamId};
use support_core::label::Label;
use support_core::people::{ActorRef, Permission};
use support_core::store::{DocumentKind, TicketFilter};
use support_core::testkit::block_on;
use support_core::ticket::{Participant, ParticipantRole, Priority, SetAsideKind, Status};
use uuid::Uuid;

use crate::world::{HOST, World, customer_of, fields, id_of, label, rule};

fn everything(world: &World) -> (support_core::people::Actor, EditTicket) {
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let mut edit = EditTicket {
        priority: Some(Priority::High),
        assigned_to: Some(Some(id_of(&agent))),
        team_id: Some(TeamId::DEFAULT),
        subject: Some("Broken".into()),
        category: Some(Some(label("returns"))),
        add_tags: vec![label("vip")],
        reason: Some("He called.".into()),
        resolution_code: Some(label("refunded")),
        ..EditTicket::of(ticket).status(Status::Resolved)
    };
    edit.custom_fields.insert(label("colour"), Some(FieldInput::Text("red".into())));
    (agent, edit)
}

#[test]
fn all_fields_change_together() {
    let world = World::standard();
    let (agent, edit) = everything(&world);
    let ticket = edit.ticket_id.unwrap();
    world.run(&HOST, &edit);
    let after = world.ticket(ticket);
    assert_eq!((after.priority, after.status), (Priority::High, Status::Resolved));
    assert_eq!(after.category, Some(label("returns")));
    assert_eq!(after.resolution_code, Some(label("refunded")));
    assert!(after.tags.contains(&label("vip")));
    let view = block_on(world.desk.ticket_view(&agent, ticket, 1)).unwrap();
    assert_eq!(view.texts[&after.subject], "Broken");
    assert_eq!(view.texts[&after.custom_fields[&label("colour")].text().unwrap()], "red");
    world.sound();
}

#[test]
fn nothing_is_half_written_when_one_part_is_invalid() {
    let world = World::standard();
    let (_, sound) = everything(&world);
    let ticket = sound.ticket_id.unwrap();
    let before = world.ticket(ticket);
    let nobody = AgentId::from_uuid(Uuid::from_u128(1));
    let mut number = sound.clone();
    number.custom_fields.insert(label("size"), Some(FieldInput::Number(f64::NAN)));
    let cases = [
        (EditTicket { subject: Some(" ".into()), ..sound.clone() }, "subject"),
        (EditTicket { assigned_to: Some(Some(nobody)), ..sound.clone() }, "agent_id"),
        (EditTicket { team_id: Some(TeamId::from_uuid(Uuid::from_u128(99))), ..sound.clone() }, "team_id"),
        (EditTicket { tags: Some(vec![]), ..sound.clone() }, "tags"),
        (EditTicket { add_tags: vec![label("t"); 101], ..sound.clone() }, "add_tags"),
        (EditTicket { reason: Some("x".repeat(1_001)), ..sound.clone() }, "reason"),
        (EditTicket { status: None, ..sound.clone() }, "resolution_code"),
        (EditTicket { ticket_id: None, ..sound.clone() }, "ticket_id"),
        (number, "custom_fields.size"),
    ];
    for (edit, field) in cases {
        assert_eq!(fields(&world.fail(&HOST, &edit)), [field]);
        assert_eq!(world.ticket(ticket), before);
    }
    let edit = EditTicket { status: Some(Status::New), ..sound };
    assert_eq!(rule(&world.fail(&HOST, &edit)), "status_unreachable");
    assert_eq!(world.ticket(ticket), before);
    world.sound();
}

#[test]
fn an_old_version_is_stale_and_changes_nothing() {
    let world = World::standard();
    let (_, edit) = everything(&world);
    let ticket = edit.ticket_id.unwrap();
    let seen = world.ticket(ticket).version;
    let options = Options { if_match: Some(seen), once: None };
    let first = EditTicket { priority: Some(Priority::Urgent), ..EditTicket::of(ticket) };
    block_on(world.desk.run_with(&HOST, &first, &options)).unwrap();
    let error = block_on(world.desk.run_with(&HOST, &edit, &options)).unwrap_err();
    assert!(matches!(error, Error::Stale { expected, found, .. } if expected == seen && found == seen + 1));
    assert_eq!(world.ticket(ticket).status, Status::Assigned);
    world.sound();
}

#[test]
fn what_is_as_it_was_makes_no_event() {
    let world = World::standard();
    let (agent, edit) = everything(&world);
    let ticket = edit.ticket_id.unwrap();
    world.run(&HOST, &EditTicket { subject: None, ..edit.clone() });
    let before = world.ticket(ticket);
    let mut again = EditTicket { subject: None, status: Some(Status::Resolved), ..edit };
    again.custom_fields.clear();
    again.assigned_to = None;
    world.run(&HOST, &again);
    world.run(&agent, &EditTicket { reason: Some("Nothing.".into()), ..EditTicket::of(ticket) });
    assert_eq!(world.ticket(ticket), before);
}

#[test]
fn tags_are_set_as_a_whole_or_one_by_one() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    world.run(&HOST, &EditTicket { tags: Some(vec![label("a"), label("b")]), ..EditTicket::of(ticket) });
    let edit =
        EditTicket { add_tags: vec![label("c")], remove_tags: vec![label("a")], ..EditTicket::of(ticket) };
    world.run(&HOST, &edit);
    assert_eq!(world.ticket(ticket).tags.into_iter().collect::<Vec<_>>(), [label("b"), label("c")]);
    world.run(&HOST, &EditTicket { tags: Some(vec![]), ..EditTicket::of(ticket) });
    assert!(world.ticket(ticket).tags.is_empty());
    world.sound();
}

#[test]
fn a_closed_ticket_takes_tags_and_nothing_else_and_cannot_be_moved() {
    let world = World::standard();
    let (agent, edit) = everything(&world);
    let ticket = edit.ticket_id.unwrap();
    world.status(&HOST, ticket, Status::Closed);
    let statuses: Vec<_> =
        world.names(ticket).into_iter().filter(|n| *n == "ticket.status_changed").collect();
    assert_eq!(statuses.len(), 3, "assigned, resolved, closed");
    assert_eq!(rule(&world.fail(&HOST, &edit)), "ticket_closed");
    let reopen = EditTicket::of(ticket).status(Status::Open);
    assert_eq!(rule(&world.fail(&agent, &reopen)), "ticket_closed");
    world.run(&HOST, &EditTicket { add_tags: vec![label("kept")], ..EditTicket::of(ticket) });
    assert!(world.ticket(ticket).tags.contains(&label("kept")));
    world.sound();
}

#[test]
fn escalation_rises_and_never_falls_and_stands_beside_the_status() {
    let world = World::standard();
    let ticket = world.opened_by(&world.customer("Carl"));
    let escalate = |level| Escalate { ticket_id: ticket, reason: "Angry.".into(), level };
    world.run(&HOST, &escalate(None));
    world.run(&HOST, &escalate(Some(4)));
    assert_eq!(world.ticket(ticket).escalation.unwrap().level, 4);
    for level in [Some(4), Some(3), Some(10)] {
        assert_eq!(fields(&world.fail(&HOST, &escalate(level))), ["level"]);
    }
    let silent = Escalate { reason: " ".into(), ..escalate(None) };
    assert_eq!(fields(&world.fail(&HOST, &silent)), ["reason"]);
    assert_eq!(world.ticket(ticket).status, Status::New);
    world.sound();
}

#[test]
fn a_snooze_frees_the_owner_pauses_no_timer_and_ends_at_its_time_or_by_the_customer() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let due = world.ticket(ticket).derived.next_due_at;
    let until = Some(world.desk.now().plus_seconds(3_600));
    world.run(&agent, &Snooze { ticket_id: ticket, until });
    assert_eq!((world.load(&agent), world.ticket(ticket).derived.next_due_at), (0, due));
    world.pass(3_599);
    assert!(world.ticket(ticket).snoozed_until.is_some());
    world.pass(1);
    assert_eq!((world.ticket(ticket).snoozed_until, world.load(&agent)), (None, 1));
    let until = Some(world.desk.now().plus_seconds(3_600));
    world.run(&agent, &Snooze { ticket_id: ticket, until });
    world.reply(&carl, ticket, "Well?");
    assert_eq!(world.ticket(ticket).snoozed_until, None);
    let past = Snooze { ticket_id: ticket, until: Some(world.desk.now()) };
    assert_eq!(fields(&world.fail(&agent, &past)), ["until"]);
    world.status(&agent, ticket, Status::Resolved);
    let until = Some(world.desk.now().plus_seconds(60));
    assert_eq!(rule(&world.fail(&agent, &Snooze { ticket_id: ticket, until })), "ticket_resolved");
    world.sound();
}

#[test]
fn what_is_set_aside_is_in_no_list_frees_its_owner_and_comes_back_whole() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let aside = SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Spam };
    assert!(matches!(world.fail(&agent, &aside), Error::Forbidden(Permission::TicketSetAside)));
    world.run(&HOST, &aside);
    assert_eq!(world.load(&agent), 0);
    let listed = |world: &World| {
        let page = world.desk.tickets(&HOST, TicketFilter::default(), 10, None, Default::default());
        block_on(page).unwrap().tickets.len()
    };
    assert_eq!(listed(&world), 0);
    assert_eq!(block_on(world.desk.counts(&agent)).unwrap().mine, 0);
    assert!(matches!(block_on(world.desk.ticket(&carl, ticket)), Err(Error::NotFound(_))));
    world.pass(100_000);
    assert!(!world.names(ticket).contains(&"sla.breached"), "its timers are cancelled");
    let merged = SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Merged };
    assert_eq!(fields(&world.fail(&HOST, &merged)), ["kind"]);
    let deleted = SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted };
    assert_eq!(rule(&world.fail(&HOST, &deleted)), "ticket_set_aside");
    world.run(&HOST, &RestoreTicket { ticket_id: ticket });
    assert_eq!((listed(&world), world.load(&agent)), (1, 1));
    assert_eq!(rule(&world.fail(&HOST, &RestoreTicket { ticket_id: ticket })), "ticket_not_set_aside");
    world.sound();
}

#[test]
fn handle_time_is_measured_by_leases() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let handle = |at_it| Handle { ticket_id: ticket, at_it };
    world.run(&agent, &handle(true));
    let seq = world.ticket(ticket).stream_seq;
    for _ in 0..3 {
        world.pass(30);
        world.run(&agent, &handle(true));
    }
    assert_eq!(world.ticket(ticket).stream_seq, seq, "a renewal makes no event");
    world.sound();
    // The lease runs out 60 s after the last sign of life, however late the worker comes.
    world.clock.advance(500);
    world.tick();
    let ended = world.events(ticket).into_iter().find_map(|envelope| match envelope.event {
        Event::WorkEnded { seconds, .. } => Some(seconds),
        _ => None,
    });
    assert_eq!(ended, Some(150));
    world.run(&agent, &handle(true));
    world.pass(10);
    world.run(&agent, &handle(false));
    assert!(world.ticket(ticket).handling.is_empty());
    assert_eq!(fields(&world.fail(&HOST, &handle(true))), ["state"]);
    world.sound();
}

#[test]
fn a_participant_is_added_once_by_an_event_and_sees_the_ticket() {
    let world = World::standard();
    let (carl, dora) = (world.customer("Carl"), world.customer("Dora"));
    let ticket = world.opened_by(&carl);
    assert!(block_on(world.desk.ticket(&dora, ticket)).is_err());
    let cc = |party| Participant { party, role: ParticipantRole::Cc };
    let add = |party| AddParticipant { ticket_id: ticket, participant: cc(party) };
    world.run(&HOST, &add(ActorRef::customer(customer_of(&dora))));
    world.run(&HOST, &add(ActorRef::customer(customer_of(&dora))));
    assert!(block_on(world.desk.ticket(&dora, ticket)).is_ok());
    assert_eq!(world.names(ticket).iter().filter(|n| **n == "participant.added").count(), 1);
    let unknown = Uuid::from_u128(1);
    for party in [
        ActorRef::customer(CustomerId::from_uuid(unknown)),
        ActorRef::agent(AgentId::from_uuid(unknown)),
        ActorRef::SYSTEM,
    ] {
        assert_eq!(fields(&world.fail(&HOST, &add(party))), ["participant"]);
    }
    let view = block_on(world.desk.ticket_view(&dora, ticket, 10)).unwrap();
    assert_eq!(view.customer, None, "one in copy learns nothing of the customer's record");
    world.sound();
}

#[test]
fn a_reset_copies_a_ticket_with_only_its_first_message() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let boss = world.agent_in("Sue", "supervisor", &[]);
    let ticket = world.noted(&carl, |open| open.priority = Some(Priority::High));
    world.reply(&agent, ticket, "Soon.");
    world.reply(&carl, ticket, "When?");
    let before = world.ticket(ticket);
    assert!(matches!(world.fail(&agent, &ResetTicket { ticket_id: ticket }), Error::Forbidden(_)));
    let copy = world.run(&boss, &ResetTicket { ticket_id: ticket }).ticket_id;
    assert_eq!(world.said(&boss, copy), ["It is a week late."]);
    let made = world.ticket(copy);
    assert_eq!((made.priority, made.customer_id), (Priority::High, before.customer_id));
    assert_ne!(made.reference, before.reference);
    assert_eq!(world.ticket(ticket), before);
    world.sound();
}

#[test]
fn a_number_that_masking_hides_is_no_name_on_any_way_to_a_ticket() {
    const CARD: &str = "4111 1111 1111 1111";
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let card = || vec![label("vip"), label(CARD)];
    let open = |change: fn(&mut OpenTicket, Vec<Label>)| {
        let mut open = OpenTicket::of(customer_of(&carl), "Lamp", "It is dark.");
        change(&mut open, card());
        world.fail(&agent, &open)
    };
    assert_eq!(fields(&open(|open, card| open.category = card.into_iter().next_back())), ["category"]);
    assert_eq!(fields(&open(|open, card| open.tags = card)), ["tags"]);
    assert_eq!(
        fields(&open(|open, card| open.skills = card.into_iter().map(|skill| (skill, 1)).collect())),
        ["skills"]
    );
    let mine =
        OpenTicket { category: Some(label("my pin is 4821")), ..OpenTicket::mine("Lamp", "It is dark.") };
    assert_eq!(fields(&world.fail(&carl, &mine)), ["category"]);
    let edit = |edit: EditTicket| world.fail(&agent, &edit);
    assert_eq!(
        fields(&edit(EditTicket { category: Some(Some(label(CARD))), ..EditTicket::of(ticket) })),
        ["category"]
    );
    assert_eq!(fields(&edit(EditTicket { tags: Some(card()), ..EditTicket::of(ticket) })), ["tags"]);
    assert_eq!(fields(&edit(EditTicket { add_tags: card(), ..EditTicket::of(ticket) })), ["add_tags"]);
    // What is taken away may be anything, and so may numbers that are no secret.
    world.run(&agent, &EditTicket { remove_tags: card(), ..EditTicket::of(ticket) });
    world.run(
        &agent,
        &EditTicket { add_tags: vec![label("order 48213377"), label("2026")], ..EditTicket::of(ticket) },
    );
    let actions = [
        (json!({ "add_tags": ["vip", CARD] }), "add_tags"),
        (json!({ "set_category": CARD }), "set_category"),
        (json!({ "require_skill": { "skill": CARD, "level": 1 } }), "require_skill.skill"),
        (json!({ "set_field": { "key": CARD, "value": true } }), "set_field.key"),
    ];
    for (action, field) in actions {
        let documents = [
            (
                DocumentKind::Macro,
                json!({ "name": "Pay", "content": "", "visibility": "all", "actions": [action] }),
                "actions[0]",
            ),
            (
                DocumentKind::Automation,
                json!({ "name": "Pay", "trigger": { "on": ["ticket.created"] }, "actions": [action] }),
                "actions[0]",
            ),
            (
                DocumentKind::SlaPolicy,
                json!({ "name": "Fast", "targets": { "resolution": { "seconds": 60 } }, "steps": [{ "when": "at_breach", "actions": [action] }] }),
                "steps[0].actions[0]",
            ),
        ];
        for (kind, body, path) in documents {
            let error = world.fail(&HOST, &PutDocument::new(kind, body));
            assert_eq!(fields(&error), [format!("{path}.{field}")], "{kind}");
            assert!(!error.to_string().contains("4111"));
        }
    }
    let question = json!({ "id": "q", "text": "What?", "answer": { "text": {} }, "next": [{ "to": null }] });
    for (fill, field) in [
        (json!({ "category": CARD }), "ticket[0].category"),
        (json!({ "tags": [CARD] }), "ticket[0].tags"),
        (json!({ "skills": { CARD: 1 } }), "ticket[0].skills"),
    ] {
        let journey = json!({ "name": "Help", "entry_point": "main", "start": "q", "questions": [question], "ticket": [fill] });
        assert_eq!(fields(&world.fail(&HOST, &PutDocument::new(DocumentKind::Journey, journey))), [field]);
    }
    let customer = CreateCustomer { tags: card(), ..CreateCustomer::named("Dora") };
    assert_eq!(fields(&world.fail(&HOST, &customer)), ["tags"]);
    world.sound();
}
