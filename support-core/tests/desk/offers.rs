//! Work that agents are asked to take.

use serde_json::json;
use support_core::conversation::ChannelKind;
use support_core::desk::{
    AcceptOffer, CreateCustomer, DeactivateAgent, DeclineOffer, OpenTicket, Options, Reassign, SetPresence,
    Take, UpdateAgent,
};
use support_core::error::{EntityKind, Error};
use support_core::event::Event;
use support_core::id::{OfferId, TeamId, TicketId};
use support_core::people::{Actor, Capacity, Presence};
use support_core::routing::{AssignHow, OfferState, ReturnCause};
use support_core::store::{OffersOf, Query, Record, Select};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::Status;

use crate::world::{HOST, TENANT, World, fields, id_of, rule};

/// A desk with a team that asks first, and two agents in it.
pub(crate) fn asking() -> (World, TeamId, Actor, Actor) {
    let world = World::standard();
    let team = world.team("Asking", &json!({ "mode": { "ticket": "offer" } }));
    let ann = world.agent_in("Ann", "agent", &[team]);
    let bob = world.agent_in("Bob", "agent", &[team]);
    (world, team, ann, bob)
}

pub(crate) fn opened(world: &World, team: TeamId) -> TicketId {
    let customer = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket::of(customer, "My parcel", "It is a week late.");
    world.run(&HOST, &OpenTicket { team_id: Some(team), ..open }).ticket_id
}

/// The ids of the offers that wait for an agent's answer.
pub(crate) fn asked(world: &World, agent: &Actor) -> Vec<OfferId> {
    block_on(world.desk.offers(agent)).unwrap().into_iter().map(|view| view.offer.id).collect()
}

pub(crate) fn only(world: &World, agent: &Actor) -> OfferId {
    let offers = asked(world, agent);
    assert_eq!(offers.len(), 1);
    offers[0]
}

/// What became of all offers of a ticket, oldest first.
pub(crate) fn history(world: &World, ticket: TicketId) -> Vec<OfferState> {
    let query = Query::new(Select::Offers(OffersOf::Ticket(ticket)), 100);
    let page = block_on(world.desk.store().find(&system_scope(TENANT), &query)).unwrap();
    let state = |record: Record| match record {
        Record::Offer(offer) => offer.state,
        other => panic!("{other:?}"),
    };
    page.items.into_iter().rev().map(state).collect()
}

#[test]
fn an_answer_to_another_version_of_the_ticket_is_refused() {
    let (world, team, ann, _) = asking();
    let ticket = opened(&world, team);
    let offer_id = only(&world, &ann);
    let version = world.ticket(ticket).version;
    let at = |version| Options { if_match: Some(version), once: None };
    let decline = DeclineOffer { offer_id, reason: None };
    let stale = block_on(world.desk.run_with(&ann, &decline, &at(version + 1))).unwrap_err();
    assert!(matches!(stale, Error::Stale { entity: EntityKind::Ticket, .. }), "{stale:?}");
    let stale = block_on(world.desk.run_with(&ann, &AcceptOffer { offer_id }, &at(version + 1))).unwrap_err();
    assert!(matches!(stale, Error::Stale { found, .. } if found == version), "{stale:?}");
    assert_eq!(history(&world, ticket), [OfferState::Open]);
    block_on(world.desk.run_with(&ann, &AcceptOffer { offer_id }, &at(version))).unwrap();
}

