//! Points in time as RFC 3339 writes them, in UTC and to the second: all that lists of models have.

/// Seconds since 1970, as a date (`2026-10-21T07:28:00Z`).
pub(crate) fn written(seconds: i64) -> String {
    let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    // Days since the first of March of the year 0, in eras of 400 years: leap days then come last.
    let days = days + FROM_YEAR_0;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A date as seconds since 1970. Fractions and the zone are left out: no list of models is that exact.
pub(crate) fn read(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let is_date = text.get(4..5)? == "-" && text.get(7..8)? == "-" && matches!(text.get(10..11)?, "T" | "t" | " ");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !is_date || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days = era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1;
    Some((days - FROM_YEAR_0) * DAY + hour * 3600 + minute * 60 + second)
}

const DAY: i64 = 24 * 3600;
/// The days of 400 years.
const ERA: i64 = 146_097;
/// The days from the first of March of the year 0 to 1970.
const FROM_YEAR_0: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_same_both_ways() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_792_567_680, "2026-10-21T07:28:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(written(seconds), text);
            assert_eq!(read(text), Some(seconds), "{text}");
        }
        assert_eq!(read("2026-10-21T07:28:00.123+00:00"), Some(1_792_567_680));
        for bad in ["", "soon", "2026-13-01T00:00:00Z", "2026-10-21", "20261021T072800Z", "ä026-10-21T07:28:00Z"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
