//! The guide for authorities: the files that it shows are written, and the commands that it shows are run, in their order.

use std::{fs, path::Path, process::Output};

use overblik_tests::{PlainServer, Reply, repository};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command_line::{overblik, text};

/// The test endpoint of the guide, which is a party on this machine here.
const ENDPOINT: &str = "https://test.skovby.example/parking";
/// The key that it wants to be shown.
const KEY: &str = "guide-test-key-0123456789";
/// About whom it has nothing.
const WITHOUT_DATA: &str = "6301010003";

/// A part of the guide between fences.
pub(crate) struct Block<'g> {
    pub(crate) language: &'g str,
    /// Which file it is, if it is one.
    pub(crate) file: Option<&'g str>,
    pub(crate) text: String,
}

pub(crate) fn blocks(guide: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut file) = (Vec::new(), None);
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let mut text: String = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
            text.push('\n');
            blocks.push(Block { language, file: file.take(), text });
        } else if !line.is_empty() {
            file = line.strip_prefix("File `").and_then(|rest| rest.strip_suffix("`:"));
        }
    }
    blocks
}

/// Runs a command line of the guide in a folder.
fn run_in(folder: &Path, line: &str, endpoint: &str) -> Output {
    let (line, into) = line.split_once(" > ").map_or((line, None), |(line, into)| (line, Some(into)));
    let mut words: Vec<_> = line.split_whitespace().map(|word| word.replace(ENDPOINT, endpoint)).collect();
    assert_eq!(words.remove(0), "overblik", "{line}");
    if words.contains(&"--at".to_owned()) {
        words.push("--loopback".to_owned());
    }
    let output = overblik().args(&words).current_dir(folder).output().expect("the command runs");
    if let Some(into) = into {
        fs::write(folder.join(into), &output.stdout).expect("written");
    }
    output
}

/// Answers as the recordings of the guide do, about whomever it is asked.
async fn test_endpoint(examples: std::path::PathBuf) -> PlainServer {
    PlainServer::start(move |_, asked| {
        let recorded = |name: &str| fs::read_to_string(examples.join("two").join(name)).expect("a recording");
        if asked.header("x-api-key") != KEY {
            return Reply::json(401, "{}".to_owned());
        }
        if asked.path().ends_with("/v1/places") {
            return Reply::json(200, recorded("places.json"));
        }
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        let mut answer: Value = serde_json::from_str(&recorded("charges.json")).expect("JSON");
        answer["owner"]["cpr"] = body["cpr"].clone();
        if body["cpr"] == WITHOUT_DATA {
            answer["charges"] = json!([]);
        }
        Reply::json(200, answer.to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_s_files_and_commands_do_what_it_says() {
    let read = |name: &str| fs::read_to_string(repository().join("docs").join(name)).expect("the guide");
    let guide = ["authorities.md", "authorities-xml.md", "authorities-in-service.md"].map(read).concat();
    let directory = TempDir::new().expect("a directory");
    let folder = directory.path();
    let fines = folder.join("contracts/authorities/skovby/fines");
    let endpoint = test_endpoint(fines.join("examples")).await;
    let address = format!("{}/parking", endpoint.origin);
    fs::write(folder.join("test-key"), KEY).expect("written");
    let blocks = blocks(&guide);
    // The guide tries its contracts before it tells of recordings, which the endpoint answers from.
    for block in &blocks {
        let Some(file) = block.file.map(|file| folder.join(file)) else { continue };
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, &block.text).expect("written");
    }
    let (mut told, mut commands) = (String::new(), 0);
    for block in &blocks {
        match block.language {
            "sh" => {
                for line in block.text.replace("\\\n", " ").lines() {
                    if line == "overblik contract new" {
                        // It asks; `contract_commands` answers.
                        continue;
                    }
                    if line.contains(" diff ") {
                        fs::create_dir_all(folder.join("published/skovby/fines")).expect("a folder");
                        let published = folder.join("published/skovby/fines/connector.yaml");
                        fs::copy(fines.join("connector.yaml"), published).expect("a copy");
                    }
                    let output = run_in(folder, line, &address);
                    told = text(&output.stdout);
                    assert!(output.status.success(), "{line}\n{told}{}", text(&output.stderr));
                    commands += 1;
                }
            }
            "text" => assert!(told.contains(&block.text), "the guide says\n{}and it is\n{told}", block.text),
            _ => {}
        }
    }
    assert!(commands >= 10, "only {commands} commands were found");
    let report: Value = serde_json::from_slice(&fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
    assert_eq!((&report["contract"]["name"], &report["tally"]["failed"]), (&"fines".into(), &0.into()));
    let schema: Value =
        serde_json::from_slice(&fs::read(folder.join("connector.schema.json")).expect("a schema")).expect("JSON");
    assert_eq!(schema["title"], "Overblik connector contract");
}
