//! Tests of masking: tables by detector, own patterns, laws, steps counted, a generated corpus and real conversations.

mod beside;
mod corpus;
mod laws;
mod linear;
mod own;
mod real;
mod sentences;
mod table;
