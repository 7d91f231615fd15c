//! What becomes of the work of an owner who is absent.

use support_core::desk::{CreateAgent, Reassign, SetPresence, UpdateAgent};
use support_core::people::{Absence, Day, Presence, Shift};
use support_core::routing::AssignHow;
use support_core::testkit::block_on;
use support_core::ticket::Status;

use crate::world::{HOST, World, at, id_of};

/// Mondays and Fridays; in November Berlin is an hour ahead of UTC.
fn shift() -> Shift {
    Shift::on_days("Europe/Berlin".parse().unwrap(), &[Day::Mon, Day::Fri], "09:00", "17:00").unwrap()
}

/// Days that meet at midnight.
fn round_the_clock() -> Shift {
    Shift::on_days("Europe/Berlin".parse().unwrap(), &[], "00:00", "24:00").unwrap()
}

/// Lets Ann answer on Friday the 20th and leave, and tells whether she has the ticket when the customer has answered.
fn keeps(shift: Option<Shift>, presence: Presence, until: Option<&str>, answered: &str) -> bool {
    let world = World::standard();
    let ann = world.agent_with(CreateAgent { name: "Ann".into(), shift, ..CreateAgent::default() });
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.reply(&ann, ticket, "Which one?");
    let until = until.map(at);
    world.clock.set(at("2026-11-20T10:00:00Z"));
    if presence != Presence::Available {
        world.run(&HOST, &SetPresence { until, ..SetPresence::of(id_of(&ann), presence) });
    }
    world.clock.set(at(answered));
    world.reply(&carl, ticket, "The red one.");
    world.sound();
    world.owner(ticket) == Some(id_of(&ann))
}

#[test]
fn an_owner_absent_past_the_next_shift_start_loses_what_the_customer_answers() {
    let (away, offline) = (Presence::Away, Presence::Offline);
    for (presence, until, answered, kept) in [
        // Gone for the weekend, back on Monday.
        (offline, None, "2026-11-21T12:00:00Z", true),
        (offline, None, "2026-11-23T08:00:00Z", true),
        (offline, None, "2026-11-23T08:00:01Z", false),
        (away, None, "2026-11-23T12:00:00Z", false),
        // At lunch.
        (away, Some("2026-11-20T11:00:00Z"), "2026-11-20T10:30:00Z", true),
        // Said when: with the shift, and after it.
        (away, Some("2026-11-23T08:00:00Z"), "2026-11-20T10:30:00Z", true),
        (away, Some("2026-11-24T08:00:00Z"), "2026-11-20T10:30:00Z", false),
        // Busy keeps work, and who forgot to sign off is there when the shift begins.
        (Presence::Busy, None, "2026-11-23T12:00:00Z", true),
        (Presence::Available, None, "2026-11-22T12:00:00Z", true),
    ] {
        assert_eq!(keeps(Some(shift()), presence, until, answered), kept, "{presence} {until:?} {answered}");
    }
}

#[test]
fn who_is_always_on_shift_misses_no_start() {
    for always in [None, Some(round_the_clock())] {
        assert!(keeps(always, Presence::Offline, None, "2026-12-20T12:00:00Z"));
    }
}

#[test]
fn who_is_on_leave_from_the_very_start_of_a_shift_is_absent() {
    // So is who would always be there.
    for shift in [shift(), round_the_clock()] {
        let world = World::standard();
        let ann = world.agent_with(CreateAgent {
            name: "Ann".into(),
            shift: Some(shift),
            ..CreateAgent::default()
        });
        let (bob, carl) = (world.agent("Bob"), world.customer("Carl"));
        let ticket = world.opened_by(&carl);
        let to_ann = Reassign { ticket_id: ticket, agent_id: Some(id_of(&ann)), team_id: None, reason: None };
        world.run(&HOST, &to_ann);
        let (from, until) = (at("2026-11-23T08:00:00Z"), at("2026-11-23T16:00:00Z"));
        let absence = Absence { from, until, substitute_id: Some(id_of(&bob)) };
        let absences = Some(vec![absence]);
        world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), absences, ..UpdateAgent::default() });
        world.reply(&ann, ticket, "Which one?");
        world.clock.set(at("2026-11-23T09:00:00Z"));
        world.reply(&carl, ticket, "The red one.");
        assert_eq!(world.owner(ticket), Some(id_of(&bob)));
        world.sound();
    }
}

