//! Every row of the contract's section 5.

use crate::harness::*;
use figurine::engine::{Category, Failure, Side};
use figurine::simulator::{Instead, Spoil, Step};

fn refused(side: Side, category: Category) -> impl Fn(&Failure) -> bool {
    move |failure| matches!(failure, Failure::Refused { side: s, category: c, .. } if (*s, *c) == (side, category))
}

async fn ended(reason: &str) -> (Failure, u32) {
    let act = Spoil::BlockedOutput { reason: reason.to_owned() };
    let bench = Bench::playing(times(act, 9)).await;
    let error = bench.image().await.unwrap_err();
    assert!(error.upstream_micro_usd() > 0, "{error:?}");
    (error.failure().clone(), error.attempts())
}

#[tokio::test]
async fn a_policys_refusal_is_final_and_has_its_category() {
    for (reason, category) in [
        ("IMAGE_SAFETY", Category::Safety),
        ("SAFETY", Category::Safety),
        ("IMAGE_PROHIBITED_CONTENT", Category::Prohibited),
        ("PROHIBITED_CONTENT", Category::Prohibited),
        ("MODEL_ARMOR", Category::Prohibited),
        ("BLOCKLIST", Category::Blocklist),
        ("SPII", Category::Privacy),
    ] {
        let (failure, attempts) = ended(reason).await;
        assert!(refused(Side::Output, category)(&failure), "{reason}: {failure:?}");
        assert_eq!(attempts, 1, "{reason}");
    }
}

#[tokio::test]
async fn recitation_is_asked_once_more_with_names_taken_out() {
    for reason in ["RECITATION", "IMAGE_RECITATION"] {
        let (failure, attempts) = ended(reason).await;
        assert!(refused(Side::Output, Category::Recitation)(&failure), "{failure:?}");
        assert_eq!(attempts, 2);
    }
}

#[tokio::test]
async fn no_image_is_asked_for_twice_more_and_what_is_unknown_once_more() {
    let no_image = |bytes| Failure::NoImage { finish_message_bytes: bytes };
    let length = "Unable to show the generated image.".len();
    for reason in ["IMAGE_OTHER", "NO_IMAGE", "OTHER", "LANGUAGE", "MALFORMED_RESPONSE"] {
        assert_eq!(ended(reason).await, (no_image(length), 3), "{reason}");
    }
    for reason in ["NEVER_SEEN", "UNEXPECTED_TOOL_CALL", "CONTINUATION"] {
        assert_eq!(ended(reason).await, (no_image(length), 2), "{reason}");
    }
}

#[tokio::test]
async fn an_account_problem_and_a_cut_answer_are_told_apart() {
    for reason in ["PUP_LIMITED_DISABLED", "ESCALATION"] {
        assert_eq!(ended(reason).await, (Failure::AccountProblem, 1));
    }
    assert_eq!(ended("MAX_TOKENS").await, (Failure::Truncated, 2));
}

#[tokio::test]
async fn a_blocked_prompt_is_refused_at_the_input() {
    for (reason, category) in [
        ("SAFETY", Category::Safety),
        ("IMAGE_SAFETY", Category::Safety),
        ("PROHIBITED_CONTENT", Category::Prohibited),
        ("JAILBREAK", Category::Prohibited),
        ("BLOCKLIST", Category::Blocklist),
        ("OTHER", Category::Other),
        ("NEVER_SEEN", Category::Other),
    ] {
        let act = Spoil::BlockedInput { reason: reason.to_owned() };
        let bench = Bench::playing(vec![Step::new(act).times(2)]).await;
        for error in [bench.image().await.unwrap_err(), bench.text().await.unwrap_err()] {
            assert!(refused(Side::Input, category)(error.failure()), "{reason}: {error:?}");
            assert_eq!((error.attempts(), error.category()), (1, Some(category)));
        }
    }
}

#[tokio::test]
async fn an_unspecified_block_reason_is_no_block() {
    for reason in ["", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED"] {
        let act = Spoil::BlockedInput { reason: reason.to_owned() };
        let bench = Bench::playing(once(act)).await;
        assert_eq!(bench.image().await.unwrap().attempts, 2, "{reason}");
    }
}

