//! Texts of nothing that can be seen are no texts.

use serde_json::{Value, json};

use super::journeys::help;
use crate::world::{HOST, world};

/// Spaces, what has no width, and other characters that leave no trace.
const UNSEEN: [&str; 6] = [
    "\u{200b}",
    "\u{200b}\u{200b} ",
    " \u{feff}\u{a0}",
    "\u{ad}\u{2060}",
    "\u{3164}\u{fe0f}",
    "\u{e0041}\u{e007f}",
];

#[tokio::test]
async fn a_text_of_nothing_visible_is_refused_by_its_field() {
    let world = world().await;
    let id = world.ticket("one").await;
    let (ticket, messages) = (format!("/tickets/{id}"), format!("/tickets/{id}/messages"));
    for unseen in UNSEEN {
        let open = |field: &str| {
            let mut body =
                json!({ "customer_id": world.ann, "subject": "a", "channel": "web", "initial_message": "b" });
            body[field] = json!(unseen);
            body
        };
        for field in ["subject", "initial_message"] {
            let refused = world.post(&world.sue(), "/tickets", open(field)).await;
            assert_eq!(refused.refused_field(), field, "{}", unseen.escape_unicode());
        }
        let subject = json!({ "subject": unseen });
        assert_eq!(world.patch(&world.sue(), &ticket, subject).await.refused_field(), "subject");
        for visibility in ["public", "internal"] {
            let body = json!({ "content": unseen, "visibility": visibility });
            assert_eq!(world.post(&world.sue(), &messages, body).await.refused_field(), "content");
        }
        let field = json!({ "custom_fields": { "k": unseen } });
        assert_eq!(world.patch(&world.sue(), &ticket, field).await.refused_field(), "custom_fields.k");
        let escalate =
            world.post(&world.sue(), &format!("{ticket}/escalate"), json!({ "reason": unseen })).await;
        assert_eq!(escalate.refused_field(), "reason");
        let rule = json!({ "name": "Vip", "type": "vip", "keywords": [unseen], "boost_amount": 5 });
        assert_eq!(world.post(HOST, "/rules", rule).await.refused_field(), "keywords[0]");
        let note = json!({ "name": "Note", "trigger": { "on": ["ticket.created"] }, "actions": [{ "add_note": unseen }] });
        assert!(world.post(HOST, "/automations", note).await.refused_field().starts_with("actions[0]"));
        assert_eq!(world.post(HOST, "/teams", json!({ "name": unseen })).await.refused_field(), "name");
        let rule = json!({ "name": unseen, "type": "vip", "keywords": ["vip"], "boost_amount": 5 });
        assert_eq!(world.post(HOST, "/rules", rule).await.refused_field(), "name");
        let customer = world.post(HOST, "/customers", json!({ "name": unseen })).await;
        assert_eq!(customer.refused_field(), "name");
        for (field, names) in [
            ("skills", json!({ unseen: 1 })),
            ("add_tags", json!([unseen])),
            ("category", json!(unseen)),
            ("language", json!(unseen)),
            ("custom_fields", json!({ unseen: "1" })),
        ] {
            let refused = world.patch(&world.sue(), &ticket, json!({ field: names })).await;
            assert_eq!(refused.refused_field(), field, "{}", unseen.escape_unicode());
        }
    }
    let shown = json!({ "subject": "👍\u{fe0f}" });
    assert_eq!(world.patch(&world.sue(), &ticket, shown).await.is(200)["subject"], "👍\u{fe0f}");
}

#[tokio::test]
async fn a_required_question_is_not_answered_by_a_text_of_nothing_visible() {
    let world = world().await;
    let mut journey = help("main");
    journey["questions"][1]["answer"] = json!({ "text": {} });
    journey["questions"][1]["required"] = json!(true);
    let made = world.post(HOST, "/journeys", journey).await.is(201);
    let path = format!("/journeys/{}", made["id"].as_str().unwrap());
    world.send(HOST, "POST", &format!("{path}/publish"), None, &[]).await.is(200);
    for unseen in UNSEEN {
        let answers = json!({ "answers": { "issue": "order", "order": unseen } });
        for way in ["steps", "submit"] {
            let refused = world.post(&world.ann(), &format!("{path}/{way}"), answers.clone()).await;
            assert_eq!(refused.refused_field(), "answers.order", "{}", unseen.escape_unicode());
        }
    }
    let answers = json!({ "answers": { "issue": "order", "order": "mine" } });
    assert_ne!(world.post(&world.ann(), &format!("{path}/submit"), answers).await.is(201)["id"], Value::Null);
}
