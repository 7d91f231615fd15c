//! Where an inbound message lands.

use std::sync::Arc;
use std::thread;

use support_core::conversation::ChannelKind;
use support_core::desk::{
    AddParticipant, EditTicket, OpenTicket, ReceiveMessage, Sender, UpdateCustomer, WriteMessage,
};
use support_core::id::InboxId;
use support_core::people::{ActorRef, AddressKind, Presence};
use support_core::testkit::block_on;
use support_core::ticket::{Participant, ParticipantRole, Status};
use uuid::Uuid;

use crate::world::{HOST, World, customer_of, fields, foreign, id_of, label, rule};

const DAY: i64 = 86_400;

fn inbox() -> InboxId {
    InboxId::from_uuid(Uuid::from_u128(77))
}

pub(crate) fn mail(world: &World, from: &str, external_id: &str) -> ReceiveMessage {
    ReceiveMessage {
        sender: Sender {
            external_id: None,
            name: "Carl".into(),
            kind: AddressKind::Email,
            address: from.into(),
            verified: false,
        },
        channel: ChannelKind::Email,
        inbox_id: Some(inbox()),
        subject: Some("Parcel".into()),
        content: "Where is it?".into(),
        external_id: Some(foreign(external_id)),
        in_reply_to: None,
        conversation_id: None,
        automatic: false,
        sent_at: world.desk.now(),
    }
}

fn text(world: &World, from: &str, external_id: &str) -> ReceiveMessage {
    let mut message = mail(world, from, external_id);
    message.sender.kind = AddressKind::Whatsapp;
    message.sender.verified = true;
    message.channel = ChannelKind::Whatsapp;
    message.subject = None;
    message
}

#[test]
fn a_sender_whose_name_shows_nothing_is_heard_without_one() {
    let world = World::standard();
    let mut message = mail(&world, "unseen@customer.example", "m-unseen");
    message.sender.name = "\u{200b}\u{2800}".into();
    let ticket = world.run(&HOST, &message).ticket_id;
    let customer = world.ticket(ticket).customer_id;
    assert_eq!(block_on(world.desk.customer(&HOST, customer)).unwrap().name, "");
}

#[test]
fn a_subject_of_nothing_visible_is_none() {
    let world = World::standard();
    for (n, unseen) in ["\u{200b}", "\u{1}", " \u{feff}", &"\u{200b}".repeat(2_000)].into_iter().enumerate() {
        let named = format!("{unseen}{}", if n == 3 { "Parcel" } else { "" });
        for (content, subject) in [("Where is it?", "Where is it?"), ("\u{200b}\nWhere is it?", "email")] {
            let mut message =
                mail(&world, &format!("{n}@customer.example"), &format!("m-{n}-{}", subject.len()));
            (message.subject, message.content) = (Some(named.clone()), content.into());
            let ticket = world.run(&HOST, &message).ticket_id;
            let view = block_on(world.desk.ticket_view(&HOST, ticket, 1)).unwrap();
            assert_eq!(view.texts[&view.ticket.subject], subject, "{}", unseen.escape_unicode());
        }
    }
}

#[test]
fn a_mail_never_lands_by_its_subject() {
    let world = World::standard();
    let first = world.run(&HOST, &mail(&world, "carl@customer.example", "m-1")).ticket_id;
    let again = world.run(&HOST, &mail(&world, "carl@customer.example", "m-2")).ticket_id;
    assert_ne!(first, again);
    world.sound();
}

#[test]
fn a_token_of_a_participant_lands_in_its_conversation() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    let mut reply = mail(&world, "carl@customer.example", "m-1");
    reply.conversation_id = Some(world.ticket(ticket).conversation_id);
    assert_eq!(world.run(&HOST, &reply).ticket_id, ticket);
    assert_eq!(world.said(&carl, ticket).len(), 2);
    world.sound();
}

#[test]
fn a_token_whose_sender_takes_no_part_opens_a_new_ticket() {
    let world = World::standard();
    let (carl, dora) = (world.customer("Carl"), world.customer("Dora"));
    let ticket = world.opened_by(&carl);
    let mut reply = mail(&world, "dora@customer.example", "m-1");
    reply.conversation_id = Some(world.ticket(ticket).conversation_id);
    let landed = world.run(&HOST, &reply).ticket_id;
    assert_ne!(landed, ticket);
    assert_eq!(world.said(&HOST, ticket).len(), 1);

    let participant =
        Participant { party: ActorRef::customer(customer_of(&dora)), role: ParticipantRole::Cc };
    world.run(&HOST, &AddParticipant { ticket_id: ticket, participant });
    let mut reply = mail(&world, "dora@customer.example", "m-2");
    reply.conversation_id = Some(world.ticket(ticket).conversation_id);
    assert_eq!(world.run(&HOST, &reply).ticket_id, ticket);
    world.sound();
}

