//! The files of the repository, and what must stand in none of them.

use std::{fs, path::Path};

use overblik_tests::repository;

/// A text file of the repository.
pub(crate) struct TrackedFile {
    /// Its path from the root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TrackedFile {
    /// Whether its name ends so, after a point.
    pub(crate) fn is_a(&self, kind: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == kind)
    }
}

/// Folders that hold what tools made or fetched.
const NOT_OURS: [&str; 4] = ["target", "node_modules", ".git", "corpus"];

/// Every text file, whether committed yet or not.
pub(crate) fn tracked_files() -> Vec<TrackedFile> {
    let mut files = Vec::new();
    collect(repository(), &mut files);
    assert!(files.len() > 100, "the repository has many files: {}", files.len());
    files
}

fn collect(folder: &Path, files: &mut Vec<TrackedFile>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() || NOT_OURS.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let from_root = path.strip_prefix(repository()).expect("inside the repository");
            files.push(TrackedFile { path: from_root.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Ten-digit numbers, with or without a hyphen after the sixth, that could be somebody's: the first four digits are a
/// day and a month. Those of fictitious persons have a day from 61 to 91.
fn real_numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_word = |character: &char| character.is_ascii_alphanumeric() || *character == '-' || *character == '_';
    for word in text.split(|character: char| !is_word(&character)) {
        let digits = word.strip_prefix('-').unwrap_or(word);
        let (birth, serial) = match digits.split_once('-') {
            Some(parts) => parts,
            None => digits.split_at_checked(6).unwrap_or((digits, "")),
        };
        let all_digits =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if all_digits(birth, 6) && all_digits(serial, 4) && is_date(birth) {
            found.push(word.to_owned());
        }
    }
    found
}

fn is_date(birth: &str) -> bool {
    let number = |from: usize| birth.get(from..from + 2).and_then(|digits| digits.parse::<u32>().ok());
    number(0).is_some_and(|day| (1..=31).contains(&day)) && number(2).is_some_and(|month| (1..=12).contains(&month))
}

#[test]
fn no_number_that_could_be_a_person_s_stands_in_any_file() {
    let is_lock = |path: &str| path.ends_with("Cargo.lock") || path.ends_with("package-lock.json");
    let found: Vec<_> = tracked_files()
        .into_iter()
        .filter(|file| !is_lock(&file.path))
        .flat_map(|file| real_numbers(&file.text).into_iter().map(move |number| format!("{}: {number}", file.path)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_scanner_finds_what_it_looks_for() {
    let (birth, serial) = (["01", "02", "03"].concat(), "0004");
    for number in [format!("{birth}{serial}"), format!("{birth}-{serial}")] {
        for text in [number.clone(), format!("x=\"{number}\";"), format!("({number})"), format!("a {number}.")] {
            assert_eq!(real_numbers(&text), [number.as_str()], "{text}");
        }
    }
    let part_of_a_word = format!("x{birth}{serial}");
    for harmless in ["6101010001", "610101-0001", "1800000000", "0013000000", "12345678", &part_of_a_word] {
        assert_eq!(real_numbers(harmless), Vec::<String>::new(), "{harmless}");
    }
}

#[test]
fn nothing_of_this_machine_stands_in_any_file() {
    let own_folder = repository().to_string_lossy().into_owned();
    let home = ["/ho", "me/"].concat();
    let found: Vec<_> = tracked_files()
        .into_iter()
        .filter(|file| file.text.contains(&own_folder) || file.text.contains(&home))
        .map(|file| file.path)
        .collect();
    assert!(found.is_empty(), "absolute paths in {found:?}");
}