#[tokio::test]
async fn words_or_nothing_instead_of_an_image_are_followed_by_a_demand_for_it() {
    for act in [Spoil::TextOnly, Spoil::EmptyStop, Spoil::NoImage] {
        let bench = Bench::playing(times(act, 2)).await;
        assert_eq!(bench.image().await.unwrap().attempts, 3);
        let calls = bench.simulator.calls();
        assert_ne!(calls[0].body_sha256, calls[1].body_sha256);
    }
}

#[tokio::test]
async fn of_several_images_the_last_unmarked_one_is_taken() {
    for act in [Spoil::InterimImages, Spoil::SeveralImages, Spoil::OnlyThoughtImage] {
        let shown = format!("{act:?}");
        let answer = Bench::playing(once(act)).await.image().await.unwrap();
        assert_eq!(sides(&answer.bytes), (896, 1200), "{shown}");
    }
}

#[tokio::test]
async fn every_captured_answer_with_an_image_gives_the_final_one() {
    for name in ["image_ok", "interim_then_final", "only_image_is_marked_thought", "several_unmarked_images"] {
        let bench = Bench::playing(once(Instead::Sample(name.to_owned()))).await;
        let answer = bench.image().await.unwrap();
        let image = image::load_from_memory(&answer.bytes).unwrap().into_rgb8();
        let [red, green, _] = image.get_pixel(8, 8).0;
        assert!(red > 180 && green < 60, "{name}: a draft was taken");
        assert_eq!(answer.declared_type, "image/jpeg");
        assert!(answer.usage.micro_usd >= 134_400, "{name}");
    }
}

#[tokio::test]
async fn every_captured_answer_without_an_image_has_its_class() {
    let no_image = |bytes| Failure::NoImage { finish_message_bytes: bytes };
    let refusal = |side, category, finish_message_bytes| Failure::Refused { side, category, finish_message_bytes };
    for (name, failure, attempts) in [
        ("text_only", no_image(0), 3),
        ("stop_but_empty", no_image(0), 3),
        ("image_other", no_image(173), 3),
        ("image_safety_null_parts", refusal(Side::Output, Category::Safety, 35), 1),
        ("image_prohibited_content", refusal(Side::Output, Category::Prohibited, 196), 1),
        ("no_image", no_image(0), 3),
        ("max_tokens", Failure::Truncated, 2),
        ("prompt_blocked", refusal(Side::Input, Category::Prohibited, 0), 1),
        ("prompt_feedback_unspecified", no_image(0), 2),
    ] {
        let bench = Bench::playing(times(Instead::Sample(name.to_owned()), 9)).await;
        let error = bench.image().await.unwrap_err();
        assert_eq!((error.failure(), error.attempts()), (&failure, attempts), "{name}");
    }
}

#[tokio::test]
async fn a_refusal_that_was_billed_says_what_it_cost() {
    let bench = Bench::playing(once(Instead::Sample("image_prohibited_content".to_owned()))).await;
    let error = bench.image().await.unwrap_err();
    assert_eq!((error.usage().input_tokens, error.usage().output_tokens), (1119, 240));
    assert_eq!(error.upstream_micro_usd(), 1119 * 2 + 240 * 12);
}

#[tokio::test]
async fn captured_json_is_read_and_text_that_is_none_is_asked_for_once_more() {
    let bench = Bench::playing(once(Instead::Sample("analysis_json".to_owned()))).await;
    assert_eq!(&**bench.text().await.unwrap().text, r#"{"subject_count":1,"hair":"red"}"#);
    let bench = Bench::playing(once(Spoil::BadJsonText)).await;
    assert_eq!(bench.text().await.unwrap().attempts, 2);
    let bench = Bench::playing(times(Spoil::BadJsonText, 9)).await;
    let error = bench.text().await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::Garbled, 2));
}

#[tokio::test]
async fn a_text_ask_tells_empty_cut_and_refused_answers_apart() {
    for (act, failure, attempts) in [
        (Spoil::EmptyStop, Failure::NoText, 2),
        (Spoil::MaxTokens, Failure::Truncated, 2),
        (Spoil::BlockedOutput { reason: "OTHER".to_owned() }, Failure::NoText, 2),
    ] {
        let error = Bench::playing(times(act, 9)).await.text().await.unwrap_err();
        assert_eq!((error.failure(), error.attempts()), (&failure, attempts));
    }
}
