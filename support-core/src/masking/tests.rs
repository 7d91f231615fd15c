//! Tests of masking: tables by detector, laws, a generated corpus and real conversations.

mod corpus;
mod laws;
mod real;
mod sentences;
mod table;
