//! The hospitals' calendar, in the forms in which calendars come.

use overblik_demo::{DemoWorld, Source};

use crate::visitor::*;

async fn calendar(world: &DemoWorld, slug: &str) -> String {
    let answer = call(world, Source::Appointments, "overview", cpr(slug)).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/calendar; charset=utf-8");
    assert_eq!(answer.headers()["x-patient-cpr"], cpr(slug));
    answer.text().await.expect("text")
}

#[tokio::test]
async fn a_calendar_is_whole_and_its_lines_are_short() {
    let world = world().await;
    for citizen in DemoWorld::citizens().iter().filter(|citizen| citizen.cpr.is_some()) {
        let text = calendar(&world, citizen.slug).await;
        assert!(text.ends_with("END:VCALENDAR\r\n"), "{text}");
        assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])), "{text}");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), text.matches("END:VEVENT").count());
        assert!(!text.contains(citizen.cpr.expect("a number")), "a calendar names nobody");
    }
    world.shutdown().await;
}

#[tokio::test]
async fn each_awkward_form_occurs() {
    let world = world().await;
    for (slug, form) in [
        ("family-signe", "DTSTART;TZID=Europe/Copenhagen:20261128T101500\r\nDURATION:PT30M\r\n"),
        ("family-signe", "Birkerup Sygehus\\, afsnit"),
        ("family-signe", "\r\n "),
        ("overdue-laila", "STATUS:CANCELLED"),
        ("neighbour-nanna", "DTSTART;VALUE=DATE:20261204"),
        ("letters-aase", "RRULE:FREQ=WEEKLY;COUNT=6"),
        ("debt-gert", "DTSTART:20261201T080000Z"),
        ("partly-poul", "RRULE:FREQ=MONTHLY;BYDAY=1MO"),
    ] {
        let text = calendar(&world, slug).await;
        assert!(text.contains(form), "{slug}: {form} in {text}");
    }
    let without_time = calendar(&world, "undated-dagny").await;
    assert_eq!((without_time.matches("BEGIN:VEVENT").count(), without_time.matches("DTSTART;").count()), (2, 1));
    assert!(!calendar(&world, "nothing-ingrid").await.contains("VEVENT"));
    world.shutdown().await;
}
