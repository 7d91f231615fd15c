//! Many writers and readers at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::event::{ChainHash, Stream, chain};
use crate::people::WorkKind;
use crate::store::{ChangeSet, Cursor, Delta, Key, Logged, Outcome, Record, Store};

use super::super::build::{TENANT, a_receipt, a_state, agent_id, an_agent};
use super::super::{Story, a_ticket, block_on};
use super::{everything, insert, set, stored, whole_log};

const WRITERS: u32 = 4;
const TICKETS: u32 = 8;
const ROUNDS: u32 = 6;

/// Readers who follow the log while many write miss nothing, see nothing twice and see each stream in order.
pub async fn concurrent_commits_never_hide_an_event(store: &dyn Store) {
    let done = AtomicBool::new(false);
    let followed: Vec<Vec<Logged>> = thread::scope(|threads| {
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let done = &done;
                threads.spawn(move || block_on(read_while_others_write(store, done, 3 + reader * 40)))
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| threads.spawn(move || block_on(write_tickets(store, writer))))
            .collect();
        writers.into_iter().for_each(|writer| writer.join().expect("a writer"));
        done.store(true, Ordering::SeqCst);
        readers.into_iter().map(|reader| reader.join().expect("a reader")).collect()
    });
    let log = whole_log(store).await;
    assert_eq!(log.len() as u32, WRITERS * TICKETS * (1 + ROUNDS));
    let mut last: BTreeMap<Stream, u64> = BTreeMap::new();
    let mut hash = ChainHash::genesis(TENANT);
    for logged in &log {
        let seq = last.entry(logged.envelope.stream).or_default();
        *seq += 1;
        assert_eq!(logged.envelope.stream_seq, *seq, "each stream is in order and without gaps");
        hash = chain(&hash, &logged.envelope, &logged.json);
        assert_eq!(logged.hash, hash);
    }
    for followed in followed {
        assert_eq!(followed, log, "a reader who followed saw what a reader sees afterwards");
    }
}

async fn write_tickets(store: &dyn Store, writer: u32) {
    let mut stories: Vec<Story> = (0..TICKETS).map(|ticket| a_ticket(writer * 100 + ticket)).collect();
    let opening: Vec<ChangeSet> = stories.iter().map(|story| story.set(TENANT)).collect();
    let outcomes = store.commit(&opening).await.unwrap();
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Committed));
    for round in 0..ROUNDS {
        for story in &mut stories {
            let more = story.go_on(TENANT, |story| story.asks(&format!("round {round}")));
            assert_eq!(store.commit(&[more]).await.unwrap(), [Outcome::Committed]);
        }
    }
}

async fn read_while_others_write(store: &dyn Store, done: &AtomicBool, limit: u32) -> Vec<Logged> {
    let mut followed = Vec::new();
    let mut after = Cursor::start();
    loop {
        let was_done = done.load(Ordering::SeqCst);
        let page = store.events(&everything(), &after, limit).await.unwrap();
        followed.extend(page.events);
        if page.next == after {
            if was_done {
                return followed;
            }
            thread::yield_now();
        }
        after = page.next;
    }
}

/// Of those who write one record at one revision at the same time, one succeeds each time.
pub async fn one_of_many_rivals_wins(store: &dyn Store) {
    let story = a_ticket(1);
    super::commit(store, story.set(TENANT)).await;
    let won: u32 = thread::scope(|threads| {
        let rival = |number: u32| {
            let mut story = story.clone();
            move || {
                let tried = story.go_on(TENANT, |story| story.assigned(Some(agent_id(number))));
                block_on(store.commit(&[tried])).unwrap()
            }
        };
        let rivals: Vec<_> = (0..8).map(|number| threads.spawn(rival(number))).collect();
        let ends = rivals.into_iter().map(|rival| rival.join().expect("a rival"));
        ends.map(|outcomes| u32::from(outcomes == [Outcome::Committed])).sum()
    });
    assert_eq!(won, 1);
    assert_eq!(whole_log(store).await.len(), 2);
}

/// Deltas of many writers commute: none conflicts, none is lost, and together they stay within the limit.
pub async fn deltas_of_many_writers_add_up(store: &dyn Store) {
    const LIMIT: u32 = 25;
    insert(store, [an_agent(1).into(), a_state(1).into()]).await;
    let given: u32 = thread::scope(|threads| {
        let give = || {
            let delta =
                Delta::Load { agent: agent_id(1), kind: WorkKind::Ticket, change: 1, at_most: Some(LIMIT) };
            let mut set = set();
            set.deltas.push(delta);
            (0..10)
                .map(|_| match block_on(store.commit(std::slice::from_ref(&set))).unwrap().as_slice() {
                    [Outcome::Committed] => 1,
                    [Outcome::Full(agent)] if *agent == agent_id(1) => 0,
                    other => panic!("{other:?}"),
                })
                .sum::<u32>()
        };
        let givers: Vec<_> = (0..4).map(|_| threads.spawn(give)).collect();
        givers.into_iter().map(|giver| giver.join().expect("a giver")).sum()
    });
    assert_eq!(given, LIMIT);
    match stored(store, Key::AgentState(agent_id(1))).await {
        Some(Record::AgentState(state)) => assert_eq!(state.load.units, LIMIT),
        other => panic!("not a state: {other:?}"),
    }
}

/// A command that arrives many times at once is done once, and all but one are told what the first left.
pub async fn a_command_that_arrives_many_times_is_done_once(store: &dyn Store) {
    let done: u32 = thread::scope(|threads| {
        let command = |number: u32| {
            move || {
                let mut set = a_ticket(number).set(TENANT);
                set.receipt = Some(a_receipt("webhook"));
                match block_on(store.commit(&[set])).unwrap().as_slice() {
                    [Outcome::Committed] => 1,
                    [Outcome::Repeated(first)] if *first == a_receipt("webhook") => 0,
                    other => panic!("{other:?}"),
                }
            }
        };
        let arrivals: Vec<_> = (0..8).map(|number| threads.spawn(command(number))).collect();
        arrivals.into_iter().map(|arrival| arrival.join().expect("an arrival")).sum()
    });
    assert_eq!(done, 1);
    assert_eq!(whole_log(store).await.len(), 1);
}