#[test]
fn new_work_is_offered_in_the_commit_that_makes_it_and_accepted_by_who_was_asked() {
    let (world, team, ann, bob) = asking();
    let ticket = opened(&world, team);
    let [offer] = block_on(world.desk.offers(&ann)).unwrap().try_into().unwrap();
    assert_eq!((offer.ticket.id, offer.subject.as_deref()), (ticket, Some("My parcel")));
    assert_eq!(offer.offer.why.as_ref().unwrap().decide_again(), Some(id_of(&ann)));
    assert_eq!((world.owner(ticket), world.load(&ann), asked(&world, &bob)), (None, 1, vec![]));
    let offer_id = offer.offer.id;
    assert_eq!(rule(&world.fail(&bob, &AcceptOffer { offer_id })), "not_asked");
    world.run(&ann, &AcceptOffer { offer_id });
    assert_eq!((world.owner(ticket), world.load(&ann)), (Some(id_of(&ann)), 1));
    let (records, _) = block_on(world.desk.assignments(&HOST, ticket, 10, None)).unwrap();
    assert_eq!(records[0].how, AssignHow::Offer);
    assert_eq!(rule(&world.fail(&ann, &AcceptOffer { offer_id })), "offer_gone");
    assert_eq!(asked(&world, &ann), []);
    world.sound();
}

#[test]
fn a_declined_offer_goes_to_the_next_and_comes_back_only_when_nobody_else_is_left() {
    let (world, team, ann, bob) = asking();
    let ticket = opened(&world, team);
    let since = world.ticket(ticket).work.since;
    world.pass(30);
    let decline = DeclineOffer { offer_id: only(&world, &ann), reason: Some("Not my subject.".into()) };
    world.run(&ann, &decline);
    assert_eq!((world.load(&ann), world.load(&bob)), (0, 1));
    assert_eq!(world.ticket(ticket).work.since, since, "it keeps its age");
    world.run(&bob, &DeclineOffer { offer_id: only(&world, &bob), reason: None });
    // Both have declined: it is better asked again than left alone, but other work comes first meanwhile.
    assert_eq!(asked(&world, &ann).len() + asked(&world, &bob).len(), 0);
    let other = opened(&world, team);
    assert_eq!(asked(&world, &ann).len() + asked(&world, &bob).len(), 1);
    assert!(world.ticket(other).offer.is_some());
    world.pass(130);
    assert!(world.ticket(ticket).offer.is_some());
    assert_eq!(&history(&world, ticket)[..2], [OfferState::Declined, OfferState::Declined]);
    world.sound();
}

#[test]
fn an_offer_that_nobody_answers_goes_to_the_next_candidate_at_its_instant() {
    let (world, team, ann, bob) = asking();
    let ticket = opened(&world, team);
    let late = only(&world, &ann);
    world.pass(119);
    assert_eq!(asked(&world, &bob), []);
    world.pass(1);
    assert_eq!((world.load(&ann), world.load(&bob)), (0, 1));
    assert_eq!(rule(&world.fail(&ann, &AcceptOffer { offer_id: late })), "offer_gone");
    world.run(&bob, &AcceptOffer { offer_id: only(&world, &bob) });
    assert_eq!(history(&world, ticket), [OfferState::TimedOut, OfferState::Accepted]);
    world.sound();
}

#[test]
fn an_offer_lasts_as_long_as_its_channel_leaves_for_an_answer() {
    let usual = [(ChannelKind::Phone, 20), (ChannelKind::Chat, 30), (ChannelKind::Email, 120)];
    let plain = [(ChannelKind::Phone, 20), (ChannelKind::Chat, 30), (ChannelKind::Email, 300)];
    let named = [(ChannelKind::Phone, 60), (ChannelKind::Chat, 300), (ChannelKind::Whatsapp, 45)];
    for (settings, expected) in [
        (json!({}), usual),
        (json!({ "offer_seconds": 300 }), plain),
        (json!({ "offer_seconds": 300, "offer_seconds_by_channel": { "phone": 60, "whatsapp": 45 } }), named),
    ] {
        let (world, team, _, _) = asking();
        world.settings(settings);
        let carl = world.customer("Carl");
        for (channel, seconds) in expected {
            let ticket = world.noted(&carl, |open| {
                (open.team_id, open.channel) = (Some(team), channel.clone());
            });
            let offer = block_on(world.desk.explain(&HOST, ticket)).unwrap().offer.unwrap();
            assert_eq!(offer.until, world.desk.now().plus_seconds(seconds), "{channel:?}");
        }
        world.sound();
    }
}

