//! Offers that their agents can no longer accept, and work of those who may no longer have it.

use std::sync::Arc;

use serde_json::json;
use support_core::conversation::ChannelKind;
use support_core::desk::{AcceptOffer, EditTicket, PutTeam, Reassign, SetPresence, Take, UpdateAgent};
use support_core::event::Event;
use support_core::id::{AgentId, OfferId, TeamId, TicketId};
use support_core::people::{Absence, Actor, Capacity, Day, Presence, Shift, WorkKind};
use support_core::routing::{OfferState, ReturnCause};
use support_core::store::DocumentKind;
use support_core::testkit::block_on;
use support_core::ticket::{Priority, Status};

use crate::faulty::FaultyStore;
use crate::offers::{asked, asking, history, only, opened};
use crate::world::{HOST, World, at, id_of, label, rule};

#[test]
fn an_offer_that_its_agent_can_no_longer_accept_goes_to_the_next_at_once() {
    type Changes = fn(&World, TeamId, AgentId);
    fn change(world: &World, id: AgentId, update: UpdateAgent) {
        world.run(&HOST, &UpdateAgent { id: Some(id), ..update });
    }
    let changes: [(&str, Changes); 7] = [
        ("leaves the team", |world, _, ann| {
            let team_ids = Some(vec![world.team("Other", &json!({}))]);
            change(world, ann, UpdateAgent { team_ids, ..UpdateAgent::default() });
        }),
        ("is taken from the team", |world, team, ann| {
            let view = block_on(world.desk.team(&HOST, team)).unwrap();
            let others = view.members.into_iter().filter(|member| *member != ann).collect();
            world.run(&HOST, &PutTeam { id: Some(team), member_ids: Some(others), ..PutTeam::default() });
        }),
        ("has no room", |world, _, ann| {
            let capacity = Some(Capacity { units: 0, ..Capacity::default() });
            change(world, ann, UpdateAgent { capacity, ..UpdateAgent::default() });
        }),
        ("is not skilled", |world, _, ann| {
            let skills = Some([(label("refunds"), 1)].into());
            change(world, ann, UpdateAgent { skills, ..UpdateAgent::default() });
        }),
        ("is absent", |world, _, ann| {
            let (from, until) = (world.desk.now(), world.desk.now().plus_seconds(3_600));
            let absences = Some(vec![Absence { from, until, substitute_id: None }]);
            change(world, ann, UpdateAgent { absences, ..UpdateAgent::default() });
        }),
        ("takes other work now", |world, _, ann| {
            let channels = vec![WorkKind::Chat, WorkKind::Call];
            world.run(&HOST, &SetPresence { channels, ..SetPresence::of(ann, Presence::Available) });
        }),
        ("may not answer", |world, _, ann| {
            let prepared = world.becomes_guest(&world.actor(ann));
            block_on(world.desk.committed(&HOST, &prepared));
        }),
    ];
    for (what, happens) in changes {
        let (world, team, ann, bob) = asking();
        for agent in [&ann, &bob] {
            let skills = [(label("refunds"), 2)].into();
            change(&world, id_of(agent), UpdateAgent { skills: Some(skills), ..UpdateAgent::default() });
        }
        let ticket = world.noted(&world.customer("Carl"), |open| {
            (open.team_id, open.channel) = (Some(team), ChannelKind::Chat);
            open.skills = vec![(label("refunds"), 2)];
        });
        only(&world, &ann);
        happens(&world, team, id_of(&ann));
        assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1), "{what}");
        assert_eq!((world.load(&ann), world.load(&bob)), (0, 1), "{what}");
        assert_eq!(history(&world, ticket), [OfferState::Withdrawn, OfferState::Open], "{what}");
        let ticket = world.ticket(ticket);
        assert_eq!((ticket.work.declined, world.state(&ann).missed.len()), (vec![], 0), "{what}");
        world.sound();
    }
}

#[test]
fn who_has_less_room_keeps_the_offers_that_fit_and_a_change_that_takes_nothing_withdraws_none() {
    let (world, team, ann, bob) = asking();
    world.presence(&bob, Presence::Busy);
    let tickets: Vec<_> = (0..3).map(|_| opened(&world, team)).collect();
    assert_eq!(asked(&world, &ann).len(), 3);
    let update = UpdateAgent { id: Some(id_of(&ann)), performance: Some(90), ..UpdateAgent::default() };
    world.run(&HOST, &update);
    assert_eq!(asked(&world, &ann).len(), 3);
    world.presence(&bob, Presence::Available);
    world.capacity(&ann, 2);
    assert_eq!((asked(&world, &ann).len(), asked(&world, &bob).len()), (2, 1));
    let states: Vec<_> = tickets.iter().map(|ticket| history(&world, *ticket)).collect();
    let moved = vec![OfferState::Withdrawn, OfferState::Open];
    assert_eq!(states, [vec![OfferState::Open], vec![OfferState::Open], moved], "the newest goes");
    for offer_id in asked(&world, &ann) {
        world.run(&ann, &AcceptOffer { offer_id });
    }
    world.sound();
}

