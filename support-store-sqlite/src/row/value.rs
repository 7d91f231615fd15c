//! Values on their way into columns and out of them.

use std::fmt::Display;
use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::{Value, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use support_core::people::ActorRef;
use support_core::scoring::{Rest, Urgency};
use support_core::time::Timestamp;
use uuid::Uuid;

use crate::error::Failure;

/// Collects the values of a row, column by column.
#[derive(Debug, Default)]
pub(crate) struct Values(Vec<Value>);

impl Values {
    /// Starts a row of `columns` columns, of which the first is the tenant's number.
    pub(crate) fn of_tenant(columns: usize) -> Self {
        let mut values = Vec::with_capacity(columns);
        values.push(Value::Null);
        Self(values)
    }

    pub(crate) fn null(mut self) -> Self {
        self.0.push(Value::Null);
        self
    }

    pub(crate) fn int(mut self, value: impl Into<i64>) -> Self {
        self.0.push(Value::Integer(value.into()));
        self
    }

    /// Sequences, versions and references; all far below the sign.
    pub(crate) fn count(self, value: u64) -> Self {
        self.int(value.cast_signed())
    }

    pub(crate) fn real(mut self, value: f64) -> Self {
        self.0.push(Value::Real(value));
        self
    }

    pub(crate) fn text(mut self, value: impl Into<String>) -> Self {
        self.0.push(Value::Text(value.into()));
        self
    }

    /// What prints as its column's text.
    pub(crate) fn word(self, value: impl Display) -> Self {
        self.text(value.to_string())
    }

    pub(crate) fn opt_word(self, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.word(value),
            None => self.null(),
        }
    }

    pub(crate) fn uuid(mut self, value: Uuid) -> Self {
        self.0.push(Value::Blob(value.as_bytes().to_vec()));
        self
    }

    pub(crate) fn opt_uuid(self, value: Option<Uuid>) -> Self {
        match value {
            Some(value) => self.uuid(value),
            None => self.null(),
        }
    }

    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        self.0.push(Value::Blob(value.to_vec()));
        self
    }

    pub(crate) fn time(self, value: Timestamp) -> Self {
        self.int(value.micros())
    }

    pub(crate) fn opt_time(self, value: Option<Timestamp>) -> Self {
        match value {
            Some(value) => self.time(value),
            None => self.null(),
        }
    }

    /// Three columns: both ends, and the rests as microseconds in pairs.
    pub(crate) fn urgency(self, value: Option<&Urgency>) -> Result<Self, Failure> {
        let rests = value.map(|urgency| urgency.rests.as_slice()).unwrap_or_default();
        let pairs: Vec<[i64; 2]> = rests.iter().map(|rest| [rest.from.micros(), rest.to.micros()]).collect();
        self.opt_time(value.map(|urgency| urgency.from))
            .opt_time(value.map(|urgency| urgency.due))
            .json_unless(pairs.is_empty(), &pairs)
    }

    pub(crate) fn actor(self, value: ActorRef) -> Self {
        self.text(value.kind.as_str()).opt_uuid(value.id)
    }

    /// A composite value as JSON.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<Self, Failure> {
        Ok(self.text(serde_json::to_string(value).map_err(Failure::Print)?))
    }

    /// A composite value as JSON, nothing where it is empty: most are, and then cost neither space nor parsing.
    pub(crate) fn json_unless(self, empty: bool, value: &impl Serialize) -> Result<Self, Failure> {
        if empty { Ok(self.null()) } else { self.json(value) }
    }

    pub(crate) fn done(self) -> Vec<Value> {
        self.0
    }
}

/// Takes the columns of a row in order.
pub(crate) struct Columns<'r> {
    row: &'r Row<'r>,
    at: usize,
}

impl<'r> Columns<'r> {
    /// Starts at a column.
    pub(crate) const fn from(row: &'r Row<'r>, at: usize) -> Self {
        Self { row, at }
    }

