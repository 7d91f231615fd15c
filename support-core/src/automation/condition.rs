//! Conditions: a typed tree over fields, without free code.
//!
//! Because every field has a type and every test is one of a few, a condition always ends, costs little, and can be
//! reasoned about: [`analysis`](super::analysis) finds tickets that make it true, or shows that there are none.
//!
//! ```
//! use support_core::automation::Condition;
//!
//! let condition: Condition = serde_json::from_str(
//!     r#"{"all": [
//!         {"field": "ticket.priority", "op": "at_least", "value": "high"},
//!         {"none": [{"field": "ticket.tags", "op": "any_of", "value": ["vip"]}]}
//!     ]}"#,
//! )?;
//! assert!(condition.problems("condition").is_empty());
//!
//! let wrong: Condition =
//!     serde_json::from_str(r#"{"any": [{"field": "ticket.priority", "op": "is", "value": "blue"}]}"#)?;
//! assert_eq!(wrong.problems("condition")[0].field, "condition.any[0].value");
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::conversation::ChannelKind;
use crate::error::FieldProblem;
use crate::id::DocumentId;
use crate::label::{ForeignId, Label};
use crate::scoring::folded_tier;
use crate::wire::wire_enum;

use super::compiled::{Leaf, Node, Probe, UNSET};
use super::field::{Field, Kind};

/// Most tests of one condition.
const MAX_TESTS: usize = 200;
/// Deepest nesting of `all`, `any` and `none`.
const MAX_DEPTH: usize = 8;
/// Most values of one test.
const MAX_VALUES: usize = 100;

/// When a rule is meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Condition {
    /// All of these hold; without any it always holds.
    All {
        /// What must hold.
        all: Vec<Self>,
    },
    /// At least one of these holds.
    Any {
        /// What may hold.
        any: Vec<Self>,
    },
    /// None of these holds.
    None {
        /// What must not hold.
        none: Vec<Self>,
    },
    /// A field passes a test.
    Test(Test),
}

/// A test of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The field.
    pub field: Field,
    /// How it is compared.
    pub op: Op,
    /// With what; absent for `is_set` and `is_empty`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The calendar by which `time.hour`, `time.weekday` and `hours.open` are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar_id: Option<DocumentId>,
}

wire_enum! {
    /// How a field is compared.
    Op {
        /// It is the value.
        Is = "is",
        /// It is another value, or none.
        IsNot = "is_not",
        /// It is one of the values, or holds one of them.
        AnyOf = "any_of",
        /// It is none of the values, or holds none of them.
        NoneOf = "none_of",
        /// It holds all of the values.
        AllOf = "all_of",
        /// It is the value or above.
        AtLeast = "at_least",
        /// It is the value or below.
        AtMost = "at_most",
        /// It has a value.
        IsSet = "is_set",
        /// It has none.
        IsEmpty = "is_empty",
    }
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word, a label or an id.
    Word(String),
    /// Several of them.
    Words(Vec<String>),
}

impl Condition {
    /// Returns what is wrong with it, each with the path of the field below `path`; nothing if it can be used.
    #[must_use]
    pub fn problems(&self, path: &str) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        let mut tests = 0;
        self.check(path, 1, &mut tests, &mut problems);
        if tests > MAX_TESTS {
            problems.push(FieldProblem::new(path, "must be at most 200 tests"));
        }
        problems
    }

    fn check(&self, path: &str, depth: usize, tests: &mut usize, problems: &mut Vec<FieldProblem>) {
        if depth > MAX_DEPTH {
            problems.push(FieldProblem::new(path, "must be nested at most 8 deep"));
            return;
        }
        match self {
            Self::Any { any } if any.is_empty() => {
                problems.push(FieldProblem::new(format!("{path}.any"), "must not be empty"));
            }
            Self::Test(test) => {
                *tests += 1;
                if let Err((field, problem)) = test.leaf() {
                    problems.push(FieldProblem::new(format!("{path}.{field}"), problem));
                }
            }
            Self::All { .. } | Self::Any { .. } | Self::None { .. } => {
                for (at, part) in self.parts().iter().enumerate().take(MAX_TESTS + 1) {
                    part.check(&format!("{path}.{}[{at}]", self.word()), depth + 1, tests, problems);
                }
            }
        }
    }

    /// Returns the parts of a node; none of a test.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All { all: parts } | Self::Any { any: parts } | Self::None { none: parts } => parts,
            Self::Test(_) => &[],
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::All { .. } => "all",
            Self::Any { .. } => "any",
            Self::None { .. } => "none",
            Self::Test(_) => "",
        }
    }

    /// Gives every test to `look`, in order.
    pub fn each_test<'a>(&'a self, look: &mut impl FnMut(&'a Test)) {
        match self {
            Self::Test(test) => look(test),
            node => node.parts().iter().for_each(|part| part.each_test(look)),
        }
    }

    /// Looks at every test, each with its path from that of the condition.
    pub(crate) fn each_test_at(&self, path: &str, look: &mut impl FnMut(&str, &Test)) {
        if let Self::Test(test) = self {
            return look(path, test);
        }
        for (at, part) in self.parts().iter().enumerate() {
            part.each_test_at(&format!("{path}.{}[{at}]", self.word()), look);
        }
    }

    /// Compiles it. What cannot be used never holds: such a condition was never accepted.
    pub(super) fn compile(&self) -> Node {
        let compiled = |parts: &[Self]| parts.iter().map(Self::compile).collect();
        match self {
            Self::All { all } => Node::All(compiled(all)),
            Self::Any { any } => Node::Any(compiled(any)),
            Self::None { none } => Node::None(compiled(none)),
            Self::Test(test) => test.leaf().map_or_else(|_| Node::Any(Box::default()), Node::Leaf),
        }
    }
}