#[test]
fn on_a_messaging_channel_a_foreign_token_falls_through_to_the_senders_own_ticket() {
    let world = World::standard();
    let other = world.opened_by(&world.customer("Dora"));
    let mine = world.run(&HOST, &text(&world, "+491701", "w-1")).ticket_id;
    let mut message = text(&world, "+491701", "w-2");
    message.conversation_id = Some(world.ticket(other).conversation_id);
    assert_eq!(world.run(&HOST, &message).ticket_id, mine);
}

#[test]
fn a_messaging_sender_continues_the_newest_ticket_of_the_same_inbox() {
    let world = World::standard();
    let first = world.run(&HOST, &text(&world, "+49 1701", "w-1")).ticket_id;
    assert_eq!(world.run(&HOST, &text(&world, "+491701", "w-2")).ticket_id, first);
    let mut elsewhere = text(&world, "+491701", "w-3");
    elsewhere.inbox_id = Some(InboxId::from_uuid(Uuid::from_u128(78)));
    assert_ne!(world.run(&HOST, &elsewhere).ticket_id, first);
    assert_ne!(world.run(&HOST, &text(&world, "+491702", "w-4")).ticket_id, first);
    world.sound();
}

#[test]
fn of_several_tickets_the_one_lands_it_where_an_agent_wrote_last() {
    let world = World::standard();
    let agent = world.agent("Agnes");
    let first = world.run(&HOST, &text(&world, "+491701", "w-1")).ticket_id;
    let customer = world.ticket(first).customer_id;
    let open = |subject: &str| OpenTicket {
        channel: ChannelKind::Whatsapp,
        inbox_id: Some(inbox()),
        ..OpenTicket::of(customer, subject, "Late.")
    };
    let second = world.run(&HOST, &open("Second")).ticket_id;
    let third = world.run(&HOST, &open("Third")).ticket_id;
    world.pass(60);
    world.reply(&agent, third, "One moment.");
    world.pass(60);
    world.reply(&agent, second, "Which one?");
    world.pass(60);
    world.run(&agent, &WriteMessage::note(third, "The newest change is a note."));
    assert_eq!(world.run(&HOST, &text(&world, "+491701", "w-2")).ticket_id, second);
    assert_eq!(world.owner(first), Some(id_of(&agent)));
}

#[test]
fn the_same_message_twice_is_one() {
    let world = World::standard();
    let first = world.run(&HOST, &mail(&world, "carl@customer.example", "m-1"));
    let again = world.run(&HOST, &mail(&world, "carl@customer.example", "m-1"));
    assert_eq!((again.ticket_id, again.message_id), (first.ticket_id, first.message_id));
    assert_eq!(world.said(&HOST, first.ticket_id).len(), 1);
}

#[test]
fn the_same_message_from_many_at_once_is_one_and_all_hear_the_same() {
    let world = Arc::new(World::standard());
    let deliver = || {
        let world = world.clone();
        thread::spawn(move || world.run(&HOST, &text(&world, "+491701", "w-1")))
    };
    let threads: Vec<_> = (0..8).map(|_| deliver()).collect();
    let replies: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(replies.iter().all(|reply| reply.message_id == replies[0].message_id), "{replies:?}");
    assert_eq!(world.said(&HOST, replies[0].ticket_id).len(), 1);
    assert_eq!(block_on(world.desk.verify(crate::world::TENANT)).unwrap().tickets, 1);
    world.sound();
}

#[test]
fn after_the_window_or_the_close_a_follow_up_is_opened() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.opened_by(&carl);
    let token = world.ticket(ticket).conversation_id;
    world.status(&agent, ticket, Status::Resolved);
    // The worker sleeps through the end of the window.
    world.clock.advance(7 * DAY);
    let mut reply = mail(&world, "carl@customer.example", "m-1");
    reply.conversation_id = Some(token);
    let follow_up = world.run(&HOST, &reply).ticket_id;
    assert_ne!(follow_up, ticket);
    assert_eq!(world.ticket(follow_up).follow_up_of, Some(ticket));
    world.tick();
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    let mut reply = mail(&world, "carl@customer.example", "m-2");
    reply.conversation_id = Some(token);
    let follow_up = world.run(&HOST, &reply).ticket_id;
    assert_eq!(world.ticket(follow_up).follow_up_of, Some(ticket));
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    world.sound();
}

