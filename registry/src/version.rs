//! Versions, version patterns and versioned URNs of the registry (registry-genesis 2.9, 2.11).

use std::cmp::Ordering;
use std::fmt;

/// A version `M.m.p` or `M.m.p-tag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor and patch number.
    pub numbers: [u32; 3],
    /// The tag of a pre-release.
    pub tag: Option<String>,
}

impl Version {
    /// Parses a version; `None` if malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, tag) = match text.split_once('-') {
            Some((_, "")) => return None,
            Some((numbers, tag)) => (numbers, Some(tag.to_owned())),
            None => (text, None),
        };
        let mut parts = numbers.split('.').map(number);
        let numbers = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(Self { numbers, tag })
    }
}

impl Ord for Version {
    /// By numbers; a release is above its pre-releases, which are in plain string order.
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (&self.tag, &other.tag) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(b),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        self.tag.iter().try_for_each(|tag| write!(f, "-{tag}"))
    }
}

/// Decimal digits only: no sign, no space.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// What a version may be asked to match: exact, `M.m.*`, `M.*` or `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionPattern {
    /// This version, tag included.
    Exact(Version),
    /// Any release whose first numbers are these (at most two).
    Prefix(Vec<u32>),
}

impl VersionPattern {
    /// Parses a pattern; `None` if malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some(prefix) = text.strip_suffix('*') else {
            return Version::parse(text).map(Self::Exact);
        };
        if prefix.is_empty() {
            return Some(Self::Prefix(Vec::new()));
        }
        let numbers: Vec<u32> = prefix.strip_suffix('.')?.split('.').map(number).collect::<Option<_>>()?;
        (numbers.len() <= 2).then_some(Self::Prefix(numbers))
    }

    /// Whether a version fits. A wildcard never takes a pre-release.
    #[must_use]
    pub fn matches(&self, version: &Version) -> bool {
        match self {
            Self::Exact(exact) => exact == version,
            Self::Prefix(numbers) => version.tag.is_none() && version.numbers.starts_with(numbers),
        }
    }
}

/// Whether a version matches a pattern; malformed input does not.
#[must_use]
pub fn matches_version(pattern: &str, version: &str) -> bool {
    match (VersionPattern::parse(pattern), Version::parse(version)) {
        (Some(pattern), Some(version)) => pattern.matches(&version),
        _ => false,
    }
}

/// The greatest version that matches, as it was given (the first of equals); malformed ones are skipped.
#[must_use]
pub fn select_best_version<'a>(pattern: &str, versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let pattern = VersionPattern::parse(pattern)?;
    let mut best: Option<(Version, &str)> = None;
    for text in versions {
        let Some(version) = Version::parse(text).filter(|version| pattern.matches(version)) else { continue };
        if best.as_ref().is_none_or(|(greatest, _)| version > *greatest) {
            best = Some((version, text));
        }
    }
    best.map(|(_, text)| text)
}

/// A URN of the versioned registry. Versions are taken as they stand: the grammar does not check them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionedUrn<'a> {
    /// `rho:registry:<version>`. Plain URNs such as `rho:registry:lookup` look the same: try their table first.
    Registry {
        /// The version of the registry.
        version: &'a str,
    },
    /// `rho:lib:…` or `rho:serve:…`.
    Service {
        /// `lib` or `serve`.
        namespace: &'a str,
        /// The version of the service.
        service_version: &'a str,
        /// The publisher's key in hexadecimal.
        key: &'a str,
        /// The project.
        project: &'a str,
        /// The project's version, or a pattern.
        project_version: &'a str,
    },
}

impl<'a> VersionedUrn<'a> {
    /// The segments behind `rho`.
    #[must_use]
    pub fn segments(&self) -> Vec<&'a str> {
        match *self {
            Self::Registry { version } => vec!["registry", version],
            Self::Service { namespace, service_version, key, project, project_version } => {
                vec![namespace, service_version, key, project, project_version]
            }
        }
    }
}

/// Parses a versioned URN; `None` if it is none, or a segment is empty.
#[must_use]
pub fn parse_versioned_urn(urn: &str) -> Option<VersionedUrn<'_>> {
    // One segment more than any URN has is enough to see that there are too many.
    let segments: Vec<&str> = urn.splitn(7, ':').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    match *segments.as_slice() {
        ["rho", "registry", version] => Some(VersionedUrn::Registry { version }),
        ["rho", namespace @ ("lib" | "serve"), service_version, key, project, project_version] => {
            Some(VersionedUrn::Service { namespace, service_version, key, project, project_version })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_versions() {
        for text in ["", "1", "1.2", "1.2.3.4", "1..3", "1.2.3-", "+1.2.3", "1.2.4294967296", " 1.2.3", "1.2.x"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        let tagged = Version::parse("1.2.3-rc-1").unwrap();
        assert_eq!((tagged.tag.as_deref(), tagged.to_string().as_str()), (Some("rc-1"), "1.2.3-rc-1"));
    }

    #[test]
    fn patterns() {
        for text in ["", "**", "1*", "1.2.3.*", "*.1", "1.*.*", "1.2.*-rc", ".*", "1..*"] {
            assert_eq!(VersionPattern::parse(text), None, "{text}");
        }
        assert!(matches_version("1.2.*", "1.2.9") && !matches_version("1.2.*", "1.3.0"));
        assert!(matches_version("1.0.0-rc", "1.0.0-rc") && !matches_version("*", "1.0.0-rc"));
        assert!(!matches_version("oops", "1.0.0") && !matches_version("*", "oops"));
    }

    #[test]
    fn order() {
        let ascending = ["0.9.9", "1.0.0-alpha", "1.0.0-beta", "1.0.0", "1.0.10", "1.10.0", "2.0.0-a"];
        let parsed: Vec<_> = ascending.iter().map(|text| Version::parse(text).unwrap()).collect();
        assert!(parsed.is_sorted_by(|a, b| a < b));
        assert_eq!(select_best_version("*", ["x", "1.0.0", "01.0.0"]), Some("1.0.0"));
    }

    #[test]
    fn too_many_segments() {
        assert_eq!(parse_versioned_urn("rho:lib:1:k:p:2:3"), None);
        assert_eq!(parse_versioned_urn("rho:serve:1::p:2"), None);
        assert_eq!(parse_versioned_urn("rho:insert:1"), None);
    }
}
