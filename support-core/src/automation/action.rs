//! What the desk does by itself: one vocabulary for automations, SLA ladders and macros.
//!
//! [`Action::command`] translates an action into a command of the ticket; what the command then does, and whether it
//! may, is the ticket's own rule. An action that finds the ticket as it wants it gives no command, so that nothing
//! happens twice and reactions to reactions come to rest.

use serde::{Deserialize, Serialize};

use crate::error::FieldProblem;
use crate::id::{AgentId, DocumentId, TeamId, TextId};
use crate::label::Label;
use crate::people::{Permission, Role};
use crate::routing::AssignHow;
use crate::text::is_blank;
use crate::ticket::command::{Assign, Edit, Escalate, Move, NewMessage, Notice, Write};
use crate::ticket::{Command, FieldValue, MAX_LEVEL, Priority, Status, StatusCategory, Ticket};

/// Most actions of one rule, step or macro.
pub const MAX_ACTIONS: usize = 32;
/// Most tags that one action names.
const MAX_TAGS: usize = 20;
/// Most recipients that one action names.
const MAX_RECIPIENTS: usize = 10;
/// Longest note, in characters.
const MAX_NOTE_CHARS: usize = 10_000;
/// Longest text of a free field, in characters.
const MAX_VALUE_CHARS: usize = 1_000;

/// Tells whether a text says something in at most so many characters.
fn is_text(text: &str, most: usize) -> bool {
    !is_blank(text) && !text.contains('\0') && text.chars().nth(most).is_none()
}

/// Something that is done to a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Moves to a status, within the table of the lifecycle.
    SetStatus(Status),
    /// Sets the priority.
    SetPriority(Priority),
    /// Raises the priority by one; urgent stays urgent.
    RaisePriority,
    /// Adds tags.
    AddTags(Vec<Label>),
    /// Removes tags.
    RemoveTags(Vec<Label>),
    /// Sets the category, or clears it.
    SetCategory(Option<Label>),
    /// Sets a free field, or clears it.
    SetField(SetField),
    /// Demands a skill of whoever handles the ticket, at least at this level; a higher demand stays.
    RequireSkill(RequiredSkill),
    /// Moves the ticket to another team's queue.
    MoveToTeam(TeamId),
    /// Gives the ticket to an agent, also over capacity.
    AssignTo(AgentId),
    /// Raises the escalation level by one.
    LevelUp,
    /// Adds an internal note, 1–10,000 characters.
    AddNote(String),
    /// Tells people of the desk, each from when they work: those who are off or absent later. Nothing delivers it yet.
    Notify(Notice),
    /// Calls a webhook endpoint. The call waits in the outbox: there are no endpoints yet, and nothing sends it.
    CallWebhook(DocumentId),
}

/// A value for a free field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetField {
    /// The field.
    pub key: Label,
    /// The value; absent or `null` clears the field.
    #[serde(default)]
    pub value: Option<PlainValue>,
}

/// A value as a rule or a macro says it, of every kind that a free field can have.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlainValue {
    /// Yes or no.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// A text, 1–1,000 characters, written as it is. Nobody who decides reads what stands in a field, so it is written
    /// anew each time, but for what was written in the same commit.
    Text(String),
}

impl std::fmt::Debug for PlainValue {
    /// Prints no text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => f.debug_tuple("Flag").field(flag).finish(),
            Self::Number(number) => f.debug_tuple("Number").field(number).finish(),
            Self::Text(_) => f.write_str("Text(…)"),
        }
    }
}

/// Where the texts of actions are kept.
pub trait ActionTexts {
    /// Makes a message of a note's text.
    fn note(&mut self, text: &str) -> NewMessage;

    /// Keeps a text for a free field, in which `had` stands; answers `had` where that is known to say the same.
    fn value(&mut self, had: Option<TextId>, text: &str) -> TextId;
}

