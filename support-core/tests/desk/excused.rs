//! Work that goes by and that nobody could have answered counts against nobody.

use serde_json::json;
use support_core::conversation::ChannelKind;
use support_core::desk::{CreateCustomer, OpenTicket, UpdateAgent};
use support_core::id::{TeamId, TicketId};
use support_core::people::{Absence, Actor, Day, Presence, Shift};
use support_core::routing::OfferState;
use support_core::testkit::block_on;

use crate::offers::{asking, history};
use crate::world::{HOST, World, id_of};

fn opened(world: &World, team: TeamId, channel: ChannelKind) -> TicketId {
    let customer = world.run(&HOST, &CreateCustomer::named("Carl")).customer_id;
    let open = OpenTicket::of(customer, "My parcel", "Is anybody there?");
    world.run(&HOST, &OpenTicket { channel, team_id: Some(team), ..open }).ticket_id
}

/// Whether an agent is there, and on how many channels they missed anything.
fn stands(world: &World, agent: &Actor) -> (Presence, usize) {
    let state = world.state(agent);
    (state.presence, state.missed.len())
}

/// How often a ticket went back to its queue.
fn returns(world: &World, ticket: TicketId) -> usize {
    world.names(ticket).into_iter().filter(|name| *name == "work.returned").count()
}

const BLAMELESS: (Presence, usize) = (Presence::Available, 0);

/// A desk on which nobody may miss anything.
fn strict() -> World {
    let world = World::standard();
    world.settings(json!({ "away_after_missed": { "chat": 1, "phone": 1, "email": 1 } }));
    world
}

/// Hours of a Friday in London, where the desk's clock reads 9 in the morning.
fn hours(start: &str, end: &str) -> UpdateAgent {
    let shift = Shift::on_days("Europe/London".parse().unwrap(), &[Day::Fri], start, end).unwrap();
    UpdateAgent { shift: Some(Some(shift)), ..UpdateAgent::default() }
}

#[test]
fn who_is_off_shift_or_absent_misses_nothing() {
    let leave = |world: &World, from: i64, until: i64| {
        let [from, until] = [from, until].map(|seconds| world.desk.now().plus_seconds(seconds));
        let absences = Some(vec![Absence { from, until, substitute_id: None }]);
        UpdateAgent { absences, ..UpdateAgent::default() }
    };
    type Leaves<'a> = &'a dyn Fn(&World) -> UpdateAgent;
    let cases: [(&str, Leaves<'_>, bool); 7] = [
        ("works on", &|_| hours("08:00", "17:00"), true),
        ("went home", &|_| hours("05:00", "08:30"), false),
        ("went home meanwhile", &|_| hours("05:00", "09:01"), false),
        ("came meanwhile", &|_| hours("09:01", "17:00"), false),
        ("is absent", &|world| leave(world, 1, 3_600), false),
        ("was absent at first", &|world| leave(world, 0, 60), false),
        ("will be absent", &|world| leave(world, 121, 3_600), true),
    ];
    for (what, leaves, misses) in cases {
        let world = strict();
        let ann = world.agent("Ann");
        let chat = opened(&world, TeamId::DEFAULT, ChannelKind::Chat);
        world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), ..leaves(&world) });
        world.pass(120);
        assert_eq!(returns(&world, chat), 1, "{what}");
        assert_eq!(stands(&world, &ann) != BLAMELESS, misses, "{what}");
        world.sound();
    }
}

#[test]
fn time_in_which_the_desk_did_not_run_is_nobodys_fault() {
    let (world, team, ann, bob) = asking();
    world.settings(json!({ "away_after_missed": { "chat": 1, "phone": 1 } }));
    world.presence(&bob, Presence::Offline);
    let cleo = world.agent("Cleo");
    let call = opened(&world, team, ChannelKind::Phone);
    let chat = opened(&world, TeamId::DEFAULT, ChannelKind::Chat);
    world.clock.advance(130);
    let again = World { desk: world.restarted(world.desk.store().clone()), clock: world.clock.clone() };
    again.tick();
    assert_eq!(history(&again, call), [OfferState::TimedOut], "its time is over all the same");
    assert_eq!(returns(&again, chat), 1);
    assert_eq!((stands(&again, &ann), stands(&again, &cleo)), (BLAMELESS, BLAMELESS));
    // What rings from now on does count.
    again.presence(&bob, Presence::Available);
    let rings = opened(&again, team, ChannelKind::Phone);
    let asked_now = [&ann, &bob].into_iter().find(|agent| {
        let offers = block_on(again.desk.offers(agent)).unwrap();
        offers.iter().any(|view| view.ticket.id == rings)
    });
    again.pass(20);
    assert_eq!(stands(&again, asked_now.unwrap()), (Presence::Away, 1));
    again.sound();
}

#[test]
fn a_setting_that_is_switched_on_counts_from_then_on() {
    let world = World::standard();
    let ann = world.agent("Ann");
    let mail = opened(&world, TeamId::DEFAULT, ChannelKind::Email);
    world.pass(600);
    let settings = json!({
        "unanswered_return_seconds": { "email": 60 },
        "away_after_missed": { "email": 1 },
    });
    world.settings(settings);
    let at = world.desk.now().plus_seconds(60);
    let explained = block_on(world.desk.explain(&HOST, mail)).unwrap();
    assert_eq!(explained.returns_at, Some(at), "the whole time from now on");
    world.pass(59);
    assert_eq!((world.owner(mail), stands(&world, &ann)), (Some(id_of(&ann)), BLAMELESS));
    world.pass(1);
    assert_eq!((world.owner(mail), stands(&world, &ann)), (None, (Presence::Away, 1)));
    world.sound();
}

#[test]
fn a_setting_that_is_shortened_makes_nobody_miss_what_began_before() {
    let world = World::standard();
    world.settings(json!({
        "unanswered_return_seconds": { "email": 600 },
        "away_after_missed": { "email": 1 },
    }));
    let ann = world.agent("Ann");
    let mail = opened(&world, TeamId::DEFAULT, ChannelKind::Email);
    world.pass(100);
    world.settings(json!({
        "unanswered_return_seconds": { "email": 110 },
        "away_after_missed": { "email": 1 },
    }));
    world.pass(10);
    assert_eq!((returns(&world, mail), stands(&world, &ann)), (1, BLAMELESS));
    // Nobody else is there: it comes back to her, and this time she could know.
    world.pass(109);
    assert_eq!((returns(&world, mail), stands(&world, &ann)), (1, BLAMELESS));
    world.pass(1);
    assert_eq!((returns(&world, mail), stands(&world, &ann)), (2, (Presence::Away, 1)));
    world.sound();
}

#[test]
fn other_settings_put_off_nothing_that_is_not_due() {
    let world = World::standard();
    world.agent("Ann");
    let chat = opened(&world, TeamId::DEFAULT, ChannelKind::Chat);
    world.pass(100);
    world.settings(json!({ "declined_seconds": 600 }));
    world.pass(20);
    assert_eq!(returns(&world, chat), 1);
    world.sound();
}
