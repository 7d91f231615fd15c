//! Journeys: made, published, gone through, left and taken up again, and what they open.

use serde_json::{Value, json};
use support_core::Error;
use support_core::desk::{JourneyStanding, Options, PublishJourney, PutDocument, Requester, SubmitJourney};
use support_core::id::{DocumentId, TeamId, TicketId};
use support_core::journey::{Given, JourneyState};
use support_core::masking::{Kind, MaskSpan};
use support_core::people::{Actor, Permission};
use support_core::store::{DocumentKind, JourneyProgress, Key, StoreExt, Text, TextClass};
use support_core::testkit::{block_on, system_scope};
use support_core::ticket::{FieldValue, Priority, TeamSource};

use crate::faulty::{Fault, FaultyStore};
use crate::world::{HOST, TENANT, World, customer_of, fields, label, rule};

/// What to ask on a refund, with a team where one is given.
fn returns(name: &str, team: Option<TeamId>) -> Value {
    json!({
        "name": name, "entry_point": "main", "start": "issue",
        "questions": [
            {"id": "issue", "text": "What is it about?",
             "answer": {"single_choice": {"options": [{"value": "refund", "text": "A refund"}, {"value": "other", "text": "Something else"}]}},
             "next": [{"when": {"is": {"question": "issue", "any_of": ["refund"]}}, "to": "amount"}, {"to": "more"}]},
            {"id": "amount", "text": "How much did you pay?", "answer": {"number": {"min": 0}}, "next": [{"to": "more"}]},
            {"id": "more", "text": "Tell us more.", "answer": {"text": {}}, "required": false, "next": [{"to": null}]},
        ],
        "ticket": [
            {"subject": "{{issue}}: {{more|no details}}", "tags": ["journey"], "category": "returns",
             "custom_fields": {"paid": {"answer": "amount"}}},
            {"when": {"at_least": {"question": "amount", "number": 100}}, "priority": "high", "skills": {"billing": 3},
             "team_id": team},
        ],
    })
}

#[allow(clippy::needless_pass_by_value, reason = "`json!` is read more easily without a borrow")]
fn given(answers: Value) -> Given {
    answers.as_object().unwrap().clone().into_iter().collect()
}

fn published(world: &World, body: Value) -> DocumentId {
    let id = world.put(DocumentKind::Journey, body);
    world.run(&HOST, &PublishJourney { id });
    id
}

fn submit(id: DocumentId, answers: Value) -> SubmitJourney {
    SubmitJourney { id, requester: Requester::Myself, answers: given(answers) }
}

fn step(world: &World, actor: &Actor, id: DocumentId, answers: Value) -> Result<JourneyStanding, Error> {
    block_on(world.desk.step_journey(actor, id, &given(answers)))
}

fn asked(standing: &JourneyStanding) -> Option<&str> {
    standing.question.as_ref().map(|question| question.id.as_str())
}

/// What masking found in a text, with the masks that stand there.
fn masks(text: &Text) -> Vec<(Kind, String)> {
    let body = text.body.as_deref().unwrap();
    let at = |span: &MaskSpan| body.get(span.start as usize..span.end as usize).unwrap().to_owned();
    text.masked.iter().map(|span| (span.kind.clone(), at(span))).collect()
}

fn text(world: &World, id: support_core::id::TextId) -> Text {
    block_on(world.desk.store().one(&system_scope(TENANT), Key::Text(id))).unwrap().unwrap()
}

fn answers_of(world: &World, ticket: TicketId) -> Value {
    let journey = world.ticket(ticket).journey.unwrap();
    serde_json::from_str(&text(world, journey.answers).body.unwrap()).unwrap()
}