    fn next(&mut self) -> Result<ValueRef<'r>, Failure> {
        let value = self.row.get_ref(self.at)?;
        self.at += 1;
        Ok(value)
    }

    fn unreadable(&self) -> Failure {
        let at = self.at.saturating_sub(1);
        let name = self.row.as_ref().column_name(at).unwrap_or("?");
        Failure::Unreadable(format!("column `{name}`"))
    }

    pub(crate) fn skip(&mut self, columns: usize) {
        self.at += columns;
    }

    pub(crate) fn opt_int(&mut self) -> Result<Option<i64>, Failure> {
        match self.next()? {
            ValueRef::Integer(value) => Ok(Some(value)),
            ValueRef::Null => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i64, Failure> {
        self.opt_int()?.ok_or_else(|| self.unreadable())
    }

    pub(crate) fn count(&mut self) -> Result<u64, Failure> {
        Ok(self.int()?.cast_unsigned())
    }

    pub(crate) fn small<T: TryFrom<i64>>(&mut self) -> Result<T, Failure> {
        T::try_from(self.int()?).map_err(|_| self.unreadable())
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Failure> {
        Ok(self.int()? != 0)
    }

    pub(crate) fn real(&mut self) -> Result<f64, Failure> {
        match self.next()? {
            ValueRef::Real(value) => Ok(value),
            _ => Err(self.unreadable()),
        }
    }

    pub(crate) fn opt_text(&mut self) -> Result<Option<&'r str>, Failure> {
        match self.next()? {
            ValueRef::Text(bytes) => std::str::from_utf8(bytes).map(Some).map_err(|_| self.unreadable()),
            ValueRef::Null => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'r str, Failure> {
        self.opt_text()?.ok_or_else(|| self.unreadable())
    }

    pub(crate) fn opt_word<T: FromStr>(&mut self) -> Result<Option<T>, Failure> {
        match self.opt_text()? {
            Some(text) => text.parse().map(Some).map_err(|_| self.unreadable()),
            None => Ok(None),
        }
    }

    pub(crate) fn word<T: FromStr>(&mut self) -> Result<T, Failure> {
        self.opt_word()?.ok_or_else(|| self.unreadable())
    }

    pub(crate) fn opt_bytes<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Failure> {
        match self.next()? {
            ValueRef::Blob(bytes) => bytes.try_into().map(Some).map_err(|_| self.unreadable()),
            ValueRef::Null => Ok(None),
            _ => Err(self.unreadable()),
        }
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        self.opt_bytes()?.ok_or_else(|| self.unreadable())
    }

    pub(crate) fn opt_uuid<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<Option<T>, Failure> {
        Ok(self.opt_bytes()?.map(|bytes| wrap(Uuid::from_bytes(bytes))))
    }

    pub(crate) fn uuid<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<T, Failure> {
        self.opt_uuid(wrap)?.ok_or_else(|| self.unreadable())
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, Failure> {
        Ok(Timestamp::from_micros(self.int()?))
    }

    pub(crate) fn opt_time(&mut self) -> Result<Option<Timestamp>, Failure> {
        Ok(self.opt_int()?.map(Timestamp::from_micros))
    }

    pub(crate) fn urgency(&mut self) -> Result<Option<Urgency>, Failure> {
        let ends = self.opt_time()?.zip(self.opt_time()?);
        let pairs: Vec<[i64; 2]> = self.json()?;
        let rests = pairs
            .into_iter()
            .map(|[from, to]| Rest { from: Timestamp::from_micros(from), to: Timestamp::from_micros(to) });
        Ok(ends.map(|(from, due)| Urgency { from, due, rests: rests.collect() }))
    }

    pub(crate) fn actor(&mut self) -> Result<ActorRef, Failure> {
        Ok(ActorRef { kind: self.word()?, id: self.opt_uuid(|id| id)? })
    }

    /// A composite value; empty where the column is.
    pub(crate) fn json<T: DeserializeOwned + Default>(&mut self) -> Result<T, Failure> {
        Ok(self.opt_json()?.unwrap_or_default())
    }

    pub(crate) fn opt_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        match self.opt_text()? {
            Some(text) => serde_json::from_str(text).map(Some).map_err(|_| self.unreadable()),
            None => Ok(None),
        }
    }
}
