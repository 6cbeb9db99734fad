//! What differs between the files of two versions, line by line.

use std::{collections::BTreeSet, time::Duration};

use axum::{extract::State, response::Html};
use overblik_registry::{Bundle, CONTRACT, Slug};
use serde::Deserialize;
use similar::{ChangeTag, DiffTag, TextDiff};

use super::worker::Worker;
use crate::{
    admin::{
        Admin,
        error::AdminError,
        named::{Asked, Named},
    },
    api_error::ApiError,
    page::console::{self, DifferencePage, FileDifference, Hunk, Line, LinesDiffer, Mark, WhatHappened},
};

/// How long it is looked for the shortest difference of all files together. Beyond that a longer one is told.
const LOOKING: Duration = Duration::from_secs(2);
/// Lines that did not change, around those that did.
const AROUND: usize = 3;
/// Most lines that are shown of all files together: two versions may differ in millions, and each stands in a form of its own.
const MOST_LINES: usize = 20_000;

/// Which versions.
#[derive(Deserialize)]
pub(super) struct Between {
    #[serde(default)]
    from: Option<u32>,
    #[serde(default)]
    to: Option<u32>,
}

/// Two versions beside each other; unless others are asked for, the one that citizens see, or the last but one, and the newest.
pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
    Asked(Between { from, to }): Asked<Between>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    let newest = source.newest().ok_or_else(AdminError::not_found)?.number;
    let to = to.unwrap_or(newest);
    let before = source.versions.range(..to).next_back().map(|(number, _)| *number);
    let from = from.or(source.main.filter(|main| *main < to)).or(before).unwrap_or(to);
    let (_, old) = admin.bundle_of(&worker.caller(), &slug, from).await?;
    let (_, new) = admin.bundle_of(&worker.caller(), &slug, to).await?;
    let place = admin.differences.take(&worker.actor.side)?;
    let looking = crate::blocking::run(move || {
        // Until it is over, also when nobody waits for it any more.
        let _place = place;
        between(&old, &new)
    });
    let files = looking.await.map_err(|error| {
        tracing::error!(%error, "two versions cannot be compared");
        ApiError::Internal
    })?;
    let page = DifferencePage { source, from, to, files: &files };
    Ok(Html(console::difference(&worker.frame(), &page)))
}

/// The files that differ, the contract first.
fn between(old: &Bundle, new: &Bundle) -> Vec<FileDifference> {
    let paths: BTreeSet<_> = old.files().keys().chain(new.files().keys()).collect();
    let mut changed: Vec<_> =
        paths.into_iter().filter(|path| old.files().get(*path) != new.files().get(*path)).collect();
    changed.sort_by_key(|path| (*path != CONTRACT, path.contains('/'), *path));
    let time = LOOKING / u32::try_from(changed.len().max(1)).unwrap_or(u32::MAX);
    let mut room = MOST_LINES;
    changed.into_iter().map(|path| of_file(path, (old, new), time, &mut room)).collect()
}

fn of_file(path: &str, (old, new): (&Bundle, &Bundle), time: Duration, room: &mut usize) -> FileDifference {
    let (was, is) = (old.files().get(path), new.files().get(path));
    let happened = match (was, is) {
        (None, _) => WhatHappened::Added,
        (_, None) => WhatHappened::Removed,
        _ => WhatHappened::Changed,
    };
    let text = |contents: Option<&bytes::Bytes>| {
        std::str::from_utf8(contents.map(AsRef::as_ref).unwrap_or_default()).map(str::to_owned)
    };
    let lines = match (text(was), text(is)) {
        (Ok(was), Ok(is)) => Some(lines(&was, &is, time, room)),
        _ => None,
    };
    FileDifference { path: path.to_owned(), happened, lines }
}