#[test]
fn inside_the_window_a_message_reopens_to_the_owner_if_available_else_to_the_queue_with_its_age() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    for (presence, owner) in [(Presence::Available, true), (Presence::Away, false)] {
        let ticket = world.noted(&carl, |_| {});
        world.reply(&agent, ticket, "Done.");
        world.status(&agent, ticket, Status::Resolved);
        world.pass(DAY);
        world.presence(&agent, presence);
        world.reply(&carl, ticket, "It is not.");
        let reopened = world.ticket(ticket);
        assert_eq!(reopened.assigned_to.is_some(), owner);
        assert_eq!(reopened.status, if owner { Status::InProgress } else { Status::Open });
        assert_eq!(reopened.work.since, world.desk.now());
        assert_eq!(reopened.reopened_count, 1);
    }
    world.sound();
}

#[test]
fn automatic_replies_notes_and_thanks_never_reopen() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.noted(&carl, |open| open.language = Some(label("en")));
    world.reply(&agent, ticket, "Done.");
    world.status(&agent, ticket, Status::Resolved);
    let mut automatic = mail(&world, "carl@customer.example", "m-1");
    automatic.conversation_id = Some(world.ticket(ticket).conversation_id);
    automatic.automatic = true;
    world.run(&HOST, &automatic);
    world.reply(&carl, ticket, "Thanks!");
    world.run(&agent, &WriteMessage::note(ticket, "He is happy."));
    assert_eq!(world.ticket(ticket).status, Status::Resolved);
    world.reply(&carl, ticket, "Thanks, but it is broken.");
    assert_eq!(world.ticket(ticket).status, Status::InProgress);
    world.sound();
}

#[test]
fn automatic_replies_and_thanks_on_a_closed_ticket_are_kept_there_and_open_nothing() {
    let world = World::standard();
    let (agent, carl) = (world.agent("Agnes"), world.customer("Carl"));
    let ticket = world.noted(&carl, |open| open.language = Some(label("en")));
    world.reply(&agent, ticket, "Done.");
    world.status(&agent, ticket, Status::Resolved);
    // The worker comes only after the first of them.
    world.clock.advance(8 * DAY);
    let by_token = |id: &str, content: &str, automatic: bool| {
        let conversation_id = Some(world.ticket(ticket).conversation_id);
        let from = "carl@customer.example";
        ReceiveMessage { conversation_id, automatic, content: content.into(), ..mail(&world, from, id) }
    };
    assert_eq!(world.run(&HOST, &by_token("m-1", "I am on holiday.", true)).ticket_id, ticket);
    assert_eq!(world.run(&HOST, &by_token("m-2", "Thank you!", false)).ticket_id, ticket);
    assert_eq!(world.reply(&carl, ticket, "Many thanks").ticket_id, ticket);
    let said = world.said(&carl, ticket);
    assert_eq!(said[2..], ["I am on holiday.", "Thank you!", "Many thanks"], "nothing is lost");
    assert_eq!(world.ticket(ticket).status, Status::Closed);
    let follow_up = world.run(&HOST, &by_token("m-3", "Thank you, but it is broken.", false)).ticket_id;
    assert_eq!(world.ticket(follow_up).follow_up_of, Some(ticket));
    assert_ne!(world.reply(&carl, ticket, "Is it?").ticket_id, ticket);
    world.sound();
}

#[test]
fn thanks_on_a_messaging_channel_open_nothing_where_the_ticket_is_closed() {
    let world = World::standard();
    let ticket = world.run(&HOST, &text(&world, "+491701", "w-1")).ticket_id;
    world.status(&HOST, ticket, Status::Closed);
    let thanks = |id: &str| ReceiveMessage { content: "Danke!".into(), ..text(&world, "+491701", id) };
    assert_eq!(world.run(&HOST, &thanks("w-2")).ticket_id, ticket);
    let newer = world.run(&HOST, &text(&world, "+491701", "w-3")).ticket_id;
    assert_ne!(newer, ticket);
    // What goes on comes first.
    assert_eq!(world.run(&HOST, &thanks("w-4")).ticket_id, newer);
    let elsewhere = ReceiveMessage { content: "Danke!".into(), ..text(&world, "+491702", "w-5") };
    assert_ne!(world.run(&HOST, &elsewhere).ticket_id, ticket);
    world.sound();
}

