//! Layers of the console: `api → state → features → app`. A file may import its own layer and those
//! before it.

use super::Source;

/// The console's layers, upstream first.
#[derive(Debug, Clone, Copy)]
pub struct Layers {
    /// Folder names below `src/`.
    pub order: &'static [&'static str],
}

/// Every import that goes against the layers, one sentence each.
#[must_use]
pub fn broken_layers(layers: &Layers, sources: &[Source]) -> Vec<String> {
    let place = |layer: &str| layers.order.iter().position(|known| *known == layer);
    let mut faults = Vec::new();
    for source in sources {
        let Some((own, _)) = source.path.split_once('/') else {
            continue;
        };
        let Some(own_place) = place(own) else {
            continue;
        };
        for specifier in imported(&source.text) {
            let Some(target) = resolve(&source.path, specifier) else {
                continue;
            };
            let layer = target.split('/').next().unwrap_or_default();
            if place(layer).is_some_and(|place| place > own_place) {
                faults.push(format!(
                    "console/{}: `{own}` imports `{layer}` ({specifier}), which lies downstream",
                    source.path
                ));
            }
        }
    }
    faults
}

/// The module specifiers of `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`.
fn imported(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for keyword in ["from", "import", "import("] {
        for (at, _) in text.match_indices(keyword) {
            let (_, rest) = text.split_at(at + keyword.len());
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            found.extend(rest.split(quote).nth(1));
        }
    }
    found
}

/// The path below `src/` that a specifier means; none for a package.
fn resolve(from: &str, specifier: &str) -> Option<String> {
    if let Some(path) = specifier.strip_prefix("@/") {
        return Some(path.to_owned());
    }
    if !specifier.starts_with('.') {
        return None;
    }
    let mut levels: Vec<&str> = from.split('/').collect();
    levels.pop();
    for level in specifier.split('/') {
        match level {
            "." => {}
            ".." => drop(levels.pop()),
            name => levels.push(name),
        }
    }
    Some(levels.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: Layers = Layers {
        order: &["api", "state", "features", "app"],
    };

    fn check(path: &str, text: &str) -> Vec<String> {
        broken_layers(
            &LAYERS,
            &[Source {
                path: path.to_owned(),
                text: text.to_owned(),
            }],
        )
    }

    #[test]
    fn importing_upstream_or_a_package_is_fine() {
        for text in [
            "import { get } from \"../api/client\";",
            "import { useQuery } from '@tanstack/react-query';",
            "import './queue.css';",
            "import type { Incident } from \"@/api/schema\";",
        ] {
            assert_eq!(
                check("features/queue.tsx", text),
                Vec::<String>::new(),
                "{text}"
            );
        }
    }

    #[test]
    fn importing_downstream_is_found_however_it_is_written() {
        for text in [
            "import { App } from \"../app/App\";",
            "import { App } from '@/app/App';",
            "export * from \"./../app/App\";",
            "const App = await import(\"../app/App\");",
            "import '../app/app.css';",
        ] {
            assert_eq!(check("features/queue.tsx", text).len(), 1, "{text}");
        }
    }
}
