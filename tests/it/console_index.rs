//! How a source's index is, as its page at the console says it.

use crate::{
    admin::{LIBRARIES, LIBRARY as SOURCE},
    console::Desk,
    indexes::{KNOWN, load, number, with_indexes},
};

const LIBRARY: &str = "/console/sources/library";

#[tokio::test]
async fn a_source_s_page_says_how_its_index_is_and_names_nobody_in_it() {
    let keys = tempfile::tempdir().expect("a folder");
    let desk = Desk::start_with(with_indexes(keys.path())).await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let page = lis.get(LIBRARY).await.text;
    assert!(page.contains("Intet: der spørges om alle borgere."), "{page}");
    load(&desk.api, &[number(KNOWN)]).await;
    let page = lis.get(LIBRARY).await.text;
    for told in ["I brug: der spørges kun om de borgere, der er i det (1).", "birkerup-libraries/ci", "Udløber"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains(number(KNOWN)), "requirement R59: {page}");
    let dropped = desk.api.change(LIBRARIES, "POST", &format!("{SOURCE}/index/drop"), SOURCE, None).await;
    assert_eq!(dropped.status, 200, "{}", dropped.body);
    assert!(lis.get(LIBRARY).await.text.contains("Intet: der spørges om alle borgere."));
    desk.stop(&[&lis]).await;

    // Where there can be none, nothing is said of one.
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    assert!(!lis.get(LIBRARY).await.text.contains("Indeks"));
    desk.stop(&[&lis]).await;
}
