//! Messages on a ticket: answers, notes, a customer's own words, delivery.

use std::collections::BTreeSet;

use support_core::Error;
use support_core::conversation::{Delivery, Visibility};
use support_core::desk::{
    AddParticipant, DeliveryReport, EditTicket, FieldInput, OpenTicket, Reassign, SetAsideTicket,
    WriteMessage,
};
use support_core::id::{ConversationId, InboxId, MessageId, TextId};
use support_core::masking::{Kind, MaskSpan};
use support_core::people::ActorRef;
use support_core::sla::{Metric, TimerState};
use support_core::store::{Key, OutboxState, Query, Record, Select};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{Participant, ParticipantRole, SetAsideKind, Status};
use uuid::Uuid;

use crate::world::{HOST, TENANT, World, customer_of, fields, id_of, label, rule};

#[test]
fn a_reply_leaves_the_next_word_to_the_customer_unless_it_says_otherwise() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.reply(&agent, ticket, "Soon.");
    assert_eq!(world.ticket(ticket).status, Status::Pending);
    for status in [Status::OnHold, Status::InProgress, Status::Resolved] {
        let before = world.ticket(ticket).stream_seq;
        let reply = WriteMessage { status: Some(status), ..WriteMessage::reply(ticket, "Now.") };
        world.run(&agent, &reply);
        assert_eq!(world.ticket(ticket).status, status);
        let events = world.events(ticket);
        let added = events.iter().filter(|e| e.stream_seq > before);
        let names: Vec<_> = added.map(|e| e.event.name()).collect();
        assert_eq!(&names[..2], ["message.added", "ticket.status_changed"], "one commit");
    }
    world.sound();
}

#[test]
fn a_note_answers_nothing_and_moves_nothing() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let before = world.ticket(ticket);
    world.pass(60);
    world.run(&agent, &WriteMessage::note(ticket, "Asked."));
    let after = world.ticket(ticket);
    assert_eq!((after.status, after.first_responded_at), (before.status, None));
    assert_eq!(after.sla.open(Metric::FirstResponse).unwrap().state, TimerState::Running);
    assert_eq!(after.version, before.version, "whoever edits fields need not look again");
    world.sound();
}

#[test]
fn a_reply_that_crossed_a_message_is_stopped_and_nothing_is_written() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let seen = world.ticket(ticket).last_message_id;
    world.reply(&carl, ticket, "Never mind, it is here.");
    let before = world.ticket(ticket);
    let reply = WriteMessage { if_last_message_id: seen, ..WriteMessage::reply(ticket, "We look.") };
    assert_eq!(rule(&world.fail(&agent, &reply)), "crossed_message");
    assert_eq!(world.ticket(ticket), before);
    let reply = WriteMessage { if_last_message_id: before.last_message_id, ..reply };
    world.run(&agent, &reply);
    world.sound();
}

#[test]
fn a_status_that_cannot_be_stops_the_reply_too() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let reply = WriteMessage { status: Some(Status::Assigned), ..WriteMessage::reply(ticket, "Hello.") };
    assert_eq!(rule(&world.fail(&HOST, &reply)), "owner_missing");
    world.status(&HOST, ticket, Status::OnHold);
    let reply = WriteMessage { status: Some(Status::New), ..reply };
    assert_eq!(rule(&world.fail(&HOST, &reply)), "status_unreachable");
    assert_eq!(world.said(&HOST, ticket).len(), 1);
    world.sound();
}

#[test]
fn a_customer_writes_public_words_and_nothing_else() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let conversation = world.ticket(ticket).conversation_id;
    let plain = WriteMessage::reply(ticket, "Hello?");
    let cases = [
        (WriteMessage { visibility: Visibility::Internal, ..plain.clone() }, "visibility"),
        (WriteMessage { status: Some(Status::Closed), ..plain.clone() }, "status"),
        (WriteMessage { conversation_id: Some(conversation), ..plain.clone() }, "conversation_id"),
        (WriteMessage { content: " ".into(), ..plain }, "content"),
    ];
    for (write, field) in cases {
        assert_eq!(fields(&world.fail(&carl, &write)), [field]);
    }
    assert_eq!(world.said(&carl, ticket).len(), 1);
}

#[test]
fn a_closed_ticket_takes_notes_and_no_public_message() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.status(&agent, ticket, Status::Closed);
    assert_eq!(rule(&world.fail(&agent, &WriteMessage::reply(ticket, "One more."))), "ticket_closed");
    let told = WriteMessage { as_customer: true, ..WriteMessage::reply(ticket, "One more.") };
    assert_eq!(rule(&world.fail(&HOST, &told)), "ticket_closed");
    world.run(&agent, &WriteMessage::note(ticket, "For the record."));
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    world.sound();
}

