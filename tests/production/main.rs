//! A small production on this machine, and what goes wrong in it. `./production` runs it in full.

#[cfg(test)]
mod alerts;

#[cfg(test)]
mod faults {
    use std::env;

    use overblik_tests::production::{Pace, Report, over_a_cluster, over_sentinels};
    use tokio::sync::Mutex;

    use super::alerts;

    /// Held by the one that runs.
    static ALONE: Mutex<()> = Mutex::const_new(());

    /// Short, unless `OVERBLIK_PRODUCTION` says otherwise.
    #[expect(clippy::disallowed_methods, reason = "the one thing that it is told from outside")]
    fn pace() -> Pace {
        match env::var("OVERBLIK_PRODUCTION").as_deref() {
            Err(_) => Pace::SHORT,
            Ok("full") => Pace::FULL,
            Ok(other) => panic!("OVERBLIK_PRODUCTION can be \"full\", and not \"{other}\""),
        }
    }

    fn expect_well(report: &Report) {
        println!("\n{report}");
        assert!(report.is_well(), "{report}\n{}", report.logs());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn r22_r39_under_sentinels_no_session_is_lost_no_answer_is_wrong_and_failures_stay_in_their_seconds() {
        let _alone = ALONE.lock().await;
        expect_well(&over_sentinels(pace()).await);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn r39_in_a_cluster_no_session_is_lost_no_answer_is_wrong_and_failures_stay_in_their_seconds() {
        let _alone = ALONE.lock().await;
        expect_well(&over_a_cluster(pace()).await);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn each_alert_fires_for_the_fault_that_it_names_and_no_other_does() {
        let _alone = ALONE.lock().await;
        alerts::each_fires(pace().in_full).await;
    }
}