#[test]
fn offers_never_go_over_capacity_and_hold_the_room() {
    let (world, team, ann, bob) = asking();
    for agent in [&ann, &bob] {
        let capacity = support_core::people::Capacity { units: 2, ..Default::default() };
        let change = support_core::desk::UpdateAgent {
            id: Some(id_of(agent)),
            capacity: Some(capacity),
            ..Default::default()
        };
        world.run(&HOST, &change);
    }
    let tickets: Vec<_> = (0..6).map(|_| opened(&world, team)).collect();
    assert_eq!((world.load(&ann), world.load(&bob)), (2, 2));
    for agent in [&ann, &bob] {
        for offer_id in asked(&world, agent) {
            world.run(agent, &AcceptOffer { offer_id });
        }
    }
    assert_eq!((world.load(&ann), world.load(&bob)), (2, 2));
    let owned = tickets.iter().filter(|ticket| world.owner(**ticket).is_some()).count();
    assert_eq!(owned, 4);
    // Room that is freed is offered in order, at once.
    let done = tickets.iter().find(|ticket| world.owner(**ticket) == Some(id_of(&ann))).unwrap();
    world.status(&ann, *done, Status::Resolved);
    assert_eq!(asked(&world, &ann).len(), 1);
    world.sound();
}

#[test]
fn who_goes_away_is_asked_no_more_and_the_work_goes_to_the_next_at_once() {
    for presence in [Presence::Away, Presence::Offline] {
        let (world, team, ann, bob) = asking();
        let ticket = opened(&world, team);
        let offer_id = only(&world, &ann);
        world.presence(&ann, presence);
        assert_eq!((asked(&world, &ann), asked(&world, &bob).len()), (vec![], 1));
        assert_eq!((world.load(&ann), world.load(&bob)), (0, 1));
        assert_eq!(rule(&world.fail(&ann, &AcceptOffer { offer_id })), "offer_gone");
        assert_eq!(history(&world, ticket)[0], OfferState::Withdrawn);
        world.sound();
    }
}

#[test]
fn who_is_busy_keeps_the_offers_and_gets_no_more() {
    let (world, team, ann, bob) = asking();
    let ticket = opened(&world, team);
    world.presence(&ann, Presence::Busy);
    let other = opened(&world, team);
    assert_eq!((asked(&world, &ann).len(), asked(&world, &bob).len()), (1, 1));
    world.run(&ann, &AcceptOffer { offer_id: only(&world, &ann) });
    assert_eq!((world.owner(ticket), world.owner(other)), (Some(id_of(&ann)), None));
    world.sound();
}

#[test]
fn offers_of_one_who_is_deactivated_are_withdrawn() {
    let (world, team, ann, bob) = asking();
    opened(&world, team);
    world.run(&HOST, &DeactivateAgent { id: id_of(&ann) });
    world.tick();
    assert_eq!(asked(&world, &bob).len(), 1);
    world.sound();
}

#[test]
fn work_that_somebody_takes_or_moves_is_on_offer_no_more() {
    let (world, team, ann, bob) = asking();
    let ticket = opened(&world, team);
    world.run(&bob, &Take { ticket_id: ticket });
    assert_eq!((asked(&world, &ann), world.load(&ann), world.load(&bob)), (vec![], 0, 1));
    let moved = opened(&world, team);
    let asked_of = if asked(&world, &ann).is_empty() { &bob } else { &ann };
    let to = Reassign { ticket_id: moved, agent_id: None, team_id: Some(TeamId::DEFAULT), reason: None };
    world.run(&HOST, &to);
    assert_eq!(asked(&world, asked_of), []);
    world.sound();
}