#[test]
fn an_offer_of_work_that_asks_for_more_than_its_agent_can_goes_to_the_next_at_once() {
    let (world, team, ann, bob) = asking();
    let skills = Some([(label("billing"), 3)].into());
    world.run(&HOST, &UpdateAgent { id: Some(id_of(&bob)), skills, ..UpdateAgent::default() });
    let needs = json!({ "require_skill": { "skill": "billing", "level": 3 } });
    let on = json!({ "on": ["ticket.priority_changed"] });
    let rule = json!({ "name": "Money", "trigger": on, "actions": [needs] });
    world.put(DocumentKind::Automation, rule);
    let ticket = opened(&world, team);
    only(&world, &ann);
    world.run(&HOST, &EditTicket { priority: Some(Priority::High), ..EditTicket::of(ticket) });
    assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1));
    assert_eq!(history(&world, ticket), [OfferState::Withdrawn, OfferState::Open]);
    world.run(&HOST, &EditTicket { priority: Some(Priority::Urgent), ..EditTicket::of(ticket) });
    assert_eq!(history(&world, ticket), [OfferState::Withdrawn, OfferState::Open]);
    world.sound();
}

#[test]
fn who_may_answer_customers_no_more_gives_back_at_once_what_they_have() {
    let world = World::standard();
    let (ann, bob) = (world.agent("Ann"), world.agent("Bob"));
    world.presence(&bob, Presence::Busy);
    let (open, resolved) = (opened(&world, TeamId::DEFAULT), opened(&world, TeamId::DEFAULT));
    world.status(&HOST, resolved, Status::Resolved);
    world.presence(&bob, Presence::Available);
    let prepared = world.becomes_guest(&ann);
    block_on(world.desk.committed(&HOST, &prepared));
    assert_eq!((world.owner(open), world.owner(resolved)), (Some(id_of(&bob)), Some(id_of(&ann))));
    assert_eq!((world.load(&ann), world.load(&bob)), (0, 1));
    let because = ReturnCause::MayNotReply;
    let returned = Event::WorkReturned { agent: id_of(&ann), because };
    assert!(world.events(open).iter().any(|envelope| envelope.event == returned));
    world.sound();
}

/// A desk on which Ann, who has room for two, waits for Carl's answer to a ticket of two, and is asked to take a call
/// that Bob could take too.
fn ringing() -> (World, [Actor; 3], TicketId, TicketId) {
    let (world, team, ann, bob) = asking();
    let carl = world.customer("Carl");
    world.capacity(&ann, 2);
    let own = world.noted(&carl, |open| (open.team_id, open.effort) = (Some(team), Some(2)));
    world.run(&ann, &Take { ticket_id: own });
    world.reply(&ann, own, "Which one?");
    world.presence(&bob, Presence::Busy);
    let call = world.noted(&carl, |open| (open.team_id, open.channel) = (Some(team), ChannelKind::Phone));
    only(&world, &ann);
    world.presence(&bob, Presence::Available);
    (world, [ann, bob, carl], own, call)
}

/// Two units of work that the desk gives nobody.
fn by_hand(world: &World, carl: &Actor) -> TicketId {
    let team = world.team("By hand", &json!({ "mode": { "ticket": "manual" } }));
    world.noted(carl, |open| (open.team_id, open.effort) = (Some(team), Some(2)))
}

