//! The agency that speaks SOAP.

use http::StatusCode;
use overblik_demo::{DemoWorld, Fault, FaultTarget, Source};

use crate::visitor::*;

async fn ask(world: &DemoWorld, cpr: &str) -> (StatusCode, String) {
    let answer = call(world, Source::Deadlines, "overview", cpr).send().await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "text/xml; charset=utf-8");
    (answer.status(), answer.text().await.expect("text"))
}

#[tokio::test]
async fn each_awkward_form_occurs() {
    let world = world().await;
    for (slug, form) in [
        ("family-signe", "<ov:Post art=\"FRIST\"><ov:Titel>Oplys din indkomst"),
        ("family-signe", "<ov:SidsteDag>2026-12-04</ov:SidsteDag>"),
        ("letters-aase", "<ov:Handling xsi:nil=\"true\"/>"),
        ("letters-aase", "&lt;ældre &amp; ørkesløs&gt;"),
        ("neighbour-nanna", "<ov:GyldigTil xsi:nil=\"true\"/>"),
        ("partly-poul", "<ov:Tilstand>UNDERSOEGES</ov:Tilstand>"),
        ("nothing-ingrid", "<ov:Poster></ov:Poster>"),
    ] {
        let (status, text) = ask(&world, cpr(slug)).await;
        assert!(status == StatusCode::OK && text.contains(form), "{slug}: {form} in {text}");
        assert!(text.contains(&format!("<ov:CPRNummer>{}</ov:CPRNummer>", cpr(slug))));
    }
    let (_, dagny) = ask(&world, cpr("undated-dagny")).await;
    assert_eq!((dagny.matches("art=\"FRIST\"").count(), dagny.matches("<ov:SidsteDag>").count()), (2, 1));
    world.shutdown().await;
}

#[tokio::test]
async fn what_is_wrong_comes_as_a_fault() {
    let world = world().await;
    for (asked, code) in [("9112990000", "s:Client"), ("not-a-number", "s:Client")] {
        let (status, text) = ask(&world, asked).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(text.contains(&format!("<s:Fault><faultcode>{code}</faultcode>")), "{text}");
        assert!(!text.contains(asked), "a fault repeats no input");
    }
    let call = call(&world, Source::Deadlines, "overview", cpr("debt-gert"));
    let (client, request) = call.build_split();
    let mut request = request.expect("a request");
    request.headers_mut().remove("soapaction");
    let answer = client.execute(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.text().await.expect("text").contains("<faultcode>s:Client<"));
    for (fault, status, code) in [
        (Fault::Error, StatusCode::INTERNAL_SERVER_ERROR, "s:Server"),
        (Fault::Unauthorised, StatusCode::UNAUTHORIZED, "s:Client.Authentication"),
    ] {
        world.order(FaultTarget::Deadlines, Some(fault)).await;
        let (answered, text) = ask(&world, cpr("debt-gert")).await;
        assert!(answered == status && text.contains(&format!("<faultcode>{code}</faultcode>")), "{text}");
    }
    world.shutdown().await;
}