#[test]
fn a_customer_goes_through_a_journey_and_opens_a_ticket_with_what_was_said() {
    let world = World::standard();
    let billing = world.team("Billing", &json!({}));
    let id = published(&world, returns("Returns", Some(billing)));
    let carl = world.customer("Carl");
    assert_eq!(asked(&step(&world, &carl, id, json!({})).unwrap()), Some("issue"));
    assert_eq!(asked(&step(&world, &carl, id, json!({"issue": "refund"})).unwrap()), Some("amount"));
    let answers = json!({"issue": "refund", "amount": 120.5, "more": "It broke."});
    assert_eq!(asked(&step(&world, &carl, id, answers.clone()).unwrap()), None);
    let ticket = world.run(&carl, &submit(id, answers)).ticket_id;
    let opened = world.ticket(ticket);
    assert_eq!(text(&world, opened.subject).body.unwrap(), "A refund: It broke.");
    assert_eq!(opened.customer_id, customer_of(&carl));
    assert_eq!((opened.priority, opened.category), (Priority::High, Some(label("returns"))));
    assert!(opened.tags.contains(&label("journey")));
    assert_eq!(opened.work.skills, [(label("billing"), 3)]);
    assert_eq!(opened.custom_fields[&label("paid")], FieldValue::Number(120.5));
    assert_eq!((opened.team_id, opened.brand_id), (Some(billing), None));
    assert_eq!(opened.journey.unwrap().journey.id, id);
    let said = answers_of(&world, ticket);
    assert_eq!(
        said[0],
        json!({"question": "issue", "text": "What is it about?", "answer": "refund", "wording": "A refund"})
    );
    assert_eq!((&said[1]["answer"], &said[2]["wording"]), (&json!(120.5), &json!("It broke.")));
    assert_eq!(
        world.said(&carl, ticket),
        ["What is it about?\nA refund\n\nHow much did you pay?\n120.5\n\nTell us more.\nIt broke."]
    );
    world.sound();
}

#[test]
fn what_is_submitted_is_checked_from_the_start() {
    let world = World::standard();
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    for (answers, field) in [
        (json!({}), "answers.issue"),
        (json!({"issue": "refund", "more": "x"}), "answers.more"),
        (json!({"issue": "refund", "amount": -1, "more": "x"}), "answers.amount"),
        (json!({"issue": "other", "amount": 1, "more": "x"}), "answers.amount"),
        (json!({"issue": "other"}), "answers.more"),
    ] {
        assert_eq!(fields(&world.fail(&carl, &submit(id, answers.clone()))), [field], "{answers}");
        if !answers.as_object().unwrap().is_empty() && answers != json!({"issue": "other"}) {
            assert_eq!(fields(&step(&world, &carl, id, answers).unwrap_err()), [field]);
        }
    }
    world.run(&carl, &submit(id, json!({"issue": "other", "more": null})));
    world.sound();
}

#[test]
fn what_must_not_be_stored_is_masked_in_answers_and_in_all_that_is_made_of_them() {
    let world = World::standard();
    let body = json!({
        "name": "Check", "entry_point": "main", "start": "pin",
        "questions": [
            {"id": "pin", "text": "What is your PIN?", "answer": {"number": {}}, "next": [{"to": "card"}]},
            {"id": "card", "text": "Which card?", "answer": {"text": {}}, "next": [{"to": null}]},
        ],
        "ticket": [{"subject": "{{pin}} {{card}}", "custom_fields": {"pin": {"answer": "pin"}, "card": {"answer": "card"}}}],
    });
    let id = published(&world, body);
    let carl = world.customer("Carl");
    let answers = json!({"pin": 4711, "card": "4111 1111 1111 1111"});
    step(&world, &carl, id, answers.clone()).unwrap();
    let kept = block_on(world.desk.journey_progress(&carl, id)).unwrap();
    assert_eq!(asked(&kept), Some("pin"), "a masked number is asked for again");
    let begun: Vec<(Kind, String)> = {
        let key = Key::JourneyProgress(customer_of(&carl), id);
        let progress: JourneyProgress =
            block_on(world.desk.store().one(&system_scope(TENANT), key)).unwrap().unwrap();
        masks(&text(&world, progress.answers.unwrap()))
    };
    let (pin, card) = ((Kind::Pin, "****".to_owned()), (Kind::Card, "****".to_owned()));
    assert_eq!(begun, [card.clone(), pin.clone()], "by question");
    let ticket = world.run(&carl, &submit(id, answers)).ticket_id;
    let opened = world.ticket(ticket);
    let answered = text(&world, opened.journey.as_ref().unwrap().answers);
    assert_eq!(masks(&answered), [pin.clone(), pin, card.clone(), card], "each answer and its wording");
    let said = answers_of(&world, ticket).to_string();
    let mut all = vec![said, text(&world, opened.subject).body.unwrap()];
    all.extend(world.said(&HOST, ticket));
    all.extend(opened.custom_fields.values().map(|field| text(&world, field.text().unwrap()).body.unwrap()));
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|text| !text.contains("4711") && !text.contains("1111")), "{all:?}");
    let log = serde_json::to_string(&world.events(ticket)).unwrap();
    assert!(!log.contains("4711") && !log.contains("PIN"));
    world.sound();
}

