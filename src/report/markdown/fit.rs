//! Sections made to fit a limit: every section keeps its head and as many rows as its share allows, and says how many are missing.

/// A part of the page.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// Its heading, its table's head, whatever stands before the rows.
    pub head: String,
    /// Its rows, each a line.
    pub rows: Vec<String>,
    /// What its rows are, in the plural.
    pub of: &'static str,
}

/// Characters that the words on missing rows take at most.
const NOTE: usize = 120;

/// The page, in at most so many characters, and what is missing of each section.
pub(crate) fn fit(sections: &[Section], longest: usize) -> (String, Vec<String>) {
    let sizes: Vec<usize> = sections.iter().map(size).collect();
    let shares = shares(&sizes, longest);
    let (mut page, mut missing) = (String::new(), Vec::new());
    for ((section, size), share) in sections.iter().zip(sizes).zip(shares) {
        let mut room = share;
        if size > share {
            room = share.saturating_sub(count(&section.head) + NOTE);
        }
        page.push_str(&section.head);
        let mut shown = 0;
        for row in &section.rows {
            let taken = count(row) + 1;
            if size > share && taken > room {
                break;
            }
            page.push_str(row);
            page.push('\n');
            room = room.saturating_sub(taken);
            shown += 1;
        }
        if shown < section.rows.len() {
            let left = section.rows.len() - shown;
            page.push_str(&format!("\n… and {left} more {}, cut to fit.\n", section.of));
            missing.push(format!("{left} {}", section.of));
        }
        page.push('\n');
    }
    (page, missing)
}

fn size(section: &Section) -> usize {
    count(&section.head) + section.rows.iter().map(|row| count(row) + 1).sum::<usize>() + 1
}

fn count(text: &str) -> usize {
    text.chars().count()
}

/// Max-min fair: who needs less than an equal share leaves the rest to the others.
fn shares(sizes: &[usize], mut left: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|position| sizes[*position]);
    let mut shares = vec![0; sizes.len()];
    for (done, position) in order.into_iter().enumerate() {
        shares[position] = sizes[position].min(left / (sizes.len() - done));
        left -= shares[position];
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sections_stay_whole_and_large_ones_share_the_rest() {
        assert_eq!(shares(&[10, 500, 300], 410), [10, 200, 200]);
        assert_eq!(shares(&[10, 20], 100), [10, 20]);
        assert!(shares(&[], 10).is_empty());
        let section = |rows: usize, of| Section { head: "## head\n\n".to_owned(), rows: vec!["row".repeat(20); rows], of };
        let (page, missing) = fit(&[section(2, "small ones"), section(100, "large ones")], 2_000);
        assert!(page.chars().count() <= 2_000, "{}", page.chars().count());
        assert_eq!(page.matches("## head").count(), 2);
        let shown = page.matches("rowrow").count() / 10;
        assert_eq!(missing, [format!("{} large ones", 102 - shown)]);
    }
}
