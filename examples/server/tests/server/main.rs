//! The real program, started, asked, stopped and killed.

mod crash;
mod demo;
mod process;
mod start;
mod stop;