#[test]
fn an_abandoned_journey_is_taken_up_days_later_in_the_version_that_was_begun() {
    let world = World::standard();
    let id = published(&world, returns("Returns", None));
    let (carl, dora) = (world.customer("Carl"), world.customer("Dora"));
    assert!(matches!(block_on(world.desk.journey_progress(&carl, id)), Err(Error::NotFound(_))));
    step(&world, &carl, id, json!({"issue": "refund"})).unwrap();
    step(&world, &carl, id, json!({"issue": "refund", "amount": 5})).unwrap();
    // The question of the amount is gone for those who come later.
    let mut shorter = returns("Returns", None);
    shorter["questions"].as_array_mut().unwrap().remove(1);
    shorter["questions"][0]["next"] = json!([{"to": "more"}]);
    shorter["ticket"] = json!([]);
    world.run(&HOST, &PutDocument::at(id, DocumentKind::Journey, shorter));
    world.run(&HOST, &PublishJourney { id });
    world.pass(5 * 86_400);
    let kept = block_on(world.desk.journey_progress(&carl, id)).unwrap();
    assert_eq!((asked(&kept), kept.journey.version, kept.answers.len()), (Some("more"), 1, 2));
    assert_eq!(asked(&step(&world, &dora, id, json!({"issue": "refund"})).unwrap()), Some("more"));
    let whole = json!({"issue": "refund", "amount": 5, "more": null});
    let ticket = world.run(&carl, &submit(id, whole)).ticket_id;
    assert_eq!(world.ticket(ticket).journey.unwrap().journey.version, 1);
    assert!(
        matches!(block_on(world.desk.journey_progress(&carl, id)), Err(Error::NotFound(_))),
        "it is over"
    );
    assert_eq!(asked(&step(&world, &carl, id, json!({"issue": "refund"})).unwrap()), Some("more"));
    world.sound();
}

#[test]
fn what_was_begun_is_forgotten_after_its_time_with_every_word_of_it() {
    let world = World::standard();
    world.settings(json!({"journey_retention_seconds": 86_400}));
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    step(&world, &carl, id, json!({"issue": "other"})).unwrap();
    world.pass(40_000);
    step(&world, &carl, id, json!({"issue": "other", "more": "a secret"})).unwrap();
    let progress = || {
        let key = Key::JourneyProgress(customer_of(&carl), id);
        block_on(world.desk.store().one::<support_core::store::JourneyProgress>(&system_scope(TENANT), key))
            .unwrap()
            .unwrap()
    };
    let kept = text(&world, progress().answers.unwrap());
    assert_eq!((kept.class, kept.ticket), (TextClass::Internal, None));
    assert!(kept.body.unwrap().contains("a secret"));
    // Time counts from the last step.
    world.pass(86_399);
    assert!(block_on(world.desk.journey_progress(&carl, id)).is_ok());
    let before = progress().answers.unwrap();
    world.pass(1);
    assert!(matches!(block_on(world.desk.journey_progress(&carl, id)), Err(Error::NotFound(_))));
    assert_eq!(progress().answers, None);
    assert_eq!(text(&world, before).body, None);
    world.sound();
}

