//! Journeys over HTTP.

use serde_json::{Value, json};

use crate::world::world;

pub(crate) fn help(entry_point: &str) -> Value {
    let options =
        json!([{ "value": "order", "text": "My order" }, { "value": "other", "text": "Something else" }]);
    json!({
        "name": "Help", "entry_point": entry_point, "start": "issue",
        "questions": [
            { "id": "issue", "text": "What is it about?", "answer": { "single_choice": { "options": options } },
              "next": [{ "when": { "is": { "question": "issue", "any_of": ["order"] } }, "to": "order" }, { "to": null }] },
            { "id": "order", "text": "Which order?", "answer": { "text": { "pattern": "KC-\\d+" } }, "next": [{ "to": null }] },
        ],
        "ticket": [{ "subject": "{{issue}} {{order}}", "category": "help" }],
    })
}

#[tokio::test]
async fn a_journey_is_made_published_gone_through_and_submitted() {
    let world = world().await;
    let made = world.post("host", "/journeys", help("main")).await.is(201);
    assert_eq!(
        (&made["state"], &made["published_version"], &made["problems"]),
        (&json!("draft"), &json!(null), &json!([]))
    );
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    world.get(&world.ann(), &path).await.is(404);
    let active =
        world.send("host", "POST", &format!("{path}/publish"), None, &[("if-match", "\"1\"")]).await.is(200);
    assert_eq!((&active["state"], &active["published_version"]), (&json!("active"), &json!(1)));
    let seen = world.get(&world.ann(), &path).await.is(200);
    assert_eq!((&seen["name"], seen.get("questions"), seen.get("ticket")), (&json!("Help"), None, None));
    let listed = world.get(&world.ann(), "/journeys?entry_point=main").await.is(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert_eq!(world.get(&world.ann(), "/journeys?entry_point=else").await.is(200)["items"], json!([]));
    let step = async |answers: Value| {
        world.post(&world.ann(), &format!("{path}/steps"), json!({ "answers": answers })).await
    };
    assert_eq!(step(json!({})).await.is(200)["question"]["id"], "issue");
    world.get(&world.ann(), &format!("{path}/progress")).await.is(404);
    let next = step(json!({ "issue": "order" })).await.is(200);
    assert_eq!((&next["question"]["id"], &next["complete"]), (&json!("order"), &json!(false)));
    let kept = world.get(&world.ann(), &format!("{path}/progress")).await.is(200);
    assert_eq!((&kept["answers"], &kept["question"]["id"]), (&json!({ "issue": "order" }), &json!("order")));
    world.get(&world.cid(), &format!("{path}/progress")).await.is(404);
    let whole = json!({ "issue": "order", "order": "KC-7" });
    assert_eq!(step(whole.clone()).await.is(200)["complete"], true);
    let key = [("idempotency-key", "once")];
    let body = json!({ "answers": whole }).to_string();
    let first =
        world.send(&world.ann(), "POST", &format!("{path}/submit"), Some(body.clone()), &key).await.is(201);
    let again = world.send(&world.ann(), "POST", &format!("{path}/submit"), Some(body), &key).await.is(201);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(
        (&first["subject"], &first["category"], &first["channel"]),
        (&json!("My order KC-7"), &json!("help"), &json!("web"))
    );
    assert_eq!(first["journey_answers"]["answers"][1]["answer"], "KC-7");
    let ticket = format!("/tickets/{}", first["id"].as_str().unwrap());
    let read = world.get(&world.sue(), &ticket).await.is(200);
    assert_eq!(read["journey_answers"], first["journey_answers"]);
    world.get(&world.cid(), &ticket).await.is(404);
    world.get(&world.ann(), &format!("{path}/progress")).await.is(404);
}

#[tokio::test]
async fn what_is_wrong_with_answers_is_named() {
    let world = world().await;
    let made = world.post("host", "/journeys", help("main")).await.is(201);
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    world.post("host", &format!("{path}/publish"), json!({})).await.is(200);
    for (answers, field) in [
        (json!({ "issue": "none" }), "answers.issue"),
        (json!({ "issue": "order", "order": "x" }), "answers.order"),
        (json!({ "issue": "other", "order": "KC-1" }), "answers.order"),
        (json!({ "order": "KC-1" }), "answers.order"),
    ] {
        for what in ["steps", "submit"] {
            let body = json!({ "answers": answers });
            assert_eq!(
                world.post(&world.ann(), &format!("{path}/{what}"), body).await.refused_field(),
                field
            );
        }
    }
    let submit = format!("{path}/submit");
    assert_eq!(
        world.post(&world.ann(), &submit, json!({ "answers": {} })).await.refused_field(),
        "answers.issue"
    );
    let other = json!({ "answers": { "issue": "other" } });
    assert_eq!(world.post(&world.sue(), &submit, other.clone()).await.refused_field(), "customer_id");
    let mut given = other.clone();
    given["customer_id"] = json!(world.cid);
    let ticket = world.post(&world.sue(), &submit, given.clone()).await.is(201);
    assert_eq!(ticket["customer_id"], json!(world.cid));
    assert_eq!(world.post(&world.ann(), &submit, given).await.refused_field(), "customer_id");
    let mut made = other;
    made["customer"] = json!({ "name": "Zoe", "email": "zoe@example.org" });
    world.post(&world.sue(), &submit, made).await.is(201);
}

#[tokio::test]
async fn another_journey_at_the_same_place_leaves_the_one_before_gone() {
    let world = world().await;
    let mut paths = Vec::new();
    for _ in 0..2 {
        let made = world.post("host", "/journeys", help("main")).await.is(201);
        let path = format!("/journeys/{}", made["id"].as_str().unwrap());
        world.post("host", &format!("{path}/publish"), json!({})).await.is(200);
        paths.push(path);
    }
    let old = world.get(&world.ann(), &paths[0]).await;
    assert_eq!(old.is(410)["code"], "gone");
    let answers = json!({ "answers": { "issue": "other" } });
    world.post(&world.ann(), &format!("{}/steps", paths[0]), answers.clone()).await.is(410);
    world.post(&world.ann(), &format!("{}/submit", paths[0]), answers.clone()).await.is(410);
    world.post(&world.ann(), &format!("{}/submit", paths[1]), answers).await.is(201);
    assert_eq!(world.get("host", &paths[0]).await.is(200)["state"], "archived");
}

#[tokio::test]
async fn who_has_begun_a_journey_goes_on_though_another_was_published_in_its_place() {
    let world = world().await;
    let publish = async || {
        let made = world.post("host", "/journeys", help("main")).await.is(201);
        let path = format!("/journeys/{}", made["id"].as_str().unwrap());
        world.post("host", &format!("{path}/publish"), json!({})).await.is(200);
        path
    };
    let path = publish().await;
    let [progress, steps, submit] = ["progress", "steps", "submit"].map(|end| format!("{path}/{end}"));
    let begun = json!({ "answers": { "issue": "order" } });
    world.post(&world.ann(), &steps, begun).await.is(200);
    publish().await;
    assert_eq!(world.get(&world.ann(), &progress).await.is(200)["question"]["id"], "order");
    let whole = json!({ "answers": { "issue": "order", "order": "KC-1" } });
    assert_eq!(world.post(&world.ann(), &steps, whole.clone()).await.is(200)["complete"], true);
    world.post(&world.ann(), &submit, whole).await.is(201);
    world.get(&world.ann(), &progress).await.is(410);
}

#[tokio::test]
async fn a_draft_shows_what_keeps_it_from_being_published() {
    let world = world().await;
    let mut body = help("main");
    body["questions"][0]["next"][1]["to"] = json!("nowhere");
    let made = world.post("host", "/journeys", body.clone()).await.is(201);
    let problem = json!({ "field": "questions[0].next[1].to", "problem": "must be a question of the journey, or null" });
    assert_eq!(made["problems"], json!([problem]));
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get("host", &path).await.is(200)["problems"], json!([problem]));
    // To find them, all ways are walked: too much for every journey of a list.
    let listed = world.get("host", "/journeys").await.is(200);
    assert_eq!((&listed["items"][0]["id"], listed["items"][0].get("problems")), (&made["id"], None));
    let refused = world.post("host", &format!("{path}/publish"), json!({})).await;
    assert_eq!(refused.refused_field(), "questions[0].next[1].to");
    body["questions"][0]["answer"] = json!({ "single_choice": {} });
    let put = world.send("host", "PUT", &path, Some(body.to_string()), &[]).await;
    assert_eq!(put.refused_field(), "questions[0].answer.single_choice.options");
    let draft = json!({ "answers": { "issue": "other" }, "customer_id": world.ann });
    let refused = world.post(&world.sue(), &format!("{path}/submit"), draft).await;
    assert_eq!(refused.is(409)["code"], "journey_draft");
    let mut name = help("main");
    name["name"] = json!("He\u{0}lp");
    assert_eq!(world.post("host", "/journeys", name).await.refused_field(), "name");
    let mut when = help("main");
    when["questions"][0]["next"][0]["when"] = json!({});
    let field = world.post("host", "/journeys", when).await.refused_field();
    assert!(field.starts_with("questions[0].next[0].when"), "{field}");
    let unknown = format!("/journeys/{}", uuid::Uuid::nil());
    let sound = help("main").to_string();
    world.send("host", "PUT", &unknown, Some(sound), &[]).await.is(404);
}