type Wrong = (&'static str, String);

impl Test {
    /// Lists the ids with which the field is compared.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Uuid> {
        let words = match &self.value {
            Some(Value::Word(word)) => std::slice::from_ref(word),
            Some(Value::Words(words)) => words.as_slice(),
            _ => &[],
        };
        words.iter().filter_map(|word| Uuid::parse_str(word).ok())
    }

    /// Compiles it, or names the part that cannot be used and why.
    pub(super) fn leaf(&self) -> Result<Leaf, Wrong> {
        if self.calendar_id.is_some() && !self.field.is_of_time() {
            return Err(("calendar_id", "is for `time.hour`, `time.weekday` and `hours.open`".into()));
        }
        if self.calendar_id.is_none() && self.field == Field::HoursOpen {
            return Err(("calendar_id", "must be given".into()));
        }
        let probe = match (self.op, &self.value) {
            (Op::IsSet | Op::IsEmpty, Some(_)) => {
                return Err(("value", format!("goes with no `{}`", self.op)));
            }
            (Op::IsSet, None) => Probe::Present(true),
            (Op::IsEmpty, None) => Probe::Present(false),
            (_, None) => return Err(("value", "must be given".into())),
            (op, Some(value)) => self.probe(op, value)?,
        };
        Ok(Leaf { field: self.field.clone(), calendar: self.calendar_id, probe })
    }

    fn probe(&self, op: Op, value: &Value) -> Result<Probe, Wrong> {
        match self.field.kind() {
            Kind::Words(words) => self.ordinals(op, value, words),
            Kind::Flag => flag(op, value),
            Kind::Number => number(op, value),
            Kind::Free => match value {
                Value::Flag(_) => flag(op, value),
                _ => number(op, value),
            },
            Kind::Channel => {
                let (one_of, wanted) = one_of::<ChannelKind>(op, value, "a channel")?;
                Ok(Probe::Channel { one_of, wanted })
            }
            Kind::Label => {
                let (mut one_of, wanted) = one_of::<Label>(op, value, "1 to 64 characters")?;
                if self.field == Field::Tier {
                    one_of.iter_mut().for_each(|tier| *tier = folded_tier(tier));
                }
                Ok(Probe::Label { one_of, wanted })
            }
            Kind::Id => {
                let (one_of, wanted) = one_of::<Uuid>(op, value, "an id")?;
                Ok(Probe::Id { one_of, wanted })
            }
            Kind::Foreign => {
                let (one_of, wanted) = one_of::<ForeignId>(op, value, "an id of another system")?;
                Ok(Probe::Foreign { one_of, wanted })
            }
            Kind::Foreigns => {
                let list = list::<ForeignId>(op, value, "an id of another system")?;
                Ok(Probe::Foreigns { list, all: op == Op::AllOf, wanted: op != Op::NoneOf })
            }
            Kind::Labels => {
                let list = list::<Label>(op, value, "1 to 64 characters")?;
                Ok(Probe::Labels { list, all: op == Op::AllOf, wanted: op != Op::NoneOf })
            }
            Kind::Ids => {
                let list = list::<Uuid>(op, value, "an id")?;
                Ok(Probe::Ids { list, all: op == Op::AllOf, wanted: op != Op::NoneOf })
            }
        }
    }

    fn ordinals(&self, op: Op, value: &Value, words: &[&str]) -> Result<Probe, Wrong> {
        let ordered = matches!(self.field, Field::Priority | Field::WasPriority);
        let ordinal = |word: &str| {
            let known = words.iter().position(|known| *known == word);
            // `medium` is the other word for normal.
            let known = known.or_else(|| (ordered && word == "medium").then_some(1));
            known.ok_or_else(|| ("value", format!("must be one of {}", words.join("|"))))
        };
        let (all, unset) = ((1_u32 << words.len()) - 1, 1_u32 << UNSET);
        let mask = match (op, value) {
            (Op::Is, Value::Word(word)) => 1 << ordinal(word)?,
            (Op::IsNot, Value::Word(word)) => (all | unset) & !(1 << ordinal(word)?),
            (Op::AnyOf | Op::NoneOf, Value::Words(list)) => {
                let mut mask = 0;
                for word in bounded(list)? {
                    mask |= 1_u32 << ordinal(word)?;
                }
                if op == Op::AnyOf { mask } else { (all | unset) & !mask }
            }
            (Op::AtLeast, Value::Word(word)) if ordered => all & !((1 << ordinal(word)?) - 1),
            (Op::AtMost, Value::Word(word)) if ordered => (2 << ordinal(word)?) - 1,
            (Op::Is | Op::IsNot, _) => return Err(("value", "must be a word".into())),
            (Op::AnyOf | Op::NoneOf, _) => return Err(("value", "must be a list of words".into())),
            (Op::AtLeast | Op::AtMost, _) if ordered => return Err(("value", "must be a word".into())),
            _ => return Err(wrong_op(op, "is, is_not, any_of, none_of, is_set or is_empty")),
        };
        Ok(Probe::Ordinal(mask))
    }
}

