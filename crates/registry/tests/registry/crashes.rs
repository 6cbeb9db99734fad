//! The registry loses nothing to a process that is killed at any moment.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hasher, RandomState},
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use overblik_registry::{
    Appended, Bundle, CONTRACT, Change, Digest, FileStore, Record, Registry, RegistryStore,
    testing::{at, libraries, library, machine_of, operator},
};

use crate::random::Random;

const ROUNDS: u64 = 200;

/// Everything that is in the store: it must be a history that the rules allow, and every blob that it names must be there.
async fn look_through(folder: &Path, from: u64) -> Registry {
    let store = FileStore::open(folder).expect("what a killed process left is opened");
    let records = store.read(0, usize::MAX).await.expect("records");
    for record in records.iter().filter(|record| record.number > from) {
        for digest in record.change.blobs() {
            let blob = store.blob(digest).await.expect("a blob that is whole").expect("a blob that is there");
            assert_eq!(Digest::of_blob(&blob), digest);
            Bundle::from_blob(&blob).expect("a bundle");
        }
    }
    Registry::fold(records).expect("a history that the rules allow")
}

#[tokio::test]
async fn nothing_acknowledged_is_lost_and_nothing_is_half_there_after_two_hundred_kills() {
    let seed = RandomState::new().build_hasher().finish();
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this test");
    let (mut kept_in_all, mut killed_at_work, mut head) = (0, 0, 0);
    for round in 0..ROUNDS {
        let mut child = Command::new(&program)
            .args(["--exact", "crashes::writer_that_is_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut input = child.stdin.take().expect("its input");
        writeln!(input, "{}\n{}", folder.path().display(), random.next()).expect("told where");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut told = String::new();
        // Most are killed at work; some while they open what the last one left.
        if random.below(5) > 0 {
            while !told.contains("kept ") {
                assert_ne!(output.read_line(&mut told).expect("text"), 0, "round {round}: it ended by itself");
            }
        }
        tokio::time::sleep(Duration::from_micros(random.below(20_000))).await;
        child.kill().expect("killed");
        let status = child.wait().expect("over");
        assert!(status.code().is_none(), "round {round}: it ended by itself: {status}");
        output.read_to_string(&mut told).expect("text");
        // A number without its end of line was not told to anybody.
        let whole = told.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let kept: BTreeMap<u64, Digest> = whole.lines().filter_map(acknowledged).collect();
        let registry = look_through(folder.path(), head).await;
        for (number, hash) in &kept {
            let index = usize::try_from(*number).expect("a number") - 1;
            let record = registry.history().get(index).expect("an acknowledged record is there");
            assert_eq!(record.hash, *hash, "round {round}: record {number}");
        }
        assert!(registry.head().number >= head, "round {round}: what was there before still is");
        head = registry.head().number;
        kept_in_all += kept.len();
        killed_at_work += usize::from(!kept.is_empty());
    }
    look_through(folder.path(), 0).await;
    println!("{kept_in_all} acknowledged, {head} kept, {killed_at_work} of {ROUNDS} killed at work");
    assert!(killed_at_work > 100 && kept_in_all > 200, "the processes came to write: {killed_at_work}, {kept_in_all}");
}

fn acknowledged(line: &str) -> Option<(u64, Digest)> {
    let (number, hash) = line.strip_prefix("kept ")?.split_once(' ')?;
    Some((number.parse().ok()?, Digest::parse(hash).ok()?))
}

/// Not a test of its own: what the test above starts and kills. It writes for as long as it lives.
#[tokio::test]
#[ignore = "is started and killed by the test above"]
async fn writer_that_is_killed() {
    let mut lines = BufReader::new(std::io::stdin()).lines().map_while(Result::ok);
    let (Some(folder), Some(seed)) = (lines.next(), lines.next()) else { return };
    let mut random = Random::new(seed.parse().expect("a number"));
    let store = FileStore::open(Path::new(&folder)).expect("a store");
    loop {
        let head = store.head().await.expect("a head");
        let (actor, change) = match head.number {
            0 => (operator("anna"), Change::AuthorityProposed { authority: libraries() }),
            1 => (operator("bo"), Change::AuthorityApproved { authority: libraries().slug, proposal: 1 }),
            _ => {
                let text = format!("# {}\n", random.next()).repeat(usize::try_from(random.below(2000)).expect("small"));
                let bundle = Bundle::new([(CONTRACT.to_owned(), Bytes::from(text))].into()).expect("a bundle");
                let digest = store.put_blob(bundle.to_blob()).await.expect("put");
                let (source, authority) = (library(), libraries().slug);
                let pushed = Change::Pushed { source, authority, version: 1, bundle: digest, mistakes: 1 };
                (machine_of("birkerup-libraries", "ci"), pushed)
            }
        };
        let record = Record::next(head, at(0), actor, change);
        assert_eq!(store.append(&record).await, Ok(Appended::Kept));
        let mut output = std::io::stdout().lock();
        writeln!(output, "\nkept {} {}", record.number, record.hash).expect("told");
        output.flush().expect("told");
    }
}