/// The lines that differ; `room` is how many more may be shown.
fn lines(was: &str, is: &str, time: Duration, room: &mut usize) -> LinesDiffer {
    let difference = TextDiff::configure().timeout(time).diff_lines(was, is);
    let differ = difference.ops().iter().filter(|operation| operation.tag() != DiffTag::Equal);
    let (removed, added) = differ.fold((0_usize, 0_usize), |(removed, added), operation| {
        let (old, new) = (operation.old_range().len(), operation.new_range().len());
        (removed.saturating_add(old), added.saturating_add(new))
    });
    let mut is_whole = true;
    let groups = difference.grouped_ops(AROUND).into_iter();
    let hunks = groups.map(|operations| {
        let mut changes = operations.iter().flat_map(|operation| difference.iter_changes(operation));
        let shown: Vec<_> = changes.by_ref().take(*room).collect();
        *room = room.saturating_sub(shown.len());
        is_whole &= changes.next().is_none();
        let lines = shown.into_iter().map(|change| Line {
            mark: match change.tag() {
                ChangeTag::Equal => Mark::Same,
                ChangeTag::Insert => Mark::Added,
                ChangeTag::Delete => Mark::Removed,
            },
            was: change.old_index().map(|index| index.saturating_add(1)),
            is: change.new_index().map(|index| index.saturating_add(1)),
            text: without_line_break(change.value()).to_owned(),
        });
        Hunk { lines: lines.collect() }
    });
    let hunks = hunks.filter(|hunk| !hunk.lines.is_empty()).collect();
    LinesDiffer { added, removed, hunks, is_whole }
}

/// A line without what ends it. A carriage return alone, which ends lines here and not everywhere, stays to be seen.
fn without_line_break(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use bytes::Bytes;

    use super::*;

    fn bundle(files: &[(&str, &[u8])]) -> Bundle {
        let files = files.iter().map(|(path, contents)| ((*path).to_owned(), Bytes::copy_from_slice(contents)));
        Bundle::new(files.collect()).expect("a bundle")
    }

    #[test]
    fn only_what_differs_is_told_with_the_lines_around_it() {
        let contract: String = (1..=20).fold(String::new(), |mut text, line| {
            writeln!(text, "line: {line}").expect("a text");
            text
        });
        let changed = contract.replace("line: 10\n", "line: ten\nline: more\n");
        let old = bundle(&[
            (CONTRACT, contract.as_bytes()),
            ("a.txt", b"same"),
            ("examples/gone", b"x\n"),
            ("picture", b"\xff"),
        ]);
        let new = bundle(&[
            (CONTRACT, changed.as_bytes()),
            ("a.txt", b"same"),
            ("CHANGELOG.md", b"x\n"),
            ("picture", b"\xfe"),
        ]);
        let files = between(&old, &new);
        let told: Vec<_> = files.iter().map(|file| (file.path.as_str(), file.happened)).collect();
        assert_eq!(
            told,
            [
                (CONTRACT, WhatHappened::Changed),
                ("CHANGELOG.md", WhatHappened::Added),
                ("picture", WhatHappened::Changed),
                ("examples/gone", WhatHappened::Removed),
            ]
        );
        let differ = files[0].lines.as_ref().expect("a text");
        assert_eq!((differ.added, differ.removed, differ.is_whole), (2, 1, true));
        let [Hunk { lines }] = differ.hunks.as_slice() else { panic!("one place") };
        let marks: Vec<_> = lines.iter().map(|line| (line.mark, line.was, line.is, line.text.as_str())).collect();
        assert_eq!(
            marks[2..7],
            [
                (Mark::Same, Some(9), Some(9), "line: 9"),
                (Mark::Removed, Some(10), None, "line: 10"),
                (Mark::Added, None, Some(10), "line: ten"),
                (Mark::Added, None, Some(11), "line: more"),
                (Mark::Same, Some(11), Some(12), "line: 11"),
            ]
        );
        assert_eq!(lines.len(), 9, "three lines before and after");
        assert!(files[2].lines.is_none(), "what is no text is not shown");
    }

    #[test]
    fn r73_the_largest_files_that_differ_in_every_line_are_compared_in_time_and_shown_in_part() {
        let text =
            |word: &str| (0..30_000).map(|line| word.to_owned() + &(line % 977).to_string() + "\n").collect::<String>();
        let (was, is) = (text("a"), text("b"));
        let begun = std::time::Instant::now();
        let mut room = MOST_LINES;
        let differ = lines(&was, &is, Duration::from_millis(100), &mut room);
        assert_eq!((differ.added, differ.removed, differ.is_whole), (30_000, 30_000, false));
        assert_eq!((differ.hunks.iter().map(|hunk| hunk.lines.len()).sum::<usize>(), room), (MOST_LINES, 0));
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[test]
    fn r64_a_line_that_ends_where_files_do_not_end_lines_keeps_what_ends_it() {
        let differ = lines("a\n", "a\rb\r\nc", Duration::from_secs(1), &mut 10);
        let shown: Vec<_> = differ.hunks[0].lines.iter().map(|line| (line.mark, line.text.as_str())).collect();
        assert_eq!(shown, [(Mark::Removed, "a"), (Mark::Added, "a\r"), (Mark::Added, "b"), (Mark::Added, "c")]);
    }
}