#[test]
fn an_offer_whose_room_is_taken_goes_to_the_next_at_once() {
    type Takes = fn(&World, &[Actor; 3], TicketId);
    let cases: [(&str, Takes); 4] = [
        ("the customer answers", |world, [_, _, carl], own| {
            world.reply(carl, own, "The red one.");
        }),
        ("somebody gives them more", |world, [ann, _, carl], _| {
            let (ticket_id, agent_id) = (by_hand(world, carl), Some(id_of(ann)));
            world.run(&HOST, &Reassign { ticket_id, agent_id, team_id: None, reason: None });
        }),
        ("they take more", |world, [ann, _, carl], _| {
            let ticket_id = by_hand(world, carl);
            world.run(
                &HOST,
                &UpdateAgent {
                    id: Some(id_of(ann)),
                    role: Some(label("supervisor")),
                    ..UpdateAgent::default()
                },
            );
            world.run(&world.actor(id_of(ann)), &Take { ticket_id });
        }),
        ("a rule gives them more", |world, [ann, _, carl], _| {
            let on = json!({ "on": ["ticket.priority_changed"] });
            let gives = json!({ "assign_to": id_of(ann) });
            let rule = json!({ "name": "To Ann", "trigger": on, "actions": [gives] });
            world.put(DocumentKind::Automation, rule);
            let ticket = by_hand(world, carl);
            world.run(&HOST, &EditTicket { priority: Some(Priority::High), ..EditTicket::of(ticket) });
        }),
    ];
    for (what, takes) in cases {
        let (world, people, own, call) = ringing();
        takes(&world, &people, own);
        let [ann, bob, _] = &people;
        assert_eq!((asked(&world, ann), asked(&world, bob).len()), (vec![], 1), "{what}");
        assert_eq!(history(&world, call), [OfferState::Withdrawn, OfferState::Open], "{what}");
        assert_eq!(world.ticket(call).work.declined, [], "{what}");
        world.run(bob, &AcceptOffer { offer_id: only(&world, bob) });
        world.pass(60);
        assert_eq!(
            (world.state(ann).presence, world.state(ann).missed.len()),
            (Presence::Available, 0),
            "{what}"
        );
        world.sound();
    }
}

#[test]
fn an_offer_of_overflow_is_withdrawn_when_its_team_overflows_there_no_more() {
    let world = World::standard();
    let spare = world.team("Spare", &json!({}));
    let asks = json!({ "mode": { "ticket": "offer" } });
    let mut spilling = asks.clone();
    spilling["overflow_team_ids"] = json!([spare]);
    let team = world.team("Spilling", &spilling);
    let ann = world.agent_in("Ann", "agent", &[spare]);
    let ticket = opened(&world, team);
    only(&world, &ann);
    let fields = json!({ "overflow_team_ids": [] }).as_object().unwrap().clone();
    world.run(&HOST, &PutTeam { id: Some(team), fields, ..PutTeam::default() });
    assert_eq!((asked(&world, &ann), world.load(&ann)), (vec![], 0));
    assert_eq!(history(&world, ticket), [OfferState::Withdrawn]);
    world.sound();
}

/// Hours of a Friday in London, where the desk's clock reads 9 in the morning.
fn until(end: &str) -> Shift {
    Shift::on_days("Europe/London".parse().unwrap(), &[Day::Fri], "08:00", end).unwrap()
}

#[test]
fn an_offer_ends_with_the_shift_of_its_agent_and_when_their_absence_begins() {
    let shift = |end| UpdateAgent { shift: Some(Some(until(end))), ..UpdateAgent::default() };
    let absence =
        Absence { from: at("2026-11-20T09:40:00Z"), until: at("2026-11-20T12:00:00Z"), substitute_id: None };
    let absent = UpdateAgent { absences: Some(vec![absence]), ..UpdateAgent::default() };
    for (what, update) in [("shift", shift("09:40")), ("absence", absent)] {
        let (world, team, ann, bob) = asking();
        world.settings(json!({ "offer_seconds_by_channel": { "phone": 3_600 } }));
        world.presence(&bob, Presence::Busy);
        world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), ..update });
        let ticket = world.noted(&world.customer("Carl"), |open| {
            (open.team_id, open.channel) = (Some(team), ChannelKind::Phone);
        });
        only(&world, &ann);
        world.presence(&bob, Presence::Available);
        world.pass(40 * 60 - 1);
        assert_eq!(asked(&world, &ann).len(), 1, "{what}");
        world.pass(1);
        assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1), "{what}");
        assert_eq!(history(&world, ticket), [OfferState::Withdrawn, OfferState::Open], "{what}");
        assert_eq!(
            (world.state(&ann).presence, world.ticket(ticket).work.declined),
            (Presence::Available, vec![])
        );
        world.sound();
    }
    let (world, team, ann, _) = asking();
    opened(&world, team);
    world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), ..shift("08:30") });
    assert_eq!(asked(&world, &ann), [], "the shift is changed");
}

/// Gives Ann more than she has room for, and crashes before anything is withdrawn.
fn crowded_unseen(world: &World, ann: &Actor, carl: &Actor) -> OfferId {
    let (ticket_id, agent_id) = (by_hand(world, carl), Some(id_of(ann)));
    let more = Reassign { ticket_id, agent_id, team_id: None, reason: None };
    let prepared = block_on(world.desk.prepare(&HOST, &more)).unwrap();
    block_on(world.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
    only(world, ann)
}

#[test]
fn who_is_refused_an_offer_is_rid_of_it() {
    let (world, [ann, bob, carl], _, call) = ringing();
    let offer_id = crowded_unseen(&world, &ann, &carl);
    assert_eq!(rule(&world.fail(&ann, &AcceptOffer { offer_id })), "offer_gone");
    assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1));
    assert_eq!(history(&world, call), [OfferState::Withdrawn, OfferState::Open]);
    world.sound();
}

