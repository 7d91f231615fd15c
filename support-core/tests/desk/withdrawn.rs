//! Offers that their agents can no longer accept, and work of those who may no longer have it.

use serde_json::json;
use support_core::conversation::ChannelKind;
use support_core::desk::{AcceptOffer, EditTicket, PutTeam, UpdateAgent};
use support_core::event::Event;
use support_core::id::{AgentId, TeamId};
use support_core::people::{Absence, Capacity, Presence};
use support_core::routing::{OfferState, ReturnCause};
use support_core::store::DocumentKind;
use support_core::testkit::block_on;
use support_core::ticket::{Priority, Status};

use crate::offers::{asked, asking, history, only, opened};
use crate::world::{HOST, World, id_of, label};

#[test]
fn an_offer_that_its_agent_can_no_longer_accept_goes_to_the_next_at_once() {
    type Changes = fn(&World, TeamId, AgentId);
    fn change(world: &World, id: AgentId, update: UpdateAgent) {
        world.run(&HOST, &UpdateAgent { id: Some(id), ..update });
    }
    let changes: [(&str, Changes); 6] = [
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
