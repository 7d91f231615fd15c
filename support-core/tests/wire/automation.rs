//! What the desk does by itself.

use std::collections::BTreeMap;

use support_core::automation::analysis::{Analysis, Finding, FindingKind, Turn, Witness, Woken};
use support_core::automation::{
    Action, AutomationSpec, Condition, Failure, Field, Moment, On, Op, Overruled, PlainValue, Recipient,
    RequiredSkill, SetField, Since, Test, Timer, Trace, Trigger, Value,
};
use support_core::sla::policy::When;
use support_core::sla::{ConfigRef, Metric};
use support_core::testkit::build::{agent_id, document_id, instant, team_id, word};
use support_core::ticket::command::Notice;
use support_core::ticket::{Priority, Status};

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let recipients =
        vec![Recipient::Owner, Recipient::Team, Recipient::Leads, Recipient::Role(word("supervisor"))];
    let values = [PlainValue::Flag(true), PlainValue::Number(2.5), PlainValue::Text("by hand".into())];
    let field = |value| SetField { key: word("weight"), value };
    let skill = RequiredSkill { skill: word("german"), level: 4 };
    let notice = Notice { to: recipients.clone(), about: Some(word("vip_waiting")) };
    let actions = [
        Action::SetStatus(Status::OnHold),
        Action::SetPriority(Priority::Urgent),
        Action::RaisePriority,
        Action::AddTags(vec![word("late"), word("vip")]),
        Action::RemoveTags(vec![word("new")]),
        Action::SetCategory(Some(word("billing"))),
        Action::SetCategory(None),
        Action::SetField(field(Some(PlainValue::Flag(false)))),
        Action::RequireSkill(skill.clone()),
        Action::MoveToTeam(team_id(1)),
        Action::AssignTo(agent_id(1)),
        Action::LevelUp,
        Action::AddNote("Call them back".into()),
        Action::Notify(notice.clone()),
        Action::CallWebhook(document_id(1)),
    ];
    with_rules(Sheet::default())
        .both(&recipients)
        .both(&values)
        .both(&[field(Some(values[1].clone())), field(None)])
        .both(&[skill])
        .both(&[notice])
        .both(&actions)
}

/// A test of every field, and every node.
fn with_rules(sheet: Sheet) -> Sheet {
    let test = |field, op, value| Test { field, op, value, calendar_id: None };
    let is_set = |field: &Field| Condition::Test(test(field.clone(), Op::IsSet, None));
    let weight = Field::Custom(word("weight"));
    let hours =
        Test { calendar_id: Some(document_id(1)), ..test(Field::HoursOpen, Op::Is, Some(Value::Flag(true))) };
    let at_least = test(Field::Level, Op::AtLeast, Some(Value::Number(2.0)));
    let word_is = test(Field::Priority, Op::Is, Some(Value::Word("high".into())));
    let tags = test(Field::Tags, Op::AnyOf, Some(Value::Words(vec!["vip".into()])));
    let tests = [hours, at_least, word_is, tags];
    let values: Vec<Value> = tests.iter().flat_map(|test| test.value.clone()).collect();
    let all = Condition::All { all: Field::BUILT_IN.iter().chain([&weight]).map(is_set).collect() };
    let conditions = [
        all,
        Condition::Any { any: tests.iter().cloned().map(Condition::Test).collect() },
        Condition::None { none: vec![is_set(&weight)] },
        is_set(&weight),
    ];
    let since = Since { moment: Moment::Unanswered, seconds: 1_800, calendar_id: Some(document_id(1)) };
    let timer = Timer { metric: Metric::Resolution, when: When::SecondsBefore(600) };
    let triggers =
        [Trigger::On(vec![On::Created, On::Message]), Trigger::Since(since), Trigger::Timer(timer)];
    let spec = AutomationSpec {
        name: "VIP first".into(),
        position: -3,
        trigger: triggers[0].clone(),
        condition: Some(conditions[3].clone()),
        actions: vec![Action::RaisePriority],
        stop: true,
        active: false,
    };
    let automation = ConfigRef { id: document_id(1), version: 3 };
    let failure =
        Failure { path: "condition.all[1]".into(), field: Some(weight.clone()), saw: serde_json::json!(2.5) };
    let witness = Witness {
        on: Some(On::Created),
        fields: BTreeMap::from([("ticket.priority".to_owned(), serde_json::json!("urgent"))]),
        at: instant(1),
        way: vec![
            Turn { automation: document_id(1), by: Woken::Router },
            Turn { automation: document_id(2), by: Woken::Time },
        ],
    };
    let finding = Finding {
        kind: FindingKind::Conflicting,
        automations: vec![document_id(1), document_id(2)],
        tests: vec!["condition.all[0]".into()],
        keyword_rules: [document_id(3)].into(),
        witness: Some(witness.clone()),
    };
    let analysis = Analysis { findings: vec![finding.clone()], complete: true };
    let failed = Trace { automation, matched: false, failure: Some(failure.clone()) };
    sheet
        .words(On::ALL)
        .words(Moment::ALL)
        .words(Op::ALL)
        .both(&[weight])
        .both(&values)
        .both(&tests)
        .both(&conditions)
        .both(&[since])
        .both(&[timer])
        .both(&triggers)
        .both(&[spec])
        .both(&[Overruled { action: 1, by: document_id(2) }])
        .out(&[failure])
        .out(&[failed])
        .words(FindingKind::ALL)
        .words(Woken::ALL)
        .out(&witness.way)
        .out(&[witness])
        .out(&[finding])
        .out(&[analysis])
}