#[test]
fn one_journey_is_active_at_a_place_and_the_one_before_is_archived_with_it() {
    let world = World::standard();
    let first = published(&world, returns("First", None));
    let second = world.put(DocumentKind::Journey, returns("Second", None));
    let elsewhere = {
        let mut body = returns("Elsewhere", None);
        body["entry_point"] = json!("checkout");
        published(&world, body)
    };
    let carl = world.customer("Carl");
    let state = |id| block_on(world.desk.journey(&HOST, id)).unwrap().state;
    assert_eq!((state(first), state(second)), (JourneyState::Active, JourneyState::Draft));
    assert!(
        matches!(step(&world, &carl, second, json!({})), Err(Error::NotFound(_))),
        "a draft is not there"
    );
    assert_eq!(asked(&step(&world, &HOST, second, json!({})).unwrap()), Some("issue"), "staff try drafts");
    let for_carl = SubmitJourney {
        requester: Requester::Customer(customer_of(&carl)),
        ..submit(second, json!({"issue": "other", "more": null}))
    };
    assert_eq!(rule(&world.fail(&HOST, &for_carl)), "journey_draft");
    world.run(&HOST, &PublishJourney { id: second });
    assert_eq!(
        (state(first), state(second), state(elsewhere)),
        (JourneyState::Archived, JourneyState::Active, JourneyState::Active)
    );
    for actor in [&carl, &HOST] {
        assert!(matches!(step(&world, actor, first, json!({})), Err(Error::Gone(_))));
        assert!(matches!(world.fail(actor, &submit(first, json!({}))), Error::Gone(_)));
    }
    let (listed, _) = block_on(world.desk.journeys(&carl, None, None, 10, None)).unwrap();
    let names: Vec<&str> = listed.iter().map(|view| view.spec.name.as_str()).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"Second") && names.contains(&"Elsewhere"), "{names:?}");
    // The first one can come back.
    world.run(&HOST, &PublishJourney { id: first });
    assert_eq!((state(first), state(second)), (JourneyState::Active, JourneyState::Archived));
    world.sound();
}

#[test]
fn who_has_begun_goes_on_though_another_journey_was_published_in_its_place() {
    let world = World::standard();
    world.settings(json!({"journey_retention_seconds": 86_400}));
    let first = published(&world, returns("First", None));
    let (carl, dora, emma) = (world.customer("Carl"), world.customer("Dora"), world.customer("Emma"));
    step(&world, &carl, first, json!({"issue": "refund"})).unwrap();
    step(&world, &emma, first, json!({"issue": "other"})).unwrap();
    let second = published(&world, returns("Second", None));
    let kept = block_on(world.desk.journey_progress(&carl, first)).unwrap();
    assert_eq!((asked(&kept), kept.journey.version, kept.answers.len()), (Some("amount"), 1, 1));
    let next = step(&world, &carl, first, json!({"issue": "refund", "amount": 5})).unwrap();
    assert_eq!((asked(&next), next.journey.version), (Some("more"), 1));
    // Who has not begun meets what is published, and staff do too.
    for actor in [&dora, &HOST] {
        assert!(matches!(step(&world, actor, first, json!({})), Err(Error::Gone(_))));
    }
    assert!(matches!(block_on(world.desk.journey_progress(&dora, first)), Err(Error::Gone(_))));
    assert_eq!(asked(&step(&world, &dora, second, json!({})).unwrap()), Some("issue"));
    let whole = json!({"issue": "refund", "amount": 5, "more": null});
    let ticket = world.run(&carl, &submit(first, whole.clone())).ticket_id;
    assert_eq!(world.ticket(ticket).journey.unwrap().journey.id, first);
    // It is over for who has ended it, and for whom its time is over.
    assert!(matches!(world.fail(&carl, &submit(first, whole)), Error::Gone(_)));
    assert!(matches!(step(&world, &carl, first, json!({"issue": "other"})), Err(Error::Gone(_))));
    assert!(block_on(world.desk.journey_progress(&emma, first)).is_ok());
    world.pass(86_400);
    assert!(matches!(step(&world, &emma, first, json!({"issue": "other"})), Err(Error::Gone(_))));
    assert!(matches!(block_on(world.desk.journey_progress(&emma, first)), Err(Error::Gone(_))));
    world.sound();
}

