//! An answer of AWS's → whether it is whole: closed to its last element, with the members that AWS always sends, and of a length that ends.
//!
//! A proxy that cuts an answer and frames it anew, or that answers with nothing, is not noticed below: the SDK reads an XML document as far as it goes, and
//! an empty body as an object without members. What is missing would count as "there is none".

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::Limited;
use serde_json::{Map, Value};

use crate::model::calls;

/// Bytes of the longest answer that is read: over a hundred DMS tasks, a page of the largest ones, with 2 MB of mappings each.
const LONGEST: usize = 256 << 20;

/// Looks at every answer of a service of the call table.
#[derive(Debug)]
pub(super) struct Whole(pub &'static str);

/// What an answer lacks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotWhole(String);

#[dyn_dispatch_hint]
impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        *body = SdkBody::from_body_1_x(Limited::new(std::mem::replace(body, SdkBody::taken()), LONGEST));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // What a refusal says is its code, and without one it is a gap anyway.
        if !context.response().status().is_success() {
            return Ok(());
        }
        let row = settings.load::<Metadata>().and_then(|operation| calls::call(self.0, operation.name()));
        let members = row.map_or(&[][..], |row| row.always);
        // A body that was not read to its end has no bytes.
        let body = context.response().body().bytes().ok_or_else(|| NotWhole("the answer broke off, or does not end".to_owned()))?;
        Ok(whole(body, members)?)
    }
}

/// Whether a document is closed and has these members.
fn whole(body: &[u8], members: &[&str]) -> Result<(), NotWhole> {
    let lacks = |what: &str| NotWhole(what.to_owned());
    let found: Vec<bool> = match body.trim_ascii_start().first() {
        None => return Err(lacks("the answer is empty")),
        Some(b'<') => {
            let text = std::str::from_utf8(body).map_err(|_| lacks("the answer is not UTF-8"))?;
            let document = roxmltree::Document::parse(text).map_err(|_| lacks("the answer is XML that is cut off or broken"))?;
            members.iter().map(|member| holds(&document, member)).collect()
        }
        Some(_) => {
            let object: Map<String, Value> = serde_json::from_slice(body).map_err(|_| lacks("the answer is JSON that is cut off or broken"))?;
            members.iter().map(|member| has(&object, member)).collect()
        }
    };
    match members.iter().zip(found).find(|(_, found)| !found) {
        Some((member, _)) => Err(NotWhole(format!("the answer has no {member}, which AWS always sends"))),
        None => Ok(()),
    }
}

/// `A` is a member of the answer, `A.B` one of each item of its list `A`.
fn has(object: &Map<String, Value>, member: &str) -> bool {
    match member.split_once('.') {
        None => object.get(member).is_some_and(|value| !value.is_null()),
        Some((list, member)) => object
            .get(list)
            .and_then(Value::as_array)
            .is_some_and(|items| items.iter().all(|item| item.as_object().is_some_and(|item| has(item, member)))),
    }
}

/// Members stand in the root element, or (RDS, Redshift, IAM, STS) in the one result that it wraps.
fn holds(document: &roxmltree::Document<'_>, member: &str) -> bool {
    let named = |node: &roxmltree::Node<'_, '_>| node.tag_name().name() == member;
    let root = document.root_element();
    let wrapped = root.children().filter(|node| node.tag_name().name().ends_with("Result")).flat_map(|result| result.children());
    root.children().chain(wrapped).any(|node| named(&node))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<?xml version="1.0"?><R xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><RResult><DBInstances><DBInstance><A>1</A></DBInstance></DBInstances></RResult><ResponseMetadata/></R>"#;

    #[test]
    fn xml_that_is_cut_anywhere_is_not_whole() {
        assert_eq!(whole(PAGE.as_bytes(), &["DBInstances"]), Ok(()));
        for end in 0..PAGE.len() {
            assert!(whole(&PAGE.as_bytes()[..end], &[]).is_err(), "{end}");
        }
        for broken in ["<a><b></a></b>", "<a/><b/>", "<a>\u{0}</a>", "\u{feff}", "<!DOCTYPE html><html></html>"] {
            assert!(whole(broken.as_bytes(), &[]).is_err(), "{broken}");
        }
    }

    #[test]
    fn json_that_is_cut_anywhere_is_not_whole() {
        let page = r#"{"Endpoints": [{"A": "}"}], "Marker": "m"}"#;
        assert_eq!(whole(page.as_bytes(), &["Endpoints"]), Ok(()));
        for end in 0..page.len() {
            assert!(whole(&page.as_bytes()[..end], &[]).is_err(), "{end}");
        }
        for broken in ["[]", "null", "{}{}", "\"\"", "Endpoints"] {
            assert!(whole(broken.as_bytes(), &[]).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_list_that_is_not_there_is_not_an_empty_one() {
        for (body, member) in [("{}", "Endpoints"), (r#"{"Endpoints": null}"#, "Endpoints"), ("<R><RResult/></R>", "DBInstances"), ("<R/>", "vpcSet")]
        {
            let words = whole(body.as_bytes(), &[member]).expect_err(body).to_string();
            assert_eq!(words, format!("the answer has no {member}, which AWS always sends"), "{body}");
        }
        for (body, member) in
            [(r#"{"Endpoints": []}"#, "Endpoints"), ("<R><RResult><DBInstances/></RResult></R>", "DBInstances"), ("<R><vpcSet/></R>", "vpcSet")]
        {
            assert_eq!(whole(body.as_bytes(), &[member]), Ok(()), "{body}");
        }
        for (body, right) in [(r#"{"A": []}"#, true), (r#"{"A": [{"B": false}]}"#, true), (r#"{"A": [{"B": 1}, {}]}"#, false), ("{}", false)] {
            assert_eq!(whole(body.as_bytes(), &["A.B"]).is_ok(), right, "{body}");
        }
        // Not in some item of the list.
        assert!(whole(b"<R><a><vpcSet/></a></R>", &["vpcSet"]).is_err());
    }
}
