//! The guide for the registry: its files are written, and its commands are run, in their order and by whom it says.

use std::{collections::BTreeMap, fs, path::Path};

use overblik_tests::{SigningKey, repository};

use crate::{
    admin::{ANNA, AdminApi, BO, US},
    command_line::{overblik, text},
    guide::blocks,
    indexes::with_indexes,
    registry_commands::copy,
};

/// The words of a command line: apart where there is a space, but not between quotation marks.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    parts
        .flat_map(|(index, part)| {
            if index % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        })
        .collect()
}

/// Runs a command line of the guide.
fn run_in(folder: &Path, line: &str, environment: &BTreeMap<String, String>) {
    let (line, into) = line.split_once(" > ").map_or((line, None), |(line, into)| (line, Some(into)));
    let words = words(line);
    if words[0] == "openssl" {
        // What it makes, made here: a machine that tests need not have it.
        return fs::write(folder.join("ci.pem"), SigningKey::es256("").private_pem()).expect("written");
    }
    assert_eq!(words[0], "overblik", "{line}");
    let output = overblik().args(&words[1..]).envs(environment).current_dir(folder).output().expect("the command runs");
    assert!(output.status.success(), "{line}\n{}{}", text(&output.stdout), text(&output.stderr));
    if let Some(into) = into {
        fs::write(folder.join(into), &output.stdout).expect("written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_s_guide_brings_a_source_to_citizens_as_it_says() {
    let keys = tempfile::TempDir::new().expect("a folder");
    let api = AdminApi::in_real_time(with_indexes(keys.path())).await;
    let directory = tempfile::TempDir::new().expect("a folder");
    let folder = directory.path();
    copy(&repository().join("contracts"), &folder.join("contracts"));
    for operator in [ANNA, BO] {
        fs::write(folder.join(format!("{operator}.jwk")), api.key(operator).private_json().to_string())
            .expect("written");
    }
    let guide = fs::read_to_string(repository().join("docs/registry.md")).expect("the guide");
    let mut environment: BTreeMap<_, _> = [("OVERBLIK_ADMIN_AUDIENCE".to_owned(), US.to_owned())].into();
    let mut commands = 0;
    for block in blocks(&guide) {
        if let Some(file) = block.file {
            // Who reads the guide puts their own key there.
            let keys = fs::read_to_string(folder.join("ci.jwks")).expect("a key").replace('\n', " ");
            fs::write(folder.join(file), block.text.replace("{ keys: [] }", &keys)).expect("written");
        } else if block.language == "sh" {
            for line in block.text.lines() {
                if let Some((name, value)) = line.strip_prefix("export ").and_then(|rest| rest.split_once('=')) {
                    let value = value.replace("https://admin.overblik.example", api.at().as_str());
                    environment.insert(name.to_owned(), value);
                } else {
                    run_in(folder, line, &environment);
                    commands += 1;
                }
            }
        }
    }
    assert!(commands >= 23, "only {commands} commands were found");
    environment.insert("OVERBLIK_ADMIN_CLIENT".to_owned(), ANNA.to_owned());
    let arguments = ["registry", "status", "library"];
    let status = overblik().args(arguments).envs(&environment).current_dir(folder).output().expect("the command runs");
    let told = text(&status.stdout);
    for part in ["version 1 is live", "closed from 2026-12-01T20:00:00Z", "agreement with birkerup-portal: all"] {
        assert!(told.contains(part), "{told}");
    }
    api.stop().await;
}