#[test]
fn a_customer_who_writes_on_a_ticket_that_is_over_opens_a_follow_up() {
    let world = World::standard();
    let (agent, carl, dora) = (world.agent("Agnes"), world.customer("Carl"), world.customer("Dora"));
    let team = world.team("Parcels", &serde_json::json!({}));
    let closed = world.opened_by(&carl);
    let party = ActorRef::customer(customer_of(&dora));
    let copied = Participant { party, role: ParticipantRole::Cc };
    world.run(&HOST, &AddParticipant { ticket_id: closed, participant: copied });
    world.run(&HOST, &Reassign { ticket_id: closed, agent_id: None, team_id: Some(team), reason: None });
    world.status(&HOST, closed, Status::Closed);
    let resolved = world.opened_by(&carl);
    world.reply(&agent, resolved, "It is here.");
    world.status(&agent, resolved, Status::Resolved);
    // The window ends, and the worker has not come by.
    world.clock.advance(7 * 86_400);
    for (writer, over) in [(&carl, closed), (&dora, closed), (&carl, resolved)] {
        let before = world.ticket(over);
        let reply = world.reply(writer, over, "Broken again.\nWhat now?");
        assert_ne!(reply.ticket_id, over);
        let follow_up = world.ticket(reply.ticket_id);
        assert_eq!(follow_up.follow_up_of, Some(over));
        assert_eq!(follow_up.customer_id, customer_of(writer));
        assert_eq!(follow_up.team_id, before.team_id);
        assert_eq!(follow_up.last_message_id, reply.message_id);
        assert_eq!(world.said(writer, reply.ticket_id), ["Broken again.\nWhat now?"]);
        assert_eq!(world.ticket(over), before);
    }
    world.sound();
}

#[test]
fn nothing_is_sent_from_a_ticket_that_is_set_aside() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Spam });
    assert_eq!(rule(&world.fail(&agent, &WriteMessage::reply(ticket, "Hello."))), "ticket_set_aside");
    world.sound();
}

#[test]
fn a_reply_in_a_conversation_of_another_ticket_is_refused() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let (ticket, other) = (world.opened_by(&carl), world.opened_by(&carl));
    for conversation in [world.ticket(other).conversation_id, ConversationId::from_uuid(Uuid::from_u128(1))] {
        let write =
            WriteMessage { conversation_id: Some(conversation), ..WriteMessage::reply(ticket, "Hello.") };
        assert_eq!(fields(&world.fail(&agent, &write)), ["conversation_id"]);
    }
}

#[test]
fn whoever_answers_waiting_work_has_taken_it() {
    let world = World::standard();
    let team = world.team("Hands", &serde_json::json!({"mode": {"ticket": "manual"}}));
    let agent = world.agent_in("Agnes", "agent", &[team]);
    let carl = world.customer("Carl");
    let ticket = world.noted(&carl, |open| open.team_id = Some(team));
    assert_eq!(world.owner(ticket), None);
    world.reply(&agent, ticket, "I look.");
    assert_eq!(world.owner(ticket), Some(id_of(&agent)));
    world.sound();
}

#[test]
fn who_answers_waiting_work_may_go_over_capacity_and_it_is_said() {
    let world = World::standard();
    let team = world.team("Hands", &serde_json::json!({"mode": {"ticket": "manual"}}));
    let agent = world.agent_in("Ann", "agent", &[team]);
    world.capacity(&agent, 1);
    let carl = world.customer("Carl");
    for over in [false, true] {
        let ticket = world.noted(&carl, |open| open.team_id = Some(team));
        let write =
            WriteMessage { status: Some(Status::InProgress), ..WriteMessage::reply(ticket, "I look.") };
        world.run(&agent, &write);
        assert_eq!((world.owner(ticket), world.is_over(ticket)), (Some(id_of(&agent)), over));
    }
    world.sound();
}

#[test]
fn a_customers_answer_goes_back_to_the_owner_also_over_capacity() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.reply(&agent, ticket, "Which one?");
    let mut update = support_core::desk::UpdateAgent { id: Some(id_of(&agent)), ..Default::default() };
    update.capacity = Some(support_core::people::Capacity { units: 1, ..Default::default() });
    world.run(&HOST, &update);
    let second = world.opened_by(&carl);
    assert_eq!(world.owner(second), Some(id_of(&agent)));
    world.reply(&carl, ticket, "The red one.");
    assert_eq!((world.load(&agent), world.ticket(ticket).status), (2, Status::InProgress));
    let third = world.opened_by(&carl);
    assert_eq!(world.owner(third), None, "being over stops new work");
    world.sound();
}