#[test]
fn a_subject_of_several_lines_becomes_one() {
    let world = World::standard();
    let mut message = mail(&world, "carl@customer.example", "m-1");
    message.subject = Some("Parcel\r\nBcc: eve@example.org\0".into());
    let ticket = world.run(&HOST, &message).ticket_id;
    let view = block_on(world.desk.ticket_view(&HOST, ticket, 1)).unwrap();
    let subject = view.texts.get(&view.ticket.subject).unwrap();
    assert!(subject.starts_with("Parcel  Bcc:") && !subject.contains(char::is_control), "{subject:?}");
}

#[test]
fn a_blocked_sender_is_refused_and_nothing_is_stored() {
    let world = World::standard();
    let carl = world.customer("Carl");
    let block =
        UpdateCustomer { id: Some(customer_of(&carl)), blocked: Some(true), ..UpdateCustomer::default() };
    world.run(&HOST, &block);
    let refused = world.fail(&HOST, &mail(&world, "carl@customer.example", "m-1"));
    assert_eq!(rule(&refused), "customer_blocked");
    assert_eq!(block_on(world.desk.verify(crate::world::TENANT)).unwrap().tickets, 0);
}

#[test]
fn an_address_that_nobody_vouches_for_binds_no_id_of_the_host() {
    let world = World::standard();
    let carl = customer_of(&world.customer("Carl"));
    let mut forged = mail(&world, "carl@customer.example", "m-1");
    forged.sender.external_id = Some(foreign("mallory"));
    let ticket = world.run(&HOST, &forged).ticket_id;
    assert_ne!(world.ticket(ticket).customer_id, carl);
    assert_eq!(block_on(world.desk.customer(&HOST, carl)).unwrap().external_id, None);

    let mut vouched = mail(&world, "carl@customer.example", "m-2");
    vouched.sender.external_id = Some(foreign("carl-1"));
    vouched.sender.verified = true;
    let ticket = world.run(&HOST, &vouched).ticket_id;
    assert_eq!(world.ticket(ticket).customer_id, carl);
    world.sound();
}

#[test]
fn every_kind_of_sender_is_known_again_by_that_kind() {
    let world = World::standard();
    for (kind, address) in [(AddressKind::Whatsapp, "+491701"), (AddressKind::Other, "telegram:carl")] {
        let mut message = text(&world, address, &format!("first-{kind}"));
        message.sender.kind = kind;
        let first = world.run(&HOST, &message).ticket_id;
        message.external_id = Some(foreign(&format!("second-{kind}")));
        assert_eq!(world.run(&HOST, &message).ticket_id, first);
        let customer = world.ticket(first).customer_id;
        assert_eq!(block_on(world.desk.customer(&HOST, customer)).unwrap().addresses[0].kind, kind);
    }
}

#[test]
fn what_cannot_be_received_is_named() {
    let world = World::standard();
    let mut empty = mail(&world, "carl@customer.example", "m-1");
    empty.content = "  ".into();
    assert_eq!(fields(&world.fail(&HOST, &empty)), ["content"]);
    assert_eq!(fields(&world.fail(&HOST, &mail(&world, "nobody", "m-1"))), ["sender.address"]);
    // Only channel adapters receive, in the host's name.
    let agent = world.agent("Agnes");
    let refused = world.fail(&agent, &mail(&world, "carl@customer.example", "m-1"));
    assert!(matches!(refused, support_core::Error::NotFound(_)));
}

#[test]
fn a_message_written_in_the_future_or_the_past_keeps_the_order_of_arrival() {
    let world = World::standard();
    let mut early = text(&world, "+491701", "w-1");
    early.sent_at = world.desk.now().plus_seconds(DAY);
    let ticket = world.run(&HOST, &early).ticket_id;
    let mut late = text(&world, "+491701", "w-2");
    late.sent_at = world.desk.now().plus_seconds(-DAY);
    world.run(&HOST, &late);
    let page = block_on(world.desk.messages(&HOST, ticket, None, 10, None)).unwrap();
    assert!(page.messages.iter().all(|m| m.message.sent_at <= world.desk.now()));
    assert!(world.ticket(ticket).work.since >= world.ticket(ticket).created_at);
    world.run(&HOST, &EditTicket::of(ticket).status(Status::OnHold));
    world.sound();
}

#[test]
fn an_identity_of_a_channel_needs_its_inbox() {
    let world = World::standard();
    let message = ReceiveMessage { inbox_id: None, ..mail(&world, "carl@customer.example", "m-1") };
    assert_eq!(fields(&world.fail(&HOST, &message)), ["inbox_id"]);
}
