//! How many steps masking takes, for the law that they grow no faster than the text.
//!
//! The functions through which detectors read a text tell here how much they read of it. Outside tests this does nothing
//! and compiles to nothing.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Tells that so many bytes or characters were read.
#[inline]
pub(super) fn took(steps: usize) {
    #[cfg(test)]
    STEPS.set(STEPS.get() + steps);
    #[cfg(not(test))]
    let _ = steps;
}

/// Passes on what is read one by one and may end at any place.
#[inline]
pub(super) fn each<I: IntoIterator>(read: I) -> impl Iterator<Item = I::Item> {
    read.into_iter().inspect(|_| took(1))
}

/// Returns how many steps `work` takes on this thread.
#[cfg(test)]
pub(super) fn of(work: impl FnOnce()) -> usize {
    let before = STEPS.get();
    work();
    STEPS.get() - before
}
