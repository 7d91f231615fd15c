//! Offers of work.

use crate::id::OfferId;
use crate::routing::{Offer, OfferState};
use crate::store::{OffersOf, Query, Record, Select, Store};

use super::super::a_ticket;
use super::super::build::{TENANT, agent_id, instant, offer_id, team_id, ticket_id};
use super::super::full::full_offer;
use super::{commit, everything, insert, walk};

/// Offers come newest first: all of a ticket, and those that wait for the answer of an agent, or of anybody in a team.
pub async fn offers_are_found_by_ticket_and_by_who_is_asked(store: &dyn Store) {
    let mut written: Vec<Offer> = Vec::new();
    for ticket in 1..=2 {
        commit(store, a_ticket(ticket).set(TENANT)).await;
        for part in 0..12_u32 {
            let state = *OfferState::ALL.get(part as usize % OfferState::ALL.len()).expect("a state");
            written.push(Offer {
                id: offer_id(ticket, part),
                ticket_id: ticket_id(ticket),
                agent: agent_id(1 + part % 2),
                team: (part % 3 > 0).then(|| team_id(part % 3)),
                state,
                at: instant(i64::from(part / 2)),
                ended_at: (state != OfferState::Open).then(|| instant(90)),
                ..full_offer()
            });
        }
    }
    insert(store, written.iter().cloned().map(Record::from)).await;
    written.sort_by_key(|offer| std::cmp::Reverse((offer.at, offer.id)));
    let all = [
        OffersOf::Ticket(ticket_id(1)),
        OffersOf::Ticket(ticket_id(3)),
        OffersOf::Agent(agent_id(1)),
        OffersOf::Agent(agent_id(2)),
        OffersOf::Team(team_id(1)),
        OffersOf::Team(team_id(3)),
    ];
    for of in all {
        let fits = |offer: &&Offer| match of {
            OffersOf::Ticket(ticket) => offer.ticket_id == ticket,
            OffersOf::Agent(agent) => offer.agent == agent && offer.state == OfferState::Open,
            OffersOf::Team(team) => offer.team == Some(team) && offer.state == OfferState::Open,
        };
        let expected: Vec<OfferId> = written.iter().filter(fits).map(|offer| offer.id).collect();
        let pages = walk(store, &everything(), Query::new(Select::Offers(of), 2)).await;
        let found = pages.into_iter().flat_map(|page| page.items);
        let found: Vec<OfferId> = found
            .map(|record| match record {
                Record::Offer(offer) => offer.id,
                other => panic!("not an offer: {other:?}"),
            })
            .collect();
        assert_eq!(found, expected, "{of:?}");
    }
}
