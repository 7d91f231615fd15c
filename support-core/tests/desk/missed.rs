//! Who lets work go by is set away.

use serde_json::json;
use support_core::conversation::ChannelKind;
use support_core::desk::{
    AcceptOffer, CreateCustomer, DeclineOffer, OpenTicket, Reassign, SetPresence, Take, UpdateAgent,
};
use support_core::event::{Event, Stream};
use support_core::id::{AgentId, OfferId, TeamId, TicketId};
use support_core::people::{Actor, ActorRef, Missed, Presence, WorkKind};
use support_core::routing::OfferState;
use support_core::testkit::block_on;
use support_core::ticket::Status;

use crate::world::{HOST, World, id_of};

fn opened(world: &World, team: TeamId, channel: ChannelKind) -> TicketId {
    let customer = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket::of(customer, "My parcel", "Is anybody there?");
    world.run(&HOST, &OpenTicket { channel, team_id: Some(team), ..open }).ticket_id
}

fn chat(world: &World) -> TicketId {
    opened(world, TeamId::DEFAULT, ChannelKind::Chat)
}

/// What an agent has missed in a row on a channel.
fn row(world: &World, agent: &Actor, channel: &ChannelKind) -> u32 {
    world.state(agent).missed.get(channel).copied().unwrap_or_default()
}

fn presence(world: &World, agent: &Actor) -> Presence {
    world.state(agent).presence
}

/// What happened to an agent, after they were made and came.
fn told(world: &World, agent: &Actor) -> Vec<(ActorRef, Event)> {
    let of_agent = |stream| stream == Stream::Agent(id_of(agent));
    let log = world.log().into_iter().map(|logged| logged.envelope);
    log.filter(|envelope| of_agent(envelope.stream)).skip(2).map(|e| (e.actor, e.event)).collect()
}

fn asked(world: &World, agent: &Actor) -> Vec<OfferId> {
    block_on(world.desk.offers(agent)).unwrap().into_iter().map(|view| view.offer.id).collect()
}

/// A team that asks before it gives, with one agent.
fn asking(world: &World) -> (TeamId, Actor) {
    let team = world.team("Asking", &json!({ "mode": { "ticket": "offer" } }));
    (team, world.agent_in("Ann", "agent", &[team]))
}

#[test]
fn two_agents_who_ignore_a_chat_overnight_are_set_away_and_it_rests_in_the_queue_with_its_age() {
    let world = World::standard();
    let (ann, ben) = (world.agent("Ann"), world.agent("Ben"));
    let chat = chat(&world);
    let since = world.desk.now();
    world.pass(14 * 3_600);
    assert_eq!(world.owner(chat), None);
    assert_eq!((world.ticket(chat).work.since, world.ticket(chat).is_queued()), (since, true));
    let missed = Missed { channel: ChannelKind::Chat, in_a_row: 2 };
    for agent in [&ann, &ben] {
        let state = world.state(agent);
        assert_eq!((state.presence, state.load.units), (Presence::Away, 0));
        assert_eq!(state.away_because(), Some(missed.clone()));
        let first = Event::AgentMissed { missed: Missed { in_a_row: 1, ..missed.clone() } };
        let second = Event::AgentStatusChanged {
            from: Presence::Available,
            to: Presence::Away,
            reason: None,
            by_time: false,
            because: Some(missed.clone()),
        };
        assert_eq!(told(&world, agent), [(ActorRef::SYSTEM, first), (ActorRef::SYSTEM, second)]);
    }
    let returns = world.names(chat).into_iter().filter(|name| *name == "work.returned").count();
    assert_eq!(returns, 4, "each had it twice");
    let explained = block_on(world.desk.explain(&HOST, chat)).unwrap().waiting.unwrap();
    assert_eq!(explained.agents.len(), 2);
    for verdict in explained.agents {
        let away = verdict.away.unwrap();
        assert_eq!(away.missed, missed);
        assert_eq!(away.since, world.state(&world.actor(verdict.agent)).since);
    }
    // In the morning somebody comes back, and has it at once.
    world.presence(&ann, Presence::Available);
    assert_eq!((world.owner(chat), row(&world, &ann, &ChannelKind::Chat)), (Some(id_of(&ann)), 0));
    world.sound();
}