#[test]
fn a_changed_journey_meets_customers_only_once_it_is_published() {
    let world = World::standard();
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    world.run(&HOST, &PutDocument::at(id, DocumentKind::Journey, returns("Better returns", None)));
    let staff = block_on(world.desk.journey(&HOST, id)).unwrap();
    assert_eq!((staff.version, staff.published_version, staff.state), (2, Some(1), JourneyState::Active));
    assert_eq!(block_on(world.desk.journey(&carl, id)).unwrap().spec.name, "Returns");
    let stale = Options { if_match: Some(1), once: None };
    assert!(matches!(
        block_on(world.desk.run_with(&HOST, &PublishJourney { id }, &stale)),
        Err(Error::Stale { .. })
    ));
    let reply = world.run(&HOST, &PublishJourney { id });
    assert_eq!((reply.document_id, reply.version), (id, 2));
    assert_eq!(block_on(world.desk.journey(&carl, id)).unwrap().spec.name, "Better returns");
}

#[test]
fn a_draft_may_have_flaws_that_no_published_journey_has() {
    let world = World::standard();
    let mut body = returns("Returns", None);
    body["questions"][0]["next"][1]["to"] = json!("nowhere");
    let id = world.put(DocumentKind::Journey, body.clone());
    assert_eq!(fields(&world.fail(&HOST, &PublishJourney { id })), ["questions[0].next[1].to"]);
    body["questions"][0]["next"][1]["to"] = json!("issue");
    world.run(&HOST, &PutDocument::at(id, DocumentKind::Journey, body.clone()));
    assert_eq!(fields(&world.fail(&HOST, &PublishJourney { id })), ["questions[0].next[1].to"]);
    body["questions"][0]["text"] = json!(" ");
    let error = world.fail(&HOST, &PutDocument::at(id, DocumentKind::Journey, body));
    assert_eq!(fields(&error), ["questions[0].text"], "a part that cannot be is refused at once");
    let team = TeamId::from_uuid(uuid::Uuid::from_u128(99));
    let error = world.fail(&HOST, &PutDocument::new(DocumentKind::Journey, returns("Returns", Some(team))));
    assert_eq!(fields(&error), ["ticket[1].team_id"]);
}

#[test]
fn a_journey_stays_at_its_place_and_is_kept() {
    let world = World::standard();
    let id = world.put(DocumentKind::Journey, returns("Returns", None));
    let mut moved = returns("Returns", None);
    moved["entry_point"] = json!("checkout");
    let moved = PutDocument::at(id, DocumentKind::Journey, moved);
    assert_eq!(fields(&world.fail(&HOST, &moved)), ["entry_point"]);
    let retired =
        PutDocument { retired: true, ..PutDocument::at(id, DocumentKind::Journey, returns("Returns", None)) };
    assert_eq!(rule(&world.fail(&HOST, &retired)), "journey_kept");
    let by_hand = PutDocument::new(DocumentKind::JourneyEntry, json!({}));
    assert_eq!(fields(&world.fail(&HOST, &by_hand)), ["kind"]);
}

#[test]
fn who_may_publish_and_for_whom_staff_submit() {
    let world = World::standard();
    let (agent, boss) = (world.agent("Ann"), world.agent_in("Ada", "admin", &[]));
    let make = PutDocument::new(DocumentKind::Journey, returns("Returns", None));
    assert!(matches!(world.fail(&agent, &make), Error::Forbidden(Permission::JourneyManage)));
    let id = world.run(&boss, &make).document_id;
    assert!(matches!(
        world.fail(&agent, &PublishJourney { id }),
        Error::Forbidden(Permission::JourneyManage)
    ));
    world.run(&boss, &PublishJourney { id });
    let carl = world.customer("Carl");
    assert!(matches!(world.fail(&carl, &PublishJourney { id }), Error::NotFound(_)));
    let answers = json!({"issue": "other", "more": null});
    assert_eq!(fields(&world.fail(&agent, &submit(id, answers.clone()))), ["customer_id"]);
    let for_carl =
        SubmitJourney { requester: Requester::Customer(customer_of(&carl)), ..submit(id, answers.clone()) };
    let ticket = world.run(&agent, &for_carl).ticket_id;
    assert_eq!(world.ticket(ticket).customer_id, customer_of(&carl));
    let dora = world.customer("Dora");
    assert_eq!(fields(&world.fail(&dora, &for_carl)), ["customer_id"]);
    assert!(matches!(block_on(world.desk.journey_progress(&agent, id)), Err(Error::NotFound(_))));
    world.sound();
}

