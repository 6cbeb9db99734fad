//! `overblik registry` beside the store: the registry written into a folder, brought in from one, looked through.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::{
    admin::{ANNA, AdminApi, BO},
    command_line::{overblik, text},
    configuration::Deployment,
    registry_commands::Desk,
};

/// A command beside a store.
fn beside(store: &Path, arguments: &[&str]) -> Output {
    let deployment = Deployment::new();
    let contracts = format!("contracts: {{ directory: {} }}", deployment.path("contracts").display());
    let registry = format!("registry: {{ directory: {} }}", store.display());
    deployment.write("overblik.yaml", &deployment.good().replace(&contracts, &registry));
    let file = deployment.path("overblik.yaml");
    overblik().arg("registry").args(arguments).arg("--config").arg(file).output().expect("the command runs")
}

#[track_caller]
fn done(store: &Path, arguments: &[&str]) -> String {
    let output = beside(store, arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What holds, of a tree: without where the history ended.
fn holds(tree: &Path) -> Value {
    let index = fs::read_to_string(tree.join("registry.yaml")).expect("an index");
    let mut index: Value = serde_saphyr::from_str(&index).expect("YAML");
    index.as_object_mut().expect("a mapping").remove("head");
    index
}

async fn gateway_at(store: &Path) -> Desk {
    let directory = store.to_owned();
    let api = AdminApi::in_real_time(move |config| config.registry.as_mut().expect("a registry").directory = directory);
    Desk::new(api.await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_exported_and_brought_in_elsewhere_serves_the_same_once_others_approved_it() {
    let first = Desk::with_authorities().await;
    first.release_library();
    let folder = tempfile::TempDir::new().expect("a folder");
    let (tree, again, store) = ["tree", "again", "store"].map(|name| folder.path().join(name)).into();
    let (tree_name, again_name) = (tree.display().to_string(), again.display().to_string());
    // A gateway writes meanwhile.
    assert!(done(&first.api.folder.path().join("registry"), &["export", &tree_name]).contains("as of 9:"));
    assert!(tree.join("birkerup-libraries/library/connector.yaml").is_file());
    first.api.stop().await;

    let import = ["import", tree_name.as_str(), "--as", "carl"];
    let output = beside(&store, &import);
    assert_eq!(output.status.code(), Some(1), "a source waits for its authority: {}", text(&output.stdout));
    assert!(text(&output.stdout).contains("authority proposed, birkerup-libraries"), "{}", text(&output.stdout));
    let second = gateway_at(&store).await;
    assert_eq!(beside(&store, &import).status.code(), Some(2), "a gateway writes it");
    for authority in ["birkerup", "birkerup-libraries"] {
        second.done(BO, &["authority", "approve", authority]);
    }
    second.api.stop().await;
    assert!(done(&store, &import).contains("pushed, library"));
    let third = gateway_at(&store).await;
    third.done(ANNA, &["test", "library"]);
    third.done(ANNA, &["submit", "library"]);
    third.done(BO, &["approve", "library"]);
    third.done(ANNA, &["release", "library", "--share", "100"]);
    third.api.stop().await;
    assert!(done(&store, &import).contains("all of it is on record"));
    done(&store, &["export", &again_name]);
    assert_eq!(holds(&again), holds(&tree));
}

#[tokio::test(flavor = "multi_thread")]
async fn r63_a_history_that_was_changed_cut_or_written_anew_is_found_by_verify() {
    let api = AdminApi::with_authorities().await;
    let store = api.folder.path().join("registry");
    let told = done(&store, &["verify"]);
    let head =
        told.split_whitespace().find(|word| word.starts_with("4:")).expect("a head").trim_end_matches(',').to_owned();
    assert!(done(&store, &["verify", "--head", &head]).starts_with("whole"));
    let wrong = |arguments: &[&str]| {
        let output = beside(&store, arguments);
        assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stderr)
    };
    let file = store.join("history.jsonl");
    let whole = fs::read_to_string(&file).expect("a history");
    fs::write(&file, whole.replacen("client:bo", "client:ab", 1)).expect("written");
    assert!(wrong(&["verify"]).contains('2'));
    let three: String = whole.lines().take(3).flat_map(|line| [line, "\n"]).collect();
    fs::write(&file, three).expect("written");
    done(&store, &["verify"]);
    assert!(wrong(&["verify", "--head", &head]).contains("cut off"), "what was kept elsewhere tells");
    let output = beside(&store, &["verify", "--head", "x"]);
    assert_eq!(output.status.code(), Some(2));
    fs::write(&file, whole).expect("written");
    api.stop().await;
}