#[test]
fn it_is_said_in_the_commit_in_which_the_work_goes_back() {
    let world = World::standard();
    world.settings(json!({ "away_after_missed": { "chat": 1 } }));
    let ann = world.agent("Ann");
    let chat = chat(&world);
    world.pass(120);
    let log = world.log();
    let place =
        |found: &dyn Fn(&Event) -> bool| log.iter().position(|logged| found(&logged.envelope.event)).unwrap();
    let returned = place(&|event| matches!(event, Event::WorkReturned { .. }));
    let away = place(&|event| matches!(event, Event::AgentStatusChanged { because: Some(_), .. }));
    let between = &log[returned..away];
    assert!(between.iter().all(|logged| logged.envelope.stream == Stream::Ticket(chat)), "{between:?}");
    assert_eq!(log[returned].envelope.at, log[away].envelope.at);
    assert_eq!((presence(&world, &ann), world.owner(chat)), (Presence::Away, None));
    world.sound();
}

#[test]
fn a_restart_in_the_middle_forgets_nothing() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let chat = chat(&world);
    world.pass(120);
    assert_eq!(row(&world, &ann, &ChannelKind::Chat), 1);
    // Nobody else is there: it comes back to her. What she had at the restart does not count.
    world.pass(60);
    let again = World { desk: world.restarted(world.desk.store().clone()), clock: world.clock.clone() };
    again.pass(60);
    assert_eq!(row(&again, &ann, &ChannelKind::Chat), 1);
    again.pass(120);
    assert_eq!((again.owner(chat), presence(&again, &ann)), (None, Presence::Away));
    again.sound();
}

#[test]
fn an_answer_in_between_begins_the_count_anew() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let (first, second) = (chat(&world), chat(&world));
    world.pass(60);
    let third = chat(&world);
    world.pass(30);
    world.reply(&ann, second, "Just a moment.");
    assert_eq!(told(&world, &ann), [], "she has missed nothing yet");
    world.pass(30);
    assert_eq!(row(&world, &ann, &ChannelKind::Chat), 1);
    world.reply(&ann, third, "Yes?");
    assert_eq!(row(&world, &ann, &ChannelKind::Chat), 0);
    let (actor, event) = told(&world, &ann).pop().unwrap();
    assert_eq!(actor, ActorRef::agent(id_of(&ann)));
    assert_eq!(event, Event::AgentTookUp { channel: ChannelKind::Chat });
    world.pass(1_000);
    // The first came back to her once; she missed it again, once in a row.
    let _ = first;
    world.sound();
}

#[test]
fn what_agents_do_of_their_own_begins_the_count_anew_and_what_others_do_does_not() {
    type Does = fn(&World, &Actor, TeamId);
    let accepts: Does = |world, ann, _| {
        world.run(ann, &AcceptOffer { offer_id: asked(world, ann)[0] });
    };
    let declines: Does = |world, ann, _| {
        world.run(ann, &DeclineOffer { offer_id: asked(world, ann)[0], reason: None });
    };
    let takes: Does = |world, ann, _| {
        let ticket_id = block_on(world.desk.offers(ann)).unwrap()[0].ticket.id;
        world.run(ann, &Take { ticket_id });
    };
    let changes_presence: Does = |world, ann, _| world.presence(ann, Presence::Busy);
    let says_it_again: Does = |world, ann, _| {
        world.presence(ann, Presence::Available);
        let only = SetPresence {
            channels: vec![WorkKind::Ticket],
            ..SetPresence::of(id_of(ann), Presence::Available)
        };
        world.run(ann, &only);
    };
    let mails: Does = |world, ann, team| {
        let mail = opened(world, team, ChannelKind::Email);
        world.run(ann, &Take { ticket_id: mail });
        world.reply(ann, mail, "Yes.");
    };
    let is_given: Does = |world, ann, _| {
        let ticket_id = block_on(world.desk.offers(ann)).unwrap()[0].ticket.id;
        world.run(&HOST, &Reassign { ticket_id, agent_id: Some(id_of(ann)), team_id: None, reason: None });
    };
    let changes: Does = |world, ann, _| {
        world.run(&HOST, &UpdateAgent { id: Some(id_of(ann)), performance: Some(90), ..Default::default() });
    };
    let cases = [
        ("accepts", accepts, 0),
        ("declines", declines, 0),
        ("takes", takes, 0),
        ("is busy", changes_presence, 0),
        ("says again that she is there", says_it_again, 1),
        ("answers a mail", mails, 1),
        ("is given it by somebody", is_given, 1),
        ("is changed", changes, 1),
    ];
    for (what, does, left) in cases {
        let world = World::standard();
        let (team, ann) = asking(&world);
        opened(&world, team, ChannelKind::Chat);
        world.pass(120);
        assert_eq!(row(&world, &ann, &ChannelKind::Chat), 1, "{what}");
        opened(&world, team, ChannelKind::Chat);
        does(&world, &world.actor(id_of(&ann)), team);
        assert_eq!(row(&world, &ann, &ChannelKind::Chat), left, "{what}");
        world.sound();
    }
}

