//! The assignment problem: pairs of rows and columns with the greatest summed likeness, by the
//! Hungarian method with potentials (Kuhn, Munkres; O(rows² · columns)).
//!
//! Few rows and columns can meet at all, so the problem falls apart into small ones, most of them of
//! one pair.

/// A row and a column that may meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) row: usize,
    pub(super) column: usize,
    /// 0 to 1.
    pub(super) likeness: f32,
}

/// That two meet at all is worth this, beside their likeness: as many as can meet do, and of those
/// ways the most alike.
const MEETING: f64 = 3.0;

/// Of these pairs, those that meet: each row and each column at most once. Returns
/// `(row, column)`, by row.
///
/// All likenesses are finite; no pair is given twice.
pub(super) fn assign(mut pairs: Vec<Pair>) -> Vec<(usize, usize)> {
    let mut met = Vec::with_capacity(pairs.len());
    pairs.sort_unstable_by_key(|pair| (pair.row, pair.column));
    while let Some(first) = pairs.first() {
        let part = part_of(*first, &mut pairs);
        match part.as_slice() {
            [only] => met.push((only.row, only.column)),
            _ => solve(&part, &mut met),
        }
    }
    met.sort_unstable();
    met
}

/// Takes out the pairs that hang together with `first`, itself among them.
fn part_of(first: Pair, pairs: &mut Vec<Pair>) -> Vec<Pair> {
    let (mut rows, mut columns) = (vec![first.row], vec![first.column]);
    loop {
        let before = (rows.len(), columns.len());
        for pair in pairs.iter() {
            match (rows.contains(&pair.row), columns.contains(&pair.column)) {
                (true, false) => columns.push(pair.column),
                (false, true) => rows.push(pair.row),
                _ => {}
            }
        }
        if before == (rows.len(), columns.len()) {
            break;
        }
    }
    pairs
        .extract_if(.., |pair| rows.contains(&pair.row))
        .collect()
}

/// The dense problem over the rows and columns of `part`.
fn solve(part: &[Pair], met: &mut Vec<(usize, usize)>) {
    let mut rows: Vec<usize> = part.iter().map(|pair| pair.row).collect();
    rows.dedup();
    let mut columns: Vec<usize> = part.iter().map(|pair| pair.column).collect();
    columns.sort_unstable();
    columns.dedup();
    // One column more for each row, where it stays alone: then no row is forced into a pair that
    // cannot be, and rows never outnumber columns.
    let width = columns.len() + rows.len();
    let mut costs = vec![0.0_f64; rows.len() * width];
    for pair in part {
        let at = |all: &[usize], one| all.binary_search(&one).unwrap_or_default();
        let cell = at(&rows, pair.row) * width + at(&columns, pair.column);
        costs[cell] = -MEETING - f64::from(pair.likeness);
    }
    let row_of = shortest_paths(rows.len(), width, |row, column| costs[row * width + column]);
    for (column, row) in row_of.iter().take(columns.len()).enumerate() {
        let paired = row.filter(|row| costs[row * width + column] < 0.0);
        met.extend(paired.map(|row| (rows[row], columns[column])));
    }
}

/// The row of each column. Adds one row at a time along the cheapest augmenting path.
fn shortest_paths(
    rows: usize,
    columns: usize,
    cost: impl Fn(usize, usize) -> f64,
) -> Vec<Option<usize>> {
    let mut row_potential = vec![0.0; rows];
    // Column `columns` is a helper that holds the row being added.
    let mut column_potential = vec![0.0; columns + 1];
    let mut row_of: Vec<Option<usize>> = vec![None; columns + 1];
    for added in 0..rows {
        row_of[columns] = Some(added);
        let mut reached_from = vec![columns; columns];
        let mut distance = vec![f64::INFINITY; columns];
        let mut visited = vec![false; columns + 1];
        let mut at = columns;
        while let Some(row) = row_of[at] {
            visited[at] = true;
            for column in (0..columns).filter(|&column| !visited[column]) {
                let reduced = cost(row, column) - row_potential[row] - column_potential[column];
                if reduced < distance[column] {
                    (distance[column], reached_from[column]) = (reduced, at);
                }
            }
            let nearest = (0..columns)
                .filter(|&column| !visited[column])
                .min_by(|&a, &b| distance[a].total_cmp(&distance[b]));
            // There are at least as many columns as rows, so a free one is always left.
            let Some(nearest) = nearest else { break };
            let step = distance[nearest];
            for column in 0..=columns {
                match (visited[column], row_of[column]) {
                    (true, Some(row)) => {
                        row_potential[row] += step;
                        column_potential[column] -= step;
                    }
                    _ if column < columns => distance[column] -= step,
                    _ => {}
                }
            }
            at = nearest;
        }
        while at != columns {
            let previous = reached_from[at];
            row_of[at] = row_of[previous];
            at = previous;
        }
    }
    row_of.truncate(columns);
    row_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(likenesses: &[Vec<Option<f32>>]) -> Vec<Pair> {
        let rows = likenesses.iter().enumerate();
        rows.flat_map(|(row, columns)| {
            let columns = columns.iter().enumerate();
            columns.filter_map(move |(column, likeness)| {
                likeness.map(|likeness| Pair {
                    row,
                    column,
                    likeness,
                })
            })
        })
        .collect()
    }

    fn total(likenesses: &[Vec<Option<f32>>], met: &[(usize, usize)]) -> f64 {
        met.iter()
            .map(|&(row, column)| MEETING + f64::from(likenesses[row][column].unwrap()))
            .sum()
    }

    fn most(likenesses: &[Vec<Option<f32>>], free: &mut [bool], row: usize) -> f64 {
        if row == likenesses.len() {
            return 0.0;
        }
        let mut best = most(likenesses, free, row + 1);
        for column in 0..free.len() {
            if let Some(likeness) = likenesses[row][column].filter(|_| free[column]) {
                free[column] = false;
                best = best.max(MEETING + f64::from(likeness) + most(likenesses, free, row + 1));
                free[column] = true;
            }
        }
        best
    }

    #[test]
    fn the_best_sum_beats_the_best_single_pair() {
        let likenesses = [vec![Some(0.9), Some(0.8)], vec![Some(0.85), Some(0.1)]];
        assert_eq!(assign(pairs(&likenesses)), [(0, 1), (1, 0)]);
    }

    #[test]
    fn what_cannot_meet_stays_apart() {
        let likenesses = [vec![None, Some(0.7)], vec![None, Some(0.8)]];
        assert_eq!(assign(pairs(&likenesses)), [(1, 1)]);
        assert!(assign(Vec::new()).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_better(
            likenesses in (1_usize..6, 1_usize..6).prop_flat_map(|(rows, columns)| {
                let cell = proptest::option::of(0.0_f32..1.0);
                proptest::collection::vec(proptest::collection::vec(cell, columns), rows)
            })
        ) {
            let met = assign(pairs(&likenesses));
            let mut used: Vec<usize> = met.iter().map(|pair| pair.1).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), met.len(), "a column was used twice");
            let wanted = most(&likenesses, &mut vec![true; likenesses[0].len()], 0);
            prop_assert!((total(&likenesses, &met) - wanted).abs() < 1e-4);
        }
    }
}