#[test]
fn delivery_never_goes_back_and_a_failed_answer_gives_the_wait_back() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let inbox = InboxId::from_uuid(Uuid::from_u128(5));
    let open = OpenTicket { inbox_id: Some(inbox), ..OpenTicket::of(customer_of(&carl), "Parcel", "Late.") };
    let ticket = world.run(&HOST, &open).ticket_id;
    let since = world.ticket(ticket).unanswered_since;
    world.pass(60);
    let message = world.reply(&agent, ticket, "Soon.").message_id.unwrap();
    let rows = Query::new(Select::Outbox(OutboxState::Ready), 10);
    assert_eq!(block_on(world.desk.store().find(&system_scope(TENANT), &rows)).unwrap().items.len(), 1);
    let report = |report| DeliveryReport { message_id: message, report };
    world.run(&HOST, &report(Delivery::Sent));
    world.run(&HOST, &report(Delivery::Accepted));
    let delivery = |world: &World| {
        let page = block_on(world.desk.messages(&HOST, ticket, None, 1, None)).unwrap();
        page.messages[0].message.delivery
    };
    assert_eq!(delivery(&world), Some(Delivery::Sent));
    assert_eq!(world.ticket(ticket).first_responded_at, Some(world.desk.now()));
    world.run(&HOST, &report(Delivery::Failed));
    let failed = world.ticket(ticket);
    assert_eq!((failed.unanswered_since, failed.first_responded_at), (since, None));
    assert_eq!(failed.status, Status::InProgress);
    assert!(failed.sla.open(Metric::FirstResponse).is_some(), "the timer has its old start");
    world.sound();
    let unknown =
        DeliveryReport { message_id: MessageId::from_uuid(Uuid::from_u128(1)), report: Delivery::Read };
    assert!(matches!(world.fail(&HOST, &unknown), Error::NotFound(_)));
    assert!(matches!(world.fail(&agent, &report(Delivery::Read)), Error::NotFound(_)));
}

#[test]
fn a_number_that_answers_a_question_for_a_pin_is_masked() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.reply(&agent, ticket, "What is your PIN?");
    world.reply(&carl, ticket, "4821");
    assert_eq!(world.said(&agent, ticket).last().unwrap(), "****");
    world
        .run(&agent, &EditTicket { subject: Some("Card 4111111111111111".into()), ..EditTicket::of(ticket) });
    let view = block_on(world.desk.ticket_view(&agent, ticket, 1)).unwrap();
    assert_eq!(view.texts[&view.ticket.subject], "Card ****");
}

#[test]
fn a_bare_number_that_a_customer_announced_is_masked_over_messages_and_agents_words() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let last = |ticket| world.said(&agent, ticket).last().unwrap().clone();
    let ticket = world.opened_by(&carl);
    world.reply(&carl, ticket, "here is my pin:");
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "****");
    // What the agent says between the two asks for nothing else.
    let ticket = world.opened_by(&carl);
    world.reply(&carl, ticket, "I'll send you my card pin now");
    world.reply(&agent, ticket, "Sure, take your time.");
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "****");
    // A ticket may begin with it.
    let opening = OpenTicket::mine("Access", "hello, this is my pin:");
    let ticket = world.run(&carl, &opening).ticket_id;
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "****");
    // A question for something else ends it, as it ends a request.
    let ticket = world.opened_by(&carl);
    world.reply(&carl, ticket, "here is my pin:");
    world.reply(&agent, ticket, "Which order number is it about?");
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "4821");
    // So does distance.
    let ticket = world.opened_by(&carl);
    world.reply(&carl, ticket, "here is my pin:");
    for _ in 0..4 {
        world.reply(&agent, ticket, "One moment.");
    }
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "4821");
}

