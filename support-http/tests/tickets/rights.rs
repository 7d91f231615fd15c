//! Who gets in, and what they may learn by trying.

use serde_json::{Value, json};

use crate::world::{Answer, world};

/// Every route of tickets with a body that would be sound.
fn routes(id: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let ticket = |what: &str| format!("/tickets/{id}{what}");
    vec![
        ("GET", ticket(""), None),
        ("PATCH", ticket(""), Some(json!({ "priority": "high" }))),
        ("PUT", ticket(""), Some(json!({ "priority": "high" }))),
        ("POST", ticket("/take"), None),
        ("POST", ticket("/reassign"), Some(json!({ "team_id": "00000000-0000-0000-0000-000000000001" }))),
        ("POST", ticket("/escalate"), Some(json!({ "reason": "x" }))),
        ("POST", ticket("/reveal"), Some(json!({ "token": "0".repeat(32), "reason": "x" }))),
        ("POST", ticket("/snooze"), Some(json!({ "until": null }))),
        ("POST", ticket("/reset"), None),
        ("GET", ticket("/messages"), None),
        ("POST", ticket("/messages"), Some(json!({ "content": "x" }))),
        ("GET", ticket("/events"), None),
        ("GET", ticket("/explain"), None),
        ("GET", ticket("/assignments"), None),
        ("GET", ticket("/sla"), None),
    ]
}

fn problem(answer: &Answer) -> Value {
    let mut problem = answer.json();
    problem.as_object_mut().unwrap().remove("request_id").expect("a request id");
    problem
}

#[tokio::test]
async fn nobody_gets_in_unnamed() {
    let world = world().await;
    let id = world.ticket("one").await;
    let lists = ["/tickets", "/tickets/queue", "/tickets/export.csv", "/counts", "/assignments", "/events"];
    let lists = lists.map(|path| ("GET", path.to_owned(), None));
    let posts = ["/tickets", "/tickets/prioritize", "/tickets/bulk-assign"];
    let posts = posts.map(|path| ("POST", path.to_owned(), Some(json!({}))));
    for (method, path, body) in routes(&id).into_iter().chain(lists).chain(posts) {
        let answer = world.send("", method, &path, body.map(|body| body.to_string()), &[]).await;
        assert_eq!(answer.is(401)["code"], "unauthenticated", "{method} {path}");
    }
}

#[tokio::test]
async fn out_of_sight_is_as_if_it_did_not_exist() {
    let world = world().await;
    let hidden = world.ticket("one").await;
    let missing = world.ann.to_string();
    for who in [world.bob(), world.cid()] {
        for ((method, path, body), (_, unknown, _)) in routes(&hidden).into_iter().zip(routes(&missing)) {
            let body = body.map(|body| body.to_string());
            let out = world.send(&who, method, &path, body.clone(), &[]).await;
            let none = world.send(&who, method, &unknown, body, &[]).await;
            if out.status.as_u16() == 403 {
                assert_eq!(problem(&out), problem(&none), "{method} {path}");
                continue;
            }
            out.is(404);
            assert_eq!(problem(&out), problem(&none), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_known_ticket_without_the_right_is_forbidden() {
    let world = world().await;
    let id = world.ticket("one").await;
    let over = json!({ "agent_id": world.amy });
    let answer = world.post(&world.amy(), &format!("/tickets/{id}/reassign"), over).await;
    insta::assert_json_snapshot!("forbidden", problem(&answer));
    let answer = world.patch(&world.ann(), &format!("/tickets/{id}"), json!({ "priority": "high" })).await;
    assert_eq!(answer.is(403)["code"], "forbidden");
    world.send(&world.amy(), "POST", &format!("/tickets/{id}/reset"), None, &[]).await.is(403);
}

#[tokio::test]
async fn who_opens_a_ticket_for_another_team_learns_its_name_alone() {
    let world = world().await;
    let body = json!({
        "customer_id": world.ann, "subject": "Parcel", "channel": "web", "initial_message": "It is late.",
    });
    let opened = world.post(&world.bob(), "/tickets", body).await.is(201);
    assert_eq!(opened.as_object().unwrap().len(), 2);
    world.get(&world.bob(), &format!("/tickets/{}", opened["id"].as_str().unwrap())).await.is(404);
}