#[test]
fn a_ticket_gets_its_team_from_who_opens_it_else_the_journey_else_the_category_else_the_default() {
    let world = World::standard();
    let (billing, returning) = (world.team("Billing", &json!({})), world.team("Returning", &json!({})));
    world.settings(json!({"category_teams": {"returns": returning}}));
    let id = published(&world, returns("Returns", Some(billing)));
    let carl = world.customer("Carl");
    let source = |ticket: TicketId| {
        let created = &world.events(ticket)[0].event;
        match created {
            support_core::event::Event::TicketCreated { team_id, team_by, .. } => {
                (team_by.unwrap(), team_id.unwrap())
            }
            other => panic!("{other:?}"),
        }
    };
    let dear = json!({"issue": "refund", "amount": 100, "more": null});
    assert_eq!(source(world.run(&carl, &submit(id, dear)).ticket_id), (TeamSource::Journey, billing));
    let cheap = json!({"issue": "refund", "amount": 99, "more": null});
    assert_eq!(source(world.run(&carl, &submit(id, cheap)).ticket_id), (TeamSource::Category, returning));
    assert_eq!(source(world.opened_by(&carl)), (TeamSource::Default, TeamId::DEFAULT));
    let noted = world.noted(&carl, |open| {
        open.category = Some(label("returns"));
        open.team_id = Some(billing);
    });
    assert_eq!(source(noted), (TeamSource::Given, billing));
    let strange = PutDocument::new(
        DocumentKind::Settings,
        json!({"category_teams": {"x": TeamId::from_uuid(uuid::Uuid::from_u128(9))}}),
    );
    assert_eq!(fields(&world.fail(&HOST, &strange)), ["category_teams.x"]);
    world.sound();
}

#[test]
fn erasing_a_ticket_erases_what_was_answered() {
    let world = World::standard();
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    let ticket = world.run(&carl, &submit(id, json!({"issue": "other", "more": "secret"}))).ticket_id;
    let answers = world.ticket(ticket).journey.unwrap().answers;
    let kind = support_core::ticket::SetAsideKind::Deleted;
    world.run(&HOST, &support_core::desk::SetAsideTicket { ticket_id: ticket, kind });
    world.pass(31 * 86_400);
    assert_eq!(text(&world, answers).body, None);
    world.sound();
}

#[test]
fn who_begins_two_journeys_goes_on_in_each_of_them() {
    let world = World::standard();
    world.settings(json!({"journey_retention_seconds": 86_400}));
    let main = published(&world, returns("Returns", None));
    let mut other = returns("Other returns", None);
    other["entry_point"] = json!("help");
    let help = published(&world, other);
    let carl = world.customer("Carl");
    let kept = |id| block_on(world.desk.journey_progress(&carl, id)).map(|kept| kept.answers.len());
    step(&world, &carl, main, json!({"issue": "refund", "amount": 5})).unwrap();
    world.pass(1_000);
    step(&world, &carl, help, json!({"issue": "other"})).unwrap();
    assert_eq!((kept(main).unwrap(), kept(help).unwrap()), (2, 1));
    // Each is forgotten in its own time, and ended by its own ticket.
    world.pass(85_400);
    assert!(matches!(kept(main), Err(Error::NotFound(_))));
    assert_eq!(kept(help).unwrap(), 1);
    step(&world, &carl, main, json!({"issue": "refund"})).unwrap();
    world.run(&carl, &submit(help, json!({"issue": "other", "more": null})));
    assert_eq!(kept(main).unwrap(), 1);
    assert!(matches!(kept(help), Err(Error::NotFound(_))));
    world.sound();
}

#[test]
fn two_journeys_that_end_at_one_instant_are_both_forgotten() {
    let world = World::standard();
    world.settings(json!({"journey_retention_seconds": 86_400}));
    let main = published(&world, returns("Returns", None));
    let mut other = returns("Other returns", None);
    other["entry_point"] = json!("help");
    let help = published(&world, other);
    let carl = world.customer("Carl");
    let progress = |journey| {
        let key = Key::JourneyProgress(customer_of(&carl), journey);
        block_on(world.desk.store().one::<support_core::store::JourneyProgress>(&system_scope(TENANT), key))
            .unwrap()
            .unwrap()
    };
    for id in [main, help] {
        step(&world, &carl, id, json!({"issue": "other", "more": "a secret"})).unwrap();
    }
    let texts = [main, help].map(|id| progress(id).answers.unwrap());
    world.pass(86_400);
    assert_eq!([main, help].map(|id| progress(id).answers), [None, None]);
    assert_eq!(texts.map(|id| text(&world, id).body), [None, None]);
    world.sound();
}

