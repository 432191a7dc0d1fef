//! The assignment problem: pairs of rows and columns with the least summed cost, by the Hungarian
//! method with potentials (Kuhn, Munkres; O(rows² · columns)).

/// Pairs each row with at most one column so that the summed cost is least; pairs that cost
/// `forbidden` or more are left out. Returns `(row, column)` by row.
///
/// All costs are finite; every row has as many as there are columns.
pub(super) fn assign(costs: &[Vec<f32>], columns: usize, forbidden: f32) -> Vec<(usize, usize)> {
    let rows = costs.len();
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    // One column more for each row, at the price of staying alone: then no row is forced into a
    // pair that is forbidden, and rows never outnumber columns.
    let width = columns + rows;
    let cost = |row: usize, column: usize| match column < columns {
        true => f64::from(costs[row][column].min(forbidden)),
        false => f64::from(forbidden),
    };
    let row_of = shortest_paths(rows, width, cost);
    let mut pairs: Vec<(usize, usize)> = (0..columns)
        .filter_map(|column| row_of[column].map(|row| (row, column)))
        .filter(|&(row, column)| costs[row][column] < forbidden)
        .collect();
    pairs.sort_unstable();
    pairs
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

    fn total(costs: &[Vec<f32>], pairs: &[(usize, usize)], alone: f32) -> f32 {
        let paired: f32 = pairs.iter().map(|&(row, column)| costs[row][column]).sum();
        paired + alone * (costs.len() - pairs.len()) as f32
    }

    fn least(costs: &[Vec<f32>], free: &mut [bool], row: usize, alone: f32) -> f32 {
        if row == costs.len() {
            return 0.0;
        }
        let mut best = alone + least(costs, free, row + 1, alone);
        for column in 0..free.len() {
            if free[column] && costs[row][column] < alone {
                free[column] = false;
                best = best.min(costs[row][column] + least(costs, free, row + 1, alone));
                free[column] = true;
            }
        }
        best
    }

    #[test]
    fn the_best_sum_beats_the_best_single_pair() {
        let costs = vec![vec![0.1, 0.2], vec![0.15, 0.9]];
        assert_eq!(assign(&costs, 2, 1.0), [(0, 1), (1, 0)]);
    }

    #[test]
    fn forbidden_pairs_stay_apart() {
        assert_eq!(assign(&[vec![0.9, 0.3], vec![0.9, 0.2]], 2, 0.8), [(1, 1)]);
        assert!(assign(&[], 3, 1.0).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper(
            costs in (1_usize..6, 1_usize..6).prop_flat_map(|(rows, columns)| {
                proptest::collection::vec(proptest::collection::vec(0.0_f32..1.0, columns), rows)
            })
        ) {
            let columns = costs[0].len();
            let pairs = assign(&costs, columns, 0.7);
            let mut used: Vec<usize> = pairs.iter().map(|pair| pair.1).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), pairs.len(), "a column was used twice");
            let wanted = least(&costs, &mut vec![true; columns], 0, 0.7);
            prop_assert!((total(&costs, &pairs, 0.7) - wanted).abs() < 1e-4);
        }
    }
}
