//! How many days lie between two rotations of a schedule, at most.
//!
//! Source: Secrets Manager User Guide, "Schedule expressions": `rate(10 days)`, `rate(12 hours)`, and `cron(minutes hours day-of-month month day-of-week year)`
//! with the wildcards `, - * ? / # L W`, Sunday as day 1.

use std::ops::RangeInclusive;

use jiff::civil::{Date, Weekday};

/// Days of which every schedule is seen at its slowest: two leap years among them.
const FROM: (i16, i8, i8) = (2024, 1, 1);
const DAYS: usize = 9 * 366;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The longest time between two rotations, in days; `None` where the expression is not understood.
pub(super) fn longest(expression: &str) -> Option<i64> {
    let (kind, rest) = expression.trim().split_once('(')?;
    let inside = rest.trim().strip_suffix(')')?;
    match kind.trim() {
        "rate" => rate(inside),
        "cron" => cron(inside),
        _ => None,
    }
}

fn rate(text: &str) -> Option<i64> {
    let (number, unit) = text.trim().split_once(char::is_whitespace)?;
    let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
    match unit.trim().trim_end_matches('s') {
        "day" => Some(number),
        "hour" => Some((number - 1) / 24 + 1),
        _ => None,
    }
}

fn cron(text: &str) -> Option<i64> {
    let fields: Vec<String> = text.split_whitespace().map(str::to_ascii_uppercase).collect();
    let [_, _, day, month, weekday, year] = fields.as_slice() else { return None };
    if year != "*" {
        return None;
    }
    let (mut last, mut longest): (Option<usize>, Option<i64>) = (None, None);
    let mut date = Date::new(FROM.0, FROM.1, FROM.2).ok()?;
    for at in 0..DAYS {
        let comes = [is_of_months(month, date), is_of_days(day, date), is_of_weekdays(weekday, date)];
        // What is not understood is so on every day.
        if comes.iter().try_fold(true, |all, one| one.map(|one| all && one))? {
            if let Some(before) = last {
                longest = longest.max(i64::try_from(at - before).ok());
            }
            last = Some(at);
        }
        date = date.tomorrow().ok()?;
    }
    longest
}

fn is_of_months(field: &str, date: Date) -> Option<bool> {
    any(field, |part| holds(part, 1..=12, &MONTHS, date.month()))
}

fn is_of_days(field: &str, date: Date) -> Option<bool> {
    let last = date.days_in_month();
    any(field, |part| match part {
        "?" => Some(true),
        "L" => Some(date.day() == last),
        "LW" => Some(date.day() == nearest_weekday(date, last)?),
        _ => match part.strip_suffix('W') {
            Some(day) => Some(date.day() == nearest_weekday(date, day.parse().ok().filter(|day| (1..=31).contains(day))?)?),
            None => holds(part, 1..=31, &[], date.day()),
        },
    })
}

fn is_of_weekdays(field: &str, date: Date) -> Option<bool> {
    let today = number_of(date.weekday());
    any(field, |part| {
        if part == "?" {
            return Some(true);
        }
        if let Some((day, nth)) = part.split_once('#') {
            let (day, nth): (i8, i8) = (number(day, 1..=7, &WEEKDAYS)?, nth.parse().ok().filter(|nth| (1..=5).contains(nth))?);
            return Some(today == day && (date.day() - 1) / 7 + 1 == nth);
        }
        match part.strip_suffix('L') {
            Some("") => Some(today == 7),
            Some(day) => Some(today == number(day, 1..=7, &WEEKDAYS)? && date.day() + 7 > date.days_in_month()),
            None => holds(part, 1..=7, &WEEKDAYS, today),
        }
    })
}

fn number_of(day: Weekday) -> i8 {
    day.to_sunday_one_offset()
}

/// Of the month of a date, the weekday that is nearest to a day of it.
fn nearest_weekday(date: Date, day: i8) -> Option<i8> {
    let last = date.days_in_month();
    let meant = day.min(last);
    let shift = match number_of(Date::new(date.year(), date.month(), meant).ok()?.weekday()) {
        7 if meant == 1 => 2,
        7 => -1,
        1 if meant == last => -2,
        1 => 1,
        _ => 0,
    };
    Some(meant + shift)
}

/// Whether some part of a list fits; `None` where one of them is not understood.
fn any(field: &str, fits: impl Fn(&str) -> Option<bool>) -> Option<bool> {
    field.split(',').try_fold(false, |any, part| fits(part).map(|one| any || one))
}

/// Whether `*`, `5`, `2-6`, `1/3`, `*/3` or `/3` holds a number.
fn holds(part: &str, all: RangeInclusive<i8>, names: &[&str], wanted: i8) -> Option<bool> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step.parse::<i8>().ok().filter(|step| *step > 0)?)),
        None => (part, None),
    };
    let one = |text: &str| number(text, all.clone(), names);
    let (first, last) = match (range, range.split_once('-')) {
        ("*", _) => (*all.start(), *all.end()),
        ("", _) if step.is_some() => (*all.start(), *all.end()),
        (_, Some((first, last))) => (one(first)?, one(last)?),
        (first, None) if step.is_some() => (one(first)?, *all.end()),
        (only, None) => (one(only)?, one(only)?),
    };
    let within = if first <= last { (first..=last).contains(&wanted) } else { wanted >= first || wanted <= last };
    let size = all.end() - all.start() + 1;
    Some(within && (wanted - first).rem_euclid(size) % step.unwrap_or(1) == 0)
}

fn number(text: &str, all: RangeInclusive<i8>, names: &[&str]) -> Option<i8> {
    let named = names.iter().position(|name| *name == text).and_then(|at| i8::try_from(at + 1).ok());
    named.or_else(|| text.parse().ok().filter(|number| all.contains(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_time_between_two_rotations() {
        for (expression, days) in [
            ("rate(365 days)", Some(365)),
            ("rate(1 day)", Some(1)),
            ("rate(36 hours)", Some(2)),
            ("cron(0 8 1 1 ? *)", Some(366)),
            ("cron(0 8 1 1,7 ? *)", Some(184)),
            ("cron(0 8 1 1/3 ? *)", Some(92)),
            ("cron(0 16 1,15 * ? *)", Some(17)),
            ("cron(0 8 1 * ? *)", Some(31)),
            ("cron(0 8 * * ? *)", Some(1)),
            ("cron(0 /4 ? * MON-FRI *)", Some(3)),
            ("cron(0 0 L * ? *)", Some(31)),
            ("cron(0 0 ? 1/2 SUN#1 *)", Some(63)),
            ("cron(0 0 ? * FRIL *)", Some(35)),
            ("cron(0 0 15W * ? *)", Some(32)),
            ("cron(0 10 */2 * ? *)", Some(2)),
            ("cron(0 8 29 2 ? *)", Some(4 * 365 + 1)),
        ] {
            assert_eq!(longest(expression), days, "{expression}");
        }
    }

    #[test]
    fn what_is_not_understood_has_no_period() {
        for expression in [
            "",
            "rate(days)",
            "rate(0 days)",
            "rate(3 weeks)",
            "cron(0 8 1 1 ?)",
            "cron(0 8 1 1 ? 2027)",
            "cron(0 8 40 * ? *)",
            "cron(0 8 ? * XYZ *)",
            "at(x)",
        ] {
            assert_eq!(longest(expression), None, "{expression}");
        }
    }
}
