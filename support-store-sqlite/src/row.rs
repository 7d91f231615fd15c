//! Records as rows: one list of columns a table, and beside it how they are written and read.
//!
//! A record is turned into plain values on the caller's side of the channel, so that the one writer thread binds
//! values and prints nothing. Reading goes through [`Columns`], which takes the columns in the order of the list.

pub(crate) mod access;
pub(crate) mod event;
pub(crate) mod people;
pub(crate) mod text;
pub(crate) mod thread;
pub(crate) mod ticket;
mod value;

use std::fmt::Write as _;

pub(crate) use value::{Columns, Values};

/// A table whose rows are records.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// Columns that name a row, the tenant first; they stand first in `columns` too.
    pub(crate) key: &'static [&'static str],
    /// Every column that is written, in the order of the values.
    pub(crate) columns: &'static [&'static str],
    /// The column that [`Expect`](support_core::store::Expect) compares; an SQL expression.
    pub(crate) revision: &'static str,
    /// Which of the rows under a key is the present one, where there are several; an SQL condition.
    pub(crate) present: &'static str,
    /// Columns that only an insert writes: counters that deltas keep.
    pub(crate) kept: &'static [&'static str],
}

impl Table {
    /// Returns the columns as they stand in a `SELECT`, each with `alias` before it.
    pub(crate) fn selected(&self, alias: &str) -> String {
        let named: Vec<_> = self.columns.iter().map(|column| format!("{alias}.{column}")).collect();
        named.join(", ")
    }

    /// Returns the condition that names one row by the parameters from `?1` on.
    pub(crate) fn named(&self) -> String {
        let terms: Vec<_> =
            self.key.iter().enumerate().map(|(at, column)| format!("{column} = ?{}", at + 1)).collect();
        format!("{}{}", terms.join(" AND "), self.present)
    }

    /// Returns the statement that adds a row.
    pub(crate) fn insert(&self) -> String {
        let places: Vec<_> = (1..=self.columns.len()).map(|at| format!("?{at}")).collect();
        format!("INSERT INTO {} ({}) VALUES ({})", self.name, self.columns.join(", "), places.join(", "))
    }

    /// Returns the statement that writes the columns of a row at these places in the list. It is made anew for each
    /// row, and therefore in one piece.
    pub(crate) fn update(&self, changed: &[usize]) -> String {
        let mut sql = String::with_capacity(64 + 32 * changed.len());
        sql.extend(["UPDATE ", self.name, " SET "]);
        let columns = changed.iter().filter_map(|at| self.columns.get(*at));
        for (place, column) in (self.key.len() + 1..).zip(columns) {
            let comma = if place > self.key.len() + 1 { ", " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(sql, "{comma}{column} = ?{place}");
        }
        sql.push_str(" WHERE ");
        sql.push_str(&self.named());
        sql
    }
}

/// Place of the tenant's number in every row.
pub(crate) const TENANT: usize = 0;
/// Place of the ticket's number in the rows of what belongs to a ticket.
pub(crate) const TICKET: usize = 2;
