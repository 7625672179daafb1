//! As much of XML Schema as Jenkins's `junit-10.xsd` needs: elements by name or reference, attributes with types and `use`, content as one choice or one run of an element.
//! Whatever it does not know it refuses, so that nothing passes unread.

use roxmltree::{Document, Node};

/// Everything that is wrong with a document.
pub(crate) fn errors(schema: &str, document: &str) -> Vec<String> {
    let (schema, document) = (Document::parse(schema).expect("a schema"), Document::parse(document).expect("well-formed XML"));
    let mut errors = Vec::new();
    check(schema.root_element(), document.root_element(), &mut errors);
    errors
}

fn named<'a>(schema: Node<'a, 'a>, tag: &str, name: &str) -> Option<Node<'a, 'a>> {
    schema.children().find(|node| node.has_tag_name(("http://www.w3.org/2001/XMLSchema", tag)) && node.attribute("name") == Some(name))
}

fn check(schema: Node<'_, '_>, node: Node<'_, '_>, errors: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(element) = named(schema, "element", name) else {
        errors.push(format!("no element {name}"));
        return;
    };
    if element.attribute("type") == Some("xs:string") {
        if node.children().any(|child| child.is_element()) || node.attributes().len() > 0 {
            errors.push(format!("{name} holds text alone"));
        }
        return;
    }
    let kind = element.children().find(Node::is_element).expect("a type in place");
    assert_eq!(kind.tag_name().name(), "complexType", "what this reader knows");
    attributes(schema, kind, node, errors);
    let mut allowed = Vec::new();
    for part in kind.children().filter(|part| part.is_element() && part.tag_name().name() != "attribute") {
        particles(part, &mut allowed);
    }
    for child in node.children() {
        if child.is_element() {
            if !allowed.contains(&child.tag_name().name()) {
                errors.push(format!("{} in {name}", child.tag_name().name()));
            }
            check(schema, child, errors);
        } else if child.is_text() && kind.attribute("mixed") != Some("true") && !child.text().unwrap_or_default().trim().is_empty() {
            errors.push(format!("text in {name}"));
        }
    }
}

/// The elements of a choice that may repeat, or of a sequence with one member.
fn particles<'a>(part: Node<'a, 'a>, allowed: &mut Vec<&'a str>) {
    let members: Vec<_> = part.children().filter(Node::is_element).collect();
    match part.tag_name().name() {
        "choice" => assert_eq!(part.attribute("maxOccurs"), Some("unbounded"), "what this reader knows"),
        "sequence" => assert_eq!(members.len(), 1, "what this reader knows"),
        other => panic!("{other} is not what this reader knows"),
    }
    for member in members {
        match member.attribute("ref") {
            Some(name) => allowed.push(name),
            None => particles(member, allowed),
        }
    }
}

fn attributes(schema: Node<'_, '_>, kind: Node<'_, '_>, node: Node<'_, '_>, errors: &mut Vec<String>) {
    let name = node.tag_name().name();
    let declared: Vec<_> = kind.children().filter(|part| part.tag_name().name() == "attribute").collect();
    for attribute in node.attributes() {
        let Some(declaration) = declared.iter().find(|declaration| declaration.attribute("name") == Some(attribute.name())) else {
            errors.push(format!("{}/@{}", name, attribute.name()));
            continue;
        };
        match declaration.attribute("type") {
            Some("xs:string") => {}
            Some("SUREFIRE_TIME") => {
                assert!(named(schema, "simpleType", "SUREFIRE_TIME").is_some());
                let digits = attribute.value().bytes().all(|byte| byte.is_ascii_digit());
                if !digits || attribute.value().len() > 3 {
                    errors.push(format!("{}/@{} is no time: {}", name, attribute.name(), attribute.value()));
                }
            }
            other => panic!("{other:?} is not what this reader knows"),
        }
    }
    for declaration in declared.iter().filter(|declaration| declaration.attribute("use") == Some("required")) {
        let wanted = declaration.attribute("name").expect("a name");
        if node.attribute(wanted).is_none() {
            errors.push(format!("{name} without @{wanted}"));
        }
    }
}
