//! Lists, a ticket, and the ranked queue over many stored tickets.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use support_core::desk::Desk;
use support_core::id::TeamId;
use support_core::people::{Actor, AgentActor};
use support_core::store::{Assignee, Related, TicketFilter, TicketSort};
use support_core::testkit::build::{TENANT, agent_id, an_agent, customer_id, instant, team_id, word};
use support_core::ticket::Status;
use support_core::time::ManualClock;
use support_runtime::RandomIds;

use crate::figures::{Latencies, resident_mib};
use crate::fill::{self, Mix};

/// Times that each page is read; the first three are not counted.
const RUNS: usize = 33;

/// Measures over one database. The file is made where it is not there.
pub(crate) fn run(tickets: u32, mix: Mix, file: &Path) {
    let store = fill::database(file, tickets, mix);
    // A minute lies between two tickets; now is after the last of them.
    let clock = Arc::new(ManualClock::at(instant(i64::from(tickets) * 60)));
    let desk = Desk::new(Arc::new(store), clock, Arc::new(RandomIds::new().unwrap()));
    let size = std::fs::metadata(file).map_or(0, |found| found.len()) >> 20;
    println!("{tickets} tickets ({mix:?}), {size} MiB on the disk");
    let admin = Actor::Host(TENANT);
    let agent = agent_of_two_teams(&[team_id(0), team_id(1)]);
    if mix == Mix::Mostly {
        lists(&desk, &admin, &agent);
        one(&desk, &admin);
    }
    queue(&desk, &admin, &agent);
}

fn agent_of_two_teams(teams: &[TeamId]) -> Actor {
    let mut agent = an_agent(7);
    agent.team_ids = teams.to_vec();
    Actor::Agent(AgentActor::of(TENANT, &agent))
}

fn lists(desk: &Desk, admin: &Actor, agent: &Actor) {
    let filter = |change: &dyn Fn(&mut TicketFilter)| {
        let mut filter = TicketFilter::default();
        change(&mut filter);
        filter
    };
    let open = vec![Status::New, Status::Open, Status::Assigned, Status::InProgress];
    let lists: Vec<(&str, TicketFilter)> = vec![
        ("all", TicketFilter::default()),
        ("open", filter(&|f| f.status = open.clone())),
        ("category", filter(&|f| f.category = Some(word("category-3")))),
        ("assignee", filter(&|f| f.assignee = Some(Assignee::Agent(agent_id(7))))),
        ("without owner", filter(&|f| f.assignee = Some(Assignee::Nobody))),
        ("team", filter(&|f| f.team = Some(team_id(5)))),
        ("own team", filter(&|f| f.team = Some(team_id(0)))),
        ("tag", filter(&|f| f.tag = Some(word("tag-42")))),
        ("customer", filter(&|f| f.customer = Some(customer_id(7)))),
        ("q: common word", filter(&|f| f.words = vec!["order".into()])),
        ("q: rare word", filter(&|f| f.words = vec!["rare7".into()])),
        ("q: two words", filter(&|f| f.words = vec!["order".into(), "word7".into()])),
    ];
    println!("  first page of 25 with texts and people, ms: median, longest of {} (items)", RUNS - 3);
    for (name, filter) in &lists {
        for sort in [TicketSort::Newest, TicketSort::Due] {
            let filter = TicketFilter { sort, ..filter.clone() };
            let cells: Vec<String> = [admin, agent].map(|actor| page(desk, actor, &filter)).into();
            println!("  {name:15} {:8} admin {:22} agent {}", format!("{sort:?}"), cells[0], cells[1]);
        }
    }
}

fn page(desk: &Desk, actor: &Actor, filter: &TicketFilter) -> String {
    let with = Related { texts: true, people: true, last_message: false };
    let mut items = 0;
    let times = timed(|| {
        let page = pollster::block_on(desk.tickets(actor, filter.clone(), 25, None, with)).unwrap();
        items = page.tickets.len();
    });
    format!("{} ({items})", short(&times))
}

fn one(desk: &Desk, admin: &Actor) {
    let filter = TicketFilter { tag: Some(word("tag-42")), ..TicketFilter::default() };
    let found =
        pollster::block_on(desk.tickets(admin, filter, 25, None, Related::default())).unwrap().tickets;
    let mut next = found.iter().cycle();
    let times = timed(|| {
        let ticket = next.next().unwrap().id;
        assert!(!pollster::block_on(desk.ticket_view(admin, ticket, 50)).unwrap().messages.is_empty());
    });
    println!("  a ticket with its messages: {}", short(&times));
}

fn queue(desk: &Desk, admin: &Actor, agent: &Actor) {
    let before = resident_mib("self");
    let begun = Instant::now();
    let depth = pollster::block_on(desk.queue(admin, 25, None, None)).unwrap().depth.depth;
    println!(
        "  the queue of {depth}: read into memory in {:.2} s, {:.0} MiB",
        begun.elapsed().as_secs_f64(),
        resident_mib("self") - before
    );
    for (name, actor) in [("admin", admin), ("agent", agent)] {
        let mut seen = 0;
        let times = timed(|| {
            let page = pollster::block_on(desk.queue(actor, 25, None, None)).unwrap();
            assert!(!page.items.is_empty());
            seen = page.depth.depth;
        });
        println!("  its first page of 25 and its depth, {name} who sees {seen}: {}", short(&times));
    }
}

fn timed(mut what: impl FnMut()) -> Latencies {
    let times = (0..RUNS).map(|_| {
        let begun = Instant::now();
        what();
        begun.elapsed()
    });
    Latencies::of(times.skip(3).collect::<Vec<Duration>>())
}

fn short(times: &Latencies) -> String {
    let ms = |share| times.at(share).as_secs_f64() * 1e3;
    format!("{:.2}, {:.2}", ms(0.5), ms(1.0))
}
