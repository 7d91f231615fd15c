//! Macros: replies that are written once, with places for values and with what is to be done along with them.
//!
//! One object for what others call macros, chat templates and canned replies: content, category, who may see it, and
//! [`Action`]s. [`MacroSpec::render`] is a pure function of values; which values there are
//! (those given, then those of ticket, customer, agent and order) is said by [`Values`].
//!
//! ```
//! use support_core::macros::{MacroSpec, Values};
//!
//! let thanks: MacroSpec = serde_json::from_str(
//!     r#"{"name": "Thanks", "content": "Dear {{customer.name}}, {{orderNumber}} is on its way.", "visibility": "all"}"#,
//! )?;
//! assert_eq!(thanks.check(), []);
//! let values = Values::given([("orderNumber".to_owned(), "KC-1".to_owned())]).customer("name", "Ann");
//! assert_eq!(thanks.render(&values).unwrap(), "Dear Ann, KC-1 is on its way.");
//! assert_eq!(thanks.render(&Values::default()).unwrap_err(), ["customer.name", "orderNumber"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::automation::{Action, check_all};
use crate::error::FieldProblem;
use crate::id::{AgentId, TeamId};
use crate::label::Label;
use crate::people::{Actor, Permission, Reach};
use crate::text::{Template, fold, is_blank};
use crate::wire::wire_enum;

/// Longest content, in characters.
const CONTENT_LIMIT: usize = 10_000;

wire_enum! {
    /// Who sees and uses a macro.
    MacroVisibility {
        /// Everybody who works on the desk.
        All = "all",
        /// The people of one team.
        Team = "team",
        /// Who made it.
        Own = "own",
    }
}

/// A macro.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MacroSpec {
    /// What people call it, 1–200 characters.
    pub name: String,
    /// What it says, 1–10,000 characters: a [`Template`].
    pub content: String,
    /// Under which it is found.
    #[serde(default)]
    pub category: Option<Label>,
    /// Who sees and uses it.
    pub visibility: MacroVisibility,
    /// The team, for visibility `team`.
    #[serde(default)]
    pub team_id: Option<TeamId>,
    /// Who made it, for visibility `own`.
    #[serde(default)]
    pub owner_id: Option<AgentId>,
    /// What is done to the ticket along with the reply.
    #[serde(default)]
    pub actions: Vec<Action>,
}

impl MacroSpec {
    /// Finds what cannot be.
    #[must_use]
    pub fn check(&self) -> Vec<FieldProblem> {
        let mut problems: Vec<FieldProblem> = FieldProblem::of_name(&self.name).into_iter().collect();
        let text = &self.content;
        if is_blank(text) || text.chars().nth(CONTENT_LIMIT).is_some() || text.contains('\0') {
            let problem = format!("must be 1 to {CONTENT_LIMIT} characters without a null character");
            problems.push(FieldProblem::new("content", problem));
        }
        if let Err(problem) = Template::parse(&self.content) {
            problems.push(FieldProblem::new("content", problem));
        }
        for (field, given, visibility) in [
            ("team_id", self.team_id.is_some(), MacroVisibility::Team),
            ("owner_id", self.owner_id.is_some(), MacroVisibility::Own),
        ] {
            if given != (self.visibility == visibility) {
                problems.push(FieldProblem::new(
                    field,
                    format!("goes with visibility `{visibility}`, and with no other"),
                ));
            }
        }
        check_all("actions", &self.actions, &mut problems);
        problems
    }

    /// Tells whether somebody sees it and may use it. Reach `all` in managing macros sees those of every team.
    #[must_use]
    pub fn is_for(&self, actor: &Actor) -> bool {
        let Actor::Agent(agent) = actor else { return matches!(actor, Actor::Host(_)) };
        match self.visibility {
            MacroVisibility::All => true,
            MacroVisibility::Team => {
                self.team_id.is_some_and(|team| agent.teams.contains(&team))
                    || actor.reach(Permission::MacroManage) == Some(Reach::All)
            }
            MacroVisibility::Own => self.owner_id == Some(agent.id),
        }
    }