/// A skill and the least level of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredSkill {
    /// The skill.
    pub skill: Label,
    /// The least level, 1–5.
    pub level: u8,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recipient {
    /// The ticket's owner.
    Owner,
    /// Everybody in the ticket's team.
    Team,
    /// Those who lead the ticket's team.
    Leads,
    /// Everybody with a role, which must be one of the desk's.
    Role(Label),
}

/// What two actions would both decide: the first of them, in the order of the rules, does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot<'a> {
    /// The status.
    Status,
    /// The priority.
    Priority,
    /// The category.
    Category,
    /// A free field.
    Field(&'a Label),
    /// The owner and the team.
    Place,
    /// Whether the ticket has these tags.
    Tags(&'a [Label]),
}

impl Slot<'_> {
    /// Tells whether both are about the same.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tags(these), Self::Tags(those)) => these.iter().any(|tag| those.contains(tag)),
            (one, other) => one == other,
        }
    }
}

impl Action {
    /// Checks ranges. `path` is where the action stands, such as `actions[2]`.
    pub fn check(&self, path: &str, problems: &mut Vec<FieldProblem>) {
        let mut wrong =
            |field: &str, problem: &str| problems.push(FieldProblem::new(format!("{path}.{field}"), problem));
        match self {
            Self::SetStatus(Status::New | Status::Assigned) => {
                wrong("set_status", "must be a status that somebody can set");
            }
            Self::AddTags(tags) | Self::RemoveTags(tags) if tags.is_empty() || tags.len() > MAX_TAGS => {
                let field = if matches!(self, Self::AddTags(_)) { "add_tags" } else { "remove_tags" };
                wrong(field, "must be 1 to 20 tags");
            }
            Self::SetField(SetField { value: Some(PlainValue::Number(number)), .. })
                if !number.is_finite() =>
            {
                wrong("set_field.value", "must be a finite number");
            }
            Self::SetField(SetField { value: Some(PlainValue::Text(text)), .. })
                if !is_text(text, MAX_VALUE_CHARS) =>
            {
                wrong("set_field.value", "must be 1 to 1000 characters without a null character");
            }
            Self::RequireSkill(required) if !(1..=5).contains(&required.level) => {
                wrong("require_skill.level", "must be a level of 1 to 5");
            }
            Self::AddNote(text) if !is_text(text, MAX_NOTE_CHARS) => {
                wrong("add_note", "must be 1 to 10000 characters without a null character");
            }
            Self::Notify(notice) if notice.to.is_empty() || notice.to.len() > MAX_RECIPIENTS => {
                wrong("notify.to", "must be 1 to 10 recipients");
            }
            Self::Notify(notice) => {
                for (at, to) in notice.to.iter().enumerate() {
                    if let Recipient::Role(role) = to
                        && role.as_str().parse::<Role>().is_err()
                    {
                        wrong(&format!("notify.to[{at}].role"), "must be a role");
                    }
                }
            }
            _ => {}
        }
    }