#[test]
fn an_offer_of_overflow_shows_as_much_as_is_needed_to_decide() {
    let world = World::standard();
    let spare = world.team("Spare", &json!({}));
    let asks = json!({ "mode": { "ticket": "offer" }, "overflow_team_ids": [spare] });
    let team = world.team("Asking", &asks);
    let zoe = world.agent_in("Zoe", "agent", &[spare]);
    let ticket = opened(&world, team);
    let [offer] = block_on(world.desk.offers(&zoe)).unwrap().try_into().unwrap();
    assert_eq!(offer.ticket.id, ticket);
    assert!(block_on(world.desk.ticket(&zoe, ticket)).is_err(), "the ticket itself is out of sight");
    world.run(&zoe, &AcceptOffer { offer_id: offer.offer.id });
    assert!(block_on(world.desk.ticket(&zoe, ticket)).is_ok());
    world.sound();
}

#[test]
fn an_offer_says_who_is_asked_and_until_when() {
    let (world, team, ann, _) = asking();
    let ticket = opened(&world, team);
    let explained = block_on(world.desk.explain(&HOST, ticket)).unwrap();
    assert_eq!(explained.waiting, None, "it is on its way to somebody");
    let offer = explained.offer.unwrap();
    assert_eq!((offer.agent, offer.until), (id_of(&ann), world.desk.now().plus_seconds(120)));
}

#[test]
fn unstarted_work_goes_back_when_its_agent_goes_offline_where_the_settings_say_so() {
    for returns in [false, true] {
        let world = World::standard();
        world.settings(json!({ "offline_returns_unstarted": returns }));
        let ann = world.agent("Ann");
        let (begun, unstarted) = (opened(&world, TeamId::DEFAULT), opened(&world, TeamId::DEFAULT));
        world.status(&ann, begun, Status::InProgress);
        world.presence(&ann, Presence::Away);
        assert_eq!(world.owner(unstarted), Some(id_of(&ann)), "who is away comes back");
        world.presence(&ann, Presence::Offline);
        assert_eq!(world.owner(begun), Some(id_of(&ann)));
        assert_eq!(world.owner(unstarted).is_none(), returns);
        world.sound();
    }
}

#[test]
fn a_chat_that_its_agent_does_not_answer_in_time_goes_to_the_next_with_its_age() {
    let world = World::standard();
    world.settings(json!({ "unanswered_return_seconds": { "chat": 120 } }));
    let (ann, ben) = (world.agent("Ann"), world.agent("Ben"));
    let carl = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket::of(carl, "My parcel", "Is anybody there?");
    let chat = world.run(&HOST, &OpenTicket { channel: ChannelKind::Chat, ..open.clone() }).ticket_id;
    let mail = world.run(&HOST, &open).ticket_id;
    let since = world.desk.now();
    let owner = world.owner(chat).unwrap();
    let (first, second) = if owner == id_of(&ann) { (&ann, &ben) } else { (&ben, &ann) };
    let explained = |ticket| block_on(world.desk.explain(&ann, ticket)).unwrap().returns_at;
    assert_eq!(explained(chat), Some(since.plus_seconds(120)));
    assert_eq!(explained(mail), None);
    world.pass(119);
    assert_eq!(world.owner(chat), Some(id_of(first)));
    world.pass(1);
    assert_eq!(world.owner(chat), Some(id_of(second)), "the one who did not answer comes last");
    assert_eq!(world.ticket(chat).work.since, since);
    world.reply(second, chat, "Yes.");
    world.pass(3_600);
    assert_eq!((world.owner(chat), world.owner(mail)), (Some(id_of(second)), Some(id_of(second))));
    let returned: Vec<Event> = world
        .events(chat)
        .into_iter()
        .map(|envelope| envelope.event)
        .filter(|event| matches!(event, Event::WorkReturned { .. }))
        .collect();
    let because = ReturnCause::Unanswered;
    assert_eq!(returned, [Event::WorkReturned { agent: id_of(first), because }]);
    world.sound();
}