#[test]
fn a_question_for_a_pin_is_remembered_over_notes_and_other_conversations() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let last = |ticket| world.said(&agent, ticket).last().unwrap().clone();
    let ticket = world.opened_by(&carl);
    world.reply(&agent, ticket, "What is your PIN?");
    // Longer than a page of what is looked at.
    for _ in 0..40 {
        world.run(&agent, &WriteMessage::note(ticket, "Is order 7 his? Which one is it?"));
    }
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "****");
    // What colleagues ask each other is nothing that the customer answers.
    let ticket = world.opened_by(&carl);
    world.run(&agent, &WriteMessage::note(ticket, "What is his PIN?"));
    world.reply(&carl, ticket, "4821");
    assert_eq!(last(ticket), "4821");
    // Who writes a note answers both.
    let ticket = world.opened_by(&carl);
    world.run(&agent, &WriteMessage::note(ticket, "What is his PIN?"));
    world.run(&agent, &WriteMessage::note(ticket, "4821"));
    assert_eq!(last(ticket), "****");
}

#[test]
fn a_follow_up_goes_on_where_the_closed_ticket_ended() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    world.reply(&agent, ticket, "What is your PIN?");
    world.status(&agent, ticket, Status::Closed);
    // In the portal the first line is the subject too.
    let follow_up = world.reply(&carl, ticket, "4821").ticket_id;
    assert_eq!(world.ticket(follow_up).follow_up_of, Some(ticket));
    assert_eq!(world.said(&agent, follow_up), ["****"]);
    let view = block_on(world.desk.ticket_view(&agent, follow_up, 1)).unwrap();
    assert_eq!(view.texts[&view.ticket.subject], "****");
    // By mail it has its own, which may say what the number is.
    let mail = |id: &str, subject: &str| {
        let mut mail = crate::receiving::mail(&world, "carl@customer.example", id);
        mail.conversation_id = Some(world.ticket(ticket).conversation_id);
        mail.subject = Some(subject.into());
        mail.content = "4821".into();
        mail.sender.external_id = None;
        mail.sender.verified = true;
        world.run(&HOST, &mail).ticket_id
    };
    assert_eq!(world.said(&agent, mail("m-1", "Re: Access")), ["****"]);
    // It knows the old ticket only by a message to it.
    let other = world.run(&carl, &OpenTicket::mine("Hello", "4821")).ticket_id;
    assert_eq!(world.said(&agent, other), ["4821"]);
    world.sound();
}

#[test]
fn a_stored_text_keeps_what_was_masked_in_it_by_kind_and_place_until_it_is_erased() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let opening = OpenTicket {
        custom_fields: [(label("code"), FieldInput::Text("Für mich: pin 4821".into()))].into(),
        ..OpenTicket::mine("My pin is 4821", "Grüße! My card is 4111 1111 1111 1111, my pin is 4821.")
    };
    let ticket = world.run(&carl, &opening).ticket_id;
    world.run(&agent, &WriteMessage::note(ticket, "SSN 123-45-6789"));
    world.reply(&agent, ticket, "It is on its way.");
    let subject = Some("Card 4111111111111111".into());
    world.run(&agent, &EditTicket { subject, ..EditTicket::of(ticket) });
    world.run(&HOST, &SetAsideTicket { ticket_id: ticket, kind: SetAsideKind::Deleted });
    // Each text with what stands where something was masked.
    let texts = || {
        let named: BTreeSet<TextId> =
            world.events(ticket).into_iter().flat_map(|envelope| envelope.event.texts()).collect();
        let keys: Vec<Key> = named.into_iter().map(Key::Text).collect();
        let found = block_on(world.desk.store().load(&system_scope(TENANT), &keys)).unwrap();
        let texts = found.into_iter().filter_map(|record| match record {
            Some(Record::Text(text)) => Some(text),
            _ => None,
        });
        texts.collect::<Vec<_>>()
    };
    let kinds: Vec<Vec<&str>> = texts()
        .iter()
        .map(|text| {
            let body = text.body.as_ref().unwrap();
            let at = |span: &MaskSpan| body.get(span.start as usize..span.end as usize).unwrap();
            assert!(text.masked.iter().all(|span| at(span) == "****"), "{body}");
            assert_eq!(body.matches("****").count(), text.masked.len());
            text.masked
                .iter()
                .map(|span| span.kind.clone())
                .map(|kind| match kind {
                    Kind::Card => "card",
                    Kind::Pin => "pin",
                    Kind::Ssn => "ssn",
                    other => panic!("{other}"),
                })
                .collect()
        })
        .collect();
    for expected in [vec!["pin"], vec!["card", "pin"], vec!["ssn"], vec![], vec!["card"]] {
        assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
    }
    assert_eq!(kinds.iter().filter(|kinds| **kinds == ["pin"]).count(), 2, "subject and field");
    world.sound();
    world.pass(31 * 86_400);
    assert!(texts().iter().all(|text| text.body.is_none() && text.masked.is_empty()));
    world.sound();
}