    /// Translates it into a command; nothing where the ticket is already as the action wants it.
    ///
    /// What it writes is kept in `texts`.
    #[must_use]
    pub fn command(&self, ticket: &Ticket, texts: &mut impl ActionTexts) -> Option<Command> {
        let edit = |edit: Edit| Some(Command::Edit(Box::new(edit)));
        match self {
            Self::SetStatus(to) => moves(ticket, *to).then_some(Command::Move(Move {
                to: *to,
                reason: None,
                resolution_code: None,
            })),
            Self::SetPriority(to) => (*to != ticket.priority)
                .then(|| edit(Edit { priority: Some(*to), ..Edit::default() }))
                .flatten(),
            Self::RaisePriority => Self::SetPriority(ticket.priority.raised()).command(ticket, texts),
            Self::AddTags(tags) => {
                let add_tags: Vec<Label> =
                    tags.iter().filter(|t| !ticket.tags.contains(*t)).cloned().collect();
                (!add_tags.is_empty()).then(|| edit(Edit { add_tags, ..Edit::default() })).flatten()
            }
            Self::RemoveTags(tags) => {
                let remove_tags: Vec<Label> =
                    tags.iter().filter(|t| ticket.tags.contains(*t)).cloned().collect();
                (!remove_tags.is_empty()).then(|| edit(Edit { remove_tags, ..Edit::default() })).flatten()
            }
            Self::SetCategory(category) => (*category != ticket.category)
                .then(|| edit(Edit { category: Some(category.clone()), ..Edit::default() }))
                .flatten(),
            Self::SetField(SetField { key, value }) => {
                let had = ticket.custom_fields.get(key);
                let value = value.as_ref().map(|value| match value {
                    PlainValue::Flag(flag) => FieldValue::Flag(*flag),
                    PlainValue::Number(number) => FieldValue::Number(*number),
                    PlainValue::Text(text) => {
                        FieldValue::Text(texts.value(had.and_then(FieldValue::text), text))
                    }
                });
                (value.as_ref() != had)
                    .then(|| edit(Edit { custom_fields: [(key.clone(), value)].into(), ..Edit::default() }))
                    .flatten()
            }
            Self::RequireSkill(RequiredSkill { skill, level }) => {
                let met = ticket.work.skills.iter().any(|(known, at)| known == skill && at >= level);
                (!met).then(|| Command::RequireSkills(vec![(skill.clone(), *level)]))
            }
            Self::MoveToTeam(team) => {
                (ticket.team_id != Some(*team)).then(|| assign(None, Some(*team), AssignHow::Transfer))
            }
            Self::AssignTo(agent) => {
                (ticket.assigned_to != Some(*agent)).then(|| assign(Some(*agent), None, AssignHow::Reassign))
            }
            Self::LevelUp => ticket
                .escalation
                .is_none_or(|escalation| escalation.level < MAX_LEVEL)
                .then_some(Command::Escalate(Escalate { level: None, reason: None })),
            Self::AddNote(text) => Some(Command::Write(Box::new(Write {
                message: texts.note(text),
                status: None,
                if_last_message: None,
                live: false,
                used: None,
            }))),
            Self::Notify(notice) => {
                let mut notice = notice.clone();
                // Nobody owns it: there is nobody to be told as its owner.
                notice.to.retain(|to| *to != Recipient::Owner || ticket.assigned_to.is_some());
                (!notice.to.is_empty()).then_some(Command::Notify(notice))
            }
            Self::CallWebhook(endpoint) => Some(Command::CallWebhook(*endpoint)),
        }
    }

    /// Names what it decides, where another action could decide otherwise; nothing where the two add up.
    #[must_use]
    pub fn slot(&self) -> Option<Slot<'_>> {
        match self {
            Self::SetStatus(_) => Some(Slot::Status),
            Self::SetPriority(_) | Self::RaisePriority => Some(Slot::Priority),
            Self::AddTags(tags) | Self::RemoveTags(tags) => Some(Slot::Tags(tags)),
            Self::SetCategory(_) => Some(Slot::Category),
            Self::SetField(SetField { key, .. }) => Some(Slot::Field(key)),
            Self::MoveToTeam(_) | Self::AssignTo(_) => Some(Slot::Place),
            Self::RequireSkill(_)
            | Self::LevelUp
            | Self::AddNote(_)
            | Self::Notify(_)
            | Self::CallWebhook(_) => None,
        }
    }

    /// Tells whether two actions that decide the same want different things.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let (Some(this), Some(that)) = (self.slot(), other.slot()) else { return false };
        // Adding the same tag twice is no quarrel; adding and removing it is.
        let alike = matches!(
            (self, other),
            (Self::AddTags(_), Self::AddTags(_)) | (Self::RemoveTags(_), Self::RemoveTags(_))
        );
        this.overlaps(&that) && !alike && self != other
    }

    /// Returns what a person must be allowed to do for it.
    #[must_use]
    pub const fn permission(&self) -> Permission {
        match self {
            Self::SetStatus(_) => Permission::TicketStatus,
            Self::MoveToTeam(_) | Self::AssignTo(_) => Permission::TicketReassign,
            Self::LevelUp => Permission::TicketEscalate,
            Self::AddNote(_) => Permission::TicketNote,
            Self::SetPriority(_)
            | Self::RaisePriority
            | Self::AddTags(_)
            | Self::RemoveTags(_)
            | Self::SetCategory(_)
            | Self::SetField(_)
            | Self::RequireSkill(_)
            | Self::Notify(_)
            | Self::CallWebhook(_) => Permission::TicketUpdate,
        }
    }
}

