//! One renewing for each session, whatever becomes of it.

use super::*;

#[tokio::test]
async fn r24_what_is_done_about_one_session_s_tokens_is_done_once_at_a_time() {
    let refreshes = Refreshes::default();
    let session = SessionKey([1; 32]);
    let (finish, finished) = tokio::sync::oneshot::channel::<()>();
    let first = refreshes.join_or_start(session, || finished.map(drop));
    let second = refreshes.join_or_start(session, || async { panic!("one runs already") });
    assert!(second.clone().now_or_never().is_none());
    finish.send(()).expect("it waits");
    futures::join!(first, second);
    assert!(lock(&refreshes.running).is_empty());
}

#[tokio::test]
async fn r24_a_panic_keeps_nobody_from_renewing_later() {
    let refreshes = Refreshes::default();
    let session = SessionKey([1; 32]);
    refreshes.join_or_start(session, || async { panic!("a defect") }).await;
    let (tell, told) = tokio::sync::oneshot::channel();
    refreshes.join_or_start(session, || async move { tell.send(()).expect("somebody listens") }).await;
    assert_eq!(told.await, Ok(()));
    assert!(lock(&refreshes.running).is_empty());
}