#[test]
fn steps_that_cross_each_other_for_ever_are_refused_and_not_half_kept() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    step(&world, &carl, id, json!({"issue": "refund"})).unwrap();
    store.set(Fault::CrossedSteps);
    let crossed = step(&world, &carl, id, json!({"issue": "refund", "amount": 5})).unwrap_err();
    assert_eq!(rule(&crossed), "journey_crossed");
    store.set(Fault::None);
    let kept = block_on(world.desk.journey_progress(&carl, id)).unwrap();
    assert_eq!(asked(&kept), Some("amount"));
    world.sound();
}

#[test]
fn what_was_begun_leads_to_one_ticket_however_many_submit_it_at_once() {
    let world = World::standard();
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    let answers = json!({"issue": "other", "more": "It broke."});
    step(&world, &carl, id, answers.clone()).unwrap();
    let all_at_once = std::thread::scope(|scope| {
        let one = || block_on(world.desk.run(&carl, &submit(id, answers.clone())));
        let all: Vec<_> = (0..20).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let (opened, refused): (Vec<_>, Vec<_>) = all_at_once.into_iter().partition(Result::is_ok);
    assert_eq!(opened.len(), 1);
    assert!(
        refused.iter().all(|error| rule(error.as_ref().unwrap_err()) == "journey_crossed"),
        "{refused:?}"
    );
    assert_eq!(world.log().iter().filter(|l| l.envelope.event.name() == "ticket.created").count(), 1);
    world.sound();
}

#[test]
fn who_loses_against_another_submit_of_what_was_begun_opens_no_second_ticket() {
    let store = std::sync::Arc::new(FaultyStore::default());
    let world = World::on(store.clone());
    let id = published(&world, returns("Returns", None));
    let carl = world.customer("Carl");
    let wanted = submit(id, json!({"issue": "other", "more": null}));
    step(&world, &carl, id, json!({"issue": "other"})).unwrap();
    let rival = block_on(world.desk.prepare(&carl, &wanted)).unwrap().changes;
    store.before("ticket.created", move || vec![rival]);
    assert_eq!(rule(&world.fail(&carl, &wanted)), "journey_crossed");
    step(&world, &carl, id, json!({"issue": "other"})).unwrap();
    world.run(&carl, &wanted);
    assert_eq!(rule(&world.fail(&carl, &wanted)), "journey_crossed");
    world.clock.advance(60);
    world.run(&carl, &wanted);
    world.run(&carl, &wanted);
    world.sound();
}

#[test]
fn a_page_of_some_journeys_is_full_while_there_are_more_of_them() {
    let world = World::standard();
    let at = |name: &str, place: &str| {
        let mut body = returns(name, None);
        body["entry_point"] = json!(place);
        world.put(DocumentKind::Journey, body)
    };
    let all: Vec<DocumentId> =
        (0..7).map(|n| at(&format!("Journey {n}"), if n % 3 == 0 { "help" } else { "main" })).collect();
    let help = label("help");
    let page = |limit, after| block_on(world.desk.journeys(&HOST, Some(&help), None, limit, after)).unwrap();
    let (first, next) = page(2, None);
    assert_eq!(first.iter().map(|view| view.id).collect::<Vec<_>>(), [all[0], all[3]]);
    let (second, end) = page(2, next);
    assert_eq!(second.iter().map(|view| view.id).collect::<Vec<_>>(), [all[6]]);
    assert!(end.is_none());
    // A page that holds the last of them is the last.
    assert!(page(3, None).1.is_none());
    let none = label("nowhere");
    assert_eq!(block_on(world.desk.journeys(&HOST, Some(&none), None, 1, None)).unwrap(), (Vec::new(), None));
}
