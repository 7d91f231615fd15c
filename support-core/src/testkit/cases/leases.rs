//! Receipts, leases and fences.

use uuid::Uuid;

use crate::people::Customer;
use crate::store::{Claim, Fence, Key, Outcome, Receipt, Store};

use super::super::build::{a_customer, a_receipt, customer_id, instant};
use super::{commit, inserting, outcome, set, stored};

async fn claim(store: &dyn Store, name: &str, holder: u128, now: i64, until: i64) -> Option<u64> {
    let holder = Uuid::from_u128(holder);
    let claim = Claim { name: name.to_owned(), holder, now: instant(now), until: instant(until) };
    let fence = store.claim(&claim).await.unwrap();
    fence.map(|fence| {
        assert_eq!(fence.name, name);
        fence.token
    })
}

async fn under(store: &dyn Store, name: &str, token: u64) -> Outcome {
    let mut set = set();
    set.fence = Some(Fence { name: name.to_owned(), token });
    outcome(store, set).await
}

/// A repeated command answers as the first did, also when it says something else, and does nothing.
pub async fn a_repeated_receipt_answers_the_first(store: &dyn Store) {
    let command = |receipt: Receipt, tags: &[&str]| {
        let tags = tags.iter().map(|tag| super::super::build::word(tag)).collect();
        let mut set = inserting([Customer { tags, ..a_customer(1) }.into()]);
        set.receipt = Some(receipt);
        set
    };
    let first = a_receipt("key");
    commit(store, command(first.clone(), &["first"])).await;
    let other = Receipt { digest: [9; 32], reply: "{}".to_owned(), ..a_receipt("key") };
    for again in [first.clone(), other] {
        let answer = outcome(store, command(again, &["second"])).await;
        assert_eq!(answer, Outcome::Repeated(first.clone()));
    }
    let kept = Customer { tags: vec![super::super::build::word("first")], ..a_customer(1) };
    assert_eq!(stored(store, Key::Customer(customer_id(1))).await, Some(kept.into()));
}

/// A command that failed left nothing behind: the same key may try again.
pub async fn a_refused_command_holds_no_receipt(store: &dyn Store) {
    let mut refused = set();
    refused.replace(3, a_customer(1));
    refused.receipt = Some(a_receipt("key"));
    assert_ne!(outcome(store, refused).await, Outcome::Committed);
    let mut again = inserting([a_customer(1).into()]);
    again.receipt = Some(a_receipt("key"));
    commit(store, again).await;
}

/// While a lease is held nobody else gets it; at its end the next one does, with a higher fence.
pub async fn a_lease_has_one_holder_and_changes_hands_at_its_end(store: &dyn Store) {
    let first = claim(store, "router", 1, 0, 10).await.unwrap();
    assert_eq!(claim(store, "router", 2, 9, 20).await, None);
    let second = claim(store, "router", 2, 10, 20).await.unwrap();
    assert!(second > first);
    assert_eq!(claim(store, "router", 1, 15, 30).await, None);
    assert!(claim(store, "router", 1, 25, 30).await.unwrap() > second);
    assert!(claim(store, "other", 2, 9, 20).await.is_some(), "leases are apart by name");
}

/// A holder who renews, even late, keeps the fence; the new end counts.
pub async fn a_renewal_keeps_the_fence(store: &dyn Store) {
    let fence = claim(store, "router", 1, 0, 10).await;
    assert_eq!(claim(store, "router", 1, 5, 30).await, fence);
    assert_eq!(claim(store, "router", 2, 20, 40).await, None);
    assert_eq!(claim(store, "router", 1, 35, 50).await, fence, "late, but nobody came between");
    assert_eq!(claim(store, "router", 1, 36, 36).await, fence, "given up");
    assert!(claim(store, "router", 2, 36, 60).await > fence);
}

/// Only the newest fence of a lease writes; an older one, a higher one, and one of no lease do not.
pub async fn only_the_newest_fence_writes(store: &dyn Store) {
    assert_eq!(under(store, "router", 1).await, Outcome::Fenced);
    let first = claim(store, "router", 1, 0, 10).await.unwrap();
    assert_eq!(under(store, "router", first).await, Outcome::Committed);
    assert_eq!(under(store, "router", first + 1).await, Outcome::Fenced);
    assert_eq!(under(store, "sweeper", first).await, Outcome::Fenced);
    let second = claim(store, "router", 2, 10, 20).await.unwrap();
    assert_eq!(under(store, "router", first).await, Outcome::Fenced);
    assert_eq!(under(store, "router", second).await, Outcome::Committed);
}