fn wrong_op(op: Op, known: &str) -> Wrong {
    ("op", format!("cannot be `{op}` for this field; must be {known}"))
}

fn bounded(list: &[String]) -> Result<&[String], Wrong> {
    if list.is_empty() || list.len() > MAX_VALUES {
        return Err(("value", "must be 1 to 100 values".into()));
    }
    Ok(list)
}

fn flag(op: Op, value: &Value) -> Result<Probe, Wrong> {
    match (op, value) {
        (Op::Is, Value::Flag(flag)) => Ok(Probe::Ordinal(1 << u32::from(*flag))),
        (Op::Is, _) => Err(("value", "must be true or false".into())),
        _ => Err(wrong_op(op, "is, is_set or is_empty")),
    }
}

fn number(op: Op, value: &Value) -> Result<Probe, Wrong> {
    let number = match value {
        Value::Number(number) if number.is_finite() => *number,
        _ => return Err(("value", "must be a number".into())),
    };
    let (least, most) = match op {
        Op::Is => (number, number),
        Op::AtLeast => (number, f64::INFINITY),
        Op::AtMost => (f64::NEG_INFINITY, number),
        _ => return Err(wrong_op(op, "is, at_least, at_most, is_set or is_empty")),
    };
    Ok(Probe::Range { least, most })
}

fn one_of<T: std::str::FromStr>(op: Op, value: &Value, what: &str) -> Result<(Box<[T]>, bool), Wrong> {
    let read = |word: &str| word.parse::<T>().map_err(|_| ("value", format!("must be {what}")));
    match (op, value) {
        (Op::Is | Op::IsNot, Value::Word(word)) => Ok((Box::new([read(word)?]), op == Op::Is)),
        (Op::AnyOf | Op::NoneOf, Value::Words(list)) => {
            let list: Result<Vec<T>, Wrong> = bounded(list)?.iter().map(|word| read(word)).collect();
            Ok((list?.into(), op == Op::AnyOf))
        }
        (Op::Is | Op::IsNot, _) => Err(("value", format!("must be {what}"))),
        (Op::AnyOf | Op::NoneOf, _) => Err(("value", format!("must be a list, each {what}"))),
        _ => Err(wrong_op(op, "is, is_not, any_of, none_of, is_set or is_empty")),
    }
}

fn list<T: std::str::FromStr>(op: Op, value: &Value, what: &str) -> Result<Box<[T]>, Wrong> {
    match (op, value) {
        (Op::AnyOf | Op::NoneOf | Op::AllOf, Value::Words(list)) => {
            let read = |word: &String| word.parse::<T>().map_err(|_| ("value", format!("must be {what}")));
            let list: Result<Vec<T>, Wrong> = bounded(list)?.iter().map(read).collect();
            Ok(list?.into())
        }
        (Op::AnyOf | Op::NoneOf | Op::AllOf, _) => Err(("value", format!("must be a list, each {what}"))),
        _ => Err(wrong_op(op, "any_of, all_of, none_of, is_set or is_empty")),
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ConditionVisitor)
    }
}

/// Reads the first key to tell the node, so that an error names the path to what is wrong.
struct ConditionVisitor;

