//! Named points of a refresh at which this crate's own tests stop a process in order to kill it. Nothing in a build.

/// Where a refresh can be interrupted, in the order of its steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Locked,
    Read,
    Reserved,
    Answered,
    Written,
    Synced,
    Renamed,
    FolderSynced,
}

#[cfg(test)]
impl Point {
    pub(crate) const ALL: [Self; 8] = [
        Self::Locked,
        Self::Read,
        Self::Reserved,
        Self::Answered,
        Self::Written,
        Self::Synced,
        Self::Renamed,
        Self::FolderSynced,
    ];
}

/// The variable that names the point at which a test's child process has to stop.
#[cfg(test)]
pub(crate) const STOP_AT: &str = "INTERLINGUA_AUTH_TEST_STOP_AT";

/// Announces the point on stdout and waits there to be killed.
#[cfg(test)]
pub(crate) fn point(point: Point) {
    if std::env::var(STOP_AT).is_ok_and(|name| name == format!("{point:?}")) {
        println!("stopped");
        std::thread::sleep(std::time::Duration::from_secs(60));
        panic!("nobody killed this process at {point:?}");
    }
}

/// Nothing.
#[cfg(not(test))]
pub(crate) fn point(_point: Point) {}
