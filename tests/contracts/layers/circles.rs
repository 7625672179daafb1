//! Nothing imports in a circle: of what stands in one folder, files and folders, each can be read before those that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::Visit;

use super::{module_of, source_folders, sources};

type Module = Vec<String>;

/// The modules that a file names, by paths from its own module on or from the crate's root.
struct Named<'m> {
    module: &'m [String],
    found: Vec<Module>,
}

impl Named<'_> {
    /// A path as it is written, from the crate's root on; `None` where it leads out of the crate.
    fn absolute(&self, path: &[String]) -> Option<Module> {
        let above = path.iter().take_while(|name| *name == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([self.module, &path[1..]].concat()),
            "super" => Some([&self.module[..self.module.len().checked_sub(above)?], &path[above..]].concat()),
            _ => None,
        }
    }

    fn uses(&mut self, tree: &syn::UseTree, before: &[String]) {
        match tree {
            syn::UseTree::Path(path) => self.uses(&path.tree, &[before, &[path.ident.to_string()]].concat()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.uses(item, before)),
            syn::UseTree::Name(name) => self.found.extend(self.absolute(&[before, &[name.ident.to_string()]].concat())),
            syn::UseTree::Rename(name) => self.found.extend(self.absolute(&[before, &[name.ident.to_string()]].concat())),
            syn::UseTree::Glob(_) => self.found.extend(self.absolute(before)),
        }
    }
}

impl<'ast> Visit<'ast> for Named<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.uses(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.found.extend(self.absolute(&names).filter(|_| names.len() > 1));
        syn::visit::visit_path(self, path);
    }

    /// Tests may look at anything.
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            syn::visit::visit_item_mod(self, module);
        }
    }
}

/// For each module of a file, the modules of files that it names.
fn imports(root: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let files: BTreeMap<Module, String> = sources(root)
        .into_iter()
        .map(|path| (module_of(&path, root), fs::read_to_string(&path).expect("readable")))
        .filter(|(module, _)| !module.iter().any(|name| name == "tests"))
        .collect();
    let known = |path: Module| (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|module| files.contains_key(module));
    let named = |module: &Module, text: &str| {
        let mut named = Named { module, found: Vec::new() };
        named.visit_file(&syn::parse_file(text).expect("Rust"));
        named.found.into_iter().filter_map(known).filter(|other| other != module).collect()
    };
    files.iter().map(|(module, text)| (module.clone(), named(module, text))).collect()
}

/// What stands in a folder, and what of the same folder each names, over all that is in it.
fn siblings(folder: &[String], imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeMap<String, BTreeSet<String>> {
    let child = |module: &Module| module.strip_prefix(folder).and_then(<[String]>::first).cloned();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, others) in imports {
        let Some(own) = child(module) else { continue };
        all.entry(own.clone()).or_default().extend(others.iter().filter_map(child).filter(|other| *other != own));
    }
    all
}

/// What is left once nobody names it who was not taken away before: circles, and what they name.
fn circles(mut all: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let free: BTreeSet<String> =
            all.iter().filter(|(_, others)| !others.iter().any(|other| all.contains_key(other))).map(|(own, _)| own.clone()).collect();
        if free.is_empty() {
            return all;
        }
        all.retain(|own, _| !free.contains(own));
    }
}

#[test]
fn what_stands_side_by_side_imports_one_way() {
    let mut looked = 0;
    for root in source_folders() {
        let imports = imports(&root);
        looked += imports.values().map(BTreeSet::len).sum::<usize>();
        let folders: BTreeSet<&[String]> = imports.keys().flat_map(|module| (0..module.len()).map(|length| &module[..length])).collect();
        for folder in folders {
            let circles = circles(siblings(folder, &imports));
            assert!(circles.is_empty(), "in {} {}: {circles:#?}", root.display(), folder.join("/"));
        }
    }
    assert!(looked > 1000, "{looked}: the test sees nothing");
}

#[test]
fn a_circle_is_found() {
    let all = |pairs: &[(&str, &[&str])]| {
        pairs.iter().map(|(own, others)| ((*own).to_owned(), others.iter().map(|other| (*other).to_owned()).collect())).collect()
    };
    assert!(circles(all(&[("a", &["b"]), ("b", &["c"]), ("c", &[])])).is_empty());
    assert_eq!(circles(all(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])])).len(), 3, "and who names it");
}
