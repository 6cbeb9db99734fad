//! What a killed process leaves: everything that was taken, and nothing that is half there.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
    time::Duration,
};

use super::{SIGNE, Time, begins, citizen, copy, happened, segments, trail, verified, written};
use crate::audit::{sink::Sink, writer::Written};

const ROUNDS: u64 = 40;

#[tokio::test]
async fn a_line_that_was_torn_anywhere_is_mended_at_the_next_start_and_that_is_written_down() {
    let folder = tempfile::tempdir().expect("a folder");
    written(folder.path(), &Time::default(), 2).await;
    let whole = verified(folder.path()).await.expect("good").head.number;
    let line = "{\"number\":6,\"at\":\"2026-11-22T09:00:00Z\",\"event\":{\"asked\":{\"citizen\":\"one:0123";
    for torn in 1..line.len() {
        let spoilt = copy(folder.path());
        let path = segments(spoilt.path()).pop().expect("a segment");
        let mut text = fs::read(&path).expect("bytes");
        text.extend_from_slice(&line.as_bytes()[..torn]);
        fs::write(&path, text).expect("written");
        verified(spoilt.path()).await.expect("what was written is there");
        begins(spoilt.path()).await.expect("mended");
        let head = verified(spoilt.path()).await.expect("good").head.number;
        assert_eq!(head, whole + 1);
        let text = fs::read_to_string(segments(spoilt.path()).pop().expect("a segment")).expect("text");
        assert!(text.contains(&format!(r#"{{"gone_on":{{"cut_off":{torn}}}}}"#)), "{text}");
    }
}

#[tokio::test]
async fn processes_that_were_killed_before_they_put_a_head_down_do_not_stop_the_next_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = Time::default();
    for _ in 0..4 {
        let trail = trail(folder.path(), &time);
        trail.begin().await.expect("begun");
        trail.finish().await;
        fs::remove_file(folder.path().join("audit/head.json")).expect("as if it had not come so far");
        time.pass_days(1);
    }
    begins(folder.path()).await.expect("begun");
    assert_eq!(verified(folder.path()).await.expect("good").head.number, 5);
}

#[tokio::test]
async fn nothing_that_was_taken_is_lost_when_the_process_is_killed_at_any_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this test");
    let (mut taken_in_all, mut before) = (0, 0);
    for round in 0..ROUNDS {
        let mut child = Command::new(&program)
            .args(["--exact", "audit::tests::crashes::writer_that_is_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        writeln!(child.stdin.take().expect("its input"), "{}", folder.path().display()).expect("told where");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut told = String::new();
        // Most are killed at work; some while they open what the last one left.
        if round % 5 > 0 {
            while !told.contains("taken ") {
                assert_ne!(output.read_line(&mut told).expect("text"), 0, "round {round}: it ended by itself: {told}");
            }
        }
        tokio::time::sleep(Duration::from_micros(round * 900)).await;
        child.kill().expect("killed");
        let status = child.wait().expect("over");
        assert!(status.code().is_none(), "round {round}: it ended by itself: {status}");
        output.read_to_string(&mut told).expect("text");
        let complete = told.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let taken: Vec<u64> = complete.lines().filter_map(|line| line.strip_prefix("taken ")?.parse().ok()).collect();
        taken_in_all += taken.len();
        begins(folder.path()).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        let head = verified(folder.path()).await.unwrap_or_else(|error| panic!("round {round}: {error}")).head.number;
        let furthest = taken.into_iter().max().unwrap_or(before);
        assert!(head >= furthest && head > before, "round {round}: {head} after {furthest}");
        before = head;
    }
    println!("{taken_in_all} taken, {before} there");
    assert!(taken_in_all > 200, "the processes came to write: {taken_in_all}");
}

/// Not a test of its own: what the test above starts and kills. It writes for as long as it lives.
#[tokio::test]
#[ignore = "is started and killed by the test above"]
async fn writer_that_is_killed() {
    let mut lines = BufReader::new(std::io::stdin()).lines().map_while(Result::ok);
    let Some(folder) = lines.next() else { return };
    let trail = trail(folder.as_ref(), &Time::default());
    let Sink::Files(files) = trail.sink() else { return };
    let mut head = files.begin(trail.keys(), &trail.0.clock).await.expect("opened");
    loop {
        let written = Written::next(head, happened(&trail, &citizen(SIGNE), "library"));
        head = written.record.head();
        files.append(std::sync::Arc::new(vec![written])).await.expect("taken");
        {
            let mut output = std::io::stdout().lock();
            writeln!(output, "\ntaken {}", head.number).expect("told");
            output.flush().expect("told");
        }
        if head.number.is_multiple_of(7) {
            files.sync(trail.keys()).await.expect("synced");
        }
    }
}
