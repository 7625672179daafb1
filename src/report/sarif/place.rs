//! Where a cloud resource stands, for a format that knows files only.

use std::fmt::Write as _;

use crate::report::view::ResourceRef;

/// A relative URI that stays the same as long as the name does: `aws/<account>/<region>/<kind>/<name>`.
pub(super) fn uri(resource: &ResourceRef) -> String {
    let mut uri = String::from("aws");
    for part in [&*resource.account, &*resource.region, &*resource.kind, resource.called()] {
        uri.push('/');
        encode(part, &mut uri);
    }
    uri
}

/// RFC 3986 §2.3: unreserved characters stand for themselves. A segment of dots only would climb out of its folder, so there they do not; nor is a segment ever empty.
fn encode(part: &str, uri: &mut String) {
    let dots = part.bytes().all(|byte| byte == b'.');
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') || (byte == b'.' && !dots) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("writing to a string");
        }
    }
    if part.is_empty() {
        uri.push('-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(name: &str) -> ResourceRef {
        ResourceRef {
            arn: "arn:aws:s3:::b".to_owned(),
            name: name.to_owned(),
            kind: "bucket".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        }
    }

    #[test]
    fn names_cannot_leave_their_segment() {
        assert_eq!(uri(&resource("card.data-1")), "aws/123456789012/eu-west-1/bucket/card.data-1");
        assert_eq!(uri(&resource("..")), "aws/123456789012/eu-west-1/bucket/%2E%2E");
        assert_eq!(uri(&resource("a/../b?c#d é")), "aws/123456789012/eu-west-1/bucket/a%2F..%2Fb%3Fc%23d%20%C3%A9");
        assert_eq!(uri(&resource("")), "aws/123456789012/eu-west-1/bucket/arn%3Aaws%3As3%3A%3A%3Ab");
    }
}