    /// Tells whether somebody may make, change or retire it: their own with any reach, those of their teams with reach
    /// `team`, any with reach `all`.
    #[must_use]
    pub fn is_in_reach_of(&self, actor: &Actor) -> bool {
        self.is_for(actor)
            && match self.visibility {
                MacroVisibility::All => actor.reach(Permission::MacroManage) == Some(Reach::All),
                MacroVisibility::Team => actor.reach(Permission::MacroManage) >= Some(Reach::Team),
                MacroVisibility::Own => actor.reach(Permission::MacroManage).is_some(),
            }
    }

    /// Tells whether its name, category or content holds these words, whatever their case and accents.
    #[must_use]
    pub fn is_found_by(&self, words: &str) -> bool {
        let category = self.category.as_ref().map_or("", Label::as_str);
        let held = fold(&format!("{}\n{category}\n{}", self.name, self.content)).to_string();
        fold(words).split_whitespace().all(|word| held.contains(word))
    }

    /// Puts values in the places of its content.
    ///
    /// # Errors
    /// The names without a value and without a default, each once, in order.
    pub fn render(&self, values: &Values) -> Result<String, Vec<String>> {
        match Template::parse(&self.content) {
            Ok(template) => template.render(|name| values.get(name).map(Into::into)),
            // Checked before it was stored; what a newer release wrote is said as it stands.
            Err(_) => Ok(self.content.clone()),
        }
    }
}

/// Values for the places of a macro. Those that were given come first, whatever their name; the others are named by
/// what they belong to, such as `customer.name`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Values {
    given: BTreeMap<String, String>,
    known: BTreeMap<String, String>,
}

impl fmt::Debug for Values {
    /// Prints names, and no value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys().chain(self.known.keys())).finish()
    }
}

impl Values {
    /// Takes the values that were given.
    pub fn given(given: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { given: given.into_iter().collect(), known: BTreeMap::new() }
    }

    fn with(mut self, of: &str, name: &str, value: &str) -> Self {
        // What is blank is not known.
        if !is_blank(value) {
            self.known.insert(format!("{of}.{name}"), value.to_owned());
        }
        self
    }

    /// Adds a value of the ticket.
    #[must_use]
    pub fn ticket(self, name: &str, value: &str) -> Self {
        self.with("ticket", name, value)
    }

    /// Adds a value of the customer.
    #[must_use]
    pub fn customer(self, name: &str, value: &str) -> Self {
        self.with("customer", name, value)
    }

    /// Adds a value of the agent who writes.
    #[must_use]
    pub fn agent(self, name: &str, value: &str) -> Self {
        self.with("agent", name, value)
    }

    /// Adds a value of the order.
    #[must_use]
    pub fn order(self, name: &str, value: &str) -> Self {
        self.with("order", name, value)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.given.get(name).or_else(|| self.known.get(name)).map(String::as_str)
    }
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "`json!` is read more easily without a borrow")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn spec(more: Value) -> MacroSpec {
        let mut body = json!({"name": "Späte Lieferung", "content": "Dear {{customer.name|customer}}", "visibility": "all"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    fn wrong(more: Value) -> Vec<String> {
        spec(more).check().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn what_cannot_be_is_named() {
        assert_eq!(wrong(json!({})), [""; 0]);
        assert_eq!(wrong(json!({"name": " ", "content": "{{"})), ["name", "content"]);
        assert_eq!(wrong(json!({"visibility": "team"})), ["team_id"]);
        assert_eq!(wrong(json!({"visibility": "own"})), ["owner_id"]);
        assert_eq!(wrong(json!({"team_id": uuid::Uuid::nil()})), ["team_id"]);
        assert_eq!(wrong(json!({"actions": [{"add_tags": []}]})), ["actions[0].add_tags"]);
    }

    #[test]
    fn a_given_value_comes_before_a_known_one_and_a_blank_one_is_none() {
        let values =
            Values::given([("customer.name".to_owned(), "Dr. Ann".to_owned())]).customer("name", "Ann");
        assert_eq!(spec(json!({})).render(&values).unwrap(), "Dear Dr. Ann");
        assert_eq!(
            spec(json!({})).render(&Values::default().customer("name", " ")).unwrap(),
            "Dear customer"
        );
    }

    #[test]
    fn it_is_found_by_parts_of_words_whatever_their_case_and_accents() {
        assert!(spec(json!({"category": "Shipping"})).is_found_by("SPATE ship"));
        assert!(!spec(json!({})).is_found_by("spate ship"));
    }
}