#[test]
fn a_channel_counts_for_itself_and_one_that_is_not_named_not_at_all() {
    let world = World::standard();
    let (team, ann) = asking(&world);
    let chat = opened(&world, team, ChannelKind::Chat);
    world.pass(120);
    for _ in 0..3 {
        opened(&world, team, ChannelKind::Email);
    }
    world.status(&HOST, chat, Status::Resolved);
    opened(&world, team, ChannelKind::Whatsapp);
    world.pass(119);
    assert_eq!((row(&world, &ann, &ChannelKind::Chat), presence(&world, &ann)), (1, Presence::Available));
    world.pass(1);
    assert_eq!(world.state(&ann).missed.len(), 1, "mails count nothing");
    assert_eq!(presence(&world, &ann), Presence::Available);
    world.sound();
}

#[test]
fn what_is_missed_on_one_channel_counts_on_no_other() {
    let world = World::standard();
    world.settings(
        json!({ "away_after_missed": { "chat": 2, "whatsapp": 2 }, "offer_seconds_by_channel": {} }),
    );
    let (team, ann) = asking(&world);
    opened(&world, team, ChannelKind::Chat);
    world.pass(120);
    opened(&world, team, ChannelKind::Whatsapp);
    world.pass(119);
    assert_eq!((row(&world, &ann, &ChannelKind::Chat), row(&world, &ann, &ChannelKind::Whatsapp)), (1, 0));
    world.clock.advance(1);
    world.tick();
    assert_eq!((row(&world, &ann, &ChannelKind::Chat), row(&world, &ann, &ChannelKind::Whatsapp)), (1, 1));
    assert_eq!(presence(&world, &ann), Presence::Available);
    let text = opened(&world, team, ChannelKind::Whatsapp);
    world.run(&ann, &Take { ticket_id: text });
    assert_eq!((row(&world, &ann, &ChannelKind::Chat), row(&world, &ann, &ChannelKind::Whatsapp)), (1, 0));
    world.sound();
}

#[test]
fn one_missed_call_is_enough_and_the_other_offers_are_withdrawn_in_the_same_commit() {
    let world = World::standard();
    let (team, ann) = asking(&world);
    let call = opened(&world, team, ChannelKind::Phone);
    world.pass(5);
    let mail = opened(&world, team, ChannelKind::Email);
    let kept = opened(&world, team, ChannelKind::Email);
    let offers = block_on(world.desk.offers(&ann)).unwrap();
    let mine = offers.iter().find(|view| view.ticket.id == kept).unwrap().offer.id;
    world.run(&ann, &AcceptOffer { offer_id: mine });
    world.pass(15);
    assert_eq!((presence(&world, &ann), asked(&world, &ann)), (Presence::Away, vec![]));
    let because = world.state(&ann).away_because();
    assert_eq!(because, Some(Missed { channel: ChannelKind::Phone, in_a_row: 1 }));
    let ended = |ticket| {
        let ended = world.events(ticket).into_iter().find_map(|envelope| match envelope.event {
            Event::OfferEnded { state, .. } => Some((state, envelope.at, envelope.actor)),
            _ => None,
        });
        ended.unwrap()
    };
    let now = world.desk.now();
    assert_eq!(ended(call), (OfferState::TimedOut, now, ActorRef::SYSTEM));
    assert_eq!(ended(mail), (OfferState::Withdrawn, now, ActorRef::SYSTEM));
    assert_eq!(world.owner(kept), Some(id_of(&ann)), "what is hers stays hers");
    assert_eq!(world.load(&ann), 1);
    world.sound();
}