/// Checks a list of actions that stands in `field`.
pub fn check_all(field: &str, actions: &[Action], problems: &mut Vec<FieldProblem>) {
    if actions.len() > MAX_ACTIONS {
        problems.push(FieldProblem::new(field, "must be at most 32"));
    }
    for (at, action) in actions.iter().enumerate().take(MAX_ACTIONS) {
        action.check(&format!("{field}[{at}]"), problems);
    }
}

/// An open ticket that somebody has is open already.
fn moves(ticket: &Ticket, to: Status) -> bool {
    let had = ticket.status.category() == StatusCategory::Open && ticket.assigned_to.is_some();
    ticket.status != to && !(to == Status::Open && had)
}

fn assign(to: Option<AgentId>, team: Option<TeamId>, how: AssignHow) -> Command {
    Command::Assign(Box::new(Assign { to, team, how, reason: None, why: None, over: false }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::build::{agent_id, document_id, team_id, text_id, word};
    use crate::testkit::full::full_ticket;

    /// Knows of one text, and keeps others under another id.
    struct Known(TextId, &'static str);

    impl ActionTexts for Known {
        fn note(&mut self, _: &str) -> NewMessage {
            unreachable!("no note is written")
        }

        fn value(&mut self, had: Option<TextId>, text: &str) -> TextId {
            if had == Some(self.0) && text == self.1 { self.0 } else { text_id(1, 99) }
        }
    }

    fn command(action: &Action, ticket: &Ticket) -> Option<Command> {
        action.command(ticket, &mut Known(text_id(1, 98), "blue"))
    }

    #[test]
    fn a_text_that_stands_in_its_field_is_not_written_again_where_that_is_known() {
        let mut ticket = full_ticket();
        let set = |text: &str| {
            Action::SetField(SetField { key: word("colour"), value: Some(PlainValue::Text(text.into())) })
        };
        assert!(command(&set("blue"), &ticket).is_some());
        ticket.custom_fields.insert(word("colour"), FieldValue::Text(text_id(1, 98)));
        assert_eq!(command(&set("blue"), &ticket), None);
        assert!(command(&set("red"), &ticket).is_some());
        assert!(set("blue").contradicts(&set("red")) && !set("blue").contradicts(&set("blue")));
        assert!(!format!("{:?}", set("blue")).contains("blue"), "texts are not printed");
    }

    #[test]
    fn an_action_that_finds_the_ticket_as_it_wants_it_does_nothing() {
        let ticket = full_ticket();
        let skill = |level| RequiredSkill { skill: word("german"), level };
        let field = |value| SetField { key: word("fragile"), value: Some(PlainValue::Flag(value)) };
        let table = [
            (Action::SetStatus(Status::InProgress), Action::SetStatus(Status::Resolved)),
            // Open work that somebody has is open.
            (Action::SetStatus(Status::Open), Action::SetStatus(Status::OnHold)),
            (Action::SetPriority(Priority::High), Action::RaisePriority),
            (Action::AddTags(vec![word("vip")]), Action::AddTags(vec![word("vip"), word("late")])),
            (Action::RemoveTags(vec![word("late")]), Action::RemoveTags(vec![word("vip")])),
            (Action::SetCategory(ticket.category.clone()), Action::SetCategory(None)),
            (Action::SetField(field(true)), Action::SetField(field(false))),
            (Action::RequireSkill(skill(4)), Action::RequireSkill(skill(5))),
            (Action::MoveToTeam(team_id(1)), Action::MoveToTeam(team_id(2))),
            (Action::AssignTo(agent_id(1)), Action::AssignTo(agent_id(2))),
        ];
        for (idle, busy) in table {
            assert_eq!(command(&idle, &ticket), None, "{idle:?}");
            assert!(command(&busy, &ticket).is_some(), "{busy:?}");
        }
        for always in [Action::LevelUp, Action::CallWebhook(document_id(1))] {
            assert!(command(&always, &ticket).is_some(), "{always:?}");
        }
    }

    #[test]
    fn nobody_is_told_as_the_owner_of_what_nobody_owns() {
        let notify = |to: &[Recipient]| Action::Notify(Notice { to: to.to_vec(), about: None });
        let mut ticket = full_ticket();
        assert!(command(&notify(&[Recipient::Owner]), &ticket).is_some());
        ticket.assigned_to = None;
        assert_eq!(command(&notify(&[Recipient::Owner]), &ticket), None);
        let Some(Command::Notify(notice)) = command(&notify(&[Recipient::Owner, Recipient::Leads]), &ticket)
        else {
            unreachable!("the leads are told")
        };
        assert_eq!(notice.to, [Recipient::Leads]);
    }

    #[test]
    fn every_field_out_of_range_is_named() {
        let skill = RequiredSkill { skill: word("german"), level: 6 };
        let number = Some(PlainValue::Number(f64::NAN));
        let actions = [
            Action::SetStatus(Status::New),
            Action::AddTags(Vec::new()),
            Action::RemoveTags(Vec::new()),
            Action::SetField(SetField { key: word("weight"), value: number }),
            Action::RequireSkill(skill),
            Action::AddNote(" ".into()),
            Action::SetField(SetField {
                key: word("colour"),
                value: Some(PlainValue::Text("x".repeat(1_001))),
            }),
            Action::Notify(Notice { to: Vec::new(), about: None }),
            Action::Notify(Notice {
                to: vec![Recipient::Role(word("admin")), Recipient::Role(word("king"))],
                about: None,
            }),
        ];
        let mut problems = Vec::new();
        check_all("actions", &actions, &mut problems);
        let fields: Vec<String> = problems.into_iter().map(|problem| problem.field).collect();
        assert_eq!(
            fields,
            [
                "actions[0].set_status",
                "actions[1].add_tags",
                "actions[2].remove_tags",
                "actions[3].set_field.value",
                "actions[4].require_skill.level",
                "actions[5].add_note",
                "actions[6].set_field.value",
                "actions[7].notify.to",
                "actions[8].notify.to[1].role",
            ]
        );
    }

    #[test]
    fn actions_contradict_each_other_over_the_same_thing_only() {
        let (low, high) = (Action::SetPriority(Priority::Low), Action::SetPriority(Priority::High));
        assert!(low.contradicts(&high) && low.contradicts(&Action::RaisePriority));
        assert!(!low.contradicts(&low) && !low.contradicts(&Action::SetStatus(Status::Pending)));
        let (add, remove) =
            (Action::AddTags(vec![word("a"), word("b")]), Action::RemoveTags(vec![word("b")]));
        assert!(add.contradicts(&remove) && !add.contradicts(&Action::RemoveTags(vec![word("c")])));
        assert!(!add.contradicts(&Action::AddTags(vec![word("b")])));
        assert!(Action::AssignTo(agent_id(1)).contradicts(&Action::MoveToTeam(team_id(1))));
        assert!(!Action::LevelUp.contradicts(&Action::LevelUp));
    }
}
