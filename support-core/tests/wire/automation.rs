//! What the desk does by itself.

use support_core::automation::{Action, PlainValue, Recipient, RequiredSkill, SetField};
use support_core::testkit::build::{agent_id, document_id, team_id, word};
use support_core::ticket::command::Notice;
use support_core::ticket::{Priority, Status};

use crate::sheet::Sheet;

pub(crate) fn sheet() -> Sheet {
    let recipients =
        vec![Recipient::Owner, Recipient::Team, Recipient::Leads, Recipient::Role(word("supervisor"))];
    let values = [PlainValue::Flag(true), PlainValue::Number(2.5)];
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
    Sheet::default()
        .both(&recipients)
        .both(&values)
        .both(&[field(Some(values[1])), field(None)])
        .both(&[skill])
        .both(&[notice])
        .both(&actions)
}