impl<'de> Visitor<'de> for ConditionVisitor {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `all`, `any`, `none`, or `field` and `op`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        use serde::de::Error;
        let (mut field, mut op, mut value, mut calendar_id) = (None, None, None, None);
        let mut node = None;
        while let Some(key) = map.next_key::<String>()? {
            let known = match key.as_str() {
                "all" => node.replace(Condition::All { all: map.next_value()? }).is_none(),
                "any" => node.replace(Condition::Any { any: map.next_value()? }).is_none(),
                "none" => node.replace(Condition::None { none: map.next_value()? }).is_none(),
                "field" => field.replace(map.next_value()?).is_none(),
                "op" => op.replace(map.next_value()?).is_none(),
                "value" => value.replace(map.next_value::<Option<Value>>()?).is_none(),
                "calendar_id" => calendar_id.replace(map.next_value::<Option<DocumentId>>()?).is_none(),
                _ => {
                    return Err(A::Error::unknown_field(
                        &key,
                        &["all", "any", "none", "field", "op", "value"],
                    ));
                }
            };
            if !known {
                return Err(A::Error::custom("must be one of `all`, `any`, `none`, or a test"));
            }
        }
        let plain = field.is_none() && op.is_none() && value.is_none() && calendar_id.is_none();
        match (node, field, op) {
            (Some(node), ..) if plain => Ok(node),
            (None, Some(field), Some(op)) => {
                let (value, calendar_id) = (value.flatten(), calendar_id.flatten());
                Ok(Condition::Test(Test { field, op, value, calendar_id }))
            }
            (None, None, _) => Err(A::Error::missing_field("field")),
            (None, Some(_), None) => Err(A::Error::missing_field("op")),
            (Some(_), ..) => Err(A::Error::custom("must be one of `all`, `any`, `none`, or a test")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(json: serde_json::Value) -> Vec<String> {
        let condition: Condition = serde_json::from_value(json).unwrap();
        condition.problems("condition").into_iter().map(|p| format!("{} {}", p.field, p.problem)).collect()
    }

    #[test]
    fn a_wrong_operator_or_value_is_refused_with_its_path() {
        let test = |field: &str, op: &str, value: serde_json::Value| json!({"field": field, "op": op, "value": value});
        let wrong = [
            (test("ticket.priority", "is", json!("blue")), "value"),
            (test("ticket.priority", "is", json!(3)), "value"),
            (test("ticket.status", "at_least", json!("open")), "op"),
            (test("ticket.tags", "is", json!("vip")), "op"),
            (test("ticket.tags", "any_of", json!([])), "value"),
            (test("ticket.tags", "any_of", json!("vip")), "value"),
            (test("ticket.team_id", "is", json!("front")), "value"),
            (test("ticket.channel", "is", json!("No Channel")), "value"),
            (test("ticket.age_seconds", "any_of", json!(["1"])), "value"),
            (test("ticket.age_seconds", "is_not", json!(1)), "op"),
            (test("ticket.answered", "is", json!("yes")), "value"),
            (test("ticket.category", "is_set", json!("billing")), "value"),
            (test("hours.open", "is", json!(true)), "calendar_id"),
            (json!({"field": "ticket.category", "op": "is"}), "value"),
            (json!({"field": "ticket.category", "op": "is_set", "calendar_id": Uuid::nil()}), "calendar_id"),
        ];
        for (wrong, part) in wrong {
            let found = problems(json!({"all": [{"none": [wrong.clone()]}]}));
            assert_eq!(found.len(), 1, "{wrong}");
            assert!(found[0].starts_with(&format!("condition.all[0].none[0].{part} ")), "{wrong}: {found:?}");
        }
    }

    #[test]
    fn what_is_no_condition_is_not_read() {
        let wrong = [
            json!({"all": [], "any": []}),
            json!({"all": [], "field": "ticket.tags", "op": "is_set"}),
            json!({"field": "ticket.tags"}),
            json!({"op": "is_set"}),
            json!({"field": "ticket.colour", "op": "is_set"}),
            json!({"field": "ticket.tags", "op": "like"}),
            json!({"every": []}),
            json!([]),
        ];
        for wrong in wrong {
            assert!(serde_json::from_value::<Condition>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_path_to_what_cannot_be_read_is_known() {
        let json = r#"{"all": [{"any": [{"field": "ticket.colour", "op": "is_set"}]}]}"#;
        let mut reader = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Condition>(&mut reader).unwrap_err();
        assert_eq!(error.path().to_string(), "all[0].any[0].field");
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let test = json!({"field": "ticket.tags", "op": "is_set"});
        let mut deep = test.clone();
        for _ in 0..8 {
            deep = json!({"all": [deep]});
        }
        assert_eq!(problems(deep).len(), 1);
        assert_eq!(
            problems(json!({"all": vec![test.clone(); 201]})),
            ["condition must be at most 200 tests"]
        );
        assert_eq!(problems(json!({"all": vec![test; 200]})), Vec::<String>::new());
        assert_eq!(problems(json!({"any": []})), ["condition.any must not be empty"]);
        assert_eq!(problems(json!({"all": []})), Vec::<String>::new());
    }
}