#[test]
fn many_that_time_out_in_one_instant_are_counted_one_after_the_other() {
    let world = World::standard();
    world.settings(json!({ "away_after_missed": { "chat": 3 } }));
    let (team, ann) = asking(&world);
    let chats: Vec<TicketId> = (0..8).map(|_| opened(&world, team, ChannelKind::Chat)).collect();
    assert_eq!(asked(&world, &ann).len(), 8);
    world.clock.advance(120);
    world.tick();
    world.tick();
    assert_eq!((presence(&world, &ann), world.load(&ann)), (Presence::Away, 0));
    assert_eq!(world.state(&ann).away_because().unwrap().in_a_row, 3);
    assert_eq!(told(&world, &ann).len(), 3);
    assert!(chats.iter().all(|chat| world.ticket(*chat).is_queued()));
    world.sound();
}

#[test]
fn who_is_not_there_misses_nothing() {
    for away in [Presence::Away, Presence::Offline] {
        let world = World::standard();
        let ann = world.agent("Ann");
        let chats: Vec<TicketId> = (0..3).map(|_| chat(&world)).collect();
        world.presence(&ann, away);
        world.pass(300);
        assert!(chats.iter().all(|chat| world.owner(*chat).is_none()));
        assert_eq!((presence(&world, &ann), world.state(&ann).away_because()), (away, None));
        assert_eq!(told(&world, &ann).len(), 1);
        world.sound();
    }
}

#[test]
fn who_is_busy_misses_what_they_have_and_no_time_makes_them_available_again() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let chats: Vec<TicketId> = (0..2).map(|_| chat(&world)).collect();
    let until = Some(world.desk.now().plus_seconds(900));
    let busy = SetPresence { until, ..SetPresence::of(id_of(&ann), Presence::Busy) };
    world.run(&HOST, &busy);
    world.pass(1_000);
    assert_eq!((presence(&world, &ann), world.state(&ann).until), (Presence::Away, None));
    assert!(chats.iter().all(|chat| world.owner(*chat).is_none()));
    world.sound();
}

#[test]
fn the_end_of_a_presence_that_ran_out_begins_no_count_anew() {
    let world = World::standard();
    let ann = world.agent("Ann");
    chat(&world);
    let until = Some(world.desk.now().plus_seconds(150));
    world.run(&HOST, &SetPresence { until, ..SetPresence::of(id_of(&ann), Presence::Busy) });
    world.pass(149);
    assert_eq!(row(&world, &ann, &ChannelKind::Chat), 1);
    world.pass(1);
    assert_eq!((presence(&world, &ann), row(&world, &ann, &ChannelKind::Chat)), (Presence::Available, 1));
    world.sound();
}

#[test]
fn an_agent_who_is_set_away_and_says_so_themself_is_away_of_their_own() {
    let world = World::standard();
    world.settings(json!({ "away_after_missed": { "chat": 1 } }));
    let ann = world.agent("Ann");
    let chat = chat(&world);
    world.pass(120);
    assert!(world.state(&ann).away_because().is_some());
    world.presence(&ann, Presence::Away);
    assert_eq!((presence(&world, &ann), world.state(&ann).away_because()), (Presence::Away, None));
    let explained = block_on(world.desk.explain(&HOST, chat)).unwrap().waiting.unwrap();
    assert_eq!(explained.agents[0].away, None);
    world.sound();
}

#[test]
fn without_the_setting_nobody_is_set_away() {
    let world = World::standard();
    world.settings(json!({ "away_after_missed": {} }));
    let (ann, ben) = (world.agent("Ann"), world.agent("Ben"));
    let chat = chat(&world);
    let mut owners: Vec<Option<AgentId>> = Vec::new();
    for _ in 0..6 {
        owners.push(world.owner(chat));
        world.pass(120);
    }
    assert!(owners.iter().all(Option::is_some));
    for agent in [&ann, &ben] {
        assert_eq!((presence(&world, agent), told(&world, agent)), (Presence::Available, vec![]));
    }
    world.sound();
}
