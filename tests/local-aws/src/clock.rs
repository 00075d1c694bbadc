//! The services' clocks, and the two ways in which AWS writes a time.

use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_A_DAY: i64 = 86_400;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970 by this machine's clock.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// An IMF-fixdate, as in a `Date` header: `Fri, 24 May 2013 00:00:00 GMT`.
pub fn http_date(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(SECONDS_A_DAY));
    let (hour, minute, second) = time_of_day(at);
    let name = |names: &[&'static str], i: i64| {
        let index = usize::try_from(i).unwrap_or(0);
        names.get(index).copied().unwrap_or("???")
    };
    let weekday = name(&WEEKDAYS, at.div_euclid(SECONDS_A_DAY).rem_euclid(7));
    let month = name(&MONTHS, month - 1);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// The basic ISO 8601 form of SigV4: `20130524T000000Z`.
pub fn amz_date(at: i64) -> String {
    let (year, month, day) = civil(at.div_euclid(SECONDS_A_DAY));
    let (hour, minute, second) = time_of_day(at);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The reverse of `amz_date`; `None` for anything that is not exactly that form.
pub fn parse_amz_date(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || time.len() != 6 {
        return None;
    }
    let field = |text: &str, from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    };
    let (year, month, day) = (field(date, 0, 4)?, field(date, 4, 6)?, field(date, 6, 8)?);
    let (hour, minute, second) = (field(time, 0, 2)?, field(time, 2, 4)?, field(time, 4, 6)?);
    let at = days(year, month, day) * SECONDS_A_DAY + hour * 3600 + minute * 60 + second;
    // A field out of range would be carried into the next one: then the text does not come back.
    (amz_date(at) == text).then_some(at)
}

fn time_of_day(at: i64) -> (i64, i64, i64) {
    let second = at.rem_euclid(SECONDS_A_DAY);
    (second / 3600, second / 60 % 60, second % 60)
}

// Both conversions count years from March, so that the leap day is the last one of its year.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_aws_writes_them() {
        assert_eq!(http_date(1_369_353_600), "Fri, 24 May 2013 00:00:00 GMT");
        assert_eq!(amz_date(1_369_353_600), "20130524T000000Z");
        assert_eq!(amz_date(951_826_399), "20000229T121319Z");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn a_signing_date_comes_back() {
        for at in [0, 951_826_399, 1_369_353_600, 1_790_000_000, 4_102_444_799] {
            assert_eq!(parse_amz_date(&amz_date(at)), Some(at));
        }
    }

    #[test]
    fn an_impossible_date_is_refused() {
        for text in [
            "20130230T000000Z",
            "20130524T240000Z",
            "20130524",
            "2013-05-24T00:00:00Z",
            "+2130524T000000Z",
            "20130524T000000",
            "",
        ] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }
}