#[test]
fn what_everybody_left_unanswered_goes_to_who_did_so_longest_ago() {
    for strategy in ["round_robin", "least_loaded", "skills", "optimal"] {
        let world = World::standard();
        world.settings(json!({ "unanswered_return_seconds": { "chat": 120 } }));
        let team = world.team("Chats", &json!({ "strategy": strategy }));
        for name in ["Ann", "Ben", "Cid"] {
            world.agent_in(name, "agent", &[team]);
        }
        let carl = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
        let open = OpenTicket::of(carl, "My parcel", "Is anybody there?");
        let channel = ChannelKind::Chat;
        let chat = world.run(&HOST, &OpenTicket { channel, team_id: Some(team), ..open }).ticket_id;
        let mut owners = Vec::new();
        for _ in 0..6 {
            owners.push(world.owner(chat).unwrap());
            world.pass(120);
        }
        assert_eq!(owners[..3], owners[3..], "{strategy}");
        assert!(owners[0] != owners[1] && owners[1] != owners[2] && owners[2] != owners[0], "{strategy}");
        world.sound();
    }
}

#[test]
fn who_may_no_longer_have_the_work_cannot_accept_it() {
    type Changes = fn(&World, &Actor);
    let changes: [(&str, Changes); 3] = [
        ("the team", |world, ann| {
            let team_ids = Some(vec![world.team("Other", &json!({}))]);
            world.run(&HOST, &UpdateAgent { id: Some(id_of(ann)), team_ids, ..UpdateAgent::default() });
        }),
        ("the room", |world, ann| {
            let capacity = Some(Capacity { units: 0, ..Capacity::default() });
            world.run(&HOST, &UpdateAgent { id: Some(id_of(ann)), capacity, ..UpdateAgent::default() });
        }),
        ("nothing that lasts", |world, ann| world.presence(ann, Presence::Busy)),
    ];
    for (what, happens) in changes {
        let (world, team, ann, _) = asking();
        let ticket = opened(&world, team);
        let offer_id = only(&world, &ann);
        happens(&world, &ann);
        let accepted = block_on(world.desk.run(&world.actor(id_of(&ann)), &AcceptOffer { offer_id }));
        assert_eq!(accepted.is_ok(), what == "nothing that lasts", "{what}");
        assert_eq!(world.owner(ticket).is_some(), accepted.is_ok(), "{what}");
        world.sound();
    }
}

#[test]
fn declining_one_ticket_again_and_again_does_not_keep_others_from_their_turn() {
    let world = World::standard();
    let team = world.team("Asking", &json!({ "mode": { "ticket": "offer" } }));
    let ann = world.agent_in("Ann", "agent", &[team]);
    let capacity = Some(Capacity { units: 1, ..Capacity::default() });
    world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), capacity, ..UpdateAgent::default() });
    let tickets: Vec<_> = (0..3).map(|_| opened(&world, team)).collect();
    for _ in 0..3 {
        world.run(&ann, &DeclineOffer { offer_id: only(&world, &ann), reason: None });
    }
    for ticket in tickets {
        assert_eq!(history(&world, ticket), [OfferState::Declined], "each was offered once");
    }
    world.sound();
}

#[test]
fn optimal_plans_too_send_what_was_declined_on_to_the_overflow() {
    let world = World::standard();
    let spare = world.team("Spare", &json!({}));
    let asks = json!({
        "mode": { "ticket": "offer" }, "strategy": "optimal", "overflow_team_ids": [spare],
    });
    let team = world.team("Best", &asks);
    let ann = world.agent_in("Ann", "agent", &[team]);
    let zed = world.agent_in("Zed", "agent", &[spare]);
    opened(&world, team);
    world.run(&ann, &DeclineOffer { offer_id: only(&world, &ann), reason: None });
    assert_eq!(asked(&world, &zed).len(), 1);
    world.sound();
}

