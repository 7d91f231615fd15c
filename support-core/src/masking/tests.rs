//! Tests of masking: tables by detector, laws, steps counted, a generated corpus and real conversations.

mod corpus;
mod laws;
mod linear;
mod real;
mod sentences;
mod table;