#[test]
fn what_an_absent_owner_loses_goes_to_the_team_and_says_why() {
    let world = World::standard();
    let ann =
        world.agent_with(CreateAgent { name: "Ann".into(), shift: Some(shift()), ..CreateAgent::default() });
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.reply(&ann, ticket, "Which one?");
    world.presence(&ann, Presence::Offline);
    world.clock.set(at("2026-11-23T10:00:00Z"));
    world.reply(&carl, ticket, "The red one.");
    let lost = world.ticket(ticket);
    assert_eq!((lost.status, lost.assigned_to), (Status::Open, None));
    assert_eq!(lost.work.since, world.desk.now());
    let why = block_on(world.desk.explain(&HOST, ticket)).unwrap();
    let assignment = why.assignment.unwrap();
    assert_eq!((assignment.how, assignment.from), (AssignHow::Absent, Some(id_of(&ann))));
    assert!(why.waiting.is_some());
    // Whoever of the team comes first gets it.
    let ben = world.agent("Ben");
    assert_eq!(world.owner(ticket), Some(id_of(&ben)));
    world.presence(&ann, Presence::Available);
    assert_eq!(world.owner(ticket), Some(id_of(&ben)));
    world.sound();
}

#[test]
fn who_stands_in_may_go_over_capacity_and_it_is_said() {
    let world = World::standard();
    let made = |name: &str| world.agent_with(CreateAgent { name: name.into(), ..CreateAgent::default() });
    let (ann, ben) = (made("Ann"), made("Ben"));
    world.capacity(&ben, 1);
    let carl = world.customer("Carl");
    let tickets = [world.opened_by(&carl), world.opened_by(&carl)];
    for ticket_id in tickets {
        world.run(&HOST, &Reassign { ticket_id, agent_id: Some(id_of(&ann)), team_id: None, reason: None });
    }
    let absences = Some(vec![Absence {
        from: at("2026-11-20T00:00:00Z"),
        until: at("2026-12-20T00:00:00Z"),
        substitute_id: Some(id_of(&ben)),
    }]);
    world.run(&HOST, &UpdateAgent { id: Some(id_of(&ann)), absences, ..UpdateAgent::default() });
    world.clock.set(at("2026-11-21T10:00:00Z"));
    for (ticket, over) in tickets.into_iter().zip([false, true]) {
        world.reply(&carl, ticket, "And now?");
        assert_eq!((world.owner(ticket), world.is_over(ticket)), (Some(id_of(&ben)), over));
    }
    world.sound();
}

#[test]
fn what_a_customer_answers_goes_to_who_stands_in_along_the_chain() {
    let world = World::standard();
    let made = |name: &str| world.agent_with(CreateAgent { name: name.into(), ..CreateAgent::default() });
    let (ann, ben, cid) = (made("Ann"), made("Ben"), made("Cid"));
    let carl = world.customer("Carl");
    let ticket = world.opened_by(&carl);
    world.run(
        &HOST,
        &Reassign { ticket_id: ticket, agent_id: Some(id_of(&ann)), team_id: None, reason: None },
    );
    let leave = |agent: &support_core::people::Actor, substitute| UpdateAgent {
        id: Some(id_of(agent)),
        absences: Some(vec![Absence {
            from: at("2026-11-20T00:00:00Z"),
            until: at("2026-12-20T00:00:00Z"),
            substitute_id: Some(id_of(substitute)),
        }]),
        ..UpdateAgent::default()
    };
    world.run(&HOST, &leave(&ann, &ben));
    world.run(&HOST, &leave(&ben, &cid));
    world.clock.set(at("2026-11-21T10:00:00Z"));
    world.reply(&carl, ticket, "And now?");
    assert_eq!(world.owner(ticket), Some(id_of(&cid)), "Ben is on leave too");
    world.run(&HOST, &leave(&cid, &ann));
    world.reply(&carl, ticket, "Anybody?");
    assert_eq!(world.owner(ticket), None, "nobody of the circle is there");
    world.sound();
}