#[test]
fn an_offer_made_in_the_moment_in_which_its_agent_leaves_is_withdrawn() {
    let (world, team, ann, bob) = asking();
    // What the agent says is decided, and before it is committed an offer is made.
    let away = SetPresence::of(id_of(&ann), Presence::Away);
    let prepared = block_on(world.desk.prepare(&HOST, &away)).unwrap();
    opened(&world, team);
    assert_eq!(asked(&world, &ann).len(), 1);
    block_on(world.desk.store().commit(std::slice::from_ref(&prepared.changes))).unwrap();
    block_on(world.desk.committed(&HOST, &prepared));
    assert_eq!((asked(&world, &ann).len(), asked(&world, &bob).len()), (0, 1));
    world.sound();
}

#[test]
fn a_reason_that_cannot_be_kept_declines_nothing() {
    let (world, team, ann, _) = asking();
    opened(&world, team);
    let offer_id = only(&world, &ann);
    let decline = DeclineOffer { offer_id, reason: Some("x".repeat(1_001)) };
    assert_eq!(fields(&world.fail(&ann, &decline)), ["reason"]);
    assert_eq!(only(&world, &ann), offer_id);
    let carl = world.customer("Cleo");
    assert!(block_on(world.desk.offers(&carl)).is_err());
    assert!(block_on(world.desk.run(&carl, &AcceptOffer { offer_id })).is_err());
}

#[test]
fn after_a_restart_an_offer_still_stands_and_still_times_out() {
    let (world, team, ann, bob) = asking();
    opened(&world, team);
    let offer_id = only(&world, &ann);
    let again = world.restarted(world.desk.store().clone());
    block_on(again.tick()).unwrap();
    assert_eq!(block_on(again.offers(&ann)).unwrap()[0].offer.id, offer_id);
    world.clock.advance(121);
    block_on(again.tick()).unwrap();
    assert_eq!(block_on(again.offers(&bob)).unwrap().len(), 1);
    world.sound();
}

#[test]
fn work_that_is_offered_to_who_gets_it_is_not_counted_twice() {
    let (world, team, ann, bob) = asking();
    world.presence(&bob, Presence::Away);
    world.capacity(&ann, 2);
    let taken = opened(&world, team);
    let handed = opened(&world, team);
    assert_eq!((asked(&world, &ann).len(), world.load(&ann)), (2, 2));
    world.run(&ann, &Take { ticket_id: taken });
    let to_ann = Some(id_of(&ann));
    world.run(&HOST, &Reassign { ticket_id: handed, agent_id: to_ann, team_id: None, reason: None });
    assert_eq!((world.owner(taken), world.owner(handed), world.load(&ann)), (to_ann, to_ann, 2));
    assert_eq!((world.is_over(taken), world.is_over(handed)), (false, false));
    let more = opened(&world, team);
    world.run(&ann, &Take { ticket_id: more });
    assert!(world.is_over(more));
    world.sound();
}

#[test]
fn what_is_on_offer_counts_as_waiting_in_its_queue() {
    let world = World::standard();
    let body = json!({ "mode": { "ticket": "offer" }, "queue_limit": 2, "queue_limit_action": "tag" });
    let team = world.team("Asking", &body);
    let ann = world.agent_in("Ann", "agent", &[team]);
    let tags = |ticket| world.ticket(ticket).tags.len();
    let (first, second) = (opened(&world, team), opened(&world, team));
    assert_eq!((asked(&world, &ann).len(), tags(first), tags(second)), (2, 0, 0));
    let third = opened(&world, team);
    assert_eq!(tags(third), 1, "two wait for her answer");
    world.run(&ann, &AcceptOffer { offer_id: asked(&world, &ann)[0] });
    world.run(&ann, &AcceptOffer { offer_id: asked(&world, &ann)[0] });
    assert_eq!(tags(opened(&world, team)), 0);
    world.sound();
}