#[test]
fn an_offer_that_could_not_be_accepted_when_its_time_was_over_was_not_missed() {
    let (world, [ann, bob, carl], _, call) = ringing();
    crowded_unseen(&world, &ann, &carl);
    world.pass(20);
    assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1));
    assert_eq!(history(&world, call), [OfferState::Withdrawn, OfferState::Open]);
    assert_eq!((world.state(&ann).presence, world.state(&ann).missed.len()), (Presence::Available, 0));
    world.sound();
}

#[test]
fn who_takes_this_kind_of_work_keeps_the_offer_and_who_takes_others_did_not_miss_it() {
    let (world, [ann, ..], _, call) = ringing();
    let takes = |channels: &[WorkKind], presence| SetPresence {
        channels: channels.to_vec(),
        ..SetPresence::of(id_of(&ann), presence)
    };
    world.run(&ann, &takes(&[WorkKind::Ticket], Presence::Busy));
    assert_eq!(asked(&world, &ann).len(), 1);
    // She says that she takes calls alone, and the desk stops before anything is withdrawn.
    let other = takes(&[WorkKind::Call], Presence::Available);
    let prepared = block_on(world.desk.prepare(&ann, &other)).unwrap();
    block_on(world.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
    world.pass(20);
    assert_eq!(history(&world, call), [OfferState::Withdrawn, OfferState::Open]);
    assert_eq!((world.state(&ann).presence, world.state(&ann).missed.len()), (Presence::Available, 0));
    world.sound();
}

#[test]
fn what_fits_hides_no_older_offers_that_can_no_longer_be_accepted() {
    let (world, team, ann, bob) = asking();
    let carl = world.customer("Carl");
    world.presence(&bob, Presence::Busy);
    let skilled = |agent: &Actor, level| UpdateAgent {
        id: Some(id_of(agent)),
        skills: Some([(label("refunds"), level)].into()),
        ..UpdateAgent::default()
    };
    world.capacity(&ann, 1_000);
    world.run(&HOST, &skilled(&ann, 2));
    world.run(&HOST, &skilled(&bob, 2));
    let noted = |skills: Vec<_>| {
        world.noted(&carl, |open| (open.team_id, open.skills) = (Some(team), skills));
    };
    (0..3).for_each(|_| noted(vec![(label("refunds"), 2)]));
    (0..203).for_each(|_| noted(Vec::new()));
    assert_eq!(asked(&world, &ann).len(), 206);
    world.presence(&bob, Presence::Available);
    world.run(&HOST, &skilled(&ann, 1));
    assert_eq!((asked(&world, &ann).len(), asked(&world, &bob).len()), (203, 3));
    world.sound();
}

#[test]
fn who_is_refused_one_of_many_offers_is_rid_of_that_one() {
    let (world, team, ann, bob) = asking();
    let carl = world.customer("Carl");
    world.presence(&bob, Presence::Busy);
    world.capacity(&ann, 3);
    let (wanted, newer) = (opened(&world, team), opened(&world, team));
    let offer_id = asked(&world, &ann)[1];
    let (ticket_id, agent_id) = (by_hand(&world, &carl), Some(id_of(&ann)));
    let more = Reassign { ticket_id, agent_id, team_id: None, reason: None };
    let prepared = block_on(world.desk.prepare(&HOST, &more)).unwrap();
    block_on(world.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
    world.presence(&bob, Presence::Available);
    assert_eq!(history(&world, wanted), [OfferState::Open]);
    assert_eq!(rule(&world.fail(&ann, &AcceptOffer { offer_id })), "offer_gone");
    assert_eq!(history(&world, wanted), [OfferState::Withdrawn, OfferState::Open]);
    assert_eq!(history(&world, newer), [OfferState::Open]);
    world.run(&ann, &AcceptOffer { offer_id: only(&world, &ann) });
    world.sound();
}

#[test]
fn where_no_team_asks_first_nobody_looks_for_offers() {
    let store = Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let (ann, carl) = (world.agent("Ann"), world.customer("Carl"));
    let reads = |world: &World| {
        let before = store.offers_read();
        let ticket = world.opened_by(&carl);
        world.reply(&ann, ticket, "Which one?");
        world.reply(&carl, ticket, "The red one.");
        store.offers_read() - before
    };
    assert_eq!(reads(&world), 0);
    world.team("Asking", &json!({ "mode": { "ticket": "offer" } }));
    assert_eq!(reads(&world), 1, "her room was taken");
}
